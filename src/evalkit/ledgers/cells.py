"""What a cell says of its row: total, derived, note, unit, nothing to list, a tick."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.ledgers.findings import RULES, WORDS
from evalkit.ledgers.headings import MONEY_UNITS, squeeze


@dataclass(frozen=True)
class RowPatterns:
    """What a row or a sheet is known by (`rows` in rules.yml, which explains each)."""

    note: re.Pattern[str]
    signed: re.Pattern[str]
    unit_row: re.Pattern[str]
    place_row: re.Pattern[str]
    skip_name: re.Pattern[str]
    summary_name: re.Pattern[str]
    name: re.Pattern[str]
    amount: re.Pattern[str]
    derived: re.Pattern[str]
    page: re.Pattern[str]
    nothing: re.Pattern[str]


ROWS = RowPatterns(**{name: re.compile(pattern) for name, pattern in RULES["rows"].items()})
_COUNTED = re.compile(r"[(\[].*?[)\]]|(?::共?\d+[家个户名人条项]?|共?\d+[家户条项])?[:,]?$")
BRACKETED_UNIT = re.compile(rf"[(\[]?(?:单位:)?(?:{'|'.join(RULES['headings']['units'])})[)\]]?")
SECTION = re.compile(
    r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．:：]|第[一二三四五六七八九十]+[部章节类]"
)
SECTION_NUMBER = re.compile(
    r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．:：]?"
)  # in a column of numbers
BODY = re.compile(r"(?:公司|厂|店|事务所|基金会|协会|商会|学会|学校|幼儿园|医院|合作社)$")
_SO_MANY = re.compile(r"共\d+[家户]$")  # 共1人 is a number of its column


def is_total(cell: object, words: Iterable[str]) -> bool:
    """小计, 合计, 总计 ... alone, with a name before it (城关镇小计), with a number or brackets after it (合计：6家, 共6家)."""
    if not isinstance(cell, str) or len(cell) > 24:
        return False
    said = squeeze(cell)
    text = "共计" if _SO_MANY.match(said) else _COUNTED.sub("", said)
    if len(text) > 14 or text in words:
        return text in words
    ends = text.endswith(tuple(words)) or text.removesuffix("数").endswith(
        tuple(words)
    )  # 城关镇小计, 合计数
    return ends and not text.endswith(("会计", "统计"))


def is_derived(cell: object) -> bool:
    """平均, 占比, 其中：规上, 上年同期 in place of a name: made from other rows, neither a record nor a total."""
    return isinstance(cell, str) and bool(ROWS.derived.fullmatch(squeeze(cell)))


def says_nothing(text: object) -> bool:
    """Whether a cell or line says that there is nothing to list: 无, 本年度无此项, 注：本年没有经费收支."""
    if not isinstance(text, str) or len(text) > 60:
        return False
    said = re.sub(r"^(?:注|说明|备注|情况说明)\d*[:：.、]", "", squeeze(text)).strip(
        "()[]【】。.!;"
    )
    return bool(ROWS.nothing.fullmatch(said))


def blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


def cell_at(row: Sequence[object], index: int) -> object:
    return row[index] if index < len(row) else ""


def texts_of(row: list[object]) -> list[tuple[int, str]]:
    return [(i, str(c)) for i, c in enumerate(row) if not blank(c)]


_TICKS = {mark: meaning for meaning, marks in WORDS["ticks"].items() for mark in str(marks).split()}


def tick(cell: object) -> str | None:
    """What a mark in a column to be ticked says: yes, no, or open (○: yes where no other mark is used); None for a text."""
    if isinstance(cell, bool | int | float):
        return {1: "yes", 0: "no"}.get(int(cell)) if cell == int(cell) else None
    return _TICKS.get(squeeze(cell).upper()) if isinstance(cell, str) else None


def yes_marks(cells: Iterable[object]) -> frozenset[str]:
    """The answers of `tick` that mean yes in a table with these cells: ○ does where no other mark is used (√ 有, ○ 在建)."""
    drawn = any(isinstance(cell, str) and tick(cell) == "yes" for cell in cells)
    return frozenset({"yes"}) if drawn else frozenset({"yes", "open"})


def aside(first: str, totals: Iterable[str]) -> bool:
    """Whether the first cell makes a total or a note of a row whose key column is filled."""
    return (
        is_total(first, totals)
        or is_derived(first)
        or (first[:1] in ("注", "说", "备") and bool(ROWS.note.search(squeeze(first))))
    )


def money_unit(texts: Iterable[str]) -> str | None:
    found = (
        unit
        for text in texts
        for said in ROWS.unit_row.findall(squeeze(text))
        for unit in MONEY_UNITS
        if unit in said
    )
    return next(found, None)
