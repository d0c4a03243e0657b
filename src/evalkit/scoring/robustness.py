"""How sure is a rank? Monte Carlo over data error and method choices, together and apart; Sobol indices."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from evalkit.problems import did_you_mean
from evalkit.scoring.points import combine, leaf_shares
from evalkit.scoring.replications import FACTORS, Draws, column, plan, replicate
from evalkit.scoring.scored import Scored
from evalkit.scoring.variants import without
from evalkit.scoring.words import WORDS
from evalkit.stats import rank_sets
from evalkit.stats.arrays import Floats, refuse
from evalkit.world.showing import Showing

__all__ = ["FACTORS", "Robustness", "Sobol", "robustness", "sobol"]

QUANTILES = {"low": (0.05, "nearest"), "median": (0.5, "linear"), "high": (0.95, "nearest")}
LEAST_APART = 100  # replications of one factor alone
ERROR_DRAWS = 200  # draws of the data from which the standard errors of scores are taken
SOBOL_DRAWS = 64  # draws of data and weights in a Sobol run
RESAMPLES = 499  # of the bootstrap of Sobol indices
TOO_MUCH = 1.1  # a sum of first-order indices above it comes from too few samples


@dataclass(frozen=True, eq=False)
class Robustness(Showing):
    """Ranks of every replication and what they say; failed replications are in `failures`, none is dropped."""

    scores: Scored
    n: int
    seed: int
    vary: tuple[str, ...]
    ranked: Any  # replications x areas, int16, 0 where there is no score
    graded: (
        Any  # replications x areas, grade number, -1 none; only replications on the declared scale
    )
    failures: pd.DataFrame

    def _frame(self) -> pd.DataFrame:
        return self.scores.table[["area", "area_name", "score", "grade", "rank"]].copy()

    def _share(self, hits: Any) -> Floats:
        count = (self.ranked > 0).sum(0)
        return np.divide(hits, count, out=np.full(len(count), np.nan), where=count > 0)

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """Declared rank with the interval that holds 90% of the replications, median, mean, and replications without a rank."""
        out, known = self._frame(), (self.ranked > 0).any(axis=0)
        values = np.where(self.ranked > 0, self.ranked, np.nan)[:, known]
        for name, (share, way) in QUANTILES.items():
            out[name] = np.nan
            if known.any():
                out.loc[known, name] = np.nanquantile(values, share, axis=0, method=way)  # type: ignore[call-overload]
        return out.assign(
            mean=self._share(self.ranked.sum(0, dtype=float)), failed=(self.ranked == 0).sum(0)
        )

    @cached_property
    def grades(self) -> pd.DataFrame:
        """Probability of each grade, over the replications that keep the declared scale (column n)."""
        out, count = self._frame(), (self.graded >= 0).sum(0)
        known = np.where(count > 0, count, np.nan)
        for number, cut in enumerate(self.scores.index.grades):
            out[str(cut.value)] = (self.graded == number).sum(0) / known
        return out.assign(n=count)

    def top(self, k: int = 5) -> pd.DataFrame:
        """Probability of standing among the best k."""
        return self._frame().assign(
            probability=self._share(((self.ranked > 0) & (self.ranked <= k)).sum(0))
        )

    @cached_property
    def pairwise(self) -> pd.DataFrame:
        """Probability that the row's area stands above the column's (ties half), where both have a rank."""
        ranked, names = self.ranked, self.scores.units["area_name"].to_numpy()
        areas = np.arange(ranked.shape[1])
        above = np.full((len(areas), len(areas)), np.nan)
        for area in areas:
            mine = ranked[:, [area]]
            both = (mine > 0) & (ranked > 0)
            wins = ((mine < ranked) & both).sum(0) + 0.5 * ((mine == ranked) & both).sum(0)
            others = both.any(0) & (areas != area)
            np.divide(wins, both.sum(0), out=above[area], where=others)
        return pd.DataFrame(above, index=names, columns=names)

    @cached_property
    def apart(self) -> dict[str, Robustness]:
        """The same with one factor varied at a time."""
        n = max(LEAST_APART, self.n // 4)
        return {factor: robustness(self.scores, n, self.seed, (factor,)) for factor in self.vary}

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Mean change of place against the declared ranking: each factor alone, and all together."""
        rows = []
        for factor, alone in {**self.apart, "all": self}.items():
            gap = _gaps(self.scores, alone.ranked)
            known = np.isfinite(gap).any()
            rows.append(
                {
                    "factor": factor,
                    "name": WORDS["factors"][factor],
                    "shift": float(np.nanmean(gap)) if known else np.nan,
                    "largest": float(np.nanmax(gap)) if known else np.nan,
                    "failed": int((alone.ranked == 0).all(1).sum()),
                }
            )
        return pd.DataFrame(rows)

    def moves(self, area: str) -> pd.DataFrame:
        """What would move one area: its rank interval under each factor alone, and its rank without each indicator."""
        row_of, leaves = self.scores.find(area), self.scores.index.leaves
        rows = []
        for factor, alone in self.apart.items():
            low, high = alone.ranks.iloc[row_of][["low", "high"]]
            name = WORDS["factors"][factor]
            rows.append({"kind": "factor", "name": name, "low": low, "high": high})
        for leaf in leaves if len(leaves) > 1 else ():
            place = without(self.scores, leaf.code).table["rank"].iloc[row_of]
            if not pd.isna(place):
                name = WORDS.say("say.dropped", name=leaf.name)
                ends = {"low": float(place), "high": float(place)}
                rows.append({"kind": "indicator", "name": name, **ends})
        out = pd.DataFrame(rows, columns=["kind", "name", "low", "high"])
        out["rank"] = self.scores.table["rank"].iloc[row_of]
        distance = out[["low", "high"]].sub(out["rank"].astype(float), axis=0).abs()
        out["reach"] = distance.max(axis=1)
        return out.sort_values("reach", ascending=False, ignore_index=True)

    @cached_property
    def sobol(self) -> Sobol:
        """Sobol indices of the mean change of place (all areas), with bootstrap intervals."""
        return sobol(self)

    def rank_sets(self, confidence: float = 0.95, simultaneous: bool = True) -> pd.DataFrame:
        """Ranks that the sampling error of the data does not exclude (Mogstad, Romano, Shaikh and Wilhelm)."""
        index = self.scores.index
        x = Draws(self.scores, self.seed).data(np.arange(ERROR_DRAWS))
        shares = leaf_shares(index, x, goals=self.scores.goals)
        drawn = combine(index.root, shares, index.points) * index.root.points
        error = np.std(drawn, axis=0, ddof=1)
        low, high = rank_sets(self.scores.score, error, confidence, simultaneous, seed=self.seed)
        return self._frame().assign(se=error, low=low, high=high)

    @property
    def notes(self) -> list[str]:
        """What was varied, and what could not be."""
        factors = "、".join(WORDS["factors"][factor] for factor in self.vary)
        notes = [WORDS.say("say.robust", n=self.n, seed=self.seed, factors=factors)]
        open_ended = int(np.isinf(column(self.scores, "high")).sum())
        if open_ended:
            notes.append(WORDS.say("say.open_ended", n=open_ended))
        if len(self.failures):
            parts = _counted(self.failures.values.tolist())
            notes.append(WORDS.say("say.failures", parts=parts))
        return notes


