"""Shewhart control charts and their run rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.stats.arrays import Floats, array, arrays, floats_or_arrays, one_of, refuse, whole
from evalkit.world.number import plain

D2, D4 = 1.128, 3.267  # of moving ranges of two (Montgomery, appendix VI)


def spc_limits(
    x: ArrayLike, kind: str = "xmr", size: ArrayLike | None = None, screen: bool = True
) -> tuple[Any, Any, Any]:
    r"""Centre and three-sigma limits of a control chart; time on the last axis.

    ======  =====================  ==========================================================
    kind    centre                 limits
    ======  =====================  ==========================================================
    p       sum of x / sum of n    :math:`\bar p \mp 3\sqrt{\bar p(1-\bar p)/n_i}`, within 0 and 1
    np      mean of x (n constant) :math:`n\bar p \mp 3\sqrt{n\bar p(1-\bar p)}`
    u       sum of x / sum of n    :math:`\bar u \mp 3\sqrt{\bar u/n_i}`, not below 0
    c       mean of x              :math:`\bar c \mp 3\sqrt{\bar c}`, not below 0
    xmr     mean of x              :math:`\bar x \mp 3\,\overline{MR}/1.128`
    ======  =====================  ==========================================================

    Parameters
    ----------
    x
        Counts (p, np, u, c) or values (xmr). Missing points are left out; a moving range needs two neighbours.
    size
        Denominators of p, np and u: one number, or one for each point.
    screen
        xmr only: moving ranges above 3.267 times their mean are left out once before the mean range is taken.

    Returns
    -------
    (centre, lower, upper)
        The limits have the shape of `size`: one number for one size, an array for an array. No spread (fewer than
        two points for xmr) gives NaN.

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control; NIST/SEMATECH e-Handbook 6.3; Nelson (1982) for
    screened ranges.
    """
    one_of("kind", kind, "p", "np", "u", "c", "xmr")
    values = np.atleast_1d(array("x", x))
    if kind != "xmr" and bool(np.any(values < 0)):
        raise refuse("x", plain(np.nanmin(values)), "计数不小于 0")
    if kind == "xmr":
        moving = np.abs(np.diff(values, axis=-1))
        if screen:
            moving[moving > D4 * _mean(moving)[..., None]] = np.nan
        centre, half = _mean(values), 3 * _mean(moving) / D2
        return floats_or_arrays(centre, centre - half, centre + half)
    if kind == "c":
        centre = _mean(values)
        half = 3 * np.sqrt(centre)
        return floats_or_arrays(centre, np.maximum(0, centre - half), centre + half)
    if size is None:
        raise refuse("size", "没有给出", f"{kind} 图需要每个点的基数 size")
    n = array("size", size)
    arrays(x=values, size=n)  # of one shape
    n = np.where(n > 0, n, np.where(n < 0, n, np.nan))
    known = ~np.isnan(values + n)
    counts, sizes = np.where(known, values, 0.0), np.where(known, n, 0.0)
    if bool(np.any(sizes < 0)) or (kind != "u" and bool(np.any(counts > sizes))):
        raise refuse("x", "有的点计数大于基数，或基数为负", "0 ≤ 计数 ≤ 基数")
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(sizes.any(-1), counts.sum(-1) / sizes.sum(-1), np.nan)
        inner = centre[..., None] if n.ndim else centre
        half = 3 * np.sqrt((inner if kind == "u" else inner * (1 - inner)) / n)
    low, high = np.maximum(0, inner - half), np.minimum(np.inf if kind == "u" else 1, inner + half)
    return (
        floats_or_arrays(inner * n, low * n, high * n)
        if kind == "np"
        else floats_or_arrays(centre, low, high)
    )


def _mean(x: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(
            np.nansum(x, axis=-1) / (~np.isnan(x)).sum(-1)
        )  # 0 / 0: nothing known, NaN


def run_rules(
    x: ArrayLike,
    centre: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    shift: int = 8,
    trend: int = 6,
) -> dict[str, NDArray[np.bool_]]:
    """Points that break the Western Electric rules, one array of flags for each rule; time on the last axis.

    ``outside`` one point beyond a limit; ``two_of_three`` two of three successive points beyond two sigma **on the
    same side**; ``four_of_five`` four of five beyond one sigma on the same side; ``shift`` so many successive points
    on one side of the centre (a point on the centre ends the run); ``trend`` so many successive points rising or
    falling all the way. Every point that takes part is flagged. NHS England uses ``shift=7, trend=7``.

    References
    ----------
    Western Electric (1956), Statistical Quality Control Handbook; NIST/SEMATECH e-Handbook 6.3.2; Nelson (1984).
    """
    value = np.atleast_1d(array("x", x))
    shift, trend = whole("shift", shift), whole("trend", trend, 2)
    lines = [
        array(name, line) for name, line in (("centre", centre), ("lower", lower), ("upper", upper))
    ]
    middle, low, high = (line[..., None] if 0 < line.ndim < value.ndim else line for line in lines)
    try:
        np.broadcast_shapes(value.shape, middle.shape, low.shape, high.shape)
    except ValueError as error:
        found = "、".join(str(line.shape) for line in (value, middle, low, high))
        raise refuse("centre, lower, upper", found, "一个数，或与 x 的个数相同") from error
    with np.errstate(divide="ignore", invalid="ignore"):
        above, below = (
            (value - middle) / ((high - middle) / 3),
            (middle - value) / ((middle - low) / 3),
        )
    # sigmas from the centre; limits need not be symmetric
    zone = np.where(value == middle, 0.0, np.where(value > middle, above, -below))

    def either(hit: Any, length: int, needed: int) -> NDArray[np.bool_]:
        return _window(hit(zone), length, needed) | _window(hit(-zone), length, needed)

    step = np.diff(value, axis=-1)
    rising = np.zeros(value.shape, dtype=bool)
    run = _window(step > 0, trend - 1, trend - 1) | _window(step < 0, trend - 1, trend - 1)
    rising[..., 1:] |= run
    rising[..., :-1] |= run
    return {
        "outside": (value > high) | (value < low),
        "two_of_three": either(lambda z: z > 2, 3, 2),
        "four_of_five": either(lambda z: z > 1, 5, 4),
        "shift": either(lambda z: z > 0, shift, shift),
        "trend": rising,
    }


def _window(hit: NDArray[np.bool_], length: int, needed: int) -> NDArray[np.bool_]:
    """The hits inside any window of `length` points that holds at least `needed` of them."""
    flagged = np.zeros_like(hit)
    if hit.shape[-1] < length:
        return flagged
    full = np.lib.stride_tricks.sliding_window_view(hit, length, axis=-1).sum(-1) >= needed
    for offset in range(length):
        flagged[..., offset : offset + full.shape[-1]] |= full
    return flagged & hit
