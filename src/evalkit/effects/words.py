"""The words of this room: what the adviser says (advice.yml), remarks by code (notes.yml), names of designs and checks."""

from __future__ import annotations

from evalkit.world.note import Note, Notes, Tone
from evalkit.world.words import Words

WORDS = Words.beside(__file__, "advice.yml")
NOTES = Notes.beside(__file__)
note = NOTES.note


def name(design: str) -> str:
    """The Chinese name of a design or check; an unknown one stays as it is."""
    return str(WORDS["names"].get(design, design))


def remark(tone: Tone, text: str) -> Note:
    """A remark in somebody's own words, to be added to a result (``effect.with_notes``)."""
    return note("own.said", tone, text=text)
