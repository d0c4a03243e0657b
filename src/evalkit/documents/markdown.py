"""Markdown as blocks: the words of a notebook and the texts of the office."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from evalkit.documents.blocks import Block


def markdown(source: str) -> list[Block]:
    """Headings, paragraphs, lists, tables and quotations of a markdown text; of the inline marks, bold and links stay.

    Scripts never run.
    """
    import mistune

    tokens = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])(source)
    return [block for token in tokens if isinstance(token, Mapping) for block in _from_token(token)]


def _from_token(token: Mapping[str, Any]) -> Iterator[Block]:
    kind, text = token["type"], _words(token)
    if kind == "heading" and text:
        yield Block.heading(text, min(token["attrs"]["level"], 4))
    elif kind == "list":
        items = _items(token)
        content = {
            "items": [_text_of(item) for item in items],
            "ordered": bool(token["attrs"]["ordered"]),
        }
        yield Block("list", content | ({"runs": items} if any(map(_styled, items)) else {}))
    elif kind == "block_quote" and text:
        yield Block.note("\n".join(filter(None, map(_words, token["children"]))))
    elif kind == "table":
        head, *body = token["children"]
        rows = [
            [_words(cell) for cell in row["children"]] for part in body for row in part["children"]
        ]
        yield Block.table("", [_words(cell) for cell in head["children"]], rows, sortable=False)
    elif kind == "block_html":
        if re.fullmatch(r"<!--\s*page[ _-]?break\s*-->", text):
            yield Block.page_break()
        elif words := re.sub(r"<!--.*?-->|<[^>]*>", "", text, flags=re.S).strip():
            yield Block.paragraph(words)
    elif kind not in {"blank_line", "thematic_break"} and text:
        runs = _runs(token)
        yield Block(
            "paragraph", {"text": text, "style": "body"} | ({"runs": runs} if _styled(runs) else {})
        )


def _items(token: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """Items of a list in order, as runs; those of a nested list follow their parent."""
    items = []
    for item in token["children"]:
        own = [part for part in item["children"] if part["type"] != "list"]
        items.append(_runs({"type": "item", "children": own}))
        for part in item["children"]:
            items += _items(part) if part["type"] == "list" else []
    return items


def _words(token: Mapping[str, Any]) -> str:
    return _text_of(_runs(token))


def _text_of(runs: Iterable[Mapping[str, Any]]) -> str:
    return "".join(run["text"] for run in runs)


def _styled(runs: Iterable[Mapping[str, Any]]) -> bool:
    return any(len(run) > 1 for run in runs)


def _runs(token: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The words of a token: a broken line joins with a blank between Latin letters, without one in Chinese."""
    letters = [(letter, style) for text, *style in _inline(token, False, "") for letter in text]
    text = "".join(letter for letter, _ in letters)
    joined = re.sub(r"(?<=[!-~])\x00(?=[!-~])", " ", text)
    kept = [(new, style) for new, (_, style) in zip(joined, letters, strict=True) if new != "\x00"]
    while kept and not kept[0][0].strip():
        kept.pop(0)
    while kept and not kept[-1][0].strip():
        kept.pop()
    named = [
        ({"bold": True} if bold else {}) | ({"href": href} if href else {})
        for _, (bold, href) in kept
    ]
    groups = groupby(zip(kept, named, strict=True), lambda pair: pair[1])
    return [
        {"text": "".join(letter for (letter, _), _ in members), **style}
        for style, members in groups
    ]


def _inline(token: Mapping[str, Any], bold: bool, href: str) -> Iterator[tuple[str, bool, str]]:
    """Texts, bold, address; a link keeps its address in brackets, for print."""
    kind = token["type"]
    if kind in {"softbreak", "linebreak"}:
        yield ("\x00" if kind == "softbreak" else "\n"), bold, href
    elif kind == "inline_html":
        yield ("\n" if token["raw"].startswith("<br") else ""), bold, href
    elif token.get("raw"):
        yield token["raw"], bold, href
    else:
        url = str(token.get("attrs", {}).get("url", "")) if kind == "link" else ""
        href = url if url.startswith("http") else href
        inner = [
            run
            for child in token.get("children", ())
            for run in _inline(child, bold or kind == "strong", href)
        ]
        yield from inner
        if url.startswith("http") and url != "".join(run[0] for run in inner):
            yield f"（{url}）", bold, href
