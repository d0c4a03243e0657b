"""Least squares with fixed effects: pyfixest's estimates and covariances on the short names of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.panel import Panel
from evalkit.effects.words import note
from evalkit.problems import InputError, Problem
from evalkit.world.note import Note

CLUSTERED = "按聚类稳健（CRV1）"
COVARIANCES = {"cluster": CLUSTERED, "iid": "同方差", "hetero": "异方差稳健（HC1）"}


@dataclass(frozen=True)
class Fit:
    """A regression: coefficients, their covariance, degrees of freedom of t, rows used, columns dropped, remarks."""

    beta: pd.Series
    cov: pd.DataFrame
    df: int
    n: int
    dropped: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    r2_within: float | None = None


def least_squares(
    panel: Panel,
    work: pd.DataFrame,
    terms: Sequence[str],
    *,
    effects: str,
    covariance: str = "cluster",
) -> Fit:
    """A regression by pyfixest on the short names of `Panel.work`.

    Parameters
    ----------
    terms
        Regressors beside the panel's controls.
    effects
        Fixed effects: ``i+t``, ``i``, ``t`` or ``0`` for none.
    covariance
        ``cluster``, ``iid`` or ``hetero``.
    """
    import pyfixest as pf

    formula = f"y ~ {'+'.join([*terms, *panel.xs]) or '1'}" + (
        f" | {effects}" if effects != "0" else ""
    )
    # large numbers (money in fen) keep the library's demeaning from converging: they are made smaller, the results larger again
    size = pd.Series({name: max(-work[name].min(), work[name].max()) for name in ("y", *panel.xs)})
    unit = 10.0 ** np.floor(np.log10(size.where(size > 1e6, 1.0)))
    data = work.assign(**{name: work[name] / unit[name] for name in unit.index[unit > 1]})
    vcov: Any = {"CRV1": "c"} if covariance == "cluster" else covariance
    try:
        fit = pf.feols(
            formula,
            data,
            vcov=vcov,
            weights="w" if panel.weighted else None,
            copy_data=False,
            store_data=False,
            lean=True,
        )
    except ValueError as error:  # pyfixest: nothing is left
        if terms or "collinear" not in str(error):
            raise collinear(panel) from error
        nothing = pd.Series(dtype="float64")
        return Fit(nothing, pd.DataFrame(), df=0, n=len(work), dropped=tuple(panel.xs))
    dropped, n = list(fit._collin_vars), int(fit._N)
    back = unit["y"] / unit.reindex(fit.coef().index, fill_value=1.0)
    beta, cov = fit.coef() * back, fit._vcov * np.outer(back, back)
    lost = tuple(
        panel.label(c) for x, c in zip(panel.xs, panel.controls, strict=True) if x in dropped
    )
    notes = [note("regression.collinear", controls=lost)] if lost else []
    if n < len(work):
        notes.append(note("regression.single", n=len(work) - n))
    absorbed = (
        sum(work[e].nunique() for e in effects.split("+")) - effects.count("+")
        if effects != "0"
        else 0
    )
    df = int(fit._G[0]) - 1 if covariance == "cluster" else n - len(beta) - absorbed
    return Fit(
        beta,
        pd.DataFrame(cov, beta.index, beta.index),
        df=df,
        n=n,
        dropped=tuple(dropped),
        notes=tuple(notes),
        r2_within=getattr(fit, "_r2_within", None),
    )


def collinear(panel: Panel) -> InputError:
    """The treatment cannot be told from effects and controls."""
    found = f"{panel.label(panel.treatment)}可由固定效应与控制变量完全推出（完全共线）"
    return InputError(
        Problem(
            "treatment_unvaried",
            where="least_squares",
            found=found,
            advice="请去掉与政策同步变化的控制变量",
        )
    )
