"""What stands under every table of a plan: what was assumed on the way, what cannot be reckoned and where."""

from __future__ import annotations

from evalkit.subsidy import coverage
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.simulation import PlanData, result_of
from evalkit.subsidy.words import NOTES, WORDS
from evalkit.world.note import Note
from evalkit.world.number import minus, percent


def notes(plan: PlanData) -> list[str]:
    """What was assumed on the way, and what of the baseline cannot be reckoned and where."""
    now = result_of(plan)
    gaps = {year: coverage.left_out_words(coverage.left_out(now, year)) for year in plan.years}
    return [*coverage.once(gaps), *map(str, assumed(plan))]


def assumed(plan: PlanData) -> list[Note]:
    """What was assumed on the way, as codes with numbers."""
    rules = WORDS["values"]
    told = [
        NOTES.note(
            "assumed.rules", base=rules[plan.scheme.members], dates=rules[plan.scheme.dates]
        ),
        *_projected(plan),
    ]
    take_up = plan.engine.projection.take_up
    if take_up != 1:
        told.append(NOTES.note("assumed.take_up", share=percent(take_up, 0)))
    given = [plan.reduction.not_given(plan.scheme, name) for name in plan.scheme.components]
    told += [note for note in given if note is not None]
    return [*told, *plan.reduction.notes, *plan.source.notes]


def _projected(plan: PlanData) -> list[Note]:
    """How years after the last ledger come from it."""
    last, growth = plan.source.years[-1], plan.engine.projection
    late = tuple(year for year in plan.years if year > last)
    if not late:
        return []
    if growth == Projection(take_up=growth.take_up):
        return [NOTES.note("assumed.projected", years=late, last=last)]
    organisations = percent(growth.organisations)
    members = percent(minus(growth.factor("member", 1), 1))
    facts = {"years": late, "last": last, "organisations": organisations, "members": members}
    return [NOTES.note("assumed.grown", **facts)]
