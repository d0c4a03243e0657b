"""Figures of points: two indicators side by side, dimensions of one area, published rates with their ranges."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from evalkit.charts import frames, style
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
    WIDTH,
    beside,
    cut,
    ems,
    key,
    plot,
    sheet,
)
from evalkit.documents import Block
from evalkit.world import number
from evalkit.world.period import in_time


def scatter(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    label: int = 8,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Two indicators of one period against each other; the `label` areas farthest from the middle are named.

    Dashed lines are the means. The figure shows what occurs together, not causes, and so has no fitted line.
    """
    (across, first), (up, second) = pick(frame, x, lang, one=True), pick(frame, y, lang, one=True)
    both = across.merge(
        up[["area", "shown", "small"]], on="area", how="outer", suffixes=("", "_y"), sort=False
    )
    known = both.dropna(subset=["shown", "shown_y"])
    small = known[["small", "small_y"]].eq(True).any(axis=1).to_numpy()
    a, b = known["shown"].to_numpy(float), known["shown_y"].to_numpy(float)
    gone = len(both) - len(known)
    dashes = ((first, "--"), (second, ":"))
    legend = [
        (key(color=INK, lw=1, ls=dash), f"{i.name} {i.mean_text}")
        for i, dash in dashes
        if i.mean_text
    ]
    legend += (
        [(key(marker="o", mfc="white", mec=BLUE, ls="none"), say(lang, "small"))]
        if small.any()
        else []
    )
    base = "、".join(
        dict.fromkeys(say(lang, "bracket", a=i.base, b=i.name) for i, _ in dashes if i.base)
    )
    period, demo = years(first.period, lang), first.demo or second.demo
    note = say(lang, "scatter_note") + (say(lang, "scatter_gone", gone=gone) if gone else "")
    with plot(
        say(lang, "scatter_title", x=first.name, y=second.name),
        first.axis,
        second.axis,
        height=3.8,
        right=0.05,
        subtitle=period,
        legend=legend,
        demo=demo,
        lang=lang,
        notes=[note],
        source=source_line(lang, first.period, demo, source, base),
    ) as (page, box):
        box.margins(0.09)
        box.plot(a[~small], b[~small], "o", color=style.BAR, mec=BLUE, ms=6)
        box.plot(a[small], b[small], "o", mfc="white", mec=BLUE, ms=6)
        for (info, dash), line in zip(dashes, (box.axvline, box.axhline), strict=True):
            if info.mean is not None and len(known):
                line(info.mean, color=INK, lw=0.9, ls=dash, zorder=0.8)
        if len(known):
            _name_outliers(box, a, b, known["label"].tolist(), label)
        else:
            box.text(
                0.5, 0.5, say(lang, "all_missing"), transform=box.transAxes, ha="center", color=GREY
            )
        return page.block(
            say(
                lang,
                "scatter_alt",
                period=period,
                n=len(known),
                x=first.name,
                x_range=_range(first, a),
                y=second.name,
                y_range=_range(second, b),
            )
        )


def _range(info: Info, values: np.ndarray) -> str:
    return (
        f"{info.text(values.min())}～{info.full(values.max())}"
        if values.size
        else say(info.lang, "missing")
    )


