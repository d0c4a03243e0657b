"""What the public face says of arguments that do not fit: the true cause, and what to write."""

from __future__ import annotations

import pandas as pd
import pytest

import evalkit as ek

OWN = pd.DataFrame({"县": ["甲", "乙"], "率": [0.3, 0.4]})


@pytest.fixture(scope="module")
def data(demo_project):
    return ek.load(demo_project)


def none_left(data):
    return data.indicators.query("level == 'county'")


CASES = {
    "a frame is written": (lambda data, to: ek.write([OWN], to), "blocks[0]", "ek.tables.plain"),
    "a frame alone": (lambda data, to: ek.write(OWN, to), "blocks[0]", "ek.tables.plain"),
    "a text is written": (lambda data, to: ek.write(["文字"], to), "blocks[0]", "段落"),
    "a chart of an own frame": (lambda data, to: ek.charts.bars(OWN, "率"), "frame", "有：县、率"),
    "a chart of the data": (
        lambda data, to: ek.charts.bars(data, "org_coverage"),
        "frame",
        "写 data.indicators",
    ),
    "a chart of no rows": (
        lambda data, to: ek.charts.bars(none_left(data), "org_coverage"),
        "frame",
        "level 是",
    ),
    "a chart of no indicator": (
        lambda data, to: ek.charts.bars(data.indicators, "org_coverag"),
        "indicator",
        "“org_coverage”",
    ),
    "a comparison of no rows": (
        lambda data, to: ek.compare(none_left(data), "2025"),
        "indicators",
        "level 是",
    ),
    "measures of the data": (lambda data, to: ek.evaluate(data), "measures", "写 data.measures"),
    "an indicator that is none": (
        lambda data, to: ek.evaluate(data.measures, ["org_coverag"], codebook=data.codebook),
        "only",
        "“org_coverage”",
    ),
    "scores of the data": (lambda data, to: ek.score(data), "indicators", "写 data.indicators"),
    "a part above its whole": (
        lambda data, to: ek.stats.wilson(21, 20),
        "wilson",
        "0 ≤ 分子 ≤ 分母",
    ),
    "a negative count": (lambda data, to: ek.stats.wilson(-1, 20), "wilson", "-1 / 20"),
    "a year without data": (
        lambda data, to: ek.trace(data, "org_coverage", "演示01区", "2030"),
        "period",
        "2024、2025",
    ),
    "a dataset that is none": (lambda data, to: ek.load(dataset="demos"), "dataset", "“demo”"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_true_cause_is_named(case, data, tmp_path):
    call, where, said = CASES[case]
    with pytest.raises(ek.InputError) as caught:
        call(data, tmp_path / "x.docx")
    (problem,) = caught.value.problems
    assert problem.where == where and said in problem.text()
    assert not list(tmp_path.iterdir())


def test_several_pairs_give_no_limits_where_one_cannot_be():
    low, high = ek.stats.wilson([21, 3], [20, 20])
    assert pd.isna(low[0]) and pd.isna(high[0]) and low[1] < 0.15 < high[1]


def test_a_thing_that_shows_itself_is_written_as_it_shows(data, tmp_path):
    now = data.indicators.query("period == '2025' and level == 'district'")
    scores = ek.score(now, codebook=data.codebook)
    ek.write([scores], tmp_path / "得分.docx")
    assert (tmp_path / "得分.docx").stat().st_size > 5000
