"""Intervals and regret of scenarios: growth, take-up and missing counts drawn once and shared by all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.subsidy.engine import Engine, Projection
from evalkit.world.number import fixed, percent

if TYPE_CHECKING:
    from evalkit.subsidy.plan import Plan

Range = tuple[float, float]


@dataclass(frozen=True)
class Uncertainty:
    """`table`: additional cost by scenario with its interval, regret; `draws`: one row a draw, one column a scenario (fen)."""

    table: pd.DataFrame
    draws: pd.DataFrame
    notes: tuple[str, ...]


def uncertainty(
    plan: Plan,
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
    changed = {name: plan.changed(reform)[1:] for name, reform in reforms.items()}
    schemes = {s.members for s, _ in [(plan.scheme, 0), *changed.values()]}
    homes = plan.engine.rows(year)["home"].to_numpy(str)
    known = {base: plan.engine.members(year, base) for base in schemes}
    gaps = any(gone.any() for _, gone in known.values())
    keep = {
        k: v
        for k, v in plan.engine._known.items()
        if k[0] == "rows" or (k[0] in ("cells", "key") and not gaps)
    }
    rows = []
    for _ in range(n):
        p = Projection(
            rng.uniform(*organisations), rng.uniform(*members), take_up=rng.uniform(*take_up)
        )
        engine = Engine(plan.source, p, dict(keep))
        pick = rng.random(len(homes))
        for base, (twice, gone) in known.items() if gaps else ():
            filled = twice.copy()
            for home in np.unique(homes[gone]):
                there = np.sort(twice[(homes == home) & ~gone])
                at = (homes == home) & gone
                filled[at] = there[(pick[at] * len(there)).astype(int)] if len(there) else 0
            engine._known["members", year, base] = (filled, np.zeros(len(gone), bool))
        drawn = replace(plan, engine=engine)
        now = drawn.total(plan.values, year)
        rows.append(
            [drawn.total(values, year, scheme) - now for scheme, values in changed.values()]
        )
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
    spans = [f"{percent(a, 0)}～{percent(b, 0)}" for a, b in (organisations, members, take_up)]
    notes = (
        f"{n}次抽样，随机种子{seed}；党组织年增长{spans[0]}，党员{spans[1]}，落实率{spans[2]}；各方案用同一组抽样",
        "缺报的党员数从同一地区已知数中抽取",
    )
    return Uncertainty(table, draws, notes)
