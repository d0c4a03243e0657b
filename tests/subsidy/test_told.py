"""Nothing false is said: who gets nothing and why, what is not known, which years hold, functional organisations."""

from __future__ import annotations

import shutil
from fractions import Fraction
from typing import Any

import county_holes
import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

import evalkit as ek
from evalkit.problems import InputError
from evalkit.reports import plan_report as report
from evalkit.subsidy import load_scheme, plan
from evalkit.subsidy.money import one_unit

TOP_UP = PER_MEMBER | {"basis": "top_up"}
STARS = {
    "name": "奖励",
    "per": "party_org",
    "by": "stars",
    "payer": "fiscal_city",
    "3": parameter(3000),
    "5": parameter(5000),
}


def reasons(result: Any, name: str) -> dict[str, int]:
    row = result.coverage().set_index("component").loc[name]
    assert row["unpaid"] == sum(n for _, n in row["reasons"])
    return dict(row["reasons"])


# whom nothing is due to


def test_no_star_and_a_star_that_the_scheme_does_not_have_are_told_apart(orgs) -> None:
    """Stars 3, 5, none and 1; the scheme pays 3 and 5 and says nothing of 1."""
    result = plan(orgs, scheme_of({"r": STARS}), ["2026"]).run({"r.3": 3500})
    assert reasons(result, "r") == {"无星级": 1, "标准中没有1星这一档": 1}
    said = "奖励计发2个党组织，未计发2个（无星级1个、标准中没有1星这一档1个）"
    assert said in result.sentence
    for block in (report.by_payer(result), report.by_area(result), report.fairness(result, 150)):
        assert said + "。" in block.content["notes"]
    (row,) = report.reached(result).content["rows"]
    assert list(row[3:5]) == [2, 2] and "无星级1个" in row[6]


def test_unknown_members_are_no_members_and_no_tier(orgs) -> None:
    """An organisation without a count is in no tier by members, not in the lowest, and nothing is due by member."""
    tiers = {
        "name": "分档",
        "per": "party_org",
        "by": "members",
        "payer": "fiscal_city",
        "any": parameter(500, **{"from": 0}),
        "large": parameter(900, **{"from": 50}),
    }
    some = orgs.assign(members=pd.array([3, None, 120, 0], dtype="Int64"))
    result = plan(some, scheme_of({"t": tiers, "m": PER_MEMBER}), ["2026"]).run()
    assert reasons(result, "t") == {"无党员数": 1}
    assert reasons(result, "m") == {"无党员数": 1, "没有党员": 1}
    assert result.cost("component")["amount_fen"].tolist() == [1900_00, 123 * 150_00]


def test_out_of_scope_rewarded_otherwise_and_not_new(orgs) -> None:
    star = STARS | {"instead_of": ["o"]}
    once = {"name": "启动", "per": "party_org", "once": True, "payer": "fiscal_city"}
    parts = {"o": PER_ORG, "r": star, "s": once | {"amount": parameter(2000)}}
    result = plan(orgs, scheme_of(parts, eligible={"members": ">= 3"}), ["2026"]).run()
    assert reasons(result, "o") == {"改发奖励": 2, "不在范围": 1}
    assert reasons(result, "s") == {"不是当年新建": 2, "不在范围": 1}
    assert reasons(result, "r") == {"无星级": 1, "不在范围": 1}


def test_a_standard_of_zero_and_a_missing_township_are_told(orgs, funds) -> None:
    match = {
        "name": "配套",
        "of": ["o"],
        "reading": "town_equals_enterprise",
        "payers": ["fiscal_township", "enterprise"],
        "ratio": parameter(1, "倍"),
    }
    made = plan(orgs, scheme_of({"o": PER_ORG, "k": match}), ["2026"], tables={"funds": funds})
    result = made.run({"o.branch": 0})
    assert reasons(result, "o") == {"标准为零": 3}
    assert reasons(result, "k") == {"没有街道（乡镇）拨付": 2}
    assert "组织计发1个党组织，未计发3个（标准为零3个）" in result.sentence


def test_no_reason_ends_in_a_digit(orgs) -> None:
    """党员数不到3 before 2个 would read as 32."""
    tiers = {"name": "分档", "per": "party_org", "by": "members", "payer": "fiscal_city"}
    tiers |= {"a": parameter(500, **{"from": 5})}
    result = plan(orgs, scheme_of({"t": tiers}), ["2026"]).run()
    assert all(not reason[-1].isdigit() for reason in reasons(result, "t"))
    assert "党员数不到5的2个" in result.sentence


