"""A real county's folder, invented: workbooks in the forms that offices keep, each with the values that stand in it.

Written from practice.md and from how townships really keep Excel, without reading the reader's code. Every case writes
one file (or a small folder) and says what is in it, value by value; `test_county_folder.py` counts what was read right,
what was asked and what is wrong. Names are invented (演示).

A value is addressed by a tuple: ("unit", name, column), ("org", name, column), ("cover", unit, organisation),
("fund", organisation, flow, source or purpose) in yuan, ("activity", organisation, date, kind, column),
("visits", column), ("instructors", column), ("star", organisation, column), ("figure", area, period, measure),
("rows", table). `ASK` as a value: it cannot be known, a question or an error has to say so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from office_writer import (
    Document,
    Formula,
    Sheet,
    Shown,
    docx,
    mht,
    separated,
    serial,
    with_dimension,
    xls,
    xlsx,
    xml_spreadsheet,
)

Values = dict[tuple[Any, ...], Any]
ASK = "ask"
N = None


@dataclass(frozen=True)
class Case:
    path: Path
    values: Mapping[tuple[Any, ...], Any]


CASES: dict[str, Callable[[Path], Case]] = {}


def case(make: Callable[[Path], Case]) -> Callable[[Path], Case]:
    CASES[make.__name__] = make
    return make


def of(kind: str, rows: Mapping[str, Mapping[str, Any]]) -> Values:
    return {
        (kind, name, column): value for name, row in rows.items() for column, value in row.items()
    }


def covers(pairs: Mapping[tuple[str, str], str | None]) -> Values:
    return {("cover", *pair): mode for pair, mode in pairs.items()}


@case
def three_row_heading(folder: Path) -> Case:
    """组织台账 under a heading of three rows; title, unit line, group column merged downwards, notes below."""
    rows = [
        ["云台县2024年度两新组织党建工作台账", *[N] * 13],
        [
            "填报单位（盖章）：云台县委社会工作部",
            *[N] * 5,
            "填报日期：2024年12月20日",
            *[N] * 5,
            "单位：人",
            N,
        ],
        [
            "序号",
            "乡镇（街道）",
            "单位基本情况",
            N,
            N,
            N,
            "党员情况",
            N,
            N,
            "党组织建设情况",
            N,
            N,
            N,
            "备注",
        ],
        [
            N,
            N,
            "单位名称",
            "单位\n性质",
            "创办\n时间",
            "从业人员数",
            "党员总数",
            "其中",
            N,
            "是否建立\n党组织",
            "党组织名称",
            "组建\n方式",
            "成立时间",
            N,
        ],
        [N, N, N, N, N, N, N, "正式党员", "预备党员", N, N, N, N, N],
        [
            1,
            "城关镇",
            "演示兴达机械有限公司",
            "非公企业",
            "2009.6",
            "126人",
            "7名",
            6,
            1,
            "是",
            "演示兴达机械有限公司党支部",
            "单独组建",
            "2012.7.1",
            N,
        ],
        [
            2,
            N,
            "演示云丰食品有限公司",
            "非公企业",
            "2015年3月",
            "５８",
            2,
            2,
            0,
            "是",
            "城关镇商圈联合党支部",
            "联合组建",
            "2018年5月20日",
            N,
        ],
        [
            3,
            N,
            "演示云台县餐饮行业协会",
            "社会组织",
            "2016/8/1",
            "约30",
            "1",
            "1",
            "—",
            "是",
            "城关镇商圈联合党支部",
            "联合组建",
            "2018年5月20日",
            "负责人王小明",
        ],
        ["小计", N, N, N, N, N, 10, 9, 1, N, N, N, N, N],
        [
            4,
            "河口镇",
            "演示大江物流有限公司",
            "非公企业",
            "2011-4-2",
            "1,230",
            " 1 2 ",
            11,
            1,
            "是",
            "演示大江物流有限公司党总支",
            "单独",
            serial(2013, 7, 1),
            N,
        ],
        [
            5,
            N,
            "演示河口启明民办幼儿园",
            "社会组织",
            "2019.9",
            "二十六",
            "无",
            "无",
            "无",
            "否",
            N,
            N,
            N,
            N,
        ],
        ["小计", N, N, N, N, N, 12, 11, 1, N, N, N, N, N],
        ["合计", N, N, N, N, N, 22, 20, 2, N, N, N, N, N],
        ["填表说明：1.从业人员数按社保人数填写；2.党员总数含预备党员。", *[N] * 13],
        ["填表人：李建国", *[N] * 6, "审核人：赵春燕", *[N] * 3, "联系电话：13800138000", N, N],
    ]
    merges = [
        (0, 0, 0, 13), (2, 0, 4, 0), (2, 1, 4, 1), (2, 2, 2, 5), (2, 6, 2, 8), (2, 9, 2, 12), (2, 13, 4, 13),
        (3, 2, 4, 2), (3, 3, 4, 3), (3, 4, 4, 4), (3, 5, 4, 5), (3, 6, 4, 6), (3, 7, 3, 8), (3, 9, 4, 9),
        (3, 10, 4, 10), (3, 11, 4, 11), (3, 12, 4, 12), (5, 1, 7, 1), (9, 1, 10, 1), (8, 0, 8, 5), (13, 0, 13, 13),
    ]  # fmt: skip
    path = xlsx(folder / "两新组织台账.xlsx", {"台账": Sheet(rows, merges)})
    values = of("unit", {
        "演示兴达机械有限公司": {
            "sector": "enterprise", "employees": 126, "full_members": 6, "probationary_members": 1,
            "started_on": "2009-06", "area": "城关镇"},
        "演示云丰食品有限公司": {
            "sector": "enterprise", "employees": 58, "full_members": 2, "probationary_members": 0,
            "started_on": "2015-03", "area": "城关镇"},
        "演示云台县餐饮行业协会": {
            "sector": "social", "employees": 30, "full_members": 1, "area": "城关镇"},
        "演示大江物流有限公司": {
            "sector": "enterprise", "employees": 1230, "full_members": 11, "probationary_members": 1,
            "started_on": "2011-04-02", "area": "河口镇"},
        "演示河口启明民办幼儿园": {
            "sector": "social", "employees": 26, "full_members": 0, "area": "河口镇"},
    })  # fmt: skip
    values |= covers({
        ("演示兴达机械有限公司", "演示兴达机械有限公司党支部"): "single",
        ("演示云丰食品有限公司", "城关镇商圈联合党支部"): "joint",
        ("演示云台县餐饮行业协会", "城关镇商圈联合党支部"): "joint",
        ("演示大江物流有限公司", "演示大江物流有限公司党总支"): "single",
    })  # fmt: skip
    values |= of("org", {
        "演示兴达机械有限公司党支部": {"members": 7, "org_kind": "branch", "founded_on": "2012-07-01"},
        "城关镇商圈联合党支部": {"members": 3, "org_kind": "branch", "founded_on": "2018-05-20"},
        "演示大江物流有限公司党总支": {"members": 12, "org_kind": "general_branch", "founded_on": "2013-07-01"},
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 5, ("rows", "covers"): 4})


@case
def pages_and_groups(folder: Path) -> Case:
    """Group column written in its first row only; the heading stands again on every printed page."""
    title = ["2024年云台县非公有制经济组织党建情况登记表", *[N] * 6]
    heading = ["镇街", "序号", "企业名称", "职工人数", "正式党员数", "党组织名称", "组建方式"]
    rows = [
        title, heading,
        ["城关镇", 1, "演示甲一制造有限公司", 80, 4, "演示甲一制造有限公司党支部", "单独"],
        [N, 2, "演示甲二制造有限公司", 45, 0, N, "未建"],
        [N, 3, "演示甲三制造有限公司", 33, 1, "城关镇联合党支部", "联合"],
        ["第1页 共3页", *[N] * 6],
        title, heading,
        [N, 4, "演示甲四制造有限公司", 21, 2, "城关镇联合党支部", "联合"],
        ["小计", 4, "4家", 179, 7, N, N],
        ["河口镇", 1, "演示乙一纺织有限公司", 310, 9, "演示乙一纺织有限公司党支部", "单独"],
        ["第2页 共3页", *[N] * 6],
        title, heading,
        [N, 2, "演示乙二纺织有限公司", 12, 0, N, "未建"],
        ["小计", 2, "2家", 322, 9, N, N],
        ["总计", 6, "6家", 501, 16, N, N],
        ["第3页 共3页", *[N] * 6],
    ]  # fmt: skip
    path = xlsx(folder / "非公企业党建登记表.xlsx", {"Sheet1": rows})
    values = of("unit", {
        "演示甲一制造有限公司": {"employees": 80, "full_members": 4, "area": "城关镇"},
        "演示甲二制造有限公司": {"employees": 45, "full_members": 0, "area": "城关镇"},
        "演示甲三制造有限公司": {"employees": 33, "full_members": 1, "area": "城关镇"},
        "演示甲四制造有限公司": {"employees": 21, "full_members": 2, "area": "城关镇"},
        "演示乙一纺织有限公司": {"employees": 310, "full_members": 9, "area": "河口镇"},
        "演示乙二纺织有限公司": {"employees": 12, "full_members": 0, "area": "河口镇"},
    })  # fmt: skip
    values |= covers({
        ("演示甲一制造有限公司", "演示甲一制造有限公司党支部"): "single",
        ("演示甲三制造有限公司", "城关镇联合党支部"): "joint",
        ("演示甲四制造有限公司", "城关镇联合党支部"): "joint",
        ("演示乙一纺织有限公司", "演示乙一纺织有限公司党支部"): "single",
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 6, ("rows", "covers"): 4})


def _card(name: str, kind: str, employees: Any, full: Any, trial: Any, org: str | None, mode: str | None,
          founded: str | None, sheet_title: str = "一企一表") -> Sheet:  # fmt: skip
    rows = [
        [f"云台县两新组织党建基本情况登记表（{sheet_title}）", *[N] * 5],
        ["填报单位：柳林乡党委", N, N, "填报时间：2024年11月30日", N, N],
        ["单位名称", name, N, N, "单位类型", kind],
        ["法定代表人", "周志强" if name else N, N, N, "联系电话", "13912345678" if name else N],
        ["从业人员数", employees, "正式党员数", full, "预备党员数", trial],
        [
            "是否建立党组织",
            "是" if org else ("否" if name else N),
            "组建方式",
            mode,
            "成立时间",
            founded,
        ],
        ["党组织名称", org, N, N, "党组织书记", "孙丽华" if org else N],
        [
            "党建工作\n情况简介",
            "企业诚信经营，党建工作扎实开展，年内开展主题党日12次。" if org else N,
            *[N] * 4,
        ],
    ]
    return Sheet(rows, [(0, 0, 0, 5), (2, 1, 2, 3), (3, 1, 3, 3), (6, 1, 6, 3), (7, 1, 7, 5)])


@case
def one_page_a_unit(folder: Path) -> Case:
    """一企一表: a page a unit, with the empty template left in front."""
    pages = {
        "样表": _card("", N, N, N, N, N, N, N),
        "兴达": _card("演示柳林兴达木业有限公司", "非公企业", 66, 5, 1, "演示柳林兴达木业有限公司党支部", "单独组建",
                      "2014.6.30"),
        "永昌": _card("演示柳林永昌茶业有限公司", "非公企业", "23人", "2名", N, "柳林乡联合党支部", "联合组建", "2017年7月1日"),
        "养老": _card("演示柳林夕阳红养老服务中心", "社会组织", 18, 0, 0, N, N, N),
    }  # fmt: skip
    path = xlsx(folder / "柳林乡一企一表.xlsx", pages)
    values = of("unit", {
        "演示柳林兴达木业有限公司": {
            "sector": "enterprise", "employees": 66, "full_members": 5, "probationary_members": 1},
        "演示柳林永昌茶业有限公司": {"sector": "enterprise", "employees": 23, "full_members": 2},
        "演示柳林夕阳红养老服务中心": {"sector": "social", "employees": 18, "full_members": 0},
    })  # fmt: skip
    values |= covers({
        ("演示柳林兴达木业有限公司", "演示柳林兴达木业有限公司党支部"): "single",
        ("演示柳林永昌茶业有限公司", "柳林乡联合党支部"): "joint",
    })  # fmt: skip
    values |= of("org", {
        "演示柳林兴达木业有限公司党支部": {"members": 6, "founded_on": "2014-06-30"},
        "柳林乡联合党支部": {"founded_on": "2017-07-01"},
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 3, ("rows", "covers"): 2})


@case
def one_page_a_unit_below_each_other(folder: Path) -> Case:
    """一企一表, all cards below each other on one sheet, a blank row between them."""
    cards = [
        _card("演示石桥砖业有限公司", "非公企业", 31, 3, 0, "演示石桥砖业有限公司党支部", "单独组建", "2015.7"),
        _card("演示石桥果蔬专业合作社", "合作社", 9, 1, 0, N, N, N),
    ]  # fmt: skip
    rows: list[list[Any]] = []
    merges: list[tuple[int, int, int, int]] = []
    for card in cards:
        at = len(rows)
        rows += [*map(list, card.rows), [N] * 6]
        merges += [(a + at, b, c + at, d) for a, b, c, d in card.merges]
    path = xlsx(folder / "石桥乡登记表.xlsx", {"登记表": Sheet(rows, merges)})
    values = of("unit", {
        "演示石桥砖业有限公司": {"employees": 31, "full_members": 3, "probationary_members": 0},
        "演示石桥果蔬专业合作社": {"kind": "合作社", "employees": 9, "full_members": 1},
    })  # fmt: skip
    values |= covers({("演示石桥砖业有限公司", "演示石桥砖业有限公司党支部"): "single"})
    return Case(path, values | {("rows", "units"): 2, ("rows", "covers"): 1})


@case
def one_row_a_township(folder: Path) -> Case:
    """基本情况统计表: one row a township, two rows of heading, 合计."""
    rows = [
        ["云台县两新组织党建工作基本情况统计表", *[N] * 11],
        ["填报单位：云台县委组织部", *[N] * 6, "截止时间：2024年12月31日", *[N] * 4],
        [
            "序号",
            "乡镇",
            "非公企业",
            N,
            "社会组织",
            N,
            "党组织",
            N,
            N,
            "党员数",
            "党建指导员",
            "备注",
        ],
        [
            N,
            N,
            "总数（家）",
            "已覆盖（家）",
            "总数（家）",
            "已覆盖（家）",
            "党委",
            "党总支",
            "党支部",
            N,
            N,
            N,
        ],
        [1, "城关镇", 52, 41, 18, 12, 1, 2, 30, 312, 15, N],
        [2, "河口镇", "37家", 25, 9, 6, 0, 1, 19, "1 46", 8, N],
        [3, "石桥乡", 14, 8, 3, 2, N, N, 6, 41, 3, "1家停业"],
        ["合计", N, 103, 74, 30, 20, 1, 3, 55, 499, 26, N],
    ]
    merges = [(0, 0, 0, 11), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 3), (2, 4, 2, 5), (2, 6, 2, 8), (2, 9, 3, 9),
              (2, 10, 3, 10), (2, 11, 3, 11), (7, 0, 7, 1)]  # fmt: skip
    path = xlsx(folder / "基本情况统计表.xlsx", {"统计表": Sheet(rows, merges)})
    values: Values = {}
    columns = ["units_enterprise", "units_enterprise_covered", "units_social", "units_social_covered", "committees",
               "general_branches", "branches", "members", "instructors"]  # fmt: skip
    for area, row in {
        "城关镇": [52, 41, 18, 12, 1, 2, 30, 312, 15],
        "河口镇": [37, 25, 9, 6, 0, 1, 19, 146, 8],
        "石桥乡": [14, 8, 3, 2, N, N, 6, 41, 3],
    }.items():
        values |= {
            ("figure", area, "2024", column): value
            for column, value in zip(columns, row, strict=True)
            if value is not N
        }
    return Case(path, values)


@case
def one_column_a_year(folder: Path) -> Case:
    """主要指标历年情况: items down, years across."""
    rows = [
        ["云台县两新组织党建主要指标历年情况", *[N] * 4],
        ["指标名称", "计量单位", "2022年", "2023年", "2024年"],
        ["非公企业数", "家", 88, 95, "103"],
        ["党组织数", "个", 46, 52, 59],
        ["党员数", "名", 402, 455, "４９９"],
        ["发展党员数", "名", 12, "15名", 18],
        ["党建指导员数", "名", 20, 22, 26],
        ["走访企业", "家次", "—", 210, 340],
    ]
    path = xlsx(folder / "历年指标.xlsx", {"历年": rows})
    values: Values = {}
    table = {
        "units_enterprise": [88, 95, 103], "party_orgs": [46, 52, 59], "members": [402, 455, 499],
        "admissions": [12, 15, 18], "instructors": [20, 22, 26], "visits": [N, 210, 340],
    }  # fmt: skip
    for measure, row in table.items():
        values |= {
            ("figure", "*", year, measure): value
            for year, value in zip(("2022", "2023", "2024"), row, strict=True)
            if value is not N
        }
    return Case(path, values)


@case
def matrix_of_six_haves(folder: Path) -> Case:
    """六有建设情况: one organisation a row, marks of every kind."""
    rows = [
        ["云台县2024年两新组织党组织“六有”建设情况表", *[N] * 8],
        ["序号", "党组织名称", "有场所", "有设施", "有标志", "有党旗", "有书报", "有制度", "备注"],
        [1, "演示甲一制造有限公司党支部", *["√"] * 6, N],
        [2, "演示乙一纺织有限公司党支部", *["是"] * 5, "否", N],
        [3, "演示大江物流有限公司党总支", *["有"] * 6, N],
        [4, "城关镇商圈联合党支部", "●", "●", N, "●", N, "●", "借用社区场所"],
        [5, "河口镇联合党支部", 1, 1, 1, 1, 1, 1, N],
        [6, "石桥乡联合党支部", "√", "×", "√", "√", "×", "√", N],
        ["合计", N, 6, 5, 5, 6, 4, 5, N],
    ]
    path = xlsx(folder / "六有建设情况.xlsx", {"六有": rows})
    return Case(path, {("figure", "*", "2024", "orgs_six_haves"): 3})


@case
def stars_by_stage(folder: Path) -> Case:
    """星级评定: 自评, 乡镇初评, 县委审定, each with score and star."""
    rows = [
        ["云台县2024年度两新组织党组织星级评定情况汇总表", *[N] * 9],
        ["序号", "乡镇", "党组织名称", "自评", N, "乡镇初评", N, "县委审定", N, "备注"],
        [N, N, N, "得分", "星级", "得分", "星级", "得分", "星级", N],
        [1, "城关镇", "演示甲一制造有限公司党支部", 95, "五星级", 93, "五星", 91.5, "五星级", N],
        [2, N, "城关镇商圈联合党支部", 90, "★★★★★", 84, "★★★★", "83.0", "★★★★", N],
        [3, N, "演示云丰食品有限公司党支部", "88分", "四星", 79, "三星", 76, "3星", N],
        [4, "河口镇", "演示大江物流有限公司党总支", 82, 4, 71, 3, 66, 2, "列入整转"],
        [5, N, "河口镇联合党支部", 75, "三星", 70, "三星", "—", "未定星", "当年新建"],
        [6, N, "演示乙一纺织有限公司党支部", 60, "二星", 55, "一星", 52, "一星", N],
    ]
    merges = [(0, 0, 0, 9), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 1, 4), (1, 5, 1, 6), (1, 7, 1, 8),
              (1, 9, 2, 9)]  # fmt: skip
    path = xlsx(folder / "星级评定汇总表.xlsx", {"评星": Sheet(rows, merges)})
    values = of("star", {
        "演示甲一制造有限公司党支部": {"stars": 5, "score_self": 95, "score_first": 93, "score_final": 91.5},
        "城关镇商圈联合党支部": {"stars": 4, "score_self": 90, "score_first": 84, "score_final": 83},
        "演示云丰食品有限公司党支部": {"stars": 3, "score_self": 88, "score_first": 79, "score_final": 76},
        "演示大江物流有限公司党总支": {"stars": 2, "score_self": 82, "score_first": 71, "score_final": 66},
        "河口镇联合党支部": {"stars": N, "score_self": 75, "score_first": 70},
        "演示乙一纺织有限公司党支部": {"stars": 1, "score_self": 60, "score_first": 55, "score_final": 52},
    })  # fmt: skip
    return Case(path, values | {("rows", "stars"): 6})


@case
def running_account(folder: Path) -> Case:
    """收支明细账 of one branch: 上年结转, 月 and 日 in columns of their own, balance, 本月合计, 本年累计."""
    rows = [
        ["党建活动经费收支明细账", *[N] * 6],
        ["党组织名称：演示甲一制造有限公司党支部", *[N] * 5, "单位：元"],
        ["2024年", N, "凭证号", "摘要", "收入", "支出", "结余"],
        ["月", "日", N, N, N, N, N],
        [1, 1, N, "上年结转", N, N, "2,350.00"],
        [1, 15, 1, "县委组织部拨付活动经费", 3000, N, 5350],
        [1, 28, 2, "购买学习书籍", N, 486.5, 4863.5],
        [N, N, N, "本月合计", 3000, 486.5, 4863.5],
        [3, 8, 3, "企业配套党建经费", "2,000.00", N, 6863.5],
        [3, 12, 4, "主题党日活动租车费", N, 1200, 5663.5],
        [N, N, N, "本月合计", 2000, 1200, 5663.5],
        [7, 1, 5, "返还党费", 1450, N, 7113.5],
        [7, 1, 6, "七一活动费用", N, 980, 6133.5],
        [N, N, N, "本月合计", 1450, 980, 6133.5],
        [N, N, N, "本年累计", 6450, 2666.5, 6133.5],
    ]
    path = xlsx(
        folder / "甲一支部经费明细账.xlsx", {"2024": Sheet(rows, [(0, 0, 0, 6), (2, 0, 2, 1)])}
    )
    org = "演示甲一制造有限公司党支部"
    return Case(path, {
        ("fund", org, "income", "fiscal_district"): 3000,
        ("fund", org, "income", "enterprise"): 2000,
        ("fund", org, "income", "dues_return"): 1450,
        ("total", "funds", "income"): 6450,
        ("total", "funds", "spending"): 2666.5,
    })  # fmt: skip


@case
def running_account_wrong_balance(folder: Path) -> Case:
    """The balance of one row does not follow from the rows: told, the amounts stay as written."""
    rows = [
        ["河口镇联合党支部2024年经费收支台账（单位：元）", *[N] * 4],
        ["日期", "摘要", "收入", "支出", "余额"],
        ["2024.1.1", "上年结余", N, N, 500],
        ["2024.2.20", "区县拨付", 8000, N, 8500],
        ["2024.5.6", "外出参观", N, 2300, 6200],
        ["2024.9.9", "慰问困难党员", N, 800, 5600],
    ]
    path = xlsx(folder / "河口联合支部台账.xlsx", {"Sheet1": rows})
    return Case(path, {
        ("total", "funds", "income"): 8000,
        ("total", "funds", "spending"): 3100,
        ("problem", "结余5600"): True,
    })  # fmt: skip


@case
def visits_inside_activities(folder: Path) -> Case:
    """活动台账 with visits among its rows; 月份 in the first row of its group; dates without a year."""
    rows = [
        ["演示大江物流有限公司党总支2024年度活动台账", *[N] * 7],
        ["月份", "日期", "活动类型", "活动主题", "应到/实到", "走访企业", "经费（元）", "地点"],
        ["1月", "1月12日", "主题党日", "学习新春讲话", "12/11", N, 300, "会议室"],
        [N, "1/20", "支委会", "研究年度计划", "3/3", N, N, "会议室"],
        ["3月", "3.5", "志愿服务", "学雷锋", "12/10", N, "1,200.00", "河口社区"],
        [N, dt.date(2024, 3, 21), "走访企业", "走访联系企业", N, "演示乙二纺织有限公司", N, N],
        [N, "2024年3月28日", "党员大会", "发展党员", "12/12", N, "—", "会议室"],
        ["6月", serial(2024, 6, 28), "党课", "七一专题党课", "12/12", N, N, "会议室"],
        [
            N,
            "6月29日",
            "走访",
            "走访2家企业",
            N,
            "演示甲二制造有限公司、演示甲三制造有限公司",
            N,
            N,
        ],
        [N, "2024.6.30", "主题党日", "参观纪念馆", "12/９", N, "八百", "县纪念馆"],
        ["合计", N, "8次", N, "63/57", N, 2300, N],
    ]
    path = xlsx(folder / "大江活动台账.xlsx", {"活动": rows})
    org = "演示大江物流有限公司党总支"
    values: Values = {}
    for day, due, present, kind, cost in (
        ("2024-01-12", 12, 11, "主题党日", 300), ("2024-01-20", 3, 3, "三会一课", N),
        ("2024-03-05", 12, 10, "志愿服务", 1200), ("2024-03-28", 12, 12, "三会一课", N),
        ("2024-06-28", 12, 12, "三会一课", N), ("2024-06-30", 12, 9, "主题党日", 800),
    ):  # fmt: skip
        values |= {
            ("activity", org, day, "due"): due,
            ("activity", org, day, "present"): present,
            ("activity", org, day, "kind"): kind,
        }
        if cost is not N:
            values[("activity", org, day, "cost")] = cost
    return Case(path, values | {
        ("rows", "activities"): 6, ("visits", "count"): 3, ("visits", "units_visited"): 3,
    })  # fmt: skip


@case
def tables_side_by_side(folder: Path) -> Case:
    """Enterprises on the left, social organisations on the right, one empty column between."""
    rows = [
        ["经济开发区2024年两新组织党建情况", *[N] * 11],
        ["一、非公企业", *[N] * 5, N, "二、社会组织", *[N] * 4],
        ["序号", "企业名称", "职工数", "正式党员", "党组织名称", "组建方式", N,
         "序号", "社会组织名称", "从业人员", "正式党员", "党组织名称"],
        [1, "演示开发一电子有限公司", 220, 12, "演示开发一电子有限公司党支部", "单独", N,
         1, "演示开发区商会", 6, 3, "演示开发区商会党支部"],
        [2, "演示开发二新材有限公司", 75, 2, "开发区企业联合党支部", "联合", N,
         2, "演示开发区志愿者协会", 4, 0, N],
        [3, "演示开发三包装有限公司", 40, 1, "开发区企业联合党支部", "联合", N, N, N, N, N, N],
        ["合计", N, 335, 15, N, N, N, "合计", N, 10, 3, N],
    ]  # fmt: skip
    path = xlsx(
        folder / "开发区两新组织.xlsx",
        {"开发区": Sheet(rows, [(0, 0, 0, 11), (1, 0, 1, 5), (1, 7, 1, 11)])},
    )
    values = of("unit", {
        "演示开发一电子有限公司": {"sector": "enterprise", "employees": 220, "full_members": 12},
        "演示开发二新材有限公司": {"sector": "enterprise", "employees": 75, "full_members": 2},
        "演示开发三包装有限公司": {"sector": "enterprise", "employees": 40, "full_members": 1},
        "演示开发区商会": {"sector": "social", "employees": 6, "full_members": 3},
        "演示开发区志愿者协会": {"sector": "social", "employees": 4, "full_members": 0},
    })  # fmt: skip
    values |= covers({
        ("演示开发一电子有限公司", "演示开发一电子有限公司党支部"): "single",
        ("演示开发二新材有限公司", "开发区企业联合党支部"): "joint",
        ("演示开发三包装有限公司", "开发区企业联合党支部"): "joint",
        ("演示开发区商会", "演示开发区商会党支部"): "*",
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 5, ("rows", "covers"): 4})


@case
def word_tables(folder: Path) -> Case:
    """A Word paper with text and two tables: organisations, and money in 万元."""
    orgs = Sheet([
        ["序号", "党组织名称", "党组织类型", "覆盖单位", "成立时间", "党员数", "书记姓名"],
        [1, "演示青山石材有限公司党支部", "党支部", "演示青山石材有限公司", "2016年7月", "8人", "吴海霞"],
        [2, "青山镇联合党支部", "党支部", "演示青山茶场、演示青山农资店", "2019.3.12", "6", "欧阳雪梅"],
        ["合计", N, N, N, N, 14, N],
    ])  # fmt: skip
    money = Sheet([
        ["党组织名称", "经费来源", N, N, "支出", N],
        [N, "县级财政拨款", "党费返还", "企业自筹", "活动经费", "培训费"],
        ["演示青山石材有限公司党支部", 0.3, "0.08", 1.2, 0.95, N],
        ["青山镇联合党支部", 0.5, "0.045", N, 0.42, 0.06],
        ["合计", 0.8, 0.125, 1.2, 1.37, 0.06],
    ], [(0, 0, 1, 0), (0, 1, 0, 3), (0, 4, 0, 5)])  # fmt: skip
    path = docx(folder / "青山镇党建情况.docx", Document((
        "青山镇2024年两新组织党建工作情况", "一、党组织基本情况。全镇共有两新组织党组织2个，党员14名。", "表1 党组织台账", orgs,
        "二、经费保障情况。", "表2 经费台账（单位：万元）", money, "青山镇党委  2024年12月25日",
    )))  # fmt: skip
    first, second = "演示青山石材有限公司党支部", "青山镇联合党支部"
    values = of("org", {
        first: {"members": 8, "org_kind": "branch", "founded_on": "2016-07"},
        second: {"members": 6, "org_kind": "branch", "founded_on": "2019-03-12"},
    })  # fmt: skip
    return Case(path, values | {
        ("rows", "party_organisations"): 2,
        ("fund", first, "income", "fiscal_district"): 3000,
        ("fund", first, "income", "dues_return"): 800,
        ("fund", first, "income", "enterprise"): 12000,
        ("fund", first, "spending", "activity"): 9500,
        ("fund", second, "income", "fiscal_district"): 5000,
        ("fund", second, "income", "dues_return"): 450,
        ("fund", second, "spending", "activity"): 4200,
        ("fund", second, "spending", "secretary_training"): 600,
        ("total", "funds", "income"): 21250,
        ("total", "funds", "spending"): 14300,
    })  # fmt: skip


_FUNDS = Sheet([
    ["2024年河口镇两新组织党建经费台账", *[N] * 7],
    ["单位：元", *[N] * 7],
    ["序号", "党组织名称", "收入", N, N, "支出", N, "备注"],
    [N, N, "上级拨付", "企业配套", "捐助", "党员活动经费", "启动经费", N],
    [1, "演示大江物流有限公司党总支", "5,000", 8000, N, 9200.5, N, N],
    [2, "演示乙一纺织有限公司党支部", "3000元", "0.4万元", 500, "3,600.00", 1000, "新建"],
    [3, "河口镇联合党支部", "叁仟元整", "未拨", "/", 1800, "（200）", N],
    ["合计", N, 11000, 12000, 500, 14600.5, 800, N],
], [(0, 0, 0, 7), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 4), (2, 5, 2, 6), (2, 7, 3, 7)])  # fmt: skip


def _fund_values() -> Values:
    a, b, c = "演示大江物流有限公司党总支", "演示乙一纺织有限公司党支部", "河口镇联合党支部"
    return {
        ("fund", a, "income", "other"): 5000,
        ("fund", a, "income", "enterprise"): 8000,
        ("fund", a, "spending", "activity"): 9200.5,
        ("fund", b, "income", "other"): 3000,
        ("fund", b, "income", "enterprise"): 4000,
        ("fund", b, "income", "donation"): 500,
        ("fund", b, "spending", "activity"): 3600,
        ("fund", b, "spending", "start_up"): 1000,
        ("fund", c, "income", "other"): 3000,
        ("fund", c, "spending", "activity"): 1800,
        ("fund", c, "spending", "start_up"): -200,
        ("total", "funds", "income"): 23500,
    }


@case
def funds_as_xml_spreadsheet(folder: Path) -> Case:
    return Case(xml_spreadsheet(folder / "河口镇经费台账.xls", {"经费": _FUNDS}), _fund_values())


@case
def funds_as_mht(folder: Path) -> Case:
    return Case(mht(folder / "河口镇经费台账.xls", _FUNDS), _fund_values())


@case
def funds_as_old_xls(folder: Path) -> Case:
    return Case(xls(folder / "河口镇经费台账.xls", {"经费": _FUNDS}), _fund_values())


@case
def gb18030_with_tabs(folder: Path) -> Case:
    """A text file from an old system: GB18030 with a rare character, tabs, numbers as text."""
    rows = [
        ["石桥乡2024年社会组织党建台账"],
        [
            "序号",
            "社会组织名称",
            "业务主管单位",
            "从业人员",
            "党员总数",
            "正式党员",
            "党组织名称",
            "组建方式",
            "状态",
        ],
        [
            "1",
            "演示石桥㛃文化协会",
            "县文旅局",
            " 1 2 ",
            "三",
            "３",
            "演示石桥㛃文化协会党支部",
            "单独",
            "正常",
        ],
        ["2", "演示石桥老年大学", "县教育局", "十六名", "1（预备）", "0", "", "未建", "正常"],
        [
            "3",
            "演示石桥渔业协会",
            "县农业农村局",
            "5余人",
            "2",
            "2",
            "石桥乡社会组织联合党支部",
            "联合",
            "已注销",
        ],
    ]
    path = separated(folder / "石桥乡社会组织台账.txt", rows, "gb18030", "\t")
    values = of("unit", {
        "演示石桥㛃文化协会": {"sector": "social", "employees": 12, "full_members": 3, "status": "operating"},
        "演示石桥老年大学": {"sector": "social", "employees": 16, "full_members": 0, "status": "operating"},
        "演示石桥渔业协会": {"sector": "social", "full_members": 2, "status": "cancelled"},
    })  # fmt: skip
    values |= covers({
        ("演示石桥㛃文化协会", "演示石桥㛃文化协会党支部"): "single",
        ("演示石桥渔业协会", "石桥乡社会组织联合党支部"): "joint",  # its unit is cancelled: in no total
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 3})


@case
def last_year_beside(folder: Path) -> Case:
    """Two sheets, last year's and this year's; a hidden draft; a rows-only dimension; hidden rows and columns."""
    heading = [
        "序号",
        "乡镇",
        "单位名称",
        "单位类别",
        "从业人员",
        "正式党员",
        "内部编号",
        "党组织名称",
        "组建方式",
    ]

    def page(year: int, rows: list[list[Any]]) -> list[list[Any]]:
        return [[f"云台县{year}年两新组织台账", *[N] * 8], heading, *rows]

    one = "演示年度一五金有限公司"
    two = "演示年度二五金有限公司"
    three = "演示年度三研究会"
    sheets = {
        "2023年": Sheet(page(2023, [[1, "城关镇", one, "非公企业", 40, 2, "A1", N, "未建"],
                                   [2, "城关镇", two, "非公企业", 15, 0, "A2", N, "未建"]])),
        "2024年": Sheet(
            page(2024, [[1, "城关镇", one, "非公企业", 44, 3, "A1", f"{one}党支部", "单独"],
                        [2, "城关镇", two, "非公企业", 17, 1, "A2", N, "未建"],
                        [3, "河口镇", three, "社会组织", 5, 1, "A3", N, "未建"]]),
            hidden_rows=[3], hidden_columns=[6],
        ),
        "草稿": Sheet(page(2024, [[1, "城关镇", "演示草稿公司", "非公企业", 1, 1, N, N, N]]), hidden=True),
    }  # fmt: skip
    path = with_dimension(xlsx(folder / "两新组织台账.xlsx", sheets), "1:9")
    values: Values = {
        ("unit@2023", one, "employees"): 40, ("unit@2023", one, "full_members"): 2,
        ("unit@2023", two, "employees"): 15, ("unit@2023", two, "full_members"): 0,
        ("unit@2024", one, "employees"): 44, ("unit@2024", one, "full_members"): 3,
        ("unit@2024", two, "employees"): 17, ("unit@2024", two, "full_members"): 1,
        ("unit@2024", three, "employees"): 5, ("unit@2024", three, "area"): "河口镇",
        ("cover", one, f"{one}党支部"): "single",
        ("no", "unit", "演示草稿公司"): True,
    }  # fmt: skip
    return Case(path, values)


@case
def shown_in_another_unit(folder: Path) -> Case:
    """Number formats that show another unit than the heading says: asked; percent columns are no amounts."""
    wan = '0!.0,"万"'
    rows = [
        ["云台县2024年党建经费台账（单位：万元）", *[N] * 5],
        ["序号", "党组织名称", "区县拨付", "企业配套", "党员活动经费", "执行率"],
        [
            1,
            "演示甲一制造有限公司党支部",
            Shown(52000, wan),
            Shown(20000, wan),
            Shown(31000, wan),
            Shown(0.43, "0%"),
        ],
        [
            2,
            "城关镇联合党支部",
            Shown(8000, wan),
            Shown(3000, wan),
            Shown(6000, wan),
            Shown(0.55, "0%"),
        ],
    ]
    path = xlsx(folder / "经费台账.xlsx", {"经费": rows})
    a, b = "演示甲一制造有限公司党支部", "城关镇联合党支部"
    return Case(path, {
        ("ask", "fund", a, "income", "fiscal_district"): 52000,
        ("ask", "fund", a, "income", "enterprise"): 20000,
        ("ask", "fund", a, "spending", "activity"): 31000,
        ("ask", "fund", b, "income", "fiscal_district"): 8000,
        ("ask", "fund", b, "income", "enterprise"): 3000,
        ("ask", "fund", b, "spending", "activity"): 6000,
    })  # fmt: skip


@case
def shown_in_thousands(folder: Path) -> Case:
    """The siblings: #,##0, (thousands), a text suffix 万元 on a plain number, 亿, people in 万."""
    rows = [
        ["云台县2024年党建经费台账（单位：元）", *[N] * 4],
        ["序号", "党组织名称", "区县拨付", "企业配套", "捐助"],
        [
            1,
            "演示甲一制造有限公司党支部",
            Shown(52000, "#,##0,"),
            Shown(2, '0.0"万元"'),
            Shown(300, '#,##0.00"元"'),
        ],
    ]
    path = xlsx(folder / "经费台账.xlsx", {"经费": rows})
    a = "演示甲一制造有限公司党支部"
    return Case(path, {
        ("ask", "fund", a, "income", "fiscal_district"): 52000,
        ("ask", "fund", a, "income", "enterprise"): 20000,
        ("fund", a, "income", "donation"): 300,
    })  # fmt: skip


