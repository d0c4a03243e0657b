"""`read_ledger`: a file or a folder of ledgers, as offices keep them, to checked tables. No configuration is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pandas as pd

from evalkit.codebook import load_codebook
from evalkit.ledgers import checks, files, tables
from evalkit.ledgers.findings import finding
from evalkit.ledgers.forms import Form, Parser
from evalkit.ledgers.grid import Block, Structure, is_summary, letter, skip_reason, structure
from evalkit.ledgers.headings import Headings, headings_of
from evalkit.ledgers.place import Place, locate
from evalkit.problems import InputError, Problem

if TYPE_CHECKING:
    from evalkit.codebook import Codebook

SHEET_COLUMNS = [
    "source_file",
    "source_sheet",
    "state",
    "form",
    "area",
    "period",
    "kept",
    "total",
    "heading",
    "title",
    "note",
    "reported",
    "reason",
]
HEADING_COLUMNS = ["source_file", "source_sheet", "table", "column", "heading", "letter", "first_row", "last_row"]

NOT_COUNTED = "（程序不计入本表）"  # ends the first cell of a sheet that its author wants left out without a word


@dataclass(frozen=True)
class Ledger:
    """What was read.

    Attributes
    ----------
    tables
        The tables of tables.yml by name, every one present; money in integer fen, nulls never NaN.
    problems
        Findings, in the order of files and sheets.
    headings
        Which Excel column held which canonical column, by block of rows: from a processed row back to its cell.
    sheets
        What became of every sheet and of its rows (kept + total + heading + title + note + reported = non-blank rows).
    measures
        Filled by ``evalkit.read_ledger``: the codebook's measures over these tables.
    """

    tables: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...]
    headings: pd.DataFrame
    sheets: pd.DataFrame
    measures: pd.DataFrame | None = None


def read_ledger(
    path: str | Path,
    *,
    area: str | None = None,
    period: str | int | None = None,
    codebook: Codebook | None = None,
    mapping: Mapping[str, str] | None = None,
    root: str | Path | None = None,
) -> Ledger:
    """Read one ledger, or a folder of them.

    Parameters
    ----------
    path
        A file (xlsx, xls, ods, csv, zip ...) or a folder, read with everything in it.
    area, period
        Where and when, if the ledgers should not say it themselves: 演示省/演示01区 and 2025.
    mapping
        Headings of your own: ``{"我的表头": "unit_name"}`` (a canonical column, or one of its known headings;
        ``""`` leaves the column out).
    root
        Folders between `root` and a file tell area and period; the folder itself, or a file's own folder, by default.

    Raises
    ------
    InputError
        When there is nothing at `path`. Everything else is a row in ``problems``.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(Problem("file_unreadable", "error", str(path), "", "没有这个文件或文件夹", "", "", "核对路径"))
    listed, problems = files.list_files(path)
    base = Path(root) if root is not None else (path if path.is_dir() else path.parent)
    sheets: list[files.RawSheet] = []
    for name, file in listed:
        found, wrong = files.read_sheets(file, name=name)
        sheets += found
        problems += wrong
    folder = _folder_of(path, base)
    ages = {name: file.stat().st_mtime for name, file in listed}
    ledger = from_sheets(sheets, area=area, period=period, codebook=codebook, mapping=mapping, folder=folder, ages=ages)
    return Ledger(ledger.tables, (*problems, *ledger.problems), ledger.headings, ledger.sheets)


def _folder_of(path: Path, base: Path) -> str:
    """Folders above the listed names, from `base` (with its own name) down."""
    start = path if path.is_dir() else path.parent
    try:
        inner = start.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        inner = start.name
    return "/".join(p for p in (base.resolve().name, inner) if p not in ("", "."))


