"""The whole invented province, and others unlike it: `pytest -m slow tests/linkage`."""

from __future__ import annotations

import pytest
from invented import Rates, invent
from measured import measure

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 11, 12])
def test_twenty_thousand_units_over_five_years(seed: int) -> None:
    found = measure(invent(20_000, 5, seed))
    assert found.precision >= 0.999, found.wrong
    assert found.recall >= 0.95, found.missed
    assert found.questions <= 400


@pytest.mark.parametrize(
    "rates",
    [
        Rates(without_code=0.7, typing=0.08, copied=0.3, renamed=0.15, families=0.3),
        Rates(no_date=1.0, without_code=0.6),
        Rates(merged=0.1, split=0.05, moved_near=0.1, moved_far=0.03, leaves=0.12, enters=0.14),
        Rates(typing=0.0, legal_form=0.0, prefix=0.0, width=0.0, traditional=0.0, copied=1.0),
    ],
)
def test_provinces_unlike_the_first(rates: Rates) -> None:
    found = measure(invent(8_000, 4, seed=5, rates=rates, districts=10))
    assert found.precision >= 0.998, found.wrong
    assert found.recall >= 0.95, found.missed
