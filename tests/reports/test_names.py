"""A name stays as it is, whatever words of ours or signs of a template it holds: 喀什地区 is no 喀什区县."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from report_probe import told

from evalkit.codebook import load_codebook
from evalkit.indicators import compare
from evalkit.reports import annual, findings, prose, tables
from evalkit.reports.sentences import Facts
from evalkit.reports.voice import Rows

BOOK = load_codebook()
PATHS = (
    (Path(__file__).parents[1] / "data/places/counties.txt")
    .read_text(encoding="utf-8")
    .splitlines()
)
NAMES = sorted({name for path in PATHS if not path.startswith("#") for name in path.split("/")})
ODD = (
    "某地区",
    "甲区县",
    "演示镇",
    "附录街道",
    "预趋势社区",
    "摘要乡",
    "“引号”镇",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{place}",
    "{0}",
    "{# 注 #}",
    "%s镇",
)


def rows(names: tuple[str, ...], indicator: str = "组织覆盖率", level: str = "district") -> Rows:
    """An indicator in the areas, in two years: the first best, the last worst and worse than before."""
    one = BOOK.indicators["org_coverage"]
    about = {
        key: getattr(one, key)
        for key in ("kind", "better", "scale", "unit", "decimals", "base", "dimension")
    }
    found = []
    for period, shift in (("2024", 0.05), ("2025", 0.0)):
        for number, name in enumerate(names):
            value = 0.9 - 0.04 * number + (shift if number else -0.01)
            found.append(
                about
                | {
                    "indicator": one.code,
                    "name": indicator,
                    "short_name": indicator,
                    "area": f"某市/{name}",
                    "area_name": name,
                    "period": period,
                    "level": level,
                    "value": value,
                    "low": value,
                    "high": value,
                    "ci_low": value,
                    "ci_high": value,
                    "numerator": value * 500,
                    "denominator": 500.0,
                    "target": 0.99,
                    "target_name": indicator,
                    "sort_order": number,
                    "peer_group": None,
                    "is_demo": False,
                    "headline": True,
                    "method": "",
                }
            )
    return Rows(pd.DataFrame(found))


def texts(some: Rows, level: str = "district") -> str:
    """Every sentence and title that names areas or the indicator."""
    blocks = [
        prose.comparison(some, "org_coverage", "2025", "2024", "full", level),
        prose.comparison(some, "org_coverage", "2025", "2024", "bands", level),
        annual.comparisons(some, "2025", "2024", level),
        annual.falling_words(some, "2025", "2024", level),
    ]
    return "".join(str(block.content) for block in blocks)


@pytest.mark.parametrize("level", ["city", "district", "township"])
def test_no_name_of_an_area_is_rewritten(level: str) -> None:
    assert len(NAMES) > 2_800 and "喀什地区" in NAMES
    odd = [*ODD, *(name for name in NAMES if name.endswith(("地区", "区县", "州", "盟")))]
    for first in range(0, len(odd), 4):
        some = tuple(odd[first : first + 4])
        if len(some) > 1:
            said = texts(rows(some, level=level), level)
            assert all(name in said for name in (some[0], some[-1])), (some, said)


@pytest.mark.parametrize("name", ODD)
def test_no_name_of_an_indicator_is_rewritten(name: str) -> None:
    said = texts(rows(("甲区", "乙区", "丙区", "丁区"), name))
    assert f"'{name}合计" in said or f"{name}合计" in said, said
    table = tables.profile(
        rows(("甲区", "乙区")).query("period == '2025' and area_name == '甲区'").assign(name=name),
        compare(rows(("甲区", "乙区")), "2025", against="2024"),
    )
    assert table.content["rows"][0][0] == name or name in str(table.content["rows"][0][0])


@pytest.mark.parametrize("name", ODD)
def test_the_area_of_a_text_and_of_a_list_stays(name: str) -> None:
    facts = Facts(name, "2025", BOOK, {"units": 5.0}, {}, {}, {})
    assert told('- 截至{{ date }}，{{ area }}有{{ amount("units") }}', facts) == (
        f"截至2025年12月31日，{name}有5家。"
    )
    shares = (findings.Share(name, 5, 50), findings.Share("乙区", 2, 50))
    due = findings.Found("due", name, "家", 7, 9, 2, name, "上年", shares)
    assert f"{name}7家，涉及2个{name}" in findings.problem_words([due]).content["text"]
    assert f"是{name}（5家）" in findings.advice([due], [name]).content["items"][0]
    assert f"先核对{name}所依据" in findings.advice([replace(due, n=0)], [name]).content["items"][0]
