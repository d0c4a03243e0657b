"""What a notebook's source says before it runs: imports, parameters, and whether it needs a real kernel."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

# Modules that talk to a front end through comms, or own the event loop: only a real kernel serves them.
KERNEL_MODULES = {
    "ipywidgets": "交互控件 ipywidgets",
    "anywidget": "交互控件 anywidget",
    "ipympl": "交互图形 ipympl",
    "ipyleaflet": "交互地图 ipyleaflet",
    "bqplot": "交互图形 bqplot",
    "tqdm.notebook": "控件进度条 tqdm.notebook",
    "tqdm.auto": "控件进度条 tqdm.auto",
    "comm": "前端通信 comm",
    "ipykernel": "内核本身 ipykernel",
    "asyncio": "事件循环 asyncio",
    "nest_asyncio": "事件循环 nest_asyncio",
}
INTERACTIVE = re.compile(r"^\s*%(?:gui\b|matplotlib\s+(?:widget|notebook|ipympl|qt|tk|gtk|wx|osx))", re.M)
TRANSPARENT = {"time", "timeit", "capture", "prun"}  # cell magics whose body is Python of this notebook


@dataclass(frozen=True)
class Parameter:
    """A name assigned in the parameters cell; `default` is None where it is no literal.

    `required`: written ``x: int`` or ``x = ...``, so that every run must give it.
    """

    name: str
    default: Any
    annotation: str = ""
    required: bool = False


@dataclass(frozen=True)
class Notebook:
    """The findings; `kernel_reason` (Chinese) is why only a real kernel can run it, or empty."""

    imports: tuple[str, ...] = ()
    kernel: str = "python3"
    kernel_reason: str = ""
    parameters: dict[str, Parameter] | None = None
    problems: tuple[str, ...] = ()
    unreadable: str = ""

    @property
    def group(self) -> tuple[str, ...]:
        """Notebooks with the same top-level packages share one warm process."""
        return tuple(sorted({name.partition(".")[0] for name in self.imports}))


def inspect(path: Path) -> Notebook:
    """Read the notebook; what is wrong with the file itself stands in `problems` (Chinese)."""
    try:
        stat = path.stat()
    except OSError:
        return unreadable(f"找不到笔记本 {path}")
    return _inspect(path, stat.st_mtime_ns, stat.st_size)


def unreadable(text: str) -> Notebook:
    return Notebook(problems=(text,), unreadable=text)


@lru_cache(maxsize=256)
def _inspect(path: Path, mtime: int, size: int) -> Notebook:
    try:
        return examine(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return unreadable(f"{path.name} 不是有效的笔记本文件（.ipynb）")


def examine(content: dict[str, Any]) -> Notebook:
    """The same for a notebook already read (nbformat 4, as dict)."""
    imports: dict[str, None] = {}
    problems: list[str] = []
    parameters = None
    spec = content.get("metadata", {}).get("kernelspec", {})
    kernel = spec.get("name", "python3")
    reason = f"笔记本用的是另一个内核 {kernel}" if kernel != "python3" else ""
    for number, cell in enumerate(content["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not source.strip():
            continue
        if INTERACTIVE.search(source) or "get_ipython().kernel" in source:
            reason = reason or f"第 {number} 个单元格需要交互前端"
        try:
            tree, waits = parse(source)
        except SyntaxError as error:
            problems.append(f"第 {number} 个单元格有语法错误（第 {error.lineno} 行：{error.msg}）")
            continue
        if waits:
            reason = reason or f"第 {number} 个单元格在最外层使用 await"
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imports |= dict.fromkeys(item.name for item in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imports[node.module] = None
        if parameters is None and "parameters" in cell.get("metadata", {}).get("tags", ()):
            parameters = {p.name: p for p in assigned(tree)}
    for module in imports:
        for known, name in KERNEL_MODULES.items():
            if module == known or module.startswith(f"{known}."):
                reason = reason or f"笔记本使用了{name}"
    return Notebook(tuple(imports), kernel, reason, parameters, tuple(problems))


def parse(source: str) -> tuple[ast.Module, bool]:
    """The syntax tree of a cell, magics resolved, and whether it awaits at top level."""
    if source.startswith("%%") and source[2:].split(None, 1)[0] not in TRANSPARENT:
        return ast.Module([], []), False
    if source.startswith("%%"):
        source = source.partition("\n")[2]
    try:
        compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager  # 0.3 s: only where there are magics

        source = TransformerManager().transform_cell(source)
        compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    tree = ast.parse(source)
    return tree, any(awaits(node) for node in tree.body)


def awaits(node: ast.AST) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return False
    if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or getattr(node, "is_async", False):
        return True
    return any(awaits(child) for child in ast.iter_child_nodes(node))


def assigned(tree: ast.Module) -> Iterator[Parameter]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value, annotation = node.targets, node.value, ""
        elif isinstance(node, ast.AnnAssign):
            targets, value, annotation = [node.target], node.value or ast.Constant(...), ast.unparse(node.annotation)
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                try:
                    default = ast.literal_eval(value)
                except ValueError:
                    default = None
                yield Parameter(target.id, default if default is not ... else None, annotation, default is ...)
