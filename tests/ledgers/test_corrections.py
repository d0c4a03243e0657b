"""更正表 changes cells before they are read and leaves its trace; what hits nothing is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from ledger_cases import clean_book, sheet
from written import write_book

from evalkit.building import build
from evalkit.indicators import load
from evalkit.ledgers.corrections import (
    Correction,
    _kind,
    apply_corrections,
    read_corrections,
    target_of,
    unmatched,
)
from evalkit.problems import TITLES


def one(**more: object) -> Correction:
    base = {
        "file": "台账.xlsx",
        "sheet": "Sheet1",
        "cell": "B2",
        "value": 7.0,
        "reason": "核对原件",
        "source": "2025/更正表.xlsx",
        "where": "Sheet1!A2",
    }
    return Correction(**(base | more))  # type: ignore[arg-type]


SHEET = sheet(
    [["单位名称", "党员总数", "联系人", "书记津贴"], ["甲公司", 3.0, "张伟", 3600.0]],
    file="2025/台账.xlsx",
)


def test_a_corrected_cell_changes_and_the_given_sheet_does_not() -> None:
    changed, problems = apply_corrections([SHEET], [one()])
    assert changed[0].rows[1][1] == 7.0
    assert SHEET.rows[1][1] == 3.0
    [said] = problems
    assert (said.code, said.severity, said.where, said.found, said.read) == (
        "value_corrected",
        "warning",
        "Sheet1!B2",
        "3",
        "7",
    )
    assert "核对原件" in said.advice
    assert said.code in TITLES


@pytest.mark.parametrize("cell, value", [("C2", "李娜"), ("D2", 4000.0), ("C2", "13812345678")])
def test_nothing_of_a_person_is_told(cell: str, value: object) -> None:
    _, [said] = apply_corrections([SHEET], [one(cell=cell, value=value)])
    assert all(word not in str(said) for word in ("张伟", "李娜", "3600", "4000", "13812345678"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"file": "别的.xlsx"},
        {"sheet": "没有"},
        {"cell": "Z99"},
        {"cell": "第二行"},
        {"cell": "B1048576"},
    ],
)
def test_a_correction_that_hits_nothing_is_an_error(wrong: dict[str, str]) -> None:
    changed, [said] = apply_corrections([SHEET], [one(**wrong)])
    assert changed[0].rows == SHEET.rows
    assert (said.code, said.severity) == ("correction_unused", "error")
    if "file" in wrong:
        assert (said.file, said.where) == ("2025/更正表.xlsx", "Sheet1!A2")
    else:  # told of the ledger it was meant for, with the row of the 更正表
        assert said.file == "2025/台账.xlsx" and "2025/更正表.xlsx Sheet1!A2" in said.found


def test_a_blank_can_be_filled_and_a_cell_emptied() -> None:
    raw = sheet([["单位名称", "党员总数"], ["甲公司", ""], ["乙公司", 5.0]], file="2025/台账.xlsx")
    changed, _ = apply_corrections(
        [raw],
        [
            one(value=4.0),
            one(cell="$B$3", value="空"),
            one(sheet="", cell="Sheet1!A3", value="丙公司"),
        ],
    )
    assert changed[0].rows[1:] == [["甲公司", 4.0], ["丙公司", ""]]


def test_a_file_is_told_from_the_root_from_its_folder_or_by_its_only_name() -> None:
    files = ["2025/甲区/台账.xlsx", "2025/乙区/台账.xlsx", "2025/丙区.xlsx", "2024/丙区.xlsx"]
    assert target_of(one(file="甲区/台账.xlsx"), files) == files[0]
    assert target_of(one(file="2025/乙区/台账.xlsx"), files) == files[1]
    assert target_of(one(file="丙区"), files) == files[2]
    assert target_of(one(file="台账.xlsx"), files) is None  # two bear the name: never a guess
    assert [p.code for p in unmatched([one(file="台账.xlsx"), one(file="丙区.xlsx")], files)] == [
        "correction_unused"
    ]


def test_a_name_alone_is_enough_where_it_is_one_and_several_are_named() -> None:
    files = [
        "2025/某市/甲区/组织台账.xlsx",
        "2025/某市/乙区/组织台账.xlsx",
        "2025/某市/乙区/经费 台账（1）.XLSX",
    ]
    for said in ("经费 台账（1）.XLSX", "经费 台账（1）", "经费台账(1).xlsx", "乙区/经费台账(1)"):
        assert target_of(one(file=said), files) == files[2], said
    assert target_of(one(file="甲区/组织台账.xlsx"), files) == files[0]
    assert target_of(one(file="区/组织台账.xlsx"), files) is None  # a folder is named whole
    [several, none] = unmatched([one(file="组织台账"), one(file="组织台帐（新）.xlsx")], files)
    assert "有2个" in several.found and files[0] in several.found and files[1] in several.found
    assert "某市/甲区/组织台账.xlsx" in several.advice
    assert "找不到" in none.found and "组织台账.xlsx" in none.advice


def test_a_row_that_says_too_little_is_an_error(tmp_path: Path) -> None:
    heads = ["文件", "工作表", "单元格", "新值", "理由"]
    write_book(
        tmp_path / "更正表.xlsx",
        {
            "更正": [
                ["更正表"],
                heads,
                ["a.xlsx", "S", "B2", 5.0, "漏填"],
                ["a.xlsx", "S", "B3", "", ""],
            ]
        },
    )
    rows, problems = read_corrections([tmp_path / "更正表.xlsx"], tmp_path)
    assert [(c.file, c.cell, c.value, c.where) for c in rows] == [("a.xlsx", "B2", 5.0, "更正!A3")]
    assert [(p.code, p.where) for p in problems] == [("correction_unused", "更正!A4")]


def test_a_build_applies_corrections_and_reads_only_what_they_change(tmp_path: Path) -> None:
    raw = tmp_path / "data" / "raw" / "2025"
    book = {name: rows for name, rows in clean_book().items() if name != "经费台账"}
    write_book(raw / "演示01区.xlsx", book)
    write_book(raw.with_name("2024") / "演示02区.xlsx", book)
    before = build(tmp_path, jobs=1)
    members = load(tmp_path).frame("units").groupby("source_file")["members"].sum()
    heads = ["文件", "工作表", "单元格", "新值", "理由"]
    write_book(
        raw / "更正表.xlsx",
        {
            "S": [
                heads,
                ["演示01区.xlsx", "组织台账", "M2", 9.0, "少算5名"],
                ["演示09区.xlsx", "组织台账", "M2", 1.0, ""],
            ]
        },
    )
    after = build(tmp_path, jobs=1)
    assert after.changed
    now = load(tmp_path)
    changed = now.frame("units").groupby("source_file")["members"].sum() - members
    assert changed.to_dict() == {"2025/演示01区.xlsx": 5, "2024/演示02区.xlsx": 0}
    parts = [{f["file"]: f["part"] for f in made.files} for made in (before, after)]
    assert (
        parts[0]["2024/演示02区.xlsx"] == parts[1]["2024/演示02区.xlsx"]
    )  # its folder has no 更正表
    found = now.problems.loc[
        now.problems["code"].isin(["value_corrected", "correction_unused"]),
        ["file", "cell", "code", "severity"],
    ]
    assert found.sort_values("code").to_numpy().tolist() == [
        ["2025/更正表.xlsx", "A3", "correction_unused", "error"],
        ["2025/演示01区.xlsx", "M2", "value_corrected", "warning"],
    ]
    assert not build(tmp_path, jobs=1).changed


def test_last_years_printed_number_is_used_and_both_are_shown(tmp_path: Path) -> None:
    from evalkit.indicators import compare
    from evalkit.reports.quality import baseline

    raw = tmp_path / "data" / "raw"
    for year in ("2024", "2025"):
        write_book(raw / year / "演示01区.xlsx", clean_book() | {"经费台账": [], "活动台账": []})
    build(tmp_path, jobs=1)
    own = (
        load(tmp_path)
        .indicators.query("period == '2024' and area == '演示01区'")
        .set_index("indicator")
    )
    code = "org_coverage"
    assert own.at[code, "value"] == pytest.approx(0.75)  # 3 of 4 operating legal persons, by hand
    name = own.at[code, "name"]
    heads = ["地区", "年份", "指标", "数值", "单位", "口径", "来源"]
    rows = [
        ["演示01区", "2024", name, "72.5%", "", "全部", "2024年年报"],
        ["演示01区", "2024", "党员总数", own.at[code, "numerator"] + 99, "人", "", "年报"],
        ["没有这个区", "2024", name, 1.0, "", "", ""],
    ]
    write_book(raw / "上年公布数.xlsx", {"S": [heads, *rows]})
    assert build(tmp_path, jobs=1).changed
    data = load(tmp_path)
    now = data.indicators.query("area == '演示01区' and indicator == @code").set_index("period")
    assert now["value"].to_dict() == pytest.approx({"2024": 0.725, "2025": 0.75})
    assert "按台账重算为75.0%" in now.at["2024", "method"]
    verdict = (
        compare(data.indicators, "2025", against="2024")
        .query("area == '演示01区' and indicator == @code")
        .iloc[0]
    )
    assert verdict["previous"] == pytest.approx(0.725)
    table = baseline(data).plain()
    assert "72.5%\t75.0%" in table
    assert {"baseline_differs", "area_unknown"} <= set(data.problems["code"])
    frame = pd.read_parquet(data.folder / "baseline.parquet")
    assert set(frame["status"]) == {"published_last_year"}
    assert (
        data.measures.query("area == '演示01区' and measure == 'members' and period == '2024'")[
            "value"
        ].item()
        == own.at[code, "numerator"] + 99
    )


def test_a_text_that_was_corrected_is_left_out_and_said_to_be() -> None:
    assert [_kind(v, True) for v in ("停业", None, 3)] == ["文字（从略）", "空白", "3"]
