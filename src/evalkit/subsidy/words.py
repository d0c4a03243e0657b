"""The words of the room (``words.yml``), its remarks (``notes.yml``), and the closed lists that a scheme draws on."""

from __future__ import annotations

from functools import cache

from evalkit.codebook import load_codebook
from evalkit.world.note import Notes
from evalkit.world.words import Words

WORDS = Words.beside(__file__)
NOTES = Notes.beside(__file__)
KIND_COLUMN = "kind:"  # kind:山区 says of an organisation whether its area is of that kind


def column_word(name: str) -> str:
    """What a column is called by a reader; a user's own column by its own name."""
    if name.startswith(KIND_COLUMN):
        return f"地区类型（{name.removeprefix(KIND_COLUMN)}）"
    return str(WORDS["columns"].get(name, f"“{name}”"))


@cache
def lists() -> dict[str, dict[str, str]]:
    """The closed lists of the packaged codebook: payers, kinds of organisation, purposes."""
    return load_codebook().lists
