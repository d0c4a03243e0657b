"""Searches over the standards: what a budget buys, sweeps, the efficient ones, shares of a fixed sum."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.subsidy import coverage
from evalkit.subsidy.money import one_unit
from evalkit.subsidy.result import Result, wan
from evalkit.world.number import percent, plain

if TYPE_CHECKING:
    from evalkit.subsidy.plan import Plan


def fen(yuan: Any) -> int:
    return math.floor(Fraction(str(yuan)) * 100 + Fraction(1, 2))


def whole_fen(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers that add up to the total: floors first, then by largest remainder."""
    out = [math.floor(x) for x in exact]
    for i in sorted(range(len(out)), key=lambda i: out[i] - exact[i])[: total - sum(out)]:
        out[i] += 1
    return out


@dataclass(frozen=True)
class Solution:
    """The answer of `solve`; `next_value` is the step that would go beyond."""

    parameter: str
    value: float | None
    result: float
    next_value: float | None
    next_result: float | None
    ends: tuple[float, float]
    reached: bool
    message: str

    def __str__(self) -> str:
        return self.message


def solve(
    plan: Plan,
    parameter: str,
    *,
    extra: float | None = None,
    reach: float | None = None,
    standard: float | None = None,
    start: Any = None,
    year: int | None = None,
    component: str | None = None,
) -> Solution:
    """The highest step of a parameter within `extra` yuan, or the lowest at which `reach` of organisations get `standard`.

    `reach` counts the money of `component`, or of all.
    Cost and reach never fall as a standard rises, so the steps of its range are bisected: exact on a step function.
    """
    if (extra is None) == (reach is None) or (
        reach is not None and (standard is None or not 0 < reach <= 1)
    ):
        allowed = "extra=金额（元），或 reach=0到1的比例并写明 standard=人均标准（元）"
        raise InputError(Problem("value_invalid", where="solve", allowed=allowed))
    year = year or plan.years[0]
    if parameter not in plan.scheme.parameters:
        plan.scheme.reform({parameter: 0})
    one = plan.scheme.parameters[parameter]
    low, count = one.range[0], int((one.range[1] - one.range[0]) / one.step)
    base = plan.total(plan.values, year)

    def at(k: int) -> float:
        if extra is not None:
            return plan.total(plan.with_value(parameter, low + k * one.step, start), year) - base
        change = {parameter: {str(start): low + k * one.step} if start else low + k * one.step}
        return float(
            plan.run(change).reach(float(standard or 0), year, component).loc["reform", "share"]
        )

    ends = (at(0), at(count))
    if ends[0] > ends[1]:
        raise InputError(
            Problem(
                "value_invalid", where=parameter, advice="这项标准提高时支出反而减少，不能这样求解"
            )
        )
    limit: float = fen(extra) if extra is not None else float(reach or 0)
    first, last = 0, count  # the last k within the budget, or the first k that reaches the share
    while first < last:
        middle = (first + last + (extra is not None)) // 2
        if extra is not None:
            first, last = (middle, last) if at(middle) <= limit else (first, middle - 1)
        else:
            first, last = (first, middle) if at(middle) >= limit else (middle + 1, last)
    k, found = first, at(first)
    label, unit = plan.scheme.label(parameter), one.unit
    value, beside = float(low + k * one.step), k + 1 if extra is not None else k - 1
    inside = 0 <= beside <= count
    other = (float(low + beside * one.step), at(beside)) if inside else (None, None)
    reached = (ends[0] <= limit) if extra is not None else (ends[1] >= limit)
    said = _printer(extra is not None, [limit, found, *(ends if not inside else (other[1],))])
    span = f"允许范围{low}到{one.range[1]}{unit}，两端分别为{said(ends[0])}和{said(ends[1])}"
    if not reached:
        text = f"{label}：在允许范围内达不到（{said(limit)}）；{span}；最近的是{plain(value)}{unit}，{said(found)}"
    elif extra is not None:
        text = (
            f"{label}最高可定为{plain(value)}{unit}，增加支出{said(found)}，不超过{said(limit)}；"
        )
        text += (
            f"再高一档{plain(other[0])}{unit}要{said(other[1])}" if inside else f"已到上限；{span}"
        )
    else:
        text = f"{label}至少定为{plain(value)}{unit}，达标党组织占{said(found)}；"
        text += (
            f"低一档{plain(other[0])}{unit}只有{said(other[1])}" if inside else f"已是下限；{span}"
        )
    gaps = coverage.left_out(plan.run({parameter: low}), year, [parameter.partition(".")[0]])
    if len(gaps):
        text += (
            f"；不含{'、'.join(gaps['area_name'].unique())}（{'、'.join(gaps['reason'].unique())}）"
        )
    text += "。"
    return Solution(parameter, value, found, other[0], other[1], ends, reached, text)


