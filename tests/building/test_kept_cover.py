"""覆盖保持率: of the units covered last year that still operate, those covered now, from two years of hand-made ledgers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

import evalkit as ek
from evalkit.building import build
from evalkit.indicators.load import Data
from evalkit.linkage.records import is_credit_code

HEADS = (
    "单位名称 统一社会信用代码 原名 单位类型 状态 组建方式 党组织名称 未建立原因 创办时间".split()
)
CODES = ["91330100MA0000001F", "91330100MA0000002J"]
OWN, NONE = ("单独组建", "党支部", ""), ("", "", "无党员")

Row = tuple[str, str, str, str, str, tuple[str, str, str], str]


def row(
    name: str,
    cover: tuple[str, str, str] = OWN,
    *,
    code: str = "",
    former: str = "",
    kind: str = "法人企业",
    status: str = "正常",
    since: str = "2010-01-01",
) -> Row:
    return name, code, former, kind, status, cover, since


LEDGERS = {
    "2024/甲县": [
        row("留下的厂", code=CODES[0]),
        row("旧名的厂"),
        row("撤了组织的厂"),
        row("停业的厂"),
        row("注销的厂"),
        row("不见了的厂"),
        row("没有组织的厂", NONE),
        row("便民小店", kind="个体工商户"),
        row("迁走的厂", ("联合组建", "联合党支部", ""), code=CODES[1]),
    ],
    "2024/乙县": [row("乙县的厂")],
    "2025/甲县": [
        row("留下的厂", code=CODES[0]),
        row("新名的厂", former="旧名的厂"),
        row("撤了组织的厂", NONE),
        row("停业的厂", status="停业"),
        row("注销的厂", status="注销"),
        row("没有组织的厂"),
        row("便民小店", kind="个体工商户"),
        row("新办的厂", since="2025-03-01"),
    ],
    "2025/乙县": [row("乙县的厂"), row("迁走的厂", code=CODES[1])],
    "2025/丙县": [row("丙县的厂")],
}


def write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("组织台账")
    sheet.write_row(0, 0, HEADS)
    for number, (name, code, former, kind, status, cover, since) in enumerate(rows, 1):
        way, org, reason = cover
        told = [way, f"{name}{org}" if org else "", reason]
        sheet.write_row(number, 0, [name, code, former, kind, status, *told, since])
    book.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    root = tmp_path_factory.mktemp("kept")
    for place, rows in LEDGERS.items():
        year, county = place.split("/")
        write(root / "data" / "raw" / year / "某市" / f"{county}组织台账.xlsx", rows)
    build(root, jobs=1)
    return ek.load(root)


def values(data: Data, measure: str, period: str) -> dict[str, float]:
    found = data.measures.loc[
        (data.measures["measure"] == measure) & (data.measures["period"] == period)
    ]
    return dict(zip(found["area"], found["value"], strict=True))


def test_those_covered_last_year_are_found_under_new_names_and_in_new_places(data: Data) -> None:
    assert all(map(is_credit_code, CODES))
    assert values(data, "units_covered_before", "2025") == {
        "某市": 5,
        "某市/甲县": 3,  # 留下的厂, 新名的厂, 撤了组织的厂
        "某市/乙县": 2,  # 乙县的厂, 迁走的厂
    }
    kept = values(data, "units_kept", "2025")
    assert kept == {"某市": 4, "某市/甲县": 2, "某市/乙县": 2}


def test_without_last_years_ledger_it_is_absent_and_said(data: Data) -> None:
    """丙县 has no ledger of 2024, and nobody one of 2023: no rate, and no zero."""
    assert not values(data, "units_covered_before", "2024")
    rates = data.indicators.loc[data.indicators["indicator"] == "coverage_kept_rate"]
    rates = rates.loc[rates["value"].notna()].set_index("area")
    assert set(rates["period"]) == {"2025"} and "某市/丙县" not in rates.index
    whole = rates.loc["某市"]
    assert whole["value"] == pytest.approx(4 / 5)
    assert (whole["n_areas"], whole["n_expected"], whole["absent"]) == (2, 3, "某市/丙县")


def test_the_units_behind_the_rate_can_be_traced(data: Data) -> None:
    found = ek.trace(data, "coverage_kept_rate", "甲县")
    names = found.groupby("role")["key"].apply(set).to_dict()
    assert names["分子"] == {"留下的厂", "新名的厂"}
    assert names["分母"] == {"留下的厂", "新名的厂", "撤了组织的厂"}


def test_the_view_tells_each_unit(data: Data) -> None:
    view = data.view_frame("units")
    view = view.loc[view["period"] == "2025"].set_index("unit_name")["covered_before"]
    assert view["便民小店"] is not pd.NA and not view["便民小店"]
    assert view["丙县的厂"] is pd.NA
    assert view["停业的厂"] and not view["新办的厂"]
