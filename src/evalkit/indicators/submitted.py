"""What of the expected areas and ledgers is missing from a period, as a value with its one line of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evalkit.codebook import Codebook
from evalkit.world.area import Area
from evalkit.world.extent import BETWEEN, MOST_NAMED, named
from evalkit.world.period import Period

SENT, ABSENT, NOTHING = "已报", "缺报", "报无"


@dataclass(frozen=True)
class Submitted:
    """What is missing from a period.

    Attributes
    ----------
    expected
        How many districts should report.
    silent
        Those that sent nothing.
    lacking
        Of those that sent something, the ledgers (by name) that they did not send.
    parts
        Areas below districts that are missing from what their district sent.
    """

    period: str
    expected: int
    silent: tuple[str, ...]
    lacking: Mapping[str, tuple[str, ...]]
    parts: tuple[str, ...]
    place: str = "地区"

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        period: str,
        codebook: Codebook,
        within: str | None = None,
    ) -> Submitted:
        """What the frame of `extents` says of a period, of areas inside one where that is given."""
        rows = frame.loc[frame["period"] == str(period)] if len(frame) else frame
        if within and len(rows):
            inside = [Area.of(within).contains(path) for path in rows["area"]]
            rows = rows.loc[inside]
        if not len(rows):
            return cls(str(period), 0, (), {}, ())
        of_ledgers = rows.loc[rows["ledger"].notna()]
        absent = of_ledgers["state"].eq(ABSENT)
        all_absent = absent.groupby(of_ledgers["area"], sort=False).all()
        silent = tuple(all_absent.index[all_absent])
        some = of_ledgers.loc[absent & ~of_ledgers["area"].isin(silent)]
        lacking = {str(area): tuple(names) for area, names in some.groupby("area")["ledger_name"]}
        parts = tuple(rows.loc[rows["ledger"].isna(), "area"])
        levels = of_ledgers["level"].dropna().unique()
        term = f"level.{levels[0]}" if len(levels) == 1 else ""
        word = codebook.term(term) if term else "地区"
        return cls(
            str(period), len(all_absent), silent, lacking, parts, "地区" if word == term else word
        )

    @property
    def full(self) -> bool:
        """Whether nothing expected is missing."""
        return not (self.silent or self.lacking or self.parts)

    @property
    def ledgers_lacking(self) -> str:
        """Who did not send which ledgers: 清河县（经费台账）; empty where all were sent."""
        each = [f"{named([area])}（{BETWEEN.join(names)}）" for area, names in self.lacking.items()]
        more = f"等{len(each)}个" if len(each) > MOST_NAMED else ""
        return BETWEEN.join(each[:MOST_NAMED]) + more

    def words(self) -> str:
        """As one line: 2025年应报3个区县，实报2个；缺报：临山县；缺台账：清河县（经费台账）; empty where all is there."""
        if self.full:
            return ""
        found = Period.read(self.period)
        when = found.words() if found else self.period
        said = [
            f"{when}应报{self.expected}个{self.place}，实报{self.expected - len(self.silent)}个"
        ]
        if self.silent:
            said.append(f"缺报：{named(self.silent)}")
        if self.lacking:
            said.append(f"缺台账：{self.ledgers_lacking}")
        if self.parts:
            said.append(f"所报台账缺：{named(self.parts)}")
        return "；".join(said)
