"""One cause, one message: whole outputs of `check`, nothing lost below a cause, the order of work, empty folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_cases import CASES, TEXTS, book, funds, text_of, units
from typer.testing import CliRunner

from evalkit.building.checking import check_paths
from evalkit.cli import app
from evalkit.codebook import load_codebook
from evalkit.ledgers.causes import SAID, STAGES, causes
from evalkit.ledgers.headings import Headings
from evalkit.problems import TITLES, InputError, Problem

HEADINGS = Headings(load_codebook().headings)


@pytest.mark.parametrize("name", list(CASES))
def test_the_whole_text_of_a_check(name: str, tmp_path: Path) -> None:
    assert text_of(CASES[name], tmp_path) == (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def test_every_case_has_its_text_and_no_other() -> None:
    assert {path.stem for path in TEXTS.glob("*.txt")} == set(CASES)


def test_what_is_declared_names_codes_that_there_are() -> None:
    named = {code for stage in SAID["stages"] for code in stage["codes"]} | set(
        SAID["whole_column"]
    )
    named |= {code for rule in SAID["follows"] for code in (rule["code"], *rule["of"])}
    assert named <= set(TITLES)
    assert STAGES[-2] == "其他请核对的"


def problem(
    code: str, where: str, severity: str = "warning", file: str = "a.xlsx", **said: str
) -> Problem:
    return Problem(code, severity, file, where, **said)  # type: ignore[arg-type]


def test_nothing_is_lost_below_a_cause() -> None:
    found = [
        *(problem("value_unreadable", f"台账!E{n}", "error", found=f"第{n}") for n in range(3, 60)),
        problem("value_unreadable", "台账!F9", "error", found="某"),
        problem("total_differs", "台账!E60"),
        problem("total_differs", "台账!G60"),
        problem("identity_differs", "台账!H9"),
        problem("identity_differs", "台账!H99"),
        problem("total_differs", "别的!E60"),
        problem("sheet_skipped", "党组织台账!A1"),
        problem("organisation_unknown", "经费!A3", file="b.xlsx"),
        problem("personal_data", "台账!B3"),
    ]
    made = causes(found, {("a.xlsx", "台账"): 57}, HEADINGS)
    told = [p for cause in made for p in (*cause.findings, *cause.follows)]
    assert sorted(map(id, told)) == sorted(map(id, found))
    below = {p.where for cause in made for p in cause.follows}
    assert below == {"台账!E60", "台账!H9", "经费!A3"}
    assert [cause.problem.code for cause in made] == [
        "sheet_skipped",
        "value_unreadable",
        "value_unreadable",
        "total_differs",
        "identity_differs",
        "personal_data",
    ]
    [column] = [cause for cause in made if len(cause.findings) == 57]
    assert column.problem.where == "台账!E3、E4、E5等57处（整列57行）"
    assert "表头" in column.problem.advice and "合计与明细不符1处（台账!E60）" in column.told


def test_a_few_cells_are_cells_and_not_the_column() -> None:
    found = [
        problem("value_unreadable", f"台账!E{n}", "error", found="某", advice="改成数字")
        for n in (3, 4)
    ]
    [cause] = causes(found, {("a.xlsx", "台账"): 2}, HEADINGS)
    assert (cause.problem.where, cause.problem.advice) == ("台账!E3、E4", "改成数字")


def test_a_ledger_elsewhere_explains_nothing_here() -> None:
    found = [
        problem("sheet_skipped", "党组织台账!A1", file="甲县/a.xlsx"),
        problem("organisation_unknown", "经费!A3", file="乙县/b.xlsx"),
    ]
    assert [len(cause.follows) for cause in causes(found, {}, HEADINGS)] == [0, 0]


def test_the_same_in_several_sheets_and_files_is_said_once() -> None:
    lacking = [
        problem(
            "column_missing", f"{sheet}!A1", file=file, found="缺少：是否规上", read="按缺报处理"
        )
        for file in ("a.xlsx", "b.xlsx")
        for sheet in ("一", "二", "三", "四")
    ]
    [cause] = causes(lacking, {}, HEADINGS)
    assert (
        cause.problem.where == "一!A1、二!A1、三!A1等4处（b.xlsx同样）" and len(cause.findings) == 8
    )
    other = problem("column_missing", "五!A1", found="缺少：状态", read="按缺报处理")
    assert len(causes([*lacking, other], {}, HEADINGS)) == 2


def test_what_comes_first_is_what_was_not_read(tmp_path: Path) -> None:
    book(tmp_path / "组织台账.xlsx", {"组织台账": [["甲", "乙"], [1, 2], [3, 4]]})
    book(
        tmp_path / "经费台账.xlsx",
        {"经费台账": funds(lambda i, row: [*row[:4], "见附件", *row[5:]])},
    )
    lines = check_paths([tmp_path]).lines()
    headings = [line for line in lines if line.startswith("【")]
    assert headings[0] == "【没有读进来的】1项" and any(
        "读不懂的内容" in line for line in headings[1:]
    )


def test_json_has_the_causes_and_all_findings(tmp_path: Path) -> None:
    CASES["heading_over_other_content"](tmp_path)
    said = check_paths([tmp_path]).as_json()
    [cause] = [one for one in said["causes"] if one["code"] == "value_unreadable"]
    assert cause["places"] == 12 and len(said["problems"]) >= 12


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([], "文件夹里没有可读的台账"),
        (["~$组织台账.xlsx"], "~$组织台账.xlsx"),
        (["汇报.pptm", "照片.heic"], "汇报.pptm"),
        ([".DS_Store", "Thumbs.db"], "文件夹里没有可读的台账"),
    ],
)
def test_a_folder_without_ledgers_says_so(tmp_path: Path, files: list[str], told: str) -> None:
    for name in files:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match="文件夹里没有可读的台账") as raised:
        check_paths([tmp_path])
    assert told in str(raised.value)


def test_an_empty_folder_ends_with_2(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert isinstance(done.exception, InputError) or done.exit_code == 2


def test_units_are_read_whatever_stands_beside(tmp_path: Path) -> None:
    """The cases' own rows are fine: what they say comes from their one change."""
    book(tmp_path / "组织台账.xlsx", {"组织台账": units()})
    assert check_paths([tmp_path]).problems == ()
