"""Scheme and reform as data: dated parameters, components, payers; every fault of a file in one message."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.scoring.declared import Faults, read_mapping, unknown
from evalkit.subsidy.checks import ALWAYS, AMOUNTS, Dated, cross, words

_DATE = re.compile(r"(?m)(^|[\s{,])(\d{4}-\d{1,2}-\d{1,2})(?=\s*[:,}\]])")
_DAY = re.compile(r"(\d{4})(?:年|[-./年](\d{1,2})[-./月](\d{1,2})日?)?")


def number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number", "应为数字，不加引号和单位")
    exact = Decimal(str(value))
    if not exact.is_finite() or abs(exact) > 10**12:
        raise PydanticCustomError("number", "应为有限的数字")
    return exact if exact % 1 else Decimal(int(exact))


def day(value: Any) -> date:
    """A date from YAML, JSON, Python or a command line (2026-07-01, 2026.7.1, 2026年7月1日); a bare year is its 1 January.

    Full-width figures and marks (２０２６－０７－０１) are read like the others.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    text = unicodedata.normalize("NFKC", re.sub(r"\s", "", str(value)))
    found = _DAY.fullmatch(text.replace("–", "-").replace("—", "-"))
    try:
        return date(*(int(part or 1) for part in found.groups())) if found else date(0, 1, 1)
    except ValueError:
        raise PydanticCustomError(
            "date", "不存在的日期，应写成 2026-07-01 或 2026年7月1日"
        ) from None


def start_day(value: Any, where: str = "since") -> date:
    """`day` for a single field; what is none is an `InputError` of one message."""
    try:
        return day(value)
    except PydanticCustomError as error:
        problem = Problem("value_invalid", where=where, found=str(value), allowed=error.message())
        raise InputError(problem) from None


def dated(values: Any) -> Dated:
    """``{2015-01-01: 150}`` or one number that always holds; all faults in one text."""
    if not isinstance(values, Mapping):
        return ((ALWAYS, number(values)),)
    found, faults = {}, []
    for key, value in values.items():
        try:
            when = day(key)
        except PydanticCustomError as error:
            faults.append(f"{key} 是{error.message()}")
            continue
        if when in found:
            faults.append(f"{key} 与另一日期重叠")
        try:
            found[when] = number(value)
        except PydanticCustomError as error:
            faults.append(f"{key}: {value} {error.message()}")
    if faults or not found:
        raise PydanticCustomError(
            "dated", "{text}", {"text": "；".join(faults) or "至少写一个日期和数值"}
        )
    return tuple(sorted(found.items()))


