"""Stored tables: what was read together is a batch, a Parquet file for every table and period of it.

::

    tables/units/period=2025/<batch>.parquet      rows of one table and period, from the files of one batch
    tables/headings/<batch>.parquet               what is kept of the ledgers themselves has no period
    batches/<batch>.json                          the files of the batch, what was found in them, the hash of every table

Files that share a district and a period are a part: they are read together, always whole in one batch, so that a period
of a batch is a block of its own (`evalkit.indicators.blocks`). A stored file is never written again: what changes gets
a new name, and the note of a batch is written last, so that a batch is there whole or not at all. Which batches count is
said by the manifest of the build; the others are swept away after it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from evalkit import files
from evalkit.indicators.areas import full_paths
from evalkit.indicators.columns import text_codes
from evalkit.indicators.store import (
    TABLES_FOLDER,
    UNPARTITIONED,
    damaged,
    digest,
    facts_of,
    stored_path,
)
from evalkit.problems import InputError, Problem

NOTES_FOLDER = "batches"
OLDER_LAYOUTS = ("parts",)  # where versions before this one kept their tables
UNFINISHED = ".tmp-"
PARQUET: dict[str, Any] = {"compression": "snappy", "write_statistics": False}


class Place(NamedTuple):
    """A district and a period: rows of the same place join."""

    home: str
    period: str


@dataclass(frozen=True)
class ReadFile:
    """What is known of a ledger file once it was read.

    Attributes
    ----------
    file
        As it may be printed.
    key
        Of everything that decides what is read from it.
    rows
        By table.
    places
        Districts and periods of its rows, as areas have them and as ledgers look organisations up.
    areas, periods
        All that stand in its tables.
    """

    file: str
    key: str
    rows: dict[str, int]
    places: tuple[Place, ...]
    areas: tuple[str, ...]
    periods: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Files that were read together since they share a place, and what was found in them."""

    key: str
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Batch:
    """A stored batch: its note.

    Attributes
    ----------
    tables
        Table -> period ("" where none is told) -> rows.
    stored
        Name of every file, from the folder of the dataset on -> its size and hash.
    """

    name: str
    files: tuple[ReadFile, ...]
    parts: tuple[Part, ...]
    tables: dict[str, dict[str, int]]
    stored: dict[str, dict[str, int | str]]


@cache
def _notes() -> TypeAdapter[Batch]:
    return TypeAdapter(Batch)


# --- which files belong together -----------------------------------------------------------------------------------


def parts_of(read: Sequence[ReadFile]) -> list[Part]:
    """Files joined by a common place, directly or through others, in the order of their first file."""
    full = full_paths(place.home for one in read for place in one.places)
    places = [{Place(full.get(home, home), time) for home, time in one.places} for one in read]
    files_at: dict[Place, list[int]] = {}
    for n, here in enumerate(places):
        for place in here:
            files_at.setdefault(place, []).append(n)
    found: list[Part] = []
    reached: set[int] = set()
    for start in range(len(read)):
        if start in reached:
            continue
        reached.add(start)
        members = [start]
        for member in members:  # grows while it is walked through
            for place in places[member]:
                beside = [n for n in files_at.pop(place, ()) if n not in reached]
                reached.update(beside)
                members += beside
        found.append(_part([read[n] for n in sorted(members)]))
    return found


def _part(members: Sequence[ReadFile]) -> Part:
    keys = [one.key for one in members]
    key = keys[0] if len(keys) == 1 else digest("group", *keys)[:24]
    return Part(key, tuple(one.file for one in members))


def owners(source_files: Any, names: Sequence[str]) -> np.ndarray:
    """The index of the source file of each row; a file inside an archive belongs to the archive."""
    index = {name: n for n, name in enumerate(names)}

    def owner(text: str) -> int:
        path = text
        while path not in index and "/" in path:
            path = path.rpartition("/")[0]
        return index.get(path, 0)

    (codes,), words = text_codes(source_files)
    return np.array([*map(owner, words), 0])[codes]


# --- writing ---------------------------------------------------------------------------------------------------------


