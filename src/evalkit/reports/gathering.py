"""Results of many runs as one frame: `ek.gather("out", "主要指标")` reads a table of that title out of executed notebooks.

A run is told by the name of its notebook and by its parameters, those of papermill; the cells of a table are numbers where
they were numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.documents.blocks import Block, flat
from evalkit.documents.cells import Cell
from evalkit.documents.tree import tree
from evalkit.problems import MOST_NAMES, InputError, Problem, did_you_mean

RUN = "运行"


def gather(out: str | Path | Iterable[str | Path], name: str) -> pd.DataFrame:
    """The rows of a table of every run below each other.

    Parameters
    ----------
    out
        A folder (with all folders in it), or executed notebooks one by one.
    name
        Title of the table, or a part of it where only one title of each notebook has it.

    Returns
    -------
    ``运行`` (the notebook's name), the parameters that differ between the runs, then the columns of the table. Runs
    without such a table have no rows; a cell that was empty stays empty.

    Raises
    ------
    InputError
        No executed notebooks, files that are none, or no table of that title (with the titles that there are).
    """
    runs = [_read(path) for path in _notebooks(out)]
    found = {path: _table(path, blocks, name) for path, _, blocks in runs}
    if not any(table is not None for table in found.values()):
        titles = dict.fromkeys(_title(block) for *_, blocks in runs for block in blocks)
        allowed = "、".join([title for title in titles if title][:MOST_NAMES])
        advice = did_you_mean(name, titles)
        problem = Problem("key_unknown", where="name", found=name, allowed=allowed, advice=advice)
        raise InputError(problem)
    given = {path: parameters for path, parameters, _ in runs if found[path] is not None}
    frames = []
    for path, parameters in _that_differ(given).items():
        table = found[path]
        assert table is not None
        frame = frame_of(table)
        keys = {RUN: path.stem} | {key: v for key, v in parameters.items() if key not in frame}
        for place, (key, value) in enumerate(keys.items()):
            frame.insert(place, key, value)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def frame_of(table: Block) -> pd.DataFrame:
    """A table as a frame: its labels as columns, the numbers and texts of its cells."""
    labels: list[str] = []
    for column in table.content["columns"]:
        label = " ".join(str(column[key]) for key in ("group", "label") if column.get(key))
        labels.append(label if label not in labels else f"{label}（{column['key']}）")
    cells = [[Cell.read(cell) for cell in row] for row in table.content["rows"]]
    rows = [[one.text if one.value is None else one.value for one in row] for row in cells]
    return pd.DataFrame(rows, columns=labels)


def _notebooks(out: str | Path | Iterable[str | Path]) -> list[Path]:
    given = [Path(out)] if isinstance(out, str | Path) else [Path(one) for one in out]
    found: list[Path] = []
    for one in given:
        found += sorted(one.rglob("*.ipynb")) if one.is_dir() else [one]
    found = [path for path in found if ".ipynb_checkpoints" not in path.parts]
    if not found:
        where = "、".join(map(str, given))
        advice = "请写运行过的笔记本所在的文件夹"
        raise InputError(Problem("data_missing", file=where, found="没有 .ipynb", advice=advice))
    return found


def _read(path: Path) -> tuple[Path, Mapping[str, Any], list[Block]]:
    """An executed notebook: its parameters and tables."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        about = content.get("metadata", {}).get("papermill", {})
        tables = [block for block in flat(tree(content)) if block.kind == "table"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        advice = "请给出运行过的 .ipynb 文件"
        raise InputError(
            Problem("file_unreadable", file=str(path), found=type(error).__name__, advice=advice)
        ) from error
    return path, about.get("parameters", {}), tables


def _title(block: Block) -> str:
    return str(block.content.get("title", ""))


def _table(path: Path, tables: list[Block], name: str) -> Block | None:
    """The table of a title, else the only one whose title holds it."""
    exact = [one for one in tables if _title(one) == name]
    hits = exact or [one for one in tables if name in _title(one)]
    if len({_title(one) for one in hits}) > 1:
        titles = "、".join(dict.fromkeys(_title(one) for one in hits))
        advice = "请写全标题"
        raise InputError(
            Problem(
                "value_invalid",
                file=path.name,
                where="name",
                found=name,
                allowed=titles,
                advice=advice,
            )
        )
    return hits[0] if hits else None


def _that_differ(given: Mapping[Path, Mapping[str, Any]]) -> dict[Path, dict[str, Any]]:
    """Of the parameters of every run those that are not the same in all."""
    names = dict.fromkeys(name for parameters in given.values() for name in parameters)

    def values(name: str) -> Iterator[str]:
        return (repr(parameters.get(name)) for parameters in given.values())

    different = [name for name in names if len(set(values(name))) > 1]
    return {path: {name: one.get(name) for name in different} for path, one in given.items()}