Number = Annotated[Decimal, BeforeValidator(number)]
Text = Annotated[str, Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Parameter(_Frozen):
    """One standard: what it is called, what it may be, what it is from which day on."""

    label: Text
    unit: Text
    range: Annotated[
        tuple[Number, Number], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)
    ]
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
    per: Literal["party_org", "member", "unit", "dues", "instructor", "count", "matching"] = (
        "matching"
    )
    payer: Annotated[
        dict[str, Number], BeforeValidator(lambda v: {v: 1} if isinstance(v, str) else v)
    ] = {}
    by: str | None = None
    basis: Literal["entitlement", "top_up"] | None = None
    purpose: str | None = None
    of: tuple[str, ...] = Field(default=(), strict=False)
    reading: (
        Literal["town_equals_enterprise", "together_equal_district", "each_equals_district"] | None
    ) = None
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
    def spent_for(self) -> str:
        return self.purpose or words("purposes").get(self.per, "other")

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
        return {
            f"{c}.{p}": one for c, part in self.components.items() for p, one in part.params.items()
        }

    def label(self, path: str) -> str:
        component, _, rest = path.partition(".")
        if path in self.parameters:
            return f"{self.components[component].name}·{self.parameters[path].label}"
        name, _, column = (rest if component in self.components else path).partition(".")
        word = words("settings").get(name, name) + (f"（{column}）" if column else "")
        return f"{self.components[component].name}·{word}" if component in self.components else word

    def setting(self, path: str) -> Any:
        """The value of a setting such as ``members``, ``activity.basis`` or ``eligible.stars``."""
        component, _, rest = path.partition(".")
        name, _, column = (rest if component in self.components else path).partition(".")
        found = getattr(self.components.get(component, self), name)
        return found.get(column) if column else found

    def _change(self, path: str, value: Any) -> Any:
        """A standard with its dates, or a setting as JSON: that one knows no dates."""
        if path in self.parameters:
            return dated(value)
        if isinstance(value, Mapping) and words("settings").keys() & path.split("."):
            raise PydanticCustomError("dated", words("undated"))
        return json.dumps(value, ensure_ascii=False, default=str)

    def reform(
        self,
        changes: Mapping[str, Any] | Reform | None = None,
        faults: Faults | None = None,
        **words: str,
    ) -> Reform:
        """A checked `Reform` of this scheme: ``{"activity.per_member": 200}`` or ``{...: {"2026-07-01": 200}}``.

        A dated value holds from its day on and takes the place of all later ones. Settings change too: ``members``,
        ``dates``, ``rounding``, ``activity.basis``, ``matching.reading``, ``eligible.stars``.
        """
        if isinstance(changes, Reform):
            return changes
        found: dict[str, Any] = {}
        faults = faults or Faults()
        by_label = {self.label(path): path for path in self.parameters}
        for key, value in (changes or {}).items():
            path = by_label.get(str(key), str(key))
            if path in found:
                advice = "同一项只写一次；分几步调整写成 {日期: 数值}"
                faults.add("scenario_conflict", (str(key),), str(value), advice=advice)
            try:
                found[path] = self._change(path, value)
            except PydanticCustomError as error:
                shown = value
                if isinstance(value, Mapping):
                    shown = "、".join(f"{day}: {one}" for day, one in value.items())
                unit = f"（{self.parameters[path].unit}）" if path in self.parameters else ""
                faults.add("value_invalid", (str(key),), shown, error.message() + unit)
        return Reform(tuple(sorted(found.items())), base=self.scheme, **words).check(self, faults)

    def under(self, reform: Reform) -> Scheme:
        """The scheme as the reform makes it."""
        raw = self.model_dump(by_alias=True)
        for path, value in reform.changes:
            first, _, rest = path.partition(".")
            part = raw["components"][first] if first in self.components else raw
            if isinstance(value, tuple):
                old = part["params"][rest]["values"]
                part["params"][rest]["values"] = dict(
                    [*(v for v in old if v[0] < value[0][0]), *value]
                )
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
            raise InputError(
                [
                    Problem(
                        "scenario_conflict",
                        where=k,
                        found=f"{_plain(mine[k])} / {_plain(theirs[k])}",
                        advice=advice,
                    )
                    for k in clash
                ]
            )
        return self.override(other)

    def override(self, other: Reform) -> Reform:
        title = "＋".join(dict.fromkeys(t for t in (self.title, other.title) if t))
        return replace(
            self,
            changes=tuple(sorted((dict(self.changes) | dict(other.changes)).items())),
            title=title,
        )

    def check(self, scheme: Scheme, faults: Faults | None = None) -> Reform:
        """Itself, where the scheme can take it; else every fault at once."""
        faults = faults or Faults()
        known = [*scheme.parameters, "members", "dates", "rounding", "eligible.<列>"]
        known += [f"{c}.{s}" for c, p in scheme.components.items() for s in _settings(p)]
        conditions = {"eligible", *(f"{c}.eligible" for c in scheme.components)}
        bad = [
            p for p, _ in self.changes if p not in known and p.rpartition(".")[0] not in conditions
        ]
        labels = [f"{path}（{scheme.label(path)}）" for path in scheme.parameters]
        allowed = "、".join([*labels, *known[len(labels) :]])
        for path in bad:
            faults.add("key_unknown", (path,), path, allowed, did_you_mean(path, known))
        try:
            cross(scheme if bad else scheme.under(self), faults)
        except ValidationError as error:
            _tell(error, faults)
        faults.stop()
        return self

    @property
    def days(self) -> list[date]:
        """The days from which anything changes, in order; what always holds has none."""
        dated_values = (value for _, value in self.changes if isinstance(value, tuple))
        return sorted({day for value in dated_values for day, _ in value} - {ALWAYS})

    @property
    def first_year(self) -> int | None:
        """The year of the first dated change."""
        return self.days[0].year if self.days else None

    def years_from(self, known: Sequence[int]) -> list[int]:
        """The years to reckon where none are asked for: from the first change on to the first full year after the last.

        Without a date, or where the first one is before all ledgers (`known` are their years), from the year after the
        last ledger on; two years at least, twenty at most.
        """
        after = max(known) + 1
        days = [day for day in self.days if day.year >= min(known)]
        first = days[0].year if days and days[0] == self.days[0] else after
        last = first + 1
        if days:
            begins = days[-1]
            last = max(last, begins.year + ((begins.month, begins.day) != (1, 1)))
        return list(range(first, min(last, first + 19) + 1))

    def as_dict(self) -> dict[str, Any]:
        words = {
            key: getattr(self, key)
            for key in ("reform", "title", "base", "author", "note", "source")
        }
        return {k: v for k, v in words.items() if v} | {
            "changes": {k: _plain(v) for k, v in self.changes}
        }

    def to_json(self) -> str:
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1)

    to_yaml = to_json  # JSON is YAML 1.2: `load_reform` and any YAML reader take it

    @classmethod
    def of(cls, raw: Mapping[str, Any], scheme: Scheme, faults: Faults | None = None) -> Reform:
        faults = faults or Faults()
        known = faults.mapping(raw, "reform", ())
        if raw and "changes" not in raw:
            faults.add(
                "key_missing",
                ("changes",),
                "、".join(map(str, raw)),
                "changes: {activity.per_member: {2026-07-01: 200}}",
            )
        words = {
            k: str(known[k]) for k in ("reform", "title", "author", "note", "source") if k in known
        }
        return scheme.reform(known.get("changes"), faults, **words)

    def difference(self, scheme: Scheme) -> list[dict[str, Any]]:
        """Rows 项目, 由, 调到, 自何日起: printed first in every report; `text` says it in one line."""
        rows = []
        for path, value in self.changes:
            one, item = scheme.parameters.get(path), scheme.label(path)
            for when, new in value if isinstance(value, tuple) else [(ALWAYS, json.loads(value))]:
                old = (
                    next((v for d, v in reversed(one.values) if d <= when), one.values[0][1])
                    if one
                    else scheme.setting(path)
                )
                shown = [
                    f"{v:f}" if one else words("values").get(str(v), str(v)) for v in (old, new)
                ]
                unit, since = (
                    one.unit if one else "",
                    "全部时期" if when == ALWAYS else when.isoformat(),
                )
                text = f"{item}由{shown[0]}调到{shown[1]}{unit}，{since}" + (
                    "" if when == ALWAYS else "起"
                )
                rows.append(
                    {
                        "parameter": path,
                        "item": item,
                        "old": shown[0],
                        "new": shown[1],
                        "unit": unit,
                        "since": since,
                        "text": text,
                    }
                )
        return rows


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return json.loads(value)
    plain = {d.isoformat(): int(v) if v == int(v) else float(v) for d, v in value}
    return plain[ALWAYS.isoformat()] if list(plain) == [ALWAYS.isoformat()] else plain


