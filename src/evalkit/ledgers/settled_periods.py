"""Periods below the year, settled over all ledgers that are read together.

Funds, activities and stars are those of organisations. Their months and quarters are periods of their own only where the
organisations are reported in that period too; activities of July beside a ledger of organisations of the third quarter are of
that quarter, and beside one of the whole year of the year; without organisations, beside a sheet of the whole year in the
same workbook, of the year. A ledger of December alone (组织台账202512) is that of the year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.ledgers.findings import finding
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.place import Place, district_of
from evalkit.ledgers.regions import Region
from evalkit.problems import Problem
from evalkit.world.period import Period

Placed = tuple[Region, Place]
OF_ORGANISATIONS = ("funds", "activities", "stars")  # tables whose rows belong to organisations
ORGANISATIONS = ("units", "party_organisations")
WHEN_NOT_TOLD = ("policies", "areas")
DECEMBER = 12


def with_settled_periods(
    placed: Mapping[str, Sequence[Placed]], headings: Headings
) -> dict[str, list[Placed]]:
    """The blocks of each form with the period that counts."""
    table = {form: str(headings.forms[form]["table"]) for form in placed}
    below: dict[tuple[str, int], set[Period]] = {}
    organised: dict[tuple[str, int], set[Period]] = {}
    in_book: dict[tuple[str, str, str, int], set[Period]] = {}
    for form, pairs in placed.items():
        for block, place in pairs:
            when = Period.read(place.period)
            if when is None or not when.in_calendar or table[form] in WHEN_NOT_TOLD:
                continue
            home = (_home(place), when.year)
            if _part_of_year(place):
                below.setdefault(home, set()).add(when)
            if table[form] in ORGANISATIONS:
                organised.setdefault(home, set()).add(when)
            in_book.setdefault((form, block.sheet.file, *home), set()).add(when)
    if not below:
        return {form: list(pairs) for form, pairs in placed.items()}

    def settled(form: str, block: Region, place: Place) -> Place:
        part = _part_of_year(place)
        if part is None or table[form] in WHEN_NOT_TOLD:
            return place
        home = (_home(place), part.year)
        if all(one.kind == "month" and one.bounds[0].month == DECEMBER for one in below[home]):
            return replace(place, period=str(part.year))
        if table[form] not in OF_ORGANISATIONS:
            return place
        if (
            home not in organised
        ):  # a sheet of the year beside those of its months has the same rows
            year = Period("year", part.year)
            whole = year in in_book[form, block.sheet.file, *home]
            return replace(place, period=str(year)) if whole else place
        around = [one for one in organised[home] if one.contains(part)]
        shortest = max(around, key=lambda one: one.bounds[0], default=None)
        return replace(place, period=str(shortest or part.year))

    return {
        form: [(block, settled(form, block, place)) for block, place in pairs]
        for form, pairs in placed.items()
    }


def _part_of_year(place: Place) -> Period | None:
    found = Period.read(place.period)
    return found if found and found.kind in ("half", "quarter", "month") else None


def _home(place: Place) -> str:
    return district_of(place.area) or place.area or ""


def quarters_missing(
    placed: Mapping[str, Sequence[Placed]],
    settled: Mapping[str, Sequence[Placed]],
    headings: Headings,
) -> list[Problem]:
    """Ledgers of quarters that became one of the year, and lack a quarter: three quarters are never silently a year."""
    problems = []
    for form, pairs in placed.items():
        quarters: dict[tuple[str, int], dict[Period, str]] = {}
        whole: set[tuple[str, int]] = set()
        for (block, place), (_, now) in zip(pairs, settled[form], strict=True):
            when = Period.read(place.period)
            if when is None or not when.in_calendar:
                continue
            at = (_home(place), when.year)
            became = Period.read(now.period)
            if when.kind == "quarter" and became is not None and became.kind == "year":
                quarters.setdefault(at, {}).setdefault(when, block.sheet.file)
            elif when.kind != "quarter":
                whole.add(at)
        for (home, year), found in quarters.items():
            lacking = [one for one in Period("year", year).parts("quarter") if one not in found]
            if (home, year) in whole or not lacking:
                continue
            name = headings.forms[form]["name"]
            said = "、".join(one.words().removeprefix(f"{year}年") for one in lacking)
            text = f"{home.rpartition('/')[2]}{year}年{name}按季报，缺{said}"
            file = found[max(found)]
            problems.append(finding("period_incomplete", file, "", text, "按已报的计入全年"))
    return problems
