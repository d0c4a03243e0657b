"""The project's own notebooks: plain papermill, the forked child and the pool give the same outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import papermill
import pytest

from evalkit.runner import Job, run
from evalkit.runner.notebook import inspect

from .conftest import normalised

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FAST = ("quality",)


@pytest.mark.parametrize(
    "notebook",
    [
        pytest.param(p, id=p.stem, marks=() if p.stem in FAST else pytest.mark.slow)
        for p in NOTEBOOKS
    ],
)
def test_same_outputs_by_every_executor(
    notebook: Path, demo_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # ipykernel then leaves the descriptors alone
    known = inspect(notebook).parameters or {}
    parameters: dict[str, Any] = {"project": str(demo_project), "period": "2025", "seed": 7}
    parameters = {name: value for name, value in parameters.items() if name in known}
    plain = tmp_path / "plain.ipynb"
    papermill.execute_notebook(str(notebook), str(plain), parameters, progress_bar=False)
    expected = normalised(plain)
    assert (
        sum(bool(cell.get("outputs")) for cell in json.loads(plain.read_text("utf-8"))["cells"])
        >= 3
    )
    for executor in ("fork", "pool"):
        job = Job("a", notebook, tmp_path / executor / "a.ipynb", parameters)
        (outcome,) = run([job], state=tmp_path / f"{executor}-state", executor=executor)
        controls = "控件" in outcome.note  # found by the child, which then asks for a real kernel
        assert (outcome.state, outcome.executor) == ("done", "pool" if controls else executor), (
            outcome
        )
        for ours, theirs in zip(normalised(outcome.output), expected, strict=True):
            assert ours == theirs
