"""Results: who gains, 翘尾, adequacy, inequality, the sentence; the demo as a whole; the wide identities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

import evalkit as ek
from evalkit.problems import InputError
from evalkit.reports.plan_report import by_payer
from evalkit.subsidy import instructors, plan
from evalkit.subsidy.exact import allocate, half_up
from evalkit.subsidy.money import in_words as wan


def test_gain_stay_lose_by_baseline_groups(orgs: pd.DataFrame) -> None:
    scheme = scheme_of({"o": PER_ORG, "m": PER_MEMBER})
    result = plan(orgs, scheme, ["2026"]).run({"o.branch": 2500, "m.per_member": 250})
    rows = result.organisations().set_index("party_org")["change_fen"]
    assert rows.to_dict() == {
        "一支部": (300 - 500) * 100,
        "联合支部": (700 - 500) * 100,
        "委员会": 12000_00,
        "空支部": -500_00,
    }
    groups = result.groups("org_kind").set_index("org_kind")
    assert groups.loc[
        "branch", ["gain", "same", "lose", "gain_members", "lose_members"]
    ].tolist() == [1, 0, 2, 7, 3]
    fifths = result.groups("quintile").set_index(
        "quintile"
    )  # by the baseline's money per member, weighted by members
    assert fifths["gain_members"].sum() == 127 and fifths.index.isna().sum() == 1
    assert result.change("area").set_index("area").loc["甲区", "members"] == 10


def test_first_year_full_year_and_carry_over(orgs: pd.DataFrame) -> None:
    """150 to 200 from 1 July: 184/365 of 50 each in the first year, 50 in the next."""
    made = plan(orgs, scheme_of({"m": PER_MEMBER}), ["2026", "2027"])
    over = made.run({"m.per_member": {"2026-07-01": 200}}).carry_over()
    first = sum(int(m * (181 * 150 + 184 * 200) / 365 + 0.5) - 150 * m for m in (3, 7, 120)) * 100
    assert over["change_fen"].tolist() == [first, 130 * 50_00] and over[
        "carry_over_fen"
    ].tolist() == [6500_00 - first, 0]


def test_the_sentence(orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
    made = plan(
        orgs,
        scheme_of({"m": PER_MEMBER | {"basis": "top_up"}}),
        ["2026", "2027"],
        tables={"funds": funds},
    )
    text = made.run({"m.per_member": {"2026-07-01": 200}}).sentence
    assert text == (
        "合计2026年增加支出252元，全部为区县财政支出；2027年全年增加500元；惠及2个党组织10名党员；"
        "增加最多的是甲区（252元）；已达标不增加的是乙区；"
        "活动计发3个党组织，未计发1个（没有党员1个）。"
    )
    assert (
        "减少支出" in made.run({"m.per_member": 100}).sentence
        and "按现行标准" in made.run().sentence
    )
    assert (
        wan(12_345_678_00) == "1,234.57万元"
        and wan(-8_200_00) == "−8,200元"
        and wan(5_000) == "50元"
    )


def test_sentences_of_less_of_both_and_of_nothing(orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
    made = plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), ["2026", "2027"])
    less = made.run({"m.per_member": {"2026-07-01": 140}}).sentence
    assert less == (
        "合计2026年减少支出655元，全部为区县财政支出；2027年全年减少1,300元；涉及3个党组织130名党员；"
        "减少最多的是乙区（605元）、甲区（50元）；活动计发3个党组织，未计发1个（没有党员1个）。"
    )
    both = made.run({"o.branch": 2500, "m.per_member": 250}).sentence
    assert (
        "增加支出11,500元" in both
        and "；分项目看，组织减少1,500元、活动增加13,000元；" in both
        and "；惠及2个党组织127名党员；2个党组织3名党员的经费减少；" in both
    )
    assert "；增加最多的是乙区（11,500元）；不增加的是甲区；" in both
    town = {
        "name": "乡镇",
        "of": ["o"],
        "reading": "each_equals_district",
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(1, "倍"),
    }
    split = (
        plan(orgs, scheme_of({"o": PER_ORG, "t": town}), ["2026"])
        .run({"o.branch": 2500, "t.ratio": 2})
        .sentence
    )
    assert "其中区县财政减少1,500元、" in split and "增加" in split
    even = made.run({"o.branch": 2995, "o.general_branch": 9000, "o.committee": 20015}).sentence
    assert "2026年支出总额不变；2027年全年不变；惠及1个党组织" in even
    for text in (less, both, split, even):
        assert "−" not in text and "-" not in text and "惠及0" not in text
    notes = by_payer(made.run({"m.per_member": {"2026-07-01": 140}})).content["notes"]
    assert "2026年按全年执行减少1,300元，其中翘尾减少645元" in notes


def test_reach_includes_the_standard_itself(orgs: pd.DataFrame) -> None:
    result = plan(orgs, scheme_of({"m": PER_MEMBER | {"cap": parameter(1000)}}), ["2026"]).run()
    found = result.reach(150).loc["reform"]
    assert (found["organisations"], found["members"], found["without_members"]) == (1, 3, 1)
    assert result.reach(150.01).loc["reform", "organisations"] == 0


def test_inequality_against_the_pairwise_definition(orgs: pd.DataFrame) -> None:
    result = plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), ["2026"]).run()
    rows = result.organisations().query("members > 0")
    x, w = rows["amount_fen"].to_numpy() / rows["members"].to_numpy(), rows["members"].to_numpy()
    w = w / w.sum()
    pairwise = (w[:, None] * w * np.abs(x[:, None] - x)).sum() / 2 / (w * x).sum()
    found = result.inequality().loc["reform"]
    assert found["gini"] == pytest.approx(pairwise) and found["theil"] == pytest.approx(
        found["between"] + found["within"]
    )
    people, money = result.lorenz()["reform"]
    assert people[-1] == pytest.approx(1) and 1 - (
        np.diff(people) * (money[1:] + money[:-1])
    ).sum() == pytest.approx(pairwise)


def test_cost_of_each_further_yuan(orgs: pd.DataFrame) -> None:
    found = (
        plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), ["2026"])
        .run()
        .further()
        .set_index("parameter")["cost_fen"]
    )
    assert found.to_dict() == {
        "o.branch": 300,
        "o.general_branch": 0,
        "o.committee": 100,
        "m.per_member": 13000,
    }


def test_a_rule_on_another_column_is_reckoned_anew(orgs: pd.DataFrame) -> None:
    made = plan(orgs, scheme_of({"o": PER_ORG}), ["2026"])
    result = made.run({"eligible.employees": ">= 300", "members": "mean"})
    assert (
        result.cost([])["amount_fen"].iloc[0] == 23000_00
        and result.cost([])["baseline_fen"].iloc[0] == 29000_00
    )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5000)), min_size=1, max_size=40),
    st.lists(st.integers(0, 10**7), min_size=4, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_allocation_adds_up(rows: list[tuple[int, int]], totals: list[int]) -> None:
    group, weight = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    sums = np.bincount(group, weight, 4).astype(np.int64)
    out = allocate(weight, group, np.array(totals, np.int64), sums)
    for g in range(4):
        assert out[group == g].sum() == (totals[g] if sums[g] else 0)
    assert (out >= 0).all() and (out[weight == 0] <= 1).all()


@given(st.integers(0, 10**12), st.integers(1, 5000), st.sampled_from([1, 100, 1000, 10000]))
def test_half_up(value: int, divisor: int, unit: int) -> None:
    from fractions import Fraction
    from math import floor

    assert (
        half_up(np.array([value]), divisor, unit)[0]
        == floor(Fraction(value, divisor * unit) + Fraction(1, 2)) * unit
    )


ORGS = st.lists(
    st.tuples(
        st.sampled_from("甲乙丙"),
        st.sampled_from(["branch", "general_branch", "committee"]),
        st.integers(0, 300),
    ),
    min_size=1,
    max_size=25,
)


@given(
    ORGS,
    st.integers(0, 1000),
    st.integers(0, 20000),
    st.integers(0, 20000),
    st.sampled_from(["days", "months", "first_day"]),
    st.dates(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-12-31").date()),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cells_equal_one_pass_over_the_organisations(rows, rate, floor_, more, rule, day) -> None:
    """The reduction against a plain loop in fractions; payers and organisations add up to the total."""
    from fractions import Fraction
    from math import floor

    frame = pd.DataFrame(rows, columns=["area", "org_kind", "members"]).assign(period="2026")
    frame["party_org"] = [f"组织{i}" for i in range(len(frame))]
    part = PER_MEMBER | {"floor": parameter(floor_), "cap": parameter(floor_ + more)}
    match = {
        "name": "配套",
        "of": ["o"],
        "reading": "together_equal_district",
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(0.7, "倍"),
    }
    made = plan(frame, scheme_of({"o": PER_ORG, "m": part, "k": match}, dates=rule), ["2026"])
    result = made.run({"m.per_member": {day.isoformat(): rate}})
    start = {
        "days": (day.timetuple().tm_yday - 1, 365),
        "months": (day.month - (day.day == 1), 12),
        "first_day": (0 if day.timetuple().tm_yday == 1 else 1, 1),
    }[rule]
    old, expected = Fraction(start[0], start[1]), 0
    for _, kind, m in rows:
        pay = sum(
            w * min(floor_ + more, max(floor_, r * m)) for w, r in ((old, 150), (1 - old, rate))
        )
        org = {"branch": 3000, "general_branch": 10000, "committee": 20000}[kind]
        expected += (
            floor(pay + Fraction(1, 2)) + org + floor(Fraction(org * 7, 10) + Fraction(1, 2))
        )
    assert int(result.cost([])["amount_fen"].iloc[0]) == expected * 100
    assert (
        int(result.organisations()["amount_fen"].sum())
        == expected * 100
        == int(result.table["amount_fen"].sum())
    )


@pytest.fixture(scope="module")
def demo(demo_project):
    return ek.load(demo_project)


def test_the_first_question_on_the_demo(demo) -> None:
    made = ek.plan(demo, "fuyang-2015", ["2026", "2027"])
    result = made.run({"activity.per_member": {"2026-07-01": 200}})
    members = result.organisations()["members"].sum()
    entitled = (
        made.bases(result.reform)
        .query("basis == 'entitlement' and year == 2027")["change_fen"]
        .iloc[0]
    )
    assert entitled == members * 50_00  # every member of a branch, by formal relation, 50 yuan more
    spent = (
        demo.frame("funds")
        .query("period == '2025' and flow == 'spending' and purpose == 'activity'")["amount_fen"]
        .sum()
    )
    assert made.reduction.spent("activity", 2026).sum() == spent
    each = result.organisations()
    area = result.cost("area", 2026).set_index("area")["amount_fen"]
    assert (each.groupby("area")["amount_fen"].sum().reindex(area.index) == area).all()
    assert result.sentence.startswith("全省2026年增加支出") and "演示" in "".join(made.notes)
    alone = made.within("演示03区").run(result.reform).cost([])["change_fen"].tolist()
    assert alone == result.cost("area").query("area_name == '演示03区'")["change_fen"].tolist()
    named = (
        ek.plan(demo, "fuyang-2015", ["2026"], within="演示03区")
        .run({"activity.per_member": 200})
        .sentence
    )
    assert named.startswith(
        "演示03区2026年"
    )  # the short name 演示03 beside the year would read as one number


def test_a_joint_branch_of_the_demo_is_paid_once(demo) -> None:
    joint = demo.frame("covers").query("period == '2025' and mode == 'joint'")
    assert (joint.groupby("party_org").size() > 1).any()
    rows = ek.plan(demo, "fuyang-2015", ["2025"]).run().organisations()
    assert not rows.duplicated(["area", "party_org"]).any()


def test_within_a_township_and_jinan(demo) -> None:
    town = demo.frame("party_organisations")["area"].iloc[0]
    made = ek.plan(demo, "jinan-2018", ["2025"], within=town)
    new = (
        made.reduction.rows(2025)["founded_in_period"].fillna(False).astype(bool)
        & ~made.reduction.rows(2025)["functional"]
    )
    cost = made.run().cost("component").set_index("component")["amount_fen"]
    assert cost["start_up"] == int(new.sum()) * 2000_00


def test_instructors(demo) -> None:
    found = instructors(demo, load=3, new=10_000)
    assert (found["gained"] == np.maximum(0, found["without"] - found["spare"])).all()
    assert (found["placed"] == found["more_for_units"]).all()
    few = instructors(demo, load=3, new=2)
    assert few["placed"].sum() == min(2, found["placed"].sum()) and (few["gained"] <= 6).all()
    assert (3 * (found["instructors"] + found["more"]) >= found["served"] + found["without"]).all()


def test_nothing_changed_is_said_and_an_unknown_component_is_refused(orgs) -> None:
    made = plan(orgs, scheme_of({"m": PER_MEMBER}), ["2026", "2027"])
    assert made.run({"members": "mean"}).sentence == (
        "合计2026年、2027年支出不变；活动计发3个党组织，未计发1个（没有党员1个）。"
    )
    with pytest.raises(InputError, match="没有这个名称"):
        made.run({"m.per_member": 200}).reach(150, component="n")
