"""How far the goals of a project are in an area, at the end of a period."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evalkit.codebook.models import Goal
from evalkit.indicators.goals import GOALS, Base, base_of, end_of, placed, value_of, years
from evalkit.indicators.load import Data
from evalkit.stats.goals import Progress, progress
from evalkit.stats.outlook import Outlook, Scale, outlook
from evalkit.world.extent import Extent
from evalkit.world.period import Period

SIGN = {"higher": 1, "lower": -1, "near": 0}


@dataclass(frozen=True)
class Standing:
    """A goal in one area, at the end of a period; `extent` and `base_extent` say on whom now and base rest."""

    goal: Goal
    area: str
    period: str
    now: float
    wanted: float
    progress: Progress
    base: Base | None = None
    extent: Extent | None = None
    base_extent: Extent | None = None
    hidden: bool = False  # of a public version


def in_force(goal: Goal, period: str) -> bool:
    """Whether a goal is begun and not yet over before the period."""
    read = Period.read(period)
    if read is None or not read.in_calendar:
        return False
    first, last = read.bounds
    begun = not goal.start or Period.parse(goal.start).bounds[1] <= last
    return begun and date.fromisoformat(goal.due) >= first


def standing(goal: Goal, area: str, period: str, rows: pd.DataFrame) -> Standing:
    """How far a goal is in an area; `rows`: those of its indicator (or measure) there, in all periods."""
    by_period = {str(row["period"]): row for row in rows.to_dict("records")}
    series = {when: float(row["value"]) for when, row in by_period.items()}
    base = base_of(goal, series, period)
    wanted, now = value_of(goal, base), series.get(period, math.nan)
    stages = [(years(date.fromisoformat(day)), value) for day, value in goal.stages]
    found = progress(
        (end_of(period), now),
        (years(date.fromisoformat(goal.due)), wanted),
        base.point if base else None,
        stages,
        SIGN[goal.better],
    )
    return Standing(
        goal,
        area,
        period,
        now,
        wanted,
        found,
        base,
        _extent(by_period.get(period)),
        _extent(by_period.get(base.period)) if base else None,
        bool(by_period.get(period, {}).get("hidden", False)),
    )


def _extent(row: Mapping[str, Any] | None) -> Extent | None:
    return (
        Extent.read(row.get("n_areas"), row.get("n_expected"), row.get("absent")) if row else None
    )


def standings(data: Data, period: str | int, area: str, below: bool = False) -> list[Standing]:
    """The goals in force in an area, in the order of the file; with `below` those that name areas in it too.

    `data`: in all the periods over which the series are read.
    """
    when = str(period)
    goals = placed(data.codebook, data.areas, data.project.root / GOALS).goals
    found = []
    for goal in goals:
        if not in_force(goal, when):
            continue
        frame, column = (
            (data.measures, "measure") if goal.counts else (data.indicators, "indicator")
        )
        rows = frame.loc[frame[column] == goal.code]
        for path in _where(goal, area, below):
            found.append(standing(goal, path, when, rows.loc[rows["area"] == path]))
    return found


def _where(goal: Goal, area: str, below: bool) -> list[str]:
    """In which areas a goal is told of: this one, and with `below` those within that it names."""
    if not goal.areas or area in goal.areas:
        return [area]
    inside = f"{area}/" if area else ""
    return [path for path in goal.areas if below and path.startswith(inside)]


def outlook_of(one: Standing, data: Data) -> Outlook | None:
    """The chance that a goal is reached on its day, from the periods so far of the same kind; None with five or fewer.

    A proportion is forecast on the logit scale, which no value above 100% has; what is above zero on that of its
    logarithm.
    """
    if math.isnan(one.wanted) or SIGN[one.goal.better] == 0:
        return None
    frame, column = (
        (data.measures, "measure") if one.goal.counts else (data.indicators, "indicator")
    )
    rows = frame.loc[(frame[column] == one.goal.code) & (frame["area"] == one.area)]
    until, kind = end_of(one.period), Period.parse(one.period).kind
    series = {
        end_of(str(when)): float(value)
        for when, value in zip(rows["period"], rows["value"], strict=True)
        if Period.parse(when).kind == kind and end_of(str(when)) <= until
    }
    times = np.array(sorted(series))
    values = np.array([series[at] for at in times])
    is_part = not one.goal.counts and data.codebook.indicators[one.goal.code].kind == "proportion"
    positive = bool((values[np.isfinite(values)] > 0).all()) and one.wanted > 0
    scale: Scale = "logit" if is_part else "log" if positive else "plain"
    due = years(date.fromisoformat(one.goal.due))
    return outlook(times, values, due, one.wanted, SIGN[one.goal.better], scale)
