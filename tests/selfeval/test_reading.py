"""What a form may say; every fault at once, in Chinese, at its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from evalkit.codebook import load_codebook
from evalkit.problems import InputError
from evalkit.reports.selfeval_filling import EXAMPLE
from evalkit.selfeval import Form, read_form

BOOK = load_codebook()
HEAD = "project: 甲\nyear: 2025\nfunds: {fiscal: {start: 1, year: 1, spent: 1}}\nindicators:\n"
REST = "  - {kind: 满意度, name: 其余, target: 满意, grade: 达成, points: 80}\n"


def read(folder: Path, text: str) -> Form:
    path = folder / "甲.yml"
    path.write_text(text, encoding="utf-8")
    return read_form(path, BOOK)


def said(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as error:
        read(folder, text)
    return "\n".join(problem.text() for problem in error.value.problems)


def test_the_example_is_a_form_and_its_points_are_the_usual_ones() -> None:
    form = read_form(EXAMPLE, BOOK)
    by_first: dict[str, Decimal] = {}
    for item in form.items:
        by_first[item.first] = by_first.get(item.first, Decimal(0)) + item.points
    assert (form.points, by_first) == (10, {"产出指标": 50, "效益指标": 30, "满意度指标": 10})


def test_what_a_form_says(tmp_path: Path) -> None:
    lines = """\
  - {kind: 社会效益, name: 乙, target: 明显, grade: 部分达成年度指标并具有一定效果, percent: 75%, points: 5}
  - {kind: 数量, name: 甲, target: 不低于 60个, actual: 55, unit: 个, points: 3, over: 50, reason: }
  - {kind: 质量指标, name: 丙, target: 85, indicator: 组织覆盖率, points: 2}
areas:
  新泽区: {indicators: {甲: {target: 20, actual: 21}, 乙: {grade: 未达成, percent: 0}}}
"""
    form = read(tmp_path, HEAD + REST + lines)
    one, rate, effect, rest = form.items  # in the order of the form as issued
    assert (one.first, one.second, one.said.aim.text) == ("产出指标", "数量指标", "≥60个")
    assert (one.over, one.said.actual, one.said.reason) == (50, 55, "")
    assert (rate.unit, rate.said.aim.text, rate.stored.code) == ("%", "≥85%", "org_coverage")
    assert (effect.said.grade, effect.said.percent) == ("部分达成", 75)
    assert (rest.second, rest.said.percent) == ("服务对象满意度指标", 100)
    mine = form.areas["新泽区"].said
    assert (mine["甲"].aim.value, mine["乙"].percent) == (20, 0)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("kind: 数两指标, name: 甲, target: 1, actual: 1, points: 10", "是否想写“数量指标”"),
        ("kind: 数量, name: 甲, target: 1, actual: 1, pionts: 10", "是否想写“points”"),
        ("kind: 数量, name: 甲, target: 1, actual: 很多, points: 10", "数，如 92"),
        ("kind: 数量, name: 甲, target: 1, actual: 1, measure: 党员, points: 10", "只写一个"),
        ("kind: 数量, name: 甲, target: ≥0.9, actual: 92, unit: '%', points: 10", "90；若真是0.9%"),
        (
            "kind: 数量, name: 甲, target: 90%, actual: 0.92, unit: '%', points: 10",
            "92；若真是0.92%",
        ),
        ("kind: 数量, name: 甲, target: ≥5个, actual: 9, unit: 家, points: 10", "单位与 unit 一致"),
        ("kind: 数量, name: 甲, target: 9, indicator: 组织复盖率, points: 10", "组织覆盖率"),
        ("kind: 数量, name: 甲, goal: 组织覆盖率, points: 10", "goals.yml"),
        ("kind: 数量, name: 甲, target: 明显, measure: 党员, points: 10", "定性指标不取计数"),
        ("kind: 数量, name: 甲, target: 明显, grade: 部分达成, points: 10", "percent：部分达成"),
        (
            "kind: 数量, name: 甲, target: 明显, grade: 部分达成, percent: 80, points: 10",
            "60%至80%",
        ),
        ("kind: 数量, name: 甲, target: 明显, grade: 还行, percent: 80, points: 10", "未达成"),
        ("kind: 数量, name: 甲, target: 5, actual: 5, percent: 80, points: 10", "grade"),
        ("kind: 数量, name: 甲, target: 5, actual: 5, score: 11, points: 10", "分值10"),
        ("kind: 数量, name: 其余, target: 5, actual: 5, points: 10", "名称不重复"),
        ("kind: 数量, name: 甲, target: {measure: 党圆, is: ≥}, actual: 5, points: 10", "党员"),
    ],
)
def test_what_a_form_may_not_say(tmp_path: Path, line: str, told: str) -> None:
    text = said(tmp_path, f"{HEAD}  - {{{line}}}\n{REST}areas: {{新泽区: {{fund: 3}}}}\n")
    assert told in text and "甲.yml" in text
    assert "第5行" in text or "第6行" in text
    assert "fund" in text and "第7行" in text  # the fault further down comes at once


def test_points_that_are_not_a_hundred_are_one_message_at_the_indicators(tmp_path: Path) -> None:
    text = said(tmp_path, HEAD + REST)
    assert text.count("[错误]") == 1 and "indicators（第4行）" in text
    assert "合计90（预算执行率10、满意度指标80）" in text and "合计100" in text


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("project: 甲\nyear: 25\n", "年份，如 2025"),
        ("year: 2025\n", "project"),
        ("project: 甲\nyear: 2025\nmoney: 亿元\n", "万元"),
        ("project: 甲\nyear: 2025\nrules: {grades: [60, 80]}\n", "先高后低"),
        ("project: 甲\nyear: 2025\nrules: {lower: linaer}\n", "linear"),
        ("project: 甲\nyear: 2025\nfunds: {fiscal: {spent: {measure: 党员}}}\n", "单位为元的计数"),
        ("project: 甲\nyear: 2025\nfunds: {fiscal: {spent: -3}}\n", "不小于 0"),
    ],
)
def test_the_head_of_a_form(tmp_path: Path, head: str, told: str) -> None:
    lines = REST.replace("80", "90")
    assert told in said(tmp_path, f"{head}indicators:\n{lines}")
