"""One look for every figure: size, type, colours, head and foot. Nothing global stays changed.

Figures are drawn with matplotlib's objects (no pyplot, no state), 16 cm wide at 200 dpi with margins reckoned in
inches: what is drawn is what is printed, and the same input gives the same bytes.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import matplotlib.style
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from PIL import Image

from evalkit.charts.frames import say
from evalkit.documents import Block, fonts

CM = 16.0
WIDTH = CM / 2.54
DPI = 200
EDGE = 0.08  # inches kept free at the four sides
INK, GREY, LIGHT, RED = "#1c1c1c", "#5f5f5f", "#d4d4d4", "#9b1c1c"
BLUE, ORANGE, LEVEL, BAR = "#0072B2", "#D55E00", "#7a7a7a", "#7DB4DA"
# Okabe and Ito's colours in an order whose greys alternate between dark and light; the hatch carries a grey print.
SERIES: tuple[tuple[str, str], ...] = (
    ("#0072B2", ""),
    ("#F0E442", ""),
    ("#E69F00", "////"),
    ("#9FD4F0", "...."),
    ("#6CCBAA", "\\\\\\\\"),
    ("#FFFFFF", "xxxx"),
    ("#4A4A4A", ""),
    ("#E3B7CF", "||||"),
)
GOAL = "#006b3c"  # the lines of goals
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
TITLE, SUB, BODY, SMALL, FOOT = 12.0, 9.0, 9.0, 7.5, 8.0
_STYLE = Path(__file__).with_name("evalkit.mplstyle")


def look() -> AbstractContextManager[None]:
    """The style for as long as the context lasts; a user's own settings do not reach it."""
    type_: dict[str, Any] = {
        "font.family": fonts.family(),
        "axes.unicode_minus": fonts.face().minus,
    }
    return matplotlib.style.context(["default", _STYLE, type_])


def ems(text: str) -> float:
    """Width of a line in ems: a Chinese character is one, a Latin one about 0.56."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.56 for c in text)


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines of a text of `size` points in `width` inches: Chinese breaks but before a stop, Latin at blanks, years never."""
    room, lines = width * 72 / size, []
    for paragraph in text.split("\n"):
        line = ""
        for piece in re.findall(r"\d[\d.,]*[年月日%％]?|[!-~]+|.", paragraph):
            for part in piece if ems(piece) > room else [piece]:
                if line and ems(line + part) > room and part not in "，。、；：）》”％%":
                    lines.append(line.rstrip())
                    line = ""
                line += part if line or part != " " else ""
        lines.append(line)
    return lines


def balance(text: str, size: float, width: float) -> list[str]:
    """Like `wrap`, with lines of about equal length, for headings."""
    n = len(wrap(text, size, width))
    return wrap(text, size, min(width, (ems(text) / n + 1) * size / 72)) if n > 1 else [text]


def cut(text: str, room: float) -> str:
    """A name cut to `room` ems, with … where something is left out."""
    fits = [n for n in range(len(text)) if ems(text[:n]) <= room - 1]
    return text if ems(text) <= room else text[: fits[-1] if fits else 0] + "…"


