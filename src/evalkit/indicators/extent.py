"""Which areas a measure or an indicator rests on, of how many, and the same figures on other sets of areas.

An area is expected in a period where the user's areas.xlsx lists it, else where it reported in that period or in the one
before. It is absent from a measure where it has no value of it: it sent nothing, not this ledger, or its ledger does not
keep the column. A measure is expected of every area as soon as a sister area has it.

What is compared must rest on the same areas: `without` takes areas out of a sum, `common` finds those that two periods
share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.world.area import Area
from evalkit.world.extent import joined, split
from evalkit.world.number import settle
from evalkit.world.period import Period

NUMBERS = ("value", "low", "high")


def districts_among(paths: Iterable[str]) -> frozenset[str]:
    """The areas whose reports are added up: districts, and what reports beside them without a district below."""
    own = {path for path in paths if Area.of(path).district().path == path}
    holding = {above for path in own for above in ancestors(path)}
    return frozenset(own - holding)


def districts_of(areas: pd.DataFrame) -> frozenset[str]:
    """`districts_among` the table of areas."""
    return districts_among(areas["area"].dropna().astype(str))


def earlier_period(period: str, known: Iterable[str]) -> str | None:
    """The last known period before this one, of the same kind; None where there is none."""
    here = Period.read(period)
    if here is None:
        return None
    found = [one for one in map(Period.read, known) if one and one.kind == here.kind and one < here]
    return str(max(found)) if found else None


def holders(paths: Iterable[str]) -> frozenset[str]:
    """The districts of which something below them is among the areas."""
    homes = ((path, Area.of(path).district().path) for path in paths)
    return frozenset(home for path, home in homes if home != path)


@dataclass(frozen=True)
class Expected:
    """The areas that should report, and which of them reported anything.

    Attributes
    ----------
    districts, parts
        By period the districts, and the areas below districts, that are expected.
    seen
        The areas that reported something, by period.
    """

    districts: Mapping[str, frozenset[str]]
    parts: Mapping[str, frozenset[str]]
    seen: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, measures: pd.DataFrame, areas: pd.DataFrame) -> Expected:
        """What a frame of measures (area, period, value) and the table of areas expect."""
        districts = districts_of(areas)
        home = dict(zip(areas["area"], areas["home"], strict=True))
        listed = (
            areas["listed"].fillna(False) if "listed" in areas else pd.Series(False, areas.index)
        )
        always = frozenset(areas.loc[listed.astype(bool), "area"].astype(str))
        rows = measures.loc[measures["value"].notna() & measures["area"].notna()]
        seen = {
            str(period): frozenset(found)
            for period, found in rows.groupby("period")["area"].unique().items()
        }
        changed = _changes_of(areas)
        expected_districts, expected_parts = {}, {}
        for period, here in seen.items():
            before = earlier_period(period, seen)
            wanted = here | (seen[before] if before else frozenset())
            of_districts = wanted & districts
            of_parts = {
                path for path in wanted if path not in districts and home.get(path) in districts
            }
            if always & districts:
                of_districts = (here | always) & districts
            listed_parts = {p for p in always if p not in districts and home.get(p) in districts}
            if listed_parts:
                of_parts = listed_parts | {path for path in of_parts if path in here}
            not_there = _not_there(changed, period, seen, always)
            expected_districts[period] = frozenset(of_districts - not_there)
            expected_parts[period] = frozenset(of_parts)
        return cls(expected_districts, expected_parts, seen)

    def silent_parts(self, period: str) -> frozenset[str]:
        """Areas below a reporting district that should have reported and did not.

        A district whose ledgers tell no township at all (the column, or the ledger that has it, is missing) lacks none
        of them: what it sent is of the whole district.
        """
        here = self.seen.get(period, frozenset())
        told_apart = holders(here)
        lost = [
            area
            for area in map(Area.of, self.parts.get(period, frozenset()))
            if area.path not in here and area.district().path in here & told_apart
        ]
        moved = {name for area in lost for name in self._new_places(area, period)}
        return frozenset(area.path for area in lost if area.name not in moved)

    def _new_places(self, area: Area, period: str) -> set[str]:
        """The name of an area, where a sister district has an area of that name that it did not have before."""
        here = self.seen.get(period, frozenset())
        before = self.seen.get(earlier_period(period, self.seen) or "", frozenset())
        holder = area.district().parent
        return {
            area.name
            for path in here - before
            if (other := Area.of(path)).name == area.name and other.district().parent == holder
        }


def _changes_of(areas: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """What areas were before a split, a merger or a new name, by area."""
    if "former" not in areas:
        return {}
    told = areas.loc[areas["former"].notna(), ["area", "former"]]
    return {str(area): split(former) for area, former in told.to_numpy()}


def _not_there(
    changed: Mapping[str, Sequence[str]],
    period: str,
    seen: Mapping[str, frozenset[str]],
    listed: frozenset[str],
) -> set[str]:
    """Areas that did not exist yet in a period, and those that existed no more.

    The list of areas is that of today: in the last period everything in it exists. Before, a new area exists from
    where it first reported; what it came from is gone then, unless it is listed itself.
    """
    here, last = Period.read(period), max(filter(None, map(Period.read, seen)), default=None)
    found: set[str] = set()
    for area, before in changed.items():
        since = [p for p in map(Period.read, seen) if p and area in seen[str(p)]]
        there = here == last or any(here is not None and not here < p for p in since)
        found |= {one for one in before if one not in listed} if there else {area}
    return found


def ancestors(path: str) -> list[str]:
    """The areas above, from the top."""
    return [area.path for area in Area.of(path).lineage()][:-1]


def with_extent(measures: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """The measures with ``n_areas``, ``n_expected``, ``absent`` and ``home``.

    ``n_areas`` and ``n_expected`` count districts, and are null for a district and below and for a number that an area
    typed itself; ``absent`` also names townships that are missing from a district, and is None where nobody is.
    """
    districts = districts_of(areas)
    expected = Expected.of(measures, areas)
    frame = measures.reset_index(drop=True)
    area = frame["area"].astype(object).where(frame["area"].notna(), "")
    frame["home"] = area.isin(districts)
    figure = frame.groupby(["period", "measure"], sort=False, dropna=False).ngroup().to_numpy()
    reporting = _reporting(area, figure, (frame["home"] & frame["value"].notna()).to_numpy())
    due = _below(expected.districts)
    silent = _below({period: expected.silent_parts(period) for period in expected.seen})

    # what an area typed itself holds all of it, whoever below it is silent
    typed = (
        frame["source"].eq("figures").to_numpy()
        if "source" in frame
        else np.zeros(len(frame), dtype=bool)
    )
    own = frame["typed"].fillna(False).to_numpy(dtype=bool) if "typed" in frame else typed & False
    told = ~own & area.isin({path for path, _ in reporting}).to_numpy()
    n_areas = np.full(len(frame), -1)
    n_expected = np.full(len(frame), -1)
    absent = np.full(len(frame), None, dtype=object)
    period = frame["period"].astype(str).to_numpy()
    concerned = told | area.isin({path for path, _ in silent}).to_numpy()
    for row in np.flatnonzero(concerned):
        path = area.iat[row]
        have = reporting.get((path, figure[row]), frozenset())
        lost: list[str] = []
        if told[row] and have:
            wanted = have | due.get((path, period[row]), frozenset())
            n_areas[row], n_expected[row] = len(have), len(wanted)
            lost = sorted(wanted - have)
        if not typed[row]:
            lost += sorted(silent.get((path, period[row]), frozenset()))
        absent[row] = joined(lost) if lost else None
    frame["n_areas"] = pd.array(n_areas, dtype="Int64")
    frame["n_expected"] = pd.array(n_expected, dtype="Int64")
    frame.loc[n_areas < 0, ["n_areas", "n_expected"]] = pd.NA
    frame["absent"] = pd.array(absent, dtype="string")
    return frame


def _reporting(
    area: pd.Series, figure: np.ndarray[Any, Any], reported: np.ndarray[Any, Any]
) -> dict[tuple[str, int], frozenset[str]]:
    """The districts that have a figure, by the area above and the figure."""
    rows = pd.DataFrame({"area": area[reported], "figure": figure[reported]})
    parts = []
    above = {path: ancestors(path) for path in rows["area"].unique()}
    for depth in range(max(map(len, above.values()), default=0)):
        held = {path: line[depth] for path, line in above.items() if len(line) > depth}
        parts.append(rows.assign(above=rows["area"].map(held)).dropna(subset=["above"]))
    if not parts:
        return {}
    grouped = pd.concat(parts).groupby(["above", "figure"])["area"]
    return {key: frozenset(found) for key, found in grouped.unique().items()}


def _below(areas: Mapping[str, frozenset[str]]) -> dict[tuple[str, str], frozenset[str]]:
    """Areas by period, once for every area above them: (area above, period) -> areas."""
    found: dict[tuple[str, str], set[str]] = {}
    for period, paths in areas.items():
        for path in paths:
            for above in ancestors(path):
                found.setdefault((above, period), set()).add(path)
    return {key: frozenset(paths) for key, paths in found.items()}


Side = tuple[Sequence[str], str]  # measures that are told together, and their period


class Figures:
    """Measures by area, period and code, with their sums on fewer areas.

    Parameters
    ----------
    measures
        Tidy measures with ``home`` (rows of districts); value, low, high. An area with a row reported, also where its
        value is withheld from print.
    """

    def __init__(self, measures: pd.DataFrame) -> None:
        frame = measures.loc[measures["area"].notna()]
        self._numbers = frame[list(NUMBERS)].to_numpy(dtype=float)
        # plain arrays: a column of text gives its values one by one, slowly
        measure, period, area = (
            frame[name].to_numpy(dtype=object) for name in ("measure", "period", "area")
        )
        self._row = {key: row for row, key in enumerate(zip(measure, period, area, strict=True))}
        self._districts: dict[tuple[str, str], list[str]] = {}
        for row in np.flatnonzero(frame["home"].fillna(False).to_numpy(dtype=bool)):
            self._districts.setdefault((measure[row], period[row]), []).append(area[row])
        self.known_districts = {path for found in self._districts.values() for path in found}
        self._inside: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._seen: dict[str, set[str]] = {}
        for row in np.flatnonzero(~frame.duplicated(["period", "area"]).to_numpy()):
            self._seen.setdefault(period[row], set()).add(area[row])
        self._only_in: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        self._holders: dict[str, frozenset[str]] = {}
        self._typed = self._rows_where(frame, "source", lambda column: column.eq("figures"))
        self._partial = self._rows_where(frame, "absent", pd.Series.notna)
        self._below: dict[str, list[str]] = {}
        for path in {path for seen in self._seen.values() for path in seen}:
            if (above := Area.of(path).parent) and above.path in self.known_districts:
                self._below.setdefault(above.path, []).append(path)

    @staticmethod
    def _rows_where(
        frame: pd.DataFrame, column: str, test: Callable[[pd.Series], pd.Series]
    ) -> set[tuple[str, str, str]]:
        """Measure, period and area of the rows whose column passes a test; none where there is no such column."""
        if column not in frame:
            return set()
        rows = frame.loc[test(frame[column]).fillna(False).astype(bool)]
        return set(zip(rows["measure"], rows["period"], rows["area"], strict=True))

    def do_not_fit(self, sides: Sequence[Side], districts: frozenset[str]) -> frozenset[str]:
        """Districts whose numbers of the sides are of different extent and cannot be cut to what they share.

        A number that the district typed as a whole stands beside one from ledgers that lack a township; or a township is
        missing in one period while the same rows can have come without their township: what no township holds differs.
        """
        unfit = set()
        for district in districts:
            keys = [(code, period, district) for codes, period in sides for code in codes]
            typed = any(key in self._typed for key in keys)
            if typed and any(key in self._partial and key not in self._typed for key in keys):
                unfit.add(district)
        return frozenset(unfit)

    def without_township(self, measure: str, period: str, district: str) -> float:
        """What a district has of a measure beside its townships."""
        whole = self.numbers(measure, period, district)
        parts = [self.numbers(measure, period, path) for path in self._below.get(district, ())]
        held = [float(part[0]) for part in parts if part is not None]
        return float("nan") if whole is None or not held else settle(float(whole[0]) - sum(held))

    def only_in(self, period: str, periods: frozenset[str]) -> frozenset[str]:
        """The areas that reported in a period, and not in all of some others."""
        key = (period, periods)
        if key not in self._only_in:
            everywhere = set.intersection(*(self.reported(one) for one in periods))
            self._only_in[key] = frozenset(self.reported(period) - everywhere)
        return self._only_in[key]

    def lost_parts(
        self, period: str, periods: frozenset[str], area: str, districts: frozenset[str]
    ) -> frozenset[str]:
        """The areas below some districts that reported in a period, and not in all of some others.

        None of a district that is told by no township in one of the periods: what it has then is of all of them.
        """
        parts = _parts_below(self.only_in(period, periods), area, districts)
        told_apart = frozenset.intersection(*(self._told_apart(one) for one in periods))
        return frozenset(path for path in parts if Area.of(path).district().path in told_apart)

    def _told_apart(self, period: str) -> frozenset[str]:
        if period not in self._holders:
            self._holders[period] = holders(self.reported(period))
        return self._holders[period]

    def districts(self, measure: str, period: str, above: str) -> frozenset[str]:
        """The districts with the measure in an area, of a district itself; "" holds all areas."""
        what = (measure, period)
        if what not in self._inside:
            inside: dict[str, list[str]] = {}
            for path in self._districts.get(what, []):
                for area in ("", *ancestors(path), path):
                    inside.setdefault(area, []).append(path)
            self._inside[what] = inside
        return frozenset(self._inside[what].get(above, ()))

    def reported(self, period: str) -> set[str]:
        """The areas with any measure in a period."""
        return self._seen.get(period, set())

    def numbers(self, measure: str, period: str, area: str) -> np.ndarray[Any, Any] | None:
        """Value, low and high; None where the area has no value. "" is the sum of the topmost areas."""
        if not area:
            tops = [path for path in self.reported(period) if "/" not in path]
            parts = [self._row.get((measure, period, path)) for path in tops]
            rows = [row for row in parts if row is not None]
            return self._numbers[rows].sum(axis=0) if rows else None
        row = self._row.get((measure, period, area))
        return None if row is None else self._numbers[row]

    def without(
        self, measure: str, period: str, area: str, left_out: Iterable[str]
    ) -> np.ndarray[Any, Any] | None:
        """Value, low and high of an area without some of the areas in it.

        Notes
        -----
        The areas' own numbers are taken from the sum, so that what the area reports itself stays. A code that stands
        both in an area left out and in one that stays is taken out with the former.
        """
        whole = self.numbers(measure, period, area)
        if whole is None:
            return None
        parts = [self.numbers(measure, period, path) for path in left_out]
        less = [part for part in parts if part is not None]
        if not less:
            return whole
        taken = np.sum(less, axis=0)
        with np.errstate(invalid="ignore"):
            rest = np.where(np.isinf(taken), whole[0] - taken[0], whole - taken)
        return settle(rest, whole)


@dataclass(frozen=True)
class Common:
    """What several figures of an area share.

    Attributes
    ----------
    areas
        The districts in all of them.
    without
        What is left out of each: districts, and areas below districts that did not report in all periods.
    """

    areas: frozenset[str]
    without: tuple[frozenset[str], ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Everything that is left out of one or another."""
        return tuple(sorted(frozenset[str]().union(*self.without)))


