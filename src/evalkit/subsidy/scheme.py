"""Scheme and reform as data: dated parameters, components, payers; every fault of a file in one message."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from evalkit.codebook import load_codebook
from evalkit.codebook.reading import Lines, parse_yaml, read_text, where
from evalkit.problems import InputError, Problem, did_you_mean

Dated = tuple[tuple[date, Decimal], ...]
ALWAYS = date(1900, 1, 1)
AMOUNTS = ("base", "floor", "cap")  # of a component: fixed part, least and greatest payment
ORDERED = {"org_kind": ("branch", "general_branch", "committee"), "stars": tuple("12345")}
COLUMNS = (
    "org_kind", "level", "members", "employees", "units_covered", "stars", "stars_previous", "vetoed", "rectification",
    "joint", "single", "functional", "founded_in_period", "has_activity", "activity_months", "area",
)  # fmt: skip
PURPOSE = {"member": "activity", "party_org": "organisation", "start_up": "start_up", "instructor": "instructor"}
_DATE = re.compile(r"(?m)(^|[\s{,])(\d{4}-\d{1,2}-\d{1,2})(?=\s*[:,}\]])")


def number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number", "应为数字，不加引号和单位")
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise PydanticCustomError("number", "应为有限的数字")
    return exact


def day(value: Any) -> date:
    """A date from YAML, JSON or Python; a bare year is its first of January."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    parts = [int(p) for p in str(value).split("-")] if re.fullmatch(r"\d{4}(-\d{1,2}-\d{1,2})?", str(value)) else []
    try:
        return date(*(parts if len(parts) == 3 else [parts[0], 1, 1]))
    except (ValueError, IndexError):
        raise PydanticCustomError("date", "不存在的日期，应写成 2026-07-01") from None


def dated(values: Any) -> Dated:
    """``{2015-01-01: 150}`` or one number that always holds; all faults in one text."""
    if not isinstance(values, Mapping):
        return ((ALWAYS, number(values)),)
    found, faults = {}, []
    for key, value in values.items():
        try:
            when = day(key)
            faults += [f"{key} 与另一日期重叠"] if when in found else []
            found[when] = number(value)
        except PydanticCustomError as error:
            faults.append(f"{key}: {value} {error.message()}")
    if faults or not found:
        raise PydanticCustomError("dated", "{text}", {"text": "；".join(faults) or "至少写一个日期和数值"})
    return tuple(sorted(found.items()))


Number = Annotated[Decimal, BeforeValidator(number)]
Text = Annotated[str, Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Parameter(_Frozen):
    """One standard: what it is called, what it may be, what it is from which day on."""

    label: Text
    unit: Text
    range: Annotated[tuple[Number, Number], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)]
    step: Annotated[Decimal, BeforeValidator(number), Field(gt=0)]
    values: Annotated[Dated, BeforeValidator(dated)]
    start: Number | None = Field(default=None, alias="from")
    reference: str = ""
    note: str = ""

    @property
    def money(self) -> bool:
        return "元" in self.unit

    @property
    def scale(self) -> int:
        """Fen for money, ten-thousandths for shares and ratios."""
        return 100 if self.money else 10_000


class Component(_Frozen):
    """Money of one kind: per what, by which tiers, paid by whom."""

    name: Text
    per: str = "matching"
    payer: str | dict[str, Number] = ""
    by: str | None = None
    basis: Literal["entitlement", "top_up"] | None = None
    purpose: str | None = None
    of: tuple[str, ...] = Field(default=(), strict=False)
    reading: Literal["town_equals_enterprise", "together_equal_district", "each_equals_district"] | None = None
    payers: tuple[str, ...] = Field(default=(), strict=False)
    town_amount: Literal["ledger", "share"] = "ledger"
    eligible: dict[str, Any] = {}
    once: bool = False
    instead_of: tuple[str, ...] = Field(default=(), strict=False)
    table: str | None = None
    marginal: bool = False
    ordered: bool = True
    lag: Literal[0, 1] = 1
    note: str = ""
    params: dict[str, Parameter] = {}

    @property
    def shares(self) -> list[tuple[str, Decimal]]:
        return [(self.payer, Decimal(1))] if isinstance(self.payer, str) else list(self.payer.items())

    @property
    def spent_for(self) -> str:
        return self.purpose or PURPOSE.get(self.per, "other")

    @property
    def rates(self) -> list[str]:
        return [key for key in self.params if key not in AMOUNTS]


