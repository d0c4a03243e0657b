"""A name stays as it is, whatever word of ours it ends with: 喀什地区 is no 喀什区县."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.documents import Block
from evalkit.reports.sentences import DISTRICTS, placed

PATHS = (
    (Path(__file__).parents[1] / "data/places/counties.txt")
    .read_text(encoding="utf-8")
    .splitlines()
)
NAMES = sorted({name for path in PATHS if not path.startswith("#") for name in path.split("/")})


@pytest.mark.parametrize("place", ["市州", "区县", "乡镇街道"])
def test_no_name_of_a_prefecture_or_county_is_rewritten(place: str) -> None:
    assert len(NAMES) > 2_800 and "喀什地区" in NAMES
    for name in [*NAMES, "某地区", "甲区县"]:
        for title in (f"{name}2025年指标情况", f"最低的是{name}（75.0%）", f"{name}"):
            assert placed(Block.heading(title, 2), place, DISTRICTS).content["text"] == title
