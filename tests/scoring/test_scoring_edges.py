"""Where a method ends: zero references, ties at the ceiling, limits that cannot hold, and input of every kind."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import scoring
from evalkit.problems import InputError
from evalkit.scoring.normalise import METHODS

LIMITS = {"target": 3, "low": 1, "high": 5}


def told(call, *args, **options):
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    (problem,) = caught.value.problems
    return f"{problem.where}|{problem.found}|{problem.allowed}|{problem.advice}"


# ties at the ceiling


def test_units_that_share_the_best_value_stand_at_the_top_under_percentile():
    """By hand: three of five at 100%; the two below keep their places."""
    assert scoring.normalise([1.0, 1, 1, 0.8, 0.6], "percentile").tolist() == [
        100,
        100,
        100,
        40,
        20,
    ]
    assert scoring.normalise([3, 3, 5, 9], "percentile", "lower").tolist() == [100, 100, 50, 25]
    assert scoring.normalise([1, 1, np.nan, 0], "percentile").tolist()[:2] == [100, 100]
    assert scoring.normalise([7, 7, 7], "percentile").tolist() == [100, 100, 100]


def test_ties_below_the_ceiling_and_other_rules_of_ties():
    x = [1.0, 1, 0.8, 0.8, 0.6]
    assert scoring.normalise(x, "percentile").tolist() == [100, 100, 40, 40, 20]  # as OECD/JRC
    assert scoring.normalise(x, "percentile", ties="average").tolist() == [90, 90, 50, 50, 20]
    assert scoring.normalise(x, "percentile", ties="min").tolist() == [80, 80, 40, 40, 20]
    assert scoring.normalise(x, "rank").tolist() == [4, 4, 2, 2, 1]
    assert scoring.normalise(x, "rank", ties="ceiling").tolist() == [5, 5, 2, 2, 1]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.sampled_from(["higher", "lower"]))
def test_the_best_value_earns_everything_and_order_is_kept(values, better):
    found = scoring.normalise(values, "percentile", better)
    best = max(values) if better == "higher" else min(values)
    assert (found == 100).tolist() == [v == best for v in values]
    for a, b in ((i, j) for i in range(len(values)) for j in range(len(values))):
        assert (found[a] > found[b]) == (
            values[a] > values[b] if better == "higher" else values[a] < values[b]
        )


def test_the_method_says_how_ties_count():
    from evalkit.scoring.methods import RULES

    assert "100" in RULES["percentile"].zh and "并列" in RULES["percentile"].zh


# references of 0


@pytest.mark.parametrize(
    ("method", "better", "x", "said"),
    [
        ("ratio_mean", "higher", [-1, 0, 1], "平均数为 0"),
        ("ratio_worst", "higher", [0, 1, 2], "最差值为 0"),
        ("ratio_best", "higher", [-2, -1, 0], "最好值为 0"),
        ("ratio_best", "lower", [0, 1, 2], "最好值为 0"),
        ("ratio_mean", "lower", [0, 1, 2], "有 0 值"),
        ("ratio_worst", "lower", [0, 1, 2], "有 0 值"),
        ("difference_mean", "higher", [-1, 0, 1], "平均数为 0"),
        ("difference_mean", "lower", [0.1 + 0.2, -0.3, 0.0], "平均数为 0"),
        ("difference_best", "lower", [0, 1, 2], "最好值为 0"),
        ("difference_worst", "higher", [0, 1, 2], "最差值为 0"),
        ("above_below", "higher", [-1, 0, 1], "平均数为 0"),
        ("ratio_mean", "higher", [-5, 1, 1], "负数"),
        ("ratio_best", "lower", [-1, 1, 2], "负数"),
    ],
)
def test_a_reference_of_zero_is_refused_by_name(method, better, x, said):
    text = told(
        scoring.normalise,
        np.column_stack([[1, 2, 3], x]),
        method,
        ["higher", better],
        names=["覆盖率", "负担"],
    )
    assert said in text and "负担" in text and "覆盖率" not in text
    assert "第 1 个指标" in told(scoring.normalise, x, method, better)


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m.startswith(("ratio", "difference", "above"))]
)
def test_a_column_of_zeros_says_nothing_about_who_is_better(method):
    wanted = 1.0 if method.startswith("ratio") else 0.0
    for better in ("higher", "lower"):
        assert (
            scoring.normalise([0, 0, np.nan, 0], method, better)[[0, 1, 3]].tolist() == [wanted] * 3
        )


def test_a_target_of_zero_or_none_is_refused_by_name():
    assert "负担" in told(
        scoring.normalise, [[1, 2]], "share_of_target", target=[1, 0], names=["覆盖率", "负担"]
    )
    assert "负担" in told(
        scoring.normalise, [[1, 2]], "share_of_target", target=[1, np.nan], names=["覆盖率", "负担"]
    )
    assert "-3" in told(scoring.normalise, [1, 2], "share_of_target", target=-3)
    assert "没有给出" in told(scoring.normalise, [1, 2], "distance")
    assert "high" in told(scoring.normalise, [[1, 2]], "goalposts", low=0, high=[5, np.nan])
    assert scoring.normalise([-1, 0.5, 2], "share_of_target", target=0, zero_at=-2).tolist() == [
        0.5,
        1,
        1,
    ]


def test_limits_beyond_all_values_do_not_turn_the_scale():
    assert "限值" in told(scoring.normalise, [1, 2, 3], "minmax", low=10)
    assert "限值" in told(scoring.normalise, [1, 2, 3], "linear_60_100", high=0.5)
    assert scoring.normalise([1, 2, 3], "minmax", low=0).tolist() == pytest.approx(
        [1 / 3, 2 / 3, 1]
    )


def test_an_index_names_the_indicator():
    from evalkit.scoring.index import Index, Node
    from evalkit.scoring.points import leaf_shares

    leaf = Node("a", "每名指导员负责单位", 100, rule="ratio_mean")
    assert "每名指导员负责单位" in told(
        leaf_shares,
        Index("i", "指数", Node("i", "指数", 100, (leaf,))),
        np.array([[-1.0], [0], [1]]),
    )


# benefit of the doubt


X = [[1.0, 0.5, 0.2], [0.4, 1.0, 0.6], [0.3, 0.4, 1.0], [0.5, 0.5, 0.5]]


def test_share_limits_that_a_unit_cannot_meet_are_named():
    text = told(scoring.benefit_of_the_doubt, [[1.0, 0.5], [0.0, 0.7]], (0.2, 0.8))
    assert (
        "第 2 个单位" in text
        and "第 1 个指标为 0" in text
        and "0.2" in text
        and "share_limits" in text
    )
    text = told(scoring.benefit_of_the_doubt, [[1.0, 0.5, 0.4], [0.0, 0.7, 0.0]], (0, 0.6))
    assert "第 2 个单位" in text and "0.6" in text and "不足 1" in text
    text = told(scoring.benefit_of_the_doubt, X, ([0.9, 0, 0], 1), ([0, 0.9, 0], 1))
    assert "share_limits" in text and "weight_limits" in text


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((0.5, 1), "1.5"),
        ((0, 0.2), "0.6"),
        (([0.5, 0, 0], [0.4, 1, 1]), "第 1 个指标"),
        ((0, 20), "百分数"),
        ((-1, 1), "-1"),
        (("a", 1), "a"),
        ((0,), "下限"),
        (([0, 0], 1), "2 个"),
        ((np.nan, 1), "缺失"),
    ],
)
def test_limits_that_cannot_hold_are_refused(limits, said):
    for where in ("share_limits", "weight_limits"):
        text = told(scoring.benefit_of_the_doubt, X, **{where: limits})
        assert text.startswith(where) and said in text


def test_weights_stay_within_their_bounds():
    """The same optimum by a grid over all weights that sum to 1."""
    least, most = 0.2, 0.5
    found = scoring.benefit_of_the_doubt(X, weight_limits=(least, most))
    parts = found.weights / found.weights.sum(1, keepdims=True)
    assert (parts >= least - 1e-9).all() and (parts <= most + 1e-9).all()
    x = np.array(X)
    grid = np.array(
        [(a, b, 1 - a - b) for a in np.linspace(0, 1, 101) for b in np.linspace(0, 1, 101)]
    )
    grid = grid[((grid >= least - 1e-9) & (grid <= most + 1e-9)).all(1)]
    values = grid @ x.T
    best = (values / values.max(1, keepdims=True)).max(0)
    assert found.score == pytest.approx(best, abs=2e-3) and (found.score >= best - 1e-9).all()
    free = scoring.benefit_of_the_doubt(X)
    assert (free.score >= found.score - 1e-9).all() and free.score[:3] == pytest.approx([1, 1, 1])


def test_bounds_on_weights_do_not_mind_a_zero():
    found = scoring.benefit_of_the_doubt(
        [[1.0, 0.5], [0.0, 0.7], [0.0, 0.0], [np.nan, 1]], weight_limits=(0.2, 0.8)
    )
    assert (
        found.score[0] == pytest.approx(1)
        and 0 < found.score[1] < 1
        and found.score[2] == 0
        and np.isnan(found.score[3])
    )
    equal = scoring.benefit_of_the_doubt(X, weight_limits=(1 / 3, 1 / 3))
    means = np.mean(X, axis=1)
    assert equal.score == pytest.approx(means / means.max())


def test_more_equal_weights_than_fit_into_memory_are_refused():
    assert len(scoring.equal(1000)) == 1000
    assert "1000000" in told(scoring.equal, 1e9)


# comparisons


def test_full_width_fractions_and_missing_judgements():
    plain = scoring.ahp([[1, 3, 5], ["1/3", 1, 2], ["1/5", "1/2", 1]])
    for matrix in (
        [["１", "３", "５"], ["１／３", "１", "２"], ["１／５", "１／２", "１"]],
        [[1, 3, 5], [None, 1, 2], ["", None, 1]],
        [[1, 3, 5], [pd.NA, 1, 2], [np.nan, 0, 1]],
        pd.DataFrame([[1, 3, 5], ["1/3", 1, 2], ["1/5", "1/2", 1]], index=[7, 8, 9]),
    ):
        assert scoring.ahp(matrix).weights == pytest.approx(plain.weights)
    for matrix in (
        None,
        "x",
        5,
        [],
        [1, 2],
        [[1, 2], [1]],
        [["a", 1], [1, 1]],
        [["1/0", 1], [1, 1]],
        [[1, -2], [1, 1]],
    ):
        with pytest.raises(InputError):
            scoring.ahp(matrix)


def test_experts_and_trees_of_every_kind():
    pair = [[1, 2], ["1/2", 1]]
    for matrices in (None, "x", [], [pair, [[1]]], 5):
        with pytest.raises(InputError):
            scoring.ahp_group(matrices)
    for importance in ([1], [0, 0], [[1], [1, 2]], ["a", 1], [np.nan, 1]):
        with pytest.raises(InputError):
            scoring.ahp_group([pair, pair], importance=importance)
    for tree in (
        {},
        {"items": {}},
        {"items": {"a": None, "b": None}},
        {"items": {"a": {"items": {}}}},
        {"items": "ab"},
    ):
        with pytest.raises(InputError):
            scoring.ahp_tree(tree)
    assert scoring.ahp_tree({"items": {"a": None}})["weights"] == {"a": 1.0}


# input of every kind


NASTY = {
    "empty": [],
    "one": [1.0],
    "all missing": [np.nan] * 3,
    "zeros": [0, 0, 0],
    "negative": [-1, 2, 3],
    "none": [1, None, 3],
    "texts": ["1", "２", "３"],
    "words": ["a", "b", "c"],
    "blank": [1, "", 3],
    "series": pd.Series([1, 2, 3], index=[7, 8, 9]),
    "nullable": pd.Series([1, None, 3], dtype="Int64"),
    "ragged": [[1], [1, 2]],
    "nothing": None,
    "scalar": 5,
    "word": "x",
    "infinite": [np.inf, 1, 2],
    "flags": [True, False, True],
    "zero table": [[0, 0], [0, 0]],
    "table": [[1, 2], [3, 4], [5, 7]],
    "gaps": [[np.nan, np.nan]] * 3,
    "no units": np.zeros((0, 3)),
    "no indicators": np.zeros((3, 0)),
    "constant": [[0, 1]] * 3,
    "frame": pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 9]}),
    "mixed": [[-1, 1], [2, -3], [0, 0]],
    "huge": [1e308] * 3,
    "tiny": [1e-308] * 3,
    "mapping": {"a": 1},
    "na": pd.NA,
    "complex": [1 + 2j, 2],
    "dates": np.array(["2025-01-01"], dtype="M8[D]"),
    "fractions": ["1/3", "１／３", "85%"],
    "three": np.arange(12).reshape(2, 3, 2),
}


def finite(result):
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        return not np.isinf(result).any()
    if isinstance(result, float):
        return not np.isinf(result)
    if isinstance(result, list | tuple):
        return all(map(finite, result))
    return all(map(finite, result.values())) if isinstance(result, dict) else True


def tried(call):
    """A right value (NaN included) or one problem in Chinese that names the argument; never anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            assert finite(call())
    except InputError as error:
        (problem,) = error.problems
        assert problem.where and problem.found and problem.allowed


