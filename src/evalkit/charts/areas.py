"""Figures with one row per area: sorted bars, year-on-year dumbbells, the heat table of instructor load."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap

from evalkit.charts import style
from evalkit.charts.frames import (
    Info,
    in_order,
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
    GOAL,
    GREY,
    INK,
    WIDTH,
    balance,
    boxes,
    ems,
    grid,
    key,
    panels,
    patch,
    sheet,
)
from evalkit.documents import Block
from evalkit.world import number
from evalkit.world.period import in_time

_HEAT = LinearSegmentedColormap.from_list(
    "load", [(0, "#fafafa"), (0.5, "#a9cbe4"), (0.75, "#4a86b4"), (1, "#1f4e79")]
)
_GROUND = {"fc": "white", "ec": "none", "pad": 1.0}  # so that lines do not run through figures
TOLD_STATES = ("reached", "on_course", "behind", "missed")
NAMED = 3  # areas named together in the words of a picture
_FOOT = 0.28  # inches for the labels of an axis


def bars(
    frame: pd.DataFrame,
    indicator: str,
    *,
    sort: bool = True,
    highlight: str | None = None,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Horizontal bars of one indicator in one period, best first, with the mean and the reference as lines.

    Parameters
    ----------
    frame
        Rows of the indicators frame of one period and one level.
    sort
        False keeps the administrative order.
    highlight
        Path of an area whose bar is set off.

    Notes
    -----
    The mean is the sum of numerators over the sum of denominators, where both are known. Bases under 30 are hollow
    and stand after the ordered ones; missing areas come last as 缺报. A thin line is the data's quality interval.
    """
    rows, info = pick(frame, indicator, lang, one=True)
    rows = _sorted(rows, info) if sort else rows
    rows["wide"] = (rows["shown_high"] - rows["shown_low"]) > 10**-info.decimals / 2
    rows["known"] = rows["shown"].notna()
    rows["small"] &= rows["known"]
    shape = grid(len(rows))
    suffix = say(lang, "small_suffix") if shape.columns == 1 else ""
    rows["text"] = [
        say(lang, "missing") if np.isnan(v) else info.text(v) + sign_of(state) + suffix * bool(s)
        for v, s, state in zip(rows["shown"], rows["small"], rows["state"], strict=True)
    ]
    both = (
        (info.mean if len(rows) > 1 else None, INK, "--", info.mean_text),
        (info.target, style.RED, "-.", info.target_text),
        (info.goal, GOAL, "-", info.goal_text if info.goal is not None else ""),
    )
    lines = [
        (at, key(color=colour, lw=1.1, ls=dash), text)
        for at, colour, dash, text in both
        if at is not None
    ]
    legend: list[tuple[Artist, str]] = [(line, text) for _, line, text in lines]
    own_goals = info.goal is None and bool(rows["shown_goal"].notna().any())
    if own_goals:
        legend.append((key(color=GOAL, lw=2.2), say(lang, "goals")))
    legend += [(patch(fc="none", ec="none"), text) for text in states_told(rows, lang)]
    if rows["small"].any():
        legend.append((patch(fc="white", ec=BLUE, hatch="////"), say(lang, "small_unranked")))
    if rows["wide"].any():
        legend.append((key(color=INK, lw=1.2), say(lang, "range")))
    order = say(lang, "lowest_first" if info.better == "lower" else "highest_first") if sort else ""
    ends = [
        *rows["shown"],
        *rows["shown_high"].where(rows["wide"]),
        info.mean or 0,
        info.target or 0,
        *rows["shown_goal"],
        0,
    ]
    reach = np.nanmax(ends) or 1
    room = max(map(ems, rows["text"])) * shape.size / 72 + 0.1
    with sheet(
        info.name,
        shape.height + _FOOT,
        legend=legend,
        source=info.source(source),
        **info.head(order),
    ) as page:
        for box, part in panels(page, shape, rows["label"].tolist(), bottom=_FOOT):
            across = box.get_position().width * WIDTH
            whole = reach * across / max(across - room, across * 0.3)
            box.set_xlim(0, whole)
            mine = rows[part].reset_index(drop=True)
            crossed = _crossed(mine, [at for at, *_ in lines], whole / across * shape.size / 72)
            _bars(box, mine, highlight, shape.size, reach if own_goals or crossed else None)
            if own_goals:
                goals = rows["shown_goal"][part].to_numpy(float)
                at_row = np.arange(len(goals))
                box.vlines(goals, at_row - 0.42, at_row + 0.42, color=GOAL, lw=2.2, zorder=3)
            for at, line, _ in lines:
                box.axvline(at, zorder=3, color=line.get_color(), lw=1.1, ls=line.get_linestyle())
        return page.block(_alt(rows, info) + _goals_said(rows, info))


