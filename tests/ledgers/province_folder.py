"""Offices of other provinces, invented: parks, streets, industry committees, each in a form of its own.

Written as county_folder.py is, before the code that reads them was looked at; values are addressed in the same way.
"""

from __future__ import annotations

from pathlib import Path

from county_folder import Case, Values, covers, of
from office_writer import Document, Sheet, docx, mht, separated, xlsx, xml_spreadsheet

N = None
CASES = {}


def case(make):
    CASES[make.__name__] = make
    return make


@case
def park_with_printed_pages(folder: Path) -> Case:
    """园区一览表: heading of two rows on each printed page, 本页小计, units in cells, full-width digits, ticks."""
    head = [
        [
            "序号",
            "载体",
            "企业名称",
            "是否规上",
            "职工数",
            "党员情况",
            N,
            N,
            "党组织建设情况",
            N,
            N,
            "党建指导员",
            "备注",
        ],
        [N, N, N, N, N, "总数", "正式", "预备", "组建形式", "党组织名称", "成立年月", N, N],
    ]
    rows = [
        ["锦溪高新产业园企业党建工作一览表", *[N] * 12],
        ["填报单位：锦溪高新产业园党工委", *[N] * 8, "2025年12月", N, N, N],
        *head,
        [
            1,
            "一号楼",
            "锦溪宏图精密有限公司",
            "√",
            "126人",
            "5名",
            "４",
            "1",
            "独立组建",
            "锦溪宏图精密有限公司党支部",
            "2019.3",
            "周正",
            N,
        ],
        [
            2,
            N,
            "锦溪云帆软件有限公司",
            N,
            "３５人",
            2,
            2,
            0,
            "联合组建",
            "锦溪一号楼联合党支部",
            "20年6月",
            "周正",
            N,
        ],
        [
            3,
            N,
            "锦溪木易家具有限公司",
            "×",
            "18",
            1,
            1,
            N,
            "联合组建",
            "锦溪一号楼联合党支部",
            "20年6月",
            N,
            N,
        ],
        ["本页小计", N, N, 1, 179, 8, 7, 1, N, N, N, N, N],
        *head,
        [
            4,
            "二号楼",
            "锦溪天禾食品有限公司",
            "√",
            "210人",
            12,
            11,
            1,
            "独立组建",
            "锦溪天禾食品有限公司党总支",
            "二〇一六年九月",
            "吴敏",
            N,
        ],
        [5, N, "锦溪百川物流有限公司", N, "44人", N, N, N, "未建", N, N, "吴敏", "无党员"],
        [
            6,
            N,
            "锦溪同德印刷有限公司",
            N,
            "9人",
            "1名",
            "1",
            N,
            "挂靠",
            "锦溪天禾食品有限公司党总支",
            N,
            N,
            N,
        ],
        ["本页小计", N, N, 1, 263, 13, 12, 1, N, N, N, N, N],
        ["总计", N, N, 2, 442, 21, 19, 2, N, N, N, N, N],
        ["审核人：", N, N, N, "填表人：", *[N] * 8],
    ]
    pages = Sheet(
        rows,
        merges=[
            (0, 0, 0, 12),
            (2, 5, 2, 7),
            (2, 8, 2, 10),
            (4, 1, 6, 1),
            (10, 1, 12, 1),
            (8, 5, 8, 7),
            (8, 8, 8, 10),
        ],
    )
    lists = Sheet([["独立组建"], ["联合组建"], ["挂靠"], ["未建"]], hidden=True)
    path = xlsx(folder / "园区企业党建一览表.xlsx", {"一览表": pages, "数据源": lists})
    values: Values = of(
        "unit",
        {
            "锦溪宏图精密有限公司": {
                "above_scale": True,
                "employees": 126,
                "full_members": 4,
                "probationary_members": 1,
                "has_instructor": True,
            },
            "锦溪云帆软件有限公司": {
                "employees": 35,
                "full_members": 2,
                "probationary_members": 0,
                "has_instructor": True,
            },
            "锦溪木易家具有限公司": {"above_scale": False, "employees": 18, "full_members": 1},
            "锦溪天禾食品有限公司": {
                "above_scale": True,
                "employees": 210,
                "full_members": 11,
                "probationary_members": 1,
            },
            "锦溪百川物流有限公司": {"employees": 44, "has_instructor": True},
            "锦溪同德印刷有限公司": {"employees": 9, "full_members": 1},
        },
    )
    values |= covers(
        {
            ("锦溪宏图精密有限公司", "锦溪宏图精密有限公司党支部"): "single",
            ("锦溪云帆软件有限公司", "锦溪一号楼联合党支部"): "joint",
            ("锦溪木易家具有限公司", "锦溪一号楼联合党支部"): "joint",
            ("锦溪天禾食品有限公司", "锦溪天禾食品有限公司党总支"): "single",
            ("锦溪同德印刷有限公司", "锦溪天禾食品有限公司党总支"): "attached",
        }
    )
    values |= of(
        "org",
        {
            "锦溪宏图精密有限公司党支部": {"org_kind": "branch", "founded_on": "2019-03"},
            "锦溪一号楼联合党支部": {"org_kind": "branch", "founded_on": "2020-06"},
            "锦溪天禾食品有限公司党总支": {"org_kind": "general_branch", "founded_on": "2016-09"},
        },
    )
    return Case(path, values | {("rows", "units"): 6, ("rows", "party_organisations"): 3})


