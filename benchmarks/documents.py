"""Speed of the document forms: CPU seconds and wall seconds of a typical tree, the first and the median of ten.

PYTHONPATH=src python benchmarks/documents.py [executed.ipynb ...]

Without a notebook: a district profile (5 tables, two of them on landscape pages, 3 figures) and an annual report (9
sections, 20 tables, 9 figures).
"""

from __future__ import annotations

import io
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("EVALKIT_FONTS", "bundled")

from evalkit.documents import FORMS, Block, Cover, tree, write

LIMITS = {"docx": 0.20, "pdf": 0.20, "html": 0.05, "xlsx": 0.20}  # CPU seconds of a profile, warm


def picture() -> bytes:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.3, 4), dpi=200)
    axes.barh(range(24), range(24))
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def table(title: str, rows: int, columns: int) -> Block:
    names = [
        {"key": "a", "label": "地区"},
        *({"key": f"k{n}", "label": f"指标{n}", "decimals": 1} for n in range(columns)),
    ]
    body = [
        [
            f"演示{r:02d}区",
            *({"v": r * 1.5 + c, "mark": "●", "tone": "good"} for c in range(columns)),
        ]
        for r in range(rows)
    ]
    return Block.table(
        title, names, body, unit="%", notes=["基数为在营法人单位。"], source="台账", total_rows=1
    )


def document(sections: int, tables: int, figures: int) -> list[Block]:
    png = picture()
    found = [Block.heading("题目", 1)]
    for n in range(sections):
        found += [
            Block.heading(f"第{n}部分", 2),
            Block.paragraph("组织覆盖率为85.3%，比上年提高2.1个百分点。" * 5),
        ]
        found += [table(f"表{n}-{t}", 24, 6) for t in range(tables // sections)]
        found += [Block.figure(f"图{n}-{f}", png, "图") for f in range(figures // sections)]
    return [
        *found,
        Block.heading("附录：数据表", 2),
        table("各区县数据", 24, 16),
        table("各区县指标", 24, 18),
    ]


def main() -> int:
    given = {Path(a).stem: tree(json.loads(Path(a).read_text("utf-8"))) for a in sys.argv[1:]}
    trees = given or {"profile": document(3, 3, 3), "annual": document(9, 18, 9)}
    late = 0
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'tree':<12}{'form':<12}{'first':>8}{'CPU':>8}{'wall':>8}{'KB':>8}")
        for name, blocks in trees.items():
            for form, ending in FORMS.items():
                path, cpu, wall = Path(folder) / f"a{ending}", [], []
                for _ in range(11):
                    start, clock = time.process_time(), time.perf_counter()
                    write(
                        blocks,
                        path,
                        form,
                        cover=Cover("题目", office="某部") if name == "annual" else None,
                    )
                    cpu.append(time.process_time() - start)
                    wall.append(time.perf_counter() - clock)
                usual = statistics.median(cpu[1:])
                late += name == "profile" and usual > LIMITS.get(form, 9.0)
                size = path.stat().st_size / 1000
                print(
                    f"{name:<12}{form:<12}{cpu[0]:8.3f}{usual:8.3f}{statistics.median(wall[1:]):8.3f}{size:8.0f}"
                )
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
