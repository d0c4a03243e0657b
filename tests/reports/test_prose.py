"""The sentences of the report, case by case: zero, one, all, ties, first year, missing, tiny base, reversal."""

from __future__ import annotations

import dataclasses
import math
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_probe import told as probe

from evalkit.codebook import load_codebook
from evalkit.indicators.compare import compare
from evalkit.reports import annual, findings, prose, scope
from evalkit.reports.appendix import SECTIONS
from evalkit.reports.prose import comparison
from evalkit.reports.sentences import Facts, attainment, interval, moved, tell

BOOK = load_codebook()
COVERED = """
- {{ part("units_covered", whole="units", say="有党的组织", rate="org_coverage") }}
  {{ compared("org_coverage") }}
"""
ODD = re.compile(r"，，|；；|，；|；，|。。|，。|；。|^[，；。]|None|nan|NaN|inf|-|−|\{|\}")


def row(
    code: str, value: float, denominator: float = 1000.0, target: float = math.nan, **more
) -> dict:
    one = BOOK.indicators[code]
    about = {
        k: getattr(one, k)
        for k in (
            "name",
            "short_name",
            "kind",
            "better",
            "scale",
            "unit",
            "decimals",
            "base",
            "dimension",
        )
    }
    reference = BOOK.references[one.target].name if one.target else None
    return (
        about
        | {
            "indicator": code,
            "value": value,
            "low": value,
            "high": value,
            "denominator": denominator,
            "numerator": value * denominator,
            "target": target,
            "target_name": reference,
        }
        | more
    )


def known(now=None, before=None, rows=None, earlier=None, area="甲区") -> Facts:
    return Facts(
        area,
        "2025",
        BOOK,
        now or {},
        before or {},
        {r["indicator"]: r for r in rows or []},
        earlier or {},
    )


def coverage(
    n: float,
    units: float,
    before: float | None = None,
    old: float | None = None,
    units_before=None,
    **more,
) -> str:
    past = (
        {"units_covered": before}
        if units_before is None
        else {"units_covered": before, "units": units_before}
    )
    facts = known(
        {"units": units, "units_covered": n},
        {} if before is None else past,
        [row("org_coverage", n / units, units, **more)],
        {} if old is None else {"org_coverage": old},
    )
    return probe(COVERED, facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (coverage(0, 120), "实体运营的法人单位120家，均没有党的组织。"),
        (coverage(120, 120), "实体运营的法人单位120家，均有党的组织，组织覆盖率100.0%。"),
        (coverage(1, 1), "实体运营的法人单位1家，已有党的组织。"),
        (coverage(0, 1), "实体运营的法人单位1家，尚未有党的组织。"),
        (
            coverage(90, 120),
            "实体运营的法人单位120家，其中有党的组织的90家，组织覆盖率75.0%。",
        ),  # first year: no change is told
        (
            coverage(90, 120, 80, 0.738),
            "实体运营的法人单位120家，其中有党的组织的90家，组织覆盖率75.0%，比上年提高1.2个百分点。",
        ),
        (
            coverage(90, 120, 90, 0.7504),
            "实体运营的法人单位120家，其中有党的组织的90家，组织覆盖率75.0%，与上年持平。",
        ),
        (
            coverage(7, 9),
            "实体运营的法人单位9家，其中有党的组织的7家，组织覆盖率77.8%（基数小，仅供参考）。",
        ),
        # reversal: the count rises while the rate falls, and the other way round
        (
            coverage(90, 120, 80, 0.80),
            "实体运营的法人单位120家，其中有党的组织的90家，比上年增加10家；组织覆盖率75.0%，下降5.0个百分点。",
        ),
        (
            coverage(90, 120, 99, 0.70),  # why it rose is not known: last year's whole is missing
            "实体运营的法人单位120家，其中有党的组织的90家，比上年减少9家；组织覆盖率75.0%，提高5.0个百分点。",
        ),
        (
            coverage(90, 120, 99, 0.70, units_before=141),
            "实体运营的法人单位120家，其中有党的组织的90家，比上年减少9家；组织覆盖率75.0%，因基数减少而提高5.0个百分点。",
        ),
    ],
)
def test_a_part_of_a_whole(text, expected):
    assert text == expected


