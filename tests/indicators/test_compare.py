"""Verdicts: a word of judgement needs more than noise; changes and order are always stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evalkit.indicators.compare import compare
from evalkit.problems import InputError


def frame(counts, period="2025", better="higher", kind="proportion", **more):
    n, d = np.array(counts, dtype=float).T
    rows = pd.DataFrame({"numerator": n, "denominator": d, "value": n / d})
    spread = (
        1.96 * np.sqrt(rows["value"] * (1 - rows["value"]) / d) if kind == "proportion" else np.nan
    )
    rows = rows.assign(
        low=rows["value"],
        high=rows["value"],
        ci_low=rows["value"] - spread,
        ci_high=rows["value"] + spread,
    )
    base = {
        "period": period,
        "level": "district",
        "indicator": "x",
        "name": "某率",
        "dimension": "coverage",
        "kind": kind,
        "better": better,
        "scale": 100.0,
        "unit": "%",
        "decimals": 1,
        "target": 0.8,
        "target_name": "某标准",
        "peer_group": "县域",
    }
    rows = rows.assign(**(base | more))
    rows["area"] = [f"省/县{i}" for i in range(len(rows))]
    rows["area_name"] = [f"县{i}" for i in range(len(rows))]
    return rows.assign(sort_order=range(len(rows)))


def test_difference_must_exceed_noise():
    found = compare(frame([(900, 1000), (780, 1000), (600, 1000), (9, 10)]), 2025)
    assert found["verdict"].tolist() == ["better", "unclear", "worse", "unclear"]
    pooled = (900 + 780 + 600 + 9) / 3010
    assert found["reference"].iloc[0] == pytest.approx(pooled)
    assert found["difference"].iloc[0] == pytest.approx(0.9 - pooled)


def test_small_base_is_shown_not_ranked_and_ties_share():
    found = compare(frame([(90, 100), (90, 100), (50, 100), (29, 29)]), "2025")
    assert found["rank"].tolist()[:3] == [1, 1, 3] and pd.isna(found["rank"].iloc[3])
    assert not found["ranked"].iloc[3] and found["n_ranked"].iloc[0] == 3


def test_lower_is_better_turns_rank_and_verdict():
    found = compare(frame([(900, 1000), (100, 1000)], better="lower"), 2025)
    assert found["verdict"].tolist() == ["worse", "better"] and found["rank"].tolist() == [2, 1]


def test_same_below_half_a_printed_unit_and_none_without_direction():
    found = compare(frame([(5000, 10000), (5004, 10000)]), 2025)
    assert found["verdict"].tolist() == ["same", "same"]
    assert set(compare(frame([(1, 2), (2, 3)], better="none"), 2025)["verdict"]) == {"none"}


def test_falling_needs_half_a_printed_unit():
    now, before = (
        frame([(700, 1000), (8000, 10000)]),
        frame([(720, 1000), (8003, 10000)], period="2024"),
    )
    found = compare(pd.concat([now, before]), 2025, against=2024)
    assert found["falling"].tolist() == [True, False]
    assert found["change"].iloc[0] == pytest.approx(-0.02)


def test_amounts_need_five_percent():
    rows = frame(
        [(1000, 10), (1030, 10), (2000, 10)], kind="amount", scale=1.0, unit="元/人", decimals=0
    )
    found = compare(rows, 2025)
    assert found["verdict"].tolist() == ["worse", "worse", "better"]
    close = frame([(1000, 10), (1040, 10)], kind="amount", scale=1.0, unit="元/人", decimals=0)
    assert compare(close, 2025)["verdict"].tolist() == ["unclear", "unclear"]


def test_peers_leave_the_area_itself_out_and_targets_and_areas_are_named():
    rows = frame([(900, 1000), (700, 1000), (500, 1000)])
    assert compare(rows, 2025, to="peers")["reference"].iloc[0] == pytest.approx(1200 / 2000)
    target = compare(rows, 2025, to="target")
    assert target["reference"].iloc[0] == 0.8 and target["reference_name"].iloc[0] == "某标准"
    assert compare(rows, 2025, to="县1")["reference"].tolist() == [0.7] * 3
    with pytest.raises(InputError, match="县1"):
        compare(rows, 2025, to="县")


def test_unknown_period_names_the_known_ones():
    with pytest.raises(InputError, match="2025"):
        compare(frame([(1, 2)]), 1999)
