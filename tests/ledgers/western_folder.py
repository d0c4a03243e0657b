"""Forms of a western county, written as those of the other provinces (county_folder.py), values first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from county_folder import Case, Values, covers, of
from office_writer import Document, Sheet, docx, mht, separated, xls, xlsx, xml_spreadsheet

N = None


CASES: dict[str, Callable[[Path], Case]] = {}


def case(make: Callable[[Path], Case]) -> Callable[[Path], Case]:
    CASES[make.__name__] = make
    return make


def figures(rows: dict[str, dict[str, float]], period: str = "2025") -> Values:
    return {
        ("figure", place, period, measure): value
        for place, row in rows.items()
        for measure, value in row.items()
    }


@case
def quarter_groups_of_townships(folder: Path) -> Case:
    """Each quarter three columns, the whole year three more, one row a township; 县直 row and a total first."""
    sub = ["走访企业（家次）", "收集意见（条）", "解决问题（个）"]
    rows = [
        ["云台县2025年“走企入户”工作分季度进展情况统计表", *[N] * 16],
        ["填报单位：县委两新工委", *[N] * 11, "填报时间：2026年1月8日", *[N] * 4],
        [
            "序号",
            "乡镇（街道）",
            "一季度",
            N,
            N,
            "二季度",
            N,
            N,
            "三季度",
            N,
            N,
            "四季度",
            N,
            N,
            "全年累计",
            N,
            N,
        ],
        [N, N, *sub * 5],
        ["合计", N, 70, 22, 12, 83, 32, 25, 57, 19, 13, 95, 41, 29, 305, 114, 79],
        [1, "红柳镇", 30, 12, 8, 41, 15, 11, 25, 9, 6, 38, 20, 14, 134, 56, 39],
        [2, "白杨乡", 22, 10, 4, 20, 11, 9, 18, 6, 5, 27, 12, 8, 87, 39, 26],
        [3, "沙枣街道", 18, N, N, 22, 6, 5, 14, 4, 2, 30, 9, 7, 84, 19, 14],
        ["填表人：", N, N, N, "审核人：", *[N] * 12],
    ]
    merges = [
        (0, 0, 0, 16),
        (2, 0, 3, 0),
        (2, 1, 3, 1),
        *[(2, c, 2, c + 2) for c in (2, 5, 8, 11, 14)],
        (4, 0, 4, 1),
    ]
    path = xlsx(folder / "走企入户分季度统计表.xlsx", {"统计表": Sheet(rows, merges=merges)})
    return Case(
        path,
        figures(
            {
                "红柳镇": {"visits": 134, "opinions": 56, "problems_solved": 39},
                "白杨乡": {"visits": 87, "opinions": 39, "problems_solved": 26},
                "沙枣街道": {"visits": 84, "opinions": 19, "problems_solved": 14},
            }
        ),
    )


@case
def quarter_groups_of_money(folder: Path) -> Case:
    """经费: each quarter 收入 (县级拨付, 企业配套) and 支出 (活动经费); no annual column; 万元, merged township."""
    sub = ["县级拨付", "企业配套", "活动支出"]
    rows = [
        ["2025年两新组织党建经费分季度收支情况表", *[N] * 14],
        ["单位：万元", *[N] * 14],
        [
            "序号",
            "镇街",
            "党组织名称",
            "第一季度",
            N,
            N,
            "第二季度",
            N,
            N,
            "第三季度",
            N,
            N,
            "第四季度",
            N,
            N,
        ],
        [N, N, N, *sub * 4],
        [1, "红柳镇", "红柳酒业党支部", 0.2, 0.1, 0.15, 0.2, N, 0.1, 0.2, N, 0.12, 0.2, 0.3, 0.4],
        [2, N, "红柳建筑联合党支部", 0.1, N, 0.05, 0.1, N, N, 0.1, N, 0.08, 0.1, N, 0.1],
        ["小计", N, N, 0.3, 0.1, 0.2, 0.3, 0, 0.1, 0.3, 0, 0.2, 0.3, 0.3, 0.5],
        [
            3,
            "白杨乡",
            "白杨合作社党支部",
            0.1,
            0.05,
            0.1,
            0.1,
            0.05,
            0.12,
            0.1,
            0.05,
            0.1,
            0.1,
            0.05,
            0.08,
        ],
        ["小计", N, N, 0.1, 0.05, 0.1, 0.1, 0.05, 0.12, 0.1, 0.05, 0.1, 0.1, 0.05, 0.08],
        ["总计", N, N, 0.4, 0.15, 0.3, 0.4, 0.05, 0.22, 0.4, 0.05, 0.3, 0.4, 0.35, 0.58],
        ["注：县级拨付为县财政下拨的党建工作经费，按季度拨付。", *[N] * 14],
    ]
    merges = [
        (0, 0, 0, 14),
        (1, 0, 1, 14),
        *[(2, c, 3, c) for c in (0, 1, 2)],
        *[(2, c, 2, c + 2) for c in (3, 6, 9, 12)],
        (4, 1, 5, 1),
        (10, 0, 10, 14),
    ]
    path = xlsx(folder / "党建经费分季度收支.xlsx", {"Sheet1": Sheet(rows, merges=merges)})
    return Case(
        path,
        {
            ("fund", "红柳酒业党支部", "income", "fiscal_district"): 8000,
            ("fund", "红柳酒业党支部", "income", "enterprise"): 4000,
            ("fund", "红柳酒业党支部", "spending", "activity"): 7700,
            ("fund", "红柳建筑联合党支部", "income", "fiscal_district"): 4000,
            ("fund", "红柳建筑联合党支部", "spending", "activity"): 2300,
            ("fund", "白杨合作社党支部", "income", "fiscal_district"): 4000,
            ("fund", "白杨合作社党支部", "income", "enterprise"): 2000,
            ("fund", "白杨合作社党支部", "spending", "activity"): 4000,
            ("total", "funds", "income"): 22000,
            ("total", "funds", "spending"): 14000,
        },
    )


@case
def half_years_of_a_report(folder: Path) -> Case:
    """报表: 上半年 and 下半年 (flows are added, stocks take the last); a second sheet counts on to 全年."""
    halves = [
        ["云台县两新组织党建工作主要指标（半年对比）", *[N] * 5],
        ["序号", "指标名称", "计量单位", "上半年", "下半年", "备注"],
        [1, "发展党员数", "名", 7, 9, N],
        [2, "新建党组织数", "个", 4, "6", "含联合2个"],
        [3, "走访企业", "家次", "一百二十", 140, N],
        [4, "党群服务中心", "个", 11, 12, N],
        ["说明：上半年指1—6月，下半年指7—12月。", *[N] * 5],
    ]
    cumulated = [
        ["主要指标完成情况（累计数）"],
        ["指标名称", "1—3月", "1—6月", "1—9月", "1—12月", "同比增长"],
        ["收集意见", 15, 33, 47, 71, "12.5%"],
        ["解决问题", 11, 20, 34, 60, "8.0%"],
    ]
    path = xlsx(
        folder / "半年对比表.xlsx",
        {"半年": Sheet(halves, merges=[(0, 0, 0, 5), (6, 0, 6, 5)]), "累计": cumulated},
    )
    return Case(
        path,
        figures(
            {
                "*": {
                    "admissions": 16,
                    "orgs_new": 10,
                    "visits": 260,
                    "centres": 12,
                    "opinions": 71,
                    "problems_solved": 60,
                }
            }
        ),
    )


@case
def half_year_and_year(folder: Path) -> Case:
    """Townships as rows with 上半年 | 前三季度 | 全年 below each item: each counts on, the year is the last one."""
    sub = ["上半年", "前三季度", "全年"]
    rows = [
        ["2025年度非公党建重点任务完成情况", *[N] * 7],
        ["单位", "发展党员（名）", N, N, "新建党组织（个）", N, N, "备注"],
        [N, *sub * 2, N],
        ["红柳镇", 3, 5, 8, 1, 2, 2, N],
        ["白杨乡", 2, 2, 4, "-", 1, 1, N],
        ["总计", 5, 7, 12, 1, 3, 3, N],
    ]
    merges = [(0, 0, 0, 7), (1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 6), (1, 7, 2, 7)]
    path = xls(folder / "重点任务完成情况.xls", {"表一": Sheet(rows, merges=merges)})
    return Case(
        path,
        figures(
            {"红柳镇": {"admissions": 8, "orgs_new": 2}, "白杨乡": {"admissions": 4, "orgs_new": 1}}
        ),
    )


@case
def dues_returned_of_last_year(folder: Path) -> Case:
    """党费返还: what was paid in 2024, the share, what is due and what came back; dates as text; remark row."""
    rows = [
        ["云台县两新组织党费返还情况统计表", *[N] * 7],
        ["（2025年度）", *[N] * 7],
        [
            "序号",
            "乡镇",
            "党组织名称",
            "上年度上缴党费（元）",
            "返还比例",
            "应返还金额（元）",
            "实际返还金额（元）",
            "返还时间",
        ],
        [1, "红柳镇", "红柳酒业党支部", 4200, "60%", 2520, 2520, "2025.4.18"],
        [2, "红柳镇", "红柳建筑联合党支部", 1100, "60%", 660, 600, "2025.4.18"],
        [3, "白杨乡", "白杨合作社党支部", 930.5, "60%", 558.3, 558.3, "2025年5月"],
        ["合计", N, N, 6230.5, N, 3738.3, 3678.3, N],
        ["备注：返还党费由镇党委统一转拨。", *[N] * 7],
    ]
    path = xlsx(
        folder / "党费返还统计表.xlsx",
        {"返还": Sheet(rows, merges=[(0, 0, 0, 7), (1, 0, 1, 7), (7, 0, 7, 7)])},
    )
    return Case(
        path,
        {
            ("fund", "红柳酒业党支部", "income", "dues_return"): 2520,
            ("fund", "红柳建筑联合党支部", "income", "dues_return"): 600,
            ("fund", "白杨合作社党支部", "income", "dues_return"): 558.3,
            ("ask", "fund@2024", "红柳酒业党支部", "dues_paid", N): 4200,
            ("ask", "fund@2024", "红柳建筑联合党支部", "dues_paid", N): 1100,
            ("ask", "fund@2024", "白杨合作社党支部", "dues_paid", N): 930.5,
            ("total", "funds", "income"): 3678.3,
        },
    )


@case
def last_years_dues_returned(folder: Path) -> Case:
    """经费到账: 上年党费返还 beside 本年 columns, two storeys, 元, township only in the first row of its group."""
    rows = [
        ["2025年两新党组织工作经费到账明细", *[N] * 8],
        ["镇街", "党组织", "经费到账情况（元）", N, N, N, "经费支出（元）", N, "结余（元）"],
        [N, N, "上年党费返还", "县财政", "镇财政", "企业支持", "党员活动", "党务培训", N],
        ["沙枣街道", "沙枣律所党支部", 1260, 2000, 1000, N, 3100, 600, 560],
        [N, "沙枣物业党支部", 840, 2000, 1000, 1500, 4000, N, 1340],
        ["红柳镇", "红柳酒业党支部", 2520, 3000, N, 5000, "8,300", 900, 1320],
        ["合  计", N, 4620, 7000, 2000, 6500, 15400, 1500, 3220],
    ]
    merges = [
        (0, 0, 0, 8),
        (1, 0, 2, 0),
        (1, 1, 2, 1),
        (1, 2, 1, 5),
        (1, 6, 1, 7),
        (1, 8, 2, 8),
        (3, 0, 4, 0),
    ]
    path = mht(folder / "经费到账明细.xls", Sheet(rows, merges=merges))
    out: Values = {}
    for org, dues, county, town, firm, active, training in (
        ("沙枣律所党支部", 1260, 2000, 1000, N, 3100, 600),
        ("沙枣物业党支部", 840, 2000, 1000, 1500, 4000, N),
        ("红柳酒业党支部", 2520, 3000, N, 5000, 8300, 900),
    ):
        said = {
            "dues_return": dues,
            "fiscal_district": county,
            "fiscal_township": town,
            "enterprise": firm,
        }
        out |= {("fund", org, "income", source): value for source, value in said.items() if value}
        spent = {"activity": active, "secretary_training": training}
        out |= {
            ("fund", org, "spending", purpose): value for purpose, value in spent.items() if value
        }
    return Case(
        path, out | {("total", "funds", "income"): 20120, ("total", "funds", "spending"): 16900}
    )


@case
def ways_of_founding(folder: Path) -> Case:
    """组建方式 says how it was founded jointly: 独立组建, 区域联建, 行业联建, 挂靠组建, 派驻帮建, 龙头带建."""
    head = [
        "序号",
        "所在乡镇",
        "企业（社会组织）名称",
        "类别",
        "从业人员（人）",
        "党员（人）",
        N,
        "组建方式",
        "党组织名称",
    ]
    lower = [N] * 5 + ["正式", "预备", N, N]
    data = [
        (
            "红柳镇",
            "红柳酒业有限公司",
            "非公企业",
            120,
            14,
            2,
            "独立组建",
            "红柳酒业党支部",
            "single",
            N,
        ),
        (
            "红柳镇",
            "红柳建筑有限公司",
            "非公企业",
            35,
            2,
            N,
            "区域联建",
            "红柳镇商圈联合党支部",
            "joint",
            "region",
        ),
        (
            "红柳镇",
            "红柳餐饮有限公司",
            "非公企业",
            22,
            1,
            N,
            "区域联合组建",
            "红柳镇商圈联合党支部",
            "joint",
            "region",
        ),
        (
            "白杨乡",
            "白杨物流有限公司",
            "非公企业",
            48,
            2,
            1,
            "行业联建",
            "白杨物流行业联合党支部",
            "joint",
            "trade",
        ),
        (
            "白杨乡",
            "白杨快递有限公司",
            "非公企业",
            31,
            1,
            N,
            "行业联合",
            "白杨物流行业联合党支部",
            "joint",
            "trade",
        ),
        (
            "白杨乡",
            "白杨养老服务中心",
            "社会组织",
            12,
            1,
            N,
            "挂靠组建",
            "白杨社区党支部",
            "attached",
            "attached",
        ),
        (
            "沙枣街道",
            "沙枣电商协会",
            "社会组织",
            5,
            N,
            N,
            "派驻帮建",
            "沙枣功能型党支部",
            "*",
            "sent",
        ),
        (
            "沙枣街道",
            "沙枣纺织有限公司",
            "非公企业",
            66,
            2,
            N,
            "龙头企业带建",
            "沙枣毛纺党总支",
            "*",
            "lead",
        ),
        ("沙枣街道", "沙枣商贸有限公司", "非公企业", 18, N, N, "未组建", N, N, N),
    ]
    rows = [["云台县两新组织党组织组建情况一览表", *[N] * 8], head, lower]
    rows += [[i + 1, *one[:8]] for i, one in enumerate(data)]
    rows += [["填报人：", N, "联系电话：", *[N] * 6]]
    merges = [(0, 0, 0, 8), (1, 5, 1, 6), *[(1, c, 2, c) for c in (0, 1, 2, 3, 4, 7, 8)]]
    path = xlsx(folder / "组建情况一览表.xlsx", {"一览表": Sheet(rows, merges=merges)})
    out: Values = {("rows", "units"): 9}
    for town, name, sector, staff, full, trial, _, org, mode, form in data:
        out |= of(
            "unit",
            {
                name: {
                    "area": town,
                    "employees": staff,
                    "sector": "enterprise" if sector == "非公企业" else "social",
                    "full_members": full,
                    "probationary_members": trial,
                    "joint_form": form,
                }
            },
        )
        if org:
            out |= covers({(name, org): mode})
    return Case(path, out)


@case
def overview_with_shares(folder: Path) -> Case:
    """基本情况统计表: three storeys, shares as percent cells and as text, 其中 columns, 县直 and 小计 rows, a hidden column."""
    rows = [
        ["附件2", *[N] * 12],
        ["云台县2025年非公企业和社会组织党建工作基本情况统计表", *[N] * 12],
        ["统计截止时间：2025年12月31日", *[N] * 12],
        ["乡镇", "非公企业", N, N, N, "社会组织", N, N, N, "党员", N, "核对", "指导员（名）"],
        [N, "总数", "已建", N, "覆盖率", "总数", "已建", N, "覆盖率", "总数", "其中：流动", N, N],
        [N, N, "小计", "单独", N, N, "小计", "联合", N, N, N, N, N],
        ["红柳镇", 40, 34, 12, 0.85, 8, 6, 4, "75.0%", 212, 9, 1, 6],
        ["白杨乡", 25, 18, 7, 0.72, 5, 5, 3, "100%", 96, 4, 1, 4],
        ["小计", 65, 52, 19, 0.8, 13, 11, 7, "84.6%", 308, 13, 2, 10],
        ["沙枣街道", 61, 55, 21, 0.9016, 14, 12, 9, "85.7%", 340, 17, 1, 8],
        ["总计", 126, 107, 40, 0.8492, 27, 23, 16, "85.2%", 648, 30, 3, 18],
        ["单位负责人：        填表人：        联系电话：", *[N] * 12],
    ]
    merges = [
        (1, 0, 1, 12),
        (2, 0, 2, 12),
        (3, 0, 5, 0),
        (3, 1, 3, 4),
        (3, 5, 3, 8),
        (3, 9, 3, 10),
        (3, 11, 5, 11),
        (3, 12, 5, 12),
        (4, 1, 5, 1),
        (4, 2, 4, 3),
        (4, 4, 5, 4),
        (4, 5, 5, 5),
        (4, 6, 4, 7),
        (4, 8, 5, 8),
        (4, 9, 5, 9),
        (4, 10, 5, 10),
        (11, 0, 11, 12),
    ]
    path = xlsx(
        folder / "基本情况统计表.xlsx", {"统计": Sheet(rows, merges=merges, hidden_columns=[11])}
    )
    return Case(
        path,
        figures(
            {
                "红柳镇": {
                    "units_enterprise": 40,
                    "units_enterprise_covered": 34,
                    "units_social": 8,
                    "units_social_covered": 6,
                    "members": 212,
                    "floating_members": 9,
                    "instructors": 6,
                },
                "白杨乡": {
                    "units_enterprise": 25,
                    "units_enterprise_covered": 18,
                    "units_social": 5,
                    "units_social_covered": 5,
                    "members": 96,
                    "floating_members": 4,
                    "instructors": 4,
                },
                "沙枣街道": {
                    "units_enterprise": 61,
                    "units_enterprise_covered": 55,
                    "units_social": 14,
                    "units_social_covered": 12,
                    "members": 340,
                    "floating_members": 17,
                    "instructors": 8,
                },
            }
        ),
    )


@case
def six_haves_with_verdict(folder: Path) -> Case:
    """六有: group heading over short words, the verdict 是否达标 and a count 达标项数, town as section rows."""
    rows = [
        ["两新组织党组织“六有”规范化建设自查表", *[N] * 9],
        ["序号", "党组织名称", "“六有”建设情况", N, N, N, N, N, "达标项数", "是否达标"],
        [N, N, "场所", "设施", "标志", "党旗", "书报", "制度", N, N],
        ["红柳镇", *[N] * 9],
        [1, "红柳酒业党支部", *["√"] * 6, 6, "是"],
        [2, "红柳镇商圈联合党支部", "√", "√", "×", "√", "√", "√", 5, "否"],
        ["白杨乡", *[N] * 9],
        [3, "白杨物流行业联合党支部", *["√"] * 6, 6, "是"],
        [4, "白杨社区党支部", "√", N, "√", "√", N, "√", 4, "否"],
    ]
    merges = [
        (0, 0, 0, 9),
        (1, 0, 2, 0),
        (1, 1, 2, 1),
        (1, 2, 1, 7),
        (1, 8, 2, 8),
        (1, 9, 2, 9),
        (3, 0, 3, 9),
        (6, 0, 6, 9),
    ]
    path = xml_spreadsheet(folder / "六有自查表.xls", {"自查": Sheet(rows, merges=merges)})
    return Case(
        path,
        {
            ("figure", "红柳镇", "2025", "orgs_six_haves"): 1,
            ("figure", "白杨乡", "2025", "orgs_six_haves"): 1,
        },
    )


@case
def stages_as_rows(folder: Path) -> Case:
    """星级: three rows an organisation (自评, 乡镇初评, 县审定), the organisation in a merged cell."""
    stages = ["支部自评", "乡镇初评", "县委审定"]
    data = [
        ("红柳酒业党支部", [96, 94, 92], ["五星", "五星", "五星"], 5),
        ("红柳镇商圈联合党支部", [88, 80, 78], ["四星", "四星", "三星"], 3),
        ("白杨社区党支部", [75, 66, 58], ["三星", "二星", "一星"], 1),
    ]
    rows = [
        ["2025年两新党组织星级评定打分表", *[N] * 5],
        ["序号", "党组织名称", "评定环节", "得分", "星级", "评定时间"],
    ]
    merges = [(0, 0, 0, 5)]
    for i, (org, scores, stars, _) in enumerate(data):
        merges += [(len(rows), c, len(rows) + 2, c) for c in (0, 1)]
        for j, stage in enumerate(stages):
            first = [i + 1, org] if j == 0 else [N, N]
            rows.append([*first, stage, scores[j], stars[j], dt.date(2025, 10 + j, 15)])
    path = xlsx(folder / "星级评定打分表.xlsx", {"打分": Sheet(rows, merges=merges)})
    values = of(
        "star",
        {
            org: {
                "stars": stars,
                "score_self": scores[0],
                "score_first": scores[1],
                "score_final": scores[2],
            }
            for org, scores, _, stars in data
        },
    )
    return Case(path, values | {("rows", "stars"): 3})


@case
def journal_of_a_branch(folder: Path) -> Case:
    """现金日记账: month and day in two columns below the year, voucher, 收入（借方）, 支出（贷方）, 方向, 余额, page carry."""
    rows = [
        ["现金日记账", *[N] * 7],
        ["单位名称：白杨合作社党支部", *[N] * 7],
        ["2025年", N, "凭证号", "摘要", "收入（借方）", "支出（贷方）", "借或贷", "余额"],
        ["月", "日", N, N, N, N, N, N],
        [1, 1, N, "上年结转", N, N, "借", 620],
        [1, 17, "记-1", "收到县委组织部拨党建经费", 2000, N, "借", 2620],
        [2, 5, "记-2", "购学习资料", N, 350, "借", 2270],
        [N, N, N, "过次页", 2000, 350, "借", 2270],
        [N, N, N, "承前页", 2000, 350, "借", 2270],
        [3, 8, "记-3", "主题党日活动租车", N, 800, "借", 1470],
        [7, 1, "记-4", "合作社配套经费", 1500, N, "借", 2970],
        [7, 2, "记-5", "七一活动费用", N, 1120.5, "借", 1849.5],
        [N, N, N, "本年合计", 3500, 2270.5, "借", 1849.5],
        [N, N, N, "结转下年", N, N, "借", 1849.5],
    ]
    merges = [(0, 0, 0, 7), (1, 0, 1, 7), (2, 0, 2, 1), *[(2, c, 3, c) for c in range(2, 8)]]
    path = xlsx(folder / "白杨合作社党支部日记账.xlsx", {"日记账": Sheet(rows, merges=merges)})
    org = "白杨合作社党支部"
    return Case(
        path,
        {
            ("fund", org, "income", "fiscal_district"): 2000,
            ("fund", org, "income", "enterprise"): 1500,
            ("total", "funds", "income"): 3500,
            ("total", "funds", "spending"): 2270.5,
        },
    )


@case
def pages_with_labels_in_the_cells(folder: Path) -> Case:
    """一企一档: a sheet a firm named by its short name; label and value in one cell, two a row, side label merged."""

    def page(
        name: str, code: str, staff: str, members: str, org: str, mode: str, when: str, kind: str
    ) -> Sheet:
        rows = [
            ["非公企业党建“一企一档”信息卡", N, N],
            ["基本\n信息", f"企业名称：{name}", f"统一社会信用代码：{code}"],
            [N, f"企业类型：{kind}", f"职工人数：{staff}"],
            [N, "法定代表人：", "联系电话："],
            ["党建\n信息", f"党员人数：{members}", f"组建形式：{mode}"],
            [N, f"党组织名称：{org}", f"党组织成立时间：{when}"],
        ]
        return Sheet(rows, merges=[(0, 0, 0, 2), (1, 0, 3, 0), (4, 0, 5, 0)])

    path = xlsx(
        folder / "一企一档.xlsx",
        {
            "酒业": page(
                "红柳酒业有限公司",
                "",
                "120人",
                "16人（其中预备党员2人）",
                "红柳酒业党支部",
                "单独组建",
                "2012年6月",
                "有限责任公司",
            ),
            "建筑": page(
                "红柳建筑有限公司",
                "",
                "35",
                "2",
                "红柳镇商圈联合党支部",
                "联合组建",
                "2019.3.1",
                "有限责任公司",
            ),
            "商贸": page("沙枣商贸有限公司", "", "18人", "0", "", "未组建", "", "个体工商户"),
        },
    )
    return Case(
        path,
        of(
            "unit",
            {
                "红柳酒业有限公司": {
                    "employees": 120,
                    "full_members": 14,
                    "probationary_members": 2,
                },
                "红柳建筑有限公司": {"employees": 35, "members": 2},
                "沙枣商贸有限公司": {"employees": 18, "members": 0, "kind": "个体工商户"},
            },
        )
        | covers(
            {
                ("红柳酒业有限公司", "红柳酒业党支部"): "single",
                ("红柳建筑有限公司", "红柳镇商圈联合党支部"): "joint",
            }
        )
        | {
            ("rows", "units"): 3,
            ("org", "红柳酒业党支部", "founded_on"): "2012-06",
            ("org", "红柳镇商圈联合党支部", "founded_on"): "2019-03-01",
        },
    )


@case
def founded_left_unfounded_right(folder: Path) -> Case:
    """Two tables side by side: 已建 left and 未建 right, each with its title above, numbers of rows differ."""
    rows = [
        ["已建党组织企业", N, N, N, N, N, "未建党组织企业", N, N, N],
        [
            "序号",
            "企业名称",
            "职工数",
            "正式党员",
            "党支部名称",
            N,
            "序号",
            "企业名称",
            "职工数",
            "未建原因",
        ],
        [1, "红柳酒业有限公司", 120, 14, "红柳酒业党支部", N, 1, "红柳砂石有限公司", 9, "无党员"],
        [2, "红柳肉联有限公司", 77, 5, "红柳肉联党支部", N, 2, "红柳汽修店", 4, "党员不足3名"],
        [3, "红柳乳业有限公司", 58, 4, "红柳乳业党支部", N, N, N, N, N],
        ["合计", N, 255, 23, N, N, "合计", N, 13, N],
    ]
    path = xlsx(
        folder / "已建未建对照表.xlsx", {"红柳镇": Sheet(rows, merges=[(0, 0, 0, 4), (0, 6, 0, 9)])}
    )
    return Case(
        path,
        of(
            "unit",
            {
                "红柳酒业有限公司": {"employees": 120, "full_members": 14},
                "红柳肉联有限公司": {"employees": 77, "full_members": 5},
                "红柳乳业有限公司": {"employees": 58, "full_members": 4},
                "红柳砂石有限公司": {"employees": 9, "reason_unfounded": "*"},
                "红柳汽修店": {"employees": 4, "reason_unfounded": "*"},
            },
        )
        | covers(
            {
                ("红柳酒业有限公司", "红柳酒业党支部"): "*",
                ("红柳肉联有限公司", "红柳肉联党支部"): "*",
                ("红柳乳业有限公司", "红柳乳业党支部"): "*",
            }
        )
        | {("rows", "units"): 5},
    )


@case
def years_with_growth(folder: Path) -> Case:
    """One column a year, 增减 and 增长率 behind; groups in a merged first column; units in their own column."""
    rows = [
        ["云台县两新组织党建工作三年情况对比表", *[N] * 7],
        ["类别", "项目", "单位", "2023年", "2024年", "2025年", "较上年增减", "增长率"],
        ["组织建设", "党组织总数", "个", 88, 95, 104, 9, "9.5%"],
        [N, "新建党组织", "个", 6, 8, 10, 2, "25.0%"],
        ["党员队伍", "党员总数", "名", 610, 634, 648, 14, "2.2%"],
        [N, "发展党员", "名", 14, 15, 16, 1, 0.0667],
        ["经费保障", "返还党费", "万元", 3.2, 3.45, 3.6783, 0.2283, "6.6%"],
        ["制表：云台县委两新工委", *[N] * 7],
    ]
    merges = [(0, 0, 0, 7), (2, 0, 3, 0), (4, 0, 5, 0), (7, 0, 7, 7)]
    path = xlsx(folder / "三年对比表.xlsx", {"对比": Sheet(rows, merges=merges)})
    out: Values = {}
    for year, orgs, new, members, admitted, returned in (
        ("2023", 88, 6, 610, 14, 32000),
        ("2024", 95, 8, 634, 15, 34500),
        ("2025", 104, 10, 648, 16, 36783),
    ):
        out |= figures(
            {
                "*": {
                    "party_orgs": orgs,
                    "orgs_new": new,
                    "members": members,
                    "admissions": admitted,
                    "funds_dues_return": returned,
                }
            },
            year,
        )
    return Case(path, out)


@case
def activities_by_month_groups(folder: Path) -> Case:
    """活动台账: the month stands in a merged cell of its group, the day as 5日 beside it; 小计 rows count; visits among them."""
    rows = [
        ["2025年党支部活动开展情况登记簿", *[N] * 7],
        ["党支部：红柳酒业党支部", *[N] * 7],
        ["月份", "日期", "活动类别", "活动内容", "应到", "实到", "经费（元）", "备注"],
        ["1月", "5日", "主题党日", "学习中央精神", 16, 15, N, N],
        [N, "20日", "支部党员大会", "总结上年工作", 16, 16, N, N],
        [N, "小计", "2次", N, 32, 31, N, N],
        ["2月", "9日", "主题党日", "节前慰问", 16, 14, 860, N],
        [N, "21日", "走访企业", "走访红柳肉联有限公司", N, 2, N, N],
        [N, "小计", "2次", N, 16, 16, 860, N],
        ["3月", "6日", "党课", "书记讲党课", "16人", "15人", N, N],
        [N, "28日", "志愿服务", "植树", 16, 12, "1,200", N],
        [N, "小计", "2次", N, 32, 27, 1200, N],
    ]
    merges = [(0, 0, 0, 7), (1, 0, 1, 7), (3, 0, 5, 0), (6, 0, 8, 0), (9, 0, 11, 0)]
    path = xlsx(folder / "活动登记簿.xlsx", {"登记簿": Sheet(rows, merges=merges)})
    org = "红柳酒业党支部"
    out: Values = {("rows", "activities"): 5, ("visits", "count"): 1}
    for day, due, present, cost in (
        ("2025-01-05", 16, 15, N),
        ("2025-01-20", 16, 16, N),
        ("2025-02-09", 16, 14, 860),
        ("2025-03-06", 16, 15, N),
        ("2025-03-28", 16, 12, 1200),
    ):
        out |= {
            ("activity", org, day, "due"): due,
            ("activity", org, day, "present"): present,
            ("activity", org, day, "cost"): cost,
        }
    return Case(path, out)


@case
def word_file_by_township(folder: Path) -> Case:
    """A Word file: a paragraph 一、红柳镇 before each table, the heading repeated, a signature table at the end."""
    head = ["序号", "单位名称", "性质", "从业人数", "党员数", "党组织名称", "建立方式"]
    first = [
        head,
        ["1", "红柳酒业有限公司", "企业", "120", "16", "红柳酒业党支部", "单建"],
        ["2", "红柳餐饮有限公司", "企业", "22", "1", "红柳镇商圈联合党支部", "联建"],
    ]
    second = [
        head,
        ["1", "白杨物流有限公司", "企业", "48", "3", "白杨物流行业联合党支部", "联建"],
        ["2", "白杨养老服务中心", "社会组织", "12", "1", "白杨社区党支部", "挂靠"],
        ["3", "白杨种业有限公司", "企业", "27", "无", "", ""],
    ]
    sign = [["单位（盖章）", ""], ["填表人", ""], ["填表日期", "2025年12月20日"]]
    path = docx(
        folder / "两新组织情况.docx",
        Document(
            [
                "云台县两新组织党建情况表",
                "（2025年12月）",
                "一、红柳镇（2家）",
                Sheet(first),
                "二、白杨乡（3家）",
                Sheet(second),
                "特此报告。",
                Sheet(sign),
            ]
        ),
    )
    return Case(
        path,
        of(
            "unit",
            {
                "红柳酒业有限公司": {
                    "area": "红柳镇",
                    "employees": 120,
                    "members": 16,
                    "sector": "enterprise",
                },
                "红柳餐饮有限公司": {
                    "area": "红柳镇",
                    "employees": 22,
                    "members": 1,
                    "sector": "enterprise",
                },
                "白杨物流有限公司": {
                    "area": "白杨乡",
                    "employees": 48,
                    "members": 3,
                    "sector": "enterprise",
                },
                "白杨养老服务中心": {
                    "area": "白杨乡",
                    "employees": 12,
                    "members": 1,
                    "sector": "social",
                },
                "白杨种业有限公司": {
                    "area": "白杨乡",
                    "employees": 27,
                    "members": 0,
                    "sector": "enterprise",
                },
            },
        )
        | covers(
            {
                ("红柳酒业有限公司", "红柳酒业党支部"): "single",
                ("红柳餐饮有限公司", "红柳镇商圈联合党支部"): "joint",
                ("白杨物流有限公司", "白杨物流行业联合党支部"): "joint",
                ("白杨养老服务中心", "白杨社区党支部"): "attached",
            }
        )
        | {("rows", "units"): 5},
    )


@case
def instructors_with_two_firms(folder: Path) -> Case:
    """选派名册: persons in rows, 联系企业 in two columns, 选派层级 and 是否专职; a footer; county and town levels."""
    rows = [
        ["2025年党建指导员选派名册", *[N] * 8],
        [
            "序号",
            "姓名",
            "性别",
            "工作单位及职务",
            "选派层级",
            "是否专职",
            "联系企业",
            N,
            "联系电话",
        ],
        [N, N, N, N, N, N, "企业一", "企业二", N],
        [
            1,
            "演示甲",
            "男",
            "县委组织部干部",
            "县级",
            "否",
            "红柳酒业有限公司",
            "红柳肉联有限公司",
            "—",
        ],
        [2, "演示乙", "女", "红柳镇组织委员", "乡镇级", "否", "红柳建筑有限公司", N, "—"],
        [3, "演示丙", "男", "退休干部", "县级", "是", "白杨物流有限公司", "白杨快递有限公司", "—"],
        ["填报人：演示丁    审核人：演示戊", *[N] * 8],
    ]
    merges = [(0, 0, 0, 8), (1, 6, 1, 7), *[(1, c, 2, c) for c in (0, 1, 2, 3, 4, 5, 8)]]
    path = xlsx(folder / "指导员选派名册.xlsx", {"名册": Sheet(rows, merges=merges)})
    return Case(
        path,
        {
            ("instructors", "count"): 3,
            ("instructors", "full_time"): 1,
            ("instructors", "units_served"): 5,
        },
    )


@case
def visits_by_leader(folder: Path) -> Case:
    """走访记录 as text with tabs (UTF-16): several firms in a cell, opinions as text, counts with 条 and 个."""
    rows = [
        ["走访时间", "走访人", "走访企业名称", "收集意见数", "解决问题数", "备注"],
        ["2025.3.4", "演示甲", "红柳酒业有限公司、红柳肉联有限公司", "3条", "2个", ""],
        ["2025年5月", "演示乙", "白杨物流有限公司", "1", "1", ""],
        [
            "20250612",
            "演示甲",
            "沙枣纺织有限公司；沙枣商贸有限公司；沙枣电商协会",
            "4",
            "",
            "1条待办",
        ],
        ["合计", "", "", "8", "3", ""],
    ]
    path = separated(folder / "走访记录.csv", rows, "utf-16", "\t")
    return Case(
        path, {("visits", "count"): 6, **figures({"*": {"opinions": 8, "problems_solved": 3}})}
    )


@case
def unfounded_with_dates_in_words(folder: Path) -> Case:
    """应建未建: dates in words, staff with 余, probation in brackets, reasons in own words, hidden rows, percent cell."""
    rows = [
        ["应建未建两新组织摸排表", *[N] * 8],
        ["（截至二〇二五年十二月三十一日）", *[N] * 8],
        [
            "编号",
            "单位全称",
            "登记时间",
            "职工总数",
            "党员数（含预备）",
            "党员占比",
            "未建原因",
            "拟建时间",
            "责任单位",
        ],
        [
            "01",
            "沙枣纺织有限公司",
            "二〇一五年三月十日",
            "60余",
            "5（1）",
            0.0833,
            "党员刚转入",
            "2026年3月",
            "沙枣街道党工委",
        ],
        ["02", "沙枣矿业有限公司", "2018/3", 45, 4, 0.0889, "停产整顿", "待复产", "沙枣街道党工委"],
        [
            "03",
            "白杨种业有限公司",
            "19.5.8",
            "27人",
            3,
            "11.1%",
            "无合适书记人选",
            "2026年6月",
            "白杨乡党委",
        ],
        ["合计", "3家", N, N, 12, N, N, N, N],
    ]
    path = xlsx(
        folder / "应建未建摸排表.xlsx",
        {"摸排": Sheet(rows, merges=[(0, 0, 0, 8), (1, 0, 1, 8)], hidden_rows=[4])},
    )
    values = of(
        "unit",
        {
            "沙枣纺织有限公司": {
                "started_on": "2015-03-10",
                "employees": 60,
                "members": 5,
                "reason_unfounded": "*",
            },
            "沙枣矿业有限公司": {
                "started_on": "2018-03",
                "employees": 45,
                "members": 4,
                "reason_unfounded": "*",
            },
            "白杨种业有限公司": {
                "started_on": "2019-05-08",
                "employees": 27,
                "members": 3,
                "reason_unfounded": "*",
            },
        },
    )
    asked = {("unit", "沙枣纺织有限公司", "members")} | {
        key for key in values if key[2] == "reason_unfounded"
    }
    return Case(
        path,
        {(("ask", *key) if key in asked else key): value for key, value in values.items()}
        | {("rows", "units"): 3},
    )


@case
def dues_by_quarter_due_and_paid(folder: Path) -> Case:
    """党费: each quarter 应缴 and 实缴, the year 应缴 and 实缴, unit 元, formulas' values, a remark column."""
    rows = [
        ["2025年度两新党组织党费缴纳情况表", *[N] * 12],
        [
            "党组织名称",
            "党员数",
            "一季度",
            N,
            "二季度",
            N,
            "三季度",
            N,
            "四季度",
            N,
            "合计",
            N,
            "备注",
        ],
        [N, N, *["应缴", "实缴"] * 5, N],
        ["红柳酒业党支部", 16, 400, 400, 400, 380, 420, 440, 420, 420, 1640, 1640, N],
        ["红柳肉联党支部", 5, 90, 90, 90, 90, 90, 90, 90, N, 360, 270, "四季度未缴"],
        ["合计", 21, 490, 490, 490, 470, 510, 530, 510, 420, 2000, 1910, N],
    ]
    merges = [
        (0, 0, 0, 12),
        (1, 0, 2, 0),
        (1, 1, 2, 1),
        *[(1, c, 1, c + 1) for c in (2, 4, 6, 8, 10)],
        (1, 12, 2, 12),
    ]
    path = xlsx(folder / "党费缴纳情况表.xlsx", {"党费": Sheet(rows, merges=merges)})
    return Case(
        path,
        {
            ("fund", "红柳酒业党支部", "dues_paid", N): 1640,
            ("fund", "红柳肉联党支部", "dues_paid", N): 270,
            ("total", "funds", "dues_paid"): 1910,
        },
    )


