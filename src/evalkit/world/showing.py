"""How a value shows itself although it knows nothing of documents.

Values (`Scores`, `Plan`, `Result` ...) stand low in the house and return frames; their tables, workbooks and reports
are made high above, in ``reports``. A value asks for them by name, and whoever can make them has said so:

    # low: scoring/scores.py
    def block(self): return shown(self, "block")

    # high: reports/scores.py
    @shows(Scores, "block")
    def scores_block(scores): ...

Which module holds the makers of a room's values is told once, by ``evalkit/__init__.py``; it is imported at the first
question. Where what it needs is not installed (only the small package stands), `shown` says so, and a value shows
itself by its plain text.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from evalkit.problems import InputError, Problem

Maker = TypeVar("Maker", bound=Callable[..., Any])

_makers: dict[tuple[type, str], Callable[..., Any]] = {}
_modules: dict[str, str] = {}  # told and not imported yet: room -> module with its makers


def made_in(room: str, module: str) -> None:
    """Tell that importing `module` registers the makers of the values defined under `room` (``evalkit.scoring``)."""
    _modules[room] = module


def shows(kind: type, name: str) -> Callable[[Maker], Maker]:
    """Register the decorated function as what makes `name` of a value of `kind`; its first argument is the value."""

    def register(maker: Maker) -> Maker:
        _makers[kind, name] = maker
        return maker

    return register


def shown(value: Any, name: str, /, *arguments: Any, **options: Any) -> Any:
    """What was asked for under a name.

    Raises
    ------
    InputError
        When nothing that is installed can make it.
    """
    maker = _maker(type(value), name)
    if maker is None:
        raise InputError(
            Problem(
                "part_missing",
                found=f"{type(value).__name__}.{name}",
                allowed="装有全部组件的 evalkit",
                advice="只装了指标与评分的核心部分，不能出表、出图、出报告；请安装全部组件后再试",
            )
        )
    return maker(value, *arguments, **options)


def can_show(value: Any, name: str) -> bool:
    """Whether something installed makes `name` of the value."""
    return _maker(type(value), name) is not None


def _maker(kind: type, name: str) -> Callable[..., Any] | None:
    for one in kind.__mro__:
        room = ".".join(one.__module__.split(".")[:2])
        if room in _modules:
            module = _modules.pop(room)
            try:
                import_module(module)
            except ModuleNotFoundError as missing:
                if (missing.name or "").startswith("evalkit"):
                    raise
                _modules[room] = module  # only the small package is installed
        if (one, name) in _makers:
            return _makers[one, name]
    return None


class Showing:
    """A value that Jupyter shows by its `block`; plain text where no block can be made."""

    @property
    def block(self) -> Any:
        """The value as a block of a document."""
        return shown(self, "block")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if not can_show(self, "block"):
            return {"text/plain": repr(self)}
        found: dict[str, Any] = self.block._repr_mimebundle_(include, exclude)
        return found
