"""goals.yml: what it may say, with every fault at its line, and what report and numbers make of it."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import county_holes as holes
import pandas as pd
import pytest

from evalkit.building import build
from evalkit.charts import bars
from evalkit.charts.frames import pick
from evalkit.codebook import load_codebook
from evalkit.codebook.models import Goal
from evalkit.indicators import find_project, load
from evalkit.indicators.goals import (
    base_of,
    goal_by_period,
    months_of,
    value_of,
    with_goals,
    years,
)
from evalkit.indicators.standings import in_force, outlook_of, standing, standings
from evalkit.pages.explorer import page_data
from evalkit.problems import InputError
from evalkit.reports import annual, research
from evalkit.reports.disclosure import published
from evalkit.reports.explore import explored
from evalkit.reports.goals_dated import arrival_words
from evalkit.reports.scope import Scope
from evalkit.scoring.reasons import lines
from evalkit.scoring.scores import score
from evalkit.world.period import day_words

GOALS = """\
- indicator: 组织覆盖率
  value: 90
  date: 2027年底
  from: 2024
  stages: {2025: 84, 2026: 87}
  source: 三年行动计划
- {indicator: 人均活动经费, value: 200, date: 2025, areas: [新泽区, 清河县]}
- {indicator: 发展党员, yearly_growth: 20%, date: 2026-12-31}
- {indicator: 党费返还率, value: 100%, date: 2026-06}
"""


def read(folder: Path, text: str):
    (folder / "goals.yml").write_text(text, encoding="utf-8")
    return with_goals(load_codebook(), folder / "goals.yml").goals


def test_what_a_goal_says(tmp_path: Path) -> None:
    coverage, money, admissions, dues = read(tmp_path, GOALS)
    assert (coverage.value, coverage.due, coverage.start) == (0.9, "2027-12-31", "2024")
    assert coverage.stages == (("2025-12-31", 0.84), ("2026-12-31", 0.87))
    assert money.areas == ("新泽区", "清河县")
    assert (admissions.counts, admissions.growth, admissions.yearly) == (True, 0.2, True)
    assert (dues.better, dues.due, dues.value) == ("near", "2026-06-30", 1.0)
    assert read(tmp_path, f"goals:\n{GOALS}")[0] == coverage
    assert read(tmp_path, "# 还没有\n") == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("indicator: 组织复盖率, value: 90, date: 2027", "组织覆盖率"),
        ("indicator: 组织覆盖率, value: 0.9, date: 2027", "写成 90"),
        ("indicator: 组织覆盖率, value: 120, date: 2027", "占比不超过100"),
        ("indicator: 组织覆盖率, value: 90, growth: 5, date: 2027", "写且只写一个"),
        ("indicator: 组织覆盖率, date: 2027", "写且只写一个"),
        ("indicator: 组织覆盖率, growth: 0.2, date: 2027", "写成 20"),
        ("indicator: 组织覆盖率, value: 90, date: 后年", "2027年底"),
        ("indicator: 组织覆盖率, value: 90", "date"),
        ("indicator: 组织覆盖率, value: 90, date: 2027, stages: {2028: 95}", "以前"),
        ("indicator: 组织覆盖率, value: 90, date: 2027, stages: {2025: 88, 2026: 86}", "有升有降"),
        ("indicator: 组织覆盖率, value: 90, date: 2027, from: 2027", "以前"),
        ("indicator: 组织覆盖率, value: 90, date: 2027, form: 2024", "from"),
        ("indicator: 党员, value: -1, date: 2027", "不小于0"),
    ],
)
def test_what_a_goal_may_not_say(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, f"# 目标\n- {{{line}}}\n- {{indicator: 没有, value: 1, date: 2027}}\n")
    text = "\n".join(problem.text() for problem in error.value.problems)
    assert said in text and "goals.yml" in text and "第2行" in text
    assert "没有" in text and "第3行" in text  # all at once


def test_two_goals_of_one_day_and_another_in_the_settings(tmp_path: Path) -> None:
    twice = "- {indicator: 组织覆盖率, value: 90, date: 2027}\n"
    with pytest.raises(InputError, match="只有一个目标"):
        read(tmp_path, twice + twice)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "evalkit.yml").write_text("targets: {组织覆盖率: {2027: 88}}", encoding="utf-8")
    (tmp_path / "goals.yml").write_text(twice, encoding="utf-8")
    with pytest.raises(InputError, match="targets"):
        _ = find_project(tmp_path).codebook


def test_time_and_growth_by_hand() -> None:
    days = [pd.Timestamp(text).date() for text in ("2025-12-31", "2025-06-30", "2024-02-29")]
    assert [years(day) for day in days] == pytest.approx([2026, 2025.5, 2024 + 2 / 12])
    assert [months_of(at) for at in (2026.0, 2025.5, 2025.51)] == [(2025, 12), (2025, 6), (2025, 7)]
    goal = Goal(code="admissions", counts=True, better="higher", due="2027-12-31", growth=0.2)
    series = {"2023": math.nan, "2025": 23.0, "2024": 20.0, "2025Q1": 3.0}
    base = base_of(goal, series, "2025")
    assert base and (base.period, base.value) == ("2024", 20.0)
    assert value_of(goal, base) == 24.0
    assert value_of(goal.model_copy(update={"yearly": True}), base) == pytest.approx(20 * 1.2**3)
    alone = goal.model_copy(update={"due": "2025-12-31"})
    assert math.isnan(value_of(alone, base_of(alone, {"2025": 23.0}, "2025")))
    assert goal_by_period(alone, series) == {"2025": 24.0}
    assert in_force(alone, "2025") and not in_force(alone, "2026")
    assert not in_force(goal.model_copy(update={"start": "2026"}), "2025")
    assert [day_words(d) for d in ("2027-12-31", "2026-06-30", "2026-06-15")] == [
        "2027年底",
        "2026年6月底",
        "2026年6月15日",
    ]


def test_when_it_is_reached_at_the_pace_so_far() -> None:
    goal = Goal(code="org_coverage", better="higher", due="2027-12-31", value=0.9)

    def arrives(*values: float) -> str:
        rows = pd.DataFrame({"period": ["2023", "2024", "2025"], "value": values})
        return arrival_words(standing(goal, "县", "2025", rows))

    assert arrives(0.70, math.nan, 0.80) == "按现速2027年12月达到"
    assert arrives(math.nan, 0.79, 0.80) == "按现速2035年12月达到"
    assert arrives(0.80, 0.80, 0.80) == "按现速达不到"
    assert arrives(0.80, 0.80, 0.8001) == "按现速要到期限后30年以上"
    assert arrives(0.80, 0.80, 0.91) == "" == arrives(0.8, 0.8, math.nan)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dated")
    holes.copied(folder)
    (folder / "goals.yml").write_text(GOALS, encoding="utf-8")
    build(folder)
    return load(folder, periods=["2025"])


def test_a_goal_of_the_periods_end_is_that_years_target(county) -> None:
    rows = county.indicators.set_index(["indicator", "area"])
    money = rows.loc["activity_fund_per_member"]
    own = money.index[money["target_own"].astype(bool)]
    assert set(own) == {"云州市/新泽区", "云州市/清河县"}
    assert set(money.loc[own, "target"]) == {200.0}
    assert set(rows.loc["org_coverage", "target"]) == {0.84}  # the stage


def test_rows_say_how_their_goal_stands(county) -> None:
    """Of the stage due now and the goal ahead; the same as the report's own reckoning."""
    rows = county.indicators.set_index(["indicator", "area"])
    coverage = rows.loc["org_coverage"]
    assert set(coverage["goal"]) == {0.9} and set(coverage["goal_next"]) == {0.84}
    assert set(coverage["goal_day"]) == {"2027-12-31"}
    history = load(county.project)
    told = next(s for s in standings(history, "2025", "云州市") if s.goal.code == "org_coverage")
    row = coverage.loc["云州市"]
    assert row["goal_state"] == told.progress.state
    assert row["goal_pace"] == pytest.approx(told.progress.pace)
    assert rows.loc["work_coverage", "goal"].isna().all()


