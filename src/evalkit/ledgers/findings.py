"""How each finding of the import is put (findings.yml), and what the readers and checks go by (rules.yml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.codebook.reading import parse_cached, read_text
from evalkit.problems import Problem, Severity


def declared(name: str) -> Any:
    """A YAML file of this room."""
    path = Path(__file__).with_name(name)
    return parse_cached(path, read_text(path))[0]


FINDINGS: dict[str, tuple[Severity, str, str]] = declared("findings.yml")
RULES: dict[str, Any] = declared("rules.yml")


def finding(
    code: str, file: str, where: str, found: str = "", read: str | None = None, *,
    allowed: str = "", advice: str | None = None, severity: Severity | None = None,
) -> Problem:  # fmt: skip
    """A `Problem` with what findings.yml says of its code."""
    usual = FINDINGS.get(code, ("warning", "", "核对"))
    said = usual[1] if read is None else read
    return Problem(code, severity or usual[0], file, where, found, said, allowed, usual[2] if advice is None else advice)
