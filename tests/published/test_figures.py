"""Public figures: words become intervals, bases stay apart, and the demanded results come out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evalkit.building.published import published
from evalkit.codebook import load_codebook
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.figures import published_measures
from evalkit.problems import InputError

FOLDER = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def tables():
    return published(FOLDER)


@pytest.fixture(scope="module")
def rates(tables):
    book = load_codebook()
    return evaluate(published_measures(tables["figures"], book), codebook=book)


def figure(tables, place, measure, period=None):
    f = tables["figures"]
    found = f[(f["place"] == place) & (f["measure"] == measure)]
    if period:
        found = found[found["period"] == period]
    (row,) = found.itertuples()
    return row


def test_every_figure_is_read_and_has_place_and_source(tables):
    f = tables["figures"]
    assert len(f) > 380
    assert f[["value", "low", "measure", "area", "level", "source", "printed"]].notna().all().all()
    assert (f["low"] <= f["value"]).all() and (f["high"].isna() | (f["high"] >= f["value"])).all()
    assert set(f["source_key"]) <= set(tables["sources"]["source"])
    assert set(f["level"]) <= set(load_codebook().lists["level"])
    assert set(load_codebook().tables["figures"].columns) <= set(f.columns)
    assert not f["printed"].str.contains(r"[A-Za-z]").any()


@pytest.mark.parametrize(
    ("place", "measure", "period", "value", "low", "high", "printed"),
    [
        ("丽水市", "party_orgs", "2021", 1200, 1200, 1299, "1200余个"),
        ("杭州市富阳区", "members_non_public", None, 8300, 8300, 8399, "8300余名"),
        (
            "杭州市富阳区",
            "party_building_funds",
            "2015",
            7e6,
            6.3e6,
            7e6,
            "近700万元",
        ),  # (0.9 X, X]
        (
            "深圳市罗湖区",
            "donation_charity",
            None,
            1e6,
            1e6,
            2e6,
            "100余万元",
        ),  # money: without - 1
        ("全国", "members_non_public_enterprises", "2010", 3.5e6, 3.5e6, 3599999, "350余万名"),
        ("深圳市罗湖区", "members_share_of_district", None, 0.378, 0.3775, 0.3785, "约37.8%"),
        ("福州市", "grassroots_orgs_total", "2021", 19700, 19700, 19700, "1.97万个"),
        ("朔州市", "enterprises_per_instructor", "2012", 2.5, 2, 3, "2至3户"),
        ("全国", "xgz_entities", "2023", 1.7e8, 1.7e8, 1.7e8, "1.7亿户"),
    ],
)
def test_words_and_units(tables, place, measure, period, value, low, high, printed):
    row = figure(tables, place, measure, period)
    assert (row.value, row.low, row.high) == pytest.approx((value, low, high))
    assert row.printed == printed


def test_at_least_is_open_upwards(tables):
    row = figure(tables, "杭州市富阳区", "activity_fund_per_member")
    assert (row.value, row.low) == (150, 150) and pd.isna(row.high)


def rate(rates, area, indicator):
    (row,) = rates[(rates["area"] == area) & (rates["indicator"] == indicator)].itertuples()
    return row


def test_fuyang_funding_per_member_is_below_843(rates):
    row = rate(rates, "浙江省/杭州市/富阳区", "fund_per_member")
    assert row.high == pytest.approx(7_000_000 / 8300) and row.high < 843.4
    assert row.low == pytest.approx(6_300_000 / 8399)
    assert "未注明年份" in row.method


def test_lishui_instructors_per_organisation(rates):
    row = rate(rates, "浙江省/丽水市", "instructors_per_org")
    assert (row.low, row.high) == (pytest.approx(1862 / 1299), pytest.approx(1862 / 1200))
    assert (round(row.low, 2), round(row.high, 2)) == (1.43, 1.55)


def test_shuozhou_coverage_and_its_organisations(rates, tables):
    """1948 / 5117 = 38.07%, Wilson 36.75 to 39.41; 306 organisations cover them."""
    row = rate(rates, "山西省/朔州市", "org_coverage")
    assert (round(100 * row.value, 2), round(100 * row.ci_low, 2), round(100 * row.ci_high, 2)) == (
        38.07,
        36.75,
        39.41,
    )
    measures = published_measures(tables["figures"], load_codebook())
    shuozhou = measures[measures["place"] == "朔州市"].set_index("measure")["value"]
    assert shuozhou["party_orgs"] == 306


def test_zhangjiang_share_as_a_range(rates):
    row = rate(rates, "上海市/张江园区", "joint_member_share")
    assert (round(100 * row.low, 1), round(100 * row.high, 1)) == (17.7, 20.0)


def test_different_bases_are_never_paired(rates, tables):
    measures = published_measures(tables["figures"], load_codebook())
    assert 583 not in set(measures["value"])  # managed enterprises are no 非公企业数
    assert not (
        (rates["area"] == "浙江省/丽水市") & (rates["indicator"] == "working_branch_conversion")
    ).any()
    national = rates[(rates["area"] == "全国") & (rates["indicator"] == "org_coverage")]
    assert list(national["period"]) == [
        "2008"
    ]  # 2011: the register's 900多万 is another base than the bulletin's
    one = measures.groupby(["place", "period", "measure", "base", "source"], dropna=False).size()
    assert one.max() == 1
    assert "member_admission_growth" not in set(
        rates["indicator"]
    )  # a figure is no growth against itself


def test_rules_and_events_are_no_measures(tables):
    measures = published_measures(tables["figures"], load_codebook())
    assert "activity_fund_per_member" not in set(measures["measure"])
    assert set(measures["measure"]) <= set(load_codebook().measures)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError):
        published(tmp_path)
