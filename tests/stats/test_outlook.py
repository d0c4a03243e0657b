"""The chance of reaching a goal: the walk's own interval, the ceiling, too few points, and coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from evalkit.stats import outlook as module
from evalkit.stats.outlook import outlook


def test_without_a_break_it_is_the_random_walk_with_drift(monkeypatch) -> None:
    monkeypatch.setattr(module, "P_BREAK", 1e-12)
    z = np.array([70.0, 73.0, 72.0, 75.0, 76.5, 80.0])
    steps, ahead = np.diff(z), 2
    drift, sd = steps.mean(), steps.std(ddof=1)
    half = stats.t.ppf(0.975, 4) * sd * np.sqrt(ahead + ahead**2 / 5)
    found = outlook(np.arange(6.0), z, 7.0, 84.0)
    assert found is not None
    assert (found.low, found.middle, found.high) == pytest.approx(
        (80 + 2 * drift - half, 84.0, 80 + 2 * drift + half), abs=1e-3
    )
    assert found.chance == pytest.approx(0.5, abs=1e-3)


def test_a_proportion_stays_below_its_ceiling_and_few_points_say_nothing() -> None:
    values = np.array([0.70, 0.80, 0.86, 0.93, 0.96, 0.985])
    found = outlook(np.arange(6.0), values, 8.0, 0.95, scale="logit")
    assert found is not None and found.middle < found.high < 1 and found.chance > 0.5
    less = outlook(np.arange(6.0), values, 8.0, 0.95, -1, "logit")
    assert less is not None and less.chance == pytest.approx(1 - found.chance)
    assert outlook(np.arange(5.0), values[:5], 8.0, 0.95) is None
    values[2] = np.nan
    assert outlook(np.arange(6.0), values, 8.0, 0.95) is None
    assert outlook(np.arange(6.0), np.full(6, 0.8), 8.0, 0.95) is None


def _series(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """A trend with shocks; the same with a level break of five standard deviations; saturating to 100%."""
    if kind == "ceiling":
        return np.asarray(special.expit(special.logit(0.7) + np.cumsum(rng.normal(0.35, 0.25, n))))
    broken = 0.0
    if kind == "break":
        broken = (np.arange(n) >= rng.integers(2, 11)) * rng.choice([-1, 1]) * 10.0
    return np.asarray(70 + np.cumsum(rng.normal(1.5, 2, n)) + broken)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["trend", "break", "ceiling"])
def test_the_interval_is_right_in_93_to_97_of_100(kind: str) -> None:
    rng, hits, points = np.random.default_rng(19), [], 12
    for ahead in (1, 2):
        for _ in range(500):
            values = _series(kind, points + ahead, rng)
            scale = "logit" if kind == "ceiling" else "plain"
            times = np.arange(points + ahead, dtype=float)
            made = outlook(times[:points], values[:points], times[-1], 0.9, scale=scale)
            assert made is not None
            hits.append(made.low <= values[-1] <= made.high)
    assert 0.93 <= np.mean(hits) <= 0.97
