"""Excel: every table of a document on a sheet of its own, with typed cells, and a sheet 说明 in front.

A cell keeps the number behind it and looks as it does in the report (percent, decimals, ● ▲ ■ in the number format);
words are never read as a formula, a link or a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalkit.documents.blocks import Block
from evalkit.documents.cells import Cell, Format, format_of, head, printed, shown, side
from evalkit.documents.layout import DEMO, em, feet_of
from evalkit.documents.workbook import HEAD, book_bytes, sheet_name, write_cell
from evalkit.world.number import MISSING, fixed, settle, times

LONGEST = 30  # characters of a number with the words around it that a number format holds
_NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")
Formats = Callable[..., Any]


def book(
    tables: Sequence[Block], title: str, notes: Sequence[tuple[str, str]] = (), demo: bool = False
) -> bytes:
    """The workbook of the tables.

    Parameters
    ----------
    notes
        Rows (term, words) of the sheet 说明 after the list of tables: definitions, sources.
    """

    def fill(workbook: Any) -> None:
        made: dict[tuple[Any, ...], Any] = {}

        def formats(**properties: Any) -> Any:
            key = tuple(sorted(properties.items()))
            if key not in made:
                made[key] = workbook.add_format({"valign": "vcenter", **properties})
            return made[key]

        names: list[str] = []
        first = workbook.add_worksheet("说明")
        for n, table in enumerate(tables, 1):
            text = table.content.get("label", "") + " " + (table.content["title"] or f"表{n}")
            names.append(sheet_name(text.strip(), ["说明", *names]))
            _sheet(workbook.add_worksheet(names[-1]), table, formats, demo)
        _notes(first, tables, names, title, notes, formats, demo)

    return book_bytes(fill)


def value_of(cell: Any, column: Mapping[str, Any]) -> tuple[Any, str]:
    """What a cell holds and its number format: the number, looking as everywhere else, else the text.

    Mark, arrow, unit and the words around stand in the format.
    """
    read = Cell.read(cell)
    text = shown(read, column)
    if read.number is None or len(text) > LONGEST or '"' in text:
        return text, ""
    if read.text is not None:
        return _of_text(read, text)
    form = format_of(read, column)
    mark = f"{read.mark} " if read.mark else ""
    if form.level(read.number):
        level = _quoted(mark + printed(read, column))
        return read.number, f"{level};{level};{level}"
    value, digits = _held(read.number, form)
    unit = "" if digits.endswith("%") else form.unit
    lead, tail = mark + read.before, _quoted(unit + read.after)
    signs = {"": ("", "-"), "plus": ("+", "-"), "arrow": ("↑", "↓")}[form.sign]
    if not (lead or tail or form.sign):
        return value, digits
    above, below = (_quoted(lead + sign) if form.sign else _quoted(lead) + sign for sign in signs)
    zero = f";{_quoted(lead)}{digits}{tail}" if form.sign == "plus" else ""
    return value, f"{above}{digits}{tail};{below}{digits}{tail}{zero}"


def _quoted(words: str) -> str:
    return f'"{words}"' if words else ""


def _held(number: float | int, form: Format) -> tuple[float | int, str]:
    """The number in its scale and the format of its digits.

    Excel rounds the 15 digits that it keeps, half up: where that would not show what is printed (a number that came out
    of several steps), the cell holds what is printed. A number without a format is held as it is.
    """
    digits = form.digits(number).replace(",", "")
    size = float(digits)
    percent = form.unit == "%" and form.scale == 100
    decimals = len(digits.partition(".")[2])
    look = (
        ("#,##0" if form.grouped else "0")
        + ("." + "0" * decimals if decimals else "")
        + "%" * percent
    )
    held = number if percent or form.scale == 1 else times(number, form.scale)
    seen = fixed(abs(settle(held)), decimals, scale=100 if percent else 1)
    if seen != fixed(abs(size), decimals) or (number < 0 and not size):  # not -0.0
        down = -1 if form.sign == "arrow" and number < 0 else 1
        held = down * size / (100 if percent else 1)
    return held, look


def _of_text(cell: Cell, text: str) -> tuple[Any, str]:
    """A text made ready around one number: the number where the text has that alone, else the text."""
    value = cell.number or 0
    found = _NUMBER.findall(text)
    if value == 0 and text == "持平":
        return 0, '0;-0;"持平"'
    if len(found) != 1:
        return text, ""
    lead, tail = text.split(found[0], 1)
    percent = tail.startswith("%")
    decimals, tail = len(found[0].partition(".")[2]), tail[percent:]
    minus = found[0][0] in "−-"
    size = float(found[0].replace(",", "").replace("−", "-"))
    size *= -1 if "↓" in lead and value < 0 else 1
    seen = fixed(abs(settle(value)), decimals, scale=100 if percent else 1)
    if seen != fixed(abs(size), decimals) or (size < 0) != (value < 0):
        value = size / (100 if percent else 1)
    digits = (
        ("#,##0" if not percent and "," in text else "0")
        + ("." + "0" * decimals if decimals else "")
        + "%" * percent
    )
    before, after = _quoted(lead), _quoted(tail)
    if not before and not after:
        return value, digits
    turned = (
        (before.replace("+", "-"), "")
        if "+" in lead
        else (before.replace("↑", "↓"), "")
        if re.search("[↑↓]", lead)
        else (before, "-")
    )
    up = before.replace("↓", "↑") if not minus else before
    return value, f"{up}{digits}{after};{turned[0]}{turned[1]}{digits}{after}"


def _sheet(sheet: Any, table: Block, formats: Formats, demo: bool) -> None:
    content = table.content
    columns, rows, totals = content["columns"], content["rows"], content.get("total_rows", 0)
    sides = [side(column, [row[n] for row in rows]) for n, column in enumerate(columns)]
    sheet.write_string(0, 0, content["title"], formats(bold=True, font_size=14))
    above = [f"单位：{content['unit']}"] if content.get("unit") else []
    sheet.write_string(
        1, 0, "　".join([*above, *([DEMO] if demo else [])]), formats(font_color="#4A4A4A")
    )
    heads, top = head(columns), 2
    three = (
        content.get("form") == "three_line"
    )  # 三线表: rules above and below the heading and at the end, nothing else
    for n, row in enumerate(heads):
        for cell in row:
            rules = {
                "top": 2 * (n == 0),
                "bottom": int(n + cell.rows == len(heads)),
                "border": 0,
                "bg_color": "#FFFFFF",
            }
            look = formats(**{**HEAD, **(rules if three else {})})
            at, end = (
                (top + n, cell.at),
                (top + n + cell.rows - 1, cell.at + cell.cols - 1),
            )
            if at != end:
                sheet.merge_range(*at, *end, "", look)
            sheet.write_string(*at, cell.text, look)
    start = top + len(heads)
    groups = [c.get("group") or "" for c in columns]
    widths = [
        max(em(c["label"]) / len(heads), em(group) / groups.count(group), 3.0)
        for c, group in zip(columns, groups, strict=True)
    ]
    for i, row in enumerate(rows):
        total = i >= len(rows) - totals
        for n, (cell, column) in enumerate(zip(row, columns, strict=True)):
            value, digits = value_of(cell, column)
            place = {"r": "right", "c": "center"}.get(sides[n], "left")
            style: dict[str, Any] = {"align": place, "text_wrap": place == "left"}
            style |= {"bottom": 2 * (i == len(rows) - 1)} if three else {"border": 1}
            style |= ({"num_format": digits} if digits else {}) | (
                {"bold": True, "bg_color": "#F2F2F2"} if total else {}
            )
            widths[n] = max(widths[n], min(em(shown(cell, column)), 30.0))
            write_cell(sheet, start + i, n, value, formats(**style))
    for n, width in enumerate(widths):
        sheet.set_column(n, n, width * 2 + 3)
    sheet.freeze_panes(
        start,
        next((n + 1 for n, place in enumerate(sides) if place == "l"), 0)
        if len(columns) > 4
        else 0,
    )
    if len(rows) > totals and columns and not three:
        sheet.autofilter(start - 1, 0, start + len(rows) - totals - 1, len(columns) - 1)
    for n, foot in enumerate(feet_of(content), start + len(rows) + 1):
        sheet.write_string(n, 0, foot, formats(font_color="#4A4A4A"))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top, start - 1)


def _notes(
    sheet: Any,
    tables: Sequence[Block],
    names: Sequence[str],
    title: str,
    notes: Sequence[tuple[str, str]],
    formats: Formats,
    demo: bool,
) -> None:
    """The sheet in front: what the workbook holds, then definitions and sources."""
    wrap, look = formats(text_wrap=True, border=1), formats(**HEAD)
    sheet.write_string(0, 0, title or "附表", formats(bold=True, font_size=14))
    sheet.write_string(
        1,
        0,
        (DEMO + "。" if demo else "") + f"空白不等于零：“{MISSING}”为缺报或不适用。",
        formats(font_color="#4A4A4A"),
    )
    lists = [
        (
            ("工作表", "内容", "单位", "来源"),
            [
                (name, t.content["title"], t.content.get("unit", ""), t.content.get("source", ""))
                for name, t in zip(names, tables, strict=True)
            ],
        )
    ]
    lists += (
        [(("名称", "口径和说明", "", ""), [(term, words, "", "") for term, words in notes])]
        if notes
        else []
    )
    line = 3
    for heading, rows in lists:
        for offset, row in enumerate((heading, *rows)):
            for n, text in enumerate(row):
                write_cell(sheet, line + offset, n, text, wrap if offset else look)
        for n, name in enumerate(names if heading[0] == "工作表" else ()):
            quoted = name.replace("'", "''")
            sheet.write_url(
                line + 1 + n,
                0,
                f"internal:'{quoted}'!A1",
                formats(border=1, font_color="#1A4F8B", underline=1),
                name,
            )
        line += len(rows) + 3
    for n, width in enumerate((36, 70, 14, 50)):
        sheet.set_column(n, n, width)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