# functional organisations


def test_functional_organisations_are_counted_as_everywhere(orgs) -> None:
    """Neither their number nor their members are in any total, whether or not the scheme speaks of them."""
    working = orgs.assign(functional=[False, True, None, False])
    for more in ({}, {"eligible": {"functional": False}}):
        result = plan(working, scheme_of({"o": PER_ORG, "m": PER_MEMBER}, **more), ["2026"]).run(
            {"m.per_member": 200}
        )
        assert result.cost([])["amount_fen"].iloc[0] == (2 * 3000 + 20000 + 123 * 200) * 100
        assert result.members(2026).tolist() == [3, 120] and len(result.organisations()) == 3
        found = result.coverage().set_index("component")
        assert (found["paid"] + found["unpaid"]).tolist() == [3, 3]
        assert found["functional"].tolist() == [1, 1]
        total = report.by_area(result).content["rows"][-1]
        assert total[1] == 123 and sum(total[-3:]) == 3
        assert "另有功能型党组织1个，不计入党组织数。" in report.by_area(result).content["notes"]


def test_the_plan_counts_what_the_report_counts(demo_project) -> None:
    """表18 (the plan by district) and 表7 (the measures) agree on organisations and members, district by district."""
    data = ek.load(demo_project)
    year = int(data.last) + 1
    result = ek.plan(data, "fuyang-2015", [year]).run({"activity.per_member": 200})
    rows = {row[0]: row for row in report.by_area(result).content["rows"]}
    now = data.measures[data.measures["period"] == data.last]
    named = dict(zip(data.areas["area"], data.areas["name"], strict=True))
    for code, found in (("party_orgs", lambda r: sum(r[-3:])), ("members", lambda r: r[1])):
        here = now[(now["measure"] == code) & now["area"].isin(result.plan.source.homes)]
        assert len(here) == len(result.plan.source.homes) > 3
        for area, value in zip(here["area"], here["value"], strict=True):
            assert found(rows[named[area]]) == value


# 已达标 and what is not known


def test_reached_only_where_it_is_so(orgs, funds) -> None:
    """甲区 has a gap, 乙区 spends more, 丙区 has members but no ledger of funds, 丁区 nobody to pay."""
    more = orgs.iloc[[0, 0]].assign(
        area=["丙区", "丁区"], party_org=["丙支部", "丁支部"], members=[9, 0]
    )
    made = plan(
        pd.concat([orgs, more], ignore_index=True),
        scheme_of({"m": TOP_UP}),
        ["2026"],
        tables={"funds": pd.concat([funds, funds[:1].assign(area="丁区", party_org="丁支部")])},
    )
    result = made.run({"m.per_member": 200})
    assert result.states().to_dict() == {
        "甲区": "增加",
        "乙区": "已达标",
        "丙区": "缺",
        "丁区": "无应发",
    }
    text = result.sentence
    assert "已达标不增加的是乙区；" in text and "无应发的是丁区；" in text
    assert "缺报未计入的是丙区（缺2026年经费台账的党员活动支出）" in text
    assert (
        result.cost([])["baseline_fen"].iloc[0] == 900_00
    )  # 丙区 is not in it as if it had spent nothing
    rows = {row[0]: row for row in report.by_area(result).content["rows"]}
    assert list(rows["丙区"][2:5]) == [None] * 3 and rows["乙区"][4] == 0
    (gap,) = report.not_reckoned(result).content["rows"]
    assert gap[1] == "丙区" and list(gap[4:]) == [9 * 150 / 1e4, 9 * 200 / 1e4]
    found = reasons(result, "m")
    assert found["缺2026年经费台账的党员活动支出"] == 1
    both = made.bases({"m.per_member": 200}).set_index("basis")["change_fen"]
    assert both["entitlement"] == 130 * 50_00  # 甲区 and 乙区, as the top-up


def test_a_component_without_a_floor_reaches_nothing(orgs, funds) -> None:
    """No organisation of the tier: 无应发, though another component counts spending."""
    made = plan(orgs, scheme_of({"o": PER_ORG, "m": TOP_UP}), ["2026"], tables={"funds": funds})
    text = made.run({"o.committee": 25000}).sentence
    assert "已达标" not in text and "不增加的是甲区" in text
    assert "已达标" not in made.run({"m.per_member": 0}).sentence


