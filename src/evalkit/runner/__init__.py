"""Notebooks in parallel: warm forked processes or stock papermill, resumable, isolated. Knows nothing of districts.

papermill imports this package with every start (it loads all registered engines), so nothing heavy stands here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.runner.fanout import FanOut, fan_out
    from evalkit.runner.jobs import Event, Job, Outcome
    from evalkit.runner.local import Interrupted, pending, run

__all__ = ["Event", "FanOut", "Interrupted", "Job", "Outcome", "fan_out", "pending", "run"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "jobs" if name in ("Event", "Job", "Outcome") else "fanout"
    return getattr(import_module(f"{__name__}.{home}"), name)
