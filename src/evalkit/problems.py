"""What was found wrong, where, and what to write instead: one shape for every input.

Ledgers, codebook, schemes, studies and the command line all speak through `Problem`; several of them travel
together in one `InputError`. Nothing here ever holds a personal datum: a ``personal_data`` problem names the
place and the kind only.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_UNSEEN = re.compile(
    "[\u3164\u115f\u1160\uffa0\u2800\u034f\ufe00-\ufe0f]"
)  # letters and marks that nobody sees


def visible(text: str) -> str:
    """A text without what nobody sees: controls (lines and tabs stay), marks of direction and of no width, stray halves."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    kept = (
        c
        if c in "\n\t"
        else " "
        if c in "\r\v\f\x85\u2028\u2029"
        else "�"
        if "\ud800" <= c <= "\udfff"
        else ""
        if unicodedata.category(c) in ("Cc", "Cf")
        else c
        for c in text.replace("\r\n", "\n")
    )
    return _UNSEEN.sub("", "".join(kept))


MOST_NAMES = 20  # that a message lists
Severity = Literal["error", "warning", "question"]

SEVERITIES: dict[str, tuple[str, str]] = {
    "error": ("错误", "error"),
    "warning": ("提醒", "warning"),
    "question": ("待核", "question"),
}

# Code of a problem: its title in Chinese and English. JSON, so that a command that only says what is wrong loads nothing else.
TITLES: dict[str, list[str]] = json.loads(
    Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    Parameters
    ----------
    code
        A key of `TITLES` (problems.json); a new check adds its own.
    severity
        ``error`` (the value is lost), ``warning`` (kept, but look) or ``question`` (only the office can say).
    file, where
        The file and the place in it: ``组织台账!F12`` for a cell, ``measures.units.where`` for YAML.
    found, read, allowed, advice
        What stands there, what was made of it, what is allowed, what to write instead. Chinese.
    """

    code: str
    severity: Severity = "error"
    file: str = ""
    where: str = ""
    found: str = ""
    read: str = ""
    allowed: str = ""
    advice: str = ""

    @property
    def title(self) -> str:
        return TITLES.get(self.code, [self.code, self.code])[0]

    @property
    def sheet(self) -> str:
        return self.where.rpartition("!")[0]

    @property
    def cell(self) -> str:
        return self.where.rpartition("!")[2]

    def text(self, lang: str = "zh") -> str:
        """One line: place, what is wrong, what stands there, what is allowed, what to do."""
        chinese = lang == "zh"
        title = TITLES.get(self.code, [self.code, self.code])[0 if chinese else 1]
        label = SEVERITIES[self.severity][0 if chinese else 1]
        place = " ".join(part for part in (self.file, self.where) if part)
        names = (
            ("原文", "读作", "允许", "建议")
            if chinese
            else ("found", "read as", "allowed", "advice")
        )
        parts = [
            f"{name}：{value}" if chinese else f"{name}: {value}"
            for name, value in zip(
                names, (self.found, self.read, self.allowed, self.advice), strict=True
            )
            if value
        ]
        head = f"[{label}] {place}：{title}" if chinese else f"[{label}] {place}: {title}"
        if not place:
            head = f"[{label}] {title}"
        return visible("；".join([head, *parts]) if chinese else "; ".join([head, *parts]))

    def __str__(self) -> str:
        return self.text("zh")


class InputError(Exception):
    """Input that cannot be used; carries every problem found, not only the first."""

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return InputError, (self.problems,)  # so that it comes back whole from a worker process

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(f"{p.text('zh')}\n    {p.text('en')}" for p in self.problems))


def near(word: str, candidates: Iterable[str], n: int = 3) -> list[str]:
    """The candidates most like `word`, best first; empty when none is close."""
    return difflib.get_close_matches(str(word), [str(c) for c in candidates], n=n, cutoff=0.5)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``是否想写“…”？`` with the nearest candidates, or an empty text."""
    return meant(near(word, candidates))


def meant(names: Iterable[str]) -> str:
    """``是否想写“…”？``, or an empty text where there are no names."""
    quoted = "、".join(f"“{name}”" for name in names)
    return f"是否想写{quoted}？" if quoted else ""


def unknown(
    where: str,
    found: object,
    known: Iterable[object],
    code: str = "key_unknown",
    advice: str = "",
) -> Problem:
    """The problem of a name that is not among those known: some of them, and the nearest one (or else `advice`)."""
    names = [str(name) for name in known]
    return Problem(
        code,
        where=where,
        found=str(found),
        allowed="、".join(names[:MOST_NAMES]),
        advice=did_you_mean(str(found), names) or advice,
    )
