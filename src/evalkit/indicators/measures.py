"""Measures: the codebook's filters, turned into Ibis aggregates with three readings.

Every condition is read three ways: as printed, for every value that the ledger allows (``low``), for some value
(``high``). A row whose condition cannot be decided because a cell is empty counts in ``n_missing`` and in none of
the three. A measure whose column is empty in a whole area has no value there: missing is not zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import and_, or_
from typing import Any

import ibis
import pandas as pd

from evalkit.codebook import Codebook, Measure
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
        high = ibis.ifelse(col.notnull() & high.isnull(), 2**62, high)
    match = COMPARISON.match(test) if isinstance(test, str) else None
    if match:
        sign, number = match[1], float(match[2])
        limit = int(number) if number.is_integer() else number
        compare = {
            ">=": lambda c: c >= limit, ">": lambda c: c > limit, "<=": lambda c: c <= limit, "<": lambda c: c < limit
        }[sign]  # fmt: skip
        up = sign.startswith(">")
        ends = (compare(low if up else high), compare(high if up else low)) if interval else ()
        reading = Reading(compare(col), *ends)
    else:
        values = list(test) if isinstance(test, list) else [test]
        printed = col.isin(values)
        if interval:
            first, last = min(values), max(values)
            dense = last - first + 1 == len(set(values))
            sure = (low >= first) & (high <= last) if dense else (low == high) & printed
            possible = (high >= first) & (low <= last) if dense else printed | (low < high)
            reading = Reading(printed, sure, possible)
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
    reading = all_of(view, measure.where) or Reading(view["period"].notnull() | True)
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
            found[f"{code}__value"] = col.sum(where=printed).cast("float64")
            if low is not col or reading.sure is not None:
                found[f"{code}__low"] = low.sum(where=sure).cast("float64")
                found[f"{code}__high"] = high.sum(where=possible).cast("float64")
                found[f"{code}__open"] = (possible & col.notnull() & high.isnull()).sum()
            missing = reading.printed.isnull() | (reading.printed & col.isnull())
        else:
            parts = zip(("value", "low", "high")[: 1 if reading.sure is None else 3], reading.three, strict=False)
            for part, what in parts:
                found[f"{code}__{part}"] = what.fill_null(False).sum().cast("float64")
            missing = reading.printed.isnull()
        found[f"{code}__missing"] = missing.sum()
        always, groups = needed_columns(measure)
        counted.update(always, *groups)
    for column in sorted(counted):
        found[f"has__{column}"] = view[column].count()
    return found, wanted


def measure_frame(views: Mapping[str, Any], areas: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """All measures of the codebook that ledgers can give, at every level of area.

    Parameters
    ----------
    views
        The five views as Ibis tables with ``area`` and ``period``.
    areas
        The table of areas (area, level, home).

    Returns
    -------
    One row per area, period and measure; amounts in yuan; `value` null where a column is empty in the whole area.
    """
    parts = []
    for name in VIEWS:
        view = views[name]
        found, wanted = aggregates(view, codebook, name)
        if not wanted:
            continue
        lowest = view.group_by(["area", "period"]).agg(**found).to_pandas()
        wide = _rolled_up(lowest)
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
    numbers = lowest.columns.drop(["area", "period"])
    depth = lowest["area"].str.count("/")
    parts = []
    for level in range(int(depth.max()) + 1 if len(depth) else 0):
        one = lowest.loc[depth >= level]
        area = one["area"].str.split("/").str[: level + 1].str.join("/")
        parts.append(one[numbers].astype("float64").groupby([area, one["period"]]).sum(min_count=1).reset_index())
    return pd.concat(parts, ignore_index=True) if parts else lowest


def _counted_once(view: Any, wide: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """A unit that stands in the ledgers of two areas (块 and 条) counts once in every area above both."""
    twice = view.group_by(["period", "unit"]).agg(n=view.area.nunique()).filter(lambda t: t.n > 1)
    places = view.semi_join(twice, ["period", "unit"]).select("area", "period").distinct().to_pandas()
    if not len(places):
        return wide
    touched = places["area"].str.split("/").str.len()
    for depth in range(1, int(touched.max()) + 1):
        names = view["area"].split("/")
        one = view.filter(names.length() >= depth)
        path = one["area"].split("/")
        one = one.mutate(_area=ibis.array([path[i] for i in range(depth)]).join("/") if depth > 1 else path[0])
        one = one.distinct(on=["_area", "period", "unit"], keep="first")
        again = one.group_by(["_area", "period"]).agg(**aggregates(one, codebook, "units")[0]).to_pandas()
        again = again.rename(columns={"_area": "area"})
        wide = pd.concat([again, wide], ignore_index=True).drop_duplicates(["area", "period"], keep="first")
    return wide.reset_index(drop=True)


def _long(wide: pd.DataFrame, wanted: Iterable[Measure], source: str) -> pd.DataFrame:
    rows = []
    for measure in wanted:
        code = measure.code
        value = wide[f"{code}__value"].astype("float64")
        low, high = (wide.get(f"{code}__{part}", value).astype("float64") for part in ("low", "high"))
        always, groups = needed_columns(measure)
        known = pd.Series(True, index=wide.index)
        for column in always:
            known &= wide[f"has__{column}"] > 0
        if groups:
            known &= pd.concat([(wide[[f"has__{c}" for c in group]] > 0).all(axis=1) for group in groups], axis=1).any(axis=1)
        missing = wide[f"{code}__missing"].fillna(0).astype("int64")
        if measure.sum:
            # rows are there and all their amounts are empty: unknown; an empty selection is zero only if none is due
            low, high = low.where(low.notna(), value), high.where(high.notna(), value)
            if f"{code}__open" in wide:
                high = high.mask(wide[f"{code}__open"] > 0, float("inf"))
            if measure.sum.endswith("_fen"):
                value, low, high = value / 100, low / 100, high / 100
        rows.append(
            pd.DataFrame(
                {
                    "area": wide["area"],
                    "period": wide["period"],
                    "measure": code,
                    "value": value.where(known),
                    "low": low.where(known),
                    "high": high.where(known),
                    "n_missing": missing,
                    "unit": measure.unit,
                    "base": measure.note or "",
                    "source": source,
                }
            ).loc[lambda f: f["value"].notna()]
        )
    return pd.concat(rows, ignore_index=True)
