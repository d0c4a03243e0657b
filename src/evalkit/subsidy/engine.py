r"""Exact payments: organisations reduced once to counted cells, every scenario evaluated from the cells.

A kind is a distinct (tier, quantity), a cell the number of its organisations in a district. Quantities are whole (members
doubled where the base is a mean), so no histogram is cut off: a cap of any height is exact and nothing is extrapolated.
With the parts s of the year and their weights :math:`w_s`,

.. math:: payment = round\Big(\sum_s w_s \min(cap_s, \max(floor_s, base_s + rate_s q)) / \sum_s w_s\Big)

in whole fen, half up, at the scheme's unit. Nothing is a float until growth or take-up makes it an estimate.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.indicators.views import kept_by
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring.stars import holds, number
from evalkit.subsidy.checks import AMOUNTS, Dated, column_word, lists, value_on, words
from evalkit.subsidy.scheme import Component, Scheme
from evalkit.subsidy.source import Source, column
from evalkit.world.number import plain

Ints = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.object_]]
Pieces = tuple[tuple[int, tuple[int, ...]], ...]
Values = Mapping[str, Dated]
BIG = 4 * 10**18
FUNCTIONAL, OUTSIDE, NOT_NEW, LACKS = (
    words("reasons")[k] for k in ("functional", "outside", "not_new", "lacks")
)
PLACE = ["home", "party_org"]


@dataclass(frozen=True)
class Projection:
    """Years after the last ledger: growth a year of organisations and members, and 落实率 (share really paid).

    With `admissions` (new members in the last year as a share of members) they grow by `admissions_growth` a year,
    Lishui's scenario being 20%, and members by them, less `leaving`.
    """

    organisations: float = 0.0
    members: float = 0.0
    admissions: float | None = None
    admissions_growth: float = 0.2
    leaving: float = 0.0
    take_up: float = 1.0

    def factor(self, per: str, years: int) -> float:
        if per not in ("member", "dues"):
            return float((1 + self.organisations) ** years)
        if self.admissions is None:
            return float((1 + self.members) ** years)
        total, new = 1.0, self.admissions
        for _ in range(years):
            new *= 1 + self.admissions_growth
            total = total * (1 - self.leaving) + new
        return total


@dataclass(frozen=True)
class Cells:
    """The sufficient statistics of a component in a year.

    `tier` and `q` describe the kinds that occur; `n` organisations of a `kind` stand in an `area`; `inverse` leads
    from an organisation to its kind (-1: not paid). `why` says of every organisation (of a table of counts: of every
    row, which stands for `numbers`) why nothing is due to it; it is empty where something is.
    """

    tier: Ints
    q: Ints
    area: Ints
    kind: Ints
    n: Ints
    inverse: Ints
    divisor: int = 1
    parts: tuple[Ints, ...] = ()  # of a matching: the kind in each matched component
    why: Words = field(default_factory=lambda: np.empty(0, object))
    numbers: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @cached_property
    def counts(self) -> Ints | None:
        """Areas x kinds as one matrix, where it is small."""
        areas = int(self.area.max(initial=0)) + 1
        if areas * len(self.q) > 300_000:
            return None
        matrix = np.zeros((areas, len(self.q)), np.int64)
        matrix[self.area, self.kind] = self.n
        return matrix

    def sums(self, pay: Ints, areas: int) -> Ints:
        """Money by area of a payment by kind."""
        out = np.zeros(areas, np.int64)
        if self.counts is None:
            np.add.at(out, self.area, pay[self.kind] * self.n)
        else:
            out[: len(self.counts)] = self.counts @ pay
        return out


def half_up(value: Ints, divisor: int | Ints, unit: int = 1) -> Ints:
    """``value / divisor`` rounded half up to a multiple of `unit`; whole numbers all the way."""
    return (2 * value + divisor * unit) // (2 * divisor * unit) * unit


def times(money: Ints, factor: float) -> Ints:
    """An estimate: growth or take-up, half up to the fen (binary noise goes first); a factor of 1 leaves the money exact."""
    return money if factor == 1 else np.floor(np.round(money * factor, 4) + 0.5).astype(np.int64)


def pieces(scheme: Scheme, names: list[str], values: Values, year: int) -> Pieces:
    """The parts of a year in which nothing changes: weight and values (fen, or ten-thousandths)."""
    first, whole = (
        date(year, 1, 1),
        {"first_day": 1, "months": 12}.get(scheme.dates, 366 if calendar.isleap(year) else 365),
    )
    starts = sorted({d for n in names for d, _ in values[n] if first < d <= date(year, 12, 31)})
    cuts = {0: first}
    for d in (
        starts if scheme.dates != "first_day" else ()
    ):  # a month from itself when on its first day, else from the next
        cuts[d.month - (d.day == 1) if scheme.dates == "months" else d.timetuple().tm_yday - 1] = d
    cuts = {k: v for k, v in cuts.items() if k < whole}
    at = sorted(cuts)
    scales = {n: scheme.parameters[n].scale for n in names}
    return tuple(
        (
            end - start,
            tuple(int((value_on(values[n], cuts[start]) or 0) * scales[n]) for n in names),
        )
        for start, end in zip(at, [*at[1:], whole], strict=True)
    )


def _needs(part: Component) -> tuple[str, int]:
    """The kind of money in the ledgers that a component rests on, and how many years before."""
    if part.basis == "top_up":
        return part.spent_for, 0
    if part.reading == "town_equals_enterprise" and part.town_amount == "ledger":
        return "town", 0
    return ("dues", part.lag) if part.per == "dues" else ("", 0)


def _money_word(kind: str) -> str:
    """What a kind of money is called in the ledgers."""
    named: dict[str, str] = words("money")
    return (
        named[kind]
        if kind in named
        else words("spending").format(lists()["purpose"].get(kind, kind))
    )


def _tier_key(value: Any) -> str:
    """The value of a column as a scheme names its tiers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, bool | np.bool_) else plain(value, 17)


