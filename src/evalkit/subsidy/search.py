"""Searches over the standards: what a budget buys, sweeps, the efficient ones, shares of a fixed sum."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.subsidy import coverage
from evalkit.subsidy.dated import Dated
from evalkit.subsidy.distribution import inequality
from evalkit.subsidy.distribution import reach as reached
from evalkit.subsidy.exact import fen, whole_fen
from evalkit.subsidy.money import one_unit
from evalkit.subsidy.simulation import PlanData, ResultData, result_of
from evalkit.subsidy.words import WORDS
from evalkit.subsidy.year import Values
from evalkit.world.number import percent, plain


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


@dataclass(frozen=True)
class _Question:
    """What `solve` looks for: the highest step within a budget, or the lowest that reaches a share.

    Attributes
    ----------
    low, step, count
        The steps of the parameter's range.
    limit
        Fen, or the share of organisations.
    at
        Cost or share at a step.
    """

    label: str
    unit: str
    low: Decimal
    step: Decimal
    count: int
    budget: bool
    limit: float
    at: Callable[[int], float]

    def value(self, k: int) -> float:
        return float(self.low + k * self.step)

    def best(self) -> int:
        """The last step within the budget, or the first that reaches the share."""
        first, last = 0, self.count
        while first < last:
            middle = (first + last + self.budget) // 2
            if self.budget:
                first, last = (
                    (middle, last) if self.at(middle) <= self.limit else (first, middle - 1)
                )
            else:
                first, last = (
                    (first, middle) if self.at(middle) >= self.limit else (middle + 1, last)
                )
        return first


def solve(
    plan: PlanData,
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
    low = one.range[0]
    base = plan.total(plan.values, year)

    @cache  # the answer and the step beside it were mostly asked for on the way
    def cost_at(k: int) -> float:
        return plan.total(plan.with_value(parameter, low + k * one.step, start), year) - base

    @cache
    def share_at(k: int) -> float:
        value = low + k * one.step
        made = result_of(plan, {parameter: {str(start): value} if start else value})
        return float(reached(made, float(standard or 0), year, component).loc["reform", "share"])

    asked = _Question(
        label=plan.scheme.label(parameter),
        unit=one.unit,
        low=low,
        step=one.step,
        count=int((one.range[1] - low) / one.step),
        budget=extra is not None,
        limit=fen(extra) if extra is not None else float(reach or 0),
        at=cost_at if extra is not None else share_at,
    )
    ends = asked.at(0), asked.at(asked.count)
    if ends[0] > ends[1]:
        advice = "这项标准提高时支出反而减少，不能这样求解"
        raise InputError(Problem("value_invalid", where=parameter, advice=advice))
    k = asked.best()
    beside = k + 1 if asked.budget else k - 1
    inside = 0 <= beside <= asked.count
    solution = Solution(
        parameter,
        asked.value(k),
        asked.at(k),
        asked.value(beside) if inside else None,
        asked.at(beside) if inside else None,
        ends,
        (ends[0] <= asked.limit) if asked.budget else (ends[1] >= asked.limit),
        "",
    )
    message = _told(asked, solution, one.range[1]) + _left_out(plan, parameter, low, year)
    return replace(solution, message=f"{message}。")


def _told(asked: _Question, found: Solution, highest: Decimal) -> str:
    """The answer in one sentence."""
    inside = found.next_result is not None
    beside = (found.next_result,) if inside else found.ends
    said = _printer(asked.budget, [asked.limit, found.result, *beside])
    facts = {
        "label": asked.label,
        "value": f"{plain(found.value)}{asked.unit}",
        "result": said(found.result),
        "limit": said(asked.limit),
        "span": WORDS.say(
            "solve.span",
            low=plain(asked.low),
            high=plain(highest),
            unit=asked.unit,
            first=said(found.ends[0]),
            last=said(found.ends[1]),
        ),
    }
    kind = "budget" if asked.budget else "reach"
    if not found.reached:
        return WORDS.say(f"solve.{kind}.unreachable", **facts)
    opening = WORDS.say(f"solve.{kind}.found", **facts)
    if not inside:
        return opening + WORDS.say(f"solve.{kind}.end", **facts)
    other = f"{plain(found.next_value)}{asked.unit}"
    return opening + WORDS.say(f"solve.{kind}.beside", other=other, beside=said(found.next_result))


def _left_out(plan: PlanData, parameter: str, low: Decimal, year: int) -> str:
    """The districts of which nothing is known."""
    made = result_of(plan, {parameter: low})
    gaps = coverage.left_out(made, year, [parameter.partition(".")[0]])
    if not len(gaps):
        return ""
    areas, why = ("、".join(gaps[column].unique()) for column in ("area_name", "reason"))
    return WORDS.say("solve.left_out", areas=areas, why=why)


def _printer(money: bool, values: Sequence[Any]) -> Callable[[Any], str]:
    """Amounts of one sentence in one unit, with a sign; or shares."""
    if not money:
        return lambda share: percent(share)
    said = one_unit(int(value) for value in values)
    return lambda fen: ("−" if fen < 0 else "") + said(int(fen))


def sweep(
    plan: PlanData, grid: Mapping[str, Iterable[Any]], *, start: Any = None, year: int | None = None
) -> pd.DataFrame:
    """Full factorial of standards: cost and change in fen by payer, every row exact; the order is the grid's."""
    year, paths = year or plan.years[0], list(grid)
    steps = [
        [_Step(value, plan.with_value(path, value, start)[path]) for value in grid[path]]
        for path in paths
    ]
    base = plan.total(plan.values, year)
    touched = {path.partition(".")[0] for path in paths}
    touched |= {name for name, part in plan.scheme.components.items() if touched & set(part.of)}
    still = {
        name: _sums(plan, name, year, plan.values)
        for name in plan.scheme.components
        if name not in touched
    }
    rows: list[dict[str, Any]] = []
    for point in itertools.product(*steps):
        values = plan.values | {p: step.dated for p, step in zip(paths, point, strict=True)}
        payers: dict[str, int] = {}
        for name in plan.scheme.components:
            sums = still.get(name) or _sums(plan, name, year, values)
            for payer, amount in sums.items():
                payers[payer] = payers.get(payer, 0) + amount
        total = sum(payers.values())
        rows.append(
            {path: step.value for path, step in zip(paths, point, strict=True)}
            | {"amount_fen": total, "change_fen": total - base, **payers}
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Step:
    """A value of a standard as it was asked for, and with its dates."""

    value: Any
    dated: Dated


def _sums(plan: PlanData, name: str, year: int, values: Values) -> dict[str, int]:
    """The money of a component by payer."""
    amounts = plan.engine.amounts(plan.scheme, name, year, values)
    return {payer: int(fen.sum()) for payer, fen in amounts.items()}


def pareto(
    plan: PlanData,
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
    shares, unequal = [], []
    for row in found[list(grid)].itertuples(index=False):
        point = zip(grid, row, strict=True)
        made = result_of(plan, {p: {str(start): v} if start else v for p, v in point})
        shares.append(reached(made, standard, year, component).loc["reform", "share"])
        unequal.append(inequality(made, year).loc["reform", "gini"])
    found["reach"], found["gini"] = shares, unequal
    points = np.column_stack([found["amount_fen"], -found["reach"], found["gini"]]).astype(float)
    worse = np.all(points[:, None] >= points, axis=-1) & np.any(points[:, None] > points, axis=-1)
    return found.assign(efficient=~np.any(worse, axis=1))


def split(plan: PlanData, reform: Any, year: int | None = None) -> pd.DataFrame:
    r"""A reform's cost by provision, whatever the order: Shapley values over the changes (at most 10).

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n-|S|-1)!}{n!}\,\big(c(S \cup i) - c(S)\big)
    """
    checked = plan.changed(reform.reform if isinstance(reform, ResultData) else reform)[0]
    changes, year = checked.changes, year or plan.years[0]
    n = len(changes)
    if n > 10:
        raise InputError(
            Problem("value_invalid", where="split", found=f"{n}项调整", allowed="最多10项")
        )
    cost = {}
    for chosen in range(2**n):
        some = tuple(change for i, change in enumerate(changes) if chosen >> i & 1)
        scheme = plan.scheme.under(replace(checked, changes=some))
        values = {path: one.values for path, one in scheme.parameters.items()}
        cost[chosen] = plan.total(values, year, scheme)
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
            "parameter": [path for path, _ in changes],
            "label": [plan.scheme.label(path) for path, _ in changes],
            "change_fen": whole,
        }
    )


def unused_parameters(plan: PlanData) -> list[str]:
    """Parameters that change nothing from one end of their range to the other, in these years and data."""
    costs = {
        path: [
            [plan.total(plan.with_value(path, end), year) for year in plan.years]
            for end in one.range
        ]
        for path, one in plan.scheme.parameters.items()
    }
    return [path for path, (least, most) in costs.items() if least == most]
