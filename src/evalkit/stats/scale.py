"""Reliability of a scale, shrunken rates, several comparisons at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evalkit.stats.arrays import Floats, array, arrays, floats_or_arrays, one_of, refuse
from evalkit.world.number import plain

ADJUSTMENTS = (
    "bonferroni",
    "sidak",
    "holm-sidak",
    "holm",
    "simes-hochberg",
    "hommel",
    "fdr_bh",
    "fdr_by",
    "fdr_tsbh",
    "fdr_tsbky",
)


def _items(x: ArrayLike, standardised: bool) -> Floats:
    """Complete rows only, scaled to unit variance where asked."""
    items = array("x", x)
    if items.ndim != 2 or items.shape[1] < 2:
        raise refuse(
            "x",
            f"{items.shape[1]} 个指标" if items.ndim == 2 else f"{items.ndim} 维",
            "单位 × 指标，至少两个指标",
        )
    items = items[~np.isnan(items).any(axis=1)]
    if len(items) < 2:
        return np.full((2, items.shape[1]), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((items - items.mean(0)) / items.std(0, ddof=1) if standardised else items)


def _alpha(items: Floats) -> float:
    k = items.shape[1]
    covariance = np.cov(items, rowvar=False).reshape(k, k)
    total = covariance.sum()
    if k < 2 or not total > 1e-12 * np.trace(
        covariance
    ):  # the total does not vary: nothing to be reliable about
        return float("nan")
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def cronbach_alpha(x: ArrayLike, standardised: bool = True) -> float:
    r"""Cronbach's alpha :math:`\frac{k}{k-1}\left(1 - \frac{\sum_j \sigma_j^2}{\sigma_{total}^2}\right)`.

    Parameters
    ----------
    x
        Units x indicators; rows with a missing value are left out. NaN for a constant indicator, for fewer than two
        complete units, and where the total of the indicators does not vary.
    standardised
        Indicators on unit variance first, which is the same as
        :math:`k \bar r / (1 + (k - 1)\bar r)`; an index mixes units of measurement, hence the default.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297-334; OECD/JRC (2008), Handbook, 4.3 (table 11).
    """
    return _alpha(_items(x, standardised))


def item_analysis(x: ArrayLike, standardised: bool = True) -> tuple[Floats, Floats]:
    """Each indicator's correlation with the total of the others, and alpha without it."""
    items = _items(x, standardised)
    total, count = items.sum(1), items.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = [np.corrcoef(items[:, j], total - items[:, j])[0, 1] for j in range(count)]
    alphas = [_alpha(np.delete(items, j, axis=1)) for j in range(count)]
    return np.array(correlation), np.array(alphas)


def beta_prior(count: ArrayLike, total: ArrayLike) -> tuple[float, float]:
    r"""Maximum-likelihood prior (a, b) of the beta-binomial model :math:`x_i \sim Bin(n_i, p_i), p_i \sim Beta(a, b)`.

    Where the rates differ no more than chance, a + b is infinite: ``(inf, inf)``.
    """
    from scipy import optimize

    x, n = arrays(count=count, total=total)
    x, n = x[(n > 0) & ~np.isnan(x)], n[(n > 0) & ~np.isnan(x)]
    if bool(np.any(bad := (x < 0) | (x > n))):
        found = "、".join(
            f"{plain(a)}/{plain(b)}" for a, b in zip(x[bad][:5], n[bad][:5], strict=True)
        )
        raise refuse("count", found, "0 ≤ 分子 ≤ 分母")
    pooled = x.sum() / n.sum() if len(n) else np.nan
    if len(n) < 2 or not 0 < pooled < 1:
        return np.inf, np.inf

    def loss(theta: Floats) -> float:
        mean, size = special.expit(theta[0]), np.exp(theta[1])
        a, b = mean * size, (1 - mean) * size
        return float(-(special.betaln(x + a, n - x + b) - special.betaln(a, b)).sum())

    flat = -float((special.xlogy(x, pooled) + special.xlog1py(n - x, -pooled)).sum())
    spread = ((x / n - pooled) ** 2 * n).sum() / n.sum()
    start = np.log(max(pooled * (1 - pooled) / max(spread, 1e-12) - 1, 0.1))
    bounds = [(-30.0, 30.0), (-12.0, 16.0)]
    starts = [np.array([special.logit(pooled), np.clip(s, -11, 15)]) for s in (start, start + 2)]
    best = min(
        (optimize.minimize(loss, s, method="L-BFGS-B", bounds=bounds) for s in starts),
        key=lambda r: r.fun,
    )
    if best.fun >= flat - 1e-6 or best.x[1] > 15.9:
        return np.inf, np.inf
    mean, size = special.expit(best.x[0]), np.exp(best.x[1])
    return float(mean * size), float((1 - mean) * size)


def shrink(count: ArrayLike, total: ArrayLike) -> Any:
    r"""Empirical-Bayes rates :math:`(x_i + a)/(n_i + a + b)` with the beta-binomial prior of `beta_prior`.

    A small unit moves far towards the common rate, a large one hardly. No difference beyond chance: every unit gets
    the pooled rate. A unit without a base (n = 0) gets the prior mean; a missing value stays NaN.

    References
    ----------
    Skellam (1948), JRSS B 10, 257-261; Efron and Morris (1975), JASA 70, 311-319.
    """
    x, n = arrays(count=count, total=total)
    n[n < 0] = np.nan
    a, b = beta_prior(x, n)
    if np.isinf(a):
        known = ~np.isnan(x + n)
        base = n[known].sum()
        pooled = x[known].sum() / base if base > 0 else np.nan
        return floats_or_arrays(np.where(known, pooled, np.nan))[0]
    return floats_or_arrays((x + a) / (n + a + b))[0]


def adjust(p: ArrayLike, method: str = "holm") -> Floats:
    """P-values adjusted for several comparisons (statsmodels: bonferroni, holm, fdr_bh, ...); missing stay NaN."""
    from statsmodels.stats.multitest import multipletests

    one_of("method", method, *ADJUSTMENTS)
    values = array("p", p)
    if bool(np.any((values < 0) | (values > 1))):
        raise refuse("p", plain(np.nanmax(np.abs(values))), "p 值在 0 与 1 之间")
    shape, flat = values.shape, values.ravel()
    known = ~np.isnan(flat)
    if known.any():
        flat[known] = multipletests(flat[known], method=method)[1]
    return flat.reshape(shape)
