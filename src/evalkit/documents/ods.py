"""ODS: the tables of a document for LibreOffice and WPS, with the cells, looks and widths of the Excel workbook.

Written as text, part by part: a cell's text is only ever text, a number has its look beside it, and the same content gives
the same bytes (OpenDocument 1.3, part 3).
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from evalkit.documents.blocks import Block
from evalkit.documents.cells import head, shown, side
from evalkit.documents.layout import DEMO, em, feet_of
from evalkit.documents.workbook import CELL_LIMIT, FIXED, MARK, sheet_name
from evalkit.documents.xlsx import value_of
from evalkit.world.number import MISSING

KIND = "application/vnd.oasis.opendocument.spreadsheet"
FACE = "微软雅黑"
CHARACTER = 0.19  # cm: the width of a Latin character of 10 points
_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in (
        ("office", "office"),
        ("style", "style"),
        ("text", "text"),
        ("table", "table"),
        ("number", "datastyle"),
        ("meta", "meta"),
        ("config", "config"),
        ("fo", "xsl-fo-compatible"),
        ("svg", "svg-compatible"),
    )
)
PAGE = (  # landscape, all columns on the width of a page
    '<office:automatic-styles><style:page-layout style:name="pm1"><style:page-layout-properties '
    'fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" '
    'fo:margin-top="1.5cm" fo:margin-bottom="1.5cm" fo:margin-left="1.5cm" fo:margin-right="1.5cm" '
    'style:scale-to-X="1" style:scale-to-Y="0"/></style:page-layout></office:automatic-styles>'
    '<office:master-styles><style:master-page style:name="Default" style:page-layout-name="pm1"/>'
    "</office:master-styles>"
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PIECE = re.compile(r'"([^"]*)"|([#0,]*0(?:\.0+)?)|(%)|([^"#0,%]+)')


@dataclass(frozen=True)
class Look:
    """How a cell is shown."""

    digits: str = ""  # a number format as Excel has it
    align: str = ""
    bold: bool = False
    fill: str = ""
    border: bool = False
    wrap: bool = False
    size: int = 0
    colour: str = ""


@dataclass
class Sheet:
    """A sheet that is being written: rows of cells, widths of columns in characters, rows that repeat on every page."""

    name: str
    rows: list[str] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    heads: tuple[int, int] | None = None  # first and last row of the heading
    wide: int = 1  # columns


class Workbook:
    """Sheets, and the looks that their cells have asked for."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._looks: dict[Look, str] = {}
        self._widths: dict[float, str] = {}

    def sheet(self, name: str) -> Sheet:
        self.sheets.append(Sheet(sheet_name(name, [sheet.name for sheet in self.sheets])))
        return self.sheets[-1]

    def row(
        self,
        sheet: Sheet,
        values: Iterable[tuple[Any, Look]],
        spans: Mapping[int, int] | None = None,
    ) -> None:
        """A row of values with their looks; `spans`: how many columns a cell takes, by its place."""
        told: list[str] = []
        covered = 0
        for n, (value, look) in enumerate(values):
            if covered:
                covered -= 1
                told.append("<table:covered-table-cell/>")
                continue
            span = (spans or {}).get(n, 1)
            covered = span - 1
            told.append(self._cell(value, look, span))
        sheet.wide = max(sheet.wide, len(told))
        sheet.rows.append(f"<table:table-row>{''.join(told)}</table:table-row>")

    def _cell(self, value: Any, look: Look, span: int = 1) -> str:
        name = f' table:style-name="{self._named(look)}"' if look != Look() else ""
        name += f' table:number-columns-spanned="{span}"' if span > 1 else ""
        if value is None or value == "":
            return f"<table:table-cell{name}/>"
        kind, text = _typed(value, look.digits)
        return f"<table:table-cell{name} {kind}>{_paragraphs(text)}</table:table-cell>"

    def _named(self, look: Look) -> str:
        return self._looks.setdefault(look, f"ce{len(self._looks) + 1}")

    def _width(self, characters: float) -> str:
        return self._widths.setdefault(round(characters, 1), f"co{len(self._widths) + 1}")

    def bytes(self, own: bool = True) -> bytes:
        """The file; ``own`` marks it as a list of Evalkit, not a ledger."""
        body = "".join(map(self._table, self.sheets))
        content = (
            f'{_HEAD}<office:document-content {_SPACES} office:version="1.3">'
            f"<office:automatic-styles>{self._styles()}</office:automatic-styles>"
            f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
            "</office:document-content>"
        )
        keyword = f"<meta:keyword>{MARK}</meta:keyword>" if own else ""
        meta = (
            f'{_HEAD}<office:document-meta {_SPACES} office:version="1.3"><office:meta>'
            f"<meta:generator>Evalkit</meta:generator>{keyword}</office:meta></office:document-meta>"
        )
        styles = (
            f'{_HEAD}<office:document-styles {_SPACES} office:version="1.3"><office:styles>'
            '<style:default-style style:family="table-cell"><style:text-properties '
            f'style:font-name-asian="{FACE}" fo:font-family="{FACE}" style:font-family-asian="{FACE}" '
            'fo:font-size="10pt" fo:language="zh" fo:country="CN"/></style:default-style>'
            f"</office:styles>{PAGE}</office:document-styles>"
        )
        parts = {"content.xml": content, "styles.xml": styles, "meta.xml": meta}
        parts["settings.xml"] = self._settings()
        listed = "".join(
            f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
            for name in parts
        )
        parts["META-INF/manifest.xml"] = (
            f'{_HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
            f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" '
            f'manifest:version="1.3" manifest:media-type="{KIND}"/>{listed}</manifest:manifest>'
        )
        return _zipped(parts)

    def _table(self, sheet: Sheet) -> str:
        widths = [*sheet.widths, *([10.0] * (sheet.wide - len(sheet.widths)))]
        columns = "".join(
            f'<table:table-column table:style-name="{self._width(width)}"/>' for width in widths
        )
        rows = [*sheet.rows]
        if sheet.heads:
            first, last = sheet.heads
            rows[first] = f"<table:table-header-rows>{rows[first]}"
            rows[last] += "</table:table-header-rows>"
        opening = f'<table:table table:name={quoteattr(sheet.name)} table:style-name="ta1">'
        return f"{opening}{columns}{''.join(rows)}</table:table>"

    def _styles(self) -> str:
        for sheet in self.sheets:
            for width in (*sheet.widths, 10.0):
                self._width(width)
        told = [
            '<style:style style:name="ta1" style:family="table" style:master-page-name="Default">'
            "<style:table-properties/></style:style>"
        ]
        told += [
            f'<style:style style:name="{name}" style:family="table-column"><style:table-column-properties '
            f'style:column-width="{width * CHARACTER:.2f}cm"/></style:style>'
            for width, name in self._widths.items()
        ]
        formats: dict[str, str] = {}
        for look in self._looks:
            if look.digits and look.digits not in formats:
                formats[look.digits] = f"N{len(formats) + 1}"
                told.append(data_style(formats[look.digits], look.digits))
        told += [_cell_style(name, look, formats) for look, name in self._looks.items()]
        return "".join(told)

    def _settings(self) -> str:
        """The rows above the data stay where they are when one scrolls, as in Excel."""

        def item(name: str, kind: str, value: Any) -> str:
            return f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'

        entries = "".join(
            f"<config:config-item-map-entry config:name={quoteattr(sheet.name)}>"
            + item("VerticalSplitMode", "short", 2)
            + item("VerticalSplitPosition", "int", sheet.heads[1] + 1)
            + item("PositionBottom", "int", sheet.heads[1] + 1)
            + item("ActiveSplitRange", "short", 2)
            + "</config:config-item-map-entry>"
            for sheet in self.sheets
            if sheet.heads
        )
        return (
            f'{_HEAD}<office:document-settings {_SPACES} office:version="1.3"><office:settings>'
            '<config:config-item-set config:name="ooo:view-settings" xmlns:ooo="http://openoffice.org/2004/office">'
            '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
            f'<config:config-item-map-named config:name="Tables">{entries}</config:config-item-map-named>'
            "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
            "</office:settings></office:document-settings>"
        )


