"""Published numbers, known worlds, and the guard rails in the tables of every design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from effect_worlds import average, panel, staggered

import evalkit as ek
from evalkit.effects import (
    Panel,
    bacon,
    callaway_santanna,
    did2s,
    event_study,
    fractional,
    multilevel,
    sun_abraham,
    synthetic_control,
    synthetic_did,
    twfe,
)
from evalkit.effects.guards import negative_share
from evalkit.effects.leads import pretrend
from evalkit.effects.result import rows
from evalkit.effects.study import several
from evalkit.problems import InputError, Problem

REFERENCES = Path(__file__).parents[1] / "data" / "references" / "grunfeld"


def test_grunfeld_fixed_effects_and_pooled_estimates_to_the_printed_digits() -> None:
    """Source: expected.json (R plm and lm); classical standard errors."""
    frame, expected = (
        pd.read_csv(REFERENCES / "grunfeld.csv"),
        json.loads((REFERENCES / "expected.json").read_text("utf-8")),
    )
    made = Panel.from_frame(frame, "inv", "firm", "year", treatment="value", controls=["capital"])
    for key, effects in ("within", True), ("pooled", False):
        got = twfe(
            made, entity_effects=effects, time_effects=False, covariance="iid"
        ).table.set_index("label")
        for name in ("value", "capital"):
            assert got.loc[name, ["estimate", "se"]].tolist() == pytest.approx(
                expected[key][name], abs=1e-6
            )
        if key == "within":
            assert twfe(made, time_effects=False, covariance="iid").facts[
                "r2_within"
            ] == pytest.approx(expected[key]["r2"], abs=1e-5)


def test_statsmodels_grunfeld_has_the_same_firms() -> None:
    """The copy that statsmodels carries (11 firms; American Steel is no part of the classic ten) gives the same."""
    import statsmodels.api as sm

    frame = sm.datasets.grunfeld.load_pandas().data.query("firm != 'American Steel'")
    got = twfe(
        Panel.from_frame(frame, "invest", "firm", "year", treatment="value", controls=["capital"]),
        time_effects=False,
        covariance="iid",
    ).table
    assert got["estimate"].tolist() == pytest.approx([0.110124, 0.310065], abs=1e-6)


@pytest.fixture(scope="module")
def het() -> pd.DataFrame:
    """Butts' simulated heterogeneous effects, as pyfixest carries them."""
    return pd.read_csv(Path(pf.__file__).parent / "did" / "data" / "df_het.csv")


def test_designs_agree_with_pyfixest_called_by_hand(het: pd.DataFrame) -> None:
    het = het[het["unit"] % 5 == 0].reset_index(drop=True)
    made = Panel.from_frame(het, "dep_var", "unit", "year", treated_from="g", cluster="state")
    plain = pf.feols("dep_var ~ treat | unit + year", het, vcov={"CRV1": "state"}).tidy().iloc[0]
    got = twfe(made, guard=False).row
    assert got[["estimate", "se", "p"]].tolist() == pytest.approx(
        plain[["Estimate", "Std. Error", "Pr(>|t|)"]].tolist(), rel=1e-6
    )
    two = (
        pf.did2s(
            het,
            yname="dep_var",
            first_stage="~ 0 | unit + year",
            second_stage="~i(treat, ref=False)",
            treatment="treat",
            cluster="state",
        )
        .tidy()
        .iloc[0]
    )
    assert did2s(made, guard=False).row[["estimate", "se"]].tolist() == pytest.approx(
        two[["Estimate", "Std. Error"]].tolist(), rel=1e-5
    )


