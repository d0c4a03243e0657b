"""`plan(data, scheme, periods)` reduces once; `Plan.run` and the searches answer from the reduction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.scoring.declared import Faults, unknown
from evalkit.subsidy import coverage, search
from evalkit.subsidy.checks import ALWAYS, Dated, limits, value_on, words
from evalkit.subsidy.engine import Engine, Ints, Projection, Values
from evalkit.subsidy.result import FEN, Result
from evalkit.subsidy.scheme import Reform, Scheme, dated, load_scheme
from evalkit.subsidy.source import Source, from_data, from_frame, table_file
from evalkit.subsidy.uncertainty import uncertainty
from evalkit.world.number import minus, percent
from evalkit.world.showing import shown


@dataclass(frozen=True)
class Plan:
    """A scheme over the organisations of some years; made by `plan`."""

    scheme: Scheme
    years: tuple[int, ...]
    engine: Engine
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def source(self) -> Source:
        return self.engine.source

    @cached_property
    def values(self) -> dict[str, Dated]:
        """The dated values of the baseline by path."""
        return {path: one.values for path, one in self.scheme.parameters.items()}

    @property
    def notes(self) -> list[str]:
        """What was assumed on the way, and what of the baseline cannot be reckoned and where."""
        now = self.run()
        gaps = {year: coverage.left_out_words(now.left_out(year)) for year in self.years}
        return [*coverage.once(gaps), *self.assumptions]

    @property
    def assumptions(self) -> list[str]:
        """What was assumed on the way; stands under every table."""
        last = self.source.years[-1]
        base, rule = (
            words("values")[setting] for setting in (self.scheme.members, self.scheme.dates)
        )
        told = [f"党员数口径：{base}；年中调整{rule}折算；每笔拨付四舍五入"]
        if late := [y for y in self.years if y > last]:
            p = self.engine.projection
            members = percent(minus(p.factor("member", 1), 1))
            grown = f"党组织每年增长{percent(p.organisations)}、党员每年增长{members}"
            grown = "不考虑增减" if p == Projection(take_up=p.take_up) else grown
            told.append(
                f"{'、'.join(map(str, late))}年按{last}年台账的党组织、党员、已有支出和新建数推算，{grown}，不扣除物价因素"
            )
        if self.engine.projection.take_up != 1:
            told.append(f"落实率{percent(self.engine.projection.take_up, 0)}")
        given = [self.engine.not_given(self.scheme, name) for name in self.scheme.components]
        return [*told, *filter(None, given), *self.engine.notes, *self.source.notes]

    def changed(self, reform: Any) -> tuple[Reform, Scheme, dict[str, Dated]]:
        """The checked reform with the scheme and values it makes; parameters alone keep the reduction."""
        checked = self.scheme.reform(reform)
        if checked not in self._known:
            new = self.scheme.under(checked.check(self.scheme))
            settings = any(not isinstance(v, tuple) for _, v in checked.changes)
            values = {path: one.values for path, one in new.parameters.items()}
            self._known[checked] = (new if settings else self.scheme, values)
        return checked, *self._known[checked]

    def with_value(self, path: str, value: Any, start: Any = None) -> dict[str, Dated]:
        """The baseline's values with one parameter set, always or from a day on; within its range."""
        one = self.scheme.parameters.get(path)
        if one is None:
            self.scheme.reform({path: value})  # raises with the near matches
        assert one is not None
        new = dated({start: value} if start else value)
        faults = Faults()
        limits(one, new, (path,), faults)
        faults.stop()
        kept = [v for v in one.values if v[0] < new[0][0]] if start else []
        return self.values | {path: (*kept, *new)}

    def money(
        self, scheme: Scheme, values: Values, year: int, beside: Scheme | None = None
    ) -> dict[tuple[str, str], Ints]:
        """Fen by (component, payer) for every district.

        `beside` is a scheme that it will be compared with: what either of the two cannot reckon in a district is in
        neither, so that a difference is made over the same districts.
        """
        found: dict[tuple[str, str], Ints] = {}
        for name in scheme.components:
            amounts = self.engine.amounts(scheme, name, year, values)
            if beside is not None and beside is not scheme:
                known = self.engine.missing(beside, name, year) == ""
                amounts = {payer: np.where(known, fen, 0) for payer, fen in amounts.items()}
            found |= {(name, payer): fen for payer, fen in amounts.items()}
        return found

    def total(
        self, values: Values, year: int, scheme: Scheme | None = None, beside: Scheme | None = None
    ) -> int:
        money = self.money(scheme or self.scheme, values, year, beside)
        return sum(int(fen.sum()) for fen in money.values())

    def run(self, reform: Any = None, title: str = "") -> Result:
        """The result of a reform (a `Reform`, or ``{"activity.per_member": {"2026-07-01": 200}}``) beside the baseline."""
        checked, scheme, values = self.changed(reform)
        old = {y: self.money(self.scheme, self.values, y, scheme) for y in self.years}
        new = {y: self.money(scheme, values, y, self.scheme) for y in self.years}
        return Result(self, checked, scheme, values, old, new, title or checked.title)

    def whole_year(self, values: Values, year: int) -> dict[str, Dated]:
        """The values in force at the end of a year, as if they had held through it."""
        ends = {path: value_on(v, date(year, 12, 31)) for path, v in values.items()}
        return {
            path: ((ALWAYS, v if v is not None else values[path][0][1] * 0),)
            for path, v in ends.items()
        }

    def within(self, area: str) -> Plan:
        """The same plan for one district."""
        if area not in self._known:
            source = self.source
            homes = [h for h, n in zip(source.homes, source.names, strict=True) if area in (h, n)]
            if not homes:
                raise InputError(unknown("within", area, source.names, "area_unknown"))
            tables = {n: t[t["home"].isin(homes)] for n, t in source.tables.items() if "home" in t}
            part = replace(
                source,
                orgs=source.orgs[source.orgs["home"] == homes[0]].reset_index(drop=True),
                homes=tuple(homes),
                names=(source.names[source.homes.index(homes[0])],),
                tables=source.tables | tables,
            )
            self._known[area] = Plan(
                self.scheme,
                self.years,
                Engine(replace(part, whole=part.names[0]), self.engine.projection),
            )
        return self._known[area]  # type: ignore[no-any-return]

    def compare(self, reforms: Mapping[str, Any], year: int | None = None) -> pd.DataFrame:
        """Scenarios side by side: cost, change, relative change, share of organisations gaining, Gini."""
        rows = []
        for name, reform in {"现行标准": None, **reforms}.items():
            one = self.run(reform)
            cost, gain = one.cost([], year or self.years[0]).iloc[0], one.groups([], year).iloc[0]
            rows.append(
                {
                    "scenario": name,
                    "amount_fen": int(cost["amount_fen"]),
                    "change_fen": int(cost["change_fen"]),
                    "relative": cost["change_fen"] / max(1, cost["baseline_fen"]),
                    "gain_share": gain["gain"]
                    / max(1, sum(gain[k] for k in ("gain", "same", "lose"))),
                    "gini": one.inequality(year).loc["reform", "gini"],
                }
            )
        return pd.DataFrame(rows)

    def bases(self, reform: Any = None) -> pd.DataFrame:
        """Both readings of every component with a floor: 全额 and 补差, side by side, over the same districts.

        A district whose spending is not known has no top-up and is left out of both.
        """
        parts, rows = [n for n, p in self.scheme.components.items() if p.basis], []
        for basis in ("entitlement", "top_up"):
            every = self.scheme.reform({f"{n}.basis": basis for n in parts})
            sides = (
                (self.scheme.under(every), self.values),
                self.changed(self.changed(reform)[0].override(every))[1:],
            )
            top_up = self.scheme.under(self.scheme.reform({f"{n}.basis": "top_up" for n in parts}))
            for year, n in product(self.years, parts):
                known = self.engine.missing(top_up, n, year) == ""
                old, new = (
                    sum(int(a[known].sum()) for a in self.engine.amounts(s, n, year, v).values())
                    for s, v in sides
                )
                rows.append([n, basis, year, old, new, new - old])
        return pd.DataFrame(rows, columns=["component", "basis", "year", *FEN])

    solve, sweep, pareto, split = search.solve, search.sweep, search.pareto, search.split
    unused_parameters, share_out = search.unused_parameters, staticmethod(search.share_out)
    uncertainty = uncertainty

    def form(
        self,
        item: str | None = None,
        new: float | None = None,
        since: str | date | None = None,
        scope: str | None = None,
    ) -> Any:
        """项目, 由, 调到, 自何日起, 范围 as fields of a notebook; the answer changes with every field."""
        return shown(self, "form", item, new, since, scope)

    def sliders(self, folder: str | Path = "方案") -> Any:
        """A slider for every parameter, presets, 保存方案 and 写测算说明; ``.result()`` is the last `Result`."""
        return shown(self, "sliders", folder)


