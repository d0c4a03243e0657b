"""Ranks with named rules for ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from evalkit.stats.arrays import Floats, array, one_of, refuse


def rank(x: ArrayLike, ties: str = "min", better: str = "higher", axis: int = -1) -> Floats:
    """Ranks along an axis, 1 for the best.

    Parameters
    ----------
    x
        Scores; units on `axis` (the last one), any other axes are replications.
    ties
        ``min`` (1, 2, 2, 4), ``average`` (1, 2.5, 2.5, 4) or ``dense`` (1, 2, 2, 3).

    Returns
    -------
    array of the shape of x
        A missing score has rank NaN and is not counted.
    """
    one_of("ties", ties, "min", "average", "dense")
    one_of("better", better, "higher", "lower")
    values = np.atleast_1d(array("x", x))
    if (
        isinstance(axis, bool)
        or not isinstance(axis, int)
        or not -values.ndim <= axis < values.ndim
    ):
        raise refuse("axis", str(axis), f"{-values.ndim} 至 {values.ndim - 1}")
    if not values.size:
        return values
    values = -values if better == "higher" else values
    return np.asarray(stats.rankdata(values, ties, axis=axis, nan_policy="omit"), np.float64)  # type: ignore[call-overload]
