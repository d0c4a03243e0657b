"""What an index says of every area in one period, as a value: the data, and what follows from them by arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, unknown
from evalkit.scoring.points import (
    combine,
    leaf_shares,
    printed,
    reports_enough,
    settled,
    total_scores,
)
from evalkit.scoring.ranks import rank
from evalkit.scoring.tree import Index, Node
from evalkit.scoring.words import WORDS
from evalkit.stats.arrays import Floats
from evalkit.world.number import fixed

LOSS_WORTH_TELLING = 0.05  # points
LOSSES_TOLD = 3
TINY = 1e-300  # keeps a sum of no weights from being divided by


@dataclass(frozen=True)
class Loss:
    """Points that an area lost at one indicator."""

    name: str
    points: float


@dataclass(frozen=True, eq=False)
class Scored:
    """Data and index of one period; nothing in it changes.

    `units` holds area, area_name, peer_group, sort_order; `rows` the indicators' rows used; `raw` the values
    (units x indicators), `x` the same after imputation and treatment, `filled` the imputed cells, `previous` the
    values of the last period before; `goals` the full-score lines that single areas set themselves (units x indicators,
    NaN where the common line holds), None without any; `absent` the areas that should have reported and sent nothing: they are listed,
    and have neither score nor rank nor grade. Nor has an area that reports less than the index `needs`, however gaps
    are filled.
    """

    index: Index
    units: pd.DataFrame
    rows: pd.DataFrame
    raw: Floats
    x: Floats
    filled: Any
    previous: Any = None
    absent: frozenset[str] = frozenset()
    goals: Any = None

    @cached_property
    def enough(self) -> Any:
        """Which areas report enough of the points themselves, before any gap is filled."""
        return reports_enough(self.index, self.raw)

    @cached_property
    def shares(self) -> Floats:
        """Share of its points that every indicator earns (units x indicators)."""
        return leaf_shares(self.index, self.x, goals=self.goals)

    @cached_property
    def _scored(self) -> tuple[Floats, Floats]:
        value, known = total_scores(self.index, self.shares)
        return settled(np.where(self.enough, value, np.nan)), known

    @property
    def score(self) -> Floats:
        return self._scored[0]

    @property
    def known(self) -> Floats:
        """Share of the points that the area's data cover."""
        return self._scored[1]

    @property
    def period(self) -> str:
        found = self.rows["period"].dropna().tolist() if "period" in self.rows else []
        return str(found[0]) if found else ""

    @property
    def when(self) -> str:
        return f"{self.period}年" if self.period.isdigit() else self.period

    @property
    def is_demo(self) -> bool:
        return bool(self.rows["is_demo"].any()) if "is_demo" in self.rows else False

    @property
    def is_public(self) -> bool:
        """Whether the values are public figures, which stand under places."""
        return bool("place" in self.rows and self.rows["place"].notna().any())

    @property
    def ordered(self) -> bool:
        """Whether there is an order: two areas at least, and not all with the same printed score."""
        return len(np.unique(printed(self.score[~np.isnan(self.score)]))) > 1

    def grade(self, score: Floats) -> Any:
        """Number of the grade of every score, -1 where there is none."""
        found, value = np.full(np.shape(score), -1, dtype=np.int8), printed(score)
        for number in reversed(range(len(self.index.grades))):
            found[self.index.grades[number].holds(value)] = number
        return found

    @property
    def unscored(self) -> list[str]:
        """The names of the areas without a score."""
        return [str(name) for name in self.units.loc[np.isnan(self.score), "area_name"]]

    def find(self, area: str) -> int:
        """Row of an area given by path or name."""
        for column in ("area", "area_name"):
            hits = np.flatnonzero((self.units[column] == area).to_numpy())
            if len(hits) == 1:
                return int(hits[0])
        raise InputError(unknown("area", area, list(self.units["area_name"]), "area_unknown"))

    def full_line(self, row: int, indicator: int) -> float:
        """The value that earns an area all points of an indicator: its own goal, else the common line."""
        own = np.nan if self.goals is None else float(self.goals[row, indicator])
        return self.index.leaves[indicator].full_at if np.isnan(own) else own

    @cached_property
    def printing(self) -> dict[str, dict[str, Any]]:
        """How the values of each indicator are printed: decimals, scale, unit; none where the rows do not say."""
        wanted = ["indicator", "decimals", "scale", "unit"]
        if not set(wanted) <= set(self.rows.columns):
            return {}
        first = self.rows[wanted].drop_duplicates("indicator")
        return {row["indicator"]: row for row in first.to_dict("records")}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per area in administrative order: score, grade, rank, share of the points known, largest losses."""
        score, known, out = self.score, self.known, self.units.copy()
        names = [cut.value for cut in self.index.grades]
        grades = [names[number] if number >= 0 else None for number in self.grade(score)]
        out["score"] = score
        out["grade"] = pd.array(grades, dtype="string")
        out["rank"] = pd.Series(rank(printed(score))).astype("Int64")
        out["n_ranked"] = int((~np.isnan(score)).sum())
        out["known"] = np.where(out["area"].isin(self.absent), np.nan, known)
        out["n_imputed"] = self.filled.sum(1)
        out["losses"] = self._losses()
        return out

    @cached_property
    def largest_losses(self) -> dict[str, list[Loss]]:
        """Where every area lost most points, the largest first; nothing of an area without a score."""
        largest: dict[str, list[Loss]] = {str(area): [] for area in self.units["area"]}
        for row in self.contributions.sort_values("lost", ascending=False).itertuples():
            told = largest[str(row.area)]
            if row.lost >= LOSS_WORTH_TELLING and len(told) < LOSSES_TOLD:
                told.append(Loss(str(row.name_), float(row.lost)))
        return largest

    def _losses(self) -> list[str]:
        """The largest losses of every area in words, or why it has no score."""
        found = []
        for area, score, known in zip(self.units["area"], self.score, self.known, strict=True):
            if not np.isnan(score):
                lost = self.largest_losses[str(area)]
                found.append(
                    "；".join(
                        WORDS.say("say.lost_short", name=one.name, lost=fixed(one.points, 1))
                        for one in lost
                    )
                )
            elif area in self.absent:
                found.append(WORDS.say("say.absent_area"))
            else:
                found.append(WORDS.say("say.unscored" if known else "say.unknown_all", known=known))
        return found

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Points of every area and indicator: `earned` adds up to the score, `lost` to what is missing to the total.

        Under a rule other than the arithmetic mean, a node's value is shared among its items in proportion to
        weight times value.
        """
        units, indicators = self.x.shape
        earned, full = (np.full((units, indicators), np.nan) for _ in range(2))
        root = self.index.root
        everything = slice(0, indicators)
        self._split(root, everything, np.full(units, root.points), np.ones(units), earned, full)
        earned[np.isnan(self.score)] = np.nan
        earned, lost = settled(earned), settled(full - earned)
        leaves = self.index.leaves
        top = [child.name for child in root.children for _ in child.leaves()]
        of_area = {
            c: np.repeat(self.units[c].to_numpy(), indicators) for c in ("area", "area_name")
        }
        of_leaf = {
            "indicator": [leaf.code for leaf in leaves],
            "name_": [leaf.name for leaf in leaves],
            "dimension": top,
            "points": self.index.points,
        }
        cells = {
            "value": self.raw,
            "used": self.x,
            "share": self.shares,
            "earned": earned,
            "lost": lost,
            "imputed": self.filled,
        }
        return pd.DataFrame(
            of_area
            | {column: np.tile(values, units) for column, values in of_leaf.items()}
            | {column: values.ravel() for column, values in cells.items()}
        )

    def _split(
        self, node: Node, at: slice, full: Floats, factor: Floats, earned: Floats, most: Floats
    ) -> None:
        """Hand a node's points (those of missing items shared out) and the factor of its rule down to the leaves."""
        share = self.shares[:, at]
        if not node.children:
            own = share[:, 0]
            earned[:, at.start] = full * own * factor
            most[:, at.start] = np.where(np.isnan(own), np.nan, full)
            return
        spans = [(child, slice(at.start + s.start, at.start + s.stop)) for child, s in node.spans()]
        value = np.stack(
            [combine(child, self.shares[:, s], self.index.points[s]) for child, s in spans], -1
        )
        weight = ~np.isnan(value) * np.array([child.points for child, _ in spans])
        weight = weight / np.maximum(weight.sum(-1, keepdims=True), TINY)
        if node.combine != "arithmetic":
            mean, own = np.nansum(weight * value, -1), combine(node, share, self.index.points[at])
            factor = factor * np.divide(own, mean, out=np.ones(len(weight)), where=mean > 0)
        for number, (child, span) in enumerate(spans):
            self._split(child, span, full * weight[:, number], factor, earned, most)

    @cached_property
    def imputed(self) -> pd.DataFrame:
        """The values that were filled in, with what they became; empty where nothing was."""
        hit = self.contributions.loc[
            self.contributions["imputed"],
            ["area", "area_name", "indicator", "name_", "used", "points"],
        ]
        return hit.assign(method=self.index.impute).reset_index(drop=True)
