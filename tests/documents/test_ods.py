"""ODS: the cells of the Excel workbook, text that stays text, the same bytes twice."""

import datetime as dt
import xml.etree.ElementTree as ET
import zipfile

import pandas as pd
import pytest
from document_samples import HOSTILE, blocks
from python_calamine import CalamineWorkbook

from evalkit.documents import Block, write
from evalkit.documents.ods import data_style, frames_bytes


def read(path):
    book = CalamineWorkbook.from_path(path)
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def trimmed(rows):
    """Rows without the blanks at their ends, which the two kinds of files keep differently."""
    found = [list(row) for row in rows]
    for row in found:
        while row and row[-1] == "":
            row.pop()
    while found and not found[-1]:
        found.pop()
    return found


def test_the_sheets_hold_what_those_of_the_workbook_hold(tmp_path):
    notes = [("组织覆盖率", "建立党组织的单位数／单位总数"), ("来源", "=各区县台账")]
    write(blocks(), tmp_path / "a.ods", notes=notes)
    write(blocks(), tmp_path / "a.xlsx", notes=notes)
    ours, theirs = read(tmp_path / "a.ods"), read(tmp_path / "a.xlsx")
    assert list(ours) == list(theirs)
    for name in list(ours)[1:]:
        assert trimmed(ours[name]) == trimmed(theirs[name]), name
    assert ours["表1 主要指标一览表"][3] == ["组织覆盖率", 0.853, 2.1, 3.0]
    first = {cell for row in ours["说明"] for cell in row}
    assert {"组织覆盖率", "=各区县台账"} <= first


def test_text_is_never_calculated(tmp_path):
    write([Block.table("表", ["甲"], [[text] for text in HOSTILE])], tmp_path / "a.ods")
    told = [row[0] for row in read(tmp_path / "a.ods")["表1 表"][3 : 3 + len(HOSTILE)]]
    assert told == [text.replace("\t", "") for text in HOSTILE]  # this reader drops tabs
    with zipfile.ZipFile(tmp_path / "a.ods") as package:
        content = package.read("content.xml").decode()
    assert "table:formula" not in content and "<text:a" not in content
    ET.fromstring(content)


def test_the_same_bytes_twice_and_what_it_is_stands_first(tmp_path):
    write(blocks(), tmp_path / "a.ods")
    write(blocks(), tmp_path / "b.ods")
    assert (tmp_path / "a.ods").read_bytes() == (tmp_path / "b.ods").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.ods") as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert {info.date_time for info in package.infolist()} == {(2026, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("digits", "inside"),
    [
        ("0.0%", ['decimal-places="1"', "<number:text>%</number:text>", "percentage-style"]),
        ("#,##0", ['number:grouping="true"', 'decimal-places="0"']),
        ('"↑"0.0;"↓"0.0', ["value()&gt;=0", "<number:text>↑</number:text>", "↓"]),
        ('"+"0;"-"0;0', ["value()&gt;0", "value()&lt;0"]),
        ('"● ; "0.0%', ["<number:text>● ; </number:text>"]),  # a semicolon in quotes is a word
    ],
)
def test_number_formats_keep_their_look(digits, inside):
    told = data_style("N1", digits)
    assert all(piece in told for piece in inside)


def test_frames_are_read_back_equal(tmp_path):
    frame = pd.DataFrame(
        {
            "甲": ["=1", None, " a  b"],
            "乙": [1.25, None, -3.0],
            "丙": [1, 2, 3],
            "丁": [True, False, True],
        }
    )
    frame["日"] = [dt.datetime(2025, 7, 1), None, dt.datetime(2025, 1, 2)]
    (tmp_path / "a.ods").write_bytes(frames_bytes({"数据": frame, "数/据": frame.head(1)}))
    sheets = read(tmp_path / "a.ods")
    assert list(sheets) == ["数据", "数_据"]
    assert sheets["数据"][1:] == [
        ["=1", 1.25, 1.0, True, dt.datetime(2025, 7, 1)],
        ["", "", 2.0, False, ""],
        [" a  b", -3.0, 3.0, True, dt.datetime(2025, 1, 2)],
    ]
