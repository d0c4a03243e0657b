"""Figures: every one with 1, 2, 24 and 90 areas, gaps, English words, equal bytes, nothing left behind."""

import io

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evalkit import charts
from evalkit.charts.frames import pick
from evalkit.charts.points import dimension_scores
from evalkit.charts.style import ems, grid, wrap
from evalkit.problems import InputError

PAYERS = {"funds_fiscal_city": "市级财政", "funds_enterprise": "企业配套", "funds_donation": "捐助"}
FIVE = {"coverage": "组织覆盖", "funding": "经费保障", "instructors": "指导员队伍"}


def measures(frame: pd.DataFrame) -> pd.DataFrame:
    areas = frame["area"].unique()
    rows = [
        {
            "area": a,
            "period": "2025",
            "level": "district",
            "measure": m,
            "value": 1e5 * (1 + i % 5) * (3 - j),
            "is_demo": True,
        }
        for i, a in enumerate(areas)
        for j, m in enumerate(PAYERS)
    ]
    rows[-1]["value"] = np.nan
    return pd.DataFrame(rows)


def starred(frame: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {"area": a, "period": "2025", "stars": s, "count": 1 + i % 4, "is_demo": True}
        for i, a in enumerate(frame["area"].unique())
        for s in (5, 4, 3, 2, 1, pd.NA)
    ]
    return pd.DataFrame(rows)


FIGURES = {
    "bars": lambda f, lang: charts.bars(f.query("period == '2025'"), "org_coverage", lang=lang),
    "amounts": lambda f, lang: charts.bars(
        f.query("period == '2025'"), "fund_per_member", sort=False, lang=lang
    ),
    "dumbbell": lambda f, lang: charts.dumbbell(f, "org_coverage", "2024", "2025", lang=lang),
    "heat": lambda f, lang: charts.load_heat(
        f.query("period == '2025'"), ["units_per_instructor", "instructor_share"], lang=lang
    ),
    "scatter": lambda f, lang: charts.scatter(
        f.query("period == '2025'"), "fund_per_member", "org_coverage", lang=lang
    ),
    "trend": lambda f, lang: charts.trend(f, "org_coverage", lang=lang),
    "lines": lambda f, lang: charts.trend(f, "org_coverage", ["演示01区"], lang=lang),
    "sources": lambda f, lang: charts.sources(measures(f), "2025", parts=PAYERS, lang=lang),
    "stars": lambda f, lang: charts.stars(starred(f), lang=lang),
    "spine": lambda f, lang: charts.spine(f, "演示01区", lang=lang),
    "radar": lambda f, lang: charts.radar(
        f.query("period == '2025'"), "演示01区", dimensions=FIVE, lang=lang
    ),
}


@pytest.mark.parametrize("n", [1, 2, 24, 90])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_with_few_and_many_areas(frame, name, n):
    if name == "radar" and n == 1:
        with pytest.raises(InputError, match="至少要两个地区"):
            FIGURES[name](frame(n), "zh")
        return
    block = FIGURES[name](frame(n), "zh")
    picture = Image.open(io.BytesIO(block.png))
    assert (
        block.kind == "figure"
        and block.is_demo
        and "演示数据" in block.content["source"]
        and "2025" in block.content["source"]
    )
    assert abs(picture.width - 16 / 2.54 * 200) <= 1 and picture.info["dpi"] == pytest.approx(
        (200, 200), abs=0.1
    )
    assert picture.height <= 25.0 / 2.54 * 200  # on one A4 page
    assert set(picture.info) <= {"dpi", "transparency"}  # no date, no software
    assert "missing_glyphs" not in block.content
    pixels = np.asarray(picture.convert("L"))
    assert all(
        (side == 255).all() for side in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    )  # nothing runs out
    cut = round(block.content["titled"] * picture.height)  # what a caption makes needless
    assert (pixels[:cut] < 128).any() and (pixels[cut] == 255).all() and cut < 0.6 * picture.height


@pytest.mark.parametrize("name", FIGURES)
def test_english_labels(frame, name):
    block = FIGURES[name](frame(6), "en")
    fixed = block.content["title"] + block.content["source"]
    fixed = fixed.replace("演示01区", "")
    assert not any("一" <= c <= "鿿" for c in fixed), fixed
    assert "：" not in block.content["alt"]


@pytest.mark.parametrize("name", FIGURES)
def test_same_frame_same_bytes(frame, name):
    assert FIGURES[name](frame(5), "zh") == FIGURES[name](frame(5), "zh")


