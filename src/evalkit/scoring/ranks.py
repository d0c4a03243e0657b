"""Ranks with named rules for ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evalkit.stats.intervals import Floats, refuse


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
    if ties not in ("min", "average", "dense"):
        raise refuse("ties", ties, "min、average、dense")
    if better not in ("higher", "lower"):
        raise refuse("better", better, "higher、lower")
    values = np.moveaxis(np.asarray(x, dtype=float), axis, -1)
    values = -values if better == "higher" else values
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, -1)
    new = np.ones(values.shape, dtype=bool)
    new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    if ties == "dense":
        place = np.cumsum(new, axis=-1).astype(float)
    else:
        position = np.arange(1, values.shape[-1] + 1)
        place = np.maximum.accumulate(np.where(new, position, 0), axis=-1).astype(float)
        if ties == "average":
            last = np.ones_like(new)
            last[..., :-1] = new[..., 1:]
            end = np.where(last, position, values.shape[-1])[..., ::-1]
            place = (place + np.minimum.accumulate(end, axis=-1)[..., ::-1]) / 2
    place[np.isnan(ordered)] = np.nan
    result = np.empty_like(place)
    np.put_along_axis(result, order, place, -1)
    return np.moveaxis(result, -1, axis)
