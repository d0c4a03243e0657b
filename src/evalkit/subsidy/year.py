"""The parts of a year in which nothing changes."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from evalkit.subsidy.dated import ALWAYS, Dated, value_on
from evalkit.subsidy.values import SchemeData

Values = Mapping[str, Dated]  # dated values by path
MONTHS = 12


@dataclass(frozen=True)
class Piece:
    """A part of a year: its weight (days, months), and the standards in force, in the order they were asked for.

    Money is in fen, a share in ten-thousandths.
    """

    weight: int
    standards: tuple[int, ...]


def pieces(
    scheme: SchemeData, paths: Sequence[str], values: Values, year: int
) -> tuple[Piece, ...]:
    """The parts of a year, as the scheme's rule for dates cuts it."""
    cuts = _cuts(scheme, paths, values, year)
    bounds = [*cuts, length_of(scheme.dates, year)]
    scales = {path: scheme.parameters[path].scale for path in paths}
    return tuple(
        Piece(
            bounds[n + 1] - at,
            tuple(int((value_on(values[path], cuts[at]) or 0) * scales[path]) for path in paths),
        )
        for n, at in enumerate(bounds[:-1])
    )


def days_of(
    scheme: SchemeData, paths: Sequence[str], values: Values, year: int
) -> tuple[date, ...]:
    """A day of each of the `pieces`, whose values are in force there."""
    return tuple(_cuts(scheme, paths, values, year).values())


def _cuts(scheme: SchemeData, paths: Sequence[str], values: Values, year: int) -> dict[int, date]:
    """From which day or month on, counted from 0, in order: a day in that part whose values are in force."""
    first = date(year, 1, 1)
    cuts = {0: first}
    whole = length_of(scheme.dates, year)
    starts = {day for path in paths for day, _ in values[path] if first < day <= date(year, 12, 31)}
    for day in sorted(starts) if scheme.dates != "first_day" else ():
        cuts[day_of_cut(scheme.dates, day)] = day
    return {at: cuts[at] for at in sorted(cuts) if at < whole}


def length_of(rule: str, year: int) -> int:
    """A year in the unit of the rule."""
    if rule == "first_day":
        return 1
    return MONTHS if rule == "months" else 365 + calendar.isleap(year)


def day_of_cut(rule: str, day: date) -> int:
    """From where in the year a change counts: a day, or a month (its own where the day is its first, else the next)."""
    if rule == "months":
        return day.month - (day.day == 1)
    return day.timetuple().tm_yday - 1


def whole_year(values: Values, year: int) -> dict[str, Dated]:
    """The values in force at the end of a year, as if they had held through it."""
    ends = {path: value_on(dated, date(year, 12, 31)) for path, dated in values.items()}
    return {path: ((ALWAYS, Decimal(0) if end is None else end),) for path, end in ends.items()}