def test_sun_abraham_is_the_share_weighted_saturated_regression(het: pd.DataFrame) -> None:
    few = het[het["unit"] % 10 == 0].reset_index(drop=True)
    made = Panel.from_frame(few, "dep_var", "unit", "year", treated_from="g")
    got = sun_abraham(made, guard=False)
    fit = pf.event_study(few, "dep_var", "unit", "year", "g", estimator="saturated")
    by_hand = fit.aggregate()["Estimate"].astype(float)
    mine = got.details["dynamic"].set_index("at")["estimate"]
    at = [e for e in by_hand.index.astype(float) if e in mine.index and e != -1]
    assert len(at) > 20 and mine[at].tolist() == pytest.approx(
        by_hand[by_hand.index.astype(float).isin(at)].tolist(), abs=1e-8
    )


def test_callaway_santanna_are_differences_of_means_and_its_aggregations_weigh_them() -> None:
    frame = staggered(3, effect=1.0, growing=0.3)
    got = callaway_santanna(panel(frame), draws=199)
    wide = frame.pivot(index="unit", columns="year", values="y")
    first = frame.drop_duplicates("unit").set_index("unit")["first"]
    gt = got.details["group_time"].set_index(["group", "time"])["estimate"]
    for (g, t), estimate in gt.items():
        before = g - 1 if t >= g else t - 1
        change = wide[t] - wide[before]
        assert estimate == pytest.approx(
            change[first == g].mean() - change[first == 0].mean(), abs=1e-10
        )
    post = gt[[t >= g for g, t in gt.index]]
    sizes = first.value_counts()
    weight = np.array([sizes[g] for g, _ in post.index], float)
    overall = got.table.set_index("term")["estimate"]
    assert overall["simple"] == pytest.approx(np.average(post, weights=weight))
    assert overall["group"] == pytest.approx(
        np.average(
            post.groupby("group").mean(), weights=[sizes[g] for g in post.index.unique("group")]
        )
    )
    by_time = [
        np.average(
            post[post.index.get_level_values("time") == t],
            weights=weight[post.index.get_level_values("time") == t],
        )
        for t in post.index.unique("time")
    ]
    assert overall["calendar"] == pytest.approx(np.mean(by_time))
    since = np.array([t - g for g, t in post.index])
    by_since = [np.average(post[since == e], weights=weight[since == e]) for e in np.unique(since)]
    assert overall["dynamic"] == pytest.approx(np.mean(by_since))
    assert (got.details["dynamic"]["band_low"] <= got.details["dynamic"]["ci_low"] + 0.05).all()
    assert len(got.part("group_time").block().content["rows"]) == len(gt) + len(got.warnings)


def test_callaway_santanna_errors_are_those_of_the_library_and_follow_clusters() -> None:
    import diff_diff as dd

    made = panel(staggered(4, effect=0.5), controls=["x"])
    plain = dd.CallawaySantAnna().fit(made.work, "y", "i", "t", "g", covariates=["x0"])
    got = callaway_santanna(made, draws=0)
    assert got.row[["estimate", "se"]].tolist() == pytest.approx(
        [plain.overall_att, plain.overall_se], rel=1e-9
    )
    events = plain.aggregate("event_study").to_dataframe()
    assert got.details["dynamic"]["se"].tolist() == pytest.approx(events["se"].tolist(), rel=1e-9)
    many = panel(staggered(4, each=5), cluster="cluster")
    wide = callaway_santanna(many, draws=0).row["se"]
    assert wide > 1.3 * callaway_santanna(panel(staggered(4, each=5)), draws=0).row["se"]
    by = dd.CallawaySantAnna(cluster="c").fit(many.work, "y", "i", "t", "g")
    assert wide == pytest.approx(by.overall_se, rel=1e-6)


def test_growing_effects_mislead_two_way_effects_only() -> None:
    """Cohorts that go on growing: the robust designs find the mean effect, two-way effects are warned of."""
    cohorts = {0: 6, 3: 60, 6: 60}
    made, true = panel(staggered(5, cohorts, growing=1.0)), average(cohorts, growing=1.0)
    for design in callaway_santanna, sun_abraham, did2s:
        row = design(made).row
        assert row["ci_low"] < true < row["ci_high"], design
    two = twfe(made)
    assert two.row["ci_high"] < true
    assert negative_share(made) > 0 and any("负权重" in text for text in two.warnings)
    parts = bacon(made)
    assert parts.facts["forbidden_weight"] > 0.1 and parts.warnings
    pairs = parts.details["pairs"]
    assert (pairs["weight"] * pairs["estimate"]).sum() == pytest.approx(
        two.row["estimate"], abs=1e-8
    )


