"""PDF and one-page pictures through Typst: text is never markup, glyphs are checked, the same bytes twice."""

import os
import re
import shutil
import subprocess
import time

import pytest
from document_samples import COVER, HOSTILE, blocks, hostile, key_table, png, wide_table

from evalkit.documents import Block, Cover, fonts, pdf, write
from evalkit.documents.layout import items, picture_size
from evalkit.documents.numbering import number

needs_poppler = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="poppler reads the text back"
)


def pages_of(path):
    return len(re.findall(rb"/Type/Page\b(?!s)", path.read_bytes()))


def text_of(path, *more):
    return subprocess.run(
        ["pdftotext", *more, path, "-"], capture_output=True, check=True
    ).stdout.decode()


def squeezed(text):
    return re.sub(r"[\s\u2060]", "", text)


def test_fonts_are_embedded_and_no_date_is_written(tmp_path):
    assert [p.code for p in write(blocks(), tmp_path / "a.pdf", cover=COVER)] == []
    content = (tmp_path / "a.pdf").read_bytes()
    assert (
        content.startswith(b"%PDF-1.7")
        and b"/FontFile" in content
        and b"CreationDate" not in content
    )
    assert (
        b"NotoSerifSC" in content and b"NotoSansSC" in content and b"/StructTreeRoot" in content
    )  # tagged
    write(blocks(), tmp_path / "b.pdf", cover=COVER)
    assert content == (tmp_path / "b.pdf").read_bytes()


