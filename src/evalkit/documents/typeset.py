"""Typst in this process; in a fresh one where this process is a fork of one that has used it.

Typst keeps threads that a fork leaves behind: a compilation in the child would wait for them for ever.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from evalkit.problems import InputError, Problem

MAIN = "main.typ"
_used: list[int] = []  # the process that has used it


@cache
def typst_fonts(*folders: str) -> Any:
    """The faces in some folders and those Typst brings; the system's are not searched."""
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=list(folders)
    )


@cache
def _compiler(*folders: str) -> Any:
    import typst

    return typst.Compiler(font_paths=typst_fonts(*folders), ignore_system_fonts=True)


def typeset(folder: Path, form: str, folders: Sequence[str]) -> list[bytes]:
    """main.typ of a folder as ``pdf``, ``png`` (200 dpi, one a page), or JSON of its metadata: ``places``, ``spots``."""
    if _used and _used[0] != os.getpid():
        return _apart(folder, form, folders)
    import typst

    _used[:] = [os.getpid()]
    main, root = str(folder / MAIN), str(folder)
    try:
        if form in ("places", "spots"):
            found = typst.query(
                main,
                f"<{form[:-1]}>",
                "value",
                root=root,
                font_paths=typst_fonts(*folders),
                ignore_system_fonts=True,
            )
            return [found.encode()]
        made = _compiler(*folders).compile(main, root=root, format=form, ppi=200.0)
    except RuntimeError as error:
        advice = "请查看图片能否打开；仍不行请把笔记本发给维护人员"
        raise InputError(
            Problem("value_invalid", where="PDF", found=str(error)[:300], advice=advice)
        ) from error
    return made if isinstance(made, list) else [made]


def _apart(folder: Path, form: str, folders: Sequence[str]) -> list[bytes]:
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "evalkit.documents.typeset", str(folder), form, *folders]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise InputError(Problem("value_invalid", where="PDF", found=done.stderr.strip()[-300:]))
    return [(folder / name).read_bytes() for name in json.loads(done.stdout)]


if __name__ == "__main__":
    place, wanted = Path(sys.argv[1]), sys.argv[2]
    names = []
    for n, content in enumerate(typeset(place, wanted, sys.argv[3:])):
        names.append(f"made-{n}")
        (place / names[-1]).write_bytes(content)
    print(json.dumps(names))
