"""What a scheme may not say: unknown names, tiers out of order, values beyond their range, parameters nothing uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from evalkit.subsidy.dated import ALWAYS, Dated, value_on
from evalkit.subsidy.values import AMOUNTS, SCOPED, Component, Parameter, SchemeData
from evalkit.subsidy.words import KIND_COLUMN, WORDS, lists
from evalkit.world.condition import ConditionError, columns_of, parse
from evalkit.world.declared import At, Faults

_PAYERS_OF_A_MATCHING = 2


class SchemeFaults(Faults):
    """Faults of a scheme's file, where the standards of a component stand beside its settings."""

    def add(
        self, code: str, path: At, found: object = "", allowed: str = "", advice: str = ""
    ) -> None:
        if path[2:3] == ("params",):
            path = (*path[:2], *path[3:])
        super().add(code, path, found, allowed, advice)


def cross(scheme: SchemeData, faults: Faults) -> None:
    """Names that must exist, tiers in order, values within limits, nothing that nothing uses."""
    _conditions(scheme.eligible, (), bool(scheme.tables), faults)
    for name, part in scheme.components.items():
        _component(scheme, name, part, faults)


def _component(scheme: SchemeData, name: str, part: Component, faults: Faults) -> None:
    at = ("components", name)
    own_columns = bool(part.table or scheme.tables)  # a user's table may have any column
    _conditions(part.eligible, at, own_columns, faults)
    _scopes(part, at, own_columns, faults)
    _names(scheme, name, part, own_columns, faults)
    if not part.of and part.per == "matching":
        faults.add(
            "key_missing",
            (*at, "per"),
            "",
            "party_org、member、unit、employee、dues、instructor、count",
        )
        return
    if part.of:
        _matching(part, at, faults)
    else:
        _payers(part, at, faults)
    _standards(part, at, faults)
    if part.guarantee is not None and (part.of or part.counted):
        allowed = "逐个党组织计发的项目（不是配套、指导员人数）"
        faults.invalid((*at, "guarantee"), part.guarantee, allowed)
    for key, one in part.params.items():
        limits(one, one.values, (*at, key), faults)
    _order(part, at, faults)


def _conditions(given: Mapping[str, Any], at: At, own_columns: bool, faults: Faults) -> None:
    """Conditions that can be read, over columns that there are."""
    at = (*at, "eligible")
    try:
        condition = parse(given)
    except ConditionError as error:
        for fault in error.faults:
            faults.invalid((*at, *fault.path), fault.found, fault.allowed)
        _known(() if own_columns else given, WORDS["columns"], at, faults, below=True)
        return
    _known(() if own_columns else columns_of(condition), WORDS["columns"], at, faults, below=True)


def _known(
    words: Iterable[str], allowed: Iterable[str], at: At, faults: Faults, below: bool = False
) -> None:
    """Tell the words that are not allowed; `below`: each stands under its own key."""
    allowed = list(allowed)
    for word in words:
        if word not in allowed and not str(word).startswith(KIND_COLUMN):
            faults.unknown((*at, word) if below else at, word, allowed)


def _names(
    scheme: SchemeData, name: str, part: Component, own_columns: bool, faults: Faults
) -> None:
    """Components, payers, purposes and columns that a component names."""
    at = ("components", name)
    others = [code for code in scheme.components if code != name]
    _known(part.of, others, (*at, "of"), faults)
    _known(part.instead_of, others, (*at, "instead_of"), faults)
    payers = ("payers", part.payers) if part.of else ("payer", part.payer)
    _known(payers[1], lists()["payer"], (*at, payers[0]), faults)
    _known(part.added, lists()["payer"], (*at, "added"), faults)
    _known([part.purpose] if part.purpose else [], lists()["purpose"], (*at, "purpose"), faults)
    if part.by and not part.of and not own_columns and not part.counted:
        _known([part.by], WORDS["columns"], (*at, "by"), faults)


def _matching(part: Component, at: At, faults: Faults) -> None:
    """Two payers, and which of the readings of 1:1 is meant."""
    if len(part.payers) != _PAYERS_OF_A_MATCHING:
        faults.invalid((*at, "payers"), len(part.payers), "两个出资方：乡镇（街道）和企业")
    if part.reading is None:
        allowed = "、".join(WORDS["listing"]["allowed"]["reading"])
        faults.missing((*at, "reading"), allowed)


def _payers(part: Component, at: At, faults: Faults) -> None:
    """Shares that add up; dues come back out of dues alone."""
    if sum(part.payer.values()) != 1:
        faults.invalid((*at, "payer"), dict(part.payer), "各出资方比例合计为1")
    elif part.added and sum(part.added.values()) != 1:
        faults.invalid((*at, "added"), dict(part.added), "各出资方比例合计为1")
    elif ("dues_return" in part.payer) != (part.per == "dues"):
        allowed = "返还党费只由党费列支，党费不计入财政资金"
        faults.invalid((*at, "payer"), "、".join(part.payer), allowed)