def common(
    figures: Figures, area: str, sides: Sequence[Side], unfit: frozenset[str] = frozenset()
) -> Common:
    """The districts in which all measures of all sides exist, and what each side leaves out.

    Parameters
    ----------
    sides
        Measures with their period: numerator and denominator of two years, or one measure each.
    unfit
        Districts that count as if they had not reported.
    """
    found = [
        [figures.districts(measure, period, area) for measure in measures]
        for measures, period in sides
    ]
    shared = frozenset.intersection(*(one for side in found for one in side)) - unfit
    if misfits := figures.do_not_fit(sides, shared):
        return common(figures, area, sides, unfit | misfits)
    outside = [frozenset[str]().union(*side) - shared for side in found]
    periods = frozenset(period for _, period in sides)
    if len(periods) > 1:
        for place, (_, period) in enumerate(sides):
            outside[place] |= figures.lost_parts(period, periods, area, shared)
        lost = {Area.of(path).district().path for side in outside for path in side} & shared
        if moved := {path for path in lost if _rows_moved_up(figures, path, sides, periods)}:
            return common(figures, area, sides, unfit | moved)
    return Common(shared, tuple(outside))


def _rows_moved_up(
    figures: Figures, district: str, sides: Sequence[Side], periods: frozenset[str]
) -> bool:
    """Whether what a district has beside its townships differs over the periods, in one of the measures."""
    for code in {code for codes, _ in sides for code in codes}:
        beside = {figures.without_township(code, period, district) for period in periods}
        known = {value for value in beside if value == value}
        if len(known) > 1:
            return True
    return False


