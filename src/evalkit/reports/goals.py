"""What the project set itself to reach (setting ``targets``) beside what was reached, and what is set for later years."""

from __future__ import annotations

from typing import Any

from evalkit.documents import Block, Cell, Format
from evalkit.indicators.load import Data
from evalkit.reports.goals_dated import dated_table, dated_words
from evalkit.reports.sentences import Facts, attainment, facts, spoken, tell
from evalkit.reports.words import (
    MARKS,
    MISSING,
    baseline_words,
    cell,
    light,
    period_words,
    right,
    source_line,
    stepped,
    valued,
    with_something,
)
from evalkit.world.number import quotient
from evalkit.world.period import Period, precedes

STATES = {"good": "完成", "middle": "接近，没有完成", "bad": "没有完成"}


def goal_words(
    data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None
) -> Block:
    """Which of the year's own targets are reached, for the summary; nothing where none is set."""
    known = facts(data, period, baseline, area)
    told: dict[str, list[Any]] = {"done": [], "missed": [], "near": [], "without_number": []}
    for code in _set_for(data, known.period):
        row = known.rows.get(code)
        if row is None:
            told["without_number"].append(known.voice.named(data.codebook.indicators[code]))
            continue
        name, tone = known.voice.short(row), light(row)
        if tone is None:
            told["near"].append(name)
            continue
        about = {"name": name, "value": spoken(row), "goal": spoken(row, row["target"])}
        kind = "done" if tone == "good" else "missed"
        told[kind].append(about | {"gap": attainment(row, known.voice)})
    texts = [*tell("goals", known, **told).texts, *dated_words(known, data)]
    return Block.group(*(Block.paragraph(text, "summary") for text in texts))


def goal_table(
    data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None
) -> Block:
    """目标完成情况表 of the year's own targets, then that of the goals with dates; nothing where none is set."""
    tables = (
        _yearly_table(data, period, baseline, area),
        dated_table(data, period, baseline, area),
    )
    made = [one for one in tables if one.kind == "table"]
    return made[0] if len(made) == 1 else Block.group(*made)


def _yearly_table(
    data: Data, period: str | int, baseline: str | int | None, area: str | None
) -> Block:
    """Target, actual, distance, state, and the targets of later periods; nothing where none is set."""
    known = facts(data, period, baseline, area)
    later = _later_periods(data, known.period)
    rows = [_line(known, data, code, later) for code in _set_for(data, known.period, *later)]
    if not rows:
        return Block.group()
    since = baseline_words(known.period, known.baseline, known.voice)
    columns: list[Any] = [
        "指标",
        *right(target="目标", value="实际", before=since, change="增减"),
        "完成情况",
        *right(done="完成率"),
        "结论",
        *right(**{when: f"{period_words(when)}目标" for when in later}),
    ]
    columns, rows = with_something(columns, rows, ("target", "before", "change", "done"))
    notes = ["目标由本单位设定。完成率为实际与目标之比，以低为好和以接近为好的指标不计完成率。"]
    return Block.table(
        f"{period_words(period)}目标完成情况表",
        columns,
        rows,
        notes=notes,
        sortable=False,
        source=source_line(period, data.is_demo),
        demo=data.is_demo,
    )


def _line(known: Facts, data: Data, code: str, later: list[str]) -> list[Any]:
    one, goals = data.codebook.indicators[code], data.codebook.own_targets[code]
    form = Format(one.decimals, float(one.scale), True, unit=one.unit)
    name = known.voice.named(one)
    ahead = [cell(goals.get(when), form) for when in later]
    goal = cell(goals.get(known.period), form)
    row: Any = known.rows.get(code)
    if row is None:
        return [name, goal, "缺报", None, None, MISSING, None, MISSING, *ahead]
    tone = light(row) if known.period in goals else None
    rate = quotient(row["value"], row["target"]) if tone and one.better == "higher" else None
    unsaid = "以接近为好，不判断" if known.period in goals else MISSING
    return [
        name,
        goal,
        valued(row),
        valued(row, known.earlier.get(code, float("nan"))),
        stepped(row, known.change(code)),
        (attainment(row, known.voice) if tone else None) or MISSING,
        cell(rate, Format.percent()),
        Cell(STATES[tone], mark=MARKS[tone], tone=tone) if tone else unsaid,
        *ahead,
    ]


def _set_for(data: Data, *periods: str) -> list[str]:
    """The indicators with a target in one of the periods, in the order of the codebook."""
    goals = data.codebook.own_targets
    return [
        code
        for code in data.codebook.indicators
        if any(period in goals.get(code, {}) for period in periods)
    ]


def _later_periods(data: Data, period: str) -> list[str]:
    """The later periods of the same kind for which a target is set, in time."""
    kind = Period.parse(period).kind
    found = {when for goals in data.codebook.own_targets.values() for when in goals}
    same = [when for when in found if Period.parse(when).kind == kind]
    return sorted(when for when in same if precedes(period, when))


def has_goals(data: Data, period: str | int) -> bool:
    """Whether a target is set for the period."""
    return bool(_set_for(data, str(period)))
