"""Files as offices keep them, written by the tests: every container that a township sends.

Nothing here knows how Evalkit reads. A sheet is rows of cells with what Excel shows around them: merged areas, number
formats, hidden rows, columns and sheets. The containers that no library of ours writes (old .xls, XML Spreadsheet 2003,
MHT) are written by hand, each in the smallest form that Excel and WPS write too.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import xlsxwriter

Rows = Sequence[Sequence[Any]]
EPOCH = dt.date(1899, 12, 30)


@dataclass(frozen=True)
class Shown:
    """A cell with a number format of its own: 52000 that Excel shows as 5.2万."""

    value: float
    number_format: str


@dataclass(frozen=True)
class Formula:
    """A formula whose value was never stored (written by a program, never opened in Excel)."""

    text: str


@dataclass(frozen=True)
class Sheet:
    """Rows, and the merged areas as (first row, first column, last row, last column), all from 0."""

    rows: Rows
    merges: Sequence[tuple[int, int, int, int]] = ()
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    hidden: bool = False


def serial(year: int, month: int, day: int) -> int:
    """The day number that stands in a cell when its date format was lost."""
    return (dt.date(year, month, day) - EPOCH).days


def xlsx(path: Path, sheets: Mapping[str, Sheet | Rows]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(
        str(path),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy/m/d",
        },
    )
    for name, given in sheets.items():
        sheet = given if isinstance(given, Sheet) else Sheet(given)
        page = book.add_worksheet(name)
        for i, row in enumerate(sheet.rows):
            for j, cell in enumerate(row):
                if cell is None:
                    continue
                if isinstance(cell, Shown):
                    look = book.add_format({"num_format": cell.number_format})
                    page.write_number(i, j, cell.value, look)
                elif isinstance(cell, Formula):
                    page.write_formula(i, j, cell.text, None, "")
                else:
                    page.write(i, j, cell)
        for first_row, first_column, last_row, last_column in sheet.merges:
            corner = sheet.rows[first_row][first_column]
            page.merge_range(first_row, first_column, last_row, last_column, "")
            page.write(first_row, first_column, "" if corner is None else corner)
        for i in sheet.hidden_rows:
            page.set_row(i, None, None, {"hidden": True})
        for j in sheet.hidden_columns:
            page.set_column(j, j, None, None, {"hidden": True})
        if sheet.hidden:
            page.hide()
    book.close()
    return path


def with_dimension(path: Path, reference: str) -> Path:
    """The same workbook with another <dimension> in every sheet, as some programs write it ("1:9")."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name.startswith("xl/worksheets/sheet"):
                content = re.sub(
                    rb'<dimension ref="[^"]*"/>',
                    f'<dimension ref="{reference}"/>'.encode(),
                    content,
                )
            archive.writestr(name, content)
    return path


def separated(path: Path, rows: Rows, encoding: str, mark: str = ",") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [mark.join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def xml_spreadsheet(path: Path, sheets: Mapping[str, Sheet]) -> Path:
    """XML Spreadsheet 2003, as WPS and old report systems save it, named .xls."""
    path.parent.mkdir(parents=True, exist_ok=True)
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
    ]
    for name, sheet in sheets.items():
        out.append(f'<Worksheet ss:Name="{escape(name)}"><Table>')
        corners = {(a, b): (c - a, d - b) for a, b, c, d in sheet.merges}
        covered = {
            (i, j)
            for a, b, c, d in sheet.merges
            for i in range(a, c + 1)
            for j in range(b, d + 1)
            if (i, j) != (a, b)
        }
        for i, row in enumerate(sheet.rows):
            out.append("<Row>")
            for j, cell in enumerate(row):
                if cell is None or (i, j) in covered:
                    continue
                down, across = corners.get((i, j), (0, 0))
                span = f' ss:MergeAcross="{across}"' if across else ""
                span += f' ss:MergeDown="{down}"' if down else ""
                kind = "Number" if isinstance(cell, (int, float)) else "String"
                out.append(
                    f'<Cell ss:Index="{j + 1}"{span}>'
                    f'<Data ss:Type="{kind}">{escape(str(cell))}</Data></Cell>'
                )
            out.append("</Row>")
        out.append("</Table></Worksheet>")
    out.append("</Workbook>")
    path.write_text("".join(out), encoding="utf-8")
    return path


def html_table(sheet: Sheet) -> str:
    corners = {(a, b): (c - a + 1, d - b + 1) for a, b, c, d in sheet.merges}
    covered = {
        (i, j)
        for a, b, c, d in sheet.merges
        for i in range(a, c + 1)
        for j in range(b, d + 1)
        if (i, j) != (a, b)
    }
    out = ["<table border=1>"]
    for i, row in enumerate(sheet.rows):
        out.append("<tr>")
        for j, cell in enumerate(row):
            if (i, j) in covered:
                continue
            down, across = corners.get((i, j), (1, 1))
            span = (f" rowspan={down}" if down > 1 else "") + (
                f" colspan={across}" if across > 1 else ""
            )
            out.append(f"<td{span}>{'' if cell is None else escape(str(cell))}</td>")
        out.append("</tr>")
    return "".join([*out, "</table>"])


