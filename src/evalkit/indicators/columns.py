"""The columns of a view in memory, grouped by area: what conditions read and measures add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evalkit.world.condition import BoolArray, Column

Floats = np.ndarray[Any, np.dtype[np.float64]]


def coded(*columns: Any) -> tuple[list[np.ndarray[Any, Any]], pa.Array]:
    """Arrow text columns as integers over the dictionary they share; -1 where empty."""
    kind = pa.dictionary(pa.int32(), pa.string())
    chunks = []
    for column in columns:
        for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
            one = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
            chunks.append(one if one.type == kind else one.cast(kind))
    whole = pa.chunked_array(chunks, kind).unify_dictionaries()
    dictionary = whole.chunk(0).dictionary if whole.num_chunks else pa.array([], pa.string())
    codes = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in whole.chunks]
    flat = np.concatenate([np.zeros(0, dtype=np.int32), *codes])
    return np.split(flat, np.cumsum([len(column) for column in columns])[:-1]), dictionary


def text_codes(*columns: Any) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
    """The same with the dictionary as a list of words."""
    codes, dictionary = coded(*columns)
    return codes, dictionary.to_pylist()


class View:
    """A table of one period whose rows are grouped by area; a column is made when it is asked for.

    Parameters
    ----------
    table
        An Arrow table with ``area``; rows without one are in no measure and left out.
    """

    def __init__(self, table: pa.Table) -> None:
        placed = table["area"].is_valid()
        self.table = table if pc.all(placed).as_py() is not False else table.filter(placed)
        self._names = frozenset(table.column_names)
        self._made: dict[str, Column] = {}
        self.everywhere: BoolArray = np.ones(len(self.table), dtype=bool)
        area = self["area"]
        self.group, found = pd.factorize(area.values)
        self.areas: list[str] = [(area.words or ())[code] for code in found]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.column_names)

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._column(self.table[name])
        return self._made[name]

    def _column(self, column: pa.ChunkedArray) -> Column:
        if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
            (codes,), words = text_codes(column)
            return Column(codes, codes >= 0, tuple(words))
        whole = column.combine_chunks()
        has_gaps = whole.null_count > 0
        known = whole.is_valid().to_numpy(zero_copy_only=False) if has_gaps else self.everywhere
        if pa.types.is_date32(whole.type):
            whole = whole.cast(pa.int32())
        if has_gaps:
            whole = whole.fill_null(False if pa.types.is_boolean(whole.type) else 0)
        return Column(whole.to_numpy(zero_copy_only=False), known)

    def counts(self, where: BoolArray) -> Floats:
        """How many rows of `where` each area has, (areas,)."""
        group = self.group if where is self.everywhere else self.group[where]
        return np.bincount(group, minlength=len(self.areas)).astype(np.float64)

    def sums(self, values: np.ndarray[Any, Any], where: BoolArray) -> Floats:
        """The sum of `values` over the rows of `where` in each area, (areas,)."""
        if where is not self.everywhere:
            return self._sums(self.group[where], values[where])
        return self._sums(self.group, values)

    def _sums(self, group: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> Floats:
        return np.asarray(np.bincount(group, values, len(self.areas)), dtype=np.float64)
