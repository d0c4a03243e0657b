"""Guard rails: what every result says about itself when the design is weak. They work on cluster-period means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.dealing import Clusters
from evalkit.effects.design import Design, Estimate
from evalkit.effects.few import bootstrapped, conventional, how_few, redealt
from evalkit.effects.fixed import event_study
from evalkit.effects.inference import wild_bootstrap
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import side
from evalkit.effects.result import Effect
from evalkit.effects.words import note, remark
from evalkit.problems import InputError
from evalkit.world.note import Note

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
    notes = [
        found if isinstance(found, Note) else remark("info", found) for found in panel.findings
    ]
    about: dict[str, Any] = {}
    for name, run in (
        ("attrition", lambda: _lost(panel)),
        ("weights", lambda: _weighing(effect, design, panel, about)),
        ("pretrend", lambda: _trends(design, panel)),
    ):
        found, failed = side(name, run)
        notes += [*(found or ()), *failed]
    made = replace(effect, facts=effect.facts | about)
    if who := how_few(panel.work):
        small, failed = side("few", lambda: _few(made, estimate, design, who))
        if small is None:
            warned = note("few.untested", who=who, why=failed[0])
            return made.with_notes(*notes, warned, *estimate.closing)
        made = small
    return made.with_notes(*notes, *estimate.closing)


def _lost(panel: Panel) -> list[Note]:
    lost = panel.attrition
    if lost["all"] <= LOST and abs(lost["treated"] - lost["never"]) <= LOST_APART:
        return []
    return [note("attrition.lost", **lost)]


def _weighing(effect: Effect, design: Design, panel: Panel, about: dict[str, Any]) -> list[Note]:
    """Whom the design compares with whom where places start one after another."""
    if not panel.staggered:
        return []
    if design.compares == "event_study":
        return [note("weights.mixed")]
    if design.compares == "clean" or (share := negative_share(panel)) <= NEGATIVE:
        return []
    about["negative_weights"] = share
    code = "weights.two_way" if design.compares == "two_way" else "weights.alike"
    return [note(code, share=share, name=effect.name)]


def _trends(design: Design, panel: Panel) -> list[Note]:
    """The test of pre-trends, where the design has no leads of its own."""
    if design.compares != "two_way" or len(panel.work) > MOST_ROWS:
        return []
    try:
        return [told for told in event_study(panel).effect.notes if _of_trends(told)]
    except InputError:  # no period before, or event times are collinear: the adviser says so
        return []


def _of_trends(told: Note) -> bool:
    return told.topic == "pretrend" or told.facts.get("check") == "pretrend"


def _few(effect: Effect, estimate: Estimate, design: Design, who: Note) -> Effect:
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


def _of_its_own(effect: Effect, panel: Panel, who: Note) -> Effect:
    """A design whose own error does not rest on many clusters (placebo, jackknife): it is said, and nothing replaced."""
    own = str(effect.facts["covariance"])
    p = float(effect.row["p"])
    table = effect.table.assign(p_small=effect.table["p"])
    ends = (float(effect.row["ci_low"]), float(effect.row["ci_high"]))
    about = effect.facts | {"p_small": p, "p_small_method": own, "interval_small": ends}
    what, _ = side("clusters", lambda: Clusters(panel.work).unequal())
    notes = [note("few.own", who=who, own=own)]
    if what:
        notes.append(note("clusters.unequal_own", what=what, own=own))
    return replace(effect, table=table, facts=about).with_notes(*notes)