def _printer(money: bool, values: Sequence[Any]) -> Callable[[Any], str]:
    """Amounts of one sentence in one unit, with a sign; or shares."""
    if not money:
        return lambda share: percent(share)
    said = one_unit(int(value) for value in values)
    return lambda fen: ("−" if fen < 0 else "") + said(int(fen))


def sweep(
    plan: Plan, grid: Mapping[str, Iterable[Any]], *, start: Any = None, year: int | None = None
) -> pd.DataFrame:
    """Full factorial of standards: cost and change in fen by payer, every row exact; the order is the grid's."""
    year, paths = year or plan.years[0], list(grid)
    sides = [[(v, plan.with_value(p, v, start)[p]) for v in grid[p]] for p in paths]
    base = plan.total(plan.values, year)
    touched = {p.partition(".")[0] for p in paths}
    touched |= {n for n, c in plan.scheme.components.items() if touched & set(c.of)}
    still = {
        n: {
            p: int(a.sum())
            for p, a in plan.engine.amounts(plan.scheme, n, year, plan.values).items()
        }
        for n in plan.scheme.components
        if n not in touched
    }
    rows: list[dict[str, Any]] = []
    for point in itertools.product(*sides):
        values = plan.values | {p: dated for p, (_, dated) in zip(paths, point, strict=True)}
        payers: dict[str, int] = {}
        for name in plan.scheme.components:
            sums = still.get(name) or {
                p: int(a.sum())
                for p, a in plan.engine.amounts(plan.scheme, name, year, values).items()
            }
            for payer, amount in sums.items():
                payers[payer] = payers.get(payer, 0) + amount
        total = sum(payers.values())
        rows.append(
            {p: v for p, (v, _) in zip(paths, point, strict=True)}
            | {"amount_fen": total, "change_fen": total - base, **payers}
        )
    return pd.DataFrame(rows)


def pareto(
    plan: Plan,
    grid: Mapping[str, Iterable[Any]],
    standard: float,
    *,
    start: Any = None,
    year: int | None = None,
    component: str | None = None,
) -> pd.DataFrame:
    """A sweep with Gini and adequacy (share of organisations at `standard` by `component`'s money or all).

    ``efficient``: no other one costs no more, reaches no fewer and is no less equal, and is better in one of these.
    """
    found = sweep(plan, grid, start=start, year=year)
    more = []
    for row in found[list(grid)].itertuples(index=False):
        one = plan.run({p: {str(start): v} if start else v for p, v in zip(grid, row, strict=True)})
        more.append(
            (
                one.reach(standard, year, component).loc["reform", "share"],
                one.inequality(year).loc["reform", "gini"],
            )
        )
    found[["reach", "gini"]] = more
    points = np.column_stack([found["amount_fen"], -found["reach"], found["gini"]]).astype(float)
    worse = np.all(points[:, None] >= points, axis=-1) & np.any(points[:, None] > points, axis=-1)
    return found.assign(efficient=~np.any(worse, axis=1))


