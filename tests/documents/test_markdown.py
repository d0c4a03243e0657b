"""What a clerk writes arrives unchanged in HTML, Word and PDF: constructs x writers."""

import html as entities
import re
import zipfile

import pypdfium2
import pytest
from docx import Document

from evalkit.documents import Block, fragment, page, tree, write
from evalkit.documents.layout import items
from evalkit.documents.markdown import markdown
from evalkit.documents.numbering import number

BOLD = [
    ("**压实责任。**市委", ["压实责任。"]),
    ("市委**“两个覆盖”**工作", ["“两个覆盖”"]),
    ("坚持**《条例》**和**（试行）**办法", ["《条例》", "（试行）"]),
    ("**一是**抓覆盖，**二是**抓质量。", ["一是", "二是"]),
    ("**覆盖率85%。**其中", ["覆盖率85%。"]),
    ("**Party.**组织", ["Party."]),
    ("**甲**", ["甲"]),
    ("__乙__ and **bold** text", ["乙", "bold"]),
    ("**压实责任。\n再压实。**市委", ["压实责任。再压实。"]),
    ("***甲。***乙", ["甲。"]),
    ("甲 ** 乙 ** 丙", []),
    (r"\*\*甲\*\*", []),
    ("2*3=6，不是**", []),
]
SOURCE = """\
第一段**加粗。**之后[链接](https://example.org/a)，[坏链接](javascript:alert(1))<b>原样</b>。<!-- 批注 -->
接上行 one
two<br>硬换行  
再换行，见脚注[^甲]。

<!-- 整段批注 -->

3. 第三项
4. 第四项：
   - 圆点**重。**点
     1. 深一层
   - 又一点
5. 第五项

* 独立圆点

> 引文**要点。**第一行
>
> 引文第二段

| 名称 | 数 | 说明 |
| :-- | --: | :-: |
| 甲区 | 3 | **重。**要[页](https://example.org/b) |
| 乙\\|区 | 4 |  |

```
代码  <b> **不粗**
  缩进
```

[^甲]: 脚注的**话**。
[^没有用到]: 不出现。
"""


def bold_in(block: Block) -> list[str]:
    return [run["text"] for run in block.content.get("runs", ()) if run.get("bold")]


@pytest.mark.parametrize(("source", "bold"), BOLD)
def test_bold_needs_no_blank_beside_chinese(source, bold):
    (block,) = markdown(source)
    assert bold_in(block) == bold
    assert re.findall("<strong>(.*?)</strong>", fragment(block)) == bold
    (item,) = items([block])
    assert [run["text"] for run in item["runs"] if run.get("bold")] == bold


def test_headings_say_their_role_and_code():
    source = (
        "# 题 {x}\n\n## 说明 {-}\n\n## 摘要\n\n## 数据质量 {.appendix #quality}\n\n"
        "## 附录区情况\n\n### 前言\n\n## 名{称} {甲}\n\n## 无号 {.unnumbered}\n"
    )
    told = [
        (b.content["text"], b.content.get("role", ""), b.content.get("code", ""))
        for b in markdown(source)
    ]
    assert told == [
        ("题 {x}", "", ""),
        ("说明", "unnumbered", ""),
        ("摘要", "abstract", ""),
        ("数据质量", "appendix", "quality"),
        ("附录区情况", "", ""),
        ("前言", "unnumbered", ""),
        ("名{称} {甲}", "", ""),
        ("无号", "unnumbered", ""),
    ]


