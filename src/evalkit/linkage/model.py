"""How probable it is that two rows are one unit: splink on DuckDB, with the comparisons that model.yml declares.

The weights are the file's own (``m`` and ``u``); what data add is how rare a name or a date is among the rows compared.
From the weights of all pairs follows the probability of each: a row that came can be one row that left, of those in the
same place and time, or none, and the other way round; the smaller of the two probabilities counts.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from evalkit.linkage.records import Records
from evalkit.world.declared import Source, checked
from evalkit.world.kinds import Strict

_ALONE: dict[str, Any] = {  # no network, no file, and no thread that a later fork would wait for
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}
_OTHERWISE = "ELSE"


SCORED = ["left", "right", "probability", "alike", "doubtful"]


class Level(Strict):
    """One answer of a comparison."""

    sql: str
    m: float | None = None
    u: float | None = None
    rare: str | None = None
    empty: bool = False
    doubt: Literal["always", "undated"] | None = None
    dated: bool = False
    zh: str = ""
    say: bool = True


class Prior(Strict):
    """How probable a link is before anything is compared."""

    next: float
    later: float
    elsewhere: float


class Model(Strict):
    """What model.yml declares."""

    comparisons: dict[str, list[Level]]
    pairs: list[str]
    never: str
    known_units: int
    prior: Prior
    same: float = Field(gt=0, lt=1)
    ask: float = Field(gt=0, lt=1)


@cache
def declared_model() -> Model:
    """The model of model.yml."""
    return checked(Model, Source.read(Path(__file__).with_name("model.yml")))


def available() -> bool:
    """Whether splink is installed; without it units are linked by code and name alone."""
    return importlib.util.find_spec("splink") is not None


@dataclass(frozen=True)
class Scored:
    """Pairs that were compared.

    Attributes
    ----------
    frame
        ``left``, ``right`` (rows of the records), ``probability``, ``alike`` (what is told of the pair) and
        ``doubtful`` (never linked without a question).
    """

    frame: pd.DataFrame


def score(
    records: Records, threads: np.ndarray, before: pd.DataFrame, after: pd.DataFrame
) -> Scored:
    """Compare rows that left with rows that came; ``threads`` tell how many units there are of a name or date.

    Parameters
    ----------
    before, after
        The rows that left and that came, as `compared_columns` gives them.

    Raises
    ------
    ModuleNotFoundError
        There is something to compare, and splink is not installed (`available`).
    """
    model = declared_model()
    units = np.unique(threads, return_index=True)[1]
    rare = {
        column: _frequencies(_of_units(records, units, column), model, column)
        for column in _rare(model)
    }
    pairs = _splink(before, after, model, rare)
    if not len(pairs):
        return Scored(pd.DataFrame(columns=SCORED))
    pairs = pairs.sort_values(["left", "right"], ignore_index=True)
    pairs["probability"] = _probability(pairs, before, after, model.prior)
    return Scored(pairs[SCORED])


def may_meet(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Whether any pair can fall under ``pairs`` of model.yml: where none does, splink need not be loaded."""
    marks: dict[tuple[Any, ...], set[str]] = {}
    for keys, mark in _meeting_points(before):
        for key in keys:
            marks.setdefault(key, set()).add(mark)
    for keys, mark in _meeting_points(after):
        for key in keys:
            there = marks.get(key)
            if there and (not mark or mark in there or "" in there):
                return True
    return False


def _meeting_points(side: pd.DataFrame) -> Iterator[tuple[list[tuple[Any, ...]], str]]:
    columns = (
        "district",
        "township",
        "core",
        "brand",
        "head",
        "second",
        "tail",
        "started",
        "marks",
    )
    for district, township, core, brand, head, second, tail, started, mark in zip(
        *(side[column].tolist() for column in columns), strict=True
    ):
        keys: list[tuple[Any, ...]] = [
            (district, 0, head),
            (district, 1, second),
            (district, 2, brand),
        ]
        keys.append((district, township, tail))
        if started is not pd.NaT:
            keys += [(district, 3, started), (core, started)]
        yield keys, mark


