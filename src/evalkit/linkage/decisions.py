"""``单位对照.xlsx``: pairs of rows that may be one unit, on which the office decides once for all years.

One row a pair: where each stands, what is alike, and 判断 (相同, 不同, 再问). What was decided stays in the list and counts in
every later build; what is open is renewed. The list is read beside the ledgers and holds no word about persons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.codebook.kept import QUESTION_COLUMNS
from evalkit.documents.workbook import HEAD, book_bytes, write_cell
from evalkit.files import files_below
from evalkit.ledgers.files import read_sheets
from evalkit.ledgers.forms import name_key
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.persons import gate, label
from evalkit.ledgers.place import district_of
from evalkit.linkage.linking import ASK, DIFFERENT, SAME, Decision, Linked, Question, Side
from evalkit.problems import Problem, did_you_mean
from evalkit.world.columns import letter
from evalkit.world.period import Period
from evalkit.world.unit_key import is_credit_code

NAME = "单位对照.xlsx"
SHEET = "单位对照"
ANSWERS = {"相同": SAME, "不同": DIFFERENT, "再问": ASK}
HEADS = QUESTION_COLUMNS
WIDTHS = (8, 26, 34, 21, 8, 26, 34, 21, 64, 8, 10)
GUIDE = (
    "这张表列出可能是同一家、但程序拿不准的单位。请在“判断”一列选：相同（是同一家，改了名、迁了址或写法不同）、不同（是两家）、"
    "再问（现在说不清，下次再列出）。存盘后运行 python start.py build。填过的以后年度一直有效，请不要删除；不填的等于再问。"
)
BEFORE, AFTER, ANSWER = HEADS[:4], HEADS[4:8], HEADS[10]
FIRST_ROW = 3  # of the pairs, from 1: above them the guide and the headings


@dataclass(frozen=True)
class Answered:
    """A row of the list.

    Attributes
    ----------
    cells
        The row as it stands, by heading.
    where
        Its 判断.
    """

    decision: Decision
    cells: dict[str, Any]
    file: str
    where: str


def decision_files(root: Path) -> list[Path]:
    """The lists below a folder of ledgers."""
    return [path for path in files_below(root) if path.name == NAME]


def read_decisions(root: Path) -> tuple[list[Answered], list[Problem]]:
    """What the office decided, and what of it cannot be understood."""
    answered: list[Answered] = []
    problems: list[Problem] = []
    for path in decision_files(root):
        name = label(path.relative_to(root).as_posix())
        sheets, wrong = read_sheets(path, name=name)
        problems += wrong
        found = False
        for sheet in sheets:
            at: dict[str, int] = {}
            for number, row in enumerate(sheet.rows, 1):
                words = [squeeze(cell) for cell in row]
                if set(HEADS[:8]) - {"前期信用代码", "后期信用代码"} <= set(words):
                    at = {head: words.index(head) for head in HEADS if head in words}
                    found = found or ANSWER in at
                elif ANSWER in at and any(words):
                    cells = {head: _kept(row[at[head]]) for head in at if at[head] < len(row)}
                    where = f"{sheet.name}!{letter(at[ANSWER])}{number}"
                    one = _read(cells, name, where)
                    if isinstance(one, Problem):
                        problems.append(one)
                    else:
                        answered.append(one)
        if sheets and not found:
            problems.append(
                Problem(
                    "decision_invalid",
                    "error",
                    name,
                    "",
                    "找不到表头",
                    "整张对照表未采用",
                    "、".join(HEADS),
                    "运行 python start.py link 重新生成，把判断抄过去",
                )
            )
    return answered, problems


def said_of_units(root: Path) -> str:
    """What the lists below a folder say, as one text: the same however often the list is written anew."""
    answered, problems = read_decisions(root)
    said = [repr((one.decision, one.where)) for one in answered if one.decision.answer != ASK]
    return "\n".join([*said, *map(repr, problems)])


def _kept(cell: Any) -> Any:
    """A cell as it may be written again: nothing of a person."""
    return gate(cell, "body").text if isinstance(cell, str) else cell


def _read(cells: dict[str, Any], file: str, where: str) -> Answered | Problem:
    said = str(cells.get(ANSWER) or "").strip()
    answer = ANSWERS.get(said) if said else ASK
    sides = [_side(cells, heads) for heads in (BEFORE, AFTER)]
    if answer is None:
        allowed = "、".join(ANSWERS)
        near = did_you_mean(said, ANSWERS) or "从下拉框里选一个"
        shown = said if len(said) <= 4 else "其他文字（从略）"
        return Problem("decision_invalid", "error", file, where, shown, "未采用", allowed, near)
    if None in sides:
        found = "时期、地区、单位名称没有写全，或时期看不懂"
        advice = "照程序生成的样子补全，不要改动“判断”以外的列"
        return Problem("decision_invalid", "error", file, where, found, "未采用", "", advice)
    before, after = (side for side in sides if side)
    return Answered(Decision(before, after, answer), cells, file, where)


def _side(cells: dict[str, Any], heads: Sequence[str]) -> Side | None:
    period, area, name, code = (cells.get(head) for head in heads)
    time = Period.read(period)
    if time is None or not area or not name:
        return None
    written = str(code or "").strip().upper()
    unit = written if is_credit_code(written) else name_key(name)
    return Side(str(time), district_of(str(area).strip()) or str(area).strip(), unit)


def unused(answered: Iterable[Answered], linked: Linked) -> list[Problem]:
    """Decisions that changed nothing: their rows are no longer in the ledgers, or they cannot be one unit."""
    told = list(answered)
    if not told:
        return []
    keys = zip(*map(linked.records.cells, ("period", "district", "unit")), strict=True)
    at = {key: row for row, key in enumerate(keys)}
    out = []
    for one in told:
        if one.decision.answer == ASK:
            continue
        rows = [
            at.get((side.period, side.district, side.unit))
            for side in (one.decision.before, one.decision.after)
        ]
        lost = [word for word, row in zip(("前期", "后期"), rows, strict=True) if row is None]
        joined = not lost and linked.threads[rows[0]] == linked.threads[rows[1]]
        if lost:
            found = f"{'、'.join(lost)}的单位在台账里找不到（名称、代码或地区后来改过）"
        elif one.decision.answer == SAME and not joined:
            found = "写了相同，但两家在同一时期都有，或信用代码不同，不能并成一家"
        else:
            continue
        advice = "核对后改正；已经无用的可以删去这一行"
        out.append(
            Problem("decision_unused", "warning", one.file, one.where, found, "未采用", "", advice)
        )
    return out


def pair_cells(linked: Linked, question: Question) -> dict[str, Any]:
    """A question as a row of the list."""
    frame = linked.records.frame
    cells: dict[str, Any] = {}
    for heads, row in ((BEFORE, question.before), (AFTER, question.after)):
        record = frame.iloc[row]
        values = (record["period"], record["area"], record["unit_name"], record["code"])
        cells |= dict(zip(heads, values, strict=True))
    cells["相同与不同之处"] = question.alike
    cells["可能性"] = question.probability
    cells[ANSWER] = ""
    return cells


def list_bytes(questions: pd.DataFrame, answered: Sequence[Answered]) -> bytes:
    """The list: open questions first (`open_questions`), then what was decided."""
    decided = [one.cells for one in answered if one.decision.answer != ASK]
    rows = [*questions.to_dict("records"), *decided]

    def fill(book: Any) -> None:
        sheet = book.add_worksheet(SHEET)
        head = book.add_format(HEAD)
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        percent = book.add_format({"num_format": "0%", "valign": "top"})
        asked = book.add_format({"bg_color": "#FFF6DD", "border": 1, "valign": "top"})
        guide = book.add_format({"text_wrap": True, "valign": "top", "bold": True})
        sheet.merge_range(0, 0, 0, len(HEADS) - 1, GUIDE, guide)
        sheet.set_row(0, 48)
        for column, (text, width) in enumerate(zip(HEADS, WIDTHS, strict=True)):
            write_cell(sheet, FIRST_ROW - 2, column, text, head)
            sheet.set_column(column, column, width)
        for number, cells in enumerate(rows, FIRST_ROW - 1):
            for column, text in enumerate(HEADS):
                style = {ANSWER: asked, "可能性": percent}.get(text, wrapped)
                write_cell(sheet, number, column, cells.get(text), style)
        if rows:
            last = len(HEADS) - 1
            choice = {"validate": "list", "source": list(ANSWERS), "ignore_blank": True}
            sheet.data_validation(FIRST_ROW - 1, last, FIRST_ROW + len(rows) - 2, last, choice)
        sheet.freeze_panes(FIRST_ROW - 1, 0)
        sheet.repeat_rows(FIRST_ROW - 2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)

    return book_bytes(fill, own=False)


def open_questions(linked: Linked) -> pd.DataFrame:
    """The questions as rows of the list, the likely ones before the others."""
    questions = sorted(linked.questions, key=lambda q: (-q.probability, q.before, q.after))
    rows = [pair_cells(linked, question) for question in questions]
    frame = pd.DataFrame(rows, columns=list(HEADS))
    return frame.astype({head: "float64" if head == "可能性" else object for head in HEADS})
