"""What is wrong with a question, by the names of the fields in which it was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from evalkit.problems import Problem
from evalkit.subsidy.extending import widened
from evalkit.subsidy.reduction import UNKNOWN_KIND
from evalkit.subsidy.scheme import Scheme
from evalkit.subsidy.words import WORDS

OPTIONS = {"area": "within", "scheme": "scheme"}  # what checks call it, and the option
FIELDS = {"from": "since"}  # an option whose field has another key
ADDED = ".added"
LIMITS = {
    "eligible": "only",
    "scopes": "scope",
}  # where a kind of area is looked for, and its field
TYPED_AS = {"only": "--only", "scope": "--set …@"}


def in_words_of_the_form(
    problems: Iterable[Problem], scheme: Scheme, shared: bool = False, only: str = ""
) -> list[Problem]:
    """The same problems, each at its field; `shared`, `only`: what was asked in a field of its own."""
    fields = WORDS["form"]["fields"]
    found = []
    for one in problems:
        key = "share" if shared and one.where.endswith(ADDED) else _limit(one, only)
        told = replace(one, where=fields.get(key) or _field(one.where, scheme))
        found.append(replace(told, allowed=_in_words(one.allowed)))
    return found


def _limit(problem: Problem, only: str) -> str:
    """The field of a kind of area that is none: only, or scope.

    For whom only from a day on is kept as a scope (all others get nothing).
    """
    if problem.code != UNKNOWN_KIND:
        return ""
    found = LIMITS.get(problem.where.rpartition(".")[2], "")
    return "only" if found and only and str(problem.found) in only else found


def in_words_of_the_command(
    problems: Iterable[Problem], scheme: Scheme | None, shared: bool = False, only: str = ""
) -> list[Problem]:
    """The same problems by field and option: 总额（--cap）; those of a file stay as the file has them.

    Parameters
    ----------
    shared
        Who pays what is added was asked by ``--share``.
    only
        For whom was asked by ``--only``.
    """
    found = []
    for one in problems:
        where = one.where
        if not one.file:
            is_share = shared and where.endswith(ADDED)
            option = "share" if is_share else OPTIONS.get(where, where.removeprefix("--"))
            fields = WORDS["form"]["fields"]
            is_option = is_share or where in OPTIONS or where.startswith("--")
            if limit := _limit(one, only):
                where = f"{fields[limit]}（{TYPED_AS[limit]}）"
            elif is_option and (word := fields.get(FIELDS.get(option, option))):
                where = f"{word}（--{option}）"
            elif scheme is not None:
                path = _path(where)
                word = _field(where, scheme)
                where = path if word in (path, where) else f"{word}（{path}）"
        found.append(one if one.file else replace(one, where=where, allowed=_in_words(one.allowed)))
    return found


def _in_words(allowed: str) -> str:
    """Codes of a rule with what they mean: days（按天数）; whatever else as it stands."""
    codes, words = allowed.split("、"), WORDS["values"]
    if not all(code in words for code in codes):
        return allowed
    return "、".join(f"{words[code]}（{code}）" for code in codes)


def _path(where: str) -> str:
    path = where.removeprefix("components.").removeprefix("changes.")
    return path.partition(".values.")[0]  # of a dated value its standard


def _field(where: str, scheme: Scheme) -> str:
    """The field of a fault: an option by its name, a standard by what it is called."""
    fields = WORDS["form"]["fields"]
    if where.startswith("--"):
        return str(fields.get(where.removeprefix("--"), where))
    path = _path(where)
    wide = widened(scheme, [path])
    component, _, rest = path.partition(".")
    if path in WORDS["settings"]:
        return str(WORDS["settings"][path])
    if component not in wide.components or not rest:
        return path
    known = path in wide.parameters or rest.partition(".")[0] in WORDS["settings"]
    return wide.label(path) if known else path