def _name_outliers(box: Axes, a: np.ndarray, b: np.ndarray, names: list[str], most: int) -> None:
    """Names at the points farthest from the medians, each where it meets no point and no other name."""
    spread = [np.subtract(*np.percentile(v, [75, 25])) or 1.0 for v in (a, b)]
    far = np.hypot((a - np.median(a)) / spread[0], (b - np.median(b)) / spread[1])
    points = box.transData.transform(np.column_stack([a, b]))
    frame, pixel = box.get_window_extent(), box.figure.dpi / 72
    taken = [(px - 5 * pixel, py - 5 * pixel, px + 5 * pixel, py + 5 * pixel) for px, py in points]
    for n in map(int, np.argsort(-far, kind="stable")[:most]):
        name = cut(names[n], 14)
        wide, high = (ems(name) * 8 + 2) * pixel, 10 * pixel
        others = [spot for at, spot in enumerate(taken) if at != n]
        for dx, dy in ((6, -4), (-6, -4), (0, 6), (0, -15), (6, 5), (-6, 5), (6, -13), (-6, -13)):
            left = points[n][0] + dx * pixel - (wide if dx < 0 else wide / 2 if dx == 0 else 0)
            low = points[n][1] + dy * pixel
            inside = (
                frame.x0 <= left
                and left + wide <= frame.x1
                and frame.y0 <= low
                and low + high <= frame.y1
            )
            if inside and not any(
                left < r and x < left + wide and low < t and y < low + high for x, y, r, t in others
            ):
                box.annotate(
                    name,
                    (a[n], b[n]),
                    xytext=(dx, dy),
                    textcoords="offset points",
                    size=8,
                    va="bottom",
                    ha="right" if dx < 0 else "center" if dx == 0 else "left",
                )
                taken.append((left, low, left + wide, low + high))
                break


