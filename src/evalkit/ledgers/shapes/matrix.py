"""A matrix to be ticked (党组织 | 有场所 | 有设施): how many have all, by area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.ledgers.cells import blank, cell_at, is_total, tick, yes_marks
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import absent
from evalkit.ledgers.headings import plain, squeeze
from evalkit.ledgers.place import area_names
from evalkit.ledgers.shapes.shaping import (
    DECLARED,
    HEADS,
    TOTALS,
    Place,
    Row,
    Shaping,
    as_they_stand,
    made,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, HAVE, HAVES, LEAST_HAVES, Top

LONGEST_AREA = 16  # characters of the name of an area


def matrix(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """党组织 | 有场所 | 有设施 | ...: how many have all; of either direction."""
    if top.haves < LEAST_HAVES:
        return None
    sheet = _named_below_group(sheet)
    for turned in (False, True):
        if turned and not _items_in_a_column(sheet):
            return None
        cells = _turned(sheet) if turned else sheet
        for i, row in enumerate(cells.rows[:20]):
            have = [
                j for j, c in enumerate(row) if isinstance(c, str) and HAVE.fullmatch(squeeze(c))
            ]
            if len(have) < LEAST_HAVES:
                continue
            found = _counted_matrix(cells, i, have, shaping)
            if found is None:
                return None
            if turned:
                shaping.tell(sheet, "shape_item", *range(len(_titles(sheet)), len(sheet.rows)))
            rows = as_they_stand(sheet, range(0 if turned else i)) if not turned else _titles(sheet)
            return [made(sheet, [*rows, *found], "matrix")]
    return None


def _named_below_group(sheet: RawSheet) -> RawSheet:
    """场所, 设施 below “六有”建设情况 as 有场所, 有设施: the group says what each of them is."""
    for i, row in enumerate(sheet.rows[:FIRST_ROWS]):
        if i + 1 == len(sheet.rows) or sum(not blank(c) for c in row) < 2:
            continue  # a title
        for j, cell in enumerate(row):
            if not isinstance(cell, str) or not HAVES.search(squeeze(cell)):
                continue
            end = next((k for k in range(j + 1, len(row)) if not blank(row[k])), len(row))
            below = sheet.rows[i + 1]
            span = [k for k in range(j, min(end, len(below))) if isinstance(below[k], str)]
            words = {k: squeeze(below[k]) for k in span if not blank(below[k])}
            if len(words) < LEAST_HAVES or any(HAVE.fullmatch(word) for word in words.values()):
                continue
            named = [f"有{words[k]}" if k in words else c for k, c in enumerate(below)]
            return replace(sheet, rows=[*sheet.rows[: i + 1], named, *sheet.rows[i + 2 :]])
    return sheet


def _items_in_a_column(sheet: RawSheet) -> bool:
    """Whether one of the first columns holds the items of a matrix."""
    counts: dict[int, int] = {}
    for row in sheet.rows:
        for j, c in enumerate(row[:20]):
            if isinstance(c, str) and "有" in c and HAVE.fullmatch(squeeze(c)):
                counts[j] = counts.get(j, 0) + 1
    return max(counts.values(), default=0) >= LEAST_HAVES


def _titles(sheet: RawSheet) -> list[Row]:
    """The rows above a table that hold one text."""
    out = []
    for n in range(len(sheet.rows)):
        if len({str(c) for c in sheet.rows[n] if not blank(c)}) > 1:
            break
        out += as_they_stand(sheet, range(n, n + 1))
    return out


def _turned(sheet: RawSheet) -> RawSheet:
    """The table of a sheet with its rows as columns."""
    start = len(_titles(sheet))
    width = max(map(len, sheet.rows))
    below = sheet.rows[start:]
    rows: list[Row] = [
        [(cell_at(row, j), (start + n, j)) for n, row in enumerate(below)] for j in range(width)
    ]
    return made(sheet, rows, "turned")


def _counted_matrix(
    cells: RawSheet, i: int, have: Sequence[int], shaping: Shaping
) -> list[Row] | None:
    """Rows 镇街, 指标, 数值 of those that have all, one an area."""
    measure = shaping.measures.get(DECLARED["matrix"])
    head = {j: plain(c) for j, c in enumerate(cells.rows[i]) if isinstance(c, str) and c.strip()}
    key = next((j for j, word in head.items() if word in HEADS["organisation"]), None)
    if key is None:
        key = next(
            (j for j in range(have[0]) if j not in head or head[j] not in HEADS["row"]), None
        )
    area = next((j for j, word in head.items() if word in HEADS["area"]), None)
    whole = next((j for j, word in head.items() if word in HEADS["met"]), None)
    if measure is None or key is None:
        return None
    below = [[cell_at(row, j) for j in have] for row in cells.rows[i + 1 :]]
    means_yes = yes_marks(mark for marks in below for mark in marks)
    _say_circles(cells, i, have, means_yes, shaping)
    counts: dict[str, tuple[object, int, Place]] = {}
    counted: list[int] = []
    totals: list[int] = []
    sections: list[int] = []
    town: tuple[object, Place | None] = ("", None)
    for n in range(i + 1, len(cells.rows)):
        row = cells.rows[n]
        marks = [cell_at(row, j) for j in have]
        name = cell_at(row, key)
        if is_total(name, TOTALS):
            totals.append(n)
            continue
        texts = [str(c) for c in row if not blank(c)]
        if len(texts) == 1 and len(texts[0]) <= LONGEST_AREA and area_names(texts[0]):
            town = (texts[0], (n, next(j for j, c in enumerate(row) if not blank(c))))
            sections.append(n)
            continue
        if blank(name) or all(map(blank, marks)):
            continue
        if any(isinstance(m, int | float) and m not in (0, 1) for m in marks):
            return None  # numbers of a township, no marks
        if area is not None and not blank(cell_at(row, area)):
            town = (row[area], (n, area))
        counted.append(n)
        full = all(_yes(mark, means_yes) for mark in marks)
        told = cell_at(row, whole) if whole is not None else ""
        if not blank(told) and _yes(told, yes_marks([told])) != full:
            at = cells.origin.get((n, whole or 0), (n, whole or 0))
            said = (f"{squeeze(told)}，各项{'齐全' if full else '不齐全'}", "按各项计")
            shaping.said(
                "identity_differs", replace(cells, origin={}), at, *said, severity="question"
            )
        earlier = counts.get(squeeze(town[0]))
        counts[squeeze(town[0])] = (town[0], (earlier[1] if earlier else 0) + full, (n, have[0]))
    if cells.shaped != "turned":
        shaping.tell(cells, "shape_heading", i)
        shaping.tell(cells, "shape_item", *counted)
        shaping.tell(cells, "shape_total", *totals)
        shaping.tell(cells, "section", *sections)
    rows: list[Row] = [[(w, None) for w in ("镇街", "指标", "数值", "计量单位")]]
    for name, count, first in counts.values():
        place = cells.origin.get(first, first)
        rows.append([(name, place), (measure.name, place), (count, place), ("个", None)])
    return rows


def _say_circles(
    cells: RawSheet, i: int, have: Sequence[int], means_yes: frozenset[str], shaping: Shaping
) -> None:
    """Beside ticks a circle is something else (在建, 部分有): it is not counted, and that is said once."""
    circled = [
        (n, j)
        for n in range(i + 1, len(cells.rows))
        for j in have
        if tick(cell_at(cells.rows[n], j)) == "open"
    ]
    if circled and "open" not in means_yes:
        at = cells.origin.get(circled[0], circled[0])
        said = (f"{len(circled)}处画圈，别的格打勾", "画圈的不算有")
        shaping.said("value_noted", replace(cells, origin={}), at, *said, severity="question")


def _yes(cell: object, means_yes: frozenset[str]) -> bool:
    mark = tick(cell)
    return mark in means_yes if mark else not blank(cell) and not absent(cell)
