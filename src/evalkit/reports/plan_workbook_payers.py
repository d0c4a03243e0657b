"""分出资方 of 测算底稿.xlsx: who pays what of every component in a district, as formulas over 分地区."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from evalkit.reports.plan_words import TOLD
from evalkit.subsidy.coverage import UNKNOWN, missing
from evalkit.subsidy.engine import FINEST_SHARE
from evalkit.subsidy.result import Result
from evalkit.subsidy.simulation import Item
from evalkit.subsidy.values import Component
from evalkit.subsidy.words import lists

HEADS = TOLD["workbook"]["payers"]
TOTAL = TOLD["said"]["total"]
MONEY = (3, 4)  # columns of the two sides, from 0


class Places(Protocol):
    """Where 分地区 of a year has the money of a component in a district, by side and payer of a matching."""

    def __call__(self, place: int, name: str, side: int, payer: str) -> str: ...


def write_payers(
    sheet: Any, result: Result, year: int, places: Places, look: Mapping[str, Any]
) -> None:
    """A row a district, component and payer, and the sums of the payers below."""
    sheet.write_row(0, 0, HEADS, look["head"])
    for column, width in enumerate((16, 24, 16, 16, 16, 16)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 3)
    line, seen = 1, dict[str, None]()
    for name, part in result.scheme.components.items():
        lacking = missing(result, name, year)
        before = result.plan.scheme.components[name]
        payers = list(part.payers) if part.of else _payers(before, part)
        seen |= dict.fromkeys(payers)
        for place, area in enumerate(result.plan.source.names):
            for payer in payers:
                sheet.write_row(line, 0, [area, part.name, lists()["payer"][payer]])
                if lacking[place]:
                    for column in (*MONEY, MONEY[-1] + 1):
                        sheet.write_string(line, column, UNKNOWN)
                else:
                    texts = _formulas(before, part, name, place, payer, places)
                    _money(sheet, line, result, year, Item(name, payer), place, texts, look)
                line += 1
    for payer in seen:
        word = lists()["payer"][payer]
        sheet.write_row(line, 0, [TOTAL, "", word])
        for side, column in enumerate(MONEY):
            money = (result.old, result.new)[side][year]
            total = sum(int(fen.sum()) for item, fen in money.items() if item.payer == payer)
            letter = "DE"[side]
            own, area = f"$C$2:$C${line},$C{line + 1}", f'$A$2:$A${line},"<>{TOTAL}"'
            text = f"=SUMIFS({letter}$2:{letter}${line},{own},{area})"
            sheet.write_formula(line, column, text, look["money"], total / 100)
        _difference(sheet, line, result, year, payer, look)
        line += 1


def _payers(before: Component, after: Component) -> list[str]:
    return list(dict.fromkeys([*before.payer, *after.payer, *after.added]))


def _formulas(
    before: Component, after: Component, name: str, place: int, payer: str, places: Places
) -> tuple[str, str]:
    """What a payer pays before and after."""
    if after.of:
        return places(place, name, 0, payer), places(place, name, 1, payer)
    old, new = places(place, name, 0, ""), places(place, name, 1, "")
    own = _part_of(old, before.payer, payer)
    plain = _part_of(new, after.payer, payer)
    if not after.added:
        return own, plain
    added = _part_of(f"({new}-{old})", after.added, payer)
    return own, f"IF({new}>{old},{own}+{added},{plain})"


def _part_of(money: str, shares: Mapping[str, Decimal], payer: str) -> str:
    """What one payer takes of an amount: half up to the fen, the last one takes the rest."""
    if payer not in shares:
        return "0"
    *others, last = shares
    rounded = {who: _rounded(money, shares[who]) for who in others}
    return rounded[payer] if payer != last else "-".join([money, *rounded.values()])


def _rounded(money: str, share: Decimal) -> str:
    part = Fraction(share).limit_denominator(FINEST_SHARE)
    return f"ROUND(ROUND({money}*{part.numerator}/{part.denominator},8),2)"


def _money(
    sheet: Any,
    line: int,
    result: Result,
    year: int,
    item: Item,
    place: int,
    texts: tuple[str, str],
    look: Mapping[str, Any],
) -> None:
    """The amounts of a row, with the results that a program that does not calculate shows."""
    cached = []
    for column, text, money in zip(MONEY, texts, (result.old[year], result.new[year]), strict=True):
        fen = int(money[item][place]) if item in money else 0
        cached.append(fen)
        sheet.write_formula(line, column, f"={text}", look["money"], fen / 100)
    more = f"=E{line + 1}-D{line + 1}"
    sheet.write_formula(line, MONEY[-1] + 1, more, look["money"], (cached[1] - cached[0]) / 100)


def _difference(
    sheet: Any, line: int, result: Result, year: int, payer: str, look: Mapping[str, Any]
) -> None:
    """What is added by a payer in all."""
    old, new = (
        sum(int(fen.sum()) for item, fen in money[year].items() if item.payer == payer)
        for money in (result.old, result.new)
    )
    text = f"=E{line + 1}-D{line + 1}"
    sheet.write_formula(line, MONEY[-1] + 1, text, look["money"], (new - old) / 100)
