"""What a plan needs of the ledgers, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.subsidy.exact import Ints
from evalkit.world.note import Note


@dataclass(frozen=True, eq=False)
class Source:
    """Rows of the ledgers, one home (district) each; `homes` are in administrative order.

    `homes` are all districts that ought to report, also those from which nothing came. `money` has the columns home,
    period, party_org, kind (town, dues or a purpose of spending) and amount_fen; it is None where the caller of a
    plain frame has given no money at all. `empty` are the (home, period) whose ledger of units has come and names no
    party organisation: nothing is due there, which is not the same as nothing known.
    """

    orgs: pd.DataFrame
    money: pd.DataFrame | None
    tables: dict[str, pd.DataFrame]
    homes: tuple[str, ...]
    names: tuple[str, ...]
    whole: str
    is_demo: bool = False
    notes: tuple[Note, ...] = ()
    years: tuple[int, ...] = ()
    empty: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def _keys(self) -> tuple[Ints, Ints]:
        """For every row of `orgs`, then of `money`, a number for its organisation: the same in all years."""
        frames = [self.orgs, *([] if self.money is None else [self.money])]
        homes, names = (
            pd.factorize(
                pd.concat([frame[column].astype("str") for frame in frames]), use_na_sentinel=False
            )[0].astype(np.int64)
            for column in ("home", "party_org")
        )
        keys = homes * (int(names.max(initial=0)) + 1) + names
        return keys[: len(self.orgs)], keys[len(self.orgs) :]

    @property
    def org_keys(self) -> Ints:
        """The organisation of every row of `orgs` as a number."""
        return self._keys[0]

    @property
    def money_keys(self) -> Ints:
        """The same of every row of `money`."""
        return self._keys[1]

    @cached_property
    def reported(self) -> frozenset[tuple[str, str]]:
        """(home, period) from which a ledger of party organisations has come."""
        return _distinct(self.orgs, ["home", "period"])

    @cached_property
    def booked(self) -> frozenset[tuple[str, str, str]]:
        """(home, period, kind) of which the ledgers of funds say anything, a zero included."""
        if self.money is None:
            return frozenset()
        return _distinct(self.money, ["home", "period", "kind"])

    def data_year(self, year: int) -> int:
        """The year of the ledgers that stands for a year: itself, else the last one before it."""
        if before := [y for y in self.years if y <= year]:
            return before[-1]
        advice = (
            f"台账最早是{self.years[0]}年的" if self.years else "请先运行 python start.py build"
        )
        raise InputError(
            Problem("period_unknown", where="--periods", found=str(year), advice=advice)
        )


def _distinct(frame: pd.DataFrame, columns: list[str]) -> frozenset[Any]:
    found = frame[columns].drop_duplicates()
    return frozenset(found.itertuples(index=False, name=None))