@dataclass
class Sheet:
    """A figure with its head and foot drawn; the body between them is filled with axes placed in inches."""

    figure: Figure
    title: str
    bottom: float
    words: dict[str, Any] = field(default_factory=dict)

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes at inches from the left edge of the paper and the lower edge of the body."""
        across, up = self.figure.get_size_inches()
        return self.figure.add_axes(
            (left / across, (self.bottom + bottom) / up, width / across, height / up)
        )

    def block(self, alt: str) -> Block:
        """The finished figure: PNG without date or software, with its alternative text."""
        stream = io.BytesIO()
        canvas = cast(FigureCanvasAgg, self.figure.canvas)
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message="Glyph .* missing from font"
            )  # said in missing_glyphs instead
            canvas.draw()  # type: ignore[no-untyped-call]
        # flat colours need no more than a palette: a quarter of the size and half of the time of full colour
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
        picture = Image.fromarray(pixels).quantize(
            64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        colours = np.array(picture.getpalette()).reshape(-1, 3)
        colours[colours.sum(axis=1).argmax()] = 255  # the paper stays white
        picture.putpalette(colours.ravel().tolist())
        picture.save(stream, format="png", dpi=(DPI, DPI), compress_level=6)
        texts = [item.get_text() for item in self.figure.findobj(Text) if isinstance(item, Text)]
        return Block.figure(
            self.title,
            stream.getvalue(),
            alt,
            width_cm=CM,
            missing_glyphs=fonts.missing_glyphs(texts),
            **self.words,
        )


@contextmanager
def sheet(
    title: str,
    height: float,
    *,
    subtitle: str = "",
    legend: Sequence[tuple[Artist, str]] = (),
    notes: Sequence[str] = (),
    source: str = "",
    demo: bool = False,
    lang: str = "zh",
) -> Iterator[Sheet]:
    """A sheet with title, subtitle, legend above the body of `height` inches, and notes and source line below it."""
    with look():
        inner = WIDTH - 2 * EDGE
        beside_mark = inner - (0.95 if demo else 0)  # the mark of demonstration data stands there
        heads = wrap(title, TITLE, inner)
        subs = wrap(subtitle, SUB, beside_mark) if subtitle else []
        rows = _legend_rows(legend, inner if subs else beside_mark)
        feet = [line for text in (*notes, source) if text for line in wrap(text, FOOT, inner)]
        head = EDGE + 0.22 * len(heads) + 0.17 * len(subs) + 0.2 * len(rows) + 0.06
        foot = EDGE + 0.145 * len(feet) + (0.06 if feet else 0)
        total = head + height + foot
        figure = Figure(figsize=(WIDTH, total))
        FigureCanvasAgg(figure)
        y = total - EDGE
        for line, size, step, colour in [(h, TITLE, 0.22, INK) for h in heads] + [
            (s, SUB, 0.17, GREY) for s in subs
        ]:
            figure.text(EDGE / WIDTH, y / total, line, size=size, color=colour, va="top")
            y -= step
        for place, row in enumerate(rows):
            x, middle = EDGE, (y - 0.1 - 0.2 * place) / total
            for handle, label, width in row:
                _key(figure, handle, x / WIDTH, middle, total)
                figure.text((x + 0.31) / WIDTH, middle, label, size=8, va="center")
                x += width
        for place, line in enumerate(reversed(feet)):
            figure.text(
                EDGE / WIDTH,
                (EDGE + 0.145 * place) / total,
                line,
                size=FOOT,
                color=GREY,
                va="bottom",
            )
        if demo:
            frame = {"boxstyle": "square,pad=0.25", "fc": "white", "ec": RED, "lw": 0.8}
            figure.text(
                1 - EDGE / WIDTH - 0.01,
                1 - (EDGE + 0.22 * len(heads) + 0.04) / total,
                say(lang, "demo"),
                size=9,
                color=RED,
                ha="right",
                va="top",
                bbox=frame,
            )
        titled = (EDGE + 0.22 * len(heads) - 0.02) / total
        yield Sheet(figure, title, foot, {"source": source, "demo": demo, "titled": titled})


@contextmanager
def plot(
    title: str,
    across: str,
    up: str,
    *,
    height: float = 2.8,
    left: float = 0.54,
    right: float = 0.02,
    size: float = BODY,
    **head: Any,
) -> Iterator[tuple[Sheet, Axes]]:
    """A sheet with one field whose axes are named; `left` and `right` inches stay free beside it, `head` is for `sheet`."""
    with sheet(title, height + 0.45, **head) as page:
        box = page.axes(EDGE + left, 0.42, WIDTH - 2 * EDGE - left - right, height)
        box.set_xlabel(across, size=size)
        box.set_ylabel(up, size=size)
        box.tick_params(labelsize=8)
        yield page, box


def _key(figure: Figure, handle: Artist, x: float, y: float, total: float) -> None:
    """A legend's line, marker or box, a quarter of an inch wide (drawn by hand: a Legend costs as much as the bars)."""
    wide = 0.25 / WIDTH
    if isinstance(handle, Rectangle):
        handle.set_bounds(x, y - 0.05 / total, wide, 0.1 / total)
    elif isinstance(handle, Line2D):
        handle.set_data([x, x + wide / 2, x + wide], [y] * 3)
        handle.set_markevery([1])
    figure.add_artist(handle)


def _legend_rows(
    legend: Sequence[tuple[Artist, str]], room: float
) -> list[list[tuple[Artist, str, float]]]:
    rows: list[list[tuple[Artist, str, float]]] = []
    for handle, label in legend:
        width = ems(label) * 8 / 72 + 0.46
        if not rows or sum(entry[2] for entry in rows[-1]) + width > room:
            rows.append([])
        rows[-1].append((handle, label, width))
    return rows


