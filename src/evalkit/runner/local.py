"""Run jobs: skip what is up to date, isolate failures, survive being killed."""

from __future__ import annotations

import json
import os
import platform
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from evalkit.files import put
from evalkit.problems import InputError, Problem
from evalkit.runner.crew import NEED, WATCH, Crew, kept_crew, sweep
from evalkit.runner.jobs import (
    Event,
    Job,
    Outcome,
    digest,
    fingerprints,
    installation,
    stamped,
    why_due,
)
from evalkit.runner.machine import FORK, workers_for
from evalkit.runner.notebook import Notebook, inspect

Progress = Callable[[Event], None] | None
Submit = Callable[[dict[str, Any]], "Future[dict[str, Any]]"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C: everything is stopped; `outcomes` holds what was reached. The same call goes on from there."""

    def __init__(self, outcomes: list[Outcome]):
        super().__init__()
        self.outcomes = outcomes


def run(
    jobs: Sequence[Job],
    *,
    state: Path,
    workers: int | None = None,
    executor: str = "auto",
    timeout: float = 600,
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
        Jobs at a time; by default as many as there are cores, fewer where memory is short.
    executor
        ``auto`` or ``fork`` (a forked child of a warm process where the notebook allows it), ``pool`` (stock
        papermill), or ``dask://host:port``.
    timeout, memory_limit
        Seconds and bytes (proportional set size) of one run. Whoever passes them, or crashes, is ended, recorded and
        tried once more in the pool.
    force
        Run also what is up to date.
    progress
        Called with an `Event`, from one thread at a time; must not raise.

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
        raise InputError(
            Problem("value_invalid", where="executor", found=executor, allowed=allowed)
        )
    state = Path(os.path.abspath(state))
    workers = workers or workers_for(NEED["pool" if executor == "pool" or not FORK else "fork"])
    with locked(state):
        sweep(state)
        todo = pending(jobs, force)
        for folder in {job.output.parent for job, _, _ in todo}:
            for left in folder.glob(f".evalkit-{digest(str(state))[:8]}-*"):
                shutil.rmtree(left, ignore_errors=True)
        book = Book(todo, progress)
        look = cache(inspect)
        tasks = [
            (job, make_task(job, look(job.notebook), facts, state, executor))
            for job, why, facts in todo
            if why
        ]
        tasks.sort(key=lambda pair: pair[1]["group"])  # one warm process after the other
        dask, limits = executor.startswith("dask://"), (timeout, memory_limit)
        hands = (
            cluster(executor, *limits, force) if dask else processes(book, state, workers, *limits)
        )
        try:
            if tasks:
                with hands as submit:
                    book.execute(tasks, submit)
        except KeyboardInterrupt:
            raise Interrupted(book.close(log or state / "run.json", workers)) from None
        return book.close(log or state / "run.json", workers)


@contextmanager
def locked(state: Path, wait: float = 0) -> Iterator[None]:
    """One run at a time into a state folder; another one waits so many seconds (-1: until it may) or says so."""
    from filelock import FileLock, Timeout

    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(state / "lock", timeout=wait).acquire()
    except Timeout:
        advice = "等它结束，或关掉那个窗口以后再运行同一命令"
        raise InputError(Problem("run_locked", where=str(state), advice=advice)) from None
    except OSError as error:
        raise InputError(Problem("output_unwritable", file=str(state), found=str(error))) from None
    with lock:
        yield


def pending(jobs: Sequence[Job], force: bool = False) -> list[tuple[Job, str, dict[str, Any]]]:
    """What a dry run shows: each job with absolute paths, why it must run in Chinese or "", and its hashes."""
    absolute = [
        replace(
            j,
            notebook=j.notebook.absolute(),
            output=j.output.absolute(),
            depends=tuple(p.absolute() for p in j.depends),
        )
        for j in jobs
    ]
    names = (
        ("key", [j.key for j in absolute]),
        ("output", [str(j.output).casefold() for j in absolute]),
    )
    twice = [
        (place, name)
        for place, all_names in names
        for name, number in Counter(all_names).items()
        if number > 1
    ]
    if twice:
        raise InputError(
            [Problem("key_duplicate", where=place, found=name) for place, name in twice]
        )
    found = []
    for job, facts in zip(absolute, fingerprints(absolute), strict=True):
        known = {} if force else stamped(job.output)
        found.append(
            (
                job,
                "要求全部重做" if force else why_due(job, facts["parts"], known),
                facts | {"known": known},
            )
        )
    return found


def make_task(
    job: Job, source: Notebook, facts: dict[str, Any], state: Path, executor: str
) -> dict[str, Any]:
    """What a worker needs to know of a job; ``note`` says why this executor."""
    note = source.kernel_reason or ("" if FORK else "本系统不能用 fork")
    name = digest(str(job.output))[:8]
    return {
        "notebook": str(job.notebook),
        "output": str(job.output),
        "parameters": job.parameters,
        "post": job.post,
        "key": job.key,
        "cwd": os.getcwd(),
        "kernel": source.kernel,
        "unreadable": source.unreadable,
        "staging": str(job.output.parent / f".evalkit-{digest(str(state))[:8]}-{name}"),
        "failed": str(state / "failed" / f"{name}-{job.output.name}"),
        "group": source.group,
        "executor": "pool" if note or executor == "pool" else "fork",
        "note": note if executor != "pool" else "",
        "imports": [*source.imports, *([job.post.partition(":")[0]] if job.post else [])],
    } | {part: facts[part] for part in ("parts", "hash", "seed")}


class Book:
    """The accounts of one run: what came of each job, and what the progress callback hears."""

    def __init__(self, todo: list[tuple[Job, str, dict[str, Any]]], progress: Progress):
        self.todo, self.progress, self.lock, self.began = (
            todo,
            progress,
            threading.Lock(),
            time.monotonic(),
        )
        self.outcomes, self.number = dict[str, Outcome](), Counter[str]()
        for job, why, facts in todo:
            if not why:
                self.enter(job, facts, "up_to_date", facts["known"])
        self.tell("plan")

    def enter(self, job: Job, facts: dict[str, Any], state: Any, result: dict[str, Any]) -> Outcome:
        kept = (
            "seconds",
            "peak_memory",
            "reason",
            "traceback",
            "executor",
            "note",
            "failed_notebook",
            "earlier",
        )
        made = {name: result[name] for name in kept if name in result}
        self.outcomes[job.key] = Outcome(
            job.key, state, job.output, hash=facts["hash"], seed=facts["seed"], **made
        )
        self.number[state] += 1
        return self.outcomes[job.key]

    def tell(
        self, kind: Any, key: str = "", outcome: Outcome | None = None, message: str = ""
    ) -> None:
        failed, current = self.number["failed"], self.number["up_to_date"]
        finished, total = self.number["done"] + failed, len(self.todo) - current
        left = (time.monotonic() - self.began) / finished * (total - finished) if finished else None
        with self.lock:
            if self.progress:
                self.progress(
                    Event(kind, finished, total, failed, current, key, outcome, left, message)
                )

    def execute(self, tasks: list[tuple[Job, dict[str, Any]]], submit: Submit) -> None:
        """Hand all tasks to `submit` and write down what comes of them."""
        waiting = {submit(task): (job, task) for job, task in tasks}
        while waiting:
            for future in wait(
                waiting, WATCH, FIRST_COMPLETED
            ).done:  # Windows lets no Ctrl-C through a long wait
                job, task = waiting.pop(future)
                error = future.exception()
                reason = (
                    f"读写出错：{error}"
                    if isinstance(error, OSError)
                    else f"运行节点出错：{error!r:.200}"
                )
                result = {"state": "failed", "reason": reason} if error else future.result()
                state = "done" if result["state"] == "done" else "failed"
                self.tell("finished", job.key, self.enter(job, task, state, result))

    def close(self, log: Path, workers: int) -> list[Outcome]:
        """Write run.json; whatever was not reached is skipped and says how to go on."""
        skipped = {"reason": "中途停止，没有运行；再次运行同一命令即从这里接着做"}
        made = [
            self.outcomes.get(j.key) or self.enter(j, facts, "skipped", skipped)
            for j, _, facts in self.todo
        ]
        if any(why for _, why, _ in self.todo) or not log.is_file():
            whole = zip(self.todo, made, strict=True)
            put(
                log,
                json.dumps(
                    {
                        "finished": time.strftime("%FT%TZ", time.gmtime()),
                        "seconds": round(time.monotonic() - self.began, 3),
                        "workers": workers,
                        "python": platform.python_version(),
                        "platform": platform.platform(),
                        **installation(),
                        "runs": [
                            vars(o) | {"parameters": j.parameters, "parts": facts["parts"]}
                            for (j, _, facts), o in whole
                        ],
                    },
                    ensure_ascii=False,
                    indent=1,
                    default=str,
                ),
            )
        return made


@contextmanager
def processes(
    book: Book, state: Path, workers: int, timeout: float, memory_limit: int | None
) -> Iterator[Submit]:
    """A function that submits a task to worker processes of this machine, so many at a time."""
    crew = Crew(state, timeout, memory_limit, workers)

    def perform(task: dict[str, Any]) -> dict[str, Any]:
        book.tell("started", task["key"])
        return crew.perform(task, lambda message: book.tell("retry", task["key"], message=message))

    with ThreadPoolExecutor(workers) as threads:
        try:
            yield lambda task: threads.submit(perform, task)
        finally:
            crew.close()
            threads.shutdown(cancel_futures=True)


@contextmanager
def cluster(executor: str, *limits: Any) -> Iterator[Submit]:
    """A function that submits a task to the Dask cluster at ``dask://host:port``; `limits` as in `remote`."""
    try:
        from distributed import Client  # type: ignore[import-not-found,unused-ignore]

        client = Client(
            executor.replace("dask://", "tcp://", 1), timeout="10s", set_as_default=False
        )
    except (ImportError, OSError, TimeoutError, ValueError) as error:
        advice = (
            '先运行 pip install "evalkit[cluster]"'
            if isinstance(error, ImportError)
            else "检查地址，并确认 Dask 调度器已启动"
        )
        raise InputError(
            Problem(
                "value_invalid", where="executor", found=executor, read=str(error), advice=advice
            )
        ) from None
    with client:
        workers = client.get_executor(pure=False, retries=1)
        yield lambda task: workers.submit(remote, task, *limits)


def remote(
    task: dict[str, Any], timeout: float, memory_limit: int | None, forced: bool
) -> dict[str, Any]:
    """On a Dask worker: one task in this worker's own warm process; once more in the pool after a crash."""
    known = stamped(Path(task["output"]))
    if (
        not forced and known.get("parts") == task["parts"]
    ):  # done by a worker that died before it said so
        return known | {"state": "done", "note": "已由另一节点完成"}
    result = kept_crew(timeout, memory_limit).perform(task if FORK else task | {"executor": "pool"})
    return result | {"executor": f"dask/{result['executor']}"}
