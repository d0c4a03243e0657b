"""PowerPoint: a briefing of slides with native charts and tables, every text within its box.

The first slide is the cover; each further one a block of kind ``slide``: texts, tables and tables drawn as bars, from top to
bottom. Type is as large as the slide holds; what does not fit at the smallest size is shortened, and stands whole in the
notes of the slide. Chart data are a workbook of the house, so that text in it is never a formula and bytes are reproducible.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from evalkit.documents.blocks import Block, marks, parts
from evalkit.documents.cells import Cell, printed, side
from evalkit.documents.cover import Cover
from evalkit.documents.layout import DEMO, em, feet_of
from evalkit.documents.workbook import FIXED, book_bytes, write_cell
from evalkit.documents.xlsx import value_of

FACE = "微软雅黑"  # on every Windows, and replaced by its like elsewhere
WIDE, HIGH, EDGE = 960.0, 540.0, 40.0  # points: a slide of 16:9, and what stays free at its sides
SIZES = (22.0, 20.0, 18.0, 16.0, 14.0, 13.0, 12.0)  # of the text, the largest that fits
BESIDE_CHART = 16.0  # no larger beside a chart, which takes the room
TITLES = (30.0, 28.0, 26.0, 24.0, 22.0, 20.0)
LINE = 1.32  # height of a line in its type
INSET = 4.0  # free inside a box, at each side
AFTER = 0.35  # of a line: between paragraphs
PAD = 4.0  # above and below the text of a cell
LENGTH = 0.8  # the power of its length by which a long column shares what is left
GAP = 10.0  # between the pieces of a slide
LOWEST = 220.0  # a chart is no lower
SLANTED = 12  # from so many bars on their names stand aslant
NAME = 9.0  # em: a longer name below a bar is shortened in its middle
ROWS_LEFT = "（其余{n}行见评估报告）"
INK, GREY, RED, BLUE, LIGHT, PALE = "1C1C1C", "5F5F5F", "9B1C1C", "1F4E79", "E7EEF7", "FFFFFF"
BAR, TARGET = "2F75B5", "C00000"
_EMU = 12700
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@dataclass(frozen=True)
class Box:
    """A place on a slide, in points."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[int, int, int, int]:
        left, top, width, height = (
            round(v * _EMU) for v in (self.left, self.top, self.width, self.height)
        )
        return left, top, width, height


LOOSER = 1.7  # rows of a table are so much higher at most where a slide has room
TITLE = Box(EDGE, 20.0, WIDE - 2 * EDGE, 70.0)
BODY = Box(EDGE, 100.0, WIDE - 2 * EDGE, 392.0)
FOOT = Box(EDGE, 500.0, WIDE - 2 * EDGE - 60.0, 28.0)
NUMBER = Box(WIDE - EDGE - 60.0, 500.0, 60.0, 28.0)


# how much room a text takes


def lines(text: str, size: float, width: float) -> int:
    """Lines of a text in `width` points; of each a character's width is lost to the rules of Chinese stops."""
    room = max(width - size, size)
    return sum(max(1, math.ceil(em(part) * size / room)) for part in text.split("\n"))


def text_height(texts: Sequence[str], size: float, width: float) -> float:
    """Height of paragraphs in a box of a width."""
    inside = width - 2 * INSET
    told = sum(lines(text, size, inside) * LINE + AFTER for text in texts)
    return told * size + 2 * INSET if texts else 0.0


def column_widths(texts: Sequence[Sequence[str]], size: float, width: float) -> list[float]:
    """Widths of a table's columns: short ones hold their longest line, the others share what is left by their length."""
    wanted = [max(em(row[n]) for row in texts) * size + 2 * size for n in range(len(texts[0]))]
    if sum(wanted) <= width:
        return [width * want / sum(wanted) for want in wanted]
    fair = width / len(wanted)
    short = {n for n, want in enumerate(wanted) if want <= fair}
    left = width - sum(wanted[n] for n in short)
    long = sum(math.sqrt(want) for n, want in enumerate(wanted) if n not in short)
    return [want if n in short else left * math.sqrt(want) / long for n, want in enumerate(wanted)]


