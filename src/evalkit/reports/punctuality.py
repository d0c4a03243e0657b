"""报送及时情况: by area how many ledgers came in time, how late the others were, and what they were."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evalkit.codebook.kept import SAVED
from evalkit.documents import Block
from evalkit.documents.cells import Format
from evalkit.indicators.load import Data
from evalkit.indicators.punctuality import IN_TIME, LATE, MISSING, NO_DAY
from evalkit.reports.voice import voice_of
from evalkit.reports.words import WHOLE, cell, period_words, right, source_line
from evalkit.world.number import quotient
from evalkit.world.period import Period

RATE = Format.percent()


def punctuality_table(data: Data, period: str | int, within: str | None = None) -> Block:
    """By area: due, in time, late, missing, 报送及时率, days late, which ledgers; nothing where no day is due."""
    rows = _rows(data, str(period), within)
    if not len(rows):
        return Block.group()
    order = {area: n for n, area in enumerate(data.areas["area"])}
    areas = sorted(rows["area"].unique(), key=lambda area: order.get(area, len(order)))
    table = [_line(str(area).rpartition("/")[2], rows.loc[rows["area"] == area]) for area in areas]
    total = [*_line(voice_of(data).term("total"), rows)[:-1], ""]
    columns: list[Any] = [
        voice_of(data).place("district"),
        *right(
            due="应报",
            in_time="按时",
            late="迟报",
            missing="缺报",
            rate="及时率",
            days="最迟（天）",
        ),
        {"key": "which", "label": "迟报、缺报的台账", "align": "left"},
    ]
    return Block.table(
        f"{period_words(period)}报送及时情况",
        columns,
        [*table, total],
        total_rows=1,
        notes=_notes(rows),
        source=source_line(period, data.is_demo),
        demo=data.is_demo,
    )


def _rows(data: Data, period: str, within: str | None) -> pd.DataFrame:
    rows = data.punctuality
    rows = rows.loc[rows["period"] == period] if len(rows) else rows
    if within and len(rows):
        root = data.find_area(within)
        rows = rows.loc[[f"{path}/".startswith(f"{root}/") for path in rows["area"]]]
    return rows


def _line(name: str, rows: pd.DataFrame) -> list[Any]:
    """A line of the table; a ledger that tells no day is neither in time nor late."""
    count = {
        state: int(rows["state"].eq(state).sum()) for state in (IN_TIME, LATE, MISSING, NO_DAY)
    }
    known = count[IN_TIME] + count[LATE] + count[MISSING]
    late = rows.loc[rows["state"] == LATE]
    days = int(late["days_late"].max()) if len(late) else None
    which = [f"{row.ledger_name}迟{row.days_late}天" for row in late.itertuples()]
    which += [f"{text}缺报" for text in rows.loc[rows["state"] == MISSING, "ledger_name"]]
    which += [f"{text}看不出日期" for text in rows.loc[rows["state"] == NO_DAY, "ledger_name"]]
    return [
        name,
        cell(len(rows), WHOLE),
        cell(count[IN_TIME], WHOLE),
        cell(count[LATE], WHOLE),
        cell(count[MISSING], WHOLE),
        cell(quotient(count[IN_TIME], known), RATE),
        cell(days, WHOLE),
        "、".join(which),
    ]


def _notes(rows: pd.DataFrame) -> list[str]:
    due = "、".join(dict.fromkeys(Period.parse(day).words() for day in rows["due"].unique()))
    notes = [
        f"报送期限{due}；及时率为按时的占应报的（看不出日期的不计）；一种台账有几个文件的，按最后一个。"
    ]
    n = int(rows["handed_in_by"].eq(SAVED).sum())
    if n:
        notes.append(
            f"报送日期以表里写的为准；{n}种台账没有写，按文件自身记录的最后修改日期，报送后又改过的会偏晚。"
        )
    return notes
