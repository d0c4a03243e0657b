"""Goals with dates (``goals.yml`` of a project): read and checked; their base, and what is to be reached.

    - indicator: 组织覆盖率          # code, name or short name of an indicator; or of a measure: 发展党员数
      areas: [新泽区, 清河县]        # where it holds; in every area without it
      value: 85                      # as it is printed; or growth: 20 (per cent over the base), or yearly_growth: 20
      date: 2027-12-31               # 2027, 2027Q2 and 2027年底 are the last day
      from: 2024                     # the base; the first period with a value without it
      stages: {2025: 78, 2026: 82}   # what is due on the way
      source: 三年行动计划

A goal and a stage that fall on the end of a period are that period's target (`evalkit.indicators.evaluate`).
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from evalkit.codebook import Codebook
from evalkit.codebook.models import Goal, Indicator
from evalkit.indicators.areas import find_area
from evalkit.indicators.targets import names_of, plain_value
from evalkit.problems import did_you_mean
from evalkit.stats.goals import Point
from evalkit.world.declared import At, Faults, Source
from evalkit.world.kinds import Strict, Text
from evalkit.world.number import plain
from evalkit.world.period import Period, in_time

GOALS = "goals.yml"
SECTION = "goals"
A_DAY = "到哪一天，如 2027-12-31、2027、2027Q2、2027年底"
BEFORE_GOAL = "在目标的日期以前"
_END = re.compile(r"(年|月)?(?:年)?[底末]$")
_PERCENT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*[%％]\s*")


class Entry(Strict):
    """A goal as it is written."""

    indicator: Text
    areas: list[Text] | Text = Field(default_factory=list)
    value: Any = None
    growth: Any = None
    yearly_growth: Any = None
    better: Literal["higher", "lower", "near"] | None = None
    date: Any
    start: Any = Field(default=None, alias="from")
    stages: dict[Any, Any] = Field(default_factory=dict)
    source: Text = ""


def with_goals(codebook: Codebook, path: Path) -> Codebook:
    """The codebook with the goals of a file; as it is without one. Every fault of the file in one `InputError`."""
    if not path.exists():
        return codebook
    source = Source.read(path)
    faults = Faults(source)
    found = [_goal(entry, at, n, codebook, faults) for n, (at, entry) in enumerate(_all(faults))]
    goals = tuple(one for one in found if one is not None)
    _check_twice(goals, codebook, faults)
    faults.stop()
    return codebook.model_copy(update={"goals": goals}) if goals else codebook


def _all(faults: Faults) -> Iterator[tuple[At, Any]]:
    """The entries with their places: a list, or one under ``goals``."""
    content = faults.source.content
    base: At = ()
    if isinstance(content, Mapping):
        for key in content:
            if key != SECTION:
                faults.unknown((key,), key, [SECTION])
        base, content = (SECTION,), content.get(SECTION)
    if content is None or content == {}:
        return
    if not isinstance(content, list):
        faults.invalid(base, content, "一行一项，以 - 开头：- indicator: 组织覆盖率")
        return
    for n, entry in enumerate(content):
        yield (*base, n), entry


def _goal(entry: Any, at: At, n: int, codebook: Codebook, faults: Faults) -> Goal | None:
    """A goal on the plain scale; None, with its faults told, where it cannot be one."""
    if not isinstance(entry, Mapping):
        faults.invalid(at, entry, "indicator: 组织覆盖率，value: 85，date: 2027-12-31")
        return None
    read = faults.model(Entry, entry, at)
    if read is None:
        return None
    before = len(faults.problems)
    what = _what(read, at, codebook, faults)
    due = _day(read.date, (*at, "date"), faults)
    start = _start(read.start, due, (*at, "from"), faults)
    size = _size(read, what, at, faults)
    stages = _stages(read, what, due, start, at, faults)
    if what is None or due is None or len(faults.problems) > before:
        return None
    _check_order(stages, size.value, at, faults)
    areas = [read.areas] if isinstance(read.areas, str) else read.areas
    return Goal(
        code=what.code,
        counts=what.indicator is None,
        better=what.better,
        due=due.isoformat(),
        value=size.value,
        growth=size.growth,
        yearly=size.yearly,
        start=str(start or ""),
        areas=tuple(dict.fromkeys(areas)),
        stages=tuple((day.isoformat(), value) for day, value in stages),
        source=read.source,
        entry=n,
    )


@dataclass(frozen=True)
class _What:
    """What a goal is about; without `indicator` a measure."""

    code: str
    better: Literal["higher", "lower", "near"]
    indicator: Indicator | None


def _what(read: Entry, at: At, codebook: Codebook, faults: Faults) -> _What | None:
    name = read.indicator.strip()
    names = names_of(codebook)
    if code := names.get(name):
        one = codebook.indicators[code]
        if read.better is None and one.better == "none":
            allowed = "higher（越高越好）、lower（越低越好）或 near（接近为好）"
            faults.missing((*at, "better"), f"这个指标不分高低，要写 better：{allowed}")
            return None
        better = read.better or one.better
        return None if better == "none" else _What(code, better, one)
    if measure := codebook.measure_of(name):
        return _What(measure, read.better or "higher", None)
    counted = [one.name for one in codebook.measures.values()]
    faults.add(
        "key_unknown",
        (*at, "indicator"),
        name,
        "指标或计数的代码或名称，见数据字典",
        did_you_mean(name, [*names, *counted]),
    )
    return None


def _day(given: Any, path: At, faults: Faults) -> date | None:
    """The last day of what is written: a day, a period, or its end in words (2027年底)."""
    text = str(given).strip()
    read = Period.read(given) or Period.read(_END.sub(lambda found: found[1] or "", text))
    if read is None or not read.in_calendar:
        faults.invalid(path, given, A_DAY)
        return None
    return read.bounds[1]


def _start(given: Any, due: date | None, path: At, faults: Faults) -> Period | None:
    if given is None:
        return None
    read = Period.read(given)
    if read is None or not read.in_calendar or read.kind == "day":
        faults.invalid(path, given, "起点是一个时期，如 2024、2024Q4、2024-12")
        return None
    if due is not None and read.bounds[1] >= due:
        faults.invalid(path, given, BEFORE_GOAL)
    return read


@dataclass(frozen=True)
class _Size:
    value: float | None = None
    growth: float | None = None
    yearly: bool = False


def _size(read: Entry, what: _What | None, at: At, faults: Faults) -> _Size:
    """Value or growth: exactly one of them."""
    keys = ("value", "growth", "yearly_growth")
    given = [key for key in keys if getattr(read, key) is not None]
    if len(given) != 1:
        allowed = "value（目标数）、growth（比起点增长百分之几）、yearly_growth（每年增长百分之几）写且只写一个"
        if given:
            faults.invalid(at, "、".join(given), allowed)
        else:
            faults.missing(at, allowed)
        return _Size()
    if given == ["value"]:
        return _Size(_value(read.value, what, (*at, "value"), faults)) if what else _Size()
    growth = _growth(getattr(read, given[0]), (*at, given[0]), faults)
    return _Size(growth=growth, yearly=given == ["yearly_growth"])


def _value(given: Any, what: _What, path: At, faults: Faults) -> float | None:
    if what.indicator is not None:
        return plain_value(given, what.indicator, path, faults)
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not math.isfinite(given) or given < 0:
        faults.invalid(path, given, "不小于0的数")
        return None
    return float(given)


def _growth(given: Any, path: At, faults: Faults) -> float | None:
    percent = _PERCENT.fullmatch(given) if isinstance(given, str) else None
    number: Any = float(percent[1]) if percent else given
    fits = isinstance(number, int | float) and not isinstance(number, bool)
    if not fits or not math.isfinite(number) or number <= -100 or number == 0:
        faults.invalid(path, given, "增长百分之几，如 20；减少写 -20")
        return None
    if not percent and abs(number) < 1:
        written = f"写成 {plain(number * 100)}，或 {plain(number)}%"
        faults.invalid(path, given, "百分数按印出来的写，如 20", written)
        return None
    return float(number) / 100


def _stages(
    read: Entry, what: _What | None, due: date | None, start: Period | None, at: At, faults: Faults
) -> list[tuple[date, float]]:
    found: dict[date, float] = {}
    for when, given in read.stages.items():
        path = (*at, "stages", when)
        day = _day(when, path, faults)
        value = _value(given, what, path, faults) if what else None
        if day is None or value is None:
            continue
        if due is not None and day >= due:
            faults.invalid(path, when, BEFORE_GOAL)
        if start is not None and day <= start.bounds[1]:
            faults.invalid(path, when, "在起点以后")
        if day in found:
            faults.add("key_duplicate", path, when, "一天只写一个阶段目标")
        found[day] = value
    return sorted(found.items())


def _check_order(
    stages: list[tuple[date, float]], value: float | None, at: At, faults: Faults
) -> None:
    """Stages lead to the goal in one direction."""
    steps = np.diff([one for _day, one in stages] + ([] if value is None else [value]))
    if (steps > 0).any() and (steps < 0).any():
        told = "各阶段的目标按日期一路提高，或一路降低，最后到目标"
        faults.invalid((*at, "stages"), "有升有降", told)


def _check_twice(goals: tuple[Goal, ...], codebook: Codebook, faults: Faults) -> None:
    """One goal for an indicator, an area and a day; and none other than that of ``targets``."""
    base: At = () if isinstance(faults.source.content, list) else (SECTION,)
    seen: set[tuple[str, str, str]] = set()
    for goal in goals:
        at = (*base, goal.entry)
        keys = {(goal.code, goal.due, area) for area in goal.areas or ("",)}
        if keys & seen:
            faults.add("key_duplicate", at, goal.due, "一个指标在一个地方、同一天只有一个目标")
        seen |= keys
        for period, wanted in codebook.own_targets.get(goal.code, {}).items():
            mine = dict([*goal.stages, (goal.due, goal.value)])
            other = mine.get(Period.parse(period).bounds[1].isoformat())
            if other is not None and other != wanted:
                advice = "两处写成一样，或删去 evalkit.yml 里的那一个"
                faults.invalid(
                    (*at, "date"), period, "evalkit.yml 的 targets 里同期目标不同", advice
                )


def placed(codebook: Codebook, areas: pd.DataFrame, file: Path) -> Codebook:
    """The codebook whose goals name areas by their paths; names that are none are told together."""
    if not any(goal.areas for goal in codebook.goals):
        return codebook
    faults = Faults(Source.read(file) if file.exists() else Source({}, GOALS))
    base: At = () if isinstance(faults.source.content, list) else (SECTION,)
    goals = []
    for goal in codebook.goals:
        paths = {name: find_area(areas, name) for name in goal.areas}
        for name in (name for name, path in paths.items() if path is None):
            known = [*areas["name"], *areas["area"]]
            faults.unknown((*base, goal.entry, "areas"), name, known, code="area_unknown")
        found = tuple(path for path in paths.values() if path is not None)
        goals.append(goal.model_copy(update={"areas": found}))
    faults.stop()
    return codebook.model_copy(update={"goals": tuple(goals)})


def years(day: date) -> float:
    """The end of a day as a number of years: the end of 2025 is 2026.0, that of June 2025.5."""
    length = calendar.monthrange(day.year, day.month)[1]
    return day.year + (day.month - 1 + day.day / length) / 12


def months_of(at: float) -> tuple[int, int]:
    """Year and month in which a time of `years` falls."""
    month = math.ceil(at * 12 - 1e-6) - 1
    return month // 12, month % 12 + 1


def end_of(period: str) -> float:
    """The end of a period, as `years` tells it."""
    return years(Period.parse(period).bounds[1])


@dataclass(frozen=True)
class Base:
    """Where a goal starts: a period and the value then."""

    period: str
    value: float

    @property
    def point(self) -> Point:
        return end_of(self.period), self.value


def base_of(goal: Goal, series: Mapping[str, float], until: str) -> Base | None:
    """The base: the stated period, else the first with a value; None where it has none."""
    kind, last = Period.parse(until).kind, end_of(until)
    for period in in_time(series):
        read = Period.read(period)
        fits = read is not None and (period == goal.start if goal.start else read.kind == kind)
        if fits and not math.isnan(series[period]) and end_of(period) <= last:
            return Base(period, float(series[period]))
    return None


def value_of(goal: Goal, base: Base | None) -> float:
    """The value that is to be reached; NaN where it grows from a base that is not known."""
    if goal.value is not None:
        return goal.value
    if base is None or goal.growth is None:
        return math.nan
    span = years(date.fromisoformat(goal.due)) - base.point[0]
    if span <= 0:
        return math.nan  # nothing has grown yet: the base is the day of the goal itself
    times = span if goal.yearly else 1.0
    return float(base.value * (1 + goal.growth) ** times)


def goal_by_period(goal: Goal, series: Mapping[str, float]) -> dict[str, float]:
    """What is to be reached at the end of the periods on which the goal and its stages fall."""
    found: dict[str, float] = {}
    stages = dict(goal.stages)
    for period in series:
        read = Period.read(period)
        if read is None or not read.in_calendar:
            continue
        end = read.bounds[1].isoformat()
        wanted = stages.get(end, math.nan)
        if end == goal.due:
            wanted = value_of(goal, base_of(goal, series, period))
        if not math.isnan(wanted):
            found[period] = wanted
    return found
