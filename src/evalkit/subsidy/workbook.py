"""测算底稿.xlsx: standards in yellow cells, 数量 × 标准 = 金额 as live formulas, a row a district, totals.

Payments are rounded one by one, so 分组 has a row for every kind of organisation (tier, members) in a district; the
district rows add those up. Recalculated it equals `Plan.run`, and a changed yellow cell changes every sum.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.subsidy.engine import pieces
from evalkit.subsidy.result import Result
from evalkit.subsidy.scheme import lists

HEAD = ["地区", "项目", "档次", "数量", "组织数", "现行每个（元）", "现行合计（元）", "调整后每个（元）", "调整后合计（元）"]
SIDES = ((5, 6), (7, 8))


def workbook(result: Result, path: Path) -> Path:
    """Write the workbook; every text is a text, only our own formulas calculate."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": pd.Timestamp("2000-01-01").to_pydatetime()})
        look = {"head": book.add_format({"bold": True, "border": 1, "bg_color": "#E8EEF4", "text_wrap": True}),
                "input": book.add_format({"bg_color": "#FFFF00", "border": 1}),
                    "money": book.add_format({"num_format": "#,##0.00"})}  # fmt: skip
        _first(book.add_worksheet("说明"), result, book.add_format({"text_wrap": True}))
        standards = book.add_worksheet("标准")
        standards.write_row(0, 0, ["项目", "单位", "年份", "方案", "时段", "标准（可改）", "权数", "全年权数"], look["head"])
        standards.set_column(0, 0, 26)
        standards.set_column(5, 5, 15)
        standards.fit_to_pages(1, 0)
        line, made = 1, []
        for year in result.plan.years:
            cells: dict[tuple[int, str], list[tuple[str, str]]] = {}
            for side, (word, scheme, values) in enumerate((("现行", result.plan.scheme, result.plan.values),
                    ("调整后", result.scheme, result.values))):
                for name, part in scheme.components.items():
                    names = [f"{name}.{k}" for k in part.params]
                    parts = pieces(scheme, names, values, year)
                    for place, key in enumerate(names):
                        one = scheme.parameters[key]
                        for n, (weight, numbers) in enumerate(parts):
                            standards.write_row(line, 0, [scheme.label(key), one.unit, year, word, n + 1])
                            standards.write_number(line, 5, numbers[place] / one.scale, look["input"])
                            standards.write_row(line, 6, [weight, sum(w for w, _ in parts)])
                            cells.setdefault((side, key), []).append((f"标准!$F${line + 1}", f"标准!$G${line + 1}"))
                            line += 1
            made.append((year, cells))
        for year, cells in made:
            _year(book, result, year, cells, look)
    return path


