"""A project of an earlier program opens, and `doctor` says which of its numbers moved, and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.building.moved import LEDGERS_CHANGED, MOVED, all_changes, told_of
from evalkit.codebook import load_codebook
from evalkit.indicators import load

OLD = Path(__file__).parents[1] / "data" / "project_of_0_1_0"  # made by the program of 0.1.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "旧项目"))


def moved_of(project: Path) -> pd.DataFrame:
    return pd.read_csv(project / "data" / "processed" / "raw" / MOVED)


def test_an_old_project_opens_and_says_what_moved(project: Path) -> None:
    processed = project / "data" / "processed" / "raw"
    ahead = told_of(processed)
    assert "较早的程序" in ahead[0]
    assert any("高新区" in line for line in ahead)

    made = build(project)
    moved = moved_of(project)
    assert made.moved == len(moved) > 0
    units = moved.loc[(moved["代码"] == "units") & (moved["地区"] == "某省/某市")].iloc[0]
    assert (units["原来"], units["现在"]) == (2, 8)  # two units in each of four districts
    assert "高新区" in units["原因"]
    assert "同名" in units["原因"]

    lines = told_of(processed)
    assert f"{len(moved)} 个数与以前不同" in lines[0]
    assert any("党的组织覆盖率" in line and "→" in line for line in lines)
    assert any(line.strip().startswith("可能的原因：与区县并列") for line in lines)
    assert len(load(project).measures)


def test_areas_of_which_nothing_moved_are_not_listed(project: Path) -> None:
    build(project)
    moved = moved_of(project)
    told = moved.loc[moved["地区"].str.contains("喀什")]
    assert set(told["名称"]) == {"责任落实率", "明确责任单位的单位"}
    assert told["现在"].isna().all()  # nobody keeps the column


def test_a_second_build_compares_nothing_and_keeps_the_list(project: Path) -> None:
    build(project)
    first = moved_of(project)
    again = build(project, force=True)
    assert again.moved is None
    pd.testing.assert_frame_equal(moved_of(project), first)


def test_where_a_ledger_was_changed_the_program_is_not_blamed(project: Path) -> None:
    path = project / "data/raw/2025/某省/某市/乙区/组织台账.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("组织台账")
    for row, values in enumerate([["单位名称", "从业人员"], ["一家新单位", 50]]):
        sheet.write_row(row, 0, values)
    book.close()
    build(project)
    moved = moved_of(project).set_index("地区")["原因"]
    assert set(moved.loc[["某省/某市/乙区"]]) == {LEDGERS_CHANGED}
    assert set(moved.loc[["某省/某市"]]) == {LEDGERS_CHANGED}
    assert LEDGERS_CHANGED not in set(moved.loc[["某省/某市/高新区"]])


def test_the_changes_are_numbered_and_touch_views_that_exist() -> None:
    numbers = [change.number for change in all_changes()]
    assert numbers == list(range(1, len(numbers) + 1))
    known = {*load_codebook().views, "figures"}
    assert {view for change in all_changes() for view in change.touches} <= known
