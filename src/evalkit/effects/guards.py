"""Guard rails: what every result says about itself when the design is weak. They work on cluster-period means."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from evalkit.effects.panel import Panel
from evalkit.effects.result import Effect, Note, interval
from evalkit.problems import InputError
from evalkit.world.number import p_value, percent

FEW = 10  # treated (or untreated) clusters below which the clustered p is not enough
LOST, LOST_APART = 0.10, 0.05  # attrition worth a warning: in all, and between treated and never treated
SAME = {"twfe", "callaway_santanna", "sun_abraham"}  # their estimate is the statistic of the randomisation test
POOLED = {"twfe", "multilevel", "fractional_logit", "fractional_probit"}  # one effect for all, so that the treated are controls too
MOST_ROWS = 100_000  # beyond, the leads are not tested on the way


def pretrend(beta: np.ndarray, cov: np.ndarray, line: np.ndarray, df: float, effect: float, reach: float) -> dict[str, float] | None:
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
    statistic, unit, limit = float(shrink * (beta @ inverse @ beta) / k), shrink * float(line @ inverse @ line), f.ppf(0.95, k, df)
    power = lambda slope: float(ncf.sf(limit, k, df, slope**2 * unit))  # noqa: E731
    top = np.sqrt(200 / unit)
    return {"statistic": statistic, "k": k, "df": float(df), "p": float(f.sf(statistic, k, df)),
            "detectable": float(brentq(lambda s: power(s) - 0.8, 0, top)), "power": power(min(abs(effect / reach), top))}  # fmt: skip


def cells(work: pd.DataFrame) -> pd.DataFrame:
    """Weighted means of y by cluster, cohort and period, with the sum of weights."""
    by = work.assign(wy=work["w"] * work["y"]).groupby(["c", "g", "t"], as_index=False)[["w", "wy"]].sum()
    return by.assign(y=by["wy"] / by["w"])


def negative_share(panel: Panel) -> float:
    """Sum of the negative weights that two-way fixed effects give to treated cells (de Chaisemartin and
    D'Haultfoeuille 2020), the positive and negative ones adding up to 1; by cohort and period, without controls."""
    by = panel.work.groupby(["g", "t"], as_index=False).agg(d=("d", "first"), w=("w", "sum"))
    dummies = np.column_stack([pd.get_dummies(by[c], dtype=float) for c in ("g", "t")])
    root = np.sqrt(by["w"].to_numpy())
    fitted = dummies @ np.linalg.lstsq(dummies * root[:, None], by["d"].to_numpy() * root, rcond=None)[0]
    mass = ((by["d"] - fitted) * by["w"])[by["d"] == 1]
    return float(-mass[mass < -1e-12].sum() / mass.sum()) if mass.sum() > 0 else 0.0


def guarded(effect: Effect, panel: Panel) -> Effect:
    """The same result with the guard rails that its design and panel call for."""
    work, about, notes = panel.work, dict(effect.facts), [Note("info", text) for text in panel.notes]
    treated, control = (int(work.loc[mask, "c"].nunique()) for mask in (work["g"] > 0, work["g"] == 0))
    lost = panel.attrition
    if lost["all"] > LOST or abs(lost["treated"] - lost["never"]) > LOST_APART:
        shares = f"{percent(lost['all'])}（实施的{percent(lost['treated'])}，未实施的{percent(lost['never'])}）"
        notes.append(Note("warning", f"样本流失：首期的个体到末期少了{shares}，结果可能受留下者不同的影响"))
    if effect.design in POOLED and panel.staggered and (share := negative_share(panel)) > 0.001:
        about["negative_weights"] = share
        like = "" if effect.design == "twfe" else f"{effect.name}与之相同，也"
        text = f"分批实施下双向固定效应给部分已实施的观测以负权重（负权重之和{percent(share)}），{like}以已实施者作对照"
        notes.append(Note("warning", f"{text}；效应因批次、时间而异时有偏，请对照 callaway_santanna"))
    if effect.design == "event_study" and panel.staggered:
        text = "分批实施：事件研究各期的系数混有别的批次、别的时期的效应"
        notes.append(Note("warning", f"{text}，效应因批次、时间而异时有偏，请对照 sun_abraham"))
    if effect.design == "twfe" and len(work) <= MOST_ROWS:
        from evalkit.effects.fixed import event_study

        with suppress(InputError):  # no period before, or event times that cannot be told apart: the adviser says so
            notes += [note for note in event_study(panel, guard=False).notes if "预趋势" in note.text]
    table = effect.table.copy()
    if min(treated, control or FEW) < FEW:
        from evalkit.effects.inference import permutation_p

        p, how, ends = permutation_p(panel, effect.design)
        table.loc[table["term"] == effect.row["term"], "p_small"] = p
        about |= {"p_small": p, "p_small_method": how} | ({"interval_small": ends} if effect.design in SAME else {})
        who = f"实施政策的聚类只有{treated}个" if treated < FEW else f"未实施的聚类只有{control}个"
        alone = "任何一个聚类的偶然变化都会被当作政策效应，星号不可信" if treated == 1 else "常规的聚类标准误偏小，星号不可靠"
        known = f"和区间{interval(*ends)}" if effect.design in SAME and np.isfinite(ends).all() else ""
        notes.append(Note("warning", f"{who}，{alone}；请以少聚类p值{p_value(p)}{known}为准（{how}）"))
    return replace(effect, table=table, facts=about).with_notes(*notes)
