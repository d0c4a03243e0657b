"""Normalisation: indicators in different units onto one scale, the better the higher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalkit.scoring.methods import RULES
from evalkit.scoring.ranks import rank
from evalkit.stats.arrays import Floats, array, one_of, refuse, scalar
from evalkit.world.number import plain

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
    one_of("method", method, *RULES)
    values = array("x", x)
    if not values.ndim:
        raise refuse("x", "一个数", "一列（一个指标）或 单位 × 指标")
    flat = values.ndim == 1
    values = values[:, None] if flat else values
    lower = lower_better(better, values.shape[-1])
    zero_at, low, high = (
        _limit(name, v, lower) for name, v in (("zero_at", zero_at), ("low", low), ("high", high))
    )
    if log:
        values, low, high = (
            _log(name, v) for name, v in (("x", values), ("low", low), ("high", high))
        )
    rule = RULES[method]
    called = tuple(map(str, names)) or tuple(f"第 {n + 1} 个指标" for n in range(len(lower)))
    if "target" in rule.needs:
        target = _needed("target", target, lower, f"{method} 需要目标值 target", called)
    if "low" in rule.needs:
        low = _needed("low", low, lower, f"{method} 需要固定的下限 low", called)
        high = _needed("high", high, lower, f"{method} 需要固定的上限 high", called)
    if isinstance(to, str) or not hasattr(to, "__len__") or len(to) != 2:
        raise refuse("to", str(to)[:60], "两个数，先低后高")
    ends = [scalar("to", end, said="两个数，先低后高") for end in to]
    given = Given(
        x=values,
        lower=lower,
        names=called,
        target=target,
        zero_at=zero_at,
        low=low,
        high=high,
        ends=(ends[0], ends[1]),
        cap=cap,
        ties=ties,
        threshold=threshold,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        result = rule.formula(given)
    return np.asarray(result[..., 0] if flat else result)


@dataclass(frozen=True, eq=False)
class Given:
    """What a rule may use: checked values (units x indicators) and the options of `normalise`."""

    x: Floats
    lower: NDArray[np.bool_]
    names: tuple[str, ...]
    target: Any
    zero_at: Any
    low: Any
    high: Any
    ends: tuple[float, float]
    cap: bool | None
    ties: str | None
    threshold: Any

    @property
    def turned(self) -> Floats:
        """The values with the sign turned where less is better."""
        return np.where(self.lower, -self.x, self.x)


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


# the rules, in the order in which they are named


@RULES.add("share_of_target", zh="与满分线相比，达到满分线得满分", needs=("target",), absolute=True)
def _share(given: Given) -> Floats:
    x, lower, names = given.x, given.lower, given.names
    goal = np.broadcast_to(np.asarray(given.target, dtype=float), lower.shape)
    zero_at = np.nan if given.zero_at is None else given.zero_at
    zero = np.broadcast_to(np.asarray(zero_at, dtype=float), lower.shape)
    start = np.where(np.isnan(zero), 0.0, zero)
    same = goal == start
    if bool(np.any(same)):
        found = f"{_which(same, names)}的目标值 {plain(goal[same][0])}"
        raise refuse("target", found, "目标值与零分值（不写为 0）不能相同")
    below = (goal < 0) & np.isnan(zero)
    if bool(np.any(below)):
        found = f"{_which(below, names)}的目标值 {plain(goal[below][0])}"
        raise refuse("target", found, "没有零分值时，目标值大于 0", "写上 zero_at（得零分的值）")
    turned = ~np.isnan(zero) & ((goal > zero) == lower)
    if bool(np.any(turned)):
        allowed = "越高越好时零分值低于目标值，越低越好时高于目标值"
        raise refuse("zero_at", f"{_which(turned, names)}方向相反", allowed)
    inverse = np.where(x <= goal, 1.0, goal / x)
    share = np.where(lower & np.isnan(zero), inverse, (x - start) / (goal - start))
    return np.clip(share, 0.0, 1.0)


@RULES.add("linear_60_100", zh="功效系数60至100", top=100.0, varied=2)
def _linear_60_100(given: Given) -> Floats:
    return _between(given, (60.0, 100.0), bool(given.cap))


@RULES.add("minmax", zh="最好与最差之间按比例", onto=True, varied=1)
def _minmax(given: Given) -> Floats:
    return _between(given, given.ends, bool(given.cap))


@RULES.add("zscore", zh="标准分", signed=True, top=None)
def _zscore(given: Given) -> Floats:
    sd = sample_sd(given.x)
    centred = given.x - over_units("mean", given.x)
    varies = sd > 1e-12 * np.abs(over_units("max", np.abs(given.x)))
    result = np.where(varies, centred / sd, centred * 0.0)
    return np.where(given.lower, -result, result)


@RULES.add("rank", zh="位次", top=None)
def _rank(given: Given) -> Floats:
    return _places(given.turned, given.ties or "min")


@RULES.add(
    "percentile",
    zh="位次百分比（并列最好的都按100计，其余并列的取低位）",
    top=100.0,
    varied=3,
)
def _percentile(given: Given) -> Floats:
    places = _places(given.turned, given.ties or "ceiling")
    return np.asarray(100 * places / np.sum(~np.isnan(given.x), axis=-2, keepdims=True))


def _places(x: Floats, ties: str) -> Floats:
    """Ascending ranks of the units, the higher the better."""
    one_of("ties", ties, "min", "average", "dense", "ceiling")
    if ties != "ceiling":
        return rank(x, ties, better="lower", axis=-2)
    found = rank(x, "min", better="lower", axis=-2)
    return np.where(x == over_units("max", x), np.sum(~np.isnan(x), axis=-2, keepdims=True), found)


@RULES.add("distance", zh="与目标的距离", needs=("target",))
def _distance(given: Given) -> Floats:
    x, lower = given.x, given.lower
    worst = np.where(lower, over_units("max", x), over_units("min", x))
    goal = np.asarray(given.target, dtype=float)
    reachable = np.where(lower, goal < worst, goal > worst)  # else every unit has reached it
    reached = np.where(np.isnan(x), np.nan, 1.0)
    result = np.where(reachable, (x - worst) / (goal - worst), reached)
    return np.minimum(result, 1.0) if given.cap else result


@RULES.add("goalposts", zh="固定上下限之间按比例", needs=("low", "high"), onto=True, absolute=True)
def _goalposts(given: Given) -> Floats:
    return _between(given, given.ends, True if given.cap is None else given.cap)


def _between(given: Given, ends: tuple[float, float], cap: bool) -> Floats:
    """Values between the worst and the best (or fixed limits) onto `ends`."""
    x, lower, names = given.x, given.lower, given.names
    low, high = (
        np.asarray(np.nan if end is None else end, dtype=float) for end in (given.low, given.high)
    )
    floor = np.where(np.isnan(low), over_units("min", x), low)
    ceiling = np.where(np.isnan(high), over_units("max", x), high)
    crossed = np.broadcast_to(low >= high, lower.shape)
    if bool(np.any(crossed)):
        raise refuse("low, high", f"{_which(crossed, names)}下限不低于上限", "low 小于 high")
    turned = np.broadcast_to(floor > ceiling, (*ceiling.shape[:-1], len(lower)))
    if bool(np.any(turned)):
        found = f"{_which(turned, names)}的数值都在给定的限值之外"
        allowed = "low 低于数据的最大值，high 高于数据的最小值"
        raise refuse("low, high", found, allowed, "两端都写，或都不写")
    worst, span = np.where(lower, ceiling, floor), np.where(lower, floor - ceiling, ceiling - floor)
    flat = np.abs(span) <= 1e-12 * np.maximum(np.abs(floor), np.abs(ceiling))
    scale = (ends[1] - ends[0]) / np.where(flat, np.nan, span)
    result = (x - worst) * scale
    result += ends[0]
    if flat.any():
        result = np.where(flat & ~np.isnan(x), (ends[0] + ends[1]) / 2, result)
    return np.clip(result, min(ends), max(ends)) if cap else result


@dataclass(frozen=True, eq=False)
class _Reference:
    """What values are compared with: the best, the worst or the mean of each column."""

    method: str
    said: str
    value: Floats
    unlike: NDArray[np.bool_]  # values that differ from it
    least: Floats
    most: Floats


def _reference(given: Given, method: str) -> _Reference:
    scalar("threshold", given.threshold, 0, said="不小于 0")
    least, most = over_units("min", given.x), over_units("max", given.x)
    name = method.rpartition("_")[2]
    if name == "best":
        said, value = "最好值", np.where(given.lower, least, most)
    elif name == "worst":
        said, value = "最差值", np.where(given.lower, most, least)
    else:
        said, value = "平均数", over_units("mean", given.x)
    near = 1e-12 * np.maximum(most - least, np.abs(value))
    unlike = ~np.isnan(given.x) & (np.abs(given.x - value) > near)
    return _Reference(method, said, value, unlike, least, most)


@RULES.add("above_below", zh="高于、接近或低于平均数", signed=True, top=None)
def _above_below(given: Given) -> Floats:
    signed = _signed_difference(given, _reference(given, "above_below"))
    threshold = scalar("threshold", given.threshold, 0, said="不小于 0")
    side = np.where(np.abs(signed) > threshold, np.sign(signed), 0.0)
    return np.where(np.isnan(given.x), np.nan, side)


@RULES.add("ratio_best", zh="与最好者之比")
def _ratio_best(given: Given) -> Floats:
    return _ratio(given, _reference(given, "ratio_best"))


@RULES.add("ratio_mean", zh="与平均数之比", top=None)
def _ratio_mean(given: Given) -> Floats:
    return _ratio(given, _reference(given, "ratio_mean"))


@RULES.add("ratio_worst", zh="与最差者之比", top=None)
def _ratio_worst(given: Given) -> Floats:
    return _ratio(given, _reference(given, "ratio_worst"))


@RULES.add("difference_best", zh="与最好者的相对差", signed=True, top=None)
def _difference_best(given: Given) -> Floats:
    return _signed_difference(given, _reference(given, "difference_best"))


@RULES.add("difference_mean", zh="与平均数的相对差", signed=True, top=None)
def _difference_mean(given: Given) -> Floats:
    return _signed_difference(given, _reference(given, "difference_mean"))


@RULES.add("difference_worst", zh="与最差者的相对差", signed=True, top=None)
def _difference_worst(given: Given) -> Floats:
    return _signed_difference(given, _reference(given, "difference_worst"))


def _ratio(given: Given, to: _Reference) -> Floats:
    """Values over the reference; the reference over the values where less is better."""
    x, lower, names = given.x, given.lower, given.names
    _not_zero(to.method, f"{to.said}为 0", to.unlike & (to.value == 0), names)
    base = np.where(lower, x, to.value)  # what the ratio is divided by
    _not_zero(to.method, "有 0 值（越低越好时作分母）", to.unlike & (base == 0), names)
    negative = to.unlike & ((base < 0) | (to.value < 0))
    if bool(np.any(negative)):
        found = f"{_which(negative, names)}有负数"
        raise refuse("x", found, f"{to.method} 只用于正数", "改用 minmax")
    ratio = np.where(to.unlike, np.where(lower, to.value / x, x / to.value), 1.0)
    return np.where(np.isnan(x), np.nan, ratio)


def _signed_difference(given: Given, to: _Reference) -> Floats:
    """Relative differences to the reference, above 0 where a value is better."""
    zero = np.abs(to.value) <= 1e-12 * np.maximum(np.abs(to.least), np.abs(to.most))
    _not_zero(to.method, f"{to.said}为 0", to.unlike & zero, given.names)
    relative = np.where(to.unlike, (given.x - to.value) / np.abs(to.value), given.x * 0.0)
    return np.where(given.lower, -relative, relative)


def _not_zero(method: str, said: str, zero: NDArray[np.bool_], names: Sequence[str]) -> None:
    """Refuse a ratio to nothing, with the indicator and what was 0."""
    if zero.any():
        found = f"{_which(zero, names)}{said}"
        raise refuse("x", found, f"{method} 与它相比，不能为 0", "改用 minmax 或 share_of_target")


METHODS = tuple(RULES)
