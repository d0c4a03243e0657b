"""Organisations reduced to counted cells: what is paid for one of a kind is paid for all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from evalkit.subsidy.exact import Ints

Reasons = np.ndarray[Any, np.dtype[np.object_]]  # texts, "" where there is no reason
_LARGEST_MATRIX = 300_000  # numbers of areas x kinds that are kept as one matrix
NOT_PAID = -1


def no_reasons(count: int) -> Reasons:
    return np.full(count, "", object)


def because(why: Reasons, rows: np.ndarray, reason: str | Reasons) -> None:
    """Set a reason where there is none yet; the first one found stands."""
    at = rows & (why == "")
    why[at] = reason[at] if isinstance(reason, np.ndarray) else reason


@dataclass(frozen=True, eq=False)
class Groups:
    """Organisations by kind and district.

    Attributes
    ----------
    kinds
        The distinct keys, one or a row of several for each kind.
    area, kind, n
        Of every cell: place of its district, its kind, how many organisations it holds.
    kind_of
        The kind of every organisation, `NOT_PAID` where it has none.
    """

    kinds: Ints
    area: Ints
    kind: Ints
    n: Ints
    kind_of: Ints


def grouped(area: Ints, keys: Ints, paid: np.ndarray) -> Groups:
    """The organisations that are `paid` by their keys (one column, or more)."""
    kind_of, rows = np.full(len(area), NOT_PAID, np.int64), np.flatnonzero(paid)
    axis = 0 if keys.ndim > 1 else None
    distinct, back = np.unique(keys[rows], axis=axis, return_inverse=True)
    kind_of[rows] = back.ravel()
    cells, n = np.unique(area[rows] * len(distinct) + kind_of[rows], return_counts=True)
    count = max(1, len(distinct))
    return Groups(distinct, cells // count, cells % count, n.astype(np.int64), kind_of)


@dataclass(frozen=True, eq=False)
class Cells:
    """The sufficient statistics of a component in a year.

    `tier` and `q` describe the kinds that occur; `n` organisations of a `kind` stand in an `area`; `inverse` leads
    from an organisation to its kind (-1: not paid). `why` says of every organisation (of a table of counts: of every
    row, which stands for `numbers`) why nothing is due to it; it is empty where something is.
    """

    tier: Ints
    q: Ints
    area: Ints
    kind: Ints
    n: Ints
    inverse: Ints
    divisor: int = 1
    parts: tuple[Ints, ...] = ()  # of a matching: the kind in each matched component
    why: Reasons = field(default_factory=lambda: np.empty(0, object))
    numbers: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @cached_property
    def counts(self) -> Ints | None:
        """Areas x kinds as one matrix, where it is small."""
        areas = int(self.area.max(initial=0)) + 1
        if areas * len(self.q) > _LARGEST_MATRIX:
            return None
        matrix = np.zeros((areas, len(self.q)), np.int64)
        matrix[self.area, self.kind] = self.n
        return matrix

    def sums(self, pay: Ints, areas: int) -> Ints:
        """Money by area of a payment by kind."""
        out = np.zeros(areas, np.int64)
        if self.counts is None:
            np.add.at(out, self.area, pay[self.kind] * self.n)
        else:
            out[: len(self.counts)] = self.counts @ pay
        return out

    def each(self, pay: Ints) -> Ints:
        """The payment of every organisation of a payment by kind; 0 where it is of none."""
        return np.append(pay, 0)[self.inverse]
