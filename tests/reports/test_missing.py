"""What the report says when something is missing: no false fall, no sum beside a part, and who is absent is named.

Right values by the independent reader of tests/golden/recomputed.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import county_holes as holes
import pytest
from golden.recomputed import numbers_of

from evalkit.building import build
from evalkit.documents import Block
from evalkit.indicators import Data, load
from evalkit.indicators.compare import compare
from evalkit.reports import appendix, causes, findings, prose, rectify, tables
from evalkit.reports.scope import Scope


def all_but_one_gone(raw: Path) -> None:
    holes.county_gone(raw)
    shutil.rmtree(holes.county(raw, 2025, "清河县"))


HOLES: dict[str, Callable[[Path], None]] = {
    "county": holes.county_gone,
    "county before": lambda raw: holes.county_gone(raw, 2024),
    "ledger": holes.ledger_gone,
    "units": lambda raw: holes.ledger_gone(raw, "组织台账"),
    "township": holes.township_gone,
    "split": holes.county_split,
    "all but one": all_but_one_gone,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Data]:
    known: dict[str, Data] = {}

    def of(hole: str) -> Data:
        if hole not in known:
            folder = tmp_path_factory.mktemp("项目")
            HOLES[hole](holes.copied(folder))
            build(folder)
            known[hole] = load(folder)
        return known[hole]

    return of


def texts(block: Block | dict[str, Any]) -> Iterator[str]:
    """Every paragraph and item of a block."""
    content = block["content"] if isinstance(block, dict) else block.content
    if "text" in content:
        yield str(content["text"])
    for part in content.get("blocks", ()):
        yield from texts(part)
    yield from (str(item) for item in content.get("items", ()))


def told(data: Data, name: str, **options: Any) -> str:
    return "\n".join(texts(getattr(prose, name)(data, "2025", "2024", **options)))


def rows_of(table: Block) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in table.texts()}


def test_nothing_falls_because_a_county_sent_nothing(data: Callable[[str], Data]) -> None:
    found = data("county")
    kept = [numbers_of(holes.COUNTIES, year) for year in (2024, 2025)]
    before, now = (
        sum(int(year[county]["实体运营的法人单位"]) for county in holes.KEPT) for year in kept
    )
    whole = told(found, "overview")
    assert f"实体运营的法人单位{now}家，比上年同口径增加{now - before}家" in whole
    summary = told(found, "summary")
    assert summary.startswith("应报3个区县，实报2个，缺报的是临山县")
    assert "按两期都报送的计算（同口径，不含临山县）" in summary
    for section in ("coverage", "funding", "instructors", "activities"):
        assert "（两期都报送" not in told(found, section)  # said once, not in every clause


def test_nothing_grows_because_a_county_is_there_again(data: Callable[[str], Data]) -> None:
    summary = told(data("county before"), "summary")
    assert "上年没有临山县的数字" in summary
    assert "法人单位400家，比上年同口径增加2家" in told(data("county before"), "overview")


def test_due_paid_and_their_rate_are_of_the_same_counties(data: Callable[[str], Data]) -> None:
    funding = told(data("ledger"), "funding")
    assert "应拨补助54.30万元（缺临山县），实拨53.00万元（缺临山县），补助到位率97.6%" in funding
    assert "尚有1.30万元未到位" in funding
    assert "67.80" not in funding
    assert "法人单位400家，比上年增加5家" in told(data("ledger"), "overview")  # the units are there


def test_a_typed_whole_does_not_stand_beside_ledgers_of_a_part(
    data: Callable[[str], Data],
) -> None:
    funding = told(data("township"), "funding")
    assert "应拨补助54.30万元（缺临山县），实拨53.00万元" in funding
    profile = told(data("township"), "overview", area=holes.HOLE)
    assert profile.startswith("缺报的是临山县东河乡")


def test_the_problems_are_told_on_the_same_areas(data: Callable[[str], Data]) -> None:
    found = {one.key: one for one in findings.found_problems(data("county"), "2025", "2024")}
    due = found["due"] if "due" in found else next(iter(found.values()))
    assert due.n == 8
    assert due.before == 8
    assert "持平" in str(due.moved)


@pytest.mark.parametrize("hole", ["county", "all but one"])
def test_an_absent_county_stands_in_the_tables_as_absent(
    data: Callable[[str], Data], hole: str
) -> None:
    found = data(hole)
    scope = Scope.about(found, "2025", "2024")
    blocks = tables.overview(scope.rows, "2025", "2024", part="areas").content["blocks"]
    for block in blocks:
        table = Block(**block) if isinstance(block, dict) else block
        row = rows_of(table)["临山县"]
        assert set(row) <= {"缺报", "—"}
        assert any("缺临山县" in note for note in table.content["notes"])


def test_a_total_says_whom_its_columns_lack(data: Callable[[str], Data]) -> None:
    found = data("ledger")
    areas = [f"{holes.CITY}/{name}" for name in (*holes.KEPT, holes.HOLE)]
    name = next(name for name in prose.declared()["tables"] if "fund" in name)
    notes = appendix.counts(found, "2025", name, areas).content["notes"]
    assert any("不含缺报的临山县" in note and "应拨" not in note for note in notes)
    funds = appendix.funds_table(found, "2025", "2024")
    assert any("不含缺报的临山县" in note for note in funds.content["notes"])
    assert any("只按两期都报送的地区计算" in note for note in funds.content["notes"])


def test_a_county_whose_ledgers_tell_no_township_lacks_none(data: Callable[[str], Data]) -> None:
    """Townships come from the ledger of units: without it the other ledgers are of the whole county, not of nobody."""
    found = data("units")
    summary, whole = told(found, "summary"), told(found, "overview")
    assert summary.startswith("没有报送台账的是临山县（组织台账），有关数字不含在内。")
    assert "东河乡" not in summary and "同口径" not in whole
    assert "法人单位312家（缺临山县）" in whole and "建立党组织226个，比上年增加3个" in whole
    funding = told(found, "funding")
    assert "全年党建经费96.06万元，比上年增加1.58万元" in funding
    assert "人均党建经费1,114元" in funding  # 960,600 over 862 members of the year before


def test_a_problem_says_whom_it_lacks(data: Callable[[str], Data]) -> None:
    problems = findings.found_problems(data("ledger"), "2025", "2024")
    assert "财政补助1.30万元（缺临山县）" in "".join(texts(findings.problem_words(problems)))
    notes = findings.problem_table(problems, data("ledger"), "2025").content["notes"]
    assert "本年数没有报全：未到位的区县财政补助（缺临山县）。" in notes
    before = findings.found_problems(data("county before"), "2025", "2024")
    notes = findings.problem_table(before, data("county before"), "2025").content["notes"]
    assert "上年数和增减按两期都报送的区县计算（同口径），不含临山县。" in notes


def test_a_part_of_a_problem_is_never_more_than_the_whole(data: Callable[[str], Data]) -> None:
    """The county typed what is due as a whole, its ledger of payments lacks a township: they are not subtracted."""
    problems = findings.found_problems(data("township"), "2025", "2024")
    subsidy = next(one for one in problems if one.key == "subsidy")
    assert sum(share.n for share in subsidy.shares if share.n == share.n) <= subsidy.n + 0.005
    assert all(holes.HOLE not in share.area for share in subsidy.most)


def test_what_nobody_could_tell_of_before_is_not_new(data: Callable[[str], Data]) -> None:
    found = rectify.rectification(data("county before"), "2025", "2024")
    words = "".join(texts(rectify.rectified_words(found)))
    assert "本期新列入50项，另有27项上年缺报，不能判断是否新增" in words
    assert "上年有台账可核的8家中已有、仍存在的8家" in "".join(texts(causes.causes(found)))


def test_the_first_problems_of_the_summary_stand_in_the_chapter(
    data: Callable[[str], Data],
) -> None:
    found = data("ledger")
    problems = findings.found_problems(found, "2025", "2024")
    chapter, steps = findings.problem_words(problems), findings.advice(problems)
    summary = told(found, "summary")
    for words in ("没有党的组织的单位61家", "没有指导员的规上企业5家"):
        assert words in summary and words in "".join(texts(chapter))
    assert "对没有党的组织的61家单位逐家建账" in summary
    assert "对没有党的组织的61家单位逐家建账" in "".join(texts(steps))


def test_a_split_county_is_no_loss(data: Callable[[str], Data]) -> None:
    summary = told(data("split"), "summary")
    assert "不含东新区、临山县东河乡" in summary
    assert "缺报" not in summary


def test_the_three_axes_say_whom_they_lack(data: Callable[[str], Data]) -> None:
    found = data("ledger")
    scope = Scope.about(found, "2025", "2024")
    table = tables.axes(scope.rows, "2025", "2024")
    line = rows_of(table)["人均党建经费（元/人）"]
    assert line[0] not in ("—", "") and not any(holes.HOLE in cell for cell in line)
    notes = "".join(table.content["notes"])
    assert "人均党建经费只含已报送的区县" in notes and holes.HOLE in notes
    gone = data("all but one")  # nobody is beside the one that is left
    left = tables.axes(Scope.about(gone, "2025", "2024").rows, "2025", "2024")
    assert all(line[-2:] == ["—", "—"] for line in rows_of(left).values())


def test_a_profile_without_peers_has_no_column_that_judges_nothing(
    data: Callable[[str], Data],
) -> None:
    found = data("ledger")
    scope = Scope.about(found, "2025", "2024")
    rows = scope.rows.loc[scope.rows["level"] == "district"]
    peers = compare(rows, "2025", to="peers", against="2024")
    labels, notes = {}, {}
    for name in holes.KEPT:
        mine = rows.loc[(rows["area_name"] == name) & (rows["period"] == "2025")]
        mine = mine.assign(
            target=0.85, target_own=mine["indicator"].eq("org_coverage") & (name == "清河县")
        )
        table = tables.profile(mine, peers)
        labels[name] = [c["label"] for c in table.content["columns"]]
        notes[name] = table.content["notes"]
    assert labels["新泽区"] == [
        "指标",
        "数值",
        "较上年",
        "分子 / 分母",
        "位次",
    ]  # alone of its kind
    assert "比较" in labels["清河县"] and "本年目标：组织覆盖率85.0%。" in notes["清河县"]
