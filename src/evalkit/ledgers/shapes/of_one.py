"""What one organisation keeps for itself: its name stands in the title, not in a column."""

from __future__ import annotations

from dataclasses import replace

from evalkit.ledgers.cells import blank, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.heads import is_heading
from evalkit.ledgers.shapes.shaping import (
    DECLARED,
    TOTALS,
    Row,
    Shaping,
    as_they_stand,
    head_of,
    lines_above,
    made,
    organisation_in,
)
from evalkit.ledgers.shapes.top import Top


def of_one(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """日期 | 活动类型 | 应到 | 实到 of the organisation that title, sheet or file name: its name in a column of its own."""
    headings = shaping.headings
    for i, row in enumerate(sheet.rows[:20]):
        if not is_heading(row, headings):
            continue
        head = head_of(sheet, i)
        texts = lines_above(sheet, head.top)
        name = organisation_in(texts)
        if not name:
            return None
        form, missing = headings.best_form(head.levels.values(), headings.announced(*texts))
        if form is None or form not in DECLARED["of_one"] or missing != 1:
            return None
        at = max(map(len, sheet.rows))
        rows: list[Row] = as_they_stand(sheet, range(len(sheet.rows)))
        for n, line in enumerate(rows):
            if head.top <= n <= head.bottom:
                said = headings.label(form, headings.required(form)[0]) if n == head.top else ""
            else:
                filled = [c for c, _ in line if not blank(c)]
                total = any(is_total(c, TOTALS) for c in filled[:4])
                said = name if n > head.bottom and filled and not total else ""
            line += [("", None)] * (at - len(line)) + [(said, (n, 0) if said else None)]
        return [replace(made(sheet, rows, "of_one"), merges=sheet.merges)]
    return None
