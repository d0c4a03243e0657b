"""Public editions beside each other: what one withholds cannot be had from another, nor from another level."""

from __future__ import annotations

import dataclasses
import json
from itertools import permutations

import county_holes
import numpy as np
import pandas as pd
import pytest
from attacker import Seen, attacked, given_away

import evalkit as ek
from evalkit.indicators.project import Project
from evalkit.problems import InputError
from evalkit.reports import withholding
from evalkit.reports.disclosure import earlier_editions, published, settle
from evalkit.reports.editions import Edition, read_editions, record_path
from evalkit.reports.sentences import facts
from evalkit.reports.withholding import decide, printed_areas

PERSONS = ("名", "人")
CODES = ("members", "members_joint", "admissions", "instructors", "instructors_full_time")


@pytest.fixture(scope="module")
def counties(tmp_path_factory):
    """The three counties in two years."""
    root = tmp_path_factory.mktemp("counties")
    county_holes.copied(root)
    return ek.load(root)


@pytest.fixture(scope="module")
def province(demo_project, tmp_path_factory):
    """A province of six districts with their townships, in a project of its own."""
    root = tmp_path_factory.mktemp("province")
    (root / "data").symlink_to(demo_project / "data", target_is_directory=True)
    return ek.load(root)


def variant(data, threshold=5, changed=(), codes=CODES):
    """A few of the measures with another threshold, and corrected: (period, area, measure, by how much)."""
    project = Project(data.project.root)
    rules = data.codebook.disclosure | {"threshold": threshold}
    project.__dict__["codebook"] = data.codebook.model_copy(update={"disclosure": rules})
    manifest = data.manifest | {"fingerprint": f"{threshold} {changed} {sorted(codes)}"}
    copy = dataclasses.replace(data, project=project, manifest=manifest)
    measures = data.measures.loc[data.measures["measure"].isin(codes)].copy()
    for period, area, measure, step in changed:
        lines = (measures["period"] == period) & (measures["measure"] == measure)
        mine = [a == area or area.startswith(f"{a}/") for a in measures["area"]]
        below = measures.loc[lines & measures["area"].str.startswith(f"{area}/"), "area"]
        mine = np.array(mine) | measures["area"].isin(below.head(1))
        measures.loc[lines & mine, "value"] += step
    copy.__dict__["measures"] = measures
    return copy


def rows_of_persons(data, level, within=None):
    frame = data.measures
    return frame.loc[
        frame["unit"].isin(PERSONS)
        & frame["value"].notna()
        & frame["area"].isin(printed_areas(data, level, within))
    ]


def made(data, period, level, earlier=()):
    """An edition of counts of persons and what its reader sees, all that may be printed being printed."""
    found = decide(data, level, None, [edition for edition, _ in earlier])
    rows = rows_of_persons(data, level)
    rows = rows.loc[rows["period"] <= period]
    keys = list(zip(rows["period"], rows["area"], rows["measure"], strict=True))
    truth = dict(zip(keys, rows["value"].astype(float), strict=True))
    told = {key: v for key, v in truth.items() if key not in found.withheld}
    gone = frozenset(key for key in truth if key in found.withheld)
    edition = Edition(f"{period}-{level}", period, level, None, told, gone, found.beyond_recall)
    return edition, Seen(told, truth)


@pytest.fixture
def of_persons(monkeypatch):
    """Money apart, which is slow to ask for and has its own tests."""
    monkeypatch.setattr(withholding, "contributions", lambda *_: {})


def kinds(data, area, measure, other, codes=CODES):
    """Editions of one project as they may follow each other, in any order."""

    def corrected(where, step):
        return variant(data, changed=[("2025", where, measure, step)], codes=codes)

    plain, strict = variant(data, codes=codes), variant(data, threshold=12, codes=codes)
    return {
        "2024": (plain, "2024", "district"),
        "2025": (plain, "2025", "district"),
        "townships": (plain, "2025", "township"),
        "stricter": (strict, "2025", "district"),
        "one more": (corrected(area, 2), "2025", "district"),
        "one less": (corrected(other, -4), "2025", "district"),
        "small now": (corrected(other, -7), "2025", "district"),
    }


