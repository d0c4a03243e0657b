"""Every component, date rule, floor, cap, matching reading, basis, member base and rounding, reckoned by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

from evalkit.problems import InputError
from evalkit.subsidy import Projection, load_scheme, plan


def total(
    orgs: pd.DataFrame, scheme: dict[str, Any], year: str = "2026", change: Any = None, **more: Any
) -> int:
    result = plan(orgs, scheme, [year], **more).run(change)
    each = int(result.cost([])["amount_fen"].iloc[0])
    assert (
        each
        == int(result.cost("payer")["amount_fen"].sum())
        == int(result.cost("area")["amount_fen"].sum())
    )
    return each


def by_payer(orgs: pd.DataFrame, scheme: dict[str, Any], **more: Any) -> dict[str, int]:
    frame = plan(orgs, scheme, ["2026"], **more).run().cost("payer")
    return dict(zip(frame["payer"], frame["amount_fen"].astype(int), strict=True))


def test_by_tier_and_a_joint_branch_over_five_units_is_paid_once(orgs: pd.DataFrame) -> None:
    assert total(orgs, scheme_of({"o": PER_ORG})) == (3 * 3000 + 20000) * 100
    each = (
        plan(orgs, scheme_of({"o": PER_ORG}), ["2026"])
        .run()
        .organisations()
        .set_index("party_org")["amount_fen"]
    )
    assert each["联合支部"] == 3000_00


def test_per_unit_covered_and_thresholds(orgs: pd.DataFrame) -> None:
    assert total(orgs, scheme_of({"u": PER_MEMBER | {"per": "unit"}})) == 8 * 150_00
    tiers = {
        "name": "x",
        "per": "party_org",
        "payer": "fiscal_city",
        "by": "members",
        "small": parameter(500, **{"from": 3}),
        "large": parameter(900, **{"from": 7}),
    }
    assert (
        total(orgs, scheme_of({"o": tiers})) == (500 + 900 + 900) * 100
    )  # 3 and 7 include the number itself; 0 is below
    assert (
        total(orgs, scheme_of({"o": tiers | {"by": "employees"}}))
        == (500 * 0 + 900 * 3 + 500) * 100
    )


@pytest.mark.parametrize(
    ("change", "expected"), [({}, 130 * 150), ({"m.per_member": 151.5}, 455 + 1061 + 18180)]
)
def test_per_member_rounds_half_up_at_payment(
    orgs: pd.DataFrame, change: dict, expected: int
) -> None:
    """3 x 151.5 = 454.5 becomes 455; 7 x 151.5 = 1060.5 becomes 1061."""
    assert total(orgs, scheme_of({"m": PER_MEMBER}), change=change) == expected * 100


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("fen", 130 * 15155),
        ("yuan", (455 + 1061 + 18186) * 100),
        ("ten_yuan", (450 + 1060 + 18190) * 100),
        ("hundred_yuan", (500 + 1100 + 18200) * 100),
    ],
)
def test_rounding_units(orgs: pd.DataFrame, rounding: str, expected: int) -> None:
    assert (
        total(
            orgs,
            scheme_of({"m": PER_MEMBER | {"per_member": parameter(151.55)}}, rounding=rounding),
        )
        == expected
    )


def test_base_floor_cap(orgs: pd.DataFrame) -> None:
    part = PER_MEMBER | {"base": parameter(100), "floor": parameter(600), "cap": parameter(10000)}
    assert total(orgs, scheme_of({"m": part})) == (600 + 1150 + 10000 + 600) * 100


def test_a_cap_of_any_height_is_exact(orgs: pd.DataFrame) -> None:
    made = plan(orgs, scheme_of({"m": PER_MEMBER | {"cap": parameter(1000)}}), ["2026"])
    for cap in (1000, 5000, 17999, 18000, 500000):
        assert (
            made.run({"m.cap": cap}).cost([])["amount_fen"].iloc[0]
            == sum(min(150 * m, cap) for m in (3, 7, 120)) * 100
        )


def test_marginal_schedule(orgs: pd.DataFrame) -> None:
    """The first 5 at 200, the next 45 at 100, those above 50 at 60: 3 -> 600; 7 -> 1200; 120 -> 1000 + 4500 + 4200."""
    part = {
        "name": "x",
        "per": "member",
        "payer": "fiscal_city",
        "by": "members",
        "marginal": True,
        "a": parameter(200, **{"from": 0}),
        "b": parameter(100, **{"from": 5}),
        "c": parameter(60, **{"from": 50}),
    }
    assert total(orgs, scheme_of({"m": part})) == (600 + 1200 + 9700) * 100


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        ("days", "2026-07-01", 3 * (181 * 150 + 184 * 200) / 365),
        ("months", "2026-07-01", 3 * 175),
        ("months", "2026-07-02", 3 * (7 * 150 + 5 * 200) / 12),
        ("first_day", "2026-07-01", 450),
        ("first_day", "2026-01-01", 600),
        ("days", "2026-01-01", 600),
        ("days", "2026-12-31", 3 * (364 * 150 + 200) / 365),
        ("months", "2026-12-02", 450),
    ],
)
def test_date_rules(orgs: pd.DataFrame, rule: str, day: str, expected: float) -> None:
    one = orgs.iloc[:1]
    assert (
        total(one, scheme_of({"m": PER_MEMBER}, dates=rule), change={"m.per_member": {day: 200}})
        == int(expected + 0.5) * 100
    )


def test_leap_year_and_before_the_first_value(orgs: pd.DataFrame) -> None:
    leap = orgs.iloc[:1].assign(period="2028")
    scheme = scheme_of(
        {"m": PER_MEMBER | {"per_member": parameter({"2028-07-01": 366})}}, rounding="fen"
    )
    assert total(leap, scheme, "2028") == 3 * 366_00 * 184 // 366
    assert total(orgs.iloc[:1], scheme) == 0


def test_a_floor_holds_within_its_part_of_the_year(orgs: pd.DataFrame) -> None:
    """Half a year without floor (450), half with one of 600."""
    part = PER_MEMBER | {"floor": parameter({"2000-01-01": 0, "2026-07-01": 600})}
    assert total(orgs.iloc[:1], scheme_of({"m": part}, dates="months")) == 525_00


@pytest.mark.parametrize(
    ("reading", "ratio", "town", "enterprise"),
    [
        ("town_equals_enterprise", 1, 2300, 2300),
        ("town_equals_enterprise", 0.5, 2300, 1150),
        ("together_equal_district", 1, 14500, 14500),
        ("together_equal_district", 0.3333, 500 * 3 + 3333, 500 * 2 + 499 + 3333 + 500 - 499 - 3),
        ("each_equals_district", 1, 29000, 29000),
        ("each_equals_district", 0.5, 14500, 14500),
    ],
)
def test_three_readings_of_one_to_one(
    orgs: pd.DataFrame, funds: pd.DataFrame, reading: str, ratio: float, town: int, enterprise: int
) -> None:
    match = {
        "name": "配套",
        "of": ["o"],
        "reading": reading,
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(ratio, "倍"),
    }
    found = by_payer(orgs, scheme_of({"o": PER_ORG, "k": match}), tables={"funds": funds})
    assert found["fiscal_district"] == 29000_00
    if ratio == 0.3333:  # 3000 -> 999.9 -> 1000 and 500 + 500; 20000 -> 6666 and 3333 + 3333
        town, enterprise = 3 * 500 + 3333, 3 * 500 + 3333
    assert (found["fiscal_township"], found["enterprise"]) == (town * 100, enterprise * 100)


@pytest.mark.parametrize("before", ["each_equals_district", "together_equal_district"])
def test_a_reform_of_the_reading_is_that_reading(
    orgs: pd.DataFrame, funds: pd.DataFrame, before: str
) -> None:
    """The counted cells of the first reading were taken for the second: the township's 2,300 were nothing."""
    match = {
        "name": "配套",
        "of": ["o"],
        "reading": before,
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(1, "倍"),
    }
    made = plan(orgs, scheme_of({"o": PER_ORG, "k": match}), ["2026"], tables={"funds": funds})
    found = made.run({"k.reading": "town_equals_enterprise"}).cost("payer").set_index("payer")
    assert found.loc["fiscal_township", "amount_fen"] == 2_300_00
    assert found.loc["enterprise", "amount_fen"] == 2_300_00


