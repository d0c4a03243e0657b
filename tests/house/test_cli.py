"""The command as a clerk meets it: Chinese, one message, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*args, cwd, **environment):
    env = os.environ | {"PYTHONUTF8": "1"} | environment
    env.pop("EVALKIT_PROJECT", None)
    done = subprocess.run(
        [sys.executable, "-m", "evalkit.cli", *map(str, args)],
        cwd=cwd,
        env=env,
        capture_output=True,
        timeout=900,
    )
    return (
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )


def test_help_is_chinese_and_loads_nothing_heavy(tmp_path):
    code, out, _ = run("--help", cwd=tmp_path)
    assert code == 0 and "生成评估报告" in out
    probe = "import sys, evalkit.cli; print([m for m in ('pandas', 'numpy', 'duckdb', 'matplotlib', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_check_on_a_lone_folder_needs_no_project(demo_project, tmp_path):
    code, out, err = run("check", demo_project / "data/demo/2025/演示01区.xlsx", cwd=tmp_path)
    assert code == 0, err
    assert (
        "演示01区.xlsx" in out
        and "党组织台账" not in err
        and "单位" in out
        and "原文件没有改动" in out
    )
    code, out, _ = run(
        "check", demo_project / "data/demo/2025/演示01区.xlsx", "--json", cwd=tmp_path
    )
    assert json.loads(out)["errors"] == 0


def test_outside_a_project_one_message_and_exit_code_2(tmp_path):
    code, out, err = run("build", cwd=tmp_path)
    assert code == 2 and "找不到项目文件夹" in err and "Traceback" not in out + err
    assert "[error]" in err  # and once in English


def test_malformed_settings_say_where(tmp_path):
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "evalkit.yml").write_text("nmae: 甲市\n", encoding="utf-8")
    code, _, err = run("build", cwd=tmp_path)
    assert code == 2 and "nmae" in err and "name" in err and "Traceback" not in err


def test_a_gbk_console_never_breaks_it(demo_project, tmp_path):
    env = os.environ | {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "evalkit.cli", "doctor", "--project", str(demo_project)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, timeout=900)
    assert "演示数据" in done.stdout.decode("gbk", "replace")


def test_doctor_is_right_in_a_new_folder(tmp_path):
    """Nothing is there yet, and nothing is wrong: neither in an empty folder nor in a project without data."""
    code, out, err = run("doctor", cwd=tmp_path)
    assert code == 0 and "还不是项目文件夹" in out and "写不进" not in out, out + err
    (tmp_path / "evalkit.yml").write_text("", encoding="utf-8")
    code, out, err = run("doctor", cwd=tmp_path)
    assert (
        code == 0
        and f"项目文件夹：{tmp_path}" in out
        and "data/raw：0 个" in out
        and "写不进" not in out
    ), out + err
    assert not list(tmp_path.iterdir())[1:], "it leaves nothing behind"
    code, out, _ = run("doctor", "--project", tmp_path / "没有", cwd=tmp_path)
    assert code == 1 and "没有这个文件夹" in out


def test_doctor_tries_to_write(tmp_path, monkeypatch):
    """What `os.access` says of a folder is not what Windows lets one do."""
    import tempfile

    from evalkit.reports.doctor import examine

    def refused(*_, dir, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    lines, healthy = examine(tmp_path)
    assert not healthy and sum(line.startswith("■ 写不进") for line in lines) == 2


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0,
    reason="root writes everywhere; permissions differ on Windows",
)
def test_a_read_only_folder_is_one_message(demo_project, tmp_path):
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data").chmod(0o500)
    code, _, err = run("demo", "--quick", cwd=tmp_path)
    assert code == 2 and "写不进去" in err


def test_unknown_period_range(tmp_path):
    (tmp_path / "data/raw").mkdir(parents=True)
    code, _, err = run("demo", "--periods", "2025-2021", cwd=tmp_path)
    assert code == 2 and "2025-2021" in err


def test_version(tmp_path):
    import evalkit

    assert run("--version", cwd=tmp_path)[1].strip() == f"evalkit {evalkit.__version__}"


def test_import_stays_light():
    probe = "import sys, evalkit; print(sorted(m for m in sys.modules if m.split('.')[0] in ('pandas', 'numpy', 'yaml', 'typer')))"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    assert done.stdout.strip() == "[]"


def test_progress_without_a_console(monkeypatch):
    """A program without a console (pythonw, a closed terminal) has no streams at all."""
    from evalkit import cli

    monkeypatch.setattr(sys, "stderr", None)
    update, stop = cli.bar("读取")
    update(1, 1, "甲")
    stop()
