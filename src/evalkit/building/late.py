"""Ledgers that came after the day on which they were due: one finding a district and period."""

from __future__ import annotations

import pandas as pd

from evalkit.codebook.kept import SAVED
from evalkit.indicators.punctuality import LATE
from evalkit.ledgers.findings import finding
from evalkit.problems import Problem
from evalkit.world.period import Period

MOST_NAMED = 4


def late(rows: pd.DataFrame) -> list[Problem]:
    """What is said of late ledgers: 清河县2025年第三季度迟报：组织台账迟15天（10月25日报，限10月10日）."""
    problems = []
    for (_, period), some in rows.loc[rows["state"] == LATE].groupby(
        ["area", "period"], sort=False
    ):
        first = some.iloc[0]
        each = [
            f"{row.ledger_name}迟{row.days_late}天（{_day(row.handed_in)}报，限{_day(row.due)}）"
            for row in some.itertuples()
        ]
        more = f"等{len(each)}种" if len(each) > MOST_NAMED else ""
        found = f"{first['area_name']}{Period.parse(period).words()}迟报：" + "、".join(
            each[:MOST_NAMED]
        )
        saved = some["handed_in_by"].eq(SAVED).any()
        read = "没有写报送日期的，按文件自身记录的修改日期" if saved else ""
        problems.append(finding("report_late", str(first["file"]), "", found + more, read))
    return problems


def _day(text: str) -> str:
    return Period.parse(text).words()
