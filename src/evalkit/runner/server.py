"""Worker processes, spoken to by JSON lines: ``python -P -m evalkit.runner.server fork|pool``.

``fork``: single-threaded; imports what the notebooks import, then forks one child per task. ``pool``: stock papermill,
one task after another. Both end themselves and everything below them when their standard input closes, so nothing is
left behind by ``kill -9`` of the caller; children of ``fork`` also die with it (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # nbformat imports in 0.3 s instead of 3 s

NOT_LEARNT = ("pandas.plotting", "__main__")  # importing the first early changes matplotlib's date converters
PDEATHSIG, SUBREAPER = 1, 36


def prctl(option: int, value: int) -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def register(home: str) -> Path:
    """A file that names this process and its birth, so that the next run can end it if all else died."""
    import psutil

    file = Path(home) / "pids" / str(os.getpid())
    with contextlib.suppress(OSError):
        file.write_text(repr(psutil.Process().create_time()))
    return file


class Unsafe(Exception):
    """A module started threads: no fork after it."""


class Warm:
    """The single-threaded parent."""

    def __init__(self, hello: dict[str, Any], say: Callable[[dict[str, Any]], None], channel: int):
        self.hello, self.say, self.private = hello, say, [channel]
        self.children: dict[int, str] = {}
        self.warmed: set[str] = set()
        self.avoid = tuple(hello["avoid"])
        os.environ["MPLBACKEND"] = hello["env"].get("MPLBACKEND") or "module://matplotlib_inline.backend_inline"
        from evalkit.runner import perform, shell

        self.perform, self.modules = perform, shell
        here = list(sys.path)
        self.shell = shell.make_shell()
        self.path, sys.path[:] = list(sys.path), here  # the shell adds '': local modules are left to the children

    def warm_up(self) -> None:
        for name in self.hello["imports"]:
            self.load(name)
        self.settle()

    def load(self, name: str) -> ModuleType | None:
        if name.startswith(self.avoid):
            return None
        try:
            module = importlib.import_module(name)
        except BaseException:  # the notebook will say so in its own cell
            return None
        if threads() > 1:
            raise Unsafe(name)
        return module

    def settle(self) -> None:
        """Packages' own warm-up (a function ``__warm__``), the first figure, and everything so far out of the gc."""
        for module in [each for each in sys.modules.values() if type(each) is ModuleType]:
            name, warm = module.__name__, vars(module).get("__warm__")
            warm = {"matplotlib.figure": first_figure, "pandas.io.formats.style": first_table}.get(name, warm)
            if callable(warm) and name not in self.warmed and f"{name}.__warm__" not in self.avoid:
                self.warmed.add(name)
                with contextlib.suppress(Exception):
                    warm()
                if threads() > 1:
                    raise Unsafe(f"{name}.__warm__")
        self.known = set(sys.modules)
        gc.collect()
        gc.freeze()

    def learn(self, names: list[str]) -> None:
        """Import what the first child had to import on its way."""
        for name in names:
            if name not in sys.modules and not name.startswith(NOT_LEARNT):
                self.load(name)
        self.settle()

    def start(self, task: dict[str, Any]) -> None:
        if pid := os.fork():
            self.children[pid] = task["id"]
            self.say({"started": task["id"], "pid": pid})
            return
        try:
            self.child(task)
            os._exit(0)
        finally:
            os._exit(1)

    def child(self, task: dict[str, Any]) -> None:
        import atexit
        import faulthandler

        prctl(PDEATHSIG, signal.SIGKILL)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if os.getppid() != task["server"]:
            return
        atexit._clear()
        mark = register(task["home"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for descriptor in self.private:
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(self.hello["env"])
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        self.shell.init_environment()
        sys.path[:] = self.path
        sys.argv[:] = ["ipykernel_launcher.py"]
        os.chdir(task["cwd"])
        Path(task["staging"]).mkdir(parents=True, exist_ok=True)
        stack = open(task["result"] + ".stack", "w")  # noqa: SIM115  # open until the process ends
        faulthandler.enable(stack)
        faulthandler.register(signal.SIGUSR1, stack)
        self.modules.enter_child(task["seed"])
        written = watch_writes(task["cwd"], task["staging"], task["home"])
        place = Path(task["result"] + ".cell")
        self.modules.HereEngine.on_cell = lambda count: place.write_text(str(count))
        try:
            result = raw(task) if task.get("raw") else self.perform.perform(task, "evalkit-here")
        except self.modules.NeedsKernel as need:
            result = {"state": "kernel", "reason": str(need)}
        result["modules"] = [name for name in sys.modules if name not in self.known]
        result["peak_memory"] = own_memory()
        if written:
            result["note"] = "写入了工作目录（各次运行会互相覆盖）：" + "、".join(sorted(written)[:5])
        finish(task, result)
        self.shell.user_ns.clear()  # files the notebook left open are closed, as at the end of a kernel
        atexit._run_exitfuncs()
        mark.unlink(missing_ok=True)

    def reap(self) -> None:
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if name := self.children.pop(pid, None):
                end_group(pid)
                with contextlib.suppress(OSError):  # whoever left its group is ours now (SUBREAPER)
                    for orphan in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                        if int(orphan) not in self.children:
                            os.kill(int(orphan), signal.SIGKILL)
                self.say({"exit": name, "status": os.waitstatus_to_exitcode(status)})

    def serve(self) -> None:
        import selectors

        reading, writing = os.pipe()
        self.private += [reading, writing]
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        prctl(SUBREAPER, 1)
        prctl(PDEATHSIG, 0)  # from here on a closed input ends us, with time to end the children first
        selector = selectors.DefaultSelector()
        selector.register(0, selectors.EVENT_READ)
        selector.register(reading, selectors.EVENT_READ)
        self.say({"ready": True, "modules": len(self.known)})
        buffer = b""
        while True:
            for key, _ in selector.select():
                if key.fd == reading:
                    os.read(reading, 4096)
                    self.reap()
                    continue
                data = os.read(0, 1 << 20)
                if not data:
                    return
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    message = json.loads(line)
                    if "task" in message:
                        self.start(message["task"] | {"server": os.getpid()})
                    else:
                        self.learn(message["learn"])


def first_figure() -> None:
    """Draw and forget one figure outside pyplot: fonts, the parser of exponents, text sizes are made ready once."""
    from io import BytesIO

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))
    figure.add_subplot(title="a", xscale="log").plot([1, 100], [0, 1], label="a")
    figure.legend()
    FigureCanvasAgg(figure).print_figure(BytesIO(), bbox_inches="tight")