def split(plan: Plan, reform: Any, year: int | None = None) -> pd.DataFrame:
    r"""A reform's cost by provision, whatever the order: Shapley values over the changes (at most 10).

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n-|S|-1)!}{n!}\,\big(c(S \cup i) - c(S)\big)
    """
    checked = plan.changed(reform.reform if isinstance(reform, Result) else reform)[0]
    changes, year = checked.changes, year or plan.years[0]
    n = len(changes)
    if n > 10:
        raise InputError(
            Problem("value_invalid", where="split", found=f"{n}项调整", allowed="最多10项")
        )
    cost = {}
    for chosen in range(2**n):
        scheme = plan.scheme.under(
            type(checked)(tuple(c for i, c in enumerate(changes) if chosen >> i & 1))
        )
        cost[chosen] = plan.total({p: o.values for p, o in scheme.parameters.items()}, year, scheme)
    parts = [
        sum(
            (
                Fraction(cost[s | 1 << i] - cost[s], n * math.comb(n - 1, s.bit_count()))
                for s in range(2**n)
                if not s >> i & 1
            ),
            Fraction(0),
        )
        for i in range(n)
    ]
    whole = whole_fen(parts, cost[2**n - 1] - cost[0])
    return pd.DataFrame(
        {
            "parameter": [c[0] for c in changes],
            "label": [plan.scheme.label(c[0]) for c in changes],
            "change_fen": whole,
        }
    )


def unused_parameters(plan: Plan) -> list[str]:
    """Parameters that change nothing from one end of their range to the other, in these years and data."""
    costs = {
        path: [
            [plan.total(plan.with_value(path, end), year) for year in plan.years]
            for end in one.range
        ]
        for path, one in plan.scheme.parameters.items()
    }
    return [path for path, (least, most) in costs.items() if least == most]


def share_out(scores: Any, total: float, floor: Any = 0, cap: Any = None) -> pd.DataFrame:
    r"""总额包干: :math:`a_i = \min(cap_i, \max(floor_i, \lambda s_i))` with :math:`\sum a_i` the total, to the fen.

    Parameters
    ----------
    scores
        Scores by area (a Series, a mapping), none negative or missing.
    total, floor, cap
        Yuan; floor and cap for all, or by area. A budget outside the two sums is refused with both of them.
    """
    series = (
        pd.Series(scores, dtype="float64")
        if not isinstance(scores, pd.Series)
        else scores.astype("float64")
    )
    n, budget = len(series), fen(total)
    low = [fen(floor[a] if hasattr(floor, "__getitem__") else floor) for a in series.index]
    high = [
        budget if cap is None else fen(cap[a] if hasattr(cap, "__getitem__") else cap)
        for a in series.index
    ]
    bad = [str(a) for a, s in series.items() if not s >= 0 or s == math.inf]
    faults = (
        [
            Problem(
                "value_invalid", where="scores", found="、".join(bad), allowed="不缺、不小于0的得分"
            )
        ]
        if bad or not n
        else []
    )
    faults += [
        Problem(
            "value_invalid",
            where=str(a),
            found=f"下限{wan(lo)}，上限{wan(hi)}",
            allowed="0 ≤ 下限 ≤ 上限",
        )
        for a, lo, hi in zip(series.index, low, high, strict=True)
        if not 0 <= lo <= hi
    ]
    most = sum(hi if s > 0 else lo for s, lo, hi in zip(series, low, high, strict=True))
    if not faults and not sum(low) <= budget <= most:
        faults = [
            Problem(
                "target_unreachable",
                where="share_out",
                found=f"总额{wan(budget)}",
                allowed=f"下限合计{wan(sum(low))} 到 上限合计{wan(most)}",
                advice="请调整总额、下限或上限（0分的只得下限）",
            )
        ]
    if faults:
        raise InputError(faults)
    points = [Fraction(s) for s in series]

    def given(rate: Fraction) -> list[Fraction]:
        return [
            min(Fraction(hi), max(Fraction(lo), rate * p))
            for p, lo, hi in zip(points, low, high, strict=True)
        ]

    bends = sorted(
        {
            Fraction(b) / p
            for p, lo, hi in zip(points, low, high, strict=True)
            if p
            for b in (lo, hi)
        }
        | {Fraction(0)}
    )
    at = next((i for i, rate in enumerate(bends) if sum(given(rate)) >= budget), len(bends) - 1)
    a, b = bends[max(0, at - 1)], bends[at]
    below, above = sum(given(a)), sum(given(b))
    rate = (
        b if above == below else a + (b - a) * Fraction(budget - below) / (above - below)
    )  # linear between two bends
    whole = whole_fen(given(rate), budget)
    kind = [
        "下限" if w == lo else "上限" if w == hi else ""
        for w, lo, hi in zip(whole, low, high, strict=True)
    ]
    return pd.DataFrame(
        {"area": series.index, "score": series.to_numpy(), "amount_fen": whole, "bound": kind}
    )
