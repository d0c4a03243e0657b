"""A plan made of published totals alone: what the public page may reckon, and why it leaves the rest out.

Every number of it is a published measure: what is withheld is not there, so nothing withheld can be derived. A component is
offered where its money follows from such totals:

- each organisation of a tier is paid the same, and the number of organisations by tier is published; or
- the payment is proportional to a number (members, units, dues ...) whose sum is published; roundings are left out;
- a top-up needs the published spending besides; a matching what it matches.

Whether a measure is what the plan counts is asked of the areas whose total is published, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.subsidy.exact import fen
from evalkit.subsidy.plan import Plan
from evalkit.subsidy.rule import AtLeast, AtMost, Rule, payment_of
from evalkit.subsidy.serial import as_data
from evalkit.subsidy.values import SCOPED, Component
from evalkit.world.words import Words

_MEASURES = Words.beside(__file__, "published.yml")
Totals = list[int | None]  # by district of the plan; None is not published


@dataclass(frozen=True)
class Published:
    """Data as `as_data` has them, of offered components only; `absent`: why a standard is not offered, by path."""

    data: dict[str, Any]
    absent: dict[str, str]


class NotOffered(Exception):
    """Why the money of a component does not follow from published totals: a word of the page's reasons."""


def published_plan(plan: Plan, measures: pd.DataFrame) -> Published:
    """The part of a plan that follows from published measures (area, period, measure, value; null is withheld)."""
    totals = _Totals(plan, measures)
    data = as_data(plan)
    cells: dict[str, dict[str, Any]] = {year: {} for year in data["cells"]}
    reasons: dict[str, str] = {}
    for code in sorted(
        plan.scheme.components, key=lambda one: bool(plan.scheme.components[one].of)
    ):
        try:
            made = {year: _cells(plan, totals, code, int(year), cells[year]) for year in cells}
        except NotOffered as why:
            reasons[code] = str(why)
            continue
        for year, one in made.items():
            cells[year][code] = one | {"district": data["cells"][year][code]["district"]}
    offered = [code for code in plan.scheme.components if code not in reasons]
    return Published(
        data
        | {
            "public": True,
            "components": {code: data["components"][code] for code in offered},
            "standards": {
                path: one
                for path, one in data["standards"].items()
                if path.partition(".")[0] in offered
            },
            "cells": {
                year: {code: of_year[code] for code in offered} for year, of_year in cells.items()
            },
        },
        {
            path: reasons[code]
            for path in data["standards"]
            if (code := path.partition(".")[0]) in reasons
        },
    )


class _Totals:
    """Published measures by district of a plan."""

    def __init__(self, plan: Plan, measures: pd.DataFrame) -> None:
        self.homes = plan.source.homes
        shown = measures[measures["value"].notna()]
        keys = zip(shown["measure"], shown["period"].astype(str), shown["area"], strict=True)
        self._value = dict(zip(keys, shown["value"], strict=True))
        self._there = set(measures["measure"])

    def of(self, measure: str | None, period: int, money: bool = False) -> Totals:
        """A measure in a year; money in fen."""
        if measure is None or measure not in self._there:
            raise NotOffered("no_measure")
        found = [self._value.get((measure, str(period), home)) for home in self.homes]
        read = fen if money else int
        return [None if value is None else read(value) for value in found]


# --- a component ---


def _cells(
    plan: Plan, totals: _Totals, code: str, year: int, others: Mapping[str, Any]
) -> dict[str, Any]:
    """The cells of a component from published totals; raises why there are none."""
    part = plan.scheme.components[code]
    if part.guarantee is not None:
        raise NotOffered("before")
    if any(SCOPED in key for key in part.params):
        raise NotOffered("part")
    if part.of and not part.matches_booked_money:
        return _matching(plan, part, code, year, others)
    if part.per == "party_org" and not part.of:
        found = _by_tier(plan, totals, part, code, year)
    else:
        found = _by_quantity(plan, totals, part, code, year)
    spent: Totals | None = None
    if part.basis == "top_up":
        spent = _spent(plan, totals, part, year)
        found["known"] = [a and b is not None for a, b in zip(found["known"], spent, strict=True)]
    if not any(found["known"]):
        raise NotOffered("withheld")
    return _without_unknown(found) | {"spent": spent and [fen_ or 0 for fen_ in spent]}


def _without_unknown(found: dict[str, Any]) -> dict[str, Any]:
    """Nothing of an area of which not all is published."""
    kept = [n for n, area in enumerate(found["area"]) if found["known"][area]]
    return found | {key: [found[key][n] for n in kept] for key in ("area", "kind", "number")}


