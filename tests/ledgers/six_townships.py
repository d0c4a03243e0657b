"""A county folder of six townships, each in its own form, and the figures of each township counted by hand.

`write` makes data/raw of a project; `EXPECTED` says for every township (and the county) what a right report prints.
Nothing of it knows how Evalkit reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from office_writer import Document, Sheet, docx, mht, separated, xls, xlsx, xml_spreadsheet

PERIOD = "2024"
COUNTY = "演示省/演示市/云台县"
N = None


def write(project: Path) -> Path:
    raw = project / "data/raw" / PERIOD / COUNTY
    _chengguan(raw / "城关镇")
    _hekou(raw / "河口镇")
    _shiqiao(raw / "石桥乡")
    _qingshan(raw)
    _liulin(raw / "柳林乡")
    _zone(raw / "经济开发区")
    return project


def _chengguan(folder: Path) -> None:
    """One workbook with a sheet a ledger; three-row heading; totals; a summary sheet in front."""
    a, b, joint = (
        "演示城关一机械有限公司党支部",
        "演示城关二食品有限公司党支部",
        "城关镇商圈联合党支部",
    )
    units = [
        ["城关镇2024年两新组织台账", *[N] * 9],
        ["填报单位：城关镇党委", *[N] * 5, "2024年12月20日", *[N] * 3],
        ["序号", "单位基本情况", N, N, N, "党员情况", N, "党组织情况", N, "备注"],
        [N, "单位名称", "单位类别", "状态", "从业人员", "其中", N, "名称", "组建方式", N],
        [N, N, N, N, N, "正式", "预备", N, N, N],
        [1, "演示城关一机械有限公司", "非公企业", "正常", "120人", 6, 1, a, "单独", N],
        [2, "演示城关二食品有限公司", "非公企业", "正常", 64, 3, 0, b, "单独", N],
        [3, "演示城关三书店", "非公企业", "正常", 5, 1, N, joint, "联合", N],
        [4, "演示城关四药房", "非公企业", "正常", "８", "2名", N, joint, "联合", N],
        [5, "演示城关五网吧", "非公企业", "停业", 3, 0, N, N, "未建", "年初停业"],
        [6, "演示城关六商会", "社会组织", "正常", 4, 0, N, N, "未建", N],
        ["合计", "6家", N, N, 204, 12, 1, N, N, N],
    ]
    merges = [(0, 0, 0, 9), (2, 0, 4, 0), (2, 1, 2, 4), (2, 5, 2, 6), (2, 7, 2, 8), (2, 9, 4, 9),
              *[(3, j, 4, j) for j in (1, 2, 3, 4, 7, 8)], (3, 5, 3, 6)]  # fmt: skip
    funds = [
        ["城关镇2024年党建经费台账", *[N] * 5],
        [*[N] * 5, "单位：元"],
        ["序号", "党组织名称", "区县拨付", "企业配套", "返还党费", "党员活动经费"],
        [1, a, 5000, "10,000.00", 1200, 9800],
        [2, b, "3000元", 2000, "—", 4100],
        [3, joint, 3000, N, N, 2600],
        ["合计", N, 11000, 12000, 1200, 16500],
    ]
    activities = [
        ["城关镇2024年党组织活动台账", *[N] * 6],
        ["月份", "党组织名称", "日期", "活动类型", "主题", "应到", "实到"],
        ["3月", a, "3月5日", "主题党日", "学雷锋", 7, 7],
        [N, b, "3.12", "主题党日", "植树", 3, 3],
        ["6月", a, "2024年6月28日", "党课", "七一党课", 7, 6],
        [N, joint, "6/28", "主题党日", "参观", 3, 2],
        [N, a, "6月29日", "走访企业", "走访两户", N, N],
        ["合计", "5次", N, N, N, 20, 18],
    ]
    stars = [
        ["城关镇2024年星级评定表", *[N] * 4],
        ["序号", "党组织名称", "自评分", "终审分", "拟定星级"],
        [1, a, 96, 92, "五星"],
        [2, b, 85, 81, "四星"],
        [3, joint, 78, 71, "三星"],
    ]
    summary = [
        ["城关镇2024年党建汇总表", N, N],
        ["项目", "数量", "备注"],
        ["单位数", 6, "见附表"],
        ["党员数", 13, "见附表"],
    ]
    xlsx(folder / "城关镇2024年台账.xlsx", {
        "汇总": summary, "组织台账": Sheet(units, merges), "经费": funds, "活动": activities, "评星": stars,
    })  # fmt: skip


def _hekou(folder: Path) -> None:
    """一企一表, an account a branch, activities as text."""
    own, joint = "演示河口一物流有限公司党支部", "河口镇联合党支部"

    def card(
        name: Any, kind: Any, employees: Any, full: Any, trial: Any, org: Any, mode: Any, since: Any
    ) -> Sheet:
        rows = [
            ["云台县两新组织基本情况登记表", *[N] * 5],
            ["填报单位：河口镇党委", N, N, "填报时间：2024年11月30日", N, N],
            ["单位名称", name, N, N, "单位类别", kind],
            ["法定代表人", "周志强", N, N, "联系电话", "13912345678"],
            ["从业人员数", employees, "正式党员数", full, "预备党员数", trial],
            ["是否建立党组织", "是" if org else "否", "组建方式", mode, "成立时间", since],
            ["党组织名称", org, N, N, "书记", "孙丽华"],
        ]
        return Sheet(rows, [(0, 0, 0, 5), (2, 1, 2, 3), (3, 1, 3, 3), (6, 1, 6, 3)])

    xlsx(folder / "河口镇一企一表.xlsx", {
        "一物流": card("演示河口一物流有限公司", "非公企业", 88, 9, 1, own, "单独组建", "2016.7.1"),
        "二纺织": card("演示河口二纺织厂", "非公企业", "35人", 1, 0, joint, "联合组建", "2019年5月"),
        "三幼儿园": card("演示河口三幼儿园", "社会组织", 22, 2, 0, joint, "联合组建", "2019年5月"),
        "四茶庄": card("演示河口四茶庄", "非公企业", 4, 0, 0, N, N, N),
    })  # fmt: skip

    def account(org: str, rows: list[list[Any]]) -> Sheet:
        top = [["党建经费收支明细账", *[N] * 4], [f"党组织：{org}", *[N] * 3, "单位：元"],
               ["日期", "摘要", "收入", "支出", "结余"]]  # fmt: skip
        return Sheet([*top, *rows], [(0, 0, 0, 4)])

    xlsx(folder / "河口镇支部明细账.xlsx", {
        "物流": account(own, [
            ["2024.1.1", "上年结转", N, N, 1000],
            ["2024.3.1", "区县拨付", 5000, N, 6000],
            ["2024.4.2", "主题党日活动费用", N, 1500, 4500],
            ["2024.7.1", "企业配套", 3000, N, 7500],
            ["2024.7.2", "七一活动费用", N, "2,500.00", 5000],
            [N, "合计", 8000, 4000, 5000],
        ]),
        "联合": account(joint, [
            ["2024.1.1", "上年结转", N, N, 0],
            ["2024.3.1", "区县拨付", 3000, N, 3000],
            ["2024.6.30", "主题党日活动费用", N, 700, 2300],
        ]),
    })  # fmt: skip
    separated(folder / "河口镇活动台账.csv", [
        ["河口镇2024年活动台账"],
        ["序号", "活动时间", "党组织", "活动类型", "应到人数", "实到人数"],
        [1, "2024-04-02", own, "主题党日", 10, 9],
        [2, "2024-06-30", joint, "主题党日", 3, 3],
        [3, "2024-07-02", own, "党员大会", 10, 10],
        ["合计", "", "", "", 23, 22],
    ], "gbk")  # fmt: skip


def _shiqiao(folder: Path) -> None:
    """A Word paper with three tables."""
    own, joint = "演示石桥一砖业有限公司党支部", "石桥乡联合党支部"
    units = Sheet([
        ["序号", "单位名称", "单位类别", "从业人员", "正式党员", "预备党员", "所属党组织", "组建方式"],
        ["1", "演示石桥一砖业有限公司", "非公企业", "31", "3", "", own, "单独组建"],
        ["2", "演示石桥二果蔬公司", "非公企业", "12", "1", "1", joint, "联合组建"],
        ["3", "演示石桥三研究会", "社会组织", "6", "1", "", joint, "联合组建"],
        ["合计", "", "", "49", "5", "1", "", ""],
    ])  # fmt: skip
    funds = Sheet([
        ["党组织名称", "县级财政拨款", "党费返还", "企业配套", "活动支出"],
        [own, "0.3", "0.05", "0.2", "0.41"],
        [joint, "0.3", "", "", "0.28"],
        ["合计", "0.6", "0.05", "0.2", "0.69"],
    ])  # fmt: skip
    stars = Sheet([
        ["党组织名称", "自评星级", "乡镇初评", "县委审定"],
        [own, "四星", "四星", "四星"],
        [joint, "三星", "三星", "二星"],
    ])  # fmt: skip
    docx(folder / "石桥乡2024年两新组织党建情况.docx", Document((
        "石桥乡2024年两新组织党建工作情况", "全乡现有两新组织3家。", "附表1 组织台账", units,
        "附表2 经费台账（单位：万元）", funds, "附表3 星级评定情况", stars, "石桥乡党委 2024年12月25日",
    )))  # fmt: skip


def _qingshan(raw: Path) -> None:
    """No folder of its own: the township stands in the file's name and title; old text and XML files."""
    own = "演示青山一石材有限公司党支部"
    separated(raw / "青山镇组织台账.csv", [
        ["青山镇2024年两新组织台账"],
        ["序号", "单位名称", "单位类别", "从业人员", "党员总数", "正式党员", "预备党员", "党组织名称", "组建方式"],
        ["1", "演示青山一石材有限公司", "非公企业", " 4 6 ", "4（含预备1名）", "3", "1", own, "单独"],
        ["2", "演示青山二茶场", "非公企业", "十五", "0", "0", "0", "", "未建"],
        ["3", "演示青山三农资店", "非公企业", "3人", "1", "1", "0", "", "未建"],
    ], "gb18030")  # fmt: skip
    xml_spreadsheet(raw / "青山镇经费台账.xls", {"经费": Sheet([
        ["青山镇2024年党建经费台账（单位：元）", *[N] * 5],
        ["序号", "党组织名称", "收入", N, "支出", N],
        [N, N, "区县拨付", "企业配套", "党员活动经费", "启动经费"],
        [1, own, 3000, "1,500", 2800, N],
        ["合计", N, 3000, 1500, 2800, N],
    ], [(0, 0, 0, 5), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5)])})  # fmt: skip


