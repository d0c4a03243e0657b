"""Input of every kind: a right value, NaN, or one problem that names argument and value; nothing else, never infinite."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evalkit import stats
from evalkit.problems import InputError
from evalkit.stats.arrays import array, typed

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
    "table": [[1, 2], [3, 4], [5, 7]],
    "no units": np.zeros((0, 3)),
    "no strata": np.zeros((3, 0)),
    "huge": [1e308] * 3,
    "tiny": [1e-308] * 3,
    "mapping": {"a": 1},
    "na": pd.NA,
    "complex": [1 + 2j],
    "dates": np.array(["2025-01-01"], dtype="M8[D]"),
    "fractions": ["1/3", "１／３", "85%"],
}
GROUPS = {
    "empty": [],
    "named": ["a", "b", "a"],
    "a unit without": ["a", None, "b"],
    "mixed": [1, "a", 2.0],
    "nothing": None,
    "series": pd.Series(["a", "b", "a"], index=[3, 4, 5]),
    "short": ["a"],
    "nan": [np.nan, "a", "b"],
    "lists": [["a"], ["b"], ["c"]],
    "text": "abc",
}
ONE = {
    **{
        name: getattr(stats, name)
        for name in (
            "gini",
            "lorenz",
            "theil",
            "byar",
            "poisson_exact",
            "cronbach_alpha",
            "item_analysis",
            "overdispersion",
            "adjust",
        )
    },
    "theil L": lambda x: stats.theil(x, kind="L"),
    "atkinson": lambda x: stats.atkinson(x, 0.5),
    "atkinson 1": lambda x: stats.atkinson(x, 1),
    "atkinson 2": lambda x: stats.atkinson(x, 2),
    "run rules": lambda x: stats.run_rules(x, 1, 0, 2),
    "no spread": lambda x: stats.run_rules(x, 1, 1, 1),
    "split": lambda x: stats.theil_decomposition(x, ["a", "b", "a"]),
    "dagum": lambda x: stats.dagum(x, ["a", "b", "a"]),
    **{
        f"spc {kind}": lambda x, kind=kind: stats.spc_limits(x, kind, [10, 0, 10])
        for kind in ("p", "np", "u", "c", "xmr")
    },
}
TWO = {
    **{name: getattr(stats, name) for name in ("wilson", "shrink", "rank_sets", "gini")},
    **{
        f"funnel {kind}": lambda x, y, kind=kind: stats.funnel_limits(kind, x, y)
        for kind in ("proportion", "rate", "ratio")
    },
    "wide funnel": lambda x, y: stats.funnel_limits("rate", x, y, phi=2),
    "student": lambda x, y: stats.student(x, y, [5, 5, 5]),
    "rate": lambda x, y: stats.standardised_rate(x, y, [1, 1, 1]),
    "dobson": lambda x, y: stats.dobson(x, y, [1, 1, 1]),
    "standard": lambda x, y: stats.dobson([10, 20, 30], x, y),
    "weighted": lambda x, y: stats.atkinson(x, 1.5, y),
    "dispersion": lambda x, y: stats.overdispersion(x, 0.1, y),
}


def finite(result):
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        return not np.isinf(result).any()
    return (
        all(map(finite, result))
        if isinstance(result, tuple)
        else not (isinstance(result, float) and np.isinf(result))
    )


def tried(call):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            assert finite(call())
    except InputError as error:
        (problem,) = error.problems
        assert problem.where and problem.found and problem.allowed


@pytest.mark.parametrize("name", ONE)
def test_one_argument(name):
    for x in NASTY.values():
        tried(lambda x=x: ONE[name](x))


@pytest.mark.parametrize("name", TWO)
def test_two_arguments(name):
    for x in NASTY.values():
        for y in NASTY.values():
            tried(lambda x=x, y=y: TWO[name](x, y))


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
def test_groups(groups):
    for x in NASTY.values():
        tried(lambda x=x: stats.theil_decomposition(x, groups))
        tried(lambda x=x: stats.dagum(x, groups))


@pytest.mark.parametrize("value", [None, "x", 0, 1, 95, -1, np.nan, "0.95", "９５", [0.95]])
def test_options(value):
    for call in (
        lambda: stats.wilson(1, 2, value),
        lambda: stats.byar(1, value),
        lambda: stats.funnel_limits("rate", 1, 2, value),
        lambda: stats.rank_sets([1, 2], [1, 1], value),
        lambda: stats.overdispersion([1, 2], value),
        lambda: stats.atkinson([1, 2], value),
        lambda: stats.theil([1, 2], kind=value),
        lambda: stats.spc_limits([1, 2], value),
        lambda: stats.adjust([0.1], value),
        lambda: stats.funnel_limits("rate", 1, 2, phi=value),
        lambda: stats.funnel_limits("rate", 1, 2, tau_squared=value),
        lambda: stats.rank_sets([1, 2], [1, 1], draws=value),
        lambda: stats.run_rules([1, 2], 1, 0, 2, value),
        lambda: stats.run_rules([1, 2], 1, 0, 2, 8, value),
        lambda: stats.rank_sets([1, 2], [1, 1], better=value),
    ):
        tried(call)


def test_a_unit_without_a_group_is_named():
    for split in (stats.theil_decomposition, stats.dagum):
        with pytest.raises(InputError, match="第 2 个单位没有组别"):
            split([1, 2, 3], ["a", None, "b"])
    mixed, plain = (
        stats.theil_decomposition([1, 2, 4, 5], g) for g in ([1, "a", 1, "a"], ["x", "y", "x", "y"])
    )
    assert mixed == plain
    assert np.isnan(stats.dagum([], [])).all() and np.isnan(stats.theil_decomposition([], [])).all()


def test_what_is_no_number_is_named_with_its_place():
    with pytest.raises(InputError, match=r"count.*第 2 个：甲"):
        stats.wilson([1, "甲"], 10)
    with pytest.raises(InputError, match=r"weights.*负数 -2"):
        stats.gini([1, 2], [1, -2])
    with pytest.raises(InputError, match="count、total"):
        stats.wilson([1, 2], [1, 2, 3])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("１２", 12),
        ("1/3", 1 / 3),
        ("１／３", 1 / 3),
        ("85%", 0.85),
        ("８５％", 0.85),
        ("1,234.5", 1234.5),
        (" 3 ", 3),
        ("−2", -2),
    ],
)
def test_typed_numbers(text, value):
    assert typed(text) == value
    assert array("x", [text, None, "", pd.NA])[0] == value


@pytest.mark.parametrize("text", ["a", "1/0", "0,5", "1 2 3x", "一", "1e999999x"])
def test_what_is_not_typed_as_a_number(text):
    with pytest.raises(InputError, match="x"):
        array("x", [text])


def test_the_same_values_in_any_dress_give_the_same_result():
    plain = stats.wilson([1, 2, 3], 10)
    series = pd.Series([1, 2, 3], index=[9, 8, 7])
    for x in (
        ["1", "２", "6/2"],
        series,
        series.astype("Int64"),
        np.array([1, 2, 3], dtype="int8"),
    ):
        np.testing.assert_array_equal(stats.wilson(x, 10), plain)


def test_alpha_has_no_value_where_the_total_does_not_vary():
    assert np.isnan(stats.cronbach_alpha([[1, -1], [2, -2], [3, -3]], standardised=False))
    assert np.isnan(stats.cronbach_alpha([[1, 1], [1, 1]]))
    with pytest.raises(InputError, match="至少两个指标"):
        stats.cronbach_alpha([[1], [2]])


def test_theil_l_has_no_value_where_somebody_has_nothing():
    assert np.isnan(stats.theil([0, 1, 2], kind="L")) and stats.theil([0, 1, 2]) > 0
    assert stats.theil([0, 1, 2], [0, 1, 1], kind="L") == pytest.approx(
        stats.theil([1, 2], kind="L")
    )
    assert stats.atkinson([0, 1, 2], 2) == 1.0 and stats.atkinson(
        [0, 1, 2], 2, [0, 1, 1]
    ) == pytest.approx(stats.atkinson([1, 2], 2))
