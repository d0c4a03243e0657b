"""`evalkit check --parcel`: workbooks as they are laid out, with every value masked, to be sent to who can mend the reader.

Nothing is copied: a workbook is written anew from positions, kinds and masked values of its cells. So comments,
properties, authors, pictures, headers and footers, names, formulas, checks, links and what nobody uses stay behind
without having been looked for. What the reader stumbles over is written as it was: where cells stand, what size a
sheet says it has, hidden rows, columns and sheets, merged cells, number formats, formulas that nobody calculated.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from evalkit.codebook import Codebook
from evalkit.ledgers import files, persons
from evalkit.ledgers.headings import Headings, plain
from evalkit.ledgers.masking import SAID, Masker, words_of
from evalkit.ledgers.scan import Scan, load, scan
from evalkit.problems import SEVERITIES, TITLES, Problem
from evalkit.world.columns import column_number, letter

DESCRIPTION = "说明.md"
STAMP = (2026, 1, 1, 0, 0, 0)  # of every member, so that nothing tells when the office worked
MOST_CELLS = 3_000_000  # of a workbook; no reader takes more
LEAST_HEADINGS = 2  # known headings that make a row one of headings
LONGEST_HEADING = 16
TIME_COLUMNS = ("period", "month", "start_period")
EPOCH, EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_KINDS = {"s": "text", "str": "text", "inlineStr": "text", "b": "bool", "e": "error", "d": "date"}
_ERRORS = {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}
_PLACE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")
_SIZE = re.compile(r"[A-Za-z]{0,3}\d{0,7}(?::[A-Za-z]{0,3}\d{0,7})?")
_DATE_FORMAT = re.compile(r"[ymdhs年月日时分秒]", re.I)
_FORMAT_PARTS = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|.', re.S)
_FORMAT_WORDS = re.compile(r"[元千万百亿人名家个户次场分星岁年月日时分秒%.,:/\- ]*")
_FORMAT_CODES = frozenset("0#?.,%Ee+-_*/;:ymdhsYMDHSAaPpGgnrl@!年月日时分秒元千万百亿() ")
_FORMAT_BRACKETS = re.compile(
    r"\[(?:Red|Blue|Green|Black|White|Color\d+|[hms]+|[<>=]+[\d.]+|\$-[0-9A-F]+|DBNum\d)\]", re.I
)
BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, its value, the number of its format, whether it said where it stands."""

    kind: str
    value: Any
    style: int = 0
    placed: bool = True


@dataclass
class Layout:
    """A sheet as it is laid out; rows and columns count from 1."""

    name: str
    state: str = "visible"
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    size: str | None = None
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    rows_placed: bool = True


@dataclass
class Book:
    """A workbook: its sheets, the formats of its cells, what kind of file it was."""

    kind: str
    sheets: list[Layout]
    formats: list[str] = field(default_factory=lambda: ["General"])
    date_1904: bool = False


@dataclass(frozen=True)
class Parcel:
    """What was written.

    Attributes
    ----------
    content
        The zip: a workbook for each that could be opened, and the description.
    names
        Real name of a file -> its name in the parcel.
    unknown
        Headings that no form knows, without what is personal: to be shown before they may be kept.
    """

    content: bytes
    names: dict[str, str]
    unknown: tuple[str, ...]


def parcel_of(
    path: Path, codebook: Codebook, problems: Sequence[Problem] = (), keep_headings: bool = False
) -> Parcel:
    """The parcel of a file or of all files of a folder.

    Parameters
    ----------
    problems
        What `check` found in them: code and place are told in the description, never what stood there.
    keep_headings
        Whether headings that no form knows stay as they are (those with personal content never do).
    """
    headings = Headings(codebook.headings)
    listed, _ = files.list_files(path)
    words = words_of(codebook.lists, codebook.measures)
    masker = Masker(headings, words)
    opened = {name: _opened(file, name) for name, file in listed}
    members: dict[str, bytes] = {}
    names: dict[str, str] = {}
    told: list[str] = []
    _Masked(masker, headings).learn(
        book for parts in opened.values() for _, book, _ in parts if book
    )
    unknown = _harmless(masker.unknown)
    if keep_headings:
        masker = Masker(headings, words, kept=unknown)
    masked = _Masked(masker, headings)
    for parts in opened.values():
        for real, book, look in parts:
            name = masked.file(real, taken=members)
            names[real] = name
            told += masked.described(
                real, name, book, look, [p for p in problems if p.file == real]
            )
            if book is not None:
                members[name] = _written(masked.book(book))
    kept = SAID["kept_headings" if keep_headings else "masked_headings"]
    text = SAID["description"].format(n=len(names), headings=kept, version=_version())
    members[DESCRIPTION] = "\n".join([text, *told, ""]).encode()
    return Parcel(_zipped(members), names, tuple(unknown))


