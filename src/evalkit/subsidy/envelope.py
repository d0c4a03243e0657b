"""总额封顶: a fixed sum shared out among the party organisations, none below a least amount, to the fen.

By members, stars or units covered the whole sum is shared; by need (what the scheme gives each) nobody gets more than
that, so that a sum above all needs is not used up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem, unknown
from evalkit.subsidy import coverage
from evalkit.subsidy.distribution import of_each
from evalkit.subsidy.exact import Ints
from evalkit.subsidy.money import in_words
from evalkit.subsidy.reduction import floats
from evalkit.subsidy.simulation import ResultData
from evalkit.subsidy.typed import normal
from evalkit.subsidy.words import WORDS
from evalkit.world.number import count, fixed, yuan

BY = ("members", "organisations", "need", "stars", "units_covered")
WHOLE = 100  # percent
_PART = re.compile(r"(.+?)(\d+)%")


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
    """The answer: `organisations` and `areas` with what each gets (fen), and the sentence.

    Attributes
    ----------
    weights, exact_rate
        By organisation what is shared by, and the fen that one of it gets.
    """

    organisations: pd.DataFrame
    areas: pd.DataFrame
    total: int
    given: int
    by: str
    floor: int
    most: int | None
    filled: Filled
    year: int
    whole: str
    left_out: tuple[str, ...]
    need: int
    weights: Ints
    exact_rate: Fraction

    @cached_property
    def sentence(self) -> str:
        """The answer in words."""
        facts = {
            "whole": self.whole,
            "year": self.year,
            "total": in_words(self.total),
            "by": WORDS["envelope"]["by"].get(self.by, self.by),
            "number": count(len(self.organisations)),
            "need": in_words(self.need),
        }
        told = [WORDS.say("envelope.shared", **facts)]
        if self.floor:
            least = yuan(self.floor)
            told.append(
                WORDS.say("envelope.least", least=least, number=count(self.filled.at_least))
            )
        if self.most is not None:
            reached = int((self.organisations["amount_fen"] == self.most).sum())
            told.append(
                WORDS.say("envelope.most_each", most=yuan(self.most), number=count(reached))
            )
            if self.given < self.total and self.by != "need":
                told.append(WORDS.say("envelope.not_used", rest=in_words(self.total - self.given)))
        if self.by == "need":
            under = self.given < self.total
            share = fixed(self.given, 1, over=self.need, scale=100)
            told.append(
                WORDS.say("envelope.enough" if under else "envelope.cut", share=share, **facts)
            )
        else:
            if self.by in WORDS["envelope"]["rate"]:
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


@dataclass(frozen=True)
class Factor:
    """A part of the sum, in hundredths, and what it is shared by."""

    by: str
    part: int


def factors(text: str) -> tuple[Factor, ...]:
    """What a sum is shared by: 党员数, or several with their parts: 党员数70%+党组织数30%.

    Raises
    ------
    InputError
        What cannot be shared by; parts that are not a whole; need beside others.
    """
    named = {word: code for code, word in WORDS["envelope"]["by"].items()}
    parts = [one for one in re.split(r"[+、，,]", normal(text)) if one]
    if len(parts) < 2 and not text.endswith("%"):
        code = named.get(normal(text), normal(text))
        if code not in BY:
            raise InputError(unknown("--by", text, list(named)))
        return (Factor(code, WHOLE),)
    found = []
    for one in parts:
        match = _PART.fullmatch(one)
        code = named.get(match[1], match[1]) if match else one
        if match is None or code not in BY or code == "need":
            raise _no_mix(text)
        found.append(Factor(code, int(match[2])))
    if sum(one.part for one in found) != WHOLE or len({one.by for one in found}) < len(found):
        raise _no_mix(text)
    return tuple(found)


def _no_mix(text: str) -> InputError:
    allowed = WORDS["envelope"]["mix"]
    return InputError(Problem("value_invalid", where="--by", found=text, allowed=allowed))


def _weights(result: ResultData, rows: pd.DataFrame, by: str, year: int) -> Ints:
    """By organisation what is shared by, as whole numbers."""
    if by == "organisations":
        return np.ones(len(rows), np.int64)
    if by == "need":
        return rows["amount_fen"].to_numpy(np.int64)
    if by == "members":
        return np.nan_to_num(floats(rows["members"]) * 2).round().astype(np.int64)
    there = result.plan.reduction.rows(year)[["home", "party_org", by]]
    joined = rows[["area", "party_org"]].merge(
        there.rename(columns={"home": "area"}), on=["area", "party_org"], how="left"
    )
    return np.nan_to_num(floats(joined[by])).round().astype(np.int64)


def _mixed(weights: list[Ints], parts: list[int]) -> Ints:
    """One weight of several: each brings its part of the sum, shared by its own weights.

    The weight is :math:`\\sum_f p_f x_f / X_f` over a common denominator, so it stays whole.
    """
    sums = [int(one.sum()) for one in weights]
    if not all(sums):
        return np.zeros(len(weights[0]), np.int64)
    common = math.lcm(*sums)
    found = [sum(p * (common // s) * int(w[n]) for w, p, s in zip(weights, parts, sums, strict=True))
             for n in range(len(weights[0]))]  # fmt: skip
    shared_by_all = math.gcd(*found) or 1
    return np.array([one // shared_by_all for one in found], np.int64)


def envelope(
    result: ResultData,
    total: int,
    by: str = "members",
    floor: int = 0,
    year: int | None = None,
    most: int | None = None,
) -> Envelope:
    """Share `total` fen among the organisations that the (changed) scheme pays something to or could pay.

    Parameters
    ----------
    by
        members, organisations (each alike), need (what the scheme gives), stars, units_covered; or several with their
        parts: 党员数70%+党组织数30%.
    floor, most
        Fen that no organisation is below, and none above.

    Raises
    ------
    InputError
        Another `by`; a sum that does not reach for the floors; a ceiling below the floor.
    """
    asked = factors(by)
    by_need = asked[0].by == "need"
    if most is not None and most < floor:
        allowed = WORDS.say("envelope.less_than_least", least=in_words(floor))
        found = in_words(most)
        raise InputError(Problem("value_invalid", where="--most", found=found, allowed=allowed))
    year = year or result.plan.years[0]
    rows = of_each(result, year, None)
    source = result.plan.source
    rows = (rows[rows["known"]] if by_need else rows).reset_index(drop=True)
    every = [_weights(result, rows, one.by, year) for one in asked]
    weights = every[0] if len(every) == 1 else _mixed(every, [one.part for one in asked])
    need = rows["amount_fen"].to_numpy(np.int64)
    top = np.maximum(need, floor) if by_need else np.full(len(rows), total, np.int64)
    top = top if most is None else np.minimum(top, most)
    could = int(top[weights > 0].sum()) + floor * int((weights == 0).sum())
    given = min(total, could) if by_need or most is not None else total
    _reachable(len(rows) * floor, given, weights, floor)
    filled = fill(weights, floor, top, given)
    each = rows.drop(columns="_row").assign(
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
    scale = 2 if asked[0].by == "members" else 1
    shown = Filled(filled.amounts, filled.rate * scale, filled.at_least, filled.at_most)
    absent = tuple(
        f"{names[home]}（{reason}）" for home, reason in _absent(result, year, set(order)).items()
    )
    named = asked[0].by if len(asked) == 1 else normal(by)
    return Envelope(
        each,
        areas,
        total,
        given,
        named,
        floor,
        most,
        shown,
        year,
        source.whole,
        absent,
        int(need.sum()),
        weights,
        filled.rate,
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