@case
def transposed(folder: Path) -> Case:
    """Items down, townships across, with 合计."""
    rows = [
        ["云台县2024年两新组织党建工作情况统计表", *[N] * 5],
        ["项目", "单位", "城关镇", "河口镇", "石桥乡", "合计"],
        ["一、非公企业数", "家", 52, 37, 14, 103],
        ["  其中：已建立党组织", "家", 41, 25, 8, 74],
        ["二、社会组织数", "家", 18, 9, 3, 30],
        ["三、党组织数", "个", 33, 20, 6, 59],
        ["四、党员数", "名", 312, 146, 41, 499],
        ["五、党建经费", "万元", 12.5, "6.2", 1.8, 20.5],
    ]
    path = xlsx(folder / "工作情况统计表.xlsx", {"统计": rows})
    values: Values = {}
    for measure, row in {
        "units_enterprise": (52, 37, 14), "units_enterprise_covered": (41, 25, 8), "units_social": (18, 9, 3),
        "party_orgs": (33, 20, 6), "members": (312, 146, 41), "funds": (125000, 62000, 18000),
    }.items():  # fmt: skip
        for area, value in zip(("城关镇", "河口镇", "石桥乡"), row, strict=True):
            values[("figure", area, "2024", measure)] = value
    return Case(path, values)


