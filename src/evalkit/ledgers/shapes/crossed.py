"""A column a township, a month or a kind of activity: one row an entry and column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.ledgers import persons
from evalkit.ledgers.cells import blank, cell_at, is_derived, is_total, tick, yes_marks
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import absent, words_of
from evalkit.ledgers.headings import heading_keys, plain, squeeze
from evalkit.ledgers.place import area_names
from evalkit.ledgers.shapes.shaping import (
    DECLARED,
    HEADS,
    TOTALS,
    Head,
    Place,
    Row,
    Shaping,
    as_they_stand,
    compare,
    head_of,
    item_text,
    lines_above,
    listed_in,
    made,
    number_in,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top, item_column, kinds_of

_STARS = re.compile(r"[一二三四五1-5]星级?|★{1,5}")
_TIMES = re.compile(r"[约近]?[\d０-９]+[余多]?次?|[-—―–─/]+|[无零]")


_DAY = re.compile(r"(?:(?:19|20)\d{2}[年./-])?(\d{1,2})(?:[月./-]\d{1,2}日?|(日|号))")
_ONE_DAY = re.compile(r"(?:(?:(?:19|20)\d{2}[年./-])?\d{1,2}[月./-])?\d{1,2}[日号]?")
_NOT_HELD = re.compile(r"(?:未|没有?)(?:开展|举办|组织|召开|进行|活动)")


_MONEY = re.compile(DECLARED["money"])


def _headed(row: list[object], kind: str) -> int | None:
    """The first column of a heading whose word is one of a kind."""
    return next((j for j, c in enumerate(row) if isinstance(c, str) and kind in kinds_of(c)), None)


@dataclass(frozen=True)
class Crossed:
    """A heading whose columns are entries of one list: by its index the entry of each column."""

    top: int
    row: int  # the lowest row of the heading
    key: int
    entries: dict[int, str]


def _crossed(top: Top, key: str, entry: Callable[[str], str], least: int = 2) -> Crossed | None:
    """The first heading with a column of `key` and at least `least` columns that are entries."""
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if key not in facts.words or facts.n_texts <= least:
            continue
        at = facts.words[key]
        if key == "item":
            at = better if (better := item_column(top.sheet, i)) is not None else at
        entries = {
            j: said
            for j, cell in enumerate(top.sheet.rows[i])
            if j != at and isinstance(cell, str) and (said := entry(squeeze(cell)))
        }
        if len(entries) >= least and len(set(entries.values())) == len(entries):
            return Crossed(i, i, at, entries)
    return None


def _an_area(text: str) -> str:
    return text if len(text) <= 16 and area_names(text) else ""


def across(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """指标 | 城关镇 | 河口镇 | 合计: one row an item and township, the total compared."""
    found = _crossed(top, "item", _an_area)
    if found is None:
        return None
    head = sheet.rows[found.row]
    unit = _headed(head, "unit")
    totals = [j for j, c in enumerate(head) if is_total(c, TOTALS)]
    rows = as_they_stand(sheet, range(found.row))
    rows.append([(w, None) for w in ("镇街", "指标", "数值", "计量单位")])
    _tell_crossed(sheet, found, shaping)
    whole, subject = "", shaping.subject(lines_above(sheet, found.row))
    for n in range(found.row + 1, len(sheet.rows)):
        here = sheet.rows[n]
        if all(blank(cell_at(here, j)) for j in found.entries):
            rows += as_they_stand(sheet, range(n, n + 1)) if any(not blank(c) for c in here) else []
            continue
        texts, whole = item_text(squeeze(cell_at(here, found.key)), whole)
        item, said = shaping.measure(texts, subject) or texts[-1], texts[-1]
        told = (cell_at(here, unit), (n, unit)) if unit is not None else ("", None)
        told = told if not blank(told[0]) else (heading_keys(said)[1] or "", None)
        told = told if told[0] else (shaping.unit_of(item), None)
        some = 0.0
        for j in found.entries:
            if not blank(cell_at(here, j)):
                rows.append([(head[j], (n, j)), (item, (n, found.key)), (here[j], (n, j)), told])
                some += number_in(here[j])
        for j in totals:
            compare(sheet, n, here, {j: some}, shaping)
    return [made(sheet, rows, "across")]


def by_months(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """党组织 | 1月 | 2月 | ...: a mark or a number where an activity was held, one row a month."""
    found = _crossed(top, "organisation", _a_month, least=6)
    if found is None or is_of_money(lines_above(sheet, found.top)[:-1]):
        return None
    return [activities_of(sheet, found, shaping, "month")]


def is_of_money(titles: Sequence[str]) -> bool:
    """Whether the titles of a table tell of money: dues by month are no activities."""
    return any(_MONEY.search(squeeze(title)) for title in titles)


def by_kinds(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """党组织 | 主题党日（次） | 党课 | 组织生活会: how often each was held."""
    kinds = words_of(shaping.lists, shaping.headings.values, "activity_kind")

    def listed(text: str) -> str:
        bare = next((key for key in heading_keys(text)[0] if key in kinds), "")
        return bare if kinds.get(bare) not in (None, "visit") else ""

    for i, facts in enumerate(top.rows[:20]):
        if "organisation" not in facts.words:
            continue
        head = head_of(sheet, i)
        key = head.column("organisation")
        entries = {j: kind for j, t in head.levels.items() if j != key and (kind := listed(t[-1]))}
        if key is None or len(entries) < 2 or not _are_counts(sheet, head, entries):
            continue
        return [activities_of(sheet, Crossed(head.top, head.bottom, key, entries), shaping, "kind")]
    return None


def by_stars(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """党组织名称 | 五星 | 四星 | 三星: a mark below the stars of each organisation."""
    found = _crossed(top, "organisation", _stars)
    if found is None:
        return None
    marks = [cell_at(row, j) for row in sheet.rows[found.row + 1 :] for j in found.entries]
    means_yes = yes_marks(marks)
    if not any(tick(cell) in means_yes for cell in marks):
        return None
    area = _headed(sheet.rows[found.row], "area")
    _left_out(sheet, found, {found.key, area, *found.entries}, shaping)
    _tell_crossed(sheet, found, shaping)
    rows = as_they_stand(sheet, range(found.top))
    rows.append([(w, None) for w in ("镇街", "党组织名称", "拟定星级")])
    town: tuple[object, Place | None] = ("", None)
    for n in range(found.row + 1, len(sheet.rows)):
        here = sheet.rows[n]
        name = cell_at(here, found.key)
        first = next((str(c) for c in here if isinstance(c, str) and c.strip()), "")
        if is_total(name, TOTALS) or is_total(first, TOTALS):
            shaping.tell(sheet, "shape_total", n)
            continue
        if blank(name):
            rows += as_they_stand(sheet, range(n, n + 1)) if any(not blank(c) for c in here) else []
            continue
        if area is not None and not blank(cell_at(here, area)):
            town = (here[area], (n, area))
        said = [j for j in found.entries if tick(cell_at(here, j)) in means_yes]
        if len(said) > 1:
            ticked = "、".join(found.entries[j] for j in said)
            shaping.said("value_not_listed", sheet, (n, said[0]), f"勾了{ticked}", "空")
        stars = found.entries[said[0]] if len(said) == 1 else ""
        rows.append([town, (name, (n, found.key)), (stars, (n, said[0] if said else found.key))])
    return [made(sheet, rows, "stars")]


def _stars(text: str) -> str:
    """五星, 四星级 as a heading: the stars, as a cell may write them."""
    return text if _STARS.fullmatch(text) else ""


def _are_counts(sheet: RawSheet, head: Head, columns: Mapping[int, str]) -> bool:
    """Whether only numbers of times stand below these headings."""
    cells = [cell_at(row, j) for row in sheet.rows[head.bottom + 1 :] for j in columns]
    said = [c for c in cells if not blank(c)]
    counts = [isinstance(c, int | float) or bool(_TIMES.fullmatch(squeeze(c))) for c in said]
    return bool(said) and all(counts) and any(number_in(c) > 1 for c in said)


def _a_month(text: str) -> str:
    found = re.fullmatch(r"(?:(?:19|20)\d{2}年)?(1[0-2]|0?[1-9])月份?", text)
    return found[1] if found else ""


def activities_of(sheet: RawSheet, found: Crossed, shaping: Shaping, what: str) -> RawSheet:
    """Rows 镇街, 党组织名称, 月份, 活动类型, 次数 of a table whose columns are months, quarters or kinds of activity."""
    heads = sheet.rows[found.top : found.row + 1]
    area = next((j for row in heads if (j := _headed(row, "area")) is not None), None)
    kinds = words_of(shaping.lists, shaping.headings.values, "activity_kind")
    title = next((w for t in lines_above(sheet, found.top) if (w := listed_in(t, kinds, ""))), "")
    _left_out(sheet, found, {found.key, area, *found.entries}, shaping)
    _tell_crossed(sheet, found, shaping)
    rows = as_they_stand(sheet, range(found.top))
    rows.append([(w, None) for w in ("镇街", "党组织名称", "月份", "活动类型", "次数", "主题")])
    sums = dict.fromkeys(found.entries, 0.0)
    days = what == "month" and _tell_days(sheet, found)
    town: tuple[object, Place | None] = ("", None)
    for n in range(found.row + 1, len(sheet.rows)):
        here = sheet.rows[n]
        name = cell_at(here, found.key)
        first = next((str(c) for c in here if isinstance(c, str) and c.strip()), "")
        if is_total(name, TOTALS) or is_total(first, TOTALS):
            shaping.tell(sheet, "shape_total", n)
            if "小计" not in first and not days:
                compare(sheet, n, here, sums, shaping)
            continue
        if blank(name):
            rows += as_they_stand(sheet, range(n, n + 1)) if any(not blank(c) for c in here) else []
            continue
        if area is not None and not blank(cell_at(here, area)):
            town = (here[area], (n, area))
        shaping.tell(sheet, "shape_item", n)  # a row without any mark is read as well
        for j, entry in found.entries.items():
            times = _days(cell_at(here, j)) if days else _times(cell_at(here, j))
            if times != "":
                month = entry if what == "month" else ""
                kind = entry if what == "kind" else title
                start: Row = [town, (name, (n, found.key)), (month, (n, j)), (kind, (n, j))]
                rows.append([*start, (times, (n, j)), (entry, (n, j))])
                sums[j] += number_in(times)
    return made(sheet, rows, {"month": "months", "kind": "kinds"}.get(what, "quarter_activities"))


def _tell_days(sheet: RawSheet, found: Crossed) -> bool:
    """Whether the cells below months tell on which days something was held: 5日, 3月7日, 3.7 below 3月; never how often."""
    for row in sheet.rows[found.row + 1 :]:
        for j, month in found.entries.items():
            cell = cell_at(row, j)
            if isinstance(cell, dt.date):
                return True
            said = _DAY.match(squeeze(cell)) if isinstance(cell, str) else None
            if said and (said[2] or said[1] == month or said[1].lstrip("0") == month):
                return True
    return False


def _days(cell: object) -> object:
    """On how many days a cell says that something was held: 6月1日、6月28日 are two, a number is one day."""
    if isinstance(cell, dt.date):
        return 1
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return 1 if 1 <= cell < 32 else cell or ""
    if blank(cell) or absent(cell) or _NOT_HELD.fullmatch(squeeze(cell)):
        return ""
    pieces = [piece for piece in re.split(r"[、,，;；和及]", squeeze(cell)) if piece]
    return len(pieces) if all(_ONE_DAY.fullmatch(piece) for piece in pieces) else _times(cell)


def _tell_crossed(sheet: RawSheet, found: Crossed, shaping: Shaping) -> None:
    """What the heading and the columns of a crossed table are."""
    shaping.tell(sheet, "shape_heading", *range(found.top, found.row + 1))
    for j, cell in enumerate(sheet.rows[found.row]):
        if j == found.key or j in found.entries or not blank(cell):
            rule = "shape_value" if j in found.entries else "shape_beside"
            rule = "shape_key" if j == found.key else rule
            shaping.tell_column(sheet, found.row, j, [str(cell)], found.entries.get(j, ""), rule)


def _left_out(sheet: RawSheet, found: Crossed, used: set[int | None], shaping: Shaping) -> None:
    """What a crossed table has beside its entries is said."""
    for j, cell in enumerate(sheet.rows[found.row]):
        word = plain(cell) if isinstance(cell, str) else ""
        known = word in HEADS["aside"] or word in HEADS["whole"] or is_derived(cell)
        if word and j not in used and not known and not is_total(cell, TOTALS):
            if kind := persons.heading_kind(str(cell)):
                shaping.said("personal_data", sheet, (found.row, j), persons.KIND_NAMES[kind])
            else:
                said = persons.shown(squeeze(cell))
                shaping.said("heading_unknown", sheet, (found.row, j), said)


def _times(cell: object) -> object:
    """How often something was held: a mark is once, a blank or a cross not at all; what else stands there as it stands."""
    if blank(cell) or absent(cell):
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell or ""
    mark = tick(cell)
    return 1 if mark in ("yes", "open") else "" if mark == "no" else cell
