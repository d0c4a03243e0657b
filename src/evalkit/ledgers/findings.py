"""What the room declares: how findings are put (findings.yml), what readers and checks go by (rules.yml), words (words.yml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.problems import Problem, Severity
from evalkit.world.yaml import parse_cached, read_text


def declared(name: str) -> Any:
    """A YAML file of this room."""
    path = Path(__file__).with_name(name)
    return parse_cached(path, read_text(path))[0]


FINDINGS: dict[str, tuple[Severity, str, str]] = declared("findings.yml")
RULES: dict[str, Any] = declared("rules.yml")
WORDS: dict[str, Any] = declared("words.yml")
FULL = {0xFF01 + i: 0x21 + i for i in range(94)} | {
    0x3000: " ",
    0xA0: " ",
}  # one to one: places stay places


def listed(name: str) -> list[str]:
    """The words of an entry of words.yml that is written as one text."""
    return str(WORDS[name]).split()


def finding(
    code: str,
    file: str,
    where: str,
    found: str = "",
    read: str | None = None,
    *,
    allowed: str = "",
    advice: str | None = None,
    severity: Severity | None = None,
) -> Problem:
    """A `Problem` with what findings.yml says of its code."""
    usual = FINDINGS.get(code, ("warning", "", "核对"))
    said = usual[1] if read is None else read
    return Problem(
        code,
        severity or usual[0],
        file,
        where,
        found,
        said,
        allowed,
        usual[2] if advice is None else advice,
    )