@case
def joint_branch_over_merged_cells(folder: Path) -> Case:
    """One joint branch over three units: its cells are merged beside them, its member count stands once."""
    joint, own = "城关镇商贸联合党支部", "演示合并四超市有限公司党支部"
    rows = [
        ["城关镇2024年两新组织党组织组建情况表", *[N] * 7],
        [
            "序号",
            "单位名称",
            "从业人员",
            "单位党员数",
            "党组织名称",
            "组建方式",
            "党组织党员数",
            "成立时间",
        ],
        [1, "演示合并一百货店", 12, 1, joint, "联合组建", 6, "2020.7"],
        [2, "演示合并二药房", 8, 2, N, N, N, N],
        [3, "演示合并三书店", 5, 2, N, N, N, N],
        [4, "演示合并四超市有限公司", 60, 4, own, "单独组建", 4, "2018.7"],
        [5, "演示合并五网吧", 3, 0, N, N, N, N],
    ]
    merges = [(0, 0, 0, 7), (2, 4, 4, 4), (2, 5, 4, 5), (2, 6, 4, 6), (2, 7, 4, 7)]
    path = xlsx(folder / "城关镇组建情况.xlsx", {"组建": Sheet(rows, merges)})
    values = of("unit", {
        "演示合并一百货店": {"employees": 12, "members": 1}, "演示合并二药房": {"employees": 8, "members": 2},
        "演示合并三书店": {"employees": 5, "members": 2}, "演示合并四超市有限公司": {"employees": 60, "members": 4},
        "演示合并五网吧": {"employees": 3, "members": 0},
    })  # fmt: skip
    values |= covers({
        ("演示合并一百货店", joint): "joint", ("演示合并二药房", joint): "joint", ("演示合并三书店", joint): "joint",
        ("演示合并四超市有限公司", own): "single",
    })  # fmt: skip
    values |= of("org", {
        joint: {"members": 6, "founded_on": "2020-07"}, own: {"members": 4, "founded_on": "2018-07"},
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 5, ("rows", "covers"): 4})


