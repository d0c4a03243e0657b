"""Weights from pairwise comparisons (层次分析法): one expert, groups of experts, trees, and how to mend them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csgraph

from evalkit.scoring.aggregate import shares
from evalkit.stats.arrays import Floats, array, one_of, refuse, scalar, typed, whole
from evalkit.world.number import fixed, plain

# Saaty (2008); beyond 15 the line of Alonso and Lamata (2006)
RANDOM_INDEX = (
    0,
    0,
    0,
    0.58,
    0.90,
    1.12,
    1.24,
    1.32,
    1.41,
    1.45,
    1.49,
    1.51,
    1.48,
    1.56,
    1.57,
    1.59,
)


class Ahp(NamedTuple):
    weights: Floats
    lambda_max: float
    consistency_index: float
    consistency_ratio: float


class Triad(NamedTuple):
    """Three comparisons that contradict each other, and the one whose change helps most."""

    items: tuple[int, int, int]
    implied: float  # a_ij a_jk
    given: float  # a_ik
    inconsistency: float  # Koczkodaj's, 0 to 1
    cell: tuple[int, int]
    found: float
    mended: float
    ratio_after: float


class Group(NamedTuple):
    weights: Floats
    lambda_max: float
    consistency_index: float
    consistency_ratio: float
    experts: Floats  # weights of each expert x items
    ratios: Floats  # consistency ratio of each expert
    kept: NDArray[np.bool_]
    spread: Floats  # standard deviation of each item's weight among the experts kept (n - 1)
    low: Floats
    high: Floats


def random_index(n: int, missing: int = 0) -> float:
    """Mean consistency index of random matrices, lowered for missing comparisons (Agoston and Csato 2022)."""
    full = RANDOM_INDEX[n] if n < len(RANDOM_INDEX) else (2.7699 * n - 4.3513 - n) / (n - 1)
    return full * (1 - 2 * missing / ((n - 1) * (n - 2))) if n > 2 else 0.0


def comparisons(matrix: ArrayLike, node: str = "") -> Floats:
    """A checked reciprocal matrix; texts such as 1/3 are read, one triangle is enough, 0 and NaN are missing."""
    if hasattr(matrix, "to_numpy"):
        matrix = matrix.to_numpy(dtype=object)
    if matrix is None or isinstance(matrix, str) or not hasattr(matrix, "__len__"):
        raise refuse(node or "matrix", str(matrix)[:60], "判断矩阵：一行一项，每行的个数等于行数")
    given: Any = matrix
    rows = [
        list(row) if hasattr(row, "__iter__") and not isinstance(row, str) else [row]
        for row in given
    ]
    if not rows or {len(row) for row in rows} != {len(rows)}:
        raise refuse(
            node or "matrix",
            f"{len(rows)} 行，各行 {'、'.join(str(len(row)) for row in rows)} 列",
            "判断矩阵的行数等于列数",
        )
    a = np.array([[_number(v, node) for v in row] for row in rows])
    if bool(np.any(a < 0)) or bool(np.any(np.isinf(a))):
        raise refuse(node or "matrix", plain(np.nanmin(a)), "判断值都大于 0（没有判断的留空）")
    a[a == 0] = np.nan
    np.fill_diagonal(a, np.where(np.isnan(np.diag(a)), 1.0, np.diag(a)))
    a = np.where(np.isnan(a), 1 / a.T, a)
    product = a * a.T
    if bool(np.any(np.abs(product[~np.isnan(product)] - 1) > 0.03)):
        i, j = np.unravel_index(np.nanargmax(np.abs(product - 1)), a.shape)
        found = f"第 {i + 1} 行第 {j + 1} 列 {plain(a[i, j], 3)}，第 {j + 1} 行第 {i + 1} 列 {plain(a[j, i], 3)}"
        raise refuse(
            node or "matrix",
            found,
            "互为倒数，对角线为 1",
            f"第 {j + 1} 行第 {i + 1} 列写 {plain(1 / a[i, j], 4)}",
        )
    linked = csgraph.connected_components(~np.isnan(a), directed=False)[1]
    if linked.any():
        found = (
            f"第 {'、'.join(map(str, np.flatnonzero(linked) + 1))} 项与第 1 项没有直接或间接的比较"
        )
        raise refuse(node or "matrix", found, "每一项都能比到其他各项", "补一个比较")
    return a


def _number(value: Any, node: str) -> float:
    """A judgement: a number, or a text such as 1/3, full-width digits too; nothing is missing."""
    try:
        return typed(value)
    except (ValueError, ZeroDivisionError, TypeError, OverflowError) as error:
        raise refuse(node or "matrix", str(value), "数字或 1/3 这样的分数") from error


def ahp(matrix: ArrayLike, method: str = "eigenvector", node: str = "") -> Ahp:
    r"""Weights of a pairwise comparison matrix with its consistency.

    Parameters
    ----------
    matrix
        a_ij = how many times i matters as much as j. Missing comparisons: NaN, 0, None or empty.
    method
        ``eigenvector``: principal eigenvector (Saaty); missing entries by Harker: zeros, and 1 + their number on the
        diagonal. ``geometric``: row geometric means; missing entries by logarithmic least squares (Bozoki, Fulop and
        Ronyai 2010), which for a complete matrix is the same.

    Returns
    -------
    (weights, lambda_max, consistency_index, consistency_ratio)
        Weights sum to 1; :math:`CI = (\lambda - n)/(n - 1)`, :math:`CR = CI/RI` with `random_index`; both 0 for one or
        two items. Above 0.1 a matrix counts as inconsistent: see `ahp_triads`.

    References
    ----------
    Saaty (2008), Int. J. Services Sciences 1, 83-98; Harker (1987), Mathematical Modelling 9, 353-360; Crawford and
    Williams (1985), J. Mathematical Psychology 29, 387-405.
    """
    one_of("method", method, "eigenvector", "geometric")
    a = comparisons(matrix, node)
    n, absent = len(a), np.isnan(a)
    filled = np.where(absent, 0.0, a)
    np.fill_diagonal(filled, 1.0 + absent.sum(1))
    if method == "eigenvector":
        values, vectors = np.linalg.eig(filled)
        first = int(np.argmax(values.real))
        weights, largest = np.abs(vectors[:, first].real), float(values[first].real)
    else:
        logs = np.where(absent, 0.0, np.log(np.where(absent, 1.0, a)))
        laplacian = np.diag((~absent).sum(1) - 1.0) - (~absent & ~np.eye(n, dtype=bool))
        weights = np.exp(np.linalg.lstsq(laplacian, logs.sum(1), rcond=None)[0])
        largest = float((filled @ weights / weights).mean())
    index = max(0.0, (largest - n) / (n - 1)) if n > 2 else 0.0
    base = random_index(n, int(absent.sum()) // 2)
    ratio = 0.0 if index < 1e-9 else index / base if base > 0 else np.nan
    return Ahp(weights / weights.sum(), largest, index, ratio)


def ahp_triads(matrix: ArrayLike, count: int = 1) -> list[Triad]:
    r"""The most inconsistent triads, worst first, each with the value that would mend it.

    A triad i, j, k contradicts itself by :math:`1 - \min(q, 1/q)`, :math:`q = a_{ij}a_{jk}/a_{ik}`. Of its three
    comparisons the one is named whose replacement by what the other two imply (held to 1/9 to 9 where the whole matrix
    is) lowers the consistency ratio most.

    References
    ----------
    Koczkodaj (1993), Mathematical and Computer Modelling 18(7), 79-84.
    """
    a = comparisons(matrix)
    count = whole("count", count, 0)
    on_scale = bool(np.nanmax(a) <= 9)
    found = [
        (float(1 - min(q, 1 / q)), i, j, k)
        for i, j, k in combinations(range(len(a)), 3)
        if not np.isnan(q := a[i, j] * a[j, k] / a[i, k])
    ]
    triads = []
    for size, i, j, k in sorted(found, key=lambda t: -t[0])[:count]:
        choices = []
        for row, column, value in (
            (i, k, a[i, j] * a[j, k]),
            (i, j, a[i, k] / a[j, k]),
            (j, k, a[i, k] / a[i, j]),
        ):
            changed, value = a.copy(), float(np.clip(value, 1 / 9, 9) if on_scale else value)
            changed[row, column], changed[column, row] = value, 1 / value
            choices.append((ahp(changed).consistency_ratio, row, column, value))
        ratio, row, column, value = min(choices, key=lambda choice: choice[0])
        implied, given, was = (float(v) for v in (a[i, j] * a[j, k], a[i, k], a[row, column]))
        triads.append(Triad((i, j, k), implied, given, size, (row, column), was, value, ratio))
    return triads


def inconsistent(
    matrix: ArrayLike, node: str = "", names: Sequence[str] = (), limit: float = 0.1
) -> str:
    """One Chinese sentence on a matrix above the limit: its ratio, the worst triad, what to change; "" if none."""
    result = ahp(matrix, node=node)
    if result.consistency_ratio <= limit:
        return ""
    worst = ahp_triads(matrix)[0]
    label = [names[i] if names else f"第{i + 1}项" for i in range(len(result.weights))]
    i, j = worst.cell
    return (
        f"{node or '判断矩阵'}一致性比率 {fixed(result.consistency_ratio, 3)}，超过 {plain(limit)}；矛盾最大的三项是"
        f"{'、'.join(label[m] for m in worst.items)}；{label[i]}对{label[j]}原为 {plain(worst.found, 3)}，"
        f"改为 {plain(worst.mended, 3)} 后一致性比率为 {fixed(worst.ratio_after, 3)}"
    )


def ahp_group(
    matrices: Sequence[ArrayLike],
    method: str = "judgements",
    max_ratio: float | None = 0.1,
    importance: ArrayLike | None = None,
    solver: str = "eigenvector",
) -> Group:
    """Several experts: `judgements` joins the matrices by geometric means (AIJ), `priorities` the weights (AIP).

    Parameters
    ----------
    max_ratio
        Experts above this consistency ratio are left out (and stand in `kept`); None keeps everybody.
    importance
        A weight for each expert.

    References
    ----------
    Forman and Peniwati (1998), EJOR 108, 165-169; Aczel and Saaty (1983), J. Mathematical Psychology 27, 93-102.
    """
    one_of("method", method, "judgements", "priorities")
    if isinstance(matrices, str) or not hasattr(matrices, "__iter__"):
        raise refuse("matrices", str(matrices)[:60], "每位专家一个判断矩阵")
    max_ratio = None if max_ratio is None else scalar("max_ratio", max_ratio, 0, said="不小于 0")
    checked = [comparisons(m, f"第 {e + 1} 位专家") for e, m in enumerate(matrices)]
    if not checked or len({m.shape for m in checked}) > 1:
        raise refuse("matrices", f"{len(checked)} 个矩阵", "至少一位专家，各矩阵大小相同")
    single = [ahp(m, solver) for m in checked]
    weights, ratios = (
        np.array([r.weights for r in single]),
        np.array([r.consistency_ratio for r in single]),
    )
    kept = np.ones(len(single), bool) if max_ratio is None else ratios <= max_ratio
    if not kept.any():
        raise refuse(
            "matrices",
            "、".join(fixed(r, 3) for r in ratios),
            f"至少一位专家的一致性比率不超过 {plain(max_ratio)}",
        )
    if importance is not None and (given := array("importance", importance)).shape != (
        len(single),
    ):
        raise refuse("importance", f"{given.size} 个", f"每位专家一个，共 {len(single)} 个")
    voice = shares(np.ones(len(single)) if importance is None else importance, len(single)) * kept
    if not voice.sum() > 0:
        raise refuse("importance", "留下的专家权重都是 0", "至少一位一致性合格的专家权重大于 0")
    voice = voice / voice.sum()
    logs = np.log(np.array(checked))
    with np.errstate(invalid="ignore"):  # a comparison that nobody kept has made: 0 / 0
        mass = np.tensordot(voice, ~np.isnan(logs), 1)
        joint = np.exp(np.tensordot(voice, np.nan_to_num(logs), 1) / mass)
    result = ahp(joint, solver)
    if method == "priorities":
        mean = np.exp((voice[:, None] * np.log(weights)).sum(0))
        result = result._replace(weights=mean / mean.sum())
    chosen = weights[kept]
    spread = chosen.std(0, ddof=1) if len(chosen) > 1 else np.zeros(chosen.shape[1])
    return Group(*result, weights, ratios, kept, spread, chosen.min(0), chosen.max(0))


def ahp_tree(tree: Mapping[str, Any], solver: str = "eigenvector") -> dict[str, Any]:
    """Weights of the leaves of a tree, products of the local weights on the way down.

    Parameters
    ----------
    tree
        ``{"matrix": ..., "items": {name: None or subtree}}``, the matrix in the order of the items; a single item
        needs no matrix.

    Returns
    -------
    dict
        ``weights`` {leaf: global weight, sum 1}, ``local`` {path: `Ahp`}, ``consistency_ratio`` of the whole tree: sum
        of weight x CI over sum of weight x RI (Saaty 1980).
    """
    weights: dict[str, float] = {}
    local: dict[str, Ahp] = {}
    totals = np.zeros(2)  # consistency and random indices, weighted

    def down(
        node: Mapping[str, Any], path: tuple[str, ...], weight: float, above: tuple[int, ...]
    ) -> None:
        place = "/".join(path) or "tree"
        if id(node) in above:
            raise refuse(place, "循环引用", "每一项只属于一个上级", "去掉指回上级的那一项")
        if (
            not isinstance(node, Mapping)
            or not isinstance(node.get("items"), Mapping)
            or not node["items"]
        ):
            raise refuse(
                place, str(node)[:60], "{matrix: 判断矩阵, items: {名称: 下级或空}}，至少一项"
            )
        items = list(node["items"])
        if len(items) > 1 and "matrix" not in node:
            raise refuse(place, "没有 matrix", f"{len(items)} 项的判断矩阵")
        result = ahp(node["matrix"] if len(items) != 1 else [[1.0]], solver, place)
        if len(items) != len(result.weights):
            raise refuse(
                place, f"{len(items)} 项，矩阵 {len(result.weights)} 阶", "矩阵的阶数等于项数"
            )
        local[place] = result
        totals[:] += weight * result.consistency_index, weight * random_index(len(items))
        for name, share in zip(items, result.weights, strict=True):
            child = node["items"][name]
            if isinstance(child, Mapping):
                down(child, (*path, name), weight * float(share), (*above, id(node)))
            elif name in weights:
                raise refuse("/".join((*path, name)), name, "指标名称在树中只出现一次")
            else:
                weights[name] = weight * float(share)

    down(tree, (), 1.0, ())
    return {
        "weights": weights,
        "local": local,
        "consistency_ratio": float(totals[0] / (totals[1] or 1.0)),
    }
