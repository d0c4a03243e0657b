"""Tables of columns, a sheet of an invented ledger before it is written, and the totals that a right reading gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.demo.names import INVENTED

Array = NDArray[Any]
Table = dict[
    str, Array
]  # columns of one length; texts are arrays of objects, so that they can be joined with +
Row = list[Any]
Truth = dict[str, Any]


@dataclass
class Sheet:
    """Rows below the headings; `oddities` are the planted faults with the row they stand in."""

    name: str
    rows: list[Row]
    unit: str = ""
    oddities: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)

    @property
    def headings(self) -> list[str]:
        return list(INVENTED["headings"][self.name])

    def odd(self, i: Any, column: str, kind: str, true: Any = None, *written: Any) -> None:
        """Note a planted fault in row i, writing it if it is not there yet: what stands there, what would be true."""
        at = self.headings.index(column)
        if written:
            self.rows[i][at] = written[0]
        note = {"column": column, "kind": kind, "written": self.rows[i][at], "true": true}
        self.oddities.append((self.rows[i], note))

    def mark(self, flags: Array, column: str, kind: str, true: Array) -> None:
        """Note as faults what is written in the rows flagged already."""
        for i in np.flatnonzero(flags):
            self.odd(i, column, kind, true.tolist()[i])


def make_sheet(name: str, table: Table, unit: str = "") -> Sheet:
    """The columns of a table under the headings that the YAML gives them; flags as 是 and 否, nothing as empty cells."""
    spec, n = INVENTED["headings"][name], len(next(iter(table.values())))
    columns: list[Row] = []
    for source in spec.values() if isinstance(spec, dict) else spec:
        values = table.get(source, np.full(n, None))
        cells = (choose(values) if values.dtype == bool else values).tolist()
        columns.append([None if x != x or x == "" else x for x in cells])
    return Sheet(name, [list(row) for row in zip(*columns, strict=True)], unit)


def totals(name: str, table: Table) -> Truth:
    """The totals that the YAML declares over a table: sums of products of columns and flags (~ for their opposite)."""
    one, found = np.ones(len(next(iter(table.values())))), Truth()

    def factor(word: str) -> Array:
        column, *test = re.split("([=>])", word.lstrip("~"))
        x = one if column == "one" else table[column]
        if test:
            x = x > float(test[1]) if test[0] == ">" else x.astype(str) == test[1]
        return 1 - x.astype(float) if word[0] == "~" else x.astype(float)

    for code, text in INVENTED["truth"][name].items():
        total = round(float(np.nansum(np.prod([factor(word) for word in text.split()], axis=0))), 2)
        found[code] = int(total) if total.is_integer() else total
    return found


def take(table: Table, places: Any) -> Table:
    return {name: values[places] for name, values in table.items()}


def joined(*tables: Table) -> Table:
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}


def texts(values: Iterable[Any]) -> Array:
    return np.array(list(values), object)


def choose(flags: Any, yes: Any = "是", no: Any = "否") -> Array:
    """One of two values by flag."""
    return np.where(flags, np.array(yes, object), np.array(no, object))
