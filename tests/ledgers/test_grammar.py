"""The grammar of ledgers: declared rules of rows, and the account of every row and column that they give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_cases import UNITS, sheet, unit

from evalkit.building.explaining import explained
from evalkit.codebook import load_codebook
from evalkit.ledgers import Ledger, from_sheets
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.roles import ROLES, role_of
from evalkit.ledgers.rows import BY_NAME, FACTS, KINDS, RULES, rule_of
from evalkit.problems import InputError

OUTCOMES = {"read", "asked", "refused", "aside"}


def rows_of(ledger: Ledger) -> dict[int, tuple[str, str, str]]:
    """Excel row -> kind, rule, outcome."""
    return {
        row: (span.kind, span.rule, span.outcome)
        for one in ledger.account
        for span in one.rows
        for row in range(span.first, span.last + 1)
    }


def read(rows: list[list[Any]], name: str = "组织台账", **more: Any) -> Ledger:
    return from_sheets([sheet(rows, name, file="演示01区2025年.xlsx")], **more)


def test_every_declared_rule_asks_for_facts_that_exist_and_gives_a_kind_that_is_declared() -> None:
    assert {name for rule in RULES for name in (*rule.when, *rule.unless)} == FACTS.keys()
    assert {rule.kind for rule in BY_NAME.values()} <= KINDS.keys()
    assert {kind.outcome for kind in KINDS.values()} == OUTCOMES
    assert all(fact.__doc__ for fact in FACTS.values())
    assert not RULES[-1].when and not RULES[-1].unless, "the last rule takes what no other took"


def test_every_column_of_every_form_has_a_role_that_is_named() -> None:
    headings = Headings(load_codebook().headings)
    said = {
        (form, column): role_of(headings, form, column)
        for form, about in headings.forms.items()
        for column in about["columns"]
    }
    assert set(said.values()) <= ROLES.keys()
    assert {
        column: said["funds", column]
        for column in (
            "party_org",
            "fiscal_city",
            "spending_total",
            "township",
            "handler",
            "remark",
        )
    } == {
        "party_org": "key",
        "fiscal_city": "melt",
        "spending_total": "total",
        "township": "place",
        "handler": "drop",
        "remark": "aside",
    }
    assert said["units", "joint_org_name"] == said["instructors", "served_units"] == "join"


LEDGER: list[list[Any]] = [
    ["演示01区组织台账"],
    UNITS,
    unit(1),
    [""],
    unit(2),
    unit(2),
    ["", "", "", "", "非公企业", "法人企业", "制造业"],
    ["合计", "", "", "", "", "", "", "", "", 150.0],
    ["其中：规上", "", "", "", "", "", "", "", "", 50.0],
    ["注：含园区"],
    ["填表人：张三", "", "", "审核人：李四"],
]


def test_each_row_of_a_ledger_has_the_rule_that_made_it_what_it_is() -> None:
    said = rows_of(read(LEDGER))
    assert [said[row] for row in range(1, 12)] == [
        ("title", "title", "aside"),
        ("heading", "heading", "aside"),
        ("data", "name_in_key", "read"),
        ("blank", "blank", "aside"),
        ("data", "name_in_key", "read"),
        ("repeated", "row_duplicate", "asked"),
        ("lacking", "lacking", "asked"),
        ("total", "total", "aside"),
        ("derived", "derived", "aside"),
        ("note", "note", "aside"),
        ("note", "signature", "aside"),
    ]


def test_the_loop_that_takes_most_rows_is_the_first_rule() -> None:
    """The reader asks the first rule in a loop of its own: it takes just the rows that the rule itself would take."""
    from evalkit.ledgers.grid import structure
    from evalkit.ledgers.rows import Look

    headings = Headings(load_codebook().headings)
    found = structure(sheet(LEDGER, "组织台账"), headings)
    (block,) = found.blocks
    key = block.columns["unit_name"].index
    for row in range(2, len(LEDGER)):
        look = Look(block.sheet, row, headings, block, key, refused=False)
        assert rule_of(look).name == found.rules[row]


def test_rows_below_a_heading_that_was_not_taken_are_asked() -> None:
    rows = [
        ["党组织名称", "市级拨付", "党员活动经费"],
        ["甲党支部", 5.0, 3.0],
        ["单位性质", "从业人员", "党员总数"],
        ["企业", 5.0, 1.0],
    ]
    ledger = read(rows, "经费台账")
    assert rows_of(ledger)[4] == ("unread", "below_refused", "refused")
    (told,) = [p for p in ledger.problems if p.code == "row_unread"]
    assert (told.where, told.found) == ("经费台账!A4", "第4行：上面的表头没有采用")


def test_a_shape_accounts_for_the_rows_of_the_sheet_as_it_stands() -> None:
    rows = [
        ["2025年基本情况统计表"],
        ["乡镇", "单位数", "党员数", "备注"],
        ["城关镇", 5, 6, ""],
        ["东关镇", 5, 6, ""],
        ["", 3, 4, ""],
        ["合计", 10, 12, ""],
        ["注：年底数"],
    ]
    ledger = read(rows, "统计表")
    assert [kind for kind, _, _ in rows_of(ledger).values()] == [
        "title",
        "heading",
        "data",
        "data",
        "unread",
        "total",
        "note",
    ]
    assert [p.where for p in ledger.problems if p.code == "row_unread"] == ["统计表!A5"]
    said = ledger.columns.set_index("letter")["rule"].to_dict()
    assert said == {"A": "shape_key", "B": "shape_value", "C": "shape_value", "D": "shape_beside"}


def test_a_sheet_that_is_left_out_reads_no_row() -> None:
    ledger = from_sheets([sheet([UNITS, unit(1)], "旧表", state="hidden"), sheet(LEDGER, "示例")])
    for one in ledger.account:
        assert one.reason and {span.outcome for span in one.rows} <= {"refused", "aside"}


def test_each_column_has_the_rule_that_made_it_what_it_is() -> None:
    heads = ["序号", "单位名称", "性质", "职工情况", "党员人数", "联系电话", "幸福指数", ""]
    cells = [1.0, "甲有限公司", "法人企业", 8.0, 2.0, "13800000000", 5.0, "x"]
    said = read([heads, cells]).columns.set_index("letter")
    assert said["rule"].to_dict() == {
        "A": "synonym",
        "B": "synonym",
        "C": "synonym",
        "D": "loose",
        "E": "synonym",
        "F": "person",
        "G": "unknown",
        "H": "no_heading",
    }
    assert said.loc["D", "column"] == "employees" and said.loc["G", "column"] == ""


OWN = {
    "表头行": 2,
    "行": {3: "不计", "合计": "说明", "5-6": "数据"},
    "列": {"J": "忽略", "是否规上": "忽略", "党员总数": "从业人员总数"},
}


def test_the_office_says_what_rows_and_columns_are() -> None:
    ledger = read(LEDGER, mapping={"按表指定": [{"文件": "演示01区*", "工作表": "组织*"} | OWN]})
    said = rows_of(ledger)
    assert said[2][1] == "mapped_heading"
    assert said[3] == ("left_out", "mapped_left_out", "aside")
    assert said[5][1] == "mapped_data" and said[8][1] == "mapped_note"
    units = ledger.tables["units"]
    assert units["unit_name"].tolist() == ["演示002有限公司"]
    assert units["employees"].tolist() == [2] and units["above_scale"].isna().all()
    columns = ledger.columns.set_index("letter")
    assert columns.loc[["J", "L", "M"], "rule"].tolist() == ["left_out", "left_out", "mapped"]
    other = read(LEDGER, mapping={"按表指定": [{"文件": "演示02区*"} | OWN]})
    assert rows_of(other) == rows_of(read(LEDGER))


@pytest.mark.parametrize("kind", ["数据", "合计"])
def test_a_row_above_every_heading_cannot_be_a_record(kind: str) -> None:
    ledger = read(LEDGER, mapping={"按表指定": [{"行": {1: kind}}]})
    assert rows_of(ledger)[1][0] == "title"


FAULTY = """\
我的表头: 单位名称
按表指定:
  - 文件: 演示*
    表头行: 12-99
    行:
      3: 合计行呀
    列: {F: 忽略}
    头: 3
