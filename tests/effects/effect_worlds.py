"""Made-up panels with known effects, for the tests of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.effects import Panel

COHORTS = {0: 16, 4: 12, 6: 12}


def staggered(
    seed: int,
    cohorts: dict[int, int] | None = None,
    periods: int = 8,
    effect: float = 0.0,
    growing: float = 0.0,
    rho: float = 0.5,
    each: int = 1,
) -> pd.DataFrame:
    """Entities with their own level, a common wave and AR(1) noise; the effect is ``effect + growing x years since``."""
    rng = np.random.default_rng([seed, *b"staggered"])
    first = np.repeat(list(cohorts or COHORTS), list((cohorts or COHORTS).values()))
    first, cluster = np.repeat(first, each), np.repeat(np.arange(len(first)), each)
    n, t = len(first), np.arange(1, periods + 1)
    shared = rng.normal(0, 1, (cluster.max() + 1, periods))
    noise = rng.normal(0, 1, (n, periods))
    for at in range(1, periods):
        noise[:, at] = rho * noise[:, at - 1] + np.sqrt(1 - rho**2) * noise[:, at]
        shared[:, at] = rho * shared[:, at - 1] + np.sqrt(1 - rho**2) * shared[:, at]
    since = np.where(first[:, None] > 0, t - first[:, None], -1)
    y = rng.normal(0, 1, n)[:, None] + 0.3 * t + (noise if each == 1 else noise + shared[cluster])
    y = y + np.where(since >= 0, effect + growing * since, 0.0)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "year": np.tile(t, n) + 2000,
            "y": y.ravel(),
            "x": rng.normal(size=n * periods),
            "first": np.repeat(np.where(first > 0, first + 2000, 0), periods),
            "cluster": np.repeat(cluster, periods),
        }
    )


def panel(frame: pd.DataFrame, **more: object) -> Panel:
    return Panel.from_frame(frame, "y", "unit", "year", treated_from="first", **more)  # type: ignore[arg-type]


def average(
    cohorts: dict[int, int] | None = None,
    periods: int = 8,
    effect: float = 0.0,
    growing: float = 0.0,
) -> float:
    """The true effect averaged over treated observations."""
    cells = [(n, g, t) for g, n in (cohorts or COHORTS).items() if g for t in range(g, periods + 1)]
    return sum(n * (effect + growing * (t - g)) for n, g, t in cells) / sum(n for n, *_ in cells)