def leaks_over_pairs(about):
    """What can be had from every edition after every other, beyond what cannot be taken back; and how often that was."""
    found, lost = [], 0
    first = {name: made(*one) for name, one in about.items()}
    for a, b in permutations(about, 2):
        data, period, level = about[b]
        edition, seen = made(data, period, level, [first[a]])
        threshold = data.codebook.disclosure["threshold"]
        small = {key for key in edition.withheld if 0 < seen.truth[key] < threshold}
        small |= {key for key in first[a][0].withheld if 0 < first[a][1].truth[key] < 5}
        gone = set(edition.beyond_recall)
        lost += len(gone)
        leaks = given_away([first[a][1], seen], small - gone, min(threshold, 5))
        found += [(a, b, leak) for leak in leaks]
    return found, lost


def test_no_two_editions_of_the_counties_give_a_small_count_away(counties, of_persons):
    about = kinds(counties, "云州市/临山县", "admissions", "云州市/清河县")
    few = {name: about[name] for name in ("2024", "townships", "stricter", "one more")}
    found, lost = leaks_over_pairs(few)
    assert not found, found[:3]
    assert lost  # what was printed under the lower threshold is known, and said to be so


@pytest.mark.slow
@pytest.mark.parametrize("codes", [CODES, None])
def test_no_two_of_many_editions_give_a_small_count_away(counties, province, of_persons, codes):
    for data in (counties, province):
        there = rows_of_persons(data, "district")
        there = there.loc[(there["measure"] == "admissions") & (there["level"] == "district")]
        there = there.loc[there["period"] == "2025"].sort_values("value")
        ends = there["area"].iloc[0], "admissions", there["area"].iloc[-1]
        found, _ = leaks_over_pairs(kinds(data, *ends, codes or set(data.measures["measure"])))
        assert not found, found[:3]


def test_no_two_editions_of_the_province_give_a_small_count_away(province, of_persons):
    measure = "instructors_full_time"
    there = rows_of_persons(province, "district")
    there = there.loc[(there["measure"] == measure) & (there["period"] == "2025")]
    there = there.loc[there["level"] == "district"].sort_values("value")
    assert len(there) > 3
    about = kinds(province, there["area"].iloc[0], measure, there["area"].iloc[-1], CODES[3:])
    about = {name: about[name] for name in ("2024", "2025", "one more", "stricter")}
    found, _ = leaks_over_pairs(about)
    assert not found, found[:3]


def test_editions_that_know_nothing_of_each_other_do_give_away(counties, of_persons):
    """The attack finds what it should: without the record, two editions tell a number that both withhold."""
    before = variant(counties, changed=[("2025", "云州市/临山县", "admissions", -2)])
    first = made(before, "2025", "district")
    alone = made(variant(counties), "2025", "district")
    small = {("2025", "云州市/临山县", "admissions")}
    assert small <= first[0].withheld and not small & alone[0].withheld
    found = given_away([first[1], alone[1]], small, 5)
    assert [(one.value, one.low, one.high) for one in found] == [(3.0, 3.0, 3.0)]
    after = made(variant(counties), "2025", "district", [first])
    assert not given_away([first[1], after[1]], small, 5)


TOWNSHIPS = {"临山县": (4, 0, 0), "新泽区": (20, 0, 0), "清河县": (10, 10, 10)}


def invented(data):
    """Members in the townships of one year, added up to counties and the city."""
    copy = variant(data, codes=("members",))
    measures = copy.measures.loc[copy.measures["period"] == "2025"].set_index("area")
    for county, values in TOWNSHIPS.items():
        inside = [a for a in measures.index if f"/{county}/" in a]
        measures.loc[inside, "value"] = list(map(float, values))
        measures.loc[f"云州市/{county}", "value"] = float(sum(values))
    measures.loc["云州市", "value"] = float(sum(map(sum, TOWNSHIPS.values())))
    copy.__dict__["measures"] = measures.reset_index()
    return copy


