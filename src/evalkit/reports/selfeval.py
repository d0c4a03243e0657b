"""项目支出绩效自评表 as issued: a filled form as a grid for Word and Excel, as a table, and with a report.

What it is filled with is made in `evalkit.reports.selfeval_filling`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.documents import Block, Format
from evalkit.documents.grid import Grid, Spot
from evalkit.documents.grid_pdf import pdf_bytes
from evalkit.documents.grid_writing import TOP, book_of, html, word_bytes
from evalkit.files import put, safe_name
from evalkit.indicators.load import Data
from evalkit.indicators.project import Project
from evalkit.problems import InputError, Problem
from evalkit.reports.selfeval_filling import (
    COLUMNS_OF_MONEY,
    filled_for,
    forms_of,
    of_year,
)
from evalkit.reports.words import period_words
from evalkit.selfeval import points
from evalkit.selfeval.evaluated import NOT_JUDGED, Line, Money, SelfEvaluation
from evalkit.selfeval.reading import WORDS, read_form
from evalkit.selfeval.values import FULL, Aim, Form, Rules
from evalkit.world.number import plain
from evalkit.world.showing import shows

MADE = "绩效自评表"  # of a report: what is made of the forms

# the form as issued

WIDTHS = (6.0, 12.0, 14.5, 18.5, 12.5, 12.5, 7.0, 10.5, 19.5)
OF_SCORE = Format(2)
PENDING = "【待补充】偏差原因分析及改进措施"
OF_POINTS = Format()
OF_MONEY = Format(2, grouped=True)
OF_RATE = Format(2, 100.0, unit="%")
# columns of the form, by what its lower part has in them; the upper part shares them
LABEL, FIRST, SECOND, THIRD, AIM, ACTUAL, POINTS, SCORE, REASON = range(9)
NAME, START, YEAR, SPENT, WEIGHT, RATE, EARNED = range(SECOND, REASON + 1)


def laid_out(one: SelfEvaluation) -> Grid:
    """The form as 财预〔2020〕10号 issues it, with the numbers, formulas and places still to be filled."""
    spots = [*_about(one), *_money(one), *_goal(one), *_indicators(one)]
    return Grid(
        title="项目支出绩效自评表",
        subtitle=f"（{one.form.year}年度）",
        spots=tuple(spots),
        widths=WIDTHS,
        notes=tuple(notes(one)),
        demo=one.is_demo,
    )


def _label(row: int, column: int, text: str, rows: int = 1, columns: int = 1) -> Spot:
    return Spot(row, column, text, rows, columns, label=True)


def _about(one: SelfEvaluation) -> Iterator[Spot]:
    yield _label(0, LABEL, "项目名称", columns=2)
    yield Spot(0, SECOND, one.form.project, columns=7)
    yield _label(1, LABEL, "主管部门", columns=2)
    yield Spot(1, SECOND, one.department, columns=2)
    yield _label(1, AIM, "实施单位", columns=1)
    yield Spot(1, ACTUAL, one.unit, columns=4, pending=not one.unit)


FIRST_OF_MONEY = 3  # row of 年度资金总额
KEYS = ("fiscal", "carried", "other")  # the rows below 年度资金总额


def _money(one: SelfEvaluation) -> Iterator[Spot]:
    yield _label(2, LABEL, f"项目资金\n（{one.form.money}）", rows=5, columns=2)
    for column, text in zip(
        (NAME, START, YEAR, SPENT, WEIGHT, RATE, EARNED),
        ("", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"),
        strict=True,
    ):
        yield _label(2, column, text)
    by_key = {row.key: row for row in one.money}
    rows = [one.whole, *(by_key.get(key, Money(key)) for key in KEYS)]
    for n, row in enumerate(rows):
        yield from _money_row(one, row, FIRST_OF_MONEY + n)


def _money_row(one: SelfEvaluation, row: Money, at: int) -> Iterator[Spot]:
    total = row.key == ""
    yield Spot(
        at, NAME, "年度资金总额" if total else WORDS["funds"][row.key], label=total, side="left"
    )
    for column, key in zip((START, YEAR, SPENT), COLUMNS_OF_MONEY, strict=True):
        value: Decimal | None = getattr(row, key)
        lacks = value is None and key in row.why
        letter = "ABCDEFGHI"[column]
        first, last = TOP + FIRST_OF_MONEY + 2, TOP + FIRST_OF_MONEY + len(KEYS) + 1
        formula = f"=SUM({letter}{first}:{letter}{last})" if total and value is not None else ""
        shown = "缺数" if lacks else _number(value)
        yield Spot(at, column, shown, format=OF_MONEY, formula=formula, pending=lacks)
    if not total:
        yield Spot(at, WEIGHT, "—")
        yield _rate_of(row, at)
        yield Spot(at, EARNED, "—")
        return
    yield Spot(at, WEIGHT, _number(one.form.points), format=OF_POINTS)
    line = TOP + at + 1
    known = one.rate is not None
    yield Spot(
        at,
        RATE,
        float(one.rate) if one.rate is not None else None,
        format=OF_RATE,
        formula=f"=F{line}/E{line}" if known else "",
    )
    rule = f"=ROUND(MIN(1,F{line}/E{line})*G{line},2)"
    yield Spot(
        at,
        EARNED,
        _number(one.executed) if known else NOT_JUDGED,
        format=OF_SCORE,
        formula=rule if known else "",
        pending=not known,
    )


def _rate_of(row: Money, at: int) -> Spot:
    """执行率 of one kind of money, where it has a budget."""
    rate = points.executed(row.year, row.spent) if row.year and row.spent is not None else None
    if rate is None:
        return Spot(at, RATE)
    line = TOP + at + 1
    return Spot(at, RATE, float(rate), format=OF_RATE, formula=f"=F{line}/E{line}")


def _goal(one: SelfEvaluation) -> Iterator[Spot]:
    at = FIRST_OF_MONEY + len(KEYS) + 1
    yield _label(at, LABEL, "年度\n总体\n目标", rows=2)
    yield _label(at, FIRST, "预期目标", columns=4)
    yield _label(at, ACTUAL, "实际完成情况", columns=4)
    yield Spot(at + 1, FIRST, one.expected, columns=4, side="left", pending=not one.expected)
    yield Spot(at + 1, ACTUAL, one.reached, columns=4, side="left", pending=not one.reached)


FIRST_OF_INDICATORS = FIRST_OF_MONEY + len(KEYS) + 3


def _indicators(one: SelfEvaluation) -> Iterator[Spot]:
    at = FIRST_OF_INDICATORS
    n = len(one.lines)
    yield _label(at, LABEL, "绩\n效\n指\n标", rows=n + 1)
    heads = (
        "一级指标",
        "二级指标",
        "三级指标",
        "年度\n指标值",
        "实际\n完成值",
        "分值",
        "得分",
        "偏差原因分析\n及改进措施",
    )
    for column, text in enumerate(heads, FIRST):
        yield _label(at, column, text)
    yield from _levels(one, at + 1)
    for row, line in enumerate(one.lines, at + 1):
        yield from _line(one, line, row)
    yield from _total(one, at + 1 + n)


def _levels(one: SelfEvaluation, at: int) -> Iterator[Spot]:
    """一级 and 二级指标, each over its rows."""
    row = at
    for first, of_first in groupby(one.lines, key=lambda line: line.item.first):
        lines = list(of_first)
        sum_ = plain(sum((line.item.points for line in lines), Decimal(0)))
        yield Spot(row, FIRST, f"{first}\n（{sum_}分）", rows=len(lines))
        for second, of_second in groupby(lines, key=lambda line: line.item.second):
            size = len(list(of_second))
            yield Spot(row, SECOND, second, rows=size)
            row += size


def _line(one: SelfEvaluation, line: Line, at: int) -> Iterator[Spot]:
    aim, item = line.aim, line.item
    row = TOP + at + 1
    yield Spot(at, THIRD, item.name, side="left")
    if aim is not None and aim.value is not None:
        rest = aim.text.removeprefix(aim.sign).removeprefix(plain(aim.value))
        yield Spot(at, AIM, _number(aim.value), before=aim.sign, after=rest)
    else:
        yield Spot(at, AIM, aim.text if aim else None, pending=aim is None)
    lacks = line.score is None and line.aim is not None
    if line.grade:
        yield Spot(at, ACTUAL, WORDS["grade_words"][line.grade])
    elif line.actual is not None:
        format_ = Format(line.decimals, grouped=True, unit=item.unit)
        yield Spot(at, ACTUAL, _number(line.actual), format=format_)
    else:
        yield Spot(at, ACTUAL, "缺数" if lacks else None, pending=lacks)
    yield Spot(at, POINTS, _number(item.points), format=OF_POINTS)
    judged = line.score is not None
    yield Spot(
        at,
        SCORE,
        _number(line.score) if judged else NOT_JUDGED,
        format=OF_SCORE,
        formula=_formula(one.form.rules, line, row) if judged else "",
    )
    reason = line.reason or (PENDING if line.reason_missing else "")
    yield Spot(at, REASON, reason, side="left", pending=line.reason_missing)


def _formula(rules: Rules, line: Line, row: int) -> str:
    """得分 as Excel calculates it of the cells beside it."""
    aim, own = line.aim, line.score is not None and line.score != line.rule
    wanted, is_, full = f"E{row}", f"F{row}", f"G{row}"
    if line.grade:
        assert line.percent is not None
        rule = f"ROUND({full}*{plain(line.percent)}/100,2)"
    else:
        assert aim is not None and aim.value is not None
        rule = f"ROUND({full}*{_share(aim, rules, wanted, is_)},2)"
    return f"=MIN({plain(line.score)},{rule})" if own else f"={rule}"


def _share(aim: Aim, rules: Rules, wanted: str, is_: str) -> str:
    """The share of the points, as `points.share`."""
    assert aim.value is not None
    sign = {"≥": ">=", "≤": "<=", "=": ">=", ">": ">", "<": "<"}[aim.sign]
    part = f"{is_}/{wanted}"
    if aim.value <= 0:
        part = "0"
    elif aim.most:
        part = f"{wanted}/{is_}" if rules.lower == "ratio" else f"1-({is_}-{wanted})/{wanted}"
    return f"IF({is_}{sign}{wanted},1,MAX(0,MIN(1,{part})))"


def _total(one: SelfEvaluation, at: int) -> Iterator[Spot]:
    row, first = TOP + FIRST_OF_MONEY + 1, TOP + FIRST_OF_INDICATORS + 2
    last = first + len(one.lines) - 1
    yield _label(at, LABEL, "总分", columns=6)
    yield Spot(
        at, POINTS, _number(FULL), format=OF_POINTS, formula=f"=G{row}+SUM(G{first}:G{last})"
    )
    counted = f"COUNT(I{row},H{first}:H{last})"
    n = len(one.lines) + 1
    formula = f'=IF({counted}<{n},"{NOT_JUDGED}",I{row}+SUM(H{first}:H{last}))'
    total = NOT_JUDGED if one.total is None else _number(one.total)
    yield Spot(
        at, SCORE, total, format=OF_SCORE, formula=formula, label=True, pending=one.total is None
    )
    yield Spot(at, REASON)


def _number(value: Decimal | None) -> float | None:
    """A number for a cell."""
    return None if value is None else float(value)


def notes(one: SelfEvaluation) -> list[str]:
    """What stands under the form: what is missing, what has no reason, on whom numbers rest, the rules."""
    usual = {key: Decimal(value) for key, value in WORDS["usual"].items()}
    given = {"预算执行率": one.form.points}
    for line in one.lines:
        first = line.item.first
        given[first] = given.get(first, Decimal(0)) + line.item.points
    unusual = [f"{key}{plain(value)}分" for key, value in given.items() if usual.get(key) != value]
    text = one.voice.tell(
        "selfeval",
        missing=one.missing,
        judged=plain(one.judged),
        points=plain(one.points_judged),
        left=plain(one.points_missing),
        unexplained=one.unexplained,
        rests=[line.rests for line in one.lines if line.rests],
        lowered=[line.item.name for line in one.lines if _is_less(line)],
        unusual=unusual,
    )
    return ["注：" + text.text] if text.text else []


def _is_less(line: Line) -> bool:
    return line.score is not None and line.rule is not None and line.score < line.rule


# showing and writing


@shows(SelfEvaluation, "block")
def block(one: SelfEvaluation) -> Block:
    """The indicators as a table of a report."""
    frame = table(one)
    rows = [[None if pd.isna(value) else value for value in row] for row in frame.to_numpy()]
    total = NOT_JUDGED if one.total is None else plain(one.total)
    title = f"{one.place}{one.form.project}绩效自评（{period_words(one.form.year)}，总分{total}）"
    return Block.table(title, list(frame), rows, notes=notes(one), demo=one.is_demo)


@shows(SelfEvaluation, "html")
def as_html(one: SelfEvaluation) -> str:
    """The form for a notebook."""
    return html(laid_out(one))


@shows(SelfEvaluation, "table")
def table(one: SelfEvaluation) -> pd.DataFrame:
    """The indicators as a frame: levels, target, actual, points, score, reason, what is missing."""
    rows = []
    if one.form.points:
        rate = None if one.rate is None else OF_RATE.text(float(one.rate))
        executed = None if one.executed is None else float(one.executed)
        why = "" if one.executed is not None else "、".join(one.whole.said)
        rows.append(["预算执行率", "", "", "", rate, float(one.form.points), executed, "", why])
    for line in one.lines:
        actual = line.grade and WORDS["grade_words"][line.grade]
        if line.actual is not None:
            actual = Format(line.decimals, unit=line.item.unit).text(float(line.actual))
        rows.append(
            [
                line.item.first,
                line.item.second,
                line.item.name,
                line.aim.text if line.aim else None,
                actual or None,
                float(line.item.points),
                _number(line.score),
                line.reason or (PENDING if line.reason_missing else ""),
                line.why,
            ]
        )
    columns = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分"]
    return pd.DataFrame(rows, columns=[*columns, "偏差原因分析及改进措施", "缺数的原因"])


@shows(SelfEvaluation, "write")
def write(one: SelfEvaluation, folder: Any, name: str = "") -> list[Path]:
    """Word, Excel and PDF as issued; their paths."""
    grid = laid_out(one)
    stem = safe_name(name or f"{one.form.project}（{one.place}）")
    home = Path(folder)
    return [
        put(home / f"{stem}.docx", word_bytes(grid)),
        put(home / f"{stem}.xlsx", book_of(grid, "自评表")),
        put(home / f"{stem}.pdf", pdf_bytes(grid)[0]),
    ]


# of a report


@dataclass(frozen=True)
class Filled:
    """A form that was filled for an area, and the files that hold it."""

    evaluation: SelfEvaluation
    files: tuple[Path, ...]


def check_forms(project: Project, dataset: str | None = None) -> list[Form]:
    """Every form of a project, read; all faults of all of them in one `InputError`."""
    problems: list[Problem] = []
    found = []
    for path in forms_of(project, dataset):
        try:
            found.append(read_form(path, project.codebook))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def write_all(
    data: Data, year: str, folder: Path, within: str | None = None, form: Form | None = None
) -> list[Filled]:
    """The forms of a year (or one of them), for the whole and for every district in it."""
    known = check_forms(data.project, data.dataset) if form is None else [form]
    made = []
    for read in (one for one in known if one.year == year):
        mine = of_year(data, read)
        for area in [within, *_districts(mine, year, within)]:
            one = filled_for(mine, read, area)
            made.append(Filled(one, tuple(write(one, folder))))
    return made


def _districts(data: Data, year: str, within: str | None) -> list[str]:
    """The districts that ought to report, in administrative order; none where the whole is one."""
    found = data.expected(year, "district", within).sort_values("sort_order")
    return list(dict.fromkeys(str(area) for area in found["area"]))
