"""One page a unit (单位名称 | 甲公司 | 从业人员 | 85): each label with the cell to its right, one row a unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.ledgers import persons
from evalkit.ledgers.cells import blank
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import Headings, plain
from evalkit.ledgers.shapes.shaping import (
    HEADS,
    Place,
    Row,
    Shaping,
    as_they_stand,
    made,
    text_of,
)
from evalkit.ledgers.shapes.top import Top


@dataclass(frozen=True)
class Answer:
    """A label of a form filled for one unit, and the cell beside it."""

    label: str
    label_at: Place
    value: object
    value_at: Place


@dataclass
class Page:
    """The form of one unit: the lines above it, and its answers by label."""

    lines: list[int]
    answers: dict[str, Answer] = field(default_factory=dict)


LEAST_ANSWERS = 4
MOST_ROWS = 200  # of a sheet in which labels with their answers are looked for
LONGEST_LABEL = 16
_PIECES = re.compile(r"[ \t\u3000]{2,}|[;；\n]")


def card(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """单位名称 | 甲公司 | 从业人员 | 85: the pages of units, one row a unit."""
    known_words = shaping.listed_words
    sheet = _labels_apart(sheet, shaping.headings)
    spans = {(r1 - 1, c1 - 1): (r2 - 1, c2 - 1) for r1, c1, r2, c2 in sheet.merges}
    pages: list[Page] = []
    lines: list[int] = []
    others: dict[str, Place] = {}
    key, rows_of_answers = "", 0
    for n, row in enumerate(sheet.rows):
        answers = _answers(sheet, n, spans, shaping.headings)
        if sum(_is_label(a.value, shaping.headings, known_words) for a in answers) > 1:
            return None  # a row of headings
        if not answers:
            filled = [(j, c) for j, c in _without_repeats(sheet, n, row) if not blank(c)]
            if len(filled) > 2 and any(isinstance(c, int | float) for _, c in filled):
                return None  # a row of a list, below headings of two rows
            if len(filled) == 1 or (filled and not pages):
                lines.append(n)
            elif filled:  # 情况简介 | 企业诚信经营 ...
                others.setdefault(text_of(filled[0][1]), (n, filled[0][0]))
            continue
        rows_of_answers += 1
        for answer in answers:
            word = plain(answer.label)
            names_it = word in HEADS["body"] or word in HEADS["organisation"]
            key = key or (word if names_it else "")
            if not pages or (word == key and key in pages[-1].answers):
                pages.append(Page(lines))
                lines = []
            pages[-1].answers.setdefault(word, answer)
    read = sum(shaping.headings.known(a.label) for page in pages for a in page.answers.values())
    if not key or rows_of_answers < 2 or read < LEAST_ANSWERS * max(1, len(pages)):
        return None
    for label, at in others.items():
        shaping.said("heading_unknown", sheet, at, persons.shown(label))
        shaping.tell(sheet, "not_used", at[0])
    return [_pages_as_rows(sheet, pages)]


def _labels_apart(sheet: RawSheet, headings: Headings) -> RawSheet:
    """企业名称：甲公司 in one cell as a label and its answer in two; the sheet itself where few cells are so."""
    said = {
        (i, j): found
        for i, row in enumerate(sheet.rows[:MOST_ROWS])
        for j, cell in enumerate(row)
        if isinstance(cell, str)
        and ("：" in cell or ":" in cell)
        and (found := _labels_and_answers(cell, headings))
    }
    if len({label for some in said.values() for label, _ in some}) < LEAST_ANSWERS:
        return sheet
    rows: list[Row] = []
    for i, row in enumerate(sheet.rows):
        line: Row = []
        for j, cell in enumerate(row):
            if (i, j) in said:
                line += [(text, (i, j)) for pair in said[i, j] for text in pair]
            elif not blank(cell) and len(row) > 1 and not _first_again(sheet, i, j):
                line.append((cell, (i, j)))
        rows.append(line)
    return made(sheet, rows, "labels")


def _first_again(sheet: RawSheet, i: int, j: int) -> bool:
    """Whether a cell is (part of) one that is merged down several rows: the label of a group, no answer."""
    return any(
        r1 <= i + 1 <= r2 and c1 <= j + 1 <= c2 and r2 > r1 for r1, c1, r2, c2 in sheet.merges
    )


def _labels_and_answers(cell: str, headings: Headings) -> list[tuple[str, str]]:
    """职工人数：35    党员人数：2 as labels with their answers; none where a piece is no such."""
    out = []
    for piece in _PIECES.split(cell.strip().replace(":", "：")):
        label, mark, answer = piece.partition("：")
        known = headings.known(label) or bool(persons.heading_kind(label))
        if not mark or len(label) > LONGEST_LABEL or not known:
            return []
        out.append((label.strip(), answer.strip()))
    return out


def _answers(
    sheet: RawSheet, n: int, spans: Mapping[Place, Place], headings: Headings
) -> list[Answer]:
    """Labels of a row, each with the cell to its right; a label merged over several rows is that of a group."""
    row = sheet.rows[n]
    below = {c1 - 1 for r1, c1, r2, _ in sheet.merges if r1 - 1 < n <= r2 - 1}
    out: list[Answer] = []
    j = 0
    while j < len(row) - 1:
        cell = row[j]
        last_row, last = spans.get((n, j), (n, j))
        labelled = isinstance(cell, str) and (
            headings.known(cell) or (bool(out) and bool(persons.heading_kind(cell)))
        )
        if blank(cell) or j in below or last_row > n or not labelled or last + 1 >= len(row):
            j = last + 1
            continue
        at = (n, last + 1)
        out.append(Answer(str(cell), (n, j), row[last + 1], at))
        j = spans.get(at, at)[1] + 1
    return out


def _is_label(value: object, headings: Headings, entries: frozenset[str]) -> bool:
    """Whether what stands beside a label is another one, and no entry of a closed list (单位类型 | 非公企业)."""
    return isinstance(value, str) and headings.known(value) and plain(value) not in entries


def _pages_as_rows(sheet: RawSheet, pages: Sequence[Page]) -> RawSheet:
    """One row a page under all labels; pages below other lines (another 填报单位) under a heading of their own."""
    heads = {word: answer for page in pages for word, answer in page.answers.items()}
    rows: list[Row] = []
    above: list[list[object]] | None = None
    for page in pages:
        lines = [sheet.rows[n] for n in page.lines] or above
        if above is None or lines != above:
            rows += [line for n in page.lines for line in as_they_stand(sheet, range(n, n + 1))]
            rows.append([(answer.label, answer.label_at) for answer in heads.values()])
            above = lines or []
        cells = [page.answers.get(word) for word in heads]
        if any(answer is not None and not blank(answer.value) for answer in cells):
            rows.append([("", None) if a is None else (a.value, a.value_at) for a in cells])
    return made(sheet, rows, "card")


def _without_repeats(sheet: RawSheet, n: int, row: Sequence[object]) -> list[tuple[int, object]]:
    """The cells of a row without what a merged cell carries down from the row above."""
    below = {c1 - 1 for r1, c1, r2, _ in sheet.merges if r1 - 1 < n <= r2 - 1}
    return [(j, cell) for j, cell in enumerate(row) if j not in below]
