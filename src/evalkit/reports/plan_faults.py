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


def in_words_of_the_form(problems: Iterable[Problem], scheme: Scheme) -> list[Problem]:
    """The same problems, each at its field."""
    fields = WORDS["form"]["fields"]
    return [
        replace(one, where=fields.get(_limit(one)) or _field(one.where, scheme)) for one in problems
    ]


def _limit(problem: Problem) -> str:
    """The field of a kind of area that is none: only, or scope."""
    if problem.code != UNKNOWN_KIND:
        return ""
    return LIMITS.get(problem.where.rpartition(".")[2], "")


def in_words_of_the_command(
    problems: Iterable[Problem], scheme: Scheme | None, shared: bool = False
) -> list[Problem]:
    """The same problems by field and option: 总额（--cap）; those of a file stay as the file has them.

    Parameters
    ----------
    shared
        Who pays what is added was asked by ``--share``.
    """
    found = []
    for one in problems:
        where = one.where
        if not one.file:
            is_share = shared and where.endswith(ADDED)
            option = "share" if is_share else OPTIONS.get(where, where.removeprefix("--"))
            fields = WORDS["form"]["fields"]
            is_option = is_share or where in OPTIONS or where.startswith("--")
            if limit := _limit(one):
                where = f"{fields[limit]}（{TYPED_AS[limit]}）"
            elif is_option and (word := fields.get(FIELDS.get(option, option))):
                where = f"{word}（--{option}）"
            elif scheme is not None:
                path = _path(where)
                word = _field(where, scheme)
                where = path if word in (path, where) else f"{word}（{path}）"
        found.append(replace(one, where=where))
    return found


def _path(where: str) -> str:
    return where.removeprefix("components.").removeprefix("changes.")


def _field(where: str, scheme: Scheme) -> str:
    """The field of a fault: an option by its name, a standard by what it is called."""
    fields = WORDS["form"]["fields"]
    if where.startswith("--"):
        return str(fields.get(where.removeprefix("--"), where))
    path = _path(where)
    wide = widened(scheme, [path])
    component, _, rest = path.partition(".")
    if component not in wide.components or not rest:
        return path
    known = path in wide.parameters or rest.partition(".")[0] in WORDS["settings"]
    return wide.label(path) if known else path
