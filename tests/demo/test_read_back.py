"""The reader of ledgers finds in the demonstration what truth.json says, and complains of what was planted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evalkit import demo
from evalkit.ledgers import Ledger, read_ledger

FORMAL = ["single", "joint", "attached"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("demo")
    demo.write(
        out, quick=True, seed=9
    )  # a seed with a committee whose name has full-width brackets
    return out, json.loads((out / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ledgers(quick: tuple[Path, dict[str, Any]]) -> dict[str, Ledger]:
    return {
        area: read_ledger(quick[0] / "2025" / f"{area.split('/')[1]}.xlsx")
        for area in quick[1]["totals"]
    }


def read_totals(tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    units, orgs, funds = tables["units"], tables["party_organisations"], tables["funds"]
    base = units[(units["status"] == "operating") & units["legal_person"]]
    modes = tables["covers"].groupby("unit")["mode"].agg(set)
    best = base["unit"].map(
        lambda u: next((m for m in [*FORMAL, "functional"] if m in modes.get(u, ())), None)
    )
    orgs = orgs[orgs["ended_on"].isna()]
    formal = orgs[~orgs["functional"]]
    leaves = formal[~formal["party_org"].isin(formal["parent"].dropna())]
    income = funds[funds["flow"] == "income"]
    by_source = income.groupby("source")["amount_fen"].sum() / 100
    active = tables["instructor_counts"]
    return {
        "units_listed": len(units),
        "units": len(base),
        "units_covered": best.isin(FORMAL).sum(),
        "units_single": (best == "single").sum(),
        "units_joint": best.isin(["joint", "attached"]).sum(),
        "units_functional": (best == "functional").sum(),
        "units_due": (base["full_members"] >= 3).sum(),
        "units_above_scale": base["above_scale"].sum(),
        "units_instructed": base["has_instructor"].sum(),
        "employees": base["employees"].sum(),
        "floating_members": base["floating_members"].sum(),
        "party_orgs": len(formal),
        "members": leaves["members"].sum(),
        "working_branches_converted": orgs["converted_on"].notna().sum(),
        "funds": income["amount_fen"].sum() / 100,
        "funds_fiscal_district": by_source["fiscal_district"],
        "subsidy_paid": by_source["fiscal_district"],
        "funds_dues_return": by_source["dues_return"],
        "funds_enterprise": by_source["enterprise"],
        "dues_paid": funds.loc[funds["flow"] == "dues_paid", "amount_fen"].sum() / 100,
        "activity_funds": funds.loc[funds["purpose"] == "activity", "amount_fen"].sum() / 100,
        "start_up_funds": funds.loc[funds["purpose"] == "start_up", "amount_fen"].sum() / 100,
        "instructors": active["count"].sum(),
        "instructors_full_time": active.loc[active["full_time"], "count"].sum(),
        "units_served": active["units_served"].sum(),
        "activities": len(tables["activities"]),
        "attendances": tables["activities"]["present"].sum(),
        "stars_total": tables["stars"]["stars"].sum(),
        "orgs_rated": tables["stars"]["stars"].notna().sum(),
        "visits": tables["visits"]["count"].sum(),
    }


def test_read_tables_add_up_to_the_truth(
    quick: tuple[Path, Any], ledgers: dict[str, Ledger]
) -> None:
    for area, ledger in ledgers.items():
        true = quick[1]["totals"][area]["2025"]
        found = read_totals(ledger.tables)
        wrong = {
            code: (float(x), true[code])
            for code, x in found.items()
            if float(x) != pytest.approx(true[code], abs=0.005)
        }
        assert not wrong, (area, wrong)
        figures = ledger.tables["figures"]
        assert sorted(figures["value"]) == sorted(true["figures"].values())


def test_area_and_period_are_found(ledgers: dict[str, Ledger]) -> None:
    for area, ledger in ledgers.items():
        units = ledger.tables["units"]
        assert units["area"].str.startswith(f"{area}/").all() and units["area"].nunique() == 8
        assert set(ledger.tables["funds"]["period"]) == {"2025"}


def test_only_what_was_planted_is_complained_of(
    quick: tuple[Path, Any], ledgers: dict[str, Ledger]
) -> None:
    planted = Counter((o["area"], o["kind"]) for o in quick[1]["oddities"] if o["period"] == "2025")
    code = {
        "approximate": "value_approximate",
        "duplicate": "row_duplicate",
        "ten_thousands": "unit_mismatch",
    }
    for area, ledger in ledgers.items():
        found = Counter(p.code for p in ledger.problems)
        for kind, problem in code.items():
            assert found[problem] == planted[area, kind], (area, kind)
        assert found["total_differs"] == planted[area, "wrong_subtotal"], area
        assert not [
            p for p in ledger.problems if p.severity == "error" and p.code != "total_differs"
        ]
        assert not {
            "personal_data",
            "heading_unknown",
            "organisation_unknown",
            "area_conflict",
            "value_unreadable",
        } & set(found)


def test_policies_and_areas_are_read(quick: tuple[Path, Any]) -> None:
    out, truth = quick
    policies = read_ledger(out / "政策.xlsx").tables["policies"]
    assert (
        dict(zip(policies["area"], policies["start_period"].astype(str), strict=True))
        == truth["reform"]["start"]
    )
    areas = read_ledger(out / "areas.xlsx").tables["areas"]
    assert len(areas) == 1 + 6 + 6 * 8 and set(areas["level"]) == {
        "province",
        "district",
        "township",
        "park",
    }
