"""The rows of a run on an existing Dask cluster over a shared folder; same skip, resume and failure rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalkit.problems import InputError, Problem
from evalkit.runner.jobs import stamped


@contextmanager
def cluster(executor: str, *limits: Any) -> Iterator[Callable[[dict[str, Any]], Future[dict[str, Any]]]]:
    """A function that submits a task to the cluster at ``dask://host:port``; `limits` as in `remote`."""

    def refused(read: str, advice: str) -> InputError:
        return InputError(Problem("value_invalid", where="executor", found=executor, read=read, advice=advice))

    try:
        from distributed import Client  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise refused("没有安装 distributed", '先运行 pip install "evalkit[cluster]"') from None
    try:
        client = Client(executor.replace("dask://", "tcp://", 1), timeout="10s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise refused(str(error), "检查地址，并确认 Dask 调度器已启动") from None
    try:
        workers = client.get_executor(pure=False, retries=1)
        yield lambda task: workers.submit(remote, task, *limits)
    finally:
        client.close()


def remote(task: dict[str, Any], timeout: float, memory_limit: int | None, forced: bool) -> dict[str, Any]:
    """On a Dask worker: one task in this worker's own warm process; once more in the pool after a crash."""
    from evalkit.runner.crew import FORK, kept_crew

    known = stamped(Path(task["output"]))
    if not forced and known.get("parts") == task["parts"]:  # done by a worker that died before it said so
        return {"state": "done", "files": known["files"], "note": "已由另一节点完成", "executor": "dask"}
    task["executor"] = task["executor"] if FORK else "pool"
    result = kept_crew(timeout, memory_limit).perform(task)
    return result | {"executor": f"dask/{result['executor']}"}
