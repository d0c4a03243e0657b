"""Files that are no plain files, settings that are none, umask, marks that nobody sees, formulas in CSV, pages without inline rights."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from evalkit.codebook import load_codebook
from evalkit.documents import Block
from evalkit.documents.html import page
from evalkit.documents.workbook import csv_bytes
from evalkit.effects.study import read_study
from evalkit.files import put, regular_bytes
from evalkit.indicators.project import Project, read_mapping
from evalkit.ledgers.files import read_sheets
from evalkit.problems import InputError, visible
from evalkit.runner.fanout import safe_name
from evalkit.scoring.index import load_index
from evalkit.scoring.stars import load_scheme as load_stars
from evalkit.subsidy import load_scheme, read_scenario
from evalkit.world.yaml import MAX_DEPTH, parse_yaml

SOURCE = Path(__file__).parents[2] / "src"


def _settings(file: Path) -> object:
    (file.parent / "evalkit.yml").write_bytes(file.read_bytes())
    return Project(file.parent).settings


def _codebook(file: Path) -> object:
    (file.parent / "codebook").mkdir(exist_ok=True)
    (file.parent / "codebook" / "x.yml").write_bytes(file.read_bytes())
    return load_codebook(file.parent / "codebook")


READERS = {
    "evalkit.yml": _settings,
    "codebook": _codebook,
    "mapping.yml": lambda file: read_mapping(file, load_codebook()),
    "scheme": load_scheme,
    "reform": read_scenario,
    "study": read_study,
    "index": lambda file: load_index(f"{file}#annual", {}),
    "stars": lambda file: load_stars(f"{file}#demo_five"),
}
LETTERS = "abcdefghijkl"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise(LETTERS)
)
MERGED = "a: &a {k: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n" for old, new in pairwise(LETTERS)
)
HOSTILE = {
    "scalar": "只有一句话",
    "number": "3",
    "list": "- 甲\n- 乙",
    "nested lists": "[" * 1500 + "]" * 1500,
    "nested mappings": "{a: " * 1500 + "}" * 1500,
    "nested keys": "? " * 1500,
    "bomb of aliases": BOMB,
    "bomb of merges": MERGED,
    "alias of itself": "a: &a [*a]",
    "long": "a: " + "x" * 2_000_000,
    "huge number": "minimum_base: " + "9" * 6000,
    "not a number": "minimum_base: .nan",
    "tag": "a: !!python/object/apply:os.system [x]",
    "control": "a: \x07",
    "two documents": "a: 1\n---\nb: 2",
    "key of lists": "? [a, b]\n: c",
    "set": "!!set {a, b}",
}


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_every_yaml_of_a_user_is_refused_in_words_and_at_once(reader: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(HOSTILE[content], encoding="utf-8")
    began = time.monotonic()
    with pytest.raises(InputError) as error:
        READERS[reader](tmp_path / "x.yml")
    assert time.monotonic() - began < 20
    assert all(re.search(r"[一-鿿]", p.text()) and "Error" not in p.found for p in error.value.problems if p.code)


def test_aliases_that_are_few_and_depth_that_is_usual_pass() -> None:
    assert parse_yaml("a: &a {k: 1}\nb: *a\nc: {<<: *a, l: 2}", "x")[0] == {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1, "l": 2}}
    deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert not parse_yaml(deep, "x")[1] and parse_yaml(f"[[{deep}]]", "x")[1]


@pytest.mark.parametrize("line", ["minimum_base: true", "minimum_base: -5", "minimum_base: 2.5", "minimum_base: '30'", "name: 2025",
                                  "name: [a]", "references: 3", "references: {a: [1]}", "fonts: 宋体", "office: \"甲\\u202e乙\"",
                                  "date: \"甲\\n乙\""])  # fmt: skip
def test_a_setting_of_another_kind_is_refused_with_what_it_may_be(line: str, tmp_path: Path) -> None:
    (tmp_path / "evalkit.yml").write_text(line, encoding="utf-8")
    with pytest.raises(InputError) as error:
        _ = Project(tmp_path).settings
    (problem,) = error.value.problems
    name = line.partition(":")[0]
    assert problem.where == name and problem.found and re.search("system、windows" if name == "fonts" else "[一-鿿]", problem.allowed)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_plain_files_are_read(kind: str, tmp_path: Path) -> None:
    odd = tmp_path / "x.yml"
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "device":
        odd.symlink_to("/dev/zero")
    else:
        odd.mkdir()
    for read in (READERS["mapping.yml"], load_scheme, read_scenario, read_study, lambda f: regular_bytes(f, 100)):
        with pytest.raises(InputError):
            read(odd)
    assert [p.code for p in read_sheets(odd, name="台账.xlsx")[1]] == ["file_unreadable"]
    for name in ("evalkit.yml", "mapping.yml"):
        odd.rename(tmp_path / name)
        with pytest.raises(InputError):
            _ = Project(tmp_path).settings, Project(tmp_path).mapping
        (tmp_path / name).rename(odd)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_check_of_a_folder_with_a_pipe_and_a_device_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "甲.xlsx")
    (tmp_path / "乙.csv").symlink_to("/dev/zero")
    (tmp_path / "丙县.csv").write_text("单位名称,从业人员总数\n丙公司,3\n", encoding="utf-8")
    done = run(tmp_path, "check", ".")
    assert "不是普通文件" in done.stdout and done.stdout.count("文件读不出来") >= 1 and "1行" in done.stdout


def run(folder: Path, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-c", code] if code else ["-m", "evalkit.cli"]), *words]
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=environment, timeout=120, check=False)


@pytest.mark.skipif(os.name == "nt", reason="no umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o027, 0o640)])
def test_files_respect_the_umask(mask: int, mode: int, tmp_path: Path) -> None:
    old = os.umask(mask)
    try:
        put(tmp_path / "新" / "内部资料.xlsx", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "新" / "内部资料.xlsx").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "新").stat().st_mode) == 0o777 & ~mask


def test_an_error_of_the_program_is_noted_in_the_project_and_quotes_nobody(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "项目", tmp_path / "别处"
    (project / "data" / "raw").mkdir(parents=True)
    elsewhere.mkdir()
    code = (
        "import sys; from evalkit import cli; import evalkit.indicators as i\n"
        "def build(*a, **k): raise KeyError('书记张伟13812340003')\n"
        "i.build = build; cli.main()"
    )
    done = run(elsewhere, "build", "--project", str(project), code=code)
    assert done.returncode == 2 and str(project / ".evalkit" / "error.log") in done.stderr
    text = (project / ".evalkit" / "error.log").read_text(encoding="utf-8")
    assert "KeyError" in text and "13812340003" not in text and "张伟" not in text
    assert not (elsewhere / ".evalkit").exists()


def test_marks_that_nobody_sees_are_out_of_names_and_messages() -> None:
    assert visible("甲\u202e乙\u200b\u2066丙\u00ad\ufeff\x07\x1b[31m") == "甲乙丙[31m"
    assert visible("甲\r\n乙\t丙") == "甲\n乙\t丙" and visible("甲\udcff") == "甲�"
    assert safe_name("报告\u202egpj.exe") == "报告gpj.exe"


FORMULAS = ["=1+1", "＝1+1", "＋1", "－1", "＠A1", " =1", "\u3000=1", "\t=1", "\u200b=1", "\r\n=1", "@SUM(A1)", "-1+2"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_excel_would_calculate_is_inert_in_csv(text: str) -> None:
    frame = csv_bytes(pd.DataFrame({"甲": [text], text: ["x"]})).decode("utf-8-sig")
    assert frame.count("'" + text[:1]) == 2 or frame.count("'" + text.strip("\r\n")[:1]) == 2
    assert csv_bytes(pd.DataFrame({"甲": ["1=1", "a-b", "甲＝乙"]})).decode("utf-8-sig").split() == ["甲", "1=1", "a-b", "甲＝乙"]


def test_a_page_allows_its_own_scripts_and_styles_by_hash_only() -> None:
    made = page([Block.table("t", ["甲", "乙"], [["a", 1], ["b", 2]]), Block.figure("图", b"x", "alt")], "页", scripts=["var x = 1;"])
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', made)
    assert policy and "unsafe" not in policy[1]
    scripts, styles = re.findall(r"<script>(.*?)</script>", made, re.S), re.findall(r"<style>(.*?)</style>", made, re.S)
    assert len(scripts) == 2 and len(styles) == 1 and policy[1].count("sha256-") == 3
    assert " style=" not in made and not re.search(r"\son\w+=", made)
