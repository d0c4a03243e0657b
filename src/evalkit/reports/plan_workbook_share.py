"""总额分配 of 测算底稿.xlsx: a fixed sum shared out, with the total and the limits of each as yellow cells.

On the left a row a kind of organisation (weight, need), on the right a row a kind and district. The rate at which the sum
is used up lies between two bends (where a kind reaches its floor or its ceiling); what whole fen leave over goes to the
largest remainders, as in `envelope.fill`. All money here is in fen until it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

import numpy as np

from evalkit.reports.plan_words import TOLD
from evalkit.subsidy.envelope import Envelope
from evalkit.subsidy.words import WORDS

FIRST = 13  # the row of the first kind, counted from 1
TEXTS = TOLD["workbook"]["shared"]
TOTAL, LEAST, MOST, GIVEN, START, END, BELOW, ABOVE, RATE, SHORT = (
    f"$B${row}" for row in range(2, 12)
)
BIG = "1E+15"
SLACK = "0.001"  # of a fen: noise of binary numbers


@dataclass(frozen=True)
class Kind:
    """Organisations of one weight and need."""

    weight: int
    need: int


@dataclass(frozen=True)
class Run:
    """Organisations of one kind that stand one after the other in a district."""

    kind: int
    area: str
    number: int
    amounts: tuple[int, ...]


def write_share(sheet: Any, shared: Envelope, look: Mapping[str, Any]) -> None:
    """The sheet; each formula has the result that the plan has."""
    kinds, runs = _kinds_and_runs(shared)
    last = FIRST + len(kinds) - 1
    _head(sheet, shared, kinds, last, look)
    sheet.write_row(FIRST - 2, 0, TEXTS["kinds"], look["head"])
    amounts = _amounts_of_kinds(shared, kinds, runs)
    for n, kind in enumerate(kinds):
        number = sum(run.number for run in runs if run.kind == n)
        _kind(sheet, shared, FIRST + n, last, kind, number, amounts[n])
    sheet.write_row(FIRST - 2, 13, TEXTS["runs"], look["head"])
    names = dict(zip(shared.areas["area"], shared.areas["area_name"], strict=True))
    first_of_kind: dict[int, int] = {}
    for n, run in enumerate(runs):
        row = FIRST + n
        first = first_of_kind.setdefault(run.kind, row)
        low = min(amounts[run.kind])
        extra = sum(one - low for one in run.amounts)
        sheet.write_row(row - 1, 13, [names[run.area], run.kind + 1, run.number])
        kind_row = FIRST + run.kind
        before = f"SUM(P{first}:P{row})-P{row}"
        text = f"=MAX(0,MIN(P{row},$L${kind_row}-({before})))"
        sheet.write_formula(row - 1, 16, text, None, extra)
        text = f"=($J${kind_row}*P{row}+Q{row})/100"
        sheet.write_formula(row - 1, 17, text, look["money"], sum(run.amounts) / 100)
    _areas(sheet, shared, FIRST + len(runs) - 1, look)


def _kinds_and_runs(shared: Envelope) -> tuple[list[Kind], list[Run]]:
    """Kinds in the order in which whole fen are handed out, and their runs by district, in the order of the list."""
    rows = shared.organisations
    need = (
        rows["need_fen"].to_numpy(np.int64)
        if shared.by == "need"
        else np.zeros(len(rows), np.int64)
    )
    keys = list(zip(shared.weights.tolist(), need.tolist(), strict=True))
    order = sorted(set(keys))
    place = {key: n for n, key in enumerate(order)}
    kind_of = [place[key] for key in keys]
    listed = zip(kind_of, rows["area"], rows["amount_fen"], strict=True)
    by_kind = sorted(enumerate(listed), key=lambda one: (one[1][0], one[0]))
    runs = []
    for (kind, area), some in groupby(by_kind, key=lambda one: one[1][:2]):
        amounts = tuple(int(one[1][2]) for one in some)
        runs.append(Run(kind, str(area), len(amounts), amounts))
    return [Kind(*key) for key in order], runs


def _amounts_of_kinds(shared: Envelope, kinds: list[Kind], runs: list[Run]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in kinds]
    for run in runs:
        found[run.kind] += run.amounts
    return found


def _head(
    sheet: Any, shared: Envelope, kinds: list[Kind], last: int, look: Mapping[str, Any]
) -> None:
    """The total and the limits, yellow; the rate at which the total is used up."""
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 17, 14)
    sheet.write_string(0, 0, shared.sentence)
    money = ((TEXTS["total"], shared.total), (TEXTS["least"], shared.floor))
    for row, (label, fen) in enumerate(money, 1):
        sheet.write_string(row, 0, label)
        sheet.write_number(row, 1, fen, look["input"])
    sheet.write_string(3, 0, TEXTS["most"])
    if shared.most is None:
        sheet.write_blank(3, 1, None, look["input"])
    else:
        sheet.write_number(3, 1, shared.most, look["input"])
    w, n, top = (f"${c}${FIRST}:${c}${last}" for c in "ACD")
    could = f"SUMPRODUCT(({w}>0)*{top}*{n})+{LEAST}*SUMPRODUCT(({w}=0)*{n})"
    limited = shared.by == "need"
    given = f"MIN({TOTAL},{could})" if limited else f'IF({MOST}="",{TOTAL},MIN({TOTAL},{could}))'
    bends, used = f"$E${FIRST}:$F${last}", f"$G${FIRST}:$H${last}"
    at_zero = f"{LEAST}*SUM({n})"  # at the rate 0 everybody has the floor
    under = f"({used}<{GIVEN}-{SLACK})"
    lines = (
        (TEXTS["given"], given, shared.given),
        (TEXTS["start"], f"SUMPRODUCT(MAX({under}*{bends}))", 0),
        (TEXTS["end"], f"SUMPRODUCT(MIN({bends}+{under}*{BIG}))", 0),
        (TEXTS["below"], f"MAX({at_zero},SUMPRODUCT(MAX({under}*{used})))", 0),
        (TEXTS["above"], f"SUMPRODUCT(MIN({used}+{under}*{BIG}))", 0),
        (TEXTS["rate"], f"IF({ABOVE}<={BELOW},{END},{START}+({END}-{START})*({GIVEN}-{BELOW})/({ABOVE}-{BELOW}))",
         float(shared.exact_rate)),
        (TEXTS["short"], f"{GIVEN}-SUMPRODUCT($J${FIRST}:$J${last}*{n})", 0),
    )  # fmt: skip
    for row, (label, text, value) in enumerate(lines, 4):
        sheet.write_string(row, 0, label)
        sheet.write_formula(row, 1, f"={text}", None, value)


def _kind(
    sheet: Any,
    shared: Envelope,
    row: int,
    last: int,
    kind: Kind,
    number: int,
    amounts: list[int],
) -> None:
    """A kind: its limits, the bends with what is used there, its amount in whole fen, how many get one fen more."""
    w, n, top = (f"${c}${FIRST}:${c}${last}" for c in "ACD")
    sheet.write_row(row - 1, 0, [kind.weight, kind.need, number])
    ceiling = f"MAX({LEAST},$B{row})" if shared.by == "need" else TOTAL
    text = f'IF({MOST}="",{ceiling},MIN({MOST},{ceiling}))'
    for column, end in ((4, LEAST), (5, f"$D{row}")):
        bend = f"=IF($A{row}=0,0,{end}/$A{row})"
        sheet.write_formula(row - 1, column, bend, None, 0)
        cell = f"{'EF'[column - 4]}{row}"
        at = f"{cell}*{w}"
        used = (
            f"=SUMPRODUCT({n}*(({at}>{top})*{top}+({at}<{LEAST})*{LEAST}"
            f"+({at}>={LEAST})*({at}<={top})*{at}))"
        )
        sheet.write_formula(row - 1, column + 2, used, None, 0)
    least = shared.most if shared.most is not None else shared.total
    sheet.write_formula(
        row - 1, 3, f"={text}", None, max(shared.floor, kind.need) if shared.by == "need" else least
    )
    exact = min(Fraction(10**15), max(Fraction(shared.floor), shared.exact_rate * kind.weight))
    sheet.write_formula(
        row - 1, 8, f"=MIN($D{row},MAX({LEAST},{RATE}*$A{row}))", None, float(exact)
    )
    sheet.write_formula(row - 1, 9, f"=INT($I{row}+1E-6)", None, min(amounts))
    sheet.write_formula(
        row - 1, 10, f"=ROUND(MAX(0,$I{row}-$J{row}),7)", None, float(exact - math.floor(exact))
    )
    rest = f"$K${FIRST}:$K${last}"
    before = (
        f"SUMPRODUCT(({rest}>$K{row})*{n})+SUMPRODUCT(({rest}=$K{row})*(ROW({rest})<ROW())*{n})"
    )
    extra = sum(one - min(amounts) for one in amounts)
    sheet.write_formula(row - 1, 11, f"=MAX(0,MIN($C{row},{SHORT}-({before})))", None, extra)


def _areas(sheet: Any, shared: Envelope, last: int, look: Mapping[str, Any]) -> None:
    """What each district gets, beside what the scheme would give."""
    heads = WORDS["envelope"]["heads"]
    names = [
        TOLD["columns"]["area"],
        heads["organisations"],
        heads["need_fen"],
        heads["amount_fen"],
        heads["change_fen"],
    ]
    sheet.write_row(FIRST - 2, 19, names, look["head"])
    sheet.set_column(19, 23, 16)
    rows = shared.areas.to_dict("records")
    for n, one in enumerate(rows):
        row = FIRST + n
        sheet.write_row(
            row - 1, 19, [one["area_name"], one["organisations"], one["need_fen"] / 100]
        )
        text = f"=SUMIFS($R${FIRST}:$R${last},$N${FIRST}:$N${last},$T{row})"
        sheet.write_formula(row - 1, 22, text, look["money"], one["amount_fen"] / 100)
        text = f"=W{row}-V{row}"
        sheet.write_formula(row - 1, 23, text, look["money"], one["change_fen"] / 100)
    row = FIRST + len(rows)
    sheet.write_string(row - 1, 19, TOLD["said"]["total"])
    sums = (int(shared.areas["organisations"].sum()), shared.need / 100, shared.given / 100,
            (shared.given - shared.need) / 100)  # fmt: skip
    for column, value in zip("UVWX", sums, strict=True):
        text = f"=SUM({column}{FIRST}:{column}{row - 1})"
        sheet.write_formula(row - 1, "TUVWX".index(column) + 19, text, look["money"], value)
