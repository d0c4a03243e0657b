"""What a small or foreign machine does to a run: little memory, refused looks, an open pipe as input, no fork."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from evalkit.runner import Job, crew, local, machine, run
from evalkit.runner.jobs import seed_of
from evalkit.runner.machine import Answerer, TooMuchMemory, process_map, workers_for

from .conftest import Maker, read

GB = 1e9


def small_machine(
    monkeypatch: pytest.MonkeyPatch, total: float, cores: int, available: float | None = None
) -> None:
    facts = SimpleNamespace(total=total, available=total / 2 if available is None else available)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: facts)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)


@pytest.mark.parametrize(
    ("total", "cores"), [(4 * GB, 4), (8 * GB, 8), (16 * GB, 16), (16 * GB, 4), (64 * GB, 8)]
)
def test_workers_and_their_limit_fit_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: float, cores: int
) -> None:
    """Measured peaks in the pool are 0.75 to 1.2 GB: a PC of 8 GB with 8 threads must not end notebooks of that size."""
    small_machine(monkeypatch, total, cores)
    workers = workers_for(crew.NEED["pool"])
    assert 1 <= workers <= cores and workers * 1.2 * GB < 0.8 * total
    assert crew.Crew(tmp_path, 60, None, workers).memory_limit > 1.5 * GB
    assert crew.Crew(tmp_path, 60, None, cores).memory_limit > 1.5 * GB  # asked for by --jobs
    assert workers_for(crew.NEED["pool"]) == (cores if total == 64 * GB else workers)


def test_a_run_takes_the_number_of_workers_from_the_memory(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_machine(monkeypatch, 8 * GB, 8, available=3 * GB)
    asked: list[int] = []
    real = local.processes
    monkeypatch.setattr(
        local,
        "processes",
        lambda book, state, workers, *more: (
            asked.append(workers) or real(book, state, workers, *more)
        ),
    )
    for executor in ("pool", "fork"):
        run(
            [Job("a", make("nb", "n"), tmp_path / f"{executor}.ipynb")],
            state=tmp_path / executor,
            executor=executor,
        )
    assert asked == [2, 5]


def test_a_refused_look_ends_no_run(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows psutil may raise OSError where it counts the pages of a process."""

    def refused(*_: object) -> None:
        raise OSError(5, "Access is denied")

    monkeypatch.setattr(crew, "memory", refused)
    (done,) = run(
        [Job("a", make("nb", "import time; time.sleep(1); print(n)"), tmp_path / "a.ipynb")],
        state=tmp_path / "s",
    )
    assert (done.state, done.reason) == ("done", "")


def test_memory_is_told_without_the_full_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(5, "Access is denied")

    here = psutil.Process()
    with monkeypatch.context() as patched:
        patched.setattr(psutil.Process, "memory_full_info", refused)
        assert machine.memory(here) > 1e6
        patched.setattr(machine, "FORK", False)
        assert machine.memory(here) == pytest.approx(here.memory_info().rss, rel=0.1)
        patched.setattr(psutil.Process, "memory_info", refused)
        assert machine.memory(here) == 0


READS = """
import subprocess, sys
from pathlib import Path

# A library that asks the handle of standard input while it is loaded: on Windows any DLL does.
SEEN = sys.stdin.read() + subprocess.run([sys.executable, "-c", "import sys; print(sys.stdin.read())"],
                                         stdout=subprocess.PIPE, text=True).stdout


def post(path, parameters):
    Path(path).with_suffix(".txt").write_text("seen: " + SEEN.strip())
"""


