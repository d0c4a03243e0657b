"""整改台账: what the office writes about every case (cause, measure, responsible body, date, state), read back.

The program writes 整改台账（内部资料）.xlsx beside the report; the office fills it and puts it below ``data/raw`` or
``texts/<period>`` of the project. Every later run reads it again: a case is known by its number, however often a unit
changes its name in other columns, and over the years. What cannot be read is told by cell; the row's other cells count.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.indicators.project import Project
from evalkit.ledgers import persons
from evalkit.ledgers.dates import parse_date
from evalkit.ledgers.files import RawSheet, read_sheets
from evalkit.ledgers.headings import squeeze
from evalkit.problems import Problem, did_you_mean
from evalkit.world.columns import letter
from evalkit.world.period import Period, precedes

NUMBER = re.compile(r"ZG[0-9A-F]{10}")
HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("编号", "问题编号"),
    "first": ("首次发现", "首次列入"),
    "cause": ("原因", "问题原因", "产生原因", "原因分析"),
    "measure": ("整改措施", "措施"),
    "responsible": ("责任单位", "牵头单位", "责任主体"),
    "due": ("整改时限", "完成时限", "时限"),
    "state": ("整改状态", "状态", "整改情况", "整改进展"),
}
OPEN, UNDER_WAY, DONE, CLOSED, DISPUTED = "未开始", "整改中", "已整改", "已销号", "不属实"
STATES: dict[str, tuple[str, ...]] = {
    OPEN: ("未开始", "未整改", "未启动", "未完成", "否"),
    UNDER_WAY: ("整改中", "正在整改", "推进中", "进行中", "持续推进", "长期坚持"),
    DONE: ("已整改", "整改完成", "已完成", "完成", "已落实", "是"),
    CLOSED: ("已销号", "销号", "已办结", "办结"),
    DISPUTED: ("不属实", "误报", "数据有误", "不存在"),
}
FINISHED = (DONE, CLOSED)
TEXTS = ("cause", "measure", "responsible")
LONGEST = 500  # characters of a text of the office


@dataclass(frozen=True)
class Entry:
    """What the office says of one case.

    Attributes
    ----------
    number
        Of the case.
    cause, measure, responsible
        Its words, without what names a person.
    due
        Until when; the last day of what was written.
    state
        One of `STATES`; 未开始 where nothing stands.
    first
        The period in which the case was first listed, as an earlier table of the program said.
    place
        File and row.
    """

    number: str
    cause: str = ""
    measure: str = ""
    responsible: str = ""
    due: dt.date | None = None
    state: str = OPEN
    first: str = ""
    place: str = ""

    @property
    def is_open(self) -> bool:
        return self.state not in (*FINISHED, DISPUTED)

    def late(self, today: dt.date) -> bool:
        """Whether the date has passed and the case is still open."""
        return self.is_open and self.due is not None and self.due < today


@dataclass(frozen=True)
class Register:
    """All entries by number, and what could not be read."""

    entries: Mapping[str, Entry]
    problems: tuple[Problem, ...] = ()

    def get(self, number: str) -> Entry:
        """What is said of a case; an entry without words where nothing is."""
        return self.entries.get(number, Entry(number))


def read_register(project: Project, period: str | int) -> Register:
    """The 整改台账 of a project; files in a folder of a later period than the one judged are not read.

    Where two files speak of one case, that of the later period counts, and of one period the later in the order of
    names; within one file the first.
    """
    read: list[tuple[str, list[Entry]]] = []
    problems: list[Problem] = []
    for path in project.registers():
        when = _period_of(path, project.root)
        if when and precedes(str(period), when):
            continue
        name = persons.label(path.relative_to(project.root).as_posix())
        sheets, wrong = read_sheets(path, name=name)
        entries = list(_entries(sheets, name, problems))
        problems += wrong
        if not entries and not wrong:
            advice = "保留“编号”一列和它的内容，由程序生成的整改台账填写后放回"
            problems.append(
                Problem("column_missing", "error", name, "", "找不到编号", "", "编号", advice)
            )
        read.append((when, entries))
    found: dict[str, Entry] = {}
    for _when, entries in sorted(read, key=lambda one: _in_time(one[0])):
        found |= {entry.number: entry for entry in entries}
    return Register(found, tuple(problems))


def _period_of(path: Path, root: Path) -> str:
    """The period of the folder in which a file lies; "" where no folder says one."""
    for part in reversed(path.relative_to(root).parts[:-1]):
        read = Period.read(part)
        if read is not None and read.in_calendar:
            return str(read)
    return ""


def _in_time(period: str) -> int:
    return Period.parse(period).bounds[1].toordinal() if period else 0


def _entries(sheets: Iterable[RawSheet], file: str, problems: list[Problem]) -> Iterator[Entry]:
    seen: dict[str, str] = {}
    for sheet in sheets:
        at: dict[str, int] = {}
        for n, row in enumerate(sheet.rows):
            words = [squeeze(cell) for cell in row]
            heads = _heads(words)
            if "number" in heads and len(heads) > 1:
                at = heads
                continue
            if not at or not any(words):
                continue
            cells = _Cells(row, at, n, sheet, file, problems)
            number = squeeze(cells.raw("number")).upper()
            if not NUMBER.fullmatch(number):
                cells.told_wrong_number(number)
                continue
            if number in seen:
                cells.problem(
                    "number", "row_duplicate", f"与{seen[number]}重复，此行未采用", "每个编号一行"
                )
                continue
            seen[number] = cells.where("number")
            yield Entry(
                number,
                cause=cells.text("cause"),
                measure=cells.text("measure"),
                responsible=cells.text("responsible"),
                due=cells.date("due"),
                state=cells.state(),
                first=cells.period("first"),
                place=f"{file} {cells.where('number')}",
            )


def _heads(words: list[str]) -> dict[str, int]:
    return {
        key: words.index(name)
        for key, names in HEADINGS.items()
        for name in reversed(names)
        if name in words
    }


@dataclass(frozen=True)
class _Cells:
    """One row of a register, and where to tell what is wrong with its cells."""

    row: list[Any]
    at: Mapping[str, int]
    n: int
    sheet: RawSheet
    file: str
    problems: list[Problem]

    def raw(self, key: str) -> Any:
        place = self.at.get(key)
        return "" if place is None or place >= len(self.row) else self.row[place]

    def where(self, key: str) -> str:
        return f"{self.sheet.name}!{letter(self.at[key])}{self.n + 1}"

    def problem(
        self,
        key: str,
        code: str,
        found: str,
        allowed: str,
        advice: str = "",
        severity: str = "error",
    ) -> None:
        self.problems.append(
            Problem(
                code,
                severity,  # type: ignore[arg-type]
                file=self.file,
                where=self.where(key),
                found=found,
                allowed=allowed,
                advice=advice,
            )
        )

    def told_wrong_number(self, number: str) -> None:
        if not number and not any(squeeze(self.raw(key)) for key in (*TEXTS, "due", "state")):
            return  # a line without any word of the office
        advice = "从程序生成的整改台账照抄编号，不要改动"
        self.problem("number", "value_invalid", number or "（空）", "ZG 加10位编号", advice)

    def text(self, key: str) -> str:
        if key not in self.at:
            return ""
        gated = persons.gate(str(self.raw(key)).strip()[:LONGEST], "text")
        if gated.kinds:
            kinds = "、".join(persons.KIND_NAMES[kind] for kind in gated.kinds)
            self.problem(
                key, "personal_data", kinds, "单位名称，不写个人", "已略去，请改写", "warning"
            )
        return gated.text

    def date(self, key: str) -> dt.date | None:
        if key not in self.at:
            return None
        read = parse_date(self.raw(key), date_1904=self.sheet.date_1904)
        if read.note in ("value_unreadable", "date_impossible"):
            allowed, advice = "日期，如 2026年6月30日", "改成一个日期；没有定的留空"
            self.problem(key, read.note, str(self.raw(key)), allowed, advice)
            return None
        return read.high or read.date

    def period(self, key: str) -> str:
        read = Period.read(self.raw(key)) if key in self.at and self.raw(key) != "" else None
        return str(read) if read is not None and read.in_calendar else ""

    def state(self) -> str:
        said = squeeze(self.raw("state")) if "state" in self.at else ""
        if not said:
            return OPEN
        for state, words in STATES.items():
            if said in words:
                return state
        near = did_you_mean(said, [word for words in STATES.values() for word in words])
        self.problem("state", "value_invalid", said, "、".join(STATES), near or "按允许的词填写")
        return OPEN


__all__ = ["CLOSED", "DISPUTED", "DONE", "OPEN", "STATES", "Entry", "Register", "read_register"]
