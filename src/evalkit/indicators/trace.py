"""From a number back to the cells it was made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook import Measure
from evalkit.indicators.evaluate import previous_period
from evalkit.indicators.load import Data
from evalkit.indicators.measures import reading_of, view_of
from evalkit.indicators.views import plain
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
    headings = data.about("headings", path)
    parts = [_rows(data, codebook.measures[code], role, path, when, headings) for role, code, when in wanted]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _rows(data: Data, measure: Measure, role: str, area: str, period: str, headings: pd.DataFrame) -> pd.DataFrame:
    name = "figures" if measure.figure else view_of(measure)
    view = data.memory(name, area, period)
    place = view["area"]
    inside = np.array([path == area or path.startswith(f"{area}/") for path in place.words or ()] + [False])[place.values]
    if measure.figure:
        column, used = "value", ["value"]
        kept = inside & view["measure"].isin([measure.code]).values
    else:
        column, reading = (measure.sum or "").partition(".")[2], reading_of(view, measure)
        used = [*measure.where, *(c for where in measure.any for c in where), *([column] if column else [])]
        used += [raw for c in used for raw in MADE_OF.get(c, ())]
        used += _fund_columns(data, measure) if name == "funds" else []
        kept = inside & reading.printed.values
    key = "measure" if measure.figure else KEY.get(name, "level")
    frame = plain(view.table.select(["source_file", "source_sheet", "source_row"]).filter(kept)).to_pandas()
    frame["key"] = measure.name if measure.figure else plain(view.table.select([key]).filter(kept)).to_pandas()[key]
    frame["amount"] = view.table[column].filter(kept).to_pandas() if column else 1
    if name == "funds":  # one ledger row holds several amounts
        at = ["source_file", "source_sheet", "source_row", "key"]
        frame = frame.groupby(at, as_index=False, dropna=False, sort=False)["amount"].sum()
    if column.endswith("_fen"):
        frame["amount"] = frame["amount"] / 100
    if not measure.figure:
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
    groups = {key: group for key, group in mine.groupby(["source_file", "source_sheet"])}
    cells = np.full(len(frame), "", dtype=object)
    for key, at in frame.reset_index(drop=True).groupby(["source_file", "source_sheet"]).indices.items():
        if key not in groups:
            continue
        letters, first, last = (groups[key][c].to_numpy() for c in ("letter", "first_row", "last_row"))
        rows = frame["source_row"].to_numpy()[at]
        held = (first <= rows[:, None]) & (last >= rows[:, None])
        kinds, which = np.unique(held, axis=0, return_inverse=True)
        told = [list(dict.fromkeys(letters[kind])) for kind in kinds]
        cells[at] = [" ".join(f"{letter}{row}" for letter in told[n]) for row, n in zip(rows, which, strict=True)]
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
