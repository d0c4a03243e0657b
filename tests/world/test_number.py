"""Every printer against fractions: exact, half up, whatever the float behind it looks like."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.world import number

COUNTS = st.integers(0, 10**6)
BASES = st.integers(1, 10**6)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)


def half_up(value: Fraction, decimals: int) -> str:
    """The rule itself, on fractions alone: the nearest printed number, of two the one further from zero."""
    step = Fraction(1, 10**decimals)
    units = int(abs(value) / step + Fraction(1, 2))
    text = f"{Decimal(units).scaleb(-decimals):f}"
    return "-" + text if value < 0 and units else text


@pytest.mark.parametrize(
    ("top", "bottom", "printed"),
    [
        (46, 160, "28.8%"),
        (205, 400, "51.3%"),
        (253, 400, "63.3%"),
        (1, 8, "12.5%"),
        (0, 7, "0.0%"),
        (7, 7, "100.0%"),
        (1, 2000, "0.1%"),
        (1, 2001, "0.0%"),
        (1999, 2000, "100.0%"),
    ],
)
def test_percentages_by_hand(top: int, bottom: int, printed: str) -> None:
    assert number.percent(top, over=bottom) == printed
    assert number.percent(top / bottom) == printed
    assert number.percent(Fraction(top, bottom)) == printed
    assert number.percent(np.float64(top) / bottom) == printed


@given(COUNTS, BASES, st.integers(0, 4))
def test_a_quotient_prints_as_its_fraction(top: int, bottom: int, decimals: int) -> None:
    wanted = half_up(Fraction(100 * top, bottom), decimals)
    assert number.percent(top, decimals, over=bottom) == wanted + "%"
    assert number.percent(top / bottom, decimals) == wanted + "%"
    assert number.fixed(top / bottom, decimals, scale=100) == wanted
    assert number.fixed(number.times(top / bottom, 100), decimals) == wanted
    assert number.fixed(number.quotient(top, bottom), decimals) == half_up(
        Fraction(top, bottom), decimals
    )


@given(st.integers(0, 400), st.integers(1, 2000), st.integers(0, 400), st.integers(1, 2000))
def test_a_difference_of_two_rates_prints_as_its_fraction(a: int, b: int, c: int, d: int) -> None:
    wanted = half_up(100 * (Fraction(a, b) - Fraction(c, d)), 1)
    assert number.fixed(number.minus(a / b, c / d), 1, scale=100) == wanted
    assert number.points(number.minus(a / b, c / d)) == wanted + "个百分点"


@given(st.integers(-(10**6), 10**6), st.integers(1, 5))
def test_ties_go_away_from_zero(units: int, decimals: int) -> None:
    tie = Decimal(2 * units + 1).scaleb(-decimals) / 2  # exactly between two printed numbers
    assert number.fixed(float(tie), decimals) == half_up(Fraction(tie), decimals)
    assert number.half_up(float(tie), decimals) == float(half_up(Fraction(tie), decimals))


@given(FLOATS, st.integers(0, 6))
def test_floats_print_as_their_shortest_decimal(value: float, decimals: int) -> None:
    exact = Fraction(repr(value))
    wanted = half_up(exact, decimals)
    assert number.fixed(value, decimals) == wanted
    assert number.fixed(value, decimals, grouped=True).replace(",", "") == wanted
    assert float(number.half_up(value, decimals)) == pytest.approx(float(wanted), rel=1e-15)
    assert number.fill("{x:." + str(decimals) + "f}", x=value) == wanted
    assert number.fixed(-value, decimals).lstrip("-") == wanted.lstrip("-")


@given(st.integers(-(10**13), 10**13))
def test_money_from_fen(fen: int) -> None:
    assert number.yuan(fen).replace(",", "") == half_up(Fraction(fen, 100), 0) + "元"
    assert number.wan(fen).replace(",", "") == half_up(Fraction(fen, 1_000_000), 2) + "万元"


@given(st.floats(0, 1))
def test_a_p_value_is_never_zero(p: float) -> None:
    text = number.p_value(p)
    assert text != "0.000"
    assert text == ("<0.001" if p < 0.001 else half_up(Fraction(repr(p)), 3))


def test_p_values_in_words() -> None:
    assert number.p_value(0.0004, name="p") == "p<0.001"
    assert number.p_value(0.0125, name="p") == "p=0.013"
    assert number.p_value(0.0, name="p", below="＜") == "p＜0.001"
    assert number.p_value(0.001) == "0.001"
    assert number.p_value(float("nan")) == number.MISSING


@given(st.floats(min_value=-1e11, max_value=1e11, allow_nan=False))
def test_plain_has_no_exponent_and_means_the_same(value: float) -> None:
    text = number.plain(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=1e-11, abs=1e-300)
    assert text == "0" or not text.endswith(".0")


def test_plain_by_hand() -> None:
    assert [number.plain(v) for v in (0.1 + 0.2, 1234567.0, 1e-7, -0.5, 20, 0.0)] == [
        "0.3",
        "1234567",
        "0.0000001",
        "-0.5",
        "20",
        "0",
    ]


@pytest.mark.parametrize(
    "nothing", [None, float("nan"), float("inf"), pd.NA, pd.NaT, np.float64("nan"), Decimal("NaN")]
)
def test_nothing_known_is_a_dash(nothing: object) -> None:
    for printer in (
        number.fixed,
        number.percent,
        number.points,
        number.count,
        number.ratio,
        number.yuan,
        number.wan,
    ):
        assert printer(nothing) == number.MISSING
    assert number.percent(3, over=0) == number.MISSING


def test_kinds_of_numbers() -> None:
    for one in (
        2,
        np.int64(2),
        np.uint8(2),
        2.0,
        np.float64(2),
        np.float32(2),
        Decimal(2),
        Fraction(2),
        Decimal("2.0"),
    ):
        assert number.fixed(one, 1) == "2.0"
    assert (
        number.fixed(np.float32(0.25), 1) == "0.3"
    )  # as it is written, not its digits as a float64
    assert number.fixed(np.float32(0.15), 1) == "0.2"
    assert number.fixed(-0.04, 1) == "0.0"
    assert number.fixed(0.04, 1, sign=True) == "0.0"
    assert number.fixed(1234.5, grouped=True, sign=True) == "+1,235"
    with pytest.raises(TypeError):
        number.fixed("2")


def test_templates() -> None:
    text = "{name}占{share:.0%}，得{score:.2f}分，{n:,.0f}人，线{line:g}，{word:.2}"
    filled = number.fill(
        text, name="甲", share=0.125, score=2.675, n=1234.5, line=90.0, word="甲乙丙"
    )
    assert filled == "甲占13%，得2.68分，1,235人，线90，甲乙"


def test_noise_is_taken_away() -> None:
    assert number.minus(0.2875, 0.2) == 0.0875
    assert number.times(0.2875, 100) == 28.75
    assert number.settle(0.1 + 0.2) == 0.3
    np.testing.assert_array_equal(
        number.settle([0.1 + 0.2, np.nan, np.inf, 0.0, 1e300]), [0.3, np.nan, np.inf, 0.0, 1e300]
    )
    np.testing.assert_array_equal(
        number.quotient([46, 1, 3], [160, 0, np.nan]), [0.2875, np.nan, np.nan]
    )
    assert number.quotient(8425.0 * 0.1, 1) == 842.5
    assert number.quotient(100.05, 10) == 10.005


@given(st.integers(0, 10**9), st.integers(1, 10**5))
def test_amounts_per_head(fen: int, members: int) -> None:
    """Fen kept as yuan and divided by members: rounded once, so that ties stay ties."""
    exact = Fraction(fen, 100 * members)
    assert number.fixed(number.quotient(fen / 100, members), 0) == half_up(exact, 0)
    assert number.fixed(number.quotient(fen / 100, members), 1) == half_up(exact, 1)


def test_rounding_agrees_with_decimal() -> None:
    values = np.array([2.5, -2.5, 0.125, 1.005, 2.675, 1e15, -0.0])
    wanted = [
        float(Decimal(repr(float(v))).quantize(Decimal("0.01"), ROUND_HALF_UP)) for v in values
    ]
    np.testing.assert_array_equal(number.half_up(values, 2), wanted)
