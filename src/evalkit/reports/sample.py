"""What a visitor sees before installing anything: a report, an executed notebook, one page, a chart, of the invented province.

``evalkit sample`` writes ``docs/sample/``. The same program writes the same bytes: bundled fonts, no times, no paths.
"""

from __future__ import annotations

import base64
import json
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalkit import demo
from evalkit.building.checking import check_paths
from evalkit.files import put
from evalkit.problems import InputError, Problem
from evalkit.reports import sample_pictures as pictures
from evalkit.reports.report import make_report

DISTRICTS, PERIODS = 24, ("2024", "2025")
CHART = "charts.dumbbell"  # the first picture: a year beside the year before
SHOWN = (2, 5)  # pages of the report that guides show: 摘要, and the table of the main indicators
CHECKED = "演示01区.xlsx"  # the workbook whose findings guides show
INDEX = (1180, 1040)  # pixels of the index page that guides show
OF_A_RUN = ("papermill", "evalkit")  # in a notebook's metadata
TEXT = """# 样品（演示数据，全部虚构） / Sample (invented data)

由 `python start.py sample` 一条命令生成；同一版本每次生成的字节相同。
数据是虚构的演示省，{districts}个区县，{periods}两年，每页都标明“演示数据”。
Made by `python start.py sample` from an invented province; the same version writes the same bytes.

| 文件 file | 是什么 |
|---|---|
| [report.pdf](report.pdf) | 评估报告：摘要、正文、附录 / the annual evaluation report |
| [one-page.png](one-page.png) | 一页纸 / the report on one page |
| [comparison.ipynb](comparison.ipynb) | 运行过的区县比较笔记本，带结果 / the executed comparison notebook |
| [comparison.png](comparison.png) | 其中一张图 / one of its figures |
| [check.png](check.png) | 检查一份台账，屏幕上列出的内容 / what `check` prints |
| [pages.png](pages.png) | 报告的两页 / two pages of the report |
| [index.png](index.png) | 报告目录（要有 Chrome、Edge 或 Chromium 才重做）/ the index of a report (remade where there is a browser) |

![一页纸](one-page.png)
"""


def make_sample(folder: Path, note: Callable[[str], None] = lambda text: None) -> list[Path]:
    """Make the invented province and its report in a temporary folder, and put the sample into `folder`.

    Raises
    ------
    InputError
        A part of the report failed.
    """
    with tempfile.TemporaryDirectory() as temporary, bundled_fonts():
        root = Path(temporary).resolve()
        (root / "data" / "raw").mkdir(parents=True)
        note("生成演示台账")
        demo.write(root / "data" / "demo", districts=DISTRICTS, periods=PERIODS)
        made = make_report(
            PERIODS[-1], project=root, dataset="demo", only=("annual", "comparison"), note=note
        )
        if made.failed:
            advice = "；".join(f"{one.key}：{one.reason}" for one in made.failed)
            raise InputError(Problem("data_missing", found="样品没有生成", advice=advice))
        reports = made.index.parent
        note("检查一份台账，画出几页")
        notebook = json.loads((reports / "comparison.ipynb").read_text(encoding="utf-8"))
        wanted: dict[str, bytes | str] = {
            "report.pdf": (reports / "评估报告.pdf").read_bytes(),
            "one-page.png": (reports / "评估报告-一页纸.png").read_bytes(),
            "comparison.png": picture(notebook, CHART),
            "comparison.ipynb": shown(notebook),
            "check.png": pictures.terminal(checked(root / "data" / "demo" / PERIODS[-1])),
            "pages.png": pictures.side_by_side(reports / "评估报告.pdf", SHOWN),
            "README.md": TEXT.format(districts=DISTRICTS, periods="、".join(PERIODS)),
        }
        index = pictures.screenshot(made.index, *INDEX)
        if index is None:
            note("没有找到浏览器（Chrome、Edge 或 Chromium）：index.png 没有重做")
        else:
            wanted["index.png"] = index
        for name, content in wanted.items():
            plain = content if isinstance(content, bytes) else content.encode()
            if str(root).encode() in plain:
                raise InputError(Problem("data_missing", file=name, found="样品里有本机的路径"))
        return [put(folder / name, content) for name, content in wanted.items()]


def checked(folder: Path) -> list[str]:
    """What `check` prints of one invented workbook, below the command."""
    found = check_paths([folder / CHECKED])
    return [f"> python start.py check {CHECKED}", "", *found.lines()]


@contextmanager
def bundled_fonts() -> Any:
    """The bundled face for everything that is made inside, so that pictures have the same bytes everywhere."""
    before = os.environ.get("EVALKIT_FONTS")
    os.environ["EVALKIT_FONTS"] = "bundled"
    try:
        yield
    finally:
        os.environ.pop("EVALKIT_FONTS")
        if before is not None:
            os.environ["EVALKIT_FONTS"] = before


def picture(notebook: dict[str, Any], source: str) -> bytes:
    """The first picture of the cell that says `source`."""
    for cell in notebook["cells"]:
        if source in "".join(cell["source"]):
            for output in cell.get("outputs", ()):
                if "image/png" in output.get("data", {}):
                    return base64.b64decode("".join(output["data"]["image/png"]))
    raise InputError(Problem("data_missing", where=source, found="笔记本里没有这张图"))


def shown(notebook: dict[str, Any]) -> str:
    """An executed notebook as it is looked at: results stay; times, paths and what only programs read are left out."""
    cells = []
    for n, cell in enumerate(notebook["cells"]):
        tags = cell["metadata"].get("tags", [])
        kept: dict[str, Any] = {**cell, "id": f"cell-{n}", "metadata": {"tags": tags}}
        if "injected-parameters" in tags:
            text = "".join(cell["source"])
            kept["source"] = re.sub(r"^project = .*\n?", "", text, flags=re.MULTILINE)
        if cell["cell_type"] == "code":
            kept["outputs"] = [_shown(output) for output in cell["outputs"]]
        cells.append(kept)
    about = {k: v for k, v in notebook["metadata"].items() if k not in OF_A_RUN}
    about.get("language_info", {}).pop("version", None)
    whole = {**notebook, "cells": cells, "metadata": about}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _shown(output: dict[str, Any]) -> dict[str, Any]:
    if "data" not in output:
        return output
    data = {k: v for k, v in output["data"].items() if not k.startswith("application/vnd.evalkit")}
    return {**output, "data": data, "metadata": {}}
