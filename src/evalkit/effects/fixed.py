"""Designs by least squares with fixed effects: two-way, event study, Sun and Abraham, did2s, Goodman-Bacon.

Estimates and covariances are pyfixest's (CRV1 with its small-sample corrections, t with clusters - 1 degrees of
freedom) and diff-diff's (did2s, Bacon); what is ours is the shares of Sun and Abraham and the pre-trend test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.effects.dealing import Clusters, imputed, least_squares_contrasts
from evalkit.effects.design import Estimate
from evalkit.effects.facts import facts
from evalkit.effects.few import Linear, without_controls
from evalkit.effects.leads import dynamic_effect
from evalkit.effects.least_squares import CLUSTERED, COVARIANCES, collinear, least_squares
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import allowed_as, binary, fitted, unfit, unweighted
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note
from evalkit.world.note import Tone
from evalkit.world.number import percent

_EFFECTS = {"i+t": "双向固定效应", "i": "个体固定效应", "t": "时期固定效应", "0": "混合最小二乘"}


@fitted
def twfe(
    panel: Panel,
    *,
    entity_effects: bool = True,
    time_effects: bool = True,
    covariance: str = "cluster",
) -> Estimate:
    """Two-way fixed effects: y_it = alpha_i + lambda_t + beta d_it + gamma'x_it + e_it.

    Parameters
    ----------
    entity_effects, time_effects
        Without both it is pooled least squares.
    covariance
        ``cluster``, ``iid`` or ``hetero``.

    Raises
    ------
    InputError
        The treatment is a linear combination of effects and controls.
    """
    allowed_as("covariance", covariance, COVARIANCES)
    effects = (
        "+".join(name for name, used in (("i", entity_effects), ("t", time_effects)) if used) or "0"
    )
    fit = least_squares(panel, panel.work, ["d"], effects=effects, covariance=covariance)
    # pyfixest keeps the first of two collinear columns: a control it drops only beside the treatment takes it along
    alone = (
        least_squares(panel, panel.work, [], effects=effects).dropped
        if set(fit.dropped) - {"d"}
        else []
    )
    if "d" in fit.dropped or set(fit.dropped) - set(alone):
        raise collinear(panel)
    names = {
        "d": panel.label(panel.treatment),
        "Intercept": "常数项",
        **dict(zip(panel.xs, map(panel.label, panel.controls), strict=True)),
    }
    terms = list(fit.cov.index)
    table = rows(terms, [names[n] for n in terms], fit.beta, np.sqrt(np.diag(fit.cov)), df=fit.df)
    about = facts(
        panel,
        package="pyfixest",
        method=_EFFECTS[effects],
        paper="Wooldridge (2010)",
        covariance=COVARIANCES[covariance],
        n=fit.n,
        r2_within=fit.r2_within,
    )
    made = Effect("twfe", _EFFECTS[effects], table, about, fit.notes, "d", {"covariance": fit.cov})
    if panel.kind != "binary" or effects != "i+t":
        return Estimate(made)
    way = Linear(
        without_controls(panel.work, fit.beta),
        lambda clusters: {"d": least_squares_contrasts(clusters, clusters.on[None])[0]},
    )
    return Estimate(made, panel, way)


@fitted
def event_study(
    panel: Panel,
    *,
    base: int | None = None,
    window: tuple[int, int] | None = None,
) -> Estimate:
    """Event study by two-way fixed effects, with the joint test of the leads and its power.

    y_it = alpha_i + lambda_t + sum over e != base of beta_e 1[t - g_i = e] + gamma'x_it + e_it.

    Parameters
    ----------
    base
        The omitted event time; by default the last before treatment.
    window
        First and last event time of their own; what lies beyond is binned into the ends.

    Notes
    -----
    The main estimate is the plain mean of the effects from event time 0 on. Without never-treated entities the
    earliest lead is omitted too (Borusyak, Jaravel and Spiess 2024).
    """
    binary(panel, "event_study")
    work, never = panel.work, bool((panel.work["g"] == 0).any())
    since = (work["t"] - work["g"]).where(work["g"] > 0)
    first, last = window or (int(since.min()), int(since.max()))
    since = since.clip(first, last)
    base = _last_before(since) if base is None else base
    seen = sorted(int(e) for e in since.dropna().unique())
    if not seen or seen[0] >= 0:
        raise unfit("event_study", "没有实施前的时期")
    if base not in seen:
        raise unfit(
            "event_study",
            f"事件期{base}不在面板里（有{'、'.join(map(str, seen))}）",
            "请改 base 或 window",
        )
    times = [e for e in seen if e != base and (never or e != first)]
    dummies = pd.DataFrame(
        {f"e{n}": (since == e).astype(float) for n, e in enumerate(times)}, index=work.index
    )
    fit = least_squares(panel, work.join(dummies), list(dummies), effects="i+t")
    if set(fit.dropped) & set(dummies):  # a lead or lag taken as zero would turn all the others
        why = "各事件期与时期效应完全共线，分不开" + (
            "" if never else "（没有从未实施的个体，各批又相隔同样的期数）"
        )
        raise unfit("event_study", why, "请用 sun_abraham 或 callaway_santanna")
    notes = [
        *fit.notes,
        *([] if never else [note("regression.no_never", first=first)]),
    ]
    about = facts(
        panel,
        package="pyfixest",
        method="双向固定效应事件研究",
        paper="Roth (2022); Borusyak, Jaravel & Spiess (2024)",
        n=fit.n,
        covariance=CLUSTERED,
        base_period=f"实施前第{-base}期" if base < 0 else f"事件期{base}",
    )
    names = list(dummies)
    found = fit.beta[names], fit.cov.loc[names, names]
    made = dynamic_effect(
        "event_study", "事件研究", panel, times, *found, about, notes, df=fit.df, base=base
    )

    def contrasts(clusters: Clusters) -> dict[str, np.ndarray]:
        event = np.clip(clusters.since, first, last)
        weights = least_squares_contrasts(clusters, np.array([event == e for e in times], float))
        late = np.array(times) >= 0
        return {f"e{e:+d}": w for e, w in zip(times, weights, strict=True)} | {
            "att": weights[late].mean(axis=0)
        }

    return Estimate(made, panel, Linear(without_controls(work, fit.beta), contrasts))


@fitted
def sun_abraham(panel: Panel) -> Estimate:
    """Sun and Abraham (2021): cohort by event-time effects, weighted by the cohorts' shares.

    The regression is two-way fixed effects saturated in cohort times event time (pyfixest); the never treated are
    the controls, or the last cohort before it is treated. The effect of an event time weights cohorts by their
    observations there; the main estimate weights all treated observations alike. Shares are taken as given.
    """
    binary(panel, "sun_abraham")
    work, notes = panel.work, []
    if not (work["g"] == 0).any():
        last = work["g"].max()
        work = work[work["t"] < last].assign(g=lambda w: w["g"].where(w["g"] != last, 0))
        notes.append(note("regression.last_as_control", last=panel.period(last)))
    work = work[(work["g"] == 0) | (work["g"] > work["t"].min())].reset_index(drop=True)
    since = (work["t"] - work["g"]).rename("e")
    base = _last_before(since[work["g"] > 0])
    cells = work[(work["g"] > 0) & (since != base)].groupby(["g", since])["w"].sum()
    if not (cells.index.get_level_values("e") >= 0).any():
        raise unfit("sun_abraham", "没有可比较的批次")
    dummies = {
        f"s{n}": ((work["g"] == g) & (since == e)).astype(float)
        for n, (g, e) in enumerate(cells.index)
    }
    fit = least_squares(panel, work.assign(**dummies), list(dummies), effects="i+t")
    names = [name for name in dummies if name not in fit.dropped]
    cells = cells[[name in names for name in dummies]]
    beta, cov, e = (
        fit.beta[names].to_numpy(),
        fit.cov.loc[names, names].to_numpy(),
        cells.index.get_level_values("e").to_numpy(),
    )
    times = np.unique(e)
    shares = np.array([np.where(e == at, cells, 0) / cells[e == at].sum() for at in times])
    post = np.where(e >= 0, cells, 0) / cells[e >= 0].sum()
    about = facts(
        panel,
        package="pyfixest",
        method="Sun–Abraham 交互加权",
        paper="Sun & Abraham (2021)",
        covariance=CLUSTERED,
        n=fit.n,
        base_period=f"实施前第{-base}期",
    )
    labels = [
        f"{panel.period(g)}批 {'实施前' if at < 0 else '实施后'}{abs(at)}期"
        for g, at in cells.index
    ]
    group_time = rows(
        [f"g{g}_e{at:+d}" for g, at in cells.index],
        labels,
        beta,
        np.sqrt(np.diag(cov)),
        df=fit.df,
        at=e,
    )
    group_time = group_time.assign(
        g=cells.index.get_level_values("g"), e=e, weight=cells.to_numpy()
    )
    made = dynamic_effect(
        "sun_abraham",
        "Sun–Abraham 交互加权",
        panel,
        times,
        shares @ beta,
        shares @ cov @ shares.T,
        about,
        [*notes, *fit.notes],
        df=fit.df,
        main=(post @ beta, np.sqrt(post @ cov @ post)),
        main_label="平均处理效应（按观测加权）",
        details={"group_time": group_time},
        base=base,
    )
    pairs = [(int(g), int(at)) for g, at in cells.index]

    def contrasts(clusters: Clusters) -> dict[str, np.ndarray]:
        terms = [(clusters.cohorts[:, None] == g) & (clusters.since == at) for g, at in pairs]
        weights = least_squares_contrasts(clusters, np.array(terms, float))
        dynamic = np.einsum("en,nkt->ekt", shares, weights)
        found = {f"e{int(at):+d}": w for at, w in zip(times, dynamic, strict=True)}
        found |= {f"g{g}_e{at:+d}": w for (g, at), w in zip(pairs, weights, strict=True)}
        return found | {"att": np.einsum("n,nkt->kt", post, weights)}

    return Estimate(made, panel, Linear(without_controls(work, fit.beta), contrasts))


@fitted
def did2s(panel: Panel) -> Estimate:
    """Gardner's (2022) two-stage difference in differences: effects fitted on untreated rows, then averaged.

    Always-treated entities and periods without an untreated row have no first stage and are left out, with a note.

    Notes
    -----
    Reckoned by diff-diff, whose numbers are those of pyfixest's did2s (a test holds them together) without its dense
    matrix of entity dummies: 13 GB for 20,000 units in five years.
    """
    import diff_diff as dd

    binary(panel, "did2s")
    work, keep = panel.work, pd.Series([False])
    while not keep.all():
        idle = work[work["d"] == 0]
        keep = work["i"].isin(idle["i"]) & work["t"].isin(idle["t"])
        work = work[keep]
    lost = len(panel.work) - len(work)
    notes = [note("regression.no_control_rows", n=lost)] if lost else []
    if not (work["d"] == 1).any():
        raise unfit("did2s", "没有可比较的实施后观测")
    model = dd.TwoStageDiD(cluster="c", pretrends=True, rank_deficient_action="silent")
    survey = dd.SurveyDesign(weights="w", psu="c") if panel.weighted else None
    found = model.fit(work, "y", "i", "t", "g", covariates=panel.xs or None, survey_design=survey)
    events = found.aggregate("event_study")
    about = facts(
        panel,
        package="diff-diff",
        method="两阶段双重差分（did2s）",
        paper="Gardner (2022)",
        covariance="按聚类的两阶段GMM",
        rows=work,
        base_period="实施前各期",
    )
    at = pd.Index(events.vcov_index)
    real = at.difference(np.asarray(events.event_time)[events.is_reference])
    values, cov = (
        pd.Series(events.att, events.event_time)[real],
        pd.DataFrame(events.vcov, at, at).loc[real, real],
    )
    made = dynamic_effect(
        "did2s",
        "两阶段双重差分",
        panel,
        real,
        values,
        cov,
        about,
        notes,
        df=about["clusters"] - 1,
        base=None,
        main=(found.overall_att, found.overall_se),
        main_label="平均处理效应",
    )

    def contrasts(clusters: Clusters) -> dict[str, np.ndarray]:
        shape, apart = clusters.on.shape, imputed(clusters)
        mass = np.repeat(clusters.mass, shape[1])

        def mean(cells: np.ndarray) -> np.ndarray:
            weight = np.where(cells.ravel(), mass, 0.0)
            return np.asarray(weight @ apart / weight.sum()).reshape(shape)

        rows_ = {
            f"e{int(e):+d}": mean(clusters.since == e) for e in real if (clusters.since == e).any()
        }
        return rows_ | {"att": mean(clusters.on == 1)}

    idle = work[work["d"] == 0]
    beta = (
        least_squares(panel, idle, [], effects="i+t").beta
        if panel.xs
        else pd.Series(dtype="float64")
    )
    return Estimate(made, panel, Linear(without_controls(work, beta), contrasts))


@fitted
def bacon(panel: Panel) -> Effect:
    """Goodman-Bacon (2021): what two-way fixed effects average, and with which weights.

    Entities not seen in every period are left out (the decomposition needs a balanced panel); controls are not used.
    """
    import diff_diff as dd

    binary(panel, "bacon")
    unweighted(panel, "bacon", "分解只对不加权的双向固定效应成立；请看 twfe 结果里的负权重说明")
    used = panel.work
    whole = used.groupby("i")["t"].transform("size") == used["t"].nunique()
    partly = used.loc[~whole, "i"].nunique()
    notes = [note("bacon.unbalanced", n=partly)] if partly else []
    found = dd.BaconDecomposition(weights="exact").fit(
        used[whole], outcome="y", unit="i", time="t", first_treat="g"
    )
    kinds = {
        "treated_vs_never": "实施与从未实施",
        "earlier_vs_later": "先实施与尚未实施",
        "later_vs_earlier": "后实施与已实施（不当比较）",
    }
    group = lambda g: "从未实施" if str(g) == "never_treated" else panel.period(float(g))  # noqa: E731
    pairs = pd.DataFrame(
        [
            vars(c) | {"label": f"{group(c.treated_group)} 对 {group(c.control_group)}"}
            for c in found.comparisons
        ]
    )
    by = (
        pairs.assign(part=pairs["estimate"] * pairs["weight"])
        .groupby("comparison_type")[["weight", "part"]]
        .sum()
    )
    by = by.reindex([k for k in kinds if k in by.index])
    labels = [f"{kinds[k]}（权重{percent(w)}）" for k, w in by["weight"].items()]
    table = rows(
        ["twfe", *by.index],
        ["双向固定效应估计", *labels],
        [found.twfe_estimate, *(by["part"] / by["weight"])],
        np.nan,
    )
    bad = float(by["weight"].get("later_vs_earlier", 0.0))
    about = facts(
        panel,
        package="diff-diff",
        method="Goodman-Bacon 分解",
        paper="Goodman-Bacon (2021)",
        controls=[],
        forbidden_weight=bad,
    )
    if bad > 0:
        tone: Tone = "warning" if bad > 0.1 else "info"
        notes.append(note("bacon.forbidden", tone, weight=bad))
    return Effect(
        "bacon", "Goodman-Bacon 分解", table, about, tuple(notes), "twfe", {"pairs": pairs}, "bacon"
    )


def _last_before(since: pd.Series) -> int:
    """The last event time before treatment: -1 where periods follow one another."""
    before = since[since < 0]
    return int(before.max()) if len(before) else -1