def _liulin(folder: Path) -> None:
    """A web archive with two tables side by side; organisations with their units; instructors in an old .xls."""
    own = "演示柳林一木业有限公司党总支"
    mht(folder / "柳林乡两新组织.xls", Sheet([
        ["柳林乡2024年两新组织党建情况", *[N] * 11],
        ["一、非公企业", *[N] * 5, N, "二、社会组织", *[N] * 4],
        ["序号", "企业名称", "职工数", "正式党员", "党组织名称", "组建方式", N,
         "序号", "社会组织名称", "从业人员", "正式党员", "党组织名称"],
        [1, "演示柳林一木业有限公司", 210, 14, own, "单独", N, 1, "演示柳林三老年协会", 7, 3, "演示柳林三老年协会党支部"],
        [2, "演示柳林二茶业有限公司", 26, 0, N, "未建", N, N, N, N, N, N],
        ["合计", N, 236, 14, N, N, N, "合计", N, 7, 3, N],
    ], [(0, 0, 0, 11), (1, 0, 1, 5), (1, 7, 1, 11)]))  # fmt: skip
    rows = [
        ["柳林乡2024年党建指导员选派情况一览表", *[N] * 4],
        ["序号", "姓名", "工作单位", "联系企业", "专职/兼职"],
        [1, "王小明", "乡党建办", "演示柳林一木业有限公司", "兼职"],
        [N, N, N, "演示柳林二茶业有限公司", N],
        [2, "李建国", "乡民政所", "演示柳林三老年协会", "兼职"],
    ]
    merges = [(0, 0, 0, 4), *[(2, j, 3, j) for j in (0, 1, 2, 4)]]
    xls(folder / "柳林乡指导员.xls", {"指导员": Sheet(rows, merges)})


