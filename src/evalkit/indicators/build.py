"""Ledgers to stored measures and indicators: one Parquet part per source file, read again only when it changed."""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import evalkit
from evalkit.codebook import Codebook
from evalkit.indicators import baseline
from evalkit.indicators.areas import build_areas, full_paths, home_of
from evalkit.indicators.blocks import blocks_of, plain, with_home
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.load import TABLES
from evalkit.indicators.measures import COLUMNS, measure_blocks, repeated_codes_of
from evalkit.indicators.parts import (
    Item,
    Progress,
    damaged_parts,
    digest,
    known_areas,
    pieces,
    read_parts,
    sweep,
)
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.store import (
    SCHEMA_VERSION,
    damaged,
    read_manifest,
    read_table,
    schema,
    with_full_areas,
    write_build,
)
from evalkit.indicators.views import TABLES as VIEW_TABLES
from evalkit.ledgers import corrections
from evalkit.ledgers.files import files_below
from evalkit.ledgers.persons import told
from evalkit.problems import InputError, Problem
from evalkit.runner.local import locked
from evalkit.world.period import in_time, places

PROBLEM_COLUMNS = [
    "file",
    "sheet",
    "cell",
    "severity",
    "code",
    "found",
    "read",
    "allowed",
    "advice",
]


@dataclass(frozen=True)
class Manifest:
    """What a build made: its folder, periods, files (with part, hash, rows), counts of problems, whether anew.

    `damaged`: stored files that were not whole, which is why they were made again.
    """

    folder: Path
    dataset: str
    periods: tuple[str, ...]
    files: tuple[dict[str, Any], ...]
    n_problems: dict[str, int]
    changed: bool
    damaged: tuple[str, ...] = ()


def file_digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def reader_key(project: Project, areas: frozenset[str] = frozenset()) -> str:
    """Everything but the file itself that decides what a ledger becomes; `areas` are the names in areas.xlsx."""
    return digest(
        str(SCHEMA_VERSION),
        evalkit.__version__,
        project.codebook.reading_hash(),
        project.settings["area"],
        json.dumps(project.mapping, ensure_ascii=False),
        *sorted(areas),
    )


