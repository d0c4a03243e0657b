"""Regressions of a few columns with standard errors that hold under heteroscedasticity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evalkit.stats.arrays import Floats, array, refuse

MOST_STEPS = 100
CLOSE = 1e-10  # of the deviance, relative
EDGE = 1e-10  # a fitted share is kept this far from 0 and 1 in logarithms


@dataclass(frozen=True)
class RobustFit:
    """Coefficients in the order of the columns, their errors, two-sided p (normal), and the share explained."""

    coefficients: Floats
    errors: Floats
    p: Floats
    fit: float
    n: int


def robust_least_squares(y: ArrayLike, x: ArrayLike) -> RobustFit:
    r"""Ordinary least squares; covariance :math:`\frac{n}{n-k}(X'X)^{-1}X'\mathrm{diag}(e^2)X(X'X)^{-1}`.

    ``x`` holds the constant as a column of its own; a column of zeros gets 0. ``fit`` is R².
    MacKinnon and White (1985), J. Econometrics 29, 305-325.
    """
    outcome, columns = _checked(y, x)
    bread = _inverse(columns.T @ columns)
    coefficients = bread @ columns.T @ outcome
    residuals = outcome - columns @ coefficients
    spread = float(((outcome - outcome.mean()) ** 2).sum())
    explained = 1 - float((residuals**2).sum()) / spread if spread > 0 else float("nan")
    n, k = columns.shape
    return _with_errors(coefficients, bread, columns, residuals, explained, factor=n / (n - k))


def fractional_logit(y: ArrayLike, x: ArrayLike) -> RobustFit:
    r"""Quasi-likelihood of shares in [0, 1] with a logit mean, by iterated weighted least squares.

    ``x`` holds the constant as a column of its own; ``fit`` is the share of the null deviance that is gone. Papke and
    Wooldridge (1996), J. Applied Econometrics 11, 619-632; covariance of the scores :math:`x_i(y_i-\hat\mu_i)` between
    the inverse information :math:`(X'\mathrm{diag}(\hat\mu(1-\hat\mu))X)^{-1}`, without a factor for small samples (HC0).
    """
    outcome, columns = _checked(y, x)
    if bool(np.any((outcome < 0) | (outcome > 1))):
        raise refuse("y", "0与1以外的值", "比例，在0与1之间")
    mean = (outcome + 0.5) / 2
    linear = special.logit(mean)
    before = np.inf
    for _ in range(MOST_STEPS):
        weight = mean * (1 - mean)
        bread = _inverse((columns * weight[:, None]).T @ columns)
        working = linear + (outcome - mean) / weight
        coefficients = bread @ (columns * weight[:, None]).T @ working
        linear = columns @ coefficients
        mean = np.clip(special.expit(linear), EDGE, 1 - EDGE)
        now = _deviance(outcome, mean)
        if abs(before - now) <= CLOSE * (abs(now) + CLOSE):
            break
        before = now
    weight = mean * (1 - mean)
    bread = _inverse((columns * weight[:, None]).T @ columns)
    null = _deviance(outcome, np.full(len(outcome), outcome.mean()))
    explained = 1 - now / null if null > 0 else float("nan")
    return _with_errors(coefficients, bread, columns, outcome - mean, explained)


def _inverse(square: Floats) -> Floats:
    """The inverse; of a matrix with a column of zeros the pseudo-inverse, which leaves that column out."""
    return np.asarray(np.linalg.pinv(square), dtype=np.float64)


def _checked(y: ArrayLike, x: ArrayLike) -> tuple[Floats, Floats]:
    outcome, columns = array("y", y), array("x", x)
    if columns.ndim != 2 or len(columns) != len(outcome) or len(outcome) <= columns.shape[1]:
        shape = " × ".join(str(n) for n in columns.shape)
        raise refuse("x", f"{shape}，y 有 {len(outcome)} 个", "单位 × 变量，单位多于变量")
    return outcome, columns


def _deviance(outcome: Floats, mean: Floats) -> float:
    return float(
        2 * (special.rel_entr(outcome, mean) + special.rel_entr(1 - outcome, 1 - mean)).sum()
    )


def _with_errors(
    coefficients: Floats,
    bread: Floats,
    columns: Floats,
    residuals: Floats,
    explained: float,
    factor: float = 1.0,
) -> RobustFit:
    scores = columns * residuals[:, None]
    covariance = factor * bread @ (scores.T @ scores) @ bread
    errors = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * special.ndtr(-np.abs(coefficients / errors))
    return RobustFit(coefficients, errors, p, explained, len(columns))
