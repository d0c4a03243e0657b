"""`read_ledger`: a file or a folder of ledgers, as offices keep them, to checked tables. No configuration is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook, load_codebook
from evalkit.codebook.kept import COUNTS, HEADING_COLUMNS, SAVED, SHEET_COLUMNS, STATED
from evalkit.ledgers import checks, extracts, files, persons, shapes
from evalkit.ledgers.account import Accounts, SheetAccount, column_table, row_table, unread
from evalkit.ledgers.delivered import day_told
from evalkit.ledgers.findings import RULES, finding
from evalkit.ledgers.forms import Form, Parser
from evalkit.ledgers.grid import is_summary, skip_reason, structure
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.making.stored import shape
from evalkit.ledgers.making.tables import build_tables
from evalkit.ledgers.overrides import SheetEntry, entries_of, words_for
from evalkit.ledgers.place import Place, area_names, locate
from evalkit.ledgers.regions import Region, Structure, row_at
from evalkit.ledgers.rows import counts_of
from evalkit.ledgers.settled_periods import quarters_missing, with_settled_periods
from evalkit.problems import InputError, Problem, visible
from evalkit.world.columns import letter

NOT_COUNTED = "（程序不计入本表）"  # ends the first cell of a sheet that its author wants left out without a word


_WHERE = (("area_missing", "area_name", "area"), ("period_missing", "period", "period"))


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
    account
        What became of every row and column of every sheet; `rows` and `columns` are it as tables.
    """

    tables: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...]
    headings: pd.DataFrame
    sheets: pd.DataFrame
    measures: pd.DataFrame | None = None
    account: tuple[SheetAccount, ...] = ()

    @cached_property
    def rows(self) -> pd.DataFrame:
        """What became of every row: file, sheet, first_row, last_row, kind, rule, outcome (`evalkit.ledgers.account`)."""
        return row_table(self.account)

    @cached_property
    def columns(self) -> pd.DataFrame:
        """What became of every column: file, sheet, row, letter, heading, form, column, rule."""
        return column_table(self.account)