class Scheme(_Frozen):
    """A subsidy scheme (examples: the packaged ``schemes/*.yml``); made by `load_scheme`."""

    scheme: Text
    name: Text
    source: Text
    note: str = ""
    dates: Literal["days", "months", "first_day"]
    members: Literal["prev_year_end", "year_end", "mean"]
    rounding: Literal["fen", "yuan", "ten_yuan", "hundred_yuan"]
    eligible: dict[str, Any] = {}
    tables: dict[str, str] = {}
    components: dict[str, Component]

    @property
    def unit(self) -> int:
        """The rounding unit in fen."""
        return {"fen": 1, "yuan": 100, "ten_yuan": 1_000, "hundred_yuan": 10_000}[self.rounding]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """All parameters by path: ``activity.per_member``."""
        return {f"{c}.{p}": one for c, part in self.components.items() for p, one in part.params.items()}

    def label(self, path: str) -> str:
        component, _, name = path.partition(".")
        if path in self.parameters:
            return f"{self.components[component].name}·{self.parameters[path].label}"
        return f"{self.components[component].name}·{name}" if component in self.components else path

    def reform(self, changes: Mapping[str, Any] | Reform | None = None, **words: str) -> Reform:
        """A checked `Reform` of this scheme: ``{"activity.per_member": 200}`` or ``{...: {"2026-07-01": 200}}``.

        A dated value holds from its day on and takes the place of all later ones. Settings change too: ``members``,
        ``dates``, ``rounding``, ``activity.basis``, ``matching.reading``, ``eligible.stars``.
        """
        if isinstance(changes, Reform):
            return changes
        found: dict[str, Any] = {}
        faults: list[Problem] = []
        for path, value in (changes or {}).items():
            try:
                found[path] = dated(value) if path in self.parameters else json.dumps(value, ensure_ascii=False)
            except PydanticCustomError as error:
                faults.append(Problem("value_invalid", where=path, found=str(value), allowed=error.message()))
        made = Reform(tuple(sorted(found.items())), base=self.scheme, **words)
        faults += made.faults(self)
        if faults:
            raise InputError(faults)
        return made

    def under(self, reform: Reform) -> Scheme:
        """The scheme as the reform makes it."""
        raw = self.model_dump(by_alias=True)
        for path, value in reform.changes:
            first, _, rest = path.partition(".")
            part = raw["components"][first] if first in self.components else raw
            if isinstance(value, tuple):
                old = part["params"][rest]["values"]
                part["params"][rest]["values"] = dict([*(v for v in old if v[0] < value[0][0]), *value])
            elif "eligible." in path:
                part["eligible"] = part["eligible"] | {path.rpartition(".")[2]: json.loads(value)}
            else:
                part[rest if first in self.components else first] = json.loads(value)
        for component in raw["components"].values():
            for parameter in component["params"].values():
                parameter["values"] = dict(parameter["values"])
        return Scheme.model_validate(raw)


