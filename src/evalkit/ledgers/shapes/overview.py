"""A row a township (镇街 | 单位数 | 党组织数): one row a township and item."""

from __future__ import annotations

import re
from collections.abc import Mapping

from evalkit.ledgers import persons
from evalkit.ledgers.cells import ROWS, blank, cell_at, is_derived, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import heading_keys, plain, squeeze
from evalkit.ledgers.place import area_names
from evalkit.ledgers.shapes.shaping import (
    HEADS,
    OF_WHICH,
    TOTALS,
    Head,
    Row,
    Shaping,
    as_they_stand,
    compare,
    head_of,
    lines_above,
    made,
    number_in,
    told_year,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top

_SO_MANY = re.compile(r"[约近逾]?[\d,.]+[余多]?[个家名人户支]?|[-—―–─/]+")


def overview(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """镇街 | 单位数 | 党组织数 | 党员数 ...: what a township counts, one row a township and item."""
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if facts.counts or facts.n_texts < 3 or not top.near(i, {"area", "body"}):
            continue
        head = head_of(sheet, i)
        key = head.column("area", "body")
        if key is None or not _rows_are_areas(sheet, head, key):
            continue
        if any(_of_records(sheet, head, j) for j in head.levels if j != key):
            return None
        counted: dict[int, str] = {}
        subject = shaping.subject(lines_above(sheet, head.top))
        whole: tuple[str, ...] = ()
        for j, texts in head.levels.items():
            part = bool(OF_WHICH.match(squeeze(texts[-1]))) and len(texts) == 1
            of_whole = (whole[-1], texts[-1]) if part and whole else texts
            name = shaping.measure(of_whole, subject) if j != key else ""
            whole = whole if part else texts
            again = (name, told_year(texts)) in {
                (known, told_year(head.levels[at])) for at, known in counted.items()
            }
            if name and not again:
                counted[j] = name
        if len(counted) < 2:
            return None
        return [_overview_of(sheet, head, key, counted, shaping)]
    return None


def _of_records(sheet: RawSheet, head: Head, j: int) -> bool:
    """Whether a column names units or organisations: its rows are records, not counts."""
    keys = heading_keys(head.levels[j][-1])[0]
    if not any(key in HEADS["body"] or key in HEADS["organisation"] for key in keys):
        return False
    said = [c for row in sheet.rows[head.bottom + 1 :] if not blank(c := cell_at(row, j))]
    return (
        sum(isinstance(c, str) and not _SO_MANY.fullmatch(squeeze(c)) for c in said) > len(said) / 2
    )


def _rows_are_areas(sheet: RawSheet, head: Head, key: int) -> bool:
    """Whether every row below a heading is of one area, none of which stands there twice."""
    said: set[str] = set()
    n_areas = 0
    for row in sheet.rows[head.bottom + 1 :]:
        cell = cell_at(row, key)
        if not isinstance(cell, str) or sum(not blank(c) for c in row) <= 2:
            continue
        text = squeeze(cell)
        if not text or is_total(text, TOTALS) or ROWS.signed.search(text) or ROWS.note.search(text):
            continue
        if text in said:  # a list of records names its townships again and again
            return False
        said.add(text)
        n_areas += len(text) <= 16 and bool(area_names(text))
    return bool(said) and n_areas >= 0.8 * len(said)


def _overview_of(
    sheet: RawSheet, head: Head, key: int, counted: Mapping[int, str], shaping: Shaping
) -> RawSheet:
    beside = {j for j, texts in head.levels.items() if plain(texts[-1]) in HEADS["aside"]}
    for j, texts in head.levels.items():
        if j == key or j in counted or j in beside:
            rule = "shape_key" if j == key else "shape_value" if j in counted else "shape_beside"
            shaping.tell_column(sheet, head.top, j, texts, counted.get(j, ""), rule)
            continue
        kind = persons.heading_kind(texts[-1])
        shaping.tell_column(sheet, head.top, j, texts, "", "person" if kind else "unknown")
        if kind:
            shaping.said("personal_data", sheet, (head.top, j), persons.KIND_NAMES[kind])
        elif not is_derived(texts[-1]) and "率" not in texts[-1]:
            said = persons.shown("/".join(map(squeeze, texts)))
            shaping.said("measure_unknown", sheet, (head.top, j), said, "此列未采用")
    shaping.tell(sheet, "shape_heading", *range(head.top, head.bottom + 1))
    rows = as_they_stand(sheet, range(head.top))
    rows.append([(w, None) for w in ("镇街", "指标", "数值", "计量单位", "年份")])
    sums = dict.fromkeys(counted, 0.0)
    totals: list[int] = []
    for n in range(head.bottom + 1, len(sheet.rows)):
        here = sheet.rows[n]
        first = next((c for c in here if isinstance(c, str) and c.strip()), "")
        if is_total(first, TOTALS) or is_total(cell_at(here, key), TOTALS):
            shaping.tell(sheet, "shape_total", n)
            if "小计" not in squeeze(first):
                totals.append(n)
            continue
        if (
            is_derived(first)
            or not isinstance(cell_at(here, key), str)
            or blank(cell_at(here, key))
        ):
            rows += (
                as_they_stand(sheet, range(n, n + 1))
                if sum(not blank(c) for c in here) == 1
                else []
            )
            continue
        if ROWS.signed.search(squeeze(cell_at(here, key))):
            shaping.tell(sheet, "signature", n)
            continue
        if not area_names(str(cell_at(here, key))):
            rows += (
                as_they_stand(sheet, range(n, n + 1))
                if sum(not blank(c) for c in here) == 1
                else []
            )
            if sum(not blank(c) for c in here) > 1:
                found = persons.gate(str(cell_at(here, key)), "label").text
                shaping.said("area_unconfirmed", sheet, (n, key), found, "这一行未计入")
                shaping.tell(sheet, "area_unknown", n)
            continue
        for j, name in counted.items():
            cell = cell_at(here, j)
            if not blank(cell):
                unit = heading_keys(head.levels[j][-1])[1] or shaping.unit_of(name)
                year = (told_year(head.levels[j]), None)
                item: Row = [(here[key], (n, key)), (name, (head.top, j)), (cell, (n, j))]
                rows.append([*item, (unit, None), year])
                sums[j] += float(cell) if isinstance(cell, int | float) else number_in(cell)
    for n in totals:
        compare(sheet, n, sheet.rows[n], sums, shaping)
    return made(sheet, rows, "overview")