def write_batch(
    folder: Path, tables: Mapping[str, pa.Table], read: Sequence[ReadFile], parts: Sequence[Part]
) -> Batch:
    """Store the tables of a batch; its note, which is written last."""
    name = _free_name(folder, digest("batch", *(part.key for part in parts))[:24])
    rows: dict[str, dict[str, int]] = {}
    try:
        (folder / NOTES_FOLDER).mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder / NOTES_FOLDER, prefix=UNFINISHED))
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        for table, whole in tables.items():
            for period, some in _by_period(table, whole):
                path = stored_path(temporary, table, period, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(some, path, use_dictionary=_text_columns(some.schema), **PARQUET)
                files.synced(path)
                rows.setdefault(table, {})[period] = len(some)
        made = sorted(path for path in temporary.rglob("*.parquet"))
        stored = {path.relative_to(temporary).as_posix(): facts_of(path) for path in made}
        note = Batch(name, tuple(read), tuple(parts), rows, stored)
        for path in made:
            target = folder / path.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.chmod(path, files.usual_mode())
            files.replace(path, target)
        files.put(note_path(folder, name), _notes().dump_json(note))
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return note


def unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(Problem("output_unwritable", file=str(folder), found=str(error)))


def note_path(folder: Path, batch: str) -> Path:
    return folder / NOTES_FOLDER / f"{batch}.json"


def _by_period(table: str, whole: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each period, "" where none is told, in their order."""
    if table in UNPARTITIONED:
        yield "", whole
        return
    (codes,), words = text_codes(whole["period"])
    for code in sorted(np.unique(codes)):
        rows = np.flatnonzero(codes == code)
        some = whole if len(rows) == len(whole) else whole.take(pa.array(rows))
        yield (words[code] if code >= 0 else ""), some


def _text_columns(schema: pa.Schema) -> list[str]:
    return [
        field.name
        for field in schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]


def _free_name(folder: Path, name: str) -> str:
    """The name of a new batch: its own, or where that is in use (a ledger is read again) another."""
    taken = {path.stem for path in (folder / NOTES_FOLDER).glob("*.json")}
    taken |= {path.stem for path in (folder / TABLES_FOLDER).glob(f"**/{name}*.parquet")}
    return next(
        free for n in range(1, 10_000) if (free := f"{name}-{n}" if n > 1 else name) not in taken
    )


def without_others(folder: Path, batch: Batch, wanted: frozenset[str]) -> Batch:
    """The batch with the parts that are still wanted only; the same one where that is all of them."""
    parts = [part for part in batch.parts if part.key in wanted]
    if len(parts) == len(batch.parts):
        return batch
    kept = {file for part in parts for file in part.files}
    names = [one.file for one in batch.files]
    stays = np.array([name in kept for name in names])
    tables = {}
    for table, periods in batch.tables.items():
        paths = [stored_path(folder, table, period, batch.name) for period in periods]
        whole = pa.concat_tables(pq.read_table(path, partitioning=None) for path in paths)
        tables[table] = whole.filter(pa.array(stays[owners(whole["source_file"], names)]))
    read = [one for one in batch.files if one.file in kept]
    return write_batch(folder, {name: t for name, t in tables.items() if len(t)}, read, parts)


# --- reading -----------------------------------------------------------------------------------------------------------


def stored_batches(folder: Path, lost: list[str]) -> list[Batch]:
    """The whole batches of a folder.

    Parameters
    ----------
    lost
        Gets the names of stored files that are damaged: what stood in them is read again.
    """
    found = []
    for path in sorted((folder / NOTES_FOLDER).glob("*.json")):
        with suppress(OSError, ValidationError):
            batch = _notes().validate_json(path.read_bytes())
            broken = damaged(folder, batch.stored)
            lost += broken
            if batch.name == path.stem and not broken:
                found.append(batch)
    return found


def damaged_batches(folder: Path, names: Iterable[str]) -> list[str]:
    """Stored files of these batches that are gone, or no longer what was written."""
    found = []
    for name in names:
        path = note_path(folder, name)
        try:
            found += damaged(folder, _notes().validate_json(path.read_bytes()).stored)
        except (OSError, ValidationError):
            found.append(f"{NOTES_FOLDER}/{path.name}")
    return found


def sweep(folder: Path, names: Iterable[str]) -> None:
    """Remove what belongs to no batch of the build; what another program has open stays for the next time."""
    used = set(names)
    stored = [*(folder / NOTES_FOLDER).glob("*"), *(folder / TABLES_FOLDER).rglob("*.parquet")]
    for path in [path for path in stored if path.stem not in used]:
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for emptied in sorted((folder / TABLES_FOLDER).rglob("*"), reverse=True):
        with suppress(OSError):
            if emptied.is_dir():
                emptied.rmdir()  # refused where something is in it
    for older in OLDER_LAYOUTS:
        shutil.rmtree(folder / older, ignore_errors=True)


def with_problems(parts: Sequence[Part], problems: Sequence[Sequence[Problem]]) -> list[Part]:
    return [
        replace(part, problems=tuple(found)) for part, found in zip(parts, problems, strict=True)
    ]
