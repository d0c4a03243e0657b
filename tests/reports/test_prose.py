"""The sentences of the report, case by case: zero, one, all, ties, first year, missing, tiny base, reversal."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.codebook import load_codebook
from evalkit.indicators.compare import compare
from evalkit.reports import prose
from evalkit.reports.prose import Facts, attainment, comparison, declared, interval, moved, tell

BOOK = load_codebook()
COVERED = [[{"whole": "units", "part": "units_covered", "say": "有党的组织", "rate": "org_coverage"}, "{@org_coverage=}"]]
ODD = re.compile(r"，，|；；|，；|；，|。。|，。|；。|^[，；。]|None|nan|NaN|inf|-|−|\{|\}")


def row(code: str, value: float, denominator: float = 1000.0, target: float = math.nan, **more) -> dict:
    one = BOOK.indicators[code]
    about = {k: getattr(one, k) for k in ("name", "short_name", "kind", "better", "scale", "unit", "decimals", "base", "dimension")}
    reference = BOOK.references[one.target].name if one.target else None
    return about | {"indicator": code, "value": value, "low": value, "high": value, "denominator": denominator,
                    "numerator": value * denominator, "target": target, "target_name": reference} | more  # fmt: skip


def known(now=None, before=None, rows=None, earlier=None, area="甲区") -> Facts:
    return Facts(area, "2025", BOOK, now or {}, before or {}, {r["indicator"]: r for r in rows or []}, earlier or {})


def coverage(n: float, units: float, before: float | None = None, old: float | None = None, **more) -> str:
    facts = known({"units": units, "units_covered": n}, {} if before is None else {"units_covered": before},
                  [row("org_coverage", n / units, units, **more)], {} if old is None else {"org_coverage": old})  # fmt: skip
    return tell(COVERED, facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (coverage(0, 120), "实体运营的法人单位120家，其中尚无有党的组织的。"),
        (coverage(120, 120), "实体运营的法人单位120家，均有党的组织，党的组织覆盖率100.0%。"),
        (coverage(1, 1), "实体运营的法人单位1家，已有党的组织。"),
        (coverage(0, 1), "实体运营的法人单位1家，尚未有党的组织。"),
        (coverage(90, 120), "实体运营的法人单位120家，其中有党的组织的90家，党的组织覆盖率75.0%。"),  # first year: no change is told
        (coverage(90, 120, 80, 0.738), "实体运营的法人单位120家，其中有党的组织的90家，党的组织覆盖率75.0%，比上年提高1.2个百分点。"),
        (coverage(90, 120, 90, 0.7504), "实体运营的法人单位120家，其中有党的组织的90家，党的组织覆盖率75.0%，与上年持平。"),
        (coverage(7, 9), "实体运营的法人单位9家，其中有党的组织的7家，党的组织覆盖率77.8%（基数小，仅供参考）。"),
        # reversal: the count rises while the rate falls, and the other way round
        (coverage(90, 120, 80, 0.80),
         "实体运营的法人单位120家，其中有党的组织的90家，虽比上年增加10家，但党的组织覆盖率75.0%，比上年下降5.0个百分点。"),
        (coverage(90, 120, 99, 0.70),
         "实体运营的法人单位120家，其中有党的组织的90家，虽比上年减少9家，但党的组织覆盖率75.0%，比上年提高5.0个百分点。"),
    ],
)  # fmt: skip
def test_a_part_of_a_whole(text, expected):
    assert text == expected


def test_missing_is_not_said():
    assert tell(COVERED, known({"units": 120})) == ""  # the part is unknown
    assert tell(COVERED, known({"units_covered": 3})) == ""  # the whole is unknown
    assert tell([["有单位{units}", "{units~}", "个体工商户{units_self_employed}"]], known({"units": 5})) == "有单位5家。"
    assert tell([["有单位{units}"], ["有党员{members}"]], known({"members": 8})) == "有党员8名。"
    assert tell(COVERED, known({"units": 0, "units_covered": 0})) == ""  # of nothing no share


@pytest.mark.parametrize(
    ("now", "before", "unit", "growth", "expected"),
    [
        (342, 300, "家", False, "比上年增加42家"), (300, 342, "家", True, "比上年减少42家、下降12.3%"), (5, 5, "家", True, "与上年持平"),
        (12, 4, "家", True, "比上年增加8家"), (66_469_218.9, 63_334_168.8, "元", True, "比上年增加313.51万元、增长5.0%"),
        (1, None, "家", True, None), (1, math.nan, "家", True, None), (0, 3, "个", False, "比上年减少3个"),
        (1_2345_6789_01, 1_0000_0000_00, "元", False, "比上年增加23.46亿元"),
    ],
)  # fmt: skip
def test_changes_of_counts_and_amounts(now, before, unit, growth, expected):
    assert moved(now, before, unit, growth) == expected


@pytest.mark.parametrize(
    ("code", "value", "target", "expected"),
    [
        ("work_coverage", 0.982, 1, "距100%还差1.8个百分点"), ("work_coverage", 1.0, 1, "已达到100%"),
        ("work_coverage", 0.9998, 1, "距100%还差不到0.1个百分点"),
        ("activity_fund_per_member", 215, 150, "高于“富阳2015年标准”的参照值65元"),
        ("activity_fund_per_member", 120, 150, "距“富阳2015年标准”的参照值还差30元"),
        ("activity_fund_per_member", 150.2, 150, "与“富阳2015年标准”的参照值相当"),
        ("instructor_load", 2.9, 3, "达到“合肥每名联系3家”的参照值"), ("instructor_load", 3.4, 3, "超出“合肥每名联系3家”的参照值0.4家"),
        ("subsidy_arrival", 0.9, 1, None), ("org_coverage", 0.9, math.nan, None),
    ],
)  # fmt: skip
def test_attainment(code, value, target, expected):
    assert attainment(row(code, value, target=target)) == expected


def test_the_interval_is_told_only_where_it_matters():
    assert interval(row("org_coverage", 0.80)) == ""
    assert interval(row("org_coverage", 0.80, low=0.798, high=0.803)) == ""  # half a point, turns nothing
    assert interval(row("org_coverage", 0.80, low=0.79, high=0.81)) == "（台账中有约数，实际在79.0%至81.0%之间）"
    assert interval(row("org_coverage", 0.80, low=0.798, high=0.803), 0.801).endswith("比上年是升是降尚难确定）")
    assert interval(row("activity_fund_per_member", 150.4, target=150, low=149, high=150.6)).endswith("是否达到参照值尚难确定）")
    assert interval(row("fund_per_member", 150, low=140, high=math.inf)) == "（台账中有约数，实际不低于140元）"


def test_enumerations_leave_out_zeros_and_say_when_one_is_all():
    each = [["党组织{party_orgs}", {"each": ["committees", "general_branches", "branches"], "of": "party_orgs", "lead": "；其中"}]]
    full = {"party_orgs": 10, "committees": 1, "general_branches": 0, "branches": 9}
    assert tell(each, known(full)) == "党组织10个；其中党委1个（占10.0%）、党支部9个（占90.0%）。"
    assert tell(each, known({"party_orgs": 3, "branches": 3})) == "党组织3个，均为党支部。"
    assert tell(each, known({"party_orgs": 3})) == "党组织3个。"


MEASURES = sorted({m for m in BOOK.measures})
numbers = st.one_of(st.integers(0, 3), st.integers(0, 200_000_000)).map(float)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_template_reads_well_whatever_is_known(data):
    """Any numbers, any gaps: no minus sign, no doubled mark, no empty bracket, no programmers' word; a full stop at the end."""
    name = data.draw(st.sampled_from(sorted(declared()["sections"])))
    some = st.dictionaries(st.sampled_from(MEASURES), numbers, max_size=60)
    codes = data.draw(st.lists(st.sampled_from(sorted(BOOK.indicators)), max_size=40, unique=True))
    value = st.floats(0, 1.2)
    rows = [row(c, data.draw(value), data.draw(st.sampled_from([1.0, 29.0, 30.0, 5e5])), data.draw(st.sampled_from([math.nan, 1.0])),
                low=0.0, high=data.draw(st.sampled_from([1.2, math.inf]))) for c in codes]  # fmt: skip
    facts = known(data.draw(some), data.draw(some), rows, {c: data.draw(value) for c in codes[::2]})
    text = tell(declared()["sections"][name]["sentences"], facts)
    assert not ODD.search(text.replace("（台账", "(台账")), text
    assert text == "" or text.endswith("。")


