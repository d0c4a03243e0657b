"""Run jobs on this machine: skip what is up to date, isolate failures, survive being killed."""

from __future__ import annotations

import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalkit.problems import InputError, Problem
from evalkit.runner.crew import FORK, Crew, sweep
from evalkit.runner.jobs import (
    Event,
    Fingerprints,
    Job,
    Journal,
    Outcome,
    canonical,
    digest,
    installation,
    seed_of,
    write_json,
)
from evalkit.runner.notebook import inspect

TIMEOUT = 600.0
OUTPUT_LIMIT = 20_000_000
Progress = Callable[[Event], None] | None


class Interrupted(KeyboardInterrupt):
    """Ctrl-C: everything is stopped; `outcomes` holds what was reached. The same call goes on from there."""

    def __init__(self, outcomes: list[Outcome]):
        super().__init__()
        self.outcomes = outcomes


def default_memory(workers: int) -> int:
    """Bytes a run may take: 4 GB, less where the machine has less."""
    import psutil

    return int(min(4e9, 0.8 * psutil.virtual_memory().total / workers))


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """One run at a time into a state folder; leftovers of a killed one are ended and removed first."""
    from filelock import FileLock, Timeout

    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(state / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            Problem("run_locked", where=str(state), advice="等它结束，或关掉那个窗口以后再运行同一命令")
        ) from None
    except OSError as error:
        raise InputError(Problem("output_unwritable", file=str(state), found=str(error))) from None
    try:
        yield
    finally:
        lock.release()


def checked(jobs: Sequence[Job]) -> list[Job]:
    """The jobs with absolute paths; keys and outputs must be unique."""
    made = [
        replace(
            job,
            notebook=Path(os.path.abspath(job.notebook)),
            output=Path(os.path.abspath(job.output)),
            depends=tuple(Path(os.path.abspath(path)) for path in job.depends),
        )
        for job in jobs
    ]
    problems = []
    for name, values in (("key", [j.key for j in made]), ("output", [str(j.output).casefold() for j in made])):
        seen: set[str] = set()
        for value in values:
            if value in seen:
                problems.append(Problem("key_duplicate", where=name, found=value))
            seen.add(value)
    if problems:
        raise InputError(problems)
    return made


def pending(
    jobs: Sequence[Job], state: Path, force: bool = False, read_only: bool = True
) -> list[tuple[Job, str, dict[str, str]]]:
    """(job, why it must run in Chinese or "", parts of its hash) of each job: what a dry run shows."""
    prints, journal = Fingerprints(), Journal(state / "journal.jsonl", read_only)
    found = []
    for job in checked(jobs):
        parts = prints.parts(job)
        found.append((job, "要求全部重做" if force else journal.why(job, parts), parts))
    return found


def make_task(job: Job, parts: dict[str, str], state: Path, number: int, executor: str) -> tuple[dict[str, Any], str]:
    """What a worker needs to know of a job, and the note that says why this executor."""
    source = inspect(job.notebook)
    kind, note = ("fork", "") if FORK else ("pool", "本系统不能用 fork")
    if executor == "pool":
        kind, note = "pool", ""
    elif source.kernel_reason:
        kind, note = "pool", source.kernel_reason
    name = f"{number}-{digest(str(job.output))[:8]}"
    modules = [*source.imports, *([job.post.partition(":")[0]] if job.post else [])]
    return {
        "id": name,
        "key": job.key,
        "notebook": str(job.notebook),
        "output": str(job.output),
        "parameters": job.parameters,
        "post": job.post,
        "parts": parts,
        "hash": digest(canonical(parts)),
        "seed": seed_of(job.parameters),
        "cwd": os.getcwd(),
        "kernel": source.kernel,
        "output_limit": OUTPUT_LIMIT,
        "staging": str(job.output.parent / f".evalkit-{digest(str(state))[:8]}-{name}"),
        "failed": str(state / "failed" / f"{digest(str(job.output))[:8]}-{job.output.name}"),
        "executor": kind,
        "group": source.group,
        "imports": modules,
    }, note


def run(
    jobs: Sequence[Job],
    *,
    state: Path,
    workers: int | None = None,
    executor: str = "auto",
    timeout: float = TIMEOUT,
    memory_limit: int | None = None,
    force: bool = False,
    progress: Progress = None,
    log: Path | None = None,
) -> list[Outcome]:
    """Run every job that is not up to date.

    Parameters
    ----------
    jobs
        Keys and outputs must be unique.
    state
        Folder for the journal, the lock, failed notebooks and (unless `log`) run.json.
    workers
        Jobs at a time; the cores by default.
    executor
        ``auto`` or ``fork`` (a forked child of a warm process where the notebook allows it), ``pool`` (stock
        papermill), or ``dask://host:port``.
    timeout, memory_limit
        Seconds and bytes (proportional set size) of one run. Whoever passes them, or crashes, is ended, recorded and
        tried once more in the pool.
    force
        Run also what is up to date.
    progress
        Called with an `Event`; must not raise.

    Returns
    -------
    list of Outcome
        In the order of `jobs`. A failed notebook is an outcome, not an exception.

    Raises
    ------
    InputError
        Another run holds `state`, it cannot be written, or keys or outputs repeat.
    Interrupted
        Ctrl-C, with the outcomes so far.
    """
    if executor not in ("auto", "fork", "pool") and not executor.startswith("dask://"):
        allowed = "auto、fork、pool、dask://主机:端口"
        raise InputError(Problem("value_invalid", where="executor", found=executor, allowed=allowed))
    state = Path(os.path.abspath(state))
    workers = workers or os.cpu_count() or 1
    with locked(state):
        sweep(state)
        todo = pending(jobs, state, force, read_only=False)
        for folder in {job.output.parent for job, _, _ in todo}:
            for left in folder.glob(f".evalkit-{digest(str(state))[:8]}-*"):
                shutil.rmtree(left, ignore_errors=True)
        book = Book(todo, state, workers, progress, log or state / "run.json", force)
        try:
            if executor.startswith("dask://") and book.tasks:
                from evalkit.runner.cluster import execute_on_cluster

                execute_on_cluster(book, executor, timeout, memory_limit)
            elif book.tasks:
                execute(book, executor, timeout, memory_limit or default_memory(workers))
        except KeyboardInterrupt:
            raise Interrupted(book.close()) from None
        return book.close()


