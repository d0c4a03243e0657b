"""The runner against stock papermill on one notebook: 16 indicators, a regression, two tables, three figures.

``python benchmarks/runner.py [--rows 40] [--jobs 2] [--notebook PATH] [--table]`` prints seconds a run, stock papermill
one after another, the ratio, the memory (proportional set size) of all processes, and a second call up to date.
``--rows 2844`` is every county once. ``--project FOLDER`` (a built one) times its district profiles with their pages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from evalkit.runner import Job, run

ROOT = Path(__file__).parents[1]


def watch(stop: threading.Event, peak: list[int]) -> None:
    """Highest proportional set size of this process's descendants."""
    me = psutil.Process()
    while not stop.wait(0.3):
        total = 0
        for process in me.children(recursive=True):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stock", type=int, default=3, help="runs of stock papermill to time")
    parser.add_argument(
        "--notebook", type=Path, default=ROOT / "tests" / "data" / "runner" / "benchmark.ipynb"
    )
    parser.add_argument("--parameter", default="district")
    parser.add_argument(
        "--project", type=Path, help="time this project's own district profiles, with their pages"
    )
    options = parser.parse_args()
    common: dict[str, str] = {}
    values, post = [f"区{n}" for n in range(options.rows)], None
    if options.project:
        from evalkit.indicators import load

        data = load(options.project)
        level = data.indicators[
            (data.indicators["level"] == "district") & (data.indicators["period"] == data.last)
        ]
        areas = list(dict.fromkeys(level["area"]))
        values, options.parameter, post = (
            (areas * options.rows)[: options.rows],
            "area",
            "evalkit.reports.publish:html",
        )
        options.notebook, common = (
            ROOT / "notebooks" / "district.ipynb",
            {"project": str(options.project.absolute())},
        )
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.2f}, python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        took = []
        for number in range(options.stock):
            began = time.perf_counter()
            command = [
                sys.executable,
                "-m",
                "papermill",
                "--no-progress-bar",
                str(options.notebook),
            ]
            command += [str(out / f"stock{number}.ipynb")]
            for name, value in {**common, options.parameter: values[number]}.items():
                command += ["-p", name, value]
            subprocess.run(command, check=True, capture_output=True)
            took.append(time.perf_counter() - began)
        stock = min(took, default=float("nan"))
        print(f"stock papermill, one after another: {stock:.2f} s a run (best of {options.stock})")
        jobs = [
            Job(
                str(n),
                options.notebook,
                out / f"r{n}.ipynb",
                {**common, options.parameter: value},
                post=post,
            )
            for n, value in enumerate(values)
        ]
        first: list[float] = []
        stop, peak = threading.Event(), [0]
        threading.Thread(target=watch, args=(stop, peak), daemon=True).start()
        began = time.perf_counter()

        def hear(event: object) -> None:
            if getattr(event, "kind", "") == "finished":
                first.append(time.perf_counter() - began)

        outcomes = run(jobs, state=out / "state", workers=options.jobs, progress=hear)
        total = time.perf_counter() - began
        stop.set()
        warm = first[min(options.jobs, len(first)) - 1]
        steady = (first[-1] - warm) / max(1, len(first) - options.jobs)
        wrong = [o for o in outcomes if o.state != "done"]
        print(
            f"evalkit, {options.jobs} jobs: {options.rows} runs in {total:.1f} s; first runs {warm:.1f} s (warm start);"
        )
        print(
            f"  after it {steady:.3f} s a run, {stock / steady:.1f} times stock; failed {len(wrong)}"
        )
        print(
            f"  executors {sorted({o.executor for o in outcomes})}; peak PSS of all processes {peak[0] / 1e6:.0f} MB"
        )
        began = time.perf_counter()
        again = run(jobs, state=out / "state", workers=options.jobs)
        current = sum(o.state == "up_to_date" for o in again)
        print(f"second call: {time.perf_counter() - began:.2f} s, {current} up to date")
        print(f"load at the end {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
