"""The running account of one organisation (日期 | 摘要 | 收入 | 支出 | 结余); the balance is checked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import words_of
from evalkit.ledgers.headings import heading_keys, squeeze
from evalkit.ledgers.shapes.shaping import (
    CENT,
    DECLARED,
    HEADS,
    TOTALS,
    Place,
    Row,
    Shaping,
    as_they_stand,
    head_of,
    lines_above,
    listed_in,
    made,
    organisation_in,
    text_of,
)
from evalkit.ledgers.shapes.top import Top
from evalkit.world import number

_OPENING = re.compile(DECLARED["opening"])
_FIRST_DAY, _LAST_DAY = 32_000, 55_000  # numbers of days of 1987 to 2050


def running_account(sheet: RawSheet, top: Top, shaping: Shaping) -> list[RawSheet] | None:
    """日期 | 摘要 | 收入 | 支出 | 结余 of the organisation that title, sheet or file name; the balance is checked."""
    for i, facts in enumerate(top.rows[:20]):
        if not {"summary", "income", "spending"} <= facts.words.keys():
            continue
        row = sheet.rows[i]
        head = {j: heading_keys(c) for j, c in enumerate(row) if isinstance(c, str) and c.strip()}
        found = {
            kind: j
            for kind in ("day", "summary", "income", "spending", "balance", "month")
            for j, (keys, _) in reversed(head.items())
            if any(key in HEADS[kind] for key in keys)
        }
        named = any(key in HEADS["organisation"] for keys, _ in head.values() for key in keys)
        if named:
            continue
        name = organisation_in(lines_above(sheet, i))
        if not name:
            return None
        below = head_of(sheet, i).bottom + 1
        return [_account_of(sheet, range(i, below), found, head, name, shaping)]
    return None


def _account_of(
    sheet: RawSheet,
    top: range,
    at: Mapping[str, int],
    head: Mapping[int, tuple[tuple[str, ...], str | None]],
    name: str,
    shaping: Shaping,
) -> RawSheet:
    units = {kind: head[at[kind]][1] for kind in ("income", "spending") if at[kind] in head}
    bracket = {kind: f"（{unit}）" if unit else "" for kind, unit in units.items()}
    sources = words_of(shaping.lists, shaping.headings.values, "payer")
    purposes = words_of(shaping.lists, shaping.headings.values, "purpose")
    rows = as_they_stand(sheet, range(top.start))
    heads = [
        "年份",
        "党组织名称",
        "经费来源",
        f"收入金额{bracket['income']}",
        "支出项目",
        f"支出金额{bracket['spending']}",
    ]
    rows.append([(word, None) for word in heads])
    shaping.tell(sheet, "shape_heading", *top)
    for kind, j in at.items():
        head_texts = [str(cell_at(sheet.rows[top.start], j))]
        shaping.tell_column(sheet, top.start, j, head_texts, HEADS[kind][0], "shape_account")
    balance: float | None = None
    years: dict[str, Place] = {}
    for n in range(top.stop, len(sheet.rows)):
        row = sheet.rows[n]
        summary = text_of(cell_at(row, at["summary"]))
        first = next((str(c) for c in row if isinstance(c, str) and c.strip()), "")
        money = {k: cell_at(row, at[k]) for k in ("income", "spending", "balance") if k in at}
        amounts = {
            k: float(v) if isinstance(v, int | float) else _money(v) for k, v in money.items()
        }
        if all(v is None for v in amounts.values()):
            rows += as_they_stand(sheet, range(n, n + 1)) if any(not blank(c) for c in row) else []
            continue
        if is_total(summary, TOTALS) or is_total(first, TOTALS):
            shaping.tell(sheet, "shape_total", n)
            continue
        if _OPENING.search(summary):
            shaping.tell(sheet, "opening", n)
            balance = (
                amounts.get("balance") if amounts.get("balance") is not None else amounts["income"]
            )
            continue
        if balance is None and "balance" in at:
            balance = 0.0
        if balance is not None:
            balance += (amounts["income"] or 0) - (amounts["spending"] or 0)
            told = amounts.get("balance")
            if told is not None and abs(told - balance) > CENT:
                said = (
                    f"结余{number.plain(told)}",
                    f"按上一行结余加收入减支出为{number.plain(balance)}",
                )
                shaping.said(
                    "total_differs", sheet, (n, at["balance"]), *said, advice="核对收入、支出和结余"
                )
                balance = told
        year = _year_told(cell_at(row, at["day"])) if "day" in at else ""
        if year:
            years.setdefault(year, (n, at["day"]))
        line: Row = [(year, None), (name, (n, at["summary"]))]
        for kind, words, usual in (("income", sources, "其他途径"), ("spending", purposes, "其他")):
            some = amounts[kind]
            word = listed_in(summary, words, usual) if some else ""
            line += [(word, (n, at["summary"])), (money[kind] if some else "", (n, at[kind]))]
        rows.append(line)
    if len(years) > 1:
        found = f"账里有{'、'.join(f'{year}年' for year in sorted(years))}的收支"
        shaping.said("period_conflict", sheet, max(years.values()), found, "各归各年")
    return made(sheet, rows, "account")


def _year_told(cell: object) -> str:
    """The year of a day that tells it: 2024.3.1, a date, the number of a day."""
    if isinstance(cell, dt.date):
        return str(cell.year)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not _FIRST_DAY < cell < _LAST_DAY:
            return ""
        return str((dt.date(1899, 12, 30) + dt.timedelta(days=int(cell))).year)
    found = re.match(r"((?:19|20)\d{2})\D", squeeze(cell)) or re.fullmatch(
        r"((?:19|20)\d{2})(?:0[1-9]|1[0-2])\d{2}", squeeze(cell)
    )
    return found[1] if found else ""


def _money(cell: object) -> float | None:
    text = re.sub(r"[,，¥￥元\s]", "", squeeze(cell)) if isinstance(cell, str) else ""
    return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None
