"""Answers are worked out once for each question; a question is known by its content."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Remembering(Protocol):
    """Whatever keeps its answers: by the name of the method, then by its arguments."""

    @property
    def answers(self) -> dict[str, dict[Any, Any]]: ...


S = TypeVar("S", bound=Remembering)


def remembered(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method whose answer depends on nothing but its arguments, all hashable by content, and on its frozen object."""

    @wraps(method)
    def ask(self: S, /, *question: P.args, **named: P.kwargs) -> R:
        key = (question, tuple(sorted(named.items())))
        known = self.answers.setdefault(method.__name__, {})
        if key not in known:
            known[key] = method(self, *question, **named)
        found: R = known[key]
        return found

    return ask
