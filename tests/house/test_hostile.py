"""Files that are no plain files, settings that are none, umask, marks that nobody sees, formulas in CSV, pages without inline rights."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from evalkit.building.sources import mapping_of, read_mapping
from evalkit.codebook import load_codebook
from evalkit.documents import Block
from evalkit.documents.html import page
from evalkit.documents.workbook import csv_bytes
from evalkit.effects.study import read_study
from evalkit.files import put, regular_bytes
from evalkit.indicators.project import Project
from evalkit.ledgers.files import read_sheets
from evalkit.problems import InputError, visible
from evalkit.runner.fanout import safe_name
from evalkit.scoring.index import load_index
from evalkit.scoring.stars import load_scheme as load_stars
from evalkit.subsidy import load_scheme, read_scenario
from evalkit.world.yaml import MAX_DEPTH, parse_yaml

SOURCE = Path(__file__).parents[2] / "src"


def _settings(file: Path) -> object:
    (file.parent / "evalkit.yml").write_bytes(file.read_bytes())
    return Project(file.parent).settings


def _codebook(file: Path) -> object:
    (file.parent / "codebook").mkdir(exist_ok=True)
    (file.parent / "codebook" / "x.yml").write_bytes(file.read_bytes())
    return load_codebook(file.parent / "codebook")


READERS = {
    "evalkit.yml": _settings,
    "codebook": _codebook,
    "mapping.yml": lambda file: read_mapping(file, load_codebook()),
    "scheme": load_scheme,
    "reform": read_scenario,
    "study": read_study,
    "index": lambda file: load_index(f"{file}#annual", {}),
    "stars": lambda file: load_stars(f"{file}#demo_five"),
}
LETTERS = "abcdefghijkl"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise(LETTERS)
)
MERGED = "a: &a {k: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}\n" for old, new in pairwise(LETTERS)
)
HOSTILE = {
    "scalar": "只有一句话",
    "number": "3",
    "list": "- 甲\n- 乙",
    "nested lists": "[" * 1500 + "]" * 1500,
    "nested mappings": "{a: " * 1500 + "}" * 1500,
    "nested keys": "? " * 1500,
    "bomb of aliases": BOMB,
    "bomb of merges": MERGED,
    "alias of itself": "a: &a [*a]",
    "long": "a: " + "x" * 2_000_000,
    "huge number": "minimum_base: " + "9" * 6000,
    "not a number": "minimum_base: .nan",
    "tag": "a: !!python/object/apply:os.system [x]",
    "control": "a: \x07",
    "two documents": "a: 1\n---\nb: 2",
    "key of lists": "? [a, b]\n: c",
    "set": "!!set {a, b}",
}


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_every_yaml_of_a_user_is_refused_in_words_and_at_once(
    reader: str, content: str, tmp_path: Path
) -> None:
    (tmp_path / "x.yml").write_text(HOSTILE[content], encoding="utf-8")
    began = time.monotonic()
    with pytest.raises(InputError) as error:
        READERS[reader](tmp_path / "x.yml")
    assert time.monotonic() - began < 20
    assert all(
        re.search(r"[一-鿿]", p.text()) and "Error" not in p.found
        for p in error.value.problems
        if p.code
    )


def test_aliases_that_are_few_and_depth_that_is_usual_pass() -> None:
    assert parse_yaml("a: &a {k: 1}\nb: *a\nc: {<<: *a, l: 2}", "x")[0] == {
        "a": {"k": 1},
        "b": {"k": 1},
        "c": {"k": 1, "l": 2},
    }
    deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert not parse_yaml(deep, "x")[1] and parse_yaml(f"[[{deep}]]", "x")[1]


@pytest.mark.parametrize(
    "line",
    [
        "minimum_base: true",
        "minimum_base: -5",
        "minimum_base: 2.5",
        "minimum_base: '30'",
        "name: 2025",
        "name: [a]",
        "references: 3",
        "references: {a: [1]}",
        "fonts: 宋体",
        'office: "甲\\u202e乙"',
        'date: "甲\\n乙"',
    ],
)
def test_a_setting_of_another_kind_is_refused_with_what_it_may_be(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "evalkit.yml").write_text(line, encoding="utf-8")
    with pytest.raises(InputError) as error:
        _ = Project(tmp_path).settings
    (problem,) = error.value.problems
    name = line.partition(":")[0]
    assert (
        re.match(rf"{name}(\.a)?（第1行）$", problem.where)
        and problem.found
        and re.search("system、windows" if name == "fonts" else "[一-鿿]", problem.allowed)
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_plain_files_are_read(kind: str, tmp_path: Path) -> None:
    odd = tmp_path / "x.yml"
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "device":
        odd.symlink_to("/dev/zero")
    else:
        odd.mkdir()
    for read in (
        READERS["mapping.yml"],
        load_scheme,
        read_scenario,
        read_study,
        lambda f: regular_bytes(f, 100),
    ):
        with pytest.raises(InputError):
            read(odd)
    assert [p.code for p in read_sheets(odd, name="台账.xlsx")[1]] == ["file_unreadable"]
    for name in ("evalkit.yml", "mapping.yml"):
        odd.rename(tmp_path / name)
        with pytest.raises(InputError):
            _ = Project(tmp_path).settings, mapping_of(Project(tmp_path))
        (tmp_path / name).rename(odd)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_check_of_a_folder_with_a_pipe_and_a_device_ends(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "甲.xlsx")
    (tmp_path / "乙.csv").symlink_to("/dev/zero")
    (tmp_path / "丙县.csv").write_text("单位名称,从业人员总数\n丙公司,3\n", encoding="utf-8")
    done = run(tmp_path, "check", ".")
    assert (
        "不是普通文件" in done.stdout
        and done.stdout.count("文件读不出来") >= 1
        and "1行" in done.stdout
    )


def run(folder: Path, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-c", code] if code else ["-m", "evalkit.cli"]), *words]
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1"}
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="no umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o027, 0o640)])
def test_files_respect_the_umask(mask: int, mode: int, tmp_path: Path) -> None:
    old = os.umask(mask)
    try:
        put(tmp_path / "新" / "内部资料.xlsx", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "新" / "内部资料.xlsx").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "新").stat().st_mode) == 0o777 & ~mask


def test_an_error_of_the_program_is_noted_in_the_project_and_quotes_nobody(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "项目", tmp_path / "别处"
    (project / "data" / "raw").mkdir(parents=True)
    elsewhere.mkdir()
    code = (
        "import sys; from evalkit import cli; import evalkit.building as i\n"
        "def build(*a, **k): raise KeyError('书记张伟13812340003')\n"
        "i.build = build; cli.main()"
    )
    done = run(elsewhere, "build", "--project", str(project), code=code)
    assert done.returncode == 2 and str(project / ".evalkit" / "error.log") in done.stderr
    text = (project / ".evalkit" / "error.log").read_text(encoding="utf-8")
    assert "KeyError" in text and "13812340003" not in text and "张伟" not in text
    assert not (elsewhere / ".evalkit").exists()


def test_marks_that_nobody_sees_are_out_of_names_and_messages() -> None:
    assert visible("甲\u202e乙\u200b\u2066丙\u00ad\ufeff\x07\x1b[31m") == "甲乙丙[31m"
    assert visible("甲\r\n乙\t丙") == "甲\n乙\t丙" and visible("甲\udcff") == "甲�"
    assert safe_name("报告\u202egpj.exe") == "报告gpj.exe"


FORMULAS = [
    "=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    " =1",
    "\u3000=1",
    "\t=1",
    "\u200b=1",
    "\r\n=1",
    "@SUM(A1)",
    "-1+2",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_excel_would_calculate_is_inert_in_csv(text: str) -> None:
    frame = csv_bytes(pd.DataFrame({"甲": [text], text: ["x"]})).decode("utf-8-sig")
    assert frame.count("'" + text[:1]) == 2 or frame.count("'" + text.strip("\r\n")[:1]) == 2
    assert csv_bytes(pd.DataFrame({"甲": ["1=1", "a-b", "甲＝乙"]})).decode(
        "utf-8-sig"
    ).split() == ["甲", "1=1", "a-b", "甲＝乙"]


def test_a_page_allows_its_own_scripts_and_styles_by_hash_only() -> None:
    made = page(
        [Block.table("t", ["甲", "乙"], [["a", 1], ["b", 2]]), Block.figure("图", b"x", "alt")],
        "页",
        scripts=["var x = 1;"],
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', made)
    assert policy and "unsafe" not in policy[1]
    scripts, styles = (
        re.findall(r"<script>(.*?)</script>", made, re.S),
        re.findall(r"<style>(.*?)</style>", made, re.S),
    )
    assert len(scripts) == 2 and len(styles) == 1 and policy[1].count("sha256-") == 3
    assert " style=" not in made and not re.search(r"\son\w+=", made)


RECORDS = {
    "empty": "",
    "cut short": '{"files": {"a.html": "0',
    "list": "[1]",
    "number": "3",
    "null": "null",
    "files are a list": '{"files": [1, 2]}',
    "files are a text": '{"files": "abc"}',
    "hashes are no texts": '{"files": {"a.html": 3, "b": null, "c": [1]}}',
    "names lead out": '{"files": {"../../x": "0", "/etc/passwd": "0", "a\\u0000b": "0", "": "0", ".": "0"}}',
    "long name": '{"files": {"' + "a" * 5000 + '": "0"}}',
    "stray half": '{"files": {"\\ud800": "0"}}',
    "not current is a number": '{"files": {}, "not_current": 3, "earlier": [1], "earlier_made": "x"}',
    "not current holds others": '{"files": {}, "not_current": [{"a": 1}, null, "\\u202egpj.exe"]}',
    "deep": "[" * 100_000,
    "not a number": '{"files": NaN}',
}


@pytest.mark.parametrize("content", RECORDS)
def test_a_damaged_record_costs_nothing_and_is_said(content: str, tmp_path: Path) -> None:
    from evalkit.reports import verify

    (tmp_path / "a.html").write_text("x", encoding="utf-8")
    (tmp_path / "run.json").write_text(RECORDS[content], encoding="utf-8")
    before = verify.recorded(tmp_path)
    verify.set_aside(tmp_path, before | {"../x": "0"})
    verify.clear(tmp_path, before | {"a.html": "not its hash"})
    assert (tmp_path / "a.html").exists() and set(before) <= {"a" * 5000, ".", ""}
    try:
        found, _, _ = verify.verify(tmp_path)
    except InputError as error:
        assert "没有可用的运行记录" in str(error)
    else:
        assert all(line == visible(line) for line in found)


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_project_of_links_is_read_like_any_other(tmp_path: Path) -> None:
    from evalkit.building import build
    from evalkit.indicators import load

    real, year = tmp_path / "真项目" / "data" / "raw", tmp_path / "别处" / "2025"
    real.mkdir(parents=True)
    year.mkdir(parents=True)
    (year / "甲县组织台账.csv").write_text("单位名称,从业人员总数\n甲公司,3\n", encoding="utf-8")
    (tmp_path / "乙县组织台账.csv").write_text(
        "单位名称,从业人员总数\n乙公司,4\n", encoding="utf-8"
    )
    (real / "2025").symlink_to(year)
    (year / "乙县组织台账.csv").symlink_to(tmp_path / "乙县组织台账.csv")
    (year / "绕回").symlink_to(real)
    (real / "没有.csv").symlink_to(tmp_path / "没有")
    (tmp_path / "链接").symlink_to(tmp_path / "真项目")
    made = build(tmp_path / "链接", jobs=1)
    assert [f["file"] for f in made.files] == ["2025/乙县组织台账.csv", "2025/甲县组织台账.csv"]
    assert sorted(load(tmp_path / "链接").arrow("units")["unit_name"].to_pylist()) == [
        "乙公司",
        "甲公司",
    ]
    assert not build(tmp_path / "真项目", jobs=1).changed


@pytest.mark.skipif(sys.platform != "linux", reason="bytes of names as Linux has them")
def test_a_build_of_names_in_another_code(tmp_path: Path) -> None:
    from evalkit.building import build
    from evalkit.indicators import load

    raw = tmp_path / "data" / "raw" / "2025"
    raw.mkdir(parents=True)
    name = os.fsdecode(os.fsencode(raw) + b"/" + "甲县组织台账".encode("gb18030") + b".csv")
    Path(name).write_text("单位名称,从业人员总数\n甲公司,3\n", encoding="utf-8")
    (raw / "乙县\u202e组织台账张建国.csv").write_text(
        "单位名称,从业人员总数\n乙公司,4\n", encoding="utf-8"
    )
    made = build(tmp_path, jobs=1)
    assert {f["file"] for f in made.files} == {
        "2025/甲县组织台账.csv",
        "2025/乙县组织台账〔略〕.csv",
    }
    assert sorted(load(tmp_path).arrow("units")["area"].to_pylist()) == ["乙县", "甲县"]
    assert run(tmp_path, "check").returncode == 0


def test_dde_and_macros_are_read_as_what_they_show(tmp_path: Path) -> None:
    import io
    import zipfile

    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "甲县.xlsx") as book:
        sheet = book.add_worksheet("组织台账")
        for column, text in enumerate(["单位名称", "从业人员总数", "行业"]):
            sheet.write(0, column, text)
        sheet.write(1, 0, "甲公司")
        sheet.write_formula(1, 1, "=cmd|'/c calc'!A0", value=3)
        sheet.write_formula(1, 2, '=DDE("cmd";"/c calc";"x")', value="=cmd|'/c calc'!A0")
    source = io.BytesIO((tmp_path / "甲县.xlsx").read_bytes())
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "甲县.xlsx", "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
        new.writestr(
            "xl/externalLinks/externalLink1.xml",
            '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>',
        )
        new.writestr("xl/vbaProject.bin", b"x")
    from evalkit.ledgers import read_ledger

    found = read_ledger(tmp_path / "甲县.xlsx")
    unit = found.tables["units"].iloc[0]
    assert unit["employees"] == 3 and unit["industry"] == "=cmd|'/c calc'!A0"
    assert {p.code for p in found.problems} >= {"file_noted"}
    done = run(tmp_path, "check", "甲县.xlsx", "--annotate", "copies")
    assert done.returncode in (0, 1), done.stderr
    with zipfile.ZipFile(tmp_path / "copies" / "甲县.xlsx") as copy:
        parts = {n: copy.read(n) for n in copy.namelist()}
    assert not any("vba" in n or "external" in n for n in parts) and not any(
        b"<f>" in part for part in parts.values()
    )
    assert (
        "\"'=cmd" in csv_bytes(found.tables["units"]).decode("utf-8-sig")
        or "'=cmd" in csv_bytes(found.tables["units"]).decode()
    )
