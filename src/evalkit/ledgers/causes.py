"""One cause, one message: findings of one column together, what follows from another finding under it, in the order of work.

The findings themselves stay as they are (annotated copies mark every cell); a `Cause` is what `check` says of some of
them. A wrong heading is one message, not two hundred; a total that does not fit because a cell of its column cannot be
read stands below that cell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from evalkit.ledgers.findings import declared
from evalkit.ledgers.headings import Headings
from evalkit.problems import SEVERITIES, TITLES, Problem

SAID: dict[str, Any] = declared("causes.yml")
STAGES: tuple[str, ...] = tuple(stage["name"] for stage in SAID["stages"])
_STAGE_OF = {code: n for n, stage in enumerate(SAID["stages"]) for code in stage["codes"]}
_OTHER = len(STAGES) - 2
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::[A-Z]{1,3}\d{1,7})?")
MOST_PLACES, MOST_WORDS = 3, 3  # that a message names
LEAST_FOR_A_COLUMN, SHARE_OF_A_COLUMN = 5, 0.8  # findings that make it the column's
NOT_COUNTED = "未计入"  # what is read of a sheet that is not counted


@dataclass(frozen=True)
class Cause:
    """What is to be done once.

    Attributes
    ----------
    problem
        The message: place, what stands there, what to do, of all findings that it stands for.
    findings
        Those findings, of one kind.
    follows
        Findings that go away with it.
    stage
        Its place in the order of work (`STAGES`).
    """

    problem: Problem
    findings: tuple[Problem, ...]
    follows: tuple[Problem, ...]
    stage: int

    @property
    def told(self) -> str:
        """What follows from it, in words; empty where nothing does."""
        kinds: dict[str, list[Problem]] = {}
        for one in self.follows:
            kinds.setdefault(one.code, []).append(one)
        words = SAID["words"]
        said = "、".join(
            words["of_kind"].format(
                title=TITLES.get(code, [code])[0], n=len(some), first=some[0].where
            )
            for code, some in kinds.items()
        )
        return words["follows"].format(said=said) if said else ""


@dataclass(frozen=True)
class _At:
    """Where a finding stands."""

    file: str
    sheet: str
    column: str = ""
    row: int = 0

    @classmethod
    def of(cls, problem: Problem) -> _At:
        cell = _CELL.fullmatch(problem.cell) if problem.sheet else None
        sheet = problem.sheet or problem.where
        if cell is None:
            return cls(problem.file, sheet)
        return cls(problem.file, sheet, cell[1], int(cell[2]))

    def within(self, kind: str) -> tuple[Any, ...]:
        if kind == "place":
            return (str(PurePosixPath(self.file).parent),)
        shared: tuple[Any, ...] = (self.file, self.sheet)
        if kind == "sheet":
            return shared
        return (*shared, self.column if kind == "column" else self.row)


def causes(
    problems: Sequence[Problem], rows: Mapping[tuple[str, str], int], headings: Headings
) -> list[Cause]:
    """The findings as causes, in the order in which somebody takes them up.

    Parameters
    ----------
    rows
        (file, sheet) -> its rows of data.
    headings
        Tell which ledger a sheet that was not read would have been.
    """
    groups: dict[tuple[Any, ...], list[Problem]] = {}
    for problem in problems:
        groups.setdefault(_group(problem), []).append(problem)
    follows = _consequences(groups, headings)
    found = []
    for key, some in groups.items():
        kept = [one for one in some if id(one) not in follows.taken]
        if kept:
            behind = tuple(follows.below.get(key, ()))
            found.append(Cause(_message(kept, rows), tuple(kept), behind, _stage(kept[0])))
    order = list(SEVERITIES)
    codes = [code for stage in SAID["stages"] for code in stage["codes"]]

    def turn(cause: Cause) -> tuple[int, int, int, str, int]:
        code = cause.problem.code
        kind = codes.index(code) if code in codes else len(codes)
        return cause.stage, order.index(cause.problem.severity), kind, code, -len(cause.findings)

    return sorted(_alike(found), key=turn)


def _stage(problem: Problem) -> int:
    if problem.read == NOT_COUNTED and problem.severity != "question":
        return 0
    return _STAGE_OF.get(problem.code, _OTHER)


def _alike(found: Sequence[Cause]) -> list[Cause]:
    """The same said of several sheets or files is said once, with the others named or counted."""
    groups: dict[tuple[str, ...], list[Cause]] = {}
    for cause in found:
        one = cause.problem
        key = (one.code, one.severity, one.found, one.read, one.allowed, one.advice)
        groups.setdefault(key, []).append(cause)
    out = []
    for same in groups.values():
        first = same[0]
        if len(same) > 1:
            problem = replace(first.problem, where=_places([cause.problem for cause in same]))
            findings = tuple(one for cause in same for one in cause.findings)
            below = tuple(one for cause in same for one in cause.follows)
            first = Cause(problem, findings, below, first.stage)
        out.append(first)
    return out


def _places(some: Sequence[Problem]) -> str:
    """The place of the first and those of the others: sheets of its file, else so many files."""
    first, words = some[0], SAID["words"]
    mine = [one.where for one in some if one.file == first.file]
    shown = "、".join(mine[:MOST_PLACES])
    place = words["places"].format(first=shown, n=len(mine)) if len(mine) > MOST_PLACES else shown
    others = [file for file in dict.fromkeys(one.file for one in some) if file != first.file]
    if not others:
        return place
    named = "、".join(others[:MOST_PLACES])
    code = "files" if len(others) <= MOST_PLACES else "more_files"
    return str(words[code].format(first=place, others=named, n=len(others)))


def _group(problem: Problem) -> tuple[Any, ...]:
    """What a finding is told together with: those of its kind in its column, or in its sheet where it is the sheet's."""
    at = _At.of(problem)
    kind = (problem.code, problem.severity, problem.file)
    if at.column and problem.cell != "A1":
        return (*kind, at.sheet, at.column)
    if problem.code == "column_missing" and problem.read != NOT_COUNTED:
        return (*kind, at.sheet)
    return (*kind, problem.where, problem.found, problem.read)


