"""Stacked shares by area: where funds come from, how stars are distributed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.charts import frames
from evalkit.charts.frames import floats, in_order, is_demo, labels, refuse, say, source_line, years
from evalkit.charts.style import INK, SERIES, WIDTH, Sheet, boxes, grid, panels, patch, sheet
from evalkit.documents import Block
from evalkit.world import number
from evalkit.world.period import in_time

# five stars dark, one star light: order is read from the grey alone; not rated (-1) is not zero stars
_STARS: dict[float, tuple[str, str]] = {
    5: ("#1f4e79", ""),
    4: ("#4a86b4", ""),
    3: ("#8dbbdc", ""),
    2: ("#c3dcee", ""),
    1: ("#eaf2f8", ""),
    0: ("#ffffff", "...."),
    -1: ("#ffffff", "////"),
}
Parts = Sequence[tuple[str, tuple[str, str]]]  # name, fill and hatch
FOOT = 0.28  # inches for the labels of an axis
_DARK = {"#0072B2", "#4A4A4A", "#1f4e79"}  # grounds that take white figures


def sources(
    measures: pd.DataFrame,
    period: str,
    *,
    level: str = "district",
    parts: Sequence[str] | Mapping[str, str] | None = None,
    title: str | None = None,
    lang: str = "zh",
    source: str | None = None,
    demo: bool | None = None,
) -> Block:
    """Shares of funds by source in each area, and the sum of these sources in 万元.

    Parameters
    ----------
    measures
        The measures frame: area, period, level, measure, value (yuan).
    parts
        Codes of measures, or code -> label; by default the codebook's measures ``funds_<source>``.

    Notes
    -----
    Share = source / sum of the sources named. A source that an area did not report is no zero: its area bears a *.
    """
    named = dict(parts) if isinstance(parts, Mapping) else {code: code for code in parts or ()}
    names = named or frames.payer_measures(lang)
    period = str(period)
    here = (measures["period"].astype(str) == period) & (measures["level"] == level)
    rows = measures[here & measures["measure"].isin(list(names))]
    if rows.empty:
        raise refuse(
            "data_missing",
            f"{period} {level}：{'、'.join(names)}",
            "先运行 python start.py build，或换一个时期",
        )
    order = in_order(rows.drop_duplicates("area"))
    table = rows.assign(value=floats(rows, "value")).pivot(
        index="area", columns="measure", values="value"
    )
    table = table.reindex(index=order["area"], columns=list(names))
    used = [code for code in names if table[code].fillna(0).abs().sum() > 0] or list(names)[:1]
    table = table[used]
    unsure = table.isna().any(axis=1) & table.notna().any(axis=1)
    table.index = pd.Index(
        [name + "*" * u for name, u in zip(labels(order, lang), unsure, strict=True)]
    )
    looks = dict(zip(names, itertools.cycle(SERIES), strict=False))
    return _stacked(
        table,
        [(names[code], looks[code]) for code in used],
        "sources",
        title,
        bool(unsure.any()),
        lambda yuan: number.fixed(yuan, 1, over=10_000),
        period,
        is_demo(order, demo),
        source,
        lang,
    )


def stars(
    frame: pd.DataFrame,
    *,
    title: str | None = None,
    lang: str = "zh",
    source: str | None = None,
    demo: bool | None = None,
) -> Block:
    """Star distribution of party organisations by area, 未评定 apart (it is not zero stars), with their number.

    Parameters
    ----------
    frame
        Rows of one period: ``area``, ``stars`` (null: not rated), and ``count`` where a row stands for several.
    """
    if frame.empty or frame["period"].nunique() > 1:
        found = "、".join(in_time(frame["period"]))
        raise refuse(
            "value_invalid" if found else "data_missing", f"星级：{found}", "先选定一个有数据的时期"
        )
    count = floats(frame, "count") if "count" in frame else 1.0
    rows = frame.assign(_stars=floats(frame, "stars").fillna(-1), _n=count)
    if odd := sorted(set(rows["_stars"]) - _STARS.keys()):
        raise refuse(
            "value_invalid",
            f"stars：{'、'.join(f'{number.plain(star)}' for star in odd)}",
            "零星到五星，未评定的留空",
        )
    order = in_order(frame.drop_duplicates("area"))
    table = rows.pivot_table(
        index="area", columns="_stars", values="_n", aggfunc="sum", fill_value=0.0
    )
    ranks = sorted(map(float, table.columns), reverse=True)
    table = table.reindex(order["area"])[ranks]
    table.index = pd.Index(labels(order, lang))
    digits = "零一二三四五" if lang == "zh" else "012345"
    words = [
        say(lang, "stars", star=digits[int(star)]) if star >= 0 else say(lang, "unrated")
        for star in ranks
    ]
    parts = [(word, _STARS[star]) for word, star in zip(words, ranks, strict=True)]
    return _stacked(
        table,
        parts,
        "stars",
        title,
        -1 in ranks,
        number.fixed,
        str(frame["period"].iloc[0]),
        is_demo(order, demo),
        source,
        lang,
    )


def _stacked(
    table: pd.DataFrame,
    parts: Parts,
    kind: str,
    title: str | None,
    noted: bool,
    total: Callable[[float], str],
    period: str,
    demo: bool,
    source: str | None,
    lang: str,
) -> Block:
    """Rows of shares with their total at the right; the figure stands inside a part that has room for it."""
    values = table.fillna(0).clip(lower=0).to_numpy(float)
    sums = values.sum(axis=1)
    shares = number.times(np.nan_to_num(number.quotient(values, sums[:, None])), 100)
    totals = [
        total(value) if value > 0 else say(lang, "missing" if gone else "none")
        for value, gone in zip(sums, table.isna().all(axis=1), strict=True)
    ]
    subtitle = frames.join(lang, "blank", [years(period, lang), say(lang, f"{kind}_sub")])
    title, notes = title or say(lang, f"{kind}_title"), [say(lang, f"{kind}_note")] if noted else []
    with sheet(
        title,
        grid(len(table)).height + FOOT,
        subtitle=subtitle,
        legend=keys(parts),
        notes=notes,
        source=source_line(lang, period, demo, source),
        demo=demo,
        lang=lang,
    ) as page:
        stack(
            page, list(table.index), shares, parts, totals, grey=(sums <= 0).tolist(), printed=True
        )
        whole = np.nan_to_num(number.quotient(values.sum(axis=0), values.sum()))
        said = "、".join(
            f"{name} {number.percent(share)}" for (name, _), share in zip(parts, whole, strict=True)
        )
        gone = int(table.isna().all(axis=1).sum())
        words = "shares_alt_gone" if gone else "shares_alt"
        return page.block(say(lang, words, title=title, n=len(table) - gone, gone=gone, parts=said))


def keys(parts: Parts) -> list[tuple[Any, str]]:
    """The legend of `stack`."""
    return [(patch(fc=fill, ec=INK, lw=0.5, hatch=hatch), name) for name, (fill, hatch) in parts]


def stack(
    page: Sheet,
    names: Sequence[str],
    values: np.ndarray,
    parts: Parts,
    texts: Sequence[str],
    *,
    grey: Sequence[bool] = (),
    printed: bool = False,
) -> None:
    """A row of stacked parts for every name, its text at the right; `printed`: the figure in each part that has room."""
    shape, starts, reach = (
        grid(len(names)),
        np.cumsum(values, axis=1) - values,
        max(float(values.sum(1).max()), 1e-9),
    )
    for box, part in panels(page, shape, names, bottom=FOOT, texts=texts, grey=grey):
        block, y = values[part], np.arange(part.stop - part.start)
        inch = box.get_position().width * WIDTH / reach
        for n, (_, (fill, hatch)) in enumerate(parts):
            some = block[:, n] > 0
            boxes(
                box,
                starts[part][some, n],
                y[some] - 0.37,
                block[some, n],
                0.74,
                fc=fill,
                ec=INK,
                lw=0.4,
                hatch=hatch,
            )
            ground = {"fc": "white", "ec": "none", "pad": 0.8} if hatch else None
            for row in (
                map(int, np.flatnonzero(block[:, n] * inch > 0.3))
                if printed and shape.columns == 1
                else ()
            ):
                colour = "white" if fill in _DARK else "black"
                box.text(
                    starts[part][row, n] + block[row, n] / 2,
                    row,
                    number.fixed(block[row, n]),
                    ha="center",
                    va="center",
                    size=min(8, shape.size),
                    color=colour,
                    bbox=ground,
                )
        box.set_xlim(0, reach)