def sign_of(state: str) -> str:
    """The mark of a goal's state, behind a value."""
    return f" {say('zh', f'state.{state}')[0]}" if state in TOLD_STATES else ""


def states_told(rows: pd.DataFrame, lang: str) -> list[str]:
    """How many areas are where with their goals: ● 达到目标3个."""
    counts = rows["state"].value_counts()
    return [
        say(lang, "goal_states", state=say(lang, f"state.{state}"), n=int(counts[state]))
        for state in TOLD_STATES
        if state in counts
    ]


def _goals_said(rows: pd.DataFrame, info: Info) -> str:
    """The goals in words, behind those of the picture."""
    goal = "" if info.goal is None else info.goal_text
    return join(info.lang, "comma", [goal, *states_told(rows, info.lang)])


def _ends(rows: pd.DataFrame) -> np.ndarray:
    """Where each bar with its interval ends."""
    return np.fmax(rows["shown"].fillna(0), np.where(rows["wide"], rows["shown_high"], 0))


def _crossed(rows: pd.DataFrame, lines: Sequence[float], em: float) -> bool:
    """Whether a line would pass through a value that stands at the end of its bar (`em`: a character's width)."""
    near = em / 2  # a value close to a line is hard to read too
    return any(
        end - near < at < end + em * ems(text) + near
        for end, text in zip(_ends(rows), rows["text"], strict=True)
        for at in lines
    )


def _bars(
    box: Axes, rows: pd.DataFrame, highlight: str | None, size: float, aside: float | None
) -> None:
    """The bars with their values, at the end of each, or all in a column from `aside`."""
    known, hollow, wide = (rows[c].to_numpy(bool) for c in ("known", "small", "wide"))
    chosen = (rows["area"].astype(str) == (highlight or "")).to_numpy(bool)
    for which, look in (
        (known & ~hollow & ~chosen, {"fc": style.BAR, "ec": BLUE}),
        (known & hollow & ~chosen, {"fc": "white", "ec": BLUE, "hatch": "////"}),
        (
            known & chosen,
            {"fc": "white" if (hollow & chosen).any() else style.RED, "ec": style.RED},
        ),
    ):
        boxes(
            box,
            0,
            np.flatnonzero(which) - 0.33,
            rows["shown"][which],
            0.66,
            lw=0.7,
            zorder=1,
            **look,
        )
    box.hlines(
        np.flatnonzero(wide),
        rows["shown_low"][wide],
        rows["shown_high"][wide],
        color=INK,
        lw=1.2,
        zorder=2,
    )
    for y, (edge, text) in enumerate(zip(_ends(rows), rows["text"], strict=True)):
        box.annotate(
            ("◀ " if chosen[y] else "") + text,
            (edge if aside is None else aside, y),
            xytext=(3, 0),
            textcoords="offset points",
            zorder=4,
            va="center",
            size=size,
            bbox=_GROUND,
            color=INK if known[y] else GREY,
        )


def _sorted(rows: pd.DataFrame, info: Info) -> pd.DataFrame:
    """Best first; small bases after the ordered ones, missing last."""
    late = np.where(rows["shown"].isna(), 2, np.where(rows["small"], 1, 0))
    value = rows["shown"] if info.better == "lower" else -rows["shown"]
    return (
        rows.assign(_late=late, _value=value)
        .sort_values(["_late", "_value"], kind="stable")
        .reset_index(drop=True)
    )


def _alt(rows: pd.DataFrame, info: Info) -> str:
    """The picture in words: who has the highest and the lowest value, unless all have the same or only one has any."""
    known = rows.dropna(subset=["shown"])
    if known.empty:
        return say(info.lang, "bars_none", name=info.name, n=len(rows))
    high, low = info.full(known["shown"].max()), info.full(known["shown"].min())
    words = "bars_one" if len(known) == 1 else "bars_same" if high == low else "bars_alt"
    return say(
        info.lang,
        words,
        period=years(info.period, info.lang),
        n=len(rows),
        name=info.name,
        mean=info.mean_text,
        top=_who(known, info, high),
        high=high,
        bottom=_who(known, info, low),
        low=low,
        gone=len(rows) - len(known),
    )


