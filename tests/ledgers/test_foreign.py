"""Tables in files that are no workbook, and workbooks with habits of their own."""

from __future__ import annotations

import base64
import datetime as dt
import quopri
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
import xlsxwriter
from written import write_book

from evalkit.ledgers import read_ledger
from evalkit.ledgers.files import read_sheets

UNITS = [
    ["示例县2025年两新组织台账"],
    ["镇街", "单位名称", "从业人员", "党员总数", "登记日期"],
    ["城关镇", "甲公司", 120, 6, dt.date(2019, 3, 1)],
    ["城关镇", "乙公司", 30, 1, dt.date(2020, 5, 2)],
]


def xml_spreadsheet(*sheets: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel">' + "".join(sheets) + "</Workbook>"
    )


def cell(value: Any, **at: int) -> str:
    more = "".join(f' ss:{name}="{number}"' for name, number in at.items())
    if isinstance(value, dt.date):
        kind, text = "DateTime", f"{value.isoformat()}T00:00:00.000"
    else:
        kind, text = ("String" if isinstance(value, str) else "Number"), str(value)
    return f'<Cell{more}><Data ss:Type="{kind}">{text}</Data></Cell>'


def worksheet(name: str, rows: str, options: str = "") -> str:
    return f'<Worksheet ss:Name="{name}"><Table>{rows}</Table>{options}</Worksheet>'


PLAIN = "".join(f"<Row>{''.join(map(cell, row))}</Row>" for row in UNITS)
HIDDEN = (
    '<x:WorksheetOptions xmlns:x="urn:schemas-microsoft-com:office:excel">'
    "<x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"
)


@pytest.mark.parametrize(
    ("name", "encoding"), [("台账.xls", "utf-8"), ("台账.xml", "utf-8"), ("台账.xls", "utf-16")]
)
def test_xml_spreadsheet(tmp_path: Path, name: str, encoding: str) -> None:
    text = xml_spreadsheet(worksheet("组织台账", PLAIN), worksheet("旧表", PLAIN, HIDDEN))
    (tmp_path / name).write_bytes(text.encode(encoding))
    ledger = read_ledger(tmp_path / name)
    units = ledger.tables["units"].set_index("unit_name")
    assert units["employees"].to_dict() == {"甲公司": 120, "乙公司": 30}
    assert units.loc["甲公司", "started_on"] == dt.datetime(2019, 3, 1)
    assert [p.where for p in ledger.problems if p.code == "sheet_hidden"] == ["旧表!A1"]


def test_places_merges_and_formulas_of_an_xml_spreadsheet(tmp_path: Path) -> None:
    rows = (
        f"<Row>{cell('示例县2025年两新组织台账', MergeAcross=3)}</Row>"
        '<Row ss:Index="4">' + "".join(map(cell, UNITS[1][:4])) + "</Row>"
        f"<Row>{cell('城关镇', MergeDown=1)}{cell('甲公司')}{cell(120)}{cell(6)}</Row>"
        f"<Row>{cell('乙公司', Index=2)}"
        '<Cell ss:Formula="=1+1"/><Cell ss:Formula="=1"><Data ss:Type="Number">1</Data>'
        "<Comment><Data>张三</Data></Comment></Cell></Row>"
    )
    (tmp_path / "台账.xls").write_text(xml_spreadsheet(worksheet("组织", rows)), encoding="utf-8")
    ledger = read_ledger(tmp_path / "台账.xls")
    units = ledger.tables["units"]
    assert units["area"].tolist() == ["示例县/城关镇"] * 2
    assert units["members"].tolist() == [6, 1]
    assert [p.where for p in ledger.problems if p.code == "value_unreadable"] == ["组织!C6"]
    assert "张三" not in str((ledger.problems, ledger.tables))


def test_a_few_cells_far_apart_are_refused(tmp_path: Path) -> None:
    rows = f'<Row>{cell(1)}</Row><Row ss:Index="900000">{cell(1, Index=9000)}</Row>'
    (tmp_path / "大.xls").write_text(xml_spreadsheet(worksheet("表", rows)), encoding="utf-8")
    sheets, (problem,) = read_sheets(tmp_path / "大.xls")
    assert not sheets and "散布" in problem.found


