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
from evalkit.world.words import Words

TOLD = Words.beside(__file__, "plans.yml")


def changes(result: Any) -> Block:
    """Bars of additional cost in 万元, one row an area in administrative order; the full year as a hollow bar behind."""
    years = result.plan.years
    shown = dict.fromkeys([years[0], years[-1]])  # of several years the first and the last
    first, *later = [(TOLD.say("changes.year", year=y), result.cost("area", y)) for y in shown]
    unknown = [result.unknown_areas(y) for y in shown]
    names = first[1]["area_name"].tolist()
    a, b = (frame["change_fen"].to_numpy(float) / 1e6 for _, frame in (first, *(later or [first])))
    moved = TOLD["changes"]["moved"]["both" if min(0, *a, *b) < 0 else "rises"]
    what = TOLD.say("changes.title", moved=moved)
    title, words = what if later else first[0] + what, [first[0], *(word for word, _ in later)]
    shape, both = grid(len(names)), bool((np.abs(a - b) > 0.005).any())
    said, later_said = ([number.fixed(v, 1, grouped=True) for v in values] for values in (a, b))
    texts = [
        TOLD.say("changes.beside", first=x, later=y) if both else x
        for x, y in zip(said, later_said, strict=True)
    ]
    texts = [
        TOLD["changes"]["missing"] if gap else text
        for gap, text in zip(unknown[0], texts, strict=True)
    ]
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
        subtitle=TOLD["changes"]["unit"],
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
        most = TOLD["and"].join(
            TOLD.say("changes.most", area=names[i], amount=said[i])
            for i in np.argsort(-a, kind="stable")[:3]
            if a[i] > 0
        )
        gone = int(unknown[0].sum())
        facts = {
            "title": title,
            "number": len(names),
            "most": most or TOLD["changes"]["none"],
            "same": int(((np.abs(a) < 0.00005) & ~unknown[0]).sum()),
            "lacking": TOLD.say("changes.lacking", number=gone) if gone else "",
        }
        return page.block(TOLD.say("changes.alt", **facts))


def lorenz(result: Any) -> Block:
    """Lorenz curves of the money per member: share of members, poorest first, against share of money."""
    words = TOLD["lorenz"]
    named = dict(zip(("baseline", "reform"), result.side_names, strict=True))
    said = {
        k: TOLD.say("lorenz.gini", value=number.fixed(g, 3))
        for k, g in result.inequality()["gini"].items()
    }
    curves = {
        TOLD.say("lorenz.line", side=named[k], gini=said[k]): curve
        for k, curve in result.lorenz().items()
    }
    told = TOLD["comma"].join(named[k] + said[k] for k in said)
    alt = TOLD.say("lorenz.alt", title=words["title"], lines=told)
    return lorenz_sheet(
        words["title"],
        curves,
        (words["members"], words["money"]),
        alt,
        source=say("zh", "source", source=result.source_line),
        demo=result.plan.source.is_demo,
        notes=[words["note"]],
    )


def pareto(frame: pd.DataFrame, plan: Any, standard: float) -> Block:
    """Scenarios of `Plan.pareto`: cost against the share of organisations at the standard; the efficient ones filled."""
    words = TOLD["pareto"]
    best = frame["efficient"].to_numpy(bool)
    cost, share = frame["amount_fen"].to_numpy(float) / 1e6, frame["reach"].to_numpy(float) * 100
    legend = [
        (key(marker="o", color=BLUE, ls="none", ms=6), words["best"]),
        (key(marker="o", mfc="white", mec=GREY, ls="none", ms=5), words["other"]),
    ]
    with plot(
        words["title"],
        words["cost"],
        TOLD.say("pareto.reach", standard=number.plain(standard)),
        height=2.85,
        right=0.1,
        size=8,
        legend=legend,
        source=say("zh", "source", source=plan.run().source_line),
        demo=plan.source.is_demo,
        notes=[words["note"]],
    ) as (page, box):
        box.plot(cost[~best], share[~best], "o", mfc="white", mec=GREY, ms=5)
        order = np.argsort(cost[best])
        box.plot(cost[best][order], share[best][order], "o", color=BLUE, ms=6)
        box.margins(0.06)
        facts = {"title": words["title"], "number": len(frame), "best": int(best.sum())}
        return page.block(TOLD.say("pareto.alt", **facts))
