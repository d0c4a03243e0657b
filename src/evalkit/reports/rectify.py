"""问题清单, 责任清单, 整改清单: the cases of a period with what the office says of them, as blocks and as a workbook.

What stands in the report itself counts cases and names nobody; the lists with names are files of their own, marked
内部资料 注意保存.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.documents import Block, Cell
from evalkit.documents.workbook import HEAD, book_bytes, list_sheet
from evalkit.indicators.load import Data
from evalkit.ledgers.dates import parse_date
from evalkit.reports.cases import Case, Followed, followed
from evalkit.reports.lists import FEW, NOT_LISTED, SMALLEST
from evalkit.reports.register import (
    CLOSED,
    DISPUTED,
    DONE,
    FINISHED,
    OPEN,
    STATES,
    UNDER_WAY,
    Entry,
    Register,
    read_register,
)
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import declared
from evalkit.reports.voice import Voice
from evalkit.reports.words import MISSING, WHOLE, baseline_words, period_words, source_line
from evalkit.world.number import percent

STILL_THERE = "台账仍有此问题"
NO_LONGER = "台账已无此问题，可核实销号"
NOT_TOLD = "缺报，不能核实"


@dataclass(frozen=True)
class Rectification:
    """The cases of a period and what the office says of them."""

    scope: Scope
    followed: Followed
    register: Register
    today: dt.date

    @property
    def voice(self) -> Voice:
        return self.scope.voice

    @property
    def before(self) -> str:
        """What the period before is called: 上年, or its own name."""
        if not self.followed.before:
            return ""
        return baseline_words(self.followed.period, self.followed.before, self.voice)

    def entry(self, case: Case) -> Entry:
        return self.register.get(case.number)

    def first(self, case: Case) -> str:
        """Since when a case is listed: what the register remembers, where that is earlier."""
        said = self.entry(case).first
        return min(said, case.since) if said and len(said) == len(case.since) else case.since

    def inside(self, area: str) -> Rectification:
        """The same of one area: nothing of any other."""
        mine = self.followed.inside(area)
        numbers = {case.number for case in (*mine.cases, *mine.gone, *mine.unknown)}
        kept = {n: entry for n, entry in self.register.entries.items() if n in numbers}
        return Rectification(self.scope.of(area), mine, Register(kept), self.today)

    @property
    def back(self) -> list[Case]:
        """Cases that the office calls done, and that the ledgers still list."""
        return [case for case in self.followed.cases if self.entry(case).state in FINISHED]


def rectification(
    data: Data,
    period: str | int,
    baseline: str | int | None = None,
    area: str | None = None,
    level: str = "district",
    today: dt.date | None = None,
) -> Rectification:
    """The cases of a period and the 整改台账 of the project.

    `today`: by which dates are late; the date of the signed report, where the settings have one.
    """
    scope = Scope.about(data, period, baseline, level, area)
    found = followed(data, period, area)
    written = data.project.settings["date"]
    signed = parse_date(written).date if written else None
    day = today or signed or dt.date.today()
    return Rectification(scope, found, read_register(data.project, period), day)


# what the report says, without names


def rectified_words(told: Rectification, annexed: bool = False) -> Block:
    """上年问题整改: how many of the last period's cases are gone, still there, or cannot be told; what the register says.

    `annexed`: whether the table by area stands in the appendix ``more``.
    """
    found, voice = told.followed, told.voice
    again, solved = len(found.again), len(found.gone)
    kinds = Counter(case.problem for case in found.again).most_common(1)
    register = _register_counts(told)
    text = voice.tell(
        "rectified",
        before=told.before,
        n_before=again + solved + len(found.unknown),
        solved=solved,
        again=again,
        n_unknown=len(found.unknown),
        new=len(found.new),
        untold=len(found.cases) - again - len(found.new) if found.before else 0,
        share=percent(solved, over=again + solved) if again + solved else "",
        longest={"name": kinds[0][0], "n": kinds[0][1]} if kinds else None,
        register=register,
        back=len(told.back),
        place=told.scope.place,
        annexed=annexed,
    )
    return Block.group(*map(Block.paragraph, text.texts))


def _register_counts(told: Rectification) -> dict[str, int] | None:
    every = (*told.followed.cases, *told.followed.gone, *told.followed.unknown)
    entries = [told.entry(case) for case in every if case.number in told.register.entries]
    if not entries:
        return None
    return {
        "entered": len(entries),
        "closed": sum(one.state == CLOSED for one in entries),
        "done": sum(one.state == DONE for one in entries),
        "under_way": sum(one.state == UNDER_WAY for one in entries),
        "no_body": sum(one.is_open and not one.responsible for one in entries),
        "late": sum(one.late(told.today) for one in entries),
    }


def problems_by_area(told: Rectification) -> Block:
    """问题清单（按地区）: how many cases of each problem an area has, those of last year in the total apart; — is 缺报."""
    kinds = [about["name"] for about in declared()["problems"].values() if about.get("case")]
    here = {case.problem for case in told.followed.cases}
    kinds = [kind for kind in kinds if kind in here or kind in told.followed.absent]
    if not kinds:
        return Block.group()
    rows = []
    for area in _areas(told):
        mine = told.followed.inside(area)
        counts = Counter(case.problem for case in mine.cases)
        cells = [MISSING if kind in mine.absent else counts[kind] for kind in kinds]
        again = len(mine.again) if told.followed.before else MISSING
        gone = len(mine.gone) if told.followed.before else MISSING
        rows.append(
            [Cell(area.rpartition("/")[2], area=area), *cells, len(mine.cases), again, gone]
        )
    counts = Counter(case.problem for case in told.followed.cases)
    found = told.followed
    rows.append(
        [
            told.voice.term("total"),
            *(counts[kind] for kind in kinds),
            len(found.cases),
            len(found.again) if found.before else MISSING,
            len(found.gone) if found.before else MISSING,
        ]
    )
    before = told.before or told.voice.term("previous_year")
    columns: list[Any] = [{"key": "area", "label": told.scope.place}]
    columns += [{"key": kind, "label": kind, "align": "right", "format": WHOLE} for kind in kinds]
    columns += [
        {"key": key, "label": label, "align": "right", "format": WHOLE}
        for key, label in (
            ("n", "合计"),
            ("again", f"其中{before}已有"),
            ("gone", f"{before}问题已没有"),
        )
    ]
    notes = ["单位：项；同一单位的不同问题分别计项。"]
    if told.followed.absent:
        notes.append(f"“{MISSING}”为缺报有关台账，不是没有问题。")
    return _table(told, "问题清单（各地区项数）", columns, rows, notes, total=1)


def responsibilities(told: Rectification) -> Block:
    """责任清单: per area how many cases have a responsible body, a date and a state; nothing where no register is kept."""
    if not told.register.entries:
        return Block.group()
    rows = []
    for area in _areas(told):
        mine = told.inside(area)
        rows.append([Cell(area.rpartition("/")[2], area=area), *_states(mine)])
    rows.append([told.voice.term("total"), *_states(told)])
    labels = (
        "问题",
        "已明确责任单位",
        "已定时限",
        *(state for state in STATES if state != DISPUTED),
        DISPUTED,
        "逾期",
    )
    columns: list[Any] = [{"key": "area", "label": told.scope.place}]
    columns += [{"key": one, "label": one, "align": "right", "format": WHOLE} for one in labels]
    notes = ["单位：项。按整改台账登记；没有登记的计入“未开始”。"]
    return _table(told, "责任清单和整改进度", columns, rows, notes, total=1)


def _states(told: Rectification) -> list[int]:
    entries = [told.entry(case) for case in told.followed.cases]
    states = Counter(one.state for one in entries)
    ordered = [*(state for state in STATES if state != DISPUTED), DISPUTED]
    return [
        len(entries),
        sum(bool(one.responsible) for one in entries),
        sum(one.due is not None for one in entries),
        *(states[state] for state in ordered),
        sum(one.late(told.today) for one in entries),
    ]


def _areas(told: Rectification) -> list[str]:
    """The districts of the cases in administrative order, those that sent nothing among them."""
    level = told.scope.level if told.scope.level != "township" else "district"
    known = told.scope.told.areas
    at_level = set(known.loc[known["level"] == level, "area"])
    areas = [area for area in told.scope.areas if area in at_level]
    if areas:
        return areas
    return list(dict.fromkeys(case.home for case in told.followed.cases))


def _table(
    told: Rectification,
    title: str,
    columns: list[Any],
    rows: list[list[Any]],
    notes: Sequence[str],
    total: int = 0,
) -> Block:
    data = told.scope.told
    period = told.followed.period
    return Block.table(
        f"{period_words(period)}{title}",
        columns,
        rows,
        notes=list(notes),
        total_rows=total,
        source=source_line(period, data.is_demo),
        demo=data.is_demo,
    )


# the lists with names: internal


LIST_COLUMNS: tuple[tuple[str, float], ...] = (
    ("编号", 15.0),
    ("地区", 13.0),
    ("乡镇街道", 13.0),
    ("名称", 34.0),
    ("问题", 26.0),
    ("不符合的规定", 30.0),
    ("党员数", 9.0),
    ("首次发现", 10.0),
    ("台账情况", 22.0),
    ("原因", 26.0),
    ("整改措施", 26.0),
    ("责任单位", 18.0),
    ("整改时限", 14.0),
    ("整改状态", 12.0),
    ("台账位置", 30.0),
)


def case_rows(told: Rectification) -> list[list[Any]]:
    """整改清单: every case of now, then last period's open ones that the ledgers no longer show or cannot tell of."""
    found = told.followed
    rows = [_case_row(told, case, _standing(told, case)) for case in found.cases]
    rows += [
        _case_row(told, case, NO_LONGER)
        for case in found.gone
        if told.entry(case).state not in (CLOSED, DISPUTED)
    ]
    rows += [_case_row(told, case, NOT_TOLD) for case in found.unknown]
    return rows


