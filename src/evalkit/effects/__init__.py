"""Policy effects: a panel, designs over it, honest intervals; every result carries its own warnings.

The estimating libraries (pyfixest, diff-diff) load when a design first runs, not here.
"""

from evalkit.effects.advice import Advice
from evalkit.effects.advise import advise
from evalkit.effects.estimating import (
    callaway_santanna,
    check,
    did2s,
    estimate,
    event_study,
    fractional,
    multilevel,
    psm_did,
    rd,
    sun_abraham,
    synthetic_control,
    synthetic_did,
    twfe,
)
from evalkit.effects.fixed import bacon
from evalkit.effects.fractional import average_effects, fractional_response
from evalkit.effects.inference import honest, placebo, randomisation, wild_bootstrap
from evalkit.effects.matching import multiple
from evalkit.effects.multilevel import pool_effects, pool_rates
from evalkit.effects.panel import Panel
from evalkit.effects.rd import density_test, discontinuity, heaping, unit_frame
from evalkit.effects.result import STAR_RULE, Effect
from evalkit.effects.source import panel
from evalkit.effects.study import Study, by_group, read_study, run_study, several, study_panel
from evalkit.effects.words import remark as Note

__all__ = [
    "STAR_RULE",
    "Advice",
    "Effect",
    "Note",
    "Panel",
    "Study",
    "advise",
    "average_effects",
    "bacon",
    "by_group",
    "callaway_santanna",
    "check",
    "density_test",
    "did2s",
    "discontinuity",
    "estimate",
    "event_study",
    "fractional",
    "fractional_response",
    "heaping",
    "honest",
    "multilevel",
    "multiple",
    "panel",
    "placebo",
    "pool_effects",
    "pool_rates",
    "psm_did",
    "randomisation",
    "rd",
    "read_study",
    "run_study",
    "several",
    "study_panel",
    "sun_abraham",
    "synthetic_control",
    "synthetic_did",
    "twfe",
    "unit_frame",
    "wild_bootstrap",
]