@dataclass(frozen=True)
class Reform:
    """调整方案: changes of parameters and settings; hashable, adds up, round trip through YAML and JSON."""

    changes: tuple[tuple[str, Any], ...] = ()
    base: str = ""
    reform: str = ""
    title: str = ""
    author: str = ""
    note: str = ""
    source: str = ""

    def __add__(self, other: Reform) -> Reform:
        """Both together; the same parameter with two values is a conflict (`override` lets the other one win)."""
        mine, theirs = dict(self.changes), dict(other.changes)
        clash = [key for key in mine if key in theirs and mine[key] != theirs[key]]
        if clash:
            advice = "请删去其中一个，或用 override 以后一个为准"
            raise InputError([Problem("scenario_conflict", where=k, found=f"{_plain(mine[k])} / {_plain(theirs[k])}",
                                      advice=advice) for k in clash])  # fmt: skip
        return self.override(other)

    def override(self, other: Reform) -> Reform:
        title = "＋".join(dict.fromkeys(t for t in (self.title, other.title) if t))
        return replace(self, changes=tuple(sorted((dict(self.changes) | dict(other.changes)).items())), title=title)

    def faults(self, scheme: Scheme) -> Iterator[Problem]:
        """What of this reform the scheme cannot take."""
        known = [*scheme.parameters, "members", "dates", "rounding", "eligible.<列>"]
        known += [f"{c}.{s}" for c, p in scheme.components.items() for s in _settings(p)]
        for path, _ in self.changes:
            column = path.rpartition(".")[2] if "eligible." in path else None
            if column and path.removeprefix(path.partition(".")[0] + ".") in (column, f"eligible.{column}"):
                continue
            if path not in known:
                yield Problem("key_unknown", where=path, found=path, allowed="、".join(known),
                              advice=did_you_mean(path, known))  # fmt: skip
        if not any(True for p, _ in self.changes if p not in known and "eligible." not in p):
            try:
                yield from _cross(scheme.under(self), "", None)
            except ValidationError as error:
                yield from (_told(e, "", None) for e in error.errors())

    @property
    def first_year(self) -> int | None:
        """The year of the first dated change."""
        days = [d for _, v in self.changes if isinstance(v, tuple) for d, _ in v if d != ALWAYS]
        return min(days).year if days else None

    def as_dict(self) -> dict[str, Any]:
        words = {key: getattr(self, key) for key in ("reform", "title", "base", "author", "note", "source")}
        return {k: v for k, v in words.items() if v} | {"changes": {k: _plain(v) for k, v in self.changes}}

    def to_json(self) -> str:
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1)

    to_yaml = to_json  # JSON is YAML 1.2: `load_reform` and any YAML reader take it

    @classmethod
    def of(cls, raw: Mapping[str, Any], scheme: Scheme) -> Reform:
        words = {k: str(raw[k]) for k in ("reform", "title", "author", "note", "source") if raw.get(k)}
        return scheme.reform(raw.get("changes") or {}, **words)

    def difference(self, scheme: Scheme) -> list[dict[str, Any]]:
        """Rows 项目, 由, 调到, 自何日起: printed first in every report."""
        rows = []
        for path, value in self.changes:
            one = scheme.parameters.get(path)
            for when, new in value if isinstance(value, tuple) else [(ALWAYS, json.loads(value))]:
                old = next((v for d, v in reversed(one.values) if d <= when), one.values[0][1]) if one else ""
                since = "全部时期" if when == ALWAYS else when.isoformat()
                shown = (f"{old:f}", f"{new:f}", one.unit) if one else ("", str(new), "")
                words = dict(zip(("old", "new", "unit"), shown, strict=True))
                rows.append({"parameter": path, "item": scheme.label(path), **words, "since": since})
        return rows


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return json.loads(value)
    plain = {d.isoformat(): int(v) if v == int(v) else float(v) for d, v in value}
    return plain[ALWAYS.isoformat()] if list(plain) == [ALWAYS.isoformat()] else plain


def _settings(part: Component) -> list[str]:
    return ["reading", "town_amount"] if part.of else ["basis", "once", "by", *(["lag"] if part.per == "dues" else [])]


def packaged() -> list[str]:
    return sorted(path.stem for path in (Path(__file__).parent / "schemes").glob("*.yml"))


