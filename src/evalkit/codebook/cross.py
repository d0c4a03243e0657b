"""The merged codebook as a whole: names that entries use must exist, filters must fit their view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.codebook.merging import At, Draft, File
from evalkit.codebook.models import Check, Measure
from evalkit.problems import Problem
from evalkit.world import condition as conditions

NUMERIC = ("int", "money", "number")
NAMED = {
    "numerator": "measures",
    "denominator": "measures",
    "dimension": "dimensions",
    "target": "references",
}
NEEDS = {"note": ("place", "source", "text"), "series": ("measures",), "definition": ("stated",)}


def cross_check(draft: Draft) -> Iterator[Problem]:
    """Every problem that no entry shows by itself."""
    entries, files = draft.entries, draft.files
    known = {section: [code for s, code in files if s == section] for section in NAMED.values()}
    taken = {m.name: code for code, m in entries["measures"].items()}
    for code, measure in entries["measures"].items():
        file, at = files["measures", code], ("measures", code)
        yield from _measure(measure, at, file, draft)
        for name in measure.also:
            if taken.setdefault(name, code) != code:
                advice = f"“{name}”已经是 {taken[name]} 的别名"
                yield file.problem("key_duplicate", (*at, "also"), name, advice=advice)
    for code, indicator in entries["indicators"].items():
        for name, section in NAMED.items():
            value = getattr(indicator, name)
            if value not in known[section] and (value or name != "target"):
                file, path = files["indicators", code], ("indicators", code, name)
                yield file.unknown(path, value, known[section], f"{section} 里的代码")
    for code, one in entries["checks"].items():
        yield from _check(one, files["checks", code])


def _check(one: Check, file: File) -> Iterator[Problem]:
    needs = NEEDS.get(one.kind, ("stated", "follows"))
    for name in needs:
        if not getattr(one, name):
            yield file.problem(
                "key_missing",
                ("checks", one.code, name),
                allowed=f"{one.kind} 要有 {'、'.join(needs)}",
            )
    if one.follows is not None and not _is_expression(one.follows):
        allowed = (
            "数字、指标代码、代码@地方，或 {sum: [...]}、{product: [...]}、{ratio: [分子, 分母]}"
        )
        yield file.invalid(("checks", one.code, "follows"), one.follows, allowed)


def _is_expression(x: Any) -> bool:
    if isinstance(x, dict) and len(x) == 1:
        name, parts = next(iter(x.items()))
        fits = isinstance(parts, list) and bool(parts) and all(map(_is_expression, parts))
        return fits and (name in ("sum", "product") or (name == "ratio" and len(parts) == 2))
    return isinstance(x, str | int | float) and not isinstance(x, bool)


def _measure(measure: Measure, at: At, file: File, draft: Draft) -> Iterator[Problem]:
    views, view = draft.fixed["views"], measure.view
    ways = [name for name in ("count", "sum", "figure", "no_source") if getattr(measure, name)]
    if len(ways) != 1:
        allowed = "count、sum、figure: true、no_source: true 四者选一"
        yield file.invalid(at, "、".join(ways) or "都没有", allowed)
    elif view is None:
        if measure.where or measure.any:
            yield file.invalid((*at, "where"), ways[0], "只有 count 和 sum 才能有 where、any")
    elif view not in views:
        yield file.unknown((*at, ways[0]), view, views)
    else:
        columns = views[view]
        numeric = [f"{view}.{c}" for c, kind in columns.items() if kind in NUMERIC]
        if measure.sum and measure.sum not in numeric:
            yield file.unknown((*at, "sum"), measure.sum, numeric)
        yield from _condition(measure, view, at, file, draft)


def _condition(measure: Measure, view: str, at: At, file: File, draft: Draft) -> Iterator[Problem]:
    """Whether the columns that ``where`` and ``any`` name exist in the view and can be tested so."""
    kinds: dict[str, str] = draft.fixed["views"][view]
    some = [((*at, "any", n), one) for n, one in enumerate(measure.any)]
    for path, where in [((*at, "where"), measure.where), *some]:
        try:
            faults = [*conditions.misfits(conditions.parse(where), kinds, draft.fixed["lists"])]
        except conditions.ConditionError as error:
            faults = [*error.faults]
        for fault in faults:
            place = (*path, *fault.path)
            if fault.unknown_among == tuple(kinds):
                yield file.unknown(
                    place, fault.found, kinds, f"视图 {view} 的列：" + "、".join(kinds)
                )
            elif fault.unknown_among:
                yield file.unknown(place, fault.found, fault.unknown_among, code="value_invalid")
            else:
                yield file.invalid(place, fault.found, fault.allowed)
