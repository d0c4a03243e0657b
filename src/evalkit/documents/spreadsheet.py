"""The one place that says what a user's ending of a file asks for: a workbook for Excel, or one for LibreOffice (.ods)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.documents import ods
from evalkit.documents.workbook import book_bytes, frames_bytes, list_sheet
from evalkit.problems import InputError, Problem

EXCEL, OPEN_DOCUMENT = ".xlsx", ".ods"
WRITTEN = (EXCEL, OPEN_DOCUMENT)
_OTHERS = (".xls", ".xlsm", ".xlsb", ".et", ".csv", ".docx", ".doc", ".wps", ".pdf", ".html")


@dataclass(frozen=True)
class ListSheet:
    """A list for people on a sheet of its own; a cell whose text is in `tones` has that colour."""

    name: str
    columns: Sequence[tuple[str, float]]
    rows: Sequence[Sequence[Any]]
    tones: Mapping[str, str] = field(default_factory=dict)


def names_a_workbook(path: Path | None) -> bool:
    """Whether a path is a workbook that can be written, and no folder.

    Raises
    ------
    InputError
        The ending is that of a file which is not written here.
    """
    if path is None or path.is_dir():
        return False
    ending = path.suffix.lower()
    if ending in _OTHERS:
        advice = f"写成 {path.stem}{EXCEL} 或 {path.stem}{OPEN_DOCUMENT}；要写到文件夹就不带扩展名"
        raise InputError(
            Problem(
                "value_invalid",
                file=path.name,
                found=ending,
                allowed="、".join(WRITTEN),
                advice=advice,
            )
        )
    return ending in WRITTEN


def only_a_folder(path: Path | None) -> Path | None:
    """The folder that a command of many files writes into.

    Raises
    ------
    InputError
        The path ends as a file does.
    """
    if path and path.suffix.lower() in (*WRITTEN, *_OTHERS) and not path.is_dir():
        advice = f"请写一个文件夹，如 {path.stem}；表格文件在里面"
        raise InputError(
            Problem(
                "value_invalid",
                file=path.name,
                found=path.suffix,
                allowed="文件夹：这个命令写多个文件",
                advice=advice,
            )
        )
    return path


def of_frames(path: Path, frames: Mapping[str, Any]) -> bytes:
    """A sheet a data frame, in the format of the path's ending."""
    make = ods.frames_bytes if path.suffix.lower() == OPEN_DOCUMENT else frames_bytes
    return make(frames)


def of_lists(path: Path, sheets: Sequence[ListSheet]) -> bytes:
    """The lists, in the format of the path's ending."""
    if path.suffix.lower() == OPEN_DOCUMENT:
        return ods.lists_bytes(
            [(one.name, one.columns, one.rows, dict(one.tones)) for one in sheets]
        )

    def fill(book: Any) -> None:
        for one in sheets:
            list_sheet(book, one.name, one.columns, one.rows, dict(one.tones))

    return book_bytes(fill)
