"""`evalkit run`: the command as its user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Maker, gone, printed


def command(notebook: Path, folder: Path, *more: str) -> list[str]:
    table, out = str(folder / "表.csv"), str(folder / "结果")
    return [
        sys.executable,
        "-m",
        "evalkit.cli",
        "run",
        str(notebook),
        "--over",
        table,
        "--out",
        out,
        *more,
    ]


def call(notebook: Path, folder: Path, *more: str) -> tuple[int, str, str]:
    done = subprocess.run(
        command(notebook, folder, *more), capture_output=True, timeout=900, cwd=folder
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_run_resume_and_say_why(make: Maker, tmp_path: Path) -> None:
    notebook = make(
        "nb",
        "if n == 2: raise ValueError('没有这个县')",
        "print(name, n)",
        parameters="name = ''\nn = 0",
    )
    (tmp_path / "表.csv").write_text("name,n\n甲县,1\n乙/县,2\n丙县,3\n", "utf-8")
    (tmp_path / "数据").mkdir()
    code, out, err = call(notebook, tmp_path, "--dry-run", "--jobs", "2", "--depends", "数据")
    assert (
        code == 0
        and "甲县：还没有结果" in out
        and "3 项要运行" in out
        and not (tmp_path / "结果").exists()
    )
    code, out, err = call(notebook, tmp_path, "--jobs", "2", "--depends", "数据", "--timeout", "60")
    assert code == 1 and "Traceback" not in out + err
    assert "失败：乙/县：单元格 In [3] 没有这个县" in err and "3/3" in err and "failed" in err
    assert "乙/县 不能作文件名" in out and "完成 2 项，已是最新 0 项，失败 1 项" in out
    assert printed(tmp_path / "结果" / "丙县.ipynb") == "丙县 3\n"
    log = json.loads((tmp_path / "结果" / "run.json").read_text("utf-8"))
    failed = log["runs"][1]
    assert failed["state"] == "failed" and "没有这个县" in Path(
        failed["failed_notebook"]
    ).read_text("utf-8")
    code, out, err = call(notebook, tmp_path, "--dry-run", "--depends", "数据")
    assert code == 0 and out.splitlines()[1:] == [
        "乙/县：还没有结果",
        "共 3 项：1 项要运行，2 项已是最新",
    ]
    (tmp_path / "表.csv").write_text("name,n\n甲县,1\n乙/县,4\n丙县,3\n", "utf-8")
    code, out, err = call(notebook, tmp_path, "--depends", "数据")
    assert code == 0 and "2 项已是最新" in err and "完成 1 项，已是最新 2 项，失败 0 项" in out
    code, out, err = call(notebook, tmp_path, "--dry-run", "--force", "--depends", "数据")
    assert code == 0 and out.count("要求全部重做") == 3


def test_what_is_wrong_is_said_before_the_start(make: Maker, tmp_path: Path) -> None:
    (tmp_path / "表.csv").write_text("name,nn\n甲县,1\n甲县,2\n", "utf-8")
    code, _, err = call(make("nb", parameters="name = ''\nn = 0"), tmp_path, "--depends", "无")
    assert (
        code == 2
        and "是否想写“n”" in err
        and "重复" in err
        and "--depends" in err
        and "Traceback" not in err
    )
    assert not (tmp_path / "结果").exists()
    (tmp_path / "表.csv").write_text("name,n\n甲县,1\n", "utf-8")
    code, _, err = call(make("nb", parameters="name = ''\nn = 0"), tmp_path, "--executor", "spark")
    assert code == 2 and "dask://" in err


@pytest.mark.skipif(
    os.name == "nt", reason="a console process group is needed to send Ctrl-C on Windows"
)
def test_ctrl_c_says_how_to_go_on(
    make: Maker, tmp_path: Path, nobody_left: Callable[[], list[str]]
) -> None:
    notebook = make("nb", "import time; time.sleep(2000 if n > 1 else 0)")
    (tmp_path / "表.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(9)), "utf-8")
    process = subprocess.Popen(
        command(notebook, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # a background shell hands down an ignored one
    )
    deadline = time.monotonic() + 600
    while not list(tmp_path.glob("结果/*.ipynb")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=900)
    assert (
        process.returncode == 1
        and "再次运行同一命令即从这里接着做" in out
        and "Traceback" not in err
    )
    assert gone(nobody_left) == []
