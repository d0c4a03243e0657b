"""The briefing of a report: eight slides, every number that of the stored indicator, who is absent or withheld told as such."""

import pandas as pd
import pptx
import pytest

import evalkit as ek
from evalkit.documents import Cover, write
from evalkit.indicators import load
from evalkit.reports.briefing import Deck
from evalkit.reports.prose import judged
from evalkit.reports.scope import Scope
from evalkit.reports.voice import Rows

AXES = ("org_coverage", "fund_per_member", "above_scale_instructor")


@pytest.fixture(scope="module")
def data(demo_project):
    return load(demo_project)


@pytest.fixture(scope="module")
def rows(data):
    return ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")


@pytest.fixture(scope="module")
def slides(data, rows):
    right = ek.annual.rectification(data, "2025", "2024")
    return ek.annual.briefing(data, "2025", "2024", rows, told=right).blocks


@pytest.fixture(scope="module")
def deck(slides, tmp_path_factory):
    path = tmp_path_factory.mktemp("汇报") / "汇报.pptx"
    assert (
        write(slides, path, cover=Cover(title="演示省评估报告", office="办公室", demo=True)) == []
    )
    return pptx.Presentation(path)


@pytest.fixture(scope="module")
def known(data, rows):
    """The judgement, reckoned once."""
    return judged(Scope.about(data, "2025", "2024"), rows)


def axis(data, rows, known, ranking="full"):
    """The slide of the first axis for other rows."""
    return Deck(Scope.about(data, "2025", "2024", ranking=ranking), rows, known, None).axis(AXES[0])


def texts(slide):
    found = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
    tables = [s.table for s in slide.shapes if s.has_table]
    return "\n".join(found + [c.text for t in tables for row in t.rows for c in row.cells])


def changed(rows, frame):
    return Rows.of(pd.DataFrame(frame), rows.project, rows.whole)


def test_eight_slides_all_marked_as_demonstration(deck):
    assert len(deck.slides) == 8
    assert all("演示数据" in texts(slide) for slide in deck.slides)
    assert not [s for slide in deck.slides for s in slide.shapes if s.shape_type == 13]  # pictures
    for slide in list(deck.slides)[1:]:
        assert "报送台账，截至2025年12月31日" in slide.notes_slide.notes_text_frame.text


def test_the_bars_are_the_stored_indicators(data, deck):
    stored = data.indicators
    here = stored.loc[(stored["period"] == "2025") & (stored["level"] == "district")]
    for code, slide in zip(AXES, list(deck.slides)[2:5], strict=True):
        chart = next(s for s in slide.shapes if s.has_chart).chart
        values = here.loc[here["indicator"] == code].set_index("area_name")["value"].astype(float)
        drawn = dict(zip(chart.plots[0].categories, chart.plots[0].series[0].values, strict=True))
        assert drawn == pytest.approx(values.to_dict())
        order = list(chart.plots[0].series[0].values)
        assert order == sorted(order, reverse=True)
        base = here.loc[here["indicator"] == code, "base"].iloc[0]
        assert base in slide.notes_slide.notes_text_frame.text


def test_the_sentences_are_those_of_the_summary(data, rows, deck):
    told = ek.prose.summary(data, "2025", "2024", None, rows)
    text, said = told.plain(), [texts(slide) for slide in deck.slides]
    verdict = said[1].partition("\n")[0].removeprefix("总体判断：")
    assert verdict in text
    for code, slide in zip(AXES, said[2:5], strict=True):
        row = data.indicators.loc[
            (data.indicators["indicator"] == code)
            & (data.indicators["period"] == "2025")
            & (data.indicators["area_name"] == "演示省")
        ].iloc[0]
        printed = ek.tables.axes(rows, "2025", "2024").texts()[AXES.index(code)][1].split()[-1]
        assert printed in slide.partition("\n")[0] and row["short_name"] in slide
    problems = [line for line in said[5].splitlines() if "家" in line or "个，" in line]
    assert problems and all(line in text for line in problems)
    steps = [row[0] for row in ek_table(deck.slides[7])[1:]]
    assert steps and all(step in text for step in steps)
    axes = ek.tables.axes(rows, "2025", "2024")
    printed = [
        [cell.split(" ", 1)[-1] if cell[:1] in "●▲■" else cell for cell in row]
        for row in axes.texts()
    ]
    assert ek_table(deck.slides[1])[1:] == printed


def ek_table(slide):
    table = next(s for s in slide.shapes if s.has_table).table
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_who_leads_and_who_is_responsible(deck):
    ahead, steps = ek_table(deck.slides[6]), ek_table(deck.slides[7])
    assert [row[0] for row in ahead[1:]] == ["居前", "居前", "靠后", "靠后"]
    assert steps[0] == ["工作", "最多的区县", "责任单位", "时限"]
    assert all(row[2] == "【待补充】" for row in steps[1:])  # no register is kept


def test_an_area_that_sent_nothing_stands_as_absent(data, rows, known):
    gone = changed(rows, rows.loc[rows["area_name"] != "演示03区"])
    slide = axis(data, gone, known)
    table = slide.blocks[-1]
    assert ["演示03区", "缺报"] in table.texts() and "缺报：演示03区。" in slide.content["notes"]


def test_what_the_public_edition_withholds_stays_withheld(data, rows, known):
    frame = rows.assign(hidden=False)
    here = (frame["area_name"] == "演示02区") & (frame["indicator"] == "org_coverage")
    frame.loc[here, ["value", "low", "high", "numerator", "denominator"]] = float("nan")
    frame.loc[here, "hidden"] = True
    slide = axis(data, changed(rows, frame), known)
    assert ["演示02区", "*"] in slide.blocks[-1].texts()
    assert any("不予公开" in note for note in slide.content["notes"])
    steps = Deck(Scope.about(data, "2025", "2024"), rows, known, None).next_steps().blocks[0]
    columns = [c["label"] for c in steps.content["columns"]]
    assert columns == ["工作", "最多的区县"]  # without a register nobody is named


def test_many_areas_without_an_order_are_not_drawn_by_chance(data, rows, known):
    whole = rows.loc[rows["level"] != "district"]
    many = [
        rows.loc[rows["area_name"] == "演示01区"].assign(
            area=f"演示省/多{n}区", area_name=f"多{n}区", sort_order=n
        )
        for n in range(40)
    ]
    every = changed(rows, pd.concat([whole, *many]))
    ordered = axis(data, every, known).blocks[-1]
    assert len(ordered.content["rows"]) == 24 and "最前和最后的各12个" in ordered.content["title"]
    banded = axis(data, every, known, "none").blocks[-1]
    assert "chart" not in banded.content and len(banded.content["rows"]) == 1