def test_levels_of_one_year_are_one_system(counties, of_persons):
    """Townships add up to counties: what one edition leaves open between counties, the other closes by townships."""
    data = invented(counties)
    first, alone = made(data, "2025", "district"), made(data, "2025", "township")
    (small,) = (key for key in alone[0].withheld if alone[1].truth[key] == 4)
    (found,) = given_away([first[1], alone[1]], {small}, 5)
    assert (found.low, found.high) == (4, 4)  # each level for itself tells it
    second = made(data, "2025", "township", [first])
    assert not given_away([first[1], second[1]], {small}, 5) and not second[0].beyond_recall
    # the other way round: the counties after the townships
    after = made(data, "2025", "district", [alone])
    assert not given_away([alone[1], after[1]], {small}, 5) and not after[0].beyond_recall


ADMITTED = {"临山县": (3, 6, 7, 6), "新泽区": (7, 6, 8, 9), "清河县": (8, 9, 6, 7)}
JOINT = {"临山县": (6, 6, 5, 4), "新泽区": (9, 8, 8, 8), "清河县": (7, 9, 9, 9)}


def in_quarters(data):
    """Admissions, which add up over a year, and members of joint branches, of whom the last quarter tells the year."""
    copy = variant(data, codes=("admissions", "members_joint"))
    frame = copy.measures
    one = frame.loc[(frame["period"] == "2025") & (frame["area"] == "云州市")].iloc[:1]
    rows = []
    for code, counts in (("admissions", ADMITTED), ("members_joint", JOINT)):
        added = code == "admissions"
        counts = {**counts, "": tuple(map(sum, zip(*counts.values(), strict=True)))}
        for county, values in counts.items():
            level = {"level": "district"} if county else {}
            for period, value in zip(
                ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2025"),
                (*values, sum(values) if added else values[-1]),
                strict=True,
            ):
                area = f"云州市/{county}".rstrip("/")
                told = {"area": area, "period": period, "measure": code, "value": float(value)}
                rows.append(one.assign(**told, **level))
    copy.__dict__["measures"] = pd.concat(rows, ignore_index=True)
    return copy


QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4")


@pytest.mark.parametrize("order", [(*QUARTERS, "2025"), ("2025", *QUARTERS)])
def test_quarters_and_their_year_are_one_system(counties, of_persons, order):
    """A year is printed after its quarters, or before them: neither tells what the others hold back."""
    data = in_quarters(counties)
    editions = []
    for n, period in enumerate(order):
        there = variant(data, codes=("admissions", "members_joint"))
        there.__dict__["measures"] = data.measures[data.measures["period"].isin(order[: n + 1])]
        found = decide(there, "district", None, [edition for edition, _ in editions])
        rows = rows_of_persons(there, "district")
        keys = zip(rows["period"], rows["area"], rows["measure"], strict=True)
        truth = dict(zip(keys, rows["value"].astype(float), strict=True))
        printed = {key: v for key, v in truth.items() if key[0] == period}
        told = {key: v for key, v in printed.items() if key not in found.withheld}
        gone = frozenset(printed) - frozenset(told)
        edition = Edition(period, period, "district", None, told, gone, found.beyond_recall)
        editions.append((edition, Seen(told, truth)))
    small = {key for _, seen in editions for key, value in seen.truth.items() if 0 < value < 5}
    assert {(period, area[4:]) for period, area, _ in small} == {
        (period, "临山县") for period in ("2025Q1", "2025Q4", "2025")
    }
    lost = {key for edition, _ in editions for key in edition.beyond_recall}
    assert not lost
    assert not given_away([seen for _, seen in editions], small, 5)


def test_what_was_withheld_may_be_told_when_the_rules_allow_all_of_it(counties, of_persons):
    strict = made(variant(counties, threshold=12), "2025", "district")
    plain = made(variant(counties), "2025", "district", [strict])
    key = ("2025", "云州市/临山县", "admissions")  # 5, and the others 10 and 8
    assert key in strict[0].withheld and key not in plain[0].withheld
    other = ("2025", "云州市/临山县", "instructors_full_time")  # 2
    assert other in strict[0].withheld and other in plain[0].withheld


