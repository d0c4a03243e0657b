"""One task inside a worker process: run the notebook, take the after-step, publish everything at once."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import time
import traceback
from pathlib import Path
from typing import Any

import papermill
from papermill.exceptions import PapermillExecutionError

from evalkit.runner.jobs import write_json

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HINTS = {
    "StdinNotImplementedError": "笔记本在等键盘输入（input），批量运行时没有人回答",
    "SystemExit": "笔记本自己提前退出（sys.exit），后面的单元格没有运行",
    "SyntaxError": "语法错误",
    "IndentationError": "缩进错误",
    "ModuleNotFoundError": "缺少软件包",
    "FileNotFoundError": "找不到文件",
    "PermissionError": "没有读写权限",
    "MemoryError": "内存不足",
    "DeadKernelError": "内核意外退出",
    "NoSuchKernel": "没有安装笔记本要用的内核",
    "OSError": "读写出错（磁盘满或文件夹只读）",
}


def one_line(ename: str, evalue: str, place: str = "") -> str:
    """The reason for the user: one Chinese line, the error's own words where they are Chinese."""
    words = ANSI.sub("", str(evalue)).strip().splitlines()
    first = words[0][:200] if words else ""
    hint = HINTS.get(ename, "")
    if CHINESE.search(first):
        text = first
    elif hint:
        text = f"{hint}：{first}" if first and ename not in ("StdinNotImplementedError", "SystemExit") else hint
    else:
        text = f"出错 {ename}：{first}" if first else f"出错 {ename}"
    return f"{place}{text}"


def braces(path: str) -> str:
    """papermill formats paths with the parameters; ours are literal."""
    return path.replace("{", "{{").replace("}", "}}")


def perform(task: dict[str, Any], engine: str | None, **engine_arguments: Any) -> dict[str, Any]:
    """Run `task` and return its result (JSON types); ``state`` is done, failed or kernel (needs a real one)."""
    began = time.perf_counter()
    output, staging = Path(task["output"]), Path(task["staging"])
    target = staging / output.name
    result: dict[str, Any] = {"state": "failed", "reason": "", "traceback": "", "files": [], "output": str(output)}
    step = ""
    try:
        staging.mkdir(parents=True, exist_ok=True)
        nb = papermill.execute_notebook(
            braces(task["notebook"]),
            braces(str(target)),
            parameters=task["parameters"],
            engine_name=engine,
            kernel_name=task.get("kernel"),
            progress_bar=False,
            request_save_on_cell_execute=engine is None,
            cwd=task["cwd"],
            **engine_arguments,
        )
        for cell in nb.cells:
            if cell.metadata.get("papermill", {}).get("exception") is True:
                raise PapermillExecutionError(0, cell.get("execution_count"), cell.source, "SystemExit", "", [])
        if engine is None and target.stat().st_size > task["output_limit"] * 1.5:
            raise OSError(f"输出超过 {task['output_limit'] // 1_000_000} MB，请减少打印的内容")
        if task["post"]:
            step = f"笔记本已运行，后续步骤 {task['post']} 出错："
            module, _, name = task["post"].partition(":")
            getattr(importlib.import_module(module), name)(target, task["parameters"])
        step = "结果写不进去："
        publish(task, target, result)
        result["state"] = "done"
    except PapermillExecutionError as error:
        result["reason"] = one_line(error.ename, error.evalue, f"单元格 In [{error.exec_count}] ")
        result["traceback"] = ANSI.sub("", "\n".join(error.traceback))
    except Exception as error:
        result["reason"] = one_line(type(error).__name__, str(error), step)
        result["traceback"] = traceback.format_exc()
    if result["state"] == "failed" and target.is_file():
        result["failed_notebook"] = keep(target, Path(task["failed"]), task["output"])
    shutil.rmtree(staging, ignore_errors=True)
    result["seconds"] = round(time.perf_counter() - began, 4)
    return result


def publish(task: dict[str, Any], target: Path, result: dict[str, Any]) -> None:
    """Move what stands in the staging folder beside the output, the notebook with its stamp last."""
    folder = Path(task["output"]).parent
    extra = sorted(p for p in target.parent.rglob("*") if p.is_file() and p != target)
    made = [replace(file, folder / file.relative_to(target.parent), result) for file in extra]
    names = [file.relative_to(folder).as_posix() for file in made]
    content = json.loads(target.read_text("utf-8"))
    content["metadata"]["papermill"]["output_path"] = task["output"]
    content["metadata"]["evalkit"] = {key: task[key] for key in ("hash", "parts", "seed")} | {"files": names}
    write_json(target, content)
    output = replace(target, Path(task["output"]), result)
    result |= {"output": str(output), "files": [output.name, *names]}


def replace(file: Path, destination: Path, result: dict[str, Any]) -> Path:
    """`os.replace`; a destination that is open in WPS or Excel (Windows) keeps its name, ours gets ``(2)``."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10):
        name = destination if number == 1 else destination.with_stem(f"{destination.stem}({number})")
        try:
            os.replace(file, name)
        except PermissionError:
            if number == 9 or not destination.exists() or os.name != "nt":
                raise
            continue
        if number > 1:
            result["note"] = f"{destination.name} 正被其他程序打开，已另存为 {name.name}"
        return name
    raise AssertionError


def keep(target: Path, failed: Path, output: str) -> str:
    """The failed notebook, for whoever mends it."""
    try:
        content = json.loads(target.read_text("utf-8"))
        content["metadata"]["papermill"]["output_path"] = output
        failed.parent.mkdir(parents=True, exist_ok=True)
        write_json(failed, content)
    except (OSError, ValueError, KeyError):
        return ""
    return str(failed)
