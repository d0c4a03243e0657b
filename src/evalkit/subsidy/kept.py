"""What a plan has gathered of a build, kept in the project: the next question about the same build reads no ledger's table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from evalkit.files import put
from evalkit.problems import InputError

FOLDER = "whatif"  # in the project's cache
MOST_KEPT = 6  # files of one project; the oldest go first
_DIGEST = 64  # characters of a SHA-256


@dataclass(frozen=True, eq=False)
class Gathered:
    """Rows of a build that a plan needs, whatever scheme it is made for.

    Attributes
    ----------
    orgs, money, counts
        Party organisations; amounts by organisation and kind; classes of instructors by area.
    years
        The years of the ledgers of organisations.
    empty
        Places (district, year) whose ledger of units has come and names no party organisation.
    """

    orgs: pd.DataFrame
    money: pd.DataFrame
    counts: pd.DataFrame
    years: tuple[int, ...]
    empty: frozenset[tuple[str, str]]


def kept(data: Any, gather: Callable[[], Gathered], made_by: Sequence[str]) -> Gathered:
    """What `gather` finds in a dataset; read where it was found before in the same build by the same program.

    Parameters
    ----------
    data
        A dataset in some periods (`evalkit.indicators.load.Data`).
    made_by
        The modules whose code decides what is gathered.
    """
    path = data.project.cache / FOLDER / f"{data.dataset}-{_key(data, made_by)}.arrow"
    if (found := _read(path)) is not None:
        return found
    made = gather()
    try:
        put(path, _written(made))
        _forget_old(path.parent)
    except (InputError, OSError):
        pass  # a folder that cannot be written to: the next question takes as long as this one
    return made


def _key(data: Any, made_by: Sequence[str]) -> str:
    """A name for the build, the periods and the code."""
    sha = hashlib.sha256()
    told = [data.manifest, list(data.periods), data.dataset]
    sha.update(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str).encode())
    for name in made_by:
        sha.update(Path(str(import_module(name).__file__)).read_bytes())
    return sha.hexdigest()[:24]


def _written(made: Gathered) -> bytes:
    """Digest, a line about the parts, and the frames one behind the other."""
    parts = [_streamed(frame) for frame in (made.orgs, made.money, made.counts)]
    about = {
        "sizes": [len(part) for part in parts],
        "years": made.years,
        "empty": sorted(made.empty),
    }
    line = json.dumps(about, ensure_ascii=False).encode() + b"\n"
    content = b"".join([line, *parts])
    return hashlib.sha256(content).hexdigest().encode() + content


def _streamed(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _read(path: Path) -> Gathered | None:
    """What was kept; None where nothing was, or where the file is not whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, rest = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        return None
    line, _, body = rest.partition(b"\n")
    about = json.loads(line)
    frames, start = [], 0
    for size in about["sizes"]:
        with pa.ipc.open_stream(pa.py_buffer(body[start : start + size])) as stream:
            frames.append(stream.read_all().to_pandas())
        start += size
    orgs, money, counts = frames
    empty = frozenset((home, year) for home, year in about["empty"])
    return Gathered(orgs, money, counts, tuple(about["years"]), empty)


def _forget_old(folder: Path) -> None:
    """Leave the newest files."""
    files = sorted(folder.glob("*.arrow"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in files[MOST_KEPT:]:
        old.unlink(missing_ok=True)
