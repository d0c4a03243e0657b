"""What the report prints for coverage, funds, instructors and standards comes out of the workbooks a second time.

`recomputed` reads the ledgers with pandas alone. It is compared with the net, which `test_golden` holds to be what the
report prints, in every form: page, Word, 附件 and Excel.
"""

from __future__ import annotations

import re
from pathlib import Path

import golden_net as net
import pytest
import recomputed

HERE = Path(__file__).resolve().parent
RAW = HERE.parents[1] / "tests" / "data" / "three_counties" / "raw"
YEAR = 2025
STANDARDS = "2026年分区县支出"
TABLES = re.compile("^各区县(?!数据)|：各区县")
TARGETS = "2025年重点指标完成情况统计表"


@pytest.fixture(scope="module")
def cells() -> dict[tuple[str, str, str], str]:
    """Cells of the report: (title of the table, area or indicator, column without its unit) -> text without marks."""
    found: dict[tuple[str, str, str], str] = {}
    for (place, _form), value in net.load(HERE / "three").items():
        document, table, row, column = place
        if document == "评估报告":
            plain = re.sub(r"（(?!元/人|含挂靠|乡镇|对上年)[^（）]*）| · 数值$", "", column)
            found[table, row, plain] = re.sub(r"^[●▲■] ", "", value).removesuffix("%")
    return found


def of_tables(cells: dict[tuple[str, str, str], str]) -> dict[tuple[str, str], str]:
    """The numbers of the tables of areas."""
    return {
        (row, column): value
        for (table, row, column), value in cells.items()
        if TABLES.search(table)
    }


def test_the_tables_of_areas_are_what_the_workbooks_give(cells) -> None:
    printed = of_tables(cells)
    wanted = recomputed.expected_cells(RAW, YEAR)
    compared = {
        place: text
        for place, text in wanted.items()
        if place in printed or _plain(place) in printed
    }
    wrong = {
        place: (text, printed.get(place, printed.get(_plain(place))))
        for place, text in compared.items()
        if text.replace(",", "")
        != str(printed.get(place, printed.get(_plain(place)))).replace(",", "")
    }
    assert not wrong
    missed = {name for _area, name in wanted} - {name for _area, name in compared}
    assert not missed - PRINTED_ELSEWHERE
    assert len(compared) > 200


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


def test_numerators_denominators_and_rates_of_the_targets(cells) -> None:
    now, before = (recomputed.numbers_of(RAW, year)["合计"] for year in (YEAR, YEAR - 1))
    rates = {rate.name: rate for rate in recomputed.RATES}
    compared = 0
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
        wanted = sides[column]
        assert re.match(r"[\d.,]+", text)[0] == wanted, (name, column)
        compared += 1
    assert compared >= 45


def test_the_cost_of_a_higher_standard(cells) -> None:
    wanted = recomputed.standard_cells(RAW, YEAR, 150, 200)
    printed = {
        (row, column): value for (table, row, column), value in cells.items() if table == STANDARDS
    }
    assert {place: printed[place].replace(",", "") for place in wanted} == {
        place: text.replace(",", "") for place, text in wanted.items()
    }
