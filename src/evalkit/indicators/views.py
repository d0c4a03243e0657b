"""The five views that measures filter, as functions of one block: a period of a group of counties.

A view is a table with further columns, each derived from the tables of the same block by one short function below, which
declares its lineage (``from_``: the stored columns it is made of). Units and party organisations are joined within a
district, where their keys are unique; nothing joins across districts, so blocks are independent of one another.

============== ============================== ============================================================
view           a row is                       derived columns
============== ============================== ============================================================
units          a row of ``units``             the best cover; activities of the covering organisations
party_orgs     a row of ``party_organisations`` that exists at the end of the period
                                              units covered, stars, activity months, members without doubles
funds          a row of ``funds``             whether it belongs to a functional organisation
activities     a row of ``activities``
instructor_counts a row of ``instructor_counts``
============== ============================== ============================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evalkit.indicators.columns import coded, text_codes
from evalkit.indicators.kept_cover import CoveredBefore
from evalkit.world.period import Period
from evalkit.world.words import Words

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Values = Any  # an Arrow array or chunked array; pyarrow has no types

VIEWS = ("units", "party_orgs", "funds", "activities", "instructor_counts")
TABLE_OF = {
    "units": "units",
    "party_orgs": "party_organisations",
    "funds": "funds",
    "activities": "activities",
    "instructor_counts": "instructor_counts",
}
JOINED = ("units", "party_organisations", "covers", "funds", "activities", "stars")
NOTHING = "nothing"  # ledgers that an area says to have nothing in
VIEW_TABLES = (*JOINED, "instructor_counts", NOTHING)
# columns by which rows are joined, and those that say whether a district keeps a ledger
KEYS_OF_TABLES = {
    "units": ("unit", "reason_unfounded"),
    "party_organisations": ("party_org", "parent", "functional"),
    "covers": ("unit", "party_org", "mode"),
    "funds": ("party_org",),
    "activities": ("party_org",),
    "stars": ("party_org",),
    NOTHING: ("ledger",),
}
COVER_RANK = {"single": 1, "joint": 2, "attached": 3, "functional": 4}
NO_COVER = len(COVER_RANK) + 1
SHARED_COVERS = [COVER_RANK["joint"], COVER_RANK["attached"]]
THEME_DAY = "主题党日"
ROW_OF_TABLE = "row_of_table"  # of every row of a view: its place in its table of the block
WORDS = Words.beside(__file__)
NOWHERE = -1  # the code of a key that is not told


# --- what a derived column declares ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Derived:
    """A column that a view adds to its table.

    Attributes
    ----------
    make
        Gives the column for all rows of the view in a block.
    from_
        The stored columns it is made of, as ``table.column``: `evalkit.indicators.trace` follows them to the cells.
    kept_by
        The table without a row of which the column is unknown in a district, not zero or empty.
    null_speaks
        An empty cell says something (not covered, not rated): a test on it is false, not undecided.
    """

    view: str
    name: str
    make: Callable[[CountyBlock], Values]
    from_: tuple[str, ...]
    kept_by: str = ""
    null_speaks: bool = True


DERIVED: dict[str, dict[str, Derived]] = {view: {} for view in VIEWS}
# stored columns whose empty cell says something
NULL_SPEAKS_STORED = frozenset(
    {"ended_on", "converted_on", "reason_unfounded", "functional", "mass_organisation", "parent"}
)


def derived(
    view: str, *from_: str, kept_by: str = "", null_speaks: bool = True
) -> Callable[[Callable[[CountyBlock], Values]], Callable[[CountyBlock], Values]]:
    """Declare the function below as a column of a view, under its own name without the view's prefix."""

    def declare(make: Callable[[CountyBlock], Values]) -> Callable[[CountyBlock], Values]:
        name = make.__name__.removeprefix(f"{view}__")
        DERIVED[view][name] = Derived(view, name, make, from_, kept_by, null_speaks)
        return make

    return declare


def null_speaks(view: str) -> frozenset[str]:
    """The columns of a view whose empty cell says something."""
    return NULL_SPEAKS_STORED | {one.name for one in DERIVED[view].values() if one.null_speaks}


def kept_flag(table: str) -> str:
    """The column of a view that says whether a row's district keeps a table at all."""
    return f"has_{table}"


def kept_by(view: str) -> dict[str, str]:
    """The flag of every column of a view that another ledger fills."""
    return {one.name: kept_flag(one.kept_by) for one in DERIVED[view].values() if one.kept_by}