def test_equal_questions_have_one_answer(orgs: pd.DataFrame) -> None:
    """What is worked out is kept by the content of the question, not by the object that asks it."""
    made = plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), ["2026"])
    again = load_scheme(scheme_of({"o": PER_ORG, "m": PER_MEMBER}))
    assert again == made.scheme and again is not made.scheme
    cells = made.reduction.cells(made.scheme, "m", 2026)
    assert made.reduction.cells(again, "m", 2026) is cells
    dearer = again.under(again.reform({"m.per_member": 200}))
    assert made.reduction.cells(dearer, "m", 2026) is cells  # how much is no part of whom
    other = again.under(again.reform({"members": "mean"}))
    assert made.reduction.cells(other, "m", 2026) is not cells
    charged = len(made.engine.answers["amounts"])
    made.money(again, made.values, 2026)
    assert len(made.engine.answers["amounts"]) == charged


def test_conditions_may_have_alternatives(orgs: pd.DataFrame) -> None:
    """3 stars or a committee: 一支部, 联合支部 (5 stars) and 委员会, of which no stars are known."""
    either = {"any": [{"stars": ">= 3"}, {"org_kind": "committee"}]}
    scheme = scheme_of({"o": PER_ORG}, eligible=either)
    assert total(orgs, scheme) == (3000 + 3000 + 20000) * 100
    with pytest.raises(InputError, match="star"):
        plan(orgs, scheme_of({"o": PER_ORG}, eligible={"any": [{"star": 3}]}), ["2026"])


