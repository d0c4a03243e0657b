"""Workbooks of all tables: typed cells that look as in the report, words that stay words."""

import re
import zipfile
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from document_samples import HOSTILE, blocks, hostile
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from evalkit.documents import Block, shown, write
from evalkit.documents.workbook import csv_bytes, frames_bytes
from evalkit.documents.xlsx import value_of
from evalkit.world.number import fixed, percent


def read(path):
    book = CalamineWorkbook.from_path(path)
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def test_a_sheet_for_every_table_and_notes_in_front(tmp_path):
    notes = [("组织覆盖率", "建立党组织的单位数／单位总数"), ("来源", "=各区县台账")]
    assert write(blocks(), tmp_path / "a.xlsx", notes=notes) == []
    sheets = read(tmp_path / "a.xlsx")
    assert list(sheets) == ["说明", "表1 主要指标一览表", "表2 回归结果", "表3 各区县数据表"]
    first = sheets["表1 主要指标一览表"]
    assert first[0][0] == "主要指标一览表" and first[1][0].startswith("单位：%、个百分点")
    assert first[2] == ["指标", "数值", "比上年", "位次"]
    assert first[3] == ["组织覆盖率", 0.853, 2.1, 3.0] and first[4][1:] == [
        0.61,
        -1.2,
        "基数小，不参与排序",
    ]
    assert first[5] == ["合计", 0.7, "—", "—"] and first[8][0] == "来源：演示数据，2025年12月31日"
    front = [cell for row in sheets["说明"] for cell in row]
    assert {"组织覆盖率", "=各区县台账", "表3 各区县数据表"} <= set(front) and "演示数据" in front[
        4
    ]


def test_frozen_heads_filters_and_formats(tmp_path):
    write(blocks(), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
        first, last = (package.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (2, 4))
        styles = package.read("xl/styles.xml").decode()
    assert 'state="frozen"' in first and 'autoFilter ref="A3:D5"' in first  # totals stay outside
    assert 'topLeftCell="B5"' in last and "mergeCell" in last  # two heading rows and the names stay
    assert "&quot;● &quot;0.0%" in styles and 'formatCode="0.0"' in styles


@pytest.mark.parametrize(
    ("cell", "column", "expected"),
    [
        (0.3844, {"percent": True}, (0.3844, "0.0%")),
        ({"v": 0.38, "t": "38.0%"}, {}, (0.38, "0.0%")),
        ({"v": 1234.5, "t": "1,235"}, {}, (1234.5, "#,##0")),
        ({"v": 0.0123, "t": "12.3"}, {}, (12.3, "0.0")),  # per thousand: what is printed
        ({"v": 0.38, "t": "38.0%（37.1–39.0）"}, {}, ("38.0%（37.1–39.0）", "")),
        ({"v": -2.0, "t": "−2.0", "mark": "▲"}, {}, (-2.0, '"▲ "0.0;"▲ "-0.0')),
        ({"v": -0.1, "t": "↓0.1"}, {}, (-0.1, '"↑"0.0;"↓"0.0')),
        ({"v": 13, "t": "+13"}, {}, (13, '"+"0;"-"0')),
        (
            {"v": 1.4, "t": "↑1.4个百分点", "mark": "●"},
            {},
            (1.4, '"● ↑"0.0"个百分点";"● ↓"0.0"个百分点"'),
        ),
        ({"v": 0, "t": "持平"}, {}, (0, '0;-0;"持平"')),
        ({"t": "↓0.1"}, {}, ("↓0.1", "")),
        (None, {}, ("—", "")),
        ("2025", {}, ("2025", "")),
        (12, {}, (12, "0")),
    ],
)
def test_a_cell_keeps_its_number_and_its_look(cell, column, expected):
    assert value_of(cell, {"key": "a", "label": "a", **column}) == expected


def test_no_text_becomes_a_formula_a_link_or_a_number(tmp_path):
    write(hostile(), tmp_path / "a.xlsx", notes=[(text, text) for text in HOSTILE])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
        sheets = "".join(package.read(n).decode() for n in package.namelist() if "worksheets/" in n)
    assert "<f>" not in sheets and "http" not in "".join(re.findall("<hyperlink[^>]*>", sheets))
    (table,) = [rows for name, rows in read(tmp_path / "a.xlsx").items() if name != "说明"]
    assert [row[0] for row in table[3 : 3 + len(HOSTILE)]] == HOSTILE


def test_sheet_names_are_safe_and_differ(tmp_path):
    titles = [
        "演示/\\:*?[]区" + "长" * 60,
        "演示/\\:*?[]区" + "长" * 60,
        "",
        "'引'",
        "说明",
        "History",
    ]
    write([Block.table(title, ["a"], [[1]]) for title in titles], tmp_path / "a.xlsx")
    names = list(read(tmp_path / "a.xlsx"))
    assert len(names) == len({n.lower() for n in names}) == 7 and all(len(n) <= 31 for n in names)


def test_the_same_bytes_twice(tmp_path):
    for name in "ab":
        write(blocks(), tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_our_workbooks_are_never_read_as_ledgers(tmp_path):
    write(blocks(), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
        assert "evalkit:output" in package.read("docProps/core.xml").decode()


def test_frames_become_sheets_and_csv_that_nothing_calculates(tmp_path):
    frame = pd.DataFrame(
        {"=名称": ["=1+1", "@甲", "乙", None], "数": [1.5, float("nan"), -2.0, 0.0]}
    )
    assert frames_bytes({"表": frame}) == frames_bytes({"表": frame})
    (tmp_path / "a.xlsx").write_bytes(frames_bytes({"表": frame, "表/": frame.head(0)}))
    assert list(read(tmp_path / "a.xlsx")) == ["表", "表_"]
    assert read(tmp_path / "a.xlsx")["表"] == [
        ["=名称", "数"],
        ["=1+1", 1.5],
        ["@甲", ""],
        ["乙", -2.0],
        ["", 0.0],
    ]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    lines = csv_bytes(frame).decode("utf-8-sig").splitlines()
    assert lines == ["'=名称,数", "'=1+1,1.5", "'@甲,", "乙,-2.0", ",0.0"]


def as_excel_shows(value: float, digits: str) -> str:
    """Excel keeps 15 digits of a number and rounds them half up to the decimals of the format."""
    kept = Decimal(f"{value:.15g}") * (100 if digits.endswith("%") else 1)
    decimals = len(digits.removesuffix("%").partition(".")[2])
    return (
        f"{kept.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
        + "%" * digits.endswith("%")
    )


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 3))
def test_excel_shows_what_the_report_prints(top, bottom, decimals):
    column = {"key": "a", "label": "a", "percent": True, "decimals": decimals}
    value, digits = value_of(top / bottom, column)
    assert (
        as_excel_shows(value, digits)
        == shown(top / bottom, column)
        == percent(top, decimals, over=bottom)
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_difference_shows_as_it_is_printed(a, b):
    """A number out of several steps: whatever its binary digits, the cell shows the printed text."""
    cell = {"v": a - b, "t": fixed(abs(a - b), 1, scale=100)}
    value, digits = value_of(cell, {"key": "a", "label": "a"})
    assert as_excel_shows(value, digits) == cell["t"]


@pytest.mark.parametrize(
    ("top", "bottom", "printed"), [(46, 160, "28.8%"), (205, 400, "51.3%"), (253, 400, "63.3%")]
)
def test_ties_in_excel(top, bottom, printed):
    value, digits = value_of(top / bottom, {"key": "a", "label": "a", "percent": True})
    assert value == top / bottom and digits == "0.0%" and as_excel_shows(value, digits) == printed