def read_ledger(
    path: str | Path,
    *,
    area: str | None = None,
    period: str | int | None = None,
    codebook: Codebook | None = None,
    mapping: Mapping[str, Any] | None = None,
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
        ``""`` leaves the column out); under 按表指定 what rows and columns of single sheets are (`overrides`).
    root
        Folders between `root` and a file tell area and period; the folder itself, or a file's own folder, by default.

    Raises
    ------
    InputError
        When there is nothing at `path`. Everything else is a row in ``problems``.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            Problem(
                "file_unreadable",
                "error",
                str(path),
                "",
                "没有这个文件或文件夹",
                "",
                "",
                "核对路径",
            )
        )
    listed, problems = files.list_files(path)
    base = Path(root) if root is not None else (path if path.is_dir() else path.parent)
    sheets: list[files.RawSheet] = []
    for name, file in listed:
        found, wrong = files.read_sheets(file, name=name)
        sheets += found
        problems += wrong
    folder = _folder_of(path, base)
    ages = {name: file.stat().st_mtime for name, file in listed}
    ledger = from_sheets(
        sheets,
        area=area,
        period=period,
        codebook=codebook,
        mapping=mapping,
        folder=folder,
        ages=ages,
    )
    return replace(ledger, problems=(*problems, *ledger.problems))


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
    mapping: Mapping[str, Any] | None = None,
    folder: str = "",
    ages: Mapping[str, float] | None = None,
    areas: frozenset[str] = frozenset(),
) -> Ledger:
    """The same for sheets already in memory (`read_ledger` is this behind a reader of files)."""
    book = codebook if codebook is not None else load_codebook()
    headings = Headings(book.headings, mapping)
    entries = entries_of(mapping)
    shaping = shapes.Shaping(headings, book.lists, getattr(book, "measures", {}))
    accounts = Accounts(sheets, headings)
    as_sent = sheets
    sheets = shapes.shaped(sheets, shaping, entries)
    accounts.shaped(shaping.told, shaping.columns)
    problems: list[Problem] = list(shaping.problems)
    report: list[dict[str, Any]] = []
    placed: dict[str, list[tuple[Region, Place]]] = {}
    nothing: list[dict[str, Any]] = []
    number = {id(sheet): n for n, sheet in enumerate(sheets)}
    stated = _days_stated(as_sent)
    for sheet, found in _structures(sheets, headings, problems, entries):
        accounts.read(sheet, found)
        row: dict[str, Any] = {
            "source_file": sheet.file,
            "source_sheet": sheet.name,
            "state": sheet.state,
            **counts_of(found.rules),
            "reason": found.reason,
            **_handed_in(sheet, stated),
        }
        report.append(row)
        problems += found.problems
        conflicts: dict[tuple[str, str, str], None] = {}
        unsaid: set[str] = set()
        if found.stated is not None:
            place = _place(
                found.stated, found, area, None if period is None else str(period), folder
            )
            conflicts |= dict.fromkeys(place.conflicts)
            row.update(form=found.stated.form, area=place.area, period=place.period)
            nothing.append(
                {
                    "area": place.area,
                    "period": place.period,
                    "sheet": number[id(sheet)],
                    "source_row": found.stated_at[0] + 1,
                    "ledger": headings.forms[found.stated.form]["table"],
                }
            )
            unsaid |= {code for code, _, said in _WHERE if not getattr(place, said)}
        for block in found.blocks:
            place = _place(block, found, area, None if period is None else str(period), folder)
            if place.since and headings.forms[block.form]["table"] == "figures":
                problems.append(_counts_since(sheet, place))
                place = replace(place, period=None)
            conflicts |= dict.fromkeys(place.conflicts)
            own = block.columns.keys() | (
                {"area_name", "period"} if block.form in ("areas", "policies", "figures") else set()
            )
            unsaid |= {
                code for code, c, said in _WHERE if c not in own and not getattr(place, said)
            }
            row.update(form=block.form, area=place.area, period=place.period)
            placed.setdefault(block.form, []).append((block, place))
        problems += [
            finding(code, sheet.file, f"{sheet.name}!A1", advice="在标题、文件名或文件夹名里写明")
            for code in sorted(unsaid)
        ]
        for code, said, read in conflicts:
            at = f"{sheet.name}!A1"
            problems.append(
                finding(
                    code,
                    sheet.file,
                    at,
                    said,
                    f"按{read}",
                    advice="核对后改成一致",
                    severity="question",
                )
            )
    if period is None:
        as_told = placed
        placed = with_settled_periods(as_told, headings)
        problems += quarters_missing(as_told, placed, headings)
        _note_periods(report, placed)
    parser = Parser(headings, book.lists, sheets, areas | named_areas(sheets) | _areas_told(placed))
    forms: dict[str, Form] = {}
    for name in (n for n in headings.forms if n in placed):
        kept, settled = extracts.settle(name, placed[name], ages or {})
        parser.problems += settled
        _tell_versions(placed[name], kept, accounts)
        forms[name] = parser.form(name, [b for b, _ in kept], [p for _, p in kept])
    problems += parser.problems
    raw, unit_rows = build_tables(forms, headings, getattr(book, "measures", {}), problems)
    raw["nothing"] = pd.DataFrame(nothing)
    for form in forms.values():
        for record, rule in form.said.items():
            accounts.said(form.block_of(record).sheet, form.row_of(record), rule)
    specs = {name: spec for name, spec in book.tables.items() if name != "problems"}
    made = {
        name: shape(raw.get(name, pd.DataFrame()), spec, sheets) for name, spec in specs.items()
    }
    problems += checks.run(forms, unit_rows, raw, made, headings)
    account = accounts.made()
    problems = persons.told([*problems, *unread(account)])
    trace = pd.DataFrame(
        [row for form in forms.values() for row in _trace(form, headings)], columns=HEADING_COLUMNS
    )
    types = {c: "Int64" if c in COUNTS else "string" for c in SHEET_COLUMNS}
    sheet_table = (
        pd.DataFrame(report, columns=SHEET_COLUMNS).astype(types).fillna(dict.fromkeys(COUNTS, 0))
    )
    return Ledger(made, tuple(problems), trace, sheet_table, account=account)


