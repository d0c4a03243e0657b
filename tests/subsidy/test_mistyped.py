"""What is mistyped on the command line: one message, by the field's name and the option, with what was meant where it can be told."""

from pathlib import Path

import pytest

from evalkit.problems import InputError
from evalkit.reports.plan_command import Asked, told

ITEM = "activity.per_member"
AMOUNT = "金额，如 500万"


def asked(project: Path, typed: str) -> Asked:
    """``--budget 五百万 --set x=1`` as the command passes it on."""
    words = typed.split()
    pairs = list(zip(words[::2], words[1::2], strict=True))
    options = {option.removeprefix("--"): value for option, value in pairs if option != "--set"}
    own = {"from": "since", "only": "only", "share": "share", "scheme": "scheme"}
    named = {own[one]: text for one, text in options.items() if one in own}
    standard = float(options["standard"]) if "standard" in options else None
    rest = {one: text for one, text in options.items() if one not in own and one != "standard"}
    changes = tuple(value for option, value in pairs if option == "--set")
    return Asked(changes=changes, standard=standard, ask=rest, project=project, **named)


# fmt: off
MISTYPED = [
    ("--budget 五百万", "一年最多增加（--budget）", "是否想写“500万”"),
    ("--budget 500W", "一年最多增加（--budget）", "是否想写“500万”"),
    ("--budget 3千万", "一年最多增加（--budget）", "是否想写“3000万”"),
    ("--budget 五百三十万元", "一年最多增加（--budget）", "是否想写“530万”"),
    ("--budget -5", "一年最多增加（--budget）", AMOUNT),
    ("--budget 1e9", "一年最多增加（--budget）", AMOUNT),
    ("--budget 若干", "一年最多增加（--budget）", AMOUNT),
    (f"--budget 500万 --item {ITEM}s", "项目（--item）", f"是否想写“{ITEM}（党员活动经费·每名党员）”"),
    ("--cap 三千万 --floor 2000", "总额（--cap）", "是否想写“3000万”"),
    ("--cap 3000万 --floor 两千", "每个不少于（--floor）", "是否想写“2000”"),
    ("--cap 3000万 --most 一二三", "每个不超过（--most）", AMOUNT),
    ("--cap 3000万 --by 党员", "按什么分（--by）", "是否想写“党员数”"),
    ("--cap 3000万 --by 党员数70%+党组织数40%", "按什么分（--by）", "合计100%"),
    ("--cap 1 --floor 2000", "总额（--cap）", "不少于下限合计"),
    ("--reach 120% --standard 200", "多大比例的党组织（--reach）", "0至100%"),
    ("--reach 九成 --standard 200", "多大比例的党组织（--reach）", "0至100%"),
    ("--reach 90%", "人均达到（元）（--standard）", "--reach 90% --standard 200"),
    (f"--set {ITEM}=200 --share 3:3:4:0", "增加部分由谁出（--share）", "依次为省、市、县"),
    (f"--set {ITEM}=200 --share 省三市七", "增加部分由谁出（--share）", "省3市3县4"),
    (f"--set {ITEM}=200 --from 去年", "自何日起（--from）", "应写成 2026-07-01"),
    (f"--set {ITEM}=200 --from 2026-02-30", "自何日起（--from）", "不存在的日期"),
    (f"--set {ITEM}=200 --periods 明年", "测算年份（--periods）", "由早到晚"),
    (f"--set {ITEM}=200 --within 没有区", "范围（--within）", "县"),
    (f"--set {ITEM}=200 --scheme fuyang-2016", "补助方案（--scheme）", "“fuyang-2015”"),
    ("--set x.y=+20", "x.y", "whatif --list"),
    ("--set activity.per_membr=200", "activity.per_membr", f"“{ITEM}”"),
    ("--set 活动经费=200", "活动经费", "是否想写“党员活动经费”"),
    ("--set 党组织补住=+20%", "党组织补住", "是否想写“党组织补助”"),
    ("--set 指导员=300", "指导员", "是否想写“指导员补贴”"),
    (f"--set {ITEM}=二百", f"党员活动经费·每名党员（{ITEM}）", "也可写 +20%"),
    (f"--set {ITEM}=99999999", f"党员活动经费·每名党员（{ITEM}）", "0 到 1000"),
    (f"--set {ITEM}=-5", f"党员活动经费·每名党员（{ITEM}）", "0 到 1000"),
    (f"--set {ITEM}", "--set", "项目=数值"),
    (f"--set {ITEM}=二百", f"党员活动经费·每名党员（{ITEM}）", "是否想写“200”"),
    (f"--set {ITEM}=一百五", f"党员活动经费·每名党员（{ITEM}）", "是否想写“150”"),
    (f"--set {ITEM}=一百零五元", f"党员活动经费·每名党员（{ITEM}）", "是否想写“105”"),
    (f"--set {ITEM}=-50元", f"党员活动经费·每名党员（{ITEM}）", "-20%"),
    (f"--set {ITEM}=26-28每年+5%", f"党员活动经费·每名党员（{ITEM}）", "2026-2028每年+5%"),
    (f"--set {ITEM}@=200", f"{ITEM}@", f"{ITEM}@三星以上"),
    (f"--set {ITEM}@高山=200", "只对（--set …@）", "areas.xlsx"),
    ("--set 启动经费=5000/月", "启动经费", "一次性"),
    ("--set 党组织补助·每个最低=3万 --set 党组织补助·每个最高=2万", "党组织补助·每个最高（organisation.cap）",
     "原文：每个最低30000高于每个最高20000"),
    ("--set dates=按周", "年中调整的折算（dates）", "按天数（days）、按月数（months）"),
    ("--set members=年末", "党员数口径（members）", "当年末（year_end）"),
    ("--only 六星以上", "只发给（--only）", "三星以上"),
    ("--only 功能型党组织", "只发给（--only）", "没有这样一部分党组织"),
    (f"--set {ITEM}=200 --periods 2019", "测算年份（--periods）", "台账最早是"),
    ("--set activity.payer=省3市3县3外商1", "党员活动经费·出资方（activity.payer）", "乡镇、企业"),
    ("--set matching.ratio=一比一", "镇企配套·配套比例（matching.ratio）", "或 1:0.5"),
    ("--set activity.basis=差额", "党员活动经费·补助口径（activity.basis）", "全额（entitlement），或 补差"),
    ("--only 三颗星", "只发给（--only）", "三星以上"),
    (f"--set {ITEM}@三颗星=200", "只对（--set …@）", "三星以上"),
]
# fmt: on


