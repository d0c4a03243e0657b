"""Tables that stand side by side: one below the other."""

from __future__ import annotations

from evalkit.ledgers.cells import blank, cell_at
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import Headings, plain
from evalkit.ledgers.heads import is_heading
from evalkit.ledgers.shapes.shaping import (
    Head,
    Row,
    Shaping,
    head_of,
    made,
)


def beside(sheet: RawSheet, shaping: Shaping) -> list[RawSheet] | None:
    """Tables that stand beside one another, one below the other."""
    found = next(
        (i for i, row in enumerate(sheet.rows[:30]) if is_heading(row, shaping.headings)), None
    )
    if found is None:
        return None
    head = head_of(sheet, found)
    cuts = _cuts(sheet, head, shaping.headings)
    if not cuts:
        return None
    width = max(map(len, sheet.rows))
    spans = list(zip([0, *cuts], [*cuts, width], strict=True))
    out = []
    for start, stop in spans:
        rows: list[Row] = []
        for i, row in enumerate(sheet.rows):
            some: Row = [(cell_at(row, j), (i, j)) for j in range(start, stop)]
            alone = [c for c in row if not blank(c)]
            if i < head.top and start and all(blank(c) for c, _ in some) and len(alone) <= 2:
                whole: Row = [(cell_at(row, j), (i, j)) for j in range(len(row))]
                some = whole[: stop - start]
            if any(not blank(c) for c, _ in some) or i <= head.bottom:
                rows.append(some)
        out.append(made(sheet, rows, "beside"))
    return out


def _cuts(sheet: RawSheet, head: Head, headings: Headings) -> list[int]:
    """Where further tables begin: where the headings begin anew, or after a column that is blank throughout."""
    texts = {i: plain("".join(levels)) for i, levels in head.levels.items()}
    order = sorted(texts)
    columns = [texts[i] for i in order]
    for size in range(2, len(columns) // 2 + 1):
        if len(columns) % size == 0 and columns == columns[:size] * (len(columns) // size):
            return [order[n] for n in range(size, len(columns), size)]
    below = sheet.rows[head.top :]
    width = max(map(len, sheet.rows))
    cuts = []
    for gap in range(1, width - 1):
        if all(blank(cell_at(row, gap)) for row in below) and not blank(
            cell_at(sheet.rows[head.bottom], gap + 1)
        ):
            sides = [
                [levels for i, levels in head.levels.items() if a <= i < b]
                for a, b in ((0, gap), (gap + 1, width))
            ]
            fit = [headings.best_form(side, None) for side in sides]
            if all(form is not None and not missing for form, missing in fit):
                cuts.append(gap + 1)
    return cuts