def test_pretrends_that_fail_are_in_the_table_itself() -> None:
    frame = staggered(6, {0: 30, 5: 30}, rho=0.0)
    frame.loc[frame["first"] > 0, "y"] += 0.5 * (frame["year"] - 2000)
    for design in (twfe, event_study, callaway_santanna, sun_abraham, did2s):
        effect = design(panel(frame))
        assert any("预趋势不平行" in text for text in effect.warnings), design
        content = effect.block().content
        assert any("▲ 预趋势不平行" in row[0] for row in effect.block().texts())
        assert any(
            cell.get("mark") == "▲"
            for row in content["rows"]
            for cell in row
            if hasattr(cell, "get")
        )


def test_power_of_the_pretrend_test_is_the_share_it_finds() -> None:
    """Leads drawn with a trend of the size said to be found with 80% power: found in 80%."""
    rng = np.random.default_rng(8)
    a = rng.normal(size=(3, 3))
    cov, line = a @ a.T + np.eye(3), np.array([-3.0, -2.0, -1.0])
    slope = pretrend(np.zeros(3), cov, line, 1e9, 1.0, 2.0)["detectable"]
    draws = rng.multivariate_normal(slope * line, cov, 4000)
    found = [pretrend(b, cov, line, 1e9, 1.0, 2.0)["p"] < 0.05 for b in draws[:1500]]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_few_one_and_enough_treated_clusters() -> None:
    few = twfe(panel(staggered(9, {0: 20, 5: 4}, effect=2.0)))
    assert 0 < few.row["p_small"] <= 0.05 and any("只有4个" in text for text in few.warnings)
    one = twfe(panel(staggered(10, {0: 19, 5: 1})))
    assert (
        one.row["p_small"] >= 1 / 20
        and any("星号不可信" in text for text in one.warnings)
        and "穷尽全部20种" in one.facts["p_small_method"]
    )
    assert "***" not in one.block().plain() or one.row["p_small"] < 0.01
    enough = twfe(panel(staggered(11, {0: 20, 5: 20}, rho=0.0)))
    assert np.isnan(enough.row["p_small"]) and "少聚类p值" not in enough.block().plain()


def test_attrition_and_collinear_controls_are_said() -> None:
    frame = staggered(12, {0: 20, 5: 20}).assign(
        always=lambda f: f["unit"] % 3, twin=lambda f: 2 * f["x"]
    )
    gone = frame[~(frame["unit"].lt(8) & frame["year"].gt(2004))]
    assert any("样本流失" in text for text in twfe(panel(gone)).warnings)
    effect = twfe(
        panel(frame, controls=["x", "always", "twin"], labels={"always": "常量", "twin": "孪生"})
    )
    assert any("完全共线" in text and "常量" in text and "孪生" in text for text in effect.warnings)
    assert any(
        "常量" in text
        for text in twfe(panel(frame, controls=["always"], labels={"always": "常量"})).warnings
    )
    with pytest.raises(ek.InputError, match="完全共线"):
        twfe(
            panel(
                frame.assign(
                    same=((frame["first"] > 0) & (frame["year"] >= frame["first"])).astype(float)
                ),
                controls=["same"],
            )
        )


