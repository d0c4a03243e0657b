"""The values of a sheet's structure: regions of records under one heading, and where a cell stands.

What a column means is `headings`' business, what a cell says `values`'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.files import RawSheet
from evalkit.problems import Problem
from evalkit.world.columns import letter

Levels = dict[int, tuple[str, ...]]
"""The texts above each column, from the top: 党员数 below 2025年."""


@dataclass(frozen=True)
class ColumnAt:
    """Where a column stands in its sheet, and the unit that its heading tells."""

    index: int
    unit: str | None = None


@dataclass(frozen=True)
class Chosen:
    """The heading that was taken for a column; of two the lower `rank` is the more exact word."""

    index: int
    unit: str | None
    rank: int
    heading: str


@dataclass(frozen=True)
class Region:
    """Records of one sheet under one heading."""

    sheet: RawSheet
    form: str
    columns: dict[str, ColumnAt]  # by canonical name
    headings: dict[str, str]  # canonical column -> heading as written
    money_unit: str | None  # of the unit row above
    titles: tuple[str, ...]  # texts above the heading
    section: str  # a title row between records
    head: range  # the rows of the heading
    rows: list[int]  # indices into sheet.rows
    totals: list[tuple[int, str]]  # (index, label), in order, each after the rows it may sum
    notes: list[str] = field(default_factory=list)  # 注 below, shared by the blocks of a sheet
    ticks: dict[str, list[tuple[int, str]]] = field(
        default_factory=dict
    )  # column -> (index, what a tick there says)
    presence: frozenset[str] = (
        frozenset()
    )  # columns of which only is asked whether the cell is filled (names of persons)
    further: dict[str, list[int]] = field(
        default_factory=dict
    )  # list -> more columns of it: 联系企业1, 联系企业2
    extract: bool = False  # a part of a fuller ledger: adds columns, counts nothing again

    def unit(self, column: str, spec: Mapping[str, Any]) -> str:
        """The unit of a column: of its heading, the unit row above, the form."""
        told = self.columns[column].unit if column in self.columns else None
        return (
            told or (self.money_unit if spec["type"] == "money" else None) or spec.get("unit") or ""
        )


@dataclass(frozen=True)
class ColumnSaid:
    """What became of a column of a sheet: its heading as it may be printed, the column of the form, the rule."""

    row: int  # of the heading, from 0
    index: int
    heading: str
    form: str
    column: str  # '' where it is read as none
    rule: str  # of `columns` in grammar.yml


@dataclass
class Structure:
    """What became of a sheet's rows: of each the rule of grammar.yml that says what it is."""

    blocks: list[Region] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    columns: list[ColumnSaid] = field(default_factory=list)
    reason: str = ""  # why nothing of it is counted
    lack: str = ""  # what kind of reason: columns, one_unit
    stated: Region | None = (
        None  # whose ledger the sheet says to be empty (无); a block without rows
    )
    stated_at: tuple[int, str] = (0, "")  # the row that says it, and its words


def stands(sheet: RawSheet, row: int, column: int) -> tuple[int, int]:
    """Where a cell of a sheet made from another one stands in the latter, or its row does."""
    if (row, column) in sheet.origin:
        return sheet.origin[row, column]
    beside = [at for (r, _), at in sheet.origin.items() if r == row]
    return beside[0] if beside else (row, column)


def row_at(sheet: RawSheet, row: int) -> int:
    """The Excel row of a row of a sheet, in the sheet that it was made from."""
    return stands(sheet, row - 1, 0)[0] + 1 if sheet.origin and row is not pd.NA else row


def where(sheet: RawSheet, row: int | str, column: int) -> str:
    """``sheet!F12`` of an Excel row and a column from 0; of a sheet made from another one, of the latter."""
    if sheet.origin and isinstance(row, int | np.integer):
        row, column = stands(sheet, int(row) - 1, column)
        row += 1
    return f"{sheet.name}!{letter(column)}{row}"