def test_a_difference_is_made_over_the_same_districts(orgs, funds) -> None:
    """From in full to a top-up: 乙区 without spending known is in neither."""
    some = funds[funds["area"] == "甲区"]
    made = plan(
        orgs,
        scheme_of({"m": PER_MEMBER | {"basis": "entitlement"}}),
        ["2026"],
        tables={"funds": some},
    )
    cost = made.run({"m.basis": "top_up"}).cost([]).iloc[0]
    assert [cost["baseline_fen"], cost["amount_fen"]] == [1500_00, 900_00]


@pytest.fixture(scope="module")
def three(tmp_path_factory) -> Any:
    """The three counties without some files; `lack(name, path ...)` builds one such project."""

    def lack(name: str, *paths: str) -> Any:
        root = tmp_path_factory.mktemp(name)
        county_holes.copied(root)
        for path in paths:
            gone = root / "data" / "raw" / path
            shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
        ek.build(root, jobs=1)
        return ek.load(root)

    return lack


def test_a_county_without_its_ledger_of_funds(three) -> None:
    data = three("funds", "2025/云州市/临山县/经费台账.xlsx")
    made = ek.plan(data, "fuyang-2015", [2026])
    result = made.run({"activity.per_member": 400})
    assert result.states()["云州市/临山县"] == "缺"
    assert "缺报未计入的是临山县（缺2025年经费台账的党员活动支出）" in result.sentence
    assert "没有不增加的区县" not in result.sentence and "已达标" not in result.sentence
    other = ek.plan(data, "fuyang-2015", [2026]).run({"organisation.branch": 3500})
    assert other.states()["云州市/临山县"] == "增加"  # organisations are known there
    assert made.run({"activity.per_member": 400}).reach(150).loc["reform", "members"] < 709 + 1
    assert "不含临山县" in str(made.solve("activity.per_member", extra=100_000))


def test_a_county_without_its_stars_does_not_lose_everything(three) -> None:
    data = three("stars", "2025/云州市/临山县/星级评定表.xlsx")
    result = ek.plan(data, "fuyang-2015", [2026]).run({"eligible.stars": ">= 3"})
    assert result.states()["云州市/临山县"] == "缺"
    assert "减少最多的是新泽区（16.20万元）、清河县（9.72万元）；" in result.sentence
    assert "临山县（缺2025年星级评定表）" in result.sentence


def test_a_county_of_which_nothing_came(three) -> None:
    data = three("gone", "2025/云州市/临山县")
    result = ek.plan(data, "fuyang-2015", [2026, 2027]).run(
        {"activity.per_member": {"2026-07-01": 400}}
    )
    assert "临山县（缺2025年党组织台账）" in result.sentence and "已达标" not in result.sentence
    rows = {row[0]: row for row in report.by_area(result).content["rows"]}
    assert list(rows["临山县"][1:]) == [None] * 10
    assert "临山县" not in result.public_sentence and "1个地区缺报" in result.public_sentence


def test_members_of_last_year_where_that_ledger_is_missing(three) -> None:
    """Not "new with 0 members": those of this year stand in, and it is said."""
    data = three("before", "2024/云州市/临山县")
    result = ek.plan(data, "fuyang-2015", [2025]).run({"activity.per_member": 400})
    members = data.measures.query("period == '2025' and measure == 'members'").set_index("area")[
        "value"
    ]
    assert result.members(2025)[2] == members["云州市/临山县"]
    assert any("没有上年党组织台账的地区" in n and "临山县" in n for n in result.plan.notes)


def test_instructors_that_nobody_reported_are_not_none(three) -> None:
    data = three("instructors", "2025/云州市/临山县/指导员台账.xlsx")
    found = ek.subsidy.instructors(data, "2025", new=5).set_index("area_name")
    assert found.loc["临山县", ["instructors", "more", "placed"]].isna().all()
    assert found.drop(index="临山县")["more"].notna().all()


# years and days


def of(orgs: pd.DataFrame, change: Any, years: list[int], **more: Any) -> str:
    return (
        plan(orgs, scheme_of({"m": PER_MEMBER}, **more), years)
        .run({"m.per_member": change})
        .sentence
    )