def _tell_versions(
    placed: Sequence[tuple[Region, Place]],
    kept: Sequence[tuple[Region, Place]],
    accounts: Accounts,
) -> None:
    """The rows of an earlier version of a ledger that are not read: accounted for."""
    rows: dict[int, set[int]] = {}
    for block, _ in kept:
        rows.setdefault(id(block.sheet), set()).update(block.rows)
    for block, _ in placed:
        for row in set(block.rows) - rows.get(id(block.sheet), set()):
            accounts.said(block.sheet, row, "ledger_duplicate")


AREAS = ("areas", "地区")  # names of the file that lists the areas


def named_areas(sheets: Sequence[files.RawSheet]) -> frozenset[str]:
    """Every name in areas.xlsx: with it the office says what is an area."""
    listed = [s for s in sheets if PurePosixPath(s.file).stem in AREAS]
    texts = (
        cell for sheet in listed for row in sheet.rows for cell in row if isinstance(cell, str)
    )
    named = (part for text in texts for part in re.sub(r"\s+", "", visible(text)).split("/"))
    return frozenset(
        part for part in named if re.search(r"[A-Za-z\u3400-\u9fff]", part) and len(part) <= 60
    )


def _areas_told(placed: Mapping[str, list[tuple[Region, Place]]]) -> frozenset[str]:
    """Areas that titles, files and columns of these ledgers name with their ending."""
    found: set[str] = set()
    for block, place in (pair for pairs in placed.values() for pair in pairs):
        found.update(name for _, name in place.levels)
        for column in ("area_name", "township"):
            if at := block.columns.get(column):
                rows = (block.sheet.rows[i] for i in block.rows)
                cells = {
                    row[at.index]
                    for row in rows
                    if at.index < len(row) and isinstance(row[at.index], str)
                }
                clear = (str(cell) for cell in cells if not persons.gate(str(cell), "label").kinds)
                found.update(name for cell in clear for _, name in area_names(cell))
    return frozenset(found)


def _structures(
    sheets: Sequence[files.RawSheet],
    headings: Headings,
    problems: list[Problem],
    entries: Sequence[SheetEntry] = (),
) -> Iterator[tuple[files.RawSheet, Structure]]:
    """Every sheet with its blocks; hidden, cover, dictionary and summary sheets are said and keep none."""
    read: list[tuple[files.RawSheet, Structure]] = []
    forms: dict[str, set[str]] = {}  # of a file's own sheets, summaries aside
    quiet = {
        id(s): s.file
        for s in sheets
        if s.rows and s.rows[0] and str(s.rows[0][0]).endswith(NOT_COUNTED)
    }
    for sheet in sheets:
        reason = skip_reason(sheet) or ("隐藏" if sheet.state != "visible" else "")
        told = headings.announced(PurePosixPath(sheet.file).stem)
        own = words_for(entries, sheet.file, sheet.name)
        found = Structure(reason=reason) if reason else structure(sheet, headings, told, own)
        read.append((sheet, found))
        if not is_summary(sheet):
            forms.setdefault(sheet.file, set()).update(b.form for b in found.blocks)
    for sheet, found in read:
        if id(sheet) in quiet:
            found = Structure(reason="写明不计入")
        elif found.stated is not None and not is_summary(sheet):
            said = found.stated_at
            name = headings.forms[found.stated.form]["name"]
            problems.append(
                finding(
                    "ledger_nothing",
                    sheet.file,
                    f"{sheet.name}!A{said[0] + 1}",
                    persons.shown(said[1]),
                    f"没有：{name}按零计入",
                )
            )
        elif sheet.file in quiet.values() and _not_filled(found, headings):
            found = Structure(reason="空白的模板")
        else:
            if (
                found.blocks
                and is_summary(sheet)
                and {b.form for b in found.blocks} <= forms.get(sheet.file, set())
            ):
                found = Structure(reason="汇总表，明细在其他工作表里")
            if not found.blocks and any(c not in (None, "") for row in sheet.rows for c in row):
                missing = found.lack == "columns"
                code = (
                    "sheet_hidden"
                    if sheet.state != "visible"
                    else "column_missing"
                    if missing
                    else "sheet_skipped"
                )
                card = found.lack == "one_unit"
                advice = (
                    "补上必要的列" if missing else "请汇总成一行一个单位的台账" if card else None
                )
                problems.append(
                    finding(
                        code, sheet.file, f"{sheet.name}!A1", found.reason, "未计入", advice=advice
                    )
                )
        yield sheet, found


