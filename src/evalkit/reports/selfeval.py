"""项目支出绩效自评表 filled from a project: measures, indicators, goals and money of an area, as Word and Excel.

What the project does not know is absent (缺数, 未评), never nought, and then there is no total.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.documents import Block, Format
from evalkit.documents.grid import Grid, Spot
from evalkit.documents.grid_writing import TOP, book_of, html, word_bytes
from evalkit.files import put, safe_name
from evalkit.indicators.goals import goal_by_period, placed
from evalkit.indicators.load import Data, load
from evalkit.indicators.project import Project
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.reports.sentences import Facts, extent_of, facts
from evalkit.reports.voice import Voice
from evalkit.reports.words import period_words
from evalkit.selfeval import points
from evalkit.selfeval.evaluated import NOT_JUDGED, Line, Money, SelfEvaluation
from evalkit.selfeval.reading import WORDS, read_form
from evalkit.selfeval.values import FULL, Aim, Amount, Form, Item, Local, Row, Rules, Said, Stored
from evalkit.world.declared import Faults, Source
from evalkit.world.number import WAN_YUAN, WHOLE_YUAN, fixed, plain
from evalkit.world.showing import shows

FOLDER = "selfeval"  # of a project: a form a file
MADE = "绩效自评表"  # of a report: what is made of them
EXAMPLE = Path(points.__file__).with_name("example.yml")
DECIMALS_OF_MONEY = 2
COLUMNS_OF_MONEY = ("start", "year", "spent")
UNITS = {"万元": WAN_YUAN // WHOLE_YUAN, "元": 1}  # yuan in a unit of money


# which forms there are


def forms_of(project: Project, dataset: str | None = None) -> list[Path]:
    """The forms of a project; of the demonstration without any the packaged one."""
    found = sorted((project.root / FOLDER).glob("*.yml"))
    if not found and (dataset or project.dataset) == "demo":
        return [EXAMPLE]
    return found


def stamps(project: Project, dataset: str | None = None) -> dict[str, str]:
    """The forms with the hash of their content: what was made of another one is to be made anew."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in forms_of(project, dataset)
    }


def self_evaluate(data: Data, form: Any = None, area: str | None = None) -> SelfEvaluation:
    """A form filled for an area.

    Parameters
    ----------
    data
        Of `load`; the numbers are those of the form's year.
    form
        Name of a file in ``selfeval`` (without .yml), a path, a mapping, or a `Form`; the only one by default.
    area
        Path, name or short name; by default the whole.

    Raises
    ------
    InputError
        A form that is wrong or not there, an area that is unknown, a year without data.
    """
    read = form if isinstance(form, Form) else _read(data, form)
    return _filled(_of_year(data, read), read, area)


def _read(data: Data, form: Any) -> Form:
    if isinstance(form, dict):
        return read_form(form, data.codebook)
    return read_form(found_form(data.project, form, data.dataset), data.codebook)


def found_form(project: Project, form: Any, dataset: str | None = None) -> Path:
    """The file of a form: a path, a name, or the only one."""
    known = forms_of(project, dataset)
    if form is None and len(known) == 1:
        return known[0]
    for path in (Path(str(form)), *(one for one in known if str(form) in (one.stem, one.name))):
        if form is not None and path.is_file():
            return path
    names = [path.stem for path in known]
    advice = did_you_mean(str(form), names) if form else ""
    advice = advice or f"把表写在项目的 {FOLDER} 文件夹里；evalkit selfeval --new 名称 写出样子"
    found = str(form) if form else ("没有自评表" if not known else "有几张自评表，要写明哪一张")
    code = "key_unknown" if form else "data_missing"
    raise InputError(
        Problem(code, where=FOLDER, found=found, allowed="、".join(names), advice=advice)
    )


def _of_year(data: Data, form: Form) -> Data:
    """The data with the year of the form in it."""
    if form.year in data.periods:
        return data
    return load(data.project, periods=[form.year], dataset=data.dataset)


# filling


