"""Goals with dates (``goals.yml``) in the report: state, distance, pace so far and needed, and when they are reached."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from typing import Any

from evalkit.codebook import Codebook
from evalkit.documents import Block, Cell, Format
from evalkit.indicators.goals import months_of, years
from evalkit.indicators.load import Data
from evalkit.indicators.standings import Standing, outlook_of, standings, unfit_of
from evalkit.reports.disclosure import PublicData
from evalkit.reports.sentences import Facts, apart, distance, facts, spoken, tell
from evalkit.reports.words import (
    HIDDEN,
    MARKS,
    MISSING,
    cell,
    format_of,
    period_words,
    right,
    source_line,
    step_words,
    stepped,
    with_something,
)
from evalkit.world.area import Area
from evalkit.world.period import Period, day_words

STATES = {
    "reached": ("达到", "good"),
    "on_course": ("按进度", "good"),
    "behind": ("落后于进度", "bad"),
    "missed": ("到期没有达到", "bad"),
    "started": ("只有起点的数，不能判断", ""),
    "unknown": ("缺报，不能判断", ""),
}
NOT_PUBLIC = ("不公开，不判断", "")
NO_CHANCE: dict[str, str] = {
    "few": "有数的时期不到六期，不估计",
    "still": "各期没有变化，不估计",
    "near": "离0或100%不到50家（名、个），一两家的出入就能左右，不估计；看还差几家",
    "levelled": "增长已经放慢，照以往的增减推算会偏离，不估计",
    "none": "已到期、没有目标值或不分高低，不估计",
}
NO_BASE = ("没有起点的数，不能判断", "")
IN_TEXT = {**{state: state for state in STATES}, "reached": "met", "unknown": "without_number"}
FARTHEST = 30  # years: what the pace so far would reach later is not dated


def dated_words(known: Facts, data: Data) -> list[str]:
    """Which goals with dates are reached, on course and behind; nothing without any."""
    told: dict[str, list[Any]] = {name: [] for name in IN_TEXT.values()}
    for one in _standings(data, known.period, known.path):
        row = _row(one, data.codebook)
        state = one.progress.state
        name = _name(one, known, data.codebook)
        told[IN_TEXT[state]].append(
            name if state in ("started", "unknown") else _told(one, row, name)
        )
    return list(tell("goals_dated", known, **told).texts)


def _told(one: Standing, row: dict[str, Any], name: str) -> dict[str, str]:
    pace, need = one.progress.pace, one.progress.pace_needed
    return {
        "name": name,
        "value": spoken(row, one.now),
        "goal": spoken(row, one.wanted),
        "day": day_words(one.goal.due),
        "due": spoken(row, one.progress.due),
        "gap": gap_words(one, row),
        "pace": step_words(row, pace),
        "need": step_words(row, need)
        if _left(one) >= 1
        else "",  # less than a year: the gap says it
        "arrives": arrival_words(one),
    }


def dated_table(
    data: Data, period: str | int, baseline: str | int | None, area: str | None
) -> Block:
    """有期限的目标完成情况表, of the area and of those within that a goal names; nothing without any."""
    known = facts(data, period, baseline, area)
    found = _standings(data, known.period, known.path, below=True)
    if not found:
        return Block.group()
    columns: list[Any] = [
        "指标",
        {"key": "place", "label": "地区"},
        "期限",
        *right(goal="目标", due="按进度应达", value="现值"),
        {"key": "gap", "label": "差距"},
        *right(pace="至今每年", need="今后每年需要"),
        {"key": "arrives", "label": "按现速"},
        "完成情况",
    ]
    rows = [_line(one, known, data.codebook) for one in found]
    if all(one.area == known.path for one in found):
        rows = [[*row[:1], None, *row[2:]] for row in rows]
    columns, rows = with_something(columns, rows, ("place", "due", "pace", "need"))
    return Block.table(
        f"{period_words(period)}有期限的目标完成情况表",
        columns,
        rows,
        notes=_notes(found, known, data.codebook),
        sortable=False,
        source=source_line(period, data.is_demo),
        demo=data.is_demo,
    )


def _line(one: Standing, known: Facts, codebook: Codebook) -> list[Any]:
    row, progress = _row(one, codebook), one.progress
    form = format_of(row)
    word, tone = _state_words(one)
    open_ = progress.state not in ("reached", "missed")
    pace_unit = "个百分点" if row["unit"] == "%" else str(row["unit"]).split("/")[0]
    return [
        _name(one, known, codebook),
        Area.of(one.area).name,
        day_words(one.goal.due),
        cell(one.wanted, form),
        cell(progress.due if open_ else None, form),
        (HIDDEN if one.hidden else "缺报") if math.isnan(one.now) else cell(one.now, form),
        gap_words(one, row) or MISSING,
        stepped(row, progress.pace, pace_unit),
        stepped(row, progress.pace_needed, pace_unit),
        arrival_words(one).removeprefix("按现速") or MISSING,
        Cell(word, mark=MARKS[tone] if tone else "", tone=tone),
    ]


def _state_words(one: Standing) -> tuple[str, str]:
    if one.hidden:
        return NOT_PUBLIC
    if math.isnan(one.wanted) and not math.isnan(one.now):
        return NO_BASE
    return STATES[one.progress.state]


def _left(one: Standing) -> float:
    """Years until the goal's day."""
    end = Period.parse(one.period).bounds[1]
    return years(date.fromisoformat(one.goal.due)) - years(end)


