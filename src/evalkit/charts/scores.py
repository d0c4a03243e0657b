"""Figures of an index: rank intervals, lost points, weights side by side, chances of grades, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.charts.frames import join, labels, refuse, say, source_line, years
from evalkit.charts.shares import FOOT, Parts, keys, stack
from evalkit.charts.style import (
    BLUE,
    GREY,
    INK,
    LIGHT,
    MARKERS,
    ORANGE,
    SERIES,
    boxes,
    grid,
    key,
    panels,
    patch,
    sheet,
)
from evalkit.documents import Block
from evalkit.world import number

_SHADES = (
    ("#1f4e79", ""),
    ("#6fa8d0", ""),
    ("#d3e4f1", ""),
    ("#ffffff", "////"),
    ("#ffffff", "...."),
)


ORDERED = ("ranks", "lost", "chances")  # figures with a line for every area that has a score


def _page(scores: Any, name: str, rows: int, lang: str, source: str | None, **more: Any) -> Any:
    """A sheet of rows with title, subtitle and source line of an index."""
    subtitle = join(
        lang, "blank", [years(scores.period, lang), more.pop("sub", "") or say(lang, f"{name}_sub")]
    )
    notes = more.pop("notes", [say(lang, f"{name}_note")])
    if name in ORDERED and scores.unscored:
        absent = say(lang, "comma").join(scores.unscored)
        notes = [*notes, say(lang, "unscored_note", names=absent)]
    more["notes"] = notes
    line = source_line(lang, scores.period, scores.is_demo, source)
    title = say(lang, f"{name}_title", index=scores.index.name)
    return sheet(
        title,
        grid(rows).height + FOOT,
        subtitle=subtitle,
        source=line,
        demo=scores.is_demo,
        lang=lang,
        **more,
    )


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    out = table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)
    if out["rank"].isna().all():
        raise refuse(
            "data_missing", "没有一个地区有得分", "有数指标的分值不足，见得分表的“有数分值”"
        )
    return out.loc[out["rank"].notna()].reset_index(drop=True)


def rank_intervals(robust: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Declared rank, median and 90% interval of the ranks of every area, best first."""
    table = _sorted(robust.ranks)
    legend = [
        (key(color=BLUE, lw=2.2), say(lang, "ranks_span")),
        (key(marker="o", mfc="white", mec=BLUE, ls="none"), say(lang, "ranks_median")),
        (key(marker="D", color=ORANGE, ls="none"), say(lang, "ranks_declared")),
    ]
    texts = [
        f"{number.fixed(a)}—{number.fixed(b)}" if a == a else ""
        for a, b in zip(table["low"], table["high"], strict=True)
    ]
    shape, names = grid(len(table)), labels(table, lang)
    with _page(
        robust.scores,
        "ranks",
        len(table),
        lang,
        source,
        legend=legend,
        notes=[say(lang, "ranks_note", n=robust.n, seed=robust.seed)],
    ) as page:
        for box, part in panels(page, shape, names, bottom=FOOT, texts=texts):
            rows = table.iloc[part].reset_index(drop=True)
            y = np.arange(len(rows))
            box.grid(axis="x", color=LIGHT, lw=0.5)
            box.hlines(y, rows["low"], rows["high"], color=BLUE, lw=2.2)
            box.plot(rows["median"], y, "o", mfc="white", mec=BLUE, ms=5)
            box.plot(rows["rank"].astype(float), y, "D", color=ORANGE, ms=4)
            box.set_xlim(0, len(robust.scores.units) + 1)
        widest = table.loc[(table["high"] - table["low"]).idxmax()]
        return page.block(
            say(
                lang,
                "ranks_alt",
                n=len(table),
                first=names[0],
                low=number.fixed(table["low"].iloc[0]),
                high=number.fixed(table["high"].iloc[0]),
                widest=widest["area_name"],
                a=number.fixed(widest["low"]),
                b=number.fixed(widest["high"]),
            )
        )


def _stacked(
    scores: Any,
    name: str,
    table: pd.DataFrame,
    parts: Parts,
    values: np.ndarray,
    texts: Sequence[str],
    lang: str,
    source: str | None,
) -> Block:
    with _page(scores, name, len(table), lang, source, legend=keys(parts)) as page:
        stack(page, labels(table, lang), values, parts, texts)
        said = join(
            lang,
            "separator",
            [
                f"{label} {number.fixed(m, 1)}"
                for (label, _), m in zip(parts, values.mean(0), strict=True)
            ],
        )
        return page.block(say(lang, f"{name}_alt", n=len(table), parts=said))


