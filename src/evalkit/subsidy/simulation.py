"""A plan and a result as values, and the step from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd

from evalkit.subsidy.checks import SchemeFaults, limits
from evalkit.subsidy.dated import Dated, dated
from evalkit.subsidy.engine import Engine, shared
from evalkit.subsidy.exact import Ints
from evalkit.subsidy.memory import remembered
from evalkit.subsidy.reduction import Reduction
from evalkit.subsidy.scheme import Reform, Scheme
from evalkit.subsidy.source import Source
from evalkit.subsidy.words import WORDS
from evalkit.subsidy.year import Values

FEN = ["baseline_fen", "amount_fen", "change_fen"]


@dataclass(frozen=True)
class Item:
    """Whose money it is: component and payer."""

    component: str
    payer: str


Money = dict[Item, Ints]  # fen by district


@dataclass(frozen=True)
class Variant:
    """A scheme and the dated values of its parameters."""

    scheme: Scheme
    values: dict[str, Dated]


@dataclass(frozen=True, eq=False)
class PlanData:
    """A scheme over the organisations of some years."""

    scheme: Scheme
    years: tuple[int, ...]
    engine: Engine
    answers: dict[str, dict[Any, Any]] = field(default_factory=dict, init=False, repr=False)

    @property
    def reduction(self) -> Reduction:
        return self.engine.reduction

    @property
    def source(self) -> Source:
        return self.reduction.source

    @cached_property
    def values(self) -> dict[str, Dated]:
        """The dated values of the baseline by path."""
        return {path: one.values for path, one in self.scheme.parameters.items()}

    def changed(self, reform: Any) -> tuple[Reform, Variant]:
        """The checked reform with the scheme and values it makes; parameters alone keep the scheme."""
        checked = self.scheme.reform(reform)
        return checked, self.wide_enough(checked)._variant(checked)

    @remembered
    def wide_enough(self, reform: Reform) -> Self:
        """The same plan with the components and scopes that a reform names (`Scheme.wide_enough`); mostly itself."""
        scheme = self.scheme.wide_enough(reform)
        return self if scheme is self.scheme else replace(self, scheme=scheme)

    @remembered
    def _variant(self, reform: Reform) -> Variant:
        new = self.scheme.under(reform.check(self.scheme))
        values = {path: one.values for path, one in new.parameters.items()}
        return Variant(new if reform.changes_settings else self.scheme, values)

    def with_value(self, path: str, value: Any, start: Any = None) -> dict[str, Dated]:
        """The baseline's values with one parameter set, always or from a day on; within its range."""
        one = self.scheme.parameters.get(path)
        if one is None:
            self.scheme.reform({path: value})  # raises with the near matches
        assert one is not None
        new = dated({start: value} if start else value)
        faults = SchemeFaults()
        limits(one, new, (path,), faults)
        faults.stop()
        kept = [entry for entry in one.values if entry[0] < new[0][0]] if start else []
        return self.values | {path: (*kept, *new)}

    def money(
        self, scheme: Scheme, values: Values, year: int, beside: Scheme | None = None
    ) -> Money:
        """Fen by component and payer for every district.

        `beside` is a scheme that it will be compared with: what either of the two cannot reckon in a district is in
        neither, so that a difference is made over the same districts.
        """
        found: Money = {}
        for name in scheme.components:
            amounts = self.engine.amounts(scheme, name, year, values)
            if beside is not None and beside is not scheme:
                known = self.reduction.missing(beside, name, year) == ""
                amounts = {payer: np.where(known, fen, 0) for payer, fen in amounts.items()}
            found |= {Item(name, payer): fen for payer, fen in amounts.items()}
        return found

    def total(
        self, values: Values, year: int, scheme: Scheme | None = None, beside: Scheme | None = None
    ) -> int:
        """Fen of all components, payers and districts."""
        money = self.money(scheme or self.scheme, values, year, beside)
        return sum(int(fen.sum()) for fen in money.values())


@dataclass(frozen=True, eq=False)
class ResultData:
    """A reform beside the baseline, in integer fen by year, component, payer and district."""

    plan: PlanData
    reform: Reform
    scheme: Scheme
    values: dict[str, Dated]
    old: dict[int, Money]
    new: dict[int, Money]
    title: str = ""
    answers: dict[str, dict[Any, Any]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for year, money in self.new.items():
            added = sum(int(fen.sum()) for fen in money.values())
            if added != self.plan.total(self.values, year, self.scheme, self.plan.scheme):
                raise AssertionError("the payers do not add up to the total")

    @property
    def source_line(self) -> str:
        source = self.plan.source
        what = WORDS["sources"]["demo" if source.is_demo else "ledgers"]
        return f"{what}，{source.years[-1]}年台账；标准：{self.plan.scheme.name}"

    @property
    def sides(self) -> tuple[Variant, Variant]:
        """Scheme and values of the baseline and of the reform."""
        return Variant(self.plan.scheme, self.plan.values), Variant(self.scheme, self.values)

    @cached_property
    def table(self) -> pd.DataFrame:
        """area, area_name, year, component, payer, baseline_fen, amount_fen, change_fen: one row each."""
        source, frames = self.plan.source, []
        zero = np.zeros(len(source.homes), np.int64)
        for year in self.plan.years:
            for item in dict.fromkeys([*self.old[year], *self.new[year]]):
                old, new = self.old[year].get(item, zero), self.new[year].get(item, zero)
                frames.append(
                    pd.DataFrame(
                        {
                            "area": source.homes,
                            "area_name": source.names,
                            "year": year,
                            "component": item.component,
                            "payer": item.payer,
                            "baseline_fen": old,
                            "amount_fen": new,
                            "change_fen": new - old,
                        }
                    )
                )
        return pd.concat(frames, ignore_index=True)


R = TypeVar("R", bound=ResultData)


def simulate(plan: PlanData, reform: Any, kind: type[R], title: str = "") -> R:
    """The result of a reform beside the baseline, as a `kind` of result."""
    checked, new = plan.changed(reform)
    plan = plan.wide_enough(checked)
    return kind(
        plan,
        checked,
        new.scheme,
        new.values,
        {year: plan.money(plan.scheme, plan.values, year, new.scheme) for year in plan.years},
        {year: _changed_money(plan, new, year) for year in plan.years},
        title or checked.title or checked.question,
    )


def _changed_money(plan: PlanData, new: Variant, year: int) -> Money:
    """The money after the reform; where the scheme says who pays what is added, the old payers pay what they paid."""
    found = plan.money(new.scheme, new.values, year, plan.scheme)
    if not any(part.added for part in new.scheme.components.values()):
        return found
    old = plan.money(plan.scheme, plan.values, year, new.scheme)
    zero = np.zeros(len(plan.source.homes), np.int64)
    for name, part in new.scheme.components.items():
        if not part.added:
            continue
        before, after = (
            {item.payer: fen for item, fen in money.items() if item.component == name}
            for money in (old, found)
        )
        more = sum(after.values(), zero) - sum(before.values(), zero)
        rises = more > 0
        added = shared(name, part.added, np.where(rises, more, 0))
        for payer in dict.fromkeys([*after, *before, *added]):
            kept = before.get(payer, zero) + added.get(payer, zero)
            found[Item(name, payer)] = np.where(rises, kept, after.get(payer, zero))
    return found


def result_of(plan: PlanData, reform: Any = None) -> ResultData:
    """The result of a reform as a mere value."""
    return simulate(plan, reform, ResultData)
