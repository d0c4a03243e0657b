"""Blocks: what tables, charts and sentences return, and the tree a document is made of.

A block is data: what shows it in Jupyter (`jupyter`), reads it back (`tree`) and writes it stands above.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args

from evalkit.documents.cells import (
    CELL_ENTRIES,
    FORMAT_ENTRIES,
    TONES,
    Cell,
    Format,
    printed,
    shown,
)
from evalkit.world.showing import shown as made

if TYPE_CHECKING:
    import pandas as pd

MIME = "application/vnd.evalkit.block+json"
Kind = Literal[
    "heading", "paragraph", "table", "figure", "list", "note", "page_break", "group", "slide"
]

# kind -> required and optional entries of its content
_ENTRIES: dict[str, tuple[set[str], set[str]]] = {
    "heading": ({"level", "text"}, {"anchor", "role", "code", "label"}),
    "paragraph": ({"text"}, {"style", "runs"}),
    "table": (
        {"title", "columns", "rows"},
        {
            "unit",
            "total_rows",
            "notes",
            "source",
            "sortable",
            "form",
            "demo",
            "label",
            "anchor",
            "chart",
        },
    ),
    "figure": (
        {"title", "alt", "png"},
        {"width_cm", "source", "demo", "missing_glyphs", "label", "anchor", "titled"},
    ),
    "list": ({"items"}, {"ordered", "runs", "marks"}),
    "note": ({"text"}, {"tone", "runs"}),
    "page_break": (set(), set()),
    "group": ({"blocks"}, set()),
    "slide": ({"title", "blocks"}, {"notes"}),
}
_HOLDING = ("group", "slide")  # kinds that hold other blocks
_CHART = {"values", "target"}  # keys of the columns that a slide draws: bars, and a line
SLOT = "slot"  # of which text of the office a block is: <period>_<name>; any kind may say so
_CHOICES: dict[str, tuple[Any, ...]] = {
    "style": ("body", "detail", "summary", "pending", "code"),
    "tone": ("info", "warning"),
    "form": ("full", "three_line"),
    "level": (1, 2, 3, 4, 5),
    "role": ("unnumbered", "abstract", "appendix", "annex"),
}
_TEXTS = {"text", "title", "alt", "unit", "source", "label", "anchor", "code", SLOT}
_RUN = {"text", "bold", "href", "ref", "place", "note"}
_COLUMN = {"key", "label", "align", "decimals", "percent", "group", "format"}
PENDING = re.compile(r"(【待补充[^】]*】)")
# no form can hold these: control characters other than tab and line feed, lone surrogates, non-characters
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class _Frozen(dict[str, Any]):
    """A dict that cannot be changed, so that a block can be shared and hashed by content; still plain JSON."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a Block's content cannot be changed; make a new Block")

    __setitem__ = __delitem__ = update = pop = popitem = clear = setdefault = __ior__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return freeze, (dict(self),)


class _FrozenList(tuple[Any, ...]):
    """Values that are frozen already."""

    __slots__ = ()


def freeze(value: Any) -> Any:
    """Plain, immutable JSON values that every form can hold: no NaN, NA, dates, numpy scalars, control characters."""
    if isinstance(value, str):
        return _UNFIT.sub("", value.replace("\r\n", "\n")) if _UNFIT.search(value) else value
    if value is None or isinstance(value, (bool, int, _Frozen, _FrozenList)):
        return value
    if isinstance(value, Mapping):
        return _Frozen({str(key): freeze(entry) for key, entry in value.items()})
    if isinstance(value, Cell):
        told = value.to_json()
        return freeze(told["v"] if told.keys() == {"v"} else told)
    if isinstance(value, Format):
        return freeze(value.to_json())
    if isinstance(value, Block):
        return _Frozen(kind=value.kind, content=value.content)
    if isinstance(value, (Decimal, float)):
        return float(value) if math.isfinite(value) else None
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return freeze(value.item())
    if isinstance(value, Iterable):
        return _FrozenList(freeze(entry) for entry in value)
    raise TypeError(f"a Block cannot hold {type(value).__name__}: {value!r}")


