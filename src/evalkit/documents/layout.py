"""What Word and Typst share: a numbered block as plain items, tables with widths, sizes and the turn of the page.

An item is plain JSON, so that the Typst template reads the very things that Word gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any

from evalkit.documents.blocks import PENDING, SLOT, Block, heading_words, marks, parts
from evalkit.documents.cells import Cell, head, is_remark, printed, side
from evalkit.problems import InputError, Problem

PORTRAIT, LANDSCAPE = 442.2, 637.8  # width of the text block in points: 156 and 225 mm
DEMO = "演示数据：本文数字均为虚构，不代表任何真实地区"
_FITS = (
    (10.5, PORTRAIT),
    (9.0, PORTRAIT),
    (9.0, LANDSCAPE),
    (8.5, LANDSCAPE),
    (7.5, LANDSCAPE),
)  # 30 rows of 9 pt fit a landscape page
BODY, LINE = 16.0, 28.95  # points: type of the text, and its lines: 22 in 225 mm
COMPACT = (11 / 12, 10.5 / 12, 10 / 12, 9.5 / 12, 9 / 12)  # of the small type, in a profile
COMPACT_PAGES = 2  # of a profile
_LYING = _FITS[2:4]
_SUMMARY = (1.0, 15 / 16, 14 / 16, 13 / 16, 12 / 16, 11 / 16, 10 / 16)
_DENSE = ((8.5, PORTRAIT), *_FITS[2:])  # of a compact document
_LOW = 108.0  # mm: the same of a compact document
_TALL = 135.0  # mm: a figure leaves room for text on its page
_WHOLE = 0.25  # of a page: a higher table may be broken, so that no page stays empty for it
_LIES = 0.75  # of a landscape page: a table that low lies with the wide ones of its section
_FEW = 160  # characters: four lines on a landscape page
_PADDING = 0.9  # em, both sides of a cell together

Item = dict[str, Any]


def items(blocks: Iterable[Block], small: bool = False, compact: bool = False) -> list[Item]:
    """The items of a document in order, each with ``wide`` where it stands on a landscape page.

    `small` is for one page: smaller type, nothing turned; `compact` for a few: lower figures, smaller tables.
    """
    found = [_item(block, small, compact) | {SLOT: block.content.get(SLOT, "")} for block in blocks]
    _lie_too(found)
    _turn(found)
    return found


def runs(
    text: str, pieces: Sequence[Mapping[str, Any]] = (), pending: bool = False
) -> list[dict[str, Any]]:
    """The runs of a text; what is still to be written (【待补充】, or all of it) is marked."""
    new = []
    for run in pieces or ({"text": text},):
        for piece in PENDING.split(run["text"]):
            if piece:
                marked = pending or PENDING.fullmatch(piece)
                new.append({**run, "text": piece} | ({"pending": True} if marked else {}))
    return new


@lru_cache(maxsize=1 << 15)  # a cell is measured at several sizes of type, a name in many tables
def em(text: str) -> float:
    """The width of the widest line of a text in em: Chinese one, Latin about half, a quarter where the two meet."""

    def width(line: str) -> float:
        broad = [ord(c) > 0x2000 for c in line]
        return sum(1.0 if b else 0.55 for b in broad) + 0.25 * sum(
            a != b for a, b in pairwise(broad)
        )

    return max(map(width, text.split("\n")), default=0.0)


def _item(block: Block, small: bool, compact: bool = False) -> Item:
    content, kind = block.content, block.kind
    if kind == "heading":
        rank, role = max(1, content["level"] - 1), content.get("role", "")
        annex = content.get("label", "") if rank == 1 and role == "annex" else ""
        return {
            "kind": kind,
            "rank": rank,
            "text": content["text"] if annex else heading_words(content),
            "annex": annex,  # stands above the title
            "id": content.get("anchor", ""),
            "new_page": rank == 1 and role in ("appendix", "annex"),
        }
    if kind == "paragraph":
        style = content.get("style", "body")
        return {"kind": kind, "style": style, "runs": runs(*parts(block)[0], style == "pending")}
    if kind == "note":
        return {"kind": kind, "tone": content.get("tone", "info"), "runs": runs(*parts(block)[0])}
    if kind == "list":
        told = [mark.text for mark in marks(content)]
        if not content.get("marks") and not (small and not content.get("ordered")):
            told = [f"{n}." for n, _ in enumerate(told, 1)]  # no bullets in an official text
        return {
            "kind": kind,
            "items": [
                runs("", [{"text": mark}, *pieces])
                for mark, (_, pieces) in zip(told, parts(block), strict=True)
            ],
            "levels": [mark.level for mark in marks(content)],
        }
    if kind == "figure":
        width, pixels = picture_size(block)
        crop = float(content.get("titled", 0.0)) if content.get("label") else 0.0
        height = pixels * (1 - crop)  # the caption says the title
        mm = min(content.get("width_cm", 16.0) * 10, 156.0, 195.0 * width / height)
        tall = _LOW if compact else _TALL
        mm = (
            min(mm, max(tall * width / height, mm * 0.85)) if not small else mm
        )  # type of 7 points stays above 6
        return {
            "kind": kind,
            **_caption(content),
            "alt": content["alt"],
            "png": content["png"],
            "crop": crop,
            "width": mm,
            "height": mm * height / width,
        }
    return _table(content, small, compact) if kind == "table" else {"kind": kind}


def picture_size(block: Block) -> tuple[int, int]:
    """Pixels of a figure, from the head of its PNG."""
    png = block.png
    if png[:8] != b"\x89PNG\r\n\x1a\n" or len(png) < 33:
        where, advice = block.content["title"] or "图", "图片须为 PNG；请重新运行笔记本"
        raise InputError(
            Problem("value_invalid", where=where, found="图片打不开", allowed="PNG", advice=advice)
        )
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _caption(content: Mapping[str, Any]) -> Item:
    return {
        "id": content.get("anchor", ""),
        "label": content.get("label", ""),
        "title": content["title"],
    }


def _table(content: Mapping[str, Any], small: bool, compact: bool = False) -> Item:
    columns, rows, totals = content["columns"], content["rows"], content.get("total_rows", 0)
    sides = [side(column, [row[n] for row in rows]) for n, column in enumerate(columns)]
    grid = [[Cell.read(cell) for cell in row] for row in rows]
    words = [
        [printed(cell, column) for cell, column in zip(row, columns, strict=True)] for row in grid
    ]
    texts = [
        [f"{cell.mark} {word}" if cell.mark else word for cell, word in zip(row, said, strict=True)]
        for row, said in zip(grid, words, strict=True)
    ]
    across = [is_remark(row) for row in rows]
    body = []
    for n, row in enumerate(rows):
        cells = []
        for cell, word, place in zip(grid[n], words[n], sides, strict=True):
            lead = [{"text": f"{cell.mark} ", "tone": cell.tone}] if cell.mark else []
            told = cell.runs or ({"text": word},)
            pieces = runs("", [*lead, *told], cell.tone == "pending")
            cells.append({"side": place, "runs": pieces, "cols": len(row) if across[n] else 1})
            if across[n]:
                break
        body.append({"cells": cells, "total": n >= len(rows) - totals})
    item = {
        "kind": "table",
        **_caption(content),
        "unit": content.get("unit", ""),
        "head": [[asdict(cell) for cell in line] for line in head(columns)],
        "rows": body,
        "feet": feet_of(content),
        "form": content.get("form", "full"),
        "whole": False,
    }
    within = [t for t, whole in zip(texts, across, strict=True) if not whole]
    sizes = ((10.0, PORTRAIT + 40.0),) if small else _DENSE if compact else _FITS
    found = _set(item, _fits(columns, within, sides, sizes), small, compact)
    if not (found["wide"] or small or compact):
        found["lying"] = _set(item, _fits(columns, within, sides, _LYING), small, compact)
    return found


def _set(
    item: Item, fits: Iterable[tuple[float, float, list[float]]], small: bool, compact: bool
) -> Item:
    """A table in the largest type in which a page holds it; else in the largest of all."""
    found = []
    for size, room, widths in fits:
        wide = room > PORTRAIT
        found.append(
            {**item, "size": size, "widths": widths, "wide": wide, "dense": wide or compact}
        )
        page = PORTRAIT - 10 if wide else LANDSCAPE
        if (high := _height(found[-1])) < page - 20:
            return {**found[-1], "whole": small or high < _WHOLE * page}
    return found[0]


def feet_of(content: Mapping[str, Any]) -> list[str]:
    """Below a table: its notes as one line (注：1.… 2.…), each a sentence with its stop, and its source."""
    notes = [note.strip() for note in content.get("notes", ())]
    notes = [note if note[-1] in "。！？.!?" else f"{note}。" for note in notes if note]
    told = (
        "".join(f"{n}.{note}" for n, note in enumerate(notes, 1))
        if len(notes) > 1
        else "".join(notes)
    )
    source = content.get("source", "")
    return [f"注：{told}"] * bool(told) + [f"来源：{source}"] * bool(source)


def _height(item: Item) -> float:
    """About how high a table is with caption and notes, in points, so that one that fits a page is not broken."""
    size, widths = item["size"], item["widths"]

    def lines(text: str, width: float) -> int:
        return sum(
            max(1, -int(-em(part) * size * 0.93 // max(width - 6, size)))
            for part in text.split("\n")
        )

    def row(cells: Iterable[tuple[str, float]]) -> float:
        return max(lines(text, width) for text, width in cells) * size * 1.25 + (
            1.5 if item["dense"] else 4.5
        )

    total = sum(
        row((cell["text"], sum(widths[cell["at"] : cell["at"] + cell["cols"]])) for cell in cells)
        for cells in item["head"]
    )
    for one in item["rows"]:
        each = ["".join(run["text"] for run in cell["runs"]) for cell in one["cells"]]
        total += row(zip(each, widths if len(each) == len(widths) else [sum(widths)], strict=True))
    feet = sum(-int(-em(foot) * 9 // sum(widths)) for foot in item["feet"])
    return float(total + 14 * feet + 40 + 18 * bool(item["unit"]))


def summary_scale(found: Sequence[Item]) -> float:
    """How much smaller the type of a summary is than that of the text, so that it fits its one page."""
    for scale in _SUMMARY:
        size = BODY * scale
        told = sum(
            _height(item)
            if item["kind"] == "table"
            else LINE
            * scale
            * max(1, -int(-(em("".join(r["text"] for r in item["runs"])) + 2) * size // PORTRAIT))
            for item in found
            if "runs" in item or item["kind"] == "table"
        )
        if told + LINE * (1 + scale) < LANDSCAPE:  # with its heading, and a line to spare
            return scale
    return _SUMMARY[-1]


def _fits(
    columns: Sequence[Mapping[str, Any]],
    texts: Sequence[Sequence[str]],
    sides: Sequence[str],
    sizes: Sequence[tuple[float, float]],
) -> Iterator[tuple[float, float, list[float]]]:
    """Size of type, width of the page's text block and of the columns (points): the largest that holds every number.

    Smaller type on the same page follows, for a table that one page does not hold otherwise.
    """
    needs, wants = [], []
    for n, column in enumerate(columns):
        longest = max((em(row[n]) for row in texts), default=0.0)
        label = em(column["label"])
        words = sides[n] == "l"
        needs.append(
            max(min(longest, 6.0) if words else min(longest, 12.0), label / 3, min(label, 3.4))
            + _PADDING
        )
        wants.append(
            max(min(longest, 90.0), label / 2, needs[-1] - _PADDING, min(label, 6.0)) + _PADDING
        )
    holding = [(s, r) for s, r in sizes if sum(needs) * s <= r] or [sizes[-1]]
    for size, room in (pair for pair in holding if pair[1] == holding[0][1]):
        spare, more = room / size - sum(needs), sum(wants) - sum(needs)
        share = [
            need + (want - need) * min(1.0, spare / more) if more > 0 and spare > 0 else need
            for need, want in zip(needs, wants, strict=True)
        ]
        yield size, room, [round(room * width / sum(share), 2) for width in share]


def _lie_too(found: list[Item]) -> None:
    """Low tables of a section that has wide ones, and those right beside a wide one, stand on landscape pages with them.

    A page that turns leaves what is left of the one before it empty.
    """
    starts = [n for n, item in enumerate(found) if item["kind"] == "heading" and item["rank"] == 1]
    for first, last in pairwise([0, *starts, len(found)]):
        tables = [item for item in found[first:last] if item["kind"] == "table"]
        if any(item["wide"] for item in tables):
            for item in tables:
                item["wide"] = item["wide"] or _height(item) < _LIES * (PORTRAIT - 10)
    for is_table, beside in groupby(found, lambda item: item["kind"] == "table"):
        tables = list(beside) if is_table else []
        lies = any(item["wide"] for item in tables)
        for item in tables:
            lying = item.pop("lying", {})
            if lies and not item["wide"]:
                item.update(lying)


def _turn(found: list[Item]) -> None:
    """Headings and a few short lines beside a wide table go onto its page, so that pages turn as little as they can.

    The first item of a page is not told to begin one.
    """
    words = ("heading", "paragraph", "note")
    for n in [n for n, item in enumerate(found) if item.get("wide")]:
        first, length = n, 0
        while first and found[first - 1]["kind"] in words and not found[first].get("new_page"):
            length += sum(len(run["text"]) for run in found[first - 1].get("runs", ()))
            if length > _FEW:
                break
            first -= 1
        follows = first > 0 and bool(found[first - 1].get("wide"))
        while first < n and not follows and found[first]["kind"] != "heading":
            first += 1
        for item in found[first:n]:
            item["wide"] = True
            if item.get("annex"):  # in one line: the page has to hold the table too
                item.update(text=f"{item['annex']}　{item['text']}", annex="")
    for n, item in enumerate(found):
        if "new_page" in item and (
            n == 0 or bool(found[n - 1].get("wide")) != bool(item.get("wide"))
        ):
            item["new_page"] = False
