"""Which units had a party organisation a year before: found by who they are through the years, not by their names alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.indicators.areas import home_of
from evalkit.indicators.columns import text_codes
from evalkit.world.extent import split
from evalkit.world.period import Period
from evalkit.world.unit_key import is_credit_code

FORMAL = ("single", "joint", "attached")  # a working branch is no cover
BEFORE = {  # what is read of the year before
    "units": ("unit", "status", "legal_person", "reason_unfounded"),
    "covers": ("unit", "mode"),
}


def year_before(period: str) -> str | None:
    """The same part of the year before, as it is written; None of what lies in no calendar."""
    read = Period.read(period)
    return str(read.year_before) if read is not None and read.in_calendar else None


@dataclass(frozen=True)
class CoveredBefore:
    """The units of a period that were covered a year before, by their keys in this period.

    Attributes
    ----------
    keys
        District and name; of a unit with a credit code "" and the code (`evalkit.world.unit_key`).
    homes
        Districts that told a year before which of their units are covered; of the others nothing is known.
    """

    keys: frozenset[tuple[str, str]]
    homes: frozenset[str]

    @classmethod
    def of(
        cls,
        period: str,
        units: pd.DataFrame,
        covers: pd.DataFrame,
        links: pd.DataFrame,
        former: Mapping[str, Iterable[str]],
    ) -> CoveredBefore:
        """What the rows of the year before say of the units of a period.

        Parameters
        ----------
        units, covers
            Rows of the year before: the columns of `BEFORE` and ``home``.
        links
            ``unit_links`` of both periods.
        former
            By district what it was before a split, a merger or a new name (`former_homes`).
        """
        formal = covers.loc[covers["mode"].isna() | covers["mode"].isin(FORMAL)]
        operating = (units["status"] == "operating") & units["legal_person"].fillna(False)
        there = units.loc[operating.fillna(False).astype(bool)]
        covered = set(_keys(there["unit"], there["home"])) & set(
            _keys(formal["unit"], formal["home"])
        )
        homes = {area: home_of(area) for area in links["area"].unique()}
        keys = _keys(links["unit"], links["area"].map(homes))
        was_covered = np.array([key in covered for key in keys], dtype=bool)
        now = (links["period"] == period).to_numpy(dtype=bool)
        threads = set(links.loc[~now & was_covered, "thread"])
        stays = now & links["thread"].isin(threads).to_numpy(dtype=bool)
        told = frozenset(covers["home"]) | frozenset(
            units.loc[units["reason_unfounded"].notna(), "home"]
        )
        told &= frozenset(units["home"])
        heirs = {home for home, before in former.items() if before and told.issuperset(before)}
        return cls(frozenset(keys[row] for row in np.flatnonzero(stays)), told | heirs)

    def among(self, units: pa.Table) -> pa.Array:
        """By row of a block's ``units`` whether it was covered; null where its district told nothing a year before."""
        (unit, home), words = text_codes(units["unit"], units["home"])
        at = {word: code for code, word in enumerate(words)}
        by_code = np.array([*(is_credit_code(word) for word in words), False])[unit]
        key = np.where(by_code, -1, home).astype(np.int64) * len(words) + unit
        wanted = [
            (at[district] if district else -1) * len(words) + at[name]
            for district, name in self.keys
            if name in at and (district in at or not district)
        ]
        told = np.array([*(word in self.homes for word in words), False])[home]
        return pa.array(np.isin(key, wanted), mask=~(told & (unit >= 0)))


def with_home_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that tell their district, which is added as ``home``."""
    rows = rows.loc[rows["area"].notna() & rows["unit"].notna()]
    homes = {area: home_of(area) for area in rows["area"].unique()}
    return rows.assign(home=rows["area"].map(homes).astype(object))


def _keys(units: pd.Series, homes: pd.Series) -> list[tuple[str, str]]:
    """District and name of every unit; of one with a credit code the code alone."""
    names = units.to_numpy(
        dtype=object
    )  # walked as objects: a column of Arrow gives each text anew
    codes, different = pd.factorize(names)
    coded = np.array([*map(is_credit_code, different), False])[codes]
    places = np.where(coded, "", homes.to_numpy(dtype=object))
    return list(zip(places.tolist(), names.tolist(), strict=True))


def former_homes(areas: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """What districts were before a split, a merger or a new name (``former`` of the table of areas)."""
    if "former" not in areas:
        return {}
    told = areas.loc[areas["former"].notna(), ["area", "former"]]
    return {str(area): split(former) for area, former in told.itertuples(index=False)}
