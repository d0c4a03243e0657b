"""The facts that every result states of the panel it was made from."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.panel import Panel


def facts(
    panel: Panel,
    *,
    package: str,
    method: str,
    paper: str,
    rows: pd.DataFrame | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The facts that every design states, read off the panel; `package` gets its installed version; `rows` are those it used."""
    work = panel.work
    used = work if rows is None else rows
    ever = used["g"] > 0
    idle = work[work["d"] == 0] if panel.kind == "binary" and (work["d"] == 0).any() else work
    own = {
        "outcome": panel.outcome,
        "outcome_label": panel.label(panel.outcome),
        "outcome_en": panel.english.get(panel.outcome, ""),
        "treatment": panel.treatment,
        "treatment_label": panel.label(panel.treatment),
        "controls": [panel.label(c) for c in panel.controls],
        "n": len(used),
        "entities": int(used["i"].nunique()),
        "clusters": int(used["c"].nunique()),
        "treated_clusters": int(used.loc[ever, "c"].nunique()),
        "treated_entities": int(used.loc[ever, "i"].nunique()),
        "mean_outcome": float(np.average(idle["y"], weights=idle["w"])),
        "base_period": "",
        "covariance": "",
        "level": 0.95,
        "is_demo": panel.is_demo,
        "rate": panel.rate,
        "weights": panel.label("weight") if panel.weighted else "",
        "method": method,
        "paper": paper,
        "package": f"{package} {version(package)}" if package else "Evalkit",
        "source": panel.source,
        "periods": panel.periods,
    }
    return own | more
