"""Regression discontinuity, fractional response, partial pooling, matching: published numbers, properties, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.effects.matching import balance, match
from evalkit.effects.rd import by_mass_points
from evalkit.problems import InputError

RNG = np.random.default_rng


def jump(n: int = 2000, tau: float = 1.0, seed: int = 3, whole: bool = False):
    rng = RNG(seed)
    x = rng.integers(-50, 50, n).astype(float) if whole else rng.uniform(-1, 1, n)
    scale = 50 if whole else 1
    return 0.5 * x / scale + 0.4 * (x / scale) ** 2 + tau * (x >= 0) + rng.normal(0, 0.5, n), x


def units(n: int = 1500, seed: int = 5) -> pd.DataFrame:
    rng = RNG(seed)
    size = np.maximum(1, np.exp(rng.normal(3.6, 0.8, n))).astype(int)
    return pd.DataFrame(
        {
            "employees": size,
            "covered": (rng.random(n) < 0.3 + 0.25 * (size >= 50) + 0.001 * size).astype(float),
        }
    )


# regression discontinuity


def test_the_conventional_estimate_is_weighted_least_squares_with_a_triangular_kernel():
    y, x = jump()
    h = 0.4
    fit = ek.effects.discontinuity(y, x, 0, h=h)
    near = np.abs(x) < h
    w, above = np.sqrt(1 - np.abs(x[near]) / h), (x[near] >= 0).astype(float)
    design = np.column_stack([above, np.ones(near.sum()), x[near], above * x[near]])
    beta = np.linalg.lstsq(design * w[:, None], y[near] * w, rcond=None)[0]
    assert fit.att_conventional == pytest.approx(beta[0], abs=1e-10)
    assert by_mass_points(y, x, 0, h)[0] == pytest.approx(beta[0], abs=1e-10)
    assert fit.conf_int[0] < 1 < fit.conf_int[1]


def test_the_optional_package_agrees_on_the_senate_data_that_it_carries():
    """Cattaneo, Frandsen, Titiunik (2015): 7.414 (1.459), h 17.754, b 28.028, robust [4.094, 10.919]."""
    rdrobust = pytest.importorskip("rdrobust")
    from pathlib import Path

    frame = pd.read_csv(Path(rdrobust.__file__).with_name("data") / "rdrobust_RDsenate.csv")
    found = ek.effects.rd(frame, "vote", "margin", 0)
    row = found.table.set_index("term")
    assert row.loc["conventional", ["estimate", "se"]].round(3).tolist() == [7.414, 1.459]
    assert (round(found.facts["bandwidth"], 3), round(found.facts["bandwidth_bias"], 3)) == (
        17.754,
        28.028,
    )
    assert row.loc["robust", ["ci_low", "ci_high"]].round(3).tolist() == [4.094, 10.919]


def test_whole_numbers_get_errors_by_value_a_donut_and_the_frandsen_test():
    y, x = jump(whole=True)
    found = ek.effects.rd(pd.DataFrame({"y": y, "x": x}), "y", "x", 0)
    assert {"robust", "conventional", "mass_points", "donut", "half", "double"} == set(
        found.table["term"]
    )
    assert found.row["ci_low"] < 1 < found.row["ci_high"]
    assert found.details["density"]["test"].tolist()[0].startswith("Frandsen")
    assert "按取值聚类" in "".join(n.text for n in found.notes) and found.facts[
        "bandwidth_rule"
    ].startswith("均方误差")
    assert (
        "Discontinuity" in found.plot(lang="en").content["title"]
        and "断点图" in found.plot().content["title"]
    )
    assert "带宽" in ek.tables.regression(found).plain()


@pytest.mark.parametrize(("share", "low"), [(0.5, True), (1 / 3, False)])
def test_bunching_at_the_cut_off_is_seen(share, low):
    at = int(300 * share)
    rest = (300 - at) // 2
    x = np.repeat(
        [49.0, 50.0, 51.0, 48.0, 52.0, 47.0, 53.0], [rest, at, 300 - at - rest, 100, 100, 100, 100]
    )
    p = ek.effects.density_test(x, 50).loc[0, "p"]
    assert (p < 0.001) if low else (p > 0.5)


def test_the_frandsen_p_is_the_binomial_at_one_third_when_no_curvature_is_allowed():
    from scipy.stats import binom

    x = np.repeat([9.0, 10.0, 11.0], [30, 50, 30])
    assert ek.effects.density_test(x, 10, k=0).loc[0, "p"] == pytest.approx(
        2 * binom.sf(49, 110, 1 / 3)
    )


def test_heaping_at_round_numbers():
    rng = RNG(1)
    plain = rng.integers(30, 70, 4000).astype(float)
    heaped = np.where(rng.random(4000) < 0.3, np.round(plain, -1), plain)
    assert (ek.effects.heaping(plain, 50, 15)["p"] > 0.01).all() and ek.effects.heaping(
        heaped, 50, 15
    )["p"].iloc[0] < 1e-6
    assert ek.effects.heaping(plain + 0.5, 50, 15).empty


def test_a_heap_at_the_threshold_is_a_warning_inside_the_table():
    frame = units()
    frame.loc[frame.sample(frac=0.4, random_state=1).index, "employees"] = frame["employees"].round(
        -1
    )
    found = ek.effects.rd(frame, cutoff=50)
    assert any("扎堆" in w for w in found.warnings) and "▲" in found.block().plain()


def test_counts_said_with_a_word_that_could_be_on_either_side_are_left_out():
    frame = units().assign(
        employees_low=lambda f: f["employees"], employees_high=lambda f: f["employees"]
    )
    frame.loc[frame["employees"].between(45, 49), "employees_high"] = 54
    found = ek.effects.rd(frame, cutoff=50)
    assert found.facts["n"] == (~frame["employees"].between(45, 49)).sum()
    assert any("约数" in note.text for note in found.notes)


def test_bad_units_are_named():
    with pytest.raises(InputError, match="employees") as told:
        ek.effects.rd(units().rename(columns={"employees": "employes"}), "coverd", cutoff=50)
    assert len(told.value.problems) == 2
    with pytest.raises(InputError, match="第4行：'五十'"):
        ek.effects.rd(
            pd.DataFrame({"employees": ["40", "60", " 50", "五十"], "covered": [0, 1, 1, 0]}),
            cutoff=50,
        )
    plain, text = units(), units().assign(employees=lambda f: " " + f["employees"].astype(str))
    assert (
        ek.effects.rd(text, cutoff=50).row["estimate"]
        == ek.effects.rd(plain, cutoff=50).row["estimate"]
    )
    with pytest.raises(InputError, match="两边各至少20个单位"):
        ek.effects.rd(units().query("employees < 50"), cutoff=50)


# fractional response


def test_star98_as_printed_by_statsmodels():
    """statsmodels' binomial GLM of star98 (Gill 2000): coefficients and standard errors as in its documentation."""
    import statsmodels.api as sm

    data = sm.datasets.star98.load_pandas()
    total = data.endog.sum(axis=1)
    fit = ek.effects.fractional_response(
        data.endog["NABOVE"] / total, data.exog, weights=total, covariance="model"
    )
    printed = {
        "const": (2.9589, 1.547),
        "LOWINC": (-0.0168, 0.000),
        "PERASIAN": (0.0099, 0.001),
        "PERBLACK": (-0.0187, 0.001),
        "PERHISP": (-0.0142, 0.000),
        "PERMINTE": (0.2545, 0.030),
        "AVYRSEXP": (0.2407, 0.057),
        "AVSALK": (0.0804, 0.014),
        "PERSPENK": (-1.9522, 0.317),
        "PTRATIO": (-0.3341, 0.061),
        "PCTAF": (-0.1690, 0.033),
        "PCTCHRT": (0.0049, 0.001),
        "PCTYRRND": (-0.0036, 0.000),
    }
    for name, (value, se) in printed.items():
        assert round(fit.params[name], 4) == value and round(fit.bse[name], 3) == se, name
    assert round(fit.deviance, 1) == 4078.8


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_average_effects_are_those_of_statsmodels_where_it_has_them(link):
    import statsmodels.api as sm

    rng = RNG(2)
    x = pd.DataFrame({"a": rng.normal(size=800), "d": (rng.random(800) < 0.4).astype(float)})
    y = (rng.random(800) < 1 / (1 + np.exp(-(0.3 * x["a"] + 0.5 * x["d"] - 0.2)))).astype(float)
    model = (sm.Logit if link == "logit" else sm.Probit)(y, sm.add_constant(x)).fit(
        disp=0, cov_type="HC0"
    )
    theirs = model.get_margeff(dummy=True)
    ours = ek.effects.average_effects(ek.effects.fractional_response(y, x, link), ["a", "d"])
    assert ours["estimate"].to_numpy() == pytest.approx(theirs.margeff, abs=1e-8)
    assert ours["se"].to_numpy() == pytest.approx(theirs.margeff_se, abs=1e-8)


