"""The day on which a form says that it was handed in (报送日期), above or below its rows.

Who says 报送 or 上报 means it; 填报, 填表 and 制表 are the day on which it was filled in, taken where nothing else is said.
"""

from __future__ import annotations

import re

from evalkit.ledgers import dates
from evalkit.ledgers.headings import squeeze

Cells = list[list[object]]
HEAD, FOOT = 8, 6  # rows from the top and from the end in which a form says it
LONGEST = 80  # characters of a cell
_WORDS = tuple(
    re.compile(rf"(?:{words})(?:日期|时间)[:：]?(?P<day>.*)")
    for words in ("报送|上报|报出|呈报", "填报|填表|填写|制表|编制")
)
_DAY = re.compile(
    r"(?:19|20|二[〇○0零])[\d〇○零一二三四五六七八九]{2}(?:年|[-./])[\d一二三四五六七八九十]{1,3}"
    r"(?:月|[-./])[\d一二三四五六七八九十]{1,3}[日号]?|(?:19|20)\d{6}"
)


def day_told(rows: Cells) -> str:
    """The day that a sheet tells, as 2025-10-08; empty where it tells none.

    >>> day_told([["填报单位：某县", "报送日期：2025年10月8日"]])
    '2025-10-08'
    """
    last = len(rows)
    edges = [*range(min(HEAD, last)), *range(max(HEAD, last - FOOT), last)]
    for words in _WORDS:
        told = [day for n in edges if (day := _in_row(rows[n], words))]
        if told:
            return max(told)
    return ""


def _in_row(row: list[object], words: re.Pattern[str]) -> str:
    for place, cell in enumerate(row):
        if not isinstance(cell, str) or len(cell) > LONGEST:
            continue
        found = words.search(squeeze(cell))
        if found is None:
            continue
        beside = next((c for c in row[place + 1 :] if c not in ("", None)), "")
        for said in (found["day"], beside):
            if day := _day_of(said):
                return day
    return ""


def _day_of(said: object) -> str:
    if isinstance(said, str):
        found = _DAY.search(squeeze(said))
        said = found[0] if found else ""
    read = dates.parse_date(said).date if said not in ("", None) else None
    return read.isoformat()[:10] if read is not None else ""
