"""``papermill --engine evalkit``: a forked child of a warm process; stock papermill where a real kernel is needed.

papermill loads this module with every start, so nothing but papermill.engines is imported here.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import Engine, NBClientEngine, NotebookExecutionManager


class EvalkitEngine(Engine):
    """Registered as ``evalkit`` in the entry points ``papermill.engine``."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any) -> None:
        from papermill.log import logger

        from evalkit.runner.single import execute_here

        reason = execute_here(nb_man, kernel_name, **kwargs)
        if reason:
            logger.warning(f"evalkit: {reason}; 改用标准方式运行 / running with the standard engine")
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **kwargs)
