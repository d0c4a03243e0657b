"""Whether scores tell areas apart: a grade that nearly everybody has says nothing, and what still differs is told instead.

The rule is stated and holds for every index: grades do not tell areas apart where at least `MOST_OF` of the scored
areas, of `FEWEST` or more, have the same one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from evalkit.scoring.points import printed
from evalkit.scoring.reasons import shown_value
from evalkit.scoring.scored import Scored

MOST_OF = 0.75  # share of the areas with one grade from which on grades say nothing
FEWEST = 6  # areas: of fewer, three quarters of them are hardly "most"
TOLD = 3  # indicators that still differ
FULL = 0.995  # a share of the points that prints as all of them


@dataclass(frozen=True)
class Differing:
    """An indicator in which areas still differ: the lowest and the highest value, and how many points lie between."""

    name: str
    lowest: str
    highest: str
    lowest_area: str
    highest_area: str
    points: float


@dataclass(frozen=True)
class Spread:
    """How far the scores of the areas lie apart.

    Attributes
    ----------
    areas
        How many have a score.
    grade, n_grade
        The grade that most of them have, and how many; "" where the index has no grades.
    low, high
        The lowest and the highest printed score.
    differing
        Where they differ most, by points.
    full
        Indicators at which all of them earn (nearly) everything.
    """

    areas: int
    grade: str
    n_grade: int
    low: float
    high: float
    differing: tuple[Differing, ...]
    full: tuple[str, ...]

    @property
    def alike(self) -> bool:
        """Whether the grades do not tell the areas apart."""
        return bool(self.grade) and self.areas >= FEWEST and self.n_grade >= MOST_OF * self.areas


def spread(scored: Scored) -> Spread:
    """How far the scores of the areas lie apart; without any score nothing differs."""
    known = ~np.isnan(scored.score)
    score = printed(scored.score[known])
    grades = Counter(str(grade) for grade in scored.table["grade"].dropna())
    grade, n_grade = grades.most_common(1)[0] if grades else ("", 0)
    low, high = (float(score.min()), float(score.max())) if len(score) else (0.0, 0.0)
    leaves = range(len(scored.index.leaves))
    told = sorted(
        filter(None, (_differing(scored, leaf, known) for leaf in leaves)),
        key=lambda one: -one.points,
    )
    full = [
        scored.index.leaves[leaf].name
        for leaf in leaves
        if known.any() and (scored.shares[known, leaf] >= FULL).all()
    ]
    return Spread(int(known.sum()), grade, n_grade, low, high, tuple(told[:TOLD]), tuple(full))


def _differing(scored: Scored, leaf: int, known: np.ndarray) -> Differing | None:
    """How far the areas differ in one indicator; None where they earn the same."""
    shares = np.where(known, scored.shares[:, leaf], np.nan)
    if np.isnan(shares).all():
        return None
    first, last = int(np.nanargmin(shares)), int(np.nanargmax(shares))
    points = float(shares[last] - shares[first]) * scored.index.leaves[leaf].points
    if printed(np.array([points]))[0] <= 0:
        return None
    names = scored.units["area_name"].astype(str)
    return Differing(
        scored.index.leaves[leaf].name,
        shown_value(scored, leaf, float(scored.x[first, leaf])),
        shown_value(scored, leaf, float(scored.x[last, leaf])),
        names.iloc[first],
        names.iloc[last],
        points,
    )
