"""Stars: every published scheme of the field can be expressed, and the demo's star ledger is recomputed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.problems import InputError
from evalkit.scoring.stars import load_scheme, rate

FIVE = ["team", "members", "mechanism", "growth", "public"]


def stars_of(frame, scheme, **options):
    return [
        None if pd.isna(s) else int(s)
        for s in rate(pd.DataFrame(frame), scheme, **options)["stars_rule"]
    ]


def five(*rows, **columns):
    return pd.DataFrame(rows, columns=FIVE).assign(
        **{"founded_in_period": False, "vetoed": False, "stars_previous": 5} | columns
    )


def test_a_dimension_at_85_percent_earns_its_star_and_one_below_does_not():
    assert stars_of(
        five([17, 17, 17, 17, 17], [17, 16.9, 17, 17, 17], [20, 20, 0, 0, 0]), "demo_five"
    ) == [5, 4, 2]


def test_veto_not_rated_and_at_most_one_star_up():
    frame = five(
        *[[18] * 5] * 4,
        vetoed=[True, False, False, False],
        founded_in_period=[False, True, False, False],
        stars_previous=[5, None, 2, None],
    )
    done = rate(frame, "demo_five")
    assert [None if pd.isna(s) else int(s) for s in done["stars_rule"]] == [0, None, 3, 5]
    assert done["reason"].tolist()[:3] == [
        "一票否决",
        "按规定本年不参评",
        "5个维度达到得星线，上年2星，一年最多升1星",
    ]


def test_a_missing_dimension_is_named_and_gives_no_stars():
    done = rate(five([18, None, 18, 18, 18]), "demo_five")
    assert done["stars_rule"].isna().all() and "党员队伍星" in done["reason"].iloc[0]


def test_cut_offs_quotas_and_preconditions_of_the_110_points():
    n = 20
    frame = pd.DataFrame(
        {
            "missing_meetings": 0,
            "ledger": "complete",
            "bonus": 10.0,
            "innovation_project": [True] * 4 + [False] * 16,
        },
        index=range(n),
    )
    raw = load_scheme("city_110")[1] | {"items": {"all": {"points": 110}}}
    frame["all"] = [95, 94, 93, 92, 91, *[85] * 3, *[75] * 5, 69.99, 60, 59.99, 40, 30, 20, 10]
    done = rate(frame, ("city_110", raw))
    assert done["stars_rule"].tolist()[:6] == [
        5,
        5,
        4,
        4,
        4,
        4,
    ]  # 10% of 20 are two; the fifth has no innovation project
    assert "前提" in done["reason"].iloc[4] and "限10%" in done["reason"].iloc[2]
    assert done["stars_rule"].tolist()[13:16] == [
        2,
        2,
        1,
    ]  # 69.99 and 60 are two stars, 59.99 is one


def test_ties_at_the_edge_of_a_quota_are_all_out_or_all_in():
    frame = pd.DataFrame({"score_final": [95.0, 95, 80, 70, 60, 50, 50, 50, 50, 50]})
    scheme = {
        "score": "score_final",
        "cut_offs": [{"stars": 5, "from": 90, "quota": 0.1}, {"stars": 4, "from": 0}],
    }
    assert stars_of(frame, scheme)[:3] == [4, 4, 4]
    assert stars_of(frame, scheme | {"ties": "in"})[:3] == [5, 5, 4]


def test_a_quota_on_the_lowest_level_lifts_the_better_ones():
    frame = pd.DataFrame({"score_final": [92.0, *[75] * 15, 50, 40, 30, 20]})
    done = stars_of(frame, "local_2012")
    assert done[0] == 5 and done.count(1) == 1 and done[-1] == 1 and done[-2] == 2


def test_two_year_cycle_carries_the_stars_over():
    frame = pd.DataFrame(
        {"score_final": [95.0, 65], "vetoed": [False, False], "stars_previous": [3, 4]}
    )
    assert stars_of(frame, "two_years_2014", period="2024") == [5, 2]
    assert stars_of(frame, "two_years_2014", period="2025") == [3, 4]


def test_steps_deductions_floors_bonus_and_caps():
    hubei = rate(
        pd.DataFrame(
            {
                "ledger": ["complete", "incomplete", "none"],
                "election": ["held", "irregular", "not_held"],
            }
        ),
        "deductions_2010",
    )
    assert hubei["score"].tolist() == [11, 7, 0]
    county = rate(pd.DataFrame({"missing_meetings": [0, 3, 100]}), "county_meetings")
    assert county["score"].tolist() == [12, 10.5, 0]
    points = rate(pd.DataFrame({"honours": [5, 0], "faults": [0, 7]}), "branch_points")
    assert points["score"].tolist() == [110, 93]
    association = rate(
        pd.DataFrame(
            {
                "organisation": ["organisation", "instructor"],
                "others": [8.0, 8],
                "rest": [90.0, 88],
                "bonus": [3.0, 5],
            }
        ),
        "association_100",
    )
    assert association["score"].tolist() == [
        100,
        100,
    ]  # capped; a bonus never passes its own points
    assert rate(
        pd.DataFrame({"organisation": ["none"], "others": [8.0], "rest": [80.0], "bonus": [3.0]}),
        "association_100",
    )["score"].tolist() == [91]


def test_social_organisations_have_no_gap_and_need_a_party_organisation_for_5a():
    frame = pd.DataFrame(
        {
            "parts": [950.0, 950.5, 1000, 900.5, 700],
            "bonus": [0.0, 0, 50, 0, 0],
            "has_party_org": [True, True, False, True, True],
        }
    )
    done = rate(frame, "social_2021")
    assert (
        done["label"].tolist()[:4] == ["4A", "5A", "4A", "3A"]
        and done["stars_rule"].tolist()[4] == 0
    )
    assert stars_of({"score_final": [90.0, 89.99, 50, 49]}, "social_2025") == [5, 4, 1, 0]


def test_several_domains_have_tables_of_their_own():
    frame = pd.DataFrame(
        {
            "sector": ["enterprise", "social", "enterprise"],
            "party": [60.0, 70, 40],
            "growth": [40.0, None, 35],
            "service": [None, 20.0, None],
        }
    )
    done = rate(frame, "by_domain")
    assert done["score"].tolist() == [100, 90, 75] and done["stars_rule"].tolist() == [5, 5, 3]


def test_bands_with_two_ends_and_other_faults_come_at_once():
    scheme = {
        "points": 10,
        "items": {"a": {"points": 8, "off": 1}, "b": {"points": 5, "steps": {"x": 9}}},
        "cut_offs": [{"stars": 5, "from": 901, "to": 950}, {"stars": 4, "from": 960}, {"stars": 3}],
        "rectify": "about 2",
        "vetos": {"vetoed": True},
    }
    with pytest.raises(InputError) as caught:
        load_scheme(scheme)
    text = str(caught.value)
    for part in (
        "只写下限",
        "星级越高",
        "off 或 add",
        "最高档 9",
        "合计 13",
        "about 2",
        "veto",
        "from、above",
    ):
        assert part in text, part


def test_columns_that_a_scheme_needs_are_named_at_once(demo_project):
    with pytest.raises(InputError) as caught:
        ek.stars(ek.load(demo_project), "city_110")
    assert {p.found for p in caught.value.problems} == {
        "missing_meetings",
        "ledger",
        "innovation_project",
    }


def test_persons_are_not_rated():
    with pytest.raises(InputError) as caught:
        rate(five([18] * 5).assign(姓名="x"), "demo_five")
    assert caught.value.problems[0].code == "person_refused"


def test_the_demo_ledger_is_recomputed_with_its_differences_listed(demo_project):
    data = ek.load(demo_project)
    found = ek.stars(data)
    # an independent recomputation, row by row
    ratings = (
        data.frame("ratings")
        .query("period == '2025'")
        .pivot_table(index=["area", "party_org"], columns="item", values="score")
    )
    office = data.frame("stars").query("period == '2025'").set_index(["area", "party_org"])
    differing = set()
    for key, row in office.iterrows():
        if pd.isna(row["stars"]):
            continue
        stars = int((ratings.loc[key, FIVE].astype(float) >= 17).sum())
        stars = (
            min(stars, int(row["stars_previous"]) + 1)
            if not pd.isna(row["stars_previous"])
            else stars
        )
        stars = 0 if row["vetoed"] else stars
        if stars != int(row["stars"]):
            differing.add(key)
    listed = found.differences.loc[
        found.differences["stars_office"].notna() & found.differences["stars_rule"].notna()
    ]
    assert set(zip(listed["area"], listed["party_org"], strict=True)) == differing and differing
    assert len(found.table) == len(office) and found.transitions.to_numpy().sum() == len(office)
    assert found.by_area["n"].sum() == len(office) and found.is_demo
    assert set(found.rectification["stars_rule"]) <= {0, 1, 2}
    assert "以主管部门评定为准" in found.block.content["notes"][0]


def test_targets_for_shares_of_levels(demo_project):
    targets = ek.stars(ek.load(demo_project), "two_years_2014").targets
    assert targets["stars"].tolist() == [">= 4", "<= 1"] and targets["share"].between(0, 1).all()


def test_quota_counts_only_the_rated():
    frame = pd.DataFrame({"score_final": [95.0] * 5 + [10] * 5, "vetoed": [False] * 5 + [True] * 5})
    scheme = {
        "score": "score_final",
        "veto": {"vetoed": True},
        "cut_offs": [{"stars": 5, "from": 90, "quota": 0.2}, {"stars": 1, "from": 0}],
        "ties": "in",
    }
    assert stars_of(frame, scheme) == [5] * 5 + [0] * 5
    assert np.isnan(rate(frame.assign(score_final=np.nan), scheme)["score"]).all()
