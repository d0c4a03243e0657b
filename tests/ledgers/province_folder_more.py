"""A second round of forms of other provinces, written as the first one (province_folder.py)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from county_folder import Case, Values, covers, of
from office_writer import Document, Sheet, docx, separated, xlsx

N = None
CASES: dict[str, Callable[[Path], Case]] = {}


def case(make: Callable[[Path], Case]) -> Callable[[Path], Case]:
    CASES[make.__name__] = make
    return make


@case
def account_in_many_columns(folder: Path) -> Case:
    """多栏式明细账: income by source and spending by purpose as columns below their groups, monthly totals."""
    rows = [
        ["华阳建材有限公司党支部2025年党建经费多栏明细账", *[N] * 8],
        ["日期", "摘要", "收入", N, N, "支出", N, N, "结余"],
        [N, N, "财政拨款", "党费返还", "企业配套", "活动费", "培训费", "其他支出", N],
        [N, "上年结转", N, N, N, N, N, N, 1000],
        ["2月3日", "县财政拨款", 3000, N, N, N, N, N, 4000],
        ["3月1日", "返还上年党费", N, 860, N, N, N, N, 4860],
        ["3月9日", "主题党日", N, N, N, 420, N, N, 4440],
        [N, "本月合计", N, 860, N, 420, N, N, 4440],
        ["6月2日", "公司配套", N, N, 2000, N, N, N, 6440],
        ["6月20日", "书记培训", N, N, N, N, 700, N, 5740],
        ["6月28日", "慰问", N, N, N, N, N, 300, 5440],
        [N, "本月合计", N, N, 2000, N, 700, 300, 5440],
        [N, "本年累计", 3000, 860, 2000, 420, 700, 300, 5440],
    ]
    path = xlsx(
        folder / "多栏明细账.xlsx",
        {
            "账": Sheet(
                rows,
                merges=[
                    (0, 0, 0, 8),
                    (1, 2, 1, 4),
                    (1, 5, 1, 7),
                    (1, 0, 2, 0),
                    (1, 1, 2, 1),
                    (1, 8, 2, 8),
                ],
            )
        },
    )
    org = "华阳建材有限公司党支部"
    return Case(
        path,
        {
            ("fund", org, "income", "fiscal_district"): 3000,
            ("fund", org, "income", "dues_return"): 860,
            ("fund", org, "income", "enterprise"): 2000,
            ("fund", org, "spending", "activity"): 420,
            ("fund", org, "spending", "secretary_training"): 700,
            ("fund", org, "spending", "other"): 300,
            ("total", "funds", "income"): 5860,
            ("total", "funds", "spending"): 1420,
        },
    )


@case
def townships_as_sections(folder: Path) -> Case:
    """企业名册: a section row a township with its number of firms, numbering starts again, 小计 and 总计."""
    rows = [
        ["2025年非公企业党建基本情况登记表", *[N] * 6],
        ["序号", "企业名称", "职工人数", "党员数（正式/预备）", "党组织名称", "组建方式", "备注"],
        ["一、南湾镇（2家）", *[N] * 6],
        [1, "南湾海产有限公司", "约40人", "4/1", "南湾海产党支部", "单独组建", N],
        [2, "南湾冷库有限公司", "二十三人", "1/0", "南湾联合党支部", "联合组建", N],
        ["小计", 2, 63, "5/1", N, N, N],
        ["二、北岭乡（2家）", *[N] * 6],
        [1, "北岭茶业有限公司", "15", "0/0", N, "未组建", N],
        [2, "北岭石材有限公司", "60余人", "6/2", "北岭石材党支部", "单独组建", N],
        ["小计", 2, 75, "6/2", N, N, N],
        ["总计", 4, 138, "11/3", N, N, N],
    ]
    path = xlsx(
        folder / "非公企业登记表.xlsx",
        {"登记表": Sheet(rows, merges=[(0, 0, 0, 6), (2, 0, 2, 6), (6, 0, 6, 6)])},
    )
    values: Values = of(
        "unit",
        {
            "南湾海产有限公司": {
                "area": "南湾镇",
                "employees": 40,
                "full_members": 4,
                "probationary_members": 1,
            },
            "南湾冷库有限公司": {
                "area": "南湾镇",
                "employees": 23,
                "full_members": 1,
                "probationary_members": 0,
            },
            "北岭茶业有限公司": {"area": "北岭乡", "employees": 15, "full_members": 0},
            "北岭石材有限公司": {
                "area": "北岭乡",
                "employees": 60,
                "full_members": 6,
                "probationary_members": 2,
            },
        },
    )
    values |= covers(
        {
            ("南湾海产有限公司", "南湾海产党支部"): "single",
            ("南湾冷库有限公司", "南湾联合党支部"): "joint",
            ("北岭石材有限公司", "北岭石材党支部"): "single",
        }
    )
    return Case(path, values | {("rows", "units"): 4})


@case
def days_in_columns_of_months(folder: Path) -> Case:
    """主题党日开展日期: a column a month, the day or days in the cell."""
    rows = [
        ["2025年支部主题党日开展情况一览表", *[N] * 7],
        ["序号", "支部名称", "1月", "2月", "3月", "4月", "5月", "6月"],
        [1, "望海渔业党支部", "5日", "12日", "3.7", "4月9日", N, "6月1日、6月28日"],
        [2, "望海船厂党支部", "8日", N, "3.10", "未开展", "5.20", "20"],
    ]
    path = xlsx(folder / "主题党日开展日期.xlsx", {"表": Sheet(rows, merges=[(0, 0, 0, 7)])})
    return Case(
        path,
        {
            ("months", "望海渔业党支部", "主题党日"): 6,
            ("ask", "months", "望海船厂党支部", "主题党日"): 4,
        },
    )


@case
def dues_by_month(folder: Path) -> Case:
    """党费收缴台账: a column a month and a 合计, one row a branch."""
    rows = [
        ["2025年度党费收缴情况登记表（单位：元）", *[N] * 14],
        ["序号", "党组织名称", *[f"{m}月" for m in range(1, 13)], "合计"],
        [1, "昌盛化肥党支部", *[120] * 12, 1440],
        [2, "昌盛农资党支部", *[50.5] * 6, *[60] * 6, 663],
        ["合计", N, *[170.5] * 6, *[180] * 6, 2103],
    ]
    path = xlsx(folder / "党费收缴.xlsx", {"党费": Sheet(rows, merges=[(0, 0, 0, 14)])})
    return Case(
        path,
        {
            ("fund", "昌盛化肥党支部", "dues_paid", N): 1440,
            ("fund", "昌盛农资党支部", "dues_paid", N): 663,
            ("total", "funds", "dues_paid"): 2103,
        },
    )


@case
def stars_as_sections(folder: Path) -> Case:
    """星级公示名单 as Word: a heading a star, the names below it."""
    one = Sheet(
        [
            ["序号", "党组织名称", "评定星级"],
            ["1", "金源机电党支部", "五星级"],
            ["2", "金源酒店党支部", "四星级"],
        ]
    )
    two = Sheet([["序号", "党组织名称", "评定星级"], ["1", "金源学校党支部", "三星级"]])
    path = docx(
        folder / "2025年度星级党组织公示.docx",
        Document(
            [
                "2025年度两新组织星级党组织评定结果公示",
                "一、非公企业",
                one,
                "二、社会组织",
                two,
                "公示期5个工作日，监督电话略。",
            ]
        ),
    )
    return Case(
        path,
        of(
            "star",
            {
                "金源机电党支部": {"stars": 5},
                "金源酒店党支部": {"stars": 4},
                "金源学校党支部": {"stars": 3},
            },
        )
        | {("rows", "stars"): 3},
    )


@case
def instructors_by_firm(folder: Path) -> Case:
    """驻企指导员 listed by firm: the firm first, then the code of who visits it, and how often."""
    rows = [
        ["选派党建指导员联系企业台账（2025年）", *[N] * 5],
        ["序号", "联系企业", "指导员编号", "选派单位", "专职/兼职", "走访次数"],
        [1, "泰和轮胎有限公司", "A01", "区住建局", "兼职", 12],
        [2, "泰和塑料有限公司", "A01", "区住建局", "兼职", 11],
        [3, "泰和纸业有限公司", "A02", "区总工会", "专职", "9次"],
        ["合计", "3家", "2名", N, N, 32],
    ]
    path = xlsx(folder / "指导员联系企业.xlsx", {"台账": Sheet(rows, merges=[(0, 0, 0, 5)])})
    return Case(
        path,
        {
            ("instructors", "count"): 2,
            ("instructors", "full_time"): 1,
            ("instructors", "units_served"): 3,
            ("visits", "count"): 32,
        },
    )


@case
def targets_beside_results(folder: Path) -> Case:
    """年度目标完成情况: 目标数, 完成数, 完成率 of each item."""
    rows = [
        ["2025年两新组织党建重点任务完成情况表", *[N] * 5],
        ["序号", "任务", "单位", "年度目标", "完成数", "完成率"],
        [1, "发展党员", "名", 50, 52, "104%"],
        [2, "新建党组织", "个", 12, 9, "75%"],
        [3, "走访企业", "家次", 300, 318, "106%"],
        [4, "党群服务中心", "个", 5, 5, "100%"],
    ]
    path = xlsx(folder / "重点任务完成情况.xlsx", {"任务": Sheet(rows, merges=[(0, 0, 0, 5)])})
    return Case(
        path,
        {
            ("figure", "*", "2025", "admissions"): 52,
            ("figure", "*", "2025", "orgs_new"): 9,
            ("figure", "*", "2025", "visits"): 318,
            ("figure", "*", "2025", "centres"): 5,
        },
    )


@case
def a_sheet_a_township(folder: Path) -> Case:
    """组织台账 with a sheet a township, the name of the sheet alone tells it; a summary sheet in front."""
    head = ["序号", "单位名称", "类别", "从业人员", "党员人数", "是否建立党组织", "党组织名称"]
    made = {
        "汇总": Sheet(
            [["乡镇", "单位数", "党员数"], ["沙洲镇", 2, 5], ["柳河乡", 1, 3], ["合计", 3, 8]]
        ),
        "沙洲镇": Sheet(
            [
                head,
                [1, "沙洲米业有限公司", "企业", 30, 5, "是", "沙洲米业党支部"],
                [2, "沙洲龙舟协会", "社会组织", 6, 0, "否", N],
            ]
        ),
        "柳河乡": Sheet([head, [1, "柳河养老院", "社会组织", 18, 3, "是", "柳河养老院党支部"]]),
    }
    path = xlsx(folder / "各乡镇组织台账.xlsx", made)
    return Case(
        path,
        of(
            "unit",
            {
                "沙洲米业有限公司": {
                    "area": "沙洲镇",
                    "employees": 30,
                    "members": 5,
                    "sector": "enterprise",
                },
                "沙洲龙舟协会": {"area": "沙洲镇", "members": 0, "sector": "social"},
                "柳河养老院": {"area": "柳河乡", "employees": 18, "members": 3, "sector": "social"},
            },
        )
        | {
            ("rows", "units"): 3,
            ("figure", "沙洲镇", "2025", "units"): 2,
            ("figure", "柳河乡", "2025", "members"): 3,
        },
    )


@case
def money_in_two_groups(folder: Path) -> Case:
    """经费收支 with 收入 and 支出 groups, 小计 in both, in 万元, a place column filled once, a wrong total."""
    rows = [
        ["两新组织党建经费收支情况表（2025年）", *[N] * 10],
        [N] * 9 + ["单位：万元", N],
        ["街道", "党组织", "收入", N, N, N, "支出", N, N, N, "结余"],
        [
            N,
            N,
            "区级财政",
            "党费返还",
            "企业自筹",
            "小计",
            "党员活动",
            "书记培训",
            "其他",
            "小计",
            N,
        ],
        ["滨江街道", "滨江软件园党委", 2, 0.35, 1.5, 3.85, 2.1, 0.4, 0.2, 2.7, 1.15],
        [N, "滨江物流党支部", 0.3, 0.08, N, 0.38, 0.25, N, 0.05, 0.3, 0.08],
        ["合计", N, 2.3, 0.43, 1.5, 4.23, 2.35, 0.4, 0.25, 3.1, 1.23],
    ]
    path = xlsx(
        folder / "收支情况表.xlsx",
        {
            "收支": Sheet(
                rows,
                merges=[
                    (0, 0, 0, 10),
                    (2, 2, 2, 5),
                    (2, 6, 2, 9),
                    (2, 0, 3, 0),
                    (2, 1, 3, 1),
                    (2, 10, 3, 10),
                ],
            )
        },
    )
    a, b = "滨江软件园党委", "滨江物流党支部"
    return Case(
        path,
        {
            ("fund", a, "income", "fiscal_district"): 20000,
            ("fund", a, "income", "dues_return"): 3500,
            ("fund", a, "income", "enterprise"): 15000,
            ("fund", a, "spending", "activity"): 21000,
            ("fund", a, "spending", "secretary_training"): 4000,
            ("fund", a, "spending", "other"): 2000,
            ("fund", b, "income", "fiscal_district"): 3000,
            ("fund", b, "income", "dues_return"): 800,
            ("fund", b, "spending", "activity"): 2500,
            ("fund", b, "spending", "other"): 500,
            ("total", "funds", "income"): 42300,
            ("problem", "total_differs"): True,
        },
    )


@case
def committees_of_trades(folder: Path) -> Case:
    """行业党委统计: one row a committee of a trade in place of a township."""
    rows = [
        ["各行业党委工作情况统计表（2025年）", *[N] * 5],
        ["行业党委", "单位数", "已建党组织单位数", "党组织数", "党员数", "指导员数"],
        ["互联网行业党委", 45, 30, 22, 260, 9],
        ["物业行业党委", 60, 41, 28, 190, 12],
        ["合计", 105, 71, 50, 450, 21],
    ]
    path = xlsx(folder / "行业党委统计.xlsx", {"统计": Sheet(rows, merges=[(0, 0, 0, 5)])})
    return Case(
        path,
        {
            ("figure", "互联网行业党委", "2025", "units"): 45,
            ("figure", "互联网行业党委", "2025", "units_covered"): 30,
            ("figure", "互联网行业党委", "2025", "party_orgs"): 22,
            ("figure", "物业行业党委", "2025", "members"): 190,
            ("figure", "物业行业党委", "2025", "units"): 60,
        },
    )


@case
def csv_of_a_park(folder: Path) -> Case:
    """A csv with semicolons, UTF-8 with a mark, quoted cells, numbers with units and a note."""
    rows = [
        ["高新区企业党建台账（2025年12月）"],
        ["企业名称", "从业人员（人）", "党员（人）", "党组织", "是否规上", "备注"],
        ["汇泽生物有限公司", '"1,250"', "36名", "汇泽生物党总支", "是", ""],
        ["汇泽检测有限公司", "88人", "5", "汇泽检测党支部", "否", '"另有流动党员2名"'],
        ["注：数据截至2025年12月20日"],
    ]
    path = separated(folder / "园区台账.csv", rows, "utf-8-sig", ";")
    return Case(
        path,
        of(
            "unit",
            {
                "汇泽生物有限公司": {"employees": 1250, "members": 36, "above_scale": True},
                "汇泽检测有限公司": {"employees": 88, "members": 5, "above_scale": False},
            },
        )
        | {("org", "汇泽生物党总支", "org_kind"): "general_branch", ("rows", "units"): 2},
    )


@case
def sectors_below_counts(folder: Path) -> Case:
    """基本情况统计表: 党组织数 and 党员数 as groups over 非公企业 | 社会组织 | 合计: of whom is counted stands below."""
    rows = [
        ["2025年各镇两新组织党建基本情况统计表", *[N] * 10],
        ["乡镇", "单位数", N, N, "党组织数", N, N, "党员数", N, N, "备注"],
        [N, "企业", "社会组织", "合计", "企业", "社会组织", "合计", "企业", "社会组织", "合计", N],
        ["东坝镇", 80, 12, 92, 30, 5, 35, 210, 31, 241, N],
        ["西渡镇", 61, 9, 70, 22, 4, 26, 155, 20, 175, N],
        ["合计", 141, 21, 162, 52, 9, 61, 365, 51, 416, N],
    ]
    merges = [(0, 0, 0, 10), (1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 6), (1, 7, 1, 9), (1, 10, 2, 10)]
    path = xlsx(folder / "各镇情况.xlsx", {"表": Sheet(rows, merges=merges)})
    table = {
        "东坝镇": {
            "units_enterprise": 80,
            "units_social": 12,
            "units": 92,
            "party_orgs": 35,
            "members": 241,
        },
        "西渡镇": {
            "units_enterprise": 61,
            "units_social": 9,
            "units": 70,
            "party_orgs": 26,
            "members": 175,
        },
    }
    return Case(
        path,
        {
            ("figure", town, "2025", code): number
            for town, row in table.items()
            for code, number in row.items()
        }
        | {("figure", "东坝镇", "2025", "orgs_social"): 5},
    )


@case
def groups_of_a_report(folder: Path) -> Case:
    """工作报表 whose items stand below groups in a column of their own, merged downwards."""
    rows = [
        ["2025年两新组织党建工作统计表", *[N] * 4],
        ["类别", "项目", "单位", "数量", "备注"],
        ["党组织", "党委", "个", 3, N],
        [N, "党总支", "个", 8, N],
        [N, "党支部", "个", 120, N],
        ["党员", "总数", "名", 1310, N],
        [N, "其中：流动党员", "名", 44, N],
        [N, "当年发展", "名", 37, N],
        ["经费", "财政投入", "万元", 56.5, N],
        [N, "企业配套", "万元", 12, N],
        ["活动", "走访企业", "家次", 210, N],
    ]
    merges = [(0, 0, 0, 4), (2, 0, 4, 0), (5, 0, 7, 0), (8, 0, 9, 0)]
    path = xlsx(folder / "工作统计.xlsx", {"表": Sheet(rows, merges=merges)})
    return Case(
        path,
        {
            ("figure", "*", "2025", "committees"): 3,
            ("figure", "*", "2025", "general_branches"): 8,
            ("figure", "*", "2025", "branches"): 120,
            ("ask", "figure", "*", "2025", "members"): 1310,
            ("figure", "*", "2025", "floating_members"): 44,
            ("ask", "figure", "*", "2025", "admissions"): 37,
            ("figure", "*", "2025", "funds_fiscal"): 565000,
            ("figure", "*", "2025", "funds_enterprise"): 120000,
            ("figure", "*", "2025", "visits"): 210,
        },
    )


@case
def units_with_two_sorts_of_members(folder: Path) -> Case:
    """组织台账: members of the firm and members in the branch side by side, hidden rows, dates with a point."""
    rows = [
        ["2025年两新组织情况摸底表", *[N] * 8],
        ["序号", "单位名称", "单位类型", "成立时间", "职工数", "党员情况", N, "党组织情况", N],
        [N, N, N, N, N, "正式党员", "预备党员", "名称", "成立时间"],
        [1, "合丰服饰有限公司", "有限责任公司", "2011.3", 95, 6, 1, "合丰服饰党支部", "2016.7.1"],
        [2, "合丰广场舞协会", "协会", "2019年5月", 12, 1, 0, N, N],
        [
            3,
            "合丰幼儿园",
            "民办幼儿园",
            "二〇〇八年九月",
            "31人",
            "3",
            "/",
            "合丰幼儿园党支部",
            "25年3月",
        ],
    ]
    merges = [(0, 0, 0, 8), *[(1, c, 2, c) for c in range(5)], (1, 5, 1, 6), (1, 7, 1, 8)]
    path = xlsx(folder / "摸底表.xlsx", {"摸底": Sheet(rows, merges=merges)})
    return Case(
        path,
        of(
            "unit",
            {
                "合丰服饰有限公司": {
                    "employees": 95,
                    "full_members": 6,
                    "probationary_members": 1,
                    "started_on": "2011-03",
                    "sector": "enterprise",
                },
                "合丰广场舞协会": {
                    "employees": 12,
                    "full_members": 1,
                    "started_on": "2019-05",
                    "sector": "social",
                },
                "合丰幼儿园": {
                    "employees": 31,
                    "full_members": 3,
                    "kind": "民办学校",
                    "started_on": "2008-09",
                },
            },
        )
        | {
            ("org", "合丰服饰党支部", "founded_on"): "2016-07-01",
            ("org", "合丰幼儿园党支部", "founded_on"): "2025-03",
            ("rows", "party_organisations"): 2,
        },
    )