# derived columns for which units must have been linked over the years
THROUGH_TIME = {"units": frozenset({"covered_before"})}


def columns_read(views: Iterable[str]) -> dict[str, frozenset[str] | None]:
    """What views read of each table that they join: the columns, or None for all of a table whose rows they are."""
    names = tuple(views)
    found = {
        table: set(KEYS_OF_TABLES.get(table, ())) | {"area", "period"} for table in VIEW_TABLES
    }
    for one in (one for name in names for one in DERIVED[name].values()):
        for table, _, column in (stored.partition(".") for stored in one.from_):
            found[table].add(column)
    whole = {TABLE_OF[name] for name in names}
    return {t: None if t in whole else frozenset(columns) for t, columns in found.items()}


def lineage(view: str, column: str) -> tuple[str, ...]:
    """The stored columns (``table.column``) that a column of a view is made of; of a stored column, itself."""
    found = DERIVED[view].get(column)
    return found.from_ if found else (f"{TABLE_OF[view]}.{column}",)


# --- the block -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CountyBlock:
    """The tables of one period in a group of counties, with their keys as integers.

    Parameters
    ----------
    period
        The period of every row; "" where a lone ledger tells none.
    tables
        Arrow tables by name, with the columns of the codebook's tables and ``home`` (the district of the row).
    before
        Which of its units were covered a year before; None where that is not asked, or units were not linked.
    """

    period: str
    tables: Mapping[str, pa.Table]
    before: CoveredBefore | None = None

    def __getitem__(self, table: str) -> pa.Table:
        return self.tables[table]

    @cached_property
    def home(self) -> dict[str, Ints]:
        """The district of every row of every joined table; `NOWHERE` where none is told."""
        codes, _words = coded(*(self.tables[name]["home"] for name in JOINED))
        return {name: found.astype(np.int64) for name, found in zip(JOINED, codes, strict=True)}

    @cached_property
    def org(self) -> dict[str, Ints]:
        """The party organisation of every row: its district and its name within it."""
        columns = [self.tables[name]["party_org"] for name in JOINED[1:]]
        parents = self.tables["party_organisations"]["parent"]
        codes, words = coded(*columns, parents)
        found = {
            name: self._within_home(name, code, len(words))
            for name, code in zip(JOINED[1:], codes[:-1], strict=True)
        }
        return found | {"parent": self._within_home("party_organisations", codes[-1], len(words))}

    @cached_property
    def unit(self) -> dict[str, Ints]:
        """The unit of every row of ``units`` and ``covers``: its district and its code or name within it."""
        names = ("units", "covers")
        codes, words = coded(*(self.tables[name]["unit"] for name in names))
        return {
            name: self._within_home(name, code, len(words))
            for name, code in zip(names, codes, strict=True)
        }

    def stated_nothing(self, *tables: str) -> list[tuple[str, str]]:
        """Area and district of every statement that one of these ledgers has nothing in it."""
        if NOTHING not in self.tables:
            return []
        stated = self.tables[NOTHING]
        rows = zip(*(stated[c].to_pylist() for c in ("area", "home", "ledger")), strict=True)
        return [
            (area, home) for area, home, ledger in rows if area is not None and ledger in tables
        ]

    def _within_home(self, table: str, codes: np.ndarray[Any, Any], n_words: int) -> Ints:
        home = self.home[table]
        key = home * max(n_words, 1) + codes
        return np.where((home < 0) | (codes < 0), NOWHERE, key).astype(np.int64)

    @cached_property
    def cover_rank(self) -> Ints:
        """How strong each cover is: single before joint before attached before functional."""
        (mode,), words = text_codes(self.tables["covers"]["mode"])
        ranks = np.array(
            [COVER_RANK.get(word, COVER_RANK["single"]) for word in [*words, ""]], dtype=np.int64
        )
        return ranks[mode]

    @cached_property
    def covers_of_unit(self) -> Groups:
        return Groups(self.unit["covers"])

    @cached_property
    def covers_of_org(self) -> Groups:
        return Groups(self.org["covers"])

    @cached_property
    def activities_of_org(self) -> Groups:
        return Groups(self.org["activities"])

    @cached_property
    def stars_of_org(self) -> Ints:
        """Of every party organisation the first row of ``stars`` that rates it, `NOWHERE` where none does."""
        rated = Groups(self.org["stars"])
        first = rated.rows[np.unique(rated.at, return_index=True)[1]]
        group = rated.of(self.org["party_organisations"])
        return np.append(first, NOWHERE)[group].astype(np.int64)

    @cached_property
    def n_activities(self) -> Ints:
        """Activities of every group of `activities_of_org`."""
        return self.activities_of_org.count(self.org["activities"] >= 0)

    @cached_property
    def functional(self) -> Bools:
        """Which party organisations are functional ones (工作支部)."""
        return _truth(self.tables["party_organisations"]["functional"])

    @cached_property
    def bounds(self) -> PeriodBounds | None:
        return PeriodBounds.of(self.period)


