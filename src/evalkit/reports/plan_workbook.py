"""测算底稿.xlsx: standards in yellow cells, 数量 × 标准 = 金额 as live formulas, a row a district, totals.

Payments are rounded one by one, so 分组 has a row for every kind of organisation (tier, members) in a district; the
district rows add those up. Recalculated it equals `Plan.run`, and a changed yellow cell changes every sum.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name as letter

from evalkit.documents.workbook import HEAD as HEAD_STYLE
from evalkit.documents.workbook import book_bytes, write_cell
from evalkit.files import put
from evalkit.subsidy.checks import lists
from evalkit.subsidy.coverage import SIDES as SIDE_WORDS
from evalkit.subsidy.coverage import coverage, missing, remarks, touched, why_words
from evalkit.subsidy.engine import pieces
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import Component, Scheme

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
SIDES = ((5, 6), (7, 8))
UNKNOWN = "缺"
DIGITS = {1: 2, 100: 0, 1_000: -1, 10_000: -2}  # of yuan, by the unit of rounding in fen
Cells = dict[tuple[int, str], list[tuple[str, str]]]


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


def _standards(sheet: Any, result: Result, look: dict[str, Any]) -> dict[int, Cells]:
    """The yellow cells; by year, side and parameter the address of the value and weight of each part of the year."""
    sheet.write_row(
        0,
        0,
        ["项目", "单位", "年份", "方案", "时段", "标准（可改）", "权数", "全年权数"],
        look["head"],
    )
    sheet.set_column(0, 0, 26)
    sheet.set_column(5, 5, 15)
    sheet.fit_to_pages(1, 0)
    line, made = 1, {}
    for year in result.plan.years:
        cells: Cells = {}
        for side, (scheme, values) in enumerate(result.sides):
            for name, part in scheme.components.items():
                names = [f"{name}.{k}" for k in part.params]
                parts = pieces(scheme, names, values, year)
                for (place, key), (n, (weight, numbers)) in product(
                    enumerate(names), enumerate(parts, 1)
                ):
                    one = scheme.parameters[key]
                    sheet.write_row(
                        line, 0, [scheme.label(key), one.unit, year, ("现行", "调整后")[side], n]
                    )
                    sheet.write_number(line, 5, numbers[place] / one.scale, look["input"])
                    sheet.write_row(line, 6, [weight, sum(w for w, _ in parts)])
                    line += 1
                    cells.setdefault((side, key), []).append((f"标准!$F${line}", f"标准!$G${line}"))
        made[year] = cells
    return made


def _first(sheet: Any, result: Result, wrapped: Any) -> None:
    lines = [
        result.title or "补助标准调整测算底稿",
        result.sentence,
        "黄色单元格（“标准”表）可以改，改后“分地区”各表随之重算。",
        *(f"调整：{row['text']}" for row in result.reform.difference(result.plan.scheme)),
        *dict.fromkeys([*remarks(result), *result.plan.notes]),
        f"标准出处：{result.plan.scheme.source}",
    ]
    for row, text in enumerate(lines):
        sheet.set_row(row, 16 * (1 + len(text) // 55))
        sheet.write_string(row, 0, text, wrapped)
    sheet.set_column(0, 0, 100)


def _year(book: Any, result: Result, year: int, cells: Cells, look: dict[str, Any]) -> None:
    engine, source, schemes = (
        result.plan.engine,
        result.plan.source,
        (result.plan.scheme, result.scheme),
    )
    group, area = f"分组{year}", book.add_worksheet(f"分地区{year}")
    sheet = book.add_worksheet(group)
    sheet.write_row(0, 0, HEAD, look["head"])
    where: dict[tuple[int, str], dict[tuple[int, int], int]] = {}
    row, last = 1, len(source.homes)
    for side, scheme in enumerate(schemes):
        for name, part in sorted(
            scheme.components.items(), key=lambda item: bool(item[1].of)
        ):  # what is matched comes first
            kinds = engine.cells(scheme, name, year)
            same = side and kinds is engine.cells(
                schemes[0], name, year
            )  # the second side stands beside the first
            lines = where[side, name] = where[0, name] if same else {}
            for k, a, kind, n, payer in () if same else _lines(part, kinds):
                tier = (
                    part.params[part.rates[int(kinds.tier[kind])]].label
                    if part.by and not part.marginal
                    else ""
                )
                q = (
                    float(kinds.q[kind])
                    / kinds.divisor
                    / (100 if part.per == "dues" or part.of else 1)
                )
                for column, value in enumerate(
                    (source.names[int(a)], _label(part, payer), tier, q, int(n))
                ):
                    write_cell(sheet, row, column, value)
                lines[k, payer] = row
                row += 1
            unit, total = SIDES[side]
            inner = [
                {(int(a), int(k)): i for i, (a, k) in enumerate(zip(c.area, c.kind, strict=True))}
                for c in (engine.cells(scheme, o, year) for o in part.of)
            ]
            pays = engine.payments(scheme, name, year, result.sides[side][1])
            for (k, payer), at in lines.items():
                base = [
                    f"{'FH'[side]}{where[side, o][inner[j][int(kinds.area[k]), int(kinds.parts[j][kinds.kind[k]])], 0] + 1}"
                    for j, o in enumerate(part.of)
                    if kinds.parts[j][kinds.kind[k]] >= 0
                ]
                formula = _each(
                    scheme,
                    name,
                    side,
                    cells,
                    at + 1,
                    int(kinds.tier[kinds.kind[k]]),
                    payer,
                    "+".join(base) or "0",
                )
                each = (
                    int(pays[payer][kinds.kind[k]]) / 100
                )  # cached: a viewer that does not calculate shows it
                sheet.write_formula(at, unit, formula, look["money"], each)
                sheet.write_formula(
                    at,
                    total,
                    f"=E{at + 1}*{'FH'[side]}{at + 1}",
                    look["money"],
                    each * int(kinds.n[k]),
                )
    _areas(area, result, year, group, row, last, look)


def _lines(part: Component, kinds: Any) -> list[tuple[Any, ...]]:
    cells = enumerate(zip(kinds.area, kinds.kind, kinds.n, strict=True))
    return [(k, *cell, payer) for k, cell in cells for payer in range(1 + bool(part.of))]


def _label(part: Component, payer: int) -> str:
    return part.name + (f"·{lists()['payer'][part.payers[payer]]}" if part.of else "")


def _each(
    scheme: Scheme, name: str, side: int, cells: Any, at: int, tier: int, payer: int, base: str
) -> str:
    """The formula of one payment: the parts of the year with floor and cap, weighted, rounded half up."""
    part = scheme.components[name]
    parts = [
        {k: cells[side, f"{name}.{k}"][n] for k in part.params}
        for n in range(len(cells[side, f"{name}.{part.rates[0]}"]))
    ]
    whole = "+".join(next(iter(p.values()))[1] for p in parts)
    if part.of:
        ratio = {
            k: "(" + "+".join(f"{p[k][0]}*{p[k][1]}" for p in parts) + f")/({whole})"
            for k in part.rates
        }
        if part.reading == "town_equals_enterprise":
            town = (
                f"$D{at}"
                if part.town_amount == "ledger"
                else _rounded(f"({base})*{ratio['share']}", scheme)
            )
            return f"={town}" if payer == 0 else "=" + _rounded(f"{town}*{ratio['ratio']}", scheme)
        both = _rounded(f"({base})*{ratio['ratio']}", scheme)
        town = both if part.reading == "each_equals_district" else _rounded(f"{both}/2", scheme)
        return (
            f"={town}"
            if payer == 0 or part.reading == "each_equals_district"
            else f"={both}-{town}"
        )
    terms = []
    for p in parts:
        if part.marginal:
            starts = [float(part.params[k].start or 0) for k in part.rates]
            ends = [*(f"MIN($D{at},{b})" for b in starts[1:]), f"$D{at}"]
            pay = "+".join(
                f"MAX(0,{e}-{a})*{p[k][0]}"
                for k, a, e in zip(part.rates, starts, ends, strict=True)
            )
        else:
            pay = f"{p[part.rates[tier]][0]}*$D{at}"
        pay = f"({pay}+{p['base'][0]})" if "base" in p else f"({pay})"
        pay = f"MAX({p['floor'][0]},{pay})" if "floor" in p else pay
        pay = f"MIN({p['cap'][0]},{pay})" if "cap" in p else pay
        terms.append(f"{next(iter(p.values()))[1]}*{pay}")
    return "=" + _rounded(f"({'+'.join(terms)})/({whole})", scheme)


def _rounded(text: str, scheme: Scheme | None = None) -> str:
    """Half up at the scheme's unit, or to the fen; binary noise goes first, so that a half is a half."""
    return f"ROUND(ROUND({text},8),{DIGITS[scheme.unit if scheme else 1]})"


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
    if column <= 2:
        where = source.homes[place], str(source.data_year(year))
        return where not in source.reported and where not in source.empty
    return bool(missing(result, name, year)[place] != "")


