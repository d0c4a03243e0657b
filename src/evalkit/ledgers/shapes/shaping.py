"""What the shapes share: what they know and find, headings, sheets made of another sheet, totals compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from evalkit.ledgers import values
from evalkit.ledgers.cells import blank, cell_at
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.headings import Headings, heading_keys, loosened, plain, squeeze
from evalkit.ledgers.heads import is_group, is_lower, levels_of
from evalkit.ledgers.items import bare_count, counted_words
from evalkit.ledgers.matching import heading_shown
from evalkit.ledgers.regions import ColumnSaid, where
from evalkit.problems import Problem
from evalkit.world import number

DECLARED: dict[str, Any] = RULES["shapes"]
TOTALS: list[str] = DECLARED["totals"]


HEADS: dict[str, list[str]] = {
    name: [plain(w) for w in some] for name, some in DECLARED["heads"].items()
}


_COUNTS = {plain(word): code for code, words in DECLARED["counts"].items() for word in words}


YEAR_IN = re.compile(r"((?:19|20)\d{2})年度?[末底]?")


_EARLIER = re.compile(DECLARED["earlier"])


_NEUTRAL = re.compile(DECLARED["neutral"])


OF_WHICH = re.compile(r"^其中[:：]?")
_ITEM_NUMBER = re.compile(
    r"^(?:[(（]?[一二三四五六七八九十\d]{1,3}[)）]?[、.．]|[(（][一二三四五六七八九十\d]{1,3}[)）])"
)
_BRACKETED = re.compile(r"[(（][^)）]*[)）]$")
_COUNTS_OF = re.compile(r"(?:数|人次|家次|经费|金额|支出|收入)$")  # 各乡镇党员数, not 两新组织
_COUNT_END = re.compile(r"(?:总数|人数|数|情况)$")
CENT = 0.005


Place = tuple[int, int]


Row = list[tuple[object, Place | None]]


@dataclass
class Shaping:
    """What the shapes need to know, and what they found wrong."""

    headings: Headings
    lists: Mapping[str, Any]
    measures: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    told: list[tuple[RawSheet, int, str]] = field(
        default_factory=list
    )  # rows by a rule of their own

    columns: list[tuple[RawSheet, ColumnSaid]] = field(default_factory=list)

    def tell_column(
        self, sheet: RawSheet, row: int, index: int, texts: Sequence[str], column: str, rule: str
    ) -> None:
        """What a column is that is read in a way of the shape's own (`columns` in grammar.yml)."""
        heading = heading_shown("/".join(map(squeeze, texts)), self.headings)
        form = DECLARED["forms"].get("overview", "")
        self.columns.append((sheet, ColumnSaid(row, index, heading, form, column, rule)))

    def tell(self, sheet: RawSheet, rule: str, *rows: int) -> None:
        """What rows are that no record is made of (`more` in grammar.yml)."""
        self.told += [(sheet, row, rule) for row in rows]

    def measure(self, texts: Sequence[str], subject: str = "") -> str:
        """The name of the measure that a heading of one or more levels counts; '' where it is none.

        `subject`: of whom the whole table speaks, as its title says (党建指导员配备情况统计表: 专职 is a full-time instructor).
        """
        if _EARLIER.search("".join(texts)):
            return ""
        names, loose = self._names
        texts = [OF_WHICH.sub("", YEAR_IN.sub("", squeeze(text))) for text in texts]
        levels = [heading_keys(text)[0] for text in texts if text]
        if len(levels) > 2 and all(key in HEADS["whole"] for key in levels[-1]):
            levels.pop()  # 小计 below 已建 below 非公企业 is all of 已建
        group, lower = (levels[-2] if len(levels) > 1 else ()), (levels[-1] if levels else ())
        of_sector = DECLARED["sectors"].get(subject, "")
        if subject and not group:
            own = tuple(key for key in lower if subject not in key)
            group, lower = ((plain(subject),), own) if own else ((), lower)
        stems = [*group, *(_COUNT_END.sub("", key) for key in group)]
        both = [a + b for a in stems for b in lower] + [b + a for a in stems for b in lower]
        if group and all(key in HEADS["whole"] for key in lower):
            both = [*group]  # 合计 below 党组织数
        elif not group or (
            not of_sector and any(_NEUTRAL.search(key) or key == subject for key in group)
        ):
            lower = tuple(key for key in lower if not self._of_sector(key, stems))
            both = [*both, *lower]  # 党员数 below 规上企业 is no count of all members
        if of_sector:  # 企业总数 in a table of 非公企业 alone
            inside = [key for key in lower if _COUNTS.get(key, "").startswith(of_sector)]
            both = [*both, *inside]
        exact = [_COUNTS.get(key) or names.get(key) for key in both]
        close = [loose.get(loosened(key), set()) for key in both]
        bare = [self._bare.get(bare_count(key)) for key in both]
        found = [*exact, *(next(iter(some)) for some in close if len(some) == 1), *bare]
        return next((str(self.measures[c].name) for c in found if c and c in self.measures), "")

    def _of_sector(self, key: str, group: Sequence[str]) -> bool:
        """企业 below 党组织数 is no count of enterprises: the group counts something else, the lower word says of whom."""
        sectors = set(DECLARED["sectors"].values())
        if self._bare.get(bare_count(key)) not in sectors:
            return False
        counted = {self._bare.get(bare_count(one)) for one in group} - {None}
        return bool(counted) and not any(str(code).startswith("units") for code in counted)

    def measure_in(self, titles: Sequence[str]) -> str:
        """The name of the one measure that a title speaks of: 各乡镇党员数（名）."""
        names = self._names[0]
        for title in titles:
            text = plain(YEAR_IN.sub("", squeeze(title)))
            inside = [w for w in (*_COUNTS, *names) if len(w) > 2 and w in text]
            counted = [w for w in inside if _COUNTS_OF.search(w)] or [
                w for w in inside if f"{w}情况" in text and self._of_flow(w)
            ]
            if counted:
                word = max(counted, key=len)
                return str(self.measures[str(_COUNTS.get(word) or names[word])].name)
        return ""

    def _of_flow(self, word: str) -> bool:
        """发展党员情况: what happens in the course of a year is counted; 两新组织情况 counts nothing yet."""
        code = _COUNTS.get(word) or self._names[0][word]
        return bool(code in self.measures and self.measures[str(code)].adds_up)

    @cached_property
    def listed_words(self) -> frozenset[str]:
        """Every entry of a closed list of any form, as a cell may write it."""
        return frozenset(
            word
            for form in self.headings.forms
            for words in self.headings.listed(form).values()
            for word in words
        )

    def unit_of(self, name: str) -> str:
        """The unit in which a measure is counted, by its name; '' of money, which may be typed in several."""
        unit = self._units.get(name, "")
        return "" if unit == "元" else unit

    def adds_up(self, name: str) -> bool:
        """Whether the quarters of a measure add up to its year, by its name."""
        return name in self._flows

    @cached_property
    def _flows(self) -> frozenset[str]:
        return frozenset(str(one.name) for one in self.measures.values() if one.adds_up)

    @cached_property
    def _units(self) -> dict[str, str]:
        return {str(one.name): str(one.unit) for one in self.measures.values()}

    def subject(self, titles: Sequence[str]) -> str:
        """Of whom a table counts, where one of its titles says so."""
        said = "".join(map(squeeze, titles))
        found = [word for word in DECLARED["subjects"] if word in said]
        return "" if set(DECLARED["sectors"]) <= set(found) else found[0] if found else ""

    @cached_property
    def _bare(self) -> dict[str, str]:
        return counted_words(self.measures)

    @cached_property
    def _names(self) -> tuple[dict[str, str], dict[str, set[str]]]:
        names: dict[str, str] = {}
        loose: dict[str, set[str]] = {}
        for code, measure in self.measures.items():
            for word in (measure.name, *measure.also):
                names.setdefault(plain(word), code)
                loose.setdefault(loosened(plain(word)), set()).add(code)
        return names, loose

    def said(self, code: str, sheet: RawSheet, at: Place, *words: str, **more: Any) -> None:
        self.problems.append(
            finding(code, sheet.file, where(sheet, at[0] + 1, at[1]), *words, **more)
        )


