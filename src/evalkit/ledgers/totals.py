"""Whether a column of money is the sum of columns beside it: only the sums themselves can prove that.

财政补助 beside 市级拨付 and 区县拨付 is their total where the rows add up, and money of its own where they do not (财政补助
beside 镇街配套). What `total_of` in headings.yml lists are the columns that may be its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from evalkit.ledgers.forms import Form
from evalkit.ledgers.headings import squeeze

_MATCHING = "配套"  # money given beside other money
_TOLERANCE = 0.5


def amounts(form: Form, column: str) -> np.ndarray:
    """Point, low and high of a column, NaN for null."""
    return np.array(
        [
            form.data[column + s].to_numpy(dtype=float, na_value=np.nan)
            for s in ("", "_low", "_high")
        ]
    )


def present(form: Form, columns: Sequence[str]) -> np.ndarray:
    """For every row whether its table has any of these columns."""
    nothing = np.zeros(len(form.data), dtype=bool)
    return (
        np.logical_or.reduce([form.has(c) for c in columns if c in form.data], initial=False)
        | nothing
    )


def summed(form: Form, parts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Low and high ends of the sum of what each row says under these columns, and how many of them are not zero."""
    low, high, filled = np.zeros((3, len(form.data)))
    for part in parts:
        three = amounts(form, part)
        known = ~np.isnan(three[1])
        low += np.where(known, three[1], 0)
        high += np.where(known, np.where(np.isnan(three[2]), np.inf, three[2]), 0)
        filled += known & (three[1] != 0)
    return low, high, filled


def is_total(form: Form, columns: Mapping[str, Any], total: str) -> np.ndarray:
    """For every row whether `total` is proved to be the sum of its parts in the sheet that the row stands in.

    A sheet proves it where at least half of the rows that say something add up: to all parts, or to those that are not
    headed as matching money. One column of matching money alone proves nothing, whatever it says.
    """
    out = np.zeros(len(form.data), dtype=bool)
    for here, says, fits in _trials(form, columns, total):
        if says.any() and 2 * fits.sum() >= says.sum():
            out |= here
    return out


def adds_up(form: Form, columns: Mapping[str, Any], total: str) -> np.ndarray:
    """For every row whether `total` is the sum of its parts in it, with or without those headed as matching money."""
    out = np.zeros(len(form.data), dtype=bool)
    for _, _, fits in _trials(form, columns, total):
        out |= fits
    return out


def _trials(
    form: Form, columns: Mapping[str, Any], total: str
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of every sheet and choice of parts: its rows, those that say something of the sum, and those that add up."""
    parts = [p for p in columns[total]["total_of"] if p in form.data and p != total]
    # a total beside its own parts is no further part (上级下拨 beside 市级拨付, under 年度经费)
    parts = [p for p in parts if not set(columns[p].get("total_of", ())) & set(parts)]
    if total not in form.data or not parts:
        return
    given = amounts(form, total)
    sums: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    sheets, numbers = form.data["sheet"].to_numpy(), form.data["block"].to_numpy()
    for sheet in np.unique(sheets):
        here = sheets == sheet
        blocks = [form.blocks[n] for n in np.unique(numbers[here])]
        matching = {
            p
            for p in parts
            for b in blocks
            if _MATCHING in squeeze(b.headings.get(p, "")).rpartition("/")[2]
        }
        without = tuple(p for p in parts if p not in matching)
        for some in dict.fromkeys((tuple(parts), without)):
            if some not in sums:
                sums[some] = summed(form, some)
            low, high, filled = sums[some]
            says = here & ~np.isnan(given[1]) & (given[1] != 0) & (filled > 0)
            if set(some) & matching:
                says &= filled > 1
            yield (
                here,
                says,
                says & (given[1] <= high + _TOLERANCE) & (given[2] >= low - _TOLERANCE),
            )
