"""What stands under every table of a plan: what was assumed on the way, what cannot be reckoned and where."""

from __future__ import annotations

from evalkit.subsidy import coverage
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.simulation import PlanData, result_of
from evalkit.subsidy.words import WORDS
from evalkit.world.number import minus, percent


def notes(plan: PlanData) -> list[str]:
    """What was assumed on the way, and what of the baseline cannot be reckoned and where."""
    now = result_of(plan)
    gaps = {year: coverage.left_out_words(coverage.left_out(now, year)) for year in plan.years}
    return [*coverage.once(gaps), *assumptions(plan)]


def assumptions(plan: PlanData) -> list[str]:
    """What was assumed on the way; stands under every table."""
    last = plan.source.years[-1]
    base, rule = (WORDS["values"][setting] for setting in (plan.scheme.members, plan.scheme.dates))
    told = [f"党员数口径：{base}；年中调整{rule}折算；每笔拨付四舍五入"]
    if late := [y for y in plan.years if y > last]:
        p = plan.engine.projection
        members = percent(minus(p.factor("member", 1), 1))
        grown = f"党组织每年增长{percent(p.organisations)}、党员每年增长{members}"
        grown = "不考虑增减" if p == Projection(take_up=p.take_up) else grown
        told.append(
            f"{'、'.join(map(str, late))}年按{last}年台账的党组织、党员、已有支出和新建数推算，{grown}，不扣除物价因素"
        )
    if plan.engine.projection.take_up != 1:
        told.append(f"落实率{percent(plan.engine.projection.take_up, 0)}")
    given = [plan.reduction.not_given(plan.scheme, name) for name in plan.scheme.components]
    return [*told, *filter(None, given), *plan.reduction.notes, *plan.source.notes]