@case
def instructors_posted(folder: Path) -> Case:
    """党建指导员派驻: a person's cells merged over the enterprises; old .xls."""
    rows = [
        ["云台县2024年党建指导员选派情况一览表", *[N] * 6],
        ["序号", "姓名", "工作单位及职务", "联系企业", "选派层级", "专职/兼职", "联系电话"],
        [1, "王小明", "县委组织部干部", "演示甲一制造有限公司", "县级", "兼职", "13800138000"],
        [N, N, N, "演示甲二制造有限公司", N, N, N],
        [2, "李建国", "城关镇党建办主任", "演示甲三制造有限公司", "乡镇", "专职", "13912345678"],
        [
            3,
            "赵春燕",
            "县市场监管局退休干部",
            "演示乙一纺织有限公司",
            "县级",
            "兼职",
            "13800138000",
        ],
        [N, N, N, "演示乙二纺织有限公司", N, N, N],
        [N, N, N, "演示大江物流有限公司", N, N, N],
    ]
    merges = [(0, 0, 0, 6)]
    merges += [(2, j, 3, j) for j in (0, 1, 2, 4, 5, 6)] + [
        (5, j, 7, j) for j in (0, 1, 2, 4, 5, 6)
    ]
    path = xls(folder / "党建指导员一览表.xls", {"指导员": Sheet(rows, merges)})
    return Case(path, {
        ("instructors", "count"): 3, ("instructors", "full_time"): 1, ("instructors", "units_served"): 6,
    })  # fmt: skip


