"""Numbers, days, and values that hold from a day on: what a scheme and a reform are written with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from evalkit.problems import InputError, Problem

Dated = tuple[tuple[date, Decimal], ...]
ALWAYS = date(1900, 1, 1)
LARGEST = 10**12
_DAY = re.compile(r"(\d{4})(?:年|[-./年](\d{1,2})[-./月](\d{1,2})日?)?")


def number(value: Any) -> Decimal:
    """An exact number; text, truth values and what is not finite are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number", "应为数字，不加引号和单位")
    exact = Decimal(str(value))
    if not exact.is_finite() or abs(exact) > LARGEST:
        raise PydanticCustomError("number", "应为有限的数字")
    return exact if exact % 1 else Decimal(int(exact))


def day(value: Any) -> date:
    """A date from YAML, JSON, Python or a command line (2026-07-01, 2026.7.1, 2026年7月1日); a bare year is its 1 January.

    Full-width figures and marks (２０２６－０７－０１) are read like the others.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    text = unicodedata.normalize("NFKC", re.sub(r"\s", "", str(value)))
    found = _DAY.fullmatch(text.replace("–", "-").replace("—", "-"))
    if found is None:
        raise PydanticCustomError("date", "日期，应写成 2026-07-01 或 2026年7月1日")
    try:
        return date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        raise PydanticCustomError(
            "date", "不存在的日期，应写成 2026-07-01 或 2026年7月1日"
        ) from None


def start_day(value: Any, where: str = "since") -> date:
    """`day` for a single field; what is none is an `InputError` of one message."""
    try:
        return day(value)
    except PydanticCustomError as error:
        problem = Problem("value_invalid", where=where, found=str(value), allowed=error.message())
        raise InputError(problem) from None


def dated(values: Any) -> Dated:
    """``{2015-01-01: 150}`` or one number that always holds; all faults in one text."""
    if not isinstance(values, Mapping):
        return ((ALWAYS, number(values)),)
    return by_day(values, lambda _when, value: number(value))


def by_day(values: Mapping[Any, Any], read: Callable[[date, Any], Decimal]) -> Dated:
    """Dated numbers of a mapping; all faults in one text.

    Parameters
    ----------
    read
        What the value of a day means; raises `PydanticCustomError` where it means nothing.
    """
    found: dict[date, Decimal] = {}
    faults = []
    for key, value in values.items():
        try:
            when = day(key)
        except PydanticCustomError as error:
            faults.append(f"{key} 是{error.message()}")
            continue
        if when in found:
            faults.append(f"{key} 与另一日期重叠")
        try:
            found[when] = read(when, value)
        except PydanticCustomError as error:
            faults.append(f"{key}: {value} {error.message()}")
    if faults or not found:
        raise PydanticCustomError(
            "dated", "{text}", {"text": "；".join(faults) or "至少写一个日期和数值"}
        )
    return tuple(sorted(found.items()))


def value_on(values: Dated, when: date) -> Decimal | None:
    """The value in force on a day; None before the first."""
    return next((value for start, value in reversed(values) if start <= when), None)


def always(values: Dated) -> bool:
    """Whether one value holds at all times."""
    return len(values) == 1 and values[0][0] == ALWAYS


def plain_dates(raw: Any) -> Any:
    """The same with days written as text where a text is meant (YAML reads ``2026-07-01`` as a day); keys stay."""
    if isinstance(raw, date):
        return date(raw.year, raw.month, raw.day).isoformat()
    if isinstance(raw, Mapping):
        return {key: plain_dates(value) for key, value in raw.items()}
    return [plain_dates(one) for one in raw] if isinstance(raw, list) else raw