def mht(path: Path, sheet: Sheet) -> Path:
    """A web archive as Excel saves it ("单个文件网页"), base64 in GBK, named .xls."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>'
        '<meta http-equiv=Content-Type content="text/html; charset=gb2312"></head>'
        f"<body>{html_table(sheet)}</body></html>"
    )
    body = base64.encodebytes(page.encode("gbk")).decode("ascii")
    path.write_text(
        "MIME-Version: 1.0\nX-Document-Type: Workbook\n"
        'Content-Type: multipart/related; boundary="----=_NextPart_01"\n\n'
        "------=_NextPart_01\nContent-Location: file:///C:/book.htm\n"
        "Content-Transfer-Encoding: base64\n"
        f'Content-Type: text/html; charset="gb2312"\n\n{body}\n------=_NextPart_01--\n',
        encoding="ascii",
    )
    return path


@dataclass(frozen=True)
class Document:
    """A Word document: paragraphs (text) and tables (a Sheet), in order."""

    parts: Sequence[str | Sheet] = field(default_factory=tuple)


def docx(path: Path, document: Document) -> Path:
    from docx import Document as new_document

    path.parent.mkdir(parents=True, exist_ok=True)
    out = new_document()
    for part in document.parts:
        if isinstance(part, str):
            out.add_paragraph(part)
            continue
        width = max(len(row) for row in part.rows)
        table = out.add_table(rows=len(part.rows), cols=width)
        for i, row in enumerate(part.rows):
            for j, cell in enumerate(row):
                if cell is not None:
                    table.cell(i, j).text = str(cell)
        for a, b, c, d in part.merges:
            text = "" if part.rows[a][b] is None else str(part.rows[a][b])
            merged = table.cell(a, b).merge(table.cell(c, d))
            merged.text = text
    out.save(str(path))
    return path


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _wide(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _biff_sheet(sheet: Sheet) -> bytes:
    begin = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)
    out = [_record(0x0809, begin)]
    width = max(len(row) for row in sheet.rows)
    out.append(_record(0x0200, struct.pack("<IIHHH", 0, len(sheet.rows), 0, width, 0)))
    for i, row in enumerate(sheet.rows):
        for j, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            place = struct.pack("<HHH", i, j, 0)
            if isinstance(cell, (int, float)):
                out.append(_record(0x0203, place + struct.pack("<d", cell)))
            else:
                out.append(_record(0x0204, place + _wide(str(cell))))
    if sheet.merges:
        areas = b"".join(struct.pack("<HHHH", a, c, b, d) for a, b, c, d in sheet.merges)
        out.append(_record(0x00E5, struct.pack("<H", len(sheet.merges)) + areas))
    out.append(_record(0x000A, b""))
    return b"".join(out)


def xls(path: Path, sheets: Mapping[str, Sheet]) -> Path:
    """Excel 97 to 2003: one Workbook stream in a compound file, text cells in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    head += _record(0x0042, struct.pack("<H", 1200))
    bodies = [_biff_sheet(sheet) for sheet in sheets.values()]
    names = [struct.pack("<BB", len(n), 1) + n.encode("utf-16-le") for n in sheets]
    at = len(head) + sum(4 + 6 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        head += _record(0x0085, struct.pack("<IH", at, 0) + name)
        at += len(body)
    stream = head + _record(0x000A, b"") + b"".join(bodies)
    path.write_bytes(_compound(stream))
    return path


def _compound(stream: bytes) -> bytes:
    """A compound file (OLE) that holds one stream, Workbook, in sectors of 512 bytes."""
    size = max(len(stream), 4096)
    count = -(-size // 512)
    body = stream.ljust(count * 512, b"\0")
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    tables = -(-(count + 1 + 8) // 128) + 1
    chain = [*range(1, count), end, end] + [table] * tables
    chain += [free] * (tables * 128 - len(chain))

    def entry(name: str, kind: int, child: int, start: int, length: int) -> bytes:
        label = (name + "\0").encode("utf-16-le")
        return (
            label.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(label) if name else 0, kind, 1, free, free, child)
            + bytes(16 + 4 + 16)
            + struct.pack("<IQ", start, length)
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 0, size)
    directory += 2 * entry("", 0, free, 0, 0)
    first_table = count + 1
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, count, 0, 4096, end, 0, end, 0)
    where = list(range(first_table, first_table + tables))
    header += struct.pack("<109I", *where, *[free] * (109 - tables))
    return header + body + directory + struct.pack(f"<{len(chain)}I", *chain)
