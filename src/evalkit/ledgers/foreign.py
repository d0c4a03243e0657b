"""Tables in files that are no workbook: XML Spreadsheet 2003, web archives (MHT) and Word documents.

Parsers expand no entity and load nothing from elsewhere; a document with a DTD is refused before it is parsed. What is
read are rows of cells as they stand.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evalkit.ledgers.scan import MAX_AREA, MAX_UNPACKED, refusal

Merge = tuple[int, int, int, int]
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TITLES = 3  # paragraphs above a table of a document that may tell what it is


@dataclass
class Table:
    """A sheet or table: its name, whether it is shown, rows of cells, merged cells (from 1)."""

    name: str
    rows: list[list[object]]
    state: str = "visible"
    merges: list[Merge] = field(default_factory=list)
    no_value: frozenset[tuple[int, int]] = frozenset()


def _parsed(data: bytes | str) -> Any:
    """The root of an XML document without entities, DTDs and network."""
    from lxml import etree

    if isinstance(data, str):  # decoded already: what it says of its encoding no longer holds
        data = re.sub(r"^\s*<\?xml[^>]*\?>", "", data.lstrip("\ufeff")).encode()
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data, re.I):
        raise refusal("dtd")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _said(element: Any, name: str) -> str:
    """An attribute by its local name."""
    return next((str(v) for k, v in element.attrib.items() if _local(k) == name), "")


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _local(child.tag) == name)


def _count(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,7}", text) else 0


class _Grid:
    """Cells by place, with a guard against a few cells scattered over a huge area."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], object] = {}
        self.merges: list[Merge] = []
        self.no_value: set[tuple[int, int]] = set()

    def merge(self, row: int, column: int, down: int, across: int) -> None:
        if down or across:
            self.merges.append((row + 1, column + 1, row + 1 + down, column + 1 + across))

    def rows(self) -> list[list[object]]:
        filled = [at for at, cell in self.cells.items() if cell != ""]
        height = max((r for r, _ in filled), default=-1) + 1
        width = max((c for _, c in filled), default=-1) + 1
        if height * width > MAX_AREA:
            raise refusal("scattered", rows=height, columns=width, cells=len(filled))
        return [[self.cells.get((r, c), "") for c in range(width)] for r in range(height)]


# --- XML Spreadsheet 2003 ----------------------------------------------------------------------------------------------


def xml_spreadsheet(text: str) -> list[Table]:
    """The worksheets of an XML Spreadsheet 2003."""
    root = _parsed(text)
    return [_worksheet(sheet, n) for n, sheet in enumerate(_children(root, "Worksheet"), start=1)]


def _worksheet(sheet: Any, number: int) -> Table:
    grid = _Grid()
    at = -1
    for table in _children(sheet, "Table"):
        for row in _children(table, "Row"):
            at = max(_count(_said(row, "Index")) - 1, at + 1)
            column = -1
            for cell in _children(row, "Cell"):
                column = max(_count(_said(cell, "Index")) - 1, column + 1)
                data = next(_children(cell, "Data"), None)
                if data is not None:
                    grid.cells[at, column] = _typed("".join(data.itertext()), _said(data, "Type"))
                elif _said(cell, "Formula"):
                    grid.no_value.add((at + 1, column + 1))
                down, across = (_count(_said(cell, side)) for side in ("MergeDown", "MergeAcross"))
                grid.merge(at, column, down, across)
                column += across
            at += _count(_said(row, "Span"))
    hidden = any(_local(e.tag) == "Visible" and "Hidden" in (e.text or "") for e in sheet.iter())
    state = "hidden" if hidden else "visible"
    name = _said(sheet, "Name") or f"表{number}"
    return Table(name, grid.rows(), state, grid.merges, frozenset(grid.no_value))


def _typed(text: str, kind: str) -> object:
    """A cell by the type that it is stored with."""
    try:
        if kind == "Number":
            return float(text)
        if kind == "Boolean":
            return text.strip() == "1"
        if kind == "DateTime":
            day = dt.datetime.fromisoformat(text.strip())
            return day if (day.hour or day.minute or day.second) else day.date()
    except ValueError:
        pass
    return text


