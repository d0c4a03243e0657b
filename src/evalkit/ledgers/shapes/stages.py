"""A row a stage (党组织 | 评定环节: 自评, 乡镇初评, 县委审定 | 得分 | 星级): one row an organisation, a column a stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.shapes.shaping import (
    DECLARED,
    TOTALS,
    Place,
    Row,
    Shaping,
    as_they_stand,
    made,
)
from evalkit.ledgers.shapes.top import FIRST_ROWS, Top

#: In their order.
_STAGES = {stage: re.compile(words) for stage, words in DECLARED["stages"].items()}
_MEASURED = {"score_final": "得分", "stars": "星级"}
LEAST_STAGES = 2
FIRST_TEXTS = 12  # rows below a heading in one of which a stage must stand


@dataclass
class _Rated:
    """An organisation: its first row, and of each stage the row that tells it."""

    first: int
    rows: dict[str, int] = field(default_factory=dict)


def by_stages(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """党组织 | 评定环节 | 得分 | 星级 with a row a stage: 自评得分 | 自评星级 | ... of each organisation."""
    for i, facts in enumerate(top.rows[:FIRST_ROWS]):
        if facts.counts or "organisation" not in facts.words or facts.n_texts < 3:
            continue
        row = sheet.rows[i]
        key = facts.words["organisation"]
        stage_at = next(
            (j for j in range(len(row)) if j != key and _tells_stages(sheet, i, j)), None
        )
        if stage_at is None:
            continue
        measured = {
            j: _MEASURED[hit.column]
            for j, cell in enumerate(row)
            if j not in (key, stage_at)
            and isinstance(cell, str)
            and (hit := shaping.headings.look("stars", (cell,)))
            and hit.column in _MEASURED
        }
        rated = _rated(sheet, i, key, stage_at)
        if not measured or rated is None:
            continue
        return [_as_columns(sheet, i, key, stage_at, measured, rated, shaping)]
    return None


def _stage(cell: object) -> str:
    said = squeeze(cell) if isinstance(cell, str) and len(cell) <= 16 else ""
    return next((stage for stage, words in _STAGES.items() if words.search(said)), "")


def _tells_stages(sheet: RawSheet, i: int, j: int) -> bool:
    """Whether every text of a column names a stage, and at least two of them do."""
    stages: set[str] = set()
    for n in range(i + 1, len(sheet.rows)):
        if n > i + FIRST_TEXTS and not stages:
            return False
        cell = cell_at(sheet.rows[n], j)
        if isinstance(cell, str) and cell.strip():
            stages.add(_stage(cell))
            if "" in stages:
                return False
    return len(stages) >= LEAST_STAGES


def _rated(sheet: RawSheet, i: int, key: int, stage_at: int) -> dict[str, _Rated] | None:
    """Every organisation with its stages; None where one stands there twice for a stage, or nobody has two."""
    out: dict[str, _Rated] = {}
    name = ""
    for n in range(i + 1, len(sheet.rows)):
        row = sheet.rows[n]
        stage = _stage(cell_at(row, stage_at))
        if not stage or any(is_total(c, TOTALS) for c in row[:4]):
            continue
        own = cell_at(row, key)
        name = squeeze(own) if not blank(own) else name
        rated = out.setdefault(name, _Rated(n))
        if not name or stage in rated.rows:
            return None
        rated.rows[stage] = n
    return out if any(len(one.rows) > 1 for one in out.values()) else None


def _said_last(sheet: RawSheet, one: _Rated, j: int) -> tuple[object, Place]:
    """What the last stage says in a column, or the one before it where that is blank."""
    rows = [one.rows[stage] for stage in reversed(_STAGES) if stage in one.rows]
    n = next((n for n in rows if not blank(cell_at(sheet.rows[n], j))), one.first)
    return cell_at(sheet.rows[n], j), (n, j)


def _as_columns(
    sheet: RawSheet,
    i: int,
    key: int,
    stage_at: int,
    measured: Mapping[int, str],
    rated: Mapping[str, _Rated],
    shaping: Shaping,
) -> RawSheet:
    head = sheet.rows[i]
    others = [j for j in range(len(head)) if j != stage_at and j not in measured]
    rows = as_they_stand(sheet, range(i))
    line: Row = [(head[j], (i, j)) for j in others]
    line += [(f"{stage}{word}", (i, j)) for stage in _STAGES for j, word in measured.items()]
    rows.append(line)
    shaping.tell(sheet, "shape_heading", i)
    shaping.tell_column(sheet, i, stage_at, [str(head[stage_at])], "", "shape_stage")
    last = i
    for one in rated.values():
        last = max(last, *one.rows.values())
        line = [_said_last(sheet, one, j) for j in others]
        for stage in _STAGES:
            n = one.rows.get(stage)
            for j in measured:
                at: Place | None = None if n is None else (n, j)
                line.append(("" if n is None else cell_at(sheet.rows[n], j), at))
        shaping.tell(sheet, "shape_item", *one.rows.values())
        rows.append(line)
    return made(sheet, rows + as_they_stand(sheet, range(last + 1, len(sheet.rows))), "stages")
