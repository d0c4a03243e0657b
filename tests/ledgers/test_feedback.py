"""`evalkit check` in full: the list for the office, one parcel an area, JSON, exit codes; sources stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ledger_cases import clean_book, unit
from typer.testing import CliRunner
from written import members, sheets_of, texts, write_book

from evalkit.building.checking import Findings, aligned, check_paths, check_project, common
from evalkit.cli import app
from evalkit.reports.feedback import submissions, write_copies, write_parcels, write_problems

RUN = CliRunner()


def book(area: str, number: int) -> dict[str, list[list[object]]]:
    sheets = clean_book()
    named = {
        name: [
            [c.replace("演示00", f"演示{number}0") if isinstance(c, str) else c for c in row]
            for row in rows
        ]
        for name, rows in sheets.items()
    }
    named["组织台账"].insert(0, [f"演示省{area}两新组织台账（2025年）"])
    named["组织台账"].append(
        unit(7, 单位名称=f"演示{number}99有限公司", 从业人员总数="约3百", 单位类型="不清楚")
    )
    return named


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("报送") / "演示省"
    write_book(root / "演示01区" / "2025" / "台账.xlsx", book("演示01区", 1))
    second = book("演示02区", 2)
    del second["活动台账"]
    write_book(root / "演示02区" / "2025" / "台账最终版2.xlsx", second)
    (root / "演示02区" / "坏.xlsx").write_bytes(b"PK\x03\x04broken")
    return root


@pytest.fixture(scope="module")
def found(folder: Path) -> Findings:
    return check_paths([folder])


def test_problems_go_to_their_area_and_the_summary_says_what_is_missing(
    found: Findings, tmp_path: Path
) -> None:
    path = write_problems(found, tmp_path)
    assert path == tmp_path / "problems.xlsx"
    sheets = sheets_of(path.read_bytes())
    assert list(sheets)[:3] == ["报送情况表", "演示01区", "演示02区"]
    head, *rows = sheets["报送情况表"]
    by_area = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    one, two = by_area["演示省/演示01区"], by_area["演示省/演示02区"]
    assert (one["活动台账"], two["活动台账"]) == ("2行", "未报")
    assert (one["组织台账"], two["版本"], two["年份"]) == ("7行", "最终版2", "2025")
    assert two["错误"] >= 1
    for area, other in (("演示01区", "演示02区"), ("演示02区", "演示01区")):
        assert sheets[area][0] == [
            "文件",
            "工作表",
            "单元格",
            "问题",
            "原文",
            "读作",
            "允许",
            "建议",
            "程度",
        ]
        assert {row[0].split("/")[0] for row in sheets[area][1:]} == {area}, other
    at = next(row for row in sheets["演示01区"] if row[4] == "约3百")
    assert (at[1], at[2], at[8]) == ("组织台账", "J9", "提醒")
    assert write_problems(found, tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
    other = write_problems(found, tmp_path / "again.ods")  # what the ending asks for
    assert other.name == "again.ods" and sheets_of(other.read_bytes()) == sheets


def test_the_list_is_frozen_filtered_and_not_read_again(found: Findings, tmp_path: Path) -> None:
    inside = members(write_problems(found, tmp_path / "p.xlsx").read_bytes())
    xml = inside["xl/worksheets/sheet2.xml"].decode()
    assert 'state="frozen"' in xml and "<autoFilter" in xml
    assert [p.code for p in check_paths([tmp_path]).problems] == ["file_skipped"]


def test_a_parcel_holds_its_own_area_only(found: Findings, folder: Path, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    parcels = {p.name: p.read_bytes() for p in write_parcels(found, tmp_path)}
    assert list(parcels) == ["演示省_演示01区.zip", "演示省_演示02区.zip"]
    for name, number, own in (
        ("演示省_演示01区.zip", 1, "台账"),
        ("演示省_演示02区.zip", 2, "台账最终版2"),
    ):
        content = members(parcels[name])
        area = name[4:-4]
        assert set(content) == {"问题清单.xlsx", "概况.html", f"批注件/{area}/2025/{own}.xlsx"}
        everything = "\n".join(texts(parcels[name]))
        assert f"演示{number}01有限公司" in everything
        assert f"演示{3 - number}0" not in everything and f"演示0{3 - number}区" not in everything
        page = content["概况.html"].decode()
        assert (
            "主要指标（2025年）" in page
            and "组织覆盖率" in page
            and f"{area}：台账检查概况" in page
        )
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    again = {p.name: p.read_bytes() for p in write_parcels(found, tmp_path / "again")}
    assert again == parcels


def test_every_areas_own_finding_is_in_its_own_list(found: Findings) -> None:
    """A word that two areas write wrongly is a finding for both."""
    listed = [
        p.file.split("/")[0]
        for p in found.problems
        if p.code == "value_not_listed" and p.found == "不清楚"
    ]
    assert listed == ["演示01区", "演示02区"]


def test_the_command_line(folder: Path, tmp_path: Path) -> None:
    done = RUN.invoke(
        app,
        [
            "check",
            str(folder),
            "--out",
            str(tmp_path / "p.xlsx"),
            "--annotate",
            str(tmp_path / "a"),
            "--feedback",
            str(tmp_path / "f"),
        ],
    )
    assert done.exit_code == 1  # a file that cannot be read is an error
    assert (
        "文件读不出来" in done.stdout
        and "问题清单：" in done.stdout
        and "原文件没有改动" in done.stdout
    )
    assert sorted(
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()
    ) == [
        "a/演示01区/2025/台账.xlsx",
        "a/演示02区/2025/台账最终版2.xlsx",
        "f/演示省_演示01区.zip",
        "f/演示省_演示02区.zip",
        "p.xlsx",
    ]
    fine = RUN.invoke(
        app, ["check", str(folder / "演示01区"), "--json", "--out", str(tmp_path / "q.xlsx")]
    )
    assert fine.exit_code == 0
    told = json.loads(fine.stdout)
    assert told["errors"] == 0 and told["problems"][0]["title"]
    gone = RUN.invoke(app, ["check", str(folder / "没有")])
    assert gone.exit_code == 1 and "没有这个文件或文件夹" in gone.stdout


def test_copies_into_the_folder_of_the_sources_write_nothing_over(tmp_path: Path) -> None:
    path = write_book(tmp_path / "演示01区" / "2025" / "台账.xlsx", clean_book())
    before = path.read_bytes()
    for options in (["--annotate", str(tmp_path)], ["--out", str(path)]):
        RUN.invoke(app, ["check", str(tmp_path), *options])
        assert path.read_bytes() == before
    assert (path.parent / "台账（2）.xlsx").exists()


def test_a_copy_knows_the_headings_of_the_offices_own_mapping(tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text(
        "摊子叫啥: unit_name\n有多少号人: employees\n", encoding="utf-8"
    )
    sheet = [["摊子叫啥", "有多少号人"], ["演示一号有限公司", 30], ["演示二号有限公司", "约3百"]]
    write_book(tmp_path / "演示01区" / "2025" / "组织台账.xlsx", {"组织台账": sheet})
    found = check_paths([tmp_path])
    assert any(problem.code == "value_approximate" for problem in found.problems)
    (copy,) = write_copies(found, tmp_path / "标注")
    cells = [
        str(cell) for rows in sheets_of(copy.read_bytes()).values() for row in rows for cell in row
    ]
    assert "演示一号有限公司" in cells  # what is not known as a ledger keeps its headings only


def test_the_projects_own_check_gives_the_same_lists(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "data" / "raw" / "演示省")
    found = check_project(tmp_path)
    _columns, rows = submissions(found)
    assert [row[0] for row in rows] == ["演示省/演示01区", "演示省/演示02区"]
    assert found.n_errors >= 1 and found.sources
    parcels = write_parcels(found, tmp_path / "out")
    assert "组织覆盖率" in members(parcels[0].read_bytes())["概况.html"].decode()


def test_paths_in_common_and_columns_under_each_other() -> None:
    assert common(["甲省/乙区", "甲省/乙区"]) == "甲省/乙区"
    assert common(["甲省/乙区", "甲省/丙区"]) == "甲省"
    assert common([]) == ""
    lines = aligned(
        [["文件", "错误", "读入"], ["a.xlsx", "12", "单位"], ["台账.xlsx", "3", "经费"]]
    )
    assert lines[2:] == ["a.xlsx       12  单位", "台账.xlsx     3  经费"]
