"""`report --strict` ends with 1 where anything expected is missing; the report itself is made all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evalkit import cli
from evalkit.reports import report
from evalkit.runner import Outcome

LINE = "2025年应报3个区县，实报2个；缺报：临山县"


@pytest.mark.parametrize(
    ("strict", "complete", "code"),
    [(False, False, 0), (True, False, 1), (True, True, 0)],
    ids=["told", "stopped", "complete"],
)
def test_what_is_missing_is_told_and_decides_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strict: bool, complete: bool, code: int
) -> None:
    done = (Outcome("评估报告", "done", tmp_path / "annual.ipynb"),)
    absent = () if complete else (LINE,)

    def make(*_: Any, **__: Any) -> report.Report:
        made = tmp_path / "index.html"
        return report.Report(made, done, True, absent=absent, complete=complete)

    monkeypatch.setattr(report, "make_report", make)
    told = CliRunner().invoke(cli.app, ["report", *(["--strict"] if strict else [])])
    assert told.exit_code == code
    assert (LINE in told.output) != complete
    assert "报告已生成" in told.output
