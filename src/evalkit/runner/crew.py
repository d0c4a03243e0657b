"""The caller's side of the worker processes: start, watch, end, and say what came of each task."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from evalkit.files import put
from evalkit.problems import InputError
from evalkit.runner.jobs import WORDS
from evalkit.runner.machine import USABLE, memory
from evalkit.runner.marks import MARK, stands_alone
from evalkit.world.number import fixed, plain

QUIET: dict[str, str] = WORDS["quiet"]
WARM_UP = 300.0  # seconds a server may take to import
WATCH = 0.25  # seconds between two looks at times and memory
# Bytes of one run while it works, as measured: a forked child shares most with its parent, a kernel has a process beside.
NEED = {"fork": 0.6e9, "pool": 1.25e9}
LEAST_LIMIT = 2e9  # below this no run is ended for its memory, however many run at a time
CANNOT_WRITE = 74  # EX_IOERR: status of a run whose result could not be written


@dataclass(eq=False)
class Server:
    """A worker process: ``fork`` serves all notebooks of a group at once, ``pool`` one after another."""

    kind: str
    group: tuple[str, ...]
    process: Any  # a Popen with pipes
    runs: dict[str, Run] = field(default_factory=dict)

    def dismiss(self) -> None:
        """A server whose input ends ends itself and everything below it."""
        with suppress(OSError):
            self.process.stdin.close()


@dataclass(eq=False)
class Run:
    """One attempt at a task; `pid` stays 0 until a server has started it."""

    task: dict[str, Any]
    server: Server
    logged: int  # where the servers' log ended when it was handed over
    pid: int = 0
    began: float = field(default_factory=time.monotonic)
    peak: int = 0
    cause: str = ""
    asked: int = 0  # how often it was told to write down where it stands, before it is ended
    status: int = 0
    over: threading.Event = field(default_factory=threading.Event)


class Crew:
    """Worker processes of one run. `home` is a folder for results and the servers' log.

    By default a run may take 4 GB of memory, less where the machine has less for each worker, but never less than 2 GB.
    """

    def __init__(
        self, home: Path, timeout: float, memory_limit: int | None = None, workers: int = 1
    ):
        self.home, self.log, self.timeout, self.closed = home, home / "server.log", timeout, False
        share = USABLE * psutil.virtual_memory().total / workers
        self.memory_limit = memory_limit or max(LEAST_LIMIT, min(4e9, share))
        self.servers: list[Server] = []
        self.lock, self.numbers = threading.RLock(), count()
        (home / "results").mkdir(parents=True, exist_ok=True)

    def perform(
        self, task: dict[str, Any], say: Callable[[str], Any] = lambda message: None
    ) -> dict[str, Any]:
        """Run `task`; once more in the pool after a crash, or where it turns out to need a real kernel.

        The result is JSON: ``state`` is done, failed or crashed; ``earlier`` says what became of a first attempt, since
        a retry that succeeds must not hide the fault. Any number of threads may call this.
        """
        notes, earlier = [str(task["note"])], list[dict[str, Any]]()
        while True:
            result = self.attempt(task)
            if self.closed or not (
                result["state"] == "kernel" or (result["state"] == "crashed" and not earlier)
            ):
                note = "；".join(filter(None, (*notes, result.get("note"))))
                return result | {"executor": task["executor"], "note": note, "earlier": earlier}
            if result["state"] == "crashed":
                earlier.append(result | {"executor": task["executor"]})
            notes.append(f"{result['reason']}；改用标准方式（pool）重试")
            say(notes[-1])
            task = task | {"executor": "pool"}

    def attempt(self, task: dict[str, Any]) -> dict[str, Any]:
        """Hand `task` to a server and wait for its result; state ``kernel``: it needs a real one."""
        name = f"{os.getpid()}-{next(self.numbers)}"
        task = task | {
            "id": name,
            "result": str(self.home / "results" / name),
            "staging": f"{task['staging']}-{name}",
        }
        with self.lock:
            server = self._server(task["executor"], tuple(task["group"]), task["imports"])
            run = server.runs[name] = Run(task, server, size(self.log))
            with suppress(OSError):  # a dead server shows itself by the end of its output
                server.process.stdin.write(json.dumps(task).encode() + b"\n")
                server.process.stdin.flush()
        try:
            while not run.over.wait(WATCH):
                self._watch(run)
        except BaseException:
            if run.pid:  # nobody waits for it any more
                kill_tree(run.pid)
            raise
        finally:
            server.runs.pop(name, None)
        return self._result(run)

    def _server(self, kind: str, group: tuple[str, ...], imports: list[str]) -> Server:
        for server in self.servers:
            if server.kind == kind and (
                server.group == group if kind == "fork" else not server.runs
            ):
                return server
        for server in self.servers:
            if (
                server.kind == kind and not server.runs
            ):  # its notebooks are done: give the memory back
                server.kind = "ending"
                server.dismiss()
        if self.closed:
            raise RuntimeError("closed")
        path = os.pathsep.join(
            filter(None, (os.environ.get("PYTHONPATH"), str(Path(__file__).parents[2])))
        )
        changed = (QUIET if kind == "fork" else {}) | {"PYTHONPATH": path}
        before = {name: os.environ[name] for name in changed if name in os.environ}
        facts = {
            "home": str(self.home),
            "imports": imports,
            "environment": before,
            "avoid": [],
            "rest": "",
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "evalkit.runner.server", kind, json.dumps(facts)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | changed | {MARK: str(self.home)},
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )  # Ctrl-C in the terminal is for the caller alone
        self.servers.append(server := Server(kind, group, process))
        threading.Thread(target=self._listen, args=(server,), daemon=True).start()
        return server

    def _listen(self, server: Server) -> None:
        for line in server.process.stdout or ():
            with suppress(ValueError, KeyError):  # a process that is killed leaves half a line
                message = json.loads(line)
                run = server.runs[message["task"]]
                if "pid" in message:
                    run.pid, run.began = message["pid"], time.monotonic()
                else:
                    run.status = message["status"]
                    run.over.set()
        code = server.process.wait()
        with self.lock:
            self.servers.remove(server)
            for run in list(server.runs.values()):
                run.status = code
                run.cause = (
                    run.cause
                    or ("常驻进程" if server.kind != "pool" else "进程")
                    + f"意外结束（{ending(code)}）"
                )
                run.over.set()

    def _watch(self, run: Run) -> None:
        """End a run that takes too long or too much memory (proportional set size, in a child of a warm process)."""
        server = run.server
        if not run.pid and any(other.pid for other in list(server.runs.values())):
            run.began = (
                time.monotonic()
            )  # a warm process that must begin afresh first waits for its children
        limit = self.timeout if run.pid else WARM_UP
        if time.monotonic() - run.began > limit:
            run.cause = f"运行超过 {plain(limit)} 秒，已中止"
        with suppress(psutil.Error, OSError):  # of a look only: a run goes on without it
            process = psutil.Process(run.pid or server.process.pid)
            child = run.pid and server.kind == "fork"
            if child and process.ppid() != server.process.pid:
                return  # ended meanwhile: the number belongs to a stranger
            if (
                run.cause
                and child
                and run.asked < 4
                and not size(Path(run.task["result"] + ".stack"))
            ):
                run.asked += 1
                process.send_signal(signal.SIGUSR1)
            elif run.cause:
                kill_tree(process.pid)
            elif run.pid:
                run.peak = max(
                    run.peak, sum(map(memory, [process, *process.children(recursive=True)]))
                )
                if run.peak > self.memory_limit:  # ended at the next look
                    run.cause = f"占用内存超过 {fixed(self.memory_limit, 1, over=10**9)} GB，已中止"

    def _result(self, run: Run) -> dict[str, Any]:
        """What the process has written or, where it could not, what can be said of its end."""
        task, file = run.task, Path(run.task["result"])
        stack, result = Path(task["result"] + ".stack"), written(file)
        if run.status == CANNOT_WRITE:
            result = {
                "state": "failed",
                "reason": f"结果写不进去（磁盘满或文件夹只读）：{self.home}",
            }
        elif not isinstance(result, dict):
            at = f"单元格 In [{result}] " if result else ""
            told = stack.read_text("utf-8", "replace") if size(stack) else ""
            told = told or self.log.read_bytes()[run.logged :][-8_000:].decode("utf-8", "replace")
            result = {
                "state": "crashed",
                "reason": at + (run.cause or f"进程意外结束（{ending(run.status)}）"),
                "traceback": told,
            }
            result["seconds"] = round(time.monotonic() - run.began, 3)
        staged = Path(task["staging"], Path(task["output"]).name)
        if result["state"] in ("failed", "crashed") and staged.is_file():
            with suppress(OSError):
                Path(task["failed"]).parent.mkdir(parents=True, exist_ok=True)
                result["failed_notebook"] = Path(shutil.move(staged, task["failed"]))
        shutil.rmtree(staged.parent, ignore_errors=True)
        file.unlink(missing_ok=True)
        stack.unlink(missing_ok=True)
        return result | {"peak_memory": max(run.peak, result.get("peak_memory", 0))}

    def close(self, grace: float = 3.0) -> None:
        """End every server and what runs below it."""
        with self.lock:
            self.closed, servers = True, list(self.servers)
        for server in servers:
            server.dismiss()
        for server in servers:
            with suppress(subprocess.TimeoutExpired):
                server.process.wait(grace)
        end_marked(self.home)


def put_result(task: dict[str, Any], result: dict[str, Any]) -> int:
    """Leave the result of a run where its caller looks for it; the status with which the run is then over."""
    try:
        put(Path(task["result"]), json.dumps(result, ensure_ascii=False, default=str))
    except InputError:
        return CANNOT_WRITE
    return 0


def written(file: Path) -> Any:
    """The result a run has written; the number of the cell that it was at when it ended, or None before the first."""
    with suppress(OSError, ValueError):
        return json.loads(file.read_text("utf-8"))
    return None


@cache
def kept_crew(timeout: float, memory_limit: int | None = None) -> Crew:
    """This process's own crew for single notebooks, closed when it ends."""
    crew = Crew(Path(tempfile.mkdtemp(prefix="evalkit-runner-")), timeout, memory_limit)
    atexit.register(shutil.rmtree, crew.home, ignore_errors=True)
    atexit.register(crew.close)
    return crew


def ending(status: int) -> str:
    return f"信号 {signal.Signals(-status).name}" if status < 0 else f"退出码 {status}"


def size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def kill_tree(pid: int, itself: bool = True) -> None:
    """End a process and all its descendants, but no Evalkit command among them that is a main process of its own."""
    with suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), *([process] if itself else [])]:
            with suppress(psutil.Error, OSError):
                if not stands_alone(each):
                    each.kill()


def end_marked(home: Path) -> None:
    """End whatever the notebooks of the run in `home` left running, and wait until it is gone."""
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(home) and not stands_alone(process):
                process.kill()
                left.append(process)
    psutil.wait_procs(left, timeout=3)


def sweep(home: Path) -> None:
    """Clear away what a killed run left: its processes, then its results; the log is that of one run."""
    end_marked(home)
    shutil.rmtree(home / "results", ignore_errors=True)
    (home / "server.log").unlink(missing_ok=True)