def _harmless(unknown: Mapping[str, Any]) -> list[str]:
    """Unknown headings that say nothing of a person."""
    return [text for text in unknown if persons.LEFT_OUT not in text]


def _version() -> str:
    from evalkit import __version__

    return __version__


def _zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


# --- opening -----------------------------------------------------------------------------------------------------------


def _opened(file: Path, name: str) -> list[tuple[str, Book | None, Scan]]:
    """(name, workbook or None where it cannot be opened, what it is) of a file, or of every file in a zip."""
    data = load(file, name)
    return [(name, None, data)] if isinstance(data, Scan) else _of_bytes(data, name, depth=0)


def _of_bytes(data: bytes, name: str, depth: int) -> list[tuple[str, Book | None, Scan]]:
    look = scan(data, name=name)
    if (
        look.kind == "zip"
        and depth < 2
        and not any(not p.where for p in look.problems if p.severity == "error")
    ):
        found = []
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                inner = f"{name}/{files.member_name(info)}"
                if not info.is_dir() and files.is_read(inner):
                    try:
                        found += _of_bytes(archive.read(info), inner, depth + 1)
                    except files.NOT_READ:
                        found.append((inner, None, Scan("unknown")))
        return found
    if look.kind == "xlsx":
        try:
            return [(name, _xlsx(data, look), look)]
        except (*files.NOT_READ, KeyError, SyntaxError, AttributeError, TypeError):
            return [(name, None, look)]
    sheets, _ = files.read_bytes(data, name)
    return [(name, _of_grids(look.kind, sheets) if sheets else None, look)]


def _of_grids(kind: str, sheets: Sequence[files.RawSheet]) -> Book:
    """A workbook of another kind, as the grid of cells that the reader sees."""
    book = Book(kind, [])
    for sheet in sheets:
        layout = Layout(sheet.name, sheet.state, merges=list(sheet.merges))
        for r, row in enumerate(sheet.rows, 1):
            for c, value in enumerate(row, 1):
                if value == "" and (r, c) in sheet.no_value:
                    layout.cells[r, c] = Cell("formula", "")
                elif value not in ("", None):
                    layout.cells[r, c] = _of_value(value, book.formats)
        book.sheets.append(layout)
    return book


def _of_value(value: Any, formats: list[str]) -> Cell:
    if isinstance(value, bool):
        return Cell("bool", value)
    if isinstance(value, int | float):
        return Cell("number", float(value))
    if isinstance(value, dt.date | dt.time):
        code = "yyyy-mm-dd"
        if code not in formats:
            formats.append(code)
        return Cell("date", value, formats.index(code))
    text = str(value)
    return Cell("error", text) if text in _ERRORS else Cell("text", text)


