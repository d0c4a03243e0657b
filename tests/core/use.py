"""What the small package does, used once: run by test_core.py where nothing else is there."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import warnings

import pandas as pd

import evalkit as ek
from evalkit.problems import InputError

ROOMS = ("world", "codebook", "stats", "indicators", "scoring", "subsidy")
AROUND = ("building", "charts", "documents", "effects", "ledgers", "pages", "reports", "runner")
UNITS = {"甲区": (200, 180), "乙区": (150, 120), "丙区": (90, 45), "丁区": (120, 100)}


def every_module() -> None:
    """Each module of the six rooms can be imported."""
    for room in ROOMS:
        package = importlib.import_module(f"evalkit.{room}")
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)


def indicators() -> pd.DataFrame:
    rows = [
        (f"某市/{area}", "2025", measure, value)
        for area, (all_units, covered) in UNITS.items()
        for measure, value in {"units": all_units, "units_covered": covered}.items()
    ]
    measures = pd.DataFrame(rows, columns=["area", "period", "measure", "value"])
    found = ek.evaluate(measures)
    assert found["value"].round(4).tolist() == [0.9, 0.8, 0.5, 0.8333]
    return found


def scores(frame: pd.DataFrame) -> None:
    index = {"tree": {"org_coverage": {"full_at": 0.9}}, "grades": [{"grade": "好", "from": 0}]}
    made = ek.score(frame, index)
    assert made.table["rank"].tolist() == [1, 3, 4, 2]
    assert "失11.11分" in str(made.lost("乙区").plain()) and "短板" in made.explain("丙区").plain()
    assert "加权算术平均" in made.method
    assert made.compare(made.reweigh({"org_coverage": 100})).spearman > 0.999
    assert made.changes(frame.assign(value=frame["value"] / 2))["change"].gt(0).all()
    robust = made.robustness(100, 7)
    again = made.robustness(100, 7)
    assert robust.ranks.equals(again.ranks) and len(robust.factors) == len(robust.vary) + 1
    made.robustness(20, 7, "data").rank_sets()


def plans() -> None:
    organisations = pd.DataFrame(
        {
            "area": ["某市/甲区", "某市/乙区"],
            "party_org": ["甲公司支部", "乙协会总支"],
            "org_kind": ["branch", "general_branch"],
            "members": [12, 40],
            "functional": False,
            "founded_in_period": False,
            "stars": 4,
            "period": "2025",
        }
    )
    plan = ek.plan(organisations, "jinan-2018", 2025)
    assert len(plan.run().cost("area"))


def what_stands_around_is_not_there() -> None:
    """None of the other rooms was needed; where one is asked for, that is said."""
    loaded = {name.split(".")[1] for name in sys.modules if name.startswith("evalkit.")}
    assert not loaded & set(AROUND), loaded & set(AROUND)
    made = ek.score(indicators(), {"tree": {"org_coverage": {"full_at": 0.9}}})
    assert list(made._repr_mimebundle_()) == ["text/plain"]
    try:
        _ = made.block
    except InputError as error:
        assert error.problems[0].code == "part_missing"
    else:
        raise AssertionError("a block without documents")


if __name__ == "__main__":
    warnings.simplefilter("error", RuntimeWarning)
    every_module()
    scores(indicators())
    plans()
    if "around" not in sys.argv:
        what_stands_around_is_not_there()
