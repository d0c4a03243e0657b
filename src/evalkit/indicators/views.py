"""The five views that measures filter: tables joined once, each row still traceable to its ledger row.

Units and party organisations are joined within a district (``home``), where their keys are unique. Keys are integers
here (place, organisation, unit), so that a join is one look-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evalkit.indicators.areas import home_of
from evalkit.indicators.cells import text_codes
from evalkit.world.period import Period

# a null in these columns says something (not covered, not rated, not ended): it is no missing value
NULL_SPEAKS = frozenset(
    {
        "covered_by", "org_activities", "stars", "stars_previous", "star_change", "rectification", "vetoed",
        "ended_on", "converted_on", "reason_unfounded", "units_covered", "joint", "single", "activities",
        "activity_months", "theme_months", "has_activity", "functional", "mass_organisation", "parent",
    }
)  # fmt: skip
# columns that another ledger fills: without a row of it in the district they are unknown, not zero
FILLED_BY = {
    "has_covers": ("covered_by", "units_covered", "joint", "single"),
    "has_activities": ("org_activities", "activities", "activity_months", "theme_months", "has_activity"),
    "has_stars": ("stars", "stars_previous", "star_change", "rectification", "vetoed"),
}
MODES = {"single": 1, "joint": 2, "attached": 3, "functional": 4}
THEME = "主题党日"
VIEWS = ("units", "party_orgs", "funds", "activities", "instructor_counts")
JOINED = ("units", "party_organisations", "covers", "funds", "activities", "stars")
TABLES = (*JOINED, "instructor_counts")
TEXT = pa.dictionary(pa.int32(), pa.string())


def period_bounds(periods: Sequence[str]) -> pd.DataFrame:
    """First and last day of each period (``2025``, ``2025Q3``, ``2025-07``) and its months; 1900 where none is known."""
    found = [Period.read(text) for text in periods]
    spans = [period.bounds if period and period.in_calendar else Period("year", 1900).bounds for period in found]
    return pd.DataFrame(
        {
            "starts": np.array([first for first, _ in spans], dtype="datetime64[D]"),
            "ends": np.array([last for _, last in spans], dtype="datetime64[D]"),
            "n_months": [12 * (last.year - first.year) + last.month - first.month + 1 for first, last in spans],
        },
        index=pd.Index(periods, dtype=object),
    )


def with_home(table: pa.Table) -> pa.Table:
    """The table with the district (``home``) of each row."""
    (codes,), areas = text_codes(table["area"])
    homes = [home_of(area) if area else "" for area in areas]
    words = list(dict.fromkeys([*homes, ""]))
    at = np.array([words.index(home) for home in [*homes, ""]], dtype=np.int32)[codes]  # an unknown area has the home ""
    return table.append_column("home", pa.DictionaryArray.from_arrays(at, pa.array(words, pa.string())))


def plain(table: pa.Table) -> pa.Table:
    """The table with its text as text (in views it is kept as codes)."""
    return table.cast(pa.schema([pa.field(f.name, pa.string() if f.type == TEXT else f.type) for f in table.schema]))


def in_memory(table: pa.Table) -> Any:
    """An Arrow table as a lazy Ibis table, with the district (``home``) of each row."""
    import ibis  # slow to import, and only notebooks ask for it

    return ibis.memtable(plain(table if "home" in table.column_names else with_home(table)))


class _Keys:
    """Place (district and period), organisation and unit of the rows of every joined table as integers; -1: unknown."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        def coded(columns: Mapping[str, str]) -> tuple[dict[str, np.ndarray], int]:
            codes, words = text_codes(*(tables[table.rstrip("+")][column] for table, column in columns.items()))
            return dict(zip(columns, (c.astype(np.int64) for c in codes), strict=True)), max(len(words), 1)

        (home, _), (period, n) = (coded(dict.fromkeys(JOINED, name)) for name in ("home", "period"))
        self.place = {name: np.where(period[name] < 0, -1, home[name] * n + period[name]) for name in JOINED}
        orgs = coded(dict.fromkeys(JOINED[1:], "party_org") | {"party_organisations+": "parent"})
        units = coded({"units": "unit", "covers": "unit"})
        self.org, self.unit = (
            {name: np.where((place := self.place[name.rstrip("+")]) < 0, -1, np.where(codes < 0, -1, place * size + codes))
             for name, codes in found.items()} for found, size in (orgs, units)
        )  # fmt: skip


