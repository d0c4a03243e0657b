"""Figures of a subsidy plan: who gets how much more, the Lorenz curve, cost against adequacy, cost by provision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evalkit.charts.frames import say
from evalkit.charts.funnels import lorenz_sheet
from evalkit.charts.shares import FOOT
from evalkit.charts.style import (
    BAR,
    BLUE,
    GREY,
    ORANGE,
    WIDTH,
    boxes,
    ems,
    grid,
    key,
    panels,
    patch,
    plot,
    sheet,
)
from evalkit.documents import Block
from evalkit.world import number


def changes(result: Any) -> Block:
    """Bars of additional cost in 万元, one row an area in administrative order; the full year as a hollow bar behind."""
    years = result.plan.years
    shown = dict.fromkeys([years[0], years[-1]])  # of several years the first and the last
    first, *later = [(f"{y}年", result.cost("area", y)) for y in shown]
    unknown = [(result.states(y) == "缺").to_numpy() for y in shown]
    names = first[1]["area_name"].tolist()
    a, b = (frame["change_fen"].to_numpy(float) / 1e6 for _, frame in (first, *(later or [first])))
    what = f"各地区{'增减' if min(0, *a, *b) < 0 else '增加'}支出"
    title, words = what if later else first[0] + what, [first[0], *(word for word, _ in later)]
    shape, both = grid(len(names)), bool((np.abs(a - b) > 0.005).any())
    said, later_said = ([number.fixed(v, 1, grouped=True) for v in values] for values in (a, b))
    texts = [x + (f"（{y}）" if both else "") for x, y in zip(said, later_said, strict=True)]
    texts = ["缺" if gap else text for gap, text in zip(unknown[0], texts, strict=True)]
    legend = list(
        zip(
            (patch(fc=BAR, ec=BLUE), patch(fc="white", ec=ORANGE, hatch="////")),
            words,
            strict=False,
        )
    )
    low = min(0.0, a.min(initial=0), b.min(initial=0))
    reach = max(a.max(initial=0), b.max(initial=0), 0.0) - low or 1.0
    room = max(map(ems, texts), default=1) * shape.size / 72 + 0.12
    with sheet(
        title,
        shape.height + FOOT,
        subtitle="单位：万元",
        legend=legend if both else (),
        source=say("zh", "source", source=result.source_line),
        demo=result.plan.source.is_demo,
    ) as page:
        for box, part in panels(page, shape, list(names), bottom=FOOT):
            across = box.get_position().width * WIDTH
            box.set_xlim(low, low + reach * across / max(across - room, across * 0.3))
            y = np.arange(part.stop - part.start)
            if both:
                boxes(
                    box,
                    np.minimum(b[part], 0),
                    y - 0.38,
                    np.abs(b[part]),
                    0.76,
                    fc="white",
                    ec=ORANGE,
                    hatch="////",
                    lw=0.6,
                    zorder=1,
                )
            boxes(
                box,
                np.minimum(a[part], 0),
                y - 0.24,
                np.abs(a[part]),
                0.48,
                fc=BAR,
                ec=BLUE,
                lw=0.7,
                zorder=2,
            )
            box.axvline(0, color=GREY, lw=0.6)
            for place, text in enumerate(texts[part]):
                edge = max(a[part][place], b[part][place], 0)
                box.annotate(
                    text,
                    (edge, place),
                    xytext=(3, 0),
                    textcoords="offset points",
                    va="center",
                    size=shape.size,
                    zorder=4,
                )
        most = "、".join(
            f"{names[i]}{said[i]}万元" for i in np.argsort(-a, kind="stable")[:3] if a[i] > 0
        )
        lacking = f"；{int(unknown[0].sum())}个缺报" if unknown[0].any() else ""
        return page.block(
            f"条形图：{title}，{len(names)}个地区，增加最多的是：{most or '无'}；"
            f"{int(((np.abs(a) < 0.00005) & ~unknown[0]).sum())}个不变{lacking}。"
        )


def lorenz(result: Any) -> Block:
    """Lorenz curves of the money per member: share of members, poorest first, against share of money."""
    named = {"baseline": "现行标准", "reform": "调整后"}
    said = {k: f"基尼系数{number.fixed(g, 3)}" for k, g in result.inequality()["gini"].items()}
    curves = {f"{named[k]}（{said[k]}）": curve for k, curve in result.lorenz().items()}
    title, words = (
        "人均经费洛伦兹曲线",
        ("党员累计占比（%，人均经费由低到高）", "经费累计占比（%）"),
    )
    alt = f"洛伦兹曲线：{title}，" + "，".join(named[k] + said[k] for k in said) + "。"
    return lorenz_sheet(
        title,
        curves,
        words,
        alt,
        source=say("zh", "source", source=result.source_line),
        demo=result.plan.source.is_demo,
        notes=["对角线为人人相同。"],
    )


def pareto(frame: pd.DataFrame, plan: Any, standard: float) -> Block:
    """Scenarios of `Plan.pareto`: cost against the share of organisations at the standard; the efficient ones filled."""
    title = "支出与达标"
    best = frame["efficient"].to_numpy(bool)
    cost, share = frame["amount_fen"].to_numpy(float) / 1e6, frame["reach"].to_numpy(float) * 100
    legend = [
        (key(marker="o", color=BLUE, ls="none", ms=6), "没有更优的"),
        (key(marker="o", mfc="white", mec=GREY, ls="none", ms=5), "有更优的"),
    ]
    note = "“更优”指支出不高、达标不少、差距不大，且至少一项更好。"
    with plot(
        title,
        "全年支出（万元）",
        f"人均达到{number.plain(standard)}元的党组织（%）",
        height=2.85,
        right=0.1,
        size=8,
        legend=legend,
        source=say("zh", "source", source=plan.run().source_line),
        demo=plan.source.is_demo,
        notes=[note],
    ) as (page, box):
        box.plot(cost[~best], share[~best], "o", mfc="white", mec=GREY, ms=5)
        order = np.argsort(cost[best])
        box.plot(cost[best][order], share[best][order], "o", color=BLUE, ms=6)
        box.margins(0.06)
        return page.block(
            f"散点图：{title}，{len(frame)}个方案，其中{int(best.sum())}个没有更优的。"
        )