@dataclass(frozen=True)
class _Filler:
    """A form beside the numbers of one area. ``local``: what is said of it; ``inside``: whether it is not the whole."""

    form: Form
    known: Facts
    data: Data | None
    local: Local
    inside: bool

    def said(self, item: Item) -> Said:
        """What is said of an indicator here: what the area says, and below it what holds for all."""
        mine = self.local.said.get(item.name, Said())
        whole = item.said if not self.inside or item.each else Said(aim=self._aim_of_all(item))
        return Said(
            mine.aim or whole.aim,
            mine.actual if mine.actual is not None else whole.actual,
            mine.grade or whole.grade,
            mine.percent if mine.grade else whole.percent,
            mine.score if mine.score is not None else whole.score,
            mine.reason or whole.reason,
        )

    def _aim_of_all(self, item: Item) -> Aim | None:
        """A target that every area has: words, a rate, and one that is a measure of its own; no count of the whole."""
        aim = item.said.aim
        if aim is None or aim.stored is not None or aim.value is None or item.unit == "%":
            return aim
        is_rate = item.stored is not None and not item.stored.counts
        return aim if is_rate else None

    def line(self, item: Item) -> Line:
        said = self.said(item)
        if said.grade:
            return self._graded(item, said)
        aim, why = self._aim(item, said)
        if aim is not None and aim.value is None and item.stored is None:
            return Line(item, aim, reason=said.reason, why=WORDS["why"]["no_grade"])
        actual = _Actual(said.actual, _places(said.actual))
        if said.actual is None:
            actual = self._taken(item.stored, item.unit)
        if aim is None:
            why = why or WORDS["why"]["no_aim"]
            return Line(item, None, actual.value, actual.decimals, reason=said.reason, why=why)
        if actual.value is None:
            return Line(item, aim, reason=said.reason, why=actual.why)
        part = points.share(aim, actual.value, self.form.rules.lower)
        rule = points.score(part, item.points)
        given = rule if said.score is None else said.score
        far = points.beyond(aim, actual.value, item.over)
        return Line(
            item,
            aim,
            actual.value,
            actual.decimals,
            score=given,
            rule=rule,
            deviates=far or given < item.points,
            reason=said.reason,
            rests=actual.rests,
        )

    def _graded(self, item: Item, said: Said) -> Line:
        assert said.percent is not None
        rule = points.score(Fraction(said.percent) / 100, item.points)
        given = rule if said.score is None else said.score
        return Line(
            item,
            said.aim,
            grade=said.grade,
            percent=said.percent,
            score=given,
            rule=rule,
            deviates=given < item.points,
            reason=said.reason,
        )

    def _aim(self, item: Item, said: Said) -> tuple[Aim | None, str]:
        """The target of this area, and why there is none."""
        aim = said.aim
        if aim is None and item.stored is not None and item.stored.kind == "goal":
            return self._goal(item, item.stored), ""
        if aim is None or aim.stored is None:
            return aim, ""
        taken = self._taken(aim.stored, item.unit)
        if taken.value is None:
            return None, f"{WORDS['why']['no_aim']}：{taken.why}"
        text = f"{aim.sign}{plain(taken.value)}{item.unit}"
        return Aim(text, aim.sign, taken.value), ""

    def _goal(self, item: Item, stored: Stored) -> Aim | None:
        """What a goal of the project asks of this area at the end of the year."""
        if not stored.counts:
            row = self.known.rows.get(stored.code)
            if row is None or not row.get("target_own") or pd.isna(row["target"]):
                return None
            number = fixed(row["target"], int(row["decimals"]), scale=row["scale"])
            better = str(row["better"])
        else:
            wanted, better = self._count_wanted(stored.code)
            if wanted is None:
                return None
            number = plain(wanted)
        sign = "≤" if better == "lower" else "≥"
        value = Decimal(plain(Decimal(number)))
        return Aim(f"{sign}{plain(value)}{item.unit}", sign, value)

    def _count_wanted(self, code: str) -> tuple[float | None, str]:
        if self.data is None:
            return None, "higher"
        frame = self.data.measures
        rows = frame.loc[(frame["measure"] == code) & (frame["area"] == self.known.path)]
        series = {str(row["period"]): float(row["value"]) for row in rows.to_dict("records")}
        series.setdefault(self.form.year, float("nan"))
        goals = placed(self.data.codebook, self.data.areas, self.data.project.root / "goals.yml")
        for goal in goals.goals:
            here = not goal.areas or self.known.path in goal.areas
            if goal.counts and goal.code == code and here:
                wanted = goal_by_period(goal, series).get(self.form.year)
                if wanted is not None:
                    return wanted, goal.better
        return None, "higher"

    def _taken(self, stored: Stored | None, unit: str) -> _Actual:
        """A number that the project has of this area, as it is printed; or why it has none."""
        if stored is None:
            return _Actual(why=WORDS["why"]["no_actual"])
        if not stored.counts:
            return self._indicator(stored.code)
        return self._measure(stored.code, unit)

    def _indicator(self, code: str) -> _Actual:
        row = self.known.rows.get(code)
        if row is None:
            return _Actual(why=WORDS["why"]["not_reported"])
        decimals = int(row["decimals"])
        extent = extent_of(row)
        rests = extent.words(self.known.place) if extent else ""
        name = self.known.codebook.indicators[code].name
        return _Actual(
            Decimal(fixed(row["value"], decimals, scale=row["scale"])),
            decimals,
            rests=f"{name}{rests}" if rests else "",
        )

    def _measure(self, code: str, unit: str) -> _Actual:
        value = self.known.now.get(code)
        extent = self.known.extents.get(code)
        if extent is not None and not extent.full:
            told = WORDS.say("why.in_part", extent=extent.words(self.known.place))
            return _Actual(why=told)
        if value is None or pd.isna(value):
            return _Actual(why=WORDS["why"]["not_reported"])
        own = self.known.codebook.measures[code].unit
        money = own in UNITS
        over = UNITS[unit] // UNITS[own] if money and unit in UNITS else 1
        decimals = DECIMALS_OF_MONEY if money else 0
        whole = not money and float(value).is_integer()
        number = Fraction(Decimal(str(value))) / over
        text = fixed(number, decimals) if money or whole else plain(number)
        return _Actual(Decimal(text), decimals)

    # money

    def money(self) -> tuple[Money, ...]:
        rows = self.form.rows
        if self.local.rows is not None:
            rows = self.local.rows
        elif self.inside:
            rows = tuple(_stored_only(row) for row in rows)
        return tuple(self._money(row) for row in rows)

    def _money(self, row: Row) -> Money:
        cells: dict[str, Decimal | None] = {}
        why: dict[str, str] = {}
        for column in COLUMNS_OF_MONEY:
            given: Amount | None = getattr(row, column)
            if given is None or isinstance(given, Decimal):
                cells[column] = given
                continue
            taken = self._taken(given, self.form.money)
            cells[column] = taken.value
            if taken.value is None:
                why[column] = f"{self.known.codebook.measures[given.code].name}{taken.why}"
        return Money(row.key, **cells, why=why)