def _who(known: pd.DataFrame, info: Info, printed: str) -> str:
    """The areas that have a printed value; a number of them where they are many."""
    names = [
        name
        for name, value in zip(known["label"], known["shown"], strict=True)
        if info.full(value) == printed
    ]
    few = say(info.lang, "comma").join(names)
    return few if len(names) <= NAMED else say(info.lang, "areas", n=len(names))


def dumbbell(
    frame: pd.DataFrame,
    indicator: str,
    baseline: str,
    period: str,
    *,
    sort: bool = True,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Two periods of one indicator per area, joined by a line, with the change (percentage points for shares).

    A change below half a printed unit is 持平. The axis need not begin at zero: positions are read, not lengths.
    """
    before, after = str(baseline), str(period)
    known = set(frame.loc[frame["indicator"] == indicator, "period"].astype(str))
    if wanted := [one for one in (before, after) if one not in known]:
        raise refuse(
            "period_unknown", f"{indicator} {wanted[0]}", "、".join(in_time(frame["period"]))
        )
    rows, info = pick(frame[frame["period"].astype(str).isin([before, after])], indicator, lang)
    wide = rows.assign(period=rows["period"].astype(str)).pivot(
        index="area", columns="period", values="shown"
    )
    both = rows.groupby("area", sort=False).agg(label=("label", "first"), small=("small", "any"))
    both["old"], both["new"] = wide[before].reindex(both.index), wide[after].reindex(both.index)
    both["label"] += both["small"].map({True: "*", False: ""})
    if sort:
        both = both.sort_values(
            "new", ascending=info.better == "lower", na_position="last", kind="stable"
        )
    change = pd.Series(number.minus(both["new"], both["old"]), index=both.index)
    half = 0.5 * 10**-info.decimals
    rest = ~(change.abs() >= half)
    kinds = [
        (change >= half, BLUE, "^", "-"),
        (change <= -half, style.ORANGE, "v", ":"),
        (rest, style.LEVEL, "s", "-"),
    ]
    texts = [
        _change(*three, info, half) for three in zip(both["old"], both["new"], change, strict=True)
    ]
    ends = both[["old", "new"]].to_numpy(float)
    low, high = (np.nanmin(ends), np.nanmax(ends)) if np.isfinite(ends).any() else (0.0, 1.0)
    pad = max((high - low) * 0.06, half)
    named = {"before": years(before, lang), "after": years(after, lang), "name": info.name}
    legend = [
        (key(marker="o", mfc="white", mec=INK, ls="none", ms=6), named["before"]),
        (key(marker="^", color=BLUE, lw=1.6, ms=6.5), say(lang, "up", period=named["after"])),
        (
            key(marker="v", color=style.ORANGE, lw=1.6, ls=":", ms=6.5),
            say(lang, "down", period=named["after"]),
        ),
        (key(marker="s", color=style.LEVEL, ls="none", ms=5.5), say(lang, "level")),
    ]
    shape = grid(len(both))
    head = info.head(
        say(lang, "dumbbell_right") + (say(lang, "points") if info.unit == "%" else "")
    )
    notes = [say(lang, "small_star")] if both["small"].any() else []
    with sheet(
        say(lang, "dumbbell_title", **named),
        shape.height + _FOOT,
        legend=legend,
        notes=notes,
        source=info.source(source),
        **head,
    ) as page:
        grey = change.isna().tolist()
        for box, part in panels(
            page, shape, both["label"].tolist(), bottom=_FOOT, texts=texts, grey=grey
        ):
            box.set_xlim(low - pad, high + pad)
            box.grid(axis="y", color=style.LIGHT, lw=0.5)
            old, new, y = both["old"][part], both["new"][part], np.arange(part.stop - part.start)
            for which, colour, mark, dash in kinds:
                at = which[part].to_numpy()
                box.hlines(y[at], old[at], new[at], color=colour, lw=1.8, ls=dash, zorder=2)
                box.plot(new[at], y[at], mark, color=colour, ms=6, zorder=4)
            box.plot(old, y, "o", mfc="white", mec=INK, ms=5.5, zorder=3)
        rose, fell = int(kinds[0][0].sum()), int(kinds[1][0].sum())
        same, gone = int(change.notna().sum()) - rose - fell, int(change.isna().sum())
        return page.block(
            say(lang, "dumbbell_alt", **named, rose=rose, fell=fell, same=same, gone=gone)
        )


def _change(old: float, new: float, change: float, info: Info, half: float) -> str:
    if np.isnan(change):
        return say(info.lang, "missing" if np.isnan(new) else "no_baseline")
    return say(info.lang, "level") if abs(change) < half else info.text(change, sign=True)


def load_heat(
    frame: pd.DataFrame,
    indicators: Sequence[str],
    *,
    title: str | None = None,
    lang: str = "zh",
    source: str | None = None,
) -> Block:
    """Areas x indicators as a table shaded column by column: the darker, the higher in its column.

    For the load of instructors (units each, share of uncovered units with one ...), or any indicators of one period.
    """
    picked = [pick(frame, code, lang, one=True) for code in indicators]
    if not picked or len({info.period for _, info in picked}) > 1:
        raise refuse(
            "value_invalid", f"indicators：{list(indicators)}", "至少给出一个指标代码，且同一时期"
        )
    base = in_order(frame[frame["indicator"].isin(list(indicators))].drop_duplicates("area"))
    indexed = [rows.set_index("area").reindex(base["area"]) for rows, _ in picked]
    values = np.column_stack([rows["shown"] for rows in indexed])
    small = np.column_stack([rows["small"].eq(True) & rows["shown"].notna() for rows in indexed])
    shape, infos = grid(len(base)), [info for _, info in picked]
    each = ((WIDTH - 2 * style.EDGE + 0.18) / shape.columns - 0.18) * 0.62 / len(infos)
    heads = [balance(i.name, style.SMALL, each) for i in infos]
    for info, lines in zip(infos, heads, strict=True):
        lines += (
            [say(lang, "bracket", a="", b=info.unit).strip()] if info.unit not in ("%", "") else []
        )
    high = 0.14 * max(map(len, heads)) + 0.06
    period, demo = infos[0].period, is_demo(base)
    notes = [say(lang, "heat_note"), say(lang, "small_star") if small.any() else ""]
    title = title or say(lang, "heat_title")
    with sheet(
        title,
        shape.height + high,
        subtitle=years(period, lang),
        notes=notes,
        demo=demo,
        source=source_line(lang, period, demo, source),
        lang=lang,
    ) as page:
        for box, part in panels(page, shape, labels(base, lang)):
            box.set_xlim(0, len(infos))
            box.spines[:].set_visible(False)
            box.set_xticks([])
            for column, (info, lines) in enumerate(zip(infos, heads, strict=True)):
                box.annotate(
                    "\n".join(lines),
                    (column + 0.5, 1),
                    xytext=(0, 3),
                    size=style.SMALL,
                    xycoords=("data", "axes fraction"),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    linespacing=1.25,
                )
                whole = values[:, column]
                low, top = np.nanmin([*whole, np.inf]), np.nanmax([*whole, -np.inf])
                _shade(box, column, whole[part], low, top)
                for y, value in enumerate(whole[part]):
                    gone = np.isnan(value)
                    text = (
                        say(lang, "missing")
                        if gone
                        else info.text(value) + "*" * int(small[part][y, column])
                    )
                    deep = value - low > 0.77 * (top - low) > 0  # white letters on dark ground
                    colour = GREY if gone else "white" if deep else INK
                    box.text(
                        column + 0.5,
                        y,
                        text,
                        ha="center",
                        va="center",
                        size=shape.size,
                        color=colour,
                        bbox=_GROUND if gone else None,
                    )
        parts = [
            f"{info.name} {info.text(np.nanmin(v))}～{info.full(np.nanmax(v))}"
            for info, v in zip(infos, values.T, strict=True)
            if not np.isnan(v).all()
        ]
        said = say(lang, "separator").join(parts) or say(lang, "all_missing")
        return page.block(say(lang, "heat_alt", n=len(base), columns=said))


def _shade(box: Axes, column: int, values: np.ndarray, low: float, high: float) -> None:
    """The ground of one column: shaded from lowest to highest, hatched where missing."""
    depth = np.nan_to_num((values - low) / (high - low)) if high > low else np.zeros(len(values))
    edges = np.arange(len(values)) - 0.5
    corners = [[(column, y), (column + 1, y), (column + 1, y + 1), (column, y + 1)] for y in edges]
    box.add_collection(
        PolyCollection(corners, facecolors=_HEAT(depth), edgecolors="white", linewidths=0.8)
    )
    gone = np.flatnonzero(np.isnan(values))
    boxes(box, column, gone - 0.5, 1, 1, fc="white", ec=style.LIGHT, lw=0.8, hatch="////")
