"""Cells in an IPython shell inside this process, with the outputs a real kernel would have sent.

ipykernel's own shell class is used with a `Session` that keeps messages instead of sending them, so display hooks,
rich results, update_display and tracebacks take ipykernel's code path; no socket and no thread is opened.
"""

from __future__ import annotations

import builtins
import getpass
import io
import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

OUTPUT_LIMIT = 20_000_000  # characters or base64 bytes in one notebook; a report is 1 to 3 MB


class NeedsKernel(BaseException):
    """The notebook opened a comm: it must run under a real kernel. Not an Exception, so that no cell swallows it."""


class OutputTooLarge(Exception):
    """More output than a notebook can hold."""


class Recorder(Session):
    """A kernel session whose messages become notebook outputs, as nbclient makes them."""

    outputs: list[NotebookNode]

    def begin_notebook(self) -> None:
        self.size = 0
        self.displays: dict[str, list[tuple[int, NotebookNode]]] = {}
        self.cell = -1
        self.begin_cell([])

    def begin_cell(self, outputs: list[NotebookNode]) -> None:
        self.outputs, self.cell, self.clearing, self.comm = outputs, self.cell + 1, False, False

    def count(self, size: int) -> None:
        self.size += size
        if size and self.size > OUTPUT_LIMIT:  # the error message itself must still get through
            raise OutputTooLarge(f"输出超过 {OUTPUT_LIMIT // 1_000_000} MB，请减少打印的内容")

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, *a: Any, **k: Any) -> Any:
        msg = msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content, parent)
        kind, content = msg["msg_type"], msg["content"]
        display = content.get("transient", {}).get("display_id")
        if kind == "clear_output":
            if content.get("wait"):
                self.clearing = True
            else:
                self.clear()
            return msg
        if kind == "update_display_data":
            for _, output in self.displays.get(display, ()):
                output["data"], output["metadata"] = NotebookNode(content["data"]), NotebookNode(content["metadata"])
            return msg
        output = output_from_msg(msg)
        self.count(sum(len(v) for v in (content.get("data") or {}).values() if isinstance(v, str)))
        if self.clearing:
            self.clear()
        last = self.outputs[-1] if self.outputs else None
        if kind == "stream" and last and last["output_type"] == "stream" and last["name"] == output["name"]:
            last["text"] += output["text"]
            return msg
        if display:
            self.displays.setdefault(display, []).append((self.cell, output))
        self.outputs.append(output)
        return msg

    def clear(self) -> None:
        self.clearing = False
        self.outputs[:] = []
        for shown in self.displays.values():
            shown[:] = [pair for pair in shown if pair[0] != self.cell]


class Stream(io.TextIOBase):
    """sys.stdout and sys.stderr: buffered until the other kind of output comes, as ipykernel's OutStream is."""

    encoding, errors = "UTF-8", "replace"
    captured = False  # whether the descriptor is a memory file of ours

    def __init__(self, name: str, session: Recorder, descriptor: int):
        self.name, self.session, self.descriptor, self.parts = name, session, descriptor, list[str]()

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self.session.count(len(text))
        self.collect()
        self.parts.append(text)
        return len(text)

    def flush(self) -> None:
        if text := "".join(self.parts):
            self.parts.clear()
            self.session.send(None, "stream", {"name": self.name, "text": text})

    def fileno(self) -> int:
        return self.descriptor

    def writable(self) -> bool:
        return True

    def collect(self) -> None:
        """What C code and subprocesses wrote to the descriptor itself (it is a memory file in a child)."""
        if self.captured and (size := os.lseek(self.descriptor, 0, os.SEEK_CUR)):
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            text = os.read(self.descriptor, min(size, OUTPUT_LIMIT)).decode("utf-8", "replace")
            os.ftruncate(self.descriptor, 0)
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            self.session.count(size)
            self.parts.append(text)


def make_shell() -> ZMQInteractiveShell:
    """The shell of this process, without history database and the thread that writes it."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = ZMQInteractiveShell.instance(config=config, compiler_class=XCachingCompiler)
    session = Recorder()
    session.begin_notebook()
    shell.display_pub.session = shell.displayhook.session = session  # type: ignore[attr-defined]
    shell.kernel = SimpleNamespace(eventloop=None)  # `exit` asks it
    shell.enable_gui = lambda gui=None: None  # type: ignore[method-assign]  # %matplotlib inline; other event loops go to the pool
    sys.stdout, sys.stderr = Stream("stdout", session, 1), Stream("stderr", session, 2)
    return shell


def enter_child(seed: int) -> None:
    """Fresh streams and random state; input() is refused as a kernel without a front end does."""
    for descriptor in (1, 2):
        os.dup2(os.memfd_create("output"), descriptor)
    Stream.captured = True
    HereEngine.seed = seed

    def no_input(*_: Any, **__: Any) -> str:
        raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")

    builtins.input = getpass.getpass = no_input
    import comm

    def no_comm(*_: Any, **__: Any) -> Any:
        raise NeedsKernel("前端通信（控件）")

    comm.create_comm = no_comm


class HereEngine(Engine):
    """Runs the cells in this process; only ever used inside a forked child."""

    seed = 0
    on_cell: Callable[[int], Any] = staticmethod(lambda count: None)

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any) -> None:
        shell = ZMQInteractiveShell.instance()
        session: Recorder = shell.display_pub.session  # type: ignore[attr-defined]
        session.begin_notebook()
        random.seed(cls.seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(cls.seed)
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            failed = False
            try:
                tags = cell.metadata.get("tags", [])
                if cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in tags:
                    cls.on_cell(shell.execution_count)
                    failed = not run_cell(shell, session, cell) and "raises-exception" not in tags
                if failed:
                    nb_man.cell_exception(cell, cell_index=index)
                    break
            finally:
                nb_man.cell_complete(cell, cell_index=index)
        info = {"name": "ipython", "version": sys.version_info[0]}
        nb_man.nb.metadata["language_info"] = NotebookNode(
            name="python",
            version=sys.version.split()[0],
            mimetype="text/x-python",
            codemirror_mode=info,
            pygments_lexer="ipython3",
            nbconvert_exporter="python",
            file_extension=".py",
        )


def run_cell(shell: ZMQInteractiveShell, session: Recorder, cell: NotebookNode) -> bool:
    """Run one cell; outputs, count and times go into it. True when nothing was raised."""
    stamp = lambda: datetime.now(UTC).isoformat().replace("+00:00", "Z")  # noqa: E731
    cell.outputs = []
    session.begin_cell(cell.outputs)
    began = stamp()
    result = shell.run_cell(cell.source, store_history=True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Stream):
            stream.collect()
        stream.flush()
    ended = stamp()
    cell.execution_count = shell.execution_count - 1
    cell.metadata["execution"] = NotebookNode(
        {
            "iopub.execute_input": began,
            "iopub.status.busy": began,
            "iopub.status.idle": ended,
            "shell.execute_reply": ended,
        }
    )
    if isinstance(result.error_in_exec, NeedsKernel):
        raise result.error_in_exec
    return bool(result.success and not getattr(shell, "_last_traceback_during_displayhook", False))


papermill_engines.register("evalkit-here", HereEngine)
