"""The judgement that opens the report: what may be said of where a problem is, and what may not."""

from __future__ import annotations

import pandas as pd
import pytest

import evalkit as ek
from evalkit.indicators import load
from evalkit.reports import judgement
from evalkit.reports.findings import Found, Share


def found(*numbers: float, base: float | None = 100.0, total: float | None = None) -> Found:
    shares = tuple(Share(f"{n}县", value, base) for n, value in enumerate(numbers))
    n = sum(numbers) if total is None else total
    return Found("due", "应建未建单位", "家", n, None, len(numbers), shares=shares)


def test_most_of_a_problem_in_a_few_areas_is_said_with_their_share_of_the_base() -> None:
    told = judgement.concentrated(found(50, 30, 2, 2, 2, 2, 2, 2, 2))
    assert told["areas"] == ["0县", "1县"] and told["concentrated"] and not told["scattered"]
    assert (told["share"], told["base"]) == ("85.1%", "22.2%")  # 80 of 94, two of nine


def test_an_even_spread_is_no_concentration() -> None:
    told = judgement.concentrated(found(12, 11, 10, 9, 8, 7, 7, 7, 7))
    assert told["areas"] == ["0县", "1县", "2县"] and told["scattered"] and not told["concentrated"]


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ((9, 5, 5, 5, 5, 5), ["0县"]),  # a tie at the edge is not cut by chance
        ((5, 5, 5, 5, 5, 5), []),
        ((7, 6, 1), ["0县"]),  # a third of three areas
    ],
)
def test_ties_name_nobody(numbers: tuple[float, ...], names: list[str]) -> None:
    assert judgement.concentrated(found(*numbers))["areas"] == names


def test_no_share_is_said_where_the_areas_do_not_add_up_to_the_number() -> None:
    assert judgement.concentrated(found(50, 30, 2, 2, total=90)) == judgement.NOWHERE
    assert judgement.concentrated(found(50)) == judgement.NOWHERE
    assert judgement.concentrated(found(4, 0, 0))["only"] == "0县"


def test_without_a_base_of_every_area_no_share_of_the_base_is_said() -> None:
    told = judgement.concentrated(found(50, 30, 2, 2, 2, 2, base=None))
    assert told["base"] == "" and told["concentrated"]


@pytest.fixture(scope="module")
def data(demo_project):
    return load(demo_project)


@pytest.fixture(scope="module")
def rows(data):
    return ek.annual.rows_of(data, ek.annual.areas_of(data, "2025"), "district")


def test_the_summary_tells_what_the_tables_hold(data, rows) -> None:
    text = ek.prose.summary(data, "2025", "2024", None, rows).plain()
    now = data.measures.loc[data.measures["period"] == "2025"]
    whole = now.loc[now["area"] == "演示省"].set_index("measure")["value"]
    uncovered = int(whole["units"] - whole["units_covered"])
    assert f"没有党的组织的单位{uncovered:,}家" in text
    here = now.loc[now["level"] == "district"].pivot(
        index="area", columns="measure", values="value"
    )
    lacking = (here["units"] - here["units_covered"]).sort_values(ascending=False)
    told = judgement.concentrated(
        next(one for one in judgement.shortfalls(data, "2025", "2024", None, "district"))
    )
    names = [area.rpartition("/")[2] for area in lacking.index[: len(told["areas"])]]
    assert told["areas"] == names and f"{lacking.iloc[: len(names)].sum() / uncovered:.1%}" in text
    scores = ek.score(
        rows.loc[(rows["level"] == "district") & (rows["period"] == "2025")], "annual"
    ).table.sort_values("rank")
    first, last = scores.iloc[0], scores.iloc[-1]
    assert f"居前的是{first['area_name']}（{first['score']:.2f}分）" in text
    assert f"{last['area_name']}（{last['score']:.2f}分）" in text
    assert "主要长处：" in text and "下一步先抓三件事：一是" in text


def test_the_three_axes_always_stand_there(data, rows) -> None:
    table = ek.tables.axes(rows, "2025", "2024")
    heads = [column["label"] for column in table.content["columns"]]
    assert heads == ["指标", "2025年", "2024年", "增减", "最高区县", "最低区县"]
    axis = rows.loc[(rows["indicator"] == "org_coverage") & (rows["period"] == "2025")]
    districts = axis.loc[axis["level"] == "district"].set_index("area_name")["value"].astype(float)
    line = table.texts()[0]
    assert line[4] == f"{districts.idxmax()} {districts.max():.1%}".rstrip("%")
    assert line[5] == f"{districts.idxmin()} {districts.min():.1%}".rstrip("%")
    gone = pd.DataFrame(rows.loc[rows["indicator"] != "fund_per_member"])
    left = ek.tables.axes(gone, "2025", "2024")
    assert left.texts()[1][1:] == ["—"] * 5
    assert any("人均党建经费：台账没有报送所需的数字" in note for note in left.content["notes"])
    banded = ek.tables.axes(rows, "2025", "2024", ranking="none").texts()[0]
    assert banded[4] == line[4].split()[1]  # the value stands, the name does not


def test_a_small_province_names_no_more_than_a_third(data, rows) -> None:
    three = rows.loc[
        rows["area_name"].isin(["演示01区", "演示02区", "演示03区"]) & (rows["period"] == "2025")
    ]
    scope = ek.annual.Scope.about(rows, "2025", "2024")
    told = judgement.index_ends(three, scope, "annual")
    assert len(told["first"]) == len(told["last"]) == 1
    assert judgement.index_ends(three, scope, None) == {}  # nobody chose an index
    by_number = judgement.indicator_ends(three, scope)
    for side in by_number.values():
        assert len({one["n"] for one in side}) <= 1  # the first place alone, ties together
