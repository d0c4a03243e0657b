"""Periods: years, half-years, quarters, months, days, numbered waves, and times relative to a start.

One value says what a period is, where it lies, and how it is written; nothing sorts or compares periods as text
(as text 2010-10 stands before 2010-5, -1 before -4, and 第十期 after 第二期).
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, total_ordering
from typing import Any, Literal

from evalkit.problems import InputError, Problem

Kind = Literal["year", "half", "quarter", "month", "day", "wave", "relative"]
KIND_WORDS: dict[str, str] = {
    "year": "年份",
    "half": "半年",
    "quarter": "季度",
    "month": "月份",
    "day": "日期",
    "wave": "期次",
    "relative": "相对期（以开始为0）",
}
WHAT_TO_WRITE = "年份写2025，季度写2025Q3，月份写2025-07，期次写第3期，相对期写-4、0、3"
PER_YEAR = {"year": 1, "half": 2, "quarter": 4, "month": 12}
FIRST_YEAR, LAST_YEAR = 1000, 2999  # four digits outside are no year


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """One period.

    Parameters
    ----------
    kind
        ``year``, ``half``, ``quarter``, ``month``, ``day`` lie in the calendar; ``wave`` is the n-th of a survey or
        ledger; ``relative`` counts from a start, which is 0.
    number
        Consecutive within its kind: the year; 2 year + half - 1; 4 year + quarter - 1; 12 year + month - 1; the
        day's ordinal; n.

    Examples
    --------
    >>> [str(Period.parse(text)) for text in ("2010-5", "2010年第3季度", "Q42010", "第十期", "t-4")]
    ['2010-05', '2010Q3', '2010Q4', '第10期', '-4']
    """

    kind: Kind
    number: int

    @classmethod
    def parse(cls, text: Any) -> Period:
        """The period that a text or cell says.

        Raises
        ------
        InputError
            It says none; the message names it and what to write instead.
        """
        found = cls.read(text)
        if found is None:
            raise InputError(unreadable(text))
        return found

    @classmethod
    def read(cls, text: Any) -> Period | None:
        """`parse`, with None where the text says no period."""
        if isinstance(text, Period):
            return text
        if isinstance(text, bool) or text is None or text != text:  # no NaN and no NaT
            return None
        if isinstance(text, date):
            return cls("day", text.toordinal())
        if isinstance(text, float) or type(text).__name__.startswith("float"):
            # 2010.1 may be October, January or the first tenth of the year
            return _read(str(int(text))) if float(text).is_integer() else None
        return _read(str(text))

    @property
    def in_calendar(self) -> bool:
        return self.kind not in ("wave", "relative")

    @property
    def year(self) -> int:
        """The calendar year it lies in."""
        return self.bounds[0].year

    @property
    def bounds(self) -> tuple[date, date]:
        """First and last day.

        Raises
        ------
        ValueError
            Waves and relative periods lie nowhere in the calendar.
        """
        if self.kind == "day":
            return date.fromordinal(self.number), date.fromordinal(self.number)
        if self.kind not in PER_YEAR:
            raise ValueError(f"{self} has no days")
        year, part = divmod(self.number, PER_YEAR[self.kind])
        months = 12 // PER_YEAR[self.kind]
        last = (part + 1) * months
        return date(year, last - months + 1, 1), date(
            year, last, calendar.monthrange(year, last)[1]
        )

    @property
    def order(self) -> tuple[int, int, int]:
        """What periods are sorted by: the last day, and the shorter one first where both end together.

        So the months of a quarter stand before it and the quarters of a year before the year, as they are completed;
        within one kind it is the order in time.
        """
        if not self.in_calendar:
            return (0 if self.kind == "relative" else 1, self.number, 0)
        first, last = self.bounds
        return 2, last.toordinal(), -first.toordinal()

    def __lt__(self, other: Period) -> bool:
        return self.order < other.order

    def is_before(self, other: Period) -> bool:
        """It is over when the other begins."""
        if self.in_calendar and other.in_calendar:
            return self.bounds[1] < other.bounds[0]
        return self.kind == other.kind and self.number < other.number

    def contains(self, other: Period) -> bool:
        """The other lies wholly within it; a period contains itself."""
        if self.in_calendar and other.in_calendar:
            (first, last), (start, end) = self.bounds, other.bounds
            return first <= start and end <= last
        return self == other

    def parts(self, kind: Kind) -> list[Period]:
        """The periods of a finer kind that make it, in order: the quarters of a year, the months of a quarter."""
        within = PER_YEAR[kind] // PER_YEAR[self.kind]
        return [Period(kind, self.number * within + part) for part in range(within)]

    def previous(self, steps: int = 1) -> Period:
        """The period so many steps of its kind before."""
        return Period(self.kind, self.number - steps)

    @property
    def year_before(self) -> Period:
        """The same part of the year before (2025Q3: 2024Q3); outside the calendar the one before."""
        if self.kind == "day":
            day = self.bounds[0]
            leap = (day.month, day.day) == (2, 29)
            return Period(
                "day", day.replace(year=day.year - 1, day=28 if leap else day.day).toordinal()
            )
        return self.previous(PER_YEAR.get(self.kind, 1))

    def words(self) -> str:
        """As official Chinese says it: 2025年, 2025年上半年, 2025年第三季度, 2025年7月, 第3期, 前4期, 当期, 后3期."""
        if self.kind == "day":
            day = self.bounds[0]
            return f"{day.year}年{day.month}月{day.day}日"
        if self.kind == "wave":
            return f"第{self.number}期"
        if self.kind == "relative":
            return (
                f"前{-self.number}期"
                if self.number < 0
                else f"后{self.number}期"
                if self.number
                else "当期"
            )
        year, part = divmod(self.number, PER_YEAR[self.kind])
        inside = {
            "year": "",
            "half": ("上半年", "下半年")[part % 2],
            "quarter": f"第{'一二三四'[part % 4]}季度",
            "month": f"{part + 1}月",
        }
        return f"{year}年{inside[self.kind]}"

    def __str__(self) -> str:
        """The canonical text: 2025, 2025H1, 2025Q3, 2025-07, 2025-07-31, 第3期, -4."""
        if self.kind == "day":
            return self.bounds[0].isoformat()
        if self.kind == "wave":
            return f"第{self.number}期"
        if self.kind == "relative":
            return str(self.number)
        year, part = divmod(self.number, PER_YEAR[self.kind])
        inside = {
            "year": "",
            "half": f"H{part + 1}",
            "quarter": f"Q{part + 1}",
            "month": f"-{part + 1:02d}",
        }
        return f"{year}{inside[self.kind]}"


def day_words(day: str) -> str:
    """A day on which something is due, as it is spoken: 2027年底, 2026年6月底, 2026年6月15日."""
    found = date.fromisoformat(day)
    if (found.month, found.day) == (12, 31):
        return f"{found.year}年底"
    if found.day == calendar.monthrange(found.year, found.month)[1]:
        return f"{found.year}年{found.month}月底"
    return f"{found.year}年{found.month}月{found.day}日"


def unreadable(text: Any) -> Problem:
    """The problem of a text that says no period."""
    return Problem("period_unreadable", where="period", found=f"“{text}”", advice=WHAT_TO_WRITE)


def parse_column(texts: Iterable[Any]) -> list[Period]:
    """Periods of one column, all of one kind.

    Plain numbers are read together: 1998, 1999, 2000 are years, but -1, 0, 1 and 999, 1000, 1001 are positions.

    Raises
    ------
    InputError
        Every text that says no period, by name; or periods of several kinds, with an example of each.
    """
    given = list(texts)
    found = [Period.read(text) for text in given]
    bad = dict.fromkeys(
        str(text) for text, period in zip(given, found, strict=True) if period is None
    )
    if bad:
        raise InputError([unreadable(text) for text in bad])
    periods = [period for period in found if period is not None]
    kinds = dict(zip((p.kind for p in periods), given, strict=True))
    plain = [_clean(str(_whole(text))) for text in given]
    if set(kinds) in _ONE_SCALE and all(_NUMBER.fullmatch(text) for text in plain):
        kind: Kind = "relative" if "relative" in kinds else "wave"
        return [Period(kind, int(text.removeprefix("t") or 0)) for text in plain]
    if len(kinds) > 1:
        named = "、".join(f"{text}（{KIND_WORDS[kind]}）" for kind, text in kinds.items())
        advice = f"请统一成一种：{WHAT_TO_WRITE}"
        raise InputError(Problem("period_mixed", where="period", found=named, advice=advice))
    return periods


def in_time(texts: Iterable[Any]) -> list[str]:
    """Different periods in the order of time, each as it was written; what is no period stands last, as it came."""
    different = list(dict.fromkeys(str(text) for text in texts))
    read = {text: Period.read(text) for text in different}
    known = sorted((period, text) for text, period in read.items() if period is not None)
    return [
        *(text for _, text in known),
        *(text for text, period in read.items() if period is None),
    ]


def places(texts: Iterable[Any]) -> dict[str, int]:
    """The place of every period in the order of time: what rows are sorted by."""
    return {text: n for n, text in enumerate(in_time(texts))}


def precedes(earlier: Any, later: Any) -> bool:
    """The one comes before the other in time; never where one of them is no period."""
    one, other = Period.read(earlier), Period.read(later)
    return one is not None and other is not None and one < other


def _whole(text: Any) -> Any:
    """A whole float is a whole number (years of a column with gaps)."""
    return int(text) if isinstance(text, float) and text.is_integer() else text


_NUMBER = re.compile(r"t?[+-]?\d{1,4}|t")
_ONE_SCALE: tuple[set[Kind], ...] = ({"wave", "relative"}, {"wave", "year"})
_DASHES = str.maketrans(dict.fromkeys("−–—‐‑‒―－", "-"))
_DIGITS = {
    "〇": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_MONTHS = {
    name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_MONTH_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)


def _chinese(found: re.Match[str]) -> str:
    """A Chinese number as digits: 十 10, 二十一 21, 二〇一〇 2010."""
    text = found[0]
    if "十" not in text:
        return "".join(str(_DIGITS[c]) for c in text)
    tens, _, ones = text.partition("十")
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))


def _clean(text: str) -> str:
    """Narrow, lower-case, without blanks; one dash; Chinese numbers as digits."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).lower()
    plain = re.sub(r"[\s\u200b\ufeff]+", "", plain)
    return re.sub(
        r"[一二两三四五六七八九]?十[一二三四五六七八九]?|[〇零一二两三四五六七八九]+",
        _chinese,
        plain,
    )


