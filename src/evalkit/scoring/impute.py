"""Missing values filled by a declared rule, each flagged so that the flag travels up to the score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.scoring.normalise import over_units
from evalkit.stats.arrays import Floats, array, labels, one_of, refuse

METHODS = ("none", "mean", "median", "group", "panel")


def impute(
    x: ArrayLike,
    method: str = "none",
    groups: ArrayLike | None = None,
    previous: ArrayLike | None = None,
) -> tuple[Floats, NDArray[np.bool_]]:
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
    values = array("x", x)
    if values.ndim < 2:
        raise refuse("x", f"{values.ndim} 维", "单位 × 指标")
    missing = np.isnan(values)
    if method == "none" or not missing.any():
        return values, np.zeros(values.shape, dtype=bool)
    if method in ("mean", "median"):
        fill = over_units(method, values)
    elif method == "group":
        group = labels("groups", groups, values.shape[-2])
        fill = np.full(values.shape, np.nan)
        for number in range(
            group.max(initial=-1) + 1
        ):  # a unit without a group has nobody to be like
            inside = group == number
            fill[..., inside, :] = over_units("mean", values[..., inside, :])
    else:
        if previous is None:
            raise refuse("previous", "没有给出", "panel 需要以前各期的数值")
        past = array("previous", previous)
        if past.ndim not in (2, 3) or past.shape[-2:] != values.shape[-2:]:
            found, expected = (
                "×".join(map(str, shape)) for shape in (past.shape, values.shape[-2:])
            )
            raise refuse("previous", found or "一个数", f"单位 × 指标（{expected}），可多期")
        fill = np.full(values.shape[-2:], np.nan)
        for period in past[None] if past.ndim == 2 else past:
            fill = np.where(np.isnan(period), fill, period)
    filled = np.where(missing, fill, values)
    return filled, missing & ~np.isnan(filled)
