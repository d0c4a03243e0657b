"""Reads workbooks in a process of its own: a mad file may exhaust memory or hang, and only that process dies of it.

Run as a program (``reader.py BYTES``) it asks for no more than so much memory and answers questions on its input: eight
bytes of length and a pickled (content of the workbook, sheets wanted), the same way back with what `sheets_of` gives, with
``"password"``, or with None for what cannot be read. It imports nothing of Evalkit, so that it starts at once.
"""

from __future__ import annotations

import io
import pickle
import sys
from contextlib import suppress
from typing import Any, BinaryIO

import python_calamine

MAX_CELLS = 30_000_000  # of a sheet of an old workbook, from A1 to its last cell
Sheet = tuple[str, str, Any, list[Any]]


def sheets_of(data: bytes, wanted: set[str] | None) -> list[Sheet]:
    """(name, state, rows, merged cells) of every sheet; of those not `wanted` no rows.

    Without `wanted`, for an old workbook, all are read with their merged cells; the rows are True where there are too
    many. A sheet that cannot be read has the name of the error for its rows.
    """
    out: list[Sheet] = []
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    for meta in book.sheets_metadata:
        if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        rows: Any = []
        merged: list[Any] = []
        if wanted is None:
            sheet = book.get_sheet_by_name(meta.name)
            rows = sheet.total_height * sheet.total_width > MAX_CELLS or sheet.to_python(
                skip_empty_area=False
            )
            merged = sheet.merged_cell_ranges or []
        elif meta.name in wanted:
            try:
                rows = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
            except python_calamine.CalamineError as error:
                rows = type(error).__name__
        out.append((meta.name, str(meta.visible).rpartition(".")[2], rows, merged))
    return out


def _answer(question: bytes) -> Any:
    try:
        return sheets_of(*pickle.loads(question))  # asked by our own parent
    except python_calamine.PasswordError:
        return "password"
    except BaseException:  # a panic of the Rust reader is no Exception
        return None


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the input ends."""
    while len(head := asked.read(8)) == 8:
        made = pickle.dumps(_answer(asked.read(int.from_bytes(head, "big"))), 5)
        answers.write(len(made).to_bytes(8, "big") + made)
        answers.flush()


if __name__ == "__main__":
    with suppress(
        ImportError, OSError, ValueError
    ):  # Windows cannot limit it; it dies alone all the same
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
    serve(sys.stdin.buffer, sys.stdout.buffer)
