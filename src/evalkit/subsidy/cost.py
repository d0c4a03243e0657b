"""What a reform costs: by payer, component and place, over a full year, from here on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.subsidy.memory import remembered
from evalkit.subsidy.simulation import FEN, ResultData
from evalkit.subsidy.year import whole_year


def cost(
    result: ResultData, by: str | Sequence[str] = "payer", year: int | None = None
) -> pd.DataFrame:
    """Baseline, cost and change in fen by payer, component, area (or several) and year; payers add up to the total."""
    keys = ("year", *([by] if isinstance(by, str) else by))
    return _cost(result, keys, year).copy()


@remembered
def _cost(result: ResultData, keys: tuple[str, ...], year: int | None) -> pd.DataFrame:
    """Summed from the arrays by district, in the order of `ResultData.table`."""
    source = result.plan.source
    zero = np.zeros(len(source.homes), np.int64)
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for one in result.plan.years if year is None else (year,):
        old, new = result.old[one], result.new[one]
        for item in dict.fromkeys([*old, *new]):
            of_item = {"year": one, "component": item.component, "payer": item.payer, "area": None}
            key = tuple(of_item[name] for name in keys)
            before, after = sums.setdefault(key, [zero, zero])
            sums[key] = [before + old.get(item, zero), after + new.get(item, zero)]
    by_area = "area" in keys
    entries: list[tuple[Any, ...]] = []
    before, after = [], []
    for key, (old_fen, new_fen) in sums.items():
        if by_area:
            place = keys.index("area")
            entries += [
                (*key[:place], home, *key[place + 1 :], name)
                for home, name in zip(source.homes, source.names, strict=True)
            ]
            before += old_fen.tolist()
            after += new_fen.tolist()
        else:
            entries.append(key)
            before.append(int(old_fen.sum()))
            after.append(int(new_fen.sum()))
    heads = [*keys, *(["area_name"] if by_area else [])]
    columns = dict(zip(heads, map(list, zip(*entries, strict=True)), strict=True))
    baseline, amount = np.array(before, np.int64), np.array(after, np.int64)
    more = amount - baseline
    _, of_year = np.unique(np.array(columns["year"]), return_inverse=True)
    whole = np.bincount(of_year, more)[of_year]
    money = dict(zip(FEN, (baseline, amount, more), strict=True))
    shares = {"share": _quotient(more, whole), "relative": _quotient(more, baseline)}
    return pd.DataFrame({**columns, **money, **shares})


def _quotient(part: Any, whole: Any) -> Any:
    """One by the other; nothing where the other is zero."""
    nothing = np.full(len(part), np.nan)
    return np.divide(part, whole, out=nothing, where=whole != 0)


def change(
    result: ResultData, by: str | Sequence[str] = "area", year: int | None = None
) -> pd.DataFrame:
    """Like `cost`, by area, with members and the money per member (yuan) before and after."""
    found = cost(result, by, year)
    if by == "area":
        by_place = {
            (year, home): count
            for year in result.plan.years
            for home, count in zip(result.plan.source.homes, members(result, year), strict=True)
        }
        places = zip(found["year"], found["area"], strict=True)
        found["members"] = [by_place[place] for place in places]
        for column in ("baseline", "amount"):
            found[f"{column}_per_member"] = (
                found[f"{column}_fen"] / 100 / found["members"].where(found["members"] > 0)
            )
    return found


def members(result: ResultData, year: int) -> Any:
    """Members by district, on the base of the money."""
    reduction = result.plan.reduction
    twice = reduction.members(year, result.scheme.members).twice
    return np.bincount(reduction.places(year), twice / 2, len(result.plan.source.homes))


def carry_over(result: ResultData) -> pd.DataFrame:
    """翘尾: the change of each year, of the same year had the last values held from January, and the difference."""
    rows, plan = [], result.plan
    for year in plan.years:
        first = int(cost(result, [], year)["change_fen"].iloc[0])
        others = (result.scheme, plan.scheme)
        old, new = (
            plan.total(whole_year(one.values, year), year, one.scheme, other)
            for one, other in zip(result.sides, others, strict=True)
        )
        rows.append([year, first, new - old, new - old - first])
    return pd.DataFrame(rows, columns=["year", "change_fen", "whole_year_fen", "carry_over_fen"])


def further(result: ResultData, year: int | None = None) -> pd.DataFrame:
    """What one more yuan (or step of a share) of each parameter costs from here, in fen a year."""
    year = year or result.plan.years[-1]
    base, rows = whole_year(result.values, year), []
    now = result.plan.total(base, year, result.scheme)
    for path, one in result.scheme.parameters.items():
        step = type(one.step)(1) if one.money else one.step
        ((start, value),) = base[path]
        if value + step <= one.range[1]:
            more = result.plan.total(base | {path: ((start, value + step),)}, year, result.scheme)
            rows.append([path, result.scheme.label(path), float(value), float(step), more - now])
    return pd.DataFrame(rows, columns=["parameter", "label", "value", "step", "cost_fen"])
