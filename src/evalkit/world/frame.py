"""What a function asks of a frame that is handed to it, said before it is used: the true cause, not a missing key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalkit.problems import MOST_NAMES, InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

INDICATORS = ("area", "period", "indicator", "value")
MEASURES = ("area", "period", "measure", "value")
FROM: dict[tuple[str, ...], str] = {INDICATORS: "data.indicators", MEASURES: "data.measures"}
NOT_EMPTY = (
    "筛选条件没有选中任何行。核对时期和级别的写法："
    'period 是文字，如 "2025"；level 是 province、district、township、park'
)


def asked_of(
    given: Any, columns: Sequence[str] = INDICATORS, where: str = "frame", empty: bool = False
) -> pd.DataFrame:
    """A frame with the columns that are asked for, and rows.

    Parameters
    ----------
    given
        What the caller handed over.
    columns
        `INDICATORS` or `MEASURES`: what stored frames of them have; or some of them.
    where
        The name of the parameter.
    empty
        Whether there may be no rows.

    Raises
    ------
    InputError
        It is no frame (perhaps the data themselves), it lacks columns, or no row is left of it.
    """
    source = FROM.get(tuple(columns), "data.indicators")
    if not (hasattr(given, "columns") and hasattr(given, "loc")):
        name = source.partition(".")[2]
        advice = f"写 {source}" if hasattr(given, name) else f"要一张表，如 {source}"
        raise InputError(
            Problem("frame_unfit", where=where, found=type(given).__name__, advice=advice)
        )
    lacking = [column for column in columns if column not in given]
    if lacking:
        there = "、".join(map(str, list(given.columns)[:MOST_NAMES]))
        advice = f"要 {source} 这样的表"
        found = f"缺少{'、'.join(lacking)}列（有：{there}）"
        raise InputError(Problem("frame_unfit", where=where, found=found, advice=advice))
    if not len(given) and not empty:
        raise InputError(Problem("rows_none", where=where, found="0行", advice=NOT_EMPTY))
    frame: pd.DataFrame = given
    return frame
