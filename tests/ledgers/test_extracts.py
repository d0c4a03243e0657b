"""Extracts, versions and parts: what of several ledgers of one district and year is counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from ledger_cases import sheet

from evalkit.ledgers import Ledger, from_sheets

HEADS = ["序号", "乡镇", "单位名称", "单位类别", "职工人数", "正式党员", "党组织名称", "组建方式"]
NAMES = [f"{one}示例有限公司" for one in "甲乙丙丁戊己庚辛壬癸"]


def full(title: str = "示例县2024年两新组织台账") -> list[list[Any]]:
    """Ten units, every second of them with a branch."""
    rows: list[list[Any]] = [[title], HEADS]
    for i, name in enumerate(NAMES):
        org, mode = (f"{name}党支部", "单独组建") if i % 2 else ("", "未建")
        rows.append([i + 1.0, "城关镇", name, "非公企业", 50.0 + i, float(i), org, mode])
    return rows


def extract(
    which: Sequence[int], title: str, heads: Sequence[str] = HEADS, **more: Any
) -> list[list[Any]]:
    """Some of the ten under other headings; `more` is written into every row."""
    rows: list[list[Any]] = [[title], list(heads)] if title else [list(heads)]
    for n, i in enumerate(which, 1):
        cells = dict(zip(HEADS, full()[2 + i], strict=True)) | {"序号": float(n)} | more
        rows.append([cells.get(head, "") for head in heads])
    return rows


def counted(ledger: Ledger) -> tuple[int, int, int]:
    """Units, units covered, employees."""
    units = ledger.tables["units"]
    return len(units), ledger.tables["covers"]["unit"].nunique(), int(units["employees"].sum())


ALL = (10, 5, sum(range(50, 60)))
DUE = extract(
    [4, 6, 8],
    "示例县2024年应建未建台账",
    ["序号", "乡镇", "单位名称", "职工人数", "未建原因"],
    未建原因="应建未建",
)
SCALE = extract([0, 1, 2, 3, 4, 5, 6], "示例县2024年规上企业台账")
KEY = extract(
    [1, 3],
    "示例县2024年重点企业名单",
    ["序号", "单位名称", "年营业收入(万元)", "是否规上", "指导员"],
    **{"年营业收入(万元)": 500.0, "是否规上": "是", "指导员": "有"},
)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_several_extracts_in_any_order_of_names(order: Sequence[int]) -> None:
    rows = [full(), DUE, SCALE, KEY]
    sheets = [sheet(rows[which], "Sheet1", f"{n}.xlsx") for n, which in enumerate(order)]
    ledger = from_sheets(sheets)
    assert counted(ledger) == ALL
    units = ledger.tables["units"].set_index("unit_name")
    assert units.index[units["reason_unfounded"].eq("due").fillna(False)].tolist() == [
        NAMES[i] for i in (4, 6, 8)
    ]
    assert units.index[units["above_scale"].fillna(False)].tolist() == [NAMES[1], NAMES[3]]
    assert units["has_instructor"].sum() == 2 and units["revenue_fen"].sum() == 2 * 500_000_000
    assert len([p for p in ledger.problems if p.code == "ledger_extract"]) == 3
    assert not [
        p
        for p in ledger.problems
        if p.code in ("ledger_duplicate", "row_duplicate", "total_differs")
    ]


def test_a_unit_that_the_full_ledger_lacks_is_asked_and_kept() -> None:
    more = [4.0, "城关镇", "新示例有限公司", "非公企业", 70.0, 4.0, "", "未建"]
    rows = [*extract([4, 6, 8], "示例县2024年应建未建台账"), more]
    ledger = from_sheets([sheet(full(), "台账", "a.xlsx"), sheet(rows, "Sheet1", "b.xlsx")])
    assert counted(ledger) == (11, 5, ALL[2] + 70)
    (said,) = [p for p in ledger.problems if p.code == "ledger_extract"]
    assert (
        said.severity == "question"
        and "1行不在全台账里" in said.read
        and "新示例有限公司" in said.read
    )


@pytest.mark.parametrize("first", [True, False])
def test_an_extract_in_the_same_sheet(first: bool) -> None:
    rows = [*DUE, [""], *full()] if first else [*full(), [""], *DUE]
    ledger = from_sheets([sheet(rows, "Sheet1", "示例县.xlsx")])
    assert counted(ledger) == ALL
    assert ledger.tables["units"]["reason_unfounded"].notna().sum() == 3


def test_a_sheet_of_the_workbook_without_a_title() -> None:
    """It says neither district nor year: those of the full ledger that holds its units."""
    rows = extract(
        [4, 6, 8], "", ["序号", "单位名称", "职工人数", "正式党员", "未建原因"], 未建原因="应建未建"
    )
    ledger = from_sheets([sheet(full(), "台账", "某.xlsx"), sheet(rows, "应建未建", "某.xlsx")])
    assert counted(ledger) == ALL and set(ledger.tables["units"]["period"]) == {"2024"}


def test_a_part_of_the_rows_without_a_word_for_it() -> None:
    """Seven of the ten, with nothing that tells a version: never instead of the ten, however new the file."""
    some = extract(range(7), "示例县2024年两新组织台账")
    for names in (("a.xlsx", "b.xlsx"), ("b.xlsx", "a.xlsx")):
        sheets = [sheet(full(), "台账", names[0]), sheet(some, "Sheet2", names[1])]
        for age in (1.0, 9.0):
            assert counted(from_sheets(sheets, ages={names[0]: 5.0, names[1]: age})) == ALL


def test_a_version_is_still_told_by_its_name() -> None:
    newer = extract(range(7), "示例县2024年两新组织台账")
    sheets = [
        sheet(full(), "台账", "示例县台账.xlsx"),
        sheet(newer, "台账", "示例县台账最终版2.xlsx"),
    ]
    ledger = from_sheets(sheets)
    assert counted(ledger)[0] == 7
    assert [p.file for p in ledger.problems if p.code == "ledger_duplicate"] == ["示例县台账.xlsx"]


def test_the_list_of_a_township_and_the_ledger_of_its_county() -> None:
    rows = extract([4, 6, 8], "城关镇2024年应建未建台账")
    ledger = from_sheets(
        [sheet(rows, "Sheet1", "城关镇.xlsx"), sheet(full(), "Sheet1", "示例县.xlsx")]
    )
    assert counted(ledger) == ALL and set(ledger.tables["units"]["area"]) == {"示例县/城关镇"}


def test_an_extract_tells_the_township_that_its_ledger_lacks() -> None:
    heads = [head for head in HEADS if head != "乡镇"]
    ledger = from_sheets(
        [
            sheet(extract(range(10), "示例县2024年两新组织台账", heads), "Sheet1", "a.xlsx"),
            sheet(DUE, "Sheet1", "b.xlsx"),
        ]
    )
    areas = ledger.tables["units"].set_index("unit_name")["area"]
    assert len(areas) == 10 and areas[NAMES[4]] == "示例县/城关镇" and areas[NAMES[0]] == "示例县"


def test_the_total_of_an_extract_is_held_against_the_extract() -> None:
    right = [*extract([4, 6, 8], "示例县2024年应建未建台账"), ["合计", "", "", "", 168.0, 18.0]]
    wrong = [*right[:-1], ["合计", "", "", "", 169.0, 18.0]]
    for rows, said in ((right, []), (wrong, ["合计169人"])):
        ledger = from_sheets([sheet(full(), "Sheet1", "a.xlsx"), sheet(rows, "Sheet1", "b.xlsx")])
        assert [p.found for p in ledger.problems if p.code == "total_differs"] == said


def test_what_an_extract_says_otherwise_is_asked() -> None:
    rows = extract([4, 6, 8], "示例县2024年应建未建台账", 职工人数=999.0)
    ledger = from_sheets([sheet(full(), "Sheet1", "a.xlsx"), sheet(rows, "Sheet1", "b.xlsx")])
    assert counted(ledger) == ALL
    assert [p.found for p in ledger.problems if p.code == "ledger_extract"][1:] == [
        "3处与全台账不同"
    ]


def test_two_sheets_with_columns_of_their_own_make_one_ledger() -> None:
    about = extract(
        range(10),
        "示例县2024年两新组织台账",
        ["序号", "单位名称", "单位类别", "职工人数", "状态"],
        状态="正常",
    )
    party = extract(
        range(10),
        "示例县2024年两新组织台账",
        ["序号", "单位名称", "职工人数", "正式党员", "党组织名称", "组建方式"],
    )
    ledger = from_sheets([sheet(about, "基本情况", "某.xlsx"), sheet(party, "党建情况", "某.xlsx")])
    assert counted(ledger) == ALL and ledger.tables["units"]["full_members"].sum() == 45


def test_money_in_an_extract_counts_once() -> None:
    heads = ["序号", "党组织名称", "区县拨付", "党员活动经费"]
    rows = [[f"{one}党支部", 1000.0 * i, 500.0 * i] for i, one in enumerate("甲乙丙丁戊", 1)]
    whole = [
        ["示例县2024年党建经费台账（单位：元）"],
        heads,
        *([n, *row] for n, row in enumerate(rows, 1)),
    ]
    some = [
        ["示例县2024年规上企业党建经费台账（单位：元）"],
        heads,
        [1, *rows[1]],
        [2, *rows[3]],
        ["合计", "", 6000.0, 3000.0],
    ]
    other = [*some, [3, "己党支部", 7.0, 7.0]]
    for part, sums in ((some, 15_000_00), (other, 15_007_00)):
        ledger = from_sheets([sheet(part, "Sheet1", "a.xlsx"), sheet(whole, "Sheet1", "b.xlsx")])
        assert ledger.tables["funds"].query("flow == 'income'")["amount_fen"].sum() == sums
        assert [p.severity for p in ledger.problems if p.code == "ledger_extract"] == [
            "question" if part is other else "warning"
        ]


def test_stars_and_organisations_in_extracts() -> None:
    stars = [
        ["示例县2024年星级评定表"],
        ["序号", "党组织名称", "终审分", "拟定星级"],
        [1, "甲党支部", 91, "五星"],
        [2, "乙党支部", 81, "四星"],
        [3, "丙党支部", 92, "五星"],
    ]
    five = [
        ["示例县2024年五星级党组织名单"],
        ["序号", "党组织名称", "拟定星级", "上年星级"],
        [1, "甲党支部", "五星", "四星"],
        [2, "丙党支部", "五星", "五星"],
    ]
    found = from_sheets([sheet(five, "Sheet1", "a.xlsx"), sheet(stars, "Sheet1", "b.xlsx")]).tables[
        "stars"
    ]
    assert found["stars"].tolist() == [5, 4, 5] and found["stars_previous"].fillna(0).tolist() == [
        4,
        0,
        5,
    ]
    orgs = [
        ["示例县2024年党组织台账"],
        ["序号", "党组织名称", "上级党组织", "党员数"],
        [1, "甲党支部", "镇党委", 3],
        [2, "乙党支部", "镇党委", 4],
        [3, "丙党支部", "镇党委", 5],
    ]
    shown = [
        ["示例县2024年示范党组织名单"],
        ["序号", "党组织名称", "上级党组织", "成立日期"],
        [1, "甲党支部", "镇党委", "2019-01-01"],
    ]
    found = from_sheets([sheet(shown, "Sheet1", "a.xlsx"), sheet(orgs, "Sheet1", "b.xlsx")]).tables[
        "party_organisations"
    ]
    assert found["members"].tolist() == [3, 4, 5] and found["founded_on"].notna().tolist() == [
        True,
        False,
        False,
    ]


def test_a_year_and_its_months() -> None:
    heads = ["序号", "活动日期", "党组织名称", "活动类型", "实到人数"]

    def month(n: int) -> list[Any]:
        return [1.0, f"2024-{n:02}-05", "甲党支部", "主题党日", 5.0]

    months = [
        sheet([[f"示例县2024年{n}月活动台账"], heads, month(n)], f"{n}月", "活动.xlsx")
        for n in (1, 2)
    ]
    year = sheet(
        [["示例县2024年活动台账"], heads, month(1), month(2), month(3)], "全年", "活动.xlsx"
    )
    for sheets in ([*months, year], [year, *months]):
        assert sorted(from_sheets(sheets).tables["activities"]["month"]) == [1, 2, 3]


def test_the_same_rows_in_two_months_are_two_months() -> None:
    heads = ["序号", "党组织名称", "活动类型", "实到人数"]
    sheets = [
        sheet(
            [[f"示例县2024年{n}月活动台账"], heads, [1.0, "甲党支部", "主题党日", 5.0]],
            f"{n}月",
            "活动.xlsx",
        )
        for n in (1, 2, 3)
    ]
    ledger = from_sheets(sheets)
    assert ledger.tables["activities"]["month"].tolist() == [1, 2, 3]
    assert not [p for p in ledger.problems if p.code in ("ledger_duplicate", "row_duplicate")]


def test_two_townships_with_organisations_of_the_same_names_are_no_versions() -> None:
    """第一党支部 and 第二党支部 stand in every township's ledger of money and of stars."""
    for heads, title, table in (
        (["序号", "党组织名称", "区县拨付"], "2024年党建经费台账（单位：元）", "funds"),
        (["序号", "党组织名称", "终审分", "拟定星级"], "2024年星级评定表", "stars"),
    ):
        rows = [[1, "第一党支部", 90, 4], [2, "第二党支部", 80, 3], [3, "第三党支部", 70, 2]]
        sheets = [
            sheet(
                [[f"示例县{town}{title}"], heads, *(row[: len(heads)] for row in rows)],
                "Sheet1",
                f"{town}.xlsx",
            )
            for town in ("城关镇", "河口镇")
        ]
        ledger = from_sheets(sheets)
        assert len(ledger.tables[table]) == 6
        assert not [
            p
            for p in ledger.problems
            if p.code in ("ledger_duplicate", "ledger_extract", "row_duplicate")
        ]
