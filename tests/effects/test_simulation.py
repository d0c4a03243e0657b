"""Size and coverage of every design over simulated panels. Long: run with -m slow; figures stand in docs/methods.md."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from effect_worlds import COHORTS, average, panel, staggered

from evalkit.effects import (
    Effect,
    Panel,
    callaway_santanna,
    did2s,
    event_study,
    randomisation,
    sun_abraham,
    synthetic_did,
    twfe,
    wild_bootstrap,
)

REPLICATIONS = 400
Design = Callable[[Panel], Effect]
DESIGNS: dict[str, Design] = {
    "twfe": lambda p: twfe(p, guard=False),
    "event_study": lambda p: event_study(p, guard=False),
    "sun_abraham": lambda p: sun_abraham(p, guard=False),
    "did2s": lambda p: did2s(p, guard=False),
    "callaway_santanna": lambda p: callaway_santanna(p, draws=0, guard=False),
}
SMALL: dict[str, Design] = {
    "randomisation": lambda p: randomisation(p, draws=399, exact=500),
    "wild_bootstrap": lambda p: wild_bootstrap(p, draws=399),
}


def campaign(
    designs: dict[str, Design],
    n: int = REPLICATIONS,
    *,
    effect: float = 0.0,
    growing: float = 0.0,
    **world: object,
) -> dict[str, tuple[float, float]]:
    """Share of p below 0.05 and share of intervals that hold the true mean effect, by design."""
    cohorts = world.get("cohorts") or COHORTS
    true = average(cohorts, effect=effect, growing=growing)  # type: ignore[arg-type]
    rejected: dict[str, list[bool]] = {name: [] for name in designs}
    covered: dict[str, list[bool]] = {name: [] for name in designs}
    for seed in range(n):
        made = panel(
            staggered(1000 + seed, effect=effect, growing=growing, **world),
            **({"cluster": "cluster"} if "each" in world else {}),
        )  # type: ignore[arg-type]
        for name, design in designs.items():
            row = design(made).row
            rejected[name].append(row["p"] < 0.05)
            covered[name].append(row["ci_low"] <= true <= row["ci_high"])
    return {
        name: (float(np.mean(rejected[name])), float(np.mean(covered[name]))) for name in designs
    }


def report(title: str, found: dict[str, tuple[float, float]]) -> None:
    print(
        f"\n{title}: "
        + "; ".join(
            f"{name} size {size:.3f} coverage {cover:.3f}" for name, (size, cover) in found.items()
        )
    )


@pytest.mark.slow
def test_size_with_forty_clusters() -> None:
    found = campaign(DESIGNS)
    report("40 clusters, no effect", found)
    assert all(0.02 <= size <= 0.09 for size, _ in found.values())


@pytest.mark.slow
def test_coverage_with_growing_effects() -> None:
    """Two-way fixed effects and the plain mean over event times estimate something else here."""
    found = campaign(
        {k: v for k, v in DESIGNS.items() if k not in ("twfe", "event_study")},
        effect=0.5,
        growing=0.3,
    )
    report("40 clusters, growing effects", found)
    assert all(0.91 <= cover <= 0.98 for _, cover in found.values())


@pytest.mark.slow
def test_size_with_units_in_clusters() -> None:
    found = campaign(DESIGNS, each=5)
    report("40 clusters of 5 units", found)
    assert all(0.02 <= size <= 0.09 for size, _ in found.values())


@pytest.mark.slow
def test_size_with_few_treated_clusters() -> None:
    """Four of sixteen treated: clustered errors reject too often; randomisation holds its level."""
    found = campaign(DESIGNS | SMALL, cohorts={0: 12, 5: 4})
    report("16 clusters, 4 treated", found)
    assert 0.02 <= found["randomisation"][0] <= 0.08
    assert found["twfe"][0] > 0.05


@pytest.mark.slow
def test_size_of_the_wild_bootstrap_with_few_clusters() -> None:
    found = campaign(SMALL, cohorts={0: 6, 5: 6})
    report("12 clusters, 6 treated", found)
    assert all(0.02 <= size <= 0.08 for size, _ in found.values())


@pytest.mark.slow
def test_coverage_of_synthetic_difference_in_differences() -> None:
    found = campaign(
        {"synthetic_did": lambda p: synthetic_did(p, draws=100, guard=False)},
        150,
        effect=1.0,
        cohorts={0: 30, 6: 6},
    )
    report("36 places, 6 treated", found)
    assert found["synthetic_did"][1] >= 0.88