def test_matching_a_share_and_of_two_components(orgs: pd.DataFrame) -> None:
    match = {
        "name": "配套",
        "of": ["o", "m"],
        "reading": "town_equals_enterprise",
        "town_amount": "share",
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(2, "倍"),
        "share": parameter(0.1, "比例"),
    }
    found = by_payer(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER, "k": match}))
    bases = [3000 + 450, 3000 + 1050, 20000 + 18000, 3000]
    town = sum(int(b / 10 + 0.5) for b in bases)
    assert (found["fiscal_township"], found["enterprise"]) == (town * 100, 2 * town * 100)


def test_top_up_counts_what_a_place_already_spends(orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
    """甲区: 1,500 due, 600 spent, 900 to pay; 乙区: 18,000 due, 30,000 spent, nothing to pay."""
    scheme = scheme_of({"m": PER_MEMBER | {"basis": "top_up"}})
    made = plan(orgs, scheme, ["2026"], tables={"funds": funds})
    assert made.run().cost("area")["amount_fen"].tolist() == [900_00, 0]
    each = made.run().organisations().set_index("party_org")["amount_fen"]
    assert each["一支部"] == 270_00 and each["联合支部"] == 630_00  # shared by entitlement
    both = made.bases().set_index("basis")["amount_fen"]
    assert both["entitlement"] == 19500_00 and both["top_up"] == 900_00
    assert made.run({"m.basis": "entitlement"}).cost([])["amount_fen"].iloc[0] == 19500_00


def test_payers_share_and_the_last_takes_the_rest(orgs: pd.DataFrame) -> None:
    part = PER_MEMBER | {
        "payer": {"fiscal_city": 0.3333, "fiscal_district": 0.6667},
        "per_member": parameter(0.07),
    }
    found = by_payer(orgs, scheme_of({"m": part}, rounding="fen"))
    assert sum(found.values()) == 130 * 7 and found["fiscal_city"] == int(70 * 0.3333 + 0.5) + int(
        840 * 0.3333 + 0.5
    )


def test_dues_come_back_with_share_and_lag(orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
    part = {
        "name": "返还",
        "per": "dues",
        "payer": "dues_return",
        "lag": 0,
        "share": parameter(0.5, "比例"),
    }
    assert (
        total(orgs, scheme_of({"d": part}, rounding="fen"), tables={"funds": funds}) == 166_67
    )  # 166.665 half up
    late = plan(
        orgs, scheme_of({"d": part | {"lag": 1}}, rounding="fen"), ["2027"], tables={"funds": funds}
    )
    assert late.run().cost("payer").loc[0, ["payer", "amount_fen"]].tolist() == [
        "dues_return",
        166_67,
    ]
    assert any(
        "实缴党费" in n
        for n in plan(
            orgs, scheme_of({"d": part | {"lag": 1}}), ["2026"], tables={"funds": funds}
        ).notes
    )


def test_start_up_once_star_reward_in_place_and_eligibility(orgs: pd.DataFrame) -> None:
    once = {
        "name": "启动",
        "per": "party_org",
        "once": True,
        "payer": "fiscal_city",
        "amount": parameter(2000),
    }
    assert total(orgs, scheme_of({"s": once})) == 2000_00
    star = {
        "name": "奖励",
        "per": "party_org",
        "by": "stars",
        "payer": "fiscal_city",
        "instead_of": ["o"],
        "4": parameter(4000),
        "5": parameter(5000),
    }
    assert total(orgs, scheme_of({"o": PER_ORG, "r": star})) == (3000 + 20000 + 3000 + 5000) * 100
    assert (
        total(orgs, scheme_of({"o": PER_ORG}, eligible={"stars": ">= 3"})) == 6000_00
    )  # not rated is not zero stars
    assert total(orgs, scheme_of({"o": PER_ORG | {"eligible": {"stars": "missing"}}})) == 20000_00
    assert (
        total(
            orgs, scheme_of({"o": PER_ORG}, eligible={"org_kind": ["committee", "general_branch"]})
        )
        == 20000_00
    )


def test_instructors_and_a_users_table_of_counts(orgs: pd.DataFrame) -> None:
    counts = pd.DataFrame(
        {
            "area": ["甲区", "乙区", "乙区"],
            "period": "2026",
            "full_time": [True, True, False],
            "count": [2, 3, 10],
        }
    )
    part = {
        "name": "指导员",
        "per": "instructor",
        "by": "full_time",
        "payer": "fiscal_district",
        "True": parameter(8000),
        "False": parameter(500),
    }
    assert (
        total(orgs, scheme_of({"i": part}), tables={"instructor_counts": counts})
        == (5 * 8000 + 10 * 500) * 100
    )
    grades = pd.DataFrame({"area": ["甲区", "乙区"], "grade": ["一等次", "合格"], "count": [4, 5]})
    result = plan(
        orgs,
        "guiyang-2021",
        ["2026"],
        tables={"organisation_grades": grades[:1], "instructor_grades": grades},
    ).run()
    assert result.cost("component")["amount_fen"].tolist() == [
        4 * 8000_00,
        (4 * 8000 + 5 * 2000) * 100,
    ]
    with pytest.raises(InputError, match="丙区"):
        plan(
            orgs,
            "guiyang-2021",
            ["2026"],
            tables={
                "organisation_grades": grades,
                "instructor_grades": grades.assign(area=["丙区", "乙区"]),
            },
        )


def test_a_users_column_of_tiers(orgs: pd.DataFrame) -> None:
    mine = pd.DataFrame({"party_org": ["一支部", "委员会"], "grade": ["甲", "乙"]})
    part = {
        "name": "x",
        "per": "party_org",
        "by": "grade",
        "table": "mine",
        "payer": "fiscal_city",
        "甲": parameter(1000),
        "乙": parameter(200),
    }
    assert total(orgs, scheme_of({"o": part}), tables={"mine": mine}) == 1200_00


@pytest.mark.parametrize(
    ("base", "expected"), [("year_end", 10), ("prev_year_end", 4), ("mean", 7)]
)
def test_member_bases(base: str, expected: int) -> None:
    """Two organisations of 6 and 4 at the end of 2026; the first had 4 a year before, the second did not exist."""
    frame = pd.DataFrame(
        {
            "area": "甲区",
            "period": ["2025", "2026", "2026"],
            "party_org": ["一", "一", "二"],
            "members": [4, 6, 4],
        }
    )
    assert total(frame, scheme_of({"m": PER_MEMBER}, members=base)) == expected * 150_00
    late = plan(frame, scheme_of({"m": PER_MEMBER}, members=base), ["2027"])
    assert (
        late.run().cost([])["amount_fen"].iloc[0] == 10 * 150_00
    )  # after the last ledger its members go on
    assert any("2026年台账" in n for n in late.notes)


def test_missing_members_are_noted_and_paid_as_none() -> None:
    frame = pd.DataFrame(
        {
            "area": "甲区",
            "period": "2026",
            "party_org": ["一", "二"],
            "members": pd.array([5, None], dtype="Int64"),
        }
    )
    made = plan(frame, scheme_of({"m": PER_MEMBER}), ["2026"])
    assert made.run().cost([])["amount_fen"].iloc[0] == 750_00 and any(
        "缺党员数" in n for n in made.notes
    )


def test_growth_and_take_up(orgs: pd.DataFrame) -> None:
    grown = Projection(organisations=0.1, members=0.2, take_up=0.9)
    made = plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), ["2028"], projection=grown)
    expected = {"o": 29000 * 1.21 * 0.9, "m": 19500 * 1.44 * 0.9}
    for row in made.run().cost("component").to_dict("records"):
        assert row["amount_fen"] == pytest.approx(expected[row["component"]] * 100, abs=2)
    lishui = Projection(
        admissions=0.05, admissions_growth=0.2
    )  # 5% last year, growing by 20% a year
    assert lishui.factor("member", 2) == pytest.approx(1 + 0.06 + 0.072)


