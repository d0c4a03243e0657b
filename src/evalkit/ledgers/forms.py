"""Blocks of a form become one typed frame: cells of one column and one unit are parsed together.

Column-wise throughout: a text is looked up once however often it stands there, numbers go through
`values.parse_column`, dates through `dates.parse_dates`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import dates, persons, values
from evalkit.ledgers.findings import finding
from evalkit.ledgers.grid import Block, letter, personal
from evalkit.ledgers.headings import Headings, plain, squeeze
from evalkit.ledgers.place import Place, area_names, below, month_of
from evalkit.problems import Problem, near

# columns that say nothing to any table: read past, never parsed
IGNORED = frozenset(
    "row_number remark candidates applicants registration_body guidance training_count theme venue returned_on paid_on balance "
    "as_of category".split()
)
# text columns hold Python strings while tables are made (faster to walk than Arrow's); `tables.shape` hands out "string"
TEXT = pd.StringDtype("python")
_FALSE = re.compile(r"^(不|未|无|没|否|非|暂未|暂无|尚未)")
_KEY = re.compile(r"[\s()\[\]{}<>《》〈〉【】〔〕“”\"'·・.,、。\-—_/]+")
_SPLIT = re.compile(r"[、,，;；\n\r/|]+|\s{2,}")


@dataclass
class Form:
    """All rows of one form: `data` with typed columns, and which blocks had which columns."""

    name: str
    data: pd.DataFrame
    blocks: list[Block]
    places: list[Place]
    parts: dict[str, dict[int, tuple[tuple[str, float], ...]]] = field(default_factory=dict)  # 4(含预备1)

    def has(self, column: str) -> np.ndarray:
        """For every row, whether its block has this column at all (a blank is not the same as no column)."""
        return np.array([column in b.columns for b in self.blocks], dtype=bool)[self.data["block"].to_numpy()]

    @cached_property
    def _at(self) -> tuple[np.ndarray, np.ndarray]:
        return self.data["block"].to_numpy(), self.data["source_row"].to_numpy()

    def by_file(self, rows: np.ndarray) -> list[np.ndarray]:
        """Rows apart by their file: what several offices wrote alike is a finding for each of them."""
        files = np.array([self.blocks[b].sheet.file for b in self._at[0][rows]], dtype=object)
        return [rows[files == file] for file in dict.fromkeys(files)]

    def where(self, column: str, row: int) -> str:
        """``sheet!F12`` of a row of `data` (by position)."""
        block = self.blocks[self._at[0][row]]
        at = block.columns.get(column)
        return f"{block.sheet.name}!{letter(at[0]) if at else 'A'}{self._at[1][row]}"

    def problem(self, code: str, column: str, row: int, found: str = "", read: str | None = None, **more: Any) -> Problem:
        """A `finding` at a row of `data` (by position)."""
        return finding(code, self.blocks[self._at[0][row]].sheet.file, self.where(column, row), found, read, **more)


@lru_cache(maxsize=300_000)
def name_key(text: object) -> str:
    """A name for comparison: NFKC, without blanks, brackets and punctuation, upper case.

    >>> name_key("演示 （城关）科技有限公司") == name_key("演示(城关)科技有限公司")
    True
    """
    return _KEY.sub("", unicodedata.normalize("NFKC", str(text))).upper()


def split_names(text: object) -> list[str]:
    """A list written in one cell (甲公司、乙公司；丙公司)."""
    return [t.strip() for t in _SPLIT.split(str(text)) if t.strip()] if text is not None and not _is_na(text) else []


def _is_na(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def words_of(lists: Mapping[str, Any], synonyms: Mapping[str, Any], name: str) -> dict[str, str]:
    """Every way to write an entry of a closed list -> its key."""
    found: dict[str, str] = {}
    for key, label in lists.get(name, {}).items():
        for word in (key, label, *synonyms.get(name, {}).get(key, ())):
            found.setdefault(plain(word), str(key))
    if name == "bool":
        for key, words in synonyms.get("bool", {}).items():
            for word in words:
                found.setdefault(plain(word) or str(word), str(key))
    return found


def _matcher(words: dict[str, str], is_bool: bool) -> Callable[[str], str | None]:
    long = sorted((w for w in words if len(w) >= 2), key=len, reverse=True)

    def match(text: str) -> str | None:
        word = plain(text) or squeeze(text)
        if (exact := words.get(word)) is not None:
            return exact
        if is_bool:
            if _FALSE.match(word):
                return "false"
            return next((words[w] for w in long if word.startswith(w)), "true" if word[:1] in ("是", "有", "已") else None)
        return next((words[w] for w in long if w in word), None)

    return match


def _clean(text: str, listed: bool) -> str:
    """Trimmed, without line breaks, and without blanks beside a Chinese character (甲 有限公司)."""
    text = re.sub(r"\s*[\r\n]+\s*", "、" if listed else "", text.strip())
    return text if listed else re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", text)


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip()


def integers(column: np.ndarray, mask: np.ndarray | None = None) -> pd.array:
    """Float array with NaN and inf for null -> nullable Int64."""
    null = ~np.isfinite(column) if mask is None else mask
    return pd.arrays.IntegerArray(np.where(null, 0, np.rint(np.where(null, 0, column))).astype(np.int64), null)


class Parser:
    """Turns the blocks of one form into a `Form`; collects problems."""

    def __init__(self, headings: Headings, lists: Mapping[str, Any]):
        self.headings = headings
        self.lists = lists
        self.problems: list[Problem] = []
        self._words: dict[str, Callable[[str], str | None]] = {}
        self._labels: dict[str, list[str]] = {}

    def match(self, name: str) -> Callable[[str], str | None]:
        if name not in self._words:
            self._words[name] = _matcher(words_of(self.lists, self.headings.values, name), name == "bool")
            entries = self.lists.get(name, {"true": "是", "false": "否"})
            self._labels[name] = [str(v) for v in entries.values()]
        return self._words[name]

    def form(self, name: str, blocks: list[Block], places: list[Place]) -> Form:
        sizes = [len(b.rows) for b in blocks]
        total = sum(sizes)
        numbers = np.repeat(np.arange(len(blocks)), sizes)
        source_row = np.concatenate([np.asarray(b.rows, dtype=np.int64) + b.sheet.first_row for b in blocks])
        out: dict[str, Any] = {"block": numbers, "source_row": source_row}
        for key, texts in (("source_file", [b.sheet.file for b in blocks]), ("source_sheet", [b.sheet.name for b in blocks])):
            out[key] = pd.array(np.array(texts, dtype=object)[numbers], dtype=TEXT)
        form = Form(name, pd.DataFrame(out), blocks, places)
        specs = self.headings.forms[name]["columns"]
        used = [
            c for c in specs if (c not in IGNORED or c == "remark") and not specs[c].get("person") and any(c in b.columns for b in blocks)
        ]
        cells: dict[str, list[object]] = {}
        for column in used:
            cells[column] = []
        for block, size in zip(blocks, sizes, strict=True):
            rows = [block.sheet.rows[i] for i in block.rows]
            turned = list(zip_longest(*rows, fillvalue=""))
            for column in used:
                at = block.columns.get(column)
                cells[column] += turned[at[0]] if at is not None and at[0] < len(turned) else [None] * size
        self._no_value(form, specs)
        self._place(form, cells)
        typed: dict[str, Any] = {}
        for column in used:
            if column in ("area_name", "township", "period", "remark"):
                continue
            kind = specs[column]["type"]
            if kind in ("int", "money", "number"):
                self._numbers(form, column, specs[column], cells, typed)
            elif kind == "date":
                self._dates(form, column, cells[column], typed)
            elif kind in ("text", "codes"):
                typed[column] = self._texts(form, column, cells[column], kind)
            else:
                typed[column] = self._listed(form, column, cells[column], kind)
        if total:
            form.data = pd.concat([form.data, pd.DataFrame(typed, index=form.data.index)], axis=1)
        return form

    def _no_value(self, form: Form, specs: Mapping[str, Any]) -> None:
        """Formulas that were never calculated: the cell is empty although the office sees a number."""
        for block in form.blocks:
            if not block.sheet.no_value:
                continue
            by_index = {at[0] + 1: c for c, at in block.columns.items() if c not in IGNORED}
            rows = {i + block.sheet.first_row for i in block.rows}
            for row, column in sorted(block.sheet.no_value):
                if row in rows and column in by_index:
                    where = f"{block.sheet.name}!{letter(column - 1)}{row}"
                    self.problems.append(finding("value_unreadable", block.sheet.file, where, "公式没有计算结果或出错"))

    def _place(self, form: Form, cells: Mapping[str, list[object]]) -> None:
        """Area and period of every row: its own columns first, then what the block's title, file and folder say."""
        areas: list[str | None] = []
        periods: list[str | None] = []
        start = 0
        for block, place in zip(form.blocks, form.places, strict=True):
            size = len(block.rows)
            stop = start + size
            given = [cells[c][start:stop] for c in ("area_name", "township") if c in block.columns]
            memo: dict[tuple[object, ...], str | None] = {}
            if given:
                for offset, words in enumerate(zip(*given, strict=True)):
                    if words not in memo:
                        memo[words] = self._below(form, place, words, start + offset, block)
                    areas.append(memo[words])
            else:
                areas += [place.area] * size
            if "period" in block.columns:
                told: dict[object, str | None] = {}
                for cell in cells["period"][start:stop]:
                    if cell not in told:
                        told[cell] = dates.parse_period(_cell_text(cell)) if cell not in (None, "") else None
                    periods.append(told[cell] or place.period)
                other = sorted({p for p in told.values() if p and place.period and p != place.period})
                if other:
                    where = f"{block.sheet.name}!{letter(block.columns['period'][0])}"
                    self.problems.append(
                        finding("period_conflict", block.sheet.file, where, f"年份列写{'、'.join(other)}，其他地方写{place.period}")
                    )
            else:
                periods += [place.period] * size
            start = stop
        form.data["area"] = pd.array(areas, dtype=TEXT)
        form.data["period"] = pd.array(periods, dtype=TEXT)

    def _below(self, form: Form, place: Place, words: tuple[object, ...], row: int, block: Block) -> str | None:
        at = place
        area = place.area
        for word in words:
            if word in (None, ""):
                continue
            area, against = below(at, _cell_text(word))
            if against:
                column = "township" if "township" in block.columns else "area_name"
                self.problems.append(form.problem("area_conflict", column, row, f"列里写“{word}”，其他地方写“{against}”", str(area)))
            at = Place(area, place.period, _levels(area), ())
        return area

    def _numbers(self, form: Form, column: str, spec: Mapping[str, Any], cells: Mapping[str, list[object]], typed: dict[str, Any]) -> None:
        blocks, kind = form.blocks, spec["type"]
        units = []
        for block in blocks:
            at = block.columns.get(column)
            heading_unit = at[1] if at else None
            units.append(heading_unit or (block.money_unit if kind == "money" else None) or spec.get("unit") or "")
        numbers = form.data["block"].to_numpy()
        size = len(form.data)
        value, low, high = (np.full(size, np.nan) for _ in range(3))
        note = np.zeros(size, dtype=np.int64)
        column_cells = [None if c == "" else c for c in cells[column]]
        row_units = cells.get("unit") if form.name in ("work_report", "figures") and column == "value" else None
        if row_units is not None:
            texts = [(_cell_text(u) if u not in (None, "") else "") for u in row_units]
            groups = {u: np.flatnonzero(np.array([t == u for t in texts])) for u in dict.fromkeys(texts)}
        else:
            groups = {u: np.flatnonzero(np.isin(numbers, [i for i, x in enumerate(units) if x == u])) for u in dict.fromkeys(units)}
        meaning = {"int": "count", "money": "money", "number": "number"}[kind]
        if column == "present":
            meaning = "ratio_pair"  # 8/10 under 实到: eight of ten
        for unit, at_rows in groups.items():
            some = column_cells if len(at_rows) == size else [column_cells[i] for i in at_rows]
            extra: dict[str, Any] = {}
            if "—" in some or "－" in some or "-" in some:
                extra["dash"] = self._dash(form, cells, at_rows)
            if column == "present" and "due" in typed:
                extra["total"] = typed["due"].to_numpy(dtype=float, na_value=np.nan)[at_rows]
            parsed = values.parse_column(some, unit=unit, kind=meaning, **extra)
            for place, parts in parsed.parts.items():
                form.parts.setdefault(column, {})[int(at_rows[place])] = parts
            if row_units is not None:
                said = typed.setdefault("value_unit", np.full(size, None, dtype=object))
                said[at_rows] = parsed.unit or None
            value[at_rows], low[at_rows], high[at_rows], note[at_rows] = (parsed.value, parsed.low, parsed.high, parsed.note)
        for row in np.flatnonzero(value >= 1e10):  # a telephone or card number that slid into a column of numbers
            person = persons.cell_kind(column_cells[row])
            if person and not (kind == "money" and person == "phone"):
                value[row] = low[row] = high[row] = np.nan
                note[row] = values.NOTES["missing"]
                self.problems.append(personal(blocks[numbers[row]].sheet.file, form.where(column, int(row)), person))
        if kind == "number":
            for suffix, numbers_of in (("", value), ("_low", low), ("_high", high)):
                typed[column + suffix] = pd.array(np.where(np.isfinite(numbers_of), numbers_of, np.nan), dtype="Float64")
        else:
            convert = values.to_fen if kind == "money" else integers
            for suffix, numbers_of in (("", value), ("_low", low), ("_high", high)):
                typed[column + suffix] = convert(numbers_of)
        typed[column + "_note"] = note
        self._notes(form, column, column_cells, note, value, low, high)

    def _dash(self, form: Form, cells: Mapping[str, list[object]], rows: np.ndarray) -> list[float | None]:
        """What — means in each row: by the row's own remark, else by the note below the table."""
        below_table = [next((m for t in b.notes if (m := values.dash_meaning(t)) is not None), None) for b in form.blocks]
        numbers, remarks = form.data["block"].to_numpy(), cells.get("remark")
        said = [values.dash_meaning(remarks[i]) if remarks and remarks[i] else None for i in rows]
        return [s if s is not None else below_table[numbers[i]] for s, i in zip(said, rows, strict=True)]

    def _notes(
        self, form: Form, column: str, cells: list[object], note: np.ndarray, value: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> None:
        flagged = np.flatnonzero(note & ~values.NOTES["missing"])
        for row in flagged:
            names = [n for n, bit in values.NOTES.items() if note[row] & bit and n != "missing"]
            for name in names:
                if np.isnan(value[row]):
                    read = "空"
                elif low[row] == high[row]:
                    read = f"{value[row]:.12g}"
                else:
                    top = f"{high[row]:.12g}" if np.isfinite(high[row]) else "不封顶"
                    read = f"{value[row]:.12g}（{low[row]:.12g} 至 {top}）"
                self.problems.append(form.problem(name, column, int(row), persons.number_shown(cells[row]), read))

    def _dates(self, form: Form, column: str, cells: list[object], typed: dict[str, Any]) -> None:
        result: list[Any] = [None] * len(cells)
        years = form.data["period"].fillna("").to_numpy(dtype=object)
        old = np.array([b.sheet.date_1904 for b in form.blocks], dtype=bool)[form.data["block"].to_numpy()]
        use_year = column == "date"  # 二月五日 of an activity belongs to the ledger's year; a founding day does not
        keys = [(y if use_year else "", o) for y, o in zip(years, old, strict=True)]
        for key in dict.fromkeys(keys):
            rows = [i for i, k in enumerate(keys) if k == key] if len(set(keys)) > 1 else range(len(cells))
            year = int(key[0][:4]) if key[0] else None
            parsed = dates.parse_dates([cells[i] for i in rows], year=year, date_1904=bool(key[1]))
            for i, read in zip(rows, parsed, strict=True):
                result[i] = read.date
                if read.note and read.note != "missing":
                    text = persons.number_shown(cells[i])
                    self.problems.append(form.problem(read.note, column, i, text, str(read.date or "空")))
        typed[column] = pd.to_datetime(pd.Series(result, dtype=object), errors="coerce").astype("datetime64[s]").array

    def _texts(self, form: Form, column: str, cells: list[object], kind: str) -> Any:
        codes, uniques = pd.factorize(np.array(cells, dtype=object))
        clean: list[str | None] = []
        listed, checked = kind == "codes", column not in _NO_PERSON_CHECK
        for position, cell in enumerate(uniques):
            text = cell if type(cell) is str else _cell_text(cell)
            if len(text) < 4 or not text.isalnum():  # an ordinary name needs none of this
                text = _clean(text, listed)
                if text in _BLANKS or unicodedata.normalize("NFKC", text) in _BLANKS:
                    clean.append(None)
                    continue
            if checked and not _NAMED.fullmatch(text) and (person := persons.cell_kind(text)):
                for rows in form.by_file(np.flatnonzero(codes == position)):
                    row = int(rows[0])
                    self.problems.append(personal(form.blocks[form.data["block"].iat[row]].sheet.file, form.where(column, row), person))
                text = persons.scrub(text)[0]
            clean.append(text or None)
        pool = np.array([*clean, None], dtype=object)
        return pd.array(pool[codes], dtype=TEXT)

    def _listed(self, form: Form, column: str, cells: list[object], kind: str) -> Any:
        match = self.match(kind)
        codes, uniques = pd.factorize(np.array(cells, dtype=object))
        pool: list[Any] = []
        for position, cell in enumerate(uniques):
            text = _cell_text(cell)
            key = match(text) if text else None
            if kind == "bool":
                pool.append({"true": True, "false": False}.get(key or ""))
            else:
                pool.append(key)
            if key is None and text and text not in ("—", "-", "/", "——", "无"):
                for rows in form.by_file(np.flatnonzero(codes == position)):
                    shown = persons.shown(text)
                    read = "空" if len(rows) == 1 else f"空（共{len(rows)}处）"
                    close = near(text, self._labels[kind])
                    self.problems.append(
                        form.problem(
                            "value_not_listed",
                            column,
                            int(rows[0]),
                            shown,
                            read,
                            allowed="、".join(self._labels[kind][:13]),
                            advice=f"是否“{close[0]}”" if close else "改成规定的选项",
                        )
                    )
        filled = np.array([*pool, None], dtype=object)[codes]
        return pd.array(filled, dtype="boolean" if kind == "bool" else TEXT)


_BLANKS = frozenset(("", "—", "-", "/", "无", "——", "--"))
_NAMED = re.compile(r"[^\d@]*\d{0,6}[^\d@]*(?:公司|厂|店|院|校|园|中心|事务所|基金会|协会|商会|学会|支部|总支|党委|委员会)")
_NO_PERSON_CHECK = frozenset(("unit", "instructor_codes", "measure"))


def _levels(area: str | None) -> tuple[tuple[int, str], ...]:
    if not area:
        return ()
    return tuple((names[0][0] if (names := area_names(part)) else i + 1, part) for i, part in enumerate(area.split("/")))


def sheet_month(block: Block) -> int | None:
    """The month that the sheet's name or the title above the block tells."""
    for text in (block.sheet.name, *block.titles):
        if (month := month_of(text)) is not None:
            return month
    return None
