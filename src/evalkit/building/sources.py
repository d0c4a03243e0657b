"""The ledgers of a project as they are read: the names under which they are printed, the user's own headings."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.codebook import Codebook
from evalkit.files import files_below
from evalkit.indicators.project import Project, find_project
from evalkit.indicators.store import digest, file_digest
from evalkit.ledgers import corrections, overrides
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.persons import labels
from evalkit.problems import InputError, did_you_mean
from evalkit.world.declared import Faults

MAPPING = "mapping.yml"
A_COLUMN = "空表里的列名；不要的列写“忽略”"
ONE_EACH = "每行写一条“我的表头: 规定的列”"


@dataclass(frozen=True)
class SourceFile:
    """A ledger file of a dataset.

    Attributes
    ----------
    file
        As it may be printed.
    path
        Where it lies, from the folder of the dataset on.
    key
        Of everything that decides what is read from it: its content, its name, its corrections, the reader.
    """

    file: str
    path: str
    sha256: str
    key: str
    size: int


def source_files(project: Project, dataset: str, reader: str) -> list[SourceFile]:
    """The ledger files of a dataset; `reader` says how they would be read."""
    root = project.data / dataset
    found = []
    for name, path in labelled(project, dataset).items():
        relative, content = path.relative_to(root).as_posix(), file_digest(path)
        fixes = map(file_digest, corrections.correction_files(root, relative))
        key = digest(reader, name, content, *fixes)[:24]
        found.append(SourceFile(name, relative, content, key, path.stat().st_size))
    return found


def corrected_by(root: Path) -> list[Path]:
    """The tables of corrections below a folder of ledgers."""
    return [path for path in files_below(root) if path.name == corrections.NAME]


def labelled(project: Project, dataset: str) -> dict[str, Path]:
    """The ledger files by the names under which they may be printed: see `evalkit.ledgers.persons.gate`."""
    folder = project.data / dataset
    shown = labels(path.relative_to(folder).as_posix() for path in project.ledgers(dataset))
    return {name: folder / real for name, real in shown.items()}


def mapping_of(project: Project) -> dict[str, Any] | None:
    """The user's own ``mapping.yml``: heading -> column, and what rows and columns of single sheets are."""
    return read_mapping(project.root / MAPPING, project.codebook)


def read_mapping(path: Path, codebook: Codebook) -> dict[str, Any] | None:
    """A user's headings and the columns they stand for, None without such a file; all that is wrong in one `InputError`."""
    if not path.exists():
        return None
    faults = Faults.read_mapping(path)
    mapping: dict[str, str] = {}
    content = dict(faults.source.content)
    by_sheet = content.pop(overrides.KEY, None)
    for key, value in content.items():
        if isinstance(value, dict | list):
            faults.invalid((str(key),), value, ONE_EACH, "冒号用半角，后面空一格")
        else:
            mapping[str(key)] = "" if value is None else str(value)
    headings = Headings(codebook.headings, mapping)
    names = {
        name
        for form in headings.forms.values()
        for spec in form["columns"].values()
        for name in spec["names"][:1]
    }
    for key in filter(headings.leads_nowhere, mapping):
        near = did_you_mean(mapping[key], names)
        faults.add("key_unknown", (key,), mapping[key], A_COLUMN, near)
    if by_sheet is not None:
        _check_sheets(faults, by_sheet, codebook, names)
    faults.stop()
    return mapping if by_sheet is None else mapping | {overrides.KEY: by_sheet}


def _check_sheets(faults: Faults, by_sheet: Any, codebook: Codebook, names: set[str]) -> None:
    """What mapping.yml says of single sheets: its form, and that every column it names is one."""
    told = faults.model(overrides.Entries, {overrides.KEY: by_sheet})
    for n, entry in enumerate(told.entries if told else ()):
        headings = Headings(codebook.headings, entry.columns)
        for key, word in entry.columns.items():
            if headings.leads_nowhere(key):
                near = did_you_mean(word, names)
                at = (overrides.KEY, n, "列", key)
                faults.add("key_unknown", at, word, A_COLUMN, near)


def nearest_mapping(folder: Path, codebook: Codebook) -> dict[str, Any] | None:
    """The mapping in `folder`, else in the nearest project."""
    homes = [folder]
    with suppress(InputError):
        homes.append(find_project().root)
    return next(
        (read_mapping(home / MAPPING, codebook) for home in homes if (home / MAPPING).exists()),
        None,
    )
