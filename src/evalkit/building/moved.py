"""Which numbers moved when a newer program read the same ledgers again, and which of its changes can be the cause.

``changes.yml`` lists the changes. A build writes down the number of the last change it knew; the next build with a newer
program compares what is stored with what it made, and `evalkit doctor` tells the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from evalkit.codebook import Codebook
from evalkit.documents.workbook import csv_bytes
from evalkit.files import put
from evalkit.indicators.store import manifest_of_any_version
from evalkit.world.area import Area
from evalkit.world.declared import Source, checked
from evalkit.world.number import plain

MOVED = "moved.csv"
KINDS = {"measure": "基础数", "indicator": "指标"}
HEADS = ("类别", "代码", "名称", "地区", "时期", "原来", "现在", "原因")
LEDGERS_CHANGED = "台账有变动"
UNKNOWN = "程序没有登记原因；如改过 codebook 或 mapping.yml，可能由此而来"
BETWEEN = "｜"  # stands between the causes of a number
MOST_TOLD = 20  # names that `doctor` prints; the file has all
SAME = 1e-12  # relative: a number that differs by less is the same


class Change(BaseModel):
    """A change of the program that can move numbers.

    Attributes
    ----------
    touches
        The views whose measures can differ.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    since: str
    touches: tuple[str, ...]
    text: str


class _Changes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    changes: tuple[Change, ...]


@cache
def all_changes() -> tuple[Change, ...]:
    """The changes of ``changes.yml`` by their number."""
    listed = checked(_Changes, Source.read(Path(__file__).with_name("changes.yml"))).changes
    return tuple(sorted(listed, key=lambda change: change.number))


def last_change() -> int:
    """The number of the newest change that this program knows."""
    return all_changes()[-1].number


def changes_after(number_known: int) -> tuple[Change, ...]:
    """The changes that a build did not know."""
    return tuple(change for change in all_changes() if change.number > number_known)


@dataclass(frozen=True)
class Stored:
    """The numbers of a build, of whatever version: measures and indicators, its files, the last change it knew."""

    measures: pd.DataFrame
    indicators: pd.DataFrame
    files: Mapping[str, str]
    change: int

    @classmethod
    def of_older_program(cls, folder: Path) -> Stored | None:
        """What an older program stored in a folder; None where there is nothing such, or it cannot be read."""
        manifest = manifest_of_any_version(folder)
        if not manifest or not changes_after(known := _change_known(manifest)):
            return None
        try:
            measures = pd.read_parquet(folder / "measures.parquet")
            indicators = pd.read_parquet(folder / "indicators.parquet")
            files = {entry["file"]: entry["sha256"] for entry in manifest["files"]}
            return cls(measures, indicators, files, known)
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _change_known(manifest: Mapping[str, Any]) -> int:
    """The last change that a build knew; builds before the first of them say nothing."""
    known = manifest.get("changes", 0)
    return known if isinstance(known, int) else 0


def _lines_before_a_build(folder: Path) -> list[str]:
    """What `doctor` says of data that an older program made and that no build has read again."""
    manifest = manifest_of_any_version(folder)
    after = changes_after(_change_known(manifest)) if manifest else ()
    if not after:
        return []
    return [
        "▲ 数据是较早的程序整理的：python start.py build 会重新读取台账，并列出变动的数；可能有影响的改动：",
        *(f"  {change.text}" for change in after),
    ]


def moved(
    before: Stored,
    measures: pd.DataFrame,
    indicators: pd.DataFrame,
    files: Iterable[Mapping[str, Any]],
    codebook: Codebook,
) -> pd.DataFrame:
    """The numbers that differ between two builds.

    Parameters
    ----------
    before
        What was stored.
    measures, indicators
        What is made now: area, period, measure or indicator, value.
    files
        The files of the new build, each with ``file``, ``sha256`` and ``places`` (area, period).

    Returns
    -------
    DataFrame
        A row a number, with the columns of `HEADS`; a number that is gone or new has an empty side.
    """
    changed = _changed_areas(before.files, files)
    gone = set(before.files) - {entry["file"] for entry in files}

    since = changes_after(before.change)
    rows = []
    for kind, old, new in (
        ("measure", before.measures, measures),
        ("indicator", before.indicators, indicators),
    ):
        named = codebook.measures if kind == "measure" else codebook.indicators
        for row in _differing(old, new, kind).itertuples(index=False):
            entry = named.get(row.code)
            if gone or any(_related(area, row.area) for area in changed):
                cause = LEDGERS_CHANGED
            else:
                views = _views_of(row.code, kind, codebook)
                causes = [change.text for change in since if views & set(change.touches)]
                cause = BETWEEN.join(causes) or UNKNOWN
            rows.append(
                {
                    "类别": KINDS[kind],
                    "代码": row.code,
                    "名称": entry.name if entry else row.code,
                    "地区": row.area,
                    "时期": row.period,
                    "原来": row.before,
                    "现在": row.after,
                    "原因": cause,
                }
            )
    return pd.DataFrame(rows, columns=list(HEADS))


