"""Every bad notebook gives one clear line; all other rows are done; nothing is left."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalkit.problems import InputError
from evalkit.runner import Event, Job, crew, fan_out, run

from .conftest import Maker, gone, printed, read

BAD = """
import os, sys, time
if name == 'exit': sys.exit()
if name == 'abort': os.abort()
if name == 'loop':
    while True: pass
if name == 'input': input('?')
if name == 'memory':
    x = bytearray(15 * 10**8)
    time.sleep(900)
if name == 'large': print('x' * 100_000_000)
if name == 'writes': open('mine.txt', 'w').write('x')
if name == 'raises': {}['k']
if name == 'chinese': raise ValueError('没有这个地区：甲区')
if name == 'leaves':
    import subprocess; subprocess.Popen(['sleep', '4321'], start_new_session=True)
if name == 'comm':
    from importlib import import_module as i
    i('comm').create_comm(target_name='x')
"""
EXPECTED = {
    "fine": ("done", "", "fork"),
    "exit": ("failed", "提前退出", "fork"),
    "abort": ("failed", "内核意外退出", "pool"),
    "loop": ("failed", "运行超过 10 秒", "pool"),
    "input": ("failed", "等键盘输入", "fork"),
    "memory": ("failed", "占用内存超过 0.8 GB", "pool"),
    "large": ("failed", "输出超过 20 MB", "fork"),
    "writes": ("done", "", "fork"),
    "raises": ("failed", "单元格 In [3] 出错 KeyError：'k'", "fork"),
    "chinese": ("failed", "单元格 In [3] 没有这个地区：甲区", "fork"),
    "leaves": ("done", "", "fork"),
    "comm": ("done", "", "pool"),
}


def test_the_list_of_bad_input(
    make: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    nobody_left: Callable[[], list[str]],
) -> None:
    monkeypatch.chdir(tmp_path)
    over = tmp_path / "t.csv"
    over.write_text("name\n" + "\n".join(k for k in EXPECTED if k != "loop"))
    notebook = make("bad", BAD, "print('end')", parameters="name = 'x'")
    events: list[Event] = []
    result = fan_out(
        notebook,
        over=over,
        out=tmp_path / "out",
        jobs=2,
        timeout=600,
        memory_limit=800_000_000,
        progress=events.append,
    )
    over.write_text(
        "name\nloop"
    )  # by itself: a time that ends it soon would end others on a busy machine
    endless = fan_out(notebook, over=over, out=tmp_path / "endless", jobs=2, timeout=10)
    assert result.exit_code == endless.exit_code == 1 and len(result.failures) == 7
    for outcome in [*result.outcomes, *endless.outcomes]:
        state, reason, executor = EXPECTED[outcome.key]
        assert (outcome.state, outcome.executor) == (state, executor), (
            f"{outcome.key}: {outcome.reason} {outcome.note}"
        )
        assert reason in outcome.reason and "\n" not in outcome.reason
        assert outcome.attempts == (2 if outcome.key in ("abort", "loop", "memory") else 1)
        assert outcome.output.exists() == (state == "done")
        if state == "failed":
            assert outcome.failed_notebook and read(outcome.failed_notebook)["cells"]
    by_key = {o.key: o for o in result.outcomes}
    assert (
        "单元格 In [3] 进程意外结束（信号 SIGABRT）" in by_key["abort"].note
        and not by_key["fine"].note
    )
    assert "mine.txt" in by_key["writes"].note
    assert "控件" in by_key["comm"].note
    assert "ValueError" in by_key["chinese"].traceback
    assert {e.kind for e in events} == {"plan", "started", "retry", "finished"}
    last = [e for e in events if e.kind == "finished"][-1]
    assert (last.done, last.total, last.failed) == (11, 11, 7) and last.seconds_left == 0
    assert gone(nobody_left) == []
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {
        ".evalkit",
        "run.json",
        *(f"{k}.ipynb" for k, e in EXPECTED.items() if e[0] == "done"),
    }
    assert not list((tmp_path / "out" / ".evalkit" / "results").iterdir())


def test_a_crash_does_not_disturb_the_run_beside_it(make: Maker, tmp_path: Path) -> None:
    """One crashes while the other runs under the same warm process, which must go on."""
    begun = tmp_path / "begun"
    wait = f"while not Path({str(begun)!r}).exists(): time.sleep(0.05)"
    crash = make("crash", "import os, time\nfrom pathlib import Path", f"{wait}\nos.abort()")
    calm = make(
        "calm",
        "import os, time\nfrom pathlib import Path",
        f"Path({str(begun)!r}).touch(); time.sleep(4)",
    )
    jobs = [Job(p.stem, p, tmp_path / "out" / p.name) for p in (crash, calm)]
    crashed, done = run(jobs, state=tmp_path / "state", workers=2)
    assert crashed.state == "failed" and "SIGABRT" in crashed.note
    assert (done.state, done.executor, done.attempts, done.note, done.earlier) == (
        "done",
        "fork",
        1,
        "",
        [],
    )
    assert "Traceback" not in (tmp_path / "state" / "server.log").read_text()


def test_a_retry_hides_no_fault(make: Maker, tmp_path: Path) -> None:
    """What ended the first attempt stands in run.json with its traceback, though the second one succeeds."""
    here = "'JPY_PARENT_PID' not in os.environ"
    child = make("child", "import os", f"if {here}: os.abort()")
    server = make(
        "server",
        "import os, signal, time",
        f"if {here}:\n    os.kill(os.getppid(), signal.SIGTERM); time.sleep(99)",
    )
    slow = make("slow", "import os, time", f"def deep(): time.sleep(99)\nif {here}: deep()")
    jobs = [Job(p.stem, p, tmp_path / "out" / p.name) for p in (child, server)]
    outcomes = run(jobs, state=tmp_path / "state", workers=1)
    outcomes += run(
        [Job("slow", slow, tmp_path / "out" / "slow.ipynb")], state=tmp_path / "slow", timeout=30
    )
    assert [(o.state, o.executor, o.attempts) for o in outcomes] == [("done", "pool", 2)] * 3
    aborted, ended, endless = (o.earlier[0] for o in outcomes)
    assert (
        aborted["executor"] == "fork"
        and "SIGABRT" in aborted["reason"]
        and "Aborted" in aborted["traceback"]
    )
    assert "常驻进程意外结束（信号 SIGTERM）" in ended["reason"]
    assert "超过 30 秒" in endless["reason"] and "in deep" in endless["traceback"]
    log = json.loads((tmp_path / "state" / "run.json").read_text("utf-8"))
    assert log["runs"][0]["earlier"] == [aborted]


def test_processes_of_a_run_that_goes_on_are_left_alone(make: Maker, tmp_path: Path) -> None:
    """A shell's background process belongs to its notebook, also while a notebook beside it ends; then it ends too."""
    begun, over = tmp_path / "begun", tmp_path / "over"
    source = f"""
import os, signal, subprocess, time
from pathlib import Path
begun, over = Path({str(begun)!r}), Path({str(over)!r})
if n == 1:
    pid = int(subprocess.check_output('sleep 4321 >&2 & echo $!', shell=True))
    begun.touch()
    while not over.exists(): time.sleep(0.05)
    time.sleep(0.5)
    print(open(f'/proc/{{pid}}/stat').read().split()[2], pid)
else:
    while not begun.exists(): time.sleep(0.05)
    over.touch()
"""
    jobs = [
        Job(str(n), make("nb", source), tmp_path / "out" / f"{n}.ipynb", {"n": n}) for n in (1, 2)
    ]
    assert [o.executor for o in run(jobs, state=tmp_path / "state", workers=2)] == ["fork", "fork"]
    state, pid = printed(tmp_path / "out" / "1.ipynb").split()
    assert state == "S" and gone(lambda: [pid] if Path("/proc", pid).exists() else []) == []


