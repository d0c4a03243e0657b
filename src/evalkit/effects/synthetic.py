"""Synthetic control and synthetic difference in differences (diff-diff), for one or a few reforming places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.effects.design import Estimate
from evalkit.effects.facts import facts
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import binary, fitted, side, unfit, unweighted
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note
from evalkit.problems import InputError, Problem
from evalkit.world.note import Note

MOST = 3_000  # entities; the libraries' matrices grow with their square
_HOW = {"placebo": "安慰剂法", "jackknife": "刀切法", "bootstrap": "自助法"}


@fitted
def synthetic_did(
    panel: Panel,
    *,
    variance: Literal["placebo", "jackknife", "bootstrap"] | None = None,
    draws: int = 200,
    seed: int = 7,
) -> Estimate:
    """Synthetic difference in differences (Arkhangelsky et al. 2021): unit and time weights, then two-way effects.

    Parameters
    ----------
    variance
        By default ``placebo`` where the controls are more than twice the treated (the only one for a single treated
        entity), else ``jackknife``.
    draws, seed
        Of placebo and bootstrap.

    Notes
    -----
    Entities not seen in every period are left out. Staggered adoption: one estimate a cohort against the never
    treated, averaged by treated observations; its standard error is the weighted sum of the cohorts' (an upper
    bound, since they share their controls).
    """
    import diff_diff as dd

    work, names, notes = _whole(panel, "synthetic_did")
    cohorts = sorted(int(v) for v in work.loc[work["g"] > work["t"].min(), "g"].unique())
    if not cohorts:
        raise unfit("synthetic_did", "没有首期之后才实施的个体")
    found: dict[int, Any] = {}
    sizes: dict[int, int] = {}
    hows: list[str] = []
    for g in cohorts:
        data = work[work["g"].isin([0, g])].assign(ever=lambda w: (w["g"] > 0).astype(int))
        n, post = (
            data.loc[data["ever"] == 1, "i"].nunique(),
            sorted(int(t) for t in data["t"].unique() if t >= g),
        )
        how = variance or ("placebo" if n == 1 or data["i"].nunique() > 3 * n else "jackknife")
        model = dd.SyntheticDiD(variance_method=how, n_bootstrap=draws, seed=seed)
        found[g] = model.fit(data, "y", "ever", "i", "t", post, covariates=panel.xs or None)
        sizes[g] = n * len(post)
        hows.append(_HOW[how])
    att, se, mass = (
        np.array([pick(g) for g in cohorts], float)
        for pick in (lambda g: found[g].att, lambda g: found[g].se, sizes.get)
    )
    share, several = mass / mass.sum(), len(cohorts) > 1
    labels = [f"{panel.period(g)}批" for g in cohorts] if several else []
    shown = slice(None if several else 1)
    table = rows(
        ["att", *labels],
        ["平均处理效应", *labels],
        np.r_[share @ att, att][shown],
        np.r_[share @ se, se][shown],
    )
    if several:
        notes.append(note("synthetic.staggered"))
    weights = [
        (panel.period(g), names[i], w) for g in cohorts for i, w in found[g].unit_weights.items()
    ]
    weights += [
        (panel.period(g), panel.period(t), w)
        for g in cohorts
        for t, w in found[g].time_weights.items()
    ]
    # the figure shows the largest cohort, the synthetic path moved by the weighted gap before the policy
    g = max(cohorts, key=lambda g: sizes[g])
    one = found[g]
    gap = float(
        np.asarray(one.time_weights_array)
        @ (one.treated_pre_trajectory - one.synthetic_pre_trajectory)
    )
    paths = pd.DataFrame(
        {
            "time": [*one.pre_periods, *one.post_periods],
            "treated": np.r_[one.treated_pre_trajectory, one.treated_post_trajectory],
            "synthetic": gap + np.r_[one.synthetic_pre_trajectory, one.synthetic_post_trajectory],
        }
    )
    about = facts(
        panel,
        package="diff-diff",
        method="合成双重差分",
        paper="Arkhangelsky et al. (2021)",
        start=g,
        base_period="实施前各期（按时期权重）",
        covariance=f"{'、'.join(dict.fromkeys(hows))}（种子{seed}）",
        rows=work,
    )
    details = {
        "weights": pd.DataFrame(weights, columns=["cohort", "key", "weight"]),
        "paths": paths,
    }
    made = Effect(
        "synthetic_did", "合成双重差分", table, about, tuple(notes), "att", details, "synthetic"
    )
    return Estimate(made, panel)


@fitted
def synthetic_control(
    panel: Panel,
    *,
    treated: str | None = None,
    outcomes: Literal["all"] | Sequence[str | int] = "all",
    predictors: Sequence[tuple[str, Sequence[str | int]]] = (),
    importance: Literal["equal", "nested", "cv", "inverse_variance"] | None = None,
    placebo: bool = True,
    seed: int = 7,
) -> Estimate:
    """Synthetic control for one reforming place, with placebo inference over the others.

    Weights on the donors, not negative and adding up to 1, minimise the distance of the predictors before the policy;
    the effect is the mean gap after it. p: rank of the ratio of post to pre root mean squared gaps among all places
    (Abadie, Diamond and Hainmueller 2010), at least 1 / (donors + 1).

    Parameters
    ----------
    treated
        The place, where several were treated: the others are left out.
    outcomes
        Periods whose outcomes are predictors; ``()`` for none.
    predictors
        ``(column, periods)``: the outcome, a control or a kept column, its mean over these periods; it may have gaps.
    importance
        How predictors weigh: ``equal`` (the default when they are outcomes alone), ``nested`` (best fit before the
        policy, the default with predictors), ``cv`` or ``inverse_variance``.
    """
    import diff_diff as dd

    work, names, notes = _whole(panel, "synthetic_control")
    ever = {str(names[i]): i for i in sorted(work.loc[work["g"] > 0, "i"].unique())}
    if treated not in ever and (treated is not None or len(ever) > 1):
        raise unfit(
            "synthetic_control",
            f"{treated or '没有指定'}；实施政策的有{'、'.join(list(ever)[:9])}",
            '请指定 treated="…"，或用 synthetic_did',
        )
    place = treated or next(iter(ever))
    one, work = ever[place], work[(work["g"] == 0) | (work["i"] == ever[place])]
    start = int(work.loc[work["i"] == one, "g"].iloc[0])
    before = int((work["t"].drop_duplicates() < start).sum())
    if not before:
        raise unfit("synthetic_control", f"{place}首期就已实施，没有实施前的数据")
    special = [(column, _times(panel, spans), "mean") for column, spans in predictors]
    for column in dict.fromkeys(column for column, *_ in special):
        values = panel.frame.set_index(["entity", "time"])[column].astype(float)
        work = work.assign(
            **{
                column: values.reindex(
                    pd.MultiIndex.from_arrays([work["i"].map(names), work["t"]])
                ).to_numpy()
            }
        )
    lags: Any = outcomes if isinstance(outcomes, str) else _times(panel, outcomes) or None
    if not special and not lags:
        raise unfit(
            "synthetic_control", "没有预测变量", 'outcomes="all" 或列出时期；或给 predictors'
        )
    how = importance or ("nested" if special else "equal")
    equal = (
        np.ones(len(special) + (before if lags == "all" else len(lags or ())))
        if how == "equal"
        else None
    )
    model = dd.SyntheticControl(
        v_method="custom" if how == "equal" else how,
        custom_v=equal,
        seed=seed,
        standardize="none" if how == "equal" and not special else "std",
    )
    found = model.fit(
        work,
        "y",
        "d",
        "i",
        "t",
        treated_unit=one,
        pre_period_outcomes=lags,
        special_predictors=special or None,
    )
    shadow, failed = side("placebo", found.in_space_placebo) if placebo else (None, ())
    placebo = shadow is not None
    shadow = shadow if shadow is not None else pd.DataFrame({"unit": []})
    notes += failed
    rank_p = float(found.placebo_p_value) if placebo else np.nan
    gap = pd.Series(found.gap_path)
    post = gap[gap.index >= start]
    table = rows(
        ["att", *(f"t{t}" for t in post.index)],
        ["实施后平均差距", *(f"{panel.period(t)}差距" for t in post.index)],
        np.r_[post.mean(), post],
        np.nan,
        p=np.r_[rank_p, np.full(len(post), np.nan)],
        p_small=np.r_[rank_p, np.full(len(post), np.nan)],
        at=np.r_[np.nan, post.index],
    )
    low, high = (
        _not_rejected(post.to_numpy(), float(found.pre_rmspe), shadow[shadow["unit"] != one])
        if placebo
        else (np.nan, np.nan)
    )
    if panel.rate and np.isfinite([low, high]).all():  # a rate cannot move by more than one
        low, high = max(low, -1.0), min(high, 1.0)
    table.loc[0, ["ci_low", "ci_high"]] = low, high
    actual = work[work["i"] == one].set_index("t")["y"].sort_index()
    paths = pd.DataFrame(
        {"time": actual.index, "treated": actual, "synthetic": actual - gap.reindex(actual.index)}
    )
    donors = pd.DataFrame(
        [(names[i], w) for i, w in found.donor_weights.items()], columns=["key", "weight"]
    )
    details = {
        "paths": paths.reset_index(drop=True),
        "weights": donors.sort_values("weight", ascending=False, ignore_index=True),
        "placebos": shadow.assign(key=shadow["unit"].map(names)),
    }
    about = facts(
        panel,
        package="diff-diff",
        method=f"合成控制（预测变量权重：{how}）",
        paper="Abadie, Diamond & Hainmueller (2010)",
        start=start,
        pre_rmspe=float(found.pre_rmspe),
        rmspe_ratio=float(found.rmspe_ratio),
        base_period="实施前各期",
        place=place,
        p_small_method=f"全部{found.n_placebos + 1}个地区的RMSPE比值排名" if placebo else "",
        rows=work,
    )
    notes.append(note("synthetic.fit", place=place, rmspe=float(found.pre_rmspe)))
    notes.append(
        note("synthetic.one_place_ranked", p=rank_p, least=1 / (found.n_placebos + 1))
        if placebo
        else note("synthetic.one_place")
    )
    if before < 5:
        notes.append(note("synthetic.short", n=before))
    if found.pre_rmspe > 0.25 * actual.std():
        notes.append(note("synthetic.unfitted"))
    made = Effect("synthetic_control", "合成控制", table, about, (), "att", details, "synthetic")
    return Estimate(made.with_notes(*notes))


def _not_rejected(post: np.ndarray, before: float, shadow: pd.DataFrame) -> tuple[float, float]:
    """Constant effects c that the ranking does not reject at 5%: the gaps less c over the fit before rank as the place's own.

    Firpo and Possebom (2018), J. Causal Inference 6(2): the ratio at c is root mean (gap - c)^2 over the fit before; open where
    there are fewer than 19 placebos, none (NaN) where every constant effect is rejected.
    """
    others = np.sort(shadow.loc[shadow["unit"].notna(), "rmspe_ratio"].dropna().to_numpy(float))[
        ::-1
    ]
    allowed = int(np.floor(0.05 * (len(others) + 1) + 1e-9))
    if allowed < 1:
        return -np.inf, np.inf
    room = (others[allowed - 1] * before) ** 2 - float(post.var())
    reach = np.sqrt(room) if room >= 0 else np.nan
    return float(post.mean() - reach), float(post.mean() + reach)


def _times(panel: Panel, periods: Sequence[str | int]) -> list[int]:
    """Integer times of periods that the panel must have."""
    found = {period: panel.time_of(period) for period in periods}
    if unknown := [period for period, time in found.items() if time is None]:
        known = "、".join(panel.periods.values())
        raise InputError(
            [
                Problem("period_unknown", where="synthetic_control", found=str(p), allowed=known)
                for p in unknown
            ]
        )
    return [time for time in found.values() if time is not None]


def _whole(panel: Panel, design: str) -> tuple[pd.DataFrame, dict[int, Any], list[Note]]:
    """Entities seen in every period, their names, and a note on those left out."""
    binary(panel, design)
    unweighted(panel, design, "合成方法自己求权重；带权重的请用 twfe 或 callaway_santanna")
    work, names = panel.work, dict(enumerate(pd.factorize(panel.complete["entity"])[1]))
    whole = work.groupby("i")["t"].transform("size") == work["t"].nunique()
    if not (work.loc[whole, "g"] == 0).any():
        raise unfit(design, "没有每期都有数据、从未实施的个体可作对照")
    if len(names) > MOST:
        raise unfit(
            design,
            f"有{len(names)}个个体，合成方法最多{MOST}个",
            '请用地区层面的面板：entity="area"',
        )
    partly = work.loc[~whole, "i"].nunique()
    notes = [note("synthetic.unbalanced", n=partly)] if partly else []
    return work[whole].assign(d=lambda w: w["d"].astype(int)), names, notes
