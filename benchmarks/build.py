"""Build, measures and start-up against their floors, in one run: python benchmarks/build.py [PROJECT]

The project must hold the 24-district demonstration (``evalkit demo``). Floors: python-calamine's bare reading of the
same workbooks; an empty Python start. Every figure is wall time, best of three, except the build (once, from nothing).
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import python_calamine

ROOT = Path(__file__).resolve().parents[1]


def bare(files: list[Path]) -> float:
    start = time.perf_counter()
    for path in files:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return time.perf_counter() - start


def command(*words: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def measures(project: Path) -> tuple[float, int]:
    """Every measure of the codebook at every area, from tables in memory: views, aggregates, three readings."""
    from evalkit.indicators import load
    from evalkit.indicators.blocks import blocks_of, with_home
    from evalkit.indicators.measures import measure_blocks, repeated_codes_of
    from evalkit.indicators.views import VIEW_TABLES

    data = load(project)
    tables = {name: with_home(data.arrow(name)) for name in VIEW_TABLES}
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        blocks = list(blocks_of(tables, data.periods))
        repeated = {block.period: repeated_codes_of([block["units"]]) for block in blocks}
        frame = measure_blocks(blocks, data.areas, data.codebook, repeated)
        best = min(best, time.perf_counter() - start)
    return best, len(frame)


def main() -> None:
    project = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    files = sorted((project / "data" / "demo").glob("*/*.xlsx"))
    floor = min(bare(files) for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        (copy / "data" / "raw").mkdir(parents=True)
        shutil.copytree(project / "data" / "demo", copy / "data" / "demo")
        built = command("-m", "evalkit.cli", "build", "--project", str(copy))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        again = command("-m", "evalkit.cli", "build", "--project", str(copy))
        seconds, rows = measures(copy)
    empty = min(command("-c", "pass") for _ in range(3))
    helped = min(command("-m", "evalkit.cli", "--help") for _ in range(3))
    print(f"workbooks                {len(files)}")
    print(f"calamine, bare           {floor:7.2f} s")
    print(f"evalkit build            {built:7.2f} s   {built / floor:5.2f} x (limit 3)")
    print(
        f"  its processor seconds  {used.ru_utime + used.ru_stime:7.2f} s   largest process {used.ru_maxrss / 1e3:.0f} MB (limit 1000)"
    )
    print(f"evalkit build, again     {again:7.2f} s")
    print(f"measures of five years   {seconds:7.2f} s   {rows} values (limit 1 s)")
    print(f"python start             {empty:7.3f} s")
    print(f"evalkit --help           {helped:7.3f} s   (limit 0.3 s)")


if __name__ == "__main__":
    main()