@case
def townships_two_storeys(folder: Path) -> Case:
    """基本情况统计表: one row a township, groups by sector, a rate column, 合计 at the top, note and signatures."""
    rows = [
        ["云台县各镇（街道）两新组织党建工作基本情况统计表", *[N] * 12],
        ["统计截止：2025年12月31日", *[N] * 11, "单位：个、名"],
        [
            "镇（街道）",
            "非公有制企业",
            N,
            N,
            N,
            "社会组织",
            N,
            "党组织",
            N,
            N,
            N,
            "党员数",
            "党建指导员数",
        ],
        [
            N,
            "总数",
            "其中：规模以上",
            "已建党组织数",
            "覆盖率",
            "总数",
            "已建党组织数",
            "小计",
            "党委",
            "党总支",
            "党支部",
            N,
            N,
        ],
        ["全县合计", 330, 25, 195, "59.1%", 44, 23, 131, 2, 5, 124, 1004, 46],
        ["青榄镇", 120, 12, 84, "70.0%", 15, 9, 52, 1, 2, 49, 431, 18],
        ["石湾街道", 150, 10, 75, "50.0%", 20, 10, 58, 1, 3, 54, 438, 20],
        ["水尾镇", 60, 3, 36, "60.0%", 9, 4, 21, 0, 0, 21, 135, 8],
        ["注：覆盖率＝已建党组织数÷企业总数。", *[N] * 12],
        ["单位负责人：", N, N, "填表人：", N, N, "联系电话：", *[N] * 6],
    ]
    path = xlsx(
        folder / "各镇街基本情况.xlsx",
        {
            "Sheet1": Sheet(
                rows,
                merges=[
                    (0, 0, 0, 12),
                    (2, 0, 3, 0),
                    (2, 1, 2, 4),
                    (2, 5, 2, 6),
                    (2, 7, 2, 10),
                    (2, 11, 3, 11),
                    (2, 12, 3, 12),
                ],
            )
        },
    )
    names = (
        "units_enterprise",
        "units_above_scale",
        "units_enterprise_covered",
        "units_social",
        "units_social_covered",
        "party_orgs",
        "committees",
        "general_branches",
        "branches",
        "members",
    )
    table = {
        "青榄镇": (120, 12, 84, 15, 9, 52, 1, 2, 49, 431),
        "石湾街道": (150, 10, 75, 20, 10, 58, 1, 3, 54, 438),
        "水尾镇": (60, 3, 36, 9, 4, 21, 0, 0, 21, 135),
    }
    return Case(
        path,
        {
            ("figure", place, "2025", name): number
            for place, row in table.items()
            for name, number in zip(names, row, strict=True)
        },
    )


@case
def six_haves_with_circles(folder: Path) -> Case:
    """六有 matrix: √ has, ○ under way, × not, blank unknown; a legend below."""
    rows = [
        ["云台县非公企业党组织“六有”建设推进情况表", *[N] * 8],
        ["序号", "党组织名称", "有场所", "有设施", "有标志", "有党旗", "有书报", "有制度", "备注"],
        [1, "阳城恒瑞化工党支部", "√", "√", "√", "√", "√", "√", N],
        [2, "阳城汇通商贸党支部", "√", "○", "√", "√", "√", "√", "设施在采购"],
        [3, "阳城永安电器党支部", "√", "√", "√", "√", "√", "√", N],
        [4, "阳城金谷粮油党支部", "×", "×", "√", "√", N, "√", N],
        [5, "阳城鼎盛建材党支部", "√", "√", "√", "√", "√", N, N],
        ["说明：√表示已达到，○表示正在建设，×表示没有。", *[N] * 8],
    ]
    path = xlsx(
        folder / "六有推进表.xlsx", {"六有": Sheet(rows, merges=[(0, 0, 0, 8), (7, 0, 7, 8)])}
    )
    return Case(path, {("figure", "*", "2025", "orgs_six_haves"): 2})


