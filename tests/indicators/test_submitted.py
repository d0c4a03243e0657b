"""Who sent what: the frame of extents, its one line, and one base a report for last year's printed numbers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import county_holes as holes
import pandas as pd
import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.building.checking import check_paths, check_project
from evalkit.indicators import Data, compare, load
from evalkit.problems import InputError
from evalkit.reports import quality
from evalkit.reports.feedback import submissions

CITY, HOLE = holes.CITY, f"{holes.CITY}/{holes.HOLE}"


def made(folder: Path, hole: Callable[[Path], object], settings: str = "") -> Data:
    hole(holes.copied(folder))
    (folder / "evalkit.yml").write_text(settings, encoding="utf-8")
    build(folder)
    return load(folder)


@pytest.mark.parametrize(
    ("hole", "line"),
    [
        (lambda raw: None, ""),
        (holes.county_gone, "2025年应报3个区县，实报2个；缺报：临山县"),
        (holes.ledger_gone, "2025年应报3个区县，实报3个；缺台账：临山县（经费台账）"),
        (holes.township_gone, "2025年应报3个区县，实报3个；所报台账缺：临山县东河乡"),
        (
            holes.county_split,
            "2025年应报4个区县，实报4个；缺台账：东新区（指导员台账、工作报表）",
        ),
    ],
    ids=["complete", "county", "ledger", "township", "split"],
)
def test_one_line_tells_who_is_absent(tmp_path: Path, hole, line: str) -> None:
    data = made(tmp_path, hole)
    said = data.submitted()
    assert said.words() == line and said.full == (line == "")
    assert data.submitted("2024").full
    if hole is holes.county_gone:
        rows = data.extents.query("area == @HOLE and period == '2025'")
        assert set(rows["state"]) == {"缺报"} and len(rows) == 7
        assert data.submitted(within="新泽区").full
        assert check_project(tmp_path).lines()[-1] == line
        shown = quality.extents(data)
        assert "临山县\t■ 缺报" in shown.plain() and "报送\t2/3" in shown.plain()
        assert list(shown.content["notes"]) == [f"{line}。"]


def test_a_county_without_a_file_stands_in_the_table_of_what_was_sent(tmp_path: Path) -> None:
    raw = holes.copied(tmp_path)
    holes.county_gone(raw)
    (tmp_path / "evalkit.yml").touch()
    columns, rows = submissions(check_project(tmp_path))
    row = next(row for row in rows if row[0] == HOLE and row[1] == "2025")
    assert set(row[2 : len(columns) - 6]) == {"未报"} and "没有报送" in row
    # a folder without a project is looked at in the same way, a lone county expects nobody else
    assert check_paths([raw]).absent == ["2025年应报3个区县，实报2个；缺报：临山县"]
    assert check_paths([holes.county(raw, 2025, "新泽区")]).absent == []


def test_a_ledger_that_says_nothing_is_there(tmp_path: Path) -> None:
    def hole(raw: Path) -> None:
        holes.rewrite(holes.county(raw, 2025) / "经费台账.xlsx", holes.stated_none)

    data = made(tmp_path, hole)
    rows = data.extents.query("area == @HOLE and period == '2025'").set_index("ledger")
    assert rows.at["funds", "state"] == "报无" and data.submitted().full


def printed(raw: Path, *rows: tuple[str, str, object]) -> None:
    """上年公布数.xlsx with rows of area, indicator and value."""
    book = xlsxwriter.Workbook(raw / "上年公布数.xlsx")
    sheet = book.add_worksheet("公布数")
    heads = ["地区", "年份", "指标", "数值", "单位", "口径", "来源"]
    for n, row in enumerate([heads, *([a, "2024", i, v, "", "", "年报"] for a, i, v in rows)]):
        sheet.write_row(n, 0, row)
    book.close()


ONE = [("临山县", "组织覆盖率", "50.0%"), ("临山县", "党员总数", 9999)]
NAMES = ("云州市", "临山县", "新泽区", "清河县")
ALL = [(name, "组织覆盖率", "50.0%") for name in NAMES]


def coverage(data: Data, area: str) -> float:
    rows = data.indicators.query("indicator == 'org_coverage' and period == '2024'")
    return float(rows.set_index("area").at[area, "value"])


@pytest.mark.parametrize("setting", ["auto", "printed", "ledgers"])
def test_printed_numbers_of_one_county_do_not_stand_beside_ledgers(
    tmp_path: Path, setting: str
) -> None:
    data = made(tmp_path, lambda raw: printed(raw, *ONE), f"last_year: {setting}\n")
    members = data.measures.query("measure == 'members' and period == '2024'").set_index("area")
    districts = members.loc[[f"{CITY}/{name}" for name in NAMES[1:]], "value"]
    used = setting == "printed"
    assert (coverage(data, HOLE) == 0.5) == used
    assert (districts[HOLE] == 9999) == used
    assert (districts.sum() == members.at[CITY, "value"]) != used
    assert set(data.baseline["used"]) == {used} and data.baseline["differs"].all()
    change = compare(data.indicators, "2025", against="2024").query("indicator == 'org_coverage'")
    before = change.set_index("area").at[HOLE, "previous"]
    assert before == coverage(data, HOLE)
    said = quality.last_year_words(data)
    assert ("缺云州市、新泽区、清河县的公布数" in said) == (setting == "auto")
    assert said in quality.baseline(data).content["notes"]


def test_printed_numbers_of_all_are_used(tmp_path: Path) -> None:
    data = made(tmp_path, lambda raw: printed(raw, *ALL, ONE[1]))
    assert (
        {coverage(data, f"{CITY}/{name}") for name in NAMES[1:]} == {coverage(data, CITY)} == {0.5}
    )
    assert data.manifest["last_year"]["codes"][-1]["used"]
    said = quality.last_year_words(data)
    assert "2024年党的组织覆盖率与公布数比较" in said and "党员缺云州市" in said


def test_a_printed_whole_without_its_ledgers_is_compared_where_all_report(tmp_path: Path) -> None:
    def hole(raw: Path) -> None:
        shutil.rmtree(raw / "2024")
        printed(raw, ("云州市", "组织覆盖率", "50.0%"))

    data = made(tmp_path, hole)
    change = compare(data.indicators, "2025", against="2024")
    row = change.query("area == @CITY and indicator == 'org_coverage'").squeeze()
    assert row["previous"] == 0.5 and pd.notna(row["change"])


def test_a_setting_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        made(tmp_path, lambda raw: None, "last_year: maybe\n")
