"""督办单: one page a county of what it has to put right, as Word and PDF, with nothing of any other county in it.

It is made of the cases of that county alone (`Rectification.inside`): no rank, no mean of others, no total of the whole.
Beside it lie the county's 整改清单 (Word) and its 整改台账 to be filled (Excel).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.documents import Block, write
from evalkit.documents.write import write_one_page
from evalkit.files import put, safe_name
from evalkit.problems import Problem
from evalkit.reports.cases import Case
from evalkit.reports.rectify import Rectification, case_table, register_bytes
from evalkit.reports.sentences import declared
from evalkit.reports.words import MISSING, WHOLE, period_words

FOLDER = "督办单"
MOST_NAMED = (10, 8, 6, 4, 2, 0)  # cases by name, until the page holds them in a readable size
READABLE = 0.9  # of the type of an official text
PLACES = 3  # townships named
BLANK_DATE = "　　年　月　日"


def notice(told: Rectification, named: int = MOST_NAMED[0]) -> list[Block]:
    """The 督办单 of the county of `told` (see `Rectification.inside`) as blocks, with so many cases by name."""
    voice, settings = told.voice, told.scope.told.project.settings
    found, county = told.followed, _county(told)
    mark = voice.term("internal")
    title = f"{county}{settings['field']}党建问题督办单"
    first = _first(told)[:named]
    text = voice.tell("supervision", **_facts(told))
    blocks = [
        Block.heading(title, 1),
        Block.paragraph(mark, "detail"),
        Block.paragraph(
            f"交办单位：{settings['office']}　　　交办日期：{settings['date'] or BLANK_DATE}",
            "detail",
        ),
        Block.paragraph(f"{county}："),
        *map(Block.paragraph, text.texts),
        _by_problem(told),
    ]
    if first:
        blocks.append(_named(told, first))
    blocks += [Block.paragraph(voice.say("ask_for", "")), _signed()]
    return [block for block in blocks if block.kind != "group" and found.period]


def _county(told: Rectification) -> str:
    area = told.scope.within or ""
    return area.rpartition("/")[2]


def _facts(told: Rectification) -> dict[str, Any]:
    found = told.followed
    places = Counter(case.township for case in found.cases if case.township)
    ahead = [{"area": area, "n": n} for area, n in places.most_common(PLACES) if n > 1]
    return {
        "year": period_words(found.period),
        "n_cases": len(found.cases),
        "before": told.before,
        "again": len(found.again),
        "solved": len(found.gone),
        "new": len(found.new),
        "untold": len(found.cases) - len(found.again) - len(found.new) if found.before else 0,
        "places": ahead if len(places) > 1 else [],
        "n_late": sum(told.entry(case).late(told.today) for case in found.cases),
        "n_back": len(told.back),
        "without_ledger": list(found.absent),
    }


def _by_problem(told: Rectification) -> Block:
    """What has to be put right, by problem, with room for who does it until when."""
    rows: list[list[Any]] = []
    listed = {case.problem for case in told.followed.cases}
    every = [str(about["name"]) for about in declared()["problems"].values()]
    kinds = [name for name in every if name in listed]
    for kind in kinds:
        mine = [case for case in told.followed.cases if case.problem == kind]
        bodies = {told.entry(case).responsible for case in mine} - {""}
        dates = {told.entry(case).due for case in mine} - {None}
        again = sum(case.periods > 1 for case in mine)
        rows.append(
            [
                kind,
                mine[0].rule,
                len(mine),
                again if told.followed.before else MISSING,
                bodies.pop() if len(bodies) == 1 else "",
                dates.pop() if len(dates) == 1 else "",
            ]
        )
    if not rows:
        return Block.paragraph("本期台账没有列入整改的问题。")
    before = told.before or told.voice.term("previous_year")
    columns: list[Any] = [
        "问题",
        "不符合的规定",
        {"key": "n", "label": "项数", "align": "right", "format": WHOLE},
        {"key": "again", "label": f"{before}已有", "align": "right", "format": WHOLE},
        "责任单位",
        "整改时限",
    ]
    return Block.table("列入整改的问题", columns, rows, sortable=False, demo=_demo(told))


def _first(told: Rectification) -> list[Case]:
    """The cases in the order in which they press: late ones, those that came back, those of longest standing; by problem."""

    def pressing(case: Case) -> tuple[bool, bool, str, int]:
        entry = told.entry(case)
        return (
            not entry.late(told.today),
            case not in back,
            told.first(case),
            order.get(case.problem, len(order)),  # a problem of another version stands last
        )

    back = told.back
    names = [str(about["name"]) for about in declared()["problems"].values()]
    order = {name: place for place, name in enumerate(names)}
    return sorted(told.followed.cases, key=pressing)


def _named(told: Rectification, first: list[Case]) -> Block:
    rows = [
        [
            number,
            case.township or MISSING,
            case.name,
            case.problem,
            told.first(case),
            told.entry(case).state,
        ]
        for number, case in enumerate(first, 1)
    ]
    lower = told.voice.place("township")
    columns: list[Any] = ["序号", lower, "名称", "问题", "首次发现", "整改状态"]
    note = told.voice.say("named_of", len(first), len(told.followed.cases))
    return Block.table(
        "须优先整改的单位和党组织",
        columns,
        rows,
        sortable=False,
        notes=[note] if note else [],
        demo=_demo(told),
    )


def _signed() -> Block:
    """Room for seal and signature of both sides."""
    return Block.table(
        "",
        ["交办单位（盖章）", "承办单位（盖章）", "签收日期", "办结日期"],
        [["", "", BLANK_DATE, BLANK_DATE]],
        sortable=False,
    )


def _demo(told: Rectification) -> bool:
    return told.scope.told.is_demo


def write_notices(told: Rectification, folder: Path) -> list[Problem]:
    """The 督办单, the 整改清单 and the 整改台账 of every county that has cases, open ones or missing ledgers."""
    problems: list[Problem] = []
    for area, name in _counties(told):
        mine = told.inside(area)
        problems += _write_one(mine, folder, name)
    return problems


def _write_one(mine: Rectification, folder: Path, name: str) -> list[Problem]:
    faces = "windows" if mine.scope.told.project.settings["fonts"] == "windows" else "gb2312"
    title = f"{_county(mine)}{mine.scope.told.project.settings['field']}党建问题督办单"
    folder.mkdir(parents=True, exist_ok=True)
    problems: list[Problem] = []
    for named in MOST_NAMED:
        blocks = notice(mine, named)
        scale, problems = write_one_page(
            blocks, folder / f"{name}督办单", title, faces, _demo(mine)
        )
        if scale >= READABLE:
            break
    listed = case_table(mine, f"{_county(mine)}整改清单")  # its title is that of the file
    problems += write([listed], folder / f"{name}整改清单.docx", fonts=faces)
    put(folder / f"{name}整改台账.xlsx", register_bytes(mine))
    return problems


def _counties(told: Rectification) -> Iterator[tuple[str, str]]:
    """Path and file name of every county of which something is to be said, in administrative order."""
    found = told.followed
    every = [*found.cases, *found.gone, *found.unknown]
    homes = dict.fromkeys(case.home for case in every)
    for areas in found.absent.values():
        homes |= dict.fromkeys(areas)
    names = Counter(home.rpartition("/")[2] for home in homes)
    for home in homes:
        last = home.rpartition("/")[2]
        yield home, safe_name(last if names[last] == 1 else home.replace("/", "-"))
