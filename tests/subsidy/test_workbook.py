"""测算底稿 of random scenarios, recalculated by LibreOffice, equal to the plan to the fen: districts, payers, sums shared out."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, scheme_of
from test_oracle import YEARS, frames, reform, scheme
from test_outputs import ALWAYS, OFFICE, without_values
from test_questions import QUESTIONS

import evalkit as ek
from evalkit.problems import InputError
from evalkit.reports.plan_workbook import _moved, workbook
from evalkit.subsidy import load_reform, plan
from evalkit.subsidy.asking import answered
from evalkit.subsidy.envelope import Envelope, envelope
from evalkit.subsidy.result import Result
from evalkit.subsidy.simulation import Item
from evalkit.subsidy.words import lists

WAYS = ("members", "organisations", "stars", "units_covered", "need", "党员数70%+党组织数30%")


def invented(seed: int) -> tuple[Result, Envelope | None]:
    """A random scheme and reform, and in most of them a sum to share out."""
    rng = random.Random(seed)
    orgs, funds = frames(rng)
    declared = scheme(rng)
    for code, part in declared["components"].items():
        part["name"] = f"{part['name']}{code}"
    result = plan(orgs, declared, YEARS, tables={"funds": funds}).run(reform(rng, declared))
    total, floor = rng.randint(0, 40_000_00), rng.choice((0, 0, 300_00, 1234_56))
    most = rng.choice((None, None, 5000_00))
    try:
        shared = envelope(result, total, rng.choice(WAYS), floor, most=most)
    except InputError:  # the sum is below the floors, nobody has a star
        shared = None
    return result, shared


def all_recalculated(paths: list[Path], folder: Path) -> list[dict[str, pd.DataFrame]]:
    """The sheets of workbooks after LibreOffice has calculated every formula again, without headings."""
    if OFFICE is None:
        pytest.skip("没有安装 LibreOffice，底稿公式的复算跳过")
    profile = folder / "office" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")
    out = folder / "out"
    command = [
        OFFICE,
        f"-env:UserInstallation={(folder / 'office').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
        *map(str, paths),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=1800)
    return [
        pd.read_excel(out / path.name, sheet_name=None, header=None, engine="calamine")
        for path in paths
    ]


def fen(value: Any) -> int:
    return round(float(value) * 100)


def compare(result: Result, shared: Envelope | None, found: dict[str, pd.DataFrame]) -> None:
    told = ""
    for year in result.plan.years:
        areas = found[f"分地区{year}"]
        by_area = result.cost("area", year)
        for column, name in ((-3, "baseline_fen"), (-2, "amount_fen"), (-1, "change_fen")):
            got = [fen(one) for one in areas.iloc[1:-1, column]]
            assert got == by_area[name].tolist(), (year, name)
            assert fen(areas.iloc[-1, column]) == by_area[name].sum()
        named = {word: code for code, word in lists()["payer"].items()}
        codes = {part.name: code for code, part in result.scheme.components.items()}
        places = {name: n for n, name in enumerate(result.plan.source.names)}
        for row in found[f"分出资方{year}"].iloc[1:].itertuples(index=False, name=None):
            if row[0] == "合计":
                continue
            item = Item(codes[row[1]], named[row[2]])
            for money, cell in ((result.old[year], row[3]), (result.new[year], row[4])):
                wanted = int(money[item][places[row[0]]]) if item in money else 0
                assert fen(cell) == wanted, (year, row)
        change = int(by_area["change_fen"].sum())
        told += f"{'；' if told else result.plan.source.whole}{year}年{_moved(change)}"
    assert found["说明"].iloc[1, 0] == f"{told}。"
    if shared is not None:
        rows = found["总额分配"].iloc[12:, 19:23].dropna(subset=[19])
        got = {row[0]: fen(row[3]) for row in rows.itertuples(index=False, name=None)}
        assert got.pop("合计") == shared.given
        named = dict(zip(shared.areas["area_name"], shared.areas["amount_fen"], strict=True))
        assert got == {name: int(amount) for name, amount in named.items()}


def campaign(seeds: range, folder: Path) -> None:
    made = [invented(seed) for seed in seeds]
    paths = []
    for seed, (result, shared) in zip(seeds, made, strict=True):
        path = workbook(result, folder / f"带值{seed}.xlsx", shared)
        paths.append(without_values(path, folder / f"底稿{seed}.xlsx"))
    for seed, (result, shared), found in zip(
        seeds, made, all_recalculated(paths, folder), strict=True
    ):
        try:
            compare(result, shared, found)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_workbooks_of_random_scenarios(tmp_path: Path) -> None:
    campaign(range(3), tmp_path)


@pytest.mark.slow
def test_fifty_workbooks_of_random_scenarios(tmp_path: Path) -> None:
    campaign(range(100, 150), tmp_path)


def test_one_yellow_cell_a_standard_and_dated_value(orgs: pd.DataFrame, tmp_path: Path) -> None:
    """150 holds before and after, until 1 July; 200 from then on: two cells, whatever the years and sides."""
    made = plan(orgs, scheme_of({"m": PER_MEMBER, "o": PER_ORG}), [2026, 2027])
    path = workbook(made.run({"m.per_member": {"2026-07-01": 200}}), tmp_path / "底稿.xlsx")
    sheet = pd.read_excel(path, sheet_name="标准", engine="calamine")
    mine = sheet[sheet["项目"] == "活动·标准"]
    assert mine["标准（可改）"].tolist() == [150, 200]
    assert mine["用于"].tolist() == ["现行标准和调整后", "调整后"]
    assert mine["自何日起"].tolist() == ["全部时期", "2026-07-01"]
    assert len(sheet) == 2 + 3


def test_the_cached_values_are_those_of_the_plan(tmp_path: Path) -> None:
    """What does not calculate (a preview, a phone) shows the same numbers."""
    result, shared = next(one for seed in range(20) if (one := invented(seed))[1] is not None)
    path = workbook(result, tmp_path / "底稿.xlsx", shared)
    found = pd.read_excel(path, sheet_name=None, header=None, engine="calamine")
    compare(result, shared, found)
    assert np.isfinite(found["总额分配"].iloc[12:, 17].dropna().astype(float)).all()


@pytest.mark.slow
def test_all_ten_questions_in_the_workbook(counties: Path, tmp_path: Path) -> None:
    """What form, command line and file answer (`test_form`, `test_questions`) stands in the recalculated workbook too."""
    data = ek.load(counties)
    paths, answers = [], []
    for number, (_, declared) in enumerate(QUESTIONS):
        made = ek.plan(data, "fuyang-2015", [2025, 2026])
        reform = load_reform(declared, made.scheme)
        found = answered(made, reform, Result)
        assert isinstance(found.result, Result)
        answers.append((found.result, found.envelope))
        path = workbook(found.result, tmp_path / f"带值{number}.xlsx", found.envelope)
        paths.append(without_values(path, tmp_path / f"底稿{number}.xlsx"))
    for (result, shared), sheets in zip(answers, all_recalculated(paths, tmp_path), strict=True):
        compare(result, shared, sheets)
