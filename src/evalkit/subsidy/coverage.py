"""Whom a scheme reaches: organisations to which something is due and those to which nothing is, districts left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.subsidy.cells import Reasons
from evalkit.subsidy.changes import is_dated
from evalkit.subsidy.cost import cost
from evalkit.subsidy.exact import Ints
from evalkit.subsidy.extending import ADDED
from evalkit.subsidy.memory import remembered
from evalkit.subsidy.reduction import reason
from evalkit.subsidy.simulation import ResultData
from evalkit.subsidy.values import Component
from evalkit.subsidy.words import WORDS
from evalkit.world.number import count

UNKNOWN, GAIN, LOSE, REACHED, NOTHING_DUE, SAME = (
    WORDS["states"][key] for key in ("unknown", "gain", "lose", "reached", "nothing_due", "same")
)
SIDES = tuple(WORDS["sides"])
ORGANISATION = "个"  # the measure word of what stands in a list


def touched(result: ResultData) -> list[str]:
    """Components whose money the reform can move; all of them where it changes nothing or a rule of the whole scheme."""
    everything = list(dict.fromkeys([*result.plan.scheme.components, *result.scheme.components]))
    found: set[str] = set()
    for path, value in result.reform.changes:
        name, _, rest = path.partition(".")
        if rest == ADDED:
            continue
        if name not in result.scheme.components:
            return everything
        part = result.scheme.components[name]
        found.add(name)
        if not is_dated(value) and rest not in part.params:
            found |= set(part.instead_of)  # who is rewarded decides who gets the subsidy
    found |= {n for n, part in result.scheme.components.items() if found & set(_rests_on(part))}
    return [name for name in everything if name in found] or everything


def _rests_on(part: Component) -> tuple[str, ...]:
    """Components whose payments a matching follows; the township's own payments, as booked, follow none."""
    return () if part.matches_booked_money else part.of


@dataclass(frozen=True, eq=False)
class WhyNot:
    """For every organisation (or row of counts) why nothing is due, "" where something is; and how many it stands for."""

    why: Reasons
    numbers: Ints


@remembered
def reasons(result: ResultData, name: str, year: int, side: int = 1) -> WhyNot:
    """Why nothing is due to an organisation (or row of counts) before (0) or after (1)."""
    plan, one = result.plan, result.sides[side]
    cells = plan.reduction.cells(one.scheme, name, year)
    why = cells.why.copy()
    payments = plan.engine.payments(one.scheme, name, year, one.values)
    pay = cells.each(sum(payments, np.zeros(len(cells.q), np.int64)))
    why[(why == "") & (pay == 0)] = reason("zero")
    if not one.scheme.components[name].counted:
        by_district = plan.reduction.missing(one.scheme, name, year)
        lacking = by_district[plan.reduction.places(year)]
        why = np.where((why == "") & (lacking != ""), lacking, why)
    return WhyNot(why, cells.numbers)


def coverage(result: ResultData, year: int, side: int = 1) -> pd.DataFrame:
    """By component: how many organisations something is due to (计发), how many not (未计发) and why.

    Functional organisations are none of the party organisations and counted apart. Instructors and grades, which are
    counted and not listed, are reckoned by their numbers.
    """
    return _coverage(result, year, side).copy()


@remembered
def _coverage(result: ResultData, year: int, side: int) -> pd.DataFrame:
    rows = []
    for name, part in result.sides[side].scheme.components.items():
        found = reasons(result, name, year, side)
        told: Counter[str] = Counter()
        codes, texts = pd.factorize(found.why)
        numbers = np.bincount(codes, found.numbers, len(texts))
        told.update({text: int(number) for text, number in zip(texts, numbers, strict=True)})
        paid, functional = told.pop("", 0), told.pop(reason("functional"), 0)
        why_not = tuple((text, n) for text, n in told.most_common() if n)
        unpaid = sum(n for _, n in why_not)
        rows.append([name, part.name, _counted_in(part), paid, unpaid, why_not, functional])
    columns = ["component", "name", "unit", "paid", "unpaid", "reasons", "functional"]
    return pd.DataFrame(rows, columns=columns)


def _counted_in(part: Component) -> str:
    """个 for organisations; what is counted without a list has the measure word of its standard (元/名·年)."""
    if not part.counted:
        return ORGANISATION
    unit = next(iter(part.params.values())).unit
    return unit.partition("/")[2].partition("·")[0] or ORGANISATION


def why_words(why_not: Iterable[tuple[str, int]], unit: str) -> str:
    """The reasons in a row: 无星级104个、不在范围22个."""
    say = WORDS.say
    return "、".join(
        say("coverage.reason", why=text, number=count(n), unit=unit) for text, n in why_not
    )


def coverage_words(
    result: ResultData, year: int, only: Sequence[str] | None = None, always: bool = False
) -> list[str]:
    """A phrase for the components of which somebody gets nothing: 党员活动经费计发96个党组织，未计发3个（无党员数3个).

    Components of which the same is to be said share a phrase. What is no organisation (指导员补贴计发2,447名) is always
    told: no other phrase says how many they are.
    """
    told: dict[str, list[str]] = {}
    for row in coverage(result, year).to_dict("records"):
        if only is not None and row["component"] not in only:
            continue
        if not row["unpaid"] and not always and row["unit"] == ORGANISATION:
            continue
        told.setdefault(_reached(row), []).append(row["name"])
    return [
        WORDS.say("coverage.of", names="、".join(names), text=text) for text, names in told.items()
    ]


