"""Read whatever an office sends into raw sheets: rows of cells as they stand, nothing stripped, nothing changed.

Files are read into memory once and closed: nothing in the source folder is written or locked. What cannot be read
becomes one clear problem; the rest goes on.
"""

from __future__ import annotations

import csv
import io
import os
import pickle
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

import python_calamine

from evalkit.ledgers.scan import MAX_AREA, SAVE_AS, Refused, Scan, SheetScan, check_zip, load, scan, unreadable
from evalkit.problems import Problem

CHILD_SECONDS, CHILD_MEMORY = 120, 4_000_000_000
READ = frozenset(".xlsx .xlsm .xltx .xltm .xls .xlt .ods .csv .tsv .txt .zip .et .ett .htm .html .xlsb".split()) | {""}
QUIET = frozenset(
    ".yml .yaml .md .json .py .ipynb .log .png .jpg .jpeg .gif .bmp .db .ini .parquet"
    " .lnk .url .css .js .bat .sh .toml .lock".split()
)
OWN_NAMES = frozenset({"problems.xlsx", "问题清单.xlsx"})


@dataclass(frozen=True)
class RawSheet:
    """One sheet as it stands.

    ``rows[0]`` is the Excel row ``first_row``; columns begin at A. Rows and columns of merges, hidden rows and cells
    without a value count from 1. Cells: text, float, int, bool, date, datetime, time; an empty cell is ``""``; an error
    of a formula is its text (``#REF!``); a formula that nobody calculated is ``""`` and stands in ``no_value``.
    """

    file: str
    name: str
    state: str
    rows: list[list[object]]
    first_row: int = 1
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: frozenset[int] = frozenset()
    no_value: frozenset[tuple[int, int]] = frozenset()
    date_1904: bool = False


_Result = tuple[list[RawSheet], list[Problem]]


def list_files(path: str | Path) -> tuple[list[tuple[str, Path]], list[Problem]]:
    """Files to read below a folder, in the order of their names, as (name relative to the folder, file).

    Hidden files, lock files (``~$``, with a warning: somebody has the workbook open), pictures, texts for programs and
    Evalkit's own lists are left out. Links are followed once; one that leads back to itself is a warning.
    """
    root = Path(path)
    if not root.is_dir():
        return [(root.name, root)], []
    files: list[tuple[str, Path]] = []
    problems: list[Problem] = []
    seen: set[str] = set()

    def skipped(name: str, found: str, advice: str) -> None:
        problems.append(Problem("file_skipped", "warning", name, found=found, advice=advice))

    def walk(folder: Path, prefix: str) -> None:
        real = os.path.realpath(folder)
        if real in seen:
            skipped(prefix.rstrip("/"), "文件夹链接绕回已读过的地方", "已跳过，不影响其他文件")
            return
        seen.add(real)
        try:
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as error:
            problems.append(unreadable(prefix.rstrip("/"), f"文件夹打不开（{error.strerror}）", "请检查权限"))
            return
        for entry in entries:
            name, extension = prefix + entry.name, PurePosixPath(entry.name).suffix.lower()
            if entry.name.startswith("~$"):
                skipped(name, "WPS 或 Excel 的临时锁文件", "对应的工作簿可能正被打开；已读取其最近保存的内容")
            elif entry.name.startswith((".", "__MACOSX")) or entry.name in OWN_NAMES or extension in QUIET:
                continue
            elif entry.is_symlink() and not os.path.exists(entry.path):
                skipped(name, "链接指向不存在的地方或指向自身", "请直接放入文件")
            elif entry.is_dir():
                walk(Path(entry.path), name + "/")
            elif extension in READ:
                files.append((name, Path(entry.path)))
            else:
                skipped(name, f"不是表格文件（{extension}）", "如含数据，" + SAVE_AS)

    walk(root, "")
    return files, problems


def read_sheets(path: str | Path, *, name: str | None = None) -> _Result:
    """Every sheet of one file (of every workbook in a zip) and what could not be read; bad content never raises."""
    name = name or Path(path).name
    data = load(path, name)
    if isinstance(data, Scan):
        return [], list(data.problems)
    return _read(data, name, scan(data, name=name), depth=0)


