"""Source files to Parquet: read in batches, one row group per part, read again only when a file changed.

Files that share a district and a period are one part, so that units, organisations and funds kept in different
workbooks meet; any other file is a part of its own. A batch of parts is a folder with a Parquet file per table, in which
every part is a row group of its own, and a ``batch.json``: which parts, from which files, with how many rows, and what
was found in them.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evalkit.building.schemas import validate
from evalkit.building.sources import labelled, mapping_of
from evalkit.files import patiently, replace, synced, usual_mode
from evalkit.indicators.areas import full_paths, home_of
from evalkit.indicators.columns import text_codes
from evalkit.indicators.project import Project
from evalkit.indicators.store import damaged, digest, facts_of, schema, to_arrow
from evalkit.ledgers import corrections, from_sheets
from evalkit.ledgers.files import named, read_here, read_sheets
from evalkit.ledgers.ledger import AREAS, named_areas
from evalkit.ledgers.persons import told
from evalkit.ledgers.place import district_of
from evalkit.problems import InputError, Problem
from evalkit.runner.machine import BATCH_OF_LEDGERS, process_map, workers_for

BATCH = 60  # files read together: per-table costs of pandas are paid once a batch
NOTE = "batch.json"
PARQUET: dict[str, Any] = {"compression": "snappy", "write_statistics": False}
Item = dict[str, Any]
Task = tuple[Path, str, list[Item], list[Item] | None, Path]
Progress = Callable[[int, int, str], None]


def read_parts(
    items: list[Item],
    project: Project,
    dataset: str,
    parts: Path,
    force: bool,
    jobs: int | None,
    progress: Progress | None,
    lost: list[str] | None = None,
) -> list[Item]:
    """Make sure that every file has its part; the parts in the order of their first file.

    Parameters
    ----------
    lost
        Gets the names of stored files that were found damaged; they are made again.

    Returns
    -------
    Every item gets its ``places``. Of every part: ``part`` (its key), ``files``, ``places`` (district and period),
    ``batch`` (folder), ``groups`` (its row group in each table), ``rows`` (by file and table) and ``problems``.
    """
    try:
        parts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem("output_unwritable", file=str(parts), found=str(error))) from error
    stored = [] if force else list(_stored(parts, [] if lost is None else lost))
    known = {item for note in stored for item in note["items"]}
    stored += _read(
        [i for i in items if i["part"] not in known],
        None,
        project,
        dataset,
        parts,
        jobs,
        progress,
        len(items),
    )
    places = {item: places for note in stored for item, (_file, places) in note["items"].items()}
    groups = _groups(items, [places[item["part"]] for item in items])
    items[:] = [item | {"places": places[item["part"]]} for item in items]
    known = {part for note in stored for part in note["parts"]}
    apart = [g for g in groups if g["part"] not in known]
    members = [item for item in items if any(item["file"] in g["files"] for g in apart)]
    stored += _read(members, apart, project, dataset, parts, jobs, None, len(members))
    used = {group["part"] for group in groups}
    stored = [_repacked(parts, note, used) for note in stored if used & note["parts"].keys()]
    found = {
        part: held | {"batch": note["batch"]}
        for note in stored
        for part, held in note["parts"].items()
    }
    return [group | found[group["part"]] for group in groups]


def _stored(parts: Path, lost: list[str]) -> Iterator[Item]:
    """The batches that are there; those of an older version, cut short or damaged are taken away and read again."""
    for path in sorted(parts.glob(f"*/{NOTE}")):
        with suppress(OSError, ValueError):
            note = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(note, dict) and {"batch", "items", "parts", "stored"} <= note.keys():
                broken = damaged(path.parent, note["stored"])
                lost += [f"parts/{path.parent.name}/{name}" for name in broken]
                if not broken and note["batch"] == path.parent.name:
                    yield note
                    continue
        shutil.rmtree(path.parent, ignore_errors=True)


def not_whole(folder: Path, known: Mapping[str, Any]) -> list[str]:
    """Stored files of a build that are gone, or no longer what it wrote."""
    return [*damaged(folder, known["stored"]), *damaged_parts(folder / "parts", known["parts"])]


def damaged_parts(parts: Path, groups: Iterable[Item]) -> list[str]:
    """Stored files of these parts that are gone, or no longer what was written."""
    found = []
    for batch in dict.fromkeys(group["batch"] for group in groups):
        try:
            note = json.loads((parts / batch / NOTE).read_text(encoding="utf-8"))
            found += [f"parts/{batch}/{name}" for name in damaged(parts / batch, note["stored"])]
        except (OSError, ValueError, KeyError, TypeError):
            found.append(f"parts/{batch}/{NOTE}")
    return found


def _repacked(parts: Path, note: Item, used: set[str]) -> Item:
    """The batch without the parts of files that are gone or changed."""
    live = {part: held for part, held in note["parts"].items() if part in used}
    if len(live) == len(note["parts"]):
        return note
    files = {file for held in live.values() for file in held["files"]}
    tables: dict[str, list[tuple[str, pa.Table]]] = {}
    for part, held in live.items():
        for table, group in held["groups"].items():
            with pq.ParquetFile(parts / note["batch"] / f"{table}.parquet") as source:
                tables.setdefault(table, []).append(
                    (part, source.read_row_group(group, use_threads=False))
                )
    return _write(
        parts,
        tables,
        live,
        {item: about for item, about in note["items"].items() if about[0] in files},
    )


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
    return [
        _group([items[i] for i in group], [p for i in group for p in places[i]], full)
        for group in members.values()
    ]


def _group(members: Sequence[Item], places: list[list[str]], full: dict[str, str]) -> Item:
    key = (
        members[0]["part"]
        if len(members) == 1
        else digest("group", *(m["part"] for m in members))[:24]
    )
    held = sorted({(full.get(home, home), period) for home, period in places})
    return {
        "part": key,
        "files": [m["file"] for m in members],
        "places": [list(place) for place in held],
    }


def _read(
    items: list[Item],
    groups: list[Item] | None,
    project: Project,
    dataset: str,
    parts: Path,
    jobs: int | None,
    progress: Progress | None,
    total: int,
) -> list[Item]:
    """Read files into batches; the notes of the batches."""
    if not items:
        return []
    workers = max(1, min(jobs or workers_for(BATCH_OF_LEDGERS), len(items) // 2))
    if groups is None:
        batches: list[tuple[list[Item], list[Item] | None]] = [
            (some, None) for some in _shared_out(items, workers)
        ]
    else:
        batches = [([i for i in items if i["file"] in group["files"]], [group]) for group in groups]
    tasks: list[Task] = [(project.root, dataset, batch, wanted, parts) for batch, wanted in batches]
    done, notes = total - len(items), []
    with process_map(workers if len(batches) > 1 else 1, _begin_worker) as mapped:
        results = mapped(_read_batch, tasks)
        if workers > 1:
            importlib.import_module(
                "evalkit.stats"
            )  # slow, and soon needed: while the workers read
        for (batch, _wanted), note in zip(batches, results, strict=True):
            notes.append(note)
            done += len(batch)
            if progress:
                progress(done, total, batch[-1]["file"])
    return notes


def _begin_worker() -> None:
    gc.disable()
    read_here()


def _shared_out(items: list[Item], workers: int) -> list[list[Item]]:
    """Batches of at most some `BATCH` files, as many for each worker, of much the same size in bytes."""
    n = min(len(items), workers * -(-len(items) // (workers * BATCH)))
    sizes = np.cumsum([item["size"] for item in items], dtype=float)
    which = np.minimum((sizes - sizes[0] / 2) * n // max(sizes[-1], 1), n - 1)
    return [[items[i] for i in np.flatnonzero(which == k)] for k in range(n) if (which == k).any()]


_project = cache(Project)


def _read_batch(task: Task) -> Item:
    """Read some files together and put their batch in place at once, so that a reader never sees half of one; its note."""
    home, dataset, items, groups, parts = task
    project, root = _project(home), home / "data" / dataset
    names = [item["file"] for item in items]
    paths = {item["file"]: root / item["path"] for item in items}
    sheets: list[Any] = []
    problems: list[Problem] = []
    for name, path in paths.items():
        found, wrong = read_sheets(path, name=name)
        sheets += found
        problems += wrong
    sheets, said = corrections.apply_corrections(sheets, fixes_for(project, dataset, paths))
    ages = {name: path.stat().st_mtime for name, path in paths.items()}
    folder = project.settings["area"]
    ledger = from_sheets(
        sheets,
        codebook=project.codebook,
        mapping=mapping_of(project),
        folder=folder,
        ages=ages,
        areas=known_areas(root),
    )
    tables = {
        name: to_arrow(frame, schema(project.codebook, name))
        for name, frame in ledger.tables.items()
        if len(frame)
    }
    for name, table in tables.items():
        validate(table, name, project.codebook)
    files = {name: _owners(table["source_file"], names) for name, table in tables.items()}
    places = _places(tables, files, len(names))
    for name, frame in (("headings", ledger.headings), ("sheets", ledger.sheets.astype("string"))):
        tables[name] = pa.Table.from_pandas(frame, preserve_index=False)
        files[name] = _owners(tables[name]["source_file"], names)
    groups = groups or _groups(items, places)
    part_of = np.full(len(names), -1)  # the part of each file, -1 where only its batch asked for it
    for n, group in enumerate(groups):
        part_of[[names.index(file) for file in group["files"]]] = n
    findings = [*told([*problems, *named_in(paths, root), *said]), *ledger.problems]
    owner = part_of[_owners(pa.array([p.file for p in findings], pa.string()), names)]
    held: dict[str, Item] = {
        group["part"]: {
            "files": group["files"],
            "rows": {},
            "problems": [_said(findings[i]) for i in np.flatnonzero(owner == n)],
        }
        for n, group in enumerate(groups)
    }
    pieces: dict[str, list[tuple[str, pa.Table]]] = {}
    for name, table in tables.items():
        of = part_of[files[name]]
        order = np.argsort(of, kind="stable")
        table = table if (order[1:] > order[:-1]).all() else table.take(pa.array(order))
        ends = np.searchsorted(of[order], np.arange(len(groups) + 1))
        pieces[name] = [
            (group["part"], table.slice(start, end - start))
            for group, start, end in zip(groups, ends[:-1], ends[1:], strict=True)
            if end > start
        ]
        for part, rows in pieces[name] if name not in ("headings", "sheets") else ():
            for count in rows["source_file"].value_counts().to_pylist():
                held[part]["rows"].setdefault(str(count["values"]), {})[name] = count["counts"]
    return _write(
        parts,
        pieces,
        held,
        {item["part"]: (item["file"], where) for item, where in zip(items, places, strict=True)},
    )


def _said(problem: Problem) -> dict[str, str]:
    return {name: getattr(problem, name) for name in problem.__dataclass_fields__}


def _owners(files: Any, names: Sequence[str]) -> np.ndarray:
    """The index of the source file of each row; a file inside an archive belongs to the archive."""
    index = {name: n for n, name in enumerate(names)}
    (codes,), words = text_codes(files)
    known = [
        index.get(one, next((n for name, n in index.items() if one.startswith(f"{name}/")), 0))
        for one in words
    ]
    return np.array([*known, 0])[codes]


def _places(
    tables: Mapping[str, pa.Table], owners: Mapping[str, np.ndarray], n: int
) -> list[list[list[str]]]:
    """The districts and periods that stand in each of `n` files, as areas have them and as ledgers look organisations up."""
    found: list[set[tuple[str, str]]] = [set() for _ in range(n)]
    for table, rows in tables.items():
        if table in ("areas", "policies", "figures"):
            continue
        ((area,), areas), ((period,), periods) = map(text_codes, (rows["area"], rows["period"]))
        homes = [*({home_of(a), district_of(a)} if a else {""} for a in areas), {""}]
        for owner, a, p in (
            pd.DataFrame({"owner": owners[table], "area": area, "period": period})
            .drop_duplicates()
            .to_numpy()
        ):
            found[owner] |= {(home, [*periods, ""][p]) for home in homes[a]}
    return [[list(place) for place in sorted(places)] for places in found]


def _write(
    parts: Path,
    pieces: Mapping[str, list[tuple[str, pa.Table]]],
    held: Mapping[str, Item],
    items: Item,
) -> Item:
    """A batch of parts on disk; its note, with the row groups of each part."""
    name = digest("batch", *held)[:24]
    note: Item = {
        "batch": name,
        "items": items,
        "parts": {part: about | {"groups": {}} for part, about in held.items()},
    }
    temporary = Path(tempfile.mkdtemp(dir=parts, prefix=".tmp-"))
    try:
        for table, some in pieces.items():
            if not some:
                continue
            shape = some[0][1].schema
            words = [
                field.name
                for field in shape
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            ]
            with pq.ParquetWriter(
                temporary / f"{table}.parquet", shape, use_dictionary=words, **PARQUET
            ) as writer:
                for n, (part, rows) in enumerate(some):
                    writer.write_table(rows, row_group_size=len(rows))
                    note["parts"][part]["groups"][table] = n
            synced(temporary / f"{table}.parquet")
        note["stored"] = {file.name: facts_of(file) for file in sorted(temporary.iterdir())}
        note["batch"] = _free_name(parts, name)
        (temporary / NOTE).write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
        synced(temporary / NOTE)
        os.chmod(temporary, usual_mode(folder=True))
        replace(temporary, parts / note["batch"])
    except OSError as error:
        raise InputError(Problem("output_unwritable", file=str(parts), found=str(error))) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return note


def _free_name(parts: Path, name: str) -> str:
    """The name of a new batch: its own, once an older one is out of the way, or another where that one is still open."""
    if not (parts / name).exists():
        return name
    aside = Path(tempfile.mkdtemp(dir=parts, prefix=".tmp-"))
    try:
        patiently(lambda: os.replace(parts / name, aside / name))
        return name
    except PermissionError:
        return next(free for n in range(2, 1000) if not (parts / (free := f"{name}-{n}")).exists())
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def named_in(paths: Mapping[str, Path], root: Path) -> list[Problem]:
    """What is said of files in whose names, or folders' names, somebody is named."""
    return [
        problem for path in paths.values() for problem in named(path.relative_to(root).as_posix())
    ]


