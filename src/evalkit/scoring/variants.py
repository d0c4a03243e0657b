"""Other weights, fewer indicators, another year: what becomes of the scores, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from evalkit.problems import InputError, Problem, unknown
from evalkit.scoring import weights as ways
from evalkit.scoring.making import make
from evalkit.scoring.normalise import normalise, over_units
from evalkit.scoring.points import mix, printed, settled
from evalkit.scoring.scored import LOSS_WORTH_TELLING, Scored
from evalkit.scoring.tree import Node
from evalkit.scoring.words import WORDS, points
from evalkit.stats.arrays import Floats, refuse
from evalkit.world.number import plain
from evalkit.world.showing import Showing

AnyScored = TypeVar("AnyScored", bound=Scored)
WAYS_OF_WEIGHING = ("equal", "entropy", "critic", "deviation", "pca")
PARTS_OF_A_CHANGE = ("own", "others", "method")


@dataclass(frozen=True, eq=False)
class Shift(Showing):
    """Two sets of scores side by side, and how alike their orders are (both as rank correlations)."""

    table: pd.DataFrame
    spearman: float
    kendall: float
    names: tuple[str, str] = ("", "")
    is_demo: bool = False


def _under(scored: AnyScored, root: Node, name: str) -> AnyScored:
    """The same data under another tree, whose indicators are all among the old ones."""
    index = dataclasses.replace(scored.index, root=root, name=name)
    codes = [leaf.code for leaf in scored.index.leaves]
    at = [codes.index(leaf.code) for leaf in index.leaves]
    return dataclasses.replace(
        scored,
        index=index,
        raw=scored.raw[:, at],
        x=scored.x[:, at],
        filled=scored.filled[:, at],
        previous=None if scored.previous is None else scored.previous[:, at],
        goals=None if scored.goals is None else scored.goals[:, at],
    )


def reweigh(scored: AnyScored, changes: Mapping[str, float]) -> AnyScored:
    """Other points for named dimensions or indicators; siblings that are not named share what is left."""
    tree, total = scored.index.root, scored.index.root.points
    known = [node.code for group in tree.groups() for node in group.children]
    problems = [unknown("reweigh", code, known) for code in changes if code not in known]
    problems += [
        Problem(
            "value_invalid", where=f"reweigh.{code}", found=str(given), allowed="不小于 0 的分值"
        )
        for code, given in changes.items()
        if not given >= 0
    ]
    if problems:
        raise InputError(problems)
    root = tree.replaced(dict(changes))
    assert root is not None  # nothing was taken out
    if abs(root.points - total) > 1e-6 or min(leaf.points for leaf in root.leaves()) < 0:
        found = "、".join(f"{code} {plain(given)}" for code, given in changes.items())
        allowed = f"同组合计为上一级的分值（总分 {plain(total)}）"
        raise refuse("reweigh", found, allowed, "少写一项，由其余各项分担")
    return _under(scored, root, WORDS.say("say.reweighed", name=scored.index.name))


def without(scored: AnyScored, indicator: str) -> AnyScored:
    """The index without one indicator; its points go to its siblings in proportion."""
    codes = [leaf.code for leaf in scored.index.leaves]
    if indicator not in codes or len(codes) == 1:
        raise InputError(unknown("without", indicator, codes))
    root = scored.index.root.replaced({indicator: None})
    assert root is not None  # there are others
    name = WORDS.say("say.reduced", name=scored.index.name, indicator=indicator)
    return _under(scored, root.scaled(scored.index.root.points), name)


def compare(scored: Scored, other: Scored) -> Shift:
    """Scores beside others of the same areas; a positive shift is a better place in the first."""
    theirs = other.table[["area", "score", "rank", "grade"]]
    both = scored.table.merge(theirs, on="area", suffixes=("", "_other"))
    both["difference"] = settled(both["score"] - both["score_other"])
    both["shift"] = both["rank_other"] - both["rank"]
    known = both.dropna(subset=["score", "score_other"])
    pair = printed(known["score"]), printed(known["score_other"])
    spearman = kendall = np.nan
    if all(len(np.unique(one)) > 1 for one in pair):
        spearman = float(stats.spearmanr(*pair).statistic)
        kendall = float(stats.kendalltau(*pair).statistic)
    names = (scored.index.name, other.index.name)
    return Shift(both, spearman, kendall, names, scored.is_demo)


def changes(scored: Scored, last: Scored | pd.DataFrame) -> pd.DataFrame:
    """What moved every area's score since last time: own data, the others' data, the method (index and targets).

    `last` is the earlier scores or the earlier period's indicators (then under this index). Each part is the
    mean over the six orders in which the three can change (Shapley), so that they add up to the change. Areas that have
    a score in one of the two periods only are listed without a change.
    """
    old = last if isinstance(last, Scored) else _under_the_goals_of(scored, last)
    before = ~np.isnan(old.score)
    places = old.units[["area"]].assign(_at=range(len(old.units)))
    mine = scored.units.loc[~np.isnan(scored.score)].merge(places.loc[before], on="area")
    values = _values_by_part(scored, old, mine)
    parts = np.zeros((3, len(mine)))
    for order in permutations(range(3)):
        state = [0, 0, 0]
        for which in order:
            before = values[tuple(state)]
            state[which] = 1
            parts[which] += (values[tuple(state)] - before) / 6
    out = mine[["area", "area_name"]].assign(before=values[0, 0, 0], after=values[1, 1, 1])
    out["change"] = out["after"] - out["before"]
    for name, part in zip(PARTS_OF_A_CHANGE, parts, strict=True):
        out[name] = part
    out["mainly"] = _largest_moves(scored, old, out["area"])
    return _with_those_of_one_period(out, scored, old)


def _under_the_goals_of(scored: Scored, last: pd.DataFrame) -> Scored:
    """Earlier indicators under this index and what each area has set itself for now."""
    old = make(last, scored.index)
    if scored.goals is None:
        return dataclasses.replace(old, goals=None)
    now = pd.DataFrame(scored.goals, index=scored.units["area"])
    return dataclasses.replace(old, goals=now.reindex(old.units["area"]).to_numpy())


def _with_those_of_one_period(out: pd.DataFrame, scored: Scored, old: Scored) -> pd.DataFrame:
    """The changes with the areas that have a score in one period only, or in none, in administrative order."""
    sides = [
        pd.Series(side.score, index=side.units["area"]).reindex(scored.units["area"]).to_numpy()
        for side in (old, scored)
    ]
    listed = scored.units[["area", "area_name"]].assign(before=sides[0], after=sides[1])
    listed["mainly"] = np.where(
        np.isnan(sides[1]), WORDS.say("say.not_scored_now"), WORDS.say("say.not_scored_before")
    )
    rest = listed.loc[~listed["area"].isin(out["area"])]
    if not len(rest):
        return out
    both = pd.concat([out, rest], ignore_index=True)
    order = {area: n for n, area in enumerate(scored.units["area"])}
    return both.sort_values(
        "area", key=lambda areas: areas.map(order), kind="stable", ignore_index=True
    )


def _values_by_part(
    scored: Scored, old: Scored, mine: pd.DataFrame
) -> dict[tuple[int, ...], Floats]:
    """Scores with (own data, the others' data, method) each of last time (0) or of now (1)."""
    sides = (old, scored)
    codes = [[leaf.code for leaf in side.index.leaves] for side in sides]
    rows = (mine["_at"], [scored.find(area) for area in mine["area"]])
    columns = list(dict.fromkeys(codes[1] + codes[0]))
    data = [
        pd.DataFrame(side.x, columns=own).reindex(columns=columns).to_numpy()[at]
        for side, own, at in zip(sides, codes, rows, strict=True)
    ]
    goals = [
        None if side.goals is None else side.goals[np.asarray(at)]
        for side, at in zip(sides, rows, strict=True)
    ]
    values: dict[tuple[int, ...], Floats] = {}
    for own, others, method in np.ndindex(2, 2, 2):
        at = [columns.index(code) for code in codes[method]]
        values[own, others, method] = mix(
            sides[method].index, data[own][:, at], data[others][:, at], goals[method]
        )
    return values


def _largest_moves(scored: Scored, old: Scored, areas: pd.Series) -> list[str]:
    """The indicator that moved each area most, in words; empty where none did."""
    if not len(areas):
        return []
    earned = [
        side.contributions.pivot(index="area", columns="indicator", values="earned").reindex(areas)
        for side in (old, scored)
    ]
    moved = (earned[1] - earned[0]).fillna(0.0).apply(settled)
    names = {leaf.code: leaf.name for leaf in (*old.index.leaves, *scored.index.leaves)}
    told = []
    for area, code in moved.abs().idxmax(axis=1).items():
        move = moved.loc[area, code]
        if abs(move) < LOSS_WORTH_TELLING:
            told.append("")
        else:
            word = "say.up" if move > 0 else "say.down"
            told.append(WORDS.say(word, name=names[code], points=points(abs(move))))
    return told


def weights(scored: Scored) -> pd.DataFrame:
    """Declared weights beside those the data give (equal, entropy, CRITIC, deviation, principal components)."""
    leaves = scored.index.leaves
    out = pd.DataFrame(
        {
            "indicator": [leaf.code for leaf in leaves],
            "name": [leaf.name for leaf in leaves],
            "declared": scored.index.points / scored.index.root.points,
        }
    )
    scaled = normalise(scored.x, "minmax", [leaf.better for leaf in leaves])
    spread = over_units("max", scored.x) - over_units("min", scored.x)
    varies = np.nan_to_num(spread)[0] > 0
    full = scaled[:, varies][~np.isnan(scaled[:, varies]).any(axis=1)]
    for name in WAYS_OF_WEIGHING:
        out[name] = np.nan
        with suppress(InputError):  # too few areas for this way: its column stays empty
            if len(full) > 1 and varies.any():
                found: Any = getattr(ways, name)(full)
                out.loc[varies, name] = found.weights if name == "pca" else found
    return out