def first_table() -> None:
    """One styled table: its templates are compiled once."""
    from pandas import DataFrame

    DataFrame({"a": [0.5]}).style.format("{:.1f}").to_html()


def own_memory() -> int:
    """Proportional set size: pages shared with the warm parent count in parts."""
    with contextlib.suppress(OSError), open("/proc/self/smaps_rollup") as file:
        return next((int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:")), 0)
    return 0


def end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def watch_writes(cwd: str, *allowed: str) -> set[str]:
    """Names of files the notebook opens for writing directly below its working directory."""
    written: set[str] = set()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str) or not isinstance(arguments[2], int):
            return
        path = os.path.abspath(arguments[0])
        writing = arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writing and os.path.dirname(path) == cwd and not path.startswith(allowed):
            written.add(os.path.basename(path))

    sys.addaudithook(hook)
    return written


def raw(task: dict[str, Any]) -> dict[str, Any]:
    """An already parameterised notebook for the papermill engine: run, hand back, publish nothing."""
    import nbformat
    from papermill.engines import NotebookExecutionManager

    from evalkit.runner.shell import HereEngine

    manager = NotebookExecutionManager(nbformat.read(task["notebook"], 4), progress_bar=False)
    manager.notebook_start()
    HereEngine.execute_managed_notebook(manager, "python3")
    nbformat.write(manager.nb, task["output"])
    return {"state": "done"}


def finish(task: dict[str, Any], result: dict[str, Any]) -> None:
    temporary = task["result"] + ".part"
    Path(temporary).write_text(json.dumps(result, ensure_ascii=False), "utf-8")
    os.replace(temporary, task["result"])


# Run once by a stock kernel just before the first cell: the kernel itself draws random numbers while it starts.
SEEDING = """
def seed(*_):
    events.unregister("pre_run_cell", seed)
    import random, numpy
    random.seed(%d)
    numpy.random.seed(%d)
events.register("pre_run_cell", seed)
"""


def pool(hello: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    """Stock papermill, one task at a time; a thread watches for the end of the input."""
    import queue

    import psutil

    from evalkit.runner.perform import perform

    tasks: queue.Queue[dict[str, Any]] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            tasks.put(json.loads(line)["task"])
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    say({"ready": True})
    while True:
        task = tasks.get()
        say({"started": task["id"], "pid": os.getpid()})
        line = f"exec({SEEDING % (task['seed'], task['seed'])!r}, {{'events': get_ipython().events}})"
        finish(task, perform(task, None, extra_arguments=[f"--IPKernelApp.exec_lines={line}"]))
        say({"exit": task["id"], "status": 0})


def main() -> None:
    if sys.platform == "linux":
        prctl(PDEATHSIG, signal.SIGKILL)  # while importing; see `Warm.serve`
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    first = b""
    while not first.endswith(b"\n"):
        first += os.read(0, 1)  # byte by byte: what follows the line belongs to the loops below
        if not first:
            return
    hello = json.loads(first)
    register(hello["home"])
    if sys.argv[1] == "fork":
        warm = Warm(hello, say, channel.fileno())
        try:
            warm.warm_up()
            warm.serve()
        except Unsafe as error:
            say({"unsafe": str(error)})
        finally:
            for pid in warm.children:
                end_group(pid)
    else:
        prctl(PDEATHSIG, 0) if sys.platform == "linux" else None
        pool(hello, say)


if __name__ == "__main__":
    main()
