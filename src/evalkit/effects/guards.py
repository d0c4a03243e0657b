"""Guard rails: what every result says about itself when the design is weak. They work on cluster-period means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.dealing import Clusters
from evalkit.effects.few import FEW, Way, bootstrapped, conventional, how_few, redealt, unequal_said
from evalkit.effects.panel import Panel
from evalkit.effects.result import Effect, Note, side
from evalkit.problems import InputError
from evalkit.world.number import percent

__all__ = ["FEW", "guarded", "negative_share", "pretrend"]
LOST, LOST_APART = (
    0.10,
    0.05,
)  # attrition worth a warning: in all, and between treated and never treated
POOLED = {
    "twfe",
    "multilevel",
    "fractional_logit",
    "fractional_probit",
}  # one effect for all, so that the treated are controls too
MOST_ROWS = 100_000  # beyond, the leads are not tested on the way


def pretrend(
    beta: np.ndarray, cov: np.ndarray, line: np.ndarray, df: float, effect: float, reach: float
) -> dict[str, float] | None:
    """Joint F test of the leads, and its power against a straight line through the base period.

    Hotelling's F = b'V^-1 b / k (df - k + 1) / df on (k, df - k + 1): clustered errors reject far too often when the leads
    are many beside the clusters. Against leads of slope times `line` (event time less base; ones for leads that are
    differences from one period to the next) the statistic is non-central F with lambda = slope^2 line'V^-1 line
    (Roth 2022): ``detectable`` is the slope found with 80% power, ``power`` that against the slope that would by itself
    give the main `effect` over `reach` periods.
    """
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    inverse = np.linalg.pinv(cov, rcond=1e-10, hermitian=True) if len(beta) else np.zeros((0, 0))
    k = int(np.linalg.matrix_rank(inverse, hermitian=True)) if len(beta) else 0
    if not k or df < k:
        return None
    shrink, df = (df - k + 1) / df, df - k + 1
    statistic, unit, limit = (
        float(shrink * (beta @ inverse @ beta) / k),
        shrink * float(line @ inverse @ line),
        f.ppf(0.95, k, df),
    )
    power = lambda slope: float(ncf.sf(limit, k, df, slope**2 * unit))  # noqa: E731
    top = np.sqrt(200 / unit)
    return {
        "statistic": statistic,
        "k": k,
        "df": float(df),
        "p": float(f.sf(statistic, k, df)),
        "detectable": float(brentq(lambda s: power(s) - 0.8, 0, top)),
        "power": power(min(abs(effect / reach), top)),
    }


def negative_share(panel: Panel) -> float:
    """Sum of the negative weights that two-way fixed effects give to treated cells (de Chaisemartin and
    D'Haultfoeuille 2020), the positive and negative ones adding up to 1; by cohort and period, without controls."""
    by = panel.work.groupby(["g", "t"], as_index=False).agg(d=("d", "first"), w=("w", "sum"))
    dummies = np.column_stack([pd.get_dummies(by[c], dtype=float) for c in ("g", "t")])
    root = np.sqrt(by["w"].to_numpy())
    fitted = (
        dummies @ np.linalg.lstsq(dummies * root[:, None], by["d"].to_numpy() * root, rcond=None)[0]
    )
    mass = ((by["d"] - fitted) * by["w"])[by["d"] == 1]
    return float(-mass[mass < -1e-12].sum() / mass.sum()) if mass.sum() > 0 else 0.0


def guarded(effect: Effect, panel: Panel, way: Way | None = None) -> Effect:
    """The same result with the guard rails that its design and panel call for.

    Every guard stands alone: one that fails becomes a note that names it, and the estimate stands.

    Parameters
    ----------
    way
        How the design is tested where clusters are few; without one it keeps its own error and p (synthetic designs).
    """
    notes = [Note("info", text) for text in panel.notes]
    about: dict[str, Any] = {}
    for name, run in (
        ("样本流失的核对", lambda: _lost(panel)),
        ("负权重的核对", lambda: _weighing(effect, panel, about)),
        ("预趋势检验", lambda: _trends(effect, panel)),
    ):
        found, failed = side(name, run)
        notes += [*(found or ()), *failed]
    made = replace(effect, facts=effect.facts | about)
    if who := how_few(panel.work):
        small, failed = side("少聚类推断", lambda: _few(made, panel, way, who))
        if small is None:
            warned = Note("warning", f"{who}，常规的聚类标准误偏小，星号不可靠；{failed[0].text}")
            return made.with_notes(*notes, warned)
        made = small
    return made.with_notes(*notes)


def _lost(panel: Panel) -> list[Note]:
    lost = panel.attrition
    if lost["all"] <= LOST and abs(lost["treated"] - lost["never"]) <= LOST_APART:
        return []
    shares = f"{percent(lost['all'])}（实施的{percent(lost['treated'])}，未实施的{percent(lost['never'])}）"
    return [Note("warning", f"样本流失：首期的个体到末期少了{shares}，结果可能受留下者不同的影响")]


def _weighing(effect: Effect, panel: Panel, about: dict[str, Any]) -> list[Note]:
    """Whom the design compares with whom where places start one after another."""
    notes = []
    if effect.design in POOLED and panel.staggered and (share := negative_share(panel)) > 0.001:
        about["negative_weights"] = share
        like = "" if effect.design == "twfe" else f"{effect.name}与之相同，也"
        text = f"分批实施下双向固定效应给部分已实施的观测以负权重（负权重之和{percent(share)}），{like}以已实施者作对照"
        notes.append(
            Note("warning", f"{text}；效应因批次、时间而异时有偏，请对照 callaway_santanna")
        )
    if effect.design == "event_study" and panel.staggered:
        text = "分批实施：事件研究各期的系数混有别的批次、别的时期的效应"
        notes.append(Note("warning", f"{text}，效应因批次、时间而异时有偏，请对照 sun_abraham"))
    return notes


def _trends(effect: Effect, panel: Panel) -> list[Note]:
    """The test of pre-trends, where the design has no leads of its own."""
    if effect.design != "twfe" or len(panel.work) > MOST_ROWS:
        return []
    from evalkit.effects.fixed import event_study

    try:
        return [note for note in event_study(panel, guard=False).notes if "预趋势" in note.text]
    except (
        InputError
    ):  # no period before, or event times that cannot be told apart: the adviser says so
        return []


def _few(effect: Effect, panel: Panel, way: Way | None, who: str) -> Effect:
    """Estimate, error, interval and p of one method."""
    if way is None:
        own = str(effect.facts["covariance"])
        p = float(effect.row["p"])
        table = effect.table.assign(p_small=effect.table["p"])
        ends = (float(effect.row["ci_low"]), float(effect.row["ci_high"]))
        about = effect.facts | {"p_small": p, "p_small_method": own, "interval_small": ends}
        found, _ = side(
            "波动和规模的比较",
            lambda: unequal_said(c) if (c := Clusters(panel.work)).unequal() else "",
        )
        notes = (
            [Note("warning", found.replace("学生化以后的随机化p值", f"{own}的p值"))]
            if found
            else []
        )
        text = f"{who}：标准误、区间和p值都出自{own}，个别地区的偶然变化会左右结果"
        return replace(effect, table=table, facts=about).with_notes(Note("warning", text), *notes)
    try:
        return redealt(effect, way, who)
    except InputError as error:  # dates differ within clusters, or nothing can be dealt anew
        if effect.design == "twfe":
            return bootstrapped(effect, panel, who)
        return conventional(effect, who, error)
