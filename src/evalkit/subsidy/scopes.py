"""A part of the organisations in the words of an office: 三星以上, 50人以上, 山区, 新建, 党总支."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from evalkit.subsidy.typed import normal
from evalkit.subsidy.words import KIND_COLUMN, lists

REST = "其余"
NOT = "非"  # 非山区: all others, for the scope without it comes before
_FIGURES = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2}
_ENDS = {"以上": ">=", "及以上": ">=", "以下": "<=", "及以下": "<="}
_END = r"(及?以上|及?以下)?"
_NOT_SO_MANY = ("不到", "不足", "少于")


def _digits(text: str) -> str:
    return "".join(str(_FIGURES.get(one, one)) for one in text)


def _test(figure: str, end: str | None) -> Any:
    return f"{_ENDS[end]} {int(figure)}" if end else int(figure)


def _stars(found: re.Match[str]) -> dict[str, Any]:
    return {"stars": _test(found[1], found[2])}


def _size(column: str) -> Callable[[re.Match[str]], dict[str, Any]]:
    def read(found: re.Match[str]) -> dict[str, Any]:
        if found[1]:
            return {column: f"< {int(found[2])}"}
        return {column: _test(found[2], found[3])}

    return read


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (re.compile(rf"([0-5])星级?{_END}"), _stars),
    (
        re.compile(rf"(?:党员)?({'|'.join(_NOT_SO_MANY)})?(\d+)[人名](?:党员)?{_END}"),
        _size("members"),
    ),
    (re.compile(rf"职工({'|'.join(_NOT_SO_MANY)})?(\d+)[人名]{_END}"), _size("employees")),
)
_NAMED: dict[str, dict[str, Any]] = {
    "新建": {"founded_in_period": True},
    "当年新建": {"founded_in_period": True},
    "联合": {"joint": True},
    "单独": {"single": True},
    "非公企业": {"sector": "enterprise"},
    "企业": {"sector": "enterprise"},
    "社会组织": {"sector": "social"},
    REST: {},
    "其他": {},
}


_JOINED = re.compile(r"[且+&]")
_EXPLICIT = re.compile(r"([a-z_:\w]+?)(>=|<=|>|<|=)(.+)")


def phrase(column: str, asked: Any) -> str:
    """A condition on a column as `scope` reads it."""
    text = str(asked)
    found = re.fullmatch(r"(>=|<=)\s*(\d+)", text)
    units = {"stars": "星", "members": "人"}
    if found and column in units:
        return f"{found[2]}{units[column]}{'以上' if found[1] == '>=' else '以下'}"
    if column.startswith(KIND_COLUMN):
        return column.removeprefix(KIND_COLUMN)
    return column + (text if text[:1] in "<>=" else f"={text}")


_SIGNS = re.compile(r"(>=|<=|>|<)\s*(\d+)")


def told_test(column: str, asked: str) -> str:
    """A test of a column as it is told: 3星以上, 超过500人, 职工数不到50."""
    found = _SIGNS.fullmatch(asked)
    units = {"stars": "星", "members": "人"}
    if not found:
        return asked
    sign, number = found.groups()
    if column in units and sign in (">=", "<="):
        return f"{number}{units[column]}{'以上' if sign == '>=' else '以下'}"
    word = {">=": "不少于", "<=": "不超过", ">": "超过", "<": "不到"}[sign]
    return f"{word}{number}{units.get(column, '')}"


def scope(text: str) -> dict[str, Any]:
    """The condition that a phrase means; several are joined by 且 or +. What is none of ours is a kind of area.

    >>> scope("三星以上")
    {'stars': '>= 3'}
    """
    found: dict[str, Any] = {}
    for part in _JOINED.split(normal(text)):
        found |= _one(part)
    return found


def scopes(name: str) -> dict[str, dict[str, Any]]:
    """The scopes that a name brings with it: 非山区 is whatever is not in 山区, which therefore has to be a scope too."""
    first = _JOINED.split(normal(name))[0]
    if not name.startswith(NOT) or first in _NAMED:  # 非公企业 is no negation
        return {name: scope(name)}
    inner = name.removeprefix(NOT)
    return {inner: scope(inner), name: {}}


def _one(text: str) -> dict[str, Any]:
    digits = _digits(text)
    for form, read in _FORMS:
        if match := form.fullmatch(digits):
            return read(match)
    if match := _EXPLICIT.fullmatch(text):
        column, sign, value = match.groups()
        number: Any = int(value) if value.isdigit() else value
        return {column: number if sign == "=" else f"{sign} {value}"}
    kinds = {word: code for code, word in lists()["org_kind"].items()}
    kinds |= {"支部": "branch", "总支": "general_branch"}
    if text in kinds:
        return {"org_kind": kinds[text]}
    return dict(_NAMED.get(text, {KIND_COLUMN + text: True}))