@case
def summary_beside_ledgers(folder: Path) -> Case:
    """汇总表 beside its ledgers (two of its numbers do not fit), 见附表, formulas without value, an empty sheet."""
    heading = [
        "序号",
        "乡镇",
        "单位名称",
        "单位类型",
        "职工人数",
        "正式党员",
        "预备党员",
        "党组织名称",
        "组建方式",
    ]
    ledger = [
        ["云台县2024年两新组织台账", *[N] * 8], heading,
        [1, "城关镇", "演示汇总一公司", "法人企业", 30, 3, 0, "演示汇总一公司党支部", "单独"],
        [2, "城关镇", "演示汇总二公司", "法人企业", 20, 1, 1, "城关镇联合党支部", "联合"],
        [3, "河口镇", "演示汇总三公司", "法人企业", 10, 0, 0, N, "未建"],
        ["合计", N, N, N, Formula("=SUM(E3:E5)"), Formula("=SUM(F3:F5)"), Formula("=SUM(G3:G5)"), N, N],
    ]  # fmt: skip
    summary = [
        ["云台县2024年两新组织党建汇总表", *[N] * 4],
        ["乡镇", "单位数", "职工人数", "正式党员", "备注"],
        ["城关镇", 2, 50, 4, "详见附表"],
        ["河口镇", 2, 10, 0, "见附表"],
        ["合计", 4, 60, 5, N],
    ]
    empty = [
        ["云台县2024年党组织台账", *[N] * 4],
        ["序号", "党组织名称", "建制", "成立日期", "党员数"],
    ]
    path = xlsx(
        folder / "2024年台账.xlsx",
        {"汇总表": summary, "附表1组织台账": ledger, "附表2": empty, "Sheet3": [[N]]},
    )
    values = of("unit", {
        "演示汇总一公司": {"employees": 30, "full_members": 3, "probationary_members": 0, "area": "城关镇"},
        "演示汇总二公司": {"employees": 20, "full_members": 1, "probationary_members": 1, "area": "城关镇"},
        "演示汇总三公司": {"employees": 10, "full_members": 0, "probationary_members": 0, "area": "河口镇"},
    })  # fmt: skip
    values |= covers({
        ("演示汇总一公司", "演示汇总一公司党支部"): "single", ("演示汇总二公司", "城关镇联合党支部"): "joint",
    })  # fmt: skip
    values |= {("rows", "units"): 3, ("problem", "total_differs"): True}
    return Case(path, values)