def test_a_number_told_before_covers_nothing(counties, of_persons):
    """10 and 8 were printed: a third county that falls under the threshold needs its total withheld, or is lost."""
    first = made(variant(counties), "2025", "district")
    later = variant(counties, changed=[("2025", "云州市/临山县", "admissions", -2)])
    second = made(later, "2025", "district", [first])
    gone = {
        area
        for period, area, code in second[0].withheld
        if (period, code) == ("2025", "admissions")
    }
    assert gone == {"云州市", "云州市/临山县"}
    key = ("2025", "云州市/临山县", "admissions")
    assert not given_away([first[1], second[1]], {key}, 5)
    # the total told under the same value: nothing can be done, and it is said
    same = Edition(
        "x",
        "2025",
        "区县",
        None,
        {**first[0].told, ("2025", "云州市", "admissions"): 21.0},
        frozenset(),
    )
    lost = decide(later, "district", None, [same])
    assert key in lost.beyond_recall and key in lost.withheld


def test_a_measure_of_a_project_is_a_part_of_what_it_sums(counties, tmp_path):
    """Parts and sums are found by the conditions, not by a list of names."""
    county_holes.copied(tmp_path)
    (tmp_path / "codebook").mkdir()
    (tmp_path / "codebook" / "own.yml").write_text(
        """measures:
  my_single: {name: 单独党组织党员, unit: 名, sum: party_orgs.members, where: {functional: false, joint: false}}
  my_paid: {name: 企业经费（有党组织）, unit: 元, sum: funds.amount_fen, where: {flow: income, party_org: present, source: enterprise}}
""",
        encoding="utf-8",
    )
    ek.build(tmp_path)
    data = ek.load(tmp_path)
    links = withholding.Links.of(data.codebook, data.measures, data.codebook.disclosure)
    assert ("members", ("members_joint", "my_single")) in links.sums
    assert {("my_paid", "funds_enterprise")} <= set(links.pairs) | {
        (some[0], whole) for whole, some in links.sums if len(some) == 1
    }


# the record


def test_editions_are_written_down_and_a_second_run_changes_nothing(counties, of_persons):
    data = variant(counties)
    path, lines = settle(data, "2024-公开稿", "2024", "district")
    assert lines == [] and json.loads(path.read_text(encoding="utf-8"))
    first = record_path(data.project).read_text(encoding="utf-8")
    assert settle(data, "2024-公开稿", "2024", "district")[0].read_bytes() == path.read_bytes()
    assert record_path(data.project).read_text(encoding="utf-8") == first
    _, lines = settle(data, "2025-公开稿", "2025", "district")
    assert "已与以前1稿公开稿核对" in lines[0] and "仍不公开" in lines[0]
    one, two = read_editions(data.project)
    assert (one.name, two.name, one.period, two.level) == (
        "2024-公开稿",
        "2025-公开稿",
        "2024",
        "区县",
    )
    assert not {key for key in two.withheld if key in one.told}
    assert {p for p, _, _ in one.told} == {"2024"} and {p for p, _, _ in two.told} == {
        "2024",
        "2025",
    }
    values = {v for _, v in one.told.items()}
    assert all(isinstance(v, float) for v in values)
    assert published(data).measures["hidden"].sum() == len(two.withheld)


def test_the_record_holds_no_number_that_was_withheld(counties):
    text = json.loads(record_path(counties.project).read_text(encoding="utf-8"))
    for entry in text["公开稿"]:
        for period, areas in entry["未公开"].items():
            for area, codes in areas.items():
                assert not set(codes) & set(entry["印出"][period].get(area, {}))


@pytest.mark.parametrize("text", ["", "[]", '{"公开稿": [{}]}', '{"公开稿": [{"印出": 1}]}', "{"])
def test_a_record_that_cannot_be_read_stops_the_edition(tmp_path, text):
    (tmp_path / "reports").mkdir(parents=True)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    record_path(Project(tmp_path)).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="公开记录"):
        read_editions(Project(tmp_path))