def test_nothing_of_the_style_stays(frame):
    import matplotlib.pyplot as plt

    with matplotlib.rc_context({"font.size": 31.0, "axes.facecolor": "red", "xtick.color": "red"}):
        before = dict(matplotlib.rcParams)
        mine = charts.bars(frame(5).query("period == '2025'"), "org_coverage")
        assert dict(matplotlib.rcParams) == before and plt.get_fignums() == []
    assert mine == charts.bars(
        frame(5).query("period == '2025'"), "org_coverage"
    )  # a user's settings do not reach it


@pytest.mark.parametrize("name", FIGURES)
def test_areas_without_any_value(frame, name):
    empty = frame(5)
    empty["value"] = empty["low"] = empty["high"] = empty["numerator"] = pd.array(
        [pd.NA] * len(empty), dtype="Float64"
    )
    if name in ("trend", "lines", "spine"):
        with pytest.raises(InputError, match="均缺报"):
            FIGURES[name](empty, "zh")
    else:
        assert FIGURES[name](empty, "zh").png


def test_an_own_target_stands_on_the_spine(frame):
    rows = frame(5)
    plain = charts.spine(rows, "演示01区")
    own = rows.assign(target_own=rows["indicator"].eq("org_coverage"), target=0.85)
    assert charts.spine(own, "演示01区").png != plain.png
    assert charts.spine(own.assign(target_own=False), "演示01区").png == plain.png


def test_a_small_base_is_said_of_proportions_alone(now):
    """As in every table: an amount a member or a load is ranked whatever its base."""
    rows = now(3, gaps=False).assign(denominator=5.0)
    assert pick(rows, "org_coverage")[0]["small"].all()
    assert not pick(rows.assign(kind="amount"), "fund_per_member")[0]["small"].any()


def test_the_mean_is_of_sums(now):
    """(90 + 10) / (100 + 900) = 10%, not the mean of 90% and 1.1%."""
    rows = now(2, gaps=False)
    rows = rows[rows["indicator"] == "org_coverage"].assign(
        numerator=[90.0, 10.0], denominator=[100.0, 900.0], value=[0.9, 10 / 900]
    )
    _, info = pick(rows, "org_coverage")
    assert info.mean == pytest.approx(10.0) and info.mean_text == "总体平均 10.0%"
    assert pick(rows.drop(columns="denominator"), "org_coverage")[1].mean_text == "各地平均 45.6%"


def test_small_bases_and_gaps_stand_last(now):
    from evalkit.charts.areas import _sorted

    rows = _sorted(*pick(now(24), "org_coverage"))
    assert (
        rows["shown"].isna().iloc[-1]
        and rows["small"].iloc[-2]
        and rows["area_name"].iloc[-2] == "演示05区"
    )
    assert rows["shown"].iloc[:-2].is_monotonic_decreasing
    lower = _sorted(*pick(now(24), "units_per_instructor"))
    assert lower["shown"].iloc[:-2].is_monotonic_increasing


