"""The reader of the net, on made-up documents: numbers are found with their places, and a place is never a position."""

from __future__ import annotations

import csv
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import docx
import golden_net as net
import golden_places as places
import golden_read as read
import lxml.html
import pytest
import xlsxwriter
from docx.oxml import OxmlElement
from golden_places import Cell
from python_calamine import load_workbook

PAGE = """<html><body><nav><a>目录 99</a></nav><main><h1>某省2025年报告</h1>
{more}<h2>一、总体情况</h2><p>组织覆盖率{rate}%，比上年提高1.0个百分点；其中单独组建561家。</p>
<p>居前的是甲区（92.6%）、乙区（{second}%），靠后的是丙区（71.1%）。</p>
<table><caption>表{number}　主要指标<span>单位：家</span></caption>
<thead><tr><th rowspan="2">区县</th><th colspan="2">单位</th></tr><tr><th>数值</th><th>增减</th></tr></thead>
<tbody>{rows}</tbody></table><img alt="横条图：组织覆盖率，最高甲区92.6%"></main></body></html>"""
ROWS = [
    "<tr><th>甲区</th><td>▲ 1,598</td><td>↑38</td></tr>",
    "<tr><th>乙区</th><td>215</td><td>↓4</td></tr>",
]


def numbers_on_the_page(path: Path) -> Counter[str]:
    """The numbers in the bare text of a file, without a thought for headings, tables or places."""
    if path.suffix == ".html":
        page = (
            lxml.html.parse(str(path), parser=lxml.html.HTMLParser(encoding="utf-8"))
            .getroot()
            .find("body")
        )
        for unseen in page.xpath("//nav|//script|//style|//svg"):
            unseen.drop_tree()
        texts = [
            *page.xpath("//img/@alt"),
            *("".join(row.itertext()) for row in page.xpath("//caption")),
        ]
        for inside in page.xpath("//caption"):
            inside.drop_tree()
        for line in page.xpath(
            "//p|//li|//td|//th|//h1|//h2|//h3|//h4|//figcaption|//footer|//summary"
        ):
            if not line.xpath(".//p|.//li|.//td|.//figcaption"):
                texts.append("".join(line.itertext()))
    elif path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = [
            cell for table in document.tables for row in table._tbl.tr_lst for cell in row.tc_lst
        ]
        plain_paragraphs = [
            p for p in document.paragraphs if not (p.style.name or "").lower().startswith("toc ")
        ]
        texts = [p.text for p in plain_paragraphs]
        texts += [
            "\n".join("".join(t.text or "" for t in p.iter(f"{read.WORD}t")) for p in c.p_lst)
            for c in cells
        ]
        texts += document.element.body.xpath(".//wp:docPr/@descr")
    elif path.suffix == ".xlsx":
        book = load_workbook(str(path))
        rows = [
            row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()
        ]
        return places.counted([cell for row in rows for cell in row if isinstance(cell, str)])
    else:
        rows = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
        texts = [cell for row in rows for cell in row]
    return places.counted(texts)


def numbers_of_blocks(blocks: list[read.Block], tidy: bool = False) -> Counter[str]:
    """The numbers in what the reader found; `tidy`: without those that the net leaves out, notes apart."""
    texts = []
    for block in blocks:
        if tidy and block.kind == "text":
            texts += [places.tidy(note) for note in places.notes(block.text)]
        elif tidy:
            texts += [places.tidy(text) for row in [*block.head, *block.body] for text in row]
            texts += [places.tidy(block.text)] if block.kind == "heading" else []
        else:
            texts += [block.text, *(text for row in [*block.head, *block.body] for text in row)]
    return places.counted(texts)


def page(folder: Path, rows=ROWS, number=1, rate="80.6", second="87.0", more="") -> list[Cell]:
    path = folder / "page.html"
    path.write_text(
        PAGE.format(rows="".join(rows), number=number, rate=rate, second=second, more=more),
        encoding="utf-8",
    )
    return places.cells(read.read_html(path), ["甲区", "乙区", "丙区"])


def test_numbers_of_a_page_have_places(tmp_path):
    found = page(tmp_path)
    assert Cell("主要指标", "甲区", "单位 · 数值", "1,598") in found
    assert Cell("主要指标", "乙区", "单位 · 增减", "↓4") in found
    assert Cell("总体情况", "组织覆盖率", "#", "80.6%") in found
    assert Cell("总体情况", "组织覆盖率", "比上年#个百分点", "提高1.0") in found
    assert Cell("总体情况", "居前的是", "乙区（#）", "87.0%") in found
    assert Cell("总体情况", "居前的是", "靠后的是丙区（#）", "71.1%") in found
    assert Cell("总体情况", "图示：组织覆盖率", "最高甲区#", "92.6%") in found
    assert not [cell for cell in found if "99" in cell.value]


