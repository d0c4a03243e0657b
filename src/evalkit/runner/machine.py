"""What this machine allows: processes at a time by its memory, a look at the memory they take, an end to those that
take too much. Nothing here knows of notebooks."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

import psutil

FORK = sys.platform == "linux"  # macOS frameworks and Windows do not survive a fork
PDEATHSIG, SUBREAPER = 1, 36  # Linux: a signal when the parent dies; orphans come to us
USABLE = 0.8  # of the memory: the rest is left to the system and to whoever else works
BATCH_OF_LEDGERS = 0.9e9  # bytes of a process that reads a full batch of ledgers
LOOK = 0.05  # seconds between two looks at the memory of a child


def workers_for(need: float) -> int:
    """Processes at a time when each may take `need` bytes: as many as cores, fewer where memory is short.

    Memory that is free now decides, but never less than half of all: what other programs hold may be paged out.
    """
    memory = psutil.virtual_memory()
    usable = max(getattr(memory, "available", 0), memory.total / 2) * USABLE
    return max(1, min(os.cpu_count() or 1, int(usable // need)))


def memory(process: psutil.Process) -> int:
    """Bytes of a process, 0 where the system does not say.

    On Linux pages that it shares with the warm parent count in parts. Elsewhere the full account is slow and may be
    refused (on Windows for the pages of other users), so the resident size must do.
    """
    with suppress(psutil.Error, OSError):
        if FORK:
            with suppress(psutil.AccessDenied, OSError):
                return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    return 0


def prctl(option: int, value: int) -> None:
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


class TooMuchMemory(Exception):
    """A child was ended since it took more than it may."""


class Answerer:
    """A command that answers questions, one after another, and is ended where one takes too much memory or time.

    It is asked, and answers, with eight bytes of length (big endian) and so many bytes. It stays for the next question, so
    that its start is paid once; where it died, the next question starts another.
    """

    def __init__(self, command: Sequence[str], memory_limit: float, seconds: float):
        self.command, self.memory_limit, self.seconds = [*command], memory_limit, seconds
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, question: bytes) -> bytes:
        """The answer; empty where the command died without one.

        Raises
        ------
        TooMuchMemory, subprocess.TimeoutExpired
            It took more than the limits; it is ended.
        """
        child = self._running()
        answered, over, late = threading.Event(), threading.Event(), threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self.seconds, stop)
        watcher = threading.Thread(target=self._watch, args=(child, answered, over), daemon=True)
        timer.daemon = True
        timer.start()
        watcher.start()
        try:
            answer = self._exchange(child, question)
        finally:
            timer.cancel()
            answered.set()
        if answer is None:
            self.end()
            if over.is_set():
                raise TooMuchMemory
            if late.is_set():
                raise subprocess.TimeoutExpired(self.command, self.seconds)
        return answer or b""

    def end(self) -> None:
        """End the command; nothing happens where it is not running."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            for stream in (child.stdin, child.stdout):
                with suppress(OSError):
                    if stream is not None:
                        stream.close()
            child.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.end()
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(
                self.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
            )
        return self._child

    def _exchange(self, child: subprocess.Popen[bytes], question: bytes) -> bytes | None:
        if child.stdin is None or child.stdout is None:
            return None
        try:
            child.stdin.write(len(question).to_bytes(8, "big") + question)
            child.stdin.flush()
            head = child.stdout.read(8)
            size = int.from_bytes(head, "big")
            answer = child.stdout.read(size) if len(head) == 8 else b""
        except OSError:
            return None
        return answer if len(head) == 8 and len(answer) == size else None

    def _watch(
        self, child: subprocess.Popen[bytes], answered: threading.Event, over: threading.Event
    ) -> None:
        with suppress(psutil.Error, OSError):
            process = psutil.Process(child.pid)
            while not answered.wait(LOOK) and child.poll() is None:
                if taken(process) > self.memory_limit:
                    over.set()
                    child.kill()
                    return


def taken(process: psutil.Process) -> int:
    """Bytes that a process has taken, on Windows those that are paged out too."""
    facts = process.memory_info()
    return int(max(facts.rss, getattr(facts, "private", 0)))


@contextmanager
def process_map(
    workers: int, begin: Callable[[], Any] | None = None
) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]]:
    """A `map` over so many processes, in order; in this process where there can be none, or where one of them dies.

    With ``spawn`` a process would import the caller's main script, and a script without
    ``if __name__ == "__main__"`` would run again in each of them: ours need nothing of it, so it is hidden from them.
    """
    if workers < 2 or multiprocessing.current_process().daemon:
        yield map
        return
    context = multiprocessing.get_context("fork" if FORK else "spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=begin_worker, initargs=(begin,))

    def mapped(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        waiting = list(tasks)
        with main_hidden():
            futures = [pool.submit(function, task) for task in waiting]
        return results(function, waiting, futures)

    try:
        yield mapped
    except BaseException:
        end_pool(pool)
        raise
    pool.shutdown()


def results(function: Callable[[Any], Any], tasks: list[Any], futures: list[Any]) -> Iterator[Any]:
    for task, future in zip(tasks, futures, strict=True):
        try:
            result = future.result()
        except BrokenProcessPool:
            result = function(task)
        yield result


def begin_worker(begin: Callable[[], Any] | None) -> None:
    """A worker dies with its caller (Linux); Ctrl-C is the caller's business, which ends its workers."""
    prctl(
        PDEATHSIG, 9
    )  # SIGKILL, a name that Windows lacks; else it waits for ever after a kill of the caller
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    if begin:
        begin()


@contextmanager
def main_hidden() -> Iterator[None]:
    """An empty main module while processes are started."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def end_pool(pool: ProcessPoolExecutor) -> None:
    """End the workers of a pool at once: nobody waits for what they do."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with suppress(OSError, ValueError, AttributeError):
            process.kill()