def _first(sheet: Any, result: Result, wrapped: Any) -> None:
    lines = [result.title or "补助标准调整测算底稿", result.sentence, "黄色单元格（“标准”表）可以改，改后“分地区”各表随之重算。",
             *(f"调整：{r['item']} 由{r['old']}调到{r['new']}（{r['since']}起）" for r in result.reform.difference(result.plan.scheme)),
             *result.plan.notes, f"标准出处：{result.plan.scheme.source}"]  # fmt: skip
    for row, text in enumerate(lines):
        sheet.set_row(row, 16 * (1 + len(text) // 55))
        sheet.write_string(row, 0, text, wrapped)
    sheet.set_column(0, 0, 100)


def _year(book: Any, result: Result, year: int, cells: dict[tuple[int, str], list[tuple[str, str]]], look: dict[str, Any]) -> None:
    engine, source, schemes = result.plan.engine, result.plan.source, (result.plan.scheme, result.scheme)
    group, area = f"分组{year}", book.add_worksheet(f"分地区{year}")
    sheet = book.add_worksheet(group)
    sheet.write_row(0, 0, HEAD, look["head"])
    where: dict[tuple[int, str], dict[tuple[int, int], int]] = {}
    row, last = 1, len(source.homes)
    digits = _digits(result)
    for side, scheme in enumerate(schemes):
        for name, part in sorted(scheme.components.items(), key=lambda item: bool(item[1].of)):  # what is matched comes first
            kinds = engine.cells(scheme, name, year)
            if side and kinds is engine.cells(schemes[0], name, year):
                lines = where[0, name]  # the same organisations: the second side stands beside the first
            else:
                lines = {}
                for k, (a, kind, n) in enumerate(zip(kinds.area, kinds.kind, kinds.n, strict=True)):
                    for payer in range(1 + bool(part.of)):
                        lines[k, payer] = row
                        label = part.name + (f"·{lists()['payer'][part.payers[payer]]}" if part.of else "")
                        tier = part.params[part.rates[int(kinds.tier[kind])]].label if part.by and not part.marginal else ""
                        q = float(kinds.q[kind]) / kinds.divisor / (100 if part.per == "dues" or part.of else 1)
                        for column, text in enumerate((source.names[int(a)], label, tier)):
                            sheet.write_string(row, column, text)
                        sheet.write_number(row, 3, q)
                        sheet.write_number(row, 4, int(n))
                        row += 1
            where[side, name] = lines
            unit, total = SIDES[side]
            inner = [{(int(a), int(k)): i for i, (a, k) in enumerate(zip(c.area, c.kind, strict=True))}
                for c in (engine.cells(scheme, o, year) for o in part.of)]
            values = (result.plan.values, result.values)[side]
            pays = engine.payments(scheme, name, year, values)
            for (k, payer), at in lines.items():
                base = [f"{'FH'[side]}{where[side, o][inner[j][int(kinds.area[k]), int(kinds.parts[j][kinds.kind[k]])], 0] + 1}"
                        for j, o in enumerate(part.of) if kinds.parts[j][kinds.kind[k]] >= 0]  # fmt: skip
                formula = _each(scheme, name, side, cells, at + 1, int(kinds.tier[kinds.kind[k]]), digits, payer, "+".join(base) or "0")
                each = int(pays[payer][kinds.kind[k]]) / 100  # cached: a viewer that does not calculate shows it
                sheet.write_formula(at, unit, formula, look["money"], each)
                sheet.write_formula(at, total, f"=E{at + 1}*{'FH'[side]}{at + 1}", look["money"], each * int(kinds.n[k]))
    _areas(area, result, year, group, row, last, look)


def _each(scheme: Any, name: str, side: int, cells: Any, at: int, tier: int, digits: int, payer: int, base: str) -> str:
    """The formula of one payment: the parts of the year with floor and cap, weighted, rounded half up."""
    part = scheme.components[name]
    parts = [{k: cells[side, f"{name}.{k}"][n] for k in part.params} for n in range(len(cells[side, f"{name}.{part.rates[0]}"]))]
    whole = "+".join(next(iter(p.values()))[1] for p in parts)
    if part.of:
        ratio = {k: "(" + "+".join(f"{p[k][0]}*{p[k][1]}" for p in parts) + f")/({whole})" for k in part.rates}
        if part.reading == "town_equals_enterprise":
            town = f"$D{at}" if part.town_amount == "ledger" else f"ROUND(({base})*{ratio['share']},{digits})"
            return f"={town}" if payer == 0 else f"=ROUND({town}*{ratio['ratio']},{digits})"
        both = f"ROUND(({base})*{ratio['ratio']},{digits})"
        town = both if part.reading == "each_equals_district" else f"ROUND({both}/2,{digits})"
        return f"={town}" if payer == 0 or part.reading == "each_equals_district" else f"={both}-{town}"
    terms = []
    for p in parts:
        if part.marginal:
            starts = [float(part.params[k].start or 0) for k in part.rates]
            ends = [*(f"MIN($D{at},{b})" for b in starts[1:]), f"$D{at}"]
            pay = "+".join(f"MAX(0,{e}-{a})*{p[k][0]}" for k, a, e in zip(part.rates, starts, ends, strict=True))
        else:
            pay = f"{p[part.rates[tier]][0]}*$D{at}"
        pay = f"({pay}+{p['base'][0]})" if "base" in p else f"({pay})"
        pay = f"MAX({p['floor'][0]},{pay})" if "floor" in p else pay
        pay = f"MIN({p['cap'][0]},{pay})" if "cap" in p else pay
        terms.append(f"{next(iter(p.values()))[1]}*{pay}")
    return f"=ROUND(({'+'.join(terms)})/({whole}),{digits})"


def _areas(sheet: Any, result: Result, year: int, group: str, rows: int, last: int, look: dict[str, Any]) -> None:
    engine, source = result.plan.engine, result.plan.source
    schemes, moneys = (result.plan.scheme, result.scheme), (result.old[year], result.new[year])
    people, first = engine.rows(year), next(iter(result.scheme.components))
    places = engine.areas(people)
    members = np.bincount(places, engine.members(year, result.scheme.members)[0] / 2, last)
    columns: list[tuple[str, str, int, Any]] = [  # label of 分组, component, side (-1: a plain number), hundredths by district
        ("党组织（个）", first, -1, np.bincount(places, minlength=last) * 100), ("党员（名）", first, -1, (members * 100).astype(np.int64)),
    ]  # fmt: skip
    for name, part in result.scheme.components.items():
        if any(s.components[name].basis == "top_up" for s in schemes):
            columns.append((f"{part.name}已有支出", name, -1, engine.spent(part.spent_for, year)))
        for payer in part.payers if part.of else ("",):
            label = part.name + (f"·{lists()['payer'][payer]}" if part.of else "")
            for side, money in enumerate(moneys):
                columns.append((label, name, side, sum(a for (n, p), a in money.items() if n == name and payer in ("", p))))
    heads = [c[0] for c in columns[:2]] + [f"{label}{('现行', '调整后', '')[side]}（元）" for label, _, side, _ in columns[2:]]
    sheet.write_row(0, 0, ["地区", *heads, "现行合计（元）", "调整后合计（元）", "增加（元）"], look["head"])
    sheet.set_column(0, len(heads) + 3, 13)
    sheet.set_row(0, 48)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    take_up, digits = engine.projection.take_up, _digits(result)
    for r, area in enumerate([*source.names, "合计"]):
        sheet.write_string(r + 1, 0, area)
        sums = [0, 0]
        for column, (label, name, side, fen) in enumerate(columns, 1):
            value = int(fen.sum() if r == last else fen[r])
            if side >= 0:
                sums[side] += value
            scheme = schemes[max(0, side)]
            total, grown = "GI"[side], engine._grown(scheme, name, year)
            text = f"SUMIFS({group}!${total}$2:${total}${rows},{group}!$A$2:$A${rows},$A{r + 2},{group}!$B$2:$B${rows},\"{label}\")"
            text = f"ROUND({text}*{grown!r},2)" if grown != 1 else text
            if side >= 0 and scheme.components[name].basis == "top_up":
                text = f"ROUND(MAX(0,{text}-{_letter(column - 1 - side)}{r + 2}),{digits})"
            text = f"ROUND({text}*{take_up!r},2)" if take_up != 1 else text
            text = f"SUM({_letter(column)}2:{_letter(column)}{last + 1})" if r == last else text
            if side < 0 and r < last:
                sheet.write_number(r + 1, column, value / 100, look["money"] if column > 2 else None)
            else:
                sheet.write_formula(r + 1, column, f"={text}", look["money"] if column > 2 else None, value / 100)
        at = len(columns) + 1
        for side in (0, 1):
            text = "+".join(f"{_letter(c)}{r + 2}" for c, one in enumerate(columns, 1) if one[2] == side)
            sheet.write_formula(r + 1, at + side, f"={text}", look["money"], sums[side] / 100)
        sheet.write_formula(r + 1, at + 2, f"={_letter(at + 1)}{r + 2}-{_letter(at)}{r + 2}", look["money"], (sums[1] - sums[0]) / 100)
    sheet.freeze_panes(1, 1)


def _digits(result: Result) -> int:
    return {1: 2, 100: 0, 1_000: -1, 10_000: -2}[result.scheme.unit]


def _letter(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
