"""What results of scoring say: the sentences of words.yml, and points as they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evalkit.world.number import fixed
from evalkit.world.showing import Showing, can_show
from evalkit.world.words import Words

WORDS = Words.beside(__file__)


def points(value: float) -> str:
    """Points as they are printed: two decimals, none where they are whole."""
    return fixed(float(value), 2).removesuffix(".00") if value == value else "—"


@dataclass(frozen=True)
class Sentences(Showing):
    """Some sentences, one a line: what `told` gives where no block of a document can be made of them."""

    items: tuple[str, ...]

    def plain(self) -> str:
        """The sentences as plain text."""
        return "\n".join(f"· {item}" for item in self.items)

    __str__ = __repr__ = plain


def told(lines: Iterable[str]) -> Any:
    """Sentences as a list of a document; as plain `Sentences` where only the small package is installed."""
    sentences = Sentences(tuple(lines))
    return sentences.block if can_show(sentences, "block") else sentences
