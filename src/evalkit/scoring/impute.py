"""Missing values filled by a declared rule, each flagged so that the flag travels up to the score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.scoring.normalise import over_units
from evalkit.stats.arrays import Floats, one_of, refuse

METHODS = ("none", "mean", "median", "group", "panel")


def impute(x: ArrayLike, method: str = "none", groups: ArrayLike | None = None,
           previous: ArrayLike | None = None) -> tuple[Floats, NDArray[np.bool_]]:
    """Fill missing values.

    Parameters
    ----------
    x
        Units x indicators, with any leading axes; NaN is missing.
    method
        ``none``; ``mean`` or ``median`` of the known units; ``group``: mean of the known units of the same group
        (`groups`, one label for each unit), nothing where the group has none; ``panel``: the unit's own latest
        known value in `previous` (units x indicators, or periods x units x indicators, oldest first).

    Returns
    -------
    (filled, flags)
        A new array, and True where a value was filled. A value that cannot be filled stays NaN without a flag.
    """
    one_of("method", method, *METHODS)
    values = np.array(x, dtype=float)
    missing = np.isnan(values)
    if method == "none" or not missing.any():
        return values, np.zeros(values.shape, dtype=bool)
    if method in ("mean", "median"):
        fill = over_units(method, values)
    elif method == "group":
        labels = np.asarray(groups)
        if labels.shape != (values.shape[-2],):
            raise refuse("groups", "没有给出或数目不对", f"每个单位一个组别，共 {values.shape[-2]} 个")
        fill = np.full(values.shape, np.nan)
        for label in np.unique(labels):
            inside = labels == label
            fill[..., inside, :] = over_units("mean", values[..., inside, :])
    else:
        if previous is None:
            raise refuse("previous", "没有给出", "panel 需要以前各期的数值")
        past = np.asarray(previous, dtype=float)
        fill = np.full(values.shape[-2:], np.nan)
        for period in past[None] if past.ndim == 2 else past:
            fill = np.where(np.isnan(period), fill, period)
    filled = np.where(missing, fill, values)
    return filled, missing & ~np.isnan(filled)
