"""``papermill --engine evalkit``: a forked child of a warm process; stock papermill where a real kernel is needed.

papermill loads this module with every start, so nothing but papermill.engines is imported here.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import Engine, NBClientEngine, NotebookExecutionManager
from papermill.log import logger


class EvalkitEngine(Engine):
    """Registered as ``evalkit`` in the entry points ``papermill.engine``."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any
    ) -> None:
        if reason := execute_forked(nb_man, kernel_name, **kwargs):
            logger.warning(
                f"evalkit: {reason}; 改用标准方式运行 / running with the standard engine"
            )
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **kwargs)


def execute_forked(nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any) -> str:
    """Run the cells of `nb_man` in a forked child; the reason (empty when done) why a real kernel must do it.

    The warm process is kept for the next call of the same program.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import nbformat
    from papermill.execute import remove_error_markers

    from evalkit.runner.crew import kept_crew
    from evalkit.runner.jobs import Job, seed_of
    from evalkit.runner.local import make_task
    from evalkit.runner.notebook import inspect

    if kernel_name != "python3" or any(
        kwargs.get(name) for name in ("log_output", "stdout_file", "stderr_file")
    ):
        return "要求了另一个内核或实时日志"
    limit = kwargs.get("execution_timeout") or kwargs.get("timeout")
    with TemporaryDirectory(prefix="evalkit-notebook-") as folder:
        notebook, output = Path(folder, "in.ipynb"), Path(folder, "out.ipynb")
        nbformat.write(nb_man.nb, notebook)
        facts = {
            "parts": {},
            "hash": "",
            "seed": seed_of(dict(nb_man.nb.metadata.papermill.parameters)),
        }
        task = make_task(Job("", notebook, output), inspect(notebook), facts, Path(folder), "auto")
        if task["executor"] != "fork":
            return str(task["note"])
        result = kept_crew(float(limit or 1e9)).attempt(
            task
        )  # papermill's own default is no time limit
        made = output if result["state"] == "done" else result.get("failed_notebook", "")
        executed = remove_error_markers(nbformat.read(made, 4)) if made else None
    if not executed or (result["state"] != "done" and not executed.metadata.papermill["exception"]):
        return "\n".join(filter(None, (result["reason"], result.get("traceback"))))
    nb_man.nb.cells = executed.cells
    nb_man.nb.metadata["language_info"] = executed.metadata["language_info"]
    nb_man.nb.metadata.papermill["exception"] = executed.metadata.papermill["exception"]
    return ""
