"""Blocks of a form become one typed frame: cells of one column and one unit are parsed together.

Column-wise throughout: a text is looked up once however often it stands there, numbers go through
`values.parse_column`, dates through `dates.parse_dates`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import product, zip_longest
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import dates, names, persons, values
from evalkit.ledgers.cells import blank as is_blank
from evalkit.ledgers.cells import tick
from evalkit.ledgers.changes import Change, told
from evalkit.ledgers.findings import RULES, finding, listed
from evalkit.ledgers.headings import MONEY_UNITS, Headings, plain, squeeze
from evalkit.ledgers.numerals import BRACKETED_PAIR, DASHES, PROBATIONARY
from evalkit.ledgers.place import (
    ENDINGS,
    Place,
    area_names,
    below,
    district_of,
    levels_of,
    month_of,
)
from evalkit.ledgers.regions import Region, where
from evalkit.problems import Problem, near, visible
from evalkit.world import number
from evalkit.world.period import in_time

# columns that say nothing to any table: read past, never parsed
IGNORED = frozenset(RULES["ignored"])
_PLACE_COLUMNS = ("area_name", "township", "period", "remark")
# text columns hold Python strings while tables are made (faster to walk than Arrow's); `making.stored.shape` hands out "string"
TEXT = pd.StringDtype("python")
SUFFIXES = ("", "_low", "_high")
_LONGEST_AREA = 60  # characters of a name or a path of names
_AREA_MARKS = " 、,，;；:：/／|·-—_()（）[]【】"
_FALSE = re.compile(r"^(不|未|无|没|否|非|暂未|暂无|尚未)")
_KEY = re.compile(r"[\s()\[\]{}<>《》〈〉【】〔〕“”\"'·・.,、。\-—_/]+")
# 甲公司、乙公司等2家
_AND_SO_ON = re.compile(
    r"等(?:\s*[\d一二三四五六七八九十]+\s*[家个户]?(?:单位|企业)?|[家个户]?(?:单位|企业))$"
)
_SPLIT = re.compile(r"[、,，;；\n\r/|]+|\s{2,}")
_BLANK = re.compile(r"\s")
_LINE_BREAK = re.compile(r"\s*[\r\n]+\s*")
_BLANK_BESIDE_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_DAY = re.compile(r"\s*\d{1,2}[日号]")
_DITTOS = frozenset(RULES["dittos"])
# a dash of GBK files arrives as ―, drawn ones as ─
_BLANKS = frozenset(("", "/", "无", *DASHES, *(2 * dash for dash in DASHES)))
_PLAIN = re.compile(
    r"[^\W\d_]{2,}\d{0,8}[^\W\d_]{2,}"
)  # an ordinary name: nothing to clean, no number of a person
_CODE = re.compile(r"\w{4,}")
_NEVER_STORED = frozenset(("unit", "instructor_codes"))
# names of units, organisations and areas, which may be called after somebody; offices, under which somebody may be named
_BODIES = frozenset(
    (
        "unit_name former_name party_org party_org_name joint_org_name covered_units served_units name "
        "short_name name_en code peer_group kinds area"
    ).split()
)
_OFFICES = frozenset(
    "responsible_body supervising_unit affiliation parent origin registration_body".split()
)
_ORGANISATION = re.compile(
    r"(?:支部|总支|党委|工委|党组|委员会|公司|协会|商会|学会|中心|学校|医院)$"
)
_LABELS = {
    column: (re.compile(rule["whole"]), re.compile(rule["words"]))
    for column, rule in RULES["labels"].items()
}
MEMBERS = ("members", "full_members")
_DASHES = DASHES | {"－"}
_MEANING = {"int": "count", "money": "money", "number": "number"}


@dataclass
class Form:
    """All rows of one form: `data` with typed columns, and which blocks had which columns."""

    name: str
    data: pd.DataFrame
    blocks: list[Region]
    places: list[Place]
    parts: dict[str, dict[int, tuple[tuple[str, float], ...]]] = field(
        default_factory=dict
    )  # 4(含预备1)
    repeated: np.ndarray | None = None  # rows that say an earlier row of the same sheet again
    said: dict[int, str] = field(default_factory=dict)  # rows that are no record: their rule
    changes: dict[int, Change] = field(default_factory=dict)  # what remarks tell of units

    def has(self, column: str) -> np.ndarray:
        """For every row, whether its block has this column at all (a blank is not the same as no column)."""
        return self.of_block(column in b.columns for b in self.blocks)

    def of_block(self, said: Any) -> np.ndarray:
        """For every row what is said of its block."""
        return np.array(list(said))[self._at[0]]

    @cached_property
    def sheet_months(self) -> list[int]:
        """For every block the month that its sheet's name or title tells, else 0."""
        return [
            next(filter(None, map(month_of, (b.sheet.name, *b.titles))), 0) for b in self.blocks
        ]

    @cached_property
    def _at(self) -> tuple[np.ndarray, np.ndarray]:
        return self.data["block"].to_numpy(), self.data["source_row"].to_numpy()

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Its columns of numbers."""
        return frozenset(c for c in self.data if c + "_low" in self.data)

    @cached_property
    def extracts(self) -> np.ndarray:
        """For every row whether it stands in an extract of a fuller ledger."""
        return self.of_block(b.extract for b in self.blocks)

    def by_file(self, rows: np.ndarray) -> list[np.ndarray]:
        """Rows apart by their file: what several offices wrote alike is a finding for each of them."""
        files = np.array([self.blocks[b].sheet.file for b in self._at[0][rows]], dtype=object)
        return [rows[files == file] for file in dict.fromkeys(files)]

    def where(self, column: str, row: int) -> str:
        """``sheet!F12`` of a row of `data` (by position)."""
        block = self.blocks[self._at[0][row]]
        at = block.columns.get(column) or block.columns.get(
            "unit_name" if column == "party_org" else column
        )
        return where(block.sheet, self._at[1][row], at.index if at else 0)

    def block_of(self, row: int) -> Region:
        return self.blocks[self._at[0][row]]

    def row_of(self, row: int) -> int:
        """Where a row of `data` stands in its sheet, from 0."""
        return int(self._at[1][row]) - 1

    def cells_of(self, row: int) -> list[object]:
        """A row of `data` (by position) as it stands in its sheet."""
        return self.block_of(row).sheet.rows[self.row_of(row)]

    def heading(self, column: str, row: int) -> str:
        """How the table of a row heads a column."""
        return self.block_of(row).headings.get(column, column)

    def problem(
        self,
        code: str,
        column: str,
        row: Any,
        found: str = "",
        read: str | None = None,
        **more: Any,
    ) -> Problem:
        """A `finding` at a row of `data` (by position)."""
        return finding(
            code,
            self.blocks[self._at[0][row]].sheet.file,
            self.where(column, int(row)),
            found,
            read,
            **more,
        )


@lru_cache(maxsize=300_000)
def name_key(text: object) -> str:
    """A name for comparison: NFKC, without blanks, brackets and punctuation, upper case.

    >>> name_key("演示 （城关）科技有限公司") == name_key("演示(城关)科技有限公司")
    True
    """
    word = unicodedata.normalize("NFKC", str(text))
    return (word if word.isalnum() else _KEY.sub("", word)).upper()


def split_names(text: object) -> list[str]:
    """A list written in one cell (甲公司、乙公司；丙公司)."""
    if not isinstance(text, str):
        return []
    names = (_AND_SO_ON.sub("", piece.strip()) for piece in _SPLIT.split(text))
    return [name for name in names if name]


def words_of(lists: Mapping[str, Any], synonyms: Mapping[str, Any], name: str) -> dict[str, str]:
    """Every way to write an entry of a closed list -> its key."""
    found: dict[str, str] = {}
    labels, written = lists.get(name, {}), synonyms.get(name, {})
    # 是 and 否 are in no list of tables.yml; 走访 is an entry of activities' kinds and none of theirs
    for key in dict.fromkeys((*labels, *(k for k in written if k != "nothing"))):
        for word in (*((key, labels[key]) if key in labels else ()), *written.get(key, ())):
            found.setdefault(plain(word) or str(word), str(key))
    return found


def _matcher(words: dict[str, str], is_bool: bool) -> Callable[[str], str | None]:
    long = sorted((w for w in words if len(w) >= 2), key=len, reverse=True)

    def match(text: str) -> str | None:
        word = plain(text) or squeeze(text)
        if (exact := words.get(word)) is not None:
            return exact
        if is_bool and _FALSE.match(word):
            return "false"
        hit = next((words[w] for w in long if (word.startswith(w) if is_bool else w in word)), None)
        return "true" if hit is None and is_bool and word[:1] in ("是", "有", "已") else hit

    return match


def _clean(text: str, listed: bool) -> str:
    """Trimmed, without line breaks, and without blanks beside a Chinese character (甲 有限公司)."""
    text = text.strip()
    if not _BLANK.search(text):
        return text
    text = _LINE_BREAK.sub("、" if listed else "", text)
    return text if listed else _BLANK_BESIDE_CHINESE.sub("", text)


def _cell_text(cell: object) -> str:
    if type(cell) is str:
        return cell.strip()
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell)) if whole else "" if cell is None else str(cell).strip()  # type: ignore[call-overload]


def _pooled(
    form: Form, cells: Sequence[object], read: Callable[..., Any], dtype: Any, ready: Any = None
) -> Any:
    """A column through `read`, each different cell once; `read` may ask for the rows of its cell, apart by file.

    A text that `ready` accepts is taken as it stands.
    """

    def rows_of(cell: object) -> list[np.ndarray]:
        return form.by_file(np.flatnonzero([other == cell for other in cells]))

    pool: dict[object, Any] = {}
    for cell in dict.fromkeys(cells):
        if cell is None or cell != cell:
            pool[cell] = None
        elif ready is not None and type(cell) is str and ready(cell):
            pool[cell] = cell
        else:
            pool[cell] = read(cell, partial(rows_of, cell))
    return pd.array(np.array([pool[cell] for cell in cells], dtype=object), dtype=dtype)


def _in_month(form: Form, cells: list[object], months: Any) -> list[object]:
    """5日 of a row or sheet that tells the month."""
    days = [i for i, cell in enumerate(cells) if isinstance(cell, str) and _DAY.match(cell)]
    if not days:
        return cells
    told, out = form.of_block(form.sheet_months), list(cells)
    for i in days:
        month = told[i] if months is None or months[i] is pd.NA else months[i]
        out[i] = f"{month}月{cells[i]}" if month else cells[i]
    return out


_NONE = frozenset(listed("zero"))
_ABSENT = re.compile(
    r"(?:不|未|无|没|否|非|暂未|暂无|暂缺|尚未|尚无|[×✗✘☐□○xX0空缺]$|[—―–─\-/－／]+$)"
)


def absent(cell: object) -> bool:
    """Whether a cell in which somebody or something may be named says that there is none."""
    text = _cell_text(cell)
    return text in _BLANKS or bool(_ABSENT.match(text))


def _mark(cell: object) -> str:
    """yes, no, open or '' (blank) of a cell to be ticked; any other text is a tick with more to say."""
    text = _cell_text(cell)
    return "" if not text else tick(cell) or "yes"


def _beside(words: re.Pattern[str], text: str) -> str:
    """How a cell of a column with a closed list is quoted: what stands beside the words of the list may be a name."""
    out, at = "", 0
    for found in [*words.finditer(text), None]:
        start, end = found.span() if found else (len(text), len(text))
        rest = text[at:start]
        out += (persons.LEFT_OUT if names.name_like(rest) else rest) + text[start:end]
        at = end
    return persons.shown(out)


def _carried(cells: list[object]) -> list[object]:
    """Codes with those blanks filled that the reader has found to go on with the row above."""
    out: list[object] = []
    for cell in cells:
        out.append(out[-1] if out and not _cell_text(cell) else cell)
    return out


def _by_rows(block: Region, index: int, cells: list[object]) -> list[object]:
    """A mark for every person of a column of names, none of which is kept.

    Rows of one merged cell, rows with the name left blank, and a name repeated in the next row without a number of its
    own are one person; several names in a cell are several.
    """
    column = block.columns.get("row_number")
    merged = {
        row: r1
        for r1, c1, r2, c2 in block.sheet.merges
        if c1 <= index + 1 <= c2
        for row in range(r1, r2 + 1)
    }
    out: list[object] = []
    last: tuple[str, str, object] = ("", "", None)
    for n, (row, cell) in enumerate(zip(block.rows, cells, strict=True)):
        whole = block.sheet.rows[row]
        number = (
            _cell_text(whole[column.index])
            if column is not None and column.index < len(whole)
            else ""
        )
        name, span = squeeze(_cell_text(cell)), merged.get(row + 1)
        again = not name or (
            name == last[0] and (number in ("", last[1]) or (span is not None and span == last[2]))
        )
        if out and again:
            out.append(out[-1])
            continue
        several = [
            piece for piece in re.split(r"[、,，;；/\n]+", _cell_text(cell)) if piece.strip()
        ]
        out.append(None if absent(cell) else "、".join(f"R{n}.{k}" for k in range(len(several))))
        last = (name, number, span)
    return out


def _without_dittos(form: Form, cells: list[object]) -> list[object]:
    """〃 and 同上 say what the cell above them says, within their own table."""
    if _DITTOS.isdisjoint(cells):
        return cells
    tables, out = form.data["block"].to_numpy(), list(cells)
    for n, cell in enumerate(cells):
        if type(cell) is str and cell in _DITTOS and n and tables[n] == tables[n - 1]:
            out[n] = out[n - 1]
    return out


def _runs(form: Form, column: str) -> list[tuple[int, int]]:
    """The rows of a column that may carry on one another: of tables of one sheet and section, below each other."""
    runs: list[tuple[int, int]] = []
    start, before = 0, None
    for block in form.blocks:
        stop = start + len(block.rows)
        other = column == "party_org" and "unit_name" in block.columns  # which names it
        here = (id(block.sheet), block.section)
        if column in block.columns and not other and stop > start:
            if before == here and runs:
                runs[-1] = (runs[-1][0], stop)
            else:
                runs.append((start, stop))
            before = here
        else:
            before = None
        start = stop
    return runs


def _listed_together(turned: Sequence[Sequence[object]], columns: Sequence[int]) -> list[object]:
    """The names of a list that stands in several cells of a row, as one list."""
    some = [turned[i] for i in columns if i < len(turned)]
    rows = zip(*some, strict=True)
    named = ([c for c in row if _cell_text(c) and not absent(c)] for row in rows)
    return ["、".join(map(_cell_text, row)) for row in named]


def _group_columns(form: Form) -> list[str]:
    """Columns that may be filled in the first row of their group only: place, month, name."""
    return [*RULES["first_of_group"]["all"], *RULES["first_of_group"].get(form.name, ())]


def _over_merged(form: Form, column: str, cells: list[object]) -> None:
    """In place: a month merged down the rows of its group is the month of each of them."""
    start = 0
    for block in form.blocks:
        at = block.columns.get(column)
        rows = np.asarray(block.rows) + 1
        for r1, c1, r2, _ in block.sheet.merges if at is not None else ():
            first, stop = np.searchsorted(rows, r1), np.searchsorted(rows, r2, side="right")
            if at is not None and c1 == at.index + 1 and stop - first > 1:
                for n in range(start + int(first) + 1, start + int(stop)):
                    if not _cell_text(cells[n]):
                        cells[n] = cells[start + int(first)]
        start += len(block.rows)


def _half(cell: object, which: int, whole: bool) -> object:
    """One of the two numbers in a cell (5/6); a cell that is no pair stays with one column, where it is reported."""
    halves = (
        re.split(r"[/／|]", cell) if isinstance(cell, str) and cell.strip() not in _BLANKS else []
    )
    return halves[which] if len(halves) == 2 else cell if whole or cell in (None, "") else None


@dataclass(frozen=True)
class _Numbers:
    """A column as it was read: value, low and high of every row, its notes, the unit it is in."""

    numbers: np.ndarray
    note: np.ndarray
    units: np.ndarray


def _meaning(column: str, kind: str) -> str:
    """The kind of `values.parse_column` for a column of a type."""
    if column == "present":
        return "ratio_pair"  # 8/10 under 实到: eight of ten
    if kind == "int" and column in MEMBERS:
        return "members"  # 3+1: three full members and one on probation
    return _MEANING[kind]


def _as_type(row: np.ndarray, kind: str) -> Any:
    """Numbers with NaN or infinity for null as a column of their type."""
    null = ~np.isfinite(row)
    if kind == "money":
        return values.to_fen(row)
    if kind == "number":
        return pd.array(np.where(null, np.nan, row), dtype="Float64")
    whole = np.rint(np.where(null, 0, row)).astype(np.int64)
    return pd.arrays.IntegerArray(whole, null)


class Parser:
    """Turns the blocks of one form into a `Form`; collects problems."""

    def __init__(
        self,
        headings: Headings,
        lists: Mapping[str, Any],
        sheets: Sequence[Any],
        areas: frozenset[str] = frozenset(),
    ):
        self.headings, self.lists, self.areas = headings, lists, areas
        self.problems: list[Problem] = []
        self._sheets = {id(sheet): n for n, sheet in enumerate(sheets)}
        self._match: dict[str, Callable[[str], str | None]] = {}

    def form(self, name: str, blocks: list[Region], places: list[Place]) -> Form:
        sizes = [len(b.rows) for b in blocks]
        base: dict[str, Any] = {
            "block": np.repeat(np.arange(len(blocks)), sizes),
            "sheet": np.repeat([self._sheets[id(b.sheet)] for b in blocks], sizes),
            "source_row": np.concatenate([np.asarray(b.rows, dtype=np.int64) + 1 for b in blocks]),
        }
        form = Form(name, pd.DataFrame(base), blocks, places)
        specs = self.headings.forms[name]["columns"]
        here = {c for b in blocks for c in b.columns}
        used = [c for c in specs if c in here and c not in IGNORED and not specs[c].get("person")]
        cells: dict[str, list[object]] = {column: [] for column in used}
        for block, size in zip(blocks, sizes, strict=True):
            turned = list(zip_longest(*(block.sheet.rows[i] for i in block.rows), fillvalue=""))
            for column in used:
                at = block.columns.get(column)
                own: Sequence[object] = (
                    turned[at.index] if at is not None and at.index < len(turned) else [None] * size
                )
                if column in block.ticks:
                    own = self._ticked(block, column, turned)
                elif column in block.presence:
                    own = ["否" if absent(cell) else "是" for cell in own]
                if column in block.further:
                    own = _listed_together(turned, [at.index, *block.further[column]] if at else [])
                if column == "instructor_codes" and at is not None:
                    own = self._uncoded(name, block, at.index, [*own])
                pair = self.headings.pair(name, block.headings.get(column, ""))
                cells[column] += (
                    [_half(c, pair.index(column), column == "present") for c in own]
                    if column in pair
                    else own
                )
        self._first_of_group(form, cells)
        for column in used:
            cells[column] = _without_dittos(form, cells[column])
        self._no_value(form)
        self._merged(form, specs, cells)
        base |= self._place(form, cells)
        for column in used:
            kind = specs[column]["type"]
            if column == "remark":
                self._remarks(form, cells[column])
            if column in _PLACE_COLUMNS:
                continue
            if kind in _MEANING:
                base |= self._numbers(form, column, specs[column], cells, base)
            elif kind == "date":
                base[column] = self._dates(
                    form, column, _in_month(form, cells[column], base.get("month")), base["period"]
                )
            elif kind in ("text", "codes"):
                base[column] = self._texts(form, column, cells[column], kind == "codes")
            else:
                base[column] = self._listed(
                    form, column, cells[column], specs[column].get("words", kind)
                )
        for column in (c for c in used if "tells" in specs[c]):
            told = specs[column]["tells"]
            also = self._told(cells[column], specs[told]["type"])
            before: Any = base.get(told)
            base[told] = also if before is None else pd.Series(before).fillna(pd.Series(also)).array
        form.data = pd.DataFrame(
            base
        )  # an area column of the form's own has won over the place of the sheet
        return form

    def _ticked(
        self, block: Region, column: str, turned: Sequence[Sequence[object]]
    ) -> list[object]:
        """The entry that is ticked in each row of a group of columns (组建方式: 单独 | 联合 | 挂靠)."""
        some = block.ticks[column]
        marks = [
            [_mark(turned[i][n] if i < len(turned) else "") for i, _ in some]
            for n in range(len(block.rows))
        ]
        circles = not any("yes" in row for row in marks)  # ○ is a tick where nothing else is
        out: list[object] = []
        for row, said in zip(block.rows, marks, strict=True):
            chosen = [
                entry
                for (_, entry), mark in zip(some, said, strict=True)
                if mark == "yes" or (circles and mark == "open")
            ]
            out.append(chosen[0] if len(chosen) == 1 else "")
            crossed = circles and not chosen and said.count("no") == 1 and set(said) <= {"no", ""}
            circled = (
                not chosen and "open" in said
            )  # beside ticks elsewhere a circle may mean either
            if len(chosen) > 1 or crossed or circled:
                place = where(block.sheet, row + 1, some[0][0])
                found = "打了叉，没有打勾" if crossed else "画了圈，别的行打勾"
                if chosen:
                    found = "勾了" + "、".join(chosen)
                told: dict[str, Any] = {
                    "allowed": "、".join(entry for _, entry in some),
                    "advice": "一行只勾一项，用√",
                }
                self.problems.append(
                    finding("value_not_listed", block.sheet.file, place, found, **told)
                )
        return out

    def _uncoded(self, name: str, block: Region, index: int, cells: list[object]) -> list[object]:
        """Codes of instructors; where names stand for them that is said, and of a column of names only the rows count.

        A row without a code or name goes on with the instructor above it.
        """
        levels = tuple(block.headings["instructor_codes"].split("/"))
        by_rows = (hit := self.headings.look(name, levels)) is not None and self.headings.person(
            name, hit.column
        )
        read = "姓名未读，按一行一名计数；合并的单元格、姓名空着的下一行算同一名"
        said = (read, "请改用编号") if by_rows else (None, None)
        if by_rows or persons.columns({"": cells[:200]}).get("") == "name":
            place = where(block.sheet, block.rows[0] + 1, index)
            self.problems.append(
                finding(
                    "personal_data",
                    block.sheet.file,
                    place,
                    persons.KIND_NAMES["name"],
                    said[0],
                    advice=said[1],
                )
            )
        if name != "instructors":
            return cells
        return _by_rows(block, index, cells) if by_rows else _carried(cells)

    def _first_of_group(self, form: Form, cells: Mapping[str, list[object]]) -> None:
        """A place, month or name that stands in the first row of its group only holds for the rows below: asked.

        So it is where the first row says it and nothing is said twice; else a blank cell is a blank cell.
        """
        for column in (c for c in _group_columns(form) if c in cells):
            _over_merged(form, column, cells[column])
            for start, stop in _runs(form, column):
                if not any(map(is_blank, cells[column][start:stop])):
                    continue
                some = [_cell_text(cell) for cell in cells[column][start:stop]]
                blank = [n for n, text in enumerate(some) if not text]
                said = [squeeze(text) for text in some if text and text not in _DITTOS]
                once = bool(some and some[0]) and len(set(said)) == len(said)
                place = column in ("area_name", "township")
                if not said or not (once or place):
                    continue
                words = (f"{len(blank)}行空白，只在每组第一行填写", "空白的行按上面一行")
                if not once:
                    words = (f"{len(blank)}行空白，别的行写明", "看不出属于哪里，计入上一级")
                for n in blank if once else ():
                    cells[column][start + n] = cells[column][start + n - 1]
                self.problems.append(
                    form.problem(
                        "value_noted",
                        column,
                        start + blank[0],
                        *words,
                        advice="各行分别填写",
                        severity="question",
                    )
                )

    def _no_value(self, form: Form) -> None:
        """Formulas that were never calculated: the cell is empty although the office sees a number."""
        for block in form.blocks:
            used = {at.index + 1 for c, at in block.columns.items() if c not in IGNORED}
            rows = {i + 1 for i in block.rows}
            for row, column in sorted(block.sheet.no_value):
                if row in rows and column in used:
                    place = where(block.sheet, row, column - 1)
                    said: dict[str, Any] = {
                        "found": "公式没有计算结果或出错",
                        "advice": "打开后保存一次，或改成数字",
                    }
                    self.problems.append(
                        finding("value_unreadable", block.sheet.file, place, **said)
                    )

    def _merged(
        self, form: Form, specs: Mapping[str, Any], cells: Mapping[str, list[object]]
    ) -> None:
        """A number merged down several rows is one number, of the first row: said, and never counted again."""
        start = 0
        for block in form.blocks:
            columns = {
                at.index + 1: c
                for c, at in block.columns.items()
                if c in cells and specs[c]["type"] in _MEANING and c not in _group_columns(form)
            }
            rows = np.asarray(block.rows) + 1
            for r1, column, r2, _ in block.sheet.merges:
                first, stop = (
                    start + int(n)
                    for n in (np.searchsorted(rows, r1), np.searchsorted(rows, r2, side="right"))
                )
                if (
                    (c := columns.get(column))
                    and stop - first > 1
                    and cells[c][first] not in (None, "")
                ):
                    cells[c][first + 1 : stop] = [None] * (stop - first - 1)
                    said = (f"合并单元格占{stop - first}行", "只计入第一行，其余行为空")
                    self.problems.append(
                        form.problem(
                            "value_noted",
                            c,
                            first,
                            *said,
                            advice="各行分别填写",
                            severity="question",
                        )
                    )
            start += len(block.rows)

    def _place(self, form: Form, cells: Mapping[str, list[object]]) -> dict[str, Any]:
        """Area and period of every row: its own columns first, then what the block's title, file and folder say."""
        pool: list[tuple[str | None, str | None, str]] = []
        codes: list[int] = []
        for block, place in zip(form.blocks, form.places, strict=True):
            start, size = len(codes), len(block.rows)
            names: list[str] = [
                c for c in ("area_name", "township", "period") if c in block.columns
            ]
            memo: dict[tuple[object, ...], int] = {}
            other = set()
            for words in (
                zip(*(cells[c][start : start + size] for c in names), strict=True)
                if names
                else [()] * size
            ):
                if (known := memo.get(words)) is None:
                    said: dict[str, str] = dict(zip(names, map(_cell_text, words), strict=True))
                    year = dates.parse_period(said.pop("period", "")) or place.period
                    other |= {year} - {place.period} if place.period else set()
                    area = self._below(form, place, said, len(codes))
                    known = memo[words] = len(pool)
                    pool.append((area, year, f"{district_of(area)}\x1f{year or ''}"))
                codes.append(known)
            if other and not block.sheet.shaped:
                at = where(block.sheet, "", block.columns["period"].index)
                text = f"年份列写{'、'.join(in_time(other))}，其他地方写{place.period}"
                self.problems.append(finding("period_conflict", block.sheet.file, at, text))
        texts = np.array([*pool, (None, None, "")], dtype=object).T[:, codes]
        return {
            name: pd.array(column, dtype=TEXT)
            for name, column in zip(("area", "period", "place_key"), texts, strict=True)
        }

    def _below(self, form: Form, place: Place, said: Mapping[str, str], row: int) -> str | None:
        at = place
        for column, written in said.items():
            if word := self._area_word(form, column, written, row):
                area, against = below(at, word, 3 if column == "area_name" else 4)
                if against:
                    found = f"列里写“{word}”，其他地方写“{against}”"
                    self.problems.append(
                        form.problem("area_conflict", column, row, found, str(area))
                    )
                at = Place(area, place.period, levels_of(area))
        return at.area

    def _area_word(self, form: Form, column: str, written: str, row: int) -> str:
        """A cell that names an area, without what is a person's; what cannot be told from a name is no area, and asked.

        An area is known by its ending (镇, 街道 ...), by areas.xlsx, by an area of the same ledgers that has the ending, or as
        the name of a township or county.
        """
        written = visible(written)
        word = re.sub(r"\s+", "", written)
        if not word or self._known_area(word):
            return word
        found = persons.gate(written.strip(), "label")
        for kind in found.kinds if found.kinds != ("name",) or area_names(word) else ():
            self.problems.append(
                form.problem("personal_data", column, row, persons.KIND_NAMES[kind])
            )
        word = re.sub(r"\s+", "", found.text.replace(persons.LEFT_OUT, " ")).strip(_AREA_MARKS)
        nothing = not re.search(r"[A-Za-z\u3400-\u9fff]", word) or len(word) > _LONGEST_AREA
        if nothing or (not area_names(word) and names.one_name(word)):
            if set(found.kinds) - {"name"}:
                return ""
            advice = "写全称（某某镇、某某街道），或在 areas.xlsx 里列出"
            read = "不作为地区，计入上一级"
            self.problems.append(
                form.problem("area_unconfirmed", column, row, persons.LEFT_OUT, read, advice=advice)
            )
            return ""
        if not area_names(word):
            self.problems.append(form.problem("area_unconfirmed", column, row, word))
        return word

    def _known_area(self, word: str) -> bool:
        """Whether every part of a name or path is an area; one in areas.xlsx may be called as it likes."""
        return all(
            part in self.areas
            or names.known_place(part)
            or any(part + ending in self.areas for ending in ENDINGS)
            for part in word.split("/")
        )

    def _numbers(
        self,
        form: Form,
        column: str,
        spec: Mapping[str, Any],
        cells: Mapping[str, list[object]],
        typed: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Value, low, high and note of a column; where an item's unit stands in its row, that unit too."""
        kind, items = spec["type"], "layout" in self.headings.forms[form.name]
        mine = self._without_persons(form, column, cells[column])
        if spec.get("none_is_zero"):
            mine = [0 if isinstance(c, str) and squeeze(c) in _NONE else c for c in mine]
        read = self._parsed(form, column, spec, mine, cells, typed)
        numbers, note = read.numbers, read.note
        if kind == "money":  # kept: a repayment; a slip of the pen as well
            note[numbers[0] < 0] |= values.NOTES["value_implausible"]
        least, most = spec.get("range", (-np.inf, np.inf))
        lost = (
            (numbers[0] < least)
            | (numbers[0] > most)
            | ((kind == "int") & (np.rint(numbers[0]) != numbers[0]) & ~np.isnan(numbers[0]))
        )
        note[lost] |= values.NOTES["value_implausible"]
        numbers[:, lost] = np.nan  # half a person, six stars: nothing that the table could hold
        self._drop_slid_numbers(form, column, kind, mine, read)
        self._notes(form, column, mine, note, numbers)
        out: dict[str, Any] = {column + "_note": note}
        if items:
            out["value_unit"] = read.units
        for suffix, row in zip(SUFFIXES, numbers, strict=True):
            out[column + suffix] = _as_type(row, kind)
        return out

    def _without_persons(self, form: Form, column: str, mine: list[object]) -> list[object]:
        """The cells without a number of a person beside a number, or alone (12 110105...); blank ones are None."""
        if str not in set(map(type, mine)):
            return mine
        mine = [None if cell == "" else cell for cell in mine]
        for at, cell in enumerate(mine):
            if type(cell) is str and len(cell) > 6 and (person := persons.cell_kind(cell)):
                mine[at] = None
                self.problems.append(
                    form.problem("personal_data", column, at, persons.KIND_NAMES[person])
                )
        return mine

    def _parsed(
        self,
        form: Form,
        column: str,
        spec: Mapping[str, Any],
        mine: list[object],
        cells: Mapping[str, list[object]],
        typed: Mapping[str, Any],
    ) -> _Numbers:
        """The cells of one unit at a time through `values.parse_column`."""
        kind, size = spec["type"], len(form.data)
        items = "layout" in self.headings.forms[form.name]
        out = _Numbers(
            np.full((3, size), np.nan),
            np.zeros(size, dtype=np.int64),
            np.full(size, None, dtype=object),
        )
        usual: Sequence[Any] = self._units(form, column, spec, cells)
        for unit in dict.fromkeys(usual):
            rows = np.flatnonzero([other == unit for other in usual])
            some = mine if len(rows) == size else [mine[i] for i in rows]
            extra: dict[str, Any] = {}
            if not _DASHES.isdisjoint(some):
                extra["dash"] = self._dash(form, cells, rows)
            if column == "present" and "due" in typed:
                extra["total"] = typed["due"].to_numpy(dtype=float, na_value=np.nan)[rows]
            whole = items and values.counts(unit)  # 1200余家次 is a whole number
            meaning = "count" if whole else _meaning(column, kind)
            parsed = values.parse_column(some, unit=unit, kind=meaning, **extra)
            for place, parts in parsed.parts.items():
                form.parts.setdefault(column, {})[int(rows[place])] = parts
            out.units[rows] = parsed.unit or None
            out.numbers[:, rows] = parsed.value, parsed.low, parsed.high
            out.note[rows] = parsed.note
        return out

    def _units(
        self,
        form: Form,
        column: str,
        spec: Mapping[str, Any],
        cells: Mapping[str, list[object]],
    ) -> Sequence[object]:
        """The unit of every row: of its block, or of its own (12 | 名 of an item; 0.5 | 万元)."""
        items = "layout" in self.headings.forms[form.name]
        of_block = np.array([b.unit(column, spec) for b in form.blocks], dtype=object)
        usual = of_block[form.data["block"].to_numpy()]
        if spec["type"] == "money":
            usual = self._units_of_formats(form, column, usual)
        if "unit" not in cells or not (items or spec["type"] == "money"):
            return list(usual)
        return [
            own if own and (items or own in MONEY_UNITS) else unit
            for own, unit in zip(map(_cell_text, cells["unit"]), usual, strict=True)
        ]

    def _units_of_formats(self, form: Form, column: str, usual: np.ndarray) -> np.ndarray:
        """The unit in which a cell is stored whose format shows a unit (52000 shown as 5.2万: 元); asked where it differs."""
        out, start = usual.copy(), 0
        for block in form.blocks:
            at, shown = block.columns.get(column), block.sheet.formats
            differ = []
            for n, row in enumerate(block.rows if at is not None and shown else (), start=start):
                cells = block.sheet.rows[row]
                unit = shown.get((row + 1, at.index + 1)) if at is not None else None
                number_there = at is not None and isinstance(cells[at.index], int | float)
                if unit and number_there and unit != out[n]:
                    differ.append(n)
                    out[n] = unit
            start += len(block.rows)
            if differ:
                told = f"{len(differ)}格按数字格式存的是{out[differ[0]]}，表头或表上写{usual[differ[0]]}"
                read = f"按{out[differ[0]]}读"
                self.problems.append(
                    form.problem(
                        "unit_mismatch",
                        column,
                        differ[0],
                        told,
                        read,
                        advice="核对单位，表头与格式写成一致",
                    )
                )
        return out

    def _drop_slid_numbers(
        self, form: Form, column: str, kind: str, mine: list[object], read: _Numbers
    ) -> None:
        """A telephone or card number that slid into a column of numbers is said, and taken out."""
        for row in np.flatnonzero(read.numbers[0] >= 1e10):
            person = persons.cell_kind(mine[row])
            if person and not (kind == "money" and person == "phone"):
                read.numbers[:, row], read.note[row] = np.nan, values.NOTES["missing"]
                self.problems.append(
                    form.problem("personal_data", column, row, persons.KIND_NAMES[person])
                )

    def _dash(
        self, form: Form, cells: Mapping[str, list[object]], rows: np.ndarray
    ) -> list[float | None]:
        """What — means in each row: by the row's own remark, else by the note below the table."""
        legends = [
            next((m for t in b.notes if (m := values.dash_meaning(t)) is not None), None)
            for b in form.blocks
        ]
        remarks, numbers = cells.get("remark"), form.data["block"].to_numpy()
        said = [values.dash_meaning(remarks[i]) if remarks and remarks[i] else None for i in rows]
        return [legends[numbers[i]] if s is None else s for s, i in zip(said, rows, strict=True)]

    def _notes(
        self, form: Form, column: str, cells: list[object], note: np.ndarray, numbers: np.ndarray
    ) -> None:
        for row in np.flatnonzero(note & ~values.NOTES["missing"]):
            point, low, high = numbers[:, row]
            read = "空" if np.isnan(point) else number.plain(point)
            if low < high:
                read += f"（{number.plain(low)} 至 {number.plain(high) if np.isfinite(high) else '不封顶'}）"
            inside = [
                f"{word}{number.plain(many)}"
                for word, many in form.parts.get(column, {}).get(int(row), ())
                if word == PROBATIONARY
            ]
            if (
                inside and "members" in column
            ):  # 4(含预备1): 正式党员 is not the number that stands first
                read += f"，其中{'、'.join(inside)}"
            cell = cells[row]
            pair = isinstance(cell, str) and BRACKETED_PAIR.fullmatch(cell)
            more = {"advice": RULES["advice"]["bracketed"]} if pair and np.isnan(point) else {}
            for name in values.note_names(note[row] & ~values.NOTES["missing"]).split():
                self.problems.append(
                    form.problem(name, column, row, persons.number_shown(cell), read, **more)
                )

    def _dates(self, form: Form, column: str, cells: list[object], periods: Any) -> np.ndarray:
        """二月五日 of an activity belongs to the ledger's year; a founding day does not."""
        codes, pool = pd.factorize(np.array(cells, dtype=object))
        out = np.full(len(cells), "NaT", dtype="datetime64[s]")
        marks = form.of_block("|1904" if b.sheet.date_1904 else "" for b in form.blocks).astype(
            object
        )
        groups, keys = pd.factorize(
            pd.Series(periods).fillna("").to_numpy(dtype=object) + marks
            if column == "date"
            else marks
        )
        for n, key in enumerate(keys):
            year, old = int(key[:4]) if key[:4].isdigit() else None, key.endswith("|1904")
            rows = np.flatnonzero((groups == n) & (codes >= 0))
            present, at = np.unique(codes[rows], return_inverse=True)
            parsed = dates.parse_dates(pool[present].tolist(), year=year, date_1904=old)
            out[rows] = np.array([read.date for read in parsed], dtype="datetime64[s]")[at]
            noted = np.array(
                [bool(read.note) and read.note != "missing" for read in parsed], dtype=bool
            )
            for i, read in ((rows[k], parsed[at[k]]) for k in np.flatnonzero(noted[at])):
                self.problems.append(
                    form.problem(
                        read.note, column, i, persons.number_shown(cells[i]), str(read.date or "空")
                    )
                )
        return out

    def _texts(self, form: Form, column: str, cells: list[object], listed: bool) -> Any:
        kept = column not in _NEVER_STORED
        sort: persons.Sort = (
            "body" if column in _BODIES else "label" if column in _OFFICES else "text"
        )

        def plain_name(text: str) -> bool:
            return bool((_PLAIN if kept else _CODE).fullmatch(text)) and not (
                kept and names.may_tell(text)
            )

        def ready(text: str) -> bool:
            return not persons.may_tell(text) and not names.may_tell(text) and text == visible(text)

        def read(cell: object, rows: Callable[[], list[np.ndarray]]) -> str | None:
            text = _clean(_cell_text(cell), listed)
            if text in _BLANKS or unicodedata.normalize("NFKC", text) in _BLANKS:
                return None
            organisation = sort == "label" and bool(_ORGANISATION.search(text))
            if not kept or ((organisation or sort == "body") and ready(text)):
                return text
            found = persons.gate(text, "body" if organisation else sort)
            for some, kind in product(rows(), found.kinds) if found.kinds else ():
                self.problems.append(
                    form.problem("personal_data", column, some[0], persons.KIND_NAMES[kind])
                )
            if column in _LABELS:
                return self._label(form, column, found.text, rows)
            return found.text if sort == "body" or found.text != persons.LEFT_OUT else None

        return _pooled(form, cells, read, TEXT, plain_name if sort == "body" or not kept else None)

    def _label(
        self, form: Form, column: str, text: str, rows: Callable[[], list[np.ndarray]]
    ) -> str | None:
        """Of a column with a closed list only its words; the rest is said, and not stored."""
        whole, words = _LABELS[column]
        if whole.fullmatch(text):
            return text
        if _FALSE.match(text) or text == persons.LEFT_OUT:
            return None
        kept = "、".join(dict.fromkeys(words.findall(text)))
        if column == "registration_level":
            kept = kept.partition("、")[0]
        rest = words.sub("", text).strip("、，,/;； （）()")
        if rest and persons.LEFT_OUT not in rest:
            allowed = "、".join(words.pattern.split("|")[:13])
            for some in rows():
                more = {"allowed": allowed, "advice": "改成规定的选项"}
                self.problems.append(
                    form.problem(
                        "value_not_listed",
                        column,
                        some[0],
                        _beside(words, text),
                        kept or "空",
                        **more,
                    )
                )
        return kept or None

    def _remarks(self, form: Form, cells: list[object]) -> None:
        """Remarks are dropped; what they tell of persons is said by place and kind."""

        def read(cell: object, rows: Callable[[], list[np.ndarray]]) -> None:
            if change := told(_cell_text(cell)):
                form.changes |= dict.fromkeys(np.concatenate(rows()).tolist(), change)
            kinds = persons.scrub(_cell_text(cell))[1]
            for some in rows() if kinds else ():
                for row, kind in product(some, kinds):
                    self.problems.append(
                        form.problem("personal_data", "remark", row, persons.KIND_NAMES[kind])
                    )

        _pooled(form, cells, read, TEXT)

    def _told(self, cells: list[object], kind: str) -> Any:
        """What the cells of one column say of another closed list: 区域联建 as 组建方式 is a form of joint founding too."""
        match = self._matching(kind)
        pool = {cell: match(_cell_text(cell)) if _cell_text(cell) else None for cell in cells}
        return pd.array(np.array([pool[cell] for cell in cells], dtype=object), dtype=TEXT)

    def _matching(self, kind: str) -> Callable[[str], str | None]:
        """The entry of a closed list that a cell says."""
        if kind not in self._match:
            words = words_of(self.lists, self.headings.values, kind)
            self._match[kind] = _matcher(words, kind == "bool")
        return self._match[kind]

    def _listed(self, form: Form, column: str, cells: list[object], kind: str) -> Any:
        match = self._matching(kind)
        labels = [str(v) for v in self.lists.get(kind, {"true": "是", "false": "否"}).values()]
        nothing = self.headings.values.get(kind, {}).get("nothing", ())
        known = re.compile("|".join(map(re.escape, sorted(labels, key=len, reverse=True))))

        def read(cell: object, rows: Callable[[], list[np.ndarray]]) -> Any:
            text = _cell_text(cell)
            key = match(text) if text else None
            if key is None and text not in _BLANKS and text not in nothing:
                close = near(text, labels)
                advice = f"是否“{close[0]}”" if close else "改成规定的选项"
                for some in rows():
                    said = "空" if len(some) == 1 else f"空（共{len(some)}处）"
                    allowed = "、".join(labels[:13])
                    self.problems.append(
                        form.problem(
                            "value_not_listed",
                            column,
                            some[0],
                            _beside(known, text),
                            said,
                            allowed=allowed,
                            advice=advice,
                        )
                    )
            return {"true": True, "false": False}.get(key or "") if kind == "bool" else key

        return _pooled(form, cells, read, "boolean" if kind == "bool" else TEXT)