def _rare(model: Model) -> dict[str, float]:
    """The columns of which the frequency counts, with the u that stands in the file."""
    levels = [level for levels in model.comparisons.values() for level in levels]
    return {level.rare: level.u or 0.0 for level in levels if level.rare}


def _frequencies(values: pd.Series, model: Model, column: str) -> pd.DataFrame:
    """How probable it is that another unit has a value too: others that have it, beside what the file says."""
    counts = values.dropna().value_counts().sort_index()
    known = model.known_units
    share = (counts - 1 + _rare(model)[column] * known) / (len(values) + known)
    return pd.DataFrame({column: share.index, f"tf_{column}": share.to_numpy()})


def _of_units(records: Records, rows: np.ndarray, column: str) -> pd.Series:
    """One of `compared_columns` of many rows: what a name says, or the day of founding."""
    if column == "started":
        return records.frame["started_on"].iloc[rows]
    return pd.Series([getattr(records.name(row), column) for row in rows.tolist()], dtype=object)


def compared_columns(records: Records, rows: np.ndarray) -> pd.DataFrame:
    """The columns of which model.yml speaks."""
    frame = records.frame.iloc[rows]
    names = [records.name(row) for row in rows.tolist()]
    started = frame["started_on"]
    ends = pd.Series(records.period_ends)
    return pd.DataFrame(
        {
            "id": rows,
            "pos": frame["pos"].to_numpy(),
            "next_pos": records.next_reported[rows],
            "period_end": ends.iloc[frame["pos"]].to_numpy(),
            "district": frame["district"].to_numpy(),
            "township": frame["township"].to_numpy(),
            "core": [name.core for name in names],
            "brand": [name.brand for name in names],
            "form": [name.form for name in names],
            "branch": [name.branch for name in names],
            "marks": [name.marks for name in names],
            "ending": [name.ending for name in names],
            "seat": [_seat(name.place) for name in names],
            "head": [name.core[:2] for name in names],
            "second": [name.core[1:3] for name in names],
            "tail": [name.core[-2:] for name in names],
            "size": [len(name.core) for name in names],
            "drops": [_drops(name.core) for name in names],
            "pairs": [_pairs(name.core) for name in names],
            "started": started.to_numpy(),
            "year_only": ((started.dt.month == 1) & (started.dt.day == 1)).to_numpy(dtype=bool),
            "employees": frame["employees"].to_numpy(),
            "kind": frame["kind"].to_numpy(),
            "industry": frame["industry"].to_numpy(),
        }
    )


def _seat(place: str) -> str:
    """The township that a name begins with."""
    return place if place.endswith(("镇", "乡", "街道")) else ""


def _drops(core: str) -> list[str]:
    """A text and all that remains of it without one character: two texts that share one differ by a character that is
    wrong, left out, too much or in the wrong place (DuckDB's own distances count bytes, of which a character has three)."""
    return sorted({core, *(core[:i] + core[i + 1 :] for i in range(len(core)))} - {""})


def _pairs(core: str) -> list[str]:
    return sorted({core[i : i + 2] for i in range(len(core) - 1)})


def _splink(
    before: pd.DataFrame, after: pd.DataFrame, model: Model, rare: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """left, right, weight (a Bayes factor), alike: what splink reckons of the pairs that are compared."""
    import duckdb  # heavy, and only where something is left to compare
    import pyarrow as pa
    from splink import DuckDBAPI, Linker, SettingsCreator

    comparisons: list[Any] = [
        {
            "output_column_name": name,
            "comparison_levels": [_level(level) for level in levels],
        }
        for name, levels in model.comparisons.items()
    ]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": f"({rule}) AND NOT ({model.never})"} for rule in model.pairs
        ],
        probability_two_random_records_match=0.5,  # what is known beforehand is reckoned in _probability
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        linker_uid="evalkit",
    )
    with duckdb.connect(":memory:", config=_ALONE) as connection:
        database = DuckDBAPI(connection)
        tables = [
            database.register(
                connection.from_arrow(pa.Table.from_pandas(side, preserve_index=False)),
                dataset_display_name=name,
            )
            for name, side in (("a_left", before), ("b_right", after))
        ]
        linker = Linker(tables, settings, log_level=None, validate_settings=False)
        for column, shares in rare.items():
            looked_up = database.register(
                connection.from_arrow(pa.Table.from_pandas(shares, preserve_index=False))
            )
            linker.table_management.register_term_frequency_lookup(looked_up, column)
        found = linker.inference.predict(threshold_match_weight=2, warning_mode="never")
        frame = found.as_pandas_dataframe()
    return pd.DataFrame(
        {
            "left": frame["id_l"].to_numpy(),
            "right": frame["id_r"].to_numpy(),
            "weight": np.exp2(frame["match_weight"].to_numpy(dtype=float)),
            "alike": _alike(frame, model),
            "doubtful": _doubtful(frame, model),
        }
    )