def from_sheets(
    sheets: Sequence[files.RawSheet],
    *,
    area: str | None = None,
    period: str | int | None = None,
    codebook: Codebook | None = None,
    mapping: Mapping[str, str] | None = None,
    folder: str = "",
    ages: Mapping[str, float] | None = None,
) -> Ledger:
    """The same for sheets already in memory (`read_ledger` is this behind a reader of files)."""
    book = codebook if codebook is not None else load_codebook()
    headings = headings_of(book, mapping)
    problems: list[Problem] = []
    report: list[dict[str, Any]] = []
    placed: dict[str, list[tuple[Block, Place]]] = {}
    for sheet, found in _structures(sheets, headings, problems):
        report.append(
            {
                "source_file": sheet.file,
                "source_sheet": sheet.name,
                "state": sheet.state,
                "form": None,
                **found.counts,
                "reason": found.reason,
            }
        )
        problems += found.problems
        said: set[tuple[str, str, str]] = set()
        for block in found.blocks:
            place = _place(block, found, area, None if period is None else str(period), folder)
            for conflict in place.conflicts:
                if conflict not in said:
                    said.add(conflict)
                    problems.append(
                        finding(
                            conflict[0],
                            sheet.file,
                            f"{sheet.name}!A1",
                            conflict[1],
                            f"按{conflict[2]}",
                            advice="核对后改成一致",
                            severity="question",
                        )
                    )
            report[-1].update(form=block.form, area=place.area, period=place.period)
            placed.setdefault(block.form, []).append((block, place))
    parser = Parser(headings, book.lists)
    forms: dict[str, Form] = {}
    for name in (n for n in headings.forms if n in placed):
        kept = checks.versions(placed[name], ages or {}, parser.problems)
        if kept:
            forms[name] = parser.form(name, [b for b, _ in kept], [p for _, p in kept])
    problems += parser.problems
    made = build_tables(forms, headings, getattr(book, "measures", {}), book.tables, problems)
    trace = pd.DataFrame([row for form in forms.values() for row in _trace(form, headings)], columns=HEADING_COLUMNS)
    sheet_table = pd.DataFrame(report, columns=SHEET_COLUMNS)
    counted = ["kept", "total", "heading", "title", "note", "reported"]
    sheet_table = sheet_table.astype({c: "Int64" if c in counted else "string" for c in SHEET_COLUMNS}).fillna(dict.fromkeys(counted, 0))
    return Ledger(made, tuple(problems), trace, sheet_table)


def _structures(sheets: Sequence[files.RawSheet], headings: Headings, problems: list[Problem]) -> list[tuple[files.RawSheet, Structure]]:
    """Every sheet with its blocks; hidden, cover, dictionary and summary sheets are said and keep none."""
    read: list[tuple[files.RawSheet, Structure]] = []
    for sheet in sheets:
        reason = skip_reason(sheet)
        if reason or sheet.state != "visible":
            found = Structure(reason=reason or "隐藏")
        else:
            found = structure(sheet, headings, headings.announced(PurePosixPath(sheet.file).stem))
        read.append((sheet, found))
    marked = {id(s): s.file for s in sheets if s.rows and s.rows[0] and str(s.rows[0][0]).endswith(NOT_COUNTED)}
    for at, (sheet, found) in enumerate(read):
        if id(sheet) in marked or (sheet.file in marked.values() and found.counts.get("heading") and not found.blocks):
            read[at] = (sheet, Structure(reason="写明不计入" if id(sheet) in marked else "空白的模板"))
            continue
        forms = {b.form for b in found.blocks}
        if forms and is_summary(sheet):
            others = {
                b.form for other, s in read for b in s.blocks if other.file == sheet.file and other is not sheet and not is_summary(other)
            }
            if forms <= others:
                read[at] = (sheet, found := Structure(reason="汇总表，明细在其他工作表里"))
        if found.blocks or not any(c not in (None, "") for row in sheet.rows for c in row):
            continue
        hidden = sheet.state != "visible"
        missing = "缺少必要的列" in found.reason
        code = "sheet_hidden" if hidden else "column_missing" if missing else "sheet_skipped"
        more: dict[str, Any] = {"advice": "补上必要的列"} if missing else {}
        problems.append(finding(code, sheet.file, f"{sheet.name}!A1", found.reason, "未计入", **more))
    return read


