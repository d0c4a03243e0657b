"""Reads a produced document as a reader does: headings, sentences and tables, in the order of the page.

Nothing of Evalkit is imported: what stands on the page is all that is known. One function a kind of file, each gives
`Block`s. A PDF has no tables that a program can see; of it the lines are read.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import lxml.etree
import lxml.html

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PICTURE = "图示："  # before the words that stand for a picture


@dataclass(frozen=True)
class Block:
    """A heading (with its level), a text, or a table (its title in `text`)."""

    kind: str  # heading | text | table
    text: str
    level: int = 0
    head: list[list[str]] = field(default_factory=list)
    body: list[list[str]] = field(default_factory=list)


def plain(text: str | None) -> str:
    """Blanks and line ends as one blank, none at the ends."""
    return re.sub(r"\s+", " ", text or "").strip()


# HTML

HTML_HEADINGS = {f"h{n}": n for n in range(1, 7)}
HTML_UNSEEN = {"script", "style", "nav", "head", "svg", "template"}
HTML_INLINE = {
    "a",
    "span",
    "b",
    "strong",
    "em",
    "i",
    "mark",
    "small",
    "sub",
    "sup",
    "br",
    "code",
    "button",
    "wbr",
}


def read_html(path: Path) -> list[Block]:
    """A page without its menus and scripts; pictures by the words that stand for them."""
    page = lxml.html.parse(str(path), parser=lxml.html.HTMLParser(encoding="utf-8")).getroot()
    blocks: list[Block] = []
    _walk_html(page.find("body"), blocks)
    return blocks


def _walk_html(element: lxml.html.HtmlElement, blocks: list[Block]) -> None:
    if (
        not isinstance(element.tag, str)
        or element.tag in HTML_UNSEEN
        or element.get("class") == "ek-skip"
    ):
        return
    if element.tag in HTML_HEADINGS:
        blocks.append(Block("heading", plain(element.text_content()), HTML_HEADINGS[element.tag]))
    elif element.tag == "table":
        blocks.append(_html_table(element))
    elif element.tag == "img":
        blocks.append(Block("text", PICTURE + plain(element.get("alt"))))
    elif all(child.tag in HTML_INLINE for child in element if isinstance(child.tag, str)):
        if text := plain(_html_text(element)):
            blocks.append(Block("text", text))
    else:
        for piece in [element.text, *(child.tail for child in element)]:
            if plain(piece):
                blocks.append(Block("text", plain(piece)))
        for child in element:
            _walk_html(child, blocks)


def _html_text(element: lxml.html.HtmlElement) -> str:
    pieces = [element.text or ""]
    for child in element:
        pieces.append(
            "\n" if child.tag == "br" else _html_text(child) if isinstance(child.tag, str) else ""
        )
        pieces.append(child.tail or "")
    return "".join(pieces)


def _html_table(table: lxml.html.HtmlElement) -> Block:
    caption = table.find("caption")
    title = ""
    if caption is not None:
        title = plain("".join([caption.text or "", *(child.tail or "" for child in caption)]))
    head: list[list[str]] = []
    body: list[list[str]] = []
    taken: dict[tuple[int, int], str] = {}
    for n, row in enumerate(table.iter("tr")):
        column = 0
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            while (n, column) in taken:
                column += 1
            text = plain(_html_text(cell))
            for down in range(int(cell.get("rowspan", 1))):
                for right in range(int(cell.get("colspan", 1))):
                    taken[n + down, column + right] = text
        in_head = row.getparent().tag == "thead" or all(cell.tag == "th" for cell in row)
        width = 1 + max((c for r, c in taken if r == n), default=-1)
        (head if in_head else body).append([taken.get((n, c), "") for c in range(width)])
    return Block("table", title, head=head, body=body)


# Word


def read_docx(path: Path) -> list[Block]:
    """The text of a Word document with its page headers; without its table of contents and page numbers."""
    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if re.fullmatch(r"word/header\d*\.xml", name)]
        headers = [lxml.etree.fromstring(archive.read(name)) for name in sorted(parts)]
        body = lxml.etree.fromstring(archive.read("word/document.xml")).find(f"{WORD}body")
    lines = {plain("".join(t.text or "" for t in part.iter(f"{WORD}t"))) for part in headers}
    blocks = [Block("text", line) for line in sorted(lines - {""})]
    title = ""
    for element in body:
        if element.tag == f"{WORD}p":
            for block in _word_paragraph(element):
                if (
                    block.kind == "text"
                    and re.match(r"表\s*\d+", block.text)
                    and _style(element) == "Caption"
                ):
                    title = block.text
                else:
                    blocks.append(block)
        elif element.tag == f"{WORD}tbl":
            blocks += _word_table(element, title)
            title = ""
    return blocks


def _style(paragraph: lxml.etree._Element) -> str:
    style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
    return style.get(f"{WORD}val") if style is not None else ""


def _word_text(element: lxml.etree._Element) -> str:
    pieces = []
    for node in element.iter(f"{WORD}t", f"{WORD}tab", f"{WORD}br"):
        pieces.append(node.text or "" if node.tag == f"{WORD}t" else " ")
    return plain("".join(pieces))


def _word_paragraph(paragraph: lxml.etree._Element) -> list[Block]:
    style, text = _style(paragraph), _word_text(paragraph)
    if re.fullmatch(r"TOC\d", style):
        return []
    pictures = [d.get("descr", "") for d in paragraph.iter(f"{DRAWING}docPr") if d.get("descr")]
    blocks = [Block("text", PICTURE + plain(words)) for words in pictures]
    if text and (style in ("Title", "TOCHeading") or style.startswith("Heading")):
        level = int(style[-1]) + 1 if style[-1].isdigit() else 1
        return [*blocks, Block("heading", text, level)]
    return [*blocks, Block("text", text)] if text else blocks


def _word_table(table: lxml.etree._Element, title: str) -> list[Block]:
    rows: list[list[str]] = []
    head_rows = 0
    blocks: list[Block] = []
    for row in table.iter(f"{WORD}tr"):
        cells: list[str] = []
        for cell in row.findall(f"{WORD}tc"):
            blocks += [
                b
                for p in cell.iter(f"{WORD}p")
                for b in _word_paragraph(p)
                if b.text.startswith(PICTURE)
            ]
            properties = cell.find(f"{WORD}tcPr")
            span = properties.find(f"{WORD}gridSpan") if properties is not None else None
            merge = properties.find(f"{WORD}vMerge") if properties is not None else None
            text = plain(" ".join(_word_text(p) for p in cell.findall(f"{WORD}p")))
            if (
                merge is not None
                and merge.get(f"{WORD}val") != "restart"
                and rows
                and len(cells) < len(rows[-1])
            ):
                text = rows[-1][len(cells)]
            cells += [text] * (int(span.get(f"{WORD}val")) if span is not None else 1)
        head_rows += row.find(f"{WORD}trPr/{WORD}tblHeader") is not None
        rows.append(cells)
    if not head_rows:  # a table that only lays out pictures and their captions
        return [*blocks, *(Block("text", text) for row in rows for text in row if text)]
    return [*blocks, Block("table", title, head=rows[:head_rows], body=rows[head_rows:])]


# Excel


def read_xlsx(path: Path) -> list[Block]:
    """Every sheet as it shows: numbers in the cell's own format, merged cells filled, formulas by their stored value."""
    blocks: list[Block] = []
    with zipfile.ZipFile(path) as archive:
        strings = _shared_strings(archive)
        formats = _formats(archive)
        for name, part in _sheets(archive):
            grid = _grid(lxml.etree.fromstring(archive.read(part)), strings, formats)
            blocks += _sheet_blocks(name, grid)
    return blocks


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = lxml.etree.fromstring(archive.read("xl/sharedStrings.xml"))
    return [
        "".join(t.text or "" for t in item.iter(f"{SHEET}t")) for item in root.iter(f"{SHEET}si")
    ]


