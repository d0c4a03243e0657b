"""Funnel limits around a target, and overdispersion (Spiegelhalter)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evalkit.stats.arrays import Floats, arrays, floats_or_arrays, one_of, refuse, scalar
from evalkit.stats.intervals import Limits, tail, z_value
from evalkit.world.number import plain


def funnel_limits(
    kind: str,
    target: ArrayLike,
    size: ArrayLike,
    confidence: float = 0.95,
    phi: float = 1,
    tau_squared: float = 0,
) -> Limits:
    r"""Control limits of a funnel plot at any confidence: where a unit of that size begins to differ from the target.

    proportion: :math:`t \mp z\sqrt{t(1-t)/n}`, held inside 0 and 1: a point is outside exactly when its Wilson interval
    misses the target.

    rate and ratio: the counts x whose exact Poisson interval (`poisson_exact`) just holds the expected count
    :math:`E = t \cdot size`, divided by the size, so that a point is outside exactly when its exact interval misses the
    target. The lower one solves :math:`\tfrac12\chi^2_{1-\alpha/2;\,2x+2} = E`, the upper one
    :math:`\tfrac12\chi^2_{\alpha/2;\,2x} = E`, for a continuous x. Where even no event at all is no surprise (at 95% up to
    E = 3.69) the lower limit is 0; E = 0 has the limits 0 and 0. E = 10 at 95%: .383 and 1.713 of the target.

    Parameters
    ----------
    kind
        ``proportion`` (size = denominator), ``rate`` (size = population or exposure, target per unit of it) or
        ``ratio`` (size = expected count, target mostly 1).
    phi, tau_squared
        Of `overdispersion`. With phi above 1 (multiplicative) or tau_squared above 0 (additive) the limits are
        :math:`g^{-1}(g(t) \mp z\sqrt{\phi s^2 + \tau^2})` with g = arcsine of the root and s^2 = 1/(4n) for
        proportions, g = log and s^2 = 1/E for rates and ratios. Give one of the two.

    Returns
    -------
    (low, high)
        On the scale of the target; NaN where the size is not above 0 or the target is missing.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202; (2005), Quality and Safety in Health Care 14, 347-351;
    Garwood (1936), Biometrika 28, 437-442 (the interval); Public Health England (2018), technical guide.
    """
    one_of("kind", kind, "proportion", "rate", "ratio")
    t, n = arrays(target=target, size=size)
    n[~(n > 0)] = np.nan
    if bool(np.any(t < 0)):
        raise refuse("target", plain(np.nanmin(t)), "目标不小于 0")
    phi, tau_squared = (
        scalar("phi", phi, 0, said="不小于 0"),
        scalar("tau_squared", tau_squared, 0, said="不小于 0"),
    )
    z, adjusted = z_value(confidence), phi > 1 or tau_squared > 0
    if kind == "proportion":
        return _proportion(t, n, z, max(phi, 1.0), tau_squared, adjusted)
    expected = t * n
    if not adjusted:
        low, high = _counts_holding(expected, tail(confidence))
        return floats_or_arrays(low / n, high / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z * np.sqrt(max(phi, 1.0) / expected + tau_squared)
        # nothing is expected: nothing is surprising but an event
        low, high = (np.where(expected == 0, 0.0 * n, t * np.exp(side)) for side in (-half, half))
    return floats_or_arrays(low, high)


def _proportion(
    t: Floats, n: Floats, z: float, phi: float, tau_squared: float, adjusted: bool
) -> Limits:
    if bool(np.any(t > 1)):
        raise refuse("target", plain(np.nanmax(t)), "比例的目标在 0 与 1 之间", "百分数请除以 100")
    if not adjusted:
        half = z * np.sqrt(t * (1 - t) / n)
        return floats_or_arrays(np.clip(t - half, 0, 1), np.clip(t + half, 0, 1))
    half = z * np.sqrt(phi / (4 * n) + tau_squared)
    angle = np.arcsin(np.sqrt(t))
    return floats_or_arrays(
        *(np.sin(np.clip(a, 0, np.pi / 2)) ** 2 for a in (angle - half, angle + half))
    )


def _counts_holding(expected: Floats, a: float) -> tuple[Floats, Floats]:
    """Lowest and highest (continuous) count whose exact interval with a tail of `a` on each side holds `expected`."""
    known = np.where(expected > 0, expected, np.nan)

    def never(
        x: Floats,
    ) -> Floats:  # P(at most x events), which falls to `a` where the upper limit of x is E
        return np.asarray(special.gammaincc(x + 1, known) - a)

    def often(
        x: Floats,
    ) -> Floats:  # P(at least x events), which falls to `a` where the lower limit of x is E
        return np.asarray(a - special.gammainc(x, known))

    reach = 1.0 + np.where(np.isnan(known), 0.0, known)
    while bool(np.any(often(reach) < 0)):
        reach = reach * 2
    low = np.where(never(np.zeros_like(reach)) >= 0, 0.0, _root(never, np.zeros_like(reach), known))
    high = _root(often, known, reach)
    low, high = (
        np.where(expected == 0, 0.0, np.where(np.isnan(known), np.nan, x)) for x in (low, high)
    )
    return low, high


def _root(rising: Callable[[Floats], Floats], below: Floats, above: Floats) -> Floats:
    """Where a rising function passes zero between two ends, by bisection to the last digit."""
    for _ in range(200):
        middle = (below + above) / 2
        up = rising(middle) >= 0
        below, above = np.where(up, below, middle), np.where(up, middle, above)
        if not bool(np.any(above - below > 4e-16 * above)):
            break
    return (below + above) / 2


def overdispersion(
    z: ArrayLike, winsorise: float = 0.1, se: ArrayLike | None = None
) -> tuple[Any, Any]:
    r"""Overdispersion of z-scores: the factor phi and the between-unit variance tau squared.

    .. math:: \hat\phi = \frac1I \sum_i z_i^2, \qquad
              \hat\tau^2 = \max\!\left(0, \frac{I\hat\phi - (I-1)}{\sum_i w_i - \sum_i w_i^2 / \sum_i w_i}\right),
              \quad w_i = 1/s_i^2

    Parameters
    ----------
    z
        Unadjusted z-scores, units on the last axis; missing ones are left out.
    winsorise
        Share of each tail set to its quantile (linear interpolation) before summing.
    se
        Standard error s of each unit on the scale of the funnel; without it s = 1, and tau squared is on the scale
        of z.

    Returns
    -------
    (phi, tau_squared)
        Phi is not raised to 1; below 1 (or I phi < I - 1) there is no overdispersion and tau squared is 0.

    References
    ----------
    Spiegelhalter (2005), Quality and Safety in Health Care 14, 347-351; (2012) with Sherlaw-Johnson et al., JRSS A 175.
    """
    share = scalar("winsorise", winsorise, 0, said="每端缩尾比例在 0 与 0.5 之间")
    if share >= 0.5:
        raise refuse("winsorise", plain(share), "每端缩尾比例在 0 与 0.5 之间")
    scores, s = (np.atleast_1d(a) for a in arrays(z=z, se=1.0 if se is None else se))
    if bool(np.any(s <= 0)):
        raise refuse("se", plain(np.nanmin(s)), "标准误大于 0")
    if not scores.size:
        return floats_or_arrays(*(np.full(scores.shape[:-1], np.nan) for _ in range(2)))
    s[np.isnan(scores)] = np.nan
    scores[np.isnan(s)] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a row without any value: NaN
        low, high = np.nanquantile(scores, [share, 1 - share], axis=-1, keepdims=True)
        count = np.sum(~np.isnan(scores), axis=-1)
        phi = np.nansum(np.clip(scores, low, high) ** 2, axis=-1) / count
        w = 1 / s**2
        total = np.nansum(w, axis=-1)
        spread = total - np.nansum(w**2, axis=-1) / total
        tau = np.where(spread > 0, np.maximum(0, (count * phi - (count - 1)) / spread), 0.0 * phi)
    return floats_or_arrays(phi, tau)
