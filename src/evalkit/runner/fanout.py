"""A notebook over the rows of a table: columns are parameters, the first one names the output."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.problems import InputError, Problem, did_you_mean
from evalkit.runner.jobs import Job, Outcome, digest
from evalkit.runner.local import TIMEOUT, Interrupted, Progress, pending, run
from evalkit.runner.notebook import Parameter, inspect

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
TYPES = {int: "整数", float: "数字", bool: "是/否", list: "JSON 列表", dict: "JSON 对象", str: "文字"}
WORDS = {"true": True, "是": True, "1": True, "yes": True, "false": False, "否": False, "0": False, "no": False}


@dataclass(frozen=True)
class FanOut:
    """What `fan_out` did: `plan` is (key, why it must run, empty when up to date)."""

    outcomes: tuple[Outcome, ...]
    plan: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    log: Path | None = None
    interrupted: bool = False

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(o for o in self.outcomes if o.state == "failed")

    @property
    def exit_code(self) -> int:
        return 1 if self.failures or self.interrupted else 0

    @property
    def message(self) -> str:
        """One Chinese line for the end of the run."""
        if not self.outcomes:
            due = sum(bool(why) for _, why in self.plan)
            return f"共 {len(self.plan)} 项：{due} 项要运行，{len(self.plan) - due} 项已是最新"
        number = {state: sum(o.state == state for o in self.outcomes) for state in ("done", "up_to_date", "failed")}
        text = f"完成 {number['done']} 项，已是最新 {number['up_to_date']} 项，失败 {number['failed']} 项"
        return f"已停止：{text}；再次运行同一命令即从这里接着做" if self.interrupted else text


def fan_out(
    notebook: Path,
    *,
    over: Path,
    out: Path,
    jobs: int | None = None,
    depends: Iterable[Path] = (),
    force: bool = False,
    dry_run: bool = False,
    executor: str = "auto",
    timeout: float = TIMEOUT,
    memory_limit: int | None = None,
    post: str | None = None,
    progress: Progress = None,
) -> FanOut:
    """Run `notebook` once per row of the CSV table `over` into the folder `out`.

    Raises
    ------
    InputError
        Everything that is wrong with the notebook, the table and its values, at once and before the start.
    """
    notebook, over, out = Path(notebook), Path(over), Path(out)
    source = inspect(notebook)
    problems = [Problem("notebook_invalid", file=str(notebook), found=text) for text in source.problems]
    if not problems and source.parameters is None:
        advice = "在 JupyterLab 里给写参数的单元格加上标签 parameters"
        problems.append(Problem("notebook_invalid", file=str(notebook), found="没有 parameters 单元格", advice=advice))
    problems += [Problem("data_missing", file=str(p), where="--depends") for p in depends if not Path(p).exists()]
    rows = []
    try:
        rows = read_table(over)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    assert source.parameters is not None
    made, notes = table_jobs(notebook, over, rows, source.parameters, out, tuple(map(Path, depends)), post)
    state = out / ".evalkit"
    if dry_run:
        return FanOut((), tuple((job.key, why) for job, why, _ in pending(made, state, force)), notes)
    interrupted = False
    log = out / "run.json"
    try:
        outcomes = run(
            made, state=state, workers=jobs, executor=executor, timeout=timeout, memory_limit=memory_limit,
            force=force, progress=progress, log=log,
        )  # fmt: skip
    except Interrupted as stop:
        outcomes, interrupted = stop.outcomes, True
    return FanOut(tuple(outcomes), (), notes, log, interrupted)


def read_table(path: Path) -> list[list[str]]:
    """Rows of a CSV file (UTF-8 or GB 18030), the headings first, with blanks and ragged rows refused."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem("file_unreadable", file=str(path), found=str(error))) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(csv.reader(io.StringIO(text)), 1)]
    rows = [(number, row) for number, row in rows if any(row)]
    file, problems = str(path), []
    if len(rows) < 2:
        advice = "第一行写参数名，下面每行一次运行"
        problems.append(Problem("file_empty", file=file, found="没有数据行", advice=advice))
    for number, row in rows:
        heads, place = rows[0][1], f"第 {number} 行"
        if len(row) != len(heads):
            problems.append(
                Problem("value_invalid", file=file, where=place, found=f"{len(row)} 列", allowed=f"{len(heads)} 列")
            )
        for column, (head, cell) in enumerate(zip(heads, row, strict=False), 1):
            if not cell:
                where = f"{place} {head or f'第 {column} 列'}"
                problems.append(Problem("key_missing", file=file, where=where, found="空白", advice="填上或删去这一行"))
    if problems:
        raise InputError(problems)
    return [row for _, row in rows]