@case
def repeated_and_cancelled(folder: Path) -> Case:
    """A unit twice, branches and shops, cancelled and idle ones, 含预备 in words."""
    rows = [
        ["云台县2024年两新组织台账", *[N] * 9],
        ["序号", "乡镇", "单位名称", "单位类型", "经营状态", "员工数", "正式党员", "预备党员", "党组织名称", "组建方式"],
        [1, "城关镇", "演示重复一科技有限公司", "有限责任公司", "存续", 60, "5（含预备1名）", N, "演示重复一科技有限公司党支部",
         "单独"],
        [2, "城关镇", "演示重复二科技有限公司", "有限责任公司", "吊销", 0, 0, 0, N, "未建"],
        [3, "城关镇", "演示重复一科技有限公司", "有限责任公司", "存续", 60, "5（含预备1名）", N, "演示重复一科技有限公司党支部",
         "单独"],
        [4, "城关镇", "演示重复三便利店", "个体工商户", "在业", 2, 1, 0, N, "未建"],
        [5, "河口镇", "演示重复四银行河口支行", "分支机构", "正常", "15", 6, 1, "演示重复四银行河口支行党支部", "单独"],
        [6, "河口镇", "演示重复五加工厂", "私营企业", "停产", 8, 0, 0, N, "未建"],
    ]  # fmt: skip
    path = xlsx(folder / "组织台账.xlsx", {"Sheet1": rows})
    values = of("unit", {
        "演示重复一科技有限公司": {"status": "operating", "employees": 60, "full_members": 4, "probationary_members": 1},
        "演示重复二科技有限公司": {"status": "cancelled", "employees": 0, "full_members": 0},
        "演示重复三便利店": {"kind": "个体工商户", "status": "operating", "employees": 2, "full_members": 1},
        "演示重复四银行河口支行": {"kind": "分支机构", "status": "operating", "employees": 15, "full_members": 6,
                        "probationary_members": 1},
        "演示重复五加工厂": {"status": "suspended", "employees": 8, "full_members": 0},
    })  # fmt: skip
    values |= covers({
        ("演示重复一科技有限公司", "演示重复一科技有限公司党支部"): "single",
        ("演示重复四银行河口支行", "演示重复四银行河口支行党支部"): "single",
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 5, ("problem", "row_duplicate"): True})


