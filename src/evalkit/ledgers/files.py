"""Read whatever an office sends into raw sheets: rows of cells as they stand, nothing stripped, nothing changed.

Files are read into memory once and closed: nothing in the source folder is written or locked. What cannot be read
becomes one clear problem; the rest goes on.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import pickle
import re
import subprocess
import sys
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import python_calamine

from evalkit.ledgers import foreign, persons
from evalkit.ledgers.findings import finding, listed
from evalkit.ledgers.reader import sheets_of
from evalkit.ledgers.scan import (
    MAX_AREA,
    MAX_DENSE_AREA,
    Refused,
    Scan,
    file_problem,
    load,
    refusal,
    scan,
    text_encoding,
    without_dimensions,
)
from evalkit.problems import Problem
from evalkit.runner.machine import Answerer, TooMuchMemory

CHILD_SECONDS, CHILD_MEMORY = 120, 4_000_000_000
READER = str(Path(__file__).with_name("reader.py"))
READ, QUIET, OWN_NAMES = {"", *listed("read")}, listed("quiet"), listed("own_names")
NOT_READ = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class RawSheet:
    """One sheet as it stands.

    ``rows[0]`` is Excel's row 1, columns begin at A. Rows and columns of merges and of cells without a value
    count from 1. Cells: text, float, int, bool, date, datetime, time; an empty cell is ``""``; an error of a formula is
    its text (``#REF!``); a formula that nobody calculated is ``""`` and stands in ``no_value``.

    ``formats``: cells of money whose number format shows a unit, with the unit that they are stored in.
    A sheet made from another one (``shaped``) tells in ``origin`` where its cells stand there, rows and columns from 0.
    """

    file: str
    name: str
    state: str
    rows: list[list[object]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    no_value: frozenset[tuple[int, int]] = frozenset()
    date_1904: bool = False
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    origin: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    shaped: str = ""
    saved: str = ""  # the day on which its workbook says that it was last saved


_Result = tuple[list[RawSheet], list[Problem]]


def _left_out(name: str) -> list[Problem] | None:
    """None for a file that is read; else what is said of leaving it out, which is nothing for most."""
    path = PurePosixPath(name)
    extension = path.suffix.lower()
    hidden = not path.parts or any(p.startswith((".", "~$", "__MACOSX")) for p in path.parts)
    if hidden or path.name in OWN_NAMES or extension in QUIET:
        return []
    known = extension in READ
    return (
        None
        if known
        else [file_problem(name, "no_table_file", "file_skipped", "warning", extension=extension)]
    )


def list_files(path: str | Path) -> tuple[list[tuple[str, Path]], list[Problem]]:
    """Files to read below a folder, in the order of their names, as (name relative to the folder, file).

    Hidden files, lock files (``~$``, with a warning: somebody has the workbook open), pictures, texts for programs and
    Evalkit's own lists are left out. Links are followed once; one that leads back to itself is a warning.
    """
    root = Path(path)
    if not root.is_dir():
        return [(persons.label(root.name), root)], named(root.name)
    files: list[tuple[str, Path]] = []
    problems: list[Problem] = []
    seen: set[str] = set()

    def failed(error: OSError) -> None:
        place = persons.label(Path(error.filename).relative_to(root).as_posix())
        problems.append(file_problem(place, "folder", reason=error.strerror))

    for at, folders, names in os.walk(root, onerror=failed, followlinks=True):
        folder, real = Path(at), os.path.realpath(at)
        folders[:] = (
            []
            if real in seen
            else sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        )
        if real in seen:
            place = persons.label(folder.relative_to(root).as_posix())
            problems.append(file_problem(place, "folder_loop", "file_skipped", "warning"))
            continue
        seen.add(real)
        for name in ((folder / n).relative_to(root).as_posix() for n in names):
            lock, said = PurePosixPath(name).name.startswith("~$"), _left_out(name)
            if lock or (said != [] and not os.path.exists(root / name)):
                said = [file_problem(name, "lock" if lock else "link", "file_skipped", "warning")]
            problems += [dataclasses.replace(p, file=persons.label(p.file)) for p in said or ()]
            if said is None:
                files.append((name, root / name))
    files.sort(key=lambda file: PurePosixPath(file[0]).parts)
    shown = persons.labels(name for name, _ in files)
    problems += [problem for name in shown.values() for problem in named(name)]
    return list(zip(shown, (file for _, file in files), strict=True)), problems


def named(name: str) -> list[Problem]:
    """What is said of a file in whose name, or folder's name, somebody is named: it is printed with 〔略〕."""
    kinds = dict.fromkeys(
        k for part in persons.readable(name).split("/") for k in persons.gate(part, "label").kinds
    )
    read, advice = "名称中的这一部分不显示", "文件名、文件夹名里不写个人信息"
    return [
        finding(
            "personal_data", persons.label(name), "", persons.KIND_NAMES[k], read, advice=advice
        )
        for k in kinds
    ]


def read_sheets(path: str | Path, *, name: str | None = None) -> _Result:
    """Every sheet of one file (of every workbook in a zip) and what could not be read; bad content never raises."""
    name = persons.label(name or Path(path).name)
    data = load(path, name)
    return ([], list(data.problems)) if isinstance(data, Scan) else read_bytes(data, name)


def read_bytes(data: bytes, name: str) -> _Result:
    """The same for the content of a file."""
    return _labelled(*_read(data, name, depth=0))


def is_read(name: str) -> bool:
    """Whether a file of this name is read as a ledger."""
    return _left_out(name) is None


def _labelled(sheets: list[RawSheet], problems: list[Problem]) -> _Result:
    """Sheets and problems with the names of sheets as they may be printed, no name of a file twice."""
    for file in dict.fromkeys(sheet.file for sheet in sheets):
        shown = persons.labels(sheet.name for sheet in sheets if sheet.file == file)
        real = {name: label for label, name in shown.items()}
        sheets = [
            dataclasses.replace(s, name=real[s.name])
            if s.file == file and s.name != real[s.name]
            else s
            for s in sheets
        ]
        problems = [
            dataclasses.replace(p, where=real[p.where]) if p.file == file and p.where in real else p
            for p in problems
        ]
        read, advice = "名称中的这一部分不显示", "工作表名里不写个人信息"
        problems += [
            finding(
                "personal_data", file, f"{label}!A1", persons.KIND_NAMES[kind], read, advice=advice
            )
            for label, name in shown.items()
            for kind in persons.gate(name, "label").kinds
        ]
    return sheets, [
        dataclasses.replace(p, where=persons.label(p.where))
        if p.where and "!" not in p.where
        else p
        for p in problems
    ]


def _read(data: bytes, name: str, depth: int) -> _Result:
    """Dispatch by what the content is; whatever a library throws at mad content becomes a problem."""
    look = scan(data, name=name)
    problems = list(look.problems)
    if look.own_output:
        return [], [file_problem(name, "own", "file_skipped", "warning")]
    if any(p.severity == "error" and not p.where for p in problems):
        return [], problems
    try:
        if look.kind == "xlsx":
            sheets = _xlsx(data, name, look, problems)
        elif look.kind in ("xls", "ods"):
            sheets = _old(data, name)
        elif look.kind == "html":
            sheets = _html(data.decode(look.encoding, errors="replace"), name)
        elif look.kind == "xml_spreadsheet":
            text = data.decode(look.encoding, errors="replace")
            sheets = [_foreign(name, table) for table in foreign.xml_spreadsheet(text)]
        elif look.kind == "mht":
            sheets = [
                dataclasses.replace(sheet, name=said if n == 1 else f"{said}（{n}）")
                for said, page in foreign.web_archive(data)
                for n, sheet in enumerate(_html(page, name), start=1)
            ]
        elif look.kind == "docx":
            sheets = [_foreign(name, table) for table in foreign.word_tables(data)]
            if not sheets:
                said = file_problem(
                    name, "no_table_file", "file_skipped", "warning", extension=".docx"
                )
                return [], [*problems, said]
        elif look.kind == "text":
            sheets = _delimited(data.decode(look.encoding, errors="replace"), name)
        elif depth > 1:
            raise refusal("zip_nested")
        else:
            return _archive(data, name, depth)
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        locked = isinstance(error, python_calamine.PasswordError)
        why = error if isinstance(error, Refused) else "password" if locked else "unreadable"
        return [], [*problems, file_problem(name, why)]
    if not sheets and not problems:
        problems.append(file_problem(name, "no_sheets"))
    return _with_day(sheets, look.saved), problems


def _with_day(sheets: list[RawSheet], saved: str) -> list[RawSheet]:
    return [dataclasses.replace(sheet, saved=saved) for sheet in sheets] if saved else sheets


def _xlsx(data: bytes, name: str, look: Scan, problems: list[Problem]) -> list[RawSheet]:
    known = {s.name: s for s in look.sheets}
    if any(s.odd_dimension for s in look.sheets):
        data = without_dimensions(data)
    wanted = {n for n, found in known.items() if not found.refused}
    sheets = []
    for sheet, _state, rows, _spans in _rows_of(data, wanted):
        found = known.get(sheet)
        if found is not None and found.refused:
            continue
        if found is None or isinstance(
            rows, str
        ):  # never looked at: reading it may ask for any amount of memory
            said = f"（{rows}）" if found else ""
            problems.append(file_problem(name, "sheet_unread", where=sheet, error=said))
            continue
        for (row, column), text in (dict.fromkeys(found.no_value, "") | found.errors).items():
            if row <= len(rows) and column <= len(rows[row - 1]):
                rows[row - 1][column - 1] = text
        sheets.append(
            RawSheet(
                name,
                sheet,
                found.state,
                rows,
                list(found.merges),
                found.no_value,
                look.date_1904,
                found.formats,
            )
        )
    return sheets


def _foreign(name: str, table: foreign.Table) -> RawSheet:
    return RawSheet(name, table.name, table.state, table.rows, table.merges, table.no_value)


def _old(data: bytes, name: str) -> list[RawSheet]:
    """The sheets of an .xls or .ods file."""
    found = _rows_of(data, None)
    if any(rows is True for _, _, rows, _ in found):
        raise refusal("too_wide")
    sheets = []
    for sheet, state, rows, spans in found:
        merges = [(a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in spans]
        sheets.append(RawSheet(name, sheet, state[0].lower() + state[1:], rows, merges=merges))
    return sheets


_apart: dict[int, Answerer] = {}  # the reader of each process; a fork begins its own
_is_reader: list[bool] = []


def read_here() -> None:
    """From now on this process, which is there to read and whose end costs one batch, reads workbooks itself.

    It may not ask for more than `CHILD_MEMORY` beside what it holds now (where the system can tell and limit that).
    """
    _is_reader[:] = [True]
    with suppress(ImportError, OSError, ValueError):
        import resource

        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(
            resource.RLIMIT_AS, (held + CHILD_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1])
        )


def _rows_of(data: bytes, wanted: set[str] | None) -> Any:
    """(name, state, rows, merged cells) of every sheet: of xlsx the rows of those `wanted`, of an old workbook all."""
    found = sheets_of(data, wanted) if _is_reader and wanted is not None else _asked(data, wanted)
    if found == "password":
        raise refusal("password")
    if found is None:
        raise refusal("unreadable")
    return found


def _asked(data: bytes, wanted: set[str] | None) -> Any:
    """What the reader apart answers; None where it died. It stays for the next file, so that a start is paid once."""
    command = [sys.executable, "-P", READER, str(CHILD_MEMORY)]
    reader = _apart.setdefault(os.getpid(), Answerer(command, CHILD_MEMORY, CHILD_SECONDS))
    try:
        answer = reader.ask(pickle.dumps((data, wanted), 5))
    except subprocess.TimeoutExpired:
        raise refusal("too_slow", seconds=CHILD_SECONDS) from None
    except TooMuchMemory:
        raise refusal("too_much_memory", gigabytes=CHILD_MEMORY // 10**9) from None
    return pickle.loads(answer) if answer else None  # made by our own child


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines most evenly: the one most lines agree on, then the most cells."""
    lines = [line for line in text[:60_000].splitlines()[:60] if line.strip()]
    best, score = ",", (0.0, 0)
    for candidate in "\t,;|，":
        counts = [n for line in lines if (n := re.sub(r'"[^"]*"', "", line).count(candidate))]
        if counts:
            common = max(set(counts), key=lambda n: (counts.count(n), n))
            score, best = max((score, best), ((len(counts) / len(lines), common), candidate))
    return best


def _delimited(text: str, name: str) -> list[RawSheet]:
    text = text.lstrip("\ufeff")
    first = text[:20].lower()
    delimiter = text[4] if first.startswith("sep=") and len(text) > 4 else _delimiter(text)
    csv.field_size_limit(10_000_000)
    quoting: Any = (
        csv.QUOTE_NONE if text.count('"') % 2 else csv.QUOTE_MINIMAL
    )  # one left open would swallow the rows below
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    rows: list[list[object]] = [list(row) for row in reader]
    if first.startswith("sep=") and rows:
        rows[0] = []
    width = max(map(len, rows), default=0)
    if len(rows) * width > MAX_DENSE_AREA:
        raise refusal("too_big_text")
    for row in rows:
        row.extend([""] * (width - len(row)))
    return [RawSheet(name, PurePosixPath(name).stem, "visible", rows)]


_LINE = "\ue000"  # stands for the beginning of a line while a page's text is put together


def _html(text: str, name: str) -> list[RawSheet]:
    """The tables of a page; a table inside a cell is text of that cell."""
    from lxml import etree, html

    page = html.document_fromstring(
        text.encode(), parser=html.HTMLParser(encoding="utf-8", remove_comments=True)
    )
    etree.strip_elements(page, "style", "script", "title", with_tail=False)
    for mark in page.iter("br", "p", "div"):
        mark.text = _LINE + (mark.text or "")
    tables: dict[
        Any, dict[Any, list[Any]]
    ] = {}  # of every outer table the cells by what holds them, which is seldom no <tr>
    for part in page.iter("tr", "td", "th"):
        table = [*part.iterancestors("table")]
        if len(table) == 1:
            row = tables.setdefault(table[0], {}).setdefault(
                part if part.tag == "tr" else part.getparent(), []
            )
            row += [part] if part.tag != "tr" else []
    filled = [[*rows.values()] for rows in tables.values() if any(rows.values())]
    if not filled:
        raise refusal("no_table")
    return [_html_sheet(rows, name, n) for n, rows in enumerate(filled, start=1)]


def _html_sheet(table: list[list[Any]], name: str, number: int) -> RawSheet:
    cells: dict[tuple[int, int], str] = {}
    merges = []
    for r, row in enumerate(table):
        c = 0
        for cell in row:
            while (r, c) in cells:
                c += 1
            down, across = (_span(cell.get(side, "")) for side in ("rowspan", "colspan"))
            down = min(down, len(table) - r)
            if len(cells) + down * across > MAX_AREA:
                raise refusal("too_big")
            cells.update({(r + i, c + j): "" for i in range(down) for j in range(across)})
            lines = "".join(cell.itertext()).split(_LINE)
            cells[r, c] = "\n".join(" ".join(line.split()) for line in lines).strip()
            if down * across > 1:
                merges.append((r + 1, c + 1, r + down, c + across))
            c += across
    width = max((c for _, c in cells), default=-1) + 1
    rows: list[list[object]] = [
        [cells.get((r, c), "") for c in range(width)] for r in range(len(table))
    ]
    return RawSheet(name, f"表{number}", "visible", rows, merges=merges)


def _span(said: str) -> int:
    number = re.match(r"\s*0*([1-9]\d{0,3})", said)
    return min(int(number[1]), 1000) if number else 1


def member_name(info: zipfile.ZipInfo) -> str:
    """The name of a member: UTF-8 where marked, else UTF-8 or GB18030 written without a mark by Windows tools."""
    raw = info.filename.encode("cp437", errors="replace")
    encoding = "" if info.flag_bits & 0x800 else text_encoding(raw)
    name = raw.decode(encoding).replace("\\", "/") if encoding else info.filename
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def _archive(data: bytes, name: str, depth: int) -> _Result:
    sheets: list[RawSheet] = []
    problems: list[Problem] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members: dict[str, list[zipfile.ZipInfo]] = {}
        for info in archive.infolist():
            members.setdefault(member_name(info), []).append(info)
        for member, real, info in (
            (m, r, i) for m, r in persons.labels(sorted(members)).items() for i in members[r]
        ):
            problems += [
                dataclasses.replace(p, file=f"{name}/{member}")
                for p in named(real)
                if _left_out(real) is None
            ]
            said = [] if info.is_dir() else _left_out(member)
            problems += [dataclasses.replace(p, file=f"{name}/{member}") for p in said or ()]
            if said is not None:
                continue
            try:
                more, found = _read(archive.read(info), f"{name}/{member}", depth + 1)
            except NOT_READ:
                more, found = [], [file_problem(f"{name}/{member}", "zip_member")]
            sheets += more
            problems += found
    if not sheets and not problems:
        problems.append(file_problem(name, "zip_empty", "file_empty"))
    return sheets, problems
