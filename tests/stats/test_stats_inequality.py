"""Inequality, reliability and shrinkage against published numbers and by their defining properties."""

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
VALUES = st.lists(st.floats(0.01, 1e4), min_size=3, max_size=30)


def test_mexican_states():
    """inequality/case01_mexico: 32 states x 7 decades (Rey and Sastre; PySAL inequality): Theil T, split, Gini."""
    table = pd.read_csv(DATA / "inequality" / "case01_mexico_input.csv")
    expected = pd.read_csv(DATA / "inequality" / "case01_mexico_expected.csv")
    for (year, measure), value in expected.set_index(["year", "measure"]).expected.items():
        x = table[f"pcgdp{year}"]
        total, between, within = stats.theil_decomposition(x, table.hanson98)
        found = {
            "theil_T": total,
            "theil_between_hanson98": between,
            "theil_within_hanson98": within,
            "gini": stats.gini(x),
        }[measure]
        assert found == pytest.approx(
            value, abs={"theil_within_hanson98": 5e-8, "gini": 1e-12}.get(measure, 5e-9)
        )


@given(VALUES, st.integers(0, 10**6))
def test_invariances(values, seed):
    x = np.array(values)
    shuffled = np.random.default_rng(seed).permutation(x)
    measures = (
        stats.gini,
        stats.theil,
        lambda v: stats.theil(v, kind="L"),
        lambda v: stats.atkinson(v, 0.5),
    )
    for measure in (*measures, lambda v: stats.atkinson(v, 1), lambda v: stats.atkinson(v, 2)):
        value = measure(x)
        assert value >= -1e-12
        assert measure(7.3 * x) == pytest.approx(value, abs=1e-9)
        assert measure(shuffled) == pytest.approx(value, abs=1e-9)
        assert measure(np.repeat(x, 2)) == pytest.approx(value, abs=1e-9)
        poorest, richest = x.argmin(), x.argmax()
        moved = x.copy()
        step = (x[richest] - x[poorest]) / 4
        moved[[poorest, richest]] += step, -step
        assert (
            measure(moved) <= value + 1e-9
        )  # a transfer from rich to poor never raises inequality


@given(VALUES, st.data())
def test_decompositions_add_up_and_weights_are_repetitions(values, data):
    x = np.array(values)
    size = len(x)
    groups = data.draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))
    weights = np.array(data.draw(st.lists(st.integers(1, 4), min_size=size, max_size=size)))
    total, between, within = stats.theil_decomposition(x, groups, weights)
    assert total == pytest.approx(between + within) and total == pytest.approx(
        stats.theil(x, weights)
    )
    assert between >= -1e-12 and within >= -1e-12
    parts = stats.dagum(x, groups, weights)
    assert sum(parts) == pytest.approx(stats.gini(x, weights), abs=1e-12) and min(parts) >= -1e-12
    repeated = np.repeat(x, weights)
    assert stats.gini(repeated) == pytest.approx(stats.gini(x, weights), abs=1e-12)
    assert stats.dagum(repeated, np.repeat(groups, weights)) == pytest.approx(parts, abs=1e-12)


def test_dagum_by_its_definition():
    x, groups = np.array([1.0, 4, 2, 6, 3, 9, 5]), np.array(list("aabbbcc"))
    n, mean = len(x), x.mean()
    within = between = transvariation = 0.0
    for j in "abc":
        for h in "abc":
            y, z = x[groups == j], x[groups == h]
            gap = np.abs(y[:, None] - z).mean()
            share = gap / (y.mean() + z.mean()) * (len(y) / n) * (len(z) * z.mean() / (n * mean))
            if j == h:
                within += share
                continue
            rich, poor = (y, z) if y.mean() >= z.mean() else (z, y)
            d = np.maximum(rich[:, None] - poor, 0).mean()
            p = np.maximum(poor[:, None] - rich, 0).mean()
            between += share * (d - p) / (d + p)
            transvariation += share * (1 - (d - p) / (d + p))
    assert stats.dagum(x, groups) == pytest.approx((within, between, transvariation))
    assert stats.dagum([1, 2, 3, 4, 8, 9], list("aabbcc"))[2] == pytest.approx(
        0, abs=1e-12
    )  # no overlap