def radar(
    frame: pd.DataFrame,
    area: str,
    *,
    dimensions: Mapping[str, str] | None = None,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Dimensions of one area as percentile scores, beside the mean of its peers.

    Parameters
    ----------
    frame
        Indicators of one period and one level, all areas.
    area
        Path or name.
    dimensions
        Code -> label in the order they are drawn; by default those the codebook marks ``radar``.

    Notes
    -----
    Score of an indicator = (mean rank - 1) / (n - 1) x 100 among the n areas that report it, 100 best (``better``
    decides; indicators without a direction do not count); score of a dimension = mean of its indicators. Peers: the
    other areas of the same peer group, else all others.
    """
    rows = frame[frame["better"].isin(["higher", "lower"])]
    period = "、".join(in_time(rows["period"].dropna()))
    if "、" in period or ("level" in rows and rows["level"].nunique() > 1):
        raise refuse("value_invalid", f"混有多个时期或层级（{period}）", "先选定一个时期、一级地区")
    named = frame.drop_duplicates("area").set_index("area", drop=False)
    path = frames.find_area(area, named)
    if len(named) < 2:
        raise refuse("data_missing", f"只有{len(named)}个地区", "位次得分至少要两个地区")
    scores = dimension_scores(rows).reindex(named.index)
    # who sent nothing is nobody's peer
    named = named.loc[scores.notna().any(axis=1) | (named.index == path)]
    scores = scores.reindex(named.index)
    words = {
        code: name
        for code, name in dict(dimensions or frames.radar_dimensions(lang)).items()
        if code in scores
    }
    if len(words) < 3:
        raise refuse(
            "data_missing", f"只有{len(words)}个维度有可排序的指标", "雷达图至少要三个维度"
        )
    others = named.drop(index=path)
    group = named["peer_group"].get(path) if "peer_group" in named else None
    peers = others[others["peer_group"].eq(group).fillna(False)] if pd.notna(group) else others[:0]
    who = say(lang, "peers", n=len(peers)) if len(peers) else say(lang, "others", n=len(others))
    mine = scores.loc[path, list(words)].to_numpy(float)
    theirs = scores.loc[(peers if len(peers) else others).index, list(words)].mean().to_numpy(float)
    name, demo = labels(named, lang)[named.index.get_loc(path)], is_demo(frame)
    count = (
        "零一二三四五六七八九十"[len(words)] if lang == "zh" and len(words) <= 10 else len(words)
    )
    dashed = key(color=ORANGE, lw=1.8, ls="--", marker="s", ms=4.5)
    legend = [(key(color=BLUE, lw=1.8, marker="o"), name), (dashed, who)]
    with sheet(
        say(lang, "radar_title", name=name, n=count),
        3.15,
        legend=legend,
        notes=[say(lang, "radar_note")],
        subtitle=join(lang, "blank", [years(period, lang), say(lang, "radar_sub")]),
        demo=demo,
        lang=lang,
        source=source_line(lang, period, demo, source),
    ) as page:
        _web(page.axes(EDGE, 0.05, 4.3, 3.05), list(words.values()), mine, theirs, lang)
        side = page.axes(4.5, 0.3, WIDTH - 4.5 - EDGE, 2.5)
        side.set_axis_off()
        side.set_xlim(0, 1)
        side.set_ylim(len(words) + 1, 0)
        gone = say(lang, "missing")
        own, other = (
            [gone if np.isnan(v) else number.fixed(v) for v in line] for line in (mine, theirs)
        )
        heads = ("", say(lang, "score"), say(lang, "compared"))
        table = [heads, *zip(words.values(), own, other, strict=True)]
        for row, cells in enumerate(table):
            for at, cell, ha in zip((0, 0.74, 1), cells, ("left", "right", "right"), strict=True):
                side.text(
                    at,
                    row + 0.5,
                    cut(cell, 7),
                    ha=ha,
                    va="center",
                    size=9,
                    color=INK if row else GREY,
                )
            side.axhline(row + 1, color=LIGHT, lw=0.6)
        said = "、".join(f"{word} {score}" for word, score, _ in table[1:])
        return page.block(
            say(lang, "radar_alt", name=name, period=years(period, lang), scores=said)
        )


def dimension_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Percentile scores of areas by dimension (see `radar`); NaN where an area reports none of its indicators."""
    wide = rows.assign(value=floats(rows, "value")).pivot(
        index="area", columns="indicator", values="value"
    )
    facts = rows.drop_duplicates("indicator").set_index("indicator").reindex(wide.columns)
    counts = wide.notna().sum()
    ranks = (wide * facts["better"].map({"higher": 1.0, "lower": -1.0})).rank(method="average")
    return (
        ((ranks - 1) / (counts - 1).where(counts > 1) * 100).T.groupby(facts["dimension"]).mean().T
    )


def _web(box: Axes, words: list[str], mine: np.ndarray, theirs: np.ndarray, lang: str) -> None:
    """The net from 0 to 100, the area and its peers; a missing dimension opens the line and is said at its corner."""
    box.set_axis_off()
    box.set_aspect("equal")
    box.set_xlim(-165, 165)
    box.set_ylim(-108, 126)
    angle = np.pi / 2 - 2 * np.pi * np.arange(len(words)) / len(words)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    for level in (25, 50, 75, 100):
        box.fill(*(ring * level).T, fill=False, ec=GREY if level == 100 else LIGHT, lw=0.7)
        box.text(2, level * 0.985, str(level), size=7, color=GREY, va="top")
    for (dx, dy), word, value in zip(ring, words, mine, strict=True):
        box.plot([0, dx * 100], [0, dy * 100], color=LIGHT, lw=0.7)
        lost = "\n" + say(lang, "missing") if np.isnan(value) else ""
        box.text(
            dx * 109,
            dy * 109,
            cut(word, 8) + lost,
            size=9,
            linespacing=1.3,
            va="center" if abs(dy) < 0.9 else "bottom" if dy > 0 else "top",
            ha="center" if abs(dx) < 0.1 else "left" if dx > 0 else "right",
        )
    for values, colour, dash, mark in ((theirs, ORANGE, "--", "s"), (mine, BLUE, "-", "o")):
        closed = ring * values[:, None]
        box.plot(
            *np.vstack([closed, closed[:1]]).T, color=colour, lw=1.8, ls=dash, marker=mark, ms=4.5
        )
        if not np.isnan(values).any():
            box.fill(*closed.T, color=colour, alpha=0.12, lw=0)


def intervals(
    rates: pd.DataFrame,
    indicator: str | None = None,
    *,
    title: str | None = None,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Published rates of one indicator on one base: a point and the range its words allow, by place.

    Parameters
    ----------
    rates
        ``value``, ``low``, ``high`` (a null high is open) with the plain columns of the indicators frame; an optional
        ``printed`` holds the rate the source itself prints, drawn as a square.
    indicator
        Code, where the frame holds several.

    Raises
    ------
    InputError
        Several indicators, or rates on different bases: these are never put on one axis.
    """
    codes = [indicator] if indicator else rates["indicator"].dropna().unique().tolist()
    if len(codes) != 1:
        raise refuse(
            "definition_unclear",
            f"{len(codes)}个指标：{'、'.join(map(str, codes))}",
            "一张图只画一个指标",
        )
    rows, info = pick(
        rates.assign(period=rates["period"].astype("string").fillna("")), codes[0], lang
    )
    rows = rows[rows[["shown", "shown_low", "shown_high"]].notna().any(axis=1)].reset_index(
        drop=True
    )
    if rows.empty:
        raise refuse("data_missing", info.name, "没有可画的数值")
    names = [
        say(lang, "bracket", a=n, b=p) if p else n
        for n, p in zip(rows["label"], rows["period"], strict=True)
    ]
    value, low, high = (rows[c].to_numpy(float) for c in ("shown", "shown_low", "shown_high"))
    printed = floats(rows, "printed").to_numpy(float) * info.scale
    low, high = np.where(np.isnan(low), value, low), np.where(np.isinf(high), np.nan, high)
    texts = [_words(info, *three) for three in zip(value, low, high, strict=True)]
    ends = np.concatenate([value, low, high, printed])
    least, most = np.nanmin(ends), np.nanmax(ends)
    edge = most + (pad := max((most - least) * 0.08, abs(most) * 0.04, 10**-info.decimals))
    square = (key(marker="s", mfc="white", mec=RED, ls="none"), say(lang, "intervals_printed"))
    legend = [(key(color=BLUE, lw=2, marker="o"), say(lang, "intervals_key")), square]
    n, y, open_ended = len(rows), np.arange(len(rows)), np.isnan(high)
    step, size = min(0.34, max(0.2, 6.8 / n)), 9.0 if n <= 30 else 8.0
    left = min(max(map(ems, names)) * size / 72 + 0.12, 2.2)
    right = max(map(ems, texts)) * size / 72 + 0.15
    source, head = (
        info.source(source or say(lang, "source_published")),
        info.head(say(lang, "intervals_sub")),
    )
    with sheet(
        title or info.name,
        step * n + 0.32,
        legend=legend[: 1 + np.isfinite(printed).any()],
        notes=[say(lang, "intervals_note")],
        source=source,
        **head,
    ) as page:
        box = page.axes(EDGE + left, 0.32, WIDTH - 2 * EDGE - left - right, step * n)
        box.set_ylim(n - 0.5, -0.5)
        box.set_xlim(max(0.0, least - pad) if least >= 0 else least - pad, edge)
        box.set_yticks(y, [cut(name, (left - 0.1) * 72 / size) for name in names], size=size)
        box.tick_params(axis="y", length=0)
        box.tick_params(axis="x", labelsize=8)
        box.grid(axis="y", color=LIGHT, lw=0.5)
        box.hlines(y, low, np.where(open_ended, edge, high), color=BLUE, lw=2.2)
        box.plot(
            np.concatenate([low, high]), np.concatenate([y, y]), "|", color=BLUE, ms=8, mew=1.2
        )
        box.plot(
            np.full(int(open_ended.sum()), edge),
            y[open_ended],
            ">",
            color=BLUE,
            ms=6,
            clip_on=False,
        )
        box.plot(value, y, "o", color=BLUE, ms=6, zorder=4)
        box.plot(printed, y, "s", mfc="white", mec=RED, mew=1.3, ms=6, zorder=5)
        beside(box, texts, size, grey=[False] * n, shift=8)
        said = join(
            lang, "separator", [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
        )
        return page.block(say(lang, "intervals_alt", name=info.axis, rows=said))


def _words(info: Info, value: float, low: float, high: float) -> str:
    """``1.49（1.43～1.55）``; only the range where there is no point; 以上 where it is open."""
    point, least = ("" if np.isnan(v) else info.text(v) for v in (value, low))
    if np.isnan(high):
        span = say(info.lang, "or_more", value=least) if least else ""
        point = "" if point == least else point
    else:
        span = f"{least}～{info.text(high)}" if least and least != info.text(high) else ""
        point = point or (info.text(high) if not span else "")
    return say(info.lang, "bracket", a=point, b=span) if point and span else point or span