def _place(block: Block, found: Structure, area: str | None, period: str | None, folder: str) -> Place:
    file = PurePosixPath(block.sheet.file)
    above = [re.sub(r"\.zip$", "", part, flags=re.I) for part in reversed(file.parts[:-1])]
    titles = [block.section, *block.titles, *(t for t in found.titles if t not in block.titles)]
    sources = [("标题", t) for t in titles if t]
    sources += [("工作表名", block.sheet.name), ("文件名", file.stem)]
    sources += [("文件夹", part) for part in (*above, *reversed(folder.split("/"))) if part]
    return locate(sources, area=area, period=period)


def _trace(form: Form, headings: Headings) -> list[dict[str, Any]]:
    table = headings.forms[form.name]["table"]
    rows = []
    for block in form.blocks:
        if not block.rows:
            continue
        first, last = block.rows[0] + block.sheet.first_row, block.rows[-1] + block.sheet.first_row
        for column, (index, _) in block.columns.items():
            rows.append({"source_file": block.sheet.file, "source_sheet": block.sheet.name, "table": table, "column": column,
                         "heading": block.headings[column], "letter": letter(index), "first_row": first, "last_row": last})  # fmt: skip
    return rows


def build_tables(
    forms: Mapping[str, Form], headings: Headings, measures: Mapping[str, Any], specs: Mapping[str, Any], problems: list[Problem]
) -> dict[str, pd.DataFrame]:
    """Typed forms to the tables of tables.yml, with the checks on the way."""
    out: dict[str, pd.DataFrame] = {}
    unit_rows = cover = None
    if "units" in forms:
        unit_rows = tables.units(forms["units"], problems)
        cover = tables.covers(forms["units"], unit_rows)
        out["units"] = unit_rows[unit_rows["kept"]].drop(columns="unit", errors="ignore").rename(columns={"key": "unit"})
    orgs = tables.party_orgs(forms.get("party_orgs"), cover, problems)
    links = [cover] if cover is not None else []
    if "party_orgs" in forms:
        links.append(tables.covers_by_list(forms["party_orgs"], orgs, unit_rows, cover, problems))
    links = [link[[*tables.PLACE, "place_key", "link", "unit", "party_org", "mode"]] for link in links if len(link)]
    if links:
        out["covers"] = pd.concat(links, ignore_index=True)
    if len(orgs):
        out["party_organisations"] = orgs = tables.complete(orgs, out.get("covers", pd.DataFrame()), unit_rows)
    columns = {name: form["columns"] for name, form in headings.forms.items()}
    if "funds" in forms:
        out["funds"] = tables.funds(forms["funds"], orgs, columns["funds"], problems)
    if "instructors" in forms:
        out["instructor_counts"], out["visits"] = tables.instructors(forms["instructors"])
    if "activities" in forms:
        out["activities"] = tables.activities(forms["activities"], orgs, problems)
    if "stars" in forms:
        out["ratings"], out["stars"] = tables.ratings(forms["stars"], orgs, columns["stars"], problems)
    typed = [tables.figures(forms[name], measures, problems) for name in ("work_report", "figures") if name in forms]
    if typed:
        out["figures"] = pd.concat(typed, ignore_index=True)
    for name in ("policies", "areas"):
        if name in forms:
            data = forms[name].data  # its own area column wins over the place of the sheet
            out[name] = data.loc[:, ~data.columns.duplicated(keep="last")]
    made = {name: tables.shape(out.get(name, pd.DataFrame()), spec) for name, spec in specs.items() if name != "problems"}
    checks.run(forms, unit_rows, cover, made, headings, problems)
    return made
