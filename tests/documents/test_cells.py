"""Cells: value, format and role, one text in every form."""

import json

import pytest

from evalkit.documents import Block, Cell, Format, fragment, shown
from evalkit.documents.latex import latex_table
from evalkit.documents.layout import items
from evalkit.documents.xlsx import value_of
from evalkit.reports.words import marked, sized, stepped

RATE = Format.percent()
ROW = {
    "indicator": "org_coverage",
    "value": 0.2875,
    "decimals": 1,
    "scale": 100.0,
    "unit": "%",
    "better": "higher",
    "target": 0.3,
}


@pytest.mark.parametrize(
    ("cell", "text", "excel"),
    [
        (Cell(0.2875, RATE), "28.8%", (0.2875, "0.0%")),
        (Cell(0.2875, RATE, mark="●", tone="good"), "● 28.8%", (0.2875, '"● "0.0%;"● "-0.0%')),
        (
            Cell(0.9, Format(0, 100.0), after="（应达到的数）"),
            "90（应达到的数）",
            (90.0, '0"（应达到的数）";-0"（应达到的数）"'),
        ),
        (Cell(1234567, Format(0, grouped=True)), "1,234,567", (1234567, "#,##0")),
        (Cell(0.0123, Format(1, 1000.0)), "12.3", (12.3, "0.0")),
        (
            Cell(23465000, Format(2, 1e-4, True, unit="万元")),
            "2,346.50万元",
            (2346.5, '#,##0.00"万元";-#,##0.00"万元"'),
        ),
        (Cell(-0.012, Format(1, 100.0, sign="arrow")), "↓1.2", (-1.2, '"↑"0.0;"↓"0.0')),
        (Cell(0.0003, Format(1, 100.0, sign="arrow")), "→", (0.0003, '"→";"→";"→"')),
        (Cell(13, Format(0, sign="plus")), "+13", (13, '"+"0;"-"0;0')),
        (Cell(0.123, Format(3), after="***"), "0.123***", (0.123, '0.000"***";-0.000"***"')),
        (Cell(None, RATE, after="***"), "—", ("—", "")),
        (Cell(float("inf"), RATE), "不限", ("不限", "")),
        (Cell("甲区", area="甲市/甲区"), "甲区", ("甲区", "")),
        (Cell(0.5, RATE, before="不到"), "不到50.0%", (0.5, '"不到"0.0%;"不到"-0.0%')),
        (Cell(-1e-9, Format(1)), "0.0", (0.0, "0.0")),
    ],
)
def test_a_cell_has_one_text_in_every_form(cell, text, excel):
    """Through the JSON of a notebook's output into HTML, Word and PDF, LaTeX, plain text and Excel."""
    made = Block.table("表", ["名称", "数"], [["甲", cell], ["乙", 1]])
    again = Block.from_json(json.loads(json.dumps(made.to_json())))
    assert again == made
    kept = again.content["rows"][0][1]
    assert shown(kept, {}) == text and value_of(kept, {}) == excel
    (drawn,) = items([again])
    assert "".join(run["text"] for run in drawn["rows"][0]["cells"][1]["runs"]) == text
    assert again.plain().splitlines()[2].split("\t")[1] == text
    html = fragment(again).replace("<span>", "").replace("</span>", "")
    assert text in html.replace('<span role="img" aria-label="较好">', "")
    assert latex_table(again)


def test_a_column_carries_the_format_of_its_cells():
    column = {"key": "r", "label": "率", "format": RATE}
    block = Block.table("表", ["地区", column], [["甲", 0.2875], ["乙", Cell(0.5, Format(2))]])
    assert [shown(row[1], block.content["columns"][1]) for row in block.content["rows"]] == [
        "28.8%",
        "0.50",
    ]
    assert block.frame()["r"].tolist() == [0.2875, 0.5]


@pytest.mark.parametrize("given", [{"digits": 1}, "0.0%"])
def test_a_wrong_format_is_refused(given):
    with pytest.raises(ValueError, match="format"):
        Block.table("表", [{"key": "a", "label": "a", "format": given}], [[1]])
    with pytest.raises(ValueError, match="format"):
        Block.table("表", ["a"], [[{"v": 1, "format": given}]])


def test_links_go_by_code_and_not_by_the_words_of_a_cell():
    """A link needs a role: a name alone, be it that of an indicator, leads nowhere."""
    rows = [["组织覆盖率", Cell(0.5, RATE, indicator="org_coverage")], ["组织覆盖率（%）", 0.4]]
    rows.append([Cell("甲区", area="甲市/甲区"), Cell(text="*", indicator="org_coverage")])
    rows.append([Cell("乙区", area="甲市/乙区"), Cell(None, RATE, indicator="org_coverage")])
    links = {
        "indicator": {"org_coverage": "provenance.html#org_coverage"},
        "area": {"甲市/甲区": "areas/甲区.html"},
    }
    text = fragment(Block.table("表", ["名称", "value"], rows), links=links)
    assert text.count("<a ") == 3 and text.count("provenance.html#org_coverage") == 2
    assert '<a href="areas/甲区.html">甲区</a>' in text


def test_what_reports_put_into_cells():
    assert marked(ROW) == Cell(
        0.2875,
        Format(1, 100.0, True),
        mark="▲",
        tone="middle",
        indicator="org_coverage",
    )
    assert shown(stepped(ROW, 0.0125), {}) == "↑1.3"
    assert shown(stepped(ROW, None, "百分点"), {}) == "—"  # once —百分点
    assert shown(Cell(23465000.0, sized(23465000.0, "元")), {}) == "2,346.50万元"
    assert shown(marked(ROW | {"value": None, "hidden": True}), {}) == "*"
