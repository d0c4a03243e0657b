"""A Word document that somebody changed, read back: its paragraphs and tables between the marks of texts of the office.

What was inserted with track changes counts, what was deleted does not; comments, authors, pictures and fields stay out.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents.docx import AFTER, BEGINS
from evalkit.files import regular_bytes
from evalkit.problems import InputError, Problem

MOST_BYTES = 200_000_000  # of a document, and of its text unpacked
_SAVE_AS = "请用 Word 或 WPS 打开，另存为 .docx 后再试"
_NOT_TEXT = {"drawing": "图片", "pict": "图片", "object": "图片", "footnoteReference": "脚注"}
_MARKS = {"tab": " ", "noBreakHyphen": "-"}
_DROPPED = frozenset(
    {"del", "moveFrom", "instrText", "delText", "rPrChange", "pPrChange", "Fallback"}
)


@dataclass(frozen=True)
class Piece:
    """A paragraph or a table of the body.

    Attributes
    ----------
    runs
        Texts of a paragraph, each with whether it is bold.
    level
        Of a heading, from 1; 0 for other paragraphs.
    numbered
        ``bullet`` or ``decimal`` where Word itself numbers the paragraph.
    rows
        Texts of a table's cells.
    marks, marks_behind
        Names of the bookmarks that begin here; those behind the last word, which belong to what comes next.
    left_out
        What stood here and is not taken: 图片, 脚注, 公式.
    """

    runs: tuple[tuple[str, bool], ...] = ()
    level: int = 0
    numbered: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    marks: tuple[str, ...] = ()
    marks_behind: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.runs)


@dataclass(frozen=True)
class Found:
    """A text of the office in a document.

    Attributes
    ----------
    period, name, pieces
        Which text it is, and what it consists of.
    with_tables
        Whether the document has tables at all: the official text has its own in an annex.
    """

    period: str
    name: str
    pieces: tuple[Piece, ...]
    with_tables: bool


def texts_in(path: Path) -> list[Found]:
    """The texts of the office in a report of ours, in their order.

    A text goes from its mark, or from behind the heading that bears its name where the mark was written over, to the mark
    behind it or the next heading that is not its own.
    """
    pieces = pieces_of(path)
    found = []
    with_tables = any(piece.rows for piece in pieces)
    places = {mark: n for n, piece in enumerate(pieces) for mark in piece.marks}
    places |= {mark: n + 1 for n, piece in enumerate(pieces) for mark in piece.marks_behind}
    ends = {mark.removeprefix(AFTER): n for mark, n in places.items() if mark.startswith(AFTER)}
    begins = {mark.removeprefix(BEGINS): n for mark, n in places.items() if mark.startswith(BEGINS)}
    for key in dict.fromkeys([*begins, *ends]):
        period, _, name = key.partition("_")
        end = ends.get(key, len(pieces))
        start = begins.get(key, _behind_heading(pieces, name, end))
        if start is not None and start <= end:
            found.append(Found(period, name, tuple(pieces[start:end]), with_tables))
    return found


def _behind_heading(pieces: Sequence[Piece], name: str, end: int) -> int | None:
    """Behind the last heading before `end` that is called so, without its number."""
    for n in range(end - 1, -1, -1):
        if pieces[n].level and without_number(pieces[n].text) == name:
            return n + 1
    return None


_NUMBER = re.compile(
    r"^\s*(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）]|\d+[.．、])\s*"
)


def without_number(text: str) -> str:
    """A heading without the number that the report gives it."""
    return _NUMBER.sub("", text).strip()


def pieces_of(path: Path) -> list[Piece]:
    """Paragraphs and tables of the body of a .docx, in order."""
    try:
        with zipfile.ZipFile(io.BytesIO(regular_bytes(path, MOST_BYTES))) as archive:
            if sum(info.file_size for info in archive.infolist()) > 5 * MOST_BYTES:
                raise ValueError("too large")
            names = set(archive.namelist())
            body = _tree(archive.read("word/document.xml"))
            styles = (
                _styles(_tree(archive.read("word/styles.xml")))
                if "word/styles.xml" in names
                else {}
            )
            formats = (
                _formats(_tree(archive.read("word/numbering.xml")))
                if "word/numbering.xml" in names
                else {}
            )
    except (
        OSError,
        KeyError,
        ValueError,
        SyntaxError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise InputError(
            Problem(
                "file_unreadable",
                file=path.name,
                found="不是 Word 文档（.docx），或已损坏",
                advice=_SAVE_AS,
            )
        ) from error
    out: list[Piece] = []
    waiting: list[str] = []  # marks between two paragraphs belong to the one behind them
    for element in _members(next(_inside(body, "body"), body)):
        name = _local(element)
        if name == "bookmarkStart":
            waiting.append(_said(element, "name"))
        elif name == "p":
            out.append(_paragraph(element, styles, formats, waiting))
            waiting = []
        elif name == "tbl":
            out.append(_table(element, waiting))
            waiting = []
    if waiting:
        out.append(Piece(marks=tuple(waiting)))
    return out


def _tree(data: bytes) -> Any:
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.doctype:
        raise ValueError("DTD")
    return root


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _said(element: Any, name: str) -> str:
    return next((str(v) for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")


def _inside(element: Any, name: str) -> Iterator[Any]:
    return (one for one in element.iter() if _local(one) == name)


def _members(body: Any) -> Iterator[Any]:
    """Paragraphs, tables and marks of the body; what a content control or an insertion holds stands in its place."""
    for element in body:
        name = _local(element)
        if name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _members(element)
        elif name not in _DROPPED:
            yield element


def _styles(root: Any) -> dict[str, int]:
    """Style -> level of the heading that it is: by its name, which programs keep though they number the styles anew."""
    found = {}
    for style in _inside(root, "style"):
        name = next((_said(one, "val") for one in style if _local(one) == "name"), "")
        heading = re.fullmatch(r"(?:heading|标题)\s*(\d)", name, re.I)
        if heading:
            found[_said(style, "styleId")] = int(heading[1])
    return found


def _formats(root: Any) -> dict[str, str]:
    """Numbering -> bullet or decimal, of its first level."""
    kinds = {}
    for abstract in _inside(root, "abstractNum"):
        said = next((_said(one, "val") for one in _inside(abstract, "numFmt")), "decimal")
        kinds[_said(abstract, "abstractNumId")] = "bullet" if said == "bullet" else "decimal"
    return {
        _said(one, "numId"): kinds.get(_said(of, "val"), "decimal")
        for one in _inside(root, "num")
        for of in one
        if _local(of) == "abstractNumId"
    }


def _paragraph(
    element: Any, styles: Mapping[str, int], formats: Mapping[str, str], waiting: Sequence[str]
) -> Piece:
    level, numbered = _look(element, styles, formats)
    marks, behind = _bookmarks(element)
    runs: list[tuple[str, bool]] = []
    left_out: dict[str, None] = {}
    for run in _runs(element):
        text, bold = _text_of(run), _is_bold(run)
        left_out |= {_NOT_TEXT[name]: None for name in map(_local, run) if name in _NOT_TEXT}
        if text and runs and runs[-1][1] == bold:
            runs[-1] = (runs[-1][0] + text, bold)
        elif text:
            runs.append((text, bold))
    if next(_inside(element, "oMath"), None) is not None:
        left_out["公式"] = None
    marks = (*waiting, *marks)
    return Piece(tuple(runs), level, numbered, (), marks, behind, tuple(left_out))


def _bookmarks(element: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The bookmarks of a paragraph: those before its last word, and those behind it."""
    before: list[str] = []
    behind: list[str] = []
    words = False
    for one in element.iter():
        name = _local(one)
        if name == "bookmarkStart":
            behind.append(_said(one, "name"))
        elif name == "t" and one.text:
            words, before, behind = True, before + behind, []
    return (tuple(before), tuple(behind)) if words else (tuple(behind), ())


