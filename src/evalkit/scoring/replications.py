"""Scores again and again, with other data and by other methods: what a robustness run repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError
from evalkit.scoring.aggregate import check_combination
from evalkit.scoring.impute import impute
from evalkit.scoring.methods import COMBINATIONS, RULES
from evalkit.scoring.points import leaf_shares, printed, total_scores, wide
from evalkit.scoring.ranks import rank
from evalkit.scoring.scored import Scored
from evalkit.scoring.treat import treat
from evalkit.stats.arrays import Floats

FACTORS = (
    "data",
    "imputation",
    "treatment",
    "normalisation",
    "weights",
    "aggregation",
    "indicator",
)
CHOICES = ("imputation", "treatment", "normalisation", "aggregation")  # factors that make a method
AS_DECLARED = -1  # in a plan: what the index says
EVERY_INDICATOR = -1  # of the options of the factor indicator: none is left out
SPREAD = 0.25  # weights vary within so much of their points
FLOOR = 0.01  # least share under a geometric or harmonic mean: one zero does not decide alone
HALF_WIDTH = 1.96  # standard errors of half a 95% interval
CELLS = 60_000  # numbers of a block: what stays in the cache
FOR_DATA, FOR_WEIGHTS = 1, 2  # parts of a draw's seed


def column(scores: Scored, name: str) -> Floats:
    """A column of the indicators' rows as units x indicators."""
    return wide(scores.rows, scores.units, [leaf.code for leaf in scores.index.leaves], name)


class Draws:
    """Numbered draws of data and weights, equal for equal seed and number whatever else is drawn."""

    def __init__(self, scores: Scored, seed: int):
        value = scores.raw
        low, high, ci_low, ci_high = (
            column(scores, name) for name in ("low", "high", "ci_low", "ci_high")
        )
        bottom = np.fmin(low, value)
        top = np.where(np.isfinite(high), np.fmax(high, value), value)
        self.seed = seed
        self.value = np.ascontiguousarray(value.T)
        self.low = _single(bottom.T)
        self.width = _single((top - bottom).T)
        self.down = _single(np.nan_to_num((value - ci_low) / HALF_WIDTH).T)
        self.up = _single(np.nan_to_num((ci_high - value) / HALF_WIDTH).T)
        self.most = _single([[most] for most in _upper_limits(scores)])
        never_negative = (np.nan_to_num(self.value) >= 0).all(1)
        self.least = _single(np.where(never_negative, 0.0, -np.inf)[:, None])
        self.uniform = bool(np.nan_to_num(self.width).any())
        self.exact = not (self.uniform or self.down.any() or self.up.any())

    def data(self, numbers: Any) -> Floats:
        """Draws x units x indicators: uniform over the data's interval plus a split normal of the sampling limits.

        In memory indicators stand before units, which is what the statistics of columns run fastest over.
        """
        shape = (len(numbers), *self.value.shape)
        if self.exact:
            return np.swapaxes(np.broadcast_to(self.value, shape), 1, 2)
        out, error = np.empty(shape), np.empty(self.value.shape, dtype=np.float32)
        for place, number in enumerate(numbers):
            rng = np.random.default_rng([self.seed, int(number), FOR_DATA])
            rng.standard_normal(dtype=np.float32, out=error)
            error *= np.where(error > 0, self.up, self.down)
            error += self.low
            if self.uniform:
                error += self.width * rng.random(error.shape, dtype=np.float32)
            np.clip(error, self.least, self.most, out=out[place])
        return np.swapaxes(out, 1, 2)

    def weights(self, numbers: Any, points: Floats) -> Floats:
        """Declared points times a factor between 0.75 and 1.25 for every indicator."""
        rngs = (np.random.default_rng([self.seed, int(number), FOR_WEIGHTS]) for number in numbers)
        return np.stack([points * rng.uniform(1 - SPREAD, 1 + SPREAD, len(points)) for rng in rngs])


def _single(values: Any) -> Any:
    return np.ascontiguousarray(values, dtype=np.float32)


def _upper_limits(scores: Scored) -> list[float]:
    """The largest value that each indicator can have: a proportion is 1 at most."""
    kinds: dict[str, str] = {}
    if "kind" in scores.rows:
        kinds = dict(zip(scores.rows["indicator"], scores.rows["kind"], strict=True))
    return [1.0 if kinds.get(leaf.code) == "proportion" else np.inf for leaf in scores.index.leaves]


def options(scores: Scored) -> dict[str, list[Any]]:
    """What a factor can be; "" is what the index declares."""
    index, gaps = scores.index, np.isnan(scores.raw).any()
    fill = ["none", "mean", "median"]
    if scores.units["peer_group"].notna().any():
        fill.append("group")
    left_out = [EVERY_INDICATOR]
    if len(index.leaves) > 2:
        left_out += range(len(index.leaves))
    return {
        "imputation": fill if gaps else [index.impute],
        "treatment": ["none", "winsorise"],
        "normalisation": ["", *RULES.varied()],
        "aggregation": ["", *COMBINATIONS.varied()],
        "indicator": left_out,
    }


