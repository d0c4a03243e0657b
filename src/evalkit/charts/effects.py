"""Figures of policy effects: event study, specifications, placebo, Bacon, synthetic paths, discontinuity.

They take results by their shape alone (``table``, ``row``, ``facts``, ``details``, ``warnings``), so that this room knows
no design.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from evalkit.charts.frames import _words, refuse, say
from evalkit.charts.style import (
    BAR,
    BLUE,
    GREY,
    INK,
    LIGHT,
    MARKERS,
    ORANGE,
    RED,
    Sheet,
    cut,
    ems,
    key,
    plot,
)
from evalkit.documents import Block
from evalkit.world import number

_COLOURS = (BLUE, ORANGE, "#009E73", INK, "#8A6D00", "#AA4A88", RED, GREY)
_KINDS = {
    "treated_vs_never": (BLUE, "o"),
    "earlier_vs_later": ("#009E73", "s"),
    "later_vs_earlier": (RED, "^"),
}
Legend = Sequence[tuple[Any, str]]


def event_study(*effects: Any, lang: str = "zh", source: str | None = None) -> Block:
    """Effects by event time with 95% limits (the simultaneous band as a thin line where there is one).

    Several results stand side by side at every event time; they must be of one outcome.
    """
    found = [effect for effect in effects if "dynamic" in effect.details]
    if not found or len(found) > len(MARKERS):
        raise refuse(
            "value_invalid", f"{len(found)}个带事件期的结果", "请给出1至8个事件研究类的结果"
        )
    scale, unit = _scale(found, lang)
    frames, several = [effect.details["dynamic"] for effect in found], len(found) > 1
    shift = np.linspace(-0.25, 0.25, len(found)) if several else [0.0]
    legend = [
        (key(color=_COLOURS[n], marker=MARKERS[n], ls="none"), _name(e, lang))
        for n, e in enumerate(found)
        if several
    ]
    banded = not several and "band_low" in frames[0]
    tests = [(effect, effect.facts["pretrend"]) for effect in found if effect.facts.get("pretrend")]
    notes = [say(lang, "effect_band" if banded else "effect_limits")]
    for e, t in tests:
        p, power = number.p_value(t["p"], name="p"), number.percent(t["power"], 0)
        notes.append(say(lang, "pretrend_note", name=_name(e, lang), p=p, power=power))
    up = _outcome(found[0], lang) + unit
    with _field("event_title", found, lang, source, legend, notes, say(lang, "event_axis"), up) as (
        page,
        box,
    ):
        box.axhline(0, color=INK, lw=0.8)
        box.axvline(-0.5, color=GREY, lw=0.9, ls="--")
        for n, rows in enumerate(frames):
            x, colour = rows["at"] + shift[n], _COLOURS[n]
            if banded:
                box.vlines(
                    x, rows["band_low"] * scale, rows["band_high"] * scale, color=colour, lw=0.8
                )
            ends = rows[np.isfinite(rows["ci_low"]) & np.isfinite(rows["ci_high"])]
            box.vlines(
                ends["at"] + shift[n],
                ends["ci_low"] * scale,
                ends["ci_high"] * scale,
                color=colour,
                lw=2.0,
            )
            box.plot(
                x,
                rows["estimate"] * scale,
                MARKERS[n],
                color=colour,
                ms=5,
                mfc=colour if several else "white",
                mew=1.4,
                zorder=4,
            )
        times = sorted({int(t) for rows in frames for t in rows["at"]})
        box.set_xticks(times if len(times) < 25 else times[:: len(times) // 12])
        digits = _digits(frames[0]["estimate"].abs().max() * scale)
        said = "，".join(
            f"{int(r.at)}: {number.fixed(r.estimate, digits, scale=scale)}"
            for r in frames[0].itertuples()
        )
        return page.block(
            say(
                lang,
                "event_alt",
                name=_name(found[0], lang),
                outcome=_outcome(found[0], lang),
                rows=said,
            )
        )


def specifications(*effects: Any, lang: str = "zh", source: str | None = None) -> Block:
    """Main estimates of several results with their limits, the first one as a line; warned ones are hollow."""
    if not effects:
        raise refuse("data_missing", "没有结果", "至少给出一个估计结果")
    names, hollow = (
        [_name(effect, lang) for effect in effects],
        [bool(effect.warnings) for effect in effects],
    )
    return _forest(
        "specification_title",
        effects,
        [effect.row for effect in effects],
        names,
        hollow,
        lang,
        source,
    )


def coefficients(effect: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """All rows of one result with their limits."""
    rows = effect.table.to_dict("records")
    return _forest(
        "coefficient_title",
        [effect],
        rows,
        [row["label"] for row in rows],
        [False] * len(rows),
        lang,
        source,
    )


def _forest(
    title: str,
    effects: Sequence[Any],
    rows: Sequence[Any],
    names: Sequence[str],
    hollow: Sequence[bool],
    lang: str,
    source: str | None,
) -> Block:
    (scale, unit), size, n = _scale(effects, lang), 9.0, len(rows)
    digits = _digits(rows[0]["estimate"] * scale)
    shown = [
        [number.fixed(row[c], digits, scale=scale) for c in ("estimate", "ci_low", "ci_high")]
        for row in rows
    ]
    closed = [bool(np.isfinite([row["ci_low"], row["ci_high"]]).all()) for row in rows]
    texts = [
        f"{a} [{low}, {high}]" if ends else f"{a} [—, —]"
        for (a, low, high), ends in zip(shown, closed, strict=True)
    ]
    texts = [
        a if row["ci_low"] != row["ci_low"] else text
        for (a, *_), row, text in zip(shown, rows, texts, strict=True)
    ]
    left, right = (
        min(max(map(ems, names)) * size / 72 + 0.12, 2.3),
        max(map(ems, texts)) * 8 / 72 + 0.12,
    )
    legend = (
        [(key(color=BLUE, marker="o", ls="none", mfc="white"), say(lang, "effect_warned"))]
        if any(hollow)
        else []
    )
    outcome = _outcome(effects[0], lang)
    with _field(
        title,
        effects,
        lang,
        source,
        legend,
        [say(lang, "effect_limits")],
        outcome + unit,
        "",
        left=left,
        right=right,
        height=0.3 * n + 0.1,
    ) as (page, box):
        box.set_ylim(n - 0.5, -0.5)
        box.axvline(0, color=INK, lw=0.8)
        box.axvline(rows[0]["estimate"] * scale, color=LIGHT, lw=1, zorder=0.5)
        for y, row in enumerate(rows):
            if closed[y]:  # an open interval has no ends to draw
                box.hlines(y, row["ci_low"] * scale, row["ci_high"] * scale, color=BLUE, lw=2)
            box.plot(
                row["estimate"] * scale,
                y,
                "o",
                color=BLUE,
                mfc="white" if hollow[y] else BLUE,
                ms=5.5,
                zorder=4,
            )
            box.annotate(
                texts[y],
                (1, y),
                xycoords=("axes fraction", "data"),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                size=8,
            )
        box.set_yticks(range(n), [cut(name, (left - 0.1) * 72 / size) for name in names], size=size)
        box.tick_params(axis="y", length=0)
        said = "；".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
        return page.block(say(lang, "specification_alt", outcome=outcome, rows=said))


def placebo(effect: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Density of the estimates under random treatments, their p-values as points, the actual estimate as a line."""
    from scipy.stats import gaussian_kde

    draws, (scale, unit) = effect.details["draws"], _scale([effect], lang)
    values, actual = draws["estimate"].to_numpy() * scale, float(effect.row["estimate"]) * scale
    if studentised := "z" in draws:  # what the test compares, so that the figure shows its p
        values, actual, unit = draws["z"].to_numpy(), float(effect.facts["z"]), ""
    kind = "_z" if studentised else ""
    ends, shown = [*values, actual, 0.0], number.fixed(actual, _digits(actual))
    share = number.percent(int((np.abs(values) >= abs(actual) - 1e-9).sum()), over=len(values))
    grid = np.linspace(min(ends) - 0.08 * np.ptp(ends), max(ends) + 0.08 * np.ptp(ends), 300)
    legend = [
        (key(color=BLUE, lw=1.8), say(lang, f"placebo_density{kind}")),
        *(
            [(key(color=ORANGE, marker="o", ls="none", mfc="none"), say(lang, "placebo_p"))]
            if "p" in draws
            else []
        ),
        (key(color=RED, lw=1.4, ls="--"), say(lang, f"placebo_actual{kind}", value=shown)),
    ]
    notes = [
        say(
            lang,
            f"placebo_{'exact' if effect.facts.get('exact') else 'note'}{kind}",
            n=len(values),
            share=share,
        )
    ]
    with _field(
        "placebo_title",
        [effect],
        lang,
        source,
        legend,
        notes,
        say(lang, f"placebo_axis{kind}") + unit,
        say(lang, f"placebo_density{kind}"),
        right=0.6,
    ) as (page, box):
        box.plot(
            grid,
            gaussian_kde(values)(grid) if np.ptp(values) > 0 and len(values) > 4 else 0 * grid,
            color=BLUE,
            lw=1.8,
        )
        box.axvline(0, color=GREY, lw=0.7)
        box.axvline(actual, color=RED, lw=1.4, ls="--")
        box.set_ylim(bottom=0)
        if "p" in draws:
            other = box.twinx()
            other.plot(values, draws["p"], "o", color=ORANGE, mfc="none", ms=3, mew=0.7)
            other.axhline(0.1, color=GREY, lw=0.7, ls=":")
            other.set_ylim(0, 1.02)
            other.set_ylabel(say(lang, "placebo_p"), size=9)
            other.tick_params(labelsize=8)
        return page.block(
            say(
                lang,
                f"placebo_alt{kind}",
                n=len(values),
                outcome=_outcome(effect, lang),
                actual=shown,
                share=share,
            )
        )


