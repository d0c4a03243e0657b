"""How results of scoring show themselves: frames as tables, sentences as lists.

Imported at the first question for a `block` of a value of `evalkit.scoring` (see `evalkit.world.showing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from evalkit.documents import Block
from evalkit.scoring.robustness import Robustness, Sobol
from evalkit.scoring.scores import Scores, Shift
from evalkit.scoring.stars import Stars
from evalkit.scoring.words import WORDS as SCORING
from evalkit.scoring.words import Sentences
from evalkit.world.number import fill, fixed
from evalkit.world.showing import shows
from evalkit.world.words import Words

WORDS = Words.beside(__file__, "scores.yml")


def show(
    table: str | Mapping[str, Any],
    frame: pd.DataFrame,
    notes: Iterable[str] = (),
    source: str = "",
    demo: bool = False,
    more: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Block:
    """A frame as a table of scores.yml (or ``{title, columns}``): key -> label, or [label, decimals] for numbers."""
    about = WORDS["tables"][table] if isinstance(table, str) else table
    columns = {**about["columns"], **(more or {})}
    cells = frame[list(columns)].astype(object).to_numpy()
    rows = [[None if value is None or pd.isna(value) else value for value in row] for row in cells]
    return Block.table(
        fill(str(about["title"]), **facts),
        [_head(key, label) for key, label in columns.items()],
        rows,
        notes=list(notes),
        source=source + (WORDS.say("say.demo") if demo and source else ""),
        demo=demo,
    )


def _head(key: str, label: Any) -> dict[str, Any]:
    """A column of a table: text on the left, numbers with their decimals on the right."""
    if isinstance(label, str):
        return {"key": key, "label": label}
    name, decimals = label
    return {"key": key, "label": name, "align": "right", "decimals": decimals}


@shows(Sentences, "block")
def sentences_block(sentences: Sentences) -> Block:
    """One sentence a line."""
    return Block.bullets(sentences.items)


@shows(Scores, "block")
def scores_block(scores: Scores) -> Block:
    """Score, grade, rank and largest losses of each area; no ranks where there is no order."""
    frame = scores.table.assign(known_percent=scores.table["known"] * 100)
    if not scores.ordered:
        frame["rank"] = pd.NA
    notes, name = [scores.method, *_who_is_absent(scores)], scores.index.name
    where = _source(scores)
    return show("scores", frame, notes, where, scores.is_demo, when=scores.when, index=name)


def _source(scores: Any) -> str:
    """Where the numbers come from: what a table of one's own says, published figures, or the ledgers."""
    if "stated_source" in scores.rows:
        return str(scores.rows["stated_source"].iloc[0])
    return WORDS.say("say.public" if scores.is_public else "say.reports")


def _who_is_absent(scores: Any) -> list[str]:
    """A note that names the areas without a score, where others have one."""
    names = scores.unscored
    if not names or len(names) == len(scores.units):
        return []
    return [SCORING.say("say.absent_areas", names="、".join(names))]


@shows(Shift, "block")
def shift_block(shift: Shift) -> Block:
    """Both scores, ranks and grades of each area."""
    notes = [WORDS.say("say.correlation", spearman=shift.spearman, kendall=shift.kendall)]
    index, other = shift.names
    source = WORDS.say("say.reports")
    return show("shift", shift.table, notes, source, shift.is_demo, index=index, other=other)


@shows(Robustness, "block")
def robustness_block(robust: Robustness) -> Block:
    """Rank, interval and probabilities of each area."""
    grades = [str(cut.value) for cut in robust.scores.index.grades]
    frame = robust.ranks.join(robust.grades[grades] * 100)
    frame["top"] = robust.top(5)["probability"] * 100
    frame["span"] = [
        None if pd.isna(low) else f"{fixed(low)}—{fixed(high)}"
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]
    notes = [*robust.notes, *_who_is_absent(robust.scores)]
    more = {grade: [f"{grade}（%）", 0] for grade in grades}
    return show("robust", frame, notes, _source(robust.scores), robust.scores.is_demo, more)


@shows(Sobol, "block")
def sobol_block(sobol: Sobol) -> Block:
    """First-order and total indices of each factor, with their intervals."""
    frame = sobol.table.copy()
    for order in ("first", "total"):
        frame[f"{order}_span"] = [
            None if pd.isna(low) else f"{fixed(low, 2)} 至 {fixed(high, 2)}"
            for low, high in zip(frame[f"{order}_low"], frame[f"{order}_high"], strict=True)
        ]
    return show("sobol", frame, sobol.warnings, WORDS.say("say.reports"), sobol.is_demo)


@shows(Stars, "block")
def stars_block(stars: Stars) -> Block:
    """The organisations whose stars by the scheme differ from the office's."""
    both = stars.table[["stars_rule", "stars_office"]].dropna()
    other = int((both["stars_rule"] != both["stars_office"]).sum())
    head = WORDS.say(
        "say.stars_head",
        name=stars.scheme.get("name", ""),
        n=len(both),
        same=len(both) - other,
        other=other,
        one=len(stars.differences) - other,
    )
    names = "、".join(path.rpartition("/")[2] for path in stars.absent)
    absent = [WORDS.say("say.no_star_ledger", names=names)] if names else []
    notes = [head, *absent, *([str(stars.scheme["note"])] if "note" in stars.scheme else [])]
    source = WORDS.say("say.star_ledger")
    return show("stars", stars.differences, notes, source, stars.is_demo, when=stars.period)
