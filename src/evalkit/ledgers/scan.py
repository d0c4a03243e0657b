"""Look at a file before any reader does: what it really is, and whether its sheets can be read safely.

Nothing is decided by the extension. Workbooks are looked at in the zip: sizes first, then the sheet XML as a stream of
bytes matched by regular expressions (no XML entity is ever expanded; a part with a DTD is refused). A workbook of
5 KB whose only cells are A1 and XFD1048576 would otherwise make the reader ask for 550 GB.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from evalkit.problems import Problem

MAX_UNPACKED = 500_000_000  # bytes of a zip, unpacked
MAX_RATIO, RATIO_FROM = 200, 10_000_000  # packed 1:200 is refused from 10 MB unpacked
MAX_AREA = 1_000_000  # cells from A1 to the last one; more only where at least every fifth of them is filled
MAX_DENSE_AREA, MIN_DENSITY = 30_000_000, 0.2
CHUNK = 4_000_000
OUTPUT_MARK = b"evalkit:output"  # in the keywords of a workbook that Evalkit wrote to be read by people

SAVE_AS = "请用 WPS 或 Excel 打开，另存为“Excel 工作簿（*.xlsx）”后再试"
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


@dataclass(frozen=True)
class SheetScan:
    """One sheet of an xlsx workbook; rows and columns count from 1.

    ``rows``, ``columns`` (the last used) and ``cells`` count empty formatted cells too, unless that makes a large area.
    """

    name: str
    state: str = "visible"
    rows: int = 0
    columns: int = 0
    cells: int = 0
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[tuple[int, int, int, int], ...] = ()
    no_value: frozenset[tuple[int, int]] = frozenset()  # formulas that nobody calculated
    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # #REF! and the like
    refused: bool = False


@dataclass(frozen=True)
class Scan:
    """What a file is: ``kind`` one of xlsx, xls, ods, text, html, zip, encrypted, empty, directory, unknown."""

    kind: str
    sheets: tuple[SheetScan, ...] = ()
    encoding: str = ""
    date_1904: bool = False
    macros: bool = False
    external_links: bool = False
    own_output: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def readable(self) -> bool:
        return not any(p.severity == "error" and not p.where for p in self.problems)


class Refused(Exception):
    """Why a file is not read: (what was found, what to do), in Chinese."""


def unreadable(name: str, found: str, advice: str = SAVE_AS, where: str = "") -> Problem:
    return Problem("file_unreadable", "error", name, where, found=found, advice=advice)


def load(path: str | Path, name: str) -> bytes | Scan:
    """The bytes of a file, or a Scan that says why there are none. The file is closed at once."""
    path = Path(path)
    kind, found, advice = "unknown", "", ""
    try:
        if path.is_dir():
            kind, found, advice = (
                "directory",
                "这是文件夹，不是文件",
                "请逐个给出其中的台账文件，或把文件夹整个交给 check",
            )
        elif path.stat().st_size > MAX_UNPACKED:
            found, advice = "文件过大（超过 500 MB）", "请拆成几个文件"
        else:
            return path.read_bytes()
    except PermissionError:
        found, advice = "没有权限读取，或文件正被其他程序打开", "请关闭 WPS 或 Excel 中的这个文件后再试"
    except FileNotFoundError:
        found, advice = "没有这个文件", "请检查路径"
    except (OSError, RuntimeError) as error:
        loop = isinstance(error, RuntimeError) or error.errno in (40, 62)
        found, advice = (
            ("链接指向自身" if loop else f"打不开（{getattr(error, 'strerror', '')}）"),
            "请直接给出文件本身",
        )
    return Scan(kind, problems=(unreadable(name, found, advice),))


def scan(path: str | Path | bytes, *, name: str = "") -> Scan:
    """Find out what a file (or its bytes) is, and what keeps it from being read; never raises for bad content."""
    name = name or ("" if isinstance(path, bytes) else Path(path).name)
    data = path if isinstance(path, bytes) else load(path, name)
    if isinstance(data, Scan):
        return data
    try:
        return _scan(data, name)
    except Refused as why:
        found, advice = why.args
        return Scan("encrypted" if "密码" in found else "unknown", problems=(unreadable(name, found, advice),))
    except Exception:  # mad content makes the zip and XML readers raise almost anything
        return Scan(
            "unknown",
            problems=(
                unreadable(name, "文件已损坏或不完整", "请重新取得原文件；能用 WPS 打开的，另存为 .xlsx 后再试"),
            ),
        )


def _scan(data: bytes, name: str) -> Scan:
    if not data.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
        return Scan(
            "empty",
            problems=(Problem("file_empty", "error", name, found="文件是空的", advice="请检查是否保存成功，重新报送"),),
        )
    if data.startswith(OLE):
        return _ole(data)
    if data.startswith((ZIP, b"PK\x05\x06")):
        return _zip(data, name)
    for mark, found in (
        (b"%PDF", "PDF 文件"),
        (b"Rar!", "RAR 压缩包"),
        (b"7z\xbc\xaf", "7z 压缩包"),
        (b"\x89PNG", "图片"),
        (b"\xff\xd8\xff", "图片"),
    ):
        if data.startswith(mark):
            raise Refused(
                f"这是{found}，不是表格",
                "请先解压，再报送其中的表格" if "压缩" in found else "请报送原来的电子表格，" + SAVE_AS,
            )
    if data.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00\x04")):
        raise Refused("这是很早的 Excel 格式", SAVE_AS)
    encoding = text_encoding(data)
    if not encoding:
        raise Refused("认不出的文件格式", SAVE_AS)
    head = data[:65_536].decode(encoding, errors="ignore").lstrip("\ufeff \r\n\t").lower()
    if head.startswith("mime-version") or "urn:schemas-microsoft-com:office:spreadsheet" in head:
        raise Refused("这是网页存档或 XML 表格，扩展名不符", SAVE_AS)
    if head.startswith("<") and ("<table" in head or "<html" in head):
        return Scan("html", encoding=encoding)
    if head.startswith("<?xml"):
        raise Refused("这是 XML 文件，不是表格", SAVE_AS)
    return Scan("text", encoding=encoding)


def text_encoding(data: bytes) -> str:
    """Encoding of a text: UTF-8 (BOM or not), UTF-16, GB18030 (with GBK in it); empty where it is no text."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = data[:20_000]
    if 0 in sample:  # UTF-16 without a mark: digits and commas have a zero byte
        encoding = "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
        candidates = [encoding]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(text[:20_000].count(chr(i)) for i in (*range(9), *range(14, 32), 0x7F, 0xFFFD))
        return encoding if odd <= len(text[:20_000]) // 1000 else ""
    return ""


