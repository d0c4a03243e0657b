"""A missing ledger puts nobody on a list as if they had nothing; the list says whom it does not cover."""

from __future__ import annotations

import io
from pathlib import Path

import county_holes as holes
import pytest
from python_calamine import CalamineWorkbook

import evalkit as ek
from evalkit.building import build
from evalkit.indicators import Data, load
from evalkit.reports.lists import NOT_LISTED, internal_workbook, listed

HOLE = f"{holes.CITY}/{holes.HOLE}"
IDLE, LOW, LARGE = "全年没有活动记录的党组织", "二星级及以下党组织", "没有指导员的规上企业"


def without(*columns: str):
    def hole(raw: Path) -> None:
        for column in columns:
            holes.rewrite(holes.county(raw, 2025) / "组织台账.xlsx", holes.without_column(column))

    return hole


def made(folder: Path, hole) -> Data:
    hole(holes.copied(folder))
    build(folder)
    return load(folder)


@pytest.mark.parametrize(
    ("hole", "name", "others"),
    [
        (lambda raw: holes.ledger_gone(raw, "活动台账"), IDLE, LOW),
        (lambda raw: holes.ledger_gone(raw, "星级评定表"), LOW, IDLE),
        (without("指导员编号", "有指导员"), LARGE, IDLE),
        (without("是否规上"), LARGE, IDLE),
    ],
    ids=["activities", "stars", "instructor", "large"],
)
def test_who_sent_no_ledger_is_not_on_the_list(
    tmp_path: Path, hole, name: str, others: str
) -> None:
    data = made(tmp_path, hole)
    lists = listed(data, "2025")
    assert lists[name].absent == (HOLE,)
    assert not lists[name].rows["area"].str.startswith(HOLE).any()
    assert lists[others].absent == ()
    book = CalamineWorkbook.from_filelike(io.BytesIO(internal_workbook(data, "2025")))
    sheet = next(s for s in book.sheet_names if name.startswith(s) or s.startswith(name[:10]))
    rows = book.get_sheet_by_name(sheet).to_python()
    assert [row[0] for row in rows if NOT_LISTED in row] == [holes.HOLE]
    if name == LOW:
        stars = ek.stars(data)
        assert stars.absent == (HOLE,) and holes.HOLE in stars.block.content["notes"][1]
        by = stars.by_area.set_index("district")
        assert by.loc[holes.HOLE].isna().all() and by.loc[[*holes.KEPT], "n"].notna().all()


def test_a_county_and_a_township_that_are_gone_are_named(tmp_path: Path) -> None:
    data = made(tmp_path / "a", holes.county_gone)
    assert all(one.absent == (HOLE,) for one in listed(data, "2025").values())
    data = made(tmp_path / "b", holes.township_gone)
    town = f"{HOLE}/{holes.TOWNSHIP}"
    assert all(town in one.absent for one in listed(data, "2025").values())
    assert listed(data, "2025", "新泽区")[IDLE].absent == ()
