"""Normalisation: indicators in different units onto one scale, the better the higher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.scoring.ranks import rank
from evalkit.stats.arrays import Floats, array, one_of, refuse, scalar
from evalkit.world.number import plain

METHODS = (
    "share_of_target",
    "linear_60_100",
    "minmax",
    "zscore",
    "rank",
    "percentile",
    "distance",
    "goalposts",
    "above_below",
    "ratio_best",
    "ratio_mean",
    "ratio_worst",
    "difference_best",
    "difference_mean",
    "difference_worst",
)
ABSOLUTE = frozenset({"share_of_target", "goalposts"})  # a unit's value never depends on the others
SIGNED = frozenset(
    {"zscore", "difference_best", "difference_mean", "difference_worst", "above_below"}
)

Better = str | Sequence[str]


def lower_better(better: Better, count: int) -> NDArray[np.bool_]:
    """Flags of the indicators where less is better."""
    if better is None or not (isinstance(better, str) or hasattr(better, "__iter__")):
        raise refuse("better", str(better), "higher（越高越好）、lower（越低越好）")
    words = [better] * count if isinstance(better, str) else [str(word) for word in better]
    if wrong := sorted(set(words) - {"higher", "lower"}):
        raise refuse(
            "better",
            "、".join(wrong),
            "higher（越高越好）、lower（越低越好）",
            "无方向的指标不能计分",
        )
    if len(words) != count:
        raise refuse("better", f"{len(words)} 个", f"每个指标一个方向，共 {count} 个")
    return np.array([word == "lower" for word in words], dtype=bool)


def over_units(function: str, x: Floats) -> Floats:
    """min, max, mean or median of the known values of every column, kept axis; NaN for a column without any."""
    x = x if x.shape[-2] else np.full((*x.shape[:-2], 1, x.shape[-1]), np.nan)
    found = np.asarray(getattr(np, function)(x, axis=-2, keepdims=True))
    if not np.isnan(found).any():
        return found
    empty = np.isnan(x).all(axis=-2, keepdims=True)
    known = getattr(np, f"nan{function}")(np.where(empty, 0.0, x), axis=-2, keepdims=True)
    return np.where(empty, np.nan, known)


def sample_sd(x: Floats, ddof: int = 1) -> Floats:
    """Standard deviation of the known values of every column, kept axis; 0 where there is nothing to compare."""
    centred = x - over_units("mean", x)
    known = ~np.isnan(centred)
    count = known.sum(-2, keepdims=True) - ddof
    squares = np.where(known, centred, 0) ** 2
    return np.asarray(np.sqrt(squares.sum(-2, keepdims=True) / np.maximum(count, 1)))


def normalise(
    x: ArrayLike,
    method: str,
    better: Better = "higher",
    *,
    target: ArrayLike | None = None,
    zero_at: ArrayLike | None = None,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    to: tuple[float, float] = (0.0, 1.0),
    cap: bool | None = None,
    log: bool = False,
    ties: str | None = None,
    threshold: float = 0.2,
    names: Sequence[str] = (),
) -> Floats:
    r"""Indicators on one scale, high always good.

    Parameters
    ----------
    x
        Units x indicators, with any leading axes for replications; one dimension is one indicator.
    method
        With w the worst and b the best value known in the column (by `better`):

        - ``share_of_target``: :math:`\min(x/t, 1)`; less is better: :math:`\min(t/x, 1)`; with `zero_at` z (either
          direction) :math:`(x-z)/(t-z)` held in 0 to 1. Not below 0.
        - ``linear_60_100`` (功效系数): :math:`60 + 40(x-w)/(b-w)`, with `low`, `high` as 不允许值 and 满意值.
        - ``minmax``: :math:`(x-w)/(b-w)` onto `to`; ``goalposts``: the same between fixed `low` and `high`, capped.
        - ``zscore``: :math:`(x-\bar x)/s`, s with n - 1.
        - ``rank``: ascending, the best has the highest number; ``percentile``: 100 rank / n, and 100 for all that share
          the best value (see `ties`).
        - ``distance``: :math:`1 - (t-x)/(t-w)` to a `target`.
        - ``ratio_best``, ``ratio_mean``, ``ratio_worst``: x over the reference (less is better: reference over x);
          ``difference_*``: the relative difference :math:`(x-r)/r`, sign turned where less is better.
        - ``above_below``: 1, 0, -1 for x / mean above 1 + threshold, between, below 1 - threshold.

        A ratio or a relative difference to a reference of 0 does not exist: it is refused with the indicator's number,
        and so is a ratio to a negative reference.
    better
        ``higher`` or ``lower``, one word or one for each indicator.
    target, zero_at, low, high
        Numbers, or one for each indicator; NaN in `low` or `high` leaves that bound to the data (not for goalposts).
    cap
        Hold linear_60_100, minmax and distance inside their range (default no); goalposts: default yes.
    log
        Natural logarithms of x, `low` and `high` first (income in the human development index).
    ties
        Of ``rank`` and ``percentile``: ``min`` (the lowest of the places shared; OECD/JRC), ``average`` (mid-ranks),
        ``dense``, or ``ceiling``: as ``min``, but units that share the best value all stand at the top, since with
        half of the areas at 100% the ceiling, and not the place, is what they reached. Default: ``min`` for ``rank``,
        ``ceiling`` for ``percentile``.
    names
        Of the indicators, for messages; else they are counted (第 2 个指标).

    Returns
    -------
    array of the shape of x
        A missing value stays NaN and touches no other. A constant column, or one known unit, says nothing about
        who is better: z-score and differences 0, minmax and linear_60_100 the middle of the range, ratios 1,
        percentile 100.

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 5; UNDP, Human Development Report,
    technical note 1.
    """
    one_of("method", method, *METHODS)
    values = array("x", x)
    if not values.ndim:
        raise refuse("x", "一个数", "一列（一个指标）或 单位 × 指标")
    flat = values.ndim == 1
    values = values[:, None] if flat else values
    lower = lower_better(better, values.shape[-1])
    names = [str(name) for name in names] or [f"第 {n + 1} 个指标" for n in range(len(lower))]
    zero_at, low, high = (
        _limit(name, v, lower) for name, v in (("zero_at", zero_at), ("low", low), ("high", high))
    )
    if log:
        values, low, high = (
            _log(name, v) for name, v in (("x", values), ("low", low), ("high", high))
        )
    if method in ("share_of_target", "distance"):
        target = _needed("target", target, lower, f"{method} 需要目标值 target", names)
    if method == "goalposts":
        low = _needed("low", low, lower, "goalposts 需要固定的下限 low", names)
        high = _needed("high", high, lower, "goalposts 需要固定的上限 high", names)
    if isinstance(to, str) or not hasattr(to, "__len__") or len(to) != 2:
        raise refuse("to", str(to)[:60], "两个数，先低后高")
    ends = [scalar("to", end, said="两个数，先低后高") for end in to]
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "share_of_target":
            result = _share(values, lower, target, zero_at, names)
        elif method in ("linear_60_100", "minmax", "goalposts"):
            span = (60.0, 100.0) if method == "linear_60_100" else (ends[0], ends[1])
            held = cap if cap is not None else method == "goalposts"
            result = _between(values, lower, low, high, span, held, names)
        elif method == "distance":
            worst = np.where(lower, over_units("max", values), over_units("min", values))
            goal = np.asarray(target, dtype=float)
            reachable = np.where(
                lower, goal < worst, goal > worst
            )  # else every unit has reached it
            result = np.where(
                reachable,
                (values - worst) / (goal - worst),
                np.where(np.isnan(values), np.nan, 1.0),
            )
            result = np.minimum(result, 1.0) if cap else result
        elif method == "zscore":
            sd = sample_sd(values)
            centred = values - over_units("mean", values)
            result = np.where(
                sd > 1e-12 * np.abs(over_units("max", np.abs(values))), centred / sd, centred * 0.0
            )
            result = np.where(lower, -result, result)
        elif method in ("rank", "percentile"):
            result = _places(
                np.where(lower, -values, values), ties or ("min" if method == "rank" else "ceiling")
            )
            if method == "percentile":
                result = 100 * result / np.sum(~np.isnan(values), axis=-2, keepdims=True)
        else:
            result = _relative(
                values, lower, method, scalar("threshold", threshold, 0, said="不小于 0"), names
            )
    return np.asarray(result[..., 0] if flat else result)


def _limit(where: str, value: Any, lower: NDArray[np.bool_]) -> Any:
    """A limit for all indicators or one for each, NaN where there is none; nothing where none is given."""
    if value is None:
        return None
    found = array(where, value)
    if found.ndim > 1 or found.size not in (1, len(lower)):
        raise refuse(where, f"{found.size} 个", f"一个数，或每个指标一个，共 {len(lower)} 个")
    return np.broadcast_to(found, lower.shape)


def _needed(
    where: str, value: Any, lower: NDArray[np.bool_], said: str, names: Sequence[str]
) -> Floats:
    """The same where the method cannot do without."""
    found = _limit(where, np.nan if value is None else value, lower)
    if bool(np.isnan(found).any()):
        which = "没有给出" if np.isnan(found).all() else f"{_which(np.isnan(found), names)}没有"
        raise refuse(where, which, said)
    return np.asarray(found)


def _which(hit: NDArray[np.bool_], names: Sequence[str]) -> str:
    """The indicators (last axis) that are hit, by name."""
    columns = hit.reshape(-1, hit.shape[-1]).any(axis=0)
    return "、".join(names[n] for n in np.flatnonzero(columns)[:10])


def _places(x: Floats, ties: str) -> Floats:
    """Ascending ranks of the units, the higher the better."""
    one_of("ties", ties, "min", "average", "dense", "ceiling")
    if ties != "ceiling":
        return rank(x, ties, better="lower", axis=-2)
    found = rank(x, "min", better="lower", axis=-2)
    return np.where(x == over_units("max", x), np.sum(~np.isnan(x), axis=-2, keepdims=True), found)


def _log(where: str, v: Any) -> Any:
    if v is None:
        return None
    if bool(np.any(v <= 0)):
        raise refuse(
            where,
            plain(np.nanmin(v)),
            "取对数的数值和上下限都大于 0",
            "不取对数（log=False），或换一种标准化",
        )
    return np.log(v)


def _share(
    x: Floats, lower: NDArray[np.bool_], target: Any, zero_at: Any, names: Sequence[str]
) -> Floats:
    goal = np.broadcast_to(np.asarray(target, dtype=float), lower.shape)
    zero = np.broadcast_to(
        np.asarray(np.nan if zero_at is None else zero_at, dtype=float), lower.shape
    )
    start = np.where(np.isnan(zero), 0.0, zero)
    if bool(np.any(same := goal == start)):
        raise refuse(
            "target",
            f"{_which(same, names)}的目标值 {plain(goal[same][0])}",
            "目标值与零分值（不写为 0）不能相同",
        )
    if bool(np.any(below := (goal < 0) & np.isnan(zero))):
        found = f"{_which(below, names)}的目标值 {plain(goal[below][0])}"
        raise refuse("target", found, "没有零分值时，目标值大于 0", "写上 zero_at（得零分的值）")
    if bool(np.any(turned := ~np.isnan(zero) & ((goal > zero) == lower))):
        raise refuse(
            "zero_at",
            f"{_which(turned, names)}方向相反",
            "越高越好时零分值低于目标值，越低越好时高于目标值",
        )
    inverse = np.where(x <= goal, 1.0, goal / x)
    return np.clip(
        np.where(lower & np.isnan(zero), inverse, (x - start) / (goal - start)), 0.0, 1.0
    )


def _between(
    x: Floats,
    lower: NDArray[np.bool_],
    low: Any,
    high: Any,
    ends: tuple[float, float],
    cap: bool,
    names: Sequence[str],
) -> Floats:
    fixed = [np.asarray(np.nan if given is None else given, dtype=float) for given in (low, high)]
    floor, ceiling = (
        np.where(np.isnan(v), over_units(n, x), v)
        for v, n in zip(fixed, ("min", "max"), strict=True)
    )
    if bool(np.any(crossed := np.broadcast_to(fixed[0] >= fixed[1], lower.shape))):
        raise refuse("low, high", f"{_which(crossed, names)}下限不低于上限", "low 小于 high")
    if bool(np.any(turned := np.broadcast_to(floor > ceiling, (*ceiling.shape[:-1], len(lower))))):
        found = f"{_which(turned, names)}的数值都在给定的限值之外"
        raise refuse(
            "low, high", found, "low 低于数据的最大值，high 高于数据的最小值", "两端都写，或都不写"
        )
    worst, span = np.where(lower, ceiling, floor), np.where(lower, floor - ceiling, ceiling - floor)
    flat = np.abs(span) <= 1e-12 * np.maximum(np.abs(floor), np.abs(ceiling))
    scale = (ends[1] - ends[0]) / np.where(flat, np.nan, span)
    result = (x - worst) * scale
    result += ends[0]
    if flat.any():
        result = np.where(flat & ~np.isnan(x), (ends[0] + ends[1]) / 2, result)
    return np.clip(result, min(ends), max(ends)) if cap else result


def _relative(
    x: Floats, lower: NDArray[np.bool_], method: str, threshold: float, names: Sequence[str]
) -> Floats:
    kind, _, name = method.partition("_")
    low, high = over_units("min", x), over_units("max", x)
    ends = {"best": np.where(lower, low, high), "worst": np.where(lower, high, low)}
    reference = ends[name] if name in ends else over_units("mean", x)
    said = {"best": "最好值", "worst": "最差值"}.get(name, "平均数")
    unlike = ~np.isnan(x) & (
        np.abs(x - reference) > 1e-12 * np.maximum(high - low, np.abs(reference))
    )
    if kind == "ratio":
        _not_zero(method, f"{said}为 0", unlike & (reference == 0), names)
        base = np.where(lower, x, reference)  # what the ratio is divided by
        _not_zero(method, "有 0 值（越低越好时作分母）", unlike & (base == 0), names)
        if bool(np.any(bad := unlike & ((base < 0) | (reference < 0)))):
            found = f"{_which(bad, names)}有负数"
            raise refuse("x", found, f"{method} 只用于正数", "改用 minmax")
        return np.where(
            np.isnan(x),
            np.nan,
            np.where(unlike, np.where(lower, reference / x, x / reference), 1.0),
        )
    zero = np.abs(reference) <= 1e-12 * np.maximum(np.abs(low), np.abs(high))
    _not_zero(method, f"{said}为 0", unlike & zero, names)
    relative = np.where(unlike, (x - reference) / np.abs(reference), x * 0.0)
    signed = np.where(lower, -relative, relative)
    if kind == "difference":
        return signed
    return np.where(np.isnan(x), np.nan, np.where(np.abs(signed) > threshold, np.sign(signed), 0.0))


def _not_zero(method: str, said: str, zero: NDArray[np.bool_], names: Sequence[str]) -> None:
    """Refuse a ratio to nothing, with the indicator and what was 0."""
    if zero.any():
        found = f"{_which(zero, names)}{said}"
        raise refuse("x", found, f"{method} 与它相比，不能为 0", "改用 minmax 或 share_of_target")
