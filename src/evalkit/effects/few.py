"""Few clusters: estimate, error, interval and p of every row come from one randomisation test of the design itself.

With a few treated (or untreated) clusters the usual clustered errors are too small. A design then says how its rows weigh
the means by cohort and period (`Linear`) or how it is fitted anew (`Refitted`); what it returned is replaced row by row,
so that table, figure and sentences cannot tell of two methods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.effects.dealing import EXACT, LEVEL, Clusters, Deals, normal_deviate, tested
from evalkit.effects.least_squares import least_squares
from evalkit.effects.panel import Panel
from evalkit.effects.refusals import binary
from evalkit.effects.result import Effect
from evalkit.effects.words import note
from evalkit.problems import InputError
from evalkit.world.note import Note

FEW = 10  # treated (or untreated) clusters below which the clustered p is not enough
DRAWS, FEWER_DRAWS, SEED = 999, 199, 7
MANY_CELLS = 100_000
STUDENTISED = "按批次分别估计方差并学生化"

Contrasts = dict[str, np.ndarray]


@dataclass(frozen=True)
class Linear:
    """A design whose rows are weighted sums of means by cohort and period.

    ``work``: its rows, controls taken out of y and left out what the design leaves out; ``contrasts``: the weights of
    every term of its tables.
    """

    work: pd.DataFrame
    contrasts: Callable[[Clusters], Contrasts]

    def rows(
        self, clusters: Clusters, deals: Deals, at: Mapping[str, float]
    ) -> dict[str, dict[str, float]]:
        made = {}
        for term, contrast in self.contrasts(clusters).items():
            one = tested(clusters, contrast, deals, lead=at.get(term))
            made[term] = _row(one.estimate, one.se, one.p, one.low, one.high)
        return made

    draws, exact = DRAWS, EXACT


@dataclass(frozen=True)
class Term:
    """One row of a design that is fitted anew: estimate, error, degrees of freedom."""

    estimate: float
    se: float
    df: float


@dataclass(frozen=True)
class Refitted:
    """A design that is fitted anew to every assignment: ``fit`` takes cluster means and the cohort of every cluster.

    The interval is the estimate and so many of its errors as put p at 5%.
    """

    work: pd.DataFrame
    fit: Callable[[Clusters, np.ndarray], Mapping[str, Term]]

    def rows(
        self, clusters: Clusters, deals: Deals, at: Mapping[str, float]
    ) -> dict[str, dict[str, float]]:
        actual = self.fit(clusters, clusters.codes)
        dealt = [self.fit(clusters, codes) for codes in deals.codes]
        made = {}
        for term, own in actual.items():
            made[term] = self._row(own, [one[term] for one in dealt], deals, clusters)
        return made

    @staticmethod
    def _row(own: Term, dealt: list[Term], deals: Deals, clusters: Clusters) -> dict[str, float]:
        z = float(normal_deviate(np.array(abs(own.estimate / own.se)), np.array(own.df)))
        estimates, errors, freedom = (
            np.array([getattr(one, name) for one in dealt]) for name in ("estimate", "se", "df")
        )
        null = np.nan_to_num(normal_deviate(np.abs(estimates / errors), freedom))
        p = float(deals.share(null >= z * (1 - 1e-9)))
        # all assignments hold the actual one; of the others so many may lie as far out at 5%
        others = np.delete(null, np.abs(null - z).argmin()) if deals.every else null
        furthest = np.sort(others)[::-1]
        allowed = int(np.floor(LEVEL * (len(furthest) + 1) + 1e-9))
        reach = np.inf
        if 0 < allowed <= len(furthest):
            turn = float(furthest[allowed - 1]) * (8 * own.df + 3) / (8 * own.df + 1)
            reach = own.se * float(np.sqrt(own.df * np.expm1(turn**2 / own.df)))
        # the error of a single cluster cannot be told from its own scores
        shown = own.se if clusters.sizes.min() > 1 else np.nan
        return _row(own.estimate, shown, p, own.estimate - reach, own.estimate + reach)

    draws = exact = FEWER_DRAWS


Way = Linear | Refitted


def _row(estimate: float, se: float, p: float, low: float, high: float) -> dict[str, float]:
    statistic = estimate / se if se > 0 else np.nan
    return {
        "estimate": estimate,
        "se": se,
        "statistic": statistic,
        "p": p,
        "p_small": p,
        "ci_low": low,
        "ci_high": high,
    }


def without_controls(work: pd.DataFrame, beta: pd.Series) -> pd.DataFrame:
    """Rows with their controls' part taken out of y."""
    own = [x for x in beta.index if x in work and x.startswith("x")]
    return (
        work.assign(y=work["y"] - work[own].to_numpy(float) @ beta[own].to_numpy(float))
        if own
        else work
    )


