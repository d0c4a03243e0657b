"""The adviser: which designs a panel can carry, which it cannot, and why, before anything is estimated.

The rules are conventions of the literature, stated here and in docs/methods.md: fewer than ten treated clusters make
clustered errors too small (MacKinnon and Webb 2018); staggered timing makes two-way fixed effects compare early with
late adopters (Goodman-Bacon 2021); one treated cluster needs a synthetic control or permutation (Abadie 2021). The
words stand in advice.yml.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.advice import CAREFUL, FITS, UNFIT, Advice
from evalkit.effects.few import FEW
from evalkit.effects.panel import Panel
from evalkit.effects.words import WORDS, name, note
from evalkit.world.note import Note


def advise(panel: Panel, neighbours: pd.DataFrame | None = None) -> Advice:
    """Which designs fit a panel.

    Parameters
    ----------
    neighbours
        Pairs of adjacent entities (first two columns), for the risk that a policy spills over the border.
    """
    f = _facts(panel, neighbours)
    verdicts = _Judge(f).all(panel.kind)
    table = pd.DataFrame(
        [(d, name(d), *verdicts[d]) for d in WORDS["names"]],
        columns=["design", "name", "verdict", "reason"],
    )
    order = {FITS: 0, CAREFUL: 1, UNFIT: 2}
    table = table.sort_values("verdict", key=lambda v: v.map(order), kind="stable").reset_index(
        drop=True
    )
    if panel.kind == "continuous":
        wanted = ["twfe"]
    elif f["treated_clusters"] == 1:
        wanted = ["synthetic_control", "synthetic_did"]
    else:
        wanted = (
            ["callaway_santanna", "sun_abraham", "did2s", "twfe"]
            if f["staggered"]
            else ["event_study", "twfe", "callaway_santanna"]
        )
    main = next((d for level in (FITS, CAREFUL) for d in wanted if verdicts[d][0] == level), "")
    return Advice(table, f, main, tuple(_cautions(f)), panel.is_demo)


def _facts(panel: Panel, neighbours: pd.DataFrame | None) -> dict[str, Any]:
    used = panel.complete
    each = used.drop_duplicates("entity").set_index("entity")
    ever, first = each["first_treated"].notna(), each["first_treated"]
    times = np.sort(used["time"].unique())
    start = first[first > times[0]].min()  # the always treated have no period before
    y, gaps, lost = used[panel.outcome], panel.missing, panel.attrition
    sizes = each.loc[ever].groupby("first_treated")["cluster"].nunique()
    parent = each.index.to_series().astype(str).str.rpartition("/")[0]
    several = parent.nunique() > 1
    exposed: set[str] = set()
    if neighbours is not None:
        pairs = neighbours.iloc[:, :2].astype(str).to_numpy().tolist()
        on = set(each.index[ever].astype(str))
        exposed = {a for pair in pairs for a, b in (pair, pair[::-1]) if b in on and a not in on}
    ends = float(y.isin([0, 1]).mean())
    return {
        "entity": panel.entity,
        "entities": len(each),
        "periods": len(times),
        "balanced": panel.balanced,
        "pre": int((times < start).sum()),
        "post": int((times >= start).sum()),
        "clusters": each["cluster"].nunique(),
        "treated_clusters": each.loc[ever, "cluster"].nunique(),
        "control_clusters": each.loc[~ever, "cluster"].nunique(),
        "treated": int(ever.sum()),
        "never": int((~ever).sum()),
        "always": int((first <= times[0]).sum()),
        "cohorts": panel.cohorts,
        "staggered": panel.staggered,
        "waiting": int((first > start).sum()),
        "smallest_cohort": int(sizes.min()) if len(sizes) else 0,
        "timing": f"分{len(panel.cohorts)}批实施" if panel.staggered else "同时实施",
        "rate": panel.rate or bool(y.between(0, 1).all()),
        "ends": ends,
        "near": float(((y < 0.05) | (y > 0.95)).mean()),
        "missing": float(gaps["share"].max()),
        "uneven": float((gaps["share_treated"] - gaps["share_never"]).abs().max()),
        "attrition": abs(lost["treated"] - lost["never"]),
        "controls": len(panel.controls),
        "single": not several and bool((~ever).any()),
        "shared_parent": int(parent[~ever].isin(set(parent[ever])).sum()) if several else 0,
        "exposed": len(exposed),
        "mixed_clusters": int(
            each.loc[~ever, "cluster"].isin(set(each.loc[ever, "cluster"])).sum()
        ),
    }


class _Judge:
    """Verdict and reason of every design from the facts."""

    def __init__(self, facts: dict[str, Any]):
        self.f = facts

    def no(self, why: str) -> tuple[str, str]:
        return UNFIT, WORDS.say(f"unfit.{why}", **self.f)

    def yes(self, design: str, **doubts: bool) -> tuple[str, str]:
        real = [WORDS.say(f"doubts.{key}", **self.f) for key, holds in doubts.items() if holds]
        return (CAREFUL, "；".join(real)) if real else (FITS, WORDS.say(f"fits.{design}", **self.f))

    def all(self, kind: str) -> dict[str, tuple[str, str]]:
        if kind == "continuous":
            found = dict.fromkeys(WORDS["names"], self.no("continuous"))
            return found | {
                "twfe": self.yes("twfe", continuous=True),
                "wild_bootstrap": self.yes("wild_bootstrap"),
            }
        f = self.f
        few = f["treated_clusters"] < FEW or 0 < f["control_clusters"] < FEW
        pre, late, never, small = (
            f["pre"],
            f["staggered"],
            f["never"],
            min(f["treated"], f["never"]),
        )
        alone = self.no("alone") if f["treated_clusters"] == 1 else None
        need = alone or (None if pre else self.no("no_pre"))
        apart = None if never or late else self.no("no_control")
        thin = self.no("donors") if pre < 2 or never < 3 else None
        return {
            "twfe": need or self.yes("twfe", late=late, few=few),
            "event_study": need
            or self.yes("event_study", one_pre=pre < 2, late_event=late, few=few),
            "callaway_santanna": apart
            or need
            or self.yes(
                "callaway_santanna",
                no_never=not never,
                few=few,
                small_cohort=late and f["smallest_cohort"] < 3,
            ),
            "sun_abraham": apart
            or need
            or self.yes("sun_abraham", no_never=not never, few=few, together=not late),
            "did2s": apart or need or self.yes("did2s", no_never=not never, few=few),
            "bacon": self.no("together")
            if not late
            else self.yes("bacon")
            if f["balanced"]
            else self.no("unbalanced"),
            "synthetic_control": thin
            or (
                self.no("many")
                if f["treated"] > 3
                else self.yes("synthetic_control", short_pre=pre < 5, few_donors=never < 10)
            ),
            "synthetic_did": thin
            or self.yes("synthetic_did", short_pre=pre < 4, few_donors=never < 10),
            "rd": self.yes("rd", threshold=True)
            if f["entity"] == "unit"
            else self.no("no_threshold"),
            "fractional": self.no("no_rate")
            if not f["rate"]
            else need
            or self.yes(
                "fractional", late=late, interior=f["ends"] == 0 and f["near"] <= 0.1, few=few
            ),
            "multilevel": alone or self.yes("multilevel", late=late, few_effects=f["treated"] < 5),
            "psm_did": need
            or (
                self.no("too_small")
                if small < 8
                else self.yes(
                    "psm_did", late=late, no_controls=not f["controls"], small_groups=small < 30
                )
            ),
            "randomisation": self.yes("randomisation")
            if f["control_clusters"] > 1
            else self.no("no_clusters"),
            "wild_bootstrap": self.no("bootstrap")
            if f["treated_clusters"] < 3
            else self.yes("wild_bootstrap"),
            "honest": alone or (self.yes("honest") if pre >= 2 else self.no("pre2")),
            "placebo": self.yes("placebo") if never > 1 and pre else self.no("no_placebo"),
        }


def _cautions(f: dict[str, Any]) -> list[Note]:
    """What holds for every design: spill-overs, gaps, attrition, always treated."""
    holds = {
        "advice.size": True,
        "advice.mixed": f["mixed_clusters"],
        "advice.shared": f["shared_parent"],
        "advice.single": f["single"],
        "advice.exposed": f["exposed"],
        "advice.waiting": f["waiting"],
        "advice.always": f["always"],
        "advice.missing": max(f["missing"], f["uneven"]) > 0.05,
        "advice.attrition": f["attrition"] > 0.05,
    }
    return [note(code, **f) for code, true in holds.items() if true]
