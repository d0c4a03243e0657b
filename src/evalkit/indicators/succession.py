"""Districts that were split, merged or renamed between two periods, taken as one where these are compared.

areas.xlsx says what an area was (曾属); the areas that such changes join stand in the column ``as_one`` of indicators.
Of two periods between which the members of a group changed, the group is one district in both: its numbers are the
sums of the members that there were. Where one of them should have reported and did not, the group is not whole, and
nothing is joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evalkit.indicators.extent import NUMBERS
from evalkit.world.area import Area
from evalkit.world.extent import split

AND = "与"  # between the names of a group


@dataclass(frozen=True)
class Groups:
    """The groups whose members changed between two periods.

    Attributes
    ----------
    members
        By the path of a group (its members' names beside each other) the paths of its members.
    """

    members: Mapping[str, tuple[str, ...]]

    @classmethod
    def between(cls, rows: pd.DataFrame, period: str, against: str) -> Groups:
        """Of rows with area, period and ``as_one``; groups that lie in one area only."""
        if "as_one" not in rows or not rows["as_one"].notna().any():
            return cls({})
        seen = {time: set(rows.loc[rows["period"] == time, "area"]) for time in (period, against)}
        found = {}
        for text in rows["as_one"].dropna().unique():
            members = split(text)
            above = {path.rpartition("/")[0] for path in members}
            here, before = (seen[time] & set(members) for time in (period, against))
            if len(above) == 1 and here != before:
                name = AND.join(Area.of(path).name for path in members)
                found["/".join(filter(None, (above.pop(), name)))] = members
        return cls(found)

    def of(self, area: str) -> str | None:
        """The group that an area is of."""
        return next((path for path, members in self.members.items() if area in members), None)

    def named(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Areas with the members in place of a group."""
        return tuple(sorted({one for path in paths for one in self.members.get(path, (path,))}))


def with_groups(
    rows: pd.DataFrame, groups: Groups, absent: Mapping[tuple[str, str], frozenset[str]]
) -> pd.DataFrame:
    """Tidy measures with a row of home for each group that is whole; its members are of home no more.

    Parameters
    ----------
    rows
        area, period, measure, ``home`` and `NUMBERS`.
    absent
        By measure and period who should have reported and did not.
    """
    out, more = rows.copy(), []
    for path, members in groups.members.items():
        mine = out.loc[out["area"].isin(members) & out["value"].notna()]
        for (measure, period), some in mine.groupby(["measure", "period"], sort=False):
            gone = absent.get((str(measure), str(period)), frozenset())
            if any(Area.of(member).contains(one) for member in members for one in gone):
                continue
            out.loc[some.index, "home"] = False
            sums = {column: some[column].sum() for column in NUMBERS}
            facts = {"area": path, "period": period, "measure": measure, "home": True}
            more.append(facts | sums)
    return pd.concat([out, pd.DataFrame(more)], ignore_index=True) if more else out
