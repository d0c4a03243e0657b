"""Links against the truth of an invented province: a link of two rows is right where they are one unit, or one came of the other."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from invented import World

from evalkit.ledgers.forms import name_key
from evalkit.linkage.linking import Linked, link
from evalkit.world.unit_key import is_credit_code

ROW = ["area", "period", "unit", "unit_name"]


def as_units(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as the table ``units`` has them: an invalid code is none, a date is a date."""
    keys = [
        code if isinstance(code, str) and is_credit_code(code) else name_key(name)
        for code, name in zip(rows["code"], rows["unit_name"], strict=True)
    ]
    return rows.drop(columns=["entity", "code"]).assign(
        unit=keys, started_on=pd.to_datetime(rows["started_on"])
    )


@dataclass(frozen=True)
class Measured:
    """Of all links between a row and the unit's next row, and of all mergers and splits that were told.

    Attributes
    ----------
    wrong, missed
        Pairs of names, to look at.
    questions, true_questions
        How many pairs the office is asked of, and how many of them are one unit.
    """

    precision: float
    recall: float
    renamed: float
    moved: float
    by_model: int
    model_precision: float
    questions: int
    true_questions: int
    wrong: list[tuple[str, str]]
    missed: list[tuple[str, str]]


def measure(world: World, linked: Linked | None = None) -> Measured:
    """Precision and recall of `linked` (by default of what `link` makes of the world's rows)."""
    units = as_units(world.rows)
    linked = linked or link(units)
    truth = world.rows.assign(unit=units["unit"]).drop_duplicates(ROW)[[*ROW, "entity"]]
    frame = linked.records.frame
    entity = frame.merge(truth, on=ROW, how="left", validate="m:1")["entity"].tolist()
    threads, names = linked.threads.tolist(), frame["unit_name"].tolist()
    true, said = _next_rows(entity, frame["pos"]), _next_rows(threads, frame["pos"])
    right = [entity[a] == entity[b] for a, b in said]
    found = [threads[a] == threads[b] for a, b in true]
    became = set(
        zip(world.became["kind"], world.became["before"], world.became["after"], strict=True)
    )
    told = [(r.kind, entity[r.before], entity[r.after]) for r in linked.relations]
    good = [one for one in told if one in became]
    model = [ok for ok, (_, b) in zip(right, said, strict=True) if linked.how[b] == "model"]

    def share_of(kind: str) -> float:
        rows = world.changed.loc[world.changed["kind"] == kind]
        those = set(zip(rows["entity"], rows["period"], strict=True))
        period = frame["period"].tolist()
        mine = [
            ok for ok, (_, b) in zip(found, true, strict=True) if (entity[b], period[b]) in those
        ]
        return sum(mine) / max(1, len(mine))

    return Measured(
        (sum(right) + len(good)) / (len(said) + len(told)),
        (sum(found) + len(set(good))) / (len(true) + len(became)),
        share_of("renamed"),
        share_of("moved"),
        len(model),
        sum(model) / max(1, len(model)),
        len(linked.questions),
        sum(entity[q.before] == entity[q.after] for q in linked.questions),
        [(names[a], names[b]) for ok, (a, b) in zip(right, said, strict=True) if not ok],
        [(names[a], names[b]) for ok, (a, b) in zip(found, true, strict=True) if not ok],
    )


def _next_rows(groups: list[int], pos: pd.Series) -> list[tuple[int, int]]:
    """Every row with the next one of its group."""
    rows = pd.DataFrame({"group": groups, "pos": pos.tolist(), "row": range(len(groups))})
    rows = rows.sort_values(["group", "pos"])
    same = rows["group"].eq(rows["group"].shift())
    return list(zip(rows["row"].shift()[same].astype(int), rows["row"][same], strict=True))
