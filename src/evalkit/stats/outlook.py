r"""The chance of reaching a goal: a forecast of a short series, with its interval, on a scale that knows the ceiling.

On its scale (logit of a proportion, log of what is above zero, else as it is) the series is a random walk with drift,
which may hold one break: a step of size :math:`N(0, \kappa\sigma^2)` between two points,

.. math:: z_t = a + b t + u_t, \qquad \mathrm{Cov}(u) = \sigma^2 V.

For no break and for each place of one, the forecast is Student's t with n - 2 degrees of freedom (:math:`a, b` flat,
:math:`\sigma` by Jeffreys); the answer averages all of them by how likely they make the series. Without a break it is
the walk's own interval, exact. Where departures from a line pass at once instead of staying, it is too wide. Where a
share stands so near to a bound that few are missing, or has stopped to grow, it is wrong: `unfit` says so, and nothing
is forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, special, stats

from evalkit.world.number import half_up

Scale = Literal["logit", "log", "plain"]
FEWEST = 6  # with five points or fewer nothing is said of a chance
BREAK_SIZE = 30.0  # kappa: variance of a break, in variances of a step
P_BREAK = 0.4  # that there is one, before the series is seen
FEWEST_BEYOND = (
    50  # so many must be on either side of a share: a unit or two move it more than the model knows
)
NEAREST = 0.03  # to 0 and 1, of a share whose base is not known
SLOWED = 0.5  # of the mean step: below it the last third of the steps says that growth is over
SLOWING = -1.0  # Student's t of the steps over time: below it they become smaller
EDGE = 1e-4  # how near to 0 and 1 a proportion comes on the logit scale


@dataclass(frozen=True)
class Outlook:
    """The value at a time ahead: its middle and interval, and the chance that it is at the goal or better."""

    chance: float
    middle: float
    low: float
    high: float
    n: int


Unfit = Literal["few", "still", "near", "levelled"]


def unfit(values: np.ndarray, scale: Scale = "plain", base: float = np.nan) -> Unfit | None:
    """Why no chance is told of a series; None where it is.

    ``few``: five known points or fewer; ``still``: nothing ever moved. Of a share (scale logit), where the simulations
    (`tests/stats/test_outlook.py`) do not hold the interval to 93 to 97%: ``near``, fewer than `FEWEST_BEYOND` of its
    last `base` have reached it or have not (within `NEAREST` of a bound where the base is not known); ``levelled``, its
    steps become smaller, or those of the last third are less than half of the mean step.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if len(known) < FEWEST:
        return "few"
    if np.ptp(known) == 0:
        return "still"
    if scale != "logit":
        return None
    smaller = min(known[-1], 1 - known[-1])
    near = smaller < NEAREST if np.isnan(base) else half_up(smaller * base, 0) < FEWEST_BEYOND
    if near:
        return "near"
    return "levelled" if _levelled(_onto(known, scale)) else None