def test_order_and_numbers_of_tables_are_no_part_of_a_place(tmp_path):
    more = "<h2>别的</h2><p>没有数字。</p><table><caption>表1　别的表</caption><tr><th>甲</th></tr><tr><td>无</td></tr></table>"
    assert page(tmp_path, rows=ROWS[::-1], number=7, more=more) == page(tmp_path)


def test_a_moved_number_is_one_moved_cell(tmp_path):
    def taken(cells):
        found: net.Net = {}
        net._take(found, "报告", "H", cells)
        net._take(found, "报告", "W", cells)
        return found

    moves = net.compare(taken(page(tmp_path)), taken(page(tmp_path, rate="81.0")))
    assert [str(m) for m in moves] == [
        "报告（网页、Word） | 总体情况 | 组织覆盖率 | #: 80.6% -> 81.0%"
    ]
    moves = net.compare(taken(page(tmp_path)), taken(page(tmp_path, second="84.1")))
    assert [(m.place[3], m.old, m.new) for m in moves] == [("乙区（#）", "87.0%", "84.1%")]
    moves = net.compare(taken(page(tmp_path)), taken(page(tmp_path, rows=ROWS[:1])))
    assert [(m.old, m.new) for m in moves] == [("↓4", None), ("215", None)]
    assert net.vanished(moves) == moves
    line = "three | 报告 | 主要指标 | 乙区 | *\tthe district is no longer printed"
    assert net.allowed("three", moves[0], [line]) and not net.allowed("quick", moves[0], [line])
    assert not net.allowed("three", moves[0], [line.partition("\t")[0]])  # no reason, no leave


def test_a_number_at_another_place_is_not_gone(tmp_path):
    def taken(cells):
        return {(("报告", c.section, c.row, c.column), "H"): c.value for c in cells}

    other = page(tmp_path, rows=[row.replace("乙区", "丁区") for row in ROWS])
    moves = net.compare(taken(page(tmp_path)), taken(other))
    assert len(moves) == 4
    assert net.vanished(moves) == []
    lines = net.told(moves).splitlines()
    assert lines[0] == "0 cells moved, 0 gone, 0 new, 2 with the same numbers at another place"
    assert (
        lines[2]
        == "报告（网页） | 主要指标 | 乙区 | 单位 · 数值: 215 => 主要指标 | 丁区 | 单位 · 数值: 215"
    )


def test_what_is_written_is_read_again(tmp_path):
    cells = page(tmp_path)
    kept: net.Net = {}
    net._take(kept, "报告", "H", cells)
    net._take(kept, "报告", "X", cells[:3])
    net.write(kept, tmp_path / "net")
    assert net.load(tmp_path / "net") == kept
    lines = (tmp_path / "net" / "报告.txt").read_text(encoding="utf-8").splitlines()
    assert "甲区\t单位 · 数值\t1,598\tHX" in lines or "甲区\t单位 · 数值\t1,598\tH" in lines


def word(folder: Path, rows: list[tuple[str, ...]]) -> list[Cell]:
    document = docx.Document()
    document.add_heading("一、经费", 1)
    document.add_paragraph("全年党建经费553.92万元，增长2.5%。")
    document.add_paragraph("表3　各区县经费", style="Caption")
    table = document.add_table(rows=2, cols=3)
    for _ in rows:
        table.add_row()
    table.cell(0, 0).merge(table.cell(1, 0)).text = "区县"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "经费"
    table.cell(1, 1).text, table.cell(1, 2).text = "本年", "上年"
    for line in table.rows[:2]:
        line._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for n, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(n + 2, c).text = text
    document.save(str(folder / "word.docx"))
    return places.cells(read.read_docx(folder / "word.docx"))


def test_word(tmp_path):
    found = word(tmp_path, [("甲区", "1.20", "1.10"), ("乙区", "0.80", "—")])
    assert found == word(tmp_path, [("乙区", "0.80", "—"), ("甲区", "1.20", "1.10")])
    assert found == [
        Cell("各区县经费", "乙区", "经费 · 本年", "0.80"),
        Cell("各区县经费", "甲区", "经费 · 上年", "1.10"),
        Cell("各区县经费", "甲区", "经费 · 本年", "1.20"),
        Cell("经费", "全年党建经费", "#", "增长2.5%"),
        Cell("经费", "全年党建经费", "#万元", "553.92"),
    ]


