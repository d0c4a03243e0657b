"""总额封顶: a fixed sum shared out among the party organisations, none below a least amount, to the fen.

By members, stars or units covered the whole sum is shared; by need (what the scheme gives each) nobody gets more than
that, so that a sum above all needs is not used up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem, unknown
from evalkit.subsidy import coverage
from evalkit.subsidy.distribution import organisations
from evalkit.subsidy.exact import Ints
from evalkit.subsidy.money import in_words
from evalkit.subsidy.reduction import floats
from evalkit.subsidy.simulation import ResultData
from evalkit.subsidy.words import WORDS
from evalkit.world.number import count, fixed, yuan

BY = ("members", "need", "stars", "units_covered")


@dataclass(frozen=True, eq=False)
class Filled:
    """What everybody gets at the rate at which the sum is used up: clip(rate x weight, least, most), in whole fen."""

    amounts: Ints
    rate: Fraction
    at_least: int
    at_most: int


def fill(weights: Ints, least: int, most: Ints, total: int) -> Filled:
    """Share `total` fen by weights: clip(rate x weight, least, most), floors first, then by largest remainder.

    Equal weights and limits are one kind, so that a million organisations cost no more than their kinds.
    """
    keys = np.column_stack([weights, most])
    kinds, kind_of, numbers = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    kind_of = kind_of.ravel()
    rows = [(int(w), int(m), int(n)) for (w, m), n in zip(kinds, numbers, strict=True)]
    rate = _rate(rows, least, total)
    exact = [_at(rate, weight, least, top) for weight, top, _ in rows]
    floors = [math.floor(one) for one in exact]
    out = np.array(floors, np.int64)[kind_of]
    short = total - sum(low * n for low, (_, _, n) in zip(floors, rows, strict=True))
    order = sorted(range(len(rows)), key=lambda n: floors[n] - exact[n])
    places = (
        np.concatenate(
            [np.flatnonzero(kind_of == kind) for kind in order[: _needed(order, rows, short)]]
        )
        if short > 0
        else np.empty(0, np.int64)
    )
    out[places[:short]] += 1
    low = np.array([one == least for one in exact])[kind_of]
    high = np.array([one == top for one, (_, top, _) in zip(exact, rows, strict=True)])[kind_of]
    return Filled(out, rate, int((low & ~high).sum()), int(high.sum()))


def _needed(order: list[int], rows: list[tuple[int, int, int]], short: int) -> int:
    """How many kinds, in order, hold as many as are short."""
    found = 0
    for place, kind in enumerate(order, 1):
        found += rows[kind][2]
        if found >= short:
            return place
    return len(order)


def _at(rate: Fraction, weight: int, least: int, most: int) -> Fraction:
    return min(Fraction(most), max(Fraction(least), rate * weight))


def _rate(rows: list[tuple[int, int, int]], least: int, total: int) -> Fraction:
    """The fen a unit of weight at which the sum is used up: linear between two rates at which somebody bends."""
    bends = sorted(
        {Fraction(0)} | {Fraction(end, w) for w, most, _ in rows if w for end in (least, most)}
    )

    def given(rate: Fraction) -> Fraction:
        return sum((_at(rate, w, least, most) * n for w, most, n in rows), Fraction(0))

    low, high = 0, len(bends) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if given(bends[middle]) >= total else (middle + 1, high)
    start, end = bends[max(0, low - 1)], bends[low]
    below, above = given(start), given(end)
    return end if above == below else start + (end - start) * (total - below) / (above - below)


@dataclass(frozen=True, eq=False)
class Envelope:
    """The answer: `organisations` and `areas` with what each gets (fen), and the sentence."""

    organisations: pd.DataFrame
    areas: pd.DataFrame
    total: int
    given: int
    by: str
    floor: int
    filled: Filled
    year: int
    whole: str
    left_out: tuple[str, ...]
    need: int

    @cached_property
    def sentence(self) -> str:
        """The answer in words."""
        facts = {
            "whole": self.whole,
            "year": self.year,
            "total": in_words(self.total),
            "by": WORDS["envelope"]["by"][self.by],
            "number": count(len(self.organisations)),
            "need": in_words(self.need),
        }
        told = [WORDS.say("envelope.shared", **facts)]
        if self.floor:
            least = yuan(self.floor)
            told.append(
                WORDS.say("envelope.least", least=least, number=count(self.filled.at_least))
            )
        if self.by == "need":
            under = self.given < self.total
            share = fixed(self.given, 1, over=self.need, scale=100)
            told.append(
                WORDS.say("envelope.enough" if under else "envelope.cut", share=share, **facts)
            )
        else:
            rate = fixed(self.filled.rate, 2, over=100, grouped=True)
            told.append(WORDS.say(f"envelope.rate.{self.by}", rate=rate))
            more = self.given - self.need
            word = WORDS["envelope"]["more" if more > 0 else "less" if more < 0 else "same"]
            told.append(
                WORDS.say("envelope.beside", word=word.format(in_words(abs(more))), **facts)
            )
        most = self.areas.sort_values("amount_fen", ascending=False, kind="stable")[:3]
        if len(self.areas) > 1:
            named = zip(most["area_name"], most["amount_fen"], strict=True)
            told.append(
                WORDS.say(
                    "envelope.most",
                    areas="、".join(f"{name}（{in_words(fen)}）" for name, fen in named),
                )
            )
        if self.left_out:
            told.append(WORDS.say("envelope.left_out", areas="、".join(self.left_out)))
        return "；".join(told) + "。"


def envelope(
    result: ResultData, total: int, by: str = "members", floor: int = 0, year: int | None = None
) -> Envelope:
    """Share `total` fen among the organisations that the (changed) scheme pays something to or could pay.

    Parameters
    ----------
    by
        members, need (what the scheme gives), stars or units_covered.
    floor
        Fen that no organisation is below.

    Raises
    ------
    InputError
        Another `by`; a sum that does not reach for the floors.
    """
    if by not in BY:
        named = {word: code for code, word in WORDS["envelope"]["by"].items()}
        by = named.get(by, by)
    if by not in BY:
        raise InputError(unknown("--by", by, list(WORDS["envelope"]["by"].values())))
    year = year or result.plan.years[0]
    rows = organisations(result, year)
    source = result.plan.source
    if by == "need":
        rows = rows[rows["known"]]
    if by not in ("members", "need"):
        rows = rows.merge(
            result.plan.reduction.rows(year)[["home", "party_org", by]].rename(
                columns={"home": "area", by: "_weight"}
            ),
            on=["area", "party_org"],
            how="left",
        )
    else:
        rows = rows.assign(_weight=rows["members"] * 2 if by == "members" else rows["amount_fen"])
    rows = rows.reset_index(drop=True)
    weights = np.nan_to_num(floats(rows["_weight"])).round().astype(np.int64)
    need = rows["amount_fen"].to_numpy(np.int64)
    most = np.maximum(need, floor) if by == "need" else np.full(len(rows), total, np.int64)
    given = min(total, int(most.sum())) if by == "need" else total
    _reachable(len(rows) * floor, given, weights, floor)
    filled = fill(weights, floor, most, given)
    each = rows.drop(columns="_weight").assign(
        need_fen=need, amount_fen=filled.amounts, change_fen=filled.amounts - need
    )
    names = dict(zip(source.homes, source.names, strict=True))
    areas = each.groupby("area", sort=False).agg(
        organisations=("party_org", "size"),
        members=("members", "sum"),
        need_fen=("need_fen", "sum"),
        amount_fen=("amount_fen", "sum"),
        change_fen=("change_fen", "sum"),
    )
    order = [home for home in source.homes if home in areas.index]
    areas = areas.loc[order].reset_index()
    areas.insert(1, "area_name", areas["area"].map(names))
    scale = 2 if by == "members" else 1
    shown = Filled(filled.amounts, filled.rate * scale, filled.at_least, filled.at_most)
    absent = tuple(
        f"{names[home]}（{reason}）" for home, reason in _absent(result, year, set(order)).items()
    )
    return Envelope(
        each, areas, total, given, by, floor, shown, year, source.whole, absent, int(need.sum())
    )


def _absent(result: ResultData, year: int, there: set[str]) -> Mapping[str, str]:
    """Districts that get no share because their organisations are not known."""
    gaps = coverage.left_out(result, year)
    told = gaps.drop_duplicates("area").set_index("area")["reason"].to_dict()
    return {home: str(reason) for home, reason in told.items() if home not in there}


def _reachable(least: int, total: int, weights: Ints, floor: int) -> None:
    if total >= least and (weights.any() or total == least):
        return
    found, allowed = in_words(total), f"不少于下限合计{in_words(least)}"
    advice = "请提高总额，或降低每个党组织的下限" if floor else "没有可以分的党组织"
    raise InputError(
        Problem("target_unreachable", where="--cap", found=found, allowed=allowed, advice=advice)
    )