def districts(county) -> pd.DataFrame:
    return county.indicators.loc[county.indicators["level"] == "district"]


def scored(county, **leaves):
    tree = {
        "all": {"items": {code: {"full_at": "target", **more} for code, more in leaves.items()}}
    }
    return score(districts(county), {"tree": tree}, county.codebook)


def test_the_score_goes_by_the_goal_that_all_have(county) -> None:
    made = scored(county, org_coverage={})
    (leaf,) = made.index.leaves
    assert (leaf.full_at, leaf.aim) == (0.84, "common")
    assert "满分线是本单位的目标" in made.method and "84.0%（目标）" in lines(made)[0].full
    with pytest.raises(
        InputError, match="各地目标不同"
    ):  # two districts have one, the third has none
        scored(county, org_coverage={}, activity_fund_per_member={})


def with_reference(county, code: str, reference: str):
    chosen = county.codebook.indicators[code].model_copy(update={"target": reference})
    changed = {**county.codebook.indicators, code: chosen}
    return county.codebook.model_copy(update={"indicators": changed})


def test_where_goals_differ_each_area_is_scored_against_its_own(county) -> None:
    """Two areas by their goals (200, 150 yuan), the third by the reference (the line that was there before)."""
    code = "activity_fund_per_member"
    book = with_reference(county, code, "fuyang_2015")
    reference = book.references["fuyang_2015"].value
    rows = districts(county)
    mine = rows["indicator"] == code
    goals = {"云州市/新泽区": 200.0, "云州市/清河县": 150.0}
    rows = rows.assign(target=rows["target"].where(~mine, rows["area"].map(goals)))
    tree = {"all": {"items": {code: {"full_at": "target"}}}}
    made = score(rows, {"tree": tree}, book)
    (leaf,) = made.index.leaves
    assert (leaf.aim, leaf.full_at) == ("own", reference)
    values = rows.loc[mine].set_index("area")["value"].astype(float)
    for place, area in enumerate(made.units["area"]):
        line = goals.get(area, reference)
        assert made.full_line(place, 0) == line
        if not math.isnan(values[area]):
            assert made.score[place] == pytest.approx(100 * min(values[area] / line, 1))
    assert "各地按自己的目标计分" in made.method
    assert "150元" in lines(made)[0].full and "各地目标" in lines(made)[0].full
    told = str(made.lost("新泽区"))
    assert "满分线200元" in told or made.score[made.find("新泽区")] == 100
    moved = made.changes(rows)  # against itself under the same goals: nothing moves
    assert moved["change"].dropna().abs().max() == 0
    assert made.robustness(20).ranks is not None


