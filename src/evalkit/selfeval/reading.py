"""From the YAML of a form to a `Form`; every fault at once, in Chinese, at its line.

    project: 两新组织党建工作经费
    year: 2025
    funds:
      fiscal: {start: 320, year: 310, spent: {measure: 财政投入}}     # 万元
    indicators:
      - {kind: 数量指标, name: 新建党组织数, target: ≥60, measure: 新建党组织, points: 10}
      - {kind: 社会效益指标, name: 党建引领作用, target: 明显, grade: 部分达成, percent: 75, points: 15, reason: …}

`docs/selfeval.md` has every key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from evalkit.codebook import Codebook
from evalkit.indicators.targets import names_of
from evalkit.problems import did_you_mean
from evalkit.selfeval.points import GRADES, allows, interval
from evalkit.selfeval.values import FULL, Aim, Form, Item, Kind, Local, Row, Rules, Said, Stored
from evalkit.world.declared import At, Faults, Source
from evalkit.world.kinds import NotNegative, Strict, Text, one_of, text_of
from evalkit.world.number import plain
from evalkit.world.words import Words

WORDS = Words.beside(__file__)
UNITS_OF_MONEY = ("万元", "元")
SOURCES: tuple[Kind, ...] = ("measure", "indicator", "goal")
LONGEST_UNIT = 4  # characters behind a number that are its unit and no sentence
_NUMBER = re.compile(r"[-−]?\d[\d,，]*(?:\.\d+)?")


# a key that is written and left empty says nothing
Blank = Annotated[str, BeforeValidator(lambda value: "" if value is None else text_of(value))]


class GoalEntry(Strict):
    """年度总体目标."""

    expected: Blank = ""
    actual: Blank = ""


class FundEntry(Strict):
    """A row of money."""

    start: Any = None
    year: Any = None
    spent: Any = None


class FundsEntry(Strict):
    """项目资金."""

    points: NotNegative = 10
    fiscal: FundEntry | None = None
    carried: FundEntry | None = None
    other: FundEntry | None = None


class SaidEntry(Strict):
    """What may be said of an indicator of one area."""

    target: Any = None
    actual: Any = None
    grade: Blank = ""
    percent: Any = None
    score: Any = None
    reason: Blank = ""


class IndicatorEntry(SaidEntry):
    """三级指标."""

    kind: Text
    name: Text
    points: NotNegative
    unit: Blank = ""
    measure: Blank = ""
    indicator: Blank = ""
    goal: Blank = ""
    over: NotNegative | None = None
    each: bool = False


class RulesEntry(Strict):
    """Where offices differ."""

    over: NotNegative = 30
    grades: list[Any] = Field(default_factory=lambda: [80, 60])
    lower: Literal["ratio", "linear"] = "ratio"


class AreaEntry(Strict):
    """What is said of one area."""

    department: Blank = ""
    unit: Blank = ""
    goal: GoalEntry = GoalEntry()
    funds: FundsEntry | None = None
    indicators: dict[Text, Any] = Field(default_factory=dict)


class FormEntry(Strict):
    """A form as it is written; every key has a default, so that what is wrong is told together."""

    project: Blank = ""
    year: Any = None
    department: Blank = ""
    unit: Blank = ""
    money: Annotated[str, one_of(*UNITS_OF_MONEY)] = "万元"
    goal: GoalEntry = GoalEntry()
    funds: FundsEntry = FundsEntry()
    indicators: list[Any] = Field(default_factory=list)
    rules: RulesEntry = RulesEntry()
    areas: dict[Text, Any] = Field(default_factory=dict)
    source: Blank = ""


def read_form(given: Path | Mapping[str, Any], codebook: Codebook) -> Form:
    """A checked form.

    Raises
    ------
    InputError
        All faults at once: unknown keys and names with the nearest one, points that do not add up to 100, a grade
        without its per cent, a target that is no number, a score above its points.
    """
    source = Source.read(given) if isinstance(given, Path) else Source.of(given)
    name = given.stem if isinstance(given, Path) else ""
    faults = Faults(source)
    form = _Reader(faults, codebook).form(name)
    faults.stop()
    return form


@dataclass
class _Reader:
    """Reads a form from the top; collects every fault on the way."""

    faults: Faults
    codebook: Codebook
    rules: Rules = field(default_factory=Rules)

    def form(self, name: str) -> Form:
        raw = self.faults.fitting(FormEntry, self.faults.source.content)
        for key in ("project", "year"):
            if not getattr(raw, key):
                self.faults.missing((key,), f"{key}: …")
        year = str(raw.year or "").strip()
        if raw.year and not re.fullmatch(r"(19|20)\d\d", year):
            self.faults.invalid(("year",), raw.year, WORDS.say("say.year"))
        self._rules(raw.rules)
        items = self._items(raw)
        self._check_points(raw, items)
        areas = {
            area: local
            for area, given in raw.areas.items()
            if (local := self._local(area, given, items)) is not None
        }
        return Form(
            name=name or raw.project,
            project=raw.project,
            year=year,
            items=tuple(items),
            department=raw.department,
            unit=raw.unit,
            expected=raw.goal.expected,
            reached=raw.goal.actual,
            money=raw.money,
            points=_exact(raw.funds.points),
            rows=self._rows(raw.funds, ("funds",)),
            rules=self.rules,
            areas=areas,
            source=raw.source,
        )

    def _rules(self, raw: RulesEntry) -> None:
        cuts = [
            _exact(one)
            for one in raw.grades
            if isinstance(one, int | float) and not isinstance(one, bool)
        ]
        if len(cuts) != 2 or len(raw.grades) != 2 or not 0 < cuts[1] < cuts[0] < 100:
            self.faults.invalid(("rules", "grades"), raw.grades, WORDS.say("say.cuts"))
        else:
            self.rules = Rules((cuts[0], cuts[1]), raw.lower)

    # indicators

    def _items(self, raw: FormEntry) -> list[Item]:
        if not raw.indicators:
            self.faults.missing(("indicators",), WORDS.say("say.no_indicators"))
        found = []
        seen: set[str] = set()
        for n, entry in enumerate(raw.indicators):
            item = self._item(n, entry, _exact(raw.rules.over))
            if item is None:
                continue
            if item.name in seen:
                told = WORDS.say("say.twice")
                self.faults.add("key_duplicate", ("indicators", n, "name"), item.name, told)
            seen.add(item.name)
            found.append(item)
        order = [second for seconds in WORDS["kinds"].values() for second in seconds]
        return sorted(found, key=lambda item: order.index(item.second))

    def _item(self, n: int, entry: Any, over: Decimal) -> Item | None:
        at: At = ("indicators", n)
        if not isinstance(entry, Mapping):
            self.faults.invalid(at, entry, "kind: 数量指标，name: …，target: …，points: …")
            return None
        read = self.faults.model(IndicatorEntry, entry, at)
        if read is None:
            return None
        kind = self._kind(read.kind, at)
        stored = self._stored(read, at)
        unit = read.unit or self._unit_of(stored)
        said = self._said(read, unit, stored, at, _exact(read.points))
        if said is None or kind is None:
            return None
        first, second = kind
        return Item(
            first=first,
            second=second,
            name=read.name.strip(),
            points=_exact(read.points),
            said=said,
            unit=unit,
            stored=stored,
            over=over if read.over is None else _exact(read.over),
            each=read.each,
            place=n,
        )

    def _kind(self, written: str, at: At) -> tuple[str, str] | None:
        """一级 and 二级指标, from the name of the 二级 one."""
        name = written.strip()
        name = WORDS["also"].get(name, name)
        name = name if name.endswith("指标") else f"{name}指标"
        for first, seconds in WORDS["kinds"].items():
            if name in seconds:
                return first, name
        known = [second for seconds in WORDS["kinds"].values() for second in seconds]
        self.faults.unknown((*at, "kind"), written, known, code="value_invalid")
        return None

    def _stored(self, read: IndicatorEntry, at: At) -> Stored | None:
        """Which number of the project an indicator takes; at most one, and no typed one beside it."""
        given = [kind for kind in SOURCES if getattr(read, kind)]
        typed = [*given, *(["actual"] if read.actual is not None else [])]
        if len(typed) > 1:
            self.faults.invalid(at, "、".join(typed), WORDS.say("say.one_source"))
        if not given:
            return None
        kind: Kind = given[0]
        return self._named(kind, getattr(read, kind), (*at, kind))

    def _named(self, kind: Kind, written: str, path: At) -> Stored | None:
        name = written.strip()
        indicators = names_of(self.codebook)
        counted = [one.name for one in self.codebook.measures.values()]
        if kind in ("indicator", "goal") and name in indicators:
            return self._with_goal(Stored(kind, indicators[name]), name, path)
        if kind in ("measure", "goal") and (code := self.codebook.measure_of(name)):
            return self._with_goal(Stored(kind, code, counts=True), name, path)
        known = {"measure": counted, "indicator": [*indicators]}.get(kind, [*indicators, *counted])
        allowed = {"measure": "计数", "indicator": "指标"}.get(kind, "指标或计数")
        self.faults.add(
            "key_unknown",
            path,
            name,
            f"{allowed}的代码或名称，见数据字典",
            did_you_mean(name, known),
        )
        return None

    def _with_goal(self, stored: Stored, name: str, path: At) -> Stored | None:
        """The same, where a goal is really set."""
        if stored.kind != "goal":
            return stored
        dated = {(goal.code, goal.counts) for goal in self.codebook.goals}
        if (stored.code, stored.counts) in dated or stored.code in self.codebook.own_targets:
            return stored
        self.faults.invalid(path, name, WORDS.say("say.goal_missing"))
        return None

    def _unit_of(self, stored: Stored | None) -> str:
        if stored is None:
            return ""
        book = self.codebook
        found = (
            book.measures[stored.code].unit if stored.counts else book.indicators[stored.code].unit
        )
        return str(found)

    def _said(
        self, read: SaidEntry, unit: str, stored: Stored | None, at: At, points: Decimal
    ) -> Said | None:
        """What is said of an indicator, checked; None with its faults told."""
        before = len(self.faults.problems)
        grade = self._grade(read.grade, (*at, "grade")) if read.grade else ""
        aim = self._aim(read.target, unit, (*at, "target"), bool(grade))
        if stored is not None and (grade or (aim and aim.value is None and aim.stored is None)):
            advice = WORDS.say("say.qualitative")
            self.faults.invalid((*at, "target"), read.target, WORDS.say("say.aim"), advice)
        percent = self._percent(read.percent, grade, at)
        actual = self._number(read.actual, unit, (*at, "actual")) if not grade else None
        score = self._score(read.score, points, (*at, "score"))
        if len(self.faults.problems) > before:
            return None
        return Said(aim, actual, grade, percent, score, read.reason.strip())

    def _grade(self, written: str, path: At) -> str:
        text = written.strip()
        for grade, names in WORDS["grades"].items():
            if text in names:
                return str(grade)
        self.faults.unknown(path, written, GRADES, code="value_invalid")
        return ""

    def _percent(self, given: Any, grade: str, at: At) -> Decimal | None:
        """The per cent of the points that a grade gets: 100 of what is 达成 where nothing is said."""
        if not grade:
            if given is not None:
                self.faults.missing((*at, "grade"), WORDS.say("say.grade"))
            return None
        low, high = interval(grade, self.rules)
        facts = {"grade": grade, "low": plain(low), "high": plain(high)}
        open_ = "" if grade == GRADES[0] else WORDS.say("say.open_end", high=plain(high))
        if given is None:
            if grade == GRADES[0]:
                return Decimal(100)
            self.faults.missing(
                (*at, "percent"), WORDS.say("say.percent_missing", **facts, open=open_)
            )
            return None
        number = self._number(given, "%", (*at, "percent"))
        if number is not None and not allows(grade, number, self.rules):
            told = WORDS.say("say.percent_of", **facts, open=open_)
            self.faults.invalid((*at, "percent"), given, told)
        return number

    def _score(self, given: Any, points: Decimal, path: At) -> Decimal | None:
        if given is None:
            return None
        number = self._number(given, "", path)
        if number is not None and not 0 <= number <= points:
            self.faults.invalid(path, given, WORDS.say("say.score", points=plain(points)))
        return number

    def _number(self, given: Any, unit: str, path: At) -> Decimal | None:
        """A typed number; 92% where the unit is %."""
        if given is None:
            return None
        if isinstance(given, int | float) and not isinstance(given, bool):
            self._check_percent(_exact(given), unit, given, path)
            return _exact(given)
        text = str(given).strip()
        match = _NUMBER.match(text)
        rest = text[match.end() :].strip() if match else ""
        if match is None or (rest and rest.replace("％", "%") != unit):
            self.faults.invalid(path, given, WORDS.say("say.number"))
            return None
        return _digits(match[0])

    def _check_percent(self, value: Decimal, unit: str, given: Any, path: At) -> None:
        """0.9 where a per cent is asked for is 90 to whoever wrote it, unless it has the sign."""
        if unit == "%" and 0 < value < 1:
            told = WORDS.say("say.percent", whole=plain(value * 100), small=f"{plain(value)}%")
            self.faults.invalid(path, given, told)

    def _aim(self, given: Any, unit: str, path: At, qualitative: bool) -> Aim | None:
        """年度指标值: a number with its sign, a measure of the area, or words."""
        if given is None:
            return None
        if isinstance(given, Mapping):
            return self._aim_of(given, unit, path)
        number = isinstance(given, int | float) and not isinstance(given, bool)
        text = plain(given) if number else str(given).strip()
        if qualitative:
            return Aim(text)
        sign, value, rest = parted(text)
        if value is None or len(rest) > LONGEST_UNIT or re.search(r"\d", rest):
            return Aim(text)
        rest = rest.replace("％", "%")
        if rest and unit and rest != unit:
            self.faults.invalid(path, given, WORDS.say("say.unit", unit=unit))
        if not rest and sign not in ("≤", "<"):
            self._check_percent(value, unit, given, path)
        return Aim(f"{sign}{plain(value)}{rest or unit}", sign, value)

    def _aim_of(self, given: Mapping[Any, Any], unit: str, path: At) -> Aim | None:
        """``{measure: 发展计划, is: ≥}``: what is to be reached is a measure of the same area."""
        for key in given:
            if key not in ("measure", "is"):
                self.faults.unknown((*path, str(key)), key, ("measure", "is"))
        sign = WORDS["signs"].get(str(given.get("is", "≥")).strip())
        if sign is None:
            self.faults.unknown((*path, "is"), given["is"], ("≥", "≤", "="), code="value_invalid")
        stored = self._named("measure", str(given.get("measure", "")), (*path, "measure"))
        return Aim("", sign, stored=stored) if sign and stored else None

    # money

    def _rows(self, raw: FundsEntry, at: At) -> tuple[Row, ...]:
        rows = []
        for key in WORDS["funds"]:
            entry: FundEntry | None = getattr(raw, key)
            if entry is not None:
                cells = {
                    column: self._amount(getattr(entry, column), (*at, key, column))
                    for column in ("start", "year", "spent")
                }
                rows.append(Row(key, **cells))
        return tuple(rows)

    def _amount(self, given: Any, path: At) -> Decimal | Stored | None:
        if given is None:
            return None
        if isinstance(given, Mapping):
            if set(given) != {"measure"}:
                self.faults.invalid(path, dict(given), WORDS.say("say.money"))
                return None
            stored = self._named("measure", str(given["measure"]), (*path, "measure"))
            if stored and self.codebook.measures[stored.code].unit != "元":
                unit = self.codebook.measures[stored.code].unit
                found = f"{given['measure']}（{unit}）"
                self.faults.invalid((*path, "measure"), found, WORDS.say("say.money_measure"))
            return stored
        number = self._number(given, "", path)
        if number is not None and number < 0:
            self.faults.invalid(path, given, "不小于 0 的数")
        return number

    def _check_points(self, raw: FormEntry, items: list[Item]) -> None:
        """All points are 100; told only where every one could be read."""
        if len(items) != len(raw.indicators) or not items:
            return
        total = _exact(raw.funds.points) + sum(item.points for item in items)
        if total == FULL:
            return
        firsts: dict[str, Decimal] = {}
        for item in items:
            firsts[item.first] = firsts.get(item.first, Decimal(0)) + item.points
        parts = "".join(f"、{first}{plain(points)}" for first, points in firsts.items())
        funds = plain(_exact(raw.funds.points))
        found = WORDS.say("say.points_found", total=plain(total), funds=funds, parts=parts)
        self.faults.invalid(("indicators",), found, WORDS.say("say.points"))

    # what is said of single areas

    def _local(self, area: str, given: Any, items: list[Item]) -> Local | None:
        at: At = ("areas", area)
        raw = self.faults.fitting(AreaEntry, given, at)
        known = {item.name: item for item in items}
        said = {}
        for name, entry in raw.indicators.items():
            path = (*at, "indicators", name)
            item = known.get(name)
            if item is None:
                self.faults.unknown(path, name, known, allowed="上面 indicators 里的 name")
                continue
            read = self.faults.model(SaidEntry, entry, path)
            if read is None:
                continue
            mine = self._said(read, item.unit, item.stored, path, item.points)
            if mine is not None:
                said[name] = mine
        rows = self._rows(raw.funds, (*at, "funds")) if raw.funds is not None else None
        goal = raw.goal
        return Local(raw.department, raw.unit, goal.expected, goal.actual, rows, said)


def parted(text: str) -> tuple[str, Decimal | None, str]:
    """Sign, number and unit of a target as it is written; no number: words.

    >>> parted("不低于 85%"), parted("3家以下")
    (('≥', Decimal('85'), '%'), ('≤', Decimal('3'), '家'))
    """
    sign = ""
    for written, meant in sorted(WORDS["signs"].items(), key=lambda pair: -len(pair[0])):
        if text.startswith(written):
            sign, text = str(meant), text[len(written) :].strip()
            break
    match = _NUMBER.match(text)
    if match is None:
        return sign, None, text
    rest = text[match.end() :].strip()
    for written, meant in sorted(WORDS["ends"].items(), key=lambda pair: -len(pair[0])):
        if not sign and rest.endswith(written):
            sign, rest = str(meant), rest.removesuffix(written).strip()
            break
    return sign or "≥", _digits(match[0]), rest


def _digits(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("，", "").replace("−", "-"))


def _exact(number: int | float) -> Decimal:
    return Decimal(str(number))
