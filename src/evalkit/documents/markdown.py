"""Markdown as blocks: the words of a notebook and the texts of the office.

CommonMark with tables, strikethrough and footnotes, read by markdown-it-py with the rules that Chinese needs:
``**压实责任。**市委`` is bold though no blank follows, and a broken line joins without a blank between Chinese characters.
Bold and links stay of the inline marks. HTML is text, except ``<br>``; a comment says nothing, ``<!-- pagebreak -->``
begins a page. Of a heading's end, ``{-}``, ``{.unnumbered}``, ``{.abstract}``, ``{.appendix}`` and ``{#code}`` are its
role and code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from typing import Any

from evalkit.documents.blocks import Block
from evalkit.documents.cells import Cell

Run = dict[str, Any]
SAFE = ("http://", "https://", "mailto:")  # what a link may lead to; of any other the words stay
LEVELS = 4  # of headings
WIDE_MARKS = "“”‘’…—·"  # punctuation of Chinese that stands among the Latin
_ATTRIBUTES = re.compile(r"\s*\{([-.#][^{}]*)\}\s*$")
_ROLES = {"-": "unnumbered", ".unnumbered": "unnumbered"}
_ROLES |= {".abstract": "abstract", ".appendix": "appendix"}
_CODE = re.compile(r"#[\w-]+")
_PAGE_BREAK = re.compile(r"<!--\s*page[ _-]?break\s*-->")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_NOTE = re.compile(r"\[\^([^\]\s]+)\]")
_NOTE_BEGINS = re.compile(r"\[\^([^\]\s]+)\]:[ \t]*")
_SIDES = re.compile(r"text-align:(\w+)")
# what some sections are called in every report, by their whole title
UNNUMBERED = ("前言", "引言", "目录")
ABSTRACT = "摘要"


def markdown(source: str) -> list[Block]:
    """Headings, paragraphs, lists, tables, quotations and code of a markdown text, in order."""
    from markdown_it.tree import SyntaxTreeNode

    env: dict[str, Any] = {"notes": {}}
    root = SyntaxTreeNode(_reader().parse(source, env))
    reading = _Reading(env["notes"])
    return [block for node in root.children for block in reading.blocks(node)]


@dataclass(frozen=True)
class _Look:
    """How a piece of text stands."""

    bold: bool = False
    href: str = ""

    def of(self, text: str) -> Run:
        return {
            "text": text,
            **({"bold": True} if self.bold else {}),
            **({"href": self.href} if self.href else {}),
        }


@dataclass
class _Reading:
    """One text under way: its footnotes, and how many have been referred to."""

    notes: Mapping[str, str]
    numbers: dict[str, int] = field(default_factory=dict)

    def blocks(self, node: Any) -> Iterator[Block]:
        if node.type == "heading":
            words = _text_of(self.runs(node))
            if words:
                yield heading(words, min(int(node.tag[1:]), LEVELS))
        elif node.type in ("bullet_list", "ordered_list"):
            yield self.list_of(node)
        elif node.type == "blockquote":
            if runs := self.lines(node.children):
                yield _spoken("note", runs)
        elif node.type == "table":
            yield self.table(node)
        elif node.type in ("fence", "code_block"):
            if node.content.strip():
                yield Block.paragraph(node.content.rstrip("\n"), "code")
        elif node.type == "page_break":
            yield Block.page_break()
        elif node.type == "paragraph" and (runs := self.runs(node)):
            yield _spoken("paragraph", runs, style="body")

    def list_of(self, node: Any) -> Block:
        items = list(self.items(node, 0))
        runs = [item for item, _ in items]
        marks = [mark for _, mark in items]
        content: dict[str, Any] = {
            "items": [_text_of(item) for item in runs],
            "ordered": node.type == "ordered_list",
        }
        if marks != [{"level": 0, "number": n} for n in range(1, len(marks) + 1)]:
            content["marks"] = marks
        return Block("list", content | ({"runs": runs} if any(map(_styled, runs)) else {}))

    def items(self, node: Any, level: int) -> Iterator[tuple[list[Run], dict[str, Any]]]:
        """Items of a list in order, each with its mark; those of a nested list follow their parent."""
        first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        for place, item in enumerate(node.children):
            nested = [n for n in item.children if n.type in ("bullet_list", "ordered_list")]
            own = [n for n in item.children if n not in nested]
            number = None if first is None else first + place
            yield self.lines(own), {"level": level, "number": number}
            for inner in nested:
                yield from self.items(inner, level + 1)

    def lines(self, nodes: Iterable[Any]) -> list[Run]:
        """What stands in an item or a quotation, a line each."""
        found: list[Run] = []
        for node in nodes:
            for block in self.blocks(node):
                found += [{"text": "\n"}] if found else []
                found += _pieces(block)
        return _joined(found)

    def table(self, node: Any) -> Block:
        lines = [row for part in node.children for row in part.children]
        head, *body = [[cell for cell in row.children] for row in lines]
        columns = []
        for cell in head:
            label = _text_of(self.runs(cell))
            side = _SIDES.match(str(cell.attrs.get("style", "")))
            columns.append({"key": label, "label": label} | ({"align": side[1]} if side else {}))
        rows = [[self.cell(cell) for cell in row] for row in body]
        return Block.table("", columns, rows, sortable=False)

    def cell(self, node: Any) -> Any:
        runs = self.runs(node)
        words = _text_of(runs)
        return Cell(text=words, runs=tuple(runs)) if _styled(runs) else words

    def runs(self, node: Any) -> list[Run]:
        """The words of a heading, paragraph or cell."""
        pieces = [run for child in node.children for run in self.inline(child, _Look())]
        return _joined(_without_soft_breaks(pieces))

    def inline(self, node: Any, look: _Look) -> Iterator[Run]:
        """Pieces of text; a link keeps its address in brackets, for print."""
        if node.type == "softbreak":
            yield {"text": "\n", "soft": True}
        elif node.type == "hardbreak":
            yield {"text": "\n"}
        elif node.type == "footnote":
            number = self.numbers.setdefault(node.meta["key"], len(self.numbers) + 1)
            yield {"text": f"[{number}]", "note": self.notes[node.meta["key"]]}
        elif node.type == "link":
            url = str(node.attrs.get("href", ""))
            safe = url if url.startswith(SAFE) else ""
            inner = [
                run
                for child in node.children
                for run in self.inline(child, replace(look, href=safe))
            ]
            yield from inner
            if url.startswith("http") and _text_of(inner) != url:
                yield replace(look, href=safe).of(f"（{url}）")
        elif node.children:
            inside = replace(look, bold=True) if node.type == "strong" else look
            for child in node.children:
                yield from self.inline(child, inside)
        elif node.content:
            yield look.of(node.content)


def heading(words: str, level: int) -> Block:
    """A heading with the role and code that its end names, or its title is known for."""
    role, code = "", ""
    found = _ATTRIBUTES.search(words)
    given = found[1].split() if found else []
    if found and all(one in _ROLES or _CODE.fullmatch(one) for one in given):
        words = words[: found.start()]
        role = next((_ROLES[one] for one in given if one in _ROLES), "")
        code = next((one[1:] for one in given if one not in _ROLES), "")
    elif words == ABSTRACT:
        role = "abstract"
    elif words in UNNUMBERED:
        role = "unnumbered"
    return Block.heading(words, level, role, code)


def _spoken(kind: Any, runs: list[Run], **more: Any) -> Block:
    told = {"runs": runs} if _styled(runs) else {}
    return Block(kind, {"text": _text_of(runs), **more, **told})


def _pieces(block: Block) -> list[Run]:
    """The runs of a block that stands within another."""
    content = block.content
    if block.kind in ("paragraph", "note"):
        return [dict(run) for run in content.get("runs") or ({"text": content["text"]},)]
    return [{"text": block.plain()}]


def _text_of(runs: Iterable[Mapping[str, Any]]) -> str:
    return "".join(run["text"] for run in runs)


def _styled(runs: Iterable[Mapping[str, Any]]) -> bool:
    return any(len(run) > 1 for run in runs)


def _without_soft_breaks(pieces: Sequence[Run]) -> list[Run]:
    """A broken line joins with a blank between Latin letters, without one in Chinese."""
    found: list[Run] = []
    for n, run in enumerate(pieces):
        if not run.get("soft"):
            found.append(run)
            continue
        before = found[-1]["text"][-1:] if found else ""
        after = pieces[n + 1]["text"][:1] if n + 1 < len(pieces) else ""
        if "!" <= before <= "~" and "!" <= after <= "~":
            kept = {k: v for k, v in found[-1].items() if k in ("bold", "href")}
            found.append({**kept, "text": " "})
    return found


def _joined(runs: Iterable[Run]) -> list[Run]:
    """Neighbours of one look as one run, without blanks at the ends."""

    def look(run: Run) -> tuple[Any, ...]:
        return run.get("bold"), run.get("href"), run.get("note")

    found: list[Run] = []
    for _, members in groupby((run for run in runs if run["text"]), look):
        same = list(members)
        found.append({**same[0], "text": _text_of(same)})
    if found:
        found[0] = {**found[0], "text": found[0]["text"].lstrip()}
        found[-1] = {**found[-1], "text": found[-1]["text"].rstrip()}
    return [run for run in found if run["text"]]


# the reader


@cache
def _reader() -> Any:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType

    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.disable("code")  # a paragraph that begins with blanks is one
    vars(reader)["validateLink"] = _any_link
    before = RuleOptionsType(alt=["paragraph", "reference", "blockquote", "list"])
    reader.block.ruler.before("fence", "comment", _comment_block, before)
    reader.block.ruler.before("reference", "note", _note_block, before)
    reader.inline.ruler.before("link", "footnote", _note_inline)
    reader.inline.ruler.before("autolink", "comment", _comment_inline)
    reader.inline.ruler.at("emphasis", _emphasis)
    return reader


def _any_link(_url: str) -> bool:
    """Every link is read: `_Reading.inline` keeps the words of what may not be followed."""
    return True


def _comment_block(state: Any, line: int, last: int, silent: bool) -> bool:
    start, end = state.bMarks[line] + state.tShift[line], state.eMarks[last - 1]
    found = _COMMENT.match(state.src, start, end)
    if found is None:
        return False
    closing = next(n for n in range(line, last) if state.eMarks[n] >= found.end())
    if state.src[found.end() : state.eMarks[closing]].strip():
        return False  # words behind it: a comment inside a paragraph
    if not silent:
        if _PAGE_BREAK.fullmatch(found[0]):
            state.push("page_break", "", 0)
        state.line = closing + 1
    return True


def _comment_inline(state: Any, silent: bool) -> bool:
    found = _COMMENT.match(state.src, state.pos)
    broken = None if found else _BREAK.match(state.src, state.pos)
    if not (found or broken):
        return False
    if broken and not silent:
        state.push("hardbreak", "br", 0)
    state.pos = (found or broken).end()  # type: ignore[union-attr]
    return True


def _note_block(state: Any, line: int, last: int, silent: bool) -> bool:
    """``[^1]: words`` up to the next blank line or footnote."""
    start = state.bMarks[line] + state.tShift[line]
    found = _NOTE_BEGINS.match(state.src, start, state.eMarks[line])
    if found is None:
        return False
    if silent:
        return True
    lines, after = [state.src[found.end() : state.eMarks[line]].strip()], line + 1
    while after < last and not state.isEmpty(after):
        begin = state.bMarks[after] + state.tShift[after]
        if _NOTE_BEGINS.match(state.src, begin, state.eMarks[after]):
            break
        lines.append(state.src[begin : state.eMarks[after]].strip())
        after += 1
    (token,) = _reader().parseInline("\n".join(lines), {"notes": {}})
    state.env["notes"].setdefault(found[1], _plain_of(token))
    state.line = after
    return True


def _plain_of(token: Any) -> str:
    from markdown_it.tree import SyntaxTreeNode

    (node,) = SyntaxTreeNode([token]).children
    return _text_of(_Reading({}).runs(node))


def _note_inline(state: Any, silent: bool) -> bool:
    found = _NOTE.match(state.src, state.pos)
    if found is None or found[1] not in state.env.get("notes", {}):
        return False
    if not silent:
        token = state.push("footnote", "", 0)
        token.meta = {"key": found[1]}
    state.pos = found.end()
    return True


def _emphasis(state: Any, silent: bool) -> bool:
    """Marks of emphasis, as CommonMark reads them, except beside Chinese.

    There no blank divides words, and 。 or ” belongs to the word before it: a mark between Chinese characters may open and
    close whatever punctuation stands beside it.
    """
    from markdown_it.rules_inline.state_inline import Delimiter

    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    opens, closes = scanned.can_open, scanned.can_close
    if marker == "*":
        before = state.src[state.pos - 1 : state.pos] or " "
        after = state.src[state.pos + scanned.length :][:1] or " "
        if _wide(before) or _wide(after):
            opens, closes = not after.isspace(), not before.isspace()
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(ord(marker), scanned.length, len(state.tokens) - 1, -1, opens, closes)
        )
    state.pos += scanned.length
    return True


def _wide(character: str) -> bool:
    """Whether a character is Chinese or punctuation of Chinese."""
    return ord(character) >= 0x2E80 or character in WIDE_MARKS