def _areas(
    sheet: Any, result: Result, year: int, group: str, rows: int, last: int, look: dict[str, Any]
) -> None:
    engine, source = result.plan.engine, result.plan.source
    schemes, moneys = (result.plan.scheme, result.scheme), (result.old[year], result.new[year])
    people, first = engine.rows(year), next(iter(result.scheme.components))
    places = engine.areas(people)
    if "functional" in people:  # none of the party organisations that are counted
        places = places[~people["functional"].to_numpy(bool)]
    members = result.members(year)
    columns: list[
        tuple[str, str, int, Any]
    ] = [  # label of 分组, component, side (-1: a plain number), hundredths by district
        ("党组织（个）", first, -1, np.bincount(places, minlength=last) * 100),
        ("党员（名）", first, -1, (members * 100).astype(np.int64)),
    ]
    for name, part in result.scheme.components.items():
        if any(s.components[name].basis == "top_up" for s in schemes):
            columns.append((f"{part.name}已有支出", name, -1, engine.spent(part.spent_for, year)))
        for n in range(1 + bool(part.of)):
            for side, money in enumerate(moneys):
                found = (
                    a
                    for (c, p), a in money.items()
                    if c == name and (not part.of or p == part.payers[n])
                )
                columns.append((_label(part, n), name, side, sum(found)))
    heads = [c[0] for c in columns[:2]] + [
        f"{label}{('现行', '调整后', '')[side]}（元）" for label, _, side, _ in columns[2:]
    ]
    sheet.write_row(
        0, 0, ["地区", *heads, "现行合计（元）", "调整后合计（元）", "增加（元）"], look["head"]
    )
    sheet.set_column(0, len(heads) + 3, 13)
    sheet.set_row(0, 48)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    take_up = engine.projection.take_up
    for r, area in enumerate([*source.names, "合计"]):
        sheet.write_string(r + 1, 0, area)
        sums = [0, 0]
        for column, (label, name, side, fen) in enumerate(columns, 1):
            value = int(fen.sum() if r == last else fen[r])
            if side >= 0:
                sums[side] += value
            scheme = schemes[max(0, side)]
            total, grown = "GI"[side], engine._grown(scheme, name, year)
            text = f'SUMIFS({group}!${total}$2:${total}${rows},{group}!$A$2:$A${rows},$A{r + 2},{group}!$B$2:$B${rows},"{label}")'
            text = _rounded(f"{text}*{grown!r}") if grown != 1 else text
            if side >= 0 and scheme.components[name].basis == "top_up":
                text = _rounded(f"MAX(0,{text}-{letter(column - 1 - side)}{r + 2})", scheme)
            text = _rounded(f"{text}*{take_up!r}") if take_up != 1 else text
            text = f"SUM({letter(column)}2:{letter(column)}{last + 1})" if r == last else text
            style = look["money"] if column > 2 else None
            if r < last and _unknown(result, name, year, r, column):
                sheet.write_string(r + 1, column, UNKNOWN)
            elif side < 0 and r < last:
                sheet.write_number(r + 1, column, value / 100, style)
            else:
                sheet.write_formula(r + 1, column, f"={text}", style, value / 100)
        at = len(columns) + 1
        gaps = _gaps(result, year, r) if r < last else set()
        nothing_known = gaps >= set(result.scheme.components)
        for side in (0, 1):
            own = [f"{letter(c)}{r + 2}" for c, one in enumerate(columns, 1) if one[2] == side]
            if nothing_known:
                sheet.write_string(r + 1, at + side, UNKNOWN)
                continue
            text = f"SUM({','.join(own)})"  # passes over what cannot be reckoned
            sheet.write_formula(r + 1, at + side, f"={text}", look["money"], sums[side] / 100)
        if gaps >= set(touched(result)):
            sheet.write_string(r + 1, at + 2, UNKNOWN)
            continue
        sheet.write_formula(
            r + 1,
            at + 2,
            f"={letter(at + 1)}{r + 2}-{letter(at)}{r + 2}",
            look["money"],
            (sums[1] - sums[0]) / 100,
        )
    sheet.freeze_panes(1, 1)
