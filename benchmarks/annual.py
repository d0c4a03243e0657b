"""Speed of the annual report: python benchmarks/annual.py [PROJECT] [--districts 90].

Wall time and CPU seconds (of this process and its workers) of the annual report in all forms, of district profiles in HTML
and Word (warm start apart), and, with --districts, of a whole report of a demonstration of so many districts. Limits of
issue 7 on two idle cores: annual report 20 s, a profile 0.5 s at two jobs, 90 districts 60 s.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import psutil

from evalkit.building import build
from evalkit.documents import FORMS
from evalkit.indicators import find_project, load
from evalkit.reports.publish import ANNUAL, post
from evalkit.reports.report import PROFILE, _areas, _file_names, _only, make_report, notebook_path
from evalkit.runner import Event, Job, run


def cpu() -> float:
    """CPU seconds of this process and of the workers that have ended."""
    spent = psutil.Process().cpu_times()
    return float(spent.user + spent.system + spent.children_user + spent.children_system)


def timed(what: str, jobs: list[Job], state: Path, limit: str) -> None:
    finished: list[float] = []
    began, before = time.perf_counter(), cpu()

    def note(event: Event) -> None:
        if event.kind == "finished":
            finished.append(time.perf_counter())

    outcomes = run(jobs, workers=2, state=state, force=True, progress=note)
    failed = [o.reason for o in outcomes if o.state != "done"]
    each = (
        (finished[-1] - finished[1]) / (len(finished) - 2)
        if len(finished) > 3
        else finished[-1] - began
    )
    print(
        f"{what}: {each:.2f} s each{' after the first two' if len(jobs) > 3 else ''}, {time.perf_counter() - began:.1f} s and "
        f"{cpu() - before:.1f} CPU s in all for {len(jobs)}, limit {limit}{'; FAILED ' + failed[0] if failed else ''}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", default=".")
    parser.add_argument("--districts", type=int, default=0)
    given = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    project = find_project(given.project)
    manifest = build(project)
    data = load(project)
    period, baseline = data.periods[-1], data.periods[-2] if len(data.periods) > 1 else None
    areas, _ = _areas(data, period, "district", None)
    common = {
        "period": period,
        "baseline": baseline,
        "level": "district",
        "project": str(project.root),
        "dataset": manifest.dataset,
    }
    with tempfile.TemporaryDirectory() as folder:
        out, names = Path(folder), _file_names(areas)
        annual, district = notebook_path(project, "annual"), notebook_path(project, "district")
        timed(
            "annual report in all forms",
            [
                Job(
                    "annual",
                    annual,
                    out / f"{ANNUAL}.ipynb",
                    _only(annual, common),
                    (),
                    post(tuple(FORMS)),
                )
            ],
            out / "1",
            "20 s",
        )
        jobs = [
            Job(
                a,
                district,
                out / f"{names[a]}.ipynb",
                _only(district, common | {"area": a}),
                (),
                post(PROFILE),
            )
            for a in areas
        ]
        timed("district profile, HTML and Word, two jobs", jobs, out / "2", "0.5 s")
        if given.districts:
            from evalkit import demo

            large = out / "large"
            (large / "data" / "raw").mkdir(parents=True)
            demo.write(large / "data" / "demo", districts=given.districts, periods=("2024", "2025"))
            build(large)
            began, before = time.perf_counter(), cpu()
            made = make_report(project=large, jobs=2)
            print(
                f"{given.districts} districts: {time.perf_counter() - began:.1f} s and {cpu() - before:.1f} CPU s, "
                f"{len(made.failed)} failed, limit 60 s for 90"
            )


if __name__ == "__main__":
    main()
