"""Paragraphs made from data, as an official would write them; nothing is said of what is missing.

The facts are reckoned here; the sentences are templates (``texts/*.md``), told by `evalkit.reports.sentences.tell`. Changes,
attainment and order are always stated; 优于, 差于 and 差异不明显 only where `evalkit.indicators.compare` says so. No minus
sign ever stands in running text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.documents.markdown import markdown
from evalkit.indicators.compare import compare, course, half_unit
from evalkit.indicators.load import Data
from evalkit.reports import judgement, tables
from evalkit.reports.findings import Found
from evalkit.reports.grading import index_of
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import (
    MOST,
    Facts,
    apart,
    declared,
    distance,
    place_of,
    small,
    spoken,
    tell,
)
from evalkit.reports.voice import Voice, voice_of
from evalkit.reports.words import light, period_words, step_words


def summary(
    data: Data,
    period: Any,
    baseline: Any = None,
    area: str | None = None,
    rows: pd.DataFrame | None = None,
    level: str = "district",
    ranking: str = "full",
    index: Any = None,
) -> Block:
    """The judgement that stands before the contents and on the one page.

    Verdict, strengths, problems and where they are, who leads in the index (with `rows`), the next step; the three axes of
    the card as a table.
    """
    scope = Scope.about(data, period, baseline, level, area, ranking)
    told = tell("summary", scope.facts, **judged(scope, rows, index).facts)
    words = [Block.paragraph(text, "summary") for text in told.texts]
    if rows is None:
        return Block.group(*words)
    return Block.group(*words, tables.axes(rows, period, baseline, level, ranking))


@dataclass(frozen=True)
class Judged:
    """The judgement of a report: its problems, and what the texts of summary and briefing may name."""

    found: tuple[Found, ...]
    facts: Mapping[str, Any]


def judged(scope: Scope, rows: pd.DataFrame | None = None, index: Any = None) -> Judged:
    """The judgement of what a report is about; without `rows` nothing of the areas compared."""
    data, known = scope.told, scope.facts
    doubts = [
        code
        for code in scope.voice.headline
        if rows is not None and doubtful(rows, code, scope.period, scope.level, scope.voice)
    ]
    found = judgement.shortfalls(data, scope.period, scope.baseline, scope.within, scope.level)
    told = {
        "place": scope.place,
        **tallied(known),
        "strengths": judgement.strengths(known, courses(known), doubts),
        "problems": judgement.problem_facts(found, known, scope.ranking == "full"),
        "declines": declines(data, scope.period, scope.baseline, scope.within, MOST),
        "index": {} if rows is None else judgement.index_ends(rows, scope, index_of(data, index)),
        "most": {} if rows is None else judgement.indicator_ends(rows, scope),
        "steps": judgement.next_steps(found),
        "ledgers_lacking": data.submitted(scope.period, scope.within).ledgers_lacking,
    }
    return Judged(tuple(found), told)


def passage(text: str, data: Data, level: str = "district") -> Block:
    """Markdown of a notebook that names the areas compared: ``{place}`` is what those of the level are called.

    Everything else stands as in a Markdown cell.
    """
    return Block.group(*markdown(text.strip().replace("{place}", voice_of(data).place(level))))


def _valued(row: Any) -> dict[str, Any]:
    """An area with its value, as a template names them."""
    return {"area": str(row["area_name"]), "value": spoken(row)}


def section(
    name: str,
    data: Data,
    period: str | int,
    baseline: str | int | None = None,
    area: str | None = None,
    brief: bool = False,
) -> Block:
    """A text for an area (the whole by default); `brief`: its first sentences, for a profile."""
    told = tell(name, Scope.about(data, period, baseline, within=area).facts)
    texts = ([told.short] if told.short else []) if brief else told.texts
    if not texts:
        hidden = "hidden" in data.measures and bool(data.measures["hidden"].any())
        voice = voice_of(data)
        why = voice.say("withheld" if hidden else "unknown")
        return Block.paragraph(voice.say("nothing", name=told.name, why=why), style="pending")
    if len(texts) == 1:
        return Block.paragraph(texts[0])
    return Block.group(*map(Block.paragraph, texts))


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
    if "value_common" in frame:  # what became better or worse did so over the areas of both periods
        frame["value"] = frame["value_common"].fillna(frame["value"])
    found = course(frame, frame["indicator"].map(known.earlier))
    return {code: one for code, one in zip(frame["indicator"], found, strict=True) if one != "none"}


def tally(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> Block:
    """How many headline indicators became better, stayed or became worse, and how many reach their reference."""
    known = Scope.about(data, period, baseline, within=area).facts
    facts_ = tallied(known)
    there = facts_["comparable"] or facts_["judged"]
    return Block.paragraph(tell("tally", known, **facts_).text, "body" if there else "pending")


def tallied(known: Facts) -> dict[str, Any]:
    """The facts of `tally`: the indicators by their course, and how many of those with a reference reach it."""
    moved, states = courses(known), []
    for code, row in known.rows.items():
        if (
            known.codebook.indicators[code].headline
            and row["better"] != "none"
            and pd.notna(row["target"])
        ):
            states.append("near" if row["better"] == "near" else light(row))
    sides = {
        side: [known.voice.short(known.rows[c]) for c, one in moved.items() if one == side]
        for side in ("better", "same", "worse")
    }
    return {
        "comparable": len(moved),
        **sides,
        "judged": len(states),
        "done": states.count("good"),
        "near": states.count("near"),
    }


def declines(
    data: Data, period: Any, baseline: Any = None, area: str | None = None, most: int = 99
) -> str:
    """Those of the indicators that became worse that did so clearly (prose.yml, `clear`), the largest step first; "" for none."""
    known = Scope.about(data, period, baseline, within=area).facts
    found, left = _clearly_worse(known)
    if not found:
        return ""
    return known.voice.say(
        "worsened",
        since=known.since,
        n=len(found),
        named=found[:most],
        limits=_limits(left) if left or most > len(found) else None,
    )


def no_declines(data: Data, period: Any, baseline: Any = None, area: str | None = None) -> str:
    """Said where `declines` has nothing to say; "" where nothing can be compared."""
    known = Scope.about(data, period, baseline, within=area).facts
    if not courses(known):
        return ""
    limits = _limits(_clearly_worse(known)[1])
    return known.voice.say("not_worsened", since=known.since, limits=limits)


def _limits(left: bool) -> dict[str, Any]:
    """From where on a worsening is told as 变差较多, and whether one on a small base is not counted."""
    return {**declared()["clear"], "small_left": left}


def _clearly_worse(known: Facts) -> tuple[list[str], bool]:
    """The indicators that became clearly worse, each with its step, and whether one on a small base was left out."""
    found, left = [], False
    for code, one in courses(known).items():
        row, step = known.rows[code], known.change(code)
        if one != "worse" or step is None:
            continue
        size = judgement.step_size(row, step, known.earlier[code])
        if size < declared()["clear"]["points" if row["unit"] == "%" else "share"]:
            continue
        if small(row):
            left = True
        else:
            found.append((size, f"{known.voice.short(row)}{step_words(row, step, known.voice)}"))
    return [text for _, text in sorted(found, key=lambda f: -f[0])], left


def comparison(
    indicators: pd.DataFrame,
    code: str,
    period: Any,
    baseline: Any = None,
    ranking: str = "full",
    level: str = "district",
) -> Block:
    """One indicator over the areas: best and last (`ranking` full), or those clearly above and below (bands), the gap, changes."""
    return compared(Scope.about(indicators, period, baseline, level, None, ranking), code)


def compared(scope: Scope, code: str) -> Block:
    """`comparison` of the rows of a scope."""
    rows, period, level, ranking = scope.frame, scope.period, scope.level, scope.ranking
    frame = rows.loc[(rows["level"] == level) & (rows["indicator"] == code)]
    current = frame.loc[frame["period"].eq(period) & frame["value"].notna()]
    if not len(current):
        return Block.paragraph("")
    seen = compare(frame, period, against=scope.baseline)
    seen = seen.sort_values("sort_order", kind="stable")
    first, n, voice = current.iloc[0], len(seen), scope.voice
    name, whole = voice.short(first), seen["reference"].iloc[0]
    if n == 1 and withheld(frame, period):
        return Block.paragraph(voice.say("nothing", name=name, why=voice.say("withheld")))
    best, worst = seen["value"].max(), seen["value"].min()
    highest, lowest = spoken(first, best), spoken(first, worst)
    clear = int(seen["verdict"].isin(["better", "worse"]).sum())
    same, judged = highest == lowest, first["better"] in ("higher", "lower")
    alike = doubtful(frame, code, period, level, voice)
    ranked = seen.loc[seen["rank"].notna()].sort_values(["rank", "sort_order"], kind="stable")
    in_order = _ends(ranked) if len(ranked) > 1 and ranking == "full" and judged else {}
    verdicts = _verdicts(seen) if ranking != "none" and not alike and not same else {}
    few = list(seen.loc[~seen["ranked"], "area_name"])
    told = voice.tell(
        "comparison",
        name=name,
        place=scope.place,
        since=scope.since,
        n=n,
        only=_valued(first) if n == 1 else None,
        whole=spoken(first, whole) if pd.notna(whole) else None,
        alike=alike,
        # so few differ that names would be chance
        flat=judged and n > MOST and clear < MOST and not same,
        highest=highest,
        lowest=lowest,
        same=same,
        gap=distance(first, apart(first, best, worst)),
        leading=in_order.get("leading", 0),
        first=in_order.get("first", ()),
        last=in_order.get("last", ()),
        moves=_moves(seen),
        points=first["unit"] == "%",
        better=verdicts.get("better", ()),
        worse=verdicts.get("worse", ()),
        unclear=len(verdicts.get("unclear", ())),
        named=ranking == "bands",
        small_base=few,
    )
    return Block.paragraph(told.text, "detail" if code in declared()["detailed"] else "body")


def _moves(seen: pd.DataFrame) -> dict[str, int]:
    """How many areas rose, stayed and fell; empty where nothing can be compared."""
    changes = seen.loc[seen["change"].notna()]
    if not len(changes):
        return {}
    step, half = changes["change"], half_unit(changes)
    return {
        "compared": len(changes),
        "up": int((step >= half).sum()),
        "level": int((step.abs() < half).sum()),
        "down": int((step <= -half).sum()),
    }


def withheld(rows: pd.DataFrame, period: Any) -> bool:
    """Whether numbers of the period are hidden in the public version: then nobody is the only one who has any."""
    return "hidden" in rows and bool(rows.loc[rows["period"] == str(period), "hidden"].any())


def doubtful(
    rows: pd.DataFrame,
    code: str,
    period: Any,
    level: str = "district",
    voice: Voice | None = None,
) -> str:
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
    one, voice = mine.iloc[0], voice or voice_of(rows)
    ends = spoken(one, low), spoken(one, high)
    phrase = "everywhere_so" if ends[0] == ends[1] else "everywhere_near"
    return voice.say(phrase, place=voice.place(level), low=ends[0], high=ends[1])


def _ends(ranked: pd.DataFrame) -> dict[str, Any]:
    """The first and the last of an order; ties are named together, and an order of equals is no order."""
    rows = ranked.to_dict("records")
    top, low = rows[0]["rank"], rows[-1]["rank"]
    if top == low:
        return {}
    most = min(MOST, len(rows) // 2)
    first = [r for r in rows if r["rank"] <= rows[most - 1]["rank"]]
    last = [r for r in rows if r["rank"] >= rows[-most]["rank"] and r not in first]
    if (
        len(first) > 2 * MOST or len(last) > 2 * MOST
    ):  # so many share a place that names say nothing
        return {"leading": sum(r["rank"] == top for r in rows)}
    return {"first": _in_ties(first), "last": _in_ties(last)}


def _in_ties(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Areas with their values, and whether they share their place with another of them."""
    places = [row["rank"] for row in rows]
    return [{**_valued(row), "tied": places.count(row["rank"]) > 1} for row in rows]


