"""Funnel limits around a target, and overdispersion (Spiegelhalter)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evalkit.stats.intervals import Limits, _floats, _plain, one_of, poisson_exact, refuse, z_value
from evalkit.world.number import plain


def funnel_limits(kind: str, target: ArrayLike, size: ArrayLike, confidence: float = 0.95, phi: float = 1,
                  tau_squared: float = 0) -> Limits:
    r"""Control limits of a funnel plot at any confidence.

    proportion: :math:`t \mp z\sqrt{t(1-t)/n}`, held inside 0 and 1; rate and ratio: exact Poisson limits of the
    expected count :math:`E = t \cdot size`, divided by the size,
    :math:`\chi^2_{\alpha/2;2E}/(2\,size),\ \chi^2_{1-\alpha/2;2E+2}/(2\,size)`.

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
        On the scale of the target; NaN where the size is not above 0.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202; (2005), Quality and Safety in Health Care 14, 347-351.
    """
    one_of("kind", kind, "proportion", "rate", "ratio")
    t, n = _floats(target, size)
    n[~(n > 0)] = np.nan
    z, adjusted = z_value(confidence), phi > 1 or tau_squared > 0
    if kind == "proportion":
        if bool(np.any((t < 0) | (t > 1))):
            raise refuse("target", plain(np.nanmax(t)), "比例的目标在 0 与 1 之间", "百分数请除以 100")
        if not adjusted:
            half = z * np.sqrt(t * (1 - t) / n)
            return _plain(np.clip(t - half, 0, 1), np.clip(t + half, 0, 1))
        half = z * np.sqrt(max(phi, 1.0) / (4 * n) + tau_squared)
        angle = np.arcsin(np.sqrt(t))
        return _plain(*(np.sin(np.clip(a, 0, np.pi / 2)) ** 2 for a in (angle - half, angle + half)))
    if not adjusted:
        return _plain(*(np.asarray(limit) / n for limit in poisson_exact(t * n, confidence)))
    half = z * np.sqrt(max(phi, 1.0) / (t * n) + tau_squared)
    return _plain(t * np.exp(-half), t * np.exp(half))


def overdispersion(z: ArrayLike, winsorise: float = 0.1, se: ArrayLike | None = None) -> tuple[Any, Any]:
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
    if not 0 <= winsorise < 0.5:
        raise refuse("winsorise", plain(winsorise), "每端缩尾比例在 0 与 0.5 之间")
    scores, s = _floats(z, 1.0 if se is None else se)
    s[np.isnan(scores)] = np.nan
    low, high = np.nanquantile(scores, [winsorise, 1 - winsorise], axis=-1, keepdims=True)
    count = np.sum(~np.isnan(scores), axis=-1)
    phi = np.nansum(np.clip(scores, low, high) ** 2, axis=-1) / count
    w = 1 / s**2
    total = np.nansum(w, axis=-1)
    spread = total - np.nansum(w**2, axis=-1) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = np.where(spread > 0, np.maximum(0, (count * phi - (count - 1)) / spread), 0.0)
    return _plain(phi, tau)
