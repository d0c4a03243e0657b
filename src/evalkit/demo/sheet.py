"""A sheet of an invented ledger before it is written, and the totals that a right reading of it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.demo.names import INVENTED

Array = NDArray[Any]
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

    def odd(self, i: int, column: str, kind: str, true: Any = None, *written: Any) -> None:
        """Note a planted fault in row i, writing it if it is not there yet: what stands there, what would be true."""
        at = self.headings.index(column)
        if written:
            self.rows[i][at] = written[0]
        self.oddities.append((self.rows[i], {"column": column, "kind": kind, "written": self.rows[i][at], "true": true}))


def make_sheet(name: str, frame: pd.DataFrame, unit: str = "") -> Sheet:
    """The columns of a frame under the headings that the YAML gives them; flags as 是 and 否, nulls as empty cells."""
    columns, empty = [], [None] * len(frame)
    for heading in (spec := INVENTED["headings"][name]):
        source = spec[heading] if isinstance(spec, dict) else heading
        if source not in frame:
            columns.append(empty)
        elif frame[source].dtype == bool:
            columns.append(choose(frame[source]).tolist())
        else:
            values = frame[source].astype(object)
            columns.append(values.where(values.notna() & (values != ""), None).tolist())
    return Sheet(name, [list(row) for row in zip(*columns, strict=True)], unit)


def totals(name: str, frame: pd.DataFrame) -> Truth:
    """The totals that the YAML declares over a frame: sums of products of columns and flags (~ for their opposite)."""
    frame = frame.assign(one=1)

    def factor(word: str) -> Array:
        return 1 - factor(word[1:]) if word.startswith("~") else frame[word].to_numpy(float)

    found: Truth = {}
    for code, text in INVENTED["truth"][name].items():
        total = round(float(np.nansum(np.prod([factor(word) for word in text.split()], axis=0))), 2)
        found[code] = int(total) if total.is_integer() else total
    return found


def choose(flags: Any, yes: Any = "是", no: Any = "否") -> Array:
    """One of two texts (None for an empty cell) by flag."""
    return np.where(np.asarray(flags, bool), np.array(yes, object), np.array(no, object))
