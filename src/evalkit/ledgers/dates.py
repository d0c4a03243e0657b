"""From what stands in a cell to a date with its interval and precision, and to a period. Pure.

Written forms: 2015.7.1, 2015-07-01, 2015/7/1, 20150701, 2009年6月, 二〇一五年七月一日, 二月五日 (with the year of the
ledger), 24年, 2024, ranges (2015.3-2016.4, 3月至5月), serial numbers of Excel, dates and datetimes. A day that does
not exist (2月30日) is null with the note ``date_impossible``: it is never moved to the next real one.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evalkit.ledgers.numerals import ABSENT, DASHES, DIGITS, QUOTES, WIDE, numeral

FIRST_YEAR, LAST_YEAR = 1900, 2100
SHORT_YEARS = 60  # 24年 is 2024, 98年 is 1998: two digits up to this one belong to this century


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date and all days it may mean.

    ``date`` is the day; the first day of ``low`` to ``high`` where only a month, a year or a range is said.
    ``precision`` is day, month, year or range; ``note`` is empty, missing, value_unreadable, date_impossible or
    date_range.
    """

    date: dt.date | None
    low: dt.date | None = None
    high: dt.date | None = None
    precision: str = ""
    note: str = ""


_MISSING, _UNREADABLE = DateValue(None, note="missing"), DateValue(None, note="value_unreadable")
_IMPOSSIBLE = DateValue(None, note="date_impossible")
_CHINESE = re.compile(
    r"[〇一二三四五六七八九十廿卅]+(?=[年月日号季])|(?<=[年月])[〇一二三四五六七八九十廿卅]+"
)
_Y = r"(?P<y>(?:19|20|21)\d\d|\d\d(?=年|[./-]\d{1,2}[./-]))"
_DATE = re.compile(
    rf"(?:公元|约|于|自)?(?:{_Y}[年./-]?)?(?:(?P<m>\d{{1,2}})(?:月份?|[./-]|$)(?:(?P<d>\d{{1,2}})[日号]?)?)?"
    r"(?P<time>[ t]?\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)?"
)
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)?")
_PART = re.compile(r"(.*?)(?:(?P<half>[上下])半年|第?(?P<quarter>[1-4])季度?)")
_TO = re.compile(r"\s*(?:至|到|—+|–|~|～|--+|-(?=\s)|(?<=\s)-|(?<=[年月日号])-)\s*")
_SINCE = re.compile(
    r"(.+?)(?:成立|建立|组建|创办|登记|注册|前|以来|左右|起|底|初|中旬|上旬|下旬|召开|开展|上午|下午|晚上?|中午|全天)"
)
_HYPHEN = re.compile(
    r"([\d.年月日号]+)-([\d.年月日号]+)|([\d/年月日号]+)-([\d/年月日号]+)"
)  # 2015.3-2016.4, 2019-2021
_EPOCH = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}


def _year(text: str) -> int:
    y = int(text)
    return y if y > 99 else y + (2000 if y <= SHORT_YEARS else 1900)


@lru_cache(maxsize=65_536)
def _span(year: int, month: int | None = None, day: int | None = None) -> DateValue:
    """The days of a year, of a month, or one day; impossible ones say so."""
    first, last = (1, 12) if month is None else (month, month)
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= first <= 12):
        return _IMPOSSIBLE
    days = calendar.monthrange(year, last)[1]
    if day is not None and not 1 <= day <= days:
        return _IMPOSSIBLE
    low, high = dt.date(year, first, day or 1), dt.date(year, last, day or days)
    return DateValue(low, low, high, "day" if day else "month" if month else "year")


def _parts(m: re.Match[str], year: int | None = None) -> DateValue:
    """The span of the groups y, m and d; `year` is the ledger's."""
    y = _year(m["y"]) if m["y"] else year
    if y is None:
        never = m["d"] and _span(2000, int(m["m"]), int(m["d"])).date is None  # 2月30日
        return _IMPOSSIBLE if never else _UNREADABLE
    return _span(y, int(m["m"]) if m["m"] else None, int(m["d"]) if m["d"] else None)