def _levelled(z: np.ndarray) -> bool:
    """Whether a series moves on more slowly than it did."""
    steps = np.diff(z)
    mean, n = float(steps.mean()), len(steps)
    last = steps[-max(2, (n + 1) // 3) :]
    if float(last.mean()) * np.sign(mean) < SLOWED * abs(mean):
        return True
    time = np.arange(n) - (n - 1) / 2
    slope = float(time @ steps) / float(time @ time)
    rest = steps - mean - slope * time
    error = float(np.sqrt(rest @ rest / (n - 2) / (time @ time)))
    return slope * np.sign(mean) < SLOWING * error


@dataclass(frozen=True)
class _Parts:
    """Student's t's and their weights."""

    weight: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    df: int

    def below(self, at: float) -> float:
        return float(self.weight @ stats.t.cdf((at - self.centre) / self.spread, self.df))

    def quantile(self, p: float) -> float:
        ends = self.centre + self.spread * stats.t.ppf(p, self.df)
        low, high = float(ends.min()), float(ends.max())
        if high - low < 1e-12:
            return low
        return float(optimize.brentq(lambda at: self.below(at) - p, low - 1e-9, high + 1e-9))


def outlook(
    times: np.ndarray,
    values: np.ndarray,
    at: float,
    goal: float,
    sign: int = 1,
    scale: Scale = "plain",
    confidence: float = 0.95,
    base: float = np.nan,
) -> Outlook | None:
    """The forecast for a time ahead; None where `unfit` says why not, and for a time that is not ahead.

    Parameters
    ----------
    times, values
        In years, rising; NaN values are left out.
    sign
        1 where higher is better, -1 where lower is.
    base
        Of a share the number of those counted in its last value; NaN where it is not known.
    """
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    known = np.isfinite(values)
    t, z = times[known], _onto(values[known], scale)
    if unfit(values, scale, base) or at <= t[-1]:
        return None
    parts = _parts(t, z, at)
    aim = float(_onto(np.array([goal]), scale)[0])
    below = parts.below(aim)
    tail = (1 - confidence) / 2
    low, middle, high = (_back(parts.quantile(p), scale) for p in (tail, 0.5, 1 - tail))
    return Outlook(1 - below if sign > 0 else below, middle, low, high, len(z))


def _onto(values: np.ndarray, scale: Scale) -> np.ndarray:
    if scale == "logit":
        return np.asarray(special.logit(np.clip(values, EDGE, 1 - EDGE)))
    return np.log(np.maximum(values, 1e-12)) if scale == "log" else values


def _back(value: float, scale: Scale) -> float:
    if scale == "logit":
        return float(special.expit(value))
    return float(np.exp(value)) if scale == "log" else value


def _covariances(t: np.ndarray, at: float) -> tuple[np.ndarray, np.ndarray]:
    """Every V over the points and the time ahead, and how likely it is before the series is seen."""
    step = float(np.median(np.diff(t)))
    all_times = (np.append(t, at) - t[0]) / step
    walk = np.minimum.outer(all_times, all_times)
    n = len(t)
    made = [walk]
    for place in range(1, n):
        after = (np.arange(n + 1) >= place).astype(float)
        made.append(walk + BREAK_SIZE * np.outer(after, after))
    return np.array(made), np.array([1 - P_BREAK] + [P_BREAK / (n - 1)] * (n - 1))


def _parts(t: np.ndarray, z: np.ndarray, at: float) -> _Parts:
    """The forecast and the weight of every V, all at once.

    The first point has no departure of its own (`a` takes it), so that V is singular there but for a trifle.
    """
    cov, prior = _covariances(t, at)
    n = len(t)
    line, ahead = np.column_stack([np.ones(n), t - t[0]]), np.array([1.0, at - t[0]])
    inside, cross, beyond = cov[:, :n, :n], cov[:, :n, n], cov[:, n, n]
    inside = inside + 1e-9 * np.eye(n)
    inverse = np.linalg.inv(inside)
    of_line = inverse @ line
    information = np.swapaxes(of_line, 1, 2) @ line
    beta = np.linalg.solve(information, np.swapaxes(of_line, 1, 2) @ z[:, None])[..., 0]
    rest = z - beta @ line.T
    squares = np.einsum("ki,kij,kj->k", rest, inverse, rest)
    df = n - 2
    weights_of = np.einsum("kij,kj->ki", inverse, cross)
    centre = beta @ ahead + np.einsum("ki,ki->k", weights_of, rest)
    off = ahead - weights_of @ line
    unsure = np.einsum("ki,kij,kj->k", off, np.linalg.inv(information), off)
    variance = beyond - np.einsum("ki,ki->k", weights_of, cross) + unsure
    likely = (
        np.log(prior)
        - np.linalg.slogdet(inside)[1] / 2
        - np.linalg.slogdet(information)[1] / 2
        - df / 2 * np.log(np.maximum(squares, 1e-300))
    )
    weight = np.exp(likely - likely.max())
    spread = np.sqrt(np.maximum(squares, 1e-300) / df * np.maximum(variance, 1e-12))
    return _Parts(weight / weight.sum(), centre, spread, df)
