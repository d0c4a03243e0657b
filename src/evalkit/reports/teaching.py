"""Exercises that check themselves: feedback in Chinese, the expected values in teaching.yml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from evalkit.documents import Block
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.yaml import read_yaml


@cache
def exercises() -> dict[str, Any]:
    return dict(read_yaml(Path(__file__).with_name("teaching.yml")))


def check(exercise: str, answer: Any = None) -> Block:
    """Feedback on an answer: right, a known mistake with its reason, or a hint. None is "not answered yet"."""
    known = exercises()
    if exercise not in known:
        raise InputError(
            Problem(
                "key_unknown",
                where="exercise",
                found=exercise,
                allowed="、".join(known),
                advice=did_you_mean(exercise, known),
            )
        )
    about = known[exercise]
    if answer is None or answer is ...:
        return Block.note(f"练习{exercise}还没有作答。提示：{about['hint']}")
    if _same(answer, about["answer"], about.get("within", 0)):
        return Block.note(f"练习{exercise}：对。{about['right']}")
    for wrong in about.get("wrong", ()):
        if _same(answer, wrong["answer"], wrong.get("within", about.get("within", 0))):
            return Block.note(f"练习{exercise}：还不对。{wrong['say']}", tone="warning")
    return Block.note(f"练习{exercise}：还不对。提示：{about['hint']}", tone="warning")


def _same(answer: Any, expected: Any, within: float) -> bool:
    if isinstance(expected, list):
        given = list(answer) if isinstance(answer, list | tuple | set) else [answer]
        return len(given) == len(expected) and all(
            _same(a, e, within) for a, e in zip(given, expected, strict=True)
        )
    if isinstance(expected, str | bool) or isinstance(answer, str | bool):
        return str(answer).strip() == str(expected)
    try:
        return abs(float(answer) - float(expected)) <= within + 1e-12
    except (TypeError, ValueError):
        return False
