"""The running account of one organisation (日期 | 摘要 | 收入 | 支出 | 结余); the balance is checked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.ledgers import persons
from evalkit.ledgers.cells import blank, cell_at, is_total
from evalkit.ledgers.files import RawSheet
from evalkit.ledgers.forms import words_of
from evalkit.ledgers.headings import heading_keys, squeeze
from evalkit.ledgers.shapes.shaping import (
    CENT,
    DECLARED,
    HEADS,
    TOTALS,
    Head,
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
_PAID, _COLLECTED, _RETURNED = (
    re.compile(DECLARED["dues"][k]) for k in ("paid", "collected", "returned")
)
_OF_MONTH = re.compile(r"^(?:本|当|\d{1,2}|[一二三四五六七八九十]{1,2})月")
_MONTH = re.compile(r"(?:(?:19|20)?\d{2}[年./-](?=\d{1,2}[月./-]))?(\d{1,2})(?=[月./-]|$)")
_LISTS = {"income": ("payer", "其他途径"), "spending": ("purpose", "其他")}
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
            for kind in ("day", "summary", "subject", "income", "spending", "balance", "month")
            for j, (keys, _) in reversed(head.items())
            if any(key in HEADS[kind] for key in keys)
        }
        named = any(key in HEADS["organisation"] for keys, _ in head.values() for key in keys)
        if named:
            continue
        name = organisation_in(lines_above(sheet, i))
        if not name:
            return None
        whole = head_of(sheet, i)
        parts = {kind: _parts(whole, found[kind]) for kind in _LISTS}
        return [_account_of(sheet, range(i, whole.bottom + 1), found, head, name, parts, shaping)]
    return None


def _parts(head: Head, group: int) -> dict[int, str]:
    """The columns below the group 收入 or 支出 with what each is called; none where it is one column."""
    of = head.levels.get(group, ())
    below = {
        j: texts[-1]
        for j, texts in head.levels.items()
        if len(texts) > 1 and len(of) > 1 and texts[0] == of[0] and not is_total(texts[-1], TOTALS)
    }
    return below if len(below) > 1 else {}


def _account_of(
    sheet: RawSheet,
    top: range,
    at: Mapping[str, int],
    head: Mapping[int, tuple[tuple[str, ...], str | None]],
    name: str,
    parts: Mapping[str, Mapping[int, str]],
    shaping: Shaping,
) -> RawSheet:
    units = {kind: head[at[kind]][1] for kind in ("income", "spending") if at[kind] in head}
    bracket = {kind: f"（{unit}）" if unit else "" for kind, unit in units.items()}
    heads = [
        "年份",
        "党组织名称",
        "经费来源",
        f"收入金额{bracket['income']}",
        "支出项目",
        f"支出金额{bracket['spending']}",
    ]
    shaping.tell(sheet, "shape_heading", *top)
    for kind, first in at.items():
        for j, called in (parts.get(kind) or {first: ""}).items():
            told = called or str(cell_at(sheet.rows[top.start], j))
            shaping.tell_column(sheet, top.start, j, [told], HEADS[kind][0], "shape_account")
    account = _Account(sheet, at, name, parts, shaping)
    account.rows += as_they_stand(sheet, range(top.start))
    account.rows.append([(word, None) for word in heads])
    for n in range(top.stop, len(sheet.rows)):
        account.add(n)
    if account.paid_on:
        dues = ("年份", "党组织名称", f"实缴党费{bracket['spending']}")
        account.rows += [[(word, None) for word in dues], *account.paid_on]
    account.say()
    return made(sheet, account.rows, "account")


@dataclass
class _Account:
    """A running account line by line: what it comes to, and what has to be asked of it.

    Attributes
    ----------
    parts
        The columns below 收入 and 支出 where they are groups (财政拨款 | 党费返还), with what each is called.
    balance
        What the lines so far leave; None before one tells or starts it.
    sums, month
        Income and spending of all lines, and of those of the month `month_told`.
    years, unlisted, collected
        Where each year, each 科目 that no list has, and each line of members' dues was met.
    unsourced
        Lines of income that do not say from where they came.
    paid_on
        The lines of dues that were paid on: a table of their own below the others.
    """

    sheet: RawSheet
    at: Mapping[str, int]
    name: str
    parts: Mapping[str, Mapping[int, str]]
    shaping: Shaping
    rows: list[Row] = field(default_factory=list)
    paid_on: list[Row] = field(default_factory=list)
    balance: float | None = None
    sums: dict[str, float] = field(default_factory=lambda: {"income": 0.0, "spending": 0.0})
    month: dict[str, float] = field(default_factory=lambda: {"income": 0.0, "spending": 0.0})
    month_told: str = ""
    years: dict[str, Place] = field(default_factory=dict)
    unlisted: dict[str, Place] = field(default_factory=dict)
    collected: list[Place] = field(default_factory=list)
    unsourced: list[Place] = field(default_factory=list)

    def add(self, n: int) -> None:
        """One row: a line, a total, the opening balance, or a text that stands as it is."""
        row = self.sheet.rows[n]
        summary = text_of(cell_at(row, self.at["summary"]))
        first = next((str(c) for c in row if isinstance(c, str) and c.strip()), "")
        kinds = ("income", "spending", "balance")
        money = {k: cell_at(row, self.at[k]) for k in kinds if k in self.at}
        amounts = {k: _amount(v) for k, v in money.items()}
        for kind, columns in self.parts.items():
            if columns:
                some = [a for j in columns if (a := _amount(cell_at(row, j))) is not None]
                amounts[kind] = sum(some) if some else None
        label = next((text for text in (summary, first) if is_total(text, TOTALS)), "")
        if all(v is None for v in amounts.values()):
            filled = any(not blank(c) for c in row)
            self.rows += as_they_stand(self.sheet, range(n, n + 1)) if filled else []
        elif label:
            self._total(n, label, amounts)
        elif _OPENING.search(summary):
            self.shaping.tell(self.sheet, "opening", n)
            told = amounts.get("balance")
            self.balance = told if told is not None else amounts["income"]
        else:
            self._line(n, summary, money, amounts)

    def _total(self, n: int, label: str, amounts: Mapping[str, float | None]) -> None:
        """A printed total against the lines that it sums: those of the month, or all of them."""
        self.shaping.tell(self.sheet, "shape_total", n)
        of_month = bool(_OF_MONTH.search(squeeze(label)))
        if "小计" in label or "本页" in label or (not of_month and len(self.years) > 1):
            return
        sums = self.month if of_month else self.sums
        for kind, own in sums.items():
            told = amounts.get(kind)
            if told is not None and abs(told - own) > CENT:
                said = (f"合计{number.plain(told)}", f"各行相加为{number.plain(own)}")
                self.shaping.said("total_differs", self.sheet, (n, self.at[kind]), *said)

    def _line(
        self,
        n: int,
        summary: str,
        money: Mapping[str, object],
        amounts: Mapping[str, float | None],
    ) -> None:
        told = _month_told(self.sheet.rows[n], self.at)
        if told and told != self.month_told:
            self.month, self.month_told = dict.fromkeys(self.month, 0.0), told
        for sums in (self.sums, self.month):
            for kind in sums:
                sums[kind] += amounts.get(kind) or 0.0
        self._check_balance(n, amounts)
        row, at = self.sheet.rows[n], self.at
        year = _year_told(cell_at(row, at["day"])) if "day" in at else ""
        if year:
            self.years.setdefault(year, (n, at["day"]))
        subject = text_of(cell_at(row, at["subject"])) if "subject" in at else ""
        said = f"{subject} {summary}"
        if amounts["income"] and _is_dues(_COLLECTED, said):
            self.shaping.tell(self.sheet, "dues_collected", n)
            self.collected.append((n, at["income"]))
            return
        line: Row = [(year, None), (self.name, (n, at["summary"]))]
        if amounts["spending"] and _is_dues(_PAID, said):  # 上缴党费 is no spending
            self.paid_on.append([*line, (money["spending"], (n, at["spending"]))])
            return
        if any(self.parts.values()):
            self._parts_of(n, line, subject, summary)
            return
        for kind in ("income", "spending"):
            word = self._told_by(kind, subject, summary, n) if amounts[kind] else ""
            some = money[kind] if amounts[kind] else ""
            line += [(word, (n, at["summary"])), (some, (n, at[kind]))]
        self.rows.append(line)

    def _parts_of(self, n: int, start: Row, subject: str, summary: str) -> None:
        """A row each for the columns below 收入 and 支出 in which the line has an amount."""
        none: Row = [("", None), ("", None)]
        for kind in ("income", "spending"):
            for j, called in (self.parts[kind] or {self.at[kind]: ""}).items():
                cell = cell_at(self.sheet.rows[n], j)
                if _amount(cell):
                    word = self._told_by(kind, called or subject, summary, n, j)
                    mine: Row = [(word, (n, j)), (cell, (n, j))]
                    self.rows.append([*start, *(mine + none if kind == "income" else none + mine)])

    def _told_by(
        self, kind: str, subject: str, summary: str, n: int, column: int | None = None
    ) -> str:
        """The source or purpose that the 科目 of a line says, else its 摘要: 企业配套 | 公司配套党建经费."""
        sort, usual = _LISTS[kind]
        words = words_of(self.shaping.lists, self.shaping.headings.values, sort)
        word = listed_in(subject, words, "") or listed_in(summary, words, "")
        if subject and not word:
            at = self.at["subject"] if column is None else column
            self.unlisted.setdefault(subject, (n, at))
        elif not word and kind == "income":
            self.unsourced.append((n, self.at["summary"]))
        return word or usual

    def _check_balance(self, n: int, amounts: Mapping[str, float | None]) -> None:
        """The printed balance against the one before it and this line; the printed one goes on."""
        if self.balance is None and "balance" in self.at:
            self.balance = 0.0
        if self.balance is None:
            return
        self.balance += (amounts["income"] or 0) - (amounts["spending"] or 0)
        told = amounts.get("balance")
        if told is not None and abs(told - self.balance) > CENT:
            own = f"按上一行结余加收入减支出为{number.plain(self.balance)}"
            place, advice = (n, self.at["balance"]), "核对收入、支出和结余"
            self.shaping.said(
                "total_differs", self.sheet, place, f"结余{number.plain(told)}", own, advice=advice
            )
            self.balance = told

    def say(self) -> None:
        """What the whole account has to be asked."""
        if self.collected:
            said = (f"收缴党费{len(self.collected)}笔", "党员交来的党费不计入经费收入")
            self._ask(self.collected[0], *said, "返还或下拨的党费，写成返还党费")
        if self.unlisted:
            words = "、".join(f"“{persons.shown(word)}”" for word in self.unlisted)
            first = next(iter(self.unlisted.values()))
            advice = "属于规定的来源或用途的，写成规定的名称"
            self._ask(first, f"科目{words}", "按其他计入", advice)
        if self.unsourced:
            said = (f"{len(self.unsourced)}笔收入的摘要没有写明来源", "按其他途径计入")
            self._ask(self.unsourced[0], *said, "摘要写明财政拨付、返还党费或企业配套")
        if len(self.years) > 1:
            found = f"账里有{'、'.join(f'{year}年' for year in sorted(self.years))}的收支"
            last = max(self.years.values())
            self.shaping.said("period_conflict", self.sheet, last, found, "各归各年")

    def _ask(self, at: Place, found: str, read: str, advice: str) -> None:
        self.shaping.said(
            "value_noted", self.sheet, at, found, read, advice=advice, severity="question"
        )


def _is_dues(kind: re.Pattern[str], said: str) -> bool:
    """Whether a line of an account is of dues that members pay in, or that are paid on; not of dues that come back."""
    return bool(kind.search(said)) and not _RETURNED.search(said)


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


def _month_told(row: list[object], at: Mapping[str, int]) -> str:
    """The month of a line, where its own column or its day tells it."""
    at_month = at.get("month", at.get("day"))
    cell = cell_at(row, at_month) if at_month is not None else ""
    if isinstance(cell, dt.date):
        return str(cell.month)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if _FIRST_DAY < cell < _LAST_DAY:
            return str((dt.date(1899, 12, 30) + dt.timedelta(days=int(cell))).month)
        return text_of(cell).partition(".")[0] if 1 <= cell < 13 else ""
    found = _MONTH.match(squeeze(cell))
    return found[1].lstrip("0") if found else ""


def _amount(cell: object) -> float | None:
    return float(cell) if isinstance(cell, int | float) else _money(cell)


def _money(cell: object) -> float | None:
    text = re.sub(r"[,，¥￥元\s]", "", squeeze(cell)) if isinstance(cell, str) else ""
    return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None
