"""The lessons run, say when nothing is answered yet, know the usual mistakes, and their answers are right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.problems import InputError
from evalkit.reports.teaching import check, exercises

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks" / "teaching").glob("*.ipynb"))
ANSWERS = sorted((ROOT / "notebooks" / "teaching" / "answers").glob("*.ipynb"))


def run(notebook: Path, project: Path, folder: Path, *options: str) -> list[str]:
    out = folder / "out.ipynb"
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(notebook),
        str(out),
        "-p",
        "project",
        str(project),
        *options,
    ]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    return [
        "".join(o["data"].get("text/plain", ""))
        for c in cells
        for o in c.get("outputs", [])
        if "data" in o
    ]


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_runs_without_answers(notebook, demo_project, tmp_path):
    said = [text for text in run(notebook, demo_project, tmp_path) if text.startswith("练习")]
    assert len(said) == 4 and all("还没有作答" in text for text in said)


@pytest.mark.parametrize("notebook", ANSWERS, ids=lambda p: p.stem)
def test_the_answers_are_right(notebook, demo_project, tmp_path):
    said = [text for text in run(notebook, demo_project, tmp_path) if text.startswith("练习")]
    assert len(said) == 4 and all("：对。" in text for text in said), said


def test_every_known_mistake_is_told_apart_from_the_answer():
    assert len(exercises()) == 20
    for code, about in exercises().items():
        assert "：对。" in check(code, about["answer"]).plain()
        for wrong in about["wrong"]:
            assert wrong["say"] in check(code, wrong["answer"]).plain(), code
        assert "提示" in check(code, "不知道").plain() and "还没有作答" in check(code).plain()
    with pytest.raises(InputError, match="1-1"):
        check("1-11")


def test_the_command_writes_tables_and_figures(demo_project, tmp_path):
    import pandas as pd
    from typer.testing import CliRunner

    from evalkit.cli import app

    result = CliRunner().invoke(
        app,
        [
            "score",
            "--period",
            "2025",
            "--project",
            str(demo_project),
            "--out",
            str(tmp_path / "评分"),
            "-n",
            "50",
        ],
    )
    assert result.exit_code == 0, result.output
    names = {p.name for p in (tmp_path / "评分").iterdir()}
    assert {
        "评分.xlsx",
        "得分.csv",
        "得失分明细.csv",
        "星级核对.csv",
        "失分构成.png",
        "位次区间.png",
    } <= names
    table = pd.read_excel(tmp_path / "评分" / "评分.xlsx", sheet_name="得分", engine="calamine")
    assert len(table) == 6 and {"地区", "得分", "等级", "位次", "主要失分"} <= set(table.columns)
    assert "演示数据" in (tmp_path / "评分" / "说明.csv").read_text(encoding="utf-8-sig")


def test_what_is_open_elsewhere_is_left_and_written_beside(demo_project, tmp_path, monkeypatch):
    from evalkit.reports.scoring import write_scores

    replace, busy = (
        os.replace,
        {tmp_path / "评分.xlsx", tmp_path / "得分.csv", tmp_path / "权重.png"},
    )
    for path in busy:
        path.write_bytes(b"open")

    def refuse_busy(source, target):
        if Path(target) in busy:
            raise PermissionError(13, "open elsewhere", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse_busy)
    _, notes = write_scores("2025", scheme=None, project=demo_project, out=tmp_path, n=10)
    assert all(path.read_bytes() == b"open" for path in busy)
    assert (
        len((tmp_path / "评分（2）.xlsx").read_bytes()) > 5000
        and (tmp_path / "得分（2）.csv").is_file()
    )
    assert [n for n in notes if "评分.xlsx 正被其他程序打开" in n and "评分（2）.xlsx" in n]
    assert sum("正被其他程序打开" in n for n in notes) == 3 and not list(tmp_path.glob(".tmp-*"))