def plan(scores: Scored, uniform: Floats, vary: Sequence[str], draws: int) -> pd.DataFrame:
    """Settings of the replications from uniform numbers (replications x FACTORS): numbers of options."""
    sizes = {name: len(choices) for name, choices in options(scores).items()}
    sizes |= {"data": draws, "weights": draws}
    chosen = {}
    for place, name in enumerate(FACTORS):
        number = np.minimum((uniform[:, place] * sizes[name]).astype(int), sizes[name] - 1)
        chosen[name] = number if name in vary else np.full(len(uniform), AS_DECLARED)
    return pd.DataFrame(chosen)


@dataclass(frozen=True)
class Way:
    """One method: how gaps are filled, outliers treated, values normalised and combined; "" as the index declares."""

    imputation: str
    treatment: str
    normalisation: str
    aggregation: str


@dataclass(frozen=True, eq=False)
class Replications:
    """Ranks (int16, 0 where there is no score) and grades (-1 none) of every replication x area.

    Only replications on the declared scale have grades. `failures` counts the replications without a rank by reason.
    """

    ranked: Any
    graded: Any
    failures: Counter[str]


def replicate(scores: Scored, settings: pd.DataFrame, seed: int) -> Replications:
    """All replications of a plan; those of one method are done in blocks."""
    shape = (len(settings), len(scores.units))
    ranked, graded = np.zeros(shape, dtype=np.int16), np.full(shape, -1, dtype=np.int8)
    failures: Counter[str] = Counter()
    choices, draws = options(scores), Draws(scores, seed)
    numbers = {name: settings[name].to_numpy() for name in FACTORS}
    step = max(1, CELLS // max(1, scores.raw.size))
    for key, members in settings.groupby(list(CHOICES), sort=False).indices.items():
        way = _way(scores, choices, dict(zip(CHOICES, key, strict=True)))
        try:
            for rule in {way.normalisation or leaf.rule for leaf in scores.index.leaves}:
                check_combination(rule, way.aggregation or "arithmetic")
            for start in range(0, len(members), step):
                block = members[start : start + step]
                x = _data(scores, draws, numbers["data"][block])
                left_out = [
                    EVERY_INDICATOR if number == AS_DECLARED else choices["indicator"][number]
                    for number in numbers["indicator"][block]
                ]
                weight = _weights(scores, draws, numbers["weights"][block], left_out)
                value = np.where(scores.enough, _scores(scores, x, weight, way), np.nan)
                ranked[block] = np.nan_to_num(rank(printed(value)))
                if not way.normalisation:
                    graded[block] = scores.grade(value)
        except InputError as error:
            reason = "；".join(problem.found or problem.title for problem in error.problems)
            failures[reason] += len(members)
    return Replications(ranked, graded, failures)


def _way(scores: Scored, choices: Mapping[str, list[Any]], numbers: Mapping[str, int]) -> Way:
    """The method that the numbers of a plan stand for."""
    declared = Way(scores.index.impute, scores.index.treat, "", "")
    return Way(
        **{
            name: getattr(declared, name) if number == AS_DECLARED else choices[name][number]
            for name, number in numbers.items()
        }
    )


def _data(scores: Scored, draws: Draws, numbers: Any) -> Floats:
    """The data of a block: draws, or what was reported."""
    return scores.raw[None] if numbers[0] == AS_DECLARED else draws.data(numbers)


def _weights(scores: Scored, draws: Draws, numbers: Any, left_out: list[int]) -> Floats:
    """The points of a block (replications x indicators), 0 for an indicator that is left out."""
    points = scores.index.points
    as_declared = numbers[0] == AS_DECLARED
    weight = np.tile(points, (len(numbers), 1)) if as_declared else draws.weights(numbers, points)
    out = np.array(left_out)
    weight[np.flatnonzero(out != EVERY_INDICATOR), out[out != EVERY_INDICATOR]] = 0.0
    return weight


def _scores(scores: Scored, x: Floats, weight: Floats, way: Way) -> Floats:
    """Scores of a block of replications by one method."""
    if way.imputation != "none" and np.isnan(scores.raw).any():
        groups = scores.units["peer_group"].fillna("").to_numpy()
        x, _ = impute(x, way.imputation, groups, scores.previous)
    treated = treat(x, way.treatment).x
    share = leaf_shares(scores.index, treated, way.normalisation or None, scores.goals)
    if way.aggregation:
        share = np.maximum(share, FLOOR)
    return total_scores(scores.index, share, weight, way.aggregation or None)[0]
