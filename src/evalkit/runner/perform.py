"""One task inside a worker process: run the notebook, take the after-step, publish everything at once."""

from __future__ import annotations

import importlib
import json
import re
import time
import traceback
from pathlib import Path
from typing import Any

import papermill
import psutil
from papermill.exceptions import PapermillExecutionError

from evalkit import parts
from evalkit.files import place, put
from evalkit.runner.jobs import OUTPUT_LIMIT, TOO_LARGE, WORDS
from evalkit.runner.machine import memory

KERNEL_START = 300  # seconds that a kernel may take to start: on a slow PC with a virus scanner papermill's 60 are too few
ANSI = re.compile(r"\x1b\[[0-9;]*m")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def one_line(ename: str, evalue: str) -> str:
    """The reason for the user: one Chinese line, the error's own words where they are Chinese."""
    first = next(iter(ANSI.sub("", evalue).strip().splitlines()), "")[:200]
    if CHINESE.search(first):
        return first
    if ename == "ModuleNotFoundError" and (
        lacking := parts.told(first.rpartition(" ")[2].strip("'"))
    ):
        return f"{lacking.found}没有安装，{lacking.advice}"
    hint = WORDS["hints"].get(ename, f"出错 {ename}")
    return (
        f"{hint}：{first}"
        if first and ename not in ("StdinNotImplementedError", "SystemExit")
        else hint
    )


def braces(path: Path | str) -> str:
    """papermill formats paths with the parameters; ours are literal."""
    return str(path).replace("{", "{{").replace("}", "}}")


def perform(task: dict[str, Any], engine: str | None, **engine_arguments: Any) -> dict[str, Any]:
    """Run `task` and return its result (JSON types); ``state`` is done or failed (then the notebook stays staged)."""
    began = time.perf_counter()
    target = Path(task["staging"], Path(task["output"]).name)
    result: dict[str, Any] = {"state": "failed"}
    step = ""
    try:
        if task["unreadable"]:
            raise ValueError(task["unreadable"])
        target.parent.mkdir(parents=True, exist_ok=True)
        nb = papermill.execute_notebook(
            braces(task["notebook"]),
            braces(target),
            parameters=task["parameters"],
            engine_name=engine,
            kernel_name=task["kernel"],
            progress_bar=False,
            request_save_on_cell_execute=engine is None,
            cwd=task["cwd"],
            start_timeout=KERNEL_START,
            **engine_arguments,
        )
        for cell in nb.cells:
            if (
                cell.metadata.get("papermill", {}).get("exception") is True
            ):  # papermill lets sys.exit() pass
                raise PapermillExecutionError(
                    0, cell.get("execution_count"), cell.source, "SystemExit", "", []
                )
        if target.stat().st_size > OUTPUT_LIMIT * 1.5:
            raise OSError(TOO_LARGE)
        if task["post"]:
            step = "笔记本已运行，生成网页和文档时出错："
            module, _, name = task["post"].partition(":")
            getattr(importlib.import_module(module), name)(target, task["parameters"])
        step = "结果写不进去："
        beside = publish(
            task,
            target,
            seconds=round(time.perf_counter() - began, 4),
            peak_memory=memory(psutil.Process()),
        )
        result["state"] = "done"
        if beside:
            result["note"] = "旧文件正被别的程序打开，新的写在旁边：" + "、".join(beside)
    except PapermillExecutionError as error:
        result["reason"] = (
            f"单元格 In [{error.exec_count}] {one_line(error.ename, str(error.evalue))}"
        )
        result["traceback"] = ANSI.sub("", "\n".join(error.traceback))
    except Exception as error:
        result |= {
            "reason": step + one_line(type(error).__name__, str(error)),
            "traceback": traceback.format_exc(),
        }
    return {
        "seconds": round(time.perf_counter() - began, 4),
        "peak_memory": memory(psutil.Process()),
    } | result


def publish(task: dict[str, Any], target: Path, **measured: Any) -> list[str]:
    """Move what stands in the staging folder beside the output, the notebook with its stamp last.

    Returns the names that were written beside a file which another program holds open.
    """
    output = Path(task["output"])
    made = [
        p.relative_to(target.parent)
        for p in sorted(target.parent.rglob("*"))
        if p.is_file() and p != target
    ]
    for name in made:
        (output.parent / name).parent.mkdir(parents=True, exist_ok=True)
    placed = [place(target.parent / name, output.parent / name) for name in made]
    content = json.loads(target.read_text("utf-8"))
    metadata = content.pop("metadata")
    metadata["papermill"]["output_path"] = str(output)
    names = [output.name, *(path.relative_to(output.parent).as_posix() for path in placed)]
    metadata["evalkit"] = (
        {key: task[key] for key in ("hash", "parts", "seed", "executor")}
        | {"files": names}
        | measured
    )
    text = json.dumps(content | {"metadata": metadata}, ensure_ascii=False, indent=1)
    put(target, text)  # the record at the end of the file, where `stamped` looks for it
    wanted = [*(output.parent / name for name in made), output]
    return [
        path.name
        for path, want in zip([*placed, place(target, output)], wanted, strict=True)
        if path != want
    ]
