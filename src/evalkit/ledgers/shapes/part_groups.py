"""Each part of the year a group of columns (一季度: 走访 | 收集意见; 发展党员: 上半年 | 全年): the year of each, one column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from evalkit.ledgers import persons
from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import RULES
from evalkit.ledgers.forms import absent, words_of
from evalkit.ledgers.headings import heading_keys, plain, squeeze
from evalkit.ledgers.shapes.parts import Part, of_year, part_before, part_of, without_whole
from evalkit.ledgers.shapes.shaping import (
    DECLARED,
    TOTALS,
    Head,
    Place,
    Row,
    Shaping,
    as_they_stand,
    head_of,
    lines_above,
    listed_in,
    made,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top

_DUES = re.compile(DECLARED["quarters"]["dues"])
_ONCE_A_QUARTER = re.compile(DECLARED["quarters"]["once"])
_TIMES = frozenset(DECLARED["parts"]["times"])
_DIGITS = re.compile(r"[\d零〇一二三四五六七八九十百千万]|[-—―–─/无]$")
Texts = tuple[str, ...]


@dataclass
class Item:
    """What is counted in every part of the year: its heading without the part, and its columns.

    Attributes
    ----------
    texts
        The heading without the part of the year, one or more levels.
    columns
        Of every part its column.
    whole
        The column of the whole year beside them (合计, 全年), compared and never added.
    """

    texts: Texts
    columns: dict[int, Part] = field(default_factory=dict)
    whole: int | None = None

    @property
    def first(self) -> int:
        return min([*self.columns, *([] if self.whole is None else [self.whole])])

    @property
    def all_columns(self) -> set[int]:
        return {*self.columns, *([] if self.whole is None else [self.whole])}


def part_groups(sheet: RawSheet, top: Top, shaping: Shaping) -> RawSheet | None:
    """The sheet with one column for what is counted in every part of the year; None where no heading is such a one."""
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if facts.counts or facts.parts < 2:
            continue
        head = head_of(sheet, i)
        items = _items(head)
        if items:
            return _by_year(sheet, head, items, shaping)
    return None


def _items(head: Head) -> list[Item]:
    """What stands below (or above) two and more parts of the year, in the order of its columns."""
    found: dict[Texts, Item] = {}
    beside: list[tuple[Texts, int]] = []
    for j, texts in head.levels.items():
        part, rest = _apart(texts)
        if part is not None and rest:
            found.setdefault(tuple(map(plain, rest)), Item(rest)).columns[j] = part
        elif (label := next((t for t in texts if is_total(t, TOTALS)), "")) and len(texts) > 1:
            beside.append((tuple(t for t in texts if t != label), j))
    items = [one for one in found.values() if len(set(one.columns.values())) > 1]
    for one in items:
        if len(set(one.columns.values())) < len(one.columns):
            return []  # one part twice: other years, other places
        one.columns, one.whole = without_whole(one.columns)
    for texts, j in beside:
        item = found.get(tuple(map(plain, texts)))
        if item in items and item is not None and item.whole is None:
            item.whole = j
    return items


def _apart(texts: Texts) -> tuple[Part | None, Texts]:
    """The part of the year that a heading names in one of its levels, and the heading without it."""
    for level, text in enumerate(texts):
        if (part := part_of(text)) is not None:
            return part, tuple(t for k, t in enumerate(texts) if k != level)
    part, rest = part_before(texts[-1])
    return (part, (*texts[:-1], rest)) if part and len(rest) > 1 else (None, ())


def _by_year(
    sheet: RawSheet, head: Head, items: Sequence[Item], shaping: Shaping
) -> RawSheet | None:
    titles = lines_above(sheet, head.top)
    ways = {id(one): _adds_up(one, titles, shaping) for one in items}
    if _of_activities(items, titles, shaping):
        return _activities(sheet, head, items, titles, shaping)
    if all(way is None for way in ways.values()):
        return None
    taken = {j for one in items for j in one.all_columns}
    columns: list[int | Item] = sorted(
        [
            *(j for j in range(max(map(len, sheet.rows))) if j not in taken),
            *(one for one in items if ways[id(one)] is not None),
        ],
        key=lambda one: one if isinstance(one, int) else one.first,
    )
    for one in items:
        _tell(sheet, head, one, ways[id(one)], shaping)
    shaping.tell(sheet, "shape_heading", *range(head.top, head.bottom + 1))
    rows = as_they_stand(sheet, range(head.top))
    rows += _heading(head, columns, titles, shaping)
    for n in range(head.bottom + 1, len(sheet.rows)):
        here = sheet.rows[n]
        if sum(not blank(c) for c in here) <= 1 or not any(
            _counts(cell_at(here, j)) for j in taken
        ):
            rows += as_they_stand(sheet, range(n, n + 1))
            continue
        total = any(is_total(c, TOTALS) for c in here[:4])
        line: Row = []
        for column in columns:
            if isinstance(column, int):
                line.append((cell_at(here, column), (n, column)))
                continue
            year = of_year(here, column.columns, column.whole, bool(ways[id(column)]))
            if not total:
                year.tell(sheet, n, shaping)
            line.append((year.value, (n, column.first if year.column is None else year.column)))
        rows.append(_with_fillers(line, head, columns))
    return made(sheet, rows, "part_groups")


def _of_activities(items: Sequence[Item], titles: Sequence[str], shaping: Shaping) -> bool:
    """应到 | 实到 of every month: an activity each, never to be added up."""
    look = shaping.headings.look
    hits = [look("activities", item.texts) for item in items]
    events = {hit.column for hit in hits if hit is not None} & {"due", "present", "cost_fen"}
    return {"due", "present"} <= events or (
        bool(events) and shaping.headings.announced(*titles) == "activities"
    )


def _activities(
    sheet: RawSheet, head: Head, items: Sequence[Item], titles: Sequence[str], shaping: Shaping
) -> RawSheet:
    """One row an organisation and month, or quarter of what is held once a quarter (党员大会).

    A quarter or half-year may hold several activities of any other kind: how many is not told, so it is asked.
    """
    taken = {j for one in items for j in one.all_columns}
    others = [j for j in head.levels if j not in taken]
    parts = {part for one in items for part in one.columns.values()}
    by_month = all(part.first == part.last for part in parts) or (
        all(part.last - part.first == 2 for part in parts)
        and bool(_ONCE_A_QUARTER.search("".join(map(squeeze, titles))))
    )
    kinds = words_of(shaping.lists, shaping.headings.values, "activity_kind")
    kind = next((word for title in titles if (word := listed_in(title, kinds, ""))), "")
    asked = {} if by_month else {"advice": RULES["advice"]["several_activities"]}
    for one in items:
        _tell(sheet, head, one, True if by_month else None, shaping, **asked)
    shaping.tell(sheet, "shape_heading", *range(head.top, head.bottom + 1))
    rows = as_they_stand(sheet, range(head.top))
    texts: Row = [(head.levels[j][-1], (head.bottom, j)) for j in others]
    heads: Row = [("月份", None), ("活动类型", None)]
    rows.append([*texts, *heads, *((one.texts[-1], (head.bottom, one.first)) for one in items)])
    for n in range(head.bottom + 1, len(sheet.rows)):
        here = sheet.rows[n]
        if any(is_total(c, TOTALS) for c in here[:4]):
            shaping.tell(sheet, "shape_total", n)
            continue
        if not any(_counts(cell_at(here, j)) for j in taken):
            rows += as_they_stand(sheet, range(n, n + 1))
            continue
        shaping.tell(sheet, "shape_item" if by_month else "not_used", n)
        for part in sorted(parts, key=lambda part: part.first) if by_month else ():
            at = [next((j for j, p in one.columns.items() if p == part), None) for one in items]
            cells = [(cell_at(here, j), (n, j)) for j in at if j is not None]
            if any(_counts(cell) and not absent(cell) for cell, _ in cells):
                line: Row = [(cell_at(here, j), (n, j)) for j in others]
                line += [(str(part.last), None), (kind, None)]
                blank_one: tuple[object, Place | None] = ("", None)
                line += [blank_one if j is None else (cell_at(here, j), (n, j)) for j in at]
                rows.append(line)
    return made(sheet, rows, "months")


def _counts(cell: object) -> bool:
    """Whether a cell may be a number: a note or a signature below the table holds none."""
    return isinstance(cell, int | float) or (not blank(cell) and bool(_DIGITS.search(str(cell))))


def _adds_up(item: Item, titles: Sequence[str], shaping: Shaping) -> bool | None:
    """Whether the parts of an item add up to its year; None where nothing tells what it is."""
    texts = _named(item, titles, shaping)
    unit = heading_keys(texts[-1])[1]
    if unit in _TIMES:
        return True
    if name := shaping.measure(texts, shaping.subject(titles)):
        return shaping.adds_up(name)
    headings = shaping.headings
    announced = headings.announced(*titles)
    forms = ([announced] if announced else []) + [f for f in headings.forms if f != announced]
    for form in forms:
        hit = headings.look(form, texts)
        if hit is None or headings.person(form, hit.column):
            continue
        spec = headings.forms[form]["columns"][hit.column]
        if spec["type"] in ("int", "number", "money"):
            return spec["type"] == "money" or spec.get("unit") in _TIMES or "flow" in spec
    return None


def _named(item: Item, titles: Sequence[str], shaping: Shaping) -> Texts:
    """The heading of an item; 实缴 in a table of dues is 实缴党费."""
    if not _DUES.search("".join(map(squeeze, titles))):
        return item.texts
    for said in (item.texts[-1], item.texts[-1] + "党费", "党费" + item.texts[-1]):
        hit = shaping.headings.look("funds", (said,))
        if hit is not None and hit.column == "dues_paid":
            return (*item.texts[:-1], said)
    return item.texts


def _tell(
    sheet: RawSheet,
    head: Head,
    item: Item,
    adds_up: bool | None,
    shaping: Shaping,
    **more: str,
) -> None:
    said = persons.shown("/".join(map(squeeze, item.texts)))
    if adds_up is None:
        found = f"{said}（{'、'.join(part.name for part in item.columns.values())}）"
        shaping.said("heading_unknown", sheet, (head.bottom, item.first), found, **more)
    for j in sorted(item.all_columns):
        if adds_up is None or j != item.first:
            part = item.columns.get(j)
            rule = "shape_part" if adds_up is not None else "unknown"
            name = part.name if part else ""
            shaping.tell_column(sheet, head.bottom, j, head.levels[j], name, rule)


def _heading(
    head: Head, columns: Sequence[int | Item], titles: Sequence[str], shaping: Shaping
) -> list[Row]:
    """The heading of the new columns, in two rows where one of them has a group above it."""
    texts = [_texts(head, one, titles, shaping) for one in columns]
    places = [
        (head.bottom, one) if isinstance(one, int) else (head.bottom, one.first) for one in columns
    ]
    if not _two_rows(texts):
        return [[((t[-1] if t else ""), place) for t, place in zip(texts, places, strict=True)]]
    upper: Row = []
    lower: Row = []
    group = ""
    for some, place in zip(texts, places, strict=True):
        above, below = (some[-2], some[-1]) if len(some) > 1 else (some[-1] if some else "", "")
        upper.append(("" if below and above == group else above, place))
        lower.append((below, place if below else None))
        group = above if below else ""
    return [_with_fillers(row, head, columns) for row in (upper, lower)]


def _two_rows(texts: Sequence[Texts]) -> bool:
    return any(len(one) > 1 for one in texts)


def _texts(head: Head, one: int | Item, titles: Sequence[str], shaping: Shaping) -> Texts:
    if isinstance(one, int):
        return head.levels.get(one, ())
    return _named(one, titles, shaping)


def _with_fillers(line: Row, head: Head, columns: Sequence[int | Item]) -> Row:
    """A blank column behind a group of one column: a group is known by the blank cell to its right."""
    groups = [_group(head, one) for one in columns]
    out: Row = []
    for k, cell in enumerate(line):
        out.append(cell)
        after = groups[k + 1] if k + 1 < len(groups) else ""
        before = groups[k - 1] if k else ""
        if groups[k] and groups[k] not in (before, after):
            out.append(("", None))
    return out


def _group(head: Head, one: int | Item) -> str:
    texts = head.levels.get(one, ()) if isinstance(one, int) else one.texts
    return texts[-2] if len(texts) > 1 else ""