@case
def stars_with_review(folder: Path) -> Case:
    """评星: 自评得分, 街道初核, 区级复核, 审定星级 as words, ★ marks, 不定星 and 暂缓."""
    rows = [
        ["2025年度两新党组织星级评定复核汇总表", *[N] * 8],
        [
            "序号",
            "党组织名称",
            "上年度星级",
            "自评得分",
            "街道初核得分",
            "区级复核得分",
            "审定星级",
            "是否一票否决",
            "备注",
        ],
        [1, "东湖律师事务所党支部", "四星", 96, 94.5, 93, "五星级", "否", N],
        [2, "东湖快递行业党支部", "★★★", "91分", 88, 86.5, "★★★★", "否", N],
        [3, "东湖民办幼儿园党支部", "二星级", 80, 76, 74, "3星", N, N],
        [4, "东湖康养中心党支部", "三星", 78, 60, 55, "不定星", "是", "整改"],
        [5, "东湖电商协会党支部", "未评", 70, 71, 69, "二星", "否", "新成立"],
    ]
    path = xlsx(folder / "星级评定复核.xlsx", {"复核": Sheet(rows, merges=[(0, 0, 0, 8)])})
    return Case(
        path,
        of(
            "star",
            {
                "东湖律师事务所党支部": {
                    "stars": 5,
                    "stars_previous": 4,
                    "score_self": 96,
                    "score_first": 94.5,
                    "score_final": 93,
                    "vetoed": False,
                },
                "东湖快递行业党支部": {
                    "stars": 4,
                    "stars_previous": 3,
                    "score_self": 91,
                    "score_first": 88,
                    "score_final": 86.5,
                },
                "东湖民办幼儿园党支部": {
                    "stars": 3,
                    "stars_previous": 2,
                    "score_self": 80,
                    "score_final": 74,
                },
                "东湖康养中心党支部": {
                    "stars": N,
                    "stars_previous": 3,
                    "score_final": 55,
                    "vetoed": True,
                },
                "东湖电商协会党支部": {"stars": 2, "stars_previous": N, "score_first": 71},
            },
        )
        | {("rows", "stars"): 5},
    )


@case
def account_with_subjects(folder: Path) -> Case:
    """现金日记账 of one branch: 科目 column, 上月结转, 本月合计, 本年累计, blank date in the same month."""
    rows = [
        ["云台县宏达矿业有限公司党支部党建经费收支明细账（2025年）", *[N] * 6],
        ["日期", "凭证号", "科目", "摘要", "收入（元）", "支出（元）", "余额（元）"],
        [N, N, N, "上年结转", N, N, 3200],
        ["1月8日", "记1", "上级党费返还", "收2024年返还党费", 2400, N, 5600],
        ["1月20日", "记2", "活动费", "主题党日租车", N, 800, 4800],
        [N, N, N, "本月合计", 2400, 800, 4800],
        [N, N, N, "本年累计", 2400, 800, 4800],
        ["3月5日", "记3", "财政补助", "县财政拨党建经费", 6000, N, 10800],
        ["3月6日", "记4", "企业配套", "公司配套党建经费", 5000, N, 15800],
        ["3月18日", "记5", "培训费", "书记参加县委党校培训", N, 1500, 14300],
        [N, N, N, "本月合计", 11000, 1500, 14300],
        [N, N, N, "本年累计", 13400, 2300, 14300],
        ["7月1日", "记6", "活动费", "七一活动场地布置", N, 1260.5, 13039.5],
        ["7月2日", "记7", "办公费", "购笔记本", N, 300, 12739.5],
        [N, N, N, "本月合计", 0, 1560.5, 12739.5],
        [N, N, N, "本年累计", 13400, 3860.5, 12739.5],
    ]
    path = xlsx(
        folder / "宏达矿业党支部明细账.xlsx", {"明细账": Sheet(rows, merges=[(0, 0, 0, 6)])}
    )
    org = "云台县宏达矿业有限公司党支部"
    return Case(
        path,
        {
            ("fund", org, "income", "dues_return"): 2400,
            ("fund", org, "income", "fiscal_district"): 6000,
            ("fund", org, "income", "enterprise"): 5000,
            ("fund", org, "spending", "activity"): 2060.5,
            ("fund", org, "spending", "secretary_training"): 1500,
            ("fund", org, "spending", "organisation"): 300,
            ("total", "funds", "income"): 13400,
            ("total", "funds", "spending"): 3860.5,
        },
    )


