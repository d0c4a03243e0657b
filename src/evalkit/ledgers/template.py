"""Empty ledgers for offices that want one: marked columns first, the others folded, drop-down lists, input checks.

Nobody has to use them: what an office keeps already is read as it stands. Headings, types, units and lists come from
the codebook; no column for persons is offered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.codebook import Codebook, read_yaml
from evalkit.documents.workbook import HEAD, book_bytes, write_cell
from evalkit.files import put
from evalkit.ledgers.ledger import NOT_COUNTED
from evalkit.problems import InputError, Problem, did_you_mean

WORDS = read_yaml(Path(__file__).with_name("template.yml"))
ROWS = 3_000  # rows with drop-down lists and checks
FIRST = 4  # Excel row of the first record: title, place and year, headings above it


def example_of(form: str, column: str) -> Any:
    """The invented entry of a column; None where the example leaves it empty."""
    return WORDS["example"].get(f"{form}.{column}", WORDS["example"].get(column))


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
        Records to fill in, by column: for tests and for those who write ledgers by program.
    """
    columns = {
        c: s
        for c, s in form["columns"].items()
        if not (s.get("person") or s.get("only_read")) and c != "row_number"
    }
    marked = [c for c, s in columns.items() if s.get("required") or s.get("wanted")]
    order = [*marked, *(c for c in columns if c not in marked)]
    example = {
        c: value for c in order if (value := example_of(code, c)) is not None and c in marked
    }

    def fill(book: Any) -> None:
        style = _styles(book)
        page = book.add_worksheet(form["name"])
        _ledger(page, form["name"], columns, order, marked, rows, style)
        for at, column in enumerate(order):
            if check := _check(columns[column], codebook):
                page.data_validation(FIRST - 1, at, FIRST - 2 + ROWS, at, check)
        notes = book.add_worksheet("填表说明")
        _notes(notes, form, columns, order, marked, codebook, style)
        shown = book.add_worksheet("示例")
        _ledger(shown, f"{form['name']}示例{NOT_COUNTED}", columns, order, marked, [example], style)

    return book_bytes(fill, own=False)


def _styles(book: Any) -> dict[str, Any]:
    """The formats of one workbook, those of headings by how much a column is wanted."""
    looks = {
        "title": {"bold": True, "font_size": 16},
        "need": HEAD | {"bg_color": "#F8CBAD"},
        "want": HEAD | {"bg_color": "#FFE699"},
        "free": HEAD,
        "wrap": {"text_wrap": True, "valign": "top"},
        "date": {"num_format": "yyyy-mm-dd"},
        "text": {"num_format": "@"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _wanted(spec: Mapping[str, Any]) -> str:
    return "need" if spec.get("required") else "want" if spec.get("wanted") else "free"


def _label(spec: Mapping[str, Any]) -> str:
    """The first heading, with the unit that numbers in it have."""
    unit = spec.get("unit")
    return str(spec["names"][0]) + (f"（{unit}）" if unit in ("元", "万元") else "")


def _ledger(
    page: Any,
    title: str,
    columns: Mapping[str, Any],
    order: Sequence[str],
    marked: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    style: Mapping[str, Any],
) -> None:
    page.write_string(0, 0, title, style["title"])
    page.write_string(1, 0, "填报单位：　　　　　　　　统计时间：　　　　年")
    for at, column in enumerate(order):
        spec = columns[column]
        kind = {"date": style["date"], "text": style["text"], "codes": style["text"]}.get(
            spec["type"]
        )
        folded = {} if column in marked else {"level": 1, "hidden": True}
        page.set_column(at, at, max(10, 2.2 * len(_label(spec))), kind, folded)
        page.write_string(FIRST - 2, at, _label(spec), style[_wanted(spec)])
        for i, row in enumerate(rows):
            if column in row:
                write_cell(page, FIRST - 1 + i, at, row[column], kind)
    if len(order) > len(marked):
        page.set_column(len(order), len(order), None, None, {"collapsed": True})
    page.set_row(FIRST - 2, 32)
    page.freeze_panes(FIRST - 1, 1)


def _notes(
    page: Any,
    form: Mapping[str, Any],
    columns: Mapping[str, Any],
    order: Sequence[str],
    marked: Sequence[str],
    codebook: Codebook,
    style: Mapping[str, Any],
) -> None:
    lines = [f"填表说明{NOT_COUNTED}", *WORDS["notes"]]
    for i, line in enumerate(lines):
        page.write_string(i, 0, line, style["title"] if i == 0 else None)
    for j, (label, width) in enumerate(
        (("列", 22), ("要求", 10), ("填什么", 22), ("单位", 8), ("可选项", 70))
    ):
        page.set_column(j, j, width)
        page.write_string(5, j, label, style["free"])
    for i, column in enumerate(order, 6):
        spec = columns[column]
        need = "必填" if spec.get("required") else "请尽量填" if column in marked else "选填"
        listed = codebook.lists.get(spec["type"])
        kind, options = (
            WORDS["types"].get(spec["type"], "从可选项里选"),
            "、".join(listed.values()) if listed else "",
        )
        cells = (_label(spec), need, kind, spec.get("unit") or "", options)
        for j, cell in enumerate(cells):
            page.write_string(i, j, cell, style["wrap"])


def _check(spec: Mapping[str, Any], codebook: Codebook) -> dict[str, Any]:
    """What Excel offers and asks in a column: a warning that can be overridden, since 约120 is an answer too."""
    kind, name = spec["type"], spec["names"][0]
    options = (
        list(codebook.lists[kind].values())
        if kind in codebook.lists
        else ["是", "否"]
        if kind == "bool"
        else []
    )
    said = {"error_type": "warning", "error_title": name, "ignore_blank": True}
    if options:
        if name.startswith("专职"):
            options = ["专职", "兼职"]
        return (
            said | {"validate": "list", "source": options, "error_message": "请从下拉选项里选"}
            if len(",".join(options)) <= 255
            else {}
        )
    if kind in ("int", "money", "number"):
        whole = "integer" if kind == "int" else "decimal"
        return said | {
            "validate": whole,
            "criteria": ">=",
            "value": 0,
            "error_message": "请填数字，不带单位",
        }
    if kind == "date":
        between = {
            "criteria": "between",
            "minimum": dt.date(1900, 1, 1),
            "maximum": dt.date(2100, 12, 31),
        }
        return said | between | {"validate": "date", "error_message": "请填日期，如 2025-07-01"}
    return {}