def table_jobs(
    notebook: Path,
    over: Path,
    rows: list[list[str]],
    parameters: dict[str, Parameter],
    out: Path,
    depends: tuple[Path, ...],
    post: str | None,
) -> tuple[list[Job], tuple[str, ...]]:
    """Jobs of a table whose columns and values fit the parameters cell, and notes on changed file names."""
    heads, *body = rows
    file, problems, notes, jobs = str(over), [], [], []
    first = "第 1 行"
    for name in dict.fromkeys(heads):
        if name not in parameters:
            allowed, advice = "、".join(parameters), did_you_mean(name, parameters)
            problems.append(Problem("key_unknown", "error", file, first, name, allowed=allowed, advice=advice))
        if heads.count(name) > 1:
            problems.append(Problem("key_duplicate", "error", file, first, name))
    for name, parameter in parameters.items():
        if parameter.required and name not in heads:
            problems.append(Problem("key_missing", "error", file, first, f"缺少参数 {name}"))
    keys: dict[str, str] = {}
    for number, row in enumerate(body, 2):
        values: dict[str, Any] = {}
        for name, cell in zip(heads, row, strict=True):
            if name not in parameters:
                continue
            try:
                values[name] = typed(cell, parameters[name])
            except ValueError as error:
                place = f"第 {number} 行 {name}"
                problems.append(Problem("value_invalid", "error", file, place, cell, allowed=str(error)))
        key, stem = row[0], safe_name(row[0])
        folded = unicodedata.normalize("NFC", stem).casefold()
        if folded in keys:
            same = "重复" if keys[folded] == key else f"与 {keys[folded]} 的文件名相同"
            problems.append(Problem("key_duplicate", "error", file, f"第 {number} 行 {heads[0]}", f"{key}（{same}）"))
        keys[folded] = key
        if stem != key:
            notes.append(f"{key} 不能作文件名，结果存为 {stem}.ipynb")
        jobs.append(Job(key, notebook, out / f"{stem}.ipynb", values, depends, post))
    if problems:
        raise InputError(problems)
    return jobs, tuple(notes)


def typed(cell: str, parameter: Parameter) -> Any:
    """The cell as the type of the parameter's default or annotation; ValueError says what is allowed."""
    kind = {"int": int, "float": float, "bool": bool, "list": list, "dict": dict}.get(
        parameter.annotation.partition("[")[0].partition("|")[0].strip(), type(parameter.default)
    )
    try:
        if kind is bool:
            return WORDS[cell.lower()]
        if kind in (list, dict):
            value = json.loads(cell)
            if not isinstance(value, kind):
                raise ValueError
            return value
        return kind(cell) if kind in (int, float) else cell
    except (ValueError, KeyError):
        raise ValueError(TYPES[kind]) from None


def safe_name(key: str) -> str:
    """A file name (without ending) for Windows, macOS and Linux; unchanged where it already is one."""
    name = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f]', "_", unicodedata.normalize("NFC", key)).rstrip(". ")
    if name.startswith("."):
        name = "_" + name.lstrip(".")
    if name.partition(".")[0].strip().casefold() in RESERVED:
        name = "_" + name
    if len(name.encode()) > 200:  # 255 bytes with ending, marks of staging and "(2)"
        name = name.encode()[:180].decode("utf-8", "ignore") + "-" + digest(key)[:8]
    return name or "_" + digest(key)[:8]