@case
def organisations_with_their_units(folder: Path) -> Case:
    """党组织台账 whose units stand in one cell in many ways; last column 党员数 含预备."""
    rows = [
        ["云台县2024年两新组织党组织基本情况表", *[N] * 7],
        ["序号", "党组织全称", "类别", "隶属党组织", "覆盖单位", "成立日期", "党员数（含预备）", "是否功能型"],
        [1, "演示单元集团党委", "党委", "云台县两新工委", "演示单元集团有限公司", "2010年7月1日", 64, "否"],
        [2, "演示单元集团一车间党支部", "支部", "演示单元集团党委", N, "20100701", 30, "否"],
        [3, "城南市场联合党支部", "联合党支部", "城关镇党委", "演示单元一店；演示单元二店;演示单元三店", "2021/7/1", "9名", "否"],
        [4, "快递行业功能型党支部", "功能型党支部", "云台县两新工委", "演示单元快递一公司、演示单元快递二公司等2家", "二〇二二年三月",
         "12", "是"],
    ]  # fmt: skip
    path = xlsx(folder / "党组织基本情况表.xlsx", {"党组织": rows})
    values = of("org", {
        "演示单元集团党委": {"org_kind": "committee", "founded_on": "2010-07-01", "members": 64},
        "演示单元集团一车间党支部": {"org_kind": "branch", "founded_on": "2010-07-01", "members": 30},
        "城南市场联合党支部": {"org_kind": "branch", "founded_on": "2021-07-01", "members": 9},
        "快递行业功能型党支部": {"org_kind": "branch", "founded_on": "2022-03", "members": 12, "functional": True},
    })  # fmt: skip
    values |= covers({
        ("演示单元集团有限公司", "演示单元集团党委"): "*",
        ("演示单元一店", "城南市场联合党支部"): "joint", ("演示单元二店", "城南市场联合党支部"): "joint",
        ("演示单元三店", "城南市场联合党支部"): "joint",
        ("演示单元快递一公司", "快递行业功能型党支部"): "functional",
        ("演示单元快递二公司", "快递行业功能型党支部"): "functional",
    })  # fmt: skip
    return Case(path, values | {("rows", "party_organisations"): 4, ("rows", "covers"): 6})


@case
def theme_days_by_month(folder: Path) -> Case:
    """主题党日开展情况: one column a month, a mark where it was held."""
    months = [f"{month}月" for month in range(1, 13)]
    rows = [
        ["2024年城关镇两新组织主题党日开展情况统计表", *[N] * 13],
        ["序号", "党组织名称", *months],
        [1, "演示甲一制造有限公司党支部", *["√"] * 12],
        [2, "城关镇商圈联合党支部", "√", "√", N, "√", "×", "√", "√", N, "√", "√", "√", "√"],
        ["合计", N, 2, 2, 1, 2, 1, 2, 2, 1, 2, 2, 2, 2],
    ]
    path = xlsx(folder / "主题党日统计表.xlsx", {"主题党日": rows})
    return Case(path, {
        ("months", "演示甲一制造有限公司党支部", "主题党日"): 12, ("months", "城关镇商圈联合党支部", "主题党日"): 9,
    })  # fmt: skip


@case
def years_in_one_column(folder: Path) -> Case:
    """经费台账 with the year as a column; money in 万元 with cells that say 元; a wrong total."""
    one, two = "演示甲一制造有限公司党支部", "城关镇商圈联合党支部"
    rows = [
        ["云台县两新组织党建经费台账", *[N] * 6],
        [*[N] * 5, "单位：万元", N],
        ["序号", "年度", "党组织名称", "财政拨款", "党费返还", "企业投入", "活动支出"],
        [1, "2023年", one, 0.3, 0.1, 1, 0.8],
        [2, N, two, 0.5, "800元", N, 0.45],
        [3, "2024年", one, "0.35万", 0.12, "1.5", "9,600元"],
        [4, N, two, 0.5, 0.09, N, 0.5],
        ["合计", N, N, 1.65, 0.39, 2.6, 2.71],
    ]
    path = xlsx(folder / "经费台账.xlsx", {"经费": rows})
    return Case(path, {
        ("fund@2023", one, "income", "other"): 3000, ("fund@2023", one, "income", "dues_return"): 1000,
        ("fund@2023", one, "income", "enterprise"): 10000, ("fund@2023", one, "spending", "activity"): 8000,
        ("fund@2023", two, "income", "other"): 5000, ("fund@2023", two, "income", "dues_return"): 800,
        ("fund@2023", two, "spending", "activity"): 4500,
        ("fund@2024", one, "income", "other"): 3500, ("fund@2024", one, "income", "dues_return"): 1200,
        ("fund@2024", one, "income", "enterprise"): 15000, ("fund@2024", one, "spending", "activity"): 9600,
        ("fund@2024", two, "income", "other"): 5000, ("fund@2024", two, "income", "dues_return"): 900,
        ("fund@2024", two, "spending", "activity"): 5000,
        ("problem", "total_differs"): True,
    })  # fmt: skip


