"""Workbooks written for people: text stays text, equal content gives equal bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
    "default_date_format": "yyyy-mm-dd",
}
CREATED = dt.datetime(2026, 1, 1)  # a fixed date, so that the same content gives the same bytes
FIXED = (2026, 1, 1, 0, 0, 0)  # the same, of every part of a package
MARK = "evalkit:output"  # `scan` knows Evalkit's own lists and copies by it and never counts them as ledgers
HEAD = {
    "bold": True,
    "border": 1,
    "text_wrap": True,
    "align": "center",
    "valign": "vcenter",
    "bg_color": "#E7EEF7",
}
# what Excel or WPS may calculate: also in full width, after blanks or behind characters that nobody sees
_FORMULA = re.compile(
    r"[\s\u3000\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*[=+\-@＝＋－＠]|[\t\r\n]"
)
_NEGATIVE = re.compile(r"-[0-9][0-9,]*(\.[0-9]+)?%?")  # -1,107.41 calculates to itself
CELL_LIMIT, NAME_LIMIT = 32_767, 31


def book_bytes(fill: Callable[[Any], None], own: bool = True) -> bytes:
    """The workbook that `fill` makes; ``own`` marks it as a list of Evalkit, not a ledger."""
    from evalkit.documents.plain_book import PlainBook  # XlsxWriter only where a workbook is made

    buffer = io.BytesIO()
    book = PlainBook(buffer, OPTIONS)
    book.set_properties({"created": CREATED, "author": "Evalkit", "keywords": MARK if own else ""})
    fill(book)
    book.close()
    return buffer.getvalue()


def write_cell(sheet: Any, row: int, column: int, value: Any, style: Any = None) -> None:
    """One value by its type; text is never read as a formula, link or number."""
    if value is None or value == "":
        if style is not None:
            sheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, value[:CELL_LIMIT], style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, dt.datetime | dt.date) and value.year < 1900:
        sheet.write_string(row, column, value.isoformat()[:10], style)
    elif isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_number(row, column, value, style)


def frames_bytes(frames: Mapping[str, Any]) -> bytes:
    """A workbook with one sheet a data frame: headings frozen, columns as wide as their text, numbers as numbers."""

    def fill(book: Any) -> None:
        head = book.add_format(HEAD)
        for name, frame in frames.items():
            sheet = book.add_worksheet(sheet_name(name, [s.get_name() for s in book.worksheets()]))
            for j, column in enumerate(frame):
                write_cell(sheet, 0, j, str(column), head)
                values = frame[column].astype(object)
                for i, value in enumerate(values.where(frame[column].notna(), None).tolist(), 1):
                    write_cell(sheet, i, j, value)
            sheet.freeze_panes(1, 0)
            sheet.autofit(400)

    return book_bytes(fill)


def csv_bytes(frame: Any) -> bytes:
    """A data frame as CSV that Excel reads (UTF-8 with BOM).

    A text that it would calculate gets an apostrophe; a printed negative number is none.
    """
    texts = {
        c: [_inert(value) for value in frame[c].tolist()]
        for c in frame
        if frame[c].dtype.kind not in "biufMm"
    }
    return bytes(
        frame.assign(**texts).rename(columns=_inert).to_csv(index=False).encode("utf-8-sig")
    )


def _inert(value: Any) -> Any:
    """The value; a text that a spreadsheet would calculate with an apostrophe before it."""
    if (
        not isinstance(value, str) or value[:1].isalnum()
    ):  # letters and characters calculate nothing
        return value
    calculates = _FORMULA.match(value) and not _NEGATIVE.fullmatch(value)
    return f"'{value}" if calculates else value


def sheet_name(text: str, taken: Iterable[str] = ()) -> str:
    """A name that Excel accepts and that no sheet of `taken` bears."""
    name = re.sub(r"[\[\]:*?/\\]", "_", text).strip("'")[:NAME_LIMIT] or "Sheet"
    used, plain, n = {t.casefold() for t in taken}, name, 1
    while name.casefold() in used or name.casefold() == "history":
        n += 1
        name = f"{plain[: NAME_LIMIT - 2 - len(str(n))]}({n})"
    return name


def list_sheet(
    book: Any,
    name: str,
    columns: Sequence[tuple[str, float]],
    rows: Sequence[Sequence[Any]],
    tones: dict[str, str] | None = None,
) -> Any:
    """A list with frozen headings, a filter and the given widths; a cell whose text is in `tones` has that colour."""
    taken = [s.get_name() for s in book.worksheets()]
    sheet = book.add_worksheet(sheet_name(name, taken))
    head, body = (
        book.add_format(HEAD),
        book.add_format({"text_wrap": True, "valign": "top", "border": 1}),
    )
    coloured = {
        t: book.add_format({"valign": "top", "border": 1, "bg_color": c})
        for t, c in (tones or {}).items()
    }
    for j, (label, width) in enumerate(columns):
        sheet.set_column(j, j, width)
        sheet.write_string(0, j, label, head)
    for i, row in enumerate(rows, 1):
        lines = max(_lines(v, columns[j][1]) for j, v in enumerate(row))
        sheet.set_row(i, min(409, 15 * lines))  # not every program fits the height to wrapped text
        for j, value in enumerate(row):
            write_cell(
                sheet, i, j, value, coloured.get(value, body) if isinstance(value, str) else body
            )
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    return sheet


def _lines(value: Any, width: float) -> int:
    """Lines that a wrapped text takes; a Chinese character is two wide."""
    parts = str(value).split("\n")
    return sum(
        1 + int(sum(2 if ord(c) > 0x2E80 else 1 for c in part) // max(1.0, width - 1))
        for part in parts
    )
