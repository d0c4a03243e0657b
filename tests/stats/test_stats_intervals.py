"""Limits against published tables: Public Health England's test data, Dobson's method, funnels, control charts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from evalkit import stats
from evalkit.problems import InputError

DATA = Path(__file__).parents[1] / "data" / "references"


def test_byar_and_wilson_give_the_tables_of_public_health_england():
    """phe/byars_wilson.csv and phe/proportion_wilson.csv, relative 1e-12; the blank lower limit is NaN."""
    for row in pd.read_csv(DATA / "phe" / "byars_wilson.csv").itertuples():
        confidence = float(row.confidence.rstrip("%")) / 100
        limits = (
            stats.wilson(row.x, row.n, confidence)
            if row.method == "Wilson"
            else stats.byar(row.x, confidence)
        )
        assert limits == pytest.approx((row.lowercl, row.uppercl), rel=1e-12, nan_ok=True)
    table = pd.read_csv(DATA / "phe" / "proportion_wilson.csv")
    for confidence, low, high in (
        (0.95, "lower95_0cl", "upper95_0cl"),
        (0.998, "lower99_8cl", "upper99_8cl"),
    ):
        limits = stats.wilson(table.Numerator, table.Denominator, confidence)
        for found, expected in zip(limits, (low, high), strict=True):
            assert np.asarray(found) * table.multiplier.to_numpy() == pytest.approx(
                table[expected].to_numpy(), rel=1e-12, nan_ok=True
            )


def test_wilson_of_shuozhou():
    """1,948 of 5,117 enterprises = 38.07%, limits 36.75% to 39.41%."""
    low, high = stats.wilson(1948, 5117)
    assert (round(100 * low, 2), round(100 * high, 2)) == (36.75, 39.41)


def test_edges_of_limits():
    assert stats.wilson(0, 10)[0] == 0.0 and stats.wilson(10, 10)[1] == 1.0
    for count, total in ((0, 0), (np.nan, 5), (1, np.nan), ([-1], [5]), ([6], 5)):
        assert np.isnan(stats.wilson(count, total)).all()
    for count, total in ((-1, 5), (6, 5)):  # one pair that cannot be is a mistake of who typed it
        with pytest.raises(InputError, match=f"{count} / {total}"):
            stats.wilson(count, total)
    assert stats.poisson_exact(0) == pytest.approx((0.0, -np.log(0.025)))  # exact: exp(-mu) = 0.025
    assert stats.byar(0)[0] == 0.0 and np.isnan(stats.byar(-1)).all()
    assert np.isnan(stats.student(5, 1, 1)).all()
    assert stats.wilson([[1, 2], [3, 4]], 9)[0].shape == (2, 2)
    with pytest.raises(InputError, match="如 0"):
        stats.wilson(1, 2, 95)


@given(st.integers(0, 400), st.integers(1, 400), st.sampled_from([0.8, 0.95, 0.998]))
def test_limits_hold_the_rate_and_widen_with_confidence(count, total, confidence):
    count = min(count, total)
    low, high = stats.wilson(count, total, confidence)
    assert 0 <= low <= count / total <= high <= 1
    wide = stats.wilson(count, total, 0.999)
    assert wide[0] <= low and high <= wide[1]
    mirrored = stats.wilson(total - count, total, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)
    low, high = stats.poisson_exact(count, confidence)
    tail = (1 - confidence) / 2
    assert reference.poisson.cdf(count, high) == pytest.approx(tail, rel=1e-6)
    assert count == 0 or reference.poisson.sf(count - 1, low) == pytest.approx(tail, rel=1e-6)


def test_student_is_the_t_interval():
    x = np.array([9.0, 11, 10, 13, 7])
    expected = reference.t.interval(0.95, 4, x.mean(), x.std(ddof=1) / np.sqrt(5))
    assert stats.student(x.mean(), x.std(ddof=1), 5) == pytest.approx(expected)


def test_dobson_with_one_stratum_is_byar():
    low, high = stats.byar(40)
    assert stats.dobson([40], [1000], [7]) == pytest.approx((low / 1000, high / 1000))
    rate = stats.standardised_rate([10, 30], [1000, 500], [2, 1])
    assert rate == pytest.approx((2 * 0.01 + 0.06) / 3)
    low, high = stats.dobson([10, 30], [1000, 500], [2, 1])
    variance = (4 * 10 / 1000**2 + 30 / 500**2) / 9
    byar = stats.byar(40)
    assert low == pytest.approx(rate + np.sqrt(variance / 40) * (byar[0] - 40))
    assert high == pytest.approx(rate + np.sqrt(variance / 40) * (byar[1] - 40))
    stacked = stats.dobson([[10, 30], [20, 30]], [1000, 500], [2, 1])
    assert stacked[0].shape == (2,) and stacked[0][0] == pytest.approx(low)


def test_one_bad_area_has_no_standardised_rate_and_the_others_keep_theirs():
    counts = [[10, 30], [4, 5], [40, 5], [-1, 50], [np.nan, 30], [10, 30]]
    people = [[1000, 500], [100, 100], [100, 0], [1000, 500], [1000, 500], [1000, 500]]
    rates = stats.standardised_rate(counts, people, [2, 1])
    low, high = stats.dobson(counts, people, [2, 1])
    alone = stats.dobson([10, 30], [1000, 500], [2, 1])
    assert np.isnan(rates).tolist() == [False, False, True, True, True, False]
    assert rates[1] == pytest.approx((2 * 0.04 + 0.05) / 3)
    for end, limits in zip(alone, (low, high), strict=True):
        assert np.isnan(limits).tolist() == [
            False,
            True,
            True,
            True,
            True,
            False,
        ]  # 9 events are too few for limits
        assert limits[[0, 5]] == pytest.approx(end)
    assert np.isnan(stats.dobson([4, 5], [100, 100], [1, 1])).all()
    assert stats.dobson([5, 5], [100, 100], [1, 1])[0] == pytest.approx(
        0.05 + 0.05 / 10 * (stats.byar(10)[0] - 10)
    )


def test_a_stratum_without_weight_counts_nothing():
    assert stats.standardised_rate([10, 7], [1000, 0], [2, 0]) == pytest.approx(0.01)
    assert stats.dobson([20, np.nan], [1000, 10], [2, 0]) == pytest.approx(
        stats.dobson([20], [1000], [2])
    )
    assert np.isnan(stats.standardised_rate([10, 7], [1000, 10], [0, 0]))
    assert (
        np.isnan(stats.standardised_rate([], [], [])) and np.isnan(stats.dobson([], [], [])).all()
    )
    with pytest.raises(InputError, match="standard"):
        stats.dobson([10, 7], [1000, 10], [1, -1])


def test_exact_poisson_limits_of_whole_counts():
    """spc/poisson_limits_expected.csv (FunnelPlotR): the exact interval of an observed count, over that count; 1e-6."""
    table = pd.read_csv(DATA / "spc" / "poisson_limits_expected.csv")
    for confidence, suffix in ((0.95, "95"), (0.998, "998")):
        low, high = stats.poisson_exact(
            table.number_seq, confidence
        )  # a Series is as good as an array
        assert low / table.number_seq.to_numpy() == pytest.approx(
            table["ll" + suffix].to_numpy(), abs=1e-6
        )
        assert high / table.number_seq.to_numpy() == pytest.approx(
            table["ul" + suffix].to_numpy(), abs=1e-6
        )


def test_funnel_of_ten_expected_events():
    """By hand: an observed 3.83 has the upper limit 10, an observed 17.13 the lower limit 10."""
    low, high = stats.funnel_limits("ratio", 1, 10)
    assert (round(low, 3), round(high, 3)) == (0.383, 1.713)
    assert reference.chi2.ppf(0.975, 2 * 10 * low + 2) / 2 == pytest.approx(10)
    assert reference.chi2.ppf(0.025, 2 * 10 * high) / 2 == pytest.approx(10)


@given(st.floats(1e-3, 1e6), st.sampled_from([0.8, 0.95, 0.99, 0.998]))
def test_funnel_limits_are_the_counts_whose_interval_just_holds_the_expected_one(
    expected, confidence
):
    low, high = stats.funnel_limits("ratio", 1, expected, confidence)
    tail = (1 - confidence) / 2
    assert stats.poisson_exact(high * expected, confidence)[0] == pytest.approx(expected, rel=1e-9)
    if np.exp(-expected) >= tail:  # no event at all is no surprise
        assert low == 0
    else:
        assert stats.poisson_exact(low * expected, confidence)[1] == pytest.approx(
            expected, rel=1e-9
        )
    rate = stats.funnel_limits("rate", 0.02, expected / 0.02, confidence)
    assert rate == pytest.approx((0.02 * low, 0.02 * high), rel=1e-9)


def test_funnel_at_its_edges():
    low, high = stats.funnel_limits("ratio", 1, [3.68, 3.70, 0, -1, np.nan, np.inf], 0.95)
    assert low[0] == 0 and low[1] > 0 and np.isnan(low[2:]).all() and np.isnan(high[2:]).all()
    assert stats.funnel_limits("rate", 0, 100) == (0.0, 0.0)
    assert stats.funnel_limits("rate", 0, 100, phi=2) == (0.0, 0.0)
    narrow, wide = (stats.funnel_limits("ratio", 1, 10, level) for level in (0.95, 0.998))
    assert wide[0] < narrow[0] < 1 < narrow[1] < wide[1]
    size = np.array([[10.0, 100.0], [1000.0, 5.0]])
    both = stats.funnel_limits("rate", 0.5, size)
    assert both[0].shape == (2, 2) and both[0][1, 0] == pytest.approx(
        stats.funnel_limits("rate", 0.5, 1000)[0]
    )
    assert np.all(np.diff(stats.funnel_limits("ratio", 1, np.arange(4, 400))[0]) > 0)
    for target in (-0.1, [0.5, -1]):
        with pytest.raises(InputError, match="target"):
            stats.funnel_limits("rate", target, 10)


def test_proportion_funnel_is_where_wilson_limits_touch_the_target():
    """Fingertips draws the funnel so that a point is outside exactly when its Wilson interval misses the average."""
    low, high = stats.funnel_limits("proportion", 0.3, 200, 0.95)
    assert stats.wilson(low * 200, 200)[1] == pytest.approx(0.3)
    assert stats.wilson(high * 200, 200)[0] == pytest.approx(0.3)
    assert stats.funnel_limits("proportion", 0.02, 10)[0] == 0.0
    assert np.isnan(stats.funnel_limits("proportion", 0.3, 0)).all()
    with pytest.raises(InputError, match="proportion"):
        stats.funnel_limits("share", 0.3, 10)
    with pytest.raises(InputError, match="100"):
        stats.funnel_limits("proportion", 85, 10)


def test_overdispersion_of_spiegelhalter():
    z = np.array([-3.0, -1, 0, 1, 3])
    phi, tau = stats.overdispersion(z, winsorise=0)
    assert phi == pytest.approx(4.0) and tau == pytest.approx((5 * 4 - 4) / 4)
    se = np.array([0.1, 0.2, 0.1, 0.4, 0.2])
    w = 1 / se**2
    expected = (5 * 4 - 4) / (w.sum() - (w**2).sum() / w.sum())
    assert stats.overdispersion(z, 0, se)[1] == pytest.approx(expected)
    clipped = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    assert stats.overdispersion(z)[0] == pytest.approx((clipped**2).mean())
    assert stats.overdispersion([0.1, -0.2, 0.3])[1] == 0.0
    plain, wide = (stats.funnel_limits("ratio", 1, 50, 0.95, tau_squared=t) for t in (0, 0.1))
    assert wide[0] < plain[0] and plain[1] < wide[1]
    assert wide == pytest.approx(
        np.exp([-1.959963984540054 * np.sqrt(0.12), 1.959963984540054 * np.sqrt(0.12)])
    )
    for kind, target in (("proportion", 0.4), ("rate", 0.1)):
        narrow, wide = (stats.funnel_limits(kind, target, 100, phi=p) for p in (1, 4))
        assert wide[0] < narrow[0] < target < narrow[1] < wide[1]


def test_p_chart_of_the_textbook():
    """spc/pchart_ex16_6.csv: centre .16, limits .0822 and .2378, 5e-5."""
    table = pd.read_csv(DATA / "spc" / "pchart_ex16_6.csv")
    centre, low, high = stats.spc_limits(table.defectives, "p", table.n)
    assert centre == pytest.approx(0.16, abs=5e-5)
    assert low == pytest.approx(np.full(10, 0.0822), abs=5e-5) and high == pytest.approx(
        np.full(10, 0.2378), abs=5e-5
    )
    assert stats.spc_limits(table.defectives, "p", 200)[1:] == pytest.approx((low[0], high[0]))


def test_individuals_chart_of_nist():
    """NIST/SEMATECH e-Handbook 6.3.2.2, flow rates: mean 50.81, mean range 1.8778, limits 45.8159 and 55.8041."""
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    centre, low, high = stats.spc_limits(flow, "xmr", screen=False)
    mean_range = np.abs(np.diff(flow)).mean()
    assert centre == pytest.approx(50.81) and mean_range == pytest.approx(1.8778, abs=5e-5)
    assert (low, high) == pytest.approx((45.8159, 55.8041), abs=2e-4)
    jump = [*flow, 90.0]
    screened, raw = (stats.spc_limits(jump, "xmr", screen=s) for s in (True, False))
    assert screened[2] - screened[0] == pytest.approx(high - centre) and raw[2] > screened[2]
    assert np.isnan(stats.spc_limits([1.0], "xmr")[1])


def test_other_charts():
    centre, _low, high = stats.spc_limits([4, 9, 8], "u", [10, 20, 5])
    assert centre == pytest.approx(0.6) and high == pytest.approx(
        0.6 + 3 * np.sqrt(0.6 / np.array([10, 20, 5]))
    )
    assert stats.spc_limits([4, 9, 8], "c") == pytest.approx((7, 0, 7 + 3 * np.sqrt(7)))
    assert stats.spc_limits([4, 9, 8], "np", 50)[0] == pytest.approx(7)
    for arguments in (([1, 2], "p"), ([1, 2], "cusum"), ([3, 2], "p", 2)):
        with pytest.raises(InputError):
            stats.spc_limits(*arguments)


def test_run_rules_need_the_same_side():
    both = stats.run_rules([2.5, -2.5, 0, 0], 0, -3, 3)
    same = stats.run_rules([2.5, 0, 2.5, 0], 0, -3, 3)
    assert not both["two_of_three"].any() and same["two_of_three"].tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert stats.run_rules([1.5, 1.5, -1.5, 1.5, 1.5], 0, -3, 3)["four_of_five"].tolist() == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert not stats.run_rules([1.5, 1.5, -1.5, -1.5, 1.5], 0, -3, 3)["four_of_five"].any()
    assert stats.run_rules([1] * 8, 0, -3, 3)["shift"].all()
    assert not stats.run_rules([1] * 4 + [0] + [1] * 4, 0, -3, 3)["shift"].any()
    assert stats.run_rules([1, 2, 3, 4, 5, 6, 0], 3, -9, 9)["trend"].tolist() == [True] * 6 + [
        False
    ]
    assert stats.run_rules([4, 0, -4], 0, -3, 3)["outside"].tolist() == [True, False, True]
