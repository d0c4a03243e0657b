"""Numbers of headings, tables and figures, and the references to them: one pass before every form.

Headings are numbered 一、 （一） 1. （1） from the highest level there is; a number typed by hand is replaced. Without
one stay: 摘要 and 前言, a heading that ends in ``{-}`` and, where most sections have a typed number, those that have none.
附录 begins the appendices. Tables and figures with a title are counted
through the document. ``〔表：标题〕`` and ``〔图：标题〕`` in a text become 表1, 图2: the whole title or a part that only
one title has. A reference that finds nothing stays as it is, and a `Problem` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.documents.blocks import Block, changed, flat, parts
from evalkit.problems import Problem, did_you_mean

REFERENCE = re.compile(r"〔([表图])：([^〔〕\n]+)〕")
_TYPED = re.compile(
    r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d{1,2}[.．](?!\d)\s*|（\d{1,2}）)\s*"
)
_APPENDIX = re.compile(r"^附[录件]\s*(?:\d{1,2}|[一二三四五六七八九十]+)?\s*[：:、.．]?\s*")
PLAIN = {"摘要", "前言", "引言", "目录"}


@dataclass(frozen=True)
class Document:
    """A numbered document: level 1 is its title, headings have levels 2 to 5, summary and appendices stand apart."""

    title: str
    summary: tuple[Block, ...]
    body: tuple[Block, ...]
    appendices: tuple[Block, ...]
    appendix_titles: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Body and appendices, groups opened."""
        return tuple(flat((*self.body, *self.appendices)))

    @property
    def is_demo(self) -> bool:
        return any(block.is_demo for block in (*self.summary, *self.body, *self.appendices))


def chinese(n: int) -> str:
    """1 to 99 in Chinese digits: 一, 十二, 二十."""
    digits, (tens, ones) = "一二三四五六七八九", divmod(n, 10)
    return (
        (digits[tens - 1] if tens > 1 else "")
        + ("十" if tens else "")
        + (digits[ones - 1] if ones else "")
    )


def number(blocks: Iterable[Block], title: str = "", headings: bool = True) -> Document:
    """The document of a tree.

    Parameters
    ----------
    blocks
        The tree. A first heading above all others is the title and leaves the body, also where `title` is given.
        Paragraphs of style ``summary`` before the first section, and a section 摘要, are the summary.
    headings
        Whether headings get numbers.
    """
    members = list(blocks)
    every = [b for b in flat(members) if b.kind == "heading"]
    levels = [b.content["level"] for b in every[1:] if not _APPENDIX.match(b.content["text"])]
    if (
        members
        and members[0].kind == "heading"
        and members[0].content["level"] < min(levels, default=9)
    ):
        title, members, every = title or members[0].content["text"], members[1:], every[1:]
    counter = _Counter(every, headings)
    named = [changed(block, counter.named) for block in members]
    resolved = [changed(block, counter.resolved) for block in named]
    summary: list[Block] = []
    body: list[Block] = []
    appendices: list[Block] = []
    place = "front"
    for block in resolved:
        if block.kind == "heading" and block.content["level"] == 2:
            text = block.content["text"]
            place = "summary" if text == "摘要" else "appendix" if _APPENDIX.match(text) else "body"
            if place == "summary":
                continue
        leading = (
            place == "front"
            and block.kind == "paragraph"
            and block.content.get("style") == "summary"
        )
        target = (
            summary
            if leading or place == "summary"
            else appendices
            if place == "appendix"
            else body
        )
        target.append(block)
    names = tuple(
        _APPENDIX.sub("", b.content["text"]).strip() for b in appendices if counter.begins(b)
    )
    return Document(
        title, tuple(summary), tuple(body), tuple(appendices), names, tuple(counter.problems)
    )