def _ole(data: bytes) -> Scan:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise Refused("工作簿设有打开密码", "请用 WPS 或 Excel 打开，取消密码，另存为 .xlsx 后再试")
    if has("WordDocument"):
        raise Refused("这是 Word（WPS 文字）文档，不是表格", "请报送原来的电子表格，" + SAVE_AS)
    if has("Workbook") or has("Book"):
        return Scan("xls", macros=has("_VBA_PROJECT_CUR"))
    raise Refused("认不出的文件格式", SAVE_AS)


def check_zip(archive: zipfile.ZipFile) -> None:
    """Refuse bombs by the sizes in the directory, encrypted members too."""
    infos = archive.infolist()
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > MAX_UNPACKED or len(infos) > 20_000:
        raise Refused(f"解压后过大（{unpacked // 1_000_000} MB，{len(infos)} 个文件）", "请拆成几个文件，或" + SAVE_AS)
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise Refused("压缩比异常，疑为压缩炸弹，未打开", SAVE_AS)
    if any(i.flag_bits & 1 for i in infos):
        raise Refused("压缩包设有密码", "请取消密码后重新打包")


def _zip(data: bytes, name: str) -> Scan:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_zip(archive)
        names = {n.lstrip("/").lower(): n for n in archive.namelist()}
        if "xl/workbook.xml" in names or any(n.startswith("xl/worksheets/") for n in names):
            return _workbook(archive, names, name)
        if "xl/workbook.bin" in names:
            raise Refused("这是二进制工作簿（xlsb）", SAVE_AS)
        if "word/document.xml" in names or "ppt/presentation.xml" in names:
            raise Refused("这是 Word 或 PowerPoint 文档，不是表格", "请报送原来的电子表格，" + SAVE_AS)
        if "mimetype" in names and b"opendocument" in archive.read(names["mimetype"])[:100]:
            content = archive.read(names["content.xml"])
            if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:65_536]:
                raise Refused("文件内含 DTD 声明，未打开", SAVE_AS)
            if b"manifest:encryption-data" in archive.read(names.get("meta-inf/manifest.xml", names["mimetype"])):
                raise Refused("工作簿设有打开密码", "请取消密码，另存为 .xlsx 后再试")
            return Scan("ods")
        return Scan("zip")


def _xml(data: bytes) -> list[tuple[str, dict[str, str]]]:
    """Start tags of a small XML part (local names), by expat; a DTD is refused."""
    tags: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def doctype(*_: object) -> None:
        raise Refused("文件内含 DTD 声明，未打开", SAVE_AS)

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = lambda tag, attributes: tags.append(
        (tag.rpartition(":")[2], {k.rpartition(":")[2]: v for k, v in attributes.items()})
    )
    parser.Parse(data, True)
    return tags


