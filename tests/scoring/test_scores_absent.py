"""An area that sent nothing, or too little, is listed: no score, rank or grade, nothing made up for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import county_holes as holes
import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from evalkit import charts
from evalkit.building import build
from evalkit.indicators import Data, load
from evalkit.reports.scoring import write_scores
from evalkit.scoring.scores import score

HOLE = f"{holes.CITY}/{holes.HOLE}"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Data:
    """The county is gone in 2025."""
    folder = tmp_path_factory.mktemp("gone")
    holes.county_gone(holes.copied(folder))
    holes.chosen(folder)
    build(folder)
    return load(folder)


def rows(data: Data, period: str = "2025") -> pd.DataFrame:
    return data.indicators.query("level == 'district' and period == @period")


def test_who_is_expected_and_absent_is_listed_without_a_score(data: Data) -> None:
    expected = data.expected("2025")
    assert expected["area_name"].tolist() == [*holes.KEPT, holes.HOLE]
    plain = score(rows(data), codebook=data.codebook)
    scores = score(rows(data), codebook=data.codebook, expected=expected)
    table = scores.table.set_index("area_name")
    assert table.loc[holes.HOLE, ["score", "grade", "rank", "known"]].isna().all()
    assert table.at[holes.HOLE, "losses"] == "缺报，不计分"
    assert table.at[holes.HOLE, "n_ranked"] == 2 and table.at[holes.HOLE, "n_imputed"] == 0
    pd.testing.assert_frame_equal(  # the others stand as without it
        table.loc[[*holes.KEPT], ["score", "rank"]],
        plain.table.set_index("area_name")[["score", "rank"]],
    )
    assert "临山县" in scores.block.content["notes"][-1]
    assert scores.unscored == ["临山县"]
    assert charts.lost_points(scores).content


@pytest.mark.parametrize("impute", ["mean", "median"])
def test_nothing_is_made_up_for_who_is_absent(data: Data, impute: str) -> None:
    index = {
        "items": None,
        "name": "两项",
        "impute": impute,
        "tree": {
            "org_coverage": {"points": 50, "full_at": 1},
            "empty_form_rate": {"points": 50, "full_at": 0, "zero_at": 1},
        },
    }
    del index["items"]
    scores = score(rows(data), index, data.codebook, expected=data.expected("2025"))
    at = scores.find(holes.HOLE)
    assert np.isnan(scores.x[at]).all() and not scores.filled[at].any()
    robust = scores.robustness(n=40, seed=7)
    assert not robust.ranked[:, at].any() and robust.ranked.max() == 2
    assert robust.ranks[["low", "high"]].iloc[at].isna().all()


def test_an_area_that_reports_too_little_is_not_filled_up() -> None:
    names = ["甲区", "乙区", "丙区"]
    frame = pd.DataFrame(
        [
            (f"某市/{area}", area, "2025", "district", code, value)
            for area, values in zip(names, [(0.9, 0.8), (0.7, 0.6), (0.5, None)], strict=True)
            for code, value in zip(("org_coverage", "work_coverage"), values, strict=True)
            if value is not None
        ],
        columns=["area", "area_name", "period", "level", "indicator", "value"],
    )
    index = {
        "name": "两项",
        "impute": "mean",
        "needs": 0.8,
        "tree": {
            "org_coverage": {"points": 50, "full_at": 1},
            "work_coverage": {"points": 50, "full_at": 1},
        },
    }
    scores = score(frame, index)
    assert np.isnan(scores.score[2]) and "50%" in scores.table["losses"].iloc[2]
    assert scores.table["n_imputed"].sum() == 0


def test_changes_only_between_scores(data: Data) -> None:
    scores = score(rows(data), codebook=data.codebook, expected=data.expected("2025"))
    moved = scores.changes(rows(data, "2024")).set_index("area_name")
    assert moved.at[holes.HOLE, "mainly"] == "本期没有得分，不比"
    assert np.isnan(moved.at[holes.HOLE, "change"]) and moved.at[holes.HOLE, "before"] > 0
    assert moved.loc[[*holes.KEPT], "change"].notna().all()


def test_the_command_names_who_is_absent(data: Data, tmp_path: Path) -> None:
    folder, notes = write_scores(None, scheme=None, project=data.project.root, out=tmp_path, n=40)
    assert notes[0] == "缺报，不计分：临山县"
    book = CalamineWorkbook.from_path(folder / "评分.xlsx")
    heads, *lines = book.get_sheet_by_name("得分").to_python()
    absent = dict(zip(heads, next(line for line in lines if "临山县" in line), strict=True))
    assert not any(absent[head] for head in ("得分", "位次", "等级"))
    assert absent["主要失分"] == "缺报，不计分"
    moved = [line for line in book.get_sheet_by_name("得分变动").to_python() if "临山县" in line]
    assert moved and 0 not in moved[0]
    shutil.rmtree(folder)
