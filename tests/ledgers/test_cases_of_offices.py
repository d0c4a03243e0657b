"""Small ledgers that were once read wrongly (tests/data/ledger_cases), with the values that a clerk would count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evalkit.ledgers import Ledger, read_ledger

CASES = Path(__file__).parents[1] / "data" / "ledger_cases"


def plain(frame: pd.DataFrame) -> list[list[Any]]:
    """Rows of a table, null as None."""
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


def yuan(ledger: Ledger) -> dict[tuple[str, Any], float]:
    """Sums of money by flow and by source or purpose."""
    funds = ledger.tables["funds"].astype(object).where(lambda f: f.notna(), None)
    key = [(row.flow, row.source or row.purpose) for row in funds.itertuples()]
    sums: dict[tuple[str, Any], float] = {}
    for one, fen in zip(key, funds["amount_fen"], strict=True):
        sums[one] = sums.get(one, 0) + (fen or 0) / 100
    return sums


@pytest.mark.parametrize(
    "name", ["全台账与应建未建", "一簿两表_应建未建.xlsx", "一簿两表_规上.xlsx"]
)
def test_an_extract_never_replaces_its_ledger(name: str) -> None:
    ledger = read_ledger(CASES / name)
    units, covers = ledger.tables["units"], ledger.tables["covers"]
    assert len(units) == 10 and covers["unit"].nunique() == 5
    assert units["employees"].sum() == sum(range(50, 60))
    reasons = units.set_index("unit_name")["reason_unfounded"].dropna().to_dict()
    due = {f"{one}示例有限公司": "due" for one in "戊庚壬"}
    assert reasons == ({} if "规上" in name else due)
    (said,) = [p for p in ledger.problems if p.code == "ledger_extract"]
    assert said.severity == "warning" and "3行已在全台账里" in said.found
    assert not [p for p in ledger.problems if p.code in ("ledger_duplicate", "row_duplicate")]


def test_the_sector_of_a_town_does_not_depend_on_the_town_beside_it() -> None:
    alone = read_ledger(CASES / "sector" / "乙镇.csv").tables["units"]
    both = read_ledger(CASES / "sector").tables["units"].query("source_file == '乙镇.csv'")
    assert alone["sector"].tolist() == ["enterprise", "social", "social", "social"]
    assert both["sector"].tolist() == alone["sector"].tolist()


def test_money_beside_money_is_no_total_of_it() -> None:
    assert yuan(read_ledger(CASES / "m1_财政补助加镇街配套.csv")) == {
        ("income", "other"): 13_000,
        ("income", "fiscal_township"): 2_000,
        ("income", "enterprise"): 2_000,
        ("spending", "other"): 14_500,
    }
    assert yuan(read_ledger(CASES / "m1b_财政补助单独.csv")) == {
        ("income", "other"): 13_000,
        ("income", "enterprise"): 2_000,
        ("spending", "other"): 14_500,
    }


def test_full_members_without_those_on_probation() -> None:
    units = read_ledger(CASES / "m3_正式含预备.csv").tables["units"]
    assert plain(units[["members", "full_members", "probationary_members"]]) == [
        [4, 3, 1],
        [3, 1, 2],
    ]


def test_funds_under_the_name_of_a_unit() -> None:
    ledger = read_ledger(CASES / "m4_单位名称经费.csv")
    assert yuan(ledger) == {("income", "fiscal_district"): 3_000, ("spending", "activity"): 2_000}
    assert set(ledger.tables["funds"]["party_org"]) == {"甲示例公司党支部"}


def test_every_row_of_a_report_is_an_item() -> None:
    ledger = read_ledger(CASES / "工作报表_总数.xlsx")
    figures = ledger.tables["figures"]
    assert dict(zip(figures["measure"], figures["value"], strict=True)) == {
        "units_enterprise": 40,
        "units_social": 10,
        "members": 300,
        "funds": 200_000,
        "instructors": 12,
    }
    said = [p.found for p in ledger.problems if p.code == "measure_unknown"]
    assert not said


def test_ticks_under_a_group_heading() -> None:
    ledger = read_ledger(CASES / "打勾.xlsx")
    covers = ledger.tables["covers"]
    assert dict(zip(covers["unit"], covers["mode"], strict=True)) == {
        "甲示例公司": "single",
        "乙示例公司": "joint",
        "丙示例公司": "attached",
    }
    units = ledger.tables["units"].set_index("unit_name")
    assert units["status"].tolist() == ["operating", "operating", "operating", "suspended"]
    assert units["has_instructor"].tolist() == [True, False, True, False]
    assert not [p for p in ledger.problems if p.code in ("heading_unknown", "value_not_listed")]
    assert not any(
        name in str((ledger.problems, ledger.headings.to_csv())) for name in ("赵某", "钱某")
    )


def test_a_merged_instructor_counts_once() -> None:
    ledger = read_ledger(CASES / "指导员派驻.xlsx")
    counts = ledger.tables["instructor_counts"]
    assert counts["count"].sum() == 3 and counts["units_served"].sum() == 6
    everything = (
        "".join(t.to_csv() for t in ledger.tables.values())
        + str(ledger.problems)
        + ledger.headings.to_csv()
    )
    assert not any(name in everything for name in ("赵甲", "钱乙", "孙丙", "1390000"))


def test_a_visit_and_a_repeated_row_are_no_activities() -> None:
    ledger = read_ledger(CASES / "活动_重复行.csv")
    assert ledger.tables["activities"]["present"].tolist() == [9, 3]
    assert ledger.tables["visits"]["count"].tolist() == [1]
    assert [p.where for p in ledger.problems if p.code == "row_duplicate"] == ["活动_重复行!C4"]
    assert [p.found for p in ledger.problems if p.code == "total_differs"] == [
        "合计26人次",
        "合计30人次",
    ]


def test_a_cell_of_two_kinds_of_members_is_told_with_what_was_read(tmp_path: Path) -> None:
    rows = [
        "某县2025年两新组织台账,,,",
        "序号,单位名称,组织类型,正式党员",
        "1,辰示例公司,非公企业,5（其中预备2）",
        "2,巳示例公司,非公企业,3＋1",
        "3,午示例公司,非公企业,3（另有预备1名）",
        "4,未示例公司,非公企业,6名（含退休1名）",
    ]
    (tmp_path / "台账.csv").write_text("\n".join(rows), encoding="utf-8")
    ledger = read_ledger(tmp_path / "台账.csv")
    assert plain(ledger.tables["units"][["full_members", "probationary_members"]])[:3] == [
        [3, 2],
        [3, 1],
        [3, 1],
    ]
    told = [(p.found, p.read) for p in ledger.problems if p.code == "value_noted"]
    assert told[:3] == [
        ("5（其中预备2）", "5，其中预备2"),
        ("3＋1", "4，其中预备1"),
        ("3（另有预备1名）", "4，其中预备1"),
    ]
    assert [read for _, read in told[3:]] == ["6"]


def test_a_circle_beside_ticks_is_asked_and_not_dropped_in_silence(tmp_path: Path) -> None:
    rows = [
        "某县2025年两新组织台账,,,",
        "序号,单位名称,单位性质,",
        ",,企业,社会组织",
        "1,子示例,√,",
        "2,丑示例,,√",
        "3,寅示例,○,",
        "4,卯示例,,",
    ]
    (tmp_path / "台账.csv").write_text("\n".join(rows), encoding="utf-8")
    ledger = read_ledger(tmp_path / "台账.csv")
    assert plain(ledger.tables["units"][["sector"]]) == [["enterprise"], ["social"], [None], [None]]
    told = [
        (p.where.split("!")[1], p.found) for p in ledger.problems if p.code == "value_not_listed"
    ]
    assert told == [("C6", "画了圈，别的行打勾")]


def test_kinds_to_be_ticked_that_are_names_of_other_columns_too(tmp_path: Path) -> None:
    """企业 is a name of the column 单位名称; below 单位性质, with marks drawn in it, it is an entry."""
    for heads in ("序号,单位名称,单位性质,", "序号,单位名称,企业,社会组织"):
        group = [",,企业,社会组织"] if "性质" in heads else []
        rows = ["某县2025年两新组织台账,,,", heads, *group, "1,子示例,√,", "2,丑示例,,√"]
        (tmp_path / "台账.csv").write_text("\n".join(rows), encoding="utf-8")
        assert read_ledger(tmp_path / "台账.csv").tables["units"]["sector"].tolist() == [
            "enterprise",
            "social",
        ], heads


def test_a_town_that_stands_in_the_first_row_of_its_group() -> None:
    units = read_ledger(CASES / "m2_镇街空白向下.csv").tables["units"]
    assert units["area"].str.rpartition("/")[2].tolist() == ["城关镇", "城关镇", "河口镇", "河口镇"]


def test_an_xml_spreadsheet_of_2003() -> None:
    ledger = read_ledger(CASES / "03_spreadsheetml2003.xls")
    units, covers = ledger.tables["units"], ledger.tables["covers"]
    assert (len(units), units["employees"].sum()) == (4, 218)
    assert (units["full_members"].sum(), units["probationary_members"].sum()) == (8, 1)
    assert sorted(covers["mode"]) == ["joint", "joint", "single"]
    assert len(ledger.tables["party_organisations"]) == 2


def test_a_format_that_shows_another_unit_is_asked() -> None:
    ledger = read_ledger(CASES / "格式显示万.xlsx")
    assert yuan(ledger)["income", "fiscal_district"] == 60_000
    assert {p.severity for p in ledger.problems if p.code == "unit_mismatch"} == {"question"}
