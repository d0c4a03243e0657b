"""Exact payments from the counted cells by the rule of each component (`rule`): every scenario is evaluated from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from evalkit.subsidy.cells import Cells
from evalkit.subsidy.exact import Ints, allocate, half_up
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.reduction import Reduction
from evalkit.subsidy.rule import Exact, Figures, district_of, fen, payment_of
from evalkit.subsidy.selection import Need, Selection, need_of, selection_of
from evalkit.subsidy.values import PARTS_OF_A_SHARE, Component, SchemeData
from evalkit.subsidy.year import Piece, Values, pieces

FINEST_SHARE = 1_000_000  # of payers: 1:1:1 is written with 28 decimals


@dataclass(frozen=True)
class Charge:
    """All that the money of a component in a year depends on, beside source and projection.

    Attributes
    ----------
    selection, need
        Whom it pays and by what; what it cannot be reckoned without.
    rule
        Basis, reading, whose amount is matched, the guarantees.
    payers
        Of a matching; `shares` of every other component.
    unit
        The rounding, in fen.
    pieces
        The standards in force, those of matched components too; of a guarantee those of the years before as well.
    """

    selection: Selection
    need: Need
    year: int
    rule: tuple[Any, ...]
    payers: tuple[str, ...]
    shares: tuple[tuple[str, Any], ...]
    unit: int
    pieces: tuple[tuple[Piece, ...], ...]


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
        matched = before = None
        if part.of:
            matched = np.zeros(len(cells.q), np.int64)
            for other, kind in zip(part.of, cells.parts, strict=True):
                paid = self.payments(scheme, other, year, values)[0]
                matched = matched + np.append(paid, 0)[kind]
        elif part.guarantee is not None:
            before = self.before(scheme, name, year, values)
        figures = _figures(part, cells, parts, scheme.unit, matched, before)
        same = np.zeros(len(cells.q), np.int64)
        return tuple(fen(rule, figures) + same for rule in payment_of(part))

    def before(self, scheme: SchemeData, name: str, year: int, values: Values) -> Ints:
        """The payment of the year before for each kind; 0 where there was none."""
        (kind,) = self.reduction.cells(scheme, name, year).parts
        if year <= self.reduction.source.years[0]:
            return np.zeros(len(kind), np.int64)
        paid = self.payments(scheme, name, year - 1, values)[0]
        return np.append(paid, 0)[kind]

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
        every = [scheme.components[c] for c in (*part.of, name)]
        needed = [f"{c}.{key}" for c in (*part.of, name) for key in scheme.components[c].params]
        guaranteed = any(one.guarantee is not None for one in every)
        first = min(year, self.reduction.source.years[0]) if guaranteed else year
        return Charge(
            selection_of(scheme, name),
            need_of(scheme, name),
            year,
            (part.basis, part.reading, part.town_amount, *(one.guarantee for one in every)),
            part.payers,
            tuple(part.payer.items()),
            scheme.unit,
            tuple(pieces(scheme, needed, values, one) for one in range(first, year + 1)),
        )

    def _amounts(self, scheme: SchemeData, name: str, year: int, values: Values) -> dict[str, Ints]:
        part, cells = scheme.components[name], self.reduction.cells(scheme, name, year)
        areas, grown = len(self.reduction.source.homes), self.grown(scheme, name, year)
        known = self.reduction.missing(scheme, name, year) == ""
        rule = district_of(part, grown, self.projection.take_up)
        spent = None
        if part.basis == "top_up":
            spent = self.reduction.spent(part.spent_for, year)
        sums = []
        for pay in self.payments(scheme, name, year, values):
            figures = Figures(scheme.unit, payments=cells.sums(pay, areas), spent=spent)
            sums.append(np.where(known, fen(rule, figures), 0))
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
        spent = reduction.spent(part.spent_for, year)
        gap = fen(district_of(part, 1, 1), Figures(scheme.unit, payments=total, spent=spent))
        return allocate(pay, area, gap, total)


def _figures(
    part: Component,
    cells: Cells,
    parts: tuple[Piece, ...],
    unit: int,
    matched: Ints | None,
    before: Ints | None,
) -> Figures:
    """The numbers that the rule of a component is reckoned with."""
    standards = [
        {
            key: Exact(
                np.asarray(value, np.int64), 1 if part.params[key].money else PARTS_OF_A_SHARE
            )
            for key, value in zip(part.params, piece.standards, strict=True)
        }
        for piece in parts
    ]
    by_tier = part.of or part.marginal
    return Figures(
        unit,
        quantity=Exact(cells.q, cells.divisor),
        matched=matched,
        before=before,
        weights=tuple(piece.weight for piece in parts),
        tiers=() if by_tier else tuple(_of_tiers(part, cells, found) for found in standards),
        standards=tuple(standards),
    )


def _of_tiers(part: Component, cells: Cells, standards: Mapping[str, Exact]) -> Exact:
    """The standard of the tier of every kind."""
    rates = [standards[key] for key in part.all_rates]
    tops = np.array([int(rate.top) for rate in rates], np.int64)
    return Exact(tops[cells.tier], rates[0].bottom)


def shared(name: str, payers: Mapping[str, Decimal], money: Ints) -> dict[str, Ints]:
    """The money of a component by payer: shares half up, the last one takes the rest."""
    rest, out = money.copy(), {}
    *some, last = payers
    for payer in some:
        part = Fraction(payers[payer]).limit_denominator(FINEST_SHARE)  # a third is a third
        out[payer] = half_up(money * part.numerator, part.denominator)
        rest -= out[payer]
    out[last] = rest
    if not np.array_equal(sum(out.values()), money) or any((v < 0).any() for v in out.values()):
        raise AssertionError(f"{name}: the payers do not add up to the total")
    return out
