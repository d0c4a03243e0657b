"""A remark is a code with its numbers; its words stand in a catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.world.note import Notes
from evalkit.world.number import fill

CATALOGUE = """
otherwise: 见表下说明
few:
  plain: 地区少
  treated: 只有{n}个
  told: {tone: warning, text: "{who}：p{p:=p}（{names}）", plain: 很少}
lost:
  seen: {tone: warning, text: "少了{share:.1%}"}
"""


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    (tmp_path / "notes.yml").write_text(CATALOGUE, encoding="utf-8")
    return Notes.beside(str(tmp_path / "module.py"))


def test_a_note_tells_its_numbers_to_both_readers(notes: Notes) -> None:
    few = notes.note("few.treated", n=3)
    told = notes.note("few.told", who=few, p=0.0004, names=("{甲}", "乙"))
    assert (few.tone, few.text, few.plain, few.topic) == ("info", "只有3个", "地区少", "few")
    assert (told.tone, str(told), told.plain) == ("warning", "只有3个：p<0.001（{甲}、乙）", "很少")
    lost = notes.note("lost.seen", share=0.2875)
    assert (lost.text, lost.plain, repr([lost])) == ("少了28.8%", "见表下说明", "['少了28.8%']")


def test_the_tone_may_depend_on_the_numbers(notes: Notes) -> None:
    calm = notes.note("lost.seen", "info", share=0.1)
    assert calm.tone == "info" and calm != notes.note("lost.seen", share=0.1)
    assert len({calm, notes.note("lost.seen", "info", share=0.1)}) == 1


def test_a_code_that_nobody_wrote_down_is_refused(notes: Notes) -> None:
    with pytest.raises(KeyError, match=r"few\.nix"):
        notes.note("few.nix")


def test_p_values_in_templates() -> None:
    assert (
        fill("p{a:=p}；{a:p}；p{b:=p}；{b:p}", a=0.0123, b=1e-5)
        == "p=0.012；0.012；p<0.001；<0.001"
    )
