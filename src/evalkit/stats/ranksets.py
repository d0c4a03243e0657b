"""Confidence sets for ranks (Mogstad, Romano, Shaikh and Wilhelm), feasible for thousands of units.

A unit's rank is 1 + the number of units truly above it. Every ordered pair (j, k) is a one-sided hypothesis
"j is not above k" with statistic (x_j - x_k) / sqrt(s_j^2 + s_k^2); a family of them is tested at once against the
largest statistic of N(0, s^2) draws, step by step (hypotheses already rejected leave the family). Units that are
proved above j raise its best rank, units proved below lower its worst.

Nothing of size units x units x draws is ever held:

- simultaneous sets: by Cauchy and Schwarz a pair's statistic is at most sqrt(e_j^2 + e_k^2), e being the standardised
  draws, so that only the few units with the most extreme draws can hold the maximum; the search is exact, and widens
  itself for a draw until that bound proves it;
- marginal sets: given its own draw, a unit's comparisons are independent, so that the law of the maximum is a
  one-dimensional integral; no draws, hence no seed and no Monte Carlo error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evalkit.stats.arrays import Floats, array, one_of, refuse, typed, whole
from evalkit.stats.intervals import tail
from evalkit.world.number import plain

Ranks = tuple[Floats, Floats]
ROWS, DRAWS = 256, 200  # block sizes that keep memory below about 100 MB


def rank_sets(
    estimate: ArrayLike,
    se: ArrayLike,
    confidence: float = 0.95,
    simultaneous: bool = True,
    better: str = "higher",
    draws: int = 2000,
    seed: int = 0,
    stepwise: bool = True,
) -> Ranks:
    r"""Best and worst rank of every unit that the data do not exclude.

    Parameters
    ----------
    estimate, se
        Independent, approximately normal estimates with their standard errors (not variances).
    simultaneous
        True: all sets cover the true ranks together with the given confidence; False: each set alone (marginal).
    better
        ``higher``: the largest estimate has rank 1.
    draws, seed
        Gaussian draws for the critical value of the simultaneous sets.
    stepwise
        Romano-Wolf step-down; False is the single step.

    Returns
    -------
    (best, worst)
        Ranks as floats. A unit without estimate or standard error gets NaN and is not counted.

    References
    ----------
    Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for Ranks, Review of Economic Studies 91, 476-518.
    """
    tail(confidence)  # refuses what is no confidence
    confidence = typed(confidence)
    value, error = array("estimate", estimate), array("se", se)
    if value.ndim != 1:
        raise refuse("estimate", f"{value.ndim} 维", "一组单位的估计值（一维）")
    if value.shape != error.shape:
        raise refuse("se", f"{error.size} 个", f"每个单位一个标准误，共 {value.size} 个")
    draws, seed = whole("draws", draws), whole("seed", seed, 0)
    if bool(np.any(error < 0)):
        raise refuse("se", plain(np.nanmin(error)), "标准误不小于 0")
    one_of("better", better, "higher", "lower")
    best, worst = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    known = ~np.isnan(value + error)
    x, s = value[known] * (1 if better == "higher" else -1), error[known]
    if len(x) < 2:
        best[known] = worst[known] = 1.0
        return best, worst
    s = np.maximum(s, 1e-9 * (s.max() or np.ptp(x) or 1.0))  # an exact estimate: all but no error
    method = _simultaneous if simultaneous else _marginal
    critical = method(x, s, confidence, draws, seed, stepwise)
    above, below = _proved(x, s, critical, np.arange(len(x)))
    best[known], worst[known] = 1.0 + above, len(x) - below
    return best, worst


def _proved(x: Floats, s: Floats, critical: Floats, rows: NDArray[np.intp]) -> Ranks:
    """Numbers of units proved above and below each of `rows`, at its own critical value."""
    above, below = np.zeros(len(rows)), np.zeros(len(rows))
    for start in range(0, len(rows), ROWS):
        part = slice(start, start + ROWS)
        t, limit = _statistics(x, s, rows[part]), critical[rows[part], None]
        below[part], above[part] = (t > limit).sum(1), (t < -limit).sum(1)
    return above, below


def _statistics(x: Floats, s: Floats, rows: NDArray[np.intp]) -> Floats:
    return np.asarray((x[rows, None] - x) / np.hypot(s[rows, None], s))


def _simultaneous(
    x: Floats, s: Floats, confidence: float, draws: int, seed: int, stepwise: bool
) -> Floats:
    """One critical value for all ordered pairs: the quantile of the maximum over those not yet rejected."""
    rejected, critical = -1.0, np.inf
    while True:
        rng = np.random.default_rng(seed)  # the same draws at every step, so that it can only fall
        blocks = (
            rng.standard_normal((min(DRAWS, draws - start), len(x)))
            for start in range(0, draws, DRAWS)
        )
        maxima = [_largest(e, x, s, critical) for e in blocks]
        critical = min(critical, float(np.quantile(np.concatenate(maxima), confidence)))
        now = _proved(x, s, np.full(len(x), critical), np.arange(len(x)))[0].sum()
        if not stepwise or now == rejected or now == 0:
            return np.full(len(x), critical)
        rejected = now


def _largest(e: Floats, x: Floats, s: Floats, critical: float, width: int = 64) -> Floats:
    """The largest statistic of every draw over the pairs whose own statistic is at most `critical`."""
    width = min(width, len(x))
    order = np.argpartition(e, [width - 1, len(x) - width], axis=1)
    low, high = order[:, :width], order[:, len(x) - width :]
    e_low, e_high = np.take_along_axis(e, low, 1), np.take_along_axis(e, high, 1)
    spread = np.hypot(s[high][:, :, None], s[low][:, None, :])
    t = ((s[high] * e_high)[:, :, None] - (s[low] * e_low)[:, None, :]) / spread
    if np.isfinite(critical):
        t[(x[high][:, :, None] - x[low][:, None, :]) > critical * spread] = -np.inf
    t[high[:, :, None] == low[:, None, :]] = -np.inf
    found = t.max(axis=(1, 2))
    if width == len(x):
        return np.asarray(found)
    # a pair outside the candidates has one member no more extreme than the last candidate on its side
    top, bottom = (np.maximum(a, 0) for a in (e_high, -e_low))
    bound = np.maximum(np.hypot(top.min(1), bottom.max(1)), np.hypot(top.max(1), bottom.min(1)))
    wider = np.flatnonzero(found < bound)
    for part in (
        np.array_split(wider, max(1, len(wider) * width**2 // 250_000)) if len(wider) else ()
    ):
        found[part] = _largest(e[part], x, s, critical, 2 * width)
    return np.asarray(found)


def _nodes(s: Floats, count: int = 32) -> tuple[Floats, Floats]:
    """Grid of standard errors and the linear interpolation weights (units x grid) on it."""
    grid = np.unique(s)
    if len(grid) <= count:
        return grid, (s[:, None] == grid).astype(float)
    grid = np.geomspace(s.min(), s.max(), count)
    position = np.clip(np.log(s / grid[0]) / np.log(grid[1] / grid[0]), 0, count - 1 - 1e-9)
    left = position.astype(int)
    weight = np.zeros((len(s), count))
    weight[np.arange(len(s)), left] = 1 - (position - left)
    weight[np.arange(len(s)), left + 1] = position - left
    return grid, weight


def _marginal(
    x: Floats, s: Floats, confidence: float, draws: int, seed: int, stepwise: bool
) -> Floats:
    """A critical value for each unit by integrating over its own draw."""
    grid, weight = _nodes(s)
    a = 1 - confidence
    c = np.linspace(-special.ndtri(a) * 0.98, -special.ndtri(a / (2 * len(x))) + 0.05, 36)
    e = np.linspace(-6.5, 6.5, 193)
    density = np.exp(-(e**2) / 2) / np.sqrt(2 * np.pi) * (e[1] - e[0])
    laws = [_log_law(own, grid, c, e) for own in grid]
    critical, counted, open_ = np.full(len(x), np.inf), np.full(len(x), -1.0), np.arange(len(x))
    while len(open_):
        for start in range(0, len(open_), ROWS):
            j = open_[start : start + ROWS]
            t = _statistics(x, s, j)
            other = np.ones(t.shape, dtype=bool)
            other[np.arange(len(j)), j] = False
            up, down = (
                t <= critical[j, None],
                -t <= critical[j, None],
            )  # not rejected: j above k, k above j
            masks = (up & down & other, up & ~down & other, ~up & down & other)
            families = np.concatenate([m.astype(float) @ weight for m in masks], axis=1)
            critical[j] = np.minimum(
                critical[j], _quantiles(families, weight[j], laws, c, density, confidence)
            )
        now = np.add(*_proved(x, s, critical, open_))
        again = (now != counted[open_]) & (now > 0) & stepwise
        counted[open_] = now
        open_ = open_[again]
    return critical


def _quantiles(
    families: Floats, weight: Floats, laws: list[Floats], c: Floats, density: Floats, level: float
) -> Any:
    """Where the law of each unit's maximum reaches `level`, interpolated between two standard errors."""
    result = np.zeros(len(weight))
    for share, table in zip(weight.T, laws, strict=True):
        if len(rows := np.flatnonzero(share)):
            law = np.exp(families[rows] @ table).reshape(len(rows), len(c), len(density)) @ density
            score = special.ndtri(np.clip(law, 1e-12, 1 - 1e-12))
            result[rows] += share[rows] * [np.interp(special.ndtri(level), row, c) for row in score]
    return result


def _log_law(own: float, grid: Floats, c: Floats, e: Floats) -> Floats:
    """Log probability that one comparison stays below c given the unit's own draw e: both ways, up only, down only."""
    spread = c[None, :, None] * np.hypot(own, grid)[:, None, None]
    shift = (own * e)[None, None, :]
    upper, lower = (shift + spread) / grid[:, None, None], (shift - spread) / grid[:, None, None]
    down, up = special.log_ndtr(upper), special.log_ndtr(-lower)
    with np.errstate(divide="ignore"):
        both = np.log(np.maximum(np.exp(down) + np.exp(up) - 1, 1e-300))
    return np.concatenate([both, up, down]).reshape(3 * len(grid), -1).astype(np.float32)
