"""One small built demonstration for the whole run, shared by all worker processes."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # helpers that several rooms' tests share
os.environ["EVALKIT_FONTS"] = "bundled"  # equal pictures on every machine
os.environ.pop("EVALKIT_PROJECT", None)
os.fsync = lambda descriptor: None  # it waits for the disk; no test takes the power away
settings.register_profile(
    "house", deadline=None
)  # how long an example takes says nothing of what it tests
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """The collector looks seldom through what a test made, and never through the libraries: 7% of the time, else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)  # as the command line has it


@pytest.fixture(scope="session")
def demo_project(tmp_path_factory) -> Path:
    """A project with six invented districts in two years, built; read it, do not write into it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo 项目"
    with FileLock(f"{shared}.lock"):
        if not (shared / "ready").exists():
            from evalkit import demo
            from evalkit.building import build

            shutil.rmtree(shared, ignore_errors=True)
            (shared / "data" / "raw").mkdir(parents=True)
            demo.write(shared / "data" / "demo", quick=True)
            build(shared, jobs=1)
            build(shared, dataset="published")
            (shared / "ready").touch()
    return shared
