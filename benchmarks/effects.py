"""Policy effects at size, in one run: python benchmarks/effects.py

CPU seconds (all threads of the process). Two-way fixed effects with clusters on 1,000,000 organisation-years against
pyfixest called directly on the same columns (limit 1.2 times); Callaway and Sant'Anna on 2,844 districts over ten years
with 999 bootstrap draws (limit 20 s).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyfixest as pf

from evalkit.effects import Panel, callaway_santanna, twfe

warnings.simplefilter("ignore")


def world(entities: int, periods: int, clusters: int, seed: int = 7) -> pd.DataFrame:
    """Entities in clusters, a third of the clusters never treated, the others from one of six years."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(entities) % clusters
    starts = rng.choice([0, 0, 0, 2018, 2019, 2020, 2021, 2022, 2023], clusters)[cluster]
    year = np.tile(np.arange(2016, 2016 + periods), entities)
    first, unit = np.repeat(starts, periods), np.repeat(np.arange(entities), periods)
    x = rng.normal(size=year.size)
    on = (first > 0) & (year >= first)
    y = (
        rng.normal(size=entities)[unit]
        + 0.1 * (year - 2016)
        + 0.2 * x
        + 0.5 * on
        + rng.normal(size=year.size)
    )
    return pd.DataFrame(
        {
            "unit": unit,
            "year": year,
            "cluster": np.repeat(cluster, periods),
            "first": first,
            "x": x,
            "y": y,
            "on": on.astype(float),
        }
    )


def cpu(run: Callable[[], Any], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    frame = world(100_000, 10, 2_844)
    start = time.process_time()
    panel = Panel.from_frame(
        frame, "y", "unit", "year", treated_from="first", controls=["x"], cluster="cluster"
    )
    made = time.process_time() - start
    start = time.process_time()
    work = panel.work
    prepared = time.process_time() - start
    formula = "y ~ d + x0 | i + t"
    direct = cpu(lambda: pf.feols(formula, work, vcov={"CRV1": "c"}))
    lean = cpu(
        lambda: pf.feols(
            formula, work, vcov={"CRV1": "c"}, copy_data=False, store_data=False, lean=True
        )
    )
    ours = cpu(lambda: twfe(panel))
    print(
        f"panel of 1,000,000 rows   {made:6.2f} s to read and check, {prepared:5.2f} s to prepare"
    )
    print(f"pyfixest, direct          {direct:6.2f} s   ({lean:.2f} s without copies)")
    print(
        f"ek.effects.twfe           {ours:6.2f} s   {ours / direct:5.2f} x with its guard rails (limit 1.2)"
    )
    frame = world(2_844, 10, 2_844)
    for controls in ["x"], []:
        districts = Panel.from_frame(
            frame, "y", "unit", "year", treated_from="first", controls=controls
        )
        seconds = cpu(partial(callaway_santanna, districts, draws=999), 1)
        print(
            f"Callaway-Sant'Anna        {seconds:6.2f} s   2,844 x 10, 999 draws, {len(controls)} controls (limit 20 s)"
        )


if __name__ == "__main__":
    main()