def _look(element: Any, styles: Mapping[str, int], formats: Mapping[str, str]) -> tuple[int, str]:
    """The level of the heading that a paragraph is, and how Word numbers it."""
    level, numbered = 0, ""
    for said in next(_inside(element, "pPr"), ()):
        if _local(said) == "pStyle":
            level = styles.get(_said(said, "val"), 0)
        elif _local(said) == "numPr":
            number = next((_said(n, "val") for n in said if _local(n) == "numId"), "0")
            numbered = formats.get(number, "decimal") if number != "0" else ""
    return level, numbered


def _text_of(run: Any) -> str:
    """The words of a run; a break of lines is one, a break of pages is none."""
    words = []
    for part in run:
        name = _local(part)
        if name == "t":
            words.append(part.text or "")
        elif name in ("br", "cr"):
            words.append("" if _said(part, "type") == "page" else "\n")
        else:
            words.append(_MARKS.get(name, ""))
    return "".join(words)


def _is_bold(run: Any) -> bool:
    looks = (look for part in run if _local(part) == "rPr" for look in part)
    return any(_local(one) == "b" and _said(one, "val") not in ("0", "false") for one in looks)


def _runs(element: Any) -> Iterator[Any]:
    """Runs that count, inserted ones among them."""
    for one in element:
        name = _local(one)
        if name == "r":
            yield one
        elif name not in _DROPPED and name not in ("pPr", "oMath", "oMathPara"):
            yield from _runs(one)


def _table(element: Any, waiting: Sequence[str]) -> Piece:
    marks = [*waiting, *(_said(one, "name") for one in _inside(element, "bookmarkStart"))]
    rows = []
    for row in element:
        if _local(row) == "tr":
            cells = [cell for cell in _members(row) if _local(cell) == "tc"]
            rows.append(tuple(" ".join(_words(cell)) for cell in cells))
    return Piece(rows=tuple(rows), marks=tuple(marks))


def _words(cell: Any) -> Iterator[str]:
    for paragraph in _inside(cell, "p"):
        text = _paragraph(paragraph, {}, {}, ()).text.strip()
        if text:
            yield text.replace("\n", " ")