@case
def partial_year_groups(folder: Path) -> Case:
    """A report of half a year: two quarters, flows added and the number of members as it stands."""
    rows = [
        ["2025年工作进度表", *[N] * 6],
        ["乡镇", "一季度", N, N, "二季度", N, N],
        [N, "发展党员", "党员总数", "走访企业", "发展党员", "党员总数", "走访企业"],
        ["红柳镇", 2, 210, 20, 3, 212, 31],
        ["白杨乡", 1, 95, "-", 0, 96, 12],
    ]
    p = xlsx(
        folder / "进度.xlsx",
        {"表": Sheet(rows, merges=[(0, 0, 0, 6), (1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 6)])},
    )
    return Case(
        p,
        figures(
            {
                "红柳镇": {"admissions": 5, "members": 212, "visits": 51},
                "白杨乡": {"admissions": 1, "members": 96, "visits": 12},
            }
        ),
    )


@case
def halves_of_money(folder: Path) -> Case:
    """Half-years as groups of money, in 万元 of the title."""
    rows = [
        ["党建经费收支情况（单位：万元）", *[N] * 5],
        ["党组织名称", "上半年", N, "下半年", N, "备注"],
        [N, "县级拨付", "活动支出", "县级拨付", "活动支出", N],
        ["红柳酒业党支部", 0.4, 0.25, 0.4, 0.52, N],
        ["白杨合作社党支部", 0.2, 0.22, 0.2, 0.18, "已结清"],
        ["合计", 0.6, 0.47, 0.6, 0.7, N],
    ]
    p = xlsx(
        folder / "经费收支.xlsx",
        {
            "表": Sheet(
                rows, merges=[(0, 0, 0, 5), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4), (1, 5, 2, 5)]
            )
        },
    )
    return Case(
        p,
        {
            ("fund", "红柳酒业党支部", "income", "fiscal_district"): 8000,
            ("fund", "红柳酒业党支部", "spending", "activity"): 7700,
            ("fund", "白杨合作社党支部", "income", "fiscal_district"): 4000,
            ("fund", "白杨合作社党支部", "spending", "activity"): 4000,
        },
    )


