"""What each form makes of the same blocks: links, 附件, the choice of one page; typed cells and sources in tables."""

from __future__ import annotations

import re

import pytest

import evalkit as ek
from evalkit.documents import fragment, shown
from evalkit.documents.blocks import flat
from evalkit.reports.appendix import OWN, definitions, targets, told_of
from evalkit.reports.publish import one_page
from evalkit.reports.voice import packaged
from evalkit.reports.words import NOTHING_HIDDEN


@pytest.fixture(scope="module")
def data(demo_project):
    return ek.load(demo_project, periods=["2024", "2025"])


def test_sources_are_named_only_where_they_are_official(data):
    """A collection from the internet, an interview or a web page is no source of a signed report."""
    rows = {r[0]: r for r in definitions(data).content["rows"]}
    official = {s.name for s in data.codebook.sources.values() if s.kind == "official"}
    assert {r[3] for r in rows.values()} <= {*official, OWN} and len(
        {r[3] for r in rows.values()}
    ) > 1
    assert not [name for name in official if re.search("精选|访谈|公开定义", name)]
    used = set(data.indicators.loc[data.indicators["value"].notna(), "indicator"])
    for code in told_of() & used:  # every indicator that the text tells of is defined
        assert packaged().named(data.codebook.indicators[code]) in rows, code
    assert {"org_coverage", "star_average", "instructor_full_time_share"} <= told_of()


def test_cells_of_targets_are_numbers(data):
    block = targets(data, "2025", "2024", "district")
    keys = [c["key"] for c in block.content["columns"]]
    for row in block.content["rows"]:
        for key in ("numerator", "denominator", "value", "target"):
            assert isinstance(row[keys.index(key)]["v"], float), (row[0], key)
        assert "万" not in shown(row[keys.index("numerator")], {}) or "元" in shown(
            row[keys.index("numerator")], {}
        )


def test_indicators_of_a_page_lead_to_their_provenance(data):
    codes = ek.tables.headline(data.codebook)
    links = {"indicator": {code: f"../provenance.html#{code}" for code in codes}}
    whole = ek.tables.overview(data.indicators, "2025", against="2024", part="whole")
    areas = ek.tables.overview(data.indicators, "2025", against="2024", part="areas")
    assert all(row[1]["indicator"] in codes for row in whole.content["rows"])
    for table in [whole, *areas.blocks]:
        found = re.findall('href="../provenance.html#([^"]*)"', fragment(table, links=links))
        assert len(found) >= len(table.content["rows"]) and set(found) <= set(codes)


def test_level_words_are_one_in_text_and_tables(data):
    """区县 throughout, in the headings and notes of tables as in the sentences; real places of the demo's note stay."""
    areas = ek.annual.areas_of(data, "2025")
    rows = ek.annual.rows_of(data, areas, "district")
    now = rows.loc[(rows["level"] == "district") & (rows["period"] == "2025")]
    made = [
        ek.tables.overview(rows, "2025", against="2024"),
        ek.annual.scored(now, "annual", "full"),
        ek.tables.widest(now),
        ek.annual.counts(data, "2025", "units", areas),
        ek.annual.targets(data, "2025", "2024", "district"),
        ek.tables.missing(now),
        ek.annual.simulation(data, "2025", "fuyang-2015", {"activity.per_member": 200}),
    ]
    for block in flat(made):
        said = (
            block.plain()
            + "".join(block.content.get("notes", ()))
            + block.content.get("source", "")
        )
        assert not re.search("(?<![真实本])地区|党的组织覆盖率|党的工作覆盖率", said), (
            block.content.get("title"),
            said[:200],
        )


def test_cells_of_the_quality_tables_are_numbers(data):
    now = data.indicators.loc[
        (data.indicators["period"] == "2025") & (data.indicators["level"] == "district")
    ]
    widest, missing = ("value", "high", "low", "width"), ("value", "best", "worst", "gaps")
    for block, keys in ((ek.tables.widest(now), widest), (ek.tables.missing(now), missing)):
        frame = block.frame()
        assert len(frame) and all(
            frame[key].map(lambda v: isinstance(v, int | float)).all() for key in keys
        )
        assert (frame[keys[1]] >= frame["value"] - 1e-9).all() and (
            frame[keys[2]] <= frame["value"] + 1e-9
        ).all()


def test_one_page_holds_the_whole_summary_with_its_table(data):
    rows = ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")
    summary = ek.prose.summary(data, "2025", "2024", None, rows)
    whole = ek.tables.overview(data.indicators, "2025", against="2024", part="whole")
    page = one_page([ek.annual.title(data, "2025"), summary, whole])
    assert [b.kind for b in page] == ["heading", *(b.kind for b in summary.blocks)]
    assert page[-1].content["title"] == "2025年三项主要指标"
    assert [row[0] for row in page[-1].texts()] == [
        "组织覆盖率（%）",
        "人均党建经费（元/人）",
        "规上企业指导员覆盖率（%）",
    ]


def test_a_public_table_says_that_nothing_had_to_go(data):
    areas = ek.annual.areas_of(data, "2025")
    shown = ek.annual.published(data)
    notes = ek.annual.counts(shown, "2025", "units", areas).content["notes"]
    assert (
        NOTHING_HIDDEN in notes
        and NOTHING_HIDDEN not in ek.annual.counts(data, "2025", "units", areas).content["notes"]
    )


def test_no_area_is_named_where_no_order_is_wanted(data):
    rows = ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")
    assert not re.search(
        r"演示\d\d区", ek.annual.falling_words(rows, "2025", "2024", ranking="none").plain()
    )
    plain = ek.annual.simulation(
        data, "2025", "fuyang-2015", {"activity.per_member": 200}, by_area=False
    ).plain()
    assert "惠及" in plain and "增加最多" not in plain and not re.search(r"演示\d\d区", plain)
