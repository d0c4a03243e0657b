"""Confidence limits of one count, proportion, mean or standardised rate.

Every function takes scalars or arrays that broadcast, gives ``(low, high)`` in the same shape, and lets a missing
value through as NaN. Limits are those of Public Health England's technical guide (2018), *Commonly used public
health statistics and their confidence intervals*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from evalkit.problems import InputError, Problem
from evalkit.world.number import plain

Floats = NDArray[np.float64]
Limits = tuple[Any, Any]  # two floats for scalars, else two arrays


def refuse(where: str, found: str, allowed: str, advice: str = "") -> InputError:
    """The error that statistics and scoring raise: a value that the formula does not allow."""
    return InputError(Problem("value_invalid", where=where, found=found, allowed=allowed, advice=advice))


def one_of(where: str, found: str, *allowed: str) -> None:
    """Refuse a word that is not among those allowed."""
    if found not in allowed:
        raise refuse(where, found, "、".join(allowed))


def tail(confidence: float) -> float:
    """The probability outside one limit: 0.025 for 0.95."""
    if not 0 < confidence < 1:
        advice = f"写成 {plain(confidence / 100)}" if 1 < confidence < 100 else ""
        raise refuse("confidence", f"{confidence}", "置信水平在 0 与 1 之间，如 0.95", advice)
    return (1 - confidence) / 2


def z_value(confidence: float) -> float:
    """Two-sided normal quantile: 1.959964 for 0.95."""
    return float(-special.ndtri(tail(confidence)))


def _plain(*arrays: Any) -> Any:
    """Python floats where everything was a scalar."""
    return tuple(a.item() if np.ndim(a) == 0 else a for a in map(np.asarray, arrays))


def _floats(*values: ArrayLike) -> list[Floats]:
    return [np.array(a) for a in np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in values))]


def wilson(count: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Wilson's score limits of a proportion.

    .. math:: \frac{2x + z^2 \mp z\sqrt{z^2 + 4x(1 - x/n)}}{2(n + z^2)}

    Parameters
    ----------
    count, total
        Numerator x and denominator n; x need not be whole. A total of 0, a negative count or a count above
        its total has no limits: NaN.
    confidence
        Between 0 and 1.

    Returns
    -------
    (low, high)
        Plain proportions; exactly 0 at x = 0 and exactly 1 at x = n.

    References
    ----------
    Wilson (1927), JASA 22, 209-212; Newcombe (1998), Statistics in Medicine 17, 857-872.
    """
    z = z_value(confidence)
    x, n = _floats(count, total)
    x[~((n > 0) & (x >= 0) & (x <= n))] = np.nan
    middle, spread, scale = 2 * x + z * z, z * np.sqrt(z * z + 4 * x * (1 - x / n)), 2 * (n + z * z)
    return _plain(np.where(x == 0, 0.0, (middle - spread) / scale), np.where(x == n, 1.0, (middle + spread) / scale))


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
    (x,) = _floats(count)
    x[x < 0] = np.nan
    safe = np.where(x == 0, np.nan, x)
    low = safe * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3
    low = np.where(x == 0, 0.0, np.where(low < 0, np.nan, low))
    y = x + 1
    return _plain(low, y * (1 - 1 / (9 * y) + z / (3 * np.sqrt(y))) ** 3)


def poisson_exact(count: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Exact (Garwood) limits of a Poisson count by chi-square quantiles.

    .. math:: \tfrac12 \chi^2_{\alpha/2;\,2x}, \quad \tfrac12 \chi^2_{1-\alpha/2;\,2x+2}

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442.
    """
    a = tail(confidence)
    (x,) = _floats(count)
    x[x < 0] = np.nan
    low = np.where(x == 0, 0.0, special.gammaincinv(np.where(x == 0, 1.0, x), a))
    return _plain(low, special.gammainccinv(x + 1, a))


def student(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Student's limits of a mean: :math:`\bar x \mp t_{n-1;1-\alpha/2}\, s/\sqrt n`. NaN below two values."""
    m, s, k = _floats(mean, sd, n)
    k[~(k >= 2)] = np.nan
    half = -special.stdtrit(k - 1, tail(confidence)) * s / np.sqrt(k)
    return _plain(m - half, m + half)


def standardised_rate(counts: ArrayLike, populations: ArrayLike, standard: ArrayLike) -> Any:
    r"""Directly standardised rate :math:`\sum_i w_i O_i / n_i \,/\, \sum_i w_i`; strata on the last axis."""
    o, n, w = _floats(counts, populations, standard)
    if bool(np.any((n <= 0) & (w > 0))):
        raise refuse("populations", "有一层的人口（基数）为 0", "每一层的基数都大于 0", "合并相邻的层")
    return _plain((w * o / np.where(n > 0, n, np.nan)).sum(-1) / w.sum(-1))[0]


def dobson(counts: ArrayLike, populations: ArrayLike, standard: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Dobson's limits of a directly standardised rate (of `standardised_rate`).

    .. math:: DSR + \sqrt{\operatorname{Var}(DSR) / O}\,(O_{L,U} - O), \quad
              \operatorname{Var}(DSR) = \frac{\sum_i w_i^2 O_i / n_i^2}{(\sum_i w_i)^2}

    with Byar's limits of the total count O.

    Parameters
    ----------
    counts, populations, standard
        Events, population and standard population by stratum (last axis).

    Raises
    ------
    InputError
        Fewer than 10 events in all: the method has no meaning there.

    References
    ----------
    Dobson, Kuulasmaa, Eberle and Scherer (1991), Statistics in Medicine 10, 457-462.
    """
    rate = np.asarray(standardised_rate(counts, populations, standard))
    o, n, w = _floats(counts, populations, standard)
    total = o.sum(-1)
    if bool(np.any(total < 10)):
        raise refuse("counts", f"事件数共 {np.nanmin(total):g}", "标准化率至少需要 10 件事件", "合并年份或地区")
    share = np.sqrt((w**2 * o / n**2).sum(-1)) / w.sum(-1) / np.sqrt(total)
    low, high = byar(total, confidence)
    return _plain(rate + share * (low - total), rate + share * (high - total))