@case
def dues_in_one_row_heading(folder: Path) -> Case:
    """上半年应缴 | 上半年实缴 in one row of headings."""
    rows = [
        ["党费缴纳情况（元）"],
        ["党组织名称", "上半年应缴", "上半年实缴", "下半年应缴", "下半年实缴"],
        ["红柳酒业党支部", 800, 780, 840, 860],
        ["红柳肉联党支部", 180, 180, 180, 90],
    ]
    p = xlsx(folder / "党费.xlsx", {"表": Sheet(rows)})
    return Case(
        p,
        {
            ("fund", "红柳酒业党支部", "dues_paid", N): 1640,
            ("fund", "红柳肉联党支部", "dues_paid", N): 270,
        },
    )


@case
def counting_on_unfinished(folder: Path) -> Case:
    """Numbers that count on, the last column still blank."""
    rows = [
        ["两新党建指标完成情况"],
        ["指标", "单位", "一季度累计", "上半年累计", "前三季度累计", "全年累计"],
        ["发展党员", "名", 3, 8, 10, N],
        ["走访企业", "家次", 40, 92, 130, N],
        ["党员总数", "名", 600, 605, 611, N],
    ]
    p = xlsx(folder / "指标.xlsx", {"表": Sheet(rows)})
    return Case(p, figures({"*": {"admissions": 10, "visits": 130, "members": 611}}))


