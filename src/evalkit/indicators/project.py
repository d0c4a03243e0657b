"""The project: the folder that holds a user's data, settings and reports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evalkit.codebook import Codebook, load_codebook
from evalkit.files import files_below
from evalkit.indicators.goals import GOALS, with_goals
from evalkit.indicators.settings import FILE, Settings, applied, read_settings
from evalkit.problems import InputError, Problem

# what `check` reads (`read` in ledgers/words.yml; a test holds both together): what it reads, a build reads
LEDGER_SUFFIXES = frozenset(
    (
        " .xlsx .xlsm .xltx .xltm .xls .xlt .ods .csv .tsv .txt .zip .et .ett .htm .html .xlsb .xml "
        ".mht .mhtml .docx"
    ).split(" ")
)
# what stands beside ledgers and is none: corrections, last year's printed numbers, which units are one
BESIDE = {"更正表.xlsx", "上年公布数.xlsx", "单位对照.xlsx"}
RESERVED = {"areas.xlsx", "政策.xlsx", *BESIDE}

REGISTERS = ("整改台账", "整改清单")  # in the name of what the office says of last year's problems
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".et")


def is_register(path: Path) -> bool:
    """Whether a file is a 整改台账 or a printed list of it: no ledger."""
    return any(word in path.name for word in REGISTERS)


@dataclass(frozen=True)
class Project:
    """A project folder; every path in it is derived from `root`.

    With `trying`, the project as it would be with these settings in place of its own.
    """

    root: Path
    trying: Settings | None = None

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
        """What `evalkit.yml` says, and what holds where it says nothing (`evalkit.indicators.settings`)."""
        return self._settings.model_dump()

    @cached_property
    def _settings(self) -> Settings:
        return self.trying or read_settings(self.root / FILE)

    @cached_property
    def codebook(self) -> Codebook:
        """The packaged codebook with the project's own merged over it, and what its settings choose."""
        folder = self.root / "codebook"
        book = load_codebook(folder if folder.is_dir() else None)
        own = load_codebook() if self.dataset == "raw" else None
        chosen = applied(self._settings, book, self.root / FILE, own)
        return with_goals(chosen, self.root / GOALS)

    def ledgers(self, dataset: str) -> list[Path]:
        """The ledger files of a dataset, in a fixed order; lock files and the program's own are left out."""
        return [
            path
            for path in files_below(self.data / dataset)
            if path.suffix.lower() in LEDGER_SUFFIXES
            and not path.name.startswith(("~$", ".", "problems"))
            and path.name not in BESIDE
            and not is_register(path)
        ]

    def registers(self) -> list[Path]:
        """The 整改台账 that the office fills, below data/raw and texts, in a fixed order."""
        folders = (self.data / "raw", self.root / "texts")
        return [
            path
            for folder in folders
            for path in files_below(folder)
            if is_register(path)
            and path.suffix.lower() in SPREADSHEETS
            and not path.name.startswith(("~$", "."))
        ]

    @cached_property
    def dataset(self) -> str:
        """``raw`` where the user keeps ledgers, else ``demo``: one at a time, never mixed."""
        return "raw" if any(p.name not in RESERVED for p in self.ledgers("raw")) else "demo"

    def processed(self, dataset: str | None = None) -> Path:
        return self.data / "processed" / (dataset or self.dataset)


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
