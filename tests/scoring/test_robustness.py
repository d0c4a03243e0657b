"""Rank intervals, chances of grades, Sobol indices: seeds, sums, coverage of known ranks, named failures."""

from __future__ import annotations

import numpy as np
import pytest

import evalkit as ek
from evalkit.problems import InputError


def test_the_same_seed_gives_the_same_and_another_one_nearly_the_same(indicators):
    scores = ek.score(indicators)
    first, again, other = (scores.robustness(400, seed).ranks for seed in (1, 1, 2))
    assert first.equals(again)
    assert np.allclose(first["mean"], other["mean"], atol=0.6)


def test_probabilities_add_up(indicators):
    robust = ek.score(indicators).robustness(300, 3)
    assert np.allclose(robust.grades[["好", "较好", "一般", "较差"]].sum(axis=1), 1)
    assert robust.top(3)["probability"].sum() >= 3 - 1e-9  # ties may put more than three there
    pairs = robust.pairwise.to_numpy()
    assert np.allclose((pairs + pairs.T)[~np.eye(8, dtype=bool)], 1)
    ranks = robust.ranks
    assert (
        (ranks["low"] <= ranks["median"]).all()
        and (ranks["median"] <= ranks["high"]).all()
        and (ranks["failed"] == 0).all()
    )


def test_nothing_varied_is_the_declared_ranking(make, values):
    exact = make(values).assign(ci_low=np.nan, ci_high=np.nan)
    robust = ek.score(exact).robustness(20, 1, vary="data")
    assert (robust.ranks["low"] == robust.ranks["rank"]).all() and (
        robust.ranks["high"] == robust.ranks["rank"]
    ).all()


def test_known_ranks_are_covered_at_the_nominal_rate(make):
    rng = np.random.default_rng(5)
    truth = np.linspace(0.3, 0.9, 8)
    hits = total = 0
    for seed in range(40):
        drawn = rng.binomial(400, truth) / 400
        scores = ek.score(
            make({"org_coverage": drawn.tolist()}, base=400),
            {"tree": {"org_coverage": {"full_at": 1}}},
        )
        ranks = scores.robustness(200, seed, vary="data").rank_sets(0.9, simultaneous=False)
        true = 8 - np.arange(8)
        hits += int(((ranks["low"] <= true) & (true <= ranks["high"])).sum())
        total += 8
    assert hits / total >= 0.88


def test_a_wider_interval_of_the_data_gives_wider_ranks(make, values):
    narrow = make(values)
    wide = narrow.assign(low=narrow["value"] * 0.8, high=narrow["value"] * 1.2)
    spans = [
        (r["high"] - r["low"]).mean()
        for r in (ek.score(f).robustness(300, 2, vary="data").ranks for f in (narrow, wide))
    ]
    assert spans[1] > spans[0]


def test_failed_replications_are_counted_and_named(indicators):
    tree = {
        "org_coverage": {"rule": "zscore"},
        "single_setup": {"rule": "zscore"},
        "work_coverage": {"rule": "zscore"},
    }
    robust = ek.score(indicators, {"tree": tree}).robustness(300, 1)
    assert len(robust.failures) and "zscore" in " ".join(robust.failures["reason"])
    whole = int((robust.ranked == 0).all(axis=1).sum())
    assert robust.failures["count"].sum() == whole and (robust.ranks["failed"] == whole).all()
    assert "未能得出位次" in robust.notes[-1]


def test_a_group_of_one_indicator_can_be_left_out(indicators):
    tree = {
        c: {"items": {c: {"full_at": 1}}} for c in ("org_coverage", "single_setup", "work_coverage")
    }
    robust = ek.score(indicators, {"tree": tree}).robustness(200, 1)
    assert not len(robust.failures) and (robust.ranks["failed"] == 0).all()


def test_areas_without_a_score_are_counted_not_ranked(make, values):
    values["above_scale_instructor"][1] = values["org_coverage"][1] = np.nan
    ranks = ek.score(make(values)).robustness(100, 1, vary=("weights",)).ranks
    assert ranks["failed"].tolist()[1] > 50 and ranks["failed"].drop(1).eq(0).all()


