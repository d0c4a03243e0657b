"""Headings of one to three rows: which rows they are, and the texts that stand above each column."""

from __future__ import annotations

import re

from evalkit.ledgers.cells import BRACKETED_UNIT, ROWS, blank, cell_at, texts_of
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import Headings, plain, squeeze
from evalkit.ledgers.regions import Levels


def known_cells(row: list[object], headings: Headings) -> list[bool]:
    """Which of the filled cells of a row are headings; none where a number stands among them."""
    filled = [cell for cell in row if not blank(cell)]
    return list(map(headings.known, filled)) if all(type(cell) is str for cell in filled) else []


def is_heading(row: list[object], headings: Headings) -> bool:
    known = known_cells(row, headings)
    return sum(known) >= 2 and sum(known) * 2 >= len(known) and not is_card(known)


def is_card(known: list[bool]) -> bool:
    """单位名称 | 甲公司 | 从业人员 | 85: a form filled for one unit, where every second cell is the answer."""
    return len(known) >= 4 and len(known) % 2 == 0 and all(known[::2]) and not any(known[1::2])


def is_units(row: list[object]) -> bool:
    """A row of units alone below a heading: （人） （万元）."""
    texts = [squeeze(text) for _, text in texts_of(row)]
    return bool(texts) and all(BRACKETED_UNIT.fullmatch(text) for text in texts)


def is_lower(upper: list[object], row: list[object]) -> bool:
    """Whether `row` is the second level of the heading `upper`: it fills only what a group of `upper` spans."""
    spans = open_group = False
    for i, cell in enumerate(row):
        above = cell_at(upper, i)
        if not blank(above):
            open_group = i + 1 < len(upper) and blank(upper[i + 1])
        if blank(cell) or cell == above:
            continue
        if (
            type(cell) is not str
            or not open_group
            or (re.search(r"\d{2}", cell) and not re.search(r"\d{4}年", cell))
        ):
            return False
        spans = spans or blank(above)
    return spans


def is_group(upper: list[object], row: list[object]) -> bool:
    """Whether `upper` spans columns of the heading `row` below it."""
    texts = texts_of(upper)
    if len(texts) < 2 or any(
        ":" in squeeze(t) or ROWS.unit_row.fullmatch(squeeze(t)) for _, t in texts
    ):
        return False
    return any(
        i + 1 < len(upper) and blank(upper[i + 1]) and not blank(cell_at(row, i + 1))
        for i, _ in texts
    )


def levels_of(rows: list[list[object]]) -> dict[int, tuple[str, ...]]:
    """Heading texts of every column from the top; a group's text runs right until the next one."""
    result: dict[int, tuple[str, ...]] = {}
    group = ""
    for i in range(max(map(len, rows))):
        texts = ["" if blank(cell_at(r, i)) else str(r[i]) for r in rows]
        if len(rows) > 1:
            group = texts[0] or group
            texts[0] = group if any(texts) else ""
            if len(texts) == 3 and not texts[1] and texts[2] and len(result.get(i - 1, ())) == 3:
                texts[1] = result[i - 1][1]  # a middle level runs right as well
        if any(texts):
            result[i] = tuple(t for j, t in enumerate(texts) if t and (j == 0 or t != texts[j - 1]))
    return result


def same_lowest(levels: Levels, before: Levels) -> bool:
    """Whether a heading says again the lowest row of an earlier one that had groups above it."""
    grouped = max(map(len, before.values())) > max(map(len, levels.values()))
    return grouped and {i: plain(t[-1]) for i, t in levels.items()} == {
        i: plain(t[-1]) for i, t in before.items()
    }


def written(texts: tuple[str, ...]) -> str:
    """A heading of one or more levels as it is quoted."""
    return "/".join(re.sub(r"\s+", "", text) for text in texts)


def fill_down(sheet: RawSheet) -> None:
    """In place: vertical merges carry their text or date to every row; a merged number stays one number."""
    rows = sheet.rows
    for r1, c1, r2, _ in sheet.merges:
        first, last, column = r1 - 1, min(r2, len(rows)) - 1, c1 - 1
        if not 0 <= first < last or column >= len(rows[first]):
            continue
        value = rows[first][column]
        if isinstance(value, int | float) or (isinstance(value, str) and ROWS.amount.match(value)):
            continue
        for row in rows[first + 1 : last + 1]:
            if column < len(row) and blank(row[column]) and not all(map(blank, row)):
                row[column] = value
