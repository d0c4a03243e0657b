"""Research figures: funnel plots, control charts over the years, Lorenz curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection

from evalkit import stats  # each name when it is used: a Lorenz curve does not wait for scipy
from evalkit.charts.frames import floats, not_drawn, pick, refuse, say
from evalkit.charts.style import (
    BLUE,
    EDGE,
    GREY,
    INK,
    LIGHT,
    MARKERS,
    ORANGE,
    RED,
    WIDTH,
    cut,
    key,
    plot,
    sheet,
)
from evalkit.documents import Block
from evalkit.world import number
from evalkit.world.period import in_time


def funnel(
    frame: pd.DataFrame,
    indicator: str,
    *,
    adjust: bool = True,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Values against their base with 95% and 99.8% limits around the overall value.

    Parameters
    ----------
    adjust
        Widen the limits where the areas differ by more than chance explains (multiplicative, Spiegelhalter 2005).
    """
    rows, info = pick(frame, indicator, lang, one=True)
    gone = not_drawn(rows, lang)
    rows = rows.loc[rows["shown"].notna() & (floats(rows, "denominator") > 0)]
    kind = str(rows["kind"].iloc[0]) if len(rows) else ""
    if kind not in ("proportion", "rate") or len(rows) < 2:
        raise refuse(
            "value_invalid", f"{info.name}（{kind}）", "漏斗图只用于比例和计数比，至少两个地区"
        )
    size, value = floats(rows, "denominator").to_numpy(), rows["shown"].to_numpy(float) / info.scale
    target = float(number.quotient(floats(rows, "numerator").sum(), size.sum()))
    if kind == "proportion":
        z = 2 * np.sqrt(size) * (np.arcsin(np.sqrt(value)) - np.arcsin(np.sqrt(target)))
    else:
        z = np.sqrt(target * size) * np.log(np.maximum(value, 0.5 / size) / target)
    phi = float(stats.overdispersion(z)[0]) if len(rows) >= 10 else 1.0
    used = max(phi, 1.0) if adjust else 1.0
    x = np.linspace(max(size.min() * 0.8, 1), size.max() * 1.05, 200)
    low, high = stats.funnel_limits(kind, target, size, 0.998, phi=used)
    out = np.asarray((value < low) | (value > high))
    legend = [
        (key(color=INK, lw=1, ls="--"), info.mean_text),
        (key(color=BLUE, lw=1, ls=":"), "95%"),
        (key(color=BLUE, lw=1.2), "99.8%"),
        (key(marker="o", color=BLUE, ls="none"), say(lang, "funnel_in")),
        (key(marker="D", color=RED, ls="none"), say(lang, "funnel_out")),
    ]
    notes = [
        say(lang, "funnel_note"),
        say(lang, "funnel_phi" if used > 1 else "funnel_plain", phi=number.fixed(phi, 2)),
        *gone,
    ]
    across = say(lang, "funnel_x", base=info.base or say(lang, "denominator"))
    with plot(
        say(lang, "funnel_title", name=info.name),
        across,
        "",
        height=3.1,
        right=0.1,
        size=8,
        legend=legend,
        notes=notes,
        source=info.source(source),
        **info.head(),
    ) as (page, box):
        for level, style, width in ((0.95, ":", 1.0), (0.998, "-", 1.2)):
            for line in stats.funnel_limits(kind, target, x, level, phi=used):
                box.plot(x, np.asarray(line) * info.scale, style, color=BLUE, lw=width)
        box.axhline(target * info.scale, color=INK, lw=1, ls="--")
        box.plot(size[~out], value[~out] * info.scale, "o", color=BLUE, ms=4.5)
        box.plot(size[out], value[out] * info.scale, "D", color=RED, ms=5)
        for name, at, y in zip(
            rows.loc[out, "label"], size[out], value[out] * info.scale, strict=True
        ):
            box.annotate(cut(name, 8), (at, y), xytext=(5, 3), textcoords="offset points", size=7.5)
        ends = (
            np.concatenate(
                [
                    value,
                    *(
                        np.asarray(v)
                        for v in stats.funnel_limits(
                            kind, target, np.array([size.min()]), 0.95, phi=used
                        )
                    ),
                ]
            )
            * info.scale
        )
        pad = 0.08 * (ends.max() - ends.min())
        box.set_ylim(ends.min() - pad, ends.max() + pad)
        return page.block(
            say(
                lang,
                "funnel_alt",
                name=info.name,
                n=len(rows),
                out="、".join(rows["label"][out]) or say(lang, "none"),
            )
        )