def _workbook(archive: zipfile.ZipFile, names: dict[str, str], name: str) -> Scan:
    book = archive.read(names["xl/workbook.xml"])
    tags = _xml(book)
    targets = {}
    for tag, at in _xml(archive.read(names["xl/_rels/workbook.xml.rels"])):
        if tag == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", at.get("Target", "").replace("\\", "/")))
            targets[at.get("Id", "")] = target.lstrip("/").lower()
    date_1904 = any(tag == "workbookPr" and at.get("date1904") in ("1", "true") for tag, at in tags)
    uncalculated = any(tag == "calcPr" and at.get("fullCalcOnLoad") in ("1", "true") for tag, at in tags)
    sheets: list[SheetScan] = []
    problems: list[Problem] = []
    for tag, at in tags:
        if tag != "sheet":
            continue
        part = names.get(targets.get(at.get("id", ""), ""))
        found = SheetScan(at.get("name", ""), at.get("state", "visible"))
        if part is None or "worksheets" not in part.lower():
            sheets.append(replace(found, refused=True))  # a chart sheet, or a part that is not there
            if part is None:
                problems.append(
                    unreadable(name, "工作表的数据不在文件里", SAVE_AS + "；其余工作表照常读取", where=found.name)
                )
            continue
        try:
            found = _sheet(archive, part, found, uncalculated)
        except (Refused, zipfile.BadZipFile, zlib.error, EOFError) as error:
            found = replace(found, refused=True)
            what, advice = (
                error.args
                if isinstance(error, Refused)
                else ("工作表数据已损坏或不完整", "请用 WPS 打开原文件，另存为 .xlsx 后再试")
            )
            problems.append(unreadable(name, what, advice + "；其余工作表照常读取", where=found.name))
        sheets.append(found)
    for part in ("xl/sharedstrings.xml", "xl/styles.xml"):
        if part in names:
            with archive.open(names[part]) as stream:
                if b"<!DOCTYPE" in stream.read(4096):
                    raise Refused("文件内含 DTD 声明，未打开", SAVE_AS)
    core = archive.read(names["docprops/core.xml"]) if "docprops/core.xml" in names else b""
    return Scan(
        "xlsx", tuple(sheets), "", date_1904, macros="xl/vbaproject.bin" in names,
        external_links=any(n.startswith("xl/externallinks/") for n in names), own_output=OUTPUT_MARK in core,
        problems=tuple(problems),
    )  # fmt: skip


class _Patterns:
    """What is looked for in sheet XML, for one namespace prefix (``""`` or ``x:``)."""

    def __init__(self, prefix: bytes) -> None:
        tag, end = b"<" + prefix, b"</" + prefix
        self.any_letters = re.compile(tag + rb'c r="([A-Za-z]{1,3})\d')
        self.far_rows = re.compile(tag + rb'c r="[A-Za-z]{1,3}(\d{6,9})"')
        self.odd_cell = re.compile(tag + rb'c(?! r="[A-Za-z]{1,3}\d)(?=[\s>/])')
        self.row = re.compile(tag + rb"row\b[^>]*?\br\s*=\s*[\"'](\d{1,9})[\"']")
        self.rows = re.compile(tag + rb"row\b")
        self.filled = re.compile(tag + rb"c\s[^>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,9})[\"'](?:[^>]*[^>/])?>")
        self.bare = re.compile(tag + rb"c(?=[\s>])(?![^>]*\sr\s*=)[^>]*>")  # a cell that does not say where it stands
        self.hidden_row = re.compile(tag + rb"row\b[^>]*?\bhidden=[\"'](?:1|true)[\"'][^>]*>")
        self.hidden_column = re.compile(tag + rb"col\b[^>]*?\bhidden=[\"'](?:1|true)[\"'][^>]*>")
        self.merge = re.compile(
            tag + rb"mergeCell\b[^>]*?\bref=[\"']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})[\"']"
        )
        self.formula = re.compile(
            tag + rb"c\b(?P<at>[^>]*)>\s*" + tag + rb"f\b(?:[^>]*/>|[^>]*>[^<]*" + end + rb"f>)\s*"
            rb"(?:" + tag + rb"v\s*/>|" + tag + rb"v>\s*(?P<v>0?)\s*" + end + rb"v>)?\s*" + end + rb"c>"
        )  # fmt: skip
        self.error = re.compile(
            tag + rb"c\b(?P<at>[^>]*?\bt=[\"']e[\"'][^>]*)>(?:(?!" + end + rb"c>).)*?" + tag + rb"v>(?P<v>[^<]{1,20})<",
            re.DOTALL,
        )