@pytest.mark.parametrize("executor", ["pool", "fork"])
def test_standard_input_is_nobodys_while_tasks_are_read(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str
) -> None:
    """A late import in a worker must neither wait behind the thread that reads tasks nor take one of them."""
    (tmp_path / "reads_input.py").write_text(READS, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notebook = make("nb", "print(n)")
    jobs = [
        Job(str(n), notebook, tmp_path / f"{n}.ipynb", {"n": n}, post="reads_input:post")
        for n in range(3)
    ]
    outcomes = run(jobs, state=tmp_path / "state", executor=executor, workers=1, timeout=60)
    assert [(o.state, o.attempts) for o in outcomes] == [("done", 1)] * 3, outcomes
    assert [(tmp_path / f"{n}.txt").read_text() for n in range(3)] == ["seen: "] * 3


def test_what_runs_without_fork_is_said_once(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalkit.reports.report import notes_of

    monkeypatch.setattr(local, "FORK", False)
    notebook = make("nb", "print(n)")
    jobs = [Job(f"省/{n}区", notebook, tmp_path / f"{n}.ipynb", {"n": n}) for n in range(3)]
    outcomes = run(jobs, state=tmp_path / "state", workers=1)
    assert [o.executor for o in outcomes] == ["pool"] * 3
    assert notes_of(outcomes) == ["本系统不能用 fork（3 项）"]
    assert notes_of(outcomes[:1]) == ["0区：本系统不能用 fork"]


def test_a_seed_knows_nothing_of_the_folder() -> None:
    here = {
        "project": "/甲/我的项目",
        "n": 1,
        "texts": ["/甲/我的项目/texts/2025", "x"],
        "file": "/甲/我的项目/a.csv",
    }
    there = {
        "project": "/srv/b",
        "n": 1,
        "texts": ["/srv/b/texts/2025", "x"],
        "file": "/srv/b/a.csv",
    }
    assert seed_of(here) == seed_of(there) != seed_of(there | {"n": 2})
    assert seed_of(there) != seed_of(there | {"file": "/srv/b/b.csv"}) and seed_of(
        {"n": 1}
    ) == seed_of({"project": None, "n": 1})


_READ = "import sys; n = int.from_bytes(sys.stdin.buffer.read(8), 'big'); data = sys.stdin.buffer.read(n)"


def answerer(rest: str, memory: float = 1e9, seconds: float = 50) -> Answerer:
    return Answerer([sys.executable, "-c", f"{_READ}; {rest}"], memory, seconds)


def test_a_child_that_takes_too_much_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(TooMuchMemory):
        answerer("import time; x = bytearray(400_000_000); time.sleep(60)", memory=200e6).ask(b"x")
    assert time.monotonic() - began < 30
    with pytest.raises(subprocess.TimeoutExpired):
        answerer("import time; time.sleep(60)", seconds=0.5).ask(b"")


def test_one_child_answers_many_questions_and_a_dead_one_is_replaced() -> None:
    echo = """
import os, sys
while len(head := sys.stdin.buffer.read(8)) == 8:
    data = sys.stdin.buffer.read(int.from_bytes(head, "big"))
    if data == b"die":
        os.abort()
    made = data * 2 or str(os.getpid()).encode()
    sys.stdout.buffer.write(len(made).to_bytes(8, "big") + made)
    sys.stdout.buffer.flush()
"""
    asked = Answerer([sys.executable, "-c", echo], 1e9, 50)
    assert asked.ask(b"ab" * 100_000) == b"ab" * 200_000
    first = asked.ask(b"")
    assert asked.ask(b"") == first and asked.ask(b"die") == b""
    assert asked.ask(b"") not in (first, b"")
    asked.end()


@pytest.mark.parametrize("wanted", [None, {"一"}])
def test_a_workbook_that_takes_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: set[str] | None
) -> None:
    """Old and new ones. Where the system has no limit for a process (Windows), the look at it is what ends it."""
    from evalkit.ledgers import files

    mad = tmp_path / "reader.py"
    mad.write_text("import time; x = bytearray(400_000_000); time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(files, "READER", str(mad))
    monkeypatch.setattr(files, "CHILD_MEMORY", 200_000_000)
    monkeypatch.setattr(files, "_apart", {})
    with pytest.raises(files.Refused, match=r"内存.*另存为 \.xlsx"):
        files._rows_of(b"", wanted)


def square(n: int) -> int:
    return n * n


def die(n: int) -> int:
    if multiprocessing.current_process().name != "MainProcess":
        os._exit(3)
    return n * n


def test_where_a_worker_dies_this_process_goes_on() -> None:
    with process_map(2) as mapped:
        assert list(mapped(square, range(5))) == [0, 1, 4, 9, 16]
        assert list(mapped(die, range(5))) == [0, 1, 4, 9, 16]


def test_a_broken_off_map_waits_for_nobody(nobody_left: Callable[[], list[str]]) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), process_map(2) as mapped:
        for _ in mapped(time.sleep, [0, 300, 300]):
            raise KeyboardInterrupt
    assert time.monotonic() - began < 60


BARE = """
import multiprocessing, sys
from pathlib import Path
real = multiprocessing.get_context
multiprocessing.get_context = lambda method=None: real("spawn")  # as on Windows and macOS
print("begins", flush=True)
import evalkit as ek
made = ek.build(sys.argv[1], dataset="demo", force=True, jobs=2)
print(len(made.files), "files")
"""


def test_a_script_without_a_guard_builds_where_processes_are_spawned(
    demo_project: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(demo_project / "data" / "demo", tmp_path / "data" / "demo")
    (tmp_path / "bare.py").write_text(BARE, "utf-8")
    command = [sys.executable, str(tmp_path / "bare.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["begins", "14 files"] and "Traceback" not in done.stderr


def test_the_peaks_of_a_run_are_written_down(make: Maker, tmp_path: Path) -> None:
    (done,) = run(
        [Job("a", make("nb", "x = bytearray(50_000_000)"), tmp_path / "a.ipynb")],
        state=tmp_path / "state",
    )
    assert done.peak_memory > 1e6 and read(done.output)["metadata"]["evalkit"]["peak_memory"] > 1e6
