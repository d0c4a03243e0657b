"""A plan as plain data: the trees of its rules and the numbers they are reckoned with, for a page that needs no Python.

`as_data` writes it, `read_rule` reads a tree back, `money` is the reading of such data in whole numbers and fractions that a
page follows step by step: it knows the nodes of the tree and nothing of schemes, so no rule of a payment stands in a page.

Nothing of an organisation is in it: kinds (tier, quantity) and how many of each stand in a district.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evalkit.subsidy.dated import Dated, dated, value_on
from evalkit.subsidy.engine import FINEST_SHARE
from evalkit.subsidy.rule import (
    AtLeast,
    AtMost,
    Before,
    Divided,
    Estimated,
    Less,
    Matched,
    Mean,
    Number,
    Payments,
    Product,
    Quantity,
    Rounded,
    Rule,
    Spent,
    Standard,
    Sum,
    district_of,
    payment_of,
)
from evalkit.subsidy.simulation import PlanData
from evalkit.subsidy.values import PARTS_OF_A_SHARE, Component
from evalkit.subsidy.year import day_of_cut, length_of
from evalkit.world.number import plain

VERSION = 1
NODES: Mapping[str, type] = {
    one.__name__: one
    for one in (
        Quantity, Matched, Before, Payments, Spent, Standard, Number, Mean, Sum, Less, Product, Divided, AtLeast, AtMost,
        Rounded, Estimated,
    )
}  # fmt: skip


# --- a tree ---


def rule_data(rule: Rule) -> list[Any]:
    """A tree as nested lists: its name, then what it is made of; a number as the text of a fraction."""
    return [type(rule).__name__, *(_entry(getattr(rule, one.name)) for one in fields(rule))]


def _entry(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [rule_data(part) for part in value]
    return value if isinstance(value, str | float | int) else rule_data(value)


def read_rule(data: Sequence[Any]) -> Rule:
    """The tree of `rule_data`."""
    name, *parts = data
    node = NODES[name]
    if node is Number:
        return Number(Fraction(parts[0]))
    if node is Sum:
        return Sum(tuple(read_rule(part) for part in parts[0]))
    found = [read_rule(part) if isinstance(part, list) else part for part in parts]
    made: Rule = node(*found)
    return made


# --- a plan ---


def as_data(plan: PlanData) -> dict[str, Any]:
    """The plan as data that JSON holds: standards, rules, counted cells by year, who pays."""
    scheme, source = plan.scheme, plan.source
    return {
        "version": VERSION,
        "scheme": scheme.name,
        "source": scheme.source,
        "demo": source.is_demo,
        "whole": source.whole,
        "areas": list(source.names),
        "unit": scheme.unit,
        "standards": {path: _standard(path, plan) for path in scheme.parameters},
        "asked": list(plan.years),
        "years": {str(year): _year(plan, year) for year in _needed_years(plan)},
        "components": {code: _component(part) for code, part in scheme.components.items()},
        "cells": {
            str(year): {code: _cells(plan, code, year) for code in scheme.components}
            for year in _needed_years(plan)
        },
    }


def _needed_years(plan: PlanData) -> list[int]:
    """The years asked for, and those before them where a guarantee looks back."""
    guaranteed = any(part.guarantee is not None for part in plan.scheme.components.values())
    first = min(plan.source.years[0], *plan.years) if guaranteed else plan.years[0]
    return list(range(first, plan.years[-1] + 1)) if guaranteed else list(plan.years)


def _standard(path: str, plan: PlanData) -> dict[str, Any]:
    one = plan.scheme.parameters[path]
    return {
        "label": plan.scheme.label(path),
        "unit": one.unit,
        "range": [plain(end) for end in one.range],
        "step": plain(one.step),
        "values": [[day.isoformat(), plain(value)] for day, value in one.values],
        "scale": one.scale,
        "over": 1 if one.money else PARTS_OF_A_SHARE,
    }


def _year(plan: PlanData, year: int) -> dict[str, Any]:
    """How long a year is in the unit of the scheme's rule for dates, and where each day of it begins there."""
    first, rule = date(year, 1, 1), plan.scheme.dates
    days = (date(year + 1, 1, 1) - first).days
    cuts = [day_of_cut(rule, first + timedelta(n)) for n in range(days)]
    return {"length": length_of(rule, year), "cuts": cuts}