@needs_poppler
def test_order_and_numbers_are_those_of_the_word_form(tmp_path):
    write(blocks(), tmp_path / "a.pdf", cover=COVER)
    pages = [squeezed(page) for page in text_of(tmp_path / "a.pdf", "-layout").split("\f")]
    assert "内部资料" in pages[0] and "2026年1月15日" in pages[0] and "—" not in pages[0]
    assert "摘" in pages[1] and "—I—" in pages[1] and "目" in pages[2] and "—II—" in pages[2]
    assert "一、总体情况" in pages[3] and "—1—" in pages[3]
    assert all("演示数据" in page for page in pages if page)
    found = "".join(pages)
    places = [
        found.rindex(t)
        for t in (
            "表1主要指标一览表",
            "图1各区县组织覆盖率",
            "表2回归结果",
            "附录二各区县数据表",
            "附录三数据质量",
        )
    ]
    assert places == sorted(places)
    sizes = subprocess.run(
        ["pdfinfo", "-l", "99", tmp_path / "a.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"size: +841.89 x 595.27", sizes) and re.search(
        r"size: +595.27\d* x 841.89", sizes
    )


@needs_poppler
def test_contents_of_word_and_pdf_agree(tmp_path):
    from docx import Document

    write(blocks(), tmp_path / "a.docx", cover=COVER)
    write(blocks(), tmp_path / "a.pdf", cover=COVER)
    entries = [
        p.text.split("\t")
        for p in Document(tmp_path / "a.docx").paragraphs
        if p.style.name.startswith("toc")
    ]
    contents = squeezed(text_of(tmp_path / "a.pdf", "-f", "3", "-l", "3").replace(".", ""))
    for title, page in entries:
        assert squeezed(title + page) in contents


@needs_poppler
def test_text_is_never_markup(tmp_path):
    assert [p.code for p in write(hostile(), tmp_path / "a.pdf", cover=COVER)] == ["key_unknown"]
    found = squeezed(text_of(tmp_path / "a.pdf"))
    assert all(found.count(squeezed(text)) >= 3 for text in HOSTILE)


@needs_poppler
def test_a_missing_glyph_is_named_and_seen(tmp_path):
    tree = [
        Block.heading("题", 1),
        Block.paragraph("前言", "summary"),
        Block.heading("甲", 2),
        Block.paragraph("𠮷𠮷县有🚩，张三"),
        Block.table("表", ["名称"], [["乙"], ["䶮𠀀公司"]]),
    ]
    problems = write(tree, tmp_path / "a.pdf", cover=Cover(title="题", office="𠮷县县委"))
    said = {p.where: p.found for p in problems}
    assert said == {
        "封面": "𠮷（U+20BB7）",
        "一、甲": "𠮷（U+20BB7）、🚩（U+1F6A9）",
        "表1 第2行": "𠀀（U+20000）",
    }
    assert {p.code for p in problems} == {"glyph_missing"} and all("〓" in p.read for p in problems)
    found = squeezed(text_of(tmp_path / "a.pdf"))
    assert "〓〓县有〓，张三" in found and "䶮〓公司" in found and "〓县县委" in found


def test_without_any_chinese_face_there_is_a_document_and_a_few_problems(tmp_path, monkeypatch):
    bare = fonts.Face("图表", "DejaVu Sans", "")
    monkeypatch.setattr(fonts, "face", lambda role="图表": bare)
    problems = write(blocks(), tmp_path / "a.pdf", cover=COVER)
    assert 1 <= len(problems) <= pdf.PLACES and "等" in "".join(p.found for p in problems)
    assert pages_of(tmp_path / "a.pdf") > 3


def test_a_damaged_font_file_is_as_none(tmp_path):
    (tmp_path / "x.otf").write_bytes(b"\0" * 999)
    assert 0x41 in fonts.cmap(str(tmp_path / "x.otf")) and 0x4E2D not in fonts.cmap(
        str(tmp_path / "x.otf")
    )


def test_figures_say_what_their_picture_lacks(tmp_path):
    figure = Block.figure("覆盖率", png(), "图", missing_glyphs="𠮷")
    (problem,) = write([figure], tmp_path / "a.html")
    assert problem.code == "glyph_missing" and problem.where == "图1"


def test_the_picture_of_one_page(tmp_path):
    tree = [
        Block.heading("一页纸", 1),
        *(Block.paragraph(f"第{n}句话。") for n in "一二三"),
        key_table(),
        Block.figure("覆盖率", png(), "甲图"),
        Block.figure("乙", png(), "乙图"),
    ]
    assert write(tree, tmp_path / "a.png", "onepage_png", cover=Cover(office="某部")) == []
    width, height = picture_size(Block.figure("", (tmp_path / "a.png").read_bytes(), "页"))
    assert abs(width / height - 210 / 297) < 0.01 and width > 1600  # A4 at 200 dpi
    (problem,) = write([*tree, wide_table(90)], tmp_path / "b.png", "onepage_png")
    assert problem.code == "page_overflow" and "第1页" in problem.read


def test_a_wide_table_turns_the_page_with_its_heading():
    tree = [
        Block.heading("题", 1),
        Block.heading("甲", 2, "appendix"),
        Block.paragraph("文"),
        Block.heading("乙", 2, "appendix"),
        wide_table(3),
        Block.heading("丙", 2, "appendix"),
    ]
    found = items(number(tree).blocks)
    assert [bool(item.get("wide")) for item in found] == [False, False, True, True, False]
    assert [item["new_page"] for item in found if item["kind"] == "heading"] == [
        False,
        False,
        False,
    ]  # the turn is the break


def test_a_document_of_one_paragraph_and_an_empty_one(tmp_path):
    assert (
        write([Block.paragraph("一句话。")], tmp_path / "a.pdf") == []
        and pages_of(tmp_path / "a.pdf") == 1
    )
    for form in ("pdf", "docx", "html", "xlsx", "official"):
        assert write([], tmp_path / f"{form}.{form}", form) == []
    assert pages_of(tmp_path / "pdf.pdf") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_of_a_process_that_used_typst_does_not_wait_for_ever(tmp_path):
    """Typst's threads do not survive a fork; the child asks a fresh process."""
    write([Block.paragraph("甲")], tmp_path / "a.pdf")
    if not (child := os.fork()):
        code = 1
        try:
            write([Block.paragraph("甲")], tmp_path / "b.pdf")
            code = 0
        finally:
            os._exit(code)
    for _ in range(6000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
    assert (
        done
        and status == 0
        and (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    )
