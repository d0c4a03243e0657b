"""Which part of a year a title, sheet, file or folder tells: 2025年三季度报表, 2025-07, 2025Q3, 上半年.

A day is no part (截至2025年6月30日, 2025年7月5日报送), and neither is the month up to which a ledger is kept
(截至2025年12月, 2025年6月底). 前三季度, 1—9月 count from the beginning of the year: what they tell is no quarter's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from evalkit.ledgers.headings import squeeze
from evalkit.world.period import Period

_NUMBERS = {word: n for n, word in enumerate("一 二 三 四 五 六 七 八 九 十 十一 十二".split(), 1)}
_NUMBER = r"1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]"
_YEAR = r"(?:(?<!\d)(?P<y>(?:19|20)\d{2})(?:年度?|[-_./])?|(?<!\d)(?P<yy>\d{2})年)?"
_YEAR_BEFORE = _YEAR.replace("?P<y", "?P<before_y")
_SPAN = re.compile(
    rf"{_YEAR}(?P<from>{_NUMBER})月?(?:份)?(?:至|到|[-—–~～])(?P<to>{_NUMBER})(?P<what>月份?|季度)"
    rf"|{_YEAR_BEFORE}前(?P<first>[二三23])(?:个)?季度"
)
_PARTS = (
    (
        "quarter",
        re.compile(
            rf"{_YEAR}(?:(?P<n>(?<!\d)[1-4]|[一二三四])季[度报末]"
            r"|第(?P<n2>[一二三四1-4])季(?!青))(?!一?次|一列)"
        ),
    ),
    ("quarter", re.compile(rf"{_YEAR}(?<![a-z])q(?P<n>[1-4])(?!\d)", re.I)),
    ("half", re.compile(rf"{_YEAR}(?P<n>[上下])半年")),
    ("half", re.compile(rf"{_YEAR}(?<![a-z])h(?P<n>[12])(?![\da-z])", re.I)),
    (
        "month",
        re.compile(
            rf"{_YEAR}(?<![\d十])(?P<n>{_NUMBER})月(?:份|(?!\d{{1,2}}[日号]|[底末止乡镇街村花亮中]|\d))"
        ),
    ),
    (
        "month",
        re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})[-_./](?P<n>1[0-2]|0?[1-9])(?![\d月日]|[-_./]\d)"),
    ),
    ("month", re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<n>0[1-9]|1[0-2])(?!\d)")),
)
_UP_TO = re.compile(r"(?:截[至止]到?|至|到|每)$")
WHOLE_YEAR = re.compile(r"年度|全年")


@dataclass(frozen=True)
class Part:
    """The part of a year that a text tells, with the year where that stands beside it.

    Attributes
    ----------
    kind
        ``half``, ``quarter``, ``month``; ``since`` for a span from the beginning of the year (前三季度) or another one that
        is no period.
    number
        Which half, quarter or month; of ``since`` the last month.
    """

    kind: str
    number: int
    year: str | None
    said: str

    def of(self, year: str) -> str | None:
        """The period that it is of a year, None for a span."""
        size = {"half": 2, "quarter": 4, "month": 12}.get(self.kind)
        if size is None:
            return None
        return str(Period(self.kind, size * int(year) + self.number - 1))  # type: ignore[arg-type]


@lru_cache(maxsize=100_000)
def part_in(text: str) -> Part | None:
    """The part of a year that a text tells; None where it tells none, or several.

    >>> [part_in(text).of("2025") for text in ("2025年三季度报表", "2025-07", "七月份台账", "上半年", "1-6月")]
    ['2025Q3', '2025-07', '2025-07', '2025H1', '2025H1']
    >>> part_in("截至2025年6月30日"), part_in("2025年7月5日"), part_in("1-9月").kind
    (None, None, 'since')
    """
    word = squeeze(text)
    if spans := [*_spans(word)]:
        return spans[0] if len(spans) == 1 else None
    parts: dict[tuple[str, int], Part] = {}
    for kind, pattern in _PARTS:
        for match in pattern.finditer(word):
            if _UP_TO.search(word[: match.start()]):
                continue
            said = match.groupdict()
            number = _number(said["n"] or said.get("n2"))
            one = Part(kind, number, _year(said), match[0])
            known = parts.get((kind, number))
            parts[kind, number] = known if known is not None and known.year else one
    kinds = {kind for kind, _ in parts}
    if kinds == {"quarter", "month"}:  # 三季度（7月）: the month, where it lies in the quarter
        months = [p for (kind, _), p in parts.items() if kind == "month"]
        quarters = {p.number for (kind, _), p in parts.items() if kind == "quarter"}
        if len(months) == 1 and quarters == {(months[0].number + 2) // 3}:
            return months[0]
    return next(iter(parts.values())) if len(parts) == 1 else None


def _spans(word: str) -> Iterator[Part | None]:
    """The spans of months or quarters that a text names; None for the whole year."""
    for match in _SPAN.finditer(word):
        said = match.groupdict()
        year = _year(said) or _year({"y": said["before_y"], "yy": said["before_yy"]})
        if said["first"]:
            start, end = 1, 3 * {"二": 2, "2": 2, "三": 3, "3": 3}[said["first"]]
        else:
            start, end = _number(said["from"]), _number(said["to"])
            if said["what"] == "季度":
                start, end = 3 * start - 2, 3 * end
        if start < end <= 12:
            yield _of_months(start, end, year, match[0])


def _of_months(start: int, end: int, year: str | None, said: str) -> Part | None:
    """The part that reaches from one month to another; None for the whole year."""
    if (start, end) == (1, 12):
        return None
    for kind, size in (("half", 6), ("quarter", 3)):
        if end - start + 1 == size and end % size == 0:
            return Part(kind, end // size, year, said)
    return Part("since", end, year, said)


def _number(said: str | None) -> int:
    said = said or ""
    return {"上": 1, "下": 2}.get(said) or _NUMBERS.get(said) or int(said)


def _year(said: Mapping[str, str | None]) -> str | None:
    if said.get("y"):
        return said["y"]
    short = said.get("yy")
    return f"20{short}" if short else None