def _typed(value: Any, digits: str) -> tuple[str, str]:
    """The type of a cell with its value, and the text beside it. Text is text: nothing is ever calculated."""
    if isinstance(value, str):
        text = value[:CELL_LIMIT]
        return 'office:value-type="string"', text
    if isinstance(value, bool):
        told = str(value).lower()
        return f'office:value-type="boolean" office:boolean-value="{told}"', told.upper()
    if isinstance(value, dt.datetime | dt.date):
        told = value.isoformat()[: 19 if isinstance(value, dt.datetime) else 10]
        return f'office:value-type="date" office:date-value="{told}"', told
    kind = "percentage" if "%" in re.sub(r'"[^"]*"', "", digits) else "float"
    told = repr(value) if isinstance(value, int) else repr(float(value))
    return f'office:value-type="{kind}" office:value="{told}"', told


def _paragraphs(text: str) -> str:
    return "".join(f"<text:p>{_plain(part)}</text:p>" for part in text.split("\n"))


def _plain(text: str) -> str:
    """A line of text: blanks that XML would lose are told by number."""
    told = escape(text).replace("\t", "<text:tab/>")
    return re.sub(r"^ | {2,}", lambda found: f'<text:s text:c="{len(found.group())}"/>', told)


def data_style(name: str, digits: str) -> str:
    """A number format of Excel (``above;below;zero`` with words in quotes) as a data style with its conditions."""
    sections = _sections(digits)
    if len(sections) == 1:
        return _section(name, sections[0])
    extra = [_section(f"{name}P{n}", part) for n, part in enumerate(sections[:-1])]
    tests = ("value()&gt;=0",) if len(sections) == 2 else ("value()&gt;0", "value()&lt;0")
    maps = "".join(
        f'<style:map style:condition="{test}" style:apply-style-name="{name}P{n}"/>'
        for n, test in enumerate(tests)
    )
    return "".join(extra) + _section(name, sections[-1], maps)