def _settings(part: Component) -> list[str]:
    return (
        ["reading", "town_amount"]
        if part.of
        else ["basis", "once", "by", *(["lag"] if part.per == "dues" else [])]
    )


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
    faults = Faults()
    if isinstance(source, Mapping):
        return _scheme(source, faults)
    path, name = Path(source), str(source)
    if not path.exists() and name not in packaged():
        raise InputError(unknown("scheme", name, packaged(), more="或写一个 YAML 文件的路径"))
    return _scheme(
        _read(path if path.exists() else Path(__file__).parent / "schemes" / f"{name}.yml", faults),
        faults,
    )


def load_reform(source: str | Path | Mapping[str, Any], scheme: Scheme) -> Reform:
    """A reform from a YAML or JSON file or a mapping, checked against its scheme."""
    faults = Faults()
    return Reform.of(
        source if isinstance(source, Mapping) else _read(Path(source), faults), scheme, faults
    )


def read_scenario(
    path: str | Path | None, scheme: str | Path | None = None
) -> tuple[Reform, Scheme]:
    """A reform file with the scheme it names as its base, which stands beside it or is a packaged one."""
    faults = Faults()
    raw = _read(Path(path), faults) if path else {}
    if not isinstance(raw.get("base", ""), str | None):
        faults.add("value_invalid", ("base",), raw["base"], "补助方案的名称或 YAML 文件名")
        faults.stop()
    base = scheme or raw.get("base") or "fuyang-2015"
    beside = Path(path).parent / f"{base}.yml" if path else Path(base)
    declared = load_scheme(beside if beside.is_file() else base)
    return Reform.of(raw, declared, faults), declared