def _zone(folder: Path) -> None:
    """A joint branch over merged cells; 六有 with marks; pages with a repeated heading; a visits ledger."""
    joint, own = "经济开发区联合党支部", "演示开发一电子有限公司党委"
    title, heading = (
        ["经济开发区2024年非公企业党建登记表", *[N] * 6],
        ["序号", "企业名称", "员工人数", "正式党员", "党组织名称", "组建方式", "党组织党员数"],
    )
    rows = [
        title, heading,
        [1, "演示开发一电子有限公司", "1,150", 102, own, "单独", 102],
        [2, "演示开发二新材有限公司", 75, 2, joint, "联合", 4],
        ["第1页", *[N] * 6],
        title, heading,
        [3, "演示开发三包装有限公司", 40, 1, joint, "联合", N],
        [4, "演示开发四模具有限公司", 18, 1, joint, "联合", N],
        [5, "演示开发五印务有限公司", 9, 0, N, "未建", N],
        ["合计", "5家", 1292, 106, N, N, N],
    ]  # fmt: skip
    six = [
        ["经济开发区2024年党组织“六有”建设情况表", *[N] * 7],
        ["序号", "党组织名称", "有场所", "有设施", "有标志", "有党旗", "有书报", "有制度"],
        [1, own, *["√"] * 6],
        [2, joint, "√", "×", "√", "√", "√", "√"],
    ]
    visits = [
        ["经济开发区2024年走访企业台账", *[N] * 4],
        ["序号", "走访时间", "走访企业", "收集问题数", "解决问题数"],
        [1, "2024.3.5", "演示开发二新材有限公司", 2, 1],
        [2, "2024.5.9", "演示开发三包装有限公司", 1, 1],
        [3, "2024.9.2", "演示开发二新材有限公司", 0, 0],
    ]
    xlsx(folder / "开发区登记表.xlsx", {"登记表": rows, "六有": six, "走访": visits})