class Book:
    """The accounts of one run: what is left, what came of the rest, and what the progress callback hears."""

    def __init__(self, todo: list[Any], state: Path, workers: int, progress: Progress, log: Path, forced: bool):
        self.state, self.workers, self.progress, self.log, self.forced = state, workers, progress, log, forced
        self.journal = Journal(state / "journal.jsonl")
        self.jobs = [job for job, _, _ in todo]
        self.parts = {job.key: parts for job, _, parts in todo}
        self.tasks = deque((job, parts) for job, why, parts in todo if why)
        self.outcomes: dict[str, Outcome] = {}
        for job, why, parts in todo:
            if not why:
                known = self.journal.entries[str(job.output)]
                self.outcomes[job.key] = Outcome(
                    job.key, "up_to_date", job.output, known.get("seconds", 0.0), known.get("peak_memory", 0),
                    executor=known.get("executor", ""), hash=digest(canonical(parts)), seed=seed_of(job.parameters),
                )  # fmt: skip
        self.up_to_date = len(self.outcomes)
        self.planned = len(self.tasks)
        self.failed = self.finished = 0
        self.began = time.monotonic()
        self.tell("plan")

    def tell(self, kind: Any, key: str = "", outcome: Outcome | None = None, message: str = "") -> None:
        if self.progress:
            spent = time.monotonic() - self.began
            left = spent / self.finished * (self.planned - self.finished) if self.finished else None
            self.progress(
                Event(kind, self.finished, self.planned, self.failed, self.up_to_date, key, outcome, left, message)
            )

    def settle(self, job: Job, task: dict[str, Any], result: dict[str, Any], note: str, attempts: int) -> None:
        done = result["state"] == "done"
        kept = ("seconds", "peak_memory", "reason", "traceback")
        outcome = Outcome(
            job.key, "done" if done else "failed", Path(result.get("output") or job.output),
            executor=task["executor"], hash=task["hash"], seed=task["seed"], attempts=attempts,
            note="；".join(filter(None, (note, task.get("note"), result.get("note")))),
            failed_notebook=Path(result["failed_notebook"]) if result.get("failed_notebook") else None,
            **{name: result[name] for name in kept if name in result},
        )  # fmt: skip
        self.outcomes[job.key] = outcome
        self.finished += 1
        self.failed += not done
        if done:
            self.journal.add(
                {
                    "key": job.key, "output": str(job.output), "files": result["files"], "parts": task["parts"],
                    "seconds": outcome.seconds, "peak_memory": outcome.peak_memory, "executor": outcome.executor,
                }
            )  # fmt: skip
        self.tell("finished", job.key, outcome)

    def close(self) -> list[Outcome]:
        """Write run.json; whatever was not reached is skipped and says how to go on."""
        for job in self.jobs:
            if job.key not in self.outcomes:
                self.outcomes[job.key] = Outcome(
                    job.key, "skipped", job.output, reason="中途停止，没有运行；再次运行同一命令即从这里接着做"
                )
        made = [self.outcomes[job.key] for job in self.jobs]
        if self.planned or not self.log.is_file():
            import platform

            facts = {
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": round(time.monotonic() - self.began, 3),
                "workers": self.workers,
                "python": platform.python_version(),
                "platform": platform.platform(),
            }
            runs = [
                asdict(outcome) | {"parameters": job.parameters, "parts": self.parts[job.key]}
                for job, outcome in zip(self.jobs, made, strict=True)
            ]
            write_json(self.log, facts | installation() | {"runs": runs})
        return made


def execute(book: Book, executor: str, timeout: float, memory_limit: int) -> None:
    """Keep `book.workers` tasks going until none is left."""
    crew = Crew(book.state, timeout, memory_limit)
    waiting: deque[tuple[Job, dict[str, Any], str, int]] = deque()
    for number, (job, parts) in enumerate(book.tasks):
        task, note = make_task(job, parts, book.state, number, executor)
        waiting.append((job, task, note, 1))
    waiting = deque(sorted(waiting, key=lambda item: item[1]["group"]))  # one warm process after the other
    active: dict[str, tuple[Job, str, int]] = {}
    try:
        while waiting or active:
            while waiting and len(active) < book.workers:
                job, task, note, attempt = waiting.popleft()
                if unreadable := inspect(job.notebook).unreadable:
                    book.settle(job, task, {"state": "failed", "reason": unreadable}, note, attempt)
                    continue
                active[task["id"]] = (job, note, attempt)
                crew.start(task)
                book.tell("started", job.key)
            for task, result in crew.poll():
                job, note, attempt = active.pop(task["id"])
                if result["state"] == "kernel" or (result["state"] == "crashed" and attempt == 1):
                    message = f"{result['reason']}；改用标准方式（pool）重试"
                    note = "；".join(filter(None, (note, message)))
                    again = task | {"executor": "pool", "id": task["id"] + "r", "staging": task["staging"] + "r"}
                    waiting.appendleft((job, again, note, attempt + (result["state"] == "crashed")))
                    book.tell("retry", job.key, message=message)
                    continue
                book.settle(job, task, result, note, attempt)
    finally:
        crew.close()
