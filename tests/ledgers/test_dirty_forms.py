"""The other forms of offices, dirty: every value right, every row accounted for, nothing thrown.

``EVALKIT_DIRTY=3000 python -m pytest tests/ledgers/test_dirty_forms.py -m slow`` is the long campaign.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import dirty_forms
import pytest
from county_values import compare

from evalkit.ledgers import read_ledger

SEEDS, BATCH = 9, 50
LONG = int(os.environ.get("EVALKIT_DIRTY", "2000"))
OUTCOMES = {"read", "aside", "asked", "refused"}


def read_back(seed: int) -> str:
    with tempfile.TemporaryDirectory() as place:
        made = dirty_forms.made(seed, Path(place) / "2024/演示省/演示市/云台县")
        ledger = read_ledger(made.path)
    count = compare(ledger, made.values)
    assert not count.wrong, (seed, made.form, count.wrong)
    assert not count.asked, (seed, made.form, count.asked)
    rows = ledger.rows
    assert set(rows["outcome"]) <= OUTCOMES
    assert not (rows["outcome"] == "refused").any(), (seed, made.form, rows.to_dict("records"))
    return made.form


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_dirty_form_reads_back_to_the_truth(seed: int) -> None:
    read_back(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, LONG, BATCH))
def test_thousands_of_dirty_forms(start: int) -> None:
    forms = Counter(read_back(seed) for seed in range(start, min(start + BATCH, LONG)))
    assert len(forms) > 1
