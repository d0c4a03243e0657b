"""Weights: analytic hierarchy process, data-driven weights, benefit of the doubt."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import scoring
from evalkit.problems import InputError
from evalkit.scoring.ahp import inconsistent

DATA = Path(__file__).parents[1] / "data" / "references"


def tai():
    return pd.read_csv(DATA / "oecd_tai" / "table_a2_raw_23.csv").iloc[:, 1:].to_numpy()


def drinks():
    pairs = pd.read_csv(DATA / "mcdm" / "ahp_saaty2008_drinks_pairs.csv")
    expected = pd.read_csv(DATA / "mcdm" / "ahp_saaty2008_drinks_expected.csv")
    names, matrix = list(expected.item), np.zeros((7, 7))
    for a, b, value in pairs.itertuples(index=False):
        matrix[names.index(a), names.index(b)] = value
    return matrix, expected.weight_4dp.to_numpy()


def test_ahp_of_the_handbook():
    """OECD/JRC Handbook table 20: eigenvector, lambda 8.21108, CI .030154, 5e-5; fractions are read as written."""
    matrix = pd.read_csv(DATA / "oecd_tai" / "table_20_ahp_matrix.csv").iloc[:, 1:].to_numpy()
    weights, largest, index, ratio = scoring.ahp(matrix)
    expected = [0.2291, 0.1346, 0.0594, 0.1761, 0.0385, 0.0385, 0.2522, 0.0715]
    assert weights == pytest.approx(expected, abs=5e-5)
    assert (largest, index) == pytest.approx(
        (8.21108, 0.030154), abs=5e-5
    ) and ratio == pytest.approx(index / 1.41)


def test_ahp_of_saaty_from_one_triangle():
    """Saaty (2008), drinks: weights, lambda 7.176629, CR 0.022."""
    matrix, expected = drinks()
    result = scoring.ahp(matrix)
    assert result.weights == pytest.approx(expected, abs=5e-5)
    assert result.lambda_max == pytest.approx(7.176629, abs=5e-7)
    assert result.consistency_ratio == pytest.approx(0.022, abs=5e-4)


@given(st.lists(st.floats(0.1, 1), min_size=3, max_size=7), st.integers(0, 10**6))
def test_consistent_matrices_give_their_weights_even_with_gaps(values, seed):
    w = np.array(values) / sum(values)
    matrix = w[:, None] / w
    rng = np.random.default_rng(seed)
    for _ in range(
        len(w) - 2
    ):  # a chain of neighbours stays, so that everything remains comparable
        i, j = sorted(rng.choice(len(w), 2, replace=False))
        if j - i > 1:
            matrix[i, j] = matrix[j, i] = np.nan
    for method in ("eigenvector", "geometric"):
        result = scoring.ahp(matrix, method)
        assert result.weights == pytest.approx(w) and result.consistency_ratio == pytest.approx(
            0, abs=1e-9
        )


def test_geometric_mean_of_rows():
    matrix, _ = drinks()
    filled = np.where(matrix > 0, matrix, 0) + np.eye(7)
    filled = np.where(filled > 0, filled, 1 / np.where(filled.T > 0, filled.T, 1))
    means = np.exp(np.log(filled).mean(1))
    assert scoring.ahp(matrix, "geometric").weights == pytest.approx(means / means.sum())


def test_worst_triad_and_its_mend():
    w = np.array([0.4, 0.3, 0.2, 0.1])
    matrix = w[:, None] / w
    matrix[0, 3], matrix[3, 0] = 1 / 4, 4  # somebody typed 1/4 for 4
    worst = scoring.ahp_triads(matrix)[0]
    assert worst.cell == (0, 3) and worst.found == 0.25 and worst.mended == pytest.approx(4)
    assert worst.ratio_after == pytest.approx(0, abs=1e-9) and worst.inconsistency == pytest.approx(
        15 / 16
    )
    sentence = inconsistent(matrix, "经费保障", list("甲乙丙丁"))
    assert "经费保障" in sentence and "甲对丁原为 0.25，改为 4" in sentence
    assert inconsistent(w[:, None] / w) == ""


def test_bad_matrices():
    cases = [
        ([[1, 2, 3], [1, 1, 1]], "行数"),
        ([[1, 2], [2, 1]], "倒数"),
        ([[1, -2], [0, 1]], "大于 0"),
        ([[1, "x"], ["", 1]], "分数"),
        ([[1, 2, 0, 0], [0, 1, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]], "3、4"),
    ]
    for matrix, message in cases:
        with pytest.raises(InputError, match=message):
            scoring.ahp(matrix)
    assert (
        scoring.ahp([[1]]).weights.tolist() == [1]
        and scoring.ahp([[1, 3], [0, 1]]).consistency_ratio == 0
    )


def test_groups_of_experts():
    a, b = (
        np.array([[1, 2, 4], [0, 1, 2], [0, 0, 1]]),
        np.array([[1, 8, 4], [0, 1, 0.5], [0, 0, 1]]),
    )
    wild = np.array([[1, 9, 1 / 9], [0, 1, 9], [0, 0, 1]])
    group = scoring.ahp_group([a, b, wild])
    assert group.kept.tolist() == [True, True, False]
    joint = scoring.ahp(
        [[1, 4, 4], [0, 1, 1], [0, 0, 1]]
    )  # geometric means of 2 and 8, 4 and 4, 2 and 1/2
    assert group.weights == pytest.approx(joint.weights)
    singles = np.array([scoring.ahp(m).weights for m in (a, b)])
    assert group.spread == pytest.approx(singles.std(0, ddof=1)) and group.low == pytest.approx(
        singles.min(0)
    )
    heavy = scoring.ahp_group([a, b], importance=[1, 0])
    assert heavy.weights == pytest.approx(singles[0])
    mean = np.exp(np.log(singles).mean(0))
    assert scoring.ahp_group([a, b], "priorities").weights == pytest.approx(mean / mean.sum())
    with pytest.raises(InputError, match="一致性"):
        scoring.ahp_group([wild])


def test_tree_of_comparisons():
    tree = {
        "matrix": [[1, 2], [0, 1]],
        "items": {
            "coverage": {"matrix": [[1, 3], [0, 1]], "items": {"single": None, "joint": None}},
            "funding": {"items": {"per_member": None}},
        },
    }
    result = scoring.ahp_tree(tree)
    assert result["weights"] == pytest.approx({"single": 0.5, "joint": 1 / 6, "per_member": 1 / 3})
    assert result["consistency_ratio"] == 0
    tree["items"]["funding"]["items"]["again"] = tree
    tree["items"]["funding"]["matrix"] = [[1, 1], [1, 1]]
    with pytest.raises(InputError, match="循环"):
        scoring.ahp_tree(tree)


def test_critic_of_diakoulaki():
    """Diakoulaki, Mavrotas and Papayannakis (1995): CRITIC weights, 1e-8."""
    x = pd.read_csv(DATA / "mcdm" / "critic_diakoulaki1995.csv").to_numpy()
    expected = pd.read_csv(DATA / "mcdm" / "critic_diakoulaki1995_expected.csv").to_numpy()[0]
    assert scoring.critic(x) == pytest.approx(expected, abs=1e-8)
    constant = scoring.critic(np.column_stack([x, np.full(len(x), 3.0)]))
    assert constant[:3] == pytest.approx(expected, abs=1e-8) and constant[3] == 0
    assert scoring.critic(x * [10, 0.1, 3] + [0, 5, -1]) == pytest.approx(expected, abs=1e-8)


def test_entropy_and_dispersion_by_definition():
    x = np.array([[1.0, 5, 2], [2, 5, 0], [3, 5, 8]])
    p = x[:, 0] / 6
    first = 1 + (p * np.log(p)).sum() / np.log(3)
    q = np.array([0.2, 0.8])
    third = 1 + (q * np.log(q)).sum() / np.log(3)
    assert scoring.entropy(x) == pytest.approx(
        [first / (first + third), 0, third / (first + third)]
    )
    assert scoring.entropy(np.ones((4, 2))).tolist() == [0.5, 0.5]
    sd = x.std(0, ddof=1)
    assert scoring.deviation(x) == pytest.approx(sd / sd.sum())
    variation = sd / x.mean(0)
    assert scoring.deviation(x, "coefficient") == pytest.approx(variation / variation.sum())
    gaps = np.abs(x[:, None] - x).sum((0, 1))
    assert scoring.deviation(x, "maximising") == pytest.approx(gaps / gaps.sum())
    assert scoring.equal(4).sum() == 1 and scoring.given([40, 30, 30], 100).tolist() == [
        0.4,
        0.3,
        0.3,
    ]
    with pytest.raises(InputError, match="合计 90"):
        scoring.given([40, 30, 20], 100)
    with pytest.raises(InputError, match="负数"):
        scoring.entropy([[1, -1], [2, 3]])


def test_principal_components_of_the_handbook():
    """OECD/JRC Handbook tables 16 to 18 (four factors, varimax): eigenvalues within .06; each indicator's factor."""
    result = scoring.pca(tai())
    expected = pd.read_csv(DATA / "oecd_tai" / "table_16_eigenvalues.csv")
    assert result.eigenvalues == pytest.approx(expected.eigenvalue.to_numpy(), abs=0.06)
    assert 100 * np.cumsum(result.variance) == pytest.approx(
        expected.cumulative_pct.to_numpy(), abs=0.7
    )
    assert result.rotated.shape == (8, 4) and result.explained.sum() == pytest.approx(
        result.eigenvalues[:4].sum()
    )
    communality = (result.loadings**2).sum(1)
    assert (result.rotated**2).sum(1) == pytest.approx(communality)
    groups = [set(np.flatnonzero(result.factor == f)) for f in range(4)]
    assert sorted(map(sorted, groups)) == [[0, 3], [1, 4], [2, 5, 6], [7]]
    scaled = result.rotated**2 / result.explained
    own = (
        scaled[np.arange(8), result.factor]
        * result.explained[result.factor]
        / result.explained.sum()
    )
    assert result.weights == pytest.approx(
        own / own.sum()
    ) and result.weights.sum() == pytest.approx(1)