def test_event_study_bins_and_base() -> None:
    made = panel(staggered(13, effect=1.0))
    plain, binned = event_study(made), event_study(made, window=(-3, 2))
    assert set(binned.details["covariance"].index) == {-3, -2, 0, 1, 2}
    assert (
        plain.facts["base_period"] == "实施前第1期"
        and plain.details["dynamic"].set_index("at").loc[-1, "estimate"] == 0
    )
    no_never = event_study(panel(staggered(13, {3: 20, 5: 20, 6: 20}, effect=1.0)))
    assert any("没有从未实施的个体" in note.text for note in no_never.notes)
    table = rows(["d"], ["政策"], [1.0], 0.5, df=10)
    assert table.loc[0, ["ci_low", "ci_high"]].tolist() == pytest.approx(
        [1 - 2.228139 * 0.5, 1 + 2.228139 * 0.5], abs=1e-5
    )


def test_periods_two_years_apart_take_the_last_one_before_as_base() -> None:
    frame = staggered(17, {0: 20, 3: 20, 5: 20}, effect=1.0)
    made = panel(frame[frame["year"] % 2 == 1])
    for design in (event_study, sun_abraham, did2s, callaway_santanna):
        effect = design(made)
        assert (
            set(effect.details["covariance"].index) <= {-4, -2, 0, 2, 4}
            and effect.row["ci_low"] < 1 < effect.row["ci_high"]
        )
    assert event_study(made).details["dynamic"].set_index("at").loc[-2, "estimate"] == 0


def test_without_never_treated_the_last_cohort_or_the_not_yet_treated_are_controls() -> None:
    cohorts = {3: 30, 5: 30, 7: 30}
    made = panel(staggered(14, cohorts, effect=2.0, rho=0.0))
    for effect in (callaway_santanna(made), sun_abraham(made), did2s(made)):
        assert effect.row["ci_low"] < 2.0 < effect.row["ci_high"]
    with pytest.raises(ek.InputError, match="not_yet"):
        callaway_santanna(made, control="never")


def test_weights_count_entities_as_often_as_they_say() -> None:
    frame = staggered(15, {0: 12, 5: 12}, effect=1.0).assign(w=lambda f: 1 + f["unit"] % 3)
    double = pd.concat(
        [
            frame.loc[frame["w"] > k].assign(unit=lambda f, k=k: f["unit"] + 1000 * k)
            for k in range(3)
        ]
    )
    for design in (twfe, event_study, sun_abraham, did2s, callaway_santanna):
        weighted, repeated = (
            design(made, guard=False).row["estimate"]
            for made in (panel(frame, weights="w"), panel(double))
        )
        assert weighted == pytest.approx(repeated, abs=1e-9)


def test_continuous_treatments_have_no_event_time() -> None:
    made = Panel.from_frame(
        staggered(16).assign(d=lambda f: f["x"]), "y", "unit", "year", treatment="d"
    )
    assert made.kind == "continuous" and np.isfinite(twfe(made).row["se"])
    for design in (event_study, callaway_santanna, sun_abraham, did2s, bacon, synthetic_did):
        with pytest.raises(ek.InputError, match="连续"):
            design(made)


def factor_world(seed: int, effect: float, treated: int = 1) -> pd.DataFrame:
    """Three factors with loadings: trends differ, but are spanned by the donors."""
    rng = np.random.default_rng(seed)
    n, t = 30, 25
    loads, waves = rng.uniform(0, 1, (n, 3)), rng.normal(0, 1, (t, 3)).cumsum(axis=0)
    loads[:treated] = loads[treated : treated + 10].mean(axis=0)
    y = 10 + loads @ waves.T + rng.normal(0, 0.1, (n, t))
    y[:treated, 18:] += effect
    return pd.DataFrame(
        {
            "unit": [f"r{i}" for i in np.repeat(range(n), t)],
            "year": np.tile(range(2000, 2000 + t), n),
            "y": y.ravel(),
            "first": np.repeat(np.where(np.arange(n) < treated, 2018, 0), t),
        }
    )


