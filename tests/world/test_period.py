"""Periods are read in every usual way or refused by name; they are ordered in time, never as text."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.problems import InputError
from evalkit.world.period import Period, in_time, parse_column

READ = {
    "2025": [
        "2025",
        "２０２５",
        2025,
        2025.0,
        np.int64(2025),
        "2025年",
        "2025年度",
        "二〇二五年",
        "二零二五年度",
        "25年",
        "FY2025",
    ],
    "2025H1": ["2025H1", "2025h1", "H1 2025", "2025年上半年", "2025上半年", "二〇二五年上半年"],
    "2010Q3": [
        "2010Q3",
        "2010q3",
        "2010-Q3",
        "2010 Q3",
        "Q32010",
        "Q3 2010",
        "3Q2010",
        "2010年第3季度",
        "2010年三季度",
        "2010年第三季度",
        "2010年Q3",
        "二〇一〇年第三季度",
        "10年三季度",
        "2010Q03",
    ],
    "2010-05": [
        "2010-5",
        "2010-05",
        "2010/5",
        "2010.05",
        "2010m5",
        "2010M05",
        "2010年5月",
        "2010年05月份",
        "二〇一〇年五月",
        "201005",
        "5/2010",
        "May 2010",
        "2010 May",
        "２０１０－５",
        "2010—5",
        "10年5月",
    ],
    "2010-12": ["2010-12", "2010年十二月", "Dec 2010", "2010m12"],
    "2010-05-07": [
        "2010-5-7",
        "2010/05/07",
        "2010年5月7日",
        "20100507",
        "2010-05-07 00:00:00",
        date(2010, 5, 7),
        datetime(2010, 5, 7),
        pd.Timestamp(2010, 5, 7),
    ],
    "第5期": [
        "第5期",
        "第五期",
        "5",
        5,
        5.0,
        "wave 5",
        "Wave5",
        "W5",
        "第5轮",
        "第5波",
        "第五次",
        "round 5",
        "5期",
    ],
    "第10期": ["第十期", "第10期", "10"],
    "第21期": ["第二十一期"],
    "-4": ["-4", -4, "−4", "t-4", "T-4", "t−4", "-4期", "第-4期", "前4期", "实施前4期"],
    "3": ["+3", "t+3", "＋3", "后3期", "实施后3期"],
    "0": ["t", "t0", "t+0", "当期", "实施当期"],
}
REFUSED = [
    "",
    " ",
    "before",
    "政策前",
    "2010.5",
    2010.5,
    "2010-13",
    "2010-00",
    "2010Q5",
    "Q4",
    "5月",
    "第3季度",
    "2010-2012",
    "2010-02-30",
    "20254",
    "202513",
    "3001",
    "去年",
    "2010年第3期",
    None,
    np.nan,
    pd.NaT,
    True,
    "1/2/2010",
]


@pytest.mark.parametrize(
    ("text", "canonical"), [(t, c) for c, texts in READ.items() for t in texts]
)
def test_usual_ways_of_writing_a_period_are_read(text: object, canonical: str) -> None:
    period = Period.parse(text)
    assert str(period) == canonical
    if period.kind != "relative" or period.number < 0:  # 3 alone is a wave
        assert Period.parse(str(period)) == period and Period.parse(period.words()) == period


@pytest.mark.parametrize("text", REFUSED)
def test_what_says_no_period_is_refused_with_what_to_write(text: object) -> None:
    assert Period.read(text) is None
    with pytest.raises(InputError) as told:
        Period.parse(text)
    assert (
        f"“{text}”" in str(told.value)
        and "2025Q3" in str(told.value)
        and "2025-07" in str(told.value)
    )


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (["2010-10", "2010-9", "2010-5"], ["2010-5", "2010-9", "2010-10"]),
        (["第十期", "第二期", "第1期"], ["第1期", "第二期", "第十期"]),
        (["-1", "-10", "3", "0"], ["-10", "-1", "0", "3"]),
        (["2010年12月", "2010年2月", "2009年11月"], ["2009年11月", "2010年2月", "2010年12月"]),
        (
            ["2025", "2025Q4", "2025Q3", "2024", "2025-12", "2025H2"],
            ["2024", "2025Q3", "2025-12", "2025Q4", "2025H2", "2025"],
        ),
    ],
)
def test_periods_are_sorted_in_time(given_: list[str], expected: list[str]) -> None:
    assert in_time(given_) == expected


def test_neighbours_parts_and_days() -> None:
    quarter, year = Period.parse("2024Q1"), Period.parse("2024")
    assert str(quarter.previous()) == "2023Q4" and str(quarter.previous(-4)) == "2025Q1"
    assert (
        str(quarter.year_before) == "2023Q1"
        and str(Period.parse("2024-02-29").year_before) == "2023-02-28"
    )
    assert year.contains(quarter) and year.contains(year) and not quarter.contains(year)
    assert quarter.bounds == (date(2024, 1, 1), date(2024, 3, 31)) and year.bounds == (
        date(2024, 1, 1),
        date(2024, 12, 31),
    )
    assert Period.parse("2024-02").bounds[1] == date(2024, 2, 29) and Period.parse("2024H2").bounds[
        0
    ] == date(2024, 7, 1)
    assert (
        not year.is_before(quarter)
        and not quarter.is_before(year)
        and Period.parse("2023").is_before(quarter)
    )
    assert not Period.parse("第1期").contains(year) and Period.parse("第1期").contains(
        Period.parse("1")
    )
    with pytest.raises(ValueError, match="no days"):
        _ = Period.parse("-4").bounds
    words = {
        "2024Q1": "2024年第一季度",
        "2024-07": "2024年7月",
        "2024H2": "2024年下半年",
        "3": "第3期",
        "-4": "前4期",
        "+2": "后2期",
    }
    assert {text: Period.parse(text).words() for text in words} == words


def test_a_column_is_of_one_kind() -> None:
    assert [p.number for p in parse_column(["-2", "-1", "0", "1"])] == [-2, -1, 0, 1]
    assert [p.number for p in parse_column(["t-1", "t", "t+1"])] == [-1, 0, 1]
    assert [p.number for p in parse_column([999, 1000, 1001])] == [999, 1000, 1001]
    assert [p.kind for p in parse_column([1998.0, 1999.0])] == ["year", "year"]
    with pytest.raises(InputError, match="2024（年份）、2025Q1（季度）"):
        parse_column(["2024", "2025Q1"])
    with pytest.raises(InputError) as told:
        parse_column(["2024", "before", "after", "before"])
    assert (
        len(told.value.problems) == 2
        and "“before”" in str(told.value)
        and "“after”" in str(told.value)
    )


@given(st.integers(1000, 2999), st.integers(1, 12))
def test_months_are_read_however_they_are_written(year: int, month: int) -> None:
    forms = (
        f"{year}-{month}",
        f"{year}-{month:02d}",
        f"{year}m{month}",
        f"{year}M{month:02d}",
        f"{year}年{month}月",
        f"{year}/{month}",
    )
    assert {Period.parse(form) for form in forms} == {Period("month", 12 * year + month - 1)}


@given(st.lists(st.integers(12 * 1000, 12 * 2999 + 11), min_size=2, unique=True))
def test_order_of_months_is_that_of_their_numbers(numbers: list[int]) -> None:
    texts = [Period("month", n).words() for n in numbers]
    assert [Period.parse(text).number for text in in_time(texts)] == sorted(numbers)
