"""Ledgers of several years: a build knows which unit is which, what became of units, and what the office decided."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

import evalkit as ek
from evalkit.building import build
from evalkit.linkage import linking
from evalkit.reports.units import linked_units

HEADS = "序号 镇街 单位名称 原名 单位类型 行业 创办时间 从业人员总数 正式党员 状态".split()
STAY = ["金诚", "瑞丰", "恒泰", "利民", "康达", "顺发", "永昌", "万佳", "嘉美", "博雅"]


def ledger(root: Path, year: int, *more: tuple[object, ...]) -> None:
    """假设县's ledger of a year: ten units that stay, and some more (name, 原名, founded, employees)."""
    folder = root / "data" / "raw" / str(year)
    folder.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(folder / "假设县组织台账.xlsx")
    sheet = book.add_worksheet("组织台账")
    sheet.write_row(0, 0, HEADS)
    rows = [(f"{name}商贸有限公司", "", f"200{n}-03-1{n}", 20 + n) for n, name in enumerate(STAY)]
    for number, (name, former, founded, employees) in enumerate([*rows, *more], 1):
        cells = [
            number,
            "河口镇" if number <= len(STAY) else "城关镇",
            name,
            former,
            "法人企业",
            "制造业",
            founded,
            employees,
            3,
            "正常",
        ]
        sheet.write_row(number, 0, cells)
    book.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("years")
    weaving, shop = "2011-05-06", "2009-10-11"
    ledger(
        root,
        2023,
        ("锦辉纺织有限公司", "", weaving, 88),
        ("华盛机械厂", "", "2010-02-03", 41),
        ("便民百货店", "", shop, 6),
        ("老磨坊食品厂", "", "1998-08-08", 30),
        ("漏列的学校", "", "2005-09-01", 50),
    )
    ledger(
        root,
        2024,
        ("錦輝紡織有限责任公司", "", weaving, 90),
        ("光大科技有限公司", "华盛机械厂", "2010-02-03", 43),
        ("便民百货店", "", "2024-06-01", 7),
    )
    ledger(
        root,
        2025,
        ("锦辉纺织有限公司", "", weaving, 91),
        ("光大科技有限公司", "", "2010-02-03", 44),
        ("便民百货店", "", "2024-06-01", 7),
        ("漏列的学校", "", "2005-09-01", 51),
    )
    build(root, jobs=1)
    return root


def test_units_linked_in_another_process_are_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project / "data" / "processed" / "raw"
    names = ("unit_links", "unit_events", "unit_questions", "measures", "problems")
    here = {name: (folder / f"{name}.parquet").read_bytes() for name in names}
    monkeypatch.setattr("evalkit.building.derive.LINKED_BESIDE", 1)
    build(project, force=True, jobs=2)
    assert {name: (folder / f"{name}.parquet").read_bytes() for name in names} == here


def test_a_build_tells_who_is_who(project: Path) -> None:
    data = ek.load(project)
    thread = data.unit_links.drop_duplicates("unit_name").set_index("unit_name")["thread"]
    assert thread["锦辉纺织有限公司"] == thread["錦輝紡織有限责任公司"]
    assert thread["华盛机械厂"] == thread["光大科技有限公司"] == "假设县/华盛机械厂"
    events = data.unit_events
    said = set(zip(events["period"], events["event"], events["unit_name"], strict=True))
    assert said == {
        ("2024", "renamed", "光大科技有限公司"),
        ("2024", "gone", "老磨坊食品厂"),
        ("2024", "gone", "便民百货店"),
        ("2024", "founded", "便民百货店"),
        ("2024", "missed", "漏列的学校"),
    }
    asked = data.problems.loc[data.problems["code"].isin(["unit_appeared", "unit_vanished"])]
    assert asked[["file", "found"]].values.tolist() == [
        ["2024/假设县组织台账.xlsx", "2024年台账里没有、前后都有的单位1家：漏列的学校"]
    ]
    assert "units_doubtful" in set(data.problems["code"])


def test_a_panel_follows_a_unit_through_its_names(project: Path) -> None:
    policies = pd.DataFrame(
        {"地区": ["假设县/城关镇"], "政策": ["p"], "开始时期": ["2025"], "取值": [1]}
    )
    policies.to_excel(project / "data" / "raw" / "政策.xlsx", index=False, engine="xlsxwriter")
    build(project, jobs=1)
    data = ek.load(project)
    whole = ek.panel(data, "employees", "p", entity="unit")
    balanced = ek.panel(data, "employees", "p", entity="unit", balanced=True)
    seen = balanced.frame.groupby("entity")["employees"].apply(list).to_dict()
    assert len(seen) == len(STAY) + 2
    assert seen["假设县/华盛机械厂"] == [41, 43, 44]
    assert seen["假设县/锦辉纺织有限公司"] == [88, 90, 91]
    assert whole.frame["entity"].nunique() == len(STAY) + 6
    assert any("另有4个不是每期都有" in note.text for note in balanced.findings)


def test_what_the_office_decides_is_remembered(project: Path) -> None:
    lines = linked_units(project, "raw")
    assert any("拿不准的 1 对" in line for line in lines)
    path = project / "data" / "raw" / "单位对照.xlsx"
    cells = pd.read_excel(path, header=1, engine="calamine", dtype=object)
    assert cells["前期单位名称"].tolist() == ["便民百货店"]
    cells["判断"] = "相同"
    cells.to_excel(path, index=False, engine="xlsxwriter")
    assert build(project, jobs=1).changed
    data = ek.load(project)
    shop = data.unit_links.loc[data.unit_links["unit_name"] == "便民百货店"]
    assert shop["thread"].nunique() == 1 and "decided" in set(shop["how"])
    assert not len(data.unit_questions)
    assert not set(data.problems["code"]) & {"units_doubtful", "decision_unused"}
    linked_units(project, "raw")  # nothing is open: the decision stays in the list
    again = pd.read_excel(path, header=1, engine="calamine", dtype=object)
    assert again["判断"].tolist() == ["相同"]
    build(project, jobs=1)
    linked_units(project, "raw")
    assert not build(project, jobs=1).changed  # written anew, the list says the same


def test_a_build_without_splink_says_so(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links by code, name and 原名 only; numbers are the same."""
    monkeypatch.setattr(linking, "available", lambda: False)
    for name in ("2023", "2024"):
        (tmp_path / "data" / "raw" / name).mkdir(parents=True)
        source = project / "data" / "raw" / name / "假设县组织台账.xlsx"
        (tmp_path / "data" / "raw" / name / source.name).write_bytes(source.read_bytes())
    build(tmp_path, jobs=1)
    data = ek.load(tmp_path)
    thread = data.unit_links.drop_duplicates("unit_name").set_index("unit_name")["thread"]
    assert thread["华盛机械厂"] == thread["光大科技有限公司"]
    assert thread["锦辉纺织有限公司"] != thread["錦輝紡織有限责任公司"]
    said = data.problems.loc[data.problems["code"] == "units_by_name_only"]
    assert len(said) == 1
    both = ek.load(project, periods=["2023", "2024"]).measures.merge(
        data.measures, on=["area", "period", "measure"]
    )
    assert len(both) > 50
    assert both["value_x"].equals(both["value_y"])


def test_one_period_links_nothing(tmp_path: Path) -> None:
    ledger(tmp_path, 2025)
    build(tmp_path, jobs=1)
    assert not len(ek.load(tmp_path).unit_links)
    assert linked_units(tmp_path, "raw") == ["台账只有一个时期，没有可以对应的单位"]
