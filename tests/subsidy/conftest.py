"""Small invented districts whose every payment can be reckoned by hand; `subsidy_cases` is shared by the folder."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from county_holes import copied

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def orgs() -> pd.DataFrame:
    """Two districts: branches of 3 and 7 members (the second joint over five units), a committee of 120, a branch without members."""
    rows = [
        ("甲区", "一支部", "branch", 3, 1, False),
        ("甲区", "联合支部", "branch", 7, 5, True),
        ("乙区", "委员会", "committee", 120, 1, False),
        ("乙区", "空支部", "branch", 0, 1, False),
    ]
    frame = pd.DataFrame(
        rows, columns=["area", "party_org", "org_kind", "members", "units_covered", "joint"]
    )
    return frame.assign(
        period="2026",
        stars=pd.array([3, 5, None, 1], dtype="Int64"),
        founded_in_period=[True, False, False, False],
        functional=[False, False, False, False],
        level="district",
        employees=[20, 300, 900, 5],
    )


@pytest.fixture
def funds() -> pd.DataFrame:
    rows = [
        ("甲区", "一支部", "spending", None, "activity", 100_00),
        ("甲区", "联合支部", "spending", None, "activity", 500_00),
        ("乙区", "委员会", "spending", None, "activity", 30_000_00),
        ("甲区", "一支部", "income", "fiscal_township", None, 800_00),
        ("乙区", "委员会", "income", "fiscal_township", None, 1_500_00),
        ("甲区", "一支部", "dues_paid", None, None, 333_33),
    ]
    frame = pd.DataFrame(
        rows, columns=["area", "party_org", "flow", "source", "purpose", "amount_fen"]
    )
    return frame.assign(period="2026")


@pytest.fixture(scope="package")
def counties(tmp_path_factory) -> Path:
    """The three counties of the tests, built; read them, do not write into them."""
    root = tmp_path_factory.mktemp("counties")
    copied(root)
    return root
