"""Stored data stay whole: damage is noticed and made good, a file that is open elsewhere costs nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import county_holes
import pandas as pd
import pytest
import xlsxwriter

from evalkit import files
from evalkit.building import build, derive, reading
from evalkit.indicators import load
from evalkit.problems import InputError

UNITS = [
    "单位名称",
    "组织类型",
    "单位类型",
    "状态",
    "从业人员总数",
    "党员总数",
    "正式党员",
    "预备党员",
    "是否建立党组织",
    "党组织名称",
    "建制",
    "组建方式",
]
JIA = [
    "甲公司",
    "非公企业",
    "法人企业",
    "正常",
    60,
    5,
    4,
    1,
    "是",
    "中共甲公司支部委员会",
    "党支部",
    "单独",
]
YI = ["乙公司", "非公企业", "法人企业", "正常", 8, 0, 0, 0, "否", "", "", ""]


def ledger(path: Path, area: str, *rows: list[object], year: int = 2025) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("组织台账")
        for n, row in enumerate([[f"{area}两新组织台账（{year}年）"], UNITS, *rows]):
            sheet.write_row(n, 0, row)


def measure(project: Path, code: str, area: str = "甲市/乙区") -> float:
    found = load(project).measures.query("measure == @code and period == '2025' and area == @area")
    found = found["value"]
    return found.iloc[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Two counties, built once; every test gets a copy that it may harm."""
    folder: Path = tmp_path_factory.mktemp("stored")
    ledger(folder / "data/raw/2025/甲市乙区.xlsx", "甲市乙区", JIA, YI)
    ledger(folder / "data/raw/2025/甲市丙县.xlsx", "甲市丙县", JIA)
    build(folder, jobs=1)
    return folder


@pytest.fixture
def project(built, tmp_path) -> Path:
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path


def one_more(project: Path) -> None:
    """The ledger of 乙区 has a third unit."""
    ledger(project / "data/raw/2025/甲市乙区.xlsx", "甲市乙区", JIA, YI, ["丙公司", *YI[1:]])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def turn(path: Path) -> None:
    """One byte is another one; the size is the same."""
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)


HARM = [
    ("measures.parquet", cut),
    ("measures.parquet", empty),
    ("indicators.parquet", turn),
    ("problems.parquet", Path.unlink),
    ("tables/units/*/*.parquet", cut),
    ("tables/units/*/*.parquet", turn),
    ("tables/sheets/*.parquet", Path.unlink),
    ("batches/*.json", cut),
    ("batches/*.json", Path.unlink),
]


@pytest.mark.parametrize(("name", "harm"), HARM)
def test_damage_is_noticed_made_good_and_said(project, name, harm):
    before = measure(project, "units")
    victim = sorted((project / "data/processed/raw").glob(name))[0]
    harm(victim)
    made = build(project, jobs=1)
    assert made.changed and any(victim.name in said for said in made.damaged)
    assert measure(project, "units") == before == 2
    assert not load(project).frame("units").empty
    again = build(project, jobs=1)
    assert not again.changed and again.damaged == ()


def test_who_reads_damaged_data_is_told_what_to_type(project):
    for harm in (turn, cut, empty, Path.unlink):
        harm(project / "data/processed/raw/measures.parquet")
        with pytest.raises(InputError, match=r"(?s)损坏.*start\.py build"):
            _ = load(project).measures
    cut(next((project / "data/processed/raw/tables/units").glob("*/*.parquet")))
    with pytest.raises(InputError, match=r"(?s)损坏.*start\.py build"):
        load(project).frame("units")


def test_published_figures_are_made_again_too(project):
    build(project, dataset="published")
    cut(project / "data/processed/published/measures.parquet")
    made = build(project, dataset="published")
    assert (
        made.changed
        and made.damaged == ("measures.parquet",)
        and not build(project, dataset="published").changed
    )
    assert len(load(project, dataset="published").measures)


