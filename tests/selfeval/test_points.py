"""How points are earned, by hand and against an independent computation (no published numbers here)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.selfeval import points
from evalkit.selfeval.reading import parted
from evalkit.selfeval.values import Aim, Rules


def aim(text: str) -> Aim:
    sign, value, _ = parted(text)
    return Aim(text, sign, value)


@pytest.mark.parametrize(
    ("target", "actual", "full", "lower", "score"),
    [
        ("≥85%", "80.6", 10, "ratio", "9.48"),  # 80.6 / 85 * 10 = 9.482
        ("≥85%", "85", 10, "ratio", "10.00"),
        ("60", "90", 10, "ratio", "10.00"),  # never more than all
        ("=100%", "99.5", 20, "ratio", "19.90"),
        ("≤3家", "4", 10, "ratio", "7.50"),  # 3 / 4
        ("≤3家", "4", 10, "linear", "6.67"),  # 1 - 1/3
        ("≤3家", "7", 10, "linear", "0.00"),
        ("3家以下", "3", 10, "ratio", "10.00"),
        ("≤0", "0", 10, "ratio", "10.00"),
        ("≤0", "2", 10, "ratio", "0.00"),
        ("≥5%", "-2", 10, "ratio", "0.00"),
        ("≥0", "-2", 10, "ratio", "0.00"),
        (">5", "5", 10, "ratio", "10.00"),  # not reached, but the share is whole
        ("≥8", "1", "0.5", "ratio", "0.06"),  # 0.0625, half up
        ("≥8", "2", "0.1", "ratio", "0.03"),  # 0.025, exactly half: up
    ],
)
def test_quantitative_by_hand(target, actual, full, lower, score) -> None:
    part = points.share(aim(target), Decimal(actual), lower)
    assert points.score(part, Decimal(full)) == Decimal(score)


@given(
    st.decimals("0.1", "500", places=1),
    st.decimals("0", "900", places=1),
    st.integers(1, 90),
    st.booleans(),
)
def test_quantitative_against_decimals(wanted, is_, full, most) -> None:
    """The same rule in another arithmetic: decimals of 28 digits."""
    sign = "≤" if most else "≥"
    got = points.score(points.share(Aim("", sign, wanted), is_), Decimal(full))
    good = is_ <= wanted if most else is_ >= wanted
    part = Decimal(1) if good else (wanted / is_ if most else is_ / wanted)
    expected = (part * full).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert abs(got - expected) <= Decimal("0.01") and 0 <= got <= full
    assert (got == full) or not good


@pytest.mark.parametrize(
    ("target", "actual", "over", "said"),
    [
        ("≥100", "130", 30, False),
        ("≥100", "130.1", 30, True),
        ("≥100", "101", 0, True),
        ("≤100", "70", 30, False),
        ("≤100", "69.9", 30, True),
        ("≤0", "0", 30, False),
    ],
)
def test_far_beyond_the_target(target, actual, over, said) -> None:
    assert points.beyond(aim(target), Decimal(actual), Decimal(over)) is said


def test_grades_and_their_ends() -> None:
    rules = Rules()
    for grade, percent, fits in [
        ("达成", 100, True),
        ("达成", 80, True),
        ("达成", 79, False),
        ("部分达成", 80, False),
        ("部分达成", 79.9, True),
        ("部分达成", 60, True),
        ("未达成", 60, False),
        ("未达成", 0, True),
        ("未达成", -1, False),
    ]:
        assert points.allows(grade, Decimal(str(percent)), rules) is fits, (grade, percent)
    older = Rules((Decimal(80), Decimal(50)))
    assert points.allows("部分达成", Decimal(50), older)


def test_execution() -> None:
    assert points.executed(Decimal(0), Decimal(3)) is None
    rate = points.executed(Decimal("320"), Decimal("352"))
    assert rate == Fraction(11, 10) and points.score(rate, Decimal(10)) == 10
