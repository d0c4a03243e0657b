"""A small district whose measures can be counted by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from evalkit.codebook import load_codebook

sys.path.insert(0, str(Path(__file__).parent))

AREA = "甲省/乙县"
TOWN = "甲省/乙县/丙镇"


def rows(records, **common):
    frame = pd.DataFrame([common | r for r in records])
    frame["source_file"], frame["source_sheet"] = "乙县.xlsx", "表"
    frame["source_row"] = range(4, 4 + len(frame))
    return frame


def unit(name, **more):
    base = {
        "unit": name,
        "unit_name": name,
        "sector": "enterprise",
        "kind": "法人企业",
        "legal_person": True,
        "status": "operating",
        "employees": 10,
        "full_members": 0,
        "members": 0,
        "above_scale": False,
        "has_instructor": False,
    }
    base |= more
    for column in ("employees", "full_members", "members"):
        for end in ("low", "high"):
            base.setdefault(f"{column}_{end}", base[column])
    return base


@pytest.fixture(scope="session")
def codebook():
    return load_codebook()


@pytest.fixture(scope="session")
def small():
    """Seven units: two single, one joint branch over two, one functional only, one cancelled, one without anything."""
    units = rows(
        [
            unit(
                "甲",
                employees=120,
                full_members=5,
                members=6,
                above_scale=True,
                has_instructor=True,
            ),
            unit(
                "乙", employees=60, employees_low=50, employees_high=69, full_members=3, members=3
            ),
            unit("丙", full_members=1, members=1),
            unit("丁", full_members=2, members=2),
            unit("戊", above_scale=True, mass_organisation="工会"),
            unit("己", status="cancelled", full_members=4, members=4),
            unit("庚", employees=None, employees_low=None, employees_high=None),
            unit("个体", kind="个体工商户", legal_person=False),
        ],
        area=TOWN,
        period="2025",
    )
    covers = rows(
        [
            {"unit": "甲", "party_org": "甲党委", "mode": "single"},
            {"unit": "甲", "party_org": "甲一支部", "mode": "single"},
            {"unit": "乙", "party_org": "乙支部", "mode": "single"},
            {"unit": "丙", "party_org": "联合支部", "mode": "joint"},
            {"unit": "丁", "party_org": "联合支部", "mode": "attached"},
            {"unit": "戊", "party_org": "工作支部", "mode": "functional"},
        ],
        area=TOWN,
        period="2025",
    )
    orgs = rows(
        [
            {
                "party_org": "甲党委",
                "org_kind": "committee",
                "members": 6,
                "founded_on": "2010-07-01",
            },
            {
                "party_org": "甲一支部",
                "org_kind": "branch",
                "members": 6,
                "parent": "甲党委",
                "founded_on": "2010-07-01",
            },
            {"party_org": "乙支部", "org_kind": "branch", "members": 3, "founded_on": "2025-04-10"},
            {
                "party_org": "联合支部",
                "org_kind": "branch",
                "members": 3,
                "founded_on": "2019-01-01",
            },
            {
                "party_org": "工作支部",
                "org_kind": "branch",
                "functional": True,
                "members": 9,
                "founded_on": "2020-01-01",
            },
            {
                "party_org": "旧支部",
                "org_kind": "branch",
                "members": 5,
                "founded_on": "2001-01-01",
                "ended_on": "2025-06-30",
            },
        ],
        area=AREA,
        period="2025",
    ).assign(members_low=lambda f: f["members"], members_high=lambda f: f["members"])
    funds = rows(
        [
            {
                "party_org": "甲党委",
                "flow": "income",
                "source": "fiscal_district",
                "amount_fen": 2_000_000,
            },
            {
                "party_org": "甲党委",
                "flow": "income",
                "source": "enterprise",
                "amount_fen": 700_000,
                "amount_fen_low": 650_000,
                "amount_fen_high": 700_000,
            },
            {"party_org": "乙支部", "flow": "income", "source": "donation", "amount_fen": None},
            {
                "party_org": "乙支部",
                "flow": "spending",
                "purpose": "activity",
                "amount_fen": 45_000,
            },
            {"party_org": "乙支部", "flow": "dues_paid", "amount_fen": 12_000},
        ],
        area=AREA,
        period="2025",
    )
    for end in ("low", "high"):
        funds[f"amount_fen_{end}"] = funds[f"amount_fen_{end}"].fillna(funds["amount_fen"])
    activities = rows(
        [
            {"party_org": "乙支部", "month": 5, "kind": "主题党日", "due": 3, "present": 3},
            {"party_org": "乙支部", "month": 5, "kind": "主题党日", "due": 3, "present": 2},
            {"party_org": "联合支部", "month": 7, "kind": "三会一课", "due": 3, "present": 1},
        ],
        area=AREA,
        period="2025",
    )
    for column in ("due", "present"):
        activities[f"{column}_low"] = activities[f"{column}_high"] = activities[column]
    stars = rows(
        [
            {"party_org": "甲一支部", "stars": 4, "stars_previous": 3},
            {"party_org": "联合支部", "stars": 2, "stars_previous": 2, "rectification": True},
            {"party_org": "乙支部", "stars": None},
        ],
        area=AREA,
        period="2025",
    )
    counts = rows(
        [{"level": "区县", "count": 2, "units_served": 5, "full_time": True}],
        area=AREA,
        period="2025",
    )
    for column in ("count", "units_served"):
        counts[f"{column}_low"] = counts[f"{column}_high"] = counts[column]
    figures = rows(
        [{"measure": "admissions", "value": 12.0}, {"measure": "quota", "value": 10.0}],
        area=AREA,
        period="2025",
    )
    return {
        "units": units,
        "covers": covers,
        "party_organisations": orgs,
        "funds": funds,
        "activities": activities,
        "stars": stars,
        "instructor_counts": counts,
        "figures": figures,
    }


@pytest.fixture(scope="session")
def measured(small, codebook):
    from evalkit.indicators.areas import build_areas
    from evalkit.indicators.blocks import with_home
    from evalkit.indicators.measures import all_measures
    from evalkit.indicators.store import TABLES, schema, to_arrow

    tables = {
        name: with_home(to_arrow(small.get(name, pd.DataFrame()), schema(codebook, name)))
        for name in TABLES
    }
    return all_measures(tables, small["figures"], build_areas([TOWN, AREA]), ["2025"], codebook)
