"""Problems of the year, counted for the report; `evalkit.reports.lists` names them for internal use."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from evalkit.documents import Block, Format
from evalkit.indicators.course import in_words_of
from evalkit.indicators.load import Data
from evalkit.reports.appendix import MONEY, WAN, step_cell
from evalkit.reports.sentences import MOST, declared, facts, moved
from evalkit.reports.voice import Voice, packaged, voice_of
from evalkit.reports.words import (
    cell,
    large,
    money_size,
    now_words,
    period_words,
    right,
    source_line,
    which_of,
    with_something,
)
from evalkit.world.extent import named
from evalkit.world.number import minus, percent


@dataclasses.dataclass(frozen=True)
class Share:
    """An area with so many of a problem: how many, and of how many (None where the base is unknown or too small)."""

    area: str
    n: float
    of: float | None = None

    @property
    def rate(self) -> float:
        return self.n / self.of if self.of else math.nan


@dataclasses.dataclass(frozen=True)
class Found:
    """One kind of problem: how many, at the baseline, in how many areas, and every area's share of it."""

    key: str
    name: str
    unit: str
    n: float
    before: float | None
    areas: int
    place: str = "地区"  # what the areas are called
    since: str = "上年"  # what the baseline is called, with 同口径 where only some areas are in it
    shares: tuple[Share, ...] = ()  # of all areas that reported; empty where some are hidden
    voice: Voice = dataclasses.field(default_factory=packaged, compare=False, repr=False)
    common: float | None = (
        None  # the number over the areas of which `before` is the sum; `n` where None
    )
    lacking: str = ""  # who is missing from the number, beyond the whole report: （缺甲县）
    left_out: tuple[str, ...] = ()  # who is left out of the change
    baseline: str = "上年"  # what the baseline itself is called
    period: str = ""

    @property
    def amount(self) -> str:
        return large(self.n, self.unit)

    @property
    def step(self) -> float | None:
        """How the number moved over the areas that reported in both periods."""
        return None if self.before is None else float(minus(self._comparable, self.before))

    @property
    def _comparable(self) -> float:
        return self.n if self.common is None else self.common

    @property
    def moved(self) -> str | None:
        """The same in words."""
        return moved(self._comparable, self.before, self.unit, since=self.since, voice=self.voice)

    @property
    def most(self) -> tuple[Share, ...]:
        """The areas with the largest numbers."""
        return _ahead(self.shares, lambda share: share.n, lambda share: large(share.n, self.unit))

    @property
    def worst(self) -> tuple[Share, ...]:
        """The areas with the highest rates."""
        return _ahead(
            self.shares, lambda share: share.rate, lambda share: percent(share.n, over=share.of)
        )


