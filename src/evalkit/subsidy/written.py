"""A reform as a file that somebody reads: its question at the head, a change a line, what each one is beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from evalkit.subsidy.ask import KEYS
from evalkit.subsidy.changes import HEAD
from evalkit.subsidy.values import SchemeData
from evalkit.subsidy.words import WORDS
from evalkit.world.number import plain

_PLAIN_KEY = re.compile(r"[\w.@\-]+")  # what needs no marks of quotation


def as_yaml(raw: Mapping[str, Any], scheme: SchemeData | None = None) -> str:
    """The text of a file from the plain values of a reform; with the scheme it says what each change is of.

    What is asked (a budget, a sum to share out) stands below the changes, as it is typed.
    """
    lines = [f"{key}: {_value(raw[key])}" for key in (*HEAD, "base") if key in raw]
    if changes := raw["changes"]:
        lines.append("changes:")
        for path, value in changes.items():
            told = _told(scheme, path) if scheme else ""
            lines.append(f"  {_key(path)}: {_value(value)}{told}")
    lines += [f"{key}: {_value(raw[key])}" for key in KEYS if key in raw]
    return "\n".join(lines) + "\n"


def _told(scheme: SchemeData, path: str) -> str:
    """What a change is of, and what holds now, as a remark of the file."""
    one = scheme.parameters.get(path)
    if one is None:
        return f"   # {scheme.label(path)}"
    now = plain(one.values[-1][1])
    return WORDS.say("file.remark", item=scheme.label(path), unit=one.unit, now=now)


def _key(text: str) -> str:
    return text if _PLAIN_KEY.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(k))}: {_value(one)}" for k, one in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