def _tags(data: bytes) -> Any:
    from lxml import etree

    return etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        recover=False,
    )


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _said(element: Any, name: str) -> str:
    return next((str(v) for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")


def _xlsx(data: bytes, look: Scan) -> Book:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {n.replace("\\", "/").lstrip("/").lower(): n for n in archive.namelist()}
        shared = (
            _shared(archive.read(parts["xl/sharedstrings.xml"]))
            if "xl/sharedstrings.xml" in parts
            else []
        )
        formats, dates = (
            _formats(archive.read(parts["xl/styles.xml"]))
            if "xl/styles.xml" in parts
            else (["General"], set())
        )
        targets = {
            _said(one, "Id"): posixpath.normpath(
                posixpath.join("/xl", _said(one, "Target").replace("\\", "/"))
            )
            .lstrip("/")
            .lower()
            for event, one in _tags(archive.read(parts["xl/_rels/workbook.xml.rels"]))
            if event == "end" and _local(one) == "Relationship"
        }
        book = Book("xlsx", [], formats, look.date_1904)
        for event, one in _tags(archive.read(parts["xl/workbook.xml"])):
            if event == "end" and _local(one) == "sheet":
                layout = Layout(_said(one, "name"), _said(one, "state") or "visible")
                part = parts.get(targets.get(_said(one, "id"), ""), "")
                if "worksheets" in part.lower():
                    _lay_out(archive.read(part), layout, shared, dates, look.date_1904)
                    book.sheets.append(layout)
    return book


def _shared(data: bytes) -> list[str]:
    found: list[str] = []
    texts: list[str] = []
    for event, one in _tags(data):
        name = _local(one)
        if event == "start" and name == "si":
            texts = []
        elif event == "end" and name == "t" and _local(one.getparent()) != "rPh":
            texts.append(one.text or "")
        elif event == "end" and name == "si":
            found.append("".join(texts))
            one.clear()
    return found


def _formats(styles: bytes) -> tuple[list[str], set[int]]:
    """The format of every style, safe to be sent, and the styles that show a date."""
    codes: dict[str, str] = {}
    found: list[str] = []
    dates: set[int] = set()
    inside = False
    for event, one in _tags(styles):
        name = _local(one)
        if name == "cellXfs":
            inside = event == "start"
        elif event == "end" and name == "numFmt":
            codes[_said(one, "numFmtId")] = safe_format(_said(one, "formatCode"))
        elif event == "end" and name == "xf" and inside:
            number = _said(one, "numFmtId") or "0"
            code = codes.get(number, "")
            if (
                int(number) in BUILT_IN_DATES
                if not code
                else bool(_DATE_FORMAT.search(_bare_format(code)))
            ):
                dates.add(len(found))
                code = code or "yyyy-mm-dd"
            found.append(code or "General")
    return found or ["General"], dates


def _bare_format(code: str) -> str:
    return re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code.split(";")[0])


def safe_format(code: str) -> str:
    """A number format without anything that somebody may have written into it: units stay, other words go."""
    kept = []
    for part in _FORMAT_PARTS.findall(code):
        if part.startswith('"'):
            kept.append(part if _FORMAT_WORDS.fullmatch(part[1:-1]) else "")
        elif part.startswith("["):
            kept.append(part if _FORMAT_BRACKETS.fullmatch(part) else "")
        elif part.startswith("\\"):
            kept.append(part if part[1:] in _FORMAT_CODES else "")
        else:
            kept.append(part if part in _FORMAT_CODES else "")
    return "General" if "General" in code else "".join(kept) or "General"


def _lay_out(
    data: bytes, layout: Layout, shared: Sequence[str], dates: set[int], date_1904: bool
) -> None:
    """Cells, merges and hidden parts of a sheet's XML into `layout`."""
    row = column = 0
    for event, one in _tags(data):
        name = _local(one)
        if event == "start":
            if name == "row":
                said = _said(one, "r")
                layout.rows_placed = layout.rows_placed and bool(said)
                row, column = int(said) if said.isdigit() else row + 1, 0
                if _said(one, "hidden") in ("1", "true"):
                    layout.hidden_rows.add(row)
            continue
        if name == "dimension":
            layout.size = _said(one, "ref")
        elif name == "col" and _said(one, "hidden") in ("1", "true"):
            layout.hidden_columns.append((int(_said(one, "min")), int(_said(one, "max"))))
        elif name == "mergeCell":
            ends = [_PLACE.fullmatch(end) for end in _said(one, "ref").replace("$", "").split(":")]
            if len(ends) == 2 and all(ends):
                (a, b), (c, d) = ((column_number(e[1]), int(e[2])) for e in ends if e)
                layout.merges.append((b, a, d, c))
        elif name == "c":
            place = _PLACE.fullmatch(_said(one, "r"))
            row, column = (int(place[2]), column_number(place[1])) if place else (row, column + 1)
            cell = _cell(one, shared, dates, date_1904)
            if cell is not None:
                layout.cells[row, column] = dataclasses.replace(cell, placed=place is not None)
            if len(layout.cells) > MOST_CELLS:
                raise ValueError("too many cells")
        elif name == "row":
            one.clear()


def _cell(one: Any, shared: Sequence[str], dates: set[int], date_1904: bool) -> Cell | None:
    said, style = _said(one, "t"), int(_said(one, "s") or 0)
    value = next((e.text or "" for e in one if _local(e) == "v"), None)
    formula = any(_local(e) == "f" for e in one)
    if said == "inlineStr":
        texts = [e.text or "" for e in one.iter() if _local(e) == "t"]
        return Cell("text", "".join(texts), style)
    if value is None or value == "":
        return Cell("formula", "", style) if formula else Cell("blank", "", style)
    if said == "s":
        at = int(value) if value.isdigit() else -1
        return Cell("text", shared[at] if 0 <= at < len(shared) else "", style)
    kind = _KINDS.get(said, "number")
    if kind == "bool":
        return Cell("bool", value in ("1", "true"), style)
    if kind in ("error", "text"):
        return Cell(kind, value, style)
    if kind == "date":
        return Cell("text", value, style)
    try:
        number = float(value)
    except ValueError:
        return Cell("text", value, style)
    if style in dates and 0 < number < 2_958_466:
        start = EPOCH_1904 if date_1904 else EPOCH
        return Cell("date", start + dt.timedelta(days=number), style)
    return Cell("number", number, style)


# --- masking -----------------------------------------------------------------------------------------------------------


class _Masked:
    """Workbooks with their values masked, all by one `Masker`."""

    def __init__(self, masker: Masker, headings: Headings):
        self.masker, self.headings = masker, headings
        self._sheets: dict[tuple[str, str], str] = {}

    def learn(self, books: Iterator[Book]) -> None:
        """See which headings are unknown, before anything is written."""
        for book in books:
            for sheet in book.sheets:
                self.sheet(sheet, "")

    def file(self, real: str, taken: Mapping[str, bytes]) -> str:
        """The name of a file in the parcel: folders and names as lines, always an .xlsx."""
        path = PurePosixPath(real)
        parts = [*path.parts[:-1], path.stem if "." in path.name else path.name]
        folder = [re.sub(r"\.(zip)$", "", part, flags=re.I) for part in parts]
        name = "/".join(self.masker.line(part).strip(" .") or "台账" for part in folder)
        free, n = f"{name}.xlsx", 1
        while free in taken:
            n += 1
            free = f"{name}（{n}）.xlsx"
        return free

    def book(self, book: Book) -> Book:
        sheets = [self.sheet(sheet, self.tab(book, sheet)) for sheet in book.sheets]
        return dataclasses.replace(book, sheets=sheets)

    def tab(self, book: Book, sheet: Layout) -> str:
        """The name of a sheet as it may be sent; no two alike."""
        taken = [self.masker.line(one.name) for one in book.sheets[: book.sheets.index(sheet)]]
        name = re.sub(r"[\[\]:*?/\\]", "_", self.masker.line(sheet.name))[:28] or "表"
        n = sum(one[:28] == name for one in taken)
        return f"{name}{n + 1}" if n else name

    def sheet(self, sheet: Layout, name: str) -> Layout:
        """The same sheet with other values."""
        rows: dict[int, list[int]] = {}
        for r, c in sheet.cells:
            rows.setdefault(r, []).append(c)
        order = sorted(rows)
        heads = self._heading_rows(sheet, rows)
        first = min(heads, default=0)
        times = self._time_columns(sheet, heads)
        counted = _running_numbers(sheet)
        cells = {}
        for r in order:
            texts = [c for c in rows[r] if sheet.cells[r, c].value not in ("", None)]
            line = r < first or len(texts) == 1
            for c in rows[r]:
                cell = sheet.cells[r, c]
                if (r, c) in counted:
                    cells[r, c] = cell
                    continue
                made = self._value(cell, r in heads, line, c in times)
                cells[r, c] = dataclasses.replace(cell, value=made)
        return dataclasses.replace(sheet, name=name, cells=cells)

    def _value(self, cell: Cell, heading: bool, line: bool, time: bool) -> Any:
        if cell.kind == "error":
            return cell.value if cell.value in _ERRORS else "#VALUE!"
        if cell.kind in ("formula", "blank"):
            return ""
        if cell.kind == "text" and plain(cell.value) == "":
            return re.sub(r"\d", "1", str(cell.value))  # marks and blanks alone
        return self.masker.cell(cell.value, heading, line, time)

    def _heading_rows(self, sheet: Layout, rows: Mapping[int, Sequence[int]]) -> set[int]:
        """Rows with several known headings, and the row of groups or of lower headings that touches such a row."""
        found: set[int] = set()
        for r, columns in rows.items():
            filled = [
                value for c in columns if (value := sheet.cells[r, c].value) not in ("", None)
            ]
            texts = [value for value in filled if isinstance(value, str) and value.strip()]
            known = sum(self.headings.known(text) for text in texts)
            short = len(texts) == len(filled) and max(map(len, texts), default=0) <= LONGEST_HEADING
            if known >= LEAST_HEADINGS and (known * 2 >= len(texts) or short):
                found.add(r)
        merged = {
            r for top, _, bottom, _ in sheet.merges if {top, bottom} & found for r in (top, bottom)
        }
        return found | {r for r in merged if r in rows and len(rows[r]) > 1}

    def _time_columns(self, sheet: Layout, heads: set[int]) -> set[int]:
        """Columns whose heading says that they hold years or months."""
        named = set()
        for (r, c), cell in sheet.cells.items():
            if r in heads and isinstance(cell.value, str):
                hits = (self.headings.look(form, (cell.value,)) for form in self.headings.forms)
                if any(hit and hit.column in TIME_COLUMNS for hit in hits):
                    named.add(c)
        return named

    # --- the description ---

    def described(
        self, real: str, name: str, book: Book | None, look: Scan, problems: Sequence[Problem]
    ) -> list[str]:
        """What stands in the description of one file."""
        lines = [f"## {name}", "", f"- 原件：{SAID['containers'].get(look.kind, look.kind)}"]
        if book is None:
            lines.append("- 原件打不开，没有样张")
        tabs = {}
        for sheet in book.sheets if book else ():
            tabs[sheet.name] = tab = self.tab(book, sheet) if book else ""
            kinds = Counter(cell.kind for cell in sheet.cells.values())
            last = (
                max((r for r, _ in sheet.cells), default=0),
                max((c for _, c in sheet.cells), default=0),
            )
            counts = "、".join(f"{SAID['kinds'][kind]}{n}" for kind, n in sorted(kinds.items()))
            lines.append(
                f"- 工作表“{tab}”（{SAID['states'].get(sheet.state, '可见')}）：{last[0]}行{last[1]}列；单元格 {counts or '无'}；"
                f"合并 {len(sheet.merges)}；隐藏 {len(sheet.hidden_rows)}行、{len(sheet.hidden_columns)}组列"
            )
        said = Counter((p.severity, p.code, _where(p, tabs)) for p in problems or look.problems)
        for (severity, code, where), n in list(said.items())[:200]:
            title = TITLES.get(code, [code])[0]
            lines.append(
                f"- 读原件时：[{SEVERITIES[severity][0]}] {code} {title} {where}"
                + (f" ×{n}" if n > 1 else "")
            )
        return [*lines, ""]


def _where(problem: Problem, tabs: Mapping[str, str]) -> str:
    sheet, _, cell = problem.where.rpartition("!")
    place = cell if re.fullmatch(r"[A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?", cell) else ""
    return "!".join(filter(None, (tabs.get(sheet, ""), place)))


def _running_numbers(sheet: Layout) -> set[tuple[int, int]]:
    """Cells of 1, 2, 3 ... down a column or along a row: they number rows and columns and tell nothing."""
    ones = [
        place for place, cell in sheet.cells.items() if cell.kind == "number" and cell.value == 1
    ]
    found: set[tuple[int, int]] = set()
    for r, c in ones:
        for down, across in ((1, 0), (0, 1)):
            run, n = [(r, c)], 1
            while True:
                nxt = sheet.cells.get((r + n * down, c + n * across))
                if nxt is None or nxt.kind != "number" or nxt.value != n + 1:
                    break
                run.append((r + n * down, c + n * across))
                n += 1
            if n >= 3:
                found.update(run)
    return found


# --- writing -----------------------------------------------------------------------------------------------------------

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _written(book: Book) -> bytes:
    """A workbook of nothing but sheets and formats."""
    n = range(1, len(book.sheets) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{i}" r:id="rId{i}"'
        + (f' state="{sheet.state}"' if sheet.state in ("hidden", "veryHidden") else "")
        + "/>"
        for i, sheet in zip(n, book.sheets, strict=True)
    )
    since = '<workbookPr date1904="1"/>' if book.date_1904 else ""
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in n
    )
    styles = f'<Relationship Id="rId0" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for i in n
    )
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{since}<sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}{styles}</Relationships>',
        "xl/styles.xml": _styles(book.formats),
    }
    for i, sheet in zip(n, book.sheets, strict=True):
        members[f"xl/worksheets/sheet{i}.xml"] = _sheet_xml(sheet, book)
    return _zipped({name: (_HEAD + text).encode() for name, text in members.items()})