CALLS = {
    **{
        f"normalise {m} {b}": lambda x, m=m, b=b: scoring.normalise(x, m, b, **LIMITS)
        for m in METHODS
        for b in ("higher", "lower")
    },
    **{
        f"aggregate {m}": lambda x, m=m: scoring.aggregate(x, method=m, needs=0.5)
        for m in ("arithmetic", "geometric", "harmonic", "power", "median", "copeland")
    },
    **{
        name: getattr(scoring, name)
        for name in (
            "critic",
            "deviation",
            "entropy",
            "equal",
            "given",
            "pca",
            "varimax",
            "moments",
            "outlying",
            "treat",
            "rank",
            "ahp",
            "ahp_triads",
            "ahp_group",
            "ahp_tree",
            "impute",
            "benefit_of_the_doubt",
        )
    },
    "bounds": lambda x: scoring.benefit_of_the_doubt(x, (0, 0.9), (0.05, 1)),
    "log": lambda x: scoring.normalise(x, "minmax", log=True),
    "groups": lambda x: scoring.impute(x, "group", ["a", None, 2]),
    "mean": lambda x: scoring.impute(x, "mean"),
    "panel": lambda x: scoring.impute(x, "panel", None, x),
    "topsis": lambda x: scoring.topsis(x, [1, 2]),
    "topsis minmax": lambda x: scoring.topsis(x, [1, 2], norm="minmax"),
    "obstacle": lambda x: scoring.obstacle(x, [1, 2]),
    "outranking": lambda x: scoring.outranking(x, [1, 2]),
    "box cox": lambda x: scoring.treat(x, "box_cox", 0, -10),
    "winsorise": lambda x: scoring.treat(x, "winsorise", 0, -10),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_function_takes_or_refuses_every_input(name):
    for x in NASTY.values():
        tried(lambda x=x: CALLS[name](x))


@pytest.mark.parametrize("kind", NASTY)
def test_every_argument_takes_or_refuses_every_input(kind):
    y, table = NASTY[kind], [[0.1, 0.2], [0.3, 0.9], [1.0, 0.4]]
    for method in ("arithmetic", "median", "copeland"):
        tried(lambda method=method: scoring.aggregate(table, y, method))
    for call in (scoring.topsis, scoring.obstacle, scoring.outranking):
        tried(lambda call=call: call(table, y))
    for name in ("target", "zero_at", "low", "high"):
        for method in ("share_of_target", "minmax", "goalposts", "distance"):
            tried(
                lambda name=name, method=method: scoring.normalise(
                    table, method, **{**LIMITS, name: y}
                )
            )
    for name in ("share_limits", "weight_limits"):
        tried(lambda name=name: scoring.benefit_of_the_doubt(table, **{name: y}))
        tried(lambda name=name: scoring.benefit_of_the_doubt(table, **{name: (0, y)}))
    tried(lambda: scoring.impute(table, "group", y))
    tried(lambda: scoring.impute([[np.nan, 1], [1, 1], [2, 2]], "panel", None, y))
    tried(lambda: scoring.shares(y, 3))
    tried(lambda: scoring.given(y, 100))


@pytest.mark.parametrize("value", [None, "x", 0, -1, np.nan, "2", [0.95], 1e9])
def test_every_option_takes_or_refuses_every_input(value):
    x = [[1, 2], [2, 1], [3, 5], [500, 1]]
    for call in (
        lambda: scoring.normalise(x, value),
        lambda: scoring.normalise(x, "minmax", value),
        lambda: scoring.normalise(x, "minmax", to=value),
        lambda: scoring.normalise(x, "minmax", to=(value, 1)),
        lambda: scoring.normalise(x, "rank", ties=value),
        lambda: scoring.normalise(x, "above_below", threshold=value),
        lambda: scoring.aggregate(x, needs=value),
        lambda: scoring.aggregate(x, method="power", power=value),
        lambda: scoring.aggregate(x, method=value),
        lambda: scoring.pca(x, value),
        lambda: scoring.treat(x, value),
        lambda: scoring.treat(x, skewness=value),
        lambda: scoring.treat(x, max_points=value),
        lambda: scoring.treat(x, power=value),
        lambda: scoring.rank(x, value),
        lambda: scoring.rank(x, axis=value),
        lambda: scoring.rank(x, better=value),
        lambda: scoring.deviation(x, value),
        lambda: scoring.impute(x, value),
        lambda: scoring.ahp([[1, 2], [0.5, 1]], value),
        lambda: scoring.ahp_group([[[1, 2], [0.5, 1]]], max_ratio=value),
        lambda: scoring.ahp_triads([[1, 2], [0.5, 1]], value),
        lambda: scoring.check_combination(value, value),
        lambda: scoring.equal(value),
        lambda: scoring.given([1, 2], value),
        lambda: scoring.topsis(x, [1, 1], norm=value),
    ):
        tried(call)


def test_the_same_values_in_any_dress_give_the_same_result():
    plain = scoring.normalise([[1, 2], [3, 5], [4, 4]], "minmax")
    for x in (
        [["1", "２"], ["３", "5"], ["4 ", "８／２"]],
        pd.DataFrame({"a": [1, 3, 4], "b": [2, 5, 4]}, index=[9, 8, 7]),
        pd.DataFrame({"a": [1, 3, 4], "b": [2, 5, 4]}, dtype="Int64"),
        np.array([[1, 2], [3, 5], [4, 4]], dtype="int8"),
    ):
        np.testing.assert_array_equal(scoring.normalise(x, "minmax"), plain)
