"""Evalkit: a policy evaluation workbench for party building in non-public enterprises and social organisations.

``import evalkit as ek`` loads nothing heavy: every name below is looked up in its room when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from evalkit.world.showing import made_in

__version__ = "0.2.0"

_FACE: dict[str, tuple[str, str | None]] = {
    # name: (module, attribute); attribute None is the module itself
    "InputError": ("evalkit.problems", "InputError"),
    "Problem": ("evalkit.problems", "Problem"),
    "load_codebook": ("evalkit.codebook", "load_codebook"),
    "number": ("evalkit.world.number", None),
    "stats": ("evalkit.stats", None),
    "scoring": ("evalkit.scoring", None),
    "charts": ("evalkit.charts", None),
    "tables": ("evalkit.reports.tables", None),
    "prose": ("evalkit.reports.prose", None),
    "annual": ("evalkit.reports.annual", None),
    "slot": ("evalkit.reports.annual", "slot"),
    "read_ledger": ("evalkit.building", "read_ledger"),
    "build": ("evalkit.building", "build"),
    "load": ("evalkit.reports.ready", "load"),
    "evaluate": ("evalkit.indicators", "evaluate"),
    "check": ("evalkit.indicators", "check"),
    "compare": ("evalkit.indicators", "compare"),
    "trace": ("evalkit.indicators", "trace"),
    "score": ("evalkit.scoring.scores", "score"),
    "stars": ("evalkit.scoring.stars", "stars"),
    "research": ("evalkit.reports.research", None),
    "teaching": ("evalkit.reports.teaching", None),
    "Block": ("evalkit.documents", "Block"),
    "export": ("evalkit.documents", "export"),
    "write": ("evalkit.documents", "write"),
    "Cover": ("evalkit.documents", "Cover"),
    "Cell": ("evalkit.documents", "Cell"),
    "Format": ("evalkit.documents", "Format"),
    "plan": ("evalkit.subsidy", "plan"),
    "load_scheme": ("evalkit.subsidy", "load_scheme"),
    "load_reform": ("evalkit.subsidy", "load_reform"),
    "subsidy": ("evalkit.subsidy", None),
    "panel": ("evalkit.effects", "panel"),
    "effects": ("evalkit.effects", None),
    "gather": ("evalkit.reports.gathering", "gather"),
    "own": ("evalkit.reports.own", "own"),
    "study": ("evalkit.reports.study", None),
    "self_evaluate": ("evalkit.reports.selfeval_filling", "self_evaluate"),
}

__all__ = ["__version__", *_FACE]

# Who makes tables, workbooks and reports of the values of the rooms below (`evalkit.world.showing`).
made_in("evalkit.effects", "evalkit.effects.faces")
made_in("evalkit.scoring", "evalkit.reports.scores")
made_in("evalkit.subsidy", "evalkit.reports.plans")
made_in("evalkit.selfeval", "evalkit.reports.selfeval")


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    module, attribute = _FACE[name]
    value = import_module(module)
    found = value if attribute is None else getattr(value, attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


if "IPython" in sys.modules:  # in a notebook errors and frames speak to its reader
    import_module("evalkit.workbench").settle_in()
