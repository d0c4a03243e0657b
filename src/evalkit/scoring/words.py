"""What results of scoring say, from words.yml, and frames as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.world.number import fill, fixed
from evalkit.world.yaml import read_yaml


@cache
def words(section: str) -> dict[str, Any]:
    return dict(read_yaml(Path(__file__).with_name("words.yml"))[section])


def say(key: str, **values: Any) -> str:
    return fill(str(words("say")[key]), **values)


def points(value: float) -> str:
    """Points as they are printed: two decimals, none where they are whole."""
    return fixed(float(value), 2).removesuffix(".00") if value == value else "—"


def show(
    table: str | Mapping[str, Any],
    frame: pd.DataFrame,
    notes: Iterable[str] = (),
    source: str = "",
    demo: bool = False,
    more: Mapping[str, Any] | None = None,
    **values: Any,
) -> Block:
    """A frame as a table of words.yml (or ``{title, columns}``): key -> label, or [label, decimals] for numbers."""
    about = words("tables")[table] if isinstance(table, str) else table
    columns = {**about["columns"], **(more or {})}
    heads: list[dict[str, Any]] = []
    for key, label in columns.items():
        plain = isinstance(label, str)
        heads.append(
            {"key": key, "label": label if plain else label[0]}
            | ({} if plain else {"align": "right", "decimals": label[1]})
        )
    cells = frame[list(columns)].astype(object).to_numpy()
    rows = [[None if value is None or pd.isna(value) else value for value in row] for row in cells]
    source += say("demo") if demo and source else ""
    return Block.table(
        fill(str(about["title"]), **values),
        heads,
        rows,
        notes=list(notes),
        source=source,
        demo=demo,
    )


class Showing:
    """A result that shows itself in Jupyter by its `block`."""

    block: Any

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = self.block._repr_mimebundle_()
        return found
