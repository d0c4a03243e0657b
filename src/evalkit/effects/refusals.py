"""What a design refuses, and how a fit or a side check that fails is told."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

from evalkit.effects.panel import Panel
from evalkit.effects.words import NOTES, name, note
from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.world.note import Note

P = ParamSpec("P")
T = TypeVar("T")


def fitted(run: Callable[P, T]) -> Callable[P, T]:
    """A design: its library's own warnings are kept back (the notes say what matters), its giving up is a fault of the input."""

    @wraps(run)
    def tried(*given: P.args, **options: P.kwargs) -> T:
        try:
            with warnings.catch_warnings(action="ignore"):
                return run(*given, **options)
        except (
            ValueError,
            ArithmeticError,
            LookupError,
            StopIteration,
            np.linalg.LinAlgError,
        ) as error:
            found = f"估计不出来（{' '.join(str(error).split())[:80] or type(error).__name__}）"
            raise unfit(
                name(run.__name__), found, "请看 advise 的判断表换一种设计，或核对数据和所给的选项"
            ) from error

    return tried


def unfit(design: str, found: str, advice: str = "请看 ek.effects.advise(panel)") -> InputError:
    """The data do not carry the design."""
    return InputError(Problem("design_unfit", where=design, found=found, advice=advice))


def binary(panel: Panel, design: str) -> None:
    """Refuse a continuous treatment."""
    if panel.kind != "binary":
        raise unfit(
            design,
            f"{panel.label(panel.treatment)}是连续变量，没有开始实施的时期",
            "连续的政策变量请用 ek.effects.twfe",
        )


def unweighted(panel: Panel, design: str, advice: str) -> None:
    """Refuse weights where the design has no place for them: nothing given is ignored."""
    if panel.weighted:
        raise unfit(design, "面板有权重，这种方法用不上", f"{advice}；或在建面板时不给 weights")


def allowed_as(option: str, given: object, allowed: Iterable[str]) -> None:
    """Refuse an option that is not one of those allowed."""
    if given not in (known := list(allowed)):
        near = did_you_mean(str(given), known)
        raise InputError(
            Problem(
                "value_invalid",
                where=option,
                found=str(given),
                allowed="、".join(known),
                advice=near,
            )
        )


def side(check: str, run: Callable[[], T]) -> tuple[T | None, tuple[Note, ...]]:
    """What a side check (a key of ``checks`` in notes.yml) gives.

    Where it fails, whatever the error, a note names it: the estimate stands.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return run(), ()
    except Exception as error:
        named = NOTES.words["checks"][check]
        return None, (note("side.undone", check=check, name=named, reason=reason(error)),)


def reason(error: Exception) -> str:
    """Why something failed, in one line."""
    if isinstance(error, InputError):
        return "；".join(p.found or p.title for p in error.problems)
    return " ".join(str(error).split())[:80] or type(error).__name__