def test_excel_shows_numbers_in_their_format(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = book.add_worksheet("表1 经费")
    sheet.write_row(0, 0, ["各区县经费"])
    sheet.write_row(2, 0, ["区县", "比例", "增减", "合计"])
    sheet.write(3, 0, "甲区")
    sheet.write(3, 1, 46 / 160, book.add_format({"num_format": "0.0%"}))
    sheet.write(3, 2, -4.25, book.add_format({"num_format": '"↑"0.0;"↓"0.0'}))
    sheet.write_formula(3, 3, "=1000+598", book.add_format({"num_format": "#,##0"}), 1598)
    sheet.write_row(5, 0, ["注：只计3个月。"])
    book.close()
    assert places.cells(read.read_xlsx(tmp_path / "book.xlsx")) == [
        Cell("各区县经费", "只计月", "只计#个月", "3"),
        Cell("各区县经费", "甲区", "合计", "1,598"),
        Cell("各区县经费", "甲区", "增减", "↓4.3"),
        Cell("各区县经费", "甲区", "比例", "28.8%"),
    ]


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        ("0.2874999", "0.0%", "28.7%"),
        ("0.2875", "0.0%", "28.8%"),
        ("1.005", "0.00", "1.01"),
        ("-3", "0;(0)", "(3)"),
        ("0", '"↑"0.0;"↓"0.0', "↑0.0"),
        ("97.5", '"▲ "0.0;"▲ "-0.0', "▲ 97.5"),
        ("100", '0.0"（足额到位）";-0.0', "100.0（足额到位）"),
        ("1234567.5", "#,##0.00", "1,234,567.50"),
        ("0.1000000000000001", "General", "0.1"),
        ("12.0", "General", "12"),
    ],
)
def test_formats(number, code, text):
    assert read.shown(number, code) == text


def test_pdf(tmp_path):
    import typst

    source = '#set text(font: "Noto Serif SC")\n'
    source += "= 经费\n全年经费 553.92 万元，比上年增加 13.33 万元。\n\n图表 13.33\n= 队伍\n指导员 250 名\n"
    source += "#outline()\n#pagebreak()\n— 7 —\n"
    (tmp_path / "pdf.typ").write_text(source, encoding="utf-8")
    fonts = Path(find_spec("pylopdf_fonts_zh_cn").origin).parent
    typst.compile(
        str(tmp_path / "pdf.typ"), output=str(tmp_path / "file.pdf"), font_paths=[str(fonts)]
    )
    found = places.pdf_cells(read.read_pdf(tmp_path / "file.pdf"), {"经费", "队伍"})
    assert Cell("经费", "", "数字", "13.33×2 553.92") in found
    assert [c.value for c in found if c.section == "队伍"] == ["250"]
    old = {(("PDF", "经费", "", "数字"), "P"): "13.33×2 553.92"}
    new = {(("PDF", "经费", "", "数字"), "P"): "13.33 13.34 553.92"}
    assert [(m.old, m.new) for m in net.compare(old, new)] == [("13.33", "13.34")]


def test_rows_of_one_name_are_told_apart_by_the_next_words():
    body = [
        ["2026年", "市财政", "1"],
        ["2026年", "区财政", "2"],
        ["2027年", "市财政", "3"],
        ["2027年", "区财政", "4"],
    ]
    block = read.Block("table", "表2　分出资方", head=[["年份", "出资方", "支出"]], body=body)
    assert Cell("分出资方", "2027年 | 区财政", "支出", "4") in places.cells([block])


def test_two_tables_of_one_title_are_told_apart_by_their_headings():
    tables = [
        read.Block("table", "表1　情况", head=[["项", "数"]], body=[["甲", str(n)]]) for n in (1, 2)
    ]
    blocks = [
        read.Block("heading", "一、上", 2),
        tables[0],
        read.Block("heading", "二、下", 2),
        tables[1],
    ]
    assert [(c.section, c.value) for c in places.cells(blocks)] == [
        ("上 / 情况", "1"),
        ("下 / 情况", "2"),
    ]


def test_only_the_number_of_a_table_is_no_number():
    told = places.tidy("工作报表6个文件，见表12和附件3；图表13.33；表 2　经费30家；附件3个")
    assert places.numbers(told) == ["6", "13.33", "30", "3"]


def test_what_is_left_out_has_a_reason():
    lines = (Path(__file__).parent / "left_out.txt").read_text(encoding="utf-8").splitlines()
    for line in [line for line in lines if not line.startswith("#")]:
        pattern, _, reason = line.partition("\t")
        assert re.compile(pattern) and reason.strip(), line
