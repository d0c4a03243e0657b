"""Normalisation, outlier treatment, imputation: published tables and properties."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalkit import scoring
from evalkit.problems import InputError
from evalkit.scoring.normalise import METHODS

DATA = Path(__file__).parents[1] / "data" / "references"
LIMITS = {
    "share_of_target": {"target": 60},
    "distance": {"target": 150},
    "goalposts": {"low": 0.5, "high": 120},
}


@pytest.mark.parametrize(
    ("column", "method", "tolerance"),
    [
        ("rank_high_on_top", "rank", 0),
        ("zscore", "zscore", 0.0051),
        ("minmax", "minmax", 0.0051),
        ("ratio_to_mean", "ratio_mean", 0.0051),
        ("ratio_to_best", "ratio_best", 0.0051),
        ("ratio_to_worst", "ratio_worst", 0.0051),
        ("diff_to_mean_rel", "difference_mean", 0.0051),
        ("diff_to_worst_rel", "difference_worst", 0.0051),
        ("above_below_mean_p20", "above_below", 0),
        ("percentile", "percentile", 0.05),
    ],
)
def test_ten_normalisations_of_the_handbook(column, method, tolerance):
    """OECD/JRC Handbook (2008), table 15, mean years of schooling in 23 countries."""
    table = pd.read_csv(DATA / "oecd_tai" / "table_15_normalisation_schooling.csv")
    found = scoring.normalise(table.schooling, method)
    assert found == pytest.approx(table[column].to_numpy(), abs=tolerance)


def test_human_development_index():
    """UNDP technical note: 3,829 a head between 100 and 75,000 in logs is .5506; with .6971 and .3447 HDI = .510."""
    income = scoring.normalise([3829.0], "goalposts", low=100, high=75_000, log=True)[0]
    assert income == pytest.approx(0.5506, abs=5e-4)
    assert scoring.aggregate([[income, 0.6971, 0.3447]], method="geometric")[0] == pytest.approx(
        0.510, abs=5e-4
    )


def test_points_a_clerk_can_check():
    share = scoring.normalise([[0.3], [0.4], [0.5]], "share_of_target", target=0.4)
    assert share[:, 0] == pytest.approx([0.75, 1, 1])
    load = scoring.normalise([3, 6.5, 10, 12, 2], "share_of_target", "lower", target=3, zero_at=10)
    assert load == pytest.approx([1, 0.5, 0, 0, 1])
    assert scoring.normalise([4, 8, 0], "share_of_target", "lower", target=4) == pytest.approx(
        [1, 0.5, 1]
    )
    points = scoring.normalise([50, 75, 100], "linear_60_100", low=50, high=100)
    assert points == pytest.approx([60, 80, 100])
    assert scoring.normalise([50, 75, 100], "linear_60_100", "lower") == pytest.approx(
        [100, 80, 60]
    )
    assert scoring.normalise([1, 2, 3], "minmax", to=(1, 100)) == pytest.approx([1, 50.5, 100])
    assert scoring.normalise([0, 5, 20], "distance", target=10) == pytest.approx([0, 0.5, 2])
    assert scoring.normalise([0, 5, 20], "distance", target=10, cap=True) == pytest.approx(
        [0, 0.5, 1]
    )
    assert scoring.normalise([12, 15], "distance", target=10) == pytest.approx(
        [1, 1]
    )  # all have reached it
    assert scoring.normalise([1, 2, 2, 5], "rank", "lower") == pytest.approx([4, 2, 2, 1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_missing_constant_one_unit_and_stacks(method, direction):
    limits = LIMITS.get(method, {})
    x = np.random.default_rng(0).uniform(1, 100, (4, 7, 3))
    whole = scoring.normalise(x, method, direction, **limits)
    for n in range(4):
        assert whole[n] == pytest.approx(scoring.normalise(x[n], method, [direction] * 3, **limits))
    holed = x[0].copy()
    holed[2, 1] = np.nan
    rest = scoring.normalise(np.delete(holed, 2, axis=0), method, direction, **limits)
    assert np.delete(scoring.normalise(holed, method, direction, **limits), 2, axis=0)[
        :, 1
    ] == pytest.approx(rest[:, 1])
    assert np.isnan(scoring.normalise(holed, method, direction, **limits)[2, 1])
    assert np.isfinite(scoring.normalise(np.full((4, 1), 7.0), method, direction, **limits)).all()
    assert np.isfinite(scoring.normalise([[7.0]], method, direction, **limits)).all()
    assert np.isnan(scoring.normalise(np.full((4, 1), np.nan), method, direction, **limits)).all()


@given(
    arrays.arrays(float, (6, 2), elements=st.floats(1, 1000).map(lambda v: round(v, 2))),
    st.sampled_from(METHODS),
    st.sampled_from(["higher", "lower"]),
    st.permutations(range(6)),
)
def test_order_is_kept_and_does_not_depend_on_units_or_rows(x, method, direction, order):
    limits = LIMITS.get(method, {})
    result = scoring.normalise(x, method, direction, **limits)
    assert scoring.normalise(x[order], method, direction, **limits) == pytest.approx(result[order])
    for j in range(2):
        rising = np.argsort(x[:, j] if direction == "higher" else -x[:, j])
        assert (np.diff(result[rising, j]) >= -1e-9).all()
    scaled = {key: np.multiply(value, 0.01) for key, value in limits.items()}
    assert scoring.normalise(x * 0.01, method, direction, **scaled) == pytest.approx(
        result, abs=1e-9
    )


def test_refusals_name_what_is_wrong():
    cases = [
        ({"method": "softmax"}, "minmax"),
        ({"method": "minmax", "better": "near"}, "higher"),
        ({"method": "minmax", "better": ["higher"]}, "方向"),
        ({"method": "share_of_target"}, "target"),
        ({"method": "goalposts", "low": 1}, "high"),
        ({"method": "goalposts", "low": 2, "high": 2}, "小于"),
        ({"method": "share_of_target", "target": 10, "zero_at": 3, "better": "lower"}, "零分值"),
        ({"method": "minmax", "log": True}, "大于 0"),
        ({"method": "ratio_mean", "better": "lower"}, "0 值"),
    ]
    for arguments, message in cases:
        with pytest.raises(InputError, match=message):
            scoring.normalise([[0.0, 1], [2, 3]], **arguments)


def successive(x, most):
    """Winsorising as the method's description has it: the outermost value again and again, check after each."""
    x, ends = x.copy(), [(), ()]
    while scoring.outlying(x[:, None])[0] and (most is None or sum(map(len, ends)) < most):
        if scoring.moments(x[:, None])[0][0] >= 0:
            ends[0] = np.flatnonzero(x == np.nanmax(x))
            x[ends[0]] = np.nanmax(np.delete(x, ends[0]))
        else:
            ends[1] = np.flatnonzero(x == np.nanmin(x))
            x[ends[1]] = np.nanmin(np.delete(x, ends[1]))
    return x, sum(map(len, ends))


