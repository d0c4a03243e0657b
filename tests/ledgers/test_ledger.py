"""A whole workbook through `read_ledger`: every table against totals counted by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from ledger_cases import UNITS, clean_book, sheet, unit, write

from evalkit.ledgers import Ledger, from_sheets, read_ledger
from evalkit.problems import InputError


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    root = tmp_path_factory.mktemp("raw")
    write(root / "2025" / "演示省" / "演示01区.xlsx", clean_book())
    return read_ledger(root)


def codes(ledger: Ledger, code: str) -> list[str]:
    return [p.where for p in ledger.problems if p.code == code]


def test_units(clean: Ledger) -> None:
    units = clean.tables["units"]
    assert len(units) == 6
    assert set(units["area"]) == {"演示省/演示01区/城关镇"} and set(units["period"]) == {"2025"}
    assert units["status"].value_counts().to_dict() == {"operating": 5, "cancelled": 1}
    assert units["legal_person"].sum() == 5  # the 个体工商户 is none
    assert units["members"].sum() == 4 + 2 + 2 + 0 + 1
    assert units["members"].isna().sum() == 1  # the blank one is missing, not zero
    assert units["revenue_fen"].iat[0] == 1_200_5000 * 100
    row = units.iloc[5]
    assert (row["employees"], row["employees_low"], row["employees_high"]) == (120, 120, 129)
    assert list(units["has_instructor"]) == [False] * 5 + [True]
    assert units["reason_unfounded"].dropna().tolist() == ["none"]
    assert units["source_row"].tolist() == [2, 3, 4, 5, 6, 7]


def test_types_hold_no_nan(clean: Ledger) -> None:
    for name, table in clean.tables.items():
        for column in table:
            assert table[column].dtype != object and table[column].dtype != float, (name, column)


def test_organisations_and_covers(clean: Ledger) -> None:
    orgs = clean.tables["party_organisations"].set_index("name")
    assert len(orgs) == 3  # the joint branch once
    assert orgs.loc["城关镇第一联合党支部", "members"] == 4
    assert orgs["functional"].tolist() == [False, False, True]
    assert orgs.loc["城关镇工作支部", "founded_on"] == pd.Timestamp(2019, 6, 1)
    covers = clean.tables["covers"]
    assert sorted(zip(covers["unit"], covers["mode"], strict=True)) == [
        ("演示001有限公司", "single"),
        ("演示002有限公司", "joint"),
        ("演示003有限公司", "joint"),
        ("演示005有限公司", "functional"),
    ]


def test_funds(clean: Ledger) -> None:
    funds = clean.tables["funds"]
    income = funds[funds["flow"] == "income"]
    # 300 + 600 returned, 1000 + 2000, 1500 + 2000, 500 + 1000, 2000 + 1000: 上级下拨 is a check, not a source
    assert income["amount_fen"].sum() == 11_900_00
    assert funds.loc[funds["flow"] == "dues_paid", "amount_fen"].sum() == 1_800_00
    spent = funds[funds["flow"] == "spending"].groupby("purpose")["amount_fen"].sum()
    assert spent["activity"] == 1_200_00 + 2_400_00 + 500_25
    assert 3_600_00 not in set(funds["amount_fen"].dropna())  # 书记津贴 is a person's
    blank = funds[(funds["source"] == "donation")]
    assert len(blank) == 2 and blank["amount_fen"].isna().all()


def test_instructors_and_visits(clean: Ledger) -> None:
    counts = clean.tables["instructor_counts"]
    assert (
        counts["count"].sum() == 2 and counts["units_served"].sum() == 3
    )  # the stopped one is not counted
    assert counts.set_index("level")["full_time"].to_dict() == {"县级": True, "镇级": False}
    assert clean.tables["visits"]["count"].tolist() == [18]
    assert not any(
        "Z00" in str(v) for t in clean.tables.values() for v in t.astype(str).to_numpy().ravel()
    )


def test_activities_ratings_stars_figures(clean: Ledger) -> None:
    activities = clean.tables["activities"]
    assert activities["present"].tolist() == [4, 4]  # 全体 is those due
    assert activities["cost_fen"].sum() == 350_50 and activities["kind"].tolist() == [
        "主题党日",
        "三会一课",
    ]
    ratings = clean.tables["ratings"]
    assert ratings[ratings["party_org"] == "演示001有限公司党支部"].set_index("item")[
        "score"
    ].to_dict() == {
        "team": 18,
        "members": 17,
        "mechanism": 19,
        "growth": 18.5,
        "public": 20,
        "bonus": 1,
        "deduction": 0,
    }
    stars = clean.tables["stars"]
    assert stars["stars"].tolist() == [4, 4] and stars["stars_previous"].tolist() == [3, 3]
    assert stars["rectification"].tolist() == [False, True]
    figures = clean.tables["figures"].set_index("measure")
    assert figures.loc["admissions", "value"] == 15
    assert codes(clean, "measure_unknown") == ["工作报表!A4"]


def test_what_is_said(clean: Ledger) -> None:
    assert codes(clean, "organisation_unknown") == ["星级评定表!B3"]
    assert "不在台账的党支部" not in set(clean.tables["party_organisations"]["name"])
    assert codes(clean, "personal_data") == ["经费台账!P1", "指导员台账!I1", "指导员台账!J1"]
    assert codes(clean, "value_approximate") == ["组织台账!L7"] or codes(
        clean, "value_approximate"
    ) == ["组织台账!J7"]
    assert codes(clean, "heading_unknown") == []
    assert [p.where for p in clean.problems if p.severity == "error"] == []


def test_tracing(clean: Ledger) -> None:
    found = clean.headings.query("table == 'units' and column == 'employees'").iloc[0]
    assert (found["letter"], found["first_row"], found["last_row"]) == ("J", 2, 7)
    counted = clean.sheets[["kept", "total", "heading", "title", "note", "reported"]].sum(axis=1)
    assert counted.tolist() == [7, 4, 3, 4, 3, 3, 4]  # every row of every sheet is in one count


def test_lone_file_and_arguments(tmp_path: Path) -> None:
    path = write(
        tmp_path / "无名.xlsx",
        {
            "组织台账": [
                [h for h in UNITS if h != "镇街/园区"],
                [c for i, c in enumerate(unit(1)) if i != 1],
            ]
        },
    )
    lone = read_ledger(path)
    assert lone.tables["units"]["area"].isna().all() and lone.tables["units"]["period"].isna().all()
    told = read_ledger(path, area="演示省/演示01区", period=2025)
    assert told.tables["units"][["area", "period"]].iloc[0].tolist() == ["演示省/演示01区", "2025"]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有这个文件"):
        read_ledger(tmp_path / "没有.xlsx")


def test_mapping_wins() -> None:
    heads = ["序号", "我们的叫法", "从业人员总数", "单位类型", "状态", "党员总数"]
    rows = [heads, [1.0, "甲有限公司", 10.0, "法人企业", "正常", 1.0]]
    assert not len(from_sheets([sheet(rows)]).tables["units"])
    read = from_sheets([sheet(rows)], mapping={"我们的叫法": "unit_name"})
    assert read.tables["units"]["unit_name"].tolist() == ["甲有限公司"]
