"""From a scenario (changes and what is asked beside them) to its answer, for the command line, YAML and the form alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from evalkit.problems import InputError, Problem, unknown
from evalkit.subsidy.answer import sentence
from evalkit.subsidy.ask import Ask
from evalkit.subsidy.cost import cost
from evalkit.subsidy.envelope import Envelope, envelope
from evalkit.subsidy.extending import paths_of
from evalkit.subsidy.money import in_words
from evalkit.subsidy.one import OneOrganisation, one_organisation
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.search import Solution, solve
from evalkit.subsidy.simulation import PlanData, ResultData, simulate
from evalkit.subsidy.typed import amount, share
from evalkit.subsidy.words import WORDS


@dataclass(frozen=True, eq=False)
class Answered:
    """The answer to a scenario.

    Attributes
    ----------
    lines
        The answer in sentences: what changes, what was looked for, what it costs.
    result
        The reform that was asked for, or the one that was found.
    solution, envelope, organisation
        What a budget or a share leads to, a sum shared out, one organisation; None where it was not asked.
    """

    lines: list[str]
    result: ResultData
    solution: Solution | None = None
    envelope: Envelope | None = None
    organisation: OneOrganisation | None = None


def answered(plan: PlanData, reform: Reform, kind: type[ResultData] = ResultData) -> Answered:
    """Answer a reform and what is asked with it; `kind` is the class of its result.

    Raises
    ------
    InputError
        Two things are asked at once; amounts, shares or names that are none.
    """
    ask = reform.ask
    asked = [name for name in ("budget", "reach", "cap") if getattr(ask, name)]
    if len(asked) > 1:
        both, advice = "、".join(f"--{name}" for name in asked), "请一次只问一个"
        raise InputError(Problem("scenario_conflict", where="whatif", found=both, advice=advice))
    found = _looked_for(plan, reform, kind) if ask.budget or ask.reach else None
    result = found.result if found else simulate(plan, reform, kind)
    opening = found.lines if found else [f"调整：{text}" for text in _changes(result)]
    shared = None
    if ask.cap:
        floor = amount(ask.floor, "--floor") if ask.floor else 0
        most = amount(ask.most, "--most") if ask.most else None
        shared = envelope(result, amount(ask.cap, "--cap"), ask.by or "members", floor, most=most)
    one = one_organisation(result, ask.org) if ask.org else None
    body = one.lines if one else [shared.sentence if shared else sentence(result)]
    solution = found.solution if found else None
    return Answered([*opening, *body], result, solution, shared, one)


def _changes(result: ResultData) -> list[str]:
    scheme: Scheme = result.plan.scheme
    return result.reform.lines(scheme)


def _looked_for(plan: PlanData, reform: Reform, kind: type[ResultData]) -> Answered:
    """The highest standard within a budget, or the lowest that reaches a share, with what it costs."""
    ask = reform.ask
    wide = plan.wide_enough(reform)
    item = _item(wide.scheme, ask, reform)
    year = plan.years[0]
    others = replace(wide, scheme=wide.scheme.under(reform)) if reform.changes else wide
    told = [f"调整：{text}" for text in reform.lines(plan.scheme)]
    if ask.budget:
        budget = amount(ask.budget, "--budget")
        used = int(cost(simulate(plan, reform, ResultData), [], year)["change_fen"].iloc[0])
        if reform.changes:
            rest = in_words(budget - used)
            told.append(WORDS.say("asking.rest", used=in_words(used), rest=rest))
        if used > budget:
            allowed = f"不少于{in_words(used)}"
            raise InputError(
                Problem("target_unreachable", where="--budget", found=ask.budget, allowed=allowed)
            )
        solution = solve(others, item, extra=float(Decimal(budget - used) / 100), year=year)
    else:
        standard = amount(ask.standard, "--standard") / 100 if ask.standard else 0.0
        if not standard:
            advice = "请同时写明人均多少元算达到，如 --reach 90% --standard 200"
            raise InputError(Problem("key_missing", where="--standard", advice=advice))
        part = float(share(ask.reach, "--reach"))
        component = item.partition(".")[0]
        solution = solve(
            others, item, reach=part, standard=standard, year=year, component=component
        )
    changed = reform.override(plan.scheme.reform({item: solution.value}))
    answered_ask = replace(ask, budget="", reach="", item="")  # what was found is a change now
    kept = replace(changed, ask=answered_ask, question=reform.question)
    result = simulate(plan, kept, kind)
    return Answered([*told, solution.message], result, solution)


def _item(scheme: Scheme, ask: Ask, reform: Reform) -> str:
    """The standard that is looked for: the one named, else that for each member."""
    if ask.item:
        found = paths_of(scheme, ask.item)
        if len(found) != 1 or found[0] not in scheme.parameters:
            labels = [f"{path}（{scheme.label(path)}）" for path in scheme.parameters]
            raise InputError(unknown("--item", ask.item, labels))
        return found[0]
    for code, part in scheme.components.items():
        if part.per == "member":
            return f"{code}.{part.rates[0]}"
    return next(iter(scheme.parameters))
