"""The first page of an area's profile: the judgement, and every main indicator between the worst area and the best."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evalkit import charts
from evalkit.documents import Block
from evalkit.indicators.compare import compare
from evalkit.indicators.load import Data, load
from evalkit.problems import InputError
from evalkit.reports.disclosure import as_public, published
from evalkit.reports.grading import index_of
from evalkit.reports.prose import standing, tallied
from evalkit.reports.scope import Scope
from evalkit.reports.sentences import tell
from evalkit.reports.voice import voice_of
from evalkit.scoring.scores import score
from evalkit.world.period import Period, precedes


def verdict(
    data: Data,
    area: str,
    period: str | int,
    baseline: str | int | None = None,
    level: str = "district",
    ranking: str = "full",
    index: Any = None,
) -> Block:
    """The judgement that opens a profile: course, score and grade, then what is clearly better and worse than the whole."""
    path = data.find_area(area)
    known = Scope.about(data, period, baseline, level, area, ranking).facts
    rows = data.indicators
    now = shown(rows.loc[(rows["level"] == level) & (rows["period"] == str(period))])
    scored = _scored_words(data, now, path, ranking, index)
    told = tell("verdict", known, **tallied(known), score=scored)
    return Block.group(
        *map(Block.paragraph, told.texts),
        standing(data, path, period, baseline, level=level, ranking=ranking),
    )


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that may be seen: of the public version those that are not hidden."""
    return rows.loc[~rows["hidden"]] if "hidden" in rows else rows


def _scored_words(data: Data, now: pd.DataFrame, path: str, ranking: str, index: Any) -> str:
    """The sentence on the score of an area; "" without an index, or where it has none."""
    chosen = index_of(data, index)
    if chosen is None or ranking == "none" or now["area"].nunique() < 2:
        return ""
    try:
        scores = score(now, chosen, data.codebook)
        if pd.isna(scores.table.set_index("area")["score"].get(path)):
            return ""
        return str(scores.lost(path, place=ranking == "full").content["items"][0]).rstrip("。")
    except InputError:
        return ""


def spine(
    data: Data,
    area: str,
    period: str | int,
    baseline: str | int | None = None,
    level: str = "district",
    publish: bool = False,
) -> Block:
    """Every main indicator of an area between the worst and the best, with average, peers and up to five years."""
    years = load(data.project, dataset=data.dataset)
    if publish:
        years = as_public(years, published(data, level))
    kind = Period.parse(period).kind
    fit = [
        str(one)
        for one in years.periods
        if Period.parse(one).kind == kind and not precedes(str(period), one)
    ]
    voice, frame = voice_of(data), years.indicators
    frame = shown(frame.loc[(frame["level"] == level) & frame["period"].isin(fit)])
    codes = [code for code in voice.headline if code in set(frame["indicator"])]
    frame = frame.loc[frame["indicator"].isin(codes)]
    if not (frame["period"] == str(period)).any():
        return Block.paragraph("没有图：没有可用的数据。", "pending")
    seen = compare(frame, period, against=baseline, whole=years.indicators)
    verdicts = seen[["area", "indicator", "period", "verdict"]]
    frame = frame.assign(name=frame["indicator"].map(voice.short_names(frame)))
    frame = frame.merge(verdicts, on=["area", "indicator", "period"], how="left")
    try:
        return charts.spine(frame, data.find_area(area), codes=codes)
    except InputError as error:
        why = "；".join(dict.fromkeys(problem.title for problem in error.problems))
        return Block.paragraph(f"没有图：{why}。", "pending")
