"""Units through the years: an invented province against its truth, and each rule by itself."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from invented import Rates, World, invent
from measured import as_units, measure

from evalkit.demo.names import credit_code
from evalkit.linkage import linking
from evalkit.linkage.events import event_table, link_table
from evalkit.linkage.linking import DIFFERENT, SAME, Decision, Linked, Side, link

HOME = "假设省/云溪市/东陵县"
CODES = [credit_code("91", "990001", n) for n in range(20)]


def row(period: str, name: str, **said: object) -> dict[str, object]:
    """A row of a ledger, 15 people in 西溪镇 unless it says otherwise."""
    base = {
        "area": f"{HOME}/西溪镇",
        "period": period,
        "unit_name": name,
        "code": None,
        "former_name": None,
        "kind": "法人企业",
        "industry": "制造业",
        "started_on": "2012-03-14",
        "employees": 15,
        "status": "operating",
        "entity": 0,
    }
    return base | said


def linked(*rows: dict[str, object], decisions: tuple[Decision, ...] = ()) -> Linked:
    return link(as_units(pd.DataFrame(rows)), decisions)


def are_one(found: Linked, one: str, other: str) -> bool:
    table = link_table(found).drop_duplicates("unit_name").set_index("unit_name")["thread"]
    return bool(table[one] == table[other])


def crowd() -> list[dict[str, object]]:
    """Other units of the district, there in all years."""
    names = ["金诚", "瑞丰", "恒泰", "利民", "康达", "顺发", "永昌", "万佳"]
    return [
        row(year, f"{name}商贸有限公司", started_on=f"{2001 + n}-0{n + 1}-1{n}", employees=20 + n)
        for year in ("2023", "2024", "2025")
        for n, name in enumerate(names)
    ]


@pytest.fixture(scope="module")
def world() -> World:
    return invent(1500, 3, seed=7, districts=4)


@pytest.fixture(scope="module")
def links(world: World) -> Linked:
    return link(as_units(world.rows))


def test_an_invented_province_is_linked(world: World, links: Linked) -> None:
    found = measure(world, links)
    assert found.precision >= 0.999, found.wrong
    assert found.recall >= 0.95, found.missed
    assert found.by_model > 100 and found.model_precision >= 0.99
    assert found.questions <= 30


def test_another_province_with_other_rates() -> None:
    rates = Rates(
        without_code=0.7, typing=0.08, copied=0.3, no_date=0.3, families=0.3, renamed=0.12
    )
    found = measure(invent(700, 3, seed=23, rates=rates, districts=2))
    assert found.precision >= 0.997, found.wrong
    assert found.recall >= 0.95, found.missed


def test_the_same_rows_in_any_order_give_the_same(world: World, links: Linked) -> None:
    again = link(as_units(world.rows.sample(frac=1.0, random_state=3)))
    assert link_table(again).equals(link_table(links))
    assert event_table(again).equals(event_table(links))
    assert again.questions == links.questions


def test_a_district_that_sent_nothing_is_no_exit(world: World, links: Linked) -> None:
    there = world.rows.assign(home=world.rows["area"].str.rsplit("/", n=1).str[0])
    sent = set(zip(there["home"], there["period"], strict=True))
    silent = [(h, p) for h in there["home"].unique() for p in ("2022",) if (h, p) not in sent]
    events = event_table(links)
    assert silent
    for home, period in silent:
        mine = events.loc[events["area"].str.startswith(home)]
        assert not (mine["period"] == period).any()


def test_a_code_that_a_year_lacks() -> None:
    found = linked(
        row("2023", "华盛机械厂", code=CODES[1]),
        row("2024", "华盛机械厂"),
        row("2025", "華盛機械厂", code=CODES[1]),
        *crowd(),
    )
    assert (
        link_table(found).query("unit_name.str.contains('机械厂|機械厂')")["thread"].nunique() == 1
    )


def test_two_codes_are_two_units() -> None:
    found = linked(
        row("2023", "华盛机械厂", code=CODES[1]), row("2024", "华盛机械厂", code=CODES[2]), *crowd()
    )
    assert (
        found.threads[found.records.frame["unit_name"] == "华盛机械厂"].tolist()[0]
        != (found.threads[found.records.frame["unit_name"] == "华盛机械厂"].tolist()[1])
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华盛一厂", "华盛二厂"),
        ("华盛机械有限公司分公司", "华盛机械有限公司第二分公司"),
        ("华盛超市（人民路店）", "华盛超市（解放路店）"),
        ("茶叶协会", "茶叶学会"),
    ],
)
def test_like_names_are_two_units(one: str, other: str) -> None:
    """The first leaves as the second comes, in the same place, and no date tells them apart."""
    found = linked(row("2023", one, started_on=None), row("2024", other, started_on=None), *crowd())
    assert not are_one(found, one, other)


def test_the_same_name_in_the_next_district_is_another_unit() -> None:
    far = {"area": "假设省/云溪市/平湖区/西溪镇", "started_on": "2015-06-01"}
    others = [r | {"area": far["area"]} for r in crowd()]
    found = linked(row("2023", "便民超市"), row("2024", "便民超市", **far), *crowd(), *others)
    assert link_table(found).query("unit_name == '便民超市'")["thread"].nunique() == 2


def test_a_unit_that_moved_to_the_next_district() -> None:
    far = {"area": "假设省/云溪市/平湖区/西溪镇"}
    others = [r | far for r in crowd()]
    names = ("东陵县锦辉纺织有限公司", "平湖区锦辉纺织有限公司")
    found = linked(row("2023", names[0]), row("2024", names[1], **far), *crowd(), *others)
    asked = [q for q in found.questions if "创办时间相同" in q.alike]
    assert are_one(found, *names) or asked


def test_a_name_that_a_younger_unit_bears_is_asked() -> None:
    found = linked(
        row("2023", "便民超市"), row("2024", "便民超市", started_on="2024-05-05"), *crowd()
    )
    (question,) = found.questions
    assert question.alike == linking.BORN_LATER
    assert link_table(found).query("unit_name == '便民超市'")["thread"].tolist() == [
        f"{HOME}/便民超市",
        f"{HOME}/便民超市#2024",
    ]


def test_what_the_former_name_says() -> None:
    found = linked(
        row("2023", "华盛机械厂"),
        row("2024", "光大科技有限公司", former_name="原名：华盛机械厂"),
        row("2023", "甲山有限公司", employees=7),
        row("2023", "乙水有限公司", employees=9),
        row(
            "2024",
            "山水有限公司",
            former_name="由甲山有限公司、乙水有限公司合并",
            started_on="2024-02-02",
        ),
        row("2023", "大江集团有限公司"),
        row("2024", "大江集团有限公司"),
        row("2024", "小河有限公司", former_name="大江集团有限公司", started_on="2024-03-03"),
        *crowd(),
    )
    assert are_one(found, "华盛机械厂", "光大科技有限公司")
    events = event_table(found).query("period == '2024'")
    said = set(zip(events["event"], events["before_name"], events["unit_name"], strict=True))
    assert ("renamed", "华盛机械厂", "光大科技有限公司") in said
    assert {
        ("merged", "甲山有限公司", "山水有限公司"),
        ("merged", "乙水有限公司", "山水有限公司"),
        ("split", "大江集团有限公司", "小河有限公司"),
    } <= said
    assert not {name for event, name, _ in said if event == "gone"}


def test_who_came_and_who_went() -> None:
    found = linked(
        row("2023", "老厂"),
        row("2023", "注销的厂", status="cancelled"),
        row("2024", "新设有限公司", started_on="2024-01-20"),
        row("2024", "漏报过的商会", kind="社会团体", started_on="1999-09-09", employees=3),
        row("2023", "漏列的学校", employees=40),
        row("2025", "漏列的学校", employees=40),
        *crowd(),
    )
    events = event_table(found)
    said = set(zip(events["period"], events["event"], events["unit_name"], strict=True))
    assert said >= {
        ("2024", "gone", "老厂"),
        ("2024", "cancelled", "注销的厂"),
        ("2024", "founded", "新设有限公司"),
        ("2024", "listed", "漏报过的商会"),
        ("2024", "missed", "漏列的学校"),
    }


def test_the_office_has_the_last_word() -> None:
    names = ("金山机械厂", "远大服装有限公司")
    rows = [row("2023", names[0]), row("2024", names[1], started_on="2001-01-31"), *crowd()]
    sides = Side("2023", HOME, names[0]), Side("2024", HOME, names[1])
    assert not are_one(linked(*rows), *names)
    assert are_one(linked(*rows, decisions=(Decision(*sides, SAME),)), *names)
    alike = ("锦辉纺织有限公司", "锦辉纺织有限责任公司")
    rows = [row("2023", alike[0]), row("2024", alike[1]), *crowd()]
    sides = Side("2023", HOME, alike[0]), Side("2024", HOME, alike[1])
    assert are_one(linked(*rows), *alike)
    assert not are_one(linked(*rows, decisions=(Decision(*sides, DIFFERENT),)), *alike)


def test_without_splink_codes_and_names_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "available", lambda: False)
    rows = [
        row("2023", "锦辉纺织有限公司"),
        row("2024", "锦辉纺织有限责任公司"),
        row("2023", "甲厂", code=CODES[3]),
        row("2024", "乙厂", code=CODES[3]),
    ]
    found = linked(*rows, *crowd())
    assert not found.by_model
    assert are_one(found, "甲厂", "乙厂")
    assert not are_one(found, "锦辉纺织有限公司", "锦辉纺织有限责任公司")


def test_splink_is_loaded_only_where_something_is_compared() -> None:
    program = (
        "import sys; import evalkit.linkage.decisions, evalkit.linkage.events, evalkit.cli\n"
        "assert not {'splink', 'sqlglot', 'duckdb'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