def test_every_year_is_answered_and_a_full_year_only_where_it_is_one(orgs) -> None:
    steps = {"2026-01-01": 170, "2027-07-01": 190, "2028-01-01": 210}
    text = of(orgs, steps, [2026, 2027, 2028])
    assert "2026年增加支出2,600元" in text and "2028年全年增加7,800元" in text
    assert "2027年增加" in text and "2027年全年" not in text
    alone = of(orgs, {"2026-07-01": 200}, [2026])
    assert "全年" not in alone and "执行满一年增加6,500元" in alone
    waits = of(orgs, {"2027-07-01": 200}, [2026, 2027, 2028])
    assert waits.startswith("合计2026年尚未执行，支出不变；2027年增加支出")
    assert "2027年全年" not in waits and "2028年全年增加6,500元" in waits
    first = of(orgs, {"2026-07-01": 200}, [2026, 2027], dates="first_day")
    assert first.startswith("合计2026年尚未执行，支出不变；2027年增加支出6,500元")
    now = plan(orgs, scheme_of({"m": PER_MEMBER}), [2026, 2027, 2028]).run().sentence
    assert "2026年按现行标准共需19,500元；2027年共需19,500元；2028年共需19,500元" in now.replace(
        "1.95万元", "19,500元"
    )


def test_days_outside_the_years_are_said(orgs) -> None:
    late = of(orgs, {"2030-07-01": 200}, [2026, 2027])
    assert late.startswith(
        "合计2026年、2027年支出不变；2030年7月1日起的调整在测算年份（2026年、2027年）之后"
    )
    early = of(orgs, {"2020-07-01": 200}, [2026])
    assert "2020年7月1日起的调整早于测算年份，2026年以前的支出不在测算之内" in early
    both = of(orgs, {"2026-01-01": 160, "2031-01-01": 200}, [2026])
    assert (
        "2026年增加支出1,300元" in both and "2031年1月1日起的调整在测算年份（2026年）之后" in both
    )
    assert "调整后与现行标准相同" in of(orgs, 150, [2026])


def test_years_that_nobody_asked_for() -> None:
    scheme = load_scheme("fuyang-2015")
    item = "activity.per_member"
    known = [2024, 2025]
    for change, years in (
        ({"2026-07-01": 200}, [2026, 2027]),
        ({"2026-01-01": 170, "2027-01-01": 190, "2028-01-01": 210}, [2026, 2027, 2028]),
        ({"2026-07-01": 170, "2028-07-01": 210}, [2026, 2027, 2028, 2029]),
        ({"2020-01-01": 200}, [2026, 2027]),
        (200, [2026, 2027]),
    ):
        assert scheme.reform({item: change}).years_from(known) == years


def test_two_years_that_differ_are_told_apart(orgs, funds) -> None:
    """乙区 has reached it in the first year only."""
    spent = funds.assign(amount_fen=funds["amount_fen"].where(funds["area"] == "甲区", 20_000_00))
    made = plan(orgs, scheme_of({"m": TOP_UP}), [2026, 2027], tables={"funds": spent})
    text = made.run({"m.per_member": {"2026-12-01": 200}}).sentence
    assert "2026年惠及" in text and "已达标不增加的是乙区" in text
    assert text.index("2027年惠及3个党组织130名党员") > text.index("已达标不增加的是乙区")


# one unit of money


def test_one_unit_in_a_sentence() -> None:
    for amounts, said in (
        ([5_050_000, -150_000], ["50,500元", "1,500元"]),
        ([115_733_800, 820_000], ["115.73万元", "0.82万元"]),
        ([115_733_800, 3_000], ["115.73万元", "不足0.01万元"]),
        ([1_150_000, 1_150_000], ["1.15万元", "1.15万元"]),
        ([30, 0], ["不足1元", "0元"]),
    ):
        printed = one_unit(amounts)
        assert [printed(fen) for fen in amounts] == said


# oracle


