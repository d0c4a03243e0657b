"""Figures of a subsidy plan: who gets how much more, the Lorenz curve, cost against adequacy, cost by provision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.charts.funnels import lorenz_sheet
from evalkit.charts.shares import FOOT
from evalkit.charts.style import BAR, BLUE, GREY, ORANGE, WIDTH, boxes, ems, grid, key, panels, patch, plot, sheet
from evalkit.documents import Block


def changes(
    names: Sequence[str], first: Sequence[float], full: Sequence[float] | None = None, *, title: str, words: tuple[str, str],
    source: str, demo: bool = False, notes: Sequence[str] = (),
) -> Block:  # fmt: skip
    """Bars of additional cost in 万元, one row an area in administrative order; the full year as a hollow bar behind.

    Parameters
    ----------
    names, first, full
        Areas, cost of the first year and of the full year, in yuan.
    words
        What the two bars are called.
    """
    a = np.asarray(first, float) / 1e4
    b = a if full is None else np.asarray(full, float) / 1e4
    shape, both = grid(len(names)), full is not None and bool((np.abs(a - b) > 0.005).any())
    texts = [f"{x:,.1f}" + (f"（{y:,.1f}）" if both else "") for x, y in zip(a, b, strict=True)]
    legend: list[Any] = [(patch(fc=BAR, ec=BLUE), words[0])] + ([(patch(fc="white", ec=ORANGE, hatch="////"), words[1])] if both else [])
    low, high = min(0.0, a.min(initial=0), b.min(initial=0)), max(a.max(initial=0), b.max(initial=0), 0.0)
    reach = (high - low) or 1.0
    room = max(map(ems, texts), default=1) * shape.size / 72 + 0.12
    with sheet(title, shape.height + FOOT, subtitle="单位：万元", legend=legend if both else (), notes=notes, source=source,
            demo=demo) as page:
        for box, part in panels(page, shape, list(names), bottom=FOOT):
            across = box.get_position().width * WIDTH
            box.set_xlim(low, low + reach * across / max(across - room, across * 0.3))
            y = np.arange(part.stop - part.start)
            if both:
                boxes(box, np.minimum(b[part], 0), y - 0.38, np.abs(b[part]), 0.76, fc="white", ec=ORANGE, hatch="////", lw=0.6, zorder=1)
            boxes(box, np.minimum(a[part], 0), y - 0.24, np.abs(a[part]), 0.48, fc=BAR, ec=BLUE, lw=0.7, zorder=2)
            box.axvline(0, color=GREY, lw=0.6)
            for place, text in enumerate(texts[part]):
                edge = max(a[part][place], b[part][place], 0)
                box.annotate(text, (edge, place), xytext=(3, 0), textcoords="offset points", va="center", size=shape.size, zorder=4)
        order = np.argsort(-a, kind="stable")[:3]
        most = "、".join(f"{names[i]}{a[i]:,.1f}万元" for i in order if a[i] > 0) or "没有增加的地区"
        return page.block(f"条形图：{title}，{len(names)}个地区，最多的是{most}；{int((np.abs(a) < 0.00005).sum())}个地区不变。")


def lorenz(curves: Mapping[str, tuple[Any, Any]], ginis: Mapping[str, float], *, title: str, source: str, demo: bool = False) -> Block:
    """Lorenz curves of the money per member: share of members, poorest first, against share of money."""
    named = {f"{name}（基尼系数{ginis[name]:.3f}）": curve for name, curve in curves.items()}
    alt = f"洛伦兹曲线：{title}，" + "，".join(f"{n}基尼系数{g:.3f}" for n, g in ginis.items()) + "。"
    words = "党员累计占比（%，人均经费由低到高）", "经费累计占比（%）"
    return lorenz_sheet(title, named, words, alt, source=source, demo=demo, notes=["对角线为人人相同。"])


def pareto(frame: pd.DataFrame, standard: float, *, title: str, source: str, demo: bool = False) -> Block:
    """Scenarios of `Plan.pareto`: cost against the share of organisations at the standard; the efficient ones filled."""
    best = frame["efficient"].to_numpy(bool)
    cost, share = frame["amount_fen"].to_numpy(float) / 1e6, frame["reach"].to_numpy(float) * 100
    legend = [(key(marker="o", color=BLUE, ls="none", ms=6), "没有更优的"),
              (key(marker="o", mfc="white", mec=GREY, ls="none", ms=5), "有更优的")]
    note = "“更优”指支出不高、达标不少、差距不大，且至少一项更好。"
    with plot(title, "全年支出（万元）", f"人均达到{standard:g}元的党组织（%）", height=2.85, right=0.1, size=8, legend=legend,
               source=source, demo=demo, notes=[note]) as (page, box):  # fmt: skip
        box.plot(cost[~best], share[~best], "o", mfc="white", mec=GREY, ms=5)
        order = np.argsort(cost[best])
        box.plot(cost[best][order], share[best][order], "o", color=BLUE, ms=6)
        box.margins(0.06)
        return page.block(f"散点图：{title}，{len(frame)}个方案，其中{int(best.sum())}个没有更优的。")
