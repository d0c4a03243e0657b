"""How sure is a rank? Monte Carlo over data error and method choices, together and apart; Sobol indices."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.documents import Block
from evalkit.problems import InputError, did_you_mean
from evalkit.scoring.aggregate import check_combination
from evalkit.scoring.impute import impute
from evalkit.scoring.ranks import rank
from evalkit.scoring.scores import Scores, combine, leaf_shares, points_of, printed, show
from evalkit.scoring.treat import treat
from evalkit.stats import rank_sets
from evalkit.stats.intervals import Floats, refuse

FACTORS = ("data", "imputation", "treatment", "normalisation", "weights", "aggregation", "indicator")
WORDS = {"data": "数据误差", "imputation": "缺报补值", "treatment": "极端值处理", "normalisation": "标准化方法", "weights": "权重（±25%）", "aggregation": "汇总方法", "indicator": "去掉一项指标"}
IMPUTATION = ("none", "mean", "median", "group")
TREATMENT = ("none", "winsorise")
NORMALISATION = ("", "minmax", "linear_60_100", "percentile")  # "" is what the index declares
AGGREGATION = ("", "geometric", "harmonic")
SPREAD, DRAWS, FLOOR = 0.25, 64, 0.01  # weights within 25%; data and weight draws in a Sobol run; least share under roots
CELLS = 60_000  # numbers of a block: what stays in the cache


@dataclass(frozen=True, eq=False)
class Robustness:
    """Ranks of every replication and what they say; failed replications are in `failures`, none is dropped."""

    scores: Scores
    n: int
    seed: int
    vary: tuple[str, ...]
    ranked: Any  # replications x areas, int16, 0 where there is no score
    graded: Any  # replications x areas, grade number, -1 none; only replications on the declared scale
    failures: pd.DataFrame

    def _frame(self) -> pd.DataFrame:
        return self.scores.table[["area", "area_name", "score", "grade", "rank"]].copy()

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """Declared rank with the interval that holds 90% of the replications, median, mean, and replications without a rank."""
        out, values = self._frame(), np.where(self.ranked > 0, self.ranked, np.nan)
        known = (self.ranked > 0).any(axis=0)
        for name, q in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
            out[name] = np.nan
            if known.any():
                out.loc[known, name] = np.nanquantile(values[:, known], q, axis=0, method="nearest" if q != 0.5 else "linear")
        count = (self.ranked > 0).sum(0)
        out["mean"] = np.divide(self.ranked.sum(0, dtype=float), count, out=np.full(len(out), np.nan), where=count > 0)
        return out.assign(failed=self.n - count)

    @cached_property
    def grades(self) -> pd.DataFrame:
        """Probability of each grade, over the replications that keep the declared scale (column n)."""
        out = self._frame()
        count = (self.graded >= 0).sum(0)
        for g, cut in enumerate(self.scores.index.grades):
            out[str(cut.value)] = np.divide((self.graded == g).sum(0), count, out=np.full(len(out), np.nan), where=count > 0)
        return out.assign(n=count)

    def top(self, k: int = 5) -> pd.DataFrame:
        """Probability of standing among the best k."""
        hits = ((self.ranked > 0) & (self.ranked <= k)).sum(0)
        count = (self.ranked > 0).sum(0)
        return self._frame().assign(probability=np.divide(hits, count, out=np.full(len(hits), np.nan), where=count > 0))

    @cached_property
    def pairwise(self) -> pd.DataFrame:
        """Probability that the row's area stands above the column's (ties half), of replications in which both have a rank."""
        r, names = self.ranked, self.scores.units["area_name"].to_numpy()
        above = np.empty((r.shape[1], r.shape[1]))
        for i in range(r.shape[1]):
            both = (r[:, [i]] > 0) & (r > 0)
            wins = ((r[:, [i]] < r) & both).sum(0) + 0.5 * ((r[:, [i]] == r) & both).sum(0)
            above[i] = np.divide(wins, both.sum(0), out=np.full(r.shape[1], np.nan), where=both.any(0))
        np.fill_diagonal(above, np.nan)
        return pd.DataFrame(above, index=names, columns=names)

    @cached_property
    def apart(self) -> dict[str, Robustness]:
        """The same with one factor varied at a time."""
        return {f: robustness(self.scores, max(100, self.n // 4), self.seed, (f,)) for f in self.vary}

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Mean change of place against the declared ranking: each factor alone, and all together."""
        declared = self.scores.table["rank"].to_numpy(dtype=float, na_value=np.nan)
        rows = []
        for name, one in [*self.apart.items(), ("all", self)]:
            gap = np.abs(np.where(one.ranked > 0, one.ranked, np.nan) - declared)
            rows.append({"factor": name, "name": WORDS.get(name, "合在一起"), "shift": float(np.nanmean(gap)) if np.isfinite(gap).any() else np.nan, "largest": float(np.nanmax(gap, initial=0)), "failed": int((one.ranked == 0).all(1).sum())})
        return pd.DataFrame(rows)

    def moves(self, area: str) -> pd.DataFrame:
        """What would move one area: its rank interval under each factor alone, and its rank without each indicator."""
        i, scores = self.scores._area(area), self.scores
        rows: list[dict[str, Any]] = []
        for name, one in self.apart.items():
            row = one.ranks.iloc[i]
            rows.append({"kind": "factor", "name": WORDS[name], "low": row["low"], "high": row["high"]})
        rank_now = scores.table["rank"].iloc[i]
        for leaf in scores.index.leaves if len(scores.index.leaves) > 1 else ():
            place = scores.without(leaf.code).table["rank"].iloc[i]
            if not pd.isna(place):
                rows.append({"kind": "indicator", "name": f"去掉{leaf.name}", "low": float(place), "high": float(place)})
        out = pd.DataFrame(rows).assign(rank=rank_now)
        reach = np.fmax((out["high"] - out["rank"].astype(float)).abs(), (out["low"] - out["rank"].astype(float)).abs())
        return out.assign(reach=reach).sort_values("reach", ascending=False, ignore_index=True)

    @cached_property
    def sobol(self) -> Sobol:
        """Sobol indices of the mean change of place (all areas), with bootstrap intervals."""
        return sobol(self)

    def rank_sets(self, confidence: float = 0.95, simultaneous: bool = True) -> pd.DataFrame:
        """Ranks that the sampling error of the data does not exclude (Mogstad, Romano, Shaikh and Wilhelm)."""
        x = _Draws(self.scores, self.seed).data(np.arange(200))
        index = self.scores.index
        value = combine(index.root, leaf_shares(index, x), points_of(index)) * index.root.points
        error = np.nanstd(value, axis=0, ddof=1)
        low, high = rank_sets(self.scores.score, error, confidence, simultaneous, seed=self.seed)
        return self._frame().assign(se=error, low=low, high=high)

    @property
    def block(self) -> Block:
        """Rank, interval and probabilities of each area."""
        frame = self.ranks.merge(self.grades.drop(columns=["area_name", "score", "grade", "rank", "n"]), on="area")
        frame["span"] = [f"{low:.0f}—{high:.0f}" if low == low else None for low, high in zip(frame["low"], frame["high"], strict=True)]
        frame["top"] = self.top(5)["probability"] * 100
        grades = [str(cut.value) for cut in self.scores.index.grades]
        frame[grades] *= 100
        columns = {"area_name": "地区", "score": ("得分", 2), "grade": "等级", "rank": ("位次", 0), "span": "90%位次区间", "median": ("位次中位数", 0), "top": ("进前五（%）", 0)}
        columns |= {g: (f"{g}（%）", 0) for g in grades}
        return show(frame, "位次区间和等级概率（研究用）", columns, self.notes, demo=self.scores.is_demo, source="演示数据，非真实情况" if self.scores.is_demo else "")

    @property
    def notes(self) -> list[str]:
        factors = "、".join(WORDS[f] for f in self.vary)
        notes = [f"{self.n}次重复，种子{self.seed}；变动：{factors}。区间为5%至95%分位；等级概率只用保持设定满分线的重复。"]
        open_ended = int(np.isinf(_column(self.scores, "high")).sum())
        if open_ended:
            notes.append(f"{open_ended}个数值上限不明（以上），只按原数计。")
        if len(self.failures):
            notes.append("未能得出位次的重复：" + "；".join(f"{r.reason} {r.count}次" for r in self.failures.itertuples()) + "。")
        return notes

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.block._repr_mimebundle_()


