"""The running account of one organisation (日期 | 摘要 | 收入 | 支出 | 结余); the balance is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import words_of
from evalkit.ledgers.headings import heading_keys, plain, squeeze
from evalkit.ledgers.shapes.shaping import (
    CENT,
    DECLARED,
    HEADS,
    TOTALS,
    Row,
    Shaping,
    as_they_stand,
    made,
    text_of,
)
from evalkit.ledgers.shapes.top import Top
from evalkit.world import number

_OPENING = re.compile(DECLARED["opening"])


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
        texts = [
            str(c) for above in sheet.rows[:i] for c in above if isinstance(c, str) and c.strip()
        ]
        stem = re.sub(r"\.\w+$", "", sheet.file.rpartition("/")[2])
        name = next((o for t in (*texts, sheet.name, stem) if (o := _organisation_in(t))), "")
        if not name:
            return None
        return [_account_of(sheet, i, found, head, name, shaping)]
    return None


def _organisation_in(text: str) -> str:
    """The name of an organisation in a title: 甲公司党支部2025年经费收支明细账, 党组织名称：甲公司党支部."""
    for piece in re.split(r"[\s:：,，;；（）()]+", text):
        bare = re.sub(r"^(?:19|20)\d{2}年度?|(?:19|20)\d{2}年.*$", "", piece)
        if found := re.match(r".{2,40}?(?:联合党支部|党支部|党总支|党委|支部委员会)", bare):
            return found[0]
    return ""


def _account_of(
    sheet: RawSheet,
    i: int,
    at: Mapping[str, int],
    head: Mapping[int, tuple[tuple[str, ...], str | None]],
    name: str,
    shaping: Shaping,
) -> RawSheet:
    units = {kind: head[at[kind]][1] for kind in ("income", "spending") if at[kind] in head}
    bracket = {kind: f"（{unit}）" if unit else "" for kind, unit in units.items()}
    sources = words_of(shaping.lists, shaping.headings.values, "payer")
    purposes = words_of(shaping.lists, shaping.headings.values, "purpose")
    rows = as_they_stand(sheet, range(i))
    heads = [
        "党组织名称",
        "经费来源",
        f"收入金额{bracket['income']}",
        "支出项目",
        f"支出金额{bracket['spending']}",
    ]
    rows.append([(word, None) for word in heads])
    shaping.tell(sheet, "shape_heading", i)
    for kind, j in at.items():
        shaping.tell_column(
            sheet, i, j, [str(cell_at(sheet.rows[i], j))], HEADS[kind][0], "shape_account"
        )
    balance: float | None = None
    for n in range(i + 1, len(sheet.rows)):
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
        line: Row = [(name, (n, at["summary"]))]
        for kind, words, usual in (("income", sources, "其他途径"), ("spending", purposes, "其他")):
            some = amounts[kind]
            word = _listed_in(summary, words, usual) if some else ""
            line += [(word, (n, at["summary"])), (money[kind] if some else "", (n, at[kind]))]
        rows.append(line)
    return made(sheet, rows, "account")


def _money(cell: object) -> float | None:
    text = re.sub(r"[,，¥￥元\s]", "", squeeze(cell)) if isinstance(cell, str) else ""
    return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None


def _listed_in(text: str, words: Mapping[str, str], usual: str) -> str:
    """The longest word of a list that a text holds, as the list writes it."""
    key = plain(text)
    inside = [word for word in words if len(word) > 1 and word in key]
    return max(inside, key=len) if inside else usual
