"""Ledgers in ways of their own: short headings, a sheet a sector, counted totals, words for nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ledger_cases import clean_book, sheet, write

from evalkit.ledgers import Ledger, from_sheets, read_ledger

BOOK = {
    "非公企业": [
        [
            "企业名称",
            "所属乡镇",
            "职工人数",
            "党员人数",
            "组建方式",
            "所在党组织",
            "经营状况",
            "规模以上（是/否）",
            "指导员",
        ],
        ["宏达集团", "河东镇", 1200.0, 65.0, "单独组建", "宏达集团党委", "正常", "是", "有"],
        ["正大饲料厂", "河西镇", 130.0, 2.0, "挂靠", "河东联合党支部", "正常", "√", "有"],
        ["新星网吧", "河西镇", 6.0, 0.0, "未建", "", "停业", "否", "无"],
        ["大地物流", "河西镇", 88.0, 1.0, "未组建", "", "正常", "否", "×"],
        ["老字号酒楼（已注销）", "河西镇", 0.0, 0.0, "", "", "", "", ""],
        ["合计：5家", "", 1424.0, 68.0, "", "", "", "", ""],
    ],
    "社会组织": [
        ["名称", "镇街", "专职人员", "党员", "组建形式", "党组织"],
        ["东河县作家协会", "河东镇", 5.0, 4.0, "未建", ""],
        ["阳光幼儿园", "河东镇", 30.0, 6.0, "单独", "阳光幼儿园党支部"],
        ["共2家", "", 35.0, 10.0, "", ""],
    ],
    "2025星级": [
        [
            "序号",
            "党组织名称",
            "上年星级",
            "自评",
            "初审",
            "终审",
            "拟定星级",
            "一票否决",
            "是否整转",
        ],
        [1.0, "宏达集团党委", "四星", 96.0, 95.0, 94.5, "五星级", "否", "否"],
        [2.0, "河东联合党支部", "★★★", 81.0, 80.0, 79.0, "3星", "", "否"],
        [3.0, "阳光幼儿园党支部", "未定级", "", "", "", "不评", "", " "],
    ],
    "工作报表": [
        ["指标", "数值", "单位", "截止日期", "来源"],
        ["当年发展党员数", "约40", "名", "2025-12-31", "组织部"],
        ["书记参加培训人数", "21", "人", "", ""],
        ["走访两新组织", "1200余", "家次", "", ""],
    ],
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return read_ledger(write(tmp_path_factory.mktemp("layouts") / "东河县两新党建2025.xlsx", BOOK))


def test_units_of_both_sheets_without_their_totals(ledger: Ledger) -> None:
    units = ledger.tables["units"].set_index("unit_name")
    assert sorted(units.index) == sorted(
        [
            "宏达集团",
            "正大饲料厂",
            "新星网吧",
            "大地物流",
            "东河县作家协会",
            "阳光幼儿园",
            "老字号酒楼",
        ]
    )
    assert units["employees"].sum() == 1459 and units["members"].sum() == 78
    assert units["sector"].value_counts().to_dict() == {"enterprise": 5, "social": 2}
    assert units["status"].value_counts().to_dict() == {
        "operating": 5,
        "suspended": 1,
        "cancelled": 1,
    }
    covers = ledger.tables["covers"].set_index("unit")["mode"].to_dict()
    assert covers == {"宏达集团": "single", "正大饲料厂": "attached", "阳光幼儿园": "single"}


def test_words_for_nothing_are_no_mistakes(ledger: Ledger) -> None:
    stars = ledger.tables["stars"].set_index("party_org")
    assert stars["stars"].isna().tolist() == [False, False, True] and stars[
        "stars_previous"
    ].tolist()[:2] == [4, 3]
    said = {problem.code for problem in ledger.problems}
    assert not said & {
        "value_unreadable",
        "value_not_listed",
        "measure_unknown",
        "total_differs",
        "sheet_skipped",
    }


def test_items_of_the_work_report(ledger: Ledger) -> None:
    figures = ledger.tables["figures"].set_index("measure")[["value", "low", "high"]].astype(int)
    assert figures.T.to_dict("list") == {
        "admissions": [40, 39, 41],
        "secretaries_trained": [21, 21, 21],
        "visits": [1200, 1200, 1299],
    }


def test_a_lone_file_tells_area_and_period(ledger: Ledger) -> None:
    units = ledger.tables["units"]
    assert set(units["period"]) == {"2025"} and set(units["area"]) == {
        "东河县/河东镇",
        "东河县/河西镇",
    }
    assert Path(units["source_file"].iloc[0]).name == "东河县两新党建2025.xlsx"


@pytest.mark.parametrize("name", list(clean_book()))
def test_a_ledger_without_any_of_its_columns_is_read_or_said(name: str) -> None:
    """Whatever columns an office leaves out, what is left is read, or the sheet is said not to count."""
    heads, *rows = clean_book()[name]
    random = np.random.default_rng(sum(map(ord, name)))
    for share in np.linspace(0.05, 0.9, 12):
        keep = [i for i in range(len(heads)) if random.random() > share]
        if not keep:
            continue
        cut = [[row[i] if i < len(row) else "" for i in keep] for row in (heads, *rows)]
        ledger = from_sheets(
            [sheet([[f"临湖区{name}（2025年）"], *cut], name=name, file="临湖区2025年.xlsx")]
        )
        counted = (
            ledger.sheets[["kept", "total", "heading", "title", "note", "reported"]].iloc[0].sum()
        )
        assert counted == sum(any(str(c).strip() for c in row) for row in cut) + 1 or {
            "sheet_skipped",
            "column_missing",
            "heading_unknown",
            "personal_data",
        } & {p.code for p in ledger.problems}


def test_a_name_taken_for_a_heading_is_not_told() -> None:
    """A record that is taken for the second row of a heading: what stands there may be a person's name."""
    heads = [
        ["序号", "单位名称", "从业人员总数", "党员总数", "其他", "某某"],
        ["", "", "", "", "欧阳机密", "级配"],
    ]
    ledger = from_sheets(
        [
            sheet(
                [["临湖区组织台账（2025年）"], *heads, [1.0, "甲公司", 5.0, 2.0, "x", "y"]],
                file="临湖区2025年.xlsx",
            )
        ]
    )
    assert not any("欧阳机密" in str(problem) for problem in ledger.problems)
