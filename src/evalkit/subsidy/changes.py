"""What a reform changes in a scheme: read, checked, carried out, told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from evalkit.problems import InputError, did_you_mean, meant
from evalkit.subsidy.ask import KEYS, Ask
from evalkit.subsidy.checks import cross
from evalkit.subsidy.dated import ALWAYS, plain_dates
from evalkit.subsidy.extending import ADDED, paths_of, usual
from evalkit.subsidy.scopes import NOT, scope, told_test
from evalkit.subsidy.typed import payers, share, standard
from evalkit.subsidy.values import Component, SchemeData
from evalkit.subsidy.words import KIND_COLUMN, WORDS, lists
from evalkit.world.declared import At, Faults
from evalkit.world.number import fixed, percent

S = TypeVar("S", bound=SchemeData)
Changes = tuple[tuple[str, Any], ...]  # path and dated values, or a setting as JSON
HEAD = ("question", "reform", "title", "author", "note", "source")  # what a reform says of itself


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        raise PydanticCustomError("text", "文字")
    return str(plain_dates(value))


Text = Annotated[str, BeforeValidator(_text)]


class ReformFile(BaseModel):
    """What may stand in the file of a reform."""

    model_config = ConfigDict(extra="forbid")

    question: Text = ""
    reform: Text = ""
    title: Text = ""
    budget: Text = ""
    item: Text = ""
    reach: Text = ""
    standard: Text = ""
    cap: Text = ""
    by: Text = ""
    floor: Text = ""
    most: Text = ""
    org: Text = ""
    periods: Text = ""
    within: Text = ""
    only: Text = ""
    share: Text = ""
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
    ask: Ask


def read_file(raw: Any, faults: Faults) -> Declared:
    """What a file (or mapping) declares; what does not fit is told, the rest goes on to be checked."""
    given = {str(key): value for key, value in faults.mapping((), raw).items()}
    made = faults.model(ReformFile, given)
    asked = {key: getattr(made, key) for key in KEYS if key in given} if made else {}
    if given and not {"changes", "only", "share", *KEYS} & given.keys():
        example = "changes: {activity.per_member: {2026-07-01: 200}}"
        faults.missing(("changes",), example, found="、".join(given))
    head = {key: getattr(made, key) for key in HEAD if key in given} if made else {}
    changes = given.get("changes")
    written = dict(changes) if isinstance(changes, Mapping) else {}
    if made:
        written |= limited(made.only, made.share)
    return Declared(head, written, Ask(**asked))


def limited(only: str = "", share: str = "", since: str | None = None) -> dict[str, Any]:
    """Changes for 只发给 and for who pays what is added: ``eligible.stars: ">= 3"``, ``added: 3:3:4``."""
    found: dict[str, Any] = {}
    for column, asked in scope(only).items() if only else ():
        found[f"eligible.{column}"] = {since: asked} if since else asked
    return found | ({ADDED: share} if share else {})


def is_dated(value: Any) -> bool:
    """Whether a change is one of a standard; a setting knows no dates."""
    return isinstance(value, tuple)


def read_changes(
    scheme: SchemeData, given: Mapping[Any, Any], faults: Faults, at: At = ()
) -> Changes:
    """The changes of a mapping, by path, in order; a path may be written as its label."""
    found: dict[str, Any] = {}
    pairs = [(key, path) for key in given for path in paths_of(scheme, str(key))]
    for key, path in pairs:
        value = given[key]
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
            if path in scheme.parameters:
                break  # of a component with several tiers it is said once
    return tuple(sorted(found.items()))


def _change(scheme: SchemeData, path: str, value: Any) -> Any:
    """A standard with its dates, or a setting as JSON: that one knows no dates."""
    if path in scheme.parameters:
        return standard(scheme.parameters[path], value)
    if path.rpartition(".")[2] in PAYER_SETTINGS:
        return json.dumps({payer: str(part) for payer, part in _shares(value).items()})
    if path.endswith(".guarantee") and isinstance(value, str | int | float) and value != 0:
        value = _part(str(value))
    if isinstance(value, Mapping) and WORDS["settings"].keys() & path.split("."):
        raise PydanticCustomError("dated", WORDS["undated"])
    if isinstance(value, str) and "eligible." not in path:
        value = _code(path, value)
    return json.dumps(plain_dates(value), ensure_ascii=False, default=str)


def _code(path: str, word: str) -> Any:
    """The code of a rule that is written as its Chinese word."""
    named = WORDS["listing"]["words"] | WORDS["values"]
    if path.endswith(".by"):
        named = WORDS["columns"]
    found = {str(chinese): code for code, chinese in named.items()}.get(word, word)
    if path.endswith(".lag") and str(found).isdigit():
        return int(found)
    return {"true": True, "false": False}.get(str(found).lower(), found)


PAYER_SETTINGS = ("payer", "added")  # who pays, and who pays what is added


def _shares(value: Any) -> dict[str, Decimal]:
    try:
        return payers(value, "")
    except InputError as error:
        raise PydanticCustomError("payers", error.problems[0].allowed) from None


def _part(value: str) -> float:
    try:
        return float(share(value, ""))
    except InputError as error:
        raise PydanticCustomError("share", error.problems[0].allowed) from None


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
        elif rest in PAYER_SETTINGS:
            shares = json.loads(value)
            part[rest] = {payer: Decimal(share) for payer, share in shares.items()}
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
        f"{code}.{key}" for code, part in scheme.components.items() for key in settings_of(part)
    ]
    conditions = {"eligible", *(f"{code}.eligible" for code in scheme.components)}
    bad = [
        path
        for path, _ in changes
        if path not in known and path.rpartition(".")[0] not in conditions
    ]
    labels = [f"{path}（{scheme.label(path)}）" for path in scheme.parameters]
    allowed = "、".join(labels)
    for path in bad:
        advice = did_you_mean(path, known) or _named_like(scheme, path)
        faults.add("key_unknown", (*at, path), path, allowed, advice)
    _guarantees(changes, faults, at)
    made = scheme if bad else faults.model(type(scheme), _rewritten(scheme, changes))
    if made is not None:
        cross(made, faults)
    faults.stop()


def _named_like(scheme: SchemeData, text: str) -> str:
    """The components, standards and usual components whose Chinese name is most like a text; else where all of them stand."""
    names = [part.name for part in (*scheme.components.values(), *usual().values())]
    names += [scheme.label(path) for path in scheme.parameters]
    part_of = [name for name in dict.fromkeys(names) if text and (text in name or name in text)]
    return meant(part_of[:3]) or did_you_mean(text, names) or str(WORDS["every_item"])


def _guarantees(changes: Changes, faults: Faults, at: At) -> None:
    """A guarantee on last year's payment needs a last year: standards that change from a day on."""
    guaranteed = {path.partition(".")[0] for path, _ in changes if path.endswith(".guarantee")}
    for path, value in changes:
        if path.partition(".")[0] in guaranteed and is_dated(value) and value[0][0] == ALWAYS:
            allowed = (
                "同时写明自何日起（--from 2026-01-01，或 {2026-01-01: 数值}）：保底按上年的标准算"
            )
            faults.invalid((*at, path), str(value[0][1]), allowed)