def test_a_change_is_not_told_of_what_is_not_told():
    """No large enterprise without an instructor: neither the number nor, dangling behind it, its change."""
    gap = """
- 应建未建{{ amount("units_due_unfounded") }}
  ；没有指导员的规上企业{{ amount("units_above_scale", less="units_above_scale_instructed") }}
  {{ moved("units_above_scale", less="units_above_scale_instructed") }}
"""
    now = {"units_due_unfounded": 6, "units_above_scale": 2, "units_above_scale_instructed": 2}
    assert probe(gap, known(now, now)) == "应建未建6家。"


def test_missing_is_not_said():
    assert probe(COVERED, known({"units": 120})) == ""  # the part is unknown
    assert probe(COVERED, known({"units_covered": 3})) == ""  # the whole is unknown
    units = (
        '- 有单位{{ amount("units") }}\n  {{ moved("units") }}\n  {{ amount("units_social") }}\n'
    )
    assert probe(units, known({"units": 5})) == "有单位5家。"
    both = '- 有单位{{ amount("units") }}\n- 有党员{{ amount("members") }}\n'
    assert probe(both, known({"members": 8})) == "有党员8名。"
    assert probe(COVERED, known({"units": 0, "units_covered": 0})) == ""  # of nothing no share


@pytest.mark.parametrize(
    ("now", "before", "unit", "growth", "expected"),
    [
        (342, 300, "家", False, "比上年增加42家"),
        (300, 342, "家", True, "比上年减少42家、下降12.3%"),
        (5, 5, "家", True, "与上年持平"),
        (12, 4, "家", True, "比上年增加8家"),
        (66_469_218.9, 63_334_168.8, "元", True, "比上年增加313.51万元、增长5.0%"),
        (1, None, "家", True, None),
        (1, math.nan, "家", True, None),
        (0, 3, "个", False, "比上年减少3个"),
        (1_2345_6789_01, 1_0000_0000_00, "元", False, "比上年增加23.46亿元"),
    ],
)
def test_changes_of_counts_and_amounts(now, before, unit, growth, expected):
    assert moved(now, before, unit, growth) == expected


@pytest.mark.parametrize(
    ("code", "value", "target", "expected"),
    [
        ("work_coverage", 0.982, 1, "距100%还差1.8个百分点"),
        ("work_coverage", 1.0, 1, "已达到100%"),
        ("work_coverage", 0.9998, 1, "距100%还差不到0.1个百分点"),
        ("activity_fund_per_member", 215, 150, "比参照值150元（富阳2015年标准）高65元"),
        ("activity_fund_per_member", 120, 150, "比参照值150元（富阳2015年标准）低30元"),
        ("activity_fund_per_member", 150.2, 150, "与参照值150元（富阳2015年标准）相当"),
        ("instructor_load", 2.9, 3, "未超过参照值3家（合肥每名联系3家，以低为好）"),
        ("instructor_load", 3, 3, "未超过参照值3家（合肥每名联系3家，以低为好）"),
        ("instructor_load", 3.4, 3, "比参照值3家（合肥每名联系3家，以低为好）高0.4家"),
        ("member_admission_growth", 1.015, 1.2, "比参照值120%（丽水年增20%）低18.5个百分点"),
        ("six_haves_rate", 0.9125, 1, "距100%还差8.7个百分点"),  # beside 91.3% a reader reckons 8.7
        ("subsidy_arrival", 0.9, 1, None),
        ("org_coverage", 0.9, math.nan, None),
    ],
)
def test_attainment(code, value, target, expected):
    assert attainment(row(code, value, target=target)) == expected


def test_the_interval_is_told_only_where_it_matters():
    assert interval(row("org_coverage", 0.80)) == ""
    assert (
        interval(row("org_coverage", 0.80, low=0.798, high=0.803)) == ""
    )  # half a point, turns nothing
    assert (
        interval(row("org_coverage", 0.80, low=0.79, high=0.81))
        == "（台账中有约数，实际在79.0%至81.0%之间）"
    )
    assert interval(row("org_coverage", 0.80, low=0.798, high=0.803), 0.801).endswith(
        "比上年是升是降尚难确定）"
    )
    assert interval(
        row("activity_fund_per_member", 150.4, target=150, low=149, high=150.6)
    ).endswith("是否达到参照值尚难确定）")
    assert (
        interval(row("fund_per_member", 150, low=140, high=math.inf))
        == "（台账中有约数，实际不低于140元）"
    )