@dataclass
class _Follows:
    taken: set[int]
    below: dict[tuple[Any, ...], list[Problem]]


def _consequences(groups: Mapping[tuple[Any, ...], list[Problem]], headings: Headings) -> _Follows:
    """Which findings follow from which group."""
    out = _Follows(set(), {})
    for rule in SAID["follows"]:
        reasons: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for key, some in groups.items():
            if key[0] in rule["of"]:
                for one in some:
                    if id(one) not in out.taken and _could_be(one, rule, headings):
                        reasons.setdefault(_At.of(one).within(rule["within"]), key)
        for key, some in groups.items():
            if key[0] != rule["code"]:
                continue
            for one in some:
                reason = reasons.get(_At.of(one).within(rule["within"]))
                if reason is not None and reason != key and id(one) not in out.taken:
                    out.taken.add(id(one))
                    out.below.setdefault(reason, []).append(one)
    return out


def _could_be(problem: Problem, rule: Mapping[str, Any], headings: Headings) -> bool:
    """Whether a finding can be the reason: of ledgers only one that was not read, and that would have been such a one."""
    if "ledgers" not in rule:
        return True
    if problem.code == "column_missing" and problem.read != NOT_COUNTED:
        return False
    form = headings.announced(problem.sheet or problem.where, PurePosixPath(problem.file).stem)
    return form in rule["ledgers"]


def _message(some: Sequence[Problem], rows: Mapping[tuple[str, str], int]) -> Problem:
    """One message for findings of one kind and column."""
    first = some[0]
    if len(some) == 1:
        return first
    words = SAID["words"]
    if first.cell == "A1":  # several of a sheet
        said = "；".join(dict.fromkeys(filter(None, (one.read for one in some))))
        return replace(first, read=said, found=_few([one.found for one in some if one.found]))
    n = len(some)
    cells = "、".join(one.cell for one in some[:MOST_PLACES])
    place = words["places"].format(first=cells, n=n) if n > MOST_PLACES else cells
    reads = Counter(one.read for one in some)
    allowed = {one.allowed for one in some}
    read = (
        first.read if len(reads) == 1 else words["several"].format(first=first.read, n=len(reads))
    )
    advice = "；".join([*dict.fromkeys(one.advice for one in some)][:MOST_WORDS])
    of = rows.get((first.file, first.sheet), 0)
    if n >= LEAST_FOR_A_COLUMN and n >= SHARE_OF_A_COLUMN * of > 0:
        whole = SAID["whole_column"].get(first.code)
        advice = whole or advice
        place = f"{place}（{words['whole' if n == of else 'most'].format(rows=of, n=n)}）"
    return replace(
        first,
        where=f"{first.sheet}!{place}",
        found=_few([one.found for one in some]),
        read=read,
        allowed=first.allowed if len(allowed) == 1 else "",
        advice=advice,
    )


def _few(texts: Sequence[str]) -> str:
    """The first different texts."""
    different = list(dict.fromkeys(filter(None, texts)))
    shown = "、".join(different[:MOST_WORDS])
    if len(different) > MOST_WORDS:
        return str(SAID["words"]["several"].format(first=shown, n=len(different)))
    return shown