def test_winsorising_equals_its_description():
    rng = np.random.default_rng(0)
    checked = 0
    for case in range(300):
        x = rng.lognormal(0, rng.uniform(0.5, 2.5), rng.integers(5, 60)) * rng.choice([-1, 1])
        x = np.round(x) if case % 3 == 0 else x
        x[rng.integers(0, len(x))] = -50 if case % 5 == 0 else x[0]
        x[0] = np.nan if case % 7 == 0 else x[0]
        most = [5, None, 1, 3][case % 4]
        expected, count = successive(x, most)
        found = scoring.treat(x[:, None], "winsorise", max_points=most)
        assert found.x[:, 0] == pytest.approx(expected, nan_ok=True) and found.points[0] == count
        checked += count > 0
    assert checked > 100


def test_moments_are_those_of_excel():
    from scipy import stats

    x = np.random.default_rng(3).lognormal(size=(2, 30, 4))
    skew, kurtosis = scoring.moments(x)
    assert skew == pytest.approx(stats.skew(x, axis=1, bias=False))
    assert kurtosis == pytest.approx(stats.kurtosis(x, axis=1, bias=False))
    x[0, 3, 1] = np.nan
    assert scoring.moments(x)[0][0, 1] == pytest.approx(
        stats.skew(np.delete(x[0, :, 1], 3), bias=False)
    )
    assert np.isnan(scoring.moments(np.full((9, 1), 0.1))[0][0]) and np.isnan(
        scoring.moments([[1.0], [2]])[0][0]
    )


