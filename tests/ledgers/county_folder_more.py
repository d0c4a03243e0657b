"""More forms of a county's folder, written when those of `county_folder` were read: the second attack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from county_folder import Case, N, Values, covers, of
from office_writer import Sheet, serial, xlsx

CASES: dict[str, Callable[[Path], Case]] = {}


def case(make: Callable[[Path], Case]) -> Callable[[Path], Case]:
    CASES[make.__name__] = make
    return make


@case
def a_month_a_sheet(folder: Path) -> Case:
    def page(month, rows):
        return [
            [f"河口镇联合党支部{month}活动记录", N, N, N, N],
            ["日期", "类别", "参加人数", "应到", "备注"],
            *rows,
        ]

    path = xlsx(
        folder / "河口联合支部2024活动.xlsx",
        {
            "1月": page("1月", [["5日", "主题党日", 6, 7, N], ["20日", "支委会", "3", "3", N]]),
            "2月": page("2月", [["8日", "党课", 7, 7, N]]),
            "3月": page("3月", []),
        },
    )
    o = "河口镇联合党支部"
    return Case(
        path,
        {
            ("activity", o, "2024-01-05", "present"): 6,
            ("activity", o, "2024-01-05", "due"): 7,
            ("activity", o, "2024-01-20", "kind"): "三会一课",
            ("activity", o, "2024-02-08", "present"): 7,
            ("rows", "activities"): 3,
        },
    )


@case
def sectors_as_sections(folder: Path) -> Case:
    rows = [
        ["石桥乡2024年两新组织基本情况", N, N, N, N, N],
        ["序号", "名称", "从业人数", "党员数", "党组织", "组建形式"],
        ["一、非公企业（3家）", N, N, N, N, N],
        [1, "演示节一公司", 30, 3, "演示节一公司党支部", "单独"],
        [2, "演示节二公司", 10, 0, N, "未建"],
        [3, "演示节三公司", 12, 1, "石桥乡联合党支部", "联合"],
        ["二、社会组织（2家）", N, N, N, N, N],
        [1, "演示节一协会", 5, 1, "石桥乡联合党支部", "联合"],
        [2, "演示节二学校", 22, 4, "演示节二学校党支部", "单独"],
        ["合计", 5, 79, 9, 3, N],
    ]
    path = xlsx(
        folder / "石桥乡基本情况.xlsx",
        {"Sheet1": Sheet(rows, [(0, 0, 0, 5), (2, 0, 2, 5), (6, 0, 6, 5)])},
    )
    v = of(
        "unit",
        {
            "演示节一公司": {"sector": "enterprise", "employees": 30, "members": 3},
            "演示节二公司": {"employees": 10},
            "演示节三公司": {"sector": "enterprise", "members": 1},
            "演示节一协会": {"sector": "social", "employees": 5},
            "演示节二学校": {"sector": "social", "members": 4},
        },
    )
    return Case(
        path,
        v
        | covers(
            {
                ("演示节一公司", "演示节一公司党支部"): "single",
                ("演示节三公司", "石桥乡联合党支部"): "joint",
                ("演示节一协会", "石桥乡联合党支部"): "joint",
                ("演示节二学校", "演示节二学校党支部"): "single",
            }
        )
        | {("rows", "units"): 5},
    )


@case
def before_and_after(folder: Path) -> Case:
    rows = [
        ["云台县两新组织党建情况对比表", N, N, N, N, N, N],
        ["乡镇", "2023年", N, N, "2024年", N, N],
        [N, "非公企业数", "党组织数", "党员数", "非公企业数", "党组织数", "党员数"],
        ["城关镇", 48, 30, 290, 52, 33, 312],
        ["河口镇", 35, 19, 140, 37, 20, 146],
        ["合计", 83, 49, 430, 89, 53, 458],
    ]
    path = xlsx(
        folder / "对比表.xlsx",
        {"对比": Sheet(rows, [(0, 0, 0, 6), (1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 6)])},
    )
    v: Values = {}
    for a, r in {
        "城关镇": (48, 30, 290, 52, 33, 312),
        "河口镇": (35, 19, 140, 37, 20, 146),
    }.items():
        for i, m in enumerate(("units_enterprise", "party_orgs", "members")):
            v[("figure", a, "2023", m)] = r[i]
            v[("figure", a, "2024", m)] = r[i + 3]
    return Case(path, v)


@case
def subsidy_in_thousand_yuan(folder: Path) -> Case:
    rows = [
        ["云台县2024年党建经费拨付表", N, N, N],
        ["（金额单位：千元）", N, N, N],
        ["党组织名称", "县财政", "镇财政", "企业自筹"],
        ["演示千一党支部", 3, 1.5, "2"],
        ["演示千二党支部", "3.5", 0, N],
        ["合计", 6.5, 1.5, 2],
    ]
    path = xlsx(folder / "经费拨付表.xlsx", {"表": rows})
    return Case(
        path,
        {
            ("fund", "演示千一党支部", "income", "fiscal_district"): 3000,
            ("fund", "演示千一党支部", "income", "fiscal_township"): 1500,
            ("fund", "演示千一党支部", "income", "enterprise"): 2000,
            ("fund", "演示千二党支部", "income", "fiscal_district"): 3500,
            ("fund", "演示千二党支部", "income", "fiscal_township"): 0,
        },
    )


@case
def stars_as_columns(folder: Path) -> Case:
    rows = [
        ["2024年城关镇党组织评星结果", N, N, N, N, N],
        ["党组织名称", "五星", "四星", "三星", "二星", "一星"],
        ["演示评一党支部", "√", N, N, N, N],
        ["演示评二党支部", N, "√", N, N, N],
        ["演示评三党支部", N, N, N, "√", N],
        ["合计", 1, 1, 0, 1, 0],
    ]
    path = xlsx(folder / "评星结果.xlsx", {"表": rows})
    return Case(
        path,
        {
            ("star", "演示评一党支部", "stars"): 5,
            ("star", "演示评二党支部", "stars"): 4,
            ("star", "演示评三党支部", "stars"): 2,
        },
    )


@case
def six_haves_turned(folder: Path) -> Case:
    rows = [
        ["2024年河口镇六有情况", N, N, N],
        ["内容", "演示转一党支部", "演示转二党支部", "演示转三党支部"],
        ["有场所", "√", "√", "√"],
        ["有设施", "√", "√", "×"],
        ["有标志", "√", "√", "√"],
        ["有党旗", "√", "√", "√"],
        ["有书报", "√", N, "√"],
        ["有制度", "√", "√", "√"],
    ]
    path = xlsx(folder / "六有.xlsx", {"表": rows})
    return Case(path, {("figure", "河口镇", "2024", "orgs_six_haves"): 1})


@case
def township_counts_of_stars(folder: Path) -> Case:
    rows = [
        ["2024年云台县党组织星级统计表", N, N, N, N, N, N],
        ["乡镇", "党组织数", "五星级", "四星级", "三星级", "二星级", "一星级及以下"],
        ["城关镇", 33, 3, 7, 12, 6, 5],
        ["河口镇", 20, 2, 4, 8, 4, 2],
        ["合计", 53, 5, 11, 20, 10, 7],
    ]
    path = xlsx(folder / "星级统计.xlsx", {"表": rows})
    v: Values = {}
    for a, r in {"城关镇": (33, 3, 7, 12, 6, 5), "河口镇": (20, 2, 4, 8, 4, 2)}.items():
        for m, x in zip(
            (
                "party_orgs",
                "orgs_five_star",
                "orgs_four_star",
                "orgs_three_star",
                "orgs_two_star",
                "orgs_one_star",
            ),
            r,
            strict=True,
        ):
            v[("figure", a, "2024", m)] = x
    return Case(path, v)


@case
def sector_only_overview(folder: Path) -> Case:
    rows = [
        ["2024年云台县非公企业党建情况统计表", N, N, N, N, N],
        ["乡镇", "企业总数", "已建党组织企业数", "单独组建", "党员数", "从业人员"],
        ["城关镇", 52, 41, 30, 280, 2300],
        ["河口镇", 37, 25, 14, 120, 1100],
    ]
    path = xlsx(folder / "非公企业统计.xlsx", {"表": rows})
    v: Values = {
        ("figure", "城关镇", "2024", "units_enterprise"): 52,
        ("figure", "河口镇", "2024", "units_enterprise"): 37,
        ("figure", "城关镇", "2024", "units_enterprise_covered"): 41,
    }
    return Case(path, v)


@case
def numbers_with_remarks(folder: Path) -> Case:
    rows = [
        ["2024年青山镇非公企业台账", N, N, N, N, N],
        ["序号", "企业名称", "用工人数", "党员", "其中：预备党员", "是否建立党组织"],
        [1, "演示注一公司", "45（含季节工10人）", "3名", "1名", "已单独建立党支部"],
        [2, "演示注二公司", "60余人", "2", "0", "加入青山镇联合支部"],
        [3, "演示注三公司", "不详", "0人", "/", "未建立"],
        [4, "演示注四公司", "10-15人", "一", "0", "无"],
    ]
    path = xlsx(folder / "青山镇台账.xlsx", {"表": rows})
    v: Values = {
        ("unit", "演示注一公司", "employees"): 45,
        ("unit", "演示注一公司", "members"): 3,
        ("unit", "演示注一公司", "probationary_members"): 1,
        ("unit", "演示注二公司", "members"): 2,
        ("unit", "演示注三公司", "members"): 0,
        ("unit", "演示注四公司", "members"): 1,
        ("cover", "演示注一公司", "演示注一公司党支部"): "single",
    }
    return Case(path, v)


@case
def one_org_a_page(folder: Path) -> Case:
    def c(name, kind, n, since, five, fund):
        return Sheet(
            [
                ["云台县两新党组织情况登记表", N, N, N],
                ["党组织名称", name, "党组织类型", kind],
                ["成立时间", since, "党员人数", n],
                ["上级党组织", "城关镇党委", "覆盖单位", five],
                ["书记姓名", "孙丽华", "联系电话", "13912345678"],
            ]
        )

    path = xlsx(
        folder / "党组织一表.xlsx",
        {
            "甲": c("演示页一党支部", "党支部", "8名", "2015.7.1", "演示页一公司", 1),
            "乙": c(
                "演示页二联合党支部", "联合党支部", 6, "2019年3月", "演示页二公司、演示页三公司", 2
            ),
        },
    )
    return Case(
        path,
        of(
            "org",
            {
                "演示页一党支部": {"members": 8, "founded_on": "2015-07-01"},
                "演示页二联合党支部": {"members": 6, "founded_on": "2019-03"},
            },
        )
        | covers(
            {
                ("演示页一公司", "演示页一党支部"): "single",
                ("演示页二公司", "演示页二联合党支部"): "joint",
                ("演示页三公司", "演示页二联合党支部"): "joint",
            }
        ),
    )


@case
def total_first_and_average(folder: Path) -> Case:
    rows = [
        ["河口镇2024年两新组织台账", N, N, N, N],
        ["序号", "单位名称", "职工数", "正式党员", "党组织名称"],
        ["合计", "3家", 60, 6, N],
        [1, "演示先一公司", 30, 3, "演示先一公司党支部"],
        [2, "演示先二公司", 20, 2, N],
        [3, "演示先三公司", 10, 1, N],
        ["平均", N, 20, 2, N],
        ["其中：规上", 1, 30, 3, N],
    ]
    path = xlsx(folder / "河口镇台账.xlsx", {"表": rows})
    return Case(
        path,
        of(
            "unit",
            {
                "演示先一公司": {"employees": 30, "full_members": 3},
                "演示先二公司": {"employees": 20},
                "演示先三公司": {"employees": 10},
            },
        )
        | {("rows", "units"): 3},
    )


@case
def dates_everywhere(folder: Path) -> Case:
    rows = [
        ["城关镇2024年主题党日台账", N, N, N],
        ["序号", "党组织名称", "开展时间", "参加人数"],
        [1, "演示日党支部", "2024.1.5-1.6", 10],
        [2, "演示日党支部", "2024年2月5日上午", 9],
        [3, "演示日党支部", "3月5号", 8],
        [4, "演示日党支部", "20240405", 7],
        [5, "演示日党支部", serial(2024, 5, 5), 6],
        [6, "演示日党支部", "6/5", 5],
        [7, "演示日党支部", "二〇二四年七月五日", 4],
        [8, "演示日党支部", "2024-13-05", 3],
        [9, "演示日党支部", "九月上旬", 2],
    ]
    path = xlsx(folder / "主题党日.xlsx", {"表": rows})
    o = "演示日党支部"
    v: Values = {("activity", o, f"2024-{m:02d}-05", "present"): 11 - m for m in range(1, 8)}
    return Case(path, v | {("rows", "activities"): 9})
