"""Tables on disk: one Arrow schema per table from the codebook, Parquet parts per source file, atomic writes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evalkit.codebook import Codebook
from evalkit.files import put
from evalkit.problems import InputError, Problem

SCHEMA_VERSION = 4
COMMON = ("area", "period", "source_file", "source_sheet")
ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "money": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
}


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
            series = pd.to_datetime(series).dt.date
        columns[field.name] = pa.Array.from_pandas(series, type=field.type, safe=False)
    return pa.table(columns, schema=wanted)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What the last build says of itself; None where there is none, a damaged one or one of another version."""
    try:
        known = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and known.get("schema_version") == SCHEMA_VERSION else None


def write_build(folder: Path, frames: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> None:
    """Put the frames of a build and its manifest in place together.

    All are written apart first, so that a full disk costs nothing; while they are put in place there is no manifest, so
    that frames which a kill left beside those of another build are never taken for whole.
    """
    new = folder / ".new"
    try:
        for name, frame in frames.items():
            table = pa.Table.from_pandas(frame, preserve_index=False)
            put(new / f"{name}.parquet", partial(pq.write_table, table, compression="zstd"))
        put(new / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, default=str))
        (folder / "manifest.json").unlink(missing_ok=True)
        for name in (*(f"{name}.parquet" for name in frames), "manifest.json"):
            os.replace(new / name, folder / name)
    except OSError as error:
        raise InputError(Problem("output_unwritable", file=str(folder), found=str(error))) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def read_table(
    pieces: Iterable[tuple[Path, Sequence[int]]], wanted: pa.Schema, columns: Sequence[str] | None = None
) -> pa.Table:
    """Row groups of the parts of one table, one below the other, its text as codes; an empty table where there are none."""
    text = [field.name for field in wanted if field.type == pa.string()]
    parts = []
    for path, groups in pieces:
        file = pq.ParquetFile(path, read_dictionary=text)
        parts.append(file.read_row_groups(list(groups), columns=columns, use_threads=False))
    if parts:
        return pa.concat_tables(parts).unify_dictionaries().combine_chunks()  # one dictionary, one chunk: codes at once
    return wanted.empty_table().select(columns or wanted.names)


def with_full_areas(table: pa.Table, full: dict[str, str]) -> pa.Table:
    """The table with the short paths of areas written out (see `evalkit.indicators.areas.full_paths`)."""
    if not full:
        return table

    def whole(path: str) -> str:
        home = next((home for home in full if path == home or path.startswith(f"{home}/")), None)
        return path if home is None else full[home] + path[len(home) :]

    known = {path: whole(path) for path in table["area"].unique().to_pylist() if path}
    areas = pa.array([known.get(path, path) for path in table["area"].to_pylist()], pa.string())
    return table.set_column(table.schema.get_field_index("area"), "area", areas)


def nullable(kind: pa.DataType) -> Any:
    """pandas' nullable type for an Arrow type."""
    known = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(),
             pa.float64(): pd.Float64Dtype()}  # fmt: skip
    return known.get(kind)