def _one(s: str, year: int | None) -> DateValue:
    if m := _COMPACT.fullmatch(s):
        return _parts(m)
    if m := _PART.fullmatch(s):
        head = _one(m[1], year) if m[1] else _span(year) if year else _UNREADABLE
        if head.precision != "year" or head.low is None:
            return _UNREADABLE
        first, length = (
            ("上下".index(m["half"]) * 6 + 1, 6) if m["half"] else (int(m["quarter"]) * 3 - 2, 3)
        )
        return _join(_span(head.low.year, first), _span(head.low.year, first + length - 1))
    m = _DATE.fullmatch(s)
    if not m or not (m["y"] or m["m"]):
        return _UNREADABLE
    if m["m"] and not m["y"] and "月" not in s and (not m["d"] or int(m["m"]) > 12):
        return _UNREADABLE
    return _parts(m, year)


def _join(start: DateValue, end: DateValue) -> DateValue:
    if "date_impossible" in (start.note, end.note):
        return _IMPOSSIBLE
    if start.low is None or end.high is None or end.high < start.low:
        return _UNREADABLE
    return DateValue(start.low, start.low, end.high, "range", "date_range")


@lru_cache(maxsize=65_536)
def _text(text: str, year: int | None, date_1904: bool) -> DateValue:
    s = re.sub(r"\s+", " ", text.translate(WIDE)).strip(QUOTES + "。;；,，.、").lower()
    if not s or s in ABSENT or s == "无" or DASHES.issuperset(s):
        return _MISSING
    s = _CHINESE.sub(_arabic, s)
    s = re.sub(r"\((?:含|以|注|农历|周|星期)?[^()\d]*\)$", "", s)
    s = re.sub(r"(?<=\d)[、,](?=\d)", ".", s)
    bare = re.sub(r"\s*([年月日号./-])\s*", r"\1", s) if " " in s else s
    if re.fullmatch(r"\d{5}(\.0+)?", s):  # a serial number kept as text
        return _serial(float(s), date_1904)
    found = _one(bare, year)
    if found.note != "value_unreadable":
        return found
    if m := _SINCE.fullmatch(bare):  # 2015年7月成立, 2015年底: the month, the year
        return _one(m[1], year)
    pieces = _TO.split(s, maxsplit=1)
    if len(pieces) < 2 and (m := _HYPHEN.fullmatch(bare)):
        pieces = [p for p in m.groups() if p]
    if len(pieces) == 2:
        left, right = (p.replace(" ", "") for p in pieces)
        if re.fullmatch(r"\d{1,2}", left) and re.fullmatch(r"\d{1,2}月", right):
            left += "月"  # 3至5月
        start = _one(left, year)
        known = start.low.year if start.low else year
        if (
            re.fullmatch(r"\d{1,2}[日号]?", right) and start.precision == "day" and start.low
        ):  # 7月1日-3日
            right = f"{start.low.month}月{right}"
        end = _one(right, known)
        if start.note == "value_unreadable" and end.low:  # 3月-2016年5月: the year stands behind
            start = _one(left, end.low.year)
        return _join(start, end)
    return found


def _arabic(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) > 1 and not set(text) & set("十廿卅"):  # digits in a row: 二〇一五, 二四
        return text.translate(DIGITS)
    number = numeral(text, True)
    return str(int(number[0])) if number else text


def _serial(number: float, date_1904: bool) -> DateValue:
    """A serial number of Excel (1900 system with its 29 February 1900, or 1904); only days from 1900 to 2100."""
    if not 366 <= number < 73_416:
        return _UNREADABLE
    day = _EPOCH[date_1904] + dt.timedelta(days=int(number))
    return DateValue(day, day, day, "day")


