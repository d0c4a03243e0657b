"""Invented frames of indicators and measures for the figures; the bundled font, so that bytes are equal everywhere."""

import numpy as np
import pandas as pd
import pytest

# code: name, English name, dimension, kind, better, target, scale, unit, decimals, base
SPECS = {
    "org_coverage": (
        "党的组织覆盖率",
        "Organisation coverage",
        "coverage",
        "proportion",
        "higher",
        None,
        100,
        "%",
        1,
        "实体运营的法人单位",
    ),
    "fund_per_member": (
        "人均党建经费",
        "Funds per member",
        "funding",
        "amount",
        "higher",
        300,
        1,
        "元/人",
        1,
        "上年末党员",
    ),
    "units_per_instructor": (
        "每名指导员联系单位数",
        "Units per instructor",
        "instructors",
        "rate",
        "lower",
        None,
        1,
        "家/名",
        1,
        "指导员",
    ),
    "instructor_share": (
        "规上单位有指导员的比例",
        "Above-scale units with an instructor",
        "instructors",
        "proportion",
        "higher",
        1,
        100,
        "%",
        1,
        "规上单位",
    ),
}


@pytest.fixture(autouse=True)
def bundled_font(monkeypatch):
    monkeypatch.setenv("EVALKIT_FONTS", "bundled")


@pytest.fixture
def frame():
    def make(
        n: int = 24, periods=("2023", "2024", "2025"), gaps: bool = True, seed: int = 3
    ) -> pd.DataFrame:
        rng = np.random.default_rng([seed, *b"charts"])
        rows = []
        for i in range(n):
            effect = rng.normal(0, 0.06)
            for j, period in enumerate(periods):
                for code, (
                    name,
                    en,
                    dimension,
                    kind,
                    better,
                    target,
                    scale,
                    unit,
                    decimals,
                    base,
                ) in SPECS.items():
                    below = 12 if gaps and i == 4 else int(rng.integers(40, 2000))
                    level = {
                        "proportion": 0.75 + effect,
                        "amount": 240 + 900 * effect,
                        "rate": 3 + 8 * effect,
                    }[kind]
                    value = (
                        min(0.99, max(0.1, level + 0.03 * j))
                        if kind == "proportion"
                        else level * (1 + 0.05 * j)
                    )
                    value = (
                        np.nan if gaps and i == n - 1 and n > 1 and period == periods[-1] else value
                    )
                    wide = 0.03 if gaps and i % 7 == 3 else 0
                    rows.append(
                        {
                            "area": f"演示省/演示{i + 1:02d}区",
                            "period": period,
                            "level": "district",
                            "indicator": code,
                            "value": value,
                            "low": value * (1 - wide),
                            "high": value * (1 + wide),
                            "numerator": value * below,
                            "denominator": float(below),
                            "n_missing": 0,
                            "base": base,
                            "name": name,
                            "name_en": en,
                            "dimension": dimension,
                            "kind": kind,
                            "better": better,
                            "target": np.nan if target is None else target,
                            "target_name": "",
                            "scale": float(scale),
                            "unit": unit,
                            "decimals": decimals,
                            "area_name": f"演示{i + 1:02d}区",
                            "peer_group": "AB"[i % 2],
                            "sort_order": i,
                            "is_demo": True,
                        }
                    )
        return pd.DataFrame(rows).convert_dtypes(dtype_backend="numpy_nullable")

    return make


@pytest.fixture
def now(frame):
    return lambda n=24, **more: frame(n, **more).query("period == '2025'")
