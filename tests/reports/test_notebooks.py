"""Every notebook really runs under plain papermill, from a folder that is not the project's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(p for p in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs_under_plain_papermill(notebook, demo_project, tmp_path):
    out = tmp_path / "out.ipynb"
    known = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = "".join(
        next(c for c in known if "parameters" in c["metadata"].get("tags", []))["source"]
    )
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(notebook),
        str(out),
        "-p",
        "project",
        str(demo_project),
    ]
    if "period" in source:
        command += ["-p", "period", "2025"]  # papermill makes it an int
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    assert not [o for c in cells for o in c.get("outputs", []) if o["output_type"] == "error"]
    blocks = [
        o
        for c in cells
        for o in c.get("outputs", [])
        if "application/vnd.evalkit.block+json" in o.get("data", {})
    ]
    assert len(blocks) >= 3
