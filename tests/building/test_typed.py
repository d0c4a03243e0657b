"""Totals typed in a 工作报表 against the ledgers of the same area, in a check and in a build."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evalkit.building.build import build
from evalkit.building.checking import check_paths
from evalkit.indicators.load import Data, load
from evalkit.indicators.submitted import ABSENT, SENT
from evalkit.indicators.trace import trace
from evalkit.problems import Problem

sys.path.insert(0, str(Path(__file__).parents[1] / "ledgers"))
from office_writer import xlsx

UNITS = [
    ["单位名称", "组织类型", "状态", "正式党员", "预备党员", "党组织名称", "组建方式"],
    ["甲子制衣有限公司", "非公企业", "正常", 4, 1, "甲子制衣党支部", "单独"],
    ["乙丑烘焙有限公司", "非公企业", "正常", 1, 0, None, None],
    ["丙寅助学基金会", "社会组织", "正常", 2, 0, None, None],
    ["丁卯印刷有限公司", "非公企业", "停业", 0, 0, None, None],
]
FUNDS = [["党组织名称", "区县拨付（元）"], ["甲子制衣党支部", 67812.35]]
CALLS = [
    ["活动日期", "党组织名称", "活动类型", "实到人数"],
    ["2025-03-01", "甲子制衣党支部", "走访企业", 2],
    ["2025-04-01", "甲子制衣党支部", "走访企业", 2],
    ["2025-05-01", "甲子制衣党支部", "主题党日", 5],
]
REPORT = [
    ["指标", "数值", "单位"],
    ["两新组织数", 4, "家"],
    ["非公企业数", 5, "家"],
    ["社会组织数", 1, "家"],
    ["党组织数", 1, "个"],
    ["区县财政投入", 6.78, "万元"],
    ["走访", 30, "家次"],
]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("typed")
    (root / "evalkit.yml").write_text("", encoding="utf-8")
    county = root / "data/raw/2025/南方省/江北市/云台县"
    xlsx(county / "组织台账.xlsx", {"组织": UNITS})
    xlsx(county / "经费台账.xlsx", {"经费": FUNDS})
    xlsx(county / "工作报表.xlsx", {"报表": REPORT})
    xlsx(county / "活动台账.xlsx", {"活动": CALLS})
    other = county.with_name("雨台县")
    xlsx(other / "组织台账.xlsx", {"组织": UNITS[:2]})
    xlsx(other / "活动台账.xlsx", {"活动": CALLS})
    return root / "data/raw"


def _about_totals(problems: list[Problem]) -> list[tuple[str, str, str, str]]:
    codes = ("total_differs", "inactive_in_total")
    told = [p for p in problems if p.code in codes]
    return [(p.code, p.file.rpartition("/")[2], p.where, f"{p.found} {p.read}") for p in told]


def _expected(folder: str) -> list[tuple[str, str, str, str]]:
    ledger = f"{folder}组织台账.xlsx 组织!第2至5行"
    return [
        (
            "inactive_in_total",
            "工作报表.xlsx",
            "报表!B2",
            f"填报实体运营的法人单位4家 按台账计为3家（{ledger}），台账共列4家",
        ),
        (
            "total_differs",
            "工作报表.xlsx",
            "报表!B3",
            f"填报实体运营的非公企业5家 按台账计为2家（{ledger}）",
        ),
    ]


def test_a_check_names_both_places_and_both_numbers(raw: Path) -> None:
    found = check_paths([raw])
    folder = "2025/南方省/江北市/云台县/"
    assert _about_totals(list(found.problems)) == _expected(folder)


@pytest.fixture(scope="module")
def data(raw: Path) -> Data:
    build(raw.parents[1])
    return load(raw.parents[1])


def test_a_build_says_the_same(data: Data) -> None:
    rows = data.problems.astype("object").fillna("").to_dict("records")
    problems = [
        Problem(
            r["code"], r["severity"], r["file"], f"{r['sheet']}!{r['cell']}", r["found"], r["read"]
        )
        for r in rows
    ]
    assert _about_totals(problems) == _expected("2025/南方省/江北市/云台县/")


def test_the_cells_behind_a_figure_are_those_that_hold(data: Data) -> None:
    typed = trace(data, "visits", "云台县", "2025")
    assert list(typed["file"].str.rpartition("/")[2]) == ["工作报表.xlsx"]
    assert list(typed["value"].astype(float)) == [30.0]
    counted = trace(data, "visits", "雨台县", "2025")
    assert list(counted["file"].str.rpartition("/")[2]) == ["活动台账.xlsx"]
    assert list(counted["value"].astype(float)) == [2.0]


def test_a_count_of_a_ledger_is_no_work_report_that_was_sent(data: Data, raw: Path) -> None:
    for extents in (data.extents, check_paths([raw]).extents):
        figures = extents[extents["ledger"].eq("figures")]
        sent = dict(zip(figures["area_name"], figures["state"], strict=True))
        assert sent == {"云台县": SENT, "雨台县": ABSENT}