def _full_year(text: str) -> int:
    """24年 is 2024, 98年 1998."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _part(kind: Kind) -> Callable[[re.Match[str]], Period | None]:
    """Reads ``y`` and ``n`` of a match as the n-th part of a year."""

    def read(found: re.Match[str]) -> Period | None:
        year, n = _full_year(found["y"]), int(found["n"])
        fits = FIRST_YEAR <= year <= LAST_YEAR and 1 <= n <= PER_YEAR[kind]
        return Period(kind, year * PER_YEAR[kind] + n - 1) if fits else None

    return read


def _year(found: re.Match[str]) -> Period | None:
    year = _full_year(found["y"])
    return Period("year", year) if FIRST_YEAR <= year <= LAST_YEAR else None


def _half(found: re.Match[str]) -> Period | None:
    return Period("half", _full_year(found["y"]) * 2 + (found["n"] == "下"))


def _named_month(found: re.Match[str]) -> Period | None:
    return Period("month", int(found["y"]) * 12 + _MONTHS[found["m"][:3]] - 1)


def _day(found: re.Match[str]) -> Period | None:
    try:
        return Period("day", date(int(found["y"]), int(found["m"]), int(found["d"])).toordinal())
    except ValueError:  # 30 February
        return None


def _wave(found: re.Match[str]) -> Period | None:
    return Period("wave", int(found["n"]))


def _relative(sign: int) -> Callable[[re.Match[str]], Period | None]:
    return lambda found: Period("relative", sign * int(found["n"] or 0))


_Y, _YY, _NO = r"(?P<y>\d{4})", r"(?P<y>\d{4}|\d{2}(?=年))", r"(?P<n>\d{1,4})"
_FORMS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Period | None]]] = [
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"{_YY}(?:年(?:度|份)?)?", _year),
        (rf"(?:fy|y|year){_Y}", _year),
        (rf"{_YY}年?度?(?P<n>[上下])半年", _half),
        (rf"{_Y}[-/]?h(?P<n>[12])", _part("half")),
        (rf"h(?P<n>[12])[-/]?{_Y}", _part("half")),
        (rf"{_YY}年?度?[-/]?第?(?P<n>\d)季度?", _part("quarter")),
        (rf"{_Y}年?[-/.:]?(?:qtr|q)0?(?P<n>\d)", _part("quarter")),
        (rf"(?:qtr|q)0?(?P<n>\d)[-/]?{_Y}年?", _part("quarter")),
        (rf"(?P<n>\d)q[-/]?{_Y}年?", _part("quarter")),
        (rf"{_YY}年(?P<n>\d{{1,2}})月(?:份)?", _part("month")),
        (rf"{_Y}[-/](?P<n>\d{{1,2}})月?", _part("month")),
        (rf"{_Y}\.(?P<n>\d{{2}})", _part("month")),  # 2010.1 may be October: refused
        (rf"(?P<n>\d{{1,2}})[-/]{_Y}", _part("month")),
        (rf"{_Y}m(?P<n>\d{{1,2}})", _part("month")),
        (rf"m(?P<n>\d{{1,2}})[-/]?{_Y}", _part("month")),
        (r"(?P<y>(?:19|20)\d\d)(?P<n>0[1-9]|1[0-2])", _part("month")),
        (rf"{_Y}[-/]?(?P<m>{_MONTH_NAMES})", _named_month),
        (rf"(?P<m>{_MONTH_NAMES})[-/.,]?{_Y}", _named_month),
        (
            rf"{_Y}(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?:t?00:00(?::00(?:\.0+)?)?)?",
            _day,
        ),
        (rf"{_Y}年(?P<m>\d{{1,2}})月(?P<d>\d{{1,2}})[日号]?", _day),
        (r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)", _day),
        (rf"第{_NO}(?:个)?(?:期|轮|波|次|批|年|时期|时点)", _wave),
        (rf"{_NO}(?:期|轮|波)", _wave),
        (rf"(?:wave|round|period|phase|w|r|p)[-_.#]?{_NO}", _wave),
        (r"(?P<n>\d{1,3})", _wave),
        (r"(?:t|第)?\+(?P<n>\d{1,4})期?", _relative(1)),
        (r"(?:t|第)?-(?P<n>\d{1,4})期?", _relative(-1)),
        (r"t_?(?P<n>\d{0,4})", _relative(1)),
        (r"(?:实施|政策)?(?:之|以)?前第?(?P<n>\d{1,4})(?:期|年|月|季)", _relative(-1)),
        (r"(?:实施|政策)?(?:之|以)?后第?(?P<n>\d{1,4})(?:期|年|月|季)", _relative(1)),
        (r"(?:实施|政策)?当期(?P<n>)", _relative(1)),
    )
]


@lru_cache(maxsize=4096)
def _read(text: str) -> Period | None:
    plain = _clean(text)
    for pattern, read in _FORMS:
        if (found := pattern.fullmatch(plain)) and (period := read(found)) is not None:
            return period
    return None
