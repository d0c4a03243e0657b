"""The spine of an area's profile: every main indicator between the worst and the best area, with average, peers and years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from evalkit.charts import frames
from evalkit.charts.frames import (
    Info,
    floats,
    is_demo,
    join,
    labels,
    pick,
    refuse,
    say,
    source_line,
    years,
)
from evalkit.charts.style import (
    BLUE,
    EDGE,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    RED,
    SMALL,
    WIDTH,
    boxes,
    cut,
    key,
    sheet,
)
from evalkit.documents import Block
from evalkit.world import number
from evalkit.world.period import in_time

STEP, HEAD = 0.215, 0.24  # inches: a row, and the row of headings
SPAN = 5  # years of the small lines
# the left edges of the columns as inches: value, average, spine, years
VALUE, AVERAGE, SPINE, YEARS, END = 2.05, 2.72, 2.86, 5.06, WIDTH - 2 * EDGE
MIDDLE = "#b5b5b5"  # half of the areas
VERDICTS = {"better": ("o", BLUE), "worse": ("D", ORANGE)}  # marker and colour; else a white circle


@dataclass(frozen=True)
class _Row:
    """An indicator on the spine: positions from -1 (worst side) to 1 (best side), 0 the average."""

    info: Info
    value: float
    own: float
    peers: float
    goal: float  # the project's own target; NaN where none is set
    low: float
    high: float
    quarter: float
    three: float
    verdict: str
    small: bool
    course: tuple[tuple[int, float], ...]  # place among the years, value


def spine(
    frame: pd.DataFrame,
    area: str,
    *,
    codes: Sequence[str] | None = None,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """The main indicators of one area: value, average, range, middle half, peers, and its last years.

    Parameters
    ----------
    frame
        Indicators of one level, all areas; the last period is the one drawn, the earlier ones of the area make the lines.
        With a column ``verdict`` (of `compare`) the mark says whether the area is clearly better or worse.
    area
        Path or name.
    codes
        Indicators in order; by default all with a value.

    Notes
    -----
    The centre is the average (sum of numerators over sum of denominators of all areas), the scale of a row such that the
    area farthest from it reaches the edge; better is to the right, also where low values are better. Where no direction is
    better, higher is to the right.
    """
    known = in_time(frame["period"].dropna())
    if not known:
        raise refuse("data_missing", "没有时期", "先运行 python start.py build")
    period, shown = known[-1], known[-SPAN:]
    now = frame.loc[frame["period"] == period]
    named = now.drop_duplicates("area").set_index("area", drop=False)
    path = frames.find_area(area, named)
    name = labels(named, lang)[named.index.get_loc(path)]
    mine = frame.loc[(frame["area"] == path) & frame["period"].isin(shown)]
    wanted = list(dict.fromkeys(now["indicator"])) if codes is None else list(codes)
    every, own = dict(list(now.groupby("indicator"))), dict(list(mine.groupby("indicator")))
    drawn = [
        _row(every[code], own.get(code, mine.iloc[:0]), path, code, shown, lang)
        for code in wanted
        if code in every
    ]
    rows = [row for row in drawn if row is not None]
    if not rows:
        raise refuse("data_missing", f"{name}：各项指标均缺报", "没有可画的数值")
    demo, n = is_demo(now), len(rows)
    with_goals = any(row.goal == row.goal for row in rows)
    legend = [
        (key(marker="o", color=BLUE, ls="none"), say(lang, "spine_better")),
        (key(marker="D", color=ORANGE, ls="none"), say(lang, "spine_worse")),
        (key(marker="o", mfc="white", mec=INK, ls="none"), say(lang, "spine_unclear")),
        (key(marker="|", color=RED, ls="none", mew=1.6), say(lang, "spine_peers")),
    ]
    if with_goals:
        legend.append((key(marker="v", color=INK, ls="none"), say(lang, "spine_goal")))
    with sheet(
        say(lang, "spine_title", name=name),
        STEP * n + HEAD,
        legend=legend,
        notes=[say(lang, "spine_note") + (say(lang, "spine_goal_note") if with_goals else "")],
        subtitle=years(period, lang),
        demo=demo,
        lang=lang,
        source=source_line(lang, period, demo, source),
    ) as page:
        box = page.axes(EDGE, 0, END, STEP * n + HEAD)
        box.set_axis_off()
        box.set_xlim(0, END)
        box.set_ylim(n + HEAD / STEP, 0)
        _headings(box, n, shown, lang)
        for at, row in enumerate(rows):
            _draw(box, at + HEAD / STEP + 0.5, row, len(shown))
        said = join(lang, "separator", [_said(row, lang) for row in rows])
        return page.block(say(lang, "spine_alt", name=name, period=years(period, lang), rows=said))


def _row(
    now: pd.DataFrame, mine: pd.DataFrame, path: str, code: str, shown: Sequence[str], lang: str
) -> _Row | None:
    """What is drawn of an indicator, from its rows of the period and those of the area; None without a value."""
    rows, info = pick(now, code, lang, one=True)
    known = rows.dropna(subset=["shown"])
    if not len(known) or info.mean is None:
        return None
    own = rows.loc[rows["area"] == path]
    value = float(own["shown"].iloc[0]) if len(own) else float("nan")
    sign = -1.0 if info.better == "lower" else 1.0
    ends = known["shown"].to_numpy(float)
    reach = float(np.abs(ends - info.mean).max()) or 1.0

    def place(values: float) -> float:
        return sign * (values - info.mean) / reach  # type: ignore[operator]

    low, high = sorted((place(float(ends.min())), place(float(ends.max()))))
    quarter, three = sorted(place(float(end)) for end in np.percentile(ends, [25, 75]))
    verdict = str(own["verdict"].iloc[0]) if len(own) and "verdict" in own else ""
    course = number.times(floats(mine, "value"), info.scale)
    past = dict(zip(mine["period"].astype(str), course, strict=True))
    return _Row(
        info,
        value,
        place(value),
        place(_peers(known, path)),
        place(_goal(own, info)),
        low,
        high,
        quarter,
        three,
        verdict,
        bool(own["small"].iloc[0]) if len(own) else False,
        tuple((n, float(past[p])) for n, p in enumerate(shown) if p in past and past[p] == past[p]),
    )


def _peers(known: pd.DataFrame, path: str) -> float:
    """The other areas of the peer group together; NaN where there are none."""
    if "peer_group" not in known:
        return float("nan")
    group = known.loc[known["area"] == path, "peer_group"]
    if not len(group) or pd.isna(group.iloc[0]):
        return float("nan")
    peers = known.loc[(known["peer_group"] == group.iloc[0]) & (known["area"] != path)]
    if not len(peers):
        return float("nan")
    parts = floats(peers, "numerator").sum(), floats(peers, "denominator").sum()
    value = peers["value"].iloc[0]
    scale = float(peers["shown"].iloc[0]) / float(value) if value else float("nan")
    if parts[1] and parts[0] == parts[0] and scale == scale:
        return float(parts[0] / parts[1] * scale)
    return float(peers["shown"].mean())


def _goal(own: pd.DataFrame, info: Info) -> float:
    """The target that the project set itself for the year; NaN where there is none."""
    if info.target is None or "target_own" not in own or not own["target_own"].fillna(False).any():
        return float("nan")
    return float(info.target)


def _headings(box: Axes, n: int, shown: Sequence[str], lang: str) -> None:
    line = HEAD / STEP / 2
    middle = (SPINE + YEARS) / 2
    look: dict[str, Any] = {"size": SMALL, "color": GREY, "va": "center"}
    box.text(0, line, say(lang, "spine_indicator"), ha="left", **look)
    box.text(VALUE, line, say(lang, "spine_value"), ha="right", **look)
    box.text(AVERAGE, line, say(lang, "spine_average"), ha="right", **look)
    box.text(SPINE + 0.06, line, say(lang, "spine_left"), ha="left", **look)
    box.text(YEARS - 0.16, line, say(lang, "spine_right"), ha="right", **look)
    box.text(middle, line, say(lang, "spine_centre"), ha="center", **look)
    span = f"{shown[0]}—{shown[-1]}" if len(shown) > 1 else str(shown[0])
    box.text((YEARS + END) / 2, line, span, ha="center", **look)
    for row in range(n + 1):
        box.axhline(row + HEAD / STEP, color=LIGHT, lw=0.5)


def _draw(box: Axes, y: float, row: _Row, n_years: int) -> None:
    info = row.info
    text: dict[str, Any] = {"va": "center", "size": 8}
    unit = (
        "" if info.unit == "%" else f"（{info.unit}）" if info.lang == "zh" else f" ({info.unit})"
    )
    box.text(0, y, cut(info.name + unit, 15.5), ha="left", **text)
    missing = row.value != row.value
    told = say(info.lang, "missing") if missing else info.text(row.value)
    box.text(VALUE, y, told, ha="right", color=GREY if missing else INK, **text)
    box.text(AVERAGE, y, info.text(info.mean or 0.0), ha="right", color=GREY, **text)
    middle, half = (SPINE + YEARS) / 2 - 0.05, (YEARS - SPINE) / 2 - 0.14
    boxes(box, middle + row.low * half, y - 0.26, (row.high - row.low) * half, 0.52, fc=LIGHT, lw=0)
    width = (row.three - row.quarter) * half
    boxes(box, middle + row.quarter * half, y - 0.26, width, 0.52, fc=MIDDLE, lw=0)
    box.plot([middle] * 2, [y - 0.5, y + 0.5], color=INK, lw=0.9)
    if row.peers == row.peers:
        at = middle + float(np.clip(row.peers, -1, 1)) * half
        box.plot([at] * 2, [y - 0.36, y + 0.36], color=RED, lw=1.6)
    if row.goal == row.goal:  # beyond the edge it stands on the edge
        at = middle + float(np.clip(row.goal, -1, 1)) * half
        box.plot(at, y - 0.33, "v", color=INK, ms=3.6, zorder=6)
    if not missing:
        mark, colour = VERDICTS.get("" if row.small else row.verdict, ("o", "white"))
        edge = INK if colour == "white" else colour
        box.plot(middle + row.own * half, y, mark, mfc=colour, mec=edge, ms=5.5, zorder=5)
    _years(box, y, row, n_years)


def _years(box: Axes, y: float, row: _Row, n_years: int) -> None:
    """The small line of the last years; a gap where a year is missing."""
    if not row.course:
        return
    values = np.full(n_years, np.nan)
    for at, value in row.course:
        values[at] = value
    low, high = np.nanmin(values), np.nanmax(values)
    height = (
        (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 0.5)
    )
    left, right = YEARS + 0.12, END - 0.08
    across = np.linspace(left, right, n_years) if n_years > 1 else np.array([(left + right) / 2])
    box.plot(across, y + 0.3 - 0.6 * height, color=BLUE, lw=1.1, marker="o", ms=1.8)
    box.plot(across[-1:], (y + 0.3 - 0.6 * height)[-1:], "o", color=BLUE, ms=3.6)


def _said(row: _Row, lang: str) -> str:
    value = say(lang, "missing") if row.value != row.value else row.info.full(row.value)
    return say(
        lang, "spine_row", name=row.info.name, value=value, mean=row.info.full(row.info.mean or 0.0)
    )
