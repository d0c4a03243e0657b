"""单位对照.xlsx: what is written can be answered, what is answered counts, what cannot be understood is named by its cell."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from test_linking import HOME, crowd, linked, row

from evalkit.linkage.decisions import (
    HEADS,
    NAME,
    list_bytes,
    open_questions,
    read_decisions,
    unused,
)
from evalkit.linkage.linking import ASK, DIFFERENT, SAME, Linked, Side


@pytest.fixture(scope="module")
def asked() -> Linked:
    """A shop's name that a younger shop bears."""
    return linked(
        row("2023", "便民超市"), row("2024", "便民超市", started_on="2024-05-05"), *crowd()
    )


def written(folder: Path, *answers: dict[str, object]) -> Path:
    """A list as somebody who filled it in leaves it."""
    book = xlsxwriter.Workbook(folder / NAME)
    sheet = book.add_worksheet("单位对照")
    sheet.write_row(1, 0, HEADS)
    for number, cells in enumerate(answers, 2):
        for column, head in enumerate(HEADS):
            if cells.get(head) is not None:
                sheet.write(number, column, cells[head])
    book.close()
    return folder / NAME


def pair(answer: object = "", **said: object) -> dict[str, object]:
    sides = {
        "前期": "2023",
        "前期地区": f"{HOME}/西溪镇",
        "前期单位名称": "便民超市",
        "后期": 2024,
        "后期地区": f"{HOME}/西溪镇",
        "后期单位名称": "便民超市",
    }
    return sides | {"判断": answer} | said


def test_the_list_asks_what_is_open_and_is_read_back(asked: Linked, tmp_path: Path) -> None:
    questions = open_questions(asked)
    (tmp_path / NAME).write_bytes(list_bytes(questions, []))
    answered, problems = read_decisions(tmp_path)
    assert not problems
    (one,) = answered
    assert one.decision.before == Side("2023", HOME, "便民超市")
    assert one.decision.after == Side("2024", HOME, "便民超市")
    assert one.decision.answer == ASK  # not filled in: asked again
    assert one.cells["相同与不同之处"] == "名称相同，但后者是上期以后才创办的"
    assert list_bytes(questions, []) == list_bytes(questions, [])


@pytest.mark.parametrize(("word", "answer"), [("相同", SAME), ("不同", DIFFERENT), ("再问", ASK)])
def test_an_answer_counts(tmp_path: Path, word: str, answer: str) -> None:
    written(tmp_path, pair(word))
    (one,), problems = read_decisions(tmp_path)
    assert not problems and one.decision.answer == answer
    again = linked(
        row("2023", "便民超市"),
        row("2024", "便民超市", started_on="2024-05-05"),
        *crowd(),
        decisions=(one.decision,),
    )
    shops = again.records.frame["unit_name"] == "便民超市"
    assert (len(set(again.threads[shops])) == 1) == (answer == SAME)
    assert bool(again.questions) == (answer == ASK)
    assert not unused([one], again)


def test_what_was_decided_stays_in_the_list(asked: Linked, tmp_path: Path) -> None:
    written(tmp_path, pair("不同"))
    answered, _ = read_decisions(tmp_path)
    nothing_open = open_questions(asked).head(0)
    (tmp_path / NAME).write_bytes(list_bytes(nothing_open, answered))
    (again,), problems = read_decisions(tmp_path)
    assert not problems
    assert again.decision == answered[0].decision


def test_what_cannot_be_understood_is_named_by_its_cell(tmp_path: Path) -> None:
    written(
        tmp_path,
        pair("一样"),
        pair("相同", 后期="明年"),
        pair("不同", 前期单位名称=None),
        pair("此处写了一长段说明"),
    )
    answered, problems = read_decisions(tmp_path)
    assert not answered
    assert [(p.code, p.severity, p.where) for p in problems] == [
        ("decision_invalid", "error", f"单位对照!K{n}") for n in (3, 4, 5, 6)
    ]
    assert problems[0].found == "一样" and problems[0].allowed == "相同、不同、再问"
    assert "说明" not in problems[3].found  # what somebody wrote freely is not quoted
    pd.DataFrame({"甲": [1]}).to_excel(tmp_path / NAME, engine="xlsxwriter")
    _, (problem,) = read_decisions(tmp_path)
    assert problem.found == "找不到表头"


def test_a_decision_without_effect_is_told(asked: Linked, tmp_path: Path) -> None:
    written(tmp_path, pair("相同", 前期单位名称="没有的店"), pair("再问"))
    answered, _ = read_decisions(tmp_path)
    (problem,) = unused(answered, asked)
    assert (problem.code, problem.where) == ("decision_unused", "单位对照!K3")
    assert "前期的单位在台账里找不到" in problem.found
