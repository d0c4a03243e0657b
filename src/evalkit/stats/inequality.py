"""Inequality between units, and its split between and within groups.

Values lie on the last axis and may not be negative; a missing value or weight makes the result NaN, and so does nobody
at all. Everybody equal (all zero included) is 0. Weights are the persons or members behind a unit; without them every unit counts once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evalkit.stats.arrays import (
    Floats,
    array,
    arrays,
    floats_or_arrays,
    labels,
    one_of,
    refuse,
    scalar,
)
from evalkit.world.number import plain


def _prepare(values: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Values, weights that sum to 1, weighted mean (kept axis)."""
    x, w = (
        np.atleast_1d(a) for a in arrays(values=values, weights=1.0 if weights is None else weights)
    )
    if not x.shape[-1]:
        x, w = (np.full((*x.shape[:-1], 1), np.nan) for _ in range(2))
    for name, given in (("values", x), ("weights", w)):
        if bool(np.any(given < 0)):
            raise refuse(
                name, f"有负数 {plain(np.nanmin(given))}", "不平等指标的数值和权重都不小于 0"
            )
    with np.errstate(invalid="ignore", divide="ignore"):
        w = w / w.sum(-1, keepdims=True)
    return x, w, (w * x).sum(-1, keepdims=True)


def lorenz(values: ArrayLike, weights: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Lorenz curve: cumulated shares of units and of value, poorest first, both from 0 to 1."""
    x, w, mean = _prepare(values, weights)
    order = np.argsort(x, axis=-1, kind="stable")
    x, w = np.take_along_axis(x, order, -1), np.take_along_axis(w, order, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(mean == 0, w, w * x / mean)
    people, value = (np.insert(np.cumsum(a, axis=-1), 0, 0.0, axis=-1) for a in (w, share))
    return people, value


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> Any:
    r"""Gini coefficient :math:`\sum_{ij} w_i w_j |x_i - x_j| / (2\mu)`, weights summing to 1 (population form).

    Twice the area between the diagonal and the `lorenz` curve; no small-sample correction n / (n - 1).
    """
    people, value = lorenz(values, weights)
    return floats_or_arrays(
        1 - (np.diff(people, axis=-1) * (value[..., 1:] + value[..., :-1])).sum(-1)
    )[0]


def theil(values: ArrayLike, weights: ArrayLike | None = None, kind: str = "T") -> Any:
    r"""Theil index T :math:`\sum_i w_i \frac{x_i}{\mu}\ln\frac{x_i}{\mu}` or L :math:`\sum_i w_i \ln\frac{\mu}{x_i}`.

    A zero adds 0 to T; L has no value where somebody has nothing: NaN. Natural logarithms.

    References
    ----------
    Theil (1967), Economics and Information Theory.
    """
    one_of("kind", kind, "T", "L")
    x, w, mean = _prepare(values, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(mean == 0, 1.0, x / mean)
        if kind == "T":
            return floats_or_arrays((w * _x_log_x(r)).sum(-1))[0]
        return floats_or_arrays(
            -(w * np.log(np.where((r > 0) | (w == 0), np.where(w == 0, 1.0, r), np.nan))).sum(-1)
        )[0]


def _x_log_x(x: Floats) -> Floats:
    """x ln x, 0 at 0 (as scipy's ``xlogy``, which takes 0.3 s to load)."""
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, x)))


def _relative_entropy(x: Floats, y: Floats) -> Floats:
    """x ln(x / y); 0 where x is 0, infinite where only y is (as scipy's ``rel_entr``)."""
    both = (x > 0) & (y > 0)
    over, below = np.where(both, x, 1.0), np.where(both, y, 1.0)
    ratio = over / below
    near = (ratio > 0.5) & (ratio < 2)
    logarithm = np.where(near, np.log1p((over - below) / below), np.log(ratio))
    unknown = np.isnan(x) | np.isnan(y)
    without = np.where(unknown, np.nan, np.where((x == 0) & (y >= 0), 0.0, np.inf))
    return np.where(both, over * logarithm, without)


def _members(groups: ArrayLike, length: int) -> Floats:
    """Zero-one matrix units x groups; a group of nobody cannot occur, a unit without a group is refused."""
    index = labels("groups", groups, length)
    if bool(np.any(index < 0)):
        found = f"第 {'、'.join(str(n + 1) for n in np.flatnonzero(index < 0)[:10])} 个单位没有组别"
        raise refuse(
            "groups",
            found,
            f"每个单位一个组别，共 {length} 个",
            "填上组别，或写成“未分组”，或去掉这些单位",
        )
    return np.eye(index.max(initial=-1) + 1)[index]