def _level(level: Level) -> dict[str, Any]:
    """A level as splink takes it; its SQL names the sides ``l.x``, splink's are ``x_l``."""
    sql = _sides(level.sql)
    found: dict[str, Any] = {"sql_condition": sql, "label_for_charts": level.zh or sql}
    if level.empty:
        return found | {"is_null_level": True}
    found |= {"m_probability": level.m, "u_probability": level.u}
    found |= {"fix_m_probability": True, "fix_u_probability": True}
    if level.rare:
        found |= {
            "tf_adjustment_column": level.rare,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }
    return found


def _sides(sql: str) -> str:
    return re.sub(r"\b([lr])\.(\w+)", r'"\2_\1"', sql)


def _alike(frame: pd.DataFrame, model: Model) -> list[str]:
    """What each pair has in common and what not, in words."""
    told: list[list[str]] = [[] for _ in range(len(frame))]
    for name, levels in model.comparisons.items():
        words = {at: level.zh for at, level in _answers(levels).items() if level.say}
        for said, answer in zip(told, frame[f"gamma_{name}"].tolist(), strict=True):
            if words.get(answer):
                said.append(words[answer])
    return ["；".join(said) for said in told]


def _answers(levels: list[Level]) -> dict[int, Level]:
    """The levels by the number under which splink gives them: the last one is 0."""
    real = [level for level in levels if not level.empty]
    return {len(real) - 1 - place: level for place, level in enumerate(real)}


def _doubtful(frame: pd.DataFrame, model: Model) -> np.ndarray:
    """Pairs of which an answer forbids that they be linked without a question."""
    always, undated, dated = (np.zeros(len(frame), dtype=bool) for _ in range(3))
    for name, levels in model.comparisons.items():
        given = frame[f"gamma_{name}"].to_numpy()
        for at, level in _answers(levels).items():
            here = given == at
            always |= here & (level.doubt == "always")
            undated |= here & (level.doubt == "undated")
            dated |= here & level.dated
    return always | (undated & ~dated)


def _probability(
    pairs: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, prior: Prior
) -> np.ndarray:
    """The smaller of the two probabilities: of the row that left among all in its place, and of the row that came."""
    left = before.set_index("id").loc[pairs["left"]]
    right = after.set_index("id").loc[pairs["right"]]
    far = left["district"].to_numpy() != right["district"].to_numpy()
    later = left["next_pos"].to_numpy() != right["pos"].to_numpy()
    chance = np.where(far, prior.elsewhere, np.where(later, prior.later, prior.next))
    gone = before.groupby(["district", "pos"])["id"].size()
    gone_anywhere = before.groupby("pos")["id"].size()
    places = pd.MultiIndex.from_arrays([left["district"], left["pos"]])
    among = np.where(far, gone_anywhere.loc[left["pos"]].to_numpy(), gone.loc[places].to_numpy())
    share = chance * pairs["weight"].to_numpy() / among
    out = np.ones(len(pairs))
    for one, other in (
        (pairs["right"].to_numpy(), left["pos"].to_numpy()),
        (pairs["left"].to_numpy(), right["pos"].to_numpy()),
    ):
        total = pd.Series(share).groupby([one, other]).transform("sum").to_numpy()
        out = np.minimum(out, share / (1 - chance + total))
    return out
