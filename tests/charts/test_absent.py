"""Who sent nothing is drawn as 缺报: never as 0, never left out in silence."""

from __future__ import annotations

import county_holes as holes
import pandas as pd
import pytest

from evalkit import charts
from evalkit.building import build
from evalkit.charts import areas as charts_of_areas
from evalkit.charts.frames import not_drawn, pick
from evalkit.indicators import Data, load

HOLE = f"{holes.CITY}/{holes.HOLE}"
CODE = "org_coverage"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Data:
    folder = tmp_path_factory.mktemp("gone")
    holes.county_gone(holes.copied(folder))
    build(folder)
    return load(folder)


@pytest.fixture
def now(data: Data) -> pd.DataFrame:
    return charts.with_absent(
        data.indicators.query("level == 'district' and period == '2025'"), data.expected("2025")
    )


@pytest.fixture
def every(data: Data) -> pd.DataFrame:
    return charts.with_absent(data.indicators.query("level == 'district'"), data.expected())


def test_an_empty_row_stands_for_who_is_absent(data: Data, now, every) -> None:
    rows = now.query("area == @HOLE")
    assert set(rows["indicator"]) == set(now["indicator"]) and rows["value"].isna().all()
    assert (rows[["numerator", "denominator", "low", "high"]].isna().all()).all()
    assert rows["area_name"].eq(holes.HOLE).all() and rows["level"].eq("district").all()
    assert every.query("area == @HOLE and period == '2024'")["value"].notna().any()
    mixed = charts.with_absent(data.indicators, data.expected("2025"))
    assert mixed.query("area == @HOLE and period == '2025'")["level"].eq("district").all()
    whole = data.indicators.query("level == 'district' and period == '2024'")
    assert charts.with_absent(whole, data.expected("2024")) is whole


def test_bars_and_dumbbells_say_so(now, every, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    annotate = charts_of_areas.Axes.annotate
    monkeypatch.setattr(
        charts_of_areas.Axes,
        "annotate",
        lambda self, text, *rest, **more: texts.append(text) or annotate(self, text, *rest, **more),
    )
    shown = charts.bars(now, CODE)
    assert texts[-1] == "缺报" and len(texts) == 3
    assert "缺报" in shown.content["alt"]
    assert "缺" in charts.dumbbell(every, CODE, "2024", "2025").content["alt"]
    assert charts.load_heat(now, [CODE, "instructor_load"]).content


def test_figures_without_a_place_for_them_name_them(now, every) -> None:
    rows, _ = pick(now, CODE, one=True)
    assert not_drawn(rows, "zh") == [f"缺报、未画出：{holes.HOLE}。"]
    rows, _ = pick(every, CODE)
    assert not_drawn(rows, "zh") == [f"缺报、未画出：{holes.HOLE}2025。"]
    for figure in (
        charts.funnel(now, CODE),
        charts.trend(every, CODE),
        charts.trend(every, CODE, [holes.HOLE]),
        charts.lorenz_curve(every, "fund_per_member"),
        charts.radar(now, holes.KEPT[0]),
        charts.scatter(now, x="fund_per_member", y=CODE),
    ):
        assert figure.content


def test_shares_of_who_sent_nothing_are_not_drawn_as_nothing(data: Data) -> None:
    money = charts.with_absent(
        data.measures.query("level == 'district'"), data.expected("2025", "district")
    )
    shown = charts.sources(money, "2025")
    assert "2个地区合计（另1个缺报）" in shown.content["alt"]
