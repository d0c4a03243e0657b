"""Pictures of the sample: pages of a report side by side, what a command prints, a page as a browser shows it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from evalkit.documents.fonts import bundled
from evalkit.problems import InputError, Problem

PAGES = """#set page(width: auto, height: auto, margin: 0pt, fill: rgb("#808080"))
#grid(columns: {n}, gutter: 9pt, {pages})
"""
PPI = 90.0
SIZE, LEADING, MARGIN = 13, 1.65, 14  # pixels of a character, lines a character, pixels around
PAPER, INK = "#1e1e1e", "#e8e8e8"
WIDEST = 128  # columns of the terminal
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>{folder}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><edit name="family" mode="append" binding="weak"><string>Noto Sans SC</string></edit></match>
</fontconfig>
"""


def side_by_side(pdf: Path, pages: Sequence[int]) -> bytes:
    """Pages of a PDF (from 1) in one picture."""
    import typst

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(pdf, folder / "report.pdf")
        told = [f'box(fill: white, image("report.pdf", page: {n}))' for n in pages]
        text = PAGES.format(n=len(pages), pages=", ".join(told))
        (folder / "main.typ").write_text(text, encoding="utf-8")
        made = typst.compile(
            str(folder / "main.typ"),
            format="png",
            ppi=PPI,
            font_paths=[],
            ignore_system_fonts=True,
        )
    picture = made[0] if isinstance(made, list) else made
    return bytes(picture)


def wide(character: str) -> int:
    """The columns of a terminal that a character takes."""
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(line: str, columns: int = WIDEST) -> list[str]:
    """A line as a terminal of so many columns breaks it; what follows stands as far in as the line begins."""
    inset = " " * (len(line) - len(line.lstrip(" ")))
    found, taken = [""], 0
    for character in line:
        if taken + wide(character) > columns:
            found.append(inset)
            taken = len(inset)
        found[-1] += character
        taken += wide(character)
    return found


def terminal(lines: Sequence[str]) -> bytes:
    """What a command prints, as a terminal shows it: a character stands in one column, a Chinese one in two.

    Raises
    ------
    InputError
        The bundled face is not installed.
    """
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    chinese = bundled()
    if chinese is None:
        raise InputError(Problem("data_missing", found="没有安装自带字体"))
    mono = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"
    faces = {1: ImageFont.truetype(str(mono), SIZE), 2: ImageFont.truetype(str(chinese), SIZE)}
    column, line_height = SIZE * 0.62, int(SIZE * LEADING)
    rows = [part for line in lines for part in wrapped(line)]
    across = max(sum(map(wide, row)) for row in rows)
    size = (int(across * column + 0.5) + 2 * MARGIN, len(rows) * line_height + 2 * MARGIN)
    page = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(page)
    for n, row in enumerate(rows):
        at = 0
        for character in row:
            place = (MARGIN + at * column, MARGIN + n * line_height + line_height // 2)
            draw.text(place, character, INK, faces[wide(character)], anchor="lm")
            at += wide(character)
    kept = io.BytesIO()
    page.save(kept, "png", optimize=True)
    return kept.getvalue()


def browser() -> str | None:
    """A browser that can draw a page, where there is one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def screenshot(page: Path, width: int, height: int) -> bytes | None:
    """The top of a page as a browser shows it, in the bundled face; None without a browser."""
    program, face = browser(), bundled()
    if program is None or face is None:
        return None
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        told = FONTS.format(folder=face.parent, cache=folder / "cache")
        (folder / "fonts.conf").write_text(told, encoding="utf-8")
        picture = folder / "page.png"
        command = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},{height}",
            f"--screenshot={picture}",
            page.resolve().as_uri(),
        ]
        env = {**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")}
        subprocess.run(command, env=env, capture_output=True, timeout=120, check=False)
        return picture.read_bytes() if picture.exists() else None
