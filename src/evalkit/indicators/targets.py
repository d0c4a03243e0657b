"""What a project set itself to reach: setting ``targets`` of ``evalkit.yml``, by indicator and period.

    targets:
      组织覆盖率: {2025: 85, 2026: 88}     # per cent, as it is printed; "85%" is the same
      人均活动经费: {2025: 180}             # yuan a member

An indicator may be named by its code, its name or its short name. A target stands before any reference of the
codebook, in its period only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from evalkit.codebook import Codebook, Indicator
from evalkit.world.declared import Faults
from evalkit.world.number import plain
from evalkit.world.period import Period

SECTION = "targets"
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[%％]\s*")
LARGEST_OF_A_PART = 100  # per cent


def own_targets(
    given: Mapping[str, Any], codebook: Codebook, faults: Faults
) -> dict[str, dict[str, float]]:
    """The targets by code and period on the plain scale; what does not fit is told to `faults`."""
    names = names_of(codebook)
    found: dict[str, dict[str, float]] = {}
    for name, by_period in given.items():
        code = names.get(str(name).strip())
        if code is None:
            faults.unknown((SECTION, name), name, names, allowed="指标的代码或名称，见数据字典")
            continue
        if code in found:
            faults.add("key_duplicate", (SECTION, name), name, "一个指标只写一次")
        found[code] = {}
        for period, value in faults.mapping((SECTION, name), by_period).items():
            read = Period.read(period)
            if read is None or not read.in_calendar:
                faults.invalid((SECTION, name, period), period, "年份，如 2025；或 2025Q3、2025-07")
                continue
            wanted = plain_value(value, codebook.indicators[code], (SECTION, name, period), faults)
            if wanted is not None:
                found[code][str(read)] = wanted
    return found


def names_of(codebook: Codebook) -> dict[str, str]:
    """Code, name and short name of every indicator; a name that two share is none."""
    names: dict[str, str] = {}
    shared: set[str] = set()
    for code, one in codebook.indicators.items():
        for name in dict.fromkeys(filter(None, (code, one.name, one.short_name))):
            if names.setdefault(name, code) != code:
                shared.add(name)
    return {name: code for name, code in names.items() if name not in shared}


def plain_value(
    value: Any, one: Indicator, path: tuple[str | int, ...], faults: Faults
) -> float | None:
    """A target on the plain scale; None where it cannot be one."""
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    number: Any = float(percent[1]) if percent else value
    is_rate = one.unit == "%"
    fits = isinstance(number, int | float) and not isinstance(number, bool)
    if not fits or not math.isfinite(number) or number < 0 or (percent and not is_rate):
        faults.invalid(path, value, f"不小于0的数，按“{one.unit or '倍'}”写")
        return None
    if is_rate and not percent and 0 < number <= 1:
        written = f"写成 {plain(number * 100)}，或 {plain(number)}%（加引号）"
        faults.invalid(path, value, "百分数按印出来的写，如 85", written)
        return None
    if one.kind == "proportion" and number > LARGEST_OF_A_PART:
        faults.invalid(path, value, "占比不超过100")
        return None
    return float(number) / one.scale
