"""Which records are one unit: records joined into threads, one record a period, never two codes in one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Threads:
    """Records in growing groups. A join that would put two records of one period, or two codes, together is refused.

    Parameters
    ----------
    periods
        By record the place of its period.
    codes
        By record its credit code, "" where there is none.
    """

    def __init__(self, periods: Sequence[int], codes: Sequence[str]) -> None:
        self._above = list(range(len(periods)))
        self._periods = [1 << place for place in periods]
        self._code = list(codes)
        self._apart: dict[int, set[int]] = {}

    def of(self, record: int) -> int:
        """The thread of a record: the number of one of its records."""
        root = record
        while self._above[root] != root:
            root = self._above[root]
        while self._above[record] != root:
            self._above[record], record = root, self._above[record]
        return root

    def may_join(self, one: int, other: int) -> bool:
        """Whether two records can be one unit."""
        one, other = self.of(one), self.of(other)
        if one == other:
            return True
        codes = {self._code[one], self._code[other]} - {""}
        if len(codes) > 1 or self._periods[one] & self._periods[other]:
            return False
        return other not in self._apart.get(one, ())

    def join(self, one: int, other: int) -> bool:
        """Make one thread of two records' threads; False where that cannot be."""
        if not self.may_join(one, other):
            return False
        one, other = sorted((self.of(one), self.of(other)))
        if one != other:
            self._above[other] = one
            self._periods[one] |= self._periods[other]
            self._code[one] = self._code[one] or self._code[other]
            for far in self._apart.pop(other, set()):
                self._apart[far].discard(other)
                self._part(far, one)
        return True

    def keep_apart(self, one: int, other: int) -> None:
        """The office says that these are two."""
        one, other = self.of(one), self.of(other)
        if one != other:
            self._part(one, other)

    def _part(self, one: int, other: int) -> None:
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def periods(self, record: int) -> int:
        """The places of the periods of a record's thread, as bits."""
        return self._periods[self.of(record)]

    def code(self, record: int) -> str:
        return self._code[self.of(record)]

    def roots(self) -> np.ndarray:
        """By record its thread."""
        return np.array([self.of(record) for record in range(len(self._above))], dtype=int)
