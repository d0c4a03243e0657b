"""The designs and the checks: one record each.

Whoever asks which designs there are (studies, guard rails, tests) reads these records. A new design is a function that
returns an `Estimate`, a line here, its public name in `evalkit.effects.estimating`, and its words in advice.yml.
"""

from __future__ import annotations

from evalkit.effects.design import Check, Design
from evalkit.effects.fixed import bacon, did2s, event_study, sun_abraham, twfe
from evalkit.effects.fractional import fractional
from evalkit.effects.groups import callaway_santanna
from evalkit.effects.inference import honest, placebo, randomisation, wild_bootstrap
from evalkit.effects.matching import psm_did
from evalkit.effects.multilevel import multilevel
from evalkit.effects.rd import rd
from evalkit.effects.synthetic import synthetic_control, synthetic_did

_DESIGNS = (
    Design(twfe, compares="two_way"),
    Design(event_study, compares="event_study"),
    Design(sun_abraham),
    Design(did2s),
    Design(callaway_santanna),
    Design(synthetic_did),
    Design(synthetic_control, guarded=False),
    Design(fractional, compares="pooled"),
    Design(multilevel, compares="pooled"),
    Design(psm_did, compares="two_way"),
    Design(rd, takes="units", guarded=False),
)
_CHECKS = (
    Check(bacon),
    Check(placebo, seeded=True),
    Check(randomisation, seeded=True),
    Check(wild_bootstrap, seeded=True),
    Check(honest, takes="event_study"),
)
DESIGNS = {design.key: design for design in _DESIGNS}
CHECKS = {check.key: check for check in _CHECKS}
PANELS = [design.key for design in _DESIGNS if design.takes == "panel"]
