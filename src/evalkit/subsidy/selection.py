"""Whom a component pays and by what quantity, apart from how much: all that its reduction depends on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from evalkit.subsidy.values import Component, SchemeData
from evalkit.world.condition import Condition, columns_of, parse

FUNCTIONAL = "functional"
FOUNDED = "founded_in_period"


@dataclass(frozen=True)
class Tiers:
    """The tiers of a component: the column they go by, their names, from which value on each begins (None: by name)."""

    by: str
    names: tuple[str, ...]
    starts: tuple[Decimal | None, ...]

    @property
    def by_threshold(self) -> bool:
        return bool(self.starts) and self.starts[0] is not None


@dataclass(frozen=True)
class Reward:
    """A component that is paid in place of another one to those that meet its conditions and have a tier of it."""

    component: str
    name: str
    condition: Condition
    tiers: Tiers | None


@dataclass(frozen=True)
class Scope:
    """A part of the organisations, and for each rate of the component the place of the standard that holds there."""

    condition: Condition
    rates: tuple[int, ...]


@dataclass(frozen=True)
class Selection:
    """Whom a component pays and by what.

    Attributes
    ----------
    component, per, table, lag
        As the scheme has them.
    condition
        Who is eligible, by the whole scheme and by the component.
    members
        The base of the members.
    tiers
        None where all are paid alike, or by parts of a marginal schedule.
    scopes
        Parts of the organisations that have standards of their own.
    has_fixed_part
        Something is due even where the quantity is zero.
    rewards
        Components that take its place.
    matched
        Of a matching: what it matches.
    booked
        Of a matching: the township's own payments are what is matched.
    guaranteed
        No less than a share of the payment of the year before.
    """

    component: str
    per: str
    table: str | None
    lag: int
    condition: Condition
    members: str
    tiers: Tiers | None
    scopes: tuple[Scope, ...]
    has_fixed_part: bool
    rewards: tuple[Reward, ...]
    matched: tuple[Selection, ...]
    booked: bool
    counted: bool
    guaranteed: bool


@dataclass(frozen=True)
class Need:
    """The ledgers that a component rests on: without them nothing can be reckoned.

    Attributes
    ----------
    kind, lag
        Money already paid, and how many years before; "" where none is needed.
    columns
        Columns of the organisations that conditions and tiers look at.
    """

    per: str
    table: str | None
    kind: str
    lag: int
    columns: frozenset[str]


@lru_cache(maxsize=4096)
def selection_of(scheme: SchemeData, name: str) -> Selection:
    """The selection of a component."""
    part = scheme.components[name]
    rewards = [
        Reward(
            code,
            one.name,
            parse(conditions_of(scheme, one)),
            tiers_of(one) if one.by and not one.marginal else None,
        )
        for code, one in scheme.components.items()
        if name in one.instead_of
    ]
    return Selection(
        component=name,
        per=part.per,
        table=part.table,
        lag=part.lag,
        condition=parse(conditions_of(scheme, part)),
        members=scheme.members,
        tiers=tiers_of(part) if part.by and not part.marginal and not part.of else None,
        scopes=scopes_of(part),
        has_fixed_part=bool({"base", "floor"} & part.params.keys()),
        rewards=tuple(rewards),
        matched=tuple(selection_of(scheme, other) for other in part.of),
        booked=part.matches_booked_money,
        counted=part.counted,
        guaranteed=part.guarantee is not None,
    )


def conditions_of(scheme: SchemeData, part: Component) -> dict[str, Any]:
    """Who is eligible: the component's own word on a column comes before the scheme's."""
    conditions = part.eligible if part.counted else {**scheme.eligible, **part.eligible}
    return {**conditions, FOUNDED: True} if part.once else dict(conditions)


def tiers_of(part: Component) -> Tiers:
    """The tiers of a component."""
    starts = tuple(part.params[key].start for key in part.rates)
    return Tiers(str(part.by), tuple(part.rates), starts)


def scopes_of(part: Component) -> tuple[Scope, ...]:
    """The scopes of a component; of several that an organisation meets, the one with more conditions comes first."""
    names = sorted(part.scopes, key=lambda name: (-len(part.scopes[name]), name))
    places = {rate: place for place, rate in enumerate(part.all_rates)}
    return tuple(
        Scope(
            parse(part.scopes[name]),
            tuple(places[part.rate_in(rate, name)] for rate in part.rates),
        )
        for name in names
    )


@lru_cache(maxsize=4096)
def need_of(scheme: SchemeData, name: str) -> Need:
    """What a component cannot be reckoned without."""
    part = scheme.components[name]
    rewards = [one for one in scheme.components.values() if name in one.instead_of]
    columns = {str(one.by) for one in (part, *rewards) if one.by}
    others = (*part.scopes.values(), *(one.eligible for one in rewards))
    for conditions in (scheme.eligible, part.eligible, *others):
        columns |= set(columns_of(parse(conditions)))
    of_units = part.per in ("unit", "employee") or {"employees", "sector"} & columns
    if of_units:  # employees and sector are those of the units covered
        columns.add("units_covered")
    kind, lag = _money_needed(part)
    return Need(part.per, part.table, kind, lag, frozenset(columns))


def _money_needed(part: Component) -> tuple[str, int]:
    """The kind of money in the ledgers that a component rests on, and how many years before."""
    if part.basis == "top_up":
        return part.spent_for, 0
    if part.matches_booked_money:
        return "town", 0
    return ("dues", part.lag) if part.per == "dues" else ("", 0)
