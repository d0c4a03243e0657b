"""Blocks: a period of a group of counties, cut out of tables in memory.

Everything joins within a county, so a block knows nothing of the others: this process, the local pool and a worker
elsewhere run the same function over it (`evalkit.indicators.measures.tally_block`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.indicators.areas import home_of
from evalkit.indicators.columns import text_codes
from evalkit.indicators.kept_cover import CoveredBefore
from evalkit.indicators.views import VIEW_TABLES, VIEWS, CountyBlock
from evalkit.indicators.views import view as view_table

TEXT = pa.dictionary(pa.int32(), pa.string())
Codes = np.ndarray[Any, Any]


def with_home(table: pa.Table) -> pa.Table:
    """The table with the district (``home``) of each row; an unknown area has the home ""."""
    (codes,), areas = text_codes(table["area"])
    homes = [home_of(area) if area else "" for area in areas]
    words = list(dict.fromkeys([*homes, ""]))
    place = {home: n for n, home in enumerate(words)}
    at = np.array([place[home] for home in [*homes, ""]], dtype=np.int32)[codes]
    return table.append_column(
        "home", pa.DictionaryArray.from_arrays(at, pa.array(words, pa.string()))
    )


def plain(table: pa.Table) -> pa.Table:
    """The table with its text as text (in views it is kept as codes)."""
    fields = [
        pa.field(field.name, pa.string() if field.type == TEXT else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def blocks_of(
    tables: Mapping[str, pa.Table],
    periods: Sequence[str],
    counties: int | None = None,
    before: Mapping[str, CoveredBefore | None] = MappingProxyType({}),
) -> Iterator[CountyBlock]:
    """The blocks of tables in memory, period after period.

    Parameters
    ----------
    tables
        With ``home`` (see `with_home`).
    periods
        Rows of another period, or of none, are in no block.
    counties
        How many counties a block may hold; all of a period by default.
    before
        By period what was covered a year before.
    """
    placed = {name: _Placed.of(tables[name]) for name in VIEW_TABLES}
    for period in periods:
        of_period = {name: one.rows_of(period) for name, one in placed.items()}
        for homes in _groups_of_homes(placed, of_period, counties):
            rows = {name: placed[name].within(of_period[name], homes) for name in VIEW_TABLES}
            taken = {name: _taken(tables[name], rows[name]) for name in VIEW_TABLES}
            yield CountyBlock(period, taken, before.get(period))


@dataclass(frozen=True, eq=False)
class _Placed:
    """Period and district of every row of a table, as codes of words."""

    period: Codes
    periods: Sequence[str]
    home: Codes
    homes: Sequence[str]

    @classmethod
    def of(cls, table: pa.Table) -> _Placed:
        (period,), periods = text_codes(table["period"])
        (home,), homes = text_codes(table["home"])
        return cls(period, periods, home, homes)

    def rows_of(self, period: str) -> Codes:
        if period not in self.periods:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.period == self.periods.index(period))

    def homes_of(self, rows: Codes) -> list[str]:
        """The districts of some rows, in order of appearance."""
        return [self.homes[code] for code in pd.unique(self.home[rows]) if code >= 0]

    def within(self, rows: Codes, homes: frozenset[str] | None) -> Codes:
        if homes is None:
            return rows
        inside = np.array([*(home in homes for home in self.homes), False])
        return rows[inside[self.home[rows]]]


def _groups_of_homes(
    placed: Mapping[str, _Placed], rows: Mapping[str, Codes], counties: int | None
) -> Iterator[frozenset[str] | None]:
    """The districts of a period in groups of at most `counties`; None for all at once."""
    if counties is None:
        yield None
        return
    homes = list(
        dict.fromkeys(home for name in VIEW_TABLES for home in placed[name].homes_of(rows[name]))
    )
    for start in range(0, len(homes), counties):
        yield frozenset(homes[start : start + counties])


def _taken(table: pa.Table, rows: Codes) -> pa.Table:
    """Some rows of a table in their order; rows that follow one another are cut out without copying them."""
    if len(rows) == len(table):
        return table
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return table.slice(int(rows[0]), len(rows))
    return table.take(pa.array(rows))


def views_of(
    tables: Mapping[str, pa.Table],
    periods: Sequence[str],
    names: Sequence[str] = tuple(VIEWS),
    before: Mapping[str, CoveredBefore | None] = MappingProxyType({}),
) -> dict[str, pa.Table]:
    """The five views (or those named) of all blocks, one below the other."""
    made = [
        {name: view_table(block, name) for name in names}
        for block in blocks_of(tables, periods, before=before)
    ]
    empty = CountyBlock("", {name: tables[name].slice(0, 0) for name in VIEW_TABLES})
    return {
        name: pa.concat_tables(
            [one[name] for one in made] or [view_table(empty, name)], promote_options="permissive"
        )
        for name in names
    }
