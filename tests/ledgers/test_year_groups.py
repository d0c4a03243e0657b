"""Years over parts of a year, two numbers in one cell, attendance by quarter, words that look like names."""

from __future__ import annotations

from typing import Any

import pytest
from ledger_cases import sheet

from evalkit.codebook import load_codebook
from evalkit.ledgers import Ledger, from_sheets, names, persons
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.matching import heading_shown

HALVES = ["上半年", "下半年"]
QUARTERS = ["一季度", "二季度", "三季度", "四季度"]


def read(rows: list[list[Any]], file: str = "演示市/云台县/表.xlsx") -> Ledger:
    return from_sheets([sheet(rows, file=file)])


def figures(ledger: Ledger) -> dict[tuple[str, str, str], float]:
    rows = ledger.tables["figures"].dropna(subset=["value"])
    return {
        (row.period, row.area.rpartition("/")[2], row.measure): row.value
        for row in rows.itertuples()
    }


def codes(ledger: Ledger) -> list[str]:
    return [p.code for p in ledger.problems if p.severity != "info"]


def test_years_over_halves_are_a_table_a_year() -> None:
    ledger = read(
        [
            ["云台县两新组织党建工作情况统计表"],
            ["项目", "2023年", "", "2024年", "", "备注"],
            ["", *HALVES, *HALVES],
            ["发展党员数", 1, 2, 3, 4],
            ["党员总数", 500, 600, 700, 800, "含预备"],
            ["党建经费总额（万元）", 1.5, 2.5, 3.5, 4],
            ["注：以年末数为准。"],
        ]
    )
    assert figures(ledger) == {
        ("2023", "云台县", "admissions"): 3,
        ("2023", "云台县", "members"): 600,
        ("2023", "云台县", "funds"): 40_000,
        ("2024", "云台县", "admissions"): 7,
        ("2024", "云台县", "members"): 800,
        ("2024", "云台县", "funds"): 75_000,
    }
    assert set(ledger.tables["figures"]["locator"]) >= {"Sheet1!C4", "Sheet1!E5"}
    assert not (ledger.rows["outcome"] == "refused").any()


def test_years_over_quarters_by_township_with_a_total_row() -> None:
    ledger = read(
        [
            ["云台县各乡镇发展党员情况表"],
            ["乡镇", "2023年", "", "", "", "2024年", "", "", "", "合计"],
            ["", *QUARTERS, *QUARTERS],
            ["城关镇", 4, 3, 2, 1, 5, 6, 5, 8, 34],
            ["东乡", 5, 0, 1, 0, 2, 3, 2, 2, 15],
            ["合计", 9, 3, 3, 1, 7, 9, 7, 10, 49],
        ]
    )
    assert figures(ledger) == {
        ("2023", "城关镇", "admissions"): 10,
        ("2023", "东乡", "admissions"): 6,
        ("2024", "城关镇", "admissions"): 24,
        ("2024", "东乡", "admissions"): 9,
    }
    assert "total_differs" not in codes(ledger)


def test_years_over_halves_of_money_by_organisation() -> None:
    ledger = read(
        [
            ["云台县党费收缴情况表（元）"],
            ["党组织名称", "2023年", "", "2024年", ""],
            ["", *HALVES, *HALVES],
            ["甲公司党支部", 100, 200, 300, 400],
            ["乙公司党支部", 50, 60, 70, 80],
        ]
    )
    rows = ledger.tables["funds"]
    assert rows.groupby("period")["amount_fen"].sum().to_dict() == {"2023": 41_000, "2024": 85_000}
    assert set(rows["flow"]) == {"dues_paid"}


def test_a_heading_tells_what_stands_in_the_brackets_of_its_cells() -> None:
    ledger = read(
        [
            ["2024年云台县两新组织基本情况统计表"],
            ["乡镇", "非公企业数（其中规上）", "党组织数", "党员总数（其中：预备）"],
            ["城关镇", "35（11）", 12, "88（6）"],
            ["东乡", "20家（3家）", 5, 41],
        ]
    )
    assert figures(ledger) == {
        ("2024", "城关镇", "units_enterprise"): 35,
        ("2024", "城关镇", "units_above_scale"): 11,
        ("2024", "城关镇", "party_orgs"): 12,
        ("2024", "城关镇", "members"): 88,
        ("2024", "城关镇", "probationary"): 6,
        ("2024", "东乡", "units_enterprise"): 20,
        ("2024", "东乡", "units_above_scale"): 3,
        ("2024", "东乡", "party_orgs"): 5,
        ("2024", "东乡", "members"): 41,
    }


def test_a_bracket_that_nothing_explains_is_asked_at_its_cell() -> None:
    ledger = read(
        [
            ["2024年云台县党组织台账"],
            ["党组织名称", "组建时间", "党员数"],
            ["甲公司党支部", "2019-03-01", "5（1）"],
            ["乙公司党支部", "2019-03-01", 7],
        ]
    )
    assert ledger.tables["party_organisations"]["members"].isna().tolist() == [True, False]
    (asked,) = [p for p in ledger.problems if p.code == "value_unreadable"]
    assert asked.where == "Sheet1!C3" and "其中" in str(asked.advice)


@pytest.mark.parametrize(("title", "n"), [("党员大会", 2), ("三会一课", 0)])
def test_attendance_by_quarter_is_read_where_one_meeting_is_meant(title: str, n: int) -> None:
    ledger = read(
        [
            [f"2024年云台县{title}到会情况"],
            ["党组织名称", "一季度", "", "二季度", ""],
            ["", "应到", "实到", "应到", "实到"],
            ["甲公司党支部", 10, 9, 10, 8],
        ]
    )
    rows = ledger.tables["activities"]
    assert rows[["month", "due", "present"]].to_numpy().tolist() == [[3, 10, 9], [6, 10, 8]][:n]
    said = [p for p in ledger.problems if p.code == "heading_unknown"]
    assert bool(said) == (n == 0)
    assert all("逐次填写" in str(p.advice) and "〔略〕" not in str(p.found) for p in said)


def test_words_of_the_trade_are_no_names() -> None:
    headings = Headings(load_codebook().headings)
    for heading in ("应缴", "应到", "评估同步纳入党建", "指导员占比", "党的委员会", "党员占比"):
        assert heading_shown(heading, headings) == heading
        assert not persons.gate(heading).kinds
    assert heading_shown("应志强", headings) == "〔略〕"
    assert persons.gate("由步国庆同志带队").kinds == ("name",)
    assert names.find("李志强入党") and not names.find("同步纳入党建")
