"""A column a part of the year (一季度 | 二季度 | 三季度 | 四季度, 上半年 | 全年): the year of each row.

What happens in the course of a year adds up over its parts (发展党员, 走访, money, activities); what stands at a time
(党员, 党群服务中心) is that of the last one. Which a measure is, the codebook says (`flow`). A quarter or month that is not
filled is asked, never taken for zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import absent, words_of
from evalkit.ledgers.headings import heading_keys, plain, squeeze
from evalkit.ledgers.place import area_names
from evalkit.ledgers.shapes.crossed import Crossed, activities_of, is_of_money
from evalkit.ledgers.shapes.parts import Part, chain, of_year, part_of, without_whole
from evalkit.ledgers.shapes.shaping import (
    DECLARED,
    TOTALS,
    Shaping,
    as_they_stand,
    compare,
    goes_on,
    item_text,
    lines_above,
    listed_in,
    made,
    number_in,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top, item_column, kinds_of

_WORDS = {name: re.compile(words) for name, words in DECLARED["quarters"].items()}
LEAST_MONTHS = 3


@dataclass(frozen=True)
class Parts:
    """A heading with a column a part of the year; `whole` is the column of their sum, where there is one."""

    row: int
    key: int
    kind: str
    columns: Mapping[int, Part]
    whole: int | None

    @property
    def amounts(self) -> dict[int, str]:
        """The columns of which each amount counts once: parts that follow each other, else the longest that counts on."""
        pieces = chain(self.columns)
        reach = self.columns[pieces[-1]].last if pieces else 0
        on = [j for j, part in self.columns.items() if part.first == 1 and part.last > reach]
        used = [max(on, key=lambda j: self.columns[j].last)] if on else pieces
        return {j: self.columns[j].name for j in used}


def by_quarters(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """党组织, 指标 or 镇街 | 一季度 | 二季度 | ...: the year of each row; None where nothing tells what is counted."""
    found = _found(sheet, top)
    if found is None:
        return None
    titles = lines_above(sheet, found.row)
    if found.kind == "item":
        return [_figures_of(sheet, found, "", shaping)]
    if found.kind == "area":
        item = shaping.measure_in(titles)
        return [_figures_of(sheet, found, item, shaping)] if item else None
    said = "".join(map(squeeze, titles))
    if is_of_money(titles[:-1]):
        heads = _money_heads(said, shaping)
        return [_money_of(sheet, found, heads, shaping)] if heads else None
    by_month = all(part.first == part.last for part in found.columns.values())
    if not by_month and _WORDS["activities"].search(said):
        crossed = Crossed(found.row, found.row, found.key, found.amounts)
        _compare_rows(sheet, found, shaping)
        return [activities_of(sheet, crossed, shaping, "quarter")]
    return None


def _found(sheet: RawSheet, top: Top) -> Parts | None:
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if facts.counts or facts.n_texts < 3:
            continue
        row = sheet.rows[i]
        columns = {j: part for j, c in enumerate(row) if (part := part_of(c))}
        by_month = all(part.first == part.last for part in columns.values())
        if len(columns) < (LEAST_MONTHS if by_month else 2):
            continue
        if len(set(columns.values())) < len(columns) or not _in_order(columns):
            return None
        below = sheet.rows[i + 1] if i + 1 < len(sheet.rows) else []
        if goes_on(row, below):
            return None  # several headings below a quarter
        words = {
            kind: j
            for j, c in reversed(list(enumerate(row)))
            if isinstance(c, str)
            for kind in kinds_of(c)
        }
        if "item" in words:
            words["item"] = (
                better if (better := item_column(sheet, i)) is not None else words["item"]
            )
        kind = next((k for k in ("organisation", "item", "area") if k in words), "")
        columns, whole = without_whole(columns)
        if whole is None:
            whole = next((j for j, c in enumerate(row) if j > max(columns) and _is_total(c)), None)
        return Parts(i, words[kind], kind, columns, whole) if kind else None
    return None


def _in_order(columns: Mapping[int, Part]) -> bool:
    ends = [part.last for part in columns.values() if not part.whole]
    return ends == sorted(ends)


def _is_total(cell: object) -> bool:
    return is_total(cell, TOTALS)


def _figures_of(sheet: RawSheet, found: Parts, item: str, shaping: Shaping) -> RawSheet:
    """Rows 镇街, 指标, 数值, 计量单位: the year of every item (or of the item of the title, by 镇街)."""
    _tell(sheet, found, shaping)
    head = sheet.rows[found.row]
    unit = next(
        (j for j, c in enumerate(head) if isinstance(c, str) and "unit" in kinds_of(c)), None
    )
    subject = shaping.subject(lines_above(sheet, found.row))
    rows = as_they_stand(sheet, range(found.row))
    rows.append([(w, None) for w in ("镇街", "指标", "数值", "计量单位")])
    sums = dict.fromkeys(found.columns, 0.0)
    whole = ""
    for n in range(found.row + 1, len(sheet.rows)):
        here = sheet.rows[n]
        if all(blank(cell_at(here, j)) for j in found.columns):
            filled = any(not blank(c) for c in here)
            rows += as_they_stand(sheet, range(n, n + 1)) if filled else []
            continue
        key = cell_at(here, found.key)
        if item and is_total(key, TOTALS):
            shaping.tell(sheet, "shape_total", n)
            compare(sheet, n, here, sums, shaping)
            continue
        if item and not area_names(squeeze(key)):
            shaping.tell(sheet, "area_unknown", n)
            shaping.said("area_unconfirmed", sheet, (n, found.key), "", "这一行未计入")
            continue
        texts, whole = item_text(squeeze(key), whole)
        name = item or shaping.measure(texts, subject) or texts[-1]
        running = bool(_WORDS["running"].search("".join(lines_above(sheet, found.row))))
        adds_up = shaping.adds_up(name) and not running
        year = of_year(here, found.columns, found.whole, adds_up)
        year.tell(sheet, n, shaping)
        value, at = year.value, year.column
        if at is None:
            continue
        for j in found.columns:
            sums[j] += number_in(cell_at(here, j))
        told = (cell_at(here, unit), (n, unit)) if unit is not None else ("", None)
        told = told if not blank(told[0]) else (heading_keys(squeeze(key))[1] or "", None)
        told = told if told[0] else (shaping.unit_of(name), None)
        town = (key, (n, found.key)) if item else ("", None)
        rows.append([town, (name, (n, found.key)), (value, (n, at)), told])
    return made(sheet, rows, "quarters")


def _money_heads(said: str, shaping: Shaping) -> tuple[str, str, str] | None:
    """What a title says of the money below it: the heading of its amounts, and that of its source or purpose with it."""
    if _WORDS["dues"].search(said):
        return shaping.headings.label("funds", "dues_paid"), "", ""
    spent = bool(_WORDS["spent"].search(said))
    if spent == bool(_WORDS["given"].search(said)):
        return None  # neither, or both: what the amounts are is not told
    flow = "spending" if spent else "income"
    named = {
        plain(word): str(spec["names"][0])
        for spec in shaping.headings.forms["funds"]["columns"].values()
        if spec.get("flow") == flow and not spec.get("person") and "total_of" not in spec
        for word in spec["names"]
        if len(plain(word)) > 3
    }
    inside = [word for word in named if word in plain(said)]
    if inside:
        return named[max(inside, key=len)], "", ""
    words = words_of(shaping.lists, shaping.headings.values, "purpose" if spent else "payer")
    word = listed_in(said, words, "")
    if not word:
        return None
    return ("支出金额", "支出项目", word) if spent else ("收入金额", "经费来源", word)


def _money_of(
    sheet: RawSheet, found: Parts, heads: tuple[str, str, str], shaping: Shaping
) -> RawSheet:
    """One row an organisation and quarter: its amount, of the source or purpose that the title tells."""
    _tell(sheet, found, shaping)
    amount, about, word = heads
    unit = next((heading_keys(sheet.rows[found.row][j])[1] for j in found.columns), None)
    rows = as_they_stand(sheet, range(found.row))
    bracket = f"（{unit}）" if unit else ""
    rows.append([(w, None) for w in ("党组织名称", about, f"{amount}{bracket}", "拨付时间")])
    sums = dict.fromkeys([*found.columns, *([found.whole] if found.whole else [])], 0.0)
    for n in range(found.row + 1, len(sheet.rows)):
        here = sheet.rows[n]
        name = cell_at(here, found.key)
        first = next((str(c) for c in here if isinstance(c, str) and c.strip()), "")
        if is_total(name, TOTALS) or is_total(first, TOTALS):
            shaping.tell(sheet, "shape_total", n)
            if "小计" not in first:
                compare(sheet, n, here, sums, shaping)
            continue
        if blank(name) or all(blank(cell_at(here, j)) for j in found.columns):
            filled = any(not blank(c) for c in here)
            rows += as_they_stand(sheet, range(n, n + 1)) if filled else []
            continue
        shaping.tell(sheet, "shape_item", n)
        for j in sums:
            sums[j] += number_in(cell_at(here, j))
        for j, part in found.amounts.items():
            cell = cell_at(here, j)
            if not blank(cell) and not absent(cell):
                kind = (word, (found.row, j)) if word else ("", None)
                rows.append([(name, (n, found.key)), kind, (cell, (n, j)), (part, None)])
    _compare_rows(sheet, found, shaping)
    return made(sheet, rows, "quarter_funds")


def _compare_rows(sheet: RawSheet, found: Parts, shaping: Shaping) -> None:
    """The sum of the quarters that a row prints, against its quarters."""
    for n in range(found.row + 1, len(sheet.rows) if found.whole is not None else 0):
        here = sheet.rows[n]
        cells = [cell_at(here, j) for j in chain(found.columns)]
        plain_ones = all(isinstance(c, int | float) or blank(c) for c in cells)
        printed = cell_at(here, found.whole or 0)
        if plain_ones and isinstance(printed, int | float):
            compare(sheet, n, here, {found.whole or 0: sum(map(number_in, cells))}, shaping)


def _tell(sheet: RawSheet, found: Parts, shaping: Shaping) -> None:
    """What the heading and the columns of the table are."""
    shaping.tell(sheet, "shape_heading", found.row)
    for j, cell in enumerate(sheet.rows[found.row]):
        if not blank(cell):
            rule = "shape_value" if j in found.columns else "shape_beside"
            rule = "shape_key" if j == found.key else rule
            part = found.columns.get(j)
            shaping.tell_column(sheet, found.row, j, [str(cell)], part.name if part else "", rule)
