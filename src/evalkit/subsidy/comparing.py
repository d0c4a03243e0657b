"""Scenarios side by side, both readings of a floor, the plan of one district."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any, TypeVar

import pandas as pd

from evalkit.problems import InputError, unknown
from evalkit.subsidy.cost import cost
from evalkit.subsidy.distribution import groups, inequality
from evalkit.subsidy.engine import Engine
from evalkit.subsidy.reduction import Reduction
from evalkit.subsidy.simulation import FEN, PlanData, Variant, result_of
from evalkit.subsidy.words import WORDS

P = TypeVar("P", bound=PlanData)
NOW = WORDS["sides"][0]


def within(plan: P, area: str) -> P:
    """The same plan for one district, by path or name."""
    source = plan.source
    names = dict(zip(source.homes, source.names, strict=True))
    home = next((one for one, name in names.items() if area in (one, name)), None)
    if home is None:
        raise InputError(unknown("within", area, source.names, "area_unknown"))
    tables = {
        name: table[table["home"] == home]
        for name, table in source.tables.items()
        if "home" in table
    }
    part = replace(
        source,
        orgs=source.orgs[source.orgs["home"] == home].reset_index(drop=True),
        homes=(home,),
        names=(names[home],),
        tables=source.tables | tables,
        whole=names[home],
    )
    return replace(plan, engine=Engine(Reduction(part), plan.engine.projection))


def compare(plan: PlanData, reforms: Mapping[str, Any], year: int | None = None) -> pd.DataFrame:
    """Scenarios side by side: cost, change, relative change, share of organisations gaining, Gini."""
    rows = []
    for name, reform in {NOW: None, **reforms}.items():
        one = result_of(plan, reform)
        money, gain = cost(one, [], year or plan.years[0]).iloc[0], groups(one, [], year).iloc[0]
        everybody = sum(gain[key] for key in ("gain", "same", "lose"))
        rows.append(
            {
                "scenario": name,
                "amount_fen": int(money["amount_fen"]),
                "change_fen": int(money["change_fen"]),
                "relative": money["change_fen"] / max(1, money["baseline_fen"]),
                "gain_share": gain["gain"] / max(1, everybody),
                "gini": inequality(one, year).loc["reform", "gini"],
            }
        )
    return pd.DataFrame(rows)


def bases(plan: PlanData, reform: Any = None) -> pd.DataFrame:
    """Both readings of every component with a floor: 全额 and 补差, side by side, over the same districts.

    A district whose spending is not known has no top-up and is left out of both.
    """
    parts, rows = [name for name, part in plan.scheme.components.items() if part.basis], []
    asked = plan.changed(reform)[0]
    readings = {
        basis: plan.scheme.reform({f"{name}.basis": basis for name in parts})
        for basis in ("entitlement", "top_up")
    }
    top_up = plan.scheme.under(readings["top_up"])
    for basis, every in readings.items():
        before = Variant(plan.scheme.under(every), plan.values)
        after = plan.changed(asked.override(every))[1]
        for year, name in product(plan.years, parts):
            known = plan.reduction.missing(top_up, name, year) == ""
            old, new = (
                sum(
                    int(fen[known].sum())
                    for fen in plan.engine.amounts(one.scheme, name, year, one.values).values()
                )
                for one in (before, after)
            )
            rows.append([name, basis, year, old, new, new - old])
    return pd.DataFrame(rows, columns=["component", "basis", "year", *FEN])
