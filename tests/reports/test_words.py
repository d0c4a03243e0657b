"""Numbers and sentences as readers see them."""

from __future__ import annotations

import math

import pytest

from evalkit.reports.words import change, change_words, fixed, large, light, marked, shown, span

RATE = {
    "value": 0.3807,
    "low": 0.3807,
    "high": 0.3807,
    "scale": 100.0,
    "unit": "%",
    "decimals": 1,
    "kind": "proportion",
    "target": float("nan"),
    "better": "higher",
}
MONEY = {
    "value": 843.37,
    "low": 750.1,
    "high": 843.37,
    "scale": 1.0,
    "unit": "元/人",
    "decimals": 0,
    "kind": "amount",
    "target": 150.0,
    "better": "higher",
}


def test_numbers_round_half_up_and_never_show_minus_zero():
    assert (
        fixed(2.5) == "3" and fixed(-0.04, 1) == "0.0" and fixed(1234567.891, 2) == "1,234,567.89"
    )
    assert fixed(None) == "—" and fixed(float("nan")) == "—" and fixed(math.inf) == "不限"


def test_large_amounts_take_wan_and_yi():
    assert large(23_465_000, "元") == "2,346.50万元"
    assert large(123_000_000, "元") == "1.23亿元"
    assert large(812, "元") == "812元"
    assert large(18_234, "家") == "18,234家"  # counts stay counts below 100,000


def test_values_and_units():
    assert shown(RATE) == "38.1%" and shown(MONEY) == "843元/人"
    assert span(MONEY) == "750 至 843" and span(RATE) == "38.1"
    assert span(MONEY | {"high": math.inf}) == "不低于750"


@pytest.mark.parametrize(
    ("difference", "arrow", "words"),
    [
        (0.012, "↑1.2", "比上年提高1.2个百分点"),
        (-0.003, "↓0.3", "比上年下降0.3个百分点"),
        (0.0004, "→", "与上年持平"),  # below half a printed unit
        (float("nan"), "—", ""),  # first year: nothing is said
    ],
)
def test_changes(difference, arrow, words):
    assert change(RATE, difference) == arrow
    assert change_words(RATE, difference) == words
    assert "-" not in change_words(RATE, difference)


def test_amounts_change_in_yuan():
    assert change_words(MONEY, -12.4) == "比上年减少12元"


@pytest.mark.parametrize(
    ("value", "tone"), [(150, "good"), (149.9, "middle"), (135, "middle"), (134.9, "bad")]
)
def test_light_includes_the_reference_itself(value, tone):
    assert light(MONEY | {"value": value}) == tone


def test_light_for_lower_is_better_and_without_reference():
    load = MONEY | {"better": "lower", "target": 3.0}
    assert [light(load | {"value": v}) for v in (3.0, 3.2, 4.0)] == ["good", "middle", "bad"]
    assert light(RATE) is None and not marked(RATE).mark
    assert marked(MONEY).mark == "●"
