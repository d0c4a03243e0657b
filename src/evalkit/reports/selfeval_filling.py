"""A form of 项目支出绩效自评 filled from a project: measures, indicators, goals and money of an area.

What the project does not know is absent (缺数, 未评), never nought, and then there is no total.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.indicators.goals import goal_by_period, placed
from evalkit.indicators.load import Data, load
from evalkit.indicators.project import Project
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.reports.sentences import Facts, extent_of, facts
from evalkit.reports.voice import Voice
from evalkit.selfeval import points
from evalkit.selfeval.evaluated import Line, Money, SelfEvaluation
from evalkit.selfeval.reading import WORDS, read_form
from evalkit.selfeval.values import Aim, Amount, Form, Item, Local, Row, Said, Stored
from evalkit.world.declared import Faults, Source
from evalkit.world.number import WAN_YUAN, WHOLE_YUAN, fixed, plain

FOLDER = "selfeval"  # of a project: a form a file
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
    return filled_for(of_year(data, read), read, area)


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


def of_year(data: Data, form: Form) -> Data:
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


def filled_for(data: Data, form: Form, area: str | None) -> SelfEvaluation:
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
