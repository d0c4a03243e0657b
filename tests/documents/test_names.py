"""Names are facts: whatever words they hold, they pass every form unchanged."""

import re
import zipfile
from xml.etree import ElementTree

import pypdfium2
import pytest
from document_samples import COVER, png
from docx import Document
from python_calamine import CalamineWorkbook

from evalkit.documents import Block, Cell, Format, tree, write
from evalkit.documents.latex import latex_document
from evalkit.documents.numbering import number

NAMES = [
    "喀什地区",
    "甲区县",
    "演示区",
    "附录区",
    "附录一甲",
    "附件一乙",
    "摘要县",
    "预趋势镇",
    "“两个覆盖”区",
    "“数据质量”",
    "{甲}区",
    "{-}",
    "{.appendix}",
    "来源：甲",
    "注：乙",
    "表1县",
    "〔甲〕",
    "●区",
    "乙】",
    "100%区",
    "组织覆盖率",
    "合计区",
    "—区",
]


def blocks() -> list[Block]:
    found = [Block.heading("报告", 1)]
    for n, name in enumerate(NAMES):
        found += [
            Block.heading(name, 2),
            Block.paragraph(f"{name}的情况，见附录“数据质量”。"),
            Block.bullets([f"{name}，见“数据质量”"]),
            Block.note(name),
            Block.heading(f"{name}之二", 3),
        ]
        if n == 0:
            columns = [
                {"key": "area", "label": name},
                {"key": "v", "label": "数", "group": "附录“数据质量”", "format": Format.percent()},
                {"key": "w", "label": "演示数据", "group": "附录“数据质量”"},
            ]
            rows = [
                [Cell(one, area=f"某省/{one}"), Cell(0.5, after=f"（{one}）"), one] for one in NAMES
            ]
            title = "演示地区附录“数据质量”摘要{-}"
            found.append(Block.table(title, columns, rows, notes=NAMES, source="演示数据"))
            found.append(Block.figure("附录“数据质量”", png(), "附录“数据质量”"))
    return [*found, Block.heading("数据质量", 2, "appendix"), Block.paragraph("附录“数据质量”。")]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    for name, form in (
        ("a.docx", None),
        ("a.pdf", None),
        ("a.html", None),
        ("a.xlsx", None),
        ("o.docx", "official"),
        ("x.docx", "annex"),
    ):
        assert [p.code for p in write(blocks(), folder / name, form, cover=COVER)] in (
            [],
            ["text_too_long"],
        )
    return folder


def words_of(path) -> list[str]:
    """The texts of a Word file, paragraph by paragraph, those of tables too."""
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(path) as package:
        root = ElementTree.fromstring(package.read("word/document.xml"))
    return ["".join(t.text or "" for t in p.iter(f"{space}t")) for p in root.iter(f"{space}p")]


def test_in_word(files):
    said = words_of(files / "a.docx")
    rows = [[c.text for c in row.cells] for row in Document(files / "a.docx").tables[0].rows]
    assert [row[0] for row in rows[2:]] == NAMES and [row[2] for row in rows[2:]] == NAMES
    assert [row[1] for row in rows[2:]] == [f"50.0%（{name}）" for name in NAMES]
    for name in NAMES:
        assert f"{name}的情况，见附录“数据质量”。" in said and f"1.{name}，见“数据质量”" in said
        assert sum(text.endswith(f"、{name}") for text in said) >= 1, name  # the heading
        assert name in said  # the note
        assert any(text.endswith(f"）{name}之二") for text in said)
    told = "".join(f"{n}.{name}。" for n, name in enumerate(NAMES, 1))
    assert f"注：{told}" in said
    assert "附录　数据质量" in said


def test_only_a_reference_becomes_an_annex_in_the_official_text(files):
    """A name in “” that is that of an appendix stays; what refers to the appendix is renamed."""
    said = words_of(files / "o.docx")
    for name in NAMES:
        assert f"{name}的情况，见附录“数据质量”。" in said and f"1.{name}，见“数据质量”" in said
    made = number(
        [*blocks()[:2], Block.paragraph("见〔附录：数据质量〕，“数据质量”不变。"), blocks()[-2]]
    )
    from evalkit.documents.official import text

    assert text(made)[-1].plain() == "见附件“数据质量”，“数据质量”不变。"
    annex = words_of(files / "x.docx")
    assert {"附件1", "附件2", "数据质量", *NAMES} <= set(annex)


def test_in_html(files):
    text = (files / "a.html").read_text("utf-8")
    plain = re.sub("<[^>]*>", "", text).replace("&amp;", "&")
    for name in NAMES:
        assert f"{name}的情况，见附录“数据质量”。" in plain
        assert f">{name}</th>" in text and f"50.0%（{name}）</td>" in text
        assert f'<p class="ek-small">{name}</p>' in text
    assert "演示地区附录“数据质量”摘要{-}" in plain
    assert 'class="ek-demo"' not in text  # words about a demonstration are none


def test_in_pdf(files):
    document = pypdfium2.PdfDocument(files / "a.pdf")
    text = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    text = re.sub(r"[\s\ufffe]", "", text)
    for name in NAMES:
        assert f"{name}的情况，见附录“数据质量”。" in text and f"50.0%（{name}）{name}" in text, (
            name
        )
    assert "本文数字均为虚构" not in text


def test_in_excel(files):
    book = CalamineWorkbook.from_path(files / "a.xlsx")
    (sheet,) = (book.get_sheet_by_name(n).to_python() for n in book.sheet_names if n != "说明")
    assert sheet[0][0] == "演示地区附录“数据质量”摘要{-}"
    rows = sheet[4 : 4 + len(NAMES)]
    assert [row[0] for row in rows] == NAMES and [row[2] for row in rows] == NAMES
    assert [row[1] for row in rows] == [0.5] * len(NAMES)
    formats = zipfile.ZipFile(files / "a.xlsx").read("xl/styles.xml").decode()
    for name in NAMES:
        assert f"0.0%&quot;（{name}）&quot;" in formats
    assert sheet[4 + len(NAMES) + 1][0].startswith("注：1.喀什地区。2.甲区县。")


def test_in_latex_and_through_a_notebook():
    text = latex_document(blocks(), "题")
    for name in NAMES:
        plain = name.replace("{", r"\{").replace("}", r"\}").replace("%", r"\%")
        assert plain.replace("●", r"$\bullet$") in text
    cells = [{"cell_type": "code", "outputs": [{"data": b._repr_mimebundle_()}]} for b in blocks()]
    assert tree({"cells": cells}) == blocks()