@case
def cards_three_across(folder: Path) -> Case:
    """一企一档: a contents sheet and one sheet a firm, three pairs of label and value in a row."""

    def card(name, kind, staff, full, trial, how, org, day):
        return Sheet(
            [
                ["两新组织党建工作信息卡", *[N] * 5],
                ["单位名称", name, "单位类别", kind, "从业人员（人）", staff],
                ["正式党员（名）", full, "预备党员（名）", trial, "组建方式", how],
                ["党组织名称", org, "成立时间", day, "活动场所", "有"],
                ["主要做法", "略", N, N, N, N],
            ],
            merges=[(0, 0, 0, 5), (4, 1, 4, 5)],
        )

    made = {
        "目录": Sheet(
            [
                ["序号", "单位名称", "页码"],
                [1, "永兴机械有限公司", 1],
                [2, "启明教育培训学校", 2],
                [3, "兴农合作社", 3],
            ]
        ),
        "永兴机械": card(
            "永兴机械有限公司",
            "法人企业",
            "86人",
            "5名",
            1,
            "单独",
            "永兴机械有限公司党支部",
            "2018年4月",
        ),
        "启明学校": card(
            "启明教育培训学校", "民办学校", 32, 2, 0, "联合", "城南联合党支部", "25年3月"
        ),
        "兴农": card("兴农合作社", "合作社", "11", "1", "无", "联合", "城南联合党支部", "25年3月"),
    }
    path = xlsx(folder / "一企一档.xlsx", made)
    values = of(
        "unit",
        {
            "永兴机械有限公司": {
                "employees": 86,
                "full_members": 5,
                "probationary_members": 1,
                "kind": "法人企业",
                "place": True,
            },
            "启明教育培训学校": {
                "employees": 32,
                "full_members": 2,
                "probationary_members": 0,
                "kind": "民办学校",
                "sector": "social",
            },
            "兴农合作社": {"employees": 11, "full_members": 1, "kind": "合作社"},
        },
    )
    values |= covers(
        {
            ("永兴机械有限公司", "永兴机械有限公司党支部"): "single",
            ("启明教育培训学校", "城南联合党支部"): "joint",
            ("兴农合作社", "城南联合党支部"): "joint",
        }
    )
    return Case(
        path, values | {("org", "城南联合党支部", "founded_on"): "2025-03", ("rows", "units"): 3}
    )


@case
def firms_left_societies_right(folder: Path) -> Case:
    """Two lists side by side, firms and societies of a street, with a blank column between and different lengths."""
    rows = [
        ["平安街道两新组织名册（2025年）", *[N] * 10],
        ["一、非公企业", N, N, N, N, N, "二、社会组织", N, N, N, N],
        [
            "序号",
            "企业名称",
            "从业人员",
            "党员数",
            "党组织名称",
            N,
            "序号",
            "社会组织名称",
            "从业人员",
            "党员数",
            "党组织名称",
        ],
        [
            1,
            "平安饭店有限公司",
            66,
            4,
            "平安饭店党支部",
            N,
            1,
            "平安街道商会",
            8,
            3,
            "平安商会党支部",
        ],
        [2, "顺达汽修有限公司", 21, 2, N, N, 2, "夕阳红艺术团", 15, 0, N],
        [3, "安泰药房有限公司", 12, 0, N, N, N, N, N, N, N],
        ["合计", N, 99, 6, N, N, "合计", N, 23, 3, N],
    ]
    path = xlsx(
        folder / "平安街道名册.xlsx",
        {"名册": Sheet(rows, merges=[(0, 0, 0, 10), (1, 0, 1, 4), (1, 6, 1, 10)])},
    )
    return Case(
        path,
        of(
            "unit",
            {
                "平安饭店有限公司": {
                    "employees": 66,
                    "members": 4,
                    "sector": "enterprise",
                    "area": "平安街道",
                },
                "顺达汽修有限公司": {"employees": 21, "members": 2, "sector": "enterprise"},
                "安泰药房有限公司": {"employees": 12, "members": 0, "sector": "enterprise"},
                "平安街道商会": {"employees": 8, "members": 3, "sector": "social"},
                "夕阳红艺术团": {"employees": 15, "members": 0, "sector": "social"},
            },
        )
        | covers(
            {
                ("平安饭店有限公司", "平安饭店党支部"): "single",
                ("平安街道商会", "平安商会党支部"): "single",
            }
        )
        | {("rows", "units"): 5},
    )


@case
def years_as_columns_own_words(folder: Path) -> Case:
    """历年情况: one column a year, items in the office's own words, numbered sections."""
    rows = [
        ["云台县新兴领域党建工作历年主要数据", *[N] * 4],
        ["序号", "项 目", "2023年", "2024年", "2025年"],
        ["一", "组织建设", N, N, N],
        [1, "党组织总数（个）", 210, 221, 233],
        [2, "其中：党委数", 3, 3, 4],
        [3, "党总支数", 9, 10, 10],
        [4, "党支部数", 198, 208, 219],
        ["二", "党员队伍", N, N, N],
        [5, "党员总数（名）", "1,830", "1,905", "2,012"],
        [6, "当年发展党员（名）", 41, 45, 52],
        ["三", "工作力量", N, N, N],
        [7, "党群服务中心（个）", 6, 9, 11],
        [8, "党组织书记轮训人数", 180, 205, 226],
    ]
    path = xlsx(folder / "历年主要数据.xlsx", {"Sheet1": Sheet(rows, merges=[(0, 0, 0, 4)])})
    numbers = {
        "party_orgs": (210, 221, 233),
        "committees": (3, 3, 4),
        "general_branches": (9, 10, 10),
        "branches": (198, 208, 219),
        "members": (1830, 1905, 2012),
        "admissions": (41, 45, 52),
        "centres": (6, 9, 11),
        "secretaries_trained": (180, 205, 226),
    }
    return Case(
        path,
        {
            ("figure", "*", year, name): number
            for name, row in numbers.items()
            for year, number in zip(("2023", "2024", "2025"), row, strict=True)
        },
    )


