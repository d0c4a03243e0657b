"""The structure of a sheet: which rows are titles, headings, records, totals and notes.

Pure functions over a `RawSheet`'s grid; what a column means is `headings`' business, what a cell says `values`'.
A sheet becomes blocks: a block is a run of records under one heading, with one set of units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import dates, persons
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import RULES, WORDS, finding
from evalkit.ledgers.headings import MONEY_UNITS, Headings, plain, squeeze
from evalkit.ledgers.values import counts
from evalkit.problems import Problem, Severity


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
    nothing: re.Pattern[str]


ROWS = RowPatterns(**{name: re.compile(pattern) for name, pattern in RULES["rows"].items()})


Levels = dict[int, tuple[str, ...]]
"""The texts above each column, from the top: 党员数 below 2025年."""


@dataclass(frozen=True)
class ColumnAt:
    """Where a column stands in its sheet, and the unit that its heading tells."""

    index: int
    unit: str | None = None


@dataclass(frozen=True)
class Chosen:
    """The heading that was taken for a column; of two the lower `rank` is the more exact word."""

    index: int
    unit: str | None
    rank: int
    heading: str


@dataclass(frozen=True)
class Region:
    """Records of one sheet under one heading."""

    sheet: RawSheet
    form: str
    columns: dict[str, ColumnAt]  # by canonical name
    headings: dict[str, str]  # canonical column -> heading as written
    money_unit: str | None  # of the unit row above
    titles: tuple[str, ...]  # texts above the heading
    section: str  # a title row between records
    head: range  # the rows of the heading
    rows: list[int]  # indices into sheet.rows
    totals: list[tuple[int, str]]  # (index, label), in order, each after the rows it may sum
    notes: list[str] = field(default_factory=list)  # 注 below, shared by the blocks of a sheet
    ticks: dict[str, list[tuple[int, str]]] = field(
        default_factory=dict
    )  # column -> (index, what a tick there says)
    presence: frozenset[str] = (
        frozenset()
    )  # columns of which only is asked whether the cell is filled (names of persons)
    extract: bool = False  # a part of a fuller ledger: adds columns, counts nothing again

    def unit(self, column: str, spec: Mapping[str, Any]) -> str:
        """The unit of a column: of its heading, the unit row above, the form."""
        told = self.columns[column].unit if column in self.columns else None
        return (
            told or (self.money_unit if spec["type"] == "money" else None) or spec.get("unit") or ""
        )


@dataclass
class Structure:
    """What became of a sheet's rows; every non-blank row is in exactly one count."""

    blocks: list[Region] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    reason: str = ""  # why nothing of it is counted
    lack: str = ""  # what kind of reason: columns, one_unit
    stated: Region | None = (
        None  # whose ledger the sheet says to be empty (无); a block without rows
    )
    stated_at: tuple[int, str] = (0, "")  # the row that says it, and its words


