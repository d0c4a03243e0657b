r"""The rule of a payment, once: an expression made from a component, read as exact whole numbers or as a formula.

    payment_of(part, pieces) ──┬── fen(rule, ...)        one number for each kind of organisation, in whole fen
                               └── formula(rule, ...)    the same as the text of a spreadsheet's cell

With the parts s of the year and their weights :math:`w_s`,

.. math:: payment = round\Big(\sum_s w_s \min(cap_s, \max(floor_s, base_s + rate_s q)) / \sum_s w_s\Big)

and of a district :math:`take\_up \cdot \max(0, growth \cdot \sum payments - spent)`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import numpy as np

from evalkit.subsidy.exact import Ints, half_up, times
from evalkit.subsidy.values import Component


@dataclass(frozen=True)
class Quantity:
    """What the payment is reckoned by: members, units, dues, 1 for an organisation, the township's own payment."""


@dataclass(frozen=True)
class Matched:
    """The sum of the payments that a matching matches."""


@dataclass(frozen=True)
class Before:
    """The payment of the year before."""


@dataclass(frozen=True)
class Payments:
    """All payments of a district."""


@dataclass(frozen=True)
class Spent:
    """What a district has spent already for the purpose."""


@dataclass(frozen=True)
class Standard:
    """The value of a standard in a part of the year; without a key that of the tier."""

    piece: int
    key: str = ""


@dataclass(frozen=True)
class Weight:
    """The weight of a part of the year."""

    piece: int


@dataclass(frozen=True)
class Number:
    """A number that stands in the scheme itself."""

    value: Fraction


@dataclass(frozen=True)
class Sum:
    parts: tuple[Rule, ...]


@dataclass(frozen=True)
class Less:
    """One less another."""

    of: Rule
    by: Rule


@dataclass(frozen=True)
class Product:
    one: Rule
    other: Rule


@dataclass(frozen=True)
class Divided:
    """By a whole number that is the same for all."""

    of: Rule
    by: Rule


@dataclass(frozen=True)
class AtLeast:
    of: Rule
    floor: Rule


@dataclass(frozen=True)
class AtMost:
    of: Rule
    cap: Rule


@dataclass(frozen=True)
class Rounded:
    """Half up, at the unit of the scheme."""

    of: Rule


@dataclass(frozen=True)
class Estimated:
    """Times growth or take-up, to the fen: from here on an estimate."""

    of: Rule
    factor: float


Rule = (
    Quantity | Matched | Before | Payments | Spent | Standard | Weight | Number
    | Sum | Less | Product | Divided | AtLeast | AtMost | Rounded | Estimated
)  # fmt: skip
ZERO = Number(Fraction(0))
DIGITS_OF_FEN = 2  # of yuan
NOT_GIVEN = "the rule looks at what is not given"


# --- from a component to its rule ---


def payment_of(part: Component, pieces: int) -> tuple[Rule, ...]:
    """The payment for one organisation, in a year of so many parts; of a matching one for each of its two payers."""
    if part.of:
        return _matching(part, pieces)
    due = tuple(_due(part, n) for n in range(pieces))
    rule: Rule = Rounded(_weighted(due))
    if part.guarantee is not None:
        least = Rounded(Product(Before(), Number(Fraction(part.guarantee))))
        rule = AtLeast(rule, least)
    return (rule,)


def _weighted(values: tuple[Rule, ...]) -> Rule:
    """The mean over the parts of a year, by their weights."""
    weights = tuple(Weight(n) for n in range(len(values)))
    total = Sum(tuple(map(Product, weights, values)))
    return Divided(total, Sum(weights))


def _due(part: Component, piece: int) -> Rule:
    """What is due at the standards of a part of the year."""
    rule = _graduated(part, piece) if part.marginal else Product(Standard(piece), Quantity())
    if "base" in part.params:
        rule = Sum((rule, Standard(piece, "base")))
    if "floor" in part.params:
        rule = AtLeast(rule, Standard(piece, "floor"))
    return AtMost(rule, Standard(piece, "cap")) if "cap" in part.params else rule


def _graduated(part: Component, piece: int) -> Rule:
    """Each part of the quantity at the rate of the tier in which it lies."""
    starts = [Number(Fraction(part.params[key].start or 0)) for key in part.rates]
    ends: list[Rule] = [*(AtMost(Quantity(), start) for start in starts[1:]), Quantity()]
    return Sum(
        tuple(
            Product(AtLeast(Less(end, start), ZERO), Standard(piece, key))
            for key, start, end in zip(part.rates, starts, ends, strict=True)
        )
    )


def _matching(part: Component, pieces: int) -> tuple[Rule, Rule]:
    """What township and enterprise add to a sum of the district, by the reading of 1:1."""

    def mean(key: str) -> Rule:
        return _weighted(tuple(Standard(n, key) for n in range(pieces)))

    if part.reading == "town_equals_enterprise":
        booked = part.town_amount == "ledger"
        town = Quantity() if booked else Rounded(Product(Matched(), mean("share")))
        return town, Rounded(Product(town, mean("ratio")))
    both = Rounded(Product(Matched(), mean("ratio")))
    if part.reading == "each_equals_district":
        return both, both
    town = Rounded(Divided(both, Number(Fraction(2))))
    return town, Less(both, town)


def district_of(part: Component, grown: float, take_up: float) -> Rule:
    """The money of a component in a district."""
    rule: Rule = Estimated(Payments(), grown)
    if part.basis == "top_up":
        rule = Rounded(AtLeast(Less(rule, Spent()), ZERO))
    return Estimated(rule, take_up)