def settings_of(part: Component) -> list[str]:
    """What a component lets a reform set beside its standards and conditions."""
    if part.of:
        return ["reading", "town_amount"]
    return [
        "basis",
        "once",
        "by",
        *PAYER_SETTINGS,
        "guarantee",
        *(["lag"] if part.per == "dues" else []),
    ]


def difference(scheme: SchemeData, changes: Changes) -> list[dict[str, Any]]:
    """Rows 项目, 由, 调到, 自何日起; `text` says it in one line."""
    rows: list[dict[str, Any]] = []
    for path, value in changes:
        steps = value if is_dated(value) else [(ALWAYS, json.loads(value))]
        before = None  # the step before, of the same standard
        for when, new in steps:
            rows.append(_row(scheme, path, when, new, before))
            before = new
    return rows


def lines(scheme: SchemeData, changes: Changes) -> list[str]:
    """The changes in words, a line for each; one in steps over the years is one line that says so."""
    told: list[str] = []
    for path, value in changes:
        rows = difference(scheme, ((path, value),))
        rows = [row for row in rows if row["old"] != row["new"]] or rows
        if not is_dated(value) or len(rows) < 2:
            told += [row["text"] for row in rows]
            continue
        first, last, unit = rows[0], rows[-1], rows[0]["unit"]
        steps = "、".join(f"{row['since']}起{row['new']}" for row in rows)
        told.append(
            f"{first['item']}分{len(rows)}步由{first['old']}调到{last['new']}{unit}：{steps}"
        )
    return told