def test_what_cannot_be_taken_back_is_said(counties, tmp_path, of_persons):
    county_holes.copied(tmp_path)
    data = variant(ek.load(tmp_path))
    settle(data, "2025-公开稿", "2025", "district")
    later = variant(data, threshold=9)
    _, lines = settle(later, "2025-公开稿", "2025", "district")
    assert any("收不回来" in line and "2025 临山县 发展党员" in line for line in lines), lines
    last = read_editions(later.project)[-1]
    assert ("2025", "云州市/临山县", "admissions") in last.beyond_recall
    assert ("2025", "云州市/临山县", "admissions") in last.withheld


def test_money_of_few_is_held_back_over_editions(counties, tmp_path, monkeypatch):
    """What one enterprise pays stays hidden though a second edition corrects another county's money."""
    county_holes.copied(tmp_path)
    plain = ek.load(tmp_path)
    money = {code for code in plain.measures["measure"] if code.startswith("funds")}
    data = variant(plain, codes=money)
    one = ("2025", "云州市/临山县", "funds_enterprise")
    amount = float(data.measures.set_index(["period", "area", "measure"])["value"][one])
    monkeypatch.setattr(withholding, "contributions", lambda *_: {one: amount / 10})
    settle(data, "甲", "2025", "district")
    more = [("2025", "云州市/清河县", code, 1000.0) for code in ("funds_enterprise", "funds")]
    corrected = variant(data, changed=more, codes=money)
    settle(corrected, "甲", "2025", "district")
    editions = read_editions(data.project)
    seen = []
    for edition, source in zip(editions, (data, corrected), strict=True):
        rows = source.measures.loc[
            source.measures["area"].isin(printed_areas(source, "district"))
            & source.measures["unit"].eq("元")
            & source.measures["value"].notna()
        ]
        keys = zip(rows["period"], rows["area"], rows["measure"], strict=True)
        truth = dict(zip(keys, rows["value"].astype(float), strict=True))
        seen.append(Seen({k: v for k, v in truth.items() if k in edition.told}, truth))
    for found in attacked(seen, {one}):
        assert found.low <= amount * 0.9 + 1 and found.high >= amount * 1.1 - 1, found
    assert pd.notna(amount) and all(one in edition.withheld for edition in editions)


def test_a_whole_without_a_name_is_not_told_where_a_part_is_withheld(counties, of_persons):
    """Three counties that no area holds: their total is a sum of the report, and would give the one left out back."""
    data = variant(counties, changed=[("2024", "别处", "members", 0)])  # other data than above
    frames = {}
    for name in ("measures", "indicators"):
        frame = getattr(data, name)
        frame = frame.loc[frame["area"] != "云州市"]
        frames[name] = frame.assign(area=frame["area"].str.removeprefix("云州市/"))
    data.__dict__.update(frames)
    shown = published(data)
    gone = shown.measures.loc[shown.measures["hidden"] & shown.measures["measure"].eq("admissions")]
    assert len(gone)
    known = facts(shown, "2024")
    assert "admissions" not in known.now and known.now["members"] == 862


def test_the_area_that_an_edition_is_about_is_printed(counties):
    """Of the townships of one county the county's own numbers stand in it, and add up in what is withheld."""
    data = variant(counties)
    shown = published(data, "township", "临山县")
    assert {"云州市", "云州市/临山县", "云州市/临山县/东河乡"} <= set(shown.measures["area"])
    assert "云州市/清河县" not in set(shown.measures["area"])
    assert published(shown, "district") is shown  # what is public is not decided again


def test_what_the_office_printed_last_year_is_an_edition(counties, of_persons):
    """上年公布数 tells two counties: neither can cover the third any more."""
    data = variant(counties, changed=[("2024", "别处", "members", 1)])
    plain = decide(data, "district").withheld
    gone = {area for p, area, code in plain if (p, code) == ("2024", "admissions")}
    assert gone == {"云州市/临山县", "云州市/清河县"}
    data.__dict__["baseline"] = pd.DataFrame(
        {
            "period": "2024",
            "area": ["云州市/新泽区", "云州市/清河县"],
            "code": "admissions",
            "printed": [9.0, 7.0],
        }
    )
    first, *_ = earlier_editions(data)
    after = decide(data, "district", None, [first]).withheld
    gone = {area for p, area, code in after if (p, code) == ("2024", "admissions")}
    assert gone == {"云州市", "云州市/临山县"}
