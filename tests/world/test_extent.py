"""An extent knows who is absent, and says it only where somebody is."""

from __future__ import annotations

from evalkit.world.extent import Extent, joined, named, split


def test_a_full_extent_says_nothing() -> None:
    assert Extent(24, 24).full
    assert Extent(24, 24).words("区县") == ""


def test_the_absent_are_named() -> None:
    found = Extent(2, 3, ("云州市/临山县",))
    assert not found.full
    assert found.words("区县") == "报送2/3个区县（缺临山县）"


def test_an_area_that_reported_in_part_is_told_by_its_township() -> None:
    found = Extent(3, 3, ("云州市/临山县/东河乡",))
    assert not found.full
    assert found.words("区县") == "报送3/3个区县（缺临山县东河乡）"


def test_long_lists_end() -> None:
    paths = [f"某省/某市/第{n}县" for n in range(1, 13)]
    assert named(paths, 3) == "第1县、第2县、第3县等12个"


def test_columns_and_back() -> None:
    paths = ("某市/甲县", "某市/乙县")
    assert split(joined(paths)) == paths
    assert split(None) == split("") == ()
    assert Extent.read(2, 4, joined(paths)) == Extent(2, 4, paths)
    assert Extent.read(2, float("nan"), None) is None
