"""Headings as offices write them."""

from __future__ import annotations

import pytest
from ledger_cases import sheet

from evalkit.codebook import load_codebook
from evalkit.ledgers import from_sheets
from evalkit.ledgers.headings import Headings, heading_keys
from evalkit.ledgers.place import area_names, below, district_of, locate, month_of, year_of


@pytest.fixture(scope="module")
def headings() -> Headings:
    return Headings(load_codebook().headings)


@pytest.mark.parametrize(
    ("written", "column", "unit"),
    [
        ("从业人员(人)", "employees", "人"),
        ("从业\n人员 总数", "employees", None),
        ("年营业收入（万元）", "revenue_fen", "万元"),
        ("年营业收入:亿元", "revenue_fen", "亿元"),
        ("1.单位名称*", "unit_name", None),
        ("【企业名称】", "unit_name", None),
        ("单 位 名 称", "unit_name", None),
        ("ｎｏ．", "row_number", None),
        ("其中：正式党员（名）", "full_members", "名"),
    ],
)
def test_one_level(headings: Headings, written: str, column: str, unit: str | None) -> None:
    found = headings.look("units", (written,))
    assert found is not None and (found.column, found.unit) == (column, unit)


def test_every_synonym_finds_its_column(headings: Headings) -> None:
    for form, spec in headings.forms.items():
        for column, about in spec["columns"].items():
            found = headings.look(form, (about["names"][0],))
            assert found is not None and found.column == column, (form, column)


def test_brackets_that_are_no_unit(headings: Headings) -> None:
    assert headings.look("funds", ("街道(乡镇)拨付",)).column == "fiscal_township"
    assert headings.look("instructors", ("联系单位(可多选)",)).column == "served_units"
    assert heading_keys("补贴(元)")[1] == "元"


def test_unknown_heading_is_said_with_the_nearest() -> None:
    rows = [
        ["单位名称", "从业人员总数", "党员总数", "单位类型", "状态", "从业人员总数额"],
        ["甲有限公司", 5.0, 1.0, "法人企业", "正常", 9.0],
    ]
    ledger = from_sheets([sheet(rows, "组织台账")])
    found = [p for p in ledger.problems if p.code == "heading_unknown"]
    assert [p.where for p in found] == ["组织台账!F1"] and "从业人员总数" in found[0].allowed
    assert ledger.tables["units"]["employees"].tolist() == [5]


def test_personal_columns_are_left_out() -> None:
    rows = [
        ["单位名称", "从业人员总数", "法定代表人", "联系电话", "党员总数", "身份证号", "书记"],
        ["甲有限公司", 5.0, "赵某某", "13800001111", 1.0, "110101199003070011", "钱某"],
    ]
    ledger = from_sheets([sheet(rows, "组织台账")])
    assert sorted(p.where for p in ledger.problems if p.code == "personal_data") == [
        "组织台账!C1",
        "组织台账!D1",
        "组织台账!F1",
        "组织台账!G1",
    ]
    everything = " ".join(
        [
            *map(str, ledger.problems),
            *(t.to_csv() for t in ledger.tables.values()),
            ledger.headings.to_csv(),
            ledger.sheets.to_csv(),
        ]
    )
    assert not any(
        word in everything for word in ("赵某某", "13800001111", "110101199003070011", "钱某")
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("演示省演示01区2025年度两新组织台账", ["演示省", "演示01区"]),
        ("填报单位：演示01区", ["演示01区"]),
        ("富阳区银湖街道党组织台账最终版2", ["富阳区", "银湖街道"]),
        ("杭州市富阳区", ["杭州市", "富阳区"]),
        ("浙江省义乌市", ["浙江省", "义乌市"]),
        ("一、城关镇", ["城关镇"]),
        ("全市经费台账", []),
        ("各镇街", []),
        ("组织台账_演示03区_2025年", ["演示03区"]),
        ("上海市浦东新区", ["上海市", "浦东新区"]),
        ("2025", []),
        ("组织台账", []),
        ("任何真实地区", []),
        ("演示数据（虚构），不代表任何真实地区", []),
        ("以上数据仅供演示，与浙江省无关。", []),
    ],
)
def test_area_names(text: str, names: list[str]) -> None:
    assert [n for _, n in area_names(text)] == names


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2024年度", "2024"),
        ("24年组织台账", "2024"),
        ("截至2024年12月31日", "2024"),
        ("台账20250301", "2025"),
        ("最终版2", None),
        ("２０２４", "2024"),
    ],
)
def test_years(text: str, year: str | None) -> None:
    assert year_of(text) == year


def test_months() -> None:
    assert [month_of(t) for t in ("1月", "2024年3月份", "十二月", "一月", "组织台账")] == [
        1,
        3,
        12,
        1,
        None,
    ]


def test_order_of_sources_and_conflicts() -> None:
    place = locate(
        [
            ("标题", "2024年演示01区台账"),
            ("文件名", "演示02区"),
            ("文件夹", "2025"),
            ("文件夹", "演示省"),
        ]
    )
    assert (place.area, place.period) == ("演示省/演示01区", "2024")
    assert [c[0] for c in place.conflicts] == ["area_conflict", "period_conflict"]


def test_township_column_lies_below_the_file() -> None:
    place = locate([("文件名", "演示01区"), ("文件夹", "演示省")])
    assert below(place, "城关镇") == ("演示省/演示01区/城关镇", None)
    assert below(place, "演示01区城关镇") == ("演示省/演示01区/城关镇", None)
    assert below(locate([], area="演示省/演示01区"), "城关镇") == ("演示省/演示01区/城关镇", None)
    assert (
        district_of("演示省/演示01区/城关镇") == district_of("演示省/演示01区") == "演示省/演示01区"
    )


@pytest.mark.parametrize("heading", ["类型", "性质", "单位类别", "单位类型"])
@pytest.mark.parametrize(
    ("column", "cells", "keys"),
    [
        ("sector", ["非公企业", "社会组织"], ["enterprise", "social"]),
        ("kind", ["法人企业", "个体工商户"], ["法人企业", "个体工商户"]),
    ],
)
def test_content_tells_type_from_sector(
    heading: str, column: str, cells: list[str], keys: list[str]
) -> None:
    rows = [
        ["单位名称", heading, "状态", "从业人员总数"],
        *([f"{n}公司", cell, "正常", 5.0] for n, cell in zip("甲乙", cells, strict=True)),
    ]
    assert from_sheets([sheet(rows, "组织台账")]).tables["units"][column].tolist() == keys
