r"""The rule of a payment, once: an expression made from a component, read as exact whole numbers or as a formula.

    payment_of(part) ──┬── fen(rule, ...)        one number for each kind of organisation, in whole fen
                       ├── formula(rule, ...)    the same as the text of a spreadsheet's cell
                       └── as_data(rule)         the tree itself, for a page that reads it (`serial`)

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

    key: str = ""


@dataclass(frozen=True)
class Mean:
    """The mean over the parts of a year, by their weights: days, months."""

    of: Rule


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
    Quantity | Matched | Before | Payments | Spent | Standard | Number
    | Mean | Sum | Less | Product | Divided | AtLeast | AtMost | Rounded | Estimated
)  # fmt: skip
ZERO = Number(Fraction(0))
DIGITS_OF_FEN = 2  # of yuan
NOT_GIVEN = "the rule looks at what is not given"


# --- from a component to its rule ---


def payment_of(part: Component) -> tuple[Rule, ...]:
    """The payment for one organisation; of a matching one for each of its two payers."""
    if part.of:
        return _matching(part)
    rule: Rule = Rounded(Mean(_due(part)))
    if part.guarantee is not None:
        least = Rounded(Product(Before(), Number(Fraction(part.guarantee))))
        rule = AtLeast(rule, least)
    return (rule,)


def _due(part: Component) -> Rule:
    """What is due at the standards of a part of the year."""
    rule = _graduated(part) if part.marginal else Product(Standard(), Quantity())
    if "base" in part.params:
        rule = Sum((rule, Standard("base")))
    if "floor" in part.params:
        rule = AtLeast(rule, Standard("floor"))
    return AtMost(rule, Standard("cap")) if "cap" in part.params else rule


def _graduated(part: Component) -> Rule:
    """Each part of the quantity at the rate of the tier in which it lies."""
    starts = [Number(Fraction(part.params[key].start or 0)) for key in part.rates]
    ends: list[Rule] = [*(AtMost(Quantity(), start) for start in starts[1:]), Quantity()]
    return Sum(
        tuple(
            Product(AtLeast(Less(end, start), ZERO), Standard(key))
            for key, start, end in zip(part.rates, starts, ends, strict=True)
        )
    )


def _matching(part: Component) -> tuple[Rule, Rule]:
    """What township and enterprise add to a sum of the district, by the reading of 1:1.

    A cap holds for what the ratio gives: the enterprise's part, each of both, or both together.
    """

    def added(to: Rule) -> Rule:
        found: Rule = Product(to, Mean(Standard("ratio")))
        return Rounded(AtMost(found, Mean(Standard("cap"))) if "cap" in part.params else found)

    if part.reading == "town_equals_enterprise":
        booked = part.town_amount == "ledger"
        town = Quantity() if booked else Rounded(Product(Matched(), Mean(Standard("share"))))
        return town, added(town)
    both = added(Matched())
    if part.reading == "enterprise_equals_district":
        return Product(Matched(), ZERO), both
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


def _exact(rule: Rule, figures: Figures, piece: int = 0) -> Exact:
    """The expression in a part of the year; outside of a mean no standard occurs."""

    def read(part: Rule) -> Exact:
        return _exact(part, figures, piece)

    match rule:
        case Mean(of):
            return _mean([_exact(of, figures, n) for n in range(len(figures.weights))], figures)
        case Sum(parts):
            tops, bottom = _common([read(part) for part in parts])
            return Exact(reduce(np.add, tops), bottom)
        case Less(of, by):
            (more, less), bottom = _common([read(of), read(by)])
            return Exact(more - less, bottom)
        case Product(one, other):
            left, right = read(one), read(other)
            return Exact(left.top * right.top, left.bottom * right.bottom)
        case Divided(of, by):
            whole, part = read(of), read(by)
            return Exact(whole.top * part.bottom, whole.bottom * int(part.top))
        case AtLeast(of, floor):
            (value, least), bottom = _common([read(of), read(floor)])
            return Exact(np.maximum(value, least), bottom)
        case AtMost(of, cap):
            (value, most), bottom = _common([read(of), read(cap)])
            return Exact(np.minimum(value, most), bottom)
        case Rounded(of):
            found = read(of)
            return Exact(half_up(found.top, found.bottom, figures.unit), 1)
        case Estimated(of, factor):
            return Exact(times(read(of).top, factor), 1)
    return _leaf(rule, figures, piece)


def _mean(values: list[Exact], figures: Figures) -> Exact:
    tops, bottom = _common(values)
    weighted = [top * weight for top, weight in zip(tops, figures.weights, strict=True)]
    return Exact(reduce(np.add, weighted), bottom * sum(figures.weights))


def _leaf(rule: Rule, figures: Figures, piece: int) -> Exact:
    match rule:
        case Standard(key):
            return figures.standards[piece][key] if key else figures.tiers[piece]
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


def formula(rule: Rule, cells: Cells, piece: int = 0) -> str:
    """The expression as a formula, without the sign of equality."""

    def text(part: Rule) -> str:
        return formula(part, cells, piece)

    match rule:
        case Mean(of):
            each = [f"{weight}*{formula(of, cells, n)}" for n, weight in enumerate(cells.weights)]
            return f"({'+'.join(each)})/({'+'.join(cells.weights)})"
        case Sum(parts):
            return "(" + "+".join(map(text, parts)) + ")"
        case Less(of, by):
            return f"({text(of)}-{text(by)})"
        case Product(one, other):
            return f"{text(one)}*{text(other)}"
        case Divided(of, by):
            return f"{text(of)}/{text(by)}"
        case AtLeast(of, floor):
            return f"MAX({text(floor)},{text(of)})"
        case AtMost(of, cap):
            return f"MIN({text(cap)},{text(of)})"
        case Rounded(of):
            return _half_up(text(of), cells.digits)
        case Estimated(of, factor):
            inner = text(of)
            return inner if factor == 1 else _half_up(f"{inner}*{factor!r}", DIGITS_OF_FEN)
    return _address(rule, cells, piece)


def _half_up(text: str, digits: int) -> str:
    """Binary noise goes first, so that a half is a half."""
    return f"ROUND(ROUND({text},8),{digits})"


def _address(rule: Rule, cells: Cells, piece: int) -> str:
    match rule:
        case Standard(key):
            return cells.standards[piece][key] if key else cells.tiers[piece]
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
