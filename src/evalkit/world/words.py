"""What a reader is told: every room keeps its words in a YAML file, and this is the one way to them.

    WORDS = Words.beside(__file__)              # words.yml beside the module
    WORDS["columns"]["members"]                 # a section, a word
    WORDS.say("say.unpaid", amount=12)          # a sentence with its places filled in
    WORDS.say("missing", lang="en")             # of a pair [Chinese, English]

A file is read at the first question, not when the module is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from evalkit.problems import InputError, Problem
from evalkit.world.number import fill
from evalkit.world.yaml import read_yaml

LANGUAGES = ("zh", "en")


class Words(Mapping[str, Any]):
    """The words of one room.

    Parameters
    ----------
    file
        The YAML file; a mapping.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def beside(cls, module: str, name: str = "words.yml") -> Words:
        """The words of the file `name` in the folder of a module (its ``__file__``)."""
        return cls(Path(module).with_name(name))

    @cached_property
    def _content(self) -> dict[str, Any]:
        return dict(read_yaml(self.file))

    def __getitem__(self, key: str) -> Any:
        return self._content[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def at(self, key: str) -> Any:
        """What stands under a dotted key; KeyError names the whole key and the file."""
        found: Any = self._content
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise KeyError(f"{self.file.name}: {key}")
            found = found[part]
        return found

    def say(self, key: str, /, lang: str = "zh", **facts: Any) -> str:
        """The sentence under a dotted key, its places filled in.

        Parameters
        ----------
        key
            As ``"say.unpaid"``.
        lang
            "zh" or "en", for words that stand as a pair [Chinese, English].
        facts
            What fills the places ``{name}``.

        Raises
        ------
        InputError
            For another language.
        """
        if lang not in LANGUAGES:
            raise InputError(Problem("value_invalid", found=lang, advice='lang="zh" 或 lang="en"'))
        text = self.at(key)
        if isinstance(text, list):
            text = text[LANGUAGES.index(lang)]
        return fill(str(text), **facts) if facts else str(text)
