"""Matching before difference-in-differences (PSM-DID), and several tests at once.

Heckman, Ichimura and Todd (1997), Review of Economic Studies 64, 605-654: the propensity to be treated by a logit on
what was known before the policy; controls by nearest neighbours (with replacement, caliper) or by an Epanechnikov
kernel, on the common support; then two-way fixed effects on the matched set with the matching weights. Errors are
clustered and hold the matching fixed (Abadie and Spiess 2022, JASA 117, 983-995, for matching without replacement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.effects.design import Estimate
from evalkit.effects.fixed import twfe
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import allowed_as, fitted, side
from evalkit.effects.result import Effect
from evalkit.effects.words import note
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.stats import adjust
from evalkit.world.number import plain

PAPER = "Heckman, Ichimura and Todd (1997)"
METHODS = (
    "holm",
    "bonferroni",
    "sidak",
    "holm-sidak",
    "simes-hochberg",
    "hommel",
    "fdr_bh",
    "fdr_by",
    "fdr_tsbh",
    "fdr_tsbky",
)
BALANCED = 0.1  # a standardised difference below this counts as balanced (Austin 2009)


def match(
    score: np.ndarray,
    treated: np.ndarray,
    method: Literal["nearest", "kernel"] = "nearest",
    *,
    k: int = 1,
    caliper: float = 0.2,
    bandwidth: float = 0.06,
) -> np.ndarray:
    """Weights of a matched set: 1 for treated on the support, shares for their controls, 0 for the rest.

    Parameters
    ----------
    score
        Propensity scores. ``nearest`` measures on their logit, `caliper` in its standard deviations (Austin 2011);
        ``kernel`` on the score itself with an Epanechnikov kernel.
    k
        Neighbours of each treated one, with replacement; equal distances share.
    """
    treated = np.asarray(treated, bool)
    weight = np.zeros(len(score))
    scale = np.log(score / (1 - score)) if method == "nearest" else score
    reach = caliper * scale.std(ddof=1) if method == "nearest" else bandwidth
    controls = np.flatnonzero(~treated)
    low, high = score[controls].min(), score[controls].max()
    for i in np.flatnonzero(treated):
        if not low <= score[i] <= high and method == "kernel":
            continue
        far = np.abs(scale[controls] - scale[i])
        if method == "nearest":
            nth = min(k, len(far)) - 1
            chosen = (far <= min(np.partition(far, nth)[nth] + 1e-12, reach)).astype(float)
        else:
            chosen = np.clip(1 - (far / reach) ** 2, 0, None)
        if chosen.sum() > 0:
            weight[i] = 1
            weight[controls] += chosen / chosen.sum()
    return weight


def balance(
    frame: pd.DataFrame,
    treated: np.ndarray,
    weight: np.ndarray,
    covariates: Sequence[str],
    before: np.ndarray | None = None,
) -> pd.DataFrame:
    r"""Means, standardised differences and variance ratios before and after weighting.

    :math:`d = (\bar x_1 - \bar x_0)/\sqrt{(s_1^2 + s_0^2)/2}` with the variances before matching in both; `before`: the
    panel's own weights, which `weight` holds already.
    """
    on = np.asarray(treated, bool)
    found = []
    for name in covariates:
        x = frame[name].to_numpy(float)
        scale = np.sqrt((x[on].var(ddof=1) + x[~on].var(ddof=1)) / 2) or np.nan
        line: list[Any] = [name]
        for w in (np.ones(len(x)) if before is None else before, weight):
            some = w[on].sum() > 0 and w[~on].sum() > 0
            means = [
                float(np.average(x[side], weights=w[side])) if some else np.nan
                for side in (on, ~on)
            ]
            spreads = [
                float(np.average((x[s] - m) ** 2, weights=w[s])) if some else np.nan
                for s, m in zip((on, ~on), means, strict=True)
            ]
            line += [
                *means,
                (means[0] - means[1]) / scale,
                spreads[0] / spreads[1] if spreads[1] else np.nan,
            ]
        found.append(line)
    sides = [
        f"{c}_{when}"
        for when in ("before", "after")
        for c in ("treated", "control", "difference", "ratio")
    ]
    return pd.DataFrame(found, columns=["covariate", *sides])


@fitted
def psm_did(
    panel: Panel,
    covariates: Sequence[str] | None = None,
    method: Literal["nearest", "kernel"] = "nearest",
    *,
    k: int = 1,
    caliper: float = 0.2,
    bandwidth: float = 0.06,
) -> Estimate:
    """PSM-DID: match the ever treated to the never treated on the period before the first treatment, then two-way FE.

    Parameters
    ----------
    covariates
        Numeric columns of the panel; by default the controls and the outcome's level and change before the policy.

    Returns
    -------
    Effect
        That of `twfe` on the matched set; ``details["balance"]`` before and after, ``details["scores"]`` by entity.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    allowed_as("method", method, ("nearest", "kernel"))
    if k < 1 or caliper <= 0 or bandwidth <= 0:
        said = f"k={k}，caliper={plain(caliper)}，bandwidth={plain(bandwidth)}"
        raise InputError(
            Problem(
                "value_invalid",
                where="psm_did",
                found=said,
                allowed="k 不小于1，caliper、bandwidth 大于0",
            )
        )
    always = panel.frame["first_treated"] <= panel.frame["time"].min()
    if always.any() and not always.all():
        left_out = note("panel.always_matched", n=panel.frame.loc[always, "entity"].nunique())
        panel = panel.having(~always, left_out)
    first = panel.frame["first_treated"].min()
    before = panel.frame.loc[panel.frame["time"] < first].sort_values("time")
    if panel.kind != "binary" or not len(before):
        raise InputError(
            Problem(
                "treatment_unvaried",
                where="psm_did",
                found="没有政策实施前的时期",
                allowed="至少一个实施前时期",
            )
        )
    last = before.groupby("entity").tail(1).set_index("entity")
    outcome, names = (
        panel.outcome,
        list(covariates if covariates is not None else [*panel.controls, panel.outcome]),
    )
    unknown = [
        Problem(
            "key_unknown",
            where="covariates",
            found=n,
            advice=did_you_mean(n, map(str, last.columns)),
        )
        for n in names
        if n not in last
    ]
    if unknown:
        raise InputError(unknown)
    x = last[names].astype("Float64").astype(float)
    if covariates is None and before["time"].nunique() > 1:
        x["change"] = before.groupby("entity")[outcome].agg(lambda v: v.iloc[-1] - v.iloc[0])
    x = x.dropna()
    treated = last.loc[x.index, "first_treated"].notna().to_numpy()
    if min(treated.sum(), (~treated).sum()) < 2:
        raise InputError(
            Problem(
                "treatment_unvaried",
                where="psm_did",
                found=f"实施{treated.sum()}个、从未实施{(~treated).sum()}个",
                allowed="两边各至少2个",
            )
        )
    scaled = sm.add_constant((x - x.mean()) / x.std(ddof=1).replace(0, 1), has_constant="add")
    own = last.loc[x.index, "weight"].to_numpy(float)
    try:
        if panel.weighted:
            family = sm.families.Binomial()
            score = np.asarray(
                sm.GLM(treated.astype(float), scaled, family=family, var_weights=own / own.mean())
                .fit()
                .predict(scaled)
            )
        else:
            score = np.asarray(
                sm.Logit(treated.astype(float), scaled).fit(disp=0, maxiter=200).predict(scaled)
            )
    except (PerfectSeparationError, np.linalg.LinAlgError) as error:
        raise InputError(
            Problem(
                "value_invalid",
                where="covariates",
                found="协变量把实施与未实施的完全分开，或彼此共线",
                advice="请减少协变量",
            )
        ) from error
    score = np.clip(score, 1e-9, 1 - 1e-9)
    weight = match(score, treated, method, k=k, caliper=caliper, bandwidth=bandwidth)
    on_support = int((weight[treated] > 0).sum())
    if on_support < 2 or (weight[~treated] > 0).sum() < 2:
        raise InputError(
            Problem(
                "data_missing",
                where="psm_did",
                found=f"匹配上的只有{on_support}个",
                advice="请放宽卡尺或换用核匹配",
            )
        )
    by = pd.Series(weight, index=x.index)
    frame = panel.frame.assign(
        weight=panel.frame["entity"].map(by).astype(float) * panel.frame["weight"]
    )
    matched = replace(
        panel, frame=frame.loc[frame["weight"] > 0].reset_index(drop=True), weighted=True
    )
    regression = twfe(matched)
    made = regression.effect
    found, failed = side(
        "balance",
        lambda: balance(x.reset_index(), treated, weight * own, list(x.columns), own),
    )
    table = found if found is not None else pd.DataFrame({"covariate": [], "difference_after": []})
    table["label"] = [
        "实施前的变化" if n == "change" else panel.label(n) for n in table["covariate"]
    ]
    worst = table["difference_after"].abs().max()
    how = f"核匹配（Epanechnikov，带宽{plain(bandwidth)}）"
    if method == "nearest":
        how = f"最近邻（1比{k}，有放回，卡尺{plain(caliper)}倍标准差）"
    on, used = int(treated.sum()), int((weight[~treated] > 0).sum())
    notes = [
        note(
            "matching.matched",
            how=how,
            treated=on,
            supported=on_support,
            controls=used,
            worst=float(worst),
        ),
        *failed,
    ]
    if on_support < on:
        lost = tuple(str(e).rpartition("/")[2] for e in x.index[treated & (weight == 0)][:6])
        notes.append(note("matching.unmatched", n=on - on_support, places=lost))
    if found is not None and not worst < 0.25:
        notes.append(note("matching.unbalanced", worst=float(worst), limit=BALANCED))
    about = made.facts | {"method": f"倾向得分匹配（Logit）后双向固定效应，{how}", "paper": PAPER}
    scores = pd.DataFrame({"entity": x.index, "treated": treated, "score": score, "weight": weight})
    details = {
        **made.details,
        **({"balance": table} if found is not None else {}),
        "scores": scores,
    }
    effect = replace(
        made,
        design="psm_did",
        name="倾向得分匹配双重差分",
        facts=about,
        details=details,
    )
    return replace(regression, effect=effect, closing=tuple(notes))


def multiple(
    *effects: Effect, method: str = "holm", names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Main p-values of several results adjusted for being several (statsmodels: holm, fdr_bh, bonferroni ...).

    Columns: ``name``, ``outcome``, ``estimate``, ``p``, ``adjusted``.
    """
    allowed_as("method", method, METHODS)
    p = [
        float(e.row["p"]) for e in effects
    ]  # where clusters are few it is that of the randomisation test
    labels = list(names) if names else [e.name for e in effects]
    return pd.DataFrame(
        {
            "name": labels,
            "outcome": [e.facts["outcome_label"] for e in effects],
            "estimate": [e.row["estimate"] for e in effects],
            "p": p,
            "adjusted": adjust(p, method),
        }
    )
