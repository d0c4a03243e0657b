"""A district that was split, merged or renamed is compared with what it was, both sides as one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import county_holes as holes
import pandas as pd
import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.indicators import Data, compare, load
from evalkit.indicators.areas import build_areas

CITY, HOLE, NEW = holes.CITY, f"{holes.CITY}/{holes.HOLE}", f"{holes.CITY}/东新区"


def listed(raw: Path, *rows: tuple[str, str]) -> None:
    """areas.xlsx with names, and what they were."""
    book = xlsxwriter.Workbook(raw / "地区.xlsx")
    sheet = book.add_worksheet("地区")
    sheet.write_row(0, 0, ["地区", "名称", "层级", "上级", "曾属"])
    sheet.write_row(1, 0, [CITY, CITY, "市州", "", ""])
    for n, (name, former) in enumerate(rows, 2):
        sheet.write_row(n, 0, [f"{CITY}/{name}", name, "区县", CITY, former])
    book.close()


def split(raw: Path) -> None:
    holes.county_split(raw)
    listed(raw, ("新泽区", ""), ("清河县", ""), ("临山县", ""), ("东新区", "临山县"))


def renamed(raw: Path) -> None:
    """The ledgers of 2025 lie in a folder of the new name and say nothing else."""
    shutil.move(holes.county(raw, 2025), holes.county(raw, 2025, "东新区"))
    for path in holes.county(raw, 2025, "东新区").iterdir():
        holes.rewrite(
            path,
            lambda rows: [
                [
                    cell.replace("临山县", "东新区") if isinstance(cell, str) else cell
                    for cell in row
                ]
                for row in rows
            ],
        )
    listed(raw, ("新泽区", ""), ("清河县", ""), ("东新区", "临山县"))


def made(folder: Path, hole: Callable[[Path], object]) -> Data:
    hole(holes.copied(folder))
    build(folder)
    return load(folder)


def change_of(data: Data, area: str) -> pd.Series:
    seen = compare(data.indicators, "2025", against="2024")
    return seen.query("area == @area and indicator == 'org_coverage'").squeeze()


def ratio(data: Data, period: str, *areas: str) -> float:
    rows = data.indicators.query("indicator == 'org_coverage' and period == @period")
    rows = rows.loc[rows["area"].isin(areas)]
    return float(rows["numerator"].sum() / rows["denominator"].sum())


def test_a_split_county_is_compared_as_one(tmp_path: Path) -> None:
    data = made(tmp_path, split)
    assert data.submitted("2024").full  # the new one did not exist
    assert set(data.submitted("2025").lacking) == {NEW}
    before = ratio(data, "2024", HOLE)
    for area in (HOLE, NEW):
        row = change_of(data, area)
        assert row["previous"] == pytest.approx(before)
        assert row["value_common"] == pytest.approx(ratio(data, "2025", HOLE, NEW))
        assert row["as_one"] == f"{NEW}、{HOLE}"
        assert row["value"] == pytest.approx(ratio(data, "2025", area))
    whole = change_of(data, CITY)
    assert pd.isna(whole["left_out"]) and whole["n_common"] == 3
    assert whole["previous"] == pytest.approx(ratio(data, "2024", CITY))
    assert whole["value_common"] == pytest.approx(ratio(data, "2025", CITY))


def test_without_what_it_was_the_common_areas_decide(tmp_path: Path) -> None:
    def hole(raw: Path) -> None:
        holes.county_split(raw)
        listed(raw, ("新泽区", ""), ("清河县", ""), ("临山县", ""), ("东新区", ""))

    data = made(tmp_path, hole)
    assert NEW in change_of(data, CITY)["left_out"]
    assert pd.isna(change_of(data, NEW)["previous"])


def test_a_new_name_is_no_new_county(tmp_path: Path) -> None:
    data = made(tmp_path, renamed)
    assert data.submitted("2024").full and data.submitted("2025").full
    row = change_of(data, NEW)
    assert row["previous"] == pytest.approx(ratio(data, "2024", HOLE))
    assert row["value_common"] == pytest.approx(row["value"])
    whole = change_of(data, CITY)
    assert pd.isna(whole["left_out"]) and whole["n_common"] == 3


def test_a_group_that_is_not_whole_is_not_compared(tmp_path: Path) -> None:
    def hole(raw: Path) -> None:
        split(raw)
        (holes.county(raw, 2025, "东新区") / "组织台账.xlsx").unlink()

    data = made(tmp_path, hole)
    whole = change_of(data, CITY)
    assert HOLE in whole["left_out"] and NEW in whole["left_out"] and whole["n_common"] == 2
    kept = [f"{CITY}/{name}" for name in holes.KEPT]
    assert whole["value_common"] == pytest.approx(ratio(data, "2025", *kept))
    assert whole["previous"] == pytest.approx(ratio(data, "2024", *kept))
    assert pd.isna(change_of(data, HOLE)["previous"])


def test_where_the_new_county_sent_nothing_its_townships_are_left_out(tmp_path: Path) -> None:
    def hole(raw: Path) -> None:
        split(raw)
        shutil.rmtree(holes.county(raw, 2025, "东新区"))

    data = made(tmp_path, hole)
    assert data.submitted("2025").silent == (NEW,)
    whole = change_of(data, CITY)
    assert whole["left_out"] == f"{HOLE}/{holes.TOWNSHIP}" and whole["n_common"] == 3


def test_what_an_area_was_is_found_by_name_and_joins_all() -> None:
    given = pd.DataFrame(
        {
            "name": ["丙县", "丁区"],
            "parent": ["某市", "某市"],
            "former": ["甲县、乙县", "丙县（2025）"],
        }
    )
    areas = build_areas(["某市/甲县", "某市/乙县", "某市/丙县", "某市/丁区"], given)
    told = areas.set_index("area")
    assert told.at["某市/丙县", "former"] == "某市/甲县、某市/乙县"
    assert told.at["某市/丁区", "former"] == "某市/丙县"
    assert set(told["as_one"].dropna()) == {"某市/丁区、某市/丙县、某市/乙县、某市/甲县"}