def parse_date(cell: Any, *, year: int | None = None, date_1904: bool = False) -> DateValue:
    """Read one cell.

    Parameters
    ----------
    cell
        Text, number, date or datetime, None.
    year
        The ledger's year, for 二月五日; without it a day without a year is not read.
    date_1904
        The workbook counts days from 1904 (RawSheet.date_1904).

    A number is a year (2015), a year and month (2009.6, 200906), a day (20150701) or a serial number of Excel.
    """
    if isinstance(cell, str):
        return _text(cell, year, date_1904)
    if cell is None or cell != cell:
        return _MISSING
    if isinstance(cell, dt.date):
        found = _span(cell.year, cell.month, cell.day)
        return found if found.date else _UNREADABLE
    if isinstance(cell, (bool, dt.time, dt.timedelta)):
        return _UNREADABLE
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return _UNREADABLE
    if number.is_integer():
        whole = int(number)
        if FIRST_YEAR <= whole <= LAST_YEAR:
            return _span(whole)
        if m := _COMPACT.fullmatch(str(whole)):
            return _parts(m)
    in_year = bool(year) and 1 <= number < 13
    if not in_year and (number.is_integer() or not FIRST_YEAR < number < LAST_YEAR):
        return _serial(number, date_1904)
    # 2009.6, and 7.15 typed for 15 July; 2009.1 and 7.1 may be the first or a lost zero of the tenth
    before, _, behind = f"{number:.2f}".partition(".")
    if abs(number * 100 - round(number * 100)) > 1e-6 or behind == "00":
        return _UNREADABLE
    said = [int(behind.rstrip("0")), int(behind)]
    one, ten = (
        _span(year or 0, int(before), n) if in_year else _span(int(before), n) for n in said
    )
    return one if behind[1] != "0" or ten.date is None else _join(one, ten)


def parse_dates(
    cells: Sequence[Any], *, year: int | None = None, date_1904: bool = False
) -> list[DateValue]:
    """Read a column; equal cells are read once."""
    keys = [(type(cell), cell) for cell in cells]
    memo = {key: parse_date(key[1], year=year, date_1904=date_1904) for key in dict.fromkeys(keys)}
    return [memo[key] for key in keys]


_PERIOD = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:\s*[年/.-]?度?\s*第?([1-4一二三四])\s*季度?|\s*[-/.]?\s*q([1-4])|\s*年度?|(?![\d]))"
)
_SHORT = re.compile(r"(?<!\d)(\d\d)年(?:度?\s*第?([1-4一二三四])\s*季度?)?(?!\d)")


@lru_cache(maxsize=4096)
def _period(s: str) -> str | None:
    s = _CHINESE.sub(
        _arabic, re.sub(r"二〇[〇一二三四五六七八九]{2}", _arabic, s.translate(WIDE)).lower()
    )
    s = re.sub(
        r"(?<!\d)((?:19|20)\d\d)(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)", r"\1", s
    )  # 20240630, 202412
    found = [*_PERIOD.finditer(s)] or [*_SHORT.finditer(s)]
    said = {
        f"{_year(m[1])}" + (f"Q{m[m.lastindex or 1].translate(DIGITS)}" if m.lastindex != 1 else "")
        for m in found
    }
    return said.pop() if len(said) == 1 else None


def parse_period(text: Any) -> str | None:
    """The year or quarter said in a text or cell: ``"2024"``, ``"2025Q3"``; None where none or several are said.

    >>> parse_period("演示01区二〇二四年度组织台账"), parse_period("2025年第三季度"), parse_period("24年")
    ('2024', '2025Q3', '2024')
    """
    if isinstance(text, (dt.date, dt.datetime)):
        return str(text.year)
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return str(int(text)) if text == int(text) and FIRST_YEAR <= text <= LAST_YEAR else None
    return _period(text) if isinstance(text, str) else None
