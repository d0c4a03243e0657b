"""What is missing makes no number false: extents, ratios on the same areas, changes on the same areas.

The right values are counted from the workbooks by the independent reader of tests/golden/recomputed.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import county_holes as holes
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from golden.recomputed import RATES, numbers_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from evalkit.building import build
from evalkit.charts.frames import pick, with_absent
from evalkit.codebook import load_codebook
from evalkit.indicators import Data, compare, evaluate, load
from evalkit.indicators.blocks import with_home
from evalkit.indicators.measures import all_measures
from evalkit.indicators.views import VIEW_TABLES
from evalkit.problems import InputError
from evalkit.scoring.scores import score
from evalkit.world.extent import split

CITY, HOLE = holes.CITY, f"{holes.CITY}/{holes.HOLE}"
CODE_OF = {
    "组织覆盖率": "org_coverage",
    "补助到位率": "subsidy_arrival",
    "空转率": "empty_form_rate",
}


@pytest.fixture(scope="session")
def truth() -> dict[int, dict[str, dict[str, Fraction]]]:
    """The numbers of every county and year from the complete workbooks."""
    return {year: numbers_of(holes.COUNTIES, year) for year in (2024, 2025)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "项目"


def made(project: Path, hole: Callable[[Path], object]) -> Data:
    hole(holes.copied(project))
    build(project)
    return load(project)


def of_city(data: Data, measure: str, period: str = "2025") -> pd.Series:
    rows = data.measures
    chosen = (rows["area"] == CITY) & (rows["measure"] == measure) & (rows["period"] == period)
    return rows.loc[chosen].squeeze()


def change_of(data: Data, indicator: str, area: str = CITY) -> pd.Series:
    seen = compare(data.indicators, "2025", against="2024")
    return seen.loc[(seen["area"] == area) & (seen["indicator"] == indicator)].squeeze()


def rate(name: str, numbers: dict[str, Fraction]) -> float:
    known = next(rate for rate in RATES if rate.name == name)
    return float(numbers[known.part] / numbers[known.whole])


def summed(
    numbers: dict[str, dict[str, Fraction]], counties: tuple[str, ...]
) -> dict[str, Fraction]:
    return {
        name: sum((numbers[county][name] for county in counties), Fraction(0))
        for name in numbers[counties[0]]
    }


def test_a_county_that_sent_nothing_makes_nothing_fall(project: Path, truth) -> None:
    data = made(project, holes.county_gone)
    units = of_city(data, "units")
    assert (units["value"], units["n_areas"], units["n_expected"]) == (312, 2, 3)
    assert units["absent"] == HOLE
    coverage = change_of(data, "org_coverage")
    before, now = (rate("组织覆盖率", summed(truth[year], holes.KEPT)) for year in (2024, 2025))
    assert coverage["previous"] == pytest.approx(before)
    assert coverage["change"] == pytest.approx(now - before)
    assert (coverage["n_common"], coverage["left_out"]) == (2, HOLE)
    assert HOLE not in set(data.measures.loc[data.measures["period"] == "2025", "area"])


def test_a_county_that_was_absent_last_year_is_no_growth(project: Path, truth) -> None:
    data = made(project, lambda raw: holes.county_gone(raw, 2024))
    assert of_city(data, "units", "2024")["absent"] == HOLE  # areas.xlsx lists it
    assert of_city(data, "units")["value"] == truth[2025]["合计"]["实体运营的法人单位"]
    coverage = change_of(data, "org_coverage")
    assert coverage["value"] == pytest.approx(rate("组织覆盖率", truth[2025]["合计"]))
    assert coverage["value_common"] == pytest.approx(
        rate("组织覆盖率", summed(truth[2025], holes.KEPT))
    )
    assert np.isnan(change_of(data, "org_coverage", HOLE)["change"])


def test_due_and_paid_come_from_the_same_counties(project: Path, truth) -> None:
    data = made(project, holes.ledger_gone)
    arrival = data.indicators.query("area == @CITY and indicator == 'subsidy_arrival'").iloc[-1]
    kept = summed(truth[2025], holes.KEPT)
    assert arrival["numerator"] == kept["实拨补助"] == 530_000
    assert arrival["denominator"] == kept["应拨补助"] == 543_000
    assert arrival["absent"] == HOLE
    assert "只含两项都有数的2个地区" in arrival["method"]
    assert change_of(data, "org_coverage")["n_common"] == 3  # the units of the county are there


def test_a_ledger_that_says_none_is_zero_and_not_absent(project: Path, truth) -> None:
    def hole(raw: Path) -> None:
        holes.rewrite(holes.county(raw, 2025) / "经费台账.xlsx", holes.stated_none)

    data = made(project, hole)
    paid = of_city(data, "subsidy_paid")
    kept = summed(truth[2025], holes.KEPT)
    assert (paid["value"], paid["n_areas"], paid["n_expected"]) == (kept["实拨补助"], 3, 3)
    assert pd.isna(paid["absent"])
    mine = data.measures.query("area == @HOLE and period == '2025'").set_index("measure")["value"]
    assert (mine["funds"], mine["subsidy_paid"], mine["subsidy_due"]) == (0, 0, 135_000)
    arrival = data.indicators.query("area == @CITY and indicator == 'subsidy_arrival'").iloc[-1]
    assert (arrival["numerator"], arrival["denominator"]) == (530_000, 678_000)
    (said,) = data.problems.query("code == 'ledger_nothing'").to_dict("records")
    assert said["read"].startswith("没有") and said["file"].endswith("经费台账.xlsx")


def test_no_activity_ledger_is_unknown_and_an_empty_one_says_that_all_are_idle(
    project: Path,
) -> None:
    def hole(raw: Path) -> None:
        holes.rewrite(holes.county(raw, 2025) / "活动台账.xlsx", holes.stated_none)

    data = made(project, hole)
    mine = data.measures.query("area == @HOLE and period == '2025'").set_index("measure")["value"]
    assert mine["activities"] == 0
    rate = data.indicators.query("area == @HOLE and period == '2025'").set_index("indicator")
    assert rate.loc["empty_form_rate", "value"] > 0
    gone = made(project.parent / "缺报", lambda raw: holes.ledger_gone(raw, "活动台账"))
    assert "activities" not in set(
        gone.measures.query("area == @HOLE and period == '2025'")["measure"]
    )


def test_a_column_that_a_county_does_not_keep_is_no_zero(project: Path, truth) -> None:
    def hole(raw: Path) -> None:
        path = holes.county(raw, 2025) / "组织台账.xlsx"
        holes.rewrite(path, holes.without_column("是否规上"))

    data = made(project, hole)
    large = of_city(data, "units_above_scale")
    assert large["value"] == summed(truth[2025], holes.KEPT)["规上单位"]
    assert large["absent"] == HOLE
    assert change_of(data, "above_scale_instructor")["n_common"] == 2


def test_a_column_that_nobody_fills_gives_no_rate_of_zero(project: Path) -> None:
    data = made(project, lambda raw: None)
    assert "responsibility_assigned_rate" not in set(data.indicators["indicator"])
    assert "units_assigned" not in set(data.measures["measure"])


def test_a_township_that_is_missing_is_left_out_of_both_years(project: Path) -> None:
    data = made(project, holes.township_gone)
    town = f"{HOLE}/{holes.TOWNSHIP}"
    assert of_city(data, "units")["absent"] == town
    of_county = change_of(data, "org_coverage", HOLE)
    assert of_county["left_out"] == town
    rows = data.indicators.query("indicator == 'org_coverage' and period == '2024'")
    parts = rows.loc[rows["area"].str.startswith(f"{HOLE}/") & (rows["area"] != town)]
    assert of_county["previous"] == pytest.approx(
        parts["numerator"].sum() / parts["denominator"].sum()
    )
    # 应拨 was typed for the whole county, 实拨 lacks a township: the county has no such ratio
    arrival = data.indicators.query("indicator == 'subsidy_arrival' and period == '2025'")
    assert HOLE not in set(arrival.loc[arrival["value"].notna(), "area"])
    assert arrival.loc[arrival["area"] == CITY, "denominator"].item() == 543_000


def test_a_new_county_is_no_growth(project: Path) -> None:
    def hole(raw: Path) -> None:
        holes.county_gone(raw, 2024)
        (raw / "地区.xlsx").unlink()

    data = made(project, hole)
    assert pd.isna(of_city(data, "units", "2024")["absent"])  # it was not there yet
    assert change_of(data, "org_coverage")["left_out"] == HOLE


def test_a_county_that_was_split_is_compared_on_what_stayed(project: Path) -> None:
    data = made(project, holes.county_split)
    town = f"{HOLE}/{holes.TOWNSHIP}"
    assert pd.isna(of_city(data, "units")["absent"])  # it moved, it is not missing
    assert change_of(data, "org_coverage")["left_out"] == f"{CITY}/东新区、{town}"
    assert change_of(data, "org_coverage", HOLE)["left_out"] == town


def test_all_but_one_gone(project: Path, truth) -> None:
    def hole(raw: Path) -> None:
        holes.county_gone(raw)
        shutil.rmtree(holes.county(raw, 2025, "清河县"))

    data = made(project, hole)
    coverage = change_of(data, "org_coverage")
    assert coverage["n_common"] == 1
    assert coverage["previous"] == pytest.approx(rate("组织覆盖率", truth[2024]["新泽区"]))


def test_a_typed_whole_beside_a_part_is_no_ratio() -> None:
    rows = [("某市", "2025", "subsidy_due", 100.0), ("某市/甲县", "2025", "subsidy_paid", 40.0)]
    frame = pd.DataFrame(rows, columns=["area", "period", "measure", "value"])
    top = frame.iloc[[1]].assign(area="某市", n_areas=1, n_expected=2, absent="某市/乙县")
    frame = pd.concat([frame.assign(home=frame["area"] != "某市"), top.assign(home=False)])
    made = evaluate(frame, only=["subsidy_arrival"], codebook=load_codebook())
    assert made["value"].isna().all()


# --- random holes ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Data:
    folder = tmp_path_factory.mktemp("whole")
    holes.copied(folder)
    build(folder)
    return load(folder)


HOMES = [f"{CITY}/{name}" for name in (*holes.KEPT, holes.HOLE)]
PLACES = st.tuples(
    st.sampled_from([*VIEW_TABLES, "everything"]),
    st.sampled_from(HOMES),
    st.sampled_from(["2024", "2025"]),
)


def punched(whole: Data, taken: set[tuple[str, str, str]]) -> pd.DataFrame:
    """The measures without some tables of some counties and years."""
    tables = {}
    for name in VIEW_TABLES:
        table = with_home(whole.arrow(name))
        keys = zip(table["home"].to_pylist(), table["period"].to_pylist(), strict=True)
        gone = {(home, period) for what, home, period in taken if what in (name, "everything")}
        tables[name] = table.filter(pa.array([key not in gone for key in keys], pa.bool_()))
    figures = whole.frame("figures").iloc[:0]
    return all_measures(tables, figures, whole.areas, ["2024", "2025"], whole.codebook)


def nothing_absent_is_zero(whole: Data, indicators: pd.DataFrame) -> None:
    """Neither in what figures draw nor in scores: who has no value is listed without one."""
    now = indicators.loc[indicators["period"] == "2025"]
    drawn = with_absent(now, whole.expected("2025"))
    for code, rows in now.groupby("indicator"):
        shown = pick(drawn, str(code), one=True)[0].set_index("area")["shown"]
        reported = set(rows.loc[rows["value"].notna(), "area"])
        assert set(shown.index) == set(HOMES)
        assert set(shown.index[shown.notna()]) == reported
    try:
        scores = score(now, codebook=whole.codebook, expected=whole.expected("2025"))
    except InputError:
        return  # not one indicator of the index is left
    assert set(scores.units["area"]) == set(HOMES)
    points = scores.contributions
    unknown = points["value"].isna()
    assert points.loc[unknown, ["share", "earned", "lost"]].isna().all(axis=None)
    silent = scores.table["area"].isin(set(HOMES) - set(now.loc[now["value"].notna(), "area"]))
    assert scores.table.loc[silent, ["score", "grade", "rank"]].isna().all(axis=None)
    before = indicators.loc[indicators["period"] == "2024"]
    if not before["indicator"].isin([leaf.code for leaf in scores.index.leaves]).any():
        return
    moved = scores.changes(before)
    one_side = moved["before"].isna() | moved["after"].isna()
    assert moved.loc[one_side, "change"].isna().all()


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a case takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(taken=st.sets(PLACES, max_size=5))
def test_whatever_is_missing_sums_ratios_and_changes_stay_true(whole: Data, taken) -> None:
    measures = punched(whole, taken)
    indicators = evaluate(measures, codebook=whole.codebook)
    districts = measures.loc[measures["area"].isin(HOMES)]
    city = measures.loc[measures["area"] == CITY].set_index(["measure", "period"])
    parts = districts.groupby(["measure", "period"])["value"].sum()
    pd.testing.assert_series_equal(
        city["value"].sort_index(), parts.sort_index(), check_names=False, rtol=1e-12
    )
    for what, home, period in taken:
        if what == "everything":
            reported = districts.loc[(districts["area"] == home) & (districts["period"] == period)]
            assert not len(reported)

    rows = indicators.loc[indicators["value"].notna()]
    same_year = rows.loc[~rows["method"].str.contains("上年末")]
    for (_, _), group in same_year.groupby(["indicator", "period"]):
        below, above = group.loc[group["area"].isin(HOMES)], group.loc[group["area"] == CITY]
        if len(above):
            assert (
                below["value"].min() - 1e-9 <= above["value"].item() <= below["value"].max() + 1e-9
            )

    if "2025" not in set(rows["period"]):
        return
    nothing_absent_is_zero(whole, indicators.loc[indicators["area"].isin(HOMES)])
    seen = compare(indicators, "2025", against="2024")
    of_city = seen.loc[seen["area"] == CITY]
    for row in of_city.itertuples():
        of_one = indicators.loc[
            (indicators["indicator"] == row.indicator) & indicators["area"].isin(HOMES)
        ]
        pivot = of_one.pivot(index="area", columns="period", values=["numerator", "denominator"])
        both = pivot.dropna() if pivot.shape[1] == 4 else pivot.iloc[:0]
        lost = split(row.left_out)
        shared = both.loc[~both.index.isin(lost)]
        for path in set(both.index) & set(lost):  # left out only where its townships changed
            assert towns(indicators, path, "2024") != towns(indicators, path, "2025")
        if not len(shared):
            assert np.isnan(row.change)
            continue
        ratio = {}
        for period in ("2024", "2025"):
            parts = indicators.loc[
                (indicators["indicator"] == row.indicator) & (indicators["period"] == period)
            ].set_index("area")[["numerator", "denominator"]]
            rest = shared.xs(period, axis="columns", level="period").sum()
            inside = [path for path in lost if path not in HOMES and path in parts.index]
            ratio[period] = rest - parts.loc[inside].sum()
        now, before = (
            ratio[period]["numerator"] / ratio[period]["denominator"]
            if ratio[period]["denominator"]
            else np.nan  # nothing of nothing is no rate
            for period in ("2025", "2024")
        )
        assert row.change == pytest.approx(now - before, abs=1e-9, nan_ok=True)


def towns(indicators: pd.DataFrame, district: str, period: str) -> set[str]:
    """The townships of a district that reported anything."""
    rows = indicators.loc[indicators["period"] == period, "area"].astype(str)
    return set(rows[rows.str.startswith(f"{district}/")])