def test_time_is_not_counted_while_a_warm_process_waits_for_its_children() -> None:
    """It forks nothing while it waits to begin afresh: what waits behind must not end the runs before it."""
    with subprocess.Popen(["sleep", "99"]) as process:
        server = crew.Server("fork", (), process)
        first, second = (
            crew.Run({"result": "none"}, server, 0, pid, began=-1e6) for pid in (process.pid, 0)
        )
        server.runs |= {"first": first, "second": second}
        watcher = SimpleNamespace(timeout=1e9, memory_limit=1e12)
        crew.Crew._watch(watcher, second)  # type: ignore[arg-type]
        assert not second.cause and process.poll() is None
        crew.Crew._watch(SimpleNamespace(timeout=1, memory_limit=1e12), first)  # type: ignore[arg-type]
        assert (
            first.cause and process.poll() is None
        )  # the number is that of a stranger: no child of the warm process
        del server.runs["first"]
        second.began = -1e6
        crew.Crew._watch(watcher, second)  # type: ignore[arg-type]
        assert second.cause and process.wait(60) < 0


def test_kernels_on_request_and_files_that_are_no_notebook(make: Maker, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    waiting = make("waiting", "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')")
    other = make("other", "1", kernel="julia")
    jobs = [Job(path.stem, path, tmp_path / "out" / path.name) for path in (broken, waiting, other)]
    outcomes = run(jobs, state=tmp_path / "state", workers=2)
    assert [o.state for o in outcomes] == ["failed", "done", "failed"]
    assert "不是有效的笔记本" in outcomes[0].reason
    assert outcomes[1].executor == "pool" and "await" in outcomes[1].note
    assert printed(outcomes[1].output) == "awaited\n"
    assert "内核" in outcomes[2].reason and "julia" in outcomes[2].note


def test_imports_that_start_threads(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a module is left out of the warm process and imported by each child."""
    (tmp_path / "threads_at_import.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notebook = make("nb", "import threads_at_import, threading\nprint(threading.active_count())")
    outcomes = run([Job("a", notebook, tmp_path / "o.ipynb")], state=tmp_path / "state")
    assert (outcomes[0].state, outcomes[0].executor) == ("done", "fork")
    assert printed(tmp_path / "o.ipynb") == "2\n"


def test_after_step_is_published_with_the_notebook(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "afterwards.py").write_text(
        "def page(path, parameters):\n"
        "    if parameters['n'] == 2: raise ValueError('网页做不出来')\n"
        "    path.with_suffix('.html').write_text(f\"{parameters['n']}\")\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notebook = make("nb", "print(n)")
    jobs = [
        Job(str(n), notebook, tmp_path / "out" / f"{n}.ipynb", {"n": n}, post="afterwards:page")
        for n in (1, 2)
    ]
    done, failed = run(jobs, state=tmp_path / "state")
    assert done.state == "done" and (tmp_path / "out" / "1.html").read_text() == "1"
    assert (
        failed.state == "failed"
        and failed.reason == "笔记本已运行，生成网页和文档时出错：网页做不出来"
    )  # no name of a module
    assert (
        not (tmp_path / "out" / "2.html").exists() and not (tmp_path / "out" / "2.ipynb").exists()
    )
    assert run(jobs[:1], state=tmp_path / "state")[0].state == "up_to_date"
    (tmp_path / "out" / "1.html").unlink()
    assert run(jobs[:1], state=tmp_path / "state")[0].state == "done"


def test_wrong_calls(make: Maker, tmp_path: Path) -> None:
    notebook = make("nb")
    twice = [Job("a", notebook, tmp_path / "A.ipynb"), Job("a", notebook, tmp_path / "a.ipynb")]
    with pytest.raises(InputError) as error:
        run(twice, state=tmp_path / "state")
    assert [p.code for p in error.value.problems] == ["key_duplicate"] * 2
    with pytest.raises(InputError, match="dask"):
        run([], state=tmp_path / "state", executor="spark")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="写不进去"):
        run([], state=tmp_path / "file" / "state")


def test_what_a_module_makes_ready_for_all_runs(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`__warm_up__` of an imported module is called once, in the warm process; a fault in it is the notebook's own."""
    (tmp_path / "made_ready.py").write_text(
        "import os\nready = []\ndef __warm_up__():\n    ready.append(os.getpid())\n    1 / 0\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notebook = make("nb", "import made_ready, os\nprint(made_ready.ready == [os.getppid()])")
    outcomes = run(
        [Job("a", notebook, tmp_path / "o.ipynb")], state=tmp_path / "state", executor="fork"
    )
    assert outcomes[0].state == "done" and printed(tmp_path / "o.ipynb") == "True\n"


def test_a_full_disk_is_one_clear_message(make: Maker, tmp_path: Path) -> None:
    """Neither result nor traceback can be written: the status of the process says so, in a child and in the pool."""
    full = "import pathlib\npathlib.Path.write_text = pathlib.Path.open = lambda *_, **__: (_ for _ in ()).throw(OSError(28, 'full'))"
    (outcome,) = run(
        [Job("a", make("nb", full, "1"), tmp_path / "o.ipynb")],
        state=tmp_path / "state",
        executor="fork",
    )
    assert outcome.state == "failed" and "结果写不进去（磁盘满或文件夹只读）" in outcome.reason
    assert outcome.attempts == 1 and not list((tmp_path / "state" / "results").iterdir())
