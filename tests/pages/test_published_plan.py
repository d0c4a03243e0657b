"""The public 测算.html: made of published totals alone, equal to the plan where they tell everything, else with the reason."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "subsidy"))
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of  # noqa: E402

from evalkit.indicators.load import load  # noqa: E402
from evalkit.pages.calculator import calculator, public_calculator  # noqa: E402
from evalkit.pages.published_plan import published_plan  # noqa: E402
from evalkit.reports.disclosure import published  # noqa: E402
from evalkit.subsidy import plan  # noqa: E402
from evalkit.subsidy.serial import money  # noqa: E402

AREAS = ("甲区", "乙区", "丙县")
WITHHELD = "丙县"
KINDS = {"branch": "branches", "general_branch": "general_branches", "committee": "committees"}
MATCHING = {"name": "配套", "of": ["o"], "reading": "each_equals_district",
            "payers": ["fiscal_township", "enterprise"], "ratio": parameter(0.5, "倍")}  # fmt: skip


def organisations(members_withheld: int = 3, kind_withheld: str = "branch") -> pd.DataFrame:
    """Three areas; what is withheld of the third one can be anything."""
    rows = [("甲区", "一", "branch", 12), ("甲区", "二", "committee", 130), ("乙区", "三", "branch", 9),
            ("乙区", "四", "general_branch", 61), (WITHHELD, "五", kind_withheld, members_withheld)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["area", "party_org", "org_kind", "members"])
    return frame.assign(period="2026", functional=False)


def spending(withheld: int = 20_000) -> pd.DataFrame:
    rows = [("甲区", "一", 900_000), ("乙区", "三", 1_100_000), (WITHHELD, "五", withheld)]
    frame = pd.DataFrame(rows, columns=["area", "party_org", "amount_fen"])
    return frame.assign(period="2026", flow="spending", purpose="activity", source=None)


def measures(orgs: pd.DataFrame, withheld: tuple[str, ...] = ("members",)) -> pd.DataFrame:
    """What a report would publish of the organisations; some measures of the third area are withheld."""
    by_area = orgs.groupby("area")
    found = {"members": by_area["members"].sum(), "party_orgs": by_area.size()}
    for kind, code in KINDS.items():
        found[code] = orgs[orgs["org_kind"] == kind].groupby("area").size()
    found["activity_funds"] = spending().groupby("area")["amount_fen"].sum() / 100
    table = pd.DataFrame(found).reindex(list(AREAS)).fillna(0.0)
    tall = table.rename_axis("area").reset_index().melt("area", var_name="measure")
    hidden = tall["measure"].isin(withheld) & (tall["area"] == WITHHELD)
    return tall.assign(period="2026", value=tall["value"].mask(hidden))


def scheme(**components: Mapping[str, Any]) -> dict[str, Any]:
    return scheme_of(components or {"o": PER_ORG, "m": PER_MEMBER, "k": MATCHING})


def test_where_totals_tell_everything_the_public_page_says_what_the_plan_says() -> None:
    orgs = organisations()
    made = plan(orgs, scheme(), [2026, 2027])
    found = published_plan(made, measures(orgs))
    assert not found.absent and found.data["public"]
    changes = {"o.branch": {"2026-07-01": 3333}, "m.per_member": 200, "k.ratio": 1.5}
    result = made.run(changes)
    values = changes | {"o.branch": {"2015-01-01": 3000, "2026-07-01": 3333}}
    for year in made.years:
        told = money(found.data, values, year)
        for item, fen in result.new[year].items():
            mine = told[item.component][item.payer]
            wanted = [int(one) for one in fen]
            assert mine[:2] == wanted[:2], (item, year)
            assert mine[2] == (0 if item.component == "m" else wanted[2])
    assert found.data["cells"]["2026"]["m"]["known"] == [True, True, False]


def test_what_is_withheld_changes_no_byte_of_the_page() -> None:
    """Whatever the third area really has of what is not published, the page is the same: so nothing of it can be derived."""
    withheld = ("members", "activity_funds", *KINDS.values())
    top_up = PER_MEMBER | {"basis": "top_up", "purpose": "activity"}
    pages = set()
    for members, kind, spent in (
        (3, "branch", 20_000),
        (4000, "committee", 1),
        (1, "general_branch", 0),
    ):
        orgs = organisations(members, kind)
        made = plan(
            orgs, scheme(o=PER_ORG, m=top_up, k=MATCHING), [2026], tables={"funds": spending(spent)}
        )
        pages.add(public_calculator(made, measures(orgs, withheld)))
    assert len(pages) == 1
    (page,) = pages
    internal = calculator(made)
    assert "profiles" in internal and '"profiles"' not in page


@pytest.mark.parametrize(
    ("component", "why"),
    [
        (PER_MEMBER | {"floor": parameter(300)}, "bounds"),
        (PER_MEMBER | {"base": parameter(300)}, "bounds"),
        (PER_MEMBER | {"guarantee": 1}, "before"),
        (PER_MEMBER | {"basis": "top_up", "purpose": "start_up"}, "spent"),
        (PER_ORG | {"eligible": {"members": ">= 50"}}, "differs"),
        (PER_MEMBER | {"by": "members", "marginal": True, "a": parameter(9, **{"from": 0})}, "bounds"),
        ({"name": "职工", "per": "employee", "payer": "fiscal_district", "each": parameter(20)}, "no_measure"),
    ],
)  # fmt: skip
def test_what_does_not_follow_from_totals_is_named_with_its_reason(
    component: dict[str, Any], why: str
) -> None:
    orgs = organisations().assign(employees=30)
    component = {
        key: one
        for key, one in component.items()
        if not (component.get("marginal") and key == "per_member")
    }
    made = plan(orgs, scheme(o=PER_ORG, x=component), [2026], tables={"funds": spending()})
    found = published_plan(made, measures(orgs))
    assert set(found.absent.values()) == {why} and all(
        path.startswith("x.") for path in found.absent
    )
    page = public_calculator(made, measures(orgs))
    assert f'data-say="reason.{why}"' in page
    assert '"x.' not in page and '"x"' not in page


def test_a_matching_goes_with_what_it_matches() -> None:
    orgs = organisations()
    bounded = PER_ORG | {"eligible": {"members": ">= 50"}}
    made = plan(orgs, scheme(o=bounded, k=MATCHING), [2026])
    assert set(published_plan(made, measures(orgs)).absent.values()) == {"differs", "rests"}
    both = MATCHING | {"of": ["o", "m"]}
    made = plan(orgs, scheme(o=PER_ORG, m=PER_MEMBER, k=both), [2026])
    assert published_plan(made, measures(orgs)).absent == {"k.ratio": "matching"}


def test_where_all_totals_are_withheld_nothing_is_offered() -> None:
    orgs = organisations()
    shown = measures(orgs)
    shown.loc[shown["measure"] == "members", "value"] = None
    made = plan(orgs, scheme(m=PER_MEMBER), [2026])
    assert published_plan(made, shown).absent == {"m.per_member": "withheld"}
    assert "组织" in public_calculator(made, shown)  # a page without a standard still says why


def test_no_unit_and_no_organisation_of_the_ledgers_is_in_either_page(demo_project: Path) -> None:
    data = load(demo_project)
    years = [int(str(period)[:4]) for period in data.periods][-1:]
    made = plan(data, "fuyang-2015", years)
    names: set[str] = set()
    for table, columns in (
        ("units", ("unit", "unit_name")),
        ("party_organisations", ("party_org", "name")),
    ):
        frame = data.frame(table)
        for column in columns:
            if column in frame:
                names |= set(frame[column].dropna().astype(str))
    names = {name for name in names if len(name) >= 4}
    assert len(names) > 50
    for page in (calculator(made), public_calculator(made, published(data).measures)):
        found = re.compile("|".join(map(re.escape, sorted(names)))).findall(page)
        assert not found
    assert "内部资料" in calculator(made)
