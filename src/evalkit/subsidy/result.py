"""What a reform does: cost by payer and place, who gains, adequacy, inequality, the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from evalkit.subsidy import answer, cost, coverage, distribution
from evalkit.subsidy.simulation import ResultData
from evalkit.world.summary import Summarised, Summary, listed

By = str | Sequence[str]


class Result(Summarised, ResultData):
    """A reform beside the baseline, in integer fen by year, component, payer and district; made by `Plan.run`."""

    @property
    def summary(self) -> Summary:
        """The answer in one sentence, and the years."""
        facts = {"answer": self.sentence, "years": listed(self.plan.years)}
        return Summary.of("result", facts, name=self.title or self.plan.scheme.name)

    def cost(self, by: By = "payer", year: int | None = None) -> pd.DataFrame:
        """Baseline, cost and change in fen by payer, component, area (or several) and year; payers add up to the total."""
        return cost.cost(self, by, year)

    def change(self, by: By = "area", year: int | None = None) -> pd.DataFrame:
        """Like `cost`, by area, with members and the money per member (yuan) before and after."""
        return cost.change(self, by, year)

    def members(self, year: int) -> Any:
        """Members by district, on the base of the money."""
        return cost.members(self, year)

    def carry_over(self) -> pd.DataFrame:
        """翘尾: the change of each year, of the same year had the last values held from January, and the difference."""
        return cost.carry_over(self)

    def further(self, year: int | None = None) -> pd.DataFrame:
        """What one more yuan (or step of a share) of each parameter costs from here, in fen a year."""
        return cost.further(self, year)

    def organisations(self, year: int | None = None, component: str | None = None) -> pd.DataFrame:
        """Every party organisation: members on the base, money before and after, in fen (unscaled by growth)."""
        return distribution.organisations(self, year, component)

    def groups(self, by: By = "area", year: int | None = None) -> pd.DataFrame:
        """Organisations and members that gain, stay or lose (增加 / 不变 / 减少); groups are those of the baseline.

        ``by="quintile"``: fifths of the members in the order of the baseline's money per member.
        """
        return distribution.groups(self, by, year)

    def reach(
        self, standard: float, year: int | None = None, component: str | None = None
    ) -> pd.DataFrame:
        """Adequacy: organisations and members at or above `standard` yuan per member (a top-up counts what is spent already)."""
        return distribution.reach(self, standard, year, component)

    def inequality(self, year: int | None = None) -> pd.DataFrame:
        """Gini and Theil T (between and within districts) of the money per member, weighted by members."""
        return distribution.inequality(self, year)

    def lorenz(self, year: int | None = None) -> dict[str, Any]:
        """The Lorenz curve of the money per member before and after."""
        return distribution.lorenz(self, year)

    @property
    def sentence(self) -> str:
        """The answer in one sentence: cost by payer, every year, who gains or loses, whom nothing is due to and why."""
        return answer.sentence(self)

    @property
    def public_sentence(self) -> str:
        """The same without the names of areas."""
        return answer.sentence(self, named=False)

    def coverage(self, year: int | None = None) -> pd.DataFrame:
        """By component: organisations that something is due to, those that nothing is, and why (see `coverage`)."""
        return coverage.coverage(self, year or self.plan.years[0])

    def left_out(self, year: int | None = None) -> pd.DataFrame:
        """Districts that cannot be reckoned, by component, and what is missing."""
        return coverage.left_out(self, year or self.plan.years[0])

    @property
    def side_names(self) -> tuple[str, ...]:
        """What the baseline and the reform are called."""
        return coverage.SIDES

    def unknown_areas(self, year: int | None = None) -> Any:
        """By district whether what the reform moves cannot be reckoned."""
        return (self.states(year) == coverage.UNKNOWN).to_numpy()

    def states(self, year: int | None = None) -> pd.Series:
        """By district 增加, 减少, 已达标, 无应发, 不变 or 缺."""
        return coverage.states(self, year or self.plan.years[0])
