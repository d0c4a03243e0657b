"""Random schemes and reforms against an engine of fractions that goes from organisation to organisation and day to day."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from subsidy_cases import parameter, scheme_of

from evalkit.problems import InputError
from evalkit.subsidy import Scheme, plan
from evalkit.subsidy.envelope import envelope
from evalkit.subsidy.rule import payment_of
from evalkit.subsidy.serial import as_data, money, read_rule, rule_data
from evalkit.subsidy.simulation import Item, ResultData
from evalkit.subsidy.words import WORDS

UNITS = {"fen": 1, "yuan": 100, "ten_yuan": 1_000, "hundred_yuan": 10_000}
AREAS = ("甲区", "乙区", "丙县")
LEDGERS, YEARS = (2025, 2026), (2026, 2027)
KINDS = ("branch", "general_branch", "committee")


def half_up(value: Fraction, unit: int = 1) -> int:
    return math.floor(value / unit + Fraction(1, 2)) * unit


# --- invented places and schemes ---


def frames(rng: random.Random) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, money = [], []
    for n in range(rng.randint(6, 14)):
        area, kind = rng.choice(AREAS), rng.choice(KINDS)
        for year in LEDGERS:
            if n > 2 and rng.random() < 0.15:
                continue
            rows.append({
                "area": AREAS[n] if n < 3 else area, "party_org": f"组织{n}", "period": str(year),
                "org_kind": kind, "members": rng.choice((0, 1, 2, 3, 7, 12, 49, 50, 121)),
                "units_covered": rng.randint(0, 6), "employees": rng.choice((0, 3, 20, 99, 100, 1200)),
                "sector": rng.choice(("enterprise", "social")), "stars": rng.choice((None, 1, 2, 3, 4, 5)),
                "founded_in_period": rng.random() < 0.3, "functional": False,
                "area_kinds": "山区" if (AREAS[n] if n < 3 else area) == "丙县" else "农村",
            })  # fmt: skip
            for flow, source, purpose in (
                ("spending", None, "activity"),
                ("income", "fiscal_township", None),
                ("dues_paid", None, None),
            ):
                amount = rng.randint(0, 300_000) * rng.choice((1, 100))
                row = rows[-1]
                money.append({"area": row["area"], "party_org": row["party_org"], "period": str(year),
                              "flow": flow, "source": source, "purpose": purpose, "amount_fen": amount})  # fmt: skip
    made = pd.DataFrame(rows)
    return made.assign(stars=made["stars"].astype("Int64")), pd.DataFrame(money)


def amount(rng: random.Random, top: int = 4000) -> float:
    return rng.choice((rng.randint(0, top), round(rng.uniform(0, top), 2)))


def values(rng: random.Random, top: int = 4000) -> Any:
    days = {"2020-01-01": amount(rng, top)}
    for _ in range(rng.choice((0, 0, 1, 2))):
        when = date(
            rng.choice((2025, 2026, 2027)), rng.randint(1, 12), rng.choice((1, 1, 2, 15, 28))
        )
        days[when.isoformat()] = amount(rng, top)
    return days


NAMES = (
    "tiers", "size", "member", "marginal", "unit", "dues", "once", "monthly", "stars", "employee",
)  # fmt: skip


def component(rng: random.Random) -> dict[str, Any]:
    name = rng.choice(NAMES)
    base: dict[str, Any] = {"name": name, "payer": "fiscal_district", "ordered": False}
    if rng.random() < 0.3 and name != "dues":
        base["payer"] = {"fiscal_city": 0.3333, "fiscal_district": 0.6667}
    if rng.random() < 0.3:
        base["eligible"] = rng.choice(({"stars": ">= 3"}, {"kind:山区": True}, {"members": "< 50"}))
    if rng.random() < 0.25 and name not in ("dues", "monthly"):
        base["guarantee"] = rng.choice((1, 0.8, 0.55))
    if name == "tiers":
        return base | {
            "per": "party_org",
            "by": "org_kind",
            **{k: parameter(values(rng)) for k in KINDS},
        }
    if name == "size":
        starts = {"a": 0, "b": 3, "c": 50}
        return base | {"per": rng.choice(("party_org", "member")), "by": "members",
                       **{k: parameter(values(rng, 300), **{"from": s}) for k, s in starts.items()}}  # fmt: skip
    if name == "marginal":
        return base | {"per": "member", "by": "members", "marginal": True,
                       **{k: parameter(values(rng, 300), **{"from": s}) for k, s in (("a", 0), ("b", 5), ("c", 20))}}  # fmt: skip
    if name == "dues":
        lag = rng.choice((0, 1))
        return base | {
            "per": "dues",
            "payer": "dues_return",
            "lag": lag,
            "share": parameter(rng.choice((1, 0.5, 0.3333)), "比例"),
        }
    if name == "stars":
        some = rng.sample("12345", rng.randint(2, 5))
        return base | {
            "per": "party_org",
            "by": "stars",
            **{star: parameter(values(rng)) for star in some},
        }
    if name == "once":
        return base | {"per": "party_org", "once": True, "amount": parameter(values(rng))}
    if name == "monthly":
        return base | {"per": "party_org", "amount": parameter(values(rng, 300), "元/个·月")}
    part = base | {
        "per": name,
        "rate": parameter(values(rng, 300)),
    }
    if rng.random() < 0.4:
        part["base"] = parameter(amount(rng, 500))
    if rng.random() < 0.4:
        part |= {
            "floor": parameter(amount(rng, 900)),
            "cap": parameter(round(1000 + amount(rng, 9000), 2)),
        }
    if rng.random() < 0.4:
        part |= {"basis": "top_up", "purpose": "activity"}
    return part


def scheme(rng: random.Random) -> dict[str, Any]:
    parts = {f"c{n}": component(rng) for n in range(rng.randint(1, 3))}
    for code, part in parts.items():
        others = [one for one in parts if one != code and not parts[one].get("instead_of")]
        if part["name"] == "stars" and others and rng.random() < 0.5:
            part["instead_of"] = [rng.choice(others)]
    of = [code for code, part in parts.items() if part["per"] != "dues"]
    if of and rng.random() < 0.6:
        reading = rng.choice(
            (
                "town_equals_enterprise",
                "together_equal_district",
                "each_equals_district",
                "enterprise_equals_district",
            )
        )
        matching = {"name": "配套", "of": of, "reading": reading, "payers": ["fiscal_township", "enterprise"],
                    "ratio": parameter(rng.choice((1, 0.5, 0.3333, 2.8)), "倍")}  # fmt: skip
        if reading == "town_equals_enterprise" and rng.random() < 0.5:
            matching |= {"town_amount": "share", "share": parameter(0.25, "比例")}
        if rng.random() < 0.4:
            matching["cap"] = parameter(values(rng, 3000))
        parts["k"] = matching
    return scheme_of(
        parts, dates=rng.choice(("days", "months", "first_day")), rounding=rng.choice(list(UNITS)),
        members=rng.choice(("prev_year_end", "year_end", "mean")),
    )  # fmt: skip


def reform(rng: random.Random, declared: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for code, part in declared["components"].items():
        rates = [
            key
            for key, one in part.items()
            if isinstance(one, dict)
            and "unit" in one
            and key not in ("base", "floor", "cap", "share")
        ]
        for rate in rates:
            when = rng.choice(("2026-01-01", "2026-07-01", "2026-03-15", "2027-01-01"))
            new = amount(rng, 300) if "元" in part[rate]["unit"] else rng.choice((0.25, 1.5))
            plain = not (part.get("marginal") or part.get("of"))
            if rng.random() < 0.5:
                changes[f"{code}.{rate}"] = {when: new}
            if plain and rng.random() < 0.4:
                scope = rng.choice(("山区", "三星以上", "非三星以上", "不到7人", "山区且三星以上",
                                    "社会组织", "非公企业且三星以上", "职工100人以上"))  # fmt: skip
                changes[f"{code}.{rate}@{scope}"] = {when: amount(rng, 300)}
            if "元" in part[rate]["unit"] and rng.random() < 0.1:
                changes[f"{code}.{rate}"] = rng.choice(
                    ("+20%", "×1.15", "2026-2028每年+7%", "-35%")
                )
        if not part.get("of") and part["per"] != "dues" and rng.random() < 0.3:
            changes[f"{code}.added"] = {
                "fiscal_province": 0.3,
                "fiscal_city": 0.3,
                "fiscal_district": 0.4,
            }
        if not part.get("of") and part["per"] != "dues" and rng.random() < 0.15:
            changes[f"{code}.payer"] = rng.choice(("市3县7", "省1市1县1", "县10"))
    if rng.random() < 0.15:
        floors = [
            set(("base", "floor", "cap")) & part.keys() or part.get("marginal")
            for part in declared["components"].values()
        ]
        when = "2026-07-01"
        changes["eligible.stars"] = ">= 3" if any(floors) or rng.random() < 0.5 else {when: ">= 3"}
    return changes


# --- the oracle ---


class Oracle:
    """Payments by hand: no cells, no common denominators, no cache but the parts of a year."""

    def __init__(self, scheme: Scheme, orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
        self.scheme, self.unit = scheme, UNITS[scheme.rounding]
        self.rows = {year: orgs[orgs["period"] == str(year)].to_dict("records") for year in LEDGERS}
        self.funds = funds.to_dict("records")
        self.parts: dict[tuple[str, int], list[tuple[int, dict[str, Fraction]]]] = {}

    def of_year(self, year: int) -> list[dict[str, Any]]:
        return self.rows[min(year, LEDGERS[-1])]

    def row(self, year: int, org: str) -> dict[str, Any] | None:
        return next((row for row in self.of_year(year) if row["party_org"] == org), None)

    def members(self, row: dict[str, Any], year: int) -> Fraction:
        now = before = Fraction(int(row["members"]))
        if year == LEDGERS[-1]:
            earlier = self.row(year - 1, row["party_org"])
            at_home = any(one["area"] == row["area"] for one in self.of_year(year - 1))
            same = earlier is not None and earlier["area"] == row["area"]
            before = (
                Fraction(int(earlier["members"]))
                if same and earlier
                else Fraction(0)
                if at_home
                else now
            )
        return {"year_end": now, "prev_year_end": before, "mean": (now + before) / 2}[
            self.scheme.members
        ]

    def money(self, row: dict[str, Any], year: int, flow: str, source: str | None = None) -> int:
        period = str(min(year, LEDGERS[-1]))
        return sum(
            int(one["amount_fen"])
            for one in self.funds
            if (one["period"], one["flow"], one["area"]) == (period, flow, row["area"])
            and one["party_org"] == row["party_org"]
            and (source is None or one["source"] == source)
        )

    def spent(self, purpose: str | None, area: str, year: int) -> int:
        period = str(min(year, LEDGERS[-1]))
        return sum(
            int(one["amount_fen"])
            for one in self.funds
            if (one["period"], one["purpose"], one["area"]) == (period, purpose, area)
        )

    @staticmethod
    def meets(row: dict[str, Any], conditions: dict[str, Any]) -> bool:
        for column, asked in conditions.items():
            if column.startswith("kind:"):
                if (row["area_kinds"] == column[5:]) is not asked:
                    return False
                continue
            value = row[column]
            if pd.isna(value):
                return False
            sign, _, limit = str(asked).partition(" ")
            if (sign == ">=" and not value >= int(limit)) or (
                sign == "<" and not value < int(limit)
            ):
                return False
            if sign not in (">=", "<") and value != asked:
                return False
        return True

    def pieces(self, code: str, year: int) -> list[tuple[int, dict[str, Fraction]]]:
        """Weights and standards in fen (or plain shares) of the days, months or the one day that count."""
        if (code, year) not in self.parts:
            days = [date(year, 1, 1)]
            if self.scheme.dates == "months":
                days = [date(year, month, 1) for month in range(1, 13)]
            if self.scheme.dates == "days":
                days = [
                    date(year, 1, 1) + timedelta(n)
                    for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
                ]
            counted: dict[tuple[Fraction, ...], int] = defaultdict(int)
            params = self.scheme.components[code].params
            for when in days:
                found = []
                for one in params.values():
                    value = Decimal(0)
                    for start, new in one.values:
                        value = new if start <= when else value
                    scale = (100 if "元" in one.unit else 1) * (12 if "月" in one.unit else 1)
                    found.append(Fraction(value) * scale)
                counted[tuple(found)] += 1
            self.parts[code, year] = [
                (n, dict(zip(params, one, strict=True))) for one, n in counted.items()
            ]
        return self.parts[code, year]

    def payment(self, code: str, row: dict[str, Any], year: int) -> int | None:
        """What one organisation is due, in fen; None where it is not paid."""
        part = self.scheme.components[code]
        not_new = part.once and not row["founded_in_period"]
        if not_new or not self.meets(row, {**self.scheme.eligible, **part.eligible}):
            return None
        members = self.members(row, year)
        if any(self.rewarded(one, row) for one in self.scheme.components.values()
               if code in one.instead_of):  # fmt: skip
            return None
        if part.by == "stars" and (pd.isna(row["stars"]) or str(row["stars"]) not in part.params):
            return None
        quantity = {"member": members, "unit": Fraction(int(row["units_covered"])), "party_org": Fraction(1),
                    "employee": Fraction(int(row["employees"])),
                    "dues": Fraction(self.money(row, year - part.lag, "dues_paid"))}[part.per]  # fmt: skip
        plain = [
            key for key in part.params if "@" not in key and key not in ("base", "floor", "cap")
        ]
        tier = plain[0]
        if part.by in ("org_kind", "stars"):
            tier = str(row[part.by])
        elif part.by and not part.marginal:
            tier = [key for key in plain if part.params[key].start <= members][-1]
        names = sorted(part.scopes, key=lambda name: (-len(part.scopes[name]), name))
        scope = next((name for name in names if self.meets(row, part.scopes[name])), "")
        rate = f"{tier}@{scope}" if f"{tier}@{scope}" in part.params else tier
        total, weights = Fraction(0), 0
        for weight, standards in self.pieces(code, year):
            if part.marginal:
                starts = [Fraction(part.params[key].start) for key in plain]
                ends = [*starts[1:], Fraction(10**12)]
                pay = sum(
                    (
                        max(Fraction(0), min(quantity, e) - s) * standards[k]
                        for k, s, e in zip(plain, starts, ends, strict=True)
                    ),
                    Fraction(0),
                )
            else:
                pay = quantity * standards[rate]
            pay = max(standards.get("floor", Fraction(0)), pay + standards.get("base", Fraction(0)))
            pay = min(standards["cap"], pay) if "cap" in standards else pay
            total, weights = total + weight * pay, weights + weight
        due = half_up(total / weights, self.unit)
        if part.guarantee is not None and year > LEDGERS[0]:
            before = self.row(year - 1, row["party_org"])
            same = before is not None and before["area"] == row["area"]
            last = self.payment(code, before, year - 1) if same and before else None
            due = max(due, half_up((last or 0) * Fraction(part.guarantee), self.unit))
        return due

    def rewarded(self, part: Any, row: dict[str, Any]) -> bool:
        """Whether a reward takes the place of a subsidy: the row meets its conditions and has a tier of it."""
        has_tier = not pd.isna(row["stars"]) and str(row["stars"]) in part.params
        return has_tier and self.meets(row, {**self.scheme.eligible, **part.eligible})

    def matched(self, code: str, row: dict[str, Any], year: int) -> tuple[int, int]:
        part = self.scheme.components[code]
        parts = self.pieces(code, year)
        whole = sum(weight for weight, _ in parts)
        mean = {
            key: sum((weight * one[key] for weight, one in parts), Fraction(0)) / whole
            for key in part.params
        }
        due = [self.payment(other, row, year) for other in part.of]
        base = sum(one or 0 for one in due)
        if part.reading == "town_equals_enterprise":
            if part.town_amount == "ledger":
                town = self.money(row, year, "income", "fiscal_township")
                town = town if self.meets(row, self.scheme.eligible) else 0
            else:
                town = half_up(base * mean["share"], self.unit)
            return town, half_up(
                min(town * mean["ratio"], mean.get("cap", town * mean["ratio"])), self.unit
            )
        both = half_up(min(base * mean["ratio"], mean.get("cap", base * mean["ratio"])), self.unit)
        if part.reading == "enterprise_equals_district":
            return 0, both
        if part.reading == "each_equals_district":
            return both, both
        town = half_up(Fraction(both, 2), self.unit)
        return town, both - town

    def amounts(self, year: int) -> dict[tuple[str, str, str], int]:
        """Fen by component, payer and area."""
        found: dict[tuple[str, str, str], int] = defaultdict(int)
        for code, part in self.scheme.components.items():
            for area in AREAS:
                rows = [row for row in self.of_year(year) if row["area"] == area]
                if part.of:
                    for row in rows:
                        for payer, fen in zip(
                            part.payers, self.matched(code, row, year), strict=True
                        ):
                            found[code, payer, area] += fen
                    continue
                total = sum(self.payment(code, row, year) or 0 for row in rows)
                if part.basis == "top_up":
                    gap = max(0, total - self.spent(part.purpose, area, year))
                    total = half_up(Fraction(gap), self.unit)
                for payer, fen in shared(part.payer, total).items():
                    found[code, payer, area] += fen
        return found


def shared(payers: dict[str, Any], total: int) -> dict[str, int]:
    *some, last = payers
    found = {payer: half_up(total * Fraction(payers[payer])) for payer in some}
    return found | {last: total - sum(found.values())}


def with_added(scheme: Scheme, old: dict, new: dict) -> dict:
    """What is added is paid by the payers of that, area by area."""
    found = dict(new)
    for code, part in scheme.components.items():
        for area in AREAS if part.added else ():
            before = {p: fen for (c, p, a), fen in old.items() if (c, a) == (code, area)}
            after = {p: fen for (c, p, a), fen in new.items() if (c, a) == (code, area)}
            more = sum(after.values()) - sum(before.values())
            if more > 0:
                given = shared(part.added, more)
                for payer in {*before, *after, *given}:
                    found[code, payer, area] = before.get(payer, 0) + given.get(payer, 0)
    return found


def table(result: ResultData, year: int, column: str) -> dict[tuple[str, str, str], int]:
    rows = result.table[result.table["year"] == year]
    keys = rows[["component", "payer", "area"]].itertuples(index=False, name=None)
    return {key: int(fen) for key, fen in zip(keys, rows[column], strict=True) if fen}


def compared(seed: int) -> None:
    rng = random.Random(seed)
    orgs, funds = frames(rng)
    declared = scheme(rng)
    made = plan(orgs, declared, YEARS, tables={"funds": funds})
    result = made.run(reform(rng, declared))
    before, after = result.plan.scheme, result.plan.scheme.under(result.reform)
    old_side, new_side = (Oracle(one, orgs, funds) for one in (before, after))
    for year in YEARS:
        old, new = old_side.amounts(year), new_side.amounts(year)
        new = with_added(new_side.scheme, old, new)
        for column, wanted in (("baseline_fen", old), ("amount_fen", new)):
            assert table(result, year, column) == {k: v for k, v in wanted.items() if v}, (
                seed,
                year,
                column,
            )


@pytest.mark.parametrize("seed", range(30))
def test_random_schemes_against_fractions(seed: int) -> None:
    compared(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_a_thousand_random_schemes_against_fractions(block: int) -> None:
    for seed in range(1000 + 100 * block, 1100 + 100 * block):
        compared(seed)


@pytest.mark.parametrize("seed", range(2000, 2012))
def test_the_data_of_a_plan_alone_give_its_money(seed: int) -> None:
    """What a page reads (JSON and back) gives every fen of the plan, before and after standards have changed."""
    rng = random.Random(seed)
    orgs, funds = frames(rng)
    declared = scheme(rng)
    made = plan(orgs, declared, YEARS, tables={"funds": funds})
    moved = {
        path: {"2026-03-15": amount(rng, 300)} for path, one in made.scheme.parameters.items()
        if one.money and path.rpartition(".")[2] not in ("base", "floor", "cap")
    }  # fmt: skip
    data = json.loads(json.dumps(as_data(made), ensure_ascii=False))
    for changes in ({}, moved):
        result = made.run(changes)
        values = {path: dict(value) for path, value in result.reform.dated.items()}
        kept = {
            path: _kept(made.scheme.parameters[path].values, value)
            for path, value in values.items()
        }
        for year in YEARS:
            found = {
                Item(code, payer): fen
                for code, payers in money(data, kept, year).items()
                for payer, fen in payers.items()
            }
            assert {item: list(fen) for item, fen in result.new[year].items()} == found
    rules = [rule for part in made.scheme.components.values() for rule in payment_of(part)]
    assert [read_rule(json.loads(json.dumps(rule_data(rule)))) for rule in rules] == rules


def _kept(old: Any, new: dict[date, Any]) -> dict[date, Any]:
    """The values that hold before the first new one, and the new ones."""
    return {day: value for day, value in old if day < min(new)} | new


# --- a fixed sum that is shared out ---


@dataclass(frozen=True)
class SharedSum:
    """A sum in fen, what it is shared by (percent by factor), and the least and most that an organisation gets."""

    total: int
    by: dict[str, int]
    floor: int
    most: int | None

    @property
    def words(self) -> str:
        """What it is shared by, as it is typed."""
        if len(self.by) == 1:
            return next(iter(self.by))
        named = WORDS["envelope"]["by"]
        return "+".join(f"{named[factor]}{part}%" for factor, part in self.by.items())


def sum_to_share(rng: random.Random, needs: int, count: int) -> SharedSum:
    some = ["members", "organisations", "stars", "units_covered"]
    by = {rng.choice([*some, "need", "need"]): 100}
    if rng.random() < 0.35:
        part = rng.choice((70, 50, 1))
        by = dict(zip(rng.sample(some, 2), (part, 100 - part), strict=True))
    floor = rng.choice((0, 0, 200_000, rng.randint(1, 50_000)))
    most = None if rng.random() < 0.5 else floor + rng.randint(0, 400_000)
    least = count * floor
    total = rng.choice((least, least + 1, least + needs // 2, needs + 7, rng.randint(0, 9_000_000)))
    return SharedSum(total, by, floor, most)


def needs_by_hand(oracle: Oracle, year: int) -> list[int]:
    """What the scheme gives each organisation; what a district is given in addition to its spending, by entitlement."""
    rows, found = oracle.of_year(year), [0] * len(oracle.of_year(year))
    for code, part in oracle.scheme.components.items():
        pay = [
            sum(oracle.matched(code, row, year))
            if part.of
            else oracle.payment(code, row, year) or 0
            for row in rows
        ]
        for area in AREAS if part.basis == "top_up" else ():
            inside = [n for n, row in enumerate(rows) if row["area"] == area]
            due = sum(pay[n] for n in inside)
            gap = half_up(
                Fraction(max(0, due - oracle.spent(part.purpose, area, year))), oracle.unit
            )
            exact = [Fraction(pay[n] * gap, due or 1) for n in inside]
            given = [math.floor(one) for one in exact]
            for n in sorted(range(len(inside)), key=lambda n: given[n] - exact[n])[
                : gap - sum(given)
            ]:
                given[n] += 1
            for n, fen in zip(inside, given, strict=True):
                pay[n] = fen
        found = [a + b for a, b in zip(found, pay, strict=True)]
    return found


def weights_by_hand(oracle: Oracle, asked: SharedSum, year: int, need: list[int]) -> list[Fraction]:
    """What each organisation's part of the sum follows; nothing where a factor is zero everywhere."""
    rows = oracle.of_year(year)
    found = [Fraction(0)] * len(rows)
    for factor, part in asked.by.items():
        one = {
            "members": [oracle.members(row, year) for row in rows],
            "organisations": [Fraction(1) for _ in rows],
            "need": list(map(Fraction, need)),
            "stars": [Fraction(0 if pd.isna(row["stars"]) else int(row["stars"])) for row in rows],
            "units_covered": [Fraction(int(row["units_covered"])) for row in rows],
        }[factor]
        if not sum(one):
            return [Fraction(0)] * len(rows)
        found = [f + part * value / sum(one) for f, value in zip(found, one, strict=True)]
    return found


