"""Figures and small tables where there is room, so that no page stays empty for them.

What does not fit on what is left of a page would go to the next one and leave a gap. Then the words that follow come
first, as a typesetter does it; where there are none before the next chapter, a figure becomes a little smaller, or
stands before the words that lead to it, or before the table above it. The order of tables and of figures among
themselves stays. Word gets the same order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.documents.layout import LANDSCAPE, Item

if TYPE_CHECKING:
    from evalkit.documents.pdf import Spot

TOP, HIGH = 104.9, LANDSCAPE  # points: the text block of a portrait page
GAP = 0.25  # of the text block: what may stay empty
SMALLER = 0.78  # a figure that would just not fit becomes this small at most
LOWER = (0.95, 0.9, 0.85, 0.8)  # of its figures, where the last page of a document holds little
FEW = 0.16  # of the text block: three lines and a half
ROUNDS = 10
PARAGRAPHS = 4  # that may come before a figure for the sake of another program's lines
WORDS = ("paragraph", "list", "note")

Places = Callable[[Sequence[Item]], "list[Spot]"]

_settled: dict[str, list[Item]] = {}  # the last document: Word asks for the same as PDF


@dataclass(frozen=True)
class Gap:
    """A part of a page that stays empty because of what comes next (its place among the items)."""

    at: int
    room: float
    high: float


def settled(found: Sequence[Item], places: Places, also: Sequence[Places] = ()) -> list[Item]:
    """The items in an order that leaves no gap which words could fill; `places` says where items would stand.

    `also` say it for lines that break earlier, as those of other programs do: gaps there are filled too, where that
    costs none here.
    """
    key = hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()
    if key not in _settled:
        order = _settle([{**item, "n": n} for n, item in enumerate(found)], places)
        order = _no_page_for_few(order, places)
        order = _settled_too(order, places, also) if also else order
        _settled.clear()
        _settled[key] = [{k: v for k, v in item.items() if k != "n"} for item in order]
    return _settled[key]


def _settle(order: list[Item], places: Places) -> list[Item]:
    if not any(item["kind"] in ("figure", "table") for item in order):
        return order
    tried: set[tuple[int, tuple[int, ...]]] = set()
    left = set[int]()  # gaps that nothing can fill
    for _ in range(ROUNDS):
        gap = next(
            (one for one in gaps(order, places(order)) if order[one.at]["n"] not in left), None
        )
        if gap is None:
            break
        moved = (
            _words_first(order, gap.at)
            or _smaller(order, gap)
            or _before_words(order, gap.at)
            or _before_table(order, gap.at, places)
        )
        state = (order[gap.at]["n"], tuple(item["n"] for item in moved or order))
        if not moved or state in tried:
            left.add(order[gap.at]["n"])
            continue
        tried.add(state)
        order = moved
    return order


def _no_page_for_few(order: list[Item], places: Places) -> list[Item]:
    """Figures a little lower where that saves a last page of a few lines."""

    def last(order: Sequence[Item]) -> tuple[int, float]:
        return max((spot.page, spot.y) for spot in places(order))

    if not any(item["kind"] == "figure" for item in order):
        return order
    page, y = last(order)
    if page == 1 or y - TOP > FEW * HIGH:
        return order
    most = len(gaps(order, places(order)))
    for scale in LOWER:
        tried = [_scaled(i, scale) if i["kind"] == "figure" else i for i in order]
        if last(tried)[0] < page and len(gaps(tried, places(tried))) <= most:
            return tried
    return order


def _scaled(item: Item, scale: float) -> Item:
    """A figure at a part of its size, never below `SMALLER` of the usual one."""
    scale = max(scale, SMALLER) if not item.get("smaller") else 1.0
    return {**item, "width": item["width"] * scale, "height": item["height"] * scale}


def _settled_too(order: list[Item], places: Places, also: Sequence[Places]) -> list[Item]:
    """The order with fewer gaps in other settings and no more in the first."""

    def others(order: list[Item]) -> list[Gap]:
        return [gap for each in also for gap in gaps(order, each(order))]

    left = set[int]()
    for _ in range(ROUNDS):
        found = others(order)
        gap = next((one for one in found if order[one.at]["n"] not in left), None)
        if gap is None:
            break
        most = len(gaps(order, places(order)))
        better = next(
            (
                tried
                for tried in _attempts(order, gap, places)
                if len(gaps(tried, places(tried))) <= most and len(others(tried)) < len(found)
            ),
            None,
        )
        if better is None:
            left.add(order[gap.at]["n"])
        else:
            order = better
    return order


def _attempts(order: list[Item], gap: Gap, places: Places) -> Iterator[list[Item]]:
    """What may fill a gap: the next words, up to some paragraphs of them, then what `_settle` tries."""
    n, moved, at = order[gap.at]["n"], order, gap.at
    for _ in range(PARAGRAPHS):
        further = _words_first(moved, at)
        if further is None:
            break
        moved = further
        at = next(place for place, item in enumerate(moved) if item["n"] == n)
        yield moved
    for other in (
        _smaller(order, gap),
        _before_words(order, gap.at),
        _before_table(order, gap.at, places),
    ):
        if other:
            yield other


def gaps(order: Sequence[Item], spots: Sequence[Spot]) -> list[Gap]:
    """Where a figure or a table begins a page and leaves too much of the one before it empty."""
    starts = {spot.n: spot for spot in spots if not spot.end}
    ends = {spot.n: spot for spot in spots if spot.end}
    found = []
    for at, item in enumerate(order):
        start, end = starts.get(item["n"]), ends.get(item["n"])
        if start is None or end is None or item.get("wide"):
            continue
        before = next((n for n in range(at - 1, -1, -1) if order[n]["n"] in ends), None)
        if before is None or any(one.get("new_page") for one in order[before + 1 : at + 1]):
            continue
        last = ends[order[before]["n"]]
        room = TOP + HIGH - last.y
        if order[before].get("wide") or start.page != last.page + 1 or room < GAP * HIGH:
            continue
        found.append(Gap(at, room, end.y - start.y if end.page == start.page else HIGH))
    return found


def _chapter_ends(item: Item) -> bool:
    return (item["kind"] == "heading" and item["rank"] == 1) or item["kind"] == "page_break"


def _words_first(order: Sequence[Item], at: int) -> list[Item] | None:
    """The next words of the chapter, with the headings right above them, before what does not fit."""
    first = at + 1
    while first < len(order) and order[first]["kind"] in ("figure", "table"):
        first += 1
    last = first
    while last < len(order) and order[last]["kind"] == "heading" and not _chapter_ends(order[last]):
        last += 1
    if last >= len(order) or order[last]["kind"] not in WORDS or order[last].get("wide"):
        return None
    return [*order[:at], *order[first : last + 1], *order[at:first], *order[last + 1 :]]


def _smaller(order: Sequence[Item], gap: Gap) -> list[Item] | None:
    """The figure as small as the room asks for, where that is little."""
    item = order[gap.at]
    scale = (gap.room - 30) / gap.high  # with the space around it, and a line above its caption
    if item["kind"] != "figure" or not SMALLER <= scale < 1 or item.get("smaller"):
        return None
    drawn = {
        **item,
        "width": item["width"] * scale,
        "height": item["height"] * scale,
        "smaller": True,
    }
    return [*order[: gap.at], drawn, *order[gap.at + 1 :]]


def _before_words(order: Sequence[Item], at: int) -> list[Item] | None:
    """What does not fit before the words that lead to it, which then fill the page below it."""
    if at < 2 or order[at - 1]["kind"] not in WORDS or order[at - 2]["kind"] not in WORDS:
        return None
    return [*order[: at - 1], order[at], order[at - 1], *order[at + 1 :]]


def _before_table(order: Sequence[Item], at: int, places: Places) -> list[Item] | None:
    """A figure before the table above it, which may break where the figure may not, if that leaves fewer gaps."""
    above = order[at - 1] if at else {"kind": ""}
    movable = order[at]["kind"] == "figure" and above["kind"] == "table"
    if not movable or above.get("wide") or above.get("whole") or above.get("new_page"):
        return None
    moved = [*order[: at - 1], order[at], above, *order[at + 1 :]]
    return moved if len(gaps(moved, places(moved))) < len(gaps(order, places(order))) else None
