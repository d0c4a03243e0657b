"""Areas named by communities, streets and districts."""

from __future__ import annotations

import pytest

from evalkit.ledgers.place import area_names, below, locate


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("城东街道城西社区党建台账", ["城东街道"]),
        ("城西社区两新台账2025", ["城西社区"]),
        ("城东街道社区党建台账", ["城东街道"]),
        ("演示省演示01区城关镇东社区", ["演示省", "演示01区", "城关镇"]),
        ("新村街道台账", ["新村街道"]),
        ("双江拉祜族佤族布朗族傣族自治县台账", ["双江拉祜族佤族布朗族傣族自治县"]),
        ("某市社区社会组织台账", ["某市"]),
    ],
)
def test_a_community_belongs_to_its_street_and_is_no_district(title: str, names: list[str]) -> None:
    assert [name for _, name in area_names(title)] == names


def test_a_row_that_names_a_community_stays_in_the_street() -> None:
    street = locate([("标题", "城东街道两新组织台账")])
    assert below(street, "城西社区") == ("城东街道", None)
    assert below(street, "城南街道") == ("城南街道", "城东街道")
    assert below(locate([("标题", "演示01区台账")]), "城西社区") == ("演示01区/城西社区", None)


def test_a_name_that_does_not_tell_its_level_has_that_of_its_column() -> None:
    province = locate([("标题", "演示省台账")])
    long = "演示" + "很" * 57 + "区"
    area, _ = below(province, long, 3)
    assert area == f"演示省/{long}"
    assert below(locate([("标题", "演示省台账")], area=area), "城关镇") == (
        f"演示省/{long}/城关镇",
        None,
    )