def test_a_notebook_may_write_an_appendix_as_before():
    cells = [
        {"cell_type": "markdown", "source": text}
        for text in ("## 附录 指标定义", "## 附录一：数据", "## 附录区", "## 附录")
    ]
    found = [(b.content["text"], b.content.get("role", "")) for b in tree({"cells": cells})]
    assert found == [
        ("指标定义", "appendix"),
        ("数据", "appendix"),
        ("附录区", ""),
        ("", "appendix"),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The text in every form: HTML, the XML of Word, the text of the PDF."""
    folder = tmp_path_factory.mktemp("markdown")
    blocks = markdown(SOURCE)
    assert write(blocks, folder / "a.docx") == write(blocks, folder / "a.pdf") == []
    with zipfile.ZipFile(folder / "a.docx") as package:
        parts = {n: package.read(n).decode() for n in package.namelist() if n.endswith(".xml")}
    document = pypdfium2.PdfDocument(folder / "a.pdf")
    pdf = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    return {
        "html": page(number(blocks).blocks, "题"),
        "word": parts,
        "paragraphs": [p.text for p in Document(folder / "a.docx").paragraphs],
        "table": [
            [c.text for c in row.cells] for row in Document(folder / "a.docx").tables[0].rows
        ],
        "pdf": re.sub(r"\s", "", pdf),
    }


def test_paragraphs_links_and_breaks(written):
    said = "第一段加粗。之后链接（https://example.org/a），坏链接<b>原样</b>。接上行 one two\n硬换行\n再换行，见脚注"
    first = next(p for p in written["paragraphs"] if p.startswith("第一段"))
    assert first.startswith(said)
    html = written["html"]
    assert "<strong>加粗。</strong>之后" in html and 'href="https://example.org/a"' in html
    assert "javascript" not in html.lower() and "&lt;b&gt;原样&lt;/b&gt;" in html
    body = written["word"]["word/document.xml"]
    assert body.count("<w:hyperlink r:id") == 2 and "javascript" not in str(written["word"])
    assert re.sub(r"\s", "", said) in written["pdf"]
    for text in (html, body, written["pdf"]):
        assert "批注" not in text and "[^" not in text


def test_lists_keep_depth_points_and_numbers(written):
    lines = ["3. 第三项", "4. 第四项：", "· 圆点重。点", "1. 深一层", "· 又一点", "5. 第五项"]
    at = written["paragraphs"].index(lines[0])
    assert written["paragraphs"][at : at + 7] == [*lines, "· 独立圆点"]
    indents = re.findall(r'w:leftChars="(\d+)"', written["word"]["word/document.xml"])
    assert indents == ["200", "400", "200"]
    assert re.sub(r"\s", "", "".join(lines)) in written["pdf"]
    html = re.sub(' class="ek-text"', "", written["html"])
    assert (
        '<ol start="3"><li>第三项</li><li>第四项：<ul><li>圆点<strong>重。</strong>点'
        "<ol><li>深一层</li></ol></li><li>又一点</li></ul></li><li>第五项</li></ol>" in html
    )
    assert "<ul><li>独立圆点</li></ul>" in html


def test_tables_keep_sides_bold_and_links(written):
    rows = [
        ["名称", "数", "说明"],
        ["甲区", "3", "重。要页（https://example.org/b）"],
        ["乙|区", "4", ""],
    ]
    assert written["table"] == rows
    assert "".join(map("".join, rows)) in written["pdf"]
    html = written["html"]
    assert '<td class="r">3</td>' in html and '<td class="c"><strong>重。</strong>要<a' in html
    (found,) = [b for b in markdown(SOURCE) if b.kind == "table"]
    assert found.frame().iloc[0].tolist() == [row for row in rows[1]]


def test_quotes_and_code(written):
    assert "引文要点。第一行\n引文第二段" in written["paragraphs"]
    assert "代码  <b> **不粗**\n  缩进" in written["paragraphs"]
    html = entities.unescape(written["html"])
    assert "引文<strong>要点。</strong>第一行\n引文第二段" in html
    assert '<pre class="ek-code">代码  <b> **不粗**\n  缩进</pre>' in html
    assert (
        "引文要点。第一行引文第二段" in written["pdf"] and "代码<b>**不粗**缩进" in written["pdf"]
    )


def test_footnotes(written):
    word = written["word"]
    assert '<w:footnoteReference w:id="1"/>' in word["word/document.xml"]
    assert (
        "脚注的话。" in word["word/footnotes.xml"]
        and "footnotes+xml" in word["[Content_Types].xml"]
    )
    html = written["html"]
    assert '<a href="#n1"><sup>[1]</sup></a>' in html
    assert '<p class="ek-small" id="n1">[1] 脚注的话。</p>' in html
    assert "脚注的话。" in written["pdf"] and "不出现" not in written["pdf"] + html


def test_footnotes_are_numbered_through_the_document():
    blocks = [*markdown("甲[^1]乙[^b]\n\n[^1]: 一\n[^b]: 二"), *markdown("- 丙[^1]\n\n[^1]: 三")]
    text = page(number(blocks).blocks, "题")
    assert re.findall(r'id="n(\d)">\[\d\] (.)', text) == [("1", "一"), ("2", "二"), ("3", "三")]


def test_a_page_break_and_odd_input():
    assert [b.kind for b in markdown("甲\n\n<!-- pagebreak -->\n\n乙")] == [
        "paragraph",
        "page_break",
        "paragraph",
    ]
    for source in (
        "",
        " ",
        "<!-- 没有完",
        "[^1]",
        "[^1]: 只有脚注",
        "|",
        "- ",
        "> ",
        "#",
        "**",
        "```",
    ):
        for block in markdown(source):
            fragment(block)
            items([block])
    assert [b.plain() for b in markdown("<!-- 没有完")] == ["<!-- 没有完"]
