"""How far the goals of a project are in an area, at the end of a period."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.codebook import Codebook
from evalkit.codebook.models import Goal
from evalkit.indicators.course import is_of_a_year
from evalkit.indicators.goals import GOALS, Base, base_of, end_of, placed, value_of, years
from evalkit.indicators.load import Data
from evalkit.stats.goals import Progress, progress
from evalkit.world.extent import Extent
from evalkit.world.period import Period

if TYPE_CHECKING:
    from evalkit.stats.outlook import Outlook, Scale, Unfit

SIGN = {"higher": 1, "lower": -1, "near": 0}
# of the goal in force: its value and day; the stage or goal that is due next (at the end of the period or after it);
# the state (`evalkit.stats.goals.State`), what is due by now, the pace a year so far and the pace needed
GOAL_TEXTS = ("goal_day", "goal_state")
GOAL_COLUMNS = ("goal", "goal_next", *GOAL_TEXTS, "goal_due", "goal_pace", "goal_need")


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
    found = _standing(goal, area, period, series)
    return dataclasses.replace(
        found,
        extent=_extent(by_period.get(period)),
        base_extent=_extent(by_period.get(found.base.period)) if found.base else None,
        hidden=bool(by_period.get(period, {}).get("hidden", False)),
    )


def _standing(goal: Goal, area: str, period: str, series: Mapping[str, float]) -> Standing:
    """The same from values by period alone."""
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
    return Standing(goal, area, period, now, wanted, found, base)


def with_standings(indicators: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Indicators with `GOAL_COLUMNS`, on the plain scale; as they are where no indicator has a goal.

    Of several goals in force in a period the one that is due first stands there; of two of one day that which names
    the area.
    """
    goals = [goal for goal in codebook.goals if not goal.counts]
    if not goals:
        return indicators
    cells: dict[str, dict[Any, Any]] = {column: {} for column in GOAL_COLUMNS}
    for goal in sorted(goals, key=lambda one: (one.due, not one.areas), reverse=True):
        mine = indicators.loc[indicators["indicator"] == goal.code]
        if goal.areas:
            mine = mine.loc[mine["area"].isin(goal.areas)]
        for area, rows in mine.groupby("area", dropna=False, sort=False):
            series = dict(zip(rows["period"].astype(str), rows["value"], strict=True))
            for row, period in zip(rows.index, series, strict=True):
                if in_force(goal, period) and not is_of_a_year(goal.code, period, codebook):
                    told = _columns_of(_standing(goal, str(area), period, series))
                    for column, value in told.items():
                        cells[column][row] = value
    made = {column: pd.Series(found, dtype=object) for column, found in cells.items()}
    return indicators.assign(
        **{
            column: found.reindex(indicators.index).astype(
                "string" if column in GOAL_TEXTS else "float64"
            )
            for column, found in made.items()
        }
    )


def _columns_of(one: Standing) -> dict[str, Any]:
    end = Period.parse(one.period).bounds[1].isoformat()
    ahead = next((value for day, value in one.goal.stages if day >= end), one.wanted)
    return {
        "goal": one.wanted,
        "goal_next": ahead,
        "goal_day": one.goal.due,
        "goal_state": one.progress.state,
        "goal_due": math.nan if one.progress.state == "reached" else one.progress.due,
        "goal_pace": one.progress.pace,
        "goal_need": one.progress.pace_needed,
    }


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
        if not in_force(goal, when) or is_of_a_year(goal.code, when, data.codebook):
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


@dataclass(frozen=True)
class _Series:
    """What a forecast of a goal rests on: its periods so far, its scale, and of how many the last share is."""

    times: np.ndarray
    values: np.ndarray
    scale: Scale
    base: float


def _series(one: Standing, data: Data) -> _Series:
    """The periods of the same kind so far.

    A proportion is forecast on the logit scale, which no value above 100% has; what is above zero on that of its
    logarithm.
    """
    frame, column = (
        (data.measures, "measure") if one.goal.counts else (data.indicators, "indicator")
    )
    rows = frame.loc[(frame[column] == one.goal.code) & (frame["area"] == one.area)]
    until, kind = end_of(one.period), Period.parse(one.period).kind
    whole = {
        end_of(str(row["period"])): row
        for row in rows.to_dict("records")
        if Period.parse(row["period"]).kind == kind and end_of(str(row["period"])) <= until
    }
    times = sorted(whole)
    values = np.array([float(whole[at]["value"]) for at in times])
    is_part = not one.goal.counts and data.codebook.indicators[one.goal.code].kind == "proportion"
    positive = bool((values[np.isfinite(values)] > 0).all()) and one.wanted > 0
    scale: Scale = "logit" if is_part else "log" if positive else "plain"
    known = [at for at, value in zip(times, values, strict=True) if np.isfinite(value)]
    base = whole[known[-1]].get("denominator") if known else None
    return _Series(
        np.array(times), values, scale, math.nan if base is None or pd.isna(base) else float(base)
    )


def outlook_of(one: Standing, data: Data) -> Outlook | None:
    """The chance that a goal is reached on its day, from the periods so far of the same kind; None where none is told."""
    if math.isnan(one.wanted) or SIGN[one.goal.better] == 0:
        return None
    from evalkit.stats.outlook import (
        outlook,
    )  # scipy: a build, which asks for no chance, does not wait

    series = _series(one, data)
    due = years(date.fromisoformat(one.goal.due))
    return outlook(
        series.times,
        series.values,
        due,
        one.wanted,
        SIGN[one.goal.better],
        series.scale,
        base=series.base,
    )


def unfit_of(one: Standing, data: Data) -> Unfit | None:
    """Why the series of a goal tells no chance; None where it does, or where the goal itself has none."""
    from evalkit.stats.outlook import unfit

    series = _series(one, data)
    return unfit(series.values, series.scale, series.base)
