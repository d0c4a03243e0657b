"""The three invented counties with parts taken away, as offices send them."""

from __future__ import annotations

import atexit
import datetime
import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

COUNTIES = Path(__file__).parent / "data" / "three_counties" / "raw"
CITY = "云州市"
HOLE = "临山县"  # the county of which something is missing
KEPT = ("新泽区", "清河县")
TOWNSHIP = "东河乡"
LEDGERS_BY_TOWNSHIP = ("组织台账", "党组织台账", "经费台账", "活动台账", "星级评定表")
Rows = list[list[Any]]


@functools.cache
def _built() -> Path:
    """The complete counties, built once in a process; a build of a copy reads anew only what changed."""
    from evalkit.building import build

    folder = Path(tempfile.mkdtemp(prefix="three-counties-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(COUNTIES, folder / "data" / "raw")
    build(folder, jobs=1)
    return folder


def copied(folder: Path) -> Path:
    """A built project with the complete ledgers of 2024 and 2025; returns its raw folder."""
    shutil.copytree(_built(), folder, dirs_exist_ok=True)
    return folder / "data" / "raw"


CHOICES = """\
index: annual
references:
  activity_fund_per_member: fuyang_2015
  instructor_load: load_hefei
  matching_ratio: matching_1_1
  dues_return_rate: dues_full
  dues_return_rate_lag: dues_full
  member_admission_growth: admission_growth_lishui
"""


def chosen(folder: Path) -> None:
    """The project chooses the index and the references of other places that the demonstration has."""
    (folder / "evalkit.yml").write_text(CHOICES, encoding="utf-8")


def county(raw: Path, year: int, name: str = HOLE) -> Path:
    return raw / str(year) / CITY / name


def rewrite(path: Path, change: Callable[[Rows], Rows]) -> None:
    """The workbook anew, with other rows in its first sheet."""
    book = CalamineWorkbook.from_path(path)
    sheets = [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    out = xlsxwriter.Workbook(path)
    day = out.add_format({"num_format": "yyyy-mm-dd"})
    for number, (name, rows) in enumerate(sheets):
        sheet = out.add_worksheet(name)
        for i, row in enumerate(change(rows) if number == 0 else rows):
            for j, value in enumerate(row):
                if isinstance(value, datetime.date):
                    sheet.write_datetime(i, j, datetime.datetime(*value.timetuple()[:3]), day)
                elif value != "":
                    sheet.write(i, j, value)
    out.close()


def heading(rows: Rows) -> int:
    """The place of the row of headings."""
    return next(n for n, row in enumerate(rows) if "备注" in row)


def without_column(name: str) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        at = rows[heading(rows)].index(name)
        return [row[:at] + row[at + 1 :] for row in rows]

    return change


def rows_where(keep: Callable[[str], bool]) -> Callable[[Rows], Rows]:
    """Only the rows below the headings whose whole text fits."""

    def change(rows: Rows) -> Rows:
        top = heading(rows) + 1
        return rows[:top] + [row for row in rows[top:] if keep("".join(map(str, row)))]

    return change


def stated_none(rows: Rows) -> Rows:
    """A ledger that says 无."""
    top = heading(rows) + 1
    return [*rows[:top], ["无", *[""] * (len(rows[0]) - 1)]]


def county_gone(raw: Path, year: int = 2025) -> None:
    shutil.rmtree(county(raw, year))


def ledger_gone(raw: Path, name: str = "经费台账") -> None:
    (county(raw, 2025) / f"{name}.xlsx").unlink()


def township_gone(raw: Path) -> None:
    for ledger in LEDGERS_BY_TOWNSHIP:
        rewrite(county(raw, 2025) / f"{ledger}.xlsx", rows_where(lambda text: TOWNSHIP not in text))


def county_split(raw: Path, new: str = "东新区") -> None:
    """In 2025 a township of the county is a district of its own; nobody wrote areas.xlsx."""
    (raw / "地区.xlsx").unlink()
    shutil.copytree(county(raw, 2025), county(raw, 2025, new))
    for ledger in LEDGERS_BY_TOWNSHIP:
        rewrite(
            county(raw, 2025, new) / f"{ledger}.xlsx",
            lambda rows: [
                [cell.replace(HOLE, new) if isinstance(cell, str) else cell for cell in row]
                for row in rows_where(lambda text: TOWNSHIP in text)(rows)
            ],
        )
    for ledger in ("工作报表", "指导员台账"):
        (county(raw, 2025, new) / f"{ledger}.xlsx").unlink()
    township_gone(raw)