def _wanted(part: Component) -> list[str]:
    """The standards that a component is reckoned by."""
    if part.of:
        return ["ratio", *(["share"] if part.town_amount == "share" else [])]
    if part.by:
        return part.rates
    return ["share"] if part.per == "dues" else part.rates[:1]


def _standards(part: Component, at: At, faults: Faults) -> None:
    """None of the standards wanted is missing, none stands there that nothing uses."""
    wanted, rates = _wanted(part), part.rates
    if not rates or set(wanted) - set(rates):
        faults.missing(at, "、".join(wanted) or "至少一个标准")
    beside = ("cap",) if part.of else AMOUNTS
    unused = [key for key in part.params if key not in wanted and key not in beside]
    allowed = wanted
    if part.by in WORDS["ordered"] and not any(part.params[k].start is not None for k in rates):
        allowed = WORDS["ordered"][part.by]
        unused += [key for key in rates if key not in allowed]
    unused = [key for key in unused if not _stands_for(part, key)]
    for key in dict.fromkeys(unused):
        faults.unknown((*at, key), key, allowed, code="parameter_unused")


def _stands_for(part: Component, key: str) -> bool:
    """Whether a standard is that of a rate within a scope that there is."""
    rate, _, scope = key.partition(SCOPED)
    return rate in part.rates and scope in part.scopes


def _scopes(part: Component, at: At, own_columns: bool, faults: Faults) -> None:
    """Scopes are conditions; a graduated schedule, a matching and what is only counted have none."""
    for name, given in part.scopes.items():
        _conditions(given, at, own_columns, faults)
        if part.marginal or part.of or part.counted:
            allowed = "按档或按数量的标准（不是累进、配套、指导员人数）"
            faults.invalid((*at, "scopes"), name, allowed)


def limits(one: Parameter, values: Dated, at: At, faults: Faults) -> None:
    """Values within the range, with no more decimals than the money or share can have."""
    low, high = one.range
    if low < 0 or high < low:
        faults.invalid((*at, "range"), f"[{low}, {high}]", "下限不小于0，上限不小于下限")
    for when, value in values:
        path = (*at, "values", when.isoformat()) if when != ALWAYS else at
        if value < 0 or not low <= value <= high:
            faults.invalid(path, f"{value}{one.unit}", f"{max(low, Decimal(0))} 到 {high}")
        elif value * one.smallest % 1:
            faults.invalid(path, value, "金额最多两位小数，比例最多四位小数")


def _order(part: Component, at: At, faults: Faults) -> None:
    """Thresholds ascend, a higher tier pays no less at any date, a floor is not above its cap."""
    order, starts = part.rates, [part.params[key].start for key in part.rates]
    if part.by and any(start is not None for start in starts) and not _ascend(starts):
        found = [str(start) for start in starts]
        faults.add("tiers_disordered", (*at, order[0]), found, "每档都写 from，由小到大")
        return
    for lower, higher in pairs_in_order(part):
        advice = (
            ""
            if lower == "floor"
            else ("请同时调整另一档；本地的标准确实如此的，在方案的该项写 ordered: false")
        )
        _no_more(part, lower, higher, advice, at, faults)


def pairs_in_order(part: Component) -> list[tuple[str, str]]:
    """Standards of which the first one may at no date be above the second: floor and cap, tiers in their order."""
    order = part.rates
    if not (part.by and any(part.params[key].start is not None for key in order)):
        order = [key for key in WORDS["ordered"].get(part.by, ()) if key in part.rates]
    bounds = [("floor", "cap")] if {"floor", "cap"} <= part.params.keys() else []
    return [*bounds, *(pairwise(order) if part.ordered and not part.marginal else ())]


def _ascend(starts: list[Decimal | None]) -> bool:
    known = [start for start in starts if start is not None]
    return len(known) == len(starts) and all(a < b for a, b in pairwise(known))


def _no_more(part: Component, lower: str, higher: str, advice: str, at: At, faults: Faults) -> None:
    """The lower of two standards is at no date above the higher one."""
    for when in _days(part, lower, higher):
        less = value_on(part.params[lower].values, when)
        more = value_on(part.params[higher].values, when)
        if less is not None and more is not None and less > more:
            words = [
                f"{part.params[key].label}{value}" for key, value in ((lower, less), (higher, more))
            ]
            found = ("" if when == ALWAYS else f"{when}：") + "高于".join(words)
            faults.add("tiers_disordered", (*at, higher), found, "高一档不少于低一档", advice)


def _days(part: Component, *keys: str) -> Iterator[date]:
    yield from sorted({day for key in keys for day, _ in part.params[key].values})
