"""Build: only what changed is read, files of one district meet, nothing personal stays, faults are messages."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pandas as pd
import psutil
import pytest
import xlsxwriter

from evalkit.building import build
from evalkit.building.checking import check_paths
from evalkit.indicators import find_project, load, store, trace
from evalkit.indicators.areas import build_areas
from evalkit.ledgers import read_ledger
from evalkit.problems import InputError, Problem
from evalkit.runner.local import locked

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


def book(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for n, row in enumerate(rows):
                sheet.write_row(n, 0, row)


def units(*rows: list[object]) -> list[list[object]]:
    return [["甲市乙区两新组织台账（2025年）"], UNITS, *rows]


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


@pytest.fixture
def project(tmp_path) -> Path:
    book(tmp_path / "data/raw/2025/甲市乙区.xlsx", {"组织台账": units(JIA, YI)})
    return tmp_path


def measure(project, code, period="2025", area="甲市/乙区"):
    found = load(project).measures.query(
        "measure == @code and period == @period and area == @area"
    )["value"]
    return None if found.empty else found.iloc[0]


def test_user_ledgers_win_over_the_demo_and_never_mix(project, demo_project):
    shutil.copytree(demo_project / "data/demo", project / "data/demo")
    manifest = build(project, jobs=1)
    assert manifest.dataset == "raw" and [f["file"] for f in manifest.files] == [
        "2025/甲市乙区.xlsx"
    ]
    assert not load(project).measures["area"].str.startswith("演示").any()
    assert not load(project).is_demo


def test_second_build_reads_nothing_and_a_change_reads_one_file(project, monkeypatch):
    from evalkit.building import reading

    book(
        project / "data/raw/2025/甲市丙县.xlsx",
        {"组织台账": [["甲市丙县组织台账2025年"], UNITS, JIA]},
    )
    build(project, jobs=1)
    assert not build(project, jobs=1).changed
    read = project / "read.txt"  # workers read, and a list of theirs stays theirs
    real = reading.read_sheets

    def noted(path, **more):
        with read.open("a", encoding="utf-8") as file:
            file.write(f"{Path(path).name}\n")
        return real(path, **more)

    monkeypatch.setattr(reading, "read_sheets", noted)
    book(
        project / "data/raw/2025/甲市乙区.xlsx", {"组织台账": units(JIA, YI, [*YI[:4], 9, *YI[5:]])}
    )
    assert build(project, jobs=1).changed
    assert read.read_text(encoding="utf-8").split() == ["甲市乙区.xlsx"]


def test_files_of_one_district_are_read_together(project):
    funds = [
        ["甲市乙区党建经费台账 2025年度 单位：元"],
        ["党组织名称", "区县拨付", "党员活动经费"],
        ["中共甲公司支部委员会", 3000, 750],
    ]
    book(project / "data/raw/2025/甲市乙区经费台账.xlsx", {"经费台账": funds})
    build(project, jobs=1)
    assert measure(project, "funds") == 3000 and measure(project, "party_orgs") == 1
    assert "organisation_unknown" not in set(load(project).problems["code"])


def test_a_file_that_is_gone_leaves_nothing(project):
    other = project / "data/raw/2025/甲市丙县.xlsx"
    book(other, {"组织台账": [["甲市丙县组织台账2025年"], UNITS, JIA]})
    build(project, jobs=1)
    assert measure(project, "units", area="甲市/丙县") == 1
    other.unlink()
    build(project, jobs=1)
    assert measure(project, "units", area="甲市/丙县") is None
    folder = project / "data/processed/raw"
    assert len(list((folder / "batches").iterdir())) == 1
    stored = [pd.read_parquet(p).to_csv() for p in folder.rglob("*.parquet")] + [
        p.read_text("utf-8") for p in folder.rglob("*.json")
    ]
    assert not any("丙县" in text for text in stored) and any("乙区" in text for text in stored)


def test_notes_of_batches_that_cannot_be_read_are_made_again(project):
    build(project, jobs=1)
    units, folder = measure(project, "units"), project / "data/processed/raw"
    for path in (folder / "batches").glob("*.json"):
        path.write_text('{"name": "x", "parts": {}}', encoding="utf-8")
    (folder / "batches" / "older.json").write_text("{", encoding="utf-8")
    (folder / "parts" / "older").mkdir(parents=True)
    (folder / "manifest.json").write_text('{"schema_version": 1}', encoding="utf-8")
    build(project, jobs=1)
    assert measure(project, "units") == units and not (folder / "parts").exists()
    assert [path.stem for path in (folder / "batches").iterdir()] == [
        entry["name"] for entry in load(project).manifest["batches"]
    ]


def test_a_build_killed_while_it_stored_is_not_taken_for_whole(project, monkeypatch):
    """Whatever moment it dies at, and even where the ledgers are as before again, the next build gives their numbers."""
    build(project, jobs=1)
    ledger, replace = project / "data/raw/2025/甲市乙区.xlsx", os.replace
    before = ledger.read_bytes()
    for moment in ("manifest.json", "indicators.parquet"):
        book(ledger, {"组织台账": units(JIA, YI, [*YI[:4], 9, *YI[5:]], ["丙公司", *YI[1:]])})

        def killed(source, target, moment=moment):
            if Path(target).name == moment and Path(target).parent.name == "raw":
                raise KeyboardInterrupt
            replace(source, target)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(os, "replace", killed)
            build(project, jobs=1)
        with pytest.raises(InputError, match=r"start\.py build"):
            load(project)
        ledger.write_bytes(before)
        assert build(project, jobs=1).changed and measure(project, "units") == 2
    assert not list((project / "data/processed/raw").glob(".*"))


def test_a_full_disk_costs_the_last_build_nothing(project, monkeypatch):
    build(project, jobs=1)
    book(project / "data/raw/2025/甲市乙区.xlsx", {"组织台账": units(JIA, YI, ["丙公司", *YI[1:]])})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(InputError, match="写不进去"):
        patched.setattr(store.pq, "write_table", full)
        build(project, jobs=1)
    assert measure(project, "units") == 2
    assert build(project, jobs=1).changed and measure(project, "units") == 3


def test_a_second_build_waits_for_the_first(project):
    found = find_project(project)
    with ThreadPoolExecutor() as threads:
        with locked(found.cache / "build"):
            second = threads.submit(build, project, jobs=1)
            assert not wait([second], timeout=1).done
        assert second.result(timeout=120).changed


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the workers are not forked")
def test_a_killed_build_leaves_no_process(demo_project, tmp_path):
    shutil.copytree(demo_project / "data/demo", tmp_path / "data/demo")
    code = f"from evalkit.building import build; build({str(tmp_path)!r}, jobs=2)"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None and not (workers := parent.children(recursive=True)):
            time.sleep(0.01)
        process.kill()
    assert workers and not psutil.wait_procs(workers, timeout=120)[1]
    assert build(tmp_path, jobs=1).changed


def test_a_damaged_manifest_is_made_again(project):
    build(project, jobs=1)
    (project / "data/processed/raw/manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"start\.py build"):
        load(project)
    assert build(project, jobs=1).changed and measure(project, "units") == 2


def test_same_input_same_bytes(project, tmp_path_factory):
    build(project, jobs=1)
    other = tmp_path_factory.mktemp("again")
    shutil.copytree(project / "data/raw", other / "data/raw")
    build(other, jobs=1)
    for name in (
        "measures.parquet",
        "indicators.parquet",
        "areas.parquet",
        "problems.parquet",
        "manifest.json",
    ):
        ours, theirs = (p / "data/processed/raw" / name for p in (project, other))
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_trace_leads_back_to_the_cells(project):
    build(project, jobs=1)
    cells = trace(load(project), "org_coverage", "乙区", 2025)
    top = cells.query("role == '分子'")
    assert top["key"].tolist() == ["甲公司"] and top["row"].tolist() == [3]
    assert {"D3", "L3"} <= set(top["cells"].iloc[0].split())
    assert len(cells.query("role == '分母'")) == 2


def test_persons_never_enter_any_table(project):
    planted = ["欧阳建国", "13912345678", "11010519491231002X", "6222020200112233440"]
    head = [*UNITS, "书记姓名", "联系电话", "身份证号", "银行卡号", "备注"]
    row = [*JIA, *planted, "联系人欧阳建国，电话13912345678"]
    book(
        project / "data/raw/2025/甲市乙区.xlsx",
        {"组织台账": [["甲市乙区组织台账2025年"], head, row]},
    )
    build(project, jobs=1)
    data = load(project)
    assert "personal_data" in set(data.problems["code"])
    folder = project / "data/processed"
    stored = [pd.read_parquet(p).to_csv() for p in folder.rglob("*.parquet")]
    stored += [p.read_text(encoding="utf-8") for p in folder.rglob("*.json")]
    for secret in planted:
        assert not any(secret in text for text in stored), secret
    assert measure(project, "units") == 1


def test_no_ledgers_and_outdated_data_are_one_message(tmp_path):
    (tmp_path / "data/raw").mkdir(parents=True)
    with pytest.raises(InputError, match="没有台账"):
        build(tmp_path)
    with pytest.raises(InputError, match=r"start\.py report"):
        load(tmp_path)


def test_data_of_another_version_is_refused_with_the_command(project):
    build(project, jobs=1)
    path = project / "data/processed/raw/manifest.json"
    path.write_text(
        json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"schema_version": 0}),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"start\.py build --force"):
        load(project)


def test_periods_given_as_numbers_and_unknown_ones(project):
    build(project, jobs=1)
    data = load(project, periods=[2024, 2025])
    assert data.last == "2025" and data.periods == ("2025",) and "2024" in data.notes[0]
    with pytest.raises(InputError, match="2025"):
        load(project, periods=[2030])


@pytest.mark.parametrize(
    ("code", "in_the_city"),
    [
        ("91110000MA01X3T59Y", 1),  # a valid code holds everywhere
        (
            "91110000MA01X3T59Q",
            2,
        ),  # an invalid one does not: a name is known within its district only
    ],
)
def test_a_unit_in_two_ledgers_counts_once_above_both(project, code, in_the_city):
    head = ["统一社会信用代码", *UNITS]
    for name in ("乙区", "丙县"):
        title = [f"甲市{name}组织台账2025年"]
        book(project / f"data/raw/2025/甲市{name}.xlsx", {"组织台账": [title, head, [code, *JIA]]})
    build(project, jobs=1)
    assert (
        measure(project, "units", area="甲市/乙区")
        == measure(project, "units", area="甲市/丙县")
        == 1
    )
    assert measure(project, "units", area="甲市") == in_the_city


def test_a_ledger_that_is_not_kept_is_missing_not_zero(project):
    build(project, jobs=1)
    assert measure(project, "units_covered") == 1  # the unit ledger itself says who is covered
    for code in (
        "orgs_idle",
        "units_effective",
        "theme_months",
        "orgs_rated",
        "orgs_low",
        "funds",
        "activities",
    ):
        assert measure(project, code) is None, code


def test_one_district_named_two_ways_is_one_area(project):
    funds = [
        ["乙区党建经费台账 2025年度 单位：元"],
        ["党组织名称", "区县拨付", "党员活动经费"],
        ["中共甲公司支部委员会", 3000, 750],
    ]
    book(project / "data/raw/2025/经费.xlsx", {"经费台账": funds})
    build(project, jobs=1)
    data = load(project)
    assert set(data.areas["area"]) == {"甲市", "甲市/乙区"}
    assert measure(project, "funds") == 3000 and measure(project, "units") == 2
    assert set(data.frame("funds")["area"]) == {"甲市/乙区"}


def test_a_mapping_of_ones_own_is_checked_and_used_everywhere(
    project, monkeypatch, tmp_path_factory
):
    folder = project / "data" / "raw"
    head = ["我厂的叫法", *UNITS[1:]]
    book(
        folder / "2025" / "甲市" / "丁区.xlsx",
        {"组织台账": [["甲市丁区两新组织台账（2025年）"], head, JIA, YI]},
    )
    (project / "mapping.yml").write_text("我厂的叫法: 单位名称\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    shutil.copy(project / "mapping.yml", folder / "mapping.yml")
    assert check_paths([folder]).rows["2025/甲市/丁区.xlsx"]["单位"] == 2
    (folder / "mapping.yml").unlink()
    assert "单位" not in check_paths([folder]).rows["2025/甲市/丁区.xlsx"]
    build(project)
    assert measure(project, "units", area="甲市/丁区") == 2
    wrong = {
        "我厂的叫法：单位名称\n": "半角",
        "我厂的叫法: 单位名\n忽略它: 忽略\n某栏: 没有这列\n": "某栏",
        "甲: [乙]\n": "半角",
    }
    for text, said in wrong.items():
        (project / "mapping.yml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            build(project)
    (project / "mapping.yml").write_bytes("我厂的叫法: 单位名称\n".encode("gbk"))
    with pytest.raises(InputError, match="UTF-8"):
        build(project)
    monkeypatch.chdir(project)
    assert "不是UTF-8编码" in check_paths([folder]).problems[0].text()


def test_a_refusal_comes_back_whole_from_a_worker_process():
    error = InputError(
        [Problem("key_unknown", file="甲.yml", found="乙"), Problem("value_invalid")]
    )
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_a_row_of_areas_with_a_path_alone_counts():
    given = pd.DataFrame(
        {"area": ["甲市/乙区", None], "name": [None, "丙区"], "short_name": ["乙", "丙"]},
        dtype="string",
    )
    rows = build_areas(["甲市/乙区", "甲市/丙区"], given).set_index("name")["short_name"]
    assert (rows["乙区"], rows["丙区"], rows["甲市"]) == ("乙", "丙", "甲市")


def test_ledgers_without_a_district_are_read_together_as_check_reads_them(tmp_path):
    """Files in one folder where only some name their 镇: two workers took each for a place of its own."""
    raw = tmp_path / "data/raw/2025"
    raw.mkdir(parents=True)
    ledgers = {
        "城关镇非公企业台账": "单位名称,从业人员数,正式党员,党组织名称,组建方式\n宏发公司,60,5,宏发党支部,单独\n顺达公司,30,4,顺达党支部,",
        "城关镇党组织情况": "党组织名称,党组织类型,党员人数\n宏发党支部,党支部,5\n顺达党支部,党支部,4",
        "柳河镇社会组织": "单位名称,从业人员数,正式党员,党组织名称,组建方式\n柳河老年协会,9,4,老年协会党支部,单独",
        "经费收支": "党组织名称,乡镇财政（元）,党员活动经费（元）\n宏发党支部,200,300\n老年协会党支部,210,310\n城东党支部,1,2",
        "活动": "党组织名称,活动日期,活动类型,应到,实到\n宏发党支部,2025-03-01,主题党日,5,5\n顺达党支部,2025-04-01,主题党日,4,4",
    }
    for name, text in ledgers.items():
        (raw / f"{name}.csv").write_text(text, encoding="utf-8")
    build(tmp_path, jobs=2)
    made, checked = load(tmp_path), read_ledger(tmp_path / "data/raw")
    for table in ("funds", "activities", "party_organisations", "covers"):
        columns = ["area", "period", "party_org"]
        ours, theirs = (
            frame[columns].astype(object).fillna("").apply(tuple, axis=1).sort_values().tolist()
            for frame in (made.frame(table), checked.tables[table])
        )
        assert ours == theirs, table
    assert {"城关镇", "柳河镇"} <= set(made.frame("funds")["area"].dropna())
    said = pd.read_parquet(tmp_path / "data/processed/raw/problems.parquet").query(
        "code == 'organisation_unknown'"
    )
    assert (
        said["found"].tolist()
        == [p.found for p in checked.problems if p.code == "organisation_unknown"]
        == ["城东党支部"]
    )


def calls_of(act) -> int:
    """How many calls of functions, and steps of generators, something takes."""
    counted = 0

    def count(_frame, event, _argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return counted


def test_the_table_of_areas_costs_no_more_than_its_areas():
    """Twice the areas, about twice the steps; each name once looked for among all names made it four times."""

    def steps(n: int) -> int:
        paths = [f"甲市/第{i // 20}区/第{i}镇" for i in range(n)]
        given = pd.DataFrame(
            {"name": [f"第{i}镇" for i in range(n)], "sort_order": range(1, n + 1)}
        ).astype({"name": "string"})
        return calls_of(lambda: build_areas(paths, given))

    build_areas(["甲市"])  # what is loaded at the first use
    few, more = steps(1_000), steps(4_000)
    assert more < 5 * few
