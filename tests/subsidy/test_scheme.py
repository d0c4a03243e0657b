"""Schemes and reforms as data: packaged ones load, every fault of a file comes in one message."""

from __future__ import annotations

import datetime
import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import evalkit.subsidy as room
from evalkit.problems import TITLES, InputError
from evalkit.subsidy import Reform, load_reform, load_scheme, packaged, parse_changes, read_scenario

SCHEMES = Path(room.__file__).parent / "schemes"


def text(name: str = "fuyang-2015") -> str:
    return (SCHEMES / f"{name}.yml").read_text(encoding="utf-8")


def faults(tmp_path: Path, content: str) -> dict[str, str]:
    path = tmp_path / "错.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scheme(path)
    assert all(p.file == "错.yml" and p.code in TITLES for p in caught.value.problems)
    return {
        p.where.partition("（")[0]: f"{p.code} {p.found} {p.allowed} {p.advice} {p.where}"
        for p in caught.value.problems
    }


@pytest.mark.parametrize("name", packaged())
def test_packaged_schemes_load(name: str) -> None:
    scheme = load_scheme(name)
    assert scheme.scheme == name and scheme.source and scheme.parameters


def test_published_standards() -> None:
    """Fuyang 20条: 3,000 / 10,000 / 20,000 and 150; Jinan 2018: 2,000 once and 300; Guiyang 2021: 8,000 to 2,000."""
    fuyang, jinan, guiyang = (
        load_scheme(n).parameters for n in ("fuyang-2015", "jinan-2018", "guiyang-2021")
    )
    values = [
        int(fuyang[f"organisation.{k}"].values[0][1])
        for k in ("branch", "general_branch", "committee")
    ]
    assert values == [3000, 10000, 20000] and fuyang["activity.per_member"].values[0][1] == 150
    assert (jinan["start_up.amount"].values[0][1], jinan["activity.per_member"].values[0][1]) == (
        2000,
        300,
    )
    assert [int(p.values[0][1]) for p in guiyang.values()] == [
        8000,
        6000,
        4000,
        8000,
        6000,
        4000,
        2000,
    ]
    assert not any("书记" in p.label for p in guiyang.values())


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        text()
        .replace("2015-01-01: 150", "2015-01-01: -150")
        .replace("2015-01-01: 10000", "2015-01-01: 200")
        .replace("payer: fiscal_district", "payer: fiscal_distrct", 1)
        .replace("committee:", "comittee:")
        .replace("functional: false", "functonal: false")
        .replace("2015-01-01: 3000", '2015-01-01: "3000"')
        .replace("dates: days ", "dates: dayz ")
        .replace("label: 配套比例", "labl: 配套比例"),
    )
    base = "components."
    assert "dayz" in found["dates"] and "days" in found["dates"]
    assert "应为数字" in found[base + "organisation.branch.values"]
    assert "label" in found[base + "matching.ratio.labl"]
    assert "fiscal_district" in found[base + "organisation.payer"]
    assert "functional" in found["eligible.functonal"]
    negative = found[base + "activity.per_member.values.2015-01-01"]
    assert "0 到 1000" in negative and "第" in negative


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("2015-01-01: 10000", "2015-01-01: 200", "organisation.general_branch", "tiers_disordered"),
        ("{2015-01-01: 150}", "{2015-02-30: 150}", "activity.per_member.values", "不存在的日期"),
        (
            "{2015-01-01: 150}",
            "{2015-01-01: 150, 2015-1-1: 160}",
            "activity.per_member.values",
            "重叠",
        ),
        (
            "{2015-01-01: 150}",
            "{2015-01-01: 150.005}",
            "activity.per_member.values.2015-01-01",
            "两位小数",
        ),
        ("committee:", "comittee:", "organisation.comittee", "parameter_unused"),
        ("of: [organisation]", "of: [organization]", "matching.of", "organisation"),
        (
            "payer: fiscal_district\n    basis",
            "payer: dues_return\n    basis",
            "activity.payer",
            "党费",
        ),
        (
            "    ratio:",
            "    share: {label: 份, unit: 倍, range: [0, 3], step: 0.1, values: 1}\n    ratio:",
            "matching.share",
            "parameter_unused",
        ),
    ],
)
def test_each_fault(tmp_path: Path, old: str, new: str, where: str, said: str) -> None:
    assert old in text()
    found = faults(tmp_path, text().replace(old, new, 1))
    assert said in found[f"components.{where}"]