def _styles(formats: Sequence[str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{200 + i}" formatCode={quoteattr(code)}/>'
        for i, code in enumerate(formats)
    )
    looks = "".join(
        f'<xf numFmtId="{0 if code == "General" else 200 + i}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for i, code in enumerate(formats)
    )
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(formats)}">{codes}</numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(formats)}">{looks}</cellXfs></styleSheet>'
    )


def _sheet_xml(sheet: Layout, book: Book) -> str:
    size = sheet.size if sheet.size is not None and _SIZE.fullmatch(sheet.size) else None
    parts = [f'<worksheet xmlns="{_MAIN}">']
    parts += [f'<dimension ref="{size}"/>'] if size is not None else []
    if sheet.hidden_columns:
        columns = "".join(
            f'<col min="{a}" max="{b}" width="9" hidden="1" customWidth="1"/>'
            for a, b in sheet.hidden_columns
        )
        parts.append(f"<cols>{columns}</cols>")
    parts.append("<sheetData>")
    rows: dict[int, list[int]] = {}
    for r, c in sheet.cells:
        rows.setdefault(r, []).append(c)
    for r in sheet.hidden_rows - rows.keys():
        rows[r] = []
    for r in sorted(rows):
        place = f' r="{r}"' if sheet.rows_placed else ""
        parts.append(f"<row{place}" + (' hidden="1"' if r in sheet.hidden_rows else "") + ">")
        parts += [_cell_xml(sheet.cells[r, c], r, c, book) for c in sorted(rows[r])]
        parts.append("</row>")
    parts.append("</sheetData>")
    if sheet.merges:
        spans = "".join(
            f'<mergeCell ref="{letter(a - 1)}{t}:{letter(b - 1)}{u}"/>'
            for t, a, u, b in sheet.merges
        )
        parts.append(f'<mergeCells count="{len(sheet.merges)}">{spans}</mergeCells>')
    return "".join([*parts, "</worksheet>"])


def _cell_xml(cell: Cell, row: int, column: int, book: Book) -> str:
    at = f' r="{letter(column - 1)}{row}"' if cell.placed else ""
    style = f' s="{cell.style}"' if 0 < cell.style < len(book.formats) else ""
    if cell.kind == "blank" or (cell.kind == "text" and cell.value == ""):
        return f"<c{at}{style}/>"
    if cell.kind == "formula":
        return f"<c{at}{style}><f>1+1</f></c>"
    if cell.kind == "text":
        text = escape(_writable(str(cell.value)))
        return f'<c{at}{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if cell.kind == "error":
        return f'<c{at}{style} t="e"><v>{escape(cell.value)}</v></c>'
    if cell.kind == "bool":
        return f'<c{at}{style} t="b"><v>{int(cell.value)}</v></c>'
    return f"<c{at}{style}><v>{_serial(cell.value, book.date_1904)}</v></c>"


def _writable(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)


def _serial(value: Any, date_1904: bool) -> str:
    if isinstance(value, dt.time):
        return "0"
    if isinstance(value, dt.date):
        day = dt.datetime(value.year, value.month, value.day)
        return str((day - (EPOCH_1904 if date_1904 else EPOCH)).days)
    return f"{value:.17g}"
