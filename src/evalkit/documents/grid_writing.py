"""A form (`Grid`) as Word, Excel and HTML: A4, the cells merged as they are, what is still to be filled in yellow."""

from __future__ import annotations

from html import escape
from typing import Any

from evalkit.documents.cells import Cell
from evalkit.documents.docx import _XML, Writer, _cell, _finish, _frame, _new, run
from evalkit.documents.grid import Grid, Spot, shares
from evalkit.documents.layout import DEMO, em
from evalkit.documents.workbook import book_bytes, write_cell
from evalkit.documents.xlsx import value_of

PAGE = 9860  # twips between the margins of `one_page`
SIZE = 18  # half points: 小五号
TITLE = 36
COLUMNS = 96.0  # characters of Excel's widths over the page
YELLOW = "#FFFF00"
LINE_HEIGHT = 13.5  # points of a line of a sheet
_LINES = '<w:spacing w:before="24" w:after="24" w:line="240" w:lineRule="auto"/>'
_SIDES = {"left": "left", "center": "center", "right": "right"}


def word_bytes(grid: Grid, fonts: str = "gb2312") -> bytes:
    """The form on A4, upright; a second page where it is long, its rows never split."""
    document, writer = _new(fonts, grid.title, 1.0)
    references = _frame(document, grid.demo, numbered=False)
    writer.paragraph("Title", run(grid.title, size=TITLE), '<w:spacing w:after="0"/>')
    if grid.subtitle:
        writer.paragraph("Subtitle", run(grid.subtitle, size=SIZE + 3))
    writer.xml.append(_word_table(writer, grid))
    for note in grid.notes:
        writer.paragraph("TableNote", run(note, size=SIZE))
    return _finish(document, writer, _XML["one_page"].format(references=references))


def _word_table(writer: Writer, grid: Grid) -> str:
    widths = [int(width) for width in shares(grid.widths, PAGE)]
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = _XML["table"].format(style="TableGrid", width=sum(widths), columns=columns)
    parts = [head]
    for n, line in enumerate(grid.lines()):
        cells = "".join(_word_cell(writer, spot, n, widths) for _, spot in line)
        parts.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
    return "".join([*parts, "</w:tbl>"])


def _word_cell(writer: Writer, spot: Spot, line: int, widths: list[int]) -> str:
    width = sum(widths[spot.column : spot.column + spot.columns])
    properties = f'<w:gridSpan w:val="{spot.columns}"/>' if spot.columns > 1 else ""
    begins = line == spot.row
    if spot.rows > 1:
        properties += '<w:vMerge w:val="restart"/>' if begins else "<w:vMerge/>"
    if spot.pending:
        properties += '<w:shd w:val="clear" w:color="auto" w:fill="FFFF00"/>'
    text = spot.text if begins else ""
    inner = run(text, bold=spot.label, size=SIZE) if text else ""
    return _cell(width, properties, inner, _SIDES[spot.side], False, _LINES)


