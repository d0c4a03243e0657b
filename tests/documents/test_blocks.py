"""Blocks: round trip through a notebook, immutability, validation, and the tree of documents."""

import base64
import json
import pickle

import nbformat
import numpy as np
import pandas as pd
import pytest

from evalkit.documents import MIME, Block, shown, tree
from evalkit.documents.markdown import markdown
from evalkit.problems import InputError

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def table(**more) -> Block:
    columns = [
        "地区",
        {"key": "rate", "label": "覆盖率", "percent": True, "decimals": 1},
        {"key": "n", "label": "单位"},
    ]
    rows = [
        ["演示01区", {"v": 0.3807, "mark": "▲", "tone": "middle"}, 5117],
        ["合计", 0.5, np.int64(9)],
    ]
    return Block.table(
        "一览表", columns, rows, unit="%", total_rows=1, source="演示数据；2025年", **more
    )


EVERY = [
    Block.heading("一、总体情况", 1),
    Block.paragraph("全市共有单位5117家。", "summary"),
    Block.bullets(["甲", "乙"], ordered=True),
    Block.note("基数小", "warning"),
    Block.page_break(),
    table(),
    Block.figure("图", PNG, "条形图", source="来源"),
    Block.group(Block.heading("组"), Block.figure("图", PNG, "条形图"), table()),
]


@pytest.mark.parametrize("block", EVERY, ids=lambda b: b.kind)
def test_a_block_survives_the_output_of_a_notebook(block):
    bundle = json.loads(json.dumps(block._repr_mimebundle_()))
    again = Block.from_json(bundle[MIME], bundle.get("image/png"))
    assert again == block and hash(again) == hash(block)
    assert pickle.loads(pickle.dumps(block)) == block
    assert ("image/png" in bundle) == (block.kind == "figure") and ("text/html" in bundle) != (
        block.kind == "figure"
    )
    if block.kind == "figure":
        assert "png" not in bundle[MIME]["content"] and again.png == PNG


def test_content_cannot_be_changed():
    block = table()
    for change in (
        lambda: block.content.update(title="x"),
        lambda: block.content.__setitem__("title", "x"),
        lambda: block.content["columns"][0].pop("label"),
        lambda: block.content["rows"][0].append(1),
        lambda: setattr(block, "kind", "note"),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()
    source = {"text": "甲"}
    kept = Block("paragraph", source)
    source["text"] = "乙"
    assert kept.content["text"] == "甲"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("chart", {}),
        ("heading", {"level": 6, "text": "x"}),
        ("heading", {"text": "x"}),
        ("paragraph", {"text": "x", "colour": "red"}),
        ("paragraph", {"text": 3}),
        ("figure", {"title": "x", "alt": " ", "png": ""}),
        ("figure", {"title": "x", "alt": "x"}),
        ("table", {"title": "x", "columns": [{"key": "a", "label": "a"}], "rows": [[1, 2]]}),
        (
            "table",
            {"title": "x", "columns": [{"key": "a", "label": "a"}], "rows": [[{"value": 1}]]},
        ),
        (
            "table",
            {
                "title": "x",
                "columns": [{"key": "a", "label": "a"}],
                "rows": [[{"v": 1, "tone": "red"}]],
            },
        ),
        (
            "table",
            {"title": "x", "columns": [{"key": "a", "label": "a"}], "rows": [[1]], "total_rows": 2},
        ),
        ("group", {"blocks": [{"kind": "heading", "content": {"text": "x"}}]}),
        ("paragraph", {"text": object()}),
    ],
)
def test_a_wrong_block_is_refused(kind, content):
    with pytest.raises((ValueError, TypeError)):
        Block(kind, content)


