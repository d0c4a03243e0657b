"""The merged codebook as a whole: names that entries use must exist, filters must fit their view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from evalkit.codebook.merging import Draft, File
from evalkit.codebook.models import SECTIONS, Check, Measure
from evalkit.problems import Problem, did_you_mean

NUMERIC = ("int", "money", "number")
BASIC = ("text", "int", "money", "number", "date", "bool", "codes")
COMPARISON = re.compile(r"(>=|>|<=|<)\s*-?\d+(\.\d+)?")
REQUIRED_LIMIT = 15


def cross_check(draft: Draft) -> Iterator[Problem]:
    known = {section: {code for s, code in draft.files if s == section} for section in SECTIONS}
    taken = {m.name: code for code, m in draft.entries["measures"].items()}
    yield from _check_headings(draft)
    for code, measure in draft.entries["measures"].items():
        yield from _measure(measure, draft.files["measures", code], draft)
        for name in measure.also:
            if taken.setdefault(name, code) != code:
                yield draft.files["measures", code].problem(
                    "key_duplicate",
                    ("measures", code, "also"),
                    found=name,
                    advice=f"“{name}”已经是 {taken[name]} 的别名",
                )
    for code, indicator in draft.entries["indicators"].items():
        file = draft.files["indicators", code]
        wanted = [
            ("numerator", indicator.numerator, "measures"),
            ("denominator", indicator.denominator, "measures"),
            ("dimension", indicator.dimension, "dimensions"),
        ]
        wanted += [("target", indicator.target, "references")] if indicator.target else []
        for name, value, section in wanted:
            if value not in known[section]:
                yield file.problem(
                    "key_unknown",
                    ("indicators", code, name),
                    found=value,
                    allowed=f"{section} 里的代码",
                    advice=did_you_mean(value, known[section]),
                )
    for code, one in draft.entries["checks"].items():
        yield from _check(one, draft.files["checks", code])


def _check(one: Check, file: File) -> Iterator[Problem]:
    needs = {"note": ("place", "source", "text"), "series": ("measures",), "definition": ("stated",)}.get(
        one.kind, ("stated", "follows")
    )
    for name in needs:
        if not getattr(one, name):
            yield file.problem("key_missing", ("checks", one.code, name), allowed=f"{one.kind} 要有 {'、'.join(needs)}")
    if one.follows is not None and not _is_expression(one.follows):
        advice = "数字、指标代码、代码@地方，或 {sum: [...]}、{product: [...]}、{ratio: [分子, 分母]}"
        yield file.problem(
            "value_invalid", ("checks", one.code, "follows"), found=str(one.follows)[:60], allowed=advice
        )


def _is_expression(x: Any) -> bool:
    if isinstance(x, dict):
        if len(x) != 1:
            return False
        name, parts = next(iter(x.items()))
        fits = isinstance(parts, list) and bool(parts) and all(map(_is_expression, parts))
        return fits and (name in ("sum", "product") or (name == "ratio" and len(parts) == 2))
    return isinstance(x, str | int | float) and not isinstance(x, bool)


def _measure(measure: Measure, file: File, draft: Draft) -> Iterator[Problem]:
    at = ("measures", measure.code)
    views = draft.fixed["views"]
    ways = [name for name in ("count", "sum", "figure", "no_source") if getattr(measure, name)]
    if len(ways) != 1:
        yield file.problem(
            "value_invalid",
            at,
            found="、".join(ways) or "都没有",
            allowed="count、sum、figure: true、no_source: true 四者选一",
        )
        return
    if measure.view is None:
        if measure.where or measure.any:
            yield file.problem(
                "value_invalid", (*at, "where"), found=ways[0], allowed="只有 count 和 sum 才能有 where、any"
            )
        return
    if measure.view not in views:
        yield file.problem(
            "key_unknown",
            (*at, ways[0]),
            found=measure.view,
            allowed="、".join(views),
            advice=did_you_mean(measure.view, views),
        )
        return
    columns = views[measure.view]
    if measure.sum:
        column = measure.sum.partition(".")[2]
        numeric = [c for c, kind in columns.items() if kind in NUMERIC]
        if column not in numeric:
            yield file.problem(
                "key_unknown",
                (*at, "sum"),
                found=measure.sum,
                allowed="、".join(f"{measure.view}.{c}" for c in numeric),
                advice=did_you_mean(column, numeric),
            )
    for path, where_ in [
        ((*at, "where"), measure.where),
        *(((*at, "any", i), one) for i, one in enumerate(measure.any)),
    ]:
        for column, test in where_.items():
            if column not in columns:
                yield file.problem(
                    "key_unknown",
                    (*path, column),
                    found=str(column),
                    allowed=f"视图 {measure.view} 的列：" + "、".join(columns),
                    advice=did_you_mean(column, columns),
                )
            else:
                yield from _test((*path, column), test, columns[column], file, draft)


def _test(path: tuple[Any, ...], test: Any, kind: str, file: File, draft: Draft) -> Iterator[Problem]:
    """Whether a column of this kind can be tested so: a value, a list, a comparison, present or missing."""
    if test in ("present", "missing"):
        return
    if isinstance(test, list) and not test:
        yield file.problem("value_invalid", path, found="[]", allowed="至少一个值")
    for value in test if isinstance(test, list) else [test]:
        choices = draft.fixed["lists"].get(kind)
        if choices is not None and str(value) not in choices:
            yield file.problem(
                "value_invalid", path, found=str(value), allowed="、".join(choices), advice=did_you_mean(value, choices)
            )
        elif kind == "bool" and not isinstance(value, bool):
            yield file.problem("value_invalid", path, found=str(value), allowed="true、false、present、missing")
        elif kind in NUMERIC:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            comparison = isinstance(value, str) and not isinstance(test, list) and COMPARISON.fullmatch(value.strip())
            if not number and not comparison:
                yield file.problem(
                    "value_invalid",
                    path,
                    found=str(value),
                    allowed='数字、[数字, …]、">= 3" 这样的比较、present、missing',
                )
        elif kind == "text" and not isinstance(value, str):
            yield file.problem(
                "value_invalid", path, found=str(value), allowed="文字（数字请加引号）、present、missing"
            )
        elif kind == "date":
            yield file.problem("value_invalid", path, found=str(value), allowed="present、missing")


def _check_headings(draft: Draft) -> Iterator[Problem]:
    file, lists = draft.files["headings", ""], draft.fixed["lists"]
    types = [*BASIC, *lists]
    for name, form in draft.plain["headings"]["forms"].items():
        marked = sum(1 for spec in form["columns"].values() if spec.get("required") or spec.get("wanted"))
        if marked > REQUIRED_LIMIT:
            yield file.problem(
                "value_invalid",
                ("headings", "forms", name),
                found=f"{marked}个必填列",
                allowed=f"最多{REQUIRED_LIMIT}个",
            )
        for column, spec in form["columns"].items():
            if spec.get("type") not in types:
                at = ("headings", "forms", name, "columns", column, "type")
                yield file.problem(
                    "value_invalid",
                    at,
                    found=str(spec.get("type")),
                    allowed="、".join(types),
                    advice=did_you_mean(str(spec.get("type")), types),
                )
