"""What stands in a ledger besides plain records: sums beside parts, unit names for organisations, ticks, merged names,
repeated rows, two kinds of members in one cell, and columns that only some sheets have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from ledger_cases import sheet

from evalkit.ledgers import Ledger, from_sheets
from evalkit.ledgers.values import parse

FUNDS = "示例县2024年党建经费台账（单位：元）"
UNITS = "示例县2024年两新组织台账"


def read(rows: list[list[Any]], file: str = "某.xlsx", **more: Any) -> Ledger:
    return from_sheets([sheet(rows, "Sheet1", file, **more)])


def codes(ledger: Ledger, code: str) -> list[tuple[str, str]]:
    return [(p.where.partition("!")[2], p.read) for p in ledger.problems if p.code == code]


def money(ledger: Ledger) -> dict[str, int]:
    """Yuan by source or purpose, all rows together; 0 where a row is blank."""
    funds = ledger.tables["funds"]
    if not len(funds):
        return {}
    said = funds["source"].fillna(funds["flow"] + ":" + funds["purpose"].fillna(""))
    return (funds["amount_fen"].fillna(0).groupby(said).sum() // 100).astype(int).to_dict()


# --- money: parts beside totals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heads", "rows", "right"),
    [
        # money of its own beside other payers
        (
            ["上级拨款", "区县配套", "镇街配套"],
            [[5000, 1000, 500], [4000, 1000, 500]],
            {"other": 9000, "fiscal_district": 2000, "fiscal_township": 1000},
        ),
        (["财政补助", "省级配套"], [[300, 100], ["", 50]], {"other": 300, "fiscal_province": 150}),
        (["财政补助", "市级补助"], [[300, 100], [200, 50]], {"other": 500, "fiscal_city": 150}),
        (
            ["财政补助", "镇街配套"],
            [[300, 300], [20, 20]],
            {"other": 320, "fiscal_township": 320},
        ),  # one to one is no sum
        (["财政补助", "镇街配套"], [[300, ""], [20, 0]], {"other": 320, "fiscal_township": 0}),
        # a total: the sums prove it
        (
            ["上级下拨", "市级拨付", "区县拨付", "镇街拨付"],
            [[600, 100, 200, 300], [60, 10, 20, 30], [70, 10, 20, 30]],
            {"fiscal_city": 120, "fiscal_district": 240, "fiscal_township": 360},
        ),
        (
            ["财政补助", "市级补助", "区级补助", "镇街配套"],
            [[300, 100, 200, 300], [30, 10, 20, 30]],
            {"fiscal_city": 110, "fiscal_district": 220, "fiscal_township": 330},
        ),
        (["上级拨款", "区县拨付"], [[300, 300], [30, 30]], {"fiscal_district": 330}),
        # what was spent
        (["支出合计"], [[300], [30]], {"spending:other": 330}),
        (
            ["活动经费", "培训费", "支出总计"],
            [[300, 300, 600], [30, 30, 60], [30, 30, 70]],
            {"spending:activity": 360, "spending:secretary_training": 360},
        ),
        (
            ["活动经费", "支出合计"],
            [[300, 600], [30, 60]],
            {"spending:activity": 330, "spending:other": 330},
        ),
        (
            ["活动经费", "书记津贴", "支出合计"],
            [[300, 300, 600], [30, 30, 60]],
            {"spending:activity": 330},
        ),  # the rest is a person's
        # all that came in, or was spent
        (
            ["年度经费", "活动经费"],
            [[3000, 300], [100, 30]],
            {"other": 3100, "spending:activity": 330},
        ),
        (
            ["活动经费", "培训费", "合计"],
            [[300, 300, 600], [30, 30, 60]],
            {"spending:activity": 330, "spending:secretary_training": 330},
        ),
        (
            ["企业配套", "区县拨付", "合计"],
            [[300, 300, 600], [30, 30, 60]],
            {"enterprise": 330, "fiscal_district": 330},
        ),
    ],
)
def test_only_sums_prove_a_total(
    heads: list[str], rows: list[list[Any]], right: dict[str, int]
) -> None:
    table = [
        [FUNDS],
        ["序号", "党组织名称", *heads],
        *([n, f"第{n}党支部", *row] for n, row in enumerate(rows, 1)),
    ]
    assert money(read(table)) == right


def test_money_beside_other_money_is_asked_once() -> None:
    rows = [
        [FUNDS],
        ["序号", "党组织名称", "财政补助", "镇街配套"],
        *([n, f"第{n}党支部", "３０００", 1000] for n in range(1, 9)),
    ]
    assert codes(read(rows), "identity_differs") == [
        ("C3", "各行的数证明不了它是合计，各按一笔收入计入")
    ]


def test_a_sum_of_nothing_in_particular_is_refused_by_name() -> None:
    ledger = read([[FUNDS], ["序号", "党组织名称", "合计"], [1, "甲党支部", 600]])
    assert not len(ledger.tables["funds"])
    assert [p.severity for p in ledger.problems if p.code == "heading_unknown"] == ["error"]


# --- money by the name of a unit ------------------------------------------------------------------------------------

LEDGER = [
    [UNITS],
    ["序号", "乡镇", "单位名称", "职工人数", "正式党员", "党组织名称", "组建方式"],
    [1, "城关镇", "甲公司", 50, 4, "甲公司党总支", "单独组建"],
    [2, "城关镇", "乙公司", 50, 4, "商圈联合党支部", "联合组建"],
    [3, "城关镇", "丙公司", 50, 4, "商圈联合党支部", "联合组建"],
    [4, "城关镇", "丁公司", 50, 4, "", "未建"],
    [5, "城关镇", "戊集团", 500, 40, "戊集团第一党支部", "单独组建"],
    [6, "城关镇", "戊集团", "", "", "戊集团第二党支部", "单独组建"],
]
PAID = ["甲公司", "乙公司", "丙公司", "丁公司", "戊集团", "商圈联合党支部"]


@pytest.mark.parametrize("heading", ["单位名称", "企业名称", "单位", "社会组织名称"])
def test_funds_of_units_are_those_of_their_organisations(heading: str) -> None:
    rows = [
        [FUNDS],
        ["序号", heading, "区县拨付"],
        *([n, name, 100 * n] for n, name in enumerate(PAID, 1)),
        ["合计", "", 2100],
    ]
    ledger = from_sheets(
        [sheet(LEDGER, "Sheet1", "组织台账.xlsx"), sheet(rows, "Sheet1", "经费台账.xlsx")]
    )
    funds = ledger.tables["funds"]
    assert funds["amount_fen"].tolist() == [n * 100_00 for n in range(1, 7)]
    assert funds["party_org"].fillna("").tolist() == [
        "甲公司党总支",
        "商圈联合党支部",
        "商圈联合党支部",
        "丁公司党支部",
        "",
        "商圈联合党支部",
    ]
    said = [
        (p.severity, p.where, p.allowed)
        for p in ledger.problems
        if p.code == "organisation_unknown"
    ]
    assert ("question", "Sheet1!B7", "戊集团第一党支部、戊集团第二党支部") in said and len(
        said
    ) == 2
    assert not codes(ledger, "total_differs")


def test_activities_and_stars_of_units_too() -> None:
    held = [
        ["示例县2024年活动台账"],
        ["序号", "企业名称", "活动时间", "活动类型", "实到人数"],
        [1, "乙公司", "2024.3.4", "主题党日", 3],
    ]
    rated = [
        ["示例县2024年星级评定表"],
        ["序号", "单位名称", "终审分", "拟定星级"],
        [1, "甲公司", 95, "五星"],
    ]
    tables = from_sheets(
        [
            sheet(LEDGER, "Sheet1", "组织台账.xlsx"),
            sheet(held, "Sheet1", "活动台账.xlsx"),
            sheet(rated, "Sheet1", "星级.xlsx"),
        ]
    ).tables
    assert tables["activities"]["party_org"].tolist() == ["商圈联合党支部"] and tables["stars"][
        "party_org"
    ].tolist() == ["甲公司党总支"]


def test_a_name_of_an_organisation_beside_that_of_a_unit_wins() -> None:
    rows = [
        [FUNDS],
        ["序号", "单位名称", "党组织名称", "区县拨付"],
        [1, "甲公司", "乙党支部", 100],
        [2, "丙公司", "", 200],
    ]
    assert read(rows).tables["funds"]["party_org"].tolist() == ["乙党支部", "丙公司党支部"]


# --- reports: every row is said ---------------------------------------------------------------------------------------


def test_items_that_sound_like_totals() -> None:
    rows = [
        ["示例县2024年工作报表"],
        ["序号", "指标", "数值", "单位"],
        ["一、基本情况"],
        [1, "党员总数", "３００", "名"],
        [2, "单位总数", 50, "家"],
        [3, "总人数", 3000, "人"],
        [4, "合计", 9, "个"],
        [5, "累计", 1, ""],
        [6, "党建经费总额（单位：万元）", 20, "万元"],
        ["", "小计", 5, ""],
        ["", "", 7, "家"],
        [7, "发展党员", "", "名"],
    ]
    ledger = read(rows)
    figures = ledger.tables["figures"]
    assert dict(zip(figures["measure"], figures["value"].fillna(-1), strict=True)) == {
        "units": 50,
        "members": 300,
        "funds": 200_000,
        "admissions": -1,
    }
    unknown = [p.found for p in ledger.problems if p.code == "measure_unknown"]
    assert unknown == ["总人数", "合计", "累计", "小计"]
    assert codes(ledger, "column_missing")[0] == ("B11", "此行未计入")


def test_a_row_with_a_unit_name_alone_is_said() -> None:
    ledger = read(
        [
            [UNITS],
            ["单位名称", "职工人数", "正式党员", "状态"],
            ["甲公司", 5, 1, "正常"],
            ["乙公司", "", "", ""],
            ["丙公司", 7, 1, "正常"],
        ]
    )
    assert ledger.tables["units"]["unit_name"].tolist() == ["甲公司", "丙公司"]
    assert codes(ledger, "value_noted") == [
        ("A4", "只有名称、其余各列空白，按分节标题看待，未计入")
    ]


# --- ticks ------------------------------------------------------------------------------------------------------------


def ticked(marks: Sequence[Sequence[Any]], heads: Sequence[str], group: str) -> Ledger:
    upper = ["序号", "企业名称", "员工人数", "党组织名称", group, *[""] * (len(heads) - 1), "备注"]
    rows: list[list[Any]] = [[UNITS], upper, ["", "", "", "", *heads, ""]]
    rows += [
        [n, f"{n}号公司", 10, f"{n}号公司党支部" if n < 4 else "", *mark, ""]
        for n, mark in enumerate(marks, 1)
    ]
    return read(rows)


def diagonal(yes: Any, no: Any, size: int = 4) -> list[list[Any]]:
    return [[yes if i == j else no for j in range(size)] for i in range(size)]


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("√", ""),
        ("✓", ""),
        ("☑", "☐"),
        ("是", "否"),
        ("是", ""),
        (1, ""),
        (1, 0),
        ("1", ""),
        ("●", "○"),
        ("○", ""),
        ("√", "×"),
        ("■", "□"),
        ("Y", "N"),
        (" √ ", "—"),
    ],
)
def test_marks_under_a_group_of_entries(yes: Any, no: Any) -> None:
    for heads, group in (
        (["单独组建", "联合组建", "挂靠组建", "未组建"], "组建方式"),
        (["单独", "联合", "挂靠", "未建"], "组建形式"),
    ):
        covers = ticked(diagonal(yes, no), heads, group).tables["covers"]
        assert covers["mode"].tolist() == ["single", "joint", "attached"]


def test_two_ticks_and_lone_crosses_are_said() -> None:
    heads = ["单独组建", "联合组建", "挂靠组建", "未组建"]
    two = ticked([["√", "√", "", ""], ["", "√", "", ""], ["", "", "√", ""]], heads, "组建方式")
    assert [(p.where, p.found) for p in two.problems if p.code == "value_not_listed"] == [
        ("Sheet1!E4", "勾了单独组建、联合组建")
    ]
    crosses = ticked(diagonal("×", ""), heads, "组建方式")
    assert len(codes(crosses, "value_not_listed")) == 4


def test_other_groups_of_entries() -> None:
    rows = [
        [UNITS],
        ["序号", "企业名称", "员工人数", "经营状态", "", "", "是否规上", "", "单位类型", ""],
        ["", "", "", "正常", "停业", "注销", "是", "否", "法人企业", "个体工商户"],
        [1, "甲公司", 10, "√", "", "", "√", "", "√", ""],
        [2, "乙公司", 10, "", "√", "", "", "√", "", "√"],
        [3, "丙公司", 10, "", "", "√", "√", "", "√", ""],
    ]
    units = read(rows).tables["units"]
    assert units["status"].tolist() == ["operating", "suspended", "cancelled"]
    assert units["above_scale"].tolist() == [True, False, True] and units[
        "legal_person"
    ].tolist() == [True, False, True]


def test_a_name_below_the_group_is_no_entry() -> None:
    rows = [
        [UNITS],
        ["序号", "企业名称", "员工人数", "组建情况", "", ""],
        ["", "", "", "组建方式", "联合支部名称", "组建时间"],
        [1, "甲公司", 10, "联合", "商圈联合支部", "2020.5"],
        [2, "乙公司", 10, "单独", "", "2021.5"],
    ]
    assert read(rows).tables["covers"]["mode"].tolist() == ["joint"]


def test_amounts_of_nothing_are_no_ticks() -> None:
    """Payers are entries of a list, and 0, 无 and 1 may stand under a column to be ticked."""
    rows = [
        [FUNDS],
        ["党组织名称", "企业自筹", "返还党费", "区县拨付"],
        ["甲党支部", 0, "无", 8],
        ["乙党支部", 1, "0", 9],
    ]
    assert money(read(rows)) == {"enterprise": 1, "dues_return": 0, "fiscal_district": 17}
    below = [
        [FUNDS],
        ["党组织名称", "经费来源", "", ""],
        ["", "企业自筹", "返还党费", "区县拨付"],
        ["甲党支部", 0, "无", 8],
        ["乙党支部", 1, "0", 9],
    ]
    assert money(read(below)) == {"enterprise": 1, "dues_return": 0, "fiscal_district": 17}


def test_columns_that_ask_whether_a_unit_still_works() -> None:
    rows = [
        [UNITS],
        ["序号", "企业名称", "员工人数", "是否停产停业", "是否注销", "党建指导员姓名"],
        [1, "甲公司", 10, "停产", "否", "王某"],
        [2, "乙公司", 10, "正常", "是", "无"],
        [3, "丙公司", 10, "未停产", "", "—"],
        [4, "丁公司", 10, "√", "×", "李某、王某"],
        [5, "戊公司", 10, "", "", ""],
    ]
    ledger = read(rows)
    units = ledger.tables["units"]
    assert units["status"].tolist() == [
        "suspended",
        "cancelled",
        "operating",
        "suspended",
        "operating",
    ]
    assert units["has_instructor"].tolist() == [True, False, False, True, False]
    assert "王某" not in str(ledger.problems) and "李某" not in str(ledger.problems)
    normal = read(
        [
            [UNITS],
            ["企业名称", "员工人数", "是否正常经营", "指导员"],
            ["甲公司", 1, "是", "未派"],
            ["乙公司", 1, "否", "有"],
        ]
    ).tables["units"]
    assert normal["status"].tolist() == ["operating", "suspended"] and normal[
        "has_instructor"
    ].tolist() == [False, True]


# --- instructors ------------------------------------------------------------------------------------------------------

SENT = "示例县2024年党建指导员派驻情况表"


@pytest.mark.parametrize(
    ("rows", "merges", "right"),
    [
        # the name blank below, as a CSV keeps a merge
        (
            [
                ["序号", "姓名", "派驻企业"],
                ["1", "王甲", "甲公司"],
                ["", "", "乙公司"],
                ["2", "李乙", "丙公司"],
            ],
            [],
            (2, 3),
        ),
        # merged, while every row keeps its own number
        (
            [
                ["序号", "姓名", "联系企业"],
                [1, "王甲", "甲公司"],
                [2, "", "乙公司"],
                [3, "李乙", "丙公司"],
            ],
            [(3, 2, 4, 2)],
            (2, 3),
        ),
        # repeated in the next row, without numbers
        (
            [
                ["指导员姓名", "派驻单位", "专兼职"],
                ["王甲", "甲公司", "兼职"],
                ["王甲", "乙公司", "兼职"],
                ["李乙", "丙公司", "兼职"],
            ],
            [],
            (2, 3),
        ),
        # two persons of one name, each with a number
        ([["序号", "姓名", "服务企业"], [1, "王甲", "甲公司"], [2, "王甲", "乙公司"]], [], (2, 2)),
        # two persons in one cell
        (
            [
                ["序号", "姓名", "联系企业"],
                [1, "王甲、李乙", "甲公司、乙公司"],
                [2, "孙丙", "丙公司"],
            ],
            [],
            (3, 3),
        ),
        # codes, blank below
        (
            [
                ["指导员编号", "联系单位", "专兼职"],
                ["Z1", "甲公司", "兼职"],
                ["", "乙公司", ""],
                ["Z2", "丙公司", "兼职"],
            ],
            [],
            (2, 3),
        ),
    ],
)
def test_an_instructor_counts_once(
    rows: list[list[Any]], merges: list[Any], right: tuple[int, int]
) -> None:
    ledger = read([[SENT], *rows, ["合计", "", ""]], merges=merges)
    counts = ledger.tables["instructor_counts"]
    assert (counts["count"].sum(), counts["units_served"].sum()) == right
    everything = (
        "".join(t.to_csv() for t in ledger.tables.values())
        + str(ledger.problems)
        + ledger.headings.to_csv()
    )
    assert not any(name in everything for name in ("王甲", "李乙", "孙丙"))


def test_a_numbered_row_without_a_name_is_said() -> None:
    ledger = read([[SENT], ["序号", "姓名", "联系企业"], [1, "王甲", "甲公司"], [2, "", "乙公司"]])
    assert ledger.tables["instructor_counts"]["count"].sum() == 1
    assert [
        p.where for p in ledger.problems if p.code == "column_missing" and p.severity == "error"
    ] == ["Sheet1!B4"]


# --- repeated rows ----------------------------------------------------------------------------------------------------

HELD = ["序号", "活动日期", "党组织名称", "活动类型", "应到人数", "实到人数"]


def test_the_same_activity_written_again() -> None:
    rows = [
        ["示例县2024年活动台账"],
        HELD,
        ["１", "2024-03-18", "甲党支部", "主题党日", "１０", 9],
        [2, "2024.3.18", "甲党支部", "主题党日", 10, 9],
        [3, "2024年3月18日", "甲 党支部", "党日", 10, "9人"],
        [4, "2024-3-19", "乙党支部", "走访企业", 2, 2],
        [5, "2024-3-20", "乙党支部", "走访慰问困难党员", 2, 2],
        [6, "2024-3", "丙党支部", "主题党日", 5, 5],
        [7, "2024-3", "丙党支部", "主题党日", 5, 5],
        ["合计", "", "", "", 24, 23],
    ]
    ledger = read(rows)
    assert ledger.tables["activities"]["present"].tolist() == [9, 2, 5, 5] and ledger.tables[
        "visits"
    ]["count"].tolist() == [1]
    said = [(p.severity, p.where) for p in ledger.problems if p.code == "row_duplicate"]
    assert said == [("warning", "Sheet1!C4"), ("warning", "Sheet1!C5"), ("question", "Sheet1!C9")]
    assert not codes(ledger, "total_differs")


def test_another_theme_is_another_activity() -> None:
    rows = [
        ["示例县2024年活动台账"],
        [*HELD, "活动主题"],
        [1, "2024-03-18", "甲党支部", "主题党日", 9, 9, "学习"],
        [2, "2024-03-18", "甲党支部", "主题党日", 9, 9, "植树"],
    ]
    ledger = read(rows)
    assert len(ledger.tables["activities"]) == 2 and not codes(ledger, "row_duplicate")


def test_the_same_amount_written_again() -> None:
    heads = ["序号", "党组织名称", "区县拨付", "拨付日期"]
    again = [
        [FUNDS],
        heads,
        [1, "甲党支部", 100, "2024-3-1"],
        [1, "甲党支部", 100, "2024-3-1"],
        [2, "甲党支部", 100, "2024-9-1"],
        ["合计", "", 200, ""],
    ]
    ledger = read(again)
    assert ledger.tables["funds"]["amount_fen"].sum() == 200_00 and not codes(
        ledger, "total_differs"
    )
    unsure = read([[FUNDS], heads[:3], [1, "甲党支部", 100], [2, "甲党支部", 100]])
    assert unsure.tables["funds"]["amount_fen"].sum() == 200_00
    assert [p.severity for p in unsure.problems if p.code == "row_duplicate"] == ["question"]


# --- two kinds of members in one cell ---------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["正式党员", "党员总数", "党员数"])
@pytest.mark.parametrize(
    "cell",
    [
        "4(含预备1)",
        "4（含预备1）",
        "4（其中预备党员1名）",
        "3+1",
        "３＋１",
        "3+1（预备）",
        "正式3、预备1",
        "3正1预",
        "3名正式党员+1名预备党员",
        "４（含１名预备）",
        "四（含预备一名）",
        "3（另有预备1名）",
        "4人（其中：预备1人）",
        "3(+1)",
        "4（其中1名为预备党员）",
    ],
)
def test_members_and_those_on_probation(heading: str, cell: str) -> None:
    units = read(
        [[UNITS], ["企业名称", "员工人数", heading], ["甲公司", 90, cell], ["乙公司", 9, 2]]
    ).tables["units"]
    assert units[["members", "full_members", "probationary_members"]].iloc[0].tolist() == [4, 3, 1]


def test_some_on_probation_and_nobody_says_how_many() -> None:
    units = read(
        [[UNITS], ["企业名称", "员工人数", "正式党员"], ["甲公司", 90, "4（含预备）"]]
    ).tables["units"]
    assert units[["members", "full_members"]].astype(object).where(lambda f: f.notna(), None).iloc[
        0
    ].tolist() == [4, None]


def test_a_column_of_its_own_for_those_on_probation_wins() -> None:
    ledger = read(
        [
            [UNITS],
            ["企业名称", "员工人数", "正式党员", "预备党员"],
            ["甲公司", 90, "4(含预备1)", 1],
            ["乙公司", 90, "4(含预备1)", 2],
        ]
    )
    assert ledger.tables["units"][["full_members", "probationary_members"]].to_numpy().tolist() == [
        [3, 1],
        [3, 2],
    ]
    assert codes(ledger, "identity_differs") == [("D4", "按预备党员一列")]


def test_a_sum_is_no_count_of_employees() -> None:
    assert (
        parse("3+1", unit="人").value is None and parse("3+1", unit="人", kind="members").value == 4
    )
    assert parse("3+1", unit="人", kind="ratio_pair").value is None


# --- columns that only some sheets have -------------------------------------------------------------------------------

PAIRS: dict[str, tuple[list[list[Any]], list[list[Any]]]] = {
    "units": (
        [
            [f"示例县甲镇{UNITS[3:]}"],
            [
                "单位名称",
                "组织类型",
                "单位类型",
                "状态",
                "职工人数",
                "党员总数",
                "正式党员",
                "预备党员",
                "指导员",
                "有指导员",
                "是否规上",
                "是否停产",
                "党组织名称",
                "组建方式",
            ],
            [
                "甲公司",
                "非公企业",
                "法人企业",
                "停业",
                9,
                3,
                2,
                1,
                "Z1",
                "是",
                "是",
                "是",
                "甲公司党支部",
                "单独",
            ],
        ],
        [
            [f"示例县乙镇{UNITS[3:]}"],
            ["单位名称", "单位类型", "职工人数", "党员总数", "党组织名称"],
            ["乙协会", "协会", 5, "4(含预备1)", "乙协会党支部"],
            ["丙公司", "公司", 7, 2, ""],
        ],
    ),
    "instructor_counts": (
        [
            ["示例县甲镇2024年指导员台账"],
            ["指导员编号", "联系单位", "走访次数", "专兼职", "启用/停用"],
            ["Z1", "甲公司", 5, "专职", "启用"],
        ],
        [
            ["示例县乙镇2024年指导员台账"],
            ["指导员编号", "级别", "选派单位"],
            ["Z2", "县级", "组织部"],
        ],
    ),
    "visits": (
        [
            ["示例县甲镇2024年指导员台账"],
            ["指导员编号", "联系单位", "走访次数", "专兼职"],
            ["Z1", "甲公司", 5, "专职"],
        ],
        [
            ["示例县乙镇2024年指导员台账"],
            ["指导员编号", "走访次数", "选派单位"],
            ["Z2", 3, "组织部"],
        ],
    ),
    "figures": (
        [["示例县甲镇2024年工作报表"], ["指标", "数值", "单位"], ["走访家次", "1200余", "家次"]],
        [["示例县乙镇2024年工作报表"], ["指标", "数值（万元）"], ["应拨补助", 12]],
    ),
    "funds": (
        [
            ["示例县甲镇2024年经费台账（单位：万元）"],
            ["党组织名称", "收支", "单位", "经费来源", "支出项目", "金额", "市级拨付"],
            ["甲党支部", "收入", "元", "企业", "", 9, 5],
        ],
        [
            ["示例县乙镇2024年经费台账（单位：元）"],
            ["党组织名称", "支出项目", "支出金额", "上级下拨"],
            ["乙党支部", "培训", 7, 6],
        ],
    ),
    "activities": (
        [
            ["示例县甲镇2024年活动台账"],
            ["党组织名称", "活动时间", "月份", "次数", "活动类型", "应到人数", "实到人数"],
            ["甲党支部", "2024-3-5", 3, 2, "党课", 9, "全体"],
        ],
        [
            ["示例县乙镇2024年5月活动台账"],
            ["党组织名称", "活动类型", "实到人数"],
            ["乙党支部", "主题党日", "5/6"],
        ],
    ),
    "stars": (
        [
            ["示例县甲镇2024年星级评定表"],
            ["党组织名称", "上年星级", "班子建设", "一票否决", "拟定星级"],
            ["甲党支部", 3, 18, "否", 4],
        ],
        [
            ["示例县乙镇2024年星级评定表"],
            ["党组织名称", "拟定星级", "终审分"],
            ["乙党支部", "五星", 95],
        ],
    ),
}


@pytest.mark.parametrize("table", list(PAIRS))
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_read_from_a_file_does_not_depend_on_the_file_beside_it(
    table: str, which: int
) -> None:
    files = [
        sheet([list(row) for row in rows], "Sheet1", f"{n}.xlsx")
        for n, rows in enumerate(PAIRS[table])
    ]
    again = [
        sheet([list(row) for row in rows], "Sheet1", f"{n}.xlsx")
        for n, rows in enumerate(PAIRS[table])
    ]
    alone, together = from_sheets([files[which]]).tables, from_sheets(again).tables
    assert len(alone[table])
    for name, frame in alone.items():
        mine = together[name][together[name]["source_file"] == f"{which}.xlsx"].reset_index(
            drop=True
        )
        pd.testing.assert_frame_equal(frame.reset_index(drop=True), mine, obj=name)


@pytest.mark.parametrize(
    ("kind", "sector"),
    [
        *(
            (kind, "social")
            for kind in (
                "律师事务所",
                "会计师事务所",
                "税务师事务所",
                "民办医院",
                "民营医院",
                "基金会",
                "社会团体",
                "社会服务机构",
                "民办非企业单位",
                "民办非企业",
                "商会",
                "协会",
                "行业协会",
                "养老院",
                "幼儿园",
                "民办幼儿园",
                "民办学校",
            )
        ),
        *(
            (kind, "enterprise")
            for kind in ("法人企业", "有限责任公司", "个体工商户", "合作社", "分公司")
        ),
    ],
)
def test_the_sector_that_a_kind_tells(kind: str, sector: str) -> None:
    heads = ["序号", "单位名称", "单位类型", "职工人数", "正式党员"]
    for title in (UNITS, "示例县2024年非公企业台账"):
        assert read([[title], heads, [1, "甲单位", kind, 9, 1]]).tables["units"][
            "sector"
        ].tolist() == [sector]


def test_a_branch_or_another_unit_belongs_to_the_sector_of_its_sheet() -> None:
    heads = ["序号", "单位名称", "单位类型", "职工人数", "正式党员"]
    rows = [heads, [1, "甲单位", "其他", 9, 1], [2, "乙单位", "分支机构", 9, 1]]
    assert read([["示例县2024年社会组织台账"], *rows]).tables["units"]["sector"].tolist() == [
        "social",
        "social",
    ]
    assert read([[UNITS], *rows]).tables["units"]["sector"].fillna("").tolist() == [
        "",
        "enterprise",
    ]


# --- whole ledgers ----------------------------------------------------------------------------------------------------


def test_a_ledger_with_all_of_it_at_once() -> None:
    """Merged townships and groups, full-width digits, ticks, subtotals that count ticks, signatures."""
    rows = [
        ["示例县２０２４年两新组织党建台账"],
        ["填报单位：示例县两新工委", *[""] * 10, "单位：人、家"],
        [
            "序号",
            "乡镇",
            "企业名称",
            "职工人数",
            "党员情况",
            "",
            "党组织名称",
            "组建形式",
            "",
            "",
            "",
            "经营状态",
            "",
            "指导员姓名",
        ],
        ["", "", "", "", "正式", "预备", "", "单独", "联合", "挂靠", "未建", "正常", "停产", ""],
        [
            1,
            "城关镇",
            "甲公司",
            "１２０",
            "４（含预备１）",
            "",
            "甲公司党支部",
            "√",
            "",
            "",
            "",
            "√",
            "",
            "赵某",
        ],
        [2, "", "乙公司", "60", "2", "0", "商圈党支部", "", "√", "", "", "√", "", ""],
        ["小计", "", "2家", 180, 6, "", "", 1, 1, 0, 0, 2, 0, ""],
        [3, "河口镇", "丙公司", "30", "1+0", "", "社区党支部", "", "", "✓", "", "", "√", "无"],
        [4, "", "丁公司", "8", "无", "", "", "", "", "", "√", "√", "", ""],
        ["合计", "", "4家", 218, 7, "", "", 1, 1, 1, 1, 3, 1, ""],
        ["填表人：李某　　审核人：王某"],
    ]
    across = [
        (1, 1, 1, 14),
        (3, 5, 3, 6),
        (3, 8, 3, 11),
        (3, 12, 3, 13),
        (5, 2, 6, 2),
        (8, 2, 9, 2),
    ]
    down = [(3, column, 4, column) for column in (1, 2, 3, 4, 7, 14)]
    ledger = read(rows, merges=across + down)
    units = ledger.tables["units"]
    assert units["area"].tolist() == ["示例县/城关镇"] * 2 + ["示例县/河口镇"] * 2 and set(
        units["period"]
    ) == {"2024"}
    assert units["employees"].tolist() == [120, 60, 30, 8] and units["full_members"].tolist() == [
        3,
        2,
        1,
        0,
    ]
    assert units["status"].tolist() == ["operating", "operating", "suspended", "operating"]
    assert units["has_instructor"].tolist() == [True, False, False, False]
    assert ledger.tables["covers"]["mode"].tolist() == ["single", "joint", "attached"]
    assert not {"heading_unknown", "value_not_listed", "total_differs", "value_unreadable"} & {
        p.code for p in ledger.problems
    }


def test_a_table_of_instructors_with_merged_cells_and_a_total() -> None:
    rows = [
        ["示例县2024年党建指导员联系两新组织情况统计表"],
        [
            "序号",
            "镇街",
            "党建指导员",
            "工作单位及职务",
            "选派类别",
            "联系两新组织",
            "走访次数",
            "考核等次",
        ],
        [1, "城关镇", "赵甲", "县委组织部", "县级", "甲公司", 12, "优秀"],
        ["", "", "", "", "", "乙公司", "", ""],
        ["", "", "", "", "", "丙公司", "", ""],
        [2, "城关镇", "钱乙", "镇党建办", "镇级", "丁公司", 5, "合格"],
        ["合计", "", "2人", "", "", "4家", 17, ""],
    ]
    ledger = read(rows, merges=[(3, column, 5, column) for column in (1, 2, 3, 4, 5, 7, 8)])
    counts = ledger.tables["instructor_counts"]
    assert dict(zip(counts["level"], counts["count"], strict=True)) == {
        "县级": 1,
        "镇级": 1,
    } and counts["units_served"].tolist() == [3, 1]
    assert ledger.tables["visits"]["count"].tolist() == [17] and not codes(ledger, "total_differs")
