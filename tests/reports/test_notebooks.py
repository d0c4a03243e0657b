"""Every notebook really runs under plain papermill, from a folder that is not the project's."""

from __future__ import annotations

import json
from pathlib import Path

import papermill
import pytest

import evalkit as ek
from evalkit.runner import Job, run

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").glob("*.ipynb"))
ALWAYS_PLAIN = (
    "comparison",
    "whatif",
)  # the others in the campaign; every run takes them by our engine
MIME = "application/vnd.evalkit.block+json"


def given(notebook: Path, project: Path) -> dict[str, object]:
    known = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = "".join(
        next(c for c in known if "parameters" in c["metadata"].get("tags", []))["source"]
    )
    # what `papermill -p period 2025` makes of it is a number
    return {"project": str(project)} | ({"period": 2025} if "period" in source else {})


def looked_at(notebook: Path, out: Path, project: Path) -> None:
    """No cell failed, and there is something to see."""
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    blocks = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
    assert len(blocks) >= 3
    if notebook.stem == "whatif":
        plan = ek.plan(ek.load(project), "fuyang-2015", ["2026", "2027"])
        answer = plan.run({"activity.per_member": {"2026-07-01": 200}}).sentence
        assert answer in json.dumps(blocks, ensure_ascii=False)


@pytest.mark.parametrize(
    "notebook",
    [pytest.param(p, marks=() if p.stem in ALWAYS_PLAIN else pytest.mark.slow) for p in NOTEBOOKS],
    ids=lambda p: p.stem,
)
def test_notebook_runs_under_plain_papermill(notebook, demo_project, tmp_path):
    """Stock papermill, in a kernel of its own."""
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        str(notebook),
        str(out),
        given(notebook, demo_project),
        progress_bar=False,
        cwd=str(tmp_path),
        execution_timeout=900,
    )
    looked_at(notebook, out, demo_project)


def test_the_others_run_by_our_engine(demo_project, tmp_path):
    """Side by side in warm processes: a tenth of the time of kernels one after another."""
    others = [p for p in NOTEBOOKS if p.stem not in ALWAYS_PLAIN]
    jobs = [Job(p.stem, p, tmp_path / p.name, given(p, demo_project)) for p in others]
    outcomes = run(jobs, state=tmp_path / "state")
    assert [outcome.state for outcome in outcomes] == ["done"] * len(jobs), outcomes
    for notebook in others:
        looked_at(notebook, tmp_path / notebook.name, demo_project)
