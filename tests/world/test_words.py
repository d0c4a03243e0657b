"""Words of a room come from one file, by one way; a mistake in a key names key and file."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.problems import InputError
from evalkit.world.words import Words


@pytest.fixture
def words(tmp_path: Path) -> Words:
    text = 'say:\n  paid: "共{amount:.1f}元"\nmissing: [缺报, missing]\nlimits: ["最少{n}", "at least {n}"]\n'
    (tmp_path / "words.yml").write_text(text, encoding="utf-8")
    return Words.beside(str(tmp_path / "module.py"))


def test_sentences_are_filled_half_up(words: Words) -> None:
    assert words.say("say.paid", amount=0.25) == "共0.3元"


def test_a_pair_is_chinese_first(words: Words) -> None:
    assert [words.say("missing"), words.say("missing", lang="en")] == ["缺报", "missing"]
    assert words.say("limits", lang="en", n=3) == "at least 3"


def test_another_language_is_refused_in_words(words: Words) -> None:
    with pytest.raises(InputError, match="zh"):
        words.say("missing", lang="fr")


def test_an_unknown_key_is_named_whole(words: Words) -> None:
    with pytest.raises(KeyError, match=r"words\.yml: say\.nothing"):
        words.say("say.nothing")


def test_it_is_a_mapping_of_sections(words: Words) -> None:
    assert list(words) == ["say", "missing", "limits"]
    assert words["say"]["paid"].startswith("共")