@case
def months_of_attendance(folder: Path) -> Case:
    """应到 | 实到 below every month: an activity each."""
    rows = [
        ["2025年主题党日到会情况", *[N] * 6],
        ["党组织名称", "1月", N, "2月", N, "3月", N],
        [N, "应到", "实到", "应到", "实到", "应到", "实到"],
        ["红柳酒业党支部", 16, 15, 16, 14, 16, 16],
        ["红柳肉联党支部", 5, 5, 5, 4, 5, 5],
    ]
    p = xlsx(
        folder / "到会.xlsx",
        {
            "表": Sheet(
                rows, merges=[(0, 0, 0, 6), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4), (1, 5, 1, 6)]
            )
        },
    )
    return Case(
        p, {("ask", "months", "红柳酒业党支部", "主题党日"): 3, ("ask", "rows", "activities"): 6}
    )


@case
def two_stages_with_names_again(folder: Path) -> Case:
    """Two stages, the name in every row; 是否整转 in the row of the last one only."""
    rows = [
        ["星级评定表"],
        ["乡镇", "支部名称", "阶段", "得分", "评定星级", "是否整转"],
        ["红柳镇", "红柳酒业党支部", "自评", 95, "五星级", N],
        ["红柳镇", "红柳酒业党支部", "审定", 90, "四星级", "否"],
        ["白杨乡", "白杨社区党支部", "自评", 70, "三星级", N],
        ["白杨乡", "白杨社区党支部", "审定", 55, "一星级", "是"],
    ]
    p = xlsx(folder / "星级.xlsx", {"表": Sheet(rows)})
    return Case(
        p,
        {
            ("rows", "stars"): 2,
            ("star", "红柳酒业党支部", "stars"): 4,
            ("star", "白杨社区党支部", "stars"): 1,
            ("star", "白杨社区党支部", "score_final"): 55,
            ("star", "白杨社区党支部", "rectification"): True,
        },
    )


