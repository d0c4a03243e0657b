"""The marked copy: same values at the same addresses, findings commented, persons blank, the source untouched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from ledger_cases import UNITS, sheet, unit
from written import members, sheets_of, write_book

from evalkit.codebook import load_codebook
from evalkit.files import put
from evalkit.ledgers import read_ledger
from evalkit.ledgers.annotate import annotated, safe_rows
from evalkit.ledgers.files import read_sheets
from evalkit.ledgers.headings import Headings
from evalkit.ledgers.scan import scan
from evalkit.problems import Problem

BOOK = load_codebook()
HEADINGS = Headings(BOOK.headings)
EXTRA = ["联系人", "手机", "包联干部", "满意度", "考核等次"]
ROWS = [
    ["演示省演示01区两新组织台账（2025年）"],
    UNITS + EXTRA,
    [
        *unit(1, 从业人员总数="约3百", 行业="=1+1", 备注="由张伟负责"),
        "张伟",
        13812345678.0,
        "李娜",
        88.5,
        "优秀",
    ],
    [*unit(2, 创办时间=dt.datetime(2015, 7, 1)), "王芳", "139 1234 5678", "赵敏", 90.0, "合格"],
    ["合计", "", "", "", "", "", "", "", "", 350.0],
    ["填表人：", "孙丽", "", "审核人：钱强"],
    ["注：数据由周杰提供"],
]
PERSONS = (
    "张伟",
    "李娜",
    "王芳",
    "赵敏",
    "孙丽",
    "钱强",
    "周杰",
    "13812345678",
    "139 1234 5678",
    "优秀",
    "合格",
)


def test_known_values_stay_and_persons_are_blank() -> None:
    raw = sheet(ROWS, "组织台账")
    copy = safe_rows(raw, HEADINGS, BOOK.lists)
    assert copy[0][0] == ROWS[0][0]
    assert copy[1][: len(UNITS) + 2] == UNITS + EXTRA[:2]
    for i in (2, 3):
        assert copy[i][: len(UNITS) - 1] == list(ROWS[i][: len(UNITS) - 1])
        assert copy[i][len(UNITS) - 1 :] == [
            "",
            "",
            "",
            "",
            raw.rows[i][-2],
            "",
        ]  # remark, persons; the unknown number stays
    assert (copy[4][0], copy[4][9]) == ("合计", 350.0)
    assert not any(copy[5]) and not any(copy[6])
    assert not any(str(cell) in PERSONS for row in copy for cell in row)
    assert raw.rows[2][len(UNITS)] == "张伟"  # the given sheet is not changed


def test_of_a_sheet_that_was_not_understood_only_headings_are_copied() -> None:
    raw = sheet(
        [
            ["姓名", "身份证号", "入党时间"],
            ["王芳", "11010519491231002X", dt.date(2001, 7, 1)],
            ["李娜", 1.0, 2.0],
        ],
        "党员名册",
    )
    copy = safe_rows(raw, HEADINGS, BOOK.lists)
    assert not any(c for row in copy[1:] for c in row)


def test_the_copy_has_comments_and_colours_and_is_no_ledger(tmp_path: Path) -> None:
    path = write_book(tmp_path / "演示01区.xlsx", {"组织台账": ROWS})
    before = path.read_bytes()
    ledger = read_ledger(path, codebook=BOOK)
    content = annotated(read_sheets(path)[0], ledger.problems, HEADINGS, BOOK.lists)
    assert content == annotated(read_sheets(path)[0], ledger.problems, HEADINGS, BOOK.lists)
    assert path.read_bytes() == before
    sheets = sheets_of(content)
    assert sheets["组织台账"][2][6] == "=1+1"  # text, in its own cell
    assert sheets["组织台账"][2][9] == "约3百"
    assert sheets["组织台账"][3][7] == dt.date(2015, 7, 1)
    assert sheets["问题清单"][0][3] == "问题"
    inside = members(content)
    assert "<f>" not in inside["xl/worksheets/sheet1.xml"].decode()
    comments = inside["xl/comments1.xml"].decode()
    assert 'ref="J3"' in comments and "数字是约数" in comments and "建议：" in comments
    assert scan(content).own_output
    assert not any(
        p in "".join(i.decode("utf-8", "replace") for i in inside.values()) for p in PERSONS[:9]
    )


def test_findings_without_a_cell_or_of_a_whole_column_find_a_place() -> None:
    raw = sheet([["单位名称", "党员总数"], ["甲公司", 3.0]], "组织台账")
    problems = [
        Problem("area_missing", "question", "台账.xlsx", "组织台账!A1", "", "空"),
        Problem("period_conflict", "question", "台账.xlsx", "组织台账!B"),
        Problem("column_missing", "error", "台账.xlsx", "组织台账!D9"),
    ]
    comments = members(annotated([raw], problems, HEADINGS, BOOK.lists))[
        "xl/comments1.xml"
    ].decode()
    assert [r for r in ("A1", "B1", "D9") if f'ref="{r}"' in comments] == ["A1", "B1", "D9"]


def test_an_open_file_is_written_beside_and_a_source_never_over(
    tmp_path: Path, monkeypatch
) -> None:
    import os

    target = tmp_path / "problems.xlsx"
    target.write_bytes(b"old")
    real = os.replace

    def locked(source: object, goal: object) -> None:
        if Path(str(goal)) == target:
            raise PermissionError("open in WPS")
        real(source, goal)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", locked)
    assert put(target, b"new").name == "problems（2）.xlsx"
    assert target.read_bytes() == b"old"
    monkeypatch.undo()
    assert put(target, b"new", avoid=[target]).name == "problems（2）.xlsx"
    assert target.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["problems.xlsx", "problems（2）.xlsx"]
