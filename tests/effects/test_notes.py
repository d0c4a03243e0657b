"""Remarks are codes with numbers: each is told once, for two readers, and decided by its code, whatever names it holds."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import numpy as np
import pandas as pd
import pytest
from effect_worlds import panel, staggered

import evalkit as ek
from evalkit.effects.words import NOTES, note
from evalkit.reports import study as reports

ROOM = Path(ek.effects.__file__).parent
NO_REMARKS = {"otherwise", "checks"}


def codes() -> set[str]:
    """Every code of the catalogue."""
    return {
        f"{topic}.{name}"
        for topic, names in NOTES.words.items()
        if topic not in NO_REMARKS
        for name in names
        if name != "plain"
    }


def calls() -> list[ast.Call]:
    """Every remark that the room makes."""
    return [
        node
        for module in sorted(ROOM.glob("*.py"))
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "note"
    ]


def literal(call: ast.Call) -> str:
    return call.args[0].value if isinstance(call.args[0], ast.Constant) else ""


def places(code: str) -> set[str]:
    return {
        name for _, name, _, _ in Formatter().parse(note(code).words.at(_text_of(code))) if name
    }


def _text_of(code: str) -> str:
    return code if isinstance(NOTES.words.at(code), str) else f"{code}.text"


def test_every_code_that_is_said_stands_in_the_catalogue_and_gets_the_facts_it_names() -> None:
    said = [call for call in calls() if literal(call)]
    assert len(said) > 40
    for call in said:
        code, given = literal(call), {keyword.arg for keyword in call.keywords}
        assert code in codes(), code
        assert None in given or places(code) <= given, code


def test_no_code_of_the_catalogue_is_left_over() -> None:
    source = "".join(module.read_text(encoding="utf-8") for module in ROOM.glob("*.py"))
    assert [code for code in codes() if f'"{code}"' not in source] == []


def test_a_variable_named_like_a_warning_is_no_warning() -> None:
    """预趋势 and 流失 in a name decided what policy makers were told, and which notes two-way effects took over."""
    frame = staggered(1, {0: 14, 5: 14}).assign(always=1.0)
    labels = {"always": "预趋势与流失指数"}
    made = panel(frame, controls=["always"], labels=labels)
    got = ek.effects.twfe(made)
    lost = [text for text in got.warnings if "预趋势与流失指数" in text]
    assert len(lost) == 1 and "完全共线" in lost[0]
    said = reports.in_words(got).plain()
    assert "方法上还有保留" in said and "走势就不一样" not in said and "后来没有数据" not in said


def test_trends_that_part_are_told_to_both_readers() -> None:
    frame = staggered(8, {0: 14, 6: 12}, rho=0.2)
    drift = frame.assign(y=frame["y"] + 0.8 * (frame["year"] - 2000) * (frame["first"] > 0))
    got = ek.effects.twfe(panel(drift))
    codes_of = [n.code for n in got.notes if n.tone == "warning"]
    assert codes_of == ["pretrend.not_parallel"]
    assert "预趋势不平行" in got.warnings[0]
    assert "实施以前两类地区的走势就不一样" in reports.in_words(got).plain()


def test_a_jump_of_the_number_of_units_is_not_told_as_round_numbers() -> None:
    """The words of the density warning hold 扎堆: it was told as heaping, and its own plain words never."""
    rng = np.random.default_rng(3)
    x = np.r_[rng.uniform(20, 180, 2500), rng.uniform(100, 110, 400)]
    frame = pd.DataFrame({"covered": rng.normal(0.5, 0.1, len(x)), "employees": x})
    got = ek.effects.rd(frame)
    assert got.notes[0].code == "threshold.density"
    said = reports.in_words(got).plain()
    assert "临界值附近的单位数" in said and "凑整" not in said


def test_a_result_prints_its_notes_as_texts_and_takes_remarks_of_ones_own() -> None:
    got = ek.effects.twfe(panel(staggered(1, {0: 14, 5: 14})))
    own = got.with_notes(ek.effects.Note("warning", "当年{换届}，口径有变"))
    assert own.warnings[0] == "当年{换届}，口径有变" and "▲ 当年{换届}" in own.block().plain()
    assert own.with_notes(ek.effects.Note("warning", "当年{换届}，口径有变")).notes == own.notes
    assert repr(own.notes).startswith("('当年{换届}，口径有变'")
    left = panel(staggered(1)).having(np.ones(40 * 8, bool), "去掉了试点")
    assert left.notes == ("去掉了试点",)
    assert "去掉了试点" in [n.text for n in ek.effects.twfe(left).notes]


def test_an_unknown_code_is_refused_where_it_is_made() -> None:
    with pytest.raises(KeyError, match="nix"):
        note("few.nix")
