"""Worker processes, spoken to by JSON lines: ``python -P -m evalkit.runner.server fork|pool FACTS``.

``fork``: single-threaded; imports what the notebooks import, then forks one child per task. ``pool``: stock papermill,
one task after another. Both end themselves and everything below them when their input closes, so nothing is left behind
by ``kill -9`` of the caller; children of ``fork`` also die with it (PR_SET_PDEATHSIG).

The input is read from a descriptor of its own (`take_input`); whatever the notebooks import or start sees an empty one.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import importlib
import io
import json
import os
import queue
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # nbformat imports in 0.3 s instead of 3 s

import psutil  # noqa: E402

from evalkit.runner.crew import QUIET, kill_tree, put_result, written  # noqa: E402
from evalkit.runner.machine import PDEATHSIG, SUBREAPER, prctl  # noqa: E402
from evalkit.runner.marks import stands_alone  # noqa: E402
from evalkit.runner.perform import perform  # noqa: E402

NOT_LEARNT = (
    "pandas.plotting",
    "__main__",
)  # importing the first early changes matplotlib's date converters
Say = Callable[..., None]


class Warm:
    """The single-threaded parent."""

    def __init__(self, facts: dict[str, Any], say: Say, channel: int, tasks: int):
        os.environ.setdefault(
            "MPLBACKEND", "module://matplotlib_inline.backend_inline"
        )  # as ipykernel does
        from nbformat.validator import get_validator

        from evalkit.runner import shell

        self.facts, self.say, self.private, self.tasks = facts, say, [channel, tasks], tasks
        self.children: dict[int, dict[str, Any]] = {}
        self.known, self.taught = set[str](), set[str]()
        self.shell = shell.make_shell()
        self.path = shell.with_working_folder(sys.path)  # local modules are left to the children
        for minor, relaxed in (
            (4, False),
            (4, True),
            (5, False),
            (5, True),
        ):  # 25 ms each to compile
            get_validator(4, minor, relaxed)
        self.learn(facts["imports"])

    def learn(self, names: list[str]) -> None:
        """Import modules, draw a first figure and table, take all of it out of the gc.

        First the imports of the notebook, later what the first child had to import on its way. A module that defines
        ``__warm_up__()`` has it called once: what every child would else make ready for itself. All of it as in a cell:
        what a library asks on its import, such as ``get_ipython``, is there.
        """
        with self.shell.builtin_trap, self.shell.display_trap:
            self.learn_in_shell(names)

    def learn_in_shell(self, names: list[str]) -> None:
        avoid = tuple(self.facts["avoid"])
        for name in names:
            if name not in sys.modules and not name.startswith((*NOT_LEARNT, *avoid)):
                with suppress(BaseException):  # the notebook will say so in its own cell
                    importlib.import_module(name)
                self.stay_single(name)
        if "matplotlib.figure" in sys.modules.keys() - self.known:
            first_figure()
        if (
            "pandas.io.formats.style" in sys.modules.keys() - self.known
        ):  # its templates are compiled once
            sys.modules["pandas"].DataFrame({"a": [0.5]}).style.format("{:.1f}").to_html()
        for name in sorted(sys.modules.keys() - self.known):
            if warm_up := getattr(sys.modules[name], "__dict__", {}).get("__warm_up__"):
                with suppress(Exception):
                    warm_up()
                self.stay_single(name)
        self.known = set(sys.modules)
        gc.collect()
        gc.freeze()

    def stay_single(self, name: str) -> None:
        """No fork after something has started threads: begin again in a fresh image of this process, without it."""
        if len(os.listdir("/proc/self/task")) == 1:
            return
        self.taught = {task["notebook"] for task in self.children.values()}
        while self.children:
            self.reap()
            time.sleep(0.01)
        os.dup2(self.private[0], 1)
        os.dup2(self.tasks, 0)
        self.facts["avoid"].append(name)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:-1], json.dumps(self.facts)])

    def start(self, task: dict[str, Any]) -> None:
        parent = os.getpid()
        if pid := os.fork():
            self.children[pid] = task
            return self.say(task=task["id"], pid=pid)
        try:
            prctl(PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                self.child(task)
        except BaseException:
            Path(task["result"] + ".stack").write_text(traceback.format_exc(), "utf-8")
        finally:
            os._exit(1)

    def child(self, task: dict[str, Any]) -> None:
        from evalkit.runner.shell import NeedsKernel, enter_child

        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        atexit._clear()
        for descriptor in self.private:
            os.close(descriptor)
        for name in (*QUIET, "PYTHONPATH"):
            os.environ.pop(name, None)
        os.environ.update(self.facts["environment"])
        self.shell.init_environment()
        sys.path[:] = self.path
        sys.argv[:] = ["ipykernel_launcher.py"]
        os.chdir(task["cwd"])
        self.stack = open(task["result"] + ".stack", "w")  # noqa: SIM115  # open until the process ends
        faulthandler.enable(self.stack)
        faulthandler.register(signal.SIGUSR1, self.stack)
        enter_child()
        touched = watch_writes(task["cwd"], task["staging"], self.facts["home"])
        try:
            result = perform(task, "evalkit-here", seed=task["seed"], place=Path(task["result"]))
        except NeedsKernel as need:
            result = {"state": "kernel", "reason": str(need)}
        result["modules"] = [name for name in sys.modules if name not in self.known]
        if touched:
            note = "写入了工作目录（各次运行会互相覆盖）：" + "、".join(sorted(touched)[:5])
            result["note"] = "；".join(filter(None, (result.get("note"), note)))
        status = put_result(task, result)
        self.shell.user_ns.clear()  # files the notebook left open are closed, as at the end of a kernel
        atexit._run_exitfuncs()
        os._exit(status)

    def reap(self) -> None:
        """Say which children have ended; end what they left behind, and learn from the first one of each notebook."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                break
            if task := self.children.pop(pid, None):
                result = written(Path(task["result"]))
                self.say(task=task["id"], status=os.waitstatus_to_exitcode(status))
                if (
                    isinstance(result, dict)
                    and result["state"] == "done"
                    and task["notebook"] not in self.taught
                ):
                    self.taught.add(task["notebook"])
                    self.learn(result["modules"])
        with suppress(
            OSError, psutil.Error
        ):  # orphans become ours (SUBREAPER); their end brings us here again, for theirs
            for pid in map(
                int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            ):
                if pid in self.children or os.getsid(pid) in self.children:  # of a run that goes on
                    continue
                if not stands_alone(psutil.Process(pid)):
                    os.kill(pid, signal.SIGKILL)

    def serve(self) -> None:
        """Start a child for every line of the input until it ends."""
        reading, writing = os.pipe()
        self.private += [reading, writing]
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        prctl(SUBREAPER, 1)
        prctl(
            PDEATHSIG, 0
        )  # from here on a closed input ends us, with time to end the children first
        data = b"start"
        while data:
            ready, _, _ = select.select([self.tasks, reading], [], [])
            if reading in ready and os.read(reading, 4096):
                self.reap()
            if self.tasks in ready:
                data = os.read(self.tasks, 1 << 20)
                *lines, self.facts["rest"] = (self.facts["rest"] + data.decode()).split("\n")
                for line in lines:
                    self.start(json.loads(line))