@dataclass(frozen=True)
class Sobol:
    """First-order and total indices by factor with their intervals; warnings where they do not fit together."""

    table: pd.DataFrame
    warnings: tuple[str, ...]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        ends = {w: zip(self.table[f"{w}_low"], self.table[f"{w}_high"], strict=True) for w in ("first", "total")}
        frame = self.table.assign(**{f"{w}_span": [f"{a:.2f} 至 {b:.2f}" if a == a else None for a, b in pairs] for w, pairs in ends.items()})
        columns = {"name": "因素", "first": ("一阶指数", 2), "first_span": "95%区间", "total": ("总指数", 2), "total_span": "95%区间（总）"}
        return show(frame, "位次变动来自哪里：Sobol指数", columns, self.warnings)._repr_mimebundle_()


def _column(scores: Scores, column: str) -> Floats:
    from evalkit.scoring.scores import _wide

    key = "party_org" if "party_org" in scores.rows else "area"
    if column not in scores.rows:
        return np.full(scores.raw.shape, np.nan)
    return _wide(scores.rows, scores.units, [leaf.code for leaf in scores.index.leaves], key, column)


class _Draws:
    """Numbered draws of data and weights, equal for equal seed and number whatever else is drawn."""

    def __init__(self, scores: Scores, seed: int):
        value = scores.raw
        low, high, ci_low, ci_high = (_column(scores, c) for c in ("low", "high", "ci_low", "ci_high"))
        self.seed, self.scores = seed, scores
        self.value = np.ascontiguousarray(value.T)
        with np.errstate(invalid="ignore"):
            self.low = np.where(low < value, low, value).T.astype(np.float32)
            self.width = np.ascontiguousarray(np.where(np.isfinite(high) & (high > value), high, value).T - self.low, dtype=np.float32)
            self.down = np.nan_to_num((value - ci_low) / 1.96).T.astype(np.float32)
            self.up = np.nan_to_num((ci_high - value) / 1.96).T.astype(np.float32)
        kinds = scores.rows.drop_duplicates("indicator").set_index("indicator")
        share = [c in kinds.index and "kind" in kinds and kinds.loc[c, "kind"] == "proportion" for c in (leaf.code for leaf in scores.index.leaves)]
        self.top = np.where(share, 1.0, np.inf).astype(np.float32)[:, None]
        self.exact = not (self.width.any() or self.down.any() or self.up.any())
        self.uniform = bool(np.nan_to_num(self.width).any())
        self.floor = np.where((np.nan_to_num(self.value) >= 0).all(1), 0.0, -np.inf).astype(np.float32)[:, None]

    def data(self, numbers: Any) -> Floats:
        """Draws x units x indicators: uniform over the data's interval plus a split normal of the sampling limits.

        In memory indicators stand before units, which is what the statistics of columns run fastest over.
        """
        if self.exact:
            return np.swapaxes(np.broadcast_to(self.value, (len(numbers), *self.value.shape)), 1, 2)
        out = np.empty((len(numbers), *self.value.shape))
        z = np.empty(self.value.shape, dtype=np.float32)
        for d, number in enumerate(numbers):
            rng = np.random.default_rng([self.seed, int(number), 1])
            rng.standard_normal(dtype=np.float32, out=z)
            drawn = np.maximum(z, 0) * self.up
            drawn += np.minimum(z, 0) * self.down
            drawn += self.low + self.width * rng.random(z.shape, dtype=np.float32) if self.uniform else self.value
            out[d] = np.minimum(np.maximum(drawn, self.floor), self.top)
        return np.swapaxes(out, 1, 2)

    def weights(self, numbers: Any, points: Floats) -> Floats:
        """Declared points times a factor between 0.75 and 1.25 for every indicator."""
        return np.stack([points * np.random.default_rng([self.seed, int(d), 2]).uniform(1 - SPREAD, 1 + SPREAD, len(points)) for d in numbers])


