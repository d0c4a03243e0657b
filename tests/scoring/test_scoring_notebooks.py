"""The lessons run, say when nothing is answered yet, know the usual mistakes, and their answers are right."""

from __future__ import annotations

import json
import os
from pathlib import Path

import papermill
import pytest

from evalkit.problems import InputError
from evalkit.reports.teaching import check, exercises
from evalkit.runner import Job, run

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks" / "teaching").glob("*.ipynb"))
ANSWERS = sorted((ROOT / "notebooks" / "teaching" / "answers").glob("*.ipynb"))


@pytest.fixture(scope="module")
def said(demo_project, tmp_path_factory) -> dict[str, list[str]]:
    """What the exercises of every lesson say, by its file; all run side by side."""
    folder = tmp_path_factory.mktemp("lessons")
    out = {path: folder / path.parent.name / path.name for path in [*LESSONS, *ANSWERS]}
    jobs = [
        Job(f"{path.parent.name}-{path.stem}", path, target, {"project": str(demo_project)})
        for path, target in out.items()
    ]
    outcomes = run(jobs, state=folder / "state")
    assert [outcome.state for outcome in outcomes] == ["done"] * len(jobs), outcomes
    return {str(path): exercises_of(target) for path, target in out.items()}


def exercises_of(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = [
        "".join(output["data"].get("text/plain", ""))
        for cell in cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    return [text for text in texts if text.startswith("练习")]


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_runs_without_answers(notebook, said):
    assert len(said[str(notebook)]) == 4
    assert all("还没有作答" in text for text in said[str(notebook)])


@pytest.mark.parametrize("notebook", ANSWERS, ids=lambda p: p.stem)
def test_the_answers_are_right(notebook, said):
    assert len(said[str(notebook)]) == 4
    assert all("：对。" in text for text in said[str(notebook)]), said[str(notebook)]


@pytest.mark.parametrize(
    "notebook",
    [pytest.param(p, marks=() if n == 0 else pytest.mark.slow) for n, p in enumerate(LESSONS)],
    ids=lambda p: p.stem,
)
def test_a_lesson_runs_under_plain_papermill(notebook, said, demo_project, tmp_path):
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        str(notebook), str(out), {"project": str(demo_project)}, progress_bar=False
    )
    assert exercises_of(out) == said[str(notebook)]


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
