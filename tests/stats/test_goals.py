"""Goals with dates by hand cases: the straight line, stages, pace and arrival, in the three directions."""

from __future__ import annotations

import math

import pytest

from evalkit.stats.goals import due_value, progress

BASE, GOAL = (2024.0, 70.0), (2029.0, 85.0)  # 3 a year


@pytest.mark.parametrize(
    ("value", "state", "distance", "pace", "needed", "reached_at"),
    [
        (76.0, "on_course", 9.0, 3.0, 3.0, 2029.0),
        (75.0, "behind", 10.0, 2.5, 10 / 3, 2030.0),
        (80.0, "on_course", 5.0, 5.0, 5 / 3, 2027.0),
        (70.0, "behind", 15.0, 0.0, 5.0, math.nan),
        (68.0, "behind", 17.0, -1.0, 17 / 3, math.nan),
        (85.0, "reached", 0.0, 7.5, math.nan, math.nan),
        (86.0, "reached", -1.0, 8.0, math.nan, math.nan),
    ],
)
def test_higher_is_better(value, state, distance, pace, needed, reached_at) -> None:
    found = progress((2026.0, value), GOAL, BASE)
    assert found.state == state
    assert found.due == 76.0
    told = (found.distance, found.pace, found.pace_needed, found.reached_at)
    assert told == pytest.approx((distance, pace, needed, reached_at), nan_ok=True)
    assert found.never == (value <= 70)


def test_lower_is_better_and_near() -> None:
    lower = progress((2025.0, 9.0), (2027.0, 6.0), (2024.0, 9.0), sign=-1)
    assert (lower.state, lower.distance, lower.due, lower.never) == ("behind", 3.0, 8.0, True)
    assert progress((2025.0, 5.5), (2027.0, 6.0), (2024.0, 9.0), sign=-1).state == "reached"
    near = progress((2025.0, 1.25), (2026.0, 1.0), (2024.0, 1.5), sign=0)
    assert (near.state, near.distance, near.pace) == ("on_course", 0.25, -0.25)
    beyond = progress((2025.0, 0.5), (2026.0, 1.0), (2024.0, 1.5), sign=0)
    assert (beyond.state, beyond.distance, beyond.never) == ("behind", 0.5, True)


def test_the_last_stage_due_counts_and_the_line_leads_to_the_first() -> None:
    stages = [(2026.0, 74.0), (2028.0, 82.0)]
    due = [due_value(BASE, GOAL, at, stages) for at in (2024, 2025, 2026, 2027, 2028, 2029, 2030)]
    assert due == [70, 72, 74, 74, 82, 85, 85]
    assert progress((2026.0, 74.5), GOAL, BASE, stages).state == "on_course"


def test_absent_is_not_zero_and_one_point_judges_nothing() -> None:
    absent = progress((2026.0, math.nan), GOAL, BASE)
    assert absent.state == "unknown" and math.isnan(absent.distance)
    assert progress((2026.0, 60.0), (2029.0, math.nan), BASE).state == "unknown"
    alone = progress(BASE, GOAL, BASE)
    assert (alone.state, alone.pace_needed) == ("started", 3.0)
    assert math.isnan(alone.pace) and not alone.never
    assert progress((2029.0, 84.9), GOAL, BASE).state == "missed"
