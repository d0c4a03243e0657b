"""What things say of themselves: a few lines, the same after they were sent to another process."""

from __future__ import annotations

import pickle

import pytest

import evalkit as ek
from evalkit.reports.disclosure import published
from evalkit.workbench.frames import is_indicators, summary_of
from evalkit.world.summary import Summary, listed

MOST_LINES = 14
NAMES = ["data", "scores", "plan", "result", "stars", "panel", "effect"]


@pytest.fixture(scope="module")
def things(demo_project):
    demo = ek.load(demo_project)
    now = demo.indicators.query("period == '2025' and level == 'district'")
    panel = ek.panel(demo, "org_coverage", "subsidy_reform")
    return {
        "data": demo,
        "scores": ek.score(now, codebook=demo.codebook, expected=demo.expected("2025")),
        "plan": ek.plan(demo),
        "result": ek.plan(demo).run({"activity.per_member": 200}),
        "stars": ek.stars(demo),
        "panel": panel,
        "effect": ek.effects.estimate(panel, "twfe"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_thing_says_what_is_in_it_in_a_few_lines(things, name):
    text = repr(things[name])
    assert 5 <= len(text.split("\n")) <= MOST_LINES and len(text) < 1500
    assert "接下来：" in text and "object at" not in text
    assert things[name].summary.title in things[name].summary.html


@pytest.mark.parametrize("name", NAMES)
def test_a_thing_is_the_same_in_another_process(things, name):
    assert repr(pickle.loads(pickle.dumps(things[name]))) == repr(things[name])


def test_data_say_periods_areas_and_what_is_to_be_done(things):
    rows = dict(things["data"].summary.rows)
    assert rows["时期"] == "2024、2025" and rows["地区"].startswith("1个省、6个区县")
    assert "待核" in rows["待处理"] and "缺报" not in rows
    assert "演示数据" in things["data"].summary.title
    assert repr(published(things["data"])) == repr(things["data"])


def test_scores_say_who_stands_first_and_last(things):
    rows = dict(things["scores"].summary.rows)
    table = things["scores"].table.set_index("area_name")["rank"]
    assert table[rows["得分最高"]] == 1 and table[rows["得分最低"]] == table.max()


def test_a_frame_of_indicators_is_headed_and_any_other_is_not(things):
    frame = things["data"].indicators
    head = summary_of(frame)
    assert head.title == f"指标表，{len(frame)}行" and dict(head.rows)["时期"] == "2024、2025"
    assert is_indicators(frame.head(3)) and not is_indicators(frame[["area", "value"]])


def test_texts_are_escaped_and_long_rows_shortened():
    shown = Summary("<b>", (("a", "<script>"),), (("f('<')", "x"),)).html
    assert "<b>" not in shown and "<script>" not in shown and "&lt;script&gt;" in shown
    assert listed(range(20), 3) == "0、1、2等20个"
