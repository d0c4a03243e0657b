"""Every sentence over a grid of outcomes, as it is read: `sentences.txt` is the golden file.

EVALKIT_SENTENCES=write python -m pytest tests/subsidy/test_sentences.py     # after a change that is meant; read it
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from subsidy_cases import PER_MEMBER, PER_ORG, parameter, scheme_of

from evalkit.problems import InputError
from evalkit.subsidy import plan
from evalkit.subsidy.ask import Ask
from evalkit.subsidy.asking import answered
from evalkit.subsidy.result import Result

GOLDEN = Path(__file__).with_name("sentences.txt")
ACTIVITY = PER_MEMBER | {
    "name": "党员活动经费",
    "per_member": parameter(150) | {"label": "每名党员", "range": [0, 1000]},
}
ORGANISATION = {
    **PER_ORG,
    "name": "党组织补助",
    "branch": parameter(3000, "元/个·年") | {"label": "党支部"},
    "general_branch": parameter(10000, "元/个·年") | {"label": "党总支"},
    "committee": parameter(20000, "元/个·年") | {"label": "党委"},
}
STARS = {
    "name": "星级奖补",
    "per": "party_org",
    "by": "stars",
    "ordered": False,
    "payer": "fiscal_city",
    "3": parameter(2000, "元/个·年") | {"label": "三星级"},
    "5": parameter(5000, "元/个·年") | {"label": "五星级"},
}
ITEM = "m.per_member"


@dataclass(frozen=True)
class Case:
    """A scheme over the districts of the tests, what is changed and asked, in which years."""

    changes: dict[str, Any] = field(default_factory=dict)
    years: tuple[int, ...] = (2026,)
    parts: tuple[str, ...] = ("o", "m")
    ask: dict[str, str] = field(default_factory=dict)
    absent: bool = False  # 丙区 has sent no ledger of funds
    top_up: bool = False
    spent: int = 0  # yuan a member, everywhere
    within: str = ""


HALF = {ITEM: {"2026-07-01": 200}}
CASES: dict[str, Case] = {
    "什么也不调": Case(),
    "什么也不调，两年": Case(years=(2026, 2027)),
    "调到现行的数": Case({ITEM: 150}),
    "人人都增加": Case({ITEM: 200}),
    "年中起，两年": Case(HALF, (2026, 2027)),
    "年中起，只算一年": Case(HALF),
    "第二年才起": Case({ITEM: {"2027-01-01": 200}}, (2026, 2027)),
    "三年分步": Case({ITEM: "2026:170，2027:190，2028:210"}, (2026, 2027, 2028)),
    "只有一个地区增加": Case({"o.committee": 25000}),
    "减少": Case({ITEM: 100}),
    "有增有减": Case({ITEM: 200, "o.committee": 10000}),
    "增减相抵": Case({ITEM: 200, "o.committee": 20000 - 6500}),
    "取消": Case({"o": 0}),
    "全部已达标": Case({ITEM: 200}, top_up=True, spent=500),
    "补差": Case({ITEM: 200}, top_up=True, spent=160),
    "缺一个地区": Case({ITEM: 200}, top_up=True, spent=160, absent=True),
    "缺报地区，不涉及": Case({"o.branch": 3500}, top_up=True, spent=160, absent=True),
    "测算年份之后": Case({ITEM: {"2031-07-01": 200}}, (2026, 2027)),
    "测算年份之前": Case({ITEM: {"2020-01-01": 200}}),
    "没有这一档": Case({"s.5": 6000}, parts=("s",)),
    "只发给三星以上": Case({"eligible.stars": ">= 3"}),
    "谁也不符合": Case({"eligible.members": "> 500"}),
    "市县分担": Case({ITEM: 200, "added": "3:3:4"}),
    "换出资方": Case({"m.payer": "市3县7"}),
    "新增一项": Case({"启动经费": 5000}),
    "只算一个地区": Case({ITEM: 200}, within="甲区"),
    "一部分": Case({f"{ITEM}@五星": "+20%"}),
    "保底": Case({"o": {"2027-01-01": "-50%"}, "o.guarantee": "100%"}, (2026, 2027)),
    "钱够": Case(ask={"budget": "5000", "item": ITEM}),
    "钱用不完": Case(ask={"budget": "900万", "item": ITEM}),
    "一档也提不了": Case(ask={"budget": "100", "item": ITEM}),
    "先花在别处": Case({"o.branch": 3500}, ask={"budget": "5000", "item": ITEM}),
    "九成达标": Case(ask={"reach": "90%", "standard": "300", "item": ITEM}),
    "一半达标": Case(ask={"reach": "50%", "standard": "10", "item": ITEM}),
    "怎么也达不到": Case(ask={"reach": "100%", "standard": "5000", "item": ITEM}),
    "缺报时的求解": Case(ask={"budget": "5000", "item": ITEM}, top_up=True, spent=160, absent=True),
    "封顶，按党员": Case(ask={"cap": "3万", "by": "党员数"}),
    "封顶，有下限": Case(ask={"cap": "3万", "by": "党员数", "floor": "2000"}),
    "封顶，有上限": Case(ask={"cap": "3万", "by": "党员数", "most": "1万"}),
    "封顶，平均": Case(ask={"cap": "3万", "by": "党组织数"}),
    "封顶，按应发打折": Case(ask={"cap": "3万", "by": "应发数"}),
    "封顶，按应发够用": Case(ask={"cap": "30万", "by": "应发数"}),
    "封顶，按星": Case(ask={"cap": "3万", "by": "星级"}),
    "封顶，因素法": Case(ask={"cap": "3万", "by": "党员数70%+党组织数30%"}),
    "封顶，缺报": Case(ask={"cap": "3万", "by": "应发数"}, top_up=True, spent=160, absent=True),
    "封顶，不够下限": Case(ask={"cap": "3000", "by": "党员数", "floor": "2000"}),
    "某支部，增加": Case({ITEM: 200}, ask={"org": "联合支部"}),
    "某支部，年中": Case(HALF, ask={"org": "联合支部"}),
    "某支部，不变": Case({"o.committee": 25000}, ask={"org": "联合支部"}),
    "某支部，取消": Case({"eligible.stars": ">= 4"}, ask={"org": "一支部"}),
    "某支部，党员太少": Case({ITEM: 200}, ask={"org": "空支部"}),
    "某支部，缺报": Case({ITEM: 200}, ask={"org": "丙区/丙支部"}, top_up=True, spent=160, absent=True,
                       parts=("m",)),
    "某支部，星级": Case({"s.5": 6000}, ask={"org": "联合支部"}, parts=("s",)),
}  # fmt: skip


def said(case: Case, orgs: pd.DataFrame) -> list[str]:
    parts = {"o": ORGANISATION, "m": ACTIVITY, "s": STARS}
    if case.top_up:
        parts["m"] = ACTIVITY | {"basis": "top_up"}
    chosen = {code: parts[code] for code in case.parts}
    areas = ["甲区", "乙区", "丙区"] if case.absent else ["甲区", "乙区"]
    if case.absent:
        more = orgs.iloc[[0]].assign(area="丙区", party_org="丙支部")
        orgs = pd.concat([orgs, more], ignore_index=True)
    tables = {}
    if case.top_up:
        first = orgs.drop_duplicates("area")
        each = orgs.groupby("area")["members"].sum()
        money = [
            {"area": r.area, "party_org": r.party_org, "flow": "spending", "source": None,
             "purpose": "activity", "amount_fen": int(each[r.area]) * case.spent * 100, "period": "2026"}
            for r in first.itertuples() if r.area in areas[:2]
        ]  # fmt: skip
        tables = {"funds": pd.DataFrame(money)}
    made = plan(orgs, scheme_of(chosen), case.years, tables=tables, within=case.within or None)
    try:
        reform = made.scheme.reform(case.changes, ask=Ask(**case.ask))
        found = answered(made, reform, Result)
    except InputError as error:
        return [problem.text() for problem in error.problems]
    assert isinstance(found.result, Result)
    public = [f"（公开）{found.result.public_sentence}"] if not case.ask else []
    return [*found.lines, *public]


def test_sentences_over_the_grid(orgs: pd.DataFrame) -> None:
    told = [f"## {name}\n" + "\n".join(said(case, orgs)) + "\n" for name, case in CASES.items()]
    text = "\n".join(told)
    if os.environ.get("EVALKIT_SENTENCES") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
    for word in (
        "None",
        "nan",
        "{",
        "}",
        "，，",
        "；；",
        "。。",
        "；。",
        "m.per_member",
        "> ",
        "由不变",
    ):
        assert word not in text, word