_COLUMNS = ("units", "units_covered", "units_single", "units_joint", "party_orgs", "members", "employees",
            "funds", "activity_funds", "activities", "attendances")  # fmt: skip
#: None: that township sends nothing of it. Operating units only; people without probation are full members.
EXPECTED: dict[str, dict[str, float | None]] = {
    area: dict(zip(_COLUMNS, row, strict=True))
    for area, row in {
        "城关镇": (5, 4, 2, 2, 3, 13, 201, 24200, 16500, 4, 18),
        "河口镇": (4, 3, 1, 2, 2, 13, 149, 11000, 4700, 3, 22),
        "石桥乡": (3, 3, 1, 2, 2, 6, 49, 8500, 6900, N, N),
        "青山镇": (3, 1, 1, 0, 1, 4, 64, 4500, 2800, N, N),
        "柳林乡": (3, 2, 2, 0, 2, 17, 243, N, N, N, N),
        "经济开发区": (5, 4, 1, 3, 2, 106, 1292, N, N, N, N),
    }.items()
}
EXPECTED["城关镇"] |= {"visits": 1, "orgs_five_star": 1, "orgs_four_star": 1, "orgs_three_star": 1}
EXPECTED["石桥乡"] |= {"orgs_four_star": 1, "orgs_two_star": 1}
EXPECTED["柳林乡"] |= {"instructors": 2, "units_served": 3}
EXPECTED["经济开发区"] |= {"visits": 3, "orgs_six_haves": 1}
#: Of the county: the sum of what its townships sent.
EXPECTED["云台县"] = {
    "units": 23, "units_covered": 17, "units_single": 8, "units_joint": 9, "party_orgs": 12, "members": 159,
    "employees": 1998,
}  # fmt: skip
