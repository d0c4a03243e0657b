"""Confidence limits of one count, proportion, mean or standardised rate.

Every function takes scalars or arrays that broadcast, gives ``(low, high)`` in the same shape, and lets a missing
value through as NaN. Limits are those of Public Health England's technical guide (2018), *Commonly used public
health statistics and their confidence intervals*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evalkit.stats.arrays import Floats, array, arrays, floats_or_arrays, refuse, scalar
from evalkit.world.number import plain

Limits = tuple[Any, Any]  # two floats for scalars, else two arrays
FEWEST_EVENTS = 10  # of a standardised rate: below it the method has no meaning


def tail(confidence: float) -> float:
    """The probability outside one limit: 0.025 for 0.95."""
    level = scalar("confidence", confidence, said="置信水平在 0 与 1 之间，如 0.95")
    if not 0 < level < 1:
        advice = f"写成 {plain(level / 100)}" if 1 < level < 100 else ""
        raise refuse("confidence", plain(level), "置信水平在 0 与 1 之间，如 0.95", advice)
    return (1 - level) / 2


def z_value(confidence: float) -> float:
    """Two-sided normal quantile: 1.959964 for 0.95."""
    return float(-special.ndtri(tail(confidence)))


def wilson(count: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Wilson's score limits of a proportion.

    .. math:: \frac{2x + z^2 \mp z\sqrt{z^2 + 4x(1 - x/n)}}{2(n + z^2)}

    Parameters
    ----------
    count, total
        Numerator x and denominator n; x need not be whole. A total of 0 has no limits: NaN; nor has, among several,
        a negative count or a count above its total.
    confidence
        Between 0 and 1.

    Returns
    -------
    (low, high)
        Plain proportions; exactly 0 at x = 0 and exactly 1 at x = n.

    Raises
    ------
    InputError
        One count that is negative or above its total: the two do not belong together.

    References
    ----------
    Wilson (1927), JASA 22, 209-212; Newcombe (1998), Statistics in Medicine 17, 857-872.
    """
    z = z_value(confidence)
    x, n = arrays(count=count, total=total)
    if not (np.ndim(count) or np.ndim(total)):
        _one_count(float(x), float(n))
    n[~(n > 0)] = np.nan
    x[~((n > 0) & (x >= 0) & (x <= n))] = np.nan
    middle, spread, scale = 2 * x + z * z, z * np.sqrt(z * z + 4 * x * (1 - x / n)), 2 * (n + z * z)
    return floats_or_arrays(
        np.where(x == 0, 0.0, (middle - spread) / scale),
        np.where(x == n, 1.0, (middle + spread) / scale),
    )


def _one_count(count: float, total: float) -> None:
    """Refuse a single pair that cannot be a part and its whole."""
    if count < 0 or total < 0 or count > total:
        found = f"{plain(count)} / {plain(total)}"
        advice = "先写分子，后写分母；核对两个数是不是同一口径"
        raise refuse("wilson", found, "0 ≤ 分子 ≤ 分母", advice)


