"""The parts of an installation: what is there, and what to run where a command needs one that is not.

The parts are the extras of pyproject.toml, as the installed package declares them; start.py installs them when a command
asks for them.
"""

from __future__ import annotations

import re
from importlib import metadata

from evalkit.problems import InputError, Problem

NAMES = {
    "lab": "JupyterLab 工作台",
    "effects": "政策效果",
    "sql": "SQL 查询",
    "linkage": "跨年单位匹配",
    "dev": "程序的测试",
}
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)['\"]")


def normal(name: str) -> str:
    """The name of a package as PEP 503 writes it, without version and marker."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", name.strip())
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


def declared() -> dict[str, tuple[str, ...]]:
    """The packages of each part, as the installed Evalkit names them; empty where it is not installed."""
    try:
        required = metadata.requires("evalkit") or []
    except metadata.PackageNotFoundError:
        return {}
    parts: dict[str, tuple[str, ...]] = {}
    for line in required:
        if (extra := _EXTRA.search(line)) and extra[1] in NAMES:
            parts[extra[1]] = (*parts.get(extra[1], ()), normal(line))
    return parts


def missing(part: str) -> list[str]:
    """The packages of a part that are not installed."""
    return [name for name in declared().get(part, ()) if not installed(name)]


def installed(name: str) -> bool:
    """Whether a package is there, in whatever version."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def need(part: str) -> None:
    """Stop in one sentence where a part is not installed.

    Raises
    ------
    InputError
        With the command that installs it.
    """
    if missing(part):
        raise InputError(_problem(part))


def told(module: str | None) -> Problem | None:
    """What to run where a module was not found (its name, as the error has it); None where it is of no part."""
    package = normal((module or "").partition(".")[0])
    part = next((part for part, names in declared().items() if package in names), None)
    return _problem(part) if part else None


def _problem(part: str) -> Problem:
    advice = f"请运行 python start.py install {part}"
    return Problem("part_missing", found=f"“{NAMES[part]}”这一部分", advice=advice)
