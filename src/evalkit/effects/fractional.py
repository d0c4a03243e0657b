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

from evalkit.effects.dealing import Clusters
from evalkit.effects.design import Estimate
from evalkit.effects.facts import facts
from evalkit.effects.few import Refitted, Term
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import allowed_as, fitted
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note
from evalkit.problems import InputError, Problem
from evalkit.world.number import plain

PAPER = "Papke and Wooldridge (1996, 2008)"
Link = Literal["logit", "probit"]


def fractional_response(
    y: ArrayLike,
    x: pd.DataFrame | np.ndarray,
    link: Link = "logit",
    *,
    cluster: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    covariance: Literal["robust", "model"] = "robust",
) -> Any:
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
        places = "、".join(f"第{n + 1}行（{plain(rate[n])}）" for n in bad[:5]) + (
            f"等，共{len(bad)}行" if len(bad) > 5 else ""
        )
        raise InputError(
            Problem(
                "value_invalid",
                where="outcome",
                found=places,
                allowed="0到1之间的比率",
                advice="以百分数记的先除以100；缺失的行请先去掉",
            )
        )
    named = pd.DataFrame(x).rename(columns=lambda c: c if isinstance(c, str) else f"x{c}")
    design = sm.add_constant(named.astype(float), has_constant="add")
    _full_rank(design)
    family = _family(link)
    options: dict[str, Any] = {"cov_type": "nonrobust" if covariance == "model" else "HC0"}
    if cluster is not None:
        options = {
            "cov_type": "cluster",
            "cov_kwds": {"groups": pd.factorize(np.asarray(cluster))[0]},
        }
    with warnings.catch_warnings(
        action="ignore"
    ):  # statsmodels remarks on weights with robust errors
        return sm.GLM(
            rate,
            design,
            family=family,
            var_weights=None if weights is None else np.asarray(weights, float),
        ).fit(**options, maxiter=200, tol=1e-12)


def _full_rank(design: pd.DataFrame) -> None:
    """Refuse columns that others determine, by name."""
    scaled = design / design.abs().max().replace(0, 1)
    r = np.abs(np.diag(np.linalg.qr(scaled.to_numpy(), mode="r")))
    if len(design) <= design.shape[1] or (r < 1e-9 * max(r.max(), 1e-300)).any():
        lost = [str(c) for c, size in zip(design.columns, r, strict=False) if size < 1e-9 * r.max()]
        found = "、".join(lost) or f"{len(design)}行，{design.shape[1]}个变量"
        raise InputError(
            Problem(
                "value_invalid",
                where="controls",
                found=found,
                allowed="不由其他变量决定的变量",
                advice="这些变量与其他变量完全共线，请删去其一",
            )
        )


def average_effects(
    fit: Any, names: Sequence[str], on: np.ndarray | None = None, weights: ArrayLike | None = None
) -> pd.DataFrame:
    r"""Average partial effects with delta-method errors: ``term``, ``estimate``, ``se``.

    Continuous :math:`x_j`: :math:`\bar\theta_j = N^{-1}\sum_i g(x_i\beta)\beta_j`; 0/1: the mean of
    :math:`G(x_i^{(1)}\beta) - G(x_i^{(0)}\beta)`. With :math:`J = \partial\bar\theta/\partial\beta` the variance is
    :math:`J V J'`, x held fixed as in Stata's ``margins``. `on` averages over these rows only (the treated: ATT),
    `weights` weigh the rows.
    """
    found = []
    for name in names:
        effect, jacobian = _effect(fit, name, on, weights)
        found.append(
            [name, effect, float(np.sqrt(jacobian @ np.asarray(fit.cov_params()) @ jacobian))]
        )
    return pd.DataFrame(found, columns=["term", "estimate", "se"])


