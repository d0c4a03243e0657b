"""The units and party organisations behind the counted problems, as cases that are followed over the years.

A case is one unit (or organisation) with one problem. Its number is made of the problem and of what makes the unit one
unit (`evalkit.world.unit_key`), so that it is the same next year, and in the 整改台账 that an office fills.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.indicators.areas import home_of
from evalkit.indicators.load import Data
from evalkit.reports.lists import Listed, listed, within
from evalkit.reports.sentences import declared
from evalkit.world.period import Period, precedes
from evalkit.world.unit_key import UnitKey

NUMBER_MARK, NUMBER_LENGTH = "ZG", 10


@dataclass(frozen=True)
class Case:
    """One unit or party organisation with one problem.

    Attributes
    ----------
    number
        Its stable number.
    kind, problem, rule
        Key and name of the problem (prose.yml), and the rule broken.
    area, home
        Path of the area that it stands under, and of its district.
    name
        Of the unit or organisation.
    members
        As the ledger gives them; what is printed is never below three.
    place
        File, sheet and row of the ledger.
    since
        The first period from which on it was listed without a break, as far as the data go back.
    periods
        How many periods that are.
    """

    number: str
    kind: str
    problem: str
    rule: str
    area: str
    home: str
    name: str
    members: int | None
    place: str
    since: str
    periods: int = 1

    @property
    def district(self) -> str:
        return self.home.rpartition("/")[2]

    @property
    def township(self) -> str:
        return self.area[len(self.home) + 1 :]


@dataclass(frozen=True)
class Followed:
    """The cases of a period, and what became of those of the one before.

    Attributes
    ----------
    period, before
        The period judged and the one before it with data; "" where there is none.
    cases
        Listed now, in administrative order.
    gone
        Listed before, no longer now, although their district sent what the list is made of.
    unknown
        Listed before, and their district sent nothing now by which one could tell.
    absent
        By problem the areas that the lists of now cannot tell of.
    first
        Numbers listed now whose district sent nothing before: neither new nor old.
    """

    period: str
    before: str
    cases: tuple[Case, ...]
    gone: tuple[Case, ...]
    unknown: tuple[Case, ...]
    absent: dict[str, tuple[str, ...]]
    first: frozenset[str]

    @property
    def again(self) -> tuple[Case, ...]:
        """Listed before and still there."""
        return tuple(case for case in self.cases if case.periods > 1)

    @property
    def new(self) -> tuple[Case, ...]:
        """Listed now and not before, in districts that could be told of before."""
        fresh = (case for case in self.cases if case.periods == 1)
        return tuple(case for case in fresh if self.before and case.number not in self.first)

    def inside(self, area: str) -> Followed:
        """The same of one area, with nothing of any other."""

        def mine(cases: tuple[Case, ...]) -> tuple[Case, ...]:
            return tuple(case for case in cases if within(case.area, area))

        absent = {
            problem: kept
            for problem, areas in self.absent.items()
            if (kept := tuple(one for one in areas if within(one, area)))
        }
        return dataclasses.replace(
            self,
            cases=mine(self.cases),
            gone=mine(self.gone),
            unknown=mine(self.unknown),
            absent=absent,
        )


def number_of(kind: str, key: str, home: str) -> str:
    """The number of a case: the same as long as unit and problem are."""
    unit = f"{kind}\n{UnitKey.of(key, home)}"
    return NUMBER_MARK + hashlib.sha256(unit.encode()).hexdigest()[:NUMBER_LENGTH].upper()


_kept: dict[
    tuple[Any, ...], Followed
] = {}  # of the last data asked about: report and lists ask alike


def followed(data: Data, period: str | int, area: str | None = None) -> Followed:
    """The cases of a period, followed back through all earlier periods of the same kind in `data`."""
    path = data.find_area(area) if area else None
    asked = (str(data.folder), data.manifest["fingerprint"], data.periods, str(period), path)
    if asked not in _kept:
        found = _followed(data, str(period), path)
        _kept.clear()
        _kept[asked] = found
    return _kept[asked]


def _followed(data: Data, now: str, area: str | None) -> Followed:
    kind = Period.parse(now).kind
    earlier = [p for p in data.periods if precedes(p, now) and Period.parse(p).kind == kind]
    kept = _kinds()
    lists = {
        p: {name: one for name, one in listed(data, p, area).items() if name in kept}
        for p in [*earlier, now]
    }
    rows = {p: _numbered(lists[p]) for p in lists}
    order = {path: n for n, path in enumerate(data.areas["area"])}
    cases = _cases(rows[now], _listed_since(rows, [*earlier, now]))
    last = earlier[-1] if earlier else ""
    here = {case.number for case in cases}
    lost = [] if not last else [c for c in _cases(rows[last], {}) if c.number not in here]
    blind = _blind(lists[now])
    gone = [case for case in lost if (case.kind, case.home) not in blind]
    unknown = [case for case in lost if (case.kind, case.home) in blind]
    blind_before = _blind(lists[last]) if last else frozenset()

    def in_order(found: list[Case]) -> tuple[Case, ...]:
        return tuple(sorted(found, key=lambda c: (order.get(c.home, len(order)), c.area)))

    return Followed(
        now,
        last,
        in_order(cases),
        in_order(gone),
        in_order(unknown),
        {name: one.absent for name, one in lists[now].items() if one.absent},
        frozenset(c.number for c in cases if (c.kind, c.home) in blind_before),
    )


def _kinds() -> dict[str, str]:
    """Key of a problem that is followed by its name."""
    problems = declared()["problems"]
    return {str(about["name"]): key for key, about in problems.items() if about.get("case")}


def _blind(lists: dict[str, Listed]) -> frozenset[tuple[str, str]]:
    """Problem and district of which a list cannot tell."""
    kinds = _kinds()
    return frozenset(
        (kinds[name], home_of(path)) for name, one in lists.items() for path in one.absent
    )


def _numbered(lists: dict[str, Listed]) -> pd.DataFrame:
    """The rows of all lists with kind, problem, home and number; a unit that stands twice once."""
    kinds, frames = _kinds(), []
    for name, one in lists.items():
        if len(one.rows):
            frames.append(one.rows.assign(kind=kinds[name], problem=name))
    if not frames:
        return pd.DataFrame(columns=["number"])
    rows = pd.concat(frames, ignore_index=True)
    homes = rows["area"].map(home_of)
    keys = rows["key"].fillna(rows["name"]).astype(str)
    numbers = [number_of(*row) for row in zip(rows["kind"], keys, homes.astype(str), strict=True)]
    return rows.assign(home=homes, number=numbers).drop_duplicates("number", ignore_index=True)


def _listed_since(rows: dict[str, pd.DataFrame], periods: list[str]) -> dict[str, list[str]]:
    """By number the last periods in which it stands without a break."""
    held: dict[str, list[str]] = {}
    for period in periods:
        here = set(rows[period]["number"])
        held = {number: [*held.get(number, []), period] for number in here}
    return held


def _cases(rows: pd.DataFrame, held: dict[str, list[str]]) -> list[Case]:
    found = []
    for row in rows.itertuples():
        listed_in = held.get(row.number, [""])
        found.append(
            Case(
                row.number,
                row.kind,
                row.problem,
                row.rule,
                str(row.area),
                str(row.home),
                str(row.name),
                None if pd.isna(row.members) else int(row.members),
                f"{row.source_file} {row.source_sheet} 第{row.source_row}行",
                listed_in[0],
                len(listed_in),
            )
        )
    return found
