"""Every notebook really runs under plain papermill, from a folder that is not the project's."""

from __future__ import annotations

import json
from pathlib import Path

import papermill
import pytest

import evalkit as ek

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").glob("*.ipynb"))
MIME = "application/vnd.evalkit.block+json"


def run_plain(notebook: Path, project: Path, folder: Path) -> list[dict]:
    """The outputs of a notebook that stock papermill runs in a kernel of its own."""
    known = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = "".join(
        next(c for c in known if "parameters" in c["metadata"].get("tags", []))["source"]
    )
    given: dict[str, object] = {"project": str(project)}
    if "period" in source:
        given["period"] = 2025  # what `papermill -p period 2025` makes of it
    out = folder / "out.ipynb"
    papermill.execute_notebook(
        str(notebook), str(out), given, progress_bar=False, cwd=str(folder), execution_timeout=900
    )
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs_under_plain_papermill(notebook, demo_project, tmp_path):
    outputs = run_plain(notebook, demo_project, tmp_path)
    assert not [output for output in outputs if output["output_type"] == "error"]
    blocks = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
    assert len(blocks) >= 3
    if notebook.stem == "whatif":
        plan = ek.plan(ek.load(demo_project), "fuyang-2015", ["2026", "2027"])
        answer = plan.run({"activity.per_member": {"2026-07-01": 200}}).sentence
        assert answer in json.dumps(blocks, ensure_ascii=False)
