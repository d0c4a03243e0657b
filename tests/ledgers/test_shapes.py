"""Sheets that are no list of records: each shape with the values that a clerk would read from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from written import write_book

from evalkit.ledgers import Ledger, read_ledger

Rows = Sequence[Sequence[Any]]


def read(folder: Path, **sheets: Rows) -> Ledger:
    return read_ledger(write_book(folder / "示例县2025年.xlsx", sheets))


def figures(ledger: Ledger) -> dict[str, dict[str, float]]:
    """Area (its last name) -> measure -> value."""
    out: dict[str, dict[str, float]] = {}
    for row in ledger.tables["figures"].itertuples():
        out.setdefault(row.area.rpartition("/")[2], {})[row.measure] = row.value
    return out


def codes(ledger: Ledger) -> set[str]:
    return {problem.code for problem in ledger.problems}


# --- stars by stage ------------------------------------------------------------------------------------------------------

NAMES = ["甲公司党支部", "乙公司党支部", "丙公司党支部"]


@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        (
            ["自评", "乡镇初评", "县委审定"],
            [["五星", "四星", "四星"], ["★★★★", "★★★★", "★★★"], [3, 3, 3]],
        ),
        (
            ["自评星级", "街道（乡镇）初评星级", "县委两新工委审定星级"],
            [[5, 4, 4], [4, 3, 3], [3, 3, 3]],
        ),
        (
            ["申报等级", "初审等级", "终审等级"],
            [["五星级", "四星级", "四星级"], ["四星级", "", "三星级"], ["三星级"] * 3],
        ),
        (["自评", "初评", "拟定星级", "核定星级"], [[5, 4, 5, 4], [4, 3, 4, 3], [3, 3, 3, 3]]),
    ],
)
def test_of_stars_by_stage_the_last_one_counts(
    tmp_path: Path, heads: list[str], cells: Rows
) -> None:
    rows = [["序号", "党组织名称", "上年星级", *heads]]
    rows += [[n, name, 3, *stars] for n, (name, stars) in enumerate(zip(NAMES, cells, strict=True))]
    ledger = read(tmp_path, 星级评定表=[["示例县2025年星级评定表"], *rows])
    stars = ledger.tables["stars"]
    assert stars["stars"].tolist() == [4, 3, 3] and stars["stars_previous"].tolist() == [3, 3, 3]
    assert stars[["score_self", "score_first", "score_final"]].isna().all(axis=None)
    assert not codes(ledger) & {"value_unreadable", "unit_mismatch"}


def test_scores_and_stars_of_each_stage(tmp_path: Path) -> None:
    rows = [
        ["序号", "支部名称", "自评", "", "乡镇初评", "", "县委审定", ""],
        ["", "", "得分", "星级", "得分", "星级", "得分", "星级"],
        [1, NAMES[0], 95, "五星", 92.5, "四星", 91, "四星"],
        [2, NAMES[1], 83, "三星", 80, "三星", 72, "二星"],
    ]
    stars = read(tmp_path, 星级评定表=rows).tables["stars"]
    assert stars["stars"].tolist() == [4, 2]
    found = stars[["score_self", "score_first", "score_final"]].to_numpy().tolist()
    assert found == [[95, 92.5, 91], [83, 80, 72]]


# --- a row a township ----------------------------------------------------------------------------------------------------


def test_a_row_a_township_with_groups(tmp_path: Path) -> None:
    rows = [
        ["示例县2025年两新组织党建基本情况统计表"],
        ["填报单位：县委两新工委"],
        ["序号", "乡镇（街道）", "单位数", "", "", "党组织数", "", "", "", "党员数", "覆盖率"],
        ["", "", "合计", "非公企业", "社会组织", "合计", "党委", "党总支", "党支部", "", ""],
        [1, "城关镇", 40, 30, 10, 12, 1, 1, 10, 150, "60%"],
        [2, "河口乡", 20, 15, 5, 6, 0, 0, 6, "约50", "50%"],
        ["合计", "", 60, 45, 15, 19, 1, 1, 16, 200, ""],
    ]
    ledger = read(tmp_path, Sheet1=rows)
    found = figures(ledger)
    assert found["城关镇"] == {
        "units": 40, "units_enterprise": 30, "units_social": 10, "party_orgs": 12,
        "committees": 1, "general_branches": 1, "branches": 10, "members": 150,
    }  # fmt: skip
    assert found["河口乡"]["members"] == 50
    (differs,) = [p for p in ledger.problems if p.code == "total_differs"]
    assert (differs.where, differs.found) == ("Sheet1!F7", "合计19")
    assert ledger.tables["figures"]["locator"].tolist()[0] == "Sheet1!C5"


def test_a_row_a_township_of_counts_typed_as_figures(tmp_path: Path) -> None:
    rows = [
        ["镇街", "发展党员", "走访企业（家次）", "书记人数", "主要做法", "书记姓名"],
        ["城关镇", 3, 120, 12, "抓示范", "张三"],
        ["东街道", 1, 60, 6, "抓覆盖", "李四"],
    ]
    ledger = read(tmp_path, 统计=rows)
    assert figures(ledger) == {
        "城关镇": {"admissions": 3, "visits": 120, "secretaries": 12},
        "东街道": {"admissions": 1, "visits": 60, "secretaries": 6},
    }
    assert [p.found for p in ledger.problems if p.code == "measure_unknown"] == ["主要做法"]
    assert "张三" not in str((ledger.problems, ledger.tables))


def test_a_ledger_of_one_unit_a_township_is_no_overview(tmp_path: Path) -> None:
    rows = [
        ["镇街", "单位名称", "从业人员", "党员总数"],
        ["城关镇", "甲公司", 80, 4],
        ["河口乡", "乙公司", 9, 0],
    ]
    ledger = read(tmp_path, 组织台账=rows)
    assert ledger.tables["units"]["employees"].tolist() == [80, 9]
    assert not len(ledger.tables["figures"])


# --- matrices, years -----------------------------------------------------------------------------------------------------

HAVES = ["有场所", "有设施", "有标志", "有党旗", "有书报", "有制度"]


def test_a_matrix_counts_those_that_have_all(tmp_path: Path) -> None:
    rows = [
        ["示例县2025年党组织“六有”建设情况"],
        ["序号", "乡镇", "党组织名称", *HAVES],
        [1, "城关镇", NAMES[0], *["√"] * 6],
        [2, "城关镇", NAMES[1], "√", "", "√", "√", "×", "√"],
        [3, "河口乡", NAMES[2], "是", "是", "是", "有", "有", 1],
    ]
    found = figures(read(tmp_path, 六有=rows))
    assert found == {"城关镇": {"orgs_six_haves": 1}, "河口乡": {"orgs_six_haves": 1}}


def test_a_matrix_that_lies_on_its_side(tmp_path: Path) -> None:
    rows = [["示例县2025年六有建设情况"], ["项目", *NAMES]]
    rows += [[have, "√", "×" if have == "有设施" else "√", "√"] for have in HAVES]
    assert figures(read(tmp_path, 六有=rows)) == {"示例县": {"orgs_six_haves": 2}}


@pytest.mark.parametrize(
    "years",
    [["2023年", "2024年", "2025年"], [2023, 2024, 2025], ["2023年度", "2024年度", "2025年度"]],
)
def test_a_column_a_year(tmp_path: Path, years: list[Any]) -> None:
    rows = [
        ["示例县两新组织党建情况（近三年）"],
        ["序号", "指标", "计量单位", *years],
        [1, "发展党员", "名", 3, 4, 5],
        [2, "走访", "家次", 100, 120, ""],
    ]
    table = read(tmp_path, 情况=rows).tables["figures"]
    found = {(r.measure, r.period): r.value for r in table.itertuples()}
    assert found == {
        ("admissions", "2023"): 3, ("admissions", "2024"): 4, ("admissions", "2025"): 5,
        ("visits", "2023"): 100, ("visits", "2024"): 120,
    }  # fmt: skip


# --- tables side by side, cards, accounts ----------------------------------------------------------------------------------


def test_two_ledgers_side_by_side(tmp_path: Path) -> None:
    rows = [
        ["示例县2025年党组织台账", "", "", "", "", "示例县2025年经费台账"],
        [
            "党组织名称",
            "建制",
            "上级党组织",
            "党员数",
            "",
            "党组织名称",
            "返还党费",
            "区县拨付",
            "活动经费",
        ],
        [NAMES[0], "党支部", "城关镇党委", 5, "", NAMES[0], 500, 3000, 2000],
        ["", "", "", "", "", NAMES[1], 300, 1000, 700],
    ]
    ledger = read(tmp_path, Sheet1=rows)
    assert ledger.tables["party_organisations"]["members"].tolist() == [5]
    funds = ledger.tables["funds"].groupby("flow")["amount_fen"].sum()
    assert funds.to_dict() == {"income": 480_000, "spending": 270_000}


def test_one_ledger_printed_in_two_halves(tmp_path: Path) -> None:
    heads = ["序号", "单位名称", "从业人员", "党员总数"]
    rows = [
        ["示例县2025年两新组织台账"],
        [*heads, "", *heads],
        [1, "甲公司", 100, 5, "", 3, "丙公司", 30, 1],
        [2, "乙公司", 50, 2],
    ]
    ledger = read(tmp_path, Sheet1=rows)
    units = ledger.tables["units"].set_index("unit_name")
    assert units["employees"].to_dict() == {"甲公司": 100, "乙公司": 50, "丙公司": 30}
    assert units["source_row"].to_dict() == {"甲公司": 3, "乙公司": 4, "丙公司": 3}


def card(name: str, town: str, employees: Any, members: Any, org: str) -> Rows:
    return [
        ["两新组织基本情况登记表（2025年）"],
        ["单位名称", name, "所属镇街", town],
        ["单位类型", "法人企业", "状态", "正常"],
        ["从业人员", employees, "党员总数", members],
        ["法定代表人", "张三", "联系电话", "13800000000"],
        ["党组织名称", org, "建制", "党支部" if org else ""],
    ]


def test_a_page_a_unit(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        甲=card("甲公司", "城关镇", "85", 6, "甲公司党支部"),
        乙=[*card("乙公司", "河口乡", 12, 0, ""), [], *card("丙公司", "河口乡", 30, 1, "")],
    )
    units = ledger.tables["units"].set_index("unit_name")
    assert units["employees"].to_dict() == {"甲公司": 85, "乙公司": 12, "丙公司": 30}
    assert units["area"].str.rpartition("/")[2].tolist() == ["城关镇", "河口乡", "河口乡"]
    assert ledger.tables["covers"]["unit"].tolist() == ["甲公司"]
    assert not any(one in str((ledger.tables, ledger.problems)) for one in ("张三", "1380000"))


@pytest.mark.parametrize(
    "heads",
    [
        ["日期", "摘要", "收入（元）", "支出（元）", "结余（元）"],
        ["记账日期", "事由", "收入金额", "支出金额", "余额"],
    ],
)
def test_the_running_account_of_a_branch(tmp_path: Path, heads: list[str]) -> None:
    rows = [
        ["示例县甲公司党支部2025年党建经费收支明细账"],
        heads,
        ["2025-01-01", "上年结转", "", "", 1200],
        ["2025-02-03", "区财政拨付党建经费", 3000, "", 4200],
        ["2025-03-05", "七一主题党日活动", "", 1500, 2700],
        ["2025-04-05", "返还党费", "500元", "", 3200],
        ["2025-05-01", "张三购买学习书籍", "", 200, 3100],
        ["合计", "", 3500, 1700, ""],
    ]
    ledger = read(tmp_path, Sheet1=rows)
    funds = ledger.tables["funds"].astype(object).where(lambda f: f.notna(), None)
    found = {(r.flow, r.source or r.purpose): r.amount_fen for r in funds.itertuples()}
    assert found == {
        ("income", "fiscal_district"): 300_000,
        ("income", "dues_return"): 50_000,
        ("spending", "activity"): 150_000,
        ("spending", "other"): 20_000,
    }
    assert funds["party_org"].str.endswith("甲公司党支部").all()
    assert [p.where for p in ledger.problems if p.code == "total_differs"] == ["Sheet1!E7"]
    assert "张三" not in str((ledger.tables, ledger.problems))


# --- what stands once for several rows -------------------------------------------------------------------------------------


def test_a_month_in_the_first_row_of_its_group(tmp_path: Path) -> None:
    rows = [
        ["月份", "党组织名称", "活动类型", "应到人数", "实到人数"],
        ["1月", NAMES[0], "主题党日", 10, 9],
        ["", NAMES[1], "主题党日", 10, 8],
        ["2月", NAMES[0], "三会一课", 10, 8],
        ["", NAMES[1], "走访企业", "", ""],
    ]
    ledger = read(tmp_path, 活动台账=rows)
    assert ledger.tables["activities"]["month"].tolist() == [1, 1, 2]
    assert ledger.tables["visits"]["count"].tolist() == [1]
    assert [p.found for p in ledger.problems if p.code == "value_noted"] == [
        "2行空白，只在每组第一行填写"
    ]


def test_a_blank_place_among_repeated_ones_stays_blank(tmp_path: Path) -> None:
    rows = [["镇街", "单位名称", "从业人员"]]
    rows += [
        [town, f"{n}号公司", 10]
        for n, town in enumerate(["城关镇", "城关镇", "", "河口乡", "河口乡"])
    ]
    areas = read(tmp_path, 组织台账=rows).tables["units"]["area"].tolist()
    assert areas == ["示例县/城关镇", "示例县/城关镇", "示例县", "示例县/河口乡", "示例县/河口乡"]


def test_a_heading_printed_again_keeps_its_groups(tmp_path: Path) -> None:
    rows = [
        ["序号", "单位名称", "党员情况", "", "组建情况", ""],
        ["", "", "总数", "正式", "党组织名称", "建制"],
        [1, "甲公司", 5, 4, "甲公司党支部", "党支部"],
        ["序号", "单位名称", "总数", "正式", "党组织名称", "建制"],
        [2, "乙公司", 6, 5, "乙公司党支部", "党支部"],
    ]
    units = read(tmp_path, 组织台账=rows).tables["units"]
    assert units[["members", "full_members"]].to_numpy().tolist() == [[5, 4], [6, 5]]


# --- groups, years and totals of a row a township ----------------------------------------------------------------------


def test_groups_of_a_row_a_township_are_told_apart(tmp_path: Path) -> None:
    rows = [
        ["示例县2025年两新组织党建情况统计表"],
        ["乡镇", "非公企业", "", "", "社会组织", "", "党员", ""],
        ["", "单位数", "党组织数", "党员数", "单位数", "党员数", "总数", "当年发展党员"],
        ["总计", 45, 12, 150, 15, 50, 201, 4],
        ["城关镇", 30, 8, 110, 10, 40, 150, 3],
        ["河口乡", 15, 4, 40, 5, 10, 50, 1],
    ]
    ledger = read(tmp_path, Sheet1=rows)
    assert figures(ledger)["城关镇"] == {
        "units_enterprise": 30, "units_social": 10, "members": 150, "admissions": 3,
    }  # fmt: skip
    said = [p.found for p in ledger.problems if p.code == "measure_unknown"]
    assert said == ["非公企业/党组织数", "非公企业/党员数", "社会组织/党员数"]
    assert [p.where for p in ledger.problems if p.code == "total_differs"] == ["Sheet1!G4"]


def test_two_years_of_a_row_a_township(tmp_path: Path) -> None:
    rows = [
        ["示例县乡镇党建情况统计表"],
        ["乡镇", "2024年", "", "2025年", "", "上年同期"],
        ["", "党组织数", "党员数", "党组织数", "党员数", "党员数"],
        ["城关镇", 11, 140, 12, "1,150", 140],
        ["河口乡", 6, 48, 6, 50, 48],
    ]
    table = read(tmp_path, Sheet1=rows).tables["figures"]
    found = table.groupby(["measure", "period"])["value"].sum().to_dict()
    assert found == {
        ("members", "2024"): 188, ("members", "2025"): 1200,
        ("party_orgs", "2024"): 17, ("party_orgs", "2025"): 18,
    }  # fmt: skip


def test_a_column_a_year_of_townships_with_the_item_in_the_title(tmp_path: Path) -> None:
    rows = [
        ["示例县各乡镇党员数（名）"],
        ["乡镇", "2024年", "2025年"],
        ["城关镇", 145, 150],
        ["河口乡", 48, 50],
        ["合计", 193, 210],
    ]
    ledger = read(tmp_path, Sheet1=rows)
    table = ledger.tables["figures"]
    assert table.groupby(["measure", "period"])["value"].sum().to_dict() == {
        ("members", "2024"): 193, ("members", "2025"): 200,
    }  # fmt: skip
    assert [p.where for p in ledger.problems if p.code == "total_differs"] == ["Sheet1!C5"]


def test_years_above_values_and_units(tmp_path: Path) -> None:
    rows = [["指标", "2024年", "", "2025年", ""], ["", "数值", "单位", "数值", "单位"]]
    table = read(tmp_path, Sheet1=[*rows, ["发展党员", 4, "名", 5, "名"]]).tables["figures"]
    assert dict(zip(table["period"], table["value"], strict=True)) == {"2024": 4, "2025": 5}


def test_an_account_named_by_its_sheet_and_one_without_a_balance(tmp_path: Path) -> None:
    rows = [
        ["2025年党费收支台账"],
        ["月", "日", "摘要", "收入", "支出", "余额"],
        [1, 1, "上年结余", "", "", 500],
        [2, 3, "上级拨付党建经费", 2000, "", 2500],
        ["", 15, "慰问困难党员", "", 300, 2200],
        [3, 8, "企业配套", 1000, "", 3200],
        ["", "", "本月合计", 1000, 0, 3200],
    ]
    other = [
        ["党组织名称：乙公司党支部", "", "", "2025年度"],
        ["序号", "时间", "收支事由", "收入（万元）", "支出（元）"],
        [1, "3.5", "市级财政拨款", 0.5, ""],
        [2, "4.6", "活动用品", "", 800],
    ]
    ledger = read(tmp_path, 甲公司党支部=rows, Sheet2=other)
    sums = ledger.tables["funds"].groupby(["party_org", "flow"])["amount_fen"].sum().to_dict()
    assert sums == {
        ("甲公司党支部", "income"): 300_000, ("甲公司党支部", "spending"): 30_000,
        ("乙公司党支部", "income"): 500_000, ("乙公司党支部", "spending"): 80_000,
    }  # fmt: skip
    assert "total_differs" not in codes(ledger)


def test_a_summary_is_compared_with_the_rows_of_its_file(tmp_path: Path) -> None:
    units = [["镇街", "单位名称", "从业人员", "党员总数"]]
    units += [
        ["城关镇", "甲公司", 120, 7],
        ["城关镇", "乙公司", 30, 1],
        ["河口乡", "丙公司", 20, 0],
    ]
    summary = [
        ["乡镇", "单位数", "从业人员", "党员数"],
        ["城关镇", 2, 150, 9],
        ["河口乡", 1, 20, 0],
        ["汇总", 3, 170, 9],
    ]
    ledger = read(tmp_path, 组织台账=units, 汇总表=summary)
    assert len(ledger.tables["units"]) == 3
    assert [(p.where, p.found, p.read) for p in ledger.problems if p.code == "total_differs"] == [
        ("汇总表!D2", "汇总9", "按明细相加为8")
    ]