def seen_in_both(figures: Figures, area: str, period: str, against: str) -> Common:
    """The districts of an area that reported anything in both periods, and who reported in one only."""
    whole = Area.of(area) if area else None
    sides = []
    for when in (period, against):
        here = {
            path for path in figures.reported(when) if whole is None or whole.contains(path)
        } - {area}
        sides.append({path for path in here if path in figures.known_districts})
    shared = frozenset(sides[0] & sides[1])
    periods = frozenset((period, against))
    within = shared | ({area} & figures.known_districts)
    outside = [
        frozenset(side - shared) | figures.lost_parts(when, periods, area, frozenset(within))
        for side, when in zip(sides, (period, against), strict=True)
    ]
    return Common(shared, tuple(outside))


def _parts_below(paths: frozenset[str], area: str, districts: frozenset[str]) -> frozenset[str]:
    """Those of the areas that lie below one of the districts; of areas within another only the upper one."""
    if not paths:
        return paths
    whole = Area.of(area) if area else None
    only = {path for path in paths if path != area and (whole is None or whole.contains(path))}
    found = {
        path
        for path in only
        if (home := Area.of(path).district().path) in districts and home != path
    }
    return frozenset(path for path in found if not any(up in found for up in ancestors(path)))


@dataclass(frozen=True)
class Together:
    """Measures of an area that are told together: as parts and whole, or as a change.

    Attributes
    ----------
    now
        The values in the period, over the districts that have all of the measures.
    now_common, before
        The values of the period and of the earlier one over the districts that have all of them in both; empty where
        there is no such district or no earlier period.
    areas
        The districts behind the change; empty for an area below districts.
    left_out
        Who is left out of the change.
    lacking
        Who has some of the measures in the period and is left out of `now`.
    """

    now: Mapping[str, float]
    now_common: Mapping[str, float]
    before: Mapping[str, float]
    areas: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def together(
    figures: Figures,
    area: str,
    measures: Sequence[str],
    period: str,
    against: str | None = None,
    parts: Sequence[str] = (),
) -> Together:
    """Some measures of an area on the same lower areas, and their change on the areas of both periods.

    Parameters
    ----------
    parts
        Further measures over the same areas, though not every area has something of them: the sources of a total.

    Notes
    -----
    A measure that the area does not have in a period is not in the values of that period.
    """
    known = [code for code in measures if figures.numbers(code, period, area) is not None]
    here = _shared(figures, area, known, [period])
    now = _values(figures, area, known, parts, period, here)
    lacking = here.left_out if here else ()
    if against is None:
        return Together(now, {}, {}, lacking=lacking)
    both = [code for code in known if figures.numbers(code, against, area) is not None]
    shared = _shared(figures, area, both, [period, against])
    if not both or shared is None:
        return Together(now, {}, {}, lacking=lacking)
    half = len(both)
    return Together(
        now,
        _values(figures, area, both, parts, period, shared),
        _values(figures, area, both, parts, against, shared, half),
        shared.areas,
        shared.left_out,
        lacking,
    )


