"""The shapes of the codebook's entries, and the codebook itself."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from evalkit.world import condition as conditions

Entity = Literal["area", "unit", "party_org", "activity"]
Text = Annotated[str, Field(min_length=1)]
AsText = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)]
Condition = dict[str, Any]
UNION_EMPLOYEES = 25  # from how many employees on a unit founds a union and a youth league, where nobody says otherwise
DEFAULTS: dict[str, dict[Any, Any]] = {  # how an indicator is shown, by its kind
    "proportion": {"scale": 100.0, "unit": "%", "decimals": 1},
    "rate": {"scale": 1.0, "unit": "", "decimals": 2},
    "amount": {"scale": 1.0, "unit": "元/人", "decimals": 0},
    "ratio": {"scale": 100.0, "unit": "%", "decimals": 1},
}


def _is_rule(text: str) -> str:
    if not re.fullmatch(r"R\d{2}", text):
        raise PydanticCustomError("rule_number", "R01 这样的规则编号")
    return text


class Entry(BaseModel):
    """One entry of a section; frozen, no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    code: str

    @classmethod
    def written_keys(cls, keys: list[str]) -> list[str]:
        """The keys that people write: the code stands above the entry, and `replace` is taken by who merges."""
        return [*(key for key in keys if key != "code"), "replace"]


class Measure(Entry):
    """What is counted or summed: a filter over one view, or a typed figure.

    ``union_employees``: its number of employees (`UNION_EMPLOYEES`, in names and condition) is a setting of the project.
    """

    name: Text
    name_en: str = ""
    unit: Text
    count: str | None = None
    sum: str | None = None
    figure: bool = False
    flow: bool = False
    no_source: bool = False
    where: Condition = {}
    any: list[Condition] = []
    also: list[str] = []
    note: str = ""
    union_employees: bool = False

    @property
    def adds_up(self) -> bool:
        """Whether the quarters of a year add up to it (发展党员, 走访); else it stands at a time (党员, 党群服务中心)."""
        return self.flow or self.view in ("funds", "activities")

    @property
    def view(self) -> str | None:
        return self.count or (self.sum.partition(".")[0] if self.sum else None)

    @property
    def column(self) -> str | None:
        """The column that is summed, None where rows are counted."""
        return self.sum.partition(".")[2] if self.sum else None

    @cached_property
    def condition(self) -> conditions.Condition:
        """What ``where`` and ``any`` ask, parsed."""
        return conditions.parse(self.where, self.any)

    @cached_property
    def tests(self) -> tuple[conditions.Test, ...]:
        """The tests of ``where``, all of which must hold."""
        return tuple(test for _path, test in conditions.tests_of(conditions.parse(self.where)))

    @cached_property
    def alternatives(self) -> tuple[tuple[conditions.Test, ...], ...]:
        """The tests of every alternative of ``any``."""
        parsed = (conditions.parse(one) for one in self.any)
        return tuple(tuple(test for _path, test in conditions.tests_of(one)) for one in parsed)


class Indicator(Entry):
    """One measure over another; ``shown = value * scale`` with ``decimals`` and ``unit``.

    ``union_employees``: as of a `Measure`.
    """

    name: Text
    name_en: str = ""
    short_name: str = ""
    dimension: str
    entity: Entity = "area"
    kind: Literal["proportion", "rate", "amount", "ratio"]
    numerator: str
    denominator: str
    denominator_period: Literal["same", "previous", "mean"] = "same"
    base: Text
    member_bases: dict[Literal["year_end", "mean"], Text] = {}
    scale: Annotated[float, Field(gt=0)]
    unit: str
    decimals: Annotated[int, Field(ge=0, le=6)]
    better: Literal["higher", "lower", "near", "none"]
    target: str | None = None
    rule: Annotated[str, AfterValidator(_is_rule)] | None = None
    source: str = ""
    headline: bool = False
    note: str = ""
    union_employees: bool = False

    def periods_of_base(self, period: str, before: str) -> tuple[str, ...]:
        """Of which periods the denominator is taken, by the period and the one a year before it."""
        return {"same": (period,), "previous": (before,), "mean": (before, period)}[
            self.denominator_period
        ]


class Reference(Entry):
    """A named value to compare with, in the indicator's plain scale.

    ``local``: the rule of one place; it is no reference of a real project unless its settings choose it.
    """

    name: Text
    value: float
    unit: str
    source: Text
    year: int | None = None
    note: str = ""
    local: bool = False


class Dimension(Entry):
    name: Text
    name_en: str = ""
    radar: bool = False


class Source(Entry):
    """Where something stands; only an ``official`` document is named in a report that is signed.

    ``local``: of one place; a real project does not name it as the origin of its definitions.
    """

    name: Text
    kind: Literal["official", "press", "web", "book"] = "web"
    publisher: str = ""
    date: AsText = ""
    url: str = ""
    note: str = ""
    local: bool = False


