"""开始.bat and the menu behind it. Windows itself was not at hand: what cmd reads is checked as text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
import start  # noqa: E402


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    calls: list[list[str]] = []
    monkeypatch.setattr(start, "main", lambda argv, root, run: calls.append(argv) or 1)
    return calls


def answers(*given: str):
    left = iter(given)

    def ask(prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def test_the_batch_file_is_ascii_with_windows_line_ends() -> None:
    content = (ROOT / "开始.bat").read_bytes()
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") > 10
    assert b"start.py menu %*" in content and b"docs\\no-python.txt" in content
    assert "请先安装" in (ROOT / "docs" / "no-python.txt").read_text(encoding="utf-8")
    assert "*.bat text eol=crlf" in (ROOT / ".gitattributes").read_text(encoding="utf-8")


def test_the_menu_runs_what_is_chosen(
    ran: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = start.menu([], tmp_path, None, answers("1", '"D:\\台账 2025"', "２", "9", "0"))
    problems = str(tmp_path / "reports" / "问题清单.xlsx")
    assert ran == [["check", "D:\\台账 2025", "--out", problems], ["report"]]
    assert code == 1
    shown = capsys.readouterr().out
    assert "检查台账" in shown and "没有这一项" in shown and "经费测算" not in shown


def test_what_is_not_there_yet_is_not_offered_and_dropped_folders_are_checked(
    ran: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "whatif.ipynb").write_text("{}")
    start.menu([], tmp_path, None, answers("4", "5"))
    start.menu(["甲", "乙"], tmp_path, None, answers(""))
    assert ran[:2] == [["setup"], ["whatif"]]
    assert ran[2][:3] == ["check", "甲", "乙"]
