"""A reader who has every public edition, every sum in mind, and assumes rightly what did not change between editions.

Written apart from `evalkit.reports.withholding`: it knows only what was printed, the areas' paths, and which measures are
parts of which. It gives for every cell that no edition printed the least and the greatest value that fits all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from scipy.optimize import linprog

Key = tuple[str, str, str]  # period, area, measure

SUMS = {
    "funds": ["funds_fiscal", "funds_dues_return", "funds_enterprise", "funds_donation_other"],
    "funds_fiscal": [f"funds_fiscal_{k}" for k in ("province", "city", "district", "township")],
    "funds_donation_other": ["funds_donation", "funds_other"],
    "subsidy_paid": ["funds_fiscal_district"],
}
PARTS = [
    ("members_joint", "members"),
    ("instructors_full_time", "instructors"),
    ("secretaries_trained", "secretaries"),
    ("secretaries_assessed", "secretaries"),
    ("floating_managed", "floating_members"),
]
ADDED_UP = ("admissions",)  # what happens in the course of a year; all else here stands at its end


@dataclass(frozen=True)
class Seen:
    """One edition as its reader has it: the numbers in it, and what they really were (also those it left out)."""

    printed: Mapping[Key, float]
    truth: Mapping[Key, float]
    ratios: Mapping[tuple[Key, Key], float] = field(default_factory=dict)  # numerator, denominator


@dataclass(frozen=True)
class Interval:
    key: Key
    value: float
    low: float
    high: float


def _sums(one: Seen, other: Seen) -> Iterable[tuple[Key, list[Key]]]:
    """Wholes of one edition with their parts in another (or the same) one."""
    inside: dict[Key, dict[int, list[Key]]] = {}
    for period, area, code in other.truth:
        names = area.split("/")
        for n in range(1, len(names)):
            whole = (period, "/".join(names[:n]), code)
            if whole in one.truth:
                inside.setdefault(whole, {}).setdefault(len(names), []).append((period, area, code))
    for whole, levels in inside.items():
        yield from ((whole, some) for some in levels.values())
    for period, area, whole in one.truth:
        some = [(period, area, c) for c in SUMS.get(whole, ())]
        yield (period, area, whole), [key for key in some if key in other.truth]
    for year, area, code in one.truth:
        quarters = [(f"{year}Q{n}", area, code) for n in (1, 2, 3, 4)]
        there = [key for key in quarters if key in other.truth]
        if there and code not in ADDED_UP:
            yield (year, area, code), [key for key in there if key[0].endswith("Q4")]
        elif len(there) == len(quarters):
            yield (year, area, code), there


def attacked(editions: Iterable[Seen], wanted: Iterable[Key]) -> list[Interval]:
    """What can be found out of some cells; a cell that changed between editions is found out in each of its values."""
    editions, wanted = list(editions), set(wanted)
    told = {(key, round(v, 6)) for seen in editions for key, v in seen.printed.items()}
    columns: dict[tuple[Key, float], int] = {}

    def at(key: Key, seen: Seen) -> int | None:
        """The unknown that a cell is; None where some edition tells this value."""
        name = (key, round(seen.truth[key], 6))
        return None if name in told else columns.setdefault(name, len(columns))

    equal, bounds = [], []
    for one, other in product(editions, editions):
        for whole, some in _sums(one, other):
            if some and abs(one.truth[whole] - sum(other.truth[k] for k in some)) <= 0.01:
                terms = [(whole, -1.0, one), *((k, 1.0, other) for k in some)]
                equal.append(_row(terms, at))
    for seen in editions:
        for period, area, code in seen.truth:
            bounds += [
                _row([((period, area, code), 1.0, seen), ((period, area, whole), -1.0, seen)], at)
                for part, whole in PARTS
                if part == code and (period, area, whole) in seen.truth
            ]
        for (top, bottom), value in seen.ratios.items():
            equal.append(_row([(top, 1.0, seen), (bottom, -value, seen)], at))
        for key in seen.truth:
            at(key, seen)
    n = len(columns)
    a_eq, b_eq = _matrix([r for r in equal if r[0]], n)
    a_ub, b_ub = _matrix([r for r in bounds if r[0]], n)
    found = []
    for (key, value), column in columns.items():
        if key not in wanted:
            continue
        goal = np.zeros(n)
        goal[column] = 1.0
        ends = []
        for sign in (1, -1):
            got = linprog(sign * goal, a_ub, b_ub, a_eq, b_eq, bounds=(0, None), method="highs")
            assert got.status in (0, 3), got.message
            ends.append(sign * got.fun if got.status == 0 else sign * -np.inf)
        found.append(Interval(key, value, *ends))
    return found


def _row(terms, at):
    """Coefficients of the unknowns, and what the printed cells leave for them."""
    row: dict[int, float] = {}
    left = 0.0
    for key, sign, seen in terms:
        column = at(key, seen)
        if column is None:
            left -= sign * seen.truth[key]
        else:
            row[column] = row.get(column, 0.0) + sign
    return row, left


def _matrix(rows, n):
    if not rows:
        return None, None
    matrix = np.zeros((len(rows), n))
    for line, (row, _) in enumerate(rows):
        for column, sign in row.items():
            matrix[line, column] = sign
    return matrix, np.array([left for _, left in rows])


def given_away(
    editions: Iterable[Seen], small: Iterable[Key], threshold: float, moved: float = 0
) -> list[Interval]:
    """Counts of persons under the threshold that are not left between nothing and the threshold.

    `moved`: by how much totals that are told went up between editions: so much there is at least of what went up.
    """
    return [
        one
        for one in attacked(editions, small)
        if 0 < one.value < threshold and (one.low > moved + 1e-6 or one.high < threshold - 1e-6)
    ]