def _row(scheme: SchemeData, path: str, when: Any, new: Any, step: Any = None) -> dict[str, Any]:
    one, item = scheme.parameters.get(path), scheme.label(path)
    if one:
        before = [value for day, value in one.values if day <= when]
        old = before[-1] if before else one.values[0][1]
        shown = [
            one.typed(value) if one.no_limit(value) else grouped(value)
            for value in (old if step is None else step, new)
        ]
    else:
        shown = [_setting_word(path, value) for value in (scheme.setting(path), new)]
    unit = one.with_unit(shown[1]).removeprefix(shown[1]) if one else ""
    words = WORDS["changed"]
    since = words["always"] if when == ALWAYS else when.isoformat()
    setting = path.rpartition(".")[2]
    key = f"changed.{setting if setting in words else 'row'}"
    component = scheme.components[path.partition(".")[0]].name if setting in words else ""
    text = WORDS.say(
        key, item=item, component=component, old=shown[0], new=shown[1], unit=unit, since=since
    ) + ("" if when == ALWAYS else words["on"])
    return {
        "parameter": path,
        "item": item,
        "old": shown[0],
        "new": shown[1],
        "unit": unit,
        "since": since,
        "text": text,
    }


def _setting_word(path: str, value: Any) -> str:
    """A setting in the words of a reader."""
    if path.rpartition(".")[2] in PAYER_SETTINGS:
        named = lists()["payer"]
        shares = [
            f"{named.get(payer, payer)}{_share_word(Decimal(str(part)))}"
            for payer, part in dict(value or {}).items()
        ]
        return "、".join(shares) or WORDS["typed_none"]
    if "eligible." in path:
        return _condition_word(path.rpartition(".")[2], value)
    if path.endswith(".guarantee"):
        none = WORDS["listing"]["none"]["guarantee"]
        return none if value is None else percent(Decimal(str(value)), 0)
    if path.endswith(".basis") and value is None:
        return str(WORDS["listing"]["none"]["basis"])
    named = WORDS["values"] | WORDS["columns"]
    return str(named.get(str(value), str(value)))


def grouped(value: Decimal) -> str:
    """A standard as it is printed: 3,500 or 0.5."""
    decimals = max(0, -int(value.as_tuple().exponent)) if value % 1 else 0
    return fixed(value, decimals, grouped=True)


def _share_word(part: Decimal) -> str:
    """30%, or 33.3%."""
    return percent(part, 0 if part * 100 % 1 == 0 else 1)


def _condition_word(column: str, value: Any) -> str:
    """A condition on a column: 3星以上, 党总支, 是."""
    if isinstance(value, list):
        return "、".join(_condition_word(column, one) for one in value)
    if column.startswith(KIND_COLUMN) and value is not None:
        return ("" if value else NOT) + column.removeprefix(KIND_COLUMN)
    if isinstance(value, str) and value[:1] in "<>":
        return told_test(column, value)
    word = str(lists().get(column, {}).get(str(value), value))
    return str(WORDS["values"].get(word, word))


def as_written(value: Any) -> Any:
    """A change as a file has it: a number, numbers by day, or a setting."""
    if not is_dated(value):
        return json.loads(value)
    plain = {day.isoformat(): int(v) if v == int(v) else float(v) for day, v in value}
    always = ALWAYS.isoformat()
    return plain[always] if list(plain) == [always] else plain