# --- read as exact whole numbers ---


@dataclass(frozen=True)
class Exact:
    """A number for each kind of organisation, over a denominator that all share."""

    top: Ints
    bottom: int

    def over(self, bottom: int) -> Ints:
        return self.top * (bottom // self.bottom)


@dataclass(frozen=True, eq=False)
class Figures:
    """What an expression is reckoned with; each leaf that it has no number for does not occur in the rule."""

    unit: int
    quantity: Exact | None = None
    matched: Ints | None = None
    before: Ints | None = None
    payments: Ints | None = None
    spent: Ints | None = None
    weights: tuple[int, ...] = ()
    tiers: tuple[Exact, ...] = ()
    standards: tuple[Mapping[str, Exact], ...] = ()


def fen(rule: Rule, figures: Figures) -> Ints:
    """The expression in whole fen."""
    found = _exact(rule, figures)
    if found.bottom != 1:
        raise AssertionError("a payment ends with a rounding")
    return found.top


def _exact(rule: Rule, figures: Figures) -> Exact:
    match rule:
        case Sum(parts):
            tops, bottom = _common([_exact(part, figures) for part in parts])
            return Exact(reduce(np.add, tops), bottom)
        case Less(of, by):
            (more, less), bottom = _common([_exact(of, figures), _exact(by, figures)])
            return Exact(more - less, bottom)
        case Product(one, other):
            left, right = _exact(one, figures), _exact(other, figures)
            return Exact(left.top * right.top, left.bottom * right.bottom)
        case Divided(of, by):
            whole, part = _exact(of, figures), _exact(by, figures)
            return Exact(whole.top * part.bottom, whole.bottom * int(part.top))
        case AtLeast(of, floor):
            (value, least), bottom = _common([_exact(of, figures), _exact(floor, figures)])
            return Exact(np.maximum(value, least), bottom)
        case AtMost(of, cap):
            (value, most), bottom = _common([_exact(of, figures), _exact(cap, figures)])
            return Exact(np.minimum(value, most), bottom)
        case Rounded(of):
            found = _exact(of, figures)
            return Exact(half_up(found.top, found.bottom, figures.unit), 1)
        case Estimated(of, factor):
            return Exact(times(_exact(of, figures).top, factor), 1)
    return _leaf(rule, figures)


def _leaf(rule: Rule, figures: Figures) -> Exact:
    match rule:
        case Standard(piece, key):
            return figures.standards[piece][key] if key else figures.tiers[piece]
        case Weight(piece):
            return _whole(figures.weights[piece])
        case Number(value):
            return Exact(np.asarray(value.numerator, np.int64), value.denominator)
        case Matched():
            return _whole(figures.matched)
        case Before():
            return _whole(figures.before)
        case Payments():
            return _whole(figures.payments)
        case Spent():
            return _whole(figures.spent)
    if figures.quantity is None:
        raise AssertionError(NOT_GIVEN)
    return figures.quantity


def _whole(value: Ints | int | None) -> Exact:
    if value is None:
        raise AssertionError(NOT_GIVEN)
    return Exact(np.asarray(value, np.int64), 1)


def _common(parts: list[Exact]) -> tuple[list[Ints], int]:
    """The numbers over one denominator."""
    bottom = math.lcm(*(part.bottom for part in parts))
    return [part.over(bottom) for part in parts], bottom


# --- read as the formula of a cell ---


@dataclass(frozen=True)
class Cells:
    """Where a sheet has what an expression looks at, as text; `digits` of yuan at the unit of rounding."""

    digits: int
    quantity: str = ""
    matched: str = ""
    before: str = ""
    payments: str = ""
    spent: str = ""
    weights: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    standards: tuple[Mapping[str, str], ...] = ()


def formula(rule: Rule, cells: Cells) -> str:
    """The expression as a formula, without the sign of equality."""
    match rule:
        case Sum(parts):
            return "(" + "+".join(formula(part, cells) for part in parts) + ")"
        case Less(of, by):
            return f"({formula(of, cells)}-{formula(by, cells)})"
        case Product(one, other):
            return f"{formula(one, cells)}*{formula(other, cells)}"
        case Divided(of, by):
            return f"{formula(of, cells)}/{formula(by, cells)}"
        case AtLeast(of, floor):
            return f"MAX({formula(floor, cells)},{formula(of, cells)})"
        case AtMost(of, cap):
            return f"MIN({formula(cap, cells)},{formula(of, cells)})"
        case Rounded(of):
            return _half_up(formula(of, cells), cells.digits)
        case Estimated(of, factor):
            text = formula(of, cells)
            return text if factor == 1 else _half_up(f"{text}*{factor!r}", DIGITS_OF_FEN)
    return _address(rule, cells)


def _half_up(text: str, digits: int) -> str:
    """Binary noise goes first, so that a half is a half."""
    return f"ROUND(ROUND({text},8),{digits})"


def _address(rule: Rule, cells: Cells) -> str:
    match rule:
        case Standard(piece, key):
            return cells.standards[piece][key] if key else cells.tiers[piece]
        case Weight(piece):
            return cells.weights[piece]
        case Number(value):
            whole = value.denominator == 1
            return str(value.numerator) if whole else repr(float(value))
        case Matched():
            return f"({cells.matched})"
        case Before():
            return cells.before
        case Payments():
            return cells.payments
        case Spent():
            return cells.spent
    return cells.quantity
