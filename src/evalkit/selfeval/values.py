"""A 项目支出绩效自评表 as it is declared: funds, goal, indicators with their points, and what single areas say of them.

Numbers are exact (`Decimal`), on the scale on which they are printed: 85 for 85%, 320.5 for 320.5万元.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

FULL = Decimal(100)  # points of a form
Kind = Literal["measure", "indicator", "goal"]
Lower = Literal["ratio", "linear"]  # how what should be low loses points


@dataclass(frozen=True)
class Stored:
    """A number that the project has: a measure, an indicator, or what a goal is about.

    ``code`` is that of an indicator or, with ``counts``, of a measure.
    """

    kind: Kind
    code: str
    counts: bool = False


Amount = Decimal | Stored  # of money, in the unit of the form


@dataclass(frozen=True)
class Aim:
    """年度指标值: what is to be reached. ``text`` is what is printed; without ``value`` it is words alone."""

    text: str
    sign: str = ""
    value: Decimal | None = None
    stored: Stored | None = (
        None  # instead of a value: a measure of the same area (the quota, the plan)
    )

    @property
    def most(self) -> bool:
        """Whether less is better: ≤, <."""
        return self.sign in ("≤", "<")


@dataclass(frozen=True)
class Said:
    """What the office says of an indicator in one area; None and empty is nothing."""

    aim: Aim | None = None
    actual: Decimal | None = None
    grade: str = ""
    percent: Decimal | None = None
    score: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True)
class Item:
    """三级指标: where its number comes from, what it earns, and what is said of it for the whole.

    ``each``: what is said holds for every area inside too. ``place``: where in the file it stands, for messages.
    """

    first: str
    second: str
    name: str
    points: Decimal
    said: Said
    unit: str = ""
    stored: Stored | None = None
    over: Decimal = Decimal(30)
    each: bool = False
    place: int = 0


@dataclass(frozen=True)
class Row:
    """A kind of money: 年初预算数, 全年预算数, 全年执行数."""

    key: str
    start: Amount | None = None
    year: Amount | None = None
    spent: Amount | None = None


@dataclass(frozen=True)
class Rules:
    """How points are given where offices differ.

    ``cuts``: shares from which a qualitative indicator is 达成 and 部分达成; ``lower``: what exceeds a maximum earns
    maximum / actual (``ratio``) or 1 - excess / maximum (``linear``).
    """

    cuts: tuple[Decimal, Decimal] = (Decimal(80), Decimal(60))
    lower: Lower = "ratio"


@dataclass(frozen=True)
class Local:
    """What a form says of one area besides; ``rows`` None: nothing of its money."""

    department: str = ""
    unit: str = ""
    expected: str = ""
    reached: str = ""
    rows: tuple[Row, ...] | None = None
    said: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """One form: a project of a year. ``areas``: what is said of single areas, by the name that the file has."""

    name: str
    project: str
    year: str
    items: tuple[Item, ...]
    department: str = ""
    unit: str = ""
    expected: str = ""
    reached: str = ""
    money: str = "万元"
    points: Decimal = Decimal(10)  # of the execution of the budget
    rows: tuple[Row, ...] = ()
    rules: Rules = Rules()
    areas: Mapping[str, Local] = field(default_factory=dict)
    source: str = ""
