"""原因分析: what the ledgers can show of the problems counted, and a slot for what they cannot.

Where a problem is concentrated, how much of it was there last year, and in what units without it differ from units
with it. These are things that stand side by side (并存): nothing here says that one is the cause of the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.indicators.load import Data
from evalkit.reports.cases import Case
from evalkit.reports.rectify import Rectification
from evalkit.reports.sentences import declared
from evalkit.world.number import percent

FEWEST = 30  # units on either side of a comparison, as everywhere where shares are compared
CLEAR = 0.15  # a difference of shares that is worth telling
CONCENTRATED = 0.5  # share of a problem that the places named hold together
MOST_PLACES, MOST_MARKS = 3, 2
IN_THE_TEXT = 3  # problems that an official text itself tells of; the others stand in its annex


@dataclass(frozen=True)
class Mark:
    """A condition of units (or organisations) that may be more frequent with, or without, a problem."""

    name: str
    column: str
    least: float = 1.0  # of a count; of a truth value 1

    def holds(self, frame: pd.DataFrame) -> pd.Series:
        """Where it holds; missing where the ledger says nothing."""
        values = pd.to_numeric(frame[self.column].astype("object"), errors="coerce")
        return (values >= self.least).where(values.notna())


UNITS = (
    Mark("选派了指导员", "has_instructor"),
    Mark("从业人员50人以上", "employees", 50),
    Mark("规模以上", "above_scale"),
    Mark("有活动场所", "place"),
)
ORGANISATIONS = (
    Mark("联合组建", "joint"),
    Mark("党员10名以上", "members_reported", 10),
    Mark("全年有活动的月数6个以上", "activity_months", 6),
    Mark("当年新建", "founded_in_period"),
)
# what a problem says itself is no mark of it
SAYS = {
    "above_scale": ("has_instructor", "above_scale"),
    "unfounded": ("has_instructor",),
    "memberless": ("employees",),
    "due": (),
    "low": (),
    "idle": ("activity_months",),
}
BASES: dict[
    str, dict[str, Any]
] = {  # whom a problem could have: the rest of them are the good ones
    "due": {"full_members": 3},
    "above_scale": {"above_scale": 1},
    "unfounded": {"covered_by": None},
    "memberless": {"employees": 100},
    "low": {},
    "idle": {},
}


def causes(told: Rectification) -> Block:
    """The sentences of the analysis, a paragraph a problem; nothing where no problem was counted.

    Nor in the public version: how many units of an area have a problem may be hidden there.
    """
    data: Data = told.scope.told
    if "hidden" in data.measures:
        return Block.group()
    kinds = []
    frames: dict[str, pd.DataFrame] = {}
    for key, about in declared()["problems"].items():
        mine = [case for case in told.followed.cases if case.kind == key]
        if not mine:
            continue
        places, share = _places(told, mine)
        again = sum(case.periods > 1 for case in mine)
        compared = sum(case.number not in told.followed.first for case in mine)
        kinds.append(
            {
                "name": about["name"],
                "n": len(mine),
                "unit": data.codebook.measures[about["measure"]].unit,
                "places": places,
                "share": share,
                "again": again,
                "again_share": percent(again, over=compared) if compared else "",
                "compared": compared,
                "before": told.before,
                "marks": _marks(data, told, key, mine, frames),
            }
        )
    largest = sorted(kinds, key=lambda one: -int(one["n"]))[:IN_THE_TEXT]
    blocks = [
        Block.paragraph(text, "body" if one in largest else "detail")
        for one in kinds
        for text in told.voice.tell("causes", one=one).texts
    ]
    closing = [Block.paragraph(told.voice.say("no_cause"))] if blocks else []
    return Block.group(*blocks, *closing)


def _places(told: Rectification, mine: list[Case]) -> tuple[list[dict[str, Any]], str]:
    """The few places that hold half of a problem or more, and their share; none where it is spread out."""
    names = [case.district for case in mine]
    if len({case.district for case in told.followed.cases}) <= MOST_PLACES:
        alone = len(set(names)) == 1
        names = [
            f"{'' if alone else case.district}{case.township}" if case.township else ""
            for case in mine
        ]
    ranked = Counter(name for name in names if name).most_common()
    beyond = ranked[MOST_PLACES][1] if len(ranked) > MOST_PLACES else 0
    named = [(name, n) for name, n in ranked[:MOST_PLACES] if n > max(beyond, 1)]  # none of a tie
    held = sum(n for _name, n in named)
    if len(ranked) <= MOST_PLACES or held < CONCENTRATED * len(mine):
        return [], ""
    return [{"area": name, "n": n} for name, n in named], percent(held, over=len(mine))


def _marks(
    data: Data,
    told: Rectification,
    key: str,
    mine: list[Case],
    frames: dict[str, pd.DataFrame],
) -> list[dict[str, Any]]:
    """In what those with the problem and those who could have it and have not differ most, by shares."""
    about = declared()["problems"][key]
    view = data.codebook.measures[about["measure"]].view or ""
    marks, noun = (UNITS, "单位") if view == "units" else (ORGANISATIONS, "党组织")
    if view not in frames:
        frames[view] = _frame(told, view)
    frame = frames[view]
    for column, least in BASES.get(key, {}).items():
        if least is None:  # nothing may stand there
            frame = frame.loc[frame[column].isna()]
            continue
        values = pd.to_numeric(frame[column].astype("object"), errors="coerce")
        frame = frame.loc[values >= least]
    places = {case.place for case in mine}
    bad = frame["place_of_row"].isin(places)
    found = []
    for mark in marks:
        if mark.column in SAYS.get(key, ()) or mark.column not in frame:
            continue
        holds = mark.holds(frame)
        sides = [holds.loc[side].dropna().astype(bool) for side in (bad, ~bad)]
        if min(map(len, sides)) < FEWEST:
            continue
        shares = [float(side.mean()) for side in sides]
        if abs(shares[0] - shares[1]) < CLEAR:
            continue
        found.append((abs(shares[0] - shares[1]), mark.name, sides))
    found.sort(key=lambda one: -one[0])
    return [
        {
            "name": name,
            "bad": f"有这一问题的{noun}",
            "good": f"没有这一问题的{noun}",
            "with_": percent(int(sides[0].sum()), over=len(sides[0])),
            "without": percent(int(sides[1].sum()), over=len(sides[1])),
        }
        for _gap, name, sides in found[:MOST_MARKS]
    ]


def _frame(told: Rectification, view: str) -> pd.DataFrame:
    """The rows of a view in the period and area, those in operation, with the place that cases name."""
    data = told.scope.told
    frame = data.view_frame(view)
    frame = frame.loc[frame["period"] == told.followed.period]
    if told.scope.within:
        root = data.find_area(told.scope.within)
        frame = frame.loc[(frame["area"] + "/").str.startswith(f"{root}/")]
    if "status" in frame:
        frame = frame.loc[frame["status"].eq("operating").fillna(False)]
        frame = frame.loc[frame["legal_person"].fillna(True).astype(bool)]
    else:
        frame = frame.loc[~frame["functional"].fillna(False).astype(bool)]
    return frame.assign(
        place_of_row=frame["source_file"].astype(str)
        + " "
        + frame["source_sheet"].astype(str)
        + " 第"
        + frame["source_row"].astype(str)
        + "行"
    )
