"""What the sentences and tables say of better and worse, of order, of money, of the baseline, and who is named."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from report_probe import told as probe

import evalkit as ek
from evalkit.codebook import load_codebook
from evalkit.indicators.compare import VERDICTS, compare
from evalkit.reports import annual, findings, prose, scope, tables
from evalkit.reports.appendix import SECTIONS
from evalkit.reports.report import _baseline
from evalkit.reports.sentences import Facts, tell
from evalkit.reports.words import (
    baseline_words,
    cut_off,
    large,
    money_size,
    now_words,
    period_words,
    with_something,
)

BOOK = load_codebook()
NAMES = "甲乙丙丁戊己庚辛"


def row(
    code: str, value: float, denominator: float = 500.0, target: float = math.nan, **more
) -> dict:
    one = BOOK.indicators[code]
    same = ("name", "kind", "better", "scale", "unit", "decimals", "base", "dimension")
    about = {key: getattr(one, key) for key in same} | {"short_name": one.short_name or one.name}
    ends = dict.fromkeys(("low", "high", "ci_low", "ci_high"), value)
    return (
        about
        | ends
        | {
            "indicator": code,
            "value": value,
            "numerator": value * denominator,
            "denominator": denominator,
            "target": target,
            "target_name": "",
            "is_demo": False,
            "method": "",
            **more,
        }
    )


def frame(values, code="org_coverage", previous=None, baseline="2024", **more) -> pd.DataFrame:
    """Districts 甲区, 乙区 ... of 某市 with the values of an indicator in 2025 and at the baseline."""
    rows = []
    for period, some in ((baseline, previous), ("2025", values)):
        for n, value in enumerate(some or []):
            name = f"{NAMES[n]}区"
            place = {
                "area": f"某市/{name}",
                "area_name": name,
                "level": "district",
                "sort_order": n,
            }
            rows.append(row(code, value, period=period, peer_group=None, **place, **more))
    return pd.DataFrame(rows)


def told(values, code="org_coverage", ranking="full", baseline="2024", **more) -> str:
    return prose.comparison(
        frame(values, code, baseline=baseline, **more), code, "2025", baseline, ranking
    ).content["text"]


# better and worse by the direction of the indicator


def test_worse_where_low_is_better_is_a_higher_value():
    """空转率: the areas with the higher rate are worse, and nobody is said to be 低于."""
    text = told([0.02, 0.05, 0.20, 0.21], "empty_form_rate")
    assert "2个区县优于合计水平，2个差于合计水平" in text and "低于" not in text
    assert text.index("居前的是甲区（2.0%）") < text.index("靠后的是丙区（20.0%）、丁区（21.0%）")
    bands = told([0.02, 0.05, 0.20, 0.21], "empty_form_rate", ranking="bands")
    assert "差于合计水平（丙区、丁区）" in bands
    assert VERDICTS["worse"] == "差于" and VERDICTS["better"] == "优于"


@pytest.mark.parametrize(
    "code", ["joint_member_share", "subsidy_arrival"]
)  # better: none, better: near
def test_without_a_direction_nothing_is_judged_and_nobody_is_first(code):
    values = [0.1, 0.5, 0.9, 0.4]
    seen = compare(frame(values, code, [0.2] * 4, target=1.0), "2025", against="2024")
    assert set(seen["verdict"]) == {"none"} and seen["rank"].isna().all()
    text = told(values, code)
    assert "最高与最低相差80.0个百分点" in text
    for word in ("优于", "差于", "居前", "靠后", "第一"):
        assert word not in text


# one rule and one set of 变好 and 变差


@pytest.mark.parametrize(
    ("code", "before", "now", "target", "expected"),
    [
        ("org_coverage", 0.80, 0.81, math.nan, "better"),
        ("org_coverage", 0.80, 0.79, math.nan, "worse"),
        ("org_coverage", 0.80, 0.8004, math.nan, "same"),
        ("org_coverage", 0.80, 0.8005, math.nan, "better"),
        ("empty_form_rate", 0.05, 0.08, math.nan, "worse"),
        ("empty_form_rate", 0.08, 0.05, math.nan, "better"),
        ("dues_return_rate", 1.10, 1.20, 1.0, "worse"),
        ("dues_return_rate", 0.90, 0.95, 1.0, "better"),
        (
            "dues_return_rate",
            0.90,
            1.10,
            1.0,
            "same",
        ),  # as far from the reference as before, on its other side
        ("dues_return_rate", 0.90, 0.95, math.nan, "none"),
        ("joint_member_share", 0.1, 0.9, math.nan, "none"),
        ("org_coverage", math.nan, 0.9, math.nan, "none"),
    ],
)
def test_the_course_of_an_indicator(code, before, now, target, expected):
    seen = compare(frame([now, 0.5], code, [before, 0.5], target=target), "2025", against="2024")
    assert seen["course"].iloc[0] == expected and bool(seen["falling"].iloc[0]) == (
        expected == "worse"
    )


def test_summary_chapter_profile_and_comparison_agree_on_what_became_worse(monkeypatch):
    """The same rows told of the whole and of one area; what is no main indicator (整转率) counts nowhere."""
    now = {
        "org_coverage": 0.80,
        "empty_form_rate": 0.09,
        "dues_return_rate": 0.7,
        "theme_day_rate": 0.9,
        "rectification_rate": 0.5,
    }
    old = {
        "org_coverage": 0.90,
        "empty_form_rate": 0.05,
        "dues_return_rate": 0.9,
        "theme_day_rate": 0.8,
        "rectification_rate": 0.9,
    }
    mine = pd.concat([frame([v, v], code, [old[code]] * 2, target=1.0) for code, v in now.items()])
    rows = {
        r["indicator"]: r
        for r in mine.loc[(mine["period"] == "2025") & (mine["area"] == "某市/甲区")].to_dict(
            "records"
        )
    }
    known = Facts("甲区", "2025", BOOK, {}, {}, rows, old, "2024")
    monkeypatch.setattr(scope, "facts", lambda *a: known)
    data = type(
        "D", (), {"codebook": BOOK, "indicators": mine, "find_area": lambda self, a: "某市/甲区"}
    )()
    worse = ["空转率", "党费返还率", "组织覆盖率"]
    tally = prose.tally(data, "2025", "2024").content["text"]
    assert "与上年可比的4项主要指标中，变好的1项，变差的3项（" in tally and all(
        w in tally for w in worse
    )
    summary = prose.declines(data, "2025", "2024")
    assert "变差较多（比率1个百分点以上，其他5%以上）的主要指标有3项" in summary and all(
        w in summary for w in worse
    )
    profile = prose.standing(data, "某市/甲区", "2025", "2024").content["text"]
    assert profile.endswith("比上年变差的有组织覆盖率、空转率、党费返还率。") or all(
        w in profile for w in worse
    )
    assert "整转率" not in tally + summary + profile and "主题党日" not in profile


def test_a_worsening_on_a_small_base_is_left_out_and_that_is_said(monkeypatch):
    known = Facts(
        "甲区",
        "2025",
        BOOK,
        {},
        {},
        {"org_coverage": row("org_coverage", 0.5, 12.0)},
        {"org_coverage": 0.9},
        "2024",
    )
    monkeypatch.setattr(scope, "facts", lambda *a: known)
    data = type("D", (), {"codebook": BOOK})()
    assert prose.declines(data, "2025", "2024") == ""
    assert (
        prose.no_declines(data, "2025", "2024")
        == "没有比上年变差较多（比率1个百分点以上，其他5%以上，基数小的不计）的主要指标"
    )


def test_the_main_indicators_are_those_of_the_projects_codebook(demo_project, monkeypatch):
    data = ek.load(demo_project, periods=["2024", "2025"])
    one = data.codebook.indicators["org_coverage"].model_copy(update={"headline": False})
    indicators = {**data.codebook.indicators, "org_coverage": one}
    book = data.codebook.model_copy(update={"indicators": indicators})
    monkeypatch.setattr(type(data), "codebook", property(lambda self: book))
    areas = annual.areas_of(data, "2025")
    codes = tables.main_codes(annual.rows_of(data, areas, "district"))
    assert "org_coverage" not in codes and "work_coverage" in codes


# no order of equals, ties together, two and one


def overview(rows: pd.DataFrame, ranking: str = "full", against: str | None = None) -> list[dict]:
    made = ek.tables.overview(
        rows, "2025", against=against, ranking=ranking, only=list(rows["indicator"].unique())
    )
    return [b["content"] for b in made.content["blocks"]]


def test_all_equal_has_no_best_no_place_and_no_gap():
    rows = frame([0.9999, 1.0, 0.9996], "work_coverage")  # all printed 100.0
    seen = compare(rows, "2025")
    assert seen["rank"].isna().all() and not seen["tied"].any()
    text = told([0.9999, 1.0, 0.9996], "work_coverage")
    assert text == "工作覆盖率合计100.0%。3个区县数值相同。"
    whole, family = overview(rows)
    keys = [c["label"] if isinstance(c, dict) else c for c in whole["columns"]]
    assert whole["rows"][0][keys.index("最好区县")] == "各区县相同" and "靠后区县" not in keys
    assert [line[3] for line in family["rows"]] == ["—"] * 3
    assert [line[3] for line in overview(rows, "bands")[1]["rows"]] == ["—"] * 3


def test_ties_share_a_place_as_they_are_printed():
    rows = frame([0.9004, 0.8996, 0.70, 0.60, 0.5996])  # 90.0 twice, 60.0 twice
    seen = compare(rows, "2025").sort_values("sort_order")
    assert seen["rank"].tolist() == [1, 1, 3, 4, 4] and seen["tied"].tolist() == [
        True,
        True,
        False,
        True,
        True,
    ]
    whole, family = overview(rows)
    assert list(whole["rows"][0][-2:]) == ["甲区、乙区并列 90.0", "丁区、戊区并列 60.0"]
    assert "印出数值相同的，位次并列。" in family["notes"]
    text = told([0.9004, 0.8996, 0.70, 0.60, 0.5996])
    assert (
        "居前的是甲区（90.0%）、乙区（90.0%）（数值相同的并列），靠后的是丁区（60.0%）、戊区（60.0%）（数值相同的并列）"
        in text
    )
    mine = rows.loc[rows["area_name"] == "甲区"]
    assert ek.tables.profile(mine, seen).content["rows"][0][-1] == "并列1/5"


def test_of_two_areas_none_is_in_the_middle():
    bands = overview(frame([0.9, 0.5]), "bands")[1]["rows"]
    assert [line[3] for line in bands] == ["前", "后"]
    assert [line[3] for line in overview(frame([0.9, 0.5, 0.7]), "bands")[1]["rows"]] == [
        "前",
        "后",
        "中",
    ]


def test_one_area_is_compared_with_nobody():
    rows = frame([0.9], previous=[0.8])
    assert compare(rows, "2025")["rank"].isna().all()
    group = annual.comparisons(rows, "2025", "2024")
    assert group.content["text"] == "本期只有甲区一个区县有数，不作区县之间的比较。"
    assert annual.falling_words(rows, "2025", "2024").plain() == ""
    keys = [c["label"] if isinstance(c, dict) else c for c in overview(rows)[0]["columns"]]
    assert "最好区县" not in keys and "靠后区县" not in keys
    assert (
        "最高"
        not in ek.charts.bars(rows.loc[rows["period"] == "2025"], "org_coverage").content["alt"]
    )


def test_in_a_public_version_nobody_is_the_only_one_with_numbers():
    """What is hidden is not missing."""
    rows = frame([0.9, 0.8])
    rows = rows.assign(hidden=rows["area_name"] == "乙区")
    rows.loc[rows["hidden"], "value"] = float("nan")
    text = annual.comparisons(rows, "2025").content["text"]
    assert text == "区县之间的比较：数字按公开规则从略。"
    text = prose.comparison(rows, "org_coverage", "2025").content["text"]
    assert text == "组织覆盖率：数字按公开规则从略。"


def test_a_picture_of_equals_has_no_highest():
    alt = ek.charts.bars(frame([1.0, 1.0, 0.9999], "work_coverage"), "work_coverage").content["alt"]
    assert "均为100.0%" in alt and "最高" not in alt
    alt = ek.charts.bars(frame([0.9, 0.9, 0.5]), "org_coverage").content["alt"]
    assert "最高甲区、乙区90.0%，最低丙区50.0%" in alt


def test_scores_of_equals_and_of_one_area_have_no_place(demo_project):
    data = ek.load(demo_project, periods=["2025"])
    now = data.indicators.loc[data.indicators["level"] == "district"]
    one = now.loc[now["area"] == now["area"].iloc[0]]
    name = str(one["area_name"].iloc[0])
    twins = pd.concat([one, one.assign(area=one["area"] + "二", area_name=one["area_name"] + "二")])
    for rows in (one, twins):
        scores = ek.score(rows, codebook=data.codebook)
        assert not scores.ordered and "位" not in scores.lost(name).content["items"][0]
        made = annual.scored(rows, "annual", "full", data.codebook).content
        assert "rank" not in [c.get("key") for c in made["columns"] if isinstance(c, dict)]
    assert "各区县得分相同，不排位次。" in made["notes"]
    assert ek.score(one, codebook=data.codebook).explain(name).content["items"] == (
        f"只有{name}一个地区有得分，不与其他地区比较",
    )
    assert "，第" in ek.score(now, codebook=data.codebook).lost(name).content["items"][0]


# money


@pytest.mark.parametrize(
    ("amounts", "size"),
    [
        ([960_600, 15_840], "万"),
        ([123_000_000, 34_560_000], "亿"),
        ([812, 90], ""),
        ([9_999.6], ""),
        ([960_600, 812], "万"),
        ([960_600, 40], ""),  # 40 yuan would be printed 0.00万元
        ([1_230_000_000, 4_000], "万"),
        ([1_230_000_000, 40], ""),
        ([1_230_000_000, 40_000], "万"),
        ([0, None, math.nan], ""),
        ([-20_000], "万"),
    ],
)
def test_the_unit_of_a_sentence(amounts, size):
    assert money_size(amounts)[1] == size


def test_a_sentence_tells_all_its_money_in_one_unit():
    funds = """
