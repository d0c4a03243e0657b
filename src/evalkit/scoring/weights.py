"""Weights from the data themselves. None of them knows what matters: they are shown beside the declared ones.

Every function takes units x indicators and gives weights that sum to 1; missing values are left out column by
column. Where nothing tells units apart the weights are equal.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from evalkit.problems import InputError
from evalkit.scoring.aggregate import shares
from evalkit.scoring.normalise import Better, normalise, over_units, sample_sd
from evalkit.stats.arrays import Floats, array, one_of, refuse, scalar, whole
from evalkit.world.number import plain

MOST = 1_000_000  # indicators that a number may ask for: a slip of the finger takes no gigabytes


def equal(x: ArrayLike) -> Floats:
    """The same weight for each indicator of a table units x indicators, or for so many as a number says."""
    values = array("x", x)
    count = whole("x", values.item(), most=MOST) if values.ndim == 0 else values.shape[-1]
    if not count:
        raise refuse("x", "没有指标", "至少一个指标")
    return np.full(count, 1.0 / count)


def given(weights: ArrayLike, total: float | None = None) -> Floats:
    """Declared weights or points, brought to sum 1; refused where they do not add up to `total`."""
    w = np.atleast_1d(array("weights", weights))
    total = None if total is None else scalar("total", total)
    if total is not None and abs(float(w.sum()) - total) > 1e-6 * max(1.0, abs(total)):
        raise refuse("weights", f"合计 {plain(w.sum())}", f"合计 {plain(total)}", "改权重或改合计")
    return shares(w, w.shape[-1])


def _table(x: ArrayLike, method: str = "") -> Floats:
    """A checked table; `method` names one that takes no negative values."""
    values = array("x", x)
    if values.ndim != 2:
        raise refuse("x", f"{values.ndim} 维", "单位 × 指标")
    if not values.shape[1]:
        raise refuse("x", "没有指标", "至少一个指标")
    if method and bool((values < 0).any()):
        raise refuse(
            "x",
            f"有负数 {plain(np.nanmin(values))}",
            f"{method}的数值都不小于 0",
            "先用 minmax 标准化",
        )
    return values


def _share(parts: Floats) -> Floats:
    parts = np.where(parts > 0, parts, 0.0)
    return parts / parts.sum() if parts.sum() > 0 else equal(len(parts))


def entropy(x: ArrayLike) -> Floats:
    r"""Entropy weights (熵权法) of non-negative data: :math:`w_j \propto 1 + \frac{1}{\ln n}\sum_i p_{ij}\ln p_{ij}`.

    :math:`p_{ij} = x_{ij}/\sum_i x_{ij}`, 0 ln 0 = 0. Turn indicators where less is better before (`normalise`).

    References
    ----------
    Shannon (1948); Hwang and Yoon (1981), Multiple Attribute Decision Making, 52-54.
    """
    values = _table(x, "熵权法")
    total = np.nansum(values, axis=0)
    n = np.maximum((~np.isnan(values)).sum(0), 2)
    diversity = 1 - np.nansum(
        special.entr(values / np.where(total > 0, total, np.nan)), axis=0
    ) / np.log(n)
    return _share(np.where((total > 0) & (diversity > 1e-12), diversity, 0.0))


def deviation(x: ArrayLike, kind: str = "standard") -> Floats:
    r"""Weights by dispersion of normalised data.

    ``standard`` (均方差法): :math:`w_j \propto s_j`; ``coefficient`` (变异系数法): :math:`s_j / |\bar x_j|`;
    ``maximising`` (离差最大化): :math:`\sum_i \sum_k |x_{ij} - x_{kj}|` (Wang 1997).
    """
    one_of("kind", kind, "standard", "coefficient", "maximising")
    values = _table(x)
    sd, mean = sample_sd(values)[0], over_units("mean", values)[0]
    if kind == "standard":
        return _share(sd)
    if kind == "coefficient":
        return _share(np.divide(sd, np.abs(mean), out=np.zeros_like(sd), where=mean != 0))
    ordered = np.sort(values, axis=0)  # missing values last
    n, i = (~np.isnan(values)).sum(0), np.arange(len(values))[:, None]
    return _share(np.nansum((2 * i - n + 1) * ordered, axis=0))


def critic(x: ArrayLike, better: Better = "higher") -> Floats:
    r"""CRITIC weights :math:`w_j \propto s_j \sum_k (1 - r_{jk})` on min-max data with Pearson correlations.

    A constant indicator has weight 0 and stands in no correlation.

    References
    ----------
    Diakoulaki, Mavrotas and Papayannakis (1995), Computers & Operations Research 22, 763-770.
    """
    values = normalise(_table(x), "minmax", better)
    sd = sample_sd(values)[0]
    centred = np.nan_to_num(values - over_units("mean", values))
    known = (~np.isnan(values)).astype(float)
    squares = (centred**2).T @ known  # sums over the rows that both columns know
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (centred.T @ centred) / np.sqrt(squares * squares.T)
    return _share(sd * np.where(np.outer(sd, sd) > 0, 1 - r, 0.0).sum(1))


class Pca(NamedTuple):
    """Principal components of the correlation matrix, and the weights of Nicoletti, Scarpetta and Boylaud."""

    eigenvalues: Floats
    variance: Floats  # shares of the whole variance
    loadings: Floats  # indicators x factors kept, before rotation
    rotated: Floats
    explained: Floats  # variance of each rotated factor
    factor: Any  # factor of each indicator, numbered from 0
    weights: Floats


def pca(x: ArrayLike, factors: int | None = None, kaiser: bool = True) -> Pca:
    r"""Eigenvalues, varimax loadings and weights.

    Squared rotated loadings are scaled to sum 1 in each factor, :math:`l_{jf}^2 / V_f` with :math:`V_f` the factor's
    variance; each indicator goes to the factor where this is largest, and its weight is
    :math:`\frac{l_{jf}^2}{V_f} \cdot \frac{V_f}{\sum_f V_f}`, brought to sum 1.

    Parameters
    ----------
    x
        Units x indicators; rows with a missing value are left out; indicators may not be constant.
    factors
        Number kept. Default: the components that explain more than 10% each, and more until 60% are explained.
    kaiser
        Rows normalised before rotation (Kaiser), as in the handbook, SPSS and R; False is raw varimax.

    References
    ----------
    OECD/JRC (2008), Handbook, 6.1 (tables 16 to 18); Nicoletti, Scarpetta and Boylaud (2000), OECD Economics
    Department Working Paper 226; Kaiser (1958), Psychometrika 23, 187-200.
    """
    values = _table(x)
    factors = None if factors is None else whole("factors", factors, 1, values.shape[1])
    values = values[~np.isnan(values).any(axis=1)]
    constant = [
        j + 1 for j in range(values.shape[1]) if not len(values) or np.ptp(values[:, j]) == 0
    ]
    if len(values) < 3 or constant:
        found = (
            f"第 {'、'.join(map(str, constant))} 个指标没有差异"
            if constant
            else f"{len(values)} 个单位"
        )
        raise refuse("x", found, "至少 3 个数据齐全的单位，每个指标都有差异", "去掉没有差异的指标")
    vals, vecs = np.linalg.eigh(np.corrcoef(values, rowvar=False).reshape(values.shape[1], -1))
    vals, vecs = np.maximum(vals[::-1], 0), vecs[:, ::-1]
    share = vals / vals.sum()
    if factors is None:
        factors = max(int((share > 0.1).sum()), int(np.searchsorted(np.cumsum(share), 0.6)) + 1)
    factors = min(factors, len(vals))
    vecs = vecs * np.where(vecs.sum(0) < 0, -1, 1)
    loadings = vecs[:, :factors] * np.sqrt(vals[:factors])
    rotated = varimax(loadings, kaiser)
    rotated = rotated * np.where(rotated.sum(0) < 0, -1, 1)
    explained = (rotated**2).sum(0)
    order = np.argsort(-explained, kind="stable")
    rotated, explained = rotated[:, order], explained[order]
    factor = (rotated**2 / explained).argmax(1)
    own = rotated[np.arange(len(rotated)), factor] ** 2
    return Pca(vals, share, loadings, rotated, explained, factor, _share(own))


def varimax(
    loadings: ArrayLike, kaiser: bool = True, tolerance: float = 1e-12, rounds: int = 1000
) -> Floats:
    """Orthogonal rotation that maximises the variance of the squared loadings in each column (Kaiser 1958)."""
    raw = array("loadings", loadings)
    if raw.ndim != 2 or not raw.size or np.isnan(raw).any():
        raise refuse(
            "loadings",
            "有缺失" if raw.ndim == 2 and raw.size else f"{raw.ndim} 维",
            "指标 × 因子，没有缺失",
        )
    tolerance, rounds = scalar("tolerance", tolerance, 0), whole("rounds", rounds)
    length = np.sqrt((raw**2).sum(1, keepdims=True)) if kaiser else np.ones((len(raw), 1))
    a = raw / np.where(length > 0, length, 1.0)
    rotation, last = np.eye(a.shape[1]), 0.0
    for _ in range(rounds):
        b = a @ rotation
        u, s, v = np.linalg.svd(a.T @ (b**3 - b * (b**2).mean(0)))
        rotation = u @ v
        if s.sum() <= last * (1 + tolerance):
            break
        last = s.sum()
    return np.asarray((a @ rotation) * length)


class Doubt(NamedTuple):
    score: Floats
    weights: Floats  # units x indicators: each unit's own most favourable weights
    shares: Floats  # units x indicators: what each indicator contributes to the unit's score, sum 1


def benefit_of_the_doubt(
    x: ArrayLike, share_limits: Any = None, weight_limits: Any = None
) -> Doubt:
    r"""Benefit of the doubt (有利权重法): every unit scored with the weights that favour it most.

    .. math:: S_i = \max_w \sum_j w_j x_{ij} \quad \text{s.t.}\ \sum_j w_j x_{kj} \le 1\ \forall k,\ w \ge 0,\quad
              l_j \le \frac{w_j x_{ij}}{\sum_k w_k x_{ik}} \le u_j,\quad
              a_j \le \frac{w_j}{\sum_k w_k} \le b_j

    Parameters
    ----------
    x
        Normalised values, units x indicators, not negative, the better the higher.
    share_limits
        (low, high) = (l, u) of an indicator's share in the unit's **own** score (proportional virtual inputs, Wong and
        Beasley): numbers or one for each indicator; none: free. An indicator at 0 has the share 0, so that a lower limit
        above 0 can leave a unit without a solution.
    weight_limits
        (low, high) = (a, b) of an indicator's share in the **weights** (absolute restrictions after Dyson and
        Thanassoulis, on weights that sum to 1 when they are reported): the same bounds for every unit, which a value of
        0 does not touch. Where x has one scale (0 to 1, say) they say how much an indicator may matter at least and at
        most.

    Returns
    -------
    (score, weights, shares)
        1 is the best; NaN for a unit with a missing value (it is no peer either), 0 for a unit that has only zeros.

    Raises
    ------
    InputError
        Limits that cannot hold together, and a unit for which they cannot: its number, its indicators at 0 and the limit
        that they break.

    References
    ----------
    Melyn and Moesen (1991); Cherchye, Moesen, Rogge and Van Puyenbroeck (2007), Social Indicators Research 82, 111-145
    (share limits: section 4); Wong and Beasley (1990), J. Operational Research Society 41, 829-835; Dyson and
    Thanassoulis (1988), J. Operational Research Society 39, 563-576 (bounds on weights).
    """
    values = _table(x, "有利权重法")
    low, high = _limits("share_limits", share_limits, values.shape[1])
    least, most = _limits("weight_limits", weight_limits, values.shape[1])
    known = ~np.isnan(values).any(axis=1)
    peers = np.unique(values[known], axis=0)
    peers = peers[peers.any(axis=1)]
    score, weights = np.full(len(values), np.nan), np.full(values.shape, np.nan)
    score[known], weights[known] = 0.0, 0.0
    scale = np.where(peers.max(0, initial=0) > 0, peers.max(0, initial=0), 1.0)
    # the solver's weights are w x scale: in those terms a_j sum(w) <= w_j <= b_j sum(w) is
    each = np.eye(values.shape[1])
    bounds = [
        (np.outer(least, np.ones(len(least))) - each) / scale,
        (each - np.outer(most, np.ones(len(most)))) / scale,
    ]
    bounded = [
        rows
        for rows, free in zip(bounds, (not least.any(), not (most < 1).any()), strict=True)
        if not free
    ]
    for i in np.flatnonzero(known & values.any(axis=1)):
        own = values[i] / scale
        limits = [np.outer(low, own) - np.diag(own), np.diag(own) - np.outer(high, own)]
        table = np.vstack(
            [peers / scale, *(limits if low.any() or (high < 1).any() else ()), *bounded]
        )
        bound = np.r_[np.ones(len(peers)), np.zeros(len(table) - len(peers))]
        solved = optimize.linprog(-own, A_ub=table, b_ub=bound, bounds=(0, None), method="highs")
        # w = 0 meets every homogeneous limit: no score above 0 means that nothing else does
        if solved.status != 0 or not own @ solved.x > 1e-12:
            raise _cannot_hold(int(i), own, low, high, weight_limits is not None)
        weights[i] = solved.x / scale
        score[i] = weights[i] @ values[i]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(score[:, None] > 0, weights * values / score[:, None], weights * 0.0)
    return Doubt(score, weights, parts)


def _limits(where: str, given: Any, count: int) -> tuple[Floats, Floats]:
    """Lower and upper limits of shares that sum to 1, one for each indicator; refused where they cannot hold together."""
    if given is None:
        return np.zeros(count), np.ones(count)
    if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != 2:
        raise refuse(where, str(given)[:60], "（下限, 上限），各是一个数，或每个指标一个")
    ends = []
    for end in given:
        found = array(where, end)
        if found.ndim > 1 or found.size not in (1, count):
            raise refuse(where, f"{found.size} 个", f"一个数，或每个指标一个，共 {count} 个")
        if bool(np.any(~((found >= 0) & (found <= 1)))):
            bad = found.ravel()[~((found >= 0) & (found <= 1)).ravel()][0]
            raise refuse(where, "缺失" if bad != bad else plain(bad), "0 至 1", "百分数请除以 100")
        ends.append(np.array(np.broadcast_to(found, count)))
    low, high = ends
    crossed = np.flatnonzero(low > high)
    if low.sum() > 1 + 1e-9 or high.sum() < 1 - 1e-9 or len(crossed):
        found_ = f"下限合计 {plain(low.sum())}，上限合计 {plain(high.sum())}"
        found_ += (
            f"，第 {'、'.join(str(j + 1) for j in crossed)} 个指标下限高于上限"
            if len(crossed)
            else ""
        )
        raise refuse(where, found_, "下限合计不超过 1，上限合计不小于 1，下限不高于上限")
    return low, high


def _cannot_hold(i: int, own: Floats, low: Floats, high: Floats, bounded: bool) -> InputError:
    """Which limit a unit cannot meet, and why."""
    zero = own <= 0
    due = np.flatnonzero(zero & (low > 0))
    reach = float(high[~zero].sum())
    if len(due):
        told = "、".join(f"第 {j + 1} 个指标为 0，占比下限 {plain(low[j])}" for j in due)
    elif reach < 1 - 1e-9:
        told = f"不为 0 的指标占比上限合计只有 {plain(reach)}，不足 1"
    else:
        spans = "、".join(f"{plain(a)} 至 {plain(b)}" for a, b in zip(low, high, strict=True))
        told = f"占比限制 {spans}" + ("与权重限制不能同时满足" if bounded else "不能满足")
    where = "share_limits" + ("、weight_limits" if bounded else "")
    return refuse(
        where,
        f"第 {i + 1} 个单位做不到：{told}",
        "每个单位都能满足的限制",
        "放宽限制，或改用 weight_limits（不受 0 值影响）",
    )
