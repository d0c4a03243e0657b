"""One notebook for the papermill engine; the warm process is kept for the next call of the same program."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.runner.crew import Crew
from evalkit.runner.jobs import Job
from evalkit.runner.local import TIMEOUT, default_memory, make_task

if TYPE_CHECKING:
    from papermill.engines import NotebookExecutionManager

_LOCK = threading.RLock()
_KEPT: list[Crew] = []
_NUMBERS = count()


def kept_crew(timeout: float = TIMEOUT, memory_limit: int | None = None) -> Crew:
    """This process's own crew, closed when it ends."""
    with _LOCK:
        if not _KEPT:
            home = Path(tempfile.mkdtemp(prefix="evalkit-runner-"))
            _KEPT.append(Crew(home, timeout, memory_limit or default_memory(1)))
            atexit.register(shutil.rmtree, home, ignore_errors=True)
            atexit.register(_KEPT[0].close)
        return _KEPT[0]


def execute_one(crew: Crew, task: dict[str, Any]) -> dict[str, Any]:
    """Start one task and wait for it; calls from several threads take turns."""
    with _LOCK:
        crew.start(task | {"id": f"{os.getpid()}-{next(_NUMBERS)}"})
        while not (finished := crew.poll()):
            pass
        return finished[0][1]


def execute_here(nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any) -> str:
    """Run the cells of `nb_man` in a forked child; the reason (empty when done) why a real kernel must do it."""
    import nbformat

    if kernel_name != "python3" or any(kwargs.get(name) for name in ("log_output", "stdout_file", "stderr_file")):
        return "要求了另一个内核或实时日志"
    parameters = dict(nb_man.nb.metadata.get("papermill", {}).get("parameters", {}))
    folder = Path(tempfile.mkdtemp(prefix="evalkit-notebook-"))
    limit = kwargs.get("execution_timeout") or kwargs.get("timeout")
    try:
        nbformat.write(nb_man.nb, folder / "in.ipynb")
        job = Job("", folder / "in.ipynb", folder / "out.ipynb", parameters)
        task, note = make_task(job, {}, folder, 0, "auto")
        if note:
            return note
        task |= {"raw": True, "timeout": float(limit) if limit else 1e9}  # papermill's own default is no limit
        result = execute_one(kept_crew(), task)
        if result["state"] != "done":
            return str(result["reason"])
        made = nbformat.read(folder / "out.ipynb", 4)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for cell, executed in zip(nb_man.nb.cells, made.cells, strict=True):
        cell.update(executed)
    nb_man.nb.metadata["language_info"] = made.metadata["language_info"]
    nb_man.nb.metadata.papermill["exception"] = made.metadata.papermill["exception"]
    return ""
