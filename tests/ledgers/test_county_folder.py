"""A county's real folder, invented: every value of it right or asked, none silently wrong.

The forms stand in `county_folder.py` (one file a form) and `six_townships.py` (a county whose six townships each keep
their own form). Both were written before the code that reads them was looked at.
"""

from __future__ import annotations

from pathlib import Path

import county_folder
import county_folder_more
import pandas as pd
import pytest
import six_townships
from county_values import compare

from evalkit.building.lone import measures_of
from evalkit.codebook import load_codebook
from evalkit.indicators.project import LEDGER_SUFFIXES
from evalkit.ledgers import files, read_ledger

CASES = county_folder.CASES | county_folder_more.CASES


@pytest.mark.parametrize("name", list(CASES))
def test_every_value_right_or_asked(name: str, tmp_path: Path) -> None:
    made = CASES[name](tmp_path / "data/raw/2024/演示省/演示市/云台县")
    count = compare(read_ledger(made.path), made.values)
    assert not count.wrong, "\n".join(count.wrong)
    assert len(count.right) >= 0.95 * (len(count.right) + len(count.asked)), count.asked


def test_a_build_reads_every_kind_of_file_that_check_reads() -> None:
    assert LEDGER_SUFFIXES == files.READ


def test_six_townships_each_in_its_own_form(tmp_path: Path) -> None:
    raw = six_townships.write(tmp_path) / "data/raw"
    book = load_codebook()
    frame = measures_of(read_ledger(raw, codebook=book), book)
    frame = frame[frame["period"] == six_townships.PERIOD]
    read = dict(zip(zip(frame["area"], frame["measure"], strict=True), frame["value"], strict=True))
    wrong = []
    for area, row in six_townships.EXPECTED.items():
        path = six_townships.COUNTY + ("" if area == "云台县" else f"/{area}")
        for measure, wanted in row.items():
            found = read.get((path, measure))
            found = None if found is None or pd.isna(found) else float(found)
            if found != wanted:
                wrong.append((area, measure, wanted, found))
    assert not wrong