@case
def instructors_by_township(folder: Path) -> Case:
    rows = [
        ["云台县2024年党建指导员配备情况统计表", *[N] * 5],
        ["乡镇", "党建指导员总数", "其中：专职", "兼职", "联系企业数", "走访次数"],
        ["城关镇", 15, 3, 12, 41, "120次"],
        ["河口镇", "8名", 2, 6, 20, 66],
        ["石桥乡", 3, N, 3, 7, "18余次"],
        ["合计", 26, 5, 21, 68, 204],
    ]
    path = xlsx(folder / "指导员统计表.xlsx", {"指导员": rows})
    values: Values = {}
    for area, row in {"城关镇": (15, 3, 41), "河口镇": (8, 2, 20), "石桥乡": (3, N, 7)}.items():
        for measure, value in zip(
            ("instructors", "instructors_full_time", "units_served"), row, strict=True
        ):
            if value is not N:
                values[("figure", area, "2024", measure)] = value
    return Case(path, values)


@case
def visits_ledger(folder: Path) -> Case:
    rows = [
        ["2024年城关镇党建指导员走访台账", *[N] * 6],
        ["序号", "走访时间", "走访企业", "走访人", "走访内容", "收集问题（个）", "解决问题（个）"],
        [1, "2024.3.5", "演示甲一制造有限公司", "王小明", "政策宣传", 2, 2],
        [2, "3月18日", "演示甲二制造有限公司", "王小明", "组建指导", 1, N],
        [3, "2024/5/7", "演示甲二制造有限公司", "李建国", "组建指导", "无", N],
        [4, serial(2024, 9, 3), "演示甲三制造有限公司", "李建国", "调研", 3, 2],
        ["合计", "4次", "3家", N, N, 6, 4],
    ]
    path = xlsx(folder / "走访台账.xlsx", {"走访": rows})
    return Case(path, {("visits", "count"): 4, ("visits", "units_visited"): 3})


@case
def activities_by_kind_counts(folder: Path) -> Case:
    """活动开展情况: counts of meetings by kind, one row an organisation (times, not single activities)."""
    rows = [
        ["2024年河口镇两新组织组织生活开展情况统计表", *[N] * 7],
        ["序号", "党组织名称", "三会一课", N, N, N, "主题党日（次）", "组织生活会（次）"],
        [N, N, "支部党员大会", "支委会", "党小组会", "党课", N, N],
        [1, "演示大江物流有限公司党总支", 4, 12, 12, 4, 12, 1],
        [2, "河口镇联合党支部", 3, "10次", N, 2, 11, 1],
    ]
    merges = [(0, 0, 0, 7), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 5), (1, 6, 2, 6), (1, 7, 2, 7)]
    path = xlsx(folder / "组织生活统计表.xlsx", {"统计": Sheet(rows, merges)})
    a, b = "演示大江物流有限公司党总支", "河口镇联合党支部"
    return Case(path, {
        ("months", a, "主题党日"): 12, ("months", a, "三会一课"): 32, ("months", a, "组织生活会"): 1,
        ("months", b, "主题党日"): 11, ("months", b, "三会一课"): 15, ("months", b, "组织生活会"): 1,
    })  # fmt: skip


@case
def unfounded_with_reasons(folder: Path) -> Case:
    """未建党组织台账 with reasons in an office's own words and instructors by name."""
    rows = [
        ["附件3", *[N] * 7],
        ["云台县未建立党组织的非公企业和社会组织台账", *[N] * 7],
        ["（截至2024年12月31日）", *[N] * 7],
        [
            "序号",
            "所在乡镇",
            "单位名称",
            "类别",
            "职工总数",
            "党员数",
            "未建立党组织原因",
            "党建指导员",
        ],
        [1, "城关镇", "演示未建一公司", "非公企业", 25, 0, "无党员", "王小明"],
        [2, "〃", "演示未建二公司", "非公企业", 41, 2, "正式党员不足3名", "王小明"],
        [3, "同上", "演示未建三协会", "社会组织", 6, 3, "应建未建，正在筹备", N],
        [4, "河口镇", "演示未建四公司", "非公企业", 9, "0", "没有党员", "李建国"],
    ]
    path = xlsx(folder / "未建台账.xlsx", {"未建": Sheet(rows, [(1, 0, 1, 7), (2, 0, 2, 7)])})
    values = of("unit", {
        "演示未建一公司": {"area": "城关镇", "employees": 25, "members": 0, "reason_unfounded": "none",
                    "has_instructor": True, "sector": "enterprise"},
        "演示未建二公司": {"area": "城关镇", "employees": 41, "members": 2, "reason_unfounded": "too_few",
                    "has_instructor": True, "sector": "enterprise"},
        "演示未建三协会": {"area": "城关镇", "employees": 6, "members": 3, "reason_unfounded": "due", "sector": "social"},
        "演示未建四公司": {"area": "河口镇", "employees": 9, "members": 0, "reason_unfounded": "none",
                    "has_instructor": True, "sector": "enterprise"},
    })  # fmt: skip
    return Case(path, values | {("rows", "units"): 4, ("rows", "covers"): 0})


@case
def dues_and_subsidy_paid(folder: Path) -> Case:
    """党费收缴返还 and subsidy, total with 其中 columns; a 合计 column that must not be added."""
    rows = [
        ["2024年云台县两新组织党费收缴返还及经费补助情况表", *[N] * 8],
        ["单位：元", *[N] * 8],
        ["序号", "党组织名称", "实缴党费", "返还党费", "经费补助合计", "其中", N, N, "活动支出"],
        [N, N, N, N, N, "市级", "县级", "镇级", N],
        [1, "演示甲一制造有限公司党支部", "1,860.50", 1488.4, 6000, 1000, 3000, 2000, 5200],
        [2, "城关镇商圈联合党支部", 420, 336, 4000, 0, 3000, 1000, 3900],
        ["合计", N, 2280.5, 1824.4, 10000, 1000, 6000, 3000, 9100],
    ]
    merges = [(0, 0, 0, 8), (2, 5, 2, 7), *[(2, j, 3, j) for j in (0, 1, 2, 3, 4, 8)], (6, 0, 6, 1)]
    path = xlsx(folder / "党费经费.xlsx", {"党费": Sheet(rows, merges)})
    a, b = "演示甲一制造有限公司党支部", "城关镇商圈联合党支部"
    return Case(path, {
        ("fund", a, "dues_paid", N): 1860.5, ("fund", a, "income", "dues_return"): 1488.4,
        ("fund", a, "income", "fiscal_city"): 1000, ("fund", a, "income", "fiscal_district"): 3000,
        ("fund", a, "income", "fiscal_township"): 2000, ("fund", a, "spending", "activity"): 5200,
        ("fund", b, "dues_paid", N): 420, ("fund", b, "income", "dues_return"): 336,
        ("fund", b, "income", "fiscal_district"): 3000, ("fund", b, "income", "fiscal_township"): 1000,
        ("fund", b, "spending", "activity"): 3900, ("total", "funds", "income"): 11824.4,
    })  # fmt: skip
