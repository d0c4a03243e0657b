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
from evalkit.subsidy.money import moved, one_unit
from evalkit.subsidy.simulation import PlanData, ResultData
from evalkit.subsidy.words import lists
from evalkit.subsidy.year import pieces

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
        told.append(f"{_days(late)}起的调整在测算年份（{_years(result.plan.years)}）之后，没有计入")
    if early:
        told.append(f"{_days(early)}起的调整早于测算年份，{first}年以前的支出不在测算之内")
    return "；".join(told)


def _days(days: Sequence[date]) -> str:
    return "、".join(f"{day.year}年{day.month}月{day.day}日" for day in days)


def _years(years: Sequence[int]) -> str:
    return "、".join(f"{year}年" for year in years)


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
    told = [f"{plan.source.whole}{first}年按现行标准共需{said(totals[first])}"]
    told += [f"{year}年共需{said(totals[year])}" for year in later]
    return [*told, *coverage_words(result, first), *_unknown(result, first, named)]


def _changed(result: ResultData, named: bool) -> list[str]:
    plan, lead = result.plan, lead_year(result)
    change = {year: int(cost(result, [], year)["change_fen"].iloc[0]) for year in plan.years}
    holding = [year for year in plan.years if in_force(result, year)] or [lead]
    effects = _told_once([_effect(result, year) for year in holding])
    full = _full_later(result, change)
    amounts = [*change.values(), *effects[0].paid.values(), *([full] if full is not None else [])]
    if named:
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
            return [f"{whole}的增减算不出，台账不全", *tail]
        return [f"{whole}支出不变{_why_still(result, states_now)}", *tail]
    told = []
    if plan.years[0] < lead:
        waiting = _years([year for year in plan.years if year < lead])
        told.append(f"{plan.source.whole}{waiting}尚未执行，支出不变")
    opening = f"{lead}年" if told else f"{plan.source.whole}{lead}年"
    more = f"{moved(change[lead])[:2]}支出{said(change[lead])}" if change[lead] else "支出总额不变"
    told.append(opening + more + _payers(effects[0].paid, said))
    for year in [year for year in plan.years if year > lead]:
        through = "全年" if whole_year(result, year) else ""
        told.append(f"{year}年{through}{moved(change[year], said)}")
    if full is not None:
        told.append(f"执行满一年{moved(full, said)}")
    for effect in effects:
        about = f"{effect.year}年" if len(effects) > 1 or effect.year > plan.years[0] else ""
        phrases = [*effect.who(), *(effect.where(plan, said) if named else [])]
        told += [about + phrase if n == 0 else phrase for n, phrase in enumerate(phrases)]
    return [*told, *tail]


def _payers(paid: dict[str, int], said: Said) -> str:
    """Who pays it: one payer all of it, or each his part."""
    if len(paid) > 1:
        plain = min(paid.values()) > 0
        each = (payer + (said(fen) if plain else moved(fen, said)) for payer, fen in paid.items())
        return "，其中" + "、".join(each)
    return f"，全部为{next(iter(paid))}支出" if paid else ""


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
            told.append(f"惠及{_reached(counts, 'gain')}")
        if counts["lose"]:
            losing = _reached(counts, "lose")
            told.append(f"{losing}的经费减少" if counts["gain"] else f"涉及{losing}")
        return told

    def where(self, plan: PlanData, said: Said) -> list[str]:
        """Where most is added or taken, where nothing changes and why."""
        if len(plan.source.homes) < 2 or not (self.more or self.less):
            return []
        told = []
        for word, areas in (("增加", self.more), ("减少", self.less)):
            if areas:
                each = (f"{name}（{said(abs(fen))}）" for name, fen in areas)
                told.append(f"{word}最多的是" + "、".join(each))
        found = {state: self._named(plan, [state]) for state in (REACHED, SAME, NOTHING_DUE)}
        if self.less:  # of less nobody asks whether a place had reached it
            phrases = {"没有变化的是": self._named(plan, [REACHED, SAME])}
        else:
            phrases = {"已达标不增加的是": found[REACHED], "不增加的是": found[SAME]}
            if (self.states == GAIN).all():
                told.append("没有不增加的区县")
        phrases["无应发的是"] = found[NOTHING_DUE]
        return [*told, *(phrase + _list(names) for phrase, names in phrases.items() if names)]

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
        {lists()["payer"][payer]: int(fen) for payer, fen in by_payer.items() if fen},
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
    return f"{int(counts[side]):,}个党组织" + (f"{members:,}名党员" if members else "")


def _list(names: Sequence[str]) -> str:
    return "、".join(names[:NAMED]) + (f"等{len(names):,}个" if len(names) > NAMED else "")


def _why_still(result: ResultData, known: pd.Series) -> str:
    """Why nothing changes, where every area that can be reckoned has its reason."""
    if horizon_words(result) and not any(in_force(result, y) for y in result.plan.years):
        return ""
    if not any(in_force(result, year) for year in result.plan.years):
        return "，调整后与现行标准相同"
    counts = known[known.isin([REACHED, NOTHING_DUE])].value_counts()
    if not len(counts) or (known == SAME).any():
        return ""
    phrases = {REACHED: "已有支出不低于标准（已达标）", NOTHING_DUE: "没有应发对象（无应发）"}
    each = [f"{counts[state]:,}个地区{text}" for state, text in phrases.items() if state in counts]
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
        return [f"另有{len(reasons):,}个地区缺报，有关经费未计入"]
    listed = [f"{name}（{reason}）" for name, reason in reasons.items()]
    return ["缺报未计入的是" + _list(listed)]
