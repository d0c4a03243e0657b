"""Look at a file before any reader does: what it really is, and whether its sheets can be read safely.

Nothing is decided by the extension. Workbooks are looked at in the zip: sizes first, then the bytes of the sheet XML
by regular expressions (no XML entity is ever expanded; a part with a DTD is refused). A workbook of 5 KB whose only
cells are A1 and XFD1048576 would otherwise make the reader ask for 550 GB.
"""

from __future__ import annotations

import errno
import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from evalkit.files import is_regular
from evalkit.ledgers import saved
from evalkit.ledgers.findings import WORDS
from evalkit.problems import Problem, Severity
from evalkit.world.columns import column_number

MAX_UNPACKED = 500_000_000  # bytes of a zip, unpacked
MAX_RATIO, RATIO_FROM = 200, 10_000_000  # packed 1:200 is refused from 10 MB unpacked
MAX_AREA = 1_000_000  # cells from A1 to the last one; more only where at least every fifth of them is filled
MAX_DENSE_AREA, MIN_DENSITY = 30_000_000, 0.2
OUTPUT_MARK = (
    b"evalkit:output"  # in the keywords of a workbook that Evalkit wrote to be read by people
)

SAVE_AS: str = WORDS["save_as"]
OTHERS_READ = "；其余工作表照常读取"
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


@dataclass(frozen=True)
class SheetScan:
    """One sheet of an xlsx workbook; rows and columns count from 1."""

    name: str
    state: str = "visible"
    merges: tuple[tuple[int, int, int, int], ...] = ()
    no_value: frozenset[tuple[int, int]] = frozenset()  # formulas that nobody calculated
    errors: dict[tuple[int, int], str] = field(default_factory=dict)  # #REF! and the like
    refused: bool = False
    odd_dimension: bool = False  # it says its size in a way that the reader takes for damage
    formats: dict[tuple[int, int], str] = field(default_factory=dict)  # units that formats show


@dataclass(frozen=True)
class Scan:
    """What a file is: ``kind`` one of xlsx, xls, ods, xml_spreadsheet, mht, docx, text, html, zip, encrypted, empty, unknown."""

    kind: str
    sheets: tuple[SheetScan, ...] = ()
    encoding: str = ""
    date_1904: bool = False
    own_output: bool = False
    problems: tuple[Problem, ...] = ()
    saved: str = ""  # the day on which it was last saved, as it says itself


ENCRYPTED = ("password", "zip_password")  # refusals of what needs a password


class Refused(Exception):
    """Why a file is not read: (what was found, what to do), in Chinese; `why` is its name in words.yml."""

    why: str = ""


def refusal(why: str, /, **said: object) -> Refused:
    """The refusal of this name in words.yml: ``found`` or ``found | advice``; without advice, to save it as .xlsx."""
    found, _, advice = WORDS["refusals"][why].partition(" | ")
    refused = Refused(found.format(**said), advice.replace("SAVE_AS", SAVE_AS) or SAVE_AS)
    refused.why = why
    return refused


def file_problem(
    name: str,
    why: str | Refused,
    code: str = "file_unreadable",
    level: Severity = "error",
    where: str = "",
    **said: Any,
) -> Problem:
    """A problem of a file (of its sheet `where`): a refusal, or the name of one."""
    found, advice = (refusal(why, **said) if isinstance(why, str) else why).args
    return Problem(code, level, name, where, found, advice=advice + (OTHERS_READ if where else ""))


_NOT_OPENED = {getattr(errno, name): why for name, why in WORDS["not_opened"].items()}


def load(path: str | Path, name: str) -> bytes | Scan:
    """The bytes of a file, or a Scan that says why there are none. The file is closed at once."""
    try:
        if is_regular(path) and Path(path).stat().st_size <= MAX_UNPACKED:
            return Path(path).read_bytes()
        why = (
            "directory"
            if Path(path).is_dir()
            else "too_large"
            if is_regular(path)
            else "no_plain_file"
        )
        return Scan("unknown", problems=(file_problem(name, why),))
    except (
        OSError,
        RuntimeError,
    ) as error:  # some versions of Python call a link to itself a RuntimeError
        why = _NOT_OPENED.get(getattr(error, "errno", errno.ELOOP), "not_opened")
        return Scan(
            "unknown", problems=(file_problem(name, why, reason=getattr(error, "strerror", "")),)
        )


