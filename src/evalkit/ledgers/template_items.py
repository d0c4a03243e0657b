"""The items of an empty 工作报表: every measure that can be typed, in the report's groups, each with its definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.codebook import Codebook, Measure
from evalkit.codebook.dictionary import formula, in_words

TYPED, COUNTED = "请填", "由台账计算"
MOST_USES = 2  # indicators that a definition names


def groups_of(codebook: Codebook) -> dict[str, str]:
    """Measure -> the dimension that it stands in: that of the first indicator made of it.

    A measure of which no indicator is made stands with the one before it in the codebook.
    """
    used: dict[str, str] = {}
    for indicator in codebook.indicators.values():
        for code in (indicator.numerator, indicator.denominator):
            used.setdefault(code, indicator.dimension)
    groups: dict[str, str] = {}
    last = next(iter(codebook.dimensions))
    for code in codebook.measures:
        last = used.get(code, last)
        groups[code] = last
    return groups


def definition(measure: Measure, codebook: Codebook) -> str:
    """What a measure counts, or for what an item is needed that only the office knows; with its remark."""
    if not measure.figure:
        return "；".join(filter(None, (in_words(measure, codebook), measure.note)))
    uses = [
        f"用于{indicator.name}（{formula(indicator, codebook)}）"
        for indicator in codebook.indicators.values()
        if measure.code in (indicator.numerator, indicator.denominator)
    ]
    return "；".join(filter(None, (measure.note, *uses[:MOST_USES])))


def item_rows(codebook: Codebook, last: Mapping[str, float] | None = None) -> list[dict[str, Any]]:
    """One row an item, by column of the form: those that only the office knows first, each part in the report's groups.

    Parameters
    ----------
    last
        Measure -> its value a year ago, where there is one.
    """
    groups = groups_of(codebook)
    place = {code: n for n, code in enumerate(codebook.dimensions)}
    order = sorted(codebook.measures.values(), key=lambda m: (not m.figure, place[groups[m.code]]))
    known = last or {}
    return [
        {
            "group": codebook.dimensions[groups[measure.code]].name,
            "measure": measure.name,
            "unit": measure.unit,
            "last_year": known.get(measure.code),
            "definition": definition(measure, codebook),
            "how": TYPED if measure.figure else COUNTED,
        }
        for measure in order
    ]
