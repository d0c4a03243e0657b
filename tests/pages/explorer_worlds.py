"""What the explorer is shown in its tests: the invented districts, with names and gaps as offices have them."""

from __future__ import annotations

import dataclasses
import shutil
from typing import Any

import pandas as pd

from evalkit.indicators import load
from evalkit.pages.explorer import Explored
from evalkit.reports.explore import explored
from evalkit.reports.scope import Scope

BROWSER = next((p for n in ("chromium", "google-chrome") if (p := shutil.which(n))), None)
CODE = "org_coverage"


def shown(project: Any, period: str = "2025", baseline: str = "2024", **more: Any) -> Explored:
    """What the report of a project shows."""
    return explored(Scope.about(load(project), period, baseline, **more))


def fallen(told: Explored, area: str, code: str = CODE) -> Explored:
    """An area that lost a fifth of its numerator in the period."""
    frame = told.frame.copy()
    here = (frame["area"] == area) & (frame["indicator"] == code) & (frame["period"] == told.period)
    frame.loc[here, "numerator"] = (frame.loc[here, "numerator"] * 0.8).round()
    frame.loc[here, "value"] = frame.loc[here, "numerator"] / frame.loc[here, "denominator"]
    return dataclasses.replace(told, frame=frame)


def silent(told: Explored, area: str, period: str) -> Explored:
    """An area that sent nothing in a period; the whole says so."""
    frame = told.frame
    inside = (frame["area"] == area) | frame["area"].str.startswith(f"{area}/")
    frame = frame.loc[~(inside & (frame["period"] == period))].copy()
    whole = (frame["area"] == told.whole) & (frame["period"] == period)
    frame.loc[whole, "absent"] = area
    frame.loc[whole, "n_areas"] = frame.loc[whole, "n_expected"] - 1
    return dataclasses.replace(told, frame=frame)


def renamed(told: Explored, names: dict[str, str]) -> Explored:
    """Areas by other names, as somebody may type them into a ledger."""

    def of(path: Any) -> Any:
        if not isinstance(path, str):
            return path
        return "/".join(names.get(part, part) for part in path.split("/"))

    frame, areas = told.frame.copy(), told.areas.copy()
    for column in ("area", "area_name"):
        frame[column] = frame[column].map(of)
    for column in ("area", "name", "parent", "home", "short_name"):
        areas[column] = areas[column].map(of).astype("string")
    expected = frozenset((of(area), period) for area, period in told.expected)
    whole = of(told.whole)
    return dataclasses.replace(told, frame=frame, areas=areas, expected=expected, whole=whole)


def at_level(told: Explored, period: str | None = None) -> pd.DataFrame:
    """The rows of the areas compared."""
    rows = told.frame.loc[told.frame["level"] == told.level]
    return rows if period is None else rows.loc[rows["period"] == period]