def row_heights(
    texts: Sequence[Sequence[str]], size: float, widths: Sequence[float]
) -> list[float]:
    """Heights of a table's rows."""
    return [
        max(lines(text, size, wide - 2 * PAD) for text, wide in zip(row, widths, strict=True))
        * size
        * LINE
        + 2 * PAD
        for row in texts
    ]


def shortened(text: str, room: float) -> str:
    """A name within `room` em: its head and its end, which tells what it is, with … between."""
    if em(text) <= room:
        return text
    ends = max(2, int(room / 3))
    head = max(1, int(room) - ends - 1)
    return f"{text[:head]}…{text[-ends:]}"


def fitting(text: str, size: float, box: Box) -> str:
    """A text cut so that it stands in a box."""
    while text and text_height([text], size, box.width) > box.height:
        text = text.rstrip("…")[:-4] + "…" if len(text) > 6 else ""
    return text


# the pieces of a slide


@dataclass(frozen=True)
class Piece:
    """A part of a slide between others: texts, a table or a chart."""

    texts: tuple[str, ...] = ()
    bullets: bool = False
    pending: bool = False
    rows: tuple[tuple[str, ...], ...] = ()  # the head first
    sides: tuple[str, ...] = ()
    total: int = 0
    chart: Block | None = None
    title: str = ""
    left: int = 0  # rows that were left out

    def height(self, size: float) -> float:
        if self.chart is not None:
            return LOWEST
        if self.rows:
            widths = column_widths(self.rows, size, BODY.width)
            more = text_height([ROWS_LEFT], size, BODY.width) if self.left else 0.0
            return sum(row_heights(self.rows, size, widths)) + more
        return text_height(self.texts, size, BODY.width)

    def shorter(self) -> Piece | None:
        """The piece with its last text or row left out; None where nothing more may go."""
        if self.rows and len(self.rows) > 3:
            return replace(self, rows=self.rows[:-1], left=self.left + 1)
        if self.rows:
            longest = max(len(cell) for row in self.rows for cell in row)
            if longest < 12:
                return None
            cut = tuple(
                tuple(
                    cell[: longest - 6].rstrip("…") + "…" if len(cell) == longest else cell
                    for cell in row
                )
                for row in self.rows
            )
            return replace(self, rows=cut)
        if len(self.texts) > 1:
            return replace(self, texts=self.texts[:-1])
        if self.texts and len(self.texts[0]) > 24:
            return replace(self, texts=(self.texts[0][:-12].rstrip("…") + "…",))
        return None


def pieces_of(blocks: Sequence[Block]) -> list[Piece]:
    """The pieces of the blocks of a slide."""
    found = []
    for block in blocks:
        if block.kind == "table" and block.content.get("chart"):
            found.append(Piece(chart=block, title=block.content["title"]))
        elif block.kind == "table":
            found.append(_table_piece(block))
        elif block.kind == "list":
            marked = zip(marks(block.content), parts(block), strict=True)
            texts = tuple(f"{m.text if m.number else ''}{text}" for m, (text, _) in marked)
            found.append(Piece(texts, bullets=not block.content.get("ordered")))
        elif block.kind in ("paragraph", "note") and block.content["text"]:
            pending = block.content.get("style") == "pending"
            found.append(Piece((block.content["text"],), pending=pending))
    return found


def _table_piece(block: Block) -> Piece:
    content = block.content
    columns, rows = content["columns"], content["rows"]
    head = tuple(column["label"] for column in columns)
    texts = tuple(
        tuple(printed(Cell.read(c), column) for c, column in zip(row, columns, strict=True))
        for row in rows
    )
    sides = tuple(side(column, [row[n] for row in rows]) for n, column in enumerate(columns))
    total = int(content.get("total_rows", 0))
    return Piece(rows=(head, *texts), sides=sides, total=total, title=content["title"])


def arranged(pieces: Sequence[Piece]) -> tuple[float, list[Piece], bool]:
    """Size of type at which the pieces stand on a slide, the pieces as they fit, and whether anything was left out."""
    charts = any(piece.chart is not None for piece in pieces)
    for size in SIZES if not charts else [s for s in SIZES if s <= BESIDE_CHART]:
        if _needed(pieces, size) <= BODY.height:
            return size, [*pieces], False
    size, kept = SIZES[-1], [*pieces]
    while _needed(kept, size) > BODY.height:
        order = sorted(range(len(kept)), key=lambda n: -kept[n].height(size))
        changed = next(((n, less) for n in order if (less := kept[n].shorter())), None)
        if changed is None:
            break
        kept[changed[0]] = changed[1]
    return size, kept, True