@case
def quarters_of_activities(folder: Path) -> Case:
    """开展组织生活情况: 一季度 to 四季度 as columns under 主题党日 (flows), 合计."""
    rows = [
        ["2025年各支部主题党日开展次数统计表", *[N] * 6],
        ["序号", "党组织名称", "一季度", "二季度", "三季度", "四季度", "合计"],
        [1, "和顺纺织党支部", 3, 3, 2, 3, 11],
        [2, "和顺五金党支部", 3, 3, 3, 3, 12],
        [3, "和顺商会党支部", 2, 1, N, 1, 4],
        ["合计", N, 8, 7, 5, 7, 27],
    ]
    path = xlsx(folder / "主题党日季度统计.xlsx", {"统计": Sheet(rows, merges=[(0, 0, 0, 6)])})
    return Case(
        path,
        {
            ("months", "和顺纺织党支部", "主题党日"): 11,
            ("months", "和顺五金党支部", "主题党日"): 12,
            ("months", "和顺商会党支部", "主题党日"): 4,
        },
    )


@case
def quarters_of_money(folder: Path) -> Case:
    """区级党建经费分季度拨付表: money by quarter with 合计 (万元), one row a branch."""
    rows = [
        ["2025年区级两新党建工作经费分季度拨付情况表", *[N] * 6],
        [N, N, N, N, N, N, "单位：万元"],
        ["序号", "党组织名称", "第一季度", "第二季度", "第三季度", "第四季度", "全年合计"],
        [1, "南岗制药党委", 0.5, 0.5, 0.5, 0.5, 2],
        [2, "南岗传媒党支部", 0.1, 0.1, N, 0.15, 0.35],
        [3, "南岗物业党支部", "0.10", "0.10", "0.10", "0.10", "0.40"],
        ["合计", N, 0.7, 0.7, 0.6, 0.75, 2.75],
    ]
    path = xlsx(folder / "区级经费季度拨付.xlsx", {"拨付": Sheet(rows, merges=[(0, 0, 0, 6)])})
    return Case(
        path,
        {
            ("fund", "南岗制药党委", "income", "fiscal_district"): 20000,
            ("fund", "南岗传媒党支部", "income", "fiscal_district"): 3500,
            ("fund", "南岗物业党支部", "income", "fiscal_district"): 4000,
            ("total", "funds", "income"): 27500,
        },
    )


@case
def quarters_of_figures(folder: Path) -> Case:
    """季度报表: items over four quarters; flows are added, stocks take the last quarter."""
    rows = [
        ["云台县两新党建工作季度报表", *[N] * 6],
        ["指标", "单位", "一季度", "二季度", "三季度", "四季度", "备注"],
        ["发展党员", "名", 3, 5, 2, 4, N],
        ["走访", "家次", 40, 52, 38, 61, N],
        ["收集意见", "条", 12, 15, 9, 20, N],
        ["党群服务中心", "个", 7, 7, 8, 9, N],
        ["党员总数", "名", 880, 884, 889, 893, N],
    ]
    path = xlsx(folder / "季度报表.xlsx", {"报表": Sheet(rows, merges=[(0, 0, 0, 6)])})
    return Case(
        path,
        {
            ("figure", "*", "2025", "admissions"): 14,
            ("figure", "*", "2025", "visits"): 191,
            ("figure", "*", "2025", "opinions"): 56,
            ("figure", "*", "2025", "centres"): 9,
            ("figure", "*", "2025", "members"): 893,
        },
    )


