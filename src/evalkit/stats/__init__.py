"""Pure statistics: numpy in, numpy out. They know no table, no file and no language.

A name is looked up in its module when it is first used: who asks for a Gini coefficient does not wait for scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.stats.funnel import funnel_limits, overdispersion
    from evalkit.stats.inequality import atkinson, dagum, gini, lorenz, theil, theil_decomposition
    from evalkit.stats.intervals import (
        byar,
        dobson,
        poisson_exact,
        standardised_rate,
        student,
        wilson,
    )
    from evalkit.stats.ranksets import rank_sets
    from evalkit.stats.scale import adjust, beta_prior, cronbach_alpha, item_analysis, shrink
    from evalkit.stats.spc import run_rules, spc_limits

_MODULES = {
    "funnel": ("funnel_limits", "overdispersion"),
    "inequality": ("atkinson", "dagum", "gini", "lorenz", "theil", "theil_decomposition"),
    "intervals": ("byar", "dobson", "poisson_exact", "standardised_rate", "student", "wilson"),
    "ranksets": ("rank_sets",),
    "scale": ("adjust", "beta_prior", "cronbach_alpha", "item_analysis", "shrink"),
    "spc": ("run_rules", "spc_limits"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "adjust",
    "atkinson",
    "beta_prior",
    "byar",
    "cronbach_alpha",
    "dagum",
    "dobson",
    "funnel_limits",
    "gini",
    "item_analysis",
    "lorenz",
    "overdispersion",
    "poisson_exact",
    "rank_sets",
    "run_rules",
    "shrink",
    "spc_limits",
    "standardised_rate",
    "student",
    "theil",
    "theil_decomposition",
    "wilson",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'evalkit.stats' has no attribute {name!r}")
    found = getattr(import_module(f"evalkit.stats.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