- 全年党建经费{{ amount("funds") }}
  {{ moved("funds", growth=true) }}
  {{ each(["funds_fiscal", "funds_enterprise"], of="funds", lead="；其中") }}
"""
    now, before = (
        {"funds": 123e6, "funds_fiscal": 122.1e6, "funds_enterprise": 900_000},
        {"funds": 122e6},
    )
    text = probe(funds, Facts("甲区", "2025", BOOK, now, before, {}, {}, "2024"))
    assert text == (
        "全年党建经费1.23亿元，比上年增加0.01亿元、增长0.8%；其中财政投入1.22亿元（占99.3%）、企业配套0.01亿元（占0.7%）。"
    )
    small = probe(
        funds,
        Facts(
            "甲区",
            "2025",
            BOOK,
            {"funds": 20_000, "funds_fiscal": 19_970, "funds_enterprise": 30},
            {},
            {},
            {},
        ),
    )
    assert (
        small == "全年党建经费20,000元；其中财政投入19,970元（占99.9%）、企业配套30元（占0.2%）。"
    )


UNIT = re.compile(r"[\d,.]+(亿元|万元|元)")


def _section(name, data, area):
    if name == "summary":
        return prose.summary(data, "2025", "2024", area)
    return prose.section(name, data, "2025", "2024", area)


def test_no_sentence_of_the_report_has_two_units_of_money(demo_project):
    data = ek.load(demo_project, periods=["2024", "2025"])
    for area in (None, *annual.areas_of(data, "2025")):
        for name in SECTIONS:
            block = _section(name, data, area)
            texts = (
                block.content["blocks"] if block.kind == "group" else [{"content": block.content}]
            )
            for sentence in "".join(b["content"]["text"] for b in texts).split("。"):
                assert len(set(UNIT.findall(sentence))) <= 1, sentence
        found = findings.found_problems(data, "2025", "2024", area)
        for line in findings.advice(found).plain().splitlines():
            assert len(set(UNIT.findall(line))) <= 1, line


# the baseline by its name


@pytest.mark.parametrize(
    ("period", "baseline", "expected"),
    [
        ("2025", "2024", "上年"),
        ("2025", "2022", "2022年"),
        ("2025", 2024, "上年"),
        ("2025", None, "上年"),
        ("2025Q3", "2025Q2", "上季度"),
        ("2025Q1", "2024Q4", "上季度"),
        ("2025Q3", "2024Q3", "上年同期"),
        ("2025Q3", "2023Q3", "2023年第三季度"),
        ("2025-07", "2025-06", "上月"),
        ("2025-01", "2024-12", "上月"),
        ("2025-07", "2024-07", "上年同期"),
        ("2025Q3", "2024", "2024年"),
    ],
)
def test_what_the_baseline_is_called(period, baseline, expected):
    assert baseline_words(period, baseline) == expected


def test_periods_in_words():
    assert [period_words(p) for p in ("2025", "2025Q2", "2025-07")] == [
        "2025年",
        "2025年第二季度",
        "2025年7月",
    ]
    assert [cut_off(p) for p in (2025, "2025Q2", "2024-02")] == [
        "2025年12月31日",
        "2025年6月30日",
        "2024年2月29日",
    ]
    assert [now_words(p) for p in ("2025", "2025Q2", "2025-07")] == ["本年", "本季度", "本月"]


LAST_YEAR = re.compile("上年|去年|同比|上一年")


@pytest.fixture
def gap(demo_project):
    """The demonstration with 2024 called 2022: 2025 is compared with three years before."""
    data = ek.load(demo_project, periods=["2024", "2025"])
    older = {
        name: getattr(data, name).assign(period=lambda f: f["period"].replace("2024", "2022"))
        for name in ("measures", "indicators")
    }
    data.__dict__.update(older, periods=("2022", "2025"), _facts={})
    return data


def test_nothing_says_last_year_of_another_baseline(gap):
    """Sentences, headings, columns and notes of every block that compares; what the ledgers call 上年 (星级, 党员) stays."""
    areas = annual.areas_of(gap, "2025")
    rows = annual.rows_of(gap, areas, "district")
    path = areas[0]
    mine = rows.loc[(rows["area"] == path) & (rows["period"] == "2025")]
    found = findings.found_problems(gap, "2025", "2022")
    blocks = [
        prose.summary(gap, "2025", "2022", None, rows),
        prose.overview(gap, "2025", "2022"),
        prose.coverage(gap, "2025", "2022"),
        prose.instructors(gap, "2025", "2022"),
        prose.activities(gap, "2025", "2022"),
        prose.tally(gap, "2025", "2022"),
        prose.standing(gap, path, "2025", "2022"),
        annual.basis(gap, "2025", "2022", areas),
        annual.comparisons(rows, "2025", "2022"),
        annual.worse_words(gap, "2025", "2022", rows),
        annual.falling_words(rows, "2025", "2022"),
        findings.problem_words(found),
        findings.problem_table(found, gap, "2025"),
        annual.funds_table(gap, "2025", "2022"),
        tables.overview(rows, "2025", against="2022"),
        tables.falling(compare(rows, "2025", against="2022")),
        tables.profile(
            mine,
            compare(rows, "2025", to="peers", against="2022"),
            only=["org_coverage", "instructor_load"],
        ),
    ]
    for block in blocks:
        text = str(block.content)
        assert not LAST_YEAR.search(text), text[max(0, LAST_YEAR.search(text).start() - 60) :][:160]
        assert "2022年" in text or block.plain() == ""
    heads = annual.targets(gap, "2025", "2022", "district").content["columns"]
    assert "较2022年" in [c["label"] for c in heads if isinstance(c, dict)]


def test_last_year_is_called_last_year(demo_project):
    data = ek.load(demo_project, periods=["2024", "2025"])
    assert "比上年" in prose.overview(data, "2025", "2024").plain()
    found = findings.found_problems(data, "2025", "2024")
    assert "上年" in [
        c["label"]
        for c in findings.problem_table(found, data, "2025").content["columns"]
        if isinstance(c, dict)
    ]


def test_the_baseline_is_chosen_or_the_last_one_of_the_same_kind():
    data = type("D", (), {"periods": ("2022", "2024", "2025", "2025Q1", "2025Q2")})()
    assert _baseline(data, "2025", None) == "2024" and _baseline(data, "2025", "2022") == "2022"
    assert _baseline(data, "2025Q2", None) == "2025Q1" and _baseline(data, "2025Q1", None) is None
    assert _baseline(data, "2022", None) is None
    with pytest.raises(ek.InputError) as error:
        _baseline(data, "2025", "2023")
    assert "2022、2024" in str(error.value)


# who is named in 下步建议


def problem(*shares, unit="家", key="due") -> findings.Found:
    made = tuple(findings.Share(*one) for one in shares)
    return findings.Found(
        key, "应建未建单位", unit, sum(s.n for s in made), None, len(made), "区县", "上年", made
    )


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        # the largest number and the highest rate are two different areas
        (
            [("甲区", 30, 600), ("乙区", 8, 40), ("丙区", 1, 90)],
            "。数量最多的是甲区（30家）；应建未建比例最高的是乙区（20.0%）",
        ),
        (
            [("甲区", 30, 600), ("乙区", 30, 400), ("丙区", 1, 90)],
            "。数量最多的是甲区、乙区（并列，均为30家）；应建未建比例最高的是乙区（7.5%）",
        ),
        ([("甲区", 6, 60), ("乙区", 6, 60), ("丙区", 6, 60)], ""),  # all equal: nobody
        ([("甲区", 6, 60)], ""),  # one area: nobody
        (
            [("甲区", 6, None), ("乙区", 2, None)],
            "。数量最多的是甲区（6家）",
        ),  # bases too small for a rate
        (
            [("甲区", 0, 60), ("乙区", 0, 60), ("丙区", 2, 60)],
            "。全部在丙区；应建未建比例最高的是丙区（3.3%）",
        ),
    ],
)
def test_areas_are_named_by_number_and_by_rate(shares, expected):
    item = findings.advice([problem(*shares)]).content["items"][0]
    assert item.endswith(f"成熟一个组建一个{expected}。"), item


def test_of_many_areas_the_first_three_are_named_and_a_tie_of_many_names_nobody():
    shares = [(f"{n}{m}区", 9 - i, 200 + 90 * i) for i, n in enumerate(NAMES) for m in "一二"]
    item = findings.advice([problem(*shares)]).content["items"][0]
    assert (
        "数量最多的是甲一区、甲二区（并列，均为9家）" in item
    )  # the third place is shared by two: neither is named
    assert "应建未建比例最高的是甲一区、甲二区（并列，均为4.5%）" in item
    apart = [(f"{n}区", 20 - i, 500) for i, n in enumerate(NAMES + "壬癸子丑")]
    item = findings.advice([problem(*apart)]).content["items"][0]
    assert "数量最多的依次是甲区（20家）、乙区（19家）、丙区（18家）；" in item
    same = [(f"{n}区", 3, 100) for n in NAMES] + [("壬区", 1, 100)]
    assert findings.advice([problem(*same)]).content["items"][0].endswith("成熟一个组建一个。")


def test_hidden_numbers_name_nobody(demo_project):
    data = ek.load(demo_project, periods=["2024", "2025"])
    open_ = findings.found_problems(data, "2025", "2024")
    assert any(one.most for one in open_) and any(one.worst for one in open_)
    data.__dict__["measures"] = data.measures.assign(hidden=True)
    data.__dict__["_facts"] = {}
    assert not any(one.shares for one in findings.found_problems(data, "2025", "2024"))


def test_the_named_are_those_of_the_ledgers(demo_project):
    """Recomputed from the stored measures: most 应建未建, and the highest share of the units that ought to have one."""
    data = ek.load(demo_project, periods=["2024", "2025"])
    here = data.measures.loc[
        (data.measures["period"] == "2025") & (data.measures["level"] == "district")
    ]
    wide = here.pivot(index="area", columns="measure", values="value")
    due = next(one for one in findings.found_problems(data, "2025", "2024") if one.key == "due")
    most = wide["units_due_unfounded"].max()
    assert {s.area for s in due.most if s.n == most} == {
        a.rpartition("/")[2] for a in wide.index[wide["units_due_unfounded"] == most]
    }
    rate = (wide["units_due_unfounded"] / wide["units_due"]).where(wide["units_due"] >= 30)
    if rate.notna().sum() > 1:
        assert due.worst[0].area == str(rate.idxmax()).rpartition("/")[2]


# what is not there


def test_problems_and_advice_of_nothing_that_could_be_counted():
    assert findings.problem_words([]).content["text"] == "台账里没有可用来查找问题的数字。"
    assert findings.advice([]).content["text"] == "台账里没有可据以提出建议的数字。"


def test_zeros_that_nobody_asks_for_are_not_told():
    known = {
        "units": 5.0,
        "units_self_employed": 0.0,
        "party_orgs": 3.0,
        "branches": 3.0,
        "orgs_new": 0.0,
    }
    text = tell(
        "overview",
        Facts("甲区", "2025", BOOK, known, {}, {}, {}),
    ).text
    assert "个体工商户" not in text and "新建" not in text
    assert "建立党组织3个；全部为党支部。" in text
    more = tell(
        "overview",
        Facts("甲区", "2025", BOOK, known | {"units_self_employed": 2.0}, {}, {}, {}),
    ).text
    assert "；另有个体工商户2家，单列不计" in more


def test_columns_without_anything_are_left_out():
    columns = ["问题", {"key": "before", "label": "上年"}, {"key": "change", "label": "增减"}]
    assert with_something(columns, [["甲", None, {"t": "—"}]], ("before", "change")) == (
        ["问题"],
        [["甲"]],
    )
    assert with_something(columns, [["甲", 1, {"t": "—"}]], ("before", "change"))[0] == columns[:2]


def test_large_takes_the_unit_of_its_sentence():
    assert large(5_160, "元", (1e4, "万")) == "0.52万元" and large(5_160, "元") == "5,160元"
    assert large(5_160, "家", (1e4, "万")) == "5,160家"