def bacon(effect: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Two-by-two comparisons: weight across, estimate up, the two-way estimate as a line."""
    pairs, (scale, unit), actual = (
        effect.details["pairs"],
        _scale([effect], lang),
        float(effect.row["estimate"]),
    )
    kinds = [kind for kind in _KINDS if (pairs["comparison_type"] == kind).any()]
    legend = [
        (key(color=_KINDS[k][0], marker=_KINDS[k][1], ls="none"), say(lang, f"bacon_{k}"))
        for k in kinds
    ]
    notes = [
        say(lang, "bacon_note", value=number.fixed(actual, _digits(actual * scale), scale=scale))
    ]
    up = _outcome(effect, lang) + unit
    with _field(
        "bacon_title", [effect], lang, source, legend, notes, say(lang, "bacon_axis"), up
    ) as (page, box):
        box.axhline(0, color=INK, lw=0.7)
        box.axhline(actual * scale, color=GREY, lw=1, ls="--")
        for kind in kinds:
            rows = pairs[pairs["comparison_type"] == kind]
            box.plot(
                rows["weight"] * 100,
                rows["estimate"] * scale,
                _KINDS[kind][1],
                color=_KINDS[kind][0],
                ms=6,
            )
        box.set_xlim(left=0)
        shares = pairs.groupby("comparison_type")["weight"].sum()
        return page.block(
            say(
                lang,
                "bacon_alt",
                rows="；".join(
                    f"{say(lang, f'bacon_{k}')} {number.percent(shares[k])}" for k in kinds
                ),
            )
        )


def synthetic(effect: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """The reforming place and its synthetic counterpart over time."""
    paths, f = effect.details["paths"], effect.facts
    scale, unit = (100, "（%）" if lang == "zh" else " (%)") if f["rate"] else (1, "")
    lines = [
        ("treated", {"color": BLUE, "ls": "-", "marker": "o"}),
        ("synthetic", {"color": ORANGE, "ls": "--", "marker": "s"}),
    ]
    legend = [(key(lw=1.8, **look), say(lang, f"synthetic_{name}")) for name, look in lines]
    up = _outcome(effect, lang) + unit
    with _field(
        "synthetic_title", [effect], lang, source, legend, [], say(lang, "synthetic_axis"), up
    ) as (page, box):
        for name, look in lines:
            box.plot(paths["time"], paths[name] * scale, ms=4.5, lw=1.8, **look)  # type: ignore[arg-type]
        box.axvline(f["start"] - 0.5, color=GREY, lw=0.9, ls="--")
        some = paths["time"].iloc[:: max(1, len(paths) // 12)]
        box.set_xticks(some, [f["periods"].get(int(t), str(int(t))) for t in some])
        gap = float(effect.row["estimate"]) * scale
        return page.block(
            say(
                lang,
                "synthetic_alt",
                outcome=_outcome(effect, lang),
                gap=number.fixed(gap, _digits(gap)),
            )
        )


def discontinuity(effect: Any, *, lang: str = "zh", source: str | None = None) -> Block:
    """Bins (area by number of units) and the two lines; outside the bandwidth there is no line."""
    bins, f = effect.details["bins"], effect.facts
    scale, row, cutoff = 100 if f["rate"] else 1, effect.row, f["cutoff"]
    outcome, running = (
        _outcome(effect, lang),
        (lang == "en" and f["running_en"]) or f["running_label"],
    )
    numbers = {
        name: number.fixed(row[c], 1, scale=scale)
        for name, c in (("size", "estimate"), ("low", "ci_low"), ("high", "ci_high"))
    }
    jump = say(lang, "rd_jump_rate" if f["rate"] else "rd_jump", **numbers)
    legend = [
        (key(marker="o", color=BAR, mec=BLUE, ls="none"), say(lang, "rd_bins")),
        (key(color=ORANGE, lw=2), say(lang, "rd_lines", h=number.fixed(f["bandwidth"], 1))),
        (key(color=INK, lw=1, ls="--"), say(lang, "rd_cutoff")),
    ]
    up = say(lang, "axis", name=outcome, unit="%") if f["rate"] else outcome
    with _field(
        "rd_title",
        [effect],
        lang,
        source,
        legend,
        [say(lang, "rd_note", jump=jump)],
        running,
        up,
        running=running,
        cutoff=number.plain(cutoff),
    ) as (page, box):
        size = 8 + 90 * bins["n"] / bins["n"].max()
        box.scatter(
            bins["x"], bins["y"] * scale, s=size, color=BAR, edgecolor=BLUE, lw=0.7, zorder=2
        )
        for side, end in (
            (bins["x"] < cutoff, bins["left"].iloc[0]),
            (bins["x"] >= cutoff, bins["right"].iloc[0]),
        ):
            line = np.vstack(
                [bins.loc[side & bins["fitted"].notna(), ["x", "fitted"]].to_numpy(), [cutoff, end]]
            )
            line = line[np.argsort(line[:, 0])]
            box.plot(line[:, 0], line[:, 1] * scale, color=ORANGE, lw=2, zorder=3)
        box.axvline(cutoff, color=INK, lw=1, ls="--", zorder=1)
        return page.block(
            say(lang, "rd_alt", outcome=outcome, running=running, n=len(bins), jump=jump)
        )


@contextmanager
def _field(
    title: str,
    effects: Sequence[Any],
    lang: str,
    source: str | None,
    legend: Legend,
    notes: Sequence[str],
    across: str,
    up: str,
    *,
    left: float = 0.54,
    right: float = 0.02,
    height: float = 2.8,
    **more: Any,
) -> Iterator[tuple[Sheet, Axes]]:
    """A sheet with one field; the results' warnings stand below it."""
    f = effects[0].facts
    warned = (
        list(dict.fromkeys(f"▲ {text}" for effect in effects for text in effect.warnings))
        if lang == "zh"
        else []
    )
    words = {
        "outcome": _outcome(effects[0], lang),
        "treatment": f["treatment_label"],
        "name": _name(effects[0], lang),
    }
    line = source or (say(lang, "source_demo") if f["is_demo"] else f.get("source", ""))
    with plot(
        say(lang, title, **words, **more),
        across,
        up,
        left=left,
        right=right,
        height=height,
        legend=legend,
        lang=lang,
        notes=[*notes, *warned[:4]],
        demo=bool(f["is_demo"]),
        source=say(lang, "source", source=line) if line else "",
    ) as (page, box):
        yield page, box


def _scale(effects: Sequence[Any], lang: str) -> tuple[int, str]:
    """Rates are shown in percentage points."""
    return (
        (100, say(lang, "points")) if all(effect.facts["rate"] for effect in effects) else (1, "")
    )


def _digits(value: float) -> int:
    """Decimals that show three figures of a value, two at least."""
    return max(2, int(2 - np.floor(np.log10(abs(value))))) if value and np.isfinite(value) else 2


def _name(effect: Any, lang: str) -> str:
    known = f"design_{effect.design}"
    return say(lang, known) if known in _words() else str(effect.name)


def _outcome(effect: Any, lang: str) -> str:
    f = effect.facts
    return str((lang == "en" and f.get("outcome_en")) or f["outcome_label"])


__all__ = [
    "bacon",
    "coefficients",
    "discontinuity",
    "event_study",
    "placebo",
    "specifications",
    "synthetic",
]
