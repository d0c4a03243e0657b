"""What became of every row and every column of the sheets that were read: nothing is lost, nothing silent.

Of each row the rule of grammar.yml that says what it is, and its outcome: read (a record of a table), asked (a finding
names it), refused (not read, with the reason of its sheet), aside (blank, heading, total, note: no record).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from evalkit.ledgers.cells import blank
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.findings import finding
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.regions import ColumnSaid, Structure, stands
from evalkit.ledgers.rows import BY_NAME, KINDS, Look, rule_of
from evalkit.problems import Problem
from evalkit.world.columns import letter

ROW_COLUMNS = ("file", "sheet", "first_row", "last_row", "kind", "rule", "outcome")
COLUMN_COLUMNS = ("file", "sheet", "row", "letter", "heading", "form", "column", "rule")


@dataclass(frozen=True)
class Span:
    """Rows of a sheet, one below the other, to which one rule applies; Excel's numbers."""

    first: int
    last: int
    rule: str
    outcome: str

    @property
    def kind(self) -> str:
        return BY_NAME[self.rule].kind


@dataclass(frozen=True)
class SheetAccount:
    """What became of one sheet.

    Attributes
    ----------
    forms
        The forms of its tables, in their order.
    shape
        What kind of table it is where it is no list of records.
    reason
        Why nothing of it is counted; '' where something is.
    """

    file: str
    sheet: str
    forms: tuple[str, ...]
    shape: str
    reason: str
    rows: tuple[Span, ...]
    columns: tuple[ColumnSaid, ...]


class Accounts:
    """Collects, while sheets are read, what is said of their rows; `made` gives the accounts."""

    def __init__(self, sheets: Sequence[RawSheet], headings: Headings) -> None:
        self._sheets = {(sheet.file, sheet.name): sheet for sheet in sheets}
        self._headings = headings
        self._parts: dict[tuple[str, str], list[tuple[RawSheet, Structure]]] = {}
        self._shaped: dict[tuple[str, str], dict[int, str]] = {}
        self._columns: dict[tuple[str, str], list[ColumnSaid]] = {}

    def shaped(
        self,
        told: Iterable[tuple[RawSheet, int, str]],
        columns: Iterable[tuple[RawSheet, ColumnSaid]],
    ) -> None:
        """What a shape says itself of rows (its headings, totals) and columns, in the office's own sheet."""
        for sheet, row, rule in told:
            at = stands(sheet, row, 0)[0] if sheet.origin else row
            self._shaped.setdefault((sheet.file, sheet.name), {})[at] = rule
        for sheet, column in columns:
            row, index = stands(sheet, column.row, column.index)
            here = replace(column, row=row, index=index)
            self._columns.setdefault((sheet.file, sheet.name), []).append(here)

    def read(self, sheet: RawSheet, found: Structure) -> None:
        """The structure of a sheet, or of a part of one."""
        if not found.rules:
            found.rules = [
                "blank" if all(map(blank, row)) else "sheet_left_out" for row in sheet.rows
            ]
        self._parts.setdefault((sheet.file, sheet.name), []).append((sheet, found))

    def said(self, sheet: RawSheet, row: int, rule: str) -> None:
        """What the tables say of a record (its row from 0): a duplicate, an item that nobody knows."""
        for one, found in self._parts[sheet.file, sheet.name]:
            if one is sheet:
                found.rules[row] = rule

    def made(self) -> tuple[SheetAccount, ...]:
        return tuple(self._of(*key) for key in self._sheets if key in self._parts)

    def _of(self, file: str, name: str) -> SheetAccount:
        parts = self._parts[file, name]
        reasons = dict.fromkeys(found.reason for _, found in parts if found.reason)
        read = [found for _, found in parts if not found.reason]
        forms = dict.fromkeys(block.form for found in read for block in found.blocks)
        shape = next((sheet.shaped for sheet, _ in parts if sheet.shaped), "")
        stated = any(found.stated is not None for _, found in parts)
        return SheetAccount(
            file=file,
            sheet=name,
            forms=tuple(forms),
            shape=shape,
            reason="" if read else "、".join(reasons),
            rows=spans(self._rules(file, name), refused=not read and not stated),
            columns=tuple(self._columns_of(file, name)),
        )

    def _columns_of(self, file: str, name: str) -> list[ColumnSaid]:
        """What a shape said of its columns, else (and of those it left to the list made of it) what the list says."""
        told = self._columns.get((file, name), [])
        parts = self._parts[file, name]
        if told and not any(sheet.shaped in KEEP_COLUMNS for sheet, _ in parts):
            return told
        known = {column.index for column in told}
        rest = [c for c in _where_it_stood(parts) if c.index not in known]
        return sorted([*told, *rest], key=lambda column: (column.row, column.index))

    def _rules(self, file: str, name: str) -> list[str]:
        """The rule of every row as it stands in the office's sheet."""
        parts = self._parts[file, name]
        if len(parts) == 1 and not parts[0][0].origin:
            return parts[0][1].rules
        whole = self._sheets[file, name]
        out = [""] * len(whole.rows)
        for sheet, found in parts:
            rows: dict[int, set[int]] = {}
            for (made, _), (row, _) in sheet.origin.items():
                rows.setdefault(made, set()).add(row)
            for made, rule in enumerate(found.rules):
                for row in rows.get(made, ()):
                    if _weight(rule) > _weight(out[row]):
                        out[row] = rule
        for row, rule in self._shaped.get((file, name), {}).items():
            out[row] = rule
        return [rule or self._beside(whole, row) for row, rule in enumerate(out)]

    def _beside(self, sheet: RawSheet, row: int) -> str:
        """What a row is of which a shape made nothing: blank, a note, a text alone; else it was not used."""
        rule = rule_of(Look(sheet, row, self._headings, table=None, key=-1, refused=True))
        return {"unread": NOT_USED, "heading": "shape_heading"}.get(rule.kind, rule.name)


