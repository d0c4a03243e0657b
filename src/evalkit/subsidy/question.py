"""A question as the fields of a form hold it: lines of changes, for whom, who pays, and what is asked of them.

The fields hold what is typed on a command line (+20%, 300/月, 三星以上, 3:3:4, 500万), so that both have one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from evalkit.problems import InputError, Problem
from evalkit.subsidy.ask import Ask
from evalkit.subsidy.changes import limited
from evalkit.subsidy.dated import value_on
from evalkit.subsidy.extending import offered_beside, paths_of, usual
from evalkit.subsidy.listing import Item, settings
from evalkit.subsidy.loading import number_of
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.typed import normal
from evalkit.subsidy.values import AMOUNTS, SCOPED, Parameter, SchemeData
from evalkit.subsidy.words import WORDS
from evalkit.world.number import plain

COST, BUDGET, REACH, CAP, ORG = "cost", "budget", "reach", "cap", "org"
ASKS = (COST, BUDGET, REACH, CAP, ORG)
LOOKED_FOR = (BUDGET, REACH)  # the first line names the standard that is looked for
NEEDED = {
    BUDGET: ("item", "budget"),
    REACH: ("item", "reach", "standard"),
    CAP: ("cap", "by", "floor", "most"),
    ORG: ("org",),
}


@dataclass(frozen=True)
class Line:
    """One change: an item (a standard, a whole component, a rule), what it becomes, for whom, from which day on."""

    item: str
    to: str = ""
    scope: str = ""
    since: date | None = None

    @property
    def key(self) -> str:
        return f"{self.item}{SCOPED}{self.scope}" if self.scope else self.item


@dataclass(frozen=True)
class Question:
    """All fields.

    Attributes
    ----------
    lines
        The changes; where something is looked for, the first one names the standard.
    only, share
        Only for whom; who pays what is added.
    kind
        What is asked: the cost, what a budget buys, what reaches a share, a sum shared out, one organisation.
    ask
        What that needs, as it is typed.
    question, title
        What the scenario says of itself.
    """

    lines: tuple[Line, ...]
    only: str = ""
    share: str = ""
    kind: str = COST
    ask: Ask = field(default_factory=Ask)
    question: str = ""
    title: str = ""

    def reform(self, scheme: Scheme, start: date) -> Reform:
        """The checked reform; `start` is the first day of what is reckoned: a condition from there on always holds.

        Raises
        ------
        InputError
            Every fault at once.
        """
        changes: dict[str, Any] = {}
        for line in self.lines[1:] if self.kind in LOOKED_FOR else self.lines:
            _add(scheme, changes, line)
        since = next((line.since for line in self.lines if line.since), None)
        dated = since.isoformat() if since and since > start else None
        changes |= limited(self.only, self.share, dated)
        head = {key: text for key in ("question", "title") if (text := getattr(self, key))}
        return scheme.reform(changes, ask=self._asked(), **head)

    def _asked(self) -> Ask:
        """What this kind of question needs, and nothing that was typed for another one."""
        kept = set(NEEDED.get(self.kind, ())) | {"periods", "within"}
        given = {one.name: getattr(self.ask, one.name) for one in fields(Ask)}
        found = Ask(**{name: text for name, text in given.items() if name in kept})
        if self.kind not in LOOKED_FOR:
            return found
        first = self.lines[0]
        return replace(found, item=first.key)

    @classmethod
    def of(cls, reform: Reform, scheme: Scheme) -> Question:
        """The fields that ask what a reform asks; a rule that has no field of its own is a line."""
        wide, lines = scheme.wide_enough(reform), list[Line]()
        raw = reform.as_dict()["changes"]
        for path, value in raw.items():
            steps = value if isinstance(value, dict) and path in wide.parameters else {None: value}
            item, _, part = path.partition(SCOPED)
            for when, one in steps.items():
                day = date.fromisoformat(when) if when else None
                lines.append(Line(item, _as_typed(one), part, day))
        ask = reform.ask
        kind = next((one for one in ASKS[1:] if getattr(ask, one)), COST)
        if kind in LOOKED_FOR:
            looked = Line(ask.item) if ask.item else Line(member_standard(scheme))
            lines.insert(0, looked)
        if not lines:
            lines = [Line(member_standard(scheme))]
        return cls(tuple(lines), "", "", kind, ask, question=reform.question, title=reform.title)


YEARLY = "每年"


def _add(scheme: Scheme, changes: dict[str, Any], line: Line) -> None:
    """A line as a change; several days of one item stand beside each other."""
    text = line.to.strip()
    if not text or not line.item:
        return
    value: Any = number_of(normal(text))
    value = text if isinstance(value, str) else value
    rule = line.item.rpartition(".")[2] in WORDS["settings"]
    # 2026:170，2027:190 and 2026-2028每年+5% name their days themselves
    steps = (":" in normal(text) or YEARLY in text) and "元" in _unit(scheme, line.item)
    if line.since is None or rule or steps:
        value_of_day: Any = value
    else:
        value_of_day = {line.since.isoformat(): value}
    before = changes.get(line.key)
    if isinstance(before, Mapping) and isinstance(value_of_day, Mapping):
        twice = before.keys() & value_of_day.keys()
        if not twice:
            changes[line.key] = {**before, **value_of_day}
            return
    if before is not None:
        advice = WORDS["form"]["twice"]
        raise InputError(Problem("scenario_conflict", where=line.key, found=text, advice=advice))
    changes[line.key] = value_of_day


def _unit(scheme: Scheme, item: str) -> str:
    """The unit of an item, of a whole component that of its first standard."""
    wide = scheme.wide_enough(Reform(((item, ()),)))
    for path in paths_of(wide, item):
        if path in wide.parameters:
            return wide.parameters[path].unit
    return ""


def _as_typed(value: Any) -> str:
    if isinstance(value, bool):
        return str(WORDS["values"][str(value)])
    if isinstance(value, Mapping):
        return "".join(f"{SHORT.get(who, who)}{part}" for who, part in value.items())
    return plain(value) if isinstance(value, int | float) else str(value)


SHORT = {
    "fiscal_province": "省",
    "fiscal_city": "市",
    "fiscal_district": "县",
    "fiscal_township": "乡镇",
    "enterprise": "企业",
}


def member_standard(scheme: SchemeData) -> str:
    """The standard for each member, else the first one."""
    for code, part in scheme.components.items():
        if part.per == "member":
            return f"{code}.{part.rates[0]}"
    return next(iter(scheme.parameters))


@dataclass(frozen=True)
class Choice:
    """What the field of items offers: how it is called, what it is now, what it may be, what may be typed."""

    item: str
    label: str
    now: str
    range: str
    examples: tuple[str, ...]
    value: str = ""  # what the field begins with


def choices(scheme: SchemeData, when: date) -> list[Choice]:
    """Standards, all tiers of a component together, a least, a greatest and a fixed payment beside them, usual components
    that the scheme lacks, rules."""
    words, found, beside = WORDS["form"], [], offered_beside(scheme)
    missing = {code: part for code, part in usual().items() if code not in scheme.components}
    for code, part in {**scheme.components, **missing}.items():
        name = part.name + (words["new"] if code in missing else "")
        if len(part.rates) > 1:
            found.append(_together(code, name, [part.params[key] for key in part.rates], when))
        found += [
            _standard(f"{code}.{key}", f"{name}·{one.label}", one, when)
            for key, one in {**part.params, **beside.get(code, {})}.items()
            if SCOPED not in key
        ]
    for one in settings(scheme):
        allowed = tuple(dict.fromkeys(one.allowed))
        shown = words["rule"] + one.label
        told = (
            "" if one.value in allowed else one.range
        )  # the words that may be typed say it already
        found.append(Choice(one.path, shown, one.value, told, allowed, _now(scheme, one)))
    return found


def _now(scheme: SchemeData, one: Item) -> str:
    """What a rule is now, as it may be typed; nothing where none is set."""
    value = scheme.setting(one.path)
    if isinstance(value, Mapping):
        tenths = {who: Decimal(str(part)) * 10 for who, part in value.items()}
        return "".join(f"{SHORT.get(who, who)}{plain(part)}" for who, part in tenths.items())
    return one.value if one.value in one.allowed else ""


def _standard(path: str, label: str, one: Parameter, when: date) -> Choice:
    low, high = (one.typed(end) for end in one.range)
    now = one.typed(value_on(one.values, when) or Decimal(0))
    told = WORDS.say("form.range", low=low, high=high, step=plain(one.step))
    beside = path.rpartition(".")[2] in AMOUNTS
    examples = WORDS["form"]["examples"]["beside" if beside else "money" if one.money else "share"]
    return Choice(path, label, one.with_unit(now), told, tuple(examples), now)


def _together(code: str, name: str, every: list[Parameter], when: date) -> Choice:
    """All tiers of a component, which go up or down together."""
    now = "、".join(plain(value_on(one.values, when) or 0) for one in every)
    label = name + WORDS["form"]["together"]
    examples = tuple(WORDS["form"]["examples"]["together"])
    return Choice(code, label, f"{now}{every[0].unit}", "", examples)
