"""Whom a reform reaches: every organisation before and after, who gains, adequacy, inequality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, unknown
from evalkit.stats import gini, theil_decomposition
from evalkit.stats import lorenz as curve
from evalkit.subsidy import coverage
from evalkit.subsidy.memory import remembered
from evalkit.subsidy.simulation import ResultData

SIDES = (("baseline", "baseline"), ("amount", "reform"))  # column, row


def organisations(
    result: ResultData, year: int | None = None, component: str | None = None
) -> pd.DataFrame:
    """Every party organisation: members on the base, money before and after, in fen (unscaled by growth)."""
    year = year or result.plan.years[0]
    found = of_each(result, year, component).copy()
    listed = [
        name
        for name, part in result.scheme.components.items()
        if component in (None, name) and not part.counted
    ]
    why = _why(result, year, listed)
    kept = found.pop("_row").to_numpy()
    found.insert(found.columns.get_loc("known"), "why", [why[n] for n in kept])
    return found


@remembered
def of_each(result: ResultData, year: int, component: str | None) -> pd.DataFrame:
    """The same without the reasons; `_row` is the row of the ledger."""
    if component is not None and component not in result.scheme.components:
        raise InputError(unknown("component", component, result.scheme.components))
    reduction, engine = result.plan.reduction, result.plan.engine
    rows, areas = reduction.rows(year), reduction.places(year)
    members = reduction.members(year, result.scheme.members).twice / 2
    columns: dict[str, Any] = {"area": rows["home"], "party_org": rows["party_org"]}
    columns["members"] = members
    columns |= {name: rows[name] for name in ("org_kind", "level", "stars") if name in rows}
    names = [name for name in result.scheme.components if component in (None, name)]
    listed = [name for name in names if not result.scheme.components[name].counted]
    known = {name: (coverage.missing(result, name, year) == "")[areas] for name in listed}
    for (word, _), side in zip(SIDES, result.sides, strict=True):
        money, spent = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        for name in listed:
            due = engine.by_organisation(side.scheme, name, year, side.values)
            money = money + np.where(known[name], due, 0)
            part = side.scheme.components[name]
            if part.basis == "top_up":
                spent = spent + reduction.ledger(part.spent_for, year)
        columns[f"{word}_fen"], columns[f"{word}_spent_fen"] = money, spent
    columns["change_fen"] = columns["amount_fen"] - columns["baseline_fen"]
    for flag, some in (("known", names), ("change_known", coverage.touched(result))):
        own = [known[name] for name in some if name in known]
        columns[flag] = np.all(own, axis=0) if own else True
    columns["_row"] = np.arange(len(rows))
    out = pd.DataFrame(columns)
    counted = _are_counted(rows, out)
    return (out if counted.all() else out[counted]).reset_index(drop=True)


def _are_counted(rows: pd.DataFrame, out: pd.DataFrame) -> Any:
    """The party organisations; a functional one is none unless the scheme pays it."""
    if "functional" not in rows:
        return np.ones(len(rows), bool)
    paid = (out["baseline_fen"] != 0) | (out["amount_fen"] != 0)
    return (~rows["functional"] | paid).to_numpy(bool)


def _why(result: ResultData, year: int, names: Sequence[str]) -> list[str]:
    """For every organisation by component why nothing is due: 党员活动经费：无党员数."""
    found = {
        result.scheme.components[name].name: coverage.reasons(result, name, year).why
        for name in names
    }
    count = len(result.plan.reduction.rows(year))
    each = ([f"{name}：{why[i]}" for name, why in found.items() if why[i]] for i in range(count))
    return ["；".join(texts) for texts in each]


def groups(
    result: ResultData, by: str | Sequence[str] = "area", year: int | None = None
) -> pd.DataFrame:
    """Organisations and members that gain, stay or lose (增加 / 不变 / 减少); groups are those of the baseline.

    ``by="quintile"``: fifths of the members in the order of the baseline's money per member.
    """
    every = of_each(result, year or result.plan.years[0], None)
    known = every["change_known"].to_numpy(bool)
    sign = np.sign(every["change_fen"].to_numpy())[known]
    members = every["members"].to_numpy(float)[known]
    each: dict[str, Any] = {}
    for word, value in (("gain", 1), ("same", 0), ("lose", -1)):
        each[word] = (sign == value).astype(int)
        each[f"{word}_members"] = np.where(sign == value, members, 0.0)
    words = [w + s for s in ("", "_members") for w in ("gain", "same", "lose")]
    keys = [by] if isinstance(by, str) else list(by)
    if not keys:
        return pd.DataFrame({word: [float(each[word].sum())] for word in words})
    rows = every[known].reset_index(drop=True)
    if by == "quintile":
        rows["quintile"] = _fifths(rows)
    frame = pd.DataFrame({**{key: rows[key] for key in keys}, **each})
    return frame.groupby(keys, sort=False, dropna=False)[words].sum().reset_index()


def _fifths(rows: pd.DataFrame) -> pd.Series:
    """The fifth of the members in which an organisation lies, by the baseline's money per member."""
    members = rows["members"].to_numpy()
    per = (rows["baseline_fen"] / rows["members"].where(rows["members"] > 0)).to_numpy(float)
    order = np.argsort(per, kind="stable")
    place = np.empty(len(rows))
    place[order] = np.cumsum(members[order]) / max(1, members.sum())
    fifth = np.clip(np.ceil(place * 5 - 1e-9), 1, 5)
    return pd.Series(np.where(np.isnan(per), np.nan, fifth)).astype("Int64")


