"""What one party organisation gets and why: each component with its rule, number, sum, before and after.

Below three members only the total is told: a list shows no number of so few persons.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from evalkit.problems import InputError, Problem, unknown
from evalkit.subsidy import coverage
from evalkit.subsidy.changes import grouped
from evalkit.subsidy.money import in_yuan
from evalkit.subsidy.simulation import ResultData, Variant
from evalkit.subsidy.values import AMOUNTS, Component
from evalkit.subsidy.words import WORDS
from evalkit.subsidy.year import pieces
from evalkit.world.area import Area
from evalkit.world.number import fixed, percent, plain

FEWEST = 3  # members of whom a number is told
SIDES = ("before", "after")


@dataclass(frozen=True)
class Share:
    """A component of an organisation: what is due before and after (fen), by which rule, why nothing is."""

    component: str
    before: int
    after: int
    rule: str
    why: str


@dataclass(frozen=True)
class OneOrganisation:
    """The answer for one organisation in a year."""

    name: str
    area: str
    year: int
    members: float
    shares: tuple[Share, ...]
    lacking: tuple[str, ...]

    @property
    def before(self) -> int:
        return sum(one.before for one in self.shares)

    @property
    def after(self) -> int:
        return sum(one.after for one in self.shares)

    @property
    def lines(self) -> list[str]:
        """The answer in words: the total, then each component, where there are members enough."""
        facts: dict[str, Any] = {"name": self.name, "area": self.area, "year": self.year}
        money = {"before": in_yuan(self.before), "after": in_yuan(self.after)}
        if self.lacking:
            return [WORDS.say("one.unknown", reason="、".join(self.lacking), **facts)]
        same = self.before == self.after
        told = [WORDS.say("one.same" if same else "one.moved", **facts, **money)]
        if self.members < FEWEST:
            return [*told, WORDS.say("one.few", fewest=FEWEST)]
        return told + [self._line(one) for one in self.shares]

    def _line(self, one: Share) -> str:
        facts = {
            "component": one.component,
            "before": in_yuan(one.before),
            "after": in_yuan(one.after),
        }
        if one.why and not one.after:
            lost = "one.lost" if one.before else "one.nothing"
            return WORDS.say(lost, why=one.why, **facts)
        key = "one.share" if one.before == one.after else "one.share_moved"
        return WORDS.say(key, rule=one.rule, **facts)


def one_organisation(result: ResultData, name: str, year: int | None = None) -> OneOrganisation:
    """The answer for the organisation of a name.

    Raises
    ------
    InputError
        None is called so (with near matches), or several are: then a district has to be named.
    """
    year = year or result.plan.years[0]
    place = _place(result, name, year)
    reduction = result.plan.reduction
    rows = reduction.rows(year)
    area = int(reduction.places(year)[place])
    shares, lacking = [], []
    for code, part in result.scheme.components.items():
        if part.counted:
            continue
        if missing := str(coverage.missing(result, code, year)[area]):
            lacking.append(missing)
            continue
        due = [
            int(result.plan.engine.by_organisation(side.scheme, code, year, side.values)[place])
            for side in result.sides
        ]
        why = str(coverage.reasons(result, code, year).why[place])
        shares.append(Share(part.name, due[0], due[1], _rule(result, code, year, place), why))
    return OneOrganisation(
        str(rows["party_org"].iloc[place]),
        result.plan.source.names[area],
        year,
        float(reduction.members(year, result.scheme.members).twice[place]) / 2,
        tuple(shares),
        tuple(dict.fromkeys(lacking)) if not shares else (),
    )


def _place(result: ResultData, name: str, year: int) -> int:
    rows = result.plan.reduction.rows(year)
    wanted = unicodedata.normalize("NFKC", name).strip()
    district, _, alone = wanted.rpartition("/")
    known = rows["party_org"].map(lambda one: unicodedata.normalize("NFKC", str(one)).strip())
    hit = (known == wanted) | (known == alone) & rows["home"].map(
        lambda home: bool(district) and (home == district or Area.of(home).name == district)
    )
    places = np.flatnonzero(hit.to_numpy(bool))
    if len(places) == 1:
        return int(places[0])
    if not len(places):
        raise InputError(unknown("--org", name, list(rows["party_org"]), "organisation_unknown"))
    homes = [f"{Area.of(home).name}/{wanted}" for home in rows["home"].iloc[places][:6]]
    advice = f"有{len(places)}个同名的党组织，请写成 地区/名称，如 {homes[0]}"
    raise InputError(
        Problem("value_invalid", where="--org", found=name, allowed="、".join(homes), advice=advice)
    )


def _rule(result: ResultData, code: str, year: int, place: int) -> str:
    """How the payment after the reform comes about."""
    side = result.sides[1]
    part = side.scheme.components[code]
    cells = result.plan.reduction.cells(side.scheme, code, year)
    kind = int(cells.inverse[place])
    if kind < 0:
        return ""
    if part.of:
        reading = WORDS["values"][part.reading]
        ratio = _standard(side, code, "ratio", year)
        return WORDS.say("one.matching", ratio=ratio, reading=reading) + _limits(side, code, year)
    quantity = fixed(
        int(cells.q[kind]),
        2 if part.per == "dues" else 1,
        over=cells.divisor * (100 if part.per == "dues" else 1),
    )
    quantity = plain(float(quantity))
    if part.marginal:
        text = WORDS.say("one.marginal", quantity=quantity)
    else:
        rate = part.all_rates[int(cells.tier[kind])]
        told = _standard(side, code, rate, year)
        label = part.params[rate].label
        text = WORDS.say(f"one.per.{part.per}", label=label, standard=told, quantity=quantity)
    text += _limits(side, code, year)
    if part.guarantee is not None:
        text += WORDS.say("one.guarantee", share=percent(part.guarantee, 0))
    return text + (WORDS["one"]["top_up"] if part.basis == "top_up" else "")


def _standard(side: Variant, code: str, key: str, year: int) -> str:
    """The standard in force: one, or each with its part of the year."""
    part: Component = side.scheme.components[code]
    one = part.params[key]
    found = pieces(side.scheme, [f"{code}.{key}"], side.values, year)
    whole = sum(piece.weight for piece in found)
    shown = [grouped(Decimal(piece.standards[0]) / one.scale) for piece in found]
    if len(found) == 1:
        return f"{shown[0]}{one.unit}"
    parts = "＋".join(
        f"{value}×{piece.weight}/{whole}" for value, piece in zip(shown, found, strict=True)
    )
    return f"（{parts}）{one.unit}"


def _limits(side: Variant, code: str, year: int) -> str:
    """What a component has beside its rates: fixed part, least, most; nothing of what limits nothing."""
    params = side.scheme.components[code].params
    return "".join(
        WORDS.say(f"one.{key}", standard=_standard(side, code, key, year))
        for key in AMOUNTS
        if key in params and not _without_limit(side, code, key, year)
    )


def _without_limit(side: Variant, code: str, key: str, year: int) -> bool:
    one = side.scheme.components[code].params[key]
    found = pieces(side.scheme, [f"{code}.{key}"], side.values, year)
    return all(one.no_limit(Decimal(piece.standards[0]) / one.scale) for piece in found)