# areas side by side


def frame(values, code="org_coverage", denominator=500.0, previous=None, names=None) -> pd.DataFrame:
    names = names or [f"{'甲乙丙丁戊己庚辛壬癸'[n]}区" for n in range(len(values))]
    out = []
    for period, some in (("2024", previous), ("2025", values)):
        for n, value in enumerate(some or []):
            if value is not None:
                bottom = denominator[n] if isinstance(denominator, list) else denominator
                out.append(row(code, value, bottom, area=f"某市/{names[n]}", area_name=names[n], period=period, level="district",
                               ci_low=value, ci_high=value, sort_order=n, peer_group=None, is_demo=False))  # fmt: skip
    return pd.DataFrame(out)


def told(values, code="org_coverage", ranking="full", baseline="2024", **more) -> str:
    return comparison(frame(values, code, **more), code, "2025", baseline, ranking).content["text"]


def test_comparison_names_the_ends_the_gap_and_the_changes():
    text = told([0.9, 0.8, 0.7, 0.6], previous=[0.85, 0.8, 0.75, 0.65])
    assert "居前的是甲区（90.0%）、乙区（80.0%）；靠后的是丙区（70.0%）、丁区（60.0%）" in text
    assert "最高与最低相差30.0个百分点" in text and "与上年相比，提高的1个、持平的1个、下降的2个" in text
    assert "优于合计水平的2个；低于合计水平的2个" in text


