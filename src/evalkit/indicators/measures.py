"""Measures: the codebook's filters, turned into aggregates with three readings.

The same few functions read a filter over an Ibis table (of any backend) and over `cells.View` (in memory, no SQL), which
`build` uses.

Every condition is read three ways: as printed, for every value that the ledger allows (``low``), for some value
(``high``). A row whose condition cannot be decided because a cell is empty counts in ``n_missing`` and in none of
the three. A measure whose column is empty in a whole area has no value there: missing is not zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import and_, or_
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.codebook import Codebook, Measure
from evalkit.indicators.cells import View
from evalkit.indicators.views import FILLED_BY, NULL_SPEAKS, VIEWS

COMPARISON = re.compile(r"^\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$")
COLUMNS = ["area", "period", "level", "measure", "value", "low", "high", "n_missing", "unit", "base", "source"]
OVERLAPPING = "跨区县重复计数"


@dataclass(frozen=True)
class Reading:
    """A condition as printed, surely and possibly true; any of them may be null (unknown).

    ``sure`` and ``possible`` are null where no column of the condition carries an interval: all three are one.
    """

    printed: Any
    sure: Any = None
    possible: Any = None

    @property
    def three(self) -> tuple[Any, Any, Any]:
        exact = self.sure is None
        return self.printed, self.printed if exact else self.sure, self.printed if exact else self.possible

    def joined(self, other: Reading, how: Callable[[Any, Any], Any]) -> Reading:
        if self.sure is None and other.sure is None:
            return Reading(how(self.printed, other.printed))
        return Reading(*map(how, self.three, other.three))


def condition(view: Any, column: str, test: Any) -> Reading:
    """One line of ``where``: ``column: value | [values] | ">= 3" | present | missing``."""
    col = view[column]
    if test == "present" or test == "missing":
        plain = col.notnull() if test == "present" else col.isnull()
        return Reading(plain)
    interval = f"{column}_low" in view.columns
    low = view[f"{column}_low"] if interval else col
    high = view[f"{column}_high"] if interval else col
    if interval:  # an open upper end: the point is known, its upper limit is not
        high = high.fill_null(2**62)
    match = COMPARISON.match(test) if isinstance(test, str) else None
    if match:
        sign, number = match[1], float(match[2])
        limit = int(number) if number.is_integer() else number
        compare = {
            ">=": lambda c: c >= limit, ">": lambda c: c > limit, "<=": lambda c: c <= limit, "<": lambda c: c < limit
        }[sign]  # fmt: skip
        up = sign.startswith(">")
        ends = (compare(low if up else high), compare(high if up else low)) if interval else ()
        reading = Reading(compare(col), *(end & col.notnull() for end in ends))
    else:
        values = list(test) if isinstance(test, list) else [test]
        printed = col.isin(values)
        if interval:
            first, last = min(values), max(values)
            dense = last - first + 1 == len(set(values))
            sure = (low >= first) & (high <= last) if dense else (low == high) & printed
            possible = (high >= first) & (low <= last) if dense else printed | (low < high)
            reading = Reading(printed, sure & col.notnull(), possible & col.notnull())
        else:
            reading = Reading(printed)
    if column in NULL_SPEAKS:
        return Reading(*(part.fill_null(False) for part in reading.three[: 1 if reading.sure is None else 3]))
    return reading


def all_of(view: Any, where: Mapping[str, Any]) -> Reading | None:
    reading: Reading | None = None
    for column, test in where.items():
        one = condition(view, column, test)
        reading = one if reading is None else reading.joined(one, and_)
    return reading


def reading_of(view: Any, measure: Measure) -> Reading:
    """The whole condition of a measure over its view."""
    reading = all_of(view, measure.where) or Reading(view["period"].notnull() | view["period"].isnull())
    alternatives = [found for found in (all_of(view, where) for where in measure.any) if found is not None]
    if alternatives:
        some = alternatives[0]
        for other in alternatives[1:]:
            some = some.joined(other, or_)
        reading = reading.joined(some, and_)
    return reading


def needed_columns(measure: Measure) -> tuple[list[str], list[list[str]]]:
    """Columns that must hold something for the measure to exist: all of the first list, one of the groups."""

    ledger = {column: flag for flag, columns in FILLED_BY.items() for column in columns}

    def needs(where: Mapping[str, Any], gaps: bool = False) -> list[str]:
        # "present" and "missing" ask for the gap itself
        plain = [c for c, test in where.items() if c not in NULL_SPEAKS and (gaps or test not in ("present", "missing"))]
        return plain + [ledger[c] for c in where if c in ledger]

    always = needs(measure.where)
    if measure.sum:
        column = measure.sum.partition(".")[2]
        always = [*always, ledger.get(column, column)]
    return always, [needs(where, gaps=True) for where in measure.any]


def view_of(measure: Measure) -> str:
    return measure.count or (measure.sum or "").partition(".")[0]


def aggregates(view: Any, codebook: Codebook, name: str) -> tuple[dict[str, Any], list[Measure]]:
    """The named aggregate expressions of all measures over one view, and those measures."""
    wanted = [m for m in codebook.measures.values() if view_of(m) == name]
    found: dict[str, Any] = {}
    counted: set[str] = set()
    for measure in wanted:
        reading = reading_of(view, measure)
        code = measure.code
        if measure.sum:
            column = measure.sum.partition(".")[2]
            col = view[column]
            low = view[f"{column}_low"] if f"{column}_low" in view.columns else col
            high = view[f"{column}_high"] if f"{column}_high" in view.columns else col
            printed, sure, possible = reading.three
            found[f"{code}__value"] = col.sum(where=printed)
            if low is not col or reading.sure is not None:
                found[f"{code}__low"] = low.sum(where=sure)
                found[f"{code}__high"] = high.sum(where=possible)
                found[f"{code}__open"] = (possible & col.notnull() & high.isnull()).sum()
            missing = reading.printed.isnull() | (reading.printed & col.isnull())
        else:
            parts = zip(("value", "low", "high")[: 1 if reading.sure is None else 3], reading.three, strict=False)
            for part, what in parts:
                found[f"{code}__{part}"] = what.fill_null(False).sum()
            missing = reading.printed.isnull()
        found[f"{code}__missing"] = missing.sum()
        always, groups = needed_columns(measure)
        counted.update(always, *groups)
    for column in sorted(counted):
        found[f"has__{column}"] = view[column].count()
    return found, wanted


def measure_frame(views: Mapping[str, pa.Table], areas: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """All measures of the codebook that ledgers can give, at every level of area.

    Parameters
    ----------
    views
        The five views (see `evalkit.indicators.views.make_views`).
    areas
        The table of areas (area, level, home).

    Returns
    -------
    One row per area, period and measure; amounts in yuan; `value` null where a column is empty in the whole area.
    """
    parts = []
    for name in VIEWS:
        view = View(views[name])
        found, wanted = aggregates(view, codebook, name)
        if not wanted:
            continue
        wide = _rolled_up(view.grouped(found))
        if name == "units":
            wide = _counted_once(view, wide, codebook)
        parts.append(_long(wide, wanted, name))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    frame["area"] = frame["area"].replace("", None)
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    frame["level"] = frame["area"].map(levels).astype("string")
    several = frame["level"].isin(["national", "province", "city"])
    frame.loc[(frame["source"] == "instructor_counts") & several, "base"] = OVERLAPPING
    return frame[COLUMNS]


def _rolled_up(lowest: pd.DataFrame) -> pd.DataFrame:
    """Counts and sums of every area: those of the rows that bear its path, and of all areas below it."""
    if not len(lowest):
        return lowest
    names = [area.split("/") for area in lowest["area"]]
    numbers = lowest.drop(columns=["area", "period"]).astype("float64")
    parts = []
    for level in range(max(map(len, names))):
        rows = [n for n, parts_ in enumerate(names) if len(parts_) > level]
        above = ["/".join(names[n][: level + 1]) for n in rows]
        by = [pd.Index(above, name="area"), pd.Index(lowest["period"].iloc[rows], name="period")]
        parts.append(numbers.iloc[rows].groupby(by).sum(min_count=1).reset_index())
    return pd.concat(parts, ignore_index=True)


def _counted_once(view: View, wide: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """A unit that stands in the ledgers of two areas (块 and 条) counts once in every area above both."""
    unit, area, period = (view[name] for name in ("unit", "area", "period"))
    paths = area.words or ()
    key = np.where(unit.values < 0, -1, unit.values.astype(np.int64) * max(len(period.words or ()), 1) + period.values)
    places = pd.DataFrame({"key": key, "area": area.values})[key >= 0].drop_duplicates()
    twice = places["key"].duplicated(keep=False)
    touched = [paths[n].count("/") for n in places.loc[twice, "area"].unique()]
    for depth in range(1, max(touched, default=-1) + 2):
        above = ["/".join(names[:depth]) if len(names := path.split("/")) >= depth else None for path in paths]
        codes, words = pd.factorize(np.array([*above, None], dtype=object))
        rows = pd.DataFrame({"area": codes[area.values], "key": key, "row": np.arange(len(key))})
        rows = rows[rows["area"] >= 0]
        first = rows[(rows["key"] < 0) | ~rows.duplicated(["area", "key"])]
        named = pa.DictionaryArray.from_arrays(pa.array(first["area"], pa.int32()), pa.array(words, pa.string()))
        at = view.table.column_names.index("area")
        one = View(view.table.take(pa.array(first["row"])).set_column(at, "area", named))
        again = one.grouped(aggregates(one, codebook, "units")[0])
        wide = pd.concat([again, wide], ignore_index=True).drop_duplicates(["area", "period"], keep="first")
    return wide.reset_index(drop=True)


def _long(wide: pd.DataFrame, wanted: Sequence[Measure], source: str) -> pd.DataFrame:
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("value", "low", "high", "n_missing", "known")}
    for measure in wanted:
        code = measure.code
        value = wide[f"{code}__value"].to_numpy("float64")
        low, high = (wide[f"{code}__{end}"].to_numpy("float64") if f"{code}__{end}" in wide else value for end in ("low", "high"))
        always, groups = needed_columns(measure)
        known = np.ones(len(wide), dtype=bool)
        for column in always:
            known &= wide[f"has__{column}"].to_numpy() > 0
        if groups:
            known &= np.logical_or.reduce([(wide[[f"has__{c}" for c in group]] > 0).all(axis=1) for group in groups])
        if measure.sum:
            # rows are there and all their amounts are empty: unknown; an empty selection is zero only if none is due
            low, high = np.where(np.isnan(low), value, low), np.where(np.isnan(high), value, high)
            if f"{code}__open" in wide:
                high = np.where(wide[f"{code}__open"] > 0, np.inf, high)
            if measure.sum.endswith("_fen"):
                value, low, high = value / 100, low / 100, high / 100
        missing = wide[f"{code}__missing"].fillna(0).to_numpy("int64")
        for name, numbers in zip(columns, (value, low, high, missing, known & ~np.isnan(value)), strict=True):
            columns[name].append(numbers)
    which, row = np.nonzero(np.stack(columns.pop("known")))
    about = {"measure": [m.code for m in wanted], "unit": [m.unit for m in wanted], "base": [m.note or "" for m in wanted]}
    return pd.DataFrame(
        {name: wide[name].to_numpy()[row] for name in ("area", "period")}
        | {name: np.stack(numbers)[which, row] for name, numbers in columns.items()}
        | {name: np.array(texts, dtype=object)[which] for name, texts in about.items()}
        | {"source": source}
    )
