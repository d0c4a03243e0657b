"""What is to be run, what came of it, and whether it is still up to date."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any, Literal

from evalkit import __version__
from evalkit.world.yaml import read_yaml

WORDS: dict[str, Any] = read_yaml(Path(__file__).with_name("words.yml"))
OUTPUT_LIMIT = 20_000_000  # characters or base64 bytes in one notebook; a report is 1 to 3 MB
TOO_LARGE = f"输出超过 {OUTPUT_LIMIT // 1_000_000} MB，请减少打印的内容"
TAIL = 16_384  # bytes at the end of a notebook that hold its record


@dataclass(frozen=True)
class Job:
    """One notebook run.

    Parameters
    ----------
    key
        What the reader calls it; unique within a call.
    notebook, output
        Paths of the source and of the executed notebook.
    parameters
        Values for papermill's parameters cell (JSON types).
    depends
        Files and folders whose content the result depends on.
    post
        ``"module:function"``, called as ``function(path, parameters)`` in the same warm process after a successful
        run. `path` is the executed notebook in a staging folder: whatever the function writes beside it (the HTML,
        say) is published together with the notebook, in one step, next to `output`.
    """

    key: str
    notebook: Path
    output: Path
    parameters: dict[str, Any] = field(default_factory=dict)
    depends: tuple[Path, ...] = ()
    post: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a job; `reason` is one Chinese line, `note` says which executor was chosen and why.

    `earlier`: executor, reason, traceback, seconds and peak memory of a first attempt that crashed.
    """

    key: str
    state: Literal["done", "up_to_date", "failed", "skipped"]
    output: Path
    seconds: float = 0.0
    peak_memory: int = 0
    reason: str = ""
    traceback: str = ""
    executor: str = ""
    hash: str = ""
    note: str = ""
    seed: int = 0
    failed_notebook: Path | None = None
    earlier: Sequence[dict[str, Any]] = ()

    @property
    def attempts(self) -> int:
        return 1 + len(self.earlier)


@dataclass(frozen=True)
class Event:
    """Progress: ``plan`` once, then ``started``, ``retry`` and ``finished`` per job."""

    kind: Literal["plan", "started", "retry", "finished"]
    done: int
    total: int
    failed: int
    up_to_date: int
    key: str = ""
    outcome: Outcome | None = None
    seconds_left: float | None = None
    message: str = ""


def digest(value: Any) -> str:
    """Hash of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]


def seed_of(parameters: dict[str, Any]) -> int:
    """The seed of a run: its own parameters, nothing else, so that a run can be repeated alone.

    Where the project stands is none of them: a moved project draws the same numbers. The parameter ``project`` is left
    out, and paths inside the project count as seen from it.
    """
    where = parameters.get("project")
    here = {name: value for name, value in parameters.items() if name != "project"}
    return int(digest(seen_from(where, here) if where else here)[:8], 16)


def seen_from(folder: Any, value: Any) -> Any:
    """A JSON value whose paths inside `folder` are relative to it, the same on every system."""
    if isinstance(value, dict):
        return {name: seen_from(folder, each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [seen_from(folder, each) for each in value]
    if (
        isinstance(value, str)
        and PurePath(value).is_absolute()
        and PurePath(value).is_relative_to(str(folder))
    ):
        return PurePath(value).relative_to(str(folder)).as_posix()
    return value


def content_hash(path: Path) -> str:
    """Hash of a file's content, or of all files below a folder with their names; ``missing`` if there is none."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return digest([[p.relative_to(path).as_posix(), content_hash(p)] for p in files])
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def source_hash(notebook: Path) -> str:
    """Source only: outputs and execution counts may change by looking at a notebook in JupyterLab."""
    try:
        cells = json.loads(notebook.read_text("utf-8") if notebook.is_file() else "")["cells"]
        return digest(
            [[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags")] for c in cells]
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return content_hash(notebook)


@cache
def installation() -> dict[str, str]:
    """Evalkit's version and the lock (or, without one, the installed distributions) as a hash."""
    lock = Path(__file__).parents[3] / "requirements.lock"
    names = (
        [] if lock.is_file() else sorted(f"{d.name}=={d.version}" for d in metadata.distributions())
    )
    return {"version": __version__, "lock": digest(names) if names else content_hash(lock)}


def fingerprints(jobs: Iterable[Job]) -> Iterator[dict[str, Any]]:
    """Hash, its parts and the seed of each job; each notebook and each dependency is read once."""
    source, content = cache(source_hash), cache(content_hash)
    for job in jobs:
        parts = {
            "notebook": source(job.notebook),
            "parameters": digest(job.parameters),
            "post": job.post or "",
        }
        parts |= {"depends": digest([content(path) for path in job.depends]), **installation()}
        yield {"parts": parts, "hash": digest(parts), "seed": seed_of(job.parameters)}


def stamped(output: Path) -> dict[str, Any]:
    """The record inside a published notebook; empty where there is none.

    It appears with the notebook in one `os.replace`, so it is there exactly when the notebook is whole. It stands at the
    end of the file: thousands are read in a second.
    """
    try:
        with output.open("rb") as file:
            file.seek(max(0, output.stat().st_size - TAIL))
            text = file.read().decode("utf-8", "ignore")
        return dict(json.JSONDecoder().raw_decode(text, text.rindex('"evalkit": {') + 11)[0])
    except (OSError, ValueError):
        return {}


def why_due(job: Job, parts: dict[str, str], known: dict[str, Any]) -> str:
    """Why the job must run, in Chinese; empty when its result, of which `known` is the record, is up to date."""
    if not known:
        return "还没有结果"
    if changed := [
        text for part, text in WORDS["changed"].items() if known["parts"].get(part) != parts[part]
    ]:
        return "、".join(changed)
    gone = (
        file for file in known["files"] if not os.path.exists(os.path.join(job.output.parent, file))
    )
    return next((f"结果文件不见了：{file}" for file in gone), "")
