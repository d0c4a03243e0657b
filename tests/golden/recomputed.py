"""The main tables of the report once more, from the workbooks alone.

An independent reader: nothing here imports Evalkit. The workbooks are read with pandas, the definitions are those of
docs/methods.md and of the report's own 指标定义, written down a second time. What the report prints for coverage,
funds, instructors and standards must be what comes out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

TITLE_ROWS = 2  # 台账名 and 填报单位 stand above the headings
COVERING_MODES = {"单独", "联合", "挂靠"}
SHARED_MODES = {"联合", "挂靠"}
OPERATING = "正常"
SOLE_TRADER = "个体工商户"
SOURCES_OF_FUNDS = {
    "市级财政投入": "市级拨付（元）",
    "区县财政投入": "区县拨付（元）",
    "街道（乡镇）财政投入": "街道（乡镇）拨付（元）",
    "返还党费": "返还党费（元）",
    "企业配套": "企业配套（元）",
    "其他途径": "其他途径（元）",
}


def printed(number: Fraction | int, digits: int = 0) -> str:
    """A number as the report prints it: rounded half up from the exact value, thousands with a comma."""
    exact = Fraction(number)
    step = Decimal(1).scaleb(-digits)
    # a quotient of two integers is carried to far more digits than a tie could hide in
    decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
    return f"{decimal.quantize(step, rounding=ROUND_HALF_UP):,}"


def percent(part: Fraction | int, whole: Fraction | int) -> str:
    return printed(Fraction(part) / Fraction(whole) * 100, 1)


def yuan(values: Iterable[object]) -> Fraction:
    """The sum of a column of money, exact to the fen; an empty cell adds nothing."""
    return sum((Fraction(Decimal(str(value))) for value in values if pd.notna(value)), Fraction(0))


def wan(money: Fraction) -> str:
    return printed(money / 10_000, 2)


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_excel(
        folder / f"{name}.xlsx", sheet_name=name, header=TITLE_ROWS, engine="calamine"
    )


@dataclass(frozen=True)
class County:
    """The ledgers of one county in one year."""

    units: pd.DataFrame
    organisations: pd.DataFrame
    funds: pd.DataFrame
    instructors: pd.DataFrame
    stars: pd.DataFrame
    activities: pd.DataFrame
    items: dict[str, int]

    @classmethod
    def of(cls, folder: Path) -> County:
        items = read(folder, "工作报表")
        return cls(
            units=read(folder, "组织台账"),
            organisations=read(folder, "党组织台账"),
            funds=read(folder, "经费台账"),
            instructors=read(folder, "指导员台账"),
            stars=read(folder, "星级评定表"),
            activities=read(folder, "活动台账"),
            items=dict(zip(items["指标"], items["数值"], strict=True)),
        )


def counts(county: County) -> dict[str, Fraction]:
    """The numbers of one county that the appendix prints, by their printed names; money in yuan."""
    every_unit = county.units
    operating = every_unit[every_unit["状态"] == OPERATING]
    units = operating[operating["单位类型"] != SOLE_TRADER]
    enterprise = units["组织类型"] == "非公企业"
    covered = units["组建方式"].isin(COVERING_MODES)
    single = units["组建方式"] == "单独"
    full_members = units["正式党员"]
    founding_due = full_members >= 3
    few_members = full_members.between(1, 2)
    has_instructor = units["指导员编号"].notna()
    above_scale = units["是否规上"] == "是"
    active_organisations = set(county.activities["党组织名称"])
    formal = county.organisations[county.organisations["是否功能型"] != "是"]
    shared_names = set(units.loc[units["组建方式"].isin(SHARED_MODES), "党组织名称"])
    shared = formal["党组织名称"].isin(shared_names)
    serving = county.instructors[county.instructors["启用/停用"] == "启用"]
    served = [name for cell in serving["联系单位"].dropna() for name in cell.split("、")]
    rated = county.stars[county.stars["拟定星级"].notna()]
    both_years = rated[rated["上年星级"].notna()]
    low = rated[rated["拟定星级"] <= 2]
    theme_days = county.activities[county.activities["活动类型"] == "主题党日"]
    branches = formal[formal["建制"] == "党支部"]
    numbers: dict[str, Any] = {
        "实体运营的法人单位": len(units),
        "实体运营的非公企业": enterprise.sum(),
        "实体运营的社会组织": (~enterprise).sum(),
        "实体运营的个体工商户": (operating["单位类型"] == SOLE_TRADER).sum(),
        "有党的组织的单位": covered.sum(),
        "单独组建党组织的单位": single.sum(),
        "联合组建（含挂靠）覆盖的单位": units["组建方式"].isin(SHARED_MODES).sum(),
        "所属党组织当年开展活动的单位": (
            covered & units["党组织名称"].isin(active_organisations)
        ).sum(),
        "正式党员3名以上的单位": founding_due.sum(),
        "应建未建单位": (founding_due & ~single).sum(),
        "未建党组织的单位": (~covered).sum(),
        "正式党员1至2名的单位": few_members.sum(),
        "正式党员1至2名且纳入联合组织的单位": (
            few_members & units["组建方式"].isin(SHARED_MODES)
        ).sum(),
        "有组织、指导员或群团的单位": (covered | has_instructor | units["已建群团"].notna()).sum(),
        "从业人员50人以上企业": (enterprise & (units["从业人员总数"] >= 50)).sum(),
        "从业人员50人以上且有党员的企业": (
            enterprise & (units["从业人员总数"] >= 50) & (units["党员总数"] > 0)
        ).sum(),
        "从业人员100人以上企业": (enterprise & (units["从业人员总数"] >= 100)).sum(),
        "从业人员100人以上且有党的组织的企业": (
            enterprise & (units["从业人员总数"] >= 100) & covered
        ).sum(),
        "党组织": len(formal),
        "党委": (formal["建制"] == "党委").sum(),
        "党总支": (formal["建制"] == "党总支").sum(),
        "党支部": len(branches),
        "联合党组织": shared.sum(),
        "党员": formal["党员数"].sum(),
        "联合党组织党员": formal.loc[shared, "党员数"].sum(),
        "党员活动经费": yuan(county.funds["党员活动经费（元）"]),
        "实缴党费": yuan(county.funds["实缴党费（元）"]),
        "党建指导员": serving["指导员编号"].nunique(),
        "专职指导员": serving.loc[serving["专职/兼职"] == "专职", "指导员编号"].nunique(),
        "指导员联系单位": len(set(served)),
        "规上单位": above_scale.sum(),
        "有指导员的规上单位": (above_scale & has_instructor).sum(),
        "未建单位中有指导员的": (~covered & has_instructor).sum(),
        "已评星级的党组织": len(rated),
        "两年都评星的党组织": len(both_years),
        "星级上升的党组织": (both_years["拟定星级"] > both_years["上年星级"]).sum(),
        "二星级及以下党组织": len(low),
        "列入整转的二星级及以下党组织": (low["是否整转"] == "是").sum(),
        "党组织活动": len(county.activities),
        "参加活动人次": county.activities["实到人数"].sum(),
        "应到人次": county.activities["应到人数"].sum(),
        "当年没有活动的党组织": (~formal["党组织名称"].isin(active_organisations)).sum(),
        "主题党日月数": len(theme_days[["党组织名称", "月份"]].drop_duplicates()),
        "党支部应开展月数": 12 * len(branches),
        "应拨补助": Fraction(int(county.items["应拨补助"])),
        "发展党员": county.items["发展党员数"],
        "走访": county.items["走访企业家次"],
    }
    for source, column in SOURCES_OF_FUNDS.items():
        numbers[source] = yuan(county.funds[column])
    numbers["实拨补助"] = numbers["区县财政投入"]
    numbers["党建经费"] = sum((numbers[source] for source in SOURCES_OF_FUNDS), Fraction(0))
    # numpy's integers and whole floats become exact numbers here, once
    return {
        name: value if isinstance(value, Fraction) else Fraction(float(value))
        for name, value in numbers.items()
    }


def total(counties: dict[str, dict[str, Fraction]]) -> dict[str, Fraction]:
    """The city: the sum of its counties (the three counties share no unit and no instructor)."""
    names = next(iter(counties.values()))
    return {
        name: sum((county[name] for county in counties.values()), Fraction(0)) for name in names
    }


UNITS_TABLE = [
    "实体运营的法人单位",
    "实体运营的非公企业",
    "实体运营的社会组织",
    "实体运营的个体工商户",
    "有党的组织的单位",
    "单独组建党组织的单位",
    "联合组建（含挂靠）覆盖的单位",
    "所属党组织当年开展活动的单位",
    "正式党员3名以上的单位",
    "应建未建单位",
    "未建党组织的单位",
    "党组织",
    "党委",
    "党总支",
    "党支部",
    "联合党组织",
    "党员",
    "联合党组织党员",
    "党建指导员",
    "专职指导员",
    "指导员联系单位",
    "规上单位",
    "有指导员的规上单位",
    "未建单位中有指导员的",
    "已评星级的党组织",
    "星级上升的党组织",
    "二星级及以下党组织",
    "列入整转的二星级及以下党组织",
    "党组织活动",
    "参加活动人次",
    "当年没有活动的党组织",
    "发展党员",
    "走访",
]
MONEY_TABLE = [*SOURCES_OF_FUNDS, "党建经费", "党员活动经费", "实缴党费", "应拨补助", "实拨补助"]


@dataclass(frozen=True)
class Rate:
    """A rate of the report: its two sides, and how it is printed."""

    name: str
    part: str
    whole: str
    percent: bool = True
    digits: int = 1
    whole_of_previous_year: bool = False

    def value(self, now: dict[str, Fraction], before: dict[str, Fraction]) -> str:
        part, whole = now[self.part], (before if self.whole_of_previous_year else now)[self.whole]
        return percent(part, whole) if self.percent else printed(part / whole, self.digits)


RATES = [
    Rate("单独组建率", "单独组建党组织的单位", "实体运营的法人单位"),
    Rate("组织覆盖率", "有党的组织的单位", "实体运营的法人单位"),
    Rate("工作覆盖率", "有组织、指导员或群团的单位", "实体运营的法人单位"),
    Rate("有效覆盖率", "所属党组织当年开展活动的单位", "实体运营的法人单位"),
    Rate("应建已建率", "单独组建的应建单位", "正式党员3名以上的单位"),
    Rate("党员不足3名单位联合组建率", "正式党员1至2名且纳入联合组织的单位", "正式党员1至2名的单位"),
    Rate("50人以上企业有党员率", "从业人员50人以上且有党员的企业", "从业人员50人以上企业"),
    Rate("100人以上企业有党组织率", "从业人员100人以上且有党的组织的企业", "从业人员100人以上企业"),
    Rate("每个联合党组织覆盖单位数", "联合组建（含挂靠）覆盖的单位", "联合党组织", percent=False),
    Rate("规上企业指导员覆盖率", "有指导员的规上单位", "规上单位"),
    Rate("未建单位指导员覆盖率", "未建单位中有指导员的", "未建党组织的单位"),
    Rate("每名指导员联系单位数", "指导员联系单位", "党建指导员", percent=False),
    Rate("专职指导员占比", "专职指导员", "党建指导员"),
    Rate("人均党建经费", "党建经费", "党员", percent=False, digits=0, whole_of_previous_year=True),
    Rate(
        "人均活动经费", "党员活动经费", "党员", percent=False, digits=0, whole_of_previous_year=True
    ),
    Rate("补助到位率", "实拨补助", "应拨补助"),
    Rate("党费返还率", "返还党费", "实缴党费"),
    Rate("党费返还率（对上年实缴）", "返还党费", "实缴党费", whole_of_previous_year=True),
    Rate("镇企配套比", "企业配套", "街道（乡镇）财政投入", percent=False, digits=2),
    Rate("晋级率", "星级上升的党组织", "两年都评星的党组织"),
    Rate("整转率", "列入整转的二星级及以下党组织", "二星级及以下党组织"),
    Rate("主题党日落实率", "主题党日月数", "党支部应开展月数"),
    Rate("人均参加活动次数", "参加活动人次", "党员", percent=False),
    Rate("活动到会率", "参加活动人次", "应到人次"),
    Rate("空转率", "当年没有活动的党组织", "党组织"),
]


def numbers_of(raw: Path, year: int) -> dict[str, dict[str, Fraction]]:
    """The numbers of every county of a year and of the whole, by the name that the report prints."""
    city = next(folder for folder in (raw / str(year)).iterdir() if folder.is_dir())
    counties = {
        folder.name: counts(County.of(folder))
        for folder in sorted(city.iterdir())
        if folder.is_dir()
    }
    areas = counties | {"合计": total(counties)}
    for numbers in areas.values():
        numbers["单独组建的应建单位"] = numbers["正式党员3名以上的单位"] - numbers["应建未建单位"]
    return areas


def expected_cells(raw: Path, year: int) -> dict[tuple[str, str], str]:
    """Every cell that the report must print: (area, column) -> text without marks and units."""
    now, before = numbers_of(raw, year), numbers_of(raw, year - 1)
    cells: dict[tuple[str, str], str] = {}
    for area, numbers in now.items():
        cells |= {(area, name): printed(numbers[name]) for name in UNITS_TABLE}
        cells |= {(area, name): wan(numbers[name]) for name in MONEY_TABLE}
        cells |= {(area, rate.name): rate.value(numbers, before[area]) for rate in RATES}
    return cells


BRANCH_STANDARD = Fraction(3000)  # yuan a branch and year: the three counties have branches only


def standard_cells(raw: Path, year: int, old: int, new: int) -> dict[tuple[str, str], str]:
    """The table of the subsidy standard moved from `old` to `new` yuan a member: (area, column) -> text.

    The scheme is that of Fuyang: 3,000 yuan a branch, an activity floor of so many yuan a member whose gap the county
    pays, and as much from the enterprises as the townships have paid according to their ledgers.
    """
    areas = {name: numbers for name, numbers in numbers_of(raw, year).items() if name != "合计"}
    rows = {
        name: (numbers["党员"], paid(numbers, old), paid(numbers, new))
        for name, numbers in areas.items()
    }
    rows["合计"] = tuple(sum(column, Fraction(0)) for column in zip(*rows.values(), strict=True))
    whole_increase = rows["合计"][2] - rows["合计"][1]
    cells = {}
    for name, (members, now, then) in rows.items():
        cells |= {
            (name, "党员数"): printed(members),
            (name, "现行标准"): wan(now),
            (name, "调整后"): wan(then),
            (name, "增加"): wan(then - now),
            (name, "占增加额"): percent(then - now, whole_increase),
            (name, "现行（元/人）"): printed(now / members),
            (name, "调整后（元/人）"): printed(then / members),
        }
    return cells


def paid(numbers: dict[str, Fraction], per_member: int) -> Fraction:
    """What the scheme pays in a county in a year: district, townships and enterprises together."""
    gap = max(Fraction(0), per_member * numbers["党员"] - numbers["党员活动经费"])
    township = numbers["街道（乡镇）财政投入"]
    return BRANCH_STANDARD * numbers["党支部"] + gap + township + township
