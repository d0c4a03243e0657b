"""What a source says, worked out once: rows of a year, members, money booked, counted cells, what is missing.

A kind is a distinct (tier, quantity), a cell the number of its organisations in a district. Quantities are whole (members
doubled where the base is a mean), so no histogram is cut off: a cap of any height is exact and nothing is extrapolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.indicators.views import kept_by
from evalkit.problems import InputError, Problem, did_you_mean, unknown
from evalkit.subsidy.cells import NOT_PAID, Cells, Reasons, because, grouped, no_reasons
from evalkit.subsidy.exact import Ints
from evalkit.subsidy.memory import remembered
from evalkit.subsidy.selection import (
    FOUNDED,
    FUNCTIONAL,
    Need,
    Selection,
    Tiers,
    need_of,
    selection_of,
)
from evalkit.subsidy.source import Source
from evalkit.subsidy.values import SchemeData
from evalkit.subsidy.words import KIND_COLUMN, NOTES, WORDS, column_word, lists
from evalkit.world.condition import MISSING, PRESENT, AllOf, AnyOf, Condition, columns_of, mask
from evalkit.world.condition import Test as ColumnTest
from evalkit.world.note import Note
from evalkit.world.number import plain

NOTHING_TO_RECKON_BY = {
    "member": "no_members",
    "unit": "no_units",
    "employee": "no_employees",
    "dues": "no_dues",
}
STARS = ("stars", "stars_previous")
UNKNOWN_KIND = "kind_unknown"


def floats(values: Any) -> Any:
    """A column as float64 with NaN."""
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
    return numbers.to_numpy(dtype=float, na_value=np.nan)


def _where_in(keys: Ints, wanted: Ints) -> Ints:
    """The place of each wanted organisation among some; -1 where it is none of them."""
    return pd.Index(keys).get_indexer(wanted).astype(np.int64)


def reason(key: str, *facts: Any) -> str:
    """Why nothing is due, in words."""
    return str(WORDS["reasons"][key]).format(*facts)


def column(rows: pd.DataFrame, name: str, where: str) -> pd.Series:
    """A column that a rule of the scheme looks at."""
    if name not in rows and name.startswith(KIND_COLUMN):
        kinds = [one.removeprefix(KIND_COLUMN) for one in rows if one.startswith(KIND_COLUMN)]
        known = [*kinds, *WORDS["form"]["scopes"]]
        kind = name.removeprefix(KIND_COLUMN)
        near = did_you_mean(kind, known)
        more = WORDS["kinds_elsewhere"] if kinds else WORDS["no_kinds"]
        found = unknown(where, kind, known, UNKNOWN_KIND)
        raise InputError(replace(found, advice="；".join(filter(None, [near, more]))))
    if name not in rows:
        advice = "请在 tables= 里给出带这一列的表"
        raise InputError(unknown(where, name, rows.columns, "column_missing", advice))
    return rows[name]


def money_word(kind: str) -> str:
    """What a kind of money is called in the ledgers."""
    named: dict[str, str] = WORDS["money"]
    if kind in named:
        return named[kind]
    return str(WORDS["spending"]).format(lists()["purpose"].get(kind, kind))


@dataclass(frozen=True, eq=False)
class Members:
    """Members on the base of the money.

    Attributes
    ----------
    twice
        Of every organisation, doubled, so that the mean of two years is whole.
    unknown, fresh
        Where their number is not known; where the ledger of the year before does not have the organisation.
    notes
        What was assumed.
    """

    twice: Ints
    unknown: np.ndarray
    fresh: np.ndarray
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class Reduction:
    """Reductions of one source, each made once.

    Parameters
    ----------
    given_members
        Members by year and base that take the place of the ledgers' (missing counts that were drawn).
    """

    source: Source
    given_members: Mapping[tuple[int, str], Members] = field(default_factory=dict)
    answers: dict[str, dict[Any, Any]] = field(default_factory=dict, init=False, repr=False)

    def with_members(self, given: Mapping[tuple[int, str], Members]) -> Reduction:
        """The same source with other members."""
        other = Reduction(self.source, given)
        for method in (
            "_rows_of",
            "_keys_of",
            "_places_of",
        ):  # the organisations themselves are the same
            other.answers[method] = self.answers.setdefault(method, {})
        return other

    @property
    def notes(self) -> list[Note]:
        """What was assumed of the members asked for so far."""
        asked = self.answers.get("members", {}).values()
        return list(dict.fromkeys(note for members in asked for note in members.notes))

    # --- the organisations of a year ---

    def rows(self, year: int) -> pd.DataFrame:
        """The organisations of the ledger that stands for a year."""
        return self._rows_of(str(self.source.data_year(year)))

    @remembered
    def _rows_of(self, period: str) -> pd.DataFrame:
        orgs = self.source.orgs
        return orgs[orgs["period"] == period].reset_index(drop=True)

    def keys(self, year: int) -> Ints:
        """The organisation of every such row as a number, the same in all years."""
        return self._keys_of(str(self.source.data_year(year)))

    @remembered
    def _keys_of(self, period: str) -> Ints:
        return self.source.org_keys[(self.source.orgs["period"] == period).to_numpy(bool)]

    def places(self, year: int) -> Ints:
        """The place of every organisation's district in the districts of the source."""
        return self._places_of(str(self.source.data_year(year)))

    @remembered
    def _places_of(self, period: str) -> Ints:
        return self._places(self._rows_of(period))

    def _places(self, rows: pd.DataFrame) -> Ints:
        homes = pd.Categorical(rows["home"], categories=list(self.source.homes))
        return homes.codes.astype(np.int64)

    @remembered
    def members(self, year: int, base: str) -> Members:
        """The members of every organisation of a year on a base."""
        if (year, base) in self.given_members:
            return self.given_members[year, base]
        rows = self.rows(year)
        if "members" not in rows:  # a plain frame of a scheme that does not look at them
            nobody = np.zeros(len(rows), bool)
            return Members(np.zeros(len(rows), np.int64), nobody, nobody)
        now = floats(rows["members"])
        before, fresh, notes = now, np.zeros(len(rows), bool), list[Note]()
        wanted, last = (year if base == "year_end" else year - 1), self.source.years[-1]
        stands_for = self.source.data_year(year)
        after_the_last = wanted == last and year - 1 == last and stands_for != last
        if wanted < self.source.years[0] and base != "year_end":
            facts = {"wanted": wanted, "year": year, "stands_for": stands_for}
            notes.append(NOTES.note("members.no_year_before", **facts))
        elif wanted < last or after_the_last:
            earlier = self.rows(wanted)
            at = _where_in(self.keys(wanted), self.keys(year))
            silent = ~rows["home"].isin(earlier["home"]).to_numpy()
            fresh = (at < 0) & ~silent
            before = np.append(floats(earlier["members"]), np.nan)[at]
            before = np.where(fresh, 0, np.where(silent, now, before))
            notes += self._told_of_earlier(rows, year, fresh, silent)
        both = now + before if base == "mean" else 2 * (now if base == "year_end" else before)
        gone = np.isnan(both)
        if gone.any():
            notes.append(NOTES.note("members.unknown", year=year, count=int(gone.sum())))
        if base != "prev_year_end":
            fresh = np.zeros(len(rows), bool)
        twice = np.where(gone, 0, both).round().astype(np.int64)
        return Members(twice, gone, fresh, tuple(notes))

    def _told_of_earlier(
        self, rows: pd.DataFrame, year: int, fresh: Any, silent: Any
    ) -> list[Note]:
        """Notes on organisations that the ledgers of the year before do not have."""
        told = []
        if silent.any():
            names = dict(zip(self.source.homes, self.source.names, strict=True))
            places = tuple(names[home] for home in dict.fromkeys(rows["home"][silent]))
            facts = {"year": year, "stands_for": self.source.data_year(year), "places": places}
            told.append(NOTES.note("members.no_ledger_before", **facts))
        if fresh.any():
            told.append(NOTES.note("members.fresh", year=year, count=int(fresh.sum())))
        return told

    # --- money already paid ---

    def _booked_year(self, year: int) -> str:
        """The period of the ledgers of funds that stands for a year."""
        return str(min(year, self.source.years[-1]))

    def _booked(self, kind: str, year: int) -> np.ndarray:
        """Which rows of the money are of a kind and a year; none where no money was given."""
        money = self.source.money
        if money is None:
            return np.zeros(0, bool)
        found = (money["kind"] == kind) & (money["period"] == self._booked_year(year))
        return found.to_numpy(bool)

    @remembered
    def ledger(self, kind: str, year: int, lag: int = 0) -> Ints:
        """What the ledger has for each organisation of a year, in fen; the last known year goes on."""
        if self.source.money is None:
            return np.zeros(len(self.rows(year)), np.int64)
        mine = self._booked(kind, year - lag)
        amounts = self.source.money["amount_fen"][mine].to_numpy(np.int64)
        at = _where_in(self.source.money_keys[mine], self.keys(year))
        return np.append(amounts, 0)[at]

    @remembered
    def spent(self, purpose: str, year: int) -> Ints:
        """Spending for a purpose by district, that without an organisation too."""
        money = self.source.money
        if money is None:
            return np.zeros(len(self.source.homes), np.int64)
        found = money[self._booked(purpose, year)].groupby("home")["amount_fen"].sum()
        return found.reindex(self.source.homes).fillna(0).to_numpy(np.int64)

    # --- what is missing ---

    def missing(self, scheme: SchemeData, name: str, year: int) -> Reasons:
        """By district what is missing to reckon a component, where something is; absent is not zero.

        A district without any ledger of party organisations in the year, one whose ledgers of funds do not have the
        spending that a top-up counts, the township's money that is matched or the dues that come back, one without the
        instructors or the grades that are counted.
        """
        return self._lacking(need_of(scheme, name), year)

    @remembered
    def _lacking(self, need: Need, year: int) -> Reasons:
        found = no_reasons(len(self.source.homes))
        if need.per in ("instructor", "count"):
            counted = set(self._counts(need.table, year)["home"])
            absent = np.array([home not in counted for home in self.source.homes], bool)
            why = "no_instructors" if need.per == "instructor" else "no_counts"
            because(found, absent, reason(why))
            return found
        period = str(self.source.data_year(year))
        places = [(home, period) for home in self.source.homes]
        empty = np.array([place in self.source.empty for place in places], bool)
        reported = np.array([place in self.source.reported for place in places], bool)
        because(found, ~reported & ~empty, reason("no_orgs", period))
        for flag, ledger in _ledgers(need).items():
            because(found, self._without_ledger(flag, year), reason("no_ledger", period, ledger))
        if need.kind and self.source.money is not None:
            booked = self._booked_year(year - need.lag)
            known = [(home, booked, need.kind) in self.source.booked for home in self.source.homes]
            why = reason("no_money", booked, money_word(need.kind))
            because(found, ~np.array(known, bool) & ~empty, why)
        return found

    def not_given(self, scheme: SchemeData, name: str) -> Note | None:
        """A note where the caller of a plain frame has given no money and a component rests on some."""
        kind = need_of(scheme, name).kind
        if not kind or self.source.money is not None:
            return None
        facts = {"component": scheme.components[name].name, "money": money_word(kind)}
        return NOTES.note("assumed.not_given", **facts)

    def _without_ledger(self, flag: str, year: int) -> np.ndarray:
        """Districts with organisations in a year from which a ledger beside them has not come."""
        rows = self.rows(year)
        if flag not in rows:  # a plain frame: its columns are all there is
            return np.zeros(len(self.source.homes), bool)
        places, there = self.places(year), rows[flag].fillna(False).to_numpy(bool)
        return self._homes_at(places) & ~self._homes_at(places[there])

    def _homes_at(self, places: Ints) -> np.ndarray:
        """Of every district whether it is among some places."""
        return np.isin(np.arange(len(self.source.homes)), places)

    # --- cells ---

    def cells(self, scheme: SchemeData, name: str, year: int) -> Cells:
        """The counted cells of a component in a year."""
        return self.cells_of(selection_of(scheme, name), year)

    @remembered
    def cells_of(self, selection: Selection, year: int) -> Cells:
        """The counted cells of a selection in a year."""
        if selection.guaranteed:
            return self._guaranteed(selection, year)
        if selection.matched:
            return self._matching(selection, year)
        return (
            self._counted(selection, year) if selection.counted else self._listed(selection, year)
        )

    def _guaranteed(self, selection: Selection, year: int) -> Cells:
        """Of organisations with what they were paid by the year before, so that no payment is far below it."""
        now = self.cells_of(replace(selection, guaranteed=False), year)
        before = np.full(len(self.keys(year)), NOT_PAID, np.int64)
        if year > self.source.years[0]:
            kinds = self.cells_of(selection, year - 1).inverse
            before = np.append(kinds, NOT_PAID)[_where_in(self.keys(year - 1), self.keys(year))]
        keys = np.column_stack([now.inverse, before])
        groups = grouped(self.places(year), keys, now.inverse >= 0)
        own = groups.kinds[:, 0]
        return replace(
            now,
            tier=now.tier[own],
            q=now.q[own],
            area=groups.area,
            kind=groups.kind,
            n=groups.n,
            inverse=groups.kind_of,
            parts=(groups.kinds[:, 1],),
        )

    def _counted(self, selection: Selection, year: int) -> Cells:
        """Of what is only counted: a row stands for its number."""
        rows = self._counts(selection.table, year)
        quantity = rows["count"].fillna(0).to_numpy(np.int64)
        members = np.zeros(len(rows))
        why = no_reasons(len(rows))
        _failing(rows, selection, why)
        _rewarded(rows, selection, members, why)
        tier = self._tier(selection, rows, members, why)
        paid = (why == "") & (tier >= 0)
        return _cells(self._places(rows), tier, quantity, 1, why, paid, numbers=quantity)

    def _listed(self, selection: Selection, year: int) -> Cells:
        """Of the organisations of a ledger."""
        rows, members = self.rows(year), self.members(year, selection.members)
        on_the_base = np.where(members.unknown, np.nan, members.twice / 2)
        why = no_reasons(len(rows))
        _eligible(rows, selection, why)
        quantity, divisor = self._quantity(selection, rows, members, year)
        _rewarded(rows, selection, on_the_base, why)
        tier = self._tier(selection, rows, on_the_base, why)
        paid = (why == "") & (tier >= 0)
        tier = _in_scopes(selection, rows, tier)
        _without_quantity(selection, rows, quantity, members, why)
        listed = np.ones(len(rows), np.int64)
        return _cells(self.places(year), tier, quantity, divisor, why, paid, numbers=listed)

    def _tier(
        self, selection: Selection, rows: pd.DataFrame, members: np.ndarray, why: Reasons
    ) -> Ints:
        """The tier of every row; 0 where there are none to tell apart."""
        if selection.tiers is None:
            return np.zeros(len(rows), np.int64)
        tier, no_tier = _tiers(selection.tiers, selection.component, rows, members)
        because(why, tier < 0, no_tier)
        return tier

    def _quantity(
        self, selection: Selection, rows: pd.DataFrame, members: Members, year: int
    ) -> tuple[Ints, int]:
        """What a component is reckoned by, whole numbers, and what they are to be divided by."""
        if selection.per == "member":
            mean = selection.members == "mean"
            return (members.twice, 2) if mean else (members.twice // 2, 1)
        if selection.per == "unit":
            units = column(rows, "units_covered", selection.component)
            return units.fillna(0).to_numpy(np.int64), 1
        if selection.per == "employee":
            employees = np.nan_to_num(floats(column(rows, "employees", selection.component)))
            return employees.astype(np.int64), 1
        if selection.per == "dues":
            return self.ledger("dues", year, selection.lag), 1
        return np.ones(len(rows), np.int64), 1

    def _counts(self, table: str | None, year: int) -> pd.DataFrame:
        """A table of counts by district, of the last period that it has up to a year."""
        name = table or "instructor_counts"
        if name not in self.source.tables:
            advice = did_you_mean(name, self.source.tables)
            advice = advice or "请在 plan(…, tables={…}) 里给出：area、等次、count"
            raise InputError(Problem("data_missing", where=name, found="没有这张表", advice=advice))
        found = self.source.tables[name]
        found = found.assign(home=found.get("home", found["area"]))
        if "period" in found and found["period"].notna().any():
            text = found["period"].astype(str).str[:4]
            before = [one for one in text.unique() if one <= str(year)] or [text.min()]
            found = found[text == max(before)]
        known = dict(zip(self.source.names, self.source.homes, strict=True))
        known |= {home: home for home in self.source.homes}
        strange = sorted(set(found["home"]) - set(known))
        if strange:
            raise InputError([unknown(name, str(area), known, "area_unknown") for area in strange])
        return found.assign(home=found["home"].map(known)).reset_index(drop=True)

    def _matching(self, selection: Selection, year: int) -> Cells:
        """Of what another payer adds to matched components, or to what the township has paid."""
        inner = [self.cells_of(one, year) for one in selection.matched]
        rows = self.rows(year)
        ledger, why = np.zeros(len(rows), np.int64), no_reasons(len(rows))
        if selection.booked:
            ledger = self.ledger("town", year)
            _eligible(rows, selection, why)
            paid = why == ""
            because(why, ledger == 0, reason("no_town"))
        else:
            paid = np.any([one.inverse >= 0 for one in inner], axis=0)
            for one in inner:
                because(why, ~paid, one.why)
        keys = np.column_stack([ledger, *(one.inverse for one in inner)])
        groups = grouped(self.places(year), keys, paid)
        return Cells(
            tier=np.zeros(len(groups.kinds), np.int64),
            q=groups.kinds[:, 0],
            area=groups.area,
            kind=groups.kind,
            n=groups.n,
            inverse=groups.kind_of,
            parts=tuple(groups.kinds[:, 1:].T),
            why=why,
            numbers=np.ones(len(rows), np.int64),
        )


def _cells(
    area: Ints,
    tier: Ints,
    quantity: Ints,
    divisor: int,
    why: Reasons,
    paid: np.ndarray,
    numbers: Ints,
) -> Cells:
    """The rows that are `paid` by tier and quantity."""
    width = int(quantity.max(initial=0)) + 1
    groups = grouped(area, tier * width + quantity, paid)
    return Cells(
        tier=groups.kinds // width,
        q=groups.kinds % width,
        area=groups.area,
        kind=groups.kind,
        n=groups.n,
        inverse=groups.kind_of,
        divisor=divisor,
        why=why,
        numbers=numbers,
    )


def _ledgers(need: Need) -> dict[str, str]:
    """Ledgers beside that of the organisations that are needed: flag, name."""
    flags = {flag for one, flag in kept_by("party_orgs").items() if one in need.columns}
    named: dict[str, str] = WORDS["ledgers"]
    return {flag: name for flag, name in named.items() if flag in flags}


def _in_scopes(selection: Selection, rows: pd.DataFrame, tier: Ints) -> Ints:
    """The standard of every row: that of its tier, or the one that holds for it within the first scope it meets."""
    found, open_still = tier.copy(), tier >= 0
    for one in selection.scopes:
        for name in columns_of(one.condition):
            column(rows, name, f"{selection.component}.scopes")
        here = open_still & mask(one.condition, rows)
        found[here] = np.array(one.rates, np.int64)[tier[here]]
        open_still &= ~here
    return found


# --- whom nothing is due to, and why ---


def _eligible(rows: pd.DataFrame, selection: Selection, why: Reasons) -> None:
    """Mark what the conditions leave out.

    A functional organisation is none of the party organisations that are counted, here as everywhere: without a
    condition that names it nothing is due to it.
    """
    named = FUNCTIONAL in columns_of(selection.condition)
    if not named and FUNCTIONAL in rows:
        because(why, rows[FUNCTIONAL].to_numpy(bool), reason("functional"))
    _failing(rows, selection, why)


def _failing(rows: pd.DataFrame, selection: Selection, why: Reasons) -> None:
    """Mark the rows that do not meet the conditions: what is unknown apart from what is out of scope."""
    condition = selection.condition
    for name in columns_of(condition):
        column(rows, name, f"{selection.component}.eligible")
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        _mark(rows, part, why)


def _rewarded(rows: pd.DataFrame, selection: Selection, members: np.ndarray, why: Reasons) -> None:
    """Mark those to which a reward is paid in place of this subsidy."""
    for reward in selection.rewards:
        for name in columns_of(reward.condition):
            column(rows, name, reward.component)
        rewarded = mask(reward.condition, rows)
        if reward.tiers is not None:
            rewarded &= _tiers(reward.tiers, reward.component, rows, members)[0] >= 0
        because(why, rewarded, reason("instead", reward.name))


def _mark(rows: pd.DataFrame, part: Condition, why: Reasons) -> None:
    fails = ~mask(part, rows)
    if not isinstance(part, ColumnTest):
        _mark_unknown(rows, part, fails, why)
        because(why, fails, reason("outside"))
        return
    lacks = reason("lacks", column_word(part.column))
    if part.column == FUNCTIONAL:
        because(why, fails & rows[FUNCTIONAL].to_numpy(bool), reason("functional"))
    if part.kind == PRESENT:
        because(why, fails, lacks)
    elif part.kind != MISSING:
        because(why, fails & rows[part.column].isna().to_numpy(), lacks)
    because(why, fails, reason("not_new" if part.column == FOUNDED else "outside"))


def _mark_unknown(rows: pd.DataFrame, part: AllOf | AnyOf, fails: np.ndarray, why: Reasons) -> None:
    """Of several alternatives: where not one of their columns holds anything."""
    names = columns_of(part)
    nothing = rows[list(names)].isna().all(axis=1).to_numpy()
    because(why, fails & nothing, reason("lacks", "、".join(map(column_word, names))))


def _without_quantity(
    selection: Selection, rows: pd.DataFrame, quantity: Ints, members: Members, why: Reasons
) -> None:
    """Mark organisations to which nothing is due because there is nothing to reckon by (a fixed part stays due)."""
    if selection.per not in NOTHING_TO_RECKON_BY or selection.has_fixed_part:
        return
    none = quantity == 0
    if selection.per == "member":
        because(why, none & members.unknown, reason("lacks", column_word("members")))
        because(why, none & members.fresh, reason("fresh"))
        if "members_reported" in rows:
            because(why, none & (floats(rows["members_reported"]) > 0), reason("below"))
    because(why, none, reason(NOTHING_TO_RECKON_BY[selection.per]))


def _tiers(
    tiers: Tiers, component: str, rows: pd.DataFrame, members: np.ndarray
) -> tuple[Ints, Reasons]:
    """The tier of every row, `NOT_PAID` where it has none, and the reason why."""
    by, why = tiers.by, no_reasons(len(rows))
    values = pd.Series(members) if by == "members" else column(rows, by, f"{component}.by")
    lacking = reason("lacks", column_word(by))
    if tiers.by_threshold:
        numbers = floats(values)
        starts = np.array(tiers.starts, float)
        found = np.searchsorted(starts, numbers, side="right") - 1
        because(why, np.isnan(numbers), lacking)
        lowest = reason("below_first", column_word(by), plain(tiers.starts[0]))
        because(why, found < 0, lowest)
        return np.where(np.isnan(numbers), NOT_PAID, found).astype(np.int64), why
    codes, kinds = pd.factorize(values)  # a missing value is in no tier
    keys = [_tier_key(value) for value in kinds]
    places = [tiers.names.index(key) if key in tiers.names else NOT_PAID for key in keys]
    told = [reason("no_tier", _tier_word(by, key)) for key in keys]
    tier = np.array([*places, NOT_PAID], np.int64)[codes]
    because(why, tier < 0, np.array([*told, lacking], object)[codes])
    return tier, why


def _tier_key(value: Any) -> str:
    """The value of a column as a scheme names its tiers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, bool | np.bool_) else plain(value, 17)


def _tier_word(by: str, key: str) -> str:
    """A tier in the words of a reader: 三星级 is 3星, a general_branch 党总支."""
    return f"{key}星" if by in STARS else lists().get(by, {}).get(key, key)
