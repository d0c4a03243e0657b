"""What a remark tells of a unit's becoming: from whom it came, into whom it went. Nothing else of a remark is kept.

>>> told("2025年由甲山机械厂、乙水机械厂合并组建")
Change(came=('甲山机械厂', '乙水机械厂'), into='', ended=False)
>>> told("已并入丙江实业有限公司")
Change(came=(), into='丙江实业有限公司', ended=True)
>>> told("走访过两次") is None
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from evalkit.ledgers import persons
from evalkit.ledgers.findings import RULES
from evalkit.ledgers.headings import squeeze

_WORDS = RULES["changes"]
_ANY = re.compile(_WORDS["any"])
_CAME = tuple(re.compile(pattern) for pattern in _WORDS["came"])
_INTO = tuple(re.compile(pattern) for pattern in _WORDS["into"])
_ENDED = re.compile(_WORDS["ended"])
_OTHERS = re.compile(_WORDS["others"])
_UNIT = re.compile(_WORDS["unit"])
_BETWEEN = re.compile(r"[、,，;；]|(?<=[厂司店社所院校园会])[和与及]")
_LONGEST = 120


@dataclass(frozen=True)
class Change:
    """From whom a unit came and into whom it went, by name, and whether it is told to have ended."""

    came: tuple[str, ...] = ()
    into: str = ""
    ended: bool = False


@lru_cache(maxsize=20_000)
def told(text: str) -> Change | None:
    """The change that a remark tells; None where it tells none, or names nothing that is called like a unit."""
    said = squeeze(text)
    if len(said) > _LONGEST or not _ANY.search(said) or _OTHERS.search(said):
        return None
    came = next((names for p in _CAME if (names := _names(p.search(said)))), ())
    into = next((names for p in _INTO if (names := _names(p.search(said)))), ())
    ended = bool(_ENDED.search(said)) or bool(into)
    if not (came or into or ended):
        return None
    return Change(came, into[0] if len(into) == 1 else "", ended)


def _names(found: re.Match[str] | None) -> tuple[str, ...]:
    """The units that a remark names, where every piece is one: no person passes, whatever a unit is called after."""
    if found is None:
        return ()
    pieces = [piece for piece in _BETWEEN.split(found["names"]) if piece]
    fit = all(_UNIT.search(p) and persons.gate(p, "body").text == p for p in pieces)
    return tuple(pieces) if fit else ()