@dataclass
class _Plan:
    """The settings of every replication: numbers of options; -1 is "as declared"."""

    data: Any
    imputation: Any
    treatment: Any
    normalisation: Any
    weights: Any
    aggregation: Any
    indicator: Any


def _options(scores: Scores) -> dict[str, list[Any]]:
    index = scores.index
    ways = ["none", "mean", "median"] + (["group"] if scores.units["peer_group"].notna().any() else [])
    return {
        "imputation": [w for w in IMPUTATION if w in ways] if np.isnan(scores.raw).any() else [index.impute],
        "treatment": list(TREATMENT), "normalisation": list(NORMALISATION), "aggregation": list(AGGREGATION),
        "indicator": list(range(-1, len(index.leaves))) if len(index.leaves) > 2 else [-1],
    }  # fmt: skip


def _plan(scores: Scores, u: Floats, vary: Sequence[str], draws: int) -> _Plan:
    """Settings from uniform numbers (replications x FACTORS)."""
    options = _options(scores)
    chosen: dict[str, Any] = {}
    for f, name in enumerate(FACTORS):
        size = draws if name in ("data", "weights") else len(options[name])
        chosen[name] = np.minimum((u[:, f] * size).astype(int), size - 1) if name in vary else np.full(len(u), -1)
    return _Plan(**chosen)


