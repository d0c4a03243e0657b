"""Units through the years, as a build stores them: links, events, open questions, and what has to be said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evalkit.ledgers.findings import finding
from evalkit.ledgers.place import district_of
from evalkit.linkage.decisions import NAME, Answered, open_questions, read_decisions, unused
from evalkit.linkage.events import event_table, link_table
from evalkit.linkage.linking import link
from evalkit.linkage.records import COLUMNS
from evalkit.problems import Problem
from evalkit.world.period import Period

__all__ = ["ANSWERED", "LINKED_COLUMNS", "LinkedUnits", "units_through_time"]

LINKED_COLUMNS = (*COLUMNS, "source_file")
ANSWERED = ("unit_appeared", "unit_vanished")  # questions that links answer
MOST_ROWS = 400_000  # linked at once; above it city by city
MOST_NAMED = 5


@dataclass(frozen=True)
class LinkedUnits:
    """What is stored (``unit_links``, ``unit_events``, ``unit_questions``; nothing where there is one period only)."""

    frames: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...] = ()


def units_through_time(units: pd.DataFrame, root: Path) -> LinkedUnits:
    """Link the stored rows of ``units``; `root` is the folder of ledgers, in which the office's decisions lie."""
    answered, problems = read_decisions(root)
    if units["period"].nunique() < 2 or not any(True for _ in _groups(units)):
        return LinkedUnits({}, tuple(problems))
    links, events, questions = [], [], []
    by_model = True
    for some in _groups(units):
        mine = _of_group(answered, some)
        linked = link(some, [one.decision for one in mine])
        by_model = by_model and linked.by_model
        links.append(link_table(linked))
        events.append(event_table(linked))
        questions.append(open_questions(linked))
        problems += unused(mine, linked)
        problems += _missed(some, events[-1])
    frames = {
        "unit_links": pd.concat(links, ignore_index=True),
        "unit_events": pd.concat(events, ignore_index=True),
        "unit_questions": pd.concat(questions, ignore_index=True),
    }
    return LinkedUnits(frames, (*problems, *_said(frames["unit_questions"], by_model)))


def _groups(units: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Years, quarters and months each apart: a unit that is new in the fourth quarter is new in the year too."""
    kinds = units["period"].map({p: _kind(p) for p in units["period"].dropna().unique()})
    for kind, some in units.groupby(kinds, sort=True) if kinds.nunique() > 1 else [("", units)]:
        if not kind:
            yield from _of_size(some)
        elif some["period"].nunique() > 1:
            yield from _of_size(some.reset_index(drop=True))


def _kind(period: str) -> str:
    found = Period.read(period)
    return found.kind if found else ""


def _of_size(units: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """All rows, or those of one upper area after the other where they are too many for one look."""
    if len(units) <= MOST_ROWS:
        yield units
        return
    above = {area: district_of(area).rpartition("/")[0] for area in units["area"].dropna().unique()}
    for _, some in units.groupby(units["area"].map(above), sort=True):
        yield some.reset_index(drop=True)


def _of_group(answered: list[Answered], units: pd.DataFrame) -> list[Answered]:
    """The decisions on units of a group of districts, and of periods of its kind."""
    if len(answered) == 0:
        return []
    here = {district_of(area) for area in units["area"].dropna().unique()}
    kinds = {_kind(period) for period in units["period"].dropna().unique()}
    return [
        one
        for one in answered
        if one.decision.after.district in here and _kind(one.decision.after.period) in kinds
    ]


def _missed(units: pd.DataFrame, events: pd.DataFrame) -> Iterator[Problem]:
    """Units that a ledger leaves out though the ones before and after have them: by district and period."""
    missed = events.loc[events["event"] == "missed"]
    if not len(missed):
        return
    homes = missed["area"].map(district_of)
    ledgers = units.drop_duplicates(["area", "period"])
    of = {
        (district_of(area), period): str(file)
        for area, period, file in zip(
            *(ledgers[column].tolist() for column in ("area", "period", "source_file")), strict=True
        )
    }
    for (home, period), some in missed.groupby([homes, "period"], sort=True):
        names = "、".join(some["unit_name"].head(MOST_NAMED))
        more = "等" if len(some) > MOST_NAMED else ""
        when = Period.parse(period).words()
        found = f"{when}台账里没有、前后都有的单位{len(some)}家：{names}{more}"
        yield finding("unit_vanished", of.get((home, period), ""), "", found)


def _said(questions: pd.DataFrame, by_model: bool) -> Iterator[Problem]:
    if len(questions):
        found = f"有{len(questions)}对单位可能是同一家（改名、迁移或写法不同）"
        yield finding("units_doubtful", NAME, "", found)
    if not by_model:
        found = "没有安装 splink，跨年度的单位只按信用代码、名称和原名对应"
        yield finding("units_by_name_only", "", "", found)
