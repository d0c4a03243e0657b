"""What became of units between two periods that their district reported: who came, who went, who changed."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.codebook.kept import EVENT_COLUMNS, LINK_COLUMNS
from evalkit.linkage.linking import Linked

KINDS = {
    "founded": "新成立",
    "listed": "新纳入",
    "formed": "合并新设",
    "split": "分立",
    "renamed": "改名",
    "moved": "迁移",
    "merged": "并入",
    "cancelled": "注销",
    "gone": "退出",
    "missed": "漏列",
}
ENTRIES = ("founded", "listed", "formed", "split")
EXITS = ("merged", "cancelled", "gone")


def thread_names(linked: Linked) -> list[str]:
    """By record the name of its thread, the same in every later year: district and key of its first record.

    Where two threads begin under one key (a name that was used again), the later one also bears its first period.
    """
    units, districts, periods = map(linked.records.cells, ("unit", "district", "period"))
    named: dict[int, str] = {}
    taken: set[str] = set()
    for row, thread in enumerate(linked.threads.tolist()):
        if thread in named:
            continue
        name = f"{districts[row]}/{units[row]}"
        if name in taken:
            name = f"{name}#{periods[row]}"
        taken.add(name)
        named[thread] = name
    return [named[thread] for thread in linked.threads.tolist()]


def link_table(linked: Linked) -> pd.DataFrame:
    """A row a record: which unit it is (``thread``), by what (``how``), how sure (``probability``)."""
    frame = linked.records.frame[["area", "period", "unit", "unit_name"]].copy()
    frame["thread"] = pd.Series(thread_names(linked), dtype=object)
    frame["how"] = pd.Series(linked.how, dtype=object)
    frame["probability"] = linked.probability
    return frame[LINK_COLUMNS]


@dataclass(frozen=True)
class _Step:
    """What happened: the record that is there after it (or was last), and the one before."""

    kind: str
    row: int
    before: int | None = None


def event_table(linked: Linked) -> pd.DataFrame:
    """A row an event, with the period in which it shows first.

    A unit that is missing from a period of its district and comes back was missed there (``missed``), not gone.
    """
    records = linked.records
    names = thread_names(linked)
    cells = {c: records.cells(c) for c in ("period", "area", "unit", "unit_name")}
    rows = []
    for step, period in _steps(linked):
        before = step.before
        rows.append(
            {
                "period": period,
                "area": cells["area"][step.row],
                "event": step.kind,
                "unit": cells["unit"][step.row],
                "unit_name": cells["unit_name"][step.row],
                "thread": names[step.row],
                "before_period": None if before is None else cells["period"][before],
                "before_area": None if before is None else cells["area"][before],
                "before_unit": None if before is None else cells["unit"][before],
                "before_name": None if before is None else cells["unit_name"][before],
            }
        )
    out = pd.DataFrame(rows, columns=EVENT_COLUMNS)
    at = {period: place for place, period in enumerate(records.periods)}
    order = out["period"].map(at)
    return out.iloc[np.lexsort([out["unit_name"], out["event"], out["area"], order])].reset_index(
        drop=True
    )


def _steps(linked: Linked) -> list[tuple[_Step, str]]:
    records = linked.records
    pos, district = records.cells("pos"), records.cells("district")
    status, founded = records.cells("status"), records.founded
    members: dict[int, list[int]] = defaultdict(list)
    for row, thread in enumerate(linked.threads.tolist()):
        members[thread].append(row)
    into = {r.before: r for r in linked.relations}
    out_of: dict[int, list] = defaultdict(list)
    for relation in linked.relations:
        out_of[relation.after].append(relation)
    previous = {
        (home, later): earlier
        for home, places in records.reported.items()
        for earlier, later in itertools.pairwise(places)
    }
    steps: list[tuple[_Step, str]] = []
    for rows in members.values():
        first, last = rows[0], rows[-1]
        earlier = previous.get((district[first], pos[first]))
        said = out_of.get(first, [])
        if earlier is not None:
            if said:
                kind = {"merged": "formed", "renamed": "renamed"}.get(said[0].kind, "split")
                steps.append((_Step(kind, first, said[0].before), records.periods[pos[first]]))
            else:
                day = founded[first]
                new = day is not None and day > records.last_days[earlier]
                kind = "founded" if new else "listed"
                steps.append((_Step(kind, first), records.periods[pos[first]]))
        for before, after in itertools.pairwise(rows):
            steps += _between(linked, before, after)
        following = int(records.next_reported[last])
        if last in into:
            relation = into[last]
            if relation.kind != "split":
                shown = records.periods[pos[relation.after]]
                steps.append((_Step("merged", relation.after, last), shown))
        elif following >= 0:
            kind = "cancelled" if status[last] == "cancelled" else "gone"
            steps.append((_Step(kind, last, last), records.periods[following]))
    return steps


def _between(linked: Linked, before: int, after: int) -> list[tuple[_Step, str]]:
    """What changed from one record of a unit to its next."""
    records = linked.records
    place, district = records.cells("pos"), records.cells("district")
    township = records.cells("township")
    period = records.periods[place[after]]
    out = []
    following = int(records.next_reported[before])
    same_home = district[before] == district[after]
    if same_home and 0 <= following < place[after]:
        out.append((_Step("missed", after, before), records.periods[following]))
    if linked.how[after] == "told" or _other_name(linked, before, after):
        out.append((_Step("renamed", after, before), period))
    townships = township[before], township[after]
    if not same_home or (all(townships) and townships[0] != townships[1]):
        out.append((_Step("moved", after, before), period))
    return out


def _other_name(linked: Linked, before: int, after: int) -> bool:
    """Whether the name is another one, not only written otherwise: more than one character of its core differs, or its form."""
    written = linked.records.cells("unit_name")
    if written[before] == written[after]:
        return False
    one, other = (linked.records.name(row) for row in (before, after))
    if one.text == other.text or one.whole == other.whole:
        return False
    near = _without_one(one.core) & _without_one(other.core)
    return not near and one.core not in other.core and other.core not in one.core


def _without_one(core: str) -> set[str]:
    return {core, *(core[:i] + core[i + 1 :] for i in range(len(core)))}
