"""Whole numbers all the way: rounding half up, sharing out to the last fen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
_LARGEST_PRODUCT = 4 * 10**18  # beyond it 64 bits do not hold a product


def half_up(value: Ints, divisor: int | Ints, unit: int = 1) -> Ints:
    """``value / divisor`` rounded half up to a multiple of `unit`."""
    return (2 * value + divisor * unit) // (2 * divisor * unit) * unit


def times(money: Ints, factor: float) -> Ints:
    """An estimate: growth or take-up, half up to the fen (binary noise goes first); a factor of 1 leaves the money exact."""
    return money if factor == 1 else np.floor(np.round(money * factor, 4) + 0.5).astype(np.int64)


def fen(yuan: Any) -> int:
    """Yuan as typed in whole fen, half up."""
    return math.floor(Fraction(str(yuan)) * 100 + Fraction(1, 2))


def whole_fen(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers that add up to the total: floors first, then by largest remainder."""
    out = [math.floor(x) for x in exact]
    by_remainder = sorted(range(len(out)), key=lambda i: out[i] - exact[i])
    for i in by_remainder[: total - sum(out)]:
        out[i] += 1
    return out


def allocate(weights: Ints, group: Ints, totals: Ints, sums: Ints) -> Ints:
    """`totals` of the groups shared by weights in whole fen: floors first, then by largest remainder.

    Parameters
    ----------
    weights, group
        (n,) what each shares by, and the place of its group.
    totals, sums
        By group: what is shared, and the sum of its weights.
    """
    too_large = int(weights.max(initial=0)) * int(totals.max(initial=0)) > _LARGEST_PRODUCT
    w, t = (a.astype(object) if too_large else a for a in (weights, totals))
    below = np.maximum(sums, 1)
    out = (w * t[group] // below[group]).astype(np.int64)
    rest = (w * t[group] % below[group]).astype(np.int64)
    short = totals - np.bincount(group, out, len(totals)).astype(np.int64)
    order = np.lexsort((-rest, group))
    place = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    out[order[(place < short[group[order]]) & (sums[group[order]] > 0)]] += 1
    return out
