"""Callaway and Sant'Anna: ATT(g,t) by diff-diff, and the four aggregations of them with joint inference.

diff-diff estimates every ATT(g,t) and its influence function. Aggregation follows Callaway and Sant'Anna (2021,
section 3; R's ``did::aggte``), the influence of estimated cohort shares included; calendar time and the overall rows
are ours, since the library has none. One multiplier bootstrap by clusters gives the simultaneous bands of all.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.effects.dealing import Clusters, group_time_contrast
from evalkit.effects.design import Estimate
from evalkit.effects.facts import facts
from evalkit.effects.few import Linear, without_controls
from evalkit.effects.leads import dynamic_effect
from evalkit.effects.least_squares import least_squares
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import binary, fitted, side, unfit
from evalkit.effects.result import Effect, rows
from evalkit.effects.words import note

_CONTROLS = {"never": ("never_treated", "从未实施"), "not_yet": ("not_yet_treated", "尚未实施")}
_METHODS = {"dr": "双重稳健", "ipw": "逆概率加权", "reg": "回归"}
SMALL = 5  # clusters in a cohort
AGGREGATIONS = {
    "simple": "平均处理效应（按观测加权）",
    "dynamic": "按实施后时长平均",
    "group": "按批次平均",
    "calendar": "按时期平均",
}


@fitted
def callaway_santanna(
    panel: Panel,
    *,
    control: Literal["never", "not_yet"] | None = None,
    method: Literal["dr", "ipw", "reg"] = "dr",
    base: Literal["varying", "universal"] = "varying",
    anticipation: int = 0,
    aggregate: Literal["simple", "dynamic", "group", "calendar"] = "simple",
    window: tuple[int, int] | None = None,
    balance: int | None = None,
    draws: int = 999,
    seed: int = 7,
) -> Estimate:
    """Group-time effects of Callaway and Sant'Anna (2021) and all their aggregations.

    ATT(g,t) = E[Y_t - Y_{g-1} | G = g] - E[Y_t - Y_{g-1} | C], conditional on the controls by the chosen method.

    Parameters
    ----------
    control
        ``never`` treated or ``not_yet`` treated; by default never where there are any.
    method
        Doubly robust, inverse probability weighting or regression; without controls all are one.
    base
        ``varying``: leads against the period before (R's default); ``universal``: all against the last before
        treatment, as `evalkit.effects.honest` needs it.
    aggregate
        Which aggregation is the main estimate; the others stand beside it.
    window, balance
        Event times that are shown; only cohorts seen at this event time enter the dynamic aggregation, up to it (R's
        ``balance_e``).
    draws, seed
        Multiplier bootstrap for the simultaneous bands; 0 for none.

    Returns
    -------
    Effect
        ``table``: the four overall effects. ``details``: ``group_time``, ``dynamic``, ``group``, ``calendar`` (rows as
        in ``table``, with ``band_low``, ``band_high``), ``covariance`` of the dynamic rows. Standard errors are
        analytic, clustered, t with clusters - 1 degrees of freedom. Cohorts weigh by their number of entities (as in
        R's did), also where some are missing in a period.
    """
    import diff_diff as dd

    own = "callaway_santanna"
    binary(panel, own)
    never = bool((panel.work["g"] == 0).any())
    chosen = control or ("never" if never else "not_yet")
    if aggregate not in AGGREGATIONS or (chosen == "never" and not never):
        raise unfit(
            own,
            f"aggregate={aggregate}，control={control}",
            f'aggregate 可取{"、".join(AGGREGATIONS)}；没有从未实施的个体时请用 control="not_yet"',
        )
    work = panel.work[
        (panel.work["g"] == 0) | (panel.work["g"] > panel.work["t"].min() + anticipation)
    ]
    estimator = dd.CallawaySantAnna(
        control_group=_CONTROLS[chosen][0],
        anticipation=anticipation,
        estimation_method=method,
        base_period=base,
        rank_deficient_action="silent",
    )
    design = dd.SurveyDesign(weights="w", weight_type="pweight") if panel.weighted else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = estimator.fit(
                work, "y", "i", "t", "g", covariates=panel.xs or None, survey_design=design
            )
        except (ValueError, np.linalg.LinAlgError) as error:
            raise unfit(
                own,
                f"{type(error).__name__}: {str(error)[:200]}",
                '可改用 method="reg" 或减少控制变量',
            ) from error
    cells = _Cells(found, work)
    if not cells.used.any():
        raise unfit(own, "没有一个组别—时期效应能够估计")
    name = _CONTROLS[chosen][1]
    code = "groups.control_drawn" if draws else "groups.control"
    notes = [note(code, control=name, draws=draws, seed=seed)]
    if any(
        word in str(w.message).lower()
        for w in caught
        for word in ("propensity", "events per variable", "epv")
    ):
        notes.append(note("groups.propensity"))
    if (least := work[work["g"] > 0].groupby("g")["c"].nunique().min()) < SMALL:
        notes.append(note("groups.smallest", n=least))
    if not panel.balanced:
        notes.append(note("groups.unbalanced"))
    if lost := int((~cells.used).sum()):
        notes.append(note("groups.lost", n=lost))
    parts = {kind: cells.part(kind, window, balance) for kind in AGGREGATIONS}
    boot, failed = side("bands", lambda: cells.multipliers(draws, seed))
    notes += failed
    label = {
        "dynamic": lambda e: f"实施前{-e}期" if e < 0 else "实施当期" if e == 0 else f"实施后{e}期",
        "group": lambda g: f"{panel.period(g)}批",
        "calendar": panel.period,
    }
    pairs = list(zip(cells.g, cells.t, strict=True))
    group_time = cells.table(
        [f"g{g}_t{t}" for g, t in pairs],
        [f"{panel.period(g)}批 {panel.period(t)}" for g, t in pairs],
        cells.att,
        cells.psi,
        cells.t,
        boot,
    )
    details = {"group_time": group_time.assign(group=cells.g, time=cells.t)}
    for kind, part in parts.items():
        if part.keys:
            details[kind] = cells.table(
                [f"{kind}_{key}" for key in part.keys],
                [label[kind](key) for key in part.keys],
                part.effects,
                part.influences,
                part.keys,
                boot,
            )
    order = [aggregate, *(kind for kind in AGGREGATIONS if kind != aggregate)]
    influences = np.column_stack([parts[kind].overall_influence for kind in order])
    table = cells.table(
        order,
        [AGGREGATIONS[kind] for kind in order],
        [parts[kind].overall for kind in order],
        influences,
        np.nan,
    )
    about = facts(
        panel,
        package="diff-diff",
        method=f"Callaway–Sant'Anna 组别—时期效应（{_METHODS[method]}）",
        paper="Callaway & Sant'Anna (2021)",
        covariance="影响函数，按聚类",
        control=name,
        seed=seed,
        draws=draws,
        base=base,
        n=len(work),
        base_period="实施前最后一期" + ("；实施前各期与其上一期比" if base == "varying" else ""),
    )
    by_time = parts["dynamic"]
    keys = np.array(by_time.keys)
    real = np.isfinite(
        cells.se(by_time.influences)
    )  # the base period of a universal base has no error
    zero = None if base == "varying" else max(keys[~real], default=-1)
    dynamic = dynamic_effect(
        "callaway_santanna",
        "",
        panel,
        keys[real],
        by_time.effects[real],
        cells.cov(by_time.influences[:, real]),
        about,
        notes,
        df=cells.df,
        main=(table["estimate"][0], table["se"][0]),
        base=zero,
        short=zero is None,
    )
    details["covariance"] = dynamic.details["covariance"]
    made = Effect(
        "callaway_santanna",
        "Callaway–Sant'Anna",
        table,
        dynamic.facts,
        dynamic.notes,
        aggregate,
        details,
        "event_study",
    )
    beta = (
        least_squares(panel, panel.work, [], effects="i+t").beta
        if panel.xs
        else pd.Series(dtype="float64")
    )
    way = Linear(
        without_controls(work, beta),
        lambda clusters: cells.contrasts(clusters, chosen, base, anticipation, window, balance),
    )
    return Estimate(made, panel, way)


@dataclass(frozen=True)
class _Part:
    """One aggregation of the cells: effects and influences (by unit) by key, and the overall effect with its own."""

    keys: list[int]
    effects: np.ndarray
    influences: np.ndarray
    overall: float
    overall_influence: np.ndarray


class _Cells:
    """ATT(g,t) with their influence functions by unit, and what is reckoned from them."""

    def __init__(self, found: Any, work: pd.DataFrame) -> None:
        kit = found._aggregation_kit
        book = kit.bookkeeping
        keys = sorted(found.group_time_effects)
        self.g, self.t = np.array([k[0] for k in keys], int), np.array([k[1] for k in keys], int)
        self.att = np.array([found.group_time_effects[k]["effect"] for k in keys], float)
        self.used = np.isfinite(self.att)
        self.psi = np.zeros((len(book["all_units"]), len(keys)))
        for n, key in enumerate(keys):
            if (info := kit.influence.get(key)) is not None and self.used[n]:
                self.psi[info["treated_idx"], n] += info["treated_inf"]
                self.psi[info["control_idx"], n] += info["control_inf"]
        self.cohort = np.asarray(book["unit_cohorts"], float)
        given = book.get("survey_weights")
        self.weight = np.ones(len(self.cohort)) if given is None else np.asarray(given, float)
        self.mass = {
            g: self.weight[self.cohort == g].sum() / self.weight.sum() for g in np.unique(self.g)
        }
        first = work.drop_duplicates("i").set_index("i")["c"].reindex(book["all_units"])
        self.cluster = pd.factorize(first)[0]
        self.df = int(self.cluster.max())

    def contrasts(
        self,
        clusters: Clusters,
        control: str,
        base: str,
        anticipation: int,
        window: tuple[int, int] | None,
        balance: int | None,
    ) -> dict[str, np.ndarray]:
        """Every row of the tables as weights on the means by cohort and period."""
        made = []
        for g, t in zip(self.g, self.t, strict=True):
            last = clusters.t[clusters.t < g - anticipation].max(initial=clusters.t[0])
            earlier = clusters.t[clusters.t < t].max(initial=clusters.t[0])
            start = int(earlier if base == "varying" and t < g - anticipation else last)
            idle = clusters.cohorts == 0
            if control == "not_yet":
                idle = idle | (
                    (clusters.cohorts > max(int(t), start) + anticipation) & (clusters.cohorts != g)
                )
            known = idle.any() and int(t) != start
            shape = (len(clusters.cohorts), len(clusters.t))
            made.append(
                group_time_contrast(clusters, g, t, start, idle) if known else np.zeros(shape)
            )
        own = np.array(made)
        found = {f"g{g}_t{t}": w for g, t, w in zip(self.g, self.t, own, strict=True) if w.any()}
        for kind in AGGREGATIONS:
            keys, by_key, overall = self.weights(kind, window, balance)
            found[kind] = np.einsum("n,nkt->kt", overall, own)
            rows_ = {
                f"{kind}_{key}": np.einsum("n,nkt->kt", w, own)
                for key, w in zip(keys, by_key, strict=True)
            }
            found |= {term: w for term, w in rows_.items() if np.abs(w).max() > 1e-12}
        return found

    def weights(
        self, name: str, window: tuple[int, int] | None, balance: int | None
    ) -> tuple[list[int], np.ndarray, np.ndarray]:
        """Keys of an aggregation, and how its effects and the overall one weigh the cells."""
        probe, columns, total = copy(self), [], []
        probe.psi = np.zeros((len(self.cohort), len(self.att)))
        for unit in np.eye(len(self.att)):
            probe.att = unit
            part = probe.part(name, window, balance)
            columns.append(part.effects)
            total.append(part.overall)
        keys = part.keys
        return keys, np.array(columns).reshape(len(self.att), len(keys)).T, np.array(total)

    def clustered(self, psi: np.ndarray) -> np.ndarray:
        """Influence summed by cluster; where units are the clusters it stays as it is."""
        if self.df + 1 == len(self.cluster):
            return psi
        summed = np.zeros((self.df + 1, psi.shape[1]))
        np.add.at(summed, self.cluster, psi)
        return (summed - summed.mean(axis=0)) * np.sqrt((self.df + 1) / self.df)

    def cov(self, psi: np.ndarray) -> np.ndarray:
        by = self.clustered(psi)
        return np.asarray(by.T @ by)

    def se(self, psi: np.ndarray) -> np.ndarray:
        values = np.sqrt((self.clustered(psi) ** 2).sum(axis=0))
        return np.where(values > 1e-14, values, np.nan)

    def multipliers(self, draws: int, seed: int) -> np.ndarray:
        """Rademacher weights, draws x clusters."""
        rng = np.random.default_rng([seed, *b"callaway_santanna"])
        return rng.integers(0, 2, (draws, self.df + 1)).astype(np.float32) * 2 - 1

    def shared(
        self, g: np.ndarray, values: np.ndarray, psi: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Effects of cohorts `g` averaged with the cohorts' shares p, and its influence; the shares are estimated too.

        sum_k p_k v_k / S with S = sum_k p_k; a unit of cohort c adds (E_c - K_c mean) / S, E_c and K_c being the sum and the
        number of the effects of its cohort.
        """
        share = np.array([self.mass[k] for k in g])
        total = share.sum()
        mean, own = float(share @ values / total), np.zeros(len(self.cohort))
        for cohort in np.unique(g):
            here = g == cohort
            own[self.cohort == cohort] = (values[here].sum() - here.sum() * mean) / total
        return mean, psi @ (share / total) + own * self.weight / self.weight.sum()

    def mean(self, keep: np.ndarray) -> tuple[float, np.ndarray]:
        """`shared` over the cells that are kept and could be estimated."""
        at = np.flatnonzero(keep & self.used)
        return self.shared(self.g[at], self.att[at], self.psi[:, at])

    def part(self, name: str, window: tuple[int, int] | None, balance: int | None) -> _Part:
        """One aggregation: ``simple`` (no keys), ``dynamic``, ``group`` or ``calendar``."""
        post, since = self.t >= self.g, self.t - self.g
        if name == "simple":
            return _Part([], np.array([]), np.zeros((len(self.cohort), 0)), *self.mean(post))
        if name == "group":
            keys = [int(g) for g in np.unique(self.g[post & self.used])]
            mine = [post & self.used & (self.g == g) for g in keys]
            values, psi = (
                np.array([self.att[m].mean() for m in mine]),
                np.column_stack([self.psi[:, m].mean(axis=1) for m in mine]),
            )
            return _Part(keys, values, psi, *self.shared(np.array(keys), values, psi))
        by, wanted = (since, self.used) if name == "dynamic" else (self.t, self.used & post)
        if name == "dynamic" and balance is not None:
            wanted = (
                wanted
                & (since <= balance)
                & np.isin(self.g, self.g[self.used & (since == balance)])
            )
        if name == "dynamic" and window:
            wanted = wanted & (since >= window[0]) & (since <= window[1])
        keys = [int(k) for k in np.unique(by[wanted])]
        pairs = [self.mean(wanted & (by == k)) for k in keys]
        values, psi = np.array([v for v, _ in pairs]), np.column_stack([p for _, p in pairs])
        late = np.array([k >= 0 or name == "calendar" for k in keys])
        return _Part(keys, values, psi, float(values[late].mean()), psi[:, late].mean(axis=1))

    def table(
        self,
        terms: Sequence[str],
        labels: Sequence[str],
        values: Any,
        psi: np.ndarray,
        at: Any,
        boot: np.ndarray | None = None,
    ) -> pd.DataFrame:
        """Rows with t limits and, with a bootstrap, the simultaneous band (its standard errors by the interquartile range)."""
        from scipy.stats import norm, t

        se = self.se(psi)
        made = rows(terms, labels, values, se, df=self.df, at=at)
        if boot is None or not len(boot):
            return made
        drawn = boot @ np.nan_to_num(self.clustered(psi)).astype(np.float32)
        spread = np.subtract(*np.percentile(drawn, [75, 25], axis=0)) / (
            norm.ppf(0.75) - norm.ppf(0.25)
        )
        good = np.isfinite(se) & (spread > 0)
        band = (
            float(np.quantile(np.abs(drawn[:, good] / spread[good]).max(axis=1), 0.95))
            if good.any()
            else np.nan
        )
        # as in R's did: a simultaneous band is never narrower than the pointwise limits
        spread = np.where(good, spread, np.nan)
        wide = max(band, t.ppf(0.975, self.df)) * spread
        return made.assign(
            se_boot=spread, band_low=made["estimate"] - wide, band_high=made["estimate"] + wide
        )
