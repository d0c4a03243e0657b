"""The briefing: native charts and tables, type that fits its boxes, the same bytes twice."""

import io
import math
import zipfile

import pptx
import pytest
from document_samples import COVER, HOSTILE
from python_calamine import CalamineWorkbook

from evalkit.documents import Block, Cell, Format, write
from evalkit.documents.layout import em
from evalkit.documents.pptx import FACE, shortened
from evalkit.problems import InputError

LONG = "云州市两新组织党建工作创新示范先行集聚发展区管理委员会"


def bars(values, names=None, target=None, title="各区县组织覆盖率"):
    columns = [
        {"key": "area", "label": "区县"},
        {"key": "value", "label": "组织覆盖率（%）", "format": Format.percent()},
    ]
    columns += [{"key": "goal", "label": "目标90%", "format": Format.percent()}] if target else []
    names = names or [f"演示{n:02d}区" for n, _ in enumerate(values, 1)]
    rows = [
        [name, Cell(None, text="缺报") if value is None else value, *([target] if target else [])]
        for name, value in zip(names, values, strict=True)
    ]
    chart = {"values": "value"} | ({"target": "goal"} if target else {})
    return Block.table(title, columns, rows, source="报送台账", chart=chart)


def words(*texts):
    return Block.bullets(texts)


def deck(tmp_path, *slides, cover=COVER):
    path = tmp_path / "汇报.pptx"
    assert write(slides, path, cover=cover) == []
    return path, pptx.Presentation(path)


def too_high(shape):
    """By how much the text of a shape stands over its box, in points; reckoned by the sizes that the file holds."""
    frame = shape.text_frame
    inside = (shape.width - frame.margin_left - frame.margin_right) / 12700
    high = (frame.margin_top + frame.margin_bottom) / 12700
    for paragraph in frame.paragraphs:
        size = max((run.font.size.pt for run in paragraph.runs if run.font.size), default=10)
        rows = sum(math.ceil(max(em(p), 0.1) * size / inside) for p in paragraph.text.split("\v"))
        after = paragraph.space_after.pt if paragraph.space_after is not None else 0
        high += rows * paragraph.line_spacing.pt + after
    return high - shape.height / 12700


def assert_fits(presentation):
    wide, high = presentation.slide_width, presentation.slide_height
    for slide in presentation.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= wide
            assert shape.top >= 0 and shape.top + shape.height <= high, shape.name
            if shape.has_text_frame and shape.text_frame.text:
                assert too_high(shape) <= 0.5, (slide.slide_id, shape.text_frame.text)
            if shape.has_table:
                table = shape.table
                assert shape.top + sum(row.height for row in table.rows) <= high
                for row in table.rows:
                    for cell, column in zip(row.cells, table.columns, strict=True):
                        room = (column.width - cell.margin_left - cell.margin_right) / 12700
                        text = cell.text_frame.paragraphs[0]
                        size = text.runs[0].font.size.pt if text.runs else 10
                        rows = sum(
                            math.ceil(max(em(p), 0.1) * size / room) for p in text.text.split("\v")
                        )
                        assert rows * text.line_spacing.pt <= row.height / 12700, text.text


def test_bars_are_a_native_chart_with_the_numbers_of_the_table(tmp_path):
    path, found = deck(
        tmp_path, Block.slide("覆盖", words("一句话。"), bars([0.953, 0.8, None], target=0.9))
    )
    cover, slide = found.slides
    assert [s for s in slide.shapes if s.shape_type == 13] == []  # no picture
    chart = next(s for s in slide.shapes if s.has_chart).chart
    columns, line = chart.plots
    assert list(columns.series[0].values) == [0.953, 0.8, None]
    assert list(line.series[0].values) == [0.9] * 3 and line.series[0].name == "目标90%"
    assert list(columns.categories) == ["演示01区", "演示02区", "演示03区（缺报）"]
    assert columns.series[0].data_labels.number_format == "0.0%"
    book = CalamineWorkbook.from_filelike(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    held = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert held[1] == ["演示01区", 0.953, 0.9] and held[3][1:] == ["", 0.9]
    assert "来源：报送台账" in slide.notes_slide.notes_text_frame.text
    assert COVER.title in cover.shapes.title.text_frame.text
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.startswith(("ppt/slides/slide", "ppt/charts/chart")):
                text = package.read(name).decode()
                assert text.count(f'<a:ea typeface="{FACE}"/>') >= 1
            if name.startswith("ppt/theme/"):
                assert b'<a:ea typeface=""/>' not in package.read(name)


def test_the_same_bytes_twice(tmp_path):
    slide = Block.slide("覆盖", words("一句话。"), bars([0.9, 0.8], target=0.9))
    first = deck(tmp_path, slide)[0].read_bytes()
    assert deck(tmp_path, slide)[0].read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as package:
        assert {info.date_time for info in package.infolist()} == {(2026, 1, 1, 0, 0, 0)}


def test_long_names_many_bars_and_long_texts_stand_in_their_boxes(tmp_path):
    names = [f"{LONG}{n}号" for n in range(24)]
    many = bars([0.5 + n / 100 for n in range(24)], names, 0.9, LONG * 3)
    table = Block.table(
        LONG, ["工作", "区县", "责任单位"], [[LONG * 6, "、".join(names[:3]), LONG * 2]] * 9
    )
    sentence = "没有党的组织的单位2,292家，比上年减少114家，26.3%集中在演示14区、演示20区。" * 3
    _, found = deck(
        tmp_path,
        Block.slide(LONG * 5, words(*[sentence] * 6), many),
        Block.slide("长表", words(sentence, sentence), table),
        Block.slide("长话", Block.paragraph(sentence * 40)),
    )
    assert_fits(found)
    first = found.slides[1]
    shown = list(next(s for s in first.shapes if s.has_chart).chart.plots[0].categories)
    assert len(set(shown)) == 24 and all(em(name) < 12 for name in shown)
    assert sentence in first.notes_slide.notes_text_frame.text  # what was left out stands there
    assert shortened(LONG, 9) == "云州市两新…委员会" and shortened("清河县", 9) == "清河县"


def test_text_is_text(tmp_path):
    listed = Block.table("表", ["甲", "乙"], [[text, 1] for text in HOSTILE[:6]])
    drawn = bars([1.0, 0.5, 0.25], ["=1+1", "@SUM(1)", "<b>&"])
    _, found = deck(tmp_path, Block.slide(HOSTILE[1], words(*HOSTILE[:4]), listed, drawn))
    slide = found.slides[1]
    assert slide.shapes.title.text_frame.text == HOSTILE[1]
    chart = next(s for s in slide.shapes if s.has_chart).chart
    with zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_slides_stand_in_the_briefing_alone(tmp_path):
    slide = Block.slide("只在汇报里", words("只在汇报里的话。"))
    tree = [Block.heading("报告", 1), Block.paragraph("正文。"), Block.group(slide)]
    write(tree, tmp_path / "a.html")
    assert "只在汇报里" not in (tmp_path / "a.html").read_text("utf-8")
    write(tree, tmp_path / "a.xlsx")
    write(tree, tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "a.docx") as package:
        assert "只在汇报里" not in package.read("word/document.xml").decode()
    with pytest.raises(InputError, match="没有汇报幻灯片"):
        write([Block.paragraph("正文。")], tmp_path / "b.pptx")
    assert "只在汇报里的话" in slide._repr_mimebundle_()["text/html"]


def test_a_chart_names_columns_that_there_are():
    with pytest.raises(ValueError, match="chart"):
        Block.table("表", ["甲", "乙"], [[1, 2]], chart={"values": "丙"})
