"""Ledgers to stored measures and indicators: one Parquet part per source file, read again only when it changed."""

from __future__ import annotations

import dataclasses
import gc
import json
from pathlib import Path
from typing import Any

import pandas as pd

import evalkit
from evalkit.building import baseline
from evalkit.building.moved import Stored, last_change, moved, write_moved
from evalkit.building.parts import (
    Item,
    Progress,
    known_areas,
    not_whole,
    read_parts,
    sweep,
)
from evalkit.building.published import build_published
from evalkit.building.sources import labelled, mapping_of
from evalkit.codebook import Codebook
from evalkit.files import files_below
from evalkit.indicators.areas import build_areas, full_paths, home_of
from evalkit.indicators.blocks import plain, with_home
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.measures import all_measures
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.store import (
    SCHEMA_VERSION,
    TABLES,
    Manifest,
    digest,
    file_digest,
    pieces,
    read_manifest,
    read_table,
    schema,
    with_full_areas,
    write_build,
)
from evalkit.indicators.views import TABLES as VIEW_TABLES
from evalkit.ledgers import corrections
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


def reader_key(project: Project, areas: frozenset[str] = frozenset()) -> str:
    """Everything but the file itself that decides what a ledger becomes; `areas` are the names in areas.xlsx."""
    return digest(
        str(SCHEMA_VERSION),
        evalkit.__version__,
        project.codebook.reading_hash(),
        project.settings["area"],
        json.dumps(mapping_of(project), ensure_ascii=False),
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
                for name, path in labelled(found, dataset).items()
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
            before = Stored.of_older_program(folder)
            made = _derive(found, dataset, folder, items, groups, fingerprint)
            if before:
                made = dataclasses.replace(made, moved=_note_what_moved(before, made, found))
            return dataclasses.replace(made, damaged=tuple(dict.fromkeys(lost)))
    finally:
        if collecting:
            gc.enable()


def _note_what_moved(before: Stored, made: Manifest, project: Project) -> int:
    """Compare with what an older program made of the ledgers, and list what differs beside the data."""
    now = (pd.read_parquet(made.folder / f"{name}.parquet") for name in ("measures", "indicators"))
    frame = moved(before, *now, made.files, project.codebook)
    write_moved(made.folder, frame)
    return len(frame)


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
        "changes": last_change(),
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