@dataclass(frozen=True, eq=True, repr=False)
class Block:
    """One piece of a document.

    Parameters
    ----------
    kind
        heading, paragraph, table, figure, list, note, page_break, group or slide.
    content
        Plain JSON values, frozen on the way in; NaN and NA become null. A figure's PNG stands in ``content["png"]``
        as base64 and leaves it only for the ``image/png`` of the output (inside a group it stays in the JSON).

    Raises
    ------
    ValueError
        Unknown kind or entry, missing entry, row of the wrong length, figure without alternative text.
    """

    kind: Kind
    content: dict[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", freeze(self.content))
        _validate(self.kind, self.content)

    @classmethod
    def _valid(cls, kind: Kind, content: _Frozen) -> Block:
        """A block of content that was frozen and validated within another."""
        block = object.__new__(cls)
        object.__setattr__(block, "kind", kind)
        object.__setattr__(block, "content", content)
        return block

    def __hash__(self) -> int:
        return hash((self.kind, json.dumps(self.content, ensure_ascii=False, sort_keys=True)))

    def __repr__(self) -> str:
        return f"Block({self.kind}: {self.plain()[:60]!r})"

    # constructors

    @classmethod
    def heading(cls, text: str, level: int = 2, role: str = "", code: str = "") -> Block:
        """A heading.

        Parameters
        ----------
        role
            ``unnumbered``, ``abstract`` (the section is the summary) or ``appendix``.
        code
            By which a text refers to an appendix (``〔附录：code〕``).
        """
        more = {key: entry for key, entry in (("role", role), ("code", code)) if entry}
        return cls("heading", {"level": level, "text": text, **more})

    @classmethod
    def paragraph(cls, text: str, style: str = "body") -> Block:
        return cls("paragraph", {"text": text, "style": style})

    @classmethod
    def bullets(cls, items: Iterable[str], ordered: bool = False) -> Block:
        return cls("list", {"items": list(items), "ordered": ordered})

    @classmethod
    def note(cls, text: str, tone: str = "info") -> Block:
        return cls("note", {"text": text, "tone": tone})

    @classmethod
    def page_break(cls) -> Block:
        return cls("page_break", {})

    @classmethod
    def group(cls, *blocks: Block) -> Block:
        return cls("group", {"blocks": blocks})

    @classmethod
    def slide(cls, title: str, *blocks: Block, notes: Sequence[str] = ()) -> Block:
        """A slide of the briefing: texts, tables and charts below a title; `notes` are those of the speaker.

        It stands in the briefing alone: no other form of the document holds it.
        """
        return cls("slide", {"title": title, "blocks": blocks, "notes": notes})

    @classmethod
    def table(
        cls,
        title: str,
        columns: Sequence[Mapping[str, Any] | str],
        rows: Iterable[Iterable[Any]],
        *,
        unit: str = "",
        total_rows: int = 0,
        notes: Sequence[str] = (),
        source: str = "",
        sortable: bool = True,
        form: str = "full",
        demo: bool = False,
        chart: Mapping[str, str] | None = None,
    ) -> Block:
        """A table; a column is a label or ``{key, label, align, group, format}``.

        ``format`` is a `Format` of its numbers, ``decimals`` and ``percent`` (0.38 shows as 38.0%) are short for it.
        A cell is null, a number, text, a `Cell` or the mapping of one; the last `total_rows` rows are 合计. On a slide a
        table with `chart` (``{"values": key, "target": key}``) is drawn as bars by its first column, the target as a line.
        """
        named = [{"key": c, "label": c} if isinstance(c, str) else c for c in columns]
        rest = {
            "total_rows": total_rows,
            "notes": notes,
            "source": source,
            "sortable": sortable,
            "form": form,
        }
        content = {
            "title": title,
            "columns": named,
            "rows": rows,
            "unit": unit,
            "demo": bool(demo),
        } | rest
        return cls("table", content | ({"chart": chart} if chart else {}))

    @classmethod
    def figure(
        cls,
        title: str,
        png: bytes | str,
        alt: str,
        *,
        width_cm: float = 16.0,
        source: str = "",
        demo: bool = False,
        missing_glyphs: str = "",
        titled: float = 0.0,
    ) -> Block:
        """A picture, as PNG bytes or base64, with its alternative text.

        `titled`: how much of its height, from the top, holds nothing but its title; printed forms leave that part out,
        since the caption says it.
        """
        text = png if isinstance(png, str) else base64.b64encode(png).decode("ascii")
        content = {
            "title": title,
            "alt": alt,
            "png": text,
            "width_cm": width_cm,
            "source": source,
            "demo": bool(demo),
        }
        more = {"missing_glyphs": missing_glyphs, "titled": titled}
        return cls("figure", content | {key: value for key, value in more.items() if value})

    # in and out

    @classmethod
    def from_json(cls, value: Mapping[str, Any], png: str | None = None) -> Block:
        """The block of its JSON; `png` is the base64 of the same output's ``image/png``."""
        if not isinstance(value, Mapping) or not {"kind", "content"} <= value.keys():
            raise ValueError("a block's JSON holds 'kind' and 'content'")
        content = dict(value["content"])
        if value["kind"] == "figure" and png:
            content["png"] = "".join(png.split())
        return cls(value["kind"], content)

    def to_json(self) -> dict[str, Any]:
        """Kind and content; without the PNG for a figure of its own."""
        content = json.loads(json.dumps(self.content))
        if self.kind == "figure":
            del content["png"]
        return {"kind": self.kind, "content": content}

    @property
    def blocks(self) -> list[Block]:
        """The members of a group or a slide; of any other block, the block itself."""
        return [*self._members] if self.kind in _HOLDING else [self]

    @cached_property
    def _members(self) -> tuple[Block, ...]:
        return tuple(Block._valid(b["kind"], b["content"]) for b in self.content["blocks"])

    @property
    def is_demo(self) -> bool:
        if self.kind in _HOLDING:
            return any(block.is_demo for block in self.blocks)
        return bool(self.content.get("demo"))

    @property
    def png(self) -> bytes:
        return base64.b64decode(self.content["png"])

    def frame(self) -> pd.DataFrame:
        """A table as a pandas frame: the keys of the columns, the numbers behind the cells (else their text)."""
        import pandas as pd

        if self.kind != "table":
            raise ValueError(f"only a table has a frame; this is a {self.kind}")
        columns = self.content["columns"]
        plain = [
            [_plain(Cell.read(cell), column) for cell, column in zip(row, columns, strict=True)]
            for row in self.content["rows"]
        ]
        return pd.DataFrame(plain, columns=[column["key"] for column in columns])

    def texts(self) -> list[list[str]]:
        """The rows of a table as readers see them."""
        columns = self.content["columns"]
        return [
            [shown(cell, column) for cell, column in zip(row, columns, strict=True)]
            for row in self.content["rows"]
        ]

    def plain(self) -> str:
        """The block as plain text; a table tab by tab."""
        content = self.content
        if self.kind in _HOLDING:
            told = [content["title"]] if self.kind == "slide" else []
            return "\n\n".join([*told, *(block.plain() for block in self.blocks)])
        if self.kind == "table":
            rows = [[column["label"] for column in content["columns"]], *self.texts()]
            return "\n".join([content["title"], *map("\t".join, rows)])
        if self.kind == "list":
            marked = zip(marks(content), content["items"], strict=True)
            return "\n".join(f"{'  ' * m.level}{m.text}{item}" for m, item in marked)
        if self.kind == "heading":
            return heading_words(content)
        return str(content["title"] if self.kind == "figure" else content.get("text", ""))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = made(self, "mimebundle")
        return found


@dataclass(frozen=True)
class Mark:
    """What stands before an item of a list: how deep it stands, and its number, where it has one."""

    level: int = 0
    number: int | None = None

    @property
    def text(self) -> str:
        return "· " if self.number is None else f"{self.number}. "


def marks(content: Mapping[str, Any]) -> list[Mark]:
    """The marks of a list's items; `content` of one that is not nested need not name them."""
    if content.get("marks"):
        return [Mark(mark["level"], mark["number"]) for mark in content["marks"]]
    ordered = content.get("ordered")
    return [Mark(0, n if ordered else None) for n, _ in enumerate(content["items"], 1)]


def heading_words(content: Mapping[str, Any]) -> str:
    """A heading as printed: its number, where it has one, and its text."""
    label, text = content.get("label", ""), str(content["text"])
    apart = "　" if label and text and content.get("role") in ("appendix", "annex") else ""
    return f"{label}{apart}{text}"


def _plain(cell: Cell, column: Mapping[str, Any]) -> Any:
    if cell.number is not None or (cell.value is None and cell.text is None):
        return cell.number
    return printed(cell, column)


def flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks with groups opened."""
    for block in blocks:
        yield from flat(block.blocks) if block.kind == "group" else (block,)


def opened(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks with those groups opened that hold headings; others stay together on paper."""
    for block in blocks:
        if block.kind == "group" and any(b.kind == "heading" for b in block.blocks):
            yield from opened(block.blocks)
        else:
            yield block


def changed(block: Block, change: Callable[[Block], Block]) -> Block:
    """The block, or every member of a group, as `change` makes it."""
    return (
        Block.group(*(changed(b, change) for b in block.blocks))
        if block.kind == "group"
        else change(block)
    )


def _parts(kind: str, content: Mapping[str, Any]) -> list[tuple[str, Sequence[Mapping[str, Any]]]]:
    """The texts of a paragraph, note or list, each with its runs (bold, links, references)."""
    texts = content["items"] if kind == "list" else [content["text"]]
    runs = content.get("runs") or [()] * len(texts)
    if kind != "list" and content.get("runs"):
        runs = [runs]
    return [(text, run or ({"text": text},)) for text, run in zip(texts, runs, strict=True)]


def parts(block: Block) -> list[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Each text of a paragraph, note or list with its runs, which together are the text.

    A run is ``{text, bold, href, ref, place, note}``: address, anchor of a table or figure, anchor of a heading, words
    of a footnote (its text is the mark).
    """
    return _parts(block.kind, block.content)


def _validate(kind: str, content: Mapping[str, Any]) -> None:
    if kind not in get_args(Kind):
        raise ValueError(f"unknown kind of block {kind!r}; known: {', '.join(get_args(Kind))}")
    required, optional = _ENTRIES[kind]
    missing, unknown = required - content.keys(), content.keys() - required - optional - {SLOT}
    if missing or unknown:
        raise ValueError(f"{kind}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    for key, value in content.items():
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ValueError(
                f"{kind}.{key}: {value!r} is not one of {', '.join(map(str, _CHOICES[key]))}"
            )
        if key in _TEXTS and not isinstance(value, str):
            raise ValueError(f"{kind}.{key}: text expected, found {value!r}")
    if kind == "figure" and not content["alt"].strip():
        raise ValueError("figure.alt: every figure has an alternative text")
    if kind == "list" and not all(isinstance(item, str) for item in content["items"]):
        raise ValueError("list.items: texts expected")
    if kind == "list" and len(content.get("marks", content["items"])) != len(content["items"]):
        raise ValueError(f"list.marks: {len(content['marks'])} of {len(content['items'])} items")
    for text, runs in _parts(kind, content) if "runs" in content else ():
        if (
            any("text" not in run or run.keys() - _RUN for run in runs)
            or "".join(r["text"] for r in runs) != text
        ):
            raise ValueError(
                f"{kind}.runs: texts with {sorted(_RUN)} that together are the text; found {runs!r}"
            )
    if kind in _HOLDING:
        for member in content["blocks"]:
            _validate(member["kind"], member["content"])
    if kind == "slide" and not all(isinstance(note, str) for note in content.get("notes", ())):
        raise ValueError(f"slide.notes: texts expected, found {content['notes']!r}")
    if kind == "table":
        _validate_table(content)


def _validate_table(content: Mapping[str, Any]) -> None:
    columns, rows = content["columns"], content["rows"]
    for n, column in enumerate(columns):
        if not {"key", "label"} <= column.keys() or column.keys() - _COLUMN:
            raise ValueError(f"table.columns[{n}]: {sorted(column)}; allowed: {sorted(_COLUMN)}")
        if not isinstance(column["label"], str) or not isinstance(column.get("decimals") or 0, int):
            raise ValueError(
                f"table.columns[{n}]: label is text, decimals a whole number; found {column!r}"
            )
        _validate_format(column.get("format"), f"table.columns[{n}]")
    chart = content.get("chart")
    if chart is not None and (
        not isinstance(chart, Mapping)
        or chart.keys() - _CHART
        or "values" not in chart
        or set(chart.values()) - {column["key"] for column in columns}
    ):
        raise ValueError(f"table.chart: keys of columns as {sorted(_CHART)}; found {chart!r}")
    if not all(isinstance(note, str) for note in content.get("notes", ())):
        raise ValueError(f"table.notes: texts expected, found {content['notes']!r}")
    for n, row in enumerate(rows):
        if len(row) != len(columns):
            raise ValueError(f"table.rows[{n}]: {len(row)} cells, {len(columns)} columns")
        for cell in row:
            if isinstance(cell, tuple) or (
                isinstance(cell, Mapping) and cell.keys() - CELL_ENTRIES
            ):
                raise ValueError(
                    f"table.rows[{n}]: a cell is null, a number, text or {sorted(CELL_ENTRIES)}; found {cell!r}"
                )
            if isinstance(cell, Mapping) and (cell.get("tone") or None) not in (None, *TONES):
                raise ValueError(f"table.rows[{n}]: tone {cell['tone']!r} is not one of {TONES}")
            if isinstance(cell, Mapping):
                _validate_format(cell.get("format"), f"table.rows[{n}]")
    if not 0 <= content.get("total_rows", 0) <= len(rows):
        raise ValueError(f"table.total_rows: {content['total_rows']} of {len(rows)} rows")


def _validate_format(found: Any, where: str) -> None:
    if found is not None and (not isinstance(found, Mapping) or found.keys() - FORMAT_ENTRIES):
        raise ValueError(f"{where}.format: {found!r}; allowed: {sorted(FORMAT_ENTRIES)}")