class _Counter:
    def __init__(self, every: Sequence[Block], headings: bool):
        self.headings = headings
        self.base = min((b.content["level"] for b in every), default=1)
        self.n_appendices = sum(
            b.content["level"] == self.base and bool(_APPENDIX.match(b.content["text"]))
            for b in every
        )
        sections = [
            b.content["text"]
            for b in every
            if b.content["level"] == self.base and not _APPENDIX.match(b.content["text"])
        ]
        self.typed = 2 * sum(bool(_TYPED.match(text)) for text in sections) > len(sections)
        self.counts = [0, 0, 0, 0]
        self.seen = self.appendix = 0
        self.labels: dict[str, dict[str, tuple[str, str]]] = {"表": {}, "图": {}}
        self.totals = {"表": 0, "图": 0}
        self.problems: list[Problem] = []

    def begins(self, block: Block) -> bool:
        return (
            block.kind == "heading"
            and block.content["level"] == 2
            and bool(_APPENDIX.match(block.content["text"]))
        )

    def named(self, block: Block) -> Block:
        """The block with its number (headings) or label (tables, figures)."""
        if block.kind == "heading":
            return self._heading(block.content)
        if block.kind in ("table", "figure") and block.content["title"]:
            sort, letter = ("表", "t") if block.kind == "table" else ("图", "f")
            self.totals[sort] += 1
            label, anchor = f"{sort}{self.totals[sort]}", f"{letter}{self.totals[sort]}"
            self.labels[sort].setdefault(block.content["title"], (label, anchor))
            return Block(block.kind, {**block.content, "label": label, "anchor": anchor})
        return block

    def _heading(self, content: Mapping[str, Any]) -> Block:
        rank = min(content["level"] - self.base, 3)
        text, plain = re.subn(r"\s*\{-\}$", "", re.sub(r"[\t\n]+", " ", content["text"]))
        self.seen += 1
        if rank == 0 and _APPENDIX.match(text):
            self.appendix += 1
            self.counts = [self.counts[0], 0, 0, 0]
            numeral = chinese(self.appendix) if self.n_appendices > 1 else ""
            text = f"附录{numeral}　{_APPENDIX.sub('', text)}".strip("　 ")
        elif (
            self.headings
            and not plain
            and text not in PLAIN
            and (rank or not self.typed or _TYPED.match(text))
        ):
            self.counts[rank] += 1
            self.counts[rank + 1 :] = [0] * (3 - rank)
            n = self.counts[rank]
            text = (f"{chinese(n)}、", f"（{chinese(n)}）", f"{n}.", f"（{n}）")[rank] + _TYPED.sub(
                "", text
            )
        return Block("heading", {"level": rank + 2, "text": text, "anchor": f"s{self.seen}"})

    def resolved(self, block: Block) -> Block:
        """The block with its references written out, and linked where the form can."""
        content = dict(block.content)
        if block.kind in ("paragraph", "note", "list"):
            if not any(REFERENCE.search(text) for text, _ in parts(block)):
                return block
            found = [[new for run in runs for new in self._split(run)] for _, runs in parts(block)]
            texts = ["".join(run["text"] for run in runs) for runs in found]
            listed = block.kind == "list"
            return Block(
                block.kind,
                {**content, "runs": found if listed else found[0]}
                | ({"items": texts} if listed else {"text": texts[0]}),
            )
        if block.kind == "table" and content.get("notes"):
            content["notes"] = [
                "".join(r["text"] for r in self._split({"text": note})) for note in content["notes"]
            ]
            return Block("table", content)
        return block

    def _split(self, run: Mapping[str, Any]) -> list[dict[str, Any]]:
        new, last = [], 0
        for match in REFERENCE.finditer(run["text"]):
            found = self._find(match[1], match[2])
            if found:
                new += [
                    {**run, "text": run["text"][last : match.start()]},
                    {**run, "text": found[0], "ref": found[1]},
                ]
                last = match.end()
        new.append({**run, "text": run["text"][last:]})
        return [piece for piece in new if piece["text"]]

    def _find(self, sort: str, key: str) -> tuple[str, str] | None:
        known = self.labels[sort]
        near = [title for title in known if key in title]
        if key in known or len(near) == 1:
            return known[key if key in known else near[0]]
        advice = did_you_mean(key, known) or "请写图表标题的全部或只有它才有的一部分"
        found = f"有{len(near)}个标题含有它" if near else "没有这个标题"
        problem = Problem(
            "key_unknown", "warning", where=f"引用〔{sort}：{key}〕", found=found, advice=advice
        )
        self.problems += [] if problem in self.problems else [problem]
        return None
