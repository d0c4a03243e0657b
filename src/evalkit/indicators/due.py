"""By when ledgers are due: setting ``due`` of ``evalkit.yml``, in days after the period ends or as a day of its own.

due:
  季报: 10              # the quarter's by the 10th of the month after it
  年报: 15
  2025Q3: 2025-10-15    # this one later, as an exception
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.world.declared import Faults
from evalkit.world.period import Period

SECTION = "due"
KINDS = {"年报": "year", "半年报": "half", "季报": "quarter", "月报": "month"}
MOST_DAYS = 366
ALLOWED = "年报、半年报、季报、月报，或一个时期（2025Q3）"


@dataclass(frozen=True)
class Due:
    """Days after the end of a period by its kind, and the days of single periods."""

    days: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, dt.date] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.days or self.own)

    def of(self, period: str | int) -> dt.date | None:
        """The last day on which ledgers of a period are in time; None where nothing is set for it.

        >>> str(Due({"quarter": 10}).of("2025Q3"))
        '2025-10-10'
        """
        found = Period.read(period)
        if found is None or not found.in_calendar:
            return None
        if str(found) in self.own:
            return self.own[str(found)]
        days = self.days.get(found.kind)
        return None if days is None else found.bounds[1] + dt.timedelta(days=days)


def due_of(given: Mapping[Any, Any], faults: Faults | None = None) -> Due:
    """The due days of a setting; what does not fit is told to `faults`."""
    faults = faults or Faults()
    days: dict[str, int] = {}
    own: dict[str, dt.date] = {}
    for name, value in given.items():
        kind = KINDS.get(str(name).strip())
        period = None if kind else Period.read(name)
        if kind is None and (period is None or not period.in_calendar):
            faults.unknown((SECTION, name), str(name), KINDS, allowed=ALLOWED)
        elif kind is not None and (number := _days(value)) is not None:
            days[kind] = number
        elif period is not None and (day := _day(value)) is not None:
            own[str(period)] = day
        elif kind is not None:
            faults.invalid((SECTION, name), value, f"期末以后的天数，0到{MOST_DAYS}")
        else:
            faults.invalid((SECTION, name), value, "日期，如 2025-10-15")
    return Due(days, own)


def _days(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().removesuffix("天").strip().isdecimal():
        value = int(value.strip().removesuffix("天"))
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_DAYS
    return value if fits else None


def _day(value: Any) -> dt.date | None:
    read = Period.read(value)
    return read.bounds[0] if read is not None and read.kind == "day" else None