@dataclass(frozen=True)
class Sobol(Showing):
    """First-order and total indices by factor with their intervals; warnings where they do not fit together."""

    table: pd.DataFrame
    warnings: tuple[str, ...]
    is_demo: bool = False


def _counted(pairs: Any) -> str:
    return "；".join(f"{reason} {count}次" for reason, count in pairs)


def _gaps(scores: Scored, ranked: Any) -> Floats:
    """Absolute changes of place against the declared ranking, NaN where there is no rank."""
    declared = scores.table["rank"].to_numpy(dtype=float, na_value=np.nan)
    return np.abs(np.where(ranked > 0, ranked, np.nan) - declared)


def robustness(
    scores: Scored, n: int = 1000, seed: int = 7, vary: Sequence[str] = FACTORS
) -> Robustness:
    """Monte Carlo over data error and method choices.

    Parameters
    ----------
    n, seed
        Replications, and the seed from which every draw follows.
    vary
        Any of ``data`` (the interval of approximate data and the sampling limits), ``imputation``, ``treatment``,
        ``normalisation`` (declared, min-max, 60 to 100, percentile), ``weights`` (each within 25%), ``aggregation``
        (declared, geometric, harmonic), ``indicator`` (all, or one left out). The rest stays as declared.

    Notes
    -----
    A share below 0.01 counts as 0.01 under geometric and harmonic means, so that one zero does not decide alone.

    References
    ----------
    Saisana, Saltelli and Tarantola (2005), JRSS A 168, 307-323; OECD/JRC (2008), Handbook, step 7.
    """
    vary = (vary,) if isinstance(vary, str) else tuple(vary)
    if wrong := [v for v in vary if v not in FACTORS]:
        raise refuse("vary", "、".join(wrong), "、".join(FACTORS), did_you_mean(wrong[0], FACTORS))
    if n < 1:
        raise refuse("n", str(n), "至少 1 次")
    rng = np.random.default_rng([seed, *b"robustness"])
    settings = plan(scores, rng.random((n, len(FACTORS))), vary, n)
    for name in {"data", "weights"} & set(vary):
        settings[name] = np.arange(n)
    done = replicate(scores, settings, seed)
    failures = done.failures
    scored = done.ranked[:, scores.enough]  # who reports too little has no score in any
    lost = int((scored == 0).sum()) - sum(failures.values()) * scored.shape[1]
    if lost:
        failures[WORDS.say("say.failed_areas")] += lost
    told = pd.DataFrame(failures.items(), columns=["reason", "count"])
    return Robustness(scores, n, seed, vary, done.ranked, done.graded, told)


