"""One answer everywhere to: what level is it, what is its district."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.world.area import Area, whole_paths

ANSWERS = [
    # path, level, district
    ("某县/高新区", "park", "某县"),
    ("某市/滨海新区", "district", "某市/滨海新区"),
    ("某市/两新工委", "industry_committee", "某市/两新工委"),
    ("某市/某管委会", "district", "某市/某管委会"),
    ("某省/某地区/某县", "district", "某省/某地区/某县"),
    ("某省/某州/某市", "district", "某省/某州/某市"),
    ("某省/某市/高新区", "district", "某省/某市/高新区"),
    ("某省/某市/高新区/一街道", "township", "某省/某市/高新区"),
    ("某市/某产业园", "district", "某市/某产业园"),
    ("某省/某市/某区/某园区", "park", "某省/某市/某区"),
    ("演示省/演示01区/城关镇", "township", "演示省/演示01区"),
    ("新疆维吾尔自治区/喀什地区", "city", "新疆维吾尔自治区/喀什地区"),
    ("新疆生产建设兵团/第八师/一四三团", "district", "新疆生产建设兵团/第八师/一四三团"),
    ("内蒙古自治区/某盟/某旗/某苏木", "township", "内蒙古自治区/某盟/某旗"),
    ("义乌市/某街道", "township", "义乌市"),
    ("城关镇", "township", "城关镇"),
    ("高新区", "district", "高新区"),
    ("某产业园", "park", "某产业园"),
    ("某市/某区/某镇/某社区", "community", "某市/某区"),
    ("某省/甲", "city", "某省/甲"),
    ("某省/某市/甲", "district", "某省/某市/甲"),
    ("某省/某市/某区/甲", "township", "某省/某市/某区"),
    ("某市/某集团", "district", "某市/某集团"),
    ("全国", "national", "全国"),
]


@pytest.mark.parametrize(
    ("path", "level", "district"), ANSWERS, ids=[path for path, _, _ in ANSWERS]
)
def test_level_and_district(path: str, level: str, district: str) -> None:
    area = Area.of(path)
    assert (area.level, area.district().path) == (level, district)


COUNTIES = [
    line
    for line in (Path(__file__).parents[1] / "data/places/counties.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line and not line.startswith("#")
]


def test_every_county_of_the_country_is_its_own_district() -> None:
    areas = [Area.of(path) for path in COUNTIES]
    assert len(areas) > 2_900
    assert [area.path for area in areas if area.level != "district"] == []
    assert [area.path for area in areas if area.district() != area] == []


def test_every_prefecture_is_a_city_and_every_province_a_province() -> None:
    above = {area.parent for area in map(Area.of, COUNTIES) if area.parent is not None}
    municipalities = {"北京市", "天津市", "上海市", "重庆市"}
    for area in above:
        expected = "city" if area.depth == 2 or area.name in municipalities else "province"
        assert area.level == expected, area.path


def test_what_areas_xlsx_states_comes_before_any_rule() -> None:
    given = {"某省/仙桃市": "district", "某省/仙桃市/甲": "township"}
    assert Area.of("某省/仙桃市", given).level == "district"
    assert Area.of("某省/仙桃市/甲/乙", given).level == "community"
    assert Area.of("某省/仙桃市/甲").district(given).path == "某省/仙桃市"


def test_parts_of_a_path() -> None:
    area = Area.of("演示省/演示０１区 /城关镇")
    assert area.path == "演示省/演示01区/城关镇"
    assert (area.name, area.depth) == ("城关镇", 3)
    assert area.parent == Area.of("演示省/演示01区")
    assert [above.name for above in area.lineage()] == ["演示省", "演示01区", "城关镇"]
    assert Area.of("演示省").below("演示01区", "城关镇") == area
    assert Area.of("演示省").parent is None


def test_contains_goes_by_names_not_by_letters() -> None:
    assert Area.of("某省/某市").contains("某省/某市/甲区")
    assert Area.of("某省/某市").contains("某省/某市")
    assert not Area.of("某省/某市").contains("某省/某市区")
    assert not Area.of("某省/某市/甲区").contains("某省/某市")


def test_an_empty_path_is_no_area() -> None:
    with pytest.raises(ValueError, match="empty"):
        Area.of(" / ")


def test_a_short_path_is_the_longer_one_where_only_one_ends_so() -> None:
    paths = ["演示01区", "演示省/演示01区", "高新区", "甲市/高新区", "乙市/高新区"]
    assert whole_paths(paths) == {"演示01区": "演示省/演示01区"}
