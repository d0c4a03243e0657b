"""What a notebook's source says before it runs: imports, parameters, and whether it needs a real kernel."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from inspect import CO_COROUTINE
from pathlib import Path
from typing import Any

from evalkit.runner.jobs import WORDS

INTERACTIVE = re.compile(
    r"^\s*%(?:gui\b|matplotlib\s+(?:widget|notebook|ipympl|qt|tk|gtk|wx|osx))", re.M
)
TRANSPARENT = {
    "time",
    "timeit",
    "capture",
    "prun",
}  # cell magics whose body is Python of this notebook


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
        return examine(json.loads(path.read_text("utf-8") if path.is_file() else ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        text = (
            f"{path.name} 不是有效的笔记本文件（.ipynb）"
            if path.is_file()
            else f"找不到笔记本 {path}"
        )
        return Notebook(problems=(text,), unreadable=text)


def examine(content: dict[str, Any]) -> Notebook:
    """The same for a notebook already read (nbformat 4, as dict)."""
    imports: dict[str, None] = {}
    problems: list[str] = []
    parameters = None
    kernel = content.get("metadata", {}).get("kernelspec", {}).get("name", "python3")
    reasons = [f"笔记本用的是另一个内核 {kernel}"] if kernel != "python3" else []
    for number, cell in enumerate(content["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not source.strip():
            continue
        try:
            tree, waits = parse(source)
        except SyntaxError as error:
            problems.append(f"第 {number} 个单元格有语法错误（第 {error.lineno} 行：{error.msg}）")
            continue
        if waits:
            reasons.append(f"第 {number} 个单元格在最外层使用 await")
        if INTERACTIVE.search(source) or "get_ipython().kernel" in source:
            reasons.append(f"第 {number} 个单元格需要交互前端")
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imports |= dict.fromkeys(item.name for item in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imports[node.module] = None
        if parameters is None and "parameters" in cell.get("metadata", {}).get("tags", ()):
            parameters = {p.name: p for p in assigned(tree)}
    known = tuple(f"{module}." for module in WORDS["kernel_modules"])
    reasons += [
        f"笔记本使用了 {name}（控件、前端通信或事件循环）"
        for name in imports
        if f"{name}.".startswith(known)
    ]
    return Notebook(tuple(imports), kernel, next(iter(reasons), ""), parameters, tuple(problems))


def parse(source: str) -> tuple[ast.Module, bool]:
    """The syntax tree of a cell, magics resolved, and whether it awaits at top level."""
    if source.startswith("%%"):
        magic, _, body = source[2:].partition("\n")
        source = body if magic.split()[:1] and magic.split()[0] in TRANSPARENT else ""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        code = compile(source, "cell", "exec", flags, dont_inherit=True)
    except SyntaxError:
        from IPython.core.inputtransformer2 import (
            TransformerManager,
        )  # 0.3 s: only where there are magics

        source = TransformerManager().transform_cell(source)
        code = compile(source, "cell", "exec", flags, dont_inherit=True)
    return ast.parse(source), bool(code.co_flags & CO_COROUTINE)


def assigned(tree: ast.Module) -> Iterator[Parameter]:
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        default, annotation = (
            None,
            ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else "",
        )
        with suppress(ValueError):
            default = ast.literal_eval(node.value or ast.Constant(...))
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                yield Parameter(
                    target.id, default if default is not ... else None, annotation, default is ...
                )
