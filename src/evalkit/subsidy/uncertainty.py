"""Intervals and regret of scenarios: growth, take-up and missing counts drawn once and shared by all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evalkit.subsidy.engine import Engine
from evalkit.subsidy.projection import Projection
from evalkit.subsidy.reduction import Members, Reduction
from evalkit.subsidy.simulation import PlanData
from evalkit.subsidy.words import NOTES
from evalkit.world.number import fixed, percent

Range = tuple[float, float]


@dataclass(frozen=True)
class Uncertainty:
    """`table`: additional cost by scenario with its interval, regret; `draws`: one row a draw, one column a scenario (fen)."""

    table: pd.DataFrame
    draws: pd.DataFrame
    notes: tuple[str, ...]


def uncertainty(
    plan: PlanData,
    reforms: Mapping[str, Any],
    *,
    n: int = 200,
    seed: int = 7,
    organisations: Range = (0.0, 0.05),
    members: Range = (0.0, 0.05),
    take_up: Range = (0.9, 1.0),
    budget: float | None = None,
    year: int | None = None,
    confidence: float = 0.95,
) -> Uncertainty:
    """Intervals of the difference to the baseline under common random numbers, and regret over the draws.

    Growth a year and take-up are uniform in their ranges; missing member counts are drawn from the district's known
    ones. Regret of a scenario in a draw = its loss less the least loss; the loss is the distance to `budget` (yuan),
    or the additional cost where none is given.
    """
    year, rng = year or plan.years[-1], np.random.default_rng([seed, *b"subsidy"])
    changed = {name: plan.changed(reform)[1] for name, reform in reforms.items()}
    bases: set[str] = {one.scheme.members for one in changed.values()} | {plan.scheme.members}
    known = {base: plan.reduction.members(year, base) for base in bases}
    gaps = any(one.unknown.any() for one in known.values())
    homes = plan.reduction.rows(year)["home"].to_numpy(str)
    rows = []
    for _ in range(n):
        growth, growth_of_members = rng.uniform(*organisations), rng.uniform(*members)
        projection = Projection(growth, growth_of_members, take_up=rng.uniform(*take_up))
        pick = rng.random(len(homes))
        reduction = _filled(plan.reduction, known, year, homes, pick) if gaps else plan.reduction
        drawn = replace(plan, engine=Engine(reduction, projection))
        now = drawn.total(plan.values, year)
        rows.append([drawn.total(one.values, year, one.scheme) - now for one in changed.values()])
    draws = pd.DataFrame(rows, columns=list(changed))
    loss = (draws - int(fixed(budget, scale=100))).abs() if budget is not None else draws
    regret = loss.sub(loss.min(axis=1), axis=0)
    tail = (1 - confidence) / 2
    table = pd.DataFrame(
        {
            "scenario": draws.columns,
            "mean_fen": draws.mean().to_numpy(),
            "low_fen": draws.quantile(tail).to_numpy(),
            "high_fen": draws.quantile(1 - tail).to_numpy(),
            "mean_regret_fen": regret.mean().to_numpy(),
            "max_regret_fen": regret.max().to_numpy(),
            "best_share": (regret == 0).mean().to_numpy(),
        }
    )
    spans = {
        name: f"{percent(low, 0)}～{percent(high, 0)}"
        for name, (low, high) in (
            ("organisations", organisations),
            ("members", members),
            ("take_up", take_up),
        )
    }
    notes = NOTES.note("drawn.runs", n=n, seed=seed, **spans), NOTES.note("drawn.gaps")
    return Uncertainty(table, draws, tuple(map(str, notes)))


def _filled(
    reduction: Reduction,
    known: Mapping[str, Members],
    year: int,
    homes: np.ndarray,
    pick: np.ndarray,
) -> Reduction:
    """The reduction with a number drawn for every organisation whose members are not known, from its district's."""
    given = {}
    for base, members in known.items():
        twice = members.twice.copy()
        for home in np.unique(homes[members.unknown]):
            there = np.sort(members.twice[(homes == home) & ~members.unknown])
            at = (homes == home) & members.unknown
            twice[at] = there[(pick[at] * len(there)).astype(int)] if len(there) else 0
        nobody = np.zeros(len(twice), bool)
        given[year, base] = Members(twice, nobody, nobody)
    return reduction.with_members(given)