_patterns = lru_cache(maxsize=16)(_Patterns)
_ROOT = re.compile(rb"<(\w+:)?worksheet\b")
_ROW_AT = re.compile(rb"[^>]*?\br\s*=\s*[\"'](\d{1,9})[\"']")
_AT = re.compile(rb"\br=[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_NUMBER = re.compile(rb"\b(min|max|r)=[\"'](\d{1,7})[\"']")


def column_number(letters: str | bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    n = 0
    for c in (letters if isinstance(letters, bytes) else letters.encode()).upper():
        n = n * 26 + c - 64
    return n


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The sheet XML in pieces that end at the end of a row."""
    with archive.open(part) as stream:
        rest = b""
        while chunk := stream.read(CHUNK):
            rest += chunk
            cut = rest.rfind(b"row>")
            if cut >= 0:
                yield rest[: cut + 4]
                rest = rest[cut + 4 :]
            elif len(rest) > 16 * CHUNK:
                raise Refused("工作表内部结构异常", SAVE_AS)
        yield rest


def _sheet(archive: zipfile.ZipFile, part: str, sheet: SheetScan, uncalculated: bool, exact: bool = False) -> SheetScan:
    """Scan one sheet: first by upper bounds (empty formatted cells counted), cell by cell only where these are high."""
    letters: set[bytes] = set()
    last_row = cells = row_number = bare_columns = 0
    hidden: set[int] = set()
    hidden_columns: set[int] = set()
    no_value: set[tuple[int, int]] = set()
    errors: dict[tuple[int, int], str] = {}
    merges: list[tuple[int, int, int, int]] = []
    look = _patterns(b"")
    for n, piece in enumerate(_pieces(archive, part)):
        if n == 0:
            root = _ROOT.search(piece)
            if root is None or b"<!DOCTYPE" in piece[:4096] or b"<!ENTITY" in piece:
                raise Refused("工作表内含 DTD 声明或编码异常，未打开", SAVE_AS)
            look = _patterns(root[1] or b"")
            for tag in look.hidden_column.findall(piece):
                ends = dict(_NUMBER.findall(tag))
                hidden_columns.update(range(int(ends.get(b"min", 0)), min(int(ends.get(b"max", 0)), 16_384) + 1))
        if exact or look.odd_cell.search(piece):
            filled = look.filled.findall(piece)
            letters.update({f[0] for f in filled})
            last_row, cells = max([last_row, *[int(f[1]) for f in filled]]), cells + len(filled)
            if look.bare.search(piece):
                for row in look.rows.split(piece)[1:]:
                    row_number = int(at[1]) if (at := _ROW_AT.match(row)) else row_number + 1
                    if width := len(look.bare.findall(row)):
                        last_row, bare_columns, cells = (
                            max(last_row, row_number),
                            max(bare_columns, width),
                            cells + width,
                        )
        else:
            found = look.any_letters.findall(piece)
            letters.update(found)
            last_row, cells = (
                max([last_row, *map(int, look.row.findall(piece)), *map(int, look.far_rows.findall(piece))]),
                cells + len(found),
            )
        if b"hidden=" in piece:
            hidden.update(
                int(m[1]) for tag in look.hidden_row.findall(piece) for m in _NUMBER.findall(tag) if m[0] == b"r"
            )
        if b"f>" in piece or b"<f" in piece or b":f" in piece:
            for m in look.formula.finditer(piece):
                place = _AT.search(m["at"])
                if place and b't="str"' not in m["at"] and (not m["v"] or uncalculated):
                    no_value.add((int(place[2]), column_number(place[1])))
        if b't="e"' in piece or b"t='e'" in piece:
            for m in look.error.finditer(piece):
                if place := _AT.search(m["at"]):
                    errors[int(place[2]), column_number(place[1])] = m["v"].decode("ascii", "replace")
        if b"mergeCell" in piece:
            merges += [(int(b), column_number(a), int(d), column_number(c)) for a, b, c, d in look.merge.findall(piece)]
    columns = max([bare_columns, *map(column_number, letters)])
    area = last_row * columns
    if area > MAX_AREA and not exact:
        return _sheet(archive, part, sheet, uncalculated, exact=True)
    if (area > MAX_AREA and cells < MIN_DENSITY * area) or area > MAX_DENSE_AREA:
        raise Refused(
            f"内容散布到第 {last_row} 行、第 {columns} 列，实际只有 {cells} 个单元格",
            "请删除表格以外的多余单元格，另存为 .xlsx 后再试",
        )
    return replace(
        sheet, rows=last_row, columns=columns, cells=cells, hidden_rows=frozenset(hidden),
        hidden_columns=frozenset(hidden_columns), merges=tuple(merges), no_value=frozenset(no_value), errors=errors,
    )  # fmt: skip
