"""Partial pooling: many small groups, each with a noisy rate or estimate, drawn towards what they have in common.

Rates: the beta-binomial empirical Bayes of `evalkit.stats.shrink`, with posterior limits. Estimates with standard
errors (effects by district): the normal model of Efron and Morris (1975), JASA 70, 311-319, variance by REML. Panels:
a random intercept for the entity and a random effect of the policy (statsmodels MixedLM; Gelman and Hill 2007).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evalkit.effects.dealing import Clusters
from evalkit.effects.design import Estimate
from evalkit.effects.facts import facts
from evalkit.effects.few import Linear, without_controls
from evalkit.effects.fractional import regressors
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import binary, fitted, unfit, unweighted
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note
from evalkit.problems import InputError, Problem
from evalkit.stats import beta_prior, shrink
from evalkit.world.number import plain


def pool_rates(count: ArrayLike, total: ArrayLike, level: float = 0.95) -> pd.DataFrame:
    r"""Rates of groups under :math:`x_i \sim Bin(n_i, p_i),\ p_i \sim Beta(a, b)`: ``raw``, ``pooled``, limits, ``weight``.

    The posterior of :math:`p_i` is Beta(a + x, b + n - x) at the maximum-likelihood prior; ``weight`` is the share of
    the group's own rate, n / (n + a + b). The limits hold the prior fixed, so they are a little short with few groups.
    """
    from scipy.stats import beta

    x, n = np.asarray(count, float), np.asarray(total, float)
    if x.shape != n.shape:
        raise InputError(
            Problem(
                "value_invalid",
                where="total",
                found=f"分子{x.size}个、分母{n.size}个",
                allowed="一样多",
            )
        )
    bad = np.flatnonzero(~((x >= 0) & (x <= n)) & ~np.isnan(x + n))
    if len(bad):
        found = "、".join(f"第{i + 1}行（{plain(x[i])}/{plain(n[i])}）" for i in bad[:5])
        raise InputError(
            Problem("value_invalid", where="count", found=found, allowed="0 ≤ 分子 ≤ 分母")
        )
    a, b = beta_prior(x, n)
    pooled = np.asarray(shrink(x, n), float)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        raw, one_rate = x / np.where(n > 0, n, np.nan), np.isinf(a)
        low, high = (
            (pooled, pooled)
            if one_rate
            else (beta.ppf(q, a + x, b + n - x) for q in (tail, 1 - tail))
        )
        weight = np.zeros_like(n) if one_rate else n / (n + a + b)
    return pd.DataFrame({"raw": raw, "pooled": pooled, "low": low, "high": high, "weight": weight})


def pool_effects(
    estimate: ArrayLike, se: ArrayLike, level: float = 0.95
) -> tuple[pd.DataFrame, dict[str, float]]:
    r"""Estimates of groups under :math:`y_i \sim N(\theta_i, s_i^2),\ \theta_i \sim N(\mu, \tau^2)`.

    :math:`\tau^2` maximises the restricted likelihood; :math:`\hat\theta_i = B_i\mu + (1 - B_i) y_i`,
    :math:`B_i = s_i^2/(s_i^2 + \tau^2)`, and its variance adds that of :math:`\mu`.

    Returns
    -------
    table, common
        ``raw``, ``pooled``, ``se``, ``low``, ``high``, ``weight`` (1 - B); ``mean``, ``mean_se``, ``tau``, ``q`` and
        ``p`` of Cochran's test that all are equal.
    """
    from scipy import optimize, stats

    y, s = np.asarray(estimate, float), np.asarray(se, float)
    if len(y) < 2 or y.shape != s.shape or not (np.isfinite(y) & (s > 0)).all():
        raise InputError(
            Problem(
                "value_invalid",
                where="se",
                found=f"{len(y)}组",
                allowed="至少两组，每组一个估计和一个大于0的标准误",
            )
        )

    def loss(tau2: float) -> float:
        w = 1 / (s**2 + tau2)
        return float(
            0.5
            * (
                np.log(1 / w).sum()
                + np.log(w.sum())
                + (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
            )
        )

    top = 10 * float(np.var(y) + s.max() ** 2)
    found = optimize.minimize_scalar(
        loss, bounds=(0, top), method="bounded", options={"xatol": 1e-12 * top}
    )
    tau2 = 0.0 if loss(0.0) <= found.fun + 1e-10 else float(found.x)
    w = 1 / (s**2 + tau2)
    mean, var = float((w * y).sum() / w.sum()), float(1 / w.sum())
    shrunk = s**2 * w
    pooled = shrunk * mean + (1 - shrunk) * y
    error = np.sqrt((1 - shrunk) * s**2 + shrunk**2 * var)
    reach = stats.norm.ppf(0.5 + level / 2) * error
    flat = 1 / s**2
    q = float((flat * (y - (flat * y).sum() / flat.sum()) ** 2).sum())
    table = pd.DataFrame(
        {
            "raw": y,
            "pooled": pooled,
            "se": error,
            "low": pooled - reach,
            "high": pooled + reach,
            "weight": 1 - shrunk,
        }
    )
    return table, {
        "mean": mean,
        "mean_se": var**0.5,
        "tau": tau2**0.5,
        "q": q,
        "p": float(stats.chi2.sf(q, len(y) - 1)),
    }


@fitted
def multilevel(panel: Panel) -> Estimate:
    """The policy's mean effect with a random intercept and a random effect by entity; period effects fixed.

    ``details["entities"]``: the effect of every treated entity, drawn towards the mean.
    """
    import statsmodels.api as sm

    binary(panel, "multilevel")
    unweighted(panel, "multilevel", "带权重的请用 twfe 或 callaway_santanna")
    used = panel.complete
    names = ["treated", *panel.controls]
    x = sm.add_constant(regressors(panel), has_constant="add")
    random = np.column_stack([np.ones(len(used)), used["treated"]])
    model = sm.MixedLM(used[panel.outcome].astype(float), x, groups=used["entity"], exog_re=random)
    try:
        fit = model.fit(reml=True, method=["lbfgs", "powell"])
    except np.linalg.LinAlgError as error:
        ever = used.loc[used["first_treated"].notna(), "entity"].nunique()
        raise unfit(
            "multilevel", f"{ever}个实施政策的个体，估不出效应的个体差异", "请用 ek.effects.twfe"
        ) from error
    errors = fit.bse_fe
    spread = np.sqrt(np.clip(np.diag(np.asarray(fit.cov_re)), 0, None))
    terms = [n for n in names if n in x]
    about = facts(
        panel,
        package="statsmodels",
        method="多层模型（随机截距、随机政策效应，REML）",
        paper="Gelman and Hill (2007)",
        covariance="模型标准误",
        fixed={"个体": "随机截距＋均值", "时期": "是"},
        spread_effect=float(spread[1]),
    )
    labels = [panel.label(panel.treatment) if t == "treated" else panel.label(t) for t in terms]
    table = rows(terms, labels, fit.fe_params[terms], errors[terms])
    each = pd.DataFrame(
        {
            "entity": list(fit.random_effects),
            "effect": [float(v.iloc[1]) for v in fit.random_effects.values()],
        }
    )
    ever = used.loc[used["first_treated"].notna(), "entity"].unique()
    each = each.loc[each["entity"].isin(ever)].assign(
        effect=lambda f: f["effect"] + float(fit.fe_params["treated"])
    )
    notes = [
        note("multilevel.spread", effect=float(spread[1]), intercept=float(spread[0])),
    ]
    if spread[1] < 1e-4:
        notes.append(note("multilevel.alike"))
    if about["clusters"] < about["entities"]:
        notes.append(note("multilevel.clustered"))
    if not fit.converged:
        notes.append(note("multilevel.not_converged"))
    details = {"entities": each.reset_index(drop=True)}
    made = Effect("multilevel", "多层模型", table, about, (), "treated", details).with_notes(*notes)
    beta = fit.fe_params[[c for c in panel.controls if c in x]].rename(
        dict(zip(panel.controls, panel.xs, strict=True))
    )
    way = Linear(
        without_controls(panel.work, beta),
        lambda clusters: {"treated": _contrast(clusters, np.asarray(fit.cov_re), float(fit.scale))},
    )
    return Estimate(made, panel, way)


def _contrast(clusters: Clusters, spread: np.ndarray, noise: float) -> np.ndarray:
    """Generalised least squares of means by cohort and period, at the fitted variances: the weights of the policy's effect."""
    n, t = clusters.on.shape
    inside, cross = np.zeros((2 + t, 2 + t)), []
    for k in range(n):
        d = clusters.on[k]
        x = np.column_stack([d, np.full(t, d.mean()), np.eye(t)])
        z = np.column_stack([np.ones(t), d])
        inverse = np.linalg.inv(noise * np.eye(t) + z @ spread @ z.T)
        inside += clusters.mass[k] * x.T @ inverse @ x
        cross.append(clusters.mass[k] * x.T @ inverse)
    return np.asarray(np.stack([np.linalg.pinv(inside, hermitian=True)[0] @ c for c in cross]))
