"""Sentences made from data, as an official would write them; nothing is said of what is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.indicators.compare import compare
from evalkit.indicators.load import Data
from evalkit.reports.words import change_words, large, period_words, said, shown


def statement(row: Any, previous: float | None, codebook: Any, parts: bool = True) -> str:
    """One indicator in one sentence without a full stop: base, 其中, share or amount, change."""
    indicator = codebook.indicators[row["indicator"]]
    top, bottom = codebook.measures[indicator.numerator], codebook.measures[indicator.denominator]
    tail = change_words(row, None if previous is None or pd.isna(previous) else row["value"] - previous)
    tail = f"，{tail}" if tail else ""
    sentence = f"{row['name']}{said(row)}{tail}"
    if not parts or row["kind"] not in ("proportion", "amount"):
        return sentence
    bottom_words = f"{bottom.name}{large(row['denominator'], bottom.unit)}"
    top_words = f"{top.name.removeprefix('其中')}{large(row['numerator'], top.unit)}"
    joint = "其中" if row["kind"] == "proportion" else ""
    if indicator.denominator_period == "previous":
        bottom_words = f"上年末{bottom_words}"
    return f"{bottom_words}，{joint}{top_words}，{sentence}" if joint else f"{top_words}，{sentence}"


def family(data: Data, dimension: str, period: str | int, baseline: str | int | None = None, area: str | None = None) -> Block:
    """A paragraph on one family of headline indicators, for an area or the whole."""
    frame = data.indicators
    path = data.find_area(area) if area else _top(frame)
    now = frame.loc[(frame["period"] == str(period)) & (frame["area"] == path) & frame["value"].notna()].set_index("indicator")
    before = frame.loc[(frame["period"] == str(baseline)) & (frame["area"] == path)].set_index("indicator")["value"]
    codes = [c for c, i in data.codebook.indicators.items() if i.headline and i.dimension == dimension and c in now.index]
    if not codes:
        name = data.codebook.dimensions[dimension].name
        return Block.paragraph(f"{name}：本期台账没有可用的数字。", style="pending")
    name = str(now["area_name"].iloc[0])
    parts = []
    told: set[str] = set()
    for code in codes:
        bottom = data.codebook.indicators[code].denominator
        row = now.loc[code].to_dict() | {"indicator": code}
        parts.append(statement(row, before.get(code), data.codebook, parts=bottom not in told))
        told.add(bottom)
    return Block.paragraph(f"{period_words(period)}，{name}{'；'.join(parts)}。")


def coverage(data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None) -> Block:
    """两个覆盖."""
    return family(data, "coverage", period, baseline, area)


def funding(data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None) -> Block:
    """经费保障."""
    return family(data, "funding", period, baseline, area)


def instructors(data: Data, period: str | int, baseline: str | int | None = None, area: str | None = None) -> Block:
    """指导员队伍."""
    return family(data, "instructors", period, baseline, area)


def standing(data: Data, area: str, period: str | int, baseline: str | int | None = None, level: str = "district") -> Block:
    """Strengths and weaknesses of one area among those of its level, only where the difference holds."""
    frame = data.indicators.loc[data.indicators["level"] == level]
    path = data.find_area(area)
    codes = [c for c, i in data.codebook.indicators.items() if i.headline]
    seen = compare(frame.loc[frame["indicator"].isin(codes)], period, against=baseline)
    mine = seen.loc[seen["area"] == path]
    better = mine.loc[mine["verdict"] == "better"].sort_values("rank").head(3)
    worse = mine.loc[mine["verdict"] == "worse"].sort_values("rank", ascending=False).head(3)
    name = str(mine["area_name"].iloc[0]) if len(mine) else area
    words = []
    if len(better):
        words.append(f"{name}优于各地区合计水平的主要指标有{_listed(better)}")
    if len(worse):
        words.append(f"{'' if words else name}低于合计水平、需要关注的有{_listed(worse)}")
    down = mine.loc[mine["falling"]]
    if len(down):
        words.append(f"比上年变差的有{'、'.join(down['name'])}")
    if not words:
        words.append(f"{name}各项主要指标与各地区合计水平差异不明显")
    return Block.paragraph("；".join(words) + "。")


def _listed(rows: pd.DataFrame) -> str:
    def place(r: Any) -> str:
        return f"，位次{int(r['rank'])}/{int(r['n_ranked'])}" if pd.notna(r["rank"]) else ""

    return "、".join(f"{r['name']}（{shown(r)}{place(r)}）" for r in rows.to_dict("records"))


def _top(frame: pd.DataFrame) -> str:
    """The area that holds the others: the shortest path."""
    return str(min(frame["area"].dropna().unique(), key=lambda a: (a.count("/"), a)))