def known_areas(root: Path) -> frozenset[str]:
    """The names in areas.xlsx of a folder of ledgers: with it the office says what is an area."""
    listed = (root / f"{name}.xlsx" for name in AREAS)
    return frozenset(
        area
        for path in listed
        if path.is_file()
        for area in _areas_in(path, path.stat().st_mtime_ns)
    )


@cache
def _areas_in(path: Path, _changed: int) -> frozenset[str]:
    return named_areas(read_sheets(path)[0])


def fixes_for(
    project: Project, dataset: str, paths: Mapping[str, Path]
) -> list[corrections.Correction]:
    """The corrections that mean one of these files; with all files known, so that a name told short stays one file."""
    root = project.data / dataset
    tables = {
        t
        for p in paths.values()
        for t in corrections.correction_files(root, p.relative_to(root).as_posix())
    }
    files = list(labelled(project, dataset)) if tables else []
    read = corrections.read_corrections(sorted(tables), root)[0]
    return [one for one in read if corrections.target_of(one, files) in paths]


def sweep(parts: Path, groups: Sequence[Item]) -> None:
    """Remove what no part stands in any more; what another program has open stays for the next time."""
    used = {group["batch"] for group in groups}
    for path in parts.iterdir():
        if path.name not in used:
            with suppress(OSError):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(
                    missing_ok=True
                )
