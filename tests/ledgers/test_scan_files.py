"""Raw reading: every kind of file, every kind of bad file (issue 3, "Bad input"), and mutated workbooks."""

import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from evalkit.ledgers import files, scan
from evalkit.ledgers.files import list_files, read_sheets
from evalkit.problems import Problem

RAW = Path(__file__).parents[1] / "data" / "ledgers_raw"
ROWS = [["单位名称", "党员总数"], ["甲公司", 5.0], ["乙公司", "约30"]]
OLE = scan.OLE + b"\0" * 512


def workbook(path: Path | None = None, rows: list[list[object]] = ROWS, sheets: int = 1) -> bytes:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False})
    for n in range(sheets):
        sheet = book.add_worksheet(f"表{n + 1}")
        for r, row in enumerate(rows):
            sheet.write_row(r, 0, row)
    book.close()
    if path:
        path.write_bytes(data.getvalue())
    return data.getvalue()


def repack(data: bytes, changes: dict[str, bytes | None]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in {*old.namelist(), *changes}:
            content = changes[name] if name in changes else old.read(name)
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


SHEET = "xl/worksheets/sheet1.xml"


def read(tmp_path: Path, name: str, content: bytes) -> tuple[list[files.RawSheet], list[Problem]]:
    path = tmp_path / name
    path.write_bytes(content)
    return read_sheets(path)


# --- what can be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["台账.xlsx", "台账.xls", "台账.csv", "台账.et", "台账"])
def test_content_decides_not_the_extension(tmp_path: Path, name: str) -> None:
    sheets, problems = read(tmp_path, name, workbook())
    assert problems == [] and [(s.file, s.name, s.state, s.rows) for s in sheets] == [
        (name, "表1", "visible", ROWS)
    ]


TEXT = "单位名称,党员总数\r\n甲公司,5\r\n乙公司,约30\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_text_files(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = TEXT.replace(",", delimiter)
    if encoding != "gbk":
        text = text.replace("乙", "𠮷")  # four bytes in GB18030
    sheets, problems = read(tmp_path, "a.csv", text.encode(encoding))
    expected = [[str(c).removesuffix(".0") for c in row] for row in ROWS]
    assert (
        problems == []
        and [[str(c).replace("𠮷", "乙") for c in row] for row in sheets[0].rows] == expected
    )


def test_text_keeps_quotes_line_breaks_and_formulas_as_text(tmp_path: Path) -> None:
    sheets, _ = read(
        tmp_path, "a.csv", '甲,"1,234","第一行\n第二行"\n=cmd|\' /C calc\'!A0,+1,@x\n'.encode()
    )
    assert sheets[0].rows == [["甲", "1,234", "第一行\n第二行"], ["=cmd|' /C calc'!A0", "+1", "@x"]]
    sheets, _ = read(
        tmp_path, "b.xlsx", workbook(rows=[["=1+1", "-2", "+3", "@x", "=cmd|' /C calc'!A0"]])
    )
    assert sheets[0].rows == [["=1+1", "-2", "+3", "@x", "=cmd|' /C calc'!A0"]]


def test_old_excel_is_read_in_a_child() -> None:
    sheets, problems = read_sheets(RAW / "funds.xls")
    assert problems == [] and [(s.name, s.state) for s in sheets] == [
        ("经费台账", "visible"),
        ("隐藏表", "hidden"),
    ]
    assert sheets[0].rows[1] == ["甲公司党支部", 1.25, 45000] and sheets[0].merges == [(6, 1, 7, 2)]


def ods(body: str) -> bytes:
    out = io.BytesIO()
    ns = "urn:oasis:names:tc:opendocument:xmlns:"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{ns}manifest:1.0"/>'
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{ns}office:1.0" xmlns:table="{ns}table:1.0" '
            f'xmlns:text="{ns}text:1.0">'
            f'<office:body><office:spreadsheet><table:table table:name="表">{body}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return out.getvalue()


CELL = '<table:table-cell office:value-type="string"{}><text:p>单位</text:p></table:table-cell>'


def test_ods(tmp_path: Path) -> None:
    row = (
        f"<table:table-row>{CELL.format('')}"
        + '<table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
    )
    sheets, problems = read(tmp_path, "a.ods", ods(row + row))
    assert problems == [] and sheets[0].rows == [["单位"], ["单位"]]
    wide = CELL.format(' table:number-columns-repeated="16384"')
    sheets, problems = read(
        tmp_path,
        "b.ods",
        ods(f'<table:table-row table:number-rows-repeated="1000000">{wide}</table:table-row>'),
    )
    assert sheets == [] and [p.code for p in problems] == ["file_unreadable"]


def test_html_named_xls(tmp_path: Path) -> None:
    page = (
        '<html><head><meta charset="gbk"><style>td{a:b}</style></head>'
        '<table><tr><td rowspan=2>镇街<td colspan="2">党员</tr>'
        "<tr><td>正式<td>预备&amp;其他</tr><tr><td>甲<br>镇<td>1<td>2</table>"
    )
    sheets, problems = read(tmp_path, "a.xls", page.encode("gbk"))
    assert problems == [] and sheets[0].rows == [
        ["镇街", "党员", ""],
        ["", "正式", "预备&其他"],
        ["甲\n镇", "1", "2"],
    ]
    assert sheets[0].merges == [(1, 1, 2, 1), (1, 2, 1, 3)]
    assert "没有表格" in read(tmp_path, "b.xls", b"<html><table></table></html>")[1][0].found


def test_hidden_merged_errors_and_formulas_without_value(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("显")
    sheet.write_row(0, 0, ["甲", "乙", "丙"])
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.write_row(1, 0, [1, 2, 3])
    sheet.merge_range("A3:B4", "合并")
    sheet.write_formula(
        "C3", "=SUM(C2:C2)"
    )  # nobody has calculated it: xlsxwriter stores 0 and asks for calculation
    sheet.write_formula("C4", "=SUM(C2:C2)", None, 3)
    sheet.write_formula("C5", "=1/0", None, "#DIV/0!")
    sheet.write_blank(9000, 300, None, book.add_format({"bold": True}))
    book.add_worksheet("藏").hide()
    book.add_worksheet("深藏").very_hidden()
    book.close()
    sheets, problems = read_sheets(path)
    first = sheets[0]
    assert problems == [] and [s.state for s in sheets] == ["visible", "hidden", "veryHidden"]
    assert first.merges == [(3, 1, 4, 2)] and first.no_value == {(3, 3)}
    assert [row[2] for row in first.rows] == ["丙", 3, "", 3, "#DIV/0!"]


def test_formula_cells_as_other_programs_write_them(tmp_path: Path) -> None:
    data = workbook(rows=[[1, 2, 3, 4, 5]])
    cells = (
        b'<c r="A1"><f>1+1</f></c><c r="B1"><f>1+1</f><v></v></c><c r="C1"><f>1+1</f><v/></c>'
        b'<c r="D1" t="str"><f>""</f><v></v></c><c r="E1"><f t="shared" si="0"/><v>7</v></c>'
    )
    xml = part(data, SHEET)
    start, end = xml.index(b"<c "), xml.rindex(b"</row>")
    book = part(data, "xl/workbook.xml").replace(b"fullCalcOnLoad", b"x")
    data = repack(data, {SHEET: xml[:start] + cells + xml[end:], "xl/workbook.xml": book})
    sheets, problems = read(tmp_path, "a.xlsx", data)
    assert (
        problems == []
        and sheets[0].no_value == {(1, 1), (1, 2), (1, 3)}
        and sheets[0].rows[0][4] == 7
    )


def test_first_rows_and_columns_that_are_empty_keep_their_place(tmp_path: Path) -> None:
    sheets, _ = read(tmp_path, "a.xlsx", workbook(rows=[[], [], ["", "", "甲"]]))
    assert sheets[0].rows == [["", "", ""], ["", "", ""], ["", "", "甲"]]


def test_zip_with_gbk_names_nested_once(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.csv", TEXT)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("AAAAAAAA.csv", TEXT.encode("gbk"))
        archive.writestr("in.zip", inner.getvalue())
        archive.writestr("~$x.xlsx", b"1")
        archive.writestr("图.png", b"1")
        archive.writestr("说明.pdf", b"%PDF-1")
    data = outer.getvalue().replace(
        b"AAAAAAAA", "组织台账".encode("gbk")
    )  # as Windows writes it: no UTF-8 mark
    sheets, problems = read(tmp_path, "报送.zip", data)
    assert [s.file for s in sheets] == ["报送.zip/in.zip/b.csv", "报送.zip/组织台账.csv"]
    assert [(p.code, p.file) for p in problems] == [("file_skipped", "报送.zip/说明.pdf")]


def test_a_member_that_points_out_of_its_zip_is_read_inside_it(tmp_path: Path) -> None:
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("../../x/b.csv", TEXT)
    sheets, problems = read(tmp_path, "报送.zip", outer.getvalue())
    assert [s.file for s in sheets] == ["报送.zip/x/b.csv"] and not problems


def test_a_quote_left_open_swallows_no_rows(tmp_path: Path) -> None:
    sheets, _ = read(tmp_path, "a.csv", '单位名称,党员总数\n"甲公司,5\n乙公司,6\n'.encode())
    assert [row[1] for row in sheets[0].rows] == ["党员总数", "5", "6"]


def test_macros_links_and_own_output_are_said(tmp_path: Path) -> None:
    data = repack(
        workbook(), {"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<x/>"}
    )
    sheets, problems = read(tmp_path, "a.xlsm", data)
    assert (
        len(sheets) == 1
        and [(p.code, p.severity) for p in problems] == [("file_noted", "warning")] * 2
    )
    marked = repack(workbook(), {"docProps/core.xml": b"<k>" + scan.OUTPUT_MARK + b"</k>"})
    sheets, problems = read(tmp_path, "b.xlsx", marked)
    assert sheets == [] and problems[0].code == "file_skipped"


def test_large_and_wide_sheets_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    for r in range(300_000):
        sheet.write_row(r, 0, [r, 1, 2, 3])
    book.add_worksheet().write_row(0, 0, list(range(16_384)))
    book.close()
    sheets, problems = read_sheets(path)
    assert problems == [] and [(len(s.rows), len(s.rows[0])) for s in sheets] == [
        (300_000, 4),
        (1, 16_384),
    ]


# --- what cannot --------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    return repack(workbook(), {"xl/media/x.bin": b"\0" * 20_000_000})


LAUGHS = b'<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>'
MEMBERS = zipfile.ZipFile(io.BytesIO(workbook())).namelist()
BAD = {
    "empty": (b"", "file_empty", "空"),
    "blank": (b"\n\n  ", "file_empty", "空"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "file_unreadable", "密码"),
    "broken xls": (OLE + "Workbook".encode("utf-16-le"), "file_unreadable", "损坏"),
    "word": (OLE + "WordDocument".encode("utf-16-le"), "file_unreadable", "Word"),
    "et": (OLE + b"nothing known", "file_unreadable", "认不出"),
    "truncated": (workbook()[:3000], "file_unreadable", "损坏"),
    "bomb": (bomb(), "file_unreadable", "压缩炸弹"),
    "pdf": (b"%PDF-1.7 ...", "file_unreadable", "PDF"),
    "rar": (b"Rar!\x1a\x07\x00", "file_unreadable", "RAR"),
    "binary": (bytes(range(256)) * 50, "file_unreadable", "认不出"),
    "xml": (b"<?xml version='1.0'?><a/>", "file_unreadable", "XML"),
    "xml spreadsheet": (
        b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>",
        "file_unreadable",
        "没有工作表",
    ),
    "xml spreadsheet with entities": (
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>"
        b"<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>&b;</Workbook>",
        "file_unreadable",
        "DTD",
    ),
    "web archive without a table": (
        b"MIME-Version: 1.0\nContent-Type: text/html\n\n<html><p>x</p></html>",
        "file_unreadable",
        "没有表格",
    ),
    "laughs": (repack(workbook(), {"xl/workbook.xml": LAUGHS}), "file_unreadable", "DTD"),
    "no workbook": (repack(workbook(), {"xl/workbook.xml": None}), "file_unreadable", "损坏"),
    "no tables": (
        repack(workbook(), dict.fromkeys(MEMBERS) | {"a.md": b"x"}),
        "file_empty",
        "没有表格",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_give_one_clear_message(tmp_path: Path, case: str) -> None:
    content, code, said = BAD[case]
    sheets, problems = read(tmp_path, "坏.xlsx", content)
    assert sheets == [] and len(problems) == 1
    assert (problems[0].code, problems[0].severity, problems[0].file) == (code, "error", "坏.xlsx")
    assert said in problems[0].found and problems[0].advice


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>",
        b'<row r="1"><c s="1" r="A1"><v>1</v></c></row><row r="1048576">'
        + b"<c><v>1</v></c>" * 3
        + b"</row>",
        b'<row><c r="A1"><v>1</v></c><c r="XFD99999"><v>1</v></c></row>',
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row><y:row r="9"><y:c r="XFD1048576"><y:v>1</y:v></y:c></y:row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row></sheetData><sheetData><row r="1048576"><c r="XFD9"><v>1</v></c></row>'
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
        b'<!DOCTYPE x [<!ENTITY a "b">]>',
    ],
)
def test_a_mad_sheet_is_refused_and_the_others_are_read(tmp_path: Path, cells: bytes) -> None:
    data = workbook(sheets=2)
    xml = part(data, SHEET)
    start, end = xml.index(b"<sheetData>") + 11, xml.index(b"</sheetData>")
    changed = cells + xml if cells.startswith(b"<!") else xml[:start] + cells + xml[end:]
    sheets, problems = read(tmp_path, "a.xlsx", repack(data, {SHEET: changed}))
    assert [s.name for s in sheets] == ["表2"] and [(p.code, p.where) for p in problems] == [
        ("file_unreadable", "表1")
    ]


def test_empty_formats_far_away_do_no_harm(tmp_path: Path) -> None:
    data = workbook()
    far = b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    sheets, problems = read(
        tmp_path, "a.xlsx", repack(data, {SHEET: part(data, SHEET).replace(b"</sheetData>", far)})
    )
    assert problems == [] and sheets[0].rows == ROWS


def test_namespace_prefixes_are_seen(tmp_path: Path) -> None:
    look = scan.scan(RAW / "prefixed.xlsx")
    assert look.sheets[0].no_value == {(2, 1)}


def test_directory_missing_file_and_links(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "文件夹"), (tmp_path / "无.xlsx", "没有这个文件")):
        sheets, problems = read_sheets(path)
        assert sheets == [] and said in problems[0].found
    if os.name == "posix":
        (tmp_path / "圈.xlsx").symlink_to(tmp_path / "圈.xlsx")
        assert "链接" in read_sheets(tmp_path / "圈.xlsx")[1][0].found


def test_list_files(tmp_path: Path) -> None:
    for name in (
        "乙.xlsx",
        "甲.csv",
        "sub/丙.xls",
        "~$乙.xlsx",
        ".藏.xlsx",
        "problems.xlsx",
        "说明.pptx",
        "x.yml",
        "Thumbs.db",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    if os.name == "posix":
        (tmp_path / "sub" / "back").symlink_to(tmp_path)
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found, problems = list_files(tmp_path)
    assert [name for name, _ in found] == ["sub/丙.xls", "乙.xlsx", "甲.csv"]
    assert {p.file for p in problems} >= {"~$乙.xlsx", "说明.pptx"} and all(
        p.severity == "warning" for p in problems
    )
    assert list_files(tmp_path / "甲.csv") == ([("甲.csv", tmp_path / "甲.csv")], [])


def state(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        p.name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns)
        for p in folder.iterdir()
    }


def test_nothing_in_the_folder_is_changed(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx")
    (tmp_path / "b.xls").write_bytes((RAW / "funds.xls").read_bytes())
    before = state(tmp_path)
    for _, path in list_files(tmp_path)[0]:
        assert read_sheets(path)[0]
    assert before == state(tmp_path)


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut, repeat or zero some bytes; half of the time inside one member, so that the zip stays whole."""
    if rng.random() < 0.5:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = archive.namelist()[rng.integers(len(archive.namelist()))]
            return repack(data, {name: _flip(archive.read(name), rng)})
    return _flip(data, rng)


def _flip(data: bytes, rng: np.random.Generator) -> bytes:
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 8))):
        if not out:
            break
        at, size = int(rng.integers(len(out))), int(rng.integers(1, 40))
        kind = rng.integers(5)
        if kind == 0:
            out[at] = int(rng.integers(256))
        elif kind == 1:
            del out[at : at + size]
        elif kind == 2:
            out[at:at] = out[at : at + size]
        elif kind == 3:
            out[at : at + size] = bytes(len(out[at : at + size]))
        else:
            out[at:at] = [b'r="XFD1048576"', b"<", b"</c>", b"&x;", b"9" * 20, "余".encode()][
                rng.integers(6)
            ]
    return bytes(out)


def fuzz(tmp_path: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng([seed, *b"files"])
    seeds = [
        (workbook(sheets=2), "a.xlsx"),
        (ods(f"<table:table-row>{CELL.format('')}</table:table-row>"), "a.ods"),
    ]
    seeds += [((RAW / "prefixed.xlsx").read_bytes(), "p.xlsx")]
    for n in range(count):
        content, name = seeds[n % 2 * (1 + n % 4 // 2) if n % 10 else 1]
        sheets, problems = read(tmp_path, name, mutate(content, rng))
        assert sheets or problems  # never silence
        assert all(p.found and p.advice and p.file for p in problems)
    for _ in range(count // 25):
        sheets, problems = read(tmp_path, "a.xls", _flip((RAW / "funds.xls").read_bytes(), rng))
        assert sheets or problems


def test_mutated_files_never_raise(tmp_path: Path) -> None:
    fuzz(tmp_path, 50, 1)


@pytest.mark.slow
def test_mutated_files_never_raise_long(tmp_path: Path) -> None:
    fuzz(tmp_path, 2000, 2)


def greedy(path: Path, sheets: int = 60) -> None:
    """A small workbook of sheets with two cells far from each other: each asks for a million cells."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        for _ in range(sheets):
            sheet = book.add_worksheet()
            sheet.write(0, 0, "甲")
            sheet.write(999, 998, "乙")


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a worker is the system's")
def test_a_workbook_that_exhausts_memory_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalkit.building import build
    from evalkit.ledgers import files

    monkeypatch.setattr(files, "CHILD_MEMORY", 250_000_000)
    monkeypatch.setattr(files, "_apart", {})
    raw = tmp_path / "data" / "raw" / "2025"
    raw.mkdir(parents=True)
    greedy(raw / "甲县组织台账.xlsx")
    for name in "乙丙丁":
        (raw / f"{name}县组织台账.csv").write_text(
            f"单位名称,从业人员总数\n{name}公司,3\n", encoding="utf-8"
        )
    sheets, problems = files.read_sheets(raw / "甲县组织台账.xlsx")
    assert sheets == [] and [p.code for p in problems] == ["file_unreadable"]
    for jobs in (1, 2):
        made = build(tmp_path, jobs=jobs, force=True)
        assert made.n_problems["error"] == 1
        assert sorted(f["file"] for f in made.files if f["rows"]) == [
            f"2025/{n}县组织台账.csv" for n in "丁丙乙"
        ]