def _needed(pieces: Sequence[Piece], size: float) -> float:
    return sum(piece.height(size) for piece in pieces) + GAP * max(0, len(pieces) - 1)


# writing


def briefing(slides: Sequence[Block], title: str, cover: Cover | None, demo: bool) -> bytes:
    """The briefing: a cover, and a slide for each block of kind ``slide``."""
    deck = _deck()
    _cover_slide(deck, title, cover or Cover(), demo)
    for slide in slides:
        _slide(deck, slide, demo)
    core, fixed = deck.core_properties, dt.datetime(2026, 1, 1)
    core.title, core.author, core.last_modified_by, core.language = (
        title[:255],
        "Evalkit",
        "Evalkit",
        "zh-CN",
    )
    core.created = core.modified = fixed
    core.revision = 1
    return _packed(deck)


@cache
def _template() -> bytes:
    """An empty deck of 16:9 with the two layouts used, made once a process."""
    from pptx import Presentation

    deck: Any = Presentation()
    wider = WIDE * _EMU / deck.slide_width
    deck.slide_width, deck.slide_height = round(WIDE * _EMU), round(HIGH * _EMU)
    layouts = deck.slide_layouts
    for layout in [one for n, one in enumerate(layouts) if n not in (0, 5)]:
        layouts.remove(layout)
    for place in (deck.slide_master, *deck.slide_layouts):
        for shape in place.placeholders:
            if shape._element.spPr.xfrm is not None:
                shape.left, shape.width = round(shape.left * wider), round(shape.width * wider)
    for key, relation in list(deck.part.package._rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            deck.part.package._rels.pop(key)
    for key, relation in list(deck.part.rels.items()):
        if relation.reltype.endswith("/printerSettings"):
            deck.part.rels.pop(key)
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _deck() -> Any:
    from pptx import Presentation

    return Presentation(io.BytesIO(_template()))


def _cover_slide(deck: Any, title: str, cover: Cover, demo: bool) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    box = Box(EDGE, 130.0, WIDE - 2 * EDGE, 130.0)
    size = next((s for s in (44.0, 40.0, *TITLES) if _fits(title, s, box)), TITLES[-1])
    heading, below = slide.placeholders[0], slide.placeholders[1]
    _place(heading, box)
    _write(heading, [fitting(title, size, box)], size, bold=True, colour=BLUE, align="ctr")
    told = [cover.mark, cover.subtitle, cover.period, cover.office, cover.date.strip()]
    texts = [text for text in told if text] + ([DEMO] if demo else [])
    under = Box(EDGE, 290.0, WIDE - 2 * EDGE, 170.0)
    _place(below, under)
    size = next((s for s in SIZES if text_height(texts, s, under.width) <= under.height), SIZES[-1])
    _write(below, texts, size, align="ctr", red=len(texts) - 1 if demo else None)
    slide.notes_slide.notes_text_frame.text = "\n".join([title, *texts])


def _fits(text: str, size: float, box: Box) -> bool:
    return text_height([text], size, box.width) <= box.height


def _slide(deck: Any, block: Block, demo: bool) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    content = block.content
    size = next((s for s in TITLES if _fits(content["title"], s, TITLE)), TITLES[-1])
    heading = slide.placeholders[0]
    _place(heading, TITLE)
    _write(heading, [fitting(content["title"], size, TITLE)], size, bold=True, colour=BLUE)
    given = pieces_of(block.blocks)
    size, kept, left_out = arranged(given)
    spare = BODY.height - _needed(kept, size)
    charts = sum(piece.chart is not None for piece in kept)
    tables = sum(piece.height(size) for piece in kept if piece.rows)
    top = BODY.top
    for piece in kept:
        high = piece.height(size)
        if piece.chart is not None:
            high += spare / charts
        elif piece.rows and not charts:
            high *= min(LOOSER, 1 + spare / tables)
        box = Box(BODY.left, top, BODY.width, high)
        _draw(slide, piece, size, box)
        top += high + GAP
    _foot(slide, demo, block)
    whole = [text for piece in given for text in _all_texts(piece)] if left_out else []
    notes = [content["title"], *whole, *content.get("notes", ()), *_sources(block)]
    slide.notes_slide.notes_text_frame.text = "\n".join(dict.fromkeys(notes))


def _all_texts(piece: Piece) -> list[str]:
    return [*piece.texts, *("　".join(row) for row in piece.rows)]


def _sources(block: Block) -> list[str]:
    """What stands below the tables of a slide in the report: notes, base and source."""
    return [foot for b in block.blocks if b.kind == "table" for foot in feet_of(b.content)]


def _draw(slide: Any, piece: Piece, size: float, box: Box) -> None:
    if piece.chart is not None:
        _chart(slide, piece.chart, box)
    elif piece.rows:
        _table(slide, piece, size, box)
    else:
        shape = slide.shapes.add_textbox(*box.emu)
        _write(shape, list(piece.texts), size, bullets=piece.bullets, pending=piece.pending)


def _foot(slide: Any, demo: bool, block: Block) -> None:
    source = next((b.content["source"] for b in block.blocks if b.content.get("source")), "")
    words = DEMO if demo else f"来源：{source}" if source else ""
    if words:
        shape = slide.shapes.add_textbox(*FOOT.emu)
        _write(shape, [fitting(words, 10.0, FOOT)], 10.0, colour=RED if demo else GREY, tight=True)
    shape = slide.shapes.add_textbox(*NUMBER.emu)
    _write(shape, [""], 10.0, colour=GREY, align="r", tight=True)
    paragraph = shape.text_frame.paragraphs[0]._p
    field = paragraph.makeelement(
        f"{_A}fld", {"id": "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", "type": "slidenum"}
    )
    _properties(field, 10.0, False, GREY)
    text = field.makeelement(f"{_A}t", {})
    text.text = "‹#›"
    field.append(text)
    paragraph.insert(1, field)


# texts


def _place(shape: Any, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = box.emu


def _write(
    shape: Any,
    texts: Sequence[str],
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    align: str = "l",
    bullets: bool = False,
    pending: bool = False,
    tight: bool = False,
    red: int | None = None,
) -> None:
    """Paragraphs of a shape, each with its own size and lines of a fixed height, so that no program fits them otherwise."""
    from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE
    from pptx.util import Pt

    frame = shape.text_frame
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE if bold or tight else MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = Pt(INSET)
    frame.margin_top = frame.margin_bottom = Pt(0 if tight else INSET)
    for n, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        look = RED if pending or n == red else colour
        _paragraph(paragraph, f"· {text}" if bullets else text, size, bold, look, align)
        paragraph.space_after = Pt(AFTER * size if len(texts) > 1 else 0)


def _paragraph(
    paragraph: Any, text: str, size: float, bold: bool, colour: str, align: str = "l"
) -> None:
    from pptx.util import Pt

    paragraph.line_spacing = Pt(round(LINE * size, 1))
    paragraph._p.get_or_add_pPr().set("algn", align)
    if text:
        run = paragraph.add_run()
        run.text = text
        _properties(run._r, size, bold, colour)


def _properties(run: Any, size: float, bold: bool, colour: str) -> None:
    """Language, size, colour and faces of a run: Latin and East Asian have one face."""
    old = run.find(f"{_A}rPr")
    if old is not None:
        run.remove(old)
    look = run.makeelement(
        f"{_A}rPr",
        {"lang": "zh-CN", "altLang": "en-US", "sz": str(round(size * 100)), "b": str(int(bold))},
    )
    look.extend(_look(look, colour))
    run.insert(0, look)


def _look(parent: Any, colour: str) -> list[Any]:
    fill = parent.makeelement(f"{_A}solidFill", {})
    fill.append(parent.makeelement(f"{_A}srgbClr", {"val": colour}))
    faces = [parent.makeelement(f"{_A}{kind}", {"typeface": FACE}) for kind in ("latin", "ea")]
    return [fill, *faces]


def _described(frame: Any, words: str) -> None:
    """The alternative text of a table or chart."""
    frame._element.nvGraphicFramePr.cNvPr.set("descr", words)


# tables


def _table(slide: Any, piece: Piece, size: float, box: Box) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    widths = column_widths(piece.rows, size, box.width)
    heights = row_heights(piece.rows, size, widths)
    under = text_height([ROWS_LEFT], size, box.width) if piece.left else 0.0
    looser = max(1.0, (box.height - under) / sum(heights))
    heights = [height * looser for height in heights]
    inner = replace(box, height=sum(heights))
    frame = slide.shapes.add_table(len(heights), len(widths), *inner.emu)
    _described(frame, piece.title)
    table = frame.table
    for n, width in enumerate(widths):
        table.columns[n].width = round(width * _EMU)
    for r, (row, height) in enumerate(zip(piece.rows, heights, strict=True)):
        table.rows[r].height = round(height * _EMU)
        total = r >= len(piece.rows) - piece.total
        for c, text in enumerate(row):
            cell = table.cell(r, c)
            cell.margin_left = cell.margin_right = Pt(PAD)
            cell.margin_top = cell.margin_bottom = Pt(PAD)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            cell.fill.solid()
            cell.fill.fore_color.rgb = RGBColor.from_string(
                BLUE if r == 0 else LIGHT if total or r % 2 == 0 else PALE
            )
            align = "ctr" if r == 0 else {"r": "r", "c": "ctr"}.get(piece.sides[c], "l")
            colour = "FFFFFF" if r == 0 else RED if text.startswith("【待补充】") else INK
            paragraph = cell.text_frame.paragraphs[0]
            _paragraph(paragraph, text, size, r == 0 or total, colour, align)
    if piece.left:
        place = Box(box.left, box.top + inner.height, box.width, under)
        shape = slide.shapes.add_textbox(*place.emu)
        _write(shape, [ROWS_LEFT.format(n=piece.left)], size, colour=GREY)


# charts


def _chart(slide: Any, block: Block, box: Box) -> None:
    """Columns of a table's values by its first column, native and editable; the target as a line over them."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    content = block.content
    columns, rows = content["columns"], content["rows"]
    keys = [column["key"] for column in columns]
    drawn = [content["chart"][key] for key in ("values", "target") if content["chart"].get(key)]
    at = [keys.index(key) for key in drawn]
    held = [[value_of(row[n], columns[n]) for row in rows] for n in at]
    numbers = [
        [
            v if Cell.read(row[n]).number is not None else None
            for row, (v, _) in zip(rows, h, strict=True)
        ]
        for n, h in zip(at, held, strict=True)
    ]
    look = next((f for h in held for _, f in h if f), "General")
    names = _names(rows, columns, at[0])
    data = CategoryChartData(number_format=look)
    data.categories = names
    for n, values in zip(at, numbers, strict=True):
        data.add_series(columns[n]["label"], values)
    frame = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *box.emu, data)
    _described(frame, content["title"])
    chart = frame.chart
    labels = [columns[n]["label"] for n in at]
    chart.part.chart_workbook.update_from_xlsx_blob(
        book_bytes(_data_of(names, labels, numbers, look))
    )
    _look_of(chart, look, len(rows), box.width, names, bool(len(at) > 1))


def _names(rows: Sequence[Any], columns: Sequence[Any], at: int) -> list[str]:
    """What stands below the bars: the names, with what is printed instead of a number where there is none."""
    found: list[str] = []
    for row in rows:
        name = shortened(printed(Cell.read(row[0]), columns[0]), NAME)
        cell = Cell.read(row[at])
        if cell.number is None:
            name += f"（{printed(cell, columns[at])}）"
        n = 2
        plain = name
        while name in found:
            name, n = f"{plain}{n}", n + 1
        found.append(name)
    return found


def _data_of(
    names: Sequence[str], labels: Sequence[str], numbers: Sequence[Sequence[Any]], look: str
) -> Callable[[Any], None]:
    """What fills the workbook behind a chart: its cells stand where the chart looks for them."""

    def fill(book: Any) -> None:
        sheet = book.add_worksheet("Sheet1")
        form = book.add_format({"num_format": look})
        for n, name in enumerate(names, 1):
            write_cell(sheet, n, 0, name)
        for c, (label, values) in enumerate(zip(labels, numbers, strict=True), 1):
            write_cell(sheet, 0, c, label)
            for n, value in enumerate(values, 1):
                write_cell(sheet, n, c, value, form)
        sheet.set_column(0, 0, 24)

    return fill


def _look_of(
    chart: Any, look: str, n: int, width: float, names: Sequence[str], target: bool
) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    size = 12.0 if n <= SLANTED else 10.0 if n <= 26 else 8.0
    chart.font.size = Pt(size)
    chart.font.color.rgb = RGBColor.from_string(INK)
    chart.has_title, chart.has_legend = False, target
    if target:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
    plot = chart.plots[0]
    plot.gap_width, plot.vary_by_categories = 60 if n > 3 else 180, False
    bars = plot.series[0]
    bars.format.fill.solid()
    bars.format.fill.fore_color.rgb = RGBColor.from_string(BAR)
    plot.has_data_labels = False
    told = bars.data_labels
    told.show_value, told.number_format, told.number_format_is_linked = True, look, False
    told.font.size = Pt(size)
    if target and n <= SLANTED and _tall(bars):  # within the bars, clear of the line
        told.position, told.font.color.rgb = XL_LABEL_POSITION.INSIDE_END, RGBColor(255, 255, 255)
    values, places = chart.value_axis, chart.category_axis
    values.minimum_scale = 0 if _not_negative(bars) else None
    values.has_major_gridlines = True
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string("D9D9D9")
    values.format.line.fill.background()
    plain = "0%" if look.endswith("%") else look
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = plain, False
    if look.endswith("%") and all((v or 0) <= 1 for one in plot.series for v in one.values):
        values.maximum_scale = 1
    places.major_tick_mark = XL_TICK_MARK.NONE
    slot = (width - 60) / max(1, n)
    if n > SLANTED or max(map(em, names), default=0) * size > slot:
        body = places.tick_labels._element.get_or_add_txPr().bodyPr
        body.set("rot", "-2700000")
        body.set("vert", "horz")
    places.tick_labels.font.size = Pt(size)
    if target:
        _as_line(plot, chart)
    for run in chart._chartSpace.iter(f"{_A}defRPr"):
        for kind in ("latin", "ea"):
            for old in run.findall(f"{_A}{kind}"):
                run.remove(old)
        run.extend(run.makeelement(f"{_A}{kind}", {"typeface": FACE}) for kind in ("latin", "ea"))


def _tall(series: Any) -> bool:
    """Whether every bar is high enough to hold its number."""
    known = [value for value in series.values if value is not None]
    return bool(known) and min(known) > max(known) * 0.2


def _not_negative(series: Any) -> bool:
    return all(value is None or value >= 0 for value in series.values)


def _as_line(plot: Any, chart: Any) -> None:
    """The second series of the columns as a line over them, on the same axes."""
    from pptx.oxml import parse_xml

    bars = plot._element
    axes = [axis.get("val") for axis in bars.findall(bars.tag.replace("barChart", "axId"))]
    moved = plot.series[1]._element
    bars.remove(moved)
    name = moved.tag
    for gone in ("invertIfNegative", "spPr"):
        for child in moved.findall(name.replace("}ser", f"}}{gone}")):
            moved.remove(child)
    spaces = (
        'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )
    line = parse_xml(
        f'<c:lineChart {spaces}><c:grouping val="standard"/><c:varyColors val="0"/>'
        '<c:marker val="1"/>'
        + "".join(f'<c:axId val="{axis}"/>' for axis in axes)
        + "</c:lineChart>"
    )
    stroke = parse_xml(
        f'<c:spPr {spaces}><a:ln w="22225"><a:solidFill><a:srgbClr val="{TARGET}"/></a:solidFill>'
        '<a:prstDash val="dash"/></a:ln></c:spPr>'
    )
    mark = parse_xml(f'<c:marker {spaces}><c:symbol val="none"/></c:marker>')
    text = moved.find(name.replace("}ser", "}tx"))
    text.addnext(stroke)
    stroke.addnext(mark)
    moved.append(parse_xml(f'<c:smooth {spaces} val="0"/>'))
    line.insert(2, moved)
    bars.addnext(line)


# the package


def _packed(deck: Any) -> bytes:
    """The package with a fixed date for every part, and the faces of East Asian text in its themes."""
    saved, stream = io.BytesIO(), io.BytesIO()
    deck.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, FIXED)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            content = old.read(name)
            if name.startswith("ppt/theme/"):
                face = f'<a:ea typeface="{FACE}"/>'.encode()
                content = content.replace(b'<a:ea typeface=""/>', face)
            new.writestr(info, content)
    return stream.getvalue()