def _standing(told: Rectification, case: Case) -> str:
    entry = told.entry(case)
    if entry.state in FINISHED:
        return f"登记为{entry.state}，{STILL_THERE}"
    if not told.followed.before:
        return ""
    return f"{told.before}已有" if told.first(case) != told.followed.period else "本期新列入"


def _case_row(told: Rectification, case: Case, standing: str) -> list[Any]:
    entry = told.entry(case)
    few = case.members is not None and case.members < SMALLEST
    return [
        case.number,
        case.district,
        case.township,
        case.name,
        case.problem,
        case.rule,
        FEW if few else case.members,
        told.first(case),
        standing,
        entry.cause,
        entry.measure,
        entry.responsible,
        entry.due,
        entry.state,
        case.place,
    ]


def case_table(told: Rectification, title: str, most: int | None = None) -> Block:
    """The same list as a block, without the columns that only the office fills and numbers of ledgers' rows."""
    rows = [
        [*row[1:6], row[6], row[8], row[11] or MISSING, row[12] or MISSING, row[13]]
        for row in case_rows(told)[:most]
    ]
    labels = [label for label, _ in LIST_COLUMNS]
    names = [*labels[1:7], labels[8], *labels[11:14]]
    columns: list[Any] = [{"key": f"c{n}", "label": name} for n, name in enumerate(names)]
    return _table(told, title, columns, rows or [["没有"] + [""] * (len(names) - 1)], [])


