"""``更正表.xlsx``: cells that the office corrects without touching its ledgers, each with its reason.

One row a cell: 文件, 工作表 (may stand in 单元格 as ``组织台账!F12``), 单元格, 新值, 理由. It lies in a folder of ledgers and
speaks of the files below that folder. A correction changes the raw cell before anything is read from it, and stays in
the problems as a warning; one that hits nothing is an error.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from evalkit.ledgers import persons
from evalkit.ledgers.files import RawSheet, read_sheets
from evalkit.ledgers.headings import squeeze
from evalkit.problems import MOST_NAMES, Problem, did_you_mean
from evalkit.world.columns import column_number
from evalkit.world.number import plain

NAME = "更正表.xlsx"
_COLUMNS = {
    "file": "文件 文件名 台账",
    "sheet": "工作表 表名",
    "cell": "单元格 位置",
    "value": "新值 更正为 改为",
    "reason": "理由 更正理由 原因",
}
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_CLEAR = ("空", "空白", "清空")


@dataclass(frozen=True)
class Correction:
    """One row of a 更正表: which cell becomes what, why, and where that is written."""

    file: str
    sheet: str
    cell: str
    value: object
    reason: str
    source: str = NAME
    where: str = ""

    @property
    def folder(self) -> str:
        return self.source.rpartition("/")[0]


def correction_files(root: Path, name: str) -> list[Path]:
    """The 更正表 that speak of a ledger: in its own folder and in those above it, up to `root`."""
    folders = [root / p for p in PurePosixPath(name).parents]
    return sorted(path for folder in folders if (path := folder / NAME).is_file())


def read_corrections(paths: Iterable[Path], root: Path) -> tuple[list[Correction], list[Problem]]:
    """The rows of some 更正表; names are told from `root`. A row that says too little is an error."""
    out: list[Correction] = []
    problems: list[Problem] = []
    for path in paths:
        name = persons.label(path.relative_to(root).as_posix())
        sheets, wrong = read_sheets(path, name=name)
        problems += wrong
        at: dict[str, int] = {}
        for sheet in sheets:
            for i, row in enumerate(sheet.rows):
                words = [squeeze(c) for c in row]
                found = {
                    k: words.index(w)
                    for k, names in _COLUMNS.items()
                    for w in names.split()
                    if w in words
                }
                if {"file", "cell", "value"} <= found.keys():
                    at = found
                elif at and any(words):
                    texts = {
                        k: str(row[j]).strip() if k != "value" else row[j] for k, j in at.items()
                    }
                    where = f"{sheet.name}!A{i + 1}"
                    given: dict[str, Any] = {"sheet": "", "reason": ""} | texts
                    one = Correction(**given, source=name, where=where)
                    if one.file and one.cell and one.value != "":
                        out.append(one)
                    else:
                        problems.append(
                            _unused(
                                one,
                                "文件、单元格、新值三项没有填全",
                                "补全；要把单元格清空，新值写“空”",
                            )
                        )
        if sheets and not at:
            said = (
                "找不到表头",
                "整张更正表未采用",
                "文件、工作表、单元格、新值、理由",
                "改成规定的表头",
            )
            problems.append(Problem("correction_unused", "error", name, "", *said))
    return out, problems


def target_of(one: Correction, files: Iterable[str]) -> str | None:
    """The ledger a correction means; None where it is none of `files`, or may be several."""
    hits = meant_by(one, files)
    return hits[0] if len(hits) == 1 else None


def meant_by(one: Correction, files: Iterable[str]) -> list[str]:
    """The ledgers that a correction may mean, by the first way of reading its file that finds any.

    Its name from the root or from the folder of the 更正表; the same without ending, or as a member of an archive; the
    last part of its path, from a folder on or the name alone; and that without regard to blanks, width and case.
    """
    said = persons.label(one.file.replace("\\", "/").removeprefix("./"))
    inside = [f for f in files if not one.folder or f.startswith(one.folder + "/")]
    full = [said, f"{one.folder}/{said}"] if one.folder else [said]
    loose = _loose(said)
    for same in (
        lambda f: f in full,
        lambda f: _stem(f) in full,
        lambda f: any(w.startswith(f + "/") for w in full),
        lambda f: f"/{f}".endswith(f"/{said}") or f"/{_stem(f)}".endswith(f"/{said}"),
        lambda f: f"/{_loose(f)}".endswith(f"/{loose}") or _loose(_stem(f)) == loose,
        lambda f: f"/{_loose(_stem(f))}".endswith(f"/{loose}"),
    ):
        hits = list(dict.fromkeys(f for f in inside if same(f)))
        if hits:
            return hits
    return []


def _stem(name: str) -> str:
    return re.sub(r"\.[A-Za-z]{2,4}$", "", name)


def _loose(name: str) -> str:
    return squeeze(name).casefold()


def unmatched(corrections: Iterable[Correction], files: Sequence[str]) -> list[Problem]:
    """An error for every correction whose file is not among `files`, or may be several of them: which, is said."""
    found = []
    for one in corrections:
        hits = meant_by(one, files)
        if len(hits) == 1:
            continue
        said = persons.label(one.file)
        if hits:
            several = f"“{said}”有{len(hits)}个：{'、'.join(hits[:MOST_NAMES])}"
            advice = f"在文件名前写上文件夹，例如 {hits[0].removeprefix(one.folder + '/')}"
            found.append(_unused(one, several, advice))
        else:
            names = {PurePosixPath(f).name for f in files}
            nearest = did_you_mean(PurePosixPath(said).name, names)
            advice = nearest or "文件名写成问题清单里“文件”一列的样子，只写名称也可以"
            found.append(_unused(one, f"找不到“{said}”", advice))
    return found


def apply_corrections(
    sheets: Sequence[RawSheet], corrections: Sequence[Correction]
) -> tuple[list[RawSheet], list[Problem]]:
    """The sheets with corrected cells (the given ones stay as they are), and what was done or could not be done."""
    out = list(sheets)
    problems: list[Problem] = []
    copied: set[int] = set()
    files = list(dict.fromkeys(s.file for s in out))
    for one in corrections:
        sheet_said, _, cell = one.cell.rpartition("!")
        said_sheet = (one.sheet or sheet_said).strip("'")
        wanted, match = (
            persons.label(said_sheet) if said_sheet else "",
            _CELL.fullmatch(cell.strip()),
        )
        file = target_of(one, files)
        here = [
            i
            for i, s in enumerate(out)
            if s.file == file
            and (squeeze(s.name) == squeeze(wanted) if wanted else s.state == "visible")
        ]
        if file is None or match is None or len(here) != 1:
            said = (
                "文件找不到，或有几个同名"
                if file is None
                else "单元格的写法看不懂"
                if match is None
                else "没有所写的工作表"
                if wanted
                else "文件里有几个工作表，没有写明是哪一个"
            )
            problems.append(_unused(one, said, "单元格写成 F12，工作表单独写明", file or ""))
            continue
        sheet = out[here[0]]
        column = column_number(match[1])
        row = int(match[2])
        i = row - 1
        if not 0 <= i < len(sheet.rows) or column > len(sheet.rows[i]):
            problems.append(
                _unused(one, f"单元格 {match[0].upper()} 在表格以外", "核对单元格的位置", file)
            )
            continue
        if here[0] not in copied:
            copied.add(here[0])
            sheet = out[here[0]] = dataclasses.replace(sheet, rows=[list(r) for r in sheet.rows])
        old = sheet.rows[i][column - 1]
        new = "" if isinstance(one.value, str) and one.value.strip() in _CLEAR else one.value
        sheet.rows[i][column - 1] = new
        out[here[0]] = dataclasses.replace(sheet, no_value=sheet.no_value - {(row, column)})
        reason = one.reason[:60] if persons.free_of_names(one.reason) else "见该行"
        because = f"{one.source} {one.where}" + (
            f"，理由：{reason}" if one.reason else "，没有写理由"
        )
        where = f"{sheet.name}!{match[1].upper()}{row}"
        above = [
            r[column - 1]
            for r in sheet.rows[:i]
            if column <= len(r) and isinstance(r[column - 1], str)
        ]
        told = not any(persons.heading_kind(str(text), table="instructors") for text in above)
        problems.append(
            Problem(
                "value_corrected",
                "warning",
                sheet.file,
                where,
                _kind(old, told),
                _kind(new, told),
                "",
                because,
            )
        )
    return out, problems


def _unused(one: Correction, found: str, advice: str, file: str = "") -> Problem:
    """A correction without effect: told of the ledger where that is known, so that it stays with the ledger's part."""
    at = (
        (file, "", f"{one.source} {one.where}：{found}") if file else (one.source, one.where, found)
    )
    return Problem("correction_unused", "error", *at, "未采用", "", advice)


def _kind(cell: Any, told: bool) -> str:
    """What stands in a cell, never a text: a number is told outside the columns of persons, else the kind only."""
    if cell is None or cell == "":
        return "空白"
    if persons.cell_kind(cell):
        return "个人信息"
    if isinstance(cell, bool | str):
        return "文字（从略）"
    return "日期" if not isinstance(cell, int | float) else plain(cell) if told else "数字"