def _sections(digits: str) -> list[str]:
    """The parts of a format between the semicolons that stand outside of quotes."""
    found, quoted = [""], False
    for one in digits:
        quoted ^= one == '"'
        if one == ";" and not quoted:
            found.append("")
        else:
            found[-1] += one
    return found


def _section(name: str, part: str, maps: str = "") -> str:
    told: list[str] = []
    percent = False
    for quoted, number, per, plain in _PIECE.findall(part):
        if number:
            decimals = len(number.partition(".")[2])
            grouping = ' number:grouping="true"' if "," in number else ""
            told.append(
                f'<number:number number:decimal-places="{decimals}" number:min-decimal-places="{decimals}" '
                f'number:min-integer-digits="1"{grouping}/>'
            )
        elif quoted or plain or per:
            percent |= bool(per)
            told.append(f"<number:text>{escape(quoted or plain or per)}</number:text>")
    kind = "percentage" if percent else "number"
    return f'<number:{kind}-style style:name="{name}">{"".join(told)}{maps}</number:{kind}-style>'


def _cell_style(name: str, look: Look, formats: Mapping[str, str]) -> str:
    cell = 'style:vertical-align="middle"'
    cell += ' fo:border="0.5pt solid #808080"' if look.border else ""
    cell += f' fo:background-color="{look.fill}"' if look.fill else ""
    cell += ' fo:wrap-option="wrap"' if look.wrap else ""
    text = ' fo:font-weight="bold" style:font-weight-asian="bold"' if look.bold else ""
    if look.size:
        text += f' fo:font-size="{look.size}pt" style:font-size-asian="{look.size}pt"'
    text += f' fo:color="{look.colour}"' if look.colour else ""
    place = {"l": "start", "c": "center", "r": "end"}.get(look.align, "")
    paragraph = f'<style:paragraph-properties fo:text-align="{place}"/>' if place else ""
    data = f' style:data-style-name="{formats[look.digits]}"' if look.digits else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell"{data}>'
        f"<style:table-cell-properties {cell}/>{paragraph}"
        f"<style:text-properties{text}/></style:style>"
    )


