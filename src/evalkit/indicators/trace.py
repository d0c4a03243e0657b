"""From a number back to the cells it was made of, along the lineage that views declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook, Measure
from evalkit.indicators.blocks import plain
from evalkit.indicators.columns import View
from evalkit.indicators.course import periods_of_base
from evalkit.indicators.load import Data
from evalkit.indicators.measures import holding, reading_of, view_of
from evalkit.indicators.views import ROW_OF_TABLE, TABLE_OF, CountyBlock, lineage
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.condition import columns_of

COLUMNS = ["role", "measure", "name", "file", "sheet", "row", "cells", "key", "value"]
TABLES_BETWEEN = "|"
PLACE = ["source_file", "source_sheet", "source_row"]
# the column that names a row of a view to a reader
NAME_OF = {
    "units": "unit_name",
    "party_orgs": "name",
    "funds": "party_org",
    "activities": "party_org",
    "instructor_counts": "level",
}
# the stored column by which a row of a view is known
IDENTITY = {
    "units": "units.unit",
    "party_orgs": "party_organisations.party_org",
    "funds": "funds.party_org",
    "activities": "activities.party_org",
    "instructor_counts": "instructor_counts.count",
}


@dataclass(frozen=True)
class Asked:
    """One side of an indicator, in an area and a period."""

    role: str
    measure: Measure
    area: str
    period: str


def trace(data: Data, indicator: str, area: str, period: str | int | None = None) -> pd.DataFrame:
    """The ledger cells behind one indicator of one area.

    Parameters
    ----------
    indicator
        Code of an indicator or of a measure.
    area
        Path, name or short name.
    period
        The last chosen period by default.

    Returns
    -------
    One row per ledger row that counts: role (分子 or 分母), measure, file, sheet, row (as in Excel), cells (addresses
    such as ``F12 H12``), key (the unit or party organisation), value (what the row adds; null for a row of another
    ledger that only decides whether or how much the row above adds: a star sheet, an activity).
    """
    period = str(period or data.last)
    if period not in data.manifest["periods"]:
        advice = f"可用的时期：{'、'.join(data.manifest['periods'])}"
        raise InputError(Problem("period_unknown", where="period", found=period, advice=advice))
    path = data.find_area(area)
    headings = data.about("headings", path)
    parts = [_rows(data, asked, headings) for asked in _asked(data, indicator, path, period)]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _asked(data: Data, code: str, area: str, period: str) -> list[Asked]:
    codebook = data.codebook
    if code in codebook.measures:
        return [Asked("数值", codebook.measures[code], area, period)]
    if code not in codebook.indicators:
        advice = did_you_mean(code, [*codebook.indicators, *codebook.measures])
        raise InputError(Problem("key_unknown", where="indicator", found=code, advice=advice))
    indicator = codebook.indicators[code]
    base = codebook.measures[indicator.denominator]
    return [
        Asked("分子", codebook.measures[indicator.numerator], area, period),
        *(Asked("分母", base, area, one) for one in periods_of_base(period, indicator, codebook)),
    ]


def _rows(data: Data, asked: Asked, headings: pd.DataFrame) -> pd.DataFrame:
    measure = asked.measure
    if measure.figure:
        rows = _typed_rows(data, asked)
        wanted: dict[str, tuple[str, ...]] = {"figures.value": ("value",)}
        rows["table"] = "figures"
    else:
        block = data.block(asked.area, asked.period)
        rows = _ledger_rows(
            block, data.view_of_block(view_of(measure), asked.area, asked.period), asked
        )
        wanted = _headings_wanted(measure, data.codebook)
    rows["cells"] = Cells(headings, wanted, _fallback(measure, data.codebook)).of(rows)
    # a row of another ledger without a cell of its own tells nothing
    rows = rows.loc[rows["own"] | (rows["cells"] != "")]
    return pd.DataFrame(
        {
            "role": asked.role,
            "measure": measure.code,
            "name": measure.name,
            "file": rows["source_file"],
            "sheet": rows["source_sheet"],
            "row": rows["source_row"],
            "cells": rows["cells"],
            "key": rows["key"],
            "value": rows["amount"],
        }
    )


def _inside(view: View, area: str) -> np.ndarray[Any, Any]:
    place = view["area"]
    below = [path == area or path.startswith(f"{area}/") for path in place.words or ()]
    return np.array([*below, False])[place.values]


def _typed_rows(data: Data, asked: Asked) -> pd.DataFrame:
    """The figures that hold (`evalkit.indicators.measures.holding`): no count of a ledger beside a typed one."""
    view = data.figures_view(asked.area, asked.period)
    measure = view["measure"]
    is_asked = np.array([*(word == asked.measure.code for word in measure.words or ()), False])[
        measure.values
    ]
    columns = [*PLACE, "area", "measure", "period", "status", "value"]
    rows = plain(view.table.select(columns).filter(is_asked)).to_pandas()
    inside = _inside(view, asked.area)[is_asked]
    rows = rows[inside & holding(rows.assign(area=rows["area"].fillna(""))).to_numpy(dtype=bool)]
    rows = rows[[*PLACE, "value"]].reset_index(drop=True)
    return rows.rename(columns={"value": "amount"}).assign(key=asked.measure.name, own=True)


def _ledger_rows(block: CountyBlock, view: View, asked: Asked) -> pd.DataFrame:
    """Rows of the view that count, and below them the rows of other ledgers on which their columns rest."""
    measure, name = asked.measure, view_of(asked.measure)
    kept = _inside(view, asked.area) & reading_of(view, measure).printed.true
    rows = plain(view.table.select([*PLACE, NAME_OF[name]]).filter(kept)).to_pandas()
    rows = rows.rename(columns={NAME_OF[name]: "key"})
    rows = rows.assign(own=True, table=TABLE_OF[name], amount=1.0)
    if measure.column:
        amount = view.table[measure.column].filter(kept).to_pandas().astype("float64")
        rows["amount"] = amount.to_numpy() / (100 if measure.column.endswith("_fen") else 1)
    if name == "funds":  # one ledger row holds several amounts
        at = [*PLACE, "key", "own", "table"]
        rows = rows.groupby(at, as_index=False, dropna=False, sort=False)["amount"].sum()
    rows = rows.sort_values(PLACE, kind="stable", ignore_index=True)
    linked = [
        _linked_rows(block, view, kept, name, table)
        for table in _other_tables(measure)
        if table in LINKS[name]
    ]
    linked = [one for one in linked if len(one)]
    return _with_linked(rows, pd.concat(linked, ignore_index=True)) if linked else rows


def _with_linked(rows: pd.DataFrame, linked: pd.DataFrame) -> pd.DataFrame:
    """The rows with those of other ledgers below them; where both are one row of a ledger, it is of both tables."""
    both = rows[PLACE].merge(linked[[*PLACE, "table"]], on=PLACE).drop_duplicates()
    also = both.groupby(PLACE)["table"].agg(TABLES_BETWEEN.join)
    at = pd.MultiIndex.from_frame(rows[PLACE])
    more = also.reindex(at).to_numpy()
    tables = [
        table if pd.isna(other) else TABLES_BETWEEN.join([table, other])
        for table, other in zip(rows["table"], more, strict=True)
    ]
    apart = linked.loc[~pd.MultiIndex.from_frame(linked[PLACE]).isin(at)]
    return pd.concat([rows.assign(table=tables), apart], ignore_index=True)


def _other_tables(measure: Measure) -> list[str]:
    """The tables besides the view's own on which the columns of a measure rest."""
    name = view_of(measure)
    stored = [one for column in _columns(measure) for one in lineage(name, column)]
    tables = dict.fromkeys(one.partition(".")[0] for one in stored)
    return [table for table in tables if table != TABLE_OF[name]]


