"""All that can be asked of a scheme, line by line: `evalkit whatif --list`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from evalkit.subsidy.changes import PAYER_SETTINGS, settings_of
from evalkit.subsidy.extending import offered_beside, usual
from evalkit.subsidy.values import Parameter, SchemeData
from evalkit.subsidy.words import WORDS, lists
from evalkit.world.number import percent, plain

A_LIMIT_IN_STEPS = 200  # a greatest payment as an example, where there is none: 20,000元


@dataclass(frozen=True)
class Item:
    """Something that a question may set: how it is written, what it is called, what it is, what it may be, an example.

    `allowed` are the words of a rule that may be typed.
    """

    path: str
    label: str
    value: str
    range: str
    example: str
    allowed: tuple[str, ...] = ()


def items(scheme: SchemeData) -> list[Item]:
    """Standards, usual components that the scheme lacks, rules."""
    missing = {code: part for code, part in usual().items() if code not in scheme.components}
    every = scheme.components | missing
    found = [
        _standard(f"{code}.{key}", f"{part.name}·{one.label}", one)
        for code, part in every.items()
        for key, one in part.params.items()
    ]
    found += [
        _standard(f"{code}.{key}", f"{every[code].name}·{one.label}", one)
        for code, some in offered_beside(scheme).items()
        for key, one in some.items()
    ]
    return found + settings(scheme)


def settings(scheme: SchemeData) -> list[Item]:
    """The rules of the components and of the whole scheme that may be changed."""
    paths = [
        f"{code}.{key}" for code, part in scheme.components.items() for key in settings_of(part)
    ]
    paths = [path for path in paths if _alone(scheme, path)]
    return [_setting(scheme, path) for path in (*paths, "members", "dates", "rounding")]


def _alone(scheme: SchemeData, path: str) -> bool:
    """Whether a setting may change without another one: other tiers, or a declared share, are another scheme."""
    code, _, name = path.rpartition(".")
    declared = name == "town_amount" and "share" in scheme.components[code].params
    return declared or name not in ("by", "town_amount")


def _standard(path: str, label: str, one: Parameter) -> Item:
    low, high = one.range
    value = one.values[-1][1]
    more = min(high, value + max(one.step, Decimal(1) if one.money else one.step))
    if one.no_limit(value):
        more = low + A_LIMIT_IN_STEPS * one.step
    shown = one.with_unit(one.typed(value))
    return Item(
        path, label, shown, f"{plain(low)}～{one.typed(high)}", f"--set {path}={plain(more)}"
    )


def _setting(scheme: SchemeData, path: str) -> Item:
    value = scheme.setting(path)
    name = path.rpartition(".")[2]
    if name == "guarantee":
        shown = percent(value, 0) if value is not None else WORDS["listing"]["none"][name]
        return Item(
            path, scheme.label(path), shown, "0%～100%", f"--set {path}=100%", ("100%", "90%")
        )
    if name in PAYER_SETTINGS:
        named = lists()["payer"]
        shares = dict(value or {})
        shown = "、".join(f"{named[who]}{percent(part, 0)}" for who, part in shares.items())
        return Item(
            path,
            scheme.label(path),
            shown or "—",
            WORDS["listing"]["payers"],
            f"--set {path}=市3县7",
            ("省3市3县4", "市3县7", "县10"),
        )
    allowed = WORDS["listing"]["allowed"].get(name, {})
    words = WORDS["values"] | WORDS["columns"] | WORDS["listing"]["words"]
    none = WORDS["listing"]["none"].get(name, "")
    shown = none if value is None else words.get(str(value), str(value))
    others = [code for code in allowed if code not in (str(value), str(value).lower())] or [
        str(value)
    ]
    told = "、".join(f"{code}（{words.get(code, code)}）" for code in allowed)
    typed = tuple(str(words.get(code, code)) for code in allowed)
    return Item(path, scheme.label(path), shown, told, f"--set {path}={others[0]}", typed)


def lines(scheme: SchemeData) -> list[str]:
    """The list as it is printed."""
    told = [WORDS.say("listing.head", name=scheme.name)]
    for one in items(scheme):
        value = WORDS.say("listing.item", **vars(one))
        told.append(value)
    return [*told, "", *WORDS["listing"]["more"]]
