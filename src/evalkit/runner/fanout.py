"""A notebook over the rows of a table: columns are parameters, the first one names the output."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.files import regular_bytes
from evalkit.problems import InputError, Problem, did_you_mean, visible
from evalkit.runner.jobs import WORDS, Job, Outcome, digest
from evalkit.runner.local import Interrupted, pending, run
from evalkit.runner.notebook import Parameter, inspect

MAX_TABLE = 50_000_000  # bytes of a table of parameters
TRUTH = {
    "true": True,
    "是": True,
    "1": True,
    "yes": True,
    "false": False,
    "否": False,
    "0": False,
    "no": False,
}
TYPES: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "list": json.loads,
    "dict": json.loads,
}
TYPES["bool"] = lambda cell: TRUTH[cell.lower()]


@dataclass(frozen=True)
class FanOut:
    """What `fan_out` did: `plan` is (key, why it must run, empty when up to date)."""

    outcomes: tuple[Outcome, ...]
    plan: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
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
        number = Counter(outcome.state for outcome in self.outcomes)
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
    **options: Any,
) -> FanOut:
    """Run `notebook` once per row of the CSV table `over` into the folder `out`.

    Parameters
    ----------
    notebook, over
        A notebook with a parameters cell; a table whose columns are parameters, the first one naming the outputs.
    jobs
        How many at a time, as in `run`.
    depends
        For every row, as in `Job`.
    force, dry_run
        Run also what is up to date; only say what would run and why (`FanOut.plan`).
    options
        ``executor``, ``timeout``, ``memory_limit`` and ``progress`` as in `run`.

    Raises
    ------
    InputError
        Everything that is wrong with the notebook, the table and its values, at once and before the start.
    """
    notebook, out, source = Path(notebook), Path(out), inspect(Path(notebook))
    problems = [
        Problem("notebook_invalid", file=str(notebook), found=text) for text in source.problems
    ]
    if not problems and source.parameters is None:
        advice = "在 JupyterLab 里给写参数的单元格加上标签 parameters"
        problems.append(
            Problem(
                "notebook_invalid",
                file=str(notebook),
                found="没有 parameters 单元格",
                advice=advice,
            )
        )
    problems += [
        Problem("data_missing", file=str(p), where="--depends")
        for p in depends
        if not Path(p).exists()
    ]
    stems, rows = read_table(Path(over), source.parameters or {}, problems)
    if problems:
        raise InputError(problems)
    made = [
        Job(key, notebook, out / f"{stem}.ipynb", values, tuple(map(Path, depends)))
        for (key, stem), values in zip(stems.items(), rows, strict=True)
    ]
    notes = [
        f"{key} 不能作文件名，结果存为 {stem}.ipynb" for key, stem in stems.items() if stem != key
    ]
    if dry_run:
        return FanOut(
            (), tuple((job.key, why) for job, why, _ in pending(made, force)), tuple(notes)
        )
    interrupted = False
    try:
        outcomes = run(
            made, state=out / ".evalkit", workers=jobs, force=force, log=out / "run.json", **options
        )
    except Interrupted as stop:
        outcomes, interrupted = stop.outcomes, True
    notes += [
        f"{note}（{number} 项）"
        for note, number in Counter(o.note for o in outcomes if o.note).items()
    ]
    return FanOut(tuple(outcomes), (), tuple(notes), interrupted)


def read_table(  # noqa: C901
    path: Path, parameters: dict[str, Parameter], problems: list[Problem]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """A CSV file (UTF-8 or GB 18030): file name by key, parameters by row; what is wrong is added to `problems`."""
    stems: dict[str, str] = {}
    keys: dict[str, str] = {}
    rows: list[dict[str, Any]] = []

    def wrong(code: str, where: str, found: str, **more: Any) -> None:
        problems.append(Problem(code, "error", str(path), where, found, **more))

    try:
        data = regular_bytes(path, MAX_TABLE)
    except InputError as error:
        problems += error.problems
        return stems, rows
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    lines = [
        (f"第 {n} 行", [cell.strip() for cell in row])
        for n, row in enumerate(csv.reader(io.StringIO(text)), 1)
    ]
    (first, heads), *body = [line for line in lines if any(line[1])] or [("", [])]
    if not body:
        wrong("file_empty", "", "没有数据行", advice="第一行写参数名，下面每行一次运行")
    for name, number in Counter(heads).items() if parameters else ():
        if name not in parameters:
            wrong(
                "key_unknown",
                first,
                name,
                allowed="、".join(parameters),
                advice=did_you_mean(name, parameters),
            )
        if number > 1:
            wrong("key_duplicate", first, name)
    for name, parameter in parameters.items():
        if heads and parameter.required and name not in heads:
            wrong("key_missing", first, f"缺少参数 {name}")
    for place, row in body:
        rows.append({})
        if len(row) != len(heads):
            wrong("value_invalid", place, f"{len(row)} 列", allowed=f"{len(heads)} 列")
        for name, cell in zip(heads, row, strict=False):
            if not cell:
                wrong("key_missing", f"{place} {name}", "空白", advice="填上或删去这一行")
            elif name in parameters:
                try:
                    rows[-1][name] = typed(cell, parameters[name])
                except ValueError as error:
                    wrong("value_invalid", f"{place} {name}", cell, allowed=str(error))
        key, stem = row[0], safe_name(row[0])
        folded = unicodedata.normalize("NFC", stem).casefold()
        if key and folded in keys:
            same = "重复" if keys[folded] == key else f"与 {keys[folded]} 的文件名相同"
            wrong("key_duplicate", f"{place} {heads[0]}", f"{key}（{same}）")
        keys[folded], stems[key] = key, stem
    return stems, rows


def typed(cell: str, parameter: Parameter) -> Any:
    """The cell as the type of the parameter's default or annotation; ValueError says what is allowed."""
    kind = parameter.annotation.partition("[")[0].partition("|")[0].strip()
    kind = kind if kind in TYPES else type(parameter.default).__name__
    if kind not in TYPES:
        return cell
    with suppress(ValueError, KeyError):
        value = TYPES[kind](cell)
        if type(value).__name__ == kind:
            return value
    raise ValueError(WORDS["types"][kind])


def safe_name(key: str) -> str:
    """A file name (without ending) for Windows, macOS and Linux; unchanged where it already is one."""
    name = re.sub(
        r'[<>:"/\\|?*\x00-\x1f\x7f]', "_", visible(unicodedata.normalize("NFC", key))
    ).rstrip(". ")
    if not name or re.match(r"(?i)\.|(con|prn|aux|nul|com[1-9]|lpt[1-9])\s*(\.|$)", name):
        name = "_" + name.lstrip(".")
    if len(name.encode()) > 200:  # 255 bytes with ending and marks of staging
        name = name.encode()[:180].decode("utf-8", "ignore") + "-" + digest(key)[:8]
    return name