def _component(part: Component) -> dict[str, Any]:
    return {
        "name": part.name,
        "rules": [rule_data(rule) for rule in payment_of(part)],
        "rates": part.all_rates,
        "params": list(part.params),
        "by_tier": not (part.of or part.marginal),
        "of": list(part.of),
        "guaranteed": part.guarantee is not None,
        "payers": list(part.payers) if part.of else None,
        "shares": [[who, _share(part.payer[who])] for who in part.payer],
    }


def _share(share: Any) -> str:
    return str(Fraction(share).limit_denominator(FINEST_SHARE))


def _cells(plan: PlanData, code: str, year: int) -> dict[str, Any]:
    """Kinds, how many of each stand in a district, what a district has spent, where nothing can be reckoned."""
    scheme, part = plan.scheme, plan.scheme.components[code]
    reduction, engine = plan.reduction, plan.engine
    cells = reduction.cells(scheme, code, year)
    grown = engine.grown(scheme, code, year)
    spent = reduction.spent(part.spent_for, year).tolist() if part.basis == "top_up" else None
    return {
        "tier": cells.tier.tolist(),
        "quantity": cells.q.tolist(),
        "divisor": cells.divisor,
        "parts": [one.tolist() for one in cells.parts],
        "area": cells.area.tolist(),
        "kind": cells.kind.tolist(),
        "number": cells.n.tolist(),
        "district": rule_data(district_of(part, grown, engine.projection.take_up)),
        "spent": spent,
        "known": (reduction.missing(scheme, code, year) == "").tolist(),
    }


# --- read as a page reads it ---


def money(
    data: Mapping[str, Any], values: Mapping[str, Any], year: int
) -> dict[str, dict[str, list[int]]]:
    """Fen by component, payer and district, from data alone.

    Parameters
    ----------
    values
        Dated values of the standards that differ from those of the data, as a reform writes them.
    """
    standards = {path: _dated(one["values"]) for path, one in data["standards"].items()}
    standards |= {path: dated(value) for path, value in values.items()}
    return {code: _money_of(data, code, standards, year) for code in data["components"]}


def _dated(values: Sequence[Sequence[str]]) -> Dated:
    return tuple((date.fromisoformat(day), Decimal(value)) for day, value in values)


def _money_of(
    data: Mapping[str, Any], code: str, standards: Mapping[str, Dated], year: int
) -> dict[str, list[int]]:
    part, cells = data["components"][code], data["cells"][str(year)][code]
    sums = []
    for pay in _payments(data, code, standards, year):
        total = [0] * len(data["areas"])
        for area, kind, number in zip(cells["area"], cells["kind"], cells["number"], strict=True):
            total[area] += pay[kind] * number
        district = read_rule(cells["district"])
        sums.append(
            [
                int(
                    _value(district, {"Payments": fen, "Spent": (cells["spent"] or total)[n]}, data)
                )
                if cells["known"][n]
                else 0
                for n, fen in enumerate(total)
            ]
        )
    if part["payers"]:
        return dict(zip(part["payers"], sums, strict=True))
    *some, (last, _) = part["shares"]
    found = {who: [_half_up(fen * Fraction(share), 1) for fen in sums[0]] for who, share in some}
    rest = [fen - sum(one[n] for one in found.values()) for n, fen in enumerate(sums[0])]
    return found | {last: rest}


