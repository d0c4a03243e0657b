"""What a scheme may not say: unknown names, tiers out of order, values beyond their range, parameters nothing uses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.codebook import load_codebook
from evalkit.problems import did_you_mean
from evalkit.scoring.declared import Faults, misfit
from evalkit.world.yaml import read_yaml

if TYPE_CHECKING:
    from evalkit.subsidy.scheme import Component, Parameter, Scheme

Dated = tuple[tuple[date, Decimal], ...]
ALWAYS = date(1900, 1, 1)
AMOUNTS = ("base", "floor", "cap")  # of a component: fixed part, least and greatest payment


@cache
def words(section: str) -> Any:
    """A section of words.yml."""
    return read_yaml(Path(__file__).with_name("words.yml"))[section]


def column_word(name: str) -> str:
    """What a column is called by a reader; a user's own column by its own name."""
    return str(words("columns").get(name, f"“{name}”"))


@cache
def lists() -> dict[str, dict[str, str]]:
    """The closed lists of the packaged codebook: payers, kinds of organisation, purposes."""
    return load_codebook().lists


def cross(scheme: Scheme, faults: Faults) -> None:  # noqa: C901
    """Names that must exist, tiers in order, values within limits, nothing that nothing uses."""

    def known(words: Iterable[str], allowed: Iterable[str], *path: str) -> None:
        allowed = list(allowed)
        for word in [w for w in words if w not in allowed]:
            at = (*path, word) if path[-1] == "eligible" else path
            faults.add("key_unknown", at, word, "、".join(allowed), did_you_mean(word, allowed))

    def conditions(given: dict[str, Any], path: tuple[str, ...], own: bool) -> None:
        known(() if own else given, words("columns"), *path, "eligible")
        if said := misfit(given, "conditions"):
            faults.add("value_invalid", (*path, "eligible"), given, said)

    conditions(scheme.eligible, (), bool(scheme.tables))
    for name, part in scheme.components.items():
        at, rates, matching = ("components", name), part.rates, bool(part.of)
        own = bool(part.table or scheme.tables)  # a user's table may have any column
        others = [c for c in scheme.components if c != name]
        conditions(part.eligible, at, own)
        known(part.of, others, *at, "of")
        known(part.instead_of, others, *at, "instead_of")
        known(
            part.payers if matching else part.payer,
            lists()["payer"],
            *at,
            "payers" if matching else "payer",
        )
        known([part.purpose] if part.purpose else [], lists()["purpose"], *at, "purpose")
        if part.by and not matching and not own and part.per not in ("instructor", "count"):
            known([part.by], words("columns"), *at, "by")
        wanted = rates if part.by else ["share"] if part.per == "dues" else rates[:1]
        if matching:
            wanted = ["ratio", *(["share"] if part.town_amount == "share" else [])]
            if len(part.payers) != 2:
                faults.add(
                    "value_invalid",
                    (*at, "payers"),
                    len(part.payers),
                    "两个出资方：乡镇（街道）和企业",
                )
            if part.reading is None:
                faults.add(
                    "key_missing",
                    (*at, "reading"),
                    "",
                    "town_equals_enterprise、together_equal_district、each_equals_district",
                )
        elif part.per == "matching":
            faults.add(
                "key_missing", (*at, "per"), "", "party_org、member、unit、dues、instructor、count"
            )
            continue
        elif sum(part.payer.values()) != 1:
            faults.add("value_invalid", (*at, "payer"), dict(part.payer), "各出资方比例合计为1")
        elif ("dues_return" in part.payer) != (part.per == "dues"):
            faults.add(
                "value_invalid",
                (*at, "payer"),
                "、".join(part.payer),
                "返还党费只由党费列支，党费不计入财政资金",
            )
        if not rates or set(wanted) - set(rates):
            faults.add("key_missing", at, "", "、".join(wanted) or "至少一个标准")
        unused = [k for k in part.params if k not in wanted and (matching or k not in AMOUNTS)]
        allowed = wanted
        if part.by in words("ordered") and not any(part.params[k].start is not None for k in rates):
            allowed = words("ordered")[part.by]
            unused += [k for k in rates if k not in allowed]
        for key in dict.fromkeys(unused):
            faults.add(
                "parameter_unused", (*at, key), key, "、".join(allowed), did_you_mean(key, allowed)
            )
        for key, one in part.params.items():
            limits(one, one.values, (*at, key), faults)
        _order(part, at, faults)


def limits(one: Parameter, values: Dated, at: tuple[str, ...], faults: Faults) -> None:
    """Values within the range, with no more decimals than the money or share can have."""
    low, high = one.range
    if low < 0 or high < low:
        faults.add(
            "value_invalid", (*at, "range"), f"[{low}, {high}]", "下限不小于0，上限不小于下限"
        )
    for when, value in values:
        path = (*at, "values", when.isoformat()) if when != ALWAYS else at
        if value < 0 or not low <= value <= high:
            faults.add(
                "value_invalid", path, f"{value}{one.unit}", f"{max(low, Decimal(0))} 到 {high}"
            )
        elif value * one.scale % 1:
            faults.add("value_invalid", path, value, "金额最多两位小数，比例最多四位小数")


def _order(part: Component, at: tuple[str, ...], faults: Faults) -> None:
    """Thresholds ascend, a higher tier pays no less at any date, a floor is not above its cap."""
    order, starts = part.rates, [part.params[k].start for k in part.rates]
    if part.by and any(s is not None for s in starts):
        if None in starts or any(a >= b for a, b in pairwise(starts)):  # type: ignore[operator]
            faults.add(
                "tiers_disordered",
                (*at, order[0]),
                [str(s) for s in starts],
                "每档都写 from，由小到大",
            )
            return
    else:
        order = [k for k in words("ordered").get(part.by, ()) if k in part.rates]
    pairs = [("floor", "cap")] if {"floor", "cap"} <= part.params.keys() else []
    for low, high in [*pairs, *(pairwise(order) if part.ordered and not part.marginal else ())]:
        for when in sorted({d for k in (low, high) for d, _ in part.params[k].values}):
            a, b = (value_on(part.params[k].values, when) for k in (low, high))
            if a is not None and b is not None and a > b:
                faults.add(
                    "tiers_disordered",
                    (*at, high),
                    f"{when}：{low} {a} 高于 {high} {b}",
                    "高一档不少于低一档",
                    "确实如此请在该项写 ordered: false" if low != "floor" else "",
                )


def value_on(values: Dated, when: date) -> Decimal | None:
    """The value in force on a day; None before the first."""
    return next((v for d, v in reversed(values) if d <= when), None)
