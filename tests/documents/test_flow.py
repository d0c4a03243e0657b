"""No page stays empty for a figure or a table: measured on the pages that are made."""

from __future__ import annotations

import numpy as np
import pypdfium2
import pytest
from document_samples import COVER, png

from evalkit.documents import Block, flow, pdf, write
from evalkit.documents.layout import items, summary_scale

TEXT = "这一段话说明各区县的情况，数字取自台账，比上年有升有降，详见附表。" * 4


def picture(n: int, height: float = 7.2) -> Block:
    return Block.figure(f"图{n}的题目", png(8, height), "图")


def fills(path) -> list[float]:
    """How far down the text block of each page is printed on."""
    document = pypdfium2.PdfDocument(str(path))
    found = []
    for page in document:
        grey = np.asarray(page.render(scale=0.5).to_pil().convert("L"))
        top, bottom = round(grey.shape[0] * 0.125), round(grey.shape[0] * 0.882)
        rows = np.flatnonzero((grey[top:bottom] < 200).any(axis=1))
        found.append((rows.max() + 1) / (bottom - top) if len(rows) else 0.0)
    document.close()
    return found


def chapters() -> list[Block]:
    """Figures that come where the page has no room for them, with words after them."""
    blocks = [Block.heading("评估报告", 1)]
    for n in range(1, 5):
        blocks += [Block.heading(f"第{n}部分", 2), *[Block.paragraph(TEXT)] * (n + 1), picture(n)]
        blocks += [Block.paragraph(TEXT)] * (6 - n)
    return blocks


def test_words_fill_the_page_that_a_figure_does_not_fit_on(tmp_path):
    write(chapters(), tmp_path / "a.pdf", cover=COVER)
    body = fills(tmp_path / "a.pdf")[2:-1]  # cover and contents before it
    assert len(body) >= 4 and min(body) > 0.67, body
    left = flow.settled(items(chapters()), pdf.spots)
    plain = items(chapters())
    assert [i["kind"] for i in left] != [i["kind"] for i in plain]  # else there was nothing to do
    assert sorted(map(repr, left)) == sorted(map(repr, plain))  # nothing lost, nothing twice
    titles = [i["title"] for i in left if i["kind"] == "figure"]
    assert titles == [f"图{n}的题目" for n in range(1, 5)]


def test_words_never_leave_their_chapter(tmp_path):
    found = flow.settled(items(chapters()), pdf.spots)
    heads = [n for n, item in enumerate(found) if item["kind"] == "heading" and item["rank"] == 1]
    for first, last in zip(heads[1:], [*heads[2:], len(found)], strict=True):
        inside = [item["kind"] for item in found[first:last]]
        assert inside.count("paragraph") == 7 and inside.count("figure") == 1


def test_a_figure_that_just_does_not_fit_becomes_smaller():
    part = [Block.heading("标题", 1), Block.heading("一", 2), *[Block.paragraph(TEXT)] * 2]
    for height in (4.2, 4.5, 4.8, 5.1, 5.4, 5.7, 6.0):
        blocks = [*part, picture(1, height), Block.heading("二", 2)]
        found = flow.settled(items(blocks), pdf.spots)
        drawn = next(item for item in found if item["kind"] == "figure")
        usual = next(item for item in items(blocks) if item["kind"] == "figure")
        if drawn["width"] < usual["width"]:
            assert drawn["width"] >= flow.SMALLER * usual["width"]
            assert drawn["height"] / drawn["width"] == pytest.approx(height / 8, rel=0.02)
            return
    raise AssertionError("no figure was made smaller")


@pytest.mark.parametrize("words", [1, 3, 5, 6])
def test_a_summary_has_one_page_and_type_as_large_as_that_allows(tmp_path, words):
    said = [Block.paragraph(TEXT[:120], "summary") for _ in range(words)]
    table = Block.table("三项主要指标", ["指标", "本年"], [["甲", 1], ["乙", 2], ["丙", 3]])
    blocks = [Block.heading("评估报告", 1), Block.heading("摘要", 2, role="abstract"), *said, table]
    blocks += [Block.heading("一", 2), Block.paragraph(TEXT), Block.heading("二", 2)]
    write(blocks, tmp_path / "a.pdf", cover=COVER)
    assert len(fills(tmp_path / "a.pdf")) == 4  # cover, summary, contents, body
    scale = summary_scale(items([*said, table]))
    assert (scale == 1) == (words <= 3)


def test_the_appendices_are_a_file_of_their_own(tmp_path):
    blocks = [
        Block.heading("评估报告", 1),
        Block.heading("一、情况", 2),
        Block.paragraph("详见〔附录：定义〕和〔表：附表〕。"),
        Block.heading("指标定义", 2, role="appendix", code="定义"),
        Block.table("附表", ["指标"], [["甲"]]),
        Block.paragraph("情况见〔表：附表〕。"),
    ]
    for form, name in (("html", "a.html"), ("appendix_html", "a-附录.html")):
        assert write(blocks, tmp_path / name, form, cover=COVER, apart=True) == []
    body, annex = ((tmp_path / name).read_text("utf-8") for name in ("a.html", "a-附录.html"))
    assert '<a href="a-附录.html#s2">附录“指标定义”</a>' in body and "<table" not in body
    assert '<a href="a-附录.html#t1">表1</a>' in body and "附录另成一册：附录　指标定义。" in body
    assert '<a href="#t1">表1</a>' in annex and "表1　附表" in annex and "一、情况" not in annex
    whole = tmp_path / "b.html"
    write(blocks, whole, cover=COVER)
    assert "<table" in whole.read_text("utf-8")  # in one file where nobody wants two


def test_no_last_page_for_a_few_lines():
    head = [Block.heading("标题", 1), Block.heading("一", 2)]
    for n in range(2, 12):  # paragraphs of two lines, until a last page holds few of them
        blocks = [*head, picture(1, 5.0), *[Block.paragraph(TEXT[:50])] * n]
        plain = [{**item, "n": at} for at, item in enumerate(items(blocks))]
        last = max((spot.page, spot.y) for spot in pdf.spots(plain))
        if last[0] > 1 and last[1] < flow.TOP + flow.FEW * flow.HIGH:
            break
    else:
        raise AssertionError("no document had such a page")
    found = [{**item, "n": at} for at, item in enumerate(flow.settled(items(blocks), pdf.spots))]
    assert max(spot.page for spot in pdf.spots(found)) == last[0] - 1
    drawn = next(item for item in found if item["kind"] == "figure")
    usual = next(item for item in plain if item["kind"] == "figure")
    assert flow.SMALLER * usual["width"] <= drawn["width"] < usual["width"]
