"""Scores and stars of organisations; figures that an office types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.cells import SECTION_NUMBER, blank, cell_at
from evalkit.ledgers.forms import TEXT, Form
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.items import Items
from evalkit.ledgers.making.once import add_columns, first_rows, tell_duplicates
from evalkit.ledgers.making.verbs import (
    column_of,
    filled_from,
    join_organisations,
    joined,
    keys_of,
    melted,
)
from evalkit.problems import Problem


def ratings(
    form: Form, orgs: pd.DataFrame, specs: Mapping[str, Any], problems: list[Problem]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores by item, and the stars; an organisation that stands there twice counts once."""
    keys = keys_of(column_of(form, "party_org"))
    links = joined(form.data["place_key"], keys)
    # two townships may have a 第一党支部 each
    here = joined(links, form.data["area"])
    double = (here.duplicated() | links.duplicated() & form.extracts) & keys.notna()
    firsts = first_rows(double, links)
    add_columns(form, firsts, problems)
    tell_duplicates(form, problems, "party_org", firsts)
    data = join_organisations(form, orgs, problems)
    items = [c for c, spec in specs.items() if spec.get("item") and c in data]
    once = ~double.to_numpy(dtype=bool)
    return melted(
        data, [(c, np.flatnonzero(form.has(c) & once), {"item": c}) for c in items], "score"
    ), data[once]


def figures(form: Form, measures: Mapping[str, Any], problems: list[Problem]) -> pd.DataFrame:
    """Rows of a 工作报表: the item is looked up among the codes, names and other names of the measures."""
    items = Items(measures)
    said = form.data["measure"].fillna("").astype(str)
    found = [items.look(word) for word in said]
    for row in (row for row, code in enumerate(found) if code is None):
        if _is_section(form, row):
            form.said[row] = "item_section"
            continue
        word = said.iat[row]
        form.said[row] = "measure_unknown"
        problems.append(
            form.problem("measure_unknown", "measure", row, word[:40], advice=items.advice(word))
        )
    data = form.data.assign(
        measure=pd.array(found, dtype=TEXT),
        unit=form.data.get("value_unit", column_of(form, "unit")),
        low=form.data["value_low"],
        high=form.data["value_high"],
        file=form.of_block(b.sheet.file for b in form.blocks),
    )
    data["qualifier"] = pd.Series("约数", index=data.index, dtype=TEXT).where(
        data["value_note"] & 4 > 0
    )
    cells = pd.Series(
        [form.where("value", row) for row in range(len(data))], index=data.index, dtype=TEXT
    )
    data["locator"] = filled_from(column_of(form, "locator"), cells)
    again = form.extracts & data.duplicated(["area", "period", "measure"]).to_numpy()
    form.said |= dict.fromkeys(np.flatnonzero(again).tolist(), "row_in_extract")
    return data[data["measure"].notna().to_numpy() & ~again]


def _is_section(form: Form, row: int) -> bool:
    """一、| 党组织建设 | (no value): the title of the items below it, by the number in front of it."""
    block, cells = form.block_of(row), form.cells_of(row)
    number = block.columns.get("row_number")
    said = cell_at(cells, number.index) if number is not None else ""
    untold = blank(cell_at(cells, block.columns["value"].index))
    return untold and isinstance(said, str) and bool(SECTION_NUMBER.fullmatch(squeeze(said)))
