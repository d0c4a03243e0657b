"""truth.json against the measures that the whole chain (ledgers, views, codebook) makes of the same workbooks."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd


def test_every_total_is_the_measure_of_that_name(demo_project: Path) -> None:
    measures = pd.read_parquet(demo_project / "data/processed/demo/measures.parquet")
    found = measures.set_index(["area", "period", "measure"])["value"].to_dict()
    totals = json.loads((demo_project / "data/demo/truth.json").read_text(encoding="utf-8"))[
        "totals"
    ]
    true = {
        (area, period, code): value
        for area, years in totals.items()
        for period, codes in years.items()
        for code, value in codes.items()
        if code != "figures"
    }
    assert len(true) > 900
    wrong = {
        at: (value, found.get(at))
        for at, value in true.items()
        if not abs(found.get(at, float("nan")) - value) < 0.006
    }
    assert not wrong