def test_each_factor_alone_and_what_moves_one_area(indicators):
    robust = ek.score(indicators).robustness(200, 1)
    assert set(robust.factors["factor"]) == {*robust.vary, "all"}
    moves = robust.moves("丙区")
    assert moves["reach"].is_monotonic_decreasing and (moves["kind"] == "indicator").sum() == 7


def test_sobol_indices_are_ordered_and_warn_where_they_do_not_fit(indicators):
    found = ek.score(indicators).robustness(50, 1, vary=("normalisation", "weights")).sobol
    table = found.table.set_index("factor")
    assert table.loc["normalisation", "total"] > table.loc["weights", "total"]
    assert (table["first_low"] <= table["first"]).all() and (
        table["total"] <= table["total_high"] + 1e-9
    ).all()
    assert "基础样本" in found.warnings[0] and "text/html" in found._repr_mimebundle_()
    still = (
        ek.score(indicators.assign(ci_low=np.nan, ci_high=np.nan))
        .robustness(50, 1, vary=("data",))
        .sobol
    )
    assert any("没有定义" in w for w in still.warnings)


def test_wrong_factors_are_named(indicators):
    with pytest.raises(InputError, match="weights"):
        ek.score(indicators).robustness(10, 1, vary=("weigts",))
    with pytest.raises(InputError):
        ek.score(indicators).robustness(0)


def test_figures_of_an_index_have_words_and_no_missing_glyphs(indicators):
    scores = ek.score(indicators)
    robust = scores.robustness(100, 1)
    for block in (
        ek.charts.rank_intervals(robust),
        ek.charts.grades(robust),
        ek.charts.lost_points(scores),
        ek.charts.weights(scores),
        ek.charts.sensitivity(robust),
        ek.charts.rank_intervals(robust, lang="en"),
    ):
        assert (
            block.kind == "figure"
            and block.is_demo
            and len(block.png) > 5000
            and "missing_glyphs" not in block.content
        )
    assert "甲区" in ek.charts.rank_intervals(robust).content["alt"]


def test_research_figures_and_tables(demo_project):
    data = ek.load(demo_project)
    years = data.indicators.query("level == 'district'")
    now = years.query("period == '2025'")
    assert "99.8%" in ek.charts.funnel(now, "org_coverage").content["alt"]
    assert "基尼" in ek.charts.lorenz_curve(years, "activity_fund_per_member").content["alt"]
    with pytest.raises(InputError, match="三个时期"):
        ek.charts.control(years, "org_coverage")
    with pytest.raises(InputError, match="漏斗图只用于"):
        ek.charts.funnel(now, "fund_per_member")
    third = years.query("period == '2024'").assign(period="2023")
    import pandas as pd

    assert "控制图" in ek.charts.control(pd.concat([years, third]), "org_coverage").content["alt"]
    assert len(ek.research.shrunken(now, "org_coverage").content["rows"]) == 6
    gaps = ek.research.inequality(years, ["org_coverage"]).content["rows"]
    assert len(gaps) == 2 and gaps[0][4]["v"] + gaps[0][5]["v"] == pytest.approx(gaps[0][3]["v"])
    with pytest.raises(InputError):
        ek.research.association(now, "org_coverage", ["fund_per_member", "instructors_per_org"])


def test_association_is_that_of_statsmodels_and_says_it_is_no_effect(make):
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    x = rng.normal(150, 30, 12)
    y = 1 / (1 + np.exp(-(x - 150) / 40)) * 0.8
    frame = make(
        {"org_coverage": y.tolist(), "activity_fund_per_member": x.tolist()},
        names=[f"区{i:02d}" for i in range(12)],
    )
    block = ek.research.association(frame, "org_coverage", ["activity_fund_per_member"])
    z = (x - x.mean()) / x.std(ddof=1)
    slope = sm.OLS(y, sm.add_constant(z)).fit(cov_type="HC1").params[1]
    assert block.texts()[0][2].startswith(f"{slope:.3f}") and block.content["form"] == "three_line"
    assert any("不是因果关系" in note for note in block.content["notes"])
