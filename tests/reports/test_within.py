"""Reports of a part of the data: townships of a district, several files of a county, one year among many."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

import evalkit as ek
from evalkit.building import build
from evalkit.reports import quality, tables
from evalkit.reports.index import Made, _key_table, _provenance
from evalkit.reports.report import _areas, _usual_level

UNITS = [
    "单位名称",
    "单位类别",
    "从业人数",
    "正式党员数",
    "党员数",
    "经营状态",
    "党组织名称",
    "组建方式",
]


def ledger(path, place, name, members=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("组织台账")
        unit = [name, "非公企业", 60, members, members, "正常", f"中共{name}支部委员会", "单独组建"]
        for n, row in enumerate(([f"{place}组织台账2025年"], UNITS, unit)):
            sheet.write_row(n, 0, row)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """A county whose townships send a file each; all are read together. One more file cannot be read at all."""
    root = tmp_path_factory.mktemp("county")
    folder = root / "data" / "raw" / "2025" / "演示县"
    ledger(folder / "城关镇.xlsx", "演示县城关镇", "甲公司")
    ledger(folder / "柳河镇.xlsx", "演示县柳河镇", "乙公司")
    (folder / "坏.xlsx").write_bytes(b"not a workbook")
    build(root, jobs=1)
    return ek.load(root)


def test_the_total_is_that_of_the_area_within(demo_project):
    """Townships of one district: table, index and provenance end with the district, as the text does, not the province."""
    data = ek.load(demo_project, periods=["2024", "2025"])
    areas = ek.annual.areas_of(data, "2025", "township", "演示03区")
    rows = ek.annual.rows_of(data, areas, "township", "演示03区")
    whole = tables.above(rows, "2025", "township")
    assert set(whole["area"]) == {"演示省/演示03区"}
    value = whole.set_index("indicator").loc["org_coverage", "value"]
    assert (
        value
        != tables.above(data.indicators, "2025", "district")
        .set_index("indicator")
        .loc["org_coverage", "value"]
    )
    overview = ek.tables.overview(rows, "2025", against="2024", level="township", part="whole")
    assert overview.content["columns"][1]["label"] == "演示03区2025年"
    parameters = {
        "period": "2025",
        "baseline": "2024",
        "level": "township",
        "within": "演示03区",
        "publish": False,
    }
    made = Made(
        data.project,
        data,
        parameters,
        areas,
        [],
        {a: a for a in areas},
        demo_project / "reports",
        (),
    )
    key = _key_table(made, data)
    codes = [c["key"] for c in key.content["columns"]]
    assert key.content["rows"][-1][codes.index("org_coverage")]["v"] == pytest.approx(value)
    named = {
        row[0]["v"]
        for b in _provenance(made, data)
        if b.kind == "table" and len(b.content["columns"]) == 6
        for row in b.content["rows"]
    }
    assert "演示03区" in named and "演示省" not in named
    known = ek.annual.targets(data, "2025", "2024", "township", "演示03区").content["rows"]
    assert max(int(row[-1].partition("/")[2]) for row in known if "/" in str(row[-1])) <= len(areas)


def test_a_county_of_townships_has_a_total(county):
    whole = tables.above(county.indicators, "2025", "township")
    assert set(whole["area"]) == {"演示县"}
    assert not len(tables.above(county.indicators, "2025", "village"))


def test_files_read_together_are_counted_and_their_findings_told(county):
    files, found = quality.files_of(county, "2025")
    assert [f.rpartition("/")[2] for f in files] == [
        "城关镇.xlsx",
        "柳河镇.xlsx",
    ]  # the broken one was not read ...
    assert "2025/演示县/坏.xlsx" in set(found["file"]) and len(found) == len(
        county.problems
    )  # ... but is told of


def test_files_are_those_within(demo_project):
    data = ek.load(demo_project, periods=["2024", "2025"])
    files, found = quality.files_of(data, "2025", "演示03区")
    assert (
        files == ["2025/演示03区.xlsx"]
        and set(found["file"]) <= {"2025/演示03区.xlsx"}
        and len(found)
    )
    shown = ek.tables.submissions(data, "2025", "演示03区").content["rows"]
    assert "2025/演示03区.xlsx" in [r[0] for r in shown] and "2025/演示02区.xlsx" not in [
        r[0] for r in shown
    ]


def test_the_list_of_findings_is_the_periods(demo_project):
    """Five years of findings stand before this one's; the list begins with this year's and says how many the others have."""
    data = ek.load(demo_project, periods=["2024", "2025"])
    mine, all_ = quality.files_of(data, "2025")[1], data.problems
    assert 0 < len(mine) < len(all_)
    table = ek.tables.problem_list(data, 200, "2025").content
    assert not [row for row in table["rows"] if row[1].startswith("2024/")]
    assert table["notes"][-1] == f"其他年度的台账另有{len(all_) - len(mine):,}处，不在此列。"
    assert sum(row[2] for row in ek.tables.problem_summary(data, "2025").content["rows"]) == len(
        mine
    )


def test_the_level_is_district_where_there_is_one_else_that_of_most_areas(
    county, demo_project, tmp_path
):
    data = ek.load(demo_project)
    assert (
        _usual_level(data, "2025", None) == "district"
        and _usual_level(data, "2025", "演示03区") == "township"
    )
    assert _usual_level(county, "2025", None) == "district"
    for name, place in (("甲公司", "城关镇"), ("乙公司", "柳河镇")):
        ledger(tmp_path / "data" / "raw" / "2025" / f"{place}.xlsx", place, name)
    build(tmp_path, jobs=1)
    alone = ek.load(tmp_path)
    level = _usual_level(alone, "2025", None)
    assert level == "township" and _areas(alone, "2025", level, None) == (["城关镇", "柳河镇"], [])
    assert pd.notna(ek.annual.title(alone, "2025").content["text"])


def test_a_figure_says_what_the_ledgers_lack_and_scores_are_left_out_where_there_are_none(county):
    now = county.indicators.query("level == 'township'")
    told = ek.annual.figure(ek.charts.bars, now, "instructor_load").plain()
    assert told == "没有图：台账里没有计算每名指导员联系单位数所需的数字。"
    two = ek.annual.figure(
        ek.charts.funnel, now[now["area"] == "演示县/城关镇"], "org_coverage"
    ).plain()
    assert "取值不合规定" not in two and "至少两个地区" in two
    scores = ek.annual.scored(now, "annual", "full")
    assert scores.kind == "paragraph" and scores.plain().startswith("没有计算综合得分：城关镇（")


def test_the_notebooks_own_words_are_those_of_the_level(county):
    said = ek.prose.passage(
        "## 七、{place}情况比较\n\n各{place}的区县财政投入。", county, "township"
    )
    assert [b.plain() for b in said.blocks] == [
        "七、乡镇街道情况比较",
        "各乡镇街道的区县财政投入。",
    ]


def test_no_message_names_a_command_that_is_not_on_the_path():
    """Who uses start.py has no `evalkit` to call."""
    source = Path(ek.__file__).parent
    calls = re.compile(
        r"evalkit (build|demo|verify|check|report|run|score|whatif|effects|lab|doctor|template)\b"
    )
    for path in (*source.rglob("*.py"), *source.rglob("*.html")):
        for line in path.read_text(encoding="utf-8").splitlines():
            said = calls.search(line) and re.search("[\u4e00-\u9fff]", line)
            assert not said, f"{path.name}: {line.strip()}"