def _read(data: bytes, name: str, look: Scan, depth: int) -> _Result:
    """Dispatch by what the content is; whatever a library throws at mad content becomes a problem."""
    problems = list(look.problems)
    if look.own_output:
        return [], [
            Problem("file_skipped", "warning", name, found="这是本程序写出的清单或批注件", advice="不作为台账读取")
        ]
    if not look.readable or look.kind in ("unknown", "empty", "encrypted"):
        return [], problems
    try:
        if look.kind == "xlsx":
            sheets = _xlsx(data, name, look, problems)
        elif look.kind in ("xls", "ods"):
            sheets = _in_child(data, name, look.kind)
        elif look.kind == "html":
            sheets = _html(data.decode(look.encoding, errors="replace"), name)
        elif look.kind == "text":
            sheets = _delimited(data.decode(look.encoding, errors="replace"), name)
        else:
            if depth > 1:
                raise Refused("压缩包里套了两层以上的压缩包", "请解压后报送")
            return _archive(data, name, problems, depth)
    except Refused as why:
        return [], [*problems, unreadable(name, *why.args)]
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)) or (
            not isinstance(error, Exception) and type(error).__name__ != "PanicException"
        ):
            raise
        locked = isinstance(error, python_calamine.PasswordError)
        return [], [*problems, unreadable(name, "工作簿设有打开密码" if locked else "文件内容读不出来，可能已损坏")]
    if not sheets and not problems:
        problems.append(unreadable(name, "工作簿里没有工作表"))
    return sheets, problems


def _xlsx(data: bytes, name: str, look: Scan, problems: list[Problem]) -> list[RawSheet]:
    known = {s.name: s for s in look.sheets}
    sheets = []
    if look.external_links:
        problems.append(
            Problem(
                "file_noted",
                "warning",
                name,
                found="含有指向其他工作簿的链接",
                advice="按文件中保存的数值读取，未打开链接",
            )
        )
    if look.macros:
        problems.append(
            Problem(
                "file_noted",
                "warning",
                name,
                found="含有宏",
                advice="宏未执行，只读取数值；报送时请另存为不含宏的 .xlsx",
            )
        )
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        for meta in book.sheets_metadata:
            if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            found = known.get(meta.name, SheetScan(meta.name, refused=True))
            if found.refused:
                if meta.name not in known:
                    problems.append(unreadable(name, "工作表读不出来", SAVE_AS + "；其余工作表照常读取", meta.name))
                continue
            try:
                rows: list[list[Any]] = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
            except python_calamine.CalamineError as error:
                problems.append(
                    unreadable(
                        name, f"工作表读不出来（{type(error).__name__}）", SAVE_AS + "；其余工作表照常读取", meta.name
                    )
                )
                continue
            for (row, column), text in (dict.fromkeys(found.no_value, "") | found.errors).items():
                if row <= len(rows) and column <= len(rows[row - 1]):
                    rows[row - 1][column - 1] = text
            merges, hidden = list(found.merges), found.hidden_rows
            sheets.append(
                RawSheet(name, meta.name, found.state, rows, 1, merges, hidden, found.no_value, look.date_1904)
            )
    return sheets


# The reader of old workbooks runs apart: a mad file may exhaust memory or hang, and only the child dies of it.
_CHILD = f"""
import pickle, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({CHILD_MEMORY}, {CHILD_MEMORY}))
except Exception:
    pass
import python_calamine as c
out = []
try:
    book = c.CalamineWorkbook.from_path(sys.argv[1])
    for m in book.sheets_metadata:
        if m.typ != c.SheetTypeEnum.WorkSheet:
            continue
        s = book.get_sheet_by_name(m.name)
        h, w = s.total_height, s.total_width
        if h * w > 30 * {MAX_AREA}:
            out.append((m.name, str(m.visible), None, []))
            continue
        out.append((m.name, str(m.visible), s.to_python(skip_empty_area=False), s.merged_cell_ranges or []))
except c.PasswordError:
    out = "password"
pickle.dump(out, sys.stdout.buffer)
"""