def _zipped(parts: Mapping[str, str]) -> bytes:
    """The package: what it is stands first and unpacked, then the parts, all of one date."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, content in {"mimetype": KIND, **parts}.items():
            info = zipfile.ZipInfo(name, FIXED)
            info.external_attr = 0o600 << 16
            packed = name != "mimetype"
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            package.writestr(info, content.encode())
    return stream.getvalue()


HEAD = Look(bold=True, border=True, fill="#E7EEF7", align="c", wrap=True)
TITLE, QUIET, BODY = Look(bold=True, size=14), Look(colour="#4A4A4A"), Look(border=True, wrap=True)


def book(
    tables: Sequence[Block], title: str, notes: Sequence[tuple[str, str]] = (), demo: bool = False
) -> bytes:
    """The tables as sheets behind a sheet 说明, as `xlsx.book` has them."""
    workbook = Workbook()
    front = workbook.sheet("说明")
    names = []
    for n, table in enumerate(tables, 1):
        text = table.content.get("label", "") + " " + (table.content["title"] or f"表{n}")
        sheet = workbook.sheet(text.strip())
        names.append(sheet.name)
        _sheet(workbook, sheet, table, demo)
    _front(workbook, front, tables, names, title, notes, demo)
    return workbook.bytes()


def _sheet(workbook: Workbook, sheet: Sheet, table: Block, demo: bool) -> None:
    content = table.content
    columns, rows, totals = content["columns"], content["rows"], content.get("total_rows", 0)
    sides = [side(column, [row[n] for row in rows]) for n, column in enumerate(columns)]
    workbook.row(sheet, [(content["title"], TITLE)])
    above = [f"单位：{content['unit']}"] if content.get("unit") else []
    workbook.row(sheet, [("　".join([*above, *([DEMO] if demo else [])]), QUIET)])
    heads = head(columns)
    for line in heads:
        texts = [""] * len(columns)
        for cell in line:
            texts[cell.at] = cell.text
        spans = {cell.at: cell.cols for cell in line if cell.cols > 1}
        workbook.row(sheet, [(text, HEAD) for text in texts], spans)
    sheet.heads = (2, 1 + len(heads))
    groups = [column.get("group") or "" for column in columns]
    sheet.widths = [
        max(em(column["label"]) / len(heads), em(group) / groups.count(group), 3.0)
        for column, group in zip(columns, groups, strict=True)
    ]
    for i, row in enumerate(rows):
        total = i >= len(rows) - totals
        told = []
        for n, (cell, column) in enumerate(zip(row, columns, strict=True)):
            value, digits = value_of(cell, column)
            fill = "#F2F2F2" if total else ""
            look = Look(digits, sides[n], total, fill, True, sides[n] == "l")
            told.append((value, look))
            sheet.widths[n] = max(sheet.widths[n], min(em(shown(cell, column)), 30.0))
        workbook.row(sheet, told)
    sheet.widths = [width * 2 + 3 for width in sheet.widths]
    feet = feet_of(content)
    if feet:
        workbook.row(sheet, [("", Look())])
    for foot in feet:
        workbook.row(sheet, [(foot, QUIET)])


def _front(
    workbook: Workbook,
    sheet: Sheet,
    tables: Sequence[Block],
    names: Sequence[str],
    title: str,
    notes: Sequence[tuple[str, str]],
    demo: bool,
) -> None:
    """The sheet in front: what the workbook holds, then definitions and sources."""
    workbook.row(sheet, [(title or "附表", TITLE)])
    blank = f"空白不等于零：“{MISSING}”为缺报或不适用。"
    workbook.row(sheet, [((DEMO + "。" if demo else "") + blank, QUIET)])
    listed: list[tuple[str, ...]] = [
        (name, t.content["title"], t.content.get("unit", ""), t.content.get("source", ""))
        for name, t in zip(names, tables, strict=True)
    ]
    lists: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = [
        (("工作表", "内容", "单位", "来源"), listed)
    ]
    if notes:
        lists.append(
            (("名称", "口径和说明", "", ""), [(term, told, "", "") for term, told in notes])
        )
    for heading, rows in lists:
        workbook.row(sheet, [("", Look())])
        workbook.row(sheet, [(text, HEAD) for text in heading])
        for row in rows:
            workbook.row(sheet, [(text, BODY) for text in row])
    sheet.widths = [36.0, 70.0, 14.0, 50.0]


def frames_bytes(frames: Mapping[str, Any]) -> bytes:
    """A file with one sheet a data frame, as `workbook.frames_bytes` has it."""
    workbook = Workbook()
    for name, frame in frames.items():
        sheet = workbook.sheet(name)
        workbook.row(sheet, [(str(column), HEAD) for column in frame])
        sheet.heads = (0, 0)
        columns = [frame[c].astype(object).where(frame[c].notna(), None).tolist() for c in frame]
        for row in zip(*columns, strict=True):
            workbook.row(sheet, [(value, Look()) for value in row])
        sheet.widths = [
            min(
                40.0, max([em(str(column)), *(em(str(v)) for v in values if v is not None)]) * 2 + 3
            )
            for column, values in zip(frame, columns, strict=True)
        ]
    return workbook.bytes()


def lists_bytes(
    lists: Iterable[
        tuple[str, Sequence[tuple[str, float]], Sequence[Sequence[Any]], dict[str, str]]
    ],
) -> bytes:
    """Lists for people, as `workbook.list_sheet` has them: name, columns with widths, rows, colours by a cell's text."""
    workbook = Workbook()
    for name, columns, rows, tones in lists:
        sheet = workbook.sheet(name)
        workbook.row(sheet, [(label, HEAD) for label, _ in columns])
        sheet.heads = (0, 0)
        for row in rows:
            fills = [tones.get(value, "") if isinstance(value, str) else "" for value in row]
            looks = (Look(fill=fill, border=True, wrap=True) for fill in fills)
            workbook.row(sheet, list(zip(row, looks, strict=True)))
        sheet.widths = [width for _, width in columns]
    return workbook.bytes()