# --- web archives ------------------------------------------------------------------------------------------------------


def web_archive(data: bytes) -> list[tuple[str, str]]:
    """The pages of a web archive that hold tables, as (name of the sheet, HTML); the frame that holds them is none."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages: list[str] = []
    names: list[str] = []
    for part in message.walk():
        if part.get_content_type() != "text/html":
            continue
        body = part.get_payload(decode=True)
        raw = body if isinstance(body, bytes) else b""
        text = _decoded(raw, str(part.get_content_charset() or ""))
        names = names or re.findall(r"<x:Name>([^<]{1,60})</x:Name>", text)
        if re.search(r"<t[dh]\b", text, re.I) and "tabstrip" not in str(
            part.get("Content-Location")
        ):
            pages.append(text)
    if not pages:
        raise refusal("no_table")
    if len(names) != len(pages):
        names = [f"表{n}" for n in range(1, len(pages) + 1)]
    return list(zip(names, pages, strict=True))


def _decoded(raw: bytes, charset: str) -> str:
    for encoding in (charset, "utf-8", "gb18030"):
        try:
            return raw.decode(encoding or "utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("gb18030", errors="replace")


# --- Word documents ----------------------------------------------------------------------------------------------------


def word_tables(data: bytes) -> list[Table]:
    """The tables of a Word document, each below the paragraphs that stand above it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = archive.read("word/document.xml")
    if len(part) > MAX_UNPACKED:
        raise refusal("too_big")
    body = _parsed(part).find(f"{_WORD}body")
    found: list[Table] = []
    above: list[str] = []
    first = ""  # the title of the document stands above all of its tables
    for block in body if body is not None else ():
        if block.tag == f"{_WORD}tbl":
            table = _word_table(block)
            first = first or (above[0] if above else "")
            titles = above[-_TITLES:] if not found else [first, *above[1 - _TITLES :]]
            lines: list[list[object]] = [[text] for text in titles if text]
            shift = len(lines)
            merges = [(a + shift, b, c + shift, d) for a, b, c, d in table.merges]
            found.append(Table(f"表{len(found) + 1}", lines + table.rows, merges=merges))
            above = []
        elif text := _paragraph(block).strip():
            above.append(text)
    return found


def _word_table(table: Any) -> Table:
    grid = _Grid()
    open_at: dict[int, tuple[int, int]] = {}  # column -> row and width of a cell merged downwards
    last = -1
    for at, row in enumerate(table.iter(f"{_WORD}tr")):
        if next(row.iterancestors(f"{_WORD}tbl")) is not table:
            continue
        column, last = 0, at
        for cell in row.iter(f"{_WORD}tc"):
            if next(cell.iterancestors(f"{_WORD}tr")) is not row:
                continue  # of a table within the cell
            span = _count(_value(cell, "gridSpan")) or 1
            merged = cell.find(f"{_WORD}tcPr/{_WORD}vMerge")
            goes_on = merged is not None and _said(merged, "val") != "restart"
            if not goes_on:
                _close(grid, open_at, column, at)
                grid.cells[at, column] = _paragraph(cell).strip()
                open_at[column] = (at, span)
            column += span
    for column in list(open_at):
        _close(grid, open_at, column, last + 1)
    return Table("", grid.rows(), merges=grid.merges)


def _close(grid: _Grid, open_at: dict[int, tuple[int, int]], column: int, row: int) -> None:
    if column in open_at:
        start, span = open_at.pop(column)
        grid.merge(start, column, row - start - 1, span - 1)


def _value(cell: Any, name: str) -> str:
    found = cell.find(f"{_WORD}tcPr/{_WORD}{name}")
    return "" if found is None else _said(found, "val")


def _paragraph(block: Any) -> str:
    """The text of a paragraph or cell, one line a paragraph; without what was deleted under tracking."""
    paragraphs = [block] if block.tag == f"{_WORD}p" else block.iter(f"{_WORD}p")
    lines = []
    for one in paragraphs:
        parts = [
            "\n" if part.tag == f"{_WORD}br" else (part.text or "")
            for part in one.iter(f"{_WORD}t", f"{_WORD}br")
        ]
        lines.append("".join(parts))
    return "\n".join(lines)
