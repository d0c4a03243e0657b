"""Guard rails: what every result says about itself when the design is weak. They work on cluster-period means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.dealing import Clusters
from evalkit.effects.design import Design, Estimate
from evalkit.effects.few import bootstrapped, conventional, how_few, redealt, unequal_said
from evalkit.effects.fixed import event_study
from evalkit.effects.inference import wild_bootstrap
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import side
from evalkit.effects.result import Effect, Note
from evalkit.problems import InputError
from evalkit.world.number import percent

# attrition worth a warning: in all, and between treated and never treated
LOST, LOST_APART = 0.10, 0.05
NEGATIVE = 0.001  # sum of negative weights worth a warning
MOST_ROWS = 100_000  # beyond, the leads are not tested on the way


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


def guarded(estimate: Estimate, design: Design) -> Effect:
    """A design's result with the guard rails that design and panel call for.

    Every guard stands alone: one that fails becomes a note that names it, and the estimate stands.
    """
    panel, effect = estimate.panel, estimate.effect
    if panel is None:
        return estimate.unguarded
    notes = [Note("info", text) for text in panel.notes]
    about: dict[str, Any] = {}
    for name, run in (
        ("样本流失的核对", lambda: _lost(panel)),
        ("负权重的核对", lambda: _weighing(effect, design, panel, about)),
        ("预趋势检验", lambda: _trends(design, panel)),
    ):
        found, failed = side(name, run)
        notes += [*(found or ()), *failed]
    made = replace(effect, facts=effect.facts | about)
    if who := how_few(panel.work):
        small, failed = side("少聚类推断", lambda: _few(made, estimate, design, who))
        if small is None:
            warned = Note("warning", f"{who}，常规的聚类标准误偏小，星号不可靠；{failed[0].text}")
            return made.with_notes(*notes, warned, *estimate.closing)
        made = small
    return made.with_notes(*notes, *estimate.closing)


def _lost(panel: Panel) -> list[Note]:
    lost = panel.attrition
    if lost["all"] <= LOST and abs(lost["treated"] - lost["never"]) <= LOST_APART:
        return []
    shares = f"{percent(lost['all'])}（实施的{percent(lost['treated'])}，未实施的{percent(lost['never'])}）"
    return [Note("warning", f"样本流失：首期的个体到末期少了{shares}，结果可能受留下者不同的影响")]


def _weighing(effect: Effect, design: Design, panel: Panel, about: dict[str, Any]) -> list[Note]:
    """Whom the design compares with whom where places start one after another."""
    if not panel.staggered:
        return []
    if design.compares == "event_study":
        text = "分批实施：事件研究各期的系数混有别的批次、别的时期的效应"
        return [Note("warning", f"{text}，效应因批次、时间而异时有偏，请对照 sun_abraham")]
    if design.compares == "clean" or (share := negative_share(panel)) <= NEGATIVE:
        return []
    about["negative_weights"] = share
    like = "" if design.compares == "two_way" else f"{effect.name}与之相同，也"
    text = f"分批实施下双向固定效应给部分已实施的观测以负权重（负权重之和{percent(share)}），{like}以已实施者作对照"
    return [Note("warning", f"{text}；效应因批次、时间而异时有偏，请对照 callaway_santanna")]


def _trends(design: Design, panel: Panel) -> list[Note]:
    """The test of pre-trends, where the design has no leads of its own."""
    if design.compares != "two_way" or len(panel.work) > MOST_ROWS:
        return []
    try:
        return [note for note in event_study(panel).effect.notes if "预趋势" in note.text]
    except (
        InputError
    ):  # no period before, or event times that cannot be told apart: the adviser says so
        return []


def _few(effect: Effect, estimate: Estimate, design: Design, who: str) -> Effect:
    """Estimate, error, interval and p of one method."""
    panel, way = estimate.panel, estimate.way
    assert panel is not None
    if way is None:
        return _of_its_own(effect, panel, who)
    try:
        return redealt(effect, way, who)
    except InputError as error:  # dates differ within clusters, or nothing can be dealt anew
        if design.compares == "two_way":
            return bootstrapped(effect, wild_bootstrap(panel), who)
        return conventional(effect, who, error)


def _of_its_own(effect: Effect, panel: Panel, who: str) -> Effect:
    """A design whose own error does not rest on many clusters (placebo, jackknife): it is said, and nothing replaced."""
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
        [Note("warning", found.replace("学生化以后的随机化p值", f"{own}的p值"))] if found else []
    )
    text = f"{who}：标准误、区间和p值都出自{own}，个别地区的偶然变化会左右结果"
    return replace(effect, table=table, facts=about).with_notes(Note("warning", text), *notes)