def _shared(
    figures: Figures, area: str, measures: Sequence[str], periods: Sequence[str]
) -> Common | None:
    """What the measures share in all of the periods; None where districts report them, but none all of them."""
    sides = [((code,), period) for period in periods for code in measures]
    added_up = [
        bool(figures.districts(codes[0], period, area)) or area == "" for codes, period in sides
    ]
    if not any(added_up):  # an area below districts, or everything typed by the area itself
        return common(figures, area, sides) if sides else Common(frozenset(), ())
    shared = common(
        figures, area, [side for side, sums in zip(sides, added_up, strict=True) if sums]
    )
    if not shared.areas or (shared.left_out and not all(added_up)):
        return None  # a number that the area typed itself cannot be cut to fewer areas
    cut = iter(shared.without)
    return Common(shared.areas, tuple(next(cut) if sums else frozenset[str]() for sums in added_up))


def _values(
    figures: Figures,
    area: str,
    measures: Sequence[str],
    parts: Sequence[str],
    period: str,
    shared: Common | None,
    first: int = 0,
) -> dict[str, float]:
    """Measures and parts over what is shared; `first` is the place of the first one among the sides of `shared`."""
    if shared is None or not measures:
        return {}
    left_out = dict(zip(measures, shared.without[first:], strict=False))
    outside = shared.without[first]
    found = {}
    for code in [*measures, *parts]:
        others = figures.districts(code, period, area) - shared.areas if shared.areas else outside
        numbers = figures.without(code, period, area, left_out.get(code, outside | others))
        if numbers is not None:
            found[code] = float(numbers[0])
    return found
