"""What people call: a design estimates, then the guard rails look at what it found.

Tables, figures and words are made of the result when somebody asks for them (`evalkit.effects.faces`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from evalkit.effects.design import Design
from evalkit.effects.designs import CHECKS, DESIGNS
from evalkit.effects.guards import guarded
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import allowed_as
from evalkit.effects.result import Effect

_GUARD = "``guard=False`` leaves out the guard rails (few clusters, pre-trends, negative weights, attrition)."


def public(design: Design) -> Callable[..., Effect]:
    """The function that people call: the design's own, its result with the guard rails."""

    @wraps(design.run)
    def run(*given: Any, **options: Any) -> Effect:
        guard = options.pop("guard", True) if design.guarded else True
        estimated = design.run(*given, **options)
        return guarded(estimated, design) if guard else estimated.unguarded

    own = inspect.signature(design.run)
    parameters = list(own.parameters.values())
    if design.guarded:
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter("guard", keyword, default=True, annotation="bool"))
        run.__doc__ = f"{inspect.getdoc(design.run)}\n\n{_GUARD}"
    run.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation="Effect"
    )
    run.__module__ = __name__
    return run


twfe = public(DESIGNS["twfe"])
event_study = public(DESIGNS["event_study"])
sun_abraham = public(DESIGNS["sun_abraham"])
did2s = public(DESIGNS["did2s"])
callaway_santanna = public(DESIGNS["callaway_santanna"])
synthetic_did = public(DESIGNS["synthetic_did"])
synthetic_control = public(DESIGNS["synthetic_control"])
fractional = public(DESIGNS["fractional"])
multilevel = public(DESIGNS["multilevel"])
psm_did = public(DESIGNS["psm_did"])
rd = public(DESIGNS["rd"])


def estimate(source: Panel, design: str, **options: Any) -> Effect:
    """A design of `DESIGNS` by its name."""
    allowed_as("design", design, DESIGNS)
    return public(DESIGNS[design])(source, **options)


def check(
    source: Panel, name: str, seed: int = 7, draws: int = 499, main: Effect | None = None
) -> Any:
    """A check of `CHECKS` by its name; `main` is the result that is to be checked."""
    wanted = CHECKS[name]
    if wanted.takes == "event_study":
        return wanted.run(_event_study_of(source, main))
    return wanted.of(source, seed, draws)


def _event_study_of(source: Panel, main: Effect | None) -> Effect:
    """The main result where it is an event study against one base period; else one that fits the panel."""
    if main is not None and main.design == "callaway_santanna":
        return callaway_santanna(source, base="universal")
    if main is not None and main.design in ("event_study", "sun_abraham"):
        return main
    return sun_abraham(source) if source.staggered else event_study(source)
