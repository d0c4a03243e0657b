"""Fractional response: rates between 0 and 1 (both included), their average partial effects and delta-method errors.

Papke and Wooldridge (1996), J. Applied Econometrics 11, 619-632: the Bernoulli quasi-likelihood with a logit or probit
mean is consistent for any y in [0, 1] as long as the mean is right; (2008), J. Econometrics 145, 121-133: in panels the
entities' means of everything that varies over time (Mundlak, Chamberlain) stand for the entity's effect. The fit is
statsmodels' GLM; average partial effects and their errors are our own code (`average_effects`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evalkit.effects.guards import guarded
from evalkit.effects.panel import Panel
from evalkit.effects.result import Effect, Note, allowed_as, facts, fitted, rows
from evalkit.problems import InputError, Problem
from evalkit.world.number import percent, plain

PAPER = "Papke and Wooldridge (1996, 2008)"
Link = Literal["logit", "probit"]


def fractional_response(y: ArrayLike, x: pd.DataFrame | np.ndarray, link: Link = "logit", *, cluster: ArrayLike | None = None,
                        weights: ArrayLike | None = None, covariance: Literal["robust", "model"] = "robust") -> Any:  # fmt: skip
    r"""The quasi-likelihood fit of :math:`E[y|x] = G(x\beta)`; statsmodels' results.

    Parameters
    ----------
    y
        Rates in [0, 1].
    x
        Regressors; a column ``const`` is added.
    cluster
        Errors clustered by these groups (factor G/(G-1) (N-1)/(N-K)); else robust (HC0, no small-sample factor).
    weights
        Numbers of trials behind the rates: with ``covariance="model"`` this is the binomial GLM of counts.

    Raises
    ------
    InputError
        Rates outside [0, 1] (with their rows), perfect collinearity (with the columns), no variation.
    """
    import statsmodels.api as sm

    rate = np.asarray(y, float)
    bad = np.flatnonzero(~((rate >= 0) & (rate <= 1)))
    if len(bad):
        places = "、".join(f"第{n + 1}行（{plain(rate[n])}）" for n in bad[:5]) + (f"等，共{len(bad)}行" if len(bad) > 5 else "")
        raise InputError(Problem("value_invalid", where="outcome", found=places, allowed="0到1之间的比率",
                                 advice="以百分数记的先除以100；缺失的行请先去掉"))  # fmt: skip
    named = pd.DataFrame(x).rename(columns=lambda c: c if isinstance(c, str) else f"x{c}")
    design = sm.add_constant(named.astype(float), has_constant="add")
    _full_rank(design)
    family = sm.families.Binomial(sm.families.links.Probit() if link == "probit" else sm.families.links.Logit())
    options: dict[str, Any] = {"cov_type": "nonrobust" if covariance == "model" else "HC0"}
    if cluster is not None:
        options = {"cov_type": "cluster", "cov_kwds": {"groups": pd.factorize(np.asarray(cluster))[0]}}
    with warnings.catch_warnings(action="ignore"):  # statsmodels remarks on weights with robust errors
        return sm.GLM(rate, design, family=family, var_weights=None if weights is None else np.asarray(weights, float)).fit(
            **options, maxiter=200, tol=1e-12
        )


def _full_rank(design: pd.DataFrame) -> None:
    """Refuse columns that others determine, by name."""
    scaled = design / design.abs().max().replace(0, 1)
    r = np.abs(np.diag(np.linalg.qr(scaled.to_numpy(), mode="r")))
    if len(design) <= design.shape[1] or (r < 1e-9 * max(r.max(), 1e-300)).any():
        lost = [str(c) for c, size in zip(design.columns, r, strict=False) if size < 1e-9 * r.max()]
        found = "、".join(lost) or f"{len(design)}行，{design.shape[1]}个变量"
        raise InputError(Problem("value_invalid", where="controls", found=found, allowed="不由其他变量决定的变量",
                                 advice="这些变量与其他变量完全共线，请删去其一"))  # fmt: skip


def average_effects(fit: Any, names: Sequence[str], on: np.ndarray | None = None) -> pd.DataFrame:
    r"""Average partial effects with delta-method errors: ``term``, ``estimate``, ``se``.

    Continuous :math:`x_j`: :math:`\bar\theta_j = N^{-1}\sum_i g(x_i\beta)\beta_j`; 0/1: the mean of
    :math:`G(x_i^{(1)}\beta) - G(x_i^{(0)}\beta)`. With :math:`J = \partial\bar\theta/\partial\beta` the variance is
    :math:`J V J'`, x held fixed as in Stata's ``margins``. `on` averages over these rows only (the treated: ATT).
    """
    x, beta = np.asarray(fit.model.exog, float), np.asarray(fit.params, float)
    place = list(fit.model.exog_names)
    used = x if on is None else x[np.asarray(on, bool)]
    inverse, slope, bend = fit.model.family.link.inverse, fit.model.family.link.inverse_deriv, fit.model.family.link.inverse_deriv2
    found = []
    for name in names:
        j = place.index(name)
        if np.isin(x[:, j], (0, 1)).all():
            one, zero = used.copy(), used.copy()
            one[:, j], zero[:, j] = 1, 0
            effect = inverse(one @ beta) - inverse(zero @ beta)
            gradient = slope(one @ beta)[:, None] * one - slope(zero @ beta)[:, None] * zero
        else:
            index = used @ beta
            effect = slope(index) * beta[j]
            gradient = bend(index)[:, None] * beta[j] * used
            gradient[:, j] += slope(index)
        jacobian = gradient.mean(0)
        found.append([name, float(effect.mean()), float(np.sqrt(jacobian @ np.asarray(fit.cov_params()) @ jacobian))])
    return pd.DataFrame(found, columns=["term", "estimate", "se"])


def regressors(panel: Panel, mundlak: bool = True) -> pd.DataFrame:
    """Treatment, controls, periods and (`mundlak`) the entities' means of what varies over time within them."""
    used = panel.complete
    x = used[["treated", *panel.controls]].astype(float)
    means = x.groupby(used["entity"]).transform("mean")
    moving = (x - means).abs().max() > 1e-12 * (1 + x.abs().max())
    x = x.join(pd.get_dummies(used["period"], prefix="t", drop_first=True, dtype=float))
    x = x.join(means.loc[:, moving].add_prefix("mean_")) if mundlak else x
    return x.loc[:, x.nunique() > 1]


