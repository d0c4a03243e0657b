"""A page a unit (单位名称 | 甲公司 | 从业人员 | 85): one row a unit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evalkit.ledgers.cells import blank
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import plain
from evalkit.ledgers.shapes.shaping import (
    HEADS,
    Place,
    Row,
    Shaping,
    made,
)
from evalkit.ledgers.shapes.top import Top


def card(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """单位名称 | 甲公司 | 从业人员 | 85: the pages of units, one row a unit."""
    headings = shaping.headings
    pages: list[dict[str, tuple[tuple[object, Place], tuple[object, Place]]]] = []
    titles: list[Row] = []
    key = ""
    n_pairs = n_rows = 0
    for n, row in enumerate(sheet.rows):
        filled = [(j, c) for j, c in _without_repeats(sheet, n, row) if not blank(c)]
        known = [isinstance(c, str) and headings.known(c) for _, c in filled]
        beside = [
            known[k] and known[k + 1] and filled[k + 1][0] == filled[k][0] + 1
            for k in range(len(filled) - 1)
        ]
        if sum(beside) > 1:
            return None  # a row of headings
        pairs, k = [], 0
        while k < len(filled) - 1:
            word, after = filled[k][1], filled[k + 1]
            own = known[k] or (isinstance(word, str) and bool(pages) and not re.search(r"\d", word))
            answered = len(filled) % 2 == 0 and k % 2 == 0 and after[0] == filled[k][0] + 1
            is_pair = own and (not known[k + 1] or answered)
            if is_pair:
                pairs.append((filled[k], after))
                n_pairs += known[k]
            k += 2 if is_pair else 1
        if not pairs and len(filled) == 1 and not pages:
            titles.append([(c, (n, j)) for j, c in enumerate(row)])
        n_rows += bool(pairs)
        for (j, head), (beside_at, value) in pairs:
            word = plain(head)
            key = key or (word if word in HEADS["body"] or word in HEADS["organisation"] else "")
            if not pages or (word == key and key in pages[-1]):
                pages.append({})
            pages[-1].setdefault(word, ((head, (n, j)), (value, (n, beside_at))))
    if not key or n_pairs < 4 or n_rows < 2 or n_pairs < 4 * len(pages):
        return None
    heads = {word: pair[0] for page in pages for word, pair in page.items()}
    rows: list[Row] = [*titles, [*heads.values()]]
    for page in pages:
        if key in page:
            rows.append([page[w][1] if w in page else ("", None) for w in heads])
    return [made(sheet, rows, "card")]


def _without_repeats(sheet: RawSheet, n: int, row: Sequence[object]) -> list[tuple[int, object]]:
    """The cells of a row without what a merged cell carries down from the row above."""
    below = {c1 - 1 for r1, c1, r2, _ in sheet.merges if r1 - 1 < n <= r2 - 1}
    return [(j, cell) for j, cell in enumerate(row) if j not in below]