def key(**look: Any) -> Line2D:
    """A line or marker for the legend."""
    return Line2D([], [], **look)


def patch(**look: Any) -> Rectangle:
    """A box for the legend."""
    return Rectangle((0, 0), 1, 1, **look)


def beside(axes: Axes, texts: Sequence[str], size: float, *, grey: Any, shift: float = 5) -> None:
    """Texts at the right of the rows."""
    for y, text in enumerate(texts):
        axes.annotate(
            text,
            (1, y),
            xycoords=("axes fraction", "data"),
            xytext=(shift, 0),
            textcoords="offset points",
            va="center",
            size=size,
            color=GREY if grey[y] else INK,
        )


def boxes(axes: Axes, left: Any, low: Any, width: Any, height: Any, **look: Any) -> None:
    """Many rectangles of one look as a single path: with a hatch each patch of its own costs two milliseconds."""
    x0, y0, w, h = (np.asarray(v, float) for v in np.broadcast_arrays(left, low, width, height))
    if x0.size:
        corners = np.stack([x0, y0, x0 + w, y0, x0 + w, y0 + h, x0, y0 + h], axis=-1).reshape(
            -1, 4, 2
        )
        axes.add_patch(PathPatch(Outline.make_compound_path_from_polys(corners), **look))


Panel = tuple[Axes, slice]  # the axes and which of the rows stand in them


@dataclass(frozen=True)
class Grid:
    """How `n` areas stand in rows: one column, or up to three where they would not fit on a page."""

    columns: int
    rows: int
    step: float
    size: float

    @property
    def height(self) -> float:
        return self.rows * self.step

    def parts(self, n: int) -> list[slice]:
        return [slice(at, min(n, at + self.rows)) for at in range(0, n, self.rows)]


def grid(n: int, body: float = 3.75) -> Grid:
    """Rows at least 0.155 inch high, so that type stays at 7 points; some 24 take half a page, so that none stays empty.

    More than 45 areas go to a second column.
    """
    columns = min(3, -(-n // 45)) or 1
    rows = max(1, -(-n // columns))
    step = float(np.clip(body / rows, 0.155, 0.26))
    return Grid(columns, rows, step, min(BODY, max(7.0, step * 72 * 0.6)))


def panels(
    page: Sheet,
    shape: Grid,
    labels: Sequence[str],
    *,
    bottom: float = 0,
    texts: Sequence[str] = (),
    grey: Sequence[bool] = (),
) -> list[Panel]:
    """Axes for rows of areas, names at the left, texts at the right, first row on top."""
    right = max(map(ems, texts)) * shape.size / 72 + 0.12 if texts else 0
    gap, each = 0.18, (WIDTH - 2 * EDGE + 0.18) / shape.columns - 0.18
    room = each * 0.4 / shape.size * 72
    names = [cut(label, room) for label in labels]
    margin = max(map(ems, names), default=0) * shape.size / 72 + 0.08
    found = []
    for column, part in enumerate(shape.parts(len(labels))):
        n, left = part.stop - part.start, EDGE + column * (each + gap) + margin
        box = page.axes(
            left, bottom + (shape.rows - n) * shape.step, each - margin - right, n * shape.step
        )
        box.set_ylim(n - 0.5, -0.5)
        box.set_yticks(range(n), names[part], size=shape.size)
        box.tick_params(axis="y", length=0, pad=3)
        box.tick_params(axis="x", labelsize=8)
        box.locator_params(axis="x", nbins=5 if shape.columns == 1 else 3)
        beside(box, texts[part], shape.size, grey=grey[part] if grey else [False] * n)
        found.append((box, part))
    return found


def __warm_up__() -> None:
    """For a process that will fork (see `evalkit.runner.server`): fonts, words and styles are read once."""
    with sheet(
        "预热 Aa 0123456789.%",
        0.5,
        subtitle="一",
        legend=[(key(color=BLUE), "二")],
        notes=["三"],
        demo=True,
    ) as page:
        box = page.axes(1, 0.1, 1, 0.3)
        boxes(box, 0, [0, 1], 1, 0.5, fc=BLUE, hatch="////")
        beside(box, ["四"], BODY, grey=[False])
        page.block("五")
