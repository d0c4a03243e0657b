"""Parts of an installation: what is missing is told in one line with the command that brings it."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from evalkit import parts
from evalkit.problems import InputError
from evalkit.reports import doctor
from evalkit.runner.perform import one_line

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import start

REQUIRED = [
    "pandas",
    "duckdb>=1; extra == 'sql'",
    'diff-diff; extra == "effects"',
    "no-such-package-a; extra == 'effects'",
    "no-such-package-b; extra == 'lab'",
    "voila; extra == 'voila'",
]


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: REQUIRED)
    there = {"duckdb": "2.0", "diff-diff": "3.0"}

    def version(name: str) -> str:
        if name.startswith("no-such"):
            raise metadata.PackageNotFoundError(name)
        return there.get(name, "1.0")

    monkeypatch.setattr(metadata, "version", version)


def test_names_are_those_of_start() -> None:
    assert {part: start.NAMES[part] for part in start.NAMES if part != start.OFFICE} == parts.NAMES


def test_a_missing_part_is_one_line_with_its_command() -> None:
    assert set(parts.declared()) == {"sql", "effects", "lab"}
    parts.need("sql")
    with pytest.raises(InputError) as stopped:
        parts.need("effects")
    assert "start.py install effects" in str(stopped.value)
    assert parts.told("diff_diff.panel") and not parts.told("voila") and not parts.told(None)
    said = one_line("ModuleNotFoundError", "No module named 'diff_diff'")
    assert said == "“政策效果”这一部分没有安装，请运行 python start.py install effects"


def test_doctor_tells_whole_part_and_absent() -> None:
    whole, partly, absent = doctor._parts()
    assert whole == "● 已装部分 sql（SQL 查询）：duckdb 2.0"
    assert "▲ 部分 effects" in partly and "no-such-package-a" in partly
    assert absent == "○ 未装部分 lab（JupyterLab 工作台）：用到时自动安装"
