"""测算底稿.xlsx: standards in yellow cells, 数量 × 标准 = 金额 as live formulas, a row a district, totals.

Payments are rounded one by one, so 分组 has a row for every kind of organisation (tier, members) in a district; the
district rows add those up. Recalculated it equals `Plan.run`, and a changed yellow cell changes every sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name as letter

from evalkit.documents.workbook import HEAD as HEAD_STYLE
from evalkit.documents.workbook import book_bytes, write_cell
from evalkit.files import put
from evalkit.reports.plan_words import TOLD
from evalkit.reports.plan_workbook_payers import Places, write_payers
from evalkit.reports.plan_workbook_share import write_share
from evalkit.subsidy import rule as rules
from evalkit.subsidy.cells import Cells
from evalkit.subsidy.coverage import SIDES as SIDE_WORDS
from evalkit.subsidy.coverage import UNKNOWN, coverage, missing, remarks, touched, why_words
from evalkit.subsidy.dated import ALWAYS
from evalkit.subsidy.envelope import Envelope
from evalkit.subsidy.notes import notes as plan_notes
from evalkit.subsidy.result import Result
from evalkit.subsidy.rule import district_of, payment_of
from evalkit.subsidy.simulation import Variant
from evalkit.subsidy.values import MONTHS_OF_A_YEAR, Component
from evalkit.subsidy.words import lists
from evalkit.subsidy.year import days_of, pieces
from evalkit.world.number import WAN_YUAN, plain, wan, yuan

TEXTS = TOLD["workbook"]
SHEETS = TEXTS["sheets"]
LIVE_WORDS, UNITS = TEXTS["live"], TEXTS["units"]
TOTAL = TOLD["said"]["total"]
HEAD = TEXTS["groups"]
DIGITS = {1: 2, 100: 0, 1_000: -1, 10_000: -2}  # of yuan, by the unit of rounding in fen
SUMS = tuple(TEXTS["sums"])
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
class DatedValue:
    """A value of a standard from a day on: one yellow cell, whoever looks at it."""

    path: str
    since: date
    value: Decimal


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


def workbook(result: Result, path: Path, shared: Envelope | None = None) -> Path:
    """Write the workbook; every text is a text, only our own formulas calculate.

    With `shared`, a sum that is shared out among the organisations, its sharing is a sheet too.
    """

    def fill(book: Any) -> None:
        look = {
            "head": book.add_format(HEAD_STYLE),
            "input": book.add_format({"bg_color": "#FFFF00", "border": 1}),
            "money": book.add_format({"num_format": "#,##0.00"}),
        }
        first = book.add_worksheet(SHEETS["first"])
        yellow = _yellow(book.add_worksheet(SHEETS["standards"]), result, look)
        by_year = _parts_of_years(book.add_worksheet(SHEETS["periods"]), result, yellow, look)
        before: _Groups | None = None
        for year, cells in by_year.items():
            before = _year(book, result, year, cells, look, before)
        for year in by_year:
            sheet = book.add_worksheet(_sheet_of("payers", year))
            write_payers(sheet, result, year, _places(result, year), look)
        if shared is not None:
            write_share(book.add_worksheet(SHEETS["shared"]), shared, look)
        _first(first, result, book.add_format({"text_wrap": True}))
        _reached(book.add_worksheet(SHEETS["reached"]), result, look)

    return put(path, book_bytes(fill))


def _sheet_of(kind: str, year: int) -> str:
    """What a sheet of a year is called."""
    return TOLD.say(f"workbook.sheets.{kind}", year=year)


def _yellow(sheet: Any, result: Result, look: dict[str, Any]) -> dict[DatedValue, str]:
    """The yellow cells, one a standard and dated value that is in force in a year asked for; where each stands."""
    heads = TEXTS["standards"]
    sheet.write_row(0, 0, heads, look["head"])
    for column, width in enumerate((34, 12, 14, 14, 16, 15)):
        sheet.set_column(column, column, width)
    sheet.fit_to_pages(1, 0)
    used: dict[DatedValue, set[int]] = {}
    for number, side in enumerate(result.sides):
        for path in side.scheme.parameters:
            for year in result.plan.years:
                for found in _in_force(side, path, year):
                    used.setdefault(found, set()).add(number)
    places = {}
    order = list(dict.fromkeys(one.path for one in used))
    for line, one in enumerate(sorted(used, key=lambda o: (order.index(o.path), o.since)), 1):
        scheme = result.sides[max(used[one])].scheme
        standard = scheme.parameters[one.path]
        sides = TEXTS["both"].join(SIDE_WORDS[number] for number in sorted(used[one]))
        since = TEXTS["always"] if one.since == ALWAYS else one.since.isoformat()
        low, high = (plain(end) for end in standard.range)
        told = [scheme.label(one.path), standard.unit, sides, since, f"{low}～{high}"]
        sheet.write_row(line, 0, told)
        sheet.write_number(line, 5, float(one.value), look["input"])
        cell = f"{SHEETS['standards']}!$F${line + 1}"
        places[one] = f"({cell}*{MONTHS_OF_A_YEAR})" if standard.monthly else cell
    return places


def _in_force(side: Variant, path: str, year: int) -> list[DatedValue]:
    """The values of a standard in the parts of a year, as its component cuts it."""
    part = side.scheme.components[path.partition(".")[0]]
    paths = [f"{path.partition('.')[0]}.{key}" for key in part.params]
    found = []
    for day in days_of(side.scheme, paths, side.values, year):
        before = [entry for entry in side.values[path] if entry[0] <= day]
        since, value = before[-1] if before else (ALWAYS, Decimal(0))
        found.append(DatedValue(path, since, value))
    return found


def _parts_of_years(
    sheet: Any, result: Result, yellow: dict[DatedValue, str], look: dict[str, Any]
) -> dict[int, Addresses]:
    """时段: how many days or months each part of a year counts; by year where values and weights of standards stand."""
    sheet.write_row(0, 0, TEXTS["periods"], look["head"])
    sheet.set_column(2, 2, 26)
    line, made = 1, {}
    for year in result.plan.years:
        addresses: Addresses = {}
        for number, side in enumerate(result.sides):
            for name, part in side.scheme.components.items():
                paths = [f"{name}.{key}" for key in part.params]
                parts = pieces(side.scheme, paths, side.values, year)
                whole = sum(piece.weight for piece in parts)
                in_force = {path: _in_force(side, path, year) for path in paths}
                for n, piece in enumerate(parts):
                    told = [year, SIDE_WORDS[number], part.name, n + 1, piece.weight, whole]
                    sheet.write_row(line, 0, told)
                    line += 1
                    for path in paths:
                        address = Address(
                            yellow[in_force[path][n]], f"{SHEETS['periods']}!$E${line}"
                        )
                        addresses.setdefault(Standard(number, path), []).append(address)
        made[year] = addresses
    return made


def _places(result: Result, year: int) -> Places:
    """Where 分地区 of a year has the money of a component, by district and side."""
    columns = _columns(result, year)

    def place_of(place: int, name: str, side: int, payer: str) -> str:
        part = result.scheme.components[name]
        label = _label(part, part.payers.index(payer)) if part.of else part.name
        at = next(
            n
            for n, one in enumerate(columns, 1)
            if one.component == name and one.side == side and one.label == label
        )
        return f"{_sheet_of('areas', year)}!${letter(at)}${place + 2}"

    return place_of


def _first(sheet: Any, result: Result, wrapped: Any) -> None:
    """What it is, the answer as a formula that follows the yellow cells, what was assumed."""
    lines = [
        result.title or TEXTS["title"],
        "",  # the live sentence
        TOLD.say("workbook.before", sentence=result.sentence),
        TEXTS["yellow"],
        *(
            TOLD.say("workbook.changed", text=row["text"])
            for row in result.reform.difference(result.plan.scheme)
        ),
        *dict.fromkeys([*remarks(result), *plan_notes(result.plan)]),
        TOLD.say("workbook.source", source=result.plan.scheme.source),
    ]
    for row, text in enumerate(lines):
        sheet.set_row(row, 16 * (1 + len(text) // 55))
        sheet.write_string(row, 0, text, wrapped)
    sheet.set_column(0, 0, 100)
    told, formulas = "", []
    for n, year in enumerate(result.plan.years):
        change = int(result.cost([], year)["change_fen"].iloc[0])
        whole = "" if n else result.plan.source.whole
        opening = TOLD.say("workbook.live.year", whole=whole, year=year)
        opening = LIVE_WORDS["next"] + opening if n else opening
        told += opening + _moved(change)
        formulas.append(_moved_formula(opening, _total_cell(result, year)))
    end = LIVE_WORDS["end"]
    sheet.write_formula(LIVE, 0, f'={"&".join(formulas)}&"{end}"', wrapped, told + end)
    sheet.set_row(LIVE, 16 * (1 + len(told) // 55))


LIVE = 1  # the row of the live sentence


def _total_cell(result: Result, year: int) -> str:
    """Where 分地区 of a year has what is added in all."""
    column = len(_columns(result, year)) + len(SUMS)
    return f"{_sheet_of('areas', year)}!${letter(column)}${len(result.plan.source.homes) + 2}"


def _moved(fen: int) -> str:
    """A change as the live sentence says it."""
    if not fen:
        return str(LIVE_WORDS["same"])
    size = abs(fen)
    amount = yuan(size, 2) if size < WAN_YUAN else wan(size)
    return f"{LIVE_WORDS['rises' if fen > 0 else 'falls']}{amount}"


def _moved_formula(opening: str, cell: str) -> str:
    """The same as a part of a formula."""
    size = f"ABS({cell})"
    small = f'TEXT({size},"#,##0.00")&"{UNITS["yuan"]}"'
    amount = f'IF({size}<10000,{small},TEXT({size}/10000,"#,##0.00")&"{UNITS["wan"]}")'
    word = f'IF({cell}>0,"{LIVE_WORDS["rises"]}","{LIVE_WORDS["falls"]}")'
    return f'"{opening}"&IF(ROUND({cell},2)=0,"{LIVE_WORDS["same"]}",{word}&{amount})'


def _year(
    book: Any,
    result: Result,
    year: int,
    addresses: Addresses,
    look: dict[str, Any],
    before: _Groups | None,
) -> _Groups:
    """分组 and 分地区 of a year; `before` is the year that stands before it in the workbook."""
    group = _sheet_of("groups", year)
    area = book.add_worksheet(_sheet_of("areas", year))
    sheet = book.add_worksheet(group)
    sheet.write_row(0, 0, HEAD, look["head"])
    last = before if before is not None and before.year == year - 1 else None
    filled = _Groups(sheet, result, year, addresses, look, last)
    for number, side in enumerate(result.sides):
        components = side.scheme.components.items()
        for name, part in sorted(components, key=lambda item: bool(item[1].of)):
            filled.write(number, name, part)  # what is matched comes first
    _areas(area, result, year, group, filled.row, look)
    return filled


class _Groups:
    """Writes 分组 of a year; a row of the second side that has the cells of the first stands in it."""

    def __init__(
        self,
        sheet: Any,
        result: Result,
        year: int,
        addresses: Addresses,
        look: dict[str, Any],
        last: _Groups | None = None,
    ) -> None:
        self.sheet, self.result, self.year, self.last = sheet, result, year, last
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
        kinds, tiers, counts = cells.kind.tolist(), cells.tier.tolist(), cells.n.tolist()
        fen, last = [pay.tolist() for pay in pays], before.tolist()
        forms: dict[tuple[int, int], str] = {}  # by tier and payer
        for spot, at in self.rows[Standard(side, name)].items():
            kind = kinds[spot.cell]
            asked = tiers[kind], spot.payer
            if asked not in forms:
                forms[asked] = self._form(side, name, part, *asked)
            formula = forms[asked].format(
                quantity=f"$D{at + 1}",
                matched=self._base(side, part, cells, spot, inner),
                before=self._before(side, name, part, kind, last[kind]),
            )
            each = fen[spot.payer][kind] / 100  # cached: what does not calculate shows it
            self.sheet.write_formula(at, columns.each, formula, self.look["money"], each)
            total = f"=E{at + 1}*{columns.each_letter}{at + 1}"
            money = each * counts[spot.cell]
            self.sheet.write_formula(at, columns.total, total, self.look["money"], money)

    def _form(self, side: int, name: str, part: Component, tier: int, payer: int) -> str:
        """The formula of all rows of a tier and a payer, with fields for what differs from row to row."""
        where = _where(part, self.addresses, side, name, tier)
        found = rules.Cells(
            DIGITS[self.result.sides[side].scheme.unit],
            quantity="{quantity}",
            matched="{matched}",
            before="{before}",
            weights=tuple(place[WEIGHT] for place in where),
            tiers=tuple(place[""] for place in where),
            standards=tuple(where),
        )
        return f"={rules.formula(payment_of(part)[payer], found)}"

    def _before(self, side: int, name: str, part: Component, kind: int, fen: int) -> str:
        """The payment of the year before: its cell where that year stands in the workbook too, else the number."""
        if part.guarantee is None or self.last is None:
            return str(fen / 100)
        earlier = int(self._cells(side, name).parts[0][kind])
        if earlier < 0:
            return "0"
        kinds = self.last._cells(side, name).kind
        cell = int(np.flatnonzero(kinds == earlier)[0])
        row = self.last.rows[Standard(side, name)][Spot(cell, 0)]
        return f"{_sheet_of('groups', self.last.year)}!${SIDES[side].each_letter}${row + 1}"

    def _list(self, part: Component, cells: Cells) -> dict[Spot, int]:
        """Write what describes each cell; the rows in which they stand."""
        names, lines = self.result.plan.source.names, {}
        scale = cells.divisor * (100 if part.per == "dues" or part.of else 1)
        tiers, quantities = cells.tier.tolist(), cells.q.tolist()
        tier_words = [""] * len(part.all_rates)
        if (part.by or part.scopes) and not part.marginal:
            tier_words = [part.params[rate].label for rate in part.all_rates]
        labels = [_label(part, payer) for payer in range(1 + bool(part.of))]
        for line in _lines(part, cells):
            self.sheet.write_string(self.row, 0, names[line.area])
            self.sheet.write_string(self.row, 1, labels[line.payer])
            if tier := tier_words[tiers[line.kind]] if tier_words else "":
                self.sheet.write_string(self.row, 2, tier)
            self.sheet.write_number(self.row, 3, quantities[line.kind] / scale)
            self.sheet.write_number(self.row, 4, line.n)
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
        if not part.of:
            return ""
        area, kind, found = int(cells.area[spot.cell]), int(cells.kind[spot.cell]), []
        for other, kinds in zip(part.of, cells.parts, strict=True):
            if kinds[kind] >= 0:
                cell = inner[other][Place(area, int(kinds[kind]))]
                row = self.rows[Standard(side, other)][Spot(cell, 0)]
                found.append(f"{SIDES[side].each_letter}{row + 1}")
        return "+".join(found) or "0"


def _lines(part: Component, cells: Cells) -> Iterator[Line]:
    rows = zip(cells.area.tolist(), cells.kind.tolist(), cells.n.tolist(), strict=True)
    for cell, (area, kind, n) in enumerate(rows):
        for payer in range(1 + bool(part.of)):
            yield Line(cell, area, kind, n, payer)


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
    sheet.write_row(0, 0, TEXTS["reached"], look["head"])
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
        Column(TOLD["columns"]["organisations"], first, NO_SIDE, organisations),
        Column(TEXTS["areas"]["members"], first, NO_SIDE, members),
    ]
    for name, part in result.scheme.components.items():
        if any(side.scheme.components[name].basis == "top_up" for side in result.sides):
            spent = reduction.spent(part.spent_for, year)
            told = TOLD.say("workbook.areas.spent", component=part.name)
            columns.append(Column(told, name, NO_SIDE, spent))
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
        side = "" if one.side == NO_SIDE else TEXTS["areas"]["sides"][one.side]
        heads.append(TOLD.say("workbook.areas.money", label=one.label, side=side))
    sheet.write_row(0, 0, [TOLD["columns"]["area"], *heads, *SUMS], look["head"])
    sheet.set_column(0, len(heads) + 3, 13)
    sheet.set_row(0, 48)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    filled = _Areas(sheet, result, year, group, rows, columns, look)
    for place, area in enumerate([*result.plan.source.names, TOTAL]):
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
