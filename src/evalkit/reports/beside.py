"""A quarter or month beside the one before it (环比) and beside the same one of the year before (同比)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.documents import Block, Cell
from evalkit.documents.cells import Format
from evalkit.indicators.compare import compare
from evalkit.indicators.course import grows_with_time, is_part_of_year
from evalkit.indicators.load import Data, load
from evalkit.reports.disclosure import PublicData, as_public
from evalkit.reports.scope import Scope
from evalkit.reports.tables import above
from evalkit.reports.words import (
    MISSING,
    cell,
    period_words,
    right,
    source_line,
    stepped,
    valued,
)
from evalkit.world.extent import named
from evalkit.world.number import quotient
from evalkit.world.period import Period

STANDING = ("units", "units_covered", "party_orgs", "members")  # counts at the end, told first
MOST_COUNTS = 14  # of what happened in the period
GROWTH = Format(1, scale=100, sign="arrow", unit="%")


@dataclass(frozen=True)
class _Beside:
    """The periods of a table: the one judged, the one before it, the same one of the year before."""

    now: Period
    before: Period
    year_before: Period

    @classmethod
    def of(cls, period: str) -> _Beside:
        now = Period.parse(period)
        return cls(now, now.previous(), now.year_before)

    @property
    def earlier(self) -> tuple[str, str]:
        return str(self.before), str(self.year_before)


def period_table(
    data: Data, period: str | int, level: str = "district", within: str | None = None
) -> Block:
    """与上季度、上年同期比较: main indicators and counts of the whole; nothing for a year."""
    if not is_part_of_year(str(period)):
        return Block.group()
    beside = _Beside.of(str(period))
    every = _with_earlier(data, beside)
    scope = Scope.about(every, str(period), None, level, within)
    frame = scope.rows_of(scope.areas)
    total = above(frame, str(period), level)
    if within:
        root = every.find_area(within)
        total = every.indicators.loc[
            (every.indicators["area"] == root) & (every.indicators["period"] == str(period))
        ]
    if not len(total):
        return Block.group()
    area = str(total["area"].iloc[0])
    rows = _indicator_rows(every, area, beside) + _count_rows(every, area, beside)
    if not rows:
        return Block.group()
    words = [period_words(str(one)) for one in (beside.now, beside.before, beside.year_before)]
    columns: list[Any] = [
        "项目",
        *right(value=words[0], before=words[1], step=f"环比（比{words[1]}）"),
        *right(same=words[2], growth=f"同比（比{words[2]}）"),
    ]
    notes = [
        "比率和均值列增减数（比率按百分点），数量列增减百分之几；“—”为那一期没有数，或两期报送的地区不同。",
        "发生数（经费、活动、发展党员等）是本期内的，不是年初以来的累计，不与全年的标准比。",
    ]
    notes += _left_out(every, area, beside)
    demo = every.is_demo
    return Block.table(
        f"{words[0]}主要数据与上期、上年同期比较",
        columns,
        rows,
        notes=notes,
        source=source_line(str(period), demo),
        sortable=False,
        demo=demo,
    )


def _with_earlier(data: Data, beside: _Beside) -> Data:
    """The data in the three periods; those of a public edition withhold what it withholds."""
    periods = [*sorted(beside.earlier, key=Period.parse), str(beside.now)]
    every = load(data.project, periods=periods, dataset=data.dataset)
    return as_public(every, data) if isinstance(data, PublicData) else every


def _indicator_rows(data: Data, area: str, beside: _Beside) -> list[list[Any]]:
    book = data.codebook
    mine = data.indicators.loc[data.indicators["area"] == area]
    now = mine.loc[mine["period"] == str(beside.now)].set_index("indicator")
    moves = {
        old: _moves(data, mine, str(beside.now), old)
        for old in beside.earlier
        if (mine["period"] == old).any()
    }
    rows = []
    for code, one in book.indicators.items():
        if not one.headline or code not in now.index or pd.isna(now.at[code, "value"]):
            continue
        row = now.loc[code]
        line: list[Any] = [f"{one.name}（{one.unit or '倍'}）", valued(row, unit=False)]
        if grows_with_time(one, book):
            line[0] += "（本期）"
        for old in beside.earlier:
            line += _step(row, moves.get(old, pd.DataFrame()), code)
        rows.append(line)
    return rows


def _moves(data: Data, rows: pd.DataFrame, period: str, old: str) -> pd.DataFrame:
    return compare(rows, period, against=old, whole=data.indicators).set_index("indicator")


def _left_out(data: Data, area: str, beside: _Beside) -> list[str]:
    """Who did not report in all three periods, so that changes of rates leave it out."""
    lacking = {}
    for period in (str(beside.now), *beside.earlier):
        found = data.submitted(period, area)
        if found.silent:
            lacking[period_words(period)] = named(found.silent)
    said = "；".join(f"{when}缺{who}" for when, who in lacking.items())
    return [f"{said}：比率的以前数和增减只按两期都报送的地区计算。"] if said else []


def _step(row: Any, moves: pd.DataFrame, code: str) -> list[Any]:
    """The earlier value and the change from it, over the areas that reported both times."""
    if code not in moves.index or pd.isna(moves.at[code, "previous"]):
        return [MISSING, MISSING]
    move = moves.loc[code]
    return [valued(row, move["previous"], unit=False), stepped(row, move["change"])]


def _count_rows(data: Data, area: str, beside: _Beside) -> list[list[Any]]:
    """Counts: what stands, then what happened in the period; a change only over the same areas."""
    mine = data.measures.loc[data.measures["area"] == area]
    by_period = {
        period: rows.drop_duplicates("measure").set_index("measure")
        for period, rows in mine.groupby("period")
    }
    now = by_period.get(str(beside.now))
    if now is None:
        return []
    book = data.codebook.measures
    happened = [code for code, one in book.items() if one.adds_up and code in now.index]
    shown = [code for code in happened if now.at[code, "value"] not in (0, None)][:MOST_COUNTS]
    rows = []
    for code in [*(c for c in STANDING if c in now.index), *shown]:
        if pd.isna(now.at[code, "value"]):
            continue
        line: list[Any] = [f"{book[code].name}（{book[code].unit}）", _count(now.loc[code])]
        for old in beside.earlier:
            line += _growth(now.loc[code], by_period.get(old), code)
        rows.append(line)
    return rows


def _count(row: Mapping[str, Any]) -> Cell:
    return cell(row["value"], Format(_digits(row), grouped=True))


def _digits(row: Mapping[str, Any]) -> int:
    return 0 if float(row["value"]).is_integer() else 2


def _growth(row: Mapping[str, Any], earlier: pd.DataFrame | None, code: str) -> list[Any]:
    if earlier is None or code not in earlier.index or pd.isna(earlier.at[code, "value"]):
        return [MISSING, MISSING]
    old = earlier.loc[code]
    if _absent(row) != _absent(old):
        return [_count(old), MISSING]
    growth = quotient(float(row["value"]), float(old["value"]))
    return [_count(old), cell(growth - 1, GROWTH) if growth == growth else MISSING]


def _absent(row: Mapping[str, Any]) -> str:
    return "" if pd.isna(row["absent"]) else str(row["absent"])
