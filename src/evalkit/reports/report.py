"""The report of a period: notebooks run side by side, a page each, an index over everything."""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import evalkit
from evalkit.documents import Block, html, tree
from evalkit.indicators import build, find_project, load
from evalkit.indicators.load import Data
from evalkit.indicators.project import Project
from evalkit.indicators.store import write_atomic
from evalkit.problems import SEVERITIES, InputError, Problem
from evalkit.reports import tables
from evalkit.reports.words import marked, period_words, source_line
from evalkit.runner import Job, Outcome, run

PAGES: tuple[tuple[str, str], ...] = (
    ("comparison", "区县比较"),
    ("published", "公开数字"),
    ("quality", "数据质量"),
)
POST = "evalkit.reports.report:publish"
VERSIONS = ("pandas", "numpy", "matplotlib", "duckdb", "ibis-framework", "papermill", "statsmodels")


@dataclass(frozen=True)
class Report:
    """What a report run made: its index, the outcome of every notebook, whether anything was done at all."""

    index: Path
    outcomes: tuple[Outcome, ...]
    changed: bool
    problems: tuple[Problem, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(o for o in self.outcomes if o.state == "failed")


def notebook_path(project: Project, name: str) -> Path:
    """A notebook of the project, else the one that comes with the program."""
    for folder in (project.root / "notebooks", Path(evalkit.__file__).parents[2] / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise InputError(Problem("data_missing", file=f"{name}.ipynb", found="找不到笔记本", advice="请恢复 notebooks 文件夹"))


def safe_name(text: str) -> str:
    """A file name for an area on any system: no separators, no reserved characters, no trailing dot."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", text).strip(" .")[:60]
    return f"_{name}" if not name or re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", name) else name


def publish(path: Path, parameters: dict[str, Any]) -> None:
    """The page and the figures of an executed notebook, beside it (called by the runner in the warm process)."""
    path = Path(path)
    blocks = tree(json.loads(path.read_text(encoding="utf-8")))
    first = next((b.content["text"] for b in blocks if b.kind == "heading"), path.stem)
    area, period = parameters.get("area"), parameters.get("period")
    title = f"{str(area).rpartition('/')[2]}：{first}" if area else str(first)
    up = "../index.html" if area else "index.html"
    subtitle = period_words(period) if period else ""
    page = html.page(blocks, title, subtitle=subtitle, nav=[("返回目录", up)], footer="由 Evalkit 从笔记本生成")
    path.with_suffix(".html").write_text(page, encoding="utf-8")
    for n, figure in enumerate(_figures(blocks), start=1):
        (path.parent / f"{path.stem}-图{n:02d}.png").write_bytes(figure.png)


def _figures(blocks: Sequence[Block]) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        found += _figures(block.blocks) if block.kind == "group" else [block] if block.kind == "figure" else []
    return found


def make_report(
    period: str | None = None,
    *,
    level: str = "district",
    within: str | None = None,
    project: str | Path | None = None,
    dataset: str | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    force: bool = False,
    progress: Callable[[Any], None] | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Report:
    """Build what changed, run the notebooks of the period, write pages, index and ``run.json``.

    Parameters
    ----------
    period
        The last one with data by default; the one before it is the baseline where it has data.
    level, within
        Level of the areas compared, and the area inside which they lie.
    out
        Folder; ``reports/<period>`` of the project by default.
    progress, note
        Called with the runner's events, and with one Chinese line per step.

    Returns
    -------
    Report; a notebook that fails leaves an entry, the others are written.
    """
    started = time.time()
    found = find_project(project)
    dataset = dataset or found.dataset
    _ensure_ledgers(found, dataset, note)
    manifest = build(found, dataset=dataset, progress=_lines("读取台账", note))
    published = build(found, dataset="published")
    data = load(found, dataset=dataset)
    period = str(period or data.last)
    if period not in data.periods:
        advice = "有数据的时期：" + "、".join(data.periods)
        raise InputError(Problem("period_unknown", where="--period", found=period, advice=advice))
    earlier = [p for p in data.periods if p < period]
    baseline = earlier[-1] if earlier else None
    areas = _areas(data, period, level, within)
    folder = Path(out) if out else found.reports / period
    depends = (manifest.folder / "manifest.json", manifest.folder / "indicators.parquet", manifest.folder / "measures.parquet")
    common: dict[str, Any] = {"period": period, "baseline": baseline, "level": level, "within": within}
    common |= {"project": str(found.root), "dataset": dataset}
    work = [
        Job(title, notebook_path(found, name), folder / f"{name}.ipynb", _only(notebook_path(found, name), common),
            (*depends, published.folder / "manifest.json"), POST)
        for name, title in PAGES
    ]  # fmt: skip
    district = notebook_path(found, "district")
    names = _file_names(areas)
    work += [
        Job(area, district, folder / "district" / f"{names[area]}.ipynb", _only(district, common | {"area": area}), depends, POST)
        for area in areas
    ]  # fmt: skip
    note(f"运行 {len(work)} 个笔记本（{len(areas)} 个地区）")
    outcomes = run(work, workers=jobs, state=found.cache / "runs" / safe_name(str(folder.name)), force=force, progress=progress)
    by_key = {o.key: o for o in outcomes}
    index = folder / "index.html"
    changed = any(o.state != "up_to_date" for o in outcomes) or not index.exists()
    if changed:
        blocks = index_blocks(data, period, baseline, level, areas, names, by_key)
        subject = found.settings["name"] or found.settings["field"] + "党建"
        title = f"{subject}评估报告（{period_words(period)}）"
        since = f"比较基期：{period_words(baseline)}" if baseline else "首年，无比较基期"
        page = html.page(blocks, title, subtitle=since, nav=_nav(by_key), footer=source_line(period, data.is_demo))
        index = write_atomic(index, lambda path: path.write_text(page, encoding="utf-8"))
        if index.name != "index.html":
            note(f"index.html 正被其他程序打开，新目录写在 {index.name}")
        record = json.dumps(_record(found, data, common, outcomes, started), ensure_ascii=False, indent=1, default=str)
        write_atomic(folder / "run.json", lambda path: path.write_text(record, encoding="utf-8"))
    return Report(index, tuple(outcomes), changed)


def _ensure_ledgers(project: Project, dataset: str, note: Callable[[str], None]) -> None:
    if dataset == "demo" and not (project.data / "demo" / "truth.json").exists():  # written last: else cut short
        from evalkit import demo

        note("data/raw 里没有台账，先生成演示数据（演示省，全部虚构）")
        demo.write(project.data / "demo", jobs=os.cpu_count() or 1, progress=_lines("生成演示台账", note))


def _lines(what: str, note: Callable[[str], None]) -> Callable[[int, int, str], None]:
    """Progress as a line at every fifth of the way."""
    said = [0]

    def progress(done: int, total: int, name: str) -> None:
        if total > 1 and done * 5 // total > said[0]:
            said[0] = done * 5 // total
            note(f"{what} {done}/{total}")

    return progress


def _areas(data: Data, period: str, level: str, within: str | None) -> list[str]:
    frame = data.indicators
    inside = frame.loc[(frame["period"] == period) & (frame["level"] == level)]
    if within:
        root = data.find_area(within)
        inside = inside.loc[inside["area"].astype(str).str.startswith(root + "/")]
    if not len(inside):
        levels = "、".join(sorted(set(frame["level"].dropna())))
        advice = "请换一个层级或检查 --within"
        raise InputError(Problem("area_unknown", where="--level", found=level, allowed=levels, advice=advice))
    return list(dict.fromkeys(inside.sort_values("sort_order")["area"]))


def _file_names(areas: list[str]) -> dict[str, str]:
    """A safe file name per area: its name, or its whole path where two areas share a name."""
    last = [safe_name(area.rpartition("/")[2]) for area in areas]
    pairs = zip(areas, last, strict=True)
    return {area: name if last.count(name) == 1 else safe_name(area.replace("/", "-")) for area, name in pairs}


def _only(notebook: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters that the notebook's own parameters cell names."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = next(("".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])), "")
    known = set(re.findall(r"^(\w+)\s*(?::[^=]+)?=", source, flags=re.M))
    return {key: value for key, value in parameters.items() if key in known}


def _nav(outcomes: dict[str, Outcome]) -> list[tuple[str, str]]:
    return [(title, f"{name}.html") for name, title in PAGES if title in outcomes and outcomes[title].state in ("done", "up_to_date")]


def index_blocks(
    data: Data, period: str, baseline: str | None, level: str, areas: list[str], names: dict[str, str],
    outcomes: dict[str, Outcome],
) -> list[Block]:  # fmt: skip
    """Index: failures first, then the key figures of all areas in one sortable table with links."""
    frame = data.indicators
    now = frame.loc[(frame["period"] == period) & (frame["level"] == level)]
    codes = [c for c in tables.headline(data.codebook) if (now["indicator"] == c).any()]
    rows_of = {(r["area"], r["indicator"]): r for r in now.loc[now["indicator"].isin(codes)].to_dict("records")}
    columns: list[Any] = [{"key": "area", "label": "地区"}]
    for code in codes:
        row = now.loc[now["indicator"] == code].iloc[0]
        columns.append({"key": code, "label": f"{row['short_name']}（{row['unit']}）", "align": "right"})
    rows = []
    for area in areas:
        done = outcomes[area].state in ("done", "up_to_date") if area in outcomes else False
        name: dict[str, Any] = {"t": area.rpartition("/")[2]} | ({"href": f"district/{names[area]}.html"} if done else {})
        rows.append([name, *(marked(rows_of[area, c]) if (area, c) in rows_of else "缺报" for c in codes)])
    blocks = [_failures(outcomes)] if any(o.state == "failed" for o in outcomes.values()) else []
    title = f"各地区主要指标（{period_words(period)}，点表头排序，点地区名看详情）"
    blocks.append(Block.heading("各地区主要指标", 2))
    source = source_line(period, data.is_demo)
    blocks.append(Block.table(title, columns, rows, notes=[tables.LIGHT_RULE], source=source, demo=data.is_demo))
    counts = data.manifest["problems"]
    words = "、".join(f"{label}{counts[key]:,}条" for key, (label, _en) in SEVERITIES.items() if counts.get(key))
    found = f"导入时发现{words}，详见“数据质量”页。" if words else "导入时没有发现问题。"
    blocks.append(Block.heading("数据质量", 2))
    blocks.append(Block.paragraph(f"本次共读入台账文件{len(data.manifest['files'])}个；{found}"))
    return blocks


def _failures(outcomes: dict[str, Outcome]) -> Block:
    lines = [f"{key.rpartition('/')[2]}：{o.reason}" for key, o in outcomes.items() if o.state == "failed"]
    return Block.note("以下页面没有生成，其余不受影响：\n" + "\n".join(lines), tone="warning")


def _record(
    project: Project, data: Data, parameters: dict[str, Any], outcomes: Sequence[Outcome], started: float
) -> dict[str, Any]:
    versions = {name: metadata.version(name) for name in VERSIONS}
    return {
        "evalkit": evalkit.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": versions,
        "parameters": {**parameters, "project": project.root.name},
        "dataset": data.dataset,
        "data": data.manifest["fingerprint"],
        "ledgers": {item["file"]: item["sha256"] for item in data.manifest["files"]},
        "codebook_replaced": data.manifest["replaced"],
        "started": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(started)),
        "seconds": round(time.time() - started, 2),
        "notebooks": [
            {
                "key": o.key, "state": o.state, "output": o.output.name, "hash": o.hash, "seed": o.seed, "executor": o.executor,
                "seconds": round(o.seconds, 3), "peak_memory": o.peak_memory, "reason": o.reason,
            }
            for o in outcomes
        ],
    }  # fmt: skip