def _run(scores: Scores, plan: _Plan, seed: int, failures: Counter[str]) -> tuple[Any, Any, Any]:
    """Ranks, grades and scores of every replication; replications of one method are done in blocks."""
    index, points, options, draws = scores.index, points_of(scores.index), _options(scores), _Draws(scores, seed)
    n, units = len(plan.data), len(scores.units)
    ranked, graded = np.zeros((n, units), dtype=np.int16), np.full((n, units), -1, dtype=np.int8)
    groups = scores.units["peer_group"].fillna("").to_numpy()
    method = np.stack([plan.imputation, plan.treatment, plan.normalisation, plan.aggregation], axis=1)
    kinds, of = np.unique(method, axis=0, return_inverse=True)
    step = max(1, CELLS // max(1, scores.raw.size))
    for k, (fill, clean, scale, total) in enumerate(kinds):
        way = options["normalisation"][scale] if scale >= 0 else ""
        rule = options["aggregation"][total] if total >= 0 else ""
        members = np.flatnonzero(of.ravel() == k)
        try:
            for name in {way or leaf.rule for leaf in index.leaves}:
                check_combination(name, rule or "arithmetic", "汇总")
            for start in range(0, len(members), step):
                part = members[start : start + step]
                still = plan.data[part[0]] < 0
                x = scores.raw[None] if still else draws.data(plan.data[part])
                filling = options["imputation"][fill] if fill >= 0 else index.impute
                x = impute(x, filling, groups, scores.previous)[0] if np.isnan(scores.raw).any() and filling != "none" else x
                x = treat(x, options["treatment"][clean] if clean >= 0 else index.treat).x
                share = leaf_shares(index, x, way or None)
                weight = draws.weights(plan.weights[part], points) if plan.weights[part[0]] >= 0 else np.broadcast_to(points, (len(part), len(points))).copy()
                out = plan.indicator[part]
                dropped = out >= 0
                if dropped.any():
                    column = np.array([options["indicator"][o] for o in out])
                    weight[np.flatnonzero(column >= 0), column[column >= 0]] = 0.0
                if rule in ("geometric", "harmonic"):
                    share = np.maximum(share, FLOOR)
                value = combine(index.root, share, weight, rule or None) * index.root.points
                value = np.broadcast_to(value, (len(part), units))
                missing = np.isnan(share)
                if missing.any():
                    known = ((~missing) * weight[:, None, :]).sum(-1) / weight.sum(-1)[:, None]
                    value = np.where(known >= index.needs - 1e-9, value, np.nan)
                ranked[part] = np.nan_to_num(rank(printed(value)))
                if not way:
                    graded[part] = scores.grade(value)
        except InputError as error:
            failures["；".join(p.found or p.title for p in error.problems)] += len(members)
    return ranked, graded, None


def robustness(scores: Scores, n: int = 1000, seed: int = 7, vary: Sequence[str] = FACTORS) -> Robustness:
    """Monte Carlo over data error and method choices.

    Parameters
    ----------
    n, seed
        Replications, and the seed from which every draw follows.
    vary
        Any of ``data`` (the interval of approximate data and the sampling limits), ``imputation``, ``treatment``,
        ``normalisation`` (declared, min-max, 60 to 100, percentile), ``weights`` (each within 25%), ``aggregation``
        (declared, geometric, harmonic), ``indicator`` (all, or one left out). The rest stays as declared.

    Notes
    -----
    A share below 0.01 counts as 0.01 under geometric and harmonic means, so that one zero does not decide alone.

    References
    ----------
    Saisana, Saltelli and Tarantola (2005), JRSS A 168, 307-323; OECD/JRC (2008), Handbook, step 7.
    """
    vary = (vary,) if isinstance(vary, str) else tuple(vary)
    wrong = [v for v in vary if v not in FACTORS]
    if wrong or n < 1:
        raise refuse("vary" if wrong else "n", "、".join(wrong) or str(n), "、".join(FACTORS) if wrong else "至少 1 次", did_you_mean(wrong[0], FACTORS) if wrong else "")
    rng = np.random.default_rng([seed, *b"robustness"])
    plan = _plan(scores, rng.random((n, len(FACTORS))), vary, n)
    if "data" in vary:
        plan.data = np.arange(n)
    if "weights" in vary:
        plan.weights = np.arange(n)
    failures: Counter[str] = Counter()
    ranked, graded, _ = _run(scores, plan, seed, failures)
    lost = (ranked == 0).sum() - sum(failures.values()) * ranked.shape[1]
    if lost:
        failures["个别地区有数分值不足，没有得分（按地区计）"] += int(lost)
    frame = pd.DataFrame({"reason": list(failures), "count": list(failures.values())})
    return Robustness(scores, n, seed, vary, ranked, graded, frame)


def sobol(robust: Robustness, base: int = 256) -> Sobol:
    """First-order and total indices of the mean absolute change of place; `base` a power of 2.

    References
    ----------
    Saltelli et al. (2010), Computer Physics Communications 181, 259-270 (scipy.stats.sobol_indices).
    """
    from scipy import stats

    scores, names = robust.scores, robust.vary
    at = [FACTORS.index(name) for name in names]
    declared = scores.table["rank"].to_numpy(dtype=float, na_value=np.nan)
    failures: Counter[str] = Counter()

    def shift(u: Floats) -> Floats:
        full = np.zeros((u.shape[1], len(FACTORS)))
        full[:, at] = u.T
        ranked, _, _ = _run(scores, _plan(scores, full, names, DRAWS), robust.seed, failures)
        gap = np.abs(np.where(ranked > 0, ranked, np.nan) - declared)
        count = (~np.isnan(gap)).sum(1)
        return np.divide(np.nansum(gap, axis=1), count, out=np.zeros(len(gap)), where=count > 0)

    rng = np.random.default_rng([robust.seed, *b"sobol"])
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # a factor that moves nothing has no interval
        found = stats.sobol_indices(func=shift, n=base, dists=[stats.uniform()] * len(names), rng=rng)
        again = found.bootstrap(confidence_level=0.95, n_resamples=499)
    table = pd.DataFrame({"factor": names, "name": [WORDS[v] for v in names], "first": found.first_order, "total": found.total_order})
    for name, result in (("first", again.first_order), ("total", again.total_order)):
        table[f"{name}_low"], table[f"{name}_high"] = result.confidence_interval.low, result.confidence_interval.high
    notes = [f"{base}个基础样本，共{base * (len(names) + 2)}次计算；对象是各地位次平均变动"]
    if table["first"].isna().all():
        notes.append("变动这些因素时位次不变，指数没有定义")
    odd = table.loc[(table["first_low"] > table["total_high"]) | (table["total_high"] < 0) | (table["first_high"] < 0), "name"]
    if len(odd):
        notes.append(f"{'、'.join(odd)}的一阶与总指数不一致（样本太少），不作解释")
    if table["first"].sum() > 1.1:
        notes.append(f"一阶指数合计{table['first'].sum():.2f}，大于1：样本太少，只看大小次序")
    if failures:
        notes.append("有组合不能计算：" + "；".join(f"{k} {v}次" for k, v in failures.items()) + "，按不变动计")
    return Sobol(table, tuple(notes))


__all__ = ["FACTORS", "Robustness", "Sobol", "robustness", "sobol"]
