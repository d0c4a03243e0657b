"""Scores in words: where an area's points went, what is strong and weak, how the scores were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.scoring.methods import COMBINATIONS, RULES
from evalkit.scoring.normalise import over_units
from evalkit.scoring.points import settled
from evalkit.scoring.scored import Scored
from evalkit.scoring.words import WORDS, points
from evalkit.world.number import fixed, plain

FULL = 1 - 1e-9  # a share of the points that counts as all of them
SMALLEST_LOSS = 0.005  # points: less is printed as 0
SMALLEST_GAP = 0.05  # points from the mean that make a strength or a weakness
LAST_THIRD = 2 / 3


def lost(scored: Scored, area: str, place: bool = True) -> list[str]:
    """Where the points of an area went, largest loss first; its place (where there is an order) only on demand."""
    row_of, width = scored.find(area), scored.x.shape[1]
    mine = list(scored.contributions.iloc[row_of * width : (row_of + 1) * width].itertuples())
    row = scored.table.iloc[row_of]
    if np.isnan(row["score"]):
        gaps = [
            _reason(scored, row_of, j, one) for j, one in enumerate(mine) if np.isnan(one.share)
        ]
        return [f"{row['area_name']}：{row['losses']}", *gaps]
    order = sorted(range(width), key=lambda j: -np.nan_to_num(mine[j].lost, nan=0.0))
    head = WORDS.say(
        "say.head",
        name=row["area_name"],
        when=scored.when,
        score=points(row["score"]),
        full=points(scored.index.root.points),
        grade="" if pd.isna(row["grade"]) else WORDS.say("say.grade", grade=row["grade"]),
        place=_place(scored, row) if place else "",
    )
    told = [_reason(scored, row_of, j, mine[j]) for j in order if not mine[j].lost < SMALLEST_LOSS]
    return [head, *told]


def _place(scored: Scored, row: Any) -> str:
    if not scored.ordered:
        return ""
    tied = int((scored.table["rank"] == row["rank"]).sum()) > 1
    return WORDS.say("say.place_tied" if tied else "say.place", rank=row["rank"], n=row["n_ranked"])


def shown_value(scored: Scored, indicator: int, value: float) -> str:
    """A value of an indicator as readers see it."""
    if np.isnan(value):
        return WORDS.say("say.missing")
    about = scored.printing.get(scored.index.leaves[indicator].code)
    if about is None:
        return plain(value)
    return fixed(float(value), int(about["decimals"]), scale=about["scale"]) + str(about["unit"])


def _reason(scored: Scored, row_of: int, indicator: int, row: Any) -> str:
    """What one indicator earned and lost, and why."""
    leaf = scored.index.leaves[indicator]
    if np.isnan(row.share):
        nobody = np.isnan(scored.x[:, indicator]).all()
        who = WORDS.say("say.nobody" if nobody else "say.missing")
        return WORDS.say("say.absent", name=leaf.name, who=who, points=points(leaf.points))
    text = leaf.name + shown_value(scored, indicator, row.used)
    if row.imputed:
        text += WORDS.say("say.estimate")
    if leaf.rule == "share_of_target":
        line = scored.full_line(row_of, indicator)
        text += WORDS.say("say.full_at", full=shown_value(scored, indicator, line))
        if not np.isnan(leaf.zero_at):
            text += WORDS.say("say.zero_at", zero=shown_value(scored, indicator, leaf.zero_at))
    else:
        sentence = "say.z" if leaf.rule == "zscore" else "say.share"
        text += WORDS.say(sentence, rule=RULES[leaf.rule].zh, share=row.share)
    if row.share >= FULL and row.lost >= SMALLEST_LOSS:
        text += WORDS.say("say.whole_group")
    return WORDS.say(
        "say.reason",
        text=text,
        full=points(row.earned + row.lost),
        earned=points(row.earned),
        lost=points(row.lost),
    )


def explain(scored: Scored, area: str, most: int = 3) -> list[str]:
    """Strengths and weaknesses: where an area earns clearly more or less of an indicator's points than the mean.

    Full points do not make a strength of a value that is behind the mean or in the last third of the areas.
    """
    row_of = scored.find(area)
    name = scored.units["area_name"].iloc[row_of]
    gap = _gaps_to_the_mean(scored, row_of)
    lines = []
    for kind, word, sign in (
        ("strengths", "better_than_mean", 1),
        ("weaknesses", "worse_than_mean", -1),
    ):
        largest = [j for j in np.argsort(-sign * gap) if sign * gap[j] >= SMALLEST_GAP][:most]
        parts = [
            WORDS.say(
                f"say.{word}",
                name=scored.index.leaves[j].name,
                value=shown_value(scored, j, scored.x[row_of, j]),
                gap=points(abs(gap[j])),
            )
            for j in largest
        ]
        if parts:
            lines.append(WORDS.say(f"say.{kind}", name=name, parts="；".join(parts)))
    if lines:
        return lines
    alone = int((~np.isnan(scored.score)).sum()) < 2
    return [WORDS.say("say.alone" if alone else "say.like_the_mean", name=name)]


def _gaps_to_the_mean(scored: Scored, row_of: int) -> Any:
    """Points that every indicator earns the area above (or below) the mean of the areas."""
    above = scored.shares - over_units("mean", scored.shares)
    gap = np.nan_to_num(above * scored.index.points)[row_of]
    lower = [leaf.better == "lower" for leaf in scored.index.leaves]
    best = np.where(lower, -scored.x, scored.x)
    ahead, known = (best > best[row_of]).sum(axis=0), (~np.isnan(best)).sum(axis=0)
    behind = (best[row_of] < over_units("mean", best)[0]) | (ahead >= known * LAST_THIRD)
    return settled(np.where(behind, np.minimum(gap, 0.0), gap))


def method(scored: Scored) -> str:
    """How the scores were made, in words."""
    index, root = scored.index, scored.index.root
    unlike = [
        WORDS.say("say.combine", name=group.name, rule=COMBINATIONS[group.combine].zh)
        for group in root.groups()
        if group.combine != "arithmetic"
    ]
    groups = [
        WORDS.say("say.group", name=child.name, points=points(child.points))
        for child in root.children
    ]
    used = dict.fromkeys(leaf.rule for leaf in index.leaves)
    fill = "" if index.impute == "none" else WORDS.say("say.impute", way=index.impute)
    text = WORDS.say(
        "say.method",
        index=index.name,
        full=points(root.points),
        needs=index.needs,
        groups="、".join(groups),
        rules="；".join(RULES[rule].zh for rule in used),
        combine="，其余".join(["、".join(unlike)] * bool(unlike) + [COMBINATIONS["arithmetic"].zh]),
        impute=fill,
    )
    for aim in ("common", "own", "differs"):
        if named := "、".join(leaf.name for leaf in index.leaves if leaf.aim == aim):
            text += WORDS.say(f"say.aim_{aim}", names=named)
    cuts = grade_words(scored)
    if cuts:
        text += WORDS.say("say.grades", parts="，".join(cuts))
    return text + (f"{index.note}。" if index.note else "")


@dataclass(frozen=True)
class Line:
    """One indicator of an index as it is printed: where it stands, its points, its rule, its full and zero lines."""

    group: str
    name: str
    points: float
    rule: str
    full: str
    zero: str
    fixed: bool  # whether its points rest on its own value alone


def _own_lines(scored: Scored, indicator: int) -> str:
    """From which to which value the full-score lines of the areas go where each has its own."""
    of_areas = {scored.full_line(row, indicator) for row in range(len(scored.units))}
    ends = [shown_value(scored, indicator, end) for end in (min(of_areas), max(of_areas))]
    return WORDS.say("say.full_are_goals", span="至".join(dict.fromkeys(ends)))


def lines(scored: Scored) -> list[Line]:
    """Weights, rules and full-score lines of an index, indicator by indicator."""
    tops = [child.name for child in scored.index.root.children for _ in child.leaves()]
    told = []
    for n, (leaf, top) in enumerate(zip(scored.index.leaves, tops, strict=True)):
        ends = (leaf.full_at, leaf.zero_at)
        if leaf.rule == "goalposts":
            ends = (leaf.low, leaf.high) if leaf.better == "lower" else (leaf.high, leaf.low)
        full, zero = ("" if np.isnan(end) else shown_value(scored, n, end) for end in ends)
        if leaf.aim == "own":
            full = _own_lines(scored, n)
        elif leaf.aim == "common":
            full = WORDS.say("say.full_is_goal", full=full)
        rule = RULES[leaf.rule]
        told.append(Line(top, leaf.name, float(leaf.points), rule.zh, full, zero, rule.absolute))
    return told


def grade_words(scored: Scored) -> list[str]:
    """The cut-offs of the grades in words, highest first."""
    grades = scored.index.grades
    told = [
        WORDS.say(
            "say.grade_above" if cut.strict else "say.grade_from", start=cut.start, grade=cut.value
        )
        for cut in grades
    ]
    if len(told) > 1 and grades[-1].start <= 0:
        above = grades[-2]
        told[-1] = WORDS.say(
            "say.grade_to" if above.strict else "say.grade_below",
            start=above.start,
            grade=grades[-1].value,
        )
    return told
