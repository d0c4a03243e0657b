"""Dates and periods in the forms of practice.md section 6."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.ledgers.dates import DateValue, parse_date, parse_dates, parse_period

DAYS = {
    "2015.7.1": "2015-07-01",
    "2015-07-01": "2015-07-01",
    "2015/7/1": "2015-07-01",
    "20150701": "2015-07-01",
    "2015.07.01": "2015-07-01",
    "2015、7、1": "2015-07-01",
    "２０１５．７．１": "2015-07-01",
    "2015年7月1日": "2015-07-01",
    "2015年 7 月 1 日": "2015-07-01",
    "2015年7月1号": "2015-07-01",
    "二〇一五年七月一日": "2015-07-01",
    "二零二四年十二月三十一日": "2024-12-31",
    "15.7.1": "2015-07-01",
    "98年5月6日": "1998-05-06",
    "二月五日": "2023-02-05",
    "十月一日": "2023-10-01",
    "7月1日": "2023-07-01",
    "7.1": "2023-07-01",
    "2015-07-01 00:00:00": "2015-07-01",
    "2015年7月1日 10:30": "2015-07-01",
    "2015.7.1。": "2015-07-01",
    "2020.2.29": "2020-02-29",
    "45000": "2023-03-15",
    "2015年7月1日成立": "2015-07-01",
    "'2015-07-01": "2015-07-01",
}


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_days(text: str, day: str) -> None:
    d = dt.date.fromisoformat(day)
    assert parse_date(text, year=2023) == DateValue(d, d, d, "day")


SPANS = {
    "2009年6月": ("2009-06-01", "2009-06-30", "month", ""),
    "2015.7": ("2015-07-01", "2015-07-31", "month", ""),
    "201507": ("2015-07-01", "2015-07-31", "month", ""),
    "2015年七月": ("2015-07-01", "2015-07-31", "month", ""),
    "7月": ("2023-07-01", "2023-07-31", "month", ""),
    "2015年7月成立": ("2015-07-01", "2015-07-31", "month", ""),
    "2024年2月": ("2024-02-01", "2024-02-29", "month", ""),
    "２０２４年": ("2024-01-01", "2024-12-31", "year", ""),
    "24年": ("2024-01-01", "2024-12-31", "year", ""),
    "2024": ("2024-01-01", "2024-12-31", "year", ""),
    "2015年底": ("2015-01-01", "2015-12-31", "year", ""),
    "2015.3-2016.4": ("2015-03-01", "2016-04-30", "range", "date_range"),
    "3月至5月": ("2023-03-01", "2023-05-31", "range", "date_range"),
    "3-5月": ("2023-03-01", "2023-05-31", "range", "date_range"),
    "2019-2021": ("2019-01-01", "2021-12-31", "range", "date_range"),
    "2019年—2021年": ("2019-01-01", "2021-12-31", "range", "date_range"),
    "7月1日-3日": ("2023-07-01", "2023-07-03", "range", "date_range"),
    "2015-03-01至2016-04-30": ("2015-03-01", "2016-04-30", "range", "date_range"),
    "2015-03-01~2016-04-30": ("2015-03-01", "2016-04-30", "range", "date_range"),
    "2015.03.01-2016.04.30": ("2015-03-01", "2016-04-30", "range", "date_range"),
    "2024年上半年": ("2024-01-01", "2024-06-30", "range", "date_range"),
    "2025年第三季度": ("2025-07-01", "2025-09-30", "range", "date_range"),
    "二季度": ("2023-04-01", "2023-06-30", "range", "date_range"),
}


@pytest.mark.parametrize(("text", "expected"), SPANS.items())
def test_less_than_a_day(text: str, expected: tuple[str, str, str, str]) -> None:
    got = parse_date(text, year=2023)
    assert (
        str(got.low),
        str(got.high),
        got.precision,
        got.note,
    ) == expected and got.date == got.low


@pytest.mark.parametrize(
    "cell",
    [
        "2月30日",
        "2015年2月30日",
        "2015-02-30",
        "2021.2.29",
        "2015年13月",
        "2015.7.32",
        "2015.13.1",
        "4月31日",
        "20150230",
        20150230,
        "二月三十日",
    ],
)
def test_impossible_days_are_never_moved(cell: object) -> None:
    assert parse_date(cell, year=2023) == DateValue(None, note="date_impossible")


def test_impossible_without_a_year_too() -> None:
    assert parse_date("2月30日").note == "date_impossible"
    assert parse_date("2月29日").note == "value_unreadable"  # there are years that have it
    assert parse_date("2月29日", year=2023).note == "date_impossible"


@pytest.mark.parametrize(
    "cell",
    [
        "长期",
        "07/01/2015",
        "2015.7.1\n2016.1.1",
        "X",
        "3",
        "24.3",
        "张三",
        "2016.4-2015.3",
        True,
        12,
        1e9,
        dt.time(1, 2),
        "9" * 300,
    ],
)
def test_unreadable(cell: object) -> None:
    assert parse_date(cell, year=2023) == DateValue(None, note="value_unreadable")


@pytest.mark.parametrize("cell", ["", "  ", None, "—", "/", "无", "待定", float("nan")])
def test_missing(cell: object) -> None:
    assert parse_date(cell, year=2023) == DateValue(None, note="missing")


def test_day_without_year_needs_the_ledgers_year() -> None:
    assert parse_date("二月五日").note == "value_unreadable"


def test_numbers() -> None:
    assert str(parse_date(45000).date) == "2023-03-15" == str(parse_date(45000.75).date)
    assert str(parse_date(45000, date_1904=True).date) == "2027-03-16"
    assert str(parse_date(20150701.0).date) == "2015-07-01"
    assert parse_date(200906) == parse_date("2009年6月") == parse_date(2009.6)
    assert parse_date(2015.0).precision == "year"
    assert str(parse_date(7.15, year=2024).date) == "2024-07-15"
    got = parse_date(2009.1)  # January, or a lost zero of October
    assert (str(got.low), str(got.high), got.note) == ("2009-01-01", "2009-10-31", "date_range")
    assert str(parse_date(7.1, year=2024).high) == "2024-07-10"


def test_dates_and_datetimes() -> None:
    d = dt.date(2020, 1, 2)
    assert parse_date(dt.datetime(2020, 1, 2, 3, 4)) == parse_date(d) == DateValue(d, d, d, "day")


def test_column_equals_cells() -> None:
    cells = [*DAYS, *SPANS, 45000, 45000.0, "", None, dt.date(2020, 1, 2), True, 1]
    assert parse_dates(cells, year=2023) == [parse_date(c, year=2023) for c in cells]


FORMS = [
    "{y}.{m}.{d}",
    "{y}-{m:02}-{d:02}",
    "{y}年{m}月{d}日",
    "{y}{m:02}{d:02}",
    "{y} 年 {m} 月 {d} 日",
    "{m}月{d}日",
]


@settings(max_examples=400, deadline=None)
@given(st.dates(dt.date(1950, 1, 1), dt.date(2059, 12, 31)), st.sampled_from(FORMS))
def test_written_dates_read_back(day: dt.date, form: str) -> None:
    assert parse_date(form.format(y=day.year, m=day.month, d=day.day), year=day.year).date == day


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.-/年月日至 二〇一五十上半季度~:", max_size=16))
def test_any_text_is_a_date_or_a_note(text: str) -> None:
    got = parse_date(text, year=2024)
    assert (got.date is None) == (got.note in ("missing", "value_unreadable", "date_impossible"))
    assert got.date is None or (
        got.low is not None and got.high is not None and got.low <= got.date <= got.high
    )


PERIODS = {
    "2024年": "2024",
    "24年": "2024",
    "二〇二四年度": "2024",
    "2025年第三季度": "2025Q3",
    "2025年三季度": "2025Q3",
    "2024年3季度": "2024Q3",
    "２０２４": "2024",
    "2025Q3": "2025Q3",
    "演示区2024年度台账": "2024",
    "二零二四": "2024",
    "台账20240630": "2024",
    "2024.12.31": "2024",
    "截至2024年12月31日": "2024",
    "台账2024最终版2": "2024",
    "2023-2024": None,
    "12家": None,
    "": None,
    None: None,
    2024.0: "2024",
    12: None,
}


@pytest.mark.parametrize(("text", "period"), PERIODS.items())
def test_periods(text: object, period: str | None) -> None:
    assert parse_period(text) == period