def reach(
    result: ResultData, standard: float, year: int | None = None, component: str | None = None
) -> pd.DataFrame:
    """Adequacy: organisations and members at or above `standard` yuan per member (a top-up counts what is spent already)."""
    rows = of_each(result, year or result.plan.years[0], component)
    known = rows["known"].to_numpy(bool)
    every = rows["members"].to_numpy(float)
    some = known & (every > 0)
    members, number = every[some], int(some.sum())
    found = {}
    for word, name in SIDES:
        money = (rows[f"{word}_fen"].to_numpy() + rows[f"{word}_spent_fen"].to_numpy())[some]
        enough = money >= members * standard * 100
        within, whole = members[enough].sum(), members.sum()
        found[name] = {
            "organisations": int(enough.sum()),
            "share": float(enough.mean()) if number else np.nan,
            "members": float(within),
            "without_members": int(known.sum()) - number,
            "member_share": float(within / whole) if number else np.nan,
        }
    return pd.DataFrame(found).T


@dataclass(frozen=True, eq=False)
class _PerMember:
    """Yuan a member of the organisations that have members, with these as weights, and their districts as numbers."""

    yuan: np.ndarray
    members: np.ndarray
    area: np.ndarray


def _per_member(result: ResultData, word: str, year: int | None) -> _PerMember:
    every = of_each(result, year or result.plan.years[0], None)
    rows = every.query("members > 0 and known")
    return _PerMember(
        (rows[f"{word}_fen"] / 100 / rows["members"]).to_numpy(float),
        rows["members"].to_numpy(float),
        pd.factorize(rows["area"])[0],
    )


def inequality(result: ResultData, year: int | None = None) -> pd.DataFrame:
    """Gini and Theil T (between and within districts) of the money per member, weighted by members."""
    found = {}
    for word, name in SIDES:
        one = _per_member(result, word, year)
        total, between, within = theil_decomposition(one.yuan, one.area, one.members)
        unequal = gini(one.yuan, one.members)
        found[name] = {"gini": unequal, "theil": total, "between": between, "within": within}
    return pd.DataFrame(found).T


def lorenz(result: ResultData, year: int | None = None) -> dict[str, Any]:
    """The Lorenz curve of the money per member before and after."""
    sides = {name: _per_member(result, word, year) for word, name in SIDES}
    return {name: curve(one.yuan, one.members) for name, one in sides.items()}
