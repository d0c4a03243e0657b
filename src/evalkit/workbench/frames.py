"""A frame of indicators says above its rows what is in it: indicators, areas, periods, gaps, who did not report.

It stays a plain pandas frame, whatever is done with it: only how a shell shows such a frame is told, by its columns.
"""

from __future__ import annotations

from typing import Any

from evalkit.world.summary import Summary, listed

COLUMNS = ("indicator", "name", "area", "area_name", "period", "value", "absent")
FIRST = ("area_name", "period", "name", "value", "numerator", "denominator", "base", "unit")


def head_frames_in(shell: Any) -> None:
    """Have a shell show frames of indicators by `summary_of`, and all others as before."""
    formatters = shell.display_formatter.formatters
    for module in ("pandas", "pandas.core.frame"):  # where pandas says that its frame lives
        formatters["text/html"].for_type_by_name(module, "DataFrame", _html)


def _html(frame: Any) -> str:
    if not is_indicators(frame):
        return str(frame._repr_html_())
    shown = frame[[c for c in (*FIRST, *frame.columns) if c in frame]]
    shown = shown.loc[:, ~shown.columns.duplicated()]
    return f"{summary_of(frame).html}{shown._repr_html_()}"


def is_indicators(frame: Any) -> bool:
    """Whether a frame has the columns of indicators."""
    return all(column in frame for column in COLUMNS)


def summary_of(frame: Any) -> Summary:
    """What is in a frame of indicators."""
    gaps = int(frame["value"].isna().sum())
    facts = {
        "indicators": listed(frame["name"].unique(), 5),
        "areas": listed(frame["area_name"].unique(), 5),
        "periods": listed(frame["period"].unique()),
        "gaps": gaps or "",
        "absent": listed(frame["absent"].dropna().unique(), 3),
    }
    return Summary.of("indicators", facts, rows=len(frame))
