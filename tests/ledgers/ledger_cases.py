# ruff: noqa: E501  (rows of ledgers are written as they stand)
"""Small ledgers, written by hand, whose totals were counted by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from evalkit.ledgers.files import RawSheet

UNITS = (
    "序号 镇街/园区 单位名称 统一社会信用代码 组织类型 单位类型 行业 创办时间 状态 从业人员总数 年营业收入(万元) 是否规上 党员总数 正式党员 预备党员 "
    "流动党员 是否建立党组织 党组织名称 建制 组建方式 联合支部名称 成立日期 隶属关系 未建立原因 指导员编号 撤销日期 备注"
).split()
ORGS = (
    "序号 党组织名称 建制 上级党组织 是否功能型 覆盖单位 成立日期 转化日期 撤销日期 党员数".split()
)
FUNDS = (
    "序号 党组织名称 年份 实缴党费 返还党费 返还日期 上级下拨 市级拨付 区县拨付 街道(乡镇)拨付 企业配套 捐助 其他途径 党员活动经费 启动经费 书记津贴 "
    "支出项目 支出金额 结余 拨付日期 备注"
).split()
INSTRUCTORS = "指导员编号 选派单位 驻派等级 专职/兼职 联系单位(可多选) 走访次数 指导方式 培训次数 年度考核等次 补贴(元) 启用/停用 备注".split()
ACTIVITIES = (
    "序号 月份 活动日期 党组织名称 活动类型 主题 应到人数 实到人数 经费(元) 地点 备注".split()
)
STARS = (
    "序号 党组织名称 类别 上年星级 班子建设 党员队伍 工作机制 企业发展 群众满意 加分 扣分 一票否决 自评分 初审分 终审分 拟定星级 是否整转 备注"
).split()
REPORT = "指标 数值 单位 截止日期 来源".split()


def row(heads: Sequence[str], **cells: Any) -> list[Any]:
    """One row under `heads`; columns are named by their first characters up to a bracket or slash."""
    names = {h.split("(")[0].split("/")[0]: i for i, h in enumerate(heads)}
    out: list[Any] = [""] * len(heads)
    for name, cell in cells.items():
        out[names[name]] = cell
    return out


def unit(number: int, **cells: Any) -> list[Any]:
    base = {
        "序号": float(number),
        "镇街": "城关镇",
        "单位名称": f"演示{number:03d}有限公司",
        "组织类型": "非公企业",
        "单位类型": "法人企业",
        "状态": "正常",
        "从业人员总数": 50.0,
        "年营业收入": 1200.5,
        "是否规上": "是",
        "党员总数": 2.0,
        "正式党员": 2.0,
        "预备党员": 0.0,
        "流动党员": 0.0,
        "是否建立党组织": "否",
    }
    return row(UNITS, **(base | cells))


def clean_book() -> dict[str, list[list[Any]]]:
    """Seven sheets: 6 units (4 operating legal persons, 3 of them covered), 3 organisations, 2 funds rows ..."""
    first, joint = "演示001有限公司党支部", "城关镇第一联合党支部"
    return {
        "组织台账": [
            UNITS,
            unit(
                1,
                党员总数=4.0,
                正式党员=3.0,
                预备党员=1.0,
                是否建立党组织="是",
                党组织名称=first,
                建制="支部",
                组建方式="单独",
                成立日期="2015-07-01",
            ),
            unit(
                2,
                是否建立党组织="是",
                党组织名称=joint,
                建制="支部",
                组建方式="联合",
                联合支部名称=joint,
            ),
            unit(
                3,
                是否建立党组织="是",
                党组织名称=joint,
                建制="支部",
                组建方式="联合",
                联合支部名称=joint,
            ),
            unit(4, 状态="注销", 党员总数="", 正式党员="", 预备党员=""),
            unit(5, 单位类型="个体工商户", 未建立原因="无党员", 党员总数=0.0, 正式党员=0.0),
            unit(6, 指导员编号="Z001", 从业人员总数="120余人", 党员总数=1.0, 正式党员=1.0),
        ],
        "党组织台账": [
            ORGS,
            [
                1.0,
                first,
                "支部",
                "城关镇两新党委",
                "否",
                "演示001有限公司",
                "2015-07-01",
                "",
                "",
                4.0,
            ],
            [
                2.0,
                joint,
                "支部",
                "城关镇两新党委",
                "否",
                "演示002有限公司、演示003有限公司",
                "2016.5.1",
                "",
                "",
                4.0,
            ],
            [
                3.0,
                "城关镇工作支部",
                "支部",
                "城关镇两新党委",
                "是",
                "演示005有限公司",
                "2019年6月",
                "",
                "",
                6.0,
            ],
        ],
        "经费台账": [
            FUNDS,
            row(
                FUNDS,
                党组织名称=first,
                年份="2025年",
                实缴党费=600.0,
                返还党费=300.0,
                上级下拨=3000.0,
                市级拨付=1000.0,
                区县拨付=1500.0,
                街道=500.0,
                企业配套=2000.0,
                其他途径=0.0,
                党员活动经费=1200.0,
                书记津贴=3600.0,
                支出项目="党员活动",
                支出金额=500.25,
            ),
            row(
                FUNDS,
                党组织名称=joint,
                年份=2025.0,
                实缴党费=1200.0,
                返还党费=600.0,
                上级下拨=5000.0,
                市级拨付=2000.0,
                区县拨付=2000.0,
                街道=1000.0,
                企业配套=1000.0,
                党员活动经费=2400.0,
            ),
        ],
        "指导员台账": [
            INSTRUCTORS,
            row(
                INSTRUCTORS,
                指导员编号="Z001",
                选派单位="组织部",
                驻派等级="县级",
                专职="专职",
                联系单位="演示001有限公司、演示006有限公司",
                走访次数=12.0,
                启用="启用",
                年度考核等次="优秀",
                补贴=8000.0,
            ),
            row(
                INSTRUCTORS,
                指导员编号="Z002",
                选派单位="镇街",
                驻派等级="镇级",
                专职="兼职",
                联系单位="演示002有限公司",
                走访次数=5.0,
                启用="启用",
            ),
            row(
                INSTRUCTORS,
                指导员编号="Z003",
                选派单位="镇街",
                驻派等级="镇级",
                专职="兼职",
                联系单位="演示003有限公司",
                走访次数=1.0,
                启用="停用",
            ),
        ],
        "活动台账": [
            ACTIVITIES,
            row(
                ACTIVITIES,
                月份=3.0,
                活动日期="2025-03-05",
                党组织名称=first,
                活动类型="主题党日",
                应到人数=4.0,
                实到人数=4.0,
                经费=200.0,
            ),
            row(
                ACTIVITIES,
                月份=4.0,
                活动日期="2025-04-05",
                党组织名称=joint,
                活动类型="三会一课",
                应到人数=4.0,
                实到人数="全体",
                经费=150.5,
            ),
        ],
        "星级评定表": [
            STARS,
            row(
                STARS,
                党组织名称=first,
                上年星级=3.0,
                班子建设=18.0,
                党员队伍=17.0,
                工作机制=19.0,
                企业发展=18.5,
                群众满意=20.0,
                加分=1.0,
                扣分=0.0,
                一票否决="否",
                自评分=95.0,
                初审分=93.0,
                终审分=92.5,
                拟定星级=4.0,
                是否整转="否",
            ),
            row(
                STARS,
                党组织名称="不在台账的党支部",
                上年星级="三星",
                班子建设=18.0,
                一票否决="否",
                终审分=92.0,
                拟定星级="四星",
                是否整转="是",
            ),
        ],
        "工作报表": [
            REPORT,
            ["党组织书记数", 20.0, "人", "2025-12-31", "组织科"],
            ["发展党员", 15.0, "名", "2025-12-31", "组织科"],
            ["没有这个指标", 1.0, "个", "", ""],
        ],
    }


def sheet(
    rows: list[list[Any]], name: str = "Sheet1", file: str = "台账.xlsx", **more: Any
) -> RawSheet:
    """A RawSheet of rows of any length (blanks are '' as a reader of workbooks gives them)."""
    width = max(map(len, rows))
    padded = [[*("" if c is None else c for c in r), *[""] * (width - len(r))] for r in rows]
    return RawSheet(file=file, name=name, state=more.pop("state", "visible"), rows=padded, **more)


def write(
    path: Path, book: Mapping[str, list[list[Any]]], merges: Sequence[tuple[str, str]] = ()
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    ) as workbook:
        for name, rows in book.items():
            worksheet = workbook.add_worksheet(name)
            for r, cells in enumerate(rows):
                for c, cell in enumerate(cells):
                    if cell not in ("", None):
                        worksheet.write(r, c, cell)
            for where, cells_range in merges:
                if where == name:
                    worksheet.merge_range(cells_range, "")
    return path
