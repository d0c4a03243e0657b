"""Speed of the scoring chain and of rank sets: CPU seconds and peak memory, each case in a process of its own.

PYTHONPATH=src python benchmarks/scoring.py
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time

os.environ["OPENBLAS_NUM_THREADS"] = (
    "1"  # one process, one thread: waiting threads burn CPU seconds
)

import numpy as np

CASES = {  # name: (units, indicators, groups on the way up, replications, seconds allowed, megabytes allowed)
    "51 x 49, three levels": (51, 49, (8, 2), 1000, 1.0, 1000),
    "2,844 x 20": (2844, 20, (4,), 1000, 4.0, 1000),
}


def chain(
    units: int, indicators: int, levels: tuple[int, ...], replications: int, vary_data: bool = True
) -> np.ndarray:
    """Treat, normalise, weigh, aggregate, rank: data error and weights drawn anew in every replication."""
    from evalkit.scoring import aggregate, normalise, rank, treat

    np.empty(4_000_000).fill(
        0
    )  # one large block: glibc then keeps freed memory instead of faulting it in again
    rng = np.random.default_rng(1)
    base = rng.lognormal(0, rng.uniform(0.2, 1.2, indicators), (units, indicators))
    columns, scale = np.ascontiguousarray(base.T), base.std(0)[:, None] * 0.05
    better = ["higher" if j % 4 else "lower" for j in range(indicators)]
    block = max(1, 60_000 // base.size)  # what stays in the second-level cache
    ranks = np.empty((replications, units), dtype=np.int16)
    still = None if vary_data else normalise(treat(base).x, "minmax", better)
    for start in range(0, replications, block):
        count = min(block, replications - start)
        if still is None:
            # indicators before units in memory: every statistic of a column then runs over neighbours
            noise = rng.standard_normal((count, indicators, units), dtype=np.float32)
            x = normalise(treat(np.swapaxes(columns + scale * noise, 1, 2)).x, "minmax", better)
        else:
            x = np.broadcast_to(still, (count, units, indicators))
        width = indicators
        for groups in levels:
            group = np.arange(width) * groups // width
            weight = rng.uniform(0.8, 1.2, (count, width))
            x = np.stack(
                [aggregate(x[..., group == g], weight[:, group == g]) for g in range(groups)], -1
            )
            width = groups
        ranks[start : start + count] = rank(aggregate(x, rng.uniform(0.8, 1.2, (count, width))))
    return ranks


def index_chain(units: int, indicators: int, levels: tuple[int, ...], replications: int) -> None:
    """The same through the public face: a declared index, `Scores.robustness` over data error and all method choices."""
    from evalkit.scoring.scores import Scores, score

    scores: Scores = made(units, indicators, levels)
    assert score is not None and len(scores.robustness(replications, 1).ranks) == units


def made(units: int, indicators: int, levels: tuple[int, ...]):
    """Scores of invented areas by an index with the given numbers of groups on the way up."""
    import pandas as pd

    import evalkit as ek

    rng = np.random.default_rng(1)
    base = rng.lognormal(0, rng.uniform(0.2, 1.2, indicators), (units, indicators))
    codes = [f"i{j:02d}" for j in range(indicators)]
    area, code = np.repeat([f"a{i:04d}" for i in range(units)], indicators), np.tile(codes, units)
    value = base.ravel()
    frame = pd.DataFrame(
        {
            "area": area,
            "area_name": area,
            "period": "2025",
            "level": "district",
            "indicator": code,
            "name": code,
            "value": value,
            "low": value,
            "high": value,
            "ci_low": value * 0.9,
            "ci_high": value * 1.1,
            "better": np.where(np.tile(np.arange(indicators), units) % 4, "higher", "lower"),
            "kind": "amount",
            "scale": 1.0,
            "decimals": 1,
            "unit": "",
        }
    )
    full = dict(zip(codes, np.quantile(base, 0.9, axis=0), strict=True))
    nodes = {c: {"full_at": float(full[c])} for c in codes}
    for groups in levels:
        names = list(nodes)
        group = np.arange(len(names)) * groups // len(names)
        nodes = {
            f"g{groups}_{g}": {
                "items": {names[j]: nodes[names[j]] for j in np.flatnonzero(group == g)}
            }
            for g in range(groups)
        }
    grades = [
        {"grade": "好", "from": 90},
        {"grade": "较好", "from": 80},
        {"grade": "一般", "from": 60},
        {"grade": "较差", "from": 0},
    ]
    return ek.score(frame, {"tree": nodes, "grades": grades})


def rank_sets(simultaneous: bool) -> None:
    from evalkit.stats import rank_sets as sets

    rng = np.random.default_rng(1)
    error = np.exp(rng.normal(-1, 0.6, 2844))
    sets(
        rng.normal(0, 2, 2844) + error * rng.standard_normal(2844), error, simultaneous=simultaneous
    )


def measured(function, arguments, allowed: float, memory: float, name: str) -> None:
    import evalkit.scoring  # imports are not the chain
    import evalkit.stats

    assert evalkit.scoring and evalkit.stats
    if function is index_chain:
        index_chain(20, 8, (2,), 5)  # imports of the frames
        scores = made(*arguments[:3])
        function, arguments = scores.robustness, (arguments[3], 1)
    start = time.process_time()
    function(*arguments)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdict = (
        "ok"
        if seconds <= allowed and peak <= memory
        else "TOO SLOW"
        if seconds > allowed
        else "TOO LARGE"
    )
    print(
        f"{name:<78}{seconds:7.2f} s of {allowed:4.1f}{peak:8.0f} MB of {memory:5.0f}  {verdict}",
        flush=True,
    )


def main() -> None:
    jobs = []
    for name, (units, indicators, levels, n, seconds, memory) in CASES.items():
        jobs.append(
            (
                chain,
                (units, indicators, levels, n),
                seconds,
                memory,
                f"{name}, N = {n:,}, data vary",
            )
        )
        jobs.append(
            (
                chain,
                (units, indicators, levels, n, False),
                seconds,
                memory,
                f"{name}, N = {n:,}, weights only",
            )
        )
    for name, (units, indicators, levels, n, seconds, memory) in CASES.items():
        made_with = "index, robustness over data and every method choice"
        jobs.append(
            (
                index_chain,
                (units, indicators, levels, n),
                seconds,
                memory,
                f"{name}, N = {n:,}, {made_with}",
            )
        )
    jobs += [
        (
            rank_sets,
            (kind,),
            10.0,
            1000,
            f"rank sets, 2,844 units, {'simultaneous' if kind else 'marginal'}",
        )
        for kind in (True, False)
    ]
    for job in jobs:
        process = multiprocessing.get_context("spawn").Process(target=measured, args=job)
        process.start()
        process.join()


if __name__ == "__main__":
    main()