def theil_decomposition(
    values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None
) -> tuple[Any, Any, Any]:
    r"""Theil T split by groups g with value shares s and unit shares p: ``(total, between, within)``.

    .. math:: T = \underbrace{\sum_g s_g \ln\frac{s_g}{p_g}}_{between} + \underbrace{\sum_g s_g T_g}_{within}

    The parts add up to the total exactly.

    References
    ----------
    Shorrocks (1980), Econometrica 48, 613-625.
    """
    x, w, mean = _prepare(values, weights)
    member = (
        _members(groups, x.shape[-1]) if array("values", values).size else np.ones((x.shape[-1], 1))
    )
    people = w @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(mean == 0, people, (w * x) @ member / mean)
        between = _relative_entropy(share, people).sum(-1)
    total = np.asarray(theil(values, weights))
    return floats_or_arrays(total, between, total - between)


def dagum(
    values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None
) -> tuple[float, float, float]:
    r"""Dagum's split of the Gini: ``(within, net between, transvariation)``, adding up to `gini`.

    With unit shares p, value shares s and :math:`\Delta_{jh}` the mean absolute difference between groups,
    :math:`G_{jh} = \Delta_{jh}/(\mu_j+\mu_h)` and :math:`D_{jh} = |\mu_j - \mu_h| / \Delta_{jh}`:

    .. math:: G_w = \sum_j G_{jj} p_j s_j,\quad G_{nb} = \sum_{j \ne h} G_{jh} p_j s_h D_{jh},\quad
              G_t = \sum_{j \ne h} G_{jh} p_j s_h (1 - D_{jh})

    References
    ----------
    Dagum (1997), Empirical Economics 22, 515-531.
    """
    x, w, mean = _prepare(values, weights)
    if x.ndim != 1:
        raise refuse("values", f"{x.ndim} 维", "一组单位的数值（一维）")
    member = _members(groups, len(x)) if array("values", values).size else np.ones((len(x), 1))
    count = member.shape[1]
    if not mean[0] > 0:  # nothing to share: 0, or NaN where that is not known
        return (float(mean[0]) * 0.0,) * 3
    people, amount = w @ member, (w * x) @ member
    gap = np.zeros((count, count))  # sum over pairs of w_i w_k |x_i - x_k|
    for h in range(count):
        inside = member[:, h] > 0
        order = np.argsort(x[inside])
        y, v = x[inside][order], w[inside][order]
        below = np.searchsorted(y, x, side="right")
        reached, total = (np.concatenate([[0.0], np.cumsum(a)]) for a in (v, v * y))
        gap[:, h] = (
            w * (x * (2 * reached[below] - reached[-1]) + total[-1] - 2 * total[below])
        ) @ member
    # Delta p_j p_h = gap, so G_jh (p_j s_h + p_h s_j) = gap_jh / mean, and D = |amount_j p_h - amount_h p_j| / gap
    net = np.abs(np.outer(amount, people) - np.outer(people, amount))
    np.fill_diagonal(net, 0.0)
    within, between, whole = (
        float(part) / (2 * float(mean[0])) for part in (np.trace(gap), net.sum(), gap.sum())
    )
    return within, between, whole - within - between


def atkinson(values: ArrayLike, epsilon: float, weights: ArrayLike | None = None) -> Any:
    r"""Atkinson index :math:`1 - \left(\sum_i w_i (x_i/\mu)^{1-\epsilon}\right)^{1/(1-\epsilon)}`.

    At epsilon = 1 it is 1 - geometric / arithmetic mean; from there on a single zero makes it 1.

    References
    ----------
    Atkinson (1970), Journal of Economic Theory 2, 244-263.
    """
    epsilon = scalar("epsilon", epsilon, 0, said="不小于 0")
    x, w, mean = _prepare(values, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(mean == 0, 1.0, x / mean)
        # units that nobody stands for count nothing, whatever they have
        r, w = np.where(w == 0, 1.0, r), w
        if epsilon == 1:
            return floats_or_arrays(1 - np.exp((w * np.log(r)).sum(-1)))[0]
        if epsilon > 1 and bool((r == 0).any()):
            r = np.where((r == 0).any(-1, keepdims=True), np.where(np.isnan(r), np.nan, 0.0), r)
        return floats_or_arrays(1 - (w * r ** (1 - epsilon)).sum(-1) ** (1 / (1 - epsilon)))[0]
