"""What a reform changes in a scheme: read, checked, carried out, told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from evalkit.problems import did_you_mean
from evalkit.subsidy.checks import cross
from evalkit.subsidy.dated import ALWAYS, dated, plain_dates
from evalkit.subsidy.values import Component, SchemeData
from evalkit.subsidy.words import WORDS
from evalkit.world.declared import At, Faults

S = TypeVar("S", bound=SchemeData)
Changes = tuple[tuple[str, Any], ...]  # path and dated values, or a setting as JSON
HEAD = ("reform", "title", "author", "note", "source")  # what a reform says of itself


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        raise PydanticCustomError("text", "文字")
    return str(plain_dates(value))


Text = Annotated[str, BeforeValidator(_text)]


class ReformFile(BaseModel):
    """What may stand in the file of a reform."""

    model_config = ConfigDict(extra="forbid")

    reform: Text = ""
    title: Text = ""
    base: Text = ""
    author: Text = ""
    note: Text = ""
    source: Text = ""
    changes: dict[Any, Any] = {}


@dataclass(frozen=True)
class Declared:
    """The content of a reform's file: what it says of itself, and its changes as written."""

    head: dict[str, str]
    changes: Mapping[Any, Any]


def read_file(raw: Any, faults: Faults) -> Declared:
    """What a file (or mapping) declares; what does not fit is told, the rest goes on to be checked."""
    given = {str(key): value for key, value in faults.mapping((), raw).items()}
    made = faults.model(ReformFile, given)
    if given and "changes" not in given:
        example = "changes: {activity.per_member: {2026-07-01: 200}}"
        faults.missing(("changes",), example, found="、".join(given))
    head = {key: getattr(made, key) for key in HEAD if key in given} if made else {}
    changes = given.get("changes")
    return Declared(head, changes if isinstance(changes, Mapping) else {})


def is_dated(value: Any) -> bool:
    """Whether a change is one of a standard; a setting knows no dates."""
    return isinstance(value, tuple)


def read_changes(
    scheme: SchemeData, given: Mapping[Any, Any], faults: Faults, at: At = ()
) -> Changes:
    """The changes of a mapping, by path, in order; a path may be written as its label."""
    found: dict[str, Any] = {}
    by_label = {scheme.label(path): path for path in scheme.parameters}
    for key, value in given.items():
        path = by_label.get(str(key), str(key))
        if path in found:
            advice = "同一项只写一次；分几步调整写成 {日期: 数值}"
            faults.add("scenario_conflict", (*at, str(key)), str(value), advice=advice)
        try:
            found[path] = _change(scheme, path, value)
        except PydanticCustomError as error:
            shown = value
            if isinstance(value, Mapping):
                shown = "、".join(f"{day}: {one}" for day, one in value.items())
            unit = f"（{scheme.parameters[path].unit}）" if path in scheme.parameters else ""
            faults.invalid((*at, str(key)), shown, error.message() + unit)
    return tuple(sorted(found.items()))


def _change(scheme: SchemeData, path: str, value: Any) -> Any:
    """A standard with its dates, or a setting as JSON: that one knows no dates."""
    if path in scheme.parameters:
        return dated(value)
    if isinstance(value, Mapping) and WORDS["settings"].keys() & path.split("."):
        raise PydanticCustomError("dated", WORDS["undated"])
    return json.dumps(plain_dates(value), ensure_ascii=False, default=str)


def under(scheme: S, changes: Changes) -> S:
    """The scheme as the changes make it."""
    return type(scheme).model_validate(_rewritten(scheme, changes))


def _rewritten(scheme: SchemeData, changes: Changes) -> dict[str, Any]:
    """The content of a scheme with the changes in their places."""
    raw = scheme.model_dump(by_alias=True)
    for path, value in changes:
        first, _, rest = path.partition(".")
        part = raw["components"][first] if first in scheme.components else raw
        if is_dated(value):
            old = part["params"][rest]["values"]
            kept = [entry for entry in old if entry[0] < value[0][0]]
            part["params"][rest]["values"] = [*kept, *value]
        elif "eligible." in path:
            part["eligible"] = part["eligible"] | {path.rpartition(".")[2]: json.loads(value)}
        else:
            part[rest if first in scheme.components else first] = json.loads(value)
    for component in raw["components"].values():
        for parameter in component["params"].values():
            parameter["values"] = dict(parameter["values"])
    return raw


def check(scheme: SchemeData, changes: Changes, faults: Faults, at: At = ()) -> None:
    """Raise every fault at once where the scheme cannot take the changes."""
    known = [*scheme.parameters, "members", "dates", "rounding", "eligible.<列>"]
    known += [
        f"{code}.{key}" for code, part in scheme.components.items() for key in _settings(part)
    ]
    conditions = {"eligible", *(f"{code}.eligible" for code in scheme.components)}
    bad = [
        path
        for path, _ in changes
        if path not in known and path.rpartition(".")[0] not in conditions
    ]
    labels = [f"{path}（{scheme.label(path)}）" for path in scheme.parameters]
    allowed = "、".join([*labels, *known[len(labels) :]])
    for path in bad:
        faults.add("key_unknown", (*at, path), path, allowed, did_you_mean(path, known))
    made = scheme if bad else faults.model(type(scheme), _rewritten(scheme, changes))
    if made is not None:
        cross(made, faults)
    faults.stop()


def _settings(part: Component) -> list[str]:
    """What a component lets a reform set beside its standards and conditions."""
    if part.of:
        return ["reading", "town_amount"]
    return ["basis", "once", "by", *(["lag"] if part.per == "dues" else [])]


def difference(scheme: SchemeData, changes: Changes) -> list[dict[str, Any]]:
    """Rows 项目, 由, 调到, 自何日起; `text` says it in one line."""
    return [
        _row(scheme, path, when, new)
        for path, value in changes
        for when, new in (value if is_dated(value) else [(ALWAYS, json.loads(value))])
    ]


def _row(scheme: SchemeData, path: str, when: Any, new: Any) -> dict[str, Any]:
    one, item = scheme.parameters.get(path), scheme.label(path)
    if one:
        before = [value for day, value in one.values if day <= when]
        shown = [f"{value:f}" for value in (before[-1] if before else one.values[0][1], new)]
    else:
        named = WORDS["values"]
        shown = [named.get(str(value), str(value)) for value in (scheme.setting(path), new)]
    unit = one.unit if one else ""
    since = "全部时期" if when == ALWAYS else when.isoformat()
    text = f"{item}由{shown[0]}调到{shown[1]}{unit}，{since}" + ("" if when == ALWAYS else "起")
    return {
        "parameter": path,
        "item": item,
        "old": shown[0],
        "new": shown[1],
        "unit": unit,
        "since": since,
        "text": text,
    }


def as_written(value: Any) -> Any:
    """A change as a file has it: a number, numbers by day, or a setting."""
    if not is_dated(value):
        return json.loads(value)
    plain = {day.isoformat(): int(v) if v == int(v) else float(v) for day, v in value}
    always = ALWAYS.isoformat()
    return plain[always] if list(plain) == [always] else plain
