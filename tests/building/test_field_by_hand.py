"""What an office types of every system of the field: figure, indicator and place in the report, by hand.

Two counties, a form each; the whole is their sum over their sum. The values of 乙县 are chosen so that no mean of the two
counties' rates is the rate of the whole.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.indicators import load
from evalkit.indicators.load import Data
from evalkit.reports.appendix import further, targets

# 组织台账, from which the bases come: units with an organisation each, enterprises among them, members of each
UNITS = {"甲县": (40, 32, 10), "乙县": (10, 10, 6)}
# words of the office: measure, unit, 甲县, 乙县
TYPED = {
    "党建品牌数": ("orgs_branded", "个", 8, 1),
    "省级品牌": ("brands_province", "个", 1, 0),
    "ISO 9001": ("orgs_iso", "个", 2, 1),
    "双强六好党组织数": ("orgs_six_good", "个", 6, 3),
    "市级双强六好党组织数": ("orgs_six_good_city", "个", 2, 1),
    "示范带建成数": ("demo_belts", "个", 2, 1),
    "示范带（圈）目标": ("demo_belts_target", "个", 4, 1),
    "示范园区数": ("demo_parks", "个", 9, 3),
    "党建联盟数": ("alliances", "个", 3, 1),
    "加入联盟的党组织": ("alliance_orgs", "个", 12, 5),
    "产业链上的党组织": ("chain_orgs", "个", 16, 8),
    "支部网站计划": ("websites_planned", "个", 15, 5),
    "支部网站申请": ("websites_applied", "个", 20, 4),
    "核准上线网站": ("websites_online", "个", 12, 4),
    "精品支部网站": ("websites_excellent", "个", 3, 1),
    "末位淘汰网站": ("websites_removed", "个", 1, 1),
    "一票否决网站": ("websites_refused", "个", 2, 0),
    "软弱涣散党组织数": ("weak_orgs", "个", 4, 2),
    "软弱涣散党组织整顿到位": ("weak_orgs_mended", "个", 3, 2),
    "实行党务公开的党组织数": ("orgs_open", "个", 38, 7),
    "参加捐赠党组织": ("orgs_giving", "个", 10, 4),
    "捐赠": ("gifts", "元", 50000, 30000),
    "帮扶户数": ("households_helped", "户", 150, 50),
    "开展志愿服务的党组织": ("orgs_volunteering", "个", 30, 8),
    "税前列支企业": ("deducting_enterprises", "家", 20, 1),
    "税前列支金额": ("deducted_amount", "元", 12000, 800),
    "星级奖励": ("star_rewards", "元", 9000, 1000),
    "五星级奖励资金": ("star_rewards_five", "元", 6000, 1000),
    "获奖励党组织": ("orgs_rewarded", "个", 9, 1),
    "应奖励的党组织": ("orgs_reward_due", "个", 10, 2),
    "讲师团成员": ("lecturers", "名", 23, 5),
    "宣讲场次": ("lectures", "场", 92, 20),
    "专职党务工作者": ("full_time_workers", "名", 20, 4),
    "持证党务工作者": ("workers_certified", "名", 12, 1),
    "35岁以下党员数": ("members_under_35", "名", 260, 30),
    "本科及以上学历党员": ("members_bachelor", "名", 252, 30),
    "大专及以上学历党员": ("members_college", "名", 328, 40),
    "工委会议次数": ("committee_meetings", "次", 17, 17),  # all of them in January
    "工委应召开会议": ("committee_meetings_due", "次", 17, 17),
    "工委有月会商的月数": ("committee_months", "月", 1, 12),
    "工委应月会商的月数": ("committee_months_due", "月", 12, 12),
    "季度决议": ("committee_quarters", "季", 1, 4),
    "工委应季决议的季数": ("committee_quarters_due", "季", 4, 4),
    "年度评定": ("committee_years", "次", 1, 1),
    "工委应年评定次数": ("committee_years_due", "次", 1, 1),
    "示范点数": ("demo_points", "个", 20, 4),
    "有活动无主题党组织": ("orgs_no_theme", "个", 3, 2),
}
# indicator: its value over both counties on the plain scale
WHOLE = {
    "brand_rate": Fraction(9, 50),
    "iso_rate": Fraction(3, 50),
    "six_good_rate": Fraction(9, 50),
    "demo_belts_rate": Fraction(3, 5),
    "alliance_rate": Fraction(17, 24),
    "approval_rate": Fraction(16, 24),
    "websites_planned_rate": Fraction(16, 20),
    "websites_excellent_rate": Fraction(4, 16),
    "websites_removed_rate": Fraction(2, 16),
    "websites_refused_rate": Fraction(2, 24),
    "weak_mended_rate": Fraction(5, 6),
    "open_affairs_rate": Fraction(45, 50),
    "giving_rate": Fraction(14, 50),
    "volunteering_rate": Fraction(38, 50),
    "reward_arrival": Fraction(10, 12),
    "deduction_rate": Fraction(21, 42),
    "lectures_per_lecturer": Fraction(112, 28),
    "certified_rate": Fraction(13, 24),
    "members_under_35_share": Fraction(290, 460),
    "members_bachelor_share": Fraction(282, 460),
    "members_college_share": Fraction(368, 460),
    "committee_meeting_rate": Fraction(34, 34),
    "committee_month_rate": Fraction(13, 24),
    "committee_quarter_rate": Fraction(5, 8),
    "committee_year_rate": Fraction(2, 2),
    "no_theme_rate": Fraction(5, 50),
}


def written(path: Path, rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(path.stem)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)


def ledgers(folder: Path, county: str, place: int) -> None:
    items = [[words, told[2 + place], told[1]] for words, told in TYPED.items()]
    head: list[list[object]] = [[f"{county}2025年工作报表"], ["指标", "数值", "单位"]]
    written(folder / "工作报表.xlsx", [*head, *items])
    units, enterprises, members = UNITS[county]
    rows: list[list[object]] = [
        ["单位名称", "组织类型", "状态", "正式党员", "预备党员", "党组织名称", "组建方式"]
    ]
    for n in range(units):
        kind = "非公企业" if n < enterprises else "社会组织"
        name = f"{county}第{n + 1}厂"
        rows.append([name, kind, "正常", members, 0, f"{name}党支部", "单独"])
    written(folder / "组织台账.xlsx", rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    project = tmp_path_factory.mktemp("field")
    for place, county in enumerate(("甲县", "乙县")):
        ledgers(project / "data/raw/2025/云州市" / county, county, place)
    build(project, jobs=1)
    return load(project)


def test_every_figure_is_stored_of_its_county_and_of_the_whole(data: Data) -> None:
    stored = data.measures.query("period == '2025'").set_index(["area", "measure"])["value"]
    wrong = {}
    for words, (code, _unit, first, second) in TYPED.items():
        found = [stored.get((area, code)) for area in ("云州市/甲县", "云州市/乙县", "云州市")]
        if found != [first, second, first + second]:
            wrong[words] = (code, found)
    assert not wrong
    assert "measure_unknown" not in set(data.problems["code"])


def test_every_indicator_is_the_sum_over_the_sum(data: Data) -> None:
    here = data.indicators.query("period == '2025' and area == '云州市'").set_index("indicator")
    wrong = {
        code: (here["value"].get(code), float(value))
        for code, value in WHOLE.items()
        if here["value"].get(code) != pytest.approx(float(value))
    }
    assert not wrong


def test_seventeen_meetings_in_january_are_no_year_of_them(data: Data) -> None:
    here = data.indicators.query("period == '2025' and area == '云州市/甲县'")
    value = here.set_index("indicator")["value"]
    assert value["committee_meeting_rate"] == 1  # the number is there
    assert value["committee_month_rate"] == pytest.approx(1 / 12)
    assert value["committee_quarter_rate"] == pytest.approx(1 / 4)


def test_all_of_it_stands_in_the_report(data: Data) -> None:
    """Each indicator stands in the table of those with a reference or in that of the others, with its printed value."""
    told = f"{further(data, '2025').content}{targets(data, '2025', None, 'district').content}"
    lost = [one.name for code in WHOLE if (one := data.codebook.indicators[code]).name not in told]
    assert not lost
