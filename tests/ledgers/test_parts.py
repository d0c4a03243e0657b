"""Parts of a year: how headings name them, and the year that their numbers come to."""

from __future__ import annotations

import pytest

from evalkit.ledgers.shapes.parts import chain, of_year, part_before, part_of

NAMED = {
    "一季度": (1, 3),
    "第3季度": (7, 9),
    "Q4": (10, 12),
    "2025年二季度（万元）": (4, 6),
    "二季度累计": (1, 6),
    "前三季度": (1, 9),
    "1-3季度": (1, 9),
    "上半年": (1, 6),
    "上半年完成数": (1, 6),
    "下半年": (7, 12),
    "1—9月": (1, 9),
    "一至六月": (1, 6),
    "7—12月": (7, 12),
    "3月": (3, 3),
    "十一月份": (11, 11),
    "6月底": (1, 6),
    "截至9月底": (1, 9),
    "全年": (1, 12),
    "全年累计": (1, 12),
}


def test_headings_name_parts_of_a_year() -> None:
    assert {said: (p.first, p.last) for said in NAMED if (p := part_of(said))} == NAMED
    assert not any(map(part_of, ["季度", "月份", "13月", "9—3月", "党员数", "年龄", 3]))
    assert part_before("一季度应缴")[1] == "应缴"


@pytest.mark.parametrize(
    ("heads", "cells", "flow", "stock", "said"),
    [
        ("一季度 二季度 三季度 四季度", [3, 5, 2, 4], 14, 4, ""),
        ("上半年 下半年", [7, 9], 16, 9, ""),
        ("上半年 全年", [7, 16], 16, 16, ""),
        ("上半年 前三季度 全年", [7, 11, 16], 16, 16, ""),
        ("上半年 前三季度", [7, 11], 11, 11, "没有全年的数"),
        ("一季度 二季度 上半年 下半年", [3, 4, 7, 9], 16, 9, ""),
        ("一季度 二季度 上半年 下半年", [3, 4, 8, 9], 16, 9, "上半年8"),
        ("1—3月 1—6月 1—9月 1—12月", [15, 33, 47, 71], 71, 71, ""),
        ("1—3月 1—6月 1—9月 1—12月", [15, 33, 30, 71], 71, 71, "累计数由33减为30"),
        ("一季度 二季度 三季度 四季度", [3, 5, 2, None], 10, 2, "缺四季度"),
        ("上半年 下半年", ["约7", 9], None, 9, "不是一个数"),
    ],
)
def test_the_year_of_parts(
    heads: str, cells: list[object], flow: object, stock: object, said: str
) -> None:
    columns = {j: p for j, head in enumerate(heads.split()) if (p := part_of(head))}
    assert chain(columns)[0] == 0
    year = of_year(cells, columns, None, adds_up=True)
    assert (year.value or None) == flow
    told = "".join(one.found for one in year.said)
    assert said in told if said else not told
    assert of_year(cells, columns, None, adds_up=False).value == stock