def make_views(tables: Mapping[str, pa.Table], periods: Sequence[str]) -> dict[str, pa.Table]:
    """The five views as Arrow tables.

    Parameters
    ----------
    tables
        Arrow tables by name, with the columns of the codebook's tables and ``home`` (see `with_home`).
    """
    t, keys = tables, _Keys(tables)
    (mode,), words = text_codes(t["covers"]["mode"])
    rank = np.array([MODES.get(word, 1) for word in [*words, ""]])[mode]
    reasons = t["units"]["reason_unfounded"].is_valid().to_numpy()
    kept = {
        "has_covers": np.concatenate([keys.place["covers"], keys.place["units"][reasons]]),
        "has_activities": keys.place["activities"],
        "has_stars": keys.place["stars"],
    }

    def flagged(view: pa.Table, place: np.ndarray) -> pa.Table:
        """Whether the district keeps the ledgers that fill columns of the view (true or null)."""
        for flag, places in kept.items():
            there = (place >= 0) & np.isin(place, np.unique(places))
            view = view.append_column(flag, pa.array(np.ones(len(place), dtype=bool), mask=~there))
        return view

    active = _activity(t["activities"], keys.org["activities"])
    units = _units(t["units"], keys, rank, *active)
    orgs, here = _party_orgs(t["party_organisations"], t["stars"], keys, rank, *active, period_bounds(periods))
    functional = keys.org["party_organisations"][_truth(t["party_organisations"]["functional"])]
    of_functional = (keys.org["funds"] >= 0) & np.isin(keys.org["funds"], functional)
    return {
        "units": flagged(units, keys.place["units"]),
        "party_orgs": flagged(orgs, keys.place["party_organisations"]).filter(here),
        "funds": t["funds"].append_column("functional", pa.array(of_functional)),
        "activities": t["activities"],
        "instructor_counts": t["instructor_counts"],
    }


def _truth(column: Any) -> np.ndarray:
    """Where a boolean column is true."""
    return np.asarray(column.fill_null(False).to_numpy(), dtype=bool)


