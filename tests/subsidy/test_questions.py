"""The questions of a budget officer as they are typed, and the same in YAML: equal numbers, by hand or from the ledgers."""

from __future__ import annotations

import math
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from county_holes import CITY, COUNTIES, HOLE, county_gone
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of
from typer.testing import CliRunner

import evalkit as ek
from evalkit import demo
from evalkit.cli import app
from evalkit.cli import main as command
from evalkit.problems import InputError
from evalkit.subsidy import load_scheme, parse_changes, plan, read_scenario
from evalkit.subsidy.asking import answered
from evalkit.subsidy.envelope import fill
from evalkit.subsidy.result import Result
from evalkit.subsidy.scopes import scope

YEAR = "2025"


@pytest.fixture(scope="module")
def city(counties: Path) -> Path:
    """The three counties, built."""
    return counties


@pytest.fixture(scope="module")
def gone(tmp_path_factory) -> Path:
    """The same without anything from one county in 2025."""
    root = tmp_path_factory.mktemp("gone")
    shutil.copytree(COUNTIES, root / "data" / "raw")
    county_gone(root / "data" / "raw")
    ek.build(root, jobs=1)
    return root


def said(root: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ["whatif", "--project", str(root), *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def written(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "方案.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


QUESTIONS = (
    (["--set", "activity.per_member=200", "--from", "2026-07-01"],
     {"changes": {"activity.per_member": {"2026-07-01": 200}}}),
    (["--budget", "5万", "--item", "activity.per_member"],
     {"budget": "5万", "item": "activity.per_member"}),
    (["--set", "党组织补助=+20%"],
     {"changes": {f"organisation.{one}": "×1.2" for one in ("branch", "general_branch", "committee")}}),
    (["--set", "matching.ratio=1:0.5"], {"changes": {"matching.ratio": 0.5}}),
    (["--set", "启动经费=5000"], {"changes": {"start_up.amount": 5000}}),
    (["--set", "指导员补贴=300/月"], {"changes": {"instructor.each": 300}}),
    (["--set", "activity.per_member=2026:170,2027:190,2028:210"],
     {"changes": {"activity.per_member": {2026: 170, 2027: 190, "2028-01-01": 210}}}),
    (["--set", "activity.per_member=400", "--share", "3:3:4"],
     {"changes": {"activity.per_member": 400}, "share": "省3市3县4"}),
    (["--cap", "60万", "--by", "党员数", "--floor", "2000"],
     {"cap": "600000", "by": "members", "floor": 2000}),
    (["--only", "三星以上"], {"changes": {"eligible.stars": ">= 3"}}),
    (["--set", "activity.per_member@城区=+10%"], {"changes": {"activity.per_member@城区": 165}}),
    (["--reach", "90%", "--standard", "200"], {"reach": "0.9", "standard": 200}),
    (["--set", "书记津贴=200/月", "--set", "党费返还=50%"],
     {"changes": {"secretary.amount": 200, "new_dues.share": 0.5}}),
    (["--only", "城区"], {"only": "城区"}),
    (["--set", "党员活动经费·每个最低=2000", "--set", "activity.cap=20000"],
     {"changes": {"activity.floor": 2000, "党员活动经费·每个最高": 20000}}),
)  # fmt: skip


@pytest.mark.parametrize(("typed", "file"), QUESTIONS)
def test_typed_and_written_have_one_answer(
    city: Path, tmp_path: Path, typed: list, file: dict
) -> None:
    question = "要多少钱？"
    path = written(tmp_path, {"question": question, "base": "fuyang-2015", **file})
    typed_lines, file_lines = said(city, *typed), said(city, str(path))
    assert typed_lines == file_lines
    assert not any(word in typed_lines for word in ("None", "nan", "activity.", "Traceback"))
    reform, _ = read_scenario(path)
    assert reform.question == question
    again = written(tmp_path, reform.as_dict())  # what is saved asks the same
    assert read_scenario(again)[0] == reform and said(city, str(again)) == typed_lines


def orgs_of(root: Path) -> pd.DataFrame:
    """The organisations of the last ledger that count, with the members of the year before."""
    data = ek.load(root)
    every = data.view_frame("party_orgs")
    now, before = (every[every["period"] == one] for one in (YEAR, "2024"))
    keys = ["home", "party_org"]
    earlier = before.drop_duplicates(keys).set_index(keys)["members"]
    rows = now[~now["functional"].fillna(False)].drop_duplicates(keys)
    members = [earlier.get((h, o), 0) for h, o in rows[keys].itertuples(index=False)]
    return rows.assign(base=[0 if pd.isna(m) else int(m) for m in members])


def fen(root: Path, changes: dict[str, Any], component: str) -> int:
    result = ek.plan(ek.load(root), "fuyang-2015", [YEAR]).run(changes)
    return int(result.cost("component").set_index("component").at[component, "change_fen"])


def test_numbers_from_the_ledgers(city: Path) -> None:
    """Each reckoned anew from the rows of the ledgers, without a plan."""
    rows = orgs_of(city)
    tiers = rows["org_kind"].map({"branch": 3000, "general_branch": 10000, "committee": 20000})
    data = ek.load(city)
    assert fen(city, {"党组织补助": "+20%"}, "organisation") == int(tiers.sum()) * 20
    new = rows["founded_in_period"].fillna(False).astype(bool)
    assert fen(city, {"启动经费": 5000}, "start_up") == int(new.sum()) * 5000_00
    counts = data.frame("instructor_counts")
    number = int(counts.loc[counts["period"] == YEAR, "count"].sum())
    assert fen(city, {"指导员补贴": "300/月"}, "instructor") == number * 300 * 12 * 100 > 0
    low = ~(rows["stars"] >= 3).fillna(False).astype(bool)
    lost = fen(city, {"eligible.stars": ">= 3"}, "organisation")
    assert lost == -int(tiers[low].sum()) * 100 < 0
    town = rows["home"] == f"{CITY}/新泽区"
    full = {"activity.basis": "entitlement"}
    more = fen(city, full | {"activity.per_member@城区": "+10%"}, "activity")
    assert more - fen(city, full, "activity") == int(rows.loc[town, "base"].sum()) * 15_00 > 0


def test_schedules_as_offices_publish_them(city: Path) -> None:
    """Rewards by star, an allowance a month, half of the dues, a guarantee over two years, a condition from a day on."""
    rows = orgs_of(city)
    rewards = {
        f"星级奖补·{word}星级": sum_ for word, sum_ in (("五", 5000), ("四", 3000), ("三", 1000))
    }
    stars = rows["stars"].map({5: 5000, 4: 3000, 3: 1000}).fillna(0)
    assert fen(city, rewards, "star_reward") == int(stars.sum()) * 100 > 0
    assert fen(city, {"书记津贴": "200/月"}, "secretary") == len(rows) * 2400_00
    data = ek.load(city)
    funds, keys = data.frame("funds"), ["home", "party_org"]
    home = dict(zip(data.areas["area"], data.areas["home"], strict=True))
    paid = funds[(funds["flow"] == "dues_paid") & (funds["period"] == "2024")]
    paid = paid.assign(home=paid["area"].map(home)).merge(rows[keys], on=keys)
    half = [Fraction(int(one), 200) for one in paid.groupby(keys)["amount_fen"].sum()]
    due = sum(math.floor(one + Fraction(1, 2)) for one in half) * 100  # each payment to the yuan
    assert fen(city, {"党费返还": "50%"}, "new_dues") == due
    tiers = rows["org_kind"].map({"branch": 3000, "general_branch": 10000, "committee": 20000})
    low = ~(rows["stars"] >= 3).fillna(False).astype(bool)
    cut = [math.floor(Fraction(int(one) * 181, 365) + Fraction(1, 2)) for one in tiers[low]]
    lost = fen(city, {"eligible.stars": {f"{YEAR}-07-01": ">= 3"}}, "organisation")
    assert lost == (sum(cut) - int(tiers[low].sum())) * 100 < 0
    kept = {"党组织补助": {"2026-01-01": "-20%"}, "党组织补助·保底": "90%"}
    result = ek.plan(data, "fuyang-2015", [2026, 2027]).run(kept)
    moved = result.cost("component").set_index(["component", "year"])["change_fen"]
    first, second = (int(moved["organisation", year]) for year in (2026, 2027))
    assert first == -int(tiers.sum()) * 10 and second == -int(tiers.sum()) * 19


def test_a_least_and_a_greatest_payment_are_typed(city: Path) -> None:
    """Every organisation at least 1,000 and at most 2,000 yuan of 150 yuan a member, by the ledgers."""
    base = [int(one) for one in orgs_of(city)["base"]]
    full = {"activity.basis": "entitlement"}
    plain = fen(city, full, "activity")
    least = fen(city, full | {"党员活动经费·每个最低": 1000}, "activity") - plain
    assert least == sum(max(1000, 150 * one) - 150 * one for one in base) * 100 > 0
    most = fen(city, full | {"activity.cap": 2000}, "activity") - plain
    assert most == sum(min(2000, 150 * one) - 150 * one for one in base) * 100 < 0
    fixed = fen(city, {"党组织补助·每个定额": 500}, "organisation")
    assert fixed == len(base) * 500_00


def test_a_cap_is_shared_to_the_fen(city: Path) -> None:
    """clip(rate x members, 2000 yuan, all) over the organisations, by bisection in fractions."""
    made = ek.plan(ek.load(city), "fuyang-2015", [YEAR])
    reform = made.scheme.reform({}, ask=read_ask(cap="60万", by="党员数", floor="2000"))
    shared = answered(made, reform, Result).envelope
    assert shared is not None and shared.areas["amount_fen"].sum() == 60_000_000
    each = shared.organisations
    assert len(each) == len(orgs_of(city)) and each["amount_fen"].min() == 200_000
    above = each[each["amount_fen"] > 200_000]
    rate = Fraction(60_000_000 - 200_000 * (len(each) - len(above)), int(above["members"].sum()))
    exact = [rate * int(m) for m in above["members"]]
    assert all(abs(a - e) < 1 for a, e in zip(above["amount_fen"], exact, strict=True))
    assert all(rate * int(m) <= 200_000 for m in each["members"][each["amount_fen"] == 200_000])


def read_ask(**given: str) -> Any:
    from evalkit.subsidy.ask import Ask

    return Ask(**given)


@pytest.mark.parametrize("seed", range(40))
def test_filling_against_fractions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    weights = rng.integers(0, 9, n) if seed % 5 else np.zeros(n, np.int64)
    least = int(rng.integers(0, 500))
    most = np.maximum(rng.integers(0, 4000, n), least) if seed % 2 else np.full(n, 10**9)
    top = sum(int(m) if w else least for w, m in zip(weights, most, strict=True))
    total = int(rng.integers(least * n, max(least * n, min(top, 10**5)) + 1))
    found = fill(weights, least, most, total)
    assert int(found.amounts.sum()) == total
    rate = found.rate
    for weight, cap, got in zip(weights, most, found.amounts, strict=True):
        exact = min(Fraction(int(cap)), max(Fraction(least), rate * int(weight)))
        assert math.floor(exact) <= got <= math.floor(exact) + 1


def shared_of(orgs: pd.DataFrame, **ask: str) -> dict[str, int]:
    made = plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), [2026])
    found = answered(made, made.scheme.reform({}, ask=read_ask(**ask)), Result).envelope
    assert found is not None and found.given == found.organisations["amount_fen"].sum()
    rows = found.organisations[["party_org", "amount_fen"]]
    return dict(rows.itertuples(index=False, name=None)) | {"说": found.sentence}


def test_a_sum_shared_by_several_factors_alike_and_below_a_ceiling(orgs: pd.DataFrame) -> None:
    """因素法: 60% by members (3, 7, 120, 0 of 130), 40% alike; 2,600 yuan of which none may have more than 1,500."""
    each = shared_of(orgs, cap="2600", by="党组织数")
    assert {each[one] for one in ("一支部", "联合支部", "委员会", "空支部")} == {650_00}
    mixed = shared_of(orgs, cap="2600", by="党员数60%+党组织数40%")
    assert mixed["空支部"] == 260_00 and mixed["一支部"] == 260_00 + 1560_00 * 3 // 130
    assert (
        mixed["委员会"] == 260_00 + 1560_00 * 120 // 130 and "党员数60%+党组织数40%" in mixed["说"]
    )
    topped = shared_of(orgs, cap="2600", by="党员数", most="1500")
    assert topped["委员会"] == 1500_00 and topped["空支部"] == 0
    assert topped["一支部"] == 330_00 and topped["联合支部"] == 770_00
    unused = shared_of(orgs, cap="2600", by="党组织数", most="500")
    assert unused["委员会"] == 500_00 and "还余600元" in unused["说"]
    for ask in ({"by": "党员数60%+党组织数30%"}, {"by": "星期"}, {"most": "100", "floor": "200"}):
        with pytest.raises(InputError):
            shared_of(orgs, cap="2600", **ask)


def test_a_standard_that_rises_every_year(orgs: pd.DataFrame) -> None:
    """150, then 5% more each year (to the fen), or 20 yuan more."""
    scheme = load_scheme("fuyang-2015")

    def steps(text: str) -> list[float]:
        found = scheme.reform({"activity.per_member": text}).as_dict()["changes"]
        return list(found["activity.per_member"].values())

    assert steps("2026-2028每年+5%") == [157.5, 165.38, 173.65]
    assert steps("2026至2027年每年递增20元") == [170, 190]
    made = plan(orgs, scheme_of({"m": PER_MEMBER}), [2026, 2027])
    found = made.run({"m.per_member": "2026-2027每年递增20元"}).cost([])["change_fen"]
    assert found.tolist() == [130 * 20_00, 130 * 40_00]


def test_by_employees_and_by_sector(city: Path, orgs: pd.DataFrame) -> None:
    scheme = scheme_of({"o": PER_ORG})
    made = plan(orgs, scheme, [2026])
    assert (
        made.run({"per_employee.each": 2}).cost([])["change_fen"][0] == (20 + 300 + 900 + 5) * 200
    )
    some = plan(
        orgs.assign(sector=["enterprise", "social", "enterprise", "social"]), scheme, [2026]
    )
    assert some.run({"o.branch@社会组织": "+500"}).cost([])["change_fen"][0] == 2 * 500_00
    assert some.run({"o.branch@非公企业": "+500"}).cost([])["change_fen"][0] == 500_00
    rows = orgs_of(city)
    more = fen(city, {"organisation.branch@社会组织": "+500"}, "organisation")
    rest = fen(city, {"organisation.branch@非公企业": "+500"}, "organisation")
    branches = int((rows["org_kind"] == "branch").sum())
    assert more > 0 and rest > 0 and more + rest <= branches * 500_00


PUBLISHED = {  # schedules as offices write them; what each gives to the four organisations of the tests, in yuan
    "每名党员每年不低于200元，每个支部不少于3000元，最高2万元": (
        {"m": {"name": "活动经费", "per": "member", "payer": "fiscal_district", "rate": parameter(200),
               "floor": parameter(3000), "cap": parameter(20000)}},
        (3000, 3000, 20000, 3000),
    ),
    "按规模分档：10人以下2000，10至50人5000，50人以上10000": (
        {"o": {"name": "组织补助", "per": "party_org", "payer": "fiscal_district", "by": "members",
               "a": parameter(2000, **{"from": 0}), "b": parameter(5000, **{"from": 10}),
               "c": parameter(10000, **{"from": 50})}},
        (2000, 2000, 10000, 2000),
    ),
    "50人以下每人100元，超过部分每人60元，另加定额1000元": (
        {"m": {"name": "活动经费", "per": "member", "payer": "fiscal_district", "by": "members",
               "marginal": True, "base": parameter(1000), "a": parameter(100, **{"from": 0}),
               "b": parameter(60, **{"from": 50})}},
        (1300, 1700, 1000 + 5000 + 70 * 60, 1000),
    ),
    "以奖代补：五星5000、三星2000，获奖的不再发组织补助3000": (
        {"o": {"name": "组织补助", "per": "party_org", "payer": "fiscal_district", "each": parameter(3000)},
         "s": {"name": "星级奖补", "per": "party_org", "payer": "fiscal_district", "by": "stars", "ordered": False,
               "instead_of": ["o"], "3": parameter(2000), "5": parameter(5000)}},
        (2000, 5000, 3000, 3000),
    ),
    "新建一次5000元；功能型不发；市县各半": (
        {"n": {"name": "启动经费", "per": "party_org", "once": True,
               "payer": {"fiscal_city": 0.5, "fiscal_district": 0.5}, "amount": parameter(5000)}},
        (5000, 0, 0, 0),
    ),
    "职工100人以上的每月补助500元，其余每月200元": (
        {"o": {"name": "组织补助", "per": "party_org", "payer": "fiscal_district", "by": "employees",
               "a": parameter(200, "元/个·月", **{"from": 0}), "b": parameter(500, "元/个·月", **{"from": 100})}},
        (2400, 6000, 6000, 2400),
    ),
    "每个覆盖单位800元；党委统筹另计每名党员20元（仅党委）": (
        {"u": {"name": "覆盖补助", "per": "unit", "payer": "fiscal_district", "each": parameter(800)},
         "t": {"name": "统筹", "per": "member", "payer": "fiscal_district", "eligible": {"org_kind": "committee"},
               "each": parameter(20)}},
        (800, 4000, 3200, 800),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_schedules_can_be_declared(orgs: pd.DataFrame, name: str) -> None:
    parts, expected = PUBLISHED[name]
    made = plan(orgs, scheme_of(parts, rounding="fen"), [2026])
    rows = made.run().organisations(2026)
    given = dict(zip(rows["party_org"], rows["amount_fen"], strict=True))
    names = ("一支部", "联合支部", "委员会", "空支部")
    assert tuple(given[one] // 100 for one in names) == expected


def test_the_added_part_is_shared_and_the_rest_stays(orgs: pd.DataFrame) -> None:
    """Up by 130 x 50: 3:3:4; one whose money falls keeps its payer."""
    made = plan(orgs, scheme_of({"m": PER_MEMBER, "o": PER_ORG}), [2026])
    found = made.run({"m.per_member": 200, "added": "3:3:4"}).cost("payer").set_index("payer")
    more = 130 * 50_00
    assert found.at["fiscal_province", "change_fen"] == more * 3 // 10
    assert found.at["fiscal_city", "change_fen"] == more * 3 // 10
    assert found.at["fiscal_district", "change_fen"] == more * 4 // 10
    less = made.run({"m.per_member": 100, "added": "3:3:4"}).cost("payer").set_index("payer")
    assert less.at["fiscal_district", "change_fen"] == -more
    whole = made.run({"m.payer": "市3县7"}).cost("payer").set_index("payer")
    assert whole.at["fiscal_city", "change_fen"] == 130 * 45_00
    assert whole["change_fen"].sum() == 0


def test_scopes_by_kind_star_and_size(orgs: pd.DataFrame) -> None:
    kinds = orgs.assign(area_kinds=["山区、农村", "山区、农村", "园区", "园区"])
    made = plan(kinds, scheme_of({"m": PER_MEMBER, "o": PER_ORG}), [2026])

    def more(change: dict[str, Any]) -> int:
        return int(made.run(change).cost([])["change_fen"].iloc[0]) // 100

    assert more({"m.per_member@山区": "+10%"}) == 10 * 15
    assert more({"m.per_member@农村": 200, "m.per_member@园区": 160}) == 10 * 50 + 120 * 10
    assert more({"m.per_member@非山区": 200}) == 120 * 50
    assert more({"o.branch@五星": 5000}) == 2000  # 联合支部
    assert more({"o.branch@不到5人": 4000}) == 1000 + 1000  # of 3 and of no members
    assert more({"o.branch@山区且五星": "+10%", "o.branch@山区": "+20%"}) == 300 + 600
    assert more({"eligible.stars": {"2026-01-01": ">= 3"}}) == -(20000 + 3000 + 120 * 150)
    half = more({"eligible.stars": {"2026-07-01": ">= 3"}})
    assert half == -sum(int(x * 184 / 365 + 0.5) for x in (20000, 3000, 18000))
    with pytest.raises(InputError, match="没有这样一部分党组织"):
        made.run({"m.per_member@海岛": 200})


def test_words_for_a_part_of_the_organisations() -> None:
    for text, condition in (
        ("三星以上", {"stars": ">= 3"}), ("5星级", {"stars": 5}), ("50人及以上", {"members": ">= 50"}),
        ("不足3名党员", {"members": "< 3"}), ("职工100人以上", {"employees": ">= 100"}),
        ("党总支", {"org_kind": "general_branch"}), ("新建", {"founded_in_period": True}),
        ("山区且三星以上", {"kind:山区": True, "stars": ">= 3"}), ("members>=7", {"members": ">= 7"}),
    ):  # fmt: skip
        assert scope(text) == condition


def test_ways_to_write_a_value() -> None:
    scheme = load_scheme("fuyang-2015")
    item = "activity.per_member"
    for text, value in (
        ("+20%", 180),
        ("-10%", 135),
        ("×1.2", 180),
        ("＋５０", 200),
        ("20/月", 240),
        ("每月20元", 240),
    ):
        assert scheme.reform(parse_changes([f"{item}={text}"])).as_dict()["changes"] == {
            item: value
        }
    for text, allowed in (
        ("+20%%", "应为数字"),
        ("20/周", "应为数字"),
        ("+900%", "1000"),
    ):
        with pytest.raises(InputError) as caught:
            scheme.reform(parse_changes([f"{item}={text}"]))
        assert allowed in str(caught.value)


def test_steps_are_said_as_steps(city: Path) -> None:
    text = said(city, "--set", "activity.per_member=2026:170,2027:190,2028:210")
    assert "分3步由150调到210元/人·年：2026-01-01起170、2027-01-01起190、2028-01-01起210" in text
    assert "2028年" in text


def test_an_absent_county_is_absent_in_every_answer(gone: Path, tmp_path: Path) -> None:
    """Never 已达标, never zero, never passed over."""
    for typed, _ in QUESTIONS:
        text = said(gone, *typed)
        assert HOLE in text and "缺" in text[text.index(HOLE) - 12 :], (typed, text)
        assert f"已达标不增加的是{HOLE}" not in text and "没有不增加的区县" not in text
    data = ek.load(gone)
    for change in (
        {"activity.per_member": 400},
        {"启动经费": 5000},
        {"指导员补贴": 300},
        {"党组织补助": "+20%"},
    ):
        states = ek.plan(data, "fuyang-2015", [2026]).run(change).states()
        assert states[f"{CITY}/{HOLE}"] == "缺"
    with pytest.raises(InputError):
        said(gone, "--org", "没有的支部")


def test_one_organisation(orgs: pd.DataFrame, funds: pd.DataFrame) -> None:
    made = plan(orgs, scheme_of({"o": PER_ORG, "m": PER_MEMBER}), [2026], tables={"funds": funds})

    def lines(name: str) -> list[str]:
        reform = made.scheme.reform({"m.per_member": 200}, ask=read_ask(org=name))
        return answered(made, reform, Result).lines[1:]

    head, organisation, member = lines("联合支部")
    assert head == "甲区联合支部2026年现行标准4,050元，调整后4,400元"
    assert "组织：3,000元" in organisation and "每个党组织3,000元" in organisation
    assert "活动：由1,050元到1,400元" in member and "200元/人·年×党员7名" in member
    assert lines("空支部")[1] == "党员不足3名，只列合计" and len(lines("空支部")) == 2
    with pytest.raises(InputError, match="联合支部"):
        lines("联合支")


def test_scenarios_side_by_side(city: Path, tmp_path: Path) -> None:
    paths = []
    for n, value in enumerate((200, 260), 1):
        path = tmp_path / f"{n}.yml"
        content = {"question": f"提到{value}元？", "changes": {"activity.per_member": value}}
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        paths += ["--compare", str(path)]
    text = said(city, *paths)
    assert (
        "2026年 提到200元？：支出" in text
        and "提到260元？：党员活动经费·每名党员由150调到260" in text
    )
    with pytest.raises(InputError, match="2到6个"):
        said(city, *paths[:2])


def test_a_shared_sum_beside_other_scenarios(city: Path, tmp_path: Path) -> None:
    """It holds for one year, who gains and loses is told of its shares, less is not more by a minus."""
    paths = []
    for name, content in (
        ("封顶", {"cap": "80万", "by": "党组织数"}),
        ("三星", {"only": "三星以上"}),
    ):
        path = tmp_path / f"{name}.yml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        paths += ["--compare", str(path)]
    text = said(city, *paths, "--periods", "2026-2027", "--files", "--out", str(tmp_path))
    lines = text.splitlines()
    (shared,) = [line for line in lines if line.startswith("2026年 封顶")]
    assert "2027年 封顶：总额只分一年" in text and "−" not in text
    assert "封顶：总额：80万；按什么分：党组织数" in text
    rows = ek.plan(ek.load(city), "fuyang-2015", [2026]).run({}).organisations(2026)
    each, now = 80_000_000 / len(rows), rows["baseline_fen"]
    gain, lose = (now < each - 1).mean(), (now > each + 1).mean()
    assert f"{gain:.1%}的党组织增加、{lose:.1%}减少" in shared
    (_, table) = pd.read_excel(
        tmp_path / "方案比较.xlsx", sheet_name=None, engine="calamine", header=None, dtype=str
    ).values()
    cells = {row[0]: row[1:].tolist() for row in table.to_numpy()}
    assert cells["2026年经费增加的党组织（个）"][1] == str(int((now < each - 1).sum()))
    assert {cells[f"{y}年区县财政支出（万元）"][1] for y in (2026, 2027)} == {"—"}
    assert cells["2027年支出（万元）"][1] == "—" != cells["2027年支出（万元）"][2]


def test_kept_scenarios_side_by_side_bear_their_names(city: Path, tmp_path: Path) -> None:
    root = tmp_path / "项目"
    shutil.copytree(city, root)
    for value in (200, 260):
        asked = ["--set", f"activity.per_member={value}", "--question", f"提到{value}元？"]
        said(root, *asked, "--save", f"方案{value}")
    text = said(root, "--compare", "方案200", "--compare", "方案260")
    assert "2026年 方案200：支出" in text and "方案260：党员活动经费" in text


def test_the_list_names_everything_with_an_example(city: Path) -> None:
    text = said(city, "--list")
    scheme = load_scheme("fuyang-2015")
    assert all(path in text and scheme.label(path) in text for path in scheme.parameters)
    assert "启动经费" in text and "--cap" in text
    examples = [line.partition("例 --set ")[2] for line in text.splitlines() if "例 --set " in line]
    assert len(examples) > 20
    for example in examples:
        scheme.reform(parse_changes([example]))


@pytest.mark.slow
def test_the_figures_of_the_demonstration_province(tmp_path: Path) -> None:
    """Computed independently from the ledgers of seed 7 (24 districts, 2025)."""
    (tmp_path / "data" / "raw").mkdir(parents=True)
    demo.write(tmp_path / "data" / "demo")
    ek.build(tmp_path, dataset="demo")
    figures_of_the_province(ek.load(tmp_path, dataset="demo"))


def figures_of_the_province(data: Any) -> None:
    this = ek.plan(data, "fuyang-2015", [2025])
    wan = 10**6
    for change, expected in (
        ({"党组织补助": "+20%"}, 552.74),
        ({"matching.ratio": "1:0.5"}, -194.925),
        ({"启动经费": 5000}, 394.5),
        ({"指导员补贴": "300/月"}, 880.92),
    ):
        assert this.run(change).cost([])["change_fen"].iloc[0] == round(expected * wan)
    stars = this.run({"eligible.stars": ">= 3"}).cost("component").set_index("component")
    assert stars.at["organisation", "change_fen"] == round(-1100.9 * wan)
    later = ek.plan(data, "fuyang-2015", [2026, 2027])
    raised = later.run({"activity.per_member": {"2026-07-01": 200}}).cost([])["change_fen"]
    assert raised.tolist() == [33_091_200, 115_733_800]
    found = later.solve("activity.per_member", extra=5_000_000)
    assert (found.value, found.result, found.next_value, found.next_result) == (
        260,
        455_540_400,
        270,
        525_492_900,
    )


def test_no_less_than_last_year() -> None:
    """3,000, then 2,400 with no less than 90% of the year before: 2,700, and again 2,430 of that; a new one gets 2,400."""
    rows = [("甲区", "老支部", str(year)) for year in (2025, 2026)] + [("甲区", "新支部", "2026")]
    frame = pd.DataFrame(rows, columns=["area", "party_org", "period"])
    part = {"name": "组织", "per": "party_org", "payer": "fiscal_district", "each": parameter(3000)}
    made = plan(frame, scheme_of({"o": part}), [2026, 2027])
    typed = parse_changes(["组织=-20%", "组织·保底=90%"], "2026-01-01")
    result = made.run(typed)
    assert result.cost([])["amount_fen"].tolist() == [(2700 + 2400) * 100, (2430 + 2400) * 100]
    with pytest.raises(InputError, match="自何日起"):
        made.run({"o.each": 2400, "o.guarantee": 1})


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["whatif", "--budge", "5"], "没有 --budge 这个选项；是否想写 --budget？"),
        (["whatif", "--standard", "abc"], "--standard 应为数字"),
        (["whatif", "a.yml", "b.yml"], "多写了 b.yml"),
        (["whatf"], "没有 whatf 这个命令；是否想写 whatif？"),
        (["whatif", "--set"], "--set 后面要写一个值"),
        (["run"], "缺少 notebook"),
    ],
)
def test_a_slip_on_the_command_line_is_told_in_chinese(typed, told, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.argv", ["evalkit", *typed])
    with pytest.raises(SystemExit) as ended:
        command()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and told in said and "Error" not in said
