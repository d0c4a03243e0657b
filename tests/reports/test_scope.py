"""What a report is about is one value; its facts are collected once."""

from __future__ import annotations

from pathlib import Path

import evalkit as ek
from evalkit.reports.scope import Scope


def test_facts_are_collected_once_and_not_in_the_data(demo_project: Path) -> None:
    data = ek.load(demo_project, periods=["2024", "2025"])
    scope = Scope.about(data, 2025, 2024, ranking="bands")
    again = Scope.about(data, "2025", "2024", level="township")
    assert scope.facts is again.facts
    assert not any(name.startswith("_facts") for name in data.__dict__)
    fact = scope.facts.measure("units")
    assert fact is not None and (fact.area, fact.unit) == (scope.facts.area, "家")
    assert fact.extent is not None and fact.extent.full


def test_a_scope_gives_what_notebooks_ask_for(demo_project: Path) -> None:
    data = ek.load(demo_project, periods=["2024", "2025"])
    scope = Scope.about(data, 2025, 2024)
    assert scope.areas == ek.annual.areas_of(data, "2025")
    assert scope.rows.equals(ek.annual.rows_of(data, scope.areas, "district"))
    assert (scope.place, scope.since, scope.compares) == ("区县", "上年", True)
    assert scope.parameters() == {
        "period": "2025",
        "baseline": "2024",
        "level": "district",
        "within": None,
        "ranking": "full",
        "publish": False,
    }
    one = scope.of(scope.areas[0])
    assert one.facts.area == scope.areas[0].rpartition("/")[2]
    assert not Scope.about(data, 2024, 2023).compares