class _Groups:
    """Rows grouped by an integer key (-1: in none): aggregates of the groups, looked up by the keys of another table."""

    def __init__(self, key: np.ndarray) -> None:
        self.rows = np.flatnonzero(key >= 0)
        self.at, self.found = pd.factorize(key[self.rows])
        self.n = len(self.found)

    def of(self, key: np.ndarray) -> np.ndarray:
        """The group of each of some other keys, -1 where there is none."""
        return np.where(key < 0, -1, pd.Index(self.found).get_indexer(key))

    def count(self, where: np.ndarray) -> np.ndarray:
        return np.bincount(self.at[where[self.rows]], minlength=self.n)

    def distinct(self, values: np.ndarray, where: np.ndarray) -> np.ndarray:
        """How many different values (integers from 0) a group has among the rows `where`."""
        use, size = where[self.rows], int(values.max(initial=0)) + 1
        return np.bincount(pd.unique(self.at[use] * size + values[self.rows][use]) // size, minlength=self.n)


def _looked_up(values: np.ndarray, at: np.ndarray, empty: Any = None) -> pa.Array:
    """What the groups at `at` have; `empty` (null) where a row has no group."""
    none = at < 0
    found = np.append(values, values.dtype.type(0))[at]
    return pa.array(found, mask=none) if empty is None else pa.array(np.where(none, empty, found))


def _activity(activities: pa.Table, key: np.ndarray) -> tuple[_Groups, dict[str, np.ndarray]]:
    """Activities of every organisation: how many, in how many months, in how many with a 主题党日."""
    groups, month = _Groups(key), activities["month"].fill_null(-1).to_numpy()
    (kind,), words = text_codes(activities["kind"])
    theme = np.array([word == THEME for word in [*words, ""]])[kind]
    months, themed = groups.distinct(month, month >= 0), groups.distinct(month, (month >= 0) & theme)
    return groups, {"activities": groups.count(key >= 0), "activity_months": months, "theme_months": themed}


def _units(units: pa.Table, keys: _Keys, rank: np.ndarray, active: _Groups, numbers: Mapping[str, np.ndarray]) -> pa.Table:
    groups = _Groups(keys.unit["covers"])
    rank = rank[groups.rows]
    best = np.full(groups.n, len(MODES))
    np.minimum.at(best, groups.at, rank)
    org = active.of(keys.org["covers"])[groups.rows]
    use = (org >= 0) & (rank < MODES["functional"])
    held = np.bincount(groups.at[use], numbers["activities"][org[use]], groups.n).astype(np.int64)
    some = np.bincount(groups.at[use], minlength=groups.n) > 0
    at = groups.of(keys.unit["units"])
    covered_by = pa.DictionaryArray.from_arrays(_looked_up((best - 1).astype(np.int32), at), pa.array([*MODES], pa.string()))
    units = units.append_column("org_activities", _looked_up(held, np.where(np.append(some, False)[at], at, -1)))
    return units.append_column("covered_by", covered_by)


def _party_orgs(
    orgs: pa.Table, stars: pa.Table, keys: _Keys, rank: np.ndarray, active: _Groups, numbers: Mapping[str, np.ndarray],
    bounds: pd.DataFrame,
) -> tuple[pa.Table, np.ndarray]:  # fmt: skip
    """The view of party organisations, and which of its rows exist at the end of their period."""
    key, reach, rated = keys.org["party_organisations"], _Groups(keys.org["covers"]), _Groups(keys.org["stars"])
    covered, acted, row = (groups.of(key) for groups in (reach, active, rated))
    unit, joint = keys.unit["covers"], np.isin(rank, [MODES["joint"], MODES["attached"]])
    first = rated.rows[np.unique(rated.at, return_index=True)[1]]  # the first row of an organisation rated twice
    which = pa.array(np.append(first, 0)[row], mask=row < 0)
    members = {name: orgs[name] for name in ("members", "members_low", "members_high")}
    new: dict[str, Any] = {
        "units_covered": _looked_up(reach.distinct(pd.factorize(unit)[0], unit >= 0), covered, 0),
        "joint": _looked_up(reach.count(joint) > 0, covered, False),
        "single": _looked_up(reach.count(rank == MODES["single"]) > 0, covered, False),
        **{name: _looked_up(found, acted, 0) for name, found in numbers.items()},
        **{name: stars[name].take(which) for name in ("stars", "stars_previous", "vetoed", "rectification")},
        **{f"{name}_reported": column for name, column in members.items()},
    }
    # a committee's own figure holds its branches' members, a functional branch holds no formal relations
    functional = _truth(orgs["functional"])
    outside = pa.array(functional | ((key >= 0) & np.isin(key, keys.org["party_organisations+"])))
    over = {name: pc.if_else(outside, 0, column) for name, column in members.items()} | {"functional": pa.array(functional)}

    (period,), words = text_codes(orgs["period"])
    said = bounds.reindex([*words, None]).iloc[period]
    starts, ends = (said[name].to_numpy(dtype="datetime64[D]") for name in ("starts", "ends"))
    founded, ended = (orgs[name].to_numpy().astype("datetime64[D]") for name in ("founded_on", "ended_on"))
    whole = said["n_months"].fillna(0).to_numpy(dtype=np.int64)
    gone = np.where(np.isnat(founded) | (founded <= starts), 0, _month(founded) - _month(starts))
    new |= {
        "star_change": pc.subtract(new["stars"], new["stars_previous"]),
        "founded_in_period": pa.array((founded >= starts) & (founded <= ends), mask=np.isnat(founded) | np.isnat(starts)),
        "has_activity": pc.greater(new["activities"], 0),
        "months": pa.array(np.maximum(whole - gone, 0)),
    }
    for name, column in over.items():
        orgs = orgs.set_column(orgs.column_names.index(name), name, column)
    for name, column in new.items():
        orgs = orgs.append_column(name, column)
    return orgs, np.isnat(ended) | (ended > ends)


def _month(dates: np.ndarray) -> np.ndarray:
    return dates.astype("datetime64[M]").astype(int) % 12