def test_top_up_and_gaps_against_fractions(orgs, funds) -> None:
    """Half a year at another standard, one district unknown: by hand in fractions."""
    more = pd.concat([orgs, orgs.iloc[[0]].assign(area="丙区", party_org="丙")], ignore_index=True)
    made = plan(more, scheme_of({"m": TOP_UP}), [2026], tables={"funds": funds})
    result = made.run({"m.per_member": {"2026-07-01": 333.33}})
    due = 0
    for members in (3, 7):
        exact = Fraction(181 * 15000 + 184 * 33333, 365) * members
        due += int((exact + 50) // 100) * 100
    assert result.cost([])["amount_fen"].iloc[0] == max(0, due - 600_00)


# what is typed


@pytest.mark.parametrize(
    ("given", "where", "allowed"),
    [
        (["activity.per_member=200块"], "activity.per_member", "元/人·年"),
        (["activity.per_membr=200"], "activity.per_membr", "党员活动经费·每名党员"),
        (["activity.per_member"], "--set", "项目=数值"),
        (["=200"], "--set", "项目=数值"),
        (["matching.ratio=一半"], "matching.ratio", "数字，如 0.5、50%，或 1:0.5"),
        (["activity.per_member=1e9"], "activity.per_member", "数字，如 200"),
    ],
)
def test_one_message_for_what_is_typed(given, where, allowed) -> None:
    from evalkit.subsidy import parse_changes

    with pytest.raises(InputError) as caught:
        load_scheme("fuyang-2015").reform(parse_changes(given))
    (problem,) = caught.value.problems
    assert problem.where == where and allowed in problem.allowed


def test_full_width_figures_and_labels_are_read() -> None:
    from evalkit.subsidy import parse_changes

    scheme = load_scheme("fuyang-2015")
    plain = scheme.reform(parse_changes(["activity.per_member=200"], "2026-07-01"))
    for text, day in (
        ("activity.per_member＝２００", "２０２６－０７－０１"),
        ("党员活动经费·每名党员=200", "2026/7/1"),
        ("ａｃｔｉｖｉｔｙ．per_member=200", "２０２６年７月１日"),
    ):
        assert scheme.reform(parse_changes([text], day)) == plain
    assert parse_changes(["organisation.branch=3,500"]) == {"organisation.branch": 3500}
    half = scheme.reform(parse_changes(["matching.ratio=0.5"]))
    assert scheme.reform(parse_changes(["matching.ratio=50%"])) == half
    wan = scheme.reform(parse_changes(["organisation.committee=2.5万"]))
    assert wan == scheme.reform(parse_changes(["organisation.committee=25000"]))


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "七月", "2026-7", "26-07-01"])
def test_a_day_that_is_none_has_one_message(day: str) -> None:
    from evalkit.subsidy import parse_changes, start_day

    for call in (lambda: parse_changes(["activity.per_member=200"], day), lambda: start_day(day)):
        with pytest.raises(InputError) as caught:
            call()
        (problem,) = caught.value.problems
        assert problem.found == day and "2026年7月1日" in problem.allowed


def test_the_command_says_the_same(demo_project, tmp_path) -> None:
    from typer.testing import CliRunner

    from evalkit.cli import app

    given = ["whatif", "--project", str(demo_project), "--out", str(tmp_path)]
    item = ["--set", "activity.per_member=200"]
    late = CliRunner().invoke(
        app, [*given, *item, "--from", "2030-07-01", "--periods", "2026-2027"]
    )
    assert late.exit_code == 0 and "在测算年份（2026年、2027年）之后" in late.output
    assert "未计发" in late.output
    early = CliRunner().invoke(app, [*given, *item, "--from", "2020-07-01"])
    assert early.exit_code == 0 and "早于测算年份" in early.output
    for wrong in (
        [*item, "--from", "2026-02-30"],
        ["--from", "2026-07-01"],
        [*item, "--standard", "-5"],
        [*item, "--periods", "2027-2026"],
        [*item, "--periods", "²"],
    ):
        done = CliRunner().invoke(app, [*given, *wrong])
        assert isinstance(done.exception, InputError) and len(done.exception.problems) == 1


def test_files_of_another_scenario_do_not_stay(orgs, tmp_path) -> None:
    made = plan(orgs, scheme_of({"m": PER_MEMBER}), [2026])
    mine = tmp_path / "党组织2030年.csv"
    mine.write_text("自己的", encoding="utf-8")  # called as a file of a scenario might be, and none
    report.write(made.run({"m.per_member": 200}), tmp_path)
    assert (tmp_path / "2026年各地区增加支出.png").exists()
    report.write(plan(orgs, made.scheme, [2027]).run({"m.per_member": 100}), tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert not {name for name in left if name.startswith("2026年")}
    assert "2027年各地区增减支出.png" in left and mine.read_text(encoding="utf-8") == "自己的"