def test_synthetic_designs_find_the_effect_of_one_place_and_rank_it() -> None:
    made = panel(factor_world(1, 1.0))
    control = synthetic_control(made)
    assert control.row["estimate"] == pytest.approx(1.0, abs=0.25)
    assert control.row["p_small"] == pytest.approx(1 / 30) and any(
        "最小可能0.033" in text for text in control.warnings
    )
    weights = control.details["weights"]["weight"]
    assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
    did = synthetic_did(made, draws=50)
    assert (
        did.row["estimate"] == pytest.approx(1.0, abs=0.3)
        and did.row["ci_low"] < 1.0 < did.row["ci_high"]
    )
    none = synthetic_control(panel(factor_world(2, 0.0)))
    assert none.row["p_small"] > 0.05
    with pytest.raises(ek.InputError, match="synthetic_did"):
        synthetic_control(panel(factor_world(3, 1.0, treated=2)))
    two, before = panel(factor_world(3, 1.0, treated=2)), [("y", range(2000, 2010))]
    named = synthetic_control(
        two, treated="r1", predictors=before, outcomes=[2015, 2017], placebo=False
    )
    assert named.facts["place"] == "r1" and named.row["estimate"] == pytest.approx(1.0, abs=0.4)


def test_the_demonstrations_known_effect_is_recovered() -> None:
    """24 districts, five years, drawn as the demonstration draws them; truth: 0.015 in the first year, then 0.03."""
    from evalkit.demo.model import simulate
    from evalkit.demo.province import REFORM, make_districts

    periods = tuple(str(y) for y in range(2021, 2026))
    lines = []
    for district in make_districts(24, periods, 7, 6_000):
        for year in simulate(
            district, periods, np.random.default_rng([7, *district.name.encode()])
        ):
            base = year.units["base"]
            covered = np.isin(year.units["mode"], ["单独", "联合", "挂靠"]) & base
            lines.append(
                {
                    "unit": district.area,
                    "year": year.period,
                    "y": covered.sum() / base.sum(),
                    "first": district.reform or "",
                }
            )
    made = panel(pd.DataFrame(lines), rate=True)
    truth = REFORM["effect"]["org_coverage"]
    true = sum(
        n * truth[min(k, 1)] for g, n in made.cohorts.items() for k in range(2026 - g)
    ) / sum(n * (2026 - g) for g, n in made.cohorts.items())
    for effect in (
        callaway_santanna(made),
        sun_abraham(made),
        did2s(made),
        twfe(made),
        synthetic_did(made),
    ):
        assert effect.row["ci_low"] < true < effect.row["ci_high"], (effect.name, true, effect.row)
    dynamic = callaway_santanna(made).details["dynamic"].set_index("at")
    for since, value in enumerate((truth[0], truth[1], truth[1])):
        assert dynamic.loc[since, "band_low"] < value < dynamic.loc[since, "band_high"]
    assert (dynamic.loc[[-2, -1], "band_low"] < 0).all() and (
        dynamic.loc[[-2, -1], "band_high"] > 0
    ).all()


def test_a_result_shows_itself_with_its_facts(demo_project: Path) -> None:
    effect = twfe(ek.panel(ek.load(demo_project), "org_coverage", "subsidy_reform"))
    text = effect.block().plain()
    assert (
        "少聚类p值" in text
        and effect.block().is_demo
        and "pyfixest" in effect.caption
        and "聚类6（其中实施政策的2）" in effect.caption
    )
    assert "text/html" in effect._repr_mimebundle_()
    assert effect.plot().kind == "figure" and effect.plot(lang="en").content["title"].startswith(
        "Two-way"
    )


