"""From the stored tables of a project to what a plan needs: each joined by codes of its text, only columns that are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.indicators.blocks import plain
from evalkit.indicators.columns import coded, text_codes
from evalkit.indicators.store import nullable
from evalkit.subsidy.exact import Ints
from evalkit.subsidy.gathering import KEYS, booked, kinds_in, make, mapped
from evalkit.subsidy.kept import Gathered, kept
from evalkit.subsidy.source import Source
from evalkit.subsidy.words import NOTES
from evalkit.world.area import Area

FUNDS = ("period", "party_org", "flow", "source", "purpose", "amount_fen")
# the modules by which the gathered frames are made: what they made before they were changed is made anew
_MADE_BY = tuple(
    f"evalkit.{name}"
    for name in (
        "indicators.blocks",
        "indicators.columns",
        "indicators.store",
        "indicators.views",
        "subsidy.gathering",
        "subsidy.kept",
        "subsidy.stored",
    )
)


def from_data(data: Any, tables: Mapping[str, pd.DataFrame], within: str | None) -> Source:
    """The source of processed data: the view of party organisations, funds, instructors."""
    found = kept(data, lambda: _gathered(data), _MADE_BY)
    orgs, money, counts = found.orgs, found.money, found.counts
    areas, homes = data.areas, orgs["home"]
    order = areas.loc[areas["area"].isin(_expected(areas, homes))].sort_values("sort_order")
    inside = data.find_area(within) if within else None
    if inside:
        asked = Area.of(inside)
        related = [asked.contains(a) or Area.of(a).contains(asked) for a in order["area"]]
        there = {area for area in orgs["area"].unique() if asked.contains(area)}
        order, orgs = order[related], orgs[orgs["area"].isin(there)].reset_index(drop=True)
        money = money[money["party_org"].isin(orgs["party_org"]) & money["home"].isin(orgs["home"])]
        counts = counts[counts["home"].isin(order["area"])]
    top = areas.set_index("area").loc[inside or min(areas["area"], key=len)]
    of_all = {"province": "全省", "city": "全市", "district": "全区"}
    whole = top["name"] if inside else of_all.get(str(top["level"]), "合计")
    names = tuple(order["name"].astype(str))
    notes = (NOTES.note("source.demo"),) if data.is_demo else ()
    given = {**tables, "instructor_counts": counts}
    made = make(orgs, money, given, tuple(order["area"]), names, whole, data.is_demo, notes)
    return replace(made, years=found.years, empty=found.empty)


def _gathered(data: Any) -> Gathered:
    """The organisations with what their units and areas say of them, money by organisation, counts of instructors."""
    areas = data.areas
    home = dict(zip(areas["area"], areas["home"], strict=True))
    view = data.view("party_orgs")
    units = data.arrow("units", columns=("period", "unit", "employees", "sector"))
    covers = data.arrow("covers", columns=("period", "unit", "party_org"))
    placed = _Placed.of(home, {"orgs": view, "units": units, "covers": covers})
    orgs = plain(view).to_pandas(types_mapper=nullable)
    orgs["home"] = mapped(orgs["area"], home)
    orgs["area_kinds"] = mapped(orgs["area"], _kinds_of_areas(areas))
    orgs["level"] = mapped(orgs["area"], dict(zip(areas["area"], areas["level"], strict=True)))
    orgs = orgs.assign(**_of_units(placed, units))
    # the view gives no order; sums of floats need one
    orgs = orgs.sort_values([*KEYS, "area", "members"], ignore_index=True)
    counts = data.frame("instructor_counts")
    counts["home"] = mapped(counts["area"], home)
    funds = data.arrow("funds", columns=FUNDS).to_pandas(types_mapper=nullable)
    funds["home"] = mapped(funds["area"], home)
    years = tuple(sorted({int(str(p)[:4]) for p in orgs["period"].unique()}))
    return Gathered(orgs, booked(funds), counts, years, placed.without_organisations())


@dataclass(frozen=True, eq=False)
class _Placed:
    """District and period of the rows of tables, and the names by which they are joined, as codes that they share.

    Attributes
    ----------
    place
        By table a code of district and period for every row; -1 where one of them is not told.
    places
        The district and period of every such code.
    unit, org
        By table a code of the unit, of the organisation.
    """

    place: dict[str, Ints]
    places: Sequence[tuple[str, str]]
    unit: dict[str, Ints]
    org: dict[str, Ints]

    @classmethod
    def of(cls, home: Mapping[str, str], tables: Mapping[str, pa.Table]) -> _Placed:
        areas, area_words = text_codes(*(table["area"] for table in tables.values()))
        periods, period_words = text_codes(*(table["period"] for table in tables.values()))
        homes = list(dict.fromkeys(one for one in map(home.get, area_words) if one is not None))
        at = {one: n for n, one in enumerate(homes)}
        home_of_area = np.array([*(at.get(home.get(a, ""), -1) for a in area_words), -1], np.int64)
        place = {}
        for name, area, period in zip(tables, areas, periods, strict=True):
            here, width = home_of_area[area], len(period_words)
            place[name] = np.where((here < 0) | (period < 0), -1, here * width + period)
        return cls(
            place,
            [(one, period) for one in homes for period in period_words],
            _shared({name: tables[name]["unit"] for name in ("units", "covers")}),
            _shared({name: tables[name]["party_org"] for name in ("orgs", "covers")}),
        )

    def units(self, table: str) -> Ints:
        """A number for the unit of every row within its district and period; -1 where there is none."""
        return self._within(table, self.unit)

    def orgs(self, table: str) -> Ints:
        """A number for the organisation of every row within its district and period; -1 where there is none."""
        return self._within(table, self.org)

    def _within(self, table: str, names: Mapping[str, Ints]) -> Ints:
        width = 1 + max(int(codes.max(initial=0)) for codes in names.values())
        place, name = self.place[table], names[table]
        return np.where((place < 0) | (name < 0), -1, place * width + name)

    def without_organisations(self) -> frozenset[tuple[str, str]]:
        """Places (district, year) with units and not one party organisation."""
        known = np.union1d(self.place["orgs"], self.place["covers"])
        alone = np.setdiff1d(self.place["units"], known)
        return frozenset(self.places[int(place)] for place in alone if place >= 0)


def _shared(columns: Mapping[str, pa.ChunkedArray]) -> dict[str, Ints]:
    codes, _ = coded(*columns.values())
    return {name: one.astype(np.int64) for name, one in zip(columns, codes, strict=True)}


def _of_units(placed: _Placed, units: pa.Table) -> dict[str, Any]:
    """Of every organisation the employees of its units, and the sector of most of them (enterprise where they are even)."""
    (sector,), words = text_codes(units["sector"])
    told = [*words, ""]
    of_unit = {
        "employees": units["employees"].fill_null(0).to_numpy(),
        "enterprise": np.array([word == "enterprise" for word in told])[sector],
        "social": np.array([word == "social" for word in told])[sector],
        "rows": np.ones(len(units), np.int64),
    }
    covers, orgs = placed.units("covers"), placed.orgs("covers")
    added = {
        name: _added(orgs, _added(placed.units("units"), values, covers), placed.orgs("orgs"))
        for name, values in of_unit.items()
    }
    more_social = added["social"] > added["enterprise"]
    sector_of = pd.Series("enterprise", range(len(more_social))).mask(more_social, "social")
    employees = pd.array(added["employees"], dtype="Int64")
    employees[added["rows"] == 0] = pd.NA
    return {
        "employees": employees,
        "sector": sector_of.where(added["enterprise"] + added["social"] > 0),
    }


def _added(key: Ints, values: Any, wanted: Ints) -> Ints:
    """The whole numbers of rows added up by a key, for other rows of the same keys; 0 where a key has none."""
    rows = np.flatnonzero(key >= 0)
    distinct, back = np.unique(key[rows], return_inverse=True)
    sums = np.zeros(len(distinct) + 1, np.int64)
    np.add.at(sums, back, np.asarray(values)[rows].astype(np.int64))
    at = np.searchsorted(distinct, wanted)
    found = np.append(distinct, -2)[at] == wanted
    return np.where(found & (wanted >= 0), sums[at], 0)


def _expected(areas: pd.DataFrame, homes: pd.Series) -> set[str]:
    """Districts that ought to report: those with organisations, and the others of the same level without areas below."""
    found = set(homes.dropna().unique())
    levels = set(areas.loc[areas["area"].isin(found), "level"])
    own = areas.loc[areas["area"].eq(areas["home"]) & areas["level"].isin(levels), "area"]
    homes_of_all = areas.loc[areas["area"].eq(areas["home"]), "area"]
    above = {parent.path for area in homes_of_all if (parent := Area.of(area).parent)}
    return found | {area for area in own if area not in above}


def _kinds_of_areas(areas: pd.DataFrame) -> dict[str, str]:
    """By area its kinds: its own, else those of the area above it; its group of alike areas and 园区 by its level."""
    own = dict(zip(areas["area"], areas.get("kinds", pd.Series(pd.NA, areas.index)), strict=True))
    groups = dict(
        zip(areas["area"], areas.get("peer_group", pd.Series(pd.NA, areas.index)), strict=True)
    )
    levels = dict(zip(areas["area"], areas["level"], strict=True))
    found = {}
    for path in areas["area"]:
        line = [one.path for one in reversed(list(Area.of(path).lineage()))]
        stated = next((kinds for one in line if (kinds := kinds_in(own.get(one)))), [])
        group = next((kinds for one in line if (kinds := kinds_in(groups.get(one)))), [])
        park = ["园区"] if any(levels.get(one) == "park" for one in line) else []
        found[path] = "、".join(dict.fromkeys([*stated, *group, *park]))
    return found
