"""Rows of the table ``units`` as linking looks at them: one record a unit and period, its name taken apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.ledgers.place import district_of
from evalkit.linkage.names import Places, UnitName, compared, former_names, has_brackets, parsed
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
    periods
        The periods in order.
    """

    frame: pd.DataFrame
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
        return cls(rows, periods)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def _lists(self) -> dict[str, list[Any]]:
        return {}

    def cells(self, column: str) -> list[Any]:
        """A column of `frame` as a plain list, made once: a cell of a frame at a time costs fifty times as much."""
        if column not in self._lists:
            self._lists[column] = self.frame[column].tolist()
        return self._lists[column]

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """Names of the districts that a name may begin with."""
        names = (Area.of(path).name for path in set(self.frame["district"].tolist()) if path)
        return frozenset(name for name in names if ending_of(name))

    @cached_property
    def _known(self) -> dict[tuple[str, str], UnitName]:
        return {}

    @cached_property
    def _places(self) -> dict[str, Places]:
        return {}

    def name(self, row: int) -> UnitName:
        """The name of a record, taken apart: when it is first asked for, since most records are known by their key."""
        area, text = self.cells("area")[row], self.cells("unit_name")[row]
        found = self._known.get((area, text))
        if found is None:
            if area not in self._places:
                self._places[area] = Places.of(area, self._elsewhere)
            found = self._known[area, text] = parsed(text, self._places[area])
        return found

    @cached_property
    def texts(self) -> list[str]:
        """By record its whole name as it is compared (`UnitName.text`), each different name once."""
        names = self.cells("unit_name")
        plain = {name: compared(name) for name in set(names) if not has_brackets(name)}
        return [
            plain[name] if name in plain else self.name(row).text for row, name in enumerate(names)
        ]

    def former(self, row: int) -> tuple[str, ...]:
        """The names that 原名, or the name itself, says were before."""
        told = self.cells("former_name")[row]
        within = self.name(row).former if has_brackets(self.cells("unit_name")[row]) else ()
        return (*(former_names(told) if told else ()), *within)

    @cached_property
    def reported(self) -> dict[str, list[int]]:
        """By district the places of the periods in which it sent a ledger of units."""
        pairs = self.frame[["district", "pos"]].drop_duplicates().sort_values("pos")
        return {d: group.tolist() for d, group in pairs.groupby("district", sort=False)["pos"]}

    @cached_property
    def founded(self) -> list[dt.date | None]:
        """By record the day on which the unit was founded."""
        return self.frame["started_on"].to_numpy().astype("datetime64[D]").tolist()

    @cached_property
    def period_ends(self) -> list[pd.Timestamp]:
        """The last day of every period."""
        periods = [Period.parse(period) for period in self.periods]
        never = pd.Timestamp.max  # a wave lies nowhere in the calendar: nothing is founded after it
        return [pd.Timestamp(p.bounds[1]) if p.in_calendar else never for p in periods]

    @cached_property
    def last_days(self) -> list[dt.date]:
        """`period_ends` as days, to be compared with `founded`."""
        return [end.date() for end in self.period_ends]

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
