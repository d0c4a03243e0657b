"""Scenarios as things: named files in the project's folder ``scenarios``, listed, opened by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.files import put
from evalkit.problems import InputError, Problem, unknown
from evalkit.reports.plan_words import TOLD
from evalkit.subsidy.asking import Answered
from evalkit.subsidy.cost import cost
from evalkit.subsidy.distribution import groups, of_each
from evalkit.subsidy.loading import read_scenario
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.words import WORDS

FOLDER = "scenarios"
ENDING = ".yml"
FEWEST, MOST = 2, 6  # side by side
_NOT_A_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_LONGEST = 60  # letters of a name


def named(folder: Path) -> list[str]:
    """The names of the scenarios in a folder, in order."""
    if not folder.is_dir():
        return []
    return sorted(path.stem for path in folder.glob(f"*{ENDING}") if path.is_file())


def path_of(folder: Path, given: str | Path) -> Path:
    """The file of a scenario: a path, or the name of one in the folder.

    Raises
    ------
    InputError
        There is neither, with near matches.
    """
    path, name = Path(given), str(given)
    if path.is_file():
        return path
    inside = folder / (name if name.endswith((ENDING, ".yaml", ".json")) else name + ENDING)
    if inside.is_file():
        return inside
    words = WORDS["scenarios"]
    raise InputError(unknown(words["where"], name, named(folder), advice=words["unknown"]))


def keep(reform: Reform, scheme: Scheme, folder: Path, name: str) -> Path:
    """Write a scenario under its name; whoever has the file and the ledgers gets the same answer.

    Raises
    ------
    InputError
        A name that no file can have.
    """
    text = unicodedata.normalize("NFKC", name).strip().rstrip(".")
    if not text or len(text) > _LONGEST or _NOT_A_NAME.search(text) or text.startswith("."):
        words = WORDS["scenarios"]
        found, allowed = name or words["no_name"], words["allowed_name"]
        raise InputError(
            Problem("value_invalid", where=words["name"], found=found, allowed=allowed)
        )
    folder.mkdir(parents=True, exist_ok=True)
    return put(folder / f"{text}{ENDING}", reform.to_yaml(scheme).encode("utf-8"))


def listed(folder: Path) -> list[str]:
    """A line a scenario: its name, its question, what it changes; what cannot be read says so."""
    words, told = WORDS["scenarios"], []
    for name in named(folder):
        try:
            reform, scheme = read_scenario(folder / f"{name}{ENDING}")
        except InputError as error:
            told.append(f"{name}：{error.problems[0].text()}")
            continue
        what = "；".join([*reform.lines(scheme), *asked_lines(reform)]) or words["nothing"]
        question = reform.question or (reform.title if reform.title != name else "")
        told.append(f"{name}：{question}（{what}）" if question else f"{name}：{what}")
    return told or [WORDS.say("scenarios.none", folder=folder)]


def asked_lines(reform: Reform) -> list[str]:
    """What is asked beside the changes, in words."""
    labels = WORDS["form"]["fields"]
    asked = reform.ask.as_dict()
    return [f"{labels[key]}：{text}" for key, text in asked.items() if key in labels]


@dataclass(frozen=True)
class Money:
    """What a scenario costs in a year, and how much more than now, in fen."""

    spent: int
    more: int


@dataclass(frozen=True, eq=False)
class Side:
    """A scenario of several: its name and its answer."""

    name: str
    answer: Answered

    @property
    def result(self) -> Any:
        return self.answer.result

    def money(self, year: int) -> Money:
        """Cost and change of a year; a sum that is shared out costs what is given."""
        row = cost(self.result, [], year).iloc[0]
        shared = self.answer.envelope
        if shared is not None and shared.year == year:
            return Money(shared.given, shared.given - int(row["baseline_fen"]))
        return Money(int(row["amount_fen"]), int(row["change_fen"]))

    def reckons(self, year: int) -> bool:
        """Whether the scenario says anything of a year: a sum is shared out in one year only."""
        shared = self.answer.envelope
        return shared is None or shared.year == year

    def moved(self, year: int) -> Mapping[str, int]:
        """Organisations that gain, stay and lose; of a sum that is shared out those whose share is above what they have now."""
        shared = self.answer.envelope
        if shared is None:
            found = groups(self.result, [], year).iloc[0]
            return {way: int(found[way]) for way in ("gain", "same", "lose")}
        key = ["area", "party_org"]
        now = of_each(self.result, year, None).set_index(key)["baseline_fen"]
        got = shared.organisations.set_index(key)["amount_fen"]
        more = got - now.reindex(got.index).fillna(0)
        return {
            "gain": int((more > 0).sum()),
            "same": int((more == 0).sum()),
            "lose": int((more < 0).sum()),
        }


def enough(count: int, where: str = "--compare") -> None:
    """Raise where too few or too many are to stand side by side."""
    if not FEWEST <= count <= MOST:
        found, allowed = (
            TOLD.say("shown.scenarios", number=count),
            WORDS.say("scenarios.number", few=FEWEST, most=MOST),
        )
        raise InputError(Problem("value_invalid", where=where, found=found, allowed=allowed))