"""


def test_faults_of_mapping_yml_are_told_with_their_lines(tmp_path: Path) -> None:
    from evalkit.building.sources import read_mapping

    path = tmp_path / "mapping.yml"
    path.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(InputError) as found:
        read_mapping(path, load_codebook())
    assert [p.where for p in found.value.problems] == [
        "按表指定[1].表头行（第4行）",
        "按表指定[1].行.3（第6行）",
        "按表指定[1].头（第8行）",
    ]
    path.write_text("按表指定:\n  - 列: {F: 党员总素}\n", encoding="utf-8")
    with pytest.raises(InputError) as found:
        read_mapping(path, load_codebook())
    (problem,) = found.value.problems
    assert problem.where == "按表指定[1].列.F（第2行）" and "党员总数" in problem.advice


def test_explain_tells_rows_and_columns_in_chinese_and_no_cell() -> None:
    heads = ["序号", "单位名称", "党员人数", "法定代表人", "幸福指数"]
    rows: list[list[Any]] = [["示例区组织台账"], heads]
    rows += [[float(n), f"甲{n}有限公司", 2.0, "欧阳文", 5.0] for n in range(1, 6)]
    ledger = from_sheets(
        [sheet(rows, "组织台账"), sheet([["镇街", "评语"], ["甲镇", 3.0]], "别的")]
    )
    said = explained(ledger.account, load_codebook())
    assert said == [
        "【台账.xlsx 组织台账】读作组织台账",
        "  行：",
        "    第1行：标题行（表头以上的文字）",
        "    第2行：表头（至少两格、过半是认识的表头）",
        "    第3–7行：数据行（名称列里是名称）",
        "  列（表头在第2行；没有注明的，表头是规定的写法）：",
        "    A列 序号 → 序号：只作核对或说明",
        "    B列 单位名称 → 单位名称：定记录（有它才算一行数据）",
        "    C列 党员人数 → 党员总数：照录",
        "    D列 法定代表人 → 不采用（涉及个人，不读）",
        "    E列 幸福指数 → 不采用（不认识的表头，不采用）",
        "",
        "【台账.xlsx 别的】未计入：没有找到表头",
        "  行：",
        "    第1–2行：标题行（表头以上的文字）",
        "",
    ]
    assert "欧阳" not in "".join(said) and "公司" not in "".join(said)