def test_equal_zero_missing_and_negative():
    for measure in (stats.gini, stats.theil, lambda v: stats.atkinson(v, 1)):
        assert (
            measure([5, 5, 5]) == pytest.approx(0, abs=1e-12)
            and measure([0, 0]) == 0
            and measure([3]) == 0
        )
        assert np.isnan(measure([1, np.nan]))
        with pytest.raises(InputError, match="负数"):
            measure([1, -1])
    assert stats.gini([0, 0, 0, 1]) == pytest.approx(0.75) and stats.theil([0, 1]) == pytest.approx(
        np.log(2)
    )
    assert stats.atkinson([0, 1], 1) == 1 and stats.gini(np.ones((4, 5))).shape == (4,)
    people, value = stats.lorenz([3, 1])
    assert people.tolist() == [0, 0.5, 1] and value.tolist() == [0, 0.25, 1]


def test_cronbach_of_the_handbook():
    """OECD/JRC Handbook table 11: alpha .70354; item-total correlation .006; alpha if deleted .002."""
    x = pd.read_csv(DATA / "oecd_tai" / "table_a2_raw_23.csv").iloc[:, 1:]
    expected = pd.read_csv(DATA / "oecd_tai" / "table_11_cronbach.csv")
    assert stats.cronbach_alpha(x) == pytest.approx(0.70354, abs=5e-6)
    correlation, alpha = stats.item_analysis(x)
    assert correlation == pytest.approx(expected.corr_with_total.to_numpy(), abs=0.006)
    assert alpha == pytest.approx(expected.alpha_if_deleted.to_numpy(), abs=0.002)
    same = np.tile(np.arange(5.0)[:, None], 3)
    assert stats.cronbach_alpha(same) == pytest.approx(1) and stats.cronbach_alpha(
        same, False
    ) == pytest.approx(1)
    with pytest.raises(InputError):
        stats.cronbach_alpha(np.ones((3, 1)))


def test_shrinkage_recovers_the_prior_and_orders_by_size():
    rng = np.random.default_rng(4)
    total = rng.integers(5, 800, 3000)
    count = rng.binomial(total, rng.beta(12, 28, 3000))
    a, b = stats.beta_prior(count, total)
    assert a / (a + b) == pytest.approx(0.3, abs=0.01) and a + b == pytest.approx(40, rel=0.1)
    best = -reference.betabinom.logpmf(count, total, a, b).sum()
    for factor in (0.97, 1.03):
        assert -reference.betabinom.logpmf(count, total, a * factor, b * factor).sum() > best
    rates = stats.shrink([9, 90, 0, 3, np.nan, 30, 55], [10, 100, 0, 12, 5, 100, 100])
    small, large, empty = rates[:3]
    assert small < large < 0.9 and np.isnan(rates[4]) and 0 < empty < 1
    same = stats.shrink([5, 50, 10], [10, 100, 20])
    assert same == pytest.approx([0.5] * 3)  # no difference beyond chance
    with pytest.raises(InputError, match="分母"):
        stats.shrink([3, 1], [2, 4])


def test_adjustment_for_several_comparisons():
    assert stats.adjust([0.01, 0.04, np.nan, 0.03]) == pytest.approx(
        [0.03, 0.06, np.nan, 0.06], nan_ok=True
    )
    assert stats.adjust([0.01, 0.04], "bonferroni") == pytest.approx([0.02, 0.08])


def test_nobody_has_no_inequality_to_speak_of() -> None:
    """It was 1.0, the greatest there is, for the Gini and 0 for the others."""
    found = [
        stats.gini([]),
        stats.theil([]),
        stats.atkinson([], 1),
        *stats.theil_decomposition([], []),
        *stats.dagum([], []),
    ]
    assert np.isnan(found).all()