def load_scheme(source: str | Path | Mapping[str, Any] | Scheme) -> Scheme:
    """A scheme from a YAML file, the name of a packaged one (``fuyang-2015``) or a mapping.

    Raises
    ------
    InputError
        Every fault of the file at once: path, line, value, limit and near match.
    """
    if isinstance(source, Scheme):
        return source
    if isinstance(source, Mapping):
        return _scheme(source, "", None)
    path = Path(source)
    if not path.exists():
        path = Path(__file__).parent / "schemes" / f"{source}.yml"
        if not path.exists():
            advice = did_you_mean(str(source), packaged())
            raise InputError(Problem("key_unknown", where="scheme", found=str(source), advice=advice,
                                     allowed="文件路径，或自带方案：" + "、".join(packaged())))  # fmt: skip
    return _scheme(*_read(path))


def load_reform(source: str | Path | Mapping[str, Any], scheme: Scheme) -> Reform:
    """A reform from a YAML or JSON file or a mapping, checked against its scheme."""
    return Reform.of(source if isinstance(source, Mapping) else _read(Path(source))[0], scheme)


def read_scenario(path: str | Path | None, scheme: str | Path | None = None) -> tuple[Reform, Scheme]:
    """A reform file with the scheme it names as its base, which stands beside it or is a packaged one."""
    raw = _read(Path(path))[0] if path else {}
    base = scheme or raw.get("base") or "fuyang-2015"
    beside = Path(path).parent / f"{base}.yml" if path else Path(base)
    declared = load_scheme(beside if beside.is_file() else base)
    return Reform.of(raw, declared), declared


def parse_changes(texts: Iterable[str], since: str | None = None) -> dict[str, Any]:
    """``["activity.per_member=200"]`` from a command line, each from a day on where one is given."""
    found: dict[str, Any] = {}
    for text in texts:
        path, _, value = text.partition("=")
        numeric = re.fullmatch(r"-?\d+(\.\d+)?", value.strip())
        plain: Any = float(value) if numeric else value.strip()
        found[path.strip()] = {since: plain} if since and numeric else plain
    return found


def _read(path: Path) -> tuple[Any, str, Lines]:
    text = _DATE.sub(r'\1"\2"', read_text(path))  # quoted, so that an impossible date is our message among the others
    content, problems = parse_yaml(text, path.name)
    if problems or not isinstance(content, dict):
        raise InputError(problems or [Problem("value_invalid", file=path.name, allowed="名称: 内容")])
    return content, path.name, Lines(text)


def _scheme(raw: Mapping[str, Any], file: str, lines: Lines | None) -> Scheme:
    body = dict(raw)
    parts = body.get("components")
    if isinstance(parts, Mapping):
        body["components"] = {str(c): _component(p) if isinstance(p, Mapping) else p for c, p in parts.items()}
    try:
        made = Scheme.model_validate(body)
    except ValidationError as error:
        faults = [_told(e, file, lines) for e in error.errors()]
        if partly := _repaired(body, error):  # so that the faults of the second look come in the same message
            faults += [p for p in _cross(partly, file, lines) if p.code not in ("key_missing", "parameter_unused")]
        raise InputError(faults) from None
    if faults := list(_cross(made, file, lines)):
        raise InputError(faults)
    return made


def _repaired(body: Mapping[str, Any], error: ValidationError) -> Scheme | None:
    """The scheme without what is wrong in it; None where nothing is left."""
    whole: Any = copy.deepcopy({k: v for k, v in body.items()})
    defaults = {"dates": "days", "members": "year_end", "rounding": "yuan", "scheme": "x", "name": "x", "source": "x"}
    for one in error.errors():
        place, spot = one["loc"], whole
        depth = 4 if len(place) > 3 and place[2] == "params" else min(len(place), 3)
        for step in place[: depth - 1]:
            spot = spot.get(step, {}) if isinstance(spot, dict) else {}
        if isinstance(spot, dict):
            spot.pop(place[depth - 1], None)
    try:
        return Scheme.model_validate(defaults | whole)
    except ValidationError:
        return None


