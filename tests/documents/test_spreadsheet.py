"""What the ending of a file asks for: a workbook for Excel or for LibreOffice, and an error for what is not written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from evalkit.documents.spreadsheet import (
    ListSheet,
    names_a_workbook,
    of_frames,
    of_lists,
    only_a_folder,
)
from evalkit.problems import InputError

LISTS = [
    ListSheet(
        "报送情况", [("地区", 12.0), ("严重程度", 10.0)], [["甲县", "未报"]], {"未报": "#F8E0B0"}
    ),
    ListSheet("甲县", [("内容", 30.0), ("处数", 8.0)], [["=1+1", 2], [None, 1.5]]),
]


def sheets_of(path: Path) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_both_endings_hold_the_same_lists(tmp_path):
    found = []
    for ending in (".xlsx", ".ods"):
        path = tmp_path / f"清单{ending}"
        path.write_bytes(of_lists(path, LISTS))
        assert path.read_bytes() == of_lists(path, LISTS)  # the same bytes twice
        found.append(sheets_of(path))
    assert found[0] == found[1]
    assert found[0]["报送情况"] == [["地区", "严重程度"], ["甲县", "未报"]]
    assert found[0]["甲县"][1][0] == "=1+1"  # text, never a formula
    assert (tmp_path / "清单.ods").read_bytes()[:200].count(b"opendocument.spreadsheet") == 1


def test_both_endings_hold_the_same_frames(tmp_path):
    frames = {"得分": pd.DataFrame({"地区": ["甲县", "乙县"], "得分": [90.5, None]})}
    found = []
    for ending in (".xlsx", ".ods"):
        path = tmp_path / f"评分{ending}"
        path.write_bytes(of_frames(path, frames))
        found.append(sheets_of(path))
    assert found[0] == found[1] and found[0]["得分"][1] == ["甲县", 90.5]


def test_what_cannot_be_written_is_said(tmp_path):
    assert names_a_workbook(Path("a/清单.ODS")) and names_a_workbook(Path("清单.xlsx"))
    assert not names_a_workbook(Path("reports")) and not names_a_workbook(None)
    assert not names_a_workbook(Path("清单.2025"))  # a folder with a dot in its name
    (tmp_path / "旧.xls").mkdir()
    assert not names_a_workbook(tmp_path / "旧.xls")
    with pytest.raises(InputError, match=r"清单\.xlsx 或 清单\.ods"):
        names_a_workbook(Path("清单.csv"))
    assert only_a_folder(Path("out")) == Path("out") and only_a_folder(None) is None
    for name in ("报告.ods", "报告.xlsx", "报告.pdf"):
        with pytest.raises(InputError, match="请写一个文件夹"):
            only_a_folder(Path(name))
