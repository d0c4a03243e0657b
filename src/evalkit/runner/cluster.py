"""The rows of a run on an existing Dask cluster over a shared folder; same skip, resume and failure rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from evalkit.problems import InputError, Problem
from evalkit.runner.jobs import stamped

if TYPE_CHECKING:
    from evalkit.runner.local import Book


def execute_on_cluster(book: Book, executor: str, timeout: float, memory_limit: int | None) -> None:
    """Hand every task to the cluster at ``dask://host:port`` and settle them as they come back."""
    from evalkit.runner.local import make_task

    try:
        from distributed import Client, as_completed  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise refused(executor, "没有安装 distributed", '先运行 pip install "evalkit[cluster]"') from None
    address = executor.replace("dask://", "tcp://", 1)
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise refused(executor, str(error), "检查地址，并确认 Dask 调度器已启动") from None
    try:
        futures = {}
        for number, (job, parts) in enumerate(book.tasks):
            task, note = make_task(job, parts, book.state, number, "auto")
            # a key of its own: the scheduler must not answer from a result of an earlier call
            key = f"evalkit-{task['id']}-{os.urandom(8).hex()}"
            future = client.submit(remote, task, timeout, memory_limit, book.forced, key=key, retries=1, pure=False)
            futures[future] = (job, task, note)
            book.tell("started", job.key)
        for future in as_completed(list(futures), loop=client.loop):
            job, task, note = futures.pop(future)
            failure = future.exception()
            lost = {"state": "failed", "reason": f"集群节点出错：{failure!r:.200}"}
            result: dict[str, Any] = lost if failure else future.result()
            task["executor"] = f"dask/{result.get('executor', task['executor'])}"
            book.settle(job, task, result, note, result.get("attempts", 1))
    finally:
        client.close()


def refused(executor: str, read: str, advice: str) -> InputError:
    return InputError(Problem("value_invalid", where="executor", found=executor, read=read, advice=advice))


def remote(task: dict[str, Any], timeout: float, memory_limit: int | None, forced: bool) -> dict[str, Any]:
    """On a Dask worker: one task in this worker's own warm process; once more in the pool after a crash."""
    from pathlib import Path

    from evalkit.runner.crew import FORK
    from evalkit.runner.single import execute_one, kept_crew

    known = stamped(Path(task["output"]))
    if not forced and known and known["parts"] == task["parts"]:  # done by a worker that died before it said so
        return {"state": "done", "files": known["files"], "note": "已由另一节点完成"}
    crew = kept_crew(timeout, memory_limit)
    kinds = [task["executor"] if FORK else "pool", "pool"]
    for attempt, kind in enumerate(kinds, 1):
        made = task | {"executor": kind, "staging": f"{task['staging']}-{os.getpid()}-{attempt}", "timeout": timeout}
        result = execute_one(crew, made) | {"executor": kind, "attempts": attempt}
        if result["state"] not in ("crashed", "kernel"):
            break
    return result
