"""The words of this room: what the adviser says (advice.yml), names of designs and checks."""

from __future__ import annotations

from evalkit.world.words import Words

WORDS = Words.beside(__file__, "advice.yml")


def name(design: str) -> str:
    """The Chinese name of a design or check; an unknown one stays as it is."""
    return str(WORDS["names"].get(design, design))
