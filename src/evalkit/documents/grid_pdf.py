"""A form (`Grid`) as PDF, through Typst: form.typ reads it as JSON, so no text is markup."""

from __future__ import annotations

from typing import Any

from evalkit.documents.grid import Grid
from evalkit.documents.layout import DEMO
from evalkit.documents.pdf import drawn
from evalkit.problems import Problem

TEMPLATE = "form.typ"


def pdf_bytes(grid: Grid) -> tuple[bytes, list[Problem]]:
    """The form upright on A4, a second page where it is long, and the glyphs that are missing."""
    spots: list[dict[str, Any]] = [
        {
            "row": spot.row,
            "column": spot.column,
            "rows": spot.rows,
            "columns": spot.columns,
            "text": spot.text,
            "label": spot.label,
            "side": spot.side,
            "pending": spot.pending,
        }
        for spot in grid.spots
    ]
    data = {
        "title": grid.title,
        "subtitle": grid.subtitle,
        "demo": DEMO if grid.demo else "",
        "widths": list(grid.widths),
        "spots": spots,
        "notes": [{"text": note} for note in grid.notes],
    }
    return drawn(data, TEMPLATE)
