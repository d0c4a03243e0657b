"""The bundled public figures, processed like any other data but never mixed with it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import evalkit
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.figures import published_measures
from evalkit.indicators.project import Project
from evalkit.indicators.store import (
    SCHEMA_VERSION,
    Manifest,
    damaged,
    digest,
    file_digest,
    read_manifest,
    write_build,
)
from evalkit.ledgers.values import parse
from evalkit.problems import InputError, Problem
from evalkit.world.number import plain
from evalkit.world.period import in_time

FILES = ("figures.csv", "national_series.csv")
SAID = {
    "exact": "{}",
    "share": "{}",
    "range": "{}",
    "more_than": "{}余",
    "nearly": "近{}",
    "about": "约{}",
    "at_least": "不少于{}",
}
SCALES = {"万": 1e4, "亿": 1e8}
PLAIN_UNITS = ("周", "倍", "天", "星")  # numbers, not counts of things


def published_folder(project: Project) -> Path:
    """``data/published`` of the project, else the one that comes with the program."""
    for root in (project.root, Path(evalkit.__file__).parents[2]):
        if (root / "data" / "published" / "figures.csv").is_file():
            return root / "data" / "published"
    raise InputError(
        Problem(
            "data_missing",
            file="data/published",
            found="没有公开数字",
            advice="请恢复程序自带的 data/published",
        )
    )


def build_published(project: Project) -> Manifest:
    """Read the public figures, their intervals and the rates that follow from them."""
    source = published_folder(project)
    folder = project.processed("published")
    files = [
        {"file": path.name, "sha256": file_digest(path)} for path in sorted(source.glob("*.csv"))
    ]
    fingerprint = digest(
        evalkit.__version__, project.codebook.hash(), *(f["sha256"] for f in files)
    )
    known = read_manifest(folder)
    if known and "stored" not in known:
        known = None
    lost = tuple(damaged(folder, known["stored"])) if known else ()
    if known and known["fingerprint"] == fingerprint and not lost:
        return Manifest(
            folder, "published", tuple(known["periods"]), tuple(files), {}, changed=False
        )
    tables = published(source)
    measures = published_measures(tables["figures"], project.codebook)
    indicators = evaluate(measures, codebook=project.codebook)
    periods = in_time(p for p in measures["period"].dropna() if p)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "evalkit": evalkit.__version__,
        "dataset": "published",
        "fingerprint": fingerprint,
        "periods": periods,
        "problems": {},
        "files": files,
        "batches": [],
    }
    write_build(folder, {**tables, "measures": measures, "indicators": indicators}, manifest)
    return Manifest(
        folder, "published", tuple(periods), tuple(files), {}, changed=True, damaged=lost
    )


def published(folder: str | Path) -> dict[str, pd.DataFrame]:
    """The bundled public figures of a folder, read as the product reads any figure.

    Parameters
    ----------
    folder
        With ``figures.csv``, ``national_series.csv`` (value, unit and qualifier as printed), ``places.csv`` (place to
        area, short name, level) and ``sources.csv``.

    Returns
    -------
    ``figures``: table `figures` of the codebook, and besides ``place``, ``level``, ``name`` (as the text calls it),
    ``printed`` (number, word and unit as printed), ``step`` (one unit of the last printed digit), ``source_key``,
    ``note``. 万 and 亿 are multiplied out, percentages are plain ratios, an open upper end is null.
    ``places``: place, area, name, short_name, name_en, level. ``sources``: source, title, publisher, url, date (and in the
    file ``read_at``, the page on which a reposted text was read, which no report prints).
    """
    folder = Path(folder)
    try:
        raw = [
            pd.read_csv(folder / name, dtype=str, keep_default_na=False).assign(source_file=name)
            for name in FILES
        ]
        places = pd.read_csv(folder / "places.csv", dtype=str, keep_default_na=False)
        sources = pd.read_csv(folder / "sources.csv", dtype=str, keep_default_na=False)
    except OSError as error:
        raise InputError(
            Problem(
                "file_unreadable", file=str(error.filename), advice="公开数字应在 data/published"
            )
        ) from error
    table = pd.concat(
        [one.assign(source_row=np.arange(2, len(one) + 2)) for one in raw], ignore_index=True
    )
    places["name"] = places["place"]
    known = places.set_index("place")
    titles = {
        s.source: f"{s.title}（{s.date}）" if s.date else s.title for s in sources.itertuples()
    }
    read = pd.DataFrame(
        [_read(row) for row in table.itertuples()],
        columns=["value", "low", "high", "unit", "printed", "step"],
    )
    figures = pd.DataFrame(
        {
            "area": table["place"].map(known["area"]),
            "period": table["period"].replace("", None),
            "source_file": table["source_file"],
            "source_sheet": "",
            "source_row": table["source_row"],
            "measure": table["figure"],
            **{name: read[name] for name in ("value", "low", "high")},
            "qualifier": table["qualifier"],
            "unit": read["unit"],
            **{name: table[name] for name in ("base", "status")},
            "source": table["source"].map(titles),
            "locator": table["locator"],
            "place": table["place"],
            "level": table["place"].map(known["level"]),
            "name": table["figure_zh"],
            **{name: read[name] for name in ("printed", "step")},
            "source_key": table["source"],
            "note": table["note"],
        }
    )
    return {"figures": figures, "places": places, "sources": sources}


def _read(row: Any) -> tuple[float, float, float, str, str, float]:
    """value, low, high (NaN where open), unit, the printed words, one unit of the last printed digit."""
    scale_word = row.unit[0] if row.unit[:1] in SCALES else ""
    scale, noun = SCALES.get(scale_word, 1.0), row.unit[len(scale_word) :]
    if row.qualifier == "range":
        low, high = float(row.low) * scale, float(row.high) * scale
        return (low + high) / 2, low, high, noun, f"{row.low}至{row.high}{row.unit}", scale
    kind = (
        "money"
        if noun == "元"
        else "percent"
        if noun == "%"
        else "number"
        if noun in PLAIN_UNITS
        else "count"
    )
    if "." in row.value and not scale_word and kind == "count":
        kind = "number"
    number = f"{row.value}{scale_word}{'%' if kind == 'percent' else ''}"
    found = parse(
        SAID[row.qualifier].format(number), unit="元" if kind == "money" else "", kind=kind
    )
    digits = len(row.value.partition(".")[2])
    step = scale * 10.0**-digits / (100 if kind == "percent" else 1)
    value, low = _number(found.value), _number(found.low)
    high = _number(found.high)
    large = kind == "money" and not scale_word and value >= 1e5 and value % 1e4 == 0
    shown = f"{plain(value / 10_000)}万元" if large else f"{row.value}{row.unit}"
    word = SAID[row.qualifier]
    if row.qualifier == "more_than":  # 余 stands before the noun: 12000余名, 100余万元
        split = re.match(r"[\d.]+", shown)
        shown = f"{split[0]}余{shown[split.end() :]}" if split else shown
    else:
        shown = word.format(shown)
    return value, low, math.nan if math.isinf(high) else high, noun, shown, step


def _number(x: float | None) -> float:
    return math.nan if x is None else float(x)