@pytest.mark.parametrize(("typed", "field", "help_"), MISTYPED, ids=[one[0] for one in MISTYPED])
def test_a_mistyped_question_is_told_by_its_field(
    counties: Path, typed: str, field: str, help_: str
) -> None:
    with pytest.raises(InputError) as caught:
        told(asked(counties, typed))
    (problem,) = caught.value.problems
    assert problem.where == field
    assert help_ in problem.text() and "\n" not in problem.text()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"--set {ITEM}=200元", f"--set {ITEM}=200"),
        (f"--set {ITEM}=２００元/人·年", f"--set {ITEM}=200"),
        ("--set matching.ratio=1比0.5", "--set matching.ratio=1:0.5"),
        ("--budget ５００万", "--budget 500万"),
        (f"--set {ITEM}=2026年170元，2027年190元", f"--set {ITEM}=2026:170,2027:190"),
        (f"--set {ITEM}=200 --periods 2026~2027", f"--set {ITEM}=200 --periods 2026-2027"),
        (f"--set {ITEM}=200 --periods 2026年至2027年", f"--set {ITEM}=200 --periods 2026-2027"),
        ("--set activity.payer=县9企1", "--set activity.payer=县9企业1"),
        (
            f"--set {ITEM}=210 --set dates=按月数 --from 2026-09-01",
            f"--set {ITEM}=2026-09-01:210 --set dates=months",
        ),
    ],
)
def test_other_ways_to_write_a_value(counties: Path, one: str, other: str) -> None:
    assert told(asked(counties, one)) == told(asked(counties, other))


def test_the_basis_in_chinese_is_the_same(counties: Path) -> None:
    first, *rest = told(asked(counties, "--set activity.basis=全额"))
    again, *others = told(asked(counties, "--set activity.basis=entitlement"))
    assert rest == others and "全额" in first and "全额" in again
