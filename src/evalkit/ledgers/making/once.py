"""What stands twice counts once: rows of other sheets, of extracts, and rows said again word for word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.forms import IGNORED, SUFFIXES, Form
from evalkit.ledgers.headings import squeeze
from evalkit.problems import Problem


def first_rows(double: pd.Series, *links: pd.Series) -> dict[int, int]:
    """For every row that counts something again, the first row that counts it."""
    rows: list[Any] = np.flatnonzero(double).tolist()
    firsts: list[tuple[Any, dict[Any, Any]]] = []
    for link in links if rows else ():
        firsts.append(
            (link, {key: at for at, key in link[link.isin(link.iloc[rows])].iloc[::-1].items()})
        )
    return {row: min(first[link.iat[row]] for link, first in firsts) for row in rows}


def tell_duplicates(
    form: Form, problems: list[Problem], column: str, firsts: Mapping[int, int]
) -> None:
    """Rows that count an earlier row's unit or organisation again, with the place of that row; extracts are said once."""
    for row, first in firsts.items():
        form.said[row] = "row_in_extract" if form.extracts[row] else "row_duplicate"
        if not form.extracts[row]:
            read = f"与{form.where(column, first)}重复，只计前一行"
            problems.append(
                form.problem("row_duplicate", column, row, str(form.data[column].iat[row]), read)
            )


def add_columns(form: Form, firsts: Mapping[int, int], problems: list[Problem]) -> list[str]:
    """What a row of another sheet says of a unit or organisation beyond the columns of the sheet that counts it.

    Only a column that the counting row's own table lacks is taken; where both have it and an extract says otherwise, that
    is asked. Returns the columns of `form.data` that changed.
    """
    sheets = form.data["sheet"].to_numpy()
    pairs = [
        (row, first)
        for row, first in firsts.items()
        if sheets[row] != sheets[first] or form.extracts[row]
    ]
    if not pairs:
        return []
    rows, counting = (
        np.array(some) for some in zip(*reversed(pairs), strict=True)
    )  # of several the first one stays
    changed: list[str] = []
    for column in dict.fromkeys(
        c for b in form.blocks for c in b.columns if c in form.data and c not in IGNORED
    ):
        here, there = form.has(column)[counting], form.has(column)[rows]
        filled = form.data[column].notna().to_numpy()
        add = ~here & there & filled[rows]
        for name in (column, *(column + s for s in (*SUFFIXES[1:], "_note"))) if add.any() else ():
            if name in form.data:
                values = form.data[name].copy()
                values.iloc[counting[add]] = values.iloc[rows[add]].array
                form.data[name] = values
                changed.append(name)
        known = form.parts.get(column, {})
        known.update(
            {
                int(c): known[int(r)]
                for c, r in zip(counting[add], rows[add], strict=True)
                if int(r) in known
            }
        )
        both = (
            here
            & there
            & filled[rows]
            & filled[counting]
            & form.extracts[rows]
            & (column in form.numbers)
        )
        texts = form.data[column].to_numpy(dtype=object)
        differ = [
            int(r)
            for r, c, use in zip(rows, counting, both, strict=True)
            if use and texts[r] != texts[c]
        ]
        if differ:
            found = f"{len(differ)}处与全台账不同"
            problems.append(
                form.problem(
                    "ledger_extract",
                    column,
                    min(differ),
                    found,
                    "按全台账",
                    advice="核对后改成一致",
                )
            )
    deeper = [
        (c, r) for r, c in zip(rows, counting, strict=True) if _lies_below(form, int(r), int(c))
    ]
    if deeper:
        area = form.data["area"].copy()
        for first, row in deeper:
            area.iat[first] = area.iat[row]
        form.data["area"] = area
        changed.append("area")
    return changed


def _lies_below(form: Form, row: int, counting: int) -> bool:
    """Whether a row of an extract tells the 镇街 that the counting row's table does not."""
    area, wider = form.data["area"].iat[row], form.data["area"].iat[counting]
    return isinstance(area, str) and isinstance(wider, str) and area.startswith(wider + "/")


_DAYS = ("date", "paid_on", "returned_on")


def repeated_rows(form: Form, data: pd.DataFrame, problems: list[Problem]) -> np.ndarray:
    """Rows that say again, word for word, what an earlier row of the same sheet says; told, and not counted.

    The number of the row may differ where the row has a day of its own; without a day and with another number, or no
    number at all, the same may have happened twice: that is asked, and counted.
    """
    out = np.zeros(len(data), dtype=bool)
    columns = dict.fromkeys(c for b in form.blocks for c in b.columns if c in data)
    used = [c for c in columns if c not in ("row_number", "remark") and c not in IGNORED]
    says = (
        data[[c for c in used if c not in ("party_org", "unit_name")]]
        .notna()
        .any(axis=1)
        .to_numpy(dtype=bool)
    )
    typed = data[[*dict.fromkeys((*used, "party_org", "sheet", "area", "period"))]].assign(
        month_=form.of_block(form.sheet_months)
    )
    doubtful = np.flatnonzero(typed.duplicated(keep=False).to_numpy() & says)
    form.repeated = out
    if not len(doubtful):
        return out
    same: dict[tuple[Any, ...], int] = {}
    unsure: dict[int, list[int]] = {}
    numbers = (
        typed.iloc[doubtful]
        .groupby(list(typed.columns), dropna=False, sort=False)
        .ngroup()
        .tolist()
    )
    for row, group in zip(doubtful.tolist(), numbers, strict=True):
        number, dated, rest = _as_written(form, row, used)
        first = same.setdefault((group, rest), row)
        if first == row:
            continue
        if dated or (number and number == _as_written(form, first, used)[0]):
            out[row] = True
            form.said[row] = "row_duplicate"
            read = f"与{form.where('party_org', first)}重复，只计前一行"
            said = data["party_org"].iat[row]
            problems.append(
                form.problem(
                    "row_duplicate",
                    "party_org",
                    row,
                    str(said)[:40] if pd.notna(said) else "",
                    read,
                )
            )
        else:
            unsure.setdefault(int(data["sheet"].iat[row]), []).append(row)
    for rows in unsure.values():
        said = (f"{len(rows)}行与前面的行完全相同", "没有日期，看不出是否重复，都计入")
        problems.append(
            form.problem("row_duplicate", "party_org", rows[0], *said, severity="question")
        )
    return out


def _as_written(form: Form, row: int, used: Sequence[str]) -> tuple[str, bool, str]:
    """Of a row its number, whether it tells a day, and all cells that stand in none of these columns."""
    block, cells = form.block_of(row), form.cells_of(row)
    at = {column: one.index for column, one in block.columns.items()}
    number = (
        squeeze(cells[at["row_number"]]) if at.get("row_number", len(cells)) < len(cells) else ""
    )
    dated = any(_has_day(cells[at[c]]) for c in _DAYS if at.get(c, len(cells)) < len(cells))
    read = {
        index
        for column, index in at.items()
        if column in used or column in ("row_number", "remark")
    }
    return (
        number,
        dated,
        "\x1f".join(squeeze(cell) for index, cell in enumerate(cells) if index not in read),
    )


def _has_day(cell: object) -> bool:
    """Whether a cell tells a day, not only a month."""
    if isinstance(cell, str):
        return (
            len(re.findall(r"\d+", cell)) >= 3 or "日" in cell or len(re.sub(r"\D", "", cell)) >= 8
        )
    return cell not in (None, "")
