"""Everything that offices report, in their own words, typed into a 工作报表: each is read as its measure."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.codebook import load_codebook
from evalkit.indicators import load
from evalkit.ledgers import read_ledger
from evalkit.ledgers.items import Items

PHRASES = {
    "41项": "standards_met",
    "6S": "centres_6s",
    "APP": "branches_app",
    "ISO9001": "orgs_iso",
    "一企一策": "plans_complete",
    "一社一策": "plans_complete",
    "一票否决": "websites_refused",
    "三会一课": "three_meetings",
    "三单一表": "departments_complete",
    "上市": "listed_companies",
    "专职党务工作者": "full_time_workers",
    "两个覆盖": "units_covered",
    "两新工委月会商": "committee_months",
    "书记轮训": "secretaries_trained",
    "书记项目": "secretary_projects",
    "五个清": "survey_status",
    "五有五上墙": "orgs_five_five",
    "产业链党建联盟": "alliances",
    "以奖代补": "star_rewards",
    "党代表工作室": "requests",
    "党企联席会": "joint_councils",
    "党务公开": "orgs_open",
    "党务培训": "training_sessions",
    "党务工作者沙龙": "salons",
    "党员互助服务": "services_offered",
    "党员示范岗": "member_posts",
    "党建工作数据填报": "data_updates",
    "党建课题": "topics",
    "党群议事会": "mass_councils",
    "党费返还": "funds_dues_return",
    "八盒资料": "orgs_files_complete",
    "公益": "gifts",
    "公选专聘": "workers_hired",
    "六有": "orgs_six_haves",
    "共建": "alliance_orgs",
    "分级选派": "instructors_new",
    "功能型": "working_branches_standing",
    "动态巩固": "weak_coverage_mended",
    "单列指标": "quota_apart",
    "双强六好": "orgs_six_good",
    "双找": "members_checked",
    "双覆盖百日攻坚": "orgs_new",
    "双述双评": "secretaries_assessed",
    "发展党员": "admissions",
    "口袋党员": "hidden_found",
    "台账": "ledgers_kept",
    "同业": "units_joint_trade",
    "品牌": "orgs_branded",
    "商圈": "clusters_districts",
    "四上企业": "units_key",
    "团建": "youth_leagues",
    "园区": "clusters_parks",
    "培训班": "training_sessions",
    "大专": "members_college",
    "妇联": "women_federations",
    "季决议": "committee_quarters",
    "季度更新": "data_updates",
    "工会": "unions",
    "工作支部": "working_branches_standing",
    "工作覆盖": "units_worked",
    "市场": "clusters_markets",
    "年检": "inspections",
    "年评定": "committee_years",
    "开放式组织生活": "open_meetings",
    "微信公众号": "branches_wechat",
    "微公益": "volunteering",
    "志愿服务": "volunteering",
    "意见": "opinions",
    "承诺": "member_pledges",
    "报表": "papers_forms",
    "挂靠组建": "units_joint_attached",
    "指导员": "instructors",
    "捐赠": "gifts",
    "支部主题党日": "theme_days",
    "支部网站": "websites_online",
    "星级奖励": "star_rewards",
    "有制度不落实": "orgs_rules_idle",
    "有活动无主题": "orgs_no_theme",
    "有组织无活动": "orgs_idle",
    "有阵地不使用": "orgs_place_unused",
    "服务群众": "volunteering",
    "末位淘汰": "websites_removed",
    "本科": "members_bachelor",
    "机关选拔": "instructors_organs",
    "楼宇": "clusters_buildings",
    "民主恳谈会": "open_talks",
    "民主评议": "orgs_appraised",
    "沙龙": "salons",
    "活动经费": "activity_funds",
    "派驻帮建": "units_joint_sent",
    "流动党员": "floating_members",
    "爱心捐助": "gifts",
    "片区联建": "units_joint_region",
    "特色小镇": "clusters_towns",
    "独立支部": "independent_branches",
    "登记": "registrations",
    "省市双管": "units_key",
    "示范党组织": "demo_orgs",
    "示范园区": "demo_parks",
    "示范带": "demo_belts",
    "示范点": "demo_points",
    "社会众筹": "funds_donation",
    "社会招聘": "instructors_hired",
    "社区统建": "units_joint_region",
    "税前列支": "deducting_enterprises",
    "竞办领办清单": "papers_projects",
    "红色CEO": "workers_hired",
    "组织推荐": "instructors_recommended",
    "组织生活会": "life_meetings",
    "组织覆盖": "units_covered",
    "网上党支部": "branches_virtual",
    "网上组织生活": "online_meetings",
    "群团": "units_memberless_mass",
    "考核清单": "papers_checks",
    "联合支部": "joint_orgs",
    "联席会议成员单位": "departments",
    "行业共建": "units_joint_trade",
    "覆盖检修": "weak_coverage_found",
    "覆盖质量提升": "weak_coverage_mended",
    "规上": "units_above_scale",
    "解决": "problems_solved",
    "讲师团": "lecturers",
    "评估": "evaluations",
    "诉求": "requests",
    "财政补助三档": "subsidy_paid",
    "责任区": "member_areas",
    "责任清单": "papers_duties",
    "贯标": "orgs_iso",
    "资质认证": "workers_certified",
    "走访": "visits",
    "轮换": "instructors_rotated",
    "软弱涣散党组织整顿": "weak_orgs",
    "退二线": "instructors_retiring",
    "重点企业数据库": "units_key",
    "隐形党员": "hidden_found",
    "集中组建": "orgs_new",
    "集聚区": "clusters",
    "集聚式联建": "units_joint_region",
    "零缺位": "posts_vacant",
    "项目路演": "roadshows",
    "领导联系点": "contact_points",
    "龙头带建": "units_joint_lead",
    "年龄35岁以下": "members_under_35",
    "工作支部党员": "members_working",
    "软弱涣散整顿到位": "weak_orgs_mended",
    "税前列支金额": "deducted_amount",
    "五星级奖励": "star_rewards_five",
    "帮扶户数": "households_helped",
    "开放式组织生活人次": "open_attendances",
    "志愿服务人次": "volunteering_attendances",
    "讲师团宣讲场次": "lectures",
    "新选派指导员": "instructors_new",
    "离退休干部": "instructors_retired",
    "支部网站计划": "websites_planned",
    "支部网站申请": "websites_applied",
    "精品支部网站": "websites_excellent",
    "网上组织生活人次": "online_attendances",
    "发帖": "website_posts",
    "固定互助服务": "services_kept",
    "联盟成员党组织": "alliance_orgs",
    "书记项目完成数": "secretary_projects_done",
    "群众诉求": "requests",
    "诉求办结": "requests_answered",
    "省级品牌": "brands_province",
    "省级示范点": "demo_points_province",
    "市级双强六好党组织": "orgs_six_good_city",
    "入党申请人数": "applicants",
    "全县发展党员": "admissions_all",
    "待转正预备党员": "probation_due",
    # offices say it in other ways too
    "覆盖保持单位数": "units_kept",
    "上年已覆盖且仍在运营的单位": "units_covered_before",
    "排查出覆盖不牢的单位": "weak_coverage_found",
    "覆盖问题整改到位单位": "weak_coverage_mended",
    "片区联合组建单位": "units_joint_region",
    "行业联建单位": "units_joint_trade",
    "挂靠单位": "units_joint_attached",
    "派驻帮建单位": "units_joint_sent",
    "龙头企业带建单位": "units_joint_lead",
    "集聚区建立党组织数": "clusters_with_org",
    "两新组织集聚区数": "clusters",
    "已建党组织的楼宇": "clusters_buildings_with_org",
    "规上企业": "units_above_scale",
    "上市公司已建党组织": "listed_companies_covered",
    "建会企业": "unions",
    "建团企业": "youth_leagues",
    "妇联组织数": "women_federations",
    "排查出隐形党员": "hidden_found",
    "排查流动党员数": "floating_found",
    "转接组织关系党员": "members_transferred",
    "纳入管理流动党员": "floating_managed",
    "登记同步采集党建信息": "registrations_collected",
    "年检同步核查党建情况": "inspections_checked",
    "制定一企一策的未建企业": "plans_complete",
    "软弱涣散党组织数": "weak_orgs",
    "软弱涣散党组织整顿到位": "weak_orgs_mended",
    "实行党务公开的党组织数": "orgs_open",
    "开展民主评议党组织数": "orgs_appraised",
    "书记述职评议": "secretaries_assessed",
    "台账按季更新次数": "ledger_updates",
    "双强六好党组织数": "orgs_six_good",
    "省级双强六好": "orgs_six_good_province",
    "市级双强六好党组织数": "orgs_six_good_city",
    "县级双强六好党组织数": "orgs_six_good_district",
    "市级示范点": "demo_points_city",
    "示范点数": "demo_points",
    "党建品牌数": "orgs_branded",
    "市级品牌数": "brands_city",
    "ISO9001质量管理体系认证党组织": "orgs_iso",
    "ISO 9001": "orgs_iso",
    "通过贯标的党组织": "orgs_iso",
    "示范带建成数": "demo_belts",
    "党建示范带": "demo_belts",
    "示范圈": "demo_belts",
    "示范园区数": "demo_parks",
    "示范商圈": "demo_districts",
    "党建联盟数": "alliances",
    "产业链党建联盟数": "alliances",
    "加入联盟的党组织": "alliance_orgs",
    "领导联系点数": "contact_points",
    "领导干部联系点": "contact_points",
    "联系点走访数": "contact_points_visited",
    "税前扣除企业数": "deducting_enterprises",
    "税前列支企业": "deducting_enterprises",
    "税前列支金额（元）": "deducted_amount",
    "五星级奖励资金": "star_rewards_five",
    "获奖励党组织": "orgs_rewarded",
    "爱心捐款": "gifts",
    "参加捐赠党组织": "orgs_giving",
    "帮扶困难户数": "households_helped",
    "市级讲师": "lecturers_city",
    "县级讲师": "lecturers_district",
    "讲师团成员": "lecturers",
    "宣讲场次": "lectures",
    "持证党务工作者": "workers_certified",
    "退休干部担任指导员": "instructors_retired",
    "轮换指导员": "instructors_rotated",
    "培训书记人数": "secretaries_trained",
    "党务培训班期数": "training_sessions",
    "入党积极分子人数": "activists",
    "发展对象人数": "candidates",
    "发展党员数": "admissions",
    "35岁以下党员数": "members_under_35",
    "本科及以上学历党员": "members_bachelor",
    "大专及以上学历党员": "members_college",
    "党员责任区": "member_areas",
    "公开承诺党员": "member_pledges",
    "开放式组织生活会": "open_meetings",
    "开放式组织生活参加人次": "open_attendances",
    "有活动无主题党组织": "orgs_no_theme",
    "有阵地不使用党组织": "orgs_place_unused",
    "有制度不落实党组织": "orgs_rules_idle",
    "志愿服务活动次数": "volunteering",
    "志愿服务参加人次": "volunteering_attendances",
    "党企联席会次数": "joint_councils",
    "党群议事会次数": "mass_councils",
    "民主恳谈会次数": "open_talks",
    "党务沙龙": "salons",
    "走访企业家次": "visits",
    "收集意见建议": "opinions",
    "解决实际问题": "problems_solved",
    "工委会议次数": "committee_meetings",
    "月会商次数": "committee_meetings",
    "季度决议": "committee_quarters",
    "年度评定": "committee_years",
    "责任清单上报": "papers_duties",
    "年度考核清单": "papers_checks",
    "联席会议次数": "conference_held",
    "书记领办项目": "secretary_projects",
    "党建研究课题": "topics",
    "路演场次": "roadshows",
    "诉求答复数": "requests_answered",
    "支部网站计划数": "websites_planned",
    "支部网站申请数": "websites_applied",
    "核准上线网站": "websites_online",
    "精品网站": "websites_excellent",
    "网上组织生活次数": "online_meetings",
    "网上组织生活参加人次": "online_attendances",
    "网上发帖数": "website_posts",
    "末位淘汰网站": "websites_removed",
    "一票否决网站": "websites_refused",
    "微信公众号支部数": "branches_wechat",
    "APP使用支部": "branches_app",
    "网上支部": "branches_virtual",
    "互助服务项目": "services_offered",
    "固定服务项目": "services_kept",
}


def written(path: Path, rows: list[list[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(path.stem)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return path


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """Three workbooks, so that no item stands twice in one (two words may mean one measure)."""
    folder = tmp_path_factory.mktemp("phrases")
    left, ledgers = dict(PHRASES), []
    while left:
        once = {code: word for word, code in reversed(left.items())}
        units = load_codebook().measures
        rows = [[word, 7, units[code].unit] for code, word in once.items()]
        path = folder / f"甲县{len(ledgers)}" / "工作报表.xlsx"
        head = [["甲县2025年工作报表"], ["指标", "数值", "单位"]]
        ledgers.append((once, read_ledger(written(path, head + rows))))
        left = {word: code for word, code in left.items() if once[code] != word}
    return ledgers


def test_no_phrase_of_the_field_is_left_unread(typed):
    assert len(PHRASES) > 270
    for once, ledger in typed:
        figures = ledger.tables["figures"]
        assert dict(zip(figures["measure"], figures["value"], strict=True)) == dict.fromkeys(
            once, 7
        )
        assert not [p for p in ledger.problems if p.code in ("measure_unknown", "item_unknown")]


def test_an_item_left_empty_is_no_heading(tmp_path):
    """党员队伍 and 应转正预备党员 are headings elsewhere; a row of them without a number took all rows below it."""
    rows = [["甲县2025年工作报表"], ["指标分组", "指标", "数值", "单位"]]
    rows += [["党员队伍", "应转正预备党员", "", "名"], ["党员队伍", "发展党员", 12, "名"]]
    ledger = read_ledger(written(tmp_path / "甲县" / "工作报表.xlsx", rows))
    told = ledger.tables["figures"].dropna(subset="value")
    assert told["measure"].tolist() == ["admissions"]
    assert not [p for p in ledger.problems if p.code == "row_unread"]


def test_every_measure_that_is_typed_can_be_typed_by_its_own_name():
    book = load_codebook()
    items = Items(book.measures)
    assert {code: items.look(one.name) for code, one in book.measures.items()} == {
        code: code for code in book.measures
    }


def test_open_meetings_come_out_of_a_ledger_of_activities(tmp_path):
    """302 meetings, 24,000 person-times."""
    rows = [["甲县2025年活动台账"], ["党组织名称", "活动日期", "活动类型", "应到人数", "实到人数"]]
    present = [79] * 160 + [80] * 142
    rows += [
        [
            f"第{n % 40}党支部",
            f"2025-{n % 12 + 1:02d}-{n % 27 + 1:02d}",
            "开放式组织生活",
            90,
            there,
        ]
        for n, there in enumerate(present)
    ]
    rows += [
        ["第1党支部", "2025-03-05", "志愿者活动", 30, 25],
        ["第1党支部", "2025-03-06", "党课", 30, 20],
    ]
    written(tmp_path / "data/raw/2025/甲市/甲县/活动台账.xlsx", rows)
    build(tmp_path, jobs=1)
    data = load(tmp_path).measures.query("area == '甲市/甲县'").set_index("measure")["value"]
    assert data["open_meetings"] == 302 and data["open_attendances"] == sum(present) == 24_000
    assert data["volunteering"] == 1 and data["volunteering_attendances"] == 25
    assert data["three_meetings"] == 1 and data["activities"] == 304


def test_what_a_unit_ledger_tells_of_joint_forms_unions_and_key_units(tmp_path):
    head = [
        "单位名称",
        "单位类型",
        "状态",
        "从业人员",
        "党员总数",
        "正式党员",
        "组建方式",
        "联合支部名称",
    ]
    head += ["已建群团", "重点单位", "联建形式"]
    rows = [
        [
            "甲公司",
            "法人企业",
            "正常",
            30,
            2,
            2,
            "联合",
            "东片联合党支部",
            "工会",
            "是",
            "片区联建",
        ],
        [
            "乙公司",
            "法人企业",
            "正常",
            40,
            1,
            1,
            "联合",
            "东片联合党支部",
            "工会、团支部",
            "否",
            "集聚式联建",
        ],
        ["丙公司", "法人企业", "正常", 25, 2, 2, "挂靠", "西片联合党支部", "", "是", "挂靠组建"],
        ["丁公司", "法人企业", "正常", 10, 0, 0, "未建", "", "工会", "否", ""],
    ]
    written(
        tmp_path / "data/raw/2025/甲市/甲县/组织台账.xlsx", [["甲县2025年组织台账"], head, *rows]
    )
    build(tmp_path, jobs=1)
    data = load(tmp_path)
    value = data.measures.query("area == '甲市/甲县'").set_index("measure")["value"]
    assert (value["units_joint_region"], value["units_joint_attached"]) == (2, 1)
    assert value["units_joint_told"] == 3 and value["units_joint_lead"] == 0
    assert (value["units_25plus"], value["units_25plus_union"]) == (3, 2)
    assert value["units_25plus_youth"] == 1 and value["units_memberless_mass"] == 1
    assert (value["units_key"], value["units_key_covered"]) == (2, 2)


def test_a_district_that_lists_no_mass_organisations_has_no_rate_of_unions(tmp_path):
    head = ["单位名称", "单位类型", "状态", "从业人员", "党员总数"]
    rows = [["甲公司", "法人企业", "正常", 30, 2], ["乙公司", "法人企业", "正常", 40, 1]]
    written(
        tmp_path / "data/raw/2025/甲市/甲县/组织台账.xlsx", [["甲县2025年组织台账"], head, *rows]
    )
    build(tmp_path, jobs=1)
    measures = load(tmp_path).measures.query("area == '甲市/甲县'").set_index("measure")["value"]
    assert measures["units_25plus"] == 2
    for code in ("units_25plus_union", "units_memberless_mass", "units_key", "units_joint_told"):
        assert code not in measures or measures.isna()[code], code


def test_instructors_by_level_and_origin(tmp_path):
    head = ["指导员编号", "选派单位类别", "驻派等级", "联系单位"]
    rows = [
        ["01", "退二线干部", "市级", "甲公司"],
        ["02", "机关选拔", "县级", "乙公司"],
        ["03", "社会招聘", "县级", "丙公司"],
        ["04", "组织推荐", "乡镇级", "丁公司"],
    ]
    written(
        tmp_path / "data/raw/2025/甲市/甲县/指导员台账.xlsx",
        [["甲县2025年指导员台账"], head, *rows],
    )
    build(tmp_path, jobs=1)
    value = load(tmp_path).measures.query("area == '甲市/甲县'").set_index("measure")["value"]
    found = {
        code: value[f"instructors_{code}"]
        for code in ("city", "district", "township", "retiring", "hired")
    }
    assert found == {"city": 1, "district": 2, "township": 1, "retiring": 1, "hired": 1}


def test_where_instructors_come_from_in_a_column_of_its_own(tmp_path):
    """Beside the sending body; a unit with two instructors of one body is served once, however they were found."""
    head = ["指导员编号", "选派单位", "驻派等级", "人员来源", "联系单位"]
    rows = [
        ["01", "组织部", "县级", "退居二线干部", "甲公司、乙公司"],
        ["02", "组织部", "县级", "机关选派", "乙公司"],
        ["03", "河口镇", "乡镇级", "社会公开招聘", "丙公司"],
        ["04", "河口镇", "乡镇级", "企业退休骨干", "丁公司"],
    ]
    written(
        tmp_path / "data/raw/2025/甲市/甲县/指导员台账.xlsx",
        [["甲县2025年指导员台账"], head, *rows],
    )
    build(tmp_path, jobs=1)
    value = load(tmp_path).measures.query("area == '甲市/甲县'").set_index("measure")["value"]
    kinds = ("retiring", "organs", "hired")
    assert [value[f"instructors_{kind}"] for kind in kinds] == [1, 1, 1]
    assert (value["instructors"], value["units_served"]) == (4, 4)
