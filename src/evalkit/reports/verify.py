"""What a report is made of, by hash: written with it, checked at any later time."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from itertools import count
from pathlib import Path, PurePath
from typing import Any

import evalkit
from evalkit import parts
from evalkit.files import put, regular_bytes
from evalkit.problems import InputError, Problem
from evalkit.reports.index import BESIDE, Made
from evalkit.runner.jobs import installation

RECORD = "run.json"
FORMS = (
    "self_evaluations"  # in the record: the forms of 绩效自评表 that were filled, with their hashes
)
LARGEST_RECORD = 50_000_000  # bytes
VERSIONS = (
    "pandas",
    "numpy",
    "matplotlib",
    "duckdb",
    "papermill",
    "statsmodels",
    "python-docx",
    "typst",
    "XlsxWriter",
)


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_listed(name: str) -> bool:
    """Whether the record lists a file: all but executed notebooks, which say themselves what was made of them."""
    return not name.endswith(".ipynb")


def write_record(made: Made, pages: Sequence[Path], seconds: float) -> Path:
    """``run.json``: parameters, versions, ledgers, notebooks, and the hash of every file but the executed notebooks.

    `pages`: the index and the page of provenance as they were written. Returns where the record stands: while ``run.json``
    is open elsewhere ``run（2）.json``, which then counts.
    """
    data, folder = made.data, made.folder
    beside = [path for one in made.filled for path in one.files]
    names = [name for files in made.records.values() for name in files]
    names += [_within(path, folder) for path in (*pages, *beside)]
    files = {
        name: file_hash(folder / name)
        for name in sorted(names)
        if _is_listed(name) and (folder / name).is_file()
    }
    stale = [*made.stale, *(page.name.replace(BESIDE, "") for page in pages if BESIDE in page.name)]
    known = recorded(
        folder
    )  # of the run before: what somebody changed since is not what was written
    record = {
        "evalkit": evalkit.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "lock": installation()["lock"],
        "versions": {n: metadata.version(n) for n in VERSIONS if parts.installed(n)},
        "parameters": {**made.parameters, "project": made.project.root.name},
        "dataset": data.dataset,
        "data": data.manifest["fingerprint"],
        "ledgers": {item["file"]: item["sha256"] for item in data.manifest["files"]},
        "codebook_replaced": data.manifest["replaced"],
        "started": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - seconds)),
        "seconds": round(seconds, 2),
        "problems": made.problems,
        "official_length": made.length,
        "not_current": stale,
        "earlier": {
            name: known.get(name) or file_hash(folder / name)
            for name in stale
            if _is_listed(name) and (folder / name).is_file()
        },
        "earlier_made": {
            name: made.made_on(key) for key, kept in made.kept.items() for name in kept
        },
        "not_reported": made.silent,
        FORMS: dict(made.forms),
        "files": files,
        "notebooks": [
            {
                "key": o.key,
                "state": o.state,
                "output": o.output.name,
                "hash": o.hash,
                "seed": o.seed,
                "executor": o.executor,
                "seconds": round(o.seconds, 3),
                "peak_memory": o.peak_memory,
                "reason": o.reason,
                "note": o.note,
            }
            for o in made.outcomes
        ],
    }
    text = json.dumps(record, ensure_ascii=False, indent=1, default=str)
    before, written = record_of(folder), put(folder / RECORD, text)
    if before != written and BESIDE in before.name:
        before.unlink(missing_ok=True)
    return written


def _within(path: Path, folder: Path) -> str:
    """A file's name in a report's folder."""
    return path.absolute().relative_to(folder.absolute()).as_posix()


def self_evaluations_due(folder: Path, forms: Mapping[str, str]) -> bool:
    """Whether other forms of 绩效自评表 were filled than there are now, or one of their files is gone."""
    try:
        known = json.loads(regular_bytes(record_of(folder), LARGEST_RECORD)).get(FORMS, {})
    except (ValueError, RecursionError, AttributeError, InputError):
        return True
    gone = any("/" in name and not (folder / name).exists() for name in recorded(folder))
    return known != dict(forms) or (bool(forms) and gone)


def amend(folder: Path, paths: Sequence[Path]) -> None:
    """Tell the record of files that were made anew after the report; nothing where there is no record."""
    path = record_of(folder)
    if not path.is_file():
        return
    try:
        record = json.loads(regular_bytes(path, LARGEST_RECORD))
        record["files"] |= {_within(one, folder): file_hash(one) for one in paths}
    except (ValueError, RecursionError, TypeError, KeyError, InputError):
        return
    put(path, json.dumps(record, ensure_ascii=False, indent=1, default=str))


def record_of(folder: Path) -> Path:
    """The record of the last run: ``run.json``, or the newer one beside it that was written while that was open elsewhere."""
    beside = (folder / RECORD).with_stem(f"{Path(RECORD).stem}{BESIDE}")
    known = [path for path in (folder / RECORD, beside) if path.is_file()]
    return max(known, key=lambda path: path.stat().st_mtime_ns, default=folder / RECORD)


def recorded(folder: Path) -> dict[str, str]:
    """The files that the runs left in `folder` by name, with their hashes; empty where there is no record.

    Those of the last run, and what an earlier one made and the last one could not make anew.
    """
    try:
        record = read_record(record_of(folder))
    except InputError:
        return {}
    return record["earlier"] | record["files"]


def read_record(path: Path) -> dict[str, Any]:
    """A record with what is asked of it: ``files`` and ``earlier`` (name to hash), ``not_current``, ``earlier_made``.

    Anybody may have changed or cut short the file. Entries of another kind, and names that lead out of the folder, are
    left out; what is no record at all is an `InputError`.
    """
    advice = "请给出 python start.py report 生成的文件夹，如 reports/2025"
    try:
        record = json.loads(regular_bytes(path, LARGEST_RECORD))
        if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
            raise ValueError
    except (ValueError, RecursionError, InputError) as error:
        found = "没有可用的运行记录"
        raise InputError(
            Problem("file_unreadable", file=str(path), found=found, advice=advice)
        ) from error
    texts = {key: _texts(record.get(key)) for key in ("files", "earlier", "earlier_made")}
    stale = record.get("not_current")
    return texts | {
        "not_current": [n for n in stale if _inside(n)] if isinstance(stale, list) else []
    }


def _texts(entries: Any) -> dict[str, str]:
    held = entries.items() if isinstance(entries, dict) else ()
    return {name: text for name, text in held if _inside(name) and isinstance(text, str)}


def _inside(name: Any) -> bool:
    """Whether a recorded name stays within its folder: the record is a file that anybody may have changed."""
    if not isinstance(name, str) or "\0" in name or not name.isprintable():
        return False
    return not PurePath(name).is_absolute() and ".." not in PurePath(name).parts


def all_current(folder: Path) -> bool:
    """Whether the last run could make everything anew; no where there is no record that can be read."""
    try:
        return not read_record(record_of(folder))["not_current"]
    except InputError:
        return False


def set_aside(folder: Path, before: dict[str, str]) -> list[tuple[str, str]]:
    """Word and Excel files that somebody worked in since are kept under another name before they are made again.

    What had to be written beside an open file takes its place, and is made again under its own name.
    """
    moved = []
    for name, digest in sorted(before.items(), key=lambda item: BESIDE in item[0]):
        path = folder / name
        with suppress(OSError):  # gone, or open: then the new one is written beside it anyway
            if BESIDE in name and file_hash(path) == digest:
                os.replace(path, path.with_name(path.name.replace(BESIDE, "")))
            elif path.suffix in (".docx", ".xlsx") and file_hash(path) != digest:
                new = next(
                    p
                    for n in count(1)
                    if not (
                        p := path.with_stem(f"{path.stem}（改动稿{'' if n == 1 else n}）")
                    ).exists()
                )
                path.rename(new)
                moved.append((name, new.relative_to(folder).as_posix()))
    return moved


def clear(folder: Path, before: dict[str, str]) -> None:
    """Take away what the last run made and this one has no more (another area, another form), unless it was changed.

    What a notebook that failed had made before is still recorded, and stays until something newer is whole.
    """
    for name in before.keys() - recorded(folder).keys():
        with suppress(OSError):
            if file_hash(folder / name) == before[name]:
                (folder / name).unlink()


def verify(folder: str | Path) -> tuple[list[str], list[str], int]:
    """What differs from ``run.json``, what stands in the folder besides, and how many files were checked.

    A file that changed, is gone, cannot be read, or is listed as not current is a difference; files of other origin are
    only named. Executed notebooks and ``run.json`` itself are not looked at.
    """
    root = Path(folder)
    source = record_of(root)
    record = read_record(source)
    files, stale, made_on = record["files"], record["not_current"], record["earlier_made"]
    found = []
    for name, digest in files.items():
        path = root / name
        try:
            if not path.is_file():
                found.append(f"{name}：文件不见了")
            elif file_hash(path) != digest:
                found.append(f"{name}：内容与生成时不同")
        except OSError as error:
            found.append(f"{name}：读不出来（{error.strerror}）")
    stale += [RECORD] if source.name != RECORD else []
    found += [
        f"{name}：不是最新的" + (f"（{made_on[name]}生成）" if name in made_on else "")
        for name in stale
    ]
    known = {*files, source.name, RECORD, *stale}
    others = (
        p.relative_to(root) for p in sorted(root.rglob("*")) if p.is_file() and p.suffix != ".ipynb"
    )
    own = [
        p.as_posix() for p in others if not any(part.startswith((".", "~$")) for part in p.parts)
    ]
    return found, [name for name in own if name not in known], len(files)