def _by_tier(plan: Plan, totals: _Totals, part: Component, code: str, year: int) -> dict[str, Any]:
    """A kind a tier: how many organisations of it an area has."""
    named = _MEASURES["organisations"]
    if part.by is None:
        keys = ["founded" if part.once else "all"]
        measures = [named[keys[0]]]
    else:
        of_tier = named.get(part.by)
        if not isinstance(of_tier, Mapping) or part.marginal:
            raise NotOffered("no_measure")
        measures = [of_tier.get(key) for key in part.all_rates]
    period = plan.source.data_year(year)
    by_tier = [totals.of(one, period) for one in measures]
    cells = plan.reduction.cells(plan.scheme, code, year)
    tier = cells.tier[cells.kind] if part.by else np.zeros(len(cells.kind), int)
    known = _known(plan, by_tier)
    for n, published in enumerate(by_tier):
        own = np.bincount(cells.area, np.where(tier == n, cells.n, 0), len(known))
        _same(own, published, _reckoned(plan, code, year))
    count, areas = len(by_tier), range(len(known))
    return {
        "tier": list(range(count)),
        "quantity": [1] * count,
        "divisor": 1,
        "parts": [[-1] * count for _ in part.of],
        "area": [area for area in areas for _ in range(count)],
        "kind": [n for _ in areas for n in range(count)],
        "number": [by_tier[n][area] or 0 for area in areas for n in range(count)],
        "known": known,
    }


def _by_quantity(
    plan: Plan, totals: _Totals, part: Component, code: str, year: int
) -> dict[str, Any]:
    """A kind an area: the sum of what is paid by."""
    per = "town" if part.of else part.per
    if any(_bounded(rule) for rule in payment_of(part)) or part.marginal or "base" in part.params:
        raise NotOffered("bounds")
    if part.by:
        raise NotOffered("no_measure")
    published, divisor = _quantity(plan, totals, part, per, year)
    cells = plan.reduction.cells(plan.scheme, code, year)
    own = np.bincount(cells.area, cells.q[cells.kind] * cells.n, len(published))
    theirs: Totals = [None if one is None else one * cells.divisor for one in published]
    _same(own * divisor, theirs, _reckoned(plan, code, year))
    areas = list(range(len(published)))
    return {
        "tier": [0] * len(areas),
        "quantity": [one or 0 for one in published],
        "divisor": divisor,
        "parts": [[-1] * len(areas) for _ in part.of],
        "area": areas,
        "kind": areas,
        "number": [1] * len(areas),
        "known": [one is not None for one in published],
    }


def _quantity(
    plan: Plan, totals: _Totals, part: Component, per: str, year: int
) -> tuple[Totals, int]:
    """What a component is paid by, summed by area, and what it is to be divided by."""
    measure, money = _MEASURES["quantities"].get(per), per in _MEASURES["money"]
    last = plan.source.years[-1]
    if money:
        return totals.of(measure, min(year - (part.lag if per == "dues" else 0), last), money), 1
    period = plan.source.data_year(year)
    if per != "member" or plan.scheme.members == "year_end":
        return totals.of(measure, period), 1
    before = totals.of(measure, min(year - 1, last))
    if plan.scheme.members == "prev_year_end":
        return before, 1
    now = totals.of(measure, period)
    both: Totals = [
        None if a is None or b is None else a + b for a, b in zip(now, before, strict=True)
    ]
    return both, 2


def _matching(
    plan: Plan, part: Component, code: str, year: int, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Of one component whose organisations are all paid alike in a tier: its kinds and numbers."""
    if len(part.of) > 1:
        raise NotOffered("matching")
    matched = others.get(part.of[0])
    if matched is None:
        raise NotOffered("rests")
    if plan.scheme.components[part.of[0]].per != "party_org":
        raise NotOffered("matching")
    count = len(matched["tier"])
    return {
        **{key: matched[key] for key in ("area", "kind", "number", "known")},
        "tier": [0] * count,
        "quantity": [0] * count,
        "divisor": 1,
        "parts": [list(range(count))],
        "spent": None,
    }


def _spent(plan: Plan, totals: _Totals, part: Component, year: int) -> Totals:
    """What areas have spent already for the purpose."""
    try:
        measure = _MEASURES["spending"].get(part.spent_for)
        found = totals.of(measure, min(year, plan.source.years[-1]), money=True)
    except NotOffered as why:
        raise NotOffered("spent") from why
    own = plan.reduction.spent(part.spent_for, year)
    _same(own, found, np.ones(len(found), bool), "spent")
    return found


def _bounded(rule: Rule) -> bool:
    """Whether a floor or a cap makes a payment another one than its share of the sum."""
    parts = [getattr(rule, name) for name in getattr(rule, "__dataclass_fields__", {})]
    inner = [one for part in parts for one in (part if isinstance(part, tuple) else (part,))]
    return isinstance(rule, AtLeast | AtMost) or any(
        _bounded(one) for one in inner if hasattr(one, "__dataclass_fields__")
    )


# --- is it what the plan counts ---


def _known(plan: Plan, published: list[Totals]) -> list[bool]:
    return [all(one[n] is not None for one in published) for n in range(len(plan.source.homes))]


def _reckoned(plan: Plan, code: str, year: int) -> Any:
    """Areas of which the plan has what it needs."""
    return plan.reduction.missing(plan.scheme, code, year) == ""


def _same(own: Any, published: Totals, reckoned: Any, why: str = "differs") -> None:
    """Raise where the plan counts another number than a published one."""
    for mine, theirs, known in zip(own, published, reckoned, strict=True):
        if theirs is not None and known and int(mine) != theirs:
            raise NotOffered(why)
