"""Measures: the codebook's filters, turned into Ibis aggregates with three readings.

Every condition is read three ways: as printed, for every value that the ledger allows (``low``), for some value
(``high``). A row whose condition cannot be decided because a cell is empty counts in ``n_missing`` and in none of
the three. A measure whose column is empty in a whole area has no value there: missing is not zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from evalkit.codebook import Codebook, Measure
from evalkit.indicators.views import NULL_SPEAKS, VIEWS

COMPARISON = re.compile(r"^\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$")
COLUMNS = ["area", "period", "level", "measure", "value", "low", "high", "n_missing", "unit", "base", "source"]
OVERLAPPING = "跨区县重复计数"


@dataclass(frozen=True)
class Reading:
    """A condition as printed, surely and possibly true; any of them may be null (unknown)."""

    printed: Any
    sure: Any
    possible: Any

    def both(self, other: Reading) -> Reading:
        return Reading(self.printed & other.printed, self.sure & other.sure, self.possible & other.possible)

    def either(self, other: Reading) -> Reading:
        return Reading(self.printed | other.printed, self.sure | other.sure, self.possible | other.possible)


def condition(view: Any, column: str, test: Any) -> Reading:
    """One line of ``where``: ``column: value | [values] | ">= 3" | present | missing``."""
    col = view[column]
    if test == "present" or test == "missing":
        plain = col.notnull() if test == "present" else col.isnull()
        return Reading(plain, plain, plain)
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
        reading = Reading(compare(col), compare(low if up else high), compare(high if up else low))
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
            reading = Reading(printed, printed, printed)
    if column in NULL_SPEAKS:
        fill = [part.fill_null(False) for part in (reading.printed, reading.sure, reading.possible)]
        return Reading(*fill)
    return reading


def all_of(view: Any, where: Mapping[str, Any]) -> Reading | None:
    reading: Reading | None = None
    for column, test in where.items():
        one = condition(view, column, test)
        reading = one if reading is None else reading.both(one)
    return reading


def reading_of(view: Any, measure: Measure) -> Reading:
    """The whole condition of a measure over its view."""
    yes = view["period"].notnull() | True
    reading = all_of(view, measure.where) or Reading(yes, yes, yes)
    alternatives = [found for found in (all_of(view, where) for where in measure.any) if found is not None]
    if alternatives:
        some = alternatives[0]
        for other in alternatives[1:]:
            some = some.either(other)
        reading = reading.both(some)
    return reading


def needed_columns(measure: Measure) -> tuple[list[str], list[list[str]]]:
    """Columns that must hold something for the measure to exist: all of the first list, one of the groups."""

    def needs(where: Mapping[str, Any]) -> list[str]:
        # "present" and "missing" ask for the gap itself; equality on closed flow words is no column of its own
        return [c for c, test in where.items() if c not in NULL_SPEAKS and test not in ("present", "missing")]

    always = needs(measure.where)
    if measure.sum:
        always = [*always, measure.sum.partition(".")[2]]
    return always, [needs(where) for where in measure.any]


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
            found[f"{code}__value"] = col.sum(where=reading.printed).cast("float64")
            found[f"{code}__low"] = low.sum(where=reading.sure).cast("float64")
            found[f"{code}__high"] = high.sum(where=reading.possible).cast("float64")
            found[f"{code}__open"] = (reading.possible & col.notnull() & high.isnull()).sum()
            missing = reading.printed.isnull() | (reading.printed & col.isnull())
        else:
            for part, what in (("value", reading.printed), ("low", reading.sure), ("high", reading.possible)):
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
    depths = sorted({path.count("/") + 1 for path in areas["area"]}) or [1]
    parts = []
    for name in VIEWS:
        view = views[name]
        for depth in depths:
            one = _at_depth(view, depth, name)
            found, wanted = aggregates(one, codebook, name)
            if not wanted:
                continue
            wide = one.group_by(["_area", "period"]).agg(**found).to_pandas()
            parts.append(_long(wide, wanted, name))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    frame["area"] = frame["area"].replace("", None)
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    frame["level"] = frame["area"].map(levels).astype("string")
    if len(areas):
        several = frame["area"].map(areas.set_index("area")["level"].isin(["national", "province", "city"]))
        twice = (frame["source"] == "instructor_counts") & several.fillna(False).astype(bool)
        frame.loc[twice, "base"] = OVERLAPPING
    return frame[COLUMNS]


def _at_depth(view: Any, depth: int, name: str) -> Any:
    """The rows at or below a depth of the area path; a unit that two ledgers hold counts once."""
    names = view["area"].split("/")
    one = view.filter(names.length() >= depth)
    names = one["area"].split("/")
    one = one.mutate(_area=ibis.array([names[i] for i in range(depth)]).join("/") if depth > 1 else names[0])
    if name == "units":
        one = one.distinct(on=["_area", "period", "unit"], keep="first")
    return one


def _long(wide: pd.DataFrame, wanted: Iterable[Measure], source: str) -> pd.DataFrame:
    rows = []
    for measure in wanted:
        code = measure.code
        value = wide[f"{code}__value"].astype("float64")
        low, high = (wide[f"{code}__{part}"].astype("float64") for part in ("low", "high"))
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
            high = high.mask(wide[f"{code}__open"] > 0, float("inf"))
            if measure.sum.endswith("_fen"):
                value, low, high = value / 100, low / 100, high / 100
        rows.append(
            pd.DataFrame(
                {
                    "area": wide["_area"],
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