def _in_child(data: bytes, name: str, kind: str) -> list[RawSheet]:
    handle, copy = tempfile.mkstemp(suffix="." + kind)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        try:
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, copy], capture_output=True, timeout=CHILD_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise Refused(f"读取超过 {CHILD_SECONDS} 秒，未读完", SAVE_AS) from None
    finally:
        os.unlink(copy)
    if done.returncode or not done.stdout:
        raise Refused("文件内容读不出来，可能已损坏", SAVE_AS)
    found: Any = pickle.loads(done.stdout)  # made by our own child
    if found == "password":
        raise Refused("工作簿设有打开密码", "请取消密码，另存为 .xlsx 后再试")
    if any(rows is None for _, _, rows, _ in found):
        raise Refused("内容散布过广，超出可读范围", "请删除表格以外的多余单元格，另存为 .xlsx 后再试")
    states = {"VeryHidden": "veryHidden", "Hidden": "hidden"}
    return [
        RawSheet(
            name, sheet, states.get(state.rpartition(".")[2], "visible"), rows,
            merges=[(a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in merges],
        )
        for sheet, state, rows, merges in found
    ]  # fmt: skip


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
    rows: list[list[object]] = [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    if first.startswith("sep=") and rows:
        rows[0] = []
    width = max(map(len, rows), default=0)
    if len(rows) * width > 30 * MAX_AREA:
        raise Refused("表格过大", "请拆成几个文件")
    for row in rows:
        row.extend([""] * (width - len(row)))
    return [RawSheet(name, PurePosixPath(name).stem, "visible", rows)]


class _Tables(HTMLParser):
    """Cells of the tables of a page; a table inside a cell is text of that cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[tuple[str, int, int]]]] = []
        self.depth = 0
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.silent = 0

    def _close(self) -> None:
        if self.cell is not None and self.tables and self.tables[-1]:
            text = "\n".join(" ".join(line.split()) for line in "".join(self.cell).split("\0")).strip()
            self.tables[-1][-1].append((text, *self.span))
        self.cell = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "title"):
            self.silent += 1
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
        elif self.depth == 1 and tag == "tr":
            self._close()
            self.tables[-1].append([])
        elif self.depth == 1 and tag in ("td", "th"):
            self._close()
            at = {k: v or "" for k, v in attrs}
            self.span = tuple(
                min(int(v), 1000) if (v := at.get(k, "1")).isdecimal() and int(v) else 1 for k in ("rowspan", "colspan")
            )  # type: ignore[assignment]
            if not self.tables[-1]:
                self.tables[-1].append([])
            self.cell = []
        elif tag in ("br", "p", "div") and self.cell is not None:
            self.cell.append("\0")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self.silent = max(0, self.silent - 1)
        elif tag == "table":
            if self.depth == 1:
                self._close()
            self.depth = max(0, self.depth - 1)
        elif self.depth == 1 and tag in ("td", "th", "tr"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.silent:
            self.cell.append(data)


def _html(text: str, name: str) -> list[RawSheet]:
    parser = _Tables()
    parser.feed(text)
    parser.close()
    sheets = []
    for n, table in enumerate((t for t in parser.tables if any(t)), start=1):
        cells: dict[tuple[int, int], str] = {}
        merges = []
        for r, row in enumerate(table):
            c = 0
            for value, down, across in row:
                while (r, c) in cells:
                    c += 1
                down = min(down, len(table) - r)
                if len(cells) + down * across > MAX_AREA:
                    raise Refused("表格过大", SAVE_AS)
                cells.update({(r + i, c + j): "" for i in range(down) for j in range(across)})
                cells[r, c] = value
                if down * across > 1:
                    merges.append((r + 1, c + 1, r + down, c + across))
                c += across
        width = max((c for _, c in cells), default=-1) + 1
        rows: list[list[object]] = [[cells.get((r, c), "") for c in range(width)] for r in range(len(table))]
        sheets.append(RawSheet(name, f"表{n}", "visible", rows, merges=merges))
    if not sheets:
        raise Refused("网页里没有表格", SAVE_AS)
    return sheets


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name of a member: UTF-8 where marked, else UTF-8 or GB18030 written without a mark by Windows tools."""
    if info.flag_bits & 0x800:
        return info.filename
    raw = info.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return info.filename


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    for member, info in sorted(((_member_name(i), i) for i in archive.infolist()), key=lambda m: m[0]):
        parts = PurePosixPath(member).parts
        if (
            not info.is_dir()
            and parts
            and not any(p.startswith((".", "~$", "__MACOSX")) for p in parts)
            and parts[-1] not in OWN_NAMES
        ):
            yield member, info


def _archive(data: bytes, name: str, problems: list[Problem], depth: int) -> _Result:
    sheets: list[RawSheet] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_zip(archive)
        for member, info in _members(archive):
            inner, extension = f"{name}/{member}", PurePosixPath(member).suffix.lower()
            if extension not in READ:
                if extension not in QUIET:
                    problems.append(
                        Problem(
                            "file_skipped",
                            "warning",
                            inner,
                            found=f"不是表格文件（{extension}）",
                            advice="如含数据，" + SAVE_AS,
                        )
                    )
                continue
            try:
                content = archive.read(info)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
                problems.append(unreadable(inner, "压缩包中的这个文件已损坏或不完整", "请重新打包报送"))
                continue
            more, found = _read(content, inner, scan(content, name=inner), depth + 1)
            sheets += more
            problems += found
    if not sheets and not problems:
        problems.append(Problem("file_empty", "error", name, found="压缩包里没有表格", advice="请检查打包是否正确"))
    return sheets, problems
