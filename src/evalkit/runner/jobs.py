"""What is to be run, what came of it, and whether it is still up to date."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

State = Literal["done", "up_to_date", "failed", "skipped"]


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
    """What came of a job; `reason` is one Chinese line, `note` says which executor was chosen and why."""

    key: str
    state: State
    output: Path
    seconds: float = 0.0
    peak_memory: int = 0
    reason: str = ""
    traceback: str = ""
    executor: str = ""
    hash: str = ""
    note: str = ""
    attempts: int = 1
    seed: int = 0
    failed_notebook: Path | None = None


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


def digest(*parts: bytes | str) -> str:
    made = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little") + data)
    return made.hexdigest()[:32]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def seed_of(parameters: dict[str, Any]) -> int:
    """The seed of a run: its own parameters, nothing else, so that a run can be repeated alone."""
    return int(digest(canonical(parameters))[:8], 16)


def content_hash(path: Path) -> str:
    """Hash of a file's content, or of all files below a folder with their names; ``missing`` if there is none."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return digest(*(part for p in files for part in (p.relative_to(path).as_posix(), content_hash(p))))
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


@cache
def installation() -> dict[str, str]:
    """Evalkit's version and the lock (or, without one, the installed distributions) as a hash."""
    try:
        version = metadata.version("evalkit")
    except metadata.PackageNotFoundError:
        version = "0"
    lock = Path(__file__).parents[3] / "requirements.lock"
    if lock.is_file():
        return {"version": version, "lock": content_hash(lock)}
    names = sorted(f"{d.name}=={d.version}" for d in metadata.distributions())
    return {"version": version, "lock": digest(*names)}


PARTS = {
    "notebook": "笔记本改了",
    "parameters": "参数改了",
    "depends": "依赖的数据改了",
    "post": "后续步骤改了",
    "version": "Evalkit 版本变了",
    "lock": "软件包版本变了",
}


class Fingerprints:
    """Hashes of jobs; each notebook and each dependency is read once."""

    def __init__(self) -> None:
        self.notebook = cache(self._notebook)
        self.content = cache(content_hash)

    @staticmethod
    def _notebook(path: Path) -> str:
        """Source only: outputs and execution counts may change by looking at a notebook in JupyterLab."""
        try:
            cells = json.loads(path.read_text("utf-8"))["cells"]
            return digest(canonical([[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags")] for c in cells]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return content_hash(path)

    def parts(self, job: Job) -> dict[str, str]:
        return {
            "notebook": self.notebook(job.notebook),
            "parameters": digest(canonical(job.parameters)),
            "depends": digest(*(self.content(path) for path in job.depends)),
            "post": job.post or "",
            **installation(),
        }


class Journal:
    """The runs that succeeded, one JSON line each, appended as they finish.

    The truth is the hash inside each published notebook (it appears with it in one `os.replace`); the journal spares
    opening them. A torn last line, a lost journal or a record that was never written cost nothing but that reading.
    """

    def __init__(self, path: Path, read_only: bool = False):
        self.path, self.read_only = path, read_only
        self.entries: dict[str, dict[str, Any]] = {}
        if path.is_file():
            for line in path.read_bytes().split(b"\n"):
                try:
                    entry = json.loads(line)
                    self.entries[entry["output"]] = entry
                except (ValueError, KeyError, TypeError):
                    continue

    def add(self, entry: dict[str, Any]) -> None:
        self.entries[entry["output"]] = entry
        if self.read_only:
            return
        with self.path.open("ab") as file:
            file.write(b"\n" + json.dumps(entry, ensure_ascii=False).encode())

    def why(self, job: Job, parts: dict[str, str]) -> str:
        """Why the job must run, in Chinese; empty when its result is up to date."""
        name = str(job.output)
        entry = self.entries.get(name)
        if entry is None:
            entry = stamped(job.output)
            if entry is None:
                return "还没有结果"
            entry |= {"key": job.key, "output": name, "parameters": job.parameters}
            self.add(entry)
        if changed := [text for part, text in PARTS.items() if entry["parts"].get(part) != parts[part]]:
            return "、".join(changed)
        for file in entry["files"]:
            if not os.path.exists(os.path.join(job.output.parent, file)):
                return f"结果文件不见了：{file}"
        return ""


def stamped(output: Path) -> dict[str, Any] | None:
    """The record inside a published notebook, or None."""
    try:
        found = json.loads(output.read_text("utf-8"))["metadata"]["evalkit"]
        return dict(found, files=[output.name, *found["files"]]) if found["parts"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_json(path: Path, content: Any) -> None:
    """Write through a temporary file: a reader sees the old or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), "utf-8")
    os.replace(temporary, path)
