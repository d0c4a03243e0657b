"""One indicator over the years: a small multiple for every area, or chosen areas on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection

from evalkit.charts.frames import Info, find_area, pick, pooled_means, refuse, say, years
from evalkit.charts.style import (
    BLUE,
    EDGE,
    GOAL,
    GREY,
    INK,
    LIGHT,
    MARKERS,
    ORANGE,
    WIDTH,
    Sheet,
    cut,
    ems,
    key,
    sheet,
)
from evalkit.documents import Block
from evalkit.world.period import in_time

_COLOURS = (BLUE, ORANGE, "#009E73", "#000000", "#8A6D00", "#AA4A88")
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


@dataclass(frozen=True)
class _Series:
    """Shown values (area x period), the overall value of each period, and the span of the common axis.

    `goals` are those in force in the last period, by area; `dues` what was due by the end of each period.
    """

    names: list[str]
    periods: list[str]
    values: np.ndarray
    means: np.ndarray
    goals: np.ndarray
    dues: np.ndarray
    low: float
    high: float
    info: Info


def trend(
    frame: pd.DataFrame,
    indicator: str,
    areas: Sequence[str] | None = None,
    *,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Lines of one indicator over its periods.

    Parameters
    ----------
    areas
        Up to six paths or names drawn on one axis, the others thin behind them; without it every area has its own small
        field, all on the same scale, with the overall mean as a dashed line. A missing period leaves a gap. Goals with
        dates are lines; of one area alone also what was due by the end of each period.

    Raises
    ------
    InputError
        Rates on different bases in one series, an unknown area, or more than six areas.
    """
    rows, info = pick(frame, indicator, lang)
    rows["period"] = rows["period"].astype(str)
    order = rows.drop_duplicates("area")
    wide = rows.pivot(index="area", columns="period", values="shown").reindex(order["area"])
    wide = wide[in_time(wide.columns)]
    values = wide.to_numpy(float)
    if not np.isfinite(values).any():
        raise refuse("data_missing", info.name, "各期均缺报")
    last = rows.loc[rows["period"] == wide.columns[-1]].set_index("area")
    goals = last["shown_goal"].reindex(order["area"]).to_numpy(float)
    dues = rows.pivot(index="area", columns="period", values="shown_due")
    dues = dues.reindex(index=order["area"], columns=wide.columns).to_numpy(float)
    everything = np.concatenate([values.ravel(), goals])
    low, high = np.nanmin(everything), np.nanmax(everything)
    pad = max((high - low) * 0.08, 10**-info.decimals)
    means = pooled_means(rows, info.scale).reindex(wide.columns).to_numpy(float)
    data = _Series(
        order["label"].tolist(),
        list(wide.columns),
        values,
        means,
        goals,
        dues,
        low - pad,
        high + pad,
        info,
    )
    paths = order["area"].tolist()
    chosen = [paths.index(find_area(area, order)) for area in areas or ()]
    if len(chosen) > 6:
        raise refuse(
            "value_invalid",
            f"{len(chosen)}个地区",
            "一张图最多画六个地区；不写 areas 时每个地区一小格",
        )
    columns = min(len(paths), 4 if len(paths) <= 24 else 6)
    lines = -(-len(paths) // columns)
    tall = min(1.05, max(0.52, 6.8 / lines))
    legend = (
        [(key(color=GREY, lw=1, ls="--"), say(lang, "mean_overall"))]
        if np.isfinite(means).any()
        else []
    )
    legend += _goal_signs(data, chosen)
    notes = [] if chosen else [say(lang, "trend_note", low=info.text(low), high=info.text(high))]
    title, height = say(lang, "trend_title", name=info.name), 3.7 if chosen else lines * tall + 0.2
    with sheet(
        title, height, legend=legend, notes=notes, source=info.source(source), **info.head()
    ) as page:
        _lines(page, data, chosen) if chosen else _fields(page, data, columns, tall)
        ends = values[chosen or slice(None)][:, [0, -1]]
        both = np.isfinite(ends).all(axis=1)
        rose = int((ends[both, 1] > ends[both, 0]).sum())
        return page.block(
            say(
                lang,
                "trend_alt",
                name=info.name,
                period=years(info.period, lang),
                n=len(ends),
                both=int(both.sum()),
                rose=rose,
            )
        )


def _goal_signs(data: _Series, chosen: list[int]) -> list[Any]:
    """What the lines of goals are."""
    info, known = data.info, np.isfinite(data.goals[chosen or slice(None)])
    if not known.any():
        return []
    text = say(info.lang, "goals") if info.goal is None else info.goal_text
    signs: list[Any] = [(key(color=GOAL, lw=1.4), text)]
    if len(chosen) == 1 and np.isfinite(data.dues[chosen[0]]).any():
        course = say(info.lang, "goal_course", area=data.names[chosen[0]])
        signs.append((key(color=GOAL, lw=1.2, ls=":", marker="_", ms=8), course))
    return signs


def _fields(page: Sheet, data: _Series, columns: int, tall: float) -> None:
    """All fields in one axes, in inches: ninety axes would take a second to draw."""
    info, count = data.info, len(data.periods)
    width, lines = WIDTH - 2 * EDGE, -(-len(data.names) // columns)
    box = page.axes(EDGE, 0.2, width, lines * tall)
    box.set_axis_off()
    box.set_xlim(0, width)
    box.set_ylim(0, lines * tall)
    each, size = width / columns, 8.0 if columns <= 4 else 7.0
    ends = [
        info.text(v) if np.isfinite(v) else say(info.lang, "missing") for v in data.values[:, -1]
    ]
    x = (
        np.linspace(0.06, each - max(map(ems, ends)) * size / 72 - 0.18, count)
        if count > 1
        else np.array([0.3])
    )
    scale = (tall - 0.2 - size / 72) / (data.high - data.low)
    strokes: list[Any] = []
    means: list[Any] = []
    floors, dots, aims = [], [], []
    for n, name in enumerate(data.names):
        left, base = n % columns * each, (lines - 1 - n // columns) * tall + 0.06
        own, mean = (
            np.column_stack([left + x, base + (v - data.low) * scale])
            for v in (data.values[n], data.means)
        )
        strokes += pairwise(own)
        means += pairwise(mean)
        dots.append(own)
        floors.append([(left + x[0] - 0.03, base - 0.02), (left + x[-1] + 0.03, base - 0.02)])
        aim = base + (data.goals[n] - data.low) * scale
        aims.append([(left + x[0] - 0.03, aim), (left + x[-1] + 0.03, aim)])
        known = np.isfinite(own[-1, 1])
        box.text(
            left + x[0] - 0.03,
            base + tall - 0.1,
            cut(name, (each - 0.1) * 72 / size),
            size=size,
            va="top",
        )
        box.text(
            left + x[-1] + 0.06,
            own[-1, 1] if known else base + 0.1,
            ends[n],
            size=size,
            va="center",
            color=INK if known else GREY,
        )
    for paths, look in (
        (floors, (LIGHT, 0.8, "-")),
        (aims, (GOAL, 1.2, "-")),
        (means, (GREY, 0.8, "--")),
        (strokes, (BLUE, 1.5, "-")),
    ):
        whole = [path for path in paths if np.isfinite(path).all()]
        box.add_collection(
            LineCollection(whole, colors=look[0], linewidths=look[1], linestyles=look[2])
        )
    box.plot(*np.concatenate(dots).T, "o", color=BLUE, ms=2.6)
    for column in range(columns):
        for place, ha in ((0, "left"), (-1, "right")) if count > 1 else ((0, "center"),):
            shift = 0.03 if place else -0.03
            box.text(
                column * each + x[place] + shift,
                -0.02,
                data.periods[place],
                size=7,
                color=GREY,
                va="top",
                ha=ha,
            )


def _lines(page: Sheet, data: _Series, chosen: list[int]) -> None:
    """Chosen areas with their names at the end of their lines, moved apart where they would meet."""
    room = max(ems(cut(data.names[n], 12)) for n in chosen) * 9 / 72 + 0.15
    box = page.axes(0.5, 0.25, WIDTH - 0.5 - EDGE - room, 3.4)
    box.set_ylim(data.low, data.high)
    x = np.arange(len(data.periods))
    box.set_xticks(x, data.periods)
    box.tick_params(labelsize=8)
    box.plot(x, np.delete(data.values, chosen, axis=0).T, color=LIGHT, lw=0.8, zorder=1)
    box.plot(x, data.means, color=GREY, lw=1, ls="--", zorder=2)
    if data.info.goal is not None:
        box.axhline(data.info.goal, color=GOAL, lw=1.4, zorder=2)
    elif len(chosen) == 1:
        box.axhline(data.goals[chosen[0]], color=GOAL, lw=1.4, zorder=2)
    if len(chosen) == 1:
        box.plot(x, data.dues[chosen[0]], color=GOAL, lw=1.2, ls=":", marker="_", ms=8, zorder=2)
    ends = []
    for place, n in enumerate(chosen):
        line = data.values[n]
        box.plot(
            x,
            line,
            color=_COLOURS[place],
            ls=_DASHES[place],
            lw=1.8,
            marker=MARKERS[place],
            ms=5,
            zorder=3,
        )
        ends.append((float([data.low, *line[np.isfinite(line)]][-1]), place, n))
    at, step = -np.inf, 0.15 / 3.4 * (data.high - data.low)
    for end, place, n in sorted(ends):
        at = max(end, at + step)
        box.annotate(
            cut(data.names[n], 12),
            (1, at),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            va="center",
            size=9,
            textcoords="offset points",
            color=_COLOURS[place],
        )
