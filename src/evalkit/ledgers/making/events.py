"""Activities and visits; instructors by class, whose codes live only here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evalkit.codebook.kept import BY_VISITS, COUNTED
from evalkit.ledgers.forms import SUFFIXES, TEXT, Form
from evalkit.ledgers.making.once import repeated_rows
from evalkit.ledgers.making.verbs import (
    DATE,
    column_of,
    filled_from,
    join_organisations,
    keys_of,
    names_in,
)
from evalkit.ledgers.place import district_of
from evalkit.problems import Problem

TITLED_KINDS = ("主题党日", "组织生活会", "民主评议", "三会一课")


def instructors(form: Form) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Instructor counts by class and visits, one set per area and period of a sheet. Codes live only in here."""
    place, coarse = ["area", "period", "file", "sheet"], ["level", "origin", "full_time"]
    classes = [*coarse, "recruited"]
    data = form.data[["area", "period", "sheet", "source_row"]].assign(
        file=form.of_block(b.sheet.file for b in form.blocks),
        level=column_of(form, "level"),
        origin=column_of(form, "origin"),
        recruited=column_of(form, "recruited"),
        full_time=column_of(form, "full_time", "boolean"),
    )
    codes, units = (
        keys_of(names_in(form, column)) for column in ("instructor_codes", "served_units")
    )
    long = data[column_of(form, "active", "boolean").fillna(True).astype(bool)].join(
        codes.rename("code"), how="inner"
    )
    first = long.drop_duplicates([*place[:3], "code"])
    grouped = first.groupby([*place, *classes], dropna=False, sort=False)
    counts = grouped.agg(count=("code", "size"), source_row=("source_row", "first")).reset_index()
    served = (
        long[[*place[:3], "code"]]
        .join(units.rename("unit"))
        .merge(first[[*place, *classes, "code"]], on=[*place[:3], "code"])
    )  # how somebody was found makes no unit served twice
    served = served.drop_duplicates([*place, *coarse, "unit"])
    by_class = (
        served.groupby([*place, *classes], dropna=False)["unit"]
        .nunique()
        .rename("units_served")
        .reset_index()
    )
    counts = counts.merge(by_class, on=[*place, *classes], how="left")
    sheets = form.data["sheet"]
    listing, visiting = (
        set(sheets[form.has(column)]) for column in ("served_units", "visit_count")
    )
    served_units = counts["units_served"].astype("Int64").fillna(0)
    counts["units_served"] = served_units.where(counts["sheet"].isin(listing))
    for column in ("count", "units_served"):
        counts[column + "_low"] = counts[column + "_high"] = counts[column]
    if not visiting:
        return counts, pd.DataFrame()
    visited = form.data[[f"visit_count{suffix}" for suffix in SUFFIXES]].set_axis(
        [f"count{s}" for s in SUFFIXES], axis=1
    )
    data = data.join(visited)[sheets.isin(visiting).to_numpy()]
    per_place = data.groupby(place, dropna=False, sort=False)
    visits = (
        per_place[list(visited)]
        .sum(min_count=1)
        .join(per_place["source_row"].first())
        .reset_index()
    )
    if listing:
        seen = (
            data[data["count"].fillna(0) > 0]
            .join(units.rename("unit"))
            .groupby(place, dropna=False)["unit"]
            .nunique()
            .reset_index()
        )
        visits = visits.merge(seen.rename(columns={"unit": "units_visited"}), on=place, how="left")
        found = (
            visits["units_visited"].astype("Int64").fillna(0).where(visits["sheet"].isin(listing))
        )
        for suffix in SUFFIXES:
            visits["units_visited" + suffix] = found
    return counts, visits