def test_thresholds_out_of_order_and_floor_above_cap(tmp_path: Path) -> None:
    blank = text("blank")
    found = faults(tmp_path, blank.replace("from: 50", "from: 2"))
    assert "tiers_disordered" in found["components.organisation.small"]
    found = faults(
        tmp_path,
        blank.replace(
            "label: 每个组织最低, unit: 元/个·年, range: [0, 50000], step: 100, values: {2026-01-01: 0}",
            "label: 低, unit: 元, range: [0, 900000], step: 1, values: {2026-01-01: 600000}",
        ),
    )
    assert "tiers_disordered" in found["components.activity.cap"]


def test_unknown_scheme_names_the_near_one() -> None:
    with pytest.raises(InputError) as caught:
        load_scheme("fuyang-2016")
    assert "fuyang-2015" in caught.value.problems[0].advice


def test_reform_is_frozen_hashable_and_goes_round() -> None:
    scheme = load_scheme("fuyang-2015")
    one = scheme.reform(
        {"activity.per_member": {"2026-07-01": 200}},
        title="提高",
        author="某处",
        note="试算",
        source="会议",
    )
    assert load_reform(json.loads(one.to_json()), scheme) == one and hash(
        load_reform(json.loads(one.to_json()), scheme)
    ) == hash(one)
    assert one == scheme.reform(
        {"activity.per_member": {datetime.date(2026, 7, 1): 200.0}},
        title="提高",
        author="某处",
        note="试算",
        source="会议",
    )
    with pytest.raises(AttributeError):
        one.title = "x"  # type: ignore[misc]
    rows = one.difference(scheme)
    assert (rows[0]["old"], rows[0]["new"], rows[0]["since"]) == ("150", "200", "2026-07-01")
    assert rows[0]["text"] == "党员活动经费·每名党员由150调到200元/人·年，2026-07-01起"


def test_a_changed_setting_is_said_in_words() -> None:
    """It read 党员活动经费·basis, from nothing to entitlement."""
    scheme = load_scheme("fuyang-2015")
    settings = {
        "members": "mean",
        "activity.basis": "entitlement",
        "eligible.functional": True,
        "eligible.stars": ">= 3",
    }
    assert [row["text"] for row in scheme.reform(settings).difference(scheme)] == [
        "党员活动经费·补助口径由补差（已有支出计入）调到按标准全额，全部时期",
        "发放条件（是否功能型）由否调到是，全部时期",
        "发放条件（星级）由不限调到3星以上，全部时期",
        "党员数口径由上年末调到上年末与当年末平均，全部时期",
    ]


def test_one_parameter_set_twice_is_a_conflict() -> None:
    with pytest.raises(InputError, match="调整方案互相冲突"):
        parse_changes(["activity.per_member=200", "activity.per_member=250"])


def test_reform_files(tmp_path: Path) -> None:
    path = tmp_path / "reform.yml"
    path.write_text(
        "reform: per-member-200\ntitle: 提高到200元\nbase: mine\nchanges: {activity.per_member: {2026-07-01: 200}}\n",
        encoding="utf-8",
    )
    shutil.copy(SCHEMES / "fuyang-2015.yml", tmp_path / "mine.yml")
    reform, scheme = read_scenario(path)
    assert (
        reform.title == "提高到200元"
        and reform.first_year == 2026
        and scheme.name.startswith("富阳")
    )
    (tmp_path / "again.yml").write_text(reform.to_yaml(), encoding="utf-8")
    assert load_reform(tmp_path / "again.yml", scheme) == reform


def test_reforms_add_up_and_conflicts_are_named() -> None:
    scheme = load_scheme("fuyang-2015")
    a, b = scheme.reform({"activity.per_member": 200}), scheme.reform({"organisation.branch": 4000})
    assert a + b == b + a and len((a + b).changes) == 2 and a + a == a
    c = scheme.reform({"activity.per_member": 180})
    with pytest.raises(InputError) as caught:
        a + c
    assert caught.value.problems[0].code == "scenario_conflict"
    assert a.override(c) == c and isinstance(a, Reform)


