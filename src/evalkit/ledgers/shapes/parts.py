"""Parts of a year as headings name them (二季度, 3月, 上半年, 前三季度, 1—9月, 全年), and what they come to over a year.

What happens in the course of a year adds up over parts that follow each other; a part that begins in January and stands
beside finer ones counts on (前三季度 beside 上半年), so the longest holds. What stands at a time is that of the last part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from evalkit.ledgers import values
from evalkit.ledgers.cells import blank
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import absent
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.numerals import DASHES
from evalkit.ledgers.shapes.shaping import CENT, DECLARED, Shaping, number_in
from evalkit.problems import Severity
from evalkit.world import number

MONTHS_OF_YEAR = 12
_CHINESE_MONTHS = "一 二 三 四 五 六 七 八 九 十 十一 十二".split()
_QUARTERS = "一二三四"
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_DASH = re.compile("[" + "".join(map(re.escape, sorted(DASHES))) + "~～]")
_FORMS = {
    kind: re.compile(rf"(?:(?:19|20)\d{{2}}年度?)?{words}(?P<end>{DECLARED['parts']['end']})")
    for kind, words in DECLARED["parts"]["forms"].items()
}
_COUNTS_ON = re.compile(DECLARED["parts"]["counts_on"])
_MAY_BE = re.compile("[季半月年Qq]")
_LONGEST = 24  # characters of a heading that names a part


@dataclass(frozen=True)
class Part:
    """A part of a year: its name, its first and its last month."""

    name: str
    first: int
    last: int

    @property
    def whole(self) -> bool:
        return (self.first, self.last) == (1, MONTHS_OF_YEAR)


def part_of(cell: object) -> Part | None:
    """The part of a year that a heading consists of."""
    part, rest = part_before(cell)
    return part if not rest else None


@lru_cache(maxsize=20_000)
def _part_in(text: str) -> tuple[Part | None, str]:
    said = _DASH.sub("-", _BRACKETS.sub("", squeeze(text)))
    best: tuple[Part | None, str] = (None, said)
    for kind, words in _FORMS.items():
        found = words.match(said)
        if found is None or (best[0] is not None and len(said) - found.end() >= len(best[1])):
            continue
        first, last = _months(kind, found)
        if not first <= last:
            continue
        if _COUNTS_ON.search(found["end"]):
            first = 1
        best = (Part(_name(kind, first, last, found), first, last), said[found.end() :])
    return best


def part_before(cell: object) -> tuple[Part | None, str]:
    """The part of a year with which a heading begins, and the rest: 一季度应缴 is the first quarter of 应缴."""
    if not isinstance(cell, str) or len(cell) > _LONGEST or not _MAY_BE.search(cell):
        return None, ""
    part, rest = _part_in(cell)
    return (part, rest) if part else (None, "")


def _months(kind: str, found: re.Match[str]) -> tuple[int, int]:
    numbers = [_number(text) for text in found.groups()[:-1] if text]
    if kind == "quarter":
        return 3 * numbers[0] - 2, 3 * numbers[0]
    if kind == "quarters":
        return 1, 3 * numbers[-1]
    if kind == "month":
        return numbers[0], numbers[0]
    if kind == "months":
        return numbers[0], numbers[-1]
    if kind == "until":
        return 1, numbers[0]
    return {"first_half": (1, 6), "second_half": (7, 12), "year": (1, 12)}[kind]


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return 2 if text == "两" else _CHINESE_MONTHS.index(text) + 1


def _name(kind: str, first: int, last: int, found: re.Match[str]) -> str:
    if kind == "quarter" and last - first == 2:
        return f"{_QUARTERS[last // 3 - 1]}季度"
    return f"{last}月" if kind == "month" and first == last else found[0]


def chain(columns: Mapping[int, Part]) -> list[int]:
    """The columns of the finest parts that follow each other from January on."""
    out: list[int] = []
    month = 1
    while month <= MONTHS_OF_YEAR:
        next_ones = [j for j, part in columns.items() if part.first == month]
        if not next_ones:
            break
        out.append(min(next_ones, key=lambda j: columns[j].last))
        month = columns[out[-1]].last + 1
    return out


def without_whole(columns: Mapping[int, Part]) -> tuple[dict[int, Part], int | None]:
    """The columns of parts without that of the whole year where the others make it up; that column."""
    others = {j: part for j, part in columns.items() if not part.whole}
    pieces = chain(others)
    complete = bool(pieces) and others[pieces[-1]].last == MONTHS_OF_YEAR
    whole = next((j for j, part in columns.items() if part.whole), None)
    return (others, whole) if complete and whole is not None else (dict(columns), None)


@dataclass(frozen=True)
class Said:
    """What is to be said of the cells of a row: a code of problems, the column, what was found and read, what to do."""

    code: str
    column: int
    found: str
    read: str
    advice: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True)
class OfYear:
    """The year of a row: its value, the column in which it stands (of a sum the last one's), what is to be said."""

    value: object = ""
    column: int | None = None
    said: tuple[Said, ...] = ()

    def tell(self, sheet: RawSheet, n: int, shaping: Shaping) -> None:
        for one in self.said:
            more = {"advice": one.advice} if one.advice is not None else {}
            if one.severity:
                more["severity"] = one.severity
            shaping.said(one.code, sheet, (n, one.column), one.found, one.read, **more)


def of_year(
    row: Sequence[object],
    columns: Mapping[int, Part],
    total: int | None,
    adds_up: bool,
) -> OfYear:
    """The year of one row from the columns of its parts; `total`: the column 合计 beside them."""
    cells = {j: row[j] for j in columns if j < len(row) and not blank(row[j])}
    filled = {j: cell for j, cell in cells.items() if not absent(cell)}
    if not filled:
        return OfYear()
    if not adds_up:
        return _last_of(columns, filled)
    pieces = chain(columns)
    counts_on = {j: columns[j].last for j in filled if columns[j].first == 1 and j not in pieces}
    reach = max((columns[j].last for j in pieces if j in filled), default=0)
    longest = max(counts_on, key=lambda j: counts_on[j], default=None)
    shrinks = _shrinks(filled, counts_on)
    if longest is not None and (counts_on[longest] > reach or any(j not in filled for j in pieces)):
        lacks = counts_on[longest] < MONTHS_OF_YEAR
        said = _until(columns[longest], longest) if lacks else ()
        return OfYear(filled[longest], longest, (*said, *shrinks))
    if pieces and len(pieces) == 1 and reach == MONTHS_OF_YEAR:
        return OfYear(filled[pieces[0]], pieces[0], shrinks)
    return _sum_of(row, columns, total, {j: filled[j] for j in pieces if j in filled})


def _last_of(columns: Mapping[int, Part], filled: Mapping[int, object]) -> OfYear:
    """What stands at a time: the last one that is filled."""
    last = max(filled, key=lambda j: (columns[j].last, columns[j].whole))
    latest = max(columns.values(), key=lambda part: part.last)
    if columns[last].last == MONTHS_OF_YEAR:
        return OfYear(filled[last], last)
    end = latest.name if latest.last == MONTHS_OF_YEAR else _rest_of(columns[last])
    found = f"没有{end}的数，最后是{columns[last].name}"
    said = Said("value_noted", last, found, "按最后一个数", advice="", severity="question")
    return OfYear(filled[last], last, (said,))


def _rest_of(part: Part) -> str:
    """What follows a part to the end of the year, in its own words."""
    length = part.last - part.first + 1
    return "四季度" if length == 3 else "12月" if length == 1 else "全年"


def _until(part: Part, column: int) -> tuple[Said, ...]:
    found = f"没有全年的数，最后是{part.name}的累计数"
    return (Said("value_noted", column, found, "按最后一个累计数", advice="", severity="question"),)


def _shrinks(filled: Mapping[int, object], counts_on: Mapping[int, int]) -> tuple[Said, ...]:
    """Numbers that count on and become less: one of them is none."""
    some = sorted(counts_on, key=lambda j: counts_on[j])
    for before, after in pairwise(some):
        if number_in(filled[after]) < number_in(filled[before]) - CENT:
            found = (
                f"累计数由{number.plain(number_in(filled[before]))}减为"
                f"{number.plain(number_in(filled[after]))}"
            )
            return (Said("value_noted", after, found, "按最后一个累计数", "核对", "question"),)
    return ()


def _sum_of(
    row: Sequence[object],
    columns: Mapping[int, Part],
    total: int | None,
    filled: Mapping[int, object],
) -> OfYear:
    """Parts that follow each other, added up; what is printed as their sum is compared with it."""
    if not filled:
        return OfYear()
    last = max(filled, key=lambda j: columns[j].last)
    read = {j: values.parse(cell, kind="number") for j, cell in filled.items()}
    unread = next((j for j, one in read.items() if one.value is None or one.low != one.high), None)
    if unread is not None:  # 约20, 20多: what they add up to nobody says
        said = Said("value_unreadable", unread, "有的列不是一个数", "这一行未计入")
        return OfYear(said=(said,))
    numbers = [read[j].value or 0.0 for j in sorted(filled, key=lambda j: columns[j].first)]
    own = sum(numbers)
    out: list[Said] = []
    printed = row[total] if total is not None and total < len(row) else ""
    if total is not None and not blank(printed):
        out += _differs(total, f"合计{number.plain(number_in(printed))}", printed, own)
    for j, within in _sums_beside(columns, filled):
        cell = row[j] if j < len(row) else ""
        if not blank(cell) and not absent(cell):
            said_here = f"{columns[j].name}{number.plain(number_in(cell))}"
            out += _differs(j, said_here, cell, sum(read[k].value or 0.0 for k in within))
            printed = printed or cell
    grows = len(numbers) > 2 and numbers == sorted(numbers) and numbers[0] < numbers[-1]
    if grows and blank(printed):
        found = "各列的数只增不减，像是累计数"
        advice = "是累计数的，只留全年数，或在标题里写明累计"
        out.append(
            Said("value_noted", last, found, f"按各列相加计为{number.plain(own)}", advice, "question")
        )  # fmt: skip
    if lacking := _lacking(columns, filled):
        advice = "没有发生的写0；累计填报的，只留全年数"
        found = f"缺{'、'.join(lacking)}"
        out.append(
            Said("value_noted", last, found, f"按填了的{len(filled)}列合计", advice, "question")
        )
    return OfYear(own, last, tuple(out))


def _differs(column: int, found: str, printed: object, own: float) -> list[Said]:
    if abs(number_in(printed) - own) <= CENT:
        return []
    return [Said("total_differs", column, found, f"各列相加为{number.plain(own)}")]


def _sums_beside(
    columns: Mapping[int, Part], filled: Mapping[int, object]
) -> list[tuple[int, list[int]]]:
    """Columns that say again what finer ones sum up to (上半年 beside 一季度 and 二季度), with those that are within."""
    pieces = chain(columns)
    out = []
    for j, part in columns.items():
        within = [
            k for k in pieces if part.first <= columns[k].first and columns[k].last <= part.last
        ]
        whole = bool(within) and (columns[within[0]].first, columns[within[-1]].last)
        if j not in pieces and whole == (part.first, part.last) and set(within) <= set(filled):
            out.append((j, within))
    return out


def _lacking(columns: Mapping[int, Part], filled: Mapping[int, object]) -> list[str]:
    """The parts of the year of which no number stands there, as its columns would be called."""
    covered = {m for j in filled for m in range(columns[j].first, columns[j].last + 1)}
    lengths = {columns[j].last - columns[j].first + 1 for j in chain(columns)}
    if lengths == {3}:
        return [f"{q}季度" for i, q in enumerate(_QUARTERS) if not {3 * i + 1, 3 * i + 3} & covered]
    if lengths == {1}:
        return [f"{m}月" for m in range(1, 13) if m not in covered]
    return [
        part.name for j, part in columns.items() if j in chain(columns) and j not in filled
    ] or ([] if MONTHS_OF_YEAR in covered else [f"{max(covered) + 1}月以后"])
