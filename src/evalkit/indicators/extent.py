"""Which areas a measure or an indicator rests on, of how many, and the same figures on other sets of areas.

An area is expected in a period where the user's areas.xlsx lists it, else where it reported in that period or in the one
before. It is absent from a measure where it has no value of it: it sent nothing, not this ledger, or its ledger does not
keep the column. A measure is expected of every area as soon as a sister area has it.

What is compared must rest on the same areas: `without` takes areas out of a sum, `common` finds those that two periods
share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.world.area import Area
from evalkit.world.extent import joined
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
            expected_districts[period] = frozenset(of_districts)
            expected_parts[period] = frozenset(of_parts)
        return cls(expected_districts, expected_parts, seen)

    def silent_parts(self, period: str) -> frozenset[str]:
        """Areas below a reporting district that should have reported and did not."""
        here = self.seen.get(period, frozenset())
        lost = [
            area
            for area in map(Area.of, self.parts.get(period, frozenset()))
            if area.path not in here and area.district().path in here
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


class Figures:
    """Measures by area, period and code, with their sums on fewer areas.

    Parameters
    ----------
    measures
        Tidy measures with ``home`` (rows of districts); value, low, high.
    """

    def __init__(self, measures: pd.DataFrame) -> None:
        frame = measures.loc[measures["value"].notna() & measures["area"].notna()]
        self._numbers = frame[list(NUMBERS)].to_numpy(dtype=float)
        # plain arrays: a column of text gives its values one by one, slowly
        measure, period, area = (
            frame[name].to_numpy(dtype=object) for name in ("measure", "period", "area")
        )
        self._row = {key: row for row, key in enumerate(zip(measure, period, area, strict=True))}
        self._districts: dict[tuple[str, str], list[str]] = {}
        for row in np.flatnonzero(frame["home"].fillna(False).to_numpy(dtype=bool)):
            self._districts.setdefault((measure[row], period[row]), []).append(area[row])
        self._inside: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._seen: dict[str, set[str]] = {}
        for row in np.flatnonzero(~frame.duplicated(["period", "area"]).to_numpy()):
            self._seen.setdefault(period[row], set()).add(area[row])

    def districts(self, measure: str, period: str, above: str) -> frozenset[str]:
        """The districts with the measure in an area; of a district itself."""
        what = (measure, period)
        if what not in self._inside:
            inside: dict[str, list[str]] = {}
            for path in self._districts.get(what, []):
                for area in (*ancestors(path), path):
                    inside.setdefault(area, []).append(path)
            self._inside[what] = inside
        return frozenset(self._inside[what].get(above, ()))

    def reported(self, period: str) -> set[str]:
        """The areas with any measure in a period."""
        return self._seen.get(period, set())

    def numbers(self, measure: str, period: str, area: str) -> np.ndarray[Any, Any] | None:
        """Value, low and high; None where the area has no value."""
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
    figures: Figures,
    area: str,
    sides: Sequence[tuple[Sequence[str], str]],
    unfit: frozenset[str] = frozenset(),
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
    outside = [frozenset[str]().union(*side) - shared for side in found]
    periods = {period for _, period in sides}
    if len(periods) > 1:
        everywhere = set.intersection(*(figures.reported(period) for period in periods))
        for place, (_, period) in enumerate(sides):
            outside[place] |= _parts_only_in(figures.reported(period), everywhere, area, shared)
    return Common(shared, tuple(outside))


def _parts_only_in(
    here: set[str], there: set[str], area: str, districts: frozenset[str]
) -> frozenset[str]:
    """Areas below the shared districts that reported here and not there; of those within another only the upper one."""
    whole = Area.of(area)
    only = {path for path in here - there if whole.contains(path) and path != area}
    found = {
        path
        for path in only
        if (home := Area.of(path).district().path) in districts and home != path
    }
    return frozenset(path for path in found if not any(up in found for up in ancestors(path)))