def test_a_dated_change_takes_the_place_of_later_values_only() -> None:
    scheme = load_scheme("fuyang-2015")
    later = scheme.under(
        scheme.reform({"activity.per_member": {"2024-01-01": 160, "2028-01-01": 180}})
    )
    made = later.under(later.reform({"activity.per_member": {"2026-07-01": 200}}))
    assert [v for _, v in made.parameters["activity.per_member"].values] == [
        Decimal(150),
        Decimal(160),
        Decimal(200),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"activity.per_membr": 200}, "activity.per_member"),
        ({"activity.per_member": 5000}, "0 到 1000"),
        ({"activity.per_member": "200"}, "应为数字"),
        ({"activity.per_member": -1}, "0 到 1000"),
        ({"activity.per_member": {"2026-02-30": 1}}, "不存在的日期"),
        ({"activity.basis": "topup"}, "top_up"),
        ({"organisation.branch": 15000}, "高一档不少于低一档"),
        ({"activity.per_member": float("nan")}, "有限"),
    ],
)
def test_bad_reforms_are_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_scheme("fuyang-2015").reform(change)


def test_changes_of_a_command_line() -> None:
    assert parse_changes(["a.b=200", "a.basis=top_up"]) == {"a.b": 200.0, "a.basis": "top_up"}
    assert parse_changes(["a.b=200"], "2026-07-01") == {"a.b": {"2026-07-01": 200.0}}


@pytest.mark.parametrize(
    "written",
    ["2026-07-01", "2026-7-1", "2026.7.1", "2026/7/1", "2026年7月1日", " 2026年 7月 1 日"],
)
def test_a_day_may_be_written_in_every_usual_way(written: str) -> None:
    made = load_scheme("fuyang-2015").reform(parse_changes(["activity.per_member=200"], written))
    assert made.changes == (("activity.per_member", ((date(2026, 7, 1), Decimal(200)),)),)


def test_a_day_that_is_none_is_told_in_one_plain_message() -> None:
    with pytest.raises(InputError) as caught:
        load_scheme("fuyang-2015").reform(parse_changes(["activity.per_member=200"], "七月"))
    (problem,) = caught.value.problems
    assert (
        problem.found == "七月"
        and "2026年7月1日" in problem.allowed
        and "{" not in str(caught.value)
    )


def test_a_setting_has_no_first_day_and_says_so() -> None:
    """--from was passed over in silence for what is not an amount."""
    scheme = load_scheme("fuyang-2015")
    for change in ("activity.basis=entitlement", "members=mean"):
        with pytest.raises(InputError, match="不分日期"):
            scheme.reform(parse_changes([change], "2026-07-01"))
    (row,) = scheme.reform({"activity.basis": "entitlement"}).difference(scheme)
    assert row["text"] == "党员活动经费·补助口径由补差（已有支出计入）调到按标准全额，全部时期"


def test_a_day_without_quotes_may_stand_where_a_text_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "本地.yml"
    path.write_text(
        text()
        .replace("note: 3000元", "note: 2026-03-01\nsource_of_note: 3000元", 1)
        .replace("source_of_note: 3000元", "# 3000元"),
        encoding="utf-8",
    )
    assert load_scheme(path).note == "2026-03-01"


def test_every_fault_of_a_reform_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "方案.yml"
    path.write_text(
        "title: 试\nchanges:\n  activity.per_membr: 200\n  activity.per_member: {2026-02-30: 200}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        load_reform(path, load_scheme("fuyang-2015"))
    told = {problem.where: problem.text() for problem in caught.value.problems}
    assert "activity.per_member" in told["changes.activity.per_membr（第3行）"]
    assert "不存在的日期" in told["changes.activity.per_member（第4行）"]
    assert all("方案.yml" in one for one in told.values())


def test_a_condition_that_cannot_be_read_is_told_at_its_column(tmp_path: Path) -> None:
    found = faults(
        tmp_path, text().replace("eligible: {functional: false}", 'eligible: {stars: ">= 三"}')
    )
    assert "present" in found["eligible.stars"] and "第" in found["eligible.stars"]
