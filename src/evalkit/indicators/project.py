"""The project: the folder that holds a user's data, settings and reports."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evalkit.codebook import Codebook, load_codebook, read_yaml
from evalkit.files import files_below
from evalkit.problems import InputError, Problem, did_you_mean, visible
from evalkit.world.yaml import parse_mapping, read_text

SETTINGS: dict[str, Any] = read_yaml(
    Path(__file__).with_name("settings.yml")
)  # what evalkit.yml may say: defaults
CHOICES = {"fonts": ("system", "windows"), "member_base": ("prev_year_end", "year_end", "mean")}
LARGEST, LONGEST = 1_000_000, 200  # of a number, of a text
LEDGER_SUFFIXES = {".xlsx", ".xls", ".xlsm", ".ods", ".csv", ".tsv", ".zip", ".et"}
RESERVED = {"areas.xlsx", "更正表.xlsx", "上年公布数.xlsx", "政策.xlsx"}


@dataclass(frozen=True)
class Project:
    """A project folder; every path in it is derived from `root`."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def cache(self) -> Path:
        return self.root / ".evalkit"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """`evalkit.yml` over the defaults; every fault in it at once."""
        settings = copy.deepcopy(SETTINGS)
        path = self.root / "evalkit.yml"
        if not path.exists():
            return settings
        found, problems = parse_mapping(read_text(path), path.name)
        for key, value in found.items():
            if key not in SETTINGS:
                advice = did_you_mean(str(key), SETTINGS) or "可用的设置：" + "、".join(SETTINGS)
                problems.append(
                    Problem("key_unknown", file="evalkit.yml", where=str(key), advice=advice)
                )
            elif allowed := _misfit(key, value):
                shown = str(value)[:40]
                problems.append(
                    Problem(
                        "value_invalid", file="evalkit.yml", where=key, found=shown, allowed=allowed
                    )
                )
            else:
                settings[key] = value
        if problems:
            raise InputError(problems)
        return settings

    @cached_property
    def codebook(self) -> Codebook:
        folder = self.root / "codebook"
        return load_codebook(folder if folder.is_dir() else None)

    def ledgers(self, dataset: str) -> list[Path]:
        """The ledger files of a dataset, in a fixed order; lock files and the program's own are left out."""
        return [
            path
            for path in files_below(self.data / dataset)
            if path.suffix.lower() in LEDGER_SUFFIXES
            and not path.name.startswith(("~$", ".", "problems"))
            and path.name not in {"更正表.xlsx", "上年公布数.xlsx"}
        ]

    @property
    def dataset(self) -> str:
        """``raw`` where the user keeps ledgers, else ``demo``: one at a time, never mixed."""
        return "raw" if any(p.name not in RESERVED for p in self.ledgers("raw")) else "demo"

    def processed(self, dataset: str | None = None) -> Path:
        return self.data / "processed" / (dataset or self.dataset)


def _misfit(key: str, value: Any) -> str:
    """What a setting may be, in words, where `value` is not that; nothing where it is."""
    usual = SETTINGS[key]
    if key in CHOICES:
        return "" if isinstance(value, str) and value in CHOICES[key] else "、".join(CHOICES[key])
    if isinstance(usual, int):
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
        return "" if fits else f"0至{LARGEST:,}的整数，例如 {usual}"
    if isinstance(usual, dict):
        fits = isinstance(value, dict) and all(
            isinstance(k, str) and not isinstance(v, dict | list) for k, v in value.items()
        )
        return "" if fits else "名称: 取值"
    fits = (
        isinstance(value, str)
        and len(value) <= LONGEST
        and visible(value) == value
        and "\n" not in value
    )
    return "" if fits else f'一行文字，不超过{LONGEST}字；全是数字的要加引号，例如 {key}: "2025"'


def find_project(project: str | Path | Project | None = None) -> Project:
    """The given folder, EVALKIT_PROJECT, or the nearest folder upwards with ``evalkit.yml`` or ``data/raw``."""
    if isinstance(project, Project):
        return project
    given = project or os.environ.get("EVALKIT_PROJECT")
    if given:
        root = Path(given).expanduser().resolve()
        if not root.is_dir():
            raise InputError(
                Problem(
                    "data_missing",
                    file=str(root),
                    found="没有这个文件夹",
                    advice="请检查 --project",
                )
            )
        return Project(root)
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "evalkit.yml").is_file() or (folder / "data" / "raw").is_dir():
            return Project(folder)
    advice = "请在项目文件夹里运行，或用 --project 指明（项目文件夹里有 evalkit.yml 或 data/raw）"
    raise InputError(
        Problem("data_missing", file=str(here), found="找不到项目文件夹", advice=advice)
    )


def nearest_codebook() -> Codebook:
    """The packaged codebook, merged with that of the nearest project where there is one."""
    try:
        return find_project().codebook
    except InputError as error:
        if any(problem.code != "data_missing" for problem in error.problems):
            raise
        return load_codebook()
