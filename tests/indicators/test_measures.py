"""Definitions that change the answer (DESIGN), counted by hand on one small district."""

from __future__ import annotations

import pytest

from evalkit.indicators.evaluate import evaluate

AREA = "甲省/乙县"


def value(measured, code, area=AREA, column="value"):
    rows = measured.loc[(measured["measure"] == code) & (measured["area"] == area)]
    return None if rows.empty else float(rows[column].iloc[0])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("units", 6),  # the cancelled one and the self-employed leave the base
        ("units_self_employed", 1),
        ("units_covered", 4),  # joint and attached count, functional does not
        ("units_single", 2),
        ("units_joint", 2),
        ("units_worked", 5),  # functional branch, instructor or mass organisation
        ("units_due", 2),  # full members only, 3 included; the cancelled unit's 4 do not count
        ("units_due_founded", 2),
        ("units_few", 2),
        ("units_few_joint", 2),
        ("units_100plus", 1),
        ("units_50plus", 2),
        ("units_above_scale", 2),
        ("units_above_scale_instructed", 1),
        (
            "units_effective",
            3,
        ),  # 乙 by its own, 丙 and 丁 by the joint branch; 甲's organisations did nothing
        ("party_orgs", 4),  # neither the functional branch nor the one ended in the year
        ("committees", 1),
        (
            "members",
            12,
        ),  # 6 + 3 + 3: the committee's own 6 are its branch's, 9 in the functional branch never add
        ("joint_orgs", 1),
        ("orgs_new", 1),
        ("funds", 27_000),
        ("activity_funds", 450),
        ("dues_paid", 120),
        ("theme_months", 1),  # two in one month count once
        ("branch_months", 12 + 9 + 12),  # the branch of April counts from April
        ("activities", 3),
        ("attendances", 6),
        ("orgs_rated", 2),  # not rated is not zero stars
        ("orgs_low", 1),
        ("orgs_promoted", 1),
        ("instructors", 2),
        ("units_served", 5),
        ("admissions", 12),
    ],
)
def test_definitions(measured, code, expected):
    assert value(measured, code) == expected


def test_joint_branch_is_one_organisation_and_covers_its_units(measured):
    assert value(measured, "party_orgs") == 4
    assert value(measured, "units_covered") == 4


def test_three_readings(measured):
    assert [value(measured, "units_50plus", column=c) for c in ("low", "value", "high")] == [
        2,
        2,
        2,
    ]
    assert (
        value(measured, "units_50plus", column="n_missing") == 1
    )  # the unit without an employee figure
    assert [value(measured, "funds", column=c) for c in ("low", "value", "high")] == [
        26_500,
        27_000,
        27_000,
    ]
    assert value(measured, "funds", column="n_missing") == 1


def test_missing_is_not_zero(measured):
    assert value(measured, "funds_other") is None  # one donation, amount empty
    assert value(measured, "funds_city") is None  # no such column anywhere
    assert value(measured, "floating_members") is None


def test_measures_add_up_and_stand_at_every_level(measured):
    for area in ("甲省", AREA, "甲省/乙县/丙镇"):
        assert value(measured, "units", area) == 6
    assert value(measured, "funds", "甲省") == 27_000
    assert value(measured, "admissions", "甲省") == 12
    province = measured.query("measure == 'instructors' and area == '甲省'")
    assert province["base"].iloc[0] == "跨区县重复计数"


def test_indicators(measured, codebook):
    found = evaluate(measured, codebook=codebook).set_index(["area", "indicator"]).loc[AREA]
    coverage = found.loc["org_coverage"]
    assert coverage["value"] == pytest.approx(4 / 6)
    assert (coverage["numerator"], coverage["denominator"], coverage["base"]) == (
        4,
        6,
        "实体运营的法人单位",
    )
    assert (
        coverage["ci_low"] < coverage["value"] < coverage["ci_high"]
        and "Wilson" in coverage["method"]
    )
    assert found.loc["instructor_load", "value"] == 2.5
    assert found.loc["quota_completion", "value"] == 1.2
    assert "fund_per_member" not in found.index  # last year's members are unknown: no guess
    assert found.loc["theme_day_rate", "value"] == pytest.approx(1 / 33)