def _payments(
    data: Mapping[str, Any], code: str, standards: Mapping[str, Dated], year: int
) -> list[list[int]]:
    """Fen for one organisation of each kind; two lists for the payers of a matching."""
    part, cells = data["components"][code], data["cells"][str(year)][code]
    count = len(cells["tier"])
    matched, before = [0] * count, [0] * count
    for other, kinds in zip(part["of"], cells["parts"], strict=False):
        inner = _payments(data, other, standards, year)[0]
        matched = [
            sum_ + (inner[k] if k >= 0 else 0) for sum_, k in zip(matched, kinds, strict=True)
        ]
    if part["guaranteed"] and str(year - 1) in data["cells"]:
        inner = _payments(data, code, standards, year - 1)[0]
        before = [inner[k] if k >= 0 else 0 for k in cells["parts"][0]]
    pieces = _pieces(data, code, standards, year)
    found = []
    for rule in map(read_rule, part["rules"]):
        paid = []
        for kind in range(count):
            leaves = {
                "Quantity": Fraction(cells["quantity"][kind], cells["divisor"]),
                "Matched": matched[kind],
                "Before": before[kind],
                "pieces": pieces,
                "tier": part["rates"][cells["tier"][kind]] if part["by_tier"] else "",
            }
            paid.append(int(_value(rule, leaves, data)))
        found.append(paid)
    return found


def _pieces(
    data: Mapping[str, Any], code: str, standards: Mapping[str, Dated], year: int
) -> list[tuple[int, dict[str, Fraction]]]:
    """Weight and standards of each part of a year."""
    found = data["years"][str(year)]
    length, cuts, first = found["length"], found["cuts"], date(year, 1, 1)
    names = data["components"][code]["params"]
    days = {first} | {
        day
        for name in names
        for day, _ in standards[f"{code}.{name}"]
        if first < day < date(year + 1, 1, 1)
    }
    starts = {}
    for day in sorted(days):
        starts[cuts[(day - first).days]] = day
    at = [one for one in sorted(starts) if one < length]
    parts = []
    for begin, end in zip(at, [*at[1:], length], strict=True):
        held = {}
        for name in names:
            one = data["standards"][f"{code}.{name}"]
            value = value_on(standards[f"{code}.{name}"], starts[begin]) or 0
            held[name] = Fraction(math.floor(Fraction(value) * one["scale"]), one["over"])
        parts.append((end - begin, held))
    return parts


def _value(
    rule: Rule, leaves: Mapping[str, Any], data: Mapping[str, Any], piece: int = 0
) -> Fraction:
    """A node in fractions."""

    def read(part: Rule) -> Fraction:
        return _value(part, leaves, data, piece)

    match rule:
        case Number(value):
            return value
        case Standard(key):
            standards: dict[str, Fraction] = leaves["pieces"][piece][1]
            return standards[key or leaves["tier"]]
        case Mean(of):
            weights = [weight for weight, _ in leaves["pieces"]]
            each = [_value(of, leaves, data, n) * weight for n, weight in enumerate(weights)]
            return sum(each, Fraction(0)) / sum(weights)
        case Sum(parts):
            return sum(map(read, parts), Fraction(0))
        case Less(of, by):
            return read(of) - read(by)
        case Product(one, other):
            return read(one) * read(other)
        case Divided(of, by):
            return read(of) / read(by)
        case AtLeast(of, floor):
            return max(read(of), read(floor))
        case AtMost(of, cap):
            return min(read(of), read(cap))
        case Rounded(of):
            return Fraction(_half_up(read(of), data["unit"]))
        case Estimated(of, factor):
            return _estimated(read(of), factor)
    return Fraction(leaves[type(rule).__name__])


def _estimated(value: Fraction, factor: float) -> Fraction:
    """Growth and take-up go through binary numbers, as in the engine: an estimate from here on."""
    if factor == 1:
        return value
    return Fraction(math.floor(round(float(value) * factor, 4) + 0.5))


def _half_up(value: Fraction, unit: int) -> int:
    return math.floor(value / unit + Fraction(1, 2)) * unit
