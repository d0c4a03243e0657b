"""测算底稿.xlsx: standards in yellow cells, 数量 × 标准 = 金额 as live formulas, a row a district, totals.

Payments are rounded one by one, so 分组 has a row for every kind of organisation (tier, members) in a district; the
district rows add those up. Recalculated it equals `Plan.run`, and a changed yellow cell changes every sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name as letter

from evalkit.documents.workbook import HEAD as HEAD_STYLE
from evalkit.documents.workbook import book_bytes, write_cell
from evalkit.files import put
from evalkit.subsidy import rule as rules
from evalkit.subsidy.cells import Cells
from evalkit.subsidy.coverage import SIDES as SIDE_WORDS
from evalkit.subsidy.coverage import coverage, missing, remarks, touched, why_words
from evalkit.subsidy.notes import notes as plan_notes
from evalkit.subsidy.result import Result
from evalkit.subsidy.rule import district_of, payment_of
from evalkit.subsidy.values import MONTHS_OF_A_YEAR, Component
from evalkit.subsidy.words import lists
from evalkit.subsidy.year import pieces

HEAD = [
    "地区",
    "项目",
    "档次",
    "数量",
    "组织数",
    "现行每个（元）",
    "现行合计（元）",
    "调整后每个（元）",
    "调整后合计（元）",
]
UNKNOWN = "缺"
DIGITS = {1: 2, 100: 0, 1_000: -1, 10_000: -2}  # of yuan, by the unit of rounding in fen
NO_SIDE = -1  # of a column that is a plain number


@dataclass(frozen=True)
class Side:
    """Where a scheme's payments stand in 分组: columns (from 0) and letters of the payment and of its total."""

    each: int
    total: int
    each_letter: str
    total_letter: str


SIDES = (Side(5, 6, "F", "G"), Side(7, 8, "H", "I"))  # 现行, 调整后


@dataclass(frozen=True)
class Standard:
    """A parameter on a side (0 现行, 1 调整后)."""

    side: int
    path: str


@dataclass(frozen=True)
class Address:
    """Where a part of the year has the value of a standard and its weight."""

    value: str
    weight: str


Addresses = dict[Standard, list[Address]]


@dataclass(frozen=True)
class Line:
    """A row of 分组: place of the cell, district, kind and number of its organisations, and which payer."""

    cell: int
    area: int
    kind: int
    n: int
    payer: int


@dataclass(frozen=True)
class Place:
    """A kind of organisation in a district."""

    area: int
    kind: int


@dataclass(frozen=True)
class Spot:
    """A cell and a payer: where in 分组 it stands is asked by it."""

    cell: int
    payer: int


@dataclass(frozen=True)
class Column:
    """A column of 分地区: label of 分组, component, side (`NO_SIDE`: a plain number), hundredths by district."""

    label: str
    component: str
    side: int
    hundredths: Any


def workbook(result: Result, path: Path) -> Path:
    """Write the workbook; every text is a text, only our own formulas calculate."""

    def fill(book: Any) -> None:
        look = {
            "head": book.add_format(HEAD_STYLE),
            "input": book.add_format({"bg_color": "#FFFF00", "border": 1}),
            "money": book.add_format({"num_format": "#,##0.00"}),
        }
        _first(book.add_worksheet("说明"), result, book.add_format({"text_wrap": True}))
        for year, cells in _standards(book.add_worksheet("标准"), result, look).items():
            _year(book, result, year, cells, look)
        _reached(book.add_worksheet("计发范围"), result, look)

    return put(path, book_bytes(fill))


def _standards(sheet: Any, result: Result, look: dict[str, Any]) -> dict[int, Addresses]:
    """The yellow cells; by year the addresses of the value and weight of each part of it."""
    heads = ["项目", "单位", "年份", "方案", "时段", "标准（可改）", "权数", "全年权数"]
    sheet.write_row(0, 0, heads, look["head"])
    sheet.set_column(0, 0, 26)
    sheet.set_column(5, 5, 15)
    sheet.fit_to_pages(1, 0)
    line, made = 1, {}
    for year in result.plan.years:
        addresses: Addresses = {}
        for number, side in enumerate(result.sides):
            for name, part in side.scheme.components.items():
                paths = [f"{name}.{key}" for key in part.params]
                parts = pieces(side.scheme, paths, side.values, year)
                whole = sum(piece.weight for piece in parts)
                for (place, path), (n, piece) in product(enumerate(paths), enumerate(parts, 1)):
                    one = side.scheme.parameters[path]
                    told = [side.scheme.label(path), one.unit, year, ("现行", "调整后")[number], n]
                    sheet.write_row(line, 0, told)
                    value = piece.standards[place] / one.scale
                    sheet.write_number(line, 5, value, look["input"])
                    sheet.write_row(line, 6, [piece.weight, whole])
                    line += 1
                    cell = f"标准!$F${line}"
                    value_of_a_year = f"({cell}*{MONTHS_OF_A_YEAR})" if one.monthly else cell
                    address = Address(value_of_a_year, f"标准!$G${line}")
                    addresses.setdefault(Standard(number, path), []).append(address)
        made[year] = addresses
    return made


