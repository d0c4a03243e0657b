"""Which ledgers came in time (报送及时): the day on which each was handed in, against the day on which it was due.

The day is that which the form states (报送日期), else that on which its workbook says that it was last saved; of a ledger in
several files the last one, since it is complete only then. A ledger that tells no day is neither in time nor late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evalkit.indicators.areas import home_of
from evalkit.indicators.due import Due
from evalkit.indicators.submitted import ABSENT

IN_TIME, LATE, NO_DAY, MISSING = "按时", "迟报", "日期不详", "缺报"
COLUMNS = [
    "area",
    "area_name",
    "level",
    "period",
    "ledger",
    "ledger_name",
    "due",
    "handed_in",
    "handed_in_by",
    "days_late",
    "state",
    "file",
]


@dataclass(frozen=True)
class HandedIn:
    """The last of the files of a ledger: its day, by what that is known, its name."""

    day: str
    by: str
    file: str


def handed_in(
    sheets: pd.DataFrame, ledger_of_form: Mapping[str, str]
) -> dict[tuple[str, str, str], HandedIn]:
    """By district, period and ledger what its sheets tell."""
    found: dict[tuple[str, str, str], HandedIn] = {}
    for row in sheets.dropna(subset=["form", "area", "period"]).to_dict("records"):
        ledger = ledger_of_form.get(str(row["form"]))
        if ledger is None:
            continue
        key = home_of(str(row["area"])), str(row["period"]), ledger
        day = "" if pd.isna(row["handed_in"]) else str(row["handed_in"])
        by = "" if pd.isna(row["handed_in_by"]) else str(row["handed_in_by"])
        one = HandedIn(day, by, str(row["source_file"]))
        if key not in found or _later(one, found[key]):
            found[key] = one
    return found


def _later(one: HandedIn, other: HandedIn) -> bool:
    """A day stands before none; of two the later one."""
    return one.day > other.day


def punctuality(
    extents: pd.DataFrame, told: Mapping[tuple[str, str, str], HandedIn], due: Due
) -> pd.DataFrame:
    """A row for each district, period and ledger that was due (`COLUMNS`); none of periods without a due day.

    A ledger is due of every expected district as soon as one of them handed it in for that period: a year that is made of its
    quarters was never due, and neither was a ledger whose rows stand in another one.

    Parameters
    ----------
    extents
        Who should have sent which ledger (`evalkit.indicators.reporting.extents`).
    """
    rows = []
    asked = {(period, ledger) for _, period, ledger in told}
    for row in extents.loc[extents["ledger"].notna()].to_dict("records"):
        area, period, ledger = str(row["area"]), str(row["period"]), str(row["ledger"])
        last = due.of(period) if (period, ledger) in asked else None
        one = told.get((area, period, ledger))
        missing = row["state"] == ABSENT
        if last is None or (one is None and not missing):
            continue
        late = None if one is None or missing or not one.day else days_between(last, one.day)
        if missing:
            state = MISSING
        elif late is None:
            state = NO_DAY
        else:
            state = LATE if late > 0 else IN_TIME
        rows.append(
            [
                *(
                    row[c]
                    for c in ("area", "area_name", "level", "period", "ledger", "ledger_name")
                ),
                last.isoformat(),
                one.day if one else "",
                one.by if one else "",
                None if late is None else max(late, 0),
                state,
                one.file if one else "",
            ]
        )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    texts = [column for column in COLUMNS if column != "days_late"]
    return frame.astype({"days_late": "Int64"} | dict.fromkeys(texts, "string"))


def days_between(due: dt.date, day: str) -> int:
    """How many days a day lies after the due one; negative before it."""
    return (dt.date.fromisoformat(day) - due).days