def _effect(
    fit: Any, name: str, on: np.ndarray | None, weights: ArrayLike | None
) -> tuple[float, np.ndarray]:
    """One average partial effect and its derivative by the coefficients."""
    x, beta = np.asarray(fit.model.exog, float), np.asarray(fit.params, float)
    keep = np.ones(len(x), bool) if on is None else np.asarray(on, bool)
    used, share = (
        x[keep],
        np.ones(len(x))[keep] if weights is None else np.asarray(weights, float)[keep],
    )
    share = share / share.sum()
    link, j = fit.model.family.link, list(fit.model.exog_names).index(name)
    if np.isin(x[:, j], (0, 1)).all():
        return _switched(used, beta, share, j, link)
    index = used @ beta
    gradient = link.inverse_deriv2(index)[:, None] * beta[j] * used
    gradient[:, j] += link.inverse_deriv(index)
    return float(share @ link.inverse_deriv(index) * beta[j]), np.asarray(share @ gradient)


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
def fractional(panel: Panel, link: Link = "logit", *, mundlak: bool = True) -> Estimate:
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
        places = "、".join(
            f"{r.entity}（{r.period}）：{plain(getattr(r, panel.outcome))}"
            for r in bad.itertuples()
        )
        raise InputError(
            Problem(
                "value_invalid",
                where=panel.outcome,
                found=places,
                allowed="0到1之间的比率",
                advice="以百分数记的先除以100；不是比率的请用双向固定效应",
            )
        )
    names = ["treated", *panel.controls]
    x = regressors(panel, mundlak)
    fit = fractional_response(
        used[panel.outcome],
        x,
        link,
        cluster=used["cluster"],
        weights=used["weight"] if panel.weighted else None,
    )
    terms = [n for n in names if n in x]
    given = used["weight"] if panel.weighted else None
    effects = average_effects(fit, terms, weights=given)
    if panel.kind == "binary":
        att = average_effects(fit, ["treated"], used["treated"].to_numpy() > 0, given).assign(
            term="att"
        )
        effects = pd.concat([effects.iloc[:1], att, effects.iloc[1:]], ignore_index=True)
    labels = {
        "treated": f"{panel.label(panel.treatment)}（平均偏效应）",
        "att": f"{panel.label(panel.treatment)}（已实施者的平均效应）",
    }
    clusters = used["cluster"].nunique()
    method = f"分数响应{'Logit' if link == 'logit' else 'Probit'}（准极大似然）" + (
        "，加入个体均值（Mundlak）" if mundlak else ""
    )
    about = facts(
        panel,
        package="statsmodels",
        method=method,
        paper=PAPER,
        covariance=f"按{clusters}个聚类的稳健标准误，德尔塔法",
        fixed={"个体": "均值（Mundlak）" if mundlak else "否", "时期": "是"},
    )
    share = used[panel.outcome].isin([0, 1]).mean()
    columns = {"estimate": fit.params, "se": fit.bse, "p": fit.pvalues}
    coefficients = pd.DataFrame(
        {"term": fit.model.exog_names}
        | {key: np.asarray(values) for key, values in columns.items()}
    )
    table = rows(
        effects["term"],
        [labels.get(t, panel.label(t)) for t in effects["term"]],
        effects["estimate"],
        effects["se"],
    )
    made = Effect(
        f"fractional_{link}",
        f"分数响应{'Logit' if link == 'logit' else 'Probit'}",
        table,
        about,
        (),
        "treated",
        {"coefficients": coefficients},
    ).with_notes(note("fractional.ends", share=float(share)))
    if panel.kind != "binary":
        return Estimate(made)
    way = Refitted(
        panel.work, lambda clusters, codes: _refit(clusters, codes, panel, link, mundlak)
    )
    return Estimate(made, panel, way)


def _refit(
    clusters: Clusters, codes: np.ndarray, panel: Panel, link: Link, mundlak: bool
) -> dict[str, Term]:
    """The fit of cluster means to an assignment: effects with errors by the variance between clusters of every cohort.

    The influence of a cluster on an average effect is J (X'WX)^-1 times its scores; its variance is taken cohort by cohort
    (n / (n - 1) of the sum of squares about the cohort's mean), with Satterthwaite's degrees of freedom.
    """
    n, t = clusters.y.shape
    moving = [clusters.on[codes], *(clusters.means(name) for name in panel.xs)]
    columns = [
        np.ones(n * t),
        *(v.ravel() for v in moving),
        *(np.tile(np.arange(t) == k, n).astype(float) for k in range(1, t)),
    ]
    if mundlak:
        columns += [
            np.repeat(v.mean(axis=1), t)
            for v in moving
            if np.ptp(v - v.mean(axis=1, keepdims=True)) > 0
        ]
    x = np.column_stack(columns)
    weight = np.repeat(clusters.w / clusters.w.mean(), t)
    beta, inverse, scores = _scoring(clusters.y.ravel(), x, weight, link)
    influence = scores.reshape(n, t, -1).sum(axis=1) @ inverse
    found, single = {}, clusters.sizes.min() == 1
    for term, rows_ in (("treated", np.ones(n * t, bool)), ("att", moving[0].ravel() > 0)):
        estimate, jacobian = _switched(x[rows_], beta, weight[rows_], 1, _family(link).link)
        own, parts = influence @ jacobian, []
        for k in range(len(clusters.cohorts)):
            mine = own[codes == k]
            size = max(len(mine), 2)
            about = mine.mean() if len(mine) > 1 else 0.0
            parts.append((float(((mine - about) ** 2).sum()) * size / (size - 1), size - 1))
        total = sum(v for v, _ in parts)
        freedom = total**2 / sum(v**2 / nu for v, nu in parts) if total > 0 else 1.0
        found[term] = Term(estimate, float(np.sqrt(total)), 1.0 if single else freedom)
    return found


def _scoring(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, link: Link
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fisher scoring of the quasi-likelihood: coefficients, inverse information, scores of the rows."""
    family = _family(link)
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        index = np.clip(x @ beta, -30, 30)
        mean = np.clip(family.link.inverse(index), 1e-12, 1 - 1e-12)
        slope = family.link.inverse_deriv(index)
        spread = mean * (1 - mean)
        inverse = np.linalg.pinv((x * (w * slope**2 / spread)[:, None]).T @ x, hermitian=True)
        scores = x * (w * slope * (y - mean) / spread)[:, None]
        step = inverse @ scores.sum(axis=0)
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return beta, inverse, scores


def _family(link: Link) -> Any:
    import statsmodels.api as sm

    return sm.families.Binomial(
        sm.families.links.Probit() if link == "probit" else sm.families.links.Logit()
    )


def _switched(
    used: np.ndarray, beta: np.ndarray, weights: np.ndarray, j: int, link: Any
) -> tuple[float, np.ndarray]:
    """The mean effect of switching column j from 0 to 1, and its derivative by the coefficients."""
    one, zero = used.copy(), used.copy()
    one[:, j], zero[:, j] = 1, 0
    share = weights / weights.sum()
    effect = link.inverse(one @ beta) - link.inverse(zero @ beta)
    gradient = (
        link.inverse_deriv(one @ beta)[:, None] * one
        - link.inverse_deriv(zero @ beta)[:, None] * zero
    )
    return float(share @ effect), np.asarray(share @ gradient)
