"""5（1） below 党员数（其中预备党员）: two numbers of one cell, which its heading tells apart, in two columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.ledgers.cells import cell_at
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.numerals import BRACKETED_PAIR
from evalkit.ledgers.shapes.shaping import DECLARED
from evalkit.ledgers.shapes.top import LOOKED_AT

HEADING_ROWS = 10  # a heading stands in one of them
_SAYS_PART = re.compile(DECLARED["bracketed"])


@dataclass(frozen=True)
class Pair:
    """A column of such cells: its heading, and what stands in the brackets of its cells."""

    row: int
    column: int
    heading: str
    part: str


def brackets_apart(sheet: RawSheet) -> RawSheet:
    """The sheet with a column more for every heading that says what stands in the brackets of its cells."""
    pairs = _pairs(sheet)
    if not pairs:
        return sheet
    moved = _Moved(tuple(pair.column for pair in pairs))
    rows: list[list[object]] = []
    origin = {}
    for i, row in enumerate(sheet.rows):
        line: list[object] = []
        for j, cell in enumerate(row):
            origin[i, len(line)] = sheet.origin.get((i, j), (i, j))
            pair = next((one for one in pairs if one.column == j), None)
            if pair is None:
                line.append(cell)
                continue
            origin[i, len(line) + 1] = origin[i, len(line)]
            line += _both(cell, i, pair)
        rows.append(line)
    return replace(
        sheet,
        rows=rows,
        merges=[(a, moved.first(b), c, moved.last(b, d)) for a, b, c, d in sheet.merges],
        no_value=frozenset((row, moved.first(column)) for row, column in sheet.no_value),
        formats={(row, moved.first(column)): u for (row, column), u in sheet.formats.items()},
        origin=origin,
        shaped=sheet.shaped or "brackets",
    )


def _pairs(sheet: RawSheet) -> list[Pair]:
    found: dict[int, Pair] = {}
    for i, row in enumerate(sheet.rows[:HEADING_ROWS]):
        for j, cell in enumerate(row):
            said = _SAYS_PART.fullmatch(cell.strip()) if isinstance(cell, str) else None
            if said is None:
                continue
            below = (cell_at(line, j) for line in sheet.rows[i + 1 : i + 1 + LOOKED_AT])
            if any(isinstance(c, str) and BRACKETED_PAIR.fullmatch(c) for c in below):
                heading = said["whole"] + said["rest"]
                found[j] = Pair(i, j, heading, f"其中：{said['part']}")
    return [found[j] for j in sorted(found)]


def _both(cell: object, row: int, pair: Pair) -> list[object]:
    if row == pair.row:
        return [pair.heading, pair.part]
    said = BRACKETED_PAIR.fullmatch(cell) if isinstance(cell, str) and row > pair.row else None
    return [said["whole"], said["part"]] if said else [cell, ""]


@dataclass(frozen=True)
class _Moved:
    """Where columns (from 1) stand after a column was put behind each of some (from 0)."""

    behind: Sequence[int]

    def first(self, column: int) -> int:
        return column + sum(at < column - 1 for at in self.behind)

    def last(self, first: int, column: int) -> int:
        """The last column of a merged cell: one across takes the new column with it, one alone does not."""
        if first == column:
            return self.first(column)
        return column + sum(at < column for at in self.behind)