def _tier_word(by: str, key: str) -> str:
    """A tier in the words of a reader: 三星级 is 3星, a general_branch 党总支."""
    if by in ("stars", "stars_previous"):
        return f"{key}星"
    return lists().get(by, {}).get(key, key)


def compress(area: Ints, keys: Ints, paid: np.ndarray) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Distinct rows of `keys` (one column, or more), the cells (area, kind, n) and the way from a row to its kind."""
    inverse, rows = np.full(len(area), -1, np.int64), np.flatnonzero(paid)
    distinct, back = np.unique(keys[rows], axis=0 if keys.ndim > 1 else None, return_inverse=True)
    inverse[rows] = back.ravel()
    cells, n = np.unique(area[rows] * len(distinct) + inverse[rows], return_counts=True)
    return (
        distinct,
        cells // max(1, len(distinct)),
        cells % max(1, len(distinct)),
        n.astype(np.int64),
        inverse,
    )


def _because(why: Words, rows: np.ndarray, reason: str | Words) -> None:
    """Set a reason where there is none yet; the first one found stands."""
    at = rows & (why == "")
    why[at] = reason[at] if isinstance(reason, np.ndarray) else reason


def _failing(rows: pd.DataFrame, tests: Mapping[str, Any], name: str, why: Words) -> None:
    """Mark the rows that do not meet the conditions: what is unknown apart from what is out of scope."""
    for key, wanted in tests.items():
        values = column(rows, key, f"{name}.eligible".lstrip("."))
        fails = ~np.asarray(holds(rows, {key: wanted}))
        if key == "functional":
            _because(why, fails & rows["functional"].to_numpy(bool), FUNCTIONAL)
        if wanted not in ("present", "missing"):
            _because(why, fails & values.isna().to_numpy(), LACKS.format(column_word(key)))
        if wanted == "present":
            _because(why, fails, LACKS.format(column_word(key)))
        _because(why, fails, NOT_NEW if key == "founded_in_period" else OUTSIDE)


@dataclass
class Engine:
    """Reductions and payments of one source, each made once."""

    source: Source
    projection: Projection = field(default_factory=Projection)
    _known: dict[Any, Any] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def once(self, key: Any, make: Any) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def rows(self, year: int) -> pd.DataFrame:
        period = str(self.source.data_year(year))
        orgs = self.source.orgs
        return self.once(
            ("rows", period), lambda: orgs[orgs["period"] == period].reset_index(drop=True)
        )

    def areas(self, rows: pd.DataFrame) -> Ints:
        """The place of each row's district in `homes`."""

        def make() -> tuple[
            pd.DataFrame, Ints
        ]:  # the rows are kept, so that their id stays their own
            places = pd.Categorical(rows["home"], categories=list(self.source.homes))
            return rows, places.codes.astype(np.int64)

        return self.once(("areas", id(rows)), make)[1]  # type: ignore[no-any-return]

    def members(self, year: int, base: str) -> tuple[Ints, np.ndarray]:
        """Twice the members of each organisation on the base of the money, and where they are unknown."""

        def make() -> tuple[Ints, np.ndarray]:
            rows = self.rows(year)
            now = number(rows["members"]) if "members" in rows else np.zeros(len(rows))
            wanted, last = (year if base == "year_end" else year - 1), self.source.years[-1]
            before, fresh = now, np.zeros(len(rows), bool)
            stands_for = self.source.data_year(year)
            after_the_last = wanted == last and year - 1 == last and stands_for != last
            if wanted < self.source.years[0] and base != "year_end":
                self.notes[f"没有{wanted}年末党员数，{year}年改按{stands_for}年末计算"] = None
            elif wanted < last or after_the_last:
                earlier = self.rows(wanted)
                index = pd.MultiIndex.from_frame(rows[PLACE])
                silent = ~rows["home"].isin(earlier["home"]).to_numpy()
                fresh = ~index.isin(pd.MultiIndex.from_frame(earlier[PLACE])) & ~silent
                before = number(earlier.set_index(PLACE)["members"].reindex(index))
                before = np.where(fresh, 0, np.where(silent, now, before))
                self._tell_of_earlier(rows, year, fresh, silent)
            both = now + before if base == "mean" else 2 * (now if base == "year_end" else before)
            gone = np.isnan(both)
            if gone.any():
                self.notes[f"{year}年有{int(gone.sum())}个党组织缺党员数，按0计"] = None
            self._known["fresh", year, base] = (
                fresh if base == "prev_year_end" else np.zeros(len(rows), bool)
            )
            return np.where(gone, 0, both).round().astype(np.int64), gone

        return self.once(("members", year, base), make)  # type: ignore[no-any-return]

    def _tell_of_earlier(self, rows: pd.DataFrame, year: int, fresh: Any, silent: Any) -> None:
        """Notes on organisations that the ledgers of the year before do not have."""
        if silent.any():
            names = dict(zip(self.source.homes, self.source.names, strict=True))
            places = "、".join(names[home] for home in dict.fromkeys(rows["home"][silent]))
            stands_for = self.source.data_year(year)
            self.notes[
                f"没有上年党组织台账的地区，{year}年的上年末党员数改按{stands_for}年末计算：{places}"
            ] = None
        if fresh.any():
            self.notes[f"{year}年有{int(fresh.sum())}个党组织不在上年台账里，上年末党员按0计"] = (
                None
            )

    def _booked_year(self, year: int) -> str:
        """The period of the ledgers of funds that stands for a year."""
        return str(min(year, self.source.years[-1]))

    def _booked(self, kind: str, year: int) -> pd.DataFrame:
        money = self.source.money
        if money is None:
            return pd.DataFrame(columns=[*PLACE, "amount_fen"])
        return money[(money["kind"] == kind) & (money["period"] == self._booked_year(year))]

    def ledger(self, kind: str, year: int, lag: int = 0) -> Ints:
        """What the ledger has for each organisation of a year, in fen; the last known year goes on."""

        def make() -> Ints:
            mine = self._booked(kind, year - lag).set_index(PLACE)["amount_fen"]
            places = pd.MultiIndex.from_frame(self.rows(year)[PLACE])
            return mine.reindex(places).fillna(0).to_numpy(np.int64)

        return self.once(("ledger", kind, year, lag), make)  # type: ignore[no-any-return]

    def spent(self, purpose: str, year: int) -> Ints:
        """Spending for a purpose by district, that without an organisation too."""

        def make() -> Ints:
            found = self._booked(purpose, year).groupby("home")["amount_fen"].sum()
            return found.reindex(self.source.homes).fillna(0).to_numpy(np.int64)

        return self.once(("spent", purpose, year), make)  # type: ignore[no-any-return]

    def missing(self, scheme: Scheme, name: str, year: int) -> Words:
        """By district what is missing to reckon a component, where something is; absent is not zero.

        A district without any ledger of party organisations in the year, one whose ledgers of funds do not have the
        spending that a top-up counts, the township's money that is matched or the dues that come back, one without the
        instructors or the grades that are counted.
        """
        part = scheme.components[name]
        needed = self._ledgers_of(scheme, name)
        rule = part.per, part.basis, part.reading, part.town_amount, part.lag, tuple(needed)
        key = ("missing", name, year, *rule)

        def make() -> Words:
            reasons = words("reasons")
            period = str(self.source.data_year(year))
            found = np.full(len(self.source.homes), "", object)
            if part.per in ("instructor", "count"):
                counted = set(self._counts(part, year)["home"])
                why = reasons["no_instructors" if part.per == "instructor" else "no_counts"]
                for at, home in enumerate(self.source.homes):
                    found[at] = "" if home in counted else why
                return found
            for at, home in enumerate(self.source.homes):
                place = (home, period)
                if place not in self.source.reported and place not in self.source.empty:
                    found[at] = reasons["no_orgs"].format(period)
            for flag, ledger in needed.items():
                silent = self._without_ledger(flag, year)
                _because(found, silent, reasons["no_ledger"].format(period, ledger))
            kind, lag = _needs(part)
            if kind and self.source.money is not None:
                booked = self._booked_year(year - lag)
                why = reasons["no_money"].format(booked, _money_word(kind))
                for at, home in enumerate(self.source.homes):
                    known = (home, booked, kind) in self.source.booked
                    if not (known or found[at] or (home, period) in self.source.empty):
                        found[at] = why
            return found

        return self.once(key, make)  # type: ignore[no-any-return]

    def not_given(self, scheme: Scheme, name: str) -> str:
        """A note where the caller of a plain frame has given no money and a component rests on some."""
        part = scheme.components[name]
        kind, _ = _needs(part)
        if not kind or self.source.money is not None:
            return ""
        return str(words("reasons")["not_given"].format(part.name, _money_word(kind)))

    def _ledgers_of(self, scheme: Scheme, name: str) -> dict[str, str]:
        """Ledgers beside that of the organisations on which conditions and tiers of a component rest: flag, name."""
        parts = [scheme.components[name]]
        parts += [one for one in scheme.components.values() if name in one.instead_of]
        columns = {*scheme.eligible, *(part.by for part in parts)}
        columns |= {column for part in parts for column in part.eligible}
        if parts[0].per == "unit":
            columns.add("units_covered")
        named: dict[str, str] = words("ledgers")
        if "employees" in columns:  # of the units covered
            columns.add("units_covered")
        flags = {flag for column, flag in kept_by("party_orgs").items() if column in columns}
        return {flag: name for flag, name in named.items() if flag in flags}

    def _without_ledger(self, flag: str, year: int) -> np.ndarray:
        """Districts with organisations in a year from which a ledger beside them has not come."""
        rows = self.rows(year)
        if flag not in rows:  # a plain frame: its columns are all there is
            return np.zeros(len(self.source.homes), bool)
        there = set(rows["home"][rows[flag].fillna(False).astype(bool)])
        with_rows = set(rows["home"])
        return np.array([h in with_rows and h not in there for h in self.source.homes], bool)

    def _structure(self, scheme: Scheme, name: str, year: int) -> Any:
        part = scheme.components[name]
        inside = part.model_dump(
            mode="json", exclude={"params", "payer", "payers", "basis", "reading", "name", "note"}
        )
        starts = [(k, str(p.start)) for k, p in part.params.items()]
        outer = [
            str(scheme.components[o].model_dump(include={"instead_of", "by"}))
            for o in scheme.components
        ]
        return (
            "cells",
            name,
            year,
            scheme.members,
            str(scheme.eligible),
            str(inside),
            str(starts),
            str(outer),
            *(self._structure(scheme, o, year) for o in part.of),
        )

    def cells(self, scheme: Scheme, name: str, year: int) -> Cells:
        def make() -> tuple[Scheme, Cells]:  # the scheme is kept, so that its id stays its own
            return scheme, self.once(
                self._structure(scheme, name, year), lambda: self._reduce(scheme, name, year)
            )

        return self.once(("key", id(scheme), name, year), make)[1]  # type: ignore[no-any-return]

    def _reduce(self, scheme: Scheme, name: str, year: int) -> Cells:
        part = scheme.components[name]
        if part.of:
            return self._matching(scheme, part, year)
        counted = part.per in ("instructor", "count")
        rows = self._counts(part, year) if counted else self.rows(year)
        nobody = np.zeros(len(rows), np.int64), np.zeros(len(rows), bool)
        twice, unknown = nobody if counted else self.members(year, scheme.members)
        members = np.where(unknown, np.nan, twice / 2)
        why = np.full(len(rows), "", object)
        self._eligible(scheme, name, rows, why)
        quantity, divisor = self._quantity(scheme, part, name, rows, twice, year)
        for other, one in scheme.components.items():
            if name in one.instead_of:  # a reward in place of this subsidy
                rewarded = self._tiers(one, other, rows, members)[0] >= 0
                _because(why, rewarded, words("reasons")["instead"].format(one.name))
        tier = np.zeros(len(rows), np.int64)
        if part.by and not part.marginal:
            tier, no_tier = self._tiers(part, name, rows, members)
            _because(why, tier < 0, no_tier)
        width = int(quantity.max(initial=0)) + 1
        paid = why == ""
        distinct, area, kind, n, inverse = compress(
            self.areas(rows), tier * width + quantity, paid & (tier >= 0)
        )
        if not counted:
            self._without_quantity(scheme, part, rows, quantity, unknown, year, why)
        numbers = quantity if counted else np.ones(len(rows), np.int64)
        return Cells(
            distinct // width,
            distinct % width,
            area,
            kind,
            n,
            inverse,
            divisor,
            why=why,
            numbers=numbers,
        )

    def _eligible(self, scheme: Scheme, name: str, rows: pd.DataFrame, why: Words) -> None:
        """Mark what the conditions of the scheme and of a component leave out.

        A functional organisation is none of the party organisations that are counted, here as everywhere: without a
        condition that names it nothing is due to it.
        """
        part = scheme.components[name]
        counted = part.per in ("instructor", "count")
        tests = part.eligible if counted else {**scheme.eligible, **part.eligible}
        if part.once:
            tests = {**tests, "founded_in_period": True}
        if not counted and "functional" not in tests and "functional" in rows:
            _because(why, rows["functional"].to_numpy(bool), FUNCTIONAL)
        _failing(rows, tests, name, why)

    def _quantity(
        self, scheme: Scheme, part: Component, name: str, rows: pd.DataFrame, twice: Ints, year: int
    ) -> tuple[Ints, int]:
        """What a component is reckoned by, whole numbers, and what they are to be divided by."""
        if part.per == "member":
            return (twice, 2) if scheme.members == "mean" else (twice // 2, 1)
        if part.per == "unit":
            return column(rows, "units_covered", name).fillna(0).to_numpy(np.int64), 1
        if part.per == "dues":
            return self.ledger("dues", year, part.lag), 1
        if part.per in ("instructor", "count"):
            return rows["count"].fillna(0).to_numpy(np.int64), 1
        return np.ones(len(rows), np.int64), 1

    def _without_quantity(
        self,
        scheme: Scheme,
        part: Component,
        rows: pd.DataFrame,
        quantity: Ints,
        unknown: np.ndarray,
        year: int,
        why: Words,
    ) -> None:
        """Mark organisations to which nothing is due because there is nothing to reckon by (a fixed part stays due)."""
        reasons = words("reasons")
        if part.per not in ("member", "unit", "dues") or {"base", "floor"} & part.params.keys():
            return
        none = quantity == 0
        if part.per == "member":
            _because(why, none & unknown, LACKS.format(column_word("members")))
            fresh = self._known.get(("fresh", year, scheme.members))
            if fresh is not None:
                _because(why, none & fresh, reasons["fresh"])
            if "members_reported" in rows:
                above = number(rows["members_reported"]) > 0
                _because(why, none & above, reasons["below"])
            _because(why, none, reasons["no_members"])
        elif part.per == "unit":
            _because(why, none, reasons["no_units"])
        else:
            _because(why, none, reasons["no_dues"])

    def _tiers(
        self, part: Component, name: str, rows: pd.DataFrame, members: np.ndarray
    ) -> tuple[Ints, Words]:
        """The tier of every row, -1 where it has none, and the reason why."""
        reasons, why = words("reasons"), np.full(len(rows), "", object)
        by = str(part.by)
        values = pd.Series(members) if by == "members" else column(rows, by, f"{name}.by")
        starts = [part.params[k].start for k in part.rates]
        if starts[0] is not None:
            numbers = number(values)
            found = np.searchsorted(np.array(starts, float), numbers, side="right") - 1
            lowest = reasons["below_first"].format(column_word(by), plain(starts[0]))
            _because(why, np.isnan(numbers), LACKS.format(column_word(by)))
            _because(why, found < 0, lowest)
            return np.where(np.isnan(numbers), -1, found).astype(np.int64), why
        codes, kinds = pd.factorize(values)  # a missing value is in no tier
        text = [_tier_key(value) for value in kinds]
        places = [part.rates.index(key) if key in part.rates else -1 for key in text]
        told = [reasons["no_tier"].format(_tier_word(by, key)) for key in text]
        lacking = LACKS.format(column_word(by))
        tier = np.array([*places, -1], np.int64)[codes]
        _because(why, tier < 0, np.array([*told, lacking], object)[codes])
        return tier, why

    def _counts(self, part: Component, year: int) -> pd.DataFrame:
        name = part.table or "instructor_counts"
        if name not in self.source.tables:
            advice = (
                did_you_mean(name, self.source.tables)
                or "请在 plan(…, tables={…}) 里给出：area、等次、count"
            )
            raise InputError(Problem("data_missing", where=name, found="没有这张表", advice=advice))
        table = self.source.tables[name]
        table = table.assign(home=table.get("home", table["area"]))
        if "period" in table and table["period"].notna().any():
            text = table["period"].astype(str).str[:4]
            before = [t for t in text.unique() if t <= str(year)] or [text.min()]
            table = table[text == max(before)]
        known = dict(zip(self.source.names, self.source.homes, strict=True)) | {
            h: h for h in self.source.homes
        }
        unknown = sorted(set(table["home"]) - set(known))
        if unknown:
            raise InputError(
                [
                    Problem(
                        "area_unknown", where=name, found=str(a), advice=did_you_mean(str(a), known)
                    )
                    for a in unknown
                ]
            )
        return table.assign(home=table["home"].map(known)).reset_index(drop=True)

    def _matching(self, scheme: Scheme, part: Component, year: int) -> Cells:
        name = next(key for key, one in scheme.components.items() if one is part)
        inner = [self.cells(scheme, other, year) for other in part.of]
        rows = self.rows(year)
        ledger, why = np.zeros(len(rows), np.int64), np.full(len(rows), "", object)
        if part.reading == "town_equals_enterprise" and part.town_amount == "ledger":
            ledger = self.ledger("town", year)
            self._eligible(scheme, name, rows, why)
            paid = why == ""
            _because(why, ledger == 0, words("reasons")["no_town"])
        else:
            paid = np.any([one.inverse >= 0 for one in inner], axis=0)
            for one in inner:
                _because(why, ~paid, one.why)
        keys = np.column_stack([ledger, *(one.inverse for one in inner)])
        distinct, *cells = compress(self.areas(rows), keys, paid)
        return Cells(
            np.zeros(len(distinct), np.int64),
            distinct[:, 0],
            cells[0],
            cells[1],
            cells[2],
            cells[3],
            parts=tuple(distinct[:, 1:].T),
            why=why,
            numbers=np.ones(len(rows), np.int64),
        )

    def payments(self, scheme: Scheme, name: str, year: int, values: Values) -> tuple[Ints, ...]:
        """Payment in fen for one organisation of each kind: one array, or two for the payers of a matching."""
        part, cells = scheme.components[name], self.cells(scheme, name, year)
        parts = pieces(scheme, [f"{name}.{k}" for k in part.params], values, year)
        if part.of:
            base = sum(
                (
                    np.append(self.payments(scheme, o, year, values)[0], 0)[i]
                    for o, i in zip(part.of, cells.parts, strict=True)
                ),
                np.zeros(len(cells.q), np.int64),
            )
            whole, names = sum(w for w, _ in parts) * 10_000, list(part.params)
            rate = {k: sum(w * v[names.index(k)] for w, v in parts) for k in names}
            if part.reading == "town_equals_enterprise":
                town = (
                    cells.q
                    if part.town_amount == "ledger"
                    else half_up(base * rate["share"], whole, scheme.unit)
                )
                return town, half_up(town * rate["ratio"], whole, scheme.unit)
            both = half_up(base * rate["ratio"], whole, scheme.unit)
            if part.reading == "each_equals_district":
                return both, both
            town = half_up(both, 2, scheme.unit)
            return town, both - town
        names, starts = (
            part.rates,
            [
                int((p.start or 0) * cells.divisor)
                for k, p in part.params.items()
                if k not in AMOUNTS
            ],
        )
        total, d = np.zeros(len(cells.q), np.int64), cells.divisor
        for weight, numbers in parts:
            value = dict(zip(part.params, numbers, strict=True))
            if part.marginal:
                ends = [*starts[1:], 2**62]
                pay = sum(
                    (
                        np.clip(cells.q - a, 0, b - a) * value[k]
                        for k, a, b in zip(names, starts, ends, strict=True)
                    ),
                    0 * cells.q,
                )
            else:
                pay = np.array([value[k] for k in names], np.int64)[cells.tier] * cells.q
            pay = pay + value.get("base", 0) * d
            if "floor" in value:
                pay = np.maximum(pay, value["floor"] * d)
            if "cap" in value:
                pay = np.minimum(pay, value["cap"] * d)
            total += weight * pay
        scale = 10_000 if part.per == "dues" else 1
        return (half_up(total, sum(w for w, _ in parts) * d * scale, scheme.unit),)

    def _grown(self, scheme: Scheme, name: str, year: int) -> float:
        part = scheme.components[name]
        per = scheme.components[part.of[0]].per if part.of else part.per
        base = year - (scheme.members == "prev_year_end" and per in ("member", "dues"))
        return self.projection.factor(per, max(0, base - self.source.years[-1]))

    def amounts(self, scheme: Scheme, name: str, year: int, values: Values) -> dict[str, Ints]:
        """The money of a component by payer and district, in fen; the payers add up to it."""
        part = scheme.components[name]
        needed = [f"{c}.{k}" for c in (*part.of, name) for k in scheme.components[c].params]
        key = (
            id(self.cells(scheme, name, year)),
            name,
            year,
            part.basis,
            part.reading,
            part.town_amount,
            part.lag,
            part.payers,
            scheme.unit,
            tuple(part.payer.items()),
            pieces(scheme, needed, values, year),
        )

        def make() -> dict[str, Ints]:
            cells, grown, areas = (
                self.cells(scheme, name, year),
                self._grown(scheme, name, year),
                len(self.source.homes),
            )
            sums = tuple(
                times(cells.sums(pay, areas), grown)
                for pay in self.payments(scheme, name, year, values)
            )
            if part.basis == "top_up":
                gap = np.maximum(0, sums[0] - self.spent(part.spent_for, year))
                sums = (half_up(gap, 1, scheme.unit),)
            known = self.missing(scheme, name, year) == ""
            sums = tuple(np.where(known, money, 0) for money in sums)
            sums = tuple(times(s, self.projection.take_up) for s in sums)
            if part.of:
                return dict(zip(part.payers, sums, strict=True))
            rest, out = sums[0].copy(), {}
            *some, last = part.payer
            for payer in some:
                out[payer] = half_up(
                    sums[0] * (ratio := part.payer[payer].as_integer_ratio())[0], ratio[1]
                )
                rest -= out[payer]
            out[last] = rest
            if not np.array_equal(sum(out.values()), sums[0]) or any(
                (v < 0).any() for v in out.values()
            ):
                raise AssertionError(f"{name}: the payers do not add up to the total")
            return out

        return self.once(key, make)  # type: ignore[no-any-return]

    def by_organisation(self, scheme: Scheme, name: str, year: int, values: Values) -> Ints:
        """The money of a component for every organisation; a top-up is shared by entitlement, to the fen."""
        part, cells = scheme.components[name], self.cells(scheme, name, year)
        if part.per in ("instructor", "count"):
            return np.zeros(len(self.rows(year)), np.int64)
        pay = np.append(sum(self.payments(scheme, name, year, values)), 0)[cells.inverse]
        known = self.missing(scheme, name, year) == ""
        pay = np.where(known[self.areas(self.rows(year))], pay, 0)
        if part.basis != "top_up":
            return pay
        area = self.areas(self.rows(year))
        total = np.zeros(len(self.source.homes), np.int64)
        np.add.at(total, area, pay)
        gap = half_up(np.maximum(0, total - self.spent(part.spent_for, year)), 1, scheme.unit)
        return allocate(pay, area, gap, total)


def allocate(weights: Ints, group: Ints, totals: Ints, sums: Ints) -> Ints:
    """`totals` of the groups shared by weights in whole fen: floors first, then by largest remainder."""
    big = int(weights.max(initial=0)) * int(totals.max(initial=0)) > BIG
    w, t = (a.astype(object) if big else a for a in (weights, totals))
    below = np.maximum(sums, 1)
    out, rest = (
        (w * t[group] // below[group]).astype(np.int64),
        (w * t[group] % below[group]).astype(np.int64),
    )
    short = totals - np.bincount(group, out, len(totals)).astype(np.int64)
    order = np.lexsort((-rest, group))
    place = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    out[order[(place < short[group[order]]) & (sums[group[order]] > 0)]] += 1
    return out