def _not_filled(found: Structure, headings: Headings) -> bool:
    """Whether a sheet of our own template is empty: headings alone, or items none of which has a value."""
    if not found.blocks:
        return "heading" in found.rules
    return all(_no_values(block, headings) for block in found.blocks)


def _no_values(block: Region, headings: Headings) -> bool:
    at = block.columns.get("value")
    if headings.forms[block.form].get("layout") != "items" or at is None:
        return False
    rows = (block.sheet.rows[index] for index in block.rows)
    return all(len(row) <= at.index or row[at.index] in (None, "") for row in rows)


def _place(
    block: Region, found: Structure, area: str | None, period: str | None, folder: str
) -> Place:
    file = PurePosixPath(block.sheet.file)
    above = [re.sub(r"\.zip$", "", part, flags=re.I) for part in reversed(file.parts[:-1])]
    titles = [block.section, *block.titles, *(t for t in found.titles if t not in block.titles)]
    sources = [
        *(("标题", t) for t in titles),
        ("工作表名", block.sheet.name),
        ("文件名", file.stem),
    ]
    sources += [("文件夹", part) for part in (*above, *reversed(folder.split("/")))]
    said = [(label, visible(text)) for label, text in sources if text]
    # the day on which a form was filled in tells its year only where nothing else does: 2025年度, filled in January 2026
    told = locate(
        [(label, _FILLED_ON.sub("", text)) for label, text in said], area=area, period=period
    )
    return told if told.period else locate(said, area=area, period=period)


_FILLED_ON = re.compile(RULES["place"]["filled_on"])


def _days_stated(sheets: Sequence[files.RawSheet]) -> dict[str, dict[str, str]]:
    """By file and sheet the day that a form states; a sheet that states none has that of another sheet of its file."""
    found: dict[str, dict[str, str]] = {}
    for sheet in sheets:
        if day := day_told(sheet.rows):
            found.setdefault(sheet.file, {})[sheet.name] = day
    return found


def _handed_in(sheet: files.RawSheet, stated: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    days = stated.get(sheet.file, {})
    day = days.get(sheet.name) or max(days.values(), default="")
    by = STATED if day else SAVED if sheet.saved else ""
    return {"handed_in": day or sheet.saved, "handed_in_by": by}


def _counts_since(sheet: files.RawSheet, place: Place) -> Problem:
    """What is said of totals that count from the beginning of the year: they are no period's."""
    found = f"写的是“{place.since}”，是从年初起的累计数"
    return finding("period_since", sheet.file, f"{sheet.name}!A1", found)


def _note_periods(
    report: Sequence[dict[str, Any]], placed: Mapping[str, list[tuple[Region, Place]]]
) -> None:
    """The sheets' periods as they were settled."""
    settled = {
        (block.sheet.file, block.sheet.name): place.period
        for pairs in placed.values()
        for block, place in pairs
    }
    for row in report:
        key = row["source_file"], row["source_sheet"]
        if key in settled and row.get("period") is not None:
            row["period"] = settled[key]


def _trace(form: Form, headings: Headings) -> Iterator[tuple[Any, ...]]:
    table = headings.forms[form.name]["table"]
    for block in (b for b in form.blocks if b.rows):
        sheet, rows = block.sheet, [block.rows[n] + 1 for n in (0, -1)]
        rows = [row_at(sheet, row) for row in rows]
        for column, at in block.columns.items():
            heading = persons.gate(block.headings[column], "body").text
            index = sheet.origin.get((block.rows[0], at.index), (0, at.index))[1]
            yield sheet.file, sheet.name, table, column, heading, letter(index), *rows
