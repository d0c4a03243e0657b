"""What the report prints for coverage, funds, instructors and standards comes out of the workbooks a second time.

`recomputed` reads the ledgers with pandas alone. It is compared with the net, which `test_golden` holds to be what the
report prints, in every form: page, Word, 附件 and Excel.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import golden_net as net
import pytest
import recomputed

HERE = Path(__file__).resolve().parent
RAW = HERE.parents[1] / "tests" / "data" / "three_counties" / "raw"
YEAR = 2025
STANDARDS = "2026年分区县支出"
TABLES = re.compile("^各区县(?!数据)|：各区县")
TARGETS = "2025年重点指标完成情况统计表"


Cells = dict[tuple[str, str, str], str]
Pairs = list[tuple[str, str]]  # a cell as it is printed, and as it is reckoned a second time


def cells_of(values: dict[tuple[Any, Any], str]) -> Cells:
    """Cells of the report: (title of the table, area or indicator, column without its unit) -> text without marks."""
    found: Cells = {}
    for (place, _form), value in values.items():
        document, table, row, column = place
        if document == "评估报告":
            plain = re.sub(r"（(?!元/人|含挂靠|乡镇|对上年)[^（）]*）| · 数值$", "", column)
            found[table, row, plain] = re.sub(r"^[●▲■] ", "", value).removesuffix("%")
    return found


@pytest.fixture(scope="module")
def cells() -> Cells:
    return cells_of(net.load(HERE / "three"))


def of_tables(cells: Cells) -> dict[tuple[str, str], str]:
    """The numbers of the tables of areas."""
    return {
        (row, column): value
        for (table, row, column), value in cells.items()
        if TABLES.search(table)
    }


def areas_twice(cells: Cells) -> Pairs:
    """The tables of areas."""
    printed = of_tables(cells)
    return [
        (printed.get(place, printed.get(_plain(place), "")).replace(",", ""), text.replace(",", ""))
        for place, text in recomputed.expected_cells(RAW, YEAR).items()
        if place in printed or _plain(place) in printed
    ]


def targets_twice(cells: Cells) -> Pairs:
    """Numerators, denominators and rates of the table of targets."""
    now, before = (recomputed.numbers_of(RAW, year)["合计"] for year in (YEAR, YEAR - 1))
    rates = {rate.name: rate for rate in recomputed.RATES}
    pairs = []
    for (table, name, column), text in cells.items():
        if table != TARGETS or name not in rates or column not in ("分子", "分母", "实际"):
            continue
        rate = rates[name]
        whole = (before if rate.whole_of_previous_year else now)[rate.whole]
        as_printed = recomputed.wan if text.endswith("万元") else recomputed.printed
        sides = {
            "分子": as_printed(now[rate.part]),
            "分母": as_printed(whole),
            "实际": rate.value(now, before),
        }
        number = re.match(r"[\d.,]+", text)
        pairs.append((number[0] if number else text, sides[column]))
    return pairs


def standards_twice(cells: Cells) -> Pairs:
    """What a higher standard costs, by area."""
    printed = {
        (row, column): value for (table, row, column), value in cells.items() if table == STANDARDS
    }
    return [
        (printed[place].replace(",", ""), text.replace(",", ""))
        for place, text in recomputed.standard_cells(RAW, YEAR, 150, 200).items()
    ]


def test_the_tables_of_areas_are_what_the_workbooks_give(cells: Cells) -> None:
    pairs = areas_twice(cells)
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    printed = of_tables(cells)
    wanted = recomputed.expected_cells(RAW, YEAR)
    compared = {place for place in wanted if place in printed or _plain(place) in printed}
    missed = {name for _area, name in wanted} - {name for _area, name in compared}
    assert not missed - PRINTED_ELSEWHERE
    assert len(pairs) > 200


# rates that stand in the table of targets only, compared below
PRINTED_ELSEWHERE = {
    "党员不足3名单位联合组建率",
    "50人以上企业有党员率",
    "100人以上企业有党组织率",
    "每个联合党组织覆盖单位数",
    "专职指导员占比",
    "党费返还率（对上年实缴）",
    "镇企配套比",
    "整转率",
    "活动到会率",
}


def _plain(place: tuple[str, str]) -> tuple[str, str]:
    area, name = place
    return area, {
        "人均党建经费": "人均党建经费（元/人）",
        "人均活动经费": "人均活动经费（元/人）",
    }.get(name, name)


def test_numerators_denominators_and_rates_of_the_targets(cells: Cells) -> None:
    pairs = targets_twice(cells)
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
    assert len(pairs) >= 45


def test_the_cost_of_a_higher_standard(cells: Cells) -> None:
    pairs = standards_twice(cells)
    assert pairs and [pair for pair in pairs if pair[0] != pair[1]] == []