def register_bytes(told: Rectification) -> bytes:
    """整改台账（内部资料）.xlsx: the list with what was filled in so far, ready to be filled on and put back."""
    data = told.scope.told
    mark = data.codebook.term("internal")
    demo = data.codebook.term("demo_invented") + "。" if data.is_demo else ""
    rows = case_rows(told)
    for problem, areas in told.followed.absent.items():
        for path in areas:
            line: list[Any] = [""] * len(LIST_COLUMNS)
            line[1], line[4], line[8] = path.rpartition("/")[2], problem, NOT_LISTED
            rows.append(line)

    def fill(book: Any) -> None:
        sheet = list_sheet(book, "整改台账", LIST_COLUMNS, rows or [["没有"]])
        states = list(LIST_COLUMNS).index(("整改状态", 12.0))
        if rows:
            sheet.data_validation(
                1, states, len(rows), states, {"validate": "list", "source": list(STATES)}
            )
        sheet.freeze_panes(1, 4)
        sheet.set_header(f"&C{mark}&R{period_words(told.followed.period)}")
        sheet.set_footer(f"&L{demo}&C第&P页")
        about = book.add_worksheet("说明")
        about.set_column(0, 0, 110)
        head = book.add_format(HEAD | {"align": "left"})
        about.write_string(0, 0, f"{mark}　{period_words(told.followed.period)}整改台账", head)
        for n, text in enumerate(_INSTRUCTIONS, 1):
            about.write_string(n, 0, text)
        if demo:
            about.write_string(len(_INSTRUCTIONS) + 1, 0, demo)

    return book_bytes(fill, own=False)  # it is read back


_INSTRUCTIONS = (
    "填写“原因、整改措施、责任单位、整改时限、整改状态”五列；其余各列由程序填写，请不要改动编号。",
    f"整改状态只写：{'、'.join(STATES)}。责任单位写单位名称，不写个人。",
    "填好后放进项目的 data/raw 或 texts/年份 文件夹，文件名保留“整改台账”四字；"
    "再次运行 python start.py report 即带入报告和督办单，以后各年也带入。",
    f"台账情况为“{NO_LONGER}”的，上年列出、本年台账里已没有，请核实后把整改状态写为“{CLOSED}”，下次不再列出。",
    f"台账情况为“{NOT_TOLD}”“{NOT_LISTED}”的，是这个地区没有报送有关台账，不是没有问题。",
    f"党员数不足{SMALLEST}名的只写“{FEW}”。同一单位的不同问题各占一行。",
)

__all__ = [
    "OPEN",
    "Rectification",
    "case_rows",
    "case_table",
    "problems_by_area",
    "rectification",
    "rectified_words",
    "register_bytes",
    "responsibilities",
]