def scan(path: str | Path | bytes, *, name: str = "") -> Scan:
    """Find out what a file (or its bytes) is, and what keeps it from being read; never raises for bad content."""
    name = name or ("" if isinstance(path, bytes) else Path(path).name)
    data = path if isinstance(path, bytes) else load(path, name)
    if isinstance(data, Scan):
        return data
    try:
        return _scan(data, name)
    except Refused as error:
        why = error
    except Exception:  # mad content makes the zip and XML readers raise almost anything
        why = refusal("damaged")
    kind = "encrypted" if why.why in ENCRYPTED else "unknown"
    return Scan(kind, problems=(file_problem(name, why),))


def _scan(data: bytes, name: str) -> Scan:
    if not data.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
        return Scan("empty", problems=(file_problem(name, "empty", "file_empty"),))
    if data.startswith(OLE):
        return _ole(data)
    if data.startswith((ZIP, b"PK\x05\x06")):
        return _zip(data, name)
    for mark, why in WORDS["signatures"].items():
        if data.startswith(bytes.fromhex(mark)):
            raise refusal(why)
    encoding = text_encoding(data)
    if not encoding:
        raise refusal("unknown")
    head = data[:65_536].decode(encoding, errors="ignore").lstrip("\ufeff \r\n\t").lower()
    if head.startswith("mime-version") or re.match(
        r"(?:from|subject|date): .*\nmime-version", head, re.S
    ):
        return Scan("mht")
    office = head.startswith("<") and "urn:schemas-microsoft-com:office:spreadsheet" in head
    if office and "<!doctype html" not in head and "<html" not in head:
        return Scan("xml_spreadsheet", encoding=encoding)
    if head.startswith("<") and ("<table" in head or "<html" in head):
        return Scan("html", encoding=encoding)
    if head.startswith("<?xml"):
        raise refusal("xml")
    return Scan("text", encoding=encoding)


