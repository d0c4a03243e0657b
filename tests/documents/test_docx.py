"""Word: page and type after GB/T 9704, numbering, captions, sections, contents; the same bytes twice."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from document_samples import COVER, HOSTILE, blocks, hostile, png
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Emu, Mm

from evalkit.documents import Block, Cover, write
from evalkit.documents.layout import feet_of, items
from evalkit.documents.numbering import number


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docx")
    write(blocks(), folder / "report.docx", cover=COVER)
    write(blocks(), folder / "official.docx", "official", cover=COVER, fonts="windows")
    write(blocks(), folder / "annex.docx", "annex", cover=COVER)
    write(blocks(), folder / "plain.docx")
    return {path.stem: Document(path) for path in folder.iterdir()}


def texts(document):
    return [p.text for p in document.paragraphs]


def xml(document):
    return document.element.xml


def test_the_page_is_that_of_gbt_9704(made):
    """A4, top 37 mm, left 28 mm, text block 156 x 225 mm, 22 lines of 28 characters of 16 pt (GB/T 9704-2012, 5)."""
    section = made["official"].sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert abs(section.top_margin - Mm(37)) < Mm(0.1) and abs(section.left_margin - Mm(28)) < Mm(
        0.1
    )
    width = section.page_width - section.left_margin - section.right_margin
    height = section.page_height - section.top_margin - section.bottom_margin
    assert abs(width - Mm(156)) < Mm(0.1) and abs(height - Mm(225)) < Mm(0.1)
    pitch = int(section._sectPr.find(qn("w:docGrid")).get(qn("w:linePitch")))
    assert Emu(height).pt // (pitch / 20) == 22
    normal = made["official"].styles["Normal"]
    spacing = normal.element.rPr.find(qn("w:spacing"))
    assert (
        normal.font.size.pt == 16
        and Emu(width).pt // (16 + int(spacing.get(qn("w:val"))) / 20) == 28
    )


@pytest.mark.parametrize(
    ("name", "faces"),
    [
        (
            "report",
            {
                "Normal": "仿宋_GB2312",
                "Title": "方正小标宋简体",
                "Heading 1": "黑体",
                "Heading 2": "楷体_GB2312",
            },
        ),
        ("official", {"Normal": "仿宋", "Title": "宋体", "Heading 1": "黑体", "Heading 2": "楷体"}),
    ],
)
def test_faces_stand_in_east_asia(made, name, faces):
    styles = made[name].styles
    fonts = styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:rFonts')}")
    language = styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    assert (
        fonts.get(qn("w:eastAsia")) == faces.pop("Normal")
        and language.get(qn("w:eastAsia")) == "zh-CN"
    )
    for style, face in faces.items():
        assert styles[style].element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia")) == face
    assert styles["Title"].font.size.pt == 22
    assert bool(styles["Title"].font.bold) == (name == "official")  # 宋体 stands for 小标宋 in bold


def test_headings_are_numbered_and_typed_numbers_replaced(made):
    headings = [
        (p.style.name, p.text)
        for p in made["report"].paragraphs
        if p.style.name.startswith("Heading")
    ]
    assert headings == [
        ("Heading 1", "评估说明"),
        ("Heading 1", "一、总体情况"),
        ("Heading 2", "（一）手写了编号"),
        ("Heading 3", "1.单独组建"),
        ("Heading 1", "二、经费保障"),
        ("Heading 2", "（一）结构"),
        ("Heading 1", "三、做法"),
        ("Heading 1", "附录一　指标定义"),
        ("Heading 1", "附录二　各区县数据表"),
        ("Heading 1", "附录三　数据质量"),
    ]


def test_four_levels_and_many_sections():
    tree = [Block.heading(f"节{n}", 1) for n in range(12)]
    tree += [
        Block.heading("甲", 2),
        Block.heading("乙", 3),
        Block.heading("丙", 4),
        Block.heading("丁", 4),
    ]
    found = [b.plain() for b in number(tree, "题").blocks]
    assert found[9:12] == ["十、节9", "十一、节10", "十二、节11"] and found[12:] == [
        "（一）甲",
        "1.乙",
        "（1）丙",
        "（2）丁",
    ]
    kept = number(
        [Block.heading("题", 1), Block.heading("2025年情况", 2), Block.heading("1.5万家", 2)]
    ).blocks
    assert [b.plain() for b in kept] == [
        "一、2025年情况",
        "二、1.5万家",
    ]  # figures are no numbers of headings


def test_where_most_sections_have_typed_numbers_the_others_have_none():
    tree = [Block.heading(text, 2) for text in ("评估说明", "一、甲", "三、乙")]
    tree.append(Block.heading("丙", 2, "appendix"))
    assert [b.plain() for b in number(tree, "题").blocks] == [
        "评估说明",
        "一、甲",
        "二、乙",
        "附录　丙",
    ]


def test_captions_are_fields_and_references_point_at_them(made):
    captions = [p.text for p in made["report"].paragraphs if p.style.name == "Caption"]
    assert captions == [
        "表1　主要指标一览表",
        "图1　各区县组织覆盖率",
        "表2　回归结果",
        "表3　各区县数据表",
    ]
    body = xml(made["report"])
    assert (
        "SEQ 表" in body
        and "REF _Ref_t1" in body
        and 'w:name="_Ref_t1"' in body
        and 'w:name="_Ref_f1"' in body
    )
    assert any("详见表1和图1。" in text for text in texts(made["report"]))
    assert any(
        "见图1。" in p.text
        for p in made["report"].paragraphs
        if p.style.name == "Evalkit Table Note"
    )


def test_a_reference_without_target_stays_and_is_said(tmp_path):
    tree = [
        Block.paragraph("见〔表：甲〕、〔表：乙〕。"),
        *(Block.table(t, ["a"], [["1"]]) for t in ("甲一", "甲二")),
    ]
    problems = write(tree, tmp_path / "a.docx")
    assert texts(Document(tmp_path / "a.docx"))[0] == "见〔表：甲〕、〔表：乙〕。"
    assert [(p.code, p.severity) for p in problems] == [
        ("key_unknown", "warning")
    ] * 2 and "2个标题" in problems[0].found


def test_sections_cover_front_body_landscape(made):
    sections = made["report"].sections
    turned = [s.orientation == WD_ORIENT.LANDSCAPE for s in sections]
    assert turned == [False, False, False, True, False]
    kinds = [s._sectPr.find(qn("w:pgNumType")) for s in sections]
    assert [k is not None and k.get(qn("w:fmt")) for k in kinds] == [
        False,
        "upperRoman",
        "decimal",
        False,
        False,
    ]
    assert (
        sections[0].different_first_page_header_footer
        and made["report"].settings.odd_and_even_pages_header_footer
    )
    wide = sections[3]
    assert round(Emu(wide.page_width - wide.left_margin - wide.right_margin).mm) == 225


def test_page_numbers_right_on_odd_left_on_even_pages(made):
    section = made["report"].sections[0]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    assert odd.text == even.text == "— 1 —" and odd.alignment == 2 and even.alignment == 0
    assert "PAGE" in odd._p.xml and odd.style.font.size.pt == 14  # 四号
    assert section.first_page_footer.paragraphs[0].text == ""


def test_every_page_says_that_the_data_are_invented(made, tmp_path):
    section = made["report"].sections[0]
    for header in (section.header, section.even_page_header, section.first_page_header):
        assert header.paragraphs[0].text.startswith("演示数据")
    write([Block.paragraph("真实。")], tmp_path / "a.docx")
    assert Document(tmp_path / "a.docx").sections[0].header.paragraphs[0].text == ""


def test_contents_are_a_field_with_entries_and_no_question_on_opening(made):
    document = made["report"]
    entries = [p.text.split("\t") for p in document.paragraphs if p.style.name.startswith("toc")]
    assert [e[0] for e in entries][:3] == ["评估说明", "一、总体情况", "（一）手写了编号"] and len(
        entries
    ) == 9
    pages = [int(e[1]) for e in entries]
    assert pages[0] == 1 and pages == sorted(pages) and pages[-1] >= 5
    body = xml(document)
    assert 'TOC \\o "1-2"' in body and "PAGEREF _Toc_s2" in body
    # Word asks before it opens a document whose fields are dirty or that wants them all updated
    assert "w:dirty" not in body and "updateFields" not in document.settings.element.xml


def test_tables_have_grid_title_unit_totals_and_repeated_heads(made):
    table = made["report"].tables[0]
    first = table.rows[0]._tr.trPr
    assert first.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert table.style.name == "Table Grid" and [c.text for c in table.rows[1].cells] == [
        "组织覆盖率",
        "● 85.3%",
        "2.1",
        "3",
    ]
    assert [c.text for c in table.rows[3].cells] == ["合计", "70.0%", "—", "—"]
    assert all(run.bold for cell in table.rows[3].cells for p in cell.paragraphs for run in p.runs)
    before = texts(made["report"])
    assert before.index("单位：%、个百分点") == before.index("表1　主要指标一览表") + 1
    grouped = made["report"].tables[-1]
    assert all(row._tr.trPr.find(qn("w:tblHeader")) is not None for row in grouped.rows[:2])
    assert "vMerge" in grouped.rows[1]._tr.xml and "gridSpan" in grouped.rows[0]._tr.xml
    assert made["report"].tables[1].style.name == "Evalkit Three Line"


def test_pictures_are_inline_with_alternative_text(made):
    (shape,) = made["report"].inline_shapes
    assert shape._inline.docPr.get("descr") == "柱状图：各区县组织覆盖率"
    assert shape.width <= Mm(156) and "wp:anchor" not in xml(made["report"])
    assert not re.search("w:sdt|svg|txbx|mc:Alternate", xml(made["report"]))


def test_bold_links_and_what_is_to_be_written(made):
    runs = {run.text: run for p in made["report"].paragraphs for run in p.runs}
    assert runs["加粗"].bold and runs["项"].bold
    assert (
        runs["【待补充】"].font.highlight_color == 7
        and runs["【待补充：典型经验】"].font.highlight_color == 7
    )  # yellow
    assert not runs["请报送。"].font.highlight_color
    links = [r.target_ref for r in made["report"].part.rels.values() if r.is_external]
    assert links == ["https://example.org/a"] and any(
        "链接（https://example.org/a）" in t for t in texts(made["report"])
    )


def test_the_official_form(made):
    found = texts(made["official"])
    assert found[:4] == [
        "内部资料　注意保存",
        "演示省2025年评估报告",
        "省委办公厅：",
        "现将评估情况报告如下。",
    ]
    assert [t for t in found if "附件" in t] == ["附件：1.主要图表"] and {
        "2.指标定义",
        "3.各区县数据表",
        "4.数据质量",
    } <= set(found)
    assert (
        not made["official"].tables and not made["official"].inline_shapes
    )  # they stand in the 附件
    assert found[-2:] == ["中共演示省委社会工作部", "2026年1月15日"]
    body = xml(made["official"])
    assert "TOC \\o" not in body and "附录" not in "".join(found) and "摘" not in "".join(found)
    assert len(made["official"].sections) == 1


def test_the_annexes_hold_what_the_official_text_leaves_out(made):
    """附件1, 附件2 ... each on a page of its own, marked in 黑体 at the edge above its title; nothing is in neither or in both."""
    annex, found = made["annex"], texts(made["annex"])
    heads = [
        "附件1",
        "附件2",
        "附件3　各区县数据表",
        "附件4",
    ]  # in one line above a table that needs the whole landscape page
    assert [t for t in found if t.startswith("附件")] == heads and "附录" not in "".join(found)
    first = next(p for p in annex.paragraphs if p.text == "附件2")
    assert first.style.name == "Heading 1" and first.paragraph_format.page_break_before
    assert next(p for p in annex.paragraphs if p.text == "指标定义").style.name == "Title"
    report, official = texts(made["report"]), texts(made["official"])
    assert len(annex.tables) == len(made["report"].tables) and len(annex.inline_shapes) == len(
        made["report"].inline_shapes
    )
    assert "本节数据尚未核实。" in found and "本节数据尚未核实。" not in official
    captions = [t for t in report if re.match(r"[表图]\d", t)]
    assert captions == [t for t in found if re.match(r"[表图]\d", t)] and len(captions) > 3
    assert "评估依据。" in official and "评估依据。" not in found


@pytest.mark.parametrize(
    ("office", "date"),
    [("社会工作部", "2026年11月15日"), ("中共演示省演示市委社会工作部", "2026年1月5日")],
)
def test_the_date_stands_two_characters_right_of_the_office(tmp_path, office, date):
    """GB/T 9704-2012, 7.3.5.2: 首字比发文机关署名首字右移二字; the longer one keeps two characters from the margin."""
    write(
        [Block.paragraph("正文")],
        tmp_path / "a.docx",
        "official",
        cover=Cover("题", office=office, date=date),
    )
    signed = Document(tmp_path / "a.docx").paragraphs[-2:]
    right = [int(p._p.pPr.find(qn("w:ind")).get(qn("w:rightChars"))) / 100 for p in signed]
    from evalkit.documents.layout import em

    left = [space + em(p.text) for space, p in zip(right, signed, strict=True)]
    assert abs(left[0] - left[1] - 2) < 0.02 and min(right) >= 2


def test_an_official_text_has_at_most_5000_characters(tmp_path):
    short, long = (
        [Block.paragraph("字" * 4999)],
        [Block.paragraph("字" * 4990 + " 85.3% abc " + "字" * 9)],
    )
    assert write(short, tmp_path / "a.docx", "official") == []
    (problem,) = write(long, tmp_path / "a.docx", "official")
    assert problem.code == "text_too_long" and "5,001字" in problem.found


def test_without_a_cover_the_title_stands_above(made):
    found = texts(made["plain"])
    assert found[:2] == ["演示省2025年评估报告", "本报告评估30个区县。"] and "目　录" not in found
    assert not made["plain"].sections[0].different_first_page_header_footer


def test_the_same_bytes_twice(tmp_path):
    for name in ("a", "b"):
        write(blocks(), tmp_path / f"{name}.docx", cover=COVER)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.docx") as package:
        assert {info.date_time[0] for info in package.infolist()} == {2026}
        assert package.testzip() is None and not any("thumbnail" in n for n in package.namelist())


def test_text_is_never_markup(tmp_path):
    write(hostile(), tmp_path / "a.docx", cover=COVER)
    document = Document(tmp_path / "a.docx")
    found, cells = texts(document), [row.cells[0].text for row in document.tables[0].rows[1:]]
    assert cells == HOSTILE
    assert all(text in found and f"1.{text}" in found for text in HOSTILE)


def test_control_characters_leave_every_text(tmp_path):
    dirty = "甲\x00\x08\x0b\x1b乙\ud800\ufffe\r\n丙𠮷"
    write(
        [Block.paragraph(dirty), Block.table(dirty, [dirty], [[dirty]])],
        tmp_path / "b.docx",
        cover=Cover(dirty, summary=(dirty,)),
    )
    assert "甲乙\n丙𠮷" in texts(Document(tmp_path / "b.docx"))
    write([Block.paragraph(dirty), Block.table(dirty, [dirty], [[dirty]])], tmp_path / "a.docx")
    document = Document(tmp_path / "a.docx")
    assert texts(document)[0] == document.tables[0].rows[1].cells[0].text == "甲乙\n丙𠮷"


def test_a_picture_that_is_none_is_refused(tmp_path):
    from evalkit.problems import InputError

    with pytest.raises(InputError, match="图片打不开"):
        write([Block.figure("图", b"GIF89a", "图")], tmp_path / "a.docx")
    assert list(tmp_path.iterdir()) == []


def test_figures_side_by_side_are_no_wider_than_their_half_of_the_page(tmp_path):
    """Where the page has room its type is larger, the two halves are not: the right end of a figure was cut off."""
    tree = [Block.paragraph("短。"), *[Block.figure("图", png(8, 3), "图") for _ in range(2)]]
    assert write(tree, tmp_path / "a.docx", "onepage", cover=Cover(office="某部")) == []
    document = Document(tmp_path / "a.docx")
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    widths = [int(one.get("cx")) for one in document.element.body.iter(qn("wp:extent"))]
    assert len(widths) == 2 and max(widths) <= min(int(cell.width) for cell in cells)


def test_the_contents_begin_a_page_without_an_empty_paragraph_before():
    """A paragraph with a page break behind a full summary would be a page of its own."""
    from evalkit.documents import docx as room

    tree = [Block.heading("题目", 1), Block.heading("情况", 2), Block.heading("一", 3)]
    tree.append(Block.paragraph("一句。"))
    summary, body = items([Block.paragraph("短。")]), items(number(tree).blocks)
    pages = ["1" for item in body if item["kind"] == "heading" and item["rank"] <= 2]
    made = room.report(body, summary, "题目", Cover(office="某部"), False, pages=pages)
    document = Document(io.BytesIO(made))
    breaks = document.element.body.iter(qn("w:br"))
    assert not [one for one in breaks if one.get(qn("w:type")) == "page"]
    (contents,) = [one for one in document.paragraphs if one.text == "目　录"]
    assert contents.paragraph_format.page_break_before


def test_one_page(tmp_path):
    tree = [
        Block.heading("一页纸", 1),
        *(Block.paragraph(f"第{n}句话。") for n in "一二三"),
        *blocks()[6:7],
        Block.figure("覆盖率", png(), "甲图"),
        Block.figure("乙", png(), "乙图"),
    ]
    assert write(tree, tmp_path / "a.docx", "onepage", cover=Cover(office="某部")) == []
    document = Document(tmp_path / "a.docx")
    assert texts(document)[:3] == ["一页纸", "某部", "第一句话。"] and len(document.tables) == 2
    assert (
        len(document.inline_shapes) == 2 and len(document.tables[1].rows[0].cells) == 2
    )  # figures side by side


def test_tables_of_many_shapes_fit_the_page():
    from evalkit.documents.layout import LANDSCAPE, PORTRAIT, items

    for columns in (1, 3, 8, 14, 30):
        names = [{"key": str(n), "label": f"第{n}列的名称", "decimals": 1} for n in range(columns)]
        (table,) = items(number([Block.table("题", names, [[12345.6] * columns])]).blocks)
        room = LANDSCAPE if table["wide"] else PORTRAIT
        assert abs(sum(table["widths"]) - room) < 1 and table["wide"] == (columns > 8)


def test_a_writer_takes_its_time_once():
    """The template is read once a process: many documents in one run share it."""
    from evalkit.documents import docx

    first = docx._template("gb2312", 0.0)
    assert first is docx._template("gb2312", 0.0) and zipfile.is_zipfile(io.BytesIO(first))


def test_a_remark_stands_across_its_table(tmp_path: Path) -> None:
    rows = [
        ["补助改革", "0.0271***"],
        [{"t": "▲ 实施政策的聚类只有4个，星号不可靠", "tone": "bad"}, ""],
        ["合计：", None],
    ]
    block = Block.table("结果", ["变量", "估计值"], rows, form="three_line")
    assert not write([block], tmp_path / "a.docx") and not write([block], tmp_path / "a.pdf")
    table = Document(str(tmp_path / "a.docx")).tables[0]
    second, third = table.rows[2], table.rows[3]
    assert second.cells[0]._tc is second.cells[1]._tc and "星号不可靠" in second.cells[0].text
    assert third.cells[0]._tc is not third.cells[1]._tc


def kept(paragraph) -> bool:
    return paragraph.paragraph_format.keep_with_next is True


def test_a_small_table_is_not_broken_and_a_longer_one_not_at_its_ends(tmp_path: Path) -> None:
    tables = [
        Block.table(f"表{n}", ["地区", "数"], [[f"第{i}区", i] for i in range(n)], total_rows=1)
        for n in (5, 80)
    ]
    assert [item["whole"] for item in items(tables)] == [True, False]
    write(tables, tmp_path / "a.docx")
    short, long = Document(tmp_path / "a.docx").tables
    assert all(kept(row.cells[0].paragraphs[0]) for row in short.rows[1:])
    rows = [kept(row.cells[0].paragraphs[0]) for row in long.rows[1:]]
    assert (
        rows == [True] * 2 + [False] * 74 + [True] * 4
    )  # three rows at the top, three with the total at the end


def test_notes_are_one_line_of_sentences() -> None:
    assert feet_of({"notes": ["甲", "乙。"], "source": "丙"}) == [
        "注：1.甲。2.乙。",
        "来源：丙",
    ]
    assert feet_of({"notes": ["甲"]}) == ["注：甲。"] and feet_of({}) == []


def test_the_official_frame_says_what_it_lacks_and_keeps_its_signature(tmp_path: Path) -> None:
    made = [
        Block.heading("报告", 1),
        Block.heading("一节", 2),
        Block.bullets(["甲", "乙"]),
        Block.heading("表", 2, "appendix"),
    ]
    write(
        made,
        tmp_path / "a.docx",
        "official",
        cover=Cover(title="2025年度报告", office="某办", date="2026年1月15日", period="2025年度"),
    )
    document = Document(tmp_path / "a.docx")
    found = [p for p in document.paragraphs if p.text]
    addressee = next(p for p in found if p.text == "【待补充】主送机关：")
    assert addressee.runs[0].font.highlight_color is not None and {"1.甲", "2.乙"} <= {
        p.text for p in found
    }
    last = document.paragraphs[-6:]
    assert (
        [p.text for p in last] == ["", "附件：表", "", "", "某办", "2026年1月15日"]
        and all(map(kept, last[:-1]))
        and not kept(last[-1])
    )
    write(made, tmp_path / "b.docx", cover=Cover(title="2025年度报告", period="2025年度"))
    assert "2025年度" not in texts(Document(tmp_path / "b.docx"))


def test_a_clock_before_1980_stops_nothing(tmp_path, monkeypatch):
    """A PC whose battery is dead begins in 1970, and a zip knows no such date."""
    import time

    from evalkit.documents import docx as room

    usual = write(blocks(), tmp_path / "a.docx"), (tmp_path / "a.docx").read_bytes()
    room._template.cache_clear()
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(0))
    assert (write(blocks(), tmp_path / "b.docx"), (tmp_path / "b.docx").read_bytes()) == usual