def _formats(archive: zipfile.ZipFile) -> list[str]:
    """The format code of each cell style."""
    root = lxml.etree.fromstring(archive.read("xl/styles.xml"))
    own = {int(f.get("numFmtId")): f.get("formatCode") for f in root.iter(f"{SHEET}numFmt")}
    known = {
        0: "General",
        1: "0",
        2: "0.00",
        3: "#,##0",
        4: "#,##0.00",
        9: "0%",
        10: "0.00%",
        14: "yyyy-mm-dd",
        **own,
    }
    return [known.get(int(x.get("numFmtId", 0)), "General") for x in root.find(f"{SHEET}cellXfs")]


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    relations = lxml.etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): r.get("Target") for r in relations}
    book = lxml.etree.fromstring(archive.read("xl/workbook.xml"))
    named = [(s.get("name"), targets[s.get(f"{RELATION}id")]) for s in book.iter(f"{SHEET}sheet")]
    return [
        (name, target.lstrip("/") if target.startswith("/") else f"xl/{target}")
        for name, target in named
    ]


def _position(reference: str) -> tuple[int, int]:
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(digits) - 1, column - 1


@dataclass(frozen=True)
class Shown:
    text: str
    is_number: bool = False


def _grid(sheet: lxml.etree._Element, strings: list[str], formats: list[str]) -> list[list[Shown]]:
    cells: dict[tuple[int, int], Shown] = {}
    for cell in sheet.iter(f"{SHEET}c"):
        value = cell.find(f"{SHEET}v")
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            text = Shown("".join(t.text or "" for t in cell.iter(f"{SHEET}t")))
        elif value is None or not value.text:
            continue
        elif kind == "s":
            text = Shown(strings[int(value.text)])
        elif kind == "n":
            text = Shown(shown(value.text, formats[int(cell.get("s", 0))]), True)
        else:
            text = Shown(value.text)
        cells[_position(cell.get("r"))] = text
    for merged in sheet.iter(f"{SHEET}mergeCell"):
        first, _, last = merged.get("ref").partition(":")
        (top, left), (bottom, right) = _position(first), _position(last or first)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                cells.setdefault((row, column), cells.get((top, left), Shown("")))
    height = 1 + max((row for row, _ in cells), default=-1)
    width = 1 + max((column for _, column in cells), default=-1)
    return [
        [cells.get((row, column), Shown("")) for column in range(width)] for row in range(height)
    ]


