"""The caller's side of the worker processes: start, watch, end, and hear what came of each task."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORK = sys.platform == "linux"  # macOS frameworks and Windows do not survive a fork
SOURCE = str(Path(__file__).parents[2])
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
QUIET |= {"OMP_THREAD_LIMIT": "1", "NUMEXPR_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "RAYON_NUM_THREADS": "1"}
QUIET["PYTHONDONTWRITEBYTECODE"] = ""  # else every start compiles pandas and the rest again
QUIET |= {"JE_ARROW_MALLOC_CONF": "background_thread:false"}  # Arrow's allocator otherwise starts a thread on import
WARM_UP = 300.0  # seconds a server may take to import
WATCH = 0.25  # seconds between two looks at times and memory


@dataclass
class Running:
    task: dict[str, Any]
    server: Server
    pid: int = 0
    began: float = 0.0
    peak: int = 0
    cause: str = ""


@dataclass(eq=False)
class Server:
    kind: str
    group: tuple[str, ...]
    process: subprocess.Popen[bytes]
    ready: bool = False
    unsafe: bool = False
    born: float = field(default_factory=time.monotonic)
    taught: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        with contextlib.suppress(OSError):  # a dead server shows itself by the end of its output
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()


class Crew:
    """Worker processes of one run. `home` is a folder for results, marks of processes and the servers' log."""

    def __init__(self, home: Path, timeout: float, memory_limit: int):
        self.home, self.timeout, self.memory_limit = home, timeout, memory_limit
        for folder in ("pids", "results"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        self.queue: queue.Queue[tuple[Server, dict[str, Any] | None]] = queue.Queue()
        self.servers: list[Server] = []
        self.running: dict[str, Running] = {}
        self.unsafe: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.looked = 0.0

    def start(self, task: dict[str, Any]) -> None:
        """Hand `task` (with ``id``, ``executor``, ``group``, ``imports``) to a server."""
        task |= {"home": str(self.home), "result": str(self.home / "results" / task["id"])}
        server = self._server(task)
        server.tasks.add(task["id"])
        self.running[task["id"]] = Running(task, server)
        server.send({"task": {k: v for k, v in task.items() if k not in ("imports", "group")}})

    def _server(self, task: dict[str, Any]) -> Server:
        kind, group = task["executor"], tuple(task["group"]) if task["executor"] == "fork" else ()
        for server in self.servers:
            free = kind == "fork" or not server.tasks
            if free and server.kind == kind and server.group == group and not server.unsafe:
                return server
        for server in self.servers:
            if server.kind == kind == "fork" and not server.tasks:  # its notebooks are done: give the memory back
                self._dismiss(server)
        environment = dict(os.environ)
        path = os.pathsep.join(filter(None, (environment.get("PYTHONPATH"), SOURCE)))
        with (self.home / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "evalkit.runner.server", kind],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment | (QUIET if kind == "fork" else {}) | {"PYTHONPATH": path},
                start_new_session=os.name == "posix",  # Ctrl-C in the terminal is for the caller alone
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        server = Server(kind, group, process)
        self.servers.append(server)
        threading.Thread(target=self._listen, args=(server,), daemon=True).start()
        server.send(
            {"home": str(self.home), "env": environment, "imports": task["imports"], "avoid": self.unsafe[group]}
        )
        return server

    def _listen(self, server: Server) -> None:
        assert server.process.stdout
        for line in server.process.stdout:
            with contextlib.suppress(ValueError):
                self.queue.put((server, json.loads(line)))
        self.queue.put((server, None))

    def poll(self, seconds: float = WATCH) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Wait up to `seconds`; finished tasks with their results (``state``: done, failed, kernel or crashed)."""
        finished: list[tuple[dict[str, Any], dict[str, Any]]] = []
        with contextlib.suppress(queue.Empty):
            item = self.queue.get(timeout=seconds)
            while True:
                finished += self._hear(*item)
                item = self.queue.get_nowait()
        if time.monotonic() - self.looked > WATCH:
            self._watch()
            self.looked = time.monotonic()
        return finished

    def _hear(self, server: Server, message: dict[str, Any] | None) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        if message is None:
            if server in self.servers:
                self.servers.remove(server)
            code = server.process.wait()
            (self.home / "pids" / str(server.process.pid)).unlink(missing_ok=True)
            ended = [self.running[name] for name in sorted(server.tasks)]
            again = [run for run in ended if server.unsafe and not Path(run.task["result"]).exists()]
            for run in again:  # an import started threads: once more in a process without it
                self._again(run)
            return [self._finish(run, code) for run in ended if run not in again]
        if "ready" in message:
            server.ready = True
        elif "started" in message:
            run = self.running[message["started"]]
            run.pid, run.began = message["pid"], time.monotonic()
        elif "unsafe" in message:
            self.unsafe[server.group].append(message["unsafe"])
            server.unsafe = True
        elif "exit" in message:
            return [self._finish(self.running[message["exit"]], message["status"])]
        return []

    def _again(self, run: Running) -> None:
        del self.running[run.task["id"]]
        run.server.tasks.discard(run.task["id"])
        unsafe = self.unsafe[tuple(run.task["group"])]
        if len(unsafe) > 4:
            run.task |= {"executor": "pool", "note": f"导入 {'、'.join(unsafe)} 会启动线程，不能 fork"}
        self.start(run.task)

    def _finish(self, run: Running, status: int) -> tuple[dict[str, Any], dict[str, Any]]:
        del self.running[run.task["id"]]
        run.server.tasks.discard(run.task["id"])
        file = Path(run.task["result"])
        result: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            result = json.loads(file.read_text("utf-8"))
        if not result:
            result = self._post_mortem(run, status)
        if result["state"] != "done":
            shutil.rmtree(run.task["staging"], ignore_errors=True)
        result["peak_memory"] = max(run.peak, result.get("peak_memory", 0))
        for name in (file, *(file.with_name(file.name + end) for end in (".part", ".stack", ".cell"))):
            name.unlink(missing_ok=True)
        (self.home / "pids" / str(run.pid)).unlink(missing_ok=True) if run.server.kind == "fork" else None
        modules = result.pop("modules", [])
        if modules and run.task["notebook"] not in run.server.taught and result["state"] == "done":
            run.server.taught.add(run.task["notebook"])
            run.server.send({"learn": modules})
        return run.task, result

    def _post_mortem(self, run: Running, status: int) -> dict[str, Any]:
        result = Path(run.task["result"])
        cell = stack = ""
        with contextlib.suppress(OSError):
            cell = f"单元格 In [{result.with_name(result.name + '.cell').read_text()}] "
        with contextlib.suppress(OSError):
            stack = result.with_name(result.name + ".stack").read_text("utf-8", "replace")
        cause = run.cause
        if not cause:
            name = f"信号 {signal.Signals(-status).name}" if status < 0 else f"退出码 {status}"
            cause = f"进程意外结束（{name}）"
        staging = Path(run.task["staging"])
        answer: dict[str, Any] = {"state": "crashed", "reason": cell + cause, "traceback": stack, "files": []}
        partial = staging / Path(run.task["output"]).name
        if partial.is_file() and not run.task.get("raw"):
            failed = Path(run.task["failed"])
            with contextlib.suppress(OSError):
                failed.parent.mkdir(parents=True, exist_ok=True)
                os.replace(partial, failed)
                answer["failed_notebook"] = str(failed)
        answer["seconds"] = round(time.monotonic() - run.began, 3) if run.began else 0.0
        return answer

    def _watch(self) -> None:
        import psutil

        for server in self.servers:
            if not server.ready and time.monotonic() - server.born > WARM_UP:
                kill_tree(server.process.pid)
        for run in self.running.values():
            if not run.pid or run.cause:
                continue
            if time.monotonic() - run.began > run.task.get("timeout", self.timeout):
                run.cause = f"运行超过 {run.task.get('timeout', self.timeout):g} 秒，已中止"
                self._end(run)
                continue
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(run.pid)
                family = [process, *process.children(recursive=True)]
                size = sum(p.memory_info().rss for p in family)
                if size > self.memory_limit / 2:  # rss counts pages shared with the parent: look closer only now
                    size = sum(getattr(p.memory_full_info(), "pss", p.memory_info().rss) for p in family)
                    run.peak = max(run.peak, size)
                if size > self.memory_limit:
                    run.cause = f"占用内存超过 {self.memory_limit / 1e9:.1f} GB，已中止"
                    self._end(run)

    def _end(self, run: Running) -> None:
        if run.server.kind == "fork":
            with contextlib.suppress(OSError):
                os.kill(run.pid, signal.SIGUSR1)  # writes down where it stands
                time.sleep(0.05)
            with contextlib.suppress(OSError):
                os.killpg(run.pid, signal.SIGKILL)
        else:
            kill_tree(run.pid)

    def _dismiss(self, server: Server) -> None:
        with contextlib.suppress(OSError):
            assert server.process.stdin
            server.process.stdin.close()

    def close(self, grace: float = 3.0) -> None:
        """End every server and what runs below it."""
        servers, self.servers = self.servers, []
        for server in servers:
            self._dismiss(server)
        deadline = time.monotonic() + grace
        for server in servers:
            try:
                server.process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                kill_tree(server.process.pid)
                server.process.wait()
            (self.home / "pids" / str(server.process.pid)).unlink(missing_ok=True)
        for run in self.running.values():
            shutil.rmtree(run.task["staging"], ignore_errors=True)
        self.running.clear()


def kill_tree(pid: int) -> None:
    """End a process and all its descendants."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.kill()


def sweep(home: Path) -> None:
    """End what a killed run left: only processes that it started, recognised by number and time of birth."""
    import psutil

    for mark in (home / "pids").glob("*"):
        with contextlib.suppress(psutil.Error, ValueError, OSError):
            process = psutil.Process(int(mark.name))
            if abs(process.create_time() - float(mark.read_text())) < 0.05:
                kill_tree(process.pid)
                with contextlib.suppress(OSError, AttributeError):
                    os.killpg(int(mark.name), signal.SIGKILL)
        mark.unlink(missing_ok=True)
    shutil.rmtree(home / "results", ignore_errors=True)
