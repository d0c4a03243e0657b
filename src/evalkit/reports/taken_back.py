"""`evalkit texts --from`: what an office changed of its own texts in Word comes back into ``texts/<period>/``.

Only texts of the office are taken; what the program writes it writes anew from the ledgers. A text that says the same as
before is left alone; of one that is written over the former version is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import Block
from evalkit.documents.blocks import PENDING as PENDING_MARK
from evalkit.documents.blocks import flat, heading_words
from evalkit.documents.docx_reading import Found, Piece, texts_in, without_number
from evalkit.documents.markdown import markdown
from evalkit.files import put
from evalkit.indicators.project import find_project
from evalkit.ledgers.persons import LEFT_OUT
from evalkit.problems import InputError, Problem
from evalkit.reports.annual import slot

FORMER = "旧稿"  # the folder of former versions, beside the texts
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_BEGINS_A_BLOCK = re.compile(r"^(\s*)([#+\-=>:]|\d+[.)](?=\s))")
_ITEM = re.compile(r"^(\d+)[.．]\s*(.*)$", re.S)


@dataclass(frozen=True)
class Taken:
    """What became of one text.

    Attributes
    ----------
    name, period
        The text: ``texts/<period>/<name>.md``.
    state
        ``same``, ``empty`` (nothing stands there), ``written``.
    path, former
        Where it stands; where the version before it stands, if there was one.
    notes
        What was not taken, in Chinese.
    """

    name: str
    period: str
    state: str
    path: Path
    former: Path | None = None
    notes: tuple[str, ...] = ()

    def words(self) -> str:
        told = {
            "same": f"{self.name}：没有改动",
            "empty": f"{self.name}：没有内容，没有写",
            "written": f"{self.name}：已写入 {self.path}",
        }[self.state]
        kept = f"；原来的在 {self.former}" if self.former else ""
        return told + kept + "".join(f"；{note}" for note in self.notes)


def take_back(path: str | Path, project: Any = None) -> list[Taken]:
    """The texts of the office in a Word report, into the files from which the next report takes them.

    Raises
    ------
    InputError
        The file is no Word document, or holds no text of the office that the report marked.
    """
    source = Path(path)
    found = texts_in(source)
    if not found:
        advice = (
            "请用本程序生成的评估报告（或公文）Word 文件；更早生成的报告没有标记，请重新生成一次"
        )
        raise InputError(
            Problem(
                "data_missing",
                file=source.name,
                found="里面没有办公室自己写的部分的标记",
                advice=advice,
            )
        )
    root = find_project(project).root
    return [_taken(one, root) for one in found]


def _taken(found: Found, root: Path) -> Taken:
    target = root / "texts" / found.period / f"{found.name}.md"
    text = as_markdown(found.pieces)
    notes = _notes(found.pieces, text)
    if not text.strip():
        return Taken(found.name, found.period, "empty", target, notes=notes)
    before = [*flat(slot(found.name, found.period, root).blocks)]
    tables = [] if found.with_tables else [block for block in before if block.kind == "table"]
    if _printed(markdown(text)) == _printed([block for block in before if block not in tables]):
        return Taken(found.name, found.period, "same", target)
    if tables:  # of a 公文, whose tables stand in its annex
        text += "".join(f"\n{_table(_rows(block))}\n" for block in tables)
        notes = (*notes, f"原有的{len(tables)}张表接在最后，请核对位置")
    former = None
    if target.is_file() and _without_hint(target.read_bytes()):
        former = put(target.parent / FORMER / target.name, target.read_bytes(), keep=True)
    return Taken(found.name, found.period, "written", put(target, text), former, notes)


def _rows(block: Block) -> list[list[str]]:
    """The texts of a table, its headings first."""
    heads = [str(column["label"]) for column in block.content["columns"]]
    return [heads, *([_cell(cell) for cell in row] for row in block.content["rows"])]


def _without_hint(content: bytes) -> bytes:
    return re.sub(rb"<!--.*?-->", b"", content, flags=re.S).strip()


def _notes(pieces: Sequence[Piece], text: str) -> tuple[str, ...]:
    left = dict.fromkeys(what for piece in pieces for what in piece.left_out)
    told = [f"{'、'.join(left)}没有带回"] if left else []
    if LEFT_OUT in text:
        told.append(f"含“{LEFT_OUT}”的地方原来写有个人信息，请改写")
    return tuple(told)


# --- Word to Markdown --------------------------------------------------------------------------------------------------


def as_markdown(pieces: Sequence[Piece]) -> str:
    """Paragraphs, headings, lists and tables as the texts of the office are written; what is still to be written is none."""
    blocks = [block for block in _blocks(pieces) if block]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _blocks(pieces: Sequence[Piece]) -> Iterator[str]:
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.rows:
            yield _table(piece.rows)
        elif PENDING_MARK.match(piece.text.strip()) and "请" in piece.text:
            pass  # what the program wrote in the place of a text
        elif piece.level:
            words = without_number(piece.text.replace("\n", " "))
            yield f"{'#' * (piece.level + 1)} {_escaped(words)}" if words else ""
        elif items := _items(pieces[at:]):
            yield "\n".join(items)
            at += len(items)
            continue
        else:
            yield _paragraph(piece)
        at += 1


def _items(pieces: Sequence[Piece]) -> list[str]:
    """The items of a list that begins here: numbered by Word, or 1. 2. 3. as the report prints them."""
    found: list[str] = []
    for piece in pieces:
        if piece.rows or piece.level:
            break
        typed = _ITEM.match(piece.text)
        if piece.numbered:
            mark = "-" if piece.numbered == "bullet" else f"{len(found) + 1}."
            found.append(f"{mark} {_inline(piece.runs)}")
        elif typed and int(typed[1]) == len(found) + 1:
            found.append(
                f"{typed[1]}. {_inline(_shortened(piece.runs, len(piece.text) - len(typed[2])))}"
            )
        else:
            break
    return found if len(found) > 1 or (found and pieces[0].numbered) else []


def _shortened(runs: Sequence[tuple[str, bool]], by: int) -> list[tuple[str, bool]]:
    """The runs without their first characters."""
    out = []
    for text, bold in runs:
        cut = min(by, len(text))
        by -= cut
        if text[cut:]:
            out.append((text[cut:], bold))
    return out


def _paragraph(piece: Piece) -> str:
    text = _inline(piece.runs).strip()
    return _BEGINS_A_BLOCK.sub(lambda m: m[1] + _guarded(m[2]), text)


def _guarded(mark: str) -> str:
    return f"{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"\\{mark}"


def _inline(runs: Sequence[tuple[str, bool]]) -> str:
    out = []
    for text, bold in runs:
        inner = _escaped(text)
        core = inner.strip()
        if bold and core:
            before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
            inner = f"{before}**{core}**{after}"
        out.append(inner)
    return "".join(out).strip().replace("\n", "<br>")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _table(rows: Sequence[Sequence[str]]) -> str:
    width = max(map(len, rows))
    lines = [[_escaped(cell) for cell in (*row, *[""] * (width - len(row)))] for row in rows]
    lines.insert(1, ["---"] * width)
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


# --- whether anything changed ------------------------------------------------------------------------------------------


def _printed(blocks: Sequence[Block]) -> list[str]:
    """What Word shows of blocks, without blanks: so that only words and their order are a change."""
    lines: list[str] = []
    for block in flat(blocks):
        content: Any = block.content
        if block.kind == "heading":
            lines.append(without_number(heading_words({**content, "label": ""})))
        elif block.kind == "list":
            lines += map(str, content["items"])
        elif block.kind == "table":
            lines += [cell for row in _rows(block) for cell in row]
        elif content.get("style") != "pending" and "text" in content:
            lines.append(str(content["text"]))
    return [line for line in (re.sub(r"\s+", "", line) for line in lines) if line]


def _cell(cell: Any) -> str:
    value = cell.get("value") if isinstance(cell, dict) else cell
    return "" if value is None else str(value)