@case
def several_labels_in_a_cell(folder: Path) -> Case:
    """A card whose cells hold several labels with their answers."""

    def page(n: str, s: int, m: int, o: str) -> Sheet:
        return Sheet(
            [
                ["企业党建信息卡", N],
                [f"企业名称：{n}", N],
                [f"职工人数：{s}    党员人数：{m}", N],
                [f"党组织名称：{o}    组建方式：单独组建", N],
            ],
            merges=[(0, 0, 0, 1)],
        )

    p = xlsx(
        folder / "信息卡.xlsx",
        {
            "a": page("红柳酒业有限公司", 120, 16, "红柳酒业党支部"),
            "b": page("红柳肉联有限公司", 77, 5, "红柳肉联党支部"),
        },
    )
    return Case(
        p,
        of(
            "unit",
            {
                "红柳酒业有限公司": {"employees": 120, "members": 16},
                "红柳肉联有限公司": {"employees": 77, "members": 5},
            },
        )
        | covers(
            {
                ("红柳酒业有限公司", "红柳酒业党支部"): "single",
                ("红柳肉联有限公司", "红柳肉联党支部"): "single",
            }
        ),
    )


@case
def months_grouped_visits(folder: Path) -> Case:
    """Months as groups and 一季度 behind them, which says them again."""
    rows = [
        ["各镇走访情况统计（2025年）", *[N] * 8],
        ["镇街", "1月", N, "2月", N, "3月", N, "一季度", N],
        [N, *["走访企业（次）", "解决问题（个）"] * 4],
        ["红柳镇", 5, 1, 6, 2, 7, 3, 18, 6],
        ["白杨乡", 2, 0, 3, 1, 4, 1, 9, 2],
    ]
    p = xlsx(
        folder / "走访.xlsx",
        {
            "表": Sheet(
                rows, merges=[(0, 0, 0, 8), (1, 0, 2, 0), *[(1, c, 1, c + 1) for c in (1, 3, 5, 7)]]
            )
        },
    )
    return Case(
        p,
        figures(
            {
                "红柳镇": {"visits": 18, "problems_solved": 6},
                "白杨乡": {"visits": 9, "problems_solved": 2},
            }
        ),
    )
