"""What a written name says, and what makes no difference."""

from __future__ import annotations

import pytest

from evalkit.linkage.names import Places, compared, former_names, number, parsed

HERE = Places.of("假设省/云溪市/东陵县/西溪镇", frozenset({"平湖区"}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("东陵县华盛机械有限责任公司", "华盛机械有限公司"),
        ("華盛機械有限公司", "华盛机械公司"),
        ("华盛（机械）有限公司", "华盛(机械) 有限公司"),
        ("假设省云溪市华盛机械有限公司", "云溪华盛机械有限公司"),
        ("华盛第一厂", "华盛一厂"),
        ("华盛２号超市", "华盛贰号超市"),
        ("华盛律师事务所（普通合伙）", "华盛律师事务所"),
        ("华盛机械有限公司（原华达机械厂）", "华盛机械有限公司"),
    ],
)
def test_one_name_written_in_two_ways(one: str, other: str) -> None:
    assert parsed(one, HERE).whole == parsed(other, HERE).whole


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华盛一厂", "华盛二厂"),
        ("华盛1号超市", "华盛2号超市"),
        ("华盛机械有限公司", "华盛机械有限公司第二分公司"),
        ("华盛机械有限公司分公司", "华盛机械有限公司第二分公司"),
        ("华盛超市（人民路店）", "华盛超市（解放路店）"),
        ("城东幼儿园", "城西幼儿园"),
        ("建筑业协会", "建筑业学会"),
    ],
)
def test_names_of_two_units(one: str, other: str) -> None:
    assert parsed(one, HERE).whole != parsed(other, HERE).whole


def test_what_tells_units_apart_stands_beside_the_core() -> None:
    first, second = parsed("华盛机械一厂", HERE), parsed("华盛机械二厂", HERE)
    assert first.core == second.core and (first.marks, second.marks) == ("1", "2")
    assert parsed("三一重工有限公司", HERE).marks == ""  # a numeral of a brand counts nothing
    assert parsed("平湖区华盛机械厂", HERE).place == "平湖区"
    assert parsed("东陵县", HERE).core == "东陵县"  # a place alone is no place before a name


def test_names_of_before() -> None:
    assert former_names("原名：华盛厂") == ("华盛厂",)
    assert former_names("由和顺机械厂、及第商贸有限公司合并") == ("和顺机械厂", "及第商贸有限公司")
    assert former_names("甲山有限公司和乙水有限公司") == ("甲山有限公司", "乙水有限公司")
    assert parsed("华盛有限公司（曾用名：华达厂）", HERE).former == ("华达厂",)


def test_numbers_and_characters() -> None:
    assert [number(text) for text in ("二十一", "十", "03", "百")] == ["21", "10", "3", "百"]
    assert compared("東陵　縣（１）") == "东陵县(1)"
