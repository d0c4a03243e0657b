"""Invented areas and indicators small enough to be scored by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

NAMES = ["甲区", "乙区", "丙区", "丁区", "戊区", "己区", "庚区", "辛区"]
# indicator: (kind, better, target, scale, decimals, unit)
ABOUT = {
    "single_setup": ("proportion", "higher", np.nan, 100, 1, "%"),
    "org_coverage": ("proportion", "higher", np.nan, 100, 1, "%"),
    "work_coverage": ("proportion", "higher", 1.0, 100, 1, "%"),
    "activity_fund_per_member": ("amount", "higher", 150.0, 1, 0, "元/人"),
    "subsidy_arrival": ("ratio", "near", 1.0, 100, 1, "%"),
    "above_scale_instructor": ("proportion", "higher", 1.0, 100, 1, "%"),
    "instructor_load": ("rate", "lower", 3.0, 1, 1, "家/名"),
}


def frame(
    values: dict[str, list[float]],
    names: list[str] | None = None,
    period: str = "2025",
    base: float = 200.0,
) -> pd.DataFrame:
    """An indicators frame of one period; NaN leaves the row out."""
    from evalkit.stats import wilson

    names = names or NAMES[: len(next(iter(values.values())))]
    rows = []
    for code, column in values.items():
        kind, better, target, scale, decimals, unit = ABOUT[code]
        for n, (name, value) in enumerate(zip(names, column, strict=True)):
            if np.isnan(value):
                continue
            low, high = wilson(value * base, base) if kind == "proportion" else (np.nan, np.nan)
            rows.append(
                {
                    "area": f"演示省/{name}",
                    "area_name": name,
                    "period": period,
                    "level": "district",
                    "indicator": code,
                    "value": value,
                    "low": value,
                    "high": value,
                    "ci_low": low,
                    "ci_high": high,
                    "numerator": value * base,
                    "denominator": base,
                    "name": code,
                    "kind": kind,
                    "better": better,
                    "target": target,
                    "scale": scale,
                    "decimals": decimals,
                    "unit": unit,
                    "peer_group": "城区" if n % 2 else "县域",
                    "sort_order": n + 1,
                    "is_demo": True,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture
def values() -> dict[str, list[float]]:
    return {
        "single_setup": [0.40, 0.30, 0.20, 0.45, 0.10, 0.35, 0.38, 0.28],
        "org_coverage": [0.85, 0.68, 0.90, 0.51, 0.80, 0.77, 0.83, 0.60],
        "work_coverage": [1.00, 0.90, 0.95, 0.80, 0.99, 0.97, 0.85, 0.92],
        "activity_fund_per_member": [150, 75, 300, 120, 140, 160, 90, 130],
        "subsidy_arrival": [1.0, 0.8, 1.2, 0.5, 0.9, 1.0, 0.7, 0.6],
        "above_scale_instructor": [1.0, 0.5, 0.75, 0.6, 0.9, 0.8, 0.4, 0.7],
        "instructor_load": [3.0, 6.5, 2.0, 12.0, 4.0, 3.5, 5.0, 8.0],
    }


@pytest.fixture
def indicators(values) -> pd.DataFrame:
    return frame(values)


@pytest.fixture
def make():
    return frame