class Term(Entry):
    """One Chinese expression with its English one; ``use`` groups them."""

    zh: Text
    en: str = ""


class Check(Entry):
    """A consistency check over figures (checks.yml says how to write one)."""

    name: Text
    kind: Literal[
        "parts_sum",
        "share",
        "rate",
        "floor",
        "plan",
        "product",
        "nested",
        "same",
        "implied",
        "definition",
        "note",
        "series",
    ]
    stated: str | None = None
    follows: Any = None
    relation: Literal["equal", "at_least", "at_most"] = "equal"
    place: str | None = None
    source: str | None = None
    measures: list[str] = []
    text: str = ""
    grade: Literal["figures_inconsistent", "definition_unclear", "behind_plan"] | None = None
    unit: str = ""
    across: bool = False
    id: str = ""


class TableColumn(Entry):
    code: str = ""
    type: str
    name: Text
    required: bool = False
    interval: bool = False
    note: str = ""


class Table(Entry):
    code: str = ""
    name: Text
    row: str
    columns: dict[str, TableColumn]


class Goal(BaseModel):
    """What a project set itself to reach by a day (``goals.yml``), on the plain scale; times are dates as text.

    ``code`` is that of an indicator or, with ``counts``, of a measure. Without ``areas`` it holds for every area. One of
    ``value`` and ``growth`` is known: the goal is the value of the base times 1 + growth, a year where ``yearly``.
    ``entry``: which one of the file, for messages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    counts: bool = False
    better: Literal["higher", "lower", "near"]
    due: str
    value: float | None = None
    growth: float | None = None
    yearly: bool = False
    start: str = ""
    areas: tuple[str, ...] = ()
    stages: tuple[tuple[str, float], ...] = ()
    source: str = ""
    entry: int = 0


class Codebook(BaseModel):
    """All that is declared; made by `load_codebook`. Mappings keep the order of the files.

    ``measures`` and ``indicators`` hold only what some form or figure can give: a measure without a source and the
    indicators over it stand in ``no_source`` and appear nowhere. ``own_targets``: what a project set itself to reach,
    by indicator and period, on the plain scale; it stands before any reference. ``goals``: the same with dates.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    tables: dict[str, Table]
    lists: dict[str, dict[str, str]]
    views: dict[str, dict[str, str]]
    lineage: dict[str, list[str]]
    labels: dict[str, dict[str, str]]
    measures: dict[str, Measure]
    indicators: dict[str, Indicator]
    references: dict[str, Reference]
    dimensions: dict[str, Dimension]
    terms: dict[str, Term]
    forbidden: tuple[str, ...]
    sources: dict[str, Source]
    headings: dict[str, Any]
    checks: dict[str, Check]
    minimum_base: int = 30
    rules_left_out: dict[str, str]
    disclosure: dict[str, Any]
    no_source: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    own_targets: dict[str, dict[str, float]] = {}
    goals: tuple[Goal, ...] = ()

    @cached_property
    def _names(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for code, measure in self.measures.items():
            for name in (code, measure.name, *measure.also):
                found.setdefault(_plain(name), code)
        return found

    def measure_of(self, name: str) -> str | None:
        """The measure that a typed or published figure called `name` stands for: by code, Chinese name or ``also``."""
        return self._names.get(_plain(name))

    def term(self, code: str, lang: str = "zh") -> str:
        """A term, or the label of ``list.key``; the code itself where there is none."""
        if found := self.terms.get(code):
            return found.zh if lang == "zh" else found.en or found.zh
        name, _, key = code.partition(".")
        return self.lists.get(name, {}).get(key, code)

    def source_name(self, text: str) -> str:
        """The name of a source's code; any other text stands as it is."""
        return self.sources[text].name if text in self.sources else text

    def origin(self, text: str) -> str:
        """The name of an official document; empty for all other sources."""
        return (
            self.sources[text].name
            if text in self.sources and self.sources[text].kind == "official"
            else ""
        )

    def hash(self) -> str:
        """Of everything declared: measures and indicators are made again when it changes."""
        return _hash(self.model_dump(mode="json"))

    def reading_hash(self) -> str:
        """Of what the reading of ledgers uses (tables, lists, headings, names of typed measures)."""
        names = {code: [m.name, *m.also] for code, m in self.measures.items() if m.also or m.figure}
        return _hash([self.model_dump(mode="json", include={"tables", "lists", "headings"}), names])


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", str(name)).split()).lower()


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, default=str).encode()).hexdigest()


SECTIONS: dict[str, type[Entry]] = {
    "dimensions": Dimension,
    "references": Reference,
    "measures": Measure,
    "indicators": Indicator,
    "terms": Term,
    "sources": Source,
    "checks": Check,
}
