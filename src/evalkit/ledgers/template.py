"""Empty ledgers for offices that want one: marked columns first, the others folded, drop-down lists, input checks.

Nobody has to use them: what an office keeps already is read as it stands. Headings, types, units, lists and items come
from the codebook; no column for persons is offered. The pages themselves are drawn in `template_pages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.codebook import Codebook
from evalkit.documents.workbook import book_bytes
from evalkit.files import put
from evalkit.ledgers.template_items import item_rows
from evalkit.ledgers.template_pages import (
    FIRST,
    ITEMS,
    Filled,
    Pages,
    example_of,
    sheet_of,
)
from evalkit.problems import InputError, Problem, did_you_mean

__all__ = ["FIRST", "Filled", "example_of", "forms_of", "template", "whole", "write_templates"]


def forms_of(
    codebook: Codebook, wanted: Iterable[str] | None = None
) -> dict[str, Mapping[str, Any]]:
    """The forms asked for by code or Chinese name (all by default); an unknown one is an `InputError`."""
    forms: dict[str, Mapping[str, Any]] = codebook.headings["forms"]
    names = {word: code for code, form in forms.items() for word in (form["name"], code)}
    asked = list(wanted or forms)
    unknown = [word for word in asked if word not in names]
    if unknown:
        labels = [form["name"] for form in forms.values()]
        where, allowed = "--form", "、".join(labels)
        raise InputError(
            [
                Problem("key_unknown", "error", "", where, w, "", allowed, did_you_mean(w, names))
                for w in unknown
            ]
        )
    return {names[word]: forms[names[word]] for word in asked}


def write_templates(folder: Path, wanted: Sequence[str] | None, codebook: Codebook) -> list[Path]:
    """One workbook a form below `folder`; a file that is there already and differs is never written over."""
    forms = forms_of(codebook, wanted)
    return [
        put(folder / f"{form['name']}.xlsx", template(code, form, codebook), keep=True)
        for code, form in forms.items()
    ]


def template(
    code: str, form: Mapping[str, Any], codebook: Codebook, rows: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """The empty workbook of a form: the ledger, how to fill it (填表说明) and an example (示例), which is not counted.

    Parameters
    ----------
    rows
        Records to fill in, by column: for tests and for those who write ledgers by program. Without them a 工作报表
        lists every item that can be typed.
    """
    given = rows or (item_rows(codebook) if code == ITEMS else ())
    sheet = sheet_of(code, form, given)

    def fill(book: Any) -> None:
        pages = Pages(book, codebook, Filled())
        pages.ledger(sheet)
        pages.notes([sheet])
        pages.example(sheet)
        pages.choices()

    return book_bytes(fill, own=False)


def whole(forms: Mapping[str, Mapping[str, Any]], codebook: Codebook, filled: Filled) -> bytes:
    """One workbook with all ledgers of an area, filled with its name, its year and what is known of it.

    Its lists of townships, units and party organisations stand behind the drop-downs; they are not counted.
    """
    sheets = [
        sheet_of(code, form, item_rows(codebook, filled.last) if code == ITEMS else ())
        for code, form in forms.items()
    ]

    def fill(book: Any) -> None:
        pages = Pages(book, codebook, filled)
        for sheet in sheets:
            pages.ledger(sheet)
        pages.notes(sheets)
        pages.choices()

    return book_bytes(fill, own=False)
