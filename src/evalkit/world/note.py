"""A remark on a result as a code with its numbers; its words stand in a room's catalogue, for two kinds of readers.

    NOTES = Notes.beside(__file__)                      # notes.yml beside the module
    note = NOTES.note("attrition.lost", all=0.12, treated=0.2, never=0.05)
    str(note)                                           # for researchers, under the table
    note.plain                                          # for those who know no statistics

In the YAML a code is a topic and a name in it::

    otherwise: 方法上还有保留，见表下说明                    # the plain words of what has none
    attrition:
      plain: 有的地区后来没有数据，留下的可能有所不同          # of the whole topic; a name may have its own
      lost: {tone: warning, text: "样本流失：少了{all:.1%}……"}
      seen: 首期的个体都在                                # a text alone is an info

What is to be decided about a note is decided by its code and facts, never by its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.world.words import Words

Tone = Literal["info", "warning"]


@dataclass(frozen=True)
class Note:
    """A remark.

    Parameters
    ----------
    code
        ``topic.name``, as it stands in the catalogue.
    facts
        What fills the places of its words; a note may be a fact of another, and a tuple is an enumeration.
    words
        The catalogue.
    said
        ``info`` or ``warning`` where it depends on the numbers; else the catalogue's.
    """

    code: str
    facts: Mapping[str, Any]
    words: Words = field(repr=False, compare=False)
    said: Tone | None = None

    def __hash__(self) -> int:
        return hash(self.code)

    @property
    def topic(self) -> str:
        return self.code.partition(".")[0]

    @property
    def tone(self) -> Tone:
        """``info`` or ``warning``."""
        if self.said is not None:
            return self.said
        entry = self.words.at(self.code)
        return "warning" if _of(entry, "tone") == "warning" else "info"

    @property
    def text(self) -> str:
        """The words for researchers."""
        entry = self.words.at(self.code)
        key = f"{self.code}.text" if isinstance(entry, Mapping) else self.code
        return self._told(key)

    @property
    def plain(self) -> str:
        """The words for those who know no statistics."""
        for key in (f"{self.code}.plain", f"{self.topic}.plain", "otherwise"):
            try:
                self.words.at(key)
            except KeyError:
                continue
            return self._told(key)
        return self.text

    def _told(self, key: str) -> str:
        listed = {
            name: "、".join(map(str, value)) if isinstance(value, tuple) else value
            for name, value in self.facts.items()
        }
        return self.words.say(key, **listed)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return repr(self.text)


def _of(entry: Any, key: str) -> Any:
    return entry.get(key) if isinstance(entry, Mapping) else None


class Notes:
    """The remarks of one room.

    Parameters
    ----------
    words
        Their catalogue.
    """

    def __init__(self, words: Words) -> None:
        self.words = words

    @classmethod
    def beside(cls, module: str, name: str = "notes.yml") -> Notes:
        """The remarks in the file `name` in the folder of a module (its ``__file__``)."""
        return cls(Words.beside(module, name))

    def note(self, code: str, tone: Tone | None = None, /, **facts: Any) -> Note:
        """A remark with its numbers; KeyError where the catalogue has no such code."""
        self.words.at(code)
        return Note(code, facts, self.words, tone)
