"""The bundled public figures, processed like any other data but never mixed with it."""

from __future__ import annotations

from pathlib import Path

import evalkit
from evalkit.indicators.build import Manifest, file_digest, not_whole
from evalkit.indicators.evaluate import evaluate
from evalkit.indicators.figures import published, published_measures
from evalkit.indicators.parts import digest
from evalkit.indicators.project import Project
from evalkit.indicators.store import SCHEMA_VERSION, read_manifest, write_build
from evalkit.problems import InputError, Problem
from evalkit.world.period import in_time


def published_folder(project: Project) -> Path:
    """``data/published`` of the project, else the one that comes with the program."""
    for root in (project.root, Path(evalkit.__file__).parents[2]):
        if (root / "data" / "published" / "figures.csv").is_file():
            return root / "data" / "published"
    raise InputError(
        Problem(
            "data_missing",
            file="data/published",
            found="没有公开数字",
            advice="请恢复程序自带的 data/published",
        )
    )


def build_published(project: Project) -> Manifest:
    """Read the public figures, their intervals and the rates that follow from them."""
    source = published_folder(project)
    folder = project.processed("published")
    files = [
        {"file": path.name, "sha256": file_digest(path)} for path in sorted(source.glob("*.csv"))
    ]
    fingerprint = digest(
        evalkit.__version__, project.codebook.hash(), *(f["sha256"] for f in files)
    )
    known = read_manifest(folder)
    if known and "stored" not in known:
        known = None
    lost = tuple(not_whole(folder, known)) if known else ()
    if known and known["fingerprint"] == fingerprint and not lost:
        return Manifest(
            folder, "published", tuple(known["periods"]), tuple(files), {}, changed=False
        )
    tables = published(source)
    measures = published_measures(tables["figures"], project.codebook)
    indicators = evaluate(measures, codebook=project.codebook)
    periods = in_time(p for p in measures["period"].dropna() if p)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "evalkit": evalkit.__version__,
        "dataset": "published",
        "fingerprint": fingerprint,
        "periods": periods,
        "problems": {},
        "files": files,
        "parts": [],
    }
    write_build(folder, {**tables, "measures": measures, "indicators": indicators}, manifest)
    return Manifest(
        folder, "published", tuple(periods), tuple(files), {}, changed=True, damaged=lost
    )
