"""Robust regressions: equal to statsmodels to the last digits, and refused where they cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.problems import InputError
from evalkit.stats.robust import fractional_logit, robust_least_squares


@pytest.mark.parametrize("n", [8, 24, 200])
@pytest.mark.parametrize("edges", [False, True])
def test_both_are_those_of_statsmodels(n: int, edges: bool) -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng([n, edges])
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    y = 1 / (1 + np.exp(-(x @ [0.5, 1.0, -0.4] + rng.normal(size=n) / 2)))
    if edges:
        y[:2] = 0, 1
    logit = sm.GLM(y, x, family=sm.families.Binomial()).fit(cov_type="HC0")
    linear = sm.OLS(y, x).fit(cov_type="HC1")
    fits = (
        (fractional_logit(y, x), logit, 1 - logit.deviance / logit.null_deviance),
        (robust_least_squares(y, x), linear, linear.rsquared),
    )
    for ours, theirs, explained in fits:
        np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(ours.errors, theirs.bse, rtol=1e-7)
        np.testing.assert_allclose(ours.p, theirs.pvalues, rtol=1e-5, atol=1e-12)
        assert ours.fit == pytest.approx(explained, abs=1e-9) and ours.n == n


def test_what_cannot_be_told_is_refused() -> None:
    x = np.column_stack([np.ones(6), np.arange(6.0)])
    for y, columns in (
        ([0.1, 0.2, 1.3, 0.4, 0.5, 0.6], x),  # no share
        (np.full(2, 0.5), x[:2]),  # no more units than columns
    ):
        with pytest.raises(InputError):
            fractional_logit(y, columns)


def test_a_column_that_does_not_vary_says_nothing() -> None:
    x = np.column_stack([np.ones(6), np.arange(6.0), np.zeros(6)])
    for fit in (fractional_logit, robust_least_squares):
        with_it, without = fit(np.arange(1, 7) / 10, x), fit(np.arange(1, 7) / 10, x[:, :2])
        np.testing.assert_allclose(with_it.coefficients[:2], without.coefficients)
        assert with_it.coefficients[2] == 0