def _first(sheet: Any, result: Result, wrapped: Any) -> None:
    lines = [
        result.title or "补助标准调整测算底稿",
        result.sentence,
        "黄色单元格（“标准”表）可以改，改后“分地区”各表随之重算。",
        *(f"调整：{row['text']}" for row in result.reform.difference(result.plan.scheme)),
        *dict.fromkeys([*remarks(result), *plan_notes(result.plan)]),
        f"标准出处：{result.plan.scheme.source}",
    ]
    for row, text in enumerate(lines):
        sheet.set_row(row, 16 * (1 + len(text) // 55))
        sheet.write_string(row, 0, text, wrapped)
    sheet.set_column(0, 0, 100)


def _year(book: Any, result: Result, year: int, addresses: Addresses, look: dict[str, Any]) -> None:
    """分组 and 分地区 of a year."""
    group, area = f"分组{year}", book.add_worksheet(f"分地区{year}")
    sheet = book.add_worksheet(group)
    sheet.write_row(0, 0, HEAD, look["head"])
    filled = _Groups(sheet, result, year, addresses, look)
    for number, side in enumerate(result.sides):
        components = side.scheme.components.items()
        for name, part in sorted(components, key=lambda item: bool(item[1].of)):
            filled.write(number, name, part)  # what is matched comes first
    _areas(area, result, year, group, filled.row, look)


class _Groups:
    """Writes 分组 of a year; a row of the second side that has the cells of the first stands in it."""

    def __init__(
        self, sheet: Any, result: Result, year: int, addresses: Addresses, look: dict[str, Any]
    ) -> None:
        self.sheet, self.result, self.year = sheet, result, year
        self.addresses, self.look = addresses, look
        self.row = 1
        self.rows: dict[Standard, dict[Spot, int]] = {}  # of a component on a side

    def _cells(self, side: int, name: str) -> Cells:
        scheme = self.result.sides[side].scheme
        return self.result.plan.reduction.cells(scheme, name, self.year)

    def write(self, side: int, name: str, part: Component) -> None:
        """The rows of a component on a side."""
        cells = self._cells(side, name)
        if side and cells is self._cells(0, name):
            self.rows[Standard(side, name)] = self.rows[Standard(0, name)]
        else:
            self.rows[Standard(side, name)] = self._list(part, cells)
        one, columns = self.result.sides[side], SIDES[side]
        inner = {other: self._places(side, other) for other in part.of}
        engine = self.result.plan.engine
        pays = engine.payments(one.scheme, name, self.year, one.values)
        before = np.zeros(len(cells.q), np.int64)
        if part.guarantee is not None:
            before = engine.before(one.scheme, name, self.year, one.values)
        for spot, at in self.rows[Standard(side, name)].items():
            kind = int(cells.kind[spot.cell])
            base = self._base(side, part, cells, spot, inner)
            tier = int(cells.tier[kind])
            where = _where(part, self.addresses, side, name, tier)
            rule = payment_of(part, len(where))[spot.payer]
            found = rules.Cells(
                DIGITS[one.scheme.unit],
                quantity=f"$D{at + 1}",
                matched=base,
                before=str(int(before[kind]) / 100),
                weights=tuple(place[WEIGHT] for place in where),
                tiers=tuple(place[""] for place in where),
                standards=tuple(where),
            )
            formula = f"={rules.formula(rule, found)}"
            each = int(pays[spot.payer][kind]) / 100  # cached: what does not calculate shows it
            self.sheet.write_formula(at, columns.each, formula, self.look["money"], each)
            total = f"=E{at + 1}*{columns.each_letter}{at + 1}"
            money = each * int(cells.n[spot.cell])
            self.sheet.write_formula(at, columns.total, total, self.look["money"], money)

    def _list(self, part: Component, cells: Cells) -> dict[Spot, int]:
        """Write what describes each cell; the rows in which they stand."""
        names, lines = self.result.plan.source.names, {}
        scale = cells.divisor * (100 if part.per == "dues" or part.of else 1)
        for line in _lines(part, cells):
            tier = ""
            if (part.by or part.scopes) and not part.marginal:
                tier = part.params[part.all_rates[int(cells.tier[line.kind])]].label
            quantity = float(cells.q[line.kind]) / scale
            shown = (names[line.area], _label(part, line.payer), tier, quantity, line.n)
            for column, value in enumerate(shown):
                write_cell(self.sheet, self.row, column, value)
            lines[Spot(line.cell, line.payer)] = self.row
            self.row += 1
        return lines

    def _places(self, side: int, name: str) -> dict[Place, int]:
        """The cells of a component by district and kind."""
        cells = self._cells(side, name)
        places = zip(cells.area, cells.kind, strict=True)
        return {Place(int(area), int(kind)): n for n, (area, kind) in enumerate(places)}

    def _base(
        self,
        side: int,
        part: Component,
        cells: Cells,
        spot: Spot,
        inner: dict[str, dict[Place, int]],
    ) -> str:
        """Of a matching: the sum of the payments that it matches."""
        area, kind, found = int(cells.area[spot.cell]), int(cells.kind[spot.cell]), []
        for other, kinds in zip(part.of, cells.parts, strict=True):
            if kinds[kind] >= 0:
                cell = inner[other][Place(area, int(kinds[kind]))]
                row = self.rows[Standard(side, other)][Spot(cell, 0)]
                found.append(f"{SIDES[side].each_letter}{row + 1}")
        return "+".join(found) or "0"


def _lines(part: Component, cells: Cells) -> Iterator[Line]:
    for cell, (area, kind, n) in enumerate(zip(cells.area, cells.kind, cells.n, strict=True)):
        for payer in range(1 + bool(part.of)):
            yield Line(cell, int(area), int(kind), int(n), payer)


def _label(part: Component, payer: int) -> str:
    return part.name + (f"·{lists()['payer'][part.payers[payer]]}" if part.of else "")


def _where(
    part: Component, addresses: Addresses, side: int, name: str, tier: int
) -> list[dict[str, str]]:
    """By part of the year where the standards of a component stand; "" is that of the tier, `WEIGHT` the weight."""
    columns = {key: addresses[Standard(side, f"{name}.{key}")] for key in part.params}
    found = []
    for n in range(len(next(iter(columns.values())))):
        one = {key: column[n].value for key, column in columns.items()}
        own = "" if part.of or part.marginal else one[part.all_rates[tier]]
        weight = next(iter(columns.values()))[n].weight
        found.append({**one, "": own, WEIGHT: weight})
    return found


WEIGHT = "w"


def _reached(sheet: Any, result: Result, look: dict[str, Any]) -> None:
    """计发 and 未计发 by year, scheme and component, with the reasons."""
    heads = ["年份", "方案", "项目", "计发", "未计发", "单位", "未计发的原因"]
    sheet.write_row(0, 0, heads, look["head"])
    sheet.set_column(2, 2, 26)
    sheet.set_column(6, 6, 80)
    line = 1
    for year, side in product(result.plan.years, (0, 1)):
        for row in coverage(result, year, side).to_dict("records"):
            why = why_words(row["reasons"], row["unit"])
            shown = [year, SIDE_WORDS[side], row["name"], row["paid"], row["unpaid"], row["unit"]]
            for column, value in enumerate([*shown, why]):
                write_cell(sheet, line, column, value)
            line += 1


def _gaps(result: Result, year: int, place: int) -> set[str]:
    """The components that cannot be reckoned in a district."""
    names = result.scheme.components
    return {name for name in names if missing(result, name, year)[place] != ""}


def _unknown(result: Result, name: str, year: int, place: int, column: int) -> bool:
    """Whether a cell of a district cannot be reckoned; organisations and members where their ledger has not come."""
    source = result.plan.source
    if column <= _PLAIN_COLUMNS:
        where = source.homes[place], str(source.data_year(year))
        return where not in source.reported and where not in source.empty
    return bool(missing(result, name, year)[place] != "")


_PLAIN_COLUMNS = 2  # organisations and members, before the columns of money


def _columns(result: Result, year: int) -> list[Column]:
    """The columns of 分地区: organisations, members, money already spent, money of every component and side."""
    reduction, count = result.plan.reduction, len(result.plan.source.homes)
    rows, places = reduction.rows(year), reduction.places(year)
    if "functional" in rows:  # none of the party organisations that are counted
        places = places[~rows["functional"].to_numpy(bool)]
    organisations = np.bincount(places, minlength=count) * 100
    members = (result.members(year) * 100).astype(np.int64)
    first = next(iter(result.scheme.components))
    columns = [
        Column("党组织（个）", first, NO_SIDE, organisations),
        Column("党员（名）", first, NO_SIDE, members),
    ]
    for name, part in result.scheme.components.items():
        if any(side.scheme.components[name].basis == "top_up" for side in result.sides):
            spent = reduction.spent(part.spent_for, year)
            columns.append(Column(f"{part.name}已有支出", name, NO_SIDE, spent))
        for n in range(1 + bool(part.of)):
            for side, money in enumerate((result.old[year], result.new[year])):
                paid = [
                    fen
                    for item, fen in money.items()
                    if item.component == name and (not part.of or item.payer == part.payers[n])
                ]
                columns.append(Column(_label(part, n), name, side, sum(paid)))
    return columns


def _areas(
    sheet: Any, result: Result, year: int, group: str, rows: int, look: dict[str, Any]
) -> None:
    """分地区 of a year; `rows` of 分组 are added up."""
    columns = _columns(result, year)
    heads = [one.label for one in columns[:_PLAIN_COLUMNS]]
    for one in columns[_PLAIN_COLUMNS:]:
        heads.append(f"{one.label}{('现行', '调整后', '')[one.side]}（元）")
    sums = ["现行合计（元）", "调整后合计（元）", "增加（元）"]
    sheet.write_row(0, 0, ["地区", *heads, *sums], look["head"])
    sheet.set_column(0, len(heads) + 3, 13)
    sheet.set_row(0, 48)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    filled = _Areas(sheet, result, year, group, rows, columns, look)
    for place, area in enumerate([*result.plan.source.names, "合计"]):
        sheet.write_string(place + 1, 0, area)
        filled.write(place)
    sheet.freeze_panes(1, 1)


@dataclass(frozen=True)
class _Areas:
    """Writes the rows of 分地区: a place is a district, or 合计 where there are no more."""

    sheet: Any
    result: Result
    year: int
    group: str
    rows: int
    columns: list[Column]
    look: dict[str, Any]

    @property
    def last(self) -> int:
        return len(self.result.plan.source.homes)

    def write(self, place: int) -> None:
        """The cells of a district, and its sums."""
        sums = [0, 0]
        for at, column in enumerate(self.columns, 1):
            money = column.hundredths
            value = int(money.sum() if place == self.last else money[place])
            if column.side != NO_SIDE:
                sums[column.side] += value
            self._cell(place, at, column, value)
        self._sums(place, sums)

    def _cell(self, place: int, at: int, column: Column, value: int) -> None:
        style = self.look["money"] if at > _PLAIN_COLUMNS else None
        if place == self.last:
            total = f"=SUM({letter(at)}2:{letter(at)}{self.last + 1})"
            self.sheet.write_formula(place + 1, at, total, style, value / 100)
        elif _unknown(self.result, column.component, self.year, place, at):
            self.sheet.write_string(place + 1, at, UNKNOWN)
        elif column.side == NO_SIDE:
            self.sheet.write_number(place + 1, at, value / 100, style)
        else:
            text = f"={self._money(place, at, column)}"
            self.sheet.write_formula(place + 1, at, text, style, value / 100)

    def _money(self, place: int, at: int, column: Column) -> str:
        """The formula of a component's money in a district."""
        engine = self.result.plan.engine
        scheme = self.result.sides[column.side].scheme
        grown = engine.grown(scheme, column.component, self.year)
        take_up = engine.projection.take_up
        total = SIDES[column.side].total_letter
        text = (
            f"SUMIFS({self._range(total)},{self._range('A')},$A{place + 2},"
            f'{self._range("B")},"{column.label}")'
        )
        spent = f"{letter(at - 1 - column.side)}{place + 2}"
        cells = rules.Cells(DIGITS[scheme.unit], payments=text, spent=spent)
        part = scheme.components[column.component]
        return rules.formula(district_of(part, grown, take_up), cells)

    def _range(self, column: str) -> str:
        return f"{self.group}!${column}$2:${column}${self.rows}"

    def _sums(self, place: int, sums: list[int]) -> None:
        """现行合计, 调整后合计 and what is added; 缺 where nothing of it can be reckoned."""
        at, row = len(self.columns) + 1, place + 2
        gaps = _gaps(self.result, self.year, place) if place < self.last else set()
        for side in (0, 1):
            if gaps >= set(self.result.scheme.components):
                self.sheet.write_string(place + 1, at + side, UNKNOWN)
                continue
            own = [f"{letter(n)}{row}" for n, one in enumerate(self.columns, 1) if one.side == side]
            text = f"=SUM({','.join(own)})"  # passes over what cannot be reckoned
            self.sheet.write_formula(
                place + 1, at + side, text, self.look["money"], sums[side] / 100
            )
        if gaps >= set(touched(self.result)):
            self.sheet.write_string(place + 1, at + 2, UNKNOWN)
            return
        text = f"={letter(at + 1)}{row}-{letter(at)}{row}"
        added = (sums[1] - sums[0]) / 100
        self.sheet.write_formula(place + 1, at + 2, text, self.look["money"], added)
