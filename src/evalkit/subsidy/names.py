"""A name that is not among those known."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.problems import Problem, did_you_mean

MOST_LISTED = 20


def unknown(
    place: str, found: str, known: Iterable[str], code: str = "key_unknown", more: str = ""
) -> Problem:
    """The problem of an unknown name, with the nearest one known (or `more`) and some of them."""
    names = [str(name) for name in known]
    return Problem(
        code,
        where=place,
        found=found,
        allowed="、".join(names[:MOST_LISTED]),
        advice=did_you_mean(found, names) or more,
    )
