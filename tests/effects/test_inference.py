"""Randomisation, wild bootstrap, placebo and honest bounds: exactness, size, equal answers for equal seeds."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from effect_worlds import panel, staggered

import evalkit as ek
from evalkit.effects import (
    Panel,
    callaway_santanna,
    event_study,
    honest,
    placebo,
    randomisation,
    sun_abraham,
    twfe,
    wild_bootstrap,
)
from evalkit.effects.leads import pretrend_p


def test_randomisation_goes_through_every_assignment_when_they_are_few() -> None:
    made = panel(staggered(1, {0: 6, 5: 3}, effect=1.5))
    got = randomisation(made)
    y = made.frame.pivot(index="entity", columns="time", values="y")
    post, treated = (
        y.columns >= 2005,
        made.frame.drop_duplicates("entity").set_index("entity")["first_treated"].notna(),
    )
    gap = y.loc[:, post].mean(axis=1) - y.loc[:, ~post].mean(axis=1)
    by_hand = np.array(
        [
            gap.iloc[list(c)].mean() - gap.drop(gap.index[list(c)]).mean()
            for c in combinations(range(9), 3)
        ]
    )
    actual = gap[treated].mean() - gap[~treated].mean()
    assert got.facts["exact"] and got.facts["assignments"] == 84
    assert got.row["estimate"] == pytest.approx(actual) and got.row["p"] == pytest.approx(
        (np.abs(by_hand) >= abs(actual) - 1e-12).mean()
    )
    assert np.sort(got.details["draws"]["estimate"]) == pytest.approx(np.sort(by_hand))


@pytest.mark.parametrize(
    ("cohorts", "statistic"), [({0: 5, 4: 3}, "twfe"), ({0: 9, 4: 2, 6: 2}, "group_time")]
)
def test_the_interval_holds_the_effects_that_the_test_does_not_reject(
    cohorts: dict[int, int], statistic: Any
) -> None:
    frame = staggered(5, cohorts, effect=1.5)
    got = randomisation(panel(frame), statistic=statistic, exact=60)
    on = (frame["first"] > 0) & (frame["year"] >= frame["first"])
    for end, step in (("ci_low", -0.01), ("ci_high", 0.01)):
        outside, inside = (
            randomisation(
                panel(frame.assign(y=frame["y"] - (got.row[end] + move) * on)),
                statistic=statistic,
                exact=60,
            ).row["p"]
            for move in (step, -step)
        )
        assert outside <= 0.05 < inside
    alone = randomisation(panel(staggered(1, {0: 12, 4: 1})))
    assert np.isinf(alone.row[["ci_low", "ci_high"]].astype(float)).all() and "[—, —]" in str(
        alone.block().content["rows"]
    )
    assert alone.plot().content["title"].startswith("随机化检验")


def test_a_few_treated_clusters_get_a_randomisation_test_of_their_trends() -> None:
    frame = staggered(3, {0: 22, 5: 1})
    made = panel(frame)
    wide = made.frame.pivot(index="entity", columns="time", values="y")
    path = wide.loc[:, 2001:2004].sub(wide[2004], axis=0)
    gaps = [float(((path.loc[i] - path.drop(i).mean()) ** 2).sum()) for i in path.index]
    treated = made.frame.loc[made.frame["first_treated"].notna(), "entity"].iloc[0]
    p, how = pretrend_p(made)
    assert (
        p == pytest.approx(np.mean(np.array(gaps) >= gaps[path.index.get_loc(treated)] - 1e-12))
        and "23种" in how
    )
    drift = frame.assign(y=frame["y"] + 3 * (frame["year"] - 2001) * (frame["first"] > 0))
    for design in (event_study, sun_abraham, callaway_santanna):
        assert any(
            "预趋势不平行" in w and "p=0.043" in w
            for w in design(panel(drift), guard=False).warnings
        )
    assert pretrend_p(panel(staggered(3, {0: 6, 2: 2}))) is None
    late = [n.text for n in event_study(panel(staggered(3, {0: 6, 2: 2})), guard=False).notes]
    assert any("无法检验预趋势" in text for text in late)


def test_few_clusters_get_the_interval_that_goes_with_their_p() -> None:
    got = twfe(panel(staggered(5, {0: 22, 4: 1}, effect=1.5)))
    low, high = got.facts["interval_small"]
    clustered = got.details["clustered"].iloc[0]
    assert high - low > 2 * (clustered["ci_high"] - clustered["ci_low"]) and any(
        f"区间[{low:.4f}" in w for w in got.warnings
    )
    assert (low, high) == (got.row["ci_low"], got.row["ci_high"]) and got.row["p"] == got.row[
        "p_small"
    ]


def test_staggered_assignments_keep_the_sizes_of_cohorts() -> None:
    got = randomisation(panel(staggered(2, {0: 4, 4: 2, 6: 1})), statistic="group_time")
    assert got.facts["assignments"] == 105  # 7! / (4! 2! 1!)


def test_the_statistic_is_the_designs_own_estimate() -> None:
    made = panel(staggered(3, {0: 15, 4: 4, 6: 3}, effect=1.0))
    assert randomisation(made).row["estimate"] == pytest.approx(
        twfe(made, guard=False).row["estimate"], abs=1e-9
    )
    own = callaway_santanna(made, control="not_yet", draws=0, guard=False).row["estimate"]
    assert randomisation(made, statistic="group_time", draws=99).row["estimate"] == pytest.approx(
        own, abs=1e-9
    )


@pytest.mark.slow
def test_one_treated_cluster_rejects_one_time_in_twenty() -> None:
    """Under the null the exact p is uniform on 1/20 ... 1, whatever the errors are."""
    ps = [
        randomisation(panel(staggered(seed, {0: 19, 5: 1}, rho=0.9))).row["p"]
        for seed in range(100)
    ]
    assert np.mean(np.array(ps) <= 0.05) == pytest.approx(0.05, abs=0.05) and min(
        ps
    ) == pytest.approx(0.05)


def test_a_single_treated_cluster_looks_significant_with_clustered_errors_alone() -> None:
    """The stars mislead: clustered p below 0.05 most of the time without any effect, the exact p one time in twenty."""
    rows = [
        twfe(panel(staggered(seed, {0: 19, 5: 1})), guard=False).row["p"] < 0.05
        for seed in range(30)
    ]
    assert np.mean(rows) > 0.5


def test_wild_bootstrap_matches_an_exact_enumeration_and_its_interval_its_test() -> None:
    made = panel(staggered(4, {0: 4, 5: 4}, effect=0.8))
    got = wild_bootstrap(made, weights="rademacher")
    assert "256次" in got.facts["p_small_method"]
    work = made.work

    def inner(v):
        of_entity, of_time = (v.groupby(work[key]).transform("mean") for key in ("i", "t"))
        return v - of_entity - of_time + v.mean()

    d, y = inner(work["d"]).to_numpy(), inner(work["y"]).to_numpy()

    def t(values: np.ndarray) -> float:
        beta = d @ values / (d @ d)
        scores = pd.Series(d * (values - beta * d)).groupby(work["c"].to_numpy()).sum()
        return float(beta * (d @ d) / np.sqrt((scores**2).sum()))

    signs = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1).T
    stars = np.array([t(inner(pd.Series(y * s[work["c"]])).to_numpy()) for s in signs])
    p = np.mean(np.abs(stars) > abs(t(y)) + 1e-9)
    assert got.row["p"] == pytest.approx(max(p, 1 / 257), abs=1e-9)
    assert (got.row["p"] < 0.05) == (not got.row["ci_low"] < 0 < got.row["ci_high"])


def test_placebo_draws_500_random_treatments_and_the_same_ones_again() -> None:
    made = panel(staggered(5, {0: 15, 5: 15}, effect=2.0))
    first, second = placebo(made), placebo(made)
    pd.testing.assert_frame_equal(first.details["draws"], second.details["draws"])
    assert len(first.details["draws"]) == 500 and first.facts["beyond"] < 0.01
    assert not first.details["draws"].equals(placebo(made, seed=8).details["draws"])
    assert 0.01 < first.facts["rejected"] < 0.1
    assert first.plot().content["alt"] and first.plot() == second.plot()


def test_controls_are_partialled_out_and_missing_cluster_periods_said() -> None:
    frame = staggered(6, {0: 10, 5: 4}, effect=1.0)
    frame["y"] += 3 * frame["x"]
    assert abs(randomisation(panel(frame, controls=["x"])).row["estimate"] - 1) < 1.0
    got = randomisation(panel(frame.drop(index=0)))
    assert any("1个聚类有缺的时期" in note.text for note in got.notes)


def test_dates_that_differ_within_clusters_fall_back_to_the_wild_bootstrap() -> None:
    frame = staggered(7, {0: 3, 5: 3}, each=4)
    frame.loc[(frame["cluster"] == 3) & (frame["unit"] % 2 == 0), "first"] = 2007
    made = panel(frame, cluster="cluster")
    with pytest.raises(ek.InputError, match="同一聚类内"):
        randomisation(made)
    assert "野聚类自助法" in twfe(made).facts["p_small_method"]


def test_honest_bounds_widen_with_m_and_find_a_straight_trend() -> None:
    """With M = 0 a straight difference in trends is allowed for: the interval covers the true effect again."""
    frame = staggered(8, {0: 150, 5: 150}, effect=1.0, rho=0.0)
    frame.loc[frame["first"] > 0, "y"] += 0.4 * (frame["year"] - 2000)
    study = event_study(panel(frame), guard=False)
    assert study.row["ci_low"] > 1.3
    bounds = honest(study, m=[0, 0.05, 0.1, 0.3])
    limits = bounds.table.set_index("term")
    assert limits.loc["m0", "ci_low"] < 1.0 < limits.loc["m0", "ci_high"]
    widths = (limits["ci_high"] - limits["ci_low"])[["m0", "m1", "m2", "m3"]]
    assert widths.is_monotonic_increasing
    assert 0 < bounds.facts["breakdown"] < 0.3 and any(
        "预趋势不平行" in text for text in bounds.warnings
    )
    assert (
        honest(sun_abraham(panel(frame), guard=False), m=[0], target=2).table.loc[1, "ci_low"] < 1.0
    )


def test_honest_needs_leads_against_one_base() -> None:
    made = panel(staggered(9, {0: 20, 5: 20}))
    with pytest.raises(ek.InputError, match="universal"):
        honest(callaway_santanna(made))
    assert len(honest(callaway_santanna(made, base="universal", draws=0), m=[0, 0.1]).table) == 3
    with pytest.raises(ek.InputError, match="两个实施前的时期"):
        honest(event_study(panel(staggered(9, {0: 20, 2: 20}))))


def test_equal_seeds_give_equal_results_whatever_ran_before() -> None:
    made = panel(staggered(10))
    first = callaway_santanna(made).details["dynamic"]
    np.random.seed(1)
    pd.testing.assert_frame_equal(first, callaway_santanna(made).details["dynamic"])
    pd.testing.assert_frame_equal(
        randomisation(made, draws=99).table, randomisation(made, draws=99).table
    )


def test_order_of_rows_and_names_of_entities_do_not_matter() -> None:
    frame = staggered(11, effect=0.5)
    other = frame.sample(frac=1, random_state=3).assign(
        unit=lambda f: "u" + f["unit"].astype(str).str.zfill(3)
    )
    a, b = (callaway_santanna(panel(f)).table for f in (frame, other))
    np.testing.assert_allclose(a["se"], b["se"])
    assert isinstance(panel(other), Panel)


def test_honest_bounds_for_straight_trends_are_the_least_squares_extrapolation() -> None:
    """M = 0 in closed form: of all estimates without bias under straight trends, the one of least variance."""
    study = event_study(panel(staggered(12, {0: 60, 5: 60}, effect=1.0)), guard=False)
    cov = study.details["covariance"]
    times = cov.index.to_numpy(float)
    beta, cov = (
        study.details["dynamic"].set_index("at")["estimate"][times].to_numpy(),
        cov.to_numpy(),
    )
    pre, line = times < 0, times + 1
    lags = np.where(pre, 0, 1 / (~pre).sum())
    inverse, x, c = np.linalg.inv(cov[np.ix_(pre, pre)]), line[pre], (cov @ lags)[pre]
    v = lags.copy()
    v[pre] = inverse @ ((x @ inverse @ c - lags @ line) / (x @ inverse @ x) * x - c)
    middle, reach = v @ beta, 1.959964 * np.sqrt(v @ cov @ v)
    got = honest(study, m=[0, 0.1]).table.loc[1]
    assert [got["ci_low"], got["ci_high"]] == pytest.approx(
        [middle - reach, middle + reach], abs=1e-5
    )