def test_delta_method_is_the_numerical_derivative():
    rng = RNG(4)
    x = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
    y = 1 / (1 + np.exp(-(0.5 * x["a"] - 0.3 * x["b"] + rng.normal(0, 0.5, 300))))
    fit = ek.effects.fractional_response(y, x)
    exog = np.asarray(fit.model.exog)

    def effect(beta):
        p = 1 / (1 + np.exp(-exog @ beta))
        return (p * (1 - p)).mean() * beta[1]

    beta, step = np.asarray(fit.params), 1e-6
    gradient = np.array(
        [(effect(beta + step * e) - effect(beta - step * e)) / (2 * step) for e in np.eye(3)]
    )
    ours = ek.effects.average_effects(fit, ["a"]).iloc[0]
    assert ours["se"] == pytest.approx(
        np.sqrt(gradient @ np.asarray(fit.cov_params()) @ gradient), rel=1e-6
    )


def test_rates_outside_and_collinear_columns_are_named():
    x = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 4, 6, 8]})
    with pytest.raises(InputError, match=r"第2行（1\.2）"):
        ek.effects.fractional_response([0.1, 1.2, 0.3, 0.4], x[["a"]])
    with pytest.raises(InputError, match="共线"):
        ek.effects.fractional_response([0.1, 0.2, 0.3, 0.4], x)


