"""Tables on disk: one Arrow schema a table from the codebook, Parquet by table and period, frames of a build put in place at once."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evalkit.codebook import Codebook
from evalkit.codebook.kept import HEADINGS, SHEETS
from evalkit.files import CLOSE_IT, patiently, put, replace
from evalkit.indicators.columns import text_codes
from evalkit.problems import InputError, Problem

SCHEMA_VERSION = 10
TABLES = (
    "units",
    "party_organisations",
    "covers",
    "funds",
    "instructor_counts",
    "activities",
    "visits",
    "ratings",
    "stars",
    "policies",
    "figures",
    "nothing",
)
TABLES_FOLDER = "tables"
UNPARTITIONED = (HEADINGS, SHEETS)
NO_PERIOD = "__HIVE_DEFAULT_PARTITION__"  # as others who read such folders name it
COMMON = ("area", "period", "source_file", "source_sheet")
ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "money": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
}


@dataclass(frozen=True)
class Manifest:
    """What a build made: its folder, periods, files (with part, hash, rows), counts of problems, whether anew.

    `damaged`: stored files that were not whole, which is why they were made again. `moved`: how many numbers differ
    from what an older program made of the same ledgers; None where nothing older was there.
    """

    folder: Path
    dataset: str
    periods: tuple[str, ...]
    files: tuple[dict[str, Any], ...]
    n_problems: dict[str, int]
    changed: bool
    damaged: tuple[str, ...] = ()
    moved: int | None = None


def schema(codebook: Codebook, table: str) -> pa.Schema:
    """The Arrow schema of a table; closed lists are text, interval columns bring ``_low`` and ``_high``."""
    fields = [pa.field(name, pa.string()) for name in COMMON] + [pa.field("source_row", pa.int64())]
    for name, column in codebook.tables[table].columns.items():
        kind = ARROW.get(column.type, pa.string())
        names = (name, f"{name}_low", f"{name}_high") if column.interval else (name,)
        fields += [pa.field(n, kind) for n in names]
    return pa.schema(fields)


def to_arrow(frame: pd.DataFrame, wanted: pa.Schema) -> pa.Table:
    """`frame` in the wanted columns and types; a missing column is all null."""
    columns = {}
    for field in wanted:
        if field.name not in frame:
            columns[field.name] = pa.nulls(len(frame), field.type)
            continue
        series = frame[field.name]
        if field.type == pa.date32():
            days = pd.to_datetime(series).to_numpy().astype("datetime64[D]")
            columns[field.name] = pa.array(days, type=field.type)
            continue
        columns[field.name] = pa.Array.from_pandas(series, type=field.type, safe=False)
    return pa.table(columns, schema=wanted)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What the last build says of itself; None where there is none, a damaged one or one of another version."""
    known = manifest_of_any_version(folder)
    return known if known and known.get("schema_version") == SCHEMA_VERSION else None


