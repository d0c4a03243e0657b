"""From normalised indicators to one value: means, outranking, TOPSIS, obstacle degrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evalkit.scoring.methods import COMBINATIONS, RULES, Combination
from evalkit.scoring.normalise import Better, lower_better, normalise, over_units
from evalkit.stats.arrays import Floats, array, one_of, refuse, scalar
from evalkit.world.number import plain

LARGEST_POWER = 100
SORTED = ("median", "copeland")  # formulas that want values and weights of one shape
BLOCK = 4_000_000  # numbers held at once by the outranking matrix


def shares(weights: ArrayLike, count: int) -> Floats:
    """Weights of `count` indicators (last axis) brought to sum 1; negative, missing or all zero is refused."""
    w = array("weights", weights)
    if w.shape[-1:] != (count,):
        raise refuse(
            "weights", f"{w.shape[-1] if w.ndim else 1} 个", f"每个指标一个权重，共 {count} 个"
        )
    total = w.sum(-1, keepdims=True)
    if not bool(np.all(w >= 0)) or not bool(np.all(total > 0)):
        found = "、".join("缺失" if v != v else plain(v) for v in w.ravel()[:8].tolist()) + "…" * (
            w.size > 8
        )
        raise refuse("weights", found or "没有指标", "权重不小于 0、没有缺失，且不全为 0")
    return np.asarray(w / total)


def _table(x: ArrayLike, axes: int = 2) -> Floats:
    """Values with so many axes at least: indicators last, units before them."""
    values = array("x", x)
    if values.ndim < axes:
        raise refuse(
            "x",
            f"{values.ndim} 维",
            "单位 × 指标" if axes == 2 else "一个单位的各指标，或 单位 × 指标",
        )
    return values


def _common(x: Floats, w: Floats) -> tuple[int, ...]:
    """The shape of values and weights together."""
    try:
        return np.broadcast_shapes(x.shape, w.shape)
    except ValueError as error:
        found = f"weights {'×'.join(map(str, w.shape))}，x {'×'.join(map(str, x.shape))}"
        raise refuse("weights", found, "每个指标一个权重，或与 x 前几维的次数相同") from error


def check_combination(
    normalisation: str, aggregation: str, node: str = "", to: tuple[float, float] = (0, 1)
) -> None:
    """Refuse before the run what has no meaning: a geometric or harmonic mean of values that can be negative."""
    one_of(node or "aggregate", aggregation, *COMBINATIONS)
    rule = RULES.get(normalisation)
    negative = rule is not None and (rule.signed or (rule.onto and min(to) < 0))
    if COMBINATIONS[aggregation].positive and negative:
        found = f"{aggregation}（{normalisation}）"
        allowed = "几何、调和、幂平均只用于正数；该标准化会产生负数"
        advice = "改用 arithmetic，或改用 minmax（如 1 到 100）、share_of_target"
        raise refuse(node or "aggregate", found, allowed, advice)


def aggregate(
    x: ArrayLike,
    weights: ArrayLike | None = None,
    method: str = "arithmetic",
    *,
    power: float = 2.0,
    needs: float = 1.0,
    node: str = "",
) -> Floats:
    r"""Weighted mean of the indicators of every unit.

    Parameters
    ----------
    x
        Normalised values, units x indicators, with any leading axes.
    weights
        One for each indicator (any positive scale; equal where none), with leading axes where they vary.
    method
        ``arithmetic`` :math:`\sum_j w_j x_j`; ``geometric`` :math:`\prod_j x_j^{w_j}`; ``harmonic``
        :math:`1/\sum_j w_j/x_j`; ``power`` :math:`(\sum_j w_j x_j^p)^{1/p}` (p = 0 is geometric); ``median``: weighted
        median (the mean of the two middle values at exactly half the weight); ``copeland``: number of units
        beaten minus number of units that beat it, i beating k where the weight of the indicators on which it is
        higher (ties: half) is above one half.
    needs
        Share of the weight that must be known. With 1 a missing value makes the result NaN; below 1 the known
        weights are brought to sum 1. Copeland splits the weight of a pair of which one is missing in half.
    node
        Name for messages.

    Returns
    -------
    array without the last axis
        A zero makes geometric, harmonic (and power with p < 0) means 0; a negative value there is refused.

    References
    ----------
    OECD/JRC (2008), Handbook, step 6; Copeland (1951); Munda and Nardo (2009), Applied Economics 41, 1513-1523.
    """
    one_of(node or "method", method, *COMBINATIONS)
    way = COMBINATIONS[method]
    values = _table(x, 2 if way.pairwise else 1)
    said = f"−{LARGEST_POWER} 至 {LARGEST_POWER}"
    power = scalar("power", power, -LARGEST_POWER, LARGEST_POWER, said)
    needs = scalar("needs", needs, 0, 1, "0 至 1")
    w = shares(np.ones(values.shape[-1]) if weights is None else weights, values.shape[-1])
    w = w[..., None, :] if w.ndim > 1 else w
    shape = _common(values, w)
    if method in SORTED:
        values = np.broadcast_to(values, shape)
    if way.positive and bool((values < 0).any()):
        found, allowed = f"有负数 {plain(np.nanmin(values))}", f"{method} 平均的数值都不小于 0"
        raise refuse(node or "aggregate", found, allowed, "改用 arithmetic 或换一种标准化")
    if not np.isnan(values.sum()):
        return _combined(values, w, way, power)
    present = ~np.isnan(values)
    coverage = (present * w).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(present, w, 0.0) / coverage[..., None]
    if not way.pairwise:  # which splits a pair of which one is missing in half
        values, w = np.where(present, values, 1.0), known
    result = _combined(values, w, way, power)
    return np.where((coverage >= needs - 1e-9) & (coverage > 0), result, np.nan)


def _combined(x: Floats, w: Floats, way: Combination, power: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(way.formula(x, w, power))


@COMBINATIONS.add("arithmetic", zh="加权算术平均")
def _arithmetic(x: Floats, w: Floats, power: float) -> Floats:
    return _dot(x, w)


@COMBINATIONS.add("geometric", zh="加权几何平均", positive=True, varied=1)
def _geometric(x: Floats, w: Floats, power: float) -> Floats:
    return np.exp(_dot(np.log(x), w, zero=x))


@COMBINATIONS.add("harmonic", zh="加权调和平均", positive=True, varied=2)
def _harmonic(x: Floats, w: Floats, power: float) -> Floats:
    return _power(x, w, -1.0)


@COMBINATIONS.add("power", zh="幂平均", positive=True)
def _power(x: Floats, w: Floats, power: float) -> Floats:
    if power == 0:
        return _geometric(x, w, power)
    return np.asarray(_dot(x**power, w, zero=x) ** (1 / power))


def _dot(x: Floats, w: Floats, zero: Floats | None = None) -> Floats:
    """Sum over the last axis; an indicator of weight 0 counts nothing, even where x is infinite (`zero` was 0)."""
    if zero is not None and bool((zero == 0).any()):
        x = np.where((zero == 0) & (w == 0), 0.0, x)
    if w.ndim > 1 and w.shape[-2] == 1:  # weights of a replication, the same for all its units
        return np.asarray((x @ np.swapaxes(w, -1, -2))[..., 0])
    return x @ w if w.ndim == 1 else np.asarray((x * w).sum(-1))


@COMBINATIONS.add("median", zh="加权中位数")
def _median(x: Floats, w: Floats, power: float) -> Floats:
    w = np.broadcast_to(w, x.shape)
    order = np.argsort(x, axis=-1)
    value = np.take_along_axis(x, order, -1)
    reach = np.cumsum(np.take_along_axis(w, order, -1), axis=-1)
    low, high = (np.argmax(reach >= 0.5 + shift, axis=-1)[..., None] for shift in (-1e-9, 1e-9))
    return np.asarray(
        (np.take_along_axis(value, low, -1) + np.take_along_axis(value, high, -1))[..., 0] / 2
    )


def outranking(x: ArrayLike, weights: ArrayLike) -> Floats:
    """Outranking matrix (units x units): weight of the indicators on which the row is above the column, ties half."""
    values = _table(x)
    if values.ndim != 2:
        raise refuse("x", f"{values.ndim} 维", "单位 × 指标")
    w = shares(weights, values.shape[-1])
    if w.ndim != 1:
        raise refuse("weights", f"{w.ndim} 维", "每个指标一个权重")
    matrix = (_balance(values, values, w) + 1) / 2
    np.fill_diagonal(matrix, 0.0)
    return matrix


def _balance(rows: Floats, units: Floats, w: Floats) -> Floats:
    """Weight of the indicators on which each row is above each unit, less the weight of those where it is below."""
    balance = np.zeros((*rows.shape[:-1], units.shape[-2]))
    for j in range(rows.shape[-1]):
        balance += w[..., j, None, None] * np.nan_to_num(
            np.sign(rows[..., :, None, j] - units[..., None, :, j])
        )
    return balance


@COMBINATIONS.add("copeland", zh="Copeland两两比较", pairwise=True)
def _copeland(x: Floats, w: Floats, power: float) -> Floats:
    count, indicators = x.shape[-2:]
    if not x.size:
        return np.zeros(x.shape[:-1])
    flat = x.reshape(-1, count, indicators)
    weight = np.broadcast_to(
        w[..., 0, :] if w.ndim > 1 else w, (*x.shape[:-2], indicators)
    ).reshape(-1, indicators)
    result = np.zeros(flat.shape[:-1])
    rows = max(1, BLOCK // max(1, count * len(flat)))
    for start in range(0, count, rows):
        balance = _balance(flat[:, start : start + rows], flat, weight)
        result[:, start : start + rows] = np.sign(np.where(np.abs(balance) < 1e-9, 0, balance)).sum(
            -1
        )
    return result.reshape(x.shape[:-1])


def topsis(
    x: ArrayLike, weights: ArrayLike, better: Better = "higher", norm: str = "vector"
) -> Floats:
    r"""TOPSIS closeness :math:`C_i = d_i^- / (d_i^+ + d_i^-)` to the ideal and from the worst solution.

    Parameters
    ----------
    x
        Raw values, units x indicators, with any leading axes.
    norm
        ``vector``: :math:`x_{ij} / \sqrt{\sum_i x_{ij}^2}` (Hwang and Yoon 1981); ``minmax``: 0 to 1 by column
        (Opricovic and Tzeng 2004). They can order units differently, so the choice is part of the method's name.

    Returns
    -------
    array without the last axis
        Between 0 and 1; 0.5 for all where no indicator tells units apart. A unit with a missing value gets NaN.
    """
    values = _table(x)
    lower = lower_better(better, values.shape[-1])
    w = shares(weights, values.shape[-1])
    w = w[..., None, :] if w.ndim > 1 else w
    _common(values, w)
    one_of("norm", norm, "vector", "minmax")
    if norm == "vector":
        length = np.sqrt(np.nansum(values**2, axis=-2, keepdims=True))
        scaled = w * np.divide(values, length, out=values * 0.0, where=length > 0)
        scaled = np.where(lower, -scaled, scaled)
    else:
        scaled = w * normalise(values, "minmax", better)
    # distances to the ideal and to the worst solution
    best, worst = (
        np.sqrt(((scaled - over_units(end, scaled)) ** 2).sum(-1)) for end in ("max", "min")
    )
    with np.errstate(invalid="ignore"):
        return np.where(best + worst == 0, 0.5, worst / (best + worst))


def obstacle(x: ArrayLike, weights: ArrayLike) -> Floats:
    r"""Obstacle degree (障碍度) :math:`w_j(1 - x_{ij}) / \sum_k w_k(1 - x_{ik})` of each indicator for each unit.

    x is normalised to 0 to 1. Rows sum to 1; a unit without any deficit has only zeros; missing values count
    nothing and stay NaN.
    """
    values = _table(x, 1)
    if bool(np.any((values < -1e-9) | (values > 1 + 1e-9))):
        raise refuse(
            "x",
            f"{plain(np.nanmin(values))} 到 {plain(np.nanmax(values))}",
            "障碍度要求标准化到 0 至 1",
        )
    w = shares(weights, values.shape[-1])
    _common(values, w)
    deficit = w * (1 - np.clip(values, 0, 1))
    total = np.nansum(deficit, axis=-1, keepdims=True)
    return np.asarray(np.divide(deficit, total, out=deficit * 0.0, where=total > 0))


METHODS = tuple(COMBINATIONS)
