"""A unit is its code everywhere, or its name in its district."""

from __future__ import annotations

import doctest
import random

import pytest
from stdnum.cn import uscc

from evalkit.world import unit_key
from evalkit.world.unit_key import UnitKey, is_credit_code


def test_the_examples_hold() -> None:
    assert doctest.testmod(unit_key).failed == 0


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("91110000100000009M", True),
        ("91110000100000009X", False),  # another check character
        ("91110000100000009m", False),  # as it stands
        ("N2330100MA0000001X", False),
        ("便民超市", False),
        ("91110000100000009", False),
    ],
)
def test_codes(text: str, valid: bool) -> None:
    assert is_credit_code(text) is valid
    assert UnitKey.of(text, "某市/甲区").has_code is valid


def test_names_are_told_apart_by_their_district() -> None:
    keys = {str(UnitKey.of("药店", district)) for district in ("某市/甲区", "某市/乙区")}
    assert len(keys) == 2


def test_the_check_character_is_that_of_the_standard() -> None:
    rng = random.Random(17)
    for _ in range(300):
        first = "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=17))
        check = uscc.calc_check_digit(first)
        assert is_credit_code(first + check)
        wrong = rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY".replace(check, ""))
        assert not is_credit_code(first + wrong)