def first_figure() -> None:
    """Draw and forget one figure outside pyplot: fonts, the parser of exponents, text sizes are made ready once."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))
    figure.add_subplot(title="a", xscale="log").plot([1, 100], [0, 1], label="a")
    figure.legend()
    figure.savefig(io.BytesIO(), bbox_inches="tight")


def watch_writes(cwd: str, *allowed: str) -> set[str]:
    """Names of files the notebook opens for writing directly below its working directory."""
    written: set[str] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (
            event == "open"
            and isinstance(arguments[0], str)
            and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)
        ):
            path = os.path.abspath(arguments[0])
            if os.path.dirname(path) == cwd and not path.startswith(allowed):
                written.add(os.path.basename(path))

    sys.addaudithook(hook)
    return written


# Run once by a stock kernel just before the first cell: the kernel itself draws random numbers while it starts.
SEEDING = (
    "def seed(*_): events.unregister('pre_run_cell', seed); import random, numpy; random.seed({0}); numpy.random.seed({0})\n"
    "events.register('pre_run_cell', seed)"
)


def take_input() -> int:
    """A descriptor of our own for the standard input, in whose place the null device stands from now on.

    On Windows a library that is loaded asks the handle of standard input and waits as long as a thread reads from it;
    and anywhere a program that is started would take tasks out of a pipe that it inherits.
    """
    own = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return own


def pool(say: Say, source: int) -> None:
    """Stock papermill, one task at a time; a thread watches for the end of the input."""
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        with open(source, encoding="utf-8") as lines:
            for line in lines:
                tasks.put(json.loads(line))
        kill_tree(os.getpid())

    threading.Thread(target=listen, daemon=True).start()
    while task := tasks.get():
        say(task=task["id"], pid=os.getpid())
        line = f"exec({SEEDING.format(task['seed'])!r}, {{'events': get_ipython().events}})"
        result = perform(task, None, extra_arguments=[f"--IPKernelApp.exec_lines={line}"])
        say(task=task["id"], status=put_result(task, result))


def main() -> None:
    channel, source, facts = os.dup(1), take_input(), json.loads(sys.argv[2])
    with suppress(
        ImportError, ValueError, OSError
    ):  # a core file would hold whatever ledgers the notebook has read
        from resource import RLIMIT_CORE, setrlimit

        setrlimit(RLIMIT_CORE, (0, 0))
    os.dup2(2, 1)  # whatever modules print while they are imported goes to the log

    def say(**message: Any) -> None:
        os.write(channel, json.dumps(message).encode() + b"\n")

    if sys.argv[1] == "pool":
        return pool(say, source)
    prctl(PDEATHSIG, signal.SIGKILL)  # while importing; see `Warm.serve`
    try:
        Warm(facts, say, channel, source).serve()
    except BrokenPipeError:
        pass  # the caller was killed
    finally:
        kill_tree(
            os.getpid(), itself=False
        )  # children, and what they started: a signal at our death reaches only children


if __name__ == "__main__":
    main()
