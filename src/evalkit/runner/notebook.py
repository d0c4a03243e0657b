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
    """The findings. `touches` are ``module:attribute.chain`` to look up after importing (lazy packages load so)."""

    imports: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
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
    touches: dict[str, None] = {}
    aliases: dict[str, str] = {}
    problems: list[str] = []
    parameters = None
    spec = content.get("metadata", {}).get("kernelspec", {})
    reason = ""
    if spec.get("name", "python3") != "python3" or spec.get("language", "python") != "python":
        reason = f"笔记本用的是另一个内核 {spec.get('name')}"
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
            for module, name, alias in imported(node):
                imports[module] = None
                aliases[alias] = f"{module}:{name}" if name else module
                if name:
                    touches[f"{module}:{name}"] = None
            if isinstance(node, ast.Attribute) and (chain := dotted(node)):
                root = aliases.get(chain[0], "")
                if root:
                    module, _, name = root.partition(":")
                    touches[f"{module}:{'.'.join(filter(None, (name, *chain[1:])))}"] = None
        if parameters is None and "parameters" in cell.get("metadata", {}).get("tags", ()):
            parameters = {p.name: p for p in assigned(tree)}
    for module in imports:
        parts = module.split(".")
        for known in (".".join(parts[:depth]) for depth in range(1, len(parts) + 1)):
            if known in KERNEL_MODULES:
                reason = reason or f"笔记本使用了{KERNEL_MODULES[known]}"
    return Notebook(tuple(imports), tuple(touches), reason, parameters, tuple(problems))


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


def imported(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """(module, name in it or "", name in the notebook) of an import statement."""
    if isinstance(node, ast.Import):
        for item in node.names:
            yield item.name, "", item.asname or item.name.partition(".")[0]
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for item in node.names:
            yield node.module, "" if item.name == "*" else item.name, item.asname or item.name


def dotted(node: ast.AST) -> list[str]:
    """``a.b.c`` as a list; empty when the chain does not start at a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


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
