"""Ledger files to stored batches: some files are read together, by as many processes as the machine allows."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from evalkit.building.batches import (
    Batch,
    Part,
    Place,
    ReadFile,
    owners,
    parts_of,
    stored_batches,
    with_problems,
    without_others,
    write_batch,
)
from evalkit.building.schemas import validate
from evalkit.building.sources import SourceFile, labelled, mapping_of
from evalkit.building.whole_periods import with_whole_periods
from evalkit.codebook.kept import HEADINGS, SHEETS
from evalkit.indicators.areas import home_of
from evalkit.indicators.columns import text_codes
from evalkit.indicators.project import Project
from evalkit.indicators.store import TABLES, schema, to_arrow
from evalkit.ledgers import corrections, from_sheets
from evalkit.ledgers.files import RawSheet, named, read_here, read_sheets
from evalkit.ledgers.ledger import AREAS, Ledger, named_areas
from evalkit.ledgers.persons import told
from evalkit.ledgers.place import district_of
from evalkit.problems import Problem
from evalkit.runner.machine import BATCH_OF_LEDGERS, process_map, workers_for
from evalkit.world.period import Period

MOST_FILES = 13  # of a batch: what a process holds grows with it, what is paid once a batch is shared by them
SOON_NEEDED = ("evalkit.stats.intervals",)  # by what follows on reading
TIDY_AFTER = 1_000_000  # bytes of ledgers: small workbooks leave little
KEEP_NO_PLACE = ("areas", "policies", "figures")  # tables whose rows join nothing
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Task:
    """Files to be read together into one batch.

    Attributes
    ----------
    parts
        Which of them belong together, where that is known; else what stands in them says it.
    """

    root: Path
    dataset: str
    folder: Path
    files: tuple[SourceFile, ...]
    parts: tuple[Part, ...] | None = None


@dataclass(frozen=True)
class Stored:
    """All files of a dataset, read: batches in the order of their first file, parts in the order of theirs."""

    batches: tuple[Batch, ...]
    parts: tuple[Part, ...]
    files: tuple[ReadFile, ...]
    damaged: tuple[str, ...]


def read_all(
    files: Sequence[SourceFile],
    project: Project,
    dataset: str,
    force: bool,
    jobs: int | None,
    progress: Progress | None,
) -> Stored:
    """Read every file whose rows are not stored yet; what is stored of the others is not read again.

    A file that shares a district and period with another one is read again together with it, since they complete one
    another: units, organisations and funds are kept in different workbooks.
    """
    folder = project.processed(dataset)
    lost: list[str] = []
    batches = [] if force else stored_batches(folder, lost)

    def read(some: Sequence[Task], total: int, tell: Progress | None) -> None:
        batches.extend(_read_tasks(some, jobs, total, tell))

    known = {one.key for batch in batches for one in batch.files}
    unknown = [one for one in files if one.key not in known]
    workers = _workers(jobs, len(unknown))
    read(
        [
            Task(project.root, dataset, folder, tuple(some))
            for some in _shared_out(unknown, workers)
        ],
        len(files),
        progress,
    )
    about = {one.key: one for batch in batches for one in batch.files}
    read_files = [about[one.key] for one in files]
    parts = parts_of(read_files)
    stored = {part.key for batch in batches for part in batch.parts}
    apart = [part for part in parts if part.key not in stored]
    source = {one.file: one for one in files}
    again = [
        Task(project.root, dataset, folder, tuple(source[file] for file in part.files), (part,))
        for part in apart
    ]
    read(again, sum(len(task.files) for task in again), None)
    return _in_order(folder, batches, parts, read_files, lost)


def _in_order(
    folder: Path,
    batches: Sequence[Batch],
    parts: Sequence[Part],
    read_files: Sequence[ReadFile],
    lost: Sequence[str],
) -> Stored:
    """The batches with what is wanted of them, a part in one of them only."""
    left = {part.key for part in parts}
    kept = []
    for batch in batches:
        mine = frozenset(part.key for part in batch.parts if part.key in left)
        left -= mine
        if mine:
            kept.append(without_others(folder, batch, mine))
    found = {part.key: part for batch in kept for part in batch.parts}
    order = {part.key: n for n, part in enumerate(parts)}
    kept.sort(key=lambda batch: min(order[part.key] for part in batch.parts))
    rows = {one.file: one for batch in kept for one in batch.files}
    return Stored(
        tuple(kept),
        tuple(found[part.key] for part in parts),
        tuple(rows[one.file] for one in read_files),
        tuple(lost),
    )


def _workers(jobs: int | None, n_files: int) -> int:
    return max(1, min(jobs or workers_for(BATCH_OF_LEDGERS), n_files // 2))


def _read_tasks(
    tasks: Sequence[Task], jobs: int | None, total: int, progress: Progress | None
) -> Iterator[Batch]:
    if not tasks:
        return
    n_files = sum(len(task.files) for task in tasks)
    workers = _workers(jobs, n_files)
    done = total - n_files
    with process_map(workers if len(tasks) > 1 else 1, _begin_worker) as mapped:
        results = mapped(_read_batch_and_tidy, tasks)
        if workers > 1:
            for name in SOON_NEEDED:  # slow to load: while workers read
                importlib.import_module(name)
        for task, batch in zip(tasks, results, strict=True):
            yield batch
            done += len(task.files)
            if progress:
                progress(done, total, task.files[-1].file)


def _begin_worker() -> None:
    gc.disable()
    gc.freeze()  # what the caller had loaded stays, and is never looked through
    read_here()


_untidied = [0]  # bytes of ledgers whose leavings are still there


def _read_batch_and_tidy(task: Task) -> Batch:
    """Read a batch; what batches left in circles goes, so that the next one begins with the same memory.

    Not after every small one: the search walks through all that the process has loaded, which takes as long as a ledger.
    """
    batch = read_batch(task)
    _untidied[0] += sum(one.size for one in task.files)
    if _untidied[0] >= TIDY_AFTER:
        gc.collect()
        _untidied[0] = 0
    return batch


def _shared_out(files: Sequence[SourceFile], workers: int) -> list[list[SourceFile]]:
    """Batches of about `MOST_FILES`, as many for each worker, of much the same size in bytes."""
    if not files:
        return []
    n = min(len(files), workers * -(-len(files) // (workers * MOST_FILES)))
    sizes = np.cumsum([one.size for one in files], dtype=float)
    which = np.minimum((sizes - sizes[0] / 2) * n // max(sizes[-1], 1), n - 1)
    return [
        [files[int(i)] for i in np.flatnonzero(which == k)] for k in range(n) if (which == k).any()
    ]


# --- in a process of its own -----------------------------------------------------------------------------------------


_project = cache(Project)


def read_batch(task: Task) -> Batch:
    """Read some files together and store them."""
    names = [one.file for one in task.files]
    ledger, problems = _read_sheets_of(task)
    project = _project(task.root)
    frames, said = with_whole_periods(ledger.tables, project.codebook)
    problems += told(said)
    tables = {
        name: to_arrow(frame, schema(project.codebook, name))
        for name, frame in frames.items()
        if len(frame)
    }
    for name, table in tables.items():
        validate(table, name, project.codebook)
    n_read = {name: len(frame) for name, frame in ledger.tables.items()}
    read = _facts(task.files, tables, ledger.sheets, n_read)
    parts = list(task.parts or parts_of(read))
    tables[HEADINGS] = pa.Table.from_pandas(ledger.headings, preserve_index=False)
    tables[SHEETS] = pa.Table.from_pandas(ledger.sheets.astype("string"), preserve_index=False)
    part_of = np.zeros(len(names), dtype=int)
    for n, part in enumerate(parts):
        part_of[[names.index(file) for file in part.files]] = n
    findings = [*problems, *ledger.problems]
    of_finding = part_of[owners(pa.array([p.file for p in findings], pa.string()), names)]
    told_of = [[findings[i] for i in np.flatnonzero(of_finding == n)] for n in range(len(parts))]
    by_part = {
        name: _sorted_by(table, part_of[owners(table["source_file"], names)])
        for name, table in tables.items()
        if len(table)
    }
    return write_batch(task.folder, by_part, read, with_problems(parts, told_of))


def _read_sheets_of(task: Task) -> tuple[Ledger, list[Problem]]:
    """The ledger that the files of a task make together, and what was found before their rows were read."""
    project = _project(task.root)
    root = project.data / task.dataset
    paths = {one.file: root / one.path for one in task.files}
    sheets: list[RawSheet] = []
    problems: list[Problem] = []
    for name, path in paths.items():
        found, wrong = read_sheets(path, name=name)
        sheets += found
        problems += wrong
    sheets, said = corrections.apply_corrections(sheets, fixes_for(project, task.dataset, paths))
    ledger = from_sheets(
        sheets,
        codebook=project.codebook,
        mapping=mapping_of(project),
        folder=project.settings["area"],
        ages={name: path.stat().st_mtime for name, path in paths.items()},
        areas=known_areas(root),
    )
    return ledger, told([*problems, *named_in(paths, root), *said])


def _sorted_by(table: pa.Table, part: np.ndarray) -> pa.Table:
    """The rows part after part, each in its order."""
    order = np.argsort(part, kind="stable")
    return table if (order[1:] > order[:-1]).all() else table.take(pa.array(order))


def _facts(
    files: Sequence[SourceFile],
    tables: Mapping[str, pa.Table],
    sheets: pd.DataFrame,
    n_read: Mapping[str, int],
) -> list[ReadFile]:
    """What the tables hold of each file.

    `n_read`: how many rows of a table were read; those below them are made of these (`whole_periods`). A part of a year keeps
    its file with the other files of that year, of which the year is made.

    A file all of whose rows stand in another one too has no row left; the place that its sheets name keeps it with that
    other file, so that its rows come back when the other one goes.
    """
    names = [one.file for one in files]
    rows: list[dict[str, int]] = [{} for _ in files]
    places: list[dict[Place, None]] = [{} for _ in files]
    areas: list[dict[str, None]] = [{} for _ in files]
    periods: list[dict[str, None]] = [{} for _ in files]
    for table, cells in tables.items():
        owner = owners(cells["source_file"], names)
        counted = owner[: n_read.get(table, len(owner))]
        for n, count in enumerate(np.bincount(counted, minlength=len(names))):
            if count:
                rows[n][table] = int(count)
        ((area,), paths), ((period,), times) = (
            text_codes(cells[column]) for column in ("area", "period")
        )
        for n, a, p in sorted(
            set(zip(owner.tolist(), area.tolist(), period.tolist(), strict=True))
        ):
            path, time = (paths[a] if a >= 0 else ""), (times[p] if p >= 0 else "")
            if table in TABLES:
                areas[n] |= {path: None} if path else {}
                periods[n] |= {time: None} if time else {}
            whens = _with_its_year(time)
            if table not in KEEP_NO_PLACE or (table == "figures" and len(whens) > 1):
                homes = {home_of(path), district_of(path)} if path else {""}
                places[n] |= {Place(home, when): None for home in homes for when in whens}
    of_sheet = owners(pa.array(sheets["source_file"], pa.string()), names)
    for n, area, time in zip(of_sheet, sheets["area"], sheets["period"], strict=True):
        if not rows[n] and not pd.isna(area) and not pd.isna(time):
            places[n] |= {
                Place(home, when): None
                for home in (home_of(area), district_of(area))
                for when in _with_its_year(str(time))
            }
    return [
        ReadFile(
            one.file,
            one.key,
            rows[n],
            tuple(sorted(places[n])),
            tuple(areas[n]),
            tuple(periods[n]),
        )
        for n, one in enumerate(files)
    ]


def _with_its_year(period: str) -> tuple[str, ...]:
    """A period, and of a part of a year the year."""
    found = Period.read(period)
    part = found is not None and found.in_calendar and found.kind != "year"
    return (period, str(found.year)) if part and found else (period,)


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
        table
        for path in paths.values()
        for table in corrections.correction_files(root, path.relative_to(root).as_posix())
    }
    files = list(labelled(project, dataset)) if tables else []
    read = corrections.read_corrections(sorted(tables), root)[0]
    return [one for one in read if corrections.target_of(one, files) in paths]