def sobol(robust: Robustness, base: int = 256) -> Sobol:
    """First-order and total indices of the mean absolute change of place; `base` a power of 2.

    References
    ----------
    Saltelli et al. (2010), Computer Physics Communications 181, 259-270 (scipy.stats.sobol_indices).
    """
    names = robust.vary
    places = [FACTORS.index(name) for name in names]
    size = max(2, len(names))  # scipy wants two; the second of one factor moves nothing
    failures: Counter[str] = Counter()

    def shift(uniform: Floats) -> Floats:
        full = np.zeros((uniform.shape[1], len(FACTORS)))
        full[:, places] = uniform.T[:, : len(places)]
        settings = plan(robust.scores, full, names, SOBOL_DRAWS)
        done = replicate(robust.scores, settings, robust.seed)
        failures.update(done.failures)
        gap = _gaps(robust.scores, done.ranked)
        return np.nan_to_num(np.nansum(gap, axis=1) / np.maximum((~np.isnan(gap)).sum(1), 1))

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a factor that moves nothing has no interval: NaN below
        rng = np.random.default_rng([robust.seed, *b"sobol"])
        uniform: list[Any] = [stats.uniform()] * size
        found = stats.sobol_indices(func=shift, n=base, dists=uniform, rng=rng)
        state = np.random.get_state()  # the bootstrap takes no generator: it draws from this one
        np.random.seed(robust.seed % 2**32)
        again = found.bootstrap(confidence_level=0.95, n_resamples=RESAMPLES)
        np.random.set_state(state)
    table = pd.DataFrame({"factor": names, "name": [WORDS["factors"][name] for name in names]})
    for order, value, ends in (
        ("first", found.first_order, again.first_order.confidence_interval),
        ("total", found.total_order, again.total_order.confidence_interval),
    ):
        table[order] = np.asarray(value)[: len(names)]
        table[f"{order}_low"] = np.asarray(ends.low)[: len(names)]
        table[f"{order}_high"] = np.asarray(ends.high)[: len(names)]
    notes = [WORDS.say("say.sobol", base=base, runs=base * (size + 2)), *_doubts(table)]
    if failures:
        notes.append(WORDS.say("say.sobol_failed", parts=_counted(failures.items())))
    return Sobol(table, tuple(notes), robust.scores.is_demo)


def _doubts(table: pd.DataFrame) -> list[str]:
    """What in Sobol indices does not fit together."""
    told = []
    if not table["total"].fillna(0).any():
        told.append(WORDS.say("say.sobol_still"))
    above = table["first_low"] > table["total_high"]
    odd = above | (table["total_high"] < 0) | (table["first_high"] < 0)
    if odd.any():
        told.append(WORDS.say("say.sobol_odd", names="、".join(table.loc[odd, "name"])))
    if table["first"].sum() > TOO_MUCH:
        told.append(WORDS.say("say.sobol_sum", total=table["first"].sum()))
    return told
