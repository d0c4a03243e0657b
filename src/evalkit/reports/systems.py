"""``docs/systems.md``: every system of the field with its form, measure, indicator, place in the report and a number.

``python -m evalkit.reports.systems > docs/systems.md`` in a project with the quick demonstration writes it; the systems
stand in ``systems.yml``, all else follows from the codebook and the data.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.codebook import Codebook, Indicator, Measure, read_yaml
from evalkit.indicators.load import Data, load
from evalkit.reports.sentences import Facts, facts, spoken
from evalkit.world.number import fixed

DECLARED = Path(__file__).with_name("systems.yml")
WORK_REPORT = "work_report"
FORM_OF = {
    "units": "units",
    "party_orgs": "party_orgs",
    "funds": "funds",
    "activities": "activities",
    "instructor_counts": "instructors",
}
PLACES = ("主要指标一览表和正文", "附录：重点指标完成情况统计表", "附录：其他工作指标统计表")
HEAD = """\
# 各项工作对照表

本文由码本生成（`python -m evalkit.reports.systems > docs/systems.md`），请勿手改。每一行是一项工作：用什么话报、填在哪张表、\
成为哪个计量和指标、在报告的哪里、演示数据（6区，2025年，均为虚构）里是多少。工作报表里的名称写左边这些话都认得。
"""


def systems() -> dict[str, dict[str, Any]]:
    """The declared systems by group."""
    return {str(code): group for code, group in read_yaml(DECLARED).items()}


def indicators_of(codebook: Codebook, system: dict[str, Any]) -> list[Indicator]:
    """The indicators that a system names, else those whose numerator is a measure of it."""
    if named := system.get("indicators"):
        return [codebook.indicators[code] for code in named]
    return [one for one in codebook.indicators.values() if one.numerator in system["measures"]]


def place_of(indicator: Indicator, local: bool) -> str:
    """Where in the report an indicator stands; `local`: its reference is the rule of one place."""
    if indicator.headline:
        return PLACES[0]
    return PLACES[1] if indicator.target and not local else PLACES[2]


def markdown(data: Data, period: str) -> str:
    """The page, from a project with the demonstration."""
    book, known = data.codebook, facts(data, period)
    lines = [HEAD]
    for group in systems().values():
        lines += [f"## {group['name']}", ""]
        lines += [
            "| 说法 | 填在 | 计量（演示数） | 指标（演示数） | 在报告中 |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(book, known, one) for one in group["systems"]]
        lines.append("")
    return "\n".join(lines)


def _row(book: Codebook, known: Facts, system: dict[str, Any]) -> str:
    if reason := system.get("reason"):
        return f"| {system['words']} | — | — | — | {reason} |"
    measures = {code: book.measures[code] for code in system["measures"]}
    forms = dict.fromkeys(_form(book, one) for one in measures.values())
    numbers = [f"{one.name} {_number(known, code, one)}" for code, one in measures.items()]
    indicators = indicators_of(book, system)
    shown = [f"{one.name} {_shown(known, one)}" for one in indicators]
    places = dict.fromkeys(place_of(one, _is_local(book, one)) for one in indicators)
    where = "；".join(places) or PLACES[2]
    note = f"（{system['note']}）" if "note" in system else ""
    made = "；".join(shown) or "只有合计，不成指标"
    return f"| {system['words']} | {'、'.join(forms)} | {'；'.join(numbers)}{note} | {made} | {where} |"


def _form(book: Codebook, measure: Measure) -> str:
    form = FORM_OF[measure.view] if measure.view else WORK_REPORT
    return str(book.headings["forms"][form]["name"])


def _is_local(book: Codebook, indicator: Indicator) -> bool:
    return bool(indicator.target and book.references[indicator.target].local)


def _number(known: Facts, code: str, measure: Measure) -> str:
    value = known.now.get(code)
    if value is None or pd.isna(value):
        return "（演示数据未填）"
    return f"{fixed(value, 0 if float(value).is_integer() else 2, grouped=True)}{measure.unit}"


def _shown(known: Facts, indicator: Indicator) -> str:
    row = known.rows.get(indicator.code)
    if row is None or pd.isna(row["value"]):
        return "（演示数据未填）"
    return spoken(row)


def main() -> None:
    """Print the page of the project in which it runs."""
    sys.stdout.write(markdown(load(), "2025"))


if __name__ == "__main__":
    main()
