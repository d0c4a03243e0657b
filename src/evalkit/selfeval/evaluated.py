"""A filled 项目支出绩效自评表: rows of money, indicators with their scores, and a total where nothing is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evalkit.selfeval.values import FULL, Aim, Form, Item
from evalkit.world.showing import Showing, can_show, shown

NOT_JUDGED = "未评"


@dataclass(frozen=True)
class Money:
    """A filled row of money; None is nothing, or not known.

    ``why``: what is not known, by column; ``said`` tells it once each.
    """

    key: str
    start: Decimal | None = None
    year: Decimal | None = None
    spent: Decimal | None = None
    why: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.why.values()))


@dataclass(frozen=True)
class Line:
    """A filled indicator.

    Attributes
    ----------
    aim, actual
        年度指标值 and 实际完成值 as printed; ``actual`` is a number, or None.
    grade, percent
        Of a qualitative indicator.
    score
        得分; None is not judged, and ``why`` says what is missing.
    rule
        What the rule gives; above ``score`` where the office gave itself less.
    deviates
        Whether a reason is asked for: points are lost, or the target is exceeded by far.
    rests
        On whom the number rests, where not everybody reported.
    """

    item: Item
    aim: Aim | None
    actual: Decimal | None = None
    decimals: int = 0
    grade: str = ""
    percent: Decimal | None = None
    score: Decimal | None = None
    rule: Decimal | None = None
    deviates: bool = False
    reason: str = ""
    why: str = ""
    rests: str = ""

    @property
    def reason_missing(self) -> bool:
        return self.deviates and not self.reason


@dataclass(frozen=True)
class SelfEvaluation(Showing):
    """A form filled for one area: `table` as a frame, `total`, what is `missing`, `write` for Word and Excel."""

    form: Form
    area: str
    place: str
    department: str
    unit: str
    expected: str
    reached: str
    money: tuple[Money, ...]
    whole: Money
    rate: Fraction | None
    executed: Decimal | None  # points of the execution
    lines: tuple[Line, ...]
    is_demo: bool = False
    voice: Any = None  # how the project speaks, for those who write it

    def __repr__(self) -> str:
        what = f"{self.form.project} {self.form.year} {self.place}"
        return f"<SelfEvaluation {what}：指标{len(self.lines)}项，{self.state}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The form as issued for who looks at it; its indicators as a table for documents."""
        found = super()._repr_mimebundle_(include, exclude)
        return found | ({"text/html": shown(self, "html")} if can_show(self, "html") else {})

    @property
    def total(self) -> Decimal | None:
        """总分; None where a part is not judged: a sum of the rest is no total."""
        parts = self._parts
        return None if any(part is None for part in parts) else self.judged

    @property
    def judged(self) -> Decimal:
        """The points of what could be judged."""
        return sum((part for part in self._parts if part is not None), Decimal(0))

    @property
    def points_judged(self) -> Decimal:
        """Out of how many points they are."""
        given = [self.form.points, *(line.item.points for line in self.lines)]
        parts = zip(given, self._parts, strict=True)
        return sum((points for points, part in parts if part is not None), Decimal(0))

    @property
    def points_missing(self) -> Decimal:
        return FULL - self.points_judged

    @property
    def _parts(self) -> list[Decimal | None]:
        first = self.executed if self.form.points else Decimal(0)
        return [first, *(line.score for line in self.lines)]

    @property
    def missing(self) -> list[str]:
        """What could not be judged and why, a line each: 预算执行率（没有全年预算数）."""
        said = []
        if self.executed is None and self.form.points:
            said.append(f"预算执行率（{'、'.join(self.whole.said)}）")
        said += [f"{line.item.name}（{line.why}）" for line in self.lines if line.score is None]
        return said

    @property
    def unexplained(self) -> list[str]:
        """The indicators whose deviation has no reason yet."""
        return [line.item.name for line in self.lines if line.reason_missing]

    @property
    def state(self) -> str:
        """In a few words: 总分88.36，缺偏差原因3项."""
        lacks = len(self.unexplained)
        return self._told(f"缺数{len(self.missing)}项，{NOT_JUDGED}", f"缺偏差原因{lacks}项")

    @property
    def brief(self) -> str:
        """The same without counting what is missing, beside a link to the form: 总分88.36，偏差原因没有写全."""
        return self._told(f"有缺数，{NOT_JUDGED}", "偏差原因没有写全")

    def _told(self, without_total: str, without_reason: str) -> str:
        first = without_total if self.total is None else f"总分{self.total}"
        return "，".join([first, *([without_reason] if self.unexplained else [])])

    @property
    def table(self) -> Any:
        """The indicators as a frame; money and total are attributes."""
        return shown(self, "table")

    def write(self, folder: Any, name: str = "") -> list[Any]:
        """Word and Excel as issued, into a folder; their paths."""
        found: list[Any] = shown(self, "write", folder, name)
        return found
