"""Quarters, months and half-years that titles, files and folders tell; the day on which a form was handed in."""

from __future__ import annotations

import datetime as dt
import io
import os
import struct
from pathlib import Path

import pytest
import xlsxwriter

from evalkit.codebook.kept import SAVED, STATED
from evalkit.ledgers import read_ledger
from evalkit.ledgers.delivered import day_told
from evalkit.ledgers.part_of_year import part_in
from evalkit.ledgers.place import locate
from evalkit.ledgers.saved import of_old_workbook, of_open_document
from evalkit.ledgers.scan import scan


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2025年三季度报表", "2025Q3"),
        ("2025年第三季度两新组织党建工作报表", "2025Q3"),
        ("2025Q3", "2025Q3"),
        ("25年3季度", "2025Q3"),
        ("2025三季度", "2025Q3"),
        ("2025年7-9月", "2025Q3"),
        ("2025-07", "2025-07"),
        ("2025.07", "2025-07"),
        ("202507", "2025-07"),
        ("2025年7月份台账", "2025-07"),
        ("2025年七月", "2025-07"),
        ("2025年上半年", "2025H1"),
        ("2025年1—6月", "2025H1"),
    ],
)
def test_what_tells_a_part_of_a_year(text: str, period: str) -> None:
    assert locate([("文件名", text)]).period == period


@pytest.mark.parametrize(
    "text",
    [
        "截至2025年6月30日",
        "截至2025年12月",
        "2025年6月底",
        "2025年10月8日",
        "20250731",
        "2025年度组织台账",
        "2025年1-12月",
        "2025年每季度一次",
        "2025年四季青街道台账",
        "2025年三月乡台账",
        "2025年一季度和二季度",
    ],
)
def test_what_tells_none(text: str) -> None:
    assert part_in(text) is None
    assert locate([("标题", text)]).period == "2025"


def test_a_folder_tells_the_quarter_and_another_one_the_year() -> None:
    said = [("标题", "甲县组织台账"), ("文件夹", "三季度"), ("文件夹", "2025")]
    assert locate(said).period == "2025Q3"
    said = [("标题", "甲县组织台账"), ("文件名", "7月"), ("文件夹", "三季度"), ("文件夹", "2025年")]
    assert locate(said).period == "2025-07"  # a month of that quarter


def test_the_title_stands_before_the_file_and_the_difference_is_asked() -> None:
    place = locate([("标题", "2025年第三季度组织台账"), ("文件名", "2025年四季度组织台账")])
    assert place.period == "2025Q3"
    assert [code for code, _, _ in place.conflicts] == ["period_conflict"]
    late = locate([("标题", "2025年四季度组织台账"), ("文件夹", "2026年1月")])
    assert late.period == "2025Q4"  # handed in in January


def test_the_month_of_a_file_of_the_year_is_when_it_was_made() -> None:
    assert locate([("标题", "甲县2025年度组织台账"), ("文件名", "组织台账202601")]).period == "2025"
    assert locate([("标题", "甲县2025年度组织台账"), ("文件名", "组织台账202506")]).period == "2025"


def units(folder: Path, name: str, *rows: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = "单位名称,单位类型,状态,正式党员,组建方式,党组织名称"
    lines = [",".join([f"{name},,,,,"]), head, *rows]
    (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")


def activities(folder: Path, name: str) -> None:
    rows = ["党组织名称,活动日期,活动类型,应到人数,实到人数", "子支部,2025-07-05,主题党日,5,4"]
    (folder / f"{name}.csv").write_text("\n".join([f"{name},,,,", *rows]), encoding="utf-8")


def periods(folder: Path, table: str) -> set[str]:
    return set(read_ledger(folder).tables[table]["period"])


def test_activities_of_a_month_belong_to_the_period_of_their_organisations(tmp_path: Path) -> None:
    row = "子公司,民营企业,正常,5,单独组建,子支部"
    year, quarter, alone = (tmp_path / name for name in ("甲县", "乙县", "丙县"))
    units(year, "甲县2025年组织台账", row)
    activities(year, "甲县2025年7月活动台账")
    assert periods(year, "activities") == {"2025"}
    activities(year, "甲县2025年一季度活动台账")
    activities(year, "甲县2025年三季度活动台账")
    (year / "甲县2025年7月活动台账.csv").unlink()
    said = [p.found for p in read_ledger(year).problems if p.code == "period_incomplete"]
    assert said == ["甲县2025年活动台账按季报，缺第二季度、第四季度"]
    units(quarter, "乙县2025年三季度组织台账", row)
    activities(quarter, "乙县2025年7月活动台账")
    assert periods(quarter, "activities") == {"2025Q3"}
    units(alone, "丙县组织台账2025年12月", row)
    assert periods(alone, "units") == {"2025"}  # December alone is how the year ended


@pytest.mark.parametrize(
    ("rows", "day"),
    [
        ([["填表人：〔略〕    报送日期：2025年10月8日"]], "2025-10-08"),
        ([["报送时间：", "", "2025-10-08"]], "2025-10-08"),
        ([["上报日期", 45938]], "2025-10-08"),
        ([["填报日期：2025年10月1日", "报送日期：2025年10月8日"]], "2025-10-08"),
        ([["制表日期:2025.10.8"]], "2025-10-08"),
        ([["报送日期：   年  月  日"]], ""),
        ([["2025年10月8日"]], ""),
    ],
)
def test_the_day_that_a_form_states(rows: list[list[object]], day: str) -> None:
    assert day_told(rows) == day


def workbook(path: Path, saved: dt.datetime, foot: str = "") -> None:
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": saved})
    sheet = book.add_worksheet()
    for place, row in enumerate(
        [["甲县2025年三季度工作报表"], ["指标", "数值"], ["发展党员", 3], [], [foot]]
    ):
        sheet.write_row(place, 0, row)
    book.close()


def test_a_workbook_tells_when_it_was_saved_the_file_system_does_not(tmp_path: Path) -> None:
    path = tmp_path / "甲县2025年三季度工作报表.xlsx"
    workbook(path, dt.datetime(2025, 10, 10, 18, 0))  # in Beijing the 11th
    os.utime(path, (0, 0))
    sheet = read_ledger(path).sheets.iloc[0]
    assert (sheet["handed_in"], sheet["handed_in_by"]) == ("2025-10-11", SAVED)
    workbook(path, dt.datetime(2025, 12, 1), foot="报送日期：2025年10月8日")
    sheet = read_ledger(path).sheets.iloc[0]
    assert (sheet["handed_in"], sheet["handed_in_by"]) == ("2025-10-08", STATED)


def test_other_formats_tell_it_in_their_way() -> None:
    assert of_open_document(b"<office:meta><dc:date>2025-10-08T09:00:00</dc:date>") == "2025-10-08"
    ticks = int((dt.datetime(2025, 10, 8) - dt.datetime(1601, 1, 1)).total_seconds()) * 10_000_000
    head = struct.pack("<HHI16sI", 0xFFFE, 0, 0, bytes(16), 1)
    name = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    section = struct.pack("<IIIIIQ", 28, 1, 0x0D, 16, 0x40, ticks)
    data = bytes(512) + head + name + struct.pack("<I", 48) + section
    assert of_old_workbook(data) == "2025-10-08"
    assert of_old_workbook(data[:-30]) == ""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    book.set_properties({"created": dt.datetime(2025, 10, 8, 1)})
    book.add_worksheet()
    book.close()
    assert scan(content.getvalue()).saved == "2025-10-08"