def test_what_cannot_be_drawn_is_refused(frame, now):
    both = frame(3)
    mixed = now(3).assign(base=lambda f: [f"基数{i}" for i in range(len(f))])
    town = pd.concat([now(3), now(3).assign(level="township", area=lambda f: f["area"] + "/甲镇")])
    for call, code in (
        (lambda: charts.bars(both, "org_coverage"), "value_invalid"),  # three periods
        (lambda: charts.bars(now(3), "org_coverge"), "key_unknown"),
        (lambda: charts.bars(now(3).iloc[:0], "org_coverage"), "rows_none"),
        (lambda: charts.bars(mixed, "org_coverage"), "definition_unclear"),
        (lambda: charts.bars(town, "org_coverage"), "value_invalid"),
        (lambda: charts.dumbbell(both, "org_coverage", "2019", "2025"), "period_unknown"),
        (lambda: charts.trend(both, "org_coverage", ["无此区"]), "area_unknown"),
        (
            lambda: charts.trend(frame(8), "org_coverage", [f"演示{i:02d}区" for i in range(1, 8)]),
            "value_invalid",
        ),
        (lambda: charts.radar(now(3), "无此区", dimensions=FIVE), "area_unknown"),
        (
            lambda: charts.stars(pd.DataFrame({"area": ["a"], "period": ["2025"], "stars": [7]})),
            "value_invalid",
        ),
        (lambda: charts.sources(measures(both), "1999", parts=PAYERS), "data_missing"),
        (lambda: charts.bars(now(3), "org_coverage", lang="fr"), "value_invalid"),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.problems[0].code == code
    with pytest.raises(InputError, match="org_coverage"):  # a near match is named
        charts.bars(now(3), "org_coverge")


def rate(name: str, value, low, high, **more) -> dict:
    return {
        "area": f"某省/{name}",
        "area_name": name,
        "period": None,
        "indicator": "coverage",
        "name": "组织覆盖率",
        "name_en": "Coverage",
        "value": value,
        "low": low,
        "high": high,
        "base": "企业",
        "scale": 100.0,
        "unit": "%",
        "decimals": 1,
        "better": "higher",
        "is_demo": False,
        **more,
    }


def test_published_rates_keep_their_ranges():
    """Shuozhou: 1,948 of 5,117 = 38.07%. Zhangjiang: 2,300 to 2,399 of 12,000 to 12,999, printed 23% (C2)."""
    rates = pd.DataFrame(
        [
            rate("朔州市", 1948 / 5117, 0.3675, 0.3941),
            rate("张江", np.nan, 2300 / 12999, 2399 / 12000, printed=0.23),
            rate("某市", 0.5, 0.5, np.nan),
            rate("某区", 0.6, 0.6, 0.6),
        ]
    )
    block = charts.intervals(rates)
    for part in (
        "朔州市 38.1%（36.8%～39.4%）",
        "张江 17.7%～20.0%",
        "某市 50.0%以上",
        "某区 60.0%",
    ):
        assert part in block.content["alt"]
    assert not block.is_demo and "公开发表" in block.content["source"]


def test_different_bases_are_never_put_on_one_axis():
    rates = pd.DataFrame(
        [
            rate("甲", 0.991, 0.99, 1.0, base="应建单位"),
            rate("乙", 0.731, 0.73, 0.732, base="全部单位"),
        ]
    )
    with pytest.raises(InputError) as caught:
        charts.intervals(rates)
    assert caught.value.problems[0].code == "definition_unclear"
    with pytest.raises(InputError):
        charts.intervals(pd.concat([rates.iloc[:1], rates.iloc[:1].assign(indicator="other")]))


def test_radar_scores():
    """Three areas by hand: ranks 1, 2, 3 become 0, 50, 100; lower is better turns them; ties share the mean rank."""
    rows = pd.DataFrame(
        [
            {"area": a, "indicator": i, "dimension": d, "better": b, "value": v}
            for i, d, b, values in (
                ("x", "D", "higher", (1, 2, 3)),
                ("y", "D", "lower", (1, 2, 3)),
                ("z", "E", "higher", (1, 1, 2)),
                ("w", "F", "higher", (1, np.nan, 2)),
            )
            for a, v in zip("abc", values, strict=True)
        ]
    )
    scores = dimension_scores(rows)
    assert scores["D"].tolist() == [50, 50, 50] and scores["E"].tolist() == [25, 25, 100]
    assert scores["F"].tolist()[::2] == [0, 100] and np.isnan(scores["F"]["b"])


def test_same_names_are_told_apart(now):
    rows = now(2).assign(
        area=["甲市/城关镇"] * 4 + ["乙市/城关镇"] * 4, area_name="城关镇", level="township"
    )
    assert pick(rows, "org_coverage")[0]["label"].tolist() == ["甲市城关镇", "乙市城关镇"]


def test_names_with_dollars_and_length(now):
    rows = now(3).assign(
        area_name=lambda f: f["area"].map(
            {a: t for a, t in zip(f["area"].unique(), ("$x_1$", "很" * 60, r"\a%&"), strict=True)}
        )
    )
    assert charts.bars(rows, "org_coverage").png


def test_helpers_of_the_layout():
    assert ems("党建ab") == pytest.approx(3.12)
    assert wrap("一二三四五六", 72, 3) == ["一二三", "四五六"] and wrap("one two", 72, 2.4) == [
        "one",
        "two",
    ]
    assert wrap("一、2025年", 72, 3.5) == ["一、", "2025年"]  # no break inside a year
    assert wrap("一二三。", 72, 3) == ["一二三。"]  # a stop never begins a line
    assert [grid(n).columns for n in (1, 45, 46, 90, 91)] == [1, 1, 2, 2, 3] and grid(
        90
    ).size >= 6.9


def test_a_name_makes_no_demonstration():
    """演示区 may be a real district: only the column `is_demo` says that figures are invented."""
    from evalkit.charts.frames import is_demo

    frame = pd.DataFrame({"area": ["演示省/演示区"]})
    assert not is_demo(frame) and is_demo(frame.assign(is_demo=True)) and is_demo(frame, True)
