"""How far it is to a goal with a date: course, state, pace, and when it is reached at the pace so far.

Times are years as numbers: the end of 2025 is 2026.0. Higher is better with ``sign`` 1, lower with -1; 0 where being
near is what counts, and both sides of the goal are a distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

State = Literal["reached", "on_course", "behind", "missed", "started", "unknown"]
Point = tuple[float, float]  # time and value
SMALL = 1e-9


@dataclass(frozen=True)
class Progress:
    """Where a goal stands.

    Attributes
    ----------
    state
        ``reached``; ``on_course`` or ``behind`` what is due now; ``missed`` where the date has come and it is not
        reached; ``started`` where only the base is known; ``unknown`` without a value of now.
    due
        What should be reached by now.
    distance
        What is lacking, in the indicator's better direction: below zero where it is more than reached. Of ``near`` the
        size of the difference.
    pace, pace_needed
        A year: (now - base) / years since the base; (goal - now) / years left. NaN where there are no such years.
    reached_at
        When the pace so far comes to the goal; NaN where it is reached, and where the pace never comes there.
    never
        The pace so far is zero or leads away.
    """

    state: State
    due: float = np.nan
    distance: float = np.nan
    pace: float = np.nan
    pace_needed: float = np.nan
    reached_at: float = np.nan
    never: bool = False


def due_value(base: Point, goal: Point, at: float, stages: Sequence[Point] = ()) -> float:
    """What should be reached at a time: on the straight line from base to goal; with stages the last one due.

    Before the first stage is due, the straight line from the base to it.
    """
    if at >= goal[0] - SMALL:
        return goal[1]
    past = [value for when, value in sorted(stages) if when <= at + SMALL]
    if past:
        return past[-1]
    end = min(stages) if stages else goal
    return float(np.interp(at, [base[0], end[0]], [base[1], end[1]]))


def progress(
    now: Point,
    goal: Point,
    base: Point | None = None,
    stages: Sequence[Point] = (),
    sign: int = 1,
) -> Progress:
    """The state of a goal at ``now``; a value that is absent is NaN and gives no state.

    A worked case: 70 at the end of 2023, 76 at the end of 2025, goal 85 at the end of 2028. Due is 76; the pace so far
    is 3 a year, that needed is 3 a year, and the goal is reached at the end of 2028.
    """
    (at, value), (end, wanted) = now, goal
    if np.isnan(value) or np.isnan(wanted):
        return Progress("unknown")
    known = base is not None and not np.isnan(base[1])
    start = base if base is not None and known else now
    due = due_value(start, goal, at, stages)
    distance = _lacking(wanted, value, sign)
    reached = distance <= SMALL * max(1.0, abs(wanted))
    elapsed, left = at - start[0], end - at
    pace = (value - start[1]) / elapsed if elapsed > SMALL else np.nan
    needed = (wanted - value) / left if left > SMALL and not reached else np.nan
    never = bool(not reached and elapsed > SMALL and pace * (wanted - value) <= 0)
    arrives = not reached and not never and elapsed > SMALL
    lags = (
        sign * (due - value)
        if sign
        else abs(wanted - value) - abs(wanted - due)  # no further from the goal than the course
    )
    judged = elapsed > SMALL or bool(stages)
    return Progress(
        _state(reached, left <= SMALL, judged, lags > SMALL * max(1.0, abs(due))),
        due,
        distance,
        pace,
        needed,
        at + (wanted - value) / pace if arrives else np.nan,
        never,
    )


def _lacking(wanted: float, value: float, sign: int) -> float:
    return sign * (wanted - value) if sign else abs(wanted - value)


def _state(reached: bool, over: bool, judged: bool, lags: bool) -> State:
    if reached:
        return "reached"
    if over:
        return "missed"
    if not judged:
        return "started"
    return "behind" if lags else "on_course"