@dataclass(frozen=True)
class Head:
    """The heading of a table: its rows and the texts above each column."""

    top: int
    bottom: int
    levels: dict[int, tuple[str, ...]]

    def column(self, *kinds: str) -> int | None:
        """The first column whose lowest heading is one of the words of these kinds."""
        for index, texts in self.levels.items():
            if any(key in HEADS[kind] for kind in kinds for key in heading_keys(texts[-1])[0]):
                return index
        return None


def text_of(cell: object) -> str:
    return number.plain(cell) if isinstance(cell, int | float) else squeeze(cell)


def head_of(sheet: RawSheet, i: int) -> Head:
    """The heading whose last-but-lower row is `i`."""
    rows = sheet.rows
    top = bottom = i
    if i and is_group(rows[i - 1], rows[i]):
        top = i - 1
    while bottom + 1 < len(rows) and bottom - top < 2 and goes_on(rows[bottom], rows[bottom + 1]):
        bottom += 1
    return Head(top, bottom, levels_of(rows[top : bottom + 1]))


def goes_on(upper: Sequence[object], row: Sequence[object]) -> bool:
    """Whether a row is a lower level of the heading above it: words alone, further right, some below a group."""
    if is_lower(list(upper), list(row)):
        return True
    filled = [j for j, c in enumerate(row) if not blank(c) and c != cell_at(upper, j)]
    words = all(isinstance(row[j], str) and not re.search(r"\d", str(row[j])) for j in filled)
    first = next((j for j, c in enumerate(upper) if not blank(c)), 0)
    below = any(blank(cell_at(upper, j)) for j in filled)
    return words and below and len(filled) > 1 and min(filled) > first