def _ahead(
    shares: Sequence[Share], value: Callable[[Share], float], printed: Callable[[Share], str]
) -> tuple[Share, ...]:
    """The first by a value, of many areas the first MOST; ties together, nobody where that names too many."""
    known = sorted((s for s in shares if value(s) >= 0), key=value, reverse=True)
    texts = [printed(s) for s in known]
    if len(set(texts)) < 2:  # one area alone, or no difference
        return ()
    first = max(1, min(MOST, len(known) // 4))
    chosen = [
        s for s, text in zip(known, texts, strict=True) if text in texts[:first] and value(s) > 0
    ]
    if len(chosen) > MOST:  # a tie is no reason to name some of those who share a place
        chosen = [s for s in chosen if printed(s) != texts[first - 1]]
    return tuple(chosen)


def found_problems(
    data: Data,
    period: str | int,
    baseline: str | int | None = None,
    area: str | None = None,
    level: str = "district",
    kinds: Mapping[str, Any] | None = None,
) -> list[Found]:
    """The problems of prose.yml that can be counted, those of the whole area with the number of areas that have them.

    `kinds`: others than its ``problems``, written in the same way.
    """
    known, out, voice = facts(data, period, baseline, area), [], voice_of(data)
    here = data.measures.loc[
        (data.measures["period"] == str(period)) & (data.measures["level"] == level)
    ]
    if area:
        path = data.find_area(area)
        here = here.loc[
            (here["area"] == path) | here["area"].astype(str).str.startswith(path + "/")
        ]
    for key, about in (declared()["problems"] if kinds is None else kinds).items():
        codes = [about["measure"], *([about["less"]] if "less" in about else [])]
        if any(code not in known.now for code in codes):
            continue
        wanted = list(dict.fromkeys([*codes, about["of"]]))
        mine = here.loc[here["measure"].isin(wanted)]
        wide = mine.pivot(index="area", columns="measure", values="value").reindex(columns=wanted)
        each = wide[codes[0]] - (wide[codes[1]] if len(codes) > 1 else 0)
        if (
            known.figures is not None
        ):  # a typed whole less a ledger that lacks a township is nothing
            sides = [((code,), str(period)) for code in codes]
            unfit = known.figures.do_not_fit(sides, frozenset(wide.index.astype(str)))
            each = each.where(~each.index.isin(unfit))
        unit = data.codebook.measures[codes[0]].unit
        least = data.codebook.minimum_base if unit != MONEY else 0
        base = wide[about["of"]].where(wide[about["of"]] >= least)
        hidden = "hidden" in mine and bool(mine["hidden"].any())
        shares = (
            ()
            if hidden
            else tuple(
                Share(
                    str(a).rpartition("/")[2],
                    max(float(n), 0.0),
                    None if pd.isna(of) else float(of),
                )
                for a, n, of in zip(wide.index, each, base, strict=True)
                if pd.notna(n)
            )
        )
        facts_of = known.together(*codes)
        if any(fact is None for fact in facts_of):
            continue
        n = _less([fact.value for fact in facts_of if fact])
        old = [fact.before for fact in facts_of if fact]
        before = None if None in old else _less([float(v or 0) for v in old])
        common = [fact.common for fact in facts_of if fact]
        shared = None if None in common else _less([float(v or 0) for v in common])
        out.append(
            Found(
                key=key,
                name=in_words_of(about["name"], period),
                unit=unit,
                n=n,
                before=before,
                areas=int((each > 0).sum()),
                place=voice.place(level),
                since=known.since,
                period=str(period),
                shares=shares,
                voice=voice,
                common=shared,
                lacking=known.lacking(*facts_of),
                left_out=tuple(
                    sorted({path for fact in facts_of if fact for path in fact.left_out})
                ),
                baseline=known.baseline_name,
            )
        )
    return out


def _less(values: Sequence[float]) -> float:
    return max(values[0] - sum(values[1:]), 0.0)


def problem_words(found: Sequence[Found]) -> Block:
    """存在的主要问题, the counts only; what is not there is not a problem, what has gone is said."""
    voice = found[0].voice if found else packaged()
    if not found:
        return Block.paragraph(voice.say("uncounted"), "pending")
    told = voice.tell(
        "problems",
        problems=[
            {
                "name": one.name,
                "amount": one.amount + one.lacking,
                "areas": one.areas,
                "place": one.place,
                "moved": one.moved,
            }
            for one in found
            if one.n > 0
        ],
        solved=[one.name for one in found if one.n == 0 and one.before],
    )
    return Block.paragraph(told.text)


def problem_table(found: Sequence[Found], data: Data, period: str | int) -> Block:
    """存在问题统计表."""
    if not found:
        return Block.group()
    rows: list[list[Any]] = []
    for one in found:
        scale, digits, unit = (WAN, 2, "万元") if one.unit == MONEY else (1.0, 0, one.unit)
        now, old = (
            cell(v, Format(digits, grouped=True))
            for v in (one.n / scale, None if one.before is None else one.before / scale)
        )
        step = step_cell(None if one.step is None else one.step / scale, digits)
        rows.append([one.name, unit, now, old, step, one.areas])
    columns: list[Any] = ["问题", {"key": "unit", "label": "单位", "align": "center"}]
    columns += right(
        n=now_words(period, found[0].voice),
        before=found[0].since,
        change="增减",
        areas=f"涉及{found[0].place}",
    )
    columns, rows = with_something(columns, rows, ("before", "change"))
    notes = ["有单位名称的清单另附（内部资料，注意保存）。同一单位可以同时属于几类问题。"]
    notes += _extent_notes(found, period)
    source = source_line(period, data.is_demo)
    title = f"{period_words(period)}存在问题统计表"
    return Block.table(
        title, columns, rows, notes=notes, sortable=False, source=source, demo=data.is_demo
    )


def _extent_notes(found: Sequence[Found], period: str | int) -> list[str]:
    """Whom the numbers of a problem lack, and whom its change leaves out; problems that lack the same in one note."""
    if not found:
        return []
    voice, every = found[0].voice, len(found)
    now = now_words(period, voice)
    lacking = which_of([(one.lacking, one.name) for one in found if one.lacking], every)
    changes = [
        (named(one.left_out), one.name) for one in found if one.left_out and one.before is not None
    ]
    return [
        *(voice.say("problems_lack", which, who, now) for who, which in lacking),
        *(
            voice.say("problems_moved", which, found[0].place, lost, found[0].baseline)
            for lost, which in which_of(changes, every)
        ),
    ]


def advice(found: Sequence[Found], doubts: Sequence[str] = (), names: bool = True) -> Block:
    """What follows from the problems found, with the areas that have most of them and those with the highest rate.

    `doubts`: indicators to be checked first.
    """
    voice = found[0].voice if found else packaged()
    if not found and not doubts:
        return Block.paragraph(voice.say("unadvised"), "pending")
    about, lines = declared()["problems"], []
    for one in found:
        ahead = _ahead_words(one, about[one.key]["rate"]) if names else ""
        counted = [one.n, *(share.n for share in one.most if ahead)]
        size = money_size(counted) if one.unit == MONEY else None
        if one.n > 0 and about[one.key]["advice"]:
            advice = voice.say(f"advice_{one.key}", large(one.n, one.unit, size))
            text = in_words_of(advice, one.period)
            lines.append(f"{text}。{ahead}" if ahead else f"{text}。")
    lines += [voice.say("check", list(doubts))] if doubts else []
    return Block.bullets(lines, ordered=True) if lines else Block.paragraph(voice.say("keep_it_up"))


def _ahead_words(one: Found, rate: str) -> str:
    """Who has most of a problem, and whose rate is the highest, each said as such; "" where nobody is named."""
    size = money_size([one.n, *(share.n for share in one.most)]) if one.unit == MONEY else None
    everything = len(one.most) == 1 and one.most[0].n == one.n
    most = [{"area": s.area, "value": large(s.n, one.unit, size)} for s in one.most]
    worst = [{"area": s.area, "value": percent(s.n, over=s.of)} for s in one.worst]
    told = one.voice.tell(
        "ahead",
        money=one.unit == MONEY,
        only=one.most[0].area if everything else "",
        most=most,
        rate=rate,
        worst=worst,
    )
    return told.text