def text_encoding(data: bytes) -> str:
    """Encoding of a text: UTF-8 (BOM or not), UTF-16, GB18030 (with GBK in it); empty where it is no text."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample, candidates = data[:20_000], ["utf-8", "gb18030"]
    if 0 in sample:  # UTF-16 without a mark: digits and commas have a zero byte
        candidates = ["utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)[:20_000]
        except UnicodeDecodeError:
            continue
        odd = sum(map(text.count, map(chr, (*range(9), *range(14, 32), 0x7F, 0xFFFD))))
        return encoding if odd <= len(text) // 1000 else ""
    return ""


def _ole(data: bytes) -> Scan:
    streams = {
        "EncryptedPackage": "password",
        "WordDocument": "word",
        "Workbook": "",
        "Book": "",
        "": "unknown",
    }
    why = next(why for stream, why in streams.items() if stream.encode("utf-16-le") in data)
    if why:
        raise refusal(why)
    return Scan("xls", saved=saved.of_old_workbook(data))


def _check_zip(archive: zipfile.ZipFile) -> None:
    """Refuse bombs by the sizes in the directory, encrypted members too."""
    infos = archive.infolist()
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > MAX_UNPACKED or len(infos) > 20_000:
        raise refusal("zip_too_large", size=unpacked // 1_000_000, files=len(infos))
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise refusal("bomb")
    if any(i.flag_bits & 1 for i in infos):
        raise refusal("zip_password")


def _zip(data: bytes, name: str) -> Scan:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check_zip(archive)
        names = {n.lstrip("/").lower(): n for n in archive.namelist()}
        if "xl/workbook.xml" in names or any(n.startswith("xl/worksheets/") for n in names):
            return _workbook(archive, names, name)
        if "word/document.xml" in names:
            core = names.get("docprops/core.xml")
            said = archive.read(core) if core is not None else b""
            own = OUTPUT_MARK in said
            return Scan("docx", own_output=own, saved=saved.of_office_xml(said))
        for part, why in WORDS["documents"].items():
            if part in names:
                raise refusal(why)
        if "mimetype" in names and b"opendocument" in archive.read(names["mimetype"])[:100]:
            content = archive.read(names["content.xml"])
            if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:65_536]:
                raise refusal("dtd")
            if b"manifest:encryption-data" in archive.read(
                names.get("meta-inf/manifest.xml", names["mimetype"])
            ):
                raise refusal("password")
            meta = archive.read(names["meta.xml"]) if "meta.xml" in names else b""
            return Scan("ods", saved=saved.of_open_document(meta))
        return Scan("zip")


def _xml(data: bytes) -> list[tuple[str, dict[str, str]]]:
    """Start tags of a small XML part (local names); a DTD is refused."""
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.doctype:
        raise refusal("dtd")
    return [
        (etree.QName(tag).localname, {etree.QName(k).localname: v for k, v in tag.attrib.items()})
        for tag in root.iter("*")
    ]


def _workbook(archive: zipfile.ZipFile, names: dict[str, str], name: str) -> Scan:
    tags = _xml(archive.read(names["xl/workbook.xml"]))
    targets = {}
    for tag, at in _xml(archive.read(names["xl/_rels/workbook.xml.rels"])):
        if tag == "Relationship":
            target = posixpath.normpath(
                posixpath.join("/xl", at.get("Target", "").replace("\\", "/"))
            )
            targets[at.get("Id", "")] = target.lstrip("/").lower()
    units = _units_shown(archive.read(names["xl/styles.xml"])) if "xl/styles.xml" in names else {}
    settings = {(tag, k) for tag, at in tags for k, v in at.items() if v in ("1", "true")}
    sheets: list[SheetScan] = []
    problems: list[Problem] = []
    for tag, at in tags:
        if tag != "sheet":
            continue
        part = names.get(targets.get(at.get("id", ""), ""))
        found = SheetScan(at.get("name", ""), at.get("state", "visible"), refused=True)
        try:
            if part is None:
                raise refusal("sheet_missing")
            if "worksheets" in part.lower():  # a chart sheet has no cells
                found = _sheet(
                    archive.read(part), found, ("calcPr", "fullCalcOnLoad") in settings, units
                )
        except (Refused, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
            why = error if isinstance(error, Refused) else "sheet_damaged"
            problems.append(file_problem(name, why, where=found.name))
        sheets.append(found)
    for part in ("xl/sharedstrings.xml", "xl/styles.xml"):
        if part in names:
            with archive.open(names[part]) as stream:
                if b"<!DOCTYPE" in stream.read(4096):
                    raise refusal("dtd")
    core = archive.read(names["docprops/core.xml"]) if "docprops/core.xml" in names else b""
    for why, part in (("links", "xl/externallinks/"), ("macros", "xl/vbaproject.bin")):
        if any(n.startswith(part) for n in names):
            problems.append(file_problem(name, why, "file_noted", "warning"))
    date_1904, own = ("workbookPr", "date1904") in settings, OUTPUT_MARK in core
    day = saved.of_office_xml(core)
    return Scan("xlsx", tuple(sheets), "", date_1904, own, tuple(problems), day)


_ROOT = re.compile(rb"<(\w+:)?worksheet\b")
_PREFIX = re.compile(rb"<(/?)[\w.-]+:")
_LAST = re.compile(rb"<row r=\"([1-9]\d{0,6})\"")
_PLACED = re.compile(rb"<c\s[^>]*?\br\s*=\s*[\"']([A-Za-z]+)(\d+)[\"'](?:[^>]*[^>/])?>")
_BARE = re.compile(
    rb"<c(?=[\s>/])(?![^>]*\sr\s*=)[^>]*>"
)  # a cell that does not say where it stands
_ROW = re.compile(rb"<row\b(?:[^>]*?\br\s*=\s*[\"'](\d+)[\"'])?")
_MERGE = re.compile(
    rb"<mergeCell\b[^>]*?\bref=[\"']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})[\"']"
)
_FORMULA = re.compile(
    rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*(?P<v>0?)\s*</v>)?\s*</c>"
)
_ERROR = re.compile(rb"(<c\b[^>]*?\bt=[\"']e[\"'][^>]*>)(?:(?!</c>).)*?<v>([^<]{1,20})<", re.DOTALL)
_AT = re.compile(rb"\br=[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")


@lru_cache(maxsize=256)
def _odd_tag(last_row: bytes) -> re.Pattern[bytes]:
    """Any tag but the plain ones of a sheet whose last row is this one, all within an area of `MAX_AREA` cells.

    A row or cell further off, with other quotes or attributes in another order, without a place or with a prefix is
    odd; what is not odd needs no count. Rows are bounded by their first digit (939 by 999), columns by their first
    letter (36 by AZ).
    """
    first, more = last_row[:1], len(last_row) - 1
    rows = rb"(?:[1-%b]\d{%d}%b)\"" % (
        first,
        more,
        rb"|[1-9]\d{0,%d}" % (more - 1) if more else b"",
    )
    columns = MAX_AREA // ((int(first) + 1) * 10**more - 1)
    letters = (
        [rb"[A-Za-z]{1,3}"]
        if columns >= 16_384
        else [rb"[A-Za-z]{1,2}"]
        if columns >= 702
        else [rb"[A-Za-z]"]
    )
    if 52 <= columns < 702:
        letters.append(rb"[A-%c][A-Z]" % (ord("A") + columns // 26 - 2))
    cell = rb"c r=\"(?:%b)%b" % (rb"|".join(letters), rows) if columns >= 26 else rb"c r=\"A1\""
    return re.compile(rb"<(?!/|v>|%b|row r=\"%b|is>|t[> ]|f[> ]|v/>)" % (cell, rows))


_DIMENSION = re.compile(
    rb"<(?:\w+:)?dimension\b[^>]*?ref=[\"']([^\"']*)[\"'][^>]*?(?:/>|></(?:\w+:)?dimension>)"
)
_RANGE = re.compile(rb"[A-Za-z]{1,3}[1-9]\d{0,6}(?::[A-Za-z]{1,3}[1-9]\d{0,6})?")
_WORTH = {"元": 1, "千": 10**3, "万": 10**4, "百万": 10**6, "亿": 10**8}
_UNIT_OF = {1: "元", 10**3: "千元", 10**4: "万元", 10**6: "百万元", 10**8: "亿元"}


def _units_shown(styles: bytes) -> dict[int, str]:
    """Number of a style -> the unit of money in which its cells are stored, where its format shows a unit.

    52000 with the format ``0!.0,"万"`` is shown as 5.2万: it is stored in 元.
    """
    if b"<!DOCTYPE" in styles[:4096] or not re.search("万|亿|千|元".encode(), styles):
        return {}
    tags = _xml(styles)
    stored = {
        at["numFmtId"]: unit
        for tag, at in tags
        if tag == "numFmt" and (unit := _stored_unit(at.get("formatCode", "")))
    }
    last = [tag for tag, _ in tags].index("cellXfs") if stored else 0
    found = {}
    for n, (_, at) in enumerate(one for one in _until_other(tags[last + 1 :]) if one[0] == "xf"):
        if at.get("numFmtId") in stored:
            found[n] = stored[at["numFmtId"]]
    return found


def _until_other(tags: list[tuple[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    """The tags of ``cellXfs`` alone."""
    inside = ("xf", "alignment", "protection", "extLst", "ext")
    end = next((n for n, (tag, _) in enumerate(tags) if tag not in inside), len(tags))
    return tags[:end]


def _stored_unit(code: str) -> str:
    """The unit in which a number of this format is stored, of a format that shows a unit of money; else ''."""
    first = code.split(";")[0]
    word = next(iter(re.findall("百万|[亿万千元]", first)), "")
    if not word:
        return ""
    digits = re.sub(r'"[^"]*"|\[[^\]]*\]|[百万亿千元]', "", first)
    thousands = re.search(r"[0#?](,+)(?![0#?])", digits)
    scale = 1000 ** (len(thousands[1]) if thousands else 0)
    if point := re.search(r"(?:[!\\]\.)([0#?]+)", digits):
        scale *= 10 ** len(point[1])
    worth = _WORTH[word] / scale
    return _UNIT_OF.get(int(worth), "") if worth == int(worth) else ""


def _sheet(data: bytes, sheet: SheetScan, uncalculated: bool, units: dict[int, str]) -> SheetScan:
    """What the reader does not say of a sheet; refused where its cells are scattered over too large an area."""
    head = data[: max(data.find(b"sheetData"), 0) or 4_000_000]
    root = _ROOT.search(head)
    if root is None or b"<!DOCTYPE" in head[:4096] or b"<!ENTITY" in head:
        raise refusal("sheet_dtd")
    if root[1]:
        data = _PREFIX.sub(rb"<\1", data)
    start, end = data.find(b"<sheetData>"), data.find(b"</sheetData>")
    cells, rest = (data[start + 11 : end], data[end:]) if 0 < start < end else (data, data)
    last = _LAST.match(cells, max(cells.rfind(b"<row"), 0))
    if last is None or b"sheetData" in rest[12:] or _odd_tag(last[1]).search(cells):
        _check_area(_PREFIX.sub(rb"<\1", data))
    # a single letter is looked for at the speed of memory, and most sheets have none of these between their rows
    no_value: set[tuple[int, int]] = set()
    errors = {}
    for m in _FORMULA.finditer(cells) if b"f" in cells else ():
        tag = cells[cells.rfind(b"<c", 0, m.start()) : m.start()]
        if (place := _AT.search(tag)) and b't="str"' not in tag and (not m["v"] or uncalculated):
            no_value.add((int(place[2]), column_number(place[1])))
    for tag, text in _ERROR.findall(cells) if b"#" in cells else ():
        if place := _AT.search(tag):
            errors[int(place[2]), column_number(place[1])] = text.decode("ascii", "replace")
    merges = [
        (int(b), column_number(a), int(d), column_number(c)) for a, b, c, d in _MERGE.findall(rest)
    ]
    said = _DIMENSION.search(head)
    odd = said is not None and not _RANGE.fullmatch(said[1])
    formats = {}
    for tag in re.findall(rb"<c\b[^>]*>", cells) if units else ():
        style, place = re.search(rb"\bs=[\"'](\d+)[\"']", tag), _AT.search(tag)
        if style and place and (unit := units.get(int(style[1]))):
            formats[int(place[2]), column_number(place[1])] = unit
    return SheetScan(
        sheet.name, sheet.state, tuple(merges), frozenset(no_value), errors, False, odd, formats
    )


def without_dimensions(data: bytes) -> bytes:
    """The workbook with no word of the size of its sheets: the reader finds it itself."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            if "worksheets/" in info.filename.lower():
                part = _DIMENSION.sub(b"", part, count=1)
            new.writestr(info.filename, part)
    return out.getvalue()


def _check_area(data: bytes) -> None:
    """Count the filled cells one by one (empty formatted ones do no harm); refuse a sheet that is mostly holes."""
    bare = [len(_BARE.findall(row)) for row in data.split(b"<row")] if _BARE.search(data) else []
    placed = _PLACED.findall(data.replace(b"/>", b">") if bare else data)
    rows, columns = (
        max((int(row) for _, row in placed), default=0),
        {letters for letters, _ in placed},
    )
    width, cells = max(map(column_number, columns), default=0), len(placed) + sum(bare)
    if bare:  # such cells follow the cell before, and rows without a number the row before
        numbers = _ROW.findall(data)
        rows = max(rows, *(int(n) for n in numbers if n), 0) + numbers.count(b"")
        width += max(bare)
    area = rows * width
    if (area > MAX_AREA and cells < MIN_DENSITY * area) or area > MAX_DENSE_AREA:
        raise refusal("scattered", rows=rows, columns=width, cells=cells)
