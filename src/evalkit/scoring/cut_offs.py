"""Grades and stars by their lower ends only: no gap and no overlap can be written."""

from __future__ import annotations

from typing import Any, TypeVar

from evalkit.scoring.models import Ends, Grade, StarLevel
from evalkit.scoring.tree import Cut, Level
from evalkit.world.declared import At, Faults

AnyEnds = TypeVar("AnyEnds", bound=Ends)
UPPER_ENDS = ("to", "below", "upto", "until", "max")  # what people write, and what leaves gaps


def grades(given: list[Any], path: At, faults: Faults) -> tuple[Cut, ...]:
    """The cut-offs of grades, highest first."""
    read = _complete(Grade, given, "grade", path, faults)
    return tuple(Cut(one.lower, one.strict, one.grade) for one in read)


def levels(given: list[Any], path: At, faults: Faults) -> tuple[Level, ...]:
    """The cut-offs of stars, highest first."""
    read = _complete(StarLevel, given, "stars", path, faults)
    return tuple(
        Level(one.lower, one.strict, one.stars, one.label, one.also, one.quota) for one in read
    )


def _complete(
    model: type[AnyEnds], given: list[Any], name: str, path: At, faults: Faults
) -> list[AnyEnds]:
    """The entries that have one lower end, used once, and the key `name`; highest first."""
    found: dict[float, AnyEnds] = {}
    for number, entry in enumerate(given):
        here = (*path, number)
        one = faults.fitting(model, _without_upper_ends(entry, here, faults), here)
        ends = [end for end in ("from", "above") if end in one.given()]
        if len(ends) != 1 or name not in one.given():
            written = "、".join(map(str, one.given()))
            faults.missing(here, f"{name} 和 from、above 之一", written)
        elif one.lower in found:
            faults.add("key_duplicate", (*here, ends[0]), one.lower, "每个下限只用一次")
        else:
            found[one.lower] = one
    return sorted(found.values(), key=lambda one: -one.lower)


def _without_upper_ends(entry: Any, here: At, faults: Faults) -> Any:
    """An entry without upper ends, each of which is told."""
    if not isinstance(entry, dict):
        return entry
    for word in (word for word in UPPER_ENDS if word in entry):
        allowed, advice = "只写下限（from 或 above）", "上一档的下限就是本档的上限"
        faults.invalid((*here, word), entry[word], allowed, advice)
    return {key: value for key, value in entry.items() if key not in UPPER_ENDS}