def test_designs_that_take_the_treated_as_controls_say_so() -> None:
    frame = staggered(4, {0: 6, 4: 14, 6: 14, 8: 14}, growing=0.3)
    made = panel(frame)
    assert any("别的批次" in w and "sun_abraham" in w for w in event_study(made).warnings)
    assert any("负权重" in w and "多层模型与之相同" in w for w in multilevel(made).warnings)
    rate = panel(frame.assign(y=1 / (1 + np.exp(-frame["y"]))), rate=True)
    assert any("负权重" in w and "分数响应" in w for w in fractional(rate).warnings)
    judged = ek.effects.advise(rate)
    assert all(
        "已实施的作对照" in judged.reason(design) for design in ("twfe", "fractional", "multilevel")
    )
    together = panel(staggered(4, {0: 14, 4: 14}))
    assert not event_study(together).warnings and not multilevel(together).warnings


def test_event_times_that_cannot_be_told_apart_are_refused() -> None:
    """Without never-treated and with cohorts two periods apart all event times of a period are even or all odd: a dropped one would
    turn the others (1.0 was estimated as 0.29); with other distances the effects are found."""
    with pytest.raises(InputError, match=r"分不开.*sun_abraham"):
        event_study(panel(staggered(1, {4: 40, 6: 40, 8: 40}, effect=1.0)))
    assert not any(
        "预趋势" in w for w in twfe(panel(staggered(1, {4: 14, 6: 14, 8: 14}, effect=1.0))).warnings
    )
    found = event_study(panel(staggered(1, {4: 60, 5: 60, 8: 60}, effect=1.0)), guard=False)
    assert (
        found.row["estimate"] == pytest.approx(1.0, abs=3 * found.row["se"])
        and found.row["se"] < 0.3
    )


def test_outcomes_in_fen_of_a_province_are_estimated() -> None:
    frame = staggered(1, {0: 8, 4: 6, 6: 6}, effect=1.0)
    plain = twfe(panel(frame, controls=["x"]), guard=False)
    large = frame.assign(y=frame["y"] * 1e12 + 5e12, x=frame["x"] * 1e9)
    made = twfe(panel(large, controls=["x"]), guard=False)
    assert made.table["estimate"].to_numpy() / [1e12, 1e3] == pytest.approx(
        plain.table["estimate"].to_numpy(), rel=1e-6
    )
    assert made.table["se"].to_numpy() / [1e12, 1e3] == pytest.approx(
        plain.table["se"].to_numpy(), rel=1e-6
    )


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda p: event_study(p, base=99), "事件期99不在面板里"),
        (lambda p: event_study(p.having(p.frame["time"] >= 2006)), "没有实施前的时期"),
        (lambda p: ek.effects.psm_did(p, method="kernal"), "kernel"),
        (lambda p: ek.effects.psm_did(p, k=0), "k 不小于1"),
        (lambda p: fractional(p, link="logistic"), "probit"),
        (lambda p: ek.effects.randomisation(p, statistic="cs"), "group_time"),
        (lambda p: ek.effects.placebo(p, draws=0), "不小于19"),
        (lambda p: ek.effects.multiple(twfe(p, guard=False), method="bonf"), "bonferroni"),
        (lambda p: ek.effects.pool_rates([1, 2, 3], [3, 4]), "分母2个"),
        (lambda p: ek.effects.pool_effects([1, 2, 3], [1, 2]), "每组一个估计"),
        (
            lambda p: Panel.from_frame(
                p.frame.iloc[:0], "y", "entity", "period", treatment="treated"
            ),
            "一行也没有",
        ),
        (lambda p: panel(staggered(1).assign(one="甲"), cluster="one"), "只有一个聚类"),
    ],
)
def test_options_and_panels_that_mean_nothing_are_refused(run: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        run(panel(staggered(1, {0: 8, 4: 6, 6: 6})))


def test_progress_and_failures_name_an_outcome_in_words():
    heard: list[str] = []

    def run(code: str) -> None:
        raise InputError(Problem("data_missing", found=code, advice="缺数据"))

    _made, failed = several(
        ["work_coverage"], run, heard.append, {"work_coverage": "工作覆盖率"}.get
    )
    assert heard == ["工作覆盖率"] and failed[0].startswith("工作覆盖率：")
