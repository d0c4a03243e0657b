"""The structure of a sheet: titles, headings of two levels, blocks, totals, notes, skipped sheets."""

from __future__ import annotations

import pytest
from ledger_cases import UNITS, sheet, unit

from evalkit.codebook import load_codebook
from evalkit.ledgers import from_sheets
from evalkit.ledgers.cells import is_total
from evalkit.ledgers.grid import structure
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.rows import counts_of
from evalkit.world.columns import letter


@pytest.fixture(scope="module")
def headings() -> Headings:
    return Headings(load_codebook().headings)


def problems(ledger, code):
    return [p for p in ledger.problems if p.code == code]


def test_letters() -> None:
    assert [letter(i) for i in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@pytest.mark.parametrize(
    "text", ["合计", " 合 计 ", "小计：", "总计(家)", "城关镇小计", "合计（元）"]
)
def test_totals(text: str, headings: Headings) -> None:
    assert is_total(text, headings.total_words)


@pytest.mark.parametrize(
    "text", ["演示会计", "统计", "演示会计师事务所", "累计科技有限公司", "", 5.0]
)
def test_no_totals(text: object, headings: Headings) -> None:
    assert not is_total(text, headings.total_words)


def test_two_levels_and_title_rows(headings: Headings) -> None:
    rows = [
        ["演示01区2025年度党建经费台账"],
        ["填报单位：演示01区", "", "", "", "", "单位：万元"],
        ["序号", "党组织名称", "经费来源", "", "", "党员活动经费"],
        ["", "", "市级拨付", "区县拨付", "企业配套", ""],
        [1.0, "甲党支部", 0.1, 0.2, 0.3, 0.05],
        ["", "", "", "", "", ""],
        [2.0, "乙党支部", 0.1, "", 0.3, 0.05],
        ["合计", "", 0.2, 0.2, 0.6, 0.1],
        ["注：以上为到账数", "", "", "", "", ""],
        ["填表人：张三", "", "审核人：李四", "", "", ""],
    ]
    merges = [(3, 3, 3, 5), (3, 1, 4, 1), (3, 2, 4, 2), (3, 6, 4, 6)]
    found = structure(sheet(rows, "经费", merges=merges), headings)
    block = found.blocks[0]
    assert block.form == "funds" and block.money_unit == "万元"
    assert {c: at.index for c, at in block.columns.items()} == {
        "row_number": 0,
        "party_org": 1,
        "fiscal_city": 2,
        "fiscal_district": 3,
        "enterprise": 4,
        "activity": 5,
    }
    assert block.rows == [4, 6] and block.totals == [(7, "合计")]
    assert counts_of(found.rules) == {
        "heading": 2,
        "total": 1,
        "note": 2,
        "title": 2,
        "kept": 2,
        "reported": 0,
    }
    assert [p.code for p in found.problems] == ["personal_data", "personal_data"]
    assert not any("张三" in str(p) or "李四" in str(p) for p in found.problems)
    funds = from_sheets([sheet(rows, "经费", merges=merges)]).tables["funds"]
    assert funds.loc[funds["flow"] == "income", "amount_fen"].sum() == 10_000_00
    assert set(funds["area"]) == {"演示01区"} and set(funds["period"]) == {"2025"}


def test_group_above_full_headings(headings: Headings) -> None:
    rows = [
        ["", "单位基本情况", "", "", "党员情况", "", ""],
        ["序号", "单位名称", "单位类型", "从业人员", "总数", "正式", "预备"],
        [1.0, "甲有限公司", "法人企业", 10.0, 4.0, 3.0, 1.0],
    ]
    block = structure(sheet(rows, "组织台账"), headings).blocks[0]
    at = {c: one.index for c, one in block.columns.items()}
    assert (at["members"], at["full_members"], at["probationary_members"]) == (4, 5, 6)


def test_blocks_with_two_units_and_repeated_headings(headings: Headings) -> None:
    heads = ["序号", "党组织名称", "市级拨付", "党员活动经费"]
    swapped = ["序号", "党组织名称", "党员活动经费", "市级拨付"]
    rows = [
        ["2025年经费台账"],
        ["单位：万元"],
        heads,
        [1.0, "甲党支部", 1.2, 0.5],
        [2.0, "乙党支部", 0.8, 0.5],
        ["小计", "", 2.0, 1.0],
        ["单位：元"],
        swapped,
        [3.0, "丙党支部", 500.0, 3000.0],
        ["小计", "", 500.0, 3000.0],
        ["总计", "", "", ""],
    ]
    ledger = from_sheets([sheet(rows, "经费台账")])
    funds = ledger.tables["funds"]
    by = funds.groupby(["flow"])["amount_fen"].sum()
    assert by["income"] == (20_000 + 3_000) * 100 and by["spending"] == (10_000 + 500) * 100
    assert problems(ledger, "total_differs") == []


def test_unit_changes_without_a_new_heading() -> None:
    rows = [
        ["序号", "党组织名称", "市级拨付", "党员活动经费"],
        ["单位：元"],
        [1.0, "甲党支部", 1200.0, 500.0],
        ["单位：万元"],
        [2.0, "乙党支部", 0.8, 0.5],
    ]
    funds = from_sheets([sheet(rows, "经费台账")]).tables["funds"]
    assert funds.loc[funds["flow"] == "income", "amount_fen"].tolist() == [1_200_00, 8_000_00]


def test_merged_cells_filled_down() -> None:
    rows = [
        ["序号", "镇街", "单位名称", "单位类型", "状态", "从业人员", "党员总数"],
        [1.0, "城关镇", "甲有限公司", "法人企业", "正常", 10.0, 1.0],
        [2.0, "", "乙有限公司", "法人企业", "正常", 20.0, 2.0],
        [3.0, "东关镇", "丙有限公司", "法人企业", "正常", 30.0, 3.0],
    ]
    units = from_sheets(
        [sheet(rows, "组织台账", merges=[(2, 2, 3, 2)])], area="演示省/演示01区"
    ).tables["units"]
    assert units["area"].tolist() == [
        "演示省/演示01区/城关镇",
        "演示省/演示01区/城关镇",
        "演示省/演示01区/东关镇",
    ]


def test_sheets_left_out_are_said() -> None:
    good = [UNITS, unit(1)]
    ledger = from_sheets(
        [
            sheet([["演示01区两新组织台账"], ["二〇二五年"]], "封面"),
            sheet(good, "组织台账"),
            sheet([UNITS, unit(2)], "旧表", state="hidden"),
            sheet([["组织类型", "状态"], ["非公企业", "正常"]], "字典"),
            sheet([UNITS, unit(1)], "汇总"),
            sheet([["镇街", "排名", "评语"], ["城关镇", 35.0, 120.0]], "Sheet9"),
            sheet([[""]], "Sheet3"),
        ]
    )
    assert len(ledger.tables["units"]) == 1
    assert [p.where for p in problems(ledger, "sheet_hidden")] == ["旧表!A1"]
    assert [p.where for p in problems(ledger, "sheet_skipped")] == [
        "封面!A1",
        "字典!A1",
        "汇总!A1",
        "Sheet9!A1",
    ]
    assert set(ledger.sheets["source_sheet"]) >= {"封面", "旧表", "汇总"}


def test_rows_in_are_rows_kept_or_reported() -> None:
    rows = [
        ["演示01区组织台账"],
        UNITS,
        unit(1),
        [""],
        unit(2),
        ["", "", "", "", "非公企业", "法人企业", "制造业"],
        ["合计", "", "", "", "", "", "", "", "", 100.0],
        ["备注：无"],
    ]
    found = from_sheets([sheet(rows, "组织台账")])
    counts = found.sheets.iloc[0]
    assert counts[["kept", "total", "heading", "title", "note", "reported"]].tolist() == [
        2,
        1,
        1,
        1,
        1,
        1,
    ]
    assert [p.where for p in problems(found, "column_missing") if p.severity == "error"] == [
        "组织台账!C6"
    ]


def test_column_missing() -> None:
    ledger = from_sheets(
        [sheet([["序号", "状态", "从业人员", "党员总数"], [1.0, "正常", 5.0, 1.0]], "组织台账")]
    )
    assert [(p.severity, p.where) for p in problems(ledger, "column_missing")] == [
        ("error", "组织台账!A1")
    ]


def test_a_formula_without_value() -> None:
    ledger = from_sheets(
        [sheet([UNITS, unit(1, 从业人员总数="")], "组织台账", no_value=frozenset({(2, 10)}))]
    )
    assert [p.where for p in problems(ledger, "value_unreadable")] == ["组织台账!J2"]


def test_a_roster_of_persons_is_no_ledger() -> None:
    ledger = from_sheets(
        [
            sheet(
                [
                    ["序号", "姓名", "单位名称", "入党时间"],
                    [1.0, "张三", "甲有限公司", "2010-01-01"],
                ],
                "名册",
            )
        ]
    )
    assert not len(ledger.tables["units"])
    assert [p.where for p in problems(ledger, "personal_data")][:1] == ["名册!B1"]
    assert not any("张三" in str(p) for p in ledger.problems)
