"""Chinese type on a bare machine: the system's faces first, else the one that pip brings.

``EVALKIT_FONTS=bundled`` forces the bundled face, so that pictures have the same bytes on every machine.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from evalkit.codebook import read_yaml

_PROBE = "两新组织党建评估覆盖率指导员经费演示数据（）、，。《》“”—●▲■○△□%‰0123456789−"
_PLAIN_WEIGHTS = range(350, 451)
_SLANTED_OR_BOLD = 0b1000100001  # fsSelection: oblique, bold, italic
_MACINTOSH, _MAC_CODES = (
    1,
    {1: "shift_jis", 2: "big5", 3: "euc_kr", 25: "gb18030"},
)  # platform of a name, its encodings
_FAMILY, _TYPOGRAPHIC_FAMILY = 1, 16  # entries of the table ``name``


@cache
def roles() -> dict[str, Any]:
    """Faces and the file that stands in, by role (fonts.yml)."""
    return dict(read_yaml(Path(__file__).with_name("fonts.yml")))


@dataclass(frozen=True)
class Face:
    """The face that stands for a role, by the name of its family."""

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
    paths = (
        [Path(folder) / file for folder in (spec.submodule_search_locations or ())] if spec else []
    )
    return next((path for path in paths if path.is_file()), None)


@cache
def cmap(path: str, index: int = 0) -> frozenset[int]:
    """Code points a font file can draw; of a damaged file, what the plain Latin face behind it can."""
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

    try:
        with open(path, "rb") as file, TTFont(file, fontNumber=index, lazy=True) as font:
            # names of glyphs are not asked for: of a face with outlines of PostScript they take half of the time
            font.setGlyphOrder([f"g{n}" for n in range(font["maxp"].numGlyphs)])
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
        known = installed()
        for name in wanted["faces"]:
            if name in known:
                return Face(role, name, *known[name])
    path = bundled(wanted["file"])
    return (
        Face(role, f"evalkit {path.stem}", str(path), bundled=True)
        if path
        else Face(role, "DejaVu Sans", "")
    )


@cache
def installed() -> dict[str, tuple[str, int]]:
    """The families of which a plain upright face is in the system's folders: name -> file and place in it.

    Read from the files themselves at every start, never from the list that matplotlib keeps for each user: that one
    knows no font that was installed later and differs from user to user. Of two files the first by name is taken.
    """
    from matplotlib import font_manager

    found: dict[str, tuple[str, int]] = {}
    wanted = {name for role in roles().values() for name in role["faces"]}
    for path in sorted(font_manager.findSystemFonts()):
        for index, families in enumerate(families_of(path)):
            for name in families & wanted:
                found.setdefault(name, (path, index))
    return found


def families_of(path: str) -> list[set[str]]:
    """The family names of each face in a font file, in every language; none for a face that is bold, light or slanted.

    Only the directory, ``name`` and ``OS/2`` of the file are read (OpenType 1.9), some microseconds a file; a damaged
    file has no faces.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(12)
            starts = [0]
            if head[:4] == b"ttcf":
                count = min(int.from_bytes(head[8:12], "big"), 64)
                starts = list(struct.unpack(f">{count}I", file.read(4 * count)))
            return [_families(file, start) for start in starts]
    except (OSError, struct.error, ValueError):
        return []


def _families(file: BinaryIO, start: int) -> set[str]:
    file.seek(start + 4)
    count = min(struct.unpack(">H6x", file.read(8))[0], 100)
    directory = [struct.unpack(">4s4xII", file.read(16)) for _ in range(count)]
    tables = {tag: (at, min(size, 200_000)) for tag, at, size in directory}
    if b"OS/2" in tables:
        file.seek(tables[b"OS/2"][0])
        weight, selection = struct.unpack(">4xH56xH", file.read(64))
        if weight not in _PLAIN_WEIGHTS or selection & _SLANTED_OR_BOLD:
            return set()
    if b"name" not in tables:
        return set()
    at, size = tables[b"name"]
    file.seek(at)
    data = file.read(size)
    count, texts = struct.unpack(">2xHH", data[:6])
    names: dict[int, set[str]] = {}
    for n in range(count):
        platform, encoding, _language, kind, length, offset = struct.unpack(
            ">6H", data[6 + 12 * n : 18 + 12 * n]
        )
        if kind in (_FAMILY, _TYPOGRAPHIC_FAMILY):
            raw = data[texts + offset : texts + offset + length]
            code = "utf-16-be" if platform != _MACINTOSH else _MAC_CODES.get(encoding, "mac_roman")
            names.setdefault(kind, set()).add(raw.decode(code, "ignore"))
    return set().union(*names.values())


def family(role: str = "图表") -> list[str]:
    """Names for matplotlib's ``font.family``: the files themselves enter its list, under names nobody else has."""
    chosen = face(role)
    return list(dict.fromkeys([_entered(chosen.path, chosen.index), _entered(_latin(), 0)]))


def _latin() -> str:
    """The plain Latin face that matplotlib brings; another of the same name may be on the system."""
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def _entered(path: str, index: int) -> str:
    """The name under which a font file stands in matplotlib's list, which it enters where it is not yet there."""
    from matplotlib import font_manager

    if not path:
        return "DejaVu Sans"
    name, entries = (
        f"evalkit {Path(path).stem}" + (f" {index}" if index else ""),
        font_manager.fontManager.ttflist,
    )
    if not any(entry.name == name and entry.fname == path for entry in entries):
        entries[:] = [entry for entry in entries if entry.name != name]
        entries.append(font_manager.FontEntry(fname=path, index=index, name=name))
    return name


def missing_glyphs(text: str | Iterable[str], role: str = "图表") -> str:
    """Characters the face of a role cannot draw, in order, each once."""
    words = text if isinstance(text, str) else "".join(text)
    chosen = face(role)
    known = cmap(chosen.path, chosen.index) if chosen.path else frozenset(range(0x250))
    return "".join(dict.fromkeys(c for c in words if c.isprintable() and ord(c) not in known))


def font_report() -> list[Face]:
    """For `evalkit doctor`: which face stands for which role, and what of a Chinese sample it lacks."""
    return [replace(face(role), missing=missing_glyphs(_PROBE, role)) for role in roles()]