def _reached(row: Mapping[Hashable, Any]) -> str:
    """计发96个党组织，未计发3个（无党员数3个)."""
    unit = row["unit"]
    listed = "paid_organisations" if unit == ORGANISATION else "paid"
    text = WORDS.say(f"coverage.{listed}", number=count(row["paid"]), unit=unit)
    if row["unpaid"]:
        why = why_words(row["reasons"], unit)
        text += WORDS.say("coverage.unpaid", number=count(row["unpaid"]), unit=unit, why=why)
    return text


def functional_words(number: int) -> str:
    """How many functional organisations are none of those that are counted; "" where there are none."""
    return WORDS.say("coverage.functional", number=count(number)) if number else ""


def left_out(result: ResultData, year: int, only: Sequence[str] | None = None) -> pd.DataFrame:
    """Districts and components that cannot be reckoned, with what is missing and, of a top-up, the money in full."""
    plan, rows = result.plan, []
    for name in dict.fromkeys([*result.scheme.components, *plan.scheme.components]):
        if only is not None and name not in only:
            continue
        for place, lacking in enumerate(missing(result, name, year)):
            if lacking:
                home, area_name = plan.source.homes[place], plan.source.names[place]
                part = result.scheme.components[name]
                full = [int(due(result, name, year, side)[place]) for side in (0, 1)]
                known = part.basis == "top_up" and sum(full) > 0
                rows.append(
                    [home, area_name, name, part.name, lacking, *(full if known else [None] * 2)]
                )
    columns = ["area", "area_name", "component", "name", "reason", "full_old_fen", "full_new_fen"]
    return pd.DataFrame(rows, columns=columns)


def missing(result: ResultData, name: str, year: int) -> Reasons:
    """By district what is missing to reckon a component before or after."""
    reduction = result.plan.reduction
    found = [reduction.missing(side.scheme, name, year) for side in result.sides]
    return np.where(found[1] != "", found[1], found[0])


def due(result: ResultData, name: str, year: int, side: int) -> Ints:
    """What is due by district in full, before anything spent is counted."""
    plan, one = result.plan, result.sides[side]
    cells, areas = plan.reduction.cells(one.scheme, name, year), len(plan.source.homes)
    pays = plan.engine.payments(one.scheme, name, year, one.values)
    return sum((cells.sums(pay, areas) for pay in pays), np.zeros(areas, np.int64))


def states(result: ResultData, year: int) -> pd.Series:
    """By district what the reform does to it: 增加, 减少, 已达标, 无应发, 不变 or 缺 (cannot be reckoned).

    已达标 is a district to which something is due whose own spending is known and no lower than what is due; where
    nothing is due, or nothing is known, no such thing can be said.
    """
    source, names = result.plan.source, touched(result)
    change = cost(result, "area", year).set_index("area")["change_fen"].reindex(source.homes)
    lacking = np.any([missing(result, name, year) != "" for name in names], axis=0)
    total = np.zeros(len(source.homes), np.int64)
    after = np.zeros(len(source.homes), np.int64)
    beside = np.zeros(len(source.homes), np.int64)  # due by components that no spending counts for
    for name in names:
        whole = due(result, name, year, 0) + due(result, name, year, 1)
        total = total + whole
        after = after + due(result, name, year, 1)
        if any(side.scheme.components[name].basis != "top_up" for side in result.sides):
            beside = beside + whole
    open_gap = np.zeros(len(source.homes), np.int64)
    for name in names:
        for item, money in result.new[year].items():
            open_gap = open_gap + (money if item.component == name else 0)
    found = np.full(len(source.homes), SAME, object)
    found[(beside == 0) & (after > 0) & (open_gap == 0)] = REACHED
    found[total == 0] = NOTHING_DUE
    found[lacking] = UNKNOWN
    found[change.to_numpy() > 0] = GAIN
    found[change.to_numpy() < 0] = LOSE
    return pd.Series(found, index=list(source.homes))


def remarks(
    result: ResultData, years: Sequence[int] | None = None, named: bool = True
) -> list[str]:
    """Notes for under a table: whom nothing is due to and why, and which districts are left out (`named`).

    What holds in all years is said once.
    """
    years = list(years or result.plan.years)
    by_year = {}
    for year in years:
        told = [WORDS.say("coverage.line", text=text) for text in coverage_words(result, year)]
        more = functional_words(max(coverage(result, year)["functional"], default=0))
        told += [more] if more else []
        told += left_out_words(left_out(result, year)) if named else []
        by_year[year] = told
    return once(by_year)


def left_out_words(frame: pd.DataFrame) -> list[str]:
    """A line for each thing missing: 党员活动经费未计入临山县（缺经费台账）。"""
    told = []
    for lacking, part in frame.groupby("reason", sort=False):
        by_area = part.groupby("area_name", sort=False)["name"].agg(
            lambda x: "、".join(dict.fromkeys(x))
        )
        for names, areas in by_area.groupby(by_area, sort=False):
            told.append(
                WORDS.say(
                    "coverage.left_out", names=names, areas="、".join(areas.index), reason=lacking
                )
            )
    return told


def once(by_year: Mapping[int, Sequence[str]]) -> list[str]:
    """Lines of several years: those of all of them plain, the others with their years before them."""
    holds: dict[str, list[int]] = {}
    for year, lines in by_year.items():
        for line in lines:
            holds.setdefault(line, []).append(year)
    every = len(by_year)
    return [
        line
        if len(years) == every
        else WORDS.say("coverage.in_years", years=_years(years), line=line)
        for line, years in holds.items()
    ]


def _years(years: Sequence[int]) -> str:
    return "、".join(WORDS.say("answer.year", year=year) for year in years)