@case
def activities_with_calls(folder: Path) -> Case:
    """活动记录 of an industry committee: dates as 2025.3.7 and 3月9日, 应到/实到 in one cell, visits among them."""
    rows = [
        ["快递外卖行业党委2025年活动登记表", *[N] * 7],
        ["序号", "时间", "所属党组织", "活动类别", "活动内容", "应到/实到", "经费支出", "地点"],
        [1, "2025.3.7", "顺风快递党支部", "主题党日", "学雷锋志愿服务", "15/13", "600元", "站点"],
        [2, "3月9日", "顺风快递党支部", "走访慰问", "走访困难骑手", "3/3", "0.2万元", "社区"],
        [3, "2025年4月", "美达外卖党支部", "支部党员大会", "换届选举", "22/20", N, "会议室"],
        [4, "二〇二五年五月十二日", "美达外卖党支部", "组织生活会", "专题", "22/21", 0, "会议室"],
        [5, "2025-6-30", "美达外卖党支部", "书记讲党课", "七一党课", "22/19", "350", "驿站"],
        [6, "7月8日", "美达外卖党支部", "走访企业", "走访站点所在企业两家", N, N, N],
        [7, "25年8月", "美达外卖党支部", "走访企业", "征求意见", N, N, N],
        ["合计", N, N, "7次", N, "84/76", "2950元", N],
    ]
    path = xlsx(folder / "行业党委活动登记.xlsx", {"登记表": Sheet(rows, merges=[(0, 0, 0, 7)])})
    return Case(
        path,
        {
            ("activity", "顺风快递党支部", "2025-03-07", "kind"): "主题党日",
            ("activity", "顺风快递党支部", "2025-03-07", "due"): 15,
            ("activity", "顺风快递党支部", "2025-03-07", "present"): 13,
            ("activity", "顺风快递党支部", "2025-03-07", "cost"): 600,
            ("months", "美达外卖党支部", "三会一课"): 2,
            ("activity", "美达外卖党支部", "2025-05-12", "kind"): "组织生活会",
            ("activity", "美达外卖党支部", "2025-05-12", "present"): 21,
            ("activity", "美达外卖党支部", "2025-06-30", "due"): 22,
            ("activity", "美达外卖党支部", "2025-06-30", "cost"): 350,
            ("activity", "顺风快递党支部", "2025-03-09", "kind"): "其他",
            ("activity", "顺风快递党支部", "2025-03-09", "cost"): 2000,
            ("rows", "activities"): 5,
            ("visits", "count"): 2,
        },
    )


@case
def word_with_two_tables(folder: Path) -> Case:
    """A Word report: text, a table of branches, text, a table of money; caption above each."""
    orgs = Sheet(
        [
            ["序号", "党组织名称", "类别", "隶属", "覆盖单位", "党员数", "成立时间"],
            [
                "1",
                "白云宾馆党支部",
                "党支部",
                "白云街道党工委",
                "白云宾馆有限公司",
                "7",
                "2015年7月",
            ],
            [
                "2",
                "白云商圈联合党支部",
                "联合党支部",
                "白云街道党工委",
                "好又多超市有限公司、新华书屋有限公司",
                "5",
                "2022.11",
            ],
            ["合计", "2个", N, N, N, "12", N],
        ]
    )
    money = Sheet(
        [
            ["党组织名称", "街道拨付", "返还党费", "企业支持", "活动支出"],
            ["白云宾馆党支部", "3000元", "1,260.00", "0.5万", "4200"],
            ["白云商圈联合党支部", "3000元", "800", "—", "2350.5"],
        ]
    )
    path = docx(
        folder / "白云街道2025年两新党建情况.docx",
        Document(
            [
                "白云街道2025年两新组织党建工作情况",
                "一、党组织情况",
                orgs,
                "二、经费保障情况（单位：元）",
                money,
                "白云街道党工委",
                "2025年12月26日",
            ]
        ),
    )
    one, two = "白云宾馆党支部", "白云商圈联合党支部"
    return Case(
        path,
        of(
            "org",
            {
                one: {"members": 7, "founded_on": "2015-07", "org_kind": "branch"},
                two: {"members": 5, "founded_on": "2022-11"},
            },
        )
        | covers(
            {
                ("白云宾馆有限公司", one): "single",
                ("好又多超市有限公司", two): "joint",
                ("新华书屋有限公司", two): "joint",
            }
        )
        | {
            ("fund", one, "income", "fiscal_township"): 3000,
            ("fund", one, "income", "dues_return"): 1260,
            ("fund", one, "income", "enterprise"): 5000,
            ("fund", one, "spending", "activity"): 4200,
            ("fund", two, "income", "fiscal_township"): 3000,
            ("fund", two, "income", "dues_return"): 800,
            ("fund", two, "spending", "activity"): 2350.5,
        },
    )


@case
def instructors_as_mht(folder: Path) -> Case:
    """党建指导员 list saved as a web page: firms in one merged group per instructor, 专/兼 ticks, visits in words."""
    rows = [
        ["2025年党建指导员选派情况一览表", *[N] * 6],
        ["序号", "指导员编号", "选派单位", "专职", "兼职", "联系企业", "走访次数"],
        ["1", "ZD01", "区市场监管局", "√", N, "宏远塑业有限公司", "12次"],
        [N, N, N, N, N, "宏远包装有限公司", "10次"],
        ["2", "ZD02", "区税务局", N, "√", "长青园林有限公司", "6"],
        ["3", "ZD03", "区工商联", N, "√", "丽都酒店有限公司", "8次"],
        [N, N, N, N, N, "丽都洗涤有限公司", "４次"],
        ["合计", "3名", N, 1, 2, "5家", "40次"],
    ]
    path = mht(
        folder / "指导员选派.xls",
        Sheet(
            rows,
            merges=[
                (0, 0, 0, 6),
                *[(2, c, 3, c) for c in range(5)],
                *[(5, c, 6, c) for c in range(5)],
            ],
        ),
    )
    return Case(
        path,
        {
            ("instructors", "count"): 3,
            ("instructors", "full_time"): 1,
            ("instructors", "units_served"): 5,
            ("visits", "count"): 40,
            ("visits", "units_visited"): 5,
        },
    )


