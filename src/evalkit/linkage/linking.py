"""One unit through the years: by its code, by its name, by what it was called, by probability, by what the office says.

Each step joins records into threads (`threads`); the surer step comes first, and a thread never holds two codes or two
records of one period. What the last step finds likely but not sure is a question for the office (`decisions`).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.linkage.model import (
    SCORED,
    available,
    compared_columns,
    declared_model,
    may_meet,
    score,
)
from evalkit.linkage.names import Places, UnitName, parsed
from evalkit.linkage.records import Records
from evalkit.linkage.threads import Threads

SAME, DIFFERENT, ASK = "same", "different", "ask"
BORN_LATER = "名称相同，但后者是上期以后才创办的"
TOLD = "told"  # 原名 says so


@dataclass(frozen=True)
class Side:
    """A row as the office knows it: by period, district, and its code or name."""

    period: str
    district: str
    unit: str


@dataclass(frozen=True)
class Decision:
    """What the office says of two rows."""

    before: Side
    after: Side
    answer: str


@dataclass(frozen=True)
class Question:
    """A pair of records that may be one unit."""

    before: int
    after: int
    probability: float
    alike: str


@dataclass(frozen=True)
class Relation:
    """What became of a unit that another one follows: ``merged`` (it went into the other), ``split`` (the other came
    out of it) or ``renamed`` (it is the other under a new code); `before` and `after` are records."""

    kind: str
    before: int
    after: int


@dataclass(frozen=True)
class Told:
    """A record whose 原名 is the name of an earlier one; ``alone`` where it can be the only one, under a new name."""

    before: int
    after: int
    alone: bool


@dataclass(frozen=True)
class Linked:
    """Records with the thread of each.

    Attributes
    ----------
    threads
        By record its thread.
    how
        By record how it was joined to what came before: code, name, told, model, decided; "" for the first of a thread.
    probability
        By record the probability of that link: 1 but for ``model``.
    relations, questions
        What became of what; what the office is asked.
    by_model
        False where rows were left to compare and splink is not installed: codes, names and 原名 alone were looked at.
    """

    records: Records
    threads: np.ndarray
    how: list[str]
    probability: np.ndarray
    relations: tuple[Relation, ...] = ()
    questions: tuple[Question, ...] = ()
    by_model: bool = True


def link(units: pd.DataFrame, decisions: Iterable[Decision] = ()) -> Linked:
    """Link the rows of ``units`` over periods.

    Parameters
    ----------
    units
        Rows of the table ``units``: area, period, unit, unit_name, and where known former_name, kind, industry,
        started_on, employees, status.
    decisions
        What the office answered to questions of earlier runs.
    """
    return _Linking(Records.of(units), tuple(decisions)).done()


class _Linking:
    """The steps, each adding to the threads."""

    def __init__(self, records: Records, decisions: tuple[Decision, ...]) -> None:
        frame = records.frame
        self.records, self.decisions = records, decisions
        self.pos = records.cells("pos")
        status = records.cells("status")
        self.cancelled = [row for row, said in enumerate(status) if said == "cancelled"]
        self.code = frame["code"].tolist()
        self.district = frame["district"].tolist()
        self.founded, self.last_days = records.founded, records.last_days
        self.township = frame["township"].tolist()
        self.threads = Threads(self.pos, self.code)
        self.links: dict[tuple[int, int], tuple[str, float]] = {}
        self.relations: list[Relation] = []
        self.questions: list[Question] = []

    def done(self) -> Linked:
        records, by_model = self.records, True
        if len(records.periods) > 1:
            self.by_decisions()
            self.by_key()
            self.by_name()
            told = self.told()
            by_model = self.by_probability()
            self.by_former_name(told)
        threads = self.threads.roots()
        how, probability = self._how(threads)
        still = [q for q in self.questions if threads[q.before] != threads[q.after]]
        asked = tuple(q for q in still if self.threads.may_join(q.before, q.after))
        return Linked(records, threads, how, probability, tuple(self.relations), asked, by_model)

    # --- steps
    def by_decisions(self) -> None:
        """What the office says comes first."""
        if not self.decisions:
            return
        frame = self.records.frame
        at = {
            key: row
            for row, key in enumerate(
                zip(frame["period"], frame["district"], frame["unit"], strict=True)
            )
        }
        for decision in self.decisions:
            pair = [
                at.get((side.period, side.district, side.unit))
                for side in (decision.before, decision.after)
            ]
            before, after = pair
            if before is None or after is None:
                continue
            if decision.answer == SAME:
                self._join(before, after, "decided")
            elif decision.answer == DIFFERENT:
                self.threads.keep_apart(before, after)

    def by_key(self) -> None:
        """One code is one unit; one name in one district too, unless the later one was founded after the earlier was there."""
        for rows in self._groups(self.records.frame["key"]):
            for before, after in itertools.pairwise(rows):
                if not self.code[before] and self._born_later(before, after):
                    if self.threads.may_join(before, after):
                        self.questions.append(Question(before, after, 0.5, BORN_LATER))
                    continue
                if not self.code[before] and self._other_one(before, after):
                    continue
                self._join(before, after, "code" if self.code[before] else "name")

    def by_name(self) -> None:
        """One name in one district: with a code in some periods and none in others, in other width or characters."""
        pairs = zip(self.district, self.records.texts, strict=True)
        keys = [f"{district}\n{text}" for district, text in pairs]
        for rows in self._groups(pd.Series(keys, dtype=object)):
            coded = {self.threads.of(row) for row in rows if self.threads.code(row)}
            if len(coded) > 1:
                continue
            for before, after in itertools.pairwise(rows):
                if not self._born_later(before, after) and not self._other_one(before, after):
                    self._join(before, after, "name")

    def told(self) -> list[Told]:
        """What 原名 says, found again in earlier ledgers; names that cannot be the same unit are kept apart."""
        former = {row: names for row in range(len(self.pos)) if (names := self.records.former(row))}
        if not former:
            return []
        known = _KnownNames(self.records, {self.district[row] for row in former})
        out = []
        for row, names in former.items():
            for name in names:
                for before in known.earlier(row, name):
                    alone = len(names) == 1 and not self._born_later(before, row)
                    out.append(Told(before, row, alone))
                    if not alone:
                        self.threads.keep_apart(before, row)
        return out

    def by_former_name(self, told: list[Told]) -> None:
        """What 原名 says: a new name, a merger, or a unit that came out of another one."""
        seen: set[tuple[int, int]] = set()
        for said in told:
            before, row = said.before, said.after
            pair = self.threads.of(before), self.threads.of(row)
            if pair[0] == pair[1] or pair in seen:
                continue
            seen.add(pair)
            place = self.pos[row]
            is_new = not self.threads.periods(row) & ((1 << place) - 1)
            goes_on = bool(self.threads.periods(before) >> place)
            last = self._last_of(before, place)
            if goes_on and last is not None:  # it still stands there, as one that has ended
                self.relations.append(Relation("merged", last, row))
                continue
            if is_new and said.alone and not goes_on:
                if not self._join(before, row, TOLD):
                    self.relations.append(Relation("renamed", before, row))
            elif not goes_on:
                self.relations.append(Relation("merged", before, row))
            elif is_new:
                self.relations.append(Relation("split", before, row))

    def _last_of(self, record: int, place: int) -> int | None:
        """The one record of a thread from a period on, where it says that the unit was cancelled; None otherwise."""
        thread = self.threads.of(record)
        if self.threads.periods(record) >> place != 1:
            return None
        rows = (row for row in self.cancelled if self.pos[row] == place)
        return next((row for row in rows if self.threads.of(row) == thread), None)

    def by_probability(self) -> bool:
        """What is left: rows that left and rows that came, compared by the model; False where it is not installed."""
        model = declared_model()
        left, right = self._open()
        gone, came = (compared_columns(self.records, rows) for rows in (left, right))
        if not may_meet(gone, came):
            return True
        if not available():
            return False
        pairs = score(self.records, self.threads.roots(), gone, came).frame
        pairs = pairs.loc[pairs["probability"] >= model.ask]
        pairs = pairs.sort_values(
            ["probability", "left", "right"], ascending=[False, True, True], kind="stable"
        )
        asked = {(question.before, question.after) for question in self.questions}
        for before, after, probability, alike, doubtful in zip(
            *(pairs[column].tolist() for column in SCORED), strict=True
        ):
            if not self.threads.may_join(before, after):
                continue
            if probability >= model.same and not doubtful:
                self._join(before, after, "model", probability)
            elif (before, after) not in asked:
                self.questions.append(Question(before, after, probability, alike))
        return True

    # --- what they share
    def _groups(self, keys: pd.Series) -> Iterable[list[int]]:
        """Records of one key in the order of periods, of keys that stand in several records."""
        several = keys.duplicated(keep=False).to_numpy()
        rows = np.flatnonzero(several)
        groups: dict[str, list[int]] = defaultdict(list)
        for row, key in zip(rows.tolist(), keys.iloc[rows].tolist(), strict=True):
            groups[key].append(row)
        return groups.values()

    def _join(self, before: int, after: int, how: str, probability: float = 1.0) -> bool:
        if self.threads.of(before) == self.threads.of(after):
            return True
        if not self.threads.join(before, after):
            return False
        self.links[before, after] = how, probability
        return True

    def _born_later(self, before: int, after: int) -> bool:
        founded = self.founded[after]
        return founded is not None and founded > self.last_days[self.pos[before]]

    def _other_one(self, before: int, after: int) -> bool:
        """Whether a unit of the same name is another one, as date and place both say: that is not decided by the name."""
        one, other = self.founded[before], self.founded[after]
        if one is None or other is None:
            return False
        return one.year != other.year and self.township[before] != self.township[after]

    def _open(self) -> tuple[np.ndarray, np.ndarray]:
        """Records after which their thread is not in the next ledger of the district, and those that come from nowhere."""
        roots = self.threads.roots()
        there = set(zip(roots.tolist(), self.pos, strict=True))
        last = len(self.records.periods) - 1
        following = self.records.next_reported
        before = {
            (district, later): earlier
            for district, places in self.records.reported.items()
            for earlier, later in itertools.pairwise(places)
        }
        left, right = [], []
        for row, (root, pos, district) in enumerate(
            zip(roots.tolist(), self.pos, self.district, strict=True)
        ):
            if pos < last and (root, int(following[row])) not in there:
                left.append(row)
            earlier = before.get((district, pos))
            if pos and (root, earlier) not in there:
                right.append(row)
        return np.array(left, dtype=int), np.array(right, dtype=int)

    def _how(self, threads: np.ndarray) -> tuple[list[str], np.ndarray]:
        """By record by what it hangs on an earlier record of its thread: the link that was made to it, else the surest."""
        made: dict[int, tuple[str, float]] = {}
        for (before, after), link_made in self.links.items():
            later = max(before, after)
            if later not in made or link_made[1] > made[later][1]:
                made[later] = link_made
        seen: set[int] = set()
        how, probability = [], np.ones(len(threads))
        for row, root in enumerate(threads.tolist()):
            if root not in seen:
                seen.add(root)
                how.append("")
                continue
            said = made.get(row, ("name", 1.0))
            how.append(said[0])
            probability[row] = said[1]
        return how, probability


class _KnownNames:
    """Records of a district by their names, for what 原名 says."""

    def __init__(self, records: Records, districts: set[str]) -> None:
        frame = records.frame
        self.pos, self.area = frame["pos"].tolist(), frame["area"].tolist()
        self.district = frame["district"].tolist()
        self.whole: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.bare: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row, district in enumerate(self.district):
            if district not in districts:
                continue
            name = records.name(row)
            self.whole[self.district[row], name.whole].append(row)
            self.bare[self.district[row], _bare(name)].append(row)

    def earlier(self, row: int, text: str) -> list[int]:
        """Records of an earlier period whose name that is: as it stands, else but for its legal form; the last period counts."""
        name = parsed(text, Places.of(self.area[row]))
        for found in (
            self.whole.get((self.district[row], name.whole), ()),
            self.bare.get((self.district[row], _bare(name)), ()),
        ):
            rows = [other for other in found if self.pos[other] < self.pos[row]]
            if rows:
                last = max(self.pos[other] for other in rows)
                rows = [other for other in rows if self.pos[other] == last]
                return rows if len(rows) == 1 else []
        return []


def _bare(name: UnitName) -> str:
    return "|".join((name.core, name.branch, name.marks))
