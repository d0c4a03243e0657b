"""Scenarios as things: named files in the project's folder ``scenarios``, listed, opened by name, set side by side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import Block
from evalkit.documents.cells import Cell, Format
from evalkit.files import put
from evalkit.problems import InputError, Problem, unknown
from evalkit.subsidy.asking import Answered
from evalkit.subsidy.cost import cost
from evalkit.subsidy.coverage import left_out, left_out_words
from evalkit.subsidy.distribution import groups
from evalkit.subsidy.loading import read_scenario
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.words import WORDS, lists
from evalkit.world.number import WAN_YUAN, quotient

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
    raise InputError(unknown(WORDS["scenarios"]["where"], name, named(folder), "data_missing"))


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
        question = reform.question or reform.title
        told.append(f"{name}：{question}（{what}）" if question else f"{name}：{what}")
    return told or [WORDS.say("scenarios.none", folder=folder)]


def asked_lines(reform: Reform) -> list[str]:
    """What is asked beside the changes, in words."""
    labels = WORDS["form"]["fields"]
    asked = reform.ask.as_dict()
    return [f"{labels[key]}{text}" for key, text in asked.items() if key in labels]


@dataclass(frozen=True, eq=False)
class Side:
    """A scenario of several: its name and its answer."""

    name: str
    answer: Answered

    @property
    def result(self) -> Any:
        return self.answer.result

    def money(self, year: int) -> tuple[int, int]:
        """Cost and change of a year, in fen; a sum that is shared out costs what is given."""
        row = cost(self.result, [], year).iloc[0]
        shared = self.answer.envelope
        if shared is not None and shared.year == year:
            return shared.given, shared.given - int(row["baseline_fen"])
        return int(row["amount_fen"]), int(row["change_fen"])


def enough(count: int, where: str = "--compare") -> None:
    """Raise where too few or too many are to stand side by side."""
    if not FEWEST <= count <= MOST:
        found, allowed = f"{count}个方案", WORDS.say("scenarios.number", few=FEWEST, most=MOST)
        raise InputError(Problem("value_invalid", where=where, found=found, allowed=allowed))


def side_by_side(sides: Sequence[Side]) -> Block:
    """A column a scenario, 现行标准 first: what it changes, cost and payers of every year, who gains and loses."""
    words, first = WORDS["scenarios"], sides[0].result
    plan = first.plan
    rows: list[list[Any]] = []
    for year in plan.years:
        rows += _rows_of_year(sides, year)
    columns: list[Any] = [
        words["item"],
        {"key": "now", "label": words["now"], "align": "right"},
        *({"key": f"s{n}", "label": one.name, "align": "right"} for n, one in enumerate(sides)),
    ]
    about = [WORDS.say("scenarios.about", name=one.name, changes=_changes(one)) for one in sides]
    gaps = [text for one in sides for text in left_out_words(left_out(one.result, plan.years[0]))]
    return Block.table(
        words["title"],
        columns,
        rows,
        source=first.source_line,
        sortable=False,
        notes=[*about, *dict.fromkeys(gaps)],
        demo=plan.source.is_demo,
    )


def _rows_of_year(sides: Sequence[Side], year: int) -> list[list[Any]]:
    """Cost, change, payers, organisations that gain and lose in a year."""
    words = WORDS["scenarios"]
    money = [one.money(year) for one in sides]
    before = int(cost(sides[0].result, [], year)["baseline_fen"].iloc[0])
    counts = [groups(one.result, [], year).iloc[0] for one in sides]
    paid = [cost(one.result, "payer", year).set_index("payer") for one in sides]
    payers = [who for who in lists()["payer"] if any(who in frame.index for frame in paid)]
    rows: list[list[Any]] = [
        [f"{year}年{words['cost']}", _wan(before), *(_wan(spent) for spent, _ in money)],
        [f"{year}年{words['more']}", None, *(_wan(more) for _, more in money)],
    ]
    rows += [
        [
            f"{year}年{lists()['payer'][who]}{words['cost']}",
            _wan(max(_of(frame, who, "baseline_fen") for frame in paid)),
            *(_wan(_of(frame, who, "amount_fen")) for frame in paid),
        ]
        for who in payers
        if not any(one.answer.envelope for one in sides)
    ]
    return [
        *rows,
        *(
            [f"{year}年{words[side]}", None, *(_whole(one[side]) for one in counts)]
            for side in ("gain", "lose")
        ),
    ]


def _of(frame: Any, who: str, column: str) -> int:
    return int(frame.at[who, column]) if who in frame.index else 0


def _wan(fen: int) -> Cell:
    return Cell(quotient(fen, WAN_YUAN), format=Format(decimals=2, grouped=True))


def _whole(number: Any) -> Cell:
    return Cell(int(number), format=Format(decimals=0, grouped=True))


def _changes(side: Side) -> str:
    """The question of a scenario, what it changes and asks, in words."""
    reform, scheme = side.result.reform, side.result.plan.scheme
    told = "；".join([*reform.lines(scheme), *asked_lines(reform)])
    told = told or WORDS["scenarios"]["none_changed"]
    return f"{reform.question}（{told}）" if reform.question else told