def test_bands_name_no_order_and_none_no_names():
    bands = told([0.9, 0.8, 0.7, 0.6], ranking="bands")
    assert "居前" not in bands and "优于合计水平的2个（甲区、乙区）" in bands
    none = told([0.9, 0.8, 0.7, 0.6], ranking="none")
    assert "甲区" not in none and "优于" not in none and "合计75.0%" in none


def test_comparison_of_ties():
    assert "4个地区并列" in told([0.8, 0.8, 0.8, 0.8]) and "4个地区数值相同" in told([0.8] * 4)
    text = told([0.9, 0.9, 0.7, 0.6])
    assert "甲区（90.0%）、乙区（90.0%）（数值相同的并列）" in text


def test_comparison_first_year_one_area_small_base_nobody():
    assert "上年" not in told([0.9, 0.8], baseline=None)
    assert told([0.9]) == "党的组织覆盖率：只有甲区有数（90.0%），不作比较。"
    text = told([0.9, 0.8, 0.2], denominator=[500, 500, 12])
    assert "丙区基数小，不参与排序" in text and "靠后的是乙区" in text
    assert comparison(frame([0.9]), "single_setup", "2025").content["text"] == ""


def test_lower_is_better_puts_the_least_first():
    text = told([2.0, 3.0, 4.0, 5.0], code="instructor_load")
    assert "居前的是甲区（2.0家）、乙区（3.0家）；靠后的是丙区（4.0家）、丁区（5.0家）" in text


def test_no_word_of_judgement_without_a_clear_difference():
    noisy = frame([0.80, 0.81, 0.79]).assign(ci_low=0.7, ci_high=0.9)
    text = comparison(noisy, "org_coverage", "2025").content["text"]
    assert "优于" not in text and "低于" not in text and "3个地区与合计水平的差异均不明显" in text
    assert set(compare(noisy, "2025")["verdict"]) <= {"unclear", "same"}


def test_whole_where_no_area_holds_the_others(demo_project):
    """Districts without a common province: the whole is their sum, under a plain name."""
    import evalkit as ek

    data = ek.load(demo_project, periods=["2024", "2025"])
    measures = data.measures.loc[data.measures["level"] == "district"].assign(area=lambda f: f["area"].str.rpartition("/")[2])
    rows = data.indicators.loc[data.indicators["level"] == "district"].assign(area=lambda f: f["area"].str.rpartition("/")[2])
    expected = prose.facts(data, "2025", "2024")
    data.__dict__.update(measures=measures, indicators=rows, _facts={})
    got = prose.facts(data, "2025", "2024")
    assert got.area == "全部地区" and got.now["units"] == expected.now["units"]
    assert math.isclose(got.rows["org_coverage"]["value"], expected.rows["org_coverage"]["value"])
    assert math.isclose(got.change("org_coverage"), expected.change("org_coverage"), abs_tol=1e-12)
