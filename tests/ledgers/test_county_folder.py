"""A county's real folder, invented: every value of it right or asked, none silently wrong.

The forms stand in `county_folder.py` (one file a form) and `six_townships.py` (a county whose six townships each keep
their own form). Both were written before the code that reads them was looked at.
"""

from __future__ import annotations

from pathlib import Path

import county_folder
import pytest
from county_values import compare

from evalkit.ledgers import read_ledger

#: Forms that are not read yet (asked or refused by name); a form that is read leaves this list.
NOT_YET = {
    "one_page_a_unit",
    "one_page_a_unit_below_each_other",
    "visits_inside_activities",
    "transposed",
    "theme_days_by_month",
    "years_in_one_column",
    "instructors_by_township",
    "visits_ledger",
    "activities_by_kind_counts",
}


@pytest.mark.parametrize("name", [name for name in county_folder.CASES if name not in NOT_YET])
def test_every_value_right_or_asked(name: str, tmp_path: Path) -> None:
    made = county_folder.CASES[name](tmp_path / "data/raw/2024/演示省/演示市/云台县")
    count = compare(read_ledger(made.path), made.values)
    assert not count.wrong, "\n".join(count.wrong)
    assert len(count.right) >= 0.95 * (len(count.right) + len(count.asked)), count.asked
