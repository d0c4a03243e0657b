"""The answer in one sentence: what it costs in every year asked for, who pays, who gains, and who cannot be reckoned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from evalkit.subsidy.cost import carry_over, cost
from evalkit.subsidy.coverage import (
    GAIN,
    NOTHING_DUE,
    REACHED,
    SAME,
    UNKNOWN,
    coverage_words,
    left_out,
    states,
    touched,
)
from evalkit.subsidy.distribution import groups
from evalkit.subsidy.memory import remembered
from evalkit.subsidy.money import moved, one_unit
from evalkit.subsidy.simulation import PlanData, ResultData
from evalkit.subsidy.words import WORDS, lists
from evalkit.subsidy.year import pieces
from evalkit.world.number import count

MOST = 3  # areas named where most is added or taken
NAMED = 6  # areas that a list names before it says 等
Said = Callable[[int], str]


def in_force(result: ResultData, year: int) -> bool:
    """Whether the reform holds at any time of a year."""
    if result.reform.changes_rules:
        return True
    paths = list(result.reform.dated)
    old, new = (pieces(side.scheme, paths, side.values, year) for side in result.sides)
    return old != new


def whole_year(result: ResultData, year: int) -> bool:
    """Whether the standards of the reform hold through a year, from 1 January to the end, without a step."""
    paths = list(result.reform.dated)
    return in_force(result, year) and len(pieces(result.scheme, paths, result.values, year)) == 1


def lead_year(result: ResultData) -> int:
    """The first year in which the reform holds, else the first asked for."""
    years = result.plan.years
    return next((year for year in years if in_force(result, year)), years[0])


def horizon_words(result: ResultData) -> str:
    """Dates of the reform that lie outside the years asked for; "" where none does."""
    days = result.reform.days
    first, last = result.plan.years[0], result.plan.years[-1]
    late = [day for day in days if day.year > last]
    early = [day for day in days if day.year < first]
    told = []
    if late:
        years = _years(result.plan.years)
        told.append(WORDS.say("answer.late", days=_days(late), years=years))
    if early:
        told.append(WORDS.say("answer.early", days=_days(early), first=first))
    return "；".join(told)


def _days(days: Sequence[date]) -> str:
    return "、".join(
        WORDS.say("answer.day", year=day.year, month=day.month, day=day.day) for day in days
    )


def _years(years: Sequence[int]) -> str:
    return "、".join(WORDS.say("answer.year", year=year) for year in years)


@remembered
def sentence(result: ResultData, named: bool = True) -> str:
    """Cost by payer, every year asked for, who gains or loses, where most, where nothing, whom nothing is due to.

    Without `named` no area is named (a public version).
    """
    parts = _nothing_changed if not result.reform.changes else _changed
    told = [text for text in parts(result, named) if text]
    return "；".join(told) + "。"


def _nothing_changed(result: ResultData, named: bool) -> list[str]:
    plan = result.plan
    totals = {year: int(cost(result, [], year)["amount_fen"].iloc[0]) for year in plan.years}
    said = one_unit(totals.values())
    first, *later = plan.years
    amount = said(totals[first])
    told = [WORDS.say("answer.now", whole=plan.source.whole, year=first, amount=amount)]
    told += [WORDS.say("answer.now_later", year=year, amount=said(totals[year])) for year in later]
    return [*told, *coverage_words(result, first), *_unknown(result, first, named)]


def _changed(result: ResultData, named: bool) -> list[str]:
    plan, lead = result.plan, lead_year(result)
    change = {year: int(cost(result, [], year)["change_fen"].iloc[0]) for year in plan.years}
    holding = [year for year in plan.years if in_force(result, year)] or [lead]
    effects = _told_once([_effect(result, year) for year in holding])
    full = _full_later(result, change)
    by_component = _by_component(result, lead)
    amounts = [*change.values(), *effects[0].paid.values(), *([full] if full is not None else [])]
    if named:
        amounts += by_component.values()
        amounts += [fen for effect in effects for _, fen in (*effect.more, *effect.less)]
    said = one_unit(amounts)
    tail = [
        horizon_words(result),
        *coverage_words(result, lead, touched(result)),
        *_unknown(result, lead, named),
    ]
    whole = f"{plan.source.whole}{_years(plan.years)}"
    if not any(change.values()) and not full and not any(effect.moves for effect in effects):
        states_now = effects[0].states
        if (states_now == UNKNOWN).all():
            return [WORDS.say("answer.unknown", whole=whole), *tail]
        return [WORDS.say("answer.same", whole=whole, why=_why_still(result, states_now)), *tail]
    told = []
    if plan.years[0] < lead:
        waiting = _years([year for year in plan.years if year < lead])
        told.append(WORDS.say("answer.waiting", whole=plan.source.whole, years=waiting))
    opening = WORDS.say("answer.year", year=lead)
    opening = opening if told else plan.source.whole + opening
    told.append(opening + _spending(change[lead], said) + _payers(effects[0].paid, said))
    told += _components(by_component, said) if named else []
    for year in [year for year in plan.years if year > lead]:
        key = "answer.through" if whole_year(result, year) else "answer.later"
        told.append(WORDS.say(key, year=year, moved=moved(change[year], said)))
    if full is not None:
        told.append(WORDS.say("answer.full", moved=moved(full, said)))
    for effect in effects:
        dated = len(effects) > 1 or effect.year > plan.years[0]
        about = WORDS.say("answer.year", year=effect.year) if dated else ""
        phrases = [*effect.who(), *(effect.where(plan, said) if named else [])]
        told += [about + phrase if n == 0 else phrase for n, phrase in enumerate(phrases)]
    return [*told, *tail]


def _spending(fen: int, said: Said) -> str:
    """Whether spending rises or falls, and by how much."""
    key = "rises" if fen > 0 else "falls" if fen < 0 else "stays"
    return WORDS.say(f"answer.{key}", amount=said(fen))


def _payers(paid: dict[str, int], said: Said) -> str:
    """Who pays it: one payer all of it, or each his part."""
    if len(paid) > 1:
        plain = min(paid.values()) > 0
        each = (payer + (said(fen) if plain else moved(fen, said)) for payer, fen in paid.items())
        return WORDS.say("answer.shared", each="、".join(each))
    return WORDS.say("answer.one_payer", payer=next(iter(paid))) if paid else ""


def _by_component(result: ResultData, year: int) -> dict[str, int]:
    """The change of each component that moves, by its name; none where fewer than two do."""
    moving = cost(result, "component", year).set_index("component")["change_fen"]
    parts = result.scheme.components
    named = {parts[code].name: int(fen) for code, fen in moving.items() if fen}
    return named if len(named) > 1 else {}


def _components(changes: Mapping[str, int], said: Said) -> list[str]:
    """What each component adds or saves, where several move."""
    if not changes:
        return []
    each = "、".join(name + moved(fen, said) for name, fen in changes.items())
    return [WORDS.say("answer.by_component", each=each)]


@dataclass(frozen=True)
class _Effect:
    """What a reform does in a year: payers, organisations that gain and lose, areas with most and those with nothing."""

    year: int
    paid: dict[str, int]
    counts: dict[str, float]
    more: tuple[tuple[str, int], ...]
    less: tuple[tuple[str, int], ...]
    states: pd.Series

    @property
    def moves(self) -> bool:
        return bool(self.paid or self.counts["gain"] or self.counts["lose"])

    @property
    def outline(self) -> tuple[Any, ...]:
        """What two years must share, so that one text holds for both."""
        order = tuple(name for name, _ in (*self.more, *self.less))
        return (tuple(self.counts.values()), order, tuple(self.states))

    def who(self) -> list[str]:
        """Organisations and members that gain and lose."""
        told, counts = [], self.counts
        if counts["gain"]:
            told.append(WORDS.say("answer.gain", reached=_reached(counts, "gain")))
        if counts["lose"]:
            losing = _reached(counts, "lose")
            key = "answer.lose_too" if counts["gain"] else "answer.lose"
            told.append(WORDS.say(key, reached=losing))
        return told

    def where(self, plan: PlanData, said: Said) -> list[str]:
        """Where most is added or taken, where nothing changes and why."""
        if len(plan.source.homes) < 2 or not (self.more or self.less):
            return []
        told = []
        for key, areas in (("most_more", self.more), ("most_less", self.less)):
            if areas:
                each = "、".join(f"{name}（{said(abs(fen))}）" for name, fen in areas)
                told.append(WORDS.say(f"answer.{key}", areas=each))
        found = {state: self._named(plan, [state]) for state in (REACHED, SAME, NOTHING_DUE)}
        if self.less:  # of less nobody asks whether a place had reached it
            phrases = {"unmoved": self._named(plan, [REACHED, SAME])}
        else:
            phrases = {"reached": found[REACHED], "not_more": found[SAME]}
            if (self.states == GAIN).all():
                told.append(WORDS["answer"]["everywhere"])
        phrases["nothing_due"] = found[NOTHING_DUE]
        some = {key: _list(names) for key, names in phrases.items() if names}
        return [*told, *(WORDS.say(f"answer.{key}", areas=areas) for key, areas in some.items())]

    def _named(self, plan: PlanData, wanted: Sequence[str]) -> list[str]:
        names = dict(zip(plan.source.homes, plan.source.names, strict=True))
        return [names[home] for home in self.states.index[self.states.isin(wanted)]]


def _effect(result: ResultData, year: int) -> _Effect:
    by_payer = cost(result, "payer", year).set_index("payer")["change_fen"]
    by_area = cost(result, "area", year)
    by_area = by_area.sort_values("change_fen", key=abs, ascending=False, kind="stable")
    named = list(zip(by_area["area_name"], map(int, by_area["change_fen"]), strict=True))
    return _Effect(
        year,
        {
            word: int(by_payer[payer])
            for payer, word in lists()["payer"].items()
            if by_payer.get(payer)
        },
        groups(result, [], year).iloc[0].to_dict(),
        tuple((name, fen) for name, fen in named if fen > 0)[:MOST],
        tuple((name, fen) for name, fen in named if fen < 0)[:MOST],
        states(result, year),
    )


def _told_once(effects: Sequence[_Effect]) -> list[_Effect]:
    """Years that differ from the one before them in whom and where they reach."""
    told = [effects[0]]
    told += [b for a, b in pairwise(effects) if a.outline != b.outline]
    return told


def _full_later(result: ResultData, change: dict[int, int]) -> int | None:
    """The change of a full year, where the last year asked for is none."""
    last = result.plan.years[-1]
    if not in_force(result, last) or whole_year(result, last):
        return None
    full = int(carry_over(result).set_index("year").at[last, "whole_year_fen"])
    return full if full != change[last] else None


def _reached(counts: Mapping[str, float], side: str) -> str:
    """Organisations with their members, of whom half a one (the mean of two years) counts up.

    Members of a committee are those of its branches: where none are left there is no number to give.
    """
    members = int(counts[f"{side}_members"] + 0.5)
    key = "answer.reached_members" if members else "answer.reached_only"
    return WORDS.say(key, organisations=count(int(counts[side])), members=count(members))


def _list(names: Sequence[str]) -> str:
    first = "、".join(names[:NAMED])
    more = len(names) > NAMED
    return WORDS.say("answer.and_more", first=first, number=count(len(names))) if more else first


def _why_still(result: ResultData, known: pd.Series) -> str:
    """Why nothing changes, where every area that can be reckoned has its reason."""
    if horizon_words(result) and not any(in_force(result, y) for y in result.plan.years):
        return ""
    if not any(in_force(result, year) for year in result.plan.years):
        return str(WORDS["answer"]["still_same"])
    counts = known[known.isin([REACHED, NOTHING_DUE])].value_counts()
    if not len(counts) or (known == SAME).any():
        return ""
    phrases = {REACHED: "still_reached", NOTHING_DUE: "still_nothing"}
    each = [
        WORDS.say(f"answer.{key}", number=count(int(counts[state])))
        for state, key in phrases.items()
        if state in counts
    ]
    return "，" + "、".join(each)


def _unknown(result: ResultData, year: int, named: bool) -> list[str]:
    """Districts that are not in the sums, and what is missing."""
    only = touched(result) if result.reform.changes else None
    frame = left_out(result, year, only)
    if not len(frame):
        return []
    reasons = frame.groupby("area_name", sort=False)["reason"].agg(
        lambda x: "、".join(dict.fromkeys(x))
    )
    if not named:
        return [WORDS.say("answer.left_out_number", number=count(len(reasons)))]
    listed = [f"{name}（{reason}）" for name, reason in reasons.items()]
    return [WORDS.say("answer.left_out", areas=_list(listed))]
