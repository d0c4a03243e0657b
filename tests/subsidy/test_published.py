"""Schedules that offices have published, asked as scenarios over the schemes of others; each sum reckoned by hand.

The organisations are the four of `orgs`: 3, 7, 120 and no members, of 3, 5, no and 1 star, the first one new this year.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from subsidy_cases import PER_MEMBER, PER_ORG, scheme_of

from evalkit.subsidy import load_reform, plan
from evalkit.subsidy.asking import answered
from evalkit.subsidy.result import Result

MEMBERS, ORGANISATIONS = 130, 4
BEFORE = MEMBERS * 150 + 3000 + 3000 + 20000 + 3000  # yuan a year as things stand
PUBLISHED = [
    # 济南 2018 (http://sd.ifeng.com/a/20180827/6836720_0.shtml): 300 a member, 2,000 once for a new organisation, the city pays
    (
        "{活动: 300, m.payer: 市10, 启动经费: 2000, start_up.payer: 市10, 组织: 0}",
        2026,
        MEMBERS * 300 + 2000 - BEFORE,
    ),
    # 贵阳高新区 2021 (贵阳日报, 高新区新十条): 8,000, 6,000 and 4,000 by grade, here by stars
    ("{星级奖补·五星级: 8000, 星级奖补·四星级: 6000, 星级奖补·三星级: 4000}", 2026, 8000 + 4000),
    # 成都 2015 (成组通〔2015〕49号): what a company's members pay comes back whole, in the year; 333.33 were paid in the last one known
    ("{党费返还: 100%, new_dues.lag: 当年返还}", 2027, 333),
    # 红河 2018 (操作规程 第十二章): paid in whole, back in the next year
    ("{党费返还: 100%, new_dues.lag: 次年返还}", 2027, 333),
    # 山东 2017 (新华社 2017-12-11): no less than 90,000, seen to every three years
    ("{组织·每个最低: {2026: 90000, 2029: 99000}}", 2026, ORGANISATIONS * 90000 - 29000),
    ("{组织·每个最低: {2026: 90000, 2029: 99000}}", 2029, ORGANISATIONS * 99000 - 29000),
    # 富阳 2016: no less than 150 a member, what is spent already counts (600 of 1,500; 30,000 of 18,000)
    ("{m.basis: 补差}", 2026, 1500 - 600 - MEMBERS * 150),
]


@pytest.fixture
def made(orgs: pd.DataFrame, funds: pd.DataFrame) -> Any:
    scheme = scheme_of({"m": PER_MEMBER, "o": PER_ORG})
    return plan(orgs, scheme, [2026, 2027, 2029], tables={"funds": funds})


def asked(made: Any, content: str, folder: Path) -> Any:
    path = folder / "方案.yml"
    path.write_text(content, encoding="utf-8")
    return answered(made, load_reform(path, made.scheme), Result)


@pytest.mark.parametrize(("changes", "year", "more"), PUBLISHED)
def test_a_published_schedule_costs_what_it_costs_by_hand(
    made: Any, changes: str, year: int, more: int, tmp_path: Path
) -> None:
    found = asked(made, f"question: 公布的标准\nchanges: {changes}\n", tmp_path)
    assert int(found.result.cost([], year)["change_fen"].iloc[0]) == more * 100


def test_a_published_sum_is_shared_out_whole(made: Any, tmp_path: Path) -> None:
    """A town's special fund of 1,000,000 (first size, 2020), by members, none below 2,000."""
    found = asked(made, "cap: 100万\nby: 党员数\nfloor: 2000\n", tmp_path)
    got = found.envelope.organisations.set_index("party_org")["amount_fen"]
    assert got.sum() == 100_000_000 and got["空支部"] == 2000_00
    for name, members in (("一支部", 3), ("联合支部", 7), ("委员会", 120)):
        assert abs(got[name] - 99_800_000 * members / MEMBERS) < 1