def made(sheet: RawSheet, rows: Sequence[Row], shape: str) -> RawSheet:
    origin = {
        (r, c): (sheet.origin.get(at, at))
        for r, row in enumerate(rows)
        for c, (_, at) in enumerate(row)
        if at is not None
    }
    lost = frozenset(
        (r + 1, c + 1)
        for r, row in enumerate(rows)
        for c, (_, at) in enumerate(row)
        if at is not None and (at[0] + 1, at[1] + 1) in sheet.no_value
    )
    return replace(
        sheet,
        rows=[[cell for cell, _ in row] for row in rows],
        merges=[],
        no_value=lost,
        formats={
            (r + 1, c + 1): sheet.formats[at[0] + 1, at[1] + 1]
            for r, row in enumerate(rows)
            for c, (_, at) in enumerate(row)
            if at is not None and (at[0] + 1, at[1] + 1) in sheet.formats
        },
        origin=origin,
        shaped=shape,
    )


def as_they_stand(sheet: RawSheet, rows: range) -> list[Row]:
    """Rows as they stand."""
    return [[(cell, (i, j)) for j, cell in enumerate(sheet.rows[i])] for i in rows]


def lines_above(sheet: RawSheet, stop: int) -> list[str]:
    """The texts above a heading, and the name of the sheet and of its file."""
    above = [c for row in sheet.rows[:stop] for c in row if isinstance(c, str) and c.strip()]
    return [*above, sheet.name, re.sub(r"\.\w+$", "", sheet.file.rpartition("/")[2])]


def organisation_in(texts: Sequence[str]) -> str:
    """The organisation that a title names: 甲公司党支部2025年经费收支明细账, 党组织名称：甲公司党支部."""
    for piece in (piece for text in texts for piece in re.split(r"[\s:：,，;；（）()]+", text)):
        bare = re.sub(r"^(?:19|20)\d{2}年度?|(?:19|20)\d{2}年.*$", "", piece)
        if found := re.match(r".{2,40}?(?:联合党支部|党支部|党总支|党委|支部委员会)", bare):
            return found[0]
    return ""


def item_text(cell: str, whole: str) -> tuple[tuple[str, ...], str]:
    """The texts of an item (its number and unit left out; 其中：… with the item that it is part of), and that item."""
    said = _ITEM_NUMBER.sub("", cell)
    part = bool(OF_WHICH.match(said))
    texts = (whole, said) if part and whole else (said,)
    return tuple(_BRACKETED.sub("", text) for text in texts), whole if part else said


def listed_in(text: str, words: Mapping[str, str], usual: str) -> str:
    """The longest word of a list that a text holds, as the list writes it."""
    key = plain(text)
    inside = [word for word in words if len(word) > 1 and word in key]
    return max(inside, key=len) if inside else usual


def told_year(texts: Sequence[str]) -> str:
    """The year that a heading or its group names: 2024年 over 党员数."""
    found = next((m for t in texts if (m := YEAR_IN.search(squeeze(t)))), None)
    return found[1] if found else ""


def number_in(cell: object) -> float:
    """The number that a cell holds, in figures or in Chinese; 0 where it holds none."""
    if isinstance(cell, int | float):
        return float(cell)
    found = re.search(r"\d+(?:\.\d+)?", text_of(cell).replace(",", ""))
    return float(found[0]) if found else (values.parse(cell, kind="number").value or 0.0)


def compare(
    sheet: RawSheet, n: int, row: Sequence[object], sums: Mapping[int, float], shaping: Shaping
) -> None:
    """The printed total of each column against the sum of its rows."""
    for j, own in sums.items():
        cell = cell_at(row, j)
        if isinstance(cell, int | float) and abs(cell - own) > CENT:
            said = (f"合计{number.plain(cell)}", f"各行相加为{number.plain(own)}")
            shaping.said("total_differs", sheet, (n, j), *said)
