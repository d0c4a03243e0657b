"""Sheets that are no list of records become one: tables side by side, a column a year, a row a township, a page a unit ...

Offices keep the same facts in other shapes. Each shape is a function that knows its sheet or answers None, and gives
sheets whose cells remember where they stand (`RawSheet.origin`); what is read from them goes the usual way. The words
that the shapes go by are declared (``shapes`` in rules.yml).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.ledgers import dates, persons
from evalkit.ledgers.cells import blank, cell_at, is_derived, is_total, tick
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.forms import absent, words_of
from evalkit.ledgers.grid import skip_reason
from evalkit.ledgers.headings import Headings, heading_keys, loosened, plain, squeeze
from evalkit.ledgers.heads import fill_down, is_group, is_heading, is_lower, levels_of
from evalkit.ledgers.matching import heading_shown
from evalkit.ledgers.overrides import SheetEntry, words_for
from evalkit.ledgers.place import area_names
from evalkit.ledgers.regions import ColumnSaid, where
from evalkit.problems import Problem
from evalkit.world import number

_RULES: dict[str, Any] = RULES["shapes"]
_WORDS: dict[str, list[str]] = {
    name: [plain(w) for w in some] for name, some in _RULES["heads"].items()
}
_COUNTS = {plain(word): code for code, words in _RULES["counts"].items() for word in words}
_HAVE = re.compile(_RULES["have"])
LEAST_HAVES = 4  # items of a matrix to be ticked
_ORGANISATION = re.compile(RULES["organisations"]["named"])
_YEAR = re.compile(r"(?:19|20)\d{2}(?:年度?)?(?:末|底)?")
_YEAR_IN = re.compile(r"((?:19|20)\d{2})年度?[末底]?")
_EARLIER = re.compile(_RULES["earlier"])
_NEUTRAL = re.compile(_RULES["neutral"])
_OPENING = re.compile(_RULES["opening"])
_SO_MANY = re.compile(r"[约近逾]?[\d,.]+[余多]?[个家名人户支]?|[-—/]+")
_CENT = 0.005

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
        form = _RULES["forms"].get("overview", "")
        self.columns.append((sheet, ColumnSaid(row, index, heading, form, column, rule)))

    def tell(self, sheet: RawSheet, rule: str, *rows: int) -> None:
        """What rows are that no record is made of (`more` in grammar.yml)."""
        self.told += [(sheet, row, rule) for row in rows]

    def measure(self, texts: Sequence[str]) -> str:
        """The name of the measure that a heading of one or more levels counts; '' where it is none."""
        if _EARLIER.search("".join(texts)):
            return ""
        names, loose = self._names()
        texts = [_YEAR_IN.sub("", squeeze(text)) for text in texts]
        levels = [heading_keys(text)[0] for text in texts if text and not text.startswith("其中")]
        group, lower = (levels[-2] if len(levels) > 1 else ()), (levels[-1] if levels else ())
        both = [a + b for a in group for b in lower] + [b + a for a in group for b in lower]
        if group and all(key in _WORDS["whole"] for key in lower):
            both = [*group]  # 合计 below 党组织数
        elif not group or any(_NEUTRAL.search(key) for key in group):
            both = [*both, *lower]  # 党员数 below 规上企业 is no count of all members
        exact = [_COUNTS.get(key) or names.get(key) for key in both]
        close = [loose.get(loosened(key), set()) for key in both]
        found = [*exact, *(next(iter(some)) for some in close if len(some) == 1)]
        return next((str(self.measures[c].name) for c in found if c and c in self.measures), "")

    def measure_in(self, titles: Sequence[str]) -> str:
        """The name of the one measure that a title speaks of: 各乡镇党员数（名）."""
        names = self._names()[0]
        for title in titles:
            text = plain(_YEAR_IN.sub("", squeeze(title)))
            inside = [w for w in (*_COUNTS, *names) if len(w) > 2 and w in text]
            if inside:
                word = max(inside, key=len)
                return str(self.measures[str(_COUNTS.get(word) or names[word])].name)
        return ""

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
            if any(key in _WORDS[kind] for kind in kinds for key in heading_keys(texts[-1])[0]):
                return index
        return None


def shaped(
    sheets: Sequence[RawSheet], shaping: Shaping, entries: Sequence[SheetEntry] = ()
) -> list[RawSheet]:
    """The sheets, those of another shape as lists of records; one whose rows an office names is a list."""
    out: list[RawSheet] = []
    for sheet in sheets:
        a_list = words_for(entries, sheet.file, sheet.name).tells_rows
        if skip_reason(sheet) or sheet.state != "visible" or not sheet.rows or a_list:
            out.append(sheet)
            continue
        fill_down(sheet)
        for part in _beside(sheet, shaping) or [sheet]:
            shapes = () if _is_own_form(part, shaping.headings) else SHAPES
            made = (shape(part, shaping) for shape in shapes)
            reshaped = next((found for found in made if found), None)
            out += [part] if reshaped is None else reshaped
    return out


OWN_FORM = {"measure", "value", "how"}  # columns by which our own empty 工作报表 is known
FIRST_ROWS = 6


def _is_own_form(sheet: RawSheet, headings: Headings) -> bool:
    """Whether a sheet is our own 工作报表: its items (有指导员的单位, 有活动场所的单位 ...) are no matrix to be ticked."""
    for row in sheet.rows[:FIRST_ROWS]:
        words = [cell for cell in row if isinstance(cell, str) and cell.strip()]
        found = (headings.look("work_report", (word,)) for word in words)
        if {hit.column for hit in found if hit} >= OWN_FORM:
            return True
    return False


def _text(cell: object) -> str:
    return number.plain(cell) if isinstance(cell, int | float) else squeeze(cell)


def _head(sheet: RawSheet, i: int) -> Head:
    """The heading whose last-but-lower row is `i`."""
    rows = sheet.rows
    top = bottom = i
    if i and is_group(rows[i - 1], rows[i]):
        top = i - 1
    while bottom + 1 < len(rows) and bottom - top < 2 and _goes_on(rows[bottom], rows[bottom + 1]):
        bottom += 1
    return Head(top, bottom, levels_of(rows[top : bottom + 1]))


def _goes_on(upper: Sequence[object], row: Sequence[object]) -> bool:
    """Whether a row is a lower level of the heading above it: words alone, further right, some below a group."""
    if is_lower(list(upper), list(row)):
        return True
    filled = [j for j, c in enumerate(row) if not blank(c) and c != cell_at(upper, j)]
    words = all(isinstance(row[j], str) and not re.search(r"\d", str(row[j])) for j in filled)
    first = next((j for j, c in enumerate(upper) if not blank(c)), 0)
    below = any(blank(cell_at(upper, j)) for j in filled)
    return words and below and len(filled) > 1 and min(filled) > first


def _made(sheet: RawSheet, rows: Sequence[Row], shape: str) -> RawSheet:
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


def _whole(sheet: RawSheet, rows: range) -> list[Row]:
    """Rows as they stand."""
    return [[(cell, (i, j)) for j, cell in enumerate(sheet.rows[i])] for i in rows]


# --- two tables side by side -----------------------------------------------------------------------------------------


def _beside(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """Tables that stand beside one another, one below the other."""
    found = next(
        (i for i, row in enumerate(sheet.rows[:30]) if is_heading(row, shaping.headings)), None
    )
    if found is None:
        return None
    head = _head(sheet, found)
    cuts = _cuts(sheet, head, shaping.headings)
    if not cuts:
        return None
    width = max(map(len, sheet.rows))
    spans = list(zip([0, *cuts], [*cuts, width], strict=True))
    out = []
    for start, stop in spans:
        rows: list[Row] = []
        for i, row in enumerate(sheet.rows):
            some: Row = [(cell_at(row, j), (i, j)) for j in range(start, stop)]
            alone = [c for c in row if not blank(c)]
            if i < head.top and start and all(blank(c) for c, _ in some) and len(alone) <= 2:
                whole: Row = [(cell_at(row, j), (i, j)) for j in range(len(row))]
                some = whole[: stop - start]
            if any(not blank(c) for c, _ in some) or i <= head.bottom:
                rows.append(some)
        out.append(_made(sheet, rows, "beside"))
    return out


def _cuts(sheet: RawSheet, head: Head, headings: Headings) -> list[int]:
    """Where further tables begin: where the headings begin anew, or after a column that is blank throughout."""
    texts = {i: plain("".join(levels)) for i, levels in head.levels.items()}
    order = sorted(texts)
    columns = [texts[i] for i in order]
    for size in range(2, len(columns) // 2 + 1):
        if len(columns) % size == 0 and columns == columns[:size] * (len(columns) // size):
            return [order[n] for n in range(size, len(columns), size)]
    below = sheet.rows[head.top :]
    width = max(map(len, sheet.rows))
    cuts = []
    for gap in range(1, width - 1):
        if all(blank(cell_at(row, gap)) for row in below) and not blank(
            cell_at(sheet.rows[head.bottom], gap + 1)
        ):
            sides = [
                [levels for i, levels in head.levels.items() if a <= i < b]
                for a, b in ((0, gap), (gap + 1, width))
            ]
            fit = [headings.best_form(side, None) for side in sides]
            if all(form is not None and not missing for form, missing in fit):
                cuts.append(gap + 1)
    return cuts


# --- a column a year ---------------------------------------------------------------------------------------------------


def _years(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """指标 | 2023年 | 2024年 | 2025年: one row an item and year; 乡镇 in place of 指标 where the title tells the item."""
    for i, row in enumerate(sheet.rows[:30]):
        years = {j: year for j, cell in enumerate(row) if (year := _year(cell))}
        if len(years) < 2 or len(set(years.values())) < len(years):
            continue
        key = _headed(row, "item")
        item = ""
        if key is None:
            key = _headed(row, "area")
            titles = [str(c) for above in sheet.rows[:i] for c in above if isinstance(c, str)]
            item = shaping.measure_in([*titles, sheet.name])
            if key is None or not item:
                continue
        below, columns, unit = _below_years(sheet, i, key, years)
        shaping.tell(sheet, "shape_heading", *range(i, below))
        shaping.tell_column(sheet, i, key, [str(row[key])], "", "shape_key")
        for j, year in columns.items():
            shaping.tell_column(sheet, i, j, [year], item, "shape_value")
        rows = _whole(sheet, range(i))
        rows.append([(w, None) for w in ("镇街", "指标", "数值", "计量单位", "年份")])
        sums = dict.fromkeys(columns, 0.0)
        for n in range(below, len(sheet.rows)):
            here = sheet.rows[n]
            if all(blank(cell_at(here, j)) for j in columns):
                rows += _whole(sheet, range(n, n + 1)) if any(not blank(c) for c in here) else []
            elif item and is_total(cell_at(here, key), RULES["shapes"]["totals"]):
                shaping.tell(sheet, "shape_total", n)
                _compare(sheet, n, here, sums, shaping)
            else:
                said = (cell_at(here, unit), (n, unit)) if unit is not None else ("", None)
                name = (cell_at(here, key), (n, key))
                for j, year in columns.items():
                    if not blank(cell_at(here, j)):
                        start: Row = [name, (item, None)] if item else [("", None), name]
                        rows.append([*start, (here[j], (n, j)), said, (year, None)])
                        sums[j] += _number(here[j])
        return [_made(sheet, rows, "years")]
    return None


def _headed(row: Sequence[object], kind: str) -> int | None:
    """The first column of a heading whose word is one of a kind."""
    return next(
        (j for j, c in enumerate(row) if isinstance(c, str) and plain(c) in _WORDS[kind]), None
    )


def _below_years(
    sheet: RawSheet, i: int, key: int, years: Mapping[int, str]
) -> tuple[int, dict[int, str], int | None]:
    """The first row below a heading of years, the column of the value of each year, and that of the unit."""
    unit = _headed(sheet.rows[i], "unit")
    lower = sheet.rows[i + 1] if i + 1 < len(sheet.rows) else []
    if not _goes_on(sheet.rows[i], lower) or cell_at(lower, key) not in (
        "",
        None,
        sheet.rows[i][key],
    ):
        return i + 1, dict(years), unit
    columns = {}
    ends = [*list(years)[1:], max(map(len, sheet.rows))]
    for (start, year), end in zip(years.items(), ends, strict=True):
        own = [j for j in range(start, end) if plain(str(cell_at(lower, j))) in _WORDS["value"]]
        columns[own[0] if own else start] = year
    unit = _headed(lower, "unit") if unit is None else unit
    return i + 2, columns, unit


def _year(cell: object) -> str:
    """The year that a heading consists of."""
    text = _text(cell) if isinstance(cell, str | int | float) and not isinstance(cell, bool) else ""
    return dates.parse_period(text[:4]) or "" if _YEAR.fullmatch(text) else ""


# --- a row a township --------------------------------------------------------------------------------------------------


def _overview(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """镇街 | 单位数 | 党组织数 | 党员数 ...: what a township counts, one row a township and item."""
    for i in range(min(30, len(sheet.rows))):
        row = sheet.rows[i]
        if len([c for c in row if isinstance(c, str) and c.strip()]) < 3:
            continue
        head = _head(sheet, i)
        key = head.column("area", "body")
        if key is None or not _rows_are_areas(sheet, head, key):
            continue
        if any(_of_records(sheet, head, j) for j in head.levels if j != key):
            return None
        counted: dict[int, str] = {}
        for j, texts in head.levels.items():
            name = shaping.measure(texts) if j != key else ""
            again = (name, _told_year(texts)) in {
                (known, _told_year(head.levels[at])) for at, known in counted.items()
            }
            if name and not again:
                counted[j] = name
        if len(counted) < 2:
            return None
        return [_overview_of(sheet, head, key, counted, shaping)]
    return None


def _of_records(sheet: RawSheet, head: Head, j: int) -> bool:
    """Whether a column names units or organisations: its rows are records, not counts."""
    keys = heading_keys(head.levels[j][-1])[0]
    if not any(key in _WORDS["body"] or key in _WORDS["organisation"] for key in keys):
        return False
    said = [c for row in sheet.rows[head.bottom + 1 :] if not blank(c := cell_at(row, j))]
    return (
        sum(isinstance(c, str) and not _SO_MANY.fullmatch(squeeze(c)) for c in said) > len(said) / 2
    )


def _rows_are_areas(sheet: RawSheet, head: Head, key: int) -> bool:
    """Whether every row below a heading is of one area, none of which stands there twice."""
    said = [
        squeeze(cell_at(row, key))
        for row in sheet.rows[head.bottom + 1 :]
        if isinstance(cell_at(row, key), str) and sum(not blank(c) for c in row) > 2
    ]
    said = [t for t in said if t and not is_total(t, RULES["shapes"]["totals"])]
    areas = [t for t in said if area_names(t) and len(t) <= 16]
    return bool(said) and len(areas) >= 0.8 * len(said) and len(set(said)) == len(said)


def _overview_of(
    sheet: RawSheet, head: Head, key: int, counted: Mapping[int, str], shaping: Shaping
) -> RawSheet:
    beside = {j for j, texts in head.levels.items() if plain(texts[-1]) in _WORDS["aside"]}
    for j, texts in head.levels.items():
        if j == key or j in counted or j in beside:
            rule = "shape_key" if j == key else "shape_value" if j in counted else "shape_beside"
            shaping.tell_column(sheet, head.top, j, texts, counted.get(j, ""), rule)
            continue
        kind = persons.heading_kind(texts[-1])
        shaping.tell_column(sheet, head.top, j, texts, "", "person" if kind else "unknown")
        if kind:
            shaping.said("personal_data", sheet, (head.top, j), persons.KIND_NAMES[kind])
        elif not is_derived(texts[-1]) and "率" not in texts[-1]:
            said = persons.shown("/".join(map(squeeze, texts)))
            shaping.said("measure_unknown", sheet, (head.top, j), said, "此列未采用")
    shaping.tell(sheet, "shape_heading", *range(head.top, head.bottom + 1))
    rows = _whole(sheet, range(head.top))
    rows.append([(w, None) for w in ("镇街", "指标", "数值", "计量单位", "年份")])
    sums = dict.fromkeys(counted, 0.0)
    totals: list[int] = []
    for n in range(head.bottom + 1, len(sheet.rows)):
        here = sheet.rows[n]
        first = next((c for c in here if isinstance(c, str) and c.strip()), "")
        if is_total(first, RULES["shapes"]["totals"]) or is_total(
            cell_at(here, key), RULES["shapes"]["totals"]
        ):
            shaping.tell(sheet, "shape_total", n)
            if "小计" not in squeeze(first):
                totals.append(n)
            continue
        if (
            is_derived(first)
            or not isinstance(cell_at(here, key), str)
            or blank(cell_at(here, key))
        ):
            rows += _whole(sheet, range(n, n + 1)) if sum(not blank(c) for c in here) == 1 else []
            continue
        if not area_names(str(cell_at(here, key))):
            rows += _whole(sheet, range(n, n + 1)) if sum(not blank(c) for c in here) == 1 else []
            if sum(not blank(c) for c in here) > 1:
                found = persons.gate(str(cell_at(here, key)), "label").text
                shaping.said("area_unconfirmed", sheet, (n, key), found, "这一行未计入")
                shaping.tell(sheet, "area_unknown", n)
            continue
        for j, name in counted.items():
            cell = cell_at(here, j)
            if not blank(cell):
                unit = heading_keys(head.levels[j][-1])[1] or ""
                year = (_told_year(head.levels[j]), None)
                item: Row = [(here[key], (n, key)), (name, (head.top, j)), (cell, (n, j))]
                rows.append([*item, (unit, None), year])
                sums[j] += float(cell) if isinstance(cell, int | float) else _number(cell)
    for n in totals:
        _compare(sheet, n, sheet.rows[n], sums, shaping)
    return _made(sheet, rows, "overview")


def _told_year(texts: Sequence[str]) -> str:
    """The year that a heading or its group names: 2024年 over 党员数."""
    found = next((m for t in texts if (m := _YEAR_IN.search(squeeze(t)))), None)
    return found[1] if found else ""


def _number(cell: object) -> float:
    found = re.search(r"\d+(?:\.\d+)?", _text(cell).replace(",", ""))
    return float(found[0]) if found else 0.0


def _compare(
    sheet: RawSheet, n: int, row: Sequence[object], sums: Mapping[int, float], shaping: Shaping
) -> None:
    """The printed total of each column against the sum of its rows."""
    for j, own in sums.items():
        cell = cell_at(row, j)
        if isinstance(cell, int | float) and abs(cell - own) > _CENT:
            said = (f"合计{number.plain(cell)}", f"各行相加为{number.plain(own)}")
            shaping.said("total_differs", sheet, (n, j), *said)


# --- a matrix to be ticked ---------------------------------------------------------------------------------------------


def _matrix(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """党组织 | 有场所 | 有设施 | ...: how many have all; of either direction."""
    said = sum(isinstance(c, str) and "有" in c for row in sheet.rows for c in row)
    if said < LEAST_HAVES:  # most ledgers: not worth turning
        return None
    for turned in (False, True):
        if turned and not _items_in_a_column(sheet):
            return None
        cells = _turned(sheet) if turned else sheet
        for i, row in enumerate(cells.rows[:20]):
            have = [
                j for j, c in enumerate(row) if isinstance(c, str) and _HAVE.fullmatch(squeeze(c))
            ]
            if len(have) < LEAST_HAVES:
                continue
            found = _counted_matrix(cells, i, have, shaping)
            if found is None:
                return None
            if turned:
                shaping.tell(sheet, "shape_item", *range(len(_titles(sheet)), len(sheet.rows)))
            rows = _whole(sheet, range(0 if turned else i)) if not turned else _titles(sheet)
            return [_made(sheet, [*rows, *found], "matrix")]
    return None


def _items_in_a_column(sheet: RawSheet) -> bool:
    """Whether one of the first columns holds the items of a matrix."""
    counts: dict[int, int] = {}
    for row in sheet.rows:
        for j, c in enumerate(row[:20]):
            if isinstance(c, str) and "有" in c and _HAVE.fullmatch(squeeze(c)):
                counts[j] = counts.get(j, 0) + 1
    return max(counts.values(), default=0) >= LEAST_HAVES


def _titles(sheet: RawSheet) -> list[Row]:
    """The rows above a table that hold one text."""
    out = []
    for n in range(len(sheet.rows)):
        if len({str(c) for c in sheet.rows[n] if not blank(c)}) > 1:
            break
        out += _whole(sheet, range(n, n + 1))
    return out


def _turned(sheet: RawSheet) -> RawSheet:
    """The table of a sheet with its rows as columns."""
    start = len(_titles(sheet))
    width = max(map(len, sheet.rows))
    below = sheet.rows[start:]
    rows: list[Row] = [
        [(cell_at(row, j), (start + n, j)) for n, row in enumerate(below)] for j in range(width)
    ]
    return _made(sheet, rows, "turned")


def _counted_matrix(
    cells: RawSheet, i: int, have: Sequence[int], shaping: Shaping
) -> list[Row] | None:
    """Rows 镇街, 指标, 数值 of those that have all, one an area."""
    measure = shaping.measures.get(_RULES["matrix"])
    head = {j: plain(c) for j, c in enumerate(cells.rows[i]) if isinstance(c, str) and c.strip()}
    key = next((j for j, word in head.items() if word in _WORDS["organisation"]), None)
    if key is None:
        key = next(
            (j for j in range(have[0]) if j not in head or head[j] not in _WORDS["row"]), None
        )
    area = next((j for j, word in head.items() if word in _WORDS["area"]), None)
    whole = next((j for j, word in head.items() if word in _WORDS["met"]), None)
    if measure is None or key is None:
        return None
    counts: dict[str, tuple[object, int, Place]] = {}
    counted: list[int] = []
    totals: list[int] = []
    town: tuple[object, Place | None] = ("", None)
    for n in range(i + 1, len(cells.rows)):
        row = cells.rows[n]
        marks = [cell_at(row, j) for j in have]
        name = cell_at(row, key)
        if is_total(name, RULES["shapes"]["totals"]):
            totals.append(n)
            continue
        if blank(name) or all(map(blank, marks)):
            continue
        if any(isinstance(m, int | float) and m not in (0, 1) for m in marks):
            return None  # numbers of a township, no marks
        if area is not None and not blank(cell_at(row, area)):
            town = (row[area], (n, area))
        counted.append(n)
        full = all(_yes(mark) for mark in marks)
        if whole is not None and not blank(cell_at(row, whole)) and _yes(row[whole]) != full:
            at = cells.origin.get((n, whole), (n, whole))
            said = (f"{squeeze(row[whole])}，各项{'齐全' if full else '不齐全'}", "按各项计")
            shaping.said(
                "identity_differs", replace(cells, origin={}), at, *said, severity="question"
            )
        earlier = counts.get(squeeze(town[0]))
        counts[squeeze(town[0])] = (town[0], (earlier[1] if earlier else 0) + full, (n, have[0]))
    if cells.shaped != "turned":
        shaping.tell(cells, "shape_heading", i)
        shaping.tell(cells, "shape_item", *counted)
        shaping.tell(cells, "shape_total", *totals)
    rows: list[Row] = [[(w, None) for w in ("镇街", "指标", "数值", "计量单位")]]
    for name, count, first in counts.values():
        place = cells.origin.get(first, first)
        rows.append([(name, place), (measure.name, place), (count, place), ("个", None)])
    return rows


def _yes(cell: object) -> bool:
    mark = tick(cell)
    return mark in ("yes", "open") if mark else not blank(cell) and not absent(cell)


# --- a page a unit -------------------------------------------------------------------------------------------------------


def _card(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """单位名称 | 甲公司 | 从业人员 | 85: the pages of units, one row a unit."""
    headings = shaping.headings
    pages: list[dict[str, tuple[tuple[object, Place], tuple[object, Place]]]] = []
    titles: list[Row] = []
    key = ""
    n_pairs = n_rows = 0
    for n, row in enumerate(sheet.rows):
        filled = [(j, c) for j, c in _without_repeats(sheet, n, row) if not blank(c)]
        known = [isinstance(c, str) and headings.known(c) for _, c in filled]
        beside = [
            known[k] and known[k + 1] and filled[k + 1][0] == filled[k][0] + 1
            for k in range(len(filled) - 1)
        ]
        if sum(beside) > 1:
            return None  # a row of headings
        pairs, k = [], 0
        while k < len(filled) - 1:
            word, after = filled[k][1], filled[k + 1]
            own = known[k] or (isinstance(word, str) and bool(pages) and not re.search(r"\d", word))
            answered = len(filled) % 2 == 0 and k % 2 == 0 and after[0] == filled[k][0] + 1
            is_pair = own and (not known[k + 1] or answered)
            if is_pair:
                pairs.append((filled[k], after))
                n_pairs += known[k]
            k += 2 if is_pair else 1
        if not pairs and len(filled) == 1 and not pages:
            titles.append([(c, (n, j)) for j, c in enumerate(row)])
        n_rows += bool(pairs)
        for (j, head), (beside_at, value) in pairs:
            word = plain(head)
            key = key or (word if word in _WORDS["body"] or word in _WORDS["organisation"] else "")
            if not pages or (word == key and key in pages[-1]):
                pages.append({})
            pages[-1].setdefault(word, ((head, (n, j)), (value, (n, beside_at))))
    if not key or n_pairs < 4 or n_rows < 2 or n_pairs < 4 * len(pages):
        return None
    heads = {word: pair[0] for page in pages for word, pair in page.items()}
    rows: list[Row] = [*titles, [*heads.values()]]
    for page in pages:
        if key in page:
            rows.append([page[w][1] if w in page else ("", None) for w in heads])
    return [_made(sheet, rows, "card")]


def _without_repeats(sheet: RawSheet, n: int, row: Sequence[object]) -> list[tuple[int, object]]:
    """The cells of a row without what a merged cell carries down from the row above."""
    below = {c1 - 1 for r1, c1, r2, _ in sheet.merges if r1 - 1 < n <= r2 - 1}
    return [(j, cell) for j, cell in enumerate(row) if j not in below]


# --- the running account of one organisation ---------------------------------------------------------------------------


def _account(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """日期 | 摘要 | 收入 | 支出 | 结余 of the organisation that title, sheet or file name; the balance is checked."""
    for i in range(min(20, len(sheet.rows))):
        row = sheet.rows[i]
        head = {j: heading_keys(c) for j, c in enumerate(row) if isinstance(c, str) and c.strip()}
        found = {
            kind: j
            for kind in ("day", "summary", "income", "spending", "balance", "month")
            for j, (keys, _) in reversed(head.items())
            if any(key in _WORDS[kind] for key in keys)
        }
        named = any(key in _WORDS["organisation"] for keys, _ in head.values() for key in keys)
        if not {"summary", "income", "spending"} <= found.keys() or named:
            continue
        texts = [
            str(c) for above in sheet.rows[:i] for c in above if isinstance(c, str) and c.strip()
        ]
        stem = re.sub(r"\.\w+$", "", sheet.file.rpartition("/")[2])
        name = next((o for t in (*texts, sheet.name, stem) if (o := _organisation_in(t))), "")
        if not name:
            return None
        return [_account_of(sheet, i, found, head, name, shaping)]
    return None


def _organisation_in(text: str) -> str:
    """The name of an organisation in a title: 甲公司党支部2025年经费收支明细账, 党组织名称：甲公司党支部."""
    for piece in re.split(r"[\s:：,，;；（）()]+", text):
        bare = re.sub(r"^(?:19|20)\d{2}年度?|(?:19|20)\d{2}年.*$", "", piece)
        if found := re.match(r".{2,40}?(?:联合党支部|党支部|党总支|党委|支部委员会)", bare):
            return found[0]
    return ""


def _account_of(
    sheet: RawSheet,
    i: int,
    at: Mapping[str, int],
    head: Mapping[int, tuple[tuple[str, ...], str | None]],
    name: str,
    shaping: Shaping,
) -> RawSheet:
    units = {kind: head[at[kind]][1] for kind in ("income", "spending") if at[kind] in head}
    bracket = {kind: f"（{unit}）" if unit else "" for kind, unit in units.items()}
    sources = words_of(shaping.lists, shaping.headings.values, "payer")
    purposes = words_of(shaping.lists, shaping.headings.values, "purpose")
    rows = _whole(sheet, range(i))
    heads = [
        "党组织名称",
        "经费来源",
        f"收入金额{bracket['income']}",
        "支出项目",
        f"支出金额{bracket['spending']}",
    ]
    rows.append([(word, None) for word in heads])
    shaping.tell(sheet, "shape_heading", i)
    for kind, j in at.items():
        shaping.tell_column(
            sheet, i, j, [str(cell_at(sheet.rows[i], j))], _WORDS[kind][0], "shape_account"
        )
    balance: float | None = None
    for n in range(i + 1, len(sheet.rows)):
        row = sheet.rows[n]
        summary = _text(cell_at(row, at["summary"]))
        first = next((str(c) for c in row if isinstance(c, str) and c.strip()), "")
        money = {k: cell_at(row, at[k]) for k in ("income", "spending", "balance") if k in at}
        amounts = {
            k: float(v) if isinstance(v, int | float) else _money(v) for k, v in money.items()
        }
        if all(v is None for v in amounts.values()):
            rows += _whole(sheet, range(n, n + 1)) if any(not blank(c) for c in row) else []
            continue
        if is_total(summary, RULES["shapes"]["totals"]) or is_total(
            first, RULES["shapes"]["totals"]
        ):
            shaping.tell(sheet, "shape_total", n)
            continue
        if _OPENING.search(summary):
            shaping.tell(sheet, "opening", n)
            balance = (
                amounts.get("balance") if amounts.get("balance") is not None else amounts["income"]
            )
            continue
        if balance is None and "balance" in at:
            balance = 0.0
        if balance is not None:
            balance += (amounts["income"] or 0) - (amounts["spending"] or 0)
            told = amounts.get("balance")
            if told is not None and abs(told - balance) > _CENT:
                said = (
                    f"结余{number.plain(told)}",
                    f"按上一行结余加收入减支出为{number.plain(balance)}",
                )
                shaping.said(
                    "total_differs", sheet, (n, at["balance"]), *said, advice="核对收入、支出和结余"
                )
                balance = told
        line: Row = [(name, (n, at["summary"]))]
        for kind, words, usual in (("income", sources, "其他途径"), ("spending", purposes, "其他")):
            some = amounts[kind]
            word = _listed_in(summary, words, usual) if some else ""
            line += [(word, (n, at["summary"])), (money[kind] if some else "", (n, at[kind]))]
        rows.append(line)
    return _made(sheet, rows, "account")


def _money(cell: object) -> float | None:
    text = re.sub(r"[,，¥￥元\s]", "", squeeze(cell)) if isinstance(cell, str) else ""
    return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None


def _listed_in(text: str, words: Mapping[str, str], usual: str) -> str:
    """The longest word of a list that a text holds, as the list writes it."""
    key = plain(text)
    inside = [word for word in words if len(word) > 1 and word in key]
    return max(inside, key=len) if inside else usual


SHAPES: tuple[Callable[[RawSheet, Shaping], list[RawSheet] | None], ...] = (
    _years,
    _matrix,
    _account,
    _card,
    _overview,
)