def filled_by_hand(
    weights: list[Fraction], floor: int, tops: list[int], given: int
) -> list[Fraction]:
    """clip(rate x weight, floor, top) that add up to the sum: the rate is narrowed by halves, then solved for."""

    def at(rate: Fraction) -> list[Fraction]:
        return [
            min(Fraction(top), max(Fraction(floor), rate * weight))
            for weight, top in zip(weights, tops, strict=True)
        ]

    low, high = Fraction(0), Fraction(1)
    while sum(at(high)) < given:
        high *= 4
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (low, middle) if sum(at(middle)) >= given else (middle, high)
    rate = (low + high) / 2
    free = [
        n for n, (w, top) in enumerate(zip(weights, tops, strict=True)) if floor < rate * w < top
    ]
    if not free:
        return at(high)
    held = sum(one for n, one in enumerate(at(rate)) if n not in free)
    return at((given - held) / sum(weights[n] for n in free))


def shared_out(seed: int) -> None:
    rng = random.Random(seed)
    orgs, funds = frames(rng)
    declared = scheme(rng)
    result = plan(orgs, declared, YEARS, tables={"funds": funds}).run(reform(rng, declared))
    year = rng.choice(YEARS)
    oracle = Oracle(result.plan.scheme.under(result.reform), orgs, funds)
    rows = oracle.of_year(year)
    need = needs_by_hand(oracle, year)
    asked = sum_to_share(rng, sum(need), len(rows))
    weights = weights_by_hand(oracle, asked, year, need)
    tops = [max(one, asked.floor) if "need" in asked.by else asked.total for one in need]
    tops = tops if asked.most is None else [min(top, asked.most) for top in tops]
    could = sum(t if w else asked.floor for w, t in zip(weights, tops, strict=True))
    bounded = "need" in asked.by or asked.most is not None
    given, least = min(asked.total, could) if bounded else asked.total, len(rows) * asked.floor
    question = (asked.total, asked.words, asked.floor, year, asked.most)
    if given < least or (not any(weights) and given != least):
        with pytest.raises(InputError, match=r"下限|没有可以分"):
            envelope(result, *question)
        return
    found = envelope(result, *question)
    each = found.organisations.set_index(["area", "party_org"])
    order = [(row["area"], row["party_org"]) for row in rows]
    got = [int(each.at[one, "amount_fen"]) for one in order]
    exact = filled_by_hand(weights, asked.floor, tops, given)
    assert len(each) == len(rows) and [int(each.at[one, "need_fen"]) for one in order] == need
    assert sum(exact) == given == sum(got) == found.given
    assert all(
        fen in (math.floor(one), math.ceil(one)) for fen, one in zip(got, exact, strict=True)
    )
    rest = [
        (one - math.floor(one), fen - math.floor(one)) for one, fen in zip(exact, got, strict=True)
    ]
    up, down = ([share for share, more in rest if more == side] for side in (1, 0))
    assert min(up, default=1) >= max(down, default=0)  # the largest remainders are rounded up
    areas = found.areas.set_index("area")["amount_fen"].to_dict()
    by_area = {area: 0 for area, _ in order}
    for (area, _), fen in zip(order, got, strict=True):
        by_area[area] += fen
    assert areas == by_area


@pytest.mark.parametrize("seed", range(3000, 3024))
def test_random_sums_shared_out_against_fractions(seed: int) -> None:
    shared_out(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_a_thousand_random_sums_shared_out_against_fractions(block: int) -> None:
    for seed in range(4000 + 100 * block, 4100 + 100 * block):
        shared_out(seed)
