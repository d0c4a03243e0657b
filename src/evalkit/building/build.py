"""Ledgers to stored measures and indicators: what did not change is not read again."""

from __future__ import annotations

import dataclasses
import gc
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import evalkit
from evalkit.building import baseline
from evalkit.building.batches import damaged_batches, sweep
from evalkit.building.derive import derive
from evalkit.building.moved import Stored as StoredNumbers
from evalkit.building.moved import last_change, moved, write_moved
from evalkit.building.published import build_published
from evalkit.building.reading import Progress, known_areas, read_all
from evalkit.building.sources import corrected_by, mapping_of, source_files
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.store import (
    SCHEMA_VERSION,
    Manifest,
    damaged,
    digest,
    file_digest,
    read_manifest,
    write_build,
)
from evalkit.linkage.decisions import said_of_units
from evalkit.linkage.model import available
from evalkit.problems import InputError, Problem
from evalkit.runner.local import locked


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
    # settings and codebook first: their faults come before any reading
    reader = reader_key(found, known_areas(found.data / dataset))
    if not found.ledgers(dataset):
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
            sources = source_files(found, dataset, reader)
            beside = [
                *corrected_by(found.data / dataset),
                *baseline.printed_files(found.data / dataset),
            ]
            fingerprint = digest(
                reader,
                evalkit.__version__,
                said_of_units(found.data / dataset),
                str(available()),  # units are linked otherwise where splink is not installed
                found.codebook.hash(),
                found.settings["last_year"],
                str(found.settings["due"] or ""),
                *(source.key for source in sources),
                *(f"{path}{file_digest(path)}" for path in beside),
            )
            known = read_manifest(folder)
            if known and "stored" not in known:  # of a program that kept no hashes
                known = None
            lost = not_whole(folder, known) if known else []
            if known and known["fingerprint"] == fingerprint and not force and not lost:
                sweep(folder, (entry["name"] for entry in known["batches"]))
                return _manifest(folder, known, changed=False)
            stored = read_all(sources, found, dataset, force, jobs, progress)
            lost = list(dict.fromkeys([*lost, *stored.damaged]))
            before = StoredNumbers.of_older_program(folder)
            derived = derive(found, dataset, sources, stored, jobs)
            manifest = derived.manifest | {"fingerprint": fingerprint, "changes": last_change()}
            write_build(folder, derived.frames, manifest)
            sweep(folder, (batch.name for batch in stored.batches))
            made = _manifest(folder, manifest, changed=True)
            if before:
                made = dataclasses.replace(made, moved=_note_what_moved(before, made, found))
            return dataclasses.replace(made, damaged=tuple(lost))
    finally:
        if collecting:
            gc.enable()


def not_whole(folder: Path, known: Mapping[str, Any]) -> list[str]:
    """Stored files of a build that are gone, or no longer what it wrote."""
    batches = (entry["name"] for entry in known["batches"])
    return [*damaged(folder, known["stored"]), *damaged_batches(folder, batches)]


def _note_what_moved(before: StoredNumbers, made: Manifest, project: Project) -> int:
    """Compare with what an older program made of the ledgers, and list what differs beside the data."""
    measures = pd.read_parquet(made.folder / "measures.parquet")
    indicators = pd.read_parquet(made.folder / "indicators.parquet")
    frame = moved(before, measures, indicators, made.files, project.codebook)
    write_moved(made.folder, frame)
    return len(frame)


def _manifest(folder: Path, known: dict[str, Any], changed: bool) -> Manifest:
    return Manifest(
        folder,
        known["dataset"],
        tuple(known["periods"]),
        tuple(known["files"]),
        known["problems"],
        changed,
    )
