"""From frames to points: units x indicators (never persons), the share each indicator earns, what a tree makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evalkit.problems import InputError, Problem
from evalkit.scoring.aggregate import aggregate
from evalkit.scoring.methods import COMBINATIONS, RULES
from evalkit.scoring.normalise import normalise
from evalkit.scoring.tree import OF_TARGET, Index, Node
from evalkit.stats.arrays import Floats

PERSONAL = {
    "person",
    "person_id",
    "person_name",
    "member_name",
    "id_card",
    "phone",
    "姓名",
    "身份证号",
    "手机号",
}
ENTITIES = {"area", "party_org"}
NOISE = 1e-10  # of a score out of sums of floats; ten decimals are kept


def leaf_shares(
    index: Index, x: Floats, rule: str | None = None, goals: Floats | None = None
) -> Floats:
    """Share of its points that every indicator earns (units x indicators, leading axes allowed); `rule` for all of them.

    Between 0 and 1 but for z-scores, ranks and the like. `goals`: full-score lines of single units (`against_own_goals`).
    """
    leaves, groups = index.leaves, dict[str, list[int]]()
    to_own_goals = x if goals is None else against_own_goals(index, x, goals)
    for j, leaf in enumerate(leaves):
        groups.setdefault(rule or leaf.rule, []).append(j)
    out = np.full(x.shape, np.nan)
    limits = {"target": "full_at", "zero_at": "zero_at"} | (
        {} if rule else {"low": "low", "high": "high"}
    )  # those of its own rule
    for way, at in groups.items():
        mine, part = [leaves[j] for j in at], slice(None) if len(groups) == 1 else at
        given: dict[str, Any] = {
            key: np.array([getattr(leaf, name) for leaf in mine]) for key, name in limits.items()
        }
        done = normalise(
            (to_own_goals if way == OF_TARGET else x)[..., part],
            way,
            [leaf.better for leaf in mine],
            cap=True,
            names=[leaf.name for leaf in mine],
            **given,
        )
        out[..., part] = done / 100 if RULES[way].top == 100 else done
    return out


def against_own_goals(index: Index, x: Floats, goals: Floats) -> Floats:
    r"""The values as they stand to the common full-score line when each is measured against its own.

    With the line t of all, the own goal g and the line of no points z: :math:`z + (x-z)(t-z)/(g-z)`, z being 0 where
    there is none, so that the share of the target is that of the goal. Where `goals` is NaN the value stays.
    """
    full = np.array([leaf.full_at for leaf in index.leaves])
    zero = np.nan_to_num([leaf.zero_at for leaf in index.leaves], nan=0.0)
    known = ~np.isnan(goals)
    stretch = np.divide(full - zero, goals - zero, out=np.ones(goals.shape), where=known)
    return np.where(known, zero + (x - zero) * stretch, x)


def combine(node: Node, share: Floats, weight: Floats, method: str | None = None) -> Floats:
    """Value of a node for every unit; `weight` are the points of its leaves (with leading axes where they vary).

    A missing item leaves its weight to its siblings, a missing group to the other groups.
    """
    if not node.children:
        return share[..., 0]
    weight = np.where(
        weight.sum(-1, keepdims=True) > 0, weight, 1.0
    )  # a group without points: its parent leaves it out
    if all((method or n.combine) == "arithmetic" for n in node.groups()) and not np.isnan(
        share.sum()
    ):
        return aggregate(share, weight)
    parts = [
        (combine(c, share[..., at], weight[..., at], method), weight[..., at].sum(-1))
        for c, at in node.spans()
    ]
    rule = method or node.combine
    values, weights = (np.stack(part, -1) for part in zip(*parts, strict=True))
    value = aggregate(values, weights, rule, power=node.power, needs=0.0, node=node.code)
    return (value / max(value.shape[-1] - 1, 1) + 1) / 2 if rule == "copeland" else value


def total_scores(
    index: Index, share: Floats, weight: Any = None, method: str | None = None
) -> tuple[Floats, Floats]:
    """Scores and shares of the points known; below `needs` there is no score. `weight`: replications x indicators."""
    weight = index.points if weight is None else weight
    value = combine(index.root, share, weight, method) * index.root.points
    value = np.broadcast_to(value, (*weight.shape[:-1], share.shape[-2]))
    if not np.isnan(share.sum()):
        return value, np.ones(value.shape)
    known = (~np.isnan(share) * weight[..., None, :]).sum(-1) / weight.sum(-1)[..., None]
    return np.where(known >= index.needs - 1e-9, value, np.nan), known


def reports_enough(index: Index, raw: Floats) -> Any:
    """Which units have values for so many of the points as the index needs."""
    known = (~np.isnan(raw) * index.points).sum(-1) / index.points.sum()
    return (known >= index.needs - 1e-9) & ~np.isnan(raw).all(-1)


def printed(score: Any) -> Floats:
    """Scores as they are printed, two decimals rounded half up: grades and ranks follow what a reader sees.

    The noise of sums of floats (below `NOISE`) does not decide: `settled` scores print the same.
    """
    return np.asarray(np.floor(np.asarray(score) * 100 + 0.5 + 50 * NOISE) / 100)


def settled(score: Any) -> Floats:
    """Scores and points without the noise of float arithmetic, so that 82.345 is not 82.34499999999999."""
    return np.asarray(np.round(score, 10) + 0.0)


def mix(index: Index, own: Floats, others: Floats, goals: Floats | None = None) -> Floats:
    """Score of every unit on its own data among the data of the others; `goals` as in `leaf_shares`."""
    absolute = all(RULES[leaf.rule].absolute for leaf in index.leaves) and not any(
        COMBINATIONS[group.combine].pairwise for group in index.root.groups()
    )
    if absolute or own is others or np.array_equal(own, others, equal_nan=True):
        return total_scores(index, leaf_shares(index, own, goals=goals))[0]
    rows = np.arange(len(own))[:, None]
    mixed = (np.where(rows == i, own, others) for i in range(len(own)))
    return np.array(
        [total_scores(index, leaf_shares(index, x, goals=goals))[0][i] for i, x in enumerate(mixed)]
    )


def no_persons(frame: pd.DataFrame, keyed: bool = True) -> None:
    """Areas and party organisations only; `keyed` asks for a column that says which."""
    found = sorted(PERSONAL & set(map(str, frame.columns)))
    found += (
        sorted(set(frame["entity"].dropna().astype(str)) - ENTITIES) if "entity" in frame else []
    )
    if found or (keyed and not ENTITIES & set(frame.columns)):
        what = "、".join(found) or "既没有地区也没有党组织"
        raise InputError(
            Problem(
                "person_refused",
                where="indicators",
                found=what,
                allowed="地区、党组织",
                advice="只对地区和党组织计分",
            )
        )


def _names(frame: pd.DataFrame) -> pd.Series:
    area = frame["area"].astype(str) if "area" in frame else pd.Series("", index=frame.index)
    return area + "/" + frame["party_org"].astype(str) if "party_org" in frame else area


def units_of(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    units = frame.assign(_unit=_names(frame)).drop_duplicates("_unit")
    units = (
        units.sort_values("sort_order", kind="stable") if "sort_order" in units else units
    ).reset_index(drop=True)
    named = "area_name" in units and key == "area"
    out = pd.DataFrame(
        {
            "area": units["_unit"],
            "area_name": units["area_name"] if named else units["_unit"].str.rpartition("/")[2],
        }
    )
    out["peer_group"] = units.get("peer_group")
    out["sort_order"] = units["sort_order"] if "sort_order" in units else range(1, len(out) + 1)
    return out


def wide(
    rows: pd.DataFrame, units: pd.DataFrame, codes: list[str], column: str = "value"
) -> Floats:
    """A column of the indicators frame as units x indicators, NaN where there is none."""
    values = pd.to_numeric(rows[column], errors="coerce") if column in rows else np.nan
    table = pd.DataFrame({"u": _names(rows), "i": rows["indicator"], "v": values}).pivot(
        index="u", columns="i", values="v"
    )
    return np.array(
        table.reindex(index=units["area"], columns=codes).to_numpy(dtype=float, na_value=np.nan)
    )
