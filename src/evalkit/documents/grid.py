"""A form as an office issues it: cells of many rows and columns on one A4 page, as a value.

A table of a report has a head and rows (`Block.table`); a form has cells anywhere. `grid_writing` makes Word, Excel and
HTML of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from evalkit.documents.cells import Format

Side = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Spot:
    """A cell of a form.

    Parameters
    ----------
    row, column, rows, columns
        Where it begins, counted from 0, and how far it reaches.
    value
        A text, a number, or None for an empty one.
    format, before, after
        How a number is printed, and the words around it (≥).
    formula
        What Excel calculates instead of the number; ``{A1}`` is written as it stands.
    label
        A word of the form itself, printed bold.
    pending
        A place that the office still has to fill: yellow.
    """

    row: int
    column: int
    value: str | int | float | None = None
    rows: int = 1
    columns: int = 1
    format: Format = field(default_factory=Format)
    before: str = ""
    after: str = ""
    formula: str = ""
    label: bool = False
    side: Side = "center"
    pending: bool = False

    @property
    def text(self) -> str:
        """What is printed."""
        if self.value is None or isinstance(self.value, str):
            return self.value or ""
        return self.before + self.format.text(self.value) + self.after


@dataclass(frozen=True)
class Grid:
    """A form: its title, the line below it, widths of its columns (shares of the page), cells, notes under it."""

    title: str
    spots: tuple[Spot, ...]
    widths: tuple[float, ...]
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    demo: bool = False

    @property
    def height(self) -> int:
        """How many rows it has."""
        return max((spot.row + spot.rows for spot in self.spots), default=0)

    def lines(self) -> Iterator[list[tuple[int, Spot]]]:
        """The rows from the top; each with its column and cell, cells that come down from above among them."""
        covering: dict[tuple[int, int], Spot] = {}
        for spot in self.spots:
            for row in range(spot.row, spot.row + spot.rows):
                covering[row, spot.column] = spot
        for row in range(self.height):
            yield [
                (column, covering[row, column])
                for column in range(len(self.widths))
                if (row, column) in covering
            ]

    def check(self) -> None:
        """Every place belongs to exactly one cell; AssertionError where a form was laid out wrongly."""
        taken = [
            (row, column)
            for spot in self.spots
            for row in range(spot.row, spot.row + spot.rows)
            for column in range(spot.column, spot.column + spot.columns)
        ]
        assert sorted(taken) == [
            (r, c) for r in range(self.height) for c in range(len(self.widths))
        ]


def shares(widths: Sequence[float], whole: float) -> list[float]:
    """The widths of columns that together are `whole`."""
    total = sum(widths)
    return [width * whole / total for width in widths]
