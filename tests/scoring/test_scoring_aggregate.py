"""Aggregation, TOPSIS and ranks: published numbers, definitions, properties."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from evalkit import scoring
from evalkit.problems import InputError
from evalkit.scoring.aggregate import METHODS
from evalkit.scoring.index import Node
from evalkit.scoring.points import combine

DATA = Path(__file__).parents[1] / "data" / "references"
TABLE = arrays.arrays(float, (5, 3), elements=st.floats(0.01, 1).map(lambda v: round(v, 3)))
WEIGHTS = arrays.arrays(float, 3, elements=st.floats(0.05, 1))


def test_topsis_of_opricovic_and_tzeng():
    """Opricovic and Tzeng (2004): min-max norm .500 .617 .500, A1 and A3 tie; vector norm .762 .722 .238."""
    x = pd.read_csv(DATA / "mcdm" / "topsis_opricovic2004.csv")[["cost_c1_min", "c2_max"]]
    expected = pd.read_csv(
        DATA / "mcdm" / "topsis_opricovic2004_expected.csv"
    ).closeness_minmax_norm
    found = scoring.topsis(x, [0.5, 0.5], ["lower", "higher"], "minmax")
    assert found == pytest.approx(expected.to_numpy(), abs=5e-4) and found[0] == pytest.approx(
        found[2]
    )
    vector = scoring.topsis(x, [0.5, 0.5], ["lower", "higher"], "vector")
    assert vector == pytest.approx([0.762, 0.722, 0.238], abs=5e-4)
    assert scoring.topsis([[1, 2], [1, 2]], [1, 1]) == pytest.approx([0.5, 0.5])
    holed = scoring.topsis([[1.0, 2], [np.nan, 1], [3, 1]], [1, 1])
    assert np.isnan(holed).tolist() == [False, True, False]
    stack = scoring.topsis(np.stack([x, x]), [0.5, 0.5], ["lower", "higher"])
    assert stack[1] == pytest.approx(vector)


def test_means_by_their_formulas():
    x, w = np.array([[0.2, 0.8, 0.5]]), [2, 1, 1]
    values = np.array([0.2, 0.2, 0.8, 0.5])
    assert scoring.aggregate(x, w)[0] == pytest.approx(values.mean())
    assert scoring.aggregate(x, w, "geometric")[0] == pytest.approx(stats.gmean(values))
    assert scoring.aggregate(x, w, "harmonic")[0] == pytest.approx(stats.hmean(values))
    assert scoring.aggregate(x, w, "power", power=3)[0] == pytest.approx(
        (values**3).mean() ** (1 / 3)
    )
    assert scoring.aggregate(x, w, "power", power=0)[0] == pytest.approx(stats.gmean(values))
    assert scoring.aggregate(x, w, "median")[0] == pytest.approx(np.median(values))
    assert scoring.aggregate([[1, 2, 3, 9.0]], None, "median")[0] == 2.5
    for method in ("geometric", "harmonic"):
        assert scoring.aggregate([[0.0, 1]], [1, 1], method)[0] == 0
        assert scoring.aggregate([[0.0, 1]], [0, 1], method)[0] == pytest.approx(
            1
        )  # weight 0 counts nothing


def test_copeland_by_hand():
    """Weights .5 .3 .2: a beats b (.5 + .2), b beats c (.3 + .2 and half of a tied .5: .75), a beats c."""
    x = np.array([[3.0, 1, 2], [2, 3, 1], [2, 2, 0]])
    matrix = scoring.outranking(x, [0.5, 0.3, 0.2])
    assert (
        matrix[0, 1] == pytest.approx(0.7)
        and matrix[1, 2] == pytest.approx(0.75)
        and matrix[2, 2] == 0
    )
    assert matrix + matrix.T == pytest.approx(1 - np.eye(3))
    assert scoring.aggregate(x, [0.5, 0.3, 0.2], "copeland").tolist() == [2, 0, -2]
    cycle = np.array([[3, 2, 1], [2, 1, 3], [1, 3, 2.0]])
    assert scoring.aggregate(cycle, None, "copeland").tolist() == [0, 0, 0]
    rng = np.random.default_rng(0)
    stack, weights = rng.uniform(size=(4, 6, 3)), rng.uniform(size=(4, 3))
    whole = scoring.aggregate(stack, weights, "copeland")
    for n in range(4):
        over = scoring.outranking(stack[n], weights[n])
        expected = (over > 0.5).sum(1) - ((over < 0.5) & ~np.eye(6, dtype=bool)).sum(1)
        assert whole[n].tolist() == expected.tolist()


@given(
    TABLE, WEIGHTS, st.sampled_from(METHODS), st.permutations(range(5)), st.permutations(range(3))
)
def test_permutation_and_monotonicity(x, w, method, rows, columns):
    score = scoring.aggregate(x, w, method)
    assert scoring.aggregate(x[rows], w, method) == pytest.approx(score[rows])
    assert scoring.aggregate(x[:, columns], w[columns], method) == pytest.approx(score)
    assert scoring.aggregate(x, 7 * w, method) == pytest.approx(score)
    better = x.copy()
    better[2, 1] += 0.3
    assert scoring.aggregate(better, w, method)[2] >= score[2] - 1e-12
    if method != "copeland":
        assert (score >= x.min(1) - 1e-9).all() and (score <= x.max(1) + 1e-9).all()
        assert scoring.aggregate(0.3 * x, w, method) == pytest.approx(0.3 * score)


@given(TABLE, WEIGHTS)
def test_means_are_ordered(x, w):
    harmonic, geometric, arithmetic = (
        scoring.aggregate(x, w, m) for m in ("harmonic", "geometric", "arithmetic")
    )
    assert (harmonic <= geometric + 1e-12).all() and (geometric <= arithmetic + 1e-12).all()


@pytest.mark.parametrize("method", METHODS)
def test_missing_values_and_what_must_be_known(method):
    x = np.array([[0.2, 0.4, np.nan], [0.5, 0.6, 0.7], [np.nan] * 3, [0.1, 0.9, 0.3]])
    w = [0.5, 0.3, 0.2]
    assert np.isnan(scoring.aggregate(x, w, method)).tolist() == [True, False, True, False]
    partial = scoring.aggregate(x, w, method, needs=0.8)
    assert np.isnan(partial).tolist() == [False, False, True, False]
    assert np.isnan(scoring.aggregate(x, w, method, needs=0.85)[0])
    if method != "copeland":
        assert partial[0] == pytest.approx(scoring.aggregate(x[:1, :2], w[:2], method)[0])
    stack = scoring.aggregate(np.stack([x, x]), np.array([w, w]), method, needs=0.8)
    assert stack[1] == pytest.approx(partial, nan_ok=True)


def test_levels_with_a_rule_for_each_node():
    rng = np.random.default_rng(2)
    x, w = rng.uniform(0.1, 1, (3, 8, 5)), rng.uniform(0.5, 1, 5)
    leaves = [Node(f"i{j}", "", 1.0) for j in range(5)]
    first, second = (
        Node("两个覆盖", "", 2.0, tuple(leaves[:2]), "geometric"),
        Node("经费保障", "", 3.0, tuple(leaves[2:])),
    )
    level = [
        scoring.aggregate(x[..., :2], w[:2], "geometric"),
        scoring.aggregate(x[..., 2:], w[2:]),
    ]
    whole = combine(Node("r", "", 5.0, (first, second)), x, w)
    assert whole.shape == (3, 8)
    assert whole == pytest.approx(
        scoring.aggregate(np.stack(level, -1), [w[:2].sum(), w[2:].sum()])
    )
    assert combine(first, x[..., :2], np.stack([w[:2]] * 3)) == pytest.approx(level[0])
    with pytest.raises(InputError, match="两个覆盖"):
        combine(first, -x[..., :2], w[:2])


def test_impossible_combinations_are_refused_before_the_run():
    for normalisation in ("zscore", "difference_mean", "above_below"):
        with pytest.raises(InputError, match="经费保障"):
            scoring.check_combination(normalisation, "geometric", "经费保障")
    with pytest.raises(InputError, match="负数"):
        scoring.check_combination("minmax", "harmonic", to=(-1, 1))
    with pytest.raises(InputError, match="copeland"):
        scoring.check_combination("minmax", "mode")
    scoring.check_combination("share_of_target", "geometric")
    scoring.check_combination("zscore", "copeland")
    with pytest.raises(InputError, match="负数"):
        scoring.aggregate([[-1.0, 2]], [1, 1], "geometric")
    for weights in ([1, -1], [0, 0], [1, np.nan], [1, 1, 1]):
        with pytest.raises(InputError, match="权重"):
            scoring.aggregate([[1.0, 2]], weights)


def test_ranks_and_ties():
    x = [3, 1, 3, np.nan, 2]
    assert scoring.rank(x) == pytest.approx([1, 4, 1, np.nan, 3], nan_ok=True)
    assert scoring.rank(x, "average") == pytest.approx([1.5, 4, 1.5, np.nan, 3], nan_ok=True)
    assert scoring.rank(x, "dense") == pytest.approx([1, 3, 1, np.nan, 2], nan_ok=True)
    assert scoring.rank([1, 2, 2], better="lower").tolist() == [1, 2, 2]
    assert np.isnan(scoring.rank([np.nan, np.nan])).all() and scoring.rank([5]).tolist() == [1]
    with pytest.raises(InputError, match="dense"):
        scoring.rank(x, "max")


@given(
    arrays.arrays(float, (3, 6), elements=st.integers(0, 5).map(float)),
    st.sampled_from(["min", "average", "dense"]),
)
def test_ranks_are_those_of_scipy(x, ties):
    assert np.array_equal(scoring.rank(x, ties), stats.rankdata(-x, ties, axis=1))
    assert np.array_equal(scoring.rank(x.T, ties, axis=0), scoring.rank(x, ties).T)


def test_obstacle_degrees_add_up():
    """w (1 - x) over its sum: .4 x .5 = .2 and .6 x .1 = .06 give 76.9% and 23.1%."""
    degrees = scoring.obstacle([[0.5, 0.9], [1, 1], [np.nan, 0.5]], [0.4, 0.6])
    assert degrees[0] == pytest.approx([0.2 / 0.26, 0.06 / 0.26]) and degrees[1].tolist() == [0, 0]
    assert np.isnan(degrees[2, 0]) and degrees[2, 1] == 1
    with pytest.raises(InputError, match="0 至 1"):
        scoring.obstacle([[50.0, 60]], [1, 1])


def test_chain_on_replications_equals_the_chain_on_each():
    rng = np.random.default_rng(5)
    x = rng.lognormal(0, 1.2, (6, 40, 5))
    better = ["higher", "lower", "higher", "higher", "lower"]

    def chain(data):
        shares = scoring.normalise(scoring.treat(data).x, "minmax", better)
        return scoring.rank(scoring.aggregate(shares, [3, 1, 1, 2, 2]))

    assert np.array_equal(chain(x), np.stack([chain(part) for part in x]))