def build(
    project: str | Path | Project | None = None,
    dataset: str | None = None,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Turn the ledgers of a project into tables, measures and indicators.

    Parameters
    ----------
    dataset
        ``raw`` or ``demo`` (default: raw where the user has ledgers) or ``published``.
    force
        Read every file again.
    jobs
        Processes; by default as many as there are cores, fewer where memory is short.
    progress
        Called with (done, total, file name).

    Raises
    ------
    InputError
        No ledgers, or nothing could be written. Faults inside ledgers are rows of the table ``problems``.
    """
    found = find_project(project)
    dataset = dataset or found.dataset
    if dataset == "published":
        from evalkit.indicators.published import build_published

        return build_published(found)
    key = reader_key(
        found, known_areas(found.data / dataset)
    )  # settings and codebook first: their faults come before any reading
    files = found.ledgers(dataset)
    if not files:
        place = str(found.data / dataset)
        advice = (
            "请把台账放进 data/raw（按年份分文件夹），或运行 python start.py report 先看演示数据"
        )
        raise InputError(Problem("data_missing", file=place, found="没有台账", advice=advice))
    folder = found.processed(dataset)
    collecting = gc.isenabled()
    gc.disable()  # a million cells without a cycle: the collector, also of the workers, would walk them again and again
    try:
        with locked(found.cache / "build", wait=-1):  # one build at a time, a second one waits
            items = [
                _item(name, path, found, dataset, key)
                for name, path in found.labelled(dataset).items()
            ]
            beside = [
                *_corrected_by(found.data / dataset),
                *baseline.printed_files(found.data / dataset),
            ]
            changes = [f"{path}{file_digest(path)}" for path in beside]
            fingerprint = digest(
                key,
                evalkit.__version__,
                found.codebook.hash(),
                *(item["part"] for item in items),
                *changes,
            )
            known = read_manifest(folder)
            if (
                known and "stored" not in known
            ):  # of a version that did not write down what it stored
                known = None
            lost = not_whole(folder, known) if known else []
            if known and known["fingerprint"] == fingerprint and not force and not lost:
                return _manifest(folder, known, changed=False)
            groups = read_parts(
                items, found, dataset, folder / "parts", force, jobs, progress, lost
            )
            made = _derive(found, dataset, folder, items, groups, fingerprint)
            return dataclasses.replace(made, damaged=tuple(dict.fromkeys(lost)))
    finally:
        if collecting:
            gc.enable()


def not_whole(folder: Path, known: Mapping[str, Any]) -> list[str]:
    """Stored files of a build that are gone, or no longer what it wrote."""
    return [*damaged(folder, known["stored"]), *damaged_parts(folder / "parts", known["parts"])]


def _item(name: str, path: Path, project: Project, dataset: str, key: str) -> dict[str, Any]:
    """A ledger file: as it may be printed (`file`), where it lies, and the key of what is read from it."""
    relative, sha = path.relative_to(project.data / dataset).as_posix(), file_digest(path)
    fixes = [
        file_digest(fix) for fix in corrections.correction_files(project.data / dataset, relative)
    ]
    part = digest(key, name, sha, *fixes)[:24]
    return {
        "file": name,
        "path": relative,
        "sha256": sha,
        "part": part,
        "size": path.stat().st_size,
    }


def _corrected_by(root: Path) -> list[Path]:
    return [path for path in files_below(root) if path.name == corrections.NAME]


def _derive(
    project: Project,
    dataset: str,
    folder: Path,
    items: list[Item],
    groups: list[Item],
    fingerprint: str,
) -> Manifest:
    codebook = project.codebook
    rows = {file: counts for group in groups for file, counts in group["rows"].items()}
    arrow = {}
    for name in (*TABLES, "areas"):
        arrow[name] = read_table(
            pieces(folder, groups, name), schema(codebook, name), _needed(codebook, name)
        )
    homes = dict.fromkeys(
        home_of(a) for name in TABLES for a in arrow[name]["area"].unique().to_pylist() if a
    )
    full = full_paths(homes)
    items = [
        {key: i[key] for key in ("file", "sha256", "part")}
        | {
            "rows": rows.get(i["file"], {}),
            "places": [[full.get(home, home), time] for home, time in i["places"]],
        }
        for i in items
    ]
    arrow = {name: with_full_areas(table, full) for name, table in arrow.items()}
    frames = {name: plain(arrow[name]).to_pandas() for name in ("areas", "figures")}
    paths = dict.fromkeys(
        path
        for name in TABLES
        for path in arrow[name]["area"].unique().to_pylist()
        if path is not None
    )
    areas = build_areas(sorted(paths), frames["areas"])
    periods = in_time(p for name in TABLES for p in arrow[name]["period"].unique().to_pylist() if p)
    root = project.data / dataset
    fixes, wrong = corrections.read_corrections(_corrected_by(root), root)
    printed, misread = baseline.read_printed(root, areas, codebook)
    more = [*wrong, *corrections.unmatched(fixes, [item["file"] for item in items]), *misread]
    tables = {name: with_home(arrow[name]) for name in VIEW_TABLES}
    measures = all_measures(tables, frames["figures"], areas, periods, codebook)
    last = periods[-1] if periods else ""
    measures, counted = baseline.overlay(measures, printed, "measure", last)
    indicators = place_areas(evaluate(measures, codebook=codebook), areas, dataset == "demo")
    indicators, rated = baseline.overlay(indicators, printed, "indicator", last)
    differences, questions = baseline.differences([counted, rated])
    more += questions
    periods = in_time([*periods, *differences["period"]])
    more = told(more)
    problems = pd.DataFrame(
        [p for group in groups for p in group["problems"]] + [dataclasses.asdict(p) for p in more]
    )
    counts = problems["severity"].value_counts().to_dict() if len(problems) else {}
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "evalkit": evalkit.__version__,
        "dataset": dataset,
        "fingerprint": fingerprint,
        "periods": periods,
        "problems": {str(k): int(v) for k, v in sorted(counts.items())},
        "replaced": list(codebook.replaced),
        "files": items,
        "parts": [
            {key: group[key] for key in ("part", "places", "batch", "groups")} for group in groups
        ],
        "full_areas": full,
    }
    frames = {
        "measures": measures,
        "indicators": indicators,
        "areas": areas,
        "baseline": differences,
    }
    write_build(folder, frames | {"problems": _problem_table(problems)}, manifest)
    sweep(folder / "parts", groups)
    return _manifest(folder, manifest, changed=True)


def _needed(codebook: Codebook, table: str) -> list[str] | None:
    """The columns of a table that views, measures and the table of areas can ask for."""
    if table in ("figures", "areas"):
        return None
    if table not in VIEW_TABLES:
        return ["area", "period"]
    known = codebook.views.get("party_orgs" if table == "party_organisations" else table)
    names = [name for name in schema(codebook, table).names if not name.startswith("source_")]
    bare = {name: name.removesuffix("_low").removesuffix("_high") for name in names}
    return [
        name for name in names if known is None or name in ("area", "period") or bare[name] in known
    ]


def _problem_table(problems: pd.DataFrame) -> pd.DataFrame:
    if not len(problems):
        return pd.DataFrame(columns=PROBLEM_COLUMNS, dtype="string")
    place = problems["where"].fillna("").str.rpartition("!")
    problems = problems.assign(sheet=place[0], cell=place[2])
    return problems[PROBLEM_COLUMNS].astype("string")


def _manifest(folder: Path, known: dict[str, Any], changed: bool) -> Manifest:
    return Manifest(
        folder,
        known["dataset"],
        tuple(known["periods"]),
        tuple(known["files"]),
        known["problems"],
        changed,
    )


def all_measures(
    tables: dict[str, pa.Table],
    figures: pd.DataFrame,
    areas: pd.DataFrame,
    periods: Sequence[str],
    codebook: Codebook,
) -> pd.DataFrame:
    """Measures from ledgers and typed figures, with the number of districts behind each sum (``n_areas``)."""
    blocks = list(blocks_of(tables, periods))
    repeated = {block.period: repeated_codes_of([block["units"]]) for block in blocks}
    counted = measure_blocks(blocks, areas, codebook, repeated)
    typed = typed_measures(figures, areas, codebook)
    frame = pd.concat([counted, typed], ignore_index=True) if len(typed) else counted
    homes = dict(zip(areas["area"], areas["home"], strict=True)) if len(areas) else {}
    frame["n_areas"], frame["home"] = _n_areas(frame, homes)
    order = {code: n for n, code in enumerate(codebook.measures)}
    frame["_order"] = frame["measure"].map(order)
    frame["_time"] = frame["period"].map(places(frame["period"].dropna().unique()))
    frame = frame.sort_values(
        ["_order", "_time", "area"], kind="stable", na_position="first", ignore_index=True
    )
    return frame.drop(columns=["_order", "_time"])


def typed_measures(figures: pd.DataFrame, areas: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Typed counts of the 工作报表; an upper area without its own figure has the sum of those below it."""
    wanted = {code for code, measure in codebook.measures.items() if measure.figure}
    if not len(figures) or not wanted:
        return pd.DataFrame(columns=COLUMNS)
    rows = figures.loc[figures["measure"].isin(wanted) & figures["value"].notna()].copy()
    rows["area"] = rows["area"].fillna("")
    rows = rows.reindex(columns=[*rows.columns.union(["low", "high"], sort=False)])
    open_end = (
        rows["low"].notna() & rows["high"].isna()
    )  # 以上: from the number on, without an upper end
    rows["low"] = rows["low"].fillna(rows["value"])
    rows["high"] = rows["high"].fillna(rows["value"]).mask(open_end, float("inf"))
    own = rows.drop_duplicates(["area", "period", "measure"], keep="last")
    own = own[["area", "period", "measure", "value", "low", "high"]]
    depth = own["area"].str.count("/")
    parts = [own]
    for d in sorted(set(depth), reverse=True):
        for up in range(d):
            above = own.loc[depth == d].assign(
                area=own["area"].str.split("/").str[: up + 1].str.join("/")
            )
            parts.append(above.groupby(["area", "period", "measure"], as_index=False).sum())
    out = pd.concat(parts, ignore_index=True).drop_duplicates(
        ["area", "period", "measure"], keep="first"
    )
    levels = dict(zip(areas["area"], areas["level"], strict=True)) if len(areas) else {}
    units = {code: measure.unit for code, measure in codebook.measures.items()}
    out = out.assign(
        level=out["area"].map(levels),
        n_missing=0,
        unit=out["measure"].map(units),
        base="",
        source="figures",
    )
    out["area"] = out["area"].replace("", None)
    return out[COLUMNS]


def _n_areas(frame: pd.DataFrame, homes: dict[str, str]) -> tuple[pd.Series, np.ndarray]:
    """How many districts below an area have a value of the measure (null for a district and below); rows of districts."""
    area, areas = pd.factorize(frame["area"])
    what = pd.factorize(frame["period"])[0] * len(frame) + pd.factorize(frame["measure"])[0]
    size = int(what.max(initial=0)) + 1
    at_home = np.array([*(homes.get(path) == path for path in areas), False])[area]
    codes = {path: n for n, path in enumerate(areas)}
    above = [(n, codes[up]) for path, n in codes.items() for up in _ancestors(path) if up in codes]
    pairs = pd.DataFrame(above, columns=["area", "up"]).merge(
        pd.DataFrame({"area": area[at_home], "what": what[at_home]}), on="area"
    )
    found, counts = np.unique(
        pairs["up"].to_numpy(dtype=int) * size + pairs["what"].to_numpy(dtype=int),
        return_counts=True,
    )
    at = pd.Index(found).get_indexer(area * size + what)
    return pd.Series(np.append(counts, 0)[at], index=frame.index, dtype="Int64").mask(
        (at < 0) | (area < 0)
    ), at_home


def _ancestors(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:i]) for i in range(1, len(names))]


def place_areas(indicators: pd.DataFrame, areas: pd.DataFrame, is_demo: bool) -> pd.DataFrame:
    """Names, peer groups and the administrative order of the table of areas, on the rows of indicators."""
    known = areas.set_index("area")
    out = indicators.copy()
    for column, source in (
        ("area_name", "name"),
        ("peer_group", "peer_group"),
        ("sort_order", "sort_order"),
    ):
        out[column] = out["area"].map(known[source])
    out["is_demo"] = is_demo
    out["level"] = out["area"].map(known["level"])
    out["_time"] = out["period"].map(places(out["period"].dropna().unique()))
    return out.sort_values(
        ["indicator", "_time", "sort_order"], kind="stable", ignore_index=True
    ).drop(columns="_time")