def panel(
    n: int = 40, periods: int = 6, effect: float = 0.05, treated: float = 0.5, seed: int = 1, **more
) -> ek.effects.Panel:
    """Districts with their own level, a common trend, and an effect from the fourth period on."""
    rng = RNG(seed)
    level, on = rng.normal(0.6, 0.06, n), np.arange(n) < treated * n
    rows = [
        {
            "area": f"省/{'甲' if i % 2 else '乙'}市/区{i:02d}",
            "year": 2020 + t,
            "y": level[i] + 0.01 * t + effect * (on[i] and t >= 3) + rng.normal(0, 0.01),
            "x": level[i] + rng.normal(0, 0.05),
            "from": 2023 if on[i] else 0,
            "kind": "甲" if i % 3 else "乙",
        }
        for i in range(n)
        for t in range(periods)
    ]
    options = {
        "controls": [],
        "rate": True,
        "keep": ["kind"],
        "labels": {"y": "覆盖率", "policy": "改革", "x": "规模"},
    } | more
    return ek.effects.Panel.from_frame(
        pd.DataFrame(rows), "y", "area", "year", treated_from="from", **options
    )


@pytest.mark.parametrize("design", ["fractional", "multilevel", "psm_did"])
def test_designs_recover_a_known_effect(design):
    found = ek.effects.estimate(panel(), design)
    assert found.row["ci_low"] < 0.05 < found.row["ci_high"] and found.row["se"] < 0.01
    assert (
        found.facts["treatment_label"] == "改革" and found.block().content["form"] == "three_line"
    )


def test_fractional_takes_controls_and_means():
    found = ek.effects.fractional(panel(controls=["x"]), "probit")
    terms = found.details["coefficients"]["term"].tolist()
    assert {"mean_treated", "mean_x", "x", "treated"} <= set(terms) and found.table[
        "label"
    ].tolist()[-1] == "规模"
    made = panel().frame[["entity", "period", "y"]]
    made = made.assign(dose=RNG(1).normal(size=len(made)), size=made["entity"].str[-2:].astype(int))
    continuous = ek.effects.Panel.from_frame(
        made, "y", "entity", "period", treatment="dose", controls=["size"]
    )
    found = ek.effects.fractional(continuous)
    assert (
        found.table["term"].tolist() == ["treated", "size"]
        and "mean_size" not in found.details["coefficients"]["term"].tolist()
    )
    bad = panel(rate=False)
    bad.frame.loc[3, "y"] = 84.0
    with pytest.raises(InputError, match="84"):
        ek.effects.fractional(bad)


# partial pooling