@case
def gbk_groups(folder: Path) -> Case:
    """csv in GBK: a title line, a line of units, the township only in the first row of its group, 小计, 总计."""
    rows = [
        ["2025年两新组织党建工作经费收支表"],
        ["单位：元"],
        [
            "乡镇",
            "党组织",
            "上年党费返还",
            "县财政补助",
            "乡镇配套",
            "企业投入",
            "支出合计",
            "其中：活动支出",
            "备注",
        ],
        ["古城镇", "古城水泥厂党支部", "1200", "3000", "3000", "1.2万", "8600", "6100", ""],
        ["", "古城联合党支部", "450", "3000", "3000", "", "5200", "5200", ""],
        ["小计", "2", "1650", "6000", "6000", "12000", "13800", "11300", ""],
        ["新街乡", "新街茶业党支部", "", "3000", "1500", "２０００", "4100", "3900", ""],
        ["小计", "1", "0", "3000", "1500", "2000", "4100", "3900", ""],
        ["总计", "3", "1650", "9000", "7500", "14000", "17900", "15200", ""],
    ]
    path = separated(folder / "经费收支.csv", rows, "gbk")
    a, b, c = "古城水泥厂党支部", "古城联合党支部", "新街茶业党支部"
    return Case(
        path,
        {
            ("ask", "fund", a, "income", "dues_return"): 1200,
            ("fund", a, "income", "fiscal_district"): 3000,
            ("fund", a, "income", "fiscal_township"): 3000,
            ("fund", a, "income", "enterprise"): 12000,
            ("fund", a, "spending", "activity"): 6100,
            ("ask", "fund", b, "income", "dues_return"): 450,
            ("fund", b, "income", "fiscal_district"): 3000,
            ("fund", b, "income", "fiscal_township"): 3000,
            ("fund", b, "spending", "activity"): 5200,
            ("fund", c, "income", "fiscal_district"): 3000,
            ("fund", c, "income", "fiscal_township"): 1500,
            ("fund", c, "income", "enterprise"): 2000,
            ("fund", c, "spending", "activity"): 3900,
            ("fund", a, "spending", "other"): 2500,
            ("fund", c, "spending", "other"): 200,
            ("total", "funds", "spending"): 17900,
        },
    )


@case
def report_in_own_words(folder: Path) -> Case:
    """工作报表: numbered items in own words, 其中 rows, unit in the item, 12名 in the cell, a blank and a 无."""
    rows = [
        ["云台县两新组织党建工作情况统计表", *[N] * 3],
        ["（2025年度）", *[N] * 3],
        ["填报单位：云台县委社会工作部", N, N, "填报时间：2026年1月5日"],
        ["序号", "内容", "数量", "说明"],
        ["一、", "党组织建设", N, N],
        ["1", "现有党组织", "86个", N],
        ["2", "其中：党委", "2个", N],
        ["3", "　　　党总支", "5个", N],
        ["4", "　　　党支部", "79个", N],
        ["5", "其中：联合党支部", "21个", N],
        ["二、", "党员队伍建设", N, N],
        ["6", "现有党员", "1,035名", N],
        ["7", "本年度发展党员", "12名", N],
        ["8", "流动党员", "无", N],
        ["三、", "阵地建设", N, N],
        ["9", "建成党群服务中心", "8个", N],
        ["10", "党建示范点", "１５个", N],
        ["四、", "工作开展", N, N],
        ["11", "走访企业", "320家次", N],
        ["12", "收集意见建议", "75条", N],
        ["13", "解决问题", "61个", N],
        ["14", "书记培训", "80人", N],
        ["15", "领导满意度", "98%", "测评"],
    ]
    path = xlsx(
        folder / "工作情况统计.xlsx", {"统计表": Sheet(rows, merges=[(0, 0, 0, 3), (1, 0, 1, 3)])}
    )
    numbers = {
        "party_orgs": 86,
        "committees": 2,
        "general_branches": 5,
        "branches": 79,
        "joint_orgs": 21,
        "members": 1035,
        "admissions": 12,
        "floating_members": 0,
        "centres": 8,
        "demo_points": 15,
        "visits": 320,
        "opinions": 75,
        "problems_solved": 61,
        "secretaries_trained": 80,
    }
    return Case(path, {("figure", "*", "2025", name): number for name, number in numbers.items()})


