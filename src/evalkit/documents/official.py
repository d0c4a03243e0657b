"""What of a numbered document stands in which file: the official text (公文) and its 附件, the report and its 附录.

The text keeps headings, sentences and lists. Tables, figures, notes and paragraphs of style ``detail`` go to 附件1, in order
under the headings of their sections; the appendices follow as 附件2, 附件3 ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from evalkit.documents.blocks import Block, flat, heading_words, parts
from evalkit.documents.cover import Cover
from evalkit.documents.numbering import Document, begins_appendix, called
from evalkit.problems import Problem

LIMIT = 5000  # characters of an official text
FIRST = "主要图表"  # the 附件 of what the text itself does not hold
_SPOKEN = ("paragraph", "note", "list")


def titles(document: Document) -> list[str]:
    """The titles of the 附件, in order."""
    own = [head.content["text"] for head in document.appendix_heads]
    return [FIRST] * _has_first(document) + own


def text(document: Document) -> list[Block]:
    """The blocks of the official text, which speaks of its 附件: 附录“数据质量” is 附件3 there."""
    return _called([block for block in flat(document.body) if not _moves(block)], document)


def annexes(document: Document) -> list[Block]:
    """The blocks of the 附件, each under a heading 附件1　主要图表."""
    labels, found = _labels(document), list[Block]()
    if _has_first(document):
        found.append(_head(labels[0], FIRST, ""))
    of = dict(
        zip(
            [h.content["anchor"] for h in document.appendix_heads],
            labels[len(found) :],
            strict=True,
        )
    )
    section: list[Block] = []
    for block in flat(document.body):
        if block.kind == "heading":
            kept = [b for b in section if b.content["level"] < block.content["level"]]
            section = [*kept, block]
        elif _moves(block):
            found += [
                Block("heading", {**b.content, "level": min(b.content["level"] + 1, 5)})
                for b in section
            ]
            section = []
            found.append(block)
    for block in flat(document.appendices):
        if begins_appendix(block):
            anchor = block.content["anchor"]
            block = _head(of[anchor], block.content["text"], anchor)
        found.append(block)
    return _called(found, document)


def annex_title(title: str) -> str:
    """What the appendices are called as a file of their own."""
    return f"{title}附录"


APART = "附录另成一册：{names}。"


def without_appendices(document: Document, page: str = "", words: str = APART) -> Document:
    """The document without its appendices; a line at its end says what stands in the other file.

    `page`: where that is, for links of a page; of a printed form the words of a reference stay, and lead nowhere.
    """
    heads = document.appendix_heads
    if not heads:
        return document
    body = _linked(document.body, document.body, page)
    told = words.format(names="；".join(heading_words(head.content) for head in heads))
    return replace(
        document,
        summary=tuple(_linked(document.summary, document.body, page)),
        body=(*body, Block.paragraph(told, "detail")),
        appendices=(),
    )


def appendices_alone(document: Document) -> Document:
    """The appendices as a document."""
    told = tuple(_linked(document.appendices, document.appendices))
    title = annex_title(document.title)
    if not told:
        told = (Block.paragraph("本文没有附录。"),)
    return replace(document, title=title, summary=(), body=(), appendices=told)


def _linked(blocks: Iterable[Block], here: Iterable[Block], page: str = "") -> list[Block]:
    """The blocks with references that lead only where something stands: in this file, or on the other one's page."""
    members = [*flat(blocks)]
    known = {block.content.get("anchor") for block in [*members, *flat(here)]}

    def one(run: Mapping[str, Any]) -> dict[str, Any]:
        anchor = run.get("ref") or run.get("place")
        if not anchor or anchor in known:
            return dict(run)
        kept = {k: v for k, v in run.items() if k not in ("ref", "place")}
        return {**kept, "href": f"{page}#{anchor}"} if page else kept

    return [_with_runs(block, one) for block in members]


def _with_runs(block: Block, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Block:
    """A block of words with each of its runs changed."""
    if block.kind not in _SPOKEN or "runs" not in block.content:
        return block
    found = [[change(run) for run in runs] for _, runs in parts(block)]
    texts = ["".join(run["text"] for run in runs) for runs in found]
    told: dict[str, Any] = (
        {"items": texts, "runs": found}
        if block.kind == "list"
        else {"text": texts[0], "runs": found[0]}
    )
    return Block(block.kind, {**block.content, **told})


def _head(label: str, title: str, anchor: str) -> Block:
    content = {"level": 2, "text": title, "label": label, "role": "annex", "anchor": anchor}
    return Block("heading", content)


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
        [heading_words(block.content)]
        if block.kind == "heading"
        else [words for words, _ in parts(block)]
        if block.kind in _SPOKEN
        else []
    )


def _has_first(document: Document) -> bool:
    """Whether there is something that the text itself does not hold."""
    return any(map(_moves, flat(document.body)))


def _labels(document: Document) -> list[str]:
    """附件1, 附件2 ... in the order of `titles`; 附件 where it is the only one."""
    names = titles(document)
    return [f"附件{n if len(names) > 1 else ''}" for n, _ in enumerate(names, 1)]


def _called(blocks: Iterable[Block], document: Document) -> list[Block]:
    """The blocks with their references as the two files have them.

    An appendix is a 附件 here. A reference to what stands in the other file leads nowhere: its words stay.
    """
    members = [*flat(blocks)]
    labels = _labels(document)[_has_first(document) :]
    heads = [head.content for head in document.appendix_heads]
    names = {
        head["anchor"]: called(label, head["text"])
        for head, label in zip(heads, labels, strict=True)
    }
    here = {block.content.get("anchor") for block in members}

    def one(run: Mapping[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in run.items() if k not in ("ref", "place") or v in here}
        return {**kept, "text": names.get(run.get("place", ""), run["text"])}

    return [_with_runs(block, one) for block in members]
