"""Ledgers as offices keep them in ways of their own: what a misreading would look like, and that it does not happen."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_cases import sheet

from evalkit.ledgers import Ledger, from_sheets
from evalkit.ledgers.place import area_names

AREA = {"area": "演示省/演示01区", "period": "2025"}
PLAIN = ["企业名称", "从业人员", "党员人数"]


def read(rows: list[list[Any]], name: str = "Sheet1", file: str = "表.xlsx", **more: Any) -> Ledger:
    return from_sheets([sheet(rows, name, file)], **(AREA | more))


def said(ledger: Ledger, code: str) -> list[tuple[str, str]]:
    return [(p.where.partition("!")[2], p.read) for p in ledger.problems if p.code == code]


def amounts(ledger: Ledger) -> list[tuple[Any, ...]]:
    columns = ["party_org", "flow", "source", "purpose", "amount_fen"]
    return [
        tuple(None if v is None or v != v else v for v in row)
        for row in ledger.tables["funds"][columns]
        .astype(object)
        .where(lambda f: f.notna(), None)
        .to_numpy()
    ]


def test_rows_made_from_other_rows_are_no_units() -> None:
    rows = [
        PLAIN,
        ["甲公司", 10.0, 1.0],
        ["乙公司", 30.0, 3.0],
        ["东社区合计数", 40.0, 4.0],
        ["总计数", 40.0, 4.0],
        ["全街道总数", 40.0, 4.0],
        ["平均", 20.0, 2.0],
        ["占比", "100%", ""],
        ["其中：规上", 30.0, 3.0],
        ["上年同期", 35.0, 3.0],
        ["同比增长", "14%", ""],
    ]
    ledger = read(rows)
    assert ledger.tables["units"]["unit_name"].tolist() == ["甲公司", "乙公司"]
    assert int(ledger.sheets["total"].iloc[0]) == 8 and not said(ledger, "total_differs")
    assert said(ledger, "value_noted") == [("A9", "按其他行的一部分，未计入")]


def test_items_of_a_report_may_begin_with_among_them() -> None:
    ledger = read(
        [["指标", "数值", "单位"], ["党员", 30.0, "名"], ["其中：流动党员", 4.0, "名"]], "工作报表"
    )
    assert len(ledger.tables["figures"]) + len(said(ledger, "measure_unknown")) == 2


def test_totals_above_their_rows_are_held_against_the_rows_below() -> None:
    head, rows = ["序号", *PLAIN], [[1.0, "甲公司", 10.0, 1.0], [2.0, "乙公司", 30.0, 3.0]]
    right = read([head, ["合计数", "", 40.0, 4.0], *rows])
    assert (
        len(right.tables["units"]) == 2
        and not said(right, "total_differs")
        and not said(right, "column_missing")[:-3]
    )
    wrong = read([head, ["合计", "", 41.0, 4.0], *rows])
    assert said(wrong, "total_differs") == [("C2", "按明细相加为40人")]
    parts = read([head, ["", "东村小计", 10.0, 1.0], rows[0], ["", "西村小计", 30.0, 3.0], rows[1]])
    assert not said(parts, "total_differs")


def test_a_row_of_units_belongs_to_the_heading() -> None:
    rows = [
        ["序号", "单位名称", "从业人员", "年营业收入"],
        ["", "", "（人）", "（元）"],
        [1.0, "甲公司", 10.0, 50_000.0],
    ]
    ledger = read(rows)
    assert ledger.tables["units"]["revenue_fen"].tolist() == [
        5_000_000
    ]  # not 50,000 times 10,000 yuan
    assert int(ledger.sheets["heading"].iloc[0]) == 2 and not any(
        p.severity == "error" for p in ledger.problems
    )


def test_a_form_filled_for_one_unit_is_a_ledger_of_one() -> None:
    rows = [
        ["两新组织党建台账登记卡"],
        ["单位名称", "甲公司", "从业人员", "80"],
        ["单位地址", "湖滨路1号", "注册资金", "500万元"],
        ["党员总数", "4", "正式党员", "3"],
        ["经营范围", "餐饮", "占地面积", "300"],
    ]
    ledger = read(rows)
    (unit,) = ledger.tables["units"].to_dict("records")  # 单位地址 is none
    numbers = [unit[column] for column in ("employees", "members", "full_members")]
    assert (unit["unit_name"], numbers) == ("甲公司", [80, 4, 3])
    assert "湖滨路" not in str(ledger.problems)


def test_a_second_ledger_to_the_right_is_read_as_well() -> None:
    ledger = read(
        [["序号", *PLAIN, "序号", *PLAIN], [1.0, "甲公司", 10.0, 1.0, 2.0, "乙公司", 30.0, 3.0]]
    )
    assert not [p for p in ledger.problems if p.severity == "error"]
    units = ledger.tables["units"].set_index("unit_name")["employees"]
    assert units.to_dict() == {"甲公司": 10, "乙公司": 30}


def test_of_two_years_side_by_side_the_newer_one() -> None:
    rows = [
        ["单位名称", "2024年", "", "2025年", ""],
        ["", "从业人员", "党员数", "从业人员", "党员数"],
        ["甲公司", 100.0, 5.0, 120.0, 8.0],
    ]
    assert read(rows).tables["units"][["employees", "members"]].to_numpy().tolist() == [[120, 8]]
    rows = [
        ["单位名称", "上年", "", "本年", ""],
        ["", "从业人员", "党员数", "从业人员", "党员数"],
        ["甲公司", 100.0, 5.0, 120.0, 8.0],
    ]
    assert read(rows).tables["units"][["employees", "members"]].to_numpy().tolist() == [[120, 8]]


def test_a_column_below_spending_is_no_income() -> None:
    rows = [
        ["党组织名称", "收入", "", "支出", "", ""],
        ["", "返还党费", "区级财政", "党员活动", "书记培训", "其他"],
        ["甲党支部", 1200.0, 3000.0, 4000.0, 1000.0, 500.0],
    ]
    assert amounts(read(rows, "经费台账")) == [
        ("甲党支部", "income", "dues_return", None, 120_000),
        ("甲党支部", "income", "fiscal_district", None, 300_000),
        ("甲党支部", "spending", None, "activity", 400_000),
        ("甲党支部", "spending", None, "secretary_training", 100_000),
        ("甲党支部", "spending", None, "other", 50_000),
    ]


def test_one_amount_column_with_its_payer_and_its_unit() -> None:
    rows = [
        ["党组织名称", "经费来源", "金额", "单位"],
        ["甲党支部", "区财政", 0.5, "万元"],
        ["乙党支部", "企业自筹", 800.0, "元"],
    ]
    assert amounts(read(rows, "经费台账")) == [
        ("甲党支部", "income", "fiscal_district", None, 500_000),
        ("乙党支部", "income", "enterprise", None, 80_000),
    ]
    spent = read(
        [["党组织名称", "支出项目", "支出金额"], ["甲党支部", "主题党日", 300.0]], "经费台账"
    )
    assert amounts(spent) == [("甲党支部", "spending", None, "activity", 30_000)]


def test_a_unit_with_several_organisations_counts_once() -> None:
    rows = [
        ["单位名称", "员工数", "党员人数", "党组织名称", "党组织类型"],
        ["甲集团", 500.0, 60.0, "甲集团党委", "党委"],
        ["", "", "", "甲集团第一党支部", "党支部"],
        ["乙公司", 10.0, 3.0, "乙公司党支部", "党支部"],
    ]
    ledger = from_sheets(
        [sheet(rows, "台账", "表.xlsx", merges=[(2, 1, 3, 1), (2, 2, 3, 2), (2, 3, 3, 3)])], **AREA
    )
    assert ledger.tables["units"]["employees"].tolist() == [500, 10]
    orgs = ledger.tables["party_organisations"]
    members = dict(
        zip(
            orgs["name"],
            orgs["members"].astype(object).where(orgs["members"].notna(), None),
            strict=True,
        )
    )
    assert members == {"甲集团党委": 60, "甲集团第一党支部": None, "乙公司党支部": 3}
    assert [(p.where, p.severity) for p in ledger.problems if p.code == "row_duplicate"] == [
        ("台账!A3", "question")
    ]


def test_a_functional_branch_by_its_name_is_no_coverage() -> None:
    ledger = read(
        [
            [*PLAIN, "党组织名称"],
            ["甲商会", 5.0, 4.0, "甲商会功能型党支部"],
            ["乙公司", 5.0, 4.0, "乙公司党支部"],
        ]
    )
    assert ledger.tables["covers"]["mode"].tolist() == ["functional", "single"]
    assert ledger.tables["party_organisations"]["functional"].tolist() == [True, False]


def test_half_persons_and_six_stars_are_null() -> None:
    ledger = read(
        [
            ["单位名称", "从业人员", "党员总数", "正式党员", "预备党员"],
            ["甲公司", 12.5, 1.5, 1.0, 0.5],
        ]
    )
    assert (
        ledger.tables["units"][["employees", "members", "probationary_members"]]
        .isna()
        .all(axis=None)
    )
    assert [read for _, read in said(ledger, "value_implausible")] == ["空", "空", "空"]
    stars = read(
        [["党组织名称", "上年星级", "拟定星级"], ["甲党支部", "五星", "六星"]], "星级评定表"
    )
    assert stars.tables["stars"]["stars"].isna().all() and stars.tables["stars"][
        "stars_previous"
    ].tolist() == [5]


def test_several_activities_in_one_row() -> None:
    ledger = read(
        [
            ["党组织名称", "月份", "活动类型", "次数", "参加人数"],
            ["甲党支部", "1月", "主题党日", 3.0, 21.0],
        ],
        "活动台账",
    )
    table = ledger.tables["activities"]
    assert len(table) == 3 and table["present"].sum() == 21 and set(table["source_row"]) == {2}


def test_a_day_without_its_month_takes_that_of_the_sheet_or_row() -> None:
    head = ["党组织名称", "活动时间", "活动类型"]
    ledger = read(
        [head, ["甲党支部", "5日", "主题党日"], ["甲党支部", "3月15日上午", "党课"]],
        "3月",
        "活动台账.xlsx",
    )
    assert ledger.tables["activities"]["date"].astype(str).tolist() == ["2025-03-05", "2025-03-15"]
    ledger = read(
        [["党组织名称", "月份", "活动日期", "活动类型"], ["甲党支部", 7.0, "1日", "主题党日"]],
        "活动台账",
    )
    assert ledger.tables["activities"]["date"].astype(str).tolist() == ["2025-07-01"]


def test_what_title_or_sheet_tell_is_not_called_lacking() -> None:
    rows = [
        ["柳河镇2025年党组织活动台账"],
        ["党组织名称", "活动时间", "活动类型", "应到人数", "实到人数"],
        ["甲党支部", "5日", "党课", 9.0, 8.0],
    ]
    assert not said(from_sheets([sheet(rows, "3月", "表.xlsx")]), "column_missing")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("03青石街道企业名册", "青石街道"),
        ("3.柳河镇", "柳河镇"),
        ("（4）柳河镇", "柳河镇"),
        ("01区台账", "01区"),
        ("演示01区", "演示01区"),
        ("1街道", "1街道"),
        ("121团两新组织", ""),
    ],
)
def test_a_number_before_a_name_is_no_part_of_it(text: str, name: str) -> None:
    assert "".join(n for _, n in area_names(text)) == name