@dataclass(frozen=True)
class PeriodBounds:
    """First and last day of a period and its months."""

    first_day: np.datetime64
    last_day: np.datetime64
    n_months: int

    @classmethod
    def of(cls, period: str) -> PeriodBounds | None:
        """The bounds of a year, quarter or month; None for any other text."""
        found = Period.read(period)
        if found is None or not found.in_calendar:
            return None
        first, last = found.bounds
        n_months = 12 * (last.year - first.year) + last.month - first.month + 1
        return cls(np.datetime64(first), np.datetime64(last), n_months)


class Groups:
    """Rows grouped by an integer key (`NOWHERE`: in none), and aggregates of the groups for the keys of another table."""

    def __init__(self, key: Ints) -> None:
        self.rows = np.flatnonzero(key >= 0)
        self.at, self.found = pd.factorize(key[self.rows])
        self.n = len(self.found)

    def of(self, key: Ints) -> Ints:
        """The group of each of some other keys, `NOWHERE` where there is none."""
        return np.where(key < 0, NOWHERE, pd.Index(self.found).get_indexer(key)).astype(np.int64)

    def count(self, where: Bools) -> Ints:
        """How many rows of `where` each group has."""
        return np.bincount(self.at[where[self.rows]], minlength=self.n)

    def distinct(self, values: Ints, where: Bools) -> Ints:
        """How many different values (integers from 0) a group has among the rows `where`."""
        use, size = where[self.rows], int(values.max(initial=0)) + 1
        different = pd.unique(self.at[use] * size + values[self.rows][use])
        return np.bincount(different // size, minlength=self.n)


def _truth(column: Values) -> Bools:
    """Where a boolean column is true."""
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def _looked_up(values: np.ndarray[Any, Any], at: Ints) -> pa.Array:
    """What the groups at `at` have; null where a row has no group."""
    return pa.array(np.append(values, values.dtype.type(0))[at], mask=at < 0)


def _looked_up_or(values: np.ndarray[Any, Any], at: Ints, empty: Any) -> pa.Array:
    """What the groups at `at` have; `empty` where a row has no group."""
    return pa.array(np.where(at < 0, empty, np.append(values, values.dtype.type(0))[at]))


# --- units ---------------------------------------------------------------------------------------------------------


@derived("units", "covers.party_org", "activities.party_org", kept_by="activities")
def units__org_activities(block: CountyBlock) -> Values:
    """Activities in the period of the organisations that cover the unit; a functional one covers nothing."""
    covers = block.covers_of_unit
    org = block.activities_of_org.of(block.org["covers"])[covers.rows]
    use = (org >= 0) & (block.cover_rank[covers.rows] < COVER_RANK["functional"])
    held = np.bincount(covers.at[use], block.n_activities[org[use]], covers.n).astype(np.int64)
    some = np.bincount(covers.at[use], minlength=covers.n) > 0
    at = covers.of(block.unit["units"])
    return _looked_up(held, np.where(np.append(some, False)[at], at, NOWHERE))


@derived("units", "covers.mode", "covers.unit", kept_by="covers")
def units__covered_by(block: CountyBlock) -> Values:
    """The best cover of the unit: single, joint, attached or functional; null where there is none."""
    covers = block.covers_of_unit
    best = np.full(covers.n, NO_COVER - 1)
    np.minimum.at(best, covers.at, block.cover_rank[covers.rows])
    code = _looked_up((best - 1).astype(np.int32), covers.of(block.unit["units"]))
    return pa.DictionaryArray.from_arrays(code, pa.array([*COVER_RANK], pa.string()))


@derived("units", "units.unit", null_speaks=False)
def units__covered_before(block: CountyBlock) -> Values:
    """Whether the unit, whatever its name then, had a cover a year before; null where its district told nothing then."""
    if block.before is None:
        return pa.nulls(len(block["units"]), pa.bool_())
    return block.before.among(block["units"])


@derived("units", "units.mass_organisation", null_speaks=False)
def units__has_union(block: CountyBlock) -> Values:
    """Whether 工会 stands among the unit's mass organisations; null in a district that lists none of any unit."""
    return _among_mass_organisations(block, "union")


@derived("units", "units.mass_organisation", null_speaks=False)
def units__has_youth_league(block: CountyBlock) -> Values:
    """Whether a 团组织 stands among the unit's mass organisations; null in a district that lists none of any unit."""
    return _among_mass_organisations(block, "youth_league")


@derived("units", "units.mass_organisation", null_speaks=False)
def units__has_mass_organisation(block: CountyBlock) -> Values:
    """Whether the unit lists any; null in a district that lists none of any unit."""
    return _among_mass_organisations(block, "any")


def _among_mass_organisations(block: CountyBlock, kind: str) -> Values:
    told = block["units"]["mass_organisation"].cast(pa.string())
    home = block.home["units"]
    listing = np.unique(home[told.is_valid().to_numpy(zero_copy_only=False)])
    found = pc.fill_null(
        pc.match_substring_regex(told, WORDS.at(f"mass_organisation.{kind}")), False
    )
    listed = (home >= 0) & np.isin(home, listing)
    return pc.if_else(pa.array(listed), found, None)


# --- party organisations ---------------------------------------------------------------------------------------------


@derived("party_orgs", "covers.unit", kept_by="covers")
def party_orgs__units_covered(block: CountyBlock) -> Values:
    """How many different units the organisation covers."""
    unit = block.unit["covers"]
    different = block.covers_of_org.distinct(pd.factorize(unit)[0], unit >= 0)
    return _looked_up_or(different, block.covers_of_org.of(block.org["party_organisations"]), 0)


@derived("party_orgs", "covers.mode", kept_by="covers")
def party_orgs__joint(block: CountyBlock) -> Values:
    """Whether the organisation covers a unit jointly or takes it in (挂靠)."""
    return _covers_so(block, np.isin(block.cover_rank, SHARED_COVERS))


@derived("party_orgs", "covers.mode", kept_by="covers")
def party_orgs__single(block: CountyBlock) -> Values:
    """Whether the organisation is a unit's own."""
    return _covers_so(block, block.cover_rank == COVER_RANK["single"])


def _covers_so(block: CountyBlock, where: Bools) -> Values:
    at = block.covers_of_org.of(block.org["party_organisations"])
    return _looked_up_or(block.covers_of_org.count(where) > 0, at, False)


@derived("party_orgs", "activities.party_org", kept_by="activities")
def party_orgs__activities(block: CountyBlock) -> Values:
    """Activities in the period."""
    return _of_activities(block, block.n_activities)


@derived("party_orgs", "activities.month", kept_by="activities")
def party_orgs__activity_months(block: CountyBlock) -> Values:
    """Months with an activity."""
    return _months_with(block, np.ones(len(block["activities"]), dtype=bool))


@derived("party_orgs", "activities.month", "activities.kind", kept_by="activities")
def party_orgs__theme_months(block: CountyBlock) -> Values:
    """Months with a 主题党日."""
    (kind,), words = text_codes(block["activities"]["kind"])
    is_theme = np.array([word == THEME_DAY for word in [*words, ""]])
    return _months_with(block, is_theme[kind])


@derived("party_orgs", "activities.party_org", kept_by="activities")
def party_orgs__has_activity(block: CountyBlock) -> Values:
    """Whether there was an activity."""
    return pc.greater(party_orgs__activities(block), 0)


def _months_with(block: CountyBlock, where: Bools) -> Values:
    month = block["activities"]["month"].fill_null(NOWHERE).to_numpy()
    return _of_activities(block, block.activities_of_org.distinct(month, (month >= 0) & where))


def _of_activities(block: CountyBlock, numbers: Ints) -> Values:
    return _looked_up_or(numbers, block.activities_of_org.of(block.org["party_organisations"]), 0)


@derived("party_orgs", "stars.stars", kept_by="stars")
def party_orgs__stars(block: CountyBlock) -> Values:
    """The stars of the period, null where it was not rated."""
    return _of_stars(block, "stars")


@derived("party_orgs", "stars.stars_previous", kept_by="stars")
def party_orgs__stars_previous(block: CountyBlock) -> Values:
    """The stars before, as the star sheet of the period gives them."""
    return _of_stars(block, "stars_previous")


@derived("party_orgs", "stars.vetoed", kept_by="stars")
def party_orgs__vetoed(block: CountyBlock) -> Values:
    """Whether a veto (一票否决) stands in the star sheet."""
    return _of_stars(block, "vetoed")


@derived("party_orgs", "stars.rectification", kept_by="stars")
def party_orgs__rectification(block: CountyBlock) -> Values:
    """Whether it is listed for rectification (整转)."""
    return _of_stars(block, "rectification")


@derived("party_orgs", "stars.stars", "stars.stars_previous", kept_by="stars")
def party_orgs__star_change(block: CountyBlock) -> Values:
    """Stars gained since the rating before."""
    return pc.subtract(party_orgs__stars(block), party_orgs__stars_previous(block))


def _of_stars(block: CountyBlock, column: str) -> Values:
    row = block.stars_of_org
    return block["stars"][column].take(pa.array(np.maximum(row, 0), mask=row < 0))


@derived("party_orgs", "party_organisations.functional")
def party_orgs__functional(block: CountyBlock) -> Values:
    """Whether it is a functional one; an empty cell says no."""
    return pa.array(block.functional)


MEMBERS_FROM = (
    "party_organisations.members",
    "units.full_members",
    "units.probationary_members",
    "units.members",
)


@derived("party_orgs", *MEMBERS_FROM, null_speaks=False)
def party_orgs__members(block: CountyBlock) -> Values:
    """Members held directly; a committee's own figure holds its branches', a functional branch holds no relations."""
    return _held_directly(block, "members")


@derived("party_orgs", *MEMBERS_FROM, null_speaks=False)
def party_orgs__members_low(block: CountyBlock) -> Values:
    """The lower end of `members`."""
    return _held_directly(block, "members_low")


@derived("party_orgs", *MEMBERS_FROM, null_speaks=False)
def party_orgs__members_high(block: CountyBlock) -> Values:
    """The upper end of `members`."""
    return _held_directly(block, "members_high")


def _held_directly(block: CountyBlock, column: str) -> Values:
    key = block.org["party_organisations"]
    has_branches = (key >= 0) & np.isin(key, block.org["parent"])
    return pc.if_else(
        pa.array(block.functional | has_branches), 0, block["party_organisations"][column]
    )


@derived("party_orgs", *MEMBERS_FROM, null_speaks=False)
def party_orgs__members_reported(block: CountyBlock) -> Values:
    """Members as the ledger says them, a committee's with those of its branches."""
    return block["party_organisations"]["members"]


@derived("party_orgs", *MEMBERS_FROM, null_speaks=False)
def party_orgs__members_reported_low(block: CountyBlock) -> Values:
    """The lower end of `members_reported`."""
    return block["party_organisations"]["members_low"]


@derived("party_orgs", *MEMBERS_FROM, null_speaks=False)
def party_orgs__members_reported_high(block: CountyBlock) -> Values:
    """The upper end of `members_reported`."""
    return block["party_organisations"]["members_high"]


@derived("party_orgs", "party_organisations.founded_on", null_speaks=False)
def party_orgs__founded_in_period(block: CountyBlock) -> Values:
    """Whether it was founded in the period; null without a date."""
    founded = _dates(block["party_organisations"]["founded_on"])
    return pa.array(_inside(block, founded), mask=np.isnat(founded) | (block.bounds is None))


@derived("party_orgs", "party_organisations.converted_on")
def party_orgs__converted_in_period(block: CountyBlock) -> Values:
    """Whether a working branch became an ordinary one in the period; without a date it did not."""
    return pa.array(_inside(block, _dates(block["party_organisations"]["converted_on"])))


def _inside(block: CountyBlock, days: np.ndarray[Any, np.dtype[np.datetime64]]) -> Bools:
    """Which days lie in the period; none where it has no bounds."""
    if block.bounds is None:
        return np.zeros(len(days), dtype=bool)
    return (days >= block.bounds.first_day) & (days <= block.bounds.last_day)


@derived("party_orgs", "party_organisations.founded_on", null_speaks=False)
def party_orgs__months(block: CountyBlock) -> Values:
    """Months of the period in which it existed; one founded in the period counts from its month on."""
    founded = _dates(block["party_organisations"]["founded_on"])
    if block.bounds is None:
        return pa.nulls(len(founded), pa.int64())
    first = block.bounds.first_day
    later = ~(np.isnat(founded) | (founded <= first))
    gone = np.where(later, _month_number(founded) - _month_number(np.array([first]))[0], 0)
    return pa.array(np.maximum(block.bounds.n_months - gone, 0))


def _dates(column: Values) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return column.to_numpy(zero_copy_only=False).astype("datetime64[D]")


def _month_number(dates: np.ndarray[Any, Any]) -> Ints:
    """Months since the epoch."""
    return dates.astype("datetime64[M]").astype(np.int64)


def _exist_at_the_end(block: CountyBlock) -> Bools:
    """Which party organisations exist at the end of the period; without a period all that the ledger names."""
    ended = _dates(block["party_organisations"]["ended_on"])
    if block.bounds is None:
        return np.ones(len(ended), dtype=bool)
    return np.isnat(ended) | (ended > block.bounds.last_day)


# --- funds -----------------------------------------------------------------------------------------------------------


@derived("funds", "party_organisations.functional", "funds.party_org")
def funds__functional(block: CountyBlock) -> Values:
    """Whether the amount belongs to a functional organisation."""
    functional = block.org["party_organisations"][block.functional]
    org = block.org["funds"]
    return pa.array((org >= 0) & np.isin(org, functional))


# --- instructors -----------------------------------------------------------------------------------------------------


@derived("instructor_counts", "instructor_counts.level", null_speaks=False)
def instructor_counts__sent_by(block: CountyBlock) -> Values:
    """The level that sent the instructors, where the ledger's words tell one."""
    return _kind_told(block["instructor_counts"]["level"], "sent_by")


@derived(
    "instructor_counts",
    "instructor_counts.recruited",
    "instructor_counts.origin",
    null_speaks=False,
)
def instructor_counts__comes_from(block: CountyBlock) -> Values:
    """The kind of origin, where a column of its own tells one, else that of the sending body."""
    table = block["instructor_counts"]
    told = _kind_told(table["recruited"], "comes_from")
    return pc.coalesce(told, _kind_told(table["origin"], "comes_from"))


def _kind_told(column: Values, told: str) -> Values:
    """The first kind of words.yml whose pattern a text fits; null where it fits none, or there is no text."""
    (codes,), words = text_codes(column)
    patterns = [(one["kind"], re.compile(one["fits"])) for one in WORDS[told]]
    kinds = [next((kind for kind, fits in patterns if fits.search(word)), None) for word in words]
    return pa.array(kinds, pa.string()).take(pa.array(codes, mask=codes == NOWHERE))


# --- the views ---------------------------------------------------------------------------------------------------------


def view(block: CountyBlock, name: str, columns: Iterable[str] | None = None) -> pa.Table:
    """A view of a block as an Arrow table.

    Parameters
    ----------
    columns
        The derived columns that are wanted; all by default. Stored columns are always there.
    """
    table = block[TABLE_OF[name]]
    table = table.append_column(ROW_OF_TABLE, pa.array(np.arange(len(table))))
    wanted = DERIVED[name].keys() if columns is None else DERIVED[name].keys() & set(columns)
    for column in [column for column in DERIVED[name] if column in wanted]:
        made = DERIVED[name][column].make(block)
        place = table.schema.get_field_index(column)
        table = (
            table.append_column(column, made)
            if place < 0
            else table.set_column(place, column, made)
        )
    for flag, kept in _keeps(block, name).items():
        table = table.append_column(flag, kept)
    return table.filter(pa.array(_exist_at_the_end(block))) if name == "party_orgs" else table


def _keeps(block: CountyBlock, name: str) -> dict[str, pa.Array]:
    """Whether the district of each row keeps the ledgers that fill columns of the view (true or null)."""
    found = {}
    homes_here = block[TABLE_OF[name]]["home"]
    for table in dict.fromkeys(one.kept_by for one in DERIVED[name].values() if one.kept_by):
        homes = [block.home[table]]
        if table == "covers":  # a reason why none was founded says of a unit that it has no cover
            reasons = block["units"]["reason_unfounded"].is_valid().to_numpy(zero_copy_only=False)
            homes.append(block.home["units"][reasons])
        here = block.home[TABLE_OF[name]]
        there = (here >= 0) & np.isin(here, np.unique(np.concatenate(homes)))
        ledger = "party_organisations" if table == "covers" else table
        if stated := {home for _, home in block.stated_nothing(ledger)}:
            there |= np.array([home in stated for home in homes_here.to_pylist()], dtype=bool)
        found[kept_flag(table)] = pa.array(np.ones(len(here), dtype=bool), mask=~there)
    return found


def views(block: CountyBlock) -> dict[str, pa.Table]:
    """All five views of a block."""
    return {name: view(block, name) for name in VIEWS}