def shown(number: str, code: str) -> str:
    """A number as Excel shows it under a format of the kinds that Evalkit writes."""
    value = Decimal(number)
    if code == "General":
        return format_plain(value)
    sections = re.findall(r'(?:"[^"]*"|\\.|[^;])+', code)
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    else:
        section = sections[0]
    pattern = re.search(r'[#0?][#0?,]*(?:\.[0#?]+)?(?=(?:[^"]*"[^"]*")*[^"]*$)', section)
    if not pattern:
        return section.replace('"', "")
    before, after = section[: pattern.start()], section[pattern.end() :]
    if "%" in re.sub(r'"[^"]*"', "", before + after):
        value *= 100
    decimals = len(pattern.group().partition(".")[2])
    value = Decimal(format(value, ".15g")).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    body = f"{value:,f}" if "," in pattern.group() else f"{value:f}"
    return re.sub(r'["\\]', "", before) + body + re.sub(r'["\\]', "", after)


def format_plain(value: Decimal) -> str:
    text = f"{Decimal(format(value, '.10g')):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sheet_blocks(name: str, grid: list[list[Shown]]) -> list[Block]:
    """A sheet's title, notes and tables; a row with one text alone is a sentence, a blank row ends a table."""
    blocks: list[Block] = []
    title = name
    table: list[list[Shown]] = []

    def close() -> None:
        if table:
            blocks.append(_sheet_table(title, table))
            table.clear()

    for row in grid:
        filled = [cell for cell in row if cell.text]
        alone = (
            bool(filled) and len({cell.text for cell in filled}) == 1 and not filled[0].is_number
        )
        if not filled or (
            alone and row[0].text and (len(row) == 1 or len(filled) == len(row) or not table)
        ):
            close()
            if filled and not blocks and len(grid) > 1 and len(filled[0].text) < 40:
                title = filled[0].text if title == name or re.match(r"表\d+", name) else title
                blocks.append(Block("heading", title, 2))
            elif filled:
                blocks.append(Block("text", plain(filled[0].text)))
        else:
            table.append(row)
    close()
    return (
        [Block("heading", title, 2), *blocks] if blocks and blocks[0].kind != "heading" else blocks
    )


def _sheet_table(title: str, rows: list[list[Shown]]) -> Block:
    texts = [[plain(cell.text) for cell in row] for row in rows]
    heads = 1
    while (
        heads < len(rows) - 1
        and texts[heads][0] == texts[0][0]
        and not any(c.is_number for c in rows[heads])
    ):
        heads += 1
    return Block("table", title, head=texts[:heads], body=texts[heads:])


# text


def read_csv(path: Path) -> list[Block]:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    if rows and len(rows[0]) == 1:
        return [
            Block("heading", path.stem, 2),
            *(Block("text", plain(row[0])) for row in rows[1:] if row),
        ]
    return [Block("table", path.stem, head=rows[:1], body=rows[1:])]


def read_screen(text: str, heading: str) -> list[Block]:
    """What a command said on the screen, a sentence a line."""
    return [
        Block("heading", heading, 2),
        *(Block("text", plain(line)) for line in text.splitlines() if plain(line)),
    ]


# PDF


def read_pdf(path: Path) -> list[str]:
    """The lines of a PDF, without page numbers and table of contents."""
    import pypdfium2

    lines: list[str] = []
    document = pypdfium2.PdfDocument(str(path))
    try:
        for page in document:
            lines += page.get_textpage().get_text_bounded().splitlines()
    finally:
        document.close()
    kept = [line for line in map(plain, lines) if line and not re.fullmatch(r"— \S+ —", line)]
    return [line for line in kept if not re.search(r"(?:\. ?){5,}\d+$", line)]