def _component(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Entries with dated values are parameters; they stand beside the settings in the file."""
    known = set(Component.model_fields)
    own = {str(k): v for k, v in raw.items() if str(k) not in known and isinstance(v, Mapping)}
    return {str(k): v for k, v in raw.items() if str(k) not in own} | ({"params": own} if own else {})


def _told(error: Mapping[str, Any], file: str, lines: Lines | None) -> Problem:
    """A pydantic error in the words of the person who wrote the file."""
    path = [p for p in error["loc"] if p not in ("params", "str", "dict[str,function-before[number(), decimal]]")]
    model: type[BaseModel] = Scheme if len(path) < 2 else Component if len(path) < 4 else Parameter
    kind, fields = error["type"], [f.alias or n for n, f in model.model_fields.items() if n != "params"]
    found = str(error.get("input"))[:60] if kind != "missing" else ""
    code = {"missing": "key_missing", "extra_forbidden": "key_unknown"}.get(kind, "value_invalid")
    allowed = error["msg"] if kind in ("number", "date", "dated") else str(error.get("ctx", {}).get("expected", ""))
    advice = did_you_mean(str(path[-1]), fields) if code == "key_unknown" else ""
    if code == "key_unknown":
        allowed = "、".join(fields)
    if "expected" in error.get("ctx", {}):
        advice = did_you_mean(found, re.findall(r"'([^']+)'", allowed))
    words = {"string_type": "文字", "bool_type": "true 或 false", "dict_type": "名称: 内容", "greater_than": "大于0"}
    return _problem(code, path, file, lines, found, allowed or words.get(kind, ""), advice)


def _problem(
    code: str, path: Iterable[Any], file: str, lines: Lines | None, found: str = "", allowed: str = "", advice: str = ""
) -> Problem:
    path = tuple(path)
    return Problem(code, file=file, where=where(path, lines(path) if lines else None), found=found, allowed=allowed,
                   advice=advice)  # fmt: skip


@cache
def lists() -> dict[str, dict[str, str]]:
    """The closed lists of the packaged codebook: payers, kinds of organisation, purposes."""
    return load_codebook().lists


def _cross(scheme: Scheme, file: str, lines: Lines | None) -> Iterator[Problem]:
    """Names that must exist, tiers in order, values within limits, nothing that nothing uses."""

    def fault(code: str, path: Iterable[Any], found: Any = "", allowed: str = "", advice: str = "") -> Problem:
        return _problem(code, path, file, lines, str(found), allowed, advice)

    def known(word: str, words: Iterable[str], path: Iterable[Any]) -> Iterator[Problem]:
        words = list(words)
        if word not in words:
            yield fault("key_unknown", path, word, "、".join(words), did_you_mean(word, words))

    for column in () if scheme.tables else scheme.eligible:
        yield from known(column, COLUMNS, ("eligible", column))
    for name, part in scheme.components.items():
        at, rates = ("components", name), part.rates
        matching = bool(part.of)
        kinds = ("party_org", "member", "unit", "dues", "instructor", "count", "matching")
        yield from known(part.per, kinds, (*at, "per"))
        for column in () if part.table or scheme.tables else part.eligible:
            yield from known(column, COLUMNS, (*at, "eligible", column))
        for other in (*part.of, *part.instead_of):
            yield from known(other, [c for c in scheme.components if c != name], (*at, "of" if matching else "instead_of"))
        payers = lists()["payer"]
        for payer in part.payers if matching else [p for p, _ in part.shares]:
            yield from known(payer, payers, (*at, "payers" if matching else "payer"))
        if part.purpose:
            yield from known(part.purpose, lists()["purpose"], (*at, "purpose"))
        if matching:
            if len(part.payers) != 2:
                yield fault("value_invalid", (*at, "payers"), len(part.payers), "两个出资方：乡镇（街道）和企业")
            if part.reading is None:
                yield fault("key_missing", (*at, "reading"), "", "town_equals_enterprise、together_equal_district、each_equals_district")
            wanted = ["ratio", *(["share"] if part.town_amount == "share" else [])]
        elif part.per == "matching":
            yield fault("key_missing", (*at, "per"), "", "、".join(kinds))
            continue
        elif part.by is None:
            wanted = ["share"] if part.per == "dues" else rates[:1]
        else:
            wanted = rates
            if not part.table and not scheme.tables and part.per not in ("instructor", "count"):
                yield from known(part.by, COLUMNS, (*at, "by"))
        if not matching and sum(s for _, s in part.shares) != 1:
            yield fault("value_invalid", (*at, "payer"), part.payer, "各出资方比例合计为1")
        if not matching and (("dues_return" in dict(part.shares)) != (part.per == "dues")):
            yield fault("value_invalid", (*at, "payer"), part.payer, "返还党费只由党费列支，党费不计入财政资金")
        if not rates or set(wanted) - set(rates):
            yield fault("key_missing", at, "", "至少一个标准" if not wanted else "、".join(wanted))
        unused = [k for k in rates if k not in wanted] + ([k for k in AMOUNTS if k in part.params] if matching else [])
        if part.by in ORDERED and not any(part.params[k].start is not None for k in rates):
            unused += [k for k in rates if k not in ORDERED[part.by]]
        for key in dict.fromkeys(unused):
            near = did_you_mean(key, ORDERED.get(part.by or "", wanted))
            yield fault("parameter_unused", (*at, key), key, "、".join(ORDERED.get(part.by or "", wanted)), near)
        for key, one in part.params.items():
            yield from _limits(one, one.values, (*at, key), file, lines)
        yield from _order(part, rates, at, fault)


def _limits(one: Parameter, values: Dated, at: tuple[Any, ...], file: str, lines: Lines | None) -> Iterator[Problem]:
    low, high = one.range
    if low < 0 or high < low:
        yield _problem("value_invalid", (*at, "range"), file, lines, f"[{low}, {high}]", "下限不小于0，上限不小于下限")
    for when, value in values:
        path = (*at, "values", when.isoformat()) if when != ALWAYS else at
        if value < 0 or not low <= value <= high:
            yield _problem("value_invalid", path, file, lines, f"{value}{one.unit}", f"{max(low, Decimal(0))} 到 {high}")
        elif value * one.scale != int(value * one.scale):
            yield _problem("value_invalid", path, file, lines, str(value), "金额最多两位小数，比例最多四位小数")


def _order(part: Component, rates: list[str], at: tuple[Any, ...], fault: Any) -> Iterator[Problem]:
    """Thresholds ascend, a higher tier pays no less at any date, a floor is not above its cap."""
    pairs = [("floor", "cap")] if {"floor", "cap"} <= part.params.keys() else []
    starts = [part.params[k].start for k in rates]
    if part.by and any(s is not None for s in starts):
        if any(a is None or b is None or a >= b for a, b in pairwise(starts)) or None in starts:
            yield fault("tiers_disordered", (*at, rates[0]), [str(s) for s in starts], "每档都写 from，由小到大")
            return
        order = rates
    else:
        order = [k for k in ORDERED.get(part.by or "", ()) if k in rates]
    if part.ordered and not part.marginal:
        pairs += pairwise(order)
    for low, high in pairs:
        for when in sorted({d for k in (low, high) for d, _ in part.params[k].values}):
            a, b = (value_on(part.params[k].values, when) for k in (low, high))
            if a is not None and b is not None and a > b:
                yield fault("tiers_disordered", (*at, high), f"{when}：{low} {a} 高于 {high} {b}", "高一档不少于低一档",
                            "确实如此请在该项写 ordered: false" if low != "floor" else "")  # fmt: skip


def value_on(values: Dated, when: date) -> Decimal | None:
    """The value in force on a day; None before the first."""
    return next((v for d, v in reversed(values) if d <= when), None)