@dataclass(frozen=True)
class _Actual:
    """A number as it is printed, or why there is none."""

    value: Decimal | None = None
    decimals: int = 0
    why: str = ""
    rests: str = ""


def _places(number: Decimal | None) -> int:
    """Decimals of a typed number."""
    text = "" if number is None else plain(number)
    return len(text.partition(".")[2])


def _stored_only(row: Row) -> Row:
    """Of the whole's money what is a measure, which every area has of its own."""
    cells = {column: getattr(row, column) for column in COLUMNS_OF_MONEY}
    return Row(row.key, **{c: value for c, value in cells.items() if isinstance(value, Stored)})


def _sum_of(rows: tuple[Money, ...]) -> Money:
    """年度资金总额: a column is summed where everything of it that is said is known."""
    sums: dict[str, Decimal | None] = {}
    why: dict[str, str] = {}
    for column in COLUMNS_OF_MONEY:
        cells = [value for row in rows if (value := getattr(row, column)) is not None]
        lacking = [row.why[column] for row in rows if column in row.why]
        sums[column] = sum(cells, Decimal(0)) if cells and not lacking else None
        if lacking:
            why[column] = "、".join(dict.fromkeys(lacking))
    for column, word in (("year", "no_year"), ("spent", "no_spent")):
        if sums[column] is None and column not in why:
            why[column] = WORDS["why"][word]
    if sums["year"] == 0:
        why["year"] = WORDS["why"]["no_budget"]
    return Money("", **sums, why=why)


