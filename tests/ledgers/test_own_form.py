"""A form that an office keeps and nobody foresaw is a few lines of YAML in the project's codebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_cases import sheet

from evalkit.codebook import load_codebook
from evalkit.codebook.forms import in_chinese
from evalkit.ledgers import Ledger, from_sheets
from evalkit.problems import InputError

DUES = """\
headings:
  forms:
    dues:
      name: 党费收缴台账
      table: funds
      titles: [党费收缴, 党费缴纳]
      columns:
        row_number: {names: [序号], type: int, in_memory: true}
        township: {names: [乡镇, 镇街], in_memory: true}
        party_org: {names: [党组织名称, 党组织, 支部名称], required: true}
        payers: {names: [党员数], type: int, in_memory: true}
        month: {names: ["{n}月", "{zh}月", "{n}月份"], series: 12, type: money, unit: 元, flow: dues_paid, blank: nothing}
        whole_year: {names: [合计, 全年合计], type: money, unit: 元, flow: dues_paid, total_of: [month], as_total: always, in_memory: true}
        secretary: {names: [书记, 组织委员], person: true}
"""


def codebook_with(folder: Path, text: str) -> Any:
    folder.mkdir(exist_ok=True)
    (folder / "forms.yml").write_text(text, encoding="utf-8")
    return load_codebook(folder)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return codebook_with(tmp_path_factory.mktemp("codebook"), DUES)


def read(book: Any, *rows: list[Any], name: str = "Sheet1") -> Ledger:
    return from_sheets([sheet(list(rows), name, file="示例县2025年.xlsx")], codebook=book)


MONTHS = [f"{n}月" for n in range(1, 13)]


def test_dues_by_month_are_money_of_their_organisation(book: Any) -> None:
    first, second = [10.0] * 12, [5.0, 5.0, *[""] * 10]
    ledger = read(
        book,
        ["示例县2025年党费收缴台账"],
        ["序号", "党组织名称", "党员数", *MONTHS, "合计", "书记"],
        [1.0, "甲公司党支部", 3.0, *first, 120.0, "张三"],
        [2.0, "乙公司党支部", 3.0, *second, 10.0, "李四"],
        ["合计", "", 6.0, *[15.0] * 2, *[10.0] * 10, 130.0, ""],
    )
    funds = ledger.tables["funds"]
    assert set(funds["flow"]) == {"dues_paid"} and funds["source"].isna().all()
    assert funds.groupby("party_org")["amount_fen"].sum().to_dict() == {
        "乙公司党支部": 1000,
        "甲公司党支部": 12000,
    }
    assert len(funds) == 14, (
        "a month to come is no amount that is missing; the total is not counted again"
    )
    assert {p.code for p in ledger.problems} == {"personal_data"}
    said = ledger.columns.set_index("letter")
    assert said.loc["D", "column"] == "month_1" and said.loc["Q", "rule"] == "person"


def test_a_total_of_the_year_counts_where_no_month_is_told_and_is_compared_where_they_are(
    book: Any,
) -> None:
    alone = read(book, ["党费收缴"], ["党组织", "党员数", "全年合计"], ["甲公司党支部", 3.0, 120.0])
    assert alone.tables["funds"]["amount_fen"].tolist() == [12000]
    heads = ["党组织", "一月", "二月", "合计"]
    wrong = read(book, ["党费收缴"], heads, ["甲公司党支部", 3.0, 4.0, 9.0])
    assert wrong.tables["funds"]["amount_fen"].tolist() == [300, 400]
    assert [p.cell for p in wrong.problems if p.code == "identity_differs"] == ["D3"]


def test_money_by_month_is_never_taken_for_activities() -> None:
    rows = [["示例县2025年党费收缴台账"], ["党组织", *MONTHS], ["甲公司党支部", *[10.0] * 12]]
    ledger = read(None, *rows)
    assert not len(ledger.tables["activities"])
    paid = ledger.tables["funds"]
    assert paid["flow"].tolist() == ["dues_paid"] * 12 and paid["amount_fen"].sum() == 12_000


def test_the_packaged_forms_read_as_before_beside_it(book: Any) -> None:
    rows = (
        ["2025年经费台账"],
        ["序号", "党组织名称", "实缴党费", "党员活动经费"],
        [1.0, "甲公司党支部", 120.0, 50.0],
    )
    mine, packaged = (read(one, *rows, name="经费台账") for one in (book, None))
    assert mine.tables["funds"].equals(packaged.tables["funds"])


@pytest.mark.parametrize(
    ("change", "where", "found"),
    [
        (("table: funds", "table: unitz"), "headings.forms.dues.table", "unitz"),
        (("flow: dues_paid, blank", "flwo: dues_paid, blank"), "columns.month.flwo", "flwo"),
        (("total_of: [month]", "total_of: [mnoth]"), "columns.whole_year.total_of", "mnoth"),
        ((", required: true", ""), "headings.forms.dues.columns", ""),
    ],
)
def test_faults_of_a_form_are_told_with_their_place(
    tmp_path: Path, change: tuple[str, str], where: str, found: str
) -> None:
    with pytest.raises(InputError) as fault:
        codebook_with(tmp_path / "codebook", DUES.replace(*change))
    (problem,) = fault.value.problems
    assert where in problem.where and problem.found == found


def test_numbers_of_a_series_in_chinese() -> None:
    assert [in_chinese(n) for n in (1, 10, 12, 20, 31)] == ["一", "十", "十二", "二十", "三十一"]
