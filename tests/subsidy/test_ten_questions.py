"""The questions of a budget officer on the province of the demonstration: command line, YAML and recalculated workbook.

The numbers were computed independently from the ledgers of seed 7 (24 districts, 2025).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from test_outputs import without_values
from test_workbook import all_recalculated, compare, fen
from typer.testing import CliRunner

import evalkit as ek
from evalkit import demo
from evalkit.cli import app
from evalkit.subsidy import load_reform
from evalkit.subsidy.asking import answered
from evalkit.subsidy.result import Result

WAN = 1_000_000  # fen
FLOOR = 2000_00
KINDS = {"演示01区": "山区、农村", "演示02区": "农村", "演示03区": "园区", "演示16区": "园区"}


@dataclass(frozen=True)
class Question:
    """As it is typed, as it stands in a file, and what is known of its answer: fen by year, fen by component, words."""

    typed: tuple[str, ...]
    written: dict[str, Any]
    years: str = "2025"
    change: dict[int, float] = field(default_factory=dict)
    components: dict[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()


PER_MEMBER = "activity.per_member"
TIERS = ("branch", "general_branch", "committee")
QUESTIONS = {
    "1": Question(
        ("--set", f"{PER_MEMBER}=200", "--from", "2026-07-01"),
        {"changes": {PER_MEMBER: {"2026-07-01": 200}}},
        "2026-2027",
        {2026: 33.0912, 2027: 115.7338},
    ),
    "2": Question(
        ("--budget", "500万"),
        {"budget": "500万"},
        "2026",
        {2026: 455.5404},
        words=("最高可定为260元", "455.54万元", "270元", "525.49万元"),
    ),
    "3": Question(
        ("--set", "党组织补助=+20%"),
        {"changes": {f"organisation.{tier}": "×1.2" for tier in TIERS}},
        change={2025: 552.74},
    ),
    "4": Question(
        ("--set", "matching.ratio=1:0.5"),
        {"changes": {"matching.ratio": 0.5}},
        change={2025: -194.925},
    ),
    "5": Question(
        ("--set", "启动经费=5000"),
        {"changes": {"start_up.amount": 5000}},
        change={2025: 394.5},
        words=("789个",),
    ),
    "6": Question(
        ("--set", "指导员补贴=300/月"),
        {"changes": {"instructor.each": 300}},
        change={2025: 880.92},
        words=("2,447名",),
    ),
    "7": Question(
        ("--set", f"{PER_MEMBER}=2026:170,2027:190,2028:210"),
        {"changes": {PER_MEMBER: {2026: 170, 2027: 190, 2028: 210}}},
        "2026-2028",
        words=("分3步由150调到210元",),
    ),
    "8": Question(
        ("--set", f"{PER_MEMBER}=200", "--share", "3:3:4"),
        {"changes": {PER_MEMBER: 200}, "share": "3:3:4"},
        words=("省级财政", "市级财政", "区县财政"),
    ),
    "9": Question(
        ("--cap", "3000万", "--by", "党员数", "--floor", "2000"),
        {"cap": "3000万", "by": "党员数", "floor": 2000},
        words=("总额3,000.00万元", "每个不少于2,000元"),
    ),
    "10": Question(
        ("--only", "三星以上"),
        {"only": "三星以上"},
        components={"党组织补助": -1100.9},
        words=("党组织补助减少1,100.90万元",),
    ),
    "农村与园区": Question(
        ("--set", f"{PER_MEMBER}@农村=200", "--set", f"{PER_MEMBER}@园区=180"),
        {"changes": {f"{PER_MEMBER}@农村": 200, f"{PER_MEMBER}@园区": 180}},
    ),
    "山区": Question(
        ("--set", "党组织补助@山区=+10%"),
        {"changes": {f"organisation.{tier}@山区": "+10%" for tier in TIERS}},
    ),
    "达标": Question(
        ("--reach", "90%", "--standard", "200"),
        {"reach": "90%", "standard": 200},
        words=("至少定为",),
    ),
}  # fmt: skip


def said(project: Path, *words: str) -> list[str]:
    done = CliRunner().invoke(app, ["whatif", "--project", str(project), *words])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()[
        :-1
    ]  # the last line says where the files are, or how to get them


def file_of(folder: Path, question: Question) -> Path:
    path = folder / "方案.yml"
    head = {"question": "要多少钱？", "base": "fuyang-2015", "periods": question.years}
    content = yaml.safe_dump(head | question.written, allow_unicode=True)
    path.write_text(content, encoding="utf-8")
    return path


def answers(project: Path, folder: Path, questions: dict[str, Question]) -> dict[str, list[str]]:
    """What the command line says, with its files; the same from YAML, by hand and as it was kept."""
    found = {}
    for number, question in questions.items():
        out = folder / number
        out.mkdir()
        typed = [*question.typed, "--periods", question.years]
        found[number] = said(project, *typed, "--out", str(out))
        assert said(project, str(file_of(out, question))) == found[number], number
        again = said(project, str(out / "调整方案.yml"))  # where something was found, as a change
        assert again[-1] == found[number][-1] and len(again) >= len(found[number]) - 1, number
        for word in question.words:
            assert word in "".join(found[number]), (number, word, found[number])
    return found


def check_workbook(
    sheets: dict[str, pd.DataFrame], question: Question, data: Any, lines: list[str]
) -> None:
    """The recalculated workbook against the plan to the fen, and both against the numbers in brackets."""
    years = [int(year) for year in question.years.split("-")]
    made = ek.plan(data, "fuyang-2015", range(years[0], years[-1] + 1))
    found = answered(made, load_reform(question.written, made.scheme), Result)
    assert isinstance(found.result, Result) and found.lines == lines
    compare(found.result, found.envelope, sheets)
    for year, wan in question.change.items():
        assert fen(sheets[f"分地区{year}"].iloc[-1, -1]) == round(wan * WAN)
    payers = sheets[f"分出资方{years[0]}"]
    for name, wan in question.components.items():
        rows = payers[payers[1] == name]
        assert sum(map(fen, rows[4])) - sum(map(fen, rows[3])) == round(wan * WAN)
    if found.envelope is not None:
        each = found.envelope.organisations
        assert (
            each["amount_fen"].sum() == found.envelope.given and each["amount_fen"].min() >= FLOOR
        )


def with_kinds(areas: Path) -> None:
    """Add a column of kinds of area to areas.xlsx."""
    sheet = pd.read_excel(areas, header=None, engine="calamine")
    top = int(sheet.index[sheet[0] == "地区"][0])
    kinds = sheet[1].map(KINDS).astype(object)
    kinds[top] = "地区类型"
    added = sheet.assign(kinds=kinds)
    added.to_excel(areas, index=False, header=False, sheet_name="地区", engine="xlsxwriter")


def ask_everywhere(project: Path, folder: Path) -> None:
    """Every question on the command line, in YAML and in its workbook."""
    said_of = answers(project, folder, QUESTIONS)
    data = ek.load(project)
    paths = [
        without_values(folder / number / "测算底稿.xlsx", folder / f"底稿{number}.xlsx")
        for number in QUESTIONS
    ]
    books = all_recalculated(paths, folder)
    for (number, question), sheets in zip(QUESTIONS.items(), books, strict=True):
        try:
            check_workbook(sheets, question, data, said_of[number])
        except AssertionError as error:
            raise AssertionError(f"question {number}: {error}") from error


@pytest.mark.slow
def test_the_questions_everywhere(tmp_path: Path) -> None:
    project = tmp_path / "province"
    (project / "data" / "raw").mkdir(parents=True)
    demo.write(project / "data" / "demo")
    with_kinds(project / "data" / "demo" / "areas.xlsx")
    ek.build(project, dataset="demo")
    folder = tmp_path / "answers"
    folder.mkdir()
    ask_everywhere(project, folder)