def _notes(found: list[Standing], known: Facts, codebook: Codebook) -> list[str]:
    """How the columns are reckoned; the bases, the sources, and on whom the numbers rest."""
    notes = [
        "目标由本单位设定。至今每年为起点以来平均每年的增减，今后每年需要为到期限为止平均每年的增减；"
        "按进度应达为起点到目标的直线上本期末的数，有阶段目标的为最近到期的阶段目标；按现速为照至今的速度何时达到，不是预测。"
    ]
    based, sources, rests = [], [], []
    for one in found:
        name = _name(one, known, codebook)
        if one.area != known.path:
            name = f"{Area.of(one.area).name}{name}"
        if one.base is not None:
            value = spoken(_row(one, codebook), one.base.value)
            based.append(f"{name}{period_words(one.base.period)}{value}")
        sources += [one.goal.source] if one.goal.source else []
        if one.extent is not None and (said := one.extent.words(known.place)):
            rests.append(f"{name}{said}")
        now, then = one.extent, one.base_extent
        if now and then and set(now.absent) != set(then.absent):
            rests.append(f"{name}起点与本期的报送范围不同，速度仅供参考")
    notes += [f"起点：{'、'.join(based)}。"] if based else []
    notes += [f"{'；'.join(dict.fromkeys(rests))}。"] if rests else []
    return notes + ([f"目标来源：{'；'.join(dict.fromkeys(sources))}。"] if sources else [])


def goal_chances(data: Data, period: str | int, area: str | None = None) -> Block:
    """For research: the chance that each goal is reached on its day; nothing without any."""
    known = facts(data, period, None, area)
    rows = []
    for one in _standings(data, known.period, known.path, below=True):
        row, form = _row(one, data.codebook), format_of(_row(one, data.codebook))
        found = outlook_of(one, _history(data))
        rows.append(
            [
                _name(one, known, data.codebook),
                Area.of(one.area).name,
                day_words(one.goal.due),
                cell(one.wanted, form),
                cell(found.middle if found else None, form),
                f"{spoken(row, found.low)}至{spoken(row, found.high)}" if found else MISSING,
                cell(found.chance if found else None, Format.percent(0)),
                "" if found else NO_CHANCE[unfit_of(one, _history(data)) or "none"],
            ]
        )
    if not rows:
        return Block.group()
    columns: list[Any] = ["指标", "地区", "期限", *right(goal="目标", middle="预测")]
    columns += ["95%区间", *right(chance="达到的可能性"), {"key": "remark", "label": "说明"}]
    columns, rows = with_something(columns, rows, ("remark",))
    note = (
        "预测假定以往的平均增减和波动继续下去（带漂移的随机游走，允许以往有一次突变；占比按对数几率，不会超过100%），"
        "不是政策效果。有数的时期不到六期，离0或100%只差几十家，增长已经放慢的，这个办法不成立，不估计，说明里写原因。"
    )
    return Block.table(
        "到期达到目标的可能性（研究用）",
        columns,
        rows,
        notes=[note],
        sortable=False,
        source=source_line(period, data.is_demo),
        demo=data.is_demo,
    )


def gap_words(one: Standing, row: dict[str, Any]) -> str:
    """还差5.2个百分点, 超过目标1.3个百分点, as reckoned from the printed numbers; less than their last digit says so."""
    if math.isnan(one.progress.distance):
        return ""
    gap = apart(row, one.wanted, one.now)
    size = distance(row, gap)
    if one.progress.state == "reached":
        return "已达到" if gap == 0 or one.goal.better == "near" else f"超过目标{size}"
    word = {"near": "相差", "higher": "还差", "lower": "还高"}[one.goal.better]
    least = 10.0 ** -int(row["decimals"]) / float(row["scale"])
    return f"{word}不到{distance(row, least)}" if gap == 0 else f"{word}{size}"


def arrival_words(one: Standing) -> str:
    """按现速2028年3月达到, 按现速达不到; nothing where it is reached, over or not known."""
    progress = one.progress
    if progress.state in ("reached", "missed", "unknown", "started"):
        return ""
    if progress.never:
        return "按现速达不到"
    at = progress.reached_at
    if math.isnan(at):
        return ""
    if at - years(date.fromisoformat(one.goal.due)) > FARTHEST:
        return f"按现速要到期限后{FARTHEST}年以上"
    year, month = months_of(at)
    return f"按现速{year}年{month}月达到"


def _standings(data: Data, period: str, area: str, below: bool = False) -> list[Standing]:
    """Over all periods of the project; of a public version over those that it shows, its hidden numbers left out."""
    if not data.codebook.goals:
        return []
    return standings(_history(data), period, area, below)


def _history(data: Data) -> Data:
    if isinstance(data, PublicData):
        return data
    return dataclasses.replace(data, periods=tuple(data.manifest["periods"]))


def _row(one: Standing, codebook: Codebook) -> dict[str, Any]:
    """How its values are printed."""
    if one.goal.counts:
        unit = codebook.measures[one.goal.code].unit
        return {"decimals": 0, "scale": 1.0, "unit": unit, "value": one.now}
    about = codebook.indicators[one.goal.code]
    return {
        "decimals": about.decimals,
        "scale": about.scale,
        "unit": about.unit,
        "value": one.now,
    }


def _name(one: Standing, known: Facts, codebook: Codebook) -> str:
    if one.goal.counts:
        return codebook.measures[one.goal.code].name
    return known.voice.named(codebook.indicators[one.goal.code])
