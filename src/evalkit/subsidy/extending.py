"""A scheme made wide enough for a question: usual components that it lacks, a least or greatest payment that a component
lacks, standards for a part of the organisations.

None costs anything by itself: what is new pays zero, a least payment is zero, a greatest one is beyond all payments, and a
standard within a scope is that of all, until a reform says otherwise. So the baseline stays what it was, and both sides of a
result have the same components.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from evalkit.problems import InputError, Problem
from evalkit.subsidy.dated import day
from evalkit.subsidy.scopes import NOT, phrase, scopes
from evalkit.subsidy.values import AMOUNTS, SCOPED, Component, Parameter, SchemeData
from evalkit.subsidy.words import WORDS
from evalkit.world.yaml import read_yaml

S = TypeVar("S", bound=SchemeData)
ADDED = "added"  # who pays what a reform adds
_BETWEEN = "·"  # of a label: component·standard


@cache
def usual() -> Mapping[str, Component]:
    """The components that are usual and that a scheme may lack, by code; each pays nothing until a reform says so."""
    raw = read_yaml(Path(__file__).with_name("usual.yml"))
    return {code: Component.model_validate(dict(one)) for code, one in raw.items()}


@cache
def beside() -> Mapping[str, Parameter]:
    """A fixed part, a least and a greatest payment that change nothing, for a component that lacks them."""
    raw = read_yaml(Path(__file__).with_name("beside.yml"))
    return {key: Parameter.model_validate(dict(one)) for key, one in raw.items()}


@dataclass(frozen=True)
class Key:
    """A change as it is written: what it is of, and for which part of the organisations."""

    item: str
    scope: str

    @classmethod
    def read(cls, text: str) -> Key:
        item, _, part = text.partition(SCOPED)
        return cls(item.strip(), part.strip())

    def path(self, path: str) -> str:
        return f"{path}{SCOPED}{self.scope}" if self.scope else path


def paths_of(scheme: SchemeData, text: str) -> list[str]:
    """The paths that a key of a change means: a path or its label, or a component (all its tiers)."""
    key = Key.read(text)
    by_label = {scheme.label(path): path for path in scheme.parameters if SCOPED not in path}
    item = by_label.get(key.item, key.item)
    if item in scheme.parameters:
        return [key.path(item)]
    for code, part in scheme.components.items():
        if item in (code, part.name, f"{code}.*", f"{code}.standard"):
            return [key.path(f"{code}.{rate}") for rate in part.rates]
        name, _, setting = item.partition(_BETWEEN)
        if name == part.name and setting in WORDS["typed"]:
            return [f"{code}.{WORDS['typed'][setting]}"]
        if name == part.name and setting in _amounts_by_label():
            return [f"{code}.{_amounts_by_label()[setting]}"]
    return [key.path(item) if key.scope else WORDS["typed_of_all"].get(item, item)]


def widened(scheme: S, keys: Iterable[str]) -> S:
    """The scheme with the usual components and the scopes that keys of changes name; itself where they name none."""
    named = [Key.read(str(key)) for key in keys]
    made = _with_amounts(_with_usual(scheme, named), named)
    scoped = [path for key in keys for path in paths_of(made, str(key)) if SCOPED in path]
    return _with_scopes(made, scoped)


def _with_usual(scheme: S, keys: Iterable[Key]) -> S:
    names = {part.name for part in scheme.components.values()}
    new: dict[str, Component] = {}
    for key in keys:
        first = key.item.partition(".")[0].partition(_BETWEEN)[0]
        for code, part in usual().items():
            wanted = first == code or (first == part.name and part.name not in names)
            if wanted and code not in scheme.components:
                new[code] = part
    return _rebuilt(scheme, new) if new else scheme


@cache
def _amounts_by_label() -> Mapping[str, str]:
    return {one.label: key for key, one in beside().items()}


def beside_of(part: Component) -> Mapping[str, Parameter]:
    """What a component may be given of `beside`: a matching only a greatest payment, what is counted by district none."""
    if part.counted:
        return {}
    return {
        key: one
        for key, one in beside().items()
        if key not in part.params and (key == "cap" or not part.of)
    }


def offered_beside(scheme: SchemeData) -> Mapping[str, Mapping[str, Parameter]]:
    """By component, those that a list offers: of the scheme's own, and of usual ones that go by a quantity (a usual one
    that pays each organisation a sum has no use for a least or a greatest one)."""
    lacking = {code: part for code, part in usual().items() if code not in scheme.components}
    every = scheme.components | {
        code: part for code, part in lacking.items() if part.per != "party_org"
    }
    return {code: beside_of(part) for code, part in every.items()}


def _with_amounts(scheme: S, keys: Iterable[Key]) -> S:
    """With the fixed part, the least and the greatest payment that keys name and a component lacks."""
    new: dict[str, Component] = {}
    for key in keys:
        for code, part in scheme.components.items():
            left, between, amount = key.item.rpartition(_BETWEEN if _BETWEEN in key.item else ".")
            amount = _amounts_by_label().get(amount, amount)
            known = new.get(code, part)
            if not between or left not in (code, part.name) or amount not in beside_of(known):
                continue
            params = known.params | {amount: beside()[amount]}
            new[code] = known.model_copy(update={"params": params})
    return _rebuilt(scheme, new) if new else scheme


def _with_scopes(scheme: S, paths: Iterable[str]) -> S:
    changed: dict[str, Component] = {}
    for path in dict.fromkeys(paths):
        if path in scheme.parameters:
            continue
        item, _, name = path.partition(SCOPED)
        code, _, rate = item.partition(".")
        part = changed.get(code, scheme.components.get(code))
        if part is None or rate not in part.params or rate in AMOUNTS:
            continue  # told as an unknown key
        one = part.params[rate]
        named = scopes(name) | part.scopes
        label = one.model_copy(update={"label": f"{one.label}（{name}）"})
        params = part.params | {f"{rate}{SCOPED}{name}": label}
        changed[code] = part.model_copy(update={"scopes": named, "params": params})
    return _rebuilt(scheme, changed) if changed else scheme


def _rebuilt(scheme: S, changed: Mapping[str, Component]) -> S:
    raw = {name: getattr(scheme, name) for name in type(scheme).model_fields}
    return type(scheme).model_construct(**raw | {"components": {**scheme.components, **changed}})


@dataclass(frozen=True)
class Prepared:
    """A scheme that can take the changes, and the changes with dated conditions turned into standards by scope."""

    scheme: Any
    changes: Mapping[Any, Any]


def prepared(scheme: SchemeData, changes: Mapping[Any, Any]) -> Prepared:
    """`widened` for changes as they are written; a condition from a day on becomes zero for all others from then on."""
    for key in map(str, changes):
        if key.endswith(SCOPED):
            advice = WORDS.say("no_scope", item=key.removesuffix(SCOPED))
            raise InputError(Problem("value_invalid", where=key, found=key, advice=advice))
    wide = widened(scheme, [str(key) for key in changes])
    told: dict[Any, Any] = _added_by(wide, changes)
    for key, value in changes.items():
        if key == ADDED:
            continue
        told |= _dated_condition(wide, str(key), value) or {key: value}
    return Prepared(widened(wide, [str(key) for key in told]), told)


def _dated_condition(scheme: SchemeData, key: str, value: Any) -> dict[str, Any] | None:
    """``eligible.stars: {2026-07-01: ">= 3"}`` as standards within scopes; None for whatever else."""
    above, _, column = key.rpartition(".")
    owner = above.removesuffix("eligible").removesuffix(".")
    if not above.endswith("eligible") or not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((when, asked),) = value.items()
    try:
        day(when)
    except Exception:  # no date: told where the change is read
        return None
    names = [owner] if owner else list(scheme.components)
    parts = {n: scheme.components[n] for n in names if n in scheme.components}
    if any(set(AMOUNTS) & part.params.keys() or part.marginal for part in parts.values()):
        return None
    others = NOT + phrase(column, asked)
    return {
        f"{name}.{rate}{SCOPED}{others}": {when: 0}
        for name, part in parts.items()
        if not (part.of or part.counted)
        for rate in part.rates
    }


def _added_by(scheme: SchemeData, changes: Mapping[Any, Any]) -> dict[Any, Any]:
    """`added` of the whole scheme is that of every component that the other changes name."""
    if ADDED not in changes:
        return {}
    named = {
        path.partition(".")[0]
        for key in changes
        if key != ADDED
        for path in paths_of(scheme, str(key))
    }
    chosen = named & scheme.components.keys() or set(scheme.components)
    return {
        f"{code}.{ADDED}": changes[ADDED]
        for code, part in scheme.components.items()
        if code in chosen and not part.of and part.per != "dues"
    }
