"""Missing values filled by a declared rule, each flagged so that the flag travels up to the score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.stats.intervals import Floats, refuse

METHODS = ("none", "mean", "median", "group", "panel")


def impute(
    x: ArrayLike, method: str = "none", groups: ArrayLike | None = None, previous: ArrayLike | None = None
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
    if method not in METHODS:
        raise refuse("method", method, "、".join(METHODS))
    values = np.array(x, dtype=float)
    missing = np.isnan(values)
    if method == "none" or not missing.any():
        return values, np.zeros(values.shape, dtype=bool)
    if method in ("mean", "median"):
        fill: Any = _known(values, method)
    elif method == "group":
        labels = np.asarray(groups) if groups is not None else None
        if labels is None or labels.shape != (values.shape[-2],):
            raise refuse("groups", "没有给出或数目不对", f"每个单位一个组别，共 {values.shape[-2]} 个")
        fill = np.full(values.shape, np.nan)
        for label in np.unique(labels):
            inside = labels == label
            fill[..., inside, :] = _known(values[..., inside, :], "mean")
    else:
        if previous is None:
            raise refuse("previous", "没有给出", "panel 需要以前各期的数值")
        past = np.asarray(previous, dtype=float)
        fill = np.full(values.shape[-2:], np.nan)
        for period in past[None] if past.ndim == 2 else past:
            fill = np.where(np.isnan(period), fill, period)
    filled = np.where(missing, fill, values)
    return filled, missing & ~np.isnan(filled)


def _known(x: Floats, method: str) -> Floats:
    """Mean or median of the known values of every column, kept axis, NaN without warning where there are none."""
    empty = np.isnan(x).all(axis=-2, keepdims=True)
    safe = np.where(empty, 0.0, x)
    centre = getattr(np, f"nan{method}")(safe, axis=-2, keepdims=True)
    return np.asarray(np.where(empty, np.nan, centre))
