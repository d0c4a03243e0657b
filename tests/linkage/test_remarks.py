"""Mergers, splits and new names that a remark tells: in the row of who came, or of who went."""

from __future__ import annotations

import pandas as pd
import pytest

from evalkit.ledgers import from_sheets
from evalkit.ledgers.changes import Change, told
from evalkit.ledgers.files import RawSheet
from evalkit.linkage.events import event_table
from evalkit.linkage.linking import link

HEAD = ["单位名称", "从业人员", "党员总数", "备注"]
BEFORE = [
    "甲山机械厂",
    "乙水机械厂",
    "丙江实业有限公司",
    "丁湖商贸有限公司",
    "戊原木业有限公司",
    "己峰陶瓷厂",
]
AFTER = [
    ("甲山机械厂", "已并入丙江实业有限公司"),
    ("丙江实业有限公司", ""),
    ("丁湖商贸有限公司", ""),
    ("丁湖物流有限公司", "从丁湖商贸有限公司分立"),
    ("戊原家居有限公司", "由戊原木业有限公司更名"),
    ("庚岭集团有限公司", "2025年由乙水机械厂、己峰陶瓷厂合并组建"),
]


def _units(year: str, rows: list[tuple[str, str]]) -> tuple[pd.DataFrame, set[str]]:
    cells: list[list[object]] = [HEAD, *([name, 20, 3, remark] for name, remark in rows)]
    sheet = RawSheet(f"{year}/南方省/江北市/云台县/组织台账.xlsx", "组织", "visible", cells)
    ledger = from_sheets([sheet])
    return ledger.tables["units"], {p.code for p in ledger.problems}


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    before, _ = _units("2024", [(name, "") for name in BEFORE])
    after, codes = _units("2025", AFTER)
    assert "value_noted" in codes
    return pd.concat([before, after], ignore_index=True)


def test_what_remarks_tell_becomes_former_names(units: pd.DataFrame) -> None:
    now = units[units["period"].eq("2025")].set_index("unit_name")
    assert now["former_name"].dropna().to_dict() == {
        "丙江实业有限公司": "甲山机械厂",
        "丁湖物流有限公司": "丁湖商贸有限公司",
        "戊原家居有限公司": "戊原木业有限公司",
        "庚岭集团有限公司": "乙水机械厂、己峰陶瓷厂",
    }
    assert now["status"].to_dict()["甲山机械厂"] == "cancelled"
    assert now["status"].drop("甲山机械厂").eq("operating").all()


def test_events_of_units_follow_the_remarks(units: pd.DataFrame) -> None:
    events = event_table(link(units))
    told = {
        (e, n, b or None)
        for e, n, b in zip(
            events["event"],
            events["unit_name"],
            events["before_name"].where(events["before_name"].notna(), None),
            strict=True,
        )
    }
    assert told == {
        ("merged", "丙江实业有限公司", "甲山机械厂"),
        ("split", "丁湖物流有限公司", "丁湖商贸有限公司"),
        ("renamed", "戊原家居有限公司", "戊原木业有限公司"),
        ("formed", "庚岭集团有限公司", "乙水机械厂"),
        ("merged", "庚岭集团有限公司", "乙水机械厂"),
        ("merged", "庚岭集团有限公司", "己峰陶瓷厂"),
    }


@pytest.mark.parametrize(
    ("remark", "change"),
    [
        ("2025年3月已注销", Change(ended=True)),
        ("与乙水公司合并为丙江有限公司", Change(into="丙江有限公司", ended=True)),
        ("原名：甲山机械厂", Change(came=("甲山机械厂",))),
        ("由张三、李四负责合并报表", None),
        ("注销手续由王某办理中", None),
        ("法人变更为赵六", None),
        ("已走访", None),
        ("被丙江集团收购", None),
        ("党支部已并入丙江公司", None),
        ("企业注销，支部撤销", None),
    ],
)
def test_a_remark_tells_of_units_only(remark: str, change: Change | None) -> None:
    assert told(remark) == change
