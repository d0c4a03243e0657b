"""Who sent nothing is no 0 in a panel, and is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import county_holes as holes
import pytest
import xlsxwriter

import evalkit as ek
from evalkit.building import build
from evalkit.indicators import Data, load

HOLE = f"{holes.CITY}/{holes.HOLE}"
POLICY = "试点"


def made(folder: Path, hole: Callable[[Path], object]) -> Data:
    raw = holes.copied(folder)
    hole(raw)
    book = xlsxwriter.Workbook(raw / "政策.xlsx")
    sheet = book.add_worksheet("政策")
    sheet.write_row(0, 0, ["地区", "政策", "开始时期", "数值"])
    sheet.write_row(1, 0, [f"{holes.CITY}/新泽区", POLICY, "2025", 1])
    book.close()
    build(folder)
    return load(folder)


def told(panel: ek.effects.Panel) -> str:
    return "；".join(panel.notes)


def test_a_county_that_is_gone_leaves_a_gap(tmp_path: Path) -> None:
    panel = ek.panel(made(tmp_path, holes.county_gone), "org_coverage", POLICY)
    gone = panel.frame.query("entity == @HOLE and period == '2025'")
    assert not len(gone.dropna(subset="org_coverage")) and not panel.balanced
    assert panel.attrition["never"] == pytest.approx(0.5)
    assert "应报而没有数据、不参加估计：临山县2025" in told(panel)
    assert any("临山县2025" in line for line in panel.report.content["notes"])


@pytest.mark.parametrize("entity", ["area", "party_org"])
def test_a_ledger_that_is_gone_makes_no_zero(tmp_path: Path, entity: str) -> None:
    data = made(tmp_path, lambda raw: holes.ledger_gone(raw, "活动台账"))
    outcome = "orgs_idle"
    panel = ek.panel(data, outcome, POLICY, entity=entity)
    here = panel.frame["entity"].str.startswith(HOLE)
    rows = panel.frame.loc[here & (panel.frame["period"] == "2025"), outcome]
    assert rows.isna().all()
    assert panel.frame.loc[here & (panel.frame["period"] == "2024"), outcome].notna().all()
    assert "临山县2025" in told(panel)
    complete = ek.panel(made(tmp_path / "b", lambda raw: None), outcome, POLICY, entity=entity)
    assert "应报而没有数据" not in told(complete)
