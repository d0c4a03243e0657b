"""``kill -9`` at any moment, then the same call: complete, nothing half-written, nothing twice, nobody left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from evalkit.runner import Job, run

from .conftest import Maker, gone, read

ROWS = 12
SCRIPT = """
import sys
from pathlib import Path
from evalkit.runner import Interrupted, Job, run
notebook, folder = Path(sys.argv[1]), Path(sys.argv[2])
jobs = [Job(str(n), notebook, folder / f"{n}.ipynb", {"n": n}) for n in range(int(sys.argv[3]))]
try:
    outcomes = run(jobs, state=folder / "state", workers=2)
except Interrupted as stop:
    print("interrupted", *sorted({o.state for o in stop.outcomes}), flush=True)
    raise SystemExit(3)
print(*sorted({o.state for o in outcomes}))
"""


def command(notebook: Path, out: Path, rows: int = ROWS) -> list[str]:
    return [sys.executable, "-c", SCRIPT, str(notebook), str(out), str(rows)]


def start(notebook: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(notebook, out),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )


def heed_ctrl_c() -> None:
    """A test run that a shell put into the background hands down an ignored Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def published(out: Path) -> dict[str, int]:
    """Outputs and when they were written; each must be whole."""
    found = {}
    for path in out.glob("*.ipynb"):
        assert read(path)["metadata"]["evalkit"]["hash"]
        found[path.name] = path.stat().st_mtime_ns
    return found


def campaign(
    make: Maker, tmp_path: Path, living: Callable[[], list[str]], moments: int, seed: int
) -> None:
    notebook = make("nb", "import time; time.sleep(0.15); print(n)")
    draw = random.Random(seed)
    for moment in range(moments):
        out = tmp_path / f"out{moment}"
        out.mkdir()
        process = start(notebook, out)
        parent = psutil.Process(process.pid)
        time.sleep(draw.uniform(0.2, 5.0))
        victims = [parent, *parent.children(recursive=True)]
        victim = victims[0] if draw.random() < 0.6 else draw.choice(victims)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
        process.communicate(timeout=900)
        assert gone(living) == []
        before = published(out)
        finished = subprocess.run(
            command(notebook, out), capture_output=True, text=True, timeout=900
        )
        assert finished.returncode == 0, finished.stderr
        after = published(out)
        assert set(after) == {f"{n}.ipynb" for n in range(ROWS)}, finished.stdout
        assert all(after[name] == written for name, written in before.items()), "done twice"
        assert sorted(p.name for p in out.iterdir()) == sorted([*after, "state"])
        runs = json.loads((out / "state" / "run.json").read_text())["runs"]
        assert len(runs) == ROWS and {r["state"] for r in runs} <= {"done", "up_to_date"}
        assert gone(living) == []


def test_a_few_moments(make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]]) -> None:
    campaign(make, tmp_path, nobody_left, 3, seed=1)


@pytest.mark.slow
def test_fifty_moments(make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]]) -> None:
    campaign(make, tmp_path, nobody_left, 50, seed=2)


def test_parent_and_warm_process_killed_together(
    make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]]
) -> None:
    """Then nobody can clean up: children die with their parent, and the next run ends what they had started."""
    notebook = make(
        "nb",
        "import subprocess, time; subprocess.Popen(['sleep', '300']); time.sleep(0 if n > 1 else 300)",
    )
    out = tmp_path / "out"
    out.mkdir()
    process = start(notebook, out)
    deadline = time.monotonic() + 600
    while not any("sleep" in line for line in nobody_left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    family = psutil.Process(process.pid)
    warm = family.children()
    os.kill(process.pid, signal.SIGSTOP)
    for each in [*warm, family]:
        each.kill()
    process.communicate()
    assert gone(lambda: [line for line in nobody_left() if "sleep" not in line]) == []
    quick = [Job("9", notebook, out / "9.ipynb", {"n": 9})]
    assert run(quick, state=out / "state")[0].state == "done"
    assert gone(nobody_left) == []


def test_ctrl_c_and_a_second_run(
    make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]]
) -> None:
    notebook = make("nb", "import time; time.sleep(2000 if n > 1 else 0)")
    out = tmp_path / "out"
    out.mkdir()
    process = start(notebook, out)
    deadline = time.monotonic() + 600
    while not list(out.glob("*.ipynb")) and time.monotonic() < deadline:
        time.sleep(0.1)
    second = subprocess.run(command(notebook, out), capture_output=True, text=True)
    assert second.returncode == 1 and "另一次运行还没有结束" in second.stderr
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 3 and output.strip() == "interrupted done skipped"
    assert gone(nobody_left) == []
    log = json.loads((out / "state" / "run.json").read_text())
    assert any("再次运行同一命令" in r["reason"] for r in log["runs"])
