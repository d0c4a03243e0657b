"""The columns of the two tables that are kept of the ledgers themselves."""

from __future__ import annotations

HEADINGS, SHEETS = "headings", "sheets"  # the names of the two tables
# of a sheet: what became of its rows
COUNTS = ["kept", "total", "heading", "title", "note", "reported"]
SHEET_COLUMNS = [
    "source_file",
    "source_sheet",
    "state",
    "form",
    "area",
    "period",
    *COUNTS,
    "reason",
]
# of a column of a sheet: what stands in it, and in which rows
HEADING_COLUMNS = [
    "source_file",
    "source_sheet",
    "table",
    "column",
    "heading",
    "letter",
    "first_row",
    "last_row",
]
