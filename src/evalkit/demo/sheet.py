"""A sheet of an invented ledger before it is written, and small helpers for its cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import numpy as np

from evalkit.demo.names import INVENTED

Row = list[Any]
Truth = dict[str, Any]
ORG_KINDS = {"branch": "党支部", "general_branch": "党总支", "committee": "党委"}


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

    def odd(self, row: Row, column: str, kind: str, true: Any = None) -> None:
        """Note a planted fault: what is written in the cell and what would be true."""
        written = row[self.headings.index(column)]
        self.oddities.append((row, {"column": column, "kind": kind, "written": written, "true": true}))


def words(text: str) -> list[str]:
    return text.split()


def day(value: date | None) -> datetime | None:
    """A date as XlsxWriter takes it."""
    return datetime.combine(value, time()) if value else None


def choose(flags: Any, yes: str = "是", no: str | None = "否") -> list[str | None]:
    return [yes if flag else no for flag in np.asarray(flags).tolist()]
