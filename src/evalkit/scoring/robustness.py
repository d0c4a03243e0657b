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

from evalkit.problems import InputError, did_you_mean
from evalkit.scoring.aggregate import check_combination
from evalkit.scoring.impute import impute
from evalkit.scoring.methods import COMBINATIONS, RULES
from evalkit.scoring.points import combine, leaf_shares, printed, total_scores, wide
from evalkit.scoring.ranks import rank
from evalkit.scoring.scored import Scored
from evalkit.scoring.treat import treat
from evalkit.scoring.variants import without
from evalkit.scoring.words import WORDS
from evalkit.stats import rank_sets
from evalkit.stats.arrays import Floats, refuse
from evalkit.world.showing import Showing

FACTORS = (
    "data",
    "imputation",
    "treatment",
    "normalisation",
    "weights",
    "aggregation",
    "indicator",
)
METHODS = ("imputation", "treatment", "normalisation", "aggregation")
SPREAD, DRAWS, FLOOR = (
    0.25,
    64,
    0.01,
)  # weights within 25%; draws of a Sobol run; least share under a geometric mean
CELLS = 60_000  # numbers of a block: what stays in the cache


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
        for name, q, way in (
            ("low", 0.05, "nearest"),
            ("median", 0.5, "linear"),
            ("high", 0.95, "nearest"),
        ):
            out[name] = np.nan
            if known.any():
                out.loc[known, name] = np.nanquantile(values, q, axis=0, method=way)  # type: ignore[call-overload]
        return out.assign(
            mean=self._share(self.ranked.sum(0, dtype=float)), failed=(self.ranked == 0).sum(0)
        )

    @cached_property
    def grades(self) -> pd.DataFrame:
        """Probability of each grade, over the replications that keep the declared scale (column n)."""
        out, count = self._frame(), (self.graded >= 0).sum(0)
        for g, cut in enumerate(self.scores.index.grades):
            out[str(cut.value)] = (self.graded == g).sum(0) / np.where(count > 0, count, np.nan)
        return out.assign(n=count)

    def top(self, k: int = 5) -> pd.DataFrame:
        """Probability of standing among the best k."""
        return self._frame().assign(
            probability=self._share(((self.ranked > 0) & (self.ranked <= k)).sum(0))
        )

    @cached_property
    def pairwise(self) -> pd.DataFrame:
        """Probability that the row's area stands above the column's (ties half), where both have a rank."""
        r, names = self.ranked, self.scores.units["area_name"].to_numpy()
        above = np.full((r.shape[1], r.shape[1]), np.nan)
        for i in range(r.shape[1]):
            both = (r[:, [i]] > 0) & (r > 0)
            wins = ((r[:, [i]] < r) & both).sum(0) + 0.5 * ((r[:, [i]] == r) & both).sum(0)
            np.divide(
                wins, both.sum(0), out=above[i], where=both.any(0) & (np.arange(r.shape[1]) != i)
            )
        return pd.DataFrame(above, index=names, columns=names)

    @cached_property
    def apart(self) -> dict[str, Robustness]:
        """The same with one factor varied at a time."""
        return {
            f: robustness(self.scores, max(100, self.n // 4), self.seed, (f,)) for f in self.vary
        }

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Mean change of place against the declared ranking: each factor alone, and all together."""
        rows = []
        for name, one in [*self.apart.items(), ("all", self)]:
            gap = _gaps(self.scores, one.ranked)
            mean, most = (
                float(f(gap)) if np.isfinite(gap).any() else np.nan for f in (np.nanmean, np.nanmax)
            )
            rows.append(
                (name, WORDS["factors"][name], mean, most, int((one.ranked == 0).all(1).sum()))
            )
        return pd.DataFrame(rows, columns=["factor", "name", "shift", "largest", "failed"])

    def moves(self, area: str) -> pd.DataFrame:
        """What would move one area: its rank interval under each factor alone, and its rank without each indicator."""
        i, leaves = self.scores.find(area), self.scores.index.leaves
        rows = [
            ("factor", WORDS["factors"][f], *one.ranks.iloc[i][["low", "high"]])
            for f, one in self.apart.items()
        ]
        for leaf in leaves if len(leaves) > 1 else ():
            place = without(self.scores, leaf.code).table["rank"].iloc[i]
            rows += (
                []
                if pd.isna(place)
                else [
                    (
                        "indicator",
                        WORDS.say("say.dropped", name=leaf.name),
                        float(place),
                        float(place),
                    )
                ]
            )
        out = pd.DataFrame(rows, columns=["kind", "name", "low", "high"]).assign(
            rank=self.scores.table["rank"].iloc[i]
        )
        reach = out[["low", "high"]].sub(out["rank"].astype(float), axis=0).abs().max(axis=1)
        return out.assign(reach=reach).sort_values("reach", ascending=False, ignore_index=True)

    @cached_property
    def sobol(self) -> Sobol:
        """Sobol indices of the mean change of place (all areas), with bootstrap intervals."""
        return sobol(self)

    def rank_sets(self, confidence: float = 0.95, simultaneous: bool = True) -> pd.DataFrame:
        """Ranks that the sampling error of the data does not exclude (Mogstad, Romano, Shaikh and Wilhelm)."""
        index, x = self.scores.index, _Draws(self.scores, self.seed).data(np.arange(200))
        error = np.std(
            combine(index.root, leaf_shares(index, x), index.points) * index.root.points,
            axis=0,
            ddof=1,
        )
        low, high = rank_sets(self.scores.score, error, confidence, simultaneous, seed=self.seed)
        return self._frame().assign(se=error, low=low, high=high)

    @property
    def notes(self) -> list[str]:
        factors = "、".join(WORDS["factors"][f] for f in self.vary)
        notes, open_ended = (
            [WORDS.say("say.robust", n=self.n, seed=self.seed, factors=factors)],
            int(np.isinf(_column(self.scores, "high")).sum()),
        )
        notes += [WORDS.say("say.open_ended", n=open_ended)] if open_ended else []
        return notes + (
            [WORDS.say("say.failures", parts=_counted(self.failures.values.tolist()))]
            if len(self.failures)
            else []
        )


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


def _column(scores: Scored, column: str) -> Floats:
    return wide(scores.rows, scores.units, [leaf.code for leaf in scores.index.leaves], column)


class _Draws:
    """Numbered draws of data and weights, equal for equal seed and number whatever else is drawn."""

    def __init__(self, scores: Scored, seed: int):
        value, (low, high, ci_low, ci_high) = (
            scores.raw,
            (_column(scores, c) for c in ("low", "high", "ci_low", "ci_high")),
        )
        self.seed, self.value = seed, np.ascontiguousarray(value.T)
        bottom, top = np.fmin(low, value), np.where(np.isfinite(high), np.fmax(high, value), value)
        kinds = (
            dict(zip(scores.rows["indicator"], scores.rows["kind"], strict=True))
            if "kind" in scores.rows
            else {}
        )
        most = [
            [1.0 if kinds.get(leaf.code) == "proportion" else np.inf]
            for leaf in scores.index.leaves
        ]
        least = np.where((np.nan_to_num(self.value) >= 0).all(1), 0.0, -np.inf)[:, None]
        errors = (np.nan_to_num(half / 1.96).T for half in (value - ci_low, ci_high - value))
        parts = (
            np.ascontiguousarray(p, dtype=np.float32)
            for p in (bottom.T, (top - bottom).T, *errors, most, least)
        )
        self.low, self.width, self.down, self.up, self.most, self.least = parts
        self.uniform = bool(np.nan_to_num(self.width).any())
        self.exact = not (self.uniform or self.down.any() or self.up.any())

    def data(self, numbers: Any) -> Floats:
        """Draws x units x indicators: uniform over the data's interval plus a split normal of the sampling limits.

        In memory indicators stand before units, which is what the statistics of columns run fastest over.
        """
        if self.exact:
            return np.swapaxes(np.broadcast_to(self.value, (len(numbers), *self.value.shape)), 1, 2)
        out, z = (
            np.empty((len(numbers), *self.value.shape)),
            np.empty(self.value.shape, dtype=np.float32),
        )
        for d, number in enumerate(numbers):
            rng = np.random.default_rng([self.seed, int(number), 1])
            rng.standard_normal(dtype=np.float32, out=z)
            z *= np.where(z > 0, self.up, self.down)
            z += self.low
            if self.uniform:
                z += self.width * rng.random(z.shape, dtype=np.float32)
            np.clip(z, self.least, self.most, out=out[d])
        return np.swapaxes(out, 1, 2)

    def weights(self, numbers: Any, points: Floats) -> Floats:
        """Declared points times a factor between 0.75 and 1.25 for every indicator."""
        rngs = (np.random.default_rng([self.seed, int(d), 2]) for d in numbers)
        return np.stack([points * rng.uniform(1 - SPREAD, 1 + SPREAD, len(points)) for rng in rngs])


def _options(scores: Scored) -> dict[str, list[Any]]:
    """What a factor can be; "" is what the index declares."""
    index, gaps = scores.index, np.isnan(scores.raw).any()
    fill = ["none", "mean", "median"] + ["group"] * bool(scores.units["peer_group"].notna().any())
    return {
        "imputation": fill if gaps else [index.impute],
        "treatment": ["none", "winsorise"],
        "normalisation": ["", *RULES.varied()],
        "aggregation": ["", *COMBINATIONS.varied()],
        "indicator": list(range(-1, len(index.leaves))) if len(index.leaves) > 2 else [-1],
    }


def _plan(scores: Scored, u: Floats, vary: Sequence[str], draws: int) -> pd.DataFrame:
    """Settings of the replications from uniform numbers (replications x FACTORS): numbers of options, -1 as declared."""
    sizes = {name: len(options) for name, options in _options(scores).items()} | {
        "data": draws,
        "weights": draws,
    }
    chosen = {
        name: np.minimum((u[:, f] * sizes[name]).astype(int), sizes[name] - 1)
        for f, name in enumerate(FACTORS)
    }
    return pd.DataFrame(
        {name: chosen[name] if name in vary else np.full(len(u), -1) for name in FACTORS}
    )


def _run(scores: Scored, plan: pd.DataFrame, seed: int, failures: Counter[str]) -> tuple[Any, Any]:
    """Ranks and grades of every replication; replications of one method are done in blocks."""
    index, options, draws = scores.index, _options(scores), _Draws(scores, seed)
    n, units = len(plan), len(scores.units)
    ranked, graded = np.zeros((n, units), dtype=np.int16), np.full((n, units), -1, dtype=np.int8)
    numbers = {name: plan[name].to_numpy() for name in FACTORS}
    step = max(1, CELLS // max(1, scores.raw.size))
    declared = {
        "imputation": index.impute,
        "treatment": index.treat,
        "normalisation": "",
        "aggregation": "",
    }
    for key, members in plan.groupby(list(METHODS), sort=False).indices.items():
        way = {
            m: options[m][at] if at >= 0 else declared[m]
            for m, at in zip(METHODS, key, strict=True)
        }
        try:
            for rule in {way["normalisation"] or leaf.rule for leaf in index.leaves}:
                check_combination(rule, way["aggregation"] or "arithmetic")
            for start in range(0, len(members), step):
                part = members[start : start + step]
                data, weights = numbers["data"][part], numbers["weights"][part]
                x = draws.data(data) if data[0] >= 0 else scores.raw[None]
                weight = (
                    draws.weights(weights, index.points)
                    if weights[0] >= 0
                    else np.tile(index.points, (len(part), 1))
                )
                out = np.array(
                    [options["indicator"][o] if o >= 0 else -1 for o in numbers["indicator"][part]]
                )
                weight[np.flatnonzero(out >= 0), out[out >= 0]] = 0.0
                value = _one(scores, x, weight, way)
                ranked[part] = np.nan_to_num(rank(printed(value)))
                if not way["normalisation"]:
                    graded[part] = scores.grade(value)
        except InputError as error:
            failures["；".join(p.found or p.title for p in error.problems)] += len(members)
    return ranked, graded


def _one(scores: Scored, x: Floats, weight: Floats, way: dict[str, str]) -> Floats:
    """Scores of a block of replications by one method."""
    index = scores.index
    if way["imputation"] != "none" and np.isnan(scores.raw).any():
        x = impute(
            x, way["imputation"], scores.units["peer_group"].fillna("").to_numpy(), scores.previous
        )[0]
    share = leaf_shares(index, treat(x, way["treatment"]).x, way["normalisation"] or None)
    share = np.maximum(share, FLOOR) if way["aggregation"] else share
    return total_scores(index, share, weight, way["aggregation"] or None)[0]


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
    plan = _plan(
        scores, np.random.default_rng([seed, *b"robustness"]).random((n, len(FACTORS))), vary, n
    )
    for name in {"data", "weights"} & set(vary):
        plan[name] = np.arange(n)
    failures: Counter[str] = Counter()
    ranked, graded = _run(scores, plan, seed, failures)
    if lost := int((ranked == 0).sum()) - sum(failures.values()) * ranked.shape[1]:
        failures[WORDS.say("say.failed_areas")] += lost
    return Robustness(
        scores,
        n,
        seed,
        vary,
        ranked,
        graded,
        pd.DataFrame(failures.items(), columns=["reason", "count"]),
    )


def sobol(robust: Robustness, base: int = 256) -> Sobol:
    """First-order and total indices of the mean absolute change of place; `base` a power of 2.

    References
    ----------
    Saltelli et al. (2010), Computer Physics Communications 181, 259-270 (scipy.stats.sobol_indices).
    """
    from scipy import stats

    names = robust.vary
    at = [FACTORS.index(name) for name in names]
    size = max(2, len(names))  # scipy wants two; the second of one factor moves nothing
    failures: Counter[str] = Counter()

    def shift(u: Floats) -> Floats:
        full = np.zeros((u.shape[1], len(FACTORS)))
        full[:, at] = u.T[:, : len(at)]
        gap = _gaps(
            robust.scores,
            _run(robust.scores, _plan(robust.scores, full, names, DRAWS), robust.seed, failures)[0],
        )
        return np.nan_to_num(np.nansum(gap, axis=1) / np.maximum((~np.isnan(gap)).sum(1), 1))

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a factor that moves nothing has no interval: NaN below
        rng = np.random.default_rng([robust.seed, *b"sobol"])
        uniform: list[Any] = [stats.uniform()] * size
        found = stats.sobol_indices(func=shift, n=base, dists=uniform, rng=rng)
        state = (
            np.random.get_state()
        )  # this bootstrap takes no generator: it draws from the global one
        np.random.seed(robust.seed % 2**32)
        again = found.bootstrap(confidence_level=0.95, n_resamples=499)
        np.random.set_state(state)
    table = pd.DataFrame({"factor": names, "name": [WORDS["factors"][v] for v in names]})
    for name, value, result in (
        ("first", found.first_order, again.first_order),
        ("total", found.total_order, again.total_order),
    ):
        ends = result.confidence_interval
        parts = (np.asarray(v)[: len(names)] for v in (value, ends.low, ends.high))
        table[name], table[f"{name}_low"], table[f"{name}_high"] = parts
    notes = [WORDS.say("say.sobol", base=base, runs=base * (size + 2))]
    notes += [] if table["total"].fillna(0).any() else [WORDS.say("say.sobol_still")]
    odd = (
        (table["first_low"] > table["total_high"])
        | (table["total_high"] < 0)
        | (table["first_high"] < 0)
    )
    notes += (
        [WORDS.say("say.sobol_odd", names="、".join(table.loc[odd, "name"]))] if odd.any() else []
    )
    notes += (
        [WORDS.say("say.sobol_sum", total=table["first"].sum())]
        if table["first"].sum() > 1.1
        else []
    )
    notes += [WORDS.say("say.sobol_failed", parts=_counted(failures.items()))] if failures else []
    return Sobol(table, tuple(notes), robust.scores.is_demo)
