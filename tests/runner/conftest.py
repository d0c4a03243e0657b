"""Small notebooks for the runner's tests."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

Maker = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """make(name, *cells, parameters="n = 1") writes a notebook; cells starting with "# md" are markdown."""

    def maker(
        name: str, *cells: str, parameters: str | None = "n = 1", kernel: str = "python3"
    ) -> Path:
        made = [] if parameters is None else [code(parameters, ["parameters"])]
        made += [code(source) for source in cells]
        metadata = {
            "kernelspec": {"name": kernel, "language": "python", "display_name": "Python 3"}
        }
        path = tmp_path / f"{name}.ipynb"
        content = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return path

    return maker


def code(source: str, tags: list[str] | None = None) -> dict[str, Any]:
    identity = uuid.uuid4().hex[:8]
    if source.startswith("# md"):
        return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": source[4:]}
    metadata = {"tags": tags} if tags else {}
    made = {"cell_type": "code", "id": identity, "metadata": metadata, "source": source}
    return made | {"outputs": [], "execution_count": None}


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def printed(path: Path) -> str:
    """All text that the cells printed."""
    parts = [
        o for c in read(path)["cells"] for o in c.get("outputs", ()) if o["output_type"] == "stream"
    ]
    return "".join("".join(o["text"]) for o in parts)


def normalised(path: Path) -> list[Any]:
    """Cells without times, ids and addresses; a busy kernel cuts a stream in pieces, here they are joined."""
    cells = []
    for cell in read(path)["cells"]:
        marks = cell["metadata"].get("papermill", {})
        outputs: list[Any] = []
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
            if (
                outputs
                and output["output_type"] == "stream"
                and outputs[-1].get("name") == output["name"]
            ):
                outputs[-1]["text"] += output["text"]
            else:
                outputs.append(output)
        text = json.dumps([cell["source"], outputs, cell.get("execution_count")], sort_keys=True)
        text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
        text = re.sub(r'"model_id": "[0-9a-f]+"', "", text)
        text = re.sub(r"ipykernel_\d+/\d+\.py", "ipykernel", text)
        text = re.sub(r"(CPU times|Wall time|Compiler).*?\\n", "", text)
        kept = {key: marks.get(key) for key in ("status", "exception")}
        timed = sorted(key for key in marks if marks[key] is not None)
        cells.append(
            [
                text,
                kept,
                timed,
                sorted(cell["metadata"].get("execution", {})),
                cell["metadata"].get("tags"),
            ]
        )
    return cells


def gone(living: Callable[[], list[str]], seconds: float = 300) -> list[str]:
    """Wait until the processes that `living` lists have ended; those that do not."""
    deadline = time.monotonic() + seconds
    while (left := living()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


@pytest.fixture
def nobody_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """A function listing living processes that inherited this test's mark."""
    mark = f"EVALKIT_TEST_{uuid.uuid4().hex}"
    monkeypatch.setenv(mark, "1")

    def living() -> list[str]:
        found = []
        for process in psutil.process_iter(["pid"]):
            try:
                if (
                    process.pid != os.getpid()
                    and process.status() != "zombie"
                    and mark in process.environ()
                ):
                    found.append(f"{process.pid} {process.cmdline()}")
            except psutil.Error:
                continue
        return found

    yield living
