"""A zone beside the districts of a city is a district of its own, from the folder to the totals."""

from __future__ import annotations

import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.indicators import load
from evalkit.indicators.areas import home_of
from evalkit.ledgers.place import district_of

HEAD = [
    "单位名称",
    "组织类型",
    "单位类型",
    "状态",
    "党员总数",
    "正式党员",
    "党组织名称",
    "建制",
    "组建方式",
]


def ledger(path, members: int) -> None:
    """Two units of one joint branch; names repeat from zone to zone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("组织台账")
    rows = [
        [
            "便民超市",
            "非公企业",
            "法人企业",
            "正常",
            members,
            members,
            "第一联合党支部",
            "党支部",
            "联合",
        ],
        ["万家药店", "非公企业", "法人企业", "正常", 1, 1, "第一联合党支部", "党支部", "联合"],
    ]
    for n, row in enumerate([HEAD, *rows]):
        sheet.write_row(n, 0, row)
    book.close()


@pytest.mark.parametrize(
    "zones", [("高新区", "甲区"), ("高新区", "产业园"), ("开发区", "新区"), ("经开区", "某管委会")]
)
def test_a_zone_is_a_district_and_keeps_its_rows(tmp_path, zones):
    for zone, members in zip(zones, (6, 8), strict=True):
        ledger(
            tmp_path / "data" / "raw" / "2025" / "某省" / "某市" / zone / "组织台账.xlsx", members
        )
    build(tmp_path, jobs=1)
    data = load(tmp_path)
    levels = dict(zip(data.areas["area"], data.areas["level"], strict=True))
    assert {
        path: "district" for path in (f"某省/某市/{zone}" for zone in zones)
    }.items() <= levels.items()
    found = data.measures.set_index(["area", "measure"])["value"]
    assert found["某省/某市", "units"] == 4
    assert found["某省/某市", "party_orgs"] == 2
    assert found["某省/某市", "members"] == 16
    for zone, members in zip(zones, (7, 9), strict=True):
        assert found[f"某省/某市/{zone}", "members"] == members


@pytest.mark.parametrize(
    "path",
    [
        "某县/高新区",
        "某市/滨海新区",
        "某市/两新工委",
        "某市/某管委会",
        "某省/某地区/某县",
        "某省/某州/某市",
        "义乌市/某街道",
    ],
)
def test_reading_and_measuring_have_one_answer(path):
    assert district_of(path) == home_of(path)