def test_enumerations_leave_out_zeros_and_say_when_one_is_all():
    each = """
- 党组织{{ amount("party_orgs") }}
  {{ each(["committees", "general_branches", "branches"], of="party_orgs", lead="；其中") }}
"""
    full = {"party_orgs": 10, "committees": 1, "general_branches": 0, "branches": 9}
    assert probe(each, known(full)) == "党组织10个；其中党委1个（占10.0%）、党支部9个（占90.0%）。"
    assert probe(each, known({"party_orgs": 3, "branches": 3})) == "党组织3个，均为党支部。"
    assert probe(each, known({"party_orgs": 3})) == "党组织3个。"


MEASURES = sorted({m for m in BOOK.measures})
numbers = st.one_of(st.integers(0, 3), st.integers(0, 200_000_000)).map(float)


UNKNOWN = {  # what the summary says beyond the facts, where nothing is known of it
    **dict.fromkeys(("comparable", "better", "same", "worse", "judged", "done", "near"), 0),
    **{"strengths": [], "problems": [], "declines": "", "index": None, "most": None, "steps": []},
    "ledgers_lacking": "",
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_template_reads_well_whatever_is_known(data):
    """Any numbers, any gaps: no minus sign, no doubled mark, no empty bracket, no programmers' word; a full stop at the end."""
    name = data.draw(st.sampled_from(sorted(SECTIONS)))
    some = st.dictionaries(st.sampled_from(MEASURES), numbers, max_size=60)
    codes = data.draw(st.lists(st.sampled_from(sorted(BOOK.indicators)), max_size=40, unique=True))
    value = st.floats(0, 1.2)
    rows = [
        row(
            c,
            data.draw(value),
            data.draw(st.sampled_from([1.0, 29.0, 30.0, 5e5])),
            data.draw(st.sampled_from([math.nan, 1.0])),
            low=0.0,
            high=data.draw(st.sampled_from([1.2, math.inf])),
        )
        for c in codes
    ]
    facts = known(data.draw(some), data.draw(some), rows, {c: data.draw(value) for c in codes[::2]})
    text = tell(name, facts, **(UNKNOWN if name == "summary" else {})).text
    assert not ODD.search(text.replace("（台账", "(台账")), text
    assert text == "" or text.endswith("。")


# areas side by side


def frame(
    values, code="org_coverage", denominator=500.0, previous=None, names=None
) -> pd.DataFrame:
    names = names or [f"{'甲乙丙丁戊己庚辛壬癸'[n]}区" for n in range(len(values))]
    out = []
    for period, some in (("2024", previous), ("2025", values)):
        for n, value in enumerate(some or []):
            if value is not None:
                bottom = denominator[n] if isinstance(denominator, list) else denominator
                out.append(
                    row(
                        code,
                        value,
                        bottom,
                        area=f"某市/{names[n]}",
                        area_name=names[n],
                        period=period,
                        level="district",
                        ci_low=value,
                        ci_high=value,
                        sort_order=n,
                        peer_group=None,
                        is_demo=False,
                    )
                )
    return pd.DataFrame(out)


def told(values, code="org_coverage", ranking="full", baseline="2024", **more) -> str:
    return comparison(frame(values, code, **more), code, "2025", baseline, ranking).content["text"]


OFF = "2个区县优于合计水平，2个差于合计水平。"


@pytest.mark.parametrize(
    ("values", "before", "more", "expected"),
    [
        # one area, two areas
        ([0.9], None, {}, "组织覆盖率：只有甲区有数（90.0%），不作比较。"),
        (
            [0.9, 0.8],
            None,
            {},
            "组织覆盖率合计85.0%。居前的是甲区（90.0%），靠后的是乙区（80.0%），最高与最低相差10.0个百分点。"
            "1个区县优于合计水平，1个差于合计水平。",
        ),
        # all the same, all of nothing, all of everything
        ([0.8, 0.8], None, {}, "组织覆盖率合计80.0%。2个区县数值相同。"),
        ([0.0, 0.0, 0.0], None, {}, "组织覆盖率合计0.0%。3个区县数值相同。"),
        ([1.0, 1.0, 1.0], None, {}, "组织覆盖率合计100.0%。3个区县数值相同。"),
        # ties, a missing one, the first year
        (
            [0.9, 0.9, 0.7, 0.6],
            None,
            {},
            "组织覆盖率合计77.5%。居前的是甲区（90.0%）、乙区（90.0%）（数值相同的并列），"
            f"靠后的是丙区（70.0%）、丁区（60.0%），最高与最低相差30.0个百分点。{OFF}",
        ),
        (
            [0.9, None, 0.7, 0.6, 0.8],
            None,
            {},
            "组织覆盖率合计75.0%。居前的是甲区（90.0%）、戊区（80.0%），"
            f"靠后的是丙区（70.0%）、丁区（60.0%），最高与最低相差30.0个百分点。{OFF}",
        ),
        # a tiny base everywhere, and in one area
        (
            [0.9, 0.8],
            None,
            {"denominator": 12},
            "组织覆盖率合计85.0%。最高与最低相差10.0个百分点。1个区县优于合计水平，1个差于合计水平。各区县基数小，不参与排序。",
        ),
        # all rise, one turns round
        (
            [0.9, 0.8],
            [0.8, 0.7],
            {},
            "组织覆盖率合计85.0%。居前的是甲区（90.0%），靠后的是乙区（80.0%），最高与最低相差10.0个百分点。"
            "与上年相比，2个区县均提高。1个区县优于合计水平，1个差于合计水平。",
        ),
        (
            [0.7, 0.8],
            [0.8, 0.7],
            {},
            "组织覆盖率合计75.0%。居前的是乙区（80.0%），靠后的是甲区（70.0%），最高与最低相差10.0个百分点。"
            "与上年相比，1个区县提高、1个下降。1个区县优于合计水平，1个差于合计水平。",
        ),
    ],
)
def test_a_comparison_word_for_word(values, before, more, expected):
    assert told(values, previous=before, **more) == expected


def test_comparison_names_the_ends_the_gap_and_the_changes():
    text = told([0.9, 0.8, 0.7, 0.6], previous=[0.85, 0.8, 0.75, 0.65])
    assert (
        "居前的是甲区（90.0%）、乙区（80.0%），靠后的是丙区（70.0%）、丁区（60.0%），最高与最低相差30.0个百分点。"
        in text
    )
    assert (
        "与上年相比，1个区县提高、1个持平、2个下降。2个区县优于合计水平，2个差于合计水平。" in text
    )
    assert text.startswith("组织覆盖率合计75.0%。")


def test_bands_name_no_order_and_none_no_names():
    bands = told([0.9, 0.8, 0.7, 0.6], ranking="bands")
    assert "居前" not in bands and "2个区县优于合计水平（甲区、乙区）" in bands
    none = told([0.9, 0.8, 0.7, 0.6], ranking="none")
    assert "甲区" not in none and "优于" not in none and "合计75.0%" in none


def test_comparison_of_ties():
    assert told([0.8] * 4).startswith("组织覆盖率合计80.0%。4个区县数值相同。")
    text = told([0.9, 0.9, 0.7, 0.6])
    assert "甲区（90.0%）、乙区（90.0%）（数值相同的并列）" in text


def test_comparison_first_year_one_area_small_base_nobody():
    assert "上年" not in told([0.9, 0.8], baseline=None)
    assert told([0.9]) == "组织覆盖率：只有甲区有数（90.0%），不作比较。"
    assert "各区县基数小，不参与排序" in told([0.9, 0.8], denominator=12)
    text = told([0.9, 0.8, 0.2], denominator=[500, 500, 12])
    assert "丙区基数小，不参与排序" in text and "靠后的是乙区" in text
    assert comparison(frame([0.9]), "single_setup", "2025").content["text"] == ""


def test_lower_is_better_puts_the_least_first():
    text = told([2.0, 3.0, 4.0, 5.0], code="instructor_load")
    assert "居前的是甲区（2.0家）、乙区（3.0家），靠后的是丙区（4.0家）、丁区（5.0家）" in text


def test_no_word_of_judgement_without_a_clear_difference():
    noisy = frame([0.80, 0.81, 0.79]).assign(ci_low=0.7, ci_high=0.9)
    text = comparison(noisy, "org_coverage", "2025").content["text"]
    assert "优于" not in text and "差于" not in text and "3个区县与合计水平的差异均不明显" in text
    assert set(compare(noisy, "2025")["verdict"]) <= {"unclear", "same"}


def test_comparison_names_nobody_where_hardly_any_differ():
    noisy = frame([0.80, 0.81, 0.79, 0.82, 0.78]).assign(ci_low=0.7, ci_high=0.9)
    text = comparison(noisy, "org_coverage", "2025").content["text"]
    assert (
        text == "组织覆盖率合计80.0%。各区县在78.0%至82.0%之间。5个区县与合计水平的差异均不明显。"
    )


def test_far_under_the_reference_and_alike_everywhere_is_a_matter_of_the_ledgers():
    some = frame([0.20, 0.21, 0.20, 0.22], "theme_day_rate").assign(target=1.0)
    assert prose.doubtful(some, "theme_day_rate", "2025").startswith("各区县均在20.0%至22.0%之间")
    text = comparison(some, "theme_day_rate", "2025").content["text"]
    assert "需先核对台账登记是否完整" in text and "居前" not in text and "优于" not in text
    for values, target in (
        ([0.20, 0.21, 0.20, 0.30], 1.0),
        ([0.60, 0.61, 0.60, 0.62], 1.0),
        ([0.2] * 4, math.nan),
        ([0.2, 0.2], 1.0),
    ):
        assert (
            prose.doubtful(
                frame(values, "theme_day_rate").assign(target=target), "theme_day_rate", "2025"
            )
            == ""
        )


@pytest.fixture
def whole(monkeypatch):
    """The whole area with given rows: what `tally` and `declines` say of them."""

    def say(*rows, earlier=None):
        some = known(rows=rows, earlier=earlier or {})
        monkeypatch.setattr(scope, "facts", lambda *a: some)
        about = type("Book", (), {"codebook": BOOK})()
        every, first = (prose.declines(about, "2025", "2024", None, most) for most in (99, 1))
        return prose.tally(about, "2025", "2024").content["text"], every, first

    return say


def test_tally_counts_what_moved_away_from_its_reference(whole):
    rows = (
        row("org_coverage", 0.9),
        row("subsidy_arrival", 0.93, target=1.0),
        row("six_haves_rate", 0.8, target=1.0),
        row("instructor_load", 2.9, target=3.0),
        row("dues_return_rate", 1.1, target=1.0),
    )
    past = {
        "org_coverage": 0.88,
        "subsidy_arrival": 0.94,
        "six_haves_rate": 0.8,
        "instructor_load": 2.7,
        "dues_return_rate": 1.2,
    }
    assert whole(*rows, earlier=past)[0] == (
        "与上年可比的5项主要指标中，变好的2项，持平的1项，变差的2项（补助到位率、每名指导员联系单位数）；"
        "有参照值的4项主要指标中，达到参照值的1项，另有2项以接近参照值为好、不判断是否达到。"
    )
    assert whole(rows[2])[0] == "有参照值的1项主要指标中，没有达到参照值的。"  # first year
    assert whole(rows[1])[0] == "有参照值的1项主要指标中，1项以接近参照值为好、不判断是否达到。"
    assert whole()[0] == "甲区没有可作评价的主要指标。"


def test_declines_are_sorted_and_only_the_clear_ones(whole):
    rows = (
        row("six_haves_rate", 0.80, target=1.0),
        row("member_admission_growth", 1.0, target=1.2),
        row("empty_form_rate", 0.08),
        row("activity_fund_per_member", 90, target=150.0),
        row("org_coverage", 0.9),
        row("centre_6s_rate", 0.5, 12.0, 1.0),
    )
    past = {
        "six_haves_rate": 0.805,
        "member_admission_growth": 1.116,
        "empty_form_rate": 0.05,
        "activity_fund_per_member": 100,
        "org_coverage": 0.8,
        "centre_6s_rate": 0.9,
    }
    _, every, first = whole(*rows, earlier=past)
    assert (
        every == "比上年变差较多（比率1个百分点以上，其他5%以上）的主要指标有2项："
        "人均活动经费减少10元、空转率提高3.0个百分点"
    )
    assert first == "比上年变差较多的主要指标有2项，变差最多的是人均活动经费减少10元"
    assert (
        whole(rows[0], earlier=past)[1] == "" and whole(*rows)[1] == ""
    )  # half a point; first year


def test_a_difference_of_measures_with_its_change():
    clause = """
- 没有指导员的{{ amount("units_above_scale", less="units_above_scale_instructed") }}
  {{ moved("units_above_scale", less="units_above_scale_instructed") }}
"""
    now, before = (
        {"units_above_scale": 9, "units_above_scale_instructed": 5},
        {"units_above_scale": 8, "units_above_scale_instructed": 5},
    )
    assert probe(clause, known(now, before)) == "没有指导员的4家，比上年增加1家。"
    assert probe(clause, known(now)) == "没有指导员的4家。"
    assert probe(clause, known(now | {"units_above_scale": 5}, before)) == ""


def test_districts_side_by_side_lead_and_verify():
    one, other = (
        frame([0.9, 0.8, 0.7, 0.6], previous=[0.65, 0.8, 0.75, 0.65]),
        frame([0.5] * 4, "single_setup", previous=[0.5] * 4),
    )
    texts = [
        b["content"]["text"]
        for b in annual.comparisons(pd.concat([one, other]), "2025", "2024").content["blocks"]
    ]
    assert texts[0].startswith(
        "2项主要指标中，优于合计水平的指标最多的是甲区（1项）、乙区（1项）；"
    )
    assert "；差于合计水平的指标最多的是丙区（1项）、丁区（1项）。" in texts[0]
    assert (
        "“优于”“差于”按指标的方向说" in texts[0] and "指与各区县合计的差距超出误差范围" in texts[0]
    )
    assert texts[-1] == "比上年变动20个百分点以上、需要核实的有组织覆盖率（甲区提高25.0个百分点）。"
    none = annual.comparisons(one, "2025", "2024", ranking="none").content["blocks"]
    assert len(none) == 1 and "甲区" not in none[0]["content"]["text"]
    assert annual.falling_words(one, "2025", "2024", ranking="none").content["text"] == (
        "差于合计水平且比上年变差（任一主要指标）的有2个区县。"
    )
    assert annual.falling_words(one, "2025").content["text"] == "没有上年数，不作升降比较。"


def test_problems_and_advice_name_who_has_most_only_where_names_are_wanted():
    shares = tuple(
        findings.Share(*one)
        for one in (("甲区", 5, 100), ("乙区", 4, 40), ("丙区", 1, 60), ("丁区", 2))
    )
    due = findings.Found("due", "应建未建单位", "家", 12, 10, 5, "区县", "上年", shares)
    gone = findings.Found("idle", "全年没有活动记录的党组织", "个", 0, 3, 0, "区县")
    said = findings.problem_words([due, gone]).content["text"]
    assert (
        "应建未建单位12家，涉及5个区县，比上年增加2家；全年没有活动记录的党组织已全部解决。" in said
    )
    named, check = findings.advice([due, gone], ["主题党日落实率"]).content["items"]
    assert named.endswith(
        "成熟一个组建一个。数量最多的是甲区（5家）；应建未建比例最高的是乙区（10.0%）。"
    )
    assert check.startswith("先核对主题党日落实率所依据的台账是否登记完整")
    assert "甲区" not in findings.advice([due], names=False).content["items"][0]
    assert findings.advice([gone]).content["text"].startswith("继续巩固")


def test_whole_where_no_area_holds_the_others(demo_project):
    """Districts without a common province: the whole is their sum, under a plain name."""
    import evalkit as ek

    data = ek.load(demo_project, periods=["2024", "2025"])
    measures = data.measures.loc[data.measures["level"] == "district"].assign(
        area=lambda f: f["area"].str.rpartition("/")[2]
    )
    rows = data.indicators.loc[data.indicators["level"] == "district"].assign(
        area=lambda f: f["area"].str.rpartition("/")[2]
    )
    expected = scope.facts(data, "2025", "2024")
    apart = dataclasses.replace(data)
    apart.__dict__.update(measures=measures, indicators=rows)
    got = scope.facts(apart, "2025", "2024")
    assert got.area == "全部地区" and got.now["units"] == expected.now["units"]
    assert math.isclose(got.rows["org_coverage"]["value"], expected.rows["org_coverage"]["value"])
    assert math.isclose(got.change("org_coverage"), expected.change("org_coverage"), abs_tol=1e-12)
