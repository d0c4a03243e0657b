"""Cells in an IPython shell inside this process, with the outputs a real kernel would have sent.

ipykernel's own shell class is used with a `Session` that hands its messages to nbclient instead of a socket, so display
hooks, rich results, clear_output, update_display and tracebacks take the usual code path; no socket and no thread is
opened.
"""

from __future__ import annotations

import builtins
import getpass
import io
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session
from nbclient.client import timestamp
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from evalkit.runner.jobs import OUTPUT_LIMIT, TOO_LARGE
from evalkit.workbench import settle_in


class NeedsKernel(BaseException):
    """The notebook opened a comm, or asked something of the kernel: it must run under a real one.

    Not an Exception, so that no cell swallows it.
    """


class NoKernel:
    """Stands for the kernel in the shell: libraries see that there is one, whoever asks more of it gets a real one."""

    eventloop = None  # `exit` asks it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "io_loop":  # of the event loop, which `exit` would stop
            raise AttributeError(name)
        raise NeedsKernel(f"内核自己的属性（{name}）")


class Recorder(Session):
    """A kernel session that hands its messages to `hear`."""

    hear: Callable[[dict[str, Any]], Any] = staticmethod(lambda message: None)

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        *a: Any,
        **k: Any,
    ) -> Any:
        message = (
            msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content, parent)
        )
        self.hear(message)
        return message


class Stream(io.TextIOWrapper):
    """sys.stdout or sys.stderr: in a child its descriptor is a memory file, which C code and subprocesses write to as
    well, and which is sent when another kind of output comes, as ipykernel's OutStream does. Libraries that look for a
    stream of a notebook (click, loguru ...) find one: its class says that it is of ipykernel."""

    captured = False
    __module__ = OutStream.__module__

    def __init__(self, name: str, session: Recorder, descriptor: int):
        self.session, self.descriptor, self.kind = session, descriptor, name
        super().__init__(
            os.fdopen(descriptor, "wb", 0, closefd=False),
            "UTF-8",
            "replace",
            "",
            write_through=True,
        )  # type: ignore[type-var]

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.kind

    def write(self, text: str) -> int:
        if self.captured and os.lseek(self.descriptor, 0, os.SEEK_CUR) + len(text) > OUTPUT_LIMIT:
            raise OSError(
                TOO_LARGE
            )  # here, so that an endless loop of prints ends; displays are counted at the end
        return super().write(text)

    def flush(self) -> None:
        super().flush()
        if self.captured and (size := os.lseek(self.descriptor, 0, os.SEEK_CUR)):
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            text = os.read(self.descriptor, size).decode("utf-8", "replace")
            os.ftruncate(self.descriptor, 0)
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            self.session.send(None, "stream", {"name": self.kind, "text": text})


OutStream.register(Stream)


def make_shell() -> ZMQInteractiveShell:
    """The shell of this process, with the user's configuration of kernels, without history database and its thread.

    The application of a kernel is there as well, since libraries ask for it; it opens no socket before it is initialised.
    """
    application = IPKernelApp.instance()
    with suppress(
        Exception
    ):  # a home that cannot be read or written, or a faulty file: a kernel goes on without it
        application.init_profile_dir()
        application.init_config_files()
        application.load_config_file()
    application.config.HistoryManager.enabled = False
    shell = ZMQInteractiveShell.instance(config=application.config, compiler_class=XCachingCompiler)
    session = Recorder()
    shell.display_pub.session = shell.displayhook.session = session  # type: ignore[attr-defined]
    shell.kernel = NoKernel()
    shell.enable_gui = lambda gui=None: None  # type: ignore[method-assign]  # %matplotlib inline; other loops go to the pool
    application.shell = shell
    settle_in(shell)
    sys.stdout, sys.stderr = Stream("stdout", session, 1), Stream("stderr", session, 2)
    return shell


def with_working_folder(path: Sequence[str]) -> list[str]:
    """A search path with the working folder before the installed packages, where a kernel has it."""
    found = list(path)
    if "" not in found and not IPKernelApp.instance().ignore_cwd:
        packages = (
            n
            for n, each in enumerate(found)
            if Path(each).name in ("site-packages", "dist-packages")
        )
        found.insert(next(packages, 0), "")
    return found


def start_up() -> None:
    """What a kernel does before the first cell: extensions, start-up files and lines of the user's configuration."""
    application = IPKernelApp.instance()
    application.init_gui_pylab()
    application.init_extensions()
    application.init_code()


def enter_child() -> None:
    """Fresh streams; input() and comms are refused, as a kernel without a front end does."""
    import comm

    for descriptor in (1, 2):
        os.dup2(os.memfd_create("output"), descriptor)
    Stream.captured = True

    no_input = StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )
    builtins.input = getpass.getpass = refuse(no_input)
    comm.create_comm = refuse(NeedsKernel("前端通信（控件）"))
    start_up()


def refuse(error: BaseException) -> Any:
    def refused(*_: Any, **__: Any) -> Any:
        raise error

    return refused


class HereClient(PapermillNotebookClient):
    """papermill's client with the cells run in this process; nbclient itself makes the outputs of the messages."""

    def execute_here(self, seed: int, place: Path) -> None:
        """Run all cells; the number of the one that runs stands in the file `place`, should the process die."""
        self.shell, self.place = ZMQInteractiveShell.instance(), place
        self.session: Recorder = self.shell.display_pub.session  # type: ignore[attr-defined]
        self.reset_execution_trackers()
        random.seed(seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed)
        self.papermill_execute_cells()
        self.nb.metadata["language_info"] = NotebookNode(IPythonKernel.language_info)

    def execute_cell(self, cell: NotebookNode, cell_index: int, **_: Any) -> NotebookNode:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        self.place.write_text(str(self.shell.execution_count))
        began = timestamp()
        cell.outputs, self.clear_before_next_output = [], False
        self.session.hear = lambda message: self.process_message(message, cell, cell_index)
        cell.metadata["execution"] = NotebookNode(
            {"iopub.execute_input": began, "iopub.status.busy": began}
        )
        result = self.shell.run_cell(cell.source, store_history=True)
        sys.stdout.flush()
        sys.stderr.flush()
        cell.metadata["execution"] |= {
            "iopub.status.idle": timestamp(),
            "shell.execute_reply": timestamp(),
        }
        cell.execution_count = self.shell.execution_count - 1
        if isinstance(result.error_in_exec, NeedsKernel):
            raise result.error_in_exec
        failed = not result.success or getattr(
            self.shell, "_last_traceback_during_displayhook", False
        )
        if failed and "raises-exception" not in tags:
            raise CellExecutionError(
                "", "", ""
            )  # the error itself is an output of the cell already
        return cell


class HereEngine(Engine):
    """Runs the cells in this process; only ever used inside a forked child."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **given: Any
    ) -> None:
        HereClient(nb_man).execute_here(given["seed"], given["place"])


papermill_engines.register("evalkit-here", HereEngine)
