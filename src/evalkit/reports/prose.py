"""Paragraphs made from data, as an official would write them; nothing is said of what is missing.

The sentences stand in ``prose.yml`` and are filled by `evalkit.reports.sentences`. Changes, attainment and order are always
stated; 优于, 差于 and 差异不明显 only where `evalkit.indicators.compare` says so. No minus sign ever stands in running text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.indicators.compare import compare, course, half_unit
from evalkit.indicators.load import Data
from evalkit.reports.sentences import (
    MOST,
    Facts,
    apart,
    declared,
    distance,
    facts,
    place_of,
    small,
    spoken,
    tell,
    word,
)
from evalkit.reports.voice import voice_of
from evalkit.reports.words import LEVEL, baseline_words, light, period_words, step_words
from evalkit.world.number import times

COURSES = {"better": "变好", "same": LEVEL, "worse": "变差"}


def summary(
    data: Data,
    period: Any,
    baseline: Any = None,
    area: str | None = None,
    rows: pd.DataFrame | None = None,
    level: str = "district",
    ranking: str = "full",
) -> Block:
    """The sentences that stand before the contents and on the one page; with `rows` also who leads and who is last."""
    known = facts(data, period, baseline, area)
    told = _paragraphs(declared()["sections"]["summary"]["sentences"], known)
    first = declared()["compared"][0]
    ends = _extremes(rows, first, period, level) if rows is not None and ranking == "full" else ""
    fell = declines(data, period, baseline, area, MOST)
    told.append("。".join(filter(None, (ends, fell))) + "。" if ends or fell else "")
    return Block.group(*(Block.paragraph(text, "summary") for text in told if text))


def _extremes(rows: pd.DataFrame, code: str, period: Any, level: str) -> str:
    """The first and the last area of an indicator where each stands alone and clearly off the whole."""
    mine = rows.loc[(rows["level"] == level) & (rows["indicator"] == code)]
    if not (mine["period"].eq(str(period)) & mine["value"].notna()).any():
        return ""
    seen = (
        compare(mine, period)
        .dropna(subset=["rank"])
        .merge(mine[["area", "short_name"]].drop_duplicates("area"), on="area")
    )
    best, last = (
        seen.loc[seen["rank"] == place] for place in (seen["rank"].min(), seen["rank"].max())
    )
    if len(best) != 1 or len(last) != 1 or best["better"].iloc[0] == "lower":
        return ""
    if best["verdict"].iloc[0] != "better" or last["verdict"].iloc[0] != "worse":
        return ""
    one, other = best.iloc[0], last.iloc[0]
    voice = voice_of(rows)
    first = f"{voice.place(level)}{voice.short(one)}最高的是{one['area_name']}（{spoken(one)}）"
    return f"{first}，最低的是{other['area_name']}（{spoken(other)}）"


def section(
    name: str,
    data: Data,
    period: str | int,
    baseline: str | int | None = None,
    area: str | None = None,
    brief: bool = False,
) -> Block:
    """A section of prose.yml for an area (the whole by default); `brief`: its first sentences, for a profile."""
    about = declared()["sections"][name]
    known, chosen = (
        facts(data, period, baseline, area),
        about["sentences"][: about["brief"] if brief else None],
    )
    told = _paragraphs(chosen, known)
    if not told:
        withheld = "hidden" in data.measures and bool(data.measures["hidden"].any())
        return Block.paragraph(
            f"{about['name']}：{word('withheld') if withheld else '本期台账没有可用的数字'}。",
            style="pending",
        )
    return (
        Block.paragraph("".join(told))
        if brief or len(told) == 1
        else Block.group(*map(Block.paragraph, told))
    )


def _paragraphs(sentences: Sequence[Any], known: Facts) -> list[str]:
    """The sentences between two ¶ in one text each; nothing of a paragraph for which there are no facts."""
    starts = [0, *(n for n, s in enumerate(sentences) if s == "¶"), len(sentences)]
    return [text for a, b in pairwise(starts) if (text := tell(sentences[a:b], known))]


overview, coverage, funding = (
    partial(section, "overview"),
    partial(section, "coverage"),
    partial(section, "funding"),
)
instructors, standardisation = partial(section, "instructors"), partial(section, "standardisation")
activities = partial(section, "activities")


def courses(known: Facts) -> dict[str, str]:
    """The headline indicators that can be judged against the baseline, each with better, same or worse.

    The one set of 变好 and 变差: the summary, the chapters, the profiles and the comparison all count these, by
    `evalkit.indicators.compare.course`.
    """
    rows = [row for code, row in known.rows.items() if known.codebook.indicators[code].headline]
    if not rows:
        return {}
    frame = pd.DataFrame(rows)
    found = course(frame, frame["indicator"].map(known.earlier))
    return {code: one for code, one in zip(frame["indicator"], found, strict=True) if one != "none"}


def tally(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> Block:
    """How many headline indicators became better, stayed or became worse, and how many reach their reference."""
    known = facts(data, period, baseline, area)
    moved, states = courses(known), []
    for code, row in known.rows.items():
        if (
            known.codebook.indicators[code].headline
            and row["better"] != "none"
            and pd.notna(row["target"])
        ):
            states.append("near" if row["better"] == "near" else light(row) == "good")
    parts = []
    if moved:
        sides = [
            (word, [c for c, one in moved.items() if one == key]) for key, word in COURSES.items()
        ]
        told = "，".join(f"{word}的{len(codes)}项" for word, codes in sides if codes)
        worse = "、".join(
            known.voice.short(known.rows[c]) for c, one in moved.items() if one == "worse"
        )
        parts.append(
            f"与{known.since}可比的{len(moved)}项主要指标中，{told}"
            + (f"（{worse}）" if worse else "")
        )
    if states:
        reached, near = states.count(True), states.count("near")
        states_told = (
            []
            if near == len(states)
            else [f"达到参照值的{reached}项" if reached else "没有达到参照值的"]
        )
        states_told += [word("near", n=f"{near}项")] if near else []
        parts.append(f"有参照值的{len(states)}项主要指标中，{'，另有'.join(states_told)}")
    text = "；".join(parts) + "。" if parts else f"{known.area}没有可作评价的主要指标。"
    return Block.paragraph(text, "body" if parts else "pending")


def declines(
    data: Data, period: Any, baseline: Any = None, area: str | None = None, most: int = 99
) -> str:
    """Those of the indicators that became worse that did so clearly (prose.yml, `clear`), the largest step first; "" for none."""
    known = facts(data, period, baseline, area)
    found, left = _clearly_worse(known)
    if not found:
        return ""
    lead = f"的主要指标有{len(found)}项{'，变差最多的是' if len(found) > most else '：'}{'、'.join(found[:most])}"
    return f"比{known.since}变差较多{clearly(left) if left or most > len(found) else ''}{lead}"


def no_declines(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> str:
    """Said where `declines` has nothing to say; "" where nothing can be compared."""
    known = facts(data, period, baseline, area)
    return (
        f"没有比{known.since}变差较多{clearly(_clearly_worse(known)[1])}的主要指标"
        if courses(known)
        else ""
    )


def _clearly_worse(known: Facts) -> tuple[list[str], bool]:
    """The indicators that became clearly worse, each with its step, and whether one on a small base was left out."""
    found, left = [], False
    for code, one in courses(known).items():
        row, step = known.rows[code], known.change(code)
        if one != "worse" or step is None:
            continue
        points, old = row["unit"] == "%", known.earlier[code]
        size = times(abs(step) if points else abs(step) / old if old else 0.0, 100)
        if size < declared()["clear"]["points" if points else "share"]:
            continue
        if small(row):
            left = True
        else:
            found.append((size, f"{known.voice.short(row)}{step_words(row, step)}"))
    return [text for _, text in sorted(found, key=lambda f: -f[0])], left


def clearly(left: bool) -> str:
    """From where on a worsening is told as 变差较多, and whether one on a small base is not counted."""
    return word("clear", **declared()["clear"], small=word("small_left") if left else "")


def comparison(
    indicators: pd.DataFrame,
    code: str,
    period: Any,
    baseline: Any = None,
    ranking: str = "full",
    level: str = "district",
) -> Block:
    """One indicator over the areas: best and last (`ranking` full), or those clearly above and below (bands), the gap, changes."""
    frame = indicators.loc[(indicators["level"] == level) & (indicators["indicator"] == code)]
    if not (frame["period"].eq(str(period)) & frame["value"].notna()).any():
        return Block.paragraph("")
    seen = compare(frame, period, against=baseline).sort_values("sort_order", kind="stable")
    first, n, place = (
        frame.loc[frame["period"].eq(str(period)) & frame["value"].notna()].iloc[0],
        len(seen),
        voice_of(indicators).place(level),
    )
    name, whole = voice_of(indicators).short(first), seen["reference"].iloc[0]
    if n == 1 and withheld(frame, period):
        return Block.paragraph(f"{name}：{word('withheld')}。")
    if n == 1:
        return Block.paragraph(
            f"{name}：只有{first['area_name']}有数（{spoken(first)}），不作比较。"
        )
    told: list[str] = [f"{name}合计{spoken(first, whole)}"] if pd.notna(whole) else []
    ranked = seen.loc[seen["rank"].notna()].sort_values(["rank", "sort_order"], kind="stable")
    best, worst, clear = (
        seen["value"].max(),
        seen["value"].min(),
        int(seen["verdict"].isin(["better", "worse"]).sum()),
    )
    level_ground = spoken(first, best) == spoken(first, worst)
    judged = first["better"] in ("higher", "lower")
    flat = (
        judged and n > MOST and clear < MOST and not level_ground
    )  # so few differ that names would be chance
    if alike := doubtful(frame, code, period, level):
        told.append(alike)
    elif flat:
        told.append(f"各{place}在{spoken(first, worst)}至{spoken(first, best)}之间")
    else:
        ends = _ends(ranked) if len(ranked) > 1 and ranking == "full" and judged else []
        gap = distance(first, apart(first, best, worst))
        ends.append(f"{n}个{place}数值相同" if level_ground else f"最高与最低相差{gap}")
        told.append("，".join(ends))
    changes = seen.loc[seen["change"].notna()]
    if len(changes):
        half = half_unit(changes)
        up, down = ("提高", "下降") if first["unit"] == "%" else ("增加", "减少")
        step = changes["change"]
        counts = {
            up: (step >= half).sum(),
            "持平": (step.abs() < half).sum(),
            down: (step <= -half).sum(),
        }
        sides = [(side, k) for side, k in counts.items() if k]
        steps = "、".join(f"{k}个{place * (not i)}{side}" for i, (side, k) in enumerate(sides))
        all_ = f"{len(changes)}个{place}均{sides[0][0]}"
        told.append(
            f"与{baseline_words(period, baseline)}相比，{all_ if len(sides) == 1 and len(changes) > 1 else steps}"
        )
    if ranking != "none" and not alike and not level_ground:
        told += ["，".join(_verdicts(seen, ranking == "bands", place))]
    small = seen.loc[~seen["ranked"], "area_name"]
    if len(small):
        told.append(f"{'、'.join(small) if len(small) < n else f'各{place}'}基数小，不参与排序")
    return Block.paragraph(
        "。".join(filter(None, told)) + "。", "detail" if code in declared()["detailed"] else "body"
    )


def withheld(rows: pd.DataFrame, period: Any) -> bool:
    """Whether numbers of the period are hidden in the public version: then nobody is the only one who has any."""
    return "hidden" in rows and bool(rows.loc[rows["period"] == str(period), "hidden"].any())


def doubtful(rows: pd.DataFrame, code: str, period: Any, level: str = "district") -> str:
    """Said of an indicator that is far under its reference and nearly the same everywhere: rather a matter of the ledgers."""
    mine = rows.loc[
        (rows["level"] == level)
        & (rows["indicator"] == code)
        & (rows["period"] == str(period))
        & rows["value"].notna()
    ]
    if len(mine) <= MOST or not mine["better"].eq("higher").all() or not mine["unit"].eq("%").all():
        return ""
    low, high, limits = mine["value"].min(), mine["value"].max(), declared()["doubtful"]
    if not high < limits["below"] * mine["target"].min() or (high - low) * 100 > limits["spread"]:
        return ""
    one = mine.iloc[0]
    ends = spoken(one, low), spoken(one, high)
    return word(
        "alike" if ends[0] == ends[1] else "doubtful",
        place=voice_of(rows).place(level),
        low=ends[0],
        high=ends[1],
    )


def _ends(ranked: pd.DataFrame) -> list[str]:
    """The first and the last of an order; ties are named together, and an order of equals is no order."""
    rows = ranked.to_dict("records")
    top, low = rows[0]["rank"], rows[-1]["rank"]
    if top == low:
        return []
    most = min(MOST, len(rows) // 2)
    first = [r for r in rows if r["rank"] <= rows[most - 1]["rank"]]
    last = [r for r in rows if r["rank"] >= rows[-most]["rank"] and r not in first]

    def listed(some: list[Any]) -> str:
        tied = [r for r in some if sum(o["rank"] == r["rank"] for o in some) > 1]
        return "、".join(f"{r['area_name']}（{spoken(r)}）" for r in some) + (
            "（数值相同的并列）" if tied else ""
        )

    if (
        len(first) > 2 * MOST or len(last) > 2 * MOST
    ):  # so many share a place that names say nothing
        return [f"{sum(r['rank'] == top for r in rows)}个并列第一"]
    return [f"居前的是{listed(first)}", *([f"靠后的是{listed(last)}"] if last else [])]


def _verdicts(seen: pd.DataFrame, names: bool, place: str) -> list[str]:
    """优于, 差于 and 差异不明显 against all areas together; names (where no order is printed) in administrative order."""
    out: list[str] = []
    for verdict, text in (("better", "优于合计水平"), ("worse", "差于合计水平")):
        mine = seen.loc[seen["verdict"] == verdict, "area_name"]
        told = f"{len(mine)}个{place * (not out)}{text}" + (
            f"（{'、'.join(mine)}）" if names else ""
        )
        out += [told] if len(mine) else []
    rest = int((seen["verdict"].isin(["unclear", "same"])).sum())
    if out and rest:
        out.append(f"其余{rest}个差异不明显")
    elif rest > 1:
        out.append(f"{rest}个{place}与合计水平的差异均不明显")
    return out


def standing(
    data: Data,
    area: str,
    period: str | int,
    baseline: str | int | None = None,
    level: str = "district",
    ranking: str = "full",
) -> Block:
    """Strengths and weaknesses of one area among those of its level, only where the difference holds."""
    frame = data.indicators.loc[data.indicators["level"] == level]
    path = data.find_area(area)
    codes = [c for c, i in data.codebook.indicators.items() if i.headline]
    mine = frame.loc[frame["indicator"].isin(codes)]
    name, place = path.rpartition("/")[2], voice_of(data).place(level)
    if not (mine["area"].eq(path) & mine["period"].eq(str(period)) & mine["value"].notna()).any():
        return Block.paragraph(
            f"{name}{period_words(period)}没有报送可用的数字，不作评价。", "pending"
        )
    seen = compare(mine, period, against=baseline)
    mine = seen.loc[seen["area"] == path].assign(
        name=lambda f: f["indicator"].map(voice_of(data).short_names(frame))
    )
    better = mine.loc[mine["verdict"] == "better"].sort_values("rank").head(MOST)
    worse = mine.loc[mine["verdict"] == "worse"].sort_values("rank", ascending=False).head(MOST)
    words = (
        [f"{name}优于各{place}合计水平的主要指标有{_listed(better, ranking)}"]
        if len(better)
        else []
    )
    words += (
        [f"{'' if words else name}差于合计水平、需要关注的有{_listed(worse, ranking)}"]
        if len(worse)
        else []
    )
    down = mine.loc[mine["falling"]]
    words += (
        [f"比{baseline_words(period, baseline)}变差的有{'、'.join(down['name'])}"]
        if len(down)
        else []
    )
    if not words:
        alone = seen["area"].nunique() < 2 and not withheld(frame, period)
        words = [
            f"只有{name}有数，不作{place}之间的比较"
            if alone
            else f"{name}各项主要指标与各{place}合计水平差异不明显"
        ]
    return Block.paragraph("；".join(words) + "。")


def _listed(rows: pd.DataFrame, ranking: str) -> str:
    def place(r: Any) -> str:
        return f"，位次{place_of(r)}" if ranking == "full" and pd.notna(r["rank"]) else ""

    return "、".join(f"{r['name']}（{spoken(r)}{place(r)}）" for r in rows.to_dict("records"))
