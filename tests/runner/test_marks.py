"""Who belongs to a run: a command that a notebook starts does not, what the notebook itself leaves behind does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.runner import Job, run

from .conftest import Maker, gone, printed
from .test_command import command

INNER = """
import subprocess, sys
from pathlib import Path
out = Path(folder)
with open(out / "inner.log", "w") as log:
    subprocess.Popen([sys.executable, "-m", "evalkit.cli", "run", str(out / "inner.ipynb"), "--over", str(out / "inner.csv"),
                      "--out", str(out / "inner"), "--executor", executor], stdout=log, stderr=log, start_new_session=True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(4321)"], start_new_session=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="sessions of processes")
@pytest.mark.parametrize("executor", ["fork", "pool"])
def test_a_command_that_a_notebook_starts_does_not_end_with_it(
    make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]], executor: str
) -> None:
    make("inner", "import time; time.sleep(6); print('whole', n)")
    (tmp_path / "inner.csv").write_text("n\n7\n", "utf-8")
    outer = make("outer", INNER, parameters=f"folder = {str(tmp_path)!r}\nexecutor = {executor!r}")
    job = Job("a", outer, tmp_path / "a.ipynb", {"folder": str(tmp_path), "executor": executor})
    (done,) = run([job], state=tmp_path / "state", executor=executor)
    assert done.state == "done", done.reason
    assert not (tmp_path / "inner" / "7.ipynb").exists(), "the outer run is over first"
    assert not [line for line in nobody_left() if "4321" in line], (
        "what the notebook itself left is ended"
    )
    assert gone(nobody_left) == []
    said = (tmp_path / "inner.log").read_text("utf-8")
    assert printed(tmp_path / "inner" / "7.ipynb") == "whole 7\n", said
    assert "完成 1 项" in said


def _hears_hangups() -> None:
    """Under nohup, as these tests may run, a child would inherit that SIGHUP is not heard."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_says_how_to_go_on(
    make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]], number: signal.Signals
) -> None:
    notebook = make("nb", "import time; time.sleep(2000 if n > 1 else 0)")
    (tmp_path / "表.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(5)), "utf-8")
    process = subprocess.Popen(
        command(notebook, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_hangups,
    )
    deadline = time.monotonic() + 600
    while not list(tmp_path.glob("结果/*.ipynb")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 1 and "Traceback" not in err
    assert sum("再次运行同一命令即从这里接着做" in line for line in (out + err).splitlines()) == 1
    assert gone(nobody_left) == []
    plan = subprocess.run(
        [*command(notebook, tmp_path), "--dry-run"], capture_output=True, text=True, timeout=300
    )
    assert "没有结果" in plan.stdout and "项已是最新" in plan.stdout


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("verb", ["build", "report"])
def test_build_and_report_end_with_one_line(
    demo_project: Path, tmp_path: Path, nobody_left: Callable[[], list[str]], verb: str
) -> None:
    import shutil

    shutil.copytree(demo_project / "data" / "demo", tmp_path / "data" / "demo")
    words = [
        sys.executable,
        "-m",
        "evalkit.cli",
        verb,
        "--project",
        str(tmp_path),
        "--dataset",
        "demo",
        "--jobs",
        "2",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    parts = tmp_path / "data" / "processed" / "demo"
    deadline = time.monotonic() + 600
    while not parts.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 1, out + err
    assert [line for line in (out + err).splitlines() if "已停止" in line] == [
        "已停止；再次运行同一命令即从这里接着做"
    ]
    assert "Traceback" not in err and gone(nobody_left) == []


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_start_under_nohup_is_not_ended_by_a_closed_window(make: Maker, tmp_path: Path) -> None:
    (tmp_path / "表.csv").write_text("n\n1\n", "utf-8")
    process = subprocess.Popen(
        command(make("nb", "import time; time.sleep(4); print(n)"), tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    time.sleep(3)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=600)
    assert process.returncode == 0 and "完成 1 项" in out