def cluster_means(panel: Panel) -> Clusters:
    """Means of a panel by cluster and period, controls partialled out.

    Raises
    ------
    InputError
        For a continuous treatment, and where dates differ within clusters.
    """
    binary(panel, "randomisation")
    work = panel.work
    if panel.controls:
        work = without_controls(work, least_squares(panel, work, [], effects="i+t").beta)
    return Clusters(work)


def how_few(work: pd.DataFrame) -> Note | None:
    """What is said where clusters are few; None where there are enough."""
    treated, control = (
        int(work.loc[mask, "c"].nunique()) for mask in (work["g"] > 0, work["g"] == 0)
    )
    if treated < FEW:
        return note("few.treated", n=treated)
    if 0 < control < FEW:
        return note("few.control", n=control)
    last = int(work.loc[work["g"] == work["g"].max(), "c"].nunique())
    return note("few.last", n=last) if not control and last < FEW else None


def ends_told(low: float, high: float) -> Note:
    """The limits of an interval as a part of a note."""
    return (
        note("few.unknown")
        if np.isnan([low, high]).any()
        else note("few.closed", low=low, high=high)
    )


def redealt(effect: Effect, way: Way, who: Note) -> Effect:
    """The result with estimate, error, interval and p of the randomisation test in every row that it can test.

    Raises
    ------
    InputError
        Dates differ within clusters, or nothing can be dealt anew.
    """
    clusters = Clusters(way.work)
    many = clusters.y.size > MANY_CELLS
    deals = clusters.deals(
        FEWER_DRAWS if many else way.draws, SEED, FEWER_DRAWS if many else way.exact
    )
    every = [effect.table, *(t for t in effect.details.values() if "ci_low" in t)]
    at = {
        term: place
        for table in every
        for term, place in zip(table["term"], table["at"], strict=True)
    }
    found = way.rows(clusters, deals, at)
    table = _replaced(effect.table, found)
    details = {
        key: _replaced(t, found) if "ci_low" in t else t for key, t in effect.details.items()
    }
    before = effect.row
    made = replace(effect, table=table, details=details | {"clustered": effect.table})
    row = made.row
    ends = (float(row["ci_low"]), float(row["ci_high"]))
    said = f"{deals.said}，{STUDENTISED}"
    about = effect.facts | {
        "p_small": float(row["p"]),
        "p_small_method": said,
        "interval_small": ends,
        "covariance": f"{STUDENTISED}（聚类—时期均值）",
    }
    alone = who.code == "few.treated" and who.facts["n"] == 1
    told = note(
        "few.redealt",
        who=who,
        why=note("few.alone" if alone else "few.small"),
        how=said,
        p=float(row["p"]),
        ends=ends_told(*ends) if np.isfinite(ends).all() else note("few.open"),
    )
    notes = [told, *clusters.notes]
    if what := clusters.unequal():
        notes.append(note("clusters.unequal", what=what))
    moved = abs(float(row["estimate"] - before["estimate"]))
    if moved > 1e-6 * max(abs(float(before["estimate"])), abs(float(before["se"])), 1e-12):
        notes.append(note("few.by_row", estimate=float(before["estimate"])))
    return replace(made, facts=about).with_notes(*notes)


def _replaced(table: pd.DataFrame, found: Mapping[str, dict[str, float]]) -> pd.DataFrame:
    """A table of rows with those of `found` in their places; a simultaneous band of another method goes."""
    out = table.copy()
    for n, term in enumerate(out["term"]):
        for column, value in found.get(term, {}).items():
            out.loc[out.index[n], column] = value
    bands = [c for c in ("se_boot", "band_low", "band_high") if c in out]
    return out.drop(columns=bands)


def conventional(effect: Effect, who: Note, error: InputError) -> Effect:
    """Where nothing can be dealt anew: the clustered numbers stay, all of them, and are called too good."""
    why = "；".join(p.found for p in error.problems)
    return effect.with_notes(note("few.conventional", who=who, why=why))


def bootstrapped(effect: Effect, made: Effect, who: Note) -> Effect:
    """Two-way fixed effects where dates differ within clusters: error, interval and p of the wild bootstrap (`made`)."""
    row, how = made.row, str(made.facts["p_small_method"])
    found = {
        effect.row["term"]: {
            c: float(row[c]) for c in ("estimate", "se", "statistic", "p", "ci_low", "ci_high")
        }
        | {"p_small": float(row["p"])}
    }
    ends = (float(row["ci_low"]), float(row["ci_high"]))
    about = effect.facts | {
        "p_small": float(row["p"]),
        "p_small_method": how,
        "interval_small": ends,
        "covariance": made.facts["covariance"],
    }
    told = note("few.bootstrapped", who=who, how=how, p=float(row["p"]), ends=ends_told(*ends))
    table = _replaced(effect.table, found)
    return replace(
        effect, table=table, facts=about, details=effect.details | {"clustered": effect.table}
    ).with_notes(told, *(n for n in made.notes if n.tone == "warning"))
