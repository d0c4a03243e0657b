"""The chance of reaching a goal: the walk's own interval, the ceiling, too few points, and coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from evalkit.stats import outlook as module
from evalkit.stats.outlook import outlook, unfit


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
    found = outlook(np.arange(6.0), values, 8.0, 0.95, scale="logit", base=9000)
    assert found is not None and found.middle < found.high < 1 and found.chance > 0.5
    less = outlook(np.arange(6.0), values, 8.0, 0.95, -1, "logit", base=9000)
    assert less is not None and less.chance == pytest.approx(1 - found.chance)
    assert outlook(np.arange(5.0), values[:5], 8.0, 0.95) is None
    values[2] = np.nan
    assert outlook(np.arange(6.0), values, 8.0, 0.95) is None
    assert outlook(np.arange(6.0), np.full(6, 0.8), 8.0, 0.95) is None


@pytest.mark.parametrize(
    ("why", "values", "base"),
    [
        ("few", [0.5, 0.52, 0.55, 0.56, 0.6], 900),
        ("still", [0.5] * 7, 900),
        ("near", [0.60, 0.68, 0.74, 0.81, 0.86, 0.9], 490),  # 49 are missing
        ("near", [0.80, 0.84, 0.88, 0.92, 0.95, 0.971], np.nan),
        ("near", [0.40, 0.34, 0.25, 0.19, 0.14, 0.1], 490),  # the lower bound as well
        ("levelled", [0.50, 0.60, 0.68, 0.74, 0.78, 0.79, 0.795], 5000),
        ("levelled", [0.50, 0.45, 0.38, 0.34, 0.335, 0.333], 5000),  # falling and over
        (None, [0.60, 0.68, 0.74, 0.81, 0.86, 0.9], 500),
        (None, [0.50, 0.52, 0.55, 0.56, 0.60, 0.63], 900),
    ],
)
def test_why_no_chance_is_told(why: str | None, values: list[float], base: float) -> None:
    series = np.array(values)
    assert unfit(series, "logit", base) == why
    found = outlook(np.arange(float(len(series))), series, 9.0, 0.9, scale="logit", base=base)
    assert (found is None) == (why is not None)
    if why in ("near", "levelled"):  # of what has no bound nothing is refused
        assert unfit(series, "plain") is None


def _counted(kind: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Shares counted from units: level at a ceiling after a rise, towards 100%, growing on."""
    at = np.arange(n)
    true, base = {
        "level 92%": (0.92 - 0.32 * np.exp(-at / 3), 400),
        "level 92%, of many": (0.92 - 0.32 * np.exp(-at / 3), 1000),
        "level 80%, of many": (0.80 - 0.30 * np.exp(-at / 3), 5000),
        "slowly to 92%": (0.92 - 0.32 * np.exp(-at / 5), 2000),
        "to 100%": (1 - 0.4 * np.exp(-at / 3), 400),
        "walk": (special.expit(special.logit(0.7) + np.cumsum(rng.normal(0.1, 0.15, n))), 2000),
    }[kind]
    return rng.binomial(base, true) / base, float(base)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["level 92%", "level 92%, of many", "level 80%, of many", "slowly to 92%", "to 100%", "walk"],
)
def test_of_what_is_counted_a_chance_is_right_or_refused(kind: str) -> None:
    """The interval holds 93 to 97 of 100 of what is offered, or hardly anything is offered."""
    rng, hits, points, tried = np.random.default_rng(19), [], 12, 0
    for ahead in (1, 2, 3):
        for _ in range(300):
            values, base = _counted(kind, points + ahead, rng)
            times = np.arange(points + ahead, dtype=float)
            tried += 1
            made = outlook(
                times[:points], values[:points], times[-1], 0.9, scale="logit", base=base
            )
            if made is not None:
                hits.append(made.low <= values[-1] <= made.high)
    offered = len(hits) / tried
    print(kind, f"offered {offered:.2f}, right {np.mean(hits) if hits else np.nan:.3f}")
    assert offered < 0.1 or 0.93 <= np.mean(hits) <= 0.97


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
    rng, hits, points, refused = np.random.default_rng(19), [], 12, 0
    for ahead in (1, 2):
        for _ in range(500):
            values = _series(kind, points + ahead, rng)
            scale = "logit" if kind == "ceiling" else "plain"
            times = np.arange(points + ahead, dtype=float)
            made = outlook(times[:points], values[:points], times[-1], 0.9, scale=scale, base=1e5)
            if made is None:
                refused += 1
                continue
            hits.append(made.low <= values[-1] <= made.high)
    assert 0.93 <= np.mean(hits) <= 0.97
    assert refused <= (0 if kind != "ceiling" else 250)  # a rise that stopped by chance