def test_missing_numbers_become_null():
    block = Block.table(
        "t", ["a"], [[float("nan")], [pd.NA], [np.nan], [pd.NaT], [np.float64(1.5)], [float("inf")]]
    )
    assert [row[0] for row in block.content["rows"]] == [None, None, None, None, 1.5, None]
    json.dumps(block.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("cell", "column", "text"),
    [
        (None, {}, "—"),
        (0, {}, "0"),
        (0.38069, {"percent": True, "decimals": 2}, "38.07%"),  # Shuozhou: 1,948 of 5,117
        (0.125, {"decimals": 2}, "0.13"),  # half up, where float formatting gives 0.12
        (2.675, {"decimals": 2}, "2.68"),
        (-0.04, {"decimals": 1}, "0.0"),
        (1e6, {}, "1000000"),
        ({"v": None, "t": "缺报"}, {"decimals": 1}, "缺报"),
        ({"v": 0.9, "mark": "●", "tone": "good"}, {"percent": True, "decimals": 0}, "● 90%"),
        ({"v": 3, "t": ""}, {}, ""),
        ("甲", {}, "甲"),
    ],
)
def test_cells_as_readers_see_them(cell, column, text):
    assert shown(cell, column) == text


def test_a_table_gives_its_numbers():
    frame = table().frame()
    assert list(frame.columns) == ["地区", "rate", "n"]
    assert frame["rate"].tolist() == [0.3807, 0.5] and frame.iloc[0, 0] == "演示01区"
    with pytest.raises(ValueError, match="only a table"):
        Block.note("x").frame()


def test_the_tree_of_a_notebook():
    new = nbformat.v4
    block, figure = table(), Block.figure("图", PNG, "条形图")
    outputs = [
        new.new_output("stream", text="杂音"),
        new.new_output(
            "execute_result",
            data={"text/html": "<table>", "text/plain": "DataFrame"},
            execution_count=1,
        ),
        new.new_output("display_data", data=block._repr_mimebundle_()),
        new.new_output("display_data", data=figure._repr_mimebundle_()),
        new.new_output(
            "display_data",
            data={"image/png": base64.b64encode(PNG).decode() + "\n", "text/plain": "x"},
        ),
    ]
    notebook = new.new_notebook(
        cells=[
            new.new_markdown_cell("# 题目\n\n正文"),
            new.new_code_cell("...", outputs=outputs),
            new.new_raw_cell("x"),
        ]
    )
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    found = tree(notebook)
    assert [b.kind for b in found] == ["heading", "paragraph", "table", "figure", "figure"]
    assert found[2] == block and found[3] == figure and found[4].png == PNG


def test_a_damaged_block_names_its_cells():
    cell = {"cell_type": "code", "outputs": [{"data": {MIME: {"kind": "table", "content": {}}}}]}
    figure = {
        "cell_type": "code",
        "outputs": [{"data": {MIME: {"kind": "figure", "content": {"title": "", "alt": "x"}}}}],
    }
    with pytest.raises(InputError) as caught:
        tree({"cells": [cell, {"cell_type": "markdown", "source": ["甲"]}, figure]})
    assert [p.where for p in caught.value.problems] == ["第1个单元格", "第3个单元格"]


def test_markdown():
    source = (
        "## 标题 **粗**\n\n甲*斜*`码`\n乙 one\ntwo [链接](http://a.b) <b>丙</b><br>丁\n\n"
        "1. 一\n   - 二\n2. 三\n\n> 引\n\n"
        "<!-- pagebreak -->\n\n<!-- 备注 -->\n\n<script>alert(1)</script>\n\n|甲|乙|\n|-|-|\n|1|2|\n\n---\n"
    )
    found = markdown(source)
    assert [b.kind for b in found] == [
        "heading",
        "paragraph",
        "list",
        "note",
        "page_break",
        "paragraph",
        "table",
    ]
    assert found[0].content == {"level": 2, "text": "标题 粗"}
    assert found[1].content["text"] == "甲斜码乙 one two 链接（http://a.b） <b>丙</b>\n丁"
    assert found[2].content["items"] == ("一", "二", "三") and found[2].content["ordered"]
    assert found[2].plain() == "1. 一\n  · 二\n2. 三"
    assert found[5].content["text"] == "<script>alert(1)</script>"
    assert found[6].content["rows"] == (("1", "2"),)