def control(
    frame: pd.DataFrame, indicator: str, *, lang: str = "zh", source: str | None = None
) -> Block:
    """A control chart over the years for every area on one scale: p or u limits from its own years, else moving ranges."""
    rows, info = pick(frame, indicator, lang)
    order = rows.drop_duplicates("area")
    wide = {
        c: rows.assign(period=rows["period"].astype(str), v=floats(rows, c))
        .pivot(index="area", columns="period", values="v")
        .reindex(order["area"])
        for c in ("value", "numerator", "denominator")
    }
    periods = in_time(wide["value"].columns)
    wide = {c: frame_[periods] for c, frame_ in wide.items()}
    value = wide["value"].to_numpy(float)
    if len(periods) < 3:
        raise refuse(
            "data_missing", f"{info.name}：只有{len(periods)}个时期", "控制图至少要三个时期"
        )
    kind = {"proportion": "p", "rate": "u"}.get(str(rows["kind"].iloc[0]), "xmr")
    parts = (value,) if kind == "xmr" else (wide["numerator"].to_numpy(float),)
    limits = stats.spc_limits(
        *parts, kind=kind, size=None if kind == "xmr" else wide["denominator"].to_numpy(float)
    )
    centre, lower, upper = (
        np.broadcast_to(np.asarray(v)[:, None] if np.ndim(v) == 1 else v, value.shape)
        for v in limits
    )
    flags = stats.run_rules(value, centre[:, 0], lower, upper)
    odd = flags["outside"] | flags["shift"] | flags["trend"]
    everything = np.stack([value, lower, upper]) * info.scale
    bottom, top = np.nanmin(everything), np.nanmax(everything)
    columns = min(len(order), 4 if len(order) <= 24 else 6)
    lines, each = -(-len(order) // columns), (WIDTH - 2 * EDGE) / columns
    tall = min(1.05, max(0.55, 6.8 / lines))
    legend = [
        (key(color=BLUE, lw=1.5, marker="o", ms=3), info.name),
        (key(color=GREY, lw=0.8, ls="--"), say(lang, "control_limits")),
        (key(marker="D", color=RED, ls="none"), say(lang, "control_odd")),
    ]
    notes = [
        say(
            lang,
            "control_note",
            kind=kind,
            n=len(periods),
            first=periods[0],
            last=periods[-1],
            low=info.text(bottom),
            high=info.text(top),
        )
    ]
    with sheet(
        say(lang, "control_title", name=info.name),
        lines * tall + 0.05,
        legend=legend,
        notes=notes,
        source=info.source(source),
        **info.head(),
    ) as page:
        box = page.axes(EDGE, 0, WIDTH - 2 * EDGE, lines * tall + 0.05)
        box.set_axis_off()
        box.set_xlim(0, each * columns)
        box.set_ylim(0, lines * tall + 0.05)
        x, scale = (
            np.linspace(0.08, each - 0.12, len(periods)),
            (tall - 0.28) / max(top - bottom, 1e-9),
        )
        for n, name in enumerate(order["label"]):
            left, base = n % columns * each, (lines - 1 - n // columns) * tall + 0.04
            at = [
                np.column_stack([left + x, base + (v[n] * info.scale - bottom) * scale])
                for v in (value, lower, upper, centre)
            ]
            box.add_collection(
                LineCollection(at[1:3], colors=GREY, linewidths=0.7, linestyles="--")
            )
            box.add_collection(LineCollection([at[3]], colors=LIGHT, linewidths=0.8))
            box.plot(*at[0].T, "-o", color=BLUE, lw=1.3, ms=2.4)
            box.plot(*at[0][odd[n]].T, "D", color=RED, ms=4)
            box.text(
                left + 0.05,
                base + tall - 0.06,
                cut(name, (each - 0.1) * 9),
                size=8 if columns <= 4 else 7,
                va="top",
            )
        found = [
            str(name)
            for name, bad in zip(order["label"], np.asarray(odd.any(1)), strict=True)
            if bad
        ]
        return page.block(
            say(
                lang,
                "control_alt",
                name=info.name,
                n=len(order),
                out="、".join(found) or say(lang, "none"),
            )
        )


def lorenz_curve(
    frame: pd.DataFrame, indicator: str, *, lang: str = "zh", source: str | None = None
) -> Block:
    """Lorenz curves of an indicator over the areas, each counted by its base (members, units), a line for each period."""
    rows, info = pick(frame, indicator, lang)
    gone = not_drawn(rows, lang)
    rows = rows.loc[rows["shown"].notna()]
    groups = [
        (str(period), part["shown"].to_numpy(float), floats(part, "denominator").to_numpy())
        for period, part in rows.groupby(rows["period"].astype(str))
    ]
    curves = {
        say(
            lang, "lorenz_line", period=period, gini=number.fixed(stats.gini(x, w), 3)
        ): stats.lorenz(x, w)
        for period, x, w in groups
    }
    words = say(lang, "lorenz_x", base=info.base or say(lang, "denominator")), say(lang, "lorenz_y")
    alt = say(lang, "lorenz_alt", name=info.name, parts="；".join(curves))
    return lorenz_sheet(
        say(lang, "lorenz_title", name=info.name),
        curves,
        words,
        alt,
        notes=[say(lang, "lorenz_note"), *gone],
        source=info.source(source),
        **info.head(),
    )


def lorenz_sheet(
    title: str, curves: Mapping[str, tuple[Any, Any]], words: tuple[str, str], alt: str, **head: Any
) -> Block:
    """Lorenz curves by the words of their keys, with the diagonal of equal shares; few points are marked."""
    side = 3.3
    looks = list(
        zip(
            (BLUE, ORANGE, GREY, "#009E73", INK), ("-", "--", "-.", ":", "-"), MARKERS, strict=False
        )
    )
    drawn = [
        (np.asarray(x) * 100, np.asarray(y) * 100, looks[n % len(looks)])
        for n, (x, y) in enumerate(curves.values())
    ]
    styles: list[dict[str, Any]] = [
        {"color": colour, "ls": dash, "lw": 1.5, "ms": 2.5, "marker": mark if len(x) < 60 else ""}
        for x, _, (colour, dash, mark) in drawn
    ]
    legend = [(key(**look), name) for name, look in zip(curves, styles, strict=True)]
    free = (WIDTH - side) / 2 - EDGE
    with plot(title, *words, height=side, left=free, right=free, size=8, legend=legend, **head) as (
        page,
        box,
    ):
        box.plot([0, 100], [0, 100], color=LIGHT, lw=1)
        for (x, y, _), look in zip(drawn, styles, strict=True):
            box.plot(x, y, **look)
        box.set(xlim=(0, 100), ylim=(0, 100))
        return page.block(alt)