def _columns(measure: Measure) -> list[str]:
    return [*columns_of(measure.condition), *([measure.column] if measure.column else [])]


# of a view, the tables that join it: which key of the view's table meets which key of the other
LINKS: dict[str, dict[str, str]] = {
    "units": {"covers": "unit", "activities": "covering"},
    "party_orgs": {"stars": "org", "activities": "org", "covers": "org", "units": "covered"},
    "funds": {"party_organisations": "org"},
    "activities": {},
    "instructor_counts": {},
}


def _linked_rows(
    block: CountyBlock, view: View, kept: np.ndarray[Any, Any], name: str, table: str
) -> pd.DataFrame:
    """The rows of another table that join the kept rows of a view."""
    mine = _keys(block, TABLE_OF[name], "unit" if name == "units" else "org")
    mine = mine[view[ROW_OF_TABLE].values.astype(np.int64)][kept]
    names = plain(view.table.select([NAME_OF[name]]).filter(kept))[NAME_OF[name]].to_pylist()
    name_of = {int(key): text for key, text in zip(mine, names, strict=True) if key >= 0}
    how = LINKS[name][table]
    if how == "covered":  # the units of an organisation, through its covers
        pairs = zip(_keys(block, "covers", "unit"), _keys(block, "covers", "org"), strict=True)
        of_unit = {int(unit): name_of[int(org)] for unit, org in pairs if int(org) in name_of}
        key, known = _keys(block, "units", "unit"), of_unit
    elif how == "covering":  # the activities of the organisations that cover a unit
        pairs = zip(_keys(block, "covers", "unit"), _keys(block, "covers", "org"), strict=True)
        key = _keys(block, "activities", "org")
        known = {int(org): name_of[int(unit)] for unit, org in pairs if int(unit) in name_of}
    else:
        key, known = _keys(block, table, how), name_of
    rows = np.flatnonzero([int(one) in known for one in key])
    found = plain(block[table].select(PLACE).take(rows)).to_pandas()
    keys = [known[int(one)] for one in key[rows]]
    return found.assign(key=keys, own=False, table=table, amount=np.nan)


