"""A column a year (指标 | 2023年 | 2024年): one row an item and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.ledgers.cells import SECTION_NUMBER, blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import plain, squeeze
from evalkit.ledgers.shapes.shaping import (
    HEADS,
    TOTALS,
    Row,
    Shaping,
    as_they_stand,
    compare,
    goes_on,
    made,
    number_in,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top, item_column


def by_years(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """指标 | 2023年 | 2024年 | 2025年: one row an item and year; 乡镇 in place of 指标 where the title tells the item."""
    for i, (row, facts) in enumerate(zip(sheet.rows, top.rows[:FIRST_ROWS], strict=False)):
        years = facts.years
        if facts.counts or len(years) < 2 or len(set(years.values())) < len(years):
            continue
        key = item_column(sheet, i)
        item = ""
        if key is None:
            key = _headed(row, "area")
            if key is None:
                continue
            titles = [str(c) for above in sheet.rows[:i] for c in above if isinstance(c, str)]
            item = shaping.measure_in([*titles, sheet.name])
            if not item:
                continue
        below, columns, unit = _below_years(sheet, i, key, years)
        if len(columns) < 2:
            continue  # several headings below a year: groups, not one value each
        shaping.tell(sheet, "shape_heading", *range(i, below))
        shaping.tell_column(sheet, i, key, [str(row[key])], "", "shape_key")
        for j, year in columns.items():
            shaping.tell_column(sheet, i, j, [year], item, "shape_value")
        rows = as_they_stand(sheet, range(i))
        rows.append([(w, None) for w in ("镇街", "指标", "数值", "计量单位", "年份")])
        sums = dict.fromkeys(columns, 0.0)
        for n in range(below, len(sheet.rows)):
            here = sheet.rows[n]
            if all(blank(cell_at(here, j)) for j in columns):
                rows += _said(sheet, n, key)
            elif item and is_total(cell_at(here, key), TOTALS):
                shaping.tell(sheet, "shape_total", n)
                compare(sheet, n, here, sums, shaping)
            else:
                said = (cell_at(here, unit), (n, unit)) if unit is not None else ("", None)
                name = (cell_at(here, key), (n, key))
                for j, year in columns.items():
                    if not blank(cell_at(here, j)):
                        start: Row = [name, (item, None)] if item else [("", None), name]
                        rows.append([*start, (here[j], (n, j)), said, (year, None)])
                        sums[j] += number_in(here[j])
        return [made(sheet, rows, "years")]
    return None


def _said(sheet: RawSheet, n: int, key: int) -> list[Row]:
    """A row without a value: the title of a section (一 | 组织建设) as one text, anything else as it stands."""
    here = sheet.rows[n]
    filled = [j for j, c in enumerate(here) if not blank(c)]
    if len(filled) == 2 and filled[1] == key and SECTION_NUMBER.fullmatch(squeeze(here[filled[0]])):
        return [[(here[key], (n, key))]]
    return as_they_stand(sheet, range(n, n + 1)) if filled else []


def _headed(row: Sequence[object], kind: str) -> int | None:
    """The first column of a heading whose word is one of a kind."""
    return next(
        (j for j, c in enumerate(row) if isinstance(c, str) and plain(c) in HEADS[kind]), None
    )


def _below_years(
    sheet: RawSheet, i: int, key: int, years: Mapping[int, str]
) -> tuple[int, dict[int, str], int | None]:
    """The first row below a heading of years, the column of the value of each year, and that of the unit."""
    unit = _headed(sheet.rows[i], "unit")
    lower = sheet.rows[i + 1] if i + 1 < len(sheet.rows) else []
    if not goes_on(sheet.rows[i], lower) or cell_at(lower, key) not in (
        "",
        None,
        sheet.rows[i][key],
    ):
        return i + 1, dict(years), unit
    columns = {}
    ends = [*list(years)[1:], max(map(len, sheet.rows))]
    for (start, year), end in zip(years.items(), ends, strict=True):
        here = [j for j in range(start, end) if not blank(cell_at(lower, j))]
        own = [j for j in here if plain(str(cell_at(lower, j))) in HEADS["value"]]
        if own or len(here) < 2:
            columns[own[0] if own else start] = year
    unit = _headed(lower, "unit") if unit is None else unit
    return i + 2, columns, unit
