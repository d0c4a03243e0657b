"""Effects by event time, and the test of their leads: were the trends parallel before the policy?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.effects.dealing import EXACT, Deals, tested
from evalkit.effects.few import cluster_means
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import side
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note
from evalkit.problems import InputError
from evalkit.world.note import Note

FEW_LEADS = 5  # treated clusters below which a lead is no part of the joint test of pre-trends


def dynamic_effect(
    design: str,
    name: str,
    panel: Panel,
    times: Any,
    beta: Any,
    cov: Any,
    about: dict[str, Any],
    notes: Sequence[Note],
    *,
    df: float,
    main: tuple[float, float] | None = None,
    main_label: str = "实施后各期平均",
    base: int | None = -1,
    short: bool = False,
    details: dict[str, pd.DataFrame] | None = None,
) -> Effect:
    """An effect over event times: main row first, leads and lags after it, the base period as a zero.

    ``short``: the leads are differences from one period to the next, not from the base. The pre-trend test joins the
    leads before the base; details hold ``dynamic`` (the rows by event time) and ``covariance`` (its rows and columns are
    event times).
    """
    order = np.argsort(times)
    e, beta, cov = (
        np.asarray(times, int)[order],
        np.asarray(beta, float)[order],
        np.asarray(cov, float)[np.ix_(order, order)],
    )
    post = (e >= 0) / max((e >= 0).sum(), 1)
    first, se = main or (post @ beta, np.sqrt(post @ cov @ post))
    labels = [f"实施前{-k}期" if k < 0 else "实施当期" if k == 0 else f"实施后{k}期" for k in e]
    table = rows(
        ["att", *(f"e{k:+d}" for k in e)],
        [main_label, *labels],
        np.r_[first, beta],
        np.r_[se, np.sqrt(np.diag(cov))],
        df=df,
        at=[np.nan, *e],
    )
    zero = (
        [rows([f"e{base:+d}"], [f"实施前{-base}期（基期）"], [0.0], np.nan, at=base)]
        if base is not None and base not in e
        else []
    )
    dynamic = pd.concat([table.iloc[1:], *zero]).sort_values("at", ignore_index=True)
    parts = {"dynamic": dynamic, "covariance": pd.DataFrame(cov, e, e), **(details or {})}
    made = Effect(
        design, name, table, about | {"pretrend": None}, (), "att", parts, "event_study"
    ).with_notes(*notes)
    found, failed = side("pretrend", lambda: _pretrend(panel, e, beta, cov, base, short, df, first))
    if found is None:
        return made.with_notes(*failed)
    return replace(made, facts=about | {"pretrend": found[0]}).with_notes(*found[1])


def _pretrend(
    panel: Panel,
    e: np.ndarray,
    beta: np.ndarray,
    cov: np.ndarray,
    base: int | None,
    short: bool,
    df: float,
    first: float,
) -> tuple[dict[str, float] | None, list[Note]]:
    """The joint test of the leads, and what is said of it."""
    lead, few = e < (0 if base is None else base), _few(panel, e)
    told, left = list[Note](), [int(k) for k in -e[lead & few]]
    if left:
        unbroken = len(left) > 2 and left[0] - left[-1] == len(left) - 1
        leads = note("pretrend.span", first=left[0], last=left[-1]) if unbroken else tuple(left)
        told.append(note("pretrend.left_out", leads=leads))
    lead &= ~few
    # did2s has no base: its leads are measured from their own mean
    zero_at = base if base is not None else -1 if short else float(np.r_[e[lead], -1].mean())
    reach = float(e[e >= 0].mean() - zero_at) if (e >= 0).any() else 1.0
    test = pretrend(
        beta[lead],
        cov[np.ix_(lead, lead)],
        np.ones(lead.sum()) if short else e[lead] - zero_at,
        df,
        first,
        reach,
    )
    if test is None:
        told.append(_dealt_pretrend(panel))
    else:
        joint, failed = note("pretrend.joint", **test), test["p"] < 0.05
        told.append(note("pretrend.not_parallel", test=joint) if failed else joint)
        if not failed and test["power"] < 0.5:
            told.append(note("pretrend.weak"))
    return test, told


def _dealt_pretrend(panel: Panel) -> Note:
    """The randomisation test of pre-trends, where the joint test has too few clusters or leads."""
    try:
        found = pretrend_p(panel)
    except InputError:  # dates differ within clusters
        found = None
    if found is None:
        return note("pretrend.untestable")
    p, how = found
    code = "pretrend.not_parallel" if p < 0.05 else "pretrend.dealt_passed"
    return note(code, test=note("pretrend.dealt", how=how, p=p))


def _few(panel: Panel, e: np.ndarray) -> np.ndarray:
    """Event times seen in too few treated clusters (where all start at once: or others) for the joint test.

    Below `FEW_LEADS`, or a third of the best seen lead: clustered errors of one or two clusters are near zero, and the
    test would reject in most panels without any trend.
    """
    work = panel.work
    pairs = work.assign(e=work["t"] - work["g"])[["c", "e"]][work["g"] > 0].drop_duplicates()
    seen = np.array(
        [
            pairs.loc[(pairs["e"] <= k) if k == e.min() else (pairs["e"] == k), "c"].nunique()
            for k in e
        ]
    )
    seen = seen if panel.staggered else np.minimum(seen, work["c"].nunique() - seen)
    return seen < max(FEW_LEADS, seen[e < 0].max(initial=0) / 3)


def pretrend(
    beta: np.ndarray, cov: np.ndarray, line: np.ndarray, df: float, effect: float, reach: float
) -> dict[str, float] | None:
    """Joint F test of the leads, and its power against a straight line through the base period.

    Hotelling's F = b'V^-1 b / k (df - k + 1) / df on (k, df - k + 1): clustered errors reject far too often when the leads
    are many beside the clusters. Against leads of slope times `line` (event time less base; ones for leads that are
    differences from one period to the next) the statistic is non-central F with lambda = slope^2 line'V^-1 line
    (Roth 2022): ``detectable`` is the slope found with 80% power, ``power`` that against the slope that would by itself
    give the main `effect` over `reach` periods.
    """
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    inverse = np.linalg.pinv(cov, rcond=1e-10, hermitian=True) if len(beta) else np.zeros((0, 0))
    k = int(np.linalg.matrix_rank(inverse, hermitian=True)) if len(beta) else 0
    if not k or df < k:
        return None
    shrink, df = (df - k + 1) / df, df - k + 1
    statistic, unit, limit = (
        float(shrink * (beta @ inverse @ beta) / k),
        shrink * float(line @ inverse @ line),
        f.ppf(0.95, k, df),
    )
    power = lambda slope: float(ncf.sf(limit, k, df, slope**2 * unit))  # noqa: E731
    top = np.sqrt(200 / unit)
    return {
        "statistic": statistic,
        "k": k,
        "df": float(df),
        "p": float(f.sf(statistic, k, df)),
        "detectable": float(brentq(lambda s: power(s) - 0.8, 0, top)),
        "power": power(min(abs(effect / reach), top)),
    }


def pretrend_p(
    panel: Panel, *, draws: int = 999, seed: int = 7, exact: int = EXACT
) -> tuple[float, str] | None:
    """Randomisation test of parallel trends before the first treatment anywhere; None without two such periods.

    Clusters ever treated (the first cohort, where all are) against the others, by period less the last one before; the
    statistic is the sum of squares of these gaps over their errors (plain gaps where one side is a single cluster), the
    treatment dealt anew among the clusters. For a few treated clusters, where a joint test with clustered errors has no size.
    """
    clusters = cluster_means(panel)
    idle = clusters.t < clusters.cohorts[clusters.cohorts > 0].min()
    if idle.sum() < 2 or not len(clusters.g):
        return None
    deals = clusters.deals(draws, seed, exact)
    ever = (
        clusters.cohorts > 0
        if (clusters.cohorts == 0).any()
        else clusters.cohorts == clusters.cohorts[0]
    )
    pair = clusters.paired(ever)
    dealt = Deals(ever[deals.codes].astype(int), deals.every, seed)
    actual, null = 0.0, np.zeros(len(dealt.codes))
    last = int(np.flatnonzero(idle)[-1])
    for lead in range(last):
        contrast = np.zeros((2, len(clusters.t)))
        contrast[1, [lead, last]] = 1, -1
        contrast[0] = -contrast[1]
        found = tested(pair, contrast, dealt, interval=False)
        single = pair.sizes.min() == 1 or not np.isfinite(found.se)
        actual += (found.estimate if single else found.z) ** 2
        null += (found.null if single else found.null_z) ** 2
    return float(deals.share(null >= actual * (1 - 1e-9))), deals.said