def test_an_own_goal_may_stand_on_the_right_side_of_the_line_of_no_points_only() -> None:
    rows = pd.DataFrame(
        {
            "area": ["市/甲县", "市/乙县"],
            "indicator": "instructor_load",
            "value": [4.0, 6.0],
            "goal_next": [2.0, 4.0],
            "area_name": ["甲县", "乙县"],
        }
    )
    tree = {"all": {"items": {"instructor_load": {"full_at": "target", "zero_at": 10}}}}
    made = score(rows, {"tree": tree}, load_codebook())
    assert made.score.tolist() == pytest.approx(
        [100 * (10 - 4) / (10 - 2), 100 * (10 - 6) / (10 - 4)]
    )
    with pytest.raises(InputError, match=r"乙县.*12"):
        score(rows.assign(goal_next=[2.0, 12.0]), {"tree": tree}, load_codebook())


def test_charts_draw_the_goal_and_say_who_is_where(county) -> None:
    rows, info = pick(districts(county), "org_coverage")
    assert (info.goal, info.goal_text) == (90.0, "目标 90.0%（2027年底）")
    assert info.target == 84.0  # the stage of this year
    states = rows["state"].value_counts()
    alt = bars(districts(county), "org_coverage").content["alt"]
    assert "目标 90.0%（2027年底）" in alt
    assert all(f"{n}个" in alt for n in states)
    one_year = bars(districts(county), "activity_fund_per_member")
    assert "目标" not in one_year.content["alt"].split("缺报")[0]


def test_a_public_edition_tells_no_course_and_no_pace(county) -> None:
    shown = published(county).indicators
    assert shown.loc[shown["indicator"] == "org_coverage", "goal"].notna().all()
    assert shown[["goal_due", "goal_pace", "goal_need"]].isna().all(axis=None)
    assert set(shown["goal_state"].dropna()) <= {"reached", "missed"}


def test_the_explorer_has_the_goals(county) -> None:
    told = explored(Scope.about(load(county.project), "2025", "2024"))
    data = page_data(told)
    goals = data["cells"]["district"]["org_coverage"]["2025"][2]["g"]
    assert all(one[:3] == ["90.0", "2027年底", "2027-12-31"] for one in goals.values())
    shown_ = districts(county).set_index(["indicator", "area"]).loc["org_coverage"]
    places = next(one["areas"] for one in data["levels"] if one["key"] == "district")
    states = {place: shown_.loc[path, "goal_state"] for place, path in enumerate(places)}
    assert {place: one[4] for place, one in goals.items()} == states


def test_the_table_and_the_words(county) -> None:
    words = str(annual.goal_words(county, "2025").content)
    assert "有期限的目标3项" in words and "按现速" in words
    table = annual.goal_table(county, "2025")
    text = str(table.content)
    assert "有期限的目标完成情况表" in text and "三年行动计划" in text
    assert len(table.content["rows"]) == 5 and "清河县" in text
    assert "起点：组织覆盖率2024年" in text  # though only 2025 was loaded
    inside = annual.goal_table(county, "2025", None, "清河县")
    assert len(inside.content["rows"]) == 4 and "新泽区" not in str(inside.content)


def test_two_years_give_no_chance(county) -> None:
    table = research.goal_chances(county, "2025")
    assert len(table.content["rows"]) == 5 and "达到的可能性" in str(table.content)
    assert "不到六期" in str(table.content["rows"])


def test_the_chance_of_a_longer_series(county) -> None:
    goal = Goal(code="org_coverage", better="higher", due="2027-12-31", value=0.9)
    years_ = [str(year) for year in range(2018, 2026)]
    values = [0.60, 0.64, 0.67, 0.69, 0.74, 0.77, 0.80, 0.84]
    rows = pd.DataFrame({"period": years_, "value": values, "area": "县", "indicator": goal.code})
    data = SimpleNamespace(indicators=rows, codebook=county.codebook)
    found = outlook_of(standing(goal, "县", "2025", rows), data)
    assert found is not None and found.n == 8
    assert 0.84 < found.low < found.middle < found.high < 1 and 0 < found.chance < 1


def test_an_area_that_is_none_is_told_with_the_nearest(tmp_path: Path) -> None:
    holes.copied(tmp_path)
    line = "- {indicator: 组织覆盖率, value: 90, date: 2027, areas: [清何县, 新泽区]}\n"
    (tmp_path / "goals.yml").write_text(line, encoding="utf-8")
    with pytest.raises(InputError, match="清河县"):
        build(tmp_path)
    data = load(tmp_path)
    with pytest.raises(InputError, match="第1行"):
        standings(data, "2025", "云州市")
