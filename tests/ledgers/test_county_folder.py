"""A county's real folder, invented: every value of it right or asked, none silently wrong.

The forms stand in `county_folder.py` (one file a form) and `six_townships.py` (a county whose six townships each keep
their own form). Both were written before the code that reads them was looked at.
"""

from __future__ import annotations

from pathlib import Path

import county_folder
import pytest
from county_values import compare

from evalkit.indicators.project import LEDGER_SUFFIXES
from evalkit.ledgers import files, read_ledger


@pytest.mark.parametrize("name", list(county_folder.CASES))
def test_every_value_right_or_asked(name: str, tmp_path: Path) -> None:
    made = county_folder.CASES[name](tmp_path / "data/raw/2024/演示省/演示市/云台县")
    count = compare(read_ledger(made.path), made.values)
    assert not count.wrong, "\n".join(count.wrong)
    assert len(count.right) >= 0.95 * (len(count.right) + len(count.asked)), count.asked


def test_a_build_reads_every_kind_of_file_that_check_reads() -> None:
    assert LEDGER_SUFFIXES == files.READ