def test_eight_schools_pool_completely():
    """Rubin (1981), J. Educ. Stat. 6: mean 7.7, standard error 4.1; the estimated spread is zero."""
    table, common = ek.effects.pool_effects(
        [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
    )
    assert (round(common["mean"], 1), round(common["mean_se"], 1), common["tau"]) == (7.7, 4.1, 0.0)
    assert table["pooled"].to_numpy() == pytest.approx(common["mean"])


def test_shrinkage_beats_the_raw_rates_where_the_truth_is_known():
    rng = RNG(3)
    n, p = rng.integers(8, 200, 200), rng.beta(20, 5, 200)
    x = rng.binomial(n, p)
    found = ek.effects.pool_rates(x, n)
    assert ((found["pooled"] - p) ** 2).mean() < 0.7 * ((found["raw"] - p) ** 2).mean()
    assert 0.90 < ((found["low"] < p) & (p < found["high"])).mean() < 0.99
    assert found["weight"].corr(pd.Series(n.astype(float))) > 0.8
    with pytest.raises(InputError, match="第2行（5/3）"):
        ek.effects.pool_rates([1, 5], [2, 3])


def test_pooled_effects_recover_mean_spread_and_groups():
    rng = RNG(6)
    truth, se = rng.normal(2, 1, 300), rng.uniform(0.3, 2, 300)
    y = rng.normal(truth, se)
    table, common = ek.effects.pool_effects(y, se)
    assert common["mean"] == pytest.approx(2, abs=0.25) and common["tau"] == pytest.approx(
        1, abs=0.2
    )
    assert ((table["pooled"] - truth) ** 2).mean() < 0.5 * ((y - truth) ** 2).mean()
    assert 0.92 < ((table["low"] < truth) & (truth < table["high"])).mean() < 0.98


# matching


def test_matching_weights():
    score = np.array([0.30, 0.50, 0.31, 0.52, 0.80, 0.90])
    on = np.array([True, True, False, False, False, True])
    near = match(score, on, caliper=0.5)
    assert near.tolist() == [1, 1, 1, 1, 0, 0]  # nobody is near 0.90 within the caliper
    assert match(score, on, caliper=9).tolist() == [1, 1, 1, 1, 1, 1]
    assert match(score, on, "kernel", bandwidth=0.05)[:2].tolist() == [
        0,
        1,
    ]  # 0.30 is below every control's score
    whole = match(score, on, k=2, caliper=9)
    assert whole[~on].sum() == pytest.approx(3) and whole[on].tolist() == [1, 1, 1]


def test_balance_is_the_standardised_difference():
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6]})
    on = np.array([False, False, False, True, True, True])
    found = balance(frame, on, np.ones(6), ["x"]).iloc[0]
    assert (
        found["difference_before"] == pytest.approx(3.0)
        and found["difference_before"] == found["difference_after"]
    )


def test_matching_corrects_a_trend_that_depends_on_the_level():
    rng, rows = RNG(8), []
    for i in range(160):
        size = rng.normal()
        on = rng.random() < 1 / (1 + np.exp(-1.5 * size))
        for t in range(4):
            y = size + 0.3 * size * t + 0.2 * (on and t >= 2) + rng.normal(0, 0.1)
            rows.append({"i": i, "t": 2020 + t, "y": y, "size": size, "g": 2022 if on else 0})
    made = ek.effects.Panel.from_frame(
        pd.DataFrame(rows), "y", "i", "t", treated_from="g", controls=["size"]
    )
    from dataclasses import replace

    bare = replace(made, controls=())
    matched = ek.effects.psm_did(bare, ["size"])
    assert (
        abs(matched.row["estimate"] - 0.2) < 0.15 < abs(ek.effects.twfe(bare).row["estimate"] - 0.2)
    )
    table = matched.details["balance"].iloc[0]
    assert abs(table["difference_after"]) < 0.2 < abs(table["difference_before"])
    assert "匹配后" in str(ek.tables.balance(matched).content["columns"])


def test_matching_says_what_it_cannot_do():
    with pytest.raises(InputError, match="没有这个名称"):
        ek.effects.psm_did(panel(), ["siez"])
    with pytest.raises(InputError, match="没有政策实施前的时期"):
        early = panel()
        ek.effects.psm_did(early.having(early.frame["time"] >= 2023))


def test_several_tests_are_corrected_and_few_clusters_keep_their_p():
    many = [ek.effects.twfe(panel(seed=s, effect=0.004 * s, n=24)) for s in range(1, 4)]
    found = ek.effects.multiple(*many, method="bonferroni")
    assert found["adjusted"].tolist() == pytest.approx(np.minimum(3 * found["p"], 1).tolist())
    one = ek.effects.twfe(panel(n=10, treated=0.1))
    assert (
        ek.effects.multiple(one)["p"].iloc[0] == pytest.approx(one.row["p_small"])
        and one.row["p_small"] >= 0.1
    )


# size and coverage


@pytest.mark.slow
def test_intervals_cover_at_their_rate():
    """200 to 400 replications each: coverage of 95% limits within the simulation's own error."""
    inside: dict[str, list[bool]] = {
        k: [] for k in ("rd", "rd_whole", "fractional", "multilevel", "psm_did", "fractional_few")
    }
    for s in range(300):
        for name, whole in (("rd", False), ("rd_whole", True)):
            y, x = jump(1200, seed=s, whole=whole)
            low, high = ek.effects.discontinuity(y, x, 0).conf_int
            inside[name].append(low < 1 < high)
        for name in ("fractional", "multilevel", "psm_did", "fractional_few") if s < 200 else ():
            made = panel(n=12 if name.endswith("few") else 60, seed=s, effect=0.0)
            row = ek.effects.estimate(made, name.removesuffix("_few")).row
            p = row["p"] if pd.isna(row["p_small"]) else max(row["p"], row["p_small"])
            inside[name].append(p > 0.05)
    rates = {name: float(np.mean(hits)) for name, hits in inside.items()}
    print(rates)
    assert all(0.90 <= rate <= 1 for rate in rates.values()), rates
