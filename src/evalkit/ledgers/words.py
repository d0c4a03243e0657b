"""The word lists of the room (words.yml), and characters brought to one width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.codebook.reading import parse_cached, read_text

_PATH = Path(__file__).with_name("words.yml")
WORDS: dict[str, Any] = parse_cached(_PATH, read_text(_PATH))[0]
FULL = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: " ", 0xA0: " "}  # one to one: places stay places


def listed(name: str) -> list[str]:
    """The words of an entry of words.yml that is written as one text."""
    return str(WORDS[name]).split()
