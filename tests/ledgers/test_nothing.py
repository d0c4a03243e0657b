"""A ledger in which an office writes 无 is kept, and has nothing in it: that is not the same as sending none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from written import write_book

import evalkit as ek
from evalkit.building.checking import check_paths
from evalkit.ledgers import Ledger, read_ledger
from evalkit.problems import InputError

HEADINGS = ["序号", "镇街", "党组织名称", "实缴党费", "返还党费", "市级拨付", "支出合计", "备注"]


def read(
    tmp_path: Path, rows: Sequence[Sequence[Any]], name: str = "示例县2025年经费台账"
) -> Ledger:
    return read_ledger(write_book(tmp_path / f"{name}.xlsx", {"Sheet1": rows}))


def stated(ledger: Ledger) -> list[list[Any]]:
    return ledger.tables["nothing"][["area", "period", "ledger"]].to_numpy().tolist()


@pytest.mark.parametrize(
    "below",
    [
        [["无"]],
        [["", "", "无"]],
        [[1, "", "无"]],
        [["无"] * 8],
        [["", "", "本年无", "—", "—", 0, 0]],
        [[1, "", "无经费", "", "", "", "", ""], ["合计", "", "", 0, 0, 0, 0, ""]],
        [["", "", "没有"]],
        [["本县2025年没有经费收支"]],
        [["注：本年度无此项。"]],
        [[], ["说明：本年度未发生经费收支"], ["填表人：", "", "审核人："]],
    ],
)
def test_a_row_or_note_that_says_none(tmp_path: Path, below: list[list[Any]]) -> None:
    ledger = read(tmp_path, [["示例县2025年经费台账"], HEADINGS, *below])
    assert stated(ledger) == [["示例县", "2025", "funds"]]
    assert not len(ledger.tables["funds"])
    (said,) = [p for p in ledger.problems if p.code == "ledger_nothing"]
    assert said.read == "没有：经费台账按零计入"
    assert not [p for p in ledger.problems if p.code in ("sheet_skipped", "column_missing")]


def test_a_title_that_says_none(tmp_path: Path) -> None:
    assert stated(read(tmp_path, [["示例县2025年经费台账"], ["本年度无此项"], HEADINGS]))
    assert stated(read(tmp_path, [["示例县2025年经费台账"], ["无"]]))


@pytest.mark.parametrize(
    "below",
    [
        [],  # a template that nobody filled
        [["无数据"]],
        [["暂未统计"]],
        [["注：没有的项目填“无”。"]],
        [[1, "甲镇", "甲示例公司党支部", 100, 50, 0, 20, "无"]],
        [[1, "甲镇", "甲示例公司党支部", 100, 50, 0, 20, ""], ["", "", "无"]],
        [["", "", "无"], ["合计", "", "", 300, 0, 0, 0, ""]],
    ],
)
def test_what_does_not_say_none(tmp_path: Path, below: list[list[Any]]) -> None:
    ledger = read(tmp_path, [["示例县2025年经费台账"], HEADINGS, *below])
    assert not stated(ledger)
    assert not [p for p in ledger.problems if p.code == "ledger_nothing"]


def test_its_measures_are_zero(tmp_path: Path) -> None:
    ledger = ek.read_ledger(
        write_book(tmp_path / "示例县2025年经费台账.xlsx", {"Sheet1": [HEADINGS, ["无"]]})
    )
    found = ledger.measures.set_index("measure")["value"]
    assert found["funds"] == 0 and found["subsidy_paid"] == 0
    assert "units" not in found.index


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有可读的台账"):
        check_paths([tmp_path])


def test_check_tells_an_empty_ledger_from_one_that_was_not_sent(tmp_path: Path) -> None:
    funds = ["党组织名称", "返还党费", "区县拨付"]
    rows = {"甲县": [[*funds], ["甲公司党支部", 100, 200]], "乙县": [[*funds], ["无"]]}
    for county, some in rows.items():
        write_book(tmp_path / "某市" / county / "2025年经费台账.xlsx", {"经费台账": some})
    found = check_paths([tmp_path]).extents
    states = found.dropna(subset=["ledger"]).set_index("area_name")["state"].to_dict()
    assert states == {"甲县": "已报", "乙县": "报无"}
