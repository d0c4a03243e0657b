"""Numbers of headings, tables and figures, and the references to them: one pass before every form.

Headings are numbered 一、 （一） 1. （1） from the highest level there is; a number typed by hand is replaced. Without
one stay those whose role is ``unnumbered`` or ``abstract`` and, where most sections have a typed number, those that have
none. The first heading of role ``appendix`` begins the appendices. Tables and figures with a title are counted
through the document. ``〔表：标题〕`` and ``〔图：标题〕`` in a text become 表1, 图2, ``〔附录：标题〕`` becomes 附录“标题”: the
code of an appendix, the whole title or a part that only one title has. A reference that finds nothing stays as it is,
and a `Problem` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.documents.blocks import Block, changed, flat, opened, parts
from evalkit.problems import Problem, did_you_mean

REFERENCE = re.compile(r"〔(表|图|附录)：([^〔〕\n]+)〕")
PLACES = {"abstract": "summary", "appendix": "appendix"}  # what a section of a role belongs to
_TYPED = re.compile(
    r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d{1,2}[.．](?!\d)\s*|（\d{1,2}）)\s*"
)


@dataclass(frozen=True)
class Document:
    """A numbered document: level 1 is its title, headings have levels 2 to 5, summary and appendices stand apart."""

    title: str
    summary: tuple[Block, ...]
    body: tuple[Block, ...]
    appendices: tuple[Block, ...]
    problems: tuple[Problem, ...]
    slides: tuple[Block, ...] = ()  # of the briefing, which no other form holds

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Body and appendices, groups opened."""
        return tuple(flat((*self.body, *self.appendices)))

    @property
    def appendix_heads(self) -> tuple[Block, ...]:
        """The headings of the appendices, in order."""
        return tuple(block for block in self.appendices if begins_appendix(block))

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
        Paragraphs of style ``summary`` before the first section, and a section of role ``abstract``, are the summary.
    headings
        Whether headings get numbers.
    """
    given = list(opened(blocks))
    slides = tuple(block for block in flat(given) if block.kind == "slide")
    members = [block for block in given if not _of_briefing(block)]
    every = [b for b in flat(members) if b.kind == "heading"]
    levels = [b.content["level"] for b in every[1:] if b.content.get("role") != "appendix"]
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
            place = PLACES.get(block.content.get("role", ""), "body")
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
    found = tuple(counter.problems)
    return Document(title, tuple(summary), tuple(body), tuple(appendices), found, slides)


def _of_briefing(block: Block) -> bool:
    """A slide, or a group of nothing but slides."""
    if block.kind == "group":
        return bool(block.content["blocks"]) and all(map(_of_briefing, block.blocks))
    return block.kind == "slide"


def begins_appendix(block: Block) -> bool:
    """Whether a block of a numbered document is the heading of an appendix."""
    content = block.content
    return block.kind == "heading" and content["level"] == 2 and content.get("role") == "appendix"


def called(appendix: str, title: str) -> str:
    """What a text calls an appendix: 附录“数据质量”, and 附件3“数据质量” in the official text."""
    return f"{appendix}“{title}”"


@dataclass(frozen=True)
class Target:
    """What a reference finds: the words for it, its anchor, and whether that is of a heading."""

    words: str
    anchor: str
    heading: bool = False

    @property
    def run(self) -> dict[str, str]:
        """The run of a text that leads there."""
        return {"text": self.words, "place" if self.heading else "ref": self.anchor}


class _Counter:
    def __init__(self, every: Sequence[Block], headings: bool):
        self.headings = headings
        self.base = min((b.content["level"] for b in every), default=1)
        self.n_appendices = sum(
            b.content["level"] == self.base and b.content.get("role") == "appendix" for b in every
        )
        sections = [
            b.content["text"]
            for b in every
            if b.content["level"] == self.base and b.content.get("role") != "appendix"
        ]
        self.typed = 2 * sum(bool(_TYPED.match(text)) for text in sections) > len(sections)
        self.counts = [0, 0, 0, 0]
        self.seen = self.appendix = self.notes = 0
        self.labels: dict[str, dict[str, Target]] = {"表": {}, "图": {}, "附录": {}}
        self.totals = {"表": 0, "图": 0}
        self.problems: list[Problem] = []

    def named(self, block: Block) -> Block:
        """The block with its number (headings) or label (tables, figures)."""
        if block.kind == "heading":
            return self._heading(block.content)
        if block.kind in ("table", "figure") and block.content["title"]:
            sort, letter = ("表", "t") if block.kind == "table" else ("图", "f")
            self.totals[sort] += 1
            label, anchor = f"{sort}{self.totals[sort]}", f"{letter}{self.totals[sort]}"
            self.labels[sort].setdefault(block.content["title"], Target(label, anchor))
            return Block(block.kind, {**block.content, "label": label, "anchor": anchor})
        return block

    def _heading(self, content: Mapping[str, Any]) -> Block:
        rank, role = min(content["level"] - self.base, 3), content.get("role", "")
        text = re.sub(r"[\t\n]+", " ", content["text"])
        self.seen += 1
        anchor, label = f"s{self.seen}", ""
        if rank == 0 and role == "appendix":
            self.appendix += 1
            self.counts = [self.counts[0], 0, 0, 0]
            label = "附录" + (chinese(self.appendix) if self.n_appendices > 1 else "")
            target = Target(called("附录", text), anchor, heading=True)
            for key in filter(None, (content.get("code"), text)):
                self.labels["附录"].setdefault(key, target)
        elif (
            self.headings
            and role not in ("unnumbered", "abstract")
            and (rank or not self.typed or _TYPED.match(text))
        ):
            self.counts[rank] += 1
            self.counts[rank + 1 :] = [0] * (3 - rank)
            n = self.counts[rank]
            label = (f"{chinese(n)}、", f"（{chinese(n)}）", f"{n}.", f"（{n}）")[rank]
            text = _TYPED.sub("", text)
        more = {"label": label} if label else {}
        return Block(
            "heading", {**content, "level": rank + 2, "text": text, "anchor": anchor, **more}
        )

    def resolved(self, block: Block) -> Block:
        """The block with its references written out, and linked where the form can; its footnotes numbered."""
        content = dict(block.content)
        if block.kind in ("paragraph", "note", "list"):
            noted = any(run.get("note") for _, runs in parts(block) for run in runs)
            if not noted and not any(REFERENCE.search(text) for text, _ in parts(block)):
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
        if run.get("note"):
            self.notes += 1
            return [{**run, "text": f"[{self.notes}]"}]
        new, last = [], 0
        for match in REFERENCE.finditer(run["text"]):
            found = self._find(match[1], match[2])
            if found:
                new += [
                    {**run, "text": run["text"][last : match.start()]},
                    {**run, **found.run},
                ]
                last = match.end()
        new.append({**run, "text": run["text"][last:]})
        return [piece for piece in new if piece["text"]]

    def _find(self, sort: str, key: str) -> Target | None:
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
