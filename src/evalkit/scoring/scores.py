"""Scores of areas (or party organisations) by an index: points, ranks, grades, and where the points went.

The face over the value (`evalkit.scoring.scored`) and the verbs beside it; every method only hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.scoring import reasons, variants
from evalkit.scoring.making import make
from evalkit.scoring.robustness import FACTORS, Robustness, robustness
from evalkit.scoring.scored import Scored
from evalkit.scoring.variants import Shift
from evalkit.scoring.words import told
from evalkit.world.showing import Showing
from evalkit.world.summary import Summarised, Summary, listed

__all__ = ["Scores", "Shift", "score"]


@dataclass(frozen=True, eq=False, repr=False)
class Scores(Showing, Summarised, Scored):
    """What an index says of every area in one period; nothing in it changes, every verb gives a new one."""

    @property
    def summary(self) -> Summary:
        """Which areas have a score, who stands first and last, who has none."""
        ranked = self.table.dropna(subset=["rank"]).sort_values("rank", kind="stable")
        names, ranks = ranked["area_name"], ranked["rank"]
        facts = {
            "areas": f"{len(self.table)}个",
            "first": listed(names[ranks == ranks.min()]),
            "last": listed(names[ranks == ranks.max()]) if ranks.nunique() > 1 else "",
            "absent": listed(self.table.loc[self.table["area"].isin(self.absent), "area_name"]),
            "unscored": listed(self.unscored),
        }
        return Summary.of("scores", facts, name=self.index.name, period=self.period)

    @cached_property
    def method(self) -> str:
        """How the scores were made, in words."""
        return reasons.method(self)

    def lost(self, area: str, place: bool = True) -> Any:
        """Where the points of an area went, in words, largest loss first; its place (where there is an order) only on demand."""
        return told(reasons.lost(self, area, place))

    def explain(self, area: str, most: int = 3) -> Any:
        """Strengths and weaknesses: where an area earns clearly more or less of an indicator's points than the mean."""
        return told(reasons.explain(self, area, most))

    def reweigh(self, changes: Mapping[str, float]) -> Scores:
        """Other points for named dimensions or indicators; siblings that are not named share what is left."""
        return variants.reweigh(self, changes)

    def without(self, indicator: str) -> Scores:
        """The index without one indicator; its points go to its siblings in proportion."""
        return variants.without(self, indicator)

    def compare(self, other: Scored) -> Shift:
        """These scores beside others of the same areas; a positive shift is a better place here."""
        return variants.compare(self, other)

    def changes(self, last: Scored | pd.DataFrame) -> pd.DataFrame:
        """What moved every area's score since last time; see `evalkit.scoring.variants.changes`."""
        return variants.changes(self, last)

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Declared weights beside those the data give (equal, entropy, CRITIC, deviation, principal components)."""
        return variants.weights(self)

    def robustness(self, n: int = 1000, seed: int = 7, vary: Any = None) -> Robustness:
        """Monte Carlo over data error and method choices; see `evalkit.scoring.robustness.robustness`."""
        return robustness(self, n, seed, FACTORS if vary is None else vary)


def score(
    indicators: pd.DataFrame,
    index: Any = "annual",
    codebook: Codebook | None = None,
    previous: pd.DataFrame | None = None,
    expected: pd.DataFrame | None = None,
) -> Scores:
    """Scores of all areas in one period and level of a frame of indicators.

    Parameters
    ----------
    indicators
        Frame of `evaluate`, one period and one level; areas, or party organisations in a column ``party_org``.
    index
        A name in index.yml, the path of a YAML file, a mapping, or a checked `Index`.
    codebook
        Knows the indicators that have no rows; by default the nearest project's.
    previous
        Indicators of earlier periods, for ``impute: panel``.
    expected
        The areas that should have reported (``data.expected(period, level)``); those without a row are listed as
        缺报. A frame of indicators alone cannot know them.

    Raises
    ------
    InputError
        Persons, several periods or levels at once, double rows, and every fault of the index.
    """
    made = make(indicators, index, codebook, previous, expected)
    return Scores(**{one.name: getattr(made, one.name) for one in fields(made)})
