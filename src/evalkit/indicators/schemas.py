"""Pandera schemas of the processed tables, made from the codebook: what may enter, and that no row is a person."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.indicators.store import COMMON
from evalkit.problems import InputError, Problem

DTYPES = {"text": "string", "int": "Int64", "money": "Int64", "number": "Float64", "bool": "boolean", "date": None}
NOT_NEGATIVE = ("int", "money")


def table_schema(codebook: Codebook, table: str) -> Any:
    """The schema of a table: types, closed lists, no negative count, low <= value <= high, no column beyond."""
    import pandera.pandas as pa

    columns = {name: pa.Column("string", nullable=True) for name in COMMON}
    columns["source_row"] = pa.Column("Int64", nullable=True)
    checks = []
    for name, column in codebook.tables[table].columns.items():
        allowed = codebook.lists.get(column.type)
        rules = [pa.Check.isin(list(allowed))] if allowed else []
        if column.type == "int" and table != "stars":
            rules.append(pa.Check.ge(0))
        dtype = DTYPES.get(column.type, "string")
        columns[name] = pa.Column(dtype, checks=rules, nullable=not column.required)
        if column.interval:
            for end in ("low", "high"):
                columns[f"{name}_{end}"] = pa.Column(dtype, nullable=True)
            checks.append(pa.Check(_ordered(name), name=f"{name}_low <= {name} <= {name}_high"))
    return pa.DataFrameSchema(columns, checks=checks, strict=True, name=table)


def _ordered(name: str) -> Any:
    def check(frame: pd.DataFrame) -> pd.Series:
        low, value, high = frame[f"{name}_low"], frame[name], frame[f"{name}_high"]
        good = ((low <= value) | low.isna() | value.isna()) & ((value <= high) | high.isna() | value.isna())
        return good.fillna(True).astype(bool)

    return check


@cache
def _cached(key: str, table: str) -> Any:
    return table_schema(_BOOKS[key], table)


_BOOKS: dict[str, Codebook] = {}


def validate(frame: pd.DataFrame, table: str, codebook: Codebook) -> pd.DataFrame:
    """`frame` if it fits the schema of `table`; every misfit at once as an `InputError`.

    Raises
    ------
    InputError
        An unknown table (a table of persons has no schema), a value outside its list, a negative count ...
    """
    if table not in codebook.tables:
        raise InputError(Problem("person_refused", where=table, allowed="、".join(codebook.tables), advice="只收单位、党组织和地区的数据"))
    import pandera.errors

    key = codebook.reading_hash()
    _BOOKS.setdefault(key, codebook)
    try:
        return _cached(key, table).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.head(20).to_dict("records")
        raise InputError(
            [
                Problem("value_invalid", where=f"{table}.{c['column']}", found=str(c["failure_case"]), allowed=str(c["check"]))
                for c in cases
            ]
        ) from error