def _verdicts(seen: pd.DataFrame) -> dict[str, list[str]]:
    """The areas clearly above, clearly below and not clearly off all areas together, in administrative order."""
    sides = {"better": ["better"], "worse": ["worse"], "unclear": ["unclear", "same"]}
    return {
        side: list(seen.loc[seen["verdict"].isin(some), "area_name"])
        for side, some in sides.items()
    }


def standing(
    data: Data,
    area: str,
    period: str | int,
    baseline: str | int | None = None,
    level: str = "district",
    ranking: str = "full",
) -> Block:
    """Strengths and weaknesses of one area among those of its level, only where the difference holds."""
    scope = Scope.about(data, period, baseline, level, area, ranking)
    frame = data.indicators.loc[data.indicators["level"] == level]
    path, voice = data.find_area(area), scope.voice
    mine = frame.loc[frame["indicator"].isin(voice.headline)]
    name = path.rpartition("/")[2]
    if not (mine["area"].eq(path) & mine["period"].eq(str(period)) & mine["value"].notna()).any():
        return Block.paragraph(voice.say("silent", name, period_words(period)), "pending")
    seen = compare(mine, period, against=baseline, whole=data.indicators)
    mine = seen.loc[seen["area"] == path].assign(
        name=lambda f: f["indicator"].map(voice.short_names(frame))
    )
    better = mine.loc[mine["verdict"] == "better"].sort_values("rank").head(MOST)
    worse = mine.loc[mine["verdict"] == "worse"].sort_values("rank", ascending=False).head(MOST)
    told = voice.tell(
        "standing",
        name=name,
        place=scope.place,
        since=scope.since,
        better=_listed(better, ranking, voice),
        worse=_listed(worse, ranking, voice),
        down=list(mine.loc[mine["falling"], "name"]),
        alone=seen["area"].nunique() < 2 and not withheld(frame, period),
    )
    return Block.paragraph(told.text)


def _listed(rows: pd.DataFrame, ranking: str, voice: Voice) -> list[dict[str, Any]]:
    """Indicators of an area with their values, and their place where it is printed."""
    return [
        {
            "name": row["name"],
            "value": spoken(row),
            "place": place_of(row, voice) if ranking == "full" and pd.notna(row["rank"]) else "",
        }
        for row in rows.to_dict("records")
    ]
