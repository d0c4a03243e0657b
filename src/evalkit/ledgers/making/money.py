"""The funds ledger: one row an amount; what may be a total counts where its parts are not told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers import persons, totals
from evalkit.ledgers.forms import SUFFIXES, Form
from evalkit.ledgers.headings import squeeze
from evalkit.ledgers.making.once import repeated_rows
from evalkit.ledgers.making.verbs import column_of, join_organisations, melted, once_a_sheet
from evalkit.problems import Problem


def funds(
    form: Form, orgs: pd.DataFrame, specs: Mapping[str, Any], problems: list[Problem]
) -> pd.DataFrame:
    """Melt the funds ledger: one row an amount. A blank in an existing column is a missing amount, not zero."""
    data = join_organisations(form, orgs, problems)
    repeated = repeated_rows(form, data, problems)
    pieces = []
    for column, spec in specs.items():
        totals = "total_of" in spec
        if not ("flow" in spec or totals) or spec.get("person") or column not in data:
            continue
        use = form.has(column) & ~repeated
        if spec.get("blank") == "nothing":  # a month in which nothing was paid yet
            use &= data[column].notna().to_numpy()
        said = {key: spec.get(key) for key in ("flow", "source", "purpose")}
        if totals:
            use &= _counts(form, data, column, specs, problems)
        item, payer = column_of(form, "spending_item"), column_of(form, "payer")
        if column == "income_amount":
            use &= (data[column].notna() | payer.notna()).to_numpy()
            said["source"] = payer.fillna("other").to_numpy()[use]
        if column == "spending_amount":
            use &= (
                data[column].notna() | item.notna() | payer.notna() & ~form.has("income_amount")
            ).to_numpy()
            # 金额 beside 经费来源, or in a ledger of 收入 only, or as the column 收支 says, is income
            income = form.of_block(
                "spending_item" not in b.columns and _of_income(b) for b in form.blocks
            )
            income = (
                column_of(form, "direction")
                .str.contains("收")
                .astype("boolean")
                .fillna(pd.Series(income, form.data.index))
                .to_numpy(bool)
            )
            said["flow"] = np.where(income, "income", "spending")[use]
            said["source"] = np.where(income, payer.fillna("other"), None)[use]
            said["purpose"] = np.where(income, None, item.fillna("other"))[use]
        pieces.append((column, np.flatnonzero(use), said))
    return melted(data, pieces, "amount_fen")


def _counts(
    form: Form, data: pd.DataFrame, column: str, specs: Mapping[str, Any], problems: list[Problem]
) -> np.ndarray:
    """For every row whether a column that may be a total is money of its own, as its name and the sums tell.

    上级下拨 is, where it stands alone or beside payers that do not add up to it. 支出合计 is where its parts are not told;
    what it has beyond parts that are told is other spending. 年度经费 is where no source is told.
    """
    spec = specs[column]
    beside = totals.present(form, [p for p in spec["total_of"] if p != column])
    alone = form.has(column) & ~beside
    if spec.get("flow") == "dues_paid":
        return alone
    if column == "upper_total":
        given = (
            data[column].notna().to_numpy()
        )  # left blank beside its parts it is no amount that is missing
        apart = form.has(column) & beside & given & ~totals.is_total(form, specs, column)
        _ask(
            form, column, apart, spec, specs, "各行的数证明不了它是合计，各按一笔收入计入", problems
        )
        return alone | apart
    if column == "spending_total":
        rest = form.has(column) & beside & ~totals.is_total(form, specs, column)
        _remainders(form, data, column, spec, rest)
        left = rest & data[column].notna().to_numpy()
        _ask(form, column, left, spec, specs, "多于分项之和，差额按其他支出计入", problems)
        personal = rest & form.of_block(_of_persons(b) for b in form.blocks)
        _ask(form, column, personal, spec, specs, "含个人津补贴，差额未计入", problems)
        return alone | left
    # 合计 of what was spent is no income
    spent = [
        c
        for c, s in specs.items()
        if s.get("flow") == "spending" and not s.get("person") and c in data
    ]
    spending = (
        totals.is_total(form, {**specs, column: {**spec, "total_of": spent}}, column)
        if spent
        else ~alone & alone
    )
    unclear = (
        alone
        & ~spending
        & form.of_block(squeeze(b.headings.get(column, "")) in _BARE for b in form.blocks)
    )
    for row in once_a_sheet(form, unclear & data[column].notna().to_numpy()):
        said = (form.heading(column, row), "看不出是收入还是支出，此列未采用")
        problems.append(
            form.problem(
                "heading_unknown",
                column,
                row,
                *said,
                advice="表头写成“收入合计”或“支出合计”",
                severity="error",
            )
        )
    return alone & ~spending & ~unclear


_BARE = ("合计", "总额", "总计")


def _remainders(
    form: Form, data: pd.DataFrame, column: str, spec: Mapping[str, Any], rest: np.ndarray
) -> None:
    """支出合计 beside some of its parts becomes, in `data` and at these rows, what it has beyond them."""
    parts = [p for p in spec["total_of"] if p in data]
    personal = form.of_block(_of_persons(b) for b in form.blocks)
    low, high, _ = totals.summed(form, parts)
    point = np.nansum([totals.amounts(form, p)[0] for p in parts], axis=0) if parts else low
    for suffix, other in zip(SUFFIXES, (point, high, low), strict=True):
        amount = data[column + suffix].to_numpy(dtype=float, na_value=np.nan) - other
        left = np.isfinite(amount) & (amount > 0) & ~personal
        whole = pd.Series(
            np.where(left, np.rint(amount), 0).astype(np.int64), index=data.index
        ).astype("Int64")
        data[column + suffix] = data[column + suffix].mask(rest, whole.where(left))


def _of_persons(block: Any) -> bool:
    """Whether a column of what a person is paid stands in a block: what is left of a total would tell it."""
    heads = (str(cell) for i in block.head for cell in block.sheet.rows[i])
    return any(persons.heading_kind(head) == "allowance" for head in heads)


def _ask(
    form: Form,
    column: str,
    rows: np.ndarray,
    spec: Mapping[str, Any],
    specs: Mapping[str, Any],
    read: str,
    problems: list[Problem],
) -> None:
    """One question a sheet about a column beside its possible parts."""
    for row in once_a_sheet(form, rows):
        parts = "、".join(
            form.heading(p, row) for p in spec["total_of"] if form.has(p)[row] and p in specs
        )
        found = f"{form.heading(column, row)}与{parts}并列"
        problems.append(
            form.problem(
                "identity_differs",
                column,
                row,
                found,
                read,
                advice="核对是否包含在内",
                severity="question",
            )
        )


def _of_income(block: Any) -> bool:
    """Whether the one amount of a block is money that came in."""
    told = (
        "".join((block.headings["spending_amount"], block.sheet.name, *block.titles))
        if "spending_amount" in block.columns
        else "支出"
    )
    return "支出" not in told and ("payer" in block.columns or "收入" in told)