def lost_points(scores: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Points lost by dimension, areas in the order of their scores, the score at the right."""
    table = _sorted(scores.table)
    lost = scores.contributions.pivot_table(
        index="area", columns="dimension", values="lost", aggfunc="sum", sort=False
    )
    values = np.maximum(lost.reindex(table["area"]).fillna(0.0).to_numpy(float), 0.0)
    parts = [(str(name), SERIES[n % len(SERIES)]) for n, name in enumerate(lost.columns)]
    return _stacked(
        scores,
        "lost",
        table,
        parts,
        values,
        [number.fixed(v, 2) for v in table["score"]],
        lang,
        source,
    )


def grades(robust: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Chance of each grade in percent, areas in the order of their scores, the declared grade at the right."""
    names = [str(cut.value) for cut in robust.scores.index.grades]
    if not names:
        raise refuse("value_invalid", robust.scores.index.name, "这个指数没有等级 grades")
    table = _sorted(robust.grades)
    values = np.nan_to_num(table[names].to_numpy(float)) * 100
    parts = [(name, _SHADES[n % len(_SHADES)]) for n, name in enumerate(names)]
    return _stacked(
        robust.scores,
        "chances",
        table,
        parts,
        values,
        [str(g) for g in table["grade"]],
        lang,
        source,
    )


def weights(scores: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Declared weights and those that the data give, side by side, in percent."""
    table = scores.weights
    ways = [w for w in table.columns[2:] if table[w].notna().any()]
    looks = dict(
        zip(
            ways,
            ((INK, "D"), *zip((GREY, BLUE, ORANGE, "#009E73", "#AA4A88"), MARKERS, strict=False)),
            strict=False,
        )
    )
    legend = [
        (key(color=c, marker=m, ls="none"), say(lang, f"weights_{w}"))
        for w, (c, m) in looks.items()
    ]
    shape = grid(len(table))
    with _page(scores, "weights", len(table), lang, source, legend=legend) as page:
        for box, part in panels(page, shape, table["name"].tolist(), bottom=FOOT):
            rows = table.iloc[part]
            y = np.arange(len(rows))
            box.grid(axis="y", color=LIGHT, lw=0.5)
            for way, (colour, marker) in reversed(looks.items()):
                box.plot(
                    rows[way].to_numpy(float) * 100,
                    y,
                    marker,
                    color=colour,
                    ms=6 if way == "declared" else 5,
                    mfc=colour if way == "declared" else "none",
                )
            box.set_xlim(0, float(np.nanmax(table[ways].to_numpy(float))) * 108)
        shares = zip(table["name"], table["declared"], strict=True)
        said = join(
            lang, "separator", [f"{name} {number.percent(share, 0)}" for name, share in shares]
        )
        return page.block(say(lang, "weights_alt", n=len(table), parts=said))


def sensitivity(robust: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Sobol indices of the mean change of place: first order inside total, with bootstrap intervals."""
    table = robust.sobol.table.sort_values("total", ascending=False, ignore_index=True)
    legend = [
        (patch(fc=_SHADES[0][0], ec=INK, lw=0.5), say(lang, "sobol_first")),
        (patch(fc=_SHADES[2][0], ec=INK, lw=0.5), say(lang, "sobol_total")),
        (key(color=INK, lw=1), say(lang, "sobol_ci")),
    ]
    texts = [
        f"{number.fixed(a, 2)} / {number.fixed(b, 2)}" if b == b else "—"
        for a, b in zip(table["first"], table["total"], strict=True)
    ]
    shape = grid(len(table))
    with _page(
        robust.scores,
        "sobol",
        len(table),
        lang,
        source,
        legend=legend,
        notes=[say(lang, "sobol_note"), *robust.sobol.warnings],
    ) as page:
        for box, _ in panels(page, shape, table["name"].tolist(), bottom=FOOT, texts=texts):
            y = np.arange(len(table))
            for column, shade, at in (("total", _SHADES[2], -0.36), ("first", _SHADES[0], -0.36)):
                wide = 0.72 if column == "total" else 0.36
                boxes(
                    box,
                    0,
                    y + at,
                    np.maximum(np.nan_to_num(table[column]), 0),
                    wide,
                    fc=shade[0],
                    ec=INK,
                    lw=0.4,
                )
                box.hlines(
                    y + (0.18 if column == "total" else -0.18),
                    table[f"{column}_low"].clip(lower=0),
                    table[f"{column}_high"],
                    color=INK if column == "total" else ORANGE,
                    lw=1.2,
                )
            box.set_xlim(0, max(1.0, float(np.nanmax(np.nan_to_num(table["total_high"])))))
        said = join(
            lang, "separator", [f"{n} {t}" for n, t in zip(table["name"], texts, strict=True)]
        )
        return page.block(say(lang, "sobol_alt", parts=said))
