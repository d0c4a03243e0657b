"""Only the small package: what may be imported, and a process in which nothing else can be.

``python tests/core/bare.py SCRIPT`` runs a script in which every other third-party package is missing, and so are the
rooms of Evalkit that stand around the core.
"""

from __future__ import annotations

import importlib.abc
import re
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.metadata import distribution, packages_distributions
from types import ModuleType

# what the card asks for: nothing else is needed for indicators, scores and plans
CORE = (
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "pydantic",
    "ruamel.yaml",
    "python-stdnum",
    "Jinja2",
    "pyarrow",
)

AROUND = (
    "building",
    "charts",
    "demo",
    "documents",
    "effects",
    "ledgers",
    "pages",
    "reports",
    "runner",
)


def normalised(name: str) -> str:
    """A distribution's name as indexes and locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def with_needs(names: Sequence[str] = CORE) -> set[str]:
    """Distributions with all that they need themselves (no extras), by their normalised names."""
    found: set[str] = set()
    todo = [normalised(name) for name in names]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for need in distribution(name).requires or ():
            if "extra ==" not in need and "extra==" not in need:
                todo += [normalised(one) for one in _installed(need)]
    return found


def _installed(need: str) -> list[str]:
    """The distribution of a requirement, where it is installed: one for another system is not."""
    match = re.match(r"[A-Za-z0-9._-]+", need)
    assert match, need
    try:
        distribution(match[0])
    except ModuleNotFoundError:
        return []
    return [match[0]]


class NothingElse(importlib.abc.MetaPathFinder):
    """Refuses the modules of every installed distribution that is not among those allowed."""

    def __init__(self, allowed: set[str]) -> None:
        self.refused = {
            module
            for module, owners in packages_distributions().items()
            if not {normalised(owner) for owner in owners} & (allowed | {"evalkit"})
        }

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        first, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if first in self.refused or (first == "evalkit" and room in AROUND):
            raise ModuleNotFoundError(f"No module named {name!r} (not in the core)", name="more")
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, NothingElse(with_needs()))
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
