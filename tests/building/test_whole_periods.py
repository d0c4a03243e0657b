"""A year from its quarters, a quarter from its months: hand-made ledgers, the results reckoned by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evalkit.building import build
from evalkit.building.lone import read_ledger
from evalkit.building.whole_periods import tiled
from evalkit.codebook import load_codebook
from evalkit.indicators import load
from evalkit.indicators.evaluate import evaluate
from evalkit.ledgers import Ledger
from evalkit.reports.beside import period_table
from evalkit.world.period import Period

QUARTERS = "一二三四"


def written(path: Path, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def report(folder: Path, when: str, county: str, admitted: object, centres: object) -> None:
    """A typed form: 发展党员 happens, 党群服务中心 stand."""
    written(
        folder / county / f"{when}工作报表.csv",
        f"云州市{county}{when}两新组织党建工作报表,,",
        "指标,数值,单位",
        f"发展党员,{admitted},名",
        f"党群服务中心,{centres},个",
    )


def organisations(folder: Path, when: str, county: str, names: str) -> None:
    units = [f"{county}{name}公司,民营企业,正常,5,0,单独组建,{name}支部" for name in names]
    written(
        folder / county / f"{when}组织台账.csv",
        f"云州市{county}{when}组织台账,,,,,,",
        "单位名称,单位类型,状态,正式党员,预备党员,组建方式,党组织名称",
        *units,
    )


def activities(folder: Path, when: str, county: str, *held: str) -> None:
    written(
        folder / county / f"{when}活动台账.csv",
        f"云州市{county}{when}活动台账,,,,",
        "党组织名称,活动日期,活动类型,应到人数,实到人数",
        *(f"{party_org}支部,{day},主题党日,5,4" for party_org, day in (h.split() for h in held)),
    )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("quarters")
    for n, name in enumerate(QUARTERS, 1):
        when = f"2025年{name}季度"
        report(folder, when, "甲县", n, 3 + n)
        report(folder, f"2024年{name}季度", "甲县", 1, 2)
        if n != 2:
            report(folder, when, "乙县", n, 3 + n)
        report(folder, when, "丙县", n, 3 + n)
        organisations(folder, when, "戊县", "子丑" if n < 4 else "子丑寅")
        if n != 3:  # the third quarter by its months
            report(folder, when, "丁县", n, 3 + n)
    report(folder, "2025年", "丙县", 12, 7)
    for month in (7, 8, 9):
        report(folder, f"2025年{month}月", "丁县", month - 6, month)
    activities(folder, "2025年一季度", "戊县", "子 2025-01-05", "丑 2025-02-05")
    activities(folder, "2025年二季度", "戊县", "子 2025-04-05")
    activities(folder, "2025年三季度", "戊县", "子 2025-07-05")
    activities(folder, "2025年四季度", "戊县", "子 2025-10-05", "寅 2025-11-05")
    report(folder, "2025年前三季度", "己县", 9, 3)
    report(folder, "2025年四季度", "己县", 2, 4)
    return read_ledger(folder)


def value(ledger: Ledger, code: str, county: str, period: str) -> float | None:
    rows = ledger.measures
    assert rows is not None
    mine = rows[(rows["measure"] == code) & (rows["area"] == f"云州市/{county}")]
    found = mine.loc[mine["period"] == period, "value"]
    return None if not len(found) else float(found.iloc[0])


def said(ledger: Ledger, code: str) -> list[str]:
    return [problem.found for problem in ledger.problems if problem.code == code]


def test_what_happens_adds_up_and_what_stands_is_the_last(ledger: Ledger) -> None:
    assert [value(ledger, "admissions", "甲县", f"2025Q{n}") for n in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert value(ledger, "admissions", "甲县", "2025") == 10
    assert value(ledger, "centres", "甲县", "2025") == 7


def test_a_missing_quarter_leaves_no_year_of_what_happens_and_is_said_once(ledger: Ledger) -> None:
    assert value(ledger, "admissions", "乙县", "2025") is None
    assert value(ledger, "centres", "乙县", "2025") == 7
    mine = [text for text in said(ledger, "period_incomplete") if "乙县" in text]
    assert mine == ["乙县2025年工作报表的发生数缺第二季度"]


def test_the_sum_above_names_who_is_missing(ledger: Ledger) -> None:
    rows = ledger.measures
    assert rows is not None
    city = rows[(rows["area"] == "云州市") & (rows["period"] == "2025")].set_index("measure")
    assert city.at["admissions", "value"] == 10 + 12 + 13  # 甲, 丙 as typed, 丁
    assert "云州市/乙县" in city.at["admissions", "absent"]


def test_a_form_of_the_year_wins_and_the_difference_is_asked_once(ledger: Ledger) -> None:
    assert value(ledger, "admissions", "丙县", "2025") == 12
    assert said(ledger, "period_differs") == ["丙县2025年发展党员12名（各期10名）"]


def test_months_make_a_quarter_and_the_quarter_the_year(ledger: Ledger) -> None:
    assert [value(ledger, "admissions", "丁县", f"2025-{m:02d}") for m in (7, 8, 9)] == [1, 2, 3]
    assert value(ledger, "admissions", "丁县", "2025Q3") == 6
    assert value(ledger, "centres", "丁县", "2025Q3") == 9
    assert value(ledger, "admissions", "丁县", "2025") == 1 + 2 + 6 + 4
    assert value(ledger, "centres", "丁县", "2025") == 7


def test_the_year_of_ledgers_is_neither_a_sum_nor_the_last_quarter(ledger: Ledger) -> None:
    assert value(ledger, "units", "戊县", "2025Q3") == 2
    assert value(ledger, "units", "戊县", "2025") == 3
    assert value(ledger, "activities", "戊县", "2025") == 6
    assert value(ledger, "orgs_idle", "戊县", "2025Q4") == 1  # 丑 held nothing then
    assert value(ledger, "orgs_idle", "戊县", "2025") == 0  # but in the first quarter


def test_what_counts_from_the_beginning_of_the_year_is_no_quarter(ledger: Ledger) -> None:
    assert said(ledger, "period_since") == ["写的是“2025年前三季度”，是从年初起的累计数"]
    assert value(ledger, "admissions", "己县", "2025Q4") == 2
    assert value(ledger, "admissions", "己县", "2025") is None


def test_a_year_that_is_not_over_is_not_there(tmp_path: Path) -> None:
    for name in QUARTERS[:3]:
        report(tmp_path, f"2025年{name}季度", "甲县", 1, 2)
    found = read_ledger(tmp_path).measures
    assert found is not None
    assert set(found["period"]) == {"2025Q1", "2025Q2", "2025Q3"}


def test_tiles_name_what_is_missing() -> None:
    def missing(*there: str) -> list[str]:
        parts = frozenset(map(Period.parse, there))
        return [str(part) for part in tiled(Period.parse("2025"), parts).missing]

    assert missing("2025H1", "2025Q3", "2025-10", "2025-11", "2025-12") == []
    assert missing("2025Q1", "2025Q2") == ["2025Q3", "2025Q4"]
    assert missing("2025H1") == ["2025H2"]
    assert missing("2025Q1", "2025-04", "2025-06", "2025H2") == ["2025-05"]


def measures(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["measure", "period", "value"])
    return frame.assign(area="云州市", level="city", low=frame["value"], high=frame["value"])


def test_money_of_a_quarter_has_no_yearly_reference_and_the_base_of_the_year_before() -> None:
    codebook = load_codebook()
    code = "activity_fund_per_member"
    rule = "fuyang_2015"  # 150 yuan a member and year
    chosen = codebook.indicators[code].model_copy(update={"target": rule})
    book = codebook.model_copy(update={"indicators": {code: chosen}})
    given = measures(
        ("activity_funds", "2025Q3", 900.0),
        ("activity_funds", "2025", 4000.0),
        ("members", "2024", 30.0),
        ("members", "2024Q3", 20.0),
    )
    found = evaluate(given, only=[code], codebook=book).set_index("period")
    assert found.at["2025Q3", "value"] == 30  # over the members at the end of 2024
    assert pd.isna(found.at["2025Q3", "target"])
    assert "2025年第三季度的发生数，不折算成全年，不与全年的标准比" in found.at["2025Q3", "method"]
    assert found.at["2025", "target"] == codebook.references[rule].value
    assert "不折算" not in found.at["2025", "method"]


def test_a_build_keeps_the_quarters_of_a_year_together(tmp_path: Path) -> None:
    raw = tmp_path / "data" / "raw" / "云州市"
    for name in QUARTERS[:3]:
        report(raw, f"2025年{name}季度", "甲县", 2, 5)
    assert build(tmp_path, jobs=1).periods == ("2025Q1", "2025Q2", "2025Q3")
    report(raw, "2025年四季度", "甲县", 2, 6)  # comes later: the other three are not read in vain
    assert build(tmp_path, jobs=1).periods[-1] == "2025"
    data = load(tmp_path)
    year = data.measures[data.measures["period"].eq("2025") & data.measures["level"].eq("district")]
    assert dict(zip(year["measure"], year["value"], strict=True)) == {
        "admissions": 8.0,
        "centres": 6.0,
    }
    report(raw, "2025年", "甲县", 9, 6)
    build(tmp_path, jobs=1)
    data = load(tmp_path)
    year = data.measures[data.measures["period"].eq("2025") & data.measures["level"].eq("district")]
    assert year.set_index("measure").at["admissions", "value"] == 9
    asked = data.problems[data.problems["code"] == "period_differs"]
    assert asked["found"].tolist() == ["甲县2025年发展党员9名（各期8名）"]
    assert asked["file"].iloc[0].endswith("2025年工作报表.csv")


def test_a_quarter_stands_beside_the_one_before_and_that_of_last_year(tmp_path: Path) -> None:
    raw = tmp_path / "data" / "raw"
    for when, units, admitted in (
        ("2024年三季度", "子丑", 4),
        ("2025年二季度", "子", 2),
        ("2025年三季度", "子丑寅", 3),
    ):
        for county in ("甲县", "乙县"):
            organisations(raw, when, county, units)
            report(raw, when, county, admitted, 1)
    build(tmp_path, jobs=1)
    data = load(tmp_path, periods=["2025Q2", "2025Q3"])
    assert period_table(data, "2025Q3").kind == "table"
    rows = {row[0]: row[1:] for row in period_table(data, "2025Q3").content["rows"]}
    values = [one["v"] if isinstance(one, dict) else one for one in rows["发展党员（名）"]]
    assert values == [6, 4, pytest.approx(0.5), 8, pytest.approx(-0.25)]
    values = [
        one["v"] if isinstance(one, dict) else one for one in rows["实体运营的法人单位（家）"]
    ]
    assert values == [6, 2, pytest.approx(2), 4, pytest.approx(0.5)]
    assert period_table(data, "2025").kind != "table"  # a year has its own tables


def test_a_quarter_is_told_as_a_quarter() -> None:
    """口径 of a quarter says 本季度 where the codebook says 当年; that of a year stands."""
    rows = [
        {"area": "市/甲县", "period": period, "level": "district", "measure": code, "value": 4.0}
        for period in ("2025", "2025Q3", "2025-07")
        for code in ("attendances", "members", "orgs_rated")
    ]
    base = evaluate(pd.DataFrame(rows), only=["attendance_per_member"]).set_index("period")["base"]
    assert base.to_dict() == {
        "2025": "当年末党员；分子为人次",
        "2025Q3": "本季度末党员；分子为人次",
        "2025-07": "本月末党员；分子为人次",
    }
