r"""Exact payments from the counted cells: every scenario is evaluated from them.

With the parts s of the year and their weights :math:`w_s`,

.. math:: payment = round\Big(\sum_s w_s \min(cap_s, \max(floor_s, base_s + rate_s q)) / \sum_s w_s\Big)

in whole fen, half up, at the scheme's unit. Nothing is a float until growth or take-up makes it an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from evalkit.subsidy.cells import Cells
from evalkit.subsidy.exact import Ints, allocate, half_up, times
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.reduction import Reduction
from evalkit.subsidy.selection import Need, Selection, need_of, selection_of
from evalkit.subsidy.values import PARTS_OF_A_SHARE, Component, SchemeData
from evalkit.subsidy.year import Piece, Values, pieces

NO_END = 2**62  # of the last tier of a marginal schedule


@dataclass(frozen=True)
class Charge:
    """All that the money of a component in a year depends on, beside source and projection.

    Attributes
    ----------
    selection, need
        Whom it pays and by what; what it cannot be reckoned without.
    rule
        Basis, reading and whose amount is matched.
    payers
        Of a matching; `shares` of every other component.
    unit
        The rounding, in fen.
    pieces
        The standards in force, those of matched components too.
    """

    selection: Selection
    need: Need
    year: int
    rule: tuple[str | None, ...]
    payers: tuple[str, ...]
    shares: tuple[tuple[str, Any], ...]
    unit: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, eq=False)
class Engine:
    """Payments of one reduction under a projection, each made once."""

    reduction: Reduction
    projection: Projection = field(default_factory=Projection)
    answers: dict[str, dict[Any, Any]] = field(default_factory=dict, init=False, repr=False)

    def payments(
        self, scheme: SchemeData, name: str, year: int, values: Values
    ) -> tuple[Ints, ...]:
        """Payment in fen for one organisation of each kind: one array, or two for the payers of a matching."""
        part, cells = scheme.components[name], self.reduction.cells(scheme, name, year)
        parts = pieces(scheme, [f"{name}.{key}" for key in part.params], values, year)
        if part.of:
            base = np.zeros(len(cells.q), np.int64)
            for other, kind in zip(part.of, cells.parts, strict=True):
                base = base + np.append(self.payments(scheme, other, year, values)[0], 0)[kind]
            return _matched(part, cells, parts, base, scheme.unit)
        return (_paid(part, cells, parts, scheme.unit),)

    def grown(self, scheme: SchemeData, name: str, year: int) -> float:
        """By how much the quantity of a component has grown since the last ledger."""
        part = scheme.components[name]
        per = scheme.components[part.of[0]].per if part.of else part.per
        base = year - (scheme.members == "prev_year_end" and per in ("member", "dues"))
        return self.projection.factor(per, max(0, base - self.reduction.source.years[-1]))

    def amounts(
        self, scheme: SchemeData, name: str, year: int, values: Values
    ) -> Mapping[str, Ints]:
        """The money of a component by payer and district, in fen; the payers add up to it."""
        known = self.answers.setdefault("amounts", {})
        charge = self._charge(scheme, name, year, values)
        if charge not in known:
            known[charge] = self._amounts(scheme, name, year, values)
        found: Mapping[str, Ints] = known[charge]
        return found

    def _charge(self, scheme: SchemeData, name: str, year: int, values: Values) -> Charge:
        part = scheme.components[name]
        needed = [f"{c}.{key}" for c in (*part.of, name) for key in scheme.components[c].params]
        return Charge(
            selection_of(scheme, name),
            need_of(scheme, name),
            year,
            (part.basis, part.reading, part.town_amount),
            part.payers,
            tuple(part.payer.items()),
            scheme.unit,
            pieces(scheme, needed, values, year),
        )

    def _amounts(self, scheme: SchemeData, name: str, year: int, values: Values) -> dict[str, Ints]:
        part, cells = scheme.components[name], self.reduction.cells(scheme, name, year)
        areas, grown = len(self.reduction.source.homes), self.grown(scheme, name, year)
        known = self.reduction.missing(scheme, name, year) == ""
        sums = []
        for pay in self.payments(scheme, name, year, values):
            money = times(cells.sums(pay, areas), grown)
            if part.basis == "top_up":
                gap = np.maximum(0, money - self.reduction.spent(part.spent_for, year))
                money = half_up(gap, 1, scheme.unit)
            sums.append(times(np.where(known, money, 0), self.projection.take_up))
        if part.of:
            return dict(zip(part.payers, sums, strict=True))
        return shared(name, part.payer, sums[0])

    def by_organisation(self, scheme: SchemeData, name: str, year: int, values: Values) -> Ints:
        """The money of a component for every organisation; a top-up is shared by entitlement, to the fen."""
        part, reduction = scheme.components[name], self.reduction
        if part.counted:
            return np.zeros(len(reduction.rows(year)), np.int64)
        cells, area = reduction.cells(scheme, name, year), reduction.places(year)
        payments = self.payments(scheme, name, year, values)
        pay = cells.each(sum(payments, np.zeros(len(cells.q), np.int64)))
        known = reduction.missing(scheme, name, year) == ""
        pay = np.where(known[area], pay, 0)
        if part.basis != "top_up":
            return pay
        total = np.zeros(len(reduction.source.homes), np.int64)
        np.add.at(total, area, pay)
        gap = np.maximum(0, total - reduction.spent(part.spent_for, year))
        return allocate(pay, area, half_up(gap, 1, scheme.unit), total)


def _paid(part: Component, cells: Cells, parts: tuple[Piece, ...], unit: int) -> Ints:
    """The payment for one of each kind: the parts of the year with floor and cap, weighted, rounded."""
    total, divisor = np.zeros(len(cells.q), np.int64), cells.divisor
    for piece in parts:
        standards = dict(zip(part.params, piece.standards, strict=True))
        pay = _marginal(part, cells, standards) if part.marginal else _flat(part, cells, standards)
        pay = pay + standards.get("base", 0) * divisor
        if "floor" in standards:
            pay = np.maximum(pay, standards["floor"] * divisor)
        if "cap" in standards:
            pay = np.minimum(pay, standards["cap"] * divisor)
        total += piece.weight * pay
    scale = PARTS_OF_A_SHARE if part.per == "dues" else 1
    weights = sum(piece.weight for piece in parts)
    return half_up(total, weights * divisor * scale, unit)


def _flat(part: Component, cells: Cells, standards: Mapping[str, int]) -> Ints:
    """The rate of the tier times the quantity."""
    rates = np.array([standards[key] for key in part.all_rates], np.int64)
    return rates[cells.tier] * cells.q


def _marginal(part: Component, cells: Cells, standards: Mapping[str, int]) -> Ints:
    """Each part of the quantity at the rate of the tier in which it lies."""
    starts = [int((part.params[key].start or 0) * cells.divisor) for key in part.rates]
    pay = np.zeros(len(cells.q), np.int64)
    for key, start, end in zip(part.rates, starts, [*starts[1:], NO_END], strict=True):
        pay = pay + np.clip(cells.q - start, 0, end - start) * standards[key]
    return pay


def _matched(
    part: Component, cells: Cells, parts: tuple[Piece, ...], base: Ints, unit: int
) -> tuple[Ints, Ints]:
    """What township and enterprise add to a sum of the district, by the reading of 1:1."""
    whole = sum(piece.weight for piece in parts) * PARTS_OF_A_SHARE
    rate = {
        key: sum(piece.weight * piece.standards[place] for piece in parts)
        for place, key in enumerate(part.params)
    }
    if part.reading == "town_equals_enterprise":
        booked = part.town_amount == "ledger"
        town = cells.q if booked else half_up(base * rate["share"], whole, unit)
        return town, half_up(town * rate["ratio"], whole, unit)
    both = half_up(base * rate["ratio"], whole, unit)
    if part.reading == "each_equals_district":
        return both, both
    town = half_up(both, 2, unit)
    return town, both - town


def shared(name: str, payers: Mapping[str, Decimal], money: Ints) -> dict[str, Ints]:
    """The money of a component by payer: shares half up, the last one takes the rest."""
    rest, out = money.copy(), {}
    *some, last = payers
    for payer in some:
        numerator, denominator = payers[payer].as_integer_ratio()
        out[payer] = half_up(money * numerator, denominator)
        rest -= out[payer]
    out[last] = rest
    if not np.array_equal(sum(out.values()), money) or any((v < 0).any() for v in out.values()):
        raise AssertionError(f"{name}: the payers do not add up to the total")
    return out