KEEP_COLUMNS = ("part_groups", "stages")  # shapes that leave most columns of a list as they are
NOT_USED = "not_used"  # a row that a shape made nothing of


def unread(accounts: Iterable[SheetAccount]) -> Iterator[Problem]:
    """Rows that nothing was made of though their sheet is read: said, so that none is lost without a word."""
    for one in accounts:
        for span in one.rows if not one.reason else ():
            if span.outcome == "refused":
                rows = f"第{span.first}行" + (
                    f"至第{span.last}行" if span.last > span.first else ""
                )
                at = f"{one.sheet}!A{span.first}"
                yield finding("row_unread", one.file, at, f"{rows}：{BY_NAME[span.rule].zh}")


def _weight(rule: str) -> int:
    """Of two rules of one row the one that tells more."""
    kinds = ("", "blank", "title", "note", "total", "heading", "data")
    kind = BY_NAME[rule].kind if rule else ""
    return kinds.index(kind) if kind in kinds else len(kinds) - 2


def _where_it_stood(parts: Sequence[tuple[RawSheet, Structure]]) -> Iterable[ColumnSaid]:
    """The columns of a sheet's tables, each where it stands in the office's own sheet."""
    for sheet, found in parts:
        for column in found.columns:
            if not sheet.origin:
                yield column
                continue
            here = sheet.origin.get((column.row, column.index))
            places = [at for (row, c), at in sheet.origin.items() if c == column.index]
            if here or places:
                row, index = here or min(places)
                yield replace(column, row=row, index=index)


def spans(rules: Sequence[str], refused: bool) -> tuple[Span, ...]:
    """Runs of rows with one rule; of a sheet that is refused no row is read."""
    out: list[Span] = []
    at = 1
    for rule, run in groupby(rules):
        size = len(list(run))
        outcome = KINDS[BY_NAME[rule].kind].outcome
        if refused and outcome == "read":
            outcome = "refused"
        out.append(Span(at, at + size - 1, rule, outcome))
        at += size
    return tuple(out)


def row_table(accounts: Iterable[SheetAccount]) -> pd.DataFrame:
    """One line a run of rows: file, sheet, first_row, last_row, kind, rule, outcome."""
    lines = [
        (one.file, one.sheet, span.first, span.last, span.kind, span.rule, span.outcome)
        for one in accounts
        for span in one.rows
    ]
    return pd.DataFrame(lines, columns=list(ROW_COLUMNS))


def column_table(accounts: Iterable[SheetAccount]) -> pd.DataFrame:
    """One line a column: file, sheet, row of its heading, letter, heading, form, column, rule."""
    lines = [
        (one.file, one.sheet, c.row + 1, letter(c.index), c.heading, c.form, c.column, c.rule)
        for one in accounts
        for c in one.columns
    ]
    return pd.DataFrame(lines, columns=list(COLUMN_COLUMNS))
