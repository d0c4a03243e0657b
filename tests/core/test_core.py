"""The card's small package: six rooms and nine packages, and nothing that stands around them."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from evalkit import scoring, stats

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCRIPTS = ["use.py", "page.py"]


def run(python: Path | str, *arguments: Path | str) -> str:
    """The output of a Python process that sees the source and no project; its errors where it fails."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("EVALKIT", "PY"))}
    done = subprocess.run(
        [str(python), *map(str, arguments)],
        cwd=HERE,
        env=env | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_core_runs_where_nothing_else_can_be_imported(script: str) -> None:
    run(sys.executable, HERE / "bare.py", HERE / script)


def test_the_page_shows_every_function() -> None:
    page = (ROOT / "docs" / "core.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    missing = [name for name in (*scoring.__all__, *stats.__all__) if not re.search(name, code)]
    assert not missing


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(names: set[str]) -> str:
    """The entries of requirements.lock, with their hashes, for some distributions."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.finditer(r"^([A-Za-z0-9._-]+)==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    return "".join(entry[0] for entry in entries if normal(entry[1]) in names)


@pytest.mark.bare
def test_the_core_runs_in_a_fresh_environment(tmp_path: Path) -> None:
    names = runpy.run_path(str(HERE / "bare.py"))["with_needs"]()
    (tmp_path / "core.txt").write_text(locked(names), encoding="utf-8")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    run(python, *pip, "-r", tmp_path / "core.txt")
    installed = re.findall(r"^([A-Za-z0-9._-]+)==", run(python, "-m", "pip", "freeze"), re.M)
    assert {normal(name) for name in installed} <= names
    run(python, HERE / "use.py", "around")  # the other rooms are there, their packages are not
    run(python, HERE / "page.py")
