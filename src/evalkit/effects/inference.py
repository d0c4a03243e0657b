"""Inference where clustered errors do not suffice: randomisation by cluster, wild bootstrap, placebo, honest bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import combinations
from math import factorial, prod
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.effects.guards import FEW, cells
from evalkit.effects.panel import Panel
from evalkit.effects.result import Effect, Note, allowed_as, binary, facts, fitted, rows, unfit
from evalkit.problems import InputError, Problem
from evalkit.world.number import fixed, percent, plain

EXACT = 5_000  # assignments up to which all are gone through
_BY = {"twfe": "双向固定效应", "group_time": "组别—时期平均"}


@fitted
def randomisation(panel: Panel, *, statistic: Literal["twfe", "group_time"] = "twfe", draws: int = 999, seed: int = 7,
                  exact: int = EXACT) -> Effect:  # fmt: skip
    """Fisher's randomisation test by cluster: treatment dates are dealt anew to the clusters, cohort sizes kept.

    Parameters
    ----------
    statistic
        ``twfe``: the two-way fixed effects coefficient; ``group_time``: the mean of the differences of every cohort
        from its last period before treatment, against the clusters not treated yet.
    draws, seed
        Random assignments, where there are more than `exact` different ones; else all are gone through.

    Notes
    -----
    It works on weighted means by cluster and period, controls partialled out first (sharp null: no effect on anyone).
    p = share of assignments with an estimate at least as large in absolute value, the actual one among them. The
    interval holds the constant effects that the same test does not reject at 5%; it is open where so few assignments
    are possible that none can be rejected.
    """
    allowed_as("statistic", statistic, _BY)
    shape = _Shape(panel)
    every, dealt = shape.deals(draws, seed, exact)
    run = (lambda y, g: shape.twfe(g, y)[0]) if statistic == "twfe" else shape.group_time
    estimate, null = run(shape.y, shape.g[None, :])[0], run(shape.y, dealt)
    p = _share(null, estimate, every)
    how = _how(len(null), every, seed)
    low, high = _inverted(estimate, null, run(shape.on, dealt), every)
    table = rows(["d"], [panel.label(panel.treatment)], [estimate], np.nan, p=p, ci_low=low, ci_high=high)
    about = facts(panel, package="", method=f"{how}（统计量：{_BY[statistic]}，聚类—时期均值）",
                  paper="Fisher (1935); MacKinnon & Webb (2020)", exact=every, assignments=len(null), p_small_method=how)  # fmt: skip
    notes = [Note("info", text) for text in (*shape.notes, "区间由随机化检验反求：假定各地效应相同，检验不能拒绝的效应")]
    if every and len(null) < 20:
        notes.append(Note("warning", f"可能的分派只有{len(null)}种，p值最小也有{fixed(1, 2, over=len(null))}，达不到5%的水平"))
    draws_ = {"draws": pd.DataFrame({"estimate": null})}
    return Effect("randomisation", "随机化检验", table, about, (), "d", draws_, "placebo").with_notes(*notes)


def _share(null: np.ndarray, actual: float, every: bool) -> float:
    """Share of assignments at least as far from zero as the actual one, which counts as one of them."""
    beyond = int((np.abs(null) >= abs(actual) - 1e-12 * max(1.0, abs(actual))).sum())
    return beyond / len(null) if every else (1 + beyond) / (1 + len(null))


def _how(assignments: int, every: bool, seed: int) -> str:
    return f"聚类随机化检验，{f'穷尽全部{assignments}种分派' if every else f'随机{assignments}种分派，种子{seed}'}"


def _inverted(estimate: float, null: np.ndarray, unit: np.ndarray, every: bool, size: float = 0.05) -> tuple[float, float]:
    """Least and largest constant effect c whose p is above `size`.

    With the effect c taken out of the outcome an assignment's estimate is b - c a, a being its estimate on the actual treatment
    itself; it counts as long as abs(b - c a) >= abs(estimate - c): c between (estimate - b) / (1 - a) and
    (estimate + b) / (1 + a), always for abs(a) >= 1. All these stretches hold the estimate, so that p falls to both sides.
    """
    always = np.abs(unit) >= 1 - 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.array([(estimate - null) / (1 - unit), (estimate + null) / (1 + unit)])
    low, high = (np.sort(np.where(always, side * np.inf, end)) for side, end in ((-1, ends.min(axis=0)), (1, ends.max(axis=0))))
    out = int(np.floor(size * (len(null) + (not every)) + 1e-9)) - (not every)  # assignments beyond, at which p is still `size`
    return (float(low[out]), float(high[-1 - out])) if 0 <= out < len(null) else (-np.inf, np.inf)


def pretrend_p(panel: Panel, *, draws: int = 999, seed: int = 7, exact: int = EXACT) -> tuple[float, str] | None:
    """Randomisation test of parallel trends before the first treatment anywhere; None without two such periods.

    Clusters ever treated (the first cohort, where all are) against the others, by period less the last one before; the
    statistic is the sum of squares of these gaps, the treatment dealt anew among the clusters. For a few treated clusters, where
    a joint test with clustered errors has no size.
    """
    shape = _Shape(panel)
    idle = shape.t < shape.cohorts[shape.cohorts > 0].min()
    if idle.sum() < 2 or not len(shape.g):
        return None
    path = shape.y[:, idle] - shape.y[:, idle][:, -1:]
    first = shape.cohorts[0] if (shape.cohorts > 0).all() else None

    def run(dealt: np.ndarray) -> np.ndarray:
        on = dealt == first if first is not None else dealt > 0
        gaps = [(side * shape.w) @ path / (side * shape.w).sum(axis=1, keepdims=True) for side in (on, ~on)]
        return np.asarray(((gaps[0] - gaps[1]) ** 2).sum(axis=1))

    every, dealt = shape.deals(draws, seed, exact)
    return _share(run(dealt), float(run(shape.g[None, :])[0]), every), _how(len(dealt), every, seed)


@fitted
def placebo(panel: Panel, *, draws: int = 500, seed: int = 7) -> Effect:
    """安慰剂检验: two-way fixed effects for random treatments, their estimates and clustered p beside the actual one."""
    from scipy.stats import t

    shape = _Shape(panel)
    estimate = shape.twfe(shape.g[None, :], shape.y)[0][0]
    null, z = shape.twfe(shape.random(draws, seed), shape.y)
    ps = 2 * t.sf(np.abs(z), len(shape.g) - 1)
    beyond, rejected = int((np.abs(null) >= abs(estimate) - 1e-12).sum()), float((ps < 0.05).mean())
    low, high = np.quantile(null, [0.025, 0.975])
    table = rows(["d", "placebo"], [panel.label(panel.treatment), f"随机分派{draws}次的平均"], [estimate, null.mean()],
                 [np.nan, null.std(ddof=1)],
                 statistic=np.nan, p=[(1 + beyond) / (1 + draws), np.nan], ci_low=[np.nan, low], ci_high=[np.nan, high])  # fmt: skip
    method = f"安慰剂检验（随机指定实施的聚类与时期{draws}次，种子{seed}；聚类—时期均值）"
    about = facts(panel, package="", method=method, paper="Chetty, Looney & Kroft (2009)", beyond=beyond / draws, rejected=rejected)
    notes = [Note("info", text) for text in shape.notes]
    larger = percent(beyond, over=draws)
    notes.append(Note("info", f"随机指定的估计值绝对值不小于实际值的占{larger}；在5%水平上显著的占{percent(rejected)}"))
    if rejected > 0.1:
        notes.append(Note("warning", f"随机指定的政策有{percent(rejected)}“显著”，聚类标准误偏小，请以随机化p值为准"))
    details = {"draws": pd.DataFrame({"estimate": null, "p": ps})}
    return Effect("placebo", "安慰剂检验", table, about, (), "d", details, "placebo").with_notes(*notes)


def permutation_p(panel: Panel, design: str) -> tuple[float, str, tuple[float, float]]:
    """The p that stands beside the clustered one where clusters are few, how it was made, and the interval to it."""
    try:
        many = panel.work["c"].nunique() * panel.work["t"].nunique() > 100_000
        made = randomisation(panel, statistic="twfe" if design == "twfe" else "group_time", draws=199 if many else 999)
    except InputError:  # dates differ within clusters, or nothing can be dealt anew
        made = wild_bootstrap(panel)
    row = made.row
    return float(row["p"]), str(made.facts["p_small_method"]), (float(row["ci_low"]), float(row["ci_high"]))


@fitted
def wild_bootstrap(panel: Panel, *, draws: int = 999, seed: int = 7, weights: str | None = None) -> Effect:
    """Wild cluster bootstrap of two-way fixed effects, null imposed, interval by inversion (diff-diff).

    Parameters
    ----------
    weights
        ``rademacher`` (all sign vectors where they are fewer than `draws`), ``webb`` or ``mammen``; by default webb
        below 12 clusters.
    """
    import diff_diff as dd

    work = panel.work
    kind = weights or ("webb" if work["c"].nunique() < 12 else "rademacher")
    # entity effects are nested in the clusters and taken out; period dummies are refitted in every draw
    columns = pd.concat([work[["y", "d", *panel.xs]], pd.get_dummies(work["t"], drop_first=True, dtype=float)], axis=1)
    columns.columns = columns.columns.astype(str)
    w, i = work["w"], work["i"]
    within = columns - columns.mul(w, axis=0).groupby(i).transform("sum").div(w.groupby(i).transform("sum"), axis=0)
    within = within.to_numpy(float) * np.sqrt(w.to_numpy())[:, None]
    y, x = within[:, 0], within[:, 1:]
    got = dd.wild_bootstrap_se(x, y, y, work["c"].to_numpy(), 0, n_bootstrap=draws, weight_type=kind, seed=seed)
    how = f"野聚类自助法（{kind}，{got.n_bootstrap}次，种子{seed}）"
    table = rows(["d"], [panel.label(panel.treatment)], [np.linalg.lstsq(x, y, rcond=None)[0][0]], got.se, statistic=got.t_stat_original,
                 p=got.p_value, ci_low=got.ci_lower, ci_high=got.ci_upper)  # fmt: skip
    about = facts(panel, package="diff-diff", method=f"双向固定效应，{how}", paper="Cameron, Gelbach & Miller (2008); Webb (2023)",
                  covariance="按聚类稳健；区间由检验反求", p_small_method=how)  # fmt: skip
    few = min(about["treated_clusters"], about["clusters"] - about["treated_clusters"]) < FEW / 2
    notes = (Note("warning", "实施或未实施的聚类不足5个时野聚类自助法也不可靠，请用 randomisation"),) if few else ()
    return Effect("wild_bootstrap", "野聚类自助法", table, about, notes, "d")


@fitted
def honest(effect: Effect, *, m: Sequence[float] | None = None, target: Literal["average"] | int = "average") -> Effect:
    """Bounds that allow the trends to differ smoothly (Rambachan and Roth 2023, second differences at most M).

    Parameters
    ----------
    effect
        An event study with the covariance of its leads and lags: `event_study`, `sun_abraham` or
        `callaway_santanna` with ``base="universal"``.
    m
        Largest change of the slope of the trend from one period to the next, in units of the outcome; 0 is a
        straight line. By default 0, 1/4, 1/2, 1 and 2 times the mean standard error of the lags.
    target
        The mean of the lags, or one event time.

    Returns
    -------
    Effect
        One row for the original interval and one for each M, with the fixed-length interval of diff-diff; ``facts``
        hold ``breakdown``, the largest M (interpolated between the given ones) with an interval without zero.
    """
    import diff_diff as dd
    square = effect.details.get("covariance")
    if square is None or "dynamic" not in effect.details or effect.facts.get("base") == "varying" or effect.design == "did2s":
        raise unfit("honest", effect.name, 'callaway_santanna 请用 base="universal"；或用 event_study、sun_abraham')
    times, lags = square.index.to_numpy(int), [int(e) for e in square.index if e >= 0]
    if -1 in times:
        raise unfit("honest", "基期不是实施前最后一期，或时期有间隔", "请用逐期连续、以实施前最后一期为基期的事件研究")
    if not (times < -1).any() or not lags:
        raise unfit("honest", "实施前除基期外没有别的时期", "至少要两个实施前的时期和一个实施后的时期")
    weight = np.array([1 / len(lags) if target == "average" else float(e == target) for e in lags])
    every = np.sort(np.r_[times, -1])
    dynamic = effect.details["dynamic"].set_index("at").reindex(every)
    se, usual = dynamic["se"].to_numpy(), float(dynamic.loc[lags, "se"].mean())
    grid = [float(v) for v in (m if m is not None else np.array([0, 0.25, 0.5, 1, 2]) * usual)]
    if not grid or min(grid) < 0 or not weight.any():
        raise unfit("honest", f"m={m}，target={target}", f"m 不小于0；target 为 average 或事件期 {'、'.join(map(str, lags))}")
    blank, values = np.full(len(every), np.nan), dynamic["estimate"].fillna(0.0).to_numpy()
    # the library takes leads and lags against one base in its own container only
    box = dd.EventStudyResults(
        event_time=every, att=values, se=se, t_stat=values / se, p_value=np.where(every == -1, np.nan, 0.5), conf_int_lower=values - se,
        conf_int_upper=values + se, is_reference=every == -1, n=blank, vcov=square.to_numpy(), vcov_index=times, reference_period=-1,
        event_time_convention="e0_first_treated", source="CallawaySantAnnaResults", base_period="universal")  # fmt: skip
    found = [dd.compute_honest_did(box, method="smoothness", M=v, l_vec=weight) for v in grid]
    low, high = np.array([r.ci_lb for r in found]), np.array([r.ci_ub for r in found])
    point = float(found[0].original_estimate)
    say = lambda v: f"{plain(v * 100, 3)}个百分点" if effect.facts["rate"] else plain(v, 3)  # noqa: E731
    original = rows(["original"], ["原估计（假定趋势平行）"], [point], float(found[0].original_se))
    bounds = rows([f"m{n}" for n in range(len(grid))], ["M=0（允许线性趋势）" if v == 0 else f"M={say(v)}" for v in grid],
                  (low + high) / 2, np.nan, ci_low=low, ci_high=high, at=grid)  # fmt: skip
    edge = low if point > 0 else -high
    broken = next((n for n, e in enumerate(edge) if e <= 0), None)
    if broken is None:
        breakdown, told = np.inf, f"M到{say(grid[-1])}区间仍不含0"
    elif broken == 0:
        breakdown, told = 0.0, f"M={say(grid[0])}时区间已含0：结论全靠趋势平行的假定"
    else:
        a, b = edge[broken - 1 : broken + 1]
        breakdown = grid[broken - 1] + (grid[broken] - grid[broken - 1]) * a / (a - b)
        told = f"趋势斜率每期变化超过约{say(breakdown)}时区间含0"
    aim = "实施后各期平均" if target == "average" else f"事件期{target}"
    about = {**effect.facts, "method": f"诚实DiD（平滑性限制），基于{effect.facts['method']}", "paper": "Rambachan & Roth (2023)",
             "covariance": "",
             "package": f"diff-diff {version('diff-diff')}", "p_small_method": "", "breakdown": breakdown, "target": aim}  # fmt: skip
    note = Note("warning" if broken == 0 else "info", f"{told}。M是趋势斜率从一期到下一期的最大变化；目标：{aim}")
    warned = [n for n in effect.notes if n.tone == "warning"]
    table = pd.concat([original, bounds], ignore_index=True)
    return Effect("honest", "诚实DiD界限", table, about, (), "original").with_notes(note, *warned)


class _Shape:
    """Cluster-period means as a matrix, with the cohorts that are dealt anew."""

    def __init__(self, panel: Panel) -> None:
        binary(panel, "randomisation")
        work = panel.work
        if panel.controls:
            from evalkit.effects.fixed import least_squares

            beta = least_squares(panel, work, [], effects="i+t")["beta"]
            work = work.assign(y=work["y"] - work[list(beta.index)].to_numpy() @ beta.to_numpy())
        found = cells(work)
        if (found.groupby("c")["g"].nunique() > 1).any():
            why = "同一聚类内的个体开始时期不同，不能按聚类重新分派"
            raise unfit("randomisation", why, "请把 cluster 设为政策所定的层级，或用 wild_bootstrap")
        wide = found.pivot(index="c", columns="t", values=["y", "w"])
        whole = wide["y"].notna().all(axis=1)
        self.notes = [] if whole.all() else [f"{int((~whole).sum())}个聚类有缺的时期，随机化检验时略去"]
        self.y, self.w, self.t = wide["y"][whole].to_numpy(), wide["w"][whole].to_numpy().mean(axis=1), wide["y"].columns.to_numpy()
        self.g = found.drop_duplicates("c").set_index("c")["g"].reindex(wide.index[whole]).to_numpy()
        self.cohorts, self.sizes = np.unique(self.g, return_counts=True)
        if len(self.cohorts) < 2:
            raise unfit("randomisation", "各聚类的开始时期都一样，重新分派没有差别", "请加入未实施的地区")

    @property
    def on(self) -> np.ndarray:
        """The actual treatment, 0 or 1 by cluster and period."""
        return ((self.g[:, None] > 0) & (self.t >= self.g[:, None])).astype(float)

    @property
    def count(self) -> int:
        """Number of different assignments: n! / (n_0! n_1! ...)."""
        return factorial(len(self.g)) // prod(factorial(int(n)) for n in self.sizes)

    def all(self) -> Iterator[np.ndarray]:
        def deal(left: tuple[int, ...], cohort: int) -> Iterator[dict[int, int]]:
            if cohort == len(self.cohorts) - 1:
                yield dict.fromkeys(left, self.cohorts[cohort])
                return
            for chosen in combinations(left, int(self.sizes[cohort])):
                for rest in deal(tuple(n for n in left if n not in chosen), cohort + 1):
                    yield dict.fromkeys(chosen, self.cohorts[cohort]) | rest

        for found in deal(tuple(range(len(self.g))), 0):
            yield np.array([found[n] for n in range(len(self.g))])

    def deals(self, draws: int, seed: int, exact: int) -> tuple[bool, np.ndarray]:
        """All assignments where they are at most `exact`, else random ones; whether they are all."""
        every = self.count <= exact
        return every, np.array(list(self.all())) if every else self.random(draws, seed)

    def random(self, draws: int, seed: int) -> np.ndarray:
        if draws < 19:
            raise InputError(Problem("value_invalid", where="draws", found=str(draws), allowed="不小于19：再少就达不到5%的水平"))
        rng = np.random.default_rng([seed, *b"randomisation"])
        return rng.permuted(np.tile(self.g, (draws, 1)), axis=1)

    def twfe(self, dealt: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients and clustered t of every assignment (rows of `dealt`), a block of them at a time."""
        step = max(1, int(4_000_000 // outcome.size))
        parts = [self._twfe(dealt[at : at + step], outcome) for at in range(0, len(dealt), step)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _twfe(self, dealt: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        def within(v: np.ndarray) -> np.ndarray:
            v = v - v.mean(axis=-1, keepdims=True)
            return np.asarray(v - np.einsum("c,...ct->...t", self.w / self.w.sum(), v)[..., None, :])

        y, d = within(outcome), within(((dealt[:, :, None] > 0) & (self.t >= dealt[:, :, None])).astype(float))
        norm, (n, size) = np.einsum("c,bct,bct->b", self.w, d, d), y.shape
        beta = np.einsum("c,bct,ct->b", self.w, d, y) / norm
        scores = self.w * np.einsum("bct,bct->bc", d, y - beta[:, None, None] * d)
        variance = (scores**2).sum(axis=1) * n / (n - 1) * (n * size - 1) / (n * size - size - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return beta, beta / np.sqrt(variance) * norm

    def group_time(self, outcome: np.ndarray, dealt: np.ndarray) -> np.ndarray:
        """Mean over treated cluster-periods of Y_t - Y_{g-1}, less that of the clusters not treated by t."""
        total, mass = np.zeros(len(dealt)), np.zeros(len(dealt))
        for g in self.cohorts[self.cohorts > self.t[0]]:
            before, mine = int(np.searchsorted(self.t, g)) - 1, (dealt == g) * self.w
            for at in range(before + 1, len(self.t)):
                change, idle = outcome[:, at] - outcome[:, before], ((dealt == 0) | (dealt > self.t[at])) * self.w
                if idle.any():
                    n = mine.sum(axis=1)
                    total += n * (mine @ change / n - idle @ change / idle.sum(axis=1))
                    mass += n
        return total / mass
