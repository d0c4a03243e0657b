"""The merged codebook as a whole: names that entries use must exist, filters must fit their view."""

from __future__ import annotations

from typing import Any

from evalkit.codebook.merging import Draft
from evalkit.codebook.models import Check, Measure
from evalkit.world import condition as conditions
from evalkit.world.declared import At, Faults

NUMERIC = ("int", "money", "number")
NAMED = {
    "numerator": "measures",
    "denominator": "measures",
    "dimension": "dimensions",
    "target": "references",
}
NEEDS = {"note": ("place", "source", "text"), "series": ("measures",), "definition": ("stated",)}
NEEDS_ELSE = ("stated", "follows")
WAYS = ("count", "sum", "figure", "no_source")  # in which a measure may be had


def cross_check(draft: Draft) -> None:
    """Tell every problem that no entry shows by itself."""
    known = {
        section: [code for of, code in draft.sources if of == section] for section in NAMED.values()
    }
    taken = {measure.name: code for code, measure in draft.entries["measures"].items()}
    for code, measure in draft.entries["measures"].items():
        faults, at = draft.faults_of("measures", code), ("measures", code)
        _measure(measure, at, faults, draft)
        for name in measure.also:
            if taken.setdefault(name, code) != code:
                advice = f"“{name}”已经是 {taken[name]} 的别名"
                faults.add("key_duplicate", (*at, "also"), name, advice=advice)
    for code, indicator in draft.entries["indicators"].items():
        faults = draft.faults_of("indicators", code)
        for name, section in NAMED.items():
            value = getattr(indicator, name)
            if value not in known[section] and (value or name != "target"):
                path, allowed = ("indicators", code, name), f"{section} 里的代码"
                faults.unknown(path, value, known[section], allowed=allowed)
    for code, check in draft.entries["checks"].items():
        _check(check, draft.faults_of("checks", code))


def _check(check: Check, faults: Faults) -> None:
    at = ("checks", check.code)
    needs = NEEDS.get(check.kind, NEEDS_ELSE)
    for name in needs:
        if not getattr(check, name):
            faults.missing((*at, name), f"{check.kind} 要有 {'、'.join(needs)}")
    if check.follows is not None and not _is_expression(check.follows):
        allowed = (
            "数字、指标代码、代码@地方，或 {sum: [...]}、{product: [...]}、{ratio: [分子, 分母]}"
        )
        faults.invalid((*at, "follows"), check.follows, allowed)


def _is_expression(given: Any) -> bool:
    """A number, a code, or {sum | product | ratio: [expressions]}."""
    if isinstance(given, dict) and len(given) == 1:
        name, parts = next(iter(given.items()))
        fits = isinstance(parts, list) and bool(parts) and all(map(_is_expression, parts))
        return fits and (name in ("sum", "product") or (name == "ratio" and len(parts) == 2))
    return isinstance(given, str | int | float) and not isinstance(given, bool)


def _measure(measure: Measure, at: At, faults: Faults, draft: Draft) -> None:
    views, view = draft.fixed["views"], measure.view
    ways = [name for name in WAYS if getattr(measure, name)]
    if len(ways) != 1:
        allowed = "count、sum、figure: true、no_source: true 四者选一"
        faults.invalid(at, "、".join(ways) or "都没有", allowed)
    elif view is None:
        if measure.where or measure.any:
            faults.invalid((*at, "where"), ways[0], "只有 count 和 sum 才能有 where、any")
    elif view not in views:
        faults.unknown((*at, ways[0]), view, views)
    else:
        numeric = [f"{view}.{column}" for column, kind in views[view].items() if kind in NUMERIC]
        if measure.sum and measure.sum not in numeric:
            faults.unknown((*at, "sum"), measure.sum, numeric)
        _condition(measure, view, at, faults, draft)


def _condition(measure: Measure, view: str, at: At, faults: Faults, draft: Draft) -> None:
    """Whether the columns that ``where`` and ``any`` name exist in the view and can be tested so."""
    kinds: dict[str, str] = draft.fixed["views"][view]
    places: dict[At, Any] = {(*at, "where"): measure.where}
    places |= {(*at, "any", number): one for number, one in enumerate(measure.any)}
    for path, where in places.items():
        try:
            found = [*conditions.misfits(conditions.parse(where), kinds, draft.fixed["lists"])]
        except conditions.ConditionError as error:
            found = [*error.faults]
        for fault in found:
            place = (*path, *fault.path)
            if fault.unknown_among == tuple(kinds):
                allowed = f"视图 {view} 的列：" + "、".join(kinds)
                faults.unknown(place, fault.found, kinds, allowed=allowed)
            elif fault.unknown_among:
                faults.unknown(place, fault.found, fault.unknown_among, code="value_invalid")
            else:
                faults.invalid(place, fault.found, fault.allowed)