def test_treatment_chain():
    """COINr's chain: winsorise up to 5 points; where the check still fails, log(x - min + 1% of the range)."""
    good = np.arange(1.0, 61)
    one = np.r_[good[:-1], 900]
    heavy = np.exp(np.r_[np.linspace(0, 1, 52), np.linspace(5, 9, 8)])
    x = np.column_stack([good, one, heavy, -heavy])
    result = scoring.treat(x)
    assert result.done.tolist() == ["", "winsorise", "log", "log"] and result.points.tolist() == [
        0,
        1,
        0,
        0,
    ]
    assert np.array_equal(result.x[:, 0], good) and result.x[-1, 1] == 59
    expected = np.log(heavy - heavy.min() + 0.01 * np.ptp(heavy))
    assert result.x[:, 2] == pytest.approx(expected) and result.x[:, 3] == pytest.approx(-expected)
    table = scoring.treatment_table(x, result)
    assert table["passes"][:2].all() and abs(table["skewness_after"][1]) < abs(
        table["skewness_before"][1]
    )
    assert scoring.treat(x, "none").x is not x and np.array_equal(scoring.treat(x, "none").x, x)
    assert scoring.treat(x, "box_cox", power=0).x[:, 2] == pytest.approx(expected)
    skewed = np.sort(np.random.default_rng(1).lognormal(0, 2, 80))[:, None]
    free = scoring.treat(skewed, "box_cox").x
    assert (np.diff(free[:, 0]) > 0).all() and abs(scoring.moments(free)[0][0]) < 0.5
    stack = scoring.treat(np.stack([x, x[::-1]]))
    assert stack.x[0] == pytest.approx(result.x) and stack.x[1] == pytest.approx(result.x[::-1])
    with pytest.raises(InputError, match="winsorise"):
        scoring.treat(x, "trim")


def test_imputation_is_flagged():
    x = np.array([[1.0, 10], [np.nan, 20], [3, np.nan], [8, 30]])
    filled, flags = scoring.impute(x, "mean")
    assert filled[1, 0] == 4 and filled[2, 1] == 20 and flags.sum() == 2 and np.isnan(x[1, 0])
    assert scoring.impute(x, "median")[0][1, 0] == 3
    grouped, flags = scoring.impute(x, "group", groups=["a", "a", "b", "c"])
    assert grouped[1, 0] == 1 and np.isnan(grouped[2, 1]) and flags.sum() == 1
    past = np.array(
        [[[7.0, 7], [5, 5], [np.nan, 4], [1, 1]], [[7, 7], [np.nan, 6], [np.nan, np.nan], [1, 1]]]
    )
    panel, flags = scoring.impute(x, "panel", previous=past)
    assert panel[1, 0] == 5 and panel[2, 1] == 4 and flags.sum() == 2
    same, flags = scoring.impute(x, "none")
    assert np.isnan(same).sum() == 2 and not flags.any()
    empty, flags = scoring.impute(np.full((3, 1), np.nan), "mean")
    assert np.isnan(empty).all() and not flags.any()
    stack = scoring.impute(np.stack([x, x]), "mean")[0]
    assert stack[1] == pytest.approx(filled)
    for arguments in ({"method": "knn"}, {"method": "group"}, {"method": "panel"}):
        with pytest.raises(InputError):
            scoring.impute(x, **arguments)
