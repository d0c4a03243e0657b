"""A column a quarter or a month (一季度 | 二季度 | 三季度 | 四季度): the year of each row.

What happens in the course of a year adds up over its quarters (发展党员, 走访, money, activities); what stands at a time
(党员, 党群服务中心) is that of the last one. Which a measure is, the codebook says (`flow`). A quarter or month that is not
filled is asked, never taken for zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.ledgers import values
from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import absent, words_of
from evalkit.ledgers.headings import heading_keys, plain, squeeze
from evalkit.ledgers.place import area_names
from evalkit.ledgers.shapes.crossed import Crossed, activities_of, is_of_money
from evalkit.ledgers.shapes.shaping import (
    CENT,
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
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top, kinds_of
from evalkit.world import number

_QUARTER = re.compile(r"(?:(?:19|20)\d{2}年)?第?([一二三四1-4])季度?|[Qq]([1-4])")
_MONTH = re.compile(r"(?:(?:19|20)\d{2}年)?(1[0-2]|0?[1-9])月份?")
_WORDS = {name: re.compile(words) for name, words in DECLARED["quarters"].items()}
QUARTERS = tuple(f"{n}季度" for n in "一二三四")
MONTHS = tuple(f"{n}月" for n in range(1, 13))
LEAST_MONTHS = 3


@dataclass(frozen=True)
class Parts:
    """A heading with a column a quarter, or a month; `whole` is the column of their sum, where there is one."""

    row: int
    key: int
    kind: str
    columns: Mapping[int, str]
    year: tuple[str, ...]
    whole: int | None


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
    if found.year is QUARTERS and _WORDS["activities"].search(said):
        crossed = Crossed(found.row, found.row, found.key, dict(found.columns))
        _compare_rows(sheet, found, shaping)
        return [activities_of(sheet, crossed, shaping, "quarter")]
    return None


def _found(sheet: RawSheet, top: Top) -> Parts | None:
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if facts.counts or facts.n_texts < 3:
            continue
        row = sheet.rows[i]
        columns = {j: said for j, c in enumerate(row) if (said := _part(c))}
        year = QUARTERS if set(columns.values()) <= set(QUARTERS) else MONTHS
        least = 2 if year is QUARTERS else LEAST_MONTHS
        if len(columns) < least or not set(columns.values()) <= set(year):
            continue
        if list(columns.values()) != [part for part in year if part in columns.values()]:
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
        kind = next((k for k in ("organisation", "item", "area") if k in words), "")
        whole = next((j for j, c in enumerate(row) if j > max(columns) and _is_whole(c)), None)
        return Parts(i, words[kind], kind, columns, year, whole) if kind else None
    return None


def _part(cell: object) -> str:
    """二季度 or 3月: the part of a year that a heading names."""
    said = plain(cell) if isinstance(cell, str) else ""
    if found := _QUARTER.fullmatch(said):
        number = found[1] or found[2]
        return QUARTERS[int(number) - 1] if number.isdigit() else f"{number}季度"
    found = _MONTH.fullmatch(said)
    return f"{int(found[1])}月" if found else ""


def _is_whole(cell: object) -> bool:
    return is_total(cell, TOTALS) or (
        isinstance(cell, str) and bool(_WORDS["whole"].fullmatch(plain(cell)))
    )


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
        value, at = _of_year(sheet, n, found, name, shaping)
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


def _of_year(
    sheet: RawSheet, n: int, found: Parts, name: str, shaping: Shaping
) -> tuple[object, int | None]:
    """The value of the year in a row, and the column in which it stands (of a sum the last quarter's)."""
    here = sheet.rows[n]
    filled = {j: here[j] for j in found.columns if not blank(cell_at(here, j))}
    filled = {j: c for j, c in filled.items() if not absent(c)}
    if not filled:
        return "", None
    last = max(filled)
    told = {said for j, said in found.columns.items() if j in filled}
    lacking = [part for part in found.year if part not in told]
    said_running = bool(_WORDS["running"].search("".join(lines_above(sheet, found.row + 1))))
    if said_running or not shaping.adds_up(name):
        if found.columns[last] != found.year[-1]:
            said = (f"没有{found.year[-1]}的数，最后是{found.columns[last]}", "按最后一个数")
            shaping.said("value_noted", sheet, (n, last), *said, severity="question", advice="")
        return here[last], last
    read = {j: values.parse(c, kind="number") for j, c in filled.items()}
    unread = next((j for j, one in read.items() if one.value is None or one.low != one.high), None)
    if unread is not None:  # 约20, 20多: what they add up to nobody says
        shaping.said("value_unreadable", sheet, (n, unread), "有的列不是一个数", "这一行未计入")
        return "", None
    total = sum(one.value or 0.0 for one in read.values())
    printed = cell_at(here, found.whole) if found.whole is not None else ""
    if not blank(printed) and abs(number_in(printed) - total) > CENT:
        said = (f"合计{number.plain(number_in(printed))}", f"各列相加为{number.plain(total)}")
        shaping.said("total_differs", sheet, (n, found.whole or last), *said)
    numbers = [one.value or 0.0 for one in read.values()]
    grows = len(numbers) > 2 and numbers == sorted(numbers) and numbers[0] < numbers[-1]
    if grows and blank(printed):
        said = ("各列的数只增不减，像是累计数", f"按各列相加计为{number.plain(total)}")
        advice = "是累计数的，只留全年数，或在标题里写明累计"
        shaping.said("value_noted", sheet, (n, last), *said, severity="question", advice=advice)
    if lacking:
        said = (f"缺{'、'.join(lacking)}", f"按填了的{len(filled)}列合计")
        advice = "没有发生的写0；累计填报的，只留全年数"
        shaping.said("value_noted", sheet, (n, last), *said, severity="question", advice=advice)
    return total, last


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
        for j, part in found.columns.items():
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
        cells = [cell_at(here, j) for j in found.columns]
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
            shaping.tell_column(sheet, found.row, j, [str(cell)], found.columns.get(j, ""), rule)