def fill_sheet(book: Any, sheet: Any, grid: Grid) -> None:
    """The form on a sheet: numbers as numbers, scores as formulas, one page wide."""
    base = {
        "border": 1,
        "valign": "vcenter",
        "text_wrap": True,
        "font_name": "宋体",
        "font_size": 10,
    }
    last = len(grid.widths) - 1
    title = {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}
    sheet.merge_range(0, 0, 0, last, "", book.add_format(title))
    write_cell(sheet, 0, 0, grid.title, book.add_format(title))
    sheet.set_row(0, 28)
    below = book.add_format({"align": "center"})
    sheet.merge_range(1, 0, 1, last, "", below)
    write_cell(sheet, 1, 0, "　".join(filter(None, (grid.subtitle, DEMO * grid.demo))), below)
    widths = shares(grid.widths, COLUMNS)
    for n, width in enumerate(widths):
        sheet.set_column(n, n, width)
    for spot in grid.spots:
        value, digits = _held(spot)
        look: dict[str, Any] = {**base, "align": _SIDES[spot.side], "bold": spot.label}
        look |= {"num_format": digits} if digits else {}
        look |= {"bg_color": YELLOW} if spot.pending else {}
        style, top = book.add_format(look), TOP + spot.row
        if spot.rows > 1 or spot.columns > 1:
            end = (top + spot.rows - 1, spot.column + spot.columns - 1)
            sheet.merge_range(top, spot.column, *end, "", style)
        if spot.formula:
            sheet.write_formula(top, spot.column, spot.formula, style, value)
        else:
            write_cell(sheet, top, spot.column, value, style)
    for row, height in enumerate(_heights(grid, widths)):
        sheet.set_row(TOP + row, height)
    for n, note in enumerate(grid.notes, TOP + grid.height):
        look = {"text_wrap": True, "valign": "top", "font_size": 10}
        sheet.merge_range(n, 0, n, last, "", book.add_format(look))
        write_cell(sheet, n, 0, note, book.add_format(look))
        sheet.set_row(n, LINE_HEIGHT * _wrapped(note, sum(widths)))
    sheet.set_paper(9)
    sheet.set_margins(0.5, 0.5, 0.6, 0.6)
    sheet.center_horizontally()
    sheet.fit_to_pages(1, 0)


TOP = 2  # rows of a sheet above the form


def _held(spot: Spot) -> tuple[Any, str]:
    """What a cell of the sheet holds, and how it looks."""
    if spot.value is None or isinstance(spot.value, str):
        return spot.value, ""
    return value_of(Cell(spot.value, spot.format, before=spot.before, after=spot.after), {})


def _heights(grid: Grid, widths: list[float]) -> list[float]:
    """Heights of rows that hold the wrapped texts; a text that reaches over rows is shared out among them."""
    lines = [1.0] * grid.height
    for spot in sorted(grid.spots, key=lambda spot: spot.rows):
        wide = sum(widths[spot.column : spot.column + spot.columns])
        need = _wrapped(spot.text, wide)
        rows = range(spot.row, spot.row + spot.rows)
        lacks = need - sum(lines[row] for row in rows)
        if lacks > 0:
            for row in rows:
                lines[row] += lacks / spot.rows
    return [min(409.0, 6 + LINE_HEIGHT * count) for count in lines]


def _wrapped(text: str, width: float) -> int:
    """Lines of a text in so many characters of Excel's width; a Chinese one takes two."""
    return sum(1 + int(2.1 * em(part) // max(2.0, width - 1)) for part in text.split("\n"))


def book_of(grid: Grid, name: str) -> bytes:
    """A workbook with the form on its only sheet."""
    return book_bytes(lambda book: fill_sheet(book, book.add_worksheet(name), grid))


def html(grid: Grid) -> str:
    """The form for a notebook."""
    rows = []
    for n, line in enumerate(grid.lines()):
        cells = "".join(_html_cell(spot) for _, spot in line if spot.row == n)
        rows.append(f"<tr>{cells}</tr>")
    below = "".join(f"<p>{escape(note)}</p>" for note in grid.notes)
    head = escape("　".join(filter(None, (grid.title, grid.subtitle, DEMO * grid.demo))))
    return (
        f'<table style="border-collapse:collapse;font-size:13px"><caption>{head}</caption>'
        f"{''.join(rows)}</table>{below}"
    )


def _html_cell(spot: Spot) -> str:
    colour = ";background:#ff0;color:#000" if spot.pending else ""
    style = (
        f"border:1px solid #888;padding:3px 6px;text-align:{spot.side};white-space:pre-line{colour}"
    )
    tag = "th" if spot.label else "td"
    span = f'rowspan="{spot.rows}" colspan="{spot.columns}"'
    return f'<{tag} {span} style="{style}">{escape(spot.text)}</{tag}>'