def test_the_command_says_it(project):
    cut(project / "data/processed/raw/measures.parquet")
    command = [sys.executable, "-m", "evalkit.cli", "build", "--project", str(project)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert (
        done.returncode == 0
        and "存下的数据有损坏（measures.parquet），已从台账重新整理" in done.stdout
    )


def test_data_loaded_before_a_build_are_those_after_it(project):
    held = load(project)
    one_more(project)
    build(project, jobs=1)
    assert held.measures.query("measure == 'units' and area == '甲市/乙区'")["value"].tolist() == [
        3
    ]


def no_replace(source, target):
    raise PermissionError(13, "used by another process")


def refuse(monkeypatch, names, times: int = 10**6) -> list[str]:
    """`os.replace` as Windows has it while another program holds files of these names: refused so many times."""
    real, refused = os.replace, []

    def replace(source, target):
        name = Path(target).name
        if (
            name in names
            and len(refused) < times
            and Path(target).parent.name not in (".new", ".old")
        ):
            refused.append(name)
            raise PermissionError(
                13, "The process cannot access the file because it is being used by another process"
            )
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(files, "WAITS", (0.01,) * 5)
    return refused


@pytest.mark.parametrize("name", ["measures.parquet", "problems.parquet", "manifest.json"])
def test_a_file_open_elsewhere_costs_the_old_data_nothing(project, monkeypatch, name):
    one_more(project)
    folder = project / "data/processed/raw"
    with monkeypatch.context() as patched:
        refused = refuse(patched, {name})
        with pytest.raises(InputError, match="请关闭"):
            build(project, jobs=1)
        assert len(refused) >= 6, "tried again"
    assert measure(project, "units") == 2 and len(load(project).indicators)
    assert not list(folder.glob(".*"))
    made = build(project, jobs=1)
    assert made.changed and made.damaged == () and measure(project, "units") == 3


def test_a_file_open_for_a_moment_is_waited_for(project, monkeypatch):
    one_more(project)
    with monkeypatch.context() as patched:
        refused = refuse(patched, {"measures.parquet"}, times=3)
        assert build(project, jobs=1).changed
    assert len(refused) == 3 and measure(project, "units") == 3


def test_a_manifest_that_cannot_be_taken_away_is_said(project, monkeypatch):
    one_more(project)
    real = Path.unlink

    def unlink(path, missing_ok=False):
        if path.name == "manifest.json" and path.parent.name == "raw":
            raise PermissionError(13, "used by another process")
        real(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(files, "WAITS", (0.01,))
        patched.setattr(Path, "unlink", unlink)
        with pytest.raises(InputError, match="请关闭"):
            build(project, jobs=1)
    assert measure(project, "units") == 2


def test_tables_open_elsewhere_are_written_beside_and_swept_later(project, monkeypatch):
    """Another program reads the stored tables: nothing is put in their place, the new ones have other names."""
    real = Path.unlink
    folder = project / "data/processed/raw"
    before = {path for path in (folder / "tables").rglob("*.parquet")}

    def unlink(path, missing_ok=False):
        if path in before:
            raise PermissionError(13, "used by another process")
        real(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", unlink)
        assert build(project, force=True, jobs=1).changed
        assert before < {path for path in (folder / "tables").rglob("*.parquet")}
    assert measure(project, "units") == 2
    assert not build(project, jobs=1).changed
    assert not before & {path for path in (folder / "tables").rglob("*.parquet")}
    with monkeypatch.context() as patched:
        patched.setattr(files, "WAITS", (0.01,))
        patched.setattr(os, "replace", no_replace)
        one_more(project)
        with pytest.raises(InputError, match="请关闭"):
            build(project, jobs=1)
    assert measure(project, "units") == 2


def frames_of(project: Path) -> dict[str, str]:
    data = load(project)
    return {name: getattr(data, name).to_csv() for name in ("measures", "indicators", "areas")} | {
        table: data.frame(table).to_csv() for table in ("units", "party_organisations", "covers")
    }


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_a_build_that_dies_at_any_moment_is_made_whole_by_the_next(
    project, monkeypatch, tmp_path, step
):
    """Whatever file is the last one that it put in its place; every fifth of them in each run."""
    real = os.replace
    original = (project / "data/raw/2025/甲市乙区.xlsx").read_bytes()
    was = frames_of(project)
    one_more(project)
    changed = (project / "data/raw/2025/甲市乙区.xlsx").read_bytes()
    fresh = tmp_path / "fresh"
    shutil.copytree(project / "data/raw", fresh / "data/raw")
    build(fresh, jobs=1)
    moment, died = 1 - step, True
    while died:
        moment, placed, died = moment + step, 0, False

        def replace(source, target, last=moment):
            nonlocal placed, died
            placed += 1
            if placed == last:
                died = True
                raise KeyboardInterrupt
            real(source, target)

        (project / "data/raw/2025/甲市乙区.xlsx").write_bytes(changed)
        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", replace)
            with contextlib.suppress(KeyboardInterrupt):
                build(project, jobs=1)
        try:
            assert frames_of(project) in (was, frames_of(fresh))
        except InputError as error:  # while frames are put in place there is no manifest
            assert "start.py build" in str(error)
        build(project, jobs=1)
        assert frames_of(project) == frames_of(fresh)
        (project / "data/raw/2025/甲市乙区.xlsx").write_bytes(original)
        build(project, jobs=1)
        assert frames_of(project) == was
    assert moment > 12, "every file was the last one once"


def test_a_table_is_stored_by_period_and_a_district_and_period_stand_in_one_batch(tmp_path):
    for year in (2024, 2025):
        for name in ("乙区", "丙县", "丁县"):
            ledger(tmp_path / f"data/raw/{year}/甲市{name}.xlsx", f"甲市{name}", JIA, YI, year=year)
    book = tmp_path / "data/raw/2025/甲市丁县.xlsx"
    ledger(book, "甲市丁县", JIA)
    build(tmp_path, jobs=2)
    ledger(book, "甲市丁县", JIA, YI)
    build(tmp_path, jobs=1)
    seen = {}
    for path in (tmp_path / "data/processed/raw/tables/units").rglob("*.parquet"):
        rows = pd.read_parquet(path, partitioning=None)
        assert path.parent.name == f"period={rows['period'].iloc[0]}"
        assert rows["period"].nunique() == 1
        for area in rows["area"].unique():
            assert seen.setdefault((area, path.parent.name), path) == path
    assert len(seen) == 6
    assert load(tmp_path).frame("units").groupby("period").size().tolist() == [6, 6]


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_that_stand_in_two_files_count_once_and_stay_when_one_of_them_goes(tmp_path, jobs):
    """Whichever goes, and whatever else was read again meanwhile."""
    one, other, apart = (
        tmp_path / f"data/raw/{name}.xlsx" for name in ("一/甲市乙区", "二/甲市乙区", "三/甲市丙县")
    )
    for path in (one, other):
        ledger(path, "甲市乙区", JIA, YI)
    ledger(apart, "甲市丙县", JIA)
    build(tmp_path, jobs=jobs)
    assert measure(tmp_path, "units") == 2
    ledger(apart, "甲市丙县", JIA, YI)
    build(tmp_path, jobs=jobs)
    assert measure(tmp_path, "units") == 2
    for gone in (one, other):
        kept = gone.read_bytes()
        gone.unlink()
        build(tmp_path, jobs=jobs)
        assert measure(tmp_path, "units") == 2
        gone.write_bytes(kept)


def test_measures_are_the_same_whatever_a_block_holds(demo_project, tmp_path, monkeypatch):
    shutil.copytree(demo_project / "data/demo", tmp_path / "data/demo")
    (tmp_path / "data/raw").mkdir()
    whole = load(demo_project)
    measures, indicators = whole.measures, whole.indicators
    monkeypatch.setattr(derive, "ROWS_OF_A_BLOCK", 1)
    monkeypatch.setattr(reading, "MOST_FILES", 1)
    build(tmp_path)
    small = load(tmp_path)
    assert len(small.batches) > len(whole.batches)
    pd.testing.assert_frame_equal(small.measures, measures, check_exact=True)
    pd.testing.assert_frame_equal(small.indicators, indicators, check_exact=True)


def test_data_of_the_first_version_are_refused_with_the_command_and_built_anew(tmp_path):
    shutil.copytree(Path(__file__).parents[1] / "data/project_of_0_1_0", tmp_path / "old")
    with pytest.raises(InputError, match=r"start\.py build"):
        load(tmp_path / "old")
    assert build(tmp_path / "old", jobs=1).changed
    assert len(load(tmp_path / "old").frame("units"))
    folder = tmp_path / "old/data/processed/raw"
    assert not (folder / "parts").exists() and (folder / "tables/units").is_dir()


def test_every_stored_file_is_on_the_disk_before_it_has_its_name(project, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda number: synced.append(os.fstat(number).st_ino) or real(number)
    )
    one_more(project)
    build(project, jobs=1)
    folder = project / "data/processed/raw"
    stored = [path for path in folder.iterdir() if path.is_file()]
    assert len(stored) == 7 and {path.stat().st_ino for path in stored} <= set(synced)


def test_data_of_a_version_without_hashes_are_made_again_without_a_word(project):
    path = project / "data/processed/raw/manifest.json"
    known = json.loads(path.read_text("utf-8"))
    assert set(known.pop("stored")) == {
        f"{n}.parquet"
        for n in ("measures", "indicators", "areas", "extents", "baseline", "problems")
    }
    path.write_text(json.dumps(known), encoding="utf-8")
    made = build(project, jobs=1)
    assert made.changed and made.damaged == ()
    shutil.rmtree(project / "data/processed/raw/tables")
    assert build(project, jobs=1).changed and measure(project, "units") == 2


def test_the_visits_of_a_district_are_the_same_however_its_files_are_read(tmp_path, monkeypatch):
    """What a district typed stands before what its ledgers count, also where they are read in different batches."""
    source = county_holes.COUNTIES / "2025" / "云州市" / "新泽区"
    for name, most in (("together", 12), ("apart", 1)):
        for ledger_name in ("工作报表", "指导员台账"):
            target = tmp_path / name / "data/raw/2025/云州市/新泽区" / f"{ledger_name}.xlsx"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / target.name, target)
        monkeypatch.setattr(reading, "MOST_FILES", most)
        build(tmp_path / name, jobs=1)
        assert measure(tmp_path / name, "visits", "云州市/新泽区") == 360
    (tmp_path / "apart/data/raw/2025/云州市/新泽区/工作报表.xlsx").unlink()
    build(tmp_path / "apart", jobs=1)
    assert measure(tmp_path / "apart", "visits", "云州市/新泽区") == 114  # 19 of 6