def byar(count: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Byar's approximation to the exact Poisson limits of a count.

    .. math:: x\left(1 - \frac{1}{9x} - \frac{z}{3\sqrt{x}}\right)^3, \quad
              (x+1)\left(1 - \frac{1}{9(x+1)} + \frac{z}{3\sqrt{x+1}}\right)^3

    Good from about 10 events on; below, use `poisson_exact`. The lower limit is 0 at x = 0, and NaN where the
    formula falls below 0 (x = 1 at 99.8%), as the tables of Public Health England leave it blank.

    References
    ----------
    Breslow and Day (1987), Statistical Methods in Cancer Research II, 69.
    """
    z = z_value(confidence)
    x = array("count", count)
    x = np.where(x < 0, np.nan, x)
    safe = np.where(x == 0, np.nan, x)
    low = safe * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3
    low = np.where(x == 0, 0.0, np.where(low < 0, np.nan, low))
    y = x + 1
    return floats_or_arrays(low, y * (1 - 1 / (9 * y) + z / (3 * np.sqrt(y))) ** 3)


def poisson_exact(count: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Exact (Garwood) limits of a Poisson count by chi-square quantiles.

    .. math:: \tfrac12 \chi^2_{\alpha/2;\,2x}, \quad \tfrac12 \chi^2_{1-\alpha/2;\,2x+2}

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442.
    """
    a = tail(confidence)
    x = array("count", count)
    x = np.where(x < 0, np.nan, x)
    low = np.where(x == 0, 0.0, special.gammaincinv(np.where(x == 0, 1.0, x), a))
    return floats_or_arrays(low, special.gammainccinv(x + 1, a))


def student(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Student's limits of a mean: :math:`\bar x \mp t_{n-1;1-\alpha/2}\, s/\sqrt n`. NaN below two values or where s is negative."""
    m, s, k = arrays(mean=mean, sd=sd, n=n)
    k[~((k >= 2) & (s >= 0))] = np.nan
    half = -special.stdtrit(k - 1, tail(confidence)) * s / np.sqrt(k)
    return floats_or_arrays(m - half, m + half)


def _strata(
    counts: ArrayLike, populations: ArrayLike, standard: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Counts, populations and standard by stratum (last axis); all of an area NaN where one of its strata has no rate."""
    o, n, w = (
        np.atleast_1d(a) for a in arrays(counts=counts, populations=populations, standard=standard)
    )
    if bool(np.any(w < 0)):
        raise refuse("standard", plain(np.nanmin(w)), "标准人口不小于 0")
    bad = ((w > 0) & ~((n > 0) & (o >= 0))) | np.isnan(w)
    o[bad.any(-1)] = np.nan
    ignored = (w == 0) & ~((n > 0) & (o >= 0)) & ~bad.any(-1, keepdims=True)
    o[ignored], n[ignored] = 0.0, 1.0  # a stratum without weight counts nothing
    return o, n, w


def standardised_rate(counts: ArrayLike, populations: ArrayLike, standard: ArrayLike) -> Any:
    r"""Directly standardised rate :math:`\sum_i w_i O_i / n_i \,/\, \sum_i w_i`; strata on the last axis.

    NaN for an area of which a stratum with weight has no population above 0, a negative or a missing count; the other
    areas keep theirs. No stratum, or a standard population of 0 in all, is NaN too.
    """
    o, n, w = _strata(counts, populations, standard)
    with np.errstate(invalid="ignore", divide="ignore"):
        return floats_or_arrays((w * o / n).sum(-1) / w.sum(-1))[0]


def dobson(
    counts: ArrayLike, populations: ArrayLike, standard: ArrayLike, confidence: float = 0.95
) -> Limits:
    r"""Dobson's limits of a directly standardised rate (of `standardised_rate`).

    .. math:: DSR + \sqrt{\operatorname{Var}(DSR) / O}\,(O_{L,U} - O), \quad
              \operatorname{Var}(DSR) = \frac{\sum_i w_i^2 O_i / n_i^2}{(\sum_i w_i)^2}

    with Byar's limits of the total count O.

    Parameters
    ----------
    counts, populations, standard
        Events, population and standard population by stratum (last axis).

    Returns
    -------
    (low, high)
        NaN for an area with fewer than 10 events in all, for which the method has no meaning, and where the rate is
        not known; the other areas keep their limits.

    References
    ----------
    Dobson, Kuulasmaa, Eberle and Scherer (1991), Statistics in Medicine 10, 457-462.
    """
    rate = np.asarray(standardised_rate(counts, populations, standard))
    o, n, w = _strata(counts, populations, standard)
    total = o.sum(-1)
    total = np.where(total >= FEWEST_EVENTS, total, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.sqrt((w**2 * o / n**2).sum(-1)) / w.sum(-1) / np.sqrt(total)
    low, high = byar(total, confidence)
    return floats_or_arrays(rate + share * (low - total), rate + share * (high - total))
