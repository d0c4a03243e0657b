"""What makes tables of typed frames: five verbs over columns, each pure.

`keys_of` gives names for comparison, `filled_from` takes a column from others where it is empty, `join_organisations` finds the
organisation that a row names, `melted` puts columns under each other, `names_in` takes lists apart. While tables are made a row's `sheet`
is the number of its sheet, `place_key` its district and period (within them names of organisations and units are unique)
and `link` place and name in one text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd

from evalkit.ledgers.forms import SUFFIXES, TEXT, Form, name_key, split_names
from evalkit.problems import Problem, near

PLACE = ["area", "period", "sheet", "source_row", "place_key"]


DATE = "datetime64[s]"


def keys_of(names: pd.Series, rule: Callable[[str], Any] = name_key) -> pd.Series:
    """`name_key` (or another rule) of a column of names, each different name once."""
    codes, uniques = pd.factorize(names.to_numpy(dtype=object))
    pool = np.array([*map(rule, uniques), None], dtype=object)
    return pd.Series(pool[codes], index=names.index, dtype=TEXT)


def joined(*columns: pd.Series) -> pd.Series:
    """Several text columns as one key a row (one flat look-up instead of a MultiIndex of texts)."""
    texts = ((c.fillna("") if c.hasnans else c).to_numpy(dtype=object) for c in columns)
    keys = ["\x1f".join(row) for row in zip(*texts, strict=True)]
    return pd.Series(keys, index=columns[0].index, dtype=object)


def blank_column(size: int, dtype: Any) -> Any:
    if dtype == DATE:
        return np.full(size, np.datetime64("NaT"), dtype=dtype)
    return pd.array([None], dtype=dtype).take(np.zeros(size, dtype=np.intp))


def column_of(form: Form, column: str, dtype: Any = TEXT) -> pd.Series:
    return (
        form.data[column]
        if column in form.data
        else pd.Series(blank_column(len(form.data), dtype), index=form.data.index)
    )


def positions_of(links: pd.Series, known: pd.DataFrame) -> np.ndarray:
    """Where in `known` the same link stands, -1 where it does not."""
    return pd.Index(known["link"]).get_indexer(links)


def taken_from(at: np.ndarray, column: pd.Series, index: pd.Index) -> pd.Series:
    """A column of the rows at `at`, null at -1; the type stays."""
    return pd.Series(pd.api.extensions.take(column.array, at, allow_fill=True), index=index)


def filled_from(first: pd.Series, *rest: pd.Series) -> pd.Series:
    for other in rest:
        first = first.fillna(other)
    return first


def filled_by_name(column: pd.Series, names: pd.Series, rule: Callable[[str], Any]) -> pd.Series:
    """Where a column says nothing, what the organisation's name says."""
    empty, dtype = names[column.isna() & names.notna()], cast(Any, column.dtype)
    said = pd.array([rule(name) for name in empty.to_numpy(dtype=object)], dtype=dtype)
    return column.fillna(pd.Series(said, index=empty.index)) if len(empty) else column


def join_organisations(form: Form, orgs: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Key and area of the organisation that a fund, activity or rating names; unknown ones are reported and kept."""
    names: Any = form.data["party_org"]
    data = form.data.assign(party_org=keys_of(names))
    if not len(orgs):
        return data
    at = positions_of(joined(data["place_key"], data["party_org"]), orgs)
    own = orgs["area"].to_numpy(dtype=object)[at]
    data["area"] = pd.array(
        np.where((at >= 0) & ~pd.isna(own), own, data["area"].to_numpy(dtype=object)), dtype=TEXT
    )
    lost = data[(at < 0) & data["party_org"].notna() & data["place_key"].isin(orgs["place_key"])]
    for n, (row, place) in enumerate(
        lost.drop_duplicates(["place_key", "party_org"])["place_key"].items()
    ):  # once a place
        close = (
            near(names.iat[row], orgs.loc[orgs["place_key"] == place, "name"]) if n < 100 else []
        )
        problems.append(
            form.problem(
                "organisation_unknown",
                "party_org",
                row,
                str(names.iat[row])[:40],
                allowed="、".join(close),
            )
        )
    return data


def melted(
    data: pd.DataFrame, pieces: list[tuple[str, np.ndarray, dict[str, Any]]], value: str
) -> pd.DataFrame:
    """Columns under each other: for every (column, rows, what it stands for) the organisation, place and value."""
    if not pieces:
        return data.iloc[:0]
    texts = {
        name: pd.Categorical.from_codes(*pd.factorize(data[name]))
        for name in ("area", "period", "party_org")
    }
    out = (
        data[["sheet", "source_row"]]
        .assign(**texts)
        .take(np.concatenate([rows for _, rows, _ in pieces]))
        .reset_index(drop=True)
    )
    for name in pieces[0][2]:
        pool: dict[Any, int] = {None: -1}
        codes = [
            np.broadcast_to(
                [pool.setdefault(text, len(pool) - 1) for text in np.atleast_1d(said[name])],
                len(rows),
            )
            for _, rows, said in pieces
            if len(rows)
        ]
        whole: Any = np.concatenate([*codes, np.zeros(0, dtype=int)])
        out[name] = pd.Categorical.from_codes(whole, pd.Index(list(pool)[1:], dtype=object))
    for suffix in SUFFIXES:
        out[value + suffix] = pd.concat(
            [data[column + suffix].take(rows) for column, rows, _ in pieces], ignore_index=True
        )
    return out


def once_a_sheet(form: Form, rows: np.ndarray) -> list[int]:
    at = np.flatnonzero(rows)
    return (
        pd.Series(at, index=form.data["sheet"].to_numpy()[at])
        .groupby(level=0, sort=False)
        .first()
        .tolist()
    )


def names_in(form: Form, column: str) -> pd.Series:
    """The names in the lists of a column, one below the other, by their row."""
    lists = [split_names(cell) for cell in column_of(form, column).to_numpy(dtype=object)]
    rows = np.repeat(np.arange(len(lists)), [len(names) for names in lists])
    return pd.Series([name for names in lists for name in names], index=rows, dtype=TEXT)
