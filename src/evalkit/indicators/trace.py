"""From a number back to the cells it was made of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evalkit.codebook import Measure
from evalkit.indicators.evaluate import previous_period
from evalkit.indicators.load import Data
from evalkit.indicators.measures import reading_of, view_of
from evalkit.problems import InputError, Problem, did_you_mean

COLUMNS = ["role", "measure", "name", "file", "sheet", "row", "cells", "key", "value"]
TABLE_OF = {"party_orgs": "party_organisations"}
KEY = {"units": "unit_name", "party_orgs": "name", "funds": "party_org", "activities": "party_org"}
# what a view's column is made of in the ledgers, where that is not a column of the same name
MADE_OF = {
    "covered_by": ("setup_mode", "party_org_name", "joint_org_name", "units_covered"),
    "legal_person": ("kind",),
    "has_instructor": ("instructor_codes",),
    "members": ("full_members", "probationary_members"),
    "count": ("instructor_codes",),
    "units_served": ("served_units",),
}


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
    such as ``F12 H12``), key (the unit or party organisation), value (what the row adds).
    """
    period = str(period or data.last)
    path = data.find_area(area)
    codebook = data.codebook
    if indicator in codebook.indicators:
        spec = codebook.indicators[indicator]
        later = previous_period(period) if spec.denominator_period == "previous" else period
        wanted = [("分子", spec.numerator, period), ("分母", spec.denominator, later)]
    elif indicator in codebook.measures:
        wanted = [("数值", indicator, period)]
    else:
        advice = did_you_mean(indicator, [*codebook.indicators, *codebook.measures])
        raise InputError(Problem("key_unknown", where="indicator", found=indicator, advice=advice))
    headings = _headings(data, path)
    views = data.views_of(path)
    parts = [_rows(data, views, codebook.measures[code], role, path, when, headings) for role, code, when in wanted]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _rows(
    data: Data, views: dict[str, Any], measure: Measure, role: str, area: str, period: str, headings: pd.DataFrame
) -> pd.DataFrame:
    if measure.figure:
        frame = data.frame("figures")
        inside = frame["area"].fillna("").map(lambda a: a == area or a.startswith(area + "/"))
        frame = frame.loc[inside & (frame["measure"] == measure.code) & (frame["period"] == period)]
        frame = frame.assign(key=measure.name, amount=frame["value"])
        return _placed(frame, measure, role, ["value"], "figures", headings)
    name = view_of(measure)
    view = views[name]
    column = (measure.sum or "").partition(".")[2]
    reading = reading_of(view, measure)
    inside = (view["area"] == area) | view["area"].startswith(area + "/")
    rows = view.filter(inside & (view["period"] == period) & reading.printed)
    key = KEY.get(name)
    keep = {"key": rows[key] if key else rows["level"], "amount": rows[column] if column else 1}
    frame = rows.select("source_file", "source_sheet", "source_row", **keep).to_pandas()
    used = [*measure.where, *(c for where in measure.any for c in where), *([column] if column else [])]
    used += [raw for c in used for raw in MADE_OF.get(c, ())]
    if name == "funds":
        used += _fund_columns(data, measure)
    if name == "funds":  # one ledger row holds several amounts
        place = ["source_file", "source_sheet", "source_row", "key"]
        frame = frame.groupby(place, as_index=False, dropna=False, sort=False)["amount"].sum()
    if column.endswith("_fen"):
        frame["amount"] = frame["amount"] / 100
    frame = frame.sort_values(["source_file", "source_sheet", "source_row"], kind="stable")
    return _placed(frame, measure, role, used, TABLE_OF.get(name, name), headings)


def _fund_columns(data: Data, measure: Measure) -> list[str]:
    """The columns of the funds ledger whose flow, source and purpose the measure asks for."""
    form = data.codebook.headings["forms"]["funds"]["columns"]

    def fits(spec: dict[str, Any]) -> bool:
        tests = ((k, t if isinstance(t, list) else [t]) for k, t in measure.where.items() if k in ("flow", "source", "purpose"))
        return "flow" in spec and "total_of" not in spec and all(spec.get(key) in wanted for key, wanted in tests)

    return [column for column, spec in form.items() if fits(spec)]


def _placed(
    frame: pd.DataFrame, measure: Measure, role: str, columns: list[str], table: str, headings: pd.DataFrame
) -> pd.DataFrame:
    mine = headings.loc[(headings["table"] == table) & headings["column"].isin(columns)]
    cells = []
    groups = {key: group for key, group in mine.groupby(["source_file", "source_sheet"])}
    for file, sheet, row in frame[["source_file", "source_sheet", "source_row"]].itertuples(index=False):
        found = groups.get((file, sheet))
        if found is None:
            cells.append("")
            continue
        here = found.loc[(found["first_row"] <= row) & (found["last_row"] >= row), "letter"]
        cells.append(" ".join(f"{letter}{row}" for letter in dict.fromkeys(here)))
    return pd.DataFrame(
        {
            "role": role,
            "measure": measure.code,
            "name": measure.name,
            "file": frame["source_file"].to_numpy(),
            "sheet": frame["source_sheet"].to_numpy(),
            "row": frame["source_row"].to_numpy(),
            "cells": cells,
            "key": frame["key"].to_numpy(),
            "value": frame["amount"].to_numpy(),
        }
    )


def _headings(data: Data, area: str) -> pd.DataFrame:
    columns: dict[str, Any] = {
        c: pd.Series(dtype="object")
        for c in ("source_file", "source_sheet", "table", "column", "letter", "first_row", "last_row")
    }
    parts = [pd.read_parquet(path) for path in data.parts("headings", area)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns)
