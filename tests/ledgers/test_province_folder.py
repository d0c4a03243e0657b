"""Offices of other provinces: every value of their forms right or asked, none silently wrong."""

from __future__ import annotations

from pathlib import Path

import province_folder
import province_folder_more
import pytest
import western_folder
from county_values import compare
from office_writer import xlsx

from evalkit.ledgers import Ledger, read_ledger

RAW = "data/raw/2025/南方省/江北市/云台县"


CASES = province_folder.CASES | province_folder_more.CASES | western_folder.CASES


@pytest.mark.parametrize("name", list(CASES))
def test_every_value_right_or_asked(name: str, tmp_path: Path) -> None:
    made = CASES[name](tmp_path / RAW)
    count = compare(read_ledger(made.path, root=tmp_path / "data/raw"), made.values)
    assert not count.wrong, count.wrong
    may_be_asked = sum(key[0] == "ask" for key in made.values)
    assert len(count.asked) <= may_be_asked, count.asked


def _read(folder: Path, rows: list[list[object]]) -> Ledger:
    path = xlsx(folder / RAW / "表.xlsx", {"表": rows})
    return read_ledger(path, root=folder / "data/raw")


def _asked(ledger: Ledger, code: str) -> list[str]:
    return [f"{p.found} {p.read}" for p in ledger.problems if p.code == code]


def _figures(ledger: Ledger) -> dict[str, float]:
    table = ledger.tables["figures"]
    return dict(zip(table["measure"], table["value"].astype(float), strict=True))


def test_quarters_that_lack_one_or_go_on_counting_are_asked(tmp_path: Path) -> None:
    head = ["指标", "一季度", "二季度", "三季度", "四季度", "合计"]
    lacking = ["发展党员", 3, 5, None, 4, 12]
    growing = ["走访", 10, 25, 37, 52, None]
    stock = ["党群服务中心", 7, 7, 8, None, None]
    differs = ["收集意见", 1, 2, 3, 1, 9]
    ledger = _read(tmp_path, [head, lacking, growing, stock, differs])
    read = {"admissions": 12, "visits": 124, "centres": 8, "opinions": 7}
    assert _figures(ledger) == read
    asked = _asked(ledger, "value_noted")
    assert any("缺三季度" in one for one in asked)
    assert any("只增不减" in one and "124" in one for one in asked)
    assert any("没有四季度的数" in one for one in asked)
    assert _asked(ledger, "total_differs") == ["合计9 各列相加为7"]


def test_quarters_of_money_are_refused_where_nothing_tells_what_they_are(tmp_path: Path) -> None:
    rows = [["党建经费拨付使用情况"], ["党组织名称", "一季度", "二季度", "三季度", "四季度"]]
    ledger = _read(tmp_path, [*rows, ["甲公司党支部", 100, 100, 100, 100]])
    assert not len(ledger.tables["funds"])
    assert _asked(ledger, "sheet_skipped")


def test_totals_of_an_account_are_compared_by_month_and_in_all(tmp_path: Path) -> None:
    rows = [
        ["甲公司党支部经费明细账"],
        ["日期", "科目", "摘要", "收入", "支出", "结余"],
        ["1月5日", "企业配套", "公司拨款", 900, None, 900],
        ["2月3日", "差旅费", "外出学习", None, 200, 700],
        [None, None, "本月合计", 900, 200, 700],
        [None, None, "本年累计", 900, 250, 700],
    ]
    ledger = _read(tmp_path, rows)
    funds = ledger.tables["funds"]
    read = set(zip(funds["flow"], funds["source"].fillna(funds["purpose"]), strict=True))
    assert read == {("income", "enterprise"), ("spending", "other")}
    wrong = _asked(ledger, "total_differs")
    assert wrong == ["合计900 各行相加为0", "合计250 各行相加为200"]
    assert _asked(ledger, "value_noted") == ["科目“差旅费” 按其他计入"]


def test_the_day_of_filling_in_is_no_period(tmp_path: Path) -> None:
    rows = [["工作情况统计表", None], ["填报时间：2026年1月5日", None], ["指标", "数量"]]
    ledger = _read(tmp_path, [*rows, ["走访", 3]])
    assert set(ledger.tables["figures"]["period"]) == {"2025"}
    assert not _asked(ledger, "period_conflict")


def test_full_and_probationary_members_of_an_organisation_add_up(tmp_path: Path) -> None:
    head = ["党组织名称", "上级党组织", "正式党员", "预备党员"]
    ledger = _read(
        tmp_path, [head, ["甲党支部", "城关镇党委", 4, 1], ["乙党支部", "城关镇党委", 3, None]]
    )
    orgs = ledger.tables["party_organisations"]
    assert dict(zip(orgs["name"], orgs["members"], strict=True)) == {"甲党支部": 5, "乙党支部": 3}


def test_a_sector_below_another_count_is_no_count_of_its_units(tmp_path: Path) -> None:
    upper = ["乡镇", "党组织数", None, None, "党员数", None, None]
    lower = [None, "企业", "社会组织", "合计", "企业", "社会组织", "合计"]
    rows = [upper, lower, ["东坝镇", 30, 5, 35, 210, 31, 241], ["西渡镇", 22, 4, 26, 155, 20, 175]]
    table = _read(tmp_path, rows).tables["figures"]
    assert set(table["measure"]) == {"orgs_social", "party_orgs", "members"}
    assert table["value"].sum() == 5 + 4 + 35 + 26 + 241 + 175
