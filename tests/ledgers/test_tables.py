"""How ledger rows become tables: units split from organisations, modes, members, melted funds, months from sheets."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from ledger_cases import ACTIVITIES, FUNDS, ORGS, UNITS, row, sheet, unit

from evalkit.ledgers import Ledger, from_sheets
from evalkit.ledgers.forms import name_key
from evalkit.ledgers.persons import credit_codes

AREA = {"area": "演示省/演示01区", "period": "2025"}


def read(rows: list[list[Any]], name: str = "组织台账") -> Ledger:
    return from_sheets([sheet(rows, name)], **AREA)


def modes(ledger: Ledger) -> list[tuple[str, str, str]]:
    covers = ledger.tables["covers"]
    return sorted(zip(covers["unit"], covers["party_org"], covers["mode"], strict=True))


def test_credit_codes() -> None:
    texts = pd.Series(
        ["91350100M000100Y43", "91350100M000100Y44", "123", None], dtype="string"
    )  # the example of GB 32100-2015
    assert credit_codes(texts).tolist() == [True, False, False, False]


def test_unit_key_is_the_code_else_the_name() -> None:
    rows = [
        UNITS,
        unit(1, 统一社会信用代码="91350100 M000100Y43"),
        unit(2, 统一社会信用代码="91350100M000100Y44"),
        unit(3, 单位名称="演示（三）有限公司 "),
    ]
    ledger = read(rows)
    assert ledger.tables["units"]["unit"].tolist() == [
        "91350100M000100Y43",
        "演示002有限公司",
        "演示三有限公司",
    ]
    assert [p.where for p in ledger.problems if p.code == "code_invalid"] == ["组织台账!D3"]


def test_names_compare_without_width_case_and_blanks() -> None:
    assert name_key("演示（城关） abc 公司") == name_key("演示(城关)ＡＢＣ公司")


def test_same_unit_written_twice_counts_once() -> None:
    rows = [
        UNITS,
        unit(1, 单位名称="演示（城关）有限公司"),
        unit(2),
        unit(3, 单位名称="演示(城关) 有限公司"),
    ]
    ledger = read(rows)
    assert len(ledger.tables["units"]) == 2
    double = [p for p in ledger.problems if p.code == "row_duplicate"]
    assert [(p.where, "C2" in p.read) for p in double] == [("组织台账!C4", True)]


def test_organisations_out_of_unit_rows() -> None:
    rows = [
        UNITS,
        unit(
            1, 是否建立党组织="是", 建制="总支", 党员总数=9.0, 正式党员=8.0, 预备党员=1.0
        ),  # no name: its own
        unit(2, 是否建立党组织="是", 党组织名称="楼宇支部"),
        unit(
            3, 是否建立党组织="是", 党组织名称="楼宇 支部", 党员总数=3.0, 正式党员=2.0, 预备党员=1.0
        ),  # named twice: joint
        unit(4, 是否建立党组织="否", 组建方式="片区联建", 联合支部名称="片区联合支部"),
        unit(5, 是否建立党组织="是", 党组织名称="挂靠支部", 组建方式="派驻帮建"),
        unit(6, 党组织名称="某工作支部", 组建方式="功能型"),
        unit(7),
    ]
    ledger = read(rows)
    assert modes(ledger) == [
        ("演示001有限公司", "演示001有限公司党总支", "single"),
        ("演示002有限公司", "楼宇支部", "joint"),
        ("演示003有限公司", "楼宇支部", "joint"),
        ("演示004有限公司", "片区联合支部", "joint"),
        ("演示005有限公司", "挂靠支部", "attached"),
        ("演示006有限公司", "某工作支部", "functional"),
    ]
    orgs = ledger.tables["party_organisations"].set_index("party_org")
    assert len(orgs) == 5
    assert orgs["members"].dropna().to_dict() == {
        "演示001有限公司党总支": 9,
        "楼宇支部": 5,
        "片区联合支部": 2,
        "挂靠支部": 2,
    }
    assert (
        orgs.loc["演示001有限公司党总支", "org_kind"] == "general_branch"
        and orgs.loc["某工作支部", "functional"]
    )


def test_a_blank_member_count_leaves_the_organisation_open_above() -> None:
    rows = [
        UNITS,
        unit(1, 党组织名称="联合支部"),
        unit(2, 党组织名称="联合支部", 党员总数="", 正式党员="", 预备党员=""),
    ]
    org = read(rows).tables["party_organisations"].iloc[0]
    assert (org["members"], org["members_low"], org["members_high"]) == (2, 2, pd.NA)


def test_members_in_one_cell() -> None:
    heads = ["单位名称", "单位类型", "状态", "从业人员", "党员总数"]
    units = read([heads, ["甲有限公司", "法人企业", "正常", 9.0, "4(含预备1)"]]).tables["units"]
    assert units[["members", "full_members", "probationary_members"]].iloc[0].tolist() == [4, 3, 1]


def test_missing_columns_by_rule_with_one_warning() -> None:
    heads = ["单位名称", "从业人员", "党员总数", "正式党员"]
    ledger = read([heads, ["甲有限公司", 9.0, 1.0, 1.0], ["乙有限公司", 9.0, 1.0, 1.0]])
    assert ledger.tables["units"][["status", "legal_person"]].iloc[0].tolist() == [
        "operating",
        True,
    ]
    said = [p.read for p in ledger.problems if p.code == "column_missing"]
    assert sum("正常经营" in s for s in said) == 1 and sum("法人单位" in s for s in said) == 1


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("正常", "operating"),
        ("在业", "operating"),
        ("存续", "operating"),
        ("停业", "suspended"),
        ("歇业", "suspended"),
        ("注销", "cancelled"),
        ("吊销", "cancelled"),
        ("", "operating"),
        ("已注销（2024）", "cancelled"),
    ],
)
def test_status(word: str, key: str) -> None:
    assert read([UNITS, unit(1, 状态=word)]).tables["units"]["status"].tolist() == [key]


def test_a_word_outside_the_list_is_null_and_said() -> None:
    ledger = read([UNITS, unit(1, 单位类型="不知道")])
    assert ledger.tables["units"]["kind"].isna().all()
    assert [p.where for p in ledger.problems if p.code == "value_not_listed"] == ["组织台账!F2"]


def test_covered_units_of_the_organisations_ledger() -> None:
    units = [UNITS, unit(1), unit(2), unit(3)]
    orgs = [
        ORGS,
        [
            1.0,
            "联合支部",
            "支部",
            "党委",
            "否",
            "演示001有限公司,演示002有限公司；没有的公司",
            "",
            "",
            "",
            5.0,
        ],
        [2.0, "演示003有限公司党支部", "支部", "党委", "否", "演示003有限公司", "", "", "", ""],
    ]
    ledger = from_sheets([sheet(units, "组织台账"), sheet(orgs, "党组织台账")], **AREA)
    assert modes(ledger) == [
        ("演示001有限公司", "联合支部", "joint"),
        ("演示002有限公司", "联合支部", "joint"),
        ("演示003有限公司", "演示003有限公司党支部", "single"),
    ]
    assert [p.found for p in ledger.problems if p.code == "unit_unknown"] == ["没有的公司"]
    # covered only by the organisations' list: members still come from the unit
    assert ledger.tables["party_organisations"].set_index("party_org")["members"].to_dict() == {
        "联合支部": 5,
        "演示003有限公司党支部": 2,
    }


def test_upper_total_without_parts_is_income() -> None:
    heads = ["党组织名称", "年份", "上级下拨", "党员活动经费"]
    funds = read([heads, ["甲支部", 2025.0, 3000.0, 100.0]], "经费台账").tables["funds"]
    assert funds[["flow", "source", "amount_fen"]].iloc[0].tolist() == ["income", "other", 300000]


def test_spending_by_words() -> None:
    heads = ["党组织名称", "支出项目", "支出金额", "党员活动经费"]
    rows = [
        heads,
        ["甲支部", "书记培训", 100.0, ""],
        ["乙支部", "阵地建设", 200.0, ""],
        ["丙支部", "", "", 5.0],
        ["丁支部", "慰问", "未拨", ""],
    ]
    funds = read(rows, "经费台账").tables["funds"]
    items = funds[funds["purpose"] != "activity"]
    assert items["purpose"].tolist() == ["secretary_training", "organisation", "other"]
    assert items["amount_fen"].tolist()[:2] == [100_00, 200_00]


def test_dash_by_the_note_below() -> None:
    rows = [
        FUNDS,
        row(FUNDS, 党组织名称="甲支部", 市级拨付="—"),
        row(FUNDS, 党组织名称="乙支部", 市级拨付=5.0),
        ["注：“—”表示未拨"],
    ]
    funds = read(rows, "经费台账").tables["funds"].query("source == 'fiscal_city'")
    assert funds["amount_fen"].tolist() == [0, 500]
    funds = read(rows[:3], "经费台账").tables["funds"].query("source == 'fiscal_city'")
    assert funds["amount_fen"].tolist() == [pd.NA, 500]


def test_years_in_a_column() -> None:
    rows = [
        FUNDS,
        row(FUNDS, 党组织名称="甲支部", 年份="2024年度", 市级拨付=1.0),
        row(FUNDS, 党组织名称="甲支部", 年份=2025.0, 市级拨付=2.0),
    ]
    ledger = read(rows, "经费台账")
    assert ledger.tables["funds"].query("source == 'fiscal_city'")["period"].tolist() == [
        "2024",
        "2025",
    ]
    assert [p.code for p in ledger.problems if p.code == "period_conflict"] == ["period_conflict"]


def test_one_sheet_a_month_with_columns_swapped() -> None:
    heads = [h for h in ACTIVITIES if h != "月份"]
    swapped = [*heads[:2], heads[3], heads[2], *heads[4:]]
    first = [
        heads,
        row(
            heads,
            活动日期="2025-01-05",
            党组织名称="甲支部",
            活动类型="主题党日",
            应到人数=5.0,
            实到人数=4.0,
        ),
        row(heads, 党组织名称="乙支部", 活动类型="党课", 实到人数=3.0),
    ]
    second = [
        swapped,
        row(swapped, 党组织名称="甲支部", 活动类型="组织生活会", 实到人数=5.0),
        ["合计", "", "", "", "", "", 5.0],
    ]
    ledger = from_sheets(
        [sheet(first, "1月", "活动台账.xlsx"), sheet(second, "2月", "活动台账.xlsx")], **AREA
    )
    activities = ledger.tables["activities"]
    assert activities["month"].tolist() == [1, 1, 2] and activities["present"].sum() == 12
    assert activities["kind"].tolist() == ["主题党日", "三会一课", "组织生活会"]


def test_unknown_organisation_is_no_new_one() -> None:
    units = [UNITS, unit(1, 是否建立党组织="是", 党组织名称="演示001公司党支部")]
    funds = [FUNDS, row(FUNDS, 党组织名称="演示001公司支部", 市级拨付=5.0)]
    ledger = from_sheets([sheet(units, "组织台账"), sheet(funds, "经费台账")], **AREA)
    found = [p for p in ledger.problems if p.code == "organisation_unknown"]
    assert [(p.where, p.allowed) for p in found] == [("经费台账!B2", "演示001公司党支部")]
    assert ledger.tables["party_organisations"]["party_org"].tolist() == ["演示001公司党支部"]
    assert ledger.tables["funds"]["party_org"].unique().tolist() == ["演示001公司支部"]


def test_present_of_due_in_one_cell() -> None:
    heads = ["党组织名称", "活动类型", "应到人数", "实到人数"]
    activities = read(
        [heads, ["甲支部", "主题党日", 10.0, "8/10"], ["甲支部", "主题党日", "", "7/9"]], "活动台账"
    ).tables["activities"]
    assert activities["present"].tolist() == [8, 7] and activities["due"].tolist() == [10, 9]


def test_a_parent_is_the_key_of_its_committee() -> None:
    orgs = [
        ORGS,
        [1.0, "演示（集团）公司党委", "党委", "城关镇党工委", "否", "", "", "", "", 9.0],
        [2.0, "演示公司一支部", "支部", "演示(集团) 公司党委", "否", "", "", "", "", 9.0],
    ]
    found = read(orgs, "党组织台账").tables["party_organisations"]
    assert found["parent"].iat[1] == found["party_org"].iat[0]


def test_remarks_are_dropped_and_what_they_tell_of_persons_is_said_by_place_and_kind() -> None:
    rows = [
        UNITS,
        unit(1, 备注="联系人：张伟13800138000"),
        unit(2, 备注="联系人：张伟13800138000"),
        unit(3, 备注="已搬迁"),
    ]
    ledger = read(rows)
    said = [(p.where, p.found) for p in ledger.problems if p.code == "personal_data"]
    column = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[UNITS.index("备注")] if UNITS.index("备注") < 26 else None
    assert sorted({kind for _, kind in said}) == ["姓名", "电话号码"] and len(said) == 4
    assert column is None or {where for where, _ in said} == {
        f"组织台账!{column}2",
        f"组织台账!{column}3",
    }
    assert not any(
        "张伟" in str(value) or "138" in str(value) for value in (ledger.tables, *ledger.problems)
    )


def test_a_name_tells_of_a_joint_organisation_where_the_ledger_says_nothing() -> None:
    """教育联合党支部 with one unit in this ledger was kept as single; a stated 组建方式 wins, with a question."""
    yes = {"是否建立党组织": "是"}
    rows = [
        UNITS,
        unit(1, 党组织名称="教育联合党支部", **yes),
        unit(2, 党组织名称="街区联合党委", **yes),
        unit(3, 党组织名称="楼宇联合党总支", 组建方式="单独", **yes),
        unit(4, 党组织名称="工商业联合会党支部", **yes),
    ]
    ledger = read(rows)
    assert [mode for *_, mode in modes(ledger)] == ["joint", "joint", "single", "single"]
    (said,) = [p for p in ledger.problems if p.code == "setup_differs"]
    assert (said.severity, said.found) == ("question", "楼宇联合党总支") and said.where.endswith(
        "4"
    )
    listed = [ORGS, row(ORGS, 党组织名称="教育联合党支部", 建制="支部", 覆盖单位="演示001有限公司")]
    assert modes(read(listed, "党组织台账"))[0][2] == "joint"


def test_one_ledger_of_what_came_in_and_what_went_out() -> None:
    """金额（万元） beside 支出金额（元）: the income was dropped."""
    heads = ["党组织名称", "收入来源", "金额（万元）", "支出用途", "支出金额（元）"]
    rows = [
        heads,
        ["甲支部", "区县财政", 0.6, "活动经费", "4,200.00"],
        ["乙支部", "企业自筹", 3.5, "", ""],
        ["丙支部", "", "", "培训", 2600],
    ]
    columns = ["party_org", "flow", "source", "purpose", "amount_fen"]
    found = (
        read(rows, "经费台账")
        .tables["funds"][columns]
        .astype(object)
        .fillna("")
        .to_numpy()
        .tolist()
    )
    assert sorted(found) == sorted(
        [
            ["甲支部", "income", "fiscal_district", "", 6_000_00],
            ["甲支部", "spending", "", "activity", 4_200_00],
            ["乙支部", "income", "enterprise", "", 35_000_00],
            ["丙支部", "spending", "", "secretary_training", 2_600_00],
        ]
    )
    unsaid = read(
        [["党组织名称", "金额", "支出用途", "支出金额"], ["甲支部", 5, "活动经费", 7]], "经费台账"
    )
    assert unsaid.tables["funds"]["amount_fen"].tolist() == [7_00]
    assert [p.advice for p in unsaid.problems if p.severity == "error"] == [
        "表头写成“收入金额”或“支出金额”"
    ]


def test_a_column_tells_income_from_spending() -> None:
    heads = ["党组织名称", "收支类型", "经费来源", "支出用途", "金额（元）"]
    rows = [heads, ["甲支部", "收入", "企业自筹", "", 500], ["甲支部", "支出", "", "活动经费", 300]]
    funds = read(rows, "经费台账").tables["funds"]
    assert funds[["flow", "amount_fen"]].to_numpy().tolist() == [
        ["income", 500_00],
        ["spending", 300_00],
    ]
    assert funds["source"].iloc[0] == "enterprise" and funds["purpose"].iloc[1] == "activity"


def test_instructors_with_names_alone_are_counted_by_rows() -> None:
    """A ledger with 姓名 and no 编号 was refused: its rows are counts, and no name is read."""
    heads = ["序号", "镇街", "姓名", "级别", "专兼职", "联系单位"]
    rows = [
        ["演示省演示01区2025年党建指导员台账"],
        heads,
        [1, "城关镇", "王建国", "区级", "专职", "演示001有限公司"],
        [2, "城关镇", "李红", "镇级", "兼职", "演示002有限公司"],
        [3, "城关镇", "李红", "镇级", "兼职", "演示003有限公司"],
    ]
    ledger = from_sheets([sheet(rows, "指导员台账")], area="演示省/演示01区", period="2025")
    counts = ledger.tables["instructor_counts"]
    assert counts["count"].sum() == 3 and sorted(counts["full_time"]) == [False, True]
    told = [p for p in ledger.problems if "按一行一名计数" in p.read]
    assert len(told) == 1 and not any(p.severity == "error" for p in ledger.problems)
    everything = (
        "".join(t.to_csv() for t in ledger.tables.values())
        + str(ledger.problems)
        + ledger.headings.to_csv()
    )
    assert "王建国" not in everything and "李红" not in everything
    below = [
        ["演示省演示01区2025年党建指导员台账"],
        ["序号", "基本信息", "", "联系单位"],
        ["", "姓名", "专兼职", ""],
        [1, "王建国", "专职", "甲"],
        [2, "李红", "兼职", "乙"],
    ]
    deeper = from_sheets([sheet(below, "指导员台账")], area="演示省/演示01区", period="2025")
    assert [p.read for p in deeper.problems if p.code == "personal_data"].count(
        "姓名未读，按一行一名计数"
    ) <= 1
    assert "王建国" not in str(deeper.problems)
