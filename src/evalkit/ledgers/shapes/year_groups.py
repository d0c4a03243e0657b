"""Years over the same columns (2023年 | 2024年 over 上半年 | 下半年, or over 一季度 ...): a table a year, one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import plain
from evalkit.ledgers.shapes.parts import part_of
from evalkit.ledgers.shapes.shaping import (
    TOTALS,
    Head,
    Row,
    Shaping,
    as_they_stand,
    head_of,
    made,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top, year_of

SHAPE = "year_groups"


@dataclass(frozen=True)
class Years:
    """A heading with the same columns below each of some years.

    Attributes
    ----------
    columns
        By year its columns.
    texts
        By column its heading without the year.
    beside
        Columns of no year: names, units.
    """

    head: Head
    columns: Mapping[str, Sequence[int]]
    texts: Mapping[int, tuple[str, ...]]
    beside: Sequence[int]


def year_groups(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """The tables of the years of a sheet, each with its year as a title; None where no heading has years over parts."""
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if facts.counts or len(facts.years) < 2:
            continue
        found = _years_of(head_of(sheet, i))
        if found is not None:
            return _apart(sheet, found, shaping)
    return None


def _years_of(head: Head) -> Years | None:
    columns: dict[str, list[int]] = {}
    texts: dict[int, tuple[str, ...]] = {}
    beside: list[int] = []
    for j, levels in head.levels.items():
        years = [year for text in levels if (year := year_of(text))]
        texts[j] = tuple(text for text in levels if not year_of(text))
        if years and texts[j]:
            columns.setdefault(years[0], []).append(j)
        else:
            beside.append(j)
    if len(columns) < 2:
        return None
    below = {year: [tuple(map(plain, texts[j])) for j in some] for year, some in columns.items()}
    first = next(iter(below.values()))
    same = all(one == first for one in below.values()) and len(set(first)) == len(first) > 1
    of_parts = any(
        part_of(text) is not None for j in columns[next(iter(columns))] for text in texts[j]
    )
    beside = [j for j in beside if not any(is_total(text, TOTALS) for text in head.levels[j])]
    return Years(head, columns, texts, beside) if same and of_parts and beside else None


def _apart(sheet: RawSheet, found: Years, shaping: Shaping) -> list[RawSheet]:
    head = found.head
    shaping.tell(sheet, "shape_heading", *range(head.top, head.bottom + 1))
    used = {j for some in found.columns.values() for j in some}
    for j in set(head.levels) - used - set(found.beside):
        shaping.tell_column(sheet, head.bottom, j, head.levels[j], "", "shape_beside")
    out = []
    for n, (year, own) in enumerate(found.columns.items()):
        some = sorted([*found.beside, *own])
        rows: list[Row] = [[(f"{year}年", None)], *as_they_stand(sheet, range(head.top))]
        rows += _heading(found, some)
        for i in range(head.bottom + 1, len(sheet.rows)):
            here = sheet.rows[i]
            if any(not blank(cell_at(here, j)) for j in used):
                rows.append([(cell_at(here, j), (i, j)) for j in some])
            elif n == 0 and any(not blank(cell) for cell in here):
                rows += as_they_stand(sheet, range(i, i + 1))  # a note, a signature
        out.append(made(sheet, rows, SHAPE))
    return out


def _heading(found: Years, columns: Sequence[int]) -> list[Row]:
    """The heading without its years: in one row, or two where something stands over the parts."""
    bottom = found.head.bottom
    if all(len(found.texts[j]) == 1 for j in columns):
        return [[(found.texts[j][0], (bottom, j)) for j in columns]]
    upper: Row = []
    lower: Row = []
    group = ""
    for j in columns:
        *above, last = found.texts[j]
        over = above[-1] if above else last
        upper.append(("" if above and over == group else over, (bottom, j)))
        lower.append((last if above else "", (bottom, j) if above else None))
        group = over if above else ""
    return [upper, lower]