def test_periods_without_data_and_empty_places(orgs: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="2026"):
        plan(orgs, scheme_of({"o": PER_ORG}), ["2020"])
    with pytest.raises(InputError):
        plan(orgs, scheme_of({"o": PER_ORG}), ["二〇二六"])
    with pytest.raises(InputError, match="没有党组织"):
        plan(orgs.iloc[:0], scheme_of({"o": PER_ORG}), ["2026"])
    with pytest.raises(InputError, match="area"):
        plan(orgs.drop(columns="area"), scheme_of({"o": PER_ORG}), ["2026"])
    empty = orgs.assign(members=0)
    result = plan(empty, scheme_of({"m": PER_MEMBER}), ["2026"]).run({"m.per_member": 200})
    assert (
        result.cost([])["amount_fen"].iloc[0] == 0
        and result.sentence
        and result.reach(150).loc["reform", "organisations"] == 0
    )


def test_an_organisation_without_a_place_is_left_out_and_said(orgs: pd.DataFrame) -> None:
    made = plan(
        orgs.assign(area=["甲区", None, "乙区", "乙区"]), scheme_of({"o": PER_ORG}), ["2026"]
    )
    assert made.run().cost([])["amount_fen"].iloc[0] == 26000_00 and any(
        "1个党组织看不出" in n for n in made.notes
    )
