"""`check --explain`: which rule made every row and every column of a sheet what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from evalkit.codebook import Codebook
from evalkit.ledgers.account import SheetAccount, Span
from evalkit.ledgers.findings import declared
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.regions import ColumnSaid
from evalkit.ledgers.roles import ROLES, role_of
from evalkit.ledgers.rows import BY_NAME, KINDS
from evalkit.world.columns import letter

_GRAMMAR: dict[str, Any] = declared("grammar.yml")
_OUTCOMES: dict[str, str] = _GRAMMAR["outcomes"]
_SHAPES: dict[str, str] = _GRAMMAR["shapes"]


def explained(accounts: Iterable[SheetAccount], codebook: Codebook) -> list[str]:
    """Lines for a terminal: of every sheet its rows, runs of one rule together, and its columns; no cell but headings."""
    headings = Headings(codebook.headings)
    return [line for one in accounts for line in (*_sheet(one, headings), "")]


def _sheet(one: SheetAccount, headings: Headings) -> Iterator[str]:
    names = "、".join(dict.fromkeys(headings.forms[form]["name"] for form in one.forms))
    read = f"未计入：{one.reason}" if one.reason else f"读作{names}"
    shape = f"，样式：{_SHAPES[one.shape]}" if one.shape in _SHAPES else ""
    yield f"【{one.file} {one.sheet}】{read}{shape}"
    yield "  行："
    for span in one.rows:
        yield f"    {_rows(span)}：{_row_said(span, bool(one.reason))}"
    head = None
    for column in one.columns:
        if column.row != head:
            head = column.row
            yield f"  列（表头在第{head + 1}行；没有注明的，表头是规定的写法）："
        yield f"    {_column(column, headings)}"


def _rows(span: Span) -> str:
    return f"第{span.first}行" if span.first == span.last else f"第{span.first}–{span.last}行"


def _row_said(span: Span, refused: bool) -> str:
    rule = BY_NAME[span.rule]
    kind = KINDS[rule.kind]
    outcome = _OUTCOMES[span.outcome]
    shown = f"，{outcome}" if outcome and not (refused and span.outcome == "refused") else ""
    return kind.zh if rule.kind == "blank" else f"{kind.zh}（{rule.zh}）{shown}"


def _column(column: ColumnSaid, headings: Headings) -> str:
    heading = column.heading or "（无表头）"
    rule = _GRAMMAR["columns"][column.rule]
    place = f"{letter(column.index)}列 {heading}"
    if column.rule.startswith("shape_"):
        return f"{place} → {column.column or '—'}（{rule}）"
    if not column.column or not column.form:
        return f"{place} → 不采用（{rule}）"
    names = "、".join(headings.label(column.form, c) for c in column.column.split("、"))
    roles = dict.fromkeys(
        role_of(headings, column.form, c, column.rule) for c in column.column.split("、")
    )
    usual = column.rule == "synonym"
    said = f"{names}：{'、'.join(ROLES[role] for role in roles)}"
    return f"{place} → {said}" + ("" if usual else f"（{rule}）")
