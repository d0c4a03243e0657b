"""Folders with one cause each, and the whole text that `check` says of them: ``python tests/check_cases.py``.

The texts stand in tests/data/check_texts; remade, they are read before they are committed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

TEXTS = Path(__file__).parent / "data" / "check_texts"
Rows = Sequence[Sequence[Any]]
UNIT_HEADS = [
    "单位名称",
    "统一社会信用代码",
    "组织类型",
    "单位类型",
    "状态",
    "从业人员总数",
    "是否规上",
    "党员总数",
]
UNIT_HEADS += [
    "正式党员",
    "预备党员",
    "党组织名称",
    "建制",
    "组建方式",
    "联合支部名称",
    "指导员编号",
    "镇街",
]
FUND_HEADS = [
    "党组织名称",
    "实缴党费",
    "返还党费",
    "市级拨付",
    "区县拨付",
    "街道（乡镇）拨付",
    "企业配套",
    "其他途径",
    "党员活动经费",
]
ACTIVITY_HEADS = ["月份", "活动日期", "党组织名称", "活动类型", "应到人数", "实到人数"]
N = 12
Change = Callable[[int, list[Any]], list[Any]]
CASES: dict[str, Callable[[Path], None]] = {}


def case(make: Callable[[Path], None]) -> Callable[[Path], None]:
    CASES[make.__name__] = make
    return make


def book(path: Path, sheets: Mapping[str, Rows]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as out:
        for name, rows in sheets.items():
            page = out.add_worksheet(name)
            for i, row in enumerate(rows):
                page.write_row(i, 0, row)


def same(_number: int, row: list[Any]) -> list[Any]:
    return row


def put(column: str, value: Any, heads: Sequence[str], only: Sequence[int] | None = None) -> Change:
    """The rows with another value in one column: in all of them, or in some."""

    def change(number: int, row: list[Any]) -> list[Any]:
        if only is None or number in only:
            row[heads.index(column)] = value(number) if callable(value) else value
        return row

    return change


def units(change: Change = same, heads: Sequence[str] = UNIT_HEADS, year: int = 2025) -> Rows:
    rows = [
        [
            *(f"演示{i}号有限公司", "", "非公企业", "法人企业", "正常", 20 + i, "否", 5, 4, 1),
            *(f"演示{i}号有限公司党支部", "党支部", "单独", "", "", "城关镇"),
        ]
        for i in range(1, N + 1)
    ]
    title = f"云台县{year}年两新组织台账"
    return [[title], list(heads), *(change(i, row) for i, row in enumerate(rows, 1))]


def funds(change: Change = same, total: bool = True) -> Rows:
    rows = [[f"演示{i}号有限公司党支部", 100, 50, 0, 200, 0, 0, 0, 120] for i in range(1, N + 1)]
    sums = [["合计", 100 * N, 50 * N, 0, 200 * N, 0, 0, 0, 120 * N]] if total else []
    return [
        ["云台县2025年党建经费台账"],
        FUND_HEADS,
        *(change(i, r) for i, r in enumerate(rows, 1)),
        *sums,
    ]


def activities(change: Change = same, year: int = 2025) -> Rows:
    rows = [
        [i % 12 + 1, f"2025-{i % 12 + 1:02d}-10", f"演示{i}号有限公司党支部", "主题党日", 5, 4]
        for i in range(1, N + 1)
    ]
    return [
        [f"云台县{year}年活动台账"],
        ACTIVITY_HEADS,
        *(change(i, r) for i, r in enumerate(rows, 1)),
    ]


@case
def nothing_wrong(folder: Path) -> None:
    book(folder / "组织台账.xlsx", {"组织台账": units()})
    book(folder / "经费台账.xlsx", {"经费台账": funds()})


@case
def heading_over_other_content(folder: Path) -> None:
    change = put("从业人员总数", lambda i: f"新华路{i}号东侧", UNIT_HEADS)
    book(folder / "组织台账.xlsx", {"组织台账": units(change)})


@case
def cells_unreadable_and_the_total(folder: Path) -> None:
    book(folder / "组织台账.xlsx", {"组织台账": units()})
    change = put("区县拨付", "见附件", FUND_HEADS, only=(3, 7))
    book(folder / "经费台账.xlsx", {"经费台账": funds(change)})


@case
def another_unit_in_the_cells(folder: Path) -> None:
    book(folder / "组织台账.xlsx", {"组织台账": units()})
    change = put("区县拨付", 2_000_000, FUND_HEADS, only=(4,))
    book(folder / "经费台账.xlsx", {"经费台账": funds(change)})


@case
def totals_of_another_kind(folder: Path) -> None:
    book(folder / "组织台账.xlsx", {"组织台账": units(put("党员总数", 9, UNIT_HEADS))})


@case
def a_sum_with_a_part_unread(folder: Path) -> None:
    change = put("正式党员", "四五个", UNIT_HEADS, only=(5,))
    book(folder / "组织台账.xlsx", {"组织台账": units(change)})


@case
def organisations_of_no_ledger(folder: Path) -> None:
    book(folder / "组织台账.xlsx", {"组织台账": units()})
    change = put("党组织名称", lambda i: f"另外{i}号党支部", FUND_HEADS)
    book(folder / "经费台账.xlsx", {"经费台账": funds(change)})


@case
def a_ledger_that_was_not_read(folder: Path) -> None:
    rows = [
        ["云台县2025年两新组织台账"],
        ["甲", "乙", "丙"],
        *([f"演示{i}号", i, i] for i in range(5)),
    ]
    book(folder / "组织台账.xlsx", {"组织台账": rows})
    book(folder / "经费台账.xlsx", {"经费台账": funds()})
    book(folder / "活动台账.xlsx", {"活动台账": activities()})


@case
def columns_the_wrong_way_round(folder: Path) -> None:
    change = put("实到人数", 9, ACTIVITY_HEADS)
    book(folder / "活动台账.xlsx", {"活动台账": activities(change)})


@case
def title_of_last_year(folder: Path) -> None:
    book(folder / "活动台账.xlsx", {"活动台账": activities(year=2024)})


@case
def dates_that_are_none(folder: Path) -> None:
    change = put("活动日期", "2025-02-30", ACTIVITY_HEADS, only=(2, 3))
    book(folder / "活动台账.xlsx", {"活动台账": activities(change)})


@case
def columns_lacking(folder: Path) -> None:
    rows = [
        ["云台县2025年两新组织台账"],
        ["单位名称", "从业人员总数"],
        *([f"演示{i}号公司", i] for i in range(1, 9)),
    ]
    book(folder / "组织台账.xlsx", {"组织台账": rows})


@case
def a_row_twice_and_the_total(folder: Path) -> None:
    rows = [*units()]
    head, total = (
        rows[1],
        [
            "合计",
            "",
            "",
            "",
            "",
            sum(20 + i for i in range(1, N + 1)) + 23,
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        ],
    )
    book(folder / "组织台账.xlsx", {"组织台账": [rows[0], head, *rows[2:], rows[4], total]})


@case
def a_file_that_cannot_be_opened(folder: Path) -> None:
    book(folder / "组织台账.xlsx", {"组织台账": units()})
    (folder / "经费台账.xlsx").write_bytes(b"PK\x03\x04" + b"broken" * 50)


def text_of(make: Callable[[Path], None], folder: Path) -> str:
    """What `check` says of the folder of a case."""
    from evalkit.building.checking import check_paths

    place = folder / "云台县"
    place.mkdir(parents=True)
    make(place)
    return "\n".join(check_paths([place]).lines()) + "\n"


if __name__ == "__main__":
    TEXTS.mkdir(exist_ok=True)
    for name, make in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            (TEXTS / f"{name}.txt").write_text(text_of(make, Path(folder)), encoding="utf-8")
