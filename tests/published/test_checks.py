"""Consistency checks: contradictions, questions of definition, plans, and the ones that pass."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from evalkit.building.published import published
from evalkit.codebook import load_codebook
from evalkit.indicators.figures import check

FOLDER = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def found():
    return check(published(FOLDER)["figures"], load_codebook())


def one(found, name, place=None, period=None):
    rows = found[found["check"] == name]
    rows = rows if place is None else rows[rows["place"] == place]
    rows = rows if period is None else rows[rows["period"] == period]
    (row,) = rows.itertuples()
    return row


def test_luohu_203_against_202(found):
    row = one(found, "orgs_parts")
    assert row.grade == "数据不一致待核"
    assert (row.low, row.high) == (202, 202) and row.stated == "203个"
    assert "原文" in row.text and "按原文可推得202个" in row.text and "相差1个" in row.text


def test_zhangjiang_23_percent(found):
    row = one(found, "joint_members_share")
    assert row.grade == "数据不一致待核"
    assert (round(100 * row.low, 1), round(100 * row.high, 1)) == (17.7, 20.0)
    assert "17.7%至20.0%" in row.text and "23%" in row.text


def test_lishui_453_of_600(found):
    row = one(found, "secondment_plan")
    assert row.grade == "与计划有差距" and row.low == 600 and "75.5%" in row.text


def test_lishui_121_project(found):
    for name, percent in (
        ("demo_parks_plan", "70.0%"),
        ("demo_districts_plan", "45.0%"),
        ("demo_orgs_plan", "40.0%"),
    ):
        row = one(found, name)
        assert row.grade == "与计划有差距" and percent in row.text


@pytest.mark.parametrize("number", [n for n in range(1, 23) if n != 15])
def test_questions_of_definition(found, number):
    rows = found[found["id"] == f"S{number}"]
    assert len(rows) and set(rows["grade"]) == {"口径需明确"}


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 8, 9, 10])
def test_contradictions(found, number):
    assert set(found[found["id"] == f"C{number}"]["grade"]) == {"数据不一致待核"}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("joint_branch_base", 109.1, 112.0),  # S1: 42 / 37.5..38.5%
        ("joint_branch_size", 21.4, 23.8),  # S2
        ("demo_points_sum", 25, 25),  # S5: 3 + 2 + 20 against 24
        ("registered_floating", 12317, 12317),  # S13
        ("enterprise_parts", 5500, 6598),  # S18
        ("district_members", 4993.4, 5006.6),  # S19
    ],
)
def test_what_follows_from_the_text(found, name, low, high):
    row = one(found, name)
    assert (round(row.low, 1), round(row.high, 1)) == (low, high)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("measures_parts", "杭州市富阳区"),
        ("education_nested", "上海市徐汇区"),
        ("websites_growth", "上海市徐汇区"),
        ("coverage_printed", "朔州市"),
        ("orgs_parts_listed", "青岛市城阳街道"),
        ("orgs_parts_non_public", "某自治区"),
        ("activity_floor", "杭州市富阳区"),
        ("members_share_national", "全国"),
        ("coverage_all", "全国"),
        ("coverage_associations", "全国"),
        ("coverage_nonenterprise", "全国"),
        ("admissions_implied", "丽水市"),
    ],
)
def test_the_passing_ones_pass(found, name, place):
    assert one(found, name, place).grade == "相符"


def test_bulletins_pass_within_half_a_unit_an_addend(found):
    """2017 and 2023 are off by 0.1万: the bulletins say that rounding is not adjusted."""
    rows = found[(found["check"] == "grassroots_parts")]
    years = {"2008", "2010", "2014", "2017", "2019", "2021", "2022", "2023", "2024"}
    assert set(rows[rows["place"] == "全国"]["period"]) == years
    assert set(rows["grade"]) == {"相符"}
    assert {"福州市", "山西省", "江苏省"} <= set(rows["place"])  # 19750 meets 1.97万


def test_broken_series_are_named(found):
    rows = found[found["kind"] == "series"]
    assert len(rows) == 4 and set(rows["grade"]) == {"口径需明确"}
    assert rows["text"].str.contains("不连成一条序列").all()


def test_only_the_grades_and_polite_words(found):
    assert set(found["grade"]) == {"数据不一致待核", "口径需明确", "与计划有差距", "相符"}
    assert found["text"].str.contains("原文").all()
    assert not found["text"].str.contains("错误|造假|nan|None|inf|[{}]").any()


def frame(**figures):
    rows = [
        {"measure": k, "value": v, "area": "演示省/演示01区", "period": "2025"}
        for k, v in figures.items()
    ]
    return pd.DataFrame(rows)


def test_a_users_own_figures():
    """A lone frame with a few columns is enough; an exact count has no tolerance."""
    book = load_codebook()
    bad = one(
        check(frame(party_orgs=204, committees=7, general_branches=8, branches=187), book),
        "orgs_parts_listed",
    )
    assert bad.grade == "数据不一致待核" and bad.place == "演示01区" and "相差2" in bad.text
    good = check(frame(party_orgs=202, committees=7, general_branches=8, branches=187), book)
    assert set(good["grade"]) == {"相符"}
    assert not len(check(frame(party_orgs=202, committees=7), book))
    assert not len(check(frame(party_orgs=202).iloc[:0], book))


def test_a_check_is_declared_in_a_project(tmp_path):
    (tmp_path / "checks.yml").write_text(
        "checks:\n  spent: {name: 支出不超过收入, kind: nested, stated: activity_funds, follows: funds, "
        "relation: at_most}\n",
        encoding="utf-8",
    )
    book = load_codebook(tmp_path)
    assert one(check(frame(activity_funds=120, funds=100), book), "spent").grade == "数据不一致待核"
    assert one(check(frame(activity_funds=80, funds=100), book), "spent").grade == "相符"


def test_things_that_are_counted_have_no_tenths_in_the_text(found):
    assert "按原文可推得110个至112个" in one(found, "joint_branch_base").text
    assert not [text for text in found["text"] if re.search(r"可推得\d+\.\d+(个|家|名)至", text)]