def _keys(block: CountyBlock, table: str, kind: str) -> np.ndarray[Any, Any]:
    return (block.unit if kind == "unit" else block.org)[table]


def _headings_wanted(measure: Measure, codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """The stored columns on which a measure rests, with the headings under which their cells stand."""
    name = view_of(measure)
    stored = [one for column in _columns(measure) for one in lineage(name, column)]
    wanted = {one: tuple(codebook.lineage.get(one, [one.partition(".")[2]])) for one in stored}
    if name == "funds":
        wanted["funds.amount_fen"] = tuple(_fund_columns(measure, codebook))
    return wanted


def _fallback(measure: Measure, codebook: Codebook) -> tuple[str, ...]:
    """The headings that name a row: they stand where none of the wanted ones does."""
    if measure.figure:
        return ("value",)
    one = IDENTITY[view_of(measure)]
    return tuple(codebook.lineage.get(one, [one.partition(".")[2]]))


def _fund_columns(measure: Measure, codebook: Codebook) -> Iterator[str]:
    """The columns of the funds ledger whose flow, source and purpose the measure asks for."""
    asked = {
        test.column: test.values
        for test in measure.tests
        if test.column in ("flow", "source", "purpose") and test.values
    }
    for column, spec in codebook.headings["forms"]["funds"]["columns"].items():
        fits = all(spec.get(key) in values for key, values in asked.items())
        if "flow" in spec and "total_of" not in spec and fits:
            yield column


class Cells:
    """Where the wanted columns stand in each sheet, as Excel addresses.

    A row of a table may stand in the ledger of another one (a party organisation that only the unit ledger names): of
    such a row both the columns wanted of its table and those wanted of the ledger's table count.
    """

    def __init__(
        self, headings: pd.DataFrame, wanted: Mapping[str, Sequence[str]], fallback: Sequence[str]
    ) -> None:
        self._wanted: dict[str, set[str]] = {}
        for stored, names in wanted.items():
            self._wanted.setdefault(stored.partition(".")[0], set()).update(names)
        self._fallback = set(fallback)
        self._sheets = dict(list(headings.groupby(["source_file", "source_sheet"])))

    def of(self, rows: pd.DataFrame) -> np.ndarray[Any, Any]:
        """The addresses of every row, joined by a blank; of a row of the view at least the cell of its name."""
        cells = np.full(len(rows), "", dtype=object)
        numbers, own = rows["source_row"].to_numpy(), rows["own"].to_numpy(dtype=bool)
        for (file, sheet, table), at in rows.groupby(
            ["source_file", "source_sheet", "table"]
        ).indices.items():
            columns = self._sheets.get((file, sheet))
            if columns is None:
                continue
            tables = {*table.split(TABLES_BETWEEN), *columns["table"]}
            names = set().union(*(self._wanted.get(one, set()) for one in tables))
            cells[at] = _addresses(columns.loc[columns["column"].isin(names)], numbers[at])
            bare = at[(cells[at] == "") & own[at]]
            cells[bare] = _addresses(
                columns.loc[columns["column"].isin(self._fallback)], numbers[bare]
            )
        return cells


def _addresses(columns: pd.DataFrame, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Cells of some rows under columns whose blocks hold those rows."""
    out = np.full(len(rows), "", dtype=object)
    if not len(columns) or not len(rows):
        return out
    letters, first, last = (
        columns[name].to_numpy() for name in ("letter", "first_row", "last_row")
    )
    held = (first.astype(int) <= rows[:, None]) & (last.astype(int) >= rows[:, None])
    kinds, which = np.unique(held, axis=0, return_inverse=True)
    told = [list(dict.fromkeys(letters[kind])) for kind in kinds]
    for n, row in enumerate(rows):
        out[n] = " ".join(f"{letter}{row}" for letter in told[which[n]])
    return out
