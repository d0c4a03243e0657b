"""Checks: totals, identities, dates, sizes, two versions, founding rules."""

from __future__ import annotations

from typing import Any

from ledger_cases import FUNDS, ORGS, UNITS, row, sheet, unit

from evalkit.ledgers import Ledger, from_sheets
from evalkit.ledgers.checks import founding_actions

AREA = {"area": "演示省/演示01区", "period": "2025"}


def read(rows: list[list[Any]], name: str = "组织台账") -> Ledger:
    return from_sheets([sheet(rows, name)], **AREA)


def said(ledger: Ledger, code: str) -> list[tuple[str, str]]:
    return [(p.where, p.read) for p in ledger.problems if p.code == code]


def total(**cells: Any) -> list[Any]:
    return row(UNITS, 单位名称="合计", **cells)


def test_totals_right_and_wrong() -> None:
    rows = [UNITS, unit(1), unit(2), total(从业人员总数=100.0, 党员总数=5.0, 年营业收入=2401.0)]
    assert said(read(rows), "total_differs") == [("组织台账!M4", "按明细相加为4人")]
    assert len(read(rows).tables["units"]) == 2


def test_subtotals_then_total() -> None:
    rows = [
        UNITS,
        unit(1),
        unit(2),
        row(UNITS, 单位名称="城关镇小计", 从业人员总数=100.0),
        unit(3),
        row(UNITS, 单位名称="东关镇小计", 从业人员总数=60.0),
        total(从业人员总数=150.0),
    ]
    assert said(read(rows), "total_differs") == [("组织台账!J6", "按明细相加为50人")]


def test_a_total_over_approximate_rows_has_room() -> None:
    rows = [UNITS, unit(1, 从业人员总数="120余人"), total(从业人员总数=125.0)]
    assert said(read(rows), "total_differs") == []
    assert len(said(read([*rows[:2], total(从业人员总数=130.0)]), "total_differs")) == 1


def test_inactive_units_in_a_total() -> None:
    rows = [UNITS, unit(1), unit(2, 状态="注销"), total(从业人员总数=100.0)]
    assert said(read(rows), "inactive_in_total") == [("组织台账!J4", "不含停业、注销的1家应为50人")]
    assert said(read([*rows[:3], total(从业人员总数=50.0)]), "inactive_in_total") == []
    assert said(read([*rows[:3], total(从业人员总数=50.0)]), "total_differs") == []


def test_identities() -> None:
    assert said(
        read([UNITS, unit(1, 党员总数=5.0, 正式党员=3.0, 预备党员=1.0)]), "identity_differs"
    ) == [("组织台账!M2", "正式党员＋预备党员＝4")]
    good = row(FUNDS, 党组织名称="甲支部", 上级下拨=300.0, 市级拨付=100.0, 区县拨付=200.0)
    wrong = row(FUNDS, 党组织名称="乙支部", 上级下拨=300.0, 市级拨付=100.0, 区县拨付=100.0)
    found = said(read([FUNDS, good, wrong], "经费台账"), "identity_differs")
    assert [w for w, _ in found] == ["经费台账!G3"] and found[0][1].endswith("＝200元")


def test_dates_and_sizes() -> None:
    orgs = [ORGS, [1.0, "甲支部", "支部", "党委", "是", "", "2020-05-01", "2019-05-01", "", 5.0]]
    assert [w for w, _ in said(read(orgs, "党组织台账"), "date_backwards")] == ["党组织台账!H2"]
    assert [w for w, _ in said(read([UNITS, unit(1, 从业人员总数=1.0)]), "value_implausible")] == [
        "组织台账!M2"
    ]


def test_ten_thousand_times() -> None:
    rows = [
        FUNDS,
        *(
            row(FUNDS, 党组织名称=f"{n}支部", 市级拨付=3000.0 + i)
            for i, n in enumerate("甲乙丙丁戊")
        ),
        row(FUNDS, 党组织名称="己支部", 市级拨付=0.3),
    ]
    assert [w for w, _ in said(read(rows, "经费台账"), "value_implausible")] == ["经费台账!H7"]


def test_joint_over_more_than_five() -> None:
    rows = [UNITS, *(unit(i, 党组织名称="楼宇联合支部", 组建方式="联合") for i in range(1, 7))]
    assert len(said(read(rows), "joint_too_large")) == 1
    assert said(read(rows[:6]), "joint_too_large") == []


def test_founding_rules() -> None:
    rows = [
        UNITS,
        unit(1, 党员总数=3.0, 正式党员=3.0),  # R01: three full members, no organisation
        unit(2, 党员总数=3.0, 正式党员=2.0, 预备党员=1.0),  # probationary ones do not count
        unit(3, 从业人员总数=100.0),  # R05
        unit(
            4, 从业人员总数=50.0, 党员总数=0.0, 正式党员=0.0
        ),  # R04: an action, no problem row of its own
        unit(5, 党员总数=3.0, 正式党员=3.0, 状态="停业"),
        unit(6, 党员总数=3.0, 正式党员=3.0, 是否建立党组织="是", 党组织名称="甲支部"),
        unit(7, 从业人员总数="近100"),
    ]
    ledger = read(rows)
    assert [w for w, _ in said(ledger, "due_not_founded")] == [
        "组织台账!N2"
    ]  # 应建未建 as the indicators count it
    assert [w for w, _ in said(ledger, "large_not_covered")] == ["组织台账!J4"]
    actions = founding_actions(ledger.tables["units"], ledger.tables["covers"])
    assert sorted(zip(actions["rule"], actions["unit"], strict=True)) == [
        ("R01", "演示001有限公司"),
        ("R04", "演示004有限公司"),
        ("R05", "演示003有限公司"),
    ]


def test_two_versions_of_one_ledger() -> None:
    old = [UNITS, *(unit(i) for i in range(1, 6))]
    new = [UNITS, *(unit(i, 从业人员总数=60.0) for i in range(1, 7))]
    sheets = [
        sheet(old, "组织台账", "演示01区2025组织台账最终版.xlsx"),
        sheet(new, "组织台账", "演示01区2025组织台账最终版2.xlsx"),
    ]
    for pair in (sheets, sheets[::-1]):
        ledger = from_sheets(pair)
        assert ledger.tables["units"]["employees"].tolist() == [60] * 6
        assert [p.file for p in ledger.problems if p.code == "ledger_duplicate"] == [
            "演示01区2025组织台账最终版.xlsx"
        ]
    other = [UNITS, *(unit(i) for i in range(11, 16))]
    ledger = from_sheets([sheets[0], sheet(other, "组织台账", "演示01区2025组织台账补充.xlsx")])
    assert len(ledger.tables["units"]) == 10


def test_units_that_vanish_and_appear() -> None:
    before = [UNITS, unit(1), unit(2), unit(3, 状态="注销")]
    now = [UNITS, unit(1), unit(4, 创办时间="2010-01-01"), unit(5, 创办时间="2025-01-01")]
    ledger = from_sheets(
        [
            sheet(before, "组织台账", "2024/演示01区.xlsx"),
            sheet(now, "组织台账", "2025/演示01区.xlsx"),
        ]
    )
    assert [p.found for p in ledger.problems if p.code == "unit_vanished"] == [
        "上年正常、2025年台账里没有的单位1家：演示002有限公司"
    ]
    assert [p.found for p in ledger.problems if p.code == "unit_appeared"] == [
        "上年台账没有、2025年出现的老单位1家：演示004有限公司"
    ]
