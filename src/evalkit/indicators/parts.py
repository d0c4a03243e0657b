"""Source files to Parquet parts: read in batches, written one part per file, read again only when a file changed.

Files that share a district and a period are one part, so that units, organisations and funds kept in different
workbooks meet; any other file is a part of its own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evalkit.indicators.areas import full_paths, home_of
from evalkit.indicators.project import Project
from evalkit.indicators.schemas import validate
from evalkit.indicators.store import nullable, schema, to_arrow
from evalkit.ledgers import corrections, from_sheets
from evalkit.ledgers.files import read_sheets
from evalkit.problems import InputError, Problem

BATCH = 24  # files read together: per-table costs of pandas are paid once a batch
Item = dict[str, Any]
Progress = Callable[[int, int, str], None]


def digest(*parts: bytes | str) -> str:
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()


def read_parts(
    items: list[Item], project: Project, dataset: str, parts: Path, force: bool, jobs: int | None, progress: Progress | None
) -> list[Item]:
    """Make sure that every file has its part; the parts in the order of their first file, each with its files."""
    try:
        parts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem("output_unwritable", file=str(parts), found=str(error))) from error
    todo = [item for item in items if force or not _memo(parts, item).exists()]
    _read(todo, None, project, dataset, parts, jobs, progress, len(items))
    groups = _groups(items, [json.loads(_memo(parts, item).read_text(encoding="utf-8")) for item in items])
    apart = [g for g in groups if not (parts / g["part"] / "part.json").exists()]
    members = [item for item in items if any(item["file"] in g["files"] for g in apart)]
    _read(members, apart, project, dataset, parts, jobs, None, len(members))
    return groups


def _memo(parts: Path, item: Item) -> Path:
    """What is known of a file without its rows: the districts and periods in it."""
    return parts / f"{item['part']}.json"


def _groups(items: list[Item], places: list[list[list[str]]]) -> list[Item]:
    """Files joined by a common (district, period), in the order of their first file."""
    owner: dict[tuple[str, str], int] = {}
    parent = list(range(len(items)))
    full = full_paths(home for found in places for home, _period in found)

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, found in enumerate(places):
        for home, period in found:
            first = root(owner.setdefault((full.get(home, home), period), i))
            mine = root(i)
            parent[max(first, mine)] = min(first, mine)
    members: dict[int, list[int]] = {}
    for i in range(len(items)):
        members.setdefault(root(i), []).append(i)
    return [_group([items[i] for i in group], [p for i in group for p in places[i]], full) for group in members.values()]


def _group(members: Sequence[Item], places: list[list[str]], full: dict[str, str]) -> Item:
    key = members[0]["part"] if len(members) == 1 else digest("group", *(m["part"] for m in members))[:24]
    held = sorted({(full.get(home, home), period) for home, period in places})
    return {"part": key, "files": [m["file"] for m in members], "places": [list(place) for place in held]}


def _read(
    items: list[Item], groups: list[Item] | None, project: Project, dataset: str, parts: Path, jobs: int | None,
    progress: Progress | None, total: int,
) -> None:  # fmt: skip
    if not items:
        return
    workers = min(jobs or os.cpu_count() or 1, len(items))
    if groups is None:
        size = min(BATCH, -(-len(items) // workers))
        batches: list[tuple[list[Item], list[Item] | None]] = [
            (items[i : i + size], None) for i in range(0, len(items), size)
        ]
    else:
        batches = [([i for i in items if i["file"] in group["files"]], [group]) for group in groups]
    tasks = [(project.root, dataset, batch, wanted, parts) for batch, wanted in batches]
    done = total - len(items)
    with ExitStack() as stack:
        results: Iterable[int] = map(_read_batch, tasks)
        if workers > 1 and len(items) >= 4:
            context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
            results = stack.enter_context(ProcessPoolExecutor(workers, mp_context=context)).map(_read_batch, tasks)
        for (batch, _wanted), n in zip(batches, results, strict=True):
            done += n
            if progress:
                progress(done, total, batch[-1]["file"])


_project = cache(Project)


def _read_batch(task: tuple[Path, str, list[Item], list[Item] | None, Path]) -> int:
    """Read some files together and put their parts in place, each at once: a reader never sees half a part."""
    home, dataset, items, groups, parts = task
    project, root = _project(home), home / "data" / dataset
    names = [item["file"] for item in items]
    sheets: list[Any] = []
    problems: list[Problem] = []
    for name in names:
        found, wrong = read_sheets(root / name, name=name)
        sheets += found
        problems += wrong
    sheets, said = corrections.apply_corrections(sheets, fixes_for(project, dataset, names))
    ages = {name: (root / name).stat().st_mtime for name in names}
    folder = project.settings["area"]
    ledger = from_sheets(sheets, codebook=project.codebook, mapping=project.mapping, folder=folder, ages=ages)
    tables = {name: to_arrow(frame, schema(project.codebook, name)) for name, frame in ledger.tables.items() if len(frame)}
    for name, table in tables.items():
        validate(table.to_pandas(types_mapper=nullable), name, project.codebook)
    places = _places(tables, names)
    for name, frame in (("headings", ledger.headings), ("sheets", ledger.sheets.astype("string"))):
        tables[name] = pa.Table.from_pandas(frame, preserve_index=False)
    owners = {name: _owners(table["source_file"].to_pylist(), names) for name, table in tables.items()}
    findings = [*problems, *said, *ledger.problems]
    of_finding = _owners([p.file for p in findings], names)
    for group in groups or _groups(items, places):
        mine = np.flatnonzero(np.isin(names, group["files"]))
        kept = {name: table.filter(pa.array(np.isin(owners[name], mine))) for name, table in tables.items()}
        notes = [dataclasses.asdict(p) for p, owner in zip(findings, of_finding, strict=True) if owner in mine]
        _write_part(parts / group["part"], kept, notes)
    for item, where in zip(items, places, strict=True):
        _memo(parts, item).write_text(json.dumps(where, ensure_ascii=False), encoding="utf-8")
    return len(items)


def _owners(files: Sequence[str | None], names: Sequence[str]) -> np.ndarray:
    """The index of the source file of each row; a file inside an archive belongs to the archive."""
    index = {name: n for n, name in enumerate(names)}
    codes, uniques = pd.factorize(np.asarray(files, dtype=object))
    known = [
        index.get(str(one), next((n for name, n in index.items() if str(one).startswith(f"{name}/")), 0)) for one in uniques
    ]
    return np.array([*known, 0])[codes]


def _places(tables: dict[str, pa.Table], names: Sequence[str]) -> list[list[list[str]]]:
    found: list[set[tuple[str, str]]] = [set() for _ in names]
    for table, rows in tables.items():
        if table in ("areas", "policies", "figures"):
            continue
        frame = rows.select(["source_file", "area", "period"]).to_pandas().drop_duplicates()
        frame = frame.astype("object").where(frame.notna(), "")
        for owner, area, period in zip(_owners(frame["source_file"], names), frame["area"], frame["period"], strict=True):
            found[owner].add((home_of(area) if area else "", period))
    return [[list(place) for place in sorted(places)] for places in found]


def _write_part(target: Path, tables: dict[str, pa.Table], problems: list[dict[str, Any]]) -> None:
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=".tmp-"))
    try:
        rows: dict[str, dict[str, int]] = {}
        for name, table in tables.items():
            if not table.num_rows:
                continue
            pq.write_table(table, temporary / f"{name}.parquet", compression="snappy", write_statistics=False)
            if name not in ("headings", "sheets"):
                for count in table["source_file"].value_counts().to_pylist():
                    rows.setdefault(str(count["values"]), {})[name] = count["counts"]
        note = {"rows": rows, "problems": problems}
        (temporary / "part.json").write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
        os.chmod(temporary, 0o755)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def fixes_for(project: Project, dataset: str, names: Sequence[str]) -> list[corrections.Correction]:
    """The corrections that mean one of these files; with all files known, so that a name told short stays one file."""
    root = project.data / dataset
    paths = sorted({path for name in names for path in corrections.correction_files(root, name)})
    if not paths:
        return []
    files = [path.relative_to(root).as_posix() for path in project.ledgers(dataset)]
    return [one for one in corrections.read_corrections(paths, root)[0] if corrections.target_of(one, files) in names]


def sweep(parts: Path, items: Sequence[Item], groups: Sequence[Item]) -> None:
    """Remove parts of files that are gone or changed."""
    used = {group["part"] for group in groups} | {f"{item['part']}.json" for item in items}
    for path in parts.iterdir():
        if path.name not in used:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
