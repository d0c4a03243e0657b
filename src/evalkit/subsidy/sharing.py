"""总额包干: a fixed sum shared out by scores, to the fen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.subsidy.exact import fen, whole_fen
from evalkit.subsidy.money import in_words

LOWER, UPPER = "下限", "上限"


@dataclass(frozen=True)
class Share:
    """What an area may get: its score, at least, at most (fen)."""

    area: str
    score: Fraction
    least: int
    most: int

    def at(self, rate: Fraction) -> Fraction:
        """What it gets at so many fen a point."""
        return min(Fraction(self.most), max(Fraction(self.least), rate * self.score))

    @property
    def bends(self) -> list[Fraction]:
        """The rates at which it leaves its least and reaches its most."""
        if not self.score:
            return []
        return [Fraction(end) / self.score for end in (self.least, self.most)]


def share_out(scores: Any, total: float, floor: Any = 0, cap: Any = None) -> pd.DataFrame:
    r"""总额包干: :math:`a_i = \min(cap_i, \max(floor_i, \lambda s_i))` with :math:`\sum a_i` the total, to the fen.

    Parameters
    ----------
    scores
        Scores by area (a Series, a mapping), none negative or missing.
    total, floor, cap
        Yuan; floor and cap for all, or by area. A budget outside the two sums is refused with both of them.
    """
    series = scores if isinstance(scores, pd.Series) else pd.Series(scores)
    series, budget = series.astype("float64"), fen(total)
    bad = [str(area) for area, score in series.items() if not 0 <= score < math.inf]
    faults = []
    if bad or not len(series):
        allowed = "不缺、不小于0的得分"
        found = "、".join(bad)
        faults.append(Problem("value_invalid", where="scores", found=found, allowed=allowed))
    shares = [
        Share(
            str(area),
            Fraction(0) if str(area) in bad else Fraction(score),
            fen(_of(floor, area)),
            budget if cap is None else fen(_of(cap, area)),
        )
        for area, score in series.items()
    ]
    faults += _out_of_order(shares) or ([] if faults else _unreachable(shares, budget))
    if faults:
        raise InputError(faults)
    rate = _rate(shares, budget)
    whole = whole_fen([share.at(rate) for share in shares], budget)
    bound = [
        LOWER if got == share.least else UPPER if got == share.most else ""
        for got, share in zip(whole, shares, strict=True)
    ]
    return pd.DataFrame(
        {"area": series.index, "score": series.to_numpy(), "amount_fen": whole, "bound": bound}
    )


def _of(limit: Any, area: Any) -> Any:
    """A limit for all, or that of an area."""
    return limit[area] if hasattr(limit, "__getitem__") else limit


def _out_of_order(shares: Sequence[Share]) -> list[Problem]:
    return [
        Problem(
            "value_invalid",
            where=share.area,
            found=f"下限{in_words(share.least)}，上限{in_words(share.most)}",
            allowed="0 ≤ 下限 ≤ 上限",
        )
        for share in shares
        if not 0 <= share.least <= share.most
    ]


def _unreachable(shares: Sequence[Share], budget: int) -> list[Problem]:
    least = sum(share.least for share in shares)
    most = sum(share.most if share.score > 0 else share.least for share in shares)
    if least <= budget <= most:
        return []
    return [
        Problem(
            "target_unreachable",
            where="share_out",
            found=f"总额{in_words(budget)}",
            allowed=f"下限合计{in_words(least)} 到 上限合计{in_words(most)}",
            advice="请调整总额、下限或上限（0分的只得下限）",
        )
    ]


def _rate(shares: Sequence[Share], budget: int) -> Fraction:
    """The fen a point at which the shares add up: the sum is linear between two bends."""
    bends = sorted({Fraction(0), *(bend for share in shares for bend in share.bends)})

    def given(rate: Fraction) -> Fraction:
        return sum((share.at(rate) for share in shares), Fraction(0))

    at = next((n for n, rate in enumerate(bends) if given(rate) >= budget), len(bends) - 1)
    start, end = bends[max(0, at - 1)], bends[at]
    below, above = given(start), given(end)
    return end if above == below else start + (end - start) * (budget - below) / (above - below)
