"""Schemes and reforms as everybody uses them: values with the verbs that belong to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from evalkit.problems import InputError, Problem
from evalkit.subsidy import changes as verbs
from evalkit.subsidy.ask import NOTHING_ASKED, Ask
from evalkit.subsidy.checks import SchemeFaults
from evalkit.subsidy.dated import ALWAYS
from evalkit.subsidy.extending import ADDED, prepared, widened
from evalkit.subsidy.values import SchemeData
from evalkit.subsidy.written import as_yaml
from evalkit.world.declared import At, Faults

MOST_YEARS = 20  # that are reckoned where nobody asked for years


class Scheme(SchemeData):
    """A subsidy scheme (examples: the packaged ``schemes/*.yml``); made by `load_scheme`."""

    def reform(
        self,
        changes: Mapping[str, Any] | Reform | None = None,
        faults: Faults | None = None,
        at: At = (),
        **head: Any,
    ) -> Reform:
        """A checked `Reform` of this scheme: ``{"activity.per_member": 200}`` or ``{...: {"2026-07-01": 200}}``.

        A dated value holds from its day on and takes the place of all later ones. Settings change too: ``members``,
        ``dates``, ``rounding``, ``activity.basis``, ``matching.reading``, ``eligible.stars``.

        Parameters
        ----------
        changes
            By path, or by label.
        faults
            Collects what is wrong, with what is told of the rest of a file.
        at
            Where in that file the changes stand.
        head
            What the reform says of itself: question, reform, title, author, note, source, and what is asked (`Ask`).

        Raises
        ------
        InputError
            Every fault at once.
        """
        if isinstance(changes, Reform):
            return changes
        faults = faults or SchemeFaults()
        asked = prepared(self, changes or {})
        read = verbs.read_changes(asked.scheme, asked.changes, faults, at)
        verbs.check(asked.scheme, read, faults, at)
        return Reform(read, base=self.scheme, **head)

    def under(self, reform: Reform) -> Scheme:
        """The scheme as the reform makes it."""
        return verbs.under(self.wide_enough(reform), reform.changes)

    def wide_enough(self, reform: Reform) -> Scheme:
        """The scheme with the usual components and the standards by scope that the reform sets, which cost nothing here."""
        return widened(self, [path for path, _ in reform.changes])


@dataclass(frozen=True)
class Reform:
    """调整方案: changes of parameters and settings; hashable, adds up, round trip through YAML and JSON."""

    changes: verbs.Changes = ()
    base: str = ""
    question: str = ""
    reform: str = ""
    title: str = ""
    author: str = ""
    note: str = ""
    source: str = ""
    ask: Ask = NOTHING_ASKED

    def __add__(self, other: Reform) -> Reform:
        """Both together; the same parameter with two values is a conflict (`override` lets the other one win)."""
        mine, theirs = dict(self.changes), dict(other.changes)
        clash = [path for path in mine if path in theirs and mine[path] != theirs[path]]
        if clash:
            raise InputError([_conflict(path, mine[path], theirs[path]) for path in clash])
        return self.override(other)

    def override(self, other: Reform) -> Reform:
        """Both together; where they differ the other one holds."""
        title = "＋".join(dict.fromkeys(one for one in (self.title, other.title) if one))
        both = dict(self.changes) | dict(other.changes)
        question = self.question or other.question
        ask = self.ask.override(other.ask.as_dict())
        changes = tuple(sorted(both.items()))
        return replace(self, changes=changes, title=title, question=question, ask=ask)

    def check(self, scheme: Scheme, faults: Faults | None = None) -> Reform:
        """Itself, where the scheme can take it; else every fault at once."""
        verbs.check(scheme.wide_enough(self), self.changes, faults or SchemeFaults())
        return self

    @property
    def dated(self) -> dict[str, Any]:
        """The changes of standards: path and dated values."""
        return {path: value for path, value in self.changes if verbs.is_dated(value)}

    @property
    def changes_settings(self) -> bool:
        """Whether more than standards change."""
        return len(self.dated) < len(self.changes)

    @property
    def changes_rules(self) -> bool:
        """Whether it changes whom or how much by more than standards; who pays what is added changes neither."""
        return any(
            not path.endswith(f".{ADDED}") for path in dict(self.changes).keys() - self.dated
        )

    @property
    def days(self) -> list[date]:
        """The days from which anything changes, in order; what always holds has none."""
        return sorted({day for value in self.dated.values() for day, _ in value} - {ALWAYS})

    @property
    def first_year(self) -> int | None:
        """The year of the first dated change."""
        return self.days[0].year if self.days else None

    def years_from(self, known: Sequence[int]) -> list[int]:
        """The years to reckon where none are asked for: from the first change on to the first full year after the last.

        Without a date, or where the first one is before all ledgers (`known` are their years), from the year after the
        last ledger on; two years at least, twenty at most.
        """
        after = max(known) + 1
        days = [day for day in self.days if day.year >= min(known)]
        first = days[0].year if days and days[0] == self.days[0] else after
        last = first + 1
        if days:
            begins = days[-1]
            last = max(last, begins.year + ((begins.month, begins.day) != (1, 1)))
        return list(range(first, min(last, first + MOST_YEARS - 1) + 1))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as a file has them."""
        keys = ("question", "reform", "title", "base", "author", "note", "source")
        head = {key: getattr(self, key) for key in keys if getattr(self, key)}
        head |= self.ask.as_dict()
        return head | {"changes": {path: verbs.as_written(value) for path, value in self.changes}}

    def to_json(self) -> str:
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1)

    def to_yaml(self, scheme: Scheme | None = None) -> str:
        """A file that is read and changed by hand, its question at the head; with the scheme it says what is changed."""
        return as_yaml(self.as_dict(), scheme.wide_enough(self) if scheme else None)

    @classmethod
    def of(cls, raw: Mapping[str, Any], scheme: Scheme, faults: Faults | None = None) -> Reform:
        """The reform that a file's content declares, checked against its scheme."""
        faults = faults or SchemeFaults()
        found = verbs.read_file(raw, faults)
        return scheme.reform(found.changes, faults, ("changes",), ask=found.ask, **found.head)

    def difference(self, scheme: Scheme) -> list[dict[str, Any]]:
        """Rows 项目, 由, 调到, 自何日起: printed first in every report; `text` says it in one line."""
        return verbs.difference(scheme.wide_enough(self), self.changes)

    def lines(self, scheme: Scheme) -> list[str]:
        """The changes in words, a line for each; steps over the years are one line."""
        return verbs.lines(scheme.wide_enough(self), self.changes)


def _conflict(path: str, mine: Any, theirs: Any) -> Problem:
    found = f"{verbs.as_written(mine)} / {verbs.as_written(theirs)}"
    advice = "请删去其中一个，或用 override 以后一个为准"
    return Problem("scenario_conflict", where=path, found=found, advice=advice)
