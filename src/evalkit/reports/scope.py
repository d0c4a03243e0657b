"""What a report is about: one value instead of seven parameters carried by hand.

scope = Scope(data, "2025", "2024", level="district", ranking="full")
scope.facts          the facts of the whole, collected once
scope.rows           the indicators of the areas evaluated and of the whole
scope.place          what the areas are called (区县)
scope.of(area)       the same of one area
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from evalkit.indicators.load import Data
from evalkit.reports.sentences import Facts, facts
from evalkit.reports.voice import Rows, Voice, voice_of
from evalkit.reports.words import baseline_words


@dataclass(frozen=True, eq=False)
class Scope:
    """What a report is about.

    Attributes
    ----------
    data
        The data; for what is told of rows alone, the rows.
    period, baseline
        The period judged, and the one that it is compared with.
    level, within
        Level of the areas compared, and the area inside which they lie (its path, name or short name).
    ranking
        ``full``, ``bands`` or ``none``.
    public
        Whether small numbers are hidden.
    """

    data: Data | pd.DataFrame
    period: str
    baseline: str | None = None
    level: str = "district"
    within: str | None = None
    ranking: str = "full"
    public: bool = False

    @classmethod
    def about(
        cls,
        data: Data | pd.DataFrame,
        period: str | int,
        baseline: str | int | None = None,
        level: str = "district",
        within: str | None = None,
        ranking: str = "full",
        public: bool = False,
    ) -> Scope:
        """A scope whose periods may be numbers, as notebooks give them."""
        earlier = None if baseline is None else str(baseline)
        return cls(data, str(period), earlier, level, within, ranking, public)

    @cached_property
    def voice(self) -> Voice:
        return voice_of(self.data)

    @property
    def place(self) -> str:
        """What the areas compared are called."""
        return self.voice.place(self.level)

    @property
    def since(self) -> str:
        """What the baseline is called: 上年, or its own name."""
        return baseline_words(self.period, self.baseline, self.voice)

    @cached_property
    def facts(self) -> Facts:
        """The facts of `within`, else of the area that holds all others."""
        return facts(self.told, self.period, self.baseline, self.within)

    @property
    def compares(self) -> bool:
        """Whether there are data of the baseline."""
        return self.baseline is not None and self.baseline in self.told.periods

    @cached_property
    def areas(self) -> list[str]:
        """The areas evaluated, in administrative order: those that ought to report, also where nothing came from them."""
        areas = self.told.areas
        known = areas.loc[areas["level"] == self.level].sort_values("sort_order", kind="stable")
        root = self.told.find_area(self.within) if self.within else ""
        return [a for a in known["area"].astype(str) if not root or a.startswith(f"{root}/")]

    @cached_property
    def rows(self) -> Rows:
        """The indicators of the areas evaluated and of the whole, by the names that the text has."""
        return self.rows_of(self.areas)

    def rows_of(self, areas: list[str]) -> Rows:
        """The same of some areas, and of `within`, else of all other levels."""
        data, frame = self.told, self.told.indicators
        whole = (
            frame["area"] == data.find_area(self.within)
            if self.within
            else frame["level"] != self.level
        )
        chosen = frame.loc[frame["area"].isin(areas) | whole]
        names = self.voice.short_names(frame)
        named = chosen.assign(
            name=chosen["indicator"].map(names),
            headline=chosen["indicator"].isin(self.voice.headline),
        )
        return Rows.of(named, data.project, frame)

    def of(self, area: str) -> Scope:
        """The same of one area."""
        return dataclasses.replace(self, within=area)

    def parameters(self) -> dict[str, Any]:
        """What a notebook is given."""
        return {
            "period": self.period,
            "baseline": self.baseline,
            "level": self.level,
            "within": self.within,
            "ranking": self.ranking,
            "publish": self.public,
        }

    @property
    def frame(self) -> pd.DataFrame:
        """The rows; all of them where there are data."""
        return self.data if isinstance(self.data, pd.DataFrame) else self.rows

    @property
    def told(self) -> Data:
        """The data; rows alone have none."""
        assert not isinstance(self.data, pd.DataFrame), "rows alone have no facts"
        return self.data
