"""Rows of the table ``units`` as linking looks at them: one record a unit and period, its name taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from evalkit.ledgers.place import district_of
from evalkit.linkage.names import Places, UnitName, former_names, parsed
from evalkit.world.area import Area, ending_of
from evalkit.world.period import Period
from evalkit.world.unit_key import is_credit_code

NEEDED = ("area", "period", "unit", "unit_name")
OTHERS = ("former_name", "kind", "industry", "started_on", "employees", "status")
COLUMNS = (*NEEDED, *OTHERS)
TEXT = (*NEEDED, "former_name", "kind", "industry", "status")


@dataclass(frozen=True)
class Records:
    """What is linked.

    Attributes
    ----------
    frame
        A row a unit and period, in the order of periods, districts and keys: area, period, unit, unit_name, `OTHERS`,
        ``pos`` (place of the period), ``district``, ``township``, ``code`` ("" where there is none) and ``key`` (the
        code, else district and name).
    names
        By row the name, taken apart.
    former
        By row the names that 原名 or the name itself says were before.
    periods
        The periods in order.
    """

    frame: pd.DataFrame
    names: list[UnitName]
    former: list[tuple[str, ...]]
    periods: tuple[str, ...]

    @classmethod
    def of(cls, units: pd.DataFrame) -> Records:
        """Records of rows of ``units``; a row without area, period or name is left out."""
        rows = units.reindex(columns=list(COLUMNS))
        rows = rows.loc[rows[list(NEEDED)].notna().all(axis=1)].reset_index(drop=True)
        for column in TEXT:  # plain texts: a million look-ups in Arrow's arrays would be slow
            cells = rows[column].astype(object)
            rows[column] = cells.where(cells.notna(), "").astype(object)
        periods = tuple(sorted(rows["period"].unique(), key=lambda text: Period.parse(text).order))
        area, unit = rows["area"].tolist(), rows["unit"].tolist()
        at = {period: place for place, period in enumerate(periods)}
        homes = {path: district_of(path) for path in set(area)}
        codes = {key: key if is_credit_code(key) else "" for key in set(unit)}
        district, code = [homes[path] for path in area], [codes[key] for key in unit]
        rows["pos"] = [at[period] for period in rows["period"].tolist()]
        rows["district"] = pd.Series(district, dtype=object)
        rows["township"] = pd.Series(
            [path[len(home) :].strip("/") for path, home in zip(area, district, strict=True)],
            dtype=object,
        )
        rows["code"] = pd.Series(code, dtype=object)
        rows["key"] = pd.Series(
            [own or f"{home}\n{key}" for own, home, key in zip(code, district, unit, strict=True)],
            dtype=object,
        )
        rows = rows.sort_values(["pos", "district", "key", "area"], kind="stable")
        rows = rows.drop_duplicates(["pos", "key"], ignore_index=True)
        rows["started_on"] = pd.to_datetime(rows["started_on"], errors="coerce")
        rows["employees"] = rows["employees"].astype("Float64").astype(float)
        names, former = _names(rows, frozenset(homes.values()))
        return cls(rows, names, former, periods)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def reported(self) -> dict[str, list[int]]:
        """By district the places of the periods in which it sent a ledger of units."""
        pairs = self.frame[["district", "pos"]].drop_duplicates().sort_values("pos")
        return {d: group.tolist() for d, group in pairs.groupby("district", sort=False)["pos"]}

    @cached_property
    def period_ends(self) -> list[pd.Timestamp]:
        """The last day of every period."""
        periods = [Period.parse(period) for period in self.periods]
        never = pd.Timestamp.max  # a wave lies nowhere in the calendar: nothing is founded after it
        return [pd.Timestamp(p.bounds[1]) if p.in_calendar else never for p in periods]

    @cached_property
    def next_reported(self) -> np.ndarray:
        """By record the place of the next period that its district reported, -1 where there is none."""
        following = {
            (district, pos): later
            for district, places in self.reported.items()
            for pos, later in zip(places, [*places[1:], -1], strict=True)
        }
        pairs = zip(self.frame["district"].tolist(), self.frame["pos"].tolist(), strict=True)
        return np.array([following[pair] for pair in pairs], dtype=int)


def _names(
    rows: pd.DataFrame, districts: frozenset[str]
) -> tuple[list[UnitName], list[tuple[str, ...]]]:
    elsewhere = frozenset(
        name for path in districts if path and ending_of(name := Area.of(path).name)
    )
    places = {area: Places.of(area, elsewhere) for area in rows["area"].unique()}
    known: dict[tuple[str, str], UnitName] = {}
    names: list[UnitName] = []
    former: list[tuple[str, ...]] = []
    columns = [rows[column].tolist() for column in ("area", "unit_name", "former_name")]
    for area, text, told in zip(*columns, strict=True):
        if (area, text) not in known:
            known[area, text] = parsed(text, places[area])
        names.append(known[area, text])
        former.append((*(former_names(told) if told else ()), *known[area, text].former))
    return names, former
