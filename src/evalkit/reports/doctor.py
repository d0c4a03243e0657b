"""What is installed, what is missing, what to do: for the user and for whoever helps."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import evalkit
from evalkit import parts
from evalkit.building.moved import told_of
from evalkit.indicators.project import Project, find_project
from evalkit.problems import InputError
from evalkit.world import number

PACKAGES = (
    "pandas",
    "numpy",
    "scipy",
    "matplotlib",
    "papermill",
    "pyarrow",
    "python-calamine",
    "XlsxWriter",
)
FREE_SPACE = 2 * 1024**3


def examine(project: str | Path | None = None) -> tuple[list[str], bool]:
    """Lines to print, and whether everything needed is there."""
    lines = [
        f"Evalkit {evalkit.__version__}；Python {platform.python_version()}；{platform.platform()}"
    ]
    healthy = sys.version_info >= (3, 11)
    if not healthy:
        lines.append("■ 需要 Python 3.11 或更新的版本")
    for name in PACKAGES:
        try:
            lines.append(f"● {name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            healthy = False
            lines.append(f"■ 缺少 {name}：请重新运行 python start.py doctor，它会补装")
    lines += _parts()
    lines += _fonts()
    try:
        found = find_project(project)
        lines.append(f"● 项目文件夹：{found.root}")
    except InputError as error:
        if project or os.environ.get("EVALKIT_PROJECT"):
            return [*lines, *(f"■ {p.text()}" for p in error.problems)], False
        found = Project(Path.cwd())
        lines.append(
            f"▲ {found.root} 还不是项目文件夹：把台账放进这里的 data/raw（按年份分文件夹）就是了"
        )
    for name in ("raw", "demo"):
        lines.append(f"● data/{name}：{len(found.ledgers(name))} 个台账文件")
    try:
        said = {"raw": "用户台账", "demo": "演示数据"}[found.dataset]
        said += "" if found.ledgers(found.dataset) else "，还没有：第一次生成报告时会先做一份"
        lines.append(f"● 现在使用的数据：{found.dataset}（{said}）")
        lines.append(
            f"● 指标 {len(found.codebook.indicators)} 个，基础数 {len(found.codebook.measures)} 个"
        )
    except InputError as error:
        healthy = False
        lines += [f"■ {p.text()}" for p in error.problems]
    for name in ("raw", "demo"):
        lines += told_of(found.processed(name))
    for folder in (found.data / "processed", found.reports):
        if fault := _unwritable(folder):
            healthy = False
            lines.append(f"■ 写不进 {folder}（{fault}）：请检查权限和磁盘空间")
    free = shutil.disk_usage(found.root).free
    lines.append(
        f"{'●' if free > FREE_SPACE else '▲'} 磁盘剩余 {number.fixed(free, 1, over=1024**3)} GB"
    )
    return lines, healthy


def _parts() -> list[str]:
    """Which parts beside check, report and what-if are there; one that is not is no fault."""
    lines = []
    for part, packages in parts.declared().items():
        name, lacking = parts.NAMES[part], parts.missing(part)
        if not lacking:
            versions = "、".join(f"{p} {metadata.version(p)}" for p in packages[:4])
            lines.append(
                f"● 已装部分 {part}（{name}）：{versions}{'等' if len(packages) > 4 else ''}"
            )
        elif len(lacking) < len(packages):
            how = f"请运行 python start.py install {part}"
            lines.append(f"▲ 部分 {part}（{name}）不全，缺少 {'、'.join(lacking)}：{how}")
        else:
            lines.append(f"○ 未装部分 {part}（{name}）：用到时自动安装")
    return lines


def _unwritable(folder: Path) -> str:
    """Why no file can be written into `folder`, or into the nearest one above it that exists; empty when it can.

    Tried for real: what Windows says of a folder's access leaves its rights out.
    """
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"0")
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _fonts() -> list[str]:
    from evalkit.documents.fonts import font_report

    lines = []
    for found in font_report():
        origin = "随程序安装" if found.bundled else "系统字体"
        lack = f"；缺字：{found.missing}" if found.missing else ""
        lines.append(
            f"{'▲' if lack or not found.path else '●'} 字体 {found.role}：{found.name}（{origin}）{lack}"
        )
    return lines
