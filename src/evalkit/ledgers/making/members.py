"""党员总数, 正式党员 and 预备党员 of a row: each from the others where it is not told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.ledgers.forms import SUFFIXES, Form
from evalkit.ledgers.making.verbs import column_of, filled_from
from evalkit.ledgers.numerals import NOTES, PROBATIONARY, UNCOUNTED
from evalkit.problems import Problem


def member_parts(form: Form, data: pd.DataFrame, problems: list[Problem]) -> None:
    """党员总数 from its parts and, where a cell says 4(含预备1), the parts from the cell.

    Under 正式党员 as well such a cell holds both kinds: its number is the sum, and 正式党员 is what is left.
    """
    three = ("members", "full_members", "probationary_members")
    said = {column: _on_probation(form, column) for column in three[:2]}
    lacks = {column: column_of(form, column, "Int64").isna() for column in three}
    inside = filled_from(said["full_members"], said["members"])
    own = column_of(form, "probationary_members", "Int64")
    for row in np.flatnonzero((inside.notna() & own.notna() & inside.ne(own)).fillna(False)):
        found = f"单元格里写预备党员{inside.iat[row]}名，预备党员一列写{own.iat[row]}名"
        problems.append(
            form.problem(
                "identity_differs",
                "probationary_members",
                row,
                found,
                "按预备党员一列",
                severity="question",
            )
        )
    unread = pd.Series(
        column_of(form, "probationary_members_note", "Int64").fillna(0).to_numpy(dtype=int)
        > NOTES["missing"],
        index=data.index,
    )
    unread &= lacks["probationary_members"]
    unknown = (
        pd.Series([_uncounted(form, row) for row in range(len(data))], index=data.index)
        if form.parts
        else lacks["members"] & False
    )
    for suffix in SUFFIXES:
        members, full, probationary = (
            column_of(form, column + suffix, "Int64") for column in three
        )
        whole = full.mask(~unknown)  # 4（含预备）: nobody says how many
        full = full.mask(said["full_members"].notna(), full - said["full_members"]).mask(unknown)
        full = full.mask(lacks["full_members"] & inside.notna(), members - inside)
        probationary = probationary.mask(lacks["probationary_members"] & inside.notna(), inside)
        members = members.mask(lacks["members"], full + probationary.fillna(0).mask(unread)).fillna(
            whole
        )
        for column, numbers in zip(three, (members, full, probationary), strict=True):
            data[column + suffix] = numbers


def _on_probation(form: Form, column: str) -> pd.Series:
    """How many of a cell's number are on probation, as the cell itself says."""
    found = {
        row: int(number)
        for row, parts in form.parts.get(column, {}).items()
        for word, number in parts
        if word.startswith(PROBATIONARY) and word != UNCOUNTED and number == number
    }
    return pd.Series(found, dtype="Int64").reindex(form.data.index)


def _uncounted(form: Form, row: int) -> bool:
    return any(word == UNCOUNTED for word, _ in form.parts.get("full_members", {}).get(row, ()))
