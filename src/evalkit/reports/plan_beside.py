"""Scenarios side by side, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.documents import Block
from evalkit.documents.cells import Cell, Format
from evalkit.reports.plan_scenarios import Side, asked_lines
from evalkit.subsidy.cost import cost
from evalkit.subsidy.coverage import left_out, left_out_words
from evalkit.subsidy.words import WORDS, lists
from evalkit.world.number import WAN_YUAN, quotient


def side_by_side(sides: Sequence[Side]) -> Block:
    """A column a scenario, 现行标准 first: what it changes, cost and payers of every year, who gains and loses."""
    words, first = WORDS["scenarios"], sides[0].result
    plan = first.plan
    rows: list[list[Any]] = []
    for year in plan.years:
        rows += _rows_of_year(sides, year)
    columns: list[Any] = [
        words["item"],
        {"key": "now", "label": words["now"], "align": "right"},
        *({"key": f"s{n}", "label": one.name, "align": "right"} for n, one in enumerate(sides)),
    ]
    about = [WORDS.say("scenarios.about", name=one.name, changes=_changes(one)) for one in sides]
    gaps = [text for one in sides for text in left_out_words(left_out(one.result, plan.years[0]))]
    return Block.table(
        words["title"],
        columns,
        rows,
        source=first.source_line,
        sortable=False,
        notes=[*about, *dict.fromkeys(gaps)],
        demo=plan.source.is_demo,
    )


def _rows_of_year(sides: Sequence[Side], year: int) -> list[list[Any]]:
    """Cost, change, payers, organisations that gain and lose in a year."""
    words = WORDS["scenarios"]
    money = [one.money(year) if one.reckons(year) else None for one in sides]
    before = int(cost(sides[0].result, [], year)["baseline_fen"].iloc[0])
    counts = [one.moved(year) if one.reckons(year) else None for one in sides]
    paid = [cost(one.result, "payer", year).set_index("payer") for one in sides]
    payers = [who for who in lists()["payer"] if any(who in frame.index for frame in paid)]
    rows: list[list[Any]] = [
        [
            f"{year}年{words['cost']}",
            _wan(before),
            *(_wan(one.spent if one else None) for one in money),
        ],
        [f"{year}年{words['more']}", None, *(_wan(one.more if one else None) for one in money)],
    ]
    rows += [
        [
            f"{year}年{lists()['payer'][who]}{words['cost']}",
            _wan(max(_of(frame, who, "baseline_fen") for frame in paid)),
            *(
                # who pays a sum that is shared out is not said
                _wan(None if one.answer.envelope else _of(frame, who, "amount_fen"))
                for one, frame in zip(sides, paid, strict=True)
            ),
        ]
        for who in payers
        if not all(one.answer.envelope for one in sides)
    ]
    return [
        *rows,
        *(
            [
                f"{year}年{words[side]}",
                None,
                *(_whole(one[side] if one else None) for one in counts),
            ]
            for side in ("gain", "lose")
        ),
    ]


def _of(frame: Any, who: str, column: str) -> int:
    return int(frame.at[who, column]) if who in frame.index else 0


def _wan(fen: int | None) -> Cell | None:
    return (
        None
        if fen is None
        else Cell(quotient(fen, WAN_YUAN), format=Format(decimals=2, grouped=True))
    )


def _whole(number: int | None) -> Cell | None:
    return None if number is None else Cell(int(number), format=Format(decimals=0, grouped=True))


def _changes(side: Side) -> str:
    """The question of a scenario, what it changes and asks, in words."""
    reform, scheme = side.result.reform, side.result.plan.scheme
    told = "；".join([*reform.lines(scheme), *asked_lines(reform)])
    told = told or WORDS["scenarios"]["none_changed"]
    return f"{reform.question}（{told}）" if reform.question else told