def write_moved(folder: Path, frame: pd.DataFrame) -> Path:
    """The list as a CSV file that Excel opens."""
    return put(folder / MOVED, csv_bytes(frame))


def told_of(folder: Path) -> list[str]:
    """The lines for `doctor`: how many numbers of each name moved, an example, the causes; what an update will do."""
    if ahead := _lines_before_a_build(folder):
        return ahead
    try:
        frame = pd.read_csv(folder / MOVED, dtype=str, keep_default_na=False)
    except (OSError, ValueError):
        return []
    if not len(frame):
        return []
    indicators = frame.loc[frame["类别"] == KINDS["indicator"]]
    lines = [
        f"▲ 程序更新后重新整理台账，{len(frame)} 个数与以前不同（其中指标 {len(indicators)} 个），"
        f"逐个列在 {folder / MOVED}"
    ]
    shown = indicators if len(indicators) else frame
    names = shown["名称"].unique()
    for name in names[:MOST_TOLD]:
        rows = shown.loc[shown["名称"] == name]
        first = rows.iloc[0]
        sides = f"{_side(first['原来'])} → {_side(first['现在'])}"
        lines.append(f"  {name} {len(rows)} 个，如 {first['地区']} {first['时期']}：{sides}")
    if len(names) > MOST_TOLD:
        lines.append(f"  另有 {len(names) - MOST_TOLD} 项")
    causes = dict.fromkeys(cause for told in shown["原因"] for cause in told.split(BETWEEN))
    return [*lines, *(f"  可能的原因：{cause}" for cause in causes)]


def _side(text: str) -> str:
    return plain(float(text), 6) if text else "没有数"


def _differing(old: pd.DataFrame, new: pd.DataFrame, kind: str) -> pd.DataFrame:
    """code, area, period, before, after of what is not the same; what the older program did not reckon did not move."""
    new = new.loc[new[kind].isin(old[kind].unique())]
    keys = [kind, "area", "period"]
    sides = []
    for frame in (old, new):
        side = frame[[*keys, "value"]].astype({"value": float})
        side = side.dropna(subset=["value"])
        side[keys] = side[keys].astype(object).where(side[keys].notna(), "")
        sides.append(side.drop_duplicates(keys))
    both = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_before", "_after"))
    before, after = both["value_before"], both["value_after"]
    size = np.fmax(before.abs(), after.abs())
    same = ((before - after).abs() <= SAME * size) | (before == after)
    out = both.loc[~same].rename(
        columns={kind: "code", "value_before": "before", "value_after": "after"}
    )
    return out.sort_values(["code", "period", "area"], kind="stable", ignore_index=True)


def _views_of(code: str, kind: str, codebook: Codebook) -> set[str]:
    """The views that a measure, or the measures of an indicator, are made of."""
    measures = [code]
    if kind == "indicator":
        indicator = codebook.indicators.get(code)
        measures = [indicator.numerator, indicator.denominator] if indicator else []
    known = (codebook.measures.get(name) for name in measures)
    return {measure.view or "figures" for measure in known if measure}


def _changed_areas(before: Mapping[str, str], files: Iterable[Mapping[str, Any]]) -> set[str]:
    """The areas of files that are new or not what they were."""
    return {
        str(area)
        for entry in files
        if before.get(entry["file"]) != entry["sha256"]
        for area, _ in entry.get("places", ())
    }


def _related(one: str, other: str) -> bool:
    """Whether what is said of one area can be part of a number of the other."""
    return Area.of(one).contains(other) or Area.of(other).contains(one)