@case
def branches_with_changes(folder: Path) -> Case:
    """党组织名册 as XML Spreadsheet: place per group, 正式/预备 columns, dissolved and turned ones in remarks."""
    rows = [
        ["云台县两新党组织名册", *[N] * 8],
        ["所在乡镇", "党组织名称", "党组织类型", "党员数", N, N, "成立日期", "撤销日期", "备注"],
        [N, N, N, "小计", "正式党员", "预备党员", N, N, N],
        ["河东镇", "西山酒业党委", "党委", 0, N, N, "2010.5.1", N, "下设2个支部"],
        [N, "西山酒业第一党支部", "支部", 9, 8, 1, "2010年5月", N, N],
        [N, "西山酒业第二党支部", "支部", 6, 6, 0, "2010年5月", N, N],
        [
            "河西乡",
            "河西砂石党支部",
            "支部",
            3,
            3,
            N,
            "2017/8/2",
            "2025.9.30",
            "企业注销，支部撤销",
        ],
        [N, "河西农家乐联合党支部", "联合支部", 4, 3, 1, "2023年11月", N, N],
    ]
    path = xml_spreadsheet(
        folder / "党组织名册.xls",
        {"名册": Sheet(rows, merges=[(0, 0, 0, 8), (1, 3, 1, 5), (3, 0, 5, 0), (6, 0, 7, 0)])},
    )
    return Case(
        path,
        of(
            "org",
            {
                "西山酒业党委": {"org_kind": "committee", "founded_on": "2010-05-01", "area": "*"},
                "西山酒业第一党支部": {"org_kind": "branch", "members": 9, "founded_on": "2010-05"},
                "西山酒业第二党支部": {"org_kind": "branch", "members": 6},
                "河西砂石党支部": {
                    "members": 3,
                    "founded_on": "2017-08-02",
                    "ended_on": "2025-09-30",
                },
                "河西农家乐联合党支部": {"members": 4, "founded_on": "2023-11"},
            },
        )
        | {("rows", "party_organisations"): 5},
    )


@case
def totals_against_ledgers(folder: Path) -> Case:
    """A folder: the list of units and the 工作报表 of the same place, which types totals as well."""
    units = [
        [
            "单位名称",
            "组织类型",
            "正式党员",
            "预备党员",
            "是否建立党组织",
            "党组织名称",
            "组建方式",
        ],
        ["甲子制衣有限公司", "非公企业", 4, 1, "是", "甲子制衣党支部", "单独"],
        ["乙丑烘焙有限公司", "非公企业", 1, 0, "否", N, N],
        ["丙寅助学基金会", "社会组织", 2, 0, "否", N, N],
    ]
    report = [
        ["指标", "数值", "单位"],
        ["两新组织数", 4, "家"],
        ["党组织数", 1, "个"],
        ["走访", 30, "家次"],
    ]
    xlsx(folder / "组织台账.xlsx", {"组织": Sheet(units)})
    xlsx(folder / "工作报表.xlsx", {"报表": Sheet(report)})
    return Case(
        folder,
        {
            ("rows", "units"): 3,
            ("unit", "甲子制衣有限公司", "full_members"): 4,
            ("unit", "乙丑烘焙有限公司", "full_members"): 1,
            ("unit", "丙寅助学基金会", "full_members"): 2,
            ("figure", "*", "2025", "visits"): 30,
        },
    )


@case
def account_with_dues(folder: Path) -> Case:
    """党费收支明细账 of one branch: dues of members pass through, are paid on, and come back in part; no 科目."""
    rows = [
        ["新光电子有限公司党支部党费收支明细账", *[N] * 5],
        ["2025年度", *[N] * 4, "单位：元"],
        ["月日", "摘要", "收方", "付方", "结余", "备注"],
        [N, "承前页", N, N, 500, N],
        ["1.10", "收一季度党员党费", 620, N, 1120, N],
        ["1.15", "上缴党费", N, 620, 500, N],
        ["4.20", "收到返还党费", 1500, N, 2000, N],
        ["5.8", "购党员活动用品（活动经费）", N, 380, 1620, N],
        [N, "合计", 2120, 1000, 1620, N],
    ]
    path = xlsx(folder / "党费收支明细账.xlsx", {"账": Sheet(rows, merges=[(0, 0, 0, 5)])})
    org = "新光电子有限公司党支部"
    return Case(
        path,
        {
            ("fund", org, "income", "dues_return"): 1500,
            ("fund", org, "dues_paid", None): 620,
            ("fund", org, "spending", "activity"): 380,
            ("total", "funds", "income"): 1500,
            ("total", "funds", "spending"): 380,
            ("problem", "党员交来的党费不计入经费收入"): True,
        },
    )