def letter(index: int) -> str:
    """Excel's letters of a column, from 0."""
    return ("" if index < 26 else letter(index // 26 - 1)) + chr(65 + index % 26)


def _stands(sheet: RawSheet, row: int, column: int) -> tuple[int, int]:
    """Where a cell of a sheet made from another one stands in the latter, or its row does."""
    if (row, column) in sheet.origin:
        return sheet.origin[row, column]
    beside = [at for (r, _), at in sheet.origin.items() if r == row]
    return beside[0] if beside else (row, column)


def row_at(sheet: RawSheet, row: int) -> int:
    """The Excel row of a row of a sheet, in the sheet that it was made from."""
    return _stands(sheet, row - 1, 0)[0] + 1 if sheet.origin and row is not pd.NA else row


def where(sheet: RawSheet, row: int | str, column: int) -> str:
    """``sheet!F12`` of an Excel row and a column from 0; of a sheet made from another one, of the latter."""
    if sheet.origin and isinstance(row, int | np.integer):
        row, column = _stands(sheet, int(row) - 1, column)
        row += 1
    return f"{sheet.name}!{letter(column)}{row}"


_COUNTED = re.compile(r"[(\[].*?[)\]]|(?::共?\d+[家个户名人条项]?|共?\d+[家户条项])?[:,]?$")
_BRACKETED_UNIT = re.compile(rf"[(\[]?(?:单位:)?(?:{'|'.join(RULES['headings']['units'])})[)\]]?")
_SECTION = re.compile(
    r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．:：]|第[一二三四五六七八九十]+[部章节类]"
)
_BODY = re.compile(r"(?:公司|厂|店|事务所|基金会|协会|商会|学会|学校|幼儿园|医院|合作社)$")
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


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _cell(row: list[object], index: int) -> object:
    return row[index] if index < len(row) else ""


def _texts(row: list[object]) -> list[tuple[int, str]]:
    return [(i, str(c)) for i, c in enumerate(row) if not _blank(c)]


_TICKS = {mark: meaning for meaning, marks in WORDS["ticks"].items() for mark in str(marks).split()}


def tick(cell: object) -> str | None:
    """What a mark in a column to be ticked says: yes, no, or open (○: yes where no other mark is used); None for a text."""
    if isinstance(cell, bool | int | float):
        return {1: "yes", 0: "no"}.get(int(cell)) if cell == int(cell) else None
    return _TICKS.get(squeeze(cell).upper()) if isinstance(cell, str) else None


def _entry(text: str, words: Mapping[str, str]) -> str:
    """The entry of a closed list that a heading to be ticked stands for; '' where it is none."""
    word = plain(text)
    inside = max((w for w in words if len(w) > 1 and w in word), key=len, default="")
    return words.get(word) or words.get(inside, "")


def _neighbours(some: list[tuple[int, str]]) -> bool:
    return some[-1][0] - some[0][0] == len(some) - 1


def _known(row: list[object], headings: Headings) -> list[bool]:
    """Which of the filled cells of a row are headings; none where a number stands among them."""
    filled = [cell for cell in row if not _blank(cell)]
    return list(map(headings.known, filled)) if all(type(cell) is str for cell in filled) else []


def _is_heading(row: list[object], headings: Headings) -> bool:
    known = _known(row, headings)
    return sum(known) >= 2 and sum(known) * 2 >= len(known) and not _is_card(known)


def _is_card(known: list[bool]) -> bool:
    """单位名称 | 甲公司 | 从业人员 | 85: a form filled for one unit, where every second cell is the answer."""
    return len(known) >= 4 and len(known) % 2 == 0 and all(known[::2]) and not any(known[1::2])


def _is_units(row: list[object]) -> bool:
    """A row of units alone below a heading: （人） （万元）."""
    texts = [squeeze(text) for _, text in _texts(row)]
    return bool(texts) and all(_BRACKETED_UNIT.fullmatch(text) for text in texts)


def _is_lower(upper: list[object], row: list[object]) -> bool:
    """Whether `row` is the second level of the heading `upper`: it fills only what a group of `upper` spans."""
    spans = open_group = False
    for i, cell in enumerate(row):
        above = _cell(upper, i)
        if not _blank(above):
            open_group = i + 1 < len(upper) and _blank(upper[i + 1])
        if _blank(cell) or cell == above:
            continue
        if (
            type(cell) is not str
            or not open_group
            or (re.search(r"\d{2}", cell) and not re.search(r"\d{4}年", cell))
        ):
            return False
        spans = spans or _blank(above)
    return spans


def _is_group(upper: list[object], row: list[object]) -> bool:
    """Whether `upper` spans columns of the heading `row` below it."""
    texts = _texts(upper)
    if len(texts) < 2 or any(
        ":" in squeeze(t) or ROWS.unit_row.fullmatch(squeeze(t)) for _, t in texts
    ):
        return False
    return any(
        i + 1 < len(upper) and _blank(upper[i + 1]) and not _blank(_cell(row, i + 1))
        for i, _ in texts
    )


def _levels(rows: list[list[object]]) -> dict[int, tuple[str, ...]]:
    """Heading texts of every column from the top; a group's text runs right until the next one."""
    result: dict[int, tuple[str, ...]] = {}
    group = ""
    for i in range(max(map(len, rows))):
        texts = ["" if _blank(_cell(r, i)) else str(r[i]) for r in rows]
        if len(rows) > 1:
            group = texts[0] or group
            texts[0] = group if any(texts) else ""
            if len(texts) == 3 and not texts[1] and texts[2] and len(result.get(i - 1, ())) == 3:
                texts[1] = result[i - 1][1]  # a middle level runs right as well
        if any(texts):
            result[i] = tuple(t for j, t in enumerate(texts) if t and (j == 0 or t != texts[j - 1]))
    return result


def _same_lowest(levels: Levels, before: Levels) -> bool:
    """Whether a heading says again the lowest row of an earlier one that had groups above it."""
    grouped = max(map(len, before.values())) > max(map(len, levels.values()))
    return grouped and {i: plain(t[-1]) for i, t in levels.items()} == {
        i: plain(t[-1]) for i, t in before.items()
    }


def _aside(first: str, totals: Iterable[str]) -> bool:
    """Whether the first cell makes a total or a note of a row whose key column is filled."""
    return (
        is_total(first, totals)
        or is_derived(first)
        or (first[:1] in ("注", "说", "备") and bool(ROWS.note.search(squeeze(first))))
    )


def _money_unit(texts: Iterable[str]) -> str | None:
    found = (
        unit
        for text in texts
        for said in ROWS.unit_row.findall(squeeze(text))
        for unit in MONEY_UNITS
        if unit in said
    )
    return next(found, None)


def skip_reason(sheet: RawSheet) -> str:
    """Why a sheet is left out by its name alone: dictionary, cover, example; '' where it is not."""
    return "名称表明是字典、封面、说明或示例" if ROWS.skip_name.search(squeeze(sheet.name)) else ""


def is_summary(sheet: RawSheet) -> bool:
    return bool(ROWS.summary_name.search(squeeze(sheet.name)))


def _fill_down(sheet: RawSheet) -> None:
    """In place: vertical merges carry their text or date to every row; a merged number stays one number."""
    rows = sheet.rows
    for r1, c1, r2, _ in sheet.merges:
        first, last, column = r1 - 1, min(r2, len(rows)) - 1, c1 - 1
        if not 0 <= first < last or column >= len(rows[first]):
            continue
        value = rows[first][column]
        if isinstance(value, int | float) or (isinstance(value, str) and ROWS.amount.match(value)):
            continue
        for row in rows[first + 1 : last + 1]:
            if column < len(row) and _blank(row[column]) and not all(map(_blank, row)):
                row[column] = value


def structure(sheet: RawSheet, headings: Headings, announced: str | None = None) -> Structure:
    """Split a sheet into blocks.

    Parameters
    ----------
    announced
        The form that the file's name tells, used where neither sheet title nor sheet name tells one.
    """
    _fill_down(sheet)
    return _Reading(sheet, headings, announced).run()


class _Reading:
    """One sheet from the top down; `block` is the one that takes records, `pending` the texts above the next heading."""

    def __init__(self, sheet: RawSheet, headings: Headings, announced: str | None):
        self.sheet, self.headings, self.told = sheet, headings, announced
        self.out = Structure(
            counts=dict.fromkeys(("heading", "total", "note", "title", "kept", "reported"), 0)
        )
        self.pending: list[tuple[int, str]] = []
        self.block: Region | None = None
        self.key = -1
        self.money: str | None = None
        self.cards = 0  # rows of a form filled for one unit
        self.empty: Region | None = None  # the last block under whose heading a row says 无
        self.said: tuple[int, str] = (0, "")
        self.headed: Region | None = None  # the block of the last heading
        self.levels: Levels = {}  # its texts

    def run(self) -> Structure:
        i, out = 0, self.out
        while (i := self._records(i)) < len(self.sheet.rows):
            row = self.sheet.rows[i]
            if (texts := _texts(row)) and _is_heading(row, self.headings):
                i = self._heading(i)
                continue
            self.cards += _is_card(_known(row, self.headings))
            if texts:
                self._other(i, row, texts)
            i += 1
        self._close()
        out.titles = out.titles or [t for _, t in self.pending]
        out.counts["kept"] = sum(len(b.rows) for b in out.blocks)
        self._stated()
        if out.counts["kept"]:
            out.reason = ""
        elif out.stated is not None:
            out.blocks.clear()
            out.reason = "写明没有"
        elif out.blocks:
            out.blocks.clear()
            out.reason, out.lack = "只有表头和合计，没有明细", ""
        elif not out.reason:
            out.lack = "one_unit" if self.cards > 1 else ""
            out.reason = (
                "像是一张表登记一个单位"
                if self.cards > 1
                else "没有找到表头"
                if out.titles
                else "空表"
            )
        return out

    def _stated(self) -> None:
        """Whether the sheet says that this ledger has nothing to list: by a row, a title or a note, and no record."""
        out = self.out
        if out.counts["kept"] or any(self._amount(i) for b in out.blocks for i, _ in b.totals):
            return
        lines = [(i, t) for i, row in enumerate(self.sheet.rows) for _, t in _texts(row)[:1]]
        said = self.said if self.empty else next((at for at in lines if says_nothing(at[1])), None)
        block = self.empty or self.headed
        if said is None or (block is None and not out.titles):
            return
        if block is None:
            form = self.headings.announced(*out.titles, self.sheet.name) or self.told
            if form is None:
                return
            block = Region(self.sheet, form, {}, {}, None, tuple(out.titles), "", range(0), [], [])
        out.stated = replace(block, rows=[], totals=[])
        out.stated_at = said

    def _amount(self, i: int) -> bool:
        """Whether a number other than nought stands in a row."""
        return any(isinstance(c, int | float) and c != 0 for c in self.sheet.rows[i])

    def _row_says_nothing(self, row: list[object]) -> str:
        """The words of a row that says 无 in place of a record; '' of any other."""
        assert self.block is not None
        aside = {
            self.block.columns[c].index
            for c in ("row_number", "area_name", "township", "period", "remark")
            if c in self.block.columns
        }
        words = [t for i, t in _texts(row) if says_nothing(t)]
        rest = [t for i, t in _texts(row) if i not in aside and not says_nothing(t)]
        empty = all(squeeze(t) in ("0", "0.0", "0.00", "-", "—", "——", "/") for t in rest)
        return words[0] if words and empty else ""

    def _records(self, i: int) -> int:
        """Take the rows that their key alone makes records; the index of the first row that needs a look."""
        if self.block is None:
            return i
        memo: dict[object, bool] = {}  # decided once for each different text in the key column
        rows, key, totals, take = (
            self.sheet.rows,
            self.key,
            self.headings.total_words,
            self.block.rows.append,
        )
        lone = (
            key == 0 and len(self.block.columns) > 3
        )  # a text alone in the first column is no record
        for at in range(i, len(rows)):
            row = rows[at]
            cell = row[key] if key < len(row) else ""
            ordinary = memo.get(cell)
            if ordinary is None:
                ordinary = memo[cell] = self._ordinary(cell)
            first = row[0] if key else None
            if (
                not ordinary
                or (lone and len(row) - row.count("") == 1)
                or (type(first) is str and _aside(first, totals))
            ):
                return at
            take(at)
        return len(rows)

    def _ordinary(self, cell: object) -> bool:
        if type(cell) is not str:
            return cell is not None
        if ROWS.name.match(cell):
            return True
        text = squeeze(cell)
        special = (
            ROWS.note.search,
            ROWS.signed.search,
            ROWS.unit_row.match,
            ROWS.place_row.match,
        )
        known = (
            self.headings.known(cell)
            or is_total(cell, self.headings.total_words)
            or is_derived(cell)
            or says_nothing(cell)
        )
        return bool(text) and not known and not any(looks(text) for looks in special)

    def _close(self, reopen: bool = False, section: str = "") -> None:
        """End the block; open the next one under the same heading where a unit or a section changes."""
        old, self.block = self.block, None
        if old is not None and (old.rows or old.totals):
            self.out.blocks.append(old)
        if old is not None and reopen:
            self.block = replace(
                old, money_unit=self.money, section=section or old.section, rows=[], totals=[]
            )

    def _heading(self, i: int) -> int:
        """A heading of one to three rows; the index of the row below it."""
        rows, out, headings = self.sheet.rows, self.out, self.headings
        top = bottom = i
        if self.pending and self.pending[-1][0] == i - 1 and _is_group(rows[i - 1], rows[i]):
            top = i - 1
            self.pending = [p for p in self.pending if p[0] != top]
            out.counts["title"] -= 1
        while (
            bottom + 1 < len(rows)
            and bottom - top < 2
            and _is_lower(rows[bottom], rows[bottom + 1])
        ):
            bottom += 1
        self._close()
        out.counts["heading"] += bottom - top + 1
        levels = _levels(rows[top : bottom + 1])
        if self.levels and _same_lowest(levels, self.levels):
            levels = dict(self.levels)  # printed again on the next page, without the groups
        self.levels = dict(levels)
        if bottom + 1 < len(rows) and _is_units(rows[bottom + 1]):
            bottom += 1
            out.counts["heading"] += 1
            for index, unit in _texts(rows[bottom]):
                if index in levels:
                    levels[index] = (
                        *levels[index][:-1],
                        f"{levels[index][-1]}（{unit.strip('()（）[] ')}）",
                    )
        self._unit_or_unit(levels, bottom + 1)
        above = tuple(t for _, t in self.pending)
        self.pending = []
        out.titles += above
        form, missing = headings.best_form(
            levels.values(),
            RULES["shapes"]["forms"].get(self.sheet.shaped)
            or headings.announced(*above, self.sheet.name)
            or self.told,
        )
        self.money = _money_unit(above) or (None if above else self.money)
        if form is None:
            out.reason, out.lack = "表头里认识的列太少", ""
            for index, texts in levels.items():  # a roster of persons is said as such
                if kind := persons.heading_kind(texts[-1]):
                    self.personal(top, index, kind)
        elif missing:
            wanted = "、".join(headings.label(form, c) for c in headings.required(form))
            out.reason = f"像是{headings.forms[form]['name']}，但缺少必要的列（{wanted}）"
            out.lack = "columns"
        else:
            ticks = self._ticked(form, levels, bottom + 1)
            matching = _Matching(self, form, levels, top, bottom + 1)
            chosen = matching.run(ticks)
            columns = {c: ColumnAt(one.index, one.unit) for c, one in chosen.items()}
            head = range(top, bottom + 1)
            self.block = Region(
                self.sheet,
                form,
                columns,
                {c: one.heading for c, one in chosen.items()},
                self.money,
                above,
                "",
                head,
                [],
                [],
                ticks=ticks,
                presence=matching.presence,
            )
            self.headed = self.block
            self.key = columns[headings.key(form, columns)].index
        return bottom + 1

    def _other(self, i: int, row: list[object], texts: list[tuple[int, str]]) -> None:
        """A row that is neither blank nor heading nor plainly a record."""
        count, block, words = self.out.counts, self.block, self.headings.total_words
        if block is not None and (said := self._row_says_nothing(row)):
            count["note"] += 1
            self.empty, self.said = block, (i, said)
            return
        items = block is not None and "layout" in self.headings.forms[block.form]
        named = block is not None and not _blank(_cell(row, self.key))
        # every row with a name is an item: 党员总数 sums nothing up
        label = (
            None if items and named else next((t for _, t in texts[:4] if is_total(t, words)), None)
        )
        first = squeeze(texts[0][1])
        single = len({t for _, t in texts}) == 1
        remark = ROWS.note.search(first) or (
            len(texts) <= 6 and any(ROWS.signed.search(squeeze(t)) for _, t in texts)
        )
        unit = _money_unit(t for _, t in texts) if len(texts) <= 3 else None
        if items and named and not ROWS.unit_row.match(first):
            unit = None  # 党建经费总额（单位：万元） is an item
            single = single and bool(_SECTION.match(first) or self._merged_across(i))
        derived = next((str(c) for c in (texts[0][1], _cell(row, self.key)) if is_derived(c)), "")
        if block is not None and derived and not items:
            count["total"] += 1
            if derived.startswith("其中"):
                as_part = ("其中……", "按其他行的一部分，未计入")
                place, advice = self.where(i, self.key), "是单独的一行时，去掉“其中”"
                self.out.problems.append(
                    finding("value_noted", self.sheet.file, place, *as_part, advice=advice)
                )
        elif block is not None and label is not None:
            block.totals.append((i, squeeze(label)))
            count["total"] += 1
        elif remark:
            self._signed(i, texts)
            count["note"] += 1
            if block is not None:
                block.notes.extend(t for _, t in texts)
        elif block is not None and not named and self._goes_on(row):
            block.rows.append(i)
        elif unit or block is None or single or (len(texts) <= 2 and ROWS.place_row.search(first)):
            count["title"] += 1
            self.pending += [(i, t) for _, t in texts if not ROWS.signed.search(squeeze(t))]
            self._signed(i, texts)
            self.money = unit or self.money
            if unit or single:
                self._name_alone(i, first)
                self._close(reopen=True, section="" if unit else texts[0][1])
        elif self.headings.forms[block.form]["table"] in ("funds", "activities") or not _blank(
            _cell(row, self.key)
        ):
            block.rows.append(i)
        else:
            count["reported"] += 1
            advice = f"补填{self.headings.label(block.form, self.headings.required(block.form)[0])}，或删去这一行"
            self.out.problems.append(
                finding(
                    "column_missing",
                    self.sheet.file,
                    self.where(i, self.key),
                    "空白",
                    advice=advice,
                )
            )

    def _goes_on(self, row: list[object]) -> bool:
        """Whether a row without a name belongs to the instructor of the row above: it has units, and no number of its own."""
        assert self.block is not None
        columns = self.block.columns
        if (
            self.headings.forms[self.block.form]["table"] != "instructor_counts"
            or not self.block.rows
        ):
            return False
        number, served = (
            columns[c].index if c in columns else None for c in ("row_number", "served_units")
        )
        numbered = number is not None and not _blank(_cell(row, number))
        return served is not None and not _blank(_cell(row, served)) and not numbered

    def _merged_across(self, i: int) -> bool:
        return any(r1 <= i + 1 <= r2 and c2 > c1 for r1, c1, r2, c2 in self.sheet.merges)

    def _name_alone(self, i: int, first: str) -> None:
        """A row with nothing but a unit's name is taken for the title of a section: said, for it may be a unit."""
        if (
            self.block is not None
            and self.block.form == "units"
            and _BODY.search(first)
            and not self._merged_across(i)
        ):
            said = (persons.shown(first), "只有名称、其余各列空白，按分节标题看待，未计入")
            place, advice = self.where(i, self.key), "是单位的，补填其他列"
            self.out.problems.append(
                finding(
                    "value_noted", self.sheet.file, place, *said, advice=advice, severity="question"
                )
            )

    def where(self, i: int, index: int) -> str:
        return where(self.sheet, i + 1, index)

    def personal(self, i: int, index: int, kind: str) -> None:
        """A finding with place and kind, never the datum."""
        found = persons.KIND_NAMES.get(kind, kind)
        self.out.problems.append(
            finding("personal_data", self.sheet.file, self.where(i, index), found)
        )

    def _signed(self, i: int, texts: list[tuple[int, str]]) -> None:
        """A row with 填表人, 审核人 ... or with personal data in its text: reported by place and kind only."""
        for j, text in texts:
            word = squeeze(text)
            named = ROWS.signed.search(word) and not re.fullmatch(r"\S{2,6}[::]", word)
            if kind := "name" if named else persons.cell_kind(text):
                self.personal(i, j, kind)

    def _unit_or_unit(self, levels: Levels, below: int) -> None:
        """单位 over names of bodies is 单位名称; over 万元, 家 ... it is what is counted in."""
        for index, texts in levels.items():
            if squeeze(texts[-1]) != "单位":
                continue
            said = {
                squeeze(cell)
                for cell in self.below(index, below)
                if isinstance(cell, str) and cell.strip()
            }
            if said and not any(
                _BRACKETED_UNIT.fullmatch(t) or counts(t) or len(t) < 3 for t in said
            ):
                levels[index] = (*texts[:-1], "单位名称")

    def below(self, index: int, below: int) -> list[object]:
        return [_cell(row, index) for row in self.sheet.rows[below : below + 200]]

    def _ticked(self, form: str, levels: Levels, below: int) -> dict[str, list[tuple[int, str]]]:
        """Columns that stand as a group of entries to be ticked: 组建方式 over 单独 | 联合 | 挂靠 | 未建.

        A group is neighbours below one heading of a closed list, each with an entry of this list; where no heading
        stands above them, neighbours that are entries of one list and hold nothing but ticks.
        """
        found: dict[str, list[tuple[int, str]]] = {}
        named: dict[
            str, bool
        ] = {}  # groups of which an entry is the name of another column too: 企业 below 单位性质
        listed = self.headings.listed(form)
        for index, texts in levels.items():
            group = self.headings.look(form, texts[-2:-1]) if len(texts) > 1 else None
            if group is None or group.column not in listed:
                continue
            own = self.headings.look(form, texts[-1:])
            other = (
                own is not None and own.column != group.column and own.rank < 99
            )  # 联合支部名称 below 组建方式
            entry = _entry(texts[-1], listed[group.column])
            if entry and not (other and not self._only_ticks(index, below)):
                found.setdefault(group.column, []).append((index, entry))
                named[group.column] = named.get(group.column, False) or other
        for column, another in named.items():
            if another and not self._drawn(found[column], below):
                del found[
                    column
                ]  # 经费来源 over 企业自筹, 返还党费: amounts, if all of them are 0 or 无
        found = {column: some for column, some in found.items() if len(some) > 1}
        grouped = {index for some in found.values() for index, _ in some}
        types = [spec["type"] for spec in self.headings.forms[form]["columns"].values()]
        for column, words in listed.items():
            kind = self.headings.forms[form]["columns"][column]["type"]
            if column in found or kind == "bool" or types.count(kind) > 1:
                continue
            alone = [
                (i, words[plain(t[-1])])
                for i, t in levels.items()
                if i not in grouped and plain(t[-1]) in words
            ]
            hits = [self.headings.look(form, levels[i]) for i, _ in alone]
            another = any(hit is not None and hit.column != column for hit in hits)
            if another and not self._drawn(alone, below):
                continue  # 企业自筹, 返还党费: amounts, where all of them are 0 or 无 as well
            marks = [tick(cell) for i, _ in alone for cell in self.below(i, below)]
            ticked = all(self._only_ticks(i, below) for i, _ in alone) and {"yes", "open"} & set(
                marks
            )
            if len(alone) > 1 and ticked and _neighbours(alone):
                found[column] = alone
                grouped |= {index for index, _ in alone}
        return found

    def _drawn(self, some: Sequence[tuple[int, str]], below: int) -> bool:
        """Whether a mark stands below these headings that is no number and no word: √, ○."""
        cells = [
            str(cell).strip() for i, _ in some for cell in self.below(i, below) if not _blank(cell)
        ]
        return any(tick(cell) in ("yes", "open") and not cell.isalnum() for cell in cells)

    def _only_ticks(self, index: int, below: int) -> bool:
        return all(_blank(cell) or tick(cell) is not None for cell in self.below(index, below))


class _Matching:
    """Matches the heading cells of one table to the columns of its form.

    What is not matched is a problem, what is personal is left out; of some columns of persons only is read whether a
    cell is filled (`presence`), or how many rows there are.
    """

    def __init__(self, reading: _Reading, form: str, levels: Levels, top: int, below: int):
        self.reading, self.headings = reading, reading.headings
        self.form, self.levels, self.top, self.below = form, levels, top, below
        self.chosen: dict[str, Chosen] = {}
        self.by_rows: dict[
            str, Chosen
        ] = {}  # 姓名 where 编号 is wanted: rows counted, names not read
        self.filled: dict[str, Chosen] = {}  # 指导员姓名: whether there is one, never who
        self.presence: frozenset[str] = frozenset()

    def run(self, ticks: Mapping[str, list[tuple[int, str]]]) -> dict[str, Chosen]:
        """The columns, by their names in the form."""
        for column, some in ticks.items():
            index = some[0][0]
            self.chosen[column] = Chosen(index, None, -1, _written(self.levels[index]))
        ticked = {index for some in ticks.values() for index, _ in some}
        for index, texts in self.levels.items():
            if index not in ticked:
                self._one(index, texts)
        self.presence = frozenset(self.filled.keys() - self.chosen.keys() - self.by_rows.keys())
        for others in (self.by_rows, self.filled):
            self.chosen |= {c: one for c, one in others.items() if c not in self.chosen}
        self._settle_rivals()
        return self.chosen

    def _one(self, index: int, texts: tuple[str, ...]) -> None:
        """One heading: a column, a pair of columns, something of a person, not wanted, or not known."""
        heading = _written(texts)
        hit = self.headings.look(self.form, texts)
        if hit is not None and not self.headings.person(self.form, hit.column):
            self._take(hit.column, Chosen(index, hit.unit, hit.rank, heading))
        elif hit is None and (pair := self.headings.pair(self.form, heading)):
            for column in pair:  # 5/6 under 实到/应到: one cell for two columns
                self.chosen.setdefault(column, Chosen(index, None, 0, heading))
        elif (kind := persons.heading_kind(texts[-1])) or hit is not None:
            self.reading.personal(self.top, index, kind or "personal")
            if hit is not None:
                self._count(hit.column, Chosen(index, None, 99, heading))
        elif not self.headings.left_out(texts):
            self._not_known(index, heading, texts)

    def _take(self, column: str, new: Chosen) -> None:
        old = self.chosen.get(column)
        if old is None:
            self.chosen[column] = new
        elif _better(new, old):
            self._second(column, loser=old, kept=new)
            self.chosen[column] = new
        else:
            self._second(column, loser=new, kept=old)

    def _second(self, column: str, loser: Chosen, kept: Chosen) -> None:
        """What becomes of the second heading that means the same column."""
        if loser.heading == kept.heading and column in self.headings.required(self.form):
            right = max(loser.index, kept.index)
            self._unknown(
                right,
                kept.heading,
                f"右边又有一组同样的表头（从{letter(right)}列起），右边各行未计入",
                advice="把右边各行移到左边各行的下面",
                severity="error",
            )
        elif "支出" in kept.heading and (income := self._income(column)):
            self.chosen[income] = loser
        elif "支出" in kept.heading and column == "spending_amount":
            self._unknown(
                loser.index,
                loser.heading,
                "看不出是收入还是支出，此列未采用",
                severity="error",
                advice="表头写成“收入金额”或“支出金额”",
            )
        elif column != "row_number":
            self._unknown(loser.index, loser.heading, f"与“{kept.heading}”同义，此列未采用")

    def _income(self, column: str) -> str | None:
        """The column of what came in, where 金额 stands beside 支出金额."""
        income = self.headings.besides(self.form, column, self.levels.values())
        return income if income not in self.chosen else None

    def _count(self, column: str, found: Chosen) -> None:
        """A column of persons: its rows may be counted, its filled cells told from its blank ones."""
        spec = self.headings.forms[self.form]["columns"][column]
        if counted := spec.get("rows_for"):
            self.by_rows.setdefault(counted, found)
        if told := spec.get("present_for"):
            self.filled[told] = found

    def _not_known(self, index: int, heading: str, texts: tuple[str, ...]) -> None:
        for kind in persons.columns({heading: self._cells(index)}).values():
            self.reading.personal(self.top, index, kind)
        said = persons.scrub(heading)[0]
        for text in texts:
            if persons.name_like(text) and not self.headings.known(text):
                said = said.replace(text, "〔略〕")
        self._unknown(
            index,
            said,
            severity="warning",
            allowed="、".join(self.headings.nearest(self.form, texts[-1])),
            advice="改用规定的表头，或在 mapping.yml 里写明它是哪一列",
        )

    def _unknown(
        self,
        index: int,
        heading: str,
        read: str | None = None,
        *,
        allowed: str = "",
        advice: str | None = None,
        severity: Severity | None = None,
    ) -> None:
        sheet, place = self.reading.sheet, self.reading.where(self.top, index)
        self.reading.out.problems.append(
            finding(
                "heading_unknown",
                sheet.file,
                place,
                heading,
                read,
                allowed=allowed,
                advice=advice,
                severity=severity,
            )
        )

    def _settle_rivals(self) -> None:
        """类型, 性质: of two columns that a heading may mean the one whose closed list has more of the cells."""
        for column, other in self.headings.rivals(self.form, self.chosen):
            cells = self._cells(self.chosen[column].index)
            if self.headings.more_of(self.form, other, column, cells):
                self.chosen[other] = self.chosen.pop(column)
        specs = self.headings.forms[self.form]["columns"]
        for column in [c for c in self.chosen if "stars_in" in specs[c]]:
            stars = specs[column]["stars_in"]
            if stars not in self.chosen and _are_stars(self._cells(self.chosen[column].index)):
                self.chosen[stars] = self.chosen.pop(column)

    def _cells(self, index: int) -> list[object]:
        return self.reading.below(index, self.below)


_FINAL = re.compile(RULES["headings"]["final"])
_STARS = re.compile(r"[零〇一二两三四五0-5]\s*颗?星级?|[★☆]{1,5}")


def _are_stars(cells: Iterable[object]) -> bool:
    """Whether the cells of a column are stars and no scores: 三星, ★★★, or whole numbers up to five."""
    said = [c for c in cells if not _blank(c) and not (isinstance(c, str) and says_nothing(c))]
    words = [isinstance(c, str) and bool(_STARS.fullmatch(squeeze(c))) for c in said]
    digits = [
        str(squeeze(c)) in ("0", "1", "2", "3", "4", "5", "1.0", "2.0", "3.0", "4.0", "5.0")
        for c in said
    ]
    return bool(said) and (2 * sum(words) >= len(said) or all(digits))


def _written(texts: tuple[str, ...]) -> str:
    """A heading of one or more levels as it is quoted."""
    return "/".join(re.sub(r"\s+", "", text) for text in texts)


def _better(new: Chosen, old: Chosen) -> bool:
    """Whether the later one of two headings of a column is meant: the newer year (2025年/党员数 beside 2024年/党员数), else
    the more exact word."""
    before, now = (dates.parse_period(one.heading) or "" for one in (old, new))
    if now and before:
        return now > before
    last = [bool(_FINAL.search(one.heading)) for one in (old, new)]
    return last[1] if last[0] != last[1] else new.rank < old.rank