def plan(
    data: Any,
    scheme: Any = "fuyang-2015",
    periods: Sequence[str | int] | str | int | None = None,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    within: str | None = None,
    projection: Projection | None = None,
) -> Plan:
    """Reduce the party organisations for a scheme.

    Parameters
    ----------
    data
        `Data` with the years of the ledgers, or a frame of party organisations (area, party_org, members ...).
    scheme
        A packaged name, a YAML file, a mapping or a `Scheme`.
    periods
        Years to reckon; later ones than the ledgers' are projected. By default the last year of the ledgers.
    tables
        User's tables by name: with ``party_org`` they add columns, with ``count`` they are counts by grade; for a
        frame, ``funds`` holds the money paid.
    within
        Only this area. `projection`: growth and take-up (`Projection`).
    """
    declared, given = load_scheme(scheme), dict(tables or {})
    folder = (
        Path(scheme).parent if isinstance(scheme, str | Path) and Path(scheme).exists() else None
    )
    for name, file in declared.tables.items():
        if name not in given:
            root = folder or (
                Path() if isinstance(data, pd.DataFrame) else data.project.data / "raw"
            )
            given[name] = table_file(name, root / file)
    found = (
        from_frame(data, given)
        if isinstance(data, pd.DataFrame)
        else from_data(data, given, within)
    )
    periods = [periods] if isinstance(periods, str | int) else periods
    bad = [str(p) for p in periods or () if not re.fullmatch(r"[12]\d{3}", str(p), re.ASCII)]
    if not periods and found.years == (0,):
        bad = ["没有写年份，党组织表也没有 period 列"]
    if bad or not len(found.orgs):
        problem = Problem(
            "period_unknown" if bad else "data_missing",
            where="periods" if bad else str(within or ""),
            found="、".join(bad) or "没有党组织",
            allowed="年份，如 2026",
        )
        raise InputError(problem)
    years = tuple(sorted({int(p) for p in periods})) if periods else (found.years[-1],)
    for year in years:
        found.data_year(year)
    made = Plan(declared, years, Engine(found, projection or Projection()))
    for year in years:
        made.money(declared, made.values, year)
    return made