def activities(
    form: Form, orgs: pd.DataFrame, problems: list[Problem]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Activities, and the visits (走访) that stand among them; what stands there twice counts once."""
    data = join_organisations(form, orgs, problems)
    repeated = repeated_rows(form, data, problems)
    of = {
        row: int(number)
        for row, parts in form.parts.get("present", {}).items()
        for word, number in parts
        if word == "of"
    }
    due = pd.Series(of, dtype="Int64").reindex(data.index)  # 7/9 under 实到 tells those due as well
    by_sheet = pd.Series(form.of_block(form.sheet_months), dtype="Int64").replace(0, pd.NA)
    data = data.assign(
        **{
            "due" + suffix: filled_from(column_of(form, "due" + suffix, "Int64"), due)
            for suffix in SUFFIXES
        }
    )
    data["month"] = filled_from(
        column_of(form, "month", "Int64"),
        column_of(form, "date", DATE).dt.month.astype("Int64"),
        by_sheet,
    )
    data["kind"] = column_of(form, "kind").fillna(_kinds_of_titles(form, data.index))
    times = column_of(form, "times", "Int64").fillna(1).clip(1, None)
    visit = data["kind"].eq("visit").fillna(False).to_numpy(dtype=bool)
    named = names_in(form, "visited_units")
    several = named.groupby(level=0).size().reindex(data.index).fillna(0).astype("Int64")
    counted = times.where(times >= several, several)  # 走访甲公司、乙公司: two
    files = form.of_block(b.sheet.file for b in form.blocks)
    visits = _visits(data.assign(count=counted, file=files)[visit & ~repeated], named)
    keep = ~visit & ~repeated
    data, times = data[keep], times[keep]
    if (
        times > 1
    ).any():  # 3 under 次数 is three activities; what the row says of them together stays with the first
        data = data.loc[data.index.repeat(times)].reset_index(drop=True)
        again = data.duplicated(["sheet", "source_row"])
        for column in [
            c + s for c in ("due", "present", "cost_fen") if c in data for s in SUFFIXES
        ]:
            data[column] = data[column].mask(again)
    return data, visits


def _kinds_of_titles(form: Form, index: pd.Index) -> pd.Series:
    """The kind of activity that the title of a table without a column for it names: 主题党日台账."""
    said = [
        next((kind for kind in TITLED_KINDS if kind in "".join((*b.titles, b.sheet.name))), None)
        if "kind" not in b.columns
        else None
        for b in form.blocks
    ]
    return pd.Series(form.of_block(said), index=index, dtype=TEXT)


def _visits(data: pd.DataFrame, named: pd.Series) -> pd.DataFrame:
    """Visits that a ledger lists, one row an area and period of a sheet; `named`: the units visited, by their row."""
    if not len(data):
        return pd.DataFrame()
    place = ["area", "period", "file", "sheet"]
    grouped = data.groupby(place, dropna=False, sort=False)
    out = grouped.agg(count=("count", "sum"), source_row=("source_row", "first")).reset_index()
    units = data[place].join(keys_of(named).rename("unit"), how="inner")
    if len(units):
        seen = units.groupby(place, dropna=False)["unit"].nunique().rename("units_visited")
        out = out.merge(seen.reset_index(), on=place, how="left")
    for column in ("count", "units_visited") if len(units) else ("count",):
        for suffix in SUFFIXES:
            out[column + suffix] = out[column].astype("Int64")
    return out


def visits(form: Form, specs: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A ledger of visits: how many, to how many units; and what was heard and solved, as figures of its area."""
    named = names_in(form, "visited_units")
    several = named.groupby(level=0).size().reindex(form.data.index).fillna(0).astype("Int64")
    times = column_of(form, "times", "Int64").fillna(1).clip(1, None)
    data = form.data[["area", "period", "sheet", "source_row"]].assign(
        file=form.of_block(b.sheet.file for b in form.blocks)
    )
    out = _visits(data.assign(count=times.where(times >= several, several)), named)
    heard = []
    for column, spec in specs.items():
        if "measure" not in spec or column not in form.data:
            continue
        some = data.assign(**{s: form.data[column + s] for s in SUFFIXES})
        grouped = some[some[""].notna()].groupby(["area", "period", "sheet"], dropna=False)
        sums = grouped[list(SUFFIXES)].sum().join(grouped["source_row"].first()).reset_index()
        heard.append(_as_figures(sums, spec["measure"], spec["unit"]).assign(status=BY_VISITS))
    return out, pd.concat(heard, ignore_index=True) if heard else pd.DataFrame()


def _as_figures(sums: pd.DataFrame, measure: str, unit: str) -> pd.DataFrame:
    """Sums of a ledger (value, low and high under the suffixes) as figures of their area."""
    out = sums.rename(columns={"": "value", "_low": "low", "_high": "high"})
    for column in ("value", "low", "high"):
        out[column] = out[column].astype("Float64")
    return out.assign(measure=measure, unit=unit)


def visits_as_figures(visited: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """Visits that the ledgers of a file list, as the figure of each area whose district typed none in that file.

    `status` says what they were counted from: where a district typed the figure in another file, or other files count
    too, all files together say what holds (`evalkit.indicators.measures`), since not all are read at the same time.
    Where ledgers of several kinds in one file tell of the visits of an area, they tell of the same ones: the one of
    the least `rank` counts (a ledger of visits, then of activities, then of instructors).
    """
    if not len(visited):
        return pd.DataFrame()
    place = ["area", "period", "file"]
    said = set()
    if len(typed):
        mine = typed[typed["measure"] == "visits"]
        said = {
            (file, district_of(area), period)
            for file, area, period in zip(mine["file"], mine["area"], mine["period"], strict=True)
        }
    here = zip(visited["file"], visited["area"], visited["period"], strict=True)
    visited = visited[[(file, district_of(a), p) not in said for file, a, p in here]]
    if not len(visited):
        return pd.DataFrame()
    rows = visited[visited["rank"] == visited.groupby(place, dropna=False)["rank"].transform("min")]
    grouped = rows.groupby(place, dropna=False, sort=False)
    sums = grouped[["count" + s for s in SUFFIXES]].sum(min_count=1)
    sums = sums.set_axis(list(SUFFIXES), axis=1)
    sums = sums.join(grouped[["sheet", "source_row", "rank"]].first()).reset_index()
    figures = _as_figures(sums, "visits", "家次")
    return figures.assign(status=[COUNTED[rank] for rank in figures["rank"]]).drop(
        columns=["file", "rank"]
    )