def test_varimax_raises_the_criterion_to_its_maximum():
    loadings = scoring.pca(tai(), kaiser=False).loadings

    def criterion(a):
        return ((a**2).var(0)).sum()

    rotated = scoring.varimax(loadings, kaiser=False)
    assert criterion(rotated) > criterion(loadings)
    for angle in (-0.02, 0.02):
        for i in range(4):
            for j in range(i):
                turn = np.eye(4)
                turn[[i, j], [i, j]] = np.cos(angle)
                turn[i, j], turn[j, i] = np.sin(angle), -np.sin(angle)
                assert criterion(rotated @ turn) < criterion(rotated)
    with pytest.raises(InputError, match="第 2 个"):
        scoring.pca(np.column_stack([np.arange(5.0), np.ones(5)]))


def test_benefit_of_the_doubt():
    x = np.array([[1.0, 0.2], [0.2, 1], [0.5, 0.5], [0.1, 0.1], [0, 0]])
    score, weights, shares = scoring.benefit_of_the_doubt(x)
    # a and b span the frontier: w = (1/1.2, 1/1.2) is best for the third
    assert score == pytest.approx([1, 1, 1 / 1.2, 0.2 / 1.2, 0])
    assert (x @ weights.T <= 1 + 1e-9).all() and shares[:4].sum(1) == pytest.approx(np.ones(4))
    bound = scoring.benefit_of_the_doubt(x, (0.3, 0.7))
    assert (bound.score <= score + 1e-9).all()
    assert (bound.shares[:4] >= 0.3 - 1e-9).all() and (bound.shares[:4] <= 0.7 + 1e-9).all()
    assert scoring.benefit_of_the_doubt(x * [100, 3]).score == pytest.approx(score)
    holed = scoring.benefit_of_the_doubt(np.vstack([x, [np.nan, 9]])).score
    assert np.isnan(holed[5]) and holed[:5] == pytest.approx(score)
    fixed = scoring.benefit_of_the_doubt(
        x[:4], (0.5, 0.5)
    )  # shares fixed: proportional to the geometric mean
    gm = np.sqrt(x[:4].prod(1))
    assert fixed.score[2] >= fixed.score[3] and np.argsort(fixed.score).tolist()[0] == np.argmin(gm)
    for limits in ((0.6, 0.9), (0, 0.4)):
        with pytest.raises(InputError, match="合计"):
            scoring.benefit_of_the_doubt(x, limits)
    with pytest.raises(InputError, match="负数"):
        scoring.benefit_of_the_doubt(-x)
