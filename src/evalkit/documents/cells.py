"""Cells of tables: a value, how it is printed and what it stands for, until a writer needs its text.

    Cell(0.823, Format.percent(), indicator="org_coverage", mark="●", tone="good")     # ● 82.3%
    Cell("演示01区", area="演示省/演示01区")

A column of a block carries the format of its cells (``format``, or in short ``decimals`` and ``percent``), a cell its
own where it differs. HTML, Word, PDF, Excel and plain text all ask `printed`. Rows may also hold plain values, and
mappings with the entries of `Cell.to_json`; ``t`` is a text made ready by a caller who has nothing better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

from evalkit.world.number import MISSING, fixed, plain, times

UNLIMITED = "不限"  # a value without an upper end
LEVEL_ARROW = "→"
TONES = ("good", "middle", "bad", "pending")
DIGITS = 17  # of a number without a format: all that a float holds
Sign = Literal["", "plus", "arrow"]


@dataclass(frozen=True)
class Format:
    """How a number is printed: ``value * scale`` with `decimals`, half up, and its unit behind.

    Parameters
    ----------
    decimals
        None: as somebody would type the number.
    scale
        100 for a plain ratio shown in percent.
    grouped
        Thousands marks.
    sign
        ``plus`` before what is above zero; ``arrow``: ↑1.2, ↓0.3, and → where nothing is left after rounding.
    unit
        Behind the number: %, 元/人.
    """

    decimals: int | None = None
    scale: float = 1.0
    grouped: bool = False
    sign: Sign = ""
    unit: str = ""

    @classmethod
    def percent(cls, decimals: int | None = 1, **more: Any) -> Format:
        """A plain ratio as a percentage."""
        return cls(decimals, 100.0, unit="%", **more)

    def digits(self, value: Any) -> str:
        """The number without arrow and unit; with an arrow its size."""
        size = abs(value) if self.sign == "arrow" else value
        if self.decimals is None:
            return plain(size if self.scale == 1 else times(size, self.scale), DIGITS)
        return fixed(
            size, self.decimals, scale=self.scale, grouped=self.grouped, sign=self.sign == "plus"
        )

    def level(self, value: Any) -> bool:
        """Whether an arrow would stand before nothing but zeros."""
        return self.sign == "arrow" and not self.digits(value).strip("0.")

    def text(self, value: Any) -> str:
        """The number as printed; nothing known is —."""
        if value is None:
            return MISSING
        if isinstance(value, float) and math.isinf(value):
            return UNLIMITED
        if self.level(value):
            return LEVEL_ARROW
        arrow = ("↑" if value > 0 else "↓") if self.sign == "arrow" else ""
        return arrow + self.digits(value) + self.unit

    def to_json(self) -> dict[str, Any]:
        """What differs from a plain number."""
        return _told(self)


PLAIN = Format()


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    value
        A number, a text, or None where nothing is known.
    format
        Of a number; None: that of its column.
    before, after
        Words around the number: the name of a reference, stars of significance.
    text
        Instead of all this, a text made ready.
    mark, tone
        ● ▲ ■ and good, middle, bad; ``pending`` marks what is still to be written.
    area, indicator
        What the cell stands for: path of an area, code of an indicator. A page links them (`links` of `page`).
    rank
        The place among the areas, where the cell says one.
    extent
        How many areas stand behind the number, of how many expected (`evalkit.world.extent`).
    href
        An address, where there is no code for it.
    runs
        Pieces of a text with bold parts and links; together they are the text.
    """

    value: float | int | str | None = None
    format: Format | None = None
    before: str = ""
    after: str = ""
    text: str | None = None
    mark: str = ""
    tone: str = ""
    area: str = ""
    indicator: str = ""
    rank: int | None = None
    extent: tuple[int, int] | None = None
    href: str = ""
    runs: tuple[Mapping[str, Any], ...] = ()

    @property
    def number(self) -> float | int | None:
        """The number behind the cell, or None."""
        value = self.value
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``v`` and ``t`` are the value and the text made ready. A value that JSON has not is its text."""
        told = {"v": self.value, **_told(self)}
        told.pop("value", None)
        if "text" in told:
            told["t"] = told.pop("text")
        if isinstance(self.value, float) and math.isinf(self.value):
            told |= {"v": None, "t": self.before + UNLIMITED + self.after}
        return told

    @classmethod
    def read(cls, cell: Any) -> Cell:
        """The cell of what stands in a row: a plain value, or a mapping as `to_json` makes it."""
        if isinstance(cell, cls):
            return cell
        if not isinstance(cell, Mapping):
            return cls(cell)
        given: dict[str, Any] = {
            _FIELDS.get(str(key), str(key)): entry
            for key, entry in cell.items()
            if entry is not None
        }
        if "format" in given:
            given["format"] = read_format(given["format"])
        return cls(**given)


_FIELDS = {"v": "value", "t": "text"}
CELL_ENTRIES = {"v", "t"} | {f.name for f in fields(Cell)} - {"value", "text"}
FORMAT_ENTRIES = {f.name for f in fields(Format)}


def _told(value: Any) -> dict[str, Any]:
    """The fields of a frozen value that are not as they would be."""
    found = {}
    for one in fields(value):
        entry = getattr(value, one.name)
        if entry != one.default:
            found[one.name] = _told(entry) if isinstance(entry, Format) else entry
    return found


def read_format(given: Mapping[str, Any] | Format) -> Format:
    """A format of its JSON."""
    return given if isinstance(given, Format) else _known_format(tuple(sorted(given.items())))


@lru_cache(maxsize=1024)
def _known_format(entries: tuple[tuple[str, Any], ...]) -> Format:
    return Format(**dict(entries))


def format_of(cell: Cell, column: Mapping[str, Any]) -> Format:
    """How a number is printed: as its cell says, else as its column."""
    if cell.format is not None:
        return cell.format
    if column.get("format") is not None:
        return read_format(column["format"])
    if column.get("percent"):
        return Format.percent(column.get("decimals", 1))
    return Format(column.get("decimals"))


def printed(cell: Cell, column: Mapping[str, Any]) -> str:
    """What readers see of a cell, without its mark. The one way from a cell to its text."""
    if cell.text is not None:
        return cell.text
    if cell.number is None and isinstance(cell.value, str | bool):
        return cell.before + str(cell.value) + cell.after
    if cell.value is None:
        return MISSING
    return cell.before + format_of(cell, column).text(cell.value) + cell.after


def shown(cell: Any, column: Mapping[str, Any]) -> str:
    """A cell as readers see it: its number rounded half up as its format says, null as —; a mark (●) before it."""
    read = Cell.read(cell)
    return (f"{read.mark} " if read.mark else "") + printed(read, column)


def number(cell: Any) -> float | int | None:
    """The number behind what stands in a row, or None."""
    if isinstance(cell, Cell):
        return cell.number
    value = cell.get("v") if isinstance(cell, Mapping) else cell
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_empty(cell: Any) -> bool:
    """Whether a cell says nothing: no value, or a text of — alone."""
    return printed(Cell.read(cell), {}) == MISSING


def is_remark(row: Sequence[Any]) -> bool:
    """Whether a table's row is one text that stands across all its columns: the other cells are empty texts."""
    return len(row) > 1 and bool(row[0]) and all(cell == "" for cell in row[1:])


def side(column: Mapping[str, Any], cells: Sequence[Any]) -> str:
    """Where a column's cells stand: ``l``, ``c`` or ``r``; numbers stand right."""
    if column.get("align"):
        return str(column["align"])[0]
    formatted = "decimals" in column or column.get("percent") or column.get("format")
    return "r" if formatted or any(number(cell) is not None for cell in cells) else "l"


@dataclass(frozen=True)
class Head:
    """A cell of a table's heading: its words, the column at which it begins, and how many it spans."""

    text: str
    at: int
    cols: int = 1
    rows: int = 1


def head(columns: Sequence[Mapping[str, Any]]) -> list[list[Head]]:
    """The rows of a heading, one or two (where neighbours share a group)."""
    if not any(column.get("group") for column in columns):
        return [[Head(column["label"], n) for n, column in enumerate(columns)]]
    upper: list[Head] = []
    lower: list[Head] = []
    for group, members in groupby(enumerate(columns), lambda pair: pair[1].get("group")):
        pairs = list(members)
        if group:
            upper.append(Head(group, pairs[0][0], len(pairs)))
            lower += [Head(column["label"], n) for n, column in pairs]
        else:
            upper += [Head(column["label"], n, rows=2) for n, column in pairs]
    return [upper, lower]