def parse_changes(texts: Sequence[str], since: str | None = None) -> dict[str, Any]:
    """``["activity.per_member=200"]`` from a command line, each from a day on where one is given.

    Full-width letters, figures and marks are read like the others. Every fault has one message.
    """
    found: dict[str, Any] = {}
    first = start_day(since, "--from").isoformat() if since else None
    if first and not texts:
        advice = "--from 要与 --set 同写；方案文件里的日期写在文件中"
        raise InputError(Problem("value_invalid", where="--from", found=str(since), advice=advice))
    for text in texts:
        plain_text = unicodedata.normalize("NFKC", text)
        path, _, value = (part.strip() for part in plain_text.partition("="))
        if not path or not value:
            allowed = "项目=数值，如 activity.per_member=200"
            raise InputError(Problem("value_invalid", where="--set", found=text, allowed=allowed))
        if path in found:
            advice = "同一项只写一次 --set；分几步调整请写成方案文件"
            raise InputError(
                Problem("scenario_conflict", where=path, found="、".join(texts), advice=advice)
            )
        plain: Any = _number_of(value)
        found[path] = {first: plain} if first else plain
    return found


def _number_of(text: str) -> Any:
    """A number as typed (200, 0.5, 3,500); anything else as it stands."""
    grouped = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", text)
    if re.fullmatch(r"-?\d+", grouped):
        return int(grouped)
    return float(grouped) if re.fullmatch(r"-?\d+\.\d+", grouped) else text


def _read(path: Path, faults: Faults) -> dict[str, Any]:
    """Dates are quoted, so that an impossible one is our message among the others."""
    return read_mapping(path, faults, partial(_DATE.sub, r'\1"\2"'))


def _scheme(raw: Mapping[str, Any], faults: Faults) -> Scheme:
    """The checked scheme; what is wrong in form is taken out, so that the faults in substance come in the same message."""
    body, parts = dict(raw), raw.get("components")
    if isinstance(parts, Mapping):
        body["components"] = {
            str(c): _component(p) if isinstance(p, Mapping) else p for c, p in parts.items()
        }
    try:
        made = Scheme.model_validate(body)
        cross(made, faults)
    except ValidationError as error:
        _tell(error, faults)
        told = len(faults.problems)
        for one in error.errors():
            *path, last = one["loc"][: 4 if "params" in one["loc"][:3] else 3]
            spot: Any = body
            for step in path:
                spot = spot.get(step, {}) if isinstance(spot, dict) else {}
            if isinstance(spot, dict):
                spot.pop(last, None)
        with suppress(ValidationError):
            cross(Scheme.model_validate(words("defaults") | body), faults)
        faults.problems[told:] = [
            p for p in faults.problems[told:] if p.code not in ("key_missing", "parameter_unused")
        ]
    faults.stop()
    return made


def _component(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Entries with dated values are parameters; they stand beside the settings in the file."""
    own = {
        str(k): dict(v)
        for k, v in raw.items()
        if str(k) not in Component.model_fields and isinstance(v, Mapping)
    }
    return {str(k): v for k, v in raw.items() if str(k) not in own} | (
        {"params": own} if own else {}
    )


def _tell(errors: ValidationError, faults: Faults) -> None:
    """Pydantic's errors in the words of the person who wrote the file."""
    for error in errors.errors():
        path, kind, context = (
            [p for p in error["loc"] if p != "params"],
            error["type"],
            error.get("ctx", {}),
        )
        model: type[BaseModel] = (
            Scheme if len(path) < 2 else Component if len(path) < 4 else Parameter
        )
        found, advice = "" if kind == "missing" else str(error["input"])[:60], ""
        allowed = str(
            error["msg"]
            if kind in ("number", "date", "dated")
            else context.get("expected", words("faults").get(kind, ""))
        )
        if kind == "extra_forbidden":
            fields = [f.alias or n for n, f in model.model_fields.items() if n != "params"]
            allowed, advice = "、".join(fields), did_you_mean(str(path[-1]), fields)
        elif "expected" in context:
            advice = did_you_mean(found, re.findall(r"'([^']+)'", allowed))
        code = {"missing": "key_missing", "extra_forbidden": "key_unknown"}.get(
            kind, "value_invalid"
        )
        faults.add(code, tuple(path), found, allowed, advice)
