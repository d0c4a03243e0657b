"""What evalkit.yml chooses is heard: small base, references, member base of money; every fault is told at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evalkit.building.sources import mapping_of
from evalkit.indicators import Project, compare, evaluate
from evalkit.problems import InputError

AREA = "省/县"


def project(folder: Path, **files: str) -> Project:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return Project(folder)


def indicators(found: Project, values: dict[tuple[str, str], float]) -> pd.DataFrame:
    rows = [
        {"area": AREA, "period": period, "level": "district", "measure": measure, "value": value}
        for (measure, period), value in values.items()
    ]
    return evaluate(pd.DataFrame(rows), codebook=found.codebook).set_index("indicator")


MONEY = {("funds", "2025"): 1200.0, ("members", "2024"): 10.0, ("members", "2025"): 30.0}


@pytest.mark.parametrize(
    ("base", "per_member", "said"),
    [
        ("prev_year_end", 120, "上年末党员"),
        ("year_end", 40, "年末党员"),
        ("mean", 60, "上年末与年末党员的平均"),
    ],
)
def test_the_member_base_of_money(base: str, per_member: float, said: str, tmp_path: Path) -> None:
    row = indicators(project(tmp_path, evalkit=f"member_base: {base}"), MONEY).loc[
        "fund_per_member"
    ]
    assert row["value"] == per_member and row["base"].startswith(said)


def test_a_mean_of_members_needs_both_years(tmp_path: Path) -> None:
    found = project(tmp_path, evalkit="member_base: mean")
    for gone in (("members", "2024"), ("members", "2025")):
        values = {key: value for key, value in MONEY.items() if key != gone}
        assert "fund_per_member" not in indicators(found, values).index


def test_from_how_many_employees_a_union_is_expected(tmp_path: Path) -> None:
    found = project(tmp_path, evalkit="union_employees: 50").codebook
    usual = Project(tmp_path / "other").codebook
    for code in ("units_25plus", "units_25plus_union", "units_25plus_youth"):
        assert "50人以上" in found.measures[code].name and "25人以上" in usual.measures[code].name
        assert found.measures[code].where["employees"] == ">= 50"
        assert str(found.measures[code].condition) != str(usual.measures[code].condition)
    assert found.indicators["union_rate"].name == "50人以上单位建会率"
    assert "50人以上" in found.indicators["youth_league_rate"].base
    assert found.hash() != usual.hash()  # a build counts again


def test_the_base_below_which_nobody_is_ranked(tmp_path: Path) -> None:
    values = {("units", "2025"): 12.0, ("units_covered", "2025"): 6.0}
    for text, ranked in (("", False), ("minimum_base: 10", True)):
        rows = indicators(project(tmp_path, evalkit=text), values).reset_index()
        seen = compare(rows, 2025).set_index("indicator")["ranked"]
        assert bool(seen["org_coverage"]) is ranked


def test_a_chosen_reference_is_the_target(tmp_path: Path) -> None:
    found = project(tmp_path, evalkit="references: {fund_per_member: jinan_2018}")
    row = indicators(found, MONEY).loc["fund_per_member"]
    assert (row["target"], row["target_name"]) == (300, "济南2018年标准")
    assert found.codebook.hash() != Project(tmp_path / "none").codebook.hash()


def test_every_fault_of_the_settings_at_once(tmp_path: Path) -> None:
    text = "nmae: 甲县\nfonts: window\nminimum_base: -1\narea: 甲\narea: 乙\n"
    with pytest.raises(InputError) as error:
        _ = project(tmp_path, evalkit=text).settings
    told = {p.where: (p.code, p.found, p.allowed, p.advice) for p in error.value.problems}
    assert told["nmae（第1行）"][0] == "key_unknown" and "name" in told["nmae（第1行）"][3]
    assert told["fonts（第2行）"][1:3] == ("window", "system、windows")
    assert told["minimum_base（第3行）"][1:3] == ("-1", "不小于0")
    assert told["area（第5行）"][0] == "key_duplicate" and len(told) == 4


def test_references_are_checked_against_the_codebook(tmp_path: Path) -> None:
    text = "references:\n  org_coverag: full\n  org_coverage: ful\n"
    with pytest.raises(InputError) as error:
        _ = project(tmp_path, evalkit=text).codebook
    first, second = error.value.problems
    assert "第2行" in first.where and "org_coverage" in first.advice
    assert "第3行" in second.where and second.found == "ful" and "full" in second.advice


def test_every_fault_of_a_mapping_at_once(tmp_path: Path) -> None:
    text = "甲: 单位名称\n乙: [1]\n丙: {a: 1}\n丁: 单位名\n戊: 忽略\n"
    with pytest.raises(InputError) as error:
        mapping_of(project(tmp_path, mapping=text))
    told = {p.where: p for p in error.value.problems}
    assert list(told) == ["乙（第2行）", "丙（第3行）", "丁（第4行）"]
    assert "单位名称" in told["丁（第4行）"].advice and all(p.allowed for p in told.values())
