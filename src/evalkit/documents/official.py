"""The official text (公文) and its 附件: what of a numbered document stands in which of the two files.

The text keeps headings, sentences and lists. Tables, figures, notes and paragraphs of style ``detail`` go to 附件1, in order
under the headings of their sections; the appendices follow as 附件2, 附件3 ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from evalkit.documents.blocks import Block, changed, flat, parts
from evalkit.documents.cover import Cover
from evalkit.documents.numbering import Document
from evalkit.problems import Problem

LIMIT = 5000  # characters of an official text
FIRST = "主要图表"  # the 附件 of what the text itself does not hold
_SPOKEN = ("paragraph", "note", "list")


def titles(document: Document) -> list[str]:
    """The titles of the 附件, in order."""
    return [FIRST] * any(map(_moves, flat(document.body))) + list(document.appendix_titles)


def text(document: Document) -> list[Block]:
    """The blocks of the official text, which speaks of its 附件: 附录“数据质量” is 附件3 there."""
    return _renamed([block for block in flat(document.body) if not _moves(block)], document)


def annexes(document: Document) -> list[Block]:
    """The blocks of the 附件, each under a heading 附件1　主要图表."""
    heads = [f"{label}　{title}" for title, label in _labels(document).items()]
    found = [Block.heading(heads.pop(0), 2)] if len(heads) > len(document.appendix_titles) else []
    section: list[Block] = []
    for block in flat(document.body):
        if block.kind == "heading":
            kept = [b for b in section if b.content["level"] < block.content["level"]]
            section = [*kept, block]
        elif _moves(block):
            found += [
                Block("heading", {**b.content, "level": b.content["level"] + 1}) for b in section
            ]
            section = []
            found.append(block)
    for block in flat(document.appendices):
        begins = block.kind == "heading" and block.content["level"] == 2
        found.append(Block("heading", {**block.content, "text": heads.pop(0)}) if begins else block)
    return _renamed(found, document)


def length(document: Document, cover: Cover) -> int:
    """字数 of the official text (lead, headings, paragraphs, lists) as Word counts.

    Every Chinese character and mark is one, and so is a word or number of Latin letters.
    """
    told = " ".join([cover.lead, *(words for block in text(document) for words in _words(block))])
    return len(re.findall(r"[^\s\x00-\u1fff]|[\x21-\u1fff]+", told))


def too_long(document: Document, cover: Cover) -> list[Problem]:
    """A warning where the text has more characters than an official text may have."""
    if (n := length(document, cover)) <= LIMIT:
        return []
    found, advice = f"正文{n:,}字（不含表格和图）", "请删减，或把详细情况移到附件"
    return [Problem("text_too_long", "warning", found=found, allowed=f"{LIMIT:,}字", advice=advice)]


def _moves(block: Block) -> bool:
    return block.kind in ("table", "figure", "note") or block.content.get("style") == "detail"


def _words(block: Block) -> list[str]:
    return (
        [block.content["text"]]
        if block.kind == "heading"
        else [words for words, _ in parts(block)]
        if block.kind in _SPOKEN
        else []
    )


def _labels(document: Document) -> dict[str, str]:
    names = titles(document)
    return {name: f"附件{n if len(names) > 1 else ''}" for n, name in enumerate(names, 1)}


def _renamed(blocks: Iterable[Block], document: Document) -> list[Block]:
    labels = _labels(document)

    def said(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(
                r"(?:附录)?“([^”]*)”",
                lambda m: f"{labels[m[1]]}{m[0].removeprefix('附录')}" if m[1] in labels else m[0],
                value,
            )
        if isinstance(value, Mapping):
            return {key: said(entry) for key, entry in value.items()}
        return [said(entry) for entry in value] if isinstance(value, list | tuple) else value

    def one(block: Block) -> Block:
        return Block(block.kind, said(block.content)) if block.kind in _SPOKEN else block

    return [changed(block, one) for block in blocks]
