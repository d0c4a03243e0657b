"""What stands in the first rows of a sheet, collected once: the shapes ask this before they look at anything.

Nearly every sheet is an ordinary list of records. Each shape is asked of each of them, so what it needs to know its sheet
(years, words of a heading, items to be ticked) is gathered in one pass, and a shape that cannot be meant costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from evalkit.ledgers import dates
from evalkit.ledgers.cells import cell_at
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import heading_keys, squeeze
from evalkit.ledgers.shapes.parts import part_before
from evalkit.ledgers.shapes.shaping import DECLARED, HEADS

FIRST_ROWS = 30  # a heading stands in one of them
HAVE = re.compile(DECLARED["have"])
HAVES = re.compile("[四五六七八九]有")  # the group above them: “六有”建设情况 over 场所 | 设施
LEAST_HAVES = 4  # items of a matrix to be ticked
LOOKED_AT = 200  # rows below a heading
_LONGEST = 40  # characters of a heading
_YEAR = re.compile(r"(?:19|20)\d{2}(?:年度?)?(?:末|底)?")
_KINDS: dict[str, frozenset[str]] = {}
for _kind, _words in HEADS.items():
    for _word in _words:
        _KINDS[_word] = _KINDS.get(_word, frozenset()) | {_kind}


@lru_cache(maxsize=20_000)
def kinds_of(text: str) -> frozenset[str]:
    """Which words of `shapes.heads` (rules.yml) a heading may be: area, item, summary ..."""
    if len(text) > _LONGEST:
        return frozenset()
    found = (_KINDS[key] for key in heading_keys(text)[0] if key in _KINDS)
    return frozenset().union(*found)


def year_of(cell: object) -> str:
    """The year that a heading consists of; '' of anything else."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return ""
    if not isinstance(cell, str):
        cell = str(int(cell)) if 1900 <= cell < 2100 and cell == int(cell) else ""
    if len(cell) > 12 or cell[:1].isalpha() or not any(c.isdigit() for c in cell):
        return ""
    text = squeeze(cell)
    return dates.parse_period(text[:4]) or "" if _YEAR.fullmatch(text) else ""


def item_column(sheet: RawSheet, i: int) -> int | None:
    """The column of items below a heading: of 类别 | 项目 the one with more different texts below it."""
    row = sheet.rows[i]
    found = [j for j, c in enumerate(row) if isinstance(c, str) and "item" in kinds_of(c)]
    if len(found) < 2:
        return found[0] if found else None
    below = sheet.rows[i + 1 : i + 1 + LOOKED_AT]
    return max(found, key=lambda j: (len({str(cell_at(r, j)) for r in below}), -j))


@dataclass(frozen=True)
class TopRow:
    """What may make a row a heading.

    Attributes
    ----------
    n_texts
        Cells that hold a text.
    words
        Kind of heading -> the first column with it.
    years
        Column -> the year that it consists of.
    counts
        Whether a number stands in it that is no year: a heading holds none.
    parts
        Cells that begin with a part of the year: 二季度, 上半年, 3月.
    """

    n_texts: int
    words: Mapping[str, int]
    years: Mapping[int, str]
    counts: bool
    parts: int = 0


def _row(cells: list[object]) -> TopRow:
    texts = {j: c for j, c in enumerate(cells) if isinstance(c, str) and c.strip()}
    years = {j: year for j, c in enumerate(cells) if c != "" and (year := year_of(c))}
    counts = any(
        isinstance(c, int | float) and not isinstance(c, bool) and j not in years
        for j, c in enumerate(cells)
    )
    words: dict[str, int] = {}
    for j, text in texts.items() if not counts else ():
        for kind in kinds_of(text):
            words.setdefault(kind, j)
    parts = 0 if counts else sum(part_before(text)[0] is not None for text in texts.values())
    return TopRow(len(texts), words, years, counts, parts)


@dataclass(frozen=True)
class Top:
    """The first rows of a sheet."""

    sheet: RawSheet
    rows: tuple[TopRow, ...]

    @cached_property
    def haves(self) -> int:
        """The most items of a matrix (有场所, 有制度 ...) that stand in one row or one column of the first rows."""
        most: dict[tuple[str, int], int] = {}
        for i, row in enumerate(self.sheet.rows[: 2 * FIRST_ROWS]):
            for j, cell in enumerate(row):
                if isinstance(cell, str) and "有" in cell and HAVE.fullmatch(squeeze(cell)):
                    most["row", i] = most.get(("row", i), 0) + 1
                    most["column", j] = most.get(("column", j), 0) + 1
        grouped = any(
            isinstance(cell, str) and "有" in cell and HAVES.search(squeeze(cell))
            for row in self.sheet.rows[:FIRST_ROWS]
            for cell in row[1:]
        )
        return max([*most.values(), LEAST_HAVES if grouped else 0])

    def near(self, i: int, kinds: set[str]) -> bool:
        """Whether a word of these kinds stands in a row, in the one above it or the two below."""
        return any(not kinds.isdisjoint(row.words) for row in self.rows[max(0, i - 1) : i + 3])


def top_of(sheet: RawSheet) -> Top:
    """The facts of the first rows (a few more than a heading may begin in, for its lower rows)."""
    return Top(sheet, tuple(map(_row, sheet.rows[: FIRST_ROWS + 2])))
