"""Chinese type on a bare machine: the system's faces first, else the one that pip brings.

``EVALKIT_FONTS=bundled`` forces the bundled face, so that pictures have the same bytes on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalkit.codebook import read_yaml

_PROBE = "两新组织党建评估覆盖率指导员经费演示数据（）、，。《》“”—●▲■○△□%‰0123456789−"
_PLAIN = (400, "normal", "regular")


@cache
def roles() -> dict[str, Any]:
    """Faces and the file that stands in, by role (fonts.yml)."""
    return dict(read_yaml(Path(__file__).with_name("fonts.yml")))


@dataclass(frozen=True)
class Face:
    """The face that stands for a role; `name` is the family matplotlib knows it by."""

    role: str
    name: str
    path: str
    index: int = 0
    bundled: bool = False
    missing: str = ""

    @property
    def minus(self) -> bool:
        """Whether the true minus sign (U+2212) is in the face; else charts use the hyphen."""
        return bool(self.path) and 0x2212 in cmap(self.path, self.index)


def bundled(file: str = "NotoSansSC-Regular.otf") -> Path | None:
    """The font file of the package pylopdf-fonts-zh-cn, found without importing it."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    paths = [Path(folder) / file for folder in (spec.submodule_search_locations or ())] if spec else []
    return next((path for path in paths if path.is_file()), None)


@cache
def cmap(path: str, index: int = 0) -> frozenset[int]:
    """Code points a font file can draw; of a damaged file, what the plain Latin face behind it can."""
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

    try:
        with open(path, "rb") as file, TTFont(file, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError):
        return frozenset(range(0x250))


def face(role: str = "图表") -> Face:
    """The face that stands for a role: the first of the system's that is there, else the bundled one."""
    return _face(role, os.environ.get("EVALKIT_FONTS", "") == "bundled")


@cache
def _face(role: str, force: bool) -> Face:
    wanted = roles()[role]
    if not force:
        from matplotlib import font_manager

        plain = [e for e in font_manager.fontManager.ttflist if e.style == "normal" and e.weight in _PLAIN]
        for entry in (e for name in wanted["faces"] for e in plain if e.name == name):
            return Face(role, entry.name, entry.fname, entry.index)
    path = bundled(wanted["file"])
    return Face(role, f"evalkit {path.stem}", str(path), bundled=True) if path else Face(role, "DejaVu Sans", "")


def family(role: str = "图表") -> list[str]:
    """Names for matplotlib's ``font.family``; the bundled file enters its list under a name nobody else has."""
    from matplotlib import font_manager

    chosen, manager = face(role), font_manager.fontManager
    if chosen.bundled and not any(entry.name == chosen.name for entry in manager.ttflist):
        manager.ttflist.append(font_manager.FontEntry(fname=chosen.path, name=chosen.name))
    return list(dict.fromkeys([chosen.name, "DejaVu Sans"]))


def missing_glyphs(text: str | Iterable[str], role: str = "图表") -> str:
    """Characters the face of a role cannot draw, in order, each once."""
    words = text if isinstance(text, str) else "".join(text)
    chosen = face(role)
    known = cmap(chosen.path, chosen.index) if chosen.path else frozenset(range(0x250))
    return "".join(dict.fromkeys(c for c in words if c.isprintable() and ord(c) not in known))


def font_report() -> list[Face]:
    """For `evalkit doctor`: which face stands for which role, and what of a Chinese sample it lacks."""
    return [replace(face(role), missing=missing_glyphs(_PROBE, role)) for role in roles()]