def page(rows: list[list[Any]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<html><body><table>{body}</table></body></html>"


@pytest.mark.parametrize("transfer", ["quoted-printable", "base64"])
@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
def test_a_web_archive(tmp_path: Path, transfer: str, charset: str) -> None:
    frame = "<html><xml><x:Name>组织台账</x:Name></xml><frameset></frameset></html>"
    parts = []
    for location, text in (("book.htm", frame), ("book.files/sheet001.htm", page(UNITS))):
        raw = text.encode(charset)
        coded = base64.encodebytes(raw) if transfer == "base64" else quopri.encodestring(raw)
        head = (
            f"Content-Location: file:///C:/{location}\nContent-Transfer-Encoding: {transfer}\n"
            f'Content-Type: text/html; charset="{charset}"\n\n'
        )
        parts.append(b"--B\n" + head.encode() + coded + b"\n")
    whole = b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="B"\n\n'
    (tmp_path / "台账.xls").write_bytes(whole + b"".join(parts) + b"--B--\n")
    ledger = read_ledger(tmp_path / "台账.xls")
    assert ledger.tables["units"]["employees"].tolist() == [120, 30]
    assert set(ledger.tables["units"]["source_sheet"]) == {"组织台账"}


def word(path: Path, rows: list[list[Any]], title: str) -> Path:
    document = docx.Document()
    document.add_paragraph("附件1")
    document.add_paragraph(title)
    table = document.add_table(len(rows), len(rows[0]))
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            table.cell(i, j).text = str(value)
    if len(rows) > 2:
        table.cell(2, 0).text = ""
        table.cell(1, 0).merge(table.cell(2, 0))
    document.add_paragraph("填表人：张三")
    document.save(str(path))
    return path


def test_a_table_in_a_word_document(tmp_path: Path) -> None:
    ledger = read_ledger(word(tmp_path / "附件.docx", UNITS[1:], str(UNITS[0][0])))
    units = ledger.tables["units"]
    assert units["unit_name"].tolist() == ["甲公司", "乙公司"]
    assert units["members"].tolist() == [6, 1]
    assert units["area"].tolist() == ["示例县/城关镇"] * 2
    assert set(units["period"]) == {"2025"}
    assert "张三" not in str((ledger.problems, ledger.tables))


def test_a_word_document_without_a_table_is_left_out(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("工作总结")
    document.save(str(tmp_path / "总结.docx"))
    sheets, (problem,) = read_sheets(tmp_path / "总结.docx")
    assert not sheets and (problem.code, problem.severity) == ("file_skipped", "warning")


@pytest.mark.parametrize("said", ["1:4", "A:E", "", "$A$1:$E$4", "A1:B2:C3"])
def test_a_sheet_that_says_its_size_in_another_way(tmp_path: Path, said: str) -> None:
    book = write_book(tmp_path / "书.xlsx", {"组织台账": UNITS})
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(tmp_path / "台账.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b'ref="A1:E4"', f'ref="{said}"'.encode()))
    units = read_ledger(tmp_path / "台账.xlsx").tables["units"]
    assert units["employees"].tolist() == [120, 30]


@pytest.mark.parametrize(
    ("heading", "shown", "stored", "yuan", "asked"),
    [
        ("区县拨付（万元）", '0!.0,"万元"', 52_000, 52_000, True),
        ("区县拨付（万元）", '0\\.0000"万"', 52_000, 52_000, True),
        ("区县拨付（元）", '0!.0,"万元"', 52_000, 52_000, False),
        ("区县拨付（元）", '0.0"万元"', 5.2, 52_000, True),
        ("区县拨付（万元）", '0.0"万元"', 5.2, 52_000, False),
        ("区县拨付（元）", '#,##0.00"元"', 52_000, 52_000, False),
        ("区县拨付（万元）", "#,##0.00", 5.2, 52_000, False),
    ],
)
def test_a_number_whose_format_shows_a_unit(
    tmp_path: Path, heading: str, shown: str, stored: float, yuan: int, asked: bool
) -> None:
    book = xlsxwriter.Workbook(tmp_path / "示例县2025年经费台账.xlsx")
    sheet = book.add_worksheet("经费台账")
    sheet.write_row(0, 0, ["党组织名称", heading])
    sheet.write(1, 0, "甲公司党支部")
    sheet.write_number(1, 1, stored, book.add_format({"num_format": shown}))
    book.close()
    ledger = read_ledger(tmp_path / "示例县2025年经费台账.xlsx")
    assert ledger.tables["funds"]["amount_fen"].tolist() == [yuan * 100]
    said = [p for p in ledger.problems if p.code == "unit_mismatch"]
    assert bool(said) is asked
    if said:
        assert said[0].severity == "question" and said[0].where == "经费台账!B2"
