"""Inference where clustered errors do not suffice: randomisation by cluster, wild bootstrap, placebo, honest bounds."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.effects.dealing import (
    EXACT,
    Clusters,
    Deals,
    group_time_contrast,
    least_squares_contrasts,
    tested,
)
from evalkit.effects.facts import facts
from evalkit.effects.few import FEW, STUDENTISED, cluster_means
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import allowed_as, fitted, side, unfit
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note
from evalkit.world.note import Note, Tone
from evalkit.world.number import plain

_BY = {"twfe": "双向固定效应", "group_time": "组别—时期平均"}


@fitted
def randomisation(
    panel: Panel,
    *,
    statistic: Literal["twfe", "group_time"] = "twfe",
    draws: int = 999,
    seed: int = 7,
    exact: int = EXACT,
    studentised: bool = True,
) -> Effect:
    """Fisher's randomisation test by cluster: treatment dates are dealt anew to the clusters, cohort sizes kept.

    Parameters
    ----------
    statistic
        ``twfe``: the two-way fixed effects coefficient; ``group_time``: the mean of the differences of every cohort
        from its last period before treatment, against the clusters not treated yet.
    draws, seed
        Random assignments, where there are more than `exact` different ones; else all are gone through.
    studentised
        Deal the estimate over its own error, with a variance for every cohort and Satterthwaite's degrees of freedom
        (`evalkit.effects.dealing`): close to 5% where treated and untreated clusters differ in noise or size. Without it
        the plain estimate is dealt, which then rejects a true null far too often.

    Notes
    -----
    It works on weighted means by cluster and period, controls partialled out first (sharp null: no effect on anyone).
    p = share of assignments at least as extreme as the actual one, which is among them. The interval holds the constant
    effects that the same test does not reject at 5%; it is open where so few assignments are possible that none can be
    rejected. A warning says where the variances before the policy or the sizes differ.
    """
    allowed_as("statistic", statistic, _BY)
    clusters = cluster_means(panel)
    deals = clusters.deals(draws, seed, exact)
    found = tested(clusters, _contrast(clusters, statistic), deals, interval=studentised)
    usable = studentised and np.isfinite(found.se)
    p, low, high = found.p, found.low, found.high
    if not usable:
        p = float(deals.share(_beyond(found.null, found.estimate)))
        unit = clusters_on(clusters, deals, _contrast(clusters, statistic))
        low, high = _inverted(found.estimate, found.null, unit, deals.every)
    how = f"{deals.said}，{STUDENTISED if usable else '未学生化'}"
    table = rows(
        ["d"],
        [panel.label(panel.treatment)],
        [found.estimate],
        found.se if usable else np.nan,
        p=p,
        ci_low=low,
        ci_high=high,
    )
    about = facts(
        panel,
        package="",
        method=f"{how}（统计量：{_BY[statistic]}，聚类—时期均值）",
        paper="Fisher (1935); Chung & Romano (2013); MacKinnon & Webb (2020)",
        exact=deals.every,
        covariance=STUDENTISED if usable else "",
        assignments=len(deals.codes),
        p_small_method=how,
        z=found.z if usable else None,
    )
    notes = [*clusters.notes, note("randomisation.interval")]
    if studentised and not usable:
        notes.append(note("randomisation.plain_estimate"))
    if deals.every and len(deals.codes) < 20:
        n = len(deals.codes)
        notes.append(note("randomisation.assignments", n=n, least=1 / n))
    notes += _differing(clusters, usable)
    draws_ = {
        "draws": pd.DataFrame({"estimate": found.null} | ({"z": found.null_z} if usable else {}))
    }
    return Effect(
        "randomisation", "随机化检验", table, about, (), "d", draws_, "placebo"
    ).with_notes(*notes)


def _contrast(clusters: Clusters, statistic: str) -> np.ndarray:
    """The statistic as weights on the means by cohort and period."""
    if statistic == "twfe":
        return np.asarray(least_squares_contrasts(clusters, clusters.on[None])[0])
    total, mass = np.zeros(clusters.on.shape), 0.0
    for g in clusters.cohorts[clusters.cohorts > clusters.t[0]]:
        before, own = (
            int(clusters.t[clusters.t < g].max()),
            float(clusters.mass[clusters.cohorts == g][0]),
        )
        for time in clusters.t[clusters.t >= g]:
            idle = (clusters.cohorts == 0) | (clusters.cohorts > time)
            if idle.any():
                total += own * group_time_contrast(clusters, int(g), int(time), before, idle)
                mass += own
    return np.asarray(total / mass)


def _differing(clusters: Clusters, studentised: bool = True) -> list[Note]:
    """The warning where clusters cannot simply be exchanged; a failure of this comparison is told."""
    found, failed = side("clusters", clusters.unequal)
    if not found:
        return [*failed]
    code = "clusters.unequal" if studentised else "clusters.unequal_plain"
    return [note(code, what=found)]


def _beyond(null: np.ndarray, actual: float) -> np.ndarray:
    """Which are at least as far from zero as the actual one."""
    return np.asarray(np.abs(null) >= abs(actual) - 1e-12 * max(1.0, abs(actual)))


def clusters_on(clusters: Clusters, deals: Deals, contrast: np.ndarray) -> np.ndarray:
    """The estimates of the assignments on the actual treatment itself."""
    shifts = clusters.on[clusters.codes] @ contrast.T
    found = np.zeros(len(deals.codes))
    for k in range(len(clusters.cohorts)):
        share = (deals.codes == k) * clusters.w
        found += share @ shifts[:, k] / share.sum(axis=1)
    return found


def _inverted(
    estimate: float, null: np.ndarray, unit: np.ndarray, every: bool, size: float = 0.05
) -> tuple[float, float]:
    """Least and largest constant effect c that dealing the plain estimate does not reject.

    With the effect c taken out of the outcome an assignment's estimate is b - c a, a being its estimate on the actual treatment
    itself; it counts as long as abs(b - c a) >= abs(estimate - c): c between (estimate - b) / (1 - a) and
    (estimate + b) / (1 + a), always for abs(a) >= 1. All these stretches hold the estimate, so that p falls to both sides.
    """
    always = np.abs(unit) >= 1 - 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.array([(estimate - null) / (1 - unit), (estimate + null) / (1 + unit)])
    low, high = (
        np.sort(np.where(always, way * np.inf, end))
        for way, end in ((-1, ends.min(axis=0)), (1, ends.max(axis=0)))
    )
    out = int(np.floor(size * (len(null) + (not every)) + 1e-9)) - (
        not every
    )  # assignments beyond, at which p is still `size`
    return (float(low[out]), float(high[-1 - out])) if 0 <= out < len(null) else (-np.inf, np.inf)


@fitted
def placebo(panel: Panel, *, draws: int = 500, seed: int = 7) -> Effect:
    """安慰剂检验: two-way fixed effects for random treatments, beside the actual one; compared as in `randomisation`."""
    clusters = cluster_means(panel)
    contrast = _contrast(clusters, "twfe")
    dealt = Deals(clusters.random(draws, seed), False, seed)
    found = tested(clusters, contrast, dealt, interval=False)
    usable = np.isfinite(found.se)
    beyond = (
        (np.abs(found.null_z) >= abs(found.z) * (1 - 1e-9))
        if usable
        else _beyond(found.null, found.estimate)
    )
    ps = _clustered_p(clusters, dealt)
    share, rejected = float(beyond.mean()), float((ps < 0.05).mean())
    low, high = np.quantile(found.null, [0.025, 0.975])
    table = rows(
        ["d", "placebo"],
        [panel.label(panel.treatment), f"随机分派{draws}次的平均"],
        [found.estimate, found.null.mean()],
        [found.se, found.null.std(ddof=1)],
        statistic=np.nan,
        p=[float(dealt.share(beyond)), np.nan],
        ci_low=[np.nan, low],
        ci_high=[np.nan, high],
    )
    scale = "学生化以后" if usable else "未学生化，"
    method = (
        f"安慰剂检验（随机指定实施的聚类与时期{draws}次，种子{seed}；聚类—时期均值，{scale}比较）"
    )
    about = facts(
        panel,
        package="",
        method=method,
        paper="Chetty, Looney & Kroft (2009); Chung & Romano (2013)",
        beyond=share,
        rejected=rejected,
        covariance=STUDENTISED if usable else "",
        z=found.z if usable else None,
    )
    code = "placebo.beyond" if usable else "placebo.beyond_plain"
    notes = [*clusters.notes, note(code, share=share, rejected=rejected)]
    if rejected > 0.1:
        notes.append(note("placebo.rejected", rejected=rejected))
    notes += _differing(clusters, bool(usable))
    details = {
        "draws": pd.DataFrame(
            {"estimate": found.null, "p": ps} | ({"z": found.null_z} if usable else {})
        )
    }
    return Effect("placebo", "安慰剂检验", table, about, (), "d", details, "placebo").with_notes(
        *notes
    )


def _clustered_p(clusters: Clusters, deals: Deals) -> np.ndarray:
    """Two-sided p by clustered errors (CRV1, t) of two-way fixed effects in every assignment, a block of them at a time."""
    from scipy.stats import t

    step = max(1, int(4_000_000 // clusters.y.size))
    parts = [
        _clustered_t(clusters, deals.codes[at : at + step])
        for at in range(0, len(deals.codes), step)
    ]
    return np.asarray(2 * t.sf(np.abs(np.concatenate(parts)), len(clusters.g) - 1))


def _clustered_t(clusters: Clusters, codes: np.ndarray) -> np.ndarray:
    w = clusters.w

    def within(v: np.ndarray) -> np.ndarray:
        v = v - v.mean(axis=-1, keepdims=True)
        return np.asarray(v - np.einsum("c,...ct->...t", w / w.sum(), v)[..., None, :])

    y, d = within(clusters.y), within(clusters.on[codes])
    norm, (n, size) = np.einsum("c,bct,bct->b", w, d, d), y.shape
    beta = np.einsum("c,bct,ct->b", w, d, y) / norm
    scores = w * np.einsum("bct,bct->bc", d, y - beta[:, None, None] * d)
    variance = (scores**2).sum(axis=1) * n / (n - 1) * (n * size - 1) / (n * size - size - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(beta / np.sqrt(variance) * norm)


@fitted
def wild_bootstrap(
    panel: Panel, *, draws: int = 999, seed: int = 7, weights: str | None = None
) -> Effect:
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
    columns = pd.concat(
        [work[["y", "d", *panel.xs]], pd.get_dummies(work["t"], drop_first=True, dtype=float)],
        axis=1,
    )
    columns.columns = columns.columns.astype(str)
    w, i = work["w"], work["i"]
    within = columns - columns.mul(w, axis=0).groupby(i).transform("sum").div(
        w.groupby(i).transform("sum"), axis=0
    )
    within = within.to_numpy(float) * np.sqrt(w.to_numpy())[:, None]
    y, x = within[:, 0], within[:, 1:]
    got = dd.wild_bootstrap_se(
        x, y, y, work["c"].to_numpy(), 0, n_bootstrap=draws, weight_type=kind, seed=seed
    )
    how = f"野聚类自助法（{kind}，{got.n_bootstrap}次，种子{seed}）"
    table = rows(
        ["d"],
        [panel.label(panel.treatment)],
        [np.linalg.lstsq(x, y, rcond=None)[0][0]],
        got.se,
        statistic=got.t_stat_original,
        p=got.p_value,
        ci_low=got.ci_lower,
        ci_high=got.ci_upper,
    )
    about = facts(
        panel,
        package="diff-diff",
        method=f"双向固定效应，{how}",
        paper="Cameron, Gelbach & Miller (2008); Webb (2023)",
        covariance="按聚类稳健；区间由检验反求",
        p_small_method=how,
    )
    few = min(about["treated_clusters"], about["clusters"] - about["treated_clusters"]) < FEW / 2
    notes = [note("bootstrap.few")] if few else []
    return Effect("wild_bootstrap", "野聚类自助法", table, about, tuple(notes), "d")


@fitted
def honest(
    effect: Effect,
    *,
    m: Sequence[float] | None = None,
    target: Literal["average"] | int = "average",
) -> Effect:
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
    if (
        square is None
        or "dynamic" not in effect.details
        or effect.facts.get("base") == "varying"
        or effect.design == "did2s"
    ):
        raise unfit(
            "honest",
            effect.name,
            'callaway_santanna 请用 base="universal"；或用 event_study、sun_abraham',
        )
    times, lags = square.index.to_numpy(int), [int(e) for e in square.index if e >= 0]
    if -1 in times:
        raise unfit(
            "honest",
            "基期不是实施前最后一期，或时期有间隔",
            "请用逐期连续、以实施前最后一期为基期的事件研究",
        )
    if not (times < -1).any() or not lags:
        raise unfit(
            "honest", "实施前除基期外没有别的时期", "至少要两个实施前的时期和一个实施后的时期"
        )
    weight = np.array([1 / len(lags) if target == "average" else float(e == target) for e in lags])
    every = np.sort(np.r_[times, -1])
    dynamic = effect.details["dynamic"].set_index("at").reindex(every)
    errors = pd.Series(
        np.sqrt(np.diag(square)), times
    )  # of one method with the covariance, also where clusters are few
    se, usual = errors.reindex(every).to_numpy(), float(errors[lags].mean())
    grid = [float(v) for v in (m if m is not None else np.array([0, 0.25, 0.5, 1, 2]) * usual)]
    if not grid or min(grid) < 0 or not weight.any():
        raise unfit(
            "honest",
            f"m={m}，target={target}",
            f"m 不小于0；target 为 average 或事件期 {'、'.join(map(str, lags))}",
        )
    blank, values = np.full(len(every), np.nan), dynamic["estimate"].fillna(0.0).to_numpy()
    # the library takes leads and lags against one base in its own container only
    box = dd.EventStudyResults(
        event_time=every,
        att=values,
        se=se,
        t_stat=values / se,
        p_value=np.where(every == -1, np.nan, 0.5),
        conf_int_lower=values - se,
        conf_int_upper=values + se,
        is_reference=every == -1,
        n=blank,
        vcov=square.to_numpy(),
        vcov_index=times,
        reference_period=-1,
        event_time_convention="e0_first_treated",
        source="CallawaySantAnnaResults",
        base_period="universal",
    )
    found = [dd.compute_honest_did(box, method="smoothness", M=v, l_vec=weight) for v in grid]
    low, high = np.array([r.ci_lb for r in found]), np.array([r.ci_ub for r in found])
    point = float(found[0].original_estimate)
    say = lambda v: f"{plain(v * 100, 3)}个百分点" if effect.facts["rate"] else plain(v, 3)  # noqa: E731
    original = rows(["original"], ["原估计（假定趋势平行）"], [point], float(found[0].original_se))
    bounds = rows(
        [f"m{n}" for n in range(len(grid))],
        ["M=0（允许线性趋势）" if v == 0 else f"M={say(v)}" for v in grid],
        (low + high) / 2,
        np.nan,
        ci_low=low,
        ci_high=high,
        at=grid,
    )
    edge = low if point > 0 else -high
    broken = next((n for n, e in enumerate(edge) if e <= 0), None)
    if broken is None:
        breakdown, told = np.inf, note("honest.holds", m=say(grid[-1]))
    elif broken == 0:
        breakdown, told = 0.0, note("honest.broken_at_once", m=say(grid[0]))
    else:
        a, b = edge[broken - 1 : broken + 1]
        breakdown = grid[broken - 1] + (grid[broken] - grid[broken - 1]) * a / (a - b)
        told = note("honest.breaks", m=say(breakdown))
    aim = "实施后各期平均" if target == "average" else f"事件期{target}"
    about = {
        **effect.facts,
        "method": f"诚实DiD（平滑性限制），基于{effect.facts['method']}",
        "paper": "Rambachan & Roth (2023)",
        "covariance": "",
        "package": f"diff-diff {version('diff-diff')}",
        "p_small_method": "",
        "breakdown": breakdown,
        "target": aim,
    }
    tone: Tone = "warning" if broken == 0 else "info"
    bounds_told = note("honest.bounds", tone, found=told, aim=aim)
    warned = [n for n in effect.notes if n.tone == "warning"]
    table = pd.concat([original, bounds], ignore_index=True)
    return Effect("honest", "诚实DiD界限", table, about, (), "original").with_notes(
        bounds_told, *warned
    )
