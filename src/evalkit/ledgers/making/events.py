"""Activities and visits; instructors by class, whose codes live only here."""

from __future__ import annotations

import pandas as pd

from evalkit.ledgers.forms import SUFFIXES, Form
from evalkit.ledgers.making.once import repeated_rows
from evalkit.ledgers.making.verbs import (
    DATE,
    column_of,
    filled_from,
    join_organisations,
    keys_of,
    names_in,
)
from evalkit.problems import Problem


def instructors(form: Form) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Instructor counts by class and visits, one set per area and period of a sheet. Codes live only in here."""
    place, classes = ["area", "period", "file", "sheet"], ["level", "origin", "full_time"]
    data = form.data[["area", "period", "sheet", "source_row"]].assign(
        file=form.of_block(b.sheet.file for b in form.blocks),
        level=column_of(form, "level"),
        origin=column_of(form, "origin"),
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
    )
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
    data["kind"] = column_of(form, "kind")
    times = column_of(form, "times", "Int64").fillna(1).clip(1, None)
    visit = data["kind"].eq("visit").fillna(False).to_numpy(dtype=bool)
    visits = _visits(form, data.assign(count=times)[visit & ~repeated])
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


def _visits(form: Form, data: pd.DataFrame) -> pd.DataFrame:
    """Visits that a ledger of activities lists, one row an area and period of a sheet."""
    if not len(data):
        return pd.DataFrame()
    grouped = data.groupby(["area", "period", "sheet"], dropna=False, sort=False)
    out = grouped.agg(count=("count", "sum"), source_row=("source_row", "first")).reset_index()
    for suffix in SUFFIXES:
        out["count" + suffix] = out["count"].astype("Int64")
    return out