def _filled(data: Data, form: Form, area: str | None) -> SelfEvaluation:
    known = facts(data, form.year, None, area)
    inside = known.path != facts(data, form.year, None, None).path
    local = _locals(data, form).get(known.path, Local())
    return filled(form, known, data, local, inside)


def filled(
    form: Form,
    known: Facts,
    data: Data | None = None,
    local: Local | None = None,
    inside: bool = False,
) -> SelfEvaluation:
    """A form filled from the numbers of one area.

    Parameters
    ----------
    known
        The area's numbers in the form's year.
    data
        For goals that count; None: the form has none.
    local
        What the form says of the area besides.
    inside
        Whether it is a part of the whole for which the form is written: what is typed there is not said of it.
    """
    own = local or Local()
    filler = _Filler(form, known, data, own, inside)
    lines = tuple(filler.line(item) for item in form.items)
    _check_scores(form, lines)
    money = filler.money()
    total = _sum_of(money)
    rate = None
    if total.year is not None and total.spent is not None:
        rate = points.executed(total.year, total.spent)
    return SelfEvaluation(
        form=form,
        area=known.path,
        place=known.area,
        department=own.department or form.department,
        unit=own.unit or ("" if inside else form.unit),
        expected=own.expected or form.expected,
        reached=own.reached or ("" if inside else form.reached),
        money=money,
        whole=total,
        rate=rate,
        executed=None if rate is None else points.score(rate, form.points),
        lines=lines,
        is_demo=data is not None and data.is_demo,
        voice=Voice(known.codebook, known.folder),
    )


def _locals(data: Data, form: Form) -> dict[str, Local]:
    """What the form says of single areas, by their paths; names that are none are told together."""
    faults = Faults(_source(data.project, form))
    found = {}
    for name, local in form.areas.items():
        try:
            found[data.find_area(name)] = local
        except InputError:
            known = [*data.areas["name"], *data.areas["area"]]
            faults.unknown(("areas", name), name, known, code="area_unknown")
    faults.stop()
    return found


def _source(project: Project, form: Form) -> Source:
    path = project.root / FOLDER / f"{form.name}.yml"
    return Source.read(path) if path.is_file() else Source({})


def _check_scores(form: Form, lines: tuple[Line, ...]) -> None:
    """A score of the office's own is no higher than what the rule gives."""
    problems = []
    for line in lines:
        if line.score is None or line.rule is None or line.score <= line.rule:
            continue
        at = f"{form.name}.yml" if form.name else ""
        told = WORDS.say("say.score_rule", rule=plain(line.rule))
        problems.append(
            Problem(
                "value_invalid",
                file=at,
                where=f"indicators.{line.item.name}.score",
                found=plain(line.score),
                allowed=told,
            )
        )
    if problems:
        raise InputError(problems)


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
    """Word and Excel as issued; their paths."""
    grid = laid_out(one)
    stem = safe_name(name or f"{one.form.project}（{one.place}）")
    home = Path(folder)
    return [
        put(home / f"{stem}.docx", word_bytes(grid)),
        put(home / f"{stem}.xlsx", book_of(grid, "自评表")),
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
        mine = _of_year(data, read)
        for area in [within, *_districts(mine, year, within)]:
            one = _filled(mine, read, area)
            made.append(Filled(one, tuple(write(one, folder))))
    return made


def _districts(data: Data, year: str, within: str | None) -> list[str]:
    """The districts that ought to report, in administrative order; none where the whole is one."""
    found = data.expected(year, "district", within).sort_values("sort_order")
    return list(dict.fromkeys(str(area) for area in found["area"]))