@fitted
def fractional(panel: Panel, link: Link = "logit", *, mundlak: bool = True) -> Effect:
    """Fractional logit or probit of a rate on the policy, with period effects and Mundlak means.

    Returns
    -------
    Effect
        ``treated``: average partial effect of the policy over all rows (main); ``att``: over the treated rows; the
        controls' average partial effects; ``details["coefficients"]``: the fit itself.
    """
    used = panel.complete
    allowed_as("link", link, ("logit", "probit"))
    if not used[panel.outcome].between(0, 1).all():
        bad = used.loc[~used[panel.outcome].between(0, 1)].head(5)
        places = "、".join(f"{r.entity}（{r.period}）：{plain(getattr(r, panel.outcome))}" for r in bad.itertuples())
        raise InputError(Problem("value_invalid", where=panel.outcome, found=places, allowed="0到1之间的比率",
                                 advice="以百分数记的先除以100；不是比率的请用双向固定效应"))  # fmt: skip
    names = ["treated", *panel.controls]
    x = regressors(panel, mundlak)
    fit = fractional_response(used[panel.outcome], x, link, cluster=used["cluster"],
                              weights=used["weight"] if panel.weighted else None)  # fmt: skip
    terms = [n for n in names if n in x]
    effects = average_effects(fit, terms)
    if panel.kind == "binary":
        att = average_effects(fit, ["treated"], used["treated"].to_numpy() > 0).assign(term="att")
        effects = pd.concat([effects.iloc[:1], att, effects.iloc[1:]], ignore_index=True)
    labels = {"treated": f"{panel.label(panel.treatment)}（平均偏效应）", "att": f"{panel.label(panel.treatment)}（已实施者的平均效应）"}
    clusters = used["cluster"].nunique()
    method = f"分数响应{'Logit' if link == 'logit' else 'Probit'}（准极大似然）" + ("，加入个体均值（Mundlak）" if mundlak else "")
    about = facts(panel, package="statsmodels", method=method, paper=PAPER, covariance=f"按{clusters}个聚类的稳健标准误，德尔塔法",
                  fixed={"个体": "均值（Mundlak）" if mundlak else "否", "时期": "是"})  # fmt: skip
    share = used[panel.outcome].isin([0, 1]).mean()
    note = Note("info", f"结果变量恰为0或1的占{percent(share)}；效应以比率计，为平均偏效应，不是系数。")
    columns = {"estimate": fit.params, "se": fit.bse, "p": fit.pvalues}
    coefficients = pd.DataFrame({"term": fit.model.exog_names} | {key: np.asarray(values) for key, values in columns.items()})
    table = rows(effects["term"], [labels.get(t, panel.label(t)) for t in effects["term"]], effects["estimate"], effects["se"])
    made = Effect(f"fractional_{link}", f"分数响应{'Logit' if link == 'logit' else 'Probit'}", table, about, (), "treated",
                  {"coefficients": coefficients}).with_notes(note)  # fmt: skip
    return guarded(made, panel) if panel.kind == "binary" else made