def manifest_of_any_version(folder: Path) -> dict[str, Any] | None:
    """What the last build says of itself, though another version of the program made it."""
    try:
        known = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def digest(*parts: bytes | str) -> str:
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def facts_of(path: Path) -> dict[str, Any]:
    """Size and hash of a stored file, by which it is later known to be whole."""
    with path.open("rb") as file:
        return {
            "size": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def damaged(folder: Path, stored: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of stored files that are gone, or no longer what was written."""

    def whole(name: str) -> bool:
        try:
            return (folder / name).stat().st_size == stored[name]["size"] and facts_of(
                folder / name
            ) == stored[name]
        except (OSError, KeyError, TypeError):
            return False

    return [name for name in stored if not whole(name)]


def write_build(
    folder: Path, frames: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]
) -> None:
    """Put the frames of a build and its manifest in place together.

    All are written apart first, so that a full disk costs nothing; while they are put in place there is no manifest, so
    that frames which a kill left beside those of another build are never taken for whole. Where a file is open in
    another program, everything stays as it was before.
    """
    new, old = folder / ".new", folder / ".old"
    names = [*(f"{name}.parquet" for name in frames), "manifest.json"]
    try:
        for name, frame in frames.items():
            table = pa.Table.from_pandas(frame, preserve_index=False)
            put(new / f"{name}.parquet", partial(pq.write_table, table, compression="zstd"))
        stored = {name: facts_of(new / name) for name in names[:-1]}
        text = json.dumps({**manifest, "stored": stored}, ensure_ascii=False, indent=1, default=str)
        put(new / "manifest.json", text)
        patiently(lambda: keep(folder, old, names))
        put_in_place(new, old, folder, names)
    except PermissionError as error:
        raise InputError(
            Problem("output_locked", file=str(folder), found=str(error), advice=CLOSE_IT)
        ) from error
    except OSError as error:
        raise InputError(
            Problem("output_unwritable", file=str(folder), found=str(error))
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def keep(folder: Path, old: Path, names: Iterable[str]) -> None:
    """A second name for each stored file (a copy where the disk knows none), should the new ones not find their place."""
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir(parents=True)
    for name in names:
        if (folder / name).is_file():
            try:
                os.link(folder / name, old / name)
            except OSError:
                shutil.copyfile(folder / name, old / name)


def put_in_place(new: Path, old: Path, folder: Path, names: Sequence[str]) -> None:
    """Replace the stored files by the new ones, the manifest last; all back where one of them is refused."""
    patiently(lambda: (folder / "manifest.json").unlink(missing_ok=True))
    placed = []
    try:
        for name in names:
            replace(new / name, folder / name)
            placed.append(name)
    except (OSError, InputError):
        for name in dict.fromkeys(
            [*placed, "manifest.json"]
        ):  # the manifest last: only then they count
            if (old / name).is_file():
                put_back(old / name, folder / name)
        raise


def put_back(kept: Path, target: Path) -> None:
    try:
        os.replace(kept, target)
    except PermissionError:
        shutil.copyfile(kept, target)


def read_frame(path: Path, stored: Mapping[str, Any] | None) -> pd.DataFrame:
    """A stored frame; `InputError` where it is not what `stored` (of its manifest) says was written."""
    try:
        data = path.read_bytes()
        if stored and hashlib.sha256(data).hexdigest() != stored["sha256"]:
            now = read_manifest(path.parent) or {}  # perhaps a build has ended meanwhile
            if now.get("stored", {}).get(path.name) != {
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }:
                raise damage(path)
        return pd.read_parquet(io.BytesIO(data))
    except (OSError, pa.ArrowException) as error:
        raise damage(path) from error


def damage(path: Path) -> InputError:
    """What to say of a stored file that is not whole."""
    advice = "请运行：python start.py build，会从台账重新整理"
    return InputError(Problem("data_damaged", file=str(path), advice=advice))


def stored_path(folder: Path, table: str, period: str, batch: str) -> Path:
    """Where the rows of a table, period ("" where none is told) and batch are stored."""
    home = folder / TABLES_FOLDER / table
    if table in UNPARTITIONED:
        return home / f"{batch}.parquet"
    return home / f"period={quote(period, safe='') or NO_PERIOD}" / f"{batch}.parquet"


@dataclass(frozen=True)
class StoredBatch:
    """A batch of stored tables, as the manifest of a build names it.

    Attributes
    ----------
    places
        Districts and periods that stand in it.
    tables
        Table -> period ("" where none is told) -> rows.
    """

    name: str
    places: tuple[tuple[str, str], ...]
    tables: Mapping[str, Mapping[str, int]]

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> list[StoredBatch]:
        return [
            cls(
                entry["name"],
                tuple((home, time) for home, time in entry["places"]),
                entry["tables"],
            )
            for entry in manifest["batches"]
        ]

    def periods_of(self, table: str) -> list[str]:
        """The periods of its rows of a table."""
        return list(self.tables.get(table, {}))

    def rows_of(self, period: str) -> int:
        """How many rows of all tables a period has."""
        return sum(rows.get(period, 0) for rows in self.tables.values())

    def meets(self, area: str, periods: Container[str]) -> bool:
        """Whether it may hold rows of an area (of its upper and lower areas) in these periods."""
        return not self.places or any(
            period in periods and _share_a_path(home, area) for home, period in self.places
        )


def _share_a_path(home: str, area: str) -> bool:
    return (
        not home
        or not area
        or f"{home}/".startswith(f"{area}/")
        or f"{area}/".startswith(f"{home}/")
    )


def read_table(
    paths: Iterable[Path], wanted: pa.Schema, columns: Sequence[str] | None = None
) -> pa.Table:
    """Stored pieces of one table, one below the other, its text as codes; an empty table where there are none."""
    text = [field.name for field in wanted if field.type == pa.string()]
    parts = []
    for path in paths:
        try:
            with pq.ParquetFile(path, read_dictionary=text) as file:
                parts.append(file.read(columns=columns, use_threads=False))
        except (OSError, pa.ArrowException) as error:
            raise damage(path) from error
    if parts:
        return (
            pa.concat_tables(parts).unify_dictionaries().combine_chunks()
        )  # one dictionary, one chunk: codes at once
    return wanted.empty_table().select(columns or wanted.names)


def with_full_areas(table: pa.Table, full: Mapping[str, str]) -> pa.Table:
    """The table with the short paths of areas written out (see `evalkit.indicators.areas.full_paths`)."""
    if not full:
        return table
    (codes,), short = text_codes(table["area"])
    if not any(_district_in(path, full) for path in short):
        return table
    long = dict.fromkeys(written_out(path, full) for path in short)
    place = {path: n for n, path in enumerate(long)}
    at = np.array([*(place[written_out(path, full)] for path in short), -1], dtype=np.int32)[codes]
    areas = pa.DictionaryArray.from_arrays(
        pa.array(at, mask=at < 0), pa.array(list(long), pa.string())
    )
    return table.set_column(table.schema.get_field_index("area"), "area", areas)


def written_out(path: str, full: Mapping[str, str]) -> str:
    """The path of an area with its district written out."""
    home = _district_in(path, full)
    return full[home] + path[len(home) :] if home else path


def _district_in(path: str, full: Mapping[str, str]) -> str:
    """The district on a path that is known under a longer one; empty where there is none."""
    home = path
    while home and home not in full:
        home = home.rpartition("/")[0]
    return home


def nullable(kind: pa.DataType) -> Any:
    """pandas' nullable type for an Arrow type."""
    known = {
        pa.string(): pd.StringDtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.float64(): pd.Float64Dtype(),
    }
    return known.get(kind)
