"""The bundled public figures, processed like any other data but never mixed with it."""

from __future__ import annotations

import json
from pathlib import Path

import evalkit
from evalkit.files import put
from evalkit.indicators.build import Manifest, file_digest
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.figures import published, published_measures
from evalkit.indicators.parts import digest
from evalkit.indicators.project import Project
from evalkit.indicators.store import SCHEMA_VERSION, write_frame
from evalkit.problems import InputError, Problem


def published_folder(project: Project) -> Path:
    """``data/published`` of the project, else the one that comes with the program."""
    for root in (project.root, Path(evalkit.__file__).parents[2]):
        if (root / "data" / "published" / "figures.csv").is_file():
            return root / "data" / "published"
    raise InputError(Problem("data_missing", file="data/published", found="没有公开数字", advice="请恢复程序自带的 data/published"))


def build_published(project: Project) -> Manifest:
    """Read the public figures, their intervals and the rates that follow from them."""
    source = published_folder(project)
    folder = project.processed("published")
    files = [{"file": path.name, "sha256": file_digest(path)} for path in sorted(source.glob("*.csv"))]
    fingerprint = digest(evalkit.__version__, project.codebook.hash(), *(f["sha256"] for f in files))
    path = folder / "manifest.json"
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.get("fingerprint") == fingerprint and known.get("schema_version") == SCHEMA_VERSION:
            return Manifest(folder, "published", tuple(known["periods"]), tuple(files), {}, changed=False)
    tables = published(source)
    measures = published_measures(tables["figures"], project.codebook)
    indicators = evaluate(measures, codebook=project.codebook)
    for name, frame in {**tables, "measures": measures, "indicators": indicators}.items():
        write_frame(frame, folder / f"{name}.parquet")
    periods = sorted({p for p in measures["period"].dropna().astype(str) if p})
    manifest = {
        "schema_version": SCHEMA_VERSION, "evalkit": evalkit.__version__, "dataset": "published",
        "fingerprint": fingerprint, "periods": periods, "problems": {}, "files": files, "parts": [],
    }  # fmt: skip
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    put(path, text)
    return Manifest(folder, "published", tuple(periods), tuple(files), {}, changed=True)
