"""The columns of a view in memory, with the few operations that measures ask of an Ibis column, under the same names.

So one filter (`evalkit.indicators.measures.condition`) runs on an Ibis table of any backend and, without SQL, on these:
a hundred measures with three readings over 100,000 rows in a tenth of a second. Logic is that of SQL: a comparison
with an empty cell is unknown, unknown and false is false, unknown or true is true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partialmethod
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def text_codes(*columns: Any) -> tuple[list[np.ndarray], list[str]]:
    """Arrow text columns as integers over the words they share; -1 where empty."""
    chunks = [chunk for column in columns for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]
    kind = pa.dictionary(pa.int32(), pa.string())
    chunks = [c.dictionary_encode() if not pa.types.is_dictionary(c.type) else c for c in chunks]
    whole = pa.chunked_array([c.cast(kind) if c.type != kind else c for c in chunks], kind).unify_dictionaries()
    words = whole.chunk(0).dictionary.to_pylist() if whole.num_chunks else []
    codes = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in whole.chunks]
    flat = np.concatenate([np.zeros(0, dtype=np.int32), *codes])
    return np.split(flat, np.cumsum([len(column) for column in columns])[:-1]), words


@dataclass(frozen=True, eq=False)
class Cells:
    """One column; sums and counts are those of the groups of its view, one number a group.

    ``known`` says where a cell holds something; a truth value is false where it does not. Of text the ``values`` are places
    in ``words``.
    """

    view: View
    values: np.ndarray
    known: np.ndarray
    words: tuple[str, ...] | None = None

    def _truth(self, values: np.ndarray, known: np.ndarray) -> Cells:
        return Cells(self.view, values if known is self.view.everywhere else values & known, known)

    def notnull(self) -> Cells:
        return Cells(self.view, self.known, self.view.everywhere)

    def isnull(self) -> Cells:
        return Cells(self.view, ~self.known, self.view.everywhere)

    def fill_null(self, value: Any) -> Cells:
        return Cells(self.view, np.where(self.known, self.values, value), self.view.everywhere)

    def isin(self, values: Sequence[Any]) -> Cells:
        wanted = values if self.words is None else [n for n, word in enumerate(self.words) if word in values]
        return self._truth(np.logical_or.reduce([self.values == value for value in wanted] or [~self.view.everywhere]), self.known)

    def _compared(self, other: Any, how: Callable[[Any, Any], np.ndarray]) -> Cells:
        if isinstance(other, Cells):
            return self._truth(how(self.values, other.values), self.known & other.known)
        return self._truth(how(self.values, other), self.known)

    __ge__ = partialmethod(_compared, how=operator.ge)
    __gt__ = partialmethod(_compared, how=operator.gt)
    __le__ = partialmethod(_compared, how=operator.le)
    __lt__ = partialmethod(_compared, how=operator.lt)
    __eq__ = partialmethod(_compared, how=operator.eq)  # type: ignore[assignment]

    def __and__(self, other: Cells) -> Cells:
        true = self.values & other.values
        return Cells(self.view, true, self.known if self._all_known(other) else true | self._false | other._false)

    def __or__(self, other: Cells) -> Cells:
        true = self.values | other.values
        return Cells(self.view, true, self.known if self._all_known(other) else true | (self._false & other._false))

    def _all_known(self, other: Cells) -> bool:
        return self.known is other.known is self.view.everywhere

    @property
    def _false(self) -> np.ndarray:
        return self.known & ~self.values

    def sum(self, where: Cells | None = None) -> np.ndarray:
        """Of every group: how many are true, or the sum of what is known (NaN where nothing is)."""
        use = self.known if where is None else where.values if self.known is self.view.everywhere else self.known & where.values
        if self.values.dtype == bool:
            return self.view.counts(self.values if where is None else use & self.values)
        return np.where(self.view.counts(use) > 0, self.view.sums(self.values, use), np.nan)

    def count(self) -> np.ndarray:
        return self.view.counts(self.known)


class View:
    """A table in memory whose rows are grouped by area and period; a column is made when it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        placed = pc.and_(table["area"].is_valid(), table["period"].is_valid())
        self.table = table if pc.all(placed).as_py() else table.filter(placed)  # the others are in no measure
        self.columns, self._made = frozenset(table.column_names), dict[str, Cells]()
        self.everywhere = np.ones(len(self.table), dtype=bool)
        area, period = self["area"], self["period"]
        size = max(len(period.words or ()), 1)
        self._group, found = pd.factorize(area.values.astype(np.int64) * size + period.values)
        self._n, at = len(found), (found // size, found % size)
        self._place = {name: np.array(cells.words, dtype=object)[codes] for name, cells, codes
                       in zip(("area", "period"), (area, period), at, strict=True)}  # fmt: skip

    def __getitem__(self, name: str) -> Cells:
        if name not in self._made:
            self._made[name] = self._column(self.table[name])
        return self._made[name]

    def _column(self, column: pa.ChunkedArray) -> Cells:
        if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
            (codes,), words = text_codes(column)
            return Cells(self, codes, codes >= 0, tuple(words))
        whole = column.combine_chunks()
        known = whole.is_valid().to_numpy(zero_copy_only=False) if whole.null_count else self.everywhere
        whole = whole.cast(pa.int32()) if pa.types.is_date32(whole.type) else whole
        whole = whole.fill_null(False if pa.types.is_boolean(whole.type) else 0) if whole.null_count else whole
        return Cells(self, whole.to_numpy(zero_copy_only=False), known)

    def counts(self, where: np.ndarray) -> np.ndarray:
        group = self._group if where is self.everywhere else self._group[where]
        return np.bincount(group, minlength=self._n).astype(np.float64)

    def sums(self, values: np.ndarray, where: np.ndarray) -> np.ndarray:
        if where is self.everywhere:
            return np.bincount(self._group, values, self._n)
        return np.bincount(self._group[where], values[where], self._n)

    def grouped(self, found: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """Aggregates of the groups as a frame with their area and period."""
        return pd.DataFrame({**self._place, **found})
